"""Orthogonal polynomials and Legendre functions, from SciPy, in x; the rest are constants.

The derivative of a classical polynomial is another one, of a degree less: exact at the ends of its
interval and for real degrees too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from .tools import in_last, one_less

__all__ = [
    "eval_chebyc", "eval_chebys", "eval_chebyt", "eval_chebyu", "eval_gegenbauer",
    "eval_genlaguerre", "eval_hermite", "eval_hermitenorm", "eval_jacobi", "eval_laguerre",
    "eval_legendre", "eval_sh_chebyt", "eval_sh_chebyu", "eval_sh_jacobi", "eval_sh_legendre",
    "lpmv",
]  # fmt: skip

_WHOLE = Sample(np.array([0, 1, 4]), (2, 3), low=-0.9, high=0.9)
_SHIFTED = (Sample(np.array([0, 1, 4]), (2, 3), low=0.1, high=0.9), Sample(
    np.float32(3), (), low=0.1, high=0.9
))  # fmt: skip
_DEGREES = (
    _WHOLE, Sample(np.float32(3), (), low=-0.9, high=0.9),
    Sample(np.array([0.5, 2.5]), (3, 2), low=-0.7, high=0.7),
    Sample(np.float32(3), (2,), complex=True, low=-0.9, high=0.9),
)  # fmt: skip
_ONE, _TWO = np.float32(0.5), np.float32(1.5)


def _unless_0(n: Any, term: Any) -> Any:
    # Of degree 0 the derivative is 0, whatever the term of one_less(n) is.
    return np.where(n == 0, 0, term)


eval_gegenbauer: Any = in_last(
    "eval_gegenbauer", lambda n, alpha, x: sp.eval_gegenbauer(n, alpha, x),
    lambda g, out, n, alpha, x: g * _unless_0(
        n, 2 * alpha * eval_gegenbauer.inner(one_less(n), alpha + 1, x)
    ),
    samples=(
        Sample(np.array([0, 1, 4]), np.array(1.5), (2, 3), low=-0.9, high=0.9),
        Sample(np.float32(3), _ONE, (), low=-0.9, high=0.9),
        Sample(np.float32(3), _TWO, (2,), complex=True, low=-0.9, high=0.9),
    ),
    doc="""Gegenbauer's polynomial of degree n. Derivative: g·2α·(that of n-1, α+1) in x.""",
)  # fmt: skip

eval_legendre: Any = in_last(
    "eval_legendre", lambda n, x: sp.eval_legendre(n, x),
    lambda g, out, n, x: g * _unless_0(n, eval_gegenbauer.inner(one_less(n), 1.5, x)),
    samples=_DEGREES,
    doc="""Legendre's polynomial of degree n. Derivative: g·(Gegenbauer's of n-1, α = 3/2) in x.""",
)  # fmt: skip

eval_chebyt: Any = in_last(
    "eval_chebyt", lambda n, x: sp.eval_chebyt(n, x),
    lambda g, out, n, x: g * (n * eval_chebyu.inner(one_less(n), x)),
    samples=_DEGREES,
    doc="""Chebyshev's polynomial Tₙ(x). Derivative: g·n·Uₙ₋₁(x) in x.""",
)  # fmt: skip

eval_chebyu: Any = in_last(
    "eval_chebyu", lambda n, x: sp.eval_chebyu(n, x),
    lambda g, out, n, x: 2 * g * _unless_0(n, eval_gegenbauer.inner(one_less(n), 2.0, x)),
    samples=_DEGREES,
    doc="""Chebyshev's polynomial Uₙ(x). Derivative: g·2·(Gegenbauer's of n-1, α = 2) in x.""",
)  # fmt: skip

eval_chebyc: Any = in_last(
    "eval_chebyc", lambda n, x: sp.eval_chebyc(n, x),
    lambda g, out, n, x: g * (n * eval_chebys.inner(one_less(n), x)),
    samples=_DEGREES,
    doc="""Chebyshev's Cₙ(x) = 2·Tₙ(x/2). Derivative: g·n·Sₙ₋₁(x) in x.""",
)  # fmt: skip

eval_chebys: Any = in_last(
    "eval_chebys", lambda n, x: sp.eval_chebys(n, x),
    lambda g, out, n, x: g * _unless_0(n, eval_gegenbauer.inner(one_less(n), 2.0, x / 2)),
    samples=_DEGREES,
    doc="""Chebyshev's Sₙ(x) = Uₙ(x/2). Derivative: g·(Gegenbauer's of n-1, α = 2, at x/2) in x.""",
)  # fmt: skip

eval_hermite: Any = in_last(
    "eval_hermite", lambda n, x: sp.eval_hermite(n, x),
    lambda g, out, n, x: g * (2 * n * eval_hermite.inner(one_less(n), x)),
    samples=(_WHOLE,), forward=sp.eval_hermite,
    doc="""The physicists' Hermite polynomial of degree n. Derivative: g·2n·Hₙ₋₁(x) in x.""",
)  # fmt: skip

eval_hermitenorm: Any = in_last(
    "eval_hermitenorm", lambda n, x: sp.eval_hermitenorm(n, x),
    lambda g, out, n, x: g * (n * eval_hermitenorm.inner(one_less(n), x)),
    samples=(_WHOLE,), forward=sp.eval_hermitenorm,
    doc="""The statisticians' Hermite polynomial of degree n. Derivative: g·n·Heₙ₋₁(x) in x.""",
)  # fmt: skip

