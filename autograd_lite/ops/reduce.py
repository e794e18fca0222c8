"""Reductions over axes: sums, means, spread, extremes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..op import Sample, along_axis
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain
from ..tensor import Tensor, apply1
from .activation import kept_shape
from .axes import axes_of
from .elementwise import multiply, subtract, zero
from .piecewise import where as choose
from .shape import astype, lifted

__all__ = [
    "amax", "amin", "max", "mean", "min", "std", "sum", "var",
]  # fmt: skip

_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce
_all: Any = np.logical_and.reduce

_MASK = np.array([[True, False, True], [True, True, False]])
AXES = (
    Sample((2, 3)), Sample((2, 3), axis=0), Sample((2, 3), axis=-1, keepdims=True),
    Sample((2, 3, 2), axis=(0, 2)), Sample((2, 3, 2), axis=(-1, 0), keepdims=True), Sample(()),
    Sample((1,)), Sample((2, 1), axis=1),
)  # fmt: skip
_MASKED = (Sample((2, 3), where=_MASK), Sample((2, 3), axis=1, where=_MASK))
_EMPTY = (Sample((0, 3), axis=0), Sample((2, 0)), Sample((2, 3), axis=0, initial=2.5))
_COMPLEX = (Sample((2, 3), axis=0, complex=True),)


def _count(shape: tuple[int, ...], axis: Any, where: Any) -> Any:
    """How many entries go into each result of a reduction, shaped to broadcast with it."""
    if where is not True:
        full = np.broadcast_to(where, shape)
        return full.sum(axis=axis, keepdims=True)
    n = 1
    if not shape:  # NumPy lets a scalar have the axes 0 and -1
        return n
    for i in range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,):
        n *= shape[i]
    return n


def kept(g: Any, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """A reduction's cotangent with its axes back, as size 1: it broadcasts to the input."""
    return g if keepdims or axis is None else g.reshape(kept_shape(shape, axis))


def _masked(g: Any, where: Any) -> Any:
    return g if where is True else np.where(where, g, 0)


