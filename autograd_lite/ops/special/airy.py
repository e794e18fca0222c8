"""Airy functions and their integrals, from SciPy.

They solve y'' = x·y. Scaled by e^±⅔x^(3/2) their derivatives are differences of what is nearly
equal; for large x they are summed from the series in x^(-3/2).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, composed, elementwise
from .tools import SMALL, descending, real_only, regions, wide

__all__ = ["airy", "airye", "itairy"]

_COMPLEX = (*SMALL, Sample((2,), complex=True))

ai: Primitive = elementwise(
    "airy_ai", lambda x: sp.airy(x)[0], lambda g, out, x: g * aip.inner(x),
    saves=("x",), analytic=False, samples=_COMPLEX,
    doc="""Airy's Ai(x). Derivative: g·Ai'(x).""",
)  # fmt: skip

aip: Primitive = elementwise(
    "airy_aip", lambda x: sp.airy(x)[1], lambda g, out, x: g * (x * ai.inner(x)),
    saves=("x",), analytic=False, samples=_COMPLEX,
    doc="""Ai'(x). Derivative: g·x·Ai(x).""",
)  # fmt: skip

bi: Primitive = elementwise(
    "airy_bi", lambda x: sp.airy(x)[2], lambda g, out, x: g * bip.inner(x),
    saves=("x",), analytic=False, samples=_COMPLEX,
    doc="""Airy's Bi(x). Derivative: g·Bi'(x).""",
)  # fmt: skip

bip: Primitive = elementwise(
    "airy_bip", lambda x: sp.airy(x)[3], lambda g, out, x: g * (x * bi.inner(x)),
    saves=("x",), analytic=False, samples=_COMPLEX,
    doc="""Bi'(x). Derivative: g·x·Bi(x).""",
)  # fmt: skip


@composed(sp.airy)
def airy(z: Any) -> tuple[Any, Any, Any, Any]:
    """(Ai, Ai', Bi, Bi'), of complex numbers too. Derivative: (Ai', z·Ai, Bi', z·Bi)."""
    return ai(z), aip(z), bi(z), bip(z)


# -- scaled --------------------------------------------------------------------------------------

# From here on the twenty-fifth term of the series is 10⁻¹⁷ of the first.
_FAR_FROM_0 = 15.0


def _series(output: int) -> tuple[float, list[float]]:
    # The power of x and the coefficients of Ai, Ai', Bi or Bi' over e^±ζ, in powers of x^(-3/2).
    sign = 1 if output >= 2 else -1
    u = [math.gamma(3 * k + 0.5) / (54.0**k * math.factorial(k) * math.gamma(k + 0.5))
         for k in range(26)]  # fmt: skip
    v = [-(6 * k + 1) / (6 * k - 1) * c for k, c in enumerate(u)]
    size = (1 if output >= 2 else 0.5) / math.sqrt(math.pi)
    if output in (1, 3):
        size, power, terms = sign * size, 0.25, v
    else:
        power, terms = -0.25, u
    return power, [size * (sign * 1.5) ** k * c for k, c in enumerate(terms)]


def _airye(x: Any, order: int, output: int) -> Any:
    value = output // 2 * 2
    sign = -1 if output >= 2 else 1

    def near(x: Any) -> Any:
        # A sum of c·sᵏ·y and c·sᵏ·y' with s = √x, where y' gives y' ± s·y and s²·y ± s·y'.
        terms = {(output - value, 0): 1.0}
        for _ in range(order):
            terms = _step(terms, sign)
        s, found = np.sqrt(x), sp.airye(x)
        return sum(c * s ** float(k) * found[value + which] for (which, k), c in terms.items())

    def far(x: Any) -> Any:
        power, terms = _series(output)
        return descending(x, power, 1.5, terms, order)

    def left(x: Any) -> Any:
        # Not scaled: Bi of negative x; Ai has no real scale there.
        before = list(sp.airye(x)[value : value + 2])
        for n in range(2, order + 2):  # y⁽ⁿ⁾ = x·y⁽ⁿ⁻²⁾ + (n - 2)·y⁽ⁿ⁻³⁾
            before.append(x * before[n - 2] + ((n - 2) * before[n - 3] if n > 2 else 0))
        return before[order + output - value]

    return regions(x < 0, left, lambda x: regions(x > _FAR_FROM_0, far, near, x), x)


