"""Hypergeometric functions and Wright's, from SciPy, in the argument; parameters are constants."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, elementwise
from .tools import in_last, partly, weak

__all__ = ["hyp0f1", "hyp1f1", "hyp2f1", "hyperu", "wright_bessel"]

_COMPLEX = Sample(np.float32(1.5), (2,), complex=True)

hyp0f1: Any = in_last(
    "hyp0f1", lambda v, z: sp.hyp0f1(v, z),
    lambda g, out, v, z: g * (hyp0f1.inner(v + 1, z) / v),
    samples=(
        Sample(np.array([0.5, 2.0, 3.5]), (2, 3)), Sample(np.float32(1.5), (), low=0.3), _COMPLEX,
    ),
    doc="""₀F₁(; v; z). Derivative: g·₀F₁(; v+1; z)/v in z.""",
)  # fmt: skip


def _hyp1f1_slope(out: Any, a: Any, b: Any, x: Any) -> Any:
    # SciPy 1.17 does not come back from some calls at inf, where the function is like its slope.
    slope = a / b * hyp1f1.inner(a + 1, b + 1, np.where(np.isinf(x), 0, x))
    return np.where(x == np.inf, out, np.where(x == -np.inf, 0, slope))


hyp1f1: Any = in_last(
    "hyp1f1", lambda a, b, x: sp.hyp1f1(a, b, x),
    lambda g, out, a, b, x: g * _hyp1f1_slope(out, a, b, x),
    saves=("out", "a", "b", "x"), samples=(
        Sample(np.array([0.5, 2.0, -1.0]), np.array(1.5), (2, 3)),
        Sample(np.float32(1.5), np.float32(2.5), (), low=0.3),
        Sample(np.float32(1), np.float32(2), (2,), complex=True, low=0.5),
    ),
    doc="""Kummer's ₁F₁(a; b; x). Derivative: g·a/b·₁F₁(a+1; b+1; x) in x.""",
)  # fmt: skip

_hyp2f1 = weak(sp.hyp2f1)

hyp2f1_op: Primitive = elementwise(
    "hyp2f1", lambda a, b, c, z: _hyp2f1(a, b, c, z),
    None, None, None,
    lambda g, out, a, b, c, z: g * (a * b / c * hyp2f1_op.inner(a + 1, b + 1, c + 1, z)),
    saves={"a": (), "b": (), "c": (), "z": ("a", "b", "c", "z")}, analytic=False,
    samples=(
        Sample(np.float32(0.5), np.float32(1.5), np.float32(2), (2, 3), low=-0.5, high=0.5),
        Sample(np.float32(1), np.float32(2), np.float32(3), (), low=-0.5, high=0.5),
        Sample(np.array([0.5, 2.0, 1.0]), np.array(1.5), np.array(2.0), (3,), low=-0.5, high=0.5),
    ),
    doc="""₂F₁(a, b; c; z). Derivative: g·a·b/c·₂F₁(a+1, b+1; c+1; z) in z.""",
)  # fmt: skip
hyp2f1 = partly(hyp2f1_op, sp.hyp2f1, without=("a", "b", "c"))


hyperu: Any = in_last(
    "hyperu", lambda a, b, x: sp.hyperu(a, b, x),
    lambda g, out, a, b, x: -g * (a * hyperu.inner(a + 1, b + 1, x)),
    samples=(
        Sample(np.array([0.5, 2.0, 1.0]), np.array(1.5), (2, 3), low=0.5, high=4),
        Sample(np.float32(1.5), np.float32(2.5), (), low=0.5, high=4),
    ),
    doc="""Tricomi's U(a, b, x). Derivative: -g·a·U(a+1, b+1, x) in x.""",
)  # fmt: skip

_WRIGHT = (
    Sample(np.array([0.5, 1.0, 2.0]), np.array(1.5), (2, 3), low=0.3, high=3),
    Sample(np.float32(0.5), np.float32(2), (), low=0.3, high=3),
)  # fmt: skip

wright_bessel: Any = in_last(
    "wright_bessel", lambda a, b, x: sp.wright_bessel(a, b, x),
    lambda g, out, a, b, x: g * wright_bessel.inner(a, b + a, x),
    samples=_WRIGHT,
    doc="""Wright's Σ xᵏ/(k!·Γ(a·k + b)). Derivative: g·wright_bessel(a, a + b, x) in x.""",
)  # fmt: skip

if hasattr(sp, "log_wright_bessel"):  # since SciPy 1.14
    log_wright_bessel: Any = in_last(
        "log_wright_bessel", lambda a, b, x: sp.log_wright_bessel(a, b, x),
        lambda g, out, a, b, x: g * np.exp(log_wright_bessel.inner(a, b + a, x) - out),
        saves=("out", "a", "b", "x"), samples=_WRIGHT,
        doc="""log of wright_bessel. Derivative: g·wright_bessel(a, a + b, x)/e^out in x.""",
    )  # fmt: skip
    __all__ += ["log_wright_bessel"]
