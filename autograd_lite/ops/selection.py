"""Choosing and reordering entries: sort, partition, take along an axis, choose, select."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, IndexOutOfRangeError, ShapeError
from ..inplace import check_kinds
from ..op import Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain
from ..tensor import Tensor
from .axes import axis_of
from .elementwise import only_where
from .index import errors_of, getitem, in_range, scatter, setitem
from .joining import listed
from .shape import lifted, moveaxis, ravel, reshape, shape_of

__all__ = [
    "choose", "compress", "delete", "extract", "insert", "partition", "piecewise", "select", "sort",
    "sort_complex", "take_along_axis",
]  # fmt: skip


# -- putting in order ------------------------------------------------------------------------------

_ORDER = np.array([[2, 0, 1], [0, 2, 1]])


@primitive(
    linear=True, name="reorder", kinks="a permutation: sort keeps the order of entries that tie",
    samples=(Sample((2, 3), order=_ORDER, axis=1), Sample((3,), order=_ORDER[0], axis=0),
             Sample((2, 3), order=_ORDER, axis=1, complex=True)),
)  # fmt: skip
def reordered(a: Any, *, order: Any, axis: int) -> Any:
    """a with its entries along axis in another order: what ``sort`` and ``partition`` are made of.

    Derivative: g in the old order.
    """
    return np.take_along_axis(a, order, axis)


@reordered.vjp
def _(g: Any, out: Any, a: Any, *, order: Any, axis: int) -> Any:
    return reordered.inner(g, order=_inverse(order, axis), axis=axis)


@reordered.batch
def _(ts: Any, a: Any, *, order: Any, axis: int) -> Any:
    return np.take_along_axis(ts, order[None], axis + 1)


def _inverse(order: Any, axis: int) -> Any:
    out = np.empty_like(order)
    ranks = np.arange(order.shape[axis]).reshape((-1, *(1,) * (order.ndim - axis - 1)))
    np.put_along_axis(out, order, ranks, axis)
    return out


def _to_sort(a: Any, axis: Any, order: Any, who: str) -> tuple[Tensor, int]:
    if order is not None:
        raise ArgumentError(f"{who}: got order={order!r}, and a Tensor has no fields to sort by.")
    a = lifted(a)
    if axis is None:
        return ravel(a), 0
    return a, axis_of(axis, a.ndim, who)


@composed(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """a in ascending order along axis (flattened if None), NaN last.

    Derivative: g, each entry back to where its value came from. Entries that tie keep their order,
    whatever the kind, so the first of them gets the g of the first place.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.sort(x)[0])(np.array([3.0, 1.0, 1.0]))
    array([0., 1., 0.])
    """
    if kind is not None and stable is not None:
        raise ArgumentError("sort: got kind= and stable=, expected one of them.")
    try:
        np.sort(np.empty(0), kind=kind)
    except ValueError:
        raise ArgumentError(
            f"sort: got kind={kind!r}, expected quicksort, mergesort, heapsort or stable."
        ) from None
    a, axis = _to_sort(a, axis, order, "sort")
    return reordered(a, order=np.argsort(a._value, axis, kind="stable"), axis=axis)


@composed(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """a as complex numbers, in ascending order along the last axis: by real parts first.

    Derivative: g, each entry back to where its value came from.
    """
    out = sort(a)
    kind = out.dtype.char
    return (
        out if kind in "FDG" else out.astype("F" if kind in "bhBH" else "G" if kind == "g" else "D")
    )


@composed(np.partition)
def partition(
    a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None
) -> Any:
    """a with the entries kth along axis in their sorted place, smaller ones before, others behind.

    Derivative: g, each entry back to where its value came from; which of those that tie comes
    first is left to NumPy.
    """
    a, axis = _to_sort(a, axis, order, "partition")
    x, kth = a._value, plain(kth)
    with errors_of("partition"):
        found = np.partition(x, kth, axis, kind=kind)
        order = np.argpartition(x, kth, axis, kind=kind)
    if not np.array_equal(np.take_along_axis(x, order, axis), found):
        # Both are right, but NumPy puts the rest in another order; a NaN comes this way too.
        ranks = np.argsort(np.argsort(found, axis, kind="stable"), axis, kind="stable")
        order = np.take_along_axis(np.argsort(x, axis, kind="stable"), ranks, axis)
    return reordered(a, order=order, axis=axis)


# -- along an axis ---------------------------------------------------------------------------------


def along(shape: tuple[int, ...], indices: Any, axis: int, who: str) -> tuple[Any, ...]:
    """The index that picks the entries indices along axis, the other axes going along."""
    if indices.dtype.kind not in "iu":
        raise IndexOutOfRangeError(
            f"{who}: got indices of dtype {indices.dtype}, expected integers."
        )
    ndim = len(shape)
    if indices.ndim != ndim:
        raise ShapeError(
            f"{who}: got indices of shape {indices.shape} for shape {shape}, expected as many axes."
        )
    others = [
        (m, n) for i, (m, n) in enumerate(zip(indices.shape, shape, strict=True)) if i != axis
    ]
    if any(m != n and 1 not in (m, n) for m, n in others):
        raise IndexOutOfRangeError(
            f"{who}: got indices of shape {indices.shape} for shape {shape}, expected axes other "
            f"than {axis} to be equal or 1."
        )
    grids = [
        np.arange(n).reshape((1,) * i + (n,) + (1,) * (ndim - i - 1)) for i, n in enumerate(shape)
    ]
    return tuple(indices if i == axis else grid for i, grid in enumerate(grids))


@composed(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """Of each 1-d part of arr along axis the entries that indices names (what argsort gives).

    Derivative: g, each entry back to where it was taken from, repeats adding up.

    >>> import numpy as np, autograd_lite as ag
    >>> x = ag.Tensor([[3.0, 1.0, 2.0]])
    >>> ag.take_along_axis(x, np.argsort(x), axis=1).data
    array([[1., 2., 3.]])
    """
    arr, indices = lifted(arr), np.asarray(plain(indices))
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = axis_of(axis, arr.ndim, "take_along_axis")
    return getitem(arr, along(arr.shape, indices, axis, "take_along_axis"))


# -- choosing --------------------------------------------------------------------------------------

_WHICH = np.array([[0, 1, 2], [2, 0, 0]])


@primitive(
    linear=True, name="choose", kinks="a choice not taken gets 0, whatever its value or slope",
    samples=(
        Sample((2, 3), (3,), (), which=_WHICH), Sample((2, 1), (2, 3), which=_WHICH % 2),
        Sample((3,), which=np.array(0)), Sample((2, 3), (3,), which=_WHICH % 2, complex=True),
    ),
)  # fmt: skip
def chosen(*choices: Any, which: Any) -> Any:
    """For each entry of which the entry of the choice it names; see the function ``choose``."""
    shape = np.broadcast_shapes(which.shape, *(c.shape for c in choices))
    out = np.empty(shape, np.result_type(*choices))
    for k, choice in enumerate(choices):
        np.copyto(out, choice, where=which == k)
    return out


@chosen.vjp
def _(g: Any, out: Any, *choices: Any, which: Any, argnum: int) -> Any:
    return only_where(which == argnum, g)


chosen.op.masks = True


def _arrays(choices: list[Any]) -> list[Any]:
    """choices as Tensors and arrays, Python numbers in the dtype of the rest."""
    kinds = (int, float, complex)
    choices = [c if type(c) in kinds or hasattr(c, "dtype") else lifted(c) for c in choices]
    dtype = np.result_type(*(c if type(c) in kinds else c.dtype for c in choices))
    return [np.asarray(c, dtype)[()] if type(c) in kinds else c for c in choices]


@composed(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """For each entry k of the integers a the entry of choices[k] at that place, all broadcast.

    Derivative: g to the choice taken, 0 to the others, also where they are NaN.

    Args:
        choices: a list of arrays, or an array of them. mode: as for ``take``.
    """
    refuse_out("choose", out)
    given = list(choices) if isinstance(choices, (list, tuple)) else listed(choices, "choose")
    which = np.asarray(plain(a))
    if mode == "raise" and which.size and which.min() < 0:
        raise IndexOutOfRangeError(
            f"choose: got {which.min()}, expected numbers from 0 to {len(given) - 1}; mode='wrap' "
            "or 'clip' takes any."
        )
    return chosen(*_arrays(given), which=in_range(which, len(given), mode, "choose"))


@composed(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """At each place the entry of the choice whose condition is the first to hold, else default.

    Derivative: g to the choice taken, 0 to the others, also where they are NaN.

    >>> import numpy as np, autograd_lite as ag
    >>> x = np.array([-1.0, 0.5, 2.0])
    >>> ag.grad(lambda x: ag.select([x < 0, x < 1], [x * x, 3 * x]).sum())(x)
    array([-2.,  3.,  0.])
    """
    conditions = [np.asarray(plain(c)) for c in condlist]
    if len(conditions) != len(choicelist) or not conditions:
        raise ShapeError(
            f"select: got {len(conditions)} conditions and {len(choicelist)} choices, expected as "
            "many, and at least one."
        )
    for i, c in enumerate(conditions):
        if c.dtype != np.bool_:
            raise DTypeError(f"select: got condition {i} of dtype {c.dtype}, expected booleans.")
    with errors_of("select"):
        which = np.full(np.broadcast_shapes(*(c.shape for c in conditions)), len(conditions))
    for k in range(len(conditions) - 1, -1, -1):
        np.copyto(which, k, where=conditions[k])
    return chosen(*_arrays([*choicelist, default]), which=which)


@composed(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """A function given piece by piece: where a condition holds, its function of those entries of x.

    Derivative: that of the functions, which are called on recorded Tensors; what is no function
    counts as a constant. The result has x's dtype, as in NumPy.

    Args:
        condlist: conditions on x; where several hold, the last counts.
        funclist: a function or a constant for each, and maybe one more for the rest.
        args, kw: passed on to the functions.

    >>> import numpy as np, autograd_lite as ag
    >>> f = lambda x: ag.piecewise(x, [x < 0, x > 1], [lambda v: v * v, 1.0, lambda v: 3 * v]).sum()
    >>> ag.grad(f)(np.array([-1.0, 0.5, 2.0]))
    array([-2.,  3.,  0.])
    """
    x, given = lifted(x), plain(condlist)
    with errors_of("piecewise"):
        if np.isscalar(given) or (x.ndim and not isinstance(given[0], (list, np.ndarray))):
            given = [given]
        conditions = list(np.array(given, np.bool_))
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(funclist) != len(conditions):
        raise ShapeError(
            f"piecewise: got {len(conditions)} conditions and {len(funclist)} functions, expected "
            "as many functions, or one more."
        )
    out: Any = np.zeros(x.shape, x.dtype)
    for condition, function in zip(conditions, funclist, strict=True):
        value = function
        if callable(function) and not isinstance(function, Tensor):
            part = getitem(x, condition)
            if not part.size:
                continue
            value = function(part, *args, **kw)
        out = setitem(out, value, condition)
    return lifted(out)


# -- leaving out and putting in --------------------------------------------------------------------


@composed(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    """The parts of a along axis (entries of the flattened array if None) where condition holds.

    Derivative: g there, 0 elsewhere.
    """
    refuse_out("compress", out)
    held = np.asarray(plain(condition))
    if held.ndim != 1:
        raise ShapeError(f"compress: got a condition of shape {held.shape}, expected one axis.")
    return _kept(a, np.flatnonzero(held), axis, "compress")


@composed(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The entries of arr where condition holds, both flattened. Derivative: g there, else 0."""
    return _kept(arr, np.flatnonzero(plain(condition)), None, "extract")


