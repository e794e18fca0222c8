"""Distribution functions and their inverses, from SciPy: χ², F, gamma, Student's t.

They are incomplete gamma and beta functions, and differentiated in all their inputs as those are.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from ...protocols import plain
from .betas import polygamma_difference
from .densities import gamma_slope
from .tails import gamma_tail, split_beta
from .tools import free, regions, scipys, wide

__all__ = [
    "chdtr", "chdtrc", "chdtri", "chdtriv", "fdtr", "fdtrc", "fdtri", "fdtridfd", "gdtr", "gdtrc",
    "gdtria", "gdtrib", "gdtrix", "stdtr", "stdtridf", "stdtrit",
]  # fmt: skip

# -- χ² --------------------------------------------------------------------------------------------

_FREEDOM = (
    Sample(np.array([1.0, 2.0, 4.5]), (2, 3), low=0.4, high=6),
    Sample((2,), (2,), low=(1, 0.4), high=(6, 6)), Sample((), (), low=0.4, high=6),
)  # fmt: skip
_FREE_CHANCES = (
    Sample(np.array([1.0, 2.0, 4.5]), (2, 3), low=0.1, high=0.9),
    Sample((2,), (2,), low=(1, 0.1), high=(6, 0.9)), Sample((), (), low=0.5, high=0.9),
)  # fmt: skip


def _chi2_in_v(v: Any, x: Any) -> Any:
    return 0.5 * gamma_tail.inner(v / 2, x / 2)


def _chi2_in_x(v: Any, x: Any) -> Any:
    return 0.5 * gamma_slope(v / 2, x / 2)


chdtr = scipys(
    "chdtr", lambda v, x: sp.chdtr(v, x),
    lambda g, out, v, x: g * _chi2_in_v(v, x),
    lambda g, out, v, x: g * _chi2_in_x(v, x),
    samples=_FREEDOM,
    doc="""Distribution function of χ² with v degrees of freedom.

    Derivative: g·(x/2)^(v/2-1)·e^(-x/2)/(2Γ(v/2)) in x, by quadrature in v.
    """,
)  # fmt: skip

chdtrc = scipys(
    "chdtrc", lambda v, x: sp.chdtrc(v, x),
    lambda g, out, v, x: -g * _chi2_in_v(v, x),
    lambda g, out, v, x: -g * _chi2_in_x(v, x),
    samples=_FREEDOM,
    doc="""1 - chdtr(v, x). Derivative: minus that of chdtr.""",
)  # fmt: skip

chdtri = scipys(
    "chdtri", lambda v, p: sp.chdtri(v, p),
    lambda g, out, v, p: -g * _chi2_in_v(v, out) / _chi2_in_x(v, out),
    lambda g, out, v, p: -g / _chi2_in_x(v, out),
    saves=("out", "v"), samples=_FREE_CHANCES,
    doc="""The x where chdtrc(v, x) = p. Derivative: -g/(∂chdtr/∂x) in p, times ∂chdtr/∂v in v.""",
)  # fmt: skip

chdtriv = scipys(
    "chdtriv", lambda p, x: sp.chdtriv(p, x),
    lambda g, out, p, x: g / _chi2_in_v(out, x),
    lambda g, out, p, x: -g * _chi2_in_x(out, x) / _chi2_in_v(out, x),
    saves=("out", "x"), samples=(Sample((2, 3), (3,), low=(0.2, 1), high=(0.8, 6)),),
    doc="""The v where chdtr(v, x) = p. Derivative: g/(∂chdtr/∂v) in p, times -∂chdtr/∂x in x.""",
)  # fmt: skip

# -- F ---------------------------------------------------------------------------------------------


def _ratio_in_n(n: Any, d: Any, x: Any) -> Any:
    # fdtr is I(n/2, d/2; w) of w = n·x/(d + n·x).
    found = split_beta(n / 2, d / 2, n * x, d)
    below = d + n * x
    return 0.5 * found.in_a + found.slope * (x / below * (d / below))


def _ratio_in_d(n: Any, d: Any, x: Any) -> Any:
    found = split_beta(n / 2, d / 2, n * x, d)
    below = d + n * x
    return 0.5 * found.in_b - found.slope * (n / below * (x / below))


def _ratio_in_x(n: Any, d: Any, x: Any) -> Any:
    below = d + n * x
    return split_beta(n / 2, d / 2, n * x, d).slope * (n / below * (d / below))


_RATIOS = (
    Sample(np.array([1.0, 2.0, 5.0]), np.array(4.0), (2, 3), low=0.3, high=4),
    Sample((2,), (2,), (2,), low=(1, 1, 0.3), high=(6, 6, 4)),
)  # fmt: skip
_RATIO_CHANCES = (
    Sample(np.array([1.0, 2.0, 5.0]), np.array(4.0), (2, 3), low=0.1, high=0.9),
    Sample((2,), (2,), (2,), low=(1, 1, 0.1), high=(6, 6, 0.9)),
)  # fmt: skip

fdtr = scipys(
    "fdtr", lambda dfn, dfd, x: sp.fdtr(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: g * _ratio_in_n(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: g * _ratio_in_d(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: g * _ratio_in_x(dfn, dfd, x),
    samples=_RATIOS,
    doc="""Distribution function of F with dfn and dfd degrees of freedom.

    Derivative: g·wᵃ⁻¹(1-w)ᵇ⁻¹/B(a, b)·w' in x; a = dfn/2, b = dfd/2, w = dfn·x/(dfd + dfn·x); by
    quadrature in dfn and dfd.
    """,
)  # fmt: skip

fdtrc = scipys(
    "fdtrc", lambda dfn, dfd, x: sp.fdtrc(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: -g * _ratio_in_n(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: -g * _ratio_in_d(dfn, dfd, x),
    lambda g, out, dfn, dfd, x: -g * _ratio_in_x(dfn, dfd, x),
    samples=_RATIOS,
    doc="""1 - fdtr(dfn, dfd, x). Derivative: minus that of fdtr.""",
)  # fmt: skip

fdtri = scipys(
    "fdtri", lambda dfn, dfd, p: sp.fdtri(dfn, dfd, p),
    lambda g, out, dfn, dfd, p: -g * _ratio_in_n(dfn, dfd, out) / _ratio_in_x(dfn, dfd, out),
    lambda g, out, dfn, dfd, p: -g * _ratio_in_d(dfn, dfd, out) / _ratio_in_x(dfn, dfd, out),
    lambda g, out, dfn, dfd, p: g / _ratio_in_x(dfn, dfd, out),
    saves=("out", "dfn", "dfd"), samples=_RATIO_CHANCES,
    doc="""The x where fdtr(dfn, dfd, x) = p. Derivative: g/(∂fdtr/∂x) in p, and so on.""",
)  # fmt: skip

fdtridfd = scipys(
    "fdtridfd", lambda dfn, p, x: sp.fdtridfd(dfn, p, x),
    lambda g, out, dfn, p, x: -free(g, out) * _ratio_in_n(dfn, out, x) / _ratio_in_d(dfn, out, x),
    lambda g, out, dfn, p, x: free(g, out) / _ratio_in_d(dfn, out, x),
    lambda g, out, dfn, p, x: -free(g, out) * _ratio_in_x(dfn, out, x) / _ratio_in_d(dfn, out, x),
    saves=("out", "dfn", "x"),
    samples=(Sample((2,), (2,), (2,), low=(2, 0.85, 3), high=(4, 0.9, 4)),),
    doc="""The dfd where fdtr(dfn, dfd, x) = p. Derivative: g/(∂fdtr/∂dfd) in p, and so on.""",
)  # fmt: skip

# -- gamma -----------------------------------------------------------------------------------------

_SCALED = (
    Sample((2, 3), np.array([1.0, 2.0, 3.5]), (3,), low=(0.5, 0, 0.4), high=(2, 0, 4)),
    Sample((2,), (2,), (2,), low=(0.5, 0.5, 0.4), high=(2, 3, 4)),
)  # fmt: skip

gdtr = scipys(
    "gdtr", lambda a, b, x: sp.gdtr(a, b, x),
    lambda g, out, a, b, x: g * x * gamma_slope(b, a * x),
    lambda g, out, a, b, x: g * gamma_tail.inner(b, a * x),
    lambda g, out, a, b, x: g * a * gamma_slope(b, a * x),
    samples=_SCALED,
    doc="""Distribution function of the gamma distribution of rate a and shape b, P(b, a·x).

    Derivative: with d = (a·x)ᵇ⁻¹e⁻ᵃˣ/Γ(b), g·x·d in a and g·a·d in x; by quadrature in b.
    """,
)  # fmt: skip

gdtrc = scipys(
    "gdtrc", lambda a, b, x: sp.gdtrc(a, b, x),
    lambda g, out, a, b, x: -g * x * gamma_slope(b, a * x),
    lambda g, out, a, b, x: -g * gamma_tail.inner(b, a * x),
    lambda g, out, a, b, x: -g * a * gamma_slope(b, a * x),
    samples=_SCALED,
    doc="""1 - gdtr(a, b, x). Derivative: minus that of gdtr.""",
)  # fmt: skip

gdtrix = scipys(
    "gdtrix", lambda a, b, p: sp.gdtrix(a, b, p),
    lambda g, out, a, b, p: -g * out / a,
    lambda g, out, a, b, p: -g * gamma_tail.inner(b, a * out) / (a * gamma_slope(b, a * out)),
    lambda g, out, a, b, p: g / (a * gamma_slope(b, a * out)),
    saves=("out", "a", "b"),
    samples=(Sample((2,), (2,), (2,), low=(0.5, 0.5, 0.1), high=(2, 3, 0.9)),),
    doc="""The x where gdtr(a, b, x) = p. Derivative: -g·x/a in a, g over gdtr's slope in p.""",
)  # fmt: skip

