"""Joining arrays, building them from nested lists, splitting them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..op import Sample
from ..primitive import composed, primitive
from ..tensor import Tensor
from .index import getitem
from .shape import astype, ravel, reshape, shape_of

__all__ = [
    "array", "array_split", "atleast_1d", "atleast_2d", "column_stack", "concatenate", "dstack",
    "hsplit", "hstack", "split", "stack", "vsplit", "vstack",
]  # fmt: skip


@primitive(
    linear=True, name="concatenate",
    samples=(Sample((2, 3), (1, 3)), Sample((2, 3), (2, 1), (2, 0), axis=1), Sample((3,), axis=-1),
             Sample((2,), (2,), complex=True)),
)  # fmt: skip
def joined(*arrays: Any, axis: int = 0) -> Any:
    """Arrays joined along an axis; see the function ``concatenate``."""
    return np.concatenate(arrays, axis=axis)


@joined.vjp
def _(g: Any, out: Any, *arrays: Any, axis: int, argnum: int) -> Any:
    start = sum(a.shape[axis] for a in arrays[:argnum])
    where = slice(start, start + arrays[argnum].shape[axis])
    return g[(slice(None),) * (axis % len(g.shape)) + (where,)]


@primitive(
    linear=True, name="stack",
    samples=(Sample((2, 3), (2, 3)), Sample((2,), (2,), (2,), axis=-1), Sample((), ())),
)  # fmt: skip
def stacked(*arrays: Any, axis: int = 0) -> Any:
    """Arrays stacked along a new axis; see the function ``stack``."""
    return np.stack(arrays, axis=axis)


@stacked.vjp
def _(g: Any, out: Any, *arrays: Any, axis: int, argnum: int) -> Any:
    return g[(slice(None),) * (axis % len(g.shape)) + (argnum,)]


def _listed(arrays: Any, who: str) -> list[Any]:
    if not isinstance(arrays, (list, tuple)):
        if not hasattr(arrays, "shape") or not arrays.shape:
            raise ArgumentError(f"{who}: got {type(arrays).__name__}, expected a list of arrays.")
        return [arrays[i] for i in range(len(arrays))]
    if not arrays:
        raise ArgumentError(f"{who}: got an empty list, expected at least one array.")
    return [a if hasattr(a, "shape") else np.asarray(a) for a in map(_maybe_array, arrays)]


def _maybe_array(a: Any) -> Any:
    return array(a) if isinstance(a, (list, tuple)) else a


@composed(np.concatenate)
def concatenate(arrays: Any, axis: int | None = 0) -> Any:
    """Arrays joined along an existing axis (flattened first if None). Derivative: g's parts.

    >>> import autograd_lite as ag
    >>> ag.concatenate([ag.Tensor([1.0]), [2.0, 3.0]]).data
    array([1., 2., 3.])
    """
    parts = _listed(arrays, "concatenate")
    if axis is None:
        return joined(*(ravel(a) for a in parts))
    return joined(*parts, axis=axis)


@composed(np.stack)
def stack(arrays: Any, axis: int = 0) -> Any:
    """Arrays of one shape joined along a new axis. Derivative: g's parts."""
    return stacked(*_listed(arrays, "stack"), axis=axis)


def _at_least(a: Any, ndim: int) -> Any:
    shape = shape_of(a)
    return a if len(shape) >= ndim else reshape(a, (1,) * (ndim - len(shape)) + shape)


@composed(np.atleast_1d)
def atleast_1d(*arrays: Any) -> Any:
    """Every array with at least one axis; one array gives one result."""
    out = tuple(_at_least(a, 1) for a in arrays)
    return out[0] if len(out) == 1 else out


@composed(np.atleast_2d)
def atleast_2d(*arrays: Any) -> Any:
    """Every array with at least two axes; one array gives one result."""
    out = tuple(_at_least(a, 2) for a in arrays)
    return out[0] if len(out) == 1 else out


