"""The edges between the cards of a reading, and the boxes of groups around them."""

from __future__ import annotations

from typing import Any

from ..node import Node
from . import groups, label
from .block import norm_of
from .fold import Unit
from .records import NAME, Edge, Group


def wire(reader: Any) -> None:
    """An edge for each tensor that a card reads; one in all between a group's card and another."""
    graph = reader.graph
    merged: dict[tuple[str, str], list[tuple[Node, int, Any]]] = {}
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
            graph.edges.append(Edge(tail.id, head.id, sent(reader, user, i, key)))
    for edge in graph.edges:
        some = merged.get((edge.tail, edge.head), [])
        if len(some) == 1:
            edge.norm = sent(reader, *some[0])
        elif some and len({key for _, _, key in some}) == 1:
            key = some[0][2]
            if reader.uses[key] == len(some):
                edge.norm = _norm_at(reader, key)


def sent(reader: Any, node: Node, i: int, key: Any) -> float | None:
    """The norm of the gradient that came back along one edge."""
    if reader.gradients is None or node not in reader.measured:
        return None
    if node.op.outputs and reader.uses[node] > 1:
        return None  # what several outputs send back together is no edge's own
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
