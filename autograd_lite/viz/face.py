"""The face of one card as SVG: header, value cells, gradient cells.

What appears only at some step of a page carries ``data-from`` (the step) and, where a later
number takes its place, ``data-to``; a picture that stands still has neither. Colours are classes:
the style sheet of ``page.py`` knows them in light and in dark.
"""

from __future__ import annotations

import html
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from . import grid, label
from .badges import badges_of, health_of
from .block import BINS, Block
from .measure import width
from .records import SOURCES, Card

ROW, CELL, TITLE, NAME = 18.0, 11.0, 9.5, 13.0
_PAD = 7.0  # between the frame and the cells
_CAPTION = 17.0
_STRIP_WIDTH, _STRIP_HEIGHT = 8.0 * BINS, 30.0
_MARKS = {"parameter": "■", "input": "►", "constant": "♦", "output": "●"}


@dataclass(slots=True)
class Shown:
    """Numbers in a card, and from which step until which they are there (None: always)."""

    block: Block
    since: int | None = None
    until: int | None = None
    remark: str = ""


@dataclass(slots=True)
class Face:
    """A card ready to be placed.

    Attributes:
        width, height: of the frame.
        value, gradient: how far down the lanes enter and leave.
        inside: the SVG of all in it, from its corner.
    """

    width: float
    height: float
    value: float
    gradient: float
    inside: str


@dataclass(slots=True)
class Look:
    """What a card shows besides its record: numbers with their times, marks, a badge.

    Attributes:
        values, gradients: the numbers; several only where a sum grows step by step.
        badges: bars under the header: (a class of the style sheet, words, the step from which it
            is there or None).
    """

    values: list[Shown] = field(default_factory=list)
    gradients: list[Shown] = field(default_factory=list)
    badges: list[tuple[str, str, int | None]] = field(default_factory=list)


def escaped(text: str) -> str:
    """Text as markup, with each run of right-to-left text kept from turning its surroundings."""
    if not text.isascii():
        text = _isolated(text)
    return html.escape(text, quote=True)


def _isolated(text: str) -> str:
    """Text with the marks U+2068 and U+2069 around what is written from right to left."""
    out, run = [], ""
    for c in text:
        if unicodedata.bidirectional(c) in ("R", "AL", "AN") or (run and unicodedata.combining(c)):
            run += c
            continue
        if run:
            out.append(f"\u2068{run}\u2069")
            run = ""
        out.append(c)
    return "".join(out) + (f"\u2068{run}\u2069" if run else "")


def number(x: float) -> str:
    """A coordinate, short."""
    return f"{x:.1f}".removesuffix(".0")


def times(since: int | None, until: int | None = None) -> str:
    """The attributes that say from which step until which something is there."""
    words = "" if since is None else f' data-from="{since}"'
    return words + ("" if until is None else f' data-to="{until}"')


def still(card: Card) -> Look:
    """The Look of a card in a picture that stands still: all that its record has."""
    look = Look(badges=[(*badge, None) for badge in badges_of(card)])
    health = health_of(card)
    if health is not None:
        look.badges.append((*health, None))
    if card.value is not None:
        look.values.append(Shown(card.value))
    if card.gradient is not None:
        look.gradients.append(Shown(card.gradient))
    return look


def face(card: Card, look: Look) -> Face:
    """Draw the card of a tensor."""
    return _Pen(card, look).draw()


