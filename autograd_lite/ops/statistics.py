"""Statistics over axes: averages, ranges, NaN-ignoring reductions, covariances."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError, ZeroWeightsError
from ..op import Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain
from ..tensor import Tensor
from .elementwise import divide, multiply, subtract
from .factors import prod
from .joining import concatenate
from .piecewise import where as where_of
from .products import dot, einsum
from .quantiles import (
    median,
    nanmedian,
    nanpercentile,
    nanquantile,
    percentile,
    quantile,
    weights_for,
)
from .reduce import (
    deviation_rule,
    extreme_rule,
    max,
    mean as mean_of,
    min,
    one_more,
    root,
    spread,
    sum,
    variance_rule,
)
from .scans import given, without_nan
from .shape import astype, broadcast_to, reshape, shape_of, squeeze

__all__ = [
    "average", "corrcoef", "cov", "median", "nanmax", "nanmean", "nanmedian", "nanmin",
    "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "ptp",
    "quantile",
]  # fmt: skip


@composed(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Weighted mean over axis (an int, a tuple, or None for all).

    Args:
        weights: of a's shape, or of that of the axes; may be a Tensor.
        returned: give (average, sum of weights).

    Raises:
        ShapeError: weights that do not fit. ZeroWeightsError: they sum to zero.

    Derivative: g·w/Σw in a, g·(a - average)/Σw in the weights.

    >>> import autograd_lite as ag
    >>> ag.average([1.0, 4.0], weights=[2.0, 1.0]).item()
    2.0
    """
    a = given(a)
    axis = tuple(axis) if isinstance(axis, list) else axis
    if weights is None:
        out = mean_of(a, axis=axis, keepdims=keepdims)
        if not returned:
            return out
        n = a.size / out.size if out.size else float("nan")
        return out, Tensor(np.full(out.shape, n, out.dtype))
    w = weights_for("average", a.shape, given(weights), axis)
    kinds = (a.dtype, w.dtype) if a.dtype.kind in "fc" else (a.dtype, w.dtype, np.float64)
    dtype = np.result_type(*kinds)
    w = w if w.dtype == dtype else astype(w, dtype)
    total = sum(w, axis=axis, keepdims=keepdims)
    if (plain(total) == 0).any():
        raise ZeroWeightsError(
            f"average: got weights of shape {w.shape} that sum to zero over axis={axis}; there is "
            "no average."
        )
    a = a if a.dtype == dtype else astype(a, dtype)
    out = divide(sum(multiply(a, w), axis=axis, keepdims=keepdims), total)
    if not returned:
        return out
    return out, total if total.shape == out.shape else broadcast_to(total, out.shape)


@composed(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """Largest less smallest entry over axis. Derivative: g and -g to them, shared among ties."""
    refuse_out("ptp", out)
    a = given(a)
    return subtract(max(a, axis=axis, keepdims=keepdims), min(a, axis=axis, keepdims=keepdims))


# -- ignoring NaN ------------------------------------------------------------------------------


@composed(np.nansum)
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Sum over axis, NaN counting as 0. Derivative: g, 0 for NaN."""
    refuse_out("nansum", out)
    params = {"axis": axis, "dtype": dtype, "keepdims": keepdims}
    return sum(without_nan(a, 0), initial=initial, where=where, **params)


@composed(np.nanprod)
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Product over axis, NaN counting as 1. Derivative: as ``prod``, 0 for NaN."""
    return prod(without_nan(a, 1), axis, dtype, out, keepdims, initial, where)


@composed(np.nanmean)
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Any:
    """Mean over axis of the entries that are not NaN; NaN (and a warning) where all are.

    Derivative: g/n to the entries that count, 0 for NaN.
    """
    refuse_out("nanmean", out)
    a = given(a)
    params = {"axis": axis, "keepdims": keepdims, "where": plain(where)}
    if a.dtype.kind not in "fc":
        return mean_of(a, dtype=dtype, **params)
    if dtype is not None and np.dtype(dtype).kind not in "fc":
        raise DTypeError(f"nanmean: got dtype={dtype!r}, expected a floating or complex one.")
    n = np.sum(~np.isnan(plain(a)), dtype=np.intp, **params)
    total = sum(without_nan(a, 0), dtype=dtype, **params)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = divide(total, n)
    if not np.all(n):
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=2)
    return out if out.dtype == total.dtype else astype(out, total.dtype)


