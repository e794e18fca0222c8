"""Elliptic integrals and functions and the arithmetic-geometric mean, from SciPy.

Their closed derivatives are 0/0 where arguments coincide (m = 0, x = y). Instead those of every
order are one family of integrals, ∫₀^∞ tⁿ·Π (t + zᵢ)^-eᵢ dt, whose integrand is positive: computed
by the trapezoidal rule in log(t), which for them is exact to the last digit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, composed, elementwise
from .tools import UNIT, regions, slopes, smooth, weak, wide

__all__ = [
    "agm", "ellipe", "ellipeinc", "ellipj", "ellipk", "ellipkinc", "ellipkm1", "elliprc",
    "elliprd", "elliprf", "elliprg", "elliprj",
]  # fmt: skip

# Entries computed at once, each with some hundred nodes.
_CHUNK = 4096


def _trapezoid(z: Any, exponents: Any, power: int) -> Any:
    # z: (n, k). With t = eᵘ the integrand is analytic where |Im u| < π - |arg z|, so that steps of
    # ½ (¼ for complex z) leave an error of e^(-2π²/step).
    size = np.abs(z)
    top = size.max(axis=1)
    low = np.where(size > 0, size, np.inf).min(axis=1)
    at_0 = power + 1 - (np.where(size == 0, exponents, 0)).sum(axis=1)
    fall = sum(exponents) - power - 1
    real = z.dtype.kind == "f"
    within = np.isfinite(top) & (top > 0) & (np.all(z >= 0, axis=1) if real else True)
    found = np.where(within & (at_0 <= 0), np.inf, np.nan)
    valid = within & (at_0 > 0)
    z, low, top, at_0 = z[valid], low[valid], top[valid], at_0[valid]
    middle = np.sqrt(low) * np.sqrt(top)
    start = np.log(low / middle) - 38 / at_0
    step = 0.5 if real else 0.2
    count = int(np.max((38 / fall + np.log(top / middle) - start) / step, initial=0)) + 1
    u = start[:, None] + step * np.arange(count)
    t = np.exp(u)
    log = (power + 1) * u
    for i, e in enumerate(exponents):
        if e:
            log = log - e * np.log(t + (z[:, i] / middle)[:, None])
    found = found.astype(z.dtype)
    found[valid] = step * np.exp(log).sum(axis=1) * middle**-fall
    return found


def _carlson(*z: Any, exponents: Any, power: int = 0) -> Any:
    z = np.broadcast_arrays(*z)
    rows = np.stack([x.ravel() for x in z], axis=1)
    parts = [
        _trapezoid(rows[i : i + _CHUNK], exponents, power) for i in range(0, len(rows), _CHUNK)
    ]
    return np.concatenate(parts or [rows[:, 0]]).reshape(z[0].shape)


_in_double = wide(_carlson)


def _raised(exponents: Any, i: int) -> Any:
    return (*exponents[:i], exponents[i] + 1, *exponents[i + 1 :])


def _lowering(i: int) -> Any:
    def rule(g: Any, out: Any, *z: Any, exponents: Any, power: int) -> Any:
        more = carlson.inner(*z, exponents=_raised(exponents, i), power=power)
        return g * (-exponents[i] * more) if exponents[i] else 0 * g

    return rule


carlson: Primitive = elementwise(
    "carlson",
    lambda x, y, z, p, *, exponents=(0.5, 0.5, 0.5, 0.0), power=0: _in_double(
        x, y, z, p, exponents=exponents, power=power
    ),
    *(_lowering(i) for i in range(4)),
    saves=("x", "y", "z", "p"), analytic=False, samples=(
        Sample((2, 3), (3,), (), (), low=(0.4,) * 4, high=(3,) * 4, exponents=(0.5, 1.5, 0.5, 1.0)),
        Sample((2,), (2,), (2,), (2,), low=0.4, high=3, exponents=(1.5, 0.5, 0.5, 0.0), power=1),
    ),
    doc="""∫₀^∞ tⁿ·(t + x)^-a·(t + y)^-b·(t + z)^-c·(t + p)^-d dt for exponents (a, b, c, d).

    Derivative: -a times the integral with a + 1 in x, and so on.
    """,
)  # fmt: skip

# -- Carlson's forms -----------------------------------------------------------------------------

_THREE = (
    Sample((2, 3), (3,), (), low=(0.4, 0.4, 0.4), high=(3, 3, 3)),
    Sample((), (2,), (2,), low=0.4, high=3),
    Sample((2,), (2,), (2,), complex=True, low=0.4, high=2),
)  # fmt: skip
_elliprf, _elliprd, _elliprg = weak(sp.elliprf), weak(sp.elliprd), weak(sp.elliprg)
_elliprj, _elliprc = weak(sp.elliprj), weak(sp.elliprc)


def _with(factor: float, i: int, exponents: Any, power: int = 0) -> Any:
    # The rule of the ith argument of factor times an integral with these exponents.
    def rule(g: Any, out: Any, *z: Any) -> Any:
        z = (*z, 1.0)[:4]
        raised = _raised(exponents, i)
        return g * (-factor * exponents[i] * carlson.inner(*z, exponents=raised, power=power))

    return rule


elliprf = elementwise(
    "elliprf", lambda x, y, z: _elliprf(x, y, z),
    *(_with(0.5, i, (0.5, 0.5, 0.5, 0.0)) for i in range(3)),
    saves=("x", "y", "z"), analytic=False, numpy=(sp.elliprf,), samples=_THREE,
    doc="""Carlson's R_F(x, y, z) = ½·∫₀^∞ dt/√((t+x)(t+y)(t+z)).

    Derivative: -g·R_D(y, z, x)/6 in x, and so on; exact where arguments coincide.
    """,
)  # fmt: skip

elliprd = elementwise(
    "elliprd", lambda x, y, z: _elliprd(x, y, z),
    *(_with(1.5, i, (0.5, 0.5, 1.5, 0.0)) for i in range(3)),
    saves=("x", "y", "z"), analytic=False, numpy=(sp.elliprd,), samples=_THREE,
    doc="""Carlson's R_D(x, y, z) = 3/2·∫₀^∞ dt/(√((t+x)(t+y)(t+z))·(t+z)).

    Derivative: under the integral, -1/(2(t+x)), -1/(2(t+y)), -3/(2(t+z)) times the integrand.
    """,
)  # fmt: skip


def _mean_rule(i: int) -> Any:
    def rule(g: Any, out: Any, *z: Any) -> Any:
        exponents = _raised((0.5, 0.5, 0.5, 0.0), i)
        return g * (0.125 * carlson.inner(*z, 1.0, exponents=exponents, power=1))

    return rule


elliprg = elementwise(
    "elliprg", lambda x, y, z: _elliprg(x, y, z),
    *(_mean_rule(i) for i in range(3)),
    saves=("x", "y", "z"), analytic=False, numpy=(sp.elliprg,), samples=_THREE,
    doc="""Carlson's R_G(x, y, z), the symmetric integral of the second kind.

    Derivative: g/8·∫₀^∞ t dt/(√((t+x)(t+y)(t+z))·(t+x)) in x, and so on.
    """,
)  # fmt: skip

elliprj = elementwise(
    "elliprj", lambda x, y, z, p: _elliprj(x, y, z, p),
    *(_with(1.5, i, (0.5, 0.5, 0.5, 1.0)) for i in range(4)),
    saves=("x", "y", "z", "p"), analytic=False, numpy=(sp.elliprj,), samples=(
        Sample((2, 3), (3,), (), (3,), low=(0.4,) * 4, high=(3,) * 4),
        Sample((2,), (2,), (2,), (2,), complex=True, low=0.4, high=2),
    ),
    doc="""Carlson's R_J(x, y, z, p) = 3/2·∫₀^∞ dt/(√((t+x)(t+y)(t+z))·(t+p)).

    Derivative: under the integral, -1/(2(t+x)) and so on, -1/(t+p) in p; NaN for p < 0.
    """,
)  # fmt: skip


def _circular(x: Any, y: Any, i: int) -> Any:
    # The derivative of R_C. For y < 0 of √(x/(x-y))·R_C(x-y, -y), which is the principal value.
    below = (np.real(y) < 0) & (np.imag(y) == 0)

    def slope(x: Any, y: Any, i: int) -> Any:
        exponents = (1.5, 0.0, 0.0, 1.0) if i == 0 else (0.5, 0.0, 0.0, 2.0)
        factor = -0.25 if i == 0 else -0.5
        return factor * carlson.inner(x, 1.0, 1.0, y, exponents=exponents)

    direct = slope(np.where(below, 1, x), np.where(below, 1, y), i)
    a, b = np.where(below, x - y, 2), np.where(below, -y, 1)
    x, y = np.where(below, x, 1), np.where(below, y, -1)
    root = np.sqrt(x / a)
    inner = -slope(a, b, 1) - slope(a, b, 0) if i else slope(a, b, 0)
    outer = 0.5 * root / a if i else -0.5 * y / (root * np.square(a))
    return np.where(below, outer * elliprc.inner(a, b) + root * inner, direct)


elliprc: Primitive = elementwise(
    "elliprc", lambda x, y: _elliprc(x, y),
    lambda g, out, x, y: g * _circular(x, y, 0),
    lambda g, out, x, y: g * _circular(x, y, 1),
    saves=("x", "y"), analytic=False, numpy=(sp.elliprc,), samples=(
        Sample((2, 3), (3,), low=0.4, high=3), Sample((), (2,), low=0.4, high=3),
        Sample((2, 3), (3,), low=(0.4, -3), high=(3, -0.4)),
        Sample((2,), (2,), complex=True, low=0.4, high=2),
    ),
    doc="""Carlson's R_C(x, y) = ½·∫₀^∞ dt/(√(t+x)·(t+y)), its principal value for y < 0.

    Derivative: under the integral, -1/(2(t+x)) and -1/(t+y).
    """,
)  # fmt: skip


def _mean_slope(a: Any, b: Any) -> Any:
    # M = π/2 / R_F(0, a², b²), of arguments made smaller than 1, which changes no slope. The
    # integral is taken over a·b, for a² would overflow first.
    a, b = np.abs(a), np.abs(b)
    size = np.maximum(a, b)
    a, b = a / size, b / size
    more = carlson.inner(0.0, a / b, b / a, 1.0, exponents=(0.5, 1.5, 0.5, 0.0))
    return np.square(agm.inner(a, b)) * (more * (a * (a * b) ** -1.5 / math.pi))


agm = smooth(
    "agm", sp.agm,
    lambda g, out, x, y: g * _mean_slope(x, y),
    lambda g, out, x, y: g * _mean_slope(y, x),
    saves=("x", "y"), samples=(
        Sample((2, 3), (3,), low=0.4, high=3), Sample((), (2,), low=0.4, high=3),
        Sample((2, 3), (3,), low=-3, high=-0.4), Sample((0,), (1,), low=0.4),
    ),
    doc="""Arithmetic-geometric mean of x and y.

    Derivative: g·out²·x/π·∫₀^∞ dt/(√(t·(t+x²)·(t+y²))·(t+x²)), and the same in y.
    """,
)  # fmt: skip

# -- Legendre's forms ----------------------------------------------------------------------------


def _rising(a: float, n: int) -> float:
    return math.prod((a + i for i in range(n)), start=1.0)


def _complete(p: Any, order: int, a: float) -> Any:
    # The derivative in m of ∫₀^(π/2) (1 - m·sin²)^-a, at m = 1 - p.
    exponents = (0.5, 1 - a, a + order)
    return 0.5 * _rising(a, order) * _carlson(0 * p, 1 + 0 * p, p, exponents=exponents)


def _closed(p: Any, order: int, a: float) -> Any:
    # The first derivatives in m away from m = 0: K and E are computed a hundred times faster.
    def near(p: Any) -> Any:
        return _complete(p, order, a)

    def far(p: Any) -> Any:
        k, e = sp.ellipkm1(p), sp.ellipe(1 - p)
        return ((e / p - k) if a > 0 else (e - k)) / (2 * (1 - p))

    usable = (np.abs(1 - p) > 0.3) & (p > 0) & (p < np.inf)
    return regions(usable, far, near, p) if order == 1 else near(p)


_first = slopes(
    "ellipkm1_slope", lambda p, order: (-1) ** order * _closed(p, order, 0.5),
    samples=(*UNIT, Sample((2,), low=2, high=4, order=2)),
    doc="""The derivative of K(1 - p) in p of that order.""",
)  # fmt: skip

ellipkm1 = smooth(
    "ellipkm1", sp.ellipkm1, lambda g, out, x: g * _first.inner(x),
    saves=("x",), samples=(*UNIT, Sample((3,), low=0.95, high=1.05)),
    doc="""K(1 - p), exact where p = x is small. Derivative: -g·(E/p - K)/(2(1-p)), -π/8 at 1.""",
)  # fmt: skip

_second = slopes(
    "ellipe_slope", lambda m, order: _closed(1 - m, order, -0.5),
    samples=(*UNIT, Sample((2,), low=-3, high=-1, order=2)),
    doc="""The derivative of E(m) of that order.""",
)  # fmt: skip

_BELOW_ONE = (*UNIT, Sample((3,), low=-0.05, high=0.05), Sample((2,), low=-3, high=-1))

ellipk = smooth(
    "ellipk", sp.ellipk, lambda g, out, x: -g * _first.inner(1 - x),
    saves=("x",), samples=_BELOW_ONE,
    doc="""Complete elliptic integral K(m). Derivative: g·(E/(1-m) - K)/(2m), π/8 at 0.""",
)  # fmt: skip

ellipe = smooth(
    "ellipe", sp.ellipe, lambda g, out, x: g * _second.inner(x),
    saves=("x",), samples=_BELOW_ONE,
    doc="""Complete elliptic integral E(m). Derivative: g·(E - K)/(2m), -π/8 at 0.""",
)  # fmt: skip


def _incomplete(phi: Any, m: Any, order: int, a: float) -> Any:
    # Half turns by the complete integral; the rest with sin² = 1/(t + 1/s²).
    turns = np.round(phi / math.pi)
    s, c = np.sin(phi - turns * math.pi), np.cos(phi - turns * math.pi)
    exponents = (0.5, 1 - a, a + order)
    found = _carlson(c * c, 1 + 0 * s, c * c + (1 - m) * s * s, exponents=exponents)
    found = 0.5 * _rising(a, order) * s * (s * s) ** order * found
    whole = 2 * turns * _complete(1 - m + 0 * turns, order, a)
    return np.where(turns == 0, found, found + whole)


_incomplete_in_double = wide(_incomplete)


def _delta(phi: Any, m: Any) -> Any:
    # 1 - m·sin², near m = 1 of terms that are not negative.
    s, c = np.square(np.sin(phi)), np.square(np.cos(phi))
    return np.where(m < 0.5, 1 - m * s, c + (1 - m) * s)


def _incomplete_rule(g: Any, out: Any, phi: Any, m: Any, *, order: int, a: float) -> Any:
    sine = np.square(np.sin(phi)) ** order
    return g * (_rising(a, order) * sine * _delta(phi, m) ** -(a + order))


incomplete: Primitive = elementwise(
    "elliptic_slope",
    lambda phi, m, *, order=1, a=0.5: _incomplete_in_double(phi, m, order=order, a=a),
    _incomplete_rule,
    lambda g, out, phi, m, *, order, a: g * incomplete.inner(phi, m, order=order + 1, a=a),
    saves=("phi", "m"), analytic=False, samples=(
        Sample((2, 3), (3,), low=(-1.4, -2), high=(1.4, 0.9)),
        Sample((3,), (3,), low=(2, 0.1), high=(9, 0.9), a=-0.5, order=2), Sample((), (), low=0.1,
        high=0.9),
    ),
    doc="""The derivative in m of that order of ∫₀^φ (1 - m·sin²θ)^-a dθ.

    Derivative: one order more in m, the integrand in φ.
    """,
)  # fmt: skip

_ANGLES = (
    Sample((2, 3), (3,), low=(-1.4, -2), high=(1.4, 0.9)), Sample((), (2,), low=0.1, high=0.9),
    Sample((3,), (3,), low=(2, -0.01), high=(9, 0.01)), Sample((0,), (1,), low=0.1, high=0.9),
)  # fmt: skip

ellipkinc = smooth(
    "ellipkinc", sp.ellipkinc,
    lambda g, out, x, y: g * _delta(x, y) ** -0.5,
    lambda g, out, x, y: g * incomplete.inner(x, y, a=0.5),
    saves=("x", "y"), samples=_ANGLES,
    doc="""Incomplete elliptic integral F(φ | m) = ∫₀^φ dθ/√(1 - m·sin²θ) of φ = x and m = y.

    Derivative: g/√(1 - m·sin²φ) and g·½·∫₀^φ sin²θ·(1 - m·sin²θ)^(-3/2) dθ.
    """,
)  # fmt: skip

ellipeinc = smooth(
    "ellipeinc", sp.ellipeinc,
    lambda g, out, x, y: g * _delta(x, y) ** 0.5,
    lambda g, out, x, y: g * incomplete.inner(x, y, a=-0.5),
    saves=("x", "y"), samples=_ANGLES,
    doc="""Incomplete elliptic integral E(φ | m) = ∫₀^φ √(1 - m·sin²θ) dθ of φ = x and m = y.

    Derivative: g·√(1 - m·sin²φ) and -g·½·∫₀^φ sin²θ/√(1 - m·sin²θ) dθ.
    """,
)  # fmt: skip

# -- Jacobi's functions --------------------------------------------------------------------------

_ellipj = weak(sp.ellipj)
_JACOBI = (Sample((2, 3), (3,), low=(-3, 0.1), high=(3, 0.9)), Sample((), (2,), low=0.1, high=0.9))


def _angle_slope(u: Any, m: Any) -> Any:
    # The derivative of the amplitude φ in m: F(φ | m) = u stays.
    return -delta_amplitude.inner(u, m) * incomplete.inner(amplitude.inner(u, m), m, a=0.5)


def _delta_slope(u: Any, m: Any) -> Any:
    # dn² = 1 - m·sn²
    s, c = sine_amplitude.inner(u, m), cosine_amplitude.inner(u, m)
    return -(0.5 * s * s + m * s * c * _angle_slope(u, m)) / delta_amplitude.inner(u, m)


sine_amplitude: Primitive = elementwise(
    "ellipj_sn", lambda u, m: _ellipj(u, m)[0],
    lambda g, out, u, m: g * cosine_amplitude.inner(u, m) * delta_amplitude.inner(u, m),
    lambda g, out, u, m: g * cosine_amplitude.inner(u, m) * _angle_slope(u, m),
    saves=("u", "m"), analytic=False, samples=_JACOBI,
    doc="""sn(u | m). Derivative: g·cn·dn in u, -g·cn·dn·∂F/∂m in m.""",
)  # fmt: skip

cosine_amplitude: Primitive = elementwise(
    "ellipj_cn", lambda u, m: _ellipj(u, m)[1],
    lambda g, out, u, m: -g * sine_amplitude.inner(u, m) * delta_amplitude.inner(u, m),
    lambda g, out, u, m: -g * sine_amplitude.inner(u, m) * _angle_slope(u, m),
    saves=("u", "m"), analytic=False, samples=_JACOBI,
    doc="""cn(u | m). Derivative: -g·sn·dn in u, g·sn·dn·∂F/∂m in m.""",
)  # fmt: skip

delta_amplitude: Primitive = elementwise(
    "ellipj_dn", lambda u, m: _ellipj(u, m)[2],
    lambda g, out, u, m: -g * m * sine_amplitude.inner(u, m) * cosine_amplitude.inner(u, m),
    lambda g, out, u, m: g * _delta_slope(u, m),
    saves=("u", "m"), analytic=False, samples=_JACOBI,
    doc="""dn(u | m). Derivative: -g·m·sn·cn in u, g·(-sn²/(2dn) + m·sn·cn·∂F/∂m) in m.""",
)  # fmt: skip

amplitude: Primitive = elementwise(
    "ellipj_ph", lambda u, m: _ellipj(u, m)[3],
    lambda g, out, u, m: g * delta_amplitude.inner(u, m),
    lambda g, out, u, m: g * _angle_slope(u, m),
    saves=("u", "m"), analytic=False, samples=_JACOBI,
    doc="""The amplitude of u, φ where F(φ | m) = u. Derivative: g·dn in u, -g·dn·∂F/∂m in m.""",
)  # fmt: skip


@composed(sp.ellipj)
def ellipj(u: Any, m: Any) -> tuple[Any, Any, Any, Any]:
    """(sn, cn, dn, ph) of u, Jacobi's elliptic functions and the amplitude.

    Derivative: (cn·dn, -sn·dn, -m·sn·cn, dn) in u; in m through that of ∫₀^ph dθ/√(1 - m·sin²θ).
    """
    return (
        sine_amplitude(u, m), cosine_amplitude(u, m), delta_amplitude(u, m), amplitude(u, m),
    )  # fmt: skip
