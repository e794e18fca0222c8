"""Reshaping, reordering, repeating: linear maps that move entries about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..op import Sample
from ..primitive import composed, primitive
from .index import scatter

__all__ = [
    "astype", "broadcast_arrays", "broadcast_to", "copy", "expand_dims", "flatten", "flip",
    "fliplr", "flipud", "moveaxis", "ravel", "repeat", "reshape", "roll", "squeeze",
    "swapaxes", "tile", "transpose",
]  # fmt: skip


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, a Tensor or a number."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)


@primitive(
    numpy=np.reshape, linear=True, view=True, family="reshape",
    samples=(
        Sample((2, 3), shape=(3, 2)), Sample((2, 3), shape=-1), Sample((2, 3), shape=(2, -1, 1)),
        Sample((), shape=(1, 1)), Sample((1,), shape=()), Sample((0, 3), shape=(3, 0)),
        Sample((2, 3), shape=6, order="F"),
    ),
)  # fmt: skip
def reshape(a: Any, *, shape: Any = None, order: str = "C") -> Any:
    """The same entries in another shape; one size may be -1. Derivative: g in the old shape."""
    return a.reshape(shape, order=order)


@reshape.vjp
def _(g: Any, out: Any, a: Any, *, shape: Any, order: str) -> Any:
    return g.reshape(a.shape) if order == "C" else np.reshape(g, a.shape, order=order)  # type: ignore[call-overload]


@reshape.batch
def _(ts: Any, a: Any, *, shape: Any, order: str) -> Any:
    if order != "C":
        return NotImplemented
    return ts.reshape(len(ts), *np.empty(a.shape, np.bool_).reshape(shape).shape)


@primitive(
    numpy=np.transpose, linear=True, view=True,
    samples=(Sample((2, 3)), Sample((2, 3, 1), axes=(1, 2, 0)), Sample((2, 3), axes=(-1, 0)),
             Sample(()), Sample((3,)), Sample((0, 2))),
)  # fmt: skip
def transpose(a: Any, *, axes: Any = None) -> Any:
    """Axes in the order given by axes, reversed if None. Derivative: g with axes put back."""
    return a.T if axes is None else a.transpose(axes)


@transpose.vjp
def _(g: Any, out: Any, a: Any, *, axes: Any) -> Any:
    if axes is None:
        return g.T
    ndim = len(a.shape)
    return g.transpose(tuple(sorted(range(ndim), key=[i % ndim for i in axes].__getitem__)))


@transpose.batch
def _(ts: Any, a: Any, *, axes: Any) -> Any:
    ndim = len(a.shape)
    order = range(ndim)[::-1] if axes is None else (i % ndim for i in axes)
    return ts.transpose(0, *(i + 1 for i in order))


@primitive(
    numpy=np.swapaxes, linear=True, view=True,
    samples=(Sample((2, 3), axis1=0, axis2=1), Sample((2, 1, 3), axis1=-1, axis2=0)),
)  # fmt: skip
def swapaxes(a: Any, *, axis1: int, axis2: int) -> Any:
    """Two axes exchanged. Derivative: g with the same axes exchanged."""
    return np.swapaxes(a, axis1, axis2)


@swapaxes.vjp
def _(g: Any, out: Any, a: Any, *, axis1: int, axis2: int) -> Any:
    return g.swapaxes(axis1, axis2)


@composed(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Axes moved from source to destination (ints or tuples), the others in order.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.moveaxis(ag.Tensor(np.zeros((2, 3, 4))), 0, -1).shape
    (3, 4, 2)
    """
    ndim = len(shape_of(a))
    np.moveaxis(np.empty((0,) * ndim), source, destination)  # for NumPy's own errors
    froms = [i % ndim for i in (source if isinstance(source, Sequence) else (source,))]
    tos = [i % ndim for i in (destination if isinstance(destination, Sequence) else (destination,))]
    axes = [i for i in range(ndim) if i not in froms]
    for to, at in sorted(zip(tos, froms, strict=True)):
        axes.insert(to, at)
    return transpose(a, tuple(axes))


@primitive(
    numpy=np.expand_dims, linear=True, view=True,
    samples=(Sample((2, 3), axis=0), Sample((2,), axis=(-1, 0)), Sample((), axis=0)),
)  # fmt: skip
def expand_dims(a: Any, *, axis: Any) -> Any:
    """New axes of size 1 at axis. Derivative: g without them."""
    return np.expand_dims(a, axis)


expand_dims.vjp(lambda g, out, a, *, axis: g.reshape(a.shape))


@primitive(
    numpy=np.squeeze, linear=True, view=True,
    samples=(Sample((1, 3, 1)), Sample((1, 3, 1), axis=0), Sample((1, 1), axis=(0, 1))),
)  # fmt: skip
def squeeze(a: Any, *, axis: Any = None) -> Any:
    """Without axes of size 1 (all of them, or those given). Derivative: g with them."""
    return np.squeeze(a, axis)


