"""Incomplete gamma and beta functions, their complements and inverses, from SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from .densities import beta_slope, gamma_slope
from .tails import beta_tail, gamma_tail
from .tools import scipys

__all__ = [
    "betainc", "betaincc", "betainccinv", "betaincinv", "btdtria", "btdtrib", "gammainc",
    "gammaincc", "gammainccinv", "gammaincinv",
]  # fmt: skip

_SHAPES = (
    Sample(np.array([1.0, 2.0, 3.5]), (2, 3), low=0.3, high=4),
    Sample((2,), (2,), low=(0.5, 0.3), high=(3, 4)), Sample((), (), low=0.5, high=4),
)  # fmt: skip
_CHANCES = (
    Sample(np.array([1.0, 2.0, 3.5]), (2, 3), low=0.1, high=0.9),
    Sample((2,), (2,), low=(0.5, 0.1), high=(3, 0.9)), Sample((), (), low=0.5, high=0.9),
)  # fmt: skip
_TWO_SHAPES = (
    Sample(np.array([1.0, 2, 3.5]), np.array(2.5), (2, 3), low=0.2, high=0.8),
    Sample((2,), (2,), (2,), low=(0.5, 0.5, 0.2), high=(3, 3, 0.8)),
)  # fmt: skip


def _in_a(a: Any, x: Any) -> Any:
    return gamma_tail.inner(a, x, order=1)


gammainc = scipys(
    "gammainc", lambda a, x: sp.gammainc(a, x),
    lambda g, out, a, x: g * _in_a(a, x),
    lambda g, out, a, x: g * gamma_slope(a, x),
    samples=_SHAPES,
    doc="""Regularized lower incomplete gamma function P(a, x).

    Derivative: g·xᵃ⁻¹·e⁻ˣ/Γ(a) in x, exact at 0 to every order; in a by quadrature.
    """,
)  # fmt: skip

gammaincc = scipys(
    "gammaincc", lambda a, x: sp.gammaincc(a, x),
    lambda g, out, a, x: -g * _in_a(a, x),
    lambda g, out, a, x: -g * gamma_slope(a, x),
    samples=_SHAPES,
    doc="""Regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x).

    Derivative: -g·xᵃ⁻¹·e⁻ˣ/Γ(a) in x, exact at 0 to every order; in a by quadrature.
    """,
)  # fmt: skip

gammaincinv = scipys(
    "gammaincinv", lambda a, y: sp.gammaincinv(a, y),
    lambda g, out, a, y: -g * _in_a(a, out) / gamma_slope(a, out),
    lambda g, out, a, y: g / gamma_slope(a, out),
    saves=("out", "a"), samples=_CHANCES,
    doc="""The x where P(a, x) = y. Derivative: g·Γ(a)·x¹⁻ᵃ·eˣ in y, times -∂P/∂a in a.""",
)  # fmt: skip

gammainccinv = scipys(
    "gammainccinv", lambda a, y: sp.gammainccinv(a, y),
    lambda g, out, a, y: -g * _in_a(a, out) / gamma_slope(a, out),
    lambda g, out, a, y: -g / gamma_slope(a, out),
    saves=("out", "a"), samples=_CHANCES,
    doc="""The x where Q(a, x) = y. Derivative: -g·Γ(a)·x¹⁻ᵃ·eˣ in y, times ∂P/∂a in a.""",
)  # fmt: skip


def _beta_in_a(a: Any, b: Any, x: Any) -> Any:
    return beta_tail.inner(a, b, x, i=1)


def _beta_in_b(a: Any, b: Any, x: Any) -> Any:
    return beta_tail.inner(a, b, x, j=1)


betainc = scipys(
    "betainc", lambda a, b, x: sp.betainc(a, b, x),
    lambda g, out, a, b, x: g * _beta_in_a(a, b, x),
    lambda g, out, a, b, x: g * _beta_in_b(a, b, x),
    lambda g, out, a, b, x: g * beta_slope(a, b, x),
    samples=_TWO_SHAPES,
    doc="""Regularized incomplete beta function I(a, b; x).

    Derivative: g·xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b) in x, exact at 0 and 1 to every order; in a and b by
    quadrature.
    """,
)  # fmt: skip

betaincc = scipys(
    "betaincc", lambda a, b, x: sp.betaincc(a, b, x),
    lambda g, out, a, b, x: -g * _beta_in_a(a, b, x),
    lambda g, out, a, b, x: -g * _beta_in_b(a, b, x),
    lambda g, out, a, b, x: -g * beta_slope(a, b, x),
    samples=_TWO_SHAPES,
    doc="""1 - I(a, b; x), exact where that is small. Derivative: minus that of I.""",
)  # fmt: skip

betaincinv = scipys(
    "betaincinv", lambda a, b, y: sp.betaincinv(a, b, y),
    lambda g, out, a, b, y: -g * _beta_in_a(a, b, out) / beta_slope(a, b, out),
    lambda g, out, a, b, y: -g * _beta_in_b(a, b, out) / beta_slope(a, b, out),
    lambda g, out, a, b, y: g / beta_slope(a, b, out),
    saves=("out", "a", "b"), samples=_TWO_SHAPES,
    doc="""The x where I(a, b; x) = y.

    Derivative: g·B(a, b)·x¹⁻ᵃ·(1-x)¹⁻ᵇ in y, times -∂I/∂a in a and -∂I/∂b in b.
    """,
)  # fmt: skip

betainccinv = scipys(
    "betainccinv", lambda a, b, y: sp.betainccinv(a, b, y),
    lambda g, out, a, b, y: -g * _beta_in_a(a, b, out) / beta_slope(a, b, out),
    lambda g, out, a, b, y: -g * _beta_in_b(a, b, out) / beta_slope(a, b, out),
    lambda g, out, a, b, y: -g / beta_slope(a, b, out),
    saves=("out", "a", "b"), samples=_TWO_SHAPES,
    doc="""The x where 1 - I(a, b; x) = y.

    Derivative: -g·B(a, b)·x¹⁻ᵃ·(1-x)¹⁻ᵇ in y, times ∂I/∂a in a and ∂I/∂b in b.
    """,
)  # fmt: skip

btdtria = scipys(
    "btdtria", lambda p, b, x: sp.btdtria(p, b, x),
    lambda g, out, p, b, x: g / _beta_in_a(out, b, x),
    lambda g, out, p, b, x: -g * _beta_in_b(out, b, x) / _beta_in_a(out, b, x),
    lambda g, out, p, b, x: -g * beta_slope(out, b, x) / _beta_in_a(out, b, x),
    saves=("out", "b", "x"), samples=(
        Sample((2,), (2,), (2,), low=(0.2, 0.5, 0.2), high=(0.8, 3, 0.8)),
    ),
    doc="""The a where I(a, b; x) = p. Derivative: g/(∂I/∂a) in p, times -∂I/∂b and -∂I/∂x.""",
)  # fmt: skip

btdtrib = scipys(
    "btdtrib", lambda a, p, x: sp.btdtrib(a, p, x),
    lambda g, out, a, p, x: -g * _beta_in_a(a, out, x) / _beta_in_b(a, out, x),
    lambda g, out, a, p, x: g / _beta_in_b(a, out, x),
    lambda g, out, a, p, x: -g * beta_slope(a, out, x) / _beta_in_b(a, out, x),
    saves=("out", "a", "x"), samples=(
        Sample((2,), (2,), (2,), low=(0.5, 0.2, 0.2), high=(3, 0.8, 0.8)),
    ),
    doc="""The b where I(a, b; x) = p. Derivative: g/(∂I/∂b) in p, times -∂I/∂a and -∂I/∂x.""",
)  # fmt: skip
