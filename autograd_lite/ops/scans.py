"""Running sums, products and extremes along an axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..op import Sample, along_axis
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain
from .joining import array, concatenate
from .piecewise import where

__all__ = [
    "cummax", "cummin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "nancumprod",
    "nancumsum", "unwrap",
]  # fmt: skip

_SCANS = (
    Sample((2, 3)), Sample((2, 3), axis=0), Sample((2, 3), axis=-1), Sample(()),
    Sample((0, 2), axis=0), Sample((2, 1), axis=1), Sample((2, 3), axis=0, complex=True),
)  # fmt: skip


def given(x: Any) -> Any:
    """x if it is an array or a Tensor, else (numbers, nested lists) a Tensor of it."""
    return x if hasattr(x, "dtype") else array(x)


# -- linear recurrences ------------------------------------------------------------------------
# What a running product's derivative is made of. Every derivative of a recurrence is one again,
# and none divides, so products with zeros are exact to every order.

_SHORT = 32


def _solved(b: Any, m: Any) -> Any:
    # Long rows are halved: x at odd places obeys a recurrence of half the length, so n steps cost
    # O(n) arithmetic in O(log n) calls of NumPy.
    n = b.shape[-1]
    x = np.empty(b.shape, np.result_type(b, m))
    x[..., :1] = b[..., :1]
    if n <= _SHORT:
        for i in range(1, n):
            x[..., i] = b[..., i] + m[..., i] * x[..., i - 1]
        return x
    pairs = slice(0, n - n % 2, 2)
    odd = m[..., 1::2]
    x[..., 1::2] = _solved(b[..., 1::2] + odd * b[..., pairs], odd * m[..., pairs])
    x[..., 2::2] = b[..., 2::2] + m[..., 2::2] * x[..., 1 : n - 1 : 2]
    return x


@primitive(
    saves={"b": ("m",), "m": ("out", "m")},
    samples=(
        Sample((3,), (3,)), Sample((2, 37), (2, 37), low=-1, high=1), Sample((1,), (1,)),
        Sample((2, 0), (2, 0)), Sample((3,), (3,), complex=True),
    ),
)  # fmt: skip
def recurrence(b: Any, m: Any) -> Any:
    """x along the last axis with x₀ = b₀, xᵢ = bᵢ + mᵢ·xᵢ₋₁. Derivative: the same from the end."""
    return _solved(b, m)


@recurrence.vjp
def _(g: Any, out: Any, b: Any, m: Any) -> Any:
    return from_end(g, m)


@recurrence.vjp("m")
def _(g: Any, out: Any, b: Any, m: Any) -> Any:
    return from_end(g, m) * before(out, 0)


def from_end(b: Any, m: Any) -> Any:
    """x along the last axis with xᵢ = bᵢ + mᵢ₊₁·xᵢ₊₁, nothing behind the end."""
    return recurrence.inner(b[..., ::-1], np.roll(m, -1, -1)[..., ::-1])[..., ::-1]


def before(x: Any, first: float) -> Any:
    """x moved on by one along the last axis, with first in front."""
    shape = (*x.shape[:-1], min(1, x.shape[-1]))
    return np.concatenate([np.full(shape, first, x.dtype), x[..., :-1]], axis=-1)


def _rows(x: Any, axis: int | None) -> Any:
    return x.reshape(-1) if axis is None or not x.shape else x.swapaxes(axis, -1)


def _unrowed(x: Any, shape: tuple[int, ...], axis: int | None) -> Any:
    return x.reshape(shape) if axis is None or not shape else x.swapaxes(axis, -1)


# -- running sums and products -----------------------------------------------------------------


@primitive(numpy=np.cumsum, linear=True, samples=_SCANS)
def cumsum(a: Any, *, axis: Any = None, dtype: Any = None) -> Any:
    """Running sum along axis (of the flattened array if None).

    Derivative: g summed from the end.
    """
    return np.cumsum(a, axis=axis, dtype=dtype)


@cumsum.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, dtype: Any) -> Any:
    if axis is None:
        return np.cumsum(g[::-1])[::-1].reshape(a.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


@primitive(
    numpy=np.cumprod, saves=("a", "out"), samples=(*_SCANS, Sample((40,), low=0.8, high=1.2)),
)  # fmt: skip
def cumprod(a: Any, *, axis: Any = None, dtype: Any = None) -> Any:
    """Running product along axis (of the flattened array if None).

    Derivative: from a recurrence that never divides, so zeros are exact to every order.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.cumprod(x).sum())(np.array([2.0, 0.0, 5.0]))
    array([ 1., 12.,  0.])
    """
    return np.cumprod(a, axis=axis, dtype=dtype)


@cumprod.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, dtype: Any) -> Any:
    # Entry i stands in every product from the i-th on: the product before it, times the sum over
    # k ≥ i of g_k and the product of what stands between i and k.
    if a.dtype.kind == "c" and out.dtype.kind != "c":  # dtype= has dropped the imaginary parts
        a = a.real
    rows = before(_rows(out, axis), 1) * from_end(_rows(g, axis), _rows(a, axis))
    return _unrowed(rows, a.shape, axis)


def without_nan(a: Any, value: float) -> Any:
    """a with value in place of NaN, which has no derivative then."""
    a = given(a)
    return a if a.dtype.kind not in "fc" else where(np.isnan(plain(a)), value, a)


@composed(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sum along axis, NaN counting as 0. Derivative: as ``cumsum``, 0 for NaN."""
    refuse_out("nancumsum", out)
    return cumsum(without_nan(a, 0), axis=axis, dtype=dtype)


