"""Error functions, the normal and the logistic distribution, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..op import NUMPY, Sample
from .activation import erf as erf, erfc as erfc, log_sigmoid, sigmoid
from .special_tools import SMALL, UNIT, smooth

__all__ = [
    "dawsn", "erf", "erfc", "erfcinv", "erfcx", "erfi", "erfinv", "expit", "log_expit", "log_ndtr",
    "logit", "ndtr", "ndtri",
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

erfcx = smooth(
    "erfcx", sp.erfcx, lambda g, out, x: g * (2 * x * out - _PEAK),
    saves=("out", "x"), samples=_COMPLEX,
    doc="""e^(x²)·erfc(x). Derivative: g·(2·x·erfcx(x) - 2/√π).""",
)  # fmt: skip

erfi = smooth(
    "erfi", sp.erfi, lambda g, out, x: g * _PEAK * np.exp(x * x),
    saves=("x",), samples=_COMPLEX,
    doc="""-i·erf(i·x). Derivative: g·2/√π·e^(x²).""",
)  # fmt: skip

dawsn = smooth(
    "dawsn", sp.dawsn, lambda g, out, x: g * (1 - 2 * x * out),
    saves=("out", "x"), samples=_COMPLEX,
    doc="""Dawson's integral e^(-x²)·∫₀ˣ e^(t²) dt. Derivative: g·(1 - 2·x·dawsn(x)).""",
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

ndtr = smooth(
    "ndtr", sp.ndtr, lambda g, out, x: g * _NORMAL * np.exp(-0.5 * x * x),
    saves=("x",), samples=_COMPLEX,
    doc="""Normal distribution function Φ(x). Derivative: g·e^(-x²/2)/√(2π).""",
)  # fmt: skip


def _hazard(x: Any) -> Any:
    # φ(x)/Φ(x); on the left by erfcx, which neither overflows nor loses digits there.
    right = np.where(x > 0, x, 0)
    of_left = math.sqrt(2 / math.pi) / sp.erfcx(-np.where(x > 0, 0, x) * _SQRT_HALF)
    of_right = _NORMAL * np.exp(-0.5 * right * right) / sp.ndtr(right)
    return np.where(x > 0, of_right, of_left)


log_ndtr = smooth(
    "log_ndtr", sp.log_ndtr, lambda g, out, x: g * _hazard(x),
    saves=("x",), samples=(*SMALL, Sample((2,), low=-30, high=-20)),
    doc="""log Φ(x), exact far to the left. Derivative: g·φ(x)/Φ(x).""",
)  # fmt: skip

ndtri = smooth(
    "ndtri", sp.ndtri, lambda g, out, x: g / _NORMAL * np.exp(0.5 * out * out),
    saves=("out",), samples=UNIT,
    doc="""Inverse of ndtr. Derivative: g·√(2π)·e^(out²/2); inf at 0 and 1.""",
)  # fmt: skip