def _kept(a: Any, which: Any, axis: Any, who: str) -> Any:
    """The parts of a along axis whose numbers are in which, in ascending order."""
    a = lifted(a)
    if axis is None or (not a.ndim and axis in (0, -1)):
        a, axis = ravel(a), 0
    axis = axis_of(axis, a.ndim, who)
    size = a.shape[axis]
    if len(which) and which[-1] >= size:
        raise IndexOutOfRangeError(
            f"{who}: got a condition that holds at {which[-1]}, beyond the {size} entries."
        )
    mask = np.zeros(size, np.bool_)
    mask[which] = True
    return getitem(a, (slice(None),) * axis + (mask,))


@composed(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """arr without the parts along axis that obj names (a slice, an int, ints, or a mask).

    Derivative: g in what is left, 0 in what is gone.
    """
    arr = lifted(arr)
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = axis_of(axis, arr.ndim, "delete")
    with errors_of("delete"):
        left = np.delete(np.arange(arr.shape[axis]), plain(obj))
    return _kept(arr, left, axis, "delete")


@composed(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """arr with values put in before the parts along axis that obj names. The dtype stays arr's.

    Derivative: g's parts to arr and to values.

    >>> import autograd_lite as ag
    >>> ag.insert(ag.Tensor([1.0, 2.0]), 1, [7.0, 8.0]).data
    array([1., 7., 8., 2.])
    """
    arr = lifted(arr)
    values = values if hasattr(values, "dtype") else lifted(values)
    if axis is None:
        arr, axis = ravel(arr), 0
    axis = axis_of(axis, arr.ndim, "insert")
    check_kinds(values.dtype, arr.dtype, isinstance(values, Tensor) and values.requires_grad)
    at = _places(obj, arr.shape[axis])
    if at.size == 1:  # one place takes any number of parts
        shape = shape_of(values)
        values = reshape(values, (1,) * (arr.ndim - len(shape)) + shape)
        if not at.ndim:
            values = moveaxis(values, 0, axis)
        new = at.item() + np.arange(values.shape[axis])
    else:
        new = at.copy()
        new[np.argsort(at, kind="stable")] += np.arange(at.size)
    shape = (*arr.shape[:axis], arr.shape[axis] + new.size, *arr.shape[axis + 1 :])
    old = np.ones(shape[axis], np.bool_)
    old[new] = False
    before = (slice(None),) * axis
    return setitem(scatter(arr, index=(*before, old), shape=shape), values, (*before, new))


def _places(obj: Any, size: int) -> Any:
    """What ``insert`` was given for places, as numbers from 0 to size: one 0-d, or several."""
    at = np.arange(*obj.indices(size)) if isinstance(obj, slice) else np.array(plain(obj))
    if at.dtype == np.bool_ and at.ndim == 1:
        at = np.flatnonzero(at)
    elif not at.size and not hasattr(obj, "dtype"):
        at = at.astype(np.intp)
    if at.ndim > 1 or at.dtype.kind not in "iu":
        raise IndexOutOfRangeError(
            f"insert: got places of shape {at.shape} and dtype {at.dtype}, expected integers (one, "
            "or one axis of them), a slice or a mask."
        )
    if at.size and not -size <= at.min() <= at.max() <= size:
        raise IndexOutOfRangeError(
            f"insert: got places from {at.min()} to {at.max()}, expected them between {-size} and "
            f"{size}."
        )
    return np.where(at < 0, at + size, at)
