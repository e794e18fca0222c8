"""Bessel functions, from SciPy: of integer and of real order, in x; the order has no derivative.

Their rules are the recurrences that hold at 0 too: j₁' = (j₀ - j₂)/2, not j₀ - j₁/x.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from ..op import Sample
from ..primitive import elementwise
from .special_tools import ABOVE, SMALL, partly, real_only, smooth, weak

__all__ = [
    "i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jn", "jv", "k0", "k0e", "k1", "k1e", "kn",
    "kv", "kve", "y0", "y1", "yn", "yv",
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

# The op of this name without a prefix is NumPy's i0, which does without SciPy.
i0 = smooth(
    "special.i0", sp.i0, lambda g, out, x: g * sp.i1(x),
    saves=("x",), samples=SMALL,
    doc="""Modified Bessel function I₀(x). Derivative: g·I₁(x).""",
)  # fmt: skip

i1 = smooth(
    "i1", sp.i1, lambda g, out, x: g * 0.5 * (sp.i0(x) + sp.iv(2, x)),
    saves=("x",), samples=SMALL,
    doc="""Modified Bessel function I₁(x). Derivative: g·(I₀(x) + I₂(x))/2.""",
)  # fmt: skip

i0e = smooth(
    "i0e", sp.i0e, lambda g, out, x: g * (sp.i1e(x) - np.sign(x) * out),
    saves=("out", "x"), samples=(*ABOVE, Sample((2,), low=-3, high=-1)),
    doc="""e^-\\|x\\|·I₀(x). Derivative: g·(i1e(x) - sign(x)·i0e(x)); 0 at the kink at 0.""",
)  # fmt: skip

i1e = smooth(
    "i1e", sp.i1e, lambda g, out, x: g * (0.5 * (sp.i0e(x) + sp.ive(2, x)) - np.sign(x) * out),
    saves=("out", "x"), samples=(*ABOVE, Sample((2,), low=-3, high=-1)),
    doc="""e^-\\|x\\|·I₁(x). Derivative: g·((i0e + ive₂)/2 - sign(x)·i1e(x)).""",
)  # fmt: skip

k0 = smooth(
    "k0", sp.k0, lambda g, out, x: -g * sp.k1(x),
    saves=("x",), samples=ABOVE,
    doc="""Modified Bessel function K₀(x). Derivative: -g·K₁(x).""",
)  # fmt: skip

k1 = smooth(
    "k1", sp.k1, lambda g, out, x: -g * 0.5 * (sp.k0(x) + sp.kv(2, x)),
    saves=("x",), samples=ABOVE,
    doc="""Modified Bessel function K₁(x). Derivative: -g·(K₀(x) + K₂(x))/2.""",
)  # fmt: skip

k0e = smooth(
    "k0e", sp.k0e, lambda g, out, x: g * (out - sp.k1e(x)),
    saves=("out", "x"), samples=ABOVE,
    doc="""eˣ·K₀(x). Derivative: g·(k0e(x) - k1e(x)).""",
)  # fmt: skip

k1e = smooth(
    "k1e", sp.k1e, lambda g, out, x: g * (out - 0.5 * (sp.k0e(x) + sp.kve(2, x))),
    saves=("out", "x"), samples=ABOVE,
    doc="""eˣ·K₁(x). Derivative: g·(k1e(x) - (k0e(x) + K₂(x)eˣ)/2).""",
)  # fmt: skip


_REAL_ORDERS = (np.float32(2), np.array([0.0, 0.5, 3.0]))
_WHOLE_ORDERS = (np.float32(2), np.array([0, 1, 3]))


def _of_order(
    name: str,
    ufuncs: tuple[Any, ...],
    rule: Any,
    doc: str,
    orders: Any = _REAL_ORDERS,
    samples: tuple[Sample, ...] = (),
    saves: tuple[str, ...] = ("v", "x"),
    analytic: bool = True,
) -> Callable[..., Any]:
    ufunc = ufuncs[0]
    call = weak(ufunc) if analytic else real_only(name, weak(ufunc))
    op = elementwise(
        name, lambda v, x: call(v, x), None, rule,
        saves={"v": (), "x": saves}, analytic=False, doc=doc,
        samples=(
            *(Sample(v, (2, 3), low=0.4, high=3) for v in orders),
            Sample(np.float32(1), (), low=0.4), *samples,
        ),
    )  # fmt: skip
    return partly(op, *dict.fromkeys(ufuncs), without=("v",))


_COMPLEX = (
    Sample(np.float32(1), (2,), complex=True, low=0.5), Sample(np.float32(0), (0,)),
)  # fmt: skip

jv = _of_order(
    "jv", (sp.jv, sp.jn), lambda g, out, v, x: g * 0.5 * (sp.jv(v - 1, x) - sp.jv(v + 1, x)),
    """Bessel function Jᵥ(x). Derivative: g·(Jᵥ₋₁(x) - Jᵥ₊₁(x))/2 in x.""",
    samples=_COMPLEX,
)  # fmt: skip
jn = jv

yv = _of_order(
    "yv", (sp.yv,), lambda g, out, v, x: g * 0.5 * (sp.yv(v - 1, x) - sp.yv(v + 1, x)),
    """Bessel function Yᵥ(x). Derivative: g·(Yᵥ₋₁(x) - Yᵥ₊₁(x))/2 in x.""",
    samples=_COMPLEX,
)  # fmt: skip

yn = _of_order(
    "yn", (sp.yn,), lambda g, out, v, x: g * 0.5 * (sp.yn(v - 1, x) - sp.yn(v + 1, x)),
    """Bessel function Yₙ(x) of integer order. Derivative: g·(Yₙ₋₁(x) - Yₙ₊₁(x))/2 in x.""",
    orders=_WHOLE_ORDERS,
)  # fmt: skip

iv = _of_order(
    "iv", (sp.iv,), lambda g, out, v, x: g * 0.5 * (sp.iv(v - 1, x) + sp.iv(v + 1, x)),
    """Modified Bessel function Iᵥ(x). Derivative: g·(Iᵥ₋₁(x) + Iᵥ₊₁(x))/2 in x.""",
    samples=_COMPLEX,
)  # fmt: skip

ive = _of_order(
    "ive", (sp.ive,),
    lambda g, out, v, x: g * (0.5 * (sp.ive(v - 1, x) + sp.ive(v + 1, x)) - np.sign(x) * out),
    """e^-\\|x\\|·Iᵥ(x) of real x. Derivative: g·((iveᵥ₋₁ + iveᵥ₊₁)/2 - sign(x)·ive) in x.""",
    saves=("out", "v", "x"), analytic=False,
)  # fmt: skip

kn = _of_order(
    "kn", (sp.kn,), lambda g, out, v, x: -g * 0.5 * (sp.kn(v - 1, x) + sp.kn(v + 1, x)),
    """Modified Bessel function Kₙ(x) of integer order. Derivative: -g·(Kₙ₋₁ + Kₙ₊₁)/2 in x.""",
    orders=_WHOLE_ORDERS,
)  # fmt: skip

kv = _of_order(
    "kv", (sp.kv,), lambda g, out, v, x: -g * 0.5 * (sp.kv(v - 1, x) + sp.kv(v + 1, x)),
    """Modified Bessel function Kᵥ(x). Derivative: -g·(Kᵥ₋₁(x) + Kᵥ₊₁(x))/2 in x.""",
    samples=_COMPLEX,
)  # fmt: skip

kve = _of_order(
    "kve", (sp.kve,),
    lambda g, out, v, x: g * (out - 0.5 * (sp.kve(v - 1, x) + sp.kve(v + 1, x))),
    """eˣ·Kᵥ(x). Derivative: g·(kve - (kveᵥ₋₁ + kveᵥ₊₁)/2) in x.""",
    saves=("out", "v", "x"), samples=_COMPLEX,
)  # fmt: skip
