"""Derivatives of incomplete gamma and beta functions in their parameters, of every order.

Under the integral they are the density times polynomials of its logarithm's derivatives (Bell's).
Of the two tails the one is taken whose integrand falls from the limit on. With the distance from
there as a power of e, the trapezoidal rule in the exponent is exact to the last digits.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from .betas import polygamma_difference
from .densities import beta_slope, beta_values, gamma_slope, gamma_values
from .gammas import BERNOULLI, polygamma_of, polygamma_op
from .tools import regions, wide

_STEP, _START = 1 / 8, -7.7
# Entries computed at once, each with all the nodes.
_CHUNK = 4096


def _bell(n: int, first: Any, higher: Any) -> Any:
    # The derivative of eᶠ of that order over eᶠ, where f has the derivatives first, higher(2)...
    found: list[Any] = [1 + 0 * first]
    for m in range(n):
        found.append(
            sum(
                math.comb(m, k) * found[m - k] * (higher(k + 1) if k else first)
                for k in range(m + 1)
            )
        )
    return found[n]


def _bell_of_two(i: int, j: int, first: Any, second: Any, higher: Any) -> Any:
    # The same in two variables.
    found: dict[tuple[int, int], Any] = {(0, 0): 1 + 0 * first}

    def kappa(k: int, m: int) -> Any:
        return {(1, 0): first, (0, 1): second}.get((k, m)) if k + m == 1 else higher(k, m)

    for k in range(i + 1):
        for m in range(j + 1):
            if (k, m) == (0, 0):
                continue
            # One derivative in either variable is taken off, the rest shared out.
            a, b = (k - 1, m) if k else (k, m - 1)
            found[k, m] = sum(
                math.comb(a, p) * math.comb(b, q) * found[a - p, b - q]
                * kappa(p + (k > 0), q + (k == 0))
                for p in range(a + 1) for q in range(b + 1)
            )  # fmt: skip
    return found[i, j]


def _log_ratio(x: Any, a: Any) -> Any:
    # log(x/a), exact where they are close.
    near = np.abs(x - a) < 0.5 * a
    return np.where(near, np.log1p(np.where(near, (x - a) / a, 0)), np.log(x / a))


def _log_less_psi(a: Any) -> Any:
    def large(a: Any) -> Any:
        terms = (b * math.factorial(2 * k - 1) * a ** (-2.0 * k) for k, b in
                 enumerate(BERNOULLI[:9], 1))  # fmt: skip
        return 0.5 / a + sum(terms)

    return regions(a >= 16, large, lambda a: np.log(a) - sp.psi(a), a)


def _quadrature(function: Any, fall: Any, curvature: Any, reach: Any) -> Any:
    # ∫₀^∞ of a function that begins as e^(-fall·s - curvature·s²/2) and has gone by its reach.
    scale = 2 / (fall + np.sqrt(fall * fall + 2 * np.maximum(curvature, 0)))
    end = np.log(np.maximum(40, reach / scale))
    v = _START + _STEP * np.arange(int(np.max((end - _START) / _STEP, initial=0)) + 2)
    less = np.exp(-(v + 4))
    s = scale * np.exp(v - less)
    return (function(s) * (s * (1 + less))).sum(axis=1, keepdims=True) * _STEP


def in_chunks(function: Any, *args: Any) -> Any:
    """function(*args) of arrays of one dimension, few entries at a time: it needs much memory."""
    args = np.broadcast_arrays(*args)
    columns = [x.reshape(-1) for x in args]
    parts = [
        function(*(c[i : i + _CHUNK] for c in columns)) for i in range(0, len(columns[0]), _CHUNK)
    ]
    return np.concatenate(parts or [np.zeros(0)]).reshape(args[0].shape)


def _gamma_tail(a: Any, x: Any, order: int) -> Any:
    inside = (a > 0) & (a < np.inf) & (x > 0) & (x < np.inf)
    outside = np.where((a > 0) & ((x == 0) | (x == np.inf) | (a == np.inf)), 0.0, np.nan)
    a, x = np.where(inside, a, 1), np.where(inside, x, 1)
    found = regions(
        x <= a, lambda a, x: _gamma_lower(a, x, order), lambda a, x: _gamma_upper(a, x, order), a, x
    )
    return np.where(inside, found, outside)


def _gamma_lower(a: Any, x: Any, order: int) -> Any:
    # t = x·e⁻ʷ
    a, x = a[:, None], x[:, None]
    first = _log_ratio(x, a) + _log_less_psi(a)

    def function(w: Any) -> Any:
        bell = _bell(order, first - w, lambda k: -polygamma_of(k - 1, a))
        return np.exp(-a * w - x * np.expm1(-w)) * bell

    return (gamma_values(a, a, x) * _quadrature(function, a - x, x, 40 / a))[:, 0]


def _gamma_upper(a: Any, x: Any, order: int) -> Any:
    # t = x + s
    a, x = a[:, None], x[:, None]
    first = _log_ratio(x, a) + _log_less_psi(a)

    def function(s: Any) -> Any:
        log = np.log1p(s / x)
        bell = _bell(order, first + log, lambda k: -polygamma_of(k - 1, a))
        return np.exp((a - 1) * log - s) * bell

    more = (a - 1) / x
    return -(gamma_values(a - 1, a, x) * _quadrature(function, 1 - more, more / x, 40.0))[:, 0]


def _beta_lower(a: Any, b: Any, x: Any, y: Any, i: int, j: int) -> Any:
    # t = x·e⁻ʷ
    a, b, x, y = a[:, None], b[:, None], x[:, None], y[:, None]
    n = a + b
    first = _log_ratio(n * x, a) + _log_less_psi(a) - _log_less_psi(n)
    second = _log_ratio(n * y, b) + _log_less_psi(b) - _log_less_psi(n)

    def higher(k: int, m: int) -> Any:
        found = polygamma_of(k + m - 1, n)
        if not m:
            found = found - polygamma_of(k - 1, a)
        return found if k else found - polygamma_of(m - 1, b)

    def function(w: Any) -> Any:
        log = np.log1p(-x / y * np.expm1(-w))
        return np.exp((b - 1) * log - a * w) * _bell_of_two(i, j, first - w, second + log, higher)

    more = (b - 1) * x / y
    total = _quadrature(function, a - more, more / y, 40 / a)
    return (beta_values(a, b - 1, a, b, x) * total)[:, 0]


def _beta_tail(a: Any, b: Any, x: Any, i: int, j: int) -> Any:
    inside = (a > 0) & (a < np.inf) & (b > 0) & (b < np.inf) & (x > 0) & (x < 1)
    ends = (x == 0) | (x == 1) | (a == np.inf) | (b == np.inf)
    outside = np.where((a > 0) & (b > 0) & ends, 0.0, np.nan)
    a, b, x = (np.where(inside, v, d) for v, d in ((a, 1), (b, 1), (x, 0.5)))
    found = regions(
        x * b <= (1 - x) * a,
        lambda a, b, x: _beta_lower(a, b, x, 1 - x, i, j),
        lambda a, b, x: -_beta_lower(b, a, 1 - x, x, j, i),
        a, b, x,
    )  # fmt: skip
    return np.where(inside, found, outside)


_gamma_in_double = wide(lambda a, x, order: in_chunks(lambda a, x: _gamma_tail(a, x, order), a, x))
_beta_in_double = wide(
    lambda a, b, x, i, j: in_chunks(lambda a, b, x: _beta_tail(a, b, x, i, j), a, b, x)
)


def _gamma_rule(g: Any, out: Any, a: Any, x: Any, *, order: int) -> Any:
    first = np.log(np.where(x == 0, 1, x)) - sp.psi(a)
    factor = _bell(order, first, lambda k: -polygamma_op.inner(k - 1, a))
    return g * (gamma_slope(a, x) * factor)


gamma_tail: Primitive = elementwise(
    "gammainc_slope", lambda a, x, *, order=1: _gamma_in_double(a, x, order=order),
    lambda g, out, a, x, *, order: g * gamma_tail.inner(a, x, order=order + 1),
    _gamma_rule,
    saves=("a", "x"), analytic=False, samples=(
        Sample((2, 3), (3,), low=0.4, high=4), Sample((), (2,), low=(20, 10), high=(25, 40)),
        Sample((3,), (3,), low=0.4, high=4, order=2),
    ),
    doc="""The derivative of gammainc(a, x) in a of that order.

    Derivative: one order more in a, that of xᵃ⁻¹·e⁻ˣ/Γ(a) in x.
    """,
)  # fmt: skip


def _beta_rule(g: Any, out: Any, a: Any, b: Any, x: Any, *, i: int, j: int) -> Any:
    def higher(k: int, m: int) -> Any:
        if not m:
            return polygamma_difference.inner(a, b, order=k - 1)
        if not k:
            return polygamma_difference.inner(b, a, order=m - 1)
        return polygamma_op.inner(k + m - 1, a + b)

    first = np.log(np.where(x == 0, 1, x)) + higher(1, 0)
    second = np.log(np.where(x == 1, 1, 1 - x)) + higher(0, 1)
    return g * (beta_slope(a, b, x) * _bell_of_two(i, j, first, second, higher))


beta_tail: Primitive = elementwise(
    "betainc_slope", lambda a, b, x, *, i=0, j=0: _beta_in_double(a, b, x, i=i, j=j),
    lambda g, out, a, b, x, *, i, j: g * beta_tail.inner(a, b, x, i=i + 1, j=j),
    lambda g, out, a, b, x, *, i, j: g * beta_tail.inner(a, b, x, i=i, j=j + 1),
    _beta_rule,
    saves=("a", "b", "x"), analytic=False, samples=(
        Sample((2, 3), (3,), (), low=(0.4, 0.4, 0.2), high=(4, 4, 0.8), i=1),
        Sample((2,), (2,), (2,), low=(20, 10, 0.4), high=(25, 20, 0.9), j=1),
        Sample((2,), (2,), (2,), low=(0.4, 0.4, 0.2), high=(4, 4, 0.8), i=1, j=1),
    ),
    doc="""The derivative of betainc(a, b, x), i times in a and j times in b.

    Derivative: one more in a, one more in b, that of xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b) in x.
    """,
)  # fmt: skip


class Split(NamedTuple):
    """The derivatives of I(a, b; w) in a, in b and in w, for w = above/(above + below)."""

    in_a: Any
    in_b: Any
    slope: Any


def split_beta(a: Any, b: Any, above: Any, below: Any) -> Split:
    """Through the smaller of w and 1 - w, which keeps its digits."""
    small = above < below
    first, second = np.where(small, a, b), np.where(small, b, a)
    w = np.where(small, above, below) / (above + below)
    in_first = beta_tail.inner(first, second, w, i=1)
    in_second = beta_tail.inner(first, second, w, j=1)
    return Split(
        np.where(small, in_first, -in_second),
        np.where(small, in_second, -in_first),
        beta_slope(first, second, w),
    )
