"""Distribution functions of statistics and their inverses, from SciPy.

Differentiated in the argument, in the probability, and in the parameters that only scale the
argument; those that are shapes (degrees of freedom, counts) have no derivative in closed form.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..op import Sample
from ..primitive import Primitive, elementwise
from .faddeeva import gaussian
from .incomplete import beta_slope, gamma_slope
from .information import in_lambda
from .special_tools import UNIT, falling, in_last, partly, regions, slopes, smooth, weak, wide

__all__ = [
    "bdtr", "bdtrc", "bdtri", "chdtr", "chdtrc", "chdtri", "fdtr", "fdtrc", "fdtri", "gdtr",
    "gdtrc", "gdtria", "gdtrix", "kolmogi", "kolmogorov", "nbdtr", "nbdtrc", "nbdtri", "pdtr",
    "pdtrc", "pdtri", "smirnov", "smirnovi", "stdtr", "stdtrit", "tklmbda",
]  # fmt: skip

# -- counts: binomial, negative binomial, Poisson ------------------------------------------------

_COUNTS = (
    Sample(np.array([1.0, 2.0]), np.array(6), (2, 2), low=0.2, high=0.8),
    Sample(np.array(2), np.array(5), (), low=0.2, high=0.8),
)  # fmt: skip
_RATES = (
    Sample(np.array([0.0, 1.0, 4.0]), (2, 3), low=0.4, high=6),
    Sample(np.float32(2), (), low=0.4, high=6),
)  # fmt: skip
_CHANCES = (
    Sample(np.array([0.0, 1.0, 4.0]), (2, 3), low=0.1, high=0.9),
    Sample(np.float32(2), (), low=0.1, high=0.9),
)  # fmt: skip


def _of_trials(ufunc: Any) -> Any:
    # SciPy warns of a number of trials that is not of an integer dtype; no more than k and p
    # shall it decide the dtype of the result.
    def forward(k: Any, n: Any, p: Any) -> Any:
        if type(n) is not int:
            return ufunc(k, n, p)
        return ufunc(k, np.int64(n), p).astype(np.result_type(k, p, np.float32))

    return forward


def _trials(k: Any, n: Any, p: Any) -> Any:
    # SciPy rounds k down; more than k successes of n: I(k+1, n-k; p).
    return beta_slope(np.floor(k) + 1, n - np.floor(k), p)


def _failures(k: Any, n: Any, p: Any) -> Any:
    return beta_slope(n, np.floor(k) + 1, p)


bdtr = in_last(
    "bdtr", lambda k, n, p: sp.bdtr(k, n, p), lambda g, out, k, n, p: -g * _trials(k, n, p),
    samples=_COUNTS, forward=_of_trials(sp.bdtr),
    doc="""Chance of at most k successes in n trials. Derivative: -g·pᵏ(1-p)ⁿ⁻ᵏ⁻¹/B(k+1, n-k).""",
)  # fmt: skip

bdtrc = in_last(
    "bdtrc", lambda k, n, p: sp.bdtrc(k, n, p), lambda g, out, k, n, p: g * _trials(k, n, p),
    samples=_COUNTS, forward=_of_trials(sp.bdtrc),
    doc="""Chance of more than k successes in n trials. Derivative: g·pᵏ(1-p)ⁿ⁻ᵏ⁻¹/B(k+1, n-k).""",
)  # fmt: skip

bdtri = in_last(
    "bdtri", lambda k, n, y: sp.bdtri(k, n, y), lambda g, out, k, n, y: -g / _trials(k, n, out),
    saves=("out", "k", "n"), samples=_COUNTS, forward=_of_trials(sp.bdtri),
    doc="""The p where bdtr(k, n, p) = y. Derivative: -g·B(k+1, n-k)/(pᵏ(1-p)ⁿ⁻ᵏ⁻¹).""",
)  # fmt: skip

nbdtr = in_last(
    "nbdtr", lambda k, n, p: sp.nbdtr(k, n, p), lambda g, out, k, n, p: g * _failures(k, n, p),
    samples=_COUNTS,
    doc="""Chance of at most k failures before the nth success.

    Derivative: g·pⁿ⁻¹(1-p)ᵏ/B(n, k+1).
    """,
)  # fmt: skip

nbdtrc = in_last(
    "nbdtrc", lambda k, n, p: sp.nbdtrc(k, n, p), lambda g, out, k, n, p: -g * _failures(k, n, p),
    samples=_COUNTS,
    doc="""Chance of more than k failures before the nth success.

    Derivative: -g·pⁿ⁻¹(1-p)ᵏ/B(n, k+1).
    """,
)  # fmt: skip

nbdtri = in_last(
    "nbdtri", lambda k, n, y: sp.nbdtri(k, n, y), lambda g, out, k, n, y: g / _failures(k, n, out),
    saves=("out", "k", "n"), samples=_COUNTS,
    doc="""The p where nbdtr(k, n, p) = y. Derivative: g·B(n, k+1)/(pⁿ⁻¹(1-p)ᵏ).""",
)  # fmt: skip

pdtr = in_last(
    "pdtr", lambda k, m: sp.pdtr(k, m), lambda g, out, k, m: -g * gamma_slope(np.floor(k) + 1, m),
    samples=_RATES,
    doc="""Chance of at most k events of a Poisson process of mean m. Derivative: -g·mᵏe⁻ᵐ/k!.""",
)  # fmt: skip

pdtrc = in_last(
    "pdtrc", lambda k, m: sp.pdtrc(k, m), lambda g, out, k, m: g * gamma_slope(np.floor(k) + 1, m),
    samples=_RATES,
    doc="""Chance of more than k events of a Poisson process of mean m. Derivative: g·mᵏe⁻ᵐ/k!.""",
)  # fmt: skip

pdtri = in_last(
    "pdtri", lambda k, y: sp.pdtri(k, y), lambda g, out, k, y: -g / gamma_slope(
        np.floor(k) + 1, out
    ),
    saves=("out", "k"), samples=_CHANCES,
    doc="""The m where pdtr(k, m) = y. Derivative: -g·k!·eᵐ/mᵏ.""",
)  # fmt: skip

# -- χ², F, gamma, Student's t -------------------------------------------------------------------

_FREEDOM = (
    Sample(np.array([1.0, 2.0, 4.5]), (2, 3), low=0.4, high=6),
    Sample(np.float32(3), (), low=0.4, high=6),
)  # fmt: skip
_FREE_CHANCES = tuple(Sample(*s.inputs, low=0.1, high=0.9) for s in _FREEDOM)


def _chi2(v: Any, x: Any) -> Any:
    return 0.5 * gamma_slope(v / 2, x / 2)


chdtr = in_last(
    "chdtr", lambda v, x: sp.chdtr(v, x), lambda g, out, v, x: g * _chi2(v, x),
    samples=_FREEDOM,
    doc="""Distribution function of χ² with v degrees of freedom.

    Derivative: g·(x/2)^(v/2-1)·e^(-x/2)/(2Γ(v/2)) in x.
    """,
)  # fmt: skip

chdtrc = in_last(
    "chdtrc", lambda v, x: sp.chdtrc(v, x), lambda g, out, v, x: -g * _chi2(v, x),
    samples=_FREEDOM,
    doc="""1 - chdtr(v, x). Derivative: -g·(x/2)^(v/2-1)·e^(-x/2)/(2Γ(v/2)) in x.""",
)  # fmt: skip

chdtri = in_last(
    "chdtri", lambda v, p: sp.chdtri(v, p), lambda g, out, v, p: -g / _chi2(v, out),
    saves=("out", "v"), samples=_FREE_CHANCES,
    doc="""The x where chdtrc(v, x) = p. Derivative: -g·2Γ(v/2)·(x/2)^(1-v/2)·e^(x/2) in p.""",
)  # fmt: skip


def _ratio_slope(dfn: Any, dfd: Any, x: Any) -> Any:
    # fdtr is I(dfn/2, dfd/2; w) of w = dfn·x/(dfd + dfn·x). Near 1 by 1 - w, which keeps digits.
    below = dfd + dfn * x
    small = dfn * x < dfd
    a, b = np.where(small, dfn, dfd) / 2, np.where(small, dfd, dfn) / 2
    return beta_slope(a, b, np.where(small, dfn * x, dfd) / below) * (dfn / below * (dfd / below))


_RATIOS = (
    Sample(np.array([1.0, 2.0, 5.0]), np.array(4.0), (2, 3), low=0.3, high=4),
    Sample(np.float32(3), np.float32(6), (), low=0.3, high=4),
)  # fmt: skip

fdtr = in_last(
    "fdtr", lambda dfn, dfd, x: sp.fdtr(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: g * _ratio_slope(dfn, dfd, x),
    samples=_RATIOS,
    doc="""Distribution function of F with dfn and dfd degrees of freedom.

    Derivative: g·wᵃ⁻¹(1-w)ᵇ⁻¹/B(a, b)·w' in x; a = dfn/2, b = dfd/2, w = dfn·x/(dfd + dfn·x).
    """,
)  # fmt: skip

fdtrc = in_last(
    "fdtrc", lambda dfn, dfd, x: sp.fdtrc(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: -g * _ratio_slope(dfn, dfd, x),
    samples=_RATIOS,
    doc="""1 - fdtr(dfn, dfd, x). Derivative: minus that of fdtr in x.""",
)  # fmt: skip

fdtri = in_last(
    "fdtri", lambda dfn, dfd, p: sp.fdtri(dfn, dfd, p),
    lambda g, out, dfn, dfd, p: g / _ratio_slope(dfn, dfd, out),
    saves=("out", "dfn", "dfd"),
    samples=tuple(Sample(*s.inputs, low=0.1, high=0.9) for s in _RATIOS),
    doc="""The x where fdtr(dfn, dfd, x) = p. Derivative: g over that of fdtr, in p.""",
)  # fmt: skip

_SCALED = (
    Sample((2, 3), np.array([1.0, 2.0, 3.5]), (3,), low=(0.5, 0, 0.4), high=(2, 0, 4)),
    Sample((), np.float32(2), (), low=(0.5, 0, 0.4), high=(2, 0, 4)),
)  # fmt: skip
_gdtr, _gdtrc = weak(sp.gdtr), weak(sp.gdtrc)
_gdtrix, _gdtria = weak(sp.gdtrix), weak(sp.gdtria)

gdtr = partly(
    elementwise(
        "gdtr", lambda a, b, x: _gdtr(a, b, x),
        lambda g, out, a, b, x: g * x * gamma_slope(b, a * x),
        None,
        lambda g, out, a, b, x: g * a * gamma_slope(b, a * x),
        saves={"a": ("a", "b", "x"), "b": (), "x": ("a", "b", "x")}, analytic=False,
        samples=_SCALED,
        doc="""Distribution function of the gamma distribution of rate a and shape b, P(b, a·x).

        Derivative: with d = (a·x)ᵇ⁻¹e⁻ᵃˣ/Γ(b), g·x·d in a and g·a·d in x.
        """,
    ),
    sp.gdtr, without=("b",),
)  # fmt: skip

gdtrc = partly(
    elementwise(
        "gdtrc", lambda a, b, x: _gdtrc(a, b, x),
        lambda g, out, a, b, x: -g * x * gamma_slope(b, a * x),
        None,
        lambda g, out, a, b, x: -g * a * gamma_slope(b, a * x),
        saves={"a": ("a", "b", "x"), "b": (), "x": ("a", "b", "x")}, analytic=False,
        samples=_SCALED,
        doc="""1 - gdtr(a, b, x). Derivative: with d = (a·x)ᵇ⁻¹e⁻ᵃˣ/Γ(b), -g·x·d and -g·a·d.""",
    ),
    sp.gdtrc, without=("b",),
)  # fmt: skip

gdtrix = partly(
    elementwise(
        "gdtrix", lambda a, b, p: _gdtrix(a, b, p),
        lambda g, out, a, b, p: -g * out / a,
        None,
        lambda g, out, a, b, p: g / (a * gamma_slope(b, a * out)),
        saves={"a": ("out", "a"), "b": (), "p": ("out", "a", "b")}, analytic=False,
        samples=tuple(
            Sample(*s.inputs, low=(0.5, 0, 0.1), high=(2, 0, 0.9)) for s in _SCALED
        ),
        doc="""The x where gdtr(a, b, x) = p. Derivative: -g·x/a in a, g over gdtr's slope in p.""",
    ),
    sp.gdtrix, without=("b",),
)  # fmt: skip

