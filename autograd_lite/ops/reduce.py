"""Reductions over axes: sums, means, spread, extremes, products."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ShapeError
from ..op import Sample
from ..primitive import composed, primitive
from .activation import kept_shape

__all__ = [
    "amax", "amin", "cumsum", "max", "mean", "min", "prod", "std", "sum", "var",
]  # fmt: skip

_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_minimum: Any = np.minimum.reduce

_MASK = np.array([[True, False, True], [True, True, False]])
AXES = (
    Sample((2, 3)), Sample((2, 3), axis=0), Sample((2, 3), axis=-1, keepdims=True),
    Sample((2, 3, 2), axis=(0, 2)), Sample((2, 3, 2), axis=(-1, 0), keepdims=True), Sample(()),
    Sample((1,)), Sample((2, 1), axis=1),
)  # fmt: skip
_MASKED = (Sample((2, 3), where=_MASK), Sample((2, 3), axis=1, where=_MASK))
_EMPTY = (Sample((0, 3), axis=0), Sample((2, 0)))
_COMPLEX = (Sample((2, 3), axis=0, complex=True),)


def _count(shape: tuple[int, ...], axis: Any, where: Any) -> Any:
    """How many entries go into each result of a reduction, shaped to broadcast with it."""
    if where is not True:
        full = np.broadcast_to(where, shape)
        return full.sum(axis=axis, keepdims=True)
    n = 1
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
    a: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True
) -> Any:
    """Sum over axis (an int, a tuple, or None for all). Derivative: g, to every entry summed.

    >>> import autograd_lite as ag
    >>> ag.sum([[1.0, 2.0], [3.0, 4.0]], axis=0).data
    array([4., 6.])
    """
    if where is True:
        return _add(a, axis, dtype, None, keepdims)
    return _add(a, axis=axis, dtype=dtype, keepdims=keepdims, where=where)


@sum.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, dtype: Any, keepdims: bool, where: Any) -> Any:
    if axis is None and where is True:
        return g
    return _masked(kept(g, a.shape, axis, keepdims), where)


def _shifted(axis: Any, ndim: int) -> Any:
    # The axes of a reduction, one further on: in front stands the axis of the tangents.
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(i % ndim + 1 for i in axes)


@sum.batch
def _(ts: Any, a: Any, *, axis: Any, dtype: Any, keepdims: bool, where: Any) -> Any:
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
    if isinstance(n, np.ndarray):
        n = n.astype(g.real.dtype)
        n = n.reshape(()) if axis is None and not keepdims else n
    return g / n


def _deviation(a: Any, axis: Any, where: Any) -> Any:
    d = a - a.mean(axis=axis, keepdims=True, where=where)
    return np.conj(d) if a.dtype.kind == "c" else d


_SPREAD = (*AXES[:5], Sample((2, 3), ddof=1), Sample((4, 3), axis=0, ddof=1), *_MASKED, *_COMPLEX)


@primitive(numpy=np.var, saves=("a",), analytic=False, samples=_SPREAD)
def var(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Variance over axis, Σ|a - mean|²/(n - ddof). Derivative: 2·g·(a - mean)/(n - ddof)."""
    return np.var(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


@var.vjp
def _(
    g: Any, out: Any, a: Any, *, axis: Any, dtype: Any, ddof: Any, keepdims: bool, where: Any
) -> Any:
    g = kept(g, a.shape, axis, keepdims)
    g = _divided(2 * g, _count(a.shape, axis, where) - ddof, keepdims, axis)
    return _masked(g * _deviation(a, axis, where), where)


@primitive(
    numpy=np.std, saves=("a", "out"), analytic=False, samples=_SPREAD, kinks="0 where all are equal"
)
def std(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Standard deviation over axis. Derivative: g·(a - mean)/((n - ddof)·std); 0 where std is 0."""
    return np.std(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


@std.vjp
def _(
    g: Any, out: Any, a: Any, *, axis: Any, dtype: Any, ddof: Any, keepdims: bool, where: Any
) -> Any:
    g = g / np.where(out == 0, 1, out)
    g = kept(g, a.shape, axis, keepdims)
    g = _divided(g, _count(a.shape, axis, where) - ddof, keepdims, axis)
    return _masked(g * _deviation(a, axis, where), where)


def _ties_rule(g: Any, out: Any, a: Any, *, axis: Any, keepdims: bool) -> Any:
    kept = kept_shape(a.shape, axis)
    ties = a == out.reshape(kept)
    return g.reshape(kept) / ties.sum(axis=axis, keepdims=True, dtype=g.real.dtype) * ties


_TIES = "ties share evenly"


@primitive(numpy=(np.max, np.amax), saves=("a", "out"), analytic=False, samples=AXES, kinks=_TIES)
def max(a: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Largest entry over axis. Derivative: g to the largest, shared evenly among ties."""
    return _maximum(a, axis=axis, keepdims=keepdims)


@primitive(numpy=(np.min, np.amin), saves=("a", "out"), analytic=False, samples=AXES, kinks=_TIES)
def min(a: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Smallest entry over axis. Derivative: g to the smallest, shared evenly among ties."""
    return _minimum(a, axis=axis, keepdims=keepdims)


max.vjp(_ties_rule)
min.vjp(_ties_rule)
amax, amin = max, min


@primitive(
    numpy=np.cumsum, linear=True,
    samples=(Sample((2, 3)), Sample((2, 3), axis=0), Sample((2, 3), axis=-1), Sample(()),
             Sample((0, 2), axis=0), *_COMPLEX),
)  # fmt: skip
def cumsum(a: Any, *, axis: Any = None) -> Any:
    """Running sum along axis (of the flattened array if None).

    Derivative: g summed from the end.
    """
    return np.cumsum(a, axis=axis)


@cumsum.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any) -> Any:
    if axis is None:
        return np.cumsum(g[::-1])[::-1].reshape(a.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


# -- products ----------------------------------------------------------------------------------
# With out = Π a, the derivative in a_i is the product of the others: found from running products
# from both sides, never by dividing by a_i, so zeros are exact.


def _product_of_others(a: Any) -> Any:
    left, right = np.ones_like(a), np.ones_like(a)
    np.cumprod(a[..., :-1], axis=-1, out=left[..., 1:])
    np.cumprod(a[..., :0:-1], axis=-1, out=right[..., -2::-1])
    return left * right


def _product_of_pairs(a: Any, g: Any) -> Any:
    # Σ_i≠k g_i Π_j≠i,k a_j, for each k: the second derivative of the product, applied to g.
    zero = a == 0
    zeros = zero.sum(axis=-1, keepdims=True)
    b = np.where(zero, 1, a)
    rest = np.prod(b, axis=-1, keepdims=True)
    h = g / b
    total = np.where(zero, 0, h).sum(axis=-1, keepdims=True)
    at_zero = np.where(zero, g, 0).sum(axis=-1, keepdims=True)
    none = (total - h) / b
    one = np.where(zero, total, at_zero / b)
    two = np.where(zero, at_zero - g, 0)
    return rest * np.where(
        zeros == 0, none, np.where(zeros == 1, one, np.where(zeros == 2, two, 0))
    )


prod_pairs = primitive(
    name="prod_pairs", saves=("a", "g"), analytic=False,
    samples=(Sample((3,), (3,), low=0.5), Sample((2, 4), (2, 4), low=0.5)),
)(lambda a, g: _product_of_pairs(a, g))  # fmt: skip
prod_pairs.op.doc = """Second derivative of the product of each row of a, applied to g.

Derivative in a: by division, exact where a has no zeros (the third derivative of prod).
"""
prod_others = primitive(
    name="prod_others", saves=("a",), analytic=False,
    samples=(Sample((3,)), Sample((2, 4)), Sample((1,))),
)(lambda a: _product_of_others(a))  # fmt: skip
prod_others.op.doc = """For each entry of a row the product of the others. Exact with zeros."""
prod_last = primitive(
    name="prod", saves=("a",), samples=(Sample((2, 3)), Sample((3,), complex=True), Sample((1,))),
)(lambda a: np.multiply.reduce(a, axis=-1))  # fmt: skip
prod_last.op.doc = """Product over the last axis. Derivative: g times the product of the others."""
prod_last.vjp(lambda g, out, a: g[..., None] * prod_others.inner(a))
prod_others.vjp(lambda g, out, a: prod_pairs.inner(a, g))
prod_pairs.vjp("g")(lambda g, out, a, g_: prod_pairs.inner(a, g))


@prod_pairs.vjp("a")
def _(g: Any, out: Any, a: Any, g_: Any) -> Any:
    # Σ_i≠k≠l g_i h_k Π_j≠i,k,l a_j by inclusion and exclusion, with u_i = g_i/a_i, v_k = h_k/a_k.
    whole = np.prod(a, axis=-1, keepdims=True)
    u, v = g_ / a, g / a
    su, sv = u.sum(axis=-1, keepdims=True), v.sum(axis=-1, keepdims=True)
    both = (u * v).sum(axis=-1, keepdims=True)
    return whole / a * (su * sv - both - u * sv - v * su + 2 * u * v)


@composed(np.prod)
def prod(
    a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False, where: Any = True
) -> Any:
    """Product over axis (an int, a tuple, or None for all).

    Derivative: g times the product of the other entries, exact with zeros to second order.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.prod)(np.array([2.0, 0.0, 5.0]))
    array([ 0., 10.,  0.])
    """
    if dtype is not None:
        a = a.astype(dtype)
    if where is not True:
        a = np.where(where, a, 1)
    ndim = len(a.shape) if hasattr(a, "shape") else np.ndim(a)
    axes = normalized(axis, ndim, "prod")
    others = tuple(i for i in range(ndim) if i not in axes)
    shape = np.shape(a)
    rows = np.transpose(a, others + axes) if axes else a
    out = prod_last(np.reshape(rows, (*(shape[i] for i in others), _count(shape, axes, True))))
    return out.reshape(kept_shape(shape, axes)) if keepdims else out


def normalized(axis: Any, ndim: int, who: str) -> tuple[int, ...]:
    """axis as a tuple of numbers from 0; all axes for None. ShapeError: an axis out of range."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for i in axes:
        if not -ndim <= i < ndim:
            raise ShapeError(f"{who}: got axis {i} for an array of {ndim} dimensions.")
    return tuple(i % ndim for i in axes)
