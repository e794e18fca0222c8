"""Kolmogorov's and Smirnov's statistics, and Tukey's lambda distribution, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from .faddeeva import gaussian
from .information import in_lambda
from .tools import UNIT, falling, in_last, regions, slopes, smooth

__all__ = ["kolmogi", "kolmogorov", "smirnov", "smirnovi", "tklmbda"]


def _kolmogorov(x: Any, order: int) -> Any:
    # 2·Σ (-1)ᵏ⁻¹·e^(-2k²x²), or by Jacobi's identity 1 - √(2π)/x·Σ e^(-(2k-1)²π²/(8x²)).
    def right(x: Any) -> Any:
        total: Any = 0
        for k in range(1, 8):
            scale = math.sqrt(2) * k
            total = total - 2 * (-1) ** k * scale**order * gaussian(scale * x, order, -1)
        return total

    def left(x: Any) -> Any:
        y = np.where(x > 0, x, 1)
        total: Any = float(order == 0)
        for k in range(1, 6):
            c = ((2 * k - 1) * math.pi) ** 2 / 8
            powers = {-1: 1.0}
            for _ in range(order):
                lowered: dict[int, float] = {}
                for power, factor in powers.items():
                    lowered[power - 1] = lowered.get(power - 1, 0) + power * factor
                    lowered[power - 3] = lowered.get(power - 3, 0) + 2 * c * factor
                powers = lowered
            log = np.log(y)
            for power, factor in powers.items():
                total = total - math.sqrt(2 * math.pi) * factor * np.exp(power * log - c / y / y)
        return np.where(x > 0, total, float(order == 0))

    return regions(x > 0.7, right, left, x)


kolmogorov_slope = slopes(
    "kolmogorov_slope", _kolmogorov,
    samples=(Sample((2, 3), low=0.3, high=2), Sample((3,), low=0.3, high=2, order=2)),
    doc="""The derivative of kolmogorov(x) of that order.""",
)  # fmt: skip

kolmogorov = smooth(
    "kolmogorov", sp.kolmogorov, lambda g, out, x: g * kolmogorov_slope.inner(x),
    saves=("x",), samples=(Sample((2, 3), low=0.3, high=2), Sample((), low=0.3, high=2)),
    doc="""Chance that Kolmogorov's statistic exceeds x, 2·Σ (-1)ᵏ⁻¹e^(-2k²x²).

    Derivative: -8g·x·Σ (-1)ᵏ⁻¹k²e^(-2k²x²), all derivatives 0 at 0.
    """,
)  # fmt: skip

kolmogi = smooth(
    "kolmogi", sp.kolmogi, lambda g, out, x: g / kolmogorov_slope.inner(out),
    saves=("out",), samples=UNIT,
    doc="""Inverse of kolmogorov. Derivative: g over its derivative there.""",
)  # fmt: skip


def _smirnov(n: Any, x: Any, order: int) -> Any:
    # (1-x)ⁿ + x·Σ C(n, j)·(x + j/n)ʲ⁻¹·(1 - x - j/n)ⁿ⁻ʲ, j from 1 to n·(1 - x).
    inside = (x >= 0) & (x <= 1) & np.isfinite(n)
    n, x = np.where(inside, np.floor(n), 1), np.where(inside, x, 0.5)
    total = (-1) ** order * falling(n, order) * (1 - x) ** np.maximum(n - order, 0)
    for j in range(1, int(np.max(n * (1 - x), initial=0)) + 1):
        a, b = x + j / n, 1 - x - j / n
        here = b >= 0
        b = np.where(here, b, 0)
        choose = sp.gammaln(n + 1) - sp.gammaln(j + 1) - sp.gammaln(n - j + 1)

        def product(m: int, a: Any = a, b: Any = b, j: int = j, choose: Any = choose) -> Any:
            found: Any = 0
            for i in range(m + 1):
                lower = n - j - (m - i)
                factor = math.comb(m, i) * falling(j - 1, i) * falling(n - j, m - i)
                power = np.exp(choose + (j - 1 - i) * np.log(a) + sp.xlogy(np.maximum(lower, 0), b))
                found = found + (-1) ** (m - i) * np.where(lower >= 0, factor * power, 0)
            return found

        term = x * product(order) + (order * product(order - 1) if order else 0)
        total = total + np.where(here, term, 0)
    return np.where(inside, total, np.nan)


_SIMPLE_COUNTS = (
    Sample(np.array([1.0, 3.0, 10.0]), (2, 3), low=0.05, high=0.3),
    Sample(np.float32(5), (), low=0.05, high=0.15),
)  # fmt: skip

smirnov_slope = slopes(
    "smirnov_slope", _smirnov, others=(None,), samples=_SIMPLE_COUNTS,
    doc="""The derivative of smirnov(n, x) in x of that order, a sum of n terms.""",
)  # fmt: skip

smirnov = in_last(
    "smirnov", lambda n, d: sp.smirnov(n, d), lambda g, out, n, d: g * smirnov_slope.inner(n, d),
    samples=_SIMPLE_COUNTS,
    doc="""Chance that Smirnov's one-sided statistic of n draws exceeds d.

    Derivative: that of (1-d)ⁿ + d·Σ C(n, j)·(d + j/n)ʲ⁻¹·(1 - d - j/n)ⁿ⁻ʲ, j ≤ n·(1-d).
    """,
)  # fmt: skip

smirnovi = in_last(
    "smirnovi", lambda n, p: sp.smirnovi(n, p),
    lambda g, out, n, p: g / smirnov_slope.inner(n, out),
    saves=("out", "n"), samples=(Sample(np.float32(2), (), low=0.1, high=0.9),),
    doc="""The d where smirnov(n, d) = p. Derivative: g over its derivative there.""",
)  # fmt: skip

# -- Tukey's lambda ------------------------------------------------------------------------------


def _spread(p: Any, q: Any, lmbda: Any) -> Any:
    # The slope of the quantile function; outside the support, where p is 0 or 1, it is no matter.
    return np.power(p, lmbda - 1) + np.power(q, lmbda - 1)


def _tukey(x: Any, lmbda: Any, out: Any, rule: Any) -> Any:
    # The complement by symmetry, which keeps its digits.
    q = tklmbda.inner(-x, lmbda)
    outside = (out <= 0) | (q <= 0)
    p, q = np.where(outside, 0.5, out), np.where(outside, 0.5, q)
    return np.where(outside, 0, rule(p, q) / _spread(p, q, lmbda))


tklmbda = smooth(
    "tklmbda", sp.tklmbda,
    lambda g, out, x, y: g * _tukey(x, y, out, lambda p, q: 1),
    lambda g, out, x, y: g * _tukey(
        x, y, out, lambda p, q: in_lambda(np.log(q), y) - in_lambda(np.log(p), y)
    ),
    saves=("out", "x", "y"), samples=(
        Sample((2, 3), (3,), low=(-0.9, -1), high=(0.9, 1)), Sample((), (2,), low=-0.9, high=0.9),
        Sample((3,), (3,), low=(-0.9, -0.01), high=(0.9, 0.01)),
    ),
    doc="""Distribution function of Tukey's lambda, whose quantiles are (pᵞ - (1-p)ᵞ)/γ, γ = y.

    Derivative: g/(pᵞ⁻¹ + (1-p)ᵞ⁻¹) in x, 0 outside the support; in γ exact at 0 too.
    """,
)  # fmt: skip