gdtria = partly(
    elementwise(
        "gdtria", lambda p, b, x: _gdtria(p, b, x),
        lambda g, out, p, b, x: g / (x * gamma_slope(b, out * x)),
        None,
        lambda g, out, p, b, x: -g * out / x,
        saves={"p": ("out", "b", "x"), "b": (), "x": ("out", "x")}, analytic=False,
        samples=tuple(
            Sample(*s.inputs, low=(0.1, 0, 0.5), high=(0.9, 0, 2)) for s in _SCALED
        ),
        doc="""The a where gdtr(a, b, x) = p. Derivative: g over gdtr's slope in p, -g·a/x in x.""",
    ),
    sp.gdtria, without=("b",),
)  # fmt: skip


def _student(df: Any, t: Any, raised: int) -> Any:
    # Beyond this many degrees of freedom it is normal to the last digit; inf would be 0·inf.
    df = np.minimum(df, 1e300)
    s = np.abs(t) / np.sqrt(df)
    log = regions(s < 1e8, lambda s: np.log1p(s * s), lambda s: 2 * np.log(s), s)
    exponent = -((df + 1) / 2 + raised) * log - sp.betaln(0.5, df / 2)
    return np.exp(exponent) / np.sqrt(df)


_student_in_double = wide(_student)


