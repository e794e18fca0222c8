"""Activations of neural networks, and their logarithms: stable at ±1000."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..op import Sample, along_axis
from ..primitive import elementwise, primitive
from ..quiet import switch
from .elementwise import REAL, finite, only_where

__all__ = [
    "elu", "erf", "erfc", "gelu", "leaky_relu", "log_sigmoid", "log_softmax", "logsumexp",
    "one_hot", "relu", "sigmoid", "silu", "softmax", "softplus",
]  # fmt: skip

_add: Any = np.add.reduce
_maximum: Any = np.maximum.reduce
_AWAY_FROM_0 = (Sample((2, 3), low=0.1), Sample((2, 3), high=-0.1), Sample(()), Sample((0, 2)))


def _floating(x: Any) -> Any:
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


_begin, _end = switch(over="ignore")
_ONES = {np.dtype(t): t(1) for t in (np.float32, np.float64)}


def _sigmoid(x: Any) -> Any:
    x = _floating(x)
    # exp overflows to inf below about -709 (-88 in float32), and 1/(1 + inf) is the right 0.
    e = -x
    token = _begin()
    try:
        e = np.exp(e, e) if type(e) is np.ndarray else np.exp(e)
    finally:
        _end(token)
    if type(e) is not np.ndarray:
        return 1 / (1 + e)
    np.add(e, _ONES.get(e.dtype, 1), e)  # a NumPy scalar is added faster than a Python number
    return np.reciprocal(e, e)


sigmoid = elementwise(
    "sigmoid", _sigmoid, lambda g, out, x: g * (out - out * out),
    saves=("out",), samples=REAL,
    doc="""Logistic function 1/(1 + e⁻ˣ), without overflow.

    Derivative: g·σ(x)·(1 - σ(x)).

    >>> import autograd_lite as ag
    >>> ag.sigmoid([-1000.0, 0.0, 1000.0]).data
    array([0. , 0.5, 1. ])
    """,
)  # fmt: skip

relu = elementwise(
    "relu", lambda x: np.maximum(x, 0), lambda g, out, x: only_where(out > 0, g),
    saves=("out",), analytic="pieces", samples=_AWAY_FROM_0,
    doc="""max(x, 0). Derivative: g where x > 0, else 0.""",
    kinks="relu'(0) = 0",
)  # fmt: skip

leaky_relu = elementwise(
    "leaky_relu",
    lambda x, *, negative_slope=0.01: np.where(x > 0, x, negative_slope * x),
    lambda g, out, x, *, negative_slope: (
        np.where(x > 0, g, negative_slope * g) if negative_slope else only_where(x > 0, g)
    ),
    saves=("x",), analytic="pieces",
    samples=(*_AWAY_FROM_0, Sample((3,), low=-3, high=-1, negative_slope=0.2)),
    doc="""x where x > 0, else negative_slope·x. Derivative: g or negative_slope·g.""",
    kinks="negative_slope at 0",
)  # fmt: skip

elu = elementwise(
    "elu",
    lambda x, *, alpha=1.0: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    lambda g, out, x, *, alpha: np.where(x > 0, g, g * (alpha * np.exp(np.where(x > 0, 0, x)))),
    saves=("x",), analytic="pieces",
    samples=(*_AWAY_FROM_0, Sample((3,), low=-3, high=-1, alpha=0.5)),
    doc="""x where x > 0, else alpha·(eˣ - 1). Derivative: g or g·alpha·eˣ.""",
    kinks="alpha at 0",
)  # fmt: skip


def _by_scipy(name: str) -> Any:
    """SciPy's function of this name, or the standard library's, as exact and eight times slower."""
    of_one = getattr(math, name)

    def function(x: Any) -> Any:
        x = _floating(x)
        try:
            from scipy import special
        except ImportError:
            if not x.ndim:
                return x.dtype.type(of_one(x))
            return np.frompyfunc(of_one, 1, 1)(x).astype(x.dtype)
        return getattr(special, name)(x).astype(x.dtype)

    return function


_erf, _erfc = _by_scipy("erf"), _by_scipy("erfc")


def _bell(x: Any) -> Any:
    x = finite(x)
    return (2 / math.sqrt(math.pi)) * np.exp(-x * x)


erf = elementwise(
    "erf", lambda x: _erf(x), lambda g, out, x: g * _bell(x),
    saves=("x",), samples=REAL,
    doc="""Error function 2/√π ∫₀ˣ e^(-t²) dt. Derivative: g·2/√π·e^(-x²).

    SciPy computes it where SciPy is installed, ``math.erf`` where not.
    """,
)  # fmt: skip

erfc = elementwise(
    "erfc", lambda x: _erfc(x), lambda g, out, x: g * -_bell(x),
    saves=("x",), samples=REAL,
    doc="""1 - erf(x), exact for large x. Derivative: -g·2/√π·e^(-x²).

    SciPy computes it where SciPy is installed, ``math.erfc`` where not.
    """,
)  # fmt: skip

_SQRT_HALF = math.sqrt(0.5)
_NORMAL = 1 / math.sqrt(2 * math.pi)


def _gelu(x: Any) -> Any:
    return _above_minus_infinity(x) * (0.5 * _erfc(x * -_SQRT_HALF))


def _gelu_slope(x: Any) -> Any:
    x = finite(x)
    return 0.5 * erfc.inner(x * -_SQRT_HALF) + x * (_NORMAL * np.exp(-0.5 * x * x))


def _above_minus_infinity(x: Any) -> Any:
    # What is multiplied by a probability: -inf·0 is to be 0.
    return np.maximum(x, float(np.finfo(x.dtype).min)) if x.dtype.kind == "f" else x


gelu = elementwise(
    "gelu", _gelu, lambda g, out, x: g * _gelu_slope(x),
    saves=("x",), samples=REAL,
    doc="""x·Φ(x), Φ the normal distribution function. Derivative: g·(Φ(x) + x·φ(x)).

    Reference: Hendrycks and Gimpel, 2016, eq. 1 (exact form).
    """,
)  # fmt: skip


def _silu_slope(x: Any) -> Any:
    x = finite(x)
    s = sigmoid.inner(x)
    return s * (1 + x * (1 - s))


silu = elementwise(
    "silu", lambda x: _above_minus_infinity(x) * _sigmoid(x), lambda g, out, x: g * _silu_slope(x),
    saves=("x",), samples=REAL,
    doc="""x·σ(x), also called swish. Derivative: g·σ(x)·(1 + x·(1 - σ(x))).""",
)  # fmt: skip

softplus = elementwise(
    "softplus", lambda x: np.logaddexp(x, 0), lambda g, out, x: g * sigmoid.inner(x),
    saves=("x",), analytic=False, samples=REAL,
    doc="""log(1 + eˣ), without overflow. Derivative: g·σ(x).""",
)  # fmt: skip

log_sigmoid = elementwise(
    "log_sigmoid", lambda x: -np.logaddexp(-_floating(x), 0),
    lambda g, out, x: g * sigmoid.inner(-x),
    saves=("x",), analytic=False, samples=REAL,
    doc="""log σ(x), without overflow. Derivative: g·σ(-x).""",
)  # fmt: skip

_ROWS = (Sample((2, 3)), Sample((2, 3), axis=0), Sample((4,)), Sample((1,)), Sample((2, 1)))


@primitive(saves=("out",), samples=_ROWS)
def softmax(x: Any, *, axis: Any = -1) -> Any:
    """eˣ / Σ eˣ over axis (an int or a tuple), without overflow.

    Derivative: s·(g - Σ g·s).

    >>> import autograd_lite as ag
    >>> ag.softmax([1000.0, 1000.0]).data
    array([0.5, 0.5])
    """
    x = _floating(x)
    if not x.size:
        return x
    if x.dtype == np.float16:  # whose sums overflow
        return softmax.op.forward(x.astype(np.float32), axis=axis).astype(np.float16)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


@softmax.vjp
def _(g: Any, out: Any, x: Any, *, axis: Any) -> Any:
    return (g - (g * out).sum(axis=axis, keepdims=True)) * out


@primitive(saves=("out",), samples=_ROWS)
def log_softmax(x: Any, *, axis: Any = -1) -> Any:
    """x - log Σ eˣ over axis (an int or a tuple), without overflow.

    Derivative: g - softmax(x)·Σ g.
    """
    x = _floating(x)
    if not x.size:
        return x
    if x.dtype == np.float16:
        return log_softmax.op.forward(x.astype(np.float32), axis=axis).astype(np.float16)
    d = x - x.max(axis=axis, keepdims=True)
    return d - np.log(np.exp(d).sum(axis=axis, keepdims=True))


@log_softmax.vjp
def _(g: Any, out: Any, x: Any, *, axis: Any) -> Any:
    return g - np.exp(out) * g.sum(axis=axis, keepdims=True)


def _shares(a: Any, total: Any) -> Any:
    d = a - total
    infinite = np.isinf(total)
    if not infinite.any():
        return np.exp(d)
    same = a == total
    even = same / same.sum(axis=_axes_of(a, total), keepdims=True).astype(a.dtype)
    return np.where(infinite, even, np.exp(np.where(infinite, 0, d)))


def _axes_of(a: Any, total: Any) -> tuple[int, ...]:
    return tuple(i for i, (n, m) in enumerate(zip(a.shape, total.shape, strict=True)) if n != m)


shares = elementwise(
    "logsumexp_shares", lambda a, total: _shares(a, total),
    lambda g, out, a, total: g * out,
    lambda g, out, a, total: -g * out,
    saves=("out",),
    samples=(Sample((2, 3), (2, 1)),),
    doc="""e^(a - total), the weights of logsumexp. Derivative: ±g times itself.""",
    kinks="equal infinities share evenly",
)  # fmt: skip


@primitive(
    saves=("out", "a"),
    kinks="equal infinities share the gradient evenly",
    samples=(
        Sample((2, 3)), Sample((2, 3), axis=0), Sample((2, 3), axis=1, keepdims=True),
        Sample((2, 1, 3), axis=(0, 2)), Sample(()), Sample((1,), axis=-1),
    ),
)  # fmt: skip
def logsumexp(a: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """log Σ eᵃ over axis (an int, a tuple, or None for all), without overflow.

    Derivative: g·e^(a - out), exact with ±inf and ties.

    >>> import autograd_lite as ag
    >>> ag.logsumexp([1000.0, 1000.0]).item() - 1000
    0.6931471805599668
    """
    a = _floating(a)
    if a.dtype == np.float16:
        wide = logsumexp.op.forward(a.astype(np.float32), axis=axis, keepdims=keepdims)
        return wide.astype(np.float16)
    top = _maximum(a, axis=axis, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore", over="ignore"):
        e = a - shift
        e = np.exp(e, e) if type(e) is np.ndarray else np.exp(e)
        out = np.log(_add(e, axis=axis, keepdims=True)) + shift
    return out if keepdims else np.squeeze(out, axis=axis) if a.ndim else out[()]


@logsumexp.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, keepdims: bool) -> Any:
    kept = kept_shape(a.shape, axis)
    return g.reshape(kept) * shares.inner(a, out.reshape(kept))


for _op in (softmax, log_softmax, logsumexp):
    _op.op.mixes = along_axis


def kept_shape(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """The shape of a reduction over axis, with the reduced axes kept as 1."""
    if axis is None or not shape:
        return (1,) * len(shape)
    sizes = list(shape)
    for i in axis if isinstance(axis, tuple) else (axis,):
        sizes[i] = 1
    return tuple(sizes)


def one_hot(labels: Any, num_classes: int | None = None, *, dtype: Any = np.float64) -> Any:
    """Rows of the identity: an array of labels.shape + (num_classes,), 1 at each label.

    Args:
        labels: integers from 0 to num_classes - 1. num_classes: the largest label + 1 if None.

    Raises:
        ArgumentError: a label that is not an integer of that range.

    >>> import autograd_lite as ag
    >>> ag.one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    labels = np.asarray(labels)
    if labels.size == 0 and labels.dtype.kind == "f":
        labels = labels.astype(int)
    if labels.dtype.kind not in "iu":
        raise ArgumentError(
            f"one_hot: got labels of dtype {labels.dtype}, expected integers; use astype(int)."
        )
    top = int(labels.max()) if labels.size else -1
    count = top + 1 if num_classes is None else num_classes
    if labels.size and (int(labels.min()) < 0 or top >= count):
        raise ArgumentError(
            f"one_hot: got labels from {labels.min()} to {top}, expected 0 to {count - 1}."
        )
    out = np.zeros((*labels.shape, count), dtype)
    np.put_along_axis(out, labels[..., None].astype(np.intp), 1, axis=-1)
    return out
