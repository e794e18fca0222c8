"""Ghosts: small cards that stand for a tensor beside a far-away user, in place of a long edge.

Long edges make a picture hard to follow, and Graphviz slow: a weight shared by the hundred steps
of a recurrent net took it six minutes; with ghosts it takes less than a second.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from .records import SOURCES, Card, Edge, Graph

# How many columns an edge may cross. A leaf stands beside its first user, so its edges are
# measured from there; a result may be skipped past a few layers, as in residual nets.
_FAR_LEAF, _FAR_RESULT = 4, 8


def with_ghosts(graph: Graph) -> Graph:
    """The graph with each edge that crosses too many columns drawn from a ghost of its tail."""
    cards = {card.id: card for card in graph.cards}
    columns = _columns(graph)
    first: dict[str, int] = {}
    for edge in graph.edges:
        first[edge.tail] = min(columns[edge.head], first.get(edge.tail, columns[edge.head]))
    ghosts: dict[tuple[str, str], Card] = {}
    counts: Counter[str] = Counter()
    edges = []
    for edge in graph.edges:
        tail = cards[edge.tail]
        if tail.role in SOURCES:
            far = columns[edge.head] - first[edge.tail] > _FAR_LEAF
        else:
            far = columns[edge.head] - columns[edge.tail] > _FAR_RESULT
        if not far or edge.tail == "more":
            edges.append(edge)
            continue
        pair = (edge.tail, edge.head)
        if pair not in ghosts:
            counts[tail.id] += 1
            ghost = Card(f"{tail.id}_{counts[tail.id]}", "ghost", tail.name, tail.full_name)
            ghost.of, ghost.title = tail.role, "" if edge.norm is None else "∂"
            ghost.group = cards[edge.head].group
            ghosts[pair] = ghost
        edges.append(Edge(ghosts[pair].id, edge.head, edge.norm))
    cards_and_ghosts = [*graph.cards, *ghosts.values()]
    return replace(graph, cards=cards_and_ghosts, edges=edges)


def _columns(graph: Graph) -> dict[str, int]:
    """Per card, the length of the longest path that leads to it."""
    columns: dict[str, int] = {}
    tails: dict[str, list[str]] = {card.id: [] for card in graph.cards}
    into_hidden = set()
    for edge in graph.edges:
        tails[edge.head].append(edge.tail)
        if edge.head == "more":
            into_hidden.add(edge.tail)
    # Cards are in topological order, but for the hidden ones' card, which may lie before and
    # behind another: it counts as far behind all that has been seen to lead to it.
    hidden = 0
    for card in graph.cards:
        # A group that is left and entered again may lead back to what stands before it.
        behind = [hidden if tail == "more" else columns.get(tail, -1) for tail in tails[card.id]]
        columns[card.id] = max(behind, default=-1) + 1
        if card.id in into_hidden:
            hidden = max(hidden, columns[card.id] + _FAR_RESULT)
    return columns
