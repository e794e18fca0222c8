"""Noncentral χ², F and t distributions and their inverses, from SciPy.

Differentiated in the argument, the probability and the noncentrality; degrees of freedom have no
derivative in closed form.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from .densities import beta_density, beta_slope, stirling
from .hypergeometric import hyp1f1
from .tails import in_chunks
from .tools import regions, scipys, wide

__all__ = [
    "chndtr", "chndtrinc", "chndtrix", "ncfdtr", "ncfdtri", "ncfdtrinc", "nctdtr", "nctdtrinc",
    "nctdtrit",
]  # fmt: skip

# -- χ² --------------------------------------------------------------------------------------------


def _chi2_density(x: Any, df: Any, nc: Any) -> Any:
    order = df / 2 - 1

    def small(x: Any, order: Any, nc: Any) -> Any:
        # Of negative orders too, whose first terms are 0.
        total: Any = 0
        for j in range(40):
            scale = sp.rgamma(order + 1 + j) / math.factorial(j)
            power = (x / 2) ** (order + j) * (nc / 2) ** float(j)
            total = total + np.where(scale == 0, 0, scale * power)
        return 0.5 * np.exp(-(x + nc) / 2) * total

    def large(x: Any, order: Any, nc: Any) -> Any:
        away = np.square(np.sqrt(x) - np.sqrt(nc)) / 2
        return 0.5 * np.exp(order / 2 * np.log(x / nc) - away) * sp.ive(order, np.sqrt(nc * x))

    return regions(x * nc < 25, small, large, x, order, nc)


_chi2_in_double = wide(_chi2_density)

chi2_density: Primitive = elementwise(
    "noncentral_chi2_density", lambda x, df, nc: _chi2_in_double(x, df, nc),
    lambda g, out, x, df, nc: 0.5 * g * (chi2_density.inner(x, df - 2, nc) - out),
    None,
    lambda g, out, x, df, nc: 0.5 * g * (chi2_density.inner(x, df + 2, nc) - out),
    saves={"x": ("out", "x", "df", "nc"), "df": (), "nc": ("out", "x", "df", "nc")},
    analytic=False, samples=(
        Sample((2, 3), np.array([1.0, 2.0, 4.5]), (3,), low=(0.4, 0, 0.2), high=(9, 0, 9)),
        Sample((2,), np.float32(3), (2,), low=(9, 0, 9), high=(12, 0, 12)),
    ),
    doc="""½·e^(-(x+nc)/2)·(x/nc)^(df/4-½)·I(df/2-1, √(nc·x)), the noncentral χ² density.

    Derivative: half of the density of df - 2 less itself in x, of df + 2 less itself in nc.
    """,
)  # fmt: skip

chndtr = scipys(
    "chndtr", lambda x, df, nc: sp.chndtr(x, df, nc),
    lambda g, out, x, df, nc: g * chi2_density.inner(x, df, nc),
    None,
    lambda g, out, x, df, nc: -g * chi2_density.inner(x, df + 2, nc),
    samples=(
        Sample((2, 3), np.array([1.0, 2.0, 4.5]), (3,), low=(0.4, 0, 0.2), high=(9, 0, 9)),
        Sample((), np.float32(3), (), low=(0.4, 0, 0.2), high=(9, 0, 9)),
    ),
    doc="""Distribution function of noncentral χ².

    Derivative: its density in x, minus that of df + 2 in nc.
    """,
)  # fmt: skip

chndtrix = scipys(
    "chndtrix", lambda p, df, nc: sp.chndtrix(p, df, nc),
    lambda g, out, p, df, nc: g / chi2_density.inner(out, df, nc),
    None,
    lambda g, out, p, df, nc: g * (
        chi2_density.inner(out, df + 2, nc) / chi2_density.inner(out, df, nc)
    ),
    saves=("out", "df", "nc"), samples=(
        Sample((2, 3), np.array([1.0, 2.0, 4.5]), (3,), low=(0.2, 0, 0.2), high=(0.8, 0, 9)),
    ),
    doc="""The x where chndtr(x, df, nc) = p. Derivative: g over the density d(df) in p, times
    d(df + 2) in nc.
    """,
)  # fmt: skip

chndtrinc = scipys(
    "chndtrinc", lambda x, df, p: sp.chndtrinc(x, df, p),
    lambda g, out, x, df, p: g * (
        chi2_density.inner(x, df, out) / chi2_density.inner(x, df + 2, out)
    ),
    None,
    lambda g, out, x, df, p: -g / chi2_density.inner(x, df + 2, out),
    saves=("out", "x", "df"), samples=(
        Sample((2, 3), np.array([1.0, 2.0, 4.5]), (3,), low=(9, 0, 0.2), high=(16, 0, 0.6)),
    ),
    doc="""The nc where chndtr(x, df, nc) = p. Derivative: -g over the density d(df + 2) in p, times
    -d(df) in x.
    """,
)  # fmt: skip

# -- F ---------------------------------------------------------------------------------------------


def _ratio_in_f(dfn: Any, dfd: Any, nc: Any, f: Any) -> Any:
    # With w = dfn·f/(dfd + dfn·f): the density of beta times e^(-nc/2)·₁F₁(a + b; a; nc·w/2).
    a, b, below = dfn / 2, dfd / 2, dfd + dfn * f
    w = dfn * f / below
    more = np.exp(-nc / 2) * hyp1f1.inner(a + b, a, nc * w / 2)
    return beta_slope(a, b, w) * (dfn / below * (dfd / below)) * more


def _ratio_in_nc(dfn: Any, dfd: Any, nc: Any, f: Any) -> Any:
    a, b = dfn / 2, dfd / 2
    w = dfn * f / (dfd + dfn * f)
    more = np.exp(-nc / 2) * hyp1f1.inner(a + b, a + 1, nc * w / 2)
    return -0.5 * (beta_density.inner(a, b, a, b, w) / a) * more


_FREEDOM = (np.array([1.0, 3.0, 5.0]), np.array(4.0))

ncfdtr = scipys(
    "ncfdtr", lambda dfn, dfd, nc, f: sp.ncfdtr(dfn, dfd, nc, f),
    None, None,
    lambda g, out, dfn, dfd, nc, f: g * _ratio_in_nc(dfn, dfd, nc, f),
    lambda g, out, dfn, dfd, nc, f: g * _ratio_in_f(dfn, dfd, nc, f),
    samples=(Sample(*_FREEDOM, (2, 3), (3,), low=(0, 0, 0.2, 0.4), high=(0, 0, 5, 4)),),
    doc="""Distribution function of noncentral F.

    Derivative: with w = dfn·f/(dfd + dfn·f), a = dfn/2 and b = dfd/2, its density in f, and
    -g·wᵃ(1-w)ᵇ/(2a·B(a, b))·e^(-nc/2)·₁F₁(a+b; a+1; nc·w/2) in nc.
    """,
)  # fmt: skip

ncfdtri = scipys(
    "ncfdtri", lambda dfn, dfd, nc, p: sp.ncfdtri(dfn, dfd, nc, p),
    None, None,
    lambda g, out, dfn, dfd, nc, p: -g * (
        _ratio_in_nc(dfn, dfd, nc, out) / _ratio_in_f(dfn, dfd, nc, out)
    ),
    lambda g, out, dfn, dfd, nc, p: g / _ratio_in_f(dfn, dfd, nc, out),
    saves=("out", "dfn", "dfd", "nc"),
    samples=(Sample(*_FREEDOM, (2, 3), (3,), low=(0, 0, 0.2, 0.2), high=(0, 0, 5, 0.8)),),
    doc="""The f where ncfdtr(dfn, dfd, nc, f) = p. Derivative: g over the density in p, times
    -∂ncfdtr/∂nc in nc.
    """,
)  # fmt: skip

ncfdtrinc = scipys(
    "ncfdtrinc", lambda dfn, dfd, p, f: sp.ncfdtrinc(dfn, dfd, p, f),
    None, None,
    lambda g, out, dfn, dfd, p, f: g / _ratio_in_nc(dfn, dfd, out, f),
    lambda g, out, dfn, dfd, p, f: -g * (
        _ratio_in_f(dfn, dfd, out, f) / _ratio_in_nc(dfn, dfd, out, f)
    ),
    saves=("out", "dfn", "dfd", "f"),
    # SciPy 1.17 finds it to five digits, too few for differences.
    samples=(Sample(*_FREEDOM, (0, 3), (3,), low=(0, 0, 0.2, 5), high=(0, 0, 0.6, 9)),),
    doc="""The nc where ncfdtr(dfn, dfd, nc, f) = p. Derivative: g/(∂ncfdtr/∂nc) in p, times minus
    the density in f.
    """,
)  # fmt: skip

# -- t ---------------------------------------------------------------------------------------------


def _moment(df: Any, nc: Any, t: Any, k: int) -> Any:
    # ∫₀^∞ sᵏ·φ(t·s - nc)·g(s) ds with g the density of √(χ²/df), by the trapezoidal rule in log(s)
    # about the peak.
    inside = (df > 0) & np.isfinite(df) & np.isfinite(nc) & np.isfinite(t)
    outside = np.where((df > 0) & np.isinf(t), 0.0, np.nan)
    df, nc, t = (np.where(inside, x, 1)[:, None] for x in (df, nc, t))
    square, mixed, power = t * t + df, t * nc, df + k
    peak = (mixed + np.sqrt(mixed * mixed + 4 * square * power)) / (2 * square)
    width = 1 / np.sqrt(square * peak * peak + power)
    left = 9 * width + 38 / power
    step = np.minimum(width / 2, 0.1)
    count = int(np.max((left + 9 * width) / step, initial=0)) + 1
    v = step * np.arange(count) - left
    s = peak * np.exp(v)
    exponent = power * (v + np.log(peak)) - df * s * s / 2 - np.square(t * s - nc) / 2
    half = df / 2
    scale = half + 0.5 * np.log(half) - _stirling_of_any(half) + math.log(2)
    total = (step * np.exp(exponent + scale)).sum(axis=1) / (2 * math.pi)
    return np.where(inside, total, outside)


def _stirling_of_any(a: Any) -> Any:
    # log Γ(a) - (a - ½)·log(a) + a - ½·log(2π), of small a too.
    direct = sp.gammaln(a) - (a - 0.5) * np.log(a) + a - 0.5 * math.log(2 * math.pi)
    return np.where(a < 16, direct, stirling(np.maximum(a, 16)))


_moment_in_double = wide(
    lambda df, nc, t, k: in_chunks(lambda df, nc, t: _moment(df, nc, t, k), df, nc, t)
)

moment: Primitive = elementwise(
    "noncentral_t_moment",
    lambda df, nc, t, *, k=0: _moment_in_double(df, nc, t, k=k),
    None,
    lambda g, out, df, nc, t, *, k: g * (t * moment.inner(df, nc, t, k=k + 1) - nc * out),
    lambda g, out, df, nc, t, *, k: g * (
        nc * moment.inner(df, nc, t, k=k + 1) - t * moment.inner(df, nc, t, k=k + 2)
    ),
    saves={"df": (), "nc": ("out", "df", "nc", "t"), "t": ("df", "nc", "t")}, analytic=False,
    samples=(
        Sample(np.array([1.0, 3.0, 30.0]), (2, 3), (3,), low=(0, -2, -3), high=(0, 2, 3)),
        Sample(np.float32(4), (2,), (2,), low=(0, -2, -3), high=(0, 2, 3), k=1),
    ),
    doc="""∫₀^∞ sᵏ·φ(t·s - nc)·g(s) ds, where g is the density of √(χ²/df).

    Derivative: g·(t·M(k+1) - nc·M(k)) in nc, g·(nc·M(k+1) - t·M(k+2)) in t.
    """,
)  # fmt: skip

nctdtr = scipys(
    "nctdtr", lambda df, nc, t: sp.nctdtr(df, nc, t),
    None,
    lambda g, out, df, nc, t: -g * moment.inner(df, nc, t),
    lambda g, out, df, nc, t: g * moment.inner(df, nc, t, k=1),
    samples=(Sample(np.array([1.0, 3.0, 30.0]), (2, 3), (3,), low=(0, -2, -3), high=(0, 2, 3)),),
    doc="""Distribution function of noncentral t, ∫₀^∞ Φ(t·s - nc)·g(s) ds.

    Derivative: -g·∫₀^∞ φ(t·s - nc)·g(s) ds in nc, g·∫₀^∞ s·φ(t·s - nc)·g(s) ds in t.
    """,
)  # fmt: skip

nctdtrit = scipys(
    "nctdtrit", lambda df, nc, p: sp.nctdtrit(df, nc, p),
    None,
    lambda g, out, df, nc, p: g * (moment.inner(df, nc, out) / moment.inner(df, nc, out, k=1)),
    lambda g, out, df, nc, p: g / moment.inner(df, nc, out, k=1),
    saves=("out", "df", "nc"),
    samples=(Sample(np.array([1.0, 3.0, 30.0]), (2, 3), (3,), low=(0, -2, 0.2), high=(0, 2, 0.8)),),
    doc="""The t where nctdtr(df, nc, t) = p. Derivative: g over the density in p, and so on.""",
)  # fmt: skip

nctdtrinc = scipys(
    "nctdtrinc", lambda df, p, t: sp.nctdtrinc(df, p, t),
    None,
    lambda g, out, df, p, t: -g / moment.inner(df, out, t),
    lambda g, out, df, p, t: g * (moment.inner(df, out, t, k=1) / moment.inner(df, out, t)),
    saves=("out", "df", "t"),
    samples=(
        Sample(np.array([1.0, 3.0, 30.0]), (2, 3), (3,), low=(0, 0.7, 0.3), high=(0, 0.8, 0.6)),
    ),
    doc="""The nc where nctdtr(df, nc, t) = p. Derivative: g/(∂nctdtr/∂nc) in p, and so on.""",
)  # fmt: skip
