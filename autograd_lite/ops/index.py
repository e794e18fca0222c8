"""Indexing: reading (``getitem``), its transpose, and writing (``setitem``)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..errors import ArgumentError, AutogradError, DTypeError, IndexOutOfRangeError, ShapeError
from ..inplace import check_kinds
from ..op import FUNCTIONS, Op, Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain, whole
from ..tensor import Tensor, apply
from .axes import axis_of
from .elementwise import only_where

__all__ = ["getitem", "setitem", "take"]

_ROWS = np.array([0, 2, 0])
_MASK = np.array([[True, False, True], [False, True, True]])
_INDICES = (
    Sample((3, 2), index=1), Sample((3, 2), index=(slice(None, None, -2), 0)),
    Sample((3, 2), index=(None, Ellipsis, 1)), Sample((3, 2), index=_ROWS),
    Sample((3, 2), index=(_ROWS, np.array([1, 0, 1]))), Sample((2, 3), index=_MASK),
    Sample((3, 2, 2), index=(_ROWS, slice(None), 1)), Sample((3,), index=np.array([0, 0, 0])),
    Sample((3, 2), index=(slice(0, 0),)), Sample((), index=()), Sample((), index=None),
    Sample((2, 3, 3), index=(slice(None), _ROWS[:, None], _ROWS)),
    Sample((2, 3), index=(0, np.array([True, False, True]))), Sample((3, 2), index=True),
    Sample((3, 2, 2), index=(0, slice(None), np.array([1, 1]))),
    Sample((2, 3), index=np.array(1)), Sample((), index=(np.True_, None)),
)  # fmt: skip


@contextmanager
def errors_of(who: str) -> Iterator[None]:
    """What NumPy refuses inside this block, as this library's errors, in a sentence about who."""
    try:
        yield
    except AutogradError:
        raise
    except IndexError as error:
        raise IndexOutOfRangeError(f"{who}: {error}") from None
    except ValueError as error:
        raise ShapeError(f"{who}: {error}") from None
    except TypeError as error:
        raise DTypeError(f"{who}: {error}") from None


def frozen(index: Any) -> Any:
    """An index whose arrays are copies: the caller may go on to change his."""
    if isinstance(index, tuple):
        return tuple(_frozen_part(i) for i in index)
    return _frozen_part(index)


def _frozen_part(index: Any) -> Any:
    if not isinstance(index, (list, tuple, np.ndarray, Tensor)):
        return index
    array = np.array(plain(index))
    empty = array.size == 0 and not isinstance(index, (np.ndarray, Tensor))
    return array.astype(np.intp) if empty else array


