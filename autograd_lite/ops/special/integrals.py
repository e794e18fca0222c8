"""Exponential, trigonometric and Fresnel integrals, Lambert's W, from SciPy.

And SciPy's elementary functions that NumPy lacks.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import NUMPY, Sample
from ...primitive import Primitive, composed, elementwise
from ..elementwise import (
    cbrt as cbrt,
    exp2 as exp2,
    expm1 as expm1,
    log1p as log1p,
    power_variable,
)
from ..piecewise import rint
from ..ufuncs import sinc as sinc
from .tools import (
    ABOVE,
    SMALL,
    exp_ratio,
    log_slope,
    partly,
    real_only,
    sinhc_slope,
    smooth,
    weak,
)  # fmt: skip

__all__ = [
    "cbrt", "cosdg", "cosm1", "cotdg", "exp1", "exp2", "exp10", "expi", "expm1", "expn", "fresnel",
    "lambertw", "log1p", "powm1", "radian", "round", "shichi", "sici", "sinc", "sindg", "spence",
    "tandg", "wrightomega",
]  # fmt: skip

_DEGREE = math.pi / 180

exp10 = smooth(
    "exp10", sp.exp10, lambda g, out, x: g * out * math.log(10),
    saves=("out",), samples=SMALL,
    doc="""10ˣ. Derivative: g·10ˣ·ln 10.""",
)  # fmt: skip

cosm1 = smooth(
    "cosm1", sp.cosm1, lambda g, out, x: -g * np.sin(x),
    saves=("x",), samples=SMALL,
    doc="""cos(x) - 1, exact near 0. Derivative: -g·sin(x).""",
)  # fmt: skip

sindg = smooth(
    "sindg", sp.sindg, lambda g, out, x: g * (_DEGREE * sp.cosdg(x)),
    saves=("x",), samples=SMALL,
    doc="""Sine of degrees. Derivative: g·π/180·cosdg(x).""",
)  # fmt: skip

cosdg = smooth(
    "cosdg", sp.cosdg, lambda g, out, x: g * (-_DEGREE * sp.sindg(x)),
    saves=("x",), samples=SMALL,
    doc="""Cosine of degrees. Derivative: -g·π/180·sindg(x).""",
)  # fmt: skip

tandg = smooth(
    "tandg", sp.tandg, lambda g, out, x: g * (_DEGREE * (1 + out * out)),
    saves=("out",), samples=SMALL,
    doc="""Tangent of degrees. Derivative: g·π/180·(1 + tandg²(x)).""",
)  # fmt: skip

cotdg = smooth(
    "cotdg", sp.cotdg, lambda g, out, x: g * (-_DEGREE * (1 + out * out)),
    saves=("out",), samples=(Sample((2, 3), low=20, high=160), Sample((), low=20, high=160)),
    doc="""Cotangent of degrees. Derivative: -g·π/180·(1 + cotdg²(x)).""",
)  # fmt: skip

_radian = weak(sp.radian)

radian = elementwise(
    "radian", lambda d, m, s: _radian(d, m, s),
    lambda g, out, d, m, s: g * _DEGREE,
    lambda g, out, d, m, s: g * (_DEGREE / 60),
    lambda g, out, d, m, s: g * (_DEGREE / 3600),
    analytic=False, numpy=(sp.radian,), samples=(
        Sample((2, 3), (3,), (), low=(-2, -2, -2), high=(2, 2, 2)), Sample((), (2,), ()),
    ),
    doc="""Degrees, minutes and seconds as radians. Derivative: g·π/180, and a 60th and 3600th.""",
)  # fmt: skip

powm1 = smooth(
    "powm1", sp.powm1,
    lambda g, out, x, y: g * np.where(y == 0, 0, y * power_variable.inner(x, y - (y != 0))),
    lambda g, out, x, y: g * np.where(
        x == 0, 0, power_variable.inner(x, y) * np.log(np.where(x == 0, 1, x))
    ),
    saves=("x", "y"), samples=(
        Sample((2, 3), (3,), low=0.4, high=2.5), Sample((), (2,), low=0.4, high=2.5),
        Sample((0,), (1,), low=0.4),
    ),
    doc="""xʸ - 1, exact where xʸ is near 1.

    Derivative: g·y·xʸ⁻¹ and g·xʸ·log(x), 0 where x is 0.
    """,
)  # fmt: skip

round = rint
NUMPY[sp.round] = rint

# -- exponential integrals ---------------------------------------------------------------------

_COMPLEX = Sample((2,), complex=True, low=0.5)

exp1 = smooth(
    "exp1", sp.exp1, lambda g, out, x: g * exp_ratio.inner(-x, order=0),
    saves=("x",), samples=(*ABOVE, _COMPLEX),
    doc="""Exponential integral E₁(x). Derivative: -g·e⁻ˣ/x.""",
)  # fmt: skip

expi = smooth(
    "expi", sp.expi, lambda g, out, x: g * exp_ratio.inner(x, order=0),
    saves=("x",), samples=(*ABOVE, Sample((2,), low=-3, high=-1), _COMPLEX),
    doc="""Exponential integral Ei(x). Derivative: g·eˣ/x.""",
)  # fmt: skip


def _expn_rule(g: Any, out: Any, n: Any, x: Any) -> Any:
    # Below E₀ = e⁻ˣ/x SciPy has none.
    lowest = -np.exp(-x) * (1 / x + 1 / np.square(x))
    return g * np.where(n == 0, lowest, -expn_op.inner(np.where(n == 0, 0, n - 1), x))


_expn = weak(sp.expn)

expn_op: Primitive = elementwise(
    "expn", lambda n, x: _expn(n, x), None, _expn_rule,
    saves={"n": (), "x": ("n", "x")}, analytic=False,
    samples=(
        Sample(np.array([1, 2, 3]), (2, 3), low=0.4, high=3), Sample(np.float32(0), (2,), low=0.4),
        Sample(np.float32(2), (), low=0.4),
    ),
    doc="""Exponential integral Eₙ(x). Derivative: -g·Eₙ₋₁(x) in x.""",
)  # fmt: skip
expn = partly(expn_op, sp.expn, without=("n",))


def _spence_slope(x: Any) -> Any:
    # log(x)/(1 - x), through log1p near 1 only: elsewhere x - 1 would round a small x away.
    near = np.absolute(x - 1) < 0.5
    far = np.where(near, 2, x)
    close = log_slope.inner(np.where(near, x - 1, 0), order=0)
    return -np.where(near, close, np.log(far) / (far - 1))


spence = smooth(
    "spence", sp.spence, lambda g, out, x: g * _spence_slope(x),
    saves=("x",), samples=(*ABOVE, Sample((2,), low=0.99, high=1.01)),
    doc="""Spence's function ∫₁ˣ log(t)/(1-t) dt. Derivative: g·log(x)/(1-x), -1 at 1.""",
)  # fmt: skip

