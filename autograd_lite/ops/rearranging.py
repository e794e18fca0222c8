"""Flipping, rolling, turning, repeating: linear maps that move entries about."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import ArgumentError, DTypeError, ShapeError
from ..op import Sample
from ..primitive import composed, primitive
from ..protocols import plain
from .axes import axis_of
from .index import errors_of, getitem, scatter
from .shape import (
    broadcast_to,
    lifted,
    ravel,
    reshape,
    shape_of,
    swapaxes,
)

__all__ = [
    "flip", "fliplr", "flipud", "repeat", "resize", "roll", "rot90", "tile", "trim_zeros",
]  # fmt: skip


@primitive(
    numpy=np.flip, linear=True, view=True,
    samples=(Sample((2, 3)), Sample((2, 3), axis=1), Sample((2, 1, 3), axis=(0, -1))),
)  # fmt: skip
def flip(m: Any, *, axis: Any = None) -> Any:
    """Entries from back to front along axis (all axes if None). Derivative: g turned back."""
    return np.flip(m, axis)


flip.vjp(lambda g, out, m, *, axis: np.flip(g, axis))


@composed(np.flipud)
def flipud(m: Any) -> Any:
    """Rows from bottom to top. Derivative: g, flipped likewise."""
    return flip(m, 0)


@composed(np.fliplr)
def fliplr(m: Any) -> Any:
    """Columns from right to left. Derivative: g, flipped likewise."""
    return flip(m, 1)


@primitive(
    numpy=np.roll, linear=True,
    samples=(Sample((2, 3), shift=1), Sample((2, 3), shift=(1, -1), axis=(0, 1)),
             Sample((4,), shift=5, axis=0)),
)  # fmt: skip
def roll(a: Any, *, shift: Any, axis: Any = None) -> Any:
    """Entries moved along axis, those that fall off put in front. Derivative: g moved back."""
    return np.roll(a, shift, axis)


@roll.vjp
def _(g: Any, out: Any, a: Any, *, shift: Any, axis: Any) -> Any:
    return np.roll(g, np.negative(shift), axis)


@primitive(
    linear=True, name="repeat",
    samples=(Sample((2, 3), repeats=2), Sample((2, 3), repeats=2, axis=0),
             Sample((2, 3), repeats=0, axis=-1), Sample((), repeats=3), Sample((2, 0), repeats=2),
             Sample((3,), repeats=np.array([2, 0, 1]), axis=0),
             Sample((2, 2), repeats=np.array([2, 0, 1, 1]))),
)  # fmt: skip
def repeated(a: Any, *, repeats: Any, axis: Any = None) -> Any:
    """Each entry several times; see the function ``repeat``."""
    return np.repeat(a, repeats, axis)


@repeated.vjp
def _(g: Any, out: Any, a: Any, *, repeats: Any, axis: Any) -> Any:
    shape = (math.prod(a.shape),) if axis is None else tuple(a.shape)
    at = 0 if axis is None else axis % len(shape)
    if isinstance(repeats, int):
        wide = (*shape[: at + 1], repeats, *shape[at + 1 :])
        return g.reshape(wide).sum(axis=at + 1).reshape(a.shape)
    source = np.repeat(np.arange(shape[at]), repeats)
    return scatter.inner(g, index=(slice(None),) * at + (source,), shape=shape).reshape(a.shape)


@composed(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each entry along axis several times. Derivative: g summed over an entry's repeats.

    Args:
        repeats: how often, an int or one for each entry along axis.
        axis: None repeats the entries of the flattened array.
    """
    count = np.array(plain(repeats))
    if count.dtype.kind not in "iub" and count.size:
        raise DTypeError(f"repeat: got repeats of dtype {count.dtype}, expected integers.")
    count = count.astype(np.intp)
    if axis in (0, -1) and not shape_of(a):
        axis = None
    return repeated(a, repeats=int(count) if count.ndim == 0 else count, axis=axis)


@composed(np.tile)
def tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    """A laid side by side reps times along each axis. Derivative: g summed over the copies."""
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    shape = shape_of(A)
    ndim = max(len(shape), len(reps))
    shape = (1,) * (ndim - len(shape)) + shape
    reps = (1,) * (ndim - len(reps)) + reps
    if any(r < 0 for r in reps):
        raise ArgumentError(f"tile: got reps={reps}, expected counts of 0 or more.")
    spaced = [n for size in shape for n in (1, size)]
    wide = [n for r, size in zip(reps, shape, strict=True) for n in (r, size)]
    whole = tuple(r * size for r, size in zip(reps, shape, strict=True))
    return reshape(broadcast_to(reshape(A, tuple(spaced)), tuple(wide)), whole, copy=True)


@composed(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The entries in order, repeated or cut until they fill new_shape; zeros of an empty array.

    Derivative: g summed over an entry's repeats.
    """
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    if any(n < 0 for n in shape):
        raise ShapeError(f"resize: got new_shape={new_shape}, expected sizes of 0 or more.")
    flat, size = ravel(a), math.prod(shape)
    count = shape_of(flat)[0]
    if not count:
        return reshape(scatter(flat, index=slice(0, 0), shape=(size,)), shape)
    return reshape(getitem(flat, np.arange(size) % count), shape)


@composed(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """m turned k times by a quarter in the plane of two axes, from the first towards the second.

    Derivative: g turned back.
    """
    ndim = len(shape_of(m))
    if len(tuple(axes)) != 2:
        raise ShapeError(f"rot90: got axes={axes}, expected two of them.")
    one, two = (axis_of(i, ndim, "rot90") for i in axes)
    if one == two:
        raise ShapeError(f"rot90: got axes={axes}, expected two different ones.")
    k = k % 4
    if k % 2 == 0:
        return flip(m, (one, two)) if k else getitem(m, ...)
    return swapaxes(flip(m, two), one, two) if k == 1 else flip(swapaxes(m, one, two), two)


@composed(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """filt without the zeros at its front ("f" in trim) and back ("b").

    Of an array with several axes those layers go that are zero all over, along axis (an int, a
    tuple, or None for all). Derivative: g with zeros around it.
    """
    filt = lifted(filt)
    trim = trim.lower()
    if trim not in ("fb", "bf", "f", "b"):
        raise ArgumentError(f"trim_zeros: got trim={trim!r}, expected 'fb', 'f' or 'b'.")
    with errors_of("trim_zeros"):
        axes = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    found = np.argwhere(filt._value)
    index = [slice(None)] * filt.ndim
    for i in axes:
        first, last = (found[:, i].min(), found[:, i].max()) if len(found) else (0, -1)
        front, back = "f" in trim or not len(found), "b" in trim or not len(found)
        index[i] = slice(int(first) if front else None, int(last) + 1 if back else None)
    return getitem(filt, tuple(index))
