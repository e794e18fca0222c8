"""Struve functions and integrals of Bessel functions, from SciPy; orders have no derivative."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, composed, elementwise
from .tools import ABOVE, in_last, one_less, partly, smooth, weak

__all__ = [
    "besselpoly", "it2i0k0", "it2j0y0", "it2struve0", "iti0k0", "itj0y0", "itmodstruve0",
    "itstruve0", "modstruve", "struve",
]  # fmt: skip

_ORDERS = (
    Sample(np.array([0.0, 0.5, 3.0]), (2, 3), low=0.4, high=3),
    Sample(np.float32(1), (), low=0.4, high=3), Sample(np.float32(0), (0,)),
)  # fmt: skip


def _correction(v: Any, x: Any) -> Any:
    # (x/2)ᵛ/(√π·Γ(v + 3/2)), by which the recurrences of Struve's functions miss Bessel's.
    return np.power(x / 2, v) * (sp.rgamma(v + 1.5) / math.sqrt(math.pi))


def _struve_slope(v: Any, x: Any) -> Any:
    # Hᵥ₋₁ - v/x·Hᵥ keeps its digits for large x, where Hᵥ grows; at 0 the symmetric form is exact,
    # of order 0 the one without H₋₁.
    at_0 = x == 0
    y, z = np.where(at_0, 1, x), np.where(at_0, x, 0)
    lower = struve.inner(one_less(v), z)
    symmetric = 0.5 * (lower - struve.inner(v + 1, z) + _correction(v, z))
    first = _correction(v, z) - struve.inner(v + 1, z)
    there = np.where(v == 0, first, symmetric)
    return np.where(at_0, there, struve.inner(v - 1, y) - v / y * struve.inner(v, y))


def _modstruve_slope(v: Any, x: Any) -> Any:
    lower = modstruve.inner(one_less(v), x)
    upper, more = modstruve.inner(v + 1, x), _correction(v, x)
    return np.where(v == 0, upper + more, 0.5 * (lower + upper + more))


struve: Any = in_last(
    "struve", lambda v, x: sp.struve(v, x), lambda g, out, v, x: g * _struve_slope(v, x),
    samples=_ORDERS,
    doc="""Struve's function Hᵥ(x). Derivative: g·(Hᵥ₋₁(x) - v/x·Hᵥ(x)) in x.""",
)  # fmt: skip

modstruve: Any = in_last(
    "modstruve", lambda v, x: sp.modstruve(v, x),
    lambda g, out, v, x: g * _modstruve_slope(v, x),
    samples=_ORDERS,
    doc="""Modified Struve function Lᵥ(x).

    Derivative: g·(Lᵥ₋₁(x) + Lᵥ₊₁(x) + (x/2)ᵛ/(√π·Γ(v+3/2)))/2 in x.
    """,
)  # fmt: skip

# -- quotients by x, exact near 0 ----------------------------------------------------------------


def _series(x: Any, *, terms: Any = (1.0,)) -> Any:
    total = np.zeros_like(x)
    for c in reversed(terms):
        total = total * x + c
    return total


power_series: Primitive = elementwise(
    "power_series", _series,
    lambda g, out, x, *, terms: g * power_series.inner(
        x, terms=tuple(k * c for k, c in enumerate(terms))[1:]
    ),
    saves=("x",), samples=(Sample((2, 3), terms=(1.0, 0.0, -2.0, 0.5)), Sample((), terms=(2.0,))),
    doc="""Σ cₖ·xᵏ of constants cₖ. Derivative: g·Σ k·cₖ·xᵏ⁻¹.""",
)  # fmt: skip


def _over_x(x: Any, function: Any, terms: Any) -> Any:
    # function(x)/x, near 0 by its series.
    near = np.abs(x) < 4
    close = power_series.inner(np.where(near, x, 0), terms=terms)
    far = np.where(near, 4, x)
    return np.where(near, close, function(far) / far)


def _even_terms(sign: int, shift: float) -> tuple[float, ...]:
    # Σ signᵏ·(x/2)²ᵏ/Γ(k + 1 + shift)², without the first for shift 0, over x.
    terms: list[float] = []
    for k in range(30):
        c = sign**k / 4.0**k / math.gamma(k + 1 + shift) ** 2
        terms += [c / 2, 0.0] if shift else [0.0 if k == 0 else c, 0.0]
    return tuple(terms if shift else terms[1:])


_J0_TERMS, _I0_TERMS = _even_terms(-1, 0.0), _even_terms(1, 0.0)
_H0_TERMS = _even_terms(-1, 0.5)

# -- integrals -----------------------------------------------------------------------------------


def _integral(name: str, call: Any, slope: Any, doc: str, samples: Any = ABOVE) -> Primitive:
    return elementwise(
        name, call, lambda g, out, x: g * slope(x),
        saves=("x",), analytic=False, samples=samples, doc=doc,
    )  # fmt: skip


