"""One card in Graphviz's HTML-like markup: header, band, cells, health bar, footers."""

from __future__ import annotations

import re

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
from .health import bar_of
from .records import SOURCES, TOOLTIP, Card

GOLD, _GOLD_FILL = "#9A6700", "#FBE3A6"

# Per role: mark, its colour, fill of the header, border, width of the border.
LOOKS = {
    "parameter": ("■", FORWARD, "#CFE8F7", FORWARD, 2),
    "input": ("►", GREY, "#E8ECEF", GREY, 1),
    "constant": ("♦", GREY, "#FAFBFC", GREY, 1),
    "result": ("", INK, PAPER, GREY, 1),
    "group": ("", INK, PAPER, GREY, 1),
    "removed": ("", GREY, PAPER, GREY, 1),
    "output": ("●", GOLD, _GOLD_FILL, GOLD, 3),
}
# Per word of health: fill of the bar and colour of the word.
_BARS = {
    "vanishing": ("#3B4994", PAPER), "small": ("#B3C0E6", INK), "ok": ("#E8ECEF", INK),
    "large": ("#FDB863", INK), "exploding": ("#B35806", PAPER), "NaN": ("#000000", PAPER),
    "inf": ("#000000", PAPER), "zero": (PAPER, INK),
}  # fmt: skip
# Per kind of mark (of a difference, of a report): fill and colour of the word.
_MARKS = {
    "moved": ("#E8ECEF", INK),
    "added": (FORWARD, PAPER), "removed": (GREY, PAPER), "changed": (_GOLD_FILL, INK),
    "right": ("#00664B", PAPER), "carried": (_GOLD_FILL, INK), "wrong": ("#000000", PAPER),
}  # fmt: skip


def card_table(card: Card, upright: bool, bars: bool) -> str:
    """The table of a card; bars: whether health that is ok is said too."""
    if card.role == "hidden":
        words = f'<TR><TD PORT="v" CELLPADDING="6">{text(card.name, GREY, 11)}</TD></TR>'
        return table(words, BORDER=1, STYLE="dashed", COLOR=GREY, BGCOLOR=PAPER)
    if card.role == "ghost":
        return _ghost(card, upright)
    if card.role == "op":
        return _op(card)
    if card.role == "rule":
        return _rule(card)
    _, _, fill, border, width = LOOKS[card.role]
    blocks = _blocks(card)
    span = f' COLSPAN="{max(len(blocks), 1)}"' if upright else ""
    rows = ""
    if upright and blocks:
        # Upright, value and gradient stand side by side, so that each lane keeps its column; an
        # edge comes in above the header and leaves below the last row.
        inner = "".join(f'<TD PORT="{port}i" HEIGHT="1"></TD>' for port, _ in blocks)
        rows += f"<TR>{inner}</TR>"
    rows += _marked(card, span)
    if card.call:
        times = f" × {card.count} folded" if card.count > 1 else ""
        call = text(card.call + times, PAPER, 11, bold=True)
        rows += f'<TR><TD{span} BGCOLOR="{INK}" CELLPADDING="4">{call}</TD></TR>'
    port = "" if blocks[:1] and blocks[0][0] == "v" else ' PORT="v"'
    rows += f'<TR><TD{span}{port} BGCOLOR="{fill}" CELLPADDING="4">{_header(card)}</TD></TR>'
    if card.subtitle:
        rows += _row(card.subtitle, GREY, span)
    cells = [f'<TD PORT="{p}" CELLPADDING="4">{body}</TD>' for p, body in blocks]
    if cells:
        rows += f"<TR>{''.join(cells)}</TR>" if upright else "".join(f"<TR>{c}</TR>" for c in cells)
    if card.saturation is not None and card.saturation > 0.5:
        rows += _row(f"{saturated_text(card.saturation)} saturated", INK, span, bold=True)
    rows += _bar(card, span, bars)
    if upright and blocks:
        outer = "".join(f'<TD PORT="{port}o" HEIGHT="1"></TD>' for port, _ in blocks)
        rows += f"<TR>{outer}</TR>"
    style = {"STYLE": "dashed"} if card.role == "removed" else {}
    born = bool(card.born)
    return table(
        rows,
        BORDER=3 if born else width,
        COLOR="#000000" if born else border,
        BGCOLOR=PAPER,
        **style,
    )


def saturated_text(share: float) -> str:
    """A share as the card writes it: ``97 %``."""
    return f"{share * 100:.0f} %"


def _header(card: Card) -> str:
    mark, ink, *_ = LOOKS[card.role]
    header = f"{text(mark, ink, 12)} " if mark else ""
    header += text(card.name, INK if card.full_name else GREY, 12, bold=True)
    kind = [label.kind_text(card.shape, card.dtype), "no grad" if card.role in SOURCES[1:] else ""]
    words = " · ".join(word for word in kind if word)
    return header + (text("  " + words, GREY, 9) if words else "")


def _row(words: str, ink: str, span: str, bold: bool = False) -> str:
    return f'<TR><TD{span} CELLPADDING="2">{text(words, ink, 9, bold)}</TD></TR>'


def _marked(card: Card, span: str) -> str:
    if card.mark is None:
        return ""
    fill, ink = _MARKS.get(card.mark[0], (GREY, PAPER))
    words = text(label.clean(card.mark[1], 48), ink, 9, bold=True)
    return f'<TR><TD{span} BGCOLOR="{fill}" CELLPADDING="3">{words}</TD></TR>'


