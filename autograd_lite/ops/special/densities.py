"""The densities of the incomplete gamma and beta functions, differentiable in all their inputs.

xᵖe⁻ˣ and xᵖ(1 - x)^q up to a factor: with the powers lowered one by one they are exact at 0 to
every order. Large powers are computed by their distance from the peak.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from .betas import polygamma_difference
from .tools import regions, wide

# From here on the powers are so large that their logarithms lose digits: Loader's form has them.
_LARGE = 16.0
# B₂ₖ/(2k(2k-1)), of Stirling's series.
_STIRLING = [
    float(b) / (k * (k - 1)) for k, b in enumerate(sp.bernoulli(18)) if k and k % 2 == 0
]  # fmt: skip


def stirling(a: Any) -> Any:
    """Of log Γ(a) what Stirling's formula leaves out, for a from 16 on."""
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


def gamma_values(p: Any, a: Any, x: Any) -> Any:
    """xᵖ·e⁻ˣ/Γ(a) of arrays of double precision."""

    def small(p: Any, a: Any, x: Any) -> Any:
        return np.where(x == np.inf, 0, np.exp(sp.xlogy(p, x) - x - sp.gammaln(a)))

    def large(p: Any, a: Any, x: Any) -> Any:
        # xᵃ·e⁻ˣ/Γ(a) by its distance from the peak, times xᵖ⁻ᵃ.
        exponent = -_deviance(a, x) - stirling(a) + sp.xlogy(p - a, x)
        return np.sqrt(a / (2 * math.pi)) * np.exp(exponent)

    return regions(_has_large_power(a, x), large, small, p, a, x)


def beta_values(p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
    """xᵖ·(1-x)^q/B(a, b) of arrays of double precision."""

    def small(p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
        return np.exp(sp.xlogy(p, x) + sp.xlog1py(q, -x) - sp.betaln(a, b))

    def large(p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
        n = a + b
        exponent = (
            stirling(n) - stirling(a) - stirling(b)
            - _deviance(a, n * x) - _deviance(b, n * (1 - x))
            + sp.xlogy(p - a, x) + sp.xlog1py(q - b, -x)
        )  # fmt: skip
        return np.sqrt(a / n * b / (2 * math.pi)) * np.exp(exponent)

    return regions(_has_large_powers(a, b, x), large, small, p, q, a, b, x)


_gamma_in_double, _beta_in_double = wide(gamma_values), wide(beta_values)


def _lowered(power: Any, x: Any, density: Any) -> Any:
    # power·density(x), 0 where the power is 0 and x too.
    both = (power == 0) & (x == 0)
    return np.where(both, 0, power * density(np.where(both, 1, x)))


def _log(x: Any) -> Any:
    # Where x is 0 so is its power, or it has no derivative in the exponent.
    return np.log(np.where(x == 0, 1, x))


def _gamma_rule(g: Any, out: Any, p: Any, a: Any, x: Any) -> Any:
    large = _has_large_power(a, x)
    y, z = np.where(large, x, 1), np.where(large, 1, x)
    lowered = _lowered(p, z, lambda z: gamma_density.inner(p - 1, a, z)) - out
    return g * np.where(large, out * ((p - y) / y), lowered)


def _beta_rule(g: Any, out: Any, p: Any, q: Any, a: Any, b: Any, x: Any) -> Any:
    large = _has_large_powers(a, b, x)
    y, z = np.where(large, x, 0.5), np.where(large, 0.5, x)
    first = _lowered(p, z, lambda z: beta_density.inner(p - 1, q, a, b, z))
    second = _lowered(q, 1 - z, lambda u: beta_density.inner(p, q - 1, a, b, 1 - u))
    return g * np.where(large, out * ((p - (p + q) * y) / (y * (1 - y))), first - second)


gamma_density: Primitive = elementwise(
    "gamma_density", lambda p, a, x: _gamma_in_double(p, a, x),
    lambda g, out, p, a, x: g * out * _log(x),
    lambda g, out, p, a, x: -g * out * sp.psi(a),
    _gamma_rule,
    saves={"p": ("out", "x"), "a": ("out", "a"), "x": ("out", "p", "a", "x")}, analytic=False,
    samples=(
        Sample(np.array([0.0, 1.0, 2.0]), np.array(1.0), (2, 3), low=0.3, high=3),
        Sample((2,), (2,), (2,), low=(1, 1, 0.3), high=(3, 3, 3)),
        Sample((2,), (2,), (2,), low=(19, 20, 15), high=(20, 22, 25)),
    ),
    doc="""xᵖ·e⁻ˣ/Γ(a), the slope of gammainc for p = a - 1.

    Derivative: g·(p/x - 1)·out in x, for small a by lowering p; g·log(x)·out in p, 0 where x is 0;
    -g·ψ(a)·out in a.
    """,
)  # fmt: skip

beta_density: Primitive = elementwise(
    "beta_density", lambda p, q, a, b, x: _beta_in_double(p, q, a, b, x),
    lambda g, out, p, q, a, b, x: g * out * _log(x),
    lambda g, out, p, q, a, b, x: g * out * _log(1 - x),
    lambda g, out, p, q, a, b, x: g * out * polygamma_difference.inner(a, b),
    lambda g, out, p, q, a, b, x: g * out * polygamma_difference.inner(b, a),
    _beta_rule,
    saves={
        "p": ("out", "x"), "q": ("out", "x"), "a": ("out", "a", "b"), "b": ("out", "a", "b"),
        "x": ("out", "p", "q", "a", "b", "x"),
    },
    analytic=False, samples=(
        Sample(np.array([0.0, 1, 2]), np.array(1.0), np.array(1.0), np.array(2.0), (2, 3), low=0.2,
               high=0.8),
        Sample((2,), (2,), (2,), (2,), (2,), low=(1, 1, 1, 1, 0.2), high=(3, 3, 3, 3, 0.8)),
        Sample((2,), (2,), (2,), (2,), (2,), low=(20, 30, 20, 30, 0.3), high=(21, 31, 22, 32, 0.5)),
    ),
    doc="""xᵖ·(1-x)^q/B(a, b), the slope of betainc for p = a - 1 and q = b - 1.

    Derivative: g·(p/x - q/(1-x))·out in x, for small a and b by lowering p and q; g·log(x)·out in
    p, g·log(1-x)·out in q; g·(ψ(a+b) - ψ(a))·out in a, and the same in b.
    """,
)  # fmt: skip


def gamma_slope(a: Any, x: Any) -> Any:
    """The derivative of gammainc(a, x) in x, xᵃ⁻¹·e⁻ˣ/Γ(a)."""
    return gamma_density.inner(a - 1, a, x)


def beta_slope(a: Any, b: Any, x: Any) -> Any:
    """The derivative of betainc(a, b, x) in x, xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b)."""
    return beta_density.inner(a - 1, b - 1, a, b, x)
