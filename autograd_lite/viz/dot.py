"""Records of a graph laid out as DOT: cards in their groups, two lanes of edges, a legend."""

from __future__ import annotations

import math
import textwrap
from collections import defaultdict
from typing import Any

import graphviz

from . import label
from .card import LOOKS, card_table, described, group_title
from .cells import (
    BACKWARD,
    BACKWARD_TEXT,
    FORWARD,
    GREY,
    INK,
    PAPER,
    RULE,
    table,
    text,
)
from .far import with_ghosts
from .legend import entries, has_bars
from .records import TOOLTIP, Card, Edge, Graph
from .theme import darkened

_GROUP_FILL = "#F6F8FA"


def digraph(graph: Graph, direction: str, dark: bool = False) -> Any:
    """The ``graphviz.Digraph`` of a graph, drawn from left to right or from top to bottom."""
    graph = graph if graph.view == "backward" else with_ghosts(graph)
    upright = direction == "TB"
    out = graphviz.Digraph("autograd_lite")
    out.attr(
        "graph",
        rankdir=direction,
        fontname="Helvetica",
        bgcolor=PAPER,
        nodesep="0.3",
        ranksep="0.5",
        labelloc="b",
        newrank="true",
        tooltip=" ",
    )
    out.attr("node", shape="plain", fontname="Helvetica", fontsize="10")
    out.attr("edge", fontname="Helvetica", fontsize="9", arrowsize="0.7")
    bars = has_bars(graph)
    cards = {card.id: card for card in graph.cards}
    _place(out, graph, upright, bars)
    for edge in graph.edges:
        if edge.lane == "gradient":
            _down(out, edge, cards, upright)
        else:
            _lanes(out, edge, cards, upright)
    out.attr("graph", label=f"<{_legend(graph)}>")
    if dark:
        out.body = [darkened(line) for line in out.body]
    return out


def _place(out: Any, graph: Graph, upright: bool, bars: bool) -> None:
    """Every card in the box of its group, boxes in boxes."""
    inside: dict[str, list[Card]] = defaultdict(list)
    for card in graph.cards:
        inside[card.group].append(card)
    children: dict[str, list[Any]] = defaultdict(list)
    for group in graph.groups:
        children[group.parent].append(group)

    def fill(canvas: Any, number: str) -> None:
        for card in inside[number]:
            # In a column beside its reader a source may stand on either side of the main line.
            canvas.node(
                card.id, f"<{card_table(card, upright, bars)}>", tooltip=_escaped(described(card))
            )
        for group in children[number]:
            with canvas.subgraph(name=f"cluster_{group.id}") as box:
                box.attr(
                    label=f"<{group_title(group.name, group.subtitle)}>",
                    tooltip=_escaped(group.name),
                    style="rounded,filled",
                    color=RULE,
                    fillcolor=_GROUP_FILL,
                    labeljust="l",
                    labelloc="t",
                    margin="12",
                )
                fill(box, group.id)

    fill(out, "")


def _escaped(words: str) -> Any:
    # Doubles backslashes and keeps "<...>" from being taken for markup, by the type of the result.
    return graphviz.escape(label.clean(words, TOOLTIP))


def _width(norm: float) -> float:
    good = math.isfinite(norm)
    size = 2.6 + 0.5 * math.log10(norm) if good and norm else 1 if good else 4
    return min(4.5, max(1.0, size))


