"""Kelvin functions, from SciPy: Bessel functions along the diagonals of the complex plane.

ber + i·bei is J₀(x·e^(3πi/4)); y = ker + i·kei is K₀(x·e^(πi/4)) and solves y'' = i·y - y'/x.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special as sp

from ...op import Sample
from ...primitive import Primitive, composed, elementwise
from .tools import ABOVE, SMALL, falling, regions, slopes, smooth

__all__ = ["bei", "beip", "ber", "berp", "kei", "keip", "kelvin", "ker", "kerp"]


# Of (x/2)²ᵏ, in turn those of ber and of bei: iᵏ/k!².
_TERMS = [1 / math.factorial(k) ** 2 for k in range(32)]


def _series(x: Any, order: int, first: int) -> Any:
    total: Any = 0
    for k in reversed(range(first, 32, 2)):
        sign = -1 if k % 4 >= 2 else 1
        total = total + sign * _TERMS[k] / 4.0**k * falling(2 * k, order) * (
            x ** float(max(2 * k - order, 0)) if 2 * k >= order else 0
        )
    return total + 0 * x


def _by_equation(x: Any, order: int) -> Any:
    # x·y'' + y' = i·x·y, differentiated n times.
    y = [sp.ber(x) + 1j * sp.bei(x), sp.berp(x) + 1j * sp.beip(x)]
    for n in range(order - 1):
        y.append(1j * (y[n] + (n / x * y[n - 1] if n else 0)) - (n + 1) / x * y[n + 1])
    return y[order]


def _first_kind(name: str, first: int) -> Primitive:
    # Near 0 one of the two is much smaller than the other, and would lose its digits beside it.
    def function(x: Any, order: int) -> Any:
        part = np.imag if first else np.real
        return regions(
            np.abs(x) < 4,
            lambda x: _series(x, order, first), lambda x: part(_by_equation(x, order)), x,
        )  # fmt: skip

    return slopes(
        f"{name}_slope", function,
        samples=(*SMALL, Sample((3,), low=3, high=6, order=2), Sample((2,), low=-6, high=-4)),
        doc=f"""The derivative of {name}(x) of that order.""",
    )  # fmt: skip


_ber, _bei = _first_kind("ber", 0), _first_kind("bei", 1)

ber = smooth(
    "ber", sp.ber, lambda g, out, x: g * _ber.inner(x),
    saves=("x",), samples=SMALL,
    doc="""Re J₀(x·e^(3πi/4)). Derivative: g·ber'(x).""",
)  # fmt: skip

bei = smooth(
    "bei", sp.bei, lambda g, out, x: g * _bei.inner(x),
    saves=("x",), samples=SMALL,
    doc="""Im J₀(x·e^(3πi/4)). Derivative: g·bei'(x).""",
)  # fmt: skip

berp = smooth(
    "berp", sp.berp, lambda g, out, x: g * _ber.inner(x, order=2),
    saves=("x",), samples=SMALL,
    doc="""ber'(x). Derivative: -g·(bei + ber'/x), 0 at 0.""",
)  # fmt: skip

beip = smooth(
    "beip", sp.beip, lambda g, out, x: g * _bei.inner(x, order=2),
    saves=("x",), samples=SMALL,
    doc="""bei'(x). Derivative: g·(ber - bei'/x), ½ at 0.""",
)  # fmt: skip

ker: Primitive = smooth(
    "ker", sp.ker, lambda g, out, x: g * kerp.inner(x),
    saves=("x",), samples=ABOVE,
    doc="""Re K₀(x·e^(πi/4)). Derivative: g·ker'(x).""",
)  # fmt: skip

kei: Primitive = smooth(
    "kei", sp.kei, lambda g, out, x: g * keip.inner(x),
    saves=("x",), samples=ABOVE,
    doc="""Im K₀(x·e^(πi/4)). Derivative: g·kei'(x).""",
)  # fmt: skip

kerp: Primitive = smooth(
    "kerp", sp.kerp, lambda g, out, x: -g * (kei.inner(x) + out / x),
    saves=("out", "x"), samples=ABOVE,
    doc="""ker'(x). Derivative: -g·(kei + ker'/x).""",
)  # fmt: skip

keip: Primitive = smooth(
    "keip", sp.keip, lambda g, out, x: g * (ker.inner(x) - out / x),
    saves=("out", "x"), samples=ABOVE,
    doc="""kei'(x). Derivative: g·(ker - kei'/x).""",
)  # fmt: skip


def _output(k: int, name: str, doc: str, rule: Any) -> Primitive:
    return elementwise(
        name, lambda x: sp.kelvin(x)[k], rule,
        saves=("x",), analytic=False, samples=ABOVE, doc=doc,
    )  # fmt: skip


_be = _output(
    0, "kelvin_be", """ber + i·bei. Derivative: g·(ber' + i·bei').""",
    lambda g, out, x: g * (_ber.inner(x) + 1j * _bei.inner(x)),
)  # fmt: skip
_bep = _output(
    2, "kelvin_bep", """ber' + i·bei' =: y'. Derivative: g·(i·y - y'/x).""",
    lambda g, out, x: g * (_ber.inner(x, order=2) + 1j * _bei.inner(x, order=2)),
)  # fmt: skip
_ke: Primitive = _output(
    1, "kelvin_ke", """ker + i·kei. Derivative: g·(ker' + i·kei').""",
    lambda g, out, x: g * _kep.inner(x),
)  # fmt: skip
_kep: Primitive = _output(
    3, "kelvin_kep", """ker' + i·kei' =: y'. Derivative: g·(i·y - y'/x).""",
    lambda g, out, x: g * (1j * _ke.inner(x) - _kep.inner(x) / x),
)  # fmt: skip


@composed(sp.kelvin)
def kelvin(x: Any) -> tuple[Any, Any, Any, Any]:
    """(ber + i·bei, ker + i·kei, ber' + i·bei', ker' + i·kei'), complex, of real x.

    Derivative: the next two, and i·(ber + i·bei) - (ber' + i·bei')/x, and the same of the second.
    """
    return _be(x), _ke(x), _bep(x), _kep(x)