def _repeats(index: Any) -> bool:
    """Whether a frozen index may name an entry twice: only arrays of integers can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" and i.size > 1 for i in parts)


def positions(index: Any, shape: tuple[int, ...]) -> Any:
    """Where in the flattened array the entries of ``a[index]`` stand, in the shape of a[index]."""
    return np.arange(math.prod(shape)).reshape(shape)[index]


def added_up(g: Any, at: Any, size: int) -> Any:
    """g added into zeros(size) at the positions at, repeats adding up.

    ``np.bincount`` does in double precision what ``np.add.at`` does, two or three times as fast.
    """
    at, flat = at.reshape(-1), g.reshape(-1)
    if flat.dtype.kind == "c":
        out = np.empty(size, g.dtype)
        out.real = np.bincount(at, flat.real.astype(np.float64), size)
        out.imag = np.bincount(at, flat.imag.astype(np.float64), size)
        return out
    return np.bincount(at, flat.astype(np.float64), size).astype(g.dtype, copy=False)


def _rows_added_up(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """``added_up`` for whole rows, as of a table of embeddings; some columns at a time.

    So no array is as large as the result, whose pages would have to be fetched first.
    """
    rows, width = shape[0], math.prod(shape[1:])
    at = np.where(index < 0, index + rows, index).reshape(-1, 1)
    g, out = g.reshape(at.size, width), np.empty((rows, width), g.dtype)
    step = max(1, 65536 // max(at.size, rows))
    for start in range(0, width, step):
        part = g[:, start : start + step]
        n = part.shape[1]
        sums = added_up(part, at * n + np.arange(n), rows * n)
        out[:, start : start + n] = sums.reshape(rows, n)
    return out.reshape(shape)


def _pays(count: int, size: int, dtype: Any) -> bool:
    # added_up has a cost for each entry of its result, and cannot do more than double precision.
    return count >= 512 and size <= 2 * count and dtype.char in "efdFD"


@primitive(linear=True, view=True, name="getitem", samples=_INDICES)
def read(a: Any, *, index: Any) -> Any:
    """a[index]; see ``getitem``."""
    return a[index]


@read.vjp
def _(g: Any, out: Any, a: Any, *, index: Any) -> Any:
    return scatter.inner(g, index=index, shape=a.shape)


def _add_read(total: Any, g: Any, *, index: Any) -> bool:
    if _repeats(index):
        return False
    total[index] += g
    return True


read.op.special, read.op.adds = True, _add_read


def _chooses(params: Any) -> bool:
    """Whether a mask picks the entries: those that it leaves out are not used."""
    parts = params["index"] if isinstance(params["index"], tuple) else (params["index"],)
    return any(isinstance(i, np.ndarray) and i.dtype.kind == "b" for i in parts)


read.op.masks = _chooses


def _behind(index: Any) -> Any:
    # A basic index of what stands behind a first axis; None for an index with arrays.
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(i, (list, np.ndarray, bool, np.bool_)) for i in parts):
        return None
    return (slice(None), *parts)


@read.batch
def _(ts: Any, a: Any, *, index: Any) -> Any:
    behind = _behind(index)
    if behind is not None:
        return ts[behind]
    return ts.reshape(len(ts), math.prod(a.shape))[:, positions(index, a.shape)]


@primitive(
    linear=True,
    samples=(
        Sample((3,), index=_ROWS, shape=(3,)), Sample((2, 2), index=(slice(1, 3),), shape=(3, 2)),
        Sample((4,), index=_MASK, shape=(2, 3)),
    ),
)  # fmt: skip
def scatter(g: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """g added into zeros of that shape at index, repeats adding up. Derivative: g[index]."""
    if not _repeats(index):
        out = np.zeros(shape, g.dtype)
        out[index] = g
        return out
    size = math.prod(shape)
    if _pays(g.size, size, g.dtype):
        if isinstance(index, np.ndarray) and len(shape) > 1:
            return _rows_added_up(g, index, shape)
        return added_up(g, positions(index, shape), size).reshape(shape)
    out = np.zeros(shape, g.dtype)
    np.add.at(out, index, g)
    return out


@scatter.vjp
def _(g: Any, out: Any, x: Any, *, index: Any, shape: Any) -> Any:
    return g[index]


@scatter.batch
def _(ts: Any, a: Any, *, index: Any, shape: Any) -> Any:
    behind, count = _behind(index), len(ts)
    if behind is not None:
        return scatter.op.forward(ts, index=behind, shape=(count, *shape))
    at = positions(index, shape).reshape(-1)
    rows, flat = (slice(None), at), ts.reshape(count, at.size)
    out = scatter.op.forward(flat, index=rows, shape=(count, math.prod(shape)))
    return out.reshape(count, *shape)


@composed(name="getitem")
def getitem(a: Any, index: Any) -> Any:
    """a[index], with every form of index NumPy knows.

    Derivative: g added into zeros at index; an entry read twice gets both.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: x[[0, 0, 2]].sum())(np.zeros(3))
    array([2., 0., 1.])
    """
    kind = type(index)
    if kind is not int and kind is not slice:
        out = read(a, index=frozen(index))
        alias = getattr(out, "_alias", None)
        if alias is not None and alias.base is not None:
            alias.key = index
        return out
    return read(a, index=index)


def _written(index: Any, shape: tuple[int, ...]) -> Any:
    """Which entries of a written value survive: where an index repeats, the last one."""
    numbers = np.arange(np.empty(shape, np.bool_)[index].size).reshape(
        np.empty(shape, np.bool_)[index].shape
    )
    last = np.empty(shape, np.intp)
    last[index] = numbers
    return last[index] == numbers


@primitive(
    linear=True, name="setitem",
    samples=(
        Sample((3, 2), (2,), index=1), Sample((3, 2), (), index=(slice(0, 2),)),
        Sample((3,), (3,), index=_ROWS), Sample((2, 3), (4,), index=_MASK),
        Sample((3, 2), (1, 2), index=slice(0, 2)),
    ),
)  # fmt: skip
def write(a: Any, value: Any, *, index: Any) -> Any:
    """A copy of a with value at index; see ``setitem``."""
    out = np.array(a)
    out[index] = value
    return out


@write.vjp
def _(g: Any, out: Any, a: Any, value: Any, *, index: Any) -> Any:
    keep = np.ones(a.shape, np.bool_)
    keep[index] = False
    return only_where(keep, g)


@write.vjp("value")
def _(g: Any, out: Any, a: Any, value: Any, *, index: Any) -> Any:
    return np.where(_written(index, a.shape), g[index], 0) if _repeats(index) else g[index]


def _consume_write(g: Any, *, index: Any) -> Any:
    if _repeats(index):
        return None
    part = np.array(g[index])
    g[index] = 0
    return g, part


write.op.masks = write.op.special = True
write.op.consumes = _consume_write

# The same in a's own memory, for whoever knows that nobody else has it.
_overwrite = Op.__new__(Op)
for _slot in Op.__slots__:
    setattr(_overwrite, _slot, getattr(write.op, _slot))


def _overwritten(a: Any, value: Any, *, index: Any) -> Any:
    a[index] = value
    return a


_overwrite.forward = _overwritten


@composed(name="setitem")
def setitem(a: Any, value: Any, index: Any) -> Any:
    """A copy of a with ``a[index] = value`` done to it. a's dtype stays.

    Derivative: g with zeros at index in a, g[index] in value; of repeated indices the last counts.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.setitem(x, 7.0, 0).sum())(np.zeros(3))
    array([0., 1., 1.])
    """
    value = whole(value)
    _check(value, a)
    return write(a, value, index=frozen(index))


def _check(value: Any, a: Any) -> None:
    tracked = isinstance(value, Tensor) and value.requires_grad
    check_kinds(np.result_type(getattr(value, "dtype", type(value))), a.dtype, tracked)


def overwrite(a: Any, value: Any, index: Any) -> Any:
    """``setitem`` in the memory of a, a recorded Tensor that nothing else shares it with."""
    _check(value, a)
    new = apply(_overwrite, (a, value), {"index": frozen(index)})
    if new._node is not None:
        new._node.op = write.op  # of which this is an execution
    return new


_registered: Any = setitem
_registered.overwrite = overwrite


@composed(np.take)
def take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
) -> Any:
    """Entries at indices along axis (of the flattened array if None). Derivative: as getitem.

    Args:
        indices: integers of any shape, which takes the place of axis.
        mode: what an index out of range does: "raise", "wrap" around, or "clip" to the range
            (where a negative index is 0).
    """
    refuse_out("take", out)
    if axis is None:
        a, axis = FUNCTIONS["reshape"](a, -1), 0
    shape = a.shape if hasattr(a, "shape") else np.shape(plain(a))
    if not shape:  # as a vector of one entry
        a, shape = FUNCTIONS["reshape"](a, 1), (1,)
    axis = axis_of(axis, len(shape), "take")
    at = in_range(indices, shape[axis], mode, "take")
    return getitem(a, (slice(None),) * axis + (at,))


def in_range(indices: Any, size: int, mode: str, who: str) -> Any:
    """indices as an array of integers that stand for entries of an axis of that size."""
    at = np.array(plain(indices))
    if at.size and at.dtype.kind not in "iub":
        raise DTypeError(f"{who}: got indices of dtype {at.dtype}, expected integers.")
    at = at.astype(np.intp)
    if mode not in ("raise", "wrap", "clip"):
        raise ArgumentError(f"{who}: got mode={mode!r}, expected 'raise', 'wrap' or 'clip'.")
    if not at.size:
        return at
    if not size:
        raise IndexOutOfRangeError(f"{who}: got {at.size} indices into no entries, expected none.")
    if mode == "raise" and not -size <= at.min() <= at.max() < size:
        raise IndexOutOfRangeError(
            f"{who}: got indices from {at.min()} to {at.max()} for {size} entries, expected them "
            f"between {-size} and {size - 1}; mode='wrap' or 'clip' takes any."
        )
    return np.asarray(np.clip(at, 0, size - 1) if mode == "clip" else at % size)
