"""Faddeeva's function w(z) and its forms, from SciPy: erfcx, Dawson's integral, Voigt's profile.

By their own rules (erfcx' = 2·x·erfcx - 2/√π) every derivative would be off by a factor of 2·x²
more than the last. Far from 0 they are therefore summed from the series in 1/x.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, composed, elementwise
from .tools import ABOVE, SMALL, descending, real_only, regions, slopes, smooth, weak, wide

__all__ = ["dawsn", "erfcx", "erfi", "modfresnelm", "modfresnelp", "voigt_profile", "wofz"]

_PEAK = 2 / math.sqrt(math.pi)
_COMPLEX = (*SMALL, Sample((2,), complex=True))
_FAR = (
    Sample((3,), low=-5, high=5, order=2), Sample((3,), low=6.5, high=9, order=1),
    Sample((2,), low=6.5, high=9), Sample((2,), complex=True), Sample((2,), low=6, high=9,
    complex=True),
)  # fmt: skip

# (2k - 1)!!/2ᵏ: erfcx(x) is the sum of (-1)ᵏ·these/(√π·x²ᵏ⁺¹). At |x| = 7 the thirtieth term is
# 10⁻¹⁹ of the first; recurrence keeps eleven digits of the third derivative up to there.
_FAR_FROM_0 = 7.0
_HALVES = [math.prod(range(1, 2 * k, 2)) / 2.0**k for k in range(31)]


def _hermite(x: Any, order: int, sign: int) -> Any:
    # The derivative of e^(±x²) of that order, over e^(±x²).
    before, now = np.zeros_like(x), np.ones_like(x)
    for n in range(order):
        before, now = now, sign * 2 * (x * now + n * before)
    return now


def gaussian(x: Any, order: int, sign: int) -> Any:
    """The derivative of e^(±x²) of that order, of arrays; 0 where e^(±x²) is."""
    e = np.exp(sign * x * x)
    return np.where(e == 0, 0, _hermite(x, order, sign) * e)


def _erfcx(x: Any, order: int) -> Any:
    def near(x: Any) -> Any:
        before, now = 0 * x, sp.erfcx(x)
        for n in range(order):
            last = -_PEAK if n == 0 else 0
            before, now = now, 2 * (x * now + n * before) + last
        return now

    def right(x: Any) -> Any:
        terms = [(-1) ** k * c / math.sqrt(math.pi) for k, c in enumerate(_HALVES)]
        return descending(x, -1, 2, terms, order)

    def left(x: Any) -> Any:
        # erfcx(x) = 2·e^(x²) - erfcx(-x)
        return 2 * gaussian(x, order, 1) - (-1) ** order * right(-x)

    return regions(np.abs(x) < _FAR_FROM_0, near, lambda x: regions(x.real >= 0, right, left, x), x)


erfcx_slope = slopes(
    "erfcx_slope", _erfcx, samples=(*_COMPLEX, *_FAR, Sample((2,), low=-8, high=-7.2)),
    doc="""The derivative of e^(x²)·erfc(x) of that order, exact far from 0 too.""",
)  # fmt: skip

erfcx = smooth(
    "erfcx", sp.erfcx, lambda g, out, x: g * erfcx_slope.inner(x, order=1),
    saves=("x",), samples=_COMPLEX,
    doc="""e^(x²)·erfc(x). Derivative: g·(2·x·erfcx(x) - 2/√π), exact far from 0 too.""",
)  # fmt: skip

erfi = smooth(
    "erfi", sp.erfi, lambda g, out, x: g * _PEAK * np.exp(x * x),
    saves=("x",), samples=_COMPLEX,
    doc="""-i·erf(i·x). Derivative: g·2/√π·e^(x²).""",
)  # fmt: skip


def _dawsn(x: Any, order: int) -> Any:
    def near(x: Any) -> Any:
        before, now = 0 * x, sp.dawsn(x)
        for n in range(order):
            first = 1 if n == 0 else 0
            before, now = now, first - 2 * (x * now + n * before)
        return now

    def far(x: Any) -> Any:
        # Odd: by the half plane where the series holds, of complex numbers with its Gaussian.
        turned = np.where(x.imag < 0 if x.dtype.kind == "c" else x < 0, -1, 1)
        y = x * turned
        found = descending(y, -1, 2, [c / 2 for c in _HALVES], order)
        if x.dtype.kind == "c":
            found = found + 0.5j * math.sqrt(math.pi) * gaussian(y, order, -1)
        return found * turned ** (order + 1)

    return regions(np.abs(x) < _FAR_FROM_0, near, far, x)


dawsn_slope = slopes(
    "dawsn_slope", _dawsn, samples=(*_COMPLEX, *_FAR, Sample((2,), low=-9, high=-7.2, order=2)),
    doc="""The derivative of Dawson's integral of that order, exact far from 0 too.""",
)  # fmt: skip

