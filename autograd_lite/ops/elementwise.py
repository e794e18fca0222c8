"""NumPy's smooth elementwise functions. To learn about ``tanh``, search "tanh": all is there."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..op import Sample
from ..primitive import composed, elementwise
from ..tensor import Tensor

__all__ = [
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "multiply",
    "negative",
    "positive",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "reciprocal",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
]  # fmt: skip

ANY = (Sample((2, 3)), Sample(()), Sample((0, 2)), Sample((2,), complex=True))
REAL = (Sample((2, 3)), Sample(()), Sample((0, 2)))
POSITIVE = (Sample((2, 3), low=0.3, high=3.0), Sample((), low=0.3, high=3.0), Sample((0,)))
INSIDE = (Sample((2, 3), low=-0.9, high=0.9), Sample((), low=-0.9, high=0.9), Sample((0,)))
PAIRS = (
    Sample((2, 3), (2, 3)),
    Sample((2, 3), (3,)),
    Sample((1, 3), (2, 1)),
    Sample((), (2,)),
    Sample((2, 3), ()),
    Sample((0, 3), (1, 3)),
    Sample((1,), (1, 1)),
)
COMPLEX_PAIRS = (*PAIRS, Sample((2, 3), (3,), complex=True))


def positive_samples(
    samples: tuple[Sample, ...], low: Any = 0.3, high: Any = 2.5
) -> tuple[Sample, ...]:
    """The same samples, drawn from a range without zeros."""
    return tuple(Sample(*s.inputs, low=low, high=high, complex=s.complex) for s in samples)


def zero(g: Any, out: Any, *inputs: Any, **params: Any) -> Any:
    """The rule of an input with derivative 0."""
    return np.zeros(g.shape, g.dtype)


# -- arithmetic --------------------------------------------------------------------------------

add = elementwise(
    "add", np.add,
    lambda g, out, x, y: g,
    lambda g, out, x, y: g,
    forward=operator.add, samples=COMPLEX_PAIRS,
    doc="""x + y, element by element. Derivative: g for both.""",
)  # fmt: skip

subtract = elementwise(
    "subtract", np.subtract,
    lambda g, out, x, y: g,
    lambda g, out, x, y: -g,
    forward=operator.sub, samples=COMPLEX_PAIRS,
    doc="""x - y, element by element. Derivative: g and -g.""",
)  # fmt: skip

multiply = elementwise(
    "multiply", np.multiply,
    lambda g, out, x, y: g * y,
    lambda g, out, x, y: g * x,
    forward=operator.mul, saves={"x": ("y",), "y": ("x",)}, samples=COMPLEX_PAIRS,
    doc="""x * y, element by element. Derivative: g·y and g·x.""",
)  # fmt: skip

divide = elementwise(
    "divide", np.divide,
    lambda g, out, x, y: g / y,
    lambda g, out, x, y: -g * out / y,
    forward=operator.truediv, saves={"x": ("y",), "y": ("out", "y")},
    samples=positive_samples(COMPLEX_PAIRS),
    doc="""x / y, element by element. Derivative: g/y and -g·(x/y)/y.""",
)  # fmt: skip
true_divide = divide

negative = elementwise(
    "negative", np.negative, lambda g, out, x: -g,
    forward=operator.neg, samples=ANY,
    doc="""-x. Derivative: -g.""",
)  # fmt: skip

positive = elementwise(
    "positive", np.positive, lambda g, out, x: g,
    samples=ANY,
    doc="""+x. Derivative: g.""",
)  # fmt: skip

reciprocal = elementwise(
    "reciprocal", np.reciprocal, lambda g, out, x: -g * out * out,
    saves=("out",), samples=positive_samples(ANY),
    doc="""1 / x. Derivative: -g/x².""",
)  # fmt: skip

square = elementwise(
    "square", np.square, lambda g, out, x: g * (x + x),
    saves=("x",), samples=ANY,
    doc="""x². Derivative: 2·g·x.""",
)  # fmt: skip


def _power_constant_rule(g: Any, out: Any, x: Any, *, exponent: Any) -> Any:
    if exponent == 0:
        return zero(g, out)
    if exponent == 1:
        return g
    if exponent == 2:
        return g * (x + x)
    return g * (exponent * x ** (exponent - 1))


def _power_constant(x: Any, *, exponent: Any = 2) -> Any:
    return x**exponent


power_constant = elementwise(
    "power_constant", _power_constant, _power_constant_rule,
    saves=("x",),
    samples=(
        Sample((2, 3), exponent=3), Sample((2,), low=0.2, high=2.0, exponent=-1.5),
        Sample((2,), exponent=0), Sample((2,), exponent=1), Sample((2,), exponent=2.0),
        Sample((), exponent=4), Sample((0,), exponent=3), Sample((2,), exponent=3, complex=True),
    ),
    doc="""x ** n for a number n.

    Derivative: n·g·x**(n-1), exact to every order at x = 0; x**0 has derivative 0 everywhere.
    """,
    kinks="x**n at 0 is exact to every order; sqrt-like powers give inf",
)  # fmt: skip


def _one_less(x: Any, y: Any) -> Any:
    # y - 1 in the precision of x**y: a float16 or int8 y would round it, or wrap around.
    return np.where(y == 0, 1, np.subtract(y, 1, dtype=np.result_type(x, y)))


def _log(x: Any, dtype: Any) -> Any:
    return np.log(np.where(x == 0, 1, x).astype(dtype))


power_variable = elementwise(
    "power", np.power,
    lambda g, out, x, y: g * np.where(y == 0, 0, y * x ** _one_less(x, y)),
    lambda g, out, x, y: g * np.where(x == 0, 0, out * _log(x, out.dtype)),
    saves={"x": ("x", "y"), "y": ("out", "x")}, forward=operator.pow,
    samples=positive_samples(COMPLEX_PAIRS),
    numpy=(),
    doc="""x ** y for an array of exponents; see ``power``.""",
    kinks="0**y has derivative 0 in y; x**0 has derivative 0 in x",
)  # fmt: skip


@composed(np.power)
def power(x: Any, y: Any) -> Any:
    """x ** y, element by element.

    Derivative: g·y·x**(y-1) in x (0 where y is 0) and g·x**y·log(x) in y (0 where x is 0, NaN
    where x is negative). A plain number y keeps the dtype and is exact to every order at 0.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda x: ag.power(x, 3))(2.0)
    np.float64(12.0)
    """
    if isinstance(x, Tensor) and type(y) in (int, float, complex):
        return square(x) if type(y) is int and y == 2 else power_constant(x, exponent=y)
    return power_variable(x, y)


# -- exponentials and roots --------------------------------------------------------------------

exp = elementwise(
    "exp", np.exp, lambda g, out, x: g * out,
    saves=("out",), samples=ANY,
    doc="""eˣ. Derivative: g·eˣ.""",
)  # fmt: skip

exp2 = elementwise(
    "exp2", np.exp2, lambda g, out, x: g * out * math.log(2),
    saves=("out",), samples=ANY,
    doc="""2ˣ. Derivative: g·2ˣ·ln 2.""",
)  # fmt: skip

expm1 = elementwise(
    "expm1", np.expm1, lambda g, out, x: g * np.exp(x),
    saves=("x",), samples=ANY,
    doc="""eˣ - 1, exact near 0. Derivative: g·eˣ.""",
)  # fmt: skip

log = elementwise(
    "log", np.log, lambda g, out, x: g / x,
    saves=("x",), samples=positive_samples(ANY),
    doc="""Natural logarithm. Derivative: g/x.""",
)  # fmt: skip

log2 = elementwise(
    "log2", np.log2, lambda g, out, x: g / (x * math.log(2)),
    saves=("x",), samples=positive_samples(ANY),
    doc="""Logarithm to base 2. Derivative: g/(x·ln 2).""",
)  # fmt: skip

log10 = elementwise(
    "log10", np.log10, lambda g, out, x: g / (x * math.log(10)),
    saves=("x",), samples=positive_samples(ANY),
    doc="""Logarithm to base 10. Derivative: g/(x·ln 10).""",
)  # fmt: skip

log1p = elementwise(
    "log1p", np.log1p, lambda g, out, x: g / (x + 1),
    saves=("x",), samples=positive_samples(ANY),
    doc="""log(1 + x), exact near 0. Derivative: g/(1 + x).""",
)  # fmt: skip


def _sigmoid_of_difference(x: Any, y: Any, scale: float = 1.0) -> Any:
    # exp(x - logaddexp(x, y)), where equal infinities share the weight evenly.
    same = (x == y) & np.isinf(x)
    d = np.where(same, 0, x - np.where(same, 0, y)) * scale
    return np.exp(-np.logaddexp(0, -d))


logaddexp = elementwise(
    "logaddexp", np.logaddexp,
    lambda g, out, x, y: g * _sigmoid_of_difference(x, y),
    lambda g, out, x, y: g * _sigmoid_of_difference(y, x),
    saves=("x", "y"), analytic=False, samples=PAIRS,
    doc="""log(eˣ + eʸ), stable. Derivative: g·σ(x-y) and g·σ(y-x), exact at ties and ±inf.""",
    kinks="equal infinities share the gradient evenly",
)  # fmt: skip

_LN2 = math.log(2)

logaddexp2 = elementwise(
    "logaddexp2", np.logaddexp2,
    lambda g, out, x, y: g * _sigmoid_of_difference(x, y, _LN2),
    lambda g, out, x, y: g * _sigmoid_of_difference(y, x, _LN2),
    saves=("x", "y"), analytic=False, samples=PAIRS,
    doc="""log₂(2ˣ + 2ʸ), stable. Derivative: g·σ((x-y)·ln 2) and the same with x and y changed.""",
    kinks="equal infinities share the gradient evenly",
)  # fmt: skip

sqrt = elementwise(
    "sqrt", np.sqrt, lambda g, out, x: g * 0.5 / out,
    saves=("out",), samples=positive_samples(ANY),
    doc="""Square root. Derivative: g/(2·√x); at 0 it is inf.""",
    kinks="sqrt'(0) = inf",
)  # fmt: skip

cbrt = elementwise(
    "cbrt", np.cbrt, lambda g, out, x: g / (3 * out) / out,
    saves=("out",), samples=POSITIVE, analytic=False,
    doc="""Cube root. Derivative: g/(3·∛x²); at 0 it is inf.""",
    kinks="cbrt'(0) = inf",
)  # fmt: skip

# -- trigonometry ------------------------------------------------------------------------------

sin = elementwise(
    "sin", np.sin, lambda g, out, x: g * np.cos(x),
    saves=("x",), samples=ANY,
    doc="""Sine of radians. Derivative: g·cos x.""",
)  # fmt: skip

cos = elementwise(
    "cos", np.cos, lambda g, out, x: -g * np.sin(x),
    saves=("x",), samples=ANY,
    doc="""Cosine of radians. Derivative: -g·sin x.""",
)  # fmt: skip

tan = elementwise(
    "tan", np.tan, lambda g, out, x: g * (1 + out * out),
    saves=("out",), samples=(*INSIDE, Sample((2,), complex=True)),
    doc="""Tangent of radians. Derivative: g·(1 + tan² x).""",
)  # fmt: skip

# Products whose own rule would meet inf·0 at ±1: with these, higher derivatives are infinite there.

circle = elementwise(
    "one_minus_square", lambda x: (1 - x) * (1 + x), lambda g, out, x: -g * (x + x),
    saves=("x",), samples=ANY,
    doc="""1 - x², exact near ±1. Derivative: -2·g·x.""",
)  # fmt: skip

hyperbola = elementwise(
    "root_of_square_minus_one", lambda x: np.sqrt(x - 1) * np.sqrt(x + 1),
    lambda g, out, x: g * x / out,
    saves=("out", "x"),
    samples=(Sample((2, 3), low=1.2, high=3.0), Sample((2,), low=1.2, high=3.0, complex=True)),
    doc="""√(x² - 1), exact near 1. Derivative: g·x/√(x² - 1).""",
)  # fmt: skip

arcsin = elementwise(
    "arcsin", np.arcsin, lambda g, out, x: g / np.sqrt(circle.inner(x)),
    saves=("x",), samples=(*INSIDE, Sample((2,), complex=True)),
    doc="""Inverse sine, in radians. Derivative: g/√(1-x²); at ±1 it is inf.""",
    kinks="arcsin'(±1) = inf",
)  # fmt: skip

arccos = elementwise(
    "arccos", np.arccos, lambda g, out, x: -g / np.sqrt(circle.inner(x)),
    saves=("x",), samples=(*INSIDE, Sample((2,), complex=True)),
    doc="""Inverse cosine, in radians. Derivative: -g/√(1-x²); at ±1 it is -inf.""",
    kinks="arccos'(±1) = -inf",
)  # fmt: skip


def _bell(x: Any) -> Any:
    # 1/(1 + x²), from 1/x where that is smaller: no overflow, and flat at infinity.
    big = np.absolute(x) > 1
    inverse, small = 1 / np.where(big, x, 1), np.where(big, 0, x)
    inverse = inverse * inverse
    return np.where(big, inverse / (1 + inverse), 1 / (1 + small * small))


arctan = elementwise(
    "arctan", np.arctan, lambda g, out, x: g * _bell(x),
    saves=("x",), samples=(*REAL, Sample((2,), complex=True, low=0.2, high=0.8)),
    doc="""Inverse tangent, in radians. Derivative: g/(1 + x²).""",
)  # fmt: skip


def safe(x: Any) -> Any:
    """A divisor that is never 0, so that 0/0 becomes the documented 0 to every order."""
    return np.where(x == 0, 1, x)


def _over_square(x: Any, y: Any) -> Any:
    # x / (x² + y²), whose squares would overflow or vanish, and in integers wrap around.
    h = safe(np.hypot(x, y))
    return x / h / h


arctan2 = elementwise(
    "arctan2", np.arctan2,
    lambda g, out, x, y: g * _over_square(y, x),
    lambda g, out, x, y: -g * _over_square(x, y),
    saves=("x", "y"), analytic=False, samples=PAIRS,
    doc="""Angle of the point (y, x) in radians.

    Derivative: g·y/(x²+y²) and -g·x/(x²+y²); 0 at the origin.
    """,
    kinks="0 at the origin",
)  # fmt: skip

hypot = elementwise(
    "hypot", np.hypot,
    lambda g, out, x, y: g * x / safe(out),
    lambda g, out, x, y: g * y / safe(out),
    saves={"x": ("out", "x"), "y": ("out", "y")}, analytic=False, samples=PAIRS,
    doc="""√(x² + y²) without overflow. Derivative: g·x/h and g·y/h; 0 at the origin.""",
    kinks="0 at the origin",
)  # fmt: skip

sinh = elementwise(
    "sinh", np.sinh, lambda g, out, x: g * np.cosh(x),
    saves=("x",), samples=ANY,
    doc="""Hyperbolic sine. Derivative: g·cosh x.""",
)  # fmt: skip

cosh = elementwise(
    "cosh", np.cosh, lambda g, out, x: g * np.sinh(x),
    saves=("x",), samples=ANY,
    doc="""Hyperbolic cosine. Derivative: g·sinh x.""",
)  # fmt: skip

tanh = elementwise(
    "tanh", np.tanh, lambda g, out, x: g * (1 - out * out),
    saves=("out",), samples=ANY,
    doc="""Hyperbolic tangent. Derivative: g·(1 - tanh² x).""",
)  # fmt: skip


def _root(x: Any) -> Any:
    return np.sqrt(x * x + 1) if x.dtype.kind == "c" else np.hypot(x, 1)


arcsinh = elementwise(
    "arcsinh", np.arcsinh, lambda g, out, x: g / _root(x),
    saves=("x",), samples=(*REAL, Sample((2,), complex=True, low=0.2, high=0.8)),
    doc="""Inverse hyperbolic sine. Derivative: g/√(x² + 1).""",
)  # fmt: skip

arccosh = elementwise(
    "arccosh", np.arccosh, lambda g, out, x: g / hyperbola.inner(x),
    saves=("x",),
    samples=(
        Sample((2, 3), low=1.2, high=3.0), Sample((), low=1.2, high=3.0), Sample((0,)),
        Sample((2,), low=1.2, high=3.0, complex=True),
    ),
    doc="""Inverse hyperbolic cosine. Derivative: g/√(x² - 1); at 1 it is inf.""",
    kinks="arccosh'(1) = inf",
)  # fmt: skip

arctanh = elementwise(
    "arctanh", np.arctanh, lambda g, out, x: g / circle.inner(x),
    saves=("x",), samples=(*INSIDE, Sample((2,), complex=True)),
    doc="""Inverse hyperbolic tangent. Derivative: g/(1 - x²); at ±1 it is inf.""",
    kinks="arctanh'(±1) = inf",
)  # fmt: skip

deg2rad = elementwise(
    "deg2rad", np.deg2rad, lambda g, out, x: g * (math.pi / 180),
    numpy=(np.deg2rad, np.radians), analytic=False, samples=REAL,
    doc="""Degrees to radians. Derivative: g·π/180.""",
)  # fmt: skip
radians = deg2rad

rad2deg = elementwise(
    "rad2deg", np.rad2deg, lambda g, out, x: g * (180 / math.pi),
    numpy=(np.rad2deg, np.degrees), analytic=False, samples=REAL,
    doc="""Radians to degrees. Derivative: g·180/π.""",
)  # fmt: skip
degrees = rad2deg

# NumPy 2's shorter names.
acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh, pow = arctan, arctan2, arctanh, power
