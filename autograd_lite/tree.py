"""Pytrees: dicts, lists and tuples, nested, with arrays or numbers as leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Rebuild = Callable[[list[Any]], Any]


def flatten(tree: Any) -> tuple[list[Any], Rebuild]:
    """The leaves in order, and a function that builds the same tree from other leaves.

    >>> leaves, rebuild = flatten({"a": 1, "b": (2, [3])})
    >>> leaves, rebuild([10, 20, 30])
    ([1, 2, 3], {'a': 10, 'b': (20, [30])})
    """
    leaves: list[Any] = []
    plan = _plan(tree, leaves)
    return leaves, lambda new: _build(plan, new)


def _plan(tree: Any, leaves: list[Any]) -> Any:
    if isinstance(tree, dict):
        return dict, list(tree), [_plan(v, leaves) for v in tree.values()]
    if isinstance(tree, (list, tuple)):
        return type(tree), None, [_plan(v, leaves) for v in tree]
    leaves.append(tree)
    return len(leaves) - 1


def _build(plan: Any, leaves: list[Any]) -> Any:
    if isinstance(plan, int):
        return leaves[plan]
    kind, keys, parts = plan
    built = [_build(p, leaves) for p in parts]
    if kind is dict:
        return dict(zip(keys, built, strict=True))
    if hasattr(kind, "_fields"):
        return kind(*built)
    return kind(built)


def paths(tree: Any, start: str = "") -> Iterator[str]:
    """How each leaf is reached, in the order of the leaves, for error messages.

    >>> list(paths({"a": 1, "b": (2, [3])}, "x"))
    ["x['a']", "x['b'][0]", "x['b'][1][0]"]
    """
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from paths(part, f"{start}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for i, part in enumerate(tree):
            yield from paths(part, f"{start}[{i}]")
    else:
        yield start


def matched(tree: Any, like: Any) -> list[Any] | None:
    """The leaves of tree in the order of like's, or None if the forms differ.

    >>> matched({"b": 1, "a": 2}, {"a": 0.0, "b": 0.0})
    [2, 1]
    >>> matched([1], (0.0,)) is None
    False
    >>> matched([1, 2], [0.0]) is None
    True
    """
    if isinstance(like, dict):
        if not isinstance(tree, dict) or tree.keys() != like.keys():
            return None
        pairs = [(tree[k], v) for k, v in like.items()]
    elif isinstance(like, (list, tuple)):
        if not isinstance(tree, (list, tuple)) or len(tree) != len(like):
            return None
        pairs = list(zip(tree, like, strict=True))
    else:
        return None if isinstance(tree, dict) else [tree]
    leaves: list[Any] = []
    for part, like_part in pairs:
        found = matched(part, like_part)
        if found is None:
            return None
        leaves += found
    return leaves


def structure(tree: Any) -> str:
    """A tree's shape in words, for error messages: "(leaf, {'a': leaf})"."""
    leaves, rebuild = flatten(tree)
    return repr(rebuild([_Leaf()] * len(leaves)))


class _Leaf:
    def __repr__(self) -> str:
        return "leaf"
