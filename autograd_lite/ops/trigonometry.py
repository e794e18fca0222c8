"""Circular and hyperbolic functions. To learn about ``tanh``, search "tanh": all is there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import Sample
from ..primitive import Primitive, elementwise
from .elementwise import ANY, INSIDE, PAIRS, REAL, safe

__all__ = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "deg2rad", "degrees", "hypot",
    "rad2deg", "radians", "sin", "sinh", "tan", "tanh",
]  # fmt: skip

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


def _share(x: Any, y: Any) -> Any:
    # x / √(x² + y²), also where x, or both, are infinite or too large for their squares.
    far = np.isinf(x)
    x, y = (np.where(far, np.copysign(np.isinf(v), v), v) for v in (x, y))
    size = np.maximum(np.absolute(x), np.absolute(y))
    size = np.where((size == 0) | np.isinf(size), 1, size)
    ratio = x / size
    return (ratio / safe(np.hypot(ratio, y / size))).astype(np.result_type(x, y))


share: Primitive = elementwise(
    "unit_component", _share,
    # y²/h³ and -x·y/h³, of shares: no square can overflow, and no digit cancels.
    lambda g, out, x, y: g * share.inner(y, x) * (share.inner(y, x) / safe(np.hypot(x, y))),
    lambda g, out, x, y: -g * out * (share.inner(y, x) / safe(np.hypot(x, y))),
    saves={"x": ("x", "y"), "y": ("out", "x", "y")}, analytic=False, samples=PAIRS,
    doc="""x / √(x² + y²), 0 at the origin. Derivative: g·y²/h³ and -g·x·y/h³.""",
)  # fmt: skip

# Ops whose own rule would meet inf·0 at ±1: with these, higher derivatives are infinite there.

circle = elementwise(
    "one_minus_square", lambda x: (1 - x) * (1 + x), lambda g, out, x: -g * (x + x),
    saves=("x",), samples=ANY,
    doc="""1 - x², exact near ±1. Derivative: -2·g·x.""",
)  # fmt: skip

# Roots of both factors, which stay on the function's own side of its branch cut: the sign of a
# zero imaginary part tells the sides apart, and x + 1 would lose it where -(-x - 1) does not.


def _semicircle(x: Any) -> Any:
    if x.dtype.kind != "c":
        return np.sqrt((1 - x) * (1 + x))
    return np.sqrt(-(x - 1)) * np.sqrt(-(-x - 1))


def _hyperbola(x: Any) -> Any:
    return np.sqrt(x - 1) * np.sqrt(-(-x - 1))


def _catenary(x: Any) -> Any:
    if x.dtype.kind != "c":
        return np.hypot(x, 1)
    turned = np.empty_like(x)  # i·x: a product would lose the sign of a zero
    turned.real, turned.imag = -x.imag, x.real
    return _semicircle(turned)[()]


_OFF_THE_CUTS = Sample((2,), complex=True, low=0.2, high=0.8)

semicircle = elementwise(
    "root_of_one_minus_square", _semicircle, lambda g, out, x: -g * x / out,
    saves=("out", "x"), samples=(*INSIDE, _OFF_THE_CUTS),
    doc="""√(1 - x²), exact near ±1. Derivative: -g·x/√(1 - x²).""",
)  # fmt: skip

hyperbola = elementwise(
    "root_of_square_minus_one", _hyperbola,
    lambda g, out, x: g * (np.where(np.isinf(out), 1, x / out) if x.dtype.kind != "c" else x / out),
    saves=("out", "x"),
    samples=(Sample((2, 3), low=1.2, high=3.0), Sample((2,), low=1.2, high=3.0, complex=True)),
    doc="""√(x² - 1), exact near 1. Derivative: g·x/√(x² - 1).""",
)  # fmt: skip

catenary = elementwise(
    "root_of_square_plus_one", _catenary,
    lambda g, out, x: g * (x / out if x.dtype.kind == "c" else share.inner(x, np.ones_like(x))),
    saves=("out", "x"), samples=(*REAL, _OFF_THE_CUTS), analytic=False,
    doc="""√(x² + 1), without overflow if x is real. Derivative: g·x/√(x² + 1).""",
)  # fmt: skip

arcsin = elementwise(
    "arcsin", np.arcsin, lambda g, out, x: g / semicircle.inner(x),
    saves=("x",), samples=(*INSIDE, Sample((2,), complex=True)),
    doc="""Inverse sine, in radians. Derivative: g/√(1-x²); at ±1 it is inf.""",
    kinks="arcsin'(±1) = inf",
)  # fmt: skip

arccos = elementwise(
    "arccos", np.arccos, lambda g, out, x: -g / semicircle.inner(x),
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


arctan2 = elementwise(
    "arctan2", np.arctan2,
    lambda g, out, x, y: g * (share.inner(y, x) / safe(np.hypot(x, y))),
    lambda g, out, x, y: -g * (share.inner(x, y) / safe(np.hypot(x, y))),
    saves=("x", "y"), analytic=False, samples=PAIRS,
    doc="""Angle of the point (y, x) in radians.

    Derivative: g·y/(x²+y²) and -g·x/(x²+y²); 0 at the origin.
    """,
    kinks="0 at the origin",
)  # fmt: skip


hypot = elementwise(
    "hypot", np.hypot,
    lambda g, out, x, y: g * share.inner(x, y),
    lambda g, out, x, y: g * share.inner(y, x),
    saves=("x", "y"), analytic=False, samples=PAIRS,
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


arcsinh = elementwise(
    "arcsinh", np.arcsinh, lambda g, out, x: g / catenary.inner(x),
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
    "arctanh", np.arctanh,
    # Of complex numbers by one factor after the other: their product may overflow.
    lambda g, out, x: g / (1 - x) / (1 + x) if x.dtype.kind == "c" else g / circle.inner(x),
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
atan, atan2, atanh = arctan, arctan2, arctanh
