"""Reshaping, ordering of axes, broadcasting, copies and casts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..errors import ArgumentError, DTypeError, ShapeError
from ..inplace import leave
from ..inputs import coerced
from ..op import FUNCTIONS, Sample
from ..primitive import composed, primitive
from ..protocols import plain
from ..tensor import Tensor, apply1, plain_tensor
from .axes import axis_of
from .index import errors_of

__all__ = [
    "astype", "broadcast_arrays", "broadcast_to", "copy", "expand_dims", "flatten",
    "matrix_transpose", "moveaxis", "permute_dims", "ravel", "reshape", "rollaxis", "squeeze",
    "swapaxes", "transpose",
]  # fmt: skip


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, a Tensor or a number."""
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(plain(x))


def lifted(x: Any) -> Any:
    """x itself if it is a Tensor, else a Tensor of it (which shares an array's memory)."""
    if isinstance(x, Tensor):
        return x
    if not isinstance(x, (np.ndarray, np.generic)):
        return FUNCTIONS["array"](x)
    data = coerced(reshaped.op, x)
    return plain_tensor(data if data.ndim else data[()])


@primitive(
    linear=True, view=True, family="reshape", name="reshape",
    samples=(
        Sample((2, 3), shape=(3, 2)), Sample((2, 3), shape=-1), Sample((2, 3), shape=(2, -1, 1)),
        Sample((), shape=(1, 1)), Sample((1,), shape=()), Sample((0, 3), shape=(3, 0)),
        Sample((2, 3), shape=6, order="F"), Sample((2, 3), shape=(3, 2), copy=True),
    ),
)  # fmt: skip
def reshaped(a: Any, *, shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """The same entries in another shape; see the function ``reshape``."""
    out = a.reshape(shape, order=order)
    if copy is None:
        return out
    shared = not a.ndim or not out.size or np.may_share_memory(out, a)
    if not copy and not shared:
        raise ValueError("copy=False cannot be kept: these entries are not in order in memory")
    return out.copy() if copy and shared else out


@reshaped.vjp
def _(g: Any, out: Any, a: Any, *, shape: Any, order: str, copy: Any) -> Any:
    return g.reshape(a.shape) if order == "C" else np.reshape(g, a.shape, order=order)  # type: ignore[call-overload]


@reshaped.batch
def _(ts: Any, a: Any, *, shape: Any, order: str, copy: Any) -> Any:
    if order != "C":
        return NotImplemented
    return ts.reshape(len(ts), *np.empty(a.shape, np.bool_).reshape(shape).shape)


@composed(np.reshape)
def reshape(
    a: Any, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: bool | None = None
) -> Any:
    """The same entries in another shape; one size may be -1. Derivative: g in the old shape.

    Args:
        shape: an int or a tuple of ints (newshape is its old name).
        order: "C" (the last axis fastest), "F" (the first), "A" ("F" if a lies so in memory).
        copy: True always copies, False refuses to, None copies where it must.

    >>> import autograd_lite as ag
    >>> ag.reshape([[1.0, 2.0], [3.0, 4.0]], -1, order="F").data
    array([1., 3., 2., 4.])
    """
    shape = newshape if shape is None else shape
    if shape is None:
        raise DTypeError("reshape: the argument 'shape' is missing.")
    if type(shape) is list:
        shape = tuple(shape)
    if order == "A":
        a, order = _in_order(a, order)
    out: Tensor = apply1(reshaped.op, a, {"shape": shape, "order": order, "copy": copy})
    if copy:
        leave(out)  # of a 0-d Tensor it would count as a view
    return out


def _memory(a: Any) -> Any:
    a = a._value if isinstance(a, Tensor) else a
    return a if isinstance(a, (np.ndarray, np.generic)) else np.empty(0)


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
    if hasattr(axes, "__index__"):  # the one axis of a vector
        return g
    ndim = len(a.shape)
    return g.transpose(tuple(sorted(range(ndim), key=[i % ndim for i in axes].__getitem__)))


@transpose.batch
def _(ts: Any, a: Any, *, axes: Any) -> Any:
    ndim = len(a.shape)
    if axes is None or hasattr(axes, "__index__"):
        order: Any = range(ndim)[::-1]
    else:
        order = (i % ndim for i in axes)
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

    Derivative: g, its axes moved back.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.moveaxis(ag.Tensor(np.zeros((2, 3, 4))), 0, -1).shape
    (3, 4, 2)
    """
    ndim = len(shape_of(a))
    with errors_of("moveaxis"):
        froms = normalize_axis_tuple(source, ndim, "source")
        tos = normalize_axis_tuple(destination, ndim, "destination")
        if len(froms) != len(tos):
            raise ValueError(f"got {len(froms)} axes to move and {len(tos)} places for them")
    axes = [i for i in range(ndim) if i not in froms]
    for to, at in sorted(zip(tos, froms, strict=True)):
        axes.insert(to, at)
    return transpose(a, tuple(axes))


@composed(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis moved in front of the axis that stands at start, the others in order.

    Derivative: g, its axis rolled back.
    """
    ndim = len(shape_of(a))
    axis = axis_of(axis, ndim, "rollaxis")
    # There are ndim + 1 places to put it: the one behind the last axis is ndim.
    start = ndim if start == ndim else axis_of(start, ndim, "rollaxis (start)")
    axes = [i for i in range(ndim) if i != axis]
    axes.insert(start - (axis < start), axis)
    return transpose(a, tuple(axes))


permute_dims = transpose


@composed(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged. Derivative: g with them exchanged."""
    if len(shape_of(x)) < 2:
        raise ShapeError(f"matrix_transpose: got shape {shape_of(x)}, expected two axes or more.")
    return swapaxes(x, -1, -2)


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


def _in_order(a: Any, order: str) -> tuple[Any, str]:
    """a and the order "C" or "F" in which its entries are to be read for an order "A" or "K"."""
    if order == "A":
        return a, "F" if _memory(a).flags.fnc else "C"
    if order != "K":
        return a, order
    # As the entries lie in memory: the axis with the widest stride is the slowest.
    data = _memory(a)
    steps = [-abs(s) for s in data.strides]
    return transpose(a, tuple(sorted(range(data.ndim), key=steps.__getitem__))), "C"


@composed(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """The entries as one axis. Derivative: g in the old shape.

    Args:
        order: as for ``reshape``, and "K" for the order in which they lie in memory.
    """
    a, order = _in_order(a, order)
    flags = _memory(a).flags
    # A copy where they do not follow each other, even if they could be read with a step.
    contiguous = flags.f_contiguous if order == "F" else flags.c_contiguous
    return reshape(a, -1, order, copy=None if contiguous else True)


@composed(name="flatten")
def flatten(a: Any, order: str = "C") -> Any:
    """The entries as one axis, copied. Derivative: g in the old shape."""
    if not isinstance(order, str):
        raise ArgumentError(
            f"flatten: got order={order!r}, expected 'C', 'F', 'A' or 'K'; to keep the first axis "
            "write reshape(len(x), -1)."
        )
    a, order = _in_order(a, order)
    return reshape(a, -1, order, copy=True)


@primitive(
    numpy=np.copy, linear=True, samples=(Sample((2, 3)), Sample(()), Sample((2, 3), order="F")),
)  # fmt: skip
def copy(a: Any, *, order: str = "K", subok: bool = False) -> Any:
    """A copy in memory of its own, laid out as order says. Derivative: g.

    subok is NumPy's: a Tensor holds a plain ndarray, so there is no subclass to keep.
    """
    return np.array(a, order=order)  # type: ignore[call-overload]


copy.vjp(lambda g, out, a, *, order, subok: g)


@primitive(
    linear=True, name="astype",
    samples=(Sample((2, 3), dtype=np.float64), Sample((2,), dtype=np.complex128)),
)  # fmt: skip
def cast(x: Any, *, dtype: Any, order: str = "K") -> Any:
    """x in another dtype; see the function ``astype``."""
    return x.astype(dtype, order=order)


cast.vjp(lambda g, out, x, *, dtype, order: g)


@composed(*(f for f in [getattr(np, "astype", None)] if f))  # NumPy 2.1 has it
def astype(
    x: Any,
    dtype: Any,
    order: str = "K",
    casting: str = "unsafe",
    subok: bool = True,
    copy: bool = True,
    *,
    device: Any = None,
) -> Any:
    """x in another dtype, recorded. Derivative: g in x's dtype; none through integers.

    Args:
        order, casting: as for ``ndarray.astype``.
        copy: False gives x itself if its dtype is right already.
        subok, device: NumPy's; a Tensor holds a plain ndarray, and "cpu" is the only device.

    >>> import autograd_lite as ag
    >>> ag.astype(ag.Tensor([1.5]), "float32").dtype
    dtype('float32')
    """
    x = lifted(x)
    to = np.dtype(dtype)
    if not np.can_cast(x.dtype, to, casting):  # type: ignore[arg-type]
        raise DTypeError(f"astype: got dtype {x.dtype}, which casting={casting!r} keeps from {to}.")
    if device not in (None, "cpu"):
        raise ArgumentError(f"astype: got device={device!r}, expected 'cpu'.")
    return x if x.dtype == to and not copy else cast(x, dtype=to, order=order)


@primitive(
    numpy=np.broadcast_to, linear=True, view=True,
    samples=(Sample((3,), shape=(2, 3)), Sample((2, 1), shape=(4, 2, 3)), Sample((), shape=(2,)),
             Sample((1, 3), shape=(0, 3))),
)  # fmt: skip
def broadcast_to(array: Any, *, shape: Any, subok: bool = False) -> Any:
    """array repeated to shape, as a read-only view. Derivative: g summed over the repeats.

    subok is NumPy's: a Tensor holds a plain ndarray, so there is no subclass to keep.
    """
    return np.broadcast_to(array, shape)


broadcast_to.vjp(lambda g, out, array, *, shape, subok: g)


@broadcast_to.batch
def _(ts: Any, array: Any, *, shape: Any, subok: bool) -> Any:
    full = np.broadcast_shapes(shape)
    lead = (1,) * (len(full) - len(array.shape))
    return np.broadcast_to(ts.reshape(len(ts), *lead, *array.shape), (len(ts), *full))


@composed(np.broadcast_arrays)
def broadcast_arrays(*arrays: Any, subok: bool = False) -> tuple[Any, ...]:
    """Every array broadcast to the common shape, as read-only views (subok is NumPy's).

    Derivative: g summed over the copies.
    """
    with errors_of("broadcast_arrays"):
        shape = np.broadcast_shapes(*(shape_of(a) for a in arrays))
    return tuple(broadcast_to(a, shape) for a in arrays)