sine_integral = elementwise(
    "sici_sine", lambda x: sp.sici(x)[0], lambda g, out, x: g * np.sinc(x / math.pi),
    saves=("x",), analytic=False, samples=(*SMALL, _COMPLEX),
    doc="""∫₀ˣ sin(t)/t dt. Derivative: g·sin(x)/x, 1 at 0.""",
)  # fmt: skip

cosine_integral = elementwise(
    "sici_cosine", lambda x: sp.sici(x)[1], lambda g, out, x: g * np.cos(x) / x,
    saves=("x",), analytic=False, samples=(*ABOVE, _COMPLEX),
    doc="""Cosine integral Ci(x). Derivative: g·cos(x)/x.""",
)  # fmt: skip


@composed(sp.sici)
def sici(x: Any) -> tuple[Any, Any]:
    """(Si(x), Ci(x)), the sine and cosine integrals. Derivative: sin(x)/x and cos(x)/x."""
    return sine_integral(x), cosine_integral(x)


_shichi = real_only("shichi", sp.shichi)

sinh_integral = elementwise(
    "shichi_sinh", lambda x: _shichi(x)[0],
    lambda g, out, x: g * sinhc_slope.inner(x, order=0),
    saves=("x",), analytic=False, samples=SMALL,
    doc="""∫₀ˣ sinh(t)/t dt of real x. Derivative: g·sinh(x)/x, 1 at 0.""",
)  # fmt: skip

cosh_integral = elementwise(
    "shichi_cosh", lambda x: _shichi(x)[1],
    lambda g, out, x: g * (
        0.5 * (exp_ratio.inner(x, order=0) - exp_ratio.inner(-x, order=0))
    ),
    saves=("x",), analytic=False, samples=ABOVE,
    doc="""Hyperbolic cosine integral Chi(x) of real x. Derivative: g·cosh(x)/x.""",
)  # fmt: skip


