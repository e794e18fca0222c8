"""The gamma function, its logarithm, its inverse and its derivatives, from SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import PLAIN, Sample
from ...primitive import Primitive, composed, elementwise
from .tools import ABOVE, partly, smooth

__all__ = [
    "digamma", "gamma", "gammaln", "gammasgn", "loggamma", "multigammaln", "polygamma", "psi",
    "rgamma",
]  # fmt: skip

gammasgn = sp.gammasgn
PLAIN.add(gammasgn)

_BOTH_SIDES = (*ABOVE, Sample((2, 3), low=-1.8, high=-1.2), Sample((0, 2)))

gamma = smooth(
    "gamma", sp.gamma, lambda g, out, x: g * out * sp.psi(x),
    saves=("out", "x"), samples=_BOTH_SIDES,
    doc="""Gamma function Γ(x). Derivative: g·Γ(x)·ψ(x); NaN at its poles.""",
)  # fmt: skip

gammaln = smooth(
    "gammaln", sp.gammaln, lambda g, out, x: g * sp.psi(x),
    saves=("x",), samples=_BOTH_SIDES,
    doc="""log \\|Γ(x)\\|. Derivative: g·ψ(x); NaN at the poles.""",
)  # fmt: skip

loggamma = smooth(
    "loggamma", sp.loggamma, lambda g, out, x: g * sp.psi(x),
    saves=("x",), samples=ABOVE,
    doc="""Principal branch of log Γ(x), of complex numbers too. Derivative: g·ψ(x).""",
)  # fmt: skip

psi = smooth(
    "digamma", sp.psi, sp.digamma, lambda g, out, x: g * polygamma_op.inner(1, x),
    saves=("x",), samples=_BOTH_SIDES,
    doc="""ψ(x), the derivative of log Γ(x). Derivative: g·ψ′(x), the trigamma function.""",
)  # fmt: skip
digamma = psi


def rgamma_slope(x: Any) -> Any:
    """The derivative of 1/Γ(x), exact to every order where Γ has its poles."""
    # Left of ½ by reflection, 1/Γ(x) = Γ(1 - x)·sin(πx)/π, which is smooth at Γ's poles. Right of
    # 200, where 1/Γ is 0, ψ may be infinite.
    left = np.real(x) < 0.5
    y = np.where(left, 1 - x, np.where(np.real(x) > 200, 200, x))
    turned = x * math.pi
    mirrored = sp.gamma(y) * (np.cos(turned) - sp.psi(y) * np.sin(turned) / math.pi)
    return np.where(left, mirrored, -sp.psi(y) * sp.rgamma(y))


rgamma = smooth(
    "rgamma", sp.rgamma, lambda g, out, x: g * rgamma_slope(x),
    saves=("x",), samples=(*_BOTH_SIDES, Sample((2,), low=-2.01, high=-1.99)),
    doc="""1/Γ(x). Derivative: -g·ψ(x)/Γ(x), exact to every order where Γ has its poles.""",
)  # fmt: skip


# B₂ₖ/(2k)!, the coefficients of the asymptotic series of ψ's derivatives.
BERNOULLI = [float(b) / math.factorial(2 * k) for k, b in enumerate(sp.bernoulli(30)[::2]) if k]


def _complex_polygamma(n: int, z: Any) -> Any:
    # SciPy has only real ones. Moved right by ψ⁽ⁿ⁾(z) = ψ⁽ⁿ⁾(z+1) + (-1)ⁿ⁺¹ n!/zⁿ⁺¹, where the
    # asymptotic series is exact.
    left = min(float(np.min(z.real, initial=0.0)), 0.0)
    total = np.zeros_like(z)
    for _ in range(n + 16 - math.floor(left)):
        total = total + math.factorial(n) * z ** -(n + 1)
        z = z + 1
    total = total + math.factorial(n - 1) * z**-n + 0.5 * math.factorial(n) * z ** -(n + 1)
    for k, b in enumerate(BERNOULLI, 1):
        total = total + b * math.factorial(2 * k + n - 1) * z ** -(2 * k + n)
    return (-1) ** (n + 1) * total


def polygamma_of(n: Any, x: Any) -> Any:
    """ψ⁽ⁿ⁾ of an array."""
    if isinstance(n, (int, np.integer)):
        n = int(n)
        if n == 0:
            return sp.psi(x)
        if x.dtype.kind == "c":
            return _complex_polygamma(n, x.astype(complex)).astype(x.dtype)
        factor = (-1) ** (n + 1) * float(math.factorial(n))
        return factor * sp.zeta(x.dtype.type(n + 1) if x.dtype.kind == "f" else n + 1.0, x)
    return sp.polygamma(n, x)


polygamma_op: Primitive = elementwise(
    "polygamma", lambda n, x: polygamma_of(n, x),
    None,
    lambda g, out, n, x: g * polygamma_op.inner(n + 1, x),
    saves={"n": (), "x": ("n", "x")}, analytic=False,
    samples=(
        Sample(np.array([0.0, 1.0, 2.0]), (2, 3), low=0.5, high=3), Sample(np.int8(0), (), low=1),
        Sample(np.int8(1), (2,), low=1), Sample(np.int8(3), (2,), low=-1.7, high=-1.3),
        Sample(np.int8(1), (3,), complex=True), Sample(np.int8(2), (2,), complex=True),
    ),
    doc="""The nth derivative of ψ at x. Derivative: g·ψ⁽ⁿ⁺¹⁾(x) in x; n has none.""",
)  # fmt: skip
polygamma = partly(polygamma_op, without=("n",), why="an integer, there is no derivative")


@composed()
def multigammaln(a: Any, d: int) -> Any:
    """log of the multivariate gamma function Γ_d(a). Derivative: g·Σ ψ(a - i/2) for i < d."""
    total = gammaln(a) + d * (d - 1) / 4 * math.log(math.pi)
    for i in range(1, d):
        total = total + gammaln(a - i / 2)
    return total