@composed(np.vstack)
def vstack(tup: Any) -> Any:
    """Arrays joined row-wise, 1-d ones as rows."""
    return joined(*(_at_least(a, 2) for a in _listed(tup, "vstack")))


@composed(np.hstack)
def hstack(tup: Any) -> Any:
    """Arrays joined column-wise, 1-d ones end to end."""
    parts = [_at_least(a, 1) for a in _listed(tup, "hstack")]
    return joined(*parts, axis=0 if len(shape_of(parts[0])) == 1 else 1)


@composed(np.column_stack)
def column_stack(tup: Any) -> Any:
    """Arrays joined column-wise, 1-d ones as columns."""
    parts = _listed(tup, "column_stack")
    return joined(*(a if len(shape_of(a)) > 1 else reshape(a, (-1, 1)) for a in parts), axis=1)


@composed(np.dstack)
def dstack(tup: Any) -> Any:
    """Arrays joined along the third axis."""
    parts = [_at_least(a, 2) for a in _listed(tup, "dstack")]
    return joined(
        *(a if len(shape_of(a)) > 2 else reshape(a, (*shape_of(a), 1)) for a in parts), axis=2
    )


@composed(name="array")
def array(data: Any, dtype: Any = None) -> Any:
    """A Tensor from nested lists of numbers, arrays and Tensors, connected to all of them.

    >>> import autograd_lite as ag
    >>> t = ag.Tensor(2.0, requires_grad=True)
    >>> ag.array([[t, 1.0], [t * t, 0.0]]).sum().backward()
    >>> t.grad
    array(5.)
    """
    out = _nested(data)
    out = out if isinstance(out, Tensor) else Tensor(out)
    return out if dtype is None or out.dtype == dtype else astype(out, dtype)


def _nested(data: Any) -> Any:
    # Iterative would be longer: lists are nested a few levels deep, whatever the data's size.
    if not isinstance(data, (list, tuple)):
        return data
    parts = [_nested(d) for d in data]
    if not any(isinstance(p, Tensor) for p in parts):
        return np.array(parts)
    shapes = {shape_of(p) for p in parts}
    if len(shapes) > 1:
        raise ShapeError(f"array: got parts of shapes {sorted(shapes)}, expected one shape.")
    return stacked(*(p if hasattr(p, "shape") else np.asarray(p) for p in parts))


# -- splitting ---------------------------------------------------------------------------------


def _split(ary: Any, cuts: list[int], axis: int) -> list[Any]:
    before = (slice(None),) * (axis % len(shape_of(ary)))
    edges = [None, *cuts, None]
    return [getitem(ary, (*before, slice(a, b))) for a, b in pairwise(edges)]


@composed(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Parts along axis, at the indices given or in so many nearly equal sections (views)."""
    if np.ndim(indices_or_sections):
        return _split(ary, [int(i) for i in indices_or_sections], axis)
    n, size = int(indices_or_sections), shape_of(ary)[axis]
    if n <= 0:
        raise ArgumentError(f"array_split: got {n} sections, expected at least 1.")
    sizes = [size // n + (i < size % n) for i in range(n)]
    return _split(ary, [int(c) for c in np.cumsum(sizes)[:-1]], axis)


@composed(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """As ``array_split``, but sections must be equal."""
    size = shape_of(ary)[axis]
    if not np.ndim(indices_or_sections) and size % int(indices_or_sections):
        raise ShapeError(
            f"split: got {indices_or_sections} sections for an axis of size {size}, which they do "
            "not divide; use array_split."
        )
    return array_split(ary, indices_or_sections, axis)


@composed(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """``split`` along columns (along the only axis of a 1-d array)."""
    return split(ary, indices_or_sections, 0 if len(shape_of(ary)) == 1 else 1)


@composed(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """``split`` along rows."""
    return split(ary, indices_or_sections, 0)