@composed(sp.shichi)
def shichi(x: Any) -> tuple[Any, Any]:
    """(Shi(x), Chi(x)), the hyperbolic integrals. Derivative: sinh(x)/x and cosh(x)/x."""
    return sinh_integral(x), cosh_integral(x)


_QUARTER = math.pi / 2


def _turns(x: Any, *, quarters: int = 0) -> Any:
    # x² is reduced by whole turns before it is rounded: Dekker's product has its lower half too.
    if x.dtype.kind == "c":
        return np.sin(_QUARTER * (x * x + quarters))
    x_ = np.asarray(x, np.result_type(x, float))
    high = x_ * x_
    top = x_ * 134217729.0  # 2²⁷ + 1
    top = top - (top - x_)
    rest = x_ - top
    low = ((top * top - high) + 2 * top * rest) + rest * rest
    turn = np.fmod(high, 4)
    whole = np.round(turn)
    angle = _QUARTER * ((turn - whole) + np.fmod(low, 4))
    k = (whole + quarters) % 4
    found = np.where(k % 2 == 0, np.sin(angle), np.cos(angle)) * np.where(k >= 2, -1, 1)
    return found.astype(x.dtype)[()]


turns: Primitive = elementwise(
    "fresnel_slope", _turns,
    lambda g, out, x, *, quarters: g * (
        math.pi * x * turns.inner(x, quarters=quarters + 1)
    ),
    saves=("x",), analytic=False,
    samples=(*SMALL, _COMPLEX, Sample((2,), low=50, high=60, quarters=1)),
    doc="""sin(π/2·(x² + quarters)), exact for large x. Derivative: g·π·x·(one quarter more).""",
)  # fmt: skip

fresnel_sine = elementwise(
    "fresnel_sine", lambda x: sp.fresnel(x)[0], lambda g, out, x: g * turns.inner(x),
    saves=("x",), analytic=False, samples=(*SMALL, _COMPLEX),
    doc="""∫₀ˣ sin(πt²/2) dt. Derivative: g·sin(πx²/2).""",
)  # fmt: skip

fresnel_cosine = elementwise(
    "fresnel_cosine", lambda x: sp.fresnel(x)[1],
    lambda g, out, x: g * turns.inner(x, quarters=1),
    saves=("x",), analytic=False, samples=(*SMALL, _COMPLEX),
    doc="""∫₀ˣ cos(πt²/2) dt. Derivative: g·cos(πx²/2).""",
)  # fmt: skip


@composed(sp.fresnel)
def fresnel(x: Any) -> tuple[Any, Any]:
    """(S(x), C(x)), Fresnel's integrals. Derivative: sin(πx²/2) and cos(πx²/2)."""
    return fresnel_sine(x), fresnel_cosine(x)


# -- Lambert's W -------------------------------------------------------------------------------

lambert: Primitive = elementwise(
    "lambertw", lambda z, *, k=0, tol=1e-8: sp.lambertw(z, k, tol),
    lambda g, out, z, *, k, tol: g * np.exp(-out) / (1 + out),
    saves=("out",), analytic=False,
    samples=(
        Sample((2, 3), low=0.2, high=3), Sample((), low=0.2), Sample((2,), complex=True),
        Sample((2,), low=-0.3, high=-0.1, k=-1),
    ),
    doc="""Branch k of Lambert's W(z), where W·eᵂ = z, complex. Derivative: g·e⁻ᵂ/(1 + W).""",
)  # fmt: skip


@composed(*(f for f in [getattr(sp._ufuncs, "_lambertw", None)] if f))
def lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    """Branch k of Lambert's W(z), where W·eᵂ = z; complex. Derivative: g·e⁻ᵂ/(1 + W), 1 at 0."""
    return lambert(z, k=k, tol=tol)


def _of_whole(x: Any) -> Any:
    return np.where(np.isinf(x), 1, np.where(np.isinf(x), 0, x) / (1 + x)).astype(x.dtype)[()]


_share: Primitive = elementwise(
    "share", _of_whole, lambda g, out, x: g / np.square(1 + x),
    saves=("x",), samples=(*ABOVE, _COMPLEX),
    doc="""x/(1 + x). Derivative: g/(1 + x)², which keeps its digits for large x.""",
)  # fmt: skip

wrightomega = smooth(
    "wrightomega", sp.wrightomega, lambda g, out, x: g * _share.inner(out),
    saves=("out",), samples=(*SMALL, _COMPLEX),
    doc="""Wright's ω(x), where ω + log(ω) = x. Derivative: g·ω/(1 + ω).""",
)  # fmt: skip
