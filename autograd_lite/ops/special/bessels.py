"""Bessel and Hankel functions, from SciPy, in x; the order has no derivative.

Their rules are the recurrences that hold at 0 too: j₁' = (j₀ - j₂)/2, not j₀ - j₁/x.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import elementwise
from .tools import (
    ABOVE,
    SMALL,
    descending,
    ladder,
    partly,
    real_only,
    regions,
    slopes,
    smooth,
    weak,
)  # fmt: skip

__all__ = [
    "hankel1", "hankel1e", "hankel2", "hankel2e", "j0", "j1", "jn", "jv", "jve", "y0", "y1", "yn",
    "yv", "yve",
]  # fmt: skip

j0 = smooth(
    "j0", sp.j0, lambda g, out, x: -g * sp.j1(x),
    saves=("x",), samples=SMALL,
    doc="""Bessel function J₀(x). Derivative: -g·J₁(x).""",
)  # fmt: skip

j1 = smooth(
    "j1", sp.j1, lambda g, out, x: g * 0.5 * (sp.j0(x) - sp.jv(2, x)),
    saves=("x",), samples=SMALL,
    doc="""Bessel function J₁(x). Derivative: g·(J₀(x) - J₂(x))/2.""",
)  # fmt: skip

y0 = smooth(
    "y0", sp.y0, lambda g, out, x: -g * sp.y1(x),
    saves=("x",), samples=ABOVE,
    doc="""Bessel function Y₀(x). Derivative: -g·Y₁(x).""",
)  # fmt: skip

y1 = smooth(
    "y1", sp.y1, lambda g, out, x: g * 0.5 * (sp.y0(x) - sp.yv(2, x)),
    saves=("x",), samples=ABOVE,
    doc="""Bessel function Y₁(x). Derivative: g·(Y₀(x) - Y₂(x))/2.""",
)  # fmt: skip


def hankel_terms(v: Any, ratio: complex) -> list[Any]:
    """The first coefficients of the series of Bessel functions in 1/x, times ratioᵏ.

    aₖ(v) = (4v² - 1²)(4v² - 3²)···(4v² - (2k-1)²)/(k!·8ᵏ).
    """
    terms: list[Any] = [1 + 0 * v]
    for k in range(1, 31):
        terms.append(terms[-1] * (ratio * (4 * v * v - (2 * k - 1) ** 2) / (8 * k)))
    return terms


def is_far(v: Any, x: Any) -> Any:
    """Where the thirty terms of ``hankel_terms`` are enough: to the last digit."""
    return np.abs(x) > np.maximum(25, v * v / 4)


def around(f: Any, v: Any, x: Any, order: int) -> list[Any]:
    """The values of f from order v - order to v + order: what ``ladder`` takes."""
    return [f(v + i, x) for i in range(-order, order + 1)]


REAL_ORDERS = (np.float32(2), np.array([0.0, 0.5, 3.0]))
WHOLE_ORDERS = (np.float32(2), np.array([0, 1, 3]))


def of_order(
    name: str,
    ufuncs: tuple[Any, ...],
    rule: Any,
    doc: str,
    orders: Any = REAL_ORDERS,
    samples: tuple[Sample, ...] = (),
    saves: tuple[str, ...] = ("v", "x"),
    analytic: bool = True,
) -> Callable[..., Any]:
    """A function of an order v, which has no derivative, and of x, which has this rule.

    Args:
        ufuncs: SciPy's; the first is computed. orders: values of v for the samples.
        analytic: whether it takes complex x.
    """
    ufunc = ufuncs[0]
    call = weak(ufunc) if analytic else real_only(name, weak(ufunc))
    op = elementwise(
        name, lambda v, x: call(v, x), None, rule,
        saves={"v": (), "x": saves}, analytic=False, doc=doc,
        samples=(
            *(Sample(v, (2, 3), low=0.4, high=3) for v in orders),
            Sample(np.float32(1), (), low=0.4), Sample(np.float32(0), (0,)), *samples,
        ),
    )  # fmt: skip
    return partly(op, *dict.fromkeys(ufuncs), without=("v",))


COMPLEX = Sample(np.float32(1), (2,), complex=True, low=0.5)

jv = of_order(
    "jv", (sp.jv, sp.jn), lambda g, out, v, x: g * 0.5 * (sp.jv(v - 1, x) - sp.jv(v + 1, x)),
    """Bessel function Jᵥ(x). Derivative: g·(Jᵥ₋₁(x) - Jᵥ₊₁(x))/2 in x.""",
    samples=(COMPLEX,),
)  # fmt: skip
jn = jv

yv = of_order(
    "yv", (sp.yv,), lambda g, out, v, x: g * 0.5 * (sp.yv(v - 1, x) - sp.yv(v + 1, x)),
    """Bessel function Yᵥ(x). Derivative: g·(Yᵥ₋₁(x) - Yᵥ₊₁(x))/2 in x.""",
    samples=(COMPLEX,),
)  # fmt: skip

yn = of_order(
    "yn", (sp.yn,), lambda g, out, v, x: g * 0.5 * (sp.yn(v - 1, x) - sp.yn(v + 1, x)),
    """Bessel function Yₙ(x) of integer order. Derivative: g·(Yₙ₋₁(x) - Yₙ₊₁(x))/2 in x.""",
    orders=WHOLE_ORDERS,
)  # fmt: skip

jve = of_order(
    "jve", (sp.jve,), lambda g, out, v, x: g * 0.5 * (sp.jve(v - 1, x) - sp.jve(v + 1, x)),
    """Jᵥ(x)·e^-\\|Im x\\|, which is Jᵥ(x) of real x. Derivative: g·(Jᵥ₋₁(x) - Jᵥ₊₁(x))/2 in x.""",
    analytic=False,
)  # fmt: skip

yve = of_order(
    "yve", (sp.yve,), lambda g, out, v, x: g * 0.5 * (sp.yve(v - 1, x) - sp.yve(v + 1, x)),
    """Yᵥ(x)·e^-\\|Im x\\|, which is Yᵥ(x) of real x. Derivative: g·(Yᵥ₋₁(x) - Yᵥ₊₁(x))/2 in x.""",
    analytic=False,
)  # fmt: skip

hankel1 = of_order(
    "hankel1", (sp.hankel1,),
    lambda g, out, v, x: g * 0.5 * (sp.hankel1(v - 1, x) - sp.hankel1(v + 1, x)),
    """Hankel function H⁽¹⁾ᵥ(x) = Jᵥ + i·Yᵥ. Derivative: g·(H⁽¹⁾ᵥ₋₁(x) - H⁽¹⁾ᵥ₊₁(x))/2 in x.""",
    samples=(COMPLEX,),
)  # fmt: skip

hankel2 = of_order(
    "hankel2", (sp.hankel2,),
    lambda g, out, v, x: g * 0.5 * (sp.hankel2(v - 1, x) - sp.hankel2(v + 1, x)),
    """Hankel function H⁽²⁾ᵥ(x) = Jᵥ - i·Yᵥ. Derivative: g·(H⁽²⁾ᵥ₋₁(x) - H⁽²⁾ᵥ₊₁(x))/2 in x.""",
    samples=(COMPLEX,),
)  # fmt: skip


def _scaled_hankel(name: str, ufunc: Any, sign: int) -> Any:
    # H·e^∓ix falls like 1/√x, as a difference of what is nearly equal: far out by its series.
    def near(v: Any, x: Any, order: int) -> Any:
        return ladder(around(ufunc, v, x, order), 0.5, -sign * 1j, -0.5)

    def far(v: Any, x: Any, order: int) -> Any:
        series = descending(x + 0j, -0.5, 1, hankel_terms(v, sign * 1j), order)
        return series * math.sqrt(2 / math.pi) * np.exp(-sign * 0.25j * math.pi * (2 * v + 1))

    def function(v: Any, x: Any, order: int) -> Any:
        return regions(
            is_far(v, x), lambda v, x: far(v, x, order), lambda v, x: near(v, x, order), v, x + 0j
        )

    slope = slopes(
        f"{name}_slope", function, others=(None,),
        samples=(
            COMPLEX, Sample(np.array([0.0, 0.5]), (2,), low=0.5, high=3, complex=True, order=2),
            Sample(np.array([0.0, 2.0]), (2,), low=26, high=30, complex=True),
        ),
        doc=f"""The derivative of {name}(v, x) in x of that order, exact far out too.""",
    )  # fmt: skip
    return lambda g, out, v, x: g * slope.inner(v, x + 0j)


hankel1e = of_order(
    "hankel1e", (sp.hankel1e,), _scaled_hankel("hankel1e", sp.hankel1e, 1),
    """H⁽¹⁾ᵥ(x)·e⁻ⁱˣ. Derivative: g·((H⁽¹⁾ᵥ₋₁ - H⁽¹⁾ᵥ₊₁)/2·e⁻ⁱˣ - i·out) in x.""",
    samples=(COMPLEX,),
)  # fmt: skip

hankel2e = of_order(
    "hankel2e", (sp.hankel2e,), _scaled_hankel("hankel2e", sp.hankel2e, -1),
    """H⁽²⁾ᵥ(x)·eⁱˣ. Derivative: g·((H⁽²⁾ᵥ₋₁ - H⁽²⁾ᵥ₊₁)/2·eⁱˣ + i·out) in x.""",
    samples=(COMPLEX,),
)  # fmt: skip
