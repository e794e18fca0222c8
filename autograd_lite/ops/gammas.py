"""The gamma function and its relatives, from SciPy: beta, polygamma, zeta, incomplete integrals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ..op import PLAIN, Sample
from ..primitive import Primitive, composed, elementwise
from .special_tools import ABOVE, partly, smooth, weak

__all__ = [
    "beta", "betainc", "betaln", "digamma", "gamma", "gammainc", "gammaincc", "gammaln",
    "gammasgn", "loggamma", "multigammaln", "poch", "polygamma", "psi", "rgamma", "zeta",
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


def _rgamma_rule(g: Any, out: Any, x: Any) -> Any:
    # Left of ½ by reflection, 1/Γ(x) = Γ(1 - x)·sin(πx)/π, which is smooth at Γ's poles.
    left = np.real(x) < 0.5
    y = np.where(left, 1 - x, x)
    turned = x * math.pi
    mirrored = sp.gamma(y) * (np.cos(turned) - sp.psi(y) * np.sin(turned) / math.pi)
    return g * np.where(left, mirrored, -sp.psi(y) * sp.rgamma(y))


rgamma = smooth(
    "rgamma", sp.rgamma, _rgamma_rule,
    saves=("x",), samples=(*_BOTH_SIDES, Sample((2,), low=-2.01, high=-1.99)),
    doc="""1/Γ(x). Derivative: -g·ψ(x)/Γ(x), exact to every order where Γ has its poles.""",
)  # fmt: skip


# B₂ₖ/(2k)!, the coefficients of the asymptotic series of ψ's derivatives.
_BERNOULLI = [float(b) / math.factorial(2 * k) for k, b in enumerate(sp.bernoulli(30)[::2]) if k]


def _complex_polygamma(n: int, z: Any) -> Any:
    # SciPy has only real ones. Moved right by ψ⁽ⁿ⁾(z) = ψ⁽ⁿ⁾(z+1) + (-1)ⁿ⁺¹ n!/zⁿ⁺¹, where the
    # asymptotic series is exact.
    left = min(float(np.min(z.real, initial=0.0)), 0.0)
    total = np.zeros_like(z)
    for _ in range(n + 16 - math.floor(left)):
        total = total + math.factorial(n) * z ** -(n + 1)
        z = z + 1
    total = total + math.factorial(n - 1) * z**-n + 0.5 * math.factorial(n) * z ** -(n + 1)
    for k, b in enumerate(_BERNOULLI, 1):
        total = total + b * math.factorial(2 * k + n - 1) * z ** -(2 * k + n)
    return (-1) ** (n + 1) * total


def _polygamma(n: Any, x: Any) -> Any:
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
    "polygamma", lambda n, x: _polygamma(n, x),
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

_PAIRS = (
    Sample((2, 3), (3,), low=0.4, high=3), Sample((), (2,), low=0.4, high=3),
    Sample((2, 1), (1, 3), low=0.4, high=3),
)  # fmt: skip

beta = smooth(
    "beta", sp.beta,
    lambda g, out, x, y: g * out * (sp.psi(x) - sp.psi(x + y)),
    lambda g, out, x, y: g * out * (sp.psi(y) - sp.psi(x + y)),
    saves=("out", "x", "y"), samples=_PAIRS,
    doc="""B(x, y) = Γ(x)Γ(y)/Γ(x+y). Derivative: g·B·(ψ(x) - ψ(x+y)), and the same in y.""",
)  # fmt: skip

betaln = smooth(
    "betaln", sp.betaln,
    lambda g, out, x, y: g * (sp.psi(x) - sp.psi(x + y)),
    lambda g, out, x, y: g * (sp.psi(y) - sp.psi(x + y)),
    saves=("x", "y"), samples=_PAIRS,
    doc="""log \\|B(x, y)\\|. Derivative: g·(ψ(x) - ψ(x+y)), and the same in y.""",
)  # fmt: skip

poch = smooth(
    "poch", sp.poch,
    lambda g, out, x, y: g * out * (sp.psi(x + y) - sp.psi(x)),
    lambda g, out, x, y: g * out * sp.psi(x + y),
    saves=("out", "x", "y"), samples=_PAIRS,
    doc="""Γ(x+y)/Γ(x). Derivative: g·out·(ψ(x+y) - ψ(x)) and g·out·ψ(x+y).""",
)  # fmt: skip

# What SciPy's zeta, a Python function, calls with what it is given.
_INNER = [f for f in [getattr(sp._ufuncs, "_zeta", None)] if f]

_zeta = weak(sp.zeta)

zeta_op: Primitive = elementwise(
    "zeta", lambda x, q: _zeta(x, q),
    None,
    lambda g, out, x, q: g * (-x * zeta_op.inner(x + 1, q)),
    saves={"x": (), "q": ("x", "q")}, analytic=False,
    samples=(
        Sample(np.array([2.0, 3.0, 4.5]), (2, 3), low=0.5, high=3),
        Sample(np.float32(2), (), low=0.5),
    ),
    doc="""Hurwitz zeta function ζ(x, q) = Σ (q + k)⁻ˣ. Derivative: -g·x·ζ(x+1, q) in q.""",
)  # fmt: skip
_hurwitz = partly(zeta_op, *_INNER, without=("x",))


def zeta(x: Any, q: Any = 1) -> Any:
    """Hurwitz zeta function ζ(x, q) = Σ (q + k)⁻ˣ; Riemann's ζ(x) for q = 1.

    Derivative: -g·x·ζ(x+1, q) in q.

    Raises:
        UnsupportedError: a tracked Tensor as x.
    """
    return _hurwitz(x, q)


# -- incomplete integrals ----------------------------------------------------------------------
# Their derivatives are xᵖ(1 - x)^q and xᵖe⁻ˣ up to a factor, kept as logarithms: they overflow
# nowhere, and with the powers lowered one by one they are exact at 0 to every order.


_xlogy, _xlog1py = weak(sp.xlogy), weak(sp.xlog1py)


def _lowered(power: Any, term: Any) -> Any:
    return np.where(power == 0, 0, power * term)


gamma_density: Primitive = elementwise(
    "gamma_density", lambda p, c, x: np.exp(_xlogy(p, x) - x - c),
    None, None,
    lambda g, out, p, c, x: g * (_lowered(p, gamma_density.inner(p - 1, c, x)) - out),
    saves={"p": (), "c": (), "x": ("out", "p", "c", "x")}, analytic=False,
    samples=(
        Sample(np.array([0.0, 1.0, 2.0]), np.array(1.0), (2, 3), low=0.3, high=3),
        Sample(np.float32(2), np.float32(0), (2,), low=0.3, high=3),
    ),
    doc="""xᵖ·e⁻ˣ⁻ᶜ, the slope of gammainc. Derivative: g·(p·xᵖ⁻¹·e⁻ˣ⁻ᶜ - out) in x.""",
)  # fmt: skip

beta_density: Primitive = elementwise(
    "beta_density", lambda p, q, c, x: np.exp(_xlogy(p, x) + _xlog1py(q, -x) - c),
    None, None, None,
    lambda g, out, p, q, c, x: g * (
        _lowered(p, beta_density.inner(p - 1, q, c, x))
        - _lowered(q, beta_density.inner(p, q - 1, c, x))
    ),
    saves={"p": (), "q": (), "c": (), "x": ("p", "q", "c", "x")}, analytic=False,
    samples=(
        Sample(np.array([0.0, 1, 2]), np.array(1.0), np.array(0.0), (2, 3), low=0.2, high=0.8),
        Sample(np.array(2.0), np.array([0.0, 3]), np.array(-1.0), (2,), low=0.2, high=0.8),
        Sample(np.float32(2), np.float32(1), np.float32(1), (2,), low=0.2, high=0.8),
    ),
    doc="""xᵖ·(1-x)^q·e⁻ᶜ, the slope of betainc. Derivative: by lowering p and q.""",
)  # fmt: skip


def _log_gamma(a: Any, x: Any) -> Any:
    # Of a Python number SciPy gives float64, which would turn a float32 x into it.
    return sp.gammaln(a).astype(np.result_type(a, x))


_SHAPES = (
    Sample(np.array([1.0, 2.0, 3.5]), (2, 3), low=0.3, high=4),
    Sample(np.float32(2), (), low=0.3, high=4),
)  # fmt: skip

_gammainc, _gammaincc, _betainc = weak(sp.gammainc), weak(sp.gammaincc), weak(sp.betainc)

gammainc = partly(
    elementwise(
        "gammainc", lambda a, x: _gammainc(a, x),
        None,
        lambda g, out, a, x: g * gamma_density.inner(a - 1, _log_gamma(a, x), x),
        saves={"a": (), "x": ("a", "x")}, analytic=False, samples=_SHAPES,
        doc="""Regularized lower incomplete gamma function P(a, x).

        Derivative: g·xᵃ⁻¹·e⁻ˣ/Γ(a) in x, exact at 0 to every order.
        """,
    ),
    sp.gammainc, without=("a",),
)  # fmt: skip

gammaincc = partly(
    elementwise(
        "gammaincc", lambda a, x: _gammaincc(a, x),
        None,
        lambda g, out, a, x: -g * gamma_density.inner(a - 1, _log_gamma(a, x), x),
        saves={"a": (), "x": ("a", "x")}, analytic=False, samples=_SHAPES,
        doc="""Regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x).

        Derivative: -g·xᵃ⁻¹·e⁻ˣ/Γ(a) in x, exact at 0 to every order.
        """,
    ),
    sp.gammaincc, without=("a",),
)  # fmt: skip

betainc = partly(
    elementwise(
        "betainc", lambda a, b, x: _betainc(a, b, x),
        None, None,
        lambda g, out, a, b, x: g * beta_density.inner(
            a - 1, b - 1, sp.betaln(a, b).astype(np.result_type(a, b, x)), x
        ),
        saves={"a": (), "b": (), "x": ("a", "b", "x")}, analytic=False,
        samples=(
            Sample(np.array([1.0, 2, 3.5]), np.array(2.5), (2, 3), low=0.2, high=0.8),
            Sample(np.float32(2), np.float32(1), (), low=0.2, high=0.8),
        ),
        doc="""Regularized incomplete beta function I(a, b; x).

        Derivative: g·xᵃ⁻¹·(1-x)ᵇ⁻¹/B(a, b) in x, exact at 0 and 1 to every order.
        """,
    ),
    sp.betainc, without=("a", "b"),
)  # fmt: skip


@composed()
def multigammaln(a: Any, d: int) -> Any:
    """log of the multivariate gamma function Γ_d(a). Derivative: g·Σ ψ(a - i/2) for i < d."""
    total = gammaln(a) + d * (d - 1) / 4 * math.log(math.pi)
    for i in range(1, d):
        total = total + gammaln(a - i / 2)
    return total
