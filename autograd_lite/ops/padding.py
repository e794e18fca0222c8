"""Borders around arrays: np.pad in all its modes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError, UnsupportedError, closest
from ..op import Sample
from ..primitive import composed, primitive
from .index import getitem
from .shape import reshape, shape_of

__all__ = ["pad"]


@primitive(
    linear=True, name="pad",
    samples=(
        Sample((2, 3), pad_width=((1, 0), (0, 2))), Sample((0, 2), pad_width=((1, 1), (0, 0))),
    ),
)  # fmt: skip
def pad_zeros(array: Any, *, pad_width: Any) -> Any:
    """array with zeros around it; see the function ``pad``."""
    return np.pad(array, pad_width)


@pad_zeros.vjp
def _(g: Any, out: Any, array: Any, *, pad_width: Any) -> Any:
    return g[tuple(slice(a, a + n) for (a, _), n in zip(pad_width, array.shape, strict=True))]


_PAD_BY_INDEX = ("edge", "reflect", "symmetric", "wrap")


@composed(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Any:
    """array with a border; mode "constant", "edge", "reflect", "symmetric" or "wrap".

    Args:
        pad_width: (before, after) per axis, or one pair or one int for all, or a dict by axis.
        constant_values: for "constant", as in NumPy.

    Raises:
        UnsupportedError: another mode. ArgumentError: an argument of another mode.

    Derivative: g without the border, plus what the border copied.
    """
    shape = shape_of(array)
    if mode == "constant":
        values = kwargs.pop("constant_values", 0)
    elif mode in _PAD_BY_INDEX:
        if kwargs.get("reflect_type", "even") != "even":
            raise UnsupportedError("pad: got reflect_type='odd', expected 'even'.")
        kwargs.pop("reflect_type", None)
    else:
        known = ("constant", *_PAD_BY_INDEX)
        raise UnsupportedError(
            f"pad: got mode={mode!r}, expected one of {', '.join(known)}"
            f"{closest(str(mode), known)}."
        )
    if kwargs:
        raise ArgumentError(f"pad: got {next(iter(kwargs))!r}, which mode={mode!r} does not take.")
    if mode != "constant":
        # The border is copied entries: NumPy pads an array of positions, and we take those.
        source = np.pad(np.arange(math.prod(shape)).reshape(shape), pad_width, mode=mode)  # type: ignore[call-overload]
        return getitem(reshape(array, -1), source)
    pairs = _pairs(pad_width, len(shape))
    out = pad_zeros(array, pairs)
    if np.any(values):
        frame = np.pad(np.zeros(shape), pairs, constant_values=values)
        out = out + frame.astype(out.dtype)
    return out


def _pairs(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    if isinstance(pad_width, dict):
        widths = np.zeros((ndim, 2), int)
        for axis, width in pad_width.items():
            widths[axis] = width
        pad_width = widths
    full = np.broadcast_to(np.asarray(pad_width), (ndim, 2))
    return tuple((int(a), int(b)) for a, b in full)
