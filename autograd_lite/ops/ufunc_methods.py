"""Methods of NumPy's binary ufuncs: reduce, accumulate, reduceat and outer, of any that has an op.

Where a function of its own does the same at once (``np.sum`` for ``np.add.reduce``) it is used;
otherwise the ufunc is applied entry after entry along the axis, from the left, as NumPy does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError, UnsupportedError
from ..inplace import check_kinds
from ..op import FUNCTIONS, NUMPY, Sample
from ..primitive import primitive, refuse_out
from ..protocols import UFUNC_METHODS, plain, whole
from ..tensor import Tensor
from .axes import axes_of
from .index import errors_of, frozen, positions, scatter
from .reduce import worst

_LN2 = math.log(2)


def _array(x: Any, dtype: Any = None) -> Any:
    if not hasattr(x, "_value"):
        x = FUNCTIONS["array"](x)
    return x if dtype is None or x.dtype == dtype else x.astype(np.dtype(dtype))


# -- reduce ------------------------------------------------------------------------------------


def _over(name: str) -> Callable[..., Any]:
    def reduced(x: Any, axes: tuple[int, ...], where: Any) -> Any:
        if where is not True:
            x = FUNCTIONS["where"](where, x, worst(x.dtype, name == "max"))
        return FUNCTIONS[name](x, axis=axes, keepdims=True)

    return reduced


def _ignoring_nan(name: str) -> Callable[..., Any]:
    # fmax and fmin pass over NaN; where all are NaN, so is the result.
    def reduced(x: Any, axes: tuple[int, ...], where: Any) -> Any:
        missing = np.isnan(x._value)
        if not missing.any():
            return _over(name)(x, axes, where)
        chosen = np.broadcast_to(where, x.shape)
        lost = (missing & chosen).sum(axes, keepdims=True) == chosen.sum(axes, keepdims=True)
        x = FUNCTIONS["where"](missing, worst(x.dtype, name == "max"), x)
        clean = _over(name)(x, axes, where)
        return FUNCTIONS["where"](lost & chosen.any(axes, keepdims=True), np.nan, clean)

    return reduced


def _total(name: str) -> Callable[..., Any]:
    def reduced(x: Any, axes: tuple[int, ...], where: Any) -> Any:
        return FUNCTIONS[name](x, axis=axes, keepdims=True, where=where)

    return reduced


def _logsumexp(scale: float) -> Callable[..., Any]:
    def reduced(x: Any, axes: tuple[int, ...], where: Any) -> Any:
        x = x.astype(_result_dtype(np.logaddexp, x))
        x = x if scale == 1 else x * scale
        if where is not True:
            x = FUNCTIONS["where"](where, x, -np.inf)
        out = FUNCTIONS["logsumexp"](x, axis=axes, keepdims=True)
        return out if scale == 1 else out / scale

    return reduced


_REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: _total("sum"),
    np.multiply: _total("prod"),
    np.maximum: _over("max"),
    np.minimum: _over("min"),
    np.fmax: _ignoring_nan("max"),
    np.fmin: _ignoring_nan("min"),
    np.logaddexp: _logsumexp(1),
    np.logaddexp2: _logsumexp(_LN2),
}


def reduce(
    ufunc: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    """``ufunc.reduce`` of a Tensor, all of its keywords."""
    who = f"np.{ufunc.__name__}.reduce"
    refuse_out(who, out)
    x = _array(array, dtype)
    axes = axes_of(axis, x.ndim, who)
    if x.ndim == 0:
        return reduce(ufunc, x.reshape(1), 0, None, None, False, initial, where)
    where = where if where is True else plain(where)
    started = initial is not np._NoValue and initial is not None
    if where is not True and not started and (initial is None or ufunc.identity is None):
        raise ArgumentError(
            f"{who}: got where= without initial=, and the ufunc has no identity for an axis that "
            "is masked out; pass initial=."
        )
    if len(axes) > 1 and ufunc not in _REDUCTIONS and ufunc is not np.hypot:
        raise ArgumentError(
            f"{who}: got the axes {axes}, whose order would matter; reduce one axis at a time."
        )
    count = math.prod(x.shape[i] for i in axes)
    if count == 0 and not started and (initial is None or ufunc.identity is None):
        raise ShapeError(
            f"{who}: got shape {x.shape}, and a reduction over an axis of size 0 has no value "
            "here; pass initial=."
        )
    if ufunc is np.add and count and not started:
        return FUNCTIONS["sum"](x, axis=axes, keepdims=keepdims, where=where)
    if started:
        initial = initial if hasattr(initial, "_value") else np.asarray(initial)[()]
        initial = _in(_result_dtype(ufunc, x), initial)
    if ufunc not in _REDUCTIONS:
        result = _folded(ufunc, x, axes, initial if started else np._NoValue, where)
    elif count == 0:
        start = initial if started else ufunc.identity
        kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        result = FUNCTIONS["broadcast_to"](_array(start), kept).astype(_result_dtype(ufunc, x))
    else:
        result = _REDUCTIONS[ufunc](x, axes, where)
        if started:
            result = NUMPY[ufunc](result, initial)
    if keepdims:
        return result
    return FUNCTIONS["reshape"](result, tuple(n for i, n in enumerate(x.shape) if i not in axes))


def _in(dtype: Any, x: Any) -> Any:
    return x if x.dtype == dtype else x.astype(dtype)


def _result_dtype(ufunc: Any, x: Any) -> Any:
    with errors_of(f"np.{ufunc.__name__}.reduce"):
        return ufunc.reduce(np.ones(1, x.dtype)).dtype


def _folded(ufunc: Any, x: Any, axes: tuple[int, ...], initial: Any, where: Any) -> Any:
    """The ufunc applied entry after entry, with the reduced axes kept as size 1."""
    function = NUMPY[ufunc]
    shape = x.shape
    x = _in(_result_dtype(ufunc, x), x)
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    rows = _front(x, axes)
    mask = None if where is True else _front(np.broadcast_to(where, shape), axes)
    if initial is np._NoValue:
        initial = ufunc.identity
    if initial is None:
        total, rows = rows[0], rows[1:]
    else:  # one with an identity starts there: hypot of a single -2 is 2
        start = _array(initial)
        total = FUNCTIONS["broadcast_to"](start.astype(_result_dtype(ufunc, x)), rows.shape[1:])
    for i in range(len(rows)):
        step = function(total, rows[i])
        total = step if mask is None else FUNCTIONS["where"](mask[i], step, total)
    return FUNCTIONS["reshape"](total, kept)


def _front(x: Any, axes: tuple[int, ...]) -> Any:
    """x with these axes flattened into one in front."""
    others = tuple(i for i in range(x.ndim) if i not in axes)
    shape = (math.prod(x.shape[i] for i in axes), *(x.shape[i] for i in others))
    return x.transpose((*axes, *others)).reshape(shape)


# -- accumulate, reduceat, outer ---------------------------------------------------------------

_RUNNING = {
    np.add: "cumsum", np.multiply: "cumprod", np.maximum: "cummax", np.minimum: "cummin",
}  # fmt: skip


def accumulate(ufunc: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """``ufunc.accumulate`` of a Tensor: every partial reduction along axis."""
    who = f"np.{ufunc.__name__}.accumulate"
    refuse_out(who, out)
    x = _array(array, dtype)
    if x.ndim == 0:
        raise ShapeError(f"{who}: got a scalar, expected an array of at least 1 dimension.")
    (axis,) = axes_of(axis, x.ndim, who)
    if _RUNNING.get(ufunc) in FUNCTIONS:
        return FUNCTIONS[_RUNNING[ufunc]](x, axis=axis)
    x = _in(_result_dtype(ufunc, x), x)
    size = x.shape[axis]
    if size == 0:
        return FUNCTIONS["positive"](x)
    before = (slice(None),) * axis
    parts = [x[(*before, 0)]]
    for i in range(1, size):
        parts.append(NUMPY[ufunc](parts[-1], x[(*before, i)]))
    return FUNCTIONS["stack"](parts, axis=axis)


@primitive(
    linear=True,
    samples=(Sample((6,), starts=(0, 2, 5)), Sample((5, 2), starts=(1, 2)),
             Sample((2, 5), starts=(2,), axis=1), Sample((3,), starts=(0,), complex=True)),
)  # fmt: skip
def segment_sums(x: Any, *, starts: tuple[int, ...], axis: int = 0) -> Any:
    """Sums of the slices between rising starts. Derivative: g to each entry of its slice."""
    return np.add.reduceat(x, starts, axis)


@segment_sums.vjp
def _(g: Any, out: Any, x: Any, *, starts: tuple[int, ...], axis: int) -> Any:
    return _behind_unread(np.repeat(g, np.diff([*starts, x.shape[axis]]), axis), starts, axis)


def _behind_unread(spread: Any, starts: tuple[int, ...], axis: int) -> Any:
    """spread, with zeros in front for the entries before the first slice."""
    if not starts[0]:
        return spread
    shape = spread.shape
    unread = np.zeros((*shape[:axis], starts[0], *shape[axis + 1 :]), spread.dtype)
    return np.concatenate([unread, spread], axis)


@primitive(
    saves=("out", "x"),
    samples=(Sample((6,), starts=(0, 2, 5)), Sample((5, 2), starts=(1, 2), largest=False),
             Sample((2, 5), starts=(2,), axis=1)),
    kinks="ties share evenly",
)  # fmt: skip
def segment_extremes(
    x: Any, *, starts: tuple[int, ...], axis: int = 0, largest: bool = True
) -> Any:
    """Largest entries of the slices between rising starts. Derivative: g to where they stand."""
    return (np.maximum if largest else np.minimum).reduceat(x, starts, axis)


@segment_extremes.vjp
def _(g: Any, out: Any, x: Any, *, starts: tuple[int, ...], axis: int, largest: bool) -> Any:
    lengths = np.diff([*starts, x.shape[axis]])
    before = (slice(None),) * axis
    read, found = plain(x)[(*before, slice(starts[0], None))], np.repeat(plain(out), lengths, axis)
    hit = (read == found) | (np.isnan(read) & np.isnan(found))
    ties = np.add.reduceat(hit.astype(g.dtype), np.subtract(starts, starts[0]), axis)
    spread = np.repeat(g, lengths, axis) * (hit / np.repeat(ties, lengths, axis))
    return _behind_unread(spread, starts, axis)


def at(ufunc: Any, a: Any, indices: Any, b: Any = None) -> None:
    """``ufunc.at`` of a Tensor: every mention of an index counts, one after the other.

    Raises:
        UnsupportedError: an ndarray, which cannot hold the graph of b.
    """
    who = f"np.{ufunc.__name__}.at"
    b = whole(b)
    tracked = isinstance(b, Tensor) and b.requires_grad
    if not isinstance(a, Tensor):
        if tracked:
            raise UnsupportedError(
                f"{who}: got a Tensor to write into an ndarray, which cannot hold its graph; make "
                "the array a Tensor first, out = ag.Tensor(out)."
            )
        ufunc.at(a, plain(indices), *(() if b is None else (plain(b),)))
        return
    index = frozen(indices)
    recorded = tracked or a.requires_grad
    if not recorded or ufunc not in NUMPY:
        # NumPy computes it; what it has written is the Tensor's new value there.
        with errors_of(who):
            held = np.array(a._value)
            ufunc.at(held, index, *(() if b is None else (plain(b),)))
        a[index] = held[index]
        return
    if b is not None:
        check_kinds(np.result_type(plain(b)), a.dtype, tracked, who)
    mentioned = positions(index, a.shape)
    if b is not None:
        b = FUNCTIONS["broadcast_to"](b, mentioned.shape)
        b = b if b.dtype == a.dtype else b.astype(a.dtype)
    if ufunc in (np.add, np.subtract):
        change = scatter(b, index=index, shape=a.shape)
        a[...] = a + change if ufunc is np.add else a - change
        return
    places = mentioned.reshape(-1)
    order = np.argsort(places, kind="stable")
    distinct, starts, counts = np.unique(places[order], return_index=True, return_counts=True)
    flat = FUNCTIONS["reshape"](a, -1)
    if b is None:
        changed = flat[distinct]
        for k in range(counts.max(initial=0)):
            again = np.flatnonzero(counts > k)
            changed = FUNCTIONS["setitem"](changed, NUMPY[ufunc](changed[again]), again)
    else:
        # What is there, and what comes to it, in a row: place by place.
        row = FUNCTIONS["concatenate"]([flat[distinct], FUNCTIONS["reshape"](b, -1)[order]])
        turn = np.argsort(np.concatenate([distinct, places[order]]), kind="stable")
        changed = reduceat(ufunc, row[turn], starts + np.arange(len(starts)))
    values = changed if changed.dtype == a.dtype else changed.astype(a.dtype)
    a[...] = FUNCTIONS["reshape"](FUNCTIONS["setitem"](flat, values, distinct), a.shape)


def reduceat(
    ufunc: Any, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    """``ufunc.reduceat`` of a Tensor: reductions of the slices that begin at indices."""
    who = f"np.{ufunc.__name__}.reduceat"
    refuse_out(who, out)
    x = _array(array, dtype)
    indices = np.asarray(plain(indices))
    indices = indices if indices.size else indices.astype(np.intp)
    if indices.dtype.kind not in "iu" or indices.ndim != 1 or x.ndim == 0:
        raise DTypeError(
            f"{who}: got indices of dtype {indices.dtype} and {indices.ndim} dimensions for an "
            f"array of {x.ndim}; expected one row of integers, and an axis to cut."
        )
    (axis,) = axes_of(axis, x.ndim, who)
    size = x.shape[axis]
    starts = indices.tolist()
    for i in starts:
        if not 0 <= i < size:
            raise ShapeError(f"{who}: got the index {i} for an axis of size {size}.")
    if starts and starts == sorted(set(starts)):
        if ufunc is np.add:
            return segment_sums(x, starts=tuple(starts), axis=axis)
        if ufunc in (np.maximum, np.minimum):
            largest = ufunc is np.maximum
            return segment_extremes(x, starts=tuple(starts), axis=axis, largest=largest)
    before = (slice(None),) * axis
    if ufunc is not np.add:
        x = _in(_result_dtype(ufunc, x), x)
    parts = []
    for start, end in zip(starts, [*starts, size][1:], strict=True):
        part = x[(*before, slice(start, max(end, start + 1)))]
        parts.append(reduce(ufunc, part, axis))
    if not parts:
        return x[(*before, slice(0, 0))]
    return FUNCTIONS["stack"](parts, axis=axis)


def outer(ufunc: Any, a: Any, b: Any, **keywords: Any) -> Any:
    """``ufunc.outer`` of Tensors: the ufunc of every entry of a with every entry of b."""
    a, b = _array(a), _array(b)
    return ufunc(FUNCTIONS["reshape"](a, a.shape + (1,) * b.ndim), b, **keywords)


for _method in (reduce, accumulate, reduceat, outer, at):
    UFUNC_METHODS[_method.__name__] = _method
