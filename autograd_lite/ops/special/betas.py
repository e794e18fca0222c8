"""Beta, Pochhammer's symbol, binomial coefficients: ratios of gamma functions, from SciPy.

Their derivatives are differences of ψ, which lose all digits where the two arguments are large and
close; ``polygamma_difference`` keeps them. At the poles of a denominator, where ψ is infinite and
the ratio 0, the product with 1/Γ, which is smooth there, takes its place.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from .gammas import BERNOULLI, polygamma_of, polygamma_op, rgamma_slope
from .tools import regions, smooth, wide

__all__ = ["beta", "betaln", "binom", "poch"]

_PAIRS = (
    Sample((2, 3), (3,), low=0.4, high=3), Sample((), (2,), low=0.4, high=3),
    Sample((2, 1), (1, 3), low=0.4, high=3),
)  # fmt: skip


def _power_difference(m: int, x: Any, h: Any) -> Any:
    # (x + h)⁻ᵐ - x⁻ᵐ
    return x ** -float(m) * np.expm1(-m * np.log1p(h / x))


def _close(n: int, x: Any, h: Any) -> Any:
    # Sixteen steps to the right, then the asymptotic series, difference by difference.
    total = np.zeros_like(x)
    for _ in range(16):
        total = total + math.factorial(n) * _power_difference(n + 1, x, h)
        x = x + 1
    total = total + 0.5 * math.factorial(n) * _power_difference(n + 1, x, h)
    total = total + (math.factorial(n - 1) * _power_difference(n, x, h) if n else -np.log1p(h / x))
    for k, b in enumerate(BERNOULLI[:9], 1):
        total = total + b * math.factorial(2 * k + n - 1) * _power_difference(2 * k + n, x, h)
    return (-1) ** (n + 1) * total


def _difference(x: Any, h: Any, order: int) -> Any:
    return regions(
        (x > 0) & (np.abs(h) < 0.7 * x),
        lambda x, h: _close(order, x, h),
        lambda x, h: polygamma_of(order, x + h) - polygamma_of(order, x),
        x, h,
    )  # fmt: skip


_difference_in_double = wide(_difference)

polygamma_difference: Primitive = elementwise(
    "polygamma_difference", lambda x, h, *, order=0: _difference_in_double(x, h, order=order),
    lambda g, out, x, h, *, order: g * polygamma_difference.inner(x, h, order=order + 1),
    lambda g, out, x, h, *, order: g * polygamma_op.inner(order + 1, x + h),
    saves=("x", "h"), analytic=False,
    samples=(*_PAIRS, Sample((3,), (3,), low=(5, -2), high=(9, 2), order=1)),
    doc="""ψ⁽ⁿ⁾(x + h) - ψ⁽ⁿ⁾(x), exact where h is small beside x.

    Derivative: the same of ψ⁽ⁿ⁺¹⁾ in x, ψ⁽ⁿ⁺¹⁾(x + h) in h.
    """,
)  # fmt: skip


def _at_pole(x: Any, *others: Any) -> Any:
    # Near a pole of Γ(x), and where all these gamma functions are numbers, neither 0 nor inf.
    near = (x < 0.5) & (np.abs(x - np.round(x)) < 0.25)
    for y in (x, *others):
        near = near & (np.abs(y) < 150)
    return near


def _where_at(mask: Any, at: Any, *args: Any) -> Any:
    # The arguments where mask, elsewhere 1/3: there the formula is not used, but must be finite.
    return at(*(np.where(mask, x, 1 / 3) for x in args))


def _beta_in_first(x: Any, y: Any, out: Any) -> Any:
    near = _at_pole(x + y, x, y)
    far = _where_at(~near, lambda x, y: -polygamma_difference.inner(x, y), x, y)
    at = _where_at(
        near,
        lambda x, y: sp.gamma(x) * sp.gamma(y) * (
            sp.psi(x) * sp.rgamma(x + y) + rgamma_slope(x + y)
        ),
        x, y,
    )  # fmt: skip
    return np.where(near, at, out * far)


beta = smooth(
    "beta", sp.beta,
    lambda g, out, x, y: g * _beta_in_first(x, y, out),
    lambda g, out, x, y: g * _beta_in_first(y, x, out),
    saves=("out", "x", "y"), samples=(
        *_PAIRS, Sample((3,), (3,), low=(0.9, -2.1), high=(1.1, -1.9)),
    ),
    doc="""B(x, y) = Γ(x)Γ(y)/Γ(x+y).

    Derivative: g·B·(ψ(x) - ψ(x+y)), and the same in y; exact where x + y is 0, -1, -2...
    """,
)  # fmt: skip

betaln = smooth(
    "betaln", sp.betaln,
    lambda g, out, x, y: -g * polygamma_difference.inner(x, y),
    lambda g, out, x, y: -g * polygamma_difference.inner(y, x),
    saves=("x", "y"), samples=_PAIRS,
    doc="""log \\|B(x, y)\\|. Derivative: g·(ψ(x) - ψ(x+y)), and the same in y.""",
)  # fmt: skip


def _is_whole(y: Any) -> Any:
    return y == np.round(y)


def _rising_slope(x: Any, y: Any, out: Any) -> Any:
    # Three forms: with a whole y, where x and x + y are both left of ½, by reflection,
    # poch(x, y) = (-1)ʸ·poch(1 - x - y, y); at the poles of Γ(x) by 1/Γ; else by ψ.
    both = (x < 0.5) & (x + y < 0.5) & _is_whole(y)
    near = _at_pole(x, x + y) & ~both
    far = _where_at(~(near | both), polygamma_difference.inner, x, y)
    at = _where_at(
        near,
        lambda x, y: sp.gamma(x + y) * (sp.psi(x + y) * sp.rgamma(x) + rgamma_slope(x)),
        x, y,
    )  # fmt: skip
    turned = _where_at(both, lambda x, y: -polygamma_difference.inner(1 - x - y, y), x, y)
    return np.where(near, at, out * np.where(both, turned, far))


poch = smooth(
    "poch", sp.poch,
    lambda g, out, x, y: g * _rising_slope(x, y, out),
    lambda g, out, x, y: g * out * sp.psi(x + y),
    saves=("out", "x", "y"), samples=(
        *_PAIRS, Sample((3,), (3,), low=(-2.1, 2.3), high=(-1.9, 2.7)),
    ),
    doc="""Γ(x+y)/Γ(x).

    Derivative: g·out·(ψ(x+y) - ψ(x)), exact where x is 0, -1, -2..., and g·out·ψ(x+y).
    """,
)  # fmt: skip


def _choose_in_n(n: Any, k: Any, out: Any) -> Any:
    # As Γ(n+1)/(Γ(n-k+1)·k!), a Pochhammer symbol of x = n - k + 1.
    x = n - k + 1
    both = (x < 0.5) & (n < -0.5) & _is_whole(k)
    near = _at_pole(x, n, k) & ~both
    far = _where_at(~(near | both), lambda n, k: polygamma_difference.inner(n - k + 1, k), n, k)
    at = _where_at(
        near,
        lambda n, k: sp.gamma(n + 1) * sp.rgamma(k + 1) * (
            sp.psi(n + 1) * sp.rgamma(n - k + 1) + rgamma_slope(n - k + 1)
        ),
        n, k,
    )  # fmt: skip
    turned = _where_at(both, lambda n, k: -polygamma_difference.inner(-n, k), n, k)
    return np.where(near, at, out * np.where(both, turned, far))


def _choose_in_k(n: Any, k: Any, out: Any) -> Any:
    near = _at_pole(n - k + 1, n, k) | _at_pole(k + 1, n, k)
    far = _where_at(~near, lambda n, k: polygamma_difference.inner(k + 1, n - 2 * k), n, k)
    at = _where_at(
        near,
        lambda n, k: sp.gamma(n + 1) * (
            rgamma_slope(k + 1) * sp.rgamma(n - k + 1) - sp.rgamma(k + 1) * rgamma_slope(n - k + 1)
        ),
        n, k,
    )  # fmt: skip
    return np.where(near, at, out * far)


binom = smooth(
    "binom", sp.binom,
    lambda g, out, x, y: g * _choose_in_n(x, y, out),
    lambda g, out, x, y: g * _choose_in_k(x, y, out),
    saves=("out", "x", "y"), samples=(
        Sample((2, 3), (3,), low=(3.1, 0.4), high=(6, 3)), Sample((), (2,), low=(3, 0.4), high=4),
        Sample((2,), (2,), low=(1.1, 2.05), high=(1.15, 2.2)),
    ),
    doc="""n over k, Γ(n+1)/(Γ(k+1)·Γ(n-k+1)) of real n = x and k = y.

    Derivative: g·out·(ψ(n+1) - ψ(n-k+1)) and g·out·(ψ(n-k+1) - ψ(k+1)), exact where it is 0.
    """,
)  # fmt: skip