dawsn = smooth(
    "dawsn", sp.dawsn, lambda g, out, x: g * dawsn_slope.inner(x, order=1),
    saves=("x",), samples=_COMPLEX,
    doc="""Dawson's integral e^(-x²)·∫₀ˣ e^(t²) dt.

    Derivative: g·(1 - 2·x·dawsn(x)), exact far from 0 too.
    """,
)  # fmt: skip

wofz = smooth(
    "wofz", sp.wofz, lambda g, out, x: g * (-1j * erfcx_slope.inner(-1j * x, order=1)),
    saves=("x",), samples=_COMPLEX,
    doc="""Faddeeva's w(z) = e^(-z²)·erfc(-i·z), complex. Derivative: g·(2i/√π - 2·z·w(z)).""",
)  # fmt: skip

# -- Voigt's profile -----------------------------------------------------------------------------


def _voigt(x: Any, sigma: Any, gamma: Any, order: int) -> Any:
    # w(z)/(σ·√(2π)) at z = (x + iγ)/(σ·√2); with σ → 0 it becomes i/(π·(x + iγ)).
    def wide_(z: Any, sigma: Any) -> Any:
        unit = 1 / (sigma * math.sqrt(2))
        found = (-1j) ** order * _erfcx(-1j * z * unit, order)
        return found * unit ** (order + 1) / math.sqrt(math.pi)

    def sharp(z: Any, sigma: Any) -> Any:
        return 1j * (-1) ** order * math.factorial(order) / math.pi * z ** -(order + 1)

    z = x + 1j * np.abs(gamma)
    endless = np.isinf(z)
    found = regions(sigma != 0, wide_, sharp, np.where(endless, 1, z), np.abs(sigma))
    return np.where(endless, 0, found)


_voigt_in_double = wide(_voigt)


def _voigt_complex(x: Any, sigma: Any, gamma: Any, *, order: int = 0) -> Any:
    single = np.result_type(x, sigma, gamma, np.complex64)
    return _voigt_in_double(x + single.type(0), sigma, gamma, order=order)


voigt_complex: Primitive = elementwise(
    "voigt_complex", _voigt_complex,
    lambda g, out, x, sigma, gamma, *, order: g * voigt_complex.inner(
        x, sigma, gamma, order=order + 1
    ),
    lambda g, out, x, sigma, gamma, *, order: g * sigma * voigt_complex.inner(
        x, sigma, gamma, order=order + 2
    ),
    lambda g, out, x, sigma, gamma, *, order: g * 1j * voigt_complex.inner(
        x, sigma, gamma, order=order + 1
    ),
    saves=("x", "sigma", "gamma"), analytic=False,
    samples=(
        Sample((2, 3), (3,), (), low=(-3, 0.5, 0.3), high=(3, 2, 2)),
        Sample((3,), (3,), (3,), low=(-3, 0.5, 0.3), high=(3, 2, 2), order=1),
    ),
    doc="""w(z)/(σ·√(2π)) at z = (x + iγ)/(σ·√2), and its derivatives in x.

    Derivative: one more in x, i times that in γ, and σ times two more in σ (it solves the equation
    of heat).
    """,
)  # fmt: skip