_j0 = _integral("itj0", lambda x: sp.itj0y0(x)[0], lambda x: sp.j0(x), "∫₀ˣ J₀. Derivative: g·J₀.")
_y0 = _integral("ity0", lambda x: sp.itj0y0(x)[1], lambda x: sp.y0(x), "∫₀ˣ Y₀. Derivative: g·Y₀.")
_i0 = _integral("iti0", lambda x: sp.iti0k0(x)[0], lambda x: sp.i0(x), "∫₀ˣ I₀. Derivative: g·I₀.")
_k0 = _integral("itk0", lambda x: sp.iti0k0(x)[1], lambda x: sp.k0(x), "∫₀ˣ K₀. Derivative: g·K₀.")

_j0_over = _integral(
    "it2j0", lambda x: sp.it2j0y0(x)[0],
    lambda x: _over_x(x, lambda y: 1 - sp.j0(y), tuple(-c for c in _J0_TERMS)),
    """∫₀ˣ (1 - J₀(t))/t dt. Derivative: g·(1 - J₀(x))/x, 0 at 0.""",
)  # fmt: skip

_y0_over = _integral(
    "it2y0", lambda x: sp.it2j0y0(x)[1], lambda x: -sp.y0(x) / x,
    """∫ₓ^∞ Y₀(t)/t dt. Derivative: -g·Y₀(x)/x.""",
)  # fmt: skip

_i0_over = _integral(
    "it2i0", lambda x: sp.it2i0k0(x)[0],
    lambda x: _over_x(x, lambda y: sp.i0(y) - 1, _I0_TERMS),
    """∫₀ˣ (I₀(t) - 1)/t dt. Derivative: g·(I₀(x) - 1)/x, 0 at 0.""",
)  # fmt: skip

_k0_over = _integral(
    "it2k0", lambda x: sp.it2i0k0(x)[1], lambda x: -sp.k0(x) / x,
    """∫ₓ^∞ K₀(t)/t dt. Derivative: -g·K₀(x)/x.""",
)  # fmt: skip


@composed(sp.itj0y0)
def itj0y0(x: Any) -> tuple[Any, Any]:
    """(∫₀ˣ J₀(t) dt, ∫₀ˣ Y₀(t) dt). Derivative: (J₀(x), Y₀(x))."""
    return _j0(x), _y0(x)


@composed(sp.iti0k0)
def iti0k0(x: Any) -> tuple[Any, Any]:
    """(∫₀ˣ I₀(t) dt, ∫₀ˣ K₀(t) dt). Derivative: (I₀(x), K₀(x))."""
    return _i0(x), _k0(x)


@composed(sp.it2j0y0)
def it2j0y0(x: Any) -> tuple[Any, Any]:
    """(∫₀ˣ (1 - J₀(t))/t dt, ∫ₓ^∞ Y₀(t)/t dt). Derivative: ((1 - J₀(x))/x, -Y₀(x)/x)."""
    return _j0_over(x), _y0_over(x)


@composed(sp.it2i0k0)
def it2i0k0(x: Any) -> tuple[Any, Any]:
    """(∫₀ˣ (I₀(t) - 1)/t dt, ∫ₓ^∞ K₀(t)/t dt). Derivative: ((I₀(x) - 1)/x, -K₀(x)/x)."""
    return _i0_over(x), _k0_over(x)


itstruve0 = smooth(
    "itstruve0", sp.itstruve0, lambda g, out, x: g * struve.inner(0.0, x),
    saves=("x",), samples=ABOVE,
    doc="""∫₀ˣ H₀(t) dt. Derivative: g·H₀(x).""",
)  # fmt: skip

it2struve0 = smooth(
    "it2struve0", sp.it2struve0,
    lambda g, out, x: -g * _over_x(x, lambda y: struve.inner(0.0, y), _H0_TERMS),
    saves=("x",), samples=ABOVE,
    doc="""∫ₓ^∞ H₀(t)/t dt. Derivative: -g·H₀(x)/x, -2g/π at 0.""",
)  # fmt: skip

itmodstruve0 = smooth(
    "itmodstruve0", sp.itmodstruve0, lambda g, out, x: g * modstruve.inner(0.0, x),
    saves=("x",), samples=ABOVE,
    doc="""∫₀ˣ L₀(t) dt. Derivative: g·L₀(x).""",
)  # fmt: skip


_besselpoly = weak(sp.besselpoly)

besselpoly_op: Primitive = elementwise(
    "besselpoly", lambda a, lmb, nu: _besselpoly(a, lmb, nu),
    lambda g, out, a, lmb, nu: g * (
        besselpoly_op.inner(a, lmb + 1, nu - 1) - besselpoly_op.inner(a, lmb + 1, nu + 1)
    ),
    None, None,
    saves={"a": ("a", "lmb", "nu"), "lmb": (), "nu": ()}, analytic=False, samples=(
        Sample((2, 3), np.array([1.0, 2.5, 0.5]), np.array([0.0, 1.0, 2.5]), low=0.3, high=2),
        Sample((), np.float32(1), np.float32(1), low=0.3),
    ),
    doc="""∫₀¹ xᵏ·J_ν(2·a·x) dx of k = lmb.

    Derivative: g·(that of lmb+1, ν-1, less that of lmb+1, ν+1) in a.
    """,
)  # fmt: skip
besselpoly = partly(besselpoly_op, sp.besselpoly, without=("lmb", "nu"))