gdtria = scipys(
    "gdtria", lambda p, b, x: sp.gdtria(p, b, x),
    lambda g, out, p, b, x: g / (x * gamma_slope(b, out * x)),
    lambda g, out, p, b, x: -g * gamma_tail.inner(b, out * x) / (x * gamma_slope(b, out * x)),
    lambda g, out, p, b, x: -g * out / x,
    saves=("out", "b", "x"),
    samples=(Sample((2,), (2,), (2,), low=(0.1, 0.5, 0.5), high=(0.9, 3, 2)),),
    doc="""The a where gdtr(a, b, x) = p. Derivative: g over gdtr's slope in p, -g·a/x in x.""",
)  # fmt: skip

gdtrib = scipys(
    "gdtrib", lambda a, p, x: sp.gdtrib(a, p, x),
    lambda g, out, a, p, x: -g * x * gamma_slope(out, a * x) / gamma_tail.inner(out, a * x),
    lambda g, out, a, p, x: g / gamma_tail.inner(out, a * x),
    lambda g, out, a, p, x: -g * a * gamma_slope(out, a * x) / gamma_tail.inner(out, a * x),
    saves=("out", "a", "x"),
    samples=(Sample((2,), (2,), (2,), low=(0.5, 0.2, 0.5), high=(2, 0.8, 2)),),
    doc="""The b where gdtr(a, b, x) = p. Derivative: g/(∂gdtr/∂b) in p, and so on.""",
)  # fmt: skip

