"""The backward rule applied to the user's own steps: a sweep with gradients put in on the way.

``sweep`` walks as ``backward()`` does, but where a gradient is given for a node it goes on with
that one. What has arrived at a named node by then is the local prediction for it: the rule
applied to the user's later steps. Every edge's contribution is kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import walk
from ..bundle import Bundle
from ..node import Node
from .graph import Graph

ArgsOf = Callable[[Node], tuple[Any, ...] | None]
Shake = Callable[[Node, int, Any, Any], Any]


class Edge:
    """What one node sends to one of its inputs.

    Attributes:
        node, i, parent: from which node, to its which input, and what that is.
        g: the cotangent of the node. raw: before, and full: after summing over broadcast axes.
    """

    __slots__ = ("full", "g", "i", "node", "parent", "raw")

    def __init__(self, node: Node, i: int, parent: Any, g: Any, raw: Any, full: Any) -> None:
        self.node = node
        self.i = i
        self.parent = parent
        self.g = g
        self.raw = raw
        self.full = full


class Sweep:
    """The result: per target what arrives at it, per node what goes on from it, all edges."""

    def __init__(self) -> None:
        self.arrived: dict[Any, Any] = {}
        self.flow: dict[Node, Any] = {}
        self.edges: list[Edge] = []


def pull(node: Node, g: Any, args: tuple[Any, ...] | None = None, unused: bool = False) -> Any:
    """The edges of one node for its cotangent g, with its rules run on arrays."""
    op, params = node.op, node.params or {}
    args = node.args if args is None else args
    assert args is not None
    if not isinstance(g, Bundle) and g.shape != node.shape:
        g = walk.spread(g, node.shape)
    terms: Any = (
        op.rules_for(len(node.parents)) if op.joint is None else op.joint(g, *args, **params)
    )
    edges = []
    for i, parent in enumerate(node.parents):
        if parent is None or terms[i] is None:
            continue
        gi = terms[i] if op.joint is not None else terms[i](g, *args, **params)
        if isinstance(gi, Bundle):
            edges.append(Edge(node, i, parent, g, gi, gi))
            continue
        if op.pointwise and unused:
            gi = walk.without_nan(gi, g)
        gi = np.asarray(gi)
        raw = walk.spread(gi, node.shape) if op.pointwise else gi
        edges.append(Edge(node, i, parent, g, raw, fitted(raw, parent)))
    return edges


def fitted(g: Any, target: Any) -> Any:
    """g summed and spread to the shape and dtype of a node or leaf."""
    shape, dtype = target.shape, target.dtype
    if g.shape != shape:
        g = walk.spread(np.asarray(walk.unbroadcast(g, shape)), shape)
    return walk.cast(np.asarray(g), dtype)


def sweep(
    graph: Graph,
    given: Mapping[Any, Any],
    *,
    args_of: ArgsOf | None = None,
    shake: Shake | None = None,
) -> Sweep:
    """Walk backward from the loss, going on from each given target with the gradient given.

    Args:
        given: node to gradient, of its shape.
        args_of: other arguments for a node's rules than the recorded ones.
        shake: ``shake(node, i, contribution, g)``, to change what an edge carries.
    """
    found = Sweep()
    one = np.ones(graph.root.shape, graph.root.dtype)
    table: dict[Any, Any] = {graph.root: one}
    masked: set[Any] = set()
    with np.errstate(all="ignore"):
        for node in reversed(graph.nodes):
            g = table.pop(node, None)
            if g is None:
                if node not in given:
                    continue
                g = np.zeros(node.shape, node.dtype)
            found.arrived[node] = g
            g = given.get(node, g)
            found.flow[node] = g
            op = node.op
            unused = node in masked
            if unused or (op.masks and (op.masks is True or op.masks(node.params))):
                masked.update(p for p in node.parents if p is not None)
            for edge in pull(node, g, None if args_of is None else args_of(node), unused):
                found.edges.append(edge)
                full = edge.full if shake is None else shake(node, edge.i, edge.full, g)
                held = table.get(edge.parent)
                table[edge.parent] = full if held is None else held + full
    found.arrived.update(table)
    return found


def summed(edge: Edge, g: Any) -> Any:
    """An alternative to what a pointwise op sends, summed as the walk would sum it."""
    g = np.asarray(g)
    shape = edge.parent.shape
    if g.shape != shape and edge.node.op.pointwise and g.shape == edge.node.shape:
        return fitted(g, edge.parent)
    return g
