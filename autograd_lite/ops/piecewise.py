"""Functions with kinks, jumps and choices, and the parts of complex numbers.

What the derivative is where it does not exist is in each op's ``kinks``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError, UnsupportedError
from ..op import Sample
from ..primitive import composed, elementwise
from ..protocols import plain
from .elementwise import ANY, PAIRS, REAL, except_where, only_where, positive_samples, safe, zero

__all__ = [
    "abs", "absolute", "angle", "ceil", "clip", "conj", "conjugate", "copysign", "fabs", "floor",
    "floor_divide", "fmax", "fmin", "fmod", "imag", "maximum", "minimum", "mod", "real",
    "remainder", "rint", "sign", "trunc", "where",
]  # fmt: skip


def _is_complex(x: Any) -> bool:
    return bool(x.dtype.kind == "c")


absolute = elementwise(
    "absolute", np.absolute,
    lambda g, out, x: g * (np.conj(np.sign(x)) if _is_complex(x) else np.sign(x)),
    saves=("x",), analytic=False, samples=ANY,
    doc="""|x|. Derivative: g·sign(x), for complex x g·x̄/|x|; 0 at 0.""",
    kinks="abs'(0) = 0",
)  # fmt: skip
abs = absolute

fabs = elementwise(
    "fabs", np.fabs, lambda g, out, x: g * np.sign(x),
    saves=("x",), analytic=False, samples=REAL,
    doc="""|x| of real x. Derivative: g·sign(x); 0 at 0.""",
    kinks="fabs'(0) = 0",
)  # fmt: skip


def _sign_rule(g: Any, out: Any, x: Any) -> Any:
    if not _is_complex(x):
        return zero(g, out)
    # z/|z| only turns: the part of g that lies along z is lost.
    turned = g * out
    return (turned - np.conj(turned)) / (2 * safe(np.absolute(x))) * np.conj(out)


sign = elementwise(
    "sign", np.sign, _sign_rule,
    saves=("out", "x"), analytic=False, samples=ANY,
    doc="""Sign of x; z/|z| of complex z. Derivative: 0 for real x.""",
    kinks="0 everywhere, also where it jumps",
)  # fmt: skip


@sign.jvp
def _(tangents: Any, out: Any, x: Any) -> Any:
    return np.conj(_sign_rule(np.conj(tangents[0]), out, x))


def _rounding(name: str, function: Any, doc: str) -> Any:
    return elementwise(
        name, function, zero, samples=REAL, analytic=False, doc=doc,
        kinks="0 everywhere, also where it jumps",
    )  # fmt: skip


floor = _rounding("floor", np.floor, """Largest integer ≤ x. Derivative: 0.""")
ceil = _rounding("ceil", np.ceil, """Smallest integer ≥ x. Derivative: 0.""")
trunc = _rounding("trunc", np.trunc, """x without its fraction. Derivative: 0.""")
rint = _rounding("rint", np.rint, """Nearest integer. Derivative: 0.""")


def _larger(g: Any, x: Any, y: Any) -> Any:
    return only_where(x > y, g) + only_where(x == y, g * 0.5)


def _smaller(g: Any, x: Any, y: Any) -> Any:
    # Not _larger of -x and -y: booleans have no minus, and unsigned integers wrap around.
    return only_where(x < y, g) + only_where(x == y, g * 0.5)


def _or_other_nan(rule: Any, g: Any, x: Any, y: Any) -> Any:
    # fmax and fmin pass over a NaN: the other operand is the result, and gets all of g.
    return np.where(np.isnan(y), g, rule(g, x, y))


maximum = elementwise(
    "maximum", np.maximum,
    lambda g, out, x, y: _larger(g, x, y),
    lambda g, out, x, y: _larger(g, y, x),
    saves=("x", "y"), analytic="pieces", samples=PAIRS,
    doc="""Larger of x and y. Derivative: g to the larger, g/2 to each at a tie.""",
    kinks="½ each at a tie",
)  # fmt: skip

minimum = elementwise(
    "minimum", np.minimum,
    lambda g, out, x, y: _smaller(g, x, y),
    lambda g, out, x, y: _smaller(g, y, x),
    saves=("x", "y"), analytic="pieces", samples=PAIRS,
    doc="""Smaller of x and y. Derivative: g to the smaller, g/2 to each at a tie.""",
    kinks="½ each at a tie",
)  # fmt: skip

fmax = elementwise(
    "fmax", np.fmax,
    lambda g, out, x, y: _or_other_nan(_larger, g, x, y),
    lambda g, out, x, y: _or_other_nan(_larger, g, y, x),
    saves=("x", "y"), analytic="pieces", samples=PAIRS,
    doc="""Larger of x and y, ignoring NaN. Derivative: as maximum; all of g beside a NaN.""",
    kinks="½ each at a tie",
)  # fmt: skip

fmin = elementwise(
    "fmin", np.fmin,
    lambda g, out, x, y: _or_other_nan(_smaller, g, x, y),
    lambda g, out, x, y: _or_other_nan(_smaller, g, y, x),
    saves=("x", "y"), analytic="pieces", samples=PAIRS,
    doc="""Smaller of x and y, ignoring NaN. Derivative: as minimum; all of g beside a NaN.""",
    kinks="½ each at a tie",
)  # fmt: skip

# The NaN that they pass over is not used.
fmax.op.masks = fmin.op.masks = True

_QUOTIENTS = positive_samples(PAIRS, low=(2.1, 0.6), high=(2.9, 0.7))

remainder = elementwise(
    "remainder", np.remainder,
    lambda g, out, x, y: g,
    # Not floor(x / y), whose rounding may give the next integer.
    lambda g, out, x, y: -g * np.floor_divide(x, y),
    saves={"x": (), "y": ("x", "y")}, numpy=(np.remainder, np.mod), analytic=False,
    samples=_QUOTIENTS,
    doc="""x mod y, with y's sign. Derivative: g and -g·floor(x/y).""",
    kinks="the jumps count as smooth",
)  # fmt: skip
mod = remainder

