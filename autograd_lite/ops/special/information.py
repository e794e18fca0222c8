"""Entropies and divergences, Huber's losses, Box and Cox's powers, log-sum-exps, from SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...op import NUMPY, Sample
from ...primitive import Primitive, composed, elementwise
from ...tensor import Tensor
from .. import activation
from ..axes import axes_of
from ..elementwise import logaddexp as logaddexp, safe
from ..shape import shape_of
from .tools import ABOVE, SMALL, both_zero, exp_slope, log_ratio, log_slope, smooth, weak

__all__ = [
    "boxcox", "boxcox1p", "entr", "exprel", "huber", "inv_boxcox", "inv_boxcox1p", "kl_div",
    "log_softmax", "logaddexp", "logsumexp", "pseudo_huber", "rel_entr", "softmax", "xlog1py",
    "xlogy",
]  # fmt: skip

_PAIRS = (
    Sample((2, 3), (3,), low=0.4, high=2.5), Sample((), (2,), low=0.4, high=2.5),
    Sample((2, 1), (1, 3), low=0.4, high=2.5), Sample((0,), (1,), low=0.4),
)  # fmt: skip
_COMPLEX = Sample((2,), (2,), low=0.4, complex=True)

xlogy = smooth(
    "xlogy", sp.xlogy,
    lambda g, out, x, y: g * np.log(y),
    lambda g, out, x, y: g * (x / both_zero(x, y)),
    saves={"x": ("y",), "y": ("x", "y")}, samples=(*_PAIRS, _COMPLEX),
    doc="""x·log(y), 0 where x is 0.

    Derivative: g·log(y), which is -inf at y = 0, and g·x/y, 0 where both are 0.
    """,
)  # fmt: skip

xlog1py = smooth(
    "xlog1py", sp.xlog1py,
    lambda g, out, x, y: g * np.log1p(y),
    lambda g, out, x, y: g * (x / both_zero(x, 1 + y)),
    saves={"x": ("y",), "y": ("x", "y")}, samples=(*_PAIRS, _COMPLEX),
    doc="""x·log(1 + y), 0 where x is 0. Derivative: g·log(1 + y) and g·x/(1 + y).""",
)  # fmt: skip

entr = smooth(
    "entr", sp.entr, lambda g, out, x: -g * (np.log(x) + 1),
    saves=("x",), samples=ABOVE,
    doc="""-x·log(x), 0 at 0, -inf below. Derivative: -g·(log(x) + 1); inf at 0, NaN below.""",
)  # fmt: skip

rel_entr = smooth(
    "rel_entr", sp.rel_entr,
    lambda g, out, x, y: g * (log_ratio.inner(x, y) + 1),
    lambda g, out, x, y: -g * (x / both_zero(x, y)),
    saves=("x", "y"), samples=_PAIRS,
    doc="""x·log(x/y), 0 where x is 0.

    Derivative: g·(log(x/y) + 1), -inf at x = 0, and -g·x/y, 0 where both are 0.
    """,
)  # fmt: skip

kl_div = smooth(
    "kl_div", sp.kl_div,
    lambda g, out, x, y: g * log_ratio.inner(x, y),
    lambda g, out, x, y: g * (1 - x / both_zero(x, y)),
    saves=("x", "y"), samples=_PAIRS,
    doc="""x·log(x/y) - x + y, y where x is 0. Derivative: g·log(x/y) and g·(1 - x/y).""",
)  # fmt: skip

huber = smooth(
    "huber", sp.huber,
    lambda g, out, x, y: g * np.where(np.abs(y) <= x, 0, np.abs(y) - x),
    lambda g, out, x, y: g * np.where(np.abs(y) <= x, y, x * np.sign(y)),
    saves=("x", "y"), samples=(
        Sample((2, 3), (3,), low=(0.9, -0.8), high=(1.2, 0.8)),
        Sample((), (2,), low=(0.9, 1.3), high=(1.2, 3)), Sample((2, 1), (1, 3), low=(0.1, -3),
        high=(0.5, -1)),
    ),
    doc="""Huber's loss of the residual y, delta = x: y²/2 within ±x, x·(\\|y\\| - x/2) outside.

    Derivative: 0 within and g·(\\|y\\| - x) outside, in delta; g·y within and g·x·sign(y) outside.
    """,
)  # fmt: skip


leg: Primitive = elementwise(
    "leg", lambda x, y: _leg(x, y),
    lambda g, out, x, y: g * np.square(leg.inner(y, x)) / safe(np.hypot(x, y)),
    lambda g, out, x, y: -g * (out * leg.inner(y, x)) / safe(np.hypot(x, y)),
    saves={"x": ("x", "y"), "y": ("out", "x", "y")}, analytic=False, samples=(
        Sample((2, 3), (3,), low=(0.3, -2), high=(2, 2)), Sample((), (2,), low=(0.3, -2)),
    ),
    doc="""x/√(x²+y²), the cosine of a right triangle with these legs; 0 where both are 0.

    Derivative: with h = √(x²+y²), g·y²/h³ and -g·x·y/h³, without cancellation.
    """,
)  # fmt: skip


def _leg(x: Any, y: Any) -> Any:
    return x / safe(np.hypot(x, y))


def _huber_in_delta(d: Any, r: Any) -> Any:
    # (h - d)²/h, with 1 - d/h as (r/h)²/(1 + d/h).
    return np.square(np.square(leg.inner(r, d)) / (1 + leg.inner(d, r))) * np.hypot(d, r)


pseudo_huber = smooth(
    "pseudo_huber", sp.pseudo_huber,
    lambda g, out, x, y: g * _huber_in_delta(x, y),
    lambda g, out, x, y: g * x * leg.inner(y, x),
    saves=("x", "y"), samples=(
        Sample((2, 3), (3,), low=(0.3, -2), high=(2, 2)), Sample((), (2,), low=(0.3, -2)),
    ),
    doc="""x²·(√(1 + (y/x)²) - 1) of the residual y, delta = x.

    Derivative: with h = √(x²+y²), g·y⁴/(h·(h+x)²) in delta and g·x·y/h in y; 0 where both are 0.
    """,
)  # fmt: skip

exprel = smooth(
    "exprel", sp.exprel, lambda g, out, x: g * exp_slope.inner(x, order=1),
    saves=("x",), samples=SMALL,
    doc="""(eˣ - 1)/x, 1 at 0. Derivative: exact to every order, at 0 too.""",
)  # fmt: skip


def in_lambda(log: Any, y: Any) -> Any:
    """The derivative of (xʸ - 1)/y in y, of log(x), exact at y = 0."""
    return np.square(log) * exp_slope.inner(y * log, order=1)


def _boxcox_in_lambda(x: Any, y: Any) -> Any:
    # At x = 0 the logarithm is infinite and the slope 1/λ².
    return np.where(x == 0, 1 / np.square(safe(y)), in_lambda(np.log(safe(x)), y))


boxcox = smooth(
    "boxcox", sp.boxcox,
    lambda g, out, x, y: g * np.power(x, y - 1),
    lambda g, out, x, y: g * _boxcox_in_lambda(x, y),
    saves=("x", "y"), samples=(
        *_PAIRS, Sample((2, 3), (3,), low=(0.4, -0.01), high=(2.5, 0.01)),
    ),
    doc="""(xʸ - 1)/y, log(x) where y is 0.

    Derivative: g·xʸ⁻¹ in x; in y exact at y = 0, log²(x)/2 there.
    """,
)  # fmt: skip

_xlog1py = weak(sp.xlog1py)

power1p: Primitive = elementwise(
    "power1p", lambda x, p: np.exp(_xlog1py(p, x)),
    lambda g, out, x, p: g * np.where(p == 0, 0, p * power1p.inner(x, p - 1)),
    lambda g, out, x, p: g * np.where(x == -1, 0, out * np.log1p(np.where(x == -1, 0, x))),
    saves={"x": ("x", "p"), "p": ("out", "x")}, analytic=False, samples=_PAIRS,
    doc="""(1+x)ᵖ, exact near x = 0.

    Derivative: g·p·(1+x)ᵖ⁻¹, exact to every order at x = -1, and g·out·log(1+x), 0 there.
    """,
)  # fmt: skip


def _boxcox1p_in_lambda(x: Any, y: Any) -> Any:
    at_0 = x == -1
    return np.where(at_0, 1 / np.square(safe(y)), in_lambda(np.log1p(np.where(at_0, 0, x)), y))


boxcox1p = smooth(
    "boxcox1p", sp.boxcox1p,
    lambda g, out, x, y: g * power1p.inner(x, y - 1),
    lambda g, out, x, y: g * _boxcox1p_in_lambda(x, y),
    saves=("x", "y"), samples=(
        *_PAIRS, Sample((2, 3), (3,), low=(-0.3, -0.01), high=(2.5, 0.01)),
    ),
    doc="""((1+x)ʸ - 1)/y, log(1+x) where y is 0. Derivative: g·(1+x)ʸ⁻¹; in y exact at y = 0.""",
)  # fmt: skip


def _root_in_lambda(x: Any, y: Any) -> Any:
    return np.square(x) * log_slope.inner(x * y, order=1)


inv_boxcox = smooth(
    "inv_boxcox", sp.inv_boxcox,
    lambda g, out, x, y: g * np.power(out, 1 - y),
    lambda g, out, x, y: g * out * _root_in_lambda(x, y),
    saves={"x": ("out", "y"), "y": ("out", "x", "y")}, samples=(
        *_PAIRS, Sample((2, 3), (3,), low=(-0.3, -0.01), high=(2.5, 0.01)),
    ),
    doc="""(1 + y·x)^(1/y), eˣ where y is 0. Derivative: g·out¹⁻ʸ; in y exact at y = 0.""",
)  # fmt: skip

inv_boxcox1p = smooth(
    "inv_boxcox1p", sp.inv_boxcox1p,
    lambda g, out, x, y: g * np.power(1 + out, 1 - y),
    lambda g, out, x, y: g * (1 + out) * _root_in_lambda(x, y),
    saves={"x": ("out", "y"), "y": ("out", "x", "y")}, samples=(
        *_PAIRS, Sample((2, 3), (3,), low=(-0.3, -0.01), high=(2.5, 0.01)),
    ),
    doc="""(1 + y·x)^(1/y) - 1, expm1(x) where y is 0. Derivative: as inv_boxcox.""",
)  # fmt: skip

for _name in ("logaddexp", "expm1", "log1p", "cbrt", "exp2"):
    if hasattr(sp, _name):
        NUMPY[getattr(sp, _name)] = NUMPY[getattr(np, _name)]


# -- over axes: SciPy's own are Python functions, which cannot take a tracked Tensor ---------------


@composed(name="special.softmax")
def softmax(x: Any, axis: Any = None) -> Any:
    """eˣ / Σ eˣ over axis (None for all), without overflow. Derivative: s·(g - Σ g·s)."""
    return activation.softmax(x, axis=axes_of(axis, len(shape_of(x)), "softmax"))


@composed(name="special.log_softmax")
def log_softmax(x: Any, axis: Any = None) -> Any:
    """x - log Σ eˣ over axis (None for all), without overflow. Derivative: g - s·Σ g."""
    return activation.log_softmax(x, axis=axes_of(axis, len(shape_of(x)), "log_softmax"))


@composed(name="special.logsumexp")
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """log \\|Σ b·eᵃ\\| over axis, without overflow.

    Derivative: g·b·eᵃ/Σ in a, g·eᵃ/Σ in b.

    Args:
        axis: an int, a tuple, or None for all.
        b: weights, 1 if None. Where the sum is negative the result is NaN, or with return_sign
            its sign is the second result, a plain array.
    """
    axes = axes_of(axis, len(shape_of(a)), "logsumexp")
    if b is None:
        out = activation.logsumexp(a, axis=axes, keepdims=keepdims)
        return (out, np.ones(out.shape, out.dtype)[()]) if return_sign else out
    shape = np.broadcast_shapes(shape_of(a), shape_of(b))
    axes = axes_of(axis, len(shape), "logsumexp")
    weights = b._value if isinstance(b, Tensor) else np.asarray(b)
    a = np.where(weights == 0, -np.inf, a)
    # A constant: what it adds outside it takes away inside.
    values = a._value if isinstance(a, Tensor) else a
    top = np.max(values, axis=axes, keepdims=True, initial=-np.inf)
    shift = np.where(np.isfinite(top), top, 0).astype(values.dtype)
    total = np.sum(np.exp(a - shift) * b, axis=axes, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.log(np.abs(total)) + shift
    value = total._value if isinstance(total, Tensor) else total
    sign = np.sign(value)
    if not return_sign and value.dtype.kind != "c":
        out = np.where(value < 0, np.nan, out)
    if not keepdims:
        out, sign = np.squeeze(out, axis=axes), np.squeeze(sign, axis=axes)
    return (out, sign) if return_sign else out
