"""Error functions, the normal and the logistic distribution, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..op import NUMPY, Sample
from .activation import erf as erf, erfc as erfc, log_sigmoid, sigmoid
from .faddeeva import erfcx_slope
from .special_tools import SMALL, UNIT, slopes, smooth

__all__ = [
    "erf", "erfc", "erfcinv", "erfinv", "expit", "log_expit", "log_ndtr", "logit", "ndtr", "ndtri",
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