fmod = elementwise(
    "fmod", np.fmod,
    lambda g, out, x, y: g,
    lambda g, out, x, y: -g * np.rint((x - out) / y),
    saves={"x": (), "y": ("out", "x", "y")}, analytic=False, samples=_QUOTIENTS,
    doc="""x mod y, with x's sign. Derivative: g and -g·trunc(x/y).""",
    kinks="the jumps count as smooth",
)  # fmt: skip

floor_divide = elementwise(
    "floor_divide", np.floor_divide, zero, zero,
    analytic=False, samples=_QUOTIENTS,
    doc="""floor(x / y). Derivative: 0.""",
    kinks="0 everywhere, also where it jumps",
)  # fmt: skip

copysign = elementwise(
    "copysign", np.copysign,
    lambda g, out, x, y: g * np.sign(x) * np.copysign(1, y),
    zero,
    saves={"x": ("x", "y"), "y": ()}, analytic=False, samples=PAIRS,
    doc="""|x| with y's sign. Derivative: ±g in x, 0 in y.""",
    kinks="0 at x = 0",
)  # fmt: skip


def _clip_inside(g: Any, a: Any, low: Any, high: Any) -> Any:
    if low is not None:
        g = except_where(a < low, g)
    return g if high is None else except_where(a > high, g)


def _clip_low(g: Any, out: Any, a: Any, a_min: Any, a_max: Any) -> Any:
    # NumPy takes the upper bound where the bounds cross.
    g = only_where(a < a_min, g)
    return g if a_max is None else np.where(a_min > a_max, 0, g)


def _clip_high(g: Any, out: Any, a: Any, a_min: Any, a_max: Any) -> Any:
    above = a > a_max
    return only_where(above if a_min is None else above | (a_min > a_max), g)


clip_between = elementwise(
    "clip", lambda a, a_min, a_max: np.clip(a, a_min, a_max),
    lambda g, out, a, a_min, a_max: _clip_inside(g, a, a_min, a_max),
    _clip_low,
    _clip_high,
    saves=("a", "a_min", "a_max"), analytic="pieces",
    samples=(
        Sample((2, 3), np.array(-0.5), np.array(0.7)), Sample((3,), (3,), (3,), low=(-2, -1, 0.5),
        high=(2, 0, 1)), Sample((2, 1), (3,), np.array(3.0), low=(-2, -1, 0), high=(2, 0, 0)),
    ),
    doc="""a kept within [a_min, a_max]; see the function ``clip``.""",
    kinks="clip passes the gradient at its bounds",
)  # fmt: skip
clip_between.op.family = "optional"


# What ndarray.clip calls when a bound is a Tensor.
_INNER = getattr(getattr(getattr(np, "_core", None), "umath", None), "clip", np.clip)


