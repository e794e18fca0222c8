"""What is left to say of a picture once its cards are made: what is hidden, and what is special."""

from __future__ import annotations

from typing import Any

from ..node import Node
from . import label, recover
from .label import ELLIPSIS
from .records import TOOLTIP, Card, Edge

# How a derivation report's words are marked: never by colour alone.
_STATUS = {"right": "√ right", "carried": "→ carried error", "wrong": "× wrong"}


def finish(reader: Any) -> None:
    """The card of what is hidden, the notes, and the marks of a derivation report."""
    drawn = reader.chosen
    _count(reader)
    _hide(reader, drawn)
    _note(reader)
    _mark(reader)


def _count(reader: Any) -> None:
    graph, plan = reader.graph, reader.plan
    sources = len(reader.users)
    graph.total = sum(not node.op.outputs for node in reader.nodes) + sources
    runs = [u for u in set(plan.units.values()) if len(u.members) > 1]
    if plan.units:
        cards = len(graph.cards)
        how = "equal groups are folded (× n, the worst shown)" if runs else "groups are closed"
        graph.notes.append(f"{graph.total:,} tensors in the graph, {cards} cards: {how}")


def _hide(reader: Any, drawn: set[Node]) -> None:
    """One card in place of all that is not drawn, and a note that says how much that is."""
    if len(drawn) == len(reader.nodes):
        return
    hidden: dict[Any, None] = {}
    edges: dict[tuple[str, str], None] = {}
    cards = reader.cards
    for node in reader.nodes:
        if node not in drawn:
            hidden[node] = None
        for parent in node.parents:
            if parent is None or parent in reader.inlined or node in reader.inlined:
                continue
            if node in drawn and parent not in cards and node in reader.plan.units:
                continue  # within a card that is drawn
            if parent not in cards:
                hidden[parent] = None
            tail = cards[parent].id if parent in cards else "more"
            head = cards[node].id if node in cards else "more"
            if "more" in (tail, head) and tail != head:
                edges[tail, head] = None
    count = f"{len(hidden):,}"
    graph = reader.graph
    graph.cards.append(Card("more", "hidden", f"{ELLIPSIS} {count} more"))
    graph.edges += [Edge(tail, head) for tail, head in edges]
    worst = " and the worst health" if _has_bad(reader) else ""
    ends = f"{reader.output}, the leaves{worst}" if worst else f"{reader.output} and the leaves"
    graph.notes.append(
        f"{count} tensors hidden: max_nodes={reader.options.max_nodes} keeps those nearest to "
        f"{ends}"
    )


def _has_bad(reader: Any) -> bool:
    return any(health.word != "ok" for health in reader.measured.values())


def _note(reader: Any) -> None:
    notes, root, gradients = reader.graph.notes, reader.root, reader.gradients
    nodes, cards = reader.nodes, reader.cards
    drawn = [k for k in cards if type(k) is Node or k in reader.leaves]
    if gradients is not None and gradients.of(root) is not None and root.size != 1:
        part = "the real part of " if root.dtype.kind == "c" else ""
        notes.append(
            f"{reader.output} is {label.shape_text(root.shape)}: gradients are those of {part}"
            "the sum of its entries (the seed is ones)"
        )
    elif root.dtype.kind == "c" and gradients is not None:
        notes.append(f"{reader.output} is complex: gradients are those of its real part")
    freed = sum(node.args is None for node in nodes)
    if freed == len(nodes):
        notes.append(
            "backward() has freed this graph: what is left is its structure, the leaves and "
            "what .grad holds"
        )
    elif freed:
        notes.append(
            "an earlier backward() has freed a part of this graph: what lies behind it shows "
            "what .grad holds"
        )
    if gradients is not None and gradients.problem:
        notes.append("no gradients: " + label.clean(gradients.problem, TOOLTIP))
    metas = [key.meta if type(key) is Node else key._meta for key in drawn]
    if gradients is not None and any(meta is not None and meta.hooks for meta in metas):
        notes.append("the hooks of this graph were not run")
    written = {p for n in nodes for p in n.parents if recover.stale_leaf(p, n)}
    stale = [card.name for key, card in cards.items() if key in written]
    if stale:
        notes.append(f"{', '.join(stale)}: written after use, the card shows what is there now")


def _mark(reader: Any) -> None:
    """The words of a derivation report on the cards of the steps that it names."""
    steps = getattr(reader.options.report, "steps", None) or {}
    for card in reader.graph.cards:
        step = steps.get(card.full_name) if card.full_name else None
        word = _STATUS.get(getattr(step, "status", ""))
        if step is not None and word is not None:
            card.mark = (step.status, word)
