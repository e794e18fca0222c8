"""Medians, quantiles and percentiles, in all of NumPy's methods, with and without NaN.

A quantile lies between two neighbours in sorted order, so its derivative goes to these two. Equal
entries are the same to the sorted order: they share evenly (by weight where there are weights),
so the derivative does not depend on how the entries are arranged.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError, closest
from ..op import Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain, whole
from ..tensor import Tensor
from .axes import axes_of
from .elementwise import divide
from .ranks import CONTINUOUS, STEPS, Between
from .reduce import AXES
from .scans import given

__all__ = [
    "median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile",
]  # fmt: skip

# -- derivatives -------------------------------------------------------------------------------

_MIXED = np.array([[0.3, 1.1, -0.4, 0.3], [2.0, 0.3, 0.7, 0.9]])
_AT = np.array([0.3, 0.8])
_MANY = np.linspace(0.04, 0.98, 11)
_HOLED = np.array([[0.3, np.nan, -0.4, 1.3], [2.0, 0.1, 0.7, 0.9]])
_HEAVY = np.array([[1.0, 2.0, 0.0, 0.5], [3.0, 1.0, 1.0, 2.0]])
_LAID = (
    Sample((2,), _MIXED, _AT, axis=None), Sample((2, 2), _MIXED, _AT, axis=1),
    Sample((2, 4), _MIXED, _AT, axis=0, method="hazen"),
    Sample((2, 2), _MIXED, _AT, axis=1, slope=True),
    Sample((2, 2), _HOLED, _AT, axis=-1, skip_nan=True), Sample((11, 2), _MIXED, _MANY, axis=1),
    Sample((11, 2), _MIXED, _MANY, axis=1, slope=True, method="hazen"),
    Sample((11, 2), _HOLED, _MANY, axis=1, skip_nan=True),
    Sample((2, 2), _MIXED, _AT, axis=1, method="inverted_cdf", weights=_HEAVY),
)  # fmt: skip


@primitive(
    saves={"g": ("a", "q"), "a": (), "q": ("g", "a", "q")}, analytic=False, samples=_LAID
)  # fmt: skip
def quantile_shares(
    g: Any,
    a: Any,
    q: Any,
    *,
    axis: Any = None,
    method: str = "linear",
    weights: Any = None,
    skip_nan: bool = False,
    slope: bool = False,
) -> Any:
    """g of quantiles, carried to the entries of a that they lie between; slope: of d/dq.

    Derivative: in g the transpose, in q the slope.
    """
    if not a.size:
        return np.zeros(a.shape, g.dtype)
    between = Between(a, q, axis, method, weights, skip_nan, slope)
    return between.shared(g, a.shape).astype(g.dtype)


@primitive(
    saves={"t": ("a", "q"), "a": (), "q": ("t", "a", "q")}, analytic=False,
    samples=tuple(
        Sample(_MIXED.shape, *s.inputs[1:], shape=s.inputs[0], **s.params) for s in _LAID
    ),
)  # fmt: skip
def quantile_along(
    t: Any,
    a: Any,
    q: Any,
    *,
    shape: tuple[int, ...],
    axis: Any = None,
    method: str = "linear",
    weights: Any = None,
    skip_nan: bool = False,
    slope: bool = False,
) -> Any:
    """Change of a's quantiles when its entries change by t, of that shape; slope: of d/dq.

    Derivative: in t the transpose, in q the slope.
    """
    if not a.size:
        return np.zeros(shape, t.dtype)
    between = Between(a, q, axis, method, weights, skip_nan, slope)
    dtype = t.dtype if t.dtype.kind in "fc" else np.float64
    return between.along(t).reshape(shape).astype(dtype)


def _of_q(h: Any, q: Any) -> Any:
    # What belongs to each quantile, over all rows.
    return h.sum(axis=tuple(range(len(q.shape), len(h.shape))))


@quantile_shares.vjp
def _(h: Any, out: Any, g: Any, a: Any, q: Any, **params: Any) -> Any:
    return quantile_along.inner(h, a, q, shape=g.shape, **params)


@quantile_shares.vjp("q")
def _(h: Any, out: Any, g: Any, a: Any, q: Any, *, slope: bool, **params: Any) -> Any:
    if slope:
        return np.zeros(q.shape, h.dtype)
    return _of_q(g * quantile_along.inner(h, a, q, shape=g.shape, slope=True, **params), q)


@quantile_along.vjp
def _(h: Any, out: Any, t: Any, a: Any, q: Any, *, shape: Any, **params: Any) -> Any:
    return quantile_shares.inner(h, a, q, **params)


@quantile_along.vjp("q")
def _(h: Any, out: Any, t: Any, a: Any, q: Any, *, slope: bool, **params: Any) -> Any:
    if slope:
        return np.zeros(q.shape, h.dtype)
    return _of_q(h * quantile_along.inner(t, a, q, slope=True, **params), q)


quantile_shares.vjp("a")(None)
quantile_along.vjp("a")(None)


# -- the functions -----------------------------------------------------------------------------

_TIES = "ties share evenly, by weight if there are weights; NaN entries share the gradient of NaN"


@primitive(
    name="quantile", saves=("a", "q"), analytic=False, kinks=_TIES,
    samples=(
        Sample((5,), (), low=(-2, 0.3), high=(2, 0.35)), Sample((2, 4), _AT, axis=1),
        Sample((2, 3), _AT, axis=(0, 1), keepdims=True, method="weibull"),
        Sample((3, 4), _AT, axis=0, method="nearest"), Sample((2, 4), _AT, axis=1, skip_nan=True),
    ),
)  # fmt: skip
def ranked(
    a: Any,
    q: Any,
    *,
    axis: Any = None,
    method: str = "linear",
    keepdims: bool = False,
    weights: Any = None,
    skip_nan: bool = False,
    weak: bool = False,
) -> Any:
    """Quantiles; see the function ``quantile``."""
    function: Any = np.nanquantile if skip_nan else np.quantile
    if weak:  # a Python number leaves a's dtype as it is
        q = q.item()
    return function(a, q, axis=axis, method=method, keepdims=keepdims, weights=weights)


@ranked.vjp
def _(g: Any, out: Any, a: Any, q: Any, *, keepdims: bool, weak: bool, **params: Any) -> Any:
    return quantile_shares.inner(g, a, q, **params)


@ranked.vjp("q")
def _(g: Any, out: Any, a: Any, q: Any, *, keepdims: bool, weak: bool, **params: Any) -> Any:
    return _of_q(g * quantile_along.inner(a, a, q, shape=g.shape, slope=True, **params), q)


@primitive(
    name="median", saves=("a",), analytic=False, kinks=_TIES,
    samples=(
        *AXES, Sample((5, 2), axis=0), Sample((4,)), Sample((2, 3), axis=1, skip_nan=True),
        Sample((3,), complex=True), Sample((4, 0), axis=0),
    ),
)  # fmt: skip
def middle(a: Any, *, axis: Any = None, keepdims: bool = False, skip_nan: bool = False) -> Any:
    """Median; see the function ``median``."""
    function: Any = np.nanmedian if skip_nan else np.median
    return function(a, axis=axis, keepdims=keepdims)


@middle.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, keepdims: bool, skip_nan: bool) -> Any:
    return quantile_shares.inner(g, a, 0.5, axis=axis, skip_nan=skip_nan)


for _op in (ranked, middle):
    _op.op.masks = lambda params: params["skip_nan"]


@composed(np.median)
def median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """Median over axis: the middle entry, the mean of the two middle ones of an even number.

    Derivative: g to the middle entry, or half to each of two; ties share evenly. Where the median
    is NaN the NaN entries share g. overwrite_input is accepted, and nothing is overwritten.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.median)(np.array([4.0, 1.0, 3.0, 2.0]))
    array([0. , 0. , 0.5, 0.5])
    """
    refuse_out("median", out)
    return middle(a, axis=_axes(axis), keepdims=keepdims)


@composed(np.nanmedian)
def nanmedian(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """Median over axis of the entries that are not NaN. Derivative: as ``median``, 0 for NaN."""
    refuse_out("nanmedian", out)
    return middle(a, axis=_axes(axis), keepdims=keepdims, skip_nan=True)


def _axes(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def weights_for(who: str, shape: tuple[int, ...], weights: Any, axis: Any) -> Any:
    """Weights that broadcast to an array of this shape: of its shape, or of its axes axis.

    Raises:
        ShapeError: of neither.
    """
    if weights.shape == shape:
        return weights
    axes = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = axes_of(axes, len(shape), who)
    if not axes or weights.shape != tuple(shape[i] for i in axes):
        raise ShapeError(
            f"{who}: got weights of shape {weights.shape} for shape {shape} and axis={axis}; "
            "expected the same shape, or that of the axes."
        )
    weights = weights.transpose(sorted(range(len(axes)), key=axes.__getitem__))
    return weights.reshape(tuple(n if i in axes else 1 for i, n in enumerate(shape)))


def _quantile(
    who: str,
    top: int,
    a: Any,
    q: Any,
    axis: Any,
    out: Any,
    method: str,
    weights: Any,
    **params: Any,
) -> Any:
    refuse_out(who, out)
    a = given(a)
    if a.dtype.kind == "c":
        raise DTypeError(f"{who}: got complex numbers, which have no order; take a real part.")
    weak = type(q) in (int, float)
    q = whole(q)
    if not isinstance(q, Tensor) or not q.requires_grad:
        q = plain(given(q)) if not weak else np.asarray(q)[()]
    if top != 1:
        q = divide(q, top) if isinstance(q, Tensor) else q / top
    at = plain(q)
    if at.ndim > 2 or not ((at >= 0) & (at <= 1)).all():
        raise ArgumentError(
            f"{who}: got q={at * top}, expected numbers from 0 to {top}, at most 2-d."
        )
    known = (*CONTINUOUS, *STEPS)
    if method not in known:
        raise ArgumentError(
            f"{who}: got method={method!r}, expected one of {', '.join(known)}"
            f"{closest(str(method), known)}."
        )
    axis = _axes(axis)
    if weights is not None:
        if method != "inverted_cdf":
            raise ArgumentError(
                f"{who}: got weights= and method={method!r}; weights need method='inverted_cdf'."
            )
        fitted = weights_for(who, a.shape, given(weights), axis)
        weights = np.broadcast_to(plain(fitted), a.shape)
    params |= {"axis": axis, "method": method, "weights": weights, "weak": weak}
    if at.ndim == 2 and params["skip_nan"] and isinstance(axis, tuple):
        # np.nanquantile of several axes puts the axes of such a q elsewhere, not in front.
        rows = ranked(a, np.reshape(q, -1), **params)
        return np.reshape(rows, (*at.shape, *rows.shape[1:]))
    return ranked(a, q, **params)


@composed(np.quantile)
def quantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """The q-th quantiles over axis, q from 0 to 1.

    Args:
        q: a number or an array, whose axes come first in the result; may be a Tensor.
        method: one of NumPy's. weights: of a's shape or of axis, for method "inverted_cdf"; their
            derivative is 0, for they choose an entry.
        overwrite_input: accepted, and nothing is overwritten.

    Raises:
        ArgumentError: q out of range, another method, or one that takes no weights.

    Derivative: to the two entries that the quantile lies between, ties sharing evenly; in q the
    slope between them (to the right at an entry), 0 for methods that give entries.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.quantile(x, 0.25))(np.array([3.0, 1.0, 2.0]))
    array([0. , 0.5, 0.5])
    """
    params = {"keepdims": keepdims, "skip_nan": False}
    return _quantile("quantile", 1, a, q, axis, out, method, weights, **params)


@composed(np.percentile)
def percentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """``quantile`` with q from 0 to 100. Derivative: as of ``quantile``."""
    params = {"keepdims": keepdims, "skip_nan": False}
    return _quantile("percentile", 100, a, q, axis, out, method, weights, **params)


@composed(np.nanquantile)
def nanquantile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """``quantile`` of the entries that are not NaN.

    Derivative: as of ``quantile``; 0 where a is NaN.
    """
    params = {"keepdims": keepdims, "skip_nan": True}
    return _quantile("nanquantile", 1, a, q, axis, out, method, weights, **params)


@composed(np.nanpercentile)
def nanpercentile(
    a: Any,
    q: Any,
    axis: Any = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: bool = False,
    *,
    weights: Any = None,
) -> Any:
    """``percentile`` of the entries that are not NaN.

    Derivative: as of ``nanquantile``.
    """
    params = {"keepdims": keepdims, "skip_nan": True}
    return _quantile("nanpercentile", 100, a, q, axis, out, method, weights, **params)