@composed(np.clip, _INNER)
def clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    out: Any = None,
    *,
    min: Any = np._NoValue,
    max: Any = np._NoValue,
    dtype: Any = None,
    **kwargs: Any,
) -> Any:
    """a kept within [a_min, a_max], or [min, max]; a bound of None does not bound.

    Derivative: g where a lies within the bounds, they included; a bound gets g where it holds.

    Raises:
        ArgumentError: a bound was given under both of its names.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.clip(x, 0.0, 1.0).sum())(np.array([-1.0, 0.0, 0.5, 1.0, 2.0]))
    array([0., 1., 1., 1., 0.])
    """
    low, high = _one_of("min", a_min, min), _one_of("max", a_max, max)
    if out is not None:
        return _clip_into(out, a, low, high, dtype, kwargs)
    if kwargs.pop("where", True) is not True:
        raise UnsupportedError(
            "clip: got where=, which leaves the entries not chosen undefined; write "
            "np.where(mask, np.clip(...), a)."
        )
    if dtype is not None:
        a, low, high = (None if x is None else _cast(x, dtype) for x in (a, low, high))
    return clip_between(a, low, high)


def _clip_into(out: Any, a: Any, low: Any, high: Any, dtype: Any, kwargs: dict[str, Any]) -> Any:
    """``clip`` with out=, which is a matter of ufuncs: they know where=, casting= and the rest."""
    if dtype is not None:
        kwargs["dtype"] = dtype
    bounds = [x for x in (low, high) if x is not None]
    ufunc: Any = np.positive if not bounds else _INNER
    if len(bounds) == 1:
        ufunc = np.minimum if low is None else np.maximum
    return ufunc(a, *bounds, out=out, **kwargs)


def _one_of(name: str, first: Any, second: Any) -> Any:
    if first is not np._NoValue and second is not np._NoValue:
        raise ArgumentError(f"clip: got both a_{name}= and {name}=, which are one; pass one.")
    found = second if first is np._NoValue else first
    return None if found is np._NoValue else found


def _cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if hasattr(x, "astype") else np.asarray(x, dtype)


where_three = elementwise(
    "where", lambda condition, x, y: np.where(condition, x, y),
    None,
    lambda g, out, condition, x, y: only_where(condition, g),
    lambda g, out, condition, x, y: except_where(condition, g),
    saves=("condition",),
    samples=(
        Sample(np.array([[True, False, True], [False, False, True]]), (2, 3), (3,)),
        Sample(np.array([True, False]), (), (2,)), Sample(np.array(True), (2,), (2, 1)),
        Sample(np.array([True, False]), (2,), (2,), complex=True),
    ),
    doc="""x where condition holds, y elsewhere; see the function ``where``.""",
    kinks="the branch not taken gets 0, whatever its value or slope",
)  # fmt: skip

where_three.op.masks = True


@composed(np.where)
def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    """x where condition holds, y elsewhere; with condition alone, its nonzero indices.

    Derivative: g where chosen, 0 elsewhere, also when the branch not taken is NaN.

    >>> import numpy as np, autograd_lite as ag
    >>> x = np.array([-1.0, 4.0])
    >>> ag.grad(lambda x: ag.where(x > 0, ag.sqrt(ag.where(x > 0, x, 1.0)), 0.0).sum())(x)
    array([0.  , 0.25])
    """
    if x is None and y is None:
        return np.nonzero(plain(condition))
    return where_three(condition, x, y)


# -- complex -----------------------------------------------------------------------------------

conjugate = elementwise(
    "conjugate", np.conjugate, lambda g, out, x: np.conj(g) if _is_complex(x) else g,
    analytic=False, samples=ANY,
    doc="""Complex conjugate. Derivative: the conjugate of g.""",
)  # fmt: skip
conj = conjugate

real = elementwise(
    "real", lambda x: x.real, lambda g, out, x: g,
    numpy=(np.real,), analytic=False, samples=ANY,
    doc="""Real part. Derivative: g.""",
)  # fmt: skip

imag = elementwise(
    "imag", lambda x: x.imag, lambda g, out, x: g * -1j if _is_complex(x) else zero(g, out),
    numpy=(np.imag,), analytic=False, samples=ANY,
    doc="""Imaginary part. Derivative: -i·g (in the plain transposed convention).""",
)  # fmt: skip
real.op.view = imag.op.view = True


def _angle_rule(g: Any, out: Any, z: Any, *, deg: bool) -> Any:
    if not _is_complex(z):
        return zero(g, out)
    return np.where(z == 0, 0, g * (-180j / math.pi if deg else -1j) / safe(z))


angle = elementwise(
    "angle", lambda z, *, deg=False: np.angle(z, deg), _angle_rule,
    saves=("z",), numpy=(np.angle,), analytic=False,
    samples=(
        Sample((2,), complex=True), Sample((2, 3), low=0.5, high=1.0),
        Sample((2,), complex=True, deg=True),
    ),
    doc="""Argument of a complex number, in radians, or in degrees if deg.

    Derivative: -i·g/z (times 180/π if deg); 0 at 0 and for real z.
    """,
    kinks="0 at 0",
)  # fmt: skip
