"""The entries of an array as a page shows them: rows of cells with text, tint and index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import label
from .block import Block

# A vector longer than twice this is wrapped into rows of this many cells.
WRAP = 8
LEAST_TINT, MOST_TINT = 0.05, 0.45


@dataclass(slots=True, frozen=True)
class Cell:
    """One entry: its short text, what hovering shows, and how strong its tint is.

    ``tint`` is None of an entry that is not finite.
    """

    text: str
    tip: str
    tint: float | None


def rows(shape: tuple[int, ...]) -> Iterator[tuple[int, list[int]]]:
    """Rows of flat indices, each with its first; an empty row is a gap between matrices.

    >>> list(rows((2, 3)))
    [(0, [0, 1, 2]), (3, [3, 4, 5])]
    """
    size = math.prod(shape)
    long = is_long(shape)
    across = WRAP if long else shape[-1] if shape else 1
    height = shape[-2] if len(shape) > 2 else size
    for count, start in enumerate(range(0, size, across or 1)):
        if count and len(shape) > 2 and count % height == 0 and not long:
            yield start, []
        yield start, list(range(start, min(start + across, size)))


def is_long(shape: tuple[int, ...]) -> bool:
    """Whether this is a vector that is wrapped, with the first index beside each row."""
    return math.prod(shape) == max(shape, default=1) > 2 * WRAP


def cells(x: Any, name: str) -> list[Cell]:
    """A Cell per entry of an array, in its flat order.

    >>> import numpy as np
    >>> cells(np.array([1.0, -4.0]), "w")[1]
    Cell(text='−4.000', tip='w[1] = -4.0', tint=0.45)
    """
    flat = x.ravel()
    sizes = np.abs(flat.astype(np.complex128 if x.dtype.kind == "c" else np.float64))
    good = np.isfinite(sizes)
    top = float(sizes[good].max()) if good.any() else 0.0
    found = []
    for i, number in enumerate(flat):
        tint = None
        if good[i]:
            share = float(sizes[i]) / top if top else 0.0
            tint = round(LEAST_TINT + (MOST_TINT - LEAST_TINT) * share, 3)
        tip = f"{indexed(i, x.shape, name)} = {label.exact_text(number)}"
        found.append(Cell(label.number_text(number), tip, tint))
    return found


def indexed(i: int, shape: tuple[int, ...], name: str) -> str:
    """The entry of a flat index, as Python writes it: ``W[0, 2]``."""
    if not shape:
        return name
    return f"{name}[{', '.join(str(int(k)) for k in np.unravel_index(i, shape))}]"


def summary(block: Block, kind: str) -> tuple[str, str]:
    """The line beside the strip of a large array, and what hovering over it shows."""
    modulus = "|·| " if block.dtype.kind == "c" else ""
    mean, std = label.number_text(block.mean), label.number_text(block.std)
    rms = label.number_text(block.rms)
    words = f"{modulus}rms {rms}" if kind == "rms" else f"{modulus}μ {mean}  σ {std}"
    low, high = label.exact_text(block.low), label.exact_text(block.high)
    return words, f"{modulus}min {low}, max {high}, mean {block.mean}, std {block.std}"


def bad_sentence(block: Block) -> str:
    """How many entries are not finite, and where the first is; "" if all are."""
    if block.bad is None:
        return ""
    count, kind, index = block.bad
    verb = "is" if count == 1 else "are"
    what = kind if count == 1 else "not finite"
    where = "at" if count == 1 else f"first {kind} at"
    return f"× {count} of {math.prod(block.shape)} {verb} {what}, {where} {list(index)}"
