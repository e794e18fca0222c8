"""Which results are written into the expression of their user instead of having a card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ..node import Node
from .records import FUSED, WORD

# What a person writes around other things; whatever else an op does deserves a card.
_ARITHMETIC = frozenset(
    "add subtract multiply divide negative positive reciprocal square power power_constant matmul "
    "absolute getitem reshape transpose swapaxes expand_dims squeeze copy astype broadcast_to "
    "identity".split()
)
_REDUCTIONS = frozenset(("sum", "mean", "max", "min", "prod"))
_INFIX = frozenset(("add", "subtract", "multiply", "divide", "matmul", "power"))
_NUMBER = 2  # characters of an operand that has no name


def joined(
    nodes: list[Node],
    given: Mapping[Any, str],
    operands: Callable[[Node], Any],
    home: Mapping[Node, Any],
) -> set[Node]:
    """The results of nodes (oldest first, the output last) that short expressions may hold.

    Those of arithmetic: ``x @ W + b`` and ``mean((p − y)²)`` are one card each. The results of
    other functions and layers have cards of their own, and so have reductions but the last.

    Args:
        given: names of tensors. operands: per node (number, key, kept) of what has a name or card.
        home: per node the group it is in; an expression is within one group.
    """
    root = nodes[-1]
    uses = Counter(p for node in nodes for p in node.parents)
    user = {p: node for node in nodes for p in node.parents}
    # What is between the last reduction and the output.
    last = {root}
    for node in reversed(nodes):
        if uses[node] == 1 and user[node] in last and user[node].op.name in _ARITHMETIC:
            last.add(node)
    found: set[Node] = set()
    size: dict[Node, int] = {}
    for node in nodes:
        name = node.op.name
        wide = 0
        for _, key, _ in operands(node):
            if key in found:
                wide += size[key]
            else:
                wide += min(len(given.get(key, "")), WORD) or _NUMBER
        numbers = sum(p is None for p in node.parents)
        wide += _NUMBER * numbers + (
            3 if name in _INFIX else len(name) + 2 if _is_word(name) else 2
        )
        if node is root or uses[node] != 1 or node in given or node.op.outputs:
            continue
        if home.get(node) is not home.get(user[node]):
            continue
        if name not in _ARITHMETIC and not (name in _REDUCTIONS and node in last):
            continue
        if name == "matmul" and user[node].op.name == "matmul":
            continue  # a layer of a linear net
        # A product stays with the bias that is added to it, however long the names are.
        if wide <= (2 * WORD + 5 if name == "matmul" else FUSED):
            found.add(node)
            size[node] = wide
    return found


def _is_word(name: str) -> bool:
    return name not in ("negative", "square", "power_constant", "transpose", "getitem")