# -- Student's t -----------------------------------------------------------------------------------


def _student(df: Any, t: Any, raised: int) -> Any:
    # Beyond this many degrees of freedom it is normal to the last digit; inf would be 0·inf.
    df = np.minimum(df, 1e300)
    s = np.abs(t) / np.sqrt(df)
    log = regions(s < 1e8, lambda s: np.log1p(s * s), lambda s: 2 * np.log(s), s)
    exponent = -((df + 1) / 2 + raised) * log - sp.betaln(0.5, df / 2)
    return np.exp(exponent) / np.sqrt(df)


_student_in_double = wide(_student)


def _student_in_t(g: Any, out: Any, df: Any, t: Any, *, raised: int) -> Any:
    by = -(1 + (1 + 2 * raised) / df) * np.where(np.isinf(t), 0, t)
    return g * by * student_density.inner(df, t, raised=raised + 1)


def _student_in_df(g: Any, out: Any, df: Any, t: Any, *, raised: int) -> Any:
    square = t * t / df
    by = 0.5 * (polygamma_difference.inner(df / 2, 0.5) - 1 / df - np.log1p(square))
    return g * out * (by + ((df + 1) / 2 + raised) * (square / (1 + square)) / df)


student_density: Primitive = elementwise(
    "student_density", lambda df, t, *, raised=0: _student_in_double(df, t, raised=raised),
    _student_in_df, _student_in_t,
    saves={"df": ("out", "df", "t"), "t": ("df", "t")}, analytic=False, samples=(
        Sample(np.array([1.0, 2.5, 30.0]), (2, 3), low=-3, high=3),
        Sample((2,), (2,), low=(1, -3), high=(9, 3), raised=1),
    ),
    doc="""Density of Student's t, times (1 + t²/df)^-raised.

    Derivative: -g·t·(1 + (1 + 2·raised)/df)·(raised by one more) in t; of its logarithm in df.
    """,
)  # fmt: skip


