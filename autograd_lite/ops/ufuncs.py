"""More of NumPy's elementwise functions: powers of two, rounding, sinc, the Bessel function I₀."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..op import Sample
from ..primitive import Primitive, composed, elementwise, refuse_out
from ..protocols import plain, whole
from ..tensor import Tensor
from . import ufunc_methods as ufunc_methods
from .elementwise import PAIRS, REAL, add, multiply, positive, power, zero
from .piecewise import floor_divide, real, remainder, trunc, where
from .shape import astype, lifted

__all__ = [
    "around", "divmod", "fix", "float_power", "frexp", "heaviside", "i0", "ldexp", "modf",
    "nan_to_num", "nextafter", "real_if_close", "round", "sinc", "spacing",
]  # fmt: skip


def _dtype(x: Any) -> Any:
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


# -- powers, quotients, floating-point parts ---------------------------------------------------


@composed(np.float_power)
def float_power(x1: Any, x2: Any) -> Any:
    """x1 ** x2 in double precision at least: float64, or complex128. Derivative: as power.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.float_power(ag.Tensor([2.0], dtype=np.float32), 3).dtype
    dtype('float64')
    """
    x1, x2 = whole(x1), whole(x2)
    dtype = np.result_type(np.float64, _dtype(x1), _dtype(x2))
    return power(_in(dtype, x1), _in(dtype, x2))


def _in(dtype: Any, x: Any) -> Any:
    # A plain number stays one: power is exact at 0 for those.
    if type(x) in (int, float, complex):
        return x
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


@composed(np.divmod)
def divmod(x1: Any, x2: Any) -> tuple[Any, Any]:
    """(x1 // x2, x1 % x2). Derivative: 0 of the quotient, that of remainder of the rest."""
    return floor_divide(x1, x2), remainder(x1, x2)


times_power_of_two = elementwise(
    "ldexp", lambda x1, x2: np.ldexp(x1, x2),
    lambda g, out, x1, x2: np.ldexp(g, x2),
    None,
    saves=("x2",), analytic=False,
    samples=(
        Sample((2, 3), np.array([0, -2, 3])), Sample((), np.array(2)), Sample((3, 1), np.arange(2)),
    ),
    doc="""x1 · 2**x2 for integers x2; see the function ``ldexp``.""",
)  # fmt: skip


@composed(np.ldexp)
def ldexp(x1: Any, x2: Any) -> Any:
    """x1 · 2**x2 for integers x2. Derivative: g · 2**x2 in x1, exactly; x2 has none.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda x: ag.ldexp(x, 3))(0.7)
    np.float64(8.0)
    """
    return times_power_of_two(x1, x2)


mantissa = elementwise(
    "frexp_mantissa", lambda x: np.frexp(x)[0],
    lambda g, out, x: np.ldexp(g, -np.frexp(x)[1]),
    saves=("x",), analytic=False, samples=REAL,
    doc="""The mantissa of x: x·2**-e in [½, 1). Derivative: g·2**-e, exactly.""",
)  # fmt: skip


@composed(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """(mantissa, exponent) with x = mantissa · 2**exponent and ½ ≤ \\|mantissa\\| < 1.

    Derivative: g · 2**-exponent of the mantissa; the exponents are a plain array of integers.
    """
    return mantissa(x), np.frexp(plain(x))[1]


nextafter = elementwise(
    "nextafter", np.nextafter, lambda g, out, x, y: g, None,
    analytic=False, samples=PAIRS,
    doc="""The next number after x on the way to y. Derivative: g in x, none in y.""",
)  # fmt: skip

spacing = elementwise(
    "spacing", np.spacing, zero, samples=REAL, analytic=False,
    doc="""The distance from x to the next number. Derivative: 0.""",
    kinks="0 everywhere, also where it jumps",
)  # fmt: skip

fraction = elementwise(
    "modf_fraction", lambda x: np.modf(x)[0], lambda g, out, x: g,
    analytic=False, samples=REAL,
    doc="""What trunc leaves of x, with x's sign. Derivative: g.""",
    kinks="the jumps count as smooth",
)  # fmt: skip

integral = elementwise(
    "modf_integral", lambda x: np.modf(x)[1], zero,
    analytic=False, samples=REAL,
    doc="""x without its fraction, floating. Derivative: 0.""",
    kinks="0 everywhere, also where it jumps",
)  # fmt: skip


@composed(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """(fraction, integral part), both with x's sign. Derivative: g and 0.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda x: ag.modf(x)[0])(-1.25)
    np.float64(1.0)
    """
    return fraction(x), integral(x)


# -- jumps -------------------------------------------------------------------------------------

heaviside = elementwise(
    "heaviside", np.heaviside, zero,
    lambda g, out, x, y: np.where(x == 0, g, 0),
    saves={"x": (), "y": ("x",)}, analytic=False, samples=PAIRS,
    doc="""0 where x < 0, 1 where x > 0, y where x is 0.

    Derivative: 0 in x; in y g where x is 0.
    """,
    kinks="0 in x everywhere, also where it jumps",
)  # fmt: skip

round = elementwise(
    "round", lambda a, *, decimals=0: np.round(a, decimals),
    zero,
    analytic=False, numpy=(np.round, np.around),
    samples=(
        *REAL, Sample((2, 3), decimals=1), Sample((2, 3), low=20, high=90, decimals=-1),
        Sample((3,), complex=True, decimals=1),
    ),
    doc="""a to so many decimals, halves to the even digit. Derivative: 0.""",
    kinks="0 everywhere, also where it jumps",
)  # fmt: skip
around = round


@composed(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    """x without its fraction: an older name of ``trunc``. Derivative: 0."""
    refuse_out("fix", out)
    return trunc(x)


def _finite_rule(g: Any, out: Any, x: Any, *, copy: Any, nan: Any, posinf: Any, neginf: Any) -> Any:
    if x.dtype.kind != "c":
        return np.where(np.isfinite(x), g, 0)
    # Real and imaginary parts are replaced each by itself.
    return np.where(np.isfinite(x.real), g.real, 0) + 1j * np.where(np.isfinite(x.imag), g.imag, 0)


finite = elementwise(
    "nan_to_num",
    lambda x, *, copy=True, nan=0.0, posinf=None, neginf=None: np.nan_to_num(
        x, True, nan, posinf, neginf
    ),
    _finite_rule,
    saves=("x",), analytic=False,
    samples=(Sample((2, 3)), Sample(()), Sample((0, 2)), Sample((2, 3), complex=True)),
    doc="""x with NaN and infinities replaced by numbers; see the function ``nan_to_num``.""",
    kinks="0 where a value was replaced",
)  # fmt: skip
finite.op.masks = True


@composed(np.nan_to_num)
def nan_to_num(
    x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """x with NaN replaced by nan and the infinities by posinf and neginf (the largest numbers).

    Derivative: g where x is finite, 0 elsewhere, also when what gave the NaN has infinite slope;
    the numbers that replace get g where they stand.

    Raises:
        UnsupportedError: copy=False, which would write into x.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.nan_to_num(x).sum())(np.array([1.0, np.nan, np.inf]))
    array([1., 0., 0.])
    """
    if not copy:
        raise UnsupportedError(
            "nan_to_num: got copy=False, which would write into x; use the returned Tensor."
        )
    if not any(isinstance(v, Tensor) and v.requires_grad for v in (nan, posinf, neginf)):
        return finite(x, nan=nan, posinf=posinf, neginf=neginf)
    x = lifted(x)
    if x.dtype.kind not in "fc":
        return finite(x)
    if x.dtype.kind == "c":
        parts = (nan_to_num(part, True, nan, posinf, neginf) for part in (x.real, x.imag))
        return add(next(parts), multiply(1j, next(parts)))
    out = finite(x, posinf=plain(posinf), neginf=plain(neginf))
    for mask, value in (
        (np.isnan(x), nan), (np.isposinf(x), posinf), (np.isneginf(x), neginf),
    ):  # fmt: skip
        if value is not None:
            out = where(mask, astype(lifted(value), out.dtype), out)
    return out


@composed(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part of a if all imaginary parts are within tol (times machine epsilon), else a.

    Derivative: g, the real part of it where the result is real.
    """
    a = whole(a)
    value = a._value if isinstance(a, Tensor) else np.asarray(a)
    return real(a) if np.isrealobj(np.real_if_close(value, tol)) else positive(a)


# -- sinc and I₀ -------------------------------------------------------------------------------


def _sinc_slope(x: Any, *, order: int = 1) -> Any:
    # The nth derivative of s(y) = sin y / y: y·s⁽ⁿ⁾ + n·s⁽ⁿ⁻¹⁾ = sin⁽ⁿ⁾ y. Dividing by y again and
    # again loses digits below |y| ≈ n; there Σ (-1)ᵏ y²ᵏ⁻ⁿ / ((2k - n)! (2k + 1)) has few terms.
    wide = np.result_type(x, np.float64)
    y = np.asarray(x, wide) * math.pi
    bound = max(2.0, order)
    near = np.abs(y) <= bound
    small = np.where(near, y, 0)
    first = order + order % 2  # the first even power that survives
    term = small ** (first - order) / math.factorial(first - order)
    if first % 4:
        term = -term
    series = np.zeros_like(term)
    for power_ in range(first, first + 2 * int(10 + 1.5 * bound), 2):
        series = series + term / (power_ + 1)
        j = power_ - order
        term = -term * small * small / ((j + 1) * (j + 2))
    large = np.where(near, 1, y)
    sine, cosine = np.sin(large), np.cos(large)
    cycle = (sine, cosine, -sine, -cosine)
    far = sine / large
    for n in range(1, order + 1):
        far = (cycle[n % 4] - n * far) / large
    out = np.where(near, series, far) * math.pi**order
    return out.astype(np.result_type(x, np.float16))[()]


sinc_slope: Primitive = elementwise(
    "sinc_slope", _sinc_slope,
    lambda g, out, x, *, order: g * sinc_slope.inner(x, order=order + 1),
    saves=("x",),
    samples=(
        Sample((2, 3)), Sample(()), Sample((0, 2), order=2), Sample((2, 3), order=2),
        Sample((3,), low=-9, high=9, order=3), Sample((2,), complex=True),
        Sample((4,), low=-0.01, high=0.01, order=4),
    ),
    doc="""The derivative of sinc of that order, exact at 0. Derivative: that of the next order.""",
)  # fmt: skip

sinc = elementwise(
    "sinc", lambda x: np.sinc(x), lambda g, out, x: g * sinc_slope.inner(x, order=1),
    saves=("x",), numpy=(np.sinc,), analytic=False,
    samples=(*REAL, Sample((2,), complex=True), Sample((3,), low=-0.01, high=0.01)),
    doc="""sin(πx) / (πx), 1 at 0. Derivative: exact to every order, at 0 too.""",
)  # fmt: skip


def _bessel(x: Any, *, n: int = 1) -> Any:
    wide = np.abs(np.asarray(x, np.float64))
    bound = 30.0 + n * n
    near = wide <= bound
    # All terms of the power series are positive, so it loses nothing.
    half = np.where(near, wide, 0) * 0.5
    square, term = half * half, half**n / math.factorial(n)
    series = term
    for k in range(1, int(bound * 1.5) + 20):
        term = term * square / (k * (k + n))
        series = series + term
    large = np.where(near | np.isinf(wide), bound, wide)
    with np.errstate(over="ignore"):
        factor = np.ones_like(large)
        total = factor
        for k in range(1, 25):
            factor = factor * ((2 * k - 1) ** 2 - 4 * n * n) / (8 * k * large)
            total = total + factor
        # exp in two halves: the product of them overflows only where I itself does.
        root = np.exp(large * 0.5)
        asymptotic = total * root / np.sqrt(2 * math.pi * large) * root
        out = np.where(near, series, np.where(np.isinf(wide), wide, asymptotic))
        signed = out * np.where(np.asarray(x) < 0, -1, 1) if n % 2 else out
        return signed.astype(np.result_type(x, np.float16))[()]


bessel: Primitive = elementwise(
    "bessel_i", _bessel,
    lambda g, out, x, *, n: g * (
        bessel.inner(x, n=1) if n == 0
        else 0.5 * (bessel.inner(x, n=n - 1) + bessel.inner(x, n=n + 1))
    ),
    saves=("x",), analytic=False,
    samples=(
        *REAL, Sample((2, 3), n=0), Sample((2, 3), n=2), Sample((2,), low=28, high=33, n=1),
        Sample((2,), low=-40, high=-35, n=3),
    ),
    doc="""Modified Bessel function Iₙ(x). Derivative: g·(Iₙ₋₁ + Iₙ₊₁)/2, g·I₁ for n = 0.""",
)  # fmt: skip

i0 = elementwise(
    "i0", lambda x: np.i0(x), lambda g, out, x: g * bessel.inner(x, n=1),
    saves=("x",), numpy=(np.i0,), analytic=False, samples=REAL,
    doc="""Modified Bessel function I₀(x). Derivative: g·I₁(x).""",
)  # fmt: skip