def _step(terms: dict[tuple[int, int], float], sign: int) -> dict[tuple[int, int], float]:
    raised: dict[tuple[int, int], float] = {}
    for (which, k), c in terms.items():
        parts = (
            ((which, k - 2), k / 2), ((which, k + 1), sign), ((1 - which, k + 2 * which), 1),
        )  # fmt: skip
        for key, factor in parts:
            if factor:
                raised[key] = raised.get(key, 0) + factor * c
    return raised


_in_double = wide(_airye)

airye_slope: Primitive = elementwise(
    "airye_slope",
    lambda x, *, order=1, output=0: _in_double(x, order=order, output=output),
    lambda g, out, x, *, order, output: g * airye_slope.inner(x, order=order + 1, output=output),
    saves=("x",), analytic=False,
    samples=tuple(
        Sample((2,), low=low, high=low + 3, order=order, output=output)
        for low, output in ((0.3, 0), (16, 1), (0.3, 2), (0.3, 3), (16, 2), (-4, 3))
        for order in (0, 1, 2)
    ),
    doc="""The derivative of an output of airye(x) of that order, exact for large x too.

    Derivative: that of one order more.
    """,
)  # fmt: skip


def _scaled(name: str, output: int, doc: str) -> Primitive:
    call = real_only("airye", sp.airye)
    return elementwise(
        name, lambda x: call(x)[output],
        lambda g, out, x: g * airye_slope.inner(x, output=output),
        saves=("x",), analytic=False,
        samples=(Sample((2, 3), low=0.3, high=4), Sample((), low=0.3, high=4)), doc=doc,
    )  # fmt: skip


_scaled_outputs = (
    _scaled("airye_ai", 0, """Ai(x)·e^ζ, ζ = ⅔x^(3/2). Derivative: g·(Ai' + √x·Ai)·e^ζ."""),
    _scaled("airye_aip", 1, """Ai'(x)·e^ζ, ζ = ⅔x^(3/2). Derivative: g·(x·Ai + √x·Ai')·e^ζ."""),
    _scaled("airye_bi", 2, """Bi(x)·e^-ζ, ζ = ⅔x^(3/2). Derivative: g·(Bi' - √x·Bi)·e^-ζ."""),
    _scaled("airye_bip", 3, """Bi'(x)·e^-ζ, ζ = ⅔x^(3/2). Derivative: g·(x·Bi - √x·Bi')·e^-ζ."""),
)


@composed(sp.airye)
def airye(z: Any) -> tuple[Any, Any, Any, Any]:
    """(Ai·e^ζ, Ai'·e^ζ, Bi·e^-ζ, Bi'·e^-ζ) of real z, with ζ = ⅔z^(3/2), 0 in Bi's where z < 0.

    Derivative: that of products, exact for large z too.
    """
    first, second, third, fourth = (f(z) for f in _scaled_outputs)
    return first, second, third, fourth


# -- integrals -----------------------------------------------------------------------------------


# Farther out SciPy's own integrals have nine digits only, too few for differences.
_NEAR_0 = (Sample((2, 3), low=-0.3, high=0.3), Sample((), low=-0.3, high=0.3), Sample((0, 2)))


def _integral(name: str, output: int, slope: Any, doc: str) -> Primitive:
    return elementwise(
        name, lambda x: sp.itairy(x)[output], lambda g, out, x: g * slope(x),
        saves=("x",), analytic=False, samples=_NEAR_0, doc=doc,
    )  # fmt: skip


_integrals = (
    _integral("itairy_ai", 0, ai.inner, """∫₀ˣ Ai(t) dt. Derivative: g·Ai(x)."""),
    _integral("itairy_bi", 1, bi.inner, """∫₀ˣ Bi(t) dt. Derivative: g·Bi(x)."""),
    _integral(
        "itairy_ai_left", 2, lambda x: ai.inner(-x), """∫₀ˣ Ai(-t) dt. Derivative: Ai(-x)."""
    ),
    _integral(
        "itairy_bi_left", 3, lambda x: bi.inner(-x), """∫₀ˣ Bi(-t) dt. Derivative: Bi(-x)."""
    ),
)


@composed(sp.itairy)
def itairy(x: Any) -> tuple[Any, Any, Any, Any]:
    """∫₀ˣ of (Ai(t), Bi(t), Ai(-t), Bi(-t)). Derivative: (Ai(x), Bi(x), Ai(-x), Bi(-x))."""
    first, second, third, fourth = (f(x) for f in _integrals)
    return first, second, third, fourth
