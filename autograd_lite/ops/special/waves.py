"""Solutions of wave equations, from SciPy: parabolic cylinder, Mathieu and spheroidal functions.

SciPy gives each with its slope, and their equation gives the slope of that. They are differentiated
in their last input; orders, parameters and characteristic values have no derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, composed, elementwise
from ...protocols import plain
from .tools import refuse_tracked, weak

__all__ = [
    "mathieu_cem", "mathieu_modcem1", "mathieu_modcem2", "mathieu_modsem1", "mathieu_modsem2",
    "mathieu_sem", "obl_ang1", "obl_ang1_cv", "obl_rad1", "obl_rad1_cv", "obl_rad2", "obl_rad2_cv",
    "pbdv", "pbvv", "pbwa", "pro_ang1", "pro_ang1_cv", "pro_rad1", "pro_rad1_cv", "pro_rad2",
    "pro_rad2_cv",
]  # fmt: skip


def _solution(
    name: str,
    function: Callable[..., Any],
    second: Callable[..., Any],
    samples: tuple[Sample, ...],
    doc: str,
    speed: float = 1.0,
    reads_slope: bool = False,
) -> Callable[..., Any]:
    """SciPy's (y, y') of this name.

    Args:
        function: the ufunc, by a lambda that names its inputs.
        second: ``second(y, slope, *inputs)``, the second derivative by the equation.
        speed: the change of the argument of y' for one of the input.
        reads_slope: whether ``second`` reads the slope.
    """
    call = weak(getattr(sp, name))
    *constants, last = inputs = function.__code__.co_varnames
    nothing = [None] * len(constants)
    saves = {**dict.fromkeys(constants, ()), last: inputs}
    value: Primitive = elementwise(
        f"{name}_value", function, *nothing,
        lambda g, out, *args: g * (speed * slope.inner(*args)),
        saves=saves, forward=lambda *args: call(*args)[0], analytic=False, samples=samples,
        doc=f"The first output of {name}. Derivative: g times the second.",
    )  # fmt: skip
    slope: Primitive = elementwise(
        f"{name}_slope", function, *nothing,
        lambda g, out, *args: g * (speed * second(value.inner(*args), out, *args)),
        saves={**saves, last: ("out", *inputs) if reads_slope else inputs},
        forward=lambda *args: call(*args)[1], analytic=False, samples=samples,
        doc=f"The second output of {name}. Derivative: by the differential equation.",
    )  # fmt: skip

    def solution(*args: Any) -> tuple[Any, Any]:
        refuse_tracked(name, inputs, args, tuple(constants))
        return value(*args), slope(*args)

    solution.__name__ = solution.__qualname__ = name
    solution.__module__ = "autograd_lite.special"
    solution.__doc__ = doc
    composed(getattr(sp, name), name=name)(solution)
    return solution


# -- parabolic cylinders ---------------------------------------------------------------------------

_CYLINDERS = (
    Sample(np.array([0.0, 0.5, 2.0]), (2, 3), low=-1.5, high=1.5),
    Sample(np.float32(1.5), (), low=0.4, high=1.5),
)  # fmt: skip

pbdv = _solution(
    "pbdv", lambda v, x: sp.pbdv(v, x), lambda y, slope, v, x: (x * x / 4 - v - 0.5) * y,
    _CYLINDERS,
    """(Dᵥ(x), Dᵥ'(x)), parabolic cylinder functions. Derivative: (Dᵥ', (x²/4 - v - ½)·Dᵥ) in x.""",
)  # fmt: skip

pbvv = _solution(
    "pbvv", lambda v, x: sp.pbvv(v, x), lambda y, slope, v, x: (x * x / 4 - v - 0.5) * y,
    _CYLINDERS,
    """(Vᵥ(x), Vᵥ'(x)), parabolic cylinder functions. Derivative: (Vᵥ', (x²/4 - v - ½)·Vᵥ) in x.""",
)  # fmt: skip

pbwa = _solution(
    "pbwa", lambda a, x: sp.pbwa(a, x), lambda y, slope, a, x: (a - x * x / 4) * y,
    _CYLINDERS,
    """(W(a, x), W'(a, x)), parabolic cylinder functions. Derivative: (W', (a - x²/4)·W) in x.""",
)  # fmt: skip

# -- Mathieu ---------------------------------------------------------------------------------------

_DEGREE = math.pi / 180
_ANGLES = (
    Sample(np.array([1.0, 2.0, 3.0]), np.array(0.7), (2, 3), low=10, high=80),
    Sample(np.array(2.0), np.array(1.5), (), low=10, high=80),
)  # fmt: skip
_RADII = (
    Sample(np.array([1.0, 2.0, 3.0]), np.array(0.7), (2, 3), low=0.3, high=1.5),
    Sample(np.array(2.0), np.array(1.5), (), low=0.3, high=1.5),
)  # fmt: skip


def _constant(ufunc: Any) -> Any:
    # Of inputs that are refused when they are tracked.
    call = weak(ufunc)
    return lambda *args: call(*plain(args))


def _mathieu(name: str, function: Any, value: Any, doc: str) -> Callable[..., Any]:
    def second(y: Any, slope: Any, m: Any, q: Any, x: Any) -> Any:
        return (2 * q * np.cos(2 * _DEGREE * x) - value(m, q)) * y

    return _solution(name, function, second, _ANGLES, doc, _DEGREE)


def _radial_mathieu(name: str, function: Any, value: Any, doc: str) -> Callable[..., Any]:
    def second(y: Any, slope: Any, m: Any, q: Any, x: Any) -> Any:
        return (value(m, q) - 2 * q * np.cosh(2 * x)) * y

    return _solution(name, function, second, _RADII, doc)


_EVEN, _ODD = _constant(sp.mathieu_a), _constant(sp.mathieu_b)

mathieu_cem = _mathieu(
    "mathieu_cem", lambda m, q, x: sp.mathieu_cem(m, q, x), _EVEN,
    """(y, y') of the even Mathieu function, x in degrees, y' by radians.

    Derivative: π/180·(y', (2q·cos(2x) - a)·y) in x, with a = mathieu_a(m, q).
    """,
)  # fmt: skip

mathieu_sem = _mathieu(
    "mathieu_sem", lambda m, q, x: sp.mathieu_sem(m, q, x), _ODD,
    """(y, y') of the odd Mathieu function, x in degrees, y' by radians.

    Derivative: π/180·(y', (2q·cos(2x) - b)·y) in x, with b = mathieu_b(m, q).
    """,
)  # fmt: skip

mathieu_modcem1 = _radial_mathieu(
    "mathieu_modcem1", lambda m, q, x: sp.mathieu_modcem1(m, q, x), _EVEN,
    """(y, y') of the first even modified Mathieu function.

    Derivative: (y', (a - 2q·cosh(2x))·y) in x, with a = mathieu_a(m, q).
    """,
)  # fmt: skip

mathieu_modcem2 = _radial_mathieu(
    "mathieu_modcem2", lambda m, q, x: sp.mathieu_modcem2(m, q, x), _EVEN,
    """(y, y') of the second even modified Mathieu function.

    Derivative: (y', (a - 2q·cosh(2x))·y) in x, with a = mathieu_a(m, q).
    """,
)  # fmt: skip

mathieu_modsem1 = _radial_mathieu(
    "mathieu_modsem1", lambda m, q, x: sp.mathieu_modsem1(m, q, x), _ODD,
    """(y, y') of the first odd modified Mathieu function.

    Derivative: (y', (b - 2q·cosh(2x))·y) in x, with b = mathieu_b(m, q).
    """,
)  # fmt: skip

mathieu_modsem2 = _radial_mathieu(
    "mathieu_modsem2", lambda m, q, x: sp.mathieu_modsem2(m, q, x), _ODD,
    """(y, y') of the second odd modified Mathieu function.

    Derivative: (y', (b - 2q·cosh(2x))·y) in x, with b = mathieu_b(m, q).
    """,
)  # fmt: skip

# -- spheroidal ------------------------------------------------------------------------------------


def _spheroidal(
    name: str, function: Any, function_cv: Any, low: float, orders: Any = (0.0, 1.0, 1.0)
) -> Any:
    # ((1 - x²)·y')' + (λ - c²x² - m²/(1 - x²))·y = 0 of prolate angles and radii. Of oblate angles
    # c² changes sign, of oblate radii x² too.
    shape = -1 if name.startswith("obl_rad") else 1
    wave = -1 if name.startswith("obl") else 1
    characteristic = _constant(sp.obl_cv if wave < 0 else sp.pro_cv)

    def second(y: Any, slope: Any, m: Any, n: Any, c: Any, cv: Any, x: Any) -> Any:
        below = 1 - shape * x * x
        force = shape * (cv - m * m / below) - wave * c * c * x * x
        return (2 * shape * x * slope - force * y) / below

    def without(y: Any, slope: Any, m: Any, n: Any, c: Any, x: Any) -> Any:
        return second(y, slope, m, n, c, characteristic(m, n, c), x)

    kind = "oblate" if wave < 0 else "prolate"
    which = "angle" if "ang" in name else "radial"
    doc = f"(y, y') of the {kind} {which} function. Derivative: (y', y'' by its equation) in x."
    m, n, c = np.array(orders), np.array([1.0, 1.0, 2.0]), np.array(0.7)
    cv, high = characteristic(m, n, c), low + 0.6
    found = _solution(
        name,
        function,
        without,
        (Sample(m, n, c, (2, 3), low=low, high=high),),
        doc,
        reads_slope=True,
    )
    given = _solution(
        f"{name}_cv", function_cv, second, (Sample(m, n, c, cv, (2, 3), low=low, high=high),), doc,
        reads_slope=True,
    )  # fmt: skip
    return found, given


pro_ang1, pro_ang1_cv = _spheroidal(
    "pro_ang1", lambda m, n, c, x: sp.pro_ang1(m, n, c, x),
    lambda m, n, c, cv, x: sp.pro_ang1_cv(m, n, c, cv, x), 0.1,
)  # fmt: skip
pro_rad1, pro_rad1_cv = _spheroidal(
    "pro_rad1", lambda m, n, c, x: sp.pro_rad1(m, n, c, x),
    lambda m, n, c, cv, x: sp.pro_rad1_cv(m, n, c, cv, x), 1.4,
)  # fmt: skip
# Of other orders m SciPy's own functions of the second kind are wrong or not exact.
pro_rad2, pro_rad2_cv = _spheroidal(
    "pro_rad2", lambda m, n, c, x: sp.pro_rad2(m, n, c, x),
    lambda m, n, c, cv, x: sp.pro_rad2_cv(m, n, c, cv, x), 1.4,
    (0.0, 0.0, 0.0),
)  # fmt: skip
obl_ang1, obl_ang1_cv = _spheroidal(
    "obl_ang1", lambda m, n, c, x: sp.obl_ang1(m, n, c, x),
    lambda m, n, c, cv, x: sp.obl_ang1_cv(m, n, c, cv, x), 0.1,
)  # fmt: skip
obl_rad1, obl_rad1_cv = _spheroidal(
    "obl_rad1", lambda m, n, c, x: sp.obl_rad1(m, n, c, x),
    lambda m, n, c, cv, x: sp.obl_rad1_cv(m, n, c, cv, x), 0.4,
)  # fmt: skip
obl_rad2, obl_rad2_cv = _spheroidal(
    "obl_rad2", lambda m, n, c, x: sp.obl_rad2(m, n, c, x),
    lambda m, n, c, cv, x: sp.obl_rad2_cv(m, n, c, cv, x), 0.4,
    (1.0, 1.0, 2.0),
)  # fmt: skip
