"""Arithmetic, exponentials, logarithms, powers and roots, element by element."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..op import Sample
from ..primitive import composed, elementwise
from ..tensor import Tensor

__all__ = [
    "add",
    "cbrt",
    "divide",
    "exp",
    "exp2",
    "expm1",
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
    "reciprocal",
    "sqrt",
    "square",
    "subtract",
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


def safe(x: Any) -> Any:
    """A divisor that is never 0, so that 0/0 becomes the documented 0 to every order."""
    return np.where(x == 0, 1, x)


def finite(x: Any) -> Any:
    """x with infinities replaced by the largest numbers: with it 0·x is 0, to every order."""
    if x.dtype.kind != "f":
        return x
    top = float(np.finfo(x.dtype).max)
    return np.minimum(np.maximum(x, -top), top)


_INTEGERS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def only_where(mask: Any, g: Any) -> Any:
    """g where mask holds, else 0, also where g is infinite or NaN: ``np.where(mask, g, 0)``."""
    bits = _bits(mask, g)
    if bits is None:
        return np.where(mask, g, 0)
    return _cut(np.negative(bits, bits), g)


def except_where(mask: Any, g: Any) -> Any:
    """0 where mask holds, else g: ``np.where(mask, 0, g)``."""
    bits = _bits(mask, g)
    if bits is None:
        return np.where(mask, 0, g)
    return _cut(np.subtract(bits, 1, bits), g)


def _bits(mask: Any, g: Any) -> Any:
    # Large arrays are cut by their bits: a tenth of the time, since no branch is predicted wrong.
    if type(g) is not np.ndarray or type(mask) is not np.ndarray or g.size <= 256:
        return None
    kind = _INTEGERS.get(g.dtype)
    if kind is None or mask.dtype.kind != "b" or mask.shape != g.shape:
        return None
    return mask.astype(kind)


def _cut(bits: Any, g: Any) -> Any:
    return np.bitwise_and(bits, g.view(bits.dtype), bits).view(g.dtype)


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


def _power_slope(x: Any, y: Any) -> Any:
    # y·x**(y - 1), and 0 for 0**0 and NaN**0, which are 1 to NumPy: elsewhere it depends on y at
    # y = 0 too. y - 1 in the precision of x**y: a float16 or int8 y would round it, or wrap around.
    flat = (y == 0) & ((x == 0) | (x != x))
    less = np.subtract(y, 1, dtype=np.result_type(x, y))
    return np.where(flat, 0, y * np.where(flat, 1, x) ** less)


def _log(x: Any, dtype: Any) -> Any:
    return np.log(np.where(x == 0, 1, x).astype(dtype))


power_variable = elementwise(
    "power", np.power,
    lambda g, out, x, y: g * _power_slope(x, y),
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


def _difference(x: Any, y: Any) -> Any:
    same = x == y
    return np.where(same, 0, x - np.where(same, 0, y)).astype(np.result_type(x, y))[()]


difference = elementwise(
    "difference", _difference, lambda g, out, x, y: g, lambda g, out, x, y: -g,
    samples=(Sample((2, 3), (2, 3)), Sample((2, 3), (3,)), Sample((), (2,))),
    doc="""x - y, 0 for equal infinities. Derivative: g and -g.""",
)  # fmt: skip


def _sigmoid_of_difference(x: Any, y: Any, scale: float = 1.0) -> Any:
    # exp(x - logaddexp(x, y)), where equal infinities share the weight evenly.
    return np.exp(-np.logaddexp(0, -difference.inner(x, y) * scale))


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

pow = power  # NumPy 2's shorter name
