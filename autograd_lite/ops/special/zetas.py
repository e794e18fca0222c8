"""Riemann's and Hurwitz's zeta functions, from SciPy, with derivatives in both arguments.

SciPy has no derivative in x; it is summed here by Euler and Maclaurin's formula.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from .gammas import BERNOULLI
from .tools import real_only, smooth, weak, wide

__all__ = ["zeta", "zetac"]

_STEPS = 12
# The polynomials x·(x + 1)···(x + 2k - 2), highest power first.
_RISING = [np.poly(-np.arange(2 * k - 1)) for k in range(1, 10)]


def _summed(x: Any, q: Any, order: int) -> Any:
    # The derivative in x of that order of Σ (q + k)⁻ˣ: twelve terms of the sum, the integral of the
    # rest, and its corrections, each by the rule for products with a⁻ˣ.
    total = np.zeros_like(x * q)
    for _ in range(_STEPS):
        log = np.log(q)
        total = total + np.where(log == 0, float(order == 0), (-log) ** order * q**-x)
        q = q + 1
    log = np.log(q)

    def times(derivative: Any) -> Any:
        return sum(
            math.comb(order, j) * (-log) ** (order - j) * derivative(j) for j in range(order + 1)
        )

    total = total + q ** (1 - x) * times(
        lambda j: (-1) ** j * math.factorial(j) * (x - 1) ** -float(j + 1)
    )
    total = total + 0.5 * q**-x * times(lambda j: float(j == 0))
    for k, (b, rising) in enumerate(zip(BERNOULLI, _RISING, strict=False), 1):
        total = total + b * q ** (1 - x - 2 * k) * times(
            lambda j, p=rising: np.polyval(np.polyder(p, j), x)
        )
    return np.where(x == np.inf, 0, np.where(q > _STEPS, total, np.nan))


_summed_in_double = wide(_summed)

zeta_slope: Primitive = elementwise(
    "zeta_slope", lambda x, q, *, order=1: _summed_in_double(x, q, order=order),
    lambda g, out, x, q, *, order: g * zeta_slope.inner(x, q, order=order + 1),
    lambda g, out, x, q, *, order: -g * (
        x * zeta_slope.inner(x + 1, q, order=order)
        + order * zeta_slope.inner(x + 1, q, order=order - 1)
    ),
    saves=("x", "q"), analytic=False, samples=(
        Sample((2, 3), (3,), low=(1.5, 0.5), high=(6, 3)), Sample((), (), low=(1.5, 1.0)),
        Sample((3,), (3,), low=(1.5, 0.5), high=(6, 3), order=2),
    ),
    doc="""The derivative of ζ(x, q) in x of that order, for q > 0.

    Derivative: one order more in x; in q that of -x·ζ(x+1, q).
    """,
)  # fmt: skip


def _riemann_slope(x: Any) -> Any:
    # Left of 0 by the reflection ζ(x) = 2·(2π)ˣ⁻¹·sin(πx/2)·Γ(1 - x)·ζ(1 - x).
    left = x < 0
    direct = zeta_slope.inner(np.where(left, 2, x), 1.0)
    y = 1 - np.where(left, x, -1)
    angle = (1 - y) * (math.pi / 2)
    sine, cosine = np.sin(angle), np.cos(angle)
    value = riemann.inner(y)
    turned = (
        sine * (value * (math.log(2 * math.pi) - sp.psi(y)) - zeta_slope.inner(y, 1.0))
        + (math.pi / 2) * cosine * value
    )
    size = 2 * (2 * math.pi) ** -y * sp.gamma(y)
    return np.where(left, size * turned, direct)


# What SciPy's zeta, a Python function, calls with what it is given.
def _inner(name: str) -> tuple[Any, ...]:
    return tuple(f for f in [getattr(sp._ufuncs, name, None)] if f)


_riemann = real_only("zeta", sp.zeta)
_ANY_SIDE = (
    Sample((2, 3), low=1.5, high=5), Sample((), low=1.5), Sample((3,), low=0.1, high=0.6),
    Sample((3,), low=-4.5, high=-0.5), Sample((0, 2)),
)  # fmt: skip

riemann: Primitive = elementwise(
    "riemann_zeta", lambda x: _riemann(x),
    lambda g, out, x: g * _riemann_slope(x),
    saves=("x",), analytic=False, samples=_ANY_SIDE, numpy=_inner("_riemann_zeta"),
    doc="""Riemann's ζ(x) = Σ k⁻ˣ of real x. Derivative: -g·Σ log(k)·k⁻ˣ, continued to the left.""",
)  # fmt: skip

zetac = smooth(
    "zetac", sp.zetac, lambda g, out, x: g * _riemann_slope(x),
    saves=("x",), samples=_ANY_SIDE,
    doc="""ζ(x) - 1 of real x. Derivative: -g·Σ log(k)·k⁻ˣ, continued to the left.""",
)  # fmt: skip

_zeta = weak(sp.zeta)

hurwitz: Primitive = elementwise(
    "zeta", lambda x, q: _zeta(x, q),
    lambda g, out, x, q: g * zeta_slope.inner(x, q),
    lambda g, out, x, q: g * (-x * hurwitz.inner(x + 1, q)),
    saves=("x", "q"), analytic=False, numpy=_inner("_zeta"), samples=(
        Sample((2, 3), (3,), low=(1.5, 0.5), high=(6, 3)), Sample((), (2,), low=(1.5, 0.5)),
    ),
    doc="""Hurwitz zeta function ζ(x, q) = Σ (q + k)⁻ˣ.

    Derivative: -g·Σ log(q + k)·(q + k)⁻ˣ in x, for q > 0, and -g·x·ζ(x+1, q) in q.
    """,
)  # fmt: skip


def zeta(x: Any, q: Any = None) -> Any:
    """Hurwitz zeta function ζ(x, q) = Σ (q + k)⁻ˣ; Riemann's ζ(x) without q.

    Derivative: -g·Σ log(q + k)·(q + k)⁻ˣ in x, -g·x·ζ(x+1, q) in q.
    """
    return riemann(x) if q is None else hurwitz(x, q)
