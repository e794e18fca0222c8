"""What everything in a graph is called: given names, expressions, or names made up for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..node import Node
from ..viz import label
from ..viz.graph import names_of
from ..viz.recover import constant

# An expression longer than this gets a name.
SHORT = 24
_LONGEST_NAME = 40
# So many results are put in words, those nearest to the output; what is older has no expression.
_YOUNG = 5_000


class Source(NamedTuple):
    """What a node reads as one of its inputs.

    Attributes:
        key: by which it is known: a Node, a leaf, or what stands for a constant.
        text: what it is called.
        is_number: whether it is a plain number without a name.
    """

    key: Any
    text: str
    is_number: bool = False


class Words:
    """The words for the values of a graph."""

    def __init__(
        self, nodes: list[Node], given: Mapping[str, Any], named: Mapping[Any, str]
    ) -> None:
        """named: the made-up names by key, as an earlier reading has found them necessary."""
        self.names = names_of(given, nodes)
        self.made = named
        self.wanted: dict[Any, str] = {}
        self.expressions: dict[Any, label.Expression] = {}
        self.taken = _numbered(nodes, self.names)
        self.young = set(nodes[-_YOUNG:])
        for node in nodes[-_YOUNG:]:  # oldest first, so that no expression asks for many others
            self.expression(node)

    def of(self, target: Any) -> str:
        """What a node or leaf is called: its name, a short expression, or a made-up name."""
        return self.expression(target)[0]

    def given(self, target: Any) -> str | None:
        """The name that the user gave a node or leaf."""
        return self.taken.get(target)

    def expression(self, target: Any) -> label.Expression:
        """The same, and how tightly it binds."""
        found = self.expressions.get(target)
        if found is None:
            found = self.expressions[target] = self._expression(target)
        return found

    def _expression(self, target: Any) -> label.Expression:
        name = self.taken.get(target)
        if name is not None:
            return label.named(name)
        if target in self.made or target not in self.young:
            return label.named(self.made_up(target))
        whole = self.call(target)
        return whole if len(whole[0]) <= SHORT else label.named(self.made_up(target))

    def made_up(self, target: Any) -> str:
        """A made-up name; what it is is found out when all of them are known."""
        kind = "t" if type(target) is Node else "p" if hasattr(target, "_value") else "c"
        return self.wanted.setdefault(target, self.made.get(target, f"{kind}0"))

    def call(self, node: Node) -> label.Expression:
        """What was called to make a node: its expression in words of its inputs."""
        operands = []
        for i in range(len(node.parents)):
            source = self.source(node, i)
            if source is not None:
                simple = source.is_number or type(source.key) is not Node
                operands.append(label.named(source.text) if simple else self.expression(source.key))
        name, params = node.op.name, node.params or {}
        if name == "standardize.out":  # the node of all its outputs needs no name
            inner = self.source(node.parents[0], 0)
            assert inner is not None
            return label.named(f"standardize({inner.text})")
        return label.expression(name, operands, params, node.op.params)

    def source(self, node: Node, i: int) -> Source | None:
        """Input i of a node; None for an argument that was left out."""
        parent = node.parents[i]
        if parent is not None:
            return Source(parent, self.of(parent))
        if node.args is None:
            return Source((node, i), self.made_up((node, i)))
        arg = node.args[i + 1]
        if arg is None:
            return None
        value, origin = constant(arg, node)
        if value is None:
            name = _readable(getattr(origin, "name", None))
            return Source((node, i), name or self.made_up((node, i)))
        key = ("array", id(value))
        name = _readable(self.names.get(key)) or _readable(getattr(origin, "name", None))
        if name:
            return Source(key, name)
        if not np.shape(value):
            x = value[()] if isinstance(value, np.ndarray) else value
            return Source(key, label.number(x)[0], True)
        return Source(key, self.made_up(key))


def _readable(name: str | None) -> str | None:
    return label.clean(name, _LONGEST_NAME) if name and name.strip() else None


def name_of(target: Any, names: Mapping[Any, str]) -> str | None:
    """The name of a node or leaf: from names, or its own."""
    own = target.meta if type(target) is Node else target._meta
    return _readable(names.get(target)) or _readable(None if own is None else own.name)


def _numbered(nodes: list[Node], names: Mapping[Any, str]) -> dict[Any, str]:
    """Names of nodes and leaves, oldest first; of those that share one, each with its number."""
    found: dict[Any, str] = {}
    for node in nodes:
        for target in (*node.parents, node):
            if target is None or target in found:
                continue
            name = name_of(target, names)
            if name:
                found[target] = name
    shared = {name for name, times in Counter(found.values()).items() if times > 1}
    known, seen = set(found.values()), Counter[str]()
    for target, name in found.items():
        if name in shared:
            seen[name] += 1
            numbered = f"{name}_{seen[name]}"
            while numbered in known:
                numbered += "_"
            found[target] = numbered
    return found
