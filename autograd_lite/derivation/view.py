"""One step at one point, taken apart: the ops between it and the steps that follow it.

The region of a step holds the nodes between its tensor and the next tensors for which the user
gave gradients. The backward rule is linear in what flows, so any change inside the region can be
carried down to the step by itself and added to the local prediction.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..bundle import Bundle
from ..node import Node
from .blocks import Block, blocks_to
from .points import Point
from .sweep import Edge, fitted, pull
from .words import expression

_NEAREST = 60  # nodes of a region that are searched for mistakes, and of a very large one
_FEWER = 20
_LARGEST = 300


class View:
    """A step at a point.

    Attributes:
        u, local, true: what the user wrote, L and T, as arrays in the walk's convention.
        region: its nodes, youngest first. edges: what they send to each other and to the step.
        others: by name, the user's gradients of the steps that do not follow from this one.
        slack: what rounding alone moves the local prediction by.
    """

    def __init__(self, point: Point, name: str, given: dict[Any, Any]) -> None:
        self.point = point
        self.graph = point.graph
        self.name = name
        self.target = point.targets[name]
        self.u = point.user[name]
        self.local = point.arrived(point.local, name)
        self.true = point.arrived(point.true, name)
        self.given = given
        self.slack: Any = 0.0
        self.region = self._region()
        later = self._computed_from()
        self.others = {
            n: u for n, u in point.user.items() if n != name and point.targets[n] not in later
        }
        inside = {*self.region, self.target}
        close = set(self.near)
        self.edges: list[Edge] = [
            e
            for e in point.local.edges
            if e.node in close
            and e.parent in inside
            and (e.parent is self.target or e.parent not in given)
            and e.node is not self.target
            and isinstance(e.full, np.ndarray)
        ]

    def _region(self) -> list[Node]:
        seen: set[Node] = set()
        stack = [self.target]
        while stack:
            target = stack.pop()
            for node, _ in self.graph.consumers.get(target, ()):
                if node not in seen:
                    seen.add(node)
                    if node not in self.given and len(seen) < _LARGEST:
                        stack.append(node)
        live = [n for n in seen if n in self.point.local.flow]
        return sorted(live, key=lambda n: -n.order)

    def _computed_from(self) -> set[Any]:
        """What the step's tensor is computed from: the gradients there follow from this one."""
        seen: set[Any] = set()
        stack = [self.target]
        while stack:
            target = stack.pop()
            for parent in target.parents if type(target) is Node else ():
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return seen

    def followed_by(self) -> set[Any]:
        """What is computed from the step's tensor: the gradient here follows from those there."""
        seen: set[Any] = set()
        stack = [self.target]
        while stack:
            for node, _ in self.graph.consumers.get(stack.pop(), ()):
                if node not in seen:
                    seen.add(node)
                    stack.append(node)
        return seen

    @property
    def near(self) -> list[Node]:
        """The nodes of the region nearest to the step, nearest first."""
        count = _NEAREST if len(self.region) < _LARGEST else _FEWER
        return self.region[::-1][:count]

    def flow(self, node: Node) -> Any:
        """The cotangent that goes on from a node of the region."""
        return self.point.local.flow[node]

    def down(self, parent: Any, g: Any) -> Any:
        """g, arriving at parent, carried down to the step."""
        if parent is self.target:
            return g
        table: dict[Any, Any] = {parent: g}
        inside = {*self.region, self.target}
        with np.errstate(all="ignore"):
            for node in self.region:
                if node not in table or (node in self.given and node is not parent):
                    continue
                for edge in pull(node, table.pop(node)):
                    if edge.parent in inside:
                        held = table.get(edge.parent)
                        table[edge.parent] = edge.full if held is None else held + edge.full
        arrived = table.get(self.target)
        return np.zeros(self.target.shape, self.target.dtype) if arrived is None else arrived

    def instead(self, edge: Edge, g: Any) -> Any:
        """The step's gradient if this edge carried g."""
        if g is None:
            return None
        if edge.parent is self.target:
            whole = np.asarray(g)
            if whole.shape != self.target.shape:
                if self.alone(edge):
                    return whole
                return None
            if self.alone(edge):
                return whole
            return self.local - edge.full + whole
        g = np.asarray(g)
        if g.shape != edge.parent.shape:
            return None
        rest = self.local - self.down(edge.parent, edge.full)
        return rest + self.down(edge.parent, g)

    def alone(self, edge: Edge) -> bool:
        """Whether all that the step gets comes by this edge."""
        return sum(e.parent is self.target for e in self.edges) == 1 and edge in self.edges

    def part_at(self, node: Node, entry: Any, size: Any = None) -> str:
        """Where a formula for what a node sends to entry stands; "" if it is the whole step."""
        own = [e for e in self.edges if e.parent is self.target]
        whole = entry is self.target and len({e.node for e in own}) == 1
        fits = size is None or size == self.target.shape
        return "" if whole and fits else self.words(node)

    def flowing(self, node: Node, g: Any) -> Any:
        """The step's gradient if g went on from this node."""
        return self.local + self.down_from(node, g - self.flow(node))

    def down_from(self, node: Node, g: Any) -> Any:
        """g, going on from a node of the region, carried down to the step."""
        total = np.zeros(self.target.shape, self.target.dtype)
        inside = {*self.region, self.target}
        with np.errstate(all="ignore"):
            for edge in pull(node, g):
                if edge.parent in inside and (
                    edge.parent is self.target or edge.parent not in self.given
                ):
                    total = total + self.down(edge.parent, edge.full)
        return total

    @cached_property
    def of_one_leaf(self) -> set[Any]:
        """Leaves, and what is computed from a single leaf and numbers, such as a regulariser."""
        leaf: dict[Any, Any] = {x: x for x in self.graph.leaves}
        for node in self.graph.nodes:
            below = {leaf.get(p) for p in node.parents if p is not None}
            data = [x for x in self.graph.inputs(node) if isinstance(x, np.ndarray) and x.size > 1]
            if len(data) > sum(p is not None for p in node.parents):
                continue
            if len(below) == 1 and None not in below:
                leaf[node] = below.pop()
        return set(leaf)

    @cached_property
    def regulariser(self) -> set[Any]:
        """The nodes of terms of the loss that depend on the step's tensor alone."""
        below: set[Any] = {self.target}
        for node in self.graph.nodes:
            tracked = [p for p in node.parents if p is not None]
            if tracked and all(p in below for p in tracked):
                below.add(node)
        if self.graph.root in below:
            return set()
        # Only what ends in a number of its own is a term; a sum over a batch is on its way.
        ends = {n for n in below if type(n) is Node and not n.shape}
        for node in reversed(self.graph.nodes):
            if node in below and any(n in ends for n, _ in self.graph.consumers.get(node, ())):
                ends.add(node)
        return ends

    @cached_property
    def blocks(self) -> list[tuple[Block, Any]]:
        """Blocks of the region that lead to the step, with the cotangent at their exit."""
        found = []
        inside = {*self.region, self.target}
        for node in self.near:
            g = self.flow(node)
            if isinstance(g, Bundle):
                continue
            for block in blocks_to(self.graph, node):
                between = [n for n in block.nodes if n is not node]
                if any(n in self.given for n in between):
                    break
                if block.entry in inside and block.known:
                    found.append((block, np.asarray(g)))
                if block.entry is self.target or block.entry in self.given:
                    break
        return found

    @cached_property
    def written_out(self) -> set[Node]:
        """The nodes of activations that are written out in several ops: they count as one."""
        found: set[Node] = set()
        for block, _ in self.blocks:
            if len(block.nodes) > 1 and block.kind:
                found.update(block.nodes)
        return found

    def through(self, block: Block, g: Any, alternative: Any) -> Any:
        """The step's gradient if this block sent the alternative to its entry."""
        right = block.back(g)
        if right is None or alternative is None:
            return None
        alternative = fitted(np.asarray(alternative), block.entry)
        if block.entry is self.target:
            rest = self.local - right
            return alternative if not rest.any() else rest + alternative
        return self.local + self.down(block.entry, alternative - right)

    @cached_property
    def pool(self) -> dict[str, Any]:
        """Arrays that may have been taken for an operand: named ones, and those of the region."""
        found = {n: a for n, a in self.graph.arrays.items() if a.dtype.kind in "fciub"}
        held = {id(a) for a in found.values()}
        for node in self.near:
            for target in (node, *node.parents):
                value = self.graph.values.get(target) if target is not None else None
                if isinstance(value, np.ndarray) and id(value) not in held:
                    if self.graph.name_of(target) is None:
                        held.add(id(value))
                        found.setdefault(self.words(target), value)
            for i, x in enumerate(self.graph.inputs(node)):
                if node.parents[i] is None and isinstance(x, np.ndarray) and id(x) not in held:
                    held.add(id(x))
                    found.setdefault(f"the constant of shape {x.shape}", x)
        return found

    def words(self, target: Any) -> str:
        """A node or leaf as it is spoken of: its name, or a short expression."""
        return expression(self.graph, target)

    def gradient(self, target: Any) -> str:
        """The symbol of a gradient: "∂E/∂z"; of X @ W too, where z is X @ W + b."""
        while type(target) is Node and self.graph.name_of(target) is None:
            used = self.graph.consumers.get(target, ())
            if len(used) != 1 or used[0][0].op.name != "add" or used[0][0].shape != target.shape:
                break
            target = used[0][0]
        return f"∂{self.loss}/∂{bracketed(self.words(target))}"

    @property
    def loss(self) -> str:
        """The name of the loss, or E."""
        return self.graph.name_of(self.graph.root) or "E"


def bracketed(text: str) -> str:
    """text, in brackets unless it is one word."""
    plain = all(c.isalnum() and c not in "²³ⁿᵀ" for c in text.replace("_", "").replace(".", ""))
    return text if plain or _is_call(text) else f"({text})"


def _is_call(text: str) -> bool:
    """Whether text is "f(...)" or "(...)", its first bracket closed by its last."""
    name, _, inside = text.partition("(")
    if not text.endswith(")") or not (name.isalnum() or not name):
        return False
    depth = 1
    for k, c in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if not depth:
            return k == len(inside) - 1
    return False
