"""Indexing: reading (``getitem``), its transpose, and writing (``setitem``)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inplace import check_kinds
from ..methods import plain
from ..op import FUNCTIONS, Sample
from ..primitive import composed, primitive
from ..tensor import Tensor

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
    Sample((2, 3), index=(0, np.array([True, False, True]))),
)  # fmt: skip


def _frozen(index: Any) -> Any:
    # Arrays in the index are copied: the caller may go on to change them.
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
    return any(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in parts)


@primitive(linear=True, view=True, name="getitem", samples=_INDICES)
def read(a: Any, *, index: Any) -> Any:
    """a[index]; see ``getitem``."""
    return a[index]


@read.vjp
def _(g: Any, out: Any, a: Any, *, index: Any) -> Any:
    return scatter.inner(g, index=index, shape=a.shape)


def _behind(index: Any) -> Any:
    # A basic index of what stands behind a first axis; NotImplemented for one with arrays.
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(i, (list, np.ndarray, bool, np.bool_)) for i in parts):
        return NotImplemented
    return (slice(None), *parts)


@read.batch
def _(ts: Any, a: Any, *, index: Any) -> Any:
    behind = _behind(index)
    return behind if behind is NotImplemented else ts[behind]


@primitive(
    linear=True,
    samples=(
        Sample((3,), index=_ROWS, shape=(3,)), Sample((2, 2), index=(slice(1, 3),), shape=(3, 2)),
        Sample((4,), index=_MASK, shape=(2, 3)),
    ),
)  # fmt: skip
def scatter(g: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """g added into zeros of that shape at index, repeats adding up. Derivative: g[index]."""
    out = np.zeros(shape, g.dtype)
    if _repeats(index):
        np.add.at(out, index, g)
    else:
        out[index] = g
    return out


@scatter.vjp
def _(g: Any, out: Any, x: Any, *, index: Any, shape: Any) -> Any:
    return g[index]


@scatter.batch
def _(ts: Any, a: Any, *, index: Any, shape: Any) -> Any:
    behind = _behind(index)
    return (
        behind
        if behind is NotImplemented
        else scatter.op.forward(ts, index=behind, shape=(len(ts), *shape))
    )


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
        frozen = _frozen(index)
        out = read(a, index=frozen)
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
    return np.where(keep, g, 0)


@write.vjp("value")
def _(g: Any, out: Any, a: Any, value: Any, *, index: Any) -> Any:
    return np.where(_written(index, a.shape), g[index], 0) if _repeats(index) else g[index]


write.op.masks = True


@composed(name="setitem")
def setitem(a: Any, value: Any, index: Any) -> Any:
    """A copy of a with ``a[index] = value`` done to it. a's dtype stays.

    Derivative: g with zeros at index in a, g[index] in value; of repeated indices the last counts.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.setitem(x, 7.0, 0).sum())(np.zeros(3))
    array([0., 1., 1.])
    """
    tracked = isinstance(value, Tensor) and value.requires_grad
    check_kinds(np.result_type(getattr(value, "dtype", type(value))), a.dtype, tracked)
    return write(a, value, index=_frozen(index))


@composed(np.take)
def take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    """Entries at indices along axis (of the flattened array if None). Derivative: as getitem."""
    indices = np.asarray(plain(indices))
    shape = a.shape if hasattr(a, "shape") else np.shape(a)
    if axis is None:
        a, axis = FUNCTIONS["reshape"](a, -1), 0
        shape = a.shape
    size = shape[axis]
    if mode == "wrap":
        indices = indices % size
    elif mode == "clip":
        indices = np.clip(indices, 0, size - 1)
    return getitem(a, (slice(None),) * (axis % len(shape)) + (indices,))
