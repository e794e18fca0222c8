"""Blocks: parts of a graph that act as one function of one tensor, such as an activation.

``1/(1 + np.exp(-z))`` is four nodes and one sigmoid. A block leads from an entry to an exit of the
same shape, and everything that reaches the exit from tracked tensors does so through the entry.
What a block computes is recognised by its numbers, not by the names of its ops.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..node import Node
from .graph import Graph
from .sweep import pull

# Ops whose slope nearly vanishes where the usual formula for it cancels.
SATURATING = frozenset(
    """sigmoid tanh softmax log_softmax logsumexp softplus log_sigmoid cross_entropy
    soft_cross_entropy logsumexp_shares logaddexp erf""".split()
)
_LINEAR = frozenset("add subtract negative positive multiply divide identity".split())
_LIMIT = 14


class Block:
    """One function of one tensor.

    Attributes:
        entry, exit: its input (a node or leaf) and its output node. nodes: oldest first.
        pointwise: whether entry i of the exit depends on entry i of the entry alone.
        first: the (node, input) by which the entry comes in, if by one only.
    """

    def __init__(self, graph: Graph, entry: Any, exit: Node, nodes: list[Node]) -> None:
        self.graph = graph
        self.entry = entry
        self.exit = exit
        self.nodes = sorted(nodes, key=lambda n: n.order)
        self.pointwise = all(n.op.pointwise and n.shape == exit.shape for n in nodes)
        ways = [(n, i) for n in self.nodes for i, p in enumerate(n.parents) if p is entry]
        self.first = ways[0]
        self.x: Any = graph.values.get(entry)
        self.out: Any = graph.values.get(exit)
        self._kind: str | None = None

    @property
    def known(self) -> bool:
        """Whether both values are there."""
        return isinstance(self.x, np.ndarray) and isinstance(self.out, np.ndarray)

    @property
    def linear(self) -> bool:
        """Whether it is only scaled and shifted by constants."""
        return all(
            n.op.name in _LINEAR and sum(p is not None for p in n.parents) == 1 for n in self.nodes
        )

    @property
    def kind(self) -> str:
        """ "sigmoid", "tanh", "relu", "softmax-1" (over the last axis), ..., or ""."""
        if self._kind is None:
            self._kind = recognised(self.x, self.out, self.pointwise) if self.known else ""
            if not self._kind and len(self.nodes) == 1:
                self._kind = self.nodes[0].op.name if self.pointwise else ""
        return self._kind

    def run(self, x: Any) -> tuple[Any, dict[Node, tuple[Any, ...]]] | None:
        """The block's value at x, and the arguments of its nodes there."""
        made: dict[Any, Any] = {self.entry: x}
        args: dict[Node, tuple[Any, ...]] = {}
        with np.errstate(all="ignore"):
            for node in self.nodes:
                inputs = [
                    made.get(p, v) if p is not None else v
                    for p, v in zip(node.parents, self.graph.inputs(node), strict=True)
                ]
                if any(v is None for v in inputs):
                    return None
                try:
                    out = np.asarray(node.op.forward(*inputs, **(node.params or {})))
                except Exception:
                    # A function that is not defined there gives no candidate.
                    return None
                made[node] = out
                args[node] = (out, *inputs)
        return made[self.exit], args

    def back(self, g: Any, args: dict[Node, tuple[Any, ...]] | None = None) -> Any:
        """g carried from the exit to the entry, at the recorded arguments or others."""
        table: dict[Any, Any] = {self.exit: g}
        inside = {*self.nodes, self.entry}
        with np.errstate(all="ignore"):
            for node in reversed(self.nodes):
                if node not in table:
                    continue
                for edge in pull(node, table.pop(node), None if args is None else args[node]):
                    if edge.parent in inside:
                        held = table.get(edge.parent)
                        table[edge.parent] = edge.full if held is None else held + edge.full
        return table.get(self.entry)

    def slope_at(self, x: Any) -> Any:
        """f'(x) of a pointwise block."""
        ran = self.run(x)
        return None if ran is None else self.back(np.ones(self.exit.shape, self.exit.dtype), ran[1])


def blocks_to(graph: Graph, exit: Node, limit: int = _LIMIT) -> Iterator[Block]:
    """Every block that ends at exit, shortest first."""
    front = {exit}
    inside: list[Node] = []
    for _ in range(limit):
        node = max(front, key=lambda n: graph.index[n])
        if type(node) is not Node or node.op.outputs:
            return
        front.discard(node)
        inside.append(node)
        front.update(p for p in node.parents if p is not None)
        if not front:
            return
        if len(front) == 1:
            (entry,) = front
            if entry.shape != exit.shape:
                return
            yield Block(graph, entry, exit, inside)
        elif any(type(p) is not Node for p in front):
            # A leaf is never expanded, so the front can only close on it if it is the entry.
            if sum(type(p) is not Node for p in front) > 1:
                return


def saturating_blocks(graph: Graph) -> dict[Node, list[Block]]:
    """Hand-written sigmoids, tanhs and the like on a graph, by the node that reads their entry."""
    found: dict[Node, list[Block]] = {}
    if len(graph.nodes) > 2000:
        return found
    for node in graph.nodes:
        value = graph.values.get(node)
        ends = node.op.name in (
            "divide",
            "add",
            "subtract",
            "multiply",
            "reciprocal",
            "power_constant",
        )
        if not ends or not node.size or not isinstance(value, np.ndarray):
            continue
        with np.errstate(all="ignore"):
            if value.dtype.kind != "f" or not (np.abs(value) <= 1).all():
                continue
        for block in blocks_to(graph, node):
            if len(block.nodes) > 1 and block.kind in ("sigmoid", "tanh", "softmax-1", "softmax-2"):
                found.setdefault(block.first[0], []).append(block)
    return found


def sigmoid(x: Any) -> Any:
    """1/(1 + e⁻ˣ)."""
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(-x))


def softmax(x: Any, axis: int) -> Any:
    """eˣ / Σ eˣ."""
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)


_KINDS: dict[str, Any] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(x, 0),
    "silu": lambda x: x * sigmoid(x),
    "square": np.square,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "reciprocal": lambda x: 1 / x,
}


def recognised(x: Any, out: Any, pointwise: bool) -> str:
    """The name of the function that maps x to out, or ""."""
    if x.shape != out.shape or not x.any() or x.dtype.kind != "f" or out.dtype.kind != "f":
        return ""
    tolerance = 1e-9 if out.dtype == np.float64 else 1e-4
    with np.errstate(all="ignore"):
        if pointwise:
            for name, function in _KINDS.items():
                if np.allclose(function(x), out, rtol=tolerance, atol=tolerance * 1e-3):
                    if name != "relu" or not (x > 0).all():
                        return name
        elif x.ndim:
            for axis in range(-1, -1 - x.ndim, -1):
                if x.shape[axis] > 1 and np.allclose(softmax(x, axis), out, rtol=tolerance):
                    return f"softmax{axis}"
    return ""