def _lanes(out: Any, edge: Edge, cards: dict[str, Card], upright: bool) -> None:
    """The forward edge, and beside it the gradient that came back."""
    tail, head = cards[edge.tail], cards[edge.head]
    names = f"{tail.full_name or tail.name} to {head.full_name or head.name}"
    ends = _port(tail, "v", upright, True), _port(head, "v", upright, False)
    # What ops made is kept in line; leaves and constants stand beside the line.
    inline = tail.role in ("result", "op", "group")
    out.edge(
        *ends,
        color=GREY if "removed" in (tail.role, head.role) else FORWARD,
        penwidth="1.2",
        weight="8" if inline else "1",
        tooltip=_escaped(names),
    )
    if edge.norm is None:
        return
    words = f"{' ' * upright}|g| {label.number_text(edge.norm)}"
    good = math.isfinite(edge.norm)
    tip = _escaped(f"gradient from {head.name} to {tail.name}: |g| {edge.norm}")
    row = f'<TR><TD CELLPADDING="1">{text(words, BACKWARD_TEXT if good else INK, 9)}</TD></TR>'
    words = table(row, BGCOLOR=PAPER)
    out.edge(
        _port(tail, "g", upright, True),
        _port(head, "g", upright, False),
        # Drawn in the forward edge's direction, so that both lanes run side by side.
        dir="back",
        style="dashed",
        color=BACKWARD if good else "#000000",
        penwidth=f"{_width(edge.norm):.2f}",
        tooltip=tip,
        **({} if edge.lane == "quiet" else {"label": f"<{words}>", "labeltooltip": tip}),
    )


def _down(out: Any, edge: Edge, cards: dict[str, Card], upright: bool) -> None:
    """An edge of the backward view: the gradient that one rule hands to the next."""
    tail, head = cards[edge.tail], cards[edge.head]
    attributes: dict[str, str] = {}
    if edge.norm is not None:
        good = math.isfinite(edge.norm)
        words = text(f" |g| {label.number_text(edge.norm)}", BACKWARD_TEXT if good else INK, 9)
        words += text(f"  {edge.note}", GREY, 9) if edge.note else ""
        tip = _escaped(f"gradient from {tail.name} to {head.name}: |g| {edge.norm}")
        row = f'<TR><TD CELLPADDING="1">{words}</TD></TR>'
        attributes = {
            "label": f"<{table(row)}>",
            "penwidth": f"{_width(edge.norm):.2f}",
            "tooltip": tip,
            "labeltooltip": tip,
        }
        color = BACKWARD if good else "#000000"
    else:
        color = BACKWARD
    weight = "8" if head.role == "rule" else "1"
    sides = ("s", "n") if upright else ("e", "w")
    out.edge(
        f"{tail.id}:{sides[0]}" if tail.role == "output" else tail.id,
        f"{head.id}:{sides[1]}",
        color=color,
        weight=weight,
        **attributes,
    )


def _port(card: Card, lane: str, upright: bool, leaves: bool) -> str:
    if card.role == "op":
        return f"{card.id}:{('s' if leaves else 'n') if upright else ('e' if leaves else 'w')}"
    if not upright:
        return f"{card.id}:{lane}:{'e' if leaves else 'w'}"
    bare = card.value is None and not card.remarks and lane == "v"
    if card.role == "hidden" or (bare and card.role != "ghost"):
        return f"{card.id}:{'s' if leaves else 'n'}"
    if card.role == "ghost":
        return f"{card.id}:{lane}:s" if leaves else f"{card.id}:{lane}:n"
    return f"{card.id}:{lane}o:s" if leaves else f"{card.id}:{lane}i:n"


def _legend(graph: Graph) -> str:
    """Under the picture: what is special about this one, then what marks and lanes mean."""
    lines = [_line(text(part, INK, 10)) for note in graph.notes for part in textwrap.wrap(note, 76)]
    gap = text("   ", GREY, 9)
    lines += [_line(gap.join(_entry(*one) for one in line)) for line in entries(graph)]
    return table("".join(lines))


def _entry(kind: str, words: str) -> str:
    lane = {"f": FORWARD, "b": BACKWARD_TEXT}.get(kind)
    if lane is None and kind not in LOOKS:
        return text(words, GREY, 9)
    first, _, rest = words.partition(" ")
    if lane is not None:
        return text(first, lane, 9, bold=True) + text(f" {rest}", GREY, 9)
    return f"{text(first, LOOKS[kind][1], 10)} {text(rest, GREY, 9)}"


def _line(inner: str) -> str:
    return f'<TR><TD CELLPADDING="2">{inner}</TD></TR>'