class _Pen:
    """Goes down a card and draws one part after the other."""

    def __init__(self, card: Card, look: Look) -> None:
        self.card, self.look = card, look
        self.name = label.clean(card.full_name or card.name, 60)
        self.title = label.clean(card.title, 60)
        count = getattr(card, "count", 0)
        self.call = f"{card.call} × {count} folded" if count > 1 else card.call
        self.subtitle = label.clean(getattr(card, "subtitle", ""), 60)
        mark = _MARKS.get(card.role, "")
        self.header = f"{mark} {card.name}" if mark else card.name
        kind = [
            label.kind_text(card.shape, card.dtype),
            "no grad" if card.role in SOURCES[1:] else "",
        ]
        self.kind = " · ".join(word for word in kind if word)
        self.body = ""
        self.inner = self._inner_width()
        self.width = self.inner + 2 * _PAD
        self.down = 0.0

    def _inner_width(self) -> float:
        head = width(self.header, NAME, bold=True) + width(self.kind, TITLE) + 8
        widths = [head, width(self.call, NAME - 1, bold=True), width(self.title, TITLE, True)]
        widths += [width(remark, TITLE) for remark in self.card.remarks]
        for shown in (*self.look.values, *self.look.gradients):
            widths += [_block_width(shown.block, self.name), width(shown.remark, TITLE)]
        widths += [width(words, TITLE, bold=True) + 8 for _, words, _ in self.look.badges]
        widths.append(width(self.subtitle, TITLE))
        return max(widths) + 2

    def draw(self) -> Face:
        card, look = self.card, self.look
        if self.call:
            self._bar("band", 22.0)
            self._line(self.call, "call mid", 15.5, 0)
            self.down += 22
        self._bar("head", 22.0)
        # An SVG text would begin anew for the second part's size: tspans keep them together.
        name = "name" if card.full_name or card.role == "output" else "name grey"
        self.body += (
            f'<text class="mid" x="{number(self.width / 2)}" y="{number(self.down + 15.5)}">'
            f'<tspan class="{name}">{escaped(self.header)}</tspan>'
            f'<tspan class="kind" dx="6">{escaped(self.kind)}</tspan></text>'
        )
        self.down += 22
        if self.subtitle:
            self._line(self.subtitle, "grey mid", 9, 0)
            self.down += 15
        for style, words, since in look.badges:
            self.body += f"<g{times(since)}>"
            self._bar(f"badge {style}", 16.0)
            self._line(words, f"said mid {style}", 11.5, 0)
            self.body += "</g>"
            self.down += 16
        value = gradient = self.down - 11
        if look.values:
            value = self._part("value", look.values, "f")
        for remark in card.remarks if not look.values else ():
            self._line(remark, "grey mid", 13, 0)
            self.down += _CAPTION
        gradient = value
        if look.gradients or card.awaits_gradient:
            gradient = self._part(self.title, look.gradients, "b")
        if look.values or look.gradients or card.awaits_gradient or card.remarks:
            self.down += _PAD
        frame = (
            f'<rect class="paper" width="{number(self.width)}" height="{number(self.down)}"/>'
            f"{self.body}"
            f'<rect class="frame" width="{number(self.width)}" height="{number(self.down)}"/>'
        )
        return Face(self.width, self.down, value, gradient, frame)

    def _bar(self, style: str, height: float) -> None:
        self.body += (
            f'<rect class="{style}" y="{number(self.down)}" width="{number(self.width)}" '
            f'height="{number(height)}"/>'
        )

    def _line(self, words: str, style: str, down: float, shift: float) -> None:
        x, y = number(self.width / 2 + shift), number(self.down + down)
        self.body += f'<text class="{style}" x="{x}" y="{y}">{escaped(words)}</text>'

    def _part(self, title: str, shown: Sequence[Shown], lane: str) -> float:
        """A titled block; gives the middle of its cells."""
        if title:
            self._line(title, f"title mid {lane}t", 12.5, 0)
        self.down += _CAPTION if title else _PAD
        top = self.down
        shape = shown[0].block.shape if shown else self.card.shape or ()
        few = not shown or shown[0].block.cells is not None
        empty = math.prod(shape) == 0
        if few and not empty and (shown or math.prod(shape) <= 64):
            self._grid(shape, shown, lane)
        elif empty:
            self._line("empty", "grey mid", 12, 0)
            self.down += ROW
        elif shown:
            self._strips(shown, lane)
        else:
            self._line("no grad yet", "grey mid", 12, 0)
            self.down += ROW
        middle = (top + self.down) / 2
        for remark in dict.fromkeys(s.remark for s in shown if s.remark):
            for s in shown:
                if s.remark == remark:
                    x, y = number(self.width / 2), number(self.down + 11)
                    self.body += (
                        f'<text class="grey mid"{times(s.since, s.until)} x="{x}" y="{y}">'
                        f"{escaped(remark)}</text>"
                    )
        if any(s.remark for s in shown):
            self.down += 14
        return middle

    def _grid(self, shape: tuple[int, ...], shown: Sequence[Shown], lane: str) -> None:
        """The empty cells, and over them, when their time has come, the numbers."""
        lines = list(grid.rows(shape))
        columns = max(len(row) for _, row in lines)
        gutter = _gutter(shape)
        wide = (self.inner - gutter) / columns
        left, top, down = _PAD + gutter, self.down, 0.0
        places: dict[int, tuple[float, float]] = {}
        path = ""
        for first, row in lines:
            if not row:
                down += 5
                continue
            if gutter:
                self.body += (
                    f'<text class="grey end" x="{number(left - 3)}" '
                    f'y="{number(top + down + 12.5)}">[{first}]</text>'
                )
            for column, i in enumerate(row):
                places[i] = (left + column * wide, top + down)
            across, corner = number(len(row) * wide), f"{number(left)},{number(top + down)}"
            path += f"M{corner}h{across}v{number(ROW)}h-{across}z"
            for column in range(1, len(row)):
                path += f"M{number(left + column * wide)},{number(top + down)}v{number(ROW)}"
            down += ROW
        for s in shown:
            name = self.name if lane == "f" else self.title
            tints, words = "", ""
            for cell, (x, y) in zip(grid.cells(s.block.cells, name), places.values(), strict=True):
                bad = cell.tint is None
                tint = ' class="bad"' if bad else f' fill-opacity="{cell.tint:g}"'
                tints += (
                    f'<rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" '
                    f'height="{number(ROW)}"{tint}><title>{escaped(cell.tip)}</title></rect>'
                )
                ink = ' class="bad"' if bad else ""
                words += (
                    f'<text x="{number(x + wide - 5)}" y="{number(y + 13)}"{ink}>{cell.text}</text>'
                )
            self.body += f'<g class="cells {lane}"{times(s.since, s.until)}>{tints}{words}</g>'
        self.body += f'<path class="rule" d="{path}"/>'
        self.down += down

    def _strips(self, shown: Sequence[Shown], lane: str) -> None:
        left = (self.width - _strip_width(shown[-1].block, lane)) / 2
        self.body += (
            f'<rect class="area" x="{number(left)}" y="{number(self.down)}" '
            f'width="{number(_STRIP_WIDTH)}" height="{number(_STRIP_HEIGHT)}"/>'
        )
        for s in shown:
            inside = strip(s.block, lane)
            words, tip = grid.summary(s.block, "rms" if lane == "b" else "μσ")
            name = self.name if lane == "f" else self.title
            self.body += (
                f'<g{times(s.since, s.until)} transform="translate({number(left)} '
                f'{number(self.down)})"><title>{escaped(f"{name}: {tip}")}</title>{inside}'
                f'<text class="note" x="{number(_STRIP_WIDTH + 8)}" y="19">{escaped(words)}</text>'
            )
            if s.block.bad:
                self.body += (
                    f'<text class="note" x="0" y="{number(_STRIP_HEIGHT + 11)}">'
                    f"{escaped(grid.bad_sentence(s.block))}</text>"
                )
            self.body += "</g>"
        self.down += _STRIP_HEIGHT + (14 if any(s.block.bad for s in shown) else 0)


