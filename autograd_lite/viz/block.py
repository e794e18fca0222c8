"""The numbers of one tensor, cut down to what a picture shows of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 13


@dataclass(slots=True, frozen=True)
class Block:
    """A value or a gradient: all its entries if they are few, else their distribution.

    Attributes:
        shape, dtype: of the array.
        cells: a copy of the entries; None if there are more than fit.
        bins: how many finite entries fall into each of 13 equal bins from low to high (the
            moduli of complex ones); empty where there are cells.
        low, high, mean, std, rms: of the finite entries (their moduli).
        norm: square root of the sum of squares, of all entries.
        bad: (how many are not finite, "NaN" or "inf", index of the first), or None.
    """

    shape: tuple[int, ...]
    dtype: Any
    cells: Any
    bins: tuple[int, ...]
    low: float
    high: float
    mean: float
    std: float
    rms: float
    norm: float
    bad: tuple[int, str, tuple[int, ...]] | None


def block_of(x: Any, max_cells: int) -> Block:
    """The Block of an array or a NumPy scalar.

    >>> import numpy as np
    >>> block_of(np.array([3.0, 4.0]), 64).norm
    5.0
    """
    x = np.asarray(x)
    flat = np.abs(x).ravel() if x.dtype.kind == "c" else x.ravel()
    flat = flat.astype(np.float64)
    finite = np.isfinite(flat)
    bad = None
    good = flat
    if not finite.all():
        first = int(finite.argmin())
        index = tuple(int(i) for i in np.unravel_index(first, x.shape))
        bad = (int((~finite).sum()), "NaN" if np.isnan(flat[first]) else "inf", index)
        good = flat[finite]
    few = fits(x.shape, max_cells)
    empty = not good.size
    with np.errstate(all="ignore"):
        return Block(
            x.shape,
            x.dtype,
            x.copy() if few else None,
            () if few else _bins(good),
            0.0 if empty else float(good.min()),
            0.0 if empty else float(good.max()),
            0.0 if empty else float(good.mean()),
            0.0 if empty else float(good.std()),
            0.0 if empty else norm_of(good) / math.sqrt(good.size),
            norm_of(flat),
            bad,
        )


def fits(shape: tuple[int, ...], max_cells: int) -> bool:
    """Whether an array of this shape is drawn cell by cell: few entries, and not too wide."""
    size = math.prod(shape)
    columns = shape[-1] if sum(n > 1 for n in shape) > 1 else 1
    return size <= max_cells and columns <= max(16, math.isqrt(max_cells))


def norm_of(x: Any) -> float:
    """The square root of the sum of the squared moduli, without overflow on the way."""
    x = np.abs(np.asarray(x).ravel())
    if x.dtype != np.float64:
        x = x.astype(np.float64)
    top = float(x.max()) if x.size else 0.0
    if top == 0 or not math.isfinite(top):
        return top
    if 1e-150 < top < 1e150:
        return math.sqrt(float(x.dot(x)))
    x = x / top
    return top * math.sqrt(float(x.dot(x)))


def _bins(x: Any) -> tuple[int, ...]:
    low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 0.0)
    width = high - low
    if not x.size or width == 0 or not math.isfinite(width):
        counts = [0] * BINS
        counts[BINS // 2] = x.size
        return tuple(counts)
    place = np.minimum(((x - low) / width * BINS).astype(np.intp), BINS - 1)
    return tuple(int(n) for n in np.bincount(place, minlength=BINS))
