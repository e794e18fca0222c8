"""Joining arrays, building them from nested lists."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError, UnsupportedError
from ..inputs import NUMBERS
from ..op import NUMPY, Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import whole
from ..tensor import Tensor
from .axes import axis_of
from .index import getitem
from .piecewise import where
from .shape import (
    astype,
    copy,
    expand_dims,
    lifted,
    moveaxis,
    ravel,
    reshape,
    shape_of,
    transpose,
)

__all__ = [
    "append", "apply_along_axis", "apply_over_axes", "array", "asarray", "atleast_1d",
    "atleast_2d", "atleast_3d", "block", "c_", "column_stack", "concat", "concatenate",
    "dstack", "hstack", "r_", "stack", "vstack",
]  # fmt: skip


@primitive(
    linear=True, name="concatenate",
    samples=(Sample((2, 3), (1, 3)), Sample((2, 3), (2, 1), (2, 0), axis=1), Sample((3,), axis=-1),
             Sample((2,), (2,), complex=True), Sample((2,), (1,), dtype=np.complex128)),
)  # fmt: skip
def joined(*arrays: Any, axis: int = 0, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays joined along an axis; see the function ``concatenate``."""
    return np.concatenate(arrays, axis=axis, dtype=dtype, casting=casting)


@joined.vjp_all
def _(g: Any, out: Any, *arrays: Any, axis: int, dtype: Any, casting: str) -> Any:
    before = (slice(None),) * (axis % len(g.shape))
    ends = [0, *accumulate(a.shape[axis] for a in arrays)]
    return [g[(*before, slice(*ends))] for ends in pairwise(ends)]