_MASK = np.array([[True, False, True], [True, True, True]])
_NANS = (
    Sample((2, 3)), Sample((2, 3), axis=1), Sample((2, 3), axis=0, keepdims=True),
    Sample((3, 2), axis=(0, 1)), Sample((2,), axis=0),
)  # fmt: skip
_NAN_SPREAD = (
    *_NANS, Sample((2, 3), axis=1, ddof=1), Sample((2, 3), axis=-1, where=_MASK),
    Sample((3,), complex=True),
)  # fmt: skip


def _without(a: Any, where: Any) -> tuple[Any, Any]:
    # Zeros for NaN, and a mask that leaves them out.
    nan = np.isnan(a)
    return np.where(nan, 0, a), ~nan & where


@primitive(name="nanvar", saves=("a",), analytic=False, samples=_NAN_SPREAD)
def nan_variance(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Variance of what is not NaN; see the function ``nanvar``."""
    return np.nanvar(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


@nan_variance.vjp
def _(g: Any, out: Any, a: Any, *, where: Any, **params: Any) -> Any:
    filled, mask = _without(a, where)
    return variance_rule(g, out, filled, where=mask, **params)


@primitive(
    name="nanstd", saves=("a", "out"), analytic=False, samples=_NAN_SPREAD,
    kinks="0 where all are equal",
)  # fmt: skip
def nan_deviation(
    a: Any,
    *,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    """Standard deviation of what is not NaN; see the function ``nanstd``."""
    return np.nanstd(a, axis=axis, dtype=dtype, ddof=ddof, keepdims=keepdims, where=where)


@nan_deviation.vjp
def _(g: Any, out: Any, a: Any, *, where: Any, **params: Any) -> Any:
    filled, mask = _without(a, where)
    return deviation_rule(g, out, filled, where=mask, **params)


def _nan_spread(
    who: str, function: Any, a: Any, mean: Any, ddof: Any, correction: Any, params: dict[str, Any]
) -> Any:
    a = given(a)
    if mean is not np._NoValue:
        counted = ~np.isnan(plain(a)) & plain(params["where"])
        a, params["where"] = without_nan(a, 0), counted
        with np.errstate(divide="ignore", invalid="ignore"):
            out = spread(who, function, a, mean, ddof, correction, params)
        # No degrees of freedom is no value here, not an infinite one.
        lost = ddof if correction is np._NoValue else correction
        whole = np.broadcast_to(counted, np.broadcast_shapes(a.shape, shape_of(mean)))
        free = whole.sum(axis=params["axis"], keepdims=params["keepdims"]) - lost
        return where_of(free <= 0, np.nan, out) if np.any(free <= 0) else out
    return spread(who, function, a, mean, ddof, correction, params)


@composed(np.nanvar)
def nanvar(
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
    """``var`` of the entries that are not NaN.

    Derivative: as of ``var``; 0 where a is NaN.
    """
    refuse_out("nanvar", out)
    params = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
    return _nan_spread("nanvar", nan_variance, a, mean, ddof, correction, params)


@composed(np.nanstd)
def nanstd(
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
    """``std`` of the entries that are not NaN.

    Derivative: as of ``std``; 0 where a is NaN.
    """
    refuse_out("nanstd", out)
    params = {"axis": axis, "dtype": dtype, "keepdims": keepdims, "where": where}
    out = _nan_spread("nanstd", nan_deviation, a, mean, ddof, correction, params)
    return out if mean is np._NoValue else root(out)


_TIES = "ties share evenly, initial= among them; NaN gets 0, also where all are NaN"
_NAN_STARTED = (*_NANS, Sample((2, 3), axis=1, initial=0.35, where=_MASK))


@primitive(
    numpy=np.nanmax, saves=("a", "out"), analytic="pieces", samples=_NAN_STARTED, kinks=_TIES
)
def nanmax(
    a: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Largest entry over axis that is not NaN. Derivative: as ``max``, 0 for NaN."""
    return _nan_extreme(np.nanmax, a, axis, keepdims, initial, where)


@primitive(
    numpy=np.nanmin, saves=("a", "out"), analytic="pieces", samples=_NAN_STARTED, kinks=_TIES
)
def nanmin(
    a: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True
) -> Any:
    """Smallest entry over axis that is not NaN. Derivative: as ``min``, 0 for NaN."""
    return _nan_extreme(np.nanmin, a, axis, keepdims, initial, where)


def _nan_extreme(f: Any, a: Any, axis: Any, keepdims: bool, initial: Any, where: Any) -> Any:
    a = np.asarray(a)  # of a number np.nanmax forgets initial=
    if initial is not None:
        return f(a, axis=axis, keepdims=keepdims, initial=initial, where=where)
    if where is not True:
        raise ArgumentError(
            f"{f.__name__}: got where= without initial=, the result where no entry takes part; "
            "pass initial= too."
        )
    return f(a, axis=axis, keepdims=keepdims)


def _nan_extreme_rule(g: Any, out: Any, a: Any, *, where: Any, **params: Any) -> Any:
    return extreme_rule(g, out, a, where=~np.isnan(a) & where, **params)


nanmax.op.started, nanmin.op.started = one_more(nanmax, True), one_more(nanmin, False)
nanmax.vjp(_nan_extreme_rule)
nanmin.vjp(_nan_extreme_rule)
for _op in (nan_variance, nan_deviation, nanmax, nanmin):
    _op.op.masks = True


# -- covariances -------------------------------------------------------------------------------


def _variables(x: Any, dtype: Any, rowvar: bool, who: str) -> Any:
    # One variable a row.
    if len(x.shape) > 2:
        raise ShapeError(f"{who}: got shape {x.shape}, expected at most 2 dimensions.")
    x = x if x.dtype == dtype else astype(x, dtype)
    if len(x.shape) < 2:
        return reshape(x, (1, -1))
    return x if rowvar else np.transpose(x)


def _case_weights(w: Any, name: str, n: int) -> Any:
    w = given(w)
    w = w if w.dtype == np.float64 else astype(w, np.float64)
    if w.shape != (n,):
        raise ShapeError(f"cov: got {name} of shape {w.shape} for {n} observations.")
    if (plain(w) < 0).any():
        raise ArgumentError(f"cov: got negative {name}, expected 0 or more.")
    return w


@composed(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """Covariance matrix of variables, one a row (a column if rowvar is false).

    Args:
        y: more variables of the same observations.
        bias: divide by n instead of n - 1; ddof, if given, says what to take off n.
        fweights: how often each observation counts, integers. aweights: their weights; both may
            be Tensors.

    Raises:
        ShapeError: more than 2 dimensions, or weights that do not fit. ArgumentError: negative
            weights, or a ddof or fweights that are no integers.

    Derivative: that of (x - mean)(x - mean)ᴴ/(n - ddof).
    """
    if ddof is not None and ddof != int(ddof):
        raise ArgumentError(f"cov: got ddof={ddof!r}, expected an integer.")
    parts = [given(m)] if y is None else [given(m), given(y)]
    dtype = np.result_type(*(p.dtype for p in parts), np.float64) if dtype is None else dtype
    x = _variables(parts[0], np.dtype(dtype), rowvar, "cov")
    if x.shape[0] == 0:
        return Tensor(np.empty((0, 0)))
    if y is not None:
        more = _variables(parts[1], np.dtype(dtype), rowvar or 1 in parts[1].shape[:1], "cov")
        x = concatenate([x, more], axis=0)
    n = x.shape[1]
    taken = ddof if ddof is not None else 0 if bias else 1
    w: Any = None
    if fweights is not None:
        w = _case_weights(fweights, "fweights", n)
        if (plain(w) != np.rint(plain(w))).any():
            raise ArgumentError("cov: got fweights that are no integers; use aweights.")
    if aweights is not None:
        analytic = _case_weights(aweights, "aweights", n)
        w = analytic if w is None else multiply(w, analytic)
    centre, total = average(x, axis=1, weights=w, returned=True)
    if w is None:
        freedom: Any = n - taken
    else:
        freedom = total[0] - taken
        if aweights is not None and taken:
            freedom = total[0] - taken * (w * analytic).sum() / total[0]
    if plain(freedom) <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=2)
        freedom = 0.0
    x = x - centre[:, None]
    weighted = x if w is None else x * w
    with np.errstate(divide="ignore", invalid="ignore"):
        out = dot(x, np.conj(np.transpose(weighted))) * np.true_divide(1, freedom)
    return squeeze(out if out.dtype == x.dtype else astype(out, x.dtype))


@composed(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """Correlation matrix of variables, one a row (a column if rowvar is false).

    Derivative: that of cᵢⱼ/√(cᵢᵢ·cⱼⱼ). Values are clipped to [-1, 1] for rounding errors' sake,
    the derivative is not.
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.shape:
        return divide(c, c)
    scale = np.sqrt(einsum("ii->i", c).real)
    c = c / scale[:, None] / scale[None, :]
    data = plain(c)
    clipped = np.clip(data.real, -1, 1)
    if data.dtype.kind == "c":
        clipped = clipped + 1j * np.clip(data.imag, -1, 1)
    return c + (clipped - data)