def _bar(card: Card, span: str, bars: bool) -> str:
    """The health of the gradient: mark, word and colour; where a NaN is born, that too."""
    rows = ""
    if card.born:
        words = text(f"× {card.born}", "#000000", 9, bold=True)
        rows += f'<TR><TD{span} CELLPADDING="3">{words}</TD></TR>'
    word, words = bar_of(card)
    if not word or (word == "ok" and not bars):
        return rows
    fill, ink = _BARS[word]
    cell = text(words, ink, 9, bold=True)
    return rows + f'<TR><TD{span} BGCOLOR="{fill}" CELLPADDING="3">{cell}</TD></TR>'


def _ghost(card: Card, upright: bool) -> str:
    """A small card that says which tensor is meant; both lanes begin at it."""
    mark, ink, fill, border, _ = LOOKS[card.of]
    words = f"{text(mark, ink, 10)} " if mark else ""
    words += text(card.name, INK if card.full_name else GREY, 10, bold=True) + text(" ↑", GREY, 10)
    value = f'<TD PORT="v" BGCOLOR="{fill}" CELLPADDING="3">{words}</TD>'
    cells = [value]
    if card.title:
        title = text(card.title, BACKWARD_TEXT, 9)
        cells.append(f'<TD PORT="g" CELLPADDING="2">{title}</TD>')
    rows = f"<TR>{''.join(cells)}</TR>" if upright else "".join(f"<TR>{c}</TR>" for c in cells)
    return table(rows, BORDER=1, STYLE="dashed", COLOR=border, BGCOLOR=PAPER)


def _op(card: Card) -> str:
    """A rounded box of the view of ops: what was called, and what is kept for backward."""
    call = text(card.call, PAPER, 11, bold=True)
    rows = f'<TR><TD PORT="v" CELLPADDING="5" BGCOLOR="{INK}">{call}</TD></TR>'
    if card.saves:
        saves = text(_saves("saves", card), GREY, 8)
        rows += f'<TR><TD CELLPADDING="3">{saves}</TD></TR>'
    return table(rows, BORDER=1, STYLE="rounded", COLOR=INK, BGCOLOR=PAPER)


def _saves(verb: str, card: Card) -> str:
    return label.clean(f"{verb} {', '.join(card.saves)}", 60)


def _rule(card: Card) -> str:
    """A rounded box of the backward view: order number, op, rules, what they read."""
    head = text(f"{card.number}  ", BACKWARD_TEXT, 11, bold=True)
    head += text(card.name, INK, 12, bold=True) + text(" backward", GREY, 10)
    head += text(f" of {card.of}", GREY, 10) if card.of else ""
    rows = _marked(card, "")
    rows += f'<TR><TD ALIGN="LEFT" CELLPADDING="3">{head}</TD></TR>'
    wide = sum(map(len, card.rules)) > 44
    rules = [_rule_text(words) for words in card.rules]
    for line in rules if wide else [text("    ", GREY, 10).join(rules)]:
        rows += f'<TR><TD ALIGN="LEFT" CELLPADDING="3">{line}</TD></TR>'
    if card.saves:
        saves = text(_saves("uses saved", card), GREY, 9)
        rows += f'<HR/><TR><TD ALIGN="LEFT" CELLPADDING="3">{saves}</TD></TR>'
    if card.born:
        words = text(f"× {card.born}", "#000000", 9, bold=True)
        rows += f'<TR><TD ALIGN="LEFT" CELLPADDING="3">{words}</TD></TR>'
    border = "#000000" if card.born else BACKWARD
    # Room at the sides, or the round corners cut the words.
    inner = table(rows, CELLPADDING=2)
    return table(
        f'<TR><TD CELLPADDING="4">{inner}</TD></TR>',
        BORDER=2 if card.born else 1, STYLE="rounded", COLOR=border, BGCOLOR=PAPER,
    )  # fmt: skip


def _rule_text(words: str) -> str:
    """A rule in its colour, ``Σ_rows`` with its index set low."""
    ink = GREY if words.endswith("not needed") else BACKWARD_TEXT
    return re.sub(r"Σ_(\w+)", r"Σ<SUB>\1</SUB>", text(words, ink, 10))


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


def described(card: Card) -> str:
    """What a card is, in words, for hovering."""
    name = card.full_name or card.name
    if card.role == "hidden":
        return f"{card.name} tensors, not drawn"
    if card.role == "ghost":
        return f"{name}: the same tensor is drawn elsewhere"
    where = f"; {label.clean(card.line, 120)}" if card.line else ""
    if card.role in ("op", "rule"):
        saves = f"; saves {', '.join(card.saves)}" if card.saves else ""
        return label.clean(f"{card.call} ({card.op}){saves}{where}", TOOLTIP)
    made = f" = {card.call} ({card.op})" if card.op else f": {card.call}" if card.call else ""
    kind = [card.role, label.kind_text(card.shape, card.dtype)]
    words = f"{name}{made}: {', '.join(word for word in kind if word)}"
    if card.saves:
        words += f"; saves {', '.join(card.saves)}"
    return words + where


def group_title(name: str, subtitle: str) -> str:
    """The label of a box around cards."""
    inner = text(name, INK, 12, bold=True)
    return inner + (text(f"   {subtitle}", GREY, 9) if subtitle and subtitle != name else "")