@primitive(
    linear=True, name="stack",
    samples=(Sample((2, 3), (2, 3)), Sample((2,), (2,), (2,), axis=-1), Sample((), ()),
             Sample((2,), (2,), axis=1, dtype=np.complex128)),
)  # fmt: skip
def stacked(*arrays: Any, axis: int = 0, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays stacked along a new axis; see the function ``stack``."""
    return np.stack(arrays, axis=axis, dtype=dtype, casting=casting)


@stacked.vjp_all
def _(g: Any, out: Any, *arrays: Any, axis: int, dtype: Any, casting: str) -> Any:
    before = (slice(None),) * (axis % len(g.shape))
    return [g[(*before, i)] for i in range(len(arrays))]


def listed(arrays: Any, who: str) -> list[Any]:
    """A list of Tensors and arrays, from a list of what can become one, or the rows of one."""
    if not isinstance(arrays, (list, tuple)):
        if not hasattr(arrays, "shape") or not arrays.shape:
            raise ArgumentError(f"{who}: got {type(arrays).__name__}, expected a list of arrays.")
        return [arrays[i] for i in range(len(arrays))]
    if not arrays:
        raise ArgumentError(f"{who}: got an empty list, expected at least one array.")
    return [a if hasattr(a, "shape") else np.asarray(a) for a in map(whole, arrays)]


@composed(np.concatenate)
def concatenate(
    arrays: Any,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Any:
    """Arrays joined along an existing axis (flattened first if None). Derivative: g's parts.

    Args:
        dtype, casting: the dtype of the result, and what conversions to it are allowed.

    >>> import autograd_lite as ag
    >>> ag.concatenate([ag.Tensor([1.0]), [2.0, 3.0]]).data
    array([1., 2., 3.])
    """
    refuse_out("concatenate", out)
    parts = listed(arrays, "concatenate")
    if axis is None:
        return joined(*(ravel(a) for a in parts), dtype=dtype, casting=casting)
    return joined(*parts, axis=axis, dtype=dtype, casting=casting)


concat = concatenate


@composed(np.stack)
def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays of one shape joined along a new axis. Derivative: g's parts."""
    refuse_out("stack", out)
    return stacked(*listed(arrays, "stack"), axis=axis, dtype=dtype, casting=casting)


def _at_least(a: Any, ndim: int) -> Any:
    shape = shape_of(a)
    return lifted(a) if len(shape) >= ndim else reshape(a, (1,) * (ndim - len(shape)) + shape)


def _with_third(a: Any) -> Any:
    a = _at_least(a, 2) if len(shape_of(a)) < 2 else lifted(a)
    return a if a.ndim > 2 else reshape(a, (*a.shape, 1))


@composed(np.atleast_1d)
def atleast_1d(*arrays: Any) -> Any:
    """Every array with at least one axis; one array gives one result.

    Derivative: g, in the input's shape.
    """
    out = tuple(_at_least(a, 1) for a in arrays)
    return out[0] if len(out) == 1 else out


@composed(np.atleast_2d)
def atleast_2d(*arrays: Any) -> Any:
    """Every array with at least two axes, new ones in front; one array gives one result.

    Derivative: g, in the input's shape.
    """
    out = tuple(_at_least(a, 2) for a in arrays)
    return out[0] if len(out) == 1 else out


@composed(np.atleast_3d)
def atleast_3d(*arrays: Any) -> Any:
    """Every array with at least three axes: (n,) becomes (1, n, 1), (m, n) becomes (m, n, 1).

    Derivative: g, in the input's shape.
    """
    out = tuple(_with_third(a) for a in arrays)
    return out[0] if len(out) == 1 else out


@composed(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays joined row-wise, 1-d ones as rows.

    Derivative: g of the part that is an array's own.
    """
    parts = [_at_least(a, 2) for a in listed(tup, "vstack")]
    return joined(*parts, dtype=dtype, casting=casting)


@composed(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    """Arrays joined column-wise, 1-d ones end to end.

    Derivative: g of the part that is an array's own.
    """
    parts = [_at_least(a, 1) for a in listed(tup, "hstack")]
    axis = 0 if len(shape_of(parts[0])) == 1 else 1
    return joined(*parts, axis=axis, dtype=dtype, casting=casting)


@composed(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Arrays joined column-wise, 1-d ones as columns.

    Derivative: g of the columns that are an array's own.
    """
    parts = listed(tup, "column_stack")
    return joined(*(a if len(shape_of(a)) > 1 else reshape(a, (-1, 1)) for a in parts), axis=1)


@composed(np.dstack)
def dstack(tup: Any) -> Any:
    """Arrays joined along the third axis, as ``atleast_3d`` gives it to them.

    Derivative: g of the part that is an array's own.
    """
    return joined(*map(_with_third, listed(tup, "dstack")), axis=2)


@composed(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """arr with values behind it along axis, both flattened if that is None. Derivative: g's parts.

    >>> import autograd_lite as ag
    >>> ag.append(ag.Tensor([1.0, 2.0]), 3.0).data
    array([1., 2., 3.])
    """
    return concatenate((arr, values), axis=axis)


@composed(np.block)
def block(arrays: Any) -> Any:
    """An array from nested lists of blocks: the innermost lists are joined along the last axis.

    Derivative: to each block its part of g.

    >>> import autograd_lite as ag
    >>> a, b = ag.Tensor([[1.0]]), ag.Tensor([[2.0, 3.0]])
    >>> ag.block([[a, b], [4.0, 2 * b]]).data
    array([[1., 2., 3.],
           [4., 4., 6.]])
    """
    depths = sorted(_depths(arrays))
    if len(depths) > 1:
        raise ShapeError(
            f"block: got lists nested {depths[0]} and {depths[-1]} deep, expected one depth."
        )
    ndim = max(depths[0], max(len(shape_of(a)) for a in _leaves(arrays)))
    out = _blocks(arrays, depths[0], ndim)
    return out if isinstance(arrays, list) else copy(out)


def _depths(arrays: Any) -> set[int]:
    if isinstance(arrays, tuple):
        raise DTypeError("block: got a tuple, expected lists and arrays only.")
    if not isinstance(arrays, list):
        return {0}
    if not arrays:
        raise ShapeError("block: got an empty list, expected at least one block in each.")
    return {d + 1 for a in arrays for d in _depths(a)}


def _leaves(arrays: Any) -> list[Any]:
    return [x for a in arrays for x in _leaves(a)] if isinstance(arrays, list) else [arrays]


def _blocks(arrays: Any, depth: int, ndim: int) -> Any:
    if not depth:
        return _at_least(arrays, ndim)
    return joined(*(_blocks(a, depth - 1, ndim) for a in arrays), axis=-depth)


@composed(name="array")
def array(data: Any, dtype: Any = None, *, ndmin: int = 0) -> Any:
    """A Tensor from nested lists of numbers, arrays and Tensors, connected to all of them.

    Beside Tensors, Python numbers take on the dtype of the rest. A Tensor is copied.

    Derivative: g, each part its own.

    Args:
        dtype: convert to this dtype. ndmin: put axes of size 1 in front up to so many.

    Raises:
        ShapeError: the parts have different shapes.
        DTypeError: a part is no array, number or list.

    >>> import autograd_lite as ag
    >>> t = ag.Tensor(2.0, requires_grad=True)
    >>> ag.array([[t, 1.0], [t * t, 0.0]]).sum().backward()
    >>> t.grad
    array(5.)
    """
    if isinstance(data, Tensor):
        out = copy(data) if dtype is None or data.dtype == dtype else data
    elif any(isinstance(x, Tensor) for x in _parts(data)):
        out = _nested(data, _common(_parts(data)))
    else:
        out = Tensor(data if isinstance(data, np.ndarray) else _regular(data))
    if dtype is not None and out.dtype != dtype:
        out = astype(out, dtype)
    return out if out.ndim >= ndmin else reshape(out, (1,) * (ndmin - out.ndim) + out.shape)


def asarray(a: Any, dtype: Any = None) -> Any:
    """As ``array``, but a Tensor of that dtype is returned as it is."""
    if isinstance(a, Tensor) and (dtype is None or a.dtype == dtype):
        return a
    return array(a, dtype)


def _with_memory(function: Callable[..., Any]) -> Callable[..., Any]:
    # As NumPy calls it for like=: a Tensor's memory has no order to choose, nor subclasses.
    def called(a: Any, dtype: Any = None, order: Any = None, **kwargs: Any) -> Any:
        for name in ("subok", "device", "copy"):
            kwargs.pop(name, None)
        return function(a, dtype, **kwargs)

    return called


NUMPY[np.array] = _with_memory(array)
for _function in (np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
    NUMPY[_function] = _with_memory(asarray)


def _parts(data: Any) -> list[Any]:
    # Not iterative: lists are nested a few levels deep, whatever the data's size.
    return [x for d in data for x in _parts(d)] if isinstance(data, (list, tuple)) else [data]


def _common(parts: list[Any]) -> Any:
    """The dtype of them together, Python numbers giving way."""
    for x in parts:
        if not hasattr(x, "dtype") and type(x) not in NUMBERS:
            raise DTypeError(
                f"array: got {type(x).__name__} beside Tensors, expected numbers, arrays, Tensors "
                "and lists of them."
            )
    return np.result_type(
        *{x.dtype for x in parts if hasattr(x, "dtype")},
        *(kind(0) for kind in NUMBERS if any(type(x) is kind for x in parts)),
    )


def _nested(data: Any, dtype: Any) -> Any:
    if not isinstance(data, (list, tuple)):
        return data if isinstance(data, Tensor) else np.asarray(data, dtype)
    parts = [_nested(d, dtype) for d in data]
    shapes = {p.shape for p in parts}
    if len(shapes) > 1:
        raise ShapeError(f"array: got parts of shapes {sorted(shapes)}, expected one shape.")
    if not any(isinstance(p, Tensor) for p in parts):
        return np.array(parts, dtype)
    return stacked(*parts, dtype=dtype)


def _regular(data: Any) -> Any:
    try:
        out = np.array(data)
    except ValueError as error:
        raise ShapeError(f"array: got parts of different shapes; {error}") from None
    if out.dtype == object:
        raise DTypeError(
            f"array: got {type(data).__name__} that is no array of numbers, expected nested lists "
            "of numbers, arrays and Tensors; write list(...) around a generator."
        )
    return out


class _Joiner:
    """``np.r_`` or ``np.c_``, which cannot see Tensors by themselves."""

    def __init__(self, numpys: Any, doc: str) -> None:
        self._numpys = numpys
        self.__doc__ = doc

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        tensors = [x for x in parts if isinstance(x, Tensor)]
        if any(x in ("r", "c") for x in parts if isinstance(x, str)):
            raise UnsupportedError("r_: got a directive that asks for a matrix; join arrays.")
        # NumPy joins the values, and numbers of the Tensors' entries in their places.
        values = self._numpys[tuple(x._value if isinstance(x, Tensor) else x for x in parts)]
        if not tensors:
            return Tensor(values)
        numbers, start = [], 1
        for x in parts:
            if isinstance(x, Tensor):
                x = np.arange(start, start + x.size).reshape(x.shape)
                start += x.size
            elif not isinstance(x, (str, slice)):
                x = np.zeros(np.shape(x), int)
            elif isinstance(x, slice):
                x = np.zeros(np.shape(self._numpys[x]), int).ravel()
            numbers.append(x)
        places = self._numpys[tuple(numbers)]
        # An entry of its own for the numbers to read, in case the Tensors have none.
        entries = joined(np.zeros(1), *(ravel(t) for t in tensors), dtype=values.dtype)
        return where(places > 0, getitem(entries, places), values)


r_ = _Joiner(
    np.r_,
    """``np.r_`` for Tensors: parts joined along the first axis, slices as ranges.

    >>> import autograd_lite as ag
    >>> t = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> ag.r_[t, 0, 5:7, t[0]].data
    array([1., 2., 0., 5., 6., 1.])
    """,
)
c_ = _Joiner(np.c_, "``np.c_`` for Tensors: parts joined as columns.")


# -- functions of parts ------------------------------------------------------------------


@composed(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """func1d of each 1-d part of arr along axis, the results in place of that axis.

    Derivative: that of func1d, which is called on a recorded Tensor for each part.

    >>> import autograd_lite as ag
    >>> ag.apply_along_axis(lambda row: row[0] * row, 1, [[1.0, 2.0], [3.0, 4.0]]).data
    array([[ 1.,  2.],
           [ 9., 12.]])
    """
    arr = lifted(arr)
    axis = axis_of(axis, arr.ndim, "apply_along_axis")
    parts = moveaxis(arr, axis, -1)
    outer = parts.shape[:-1]
    if 0 in outer:
        raise ShapeError(
            f"apply_along_axis: got shape {arr.shape} and axis={axis}; there is no part to call "
            "the function on."
        )
    found = [func1d(parts[at], *args, **kwargs) for at in np.ndindex(outer)]
    inner = shape_of(found[0])
    out = reshape(array(found), (*outer, *inner))
    ndim = len(outer)
    behind = range(ndim, ndim + len(inner))
    return transpose(out, (*range(axis), *behind, *range(axis, ndim)))


@composed(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """func(a, axis) for one axis after the other, each result in place of a, with a's axes.

    Derivative: that of func, which is called on recorded Tensors.
    """
    a = lifted(a)
    for axis in (axes,) if np.ndim(axes) == 0 else axes:
        i = axis_of(axis, a.ndim, "apply_over_axes")
        out = func(a, i)
        if len(shape_of(out)) == a.ndim - 1:
            out = expand_dims(out, i)
        if len(shape_of(out)) != a.ndim:
            raise ShapeError(
                f"apply_over_axes: got a function that made shape {shape_of(out)} of {a.shape}, "
                "expected as many axes, or one less."
            )
        a = lifted(out)
    return a
