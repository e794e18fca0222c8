"""Distribution functions of counts, from SciPy: binomial, negative binomial, Poisson.

Counts are rounded down and have no derivative; the inverses in a count take it as a real number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from .densities import beta_slope, gamma_slope
from .tails import gamma_tail, split_beta
from .tools import free, in_last, scipys

__all__ = [
    "bdtr", "bdtrc", "bdtri", "bdtrik", "bdtrin", "nbdtr", "nbdtrc", "nbdtri", "nbdtrik", "nbdtrin",
    "pdtr", "pdtrc", "pdtri", "pdtrik",
]  # fmt: skip

_COUNTS = (
    Sample(np.array([1.0, 2.0]), np.array(6), (2, 2), low=0.2, high=0.8),
    Sample(np.array(2), np.array(5), (), low=0.2, high=0.8),
)  # fmt: skip
_RATES = (
    Sample(np.array([0.0, 1.0, 4.0]), (2, 3), low=0.4, high=6),
    Sample(np.float32(2), (), low=0.4, high=6),
)  # fmt: skip
_CHANCES = (
    Sample(np.array([0.0, 1.0, 4.0]), (2, 3), low=0.1, high=0.9),
    Sample(np.float32(2), (), low=0.1, high=0.9),
)  # fmt: skip


def _of_trials(ufunc: Any) -> Any:
    # SciPy warns of a number of trials that is not of an integer dtype; no more than k and p
    # shall it decide the dtype of the result.
    def forward(k: Any, n: Any, p: Any) -> Any:
        if type(n) is not int:
            return ufunc(k, n, p)
        return ufunc(k, np.int64(n), p).astype(np.result_type(k, p, np.float32))

    return forward


def _trials(k: Any, n: Any, p: Any) -> Any:
    # SciPy rounds k down; more than k successes of n: I(k+1, n-k; p).
    return beta_slope(np.floor(k) + 1, n - np.floor(k), p)


def _failures(k: Any, n: Any, p: Any) -> Any:
    return beta_slope(n, np.floor(k) + 1, p)


bdtr = in_last(
    "bdtr", lambda k, n, p: sp.bdtr(k, n, p), lambda g, out, k, n, p: -g * _trials(k, n, p),
    samples=_COUNTS, forward=_of_trials(sp.bdtr),
    doc="""Chance of at most k successes in n trials. Derivative: -g·pᵏ(1-p)ⁿ⁻ᵏ⁻¹/B(k+1, n-k).""",
)  # fmt: skip

bdtrc = in_last(
    "bdtrc", lambda k, n, p: sp.bdtrc(k, n, p), lambda g, out, k, n, p: g * _trials(k, n, p),
    samples=_COUNTS, forward=_of_trials(sp.bdtrc),
    doc="""Chance of more than k successes in n trials. Derivative: g·pᵏ(1-p)ⁿ⁻ᵏ⁻¹/B(k+1, n-k).""",
)  # fmt: skip

bdtri = in_last(
    "bdtri", lambda k, n, y: sp.bdtri(k, n, y), lambda g, out, k, n, y: -g / _trials(k, n, out),
    saves=("out", "k", "n"), samples=_COUNTS, forward=_of_trials(sp.bdtri),
    doc="""The p where bdtr(k, n, p) = y. Derivative: -g·B(k+1, n-k)/(pᵏ(1-p)ⁿ⁻ᵏ⁻¹).""",
)  # fmt: skip

nbdtr = in_last(
    "nbdtr", lambda k, n, p: sp.nbdtr(k, n, p), lambda g, out, k, n, p: g * _failures(k, n, p),
    samples=_COUNTS,
    doc="""Chance of at most k failures before the nth success.

    Derivative: g·pⁿ⁻¹(1-p)ᵏ/B(n, k+1).
    """,
)  # fmt: skip

nbdtrc = in_last(
    "nbdtrc", lambda k, n, p: sp.nbdtrc(k, n, p), lambda g, out, k, n, p: -g * _failures(k, n, p),
    samples=_COUNTS,
    doc="""Chance of more than k failures before the nth success.

    Derivative: -g·pⁿ⁻¹(1-p)ᵏ/B(n, k+1).
    """,
)  # fmt: skip

nbdtri = in_last(
    "nbdtri", lambda k, n, y: sp.nbdtri(k, n, y), lambda g, out, k, n, y: g / _failures(k, n, out),
    saves=("out", "k", "n"), samples=_COUNTS,
    doc="""The p where nbdtr(k, n, p) = y. Derivative: g·B(n, k+1)/(pⁿ⁻¹(1-p)ᵏ).""",
)  # fmt: skip

pdtr = in_last(
    "pdtr", lambda k, m: sp.pdtr(k, m), lambda g, out, k, m: -g * gamma_slope(np.floor(k) + 1, m),
    samples=_RATES,
    doc="""Chance of at most k events of a Poisson process of mean m. Derivative: -g·mᵏe⁻ᵐ/k!.""",
)  # fmt: skip

pdtrc = in_last(
    "pdtrc", lambda k, m: sp.pdtrc(k, m), lambda g, out, k, m: g * gamma_slope(np.floor(k) + 1, m),
    samples=_RATES,
    doc="""Chance of more than k events of a Poisson process of mean m. Derivative: g·mᵏe⁻ᵐ/k!.""",
)  # fmt: skip

pdtri = in_last(
    "pdtri", lambda k, y: sp.pdtri(k, y), lambda g, out, k, y: -g / gamma_slope(
        np.floor(k) + 1, out
    ),
    saves=("out", "k"), samples=_CHANCES,
    doc="""The m where pdtr(k, m) = y. Derivative: -g·k!·eᵐ/mᵏ.""",
)  # fmt: skip

# -- inverses in a count ---------------------------------------------------------------------------

_LIKELY = Sample((2,), (2,), (2,), low=(0.3, 8, 0.2), high=(0.7, 12, 0.4))
_COUNTED = Sample((2,), (2,), (2,), low=(2, 0.3, 0.2), high=(4, 0.7, 0.4))


def _failed(k: Any, n: Any, p: Any) -> Any:
    # bdtr(k, n, p) is I(n-k, k+1; 1-p).
    return split_beta(n - k, k + 1, 1 - p, p)


def _met(k: Any, n: Any, p: Any) -> Any:
    # nbdtr(k, n, p) is I(n, k+1; p).
    return split_beta(n, k + 1, p, 1 - p)


bdtrik = scipys(
    "bdtrik", lambda y, n, p: sp.bdtrik(y, n, p),
    lambda g, out, y, n, p: free(g, out) / ((i := _failed(out, n, p)).in_b - i.in_a),
    lambda g, out, y, n, p: -free(g, out) * (i := _failed(out, n, p)).in_a / (i.in_b - i.in_a),
    lambda g, out, y, n, p: free(g, out) * (i := _failed(out, n, p)).slope / (i.in_b - i.in_a),
    saves=("out", "n", "p"), samples=(_LIKELY,),
    doc="""The k where bdtr(k, n, p) = y, of real k. Derivative: g/(∂bdtr/∂k) in y, and so on.""",
)  # fmt: skip

bdtrin = scipys(
    "bdtrin", lambda k, y, p: sp.bdtrin(k, y, p),
    lambda g, out, k, y, p: g * (1 - (i := _failed(k, out, p)).in_b / i.in_a),
    lambda g, out, k, y, p: g / _failed(k, out, p).in_a,
    lambda g, out, k, y, p: g * (i := _failed(k, out, p)).slope / i.in_a,
    saves=("out", "k", "p"), samples=(_COUNTED,),
    doc="""The n where bdtr(k, n, p) = y, of real n. Derivative: g/(∂bdtr/∂n) in y, and so on.""",
)  # fmt: skip

nbdtrik = scipys(
    "nbdtrik", lambda y, n, p: sp.nbdtrik(y, n, p),
    lambda g, out, y, n, p: free(g, out) / _met(out, n, p).in_b,
    lambda g, out, y, n, p: -free(g, out) * (i := _met(out, n, p)).in_a / i.in_b,
    lambda g, out, y, n, p: -free(g, out) * (i := _met(out, n, p)).slope / i.in_b,
    saves=("out", "n", "p"), samples=(_LIKELY,),
    doc="""The k where nbdtr(k, n, p) = y, of real k. Derivative: g/(∂nbdtr/∂k) in y, and so on.""",
)  # fmt: skip

nbdtrin = scipys(
    "nbdtrin", lambda k, y, p: sp.nbdtrin(k, y, p),
    lambda g, out, k, y, p: -g * (i := _met(k, out, p)).in_b / i.in_a,
    lambda g, out, k, y, p: g / _met(k, out, p).in_a,
    lambda g, out, k, y, p: -g * (i := _met(k, out, p)).slope / i.in_a,
    saves=("out", "k", "p"), samples=(_COUNTED,),
    doc="""The n where nbdtr(k, n, p) = y, of real n. Derivative: g/(∂nbdtr/∂n) in y, and so on.""",
)  # fmt: skip

pdtrik = scipys(
    "pdtrik", lambda p, m: sp.pdtrik(p, m),
    lambda g, out, p, m: -free(g, out) / gamma_tail.inner(out + 1, m),
    lambda g, out, p, m: -free(g, out) * gamma_slope(out + 1, m) / gamma_tail.inner(out + 1, m),
    saves=("out", "m"), samples=(Sample((2, 3), (3,), low=(0.3, 4), high=(0.7, 8)),),
    doc="""The k where pdtr(k, m) = p, of real k. Derivative: g/(∂pdtr/∂k) in p, and so on.""",
)  # fmt: skip
