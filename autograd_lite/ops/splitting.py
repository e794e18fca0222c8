"""Splitting arrays into parts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..primitive import composed
from .axes import axis_of
from .index import getitem
from .shape import (
    shape_of,
)

__all__ = [
    "array_split", "dsplit", "hsplit", "split", "unstack", "vsplit",
]  # fmt: skip


def _split(ary: Any, cuts: list[int], axis: int) -> list[Any]:
    before = (slice(None),) * axis
    edges = [None, *cuts, None]
    return [getitem(ary, (*before, slice(a, b))) for a, b in pairwise(edges)]


@composed(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along axis, at the indices given or in so many nearly equal sections (views).

    Derivative: g of each part back in its place.
    """
    return _sections(ary, indices_or_sections, axis, "array_split")


def _sections(ary: Any, sections: Any, axis: int, who: str) -> list[Any]:
    axis = axis_of(axis, len(shape_of(ary)), who)
    if np.ndim(sections):
        return _split(ary, [int(i) for i in sections], axis)
    n, size = int(sections), shape_of(ary)[axis]
    if n <= 0:
        raise ArgumentError(f"{who}: got {n} sections, expected at least 1.")
    if who != "array_split" and size % n:
        raise ShapeError(
            f"{who}: got {n} sections for an axis of size {size}, which they do not divide; use "
            "array_split."
        )
    sizes = [size // n + (i < size % n) for i in range(n)]
    return _split(ary, [int(c) for c in np.cumsum(sizes)[:-1]], axis)


@composed(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """As ``array_split``, but sections must be equal.

    Derivative: g of each part back in its place.
    """
    return _sections(ary, indices_or_sections, axis, "split")


@composed(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """``split`` along columns (along the only axis of a 1-d array).

    Derivative: g of each part back in its place.
    """
    axis = 0 if len(shape_of(ary)) == 1 else 1
    return _sections(ary, indices_or_sections, axis, "hsplit")


@composed(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """``split`` along rows, of an array with two axes or more.

    Derivative: g of each part back in its place.
    """
    if len(shape_of(ary)) < 2:
        raise ShapeError(f"vsplit: got shape {shape_of(ary)}, expected two axes or more.")
    return _sections(ary, indices_or_sections, 0, "vsplit")


@composed(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """``split`` along the third axis. Derivative: g of each part back in its place."""
    return _sections(ary, indices_or_sections, 2, "dsplit")


@composed(*(f for f in [getattr(np, "unstack", None)] if f))  # NumPy 2.1 has it
def unstack(x: Any, *, axis: int = 0) -> tuple[Any, ...]:
    """The parts of x along axis, each without that axis (views). Derivative: g in its place."""
    shape = shape_of(x)
    axis = axis_of(axis, len(shape), "unstack")
    return tuple(getitem(x, (slice(None),) * axis + (i,)) for i in range(shape[axis]))
