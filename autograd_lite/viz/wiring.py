"""The edges between the cards of a reading, and the boxes of groups around them."""

from __future__ import annotations

import math
from typing import Any

from ..node import Node
from . import groups, label
from .block import norm_of
from .fold import Unit
from .records import NAME, Edge, Group


def bundled(reader: Any) -> dict[tuple[Node, int], Any]:
    """Per (node, input) the edge that it is drawn as, where groups make one edge of many."""
    units = reader.plan.units
    if not units:
        return {}
    head: dict[Node, Any] = {}
    for node in reversed(reader.nodes):  # users before what they read
        head[node] = reader.plan.item(node)
        if head[node] is node and reader.options.inline and node in reader.joined:
            head[node] = head[reader.user[node]]
    return {
        (node, i): (parent, head[node])
        for node in reader.nodes
        for i, parent in enumerate(node.parents)
        if reader.uses[parent] > 1 and (parent in units or type(head[node]) is Unit)
    }


def wire(reader: Any) -> None:
    """An edge for each tensor that a card reads; one in all between a group's card and another."""
    graph = reader.graph
    merged: dict[tuple[str, str], list[tuple[Node, int, Any]]] = {}
    joint: set[tuple[Node, int]] = set()
    for user, i, key, head in reader.wires:
        tail = reader.cards.get(key)
        if tail is None or tail is head:
            continue
        if tail.count or head.count:
            pair = (tail.id, head.id)
            if pair not in merged:
                graph.edges.append(Edge(*pair))
            merged.setdefault(pair, []).append((user, i, key))
        else:
            # What several outputs send back together comes once, from the first of them.
            again = (user, i) in joint
            norm = None if again else sent(reader, user, i, key)
            graph.edges.append(Edge(tail.id, head.id, norm))
            if user.op.outputs:
                joint.add((user, i))
    for edge in graph.edges:
        some = merged.get((edge.tail, edge.head), [])
        if some:
            edge.norm = _together(reader, some)


def _together(reader: Any, wires: list[tuple[Node, int, Any]]) -> float | None:
    """The norm of all that comes back along an edge that stands for several tensors or uses."""
    norms = []
    for key in dict.fromkeys(key for _, _, key in wires):
        some = [(user, i) for user, i, other in wires if other is key or other == key]
        if len(some) == 1:
            found = sent(reader, *some[0], key)
        elif reader.uses[key] == len(some):
            found = _norm_at(reader, key)
        else:
            found = None if reader.gradients is None else _sum(reader, some)
        if found is not None:
            norms.append(found)
    return math.hypot(*norms) if norms else None


def _sum(reader: Any, some: list[tuple[Node, int]]) -> float | None:
    """The norm of what several uses of a tensor send back in all."""
    if not any(user in reader.measured for user, _ in some):
        return None
    found: float | None = reader.gradients.summed.get(reader.bundles.get(some[0]))
    return None if found is None or math.isnan(found) else found


def sent(reader: Any, node: Node, i: int, key: Any) -> float | None:
    """The norm of the gradient that came back along one edge."""
    if reader.gradients is None or node not in reader.measured:
        return None
    if type(key) is Node and key.op.outputs:
        return _norm_at(reader, node)  # of one output
    if key in reader.gradients.shared:
        found: float | None = reader.gradients.sent.get((node, i))
        return found
    return _norm_at(reader, key)


def _norm_at(reader: Any, key: Any) -> float | None:
    if reader.gradients is None or not (type(key) is Node or hasattr(key, "_grad")):
        return None
    g = reader.gradients.of(key)
    return None if g is None else norm_of(g)


def enclose(reader: Any) -> None:
    """The boxes of what scopes name, and which of them each card is in."""
    graph, opened = reader.graph, set(reader.plan.open)
    places: dict[str, list[groups.Part]] = {}
    for key, card in reader.cards.items():
        some: list[Any]
        if type(key) is Node:
            unit = reader.plan.units.get(key)
            some = [unit.parent if unit else reader.part_of.get(key)]
        elif card.role == "input":
            continue
        else:
            some = [
                user.parent if isinstance(user, Unit) else reader.part_of.get(user)
                for user in reader.users[key]
            ]
        paths = [_path(part, opened) for part in some]
        places[card.id] = [
            part for part, *others in zip(*paths, strict=False) if all(o is part for o in others)
        ]
    numbers: dict[groups.Part, str] = {}
    used = {part for shared in places.values() for part in shared}
    for part in reader.plan.open:
        if part not in used:
            continue
        numbers[part] = f"g{len(numbers)}"
        above = [numbers[p] for p in _path(part, opened)[:-1]]
        subtitle = label.clean(groups.described(part), 60)
        name = label.clean(part.name, NAME)
        graph.groups.append(Group(numbers[part], name, subtitle, above[-1] if above else ""))
    for card in graph.cards:
        if places.get(card.id):
            card.group = numbers[places[card.id][-1]]


def _path(part: Any, opened: set[Any]) -> list[Any]:
    """The boxes around something in part, outermost first."""
    path = []
    while part is not None:
        if part in opened:
            path.append(part)
        part = part.parent
    return path[::-1]
