"""Records of a graph laid out as DOT: cards, two lanes of edges, a legend."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import graphviz

from . import label
from .cells import (
    BACKWARD,
    BACKWARD_TEXT,
    FORWARD,
    GREY,
    INK,
    PAPER,
    block_table,
    empty_table,
    table,
    text,
)
from .far import with_ghosts
from .records import SOURCES, TOOLTIP, Card, Edge, Graph

_GOLD, _GOLD_FILL = "#9A6700", "#FBE3A6"

# Per role: mark, its colour, fill of the header, border, width of the border.
_LOOKS = {
    "parameter": ("■", FORWARD, "#CFE8F7", FORWARD, 2),
    "input": ("►", GREY, "#E8ECEF", GREY, 1),
    "constant": ("♦", GREY, "#FAFBFC", GREY, 1),
    "result": ("", INK, PAPER, GREY, 1),
    "output": ("●", _GOLD, _GOLD_FILL, _GOLD, 3),
}


def digraph(graph: Graph, direction: str) -> Any:
    """The ``graphviz.Digraph`` of a graph, drawn from left to right or from top to bottom."""
    # Here, since it takes longer to import than half of NumPy, and few programs draw.
    graph = with_ghosts(graph)
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
        tooltip=" ",
    )
    out.attr("node", shape="plain", fontname="Helvetica", fontsize="10")
    out.attr("edge", fontname="Helvetica", fontsize="9", arrowsize="0.7")
    for card in graph.cards:
        out.node(card.id, f"<{_card(card, upright)}>", tooltip=_escaped(_described(card)))
    cards = {card.id: card for card in graph.cards}
    for edge in graph.edges:
        _lanes(out, edge, cards, upright)
    out.attr("graph", label=f"<{_legend(graph)}>")
    return out


def _escaped(words: str) -> str:
    # Doubles backslashes and keeps "<...>" from being taken for markup.
    return str(graphviz.escape(label.clean(words, TOOLTIP)))


def _described(card: Card) -> str:
    """What a card is, in words."""
    if card.role == "hidden":
        return f"{card.name} tensors, not drawn"
    if card.role == "ghost":
        return f"{card.full_name or card.name}: the same tensor is drawn elsewhere"
    made = f" = {card.call} ({card.op})" if card.op else ""
    kind = [card.role, label.kind_text(card.shape, card.dtype)]
    return f"{card.full_name or card.name}{made}: {', '.join(word for word in kind if word)}"


def _card(card: Card, upright: bool) -> str:
    if card.role == "hidden":
        words = f'<TR><TD PORT="v" CELLPADDING="6">{text(card.name, GREY, 11)}</TD></TR>'
        return table(words, BORDER=1, STYLE="dashed", COLOR=GREY, BGCOLOR=PAPER)
    if card.role == "ghost":
        return _ghost(card, upright)
    mark, ink, fill, border, width = _LOOKS[card.role]
    blocks = _blocks(card)
    span = f' COLSPAN="{max(len(blocks), 1)}"' if upright else ""
    rows = ""
    if upright and blocks:
        # Upright, value and gradient stand side by side, so that each lane keeps its column; an
        # edge comes in above the header.
        inner = "".join(f'<TD PORT="{port}i" HEIGHT="1"></TD>' for port, _ in blocks)
        rows += f"<TR>{inner}</TR>"
    if card.call:
        call = text(card.call, PAPER, 11, bold=True)
        rows += f'<TR><TD{span} BGCOLOR="{INK}" CELLPADDING="4">{call}</TD></TR>'
    port = "" if blocks[:1] and blocks[0][0] == "v" else ' PORT="v"'
    header = f"{text(mark, ink, 12)} " if mark else ""
    header += text(card.name, INK if card.full_name else GREY, 12, bold=True)
    kind = [label.kind_text(card.shape, card.dtype), "no grad" if card.role in SOURCES[1:] else ""]
    header += text("  " + " · ".join(word for word in kind if word), GREY, 9)
    rows += f'<TR><TD{span}{port} BGCOLOR="{fill}" CELLPADDING="4">{header}</TD></TR>'
    cells = [f'<TD PORT="{p}" CELLPADDING="4">{body}</TD>' for p, body in blocks]
    if cells:
        rows += f"<TR>{''.join(cells)}</TR>" if upright else "".join(f"<TR>{c}</TR>" for c in cells)
    return table(rows, BORDER=width, COLOR=border, BGCOLOR=PAPER)


def _ghost(card: Card, upright: bool) -> str:
    """A small card that says which tensor is meant; both lanes begin at it."""
    mark, ink, fill, border, _ = _LOOKS[card.of]
    words = f"{text(mark, ink, 10)} " if mark else ""
    words += text(card.name, INK if card.full_name else GREY, 10, bold=True) + text(" ↑", GREY, 10)
    value = f'<TD PORT="v" BGCOLOR="{fill}" CELLPADDING="3">{words}</TD>'
    cells = [value]
    if card.title:
        title = text(card.title, BACKWARD_TEXT, 9)
        cells.append(f'<TD PORT="g" CELLPADDING="2">{title}</TD>')
    rows = f"<TR>{''.join(cells)}</TR>" if upright else "".join(f"<TR>{c}</TR>" for c in cells)
    return table(rows, BORDER=1, STYLE="dashed", COLOR=border, BGCOLOR=PAPER)


def _blocks(card: Card) -> list[tuple[str, str]]:
    """The parts of a card's body, each with the port that its lane's edges end at."""
    name = label.clean(card.full_name or card.name, 60)
    title = label.clean(card.title, 60)
    blocks = []
    if card.value is not None:
        blocks.append(("v", block_table(card.value, "value", name, FORWARD, FORWARD)))
    elif card.remarks:
        blocks.append(("v", "<BR/>".join(text(r, GREY, 9) for r in card.remarks)))
    if card.gradient is not None:
        blocks.append(("g", block_table(card.gradient, title, title, BACKWARD, BACKWARD_TEXT)))
    elif card.awaits_gradient:
        blocks.append(("g", empty_table(card.shape or (), title, "no grad yet", BACKWARD_TEXT)))
    return blocks


def _lanes(out: Any, edge: Edge, cards: dict[str, Card], upright: bool) -> None:
    """The forward edge, and beside it the gradient that came back."""
    tail, head = cards[edge.tail], cards[edge.head]
    names = f"{tail.full_name or tail.name} to {head.full_name or head.name}"
    ends = _port(tail, "v", upright, True), _port(head, "v", upright, False)
    # What ops made is kept in line; leaves and constants stand beside the line.
    weight = "8" if tail.role == "result" else "1"
    out.edge(*ends, color=FORWARD, penwidth="1.2", weight=weight, tooltip=_escaped(names))
    if edge.norm is None:
        return
    words = f"|g| {label.number_text(edge.norm)}"
    good = math.isfinite(edge.norm)
    size = 2.6 + 0.5 * math.log10(edge.norm) if good and edge.norm else 1 if good else 4
    tip = _escaped(f"gradient from {head.name} to {tail.name}: |g| {edge.norm}")
    row = f'<TR><TD CELLPADDING="1">{text(words, BACKWARD_TEXT if good else INK, 9)}</TD></TR>'
    out.edge(
        _port(tail, "g", upright, True),
        _port(head, "g", upright, False),
        # Drawn in the forward edge's direction, so that both lanes run side by side.
        dir="back",
        style="dashed",
        color=BACKWARD if good else "#000000",
        penwidth=f"{min(4.5, max(1.0, size)):.2f}",
        label=f"<{table(row, BGCOLOR=PAPER)}>",
        tooltip=tip,
        labeltooltip=tip,
    )


def _port(card: Card, lane: str, upright: bool, leaves: bool) -> str:
    if not upright:
        return f"{card.id}:{lane}:{'e' if leaves else 'w'}"
    bare = card.value is None and not card.remarks and lane == "v"
    if card.role == "hidden" or (bare and card.role != "ghost"):
        return f"{card.id}:{'s' if leaves else 'n'}"
    return f"{card.id}:{lane}:s" if leaves else f"{card.id}:{lane}i:n"


def _legend(graph: Graph) -> str:
    """Under the picture: what is special about this one, then what marks and lanes mean."""
    roles = {card.role for card in graph.cards}
    marks = [
        f"{text(mark, ink, 10)} {text(role, GREY, 9)}"
        for role, (mark, ink, *_) in _LOOKS.items()
        if mark and role in roles
    ]
    if "ghost" in roles:
        marks.append(text("↑ drawn elsewhere", GREY, 9))
    lines = [_line(text(part, INK, 10)) for note in graph.notes for part in textwrap.wrap(note, 76)]
    lanes = []
    if any(card.value is not None for card in graph.cards):
        lanes.append(text("blue", FORWARD, 9, bold=True) + text(" forward, value", GREY, 9))
    if any(card.gradient is not None for card in graph.cards):
        lanes.append(text("vermillion", BACKWARD_TEXT, 9, bold=True) + text(" gradient", GREY, 9))
    if lanes:
        lanes.append(text("darker: larger |·| in that tensor", GREY, 9))
    if any(edge.norm is not None for edge in graph.edges):
        lanes.append(text("width: log |g| sent back", GREY, 9))
    gap = text("   ", GREY, 9)
    lines += [_line(gap.join(part)) for part in (marks, lanes[:2], lanes[2:]) if part]
    return table("".join(lines))


def _line(inner: str) -> str:
    return f'<TR><TD CELLPADDING="2">{inner}</TD></TR>'
