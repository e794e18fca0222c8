"""Names of tensors in a picture: those given, the tensors' own, and those that scopes know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any
from weakref import ref

import numpy as np

from ..node import Node


def names_of(names: Any, nodes: list[Node]) -> dict[Any, str]:
    """Names by what the engine knows: a node, a leaf, or the key of a constant's array.

    Args:
        names: a mapping of names to Tensors, arrays and models; or a model, which is anything with
            ``named_parameters``.
    """
    found: dict[Any, str] = {}
    if hasattr(names, "named_parameters"):
        _enter(found, dict(names.named_parameters()))
    else:
        _enter(found, names)
        for x in names.values():
            if hasattr(x, "named_parameters") and not isinstance(x, type):
                _enter(found, dict(x.named_parameters()))
    scopes = set()
    for node in nodes:
        for arg in node.args[1:] if node.args is not None else ():
            # A constant that is kept elsewhere as a bare array has its name here.
            source = arg() if isinstance(arg, ref) else None
            if getattr(source, "name", None):
                found.setdefault(key_of(source._value), source.name)  # type: ignore[union-attr]
        scope = None if node.meta is None else node.meta.scope
        while scope is not None and scope not in scopes:
            scopes.add(scope)
            own = {k: x for k, x in scope.names.items() if _adds_to(k, getattr(x, "name", None))}
            _enter(found, own)
            scope = scope.parent
    return found


def _adds_to(name: str, own: str | None) -> bool:
    """Whether a scope's name for a tensor says more than its own: ``0.weight`` than ``weight``."""
    return own is None or name.rpartition(".")[2] == own


def _enter(found: dict[Any, str], names: Mapping[str, Any]) -> None:
    for name, x in names.items():
        if name.startswith("_"):
            continue
        if hasattr(x, "_is_tracked"):
            key = (x._node or x) if x._is_tracked() else key_of(x._value)
        elif isinstance(x, np.ndarray):
            key = key_of(x)
        else:
            continue
        found.setdefault(key, name)


def numbered(found: Mapping[Any, str]) -> dict[Any, str]:
    """Names by key, each once: of those that share one each gets its number, in order.

    >>> numbered({1: "w", 2: "b", 3: "w"})
    {1: 'w_1', 2: 'b', 3: 'w_2'}
    """
    shared = {name for name, times in Counter(found.values()).items() if times > 1}
    known, seen = set(found.values()), Counter[str]()
    unique = {}
    for key, name in found.items():
        if name in shared:
            seen[name] += 1
            own = f"{name}_{seen[name]}"
            while own in known:
                own += "_"
            known.add(own)
            name = own
        unique[key] = name
    return unique


def ids(keys: Iterable[Any], taken: Collection[str]) -> dict[Any, str]:
    """``n0``, ``n1``, … for keys, without what somebody has called a tensor.

    >>> ids("abc", {"n1"})
    {'a': 'n0', 'b': 'n2', 'c': 'n3'}
    """
    fresh = (name for k in count() if (name := f"n{k}") not in taken)
    return dict(zip(keys, fresh, strict=False))


def readable(name: str | None) -> str | None:
    """A name, unless there is nothing in it to read."""
    return name if name and name.strip() else None


def key_of(array: Any) -> tuple[str, int]:
    """What stands for a constant: arrays cannot be dict keys."""
    return "array", id(array)


def run_of(names: list[str]) -> str:
    """One name for a run of groups: ``layer2 … layer9``, ``2–9`` for neighbouring numbers."""
    if len(names) == 1:
        return names[0]
    if all(name.isdecimal() for name in names) and int(names[-1]) - int(names[0]) < len(names):
        return f"{names[0]}–{names[-1]}"
    return f"{names[0]} … {names[-1]}"
