"""Tables of a card in Graphviz's HTML-like markup: numbers as cells, or a distribution strip."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import label
from .block import Block

INK, GREY, RULE, PAPER = "#1B1F24", "#57606A", "#D0D7DE", "#FFFFFF"
FORWARD, BACKWARD, BACKWARD_TEXT = "#0072B2", "#D55E00", "#B34E00"

NO_BREAK = "\u00a0"

# A vector longer than this is wrapped into rows of this many cells, each with its first index.
_WRAP = 8
TINTS = 16
_STRIP_ROWS = 6  # above and below the middle line


def text(words: str, color: str = INK, size: float = 10, bold: bool = False) -> str:
    """Words in a colour and a size."""
    inner = _markup(words)
    inner = f"<B>{inner}</B>" if bold else inner
    return f'<FONT COLOR="{color}" POINT-SIZE="{size:g}">{inner}</FONT>'


def _markup(words: str) -> str:
    # Spaces at the ends of a piece of text, or several in a row, would be lost.
    spaced = re.sub(r"^ +| +$| {2,}", lambda found: NO_BREAK * len(found[0]), words)
    # Graphviz reads backslashes as its own (\N is the node's id), in markup too.
    return html.escape(spaced, quote=True).replace("\\", "\\\\")


def tooltip(words: str) -> str:
    """The attribute that shows words on hover."""
    return f' TOOLTIP="{_markup(words)}"'


def table(rows: str, **attributes: Any) -> str:
    """A table without borders or gaps, but for what attributes say."""
    given = {"BORDER": 0, "CELLBORDER": 0, "CELLSPACING": 0, "CELLPADDING": 0, **attributes}
    words = "".join(f' {name}="{value}"' for name, value in given.items())
    return f"<TABLE{words}>{rows}</TABLE>"


def tint(hue: str, share: float) -> str:
    """White mixed with hue: 5 % of it at share 0, 45 % at share 1; black text stays readable."""
    # In 16 steps, so that a picture has few colours and a dark theme can name them all.
    amount = 0.05 + 0.40 * round(share * TINTS) / TINTS
    parts = [int(hue[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 + (part - 255) * amount):02X}" for part in parts)


def block_table(block: Block, title: str, name: str, hue: str, ink: str) -> str:
    """A titled table of a block: its cells, or the strip of its distribution."""
    caption = f'<TR><TD CELLPADDING="2">{text(title, ink, 8, bold=True)}</TD></TR>'
    if block.cells is None:
        body = _strip(block, name, hue, "rms" if hue == BACKWARD else "μσ")
    elif block.cells.size:
        body = _cells(block.cells, name, hue)
    else:
        body = text("empty", GREY, 9)
    rows = f"{caption if title else ''}<TR><TD>{body}</TD></TR>"
    if block.bad is not None and block.cells is None:
        rows += f'<TR><TD CELLPADDING="2">{text(_bad_sentence(block), INK, 8, bold=True)}</TD></TR>'
    return table(rows)


def empty_table(shape: tuple[int, ...], title: str, remark: str, ink: str) -> str:
    """Cells without numbers: what is not computed is not 0."""
    cell = f'<TD BORDER="1" COLOR="{RULE}" WIDTH="26" HEIGHT="15"></TD>'
    rows = list(_layout(shape)) if math.prod(shape) <= 16 else []
    body = "".join(f"<TR>{cell * len(row)}</TR>" for _, row in rows if row) or f"<TR>{cell}</TR>"
    caption = f'<TR><TD CELLPADDING="2">{text(title, ink, 8, bold=True)}</TD></TR>'
    body = f"<TR><TD>{table(body)}</TD></TR>"
    return table(caption + body + f'<TR><TD CELLPADDING="2">{text(remark, GREY, 8)}</TD></TR>')


def _bad_sentence(block: Block) -> str:
    assert block.bad is not None
    count, kind, index = block.bad
    verb = "is" if count == 1 else "are"
    what = kind if count == 1 else "not finite"
    where = "at" if count == 1 else f"first {kind} at"
    return f"× {count} of {math.prod(block.shape)} {verb} {what}, {where} {list(index)}"


def _cells(x: Any, name: str, hue: str) -> str:
    flat = x.ravel()
    sizes = np.abs(flat.astype(np.complex128 if x.dtype.kind == "c" else np.float64))
    finite = sizes[np.isfinite(sizes)]
    top = float(finite.max()) if finite.size else 0.0
    long = _is_long(x.shape)
    rows = []
    for first, row in _layout(x.shape):
        if not row:
            rows.append('<TR><TD HEIGHT="4"></TD></TR>')
            continue
        gutter = f'<TD ALIGN="RIGHT" CELLPADDING="2">{text(f"[{first}]", GREY, 7)}</TD>'
        inside = "".join(_cell(flat[i], _index(i, x.shape, name), hue, sizes[i], top) for i in row)
        rows.append(f"<TR>{gutter if long else ''}{inside}</TR>")
    return table("".join(rows), COLOR=RULE)


def _cell(x: Any, index: str, hue: str, size: Any, top: float) -> str:
    good = np.isfinite(size)
    share = float(size) / top if good and top else 0.0
    fill, ink = (tint(hue, share), INK) if good else ("#000000", "#FFFFFF")
    tip = tooltip(f"{index} = {label.exact_text(x)}")
    return (
        f'<TD BORDER="1" BGCOLOR="{fill}" ALIGN="RIGHT" CELLPADDING="3"{tip}>'
        f"{text(label.number_text(x), ink, 10)}</TD>"
    )


def _is_long(shape: tuple[int, ...]) -> bool:
    return math.prod(shape) == max(shape, default=1) > 2 * _WRAP


def _layout(shape: tuple[int, ...]) -> Iterator[tuple[int, list[int]]]:
    """Rows of flat indices, each with its first; an empty row is a gap between matrices."""
    size = math.prod(shape)
    if _is_long(shape):
        width = _WRAP
    else:
        width = shape[-1] if shape else 1
    height = shape[-2] if len(shape) > 2 else size
    for count, start in enumerate(range(0, size, width or 1)):
        if count and len(shape) > 2 and count % height == 0 and not _is_long(shape):
            yield start, []
        yield start, list(range(start, min(start + width, size)))


def _index(i: int, shape: tuple[int, ...], name: str) -> str:
    if not shape:
        return name
    return f"{name}[{', '.join(str(int(k)) for k in np.unravel_index(i, shape))}]"


def _strip(block: Block, name: str, hue: str, kind: str) -> str:
    """Thirteen bars around a middle line, and what they sum up to."""
    modulus = "|·| " if block.dtype.kind == "c" else ""
    if kind == "rms":
        words = f"{modulus}rms {label.number_text(block.rms)}"
    else:
        mean, std = label.number_text(block.mean), label.number_text(block.std)
        words = f"{modulus}μ {mean}  σ {std}"
    low, high = label.exact_text(block.low), label.exact_text(block.high)
    tip = tooltip(f"{name}: {modulus}min {low}, max {high}, mean {block.mean}, std {block.std}")
    bars = table(_bars(block.bins, hue))
    side = f'<TD ALIGN="LEFT" CELLPADDING="4">{text(words, INK, 9)}</TD>'
    return table(f'<TR><TD CELLPADDING="3"{tip}>{bars}</TD>{side}</TR>')


def _bars(bins: tuple[int, ...], hue: str) -> str:
    """Bars as cells that span rows: nested tables would be stretched to the full height.

    The first column has one cell a row, which gives the rows their height.
    """
    top = max(bins) or 1
    half = [math.ceil(n / top * _STRIP_ROWS) for n in bins]
    rows = []
    for r in range(2 * _STRIP_ROWS + 1):
        cells = ['<TD WIDTH="1" HEIGHT="2"></TD>']
        for h, n in zip(half, bins, strict=True):
            if r == 0:
                cells.append(f'<TD ROWSPAN="{2 * _STRIP_ROWS + 1}" WIDTH="1"></TD>')
            color = hue if n else tint(hue, 0.5)
            above = _STRIP_ROWS - h
            if r == 0 and above:
                cells.append(f'<TD ROWSPAN="{above}" WIDTH="6"></TD>')
            if r == above:
                cells.append(f'<TD ROWSPAN="{2 * h + 1}" WIDTH="6" BGCOLOR="{color}"></TD>')
            if r == above + 2 * h + 1:
                cells.append(f'<TD ROWSPAN="{above}" WIDTH="6"></TD>')
        rows.append(f"<TR>{''.join(cells)}</TR>")
    return "".join(rows)