eval_genlaguerre: Any = in_last(
    "eval_genlaguerre", lambda n, alpha, x: sp.eval_genlaguerre(n, alpha, x),
    lambda g, out, n, alpha, x: -g * _unless_0(
        n, eval_genlaguerre.inner(one_less(n), alpha + 1, x)
    ),
    samples=(
        Sample(np.array([0, 1, 4]), np.array(1.5), (2, 3)), Sample(np.float32(3), _ONE, ()),
        Sample(np.float32(3), _TWO, (2,), complex=True),
    ),
    doc="""Generalized Laguerre polynomial. Derivative: -g·(that of n-1, α+1) in x.""",
)  # fmt: skip

eval_laguerre: Any = in_last(
    "eval_laguerre", lambda n, x: sp.eval_laguerre(n, x),
    lambda g, out, n, x: -g * _unless_0(n, eval_genlaguerre.inner(one_less(n), 1.0, x)),
    samples=_DEGREES,
    doc="""Laguerre's polynomial of degree n. Derivative: -g·(the generalized of n-1, α = 1).""",
)  # fmt: skip

eval_jacobi: Any = in_last(
    "eval_jacobi", lambda n, alpha, beta, x: sp.eval_jacobi(n, alpha, beta, x),
    lambda g, out, n, alpha, beta, x: g * _unless_0(
        n,
        0.5 * (n + alpha + beta + 1) * eval_jacobi.inner(one_less(n), alpha + 1, beta + 1, x),
    ),
    samples=(
        Sample(np.array([0, 1, 4]), np.array(1.5), np.array(0.5), (2, 3), low=-0.9, high=0.9),
        Sample(np.float32(3), _ONE, _TWO, (), low=-0.9, high=0.9),
        Sample(np.float32(3), _ONE, _TWO, (2,), complex=True, low=-0.9, high=0.9),
    ),
    doc="""Jacobi's polynomial. Derivative: g·(n+α+β+1)/2·(that of n-1, α+1, β+1) in x.""",
)  # fmt: skip

eval_sh_legendre: Any = in_last(
    "eval_sh_legendre", lambda n, x: sp.eval_sh_legendre(n, x),
    lambda g, out, n, x: 2 * g * _unless_0(n, eval_gegenbauer.inner(one_less(n), 1.5, 2 * x - 1)),
    samples=_SHIFTED,
    doc="""Legendre's polynomial at 2x - 1. Derivative: g·2·(Gegenbauer's of n-1, α = 3/2).""",
)  # fmt: skip

eval_sh_chebyt: Any = in_last(
    "eval_sh_chebyt", lambda n, x: sp.eval_sh_chebyt(n, x),
    lambda g, out, n, x: g * (2 * n * eval_sh_chebyu.inner(one_less(n), x)),
    samples=_SHIFTED,
    doc="""Tₙ(2x - 1). Derivative: g·2n·Uₙ₋₁(2x - 1) in x.""",
)  # fmt: skip

eval_sh_chebyu: Any = in_last(
    "eval_sh_chebyu", lambda n, x: sp.eval_sh_chebyu(n, x),
    lambda g, out, n, x: 4 * g * _unless_0(n, eval_gegenbauer.inner(one_less(n), 2.0, 2 * x - 1)),
    samples=_SHIFTED,
    doc="""Uₙ(2x - 1). Derivative: g·4·(Gegenbauer's of n-1, α = 2, at 2x - 1) in x.""",
)  # fmt: skip

eval_sh_jacobi: Any = in_last(
    "eval_sh_jacobi", lambda n, p, q, x: sp.eval_sh_jacobi(n, p, q, x),
    lambda g, out, n, p, q, x: g * (n * eval_sh_jacobi.inner(one_less(n), p + 2, q + 1, x)),
    samples=(
        Sample(np.array([0, 1, 4]), np.array(3.5), np.array(1.5), (2, 3), low=0.1, high=0.9),
        Sample(np.float32(3), np.float32(2.5), _TWO, (), low=0.1, high=0.9),
    ),
    doc="""Shifted Jacobi polynomial, xⁿ + ... Derivative: g·n·(that of n-1, p+2, q+1) in x.""",
)  # fmt: skip

lpmv: Any = in_last(
    "lpmv", lambda m, v, x: sp.lpmv(m, v, x),
    lambda g, out, m, v, x: -g * (
        lpmv.inner(m + 1, v, x) / np.sqrt(1 - x * x) + m * x * out / (1 - x * x)
    ),
    saves=("out", "m", "v", "x"), samples=(
        Sample(np.array([0.0, 1.0, 2.0]), np.array(3.0), (2, 3), low=-0.9, high=0.9),
        Sample(np.float32(1), np.float32(2.5), (), low=-0.7, high=0.7),
    ),
    doc="""Associated Legendre function of order m and degree v, \\|x\\| ≤ 1.

    Derivative: -g·(Pᵐ⁺¹ᵥ(x)/√(1-x²) + m·x·Pᵐᵥ(x)/(1-x²)) in x.
    """,
)  # fmt: skip