@primitive(numpy=np.sum, linear=True, samples=(*AXES, *_MASKED, *_EMPTY, *_COMPLEX))
def sum(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Sum over axis (an int, a tuple, or None for all). Derivative: g, to every entry summed.

    Args:
        initial: a number to start from. where: which entries take part.

    >>> import autograd_lite as ag
    >>> ag.sum([[1.0, 2.0], [3.0, 4.0]], axis=0).data
    array([4., 6.])
    """
    if where is True and initial is None:
        return _add(a, axis, dtype, None, keepdims)
    return _add(a, axis, dtype, None, keepdims, 0 if initial is None else initial, where)


@sum.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, keepdims: bool, where: Any, **rest: Any) -> Any:
    if axis is None and where is True:
        return g
    return _masked(kept(g, a.shape, axis, keepdims), where)


@sum.jvp
def _(ts: Any, out: Any, a: Any, *, initial: Any, **params: Any) -> Any:
    # Not the op itself, as for other linear ones: initial is no part of a tangent.
    return np.sum(ts[0], **params)


def _shifted(axis: Any, ndim: int) -> Any:
    # The axes of a reduction, one further on: in front stands the axis of the tangents.
    if not ndim:  # NumPy lets a scalar have the axes 0 and -1
        return ()
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % ndim + 1 for i in axes)


@sum.batch
def _(ts: Any, a: Any, *, axis: Any, keepdims: bool, where: Any, **rest: Any) -> Any:
    return np.sum(ts, axis=_shifted(axis, len(a.shape)), keepdims=keepdims, where=where)


@primitive(numpy=np.mean, linear=True, samples=(*AXES, *_MASKED, *_COMPLEX))
def mean(
    a: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True
) -> Any:
    """Mean over axis (an int, a tuple, or None for all). Derivative: g/n, to every entry."""
    if axis is None and dtype is None and where is True and not keepdims and a.size:
        if a.dtype.char in "dD":  # what np.mean does, without its bookkeeping
            return _add(a, None) / a.size
    return np.mean(a, axis=axis, dtype=dtype, keepdims=keepdims, where=where)


@mean.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, dtype: Any, keepdims: bool, where: Any) -> Any:
    g = kept(g, a.shape, axis, keepdims)
    return _masked(_divided(g, _count(a.shape, axis, where), keepdims, axis), where)


@mean.batch
def _(ts: Any, a: Any, *, axis: Any, dtype: Any, keepdims: bool, where: Any) -> Any:
    return np.mean(ts, axis=_shifted(axis, len(a.shape)), keepdims=keepdims, where=where)


def _divided(g: Any, n: Any, keepdims: bool, axis: Any) -> Any:
    wide = g.dtype.char == "e"  # half precision cannot count beyond 65504
    if isinstance(n, np.ndarray):
        n = n.astype(np.float32 if wide else g.real.dtype)
        n = n.reshape(()) if axis is None and not keepdims else n
    return (g.astype(np.float32) / n).astype(g.dtype) if wide else g / n


# -- spread ------------------------------------------------------------------------------------


def _freedom(shape: tuple[int, ...], axis: Any, where: Any, ddof: Any) -> Any:
    n = _count(shape, axis, where) - ddof
    return np.maximum(n, 0) if isinstance(n, np.ndarray) else n if n > 0 else 0


def _spread_rule(
    g: Any, a: Any, axis: Any, dtype: Any, ddof: Any, keepdims: Any, where: Any
) -> Any:
    # g·(a - mean)/(n - ddof)
    if not math.prod(a.shape):
        return zero(a, None)
    g = kept(g.real, a.shape, axis, keepdims)  # the result is real, whatever its dtype
    g = _divided(g, _freedom(a.shape, axis, where, ddof), keepdims, axis)
    # A real dtype= drops the imaginary part of the mean, not of the entries.
    meant = a.real if _is_made_real(a, dtype) else a
    d = a - meant.mean(axis=axis, dtype=dtype, keepdims=True, where=where)
    return _masked(g * (np.conj(d) if a.dtype.kind == "c" else d), where)


def _is_made_real(a: Any, dtype: Any) -> bool:
    return bool(a.dtype.kind == "c" and dtype is not None and np.dtype(dtype).kind != "c")


def variance_rule(g: Any, out: Any, a: Any, **params: Any) -> Any:
    """The rule of var: 2·g·(a - mean)/(n - ddof)."""
    return _spread_rule(2 * g, a, **params)


def deviation_rule(g: Any, out: Any, a: Any, **params: Any) -> Any:
    """The rule of std: g·(a - mean)/((n - ddof)·std), 0 where all are equal."""
    flat = out == 0
    if not _is_made_real(a, params["dtype"]):
        flat = flat | _all_equal(plain(a), params["axis"], params["where"]).reshape(out.shape)
    return _spread_rule(np.where(flat, 0, g / np.where(flat, 1, out)), a, **params)


def _all_equal(a: Any, axis: Any, where: Any) -> Any:
    # The mean of equal numbers may miss them by a rounding error, and then std is not quite 0.
    if where is True and a.size:
        return _maximum(a, axis) == _minimum(a, axis)
    top = _maximum(a, axis, None, None, False, -np.inf, where)
    return top <= _minimum(a, axis, None, None, False, np.inf, where)


_SPREAD = (*AXES[:5], Sample((2, 3), ddof=1), Sample((4, 3), axis=0, ddof=1), *_MASKED, *_COMPLEX)


@primitive(name="var", saves=("a",), analytic=False, samples=_SPREAD)
def variance(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Variance over axis; see the function ``var``."""
    return np.var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


@primitive(
    name="std", saves=("a", "out"), analytic=False, samples=_SPREAD, kinks="0 where all are equal"
)
def deviation(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Standard deviation over axis; see the function ``std``."""
    return np.std(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


variance.vjp(variance_rule)
deviation.vjp(deviation_rule)


def spread(
    who: str, function: Any, a: Any, mean: Any, ddof: Any, correction: Any, params: dict[str, Any]
) -> Any:
    """The primitive function of a, or its like about the mean that is given.

    Raises:
        ArgumentError: ddof and correction, two names of one thing.
    """
    if correction is not np._NoValue:
        if ddof != 0:
            raise ArgumentError(
                f"{who}: got ddof={ddof!r} and correction={correction!r}, two names of one thing; "
                "give one of them."
            )
        ddof = correction
    if isinstance(params["where"], Tensor):
        params["where"] = plain(params["where"])
    if mean is not np._NoValue:
        return _about(a, mean, ddof, **params)
    return apply1(function.op, a, {"ddof": ddof, **params})  # straight, the params are complete


def _about(a: Any, mean: Any, ddof: Any, axis: Any, dtype: Any, keepdims: bool, where: Any) -> Any:
    where = True if where is True or (np.ndim(where) == 0 and where) else where
    d = subtract(a, mean)
    squares = multiply(d, np.conj(d)).real if d.dtype.kind == "c" else multiply(d, d)
    if dtype is None and squares.dtype.kind in "iub":
        dtype = np.float64
    total = sum(squares, axis=axis, dtype=dtype, keepdims=True, where=where)
    out = _divided(total, _freedom(d.shape, axis, where, ddof), True, axis)
    return out if keepdims else np.squeeze(out, axis=axis)


@composed(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = np._NoValue,
    correction: Any = np._NoValue,
) -> Any:
    """Variance over axis, Σ|a - mean|²/(n - ddof).

    Args:
        where: which entries take part. correction: another name of ddof.
        mean: the mean, if it is known already, with its axes kept; may be a Tensor.

    Derivative: 2·g·(a - mean)/(n - ddof); a mean that is given has a derivative of its own.
    """
    refuse_out("var", out)
    params = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
    return spread("var", variance, a, mean, ddof, correction, params)


@composed(np.std)
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = np._NoValue,
    correction: Any = np._NoValue,
) -> Any:
    """Standard deviation over axis, the root of ``var``, whose arguments it has.

    Derivative: g·(a - mean)/((n - ddof)·std); 0, to every order, where all are equal.
    """
    refuse_out("std", out)
    params = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
    out = spread("std", deviation, a, mean, ddof, correction, params)
    return out if mean is np._NoValue else root(out)


def root(square: Any) -> Any:
    """√square, with derivative 0 at 0."""
    flat = plain(square) == 0
    return choose(flat, 0, np.sqrt(choose(flat, 1, square)))


# -- extremes ----------------------------------------------------------------------------------


def extreme_rule(
    g: Any, out: Any, a: Any, *, axis: Any, keepdims: bool, initial: Any, where: Any
) -> Any:
    """The rule of max and min: g to the entries that out is, shared evenly."""
    shape = kept_shape(a.shape, axis)
    ties = a == out.reshape(shape)
    if where is not True:
        ties = ties & where
    count = np.float32 if g.dtype.char == "e" else g.real.dtype
    if axis is None:
        n: Any = int(np.count_nonzero(ties))
        found = n > 0
    else:
        n = ties.sum(axis=axis, keepdims=True, dtype=count)
        found = _all(n, None)
    if initial is not None or not found:
        # out is NaN, or no entry's at all.
        nan = (out != out).reshape(shape)
        ties = ties | ((a != a) & nan & where)
        n = ties.sum(axis=axis, keepdims=True, dtype=count)
        if initial is not None:
            initial = a.dtype.type(initial)
            n = n + ((out == initial).reshape(shape) | (nan & (initial != initial)))
        n = np.where(n == 0, 1, n).astype(count)
    return _divided(g.reshape(shape), n, True, axis) * ties


def _extreme(ufunc: Any, a: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    if initial is not None:
        return ufunc.reduce(a, axis, None, None, keepdims, initial, where)
    who = ufunc.__name__[:3]
    if where is not True:
        raise ArgumentError(
            f"{who}: got where= without initial=, the result where no entry takes part; pass "
            "initial= too."
        )
    if not _count(a.shape, axis, where):
        raise ShapeError(
            f"{who}: got shape {a.shape}, which has no entries over axis={axis}; pass initial=, "
            "the result of none."
        )
    return ufunc.reduce(a, axis, None, None, keepdims)


_TIES = "ties share evenly, initial= among them; NaN entries share the gradient of NaN"
_STARTED = (
    Sample((2, 3), axis=1, initial=0.3, where=_MASK), Sample((2, 3), initial=-9.0),
    Sample((0, 2), axis=0, initial=1.0),
)  # fmt: skip


@primitive(
    numpy=(np.max, np.amax), saves=("a", "out"), analytic="pieces", samples=(*AXES, *_STARTED),
    kinks=_TIES,
)  # fmt: skip
def max(
    a: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Largest entry over axis. Derivative: g to the largest, shared evenly among ties.

    Args:
        initial: a lower bound of the result; nothing flows where it is larger than all entries.
        where: which entries take part; needs initial.

    Raises:
        ShapeError: no entries and no initial. ArgumentError: where without initial.
    """
    if initial is None and where is True and a.size:
        return _maximum(a, axis, None, None, keepdims)
    return _extreme(np.maximum, a, axis, keepdims, initial, where)


@primitive(
    numpy=(np.min, np.amin), saves=("a", "out"), analytic="pieces", samples=(*AXES, *_STARTED),
    kinks=_TIES,
)  # fmt: skip
def min(
    a: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Smallest entry over axis. Derivative: g to the smallest, shared evenly among ties.

    Args, Raises: as ``max``; initial is an upper bound.
    """
    if initial is None and where is True and a.size:
        return _minimum(a, axis, None, None, keepdims)
    return _extreme(np.minimum, a, axis, keepdims, initial, where)


max.vjp(extreme_rule)
min.vjp(extreme_rule)


def _sum_and(a: Any, *, initial: Any, **params: Any) -> Any:
    value = plain(initial)
    if not np.isfinite(value).all():
        out = sum(a, **params)
        return out + astype(initial, out.dtype)
    # NumPy's own number, to the last bit, and a zero that carries the derivative.
    out = sum(a, initial=value, **params)
    return out + astype(initial - value, out.dtype)


def worst(dtype: Any, upper: bool) -> Any:
    """What every other value of this dtype wins against: among maxima (upper), or minima."""
    if dtype.kind in "fc":
        return -np.inf if upper else np.inf
    if dtype.kind == "b":
        return not upper
    limits = np.iinfo(dtype)
    return dtype.type(limits.min if upper else limits.max)


def one_more(function: Any, upper: bool) -> Any:
    """An extreme with a recorded initial=: that of the entries and of one more."""

    def started(a: Any, *, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
        a = lifted(a)
        axes = axes_of(axis, a.ndim, function.__name__)
        if where is not True:
            a = choose(plain(where), a, worst(a.dtype, upper))
        others = tuple(i for i in range(a.ndim) if i not in axes)
        kept = tuple(a.shape[i] for i in others)
        count = math.prod(a.shape[i] for i in axes)
        rows = np.reshape(np.transpose(a, others + axes), (*kept, count))
        more = np.broadcast_to(astype(initial, a.dtype), (*kept, 1))
        out = function(np.concatenate([rows, more], axis=-1), axis=-1)
        return out.reshape(kept_shape(a.shape, axes)) if keepdims else out

    return started


sum.op.started = _sum_and
max.op.started, min.op.started = one_more(max, True), one_more(min, False)
for _op in (sum, mean, variance, deviation, max, min):
    _op.op.mixes = along_axis
    # What where= leaves out is not used: it may be NaN, and steep.
    _op.op.masks = lambda params: params["where"] is not True
amax, amin = max, min