squeeze.vjp(lambda g, out, a, *, axis: g.reshape(a.shape))


@composed(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """The entries as one axis. Derivative: g in the old shape."""
    return reshape(a, -1, order=order)


@composed(name="flatten")
def flatten(a: Any, order: str = "C") -> Any:
    """The entries as one axis, copied. Derivative: g in the old shape."""
    return copy(reshape(a, -1, order=order))


@primitive(
    numpy=np.copy, linear=True, samples=(Sample((2, 3)), Sample(())),
)  # fmt: skip
def copy(a: Any) -> Any:
    """A copy in memory of its own. Derivative: g."""
    return np.array(a)


copy.vjp(lambda g, out, a: g)


@primitive(
    linear=True, name="astype",
    samples=(Sample((2, 3), dtype=np.float64), Sample((2,), dtype=np.complex128)),
)  # fmt: skip
def cast(x: Any, *, dtype: Any) -> Any:
    """x in another dtype; see the function ``astype``."""
    return x.astype(dtype)


cast.vjp(lambda g, out, x, *, dtype: g)


@composed(*(f for f in [getattr(np, "astype", None)] if f))  # NumPy 2.1 has it
def astype(x: Any, dtype: Any, /, *, copy: bool = True) -> Any:
    """x in another dtype, recorded. Derivative: g in x's dtype; none through integers.

    >>> import autograd_lite as ag
    >>> ag.astype(ag.Tensor([1.5]), "float32").dtype
    dtype('float32')
    """
    return cast(x, dtype=np.dtype(dtype))


@primitive(
    numpy=np.broadcast_to, linear=True, view=True,
    samples=(Sample((3,), shape=(2, 3)), Sample((2, 1), shape=(4, 2, 3)), Sample((), shape=(2,)),
             Sample((1, 3), shape=(0, 3))),
)  # fmt: skip
def broadcast_to(array: Any, *, shape: Any) -> Any:
    """array repeated to shape, as a read-only view. Derivative: g summed over the repeats."""
    return np.broadcast_to(array, shape)


broadcast_to.vjp(lambda g, out, array, *, shape: g)


@broadcast_to.batch
def _(ts: Any, array: Any, *, shape: Any) -> Any:
    full = np.broadcast_shapes(shape)
    lead = (1,) * (len(full) - len(array.shape))
    return np.broadcast_to(ts.reshape(len(ts), *lead, *array.shape), (len(ts), *full))


@composed(np.broadcast_arrays)
def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """Every array broadcast to the common shape."""
    shape = np.broadcast_shapes(*(shape_of(a) for a in arrays))
    return tuple(broadcast_to(a, shape) for a in arrays)


# -- turning and repeating ---------------------------------------------------------------


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
    """Rows from bottom to top."""
    return flip(m, 0)


@composed(np.fliplr)
def fliplr(m: Any) -> Any:
    """Columns from right to left."""
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
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return np.roll(g, back, axis)


@primitive(
    numpy=np.repeat, linear=True,
    samples=(Sample((2, 3), repeats=2), Sample((2, 3), repeats=2, axis=0),
             Sample((3,), repeats=np.array([2, 0, 1]), axis=0)),
)  # fmt: skip
def repeat(a: Any, *, repeats: Any, axis: Any = None) -> Any:
    """Each entry along axis several times. Derivative: g summed over an entry's repeats."""
    return np.repeat(a, repeats, axis)


@repeat.vjp
def _(g: Any, out: Any, a: Any, *, repeats: Any, axis: Any) -> Any:
    size = math.prod(a.shape) if axis is None else a.shape[axis]
    source = np.repeat(np.arange(size), repeats)
    if axis is None:
        return scatter.inner(g, index=(source,), shape=(size,)).reshape(a.shape)
    index = (slice(None),) * (axis % len(a.shape)) + (source,)
    return scatter.inner(g, index=index, shape=a.shape)


@composed(np.tile)
def tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    """A laid side by side reps times along each axis. Derivative: g summed over the copies."""
    reps = (reps,) if np.ndim(reps) == 0 else tuple(reps)
    shape = shape_of(A)
    ndim = max(len(shape), len(reps))
    shape = (1,) * (ndim - len(shape)) + shape
    reps = (1,) * (ndim - len(reps)) + reps
    spaced = [n for size in shape for n in (1, size)]
    wide = [n for r, size in zip(reps, shape, strict=True) for n in (r, size)]
    whole = tuple(r * size for r, size in zip(reps, shape, strict=True))
    return reshape(broadcast_to(reshape(A, tuple(spaced)), tuple(wide)), whole)