def strip(block: Block, lane: str) -> str:
    """Thirteen bars around a middle line, as SVG from the corner on."""
    top = max(block.bins, default=0) or 1
    bars = ""
    for i, n in enumerate(block.bins):
        high = max(1.5, n / top * (_STRIP_HEIGHT - 4))
        faint = "" if n else ' fill-opacity=".4"'
        bars += (
            f'<rect x="{8 * i + 1}" y="{number((_STRIP_HEIGHT - high) / 2)}" width="6" '
            f'height="{number(high)}"{faint}/>'
        )
    return f'<g class="{lane}">{bars}</g>'


def _strip_width(block: Block, lane: str) -> float:
    words, _ = grid.summary(block, "rms" if lane == "b" else "μσ")
    return max(_STRIP_WIDTH + 8 + width(words, CELL), width(grid.bad_sentence(block), CELL))


def _gutter(shape: tuple[int, ...]) -> float:
    return width(f"[{math.prod(shape)}]", TITLE) + 4 if grid.is_long(shape) else 0.0


def _block_width(block: Block, name: str) -> float:
    if block.cells is None:
        return max(_strip_width(block, "f"), _strip_width(block, "b"))
    if not block.cells.size:
        return 40.0
    columns = max(len(row) for _, row in grid.rows(block.shape))
    widest = max(width(label.number_text(x), CELL) for x in block.cells.ravel())
    return max(columns * (widest + 10), 34.0) + _gutter(block.shape)