@composed(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running product along axis, NaN counting as 1. Derivative: as ``cumprod``, 0 for NaN."""
    refuse_out("nancumprod", out)
    return cumprod(without_nan(a, 1), axis=axis, dtype=dtype)


def _cumulative(scan: Any, first: int, x: Any, axis: Any, initial: bool, **options: Any) -> Any:
    who = f"cumulative_{scan.op.name[3:]}"
    refuse_out(who, options.pop("out"))
    x = given(x)
    if axis is None:
        if len(x.shape) > 1:
            raise ArgumentError(
                f"{who}: got axis=None for an array of {len(x.shape)} dimensions; name the axis."
            )
        axis = 0
    out = scan(x, axis=axis, **options)
    if not initial:
        return out
    shape = list(out.shape)
    shape[axis] = 1
    return concatenate([np.full(shape, first, out.dtype), out], axis=axis)


@composed(*(f for f in [getattr(np, "cumulative_sum", None)] if f))  # NumPy 2.1 has it
def cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """``cumsum`` in the array API's words: axis must be named unless x is 1-d.

    include_initial puts the 0 in front that the sums start from.

    Derivative: the sum of g from each entry to the end.
    """
    return _cumulative(cumsum, 0, x, axis, include_initial, dtype=dtype, out=out)


@composed(*(f for f in [getattr(np, "cumulative_prod", None)] if f))  # NumPy 2.1 has it
def cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """``cumprod`` in the array API's words: axis must be named unless x is 1-d.

    include_initial puts the 1 in front that the products start from.

    Derivative: as of ``cumprod``, exact with zeros.
    """
    return _cumulative(cumprod, 1, x, axis, include_initial, dtype=dtype, out=out)


# -- running extremes --------------------------------------------------------------------------

_TIES = "ties among the entries so far share evenly"


def _running_rule(g: Any, out: Any, a: Any, *, axis: Any) -> Any:
    x, y, t = _rows(a, axis), _rows(out, axis), _rows(g, axis)
    ties = (x == y) | (np.isnan(x) & np.isnan(y))
    stays = (y[..., 1:] == y[..., :-1]) | (np.isnan(y[..., 1:]) & np.isnan(y[..., :-1]))
    # While the extreme stays, each step is shared by the ties up to it.
    m = np.concatenate([np.zeros((*t.shape[:-1], min(1, t.shape[-1]))), stays], axis=-1)
    m = m.astype(t.dtype)
    count = recurrence.inner(ties.astype(t.dtype), m)
    return _unrowed(from_end(t / count, m) * ties, a.shape, axis)


cumprod.op.mixes = along_axis


@primitive(saves=("a", "out"), analytic="pieces", samples=_SCANS[:6], kinks=_TIES)
def cummax(a: Any, *, axis: Any = None) -> Any:
    """Largest entry so far along axis (of the flattened array if None).

    Derivative: of each result to the entry that it is, shared evenly among ties as in ``max``.

    >>> import autograd_lite as ag
    >>> ag.cummax([1.0, 3.0, 2.0]).data
    array([1., 3., 3.])
    """
    return _accumulated(np.maximum, a, axis)


@primitive(saves=("a", "out"), analytic="pieces", samples=_SCANS[:6], kinks=_TIES)
def cummin(a: Any, *, axis: Any = None) -> Any:
    """Smallest entry so far along axis (of the flattened array if None).

    Derivative: of each result to the entry that it is, shared evenly among ties as in ``min``.
    """
    return _accumulated(np.minimum, a, axis)


def _accumulated(ufunc: Any, a: Any, axis: Any) -> Any:
    return ufunc.accumulate(a.reshape(-1) if axis is None else a, axis=axis or 0)


cummax.vjp(_running_rule)
cummin.vjp(_running_rule)


@primitive(
    numpy=np.unwrap, kinks="the jumps count as smooth", analytic=False,
    samples=(Sample((6,), low=-3, high=3), Sample((3, 2), axis=0, discont=2.0, period=3.0)),
)  # fmt: skip
def unwrap(p: Any, *, discont: Any = None, axis: Any = -1, period: Any = 2 * math.pi) -> Any:
    """Angles along axis, moved by multiples of period so that no step exceeds half of it.

    Derivative: g.
    """
    return np.unwrap(p, discont, axis, period=period)


unwrap.vjp(lambda g, out, p, *, discont, axis, period: g)