# stdtr = Φ(t) - φ(t)·Σ pₖ(t)/dfᵏ, k from 1, by Fisher, "Expansion of Student's integral in powers
# of 1/n" (1925): pₖ(t)/t by powers of t², here each from its largest.
_FISHER = (
    (1 / 4, 1 / 4),
    (1 / 32, -7 / 96, -5 / 96, -1 / 32),
    (1 / 384, -11 / 384, 7 / 192, 1 / 64, -1 / 128, -5 / 128),
    (1 / 6144, -25 / 6144, 445 / 18432, -2141 / 92160, -313 / 30720, -71 / 30720, 61 / 6144,
     21 / 2048),
    (1 / 122880, -133 / 368640, 49 / 10240, -1879 / 92160, 333 / 20480, 83 / 12288, 19 / 6144,
     1 / 2048, 119 / 8192, 399 / 8192),
    (1 / 2949120, -23 / 983040, 107 / 196608, -135149 / 26542080, 231253 / 13271040,
     -75113 / 6193152, -146047 / 30965760, -12805 / 6193152, 1949 / 1376256, 137 / 196608,
     -2465 / 196608, -869 / 65536),
)  # fmt: skip


def _nearly_normal(df: Any, t: Any) -> Any:
    """∂stdtr/∂df where t⁴ is small beside df."""
    t = np.clip(t, -40, 40)  # beyond which φ is 0
    square, by, total = t * t, 1 / df, 0
    for k, coefficients in reversed(list(enumerate(_FISHER, 1))):
        term = 0
        for c in coefficients:
            term = term * square + c
        total = (total + k * term) * by
    return np.exp(-square / 2) / math.sqrt(2 * math.pi) * t * total * by


def _student_tail(df: Any, t: Any) -> Any:
    v, x = plain(df), plain(t)
    far = np.isinf(x) | ((v > 1000) & (x**4 < 0.2 * v))
    if not np.any(far):
        return _by_quadrature(df, t)
    near = _by_quadrature(np.where(far, 1, df), np.where(far, 1, t))
    return np.where(far, _nearly_normal(np.where(far, df, 1e4), np.where(far, t, 1)), near)


def _by_quadrature(df: Any, t: Any) -> Any:
    # Above 0 stdtr is 1 - ½·I(df/2, ½; z) of z = df/(df + t²), below 0 its mirror image.
    square = np.where(t == 0, 1, t * t)
    found = split_beta(df / 2, 0.5, df, square)
    below = df + square
    return -0.5 * np.sign(t) * (0.5 * found.in_a + found.slope * (square / below / below))


_QUANTILES = (
    Sample(np.array([1.0, 2.5, 30.0]), (2, 3), low=-3, high=3),
    Sample((2,), (2,), low=(1, -3), high=(9, 3)), Sample((), (), low=0.4, high=3),
)  # fmt: skip

stdtr = scipys(
    "stdtr", lambda df, t: sp.stdtr(df, t),
    lambda g, out, df, t: g * _student_tail(df, t),
    lambda g, out, df, t: g * student_density.inner(df, t),
    samples=_QUANTILES,
    doc="""Distribution function of Student's t with df degrees of freedom.

    Derivative: g·(1 + t²/df)^(-(df+1)/2)/(√df·B(½, df/2)) in t, by quadrature in df,
    and by Fisher's expansion where that is large.
    """,
)  # fmt: skip

stdtrit = scipys(
    "stdtrit", lambda df, p: sp.stdtrit(df, p),
    lambda g, out, df, p: -g * _student_tail(df, out) / student_density.inner(df, out),
    lambda g, out, df, p: g / student_density.inner(df, out),
    saves=("out", "df"), samples=_FREE_CHANCES,
    doc="""The t where stdtr(df, t) = p. Derivative: g over the density in p, times -∂stdtr/∂df.""",
)  # fmt: skip

stdtridf = scipys(
    "stdtridf", lambda p, t: sp.stdtridf(p, t),
    lambda g, out, p, t: free(g, out, 1e10) / _student_tail(out, t),
    lambda g, out, p, t: (
        -free(g, out, 1e10) * student_density.inner(out, t) / _student_tail(out, t)
    ),
    saves=("out", "t"), samples=(Sample((2, 3), (3,), low=(0.8, 1.4), high=(0.85, 1.5)),),
    doc="""The df where stdtr(df, t) = p. Derivative: g/(∂stdtr/∂df) in p, and so on.""",
)  # fmt: skip