def _student_rule(g: Any, out: Any, df: Any, t: Any, *, raised: int) -> Any:
    by = -(1 + (1 + 2 * raised) / df) * np.where(np.isinf(t), 0, t)
    return g * by * student_density.inner(df, t, raised=raised + 1)


student_density: Primitive = elementwise(
    "student_density", lambda df, t, *, raised=0: _student_in_double(df, t, raised=raised),
    None, _student_rule,
    saves={"df": (), "t": ("df", "t")}, analytic=False, samples=(
        Sample(np.array([1.0, 2.5, 30.0]), (2, 3), low=-3, high=3),
        Sample(np.float32(4), (2,), low=-3, high=3, raised=1),
    ),
    doc="""Density of Student's t, times (1 + t²/df)^-raised.

    Derivative: -g·t·(1 + (1 + 2·raised)/df)·(raised by one more).
    """,
)  # fmt: skip

stdtr = in_last(
    "stdtr", lambda df, t: sp.stdtr(df, t), lambda g, out, df, t: g * student_density.inner(df, t),
    samples=(
        Sample(np.array([1.0, 2.5, 30.0]), (2, 3), low=-3, high=3),
        Sample(np.float32(4), (), low=-3, high=3),
    ),
    doc="""Distribution function of Student's t with df degrees of freedom.

    Derivative: g·(1 + t²/df)^(-(df+1)/2)/(√df·B(½, df/2)) in t.
    """,
)  # fmt: skip

stdtrit = in_last(
    "stdtrit", lambda df, p: sp.stdtrit(df, p),
    lambda g, out, df, p: g / student_density.inner(df, out),
    saves=("out", "df"), samples=_FREE_CHANCES,
    doc="""The t where stdtr(df, t) = p. Derivative: g over the density, in p.""",
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

# -- Kolmogorov and Smirnov ----------------------------------------------------------------------


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
    n = np.floor(n)
    total = (-1) ** order * falling(n, order) * (1 - x) ** np.maximum(n - order, 0)
    for j in range(1, int(np.max(n * (1 - x), initial=0)) + 1):
        a, b = x + j / n, 1 - x - j / n
        inside = b >= 0
        b = np.where(inside, b, 0)
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
        total = total + np.where(inside, term, 0)
    return np.where((x >= 0) & (x <= 1), total, np.nan)


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
    saves=("out", "n"), samples=_CHANCES[1:],
    doc="""The d where smirnov(n, d) = p. Derivative: g over its derivative there.""",
)  # fmt: skip
