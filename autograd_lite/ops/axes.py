"""Axes as numbers from 0 on, and the one sentence each for those that cannot be."""

from __future__ import annotations

import operator
from typing import Any

from ..errors import ArgumentError, DTypeError, IndexOutOfRangeError


def axis_of(axis: Any, ndim: int, who: str) -> int:
    """axis as a number from 0 on.

    Raises:
        DTypeError: no integer. IndexOutOfRangeError: there is no such axis.
    """
    try:
        i = operator.index(axis)
    except TypeError:
        raise DTypeError(f"{who}: got axis={axis!r}, expected an int.") from None
    if not -ndim <= i < ndim:
        known = f"between {-ndim} and {ndim - 1}" if ndim else "none, for a 0-d array has no axes"
        raise IndexOutOfRangeError(f"{who}: got axis={i}, expected {known}.")
    return i % ndim


def axes_of(axis: Any, ndim: int, who: str) -> tuple[int, ...]:
    """axis (an int, a tuple, None for all) as a tuple of numbers from 0 on.

    NumPy's reductions let a scalar have the axes 0 and -1.

    Raises:
        DTypeError: neither. IndexOutOfRangeError: no such axis. ArgumentError: one named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    if ndim == 0 and axes in ((0,), (-1,)):
        return ()
    if any(not hasattr(i, "__index__") for i in axes):
        raise DTypeError(f"{who}: got axis={axis!r}, expected an int, a tuple of ints, or None.")
    found = tuple(axis_of(i, ndim, who) for i in axes)
    if len(set(found)) < len(found):
        raise ArgumentError(f"{who}: got axis={axis}, which names an axis twice.")
    return found


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """The index that takes this part of one axis, and all of the others."""
    return (slice(None),) * axis + (part,)
