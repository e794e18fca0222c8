"""What marks, lanes and bars of a picture mean: the same words in every form of it."""

from __future__ import annotations

from .records import Graph

MARKS = {"parameter": "■", "input": "►", "constant": "♦", "output": "●"}

# (kind, words): kinds are "f" and "b", a lane, whose first word has its colour; the role of a
# mark; "" for other words.
Entry = tuple[str, str]


def entries(graph: Graph) -> list[list[Entry]]:
    """Lines of entries, only those that the picture has something of.

    >>> from autograd_lite.viz.records import Card, Graph
    >>> entries(Graph("L", [Card("n0", "input", "x")]))
    [[('input', '► input')]]
    """
    backward = graph.view == "backward"
    roles = {card.role for card in graph.cards}
    marks: list[Entry] = [(r, f"{mark} {r}") for r, mark in MARKS.items() if r in roles]
    if "ghost" in roles:
        marks.append(("", "↑ drawn elsewhere"))
    if backward:
        marks = [
            ("", "rounded: rule of an op, g is the gradient that comes in"),
            ("", "number: order of the sweep"),
        ]
    lanes: list[Entry] = []
    if any(card.value is not None for card in graph.cards):
        lanes.append(("f", "blue forward, value"))
    if any(card.gradient is not None or card.awaits_gradient for card in graph.cards):
        lanes.append(("b", "vermillion gradient"))
    blocks = [b for card in graph.cards for b in (card.value, card.gradient)]
    cells = [b.cells for b in blocks if b is not None and b.cells is not None]
    if any(c.size > 1 for c in cells):
        # Neither darker nor lighter: which of them it is depends on the theme.
        lanes.append(("", "stronger colour: larger |·| in that tensor"))
    more: list[Entry] = []
    if any(edge.norm is not None for edge in graph.edges):
        more.append(("", "|g|: 2-norm of the gradient sent back, width: its log"))
    if has_bars(graph):
        more.append(("", "bar: health of the gradient, by its rms"))
    return [line for line in (marks, lanes, more) if line]


def has_bars(graph: Graph) -> bool:
    """Whether any gradient is ill: then each has a bar, for one alone would say nothing."""
    return any(card.health is not None and card.health.word != "ok" for card in graph.cards)
