"""Error functions, the normal and the logistic distribution, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import NUMPY, Sample
from ...primitive import elementwise
from ..activation import erf as erf, erfc as erfc, log_sigmoid, sigmoid
from .faddeeva import erfcx_slope
from .tools import SMALL, UNIT, slopes, smooth, weak

__all__ = [
    "erf", "erfc", "erfcinv", "erfinv", "expit", "log_expit", "log_ndtr", "logit", "ndtr", "ndtri",
    "ndtri_exp", "nrdtrimn", "nrdtrisd", "owens_t",
]  # fmt: skip

expit, log_expit = sigmoid, log_sigmoid
NUMPY[sp.erf] = erf
NUMPY[sp.erfc] = erfc
NUMPY[sp.expit] = expit
NUMPY[sp.log_expit] = log_expit

_PEAK = 2 / math.sqrt(math.pi)
_NORMAL = 1 / math.sqrt(2 * math.pi)
_SQRT_HALF = math.sqrt(0.5)
_COMPLEX = (*SMALL, Sample((2,), complex=True))

logit = smooth(
    "logit", sp.logit,
    # A sum, not g/(x·(1 - x)), whose own derivative would be NaN at 0 and 1.
    lambda g, out, x: g / x + g / (1 - x),
    saves=("x",), samples=UNIT,
    doc="""log(x/(1-x)), the inverse of expit. Derivative: g/(x·(1-x)); inf at 0 and 1.""",
)  # fmt: skip

erfinv = smooth(
    "erfinv", sp.erfinv, lambda g, out, x: g / _PEAK * np.exp(out * out),
    saves=("out",), samples=(*UNIT, Sample((2, 3), low=-0.9, high=0.9)),
    doc="""Inverse of erf. Derivative: g·√π/2·e^(out²); inf at ±1.""",
)  # fmt: skip

erfcinv = smooth(
    "erfcinv", sp.erfcinv, lambda g, out, x: -g / _PEAK * np.exp(out * out),
    saves=("out",), samples=(*UNIT, Sample((2, 3), low=0.2, high=1.8)),
    doc="""Inverse of erfc. Derivative: -g·√π/2·e^(out²); -inf at 0 and 2.""",
)  # fmt: skip


def _normal_density(x: Any, order: int) -> Any:
    # (-1)ⁿ·Heₙ(x)·φ(x). Beyond ±40 φ is 0, where its polynomial would make 0·inf of it.
    if x.dtype.kind == "f":
        x = np.clip(x, -40, 40)
    before, now = np.zeros_like(x), np.ones_like(x)
    for n in range(order):
        before, now = now, -x * now - n * before
    return now * _NORMAL * np.exp(-0.5 * x * x)


normal_density = slopes(
    "normal_density", _normal_density, samples=(*_COMPLEX, Sample((3,), low=-3, high=3, order=2)),
    doc="""The derivative of the normal density φ(x) of that order, 0 at ±inf.""",
)  # fmt: skip

ndtr = smooth(
    "ndtr", sp.ndtr, lambda g, out, x: g * normal_density.inner(x, order=0),
    saves=("x",), samples=_COMPLEX,
    doc="""Normal distribution function Φ(x). Derivative: g·e^(-x²/2)/√(2π).""",
)  # fmt: skip


def hazard(x: Any) -> Any:
    """φ(x)/Φ(x), exact to every order far to the left too, where it is nearly -x."""
    right = np.real(x) > 0
    left = np.where(right | (x == -np.inf), 0, x)
    u = -left * _SQRT_HALF
    beyond = _SQRT_HALF * erfcx_slope.inner(u, order=1) / sp.erfcx(u)
    of_left = -np.where(right, 0, x) - np.where(x == -np.inf, 0, beyond)
    y = np.where(right, x, 0)
    return np.where(right, normal_density.inner(y, order=0) / sp.ndtr(y), of_left)


log_ndtr = smooth(
    "log_ndtr", sp.log_ndtr, lambda g, out, x: g * hazard(x),
    saves=("x",), samples=(*_COMPLEX, Sample((2,), low=-30, high=-20)),
    doc="""log Φ(x), exact far to the left. Derivative: g·φ(x)/Φ(x).""",
)  # fmt: skip

ndtri = smooth(
    "ndtri", sp.ndtri, lambda g, out, x: g / _NORMAL * np.exp(0.5 * out * out),
    saves=("out",), samples=UNIT,
    doc="""Inverse of ndtr. Derivative: g·√(2π)·e^(out²/2); inf at 0 and 1.""",
)  # fmt: skip

ndtri_exp = smooth(
    "ndtri_exp", sp.ndtri_exp, lambda g, out, x: g / hazard(out),
    saves=("out",), samples=(Sample((2, 3), low=-3, high=-0.1), Sample((), low=-90, high=-80)),
    doc="""The inverse of log_ndtr, ndtri(eˣ). Derivative: g·Φ(out)/φ(out).""",
)  # fmt: skip

owens_t = smooth(
    "owens_t", sp.owens_t,
    lambda g, out, x, y: -0.5 * g * normal_density.inner(x, order=0) * erf.inner(
        x * y * _SQRT_HALF
    ),
    lambda g, out, x, y: g * normal_density.inner(x, order=0) * (
        normal_density.inner(x * y, order=0) / (1 + y * y)
    ),
    saves=("x", "y"), samples=(Sample((2, 3), (3,)), Sample((), (2,)), Sample((0,), (1,))),
    doc="""Owen's T(h, a) = 1/(2π)·∫₀ᵃ e^(-h²(1+t²)/2)/(1+t²) dt of h = x and a = y.

    Derivative: -g·φ(h)·erf(a·h/√2)/2 and g·φ(h)·φ(a·h)/(1+a²).
    """,
)  # fmt: skip

_nrdtrimn, _nrdtrisd = weak(sp.nrdtrimn), weak(sp.nrdtrisd)

nrdtrimn = elementwise(
    "nrdtrimn", lambda p, std, x: _nrdtrimn(p, std, x),
    lambda g, out, p, std, x: -g * std / normal_density.inner(sp.ndtri(p), order=0),
    lambda g, out, p, std, x: -g * sp.ndtri(p),
    lambda g, out, p, std, x: g,
    saves={"p": ("p", "std"), "std": ("p",), "x": ()}, analytic=False, numpy=(sp.nrdtrimn,),
    samples=(Sample((2, 3), (3,), (), low=(0.1, 0.5, -2), high=(0.9, 2, 2)),),
    doc="""The mean of the normal distribution of deviation std that is below x with chance p.

    Derivative: with z = ndtri(p), -g·std/φ(z), -g·z and g.
    """,
)  # fmt: skip

nrdtrisd = elementwise(
    "nrdtrisd", lambda mn, p, x: _nrdtrisd(mn, p, x),
    lambda g, out, mn, p, x: -g / sp.ndtri(p),
    lambda g, out, mn, p, x: -g * out / sp.ndtri(p) / normal_density.inner(sp.ndtri(p), order=0),
    lambda g, out, mn, p, x: g / sp.ndtri(p),
    saves={"mn": ("p",), "p": ("out", "p"), "x": ("p",)}, analytic=False, numpy=(sp.nrdtrisd,),
    samples=(Sample((2, 3), (3,), (), low=(-2, 0.6, 2.5), high=(2, 0.9, 4)),),
    doc="""The deviation of the normal distribution of mean mn that is below x with chance p.

    Derivative: with z = ndtri(p), -g/z, -g·out/(z·φ(z)) and g/z.
    """,
)  # fmt: skip