_voigt_profile = weak(sp.voigt_profile)

voigt_profile = elementwise(
    "voigt_profile", lambda x, sigma, gamma: _voigt_profile(x, sigma, gamma),
    lambda g, out, x, sigma, gamma: g * np.real(voigt_complex.inner(x, sigma, gamma, order=1)),
    lambda g, out, x, sigma, gamma: g * sigma * np.real(
        voigt_complex.inner(x, sigma, gamma, order=2)
    ),
    lambda g, out, x, sigma, gamma: -g * np.imag(voigt_complex.inner(x, sigma, gamma, order=1)),
    saves=("x", "sigma", "gamma"), analytic=False, numpy=(sp.voigt_profile,),
    samples=(
        Sample((2, 3), (3,), (), low=(-3, 0.5, 0.3), high=(3, 2, 2)),
        Sample((), (2,), (2,), low=(-3, 0.5, 0.3), high=(3, 2, 2)),
    ),
    doc="""Density at x of a normal variable (deviation σ) plus a Cauchy one (half-width γ).

    Derivative: with F = w(z)/(σ√(2π)): g·Re F' in x, g·σ·Re F'' in σ, -g·Im F' in γ.
    """,
)  # fmt: skip

# -- modified Fresnel integrals ------------------------------------------------------------------

_ROOTS = {1: complex(math.sqrt(0.5), -math.sqrt(0.5)), -1: complex(math.sqrt(0.5), math.sqrt(0.5))}


# SciPy 1.17 errs in the imaginary part of x < 0, which the samples therefore avoid.
def _modfresnel(name: str, ufunc: Any, sign: int) -> tuple[Primitive, Primitive]:
    root = _ROOTS[sign]
    call = real_only(name, ufunc)
    integral = elementwise(
        f"{name}_integral", lambda x: call(x)[0],
        lambda g, out, x: -g * np.exp(sign * 1j * x * x),
        saves=("x",), analytic=False, samples=ABOVE,
        doc="""F(x) = ∫ₓ^∞ e^(±it²) dt of real x. Derivative: -g·e^(±ix²).""",
    )  # fmt: skip
    scaled = elementwise(
        f"{name}_scaled", lambda x: call(x)[1],
        lambda g, out, x: g * (0.5 * root) * erfcx_slope.inner(root * x, order=1),
        saves=("x",), analytic=False, samples=ABOVE,
        doc="""K(x) = e^(∓i(x² + π/4))·F(x)/√π = ½·erfcx(x·e^(∓iπ/4)). Derivative: erfcx's.""",
    )  # fmt: skip
    return integral, scaled


_plus = _modfresnel("modfresnelp", sp.modfresnelp, 1)
_minus = _modfresnel("modfresnelm", sp.modfresnelm, -1)


@composed(sp.modfresnelp)
def modfresnelp(x: Any) -> tuple[Any, Any]:
    """(F₊(x), K₊(x)), the modified Fresnel integrals ∫ₓ^∞ e^(it²) dt and its scaled form.

    Derivative: -e^(ix²), and through K₊ = ½·erfcx(x·e^(-iπ/4)).
    """
    return _plus[0](x), _plus[1](x)


@composed(sp.modfresnelm)
def modfresnelm(x: Any) -> tuple[Any, Any]:
    """(F₋(x), K₋(x)), the modified Fresnel integrals ∫ₓ^∞ e^(-it²) dt and its scaled form.

    Derivative: -e^(-ix²), and through K₋ = ½·erfcx(x·e^(iπ/4)).
    """
    return _minus[0](x), _minus[1](x)
