"""How the numbers of a rule are written: ``ln 2``, ``π/180``, ``1/6``, ``0.25``."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

_NAMED = (
    (math.log(2), "ln 2", r"\ln 2"),
    (1 / math.log(2), "1/ln 2", r"1/\ln 2"),
    (math.log(10), "ln 10", r"\ln 10"),
    (1 / math.log(10), "1/ln 10", r"1/\ln 10"),
    (math.pi / 180, "π/180", r"\pi/180"),
    (180 / math.pi, "180/π", r"180/\pi"),
    (math.pi, "π", r"\pi"),
    (2 / math.sqrt(math.pi), "2/√π", r"2/\sqrt{\pi}"),
    (1 / math.sqrt(2 * math.pi), "1/√(2π)", r"1/\sqrt{2\pi}"),
    (math.sqrt(0.5), "1/√2", r"1/\sqrt{2}"),
    (math.sqrt(2), "√2", r"\sqrt{2}"),
)


def written(x: Any, latex: bool = False) -> str:
    """A number, without its sign.

    >>> written(-0.25), written(Fraction(1, 3)), written(math.log(2)), written(0.1234567)
    ('0.25', '1/3', 'ln 2', '0.1234567')
    """
    if isinstance(x, Fraction):
        x = abs(x)
        if x.denominator == 1:
            return str(x.numerator)
        if is_decimal(x):
            return _power_of_ten(f"{float(x):g}", latex)
        return f"{x.numerator}/{x.denominator}"
    if isinstance(x, complex):
        return f"({x.real:g} + {x.imag:g}i)"
    size = abs(x)
    for value, text, math_text in _NAMED:
        if abs(size - value) <= 4e-16 * value:
            return math_text if latex else text
    root = _root(size)
    if root:
        return root.replace("√", r"\sqrt ") if latex else root
    if size == math.inf:
        return r"\infty" if latex else "∞"
    return _power_of_ten(f"{size:.7g}", latex)


def _power_of_ten(text: str, latex: bool) -> str:
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    if latex:
        factor = "" if mantissa == "1" else rf"{mantissa} \cdot "
        return rf"{factor}10^{{{int(exponent)}}}"
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def _root(x: float) -> str:
    """The text √3 or 1/√3 where x is that, else an empty one."""
    for square, before in ((x * x, ""), (1 / (x * x) if x else 0.0, "1/")):
        n = round(square) if square < 10_000 else 0
        if n > 1 and math.isqrt(n) ** 2 != n and abs(square - n) <= 1e-15 * n:
            return f"{before}√{n}"
    return ""


def is_decimal(x: Fraction) -> bool:
    """Whether a ratio reads better as 0.25 or 0.001 than as 1/4: it has few digits.

    >>> is_decimal(Fraction(1, 1000)), is_decimal(Fraction(1, 8)), is_decimal(Fraction(1, 3))
    (True, False, False)
    """
    whole = x.denominator % 10 == 0 or x.denominator in (4, 5, 25)
    return whole and 10**8 % x.denominator == 0 and len(f"{float(x):g}") <= 6


def is_negative(x: Any) -> bool:
    """Whether a number is written with a minus in front."""
    return not isinstance(x, complex) and x < 0
