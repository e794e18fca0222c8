"""Incomplete gamma and beta functions, their complements and inverses, from SciPy.

They are differentiated in the argument, or the probability, that comes last; the parameters have
no derivative. The slopes are xᵖe⁻ˣ and xᵖ(1 - x)^q up to a factor: with the powers lowered one by
one they are exact at 0 to every order. Large powers are computed by their distance from the peak.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..op import Sample
from ..primitive import Primitive, elementwise
from .special_tools import in_last, regions, wide

__all__ = [
    "betainc", "betaincc", "betainccinv", "betaincinv", "gammainc", "gammaincc", "gammainccinv",
    "gammaincinv",
]  # fmt: skip

# From here on the powers are so large that their logarithms lose digits: Loader's form has them.
_LARGE = 16.0
# B₂ₖ/(2k(2k-1)), of Stirling's series.
_STIRLING = [
    float(b) / (k * (k - 1)) for k, b in enumerate(sp.bernoulli(18)) if k and k % 2 == 0
]  # fmt: skip


def _stirling(a: Any) -> Any:
    # log Γ(a) - (a - ½)·log(a) + a - ½·log(2π)
    total: Any = 0
    for b in reversed(_STIRLING):
        total = total / (a * a) + b
    return total / a


def _deviance(a: Any, x: Any) -> Any:
    # x - a - a·log(x/a), which is small where x is near a.
    def near(a: Any, x: Any) -> Any:
        u = (x - a) / a
        v = u / (2 + u)
        series: Any = 0
        for j in reversed(range(12)):
            series = series * v * v + 1 / (2 * j + 3)
        return a * v * (u - 2 * v * v * series)

    return regions(np.abs(x - a) < 0.3 * a, near, lambda a, x: x - a - a * np.log(x / a), a, x)


def _has_large_power(a: Any, x: Any) -> Any:
    return (a >= _LARGE) & (x > 0) & (x < np.inf)


def _has_large_powers(a: Any, b: Any, x: Any) -> Any:
    return (a >= _LARGE) & (b >= _LARGE) & (x > 0) & (x < 1)


def _gamma_density(p: Any, a: Any, x: Any) -> Any:
    def small(p: Any, a: Any, x: Any) -> Any:
        return np.where(x == np.inf, 0, np.exp(sp.xlogy(p, x) - x - sp.gammaln(a)))

    def large(p: Any, a: Any, x: Any) -> Any:
        # xᵃ·e⁻ˣ/Γ(a) by its distance from the peak, times xᵖ⁻ᵃ.
        exponent = -_deviance(a, x) - _stirling(a) + sp.xlogy(p - a, x)
        return np.sqrt(a / (2 * math.pi)) * np.exp(exponent)

    return regions(_has_large_power(a, x), large, small, p, a, x)


def _beta_density(p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
    def small(p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
        return np.exp(sp.xlogy(p, x) + sp.xlog1py(q, -x) - sp.betaln(a, b))

    def large(p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
        n = a + b
        exponent = (
            _stirling(n) - _stirling(a) - _stirling(b)
            - _deviance(a, n * x) - _deviance(b, n * (1 - x))
            + sp.xlogy(p - a, x) + sp.xlog1py(q - b, -x)
        )  # fmt: skip
        return np.sqrt(a / n * b / (2 * math.pi)) * np.exp(exponent)

    return regions(_has_large_powers(a, b, x), large, small, p, q, a, b, x)


_gamma_in_double, _beta_in_double = wide(_gamma_density), wide(_beta_density)


def _lowered(power: Any, term: Any) -> Any:
    return np.where(power == 0, 0, power * term)


def _gamma_rule(g: Any, out: Any, p: Any, a: Any, x: Any) -> Any:
    large = _has_large_power(a, x)
    y, z = np.where(large, x, 1), np.where(large, 1, x)
    lowered = _lowered(p, gamma_density.inner(p - 1, a, z)) - out
    return g * np.where(large, out * ((p - y) / y), lowered)


def _beta_rule(g: Any, out: Any, p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
    large = _has_large_powers(a, b, x)
    y, z = np.where(large, x, 0.5), np.where(large, 0.5, x)
    first = _lowered(p, beta_density.inner(p - 1, q, a, b, z))
    second = _lowered(q, beta_density.inner(p, q - 1, a, b, z))
    return g * np.where(large, out * ((p - (p + q) * y) / (y * (1 - y))), first - second)


gamma_density: Primitive = elementwise(
    "gamma_density", lambda p, a, x: _gamma_in_double(p, a, x),
    None, None,
    _gamma_rule,
    saves={"p": (), "a": (), "x": ("out", "p", "a", "x")}, analytic=False,
    samples=(
        Sample(np.array([0.0, 1.0, 2.0]), np.array(1.0), (2, 3), low=0.3, high=3),
        Sample(np.float32(2), np.float32(3), (2,), low=0.3, high=3),
        Sample(np.array([20.0, 19.0]), np.array(21.0), (2,), low=15, high=25),
    ),
    doc="""xᵖ·e⁻ˣ/Γ(a), the slope of gammainc for p = a - 1.

    Derivative: g·(p/x - 1)·out, for small a by lowering p.
    """,
)  # fmt: skip

beta_density: Primitive = elementwise(
    "beta_density", lambda p, q, a, b, x: _beta_in_double(p, q, a, b, x),
    None, None, None, None,
    _beta_rule,
    saves={"p": (), "q": (), "a": (), "b": (), "x": ("out", "p", "q", "a", "b", "x")},
    analytic=False,
    samples=(
        Sample(np.array([0.0, 1, 2]), np.array(1.0), np.array(1.0), np.array(2.0), (2, 3), low=0.2,
               high=0.8),
        Sample(np.float32(2), np.float32(1), np.float32(1), np.float32(2), (2,), low=0.2, high=0.8),
        Sample(np.array(20.0), np.array(30.0), np.array(21.0), np.array(31.0), (2,), low=0.3,
               high=0.5),
    ),
    doc="""xᵖ·(1-x)^q/B(a, b), the slope of betainc for p = a - 1 and q = b - 1.

    Derivative: g·(p/x - q/(1-x))·out, for small a and b by lowering p and q.
    """,
)  # fmt: skip


def gamma_slope(a: Any, x: Any) -> Any:
    """The derivative of gammainc(a, x) in x, xᵃ⁻¹·e⁻ˣ/Γ(a)."""
    return gamma_density.inner(a - 1, a, x)


def beta_slope(a: Any, b: Any, x: Any) -> Any:
    """The derivative of betainc(a, b, x) in x, xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b)."""
    return beta_density.inner(a - 1, b - 1, a, b, x)


_SHAPES = (
    Sample(np.array([1.0, 2.0, 3.5]), (2, 3), low=0.3, high=4),
    Sample(np.float32(2), (), low=0.3, high=4),
)  # fmt: skip
_CHANCES = (
    Sample(np.array([1.0, 2.0, 3.5]), (2, 3), low=0.1, high=0.9),
    Sample(np.float32(2), (), low=0.1, high=0.9),
)  # fmt: skip
_TWO_SHAPES = (
    Sample(np.array([1.0, 2, 3.5]), np.array(2.5), (2, 3), low=0.2, high=0.8),
    Sample(np.float32(2), np.float32(1), (), low=0.2, high=0.8),
)  # fmt: skip

gammainc = in_last(
    "gammainc", lambda a, x: sp.gammainc(a, x),
    lambda g, out, a, x: g * gamma_slope(a, x),
    samples=_SHAPES,
    doc="""Regularized lower incomplete gamma function P(a, x).

    Derivative: g·xᵃ⁻¹·e⁻ˣ/Γ(a) in x, exact at 0 to every order.
    """,
)  # fmt: skip

gammaincc = in_last(
    "gammaincc", lambda a, x: sp.gammaincc(a, x),
    lambda g, out, a, x: -g * gamma_slope(a, x),
    samples=_SHAPES,
    doc="""Regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x).

    Derivative: -g·xᵃ⁻¹·e⁻ˣ/Γ(a) in x, exact at 0 to every order.
    """,
)  # fmt: skip

gammaincinv = in_last(
    "gammaincinv", lambda a, y: sp.gammaincinv(a, y),
    lambda g, out, a, y: g / gamma_slope(a, out),
    saves=("out", "a"), samples=_CHANCES,
    doc="""The x where P(a, x) = y. Derivative: g·Γ(a)·x¹⁻ᵃ·eˣ in y.""",
)  # fmt: skip

gammainccinv = in_last(
    "gammainccinv", lambda a, y: sp.gammainccinv(a, y),
    lambda g, out, a, y: -g / gamma_slope(a, out),
    saves=("out", "a"), samples=_CHANCES,
    doc="""The x where Q(a, x) = y. Derivative: -g·Γ(a)·x¹⁻ᵃ·eˣ in y.""",
)  # fmt: skip

betainc = in_last(
    "betainc", lambda a, b, x: sp.betainc(a, b, x),
    lambda g, out, a, b, x: g * beta_slope(a, b, x),
    samples=_TWO_SHAPES,
    doc="""Regularized incomplete beta function I(a, b; x).

    Derivative: g·xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b) in x, exact at 0 and 1 to every order.
    """,
)  # fmt: skip

betaincc = in_last(
    "betaincc", lambda a, b, x: sp.betaincc(a, b, x),
    lambda g, out, a, b, x: -g * beta_slope(a, b, x),
    samples=_TWO_SHAPES,
    doc="""1 - I(a, b; x), exact where that is small. Derivative: -g·xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b) in x.""",
)  # fmt: skip

betaincinv = in_last(
    "betaincinv", lambda a, b, y: sp.betaincinv(a, b, y),
    lambda g, out, a, b, y: g / beta_slope(a, b, out),
    saves=("out", "a", "b"), samples=_TWO_SHAPES,
    doc="""The x where I(a, b; x) = y. Derivative: g·B(a, b)·x¹⁻ᵃ·(1-x)¹⁻ᵇ in y.""",
)  # fmt: skip

betainccinv = in_last(
    "betainccinv", lambda a, b, y: sp.betainccinv(a, b, y),
    lambda g, out, a, b, y: -g / beta_slope(a, b, out),
    saves=("out", "a", "b"), samples=_TWO_SHAPES,
    doc="""The x where 1 - I(a, b; x) = y. Derivative: -g·B(a, b)·x¹⁻ᵃ·(1-x)¹⁻ᵇ in y.""",
)  # fmt: skip
