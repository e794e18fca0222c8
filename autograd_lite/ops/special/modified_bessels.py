"""Modified Bessel functions, from SciPy, in x; the order has no derivative.

Their rules are the recurrences that hold at 0 too: I₁' = (I₀ + I₂)/2, not I₀ - I₁/x. Those scaled
by e^±x fall like 1/√x, as differences of what is nearly equal: far out a series in 1/x has them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from .bessels import COMPLEX, WHOLE_ORDERS, around, hankel_terms, is_far, of_order
from .tools import ABOVE, SMALL, descending, ladder, regions, slopes, smooth

__all__ = ["i0", "i0e", "i1", "i1e", "iv", "ive", "k0", "k0e", "k1", "k1e", "kn", "kv", "kve"]


def _ive(v: Any, x: Any, order: int) -> Any:
    # Of |x|: of negative x only integer orders are real, even or odd.
    def near(v: Any, x: Any) -> Any:
        values = around(sp.ive, v, x, order)
        return np.where(x == 0, ladder(values, 0.5, 0, 0.5), ladder(values, 0.5, -1, 0.5))

    def far(v: Any, x: Any) -> Any:
        return descending(x, -0.5, 1, hankel_terms(v, -1), order) / math.sqrt(2 * math.pi)

    size = np.abs(x)
    found = regions(is_far(v, x), far, near, v, size)
    return np.where(x < 0, np.where(v % 1 == 0, 1 - 2 * ((v + order) % 2), np.nan) * found, found)


def _kve(v: Any, x: Any, order: int) -> Any:
    def near(v: Any, x: Any) -> Any:
        found = ladder(around(sp.kve, v, x, order), -0.5, 1, -0.5)
        return np.where(x == 0, (-1) ** order * np.inf, found)

    def far(v: Any, x: Any) -> Any:
        return descending(x, -0.5, 1, hankel_terms(v, 1), order) * math.sqrt(math.pi / 2)

    return regions(is_far(v, x), far, near, v, x)


_SCALED = (
    Sample(np.array([0.0, 0.5, 3.0]), (2, 3), low=0.4, high=3), Sample(np.float32(1), (), low=0.4),
    Sample(np.array([0.0, 2.0]), (2,), low=26, high=40),
    Sample(np.float32(1), (2,), low=0.4, high=3, order=2),
)  # fmt: skip

ive_slope = slopes(
    "ive_slope", _ive, others=(None,),
    samples=(*_SCALED, Sample(np.array([0.0, 3.0]), (2,), low=-3, high=-1, order=2)),
    doc="""The derivative of e^-\\|x\\|·Iᵥ(x) in x of that order, exact far out too.""",
)  # fmt: skip

kve_slope = slopes(
    "kve_slope", _kve, others=(None,), samples=(*_SCALED, COMPLEX),
    doc="""The derivative of eˣ·Kᵥ(x) in x of that order, exact far out too.""",
)  # fmt: skip

# The op of this name without a prefix is NumPy's i0, which does without SciPy.
i0 = smooth(
    "special.i0", sp.i0, lambda g, out, x: g * sp.i1(x),
    saves=("x",), samples=SMALL,
    doc="""Modified Bessel function I₀(x). Derivative: g·I₁(x).""",
)  # fmt: skip

i1 = smooth(
    "i1", sp.i1, lambda g, out, x: g * 0.5 * (sp.i0(x) + sp.iv(2, x)),
    saves=("x",), samples=SMALL,
    doc="""Modified Bessel function I₁(x). Derivative: g·(I₀(x) + I₂(x))/2.""",
)  # fmt: skip

i0e = smooth(
    "i0e", sp.i0e, lambda g, out, x: g * ive_slope.inner(0.0, x),
    saves=("x",), samples=(*ABOVE, Sample((2,), low=-3, high=-1)),
    doc="""e^-\\|x\\|·I₀(x). Derivative: g·(i1e(x) - sign(x)·i0e(x)); 0 at the kink at 0.""",
)  # fmt: skip

i1e = smooth(
    "i1e", sp.i1e, lambda g, out, x: g * ive_slope.inner(1.0, x),
    saves=("x",), samples=(*ABOVE, Sample((2,), low=-3, high=-1)),
    doc="""e^-\\|x\\|·I₁(x). Derivative: g·((i0e + ive₂)/2 - sign(x)·i1e(x)).""",
)  # fmt: skip

k0 = smooth(
    "k0", sp.k0, lambda g, out, x: -g * sp.k1(x),
    saves=("x",), samples=ABOVE,
    doc="""Modified Bessel function K₀(x). Derivative: -g·K₁(x).""",
)  # fmt: skip

k1 = smooth(
    "k1", sp.k1, lambda g, out, x: -g * 0.5 * (sp.k0(x) + sp.kv(2, x)),
    saves=("x",), samples=ABOVE,
    doc="""Modified Bessel function K₁(x). Derivative: -g·(K₀(x) + K₂(x))/2.""",
)  # fmt: skip

k0e = smooth(
    "k0e", sp.k0e, lambda g, out, x: g * kve_slope.inner(0.0, x),
    saves=("x",), samples=ABOVE,
    doc="""eˣ·K₀(x). Derivative: g·(k0e(x) - k1e(x)).""",
)  # fmt: skip

k1e = smooth(
    "k1e", sp.k1e, lambda g, out, x: g * kve_slope.inner(1.0, x),
    saves=("x",), samples=ABOVE,
    doc="""eˣ·K₁(x). Derivative: g·(k1e(x) - (k0e(x) + K₂(x)eˣ)/2).""",
)  # fmt: skip

iv = of_order(
    "iv", (sp.iv,), lambda g, out, v, x: g * 0.5 * (sp.iv(v - 1, x) + sp.iv(v + 1, x)),
    """Modified Bessel function Iᵥ(x). Derivative: g·(Iᵥ₋₁(x) + Iᵥ₊₁(x))/2 in x.""",
    samples=(COMPLEX,),
)  # fmt: skip

ive = of_order(
    "ive", (sp.ive,), lambda g, out, v, x: g * ive_slope.inner(v, x),
    """e^-\\|x\\|·Iᵥ(x) of real x. Derivative: g·((iveᵥ₋₁ + iveᵥ₊₁)/2 - sign(x)·ive) in x.""",
    analytic=False,
)  # fmt: skip

kn = of_order(
    "kn", (sp.kn,), lambda g, out, v, x: -g * 0.5 * (sp.kn(v - 1, x) + sp.kn(v + 1, x)),
    """Modified Bessel function Kₙ(x) of integer order. Derivative: -g·(Kₙ₋₁ + Kₙ₊₁)/2 in x.""",
    orders=WHOLE_ORDERS,
)  # fmt: skip

kv = of_order(
    "kv", (sp.kv,), lambda g, out, v, x: -g * 0.5 * (sp.kv(v - 1, x) + sp.kv(v + 1, x)),
    """Modified Bessel function Kᵥ(x). Derivative: -g·(Kᵥ₋₁(x) + Kᵥ₊₁(x))/2 in x.""",
    samples=(COMPLEX,),
)  # fmt: skip

kve = of_order(
    "kve", (sp.kve,), lambda g, out, v, x: g * kve_slope.inner(v, x),
    """eˣ·Kᵥ(x). Derivative: g·(kve - (kveᵥ₋₁ + kveᵥ₊₁)/2) in x.""",
    samples=(COMPLEX,),
)  # fmt: skip
