"""Spherical Bessel functions, from SciPy, in z; the order has no derivative.

Their rules are the recurrences that hold at 0 too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import elementwise
from ...protocols import plain
from .tools import partly, refuse_tracked

__all__ = ["spherical_in", "spherical_jn", "spherical_kn", "spherical_yn"]


# SciPy's own are Python functions, which cannot take a tracked Tensor.
def _spherical(
    name: str, sign: int, up: int, low: float, doc: str
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    scipys, why = getattr(sp, name), "an integer, there is no derivative"

    def slope(n: Any, z: Any) -> Any:
        # (n·f_{n-1} ± (n + 1)·f_{n+1})/(2n + 1), up to the sign of the whole.
        n = np.asarray(plain(n))
        upper = op.inner(n + 1, z)
        share = (n / (2 * n + 1)).astype(np.zeros(0, upper.dtype).real.dtype)
        lower = np.where(n == 0, 0, op.inner(np.maximum(n - 1, 0), z))
        return sign * (share * lower + up * (1 - share) * upper)

    def derivative(n: Any, z: Any) -> Any:
        refuse_tracked(name, ("n", "z"), (n, z), ("n",), why)
        return slope(n, z)

    op = elementwise(
        name, lambda n, z: scipys(n, z), None, lambda g, out, n, z: g * slope(n, z),
        saves={"n": (), "z": ("n", "z")}, analytic=False, doc=doc,
        samples=(
            Sample(np.array([0, 1, 3]), (2, 3), low=low, high=3), Sample(np.array(2), (), low=0.4),
            Sample(np.array(1), (2,), complex=True, low=0.5), Sample(np.array(0), (0,)),
        ),
    )  # fmt: skip
    return partly(op, without=("n",), why=why), derivative


_jn = _spherical(
    "spherical_jn", 1, -1, 0.1,
    """Spherical Bessel function jₙ(z). Derivative: g·(n·jₙ₋₁ - (n+1)·jₙ₊₁)/(2n+1) in z.""",
)  # fmt: skip
_yn = _spherical(
    "spherical_yn", 1, -1, 0.4,
    """Spherical Bessel function yₙ(z). Derivative: g·(n·yₙ₋₁ - (n+1)·yₙ₊₁)/(2n+1) in z.""",
)  # fmt: skip
_in = _spherical(
    "spherical_in", 1, 1, 0.1,
    """Modified spherical function iₙ(z). Derivative: g·(n·iₙ₋₁ + (n+1)·iₙ₊₁)/(2n+1) in z.""",
)  # fmt: skip
_kn = _spherical(
    "spherical_kn", -1, 1, 0.4,
    """Modified spherical function kₙ(z). Derivative: -g·(n·kₙ₋₁ + (n+1)·kₙ₊₁)/(2n+1) in z.""",
)  # fmt: skip


def spherical_jn(n: Any, z: Any, derivative: bool = False) -> Any:
    """Spherical Bessel function jₙ(z), or its derivative in z.

    Derivative: g·(n·jₙ₋₁ - (n+1)·jₙ₊₁)/(2n+1) in z.
    """
    return _jn[derivative](n, z)


def spherical_yn(n: Any, z: Any, derivative: bool = False) -> Any:
    """Spherical Bessel function yₙ(z), or its derivative in z.

    Derivative: g·(n·yₙ₋₁ - (n+1)·yₙ₊₁)/(2n+1) in z.
    """
    return _yn[derivative](n, z)


def spherical_in(n: Any, z: Any, derivative: bool = False) -> Any:
    """Modified spherical Bessel function iₙ(z), or its derivative in z.

    Derivative: g·(n·iₙ₋₁ + (n+1)·iₙ₊₁)/(2n+1) in z.
    """
    return _in[derivative](n, z)


def spherical_kn(n: Any, z: Any, derivative: bool = False) -> Any:
    """Modified spherical Bessel function kₙ(z), or its derivative in z.

    Derivative: -g·(n·kₙ₋₁ + (n+1)·kₙ₊₁)/(2n+1) in z.
    """
    return _kn[derivative](n, z)
