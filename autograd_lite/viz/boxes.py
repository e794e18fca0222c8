"""The faces of what is no tensor: ops, rules of the backward view, what stands for others."""

from __future__ import annotations

import re

from . import label
from .badges import badges_of
from .face import CELL, NAME, TITLE, Face, escaped, face, number, still
from .measure import width
from .records import Card

_MARKS = {"parameter": "■", "input": "►", "constant": "♦", "output": "●"}


def drawn(card: Card) -> Face:
    """The face of any card of a picture that stands still."""
    return faces(card) or face(card, still(card))


def faces(card: Card) -> Face | None:
    """The face of a card that is no tensor, or None."""
    if card.role in ("hidden", "ghost"):
        return _small(card)
    if card.role == "op":
        return _lines([(card.call or card.name, "call")], _saves("saves", card), "band")
    if card.role == "rule":
        return _rule(card)
    return None


def _small(card: Card) -> Face:
    """What stands for cards that are elsewhere, or nowhere."""
    hidden = card.role == "hidden"
    words = card.name if hidden else f"{_MARKS.get(card.of, '')} {card.name} ↑".strip()
    wide = width(words, NAME, bold=True) + 22
    body = f'<rect class="paper dash" width="{number(wide)}" height="30" rx="4"/>'
    body += f'<text class="name mid" x="{number(wide / 2)}" y="19.5">{escaped(words)}</text>'
    return Face(wide, 30.0, 11.0, 21.0, body)


def _rule(card: Card) -> Face:
    """Order number, op and whose, what it sends to each input, what it reads."""
    of = f" of {card.of}" if card.of else ""
    order = getattr(card, "number", "")
    lines = [(f"{order}  {card.name} backward{of}", "name")]
    lines += [(words, f"bad{style}") for style, words in badges_of(card)]
    for rule in getattr(card, "rules", ()):
        lines.append((rule, "grey" if rule.endswith("not needed") else "bt"))
    return _lines(lines, _saves("uses saved", card), "paper")


def _lowered(words: str) -> str:
    """Text with the index set of ``Σ_rows`` set low."""
    # What follows must move up again: an empty piece would not, so it takes the next letter.
    low = r'Σ<tspan class="low" dy="3">\1</tspan><tspan dy="-3">\2</tspan>'
    return re.sub(r"Σ_(\w+)(\W?)", low, escaped(words))


def _saves(verb: str, card: Card) -> str:
    saves = getattr(card, "saves", ())
    return label.clean(f"{verb} {', '.join(saves)}", 60) if saves else ""


def _lines(lines: list[tuple[str, str]], footer: str, style: str) -> Face:
    """A rounded box with lines of text; a line above the footer."""
    sizes = {"name": NAME, "call": NAME - 1}
    widths = [width(w, sizes.get(s, CELL), bold=s in sizes) for w, s in lines]
    wide = max([*widths, width(footer, TITLE)]) + 22
    down, words = 6.0, ""
    for text, how in lines:
        down += 18
        words += (
            f'<text class="{how} mid" x="{number(wide / 2)}" y="{number(down - 4)}">'
            f"{_lowered(text)}</text>"
        )
    head = down + 5
    if footer:
        down += 22
        words += (
            f'<path class="rule" d="M0,{number(head)}h{number(wide)}"/>'
            f'<text class="grey mid" x="{number(wide / 2)}" y="{number(down - 4)}">'
            f"{escaped(footer)}</text>"
        )
    down += 5
    size = f'width="{number(wide)}" height="{number(down)}" rx="8"'
    low = f'<rect class="paper" {size}/>'
    if style == "band":
        low += f'<rect class="band" width="{number(wide)}" height="{number(head)}" rx="8"/>'
    body = f'{low}{words}<rect class="frame" {size}/>'
    return Face(wide, down, head / 2 - 4, head / 2 + 4, body)
