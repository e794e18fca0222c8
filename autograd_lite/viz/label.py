"""The words of a drawing: readable names, shapes, numbers, and expressions of what was called."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

ELLIPSIS = "…"

# How tightly an expression binds: the operators, then prefix minus, powers, and whatever is whole.
_SUM, _PRODUCT, _MINUS, _POWER, _WHOLE = range(1, 6)
_INFIX = {
    "add": ("+", _SUM),
    "subtract": ("−", _SUM),
    "multiply": ("*", _PRODUCT),
    "divide": ("/", _PRODUCT),
    "matmul": ("@", _PRODUCT),
    "remainder": ("%", _PRODUCT),
    "floor_divide": ("//", _PRODUCT),
    "power": ("**", _POWER),
}
SHORT = {"sigmoid": "σ", "absolute": "abs", "power_constant": "power", "identity": "copy"}

Expression = tuple[str, int]


def clean(text: str, limit: int) -> str:
    """text on one line, cut to limit, with what cannot be shown written as an escape.

    >>> clean("two\\nlines", 30), clean("abcdef", 4)
    ('two\\\\nlines', 'abc…')
    """
    if len(text) > limit:
        text = text[: limit - 1] + ELLIPSIS
    return "".join(c if _visible(c) else _escaped(c) for c in text)


def _visible(c: str) -> bool:
    # Control characters, lone surrogates and U+FFFE are no XML; marks that turn the direction of
    # writing would turn what follows them in the picture too.
    if c.isascii():
        return c.isprintable()
    kind = unicodedata.category(c)
    turns = unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "PDI")
    return kind not in ("Cc", "Cs", "Cn", "Zl", "Zp") and not turns


def _escaped(c: str) -> str:
    return c.encode("unicode_escape", "surrogatepass").decode("ascii")


def kind_text(shape: tuple[int, ...] | None, dtype: Any) -> str:
    """Shape and dtype as the card writes them, ``2×3 f64``; "" where they are not known."""
    return "" if shape is None else f"{shape_text(shape)} {dtype_text(dtype)}"


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape: ``2×3``, or ``scalar``."""
    return "×".join(map(str, shape)) if shape else "scalar"


def dtype_text(dtype: Any) -> str:
    """A dtype: ``f64``, ``i32``, ``c128``, ``bool``."""
    kind = {"u": "u", "i": "i", "f": "f", "c": "c"}.get(dtype.kind)
    return f"{kind}{dtype.itemsize * 8}" if kind else str(dtype)


def number_text(x: Any) -> str:
    """A number as a cell writes it.

    >>> [number_text(x) for x in (0.25, -12.5, 12345.0, 1.25e-8, 0, 7)]
    ['0.250', '−12.50', '1.23e4', '1.25e−8', '0', '7']
    """
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    if isinstance(x, (complex, np.complexfloating)):
        real, imag = number_text(float(x.real)), number_text(float(x.imag))
        return f"{real}{imag}j" if imag.startswith("−") else f"{real}+{imag}j"
    if isinstance(x, (int, np.integer)):
        return (str(int(x)) if -(10**6) < x < 10**6 else _scientific(x)).replace("-", "−")
    return _float_text(float(x)).replace("-", "−")


def _float_text(x: float) -> str:
    size = abs(x)
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    if size == 0:
        return "0"
    # The bounds are where rounding would show one digit more than the rule allows.
    if size < 1e-3 or size >= 9999.5:
        return _scientific(x)
    digits = 3 if size < 9.9995 else 2 if size < 99.995 else 1 if size < 999.95 else 0
    return f"{x:.{digits}f}"


def _scientific(x: Any) -> str:
    try:
        mantissa, exponent = f"{x:.2e}".split("e")
    except OverflowError:  # a Python int beyond every float
        return f"{'-' if x < 0 else ''}1e{len(str(abs(x))) - 1}"
    return f"{mantissa}e{int(exponent)}"


def exact_text(x: Any) -> str:
    """A number with all its digits, for a tooltip."""
    return str(x)


def constant_text(x: Any) -> str:
    """A number inside an expression: as its user would have typed it; a cut one ends in "…".

    >>> constant_text(0.99999), constant_text(1 / 3), constant_text(2.0)
    ('0.99999', '0.33333…', '2.0')
    """
    if isinstance(x, (float, np.floating)) and math.isfinite(x):
        text = str(x)
        return (text if len(text) <= 9 else f"{float(x):.5g}{ELLIPSIS}").replace("-", "−")
    text = number_text(x)
    return f"({text})" if isinstance(x, (complex, np.complexfloating)) else text


def named(text: str) -> Expression:
    """An operand that is one word."""
    return text, _WHOLE


def number(x: Any) -> Expression:
    """An operand that is a number."""
    text = constant_text(x)
    return text, _MINUS if text.startswith("−") else _WHOLE


def expression(
    op: str, operands: Sequence[Expression], params: Mapping[str, Any], defaults: Mapping[str, Any]
) -> Expression:
    """What was called: ``x @ W1``, ``σ(z1)``, ``sum(x, axis=0)``.

    >>> expression("matmul", [("a + b", 1), named("W")], {}, {})
    ('(a + b) @ W', 2)
    """
    if op in _INFIX and len(operands) == 2:
        sign, level = _INFIX[op]
        left_needs, right_needs = (level + 1, level) if op == "power" else (level, level + 1)
        left, right = _bound(operands[0], left_needs), _bound(operands[1], right_needs)
        return f"{left} {sign} {right}", level
    if op in ("linear", "scale_and_shift") and len(operands) == 3:  # of nn: more is known
        x, factor, shift = operands
        if op == "linear":
            x = expression("matmul", [x, (f"{_bound(factor, _WHOLE)}.T", _WHOLE)], {}, {})
        else:
            x = expression("multiply", [x, factor], {}, {})
        return expression("add", [x, shift], {}, {})
    if len(operands) == 1:
        one = _of_one(op, operands[0], params)
        if one is not None:
            return one
    words = [text for text, _ in operands]
    words += _arguments(params, defaults)
    return f"{SHORT.get(op, clean(op, 24))}({', '.join(words)})", _WHOLE


def _of_one(op: str, x: Expression, params: Mapping[str, Any]) -> Expression | None:
    if "." in op:  # one of several outputs
        return f"{_bound(x, _WHOLE)}.{op.rpartition('.')[2]}", _WHOLE
    if op == "negative":
        return f"−{_bound(x, _MINUS)}", _MINUS
    if op == "square":
        return f"{_bound(x, _WHOLE)}²", _POWER
    if op == "power_constant" and "exponent" in params:
        return f"{_bound(x, _WHOLE)} ** {constant_text(params['exponent'])}", _POWER
    if op == "transpose" and params.get("axes") is None:
        return f"{_bound(x, _WHOLE)}.T", _WHOLE
    if op == "getitem" and "index" in params:
        return f"{_bound(x, _WHOLE)}[{_index_text(params['index'])}]", _WHOLE
    return None


def _bound(x: Expression, level: int) -> str:
    return x[0] if x[1] >= level else f"({x[0]})"


def _arguments(params: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """The parameters that are not as usual, those which have a short form."""
    words = []
    for name, value in params.items():
        usual = defaults.get(name)
        plain = isinstance(value, (bool, int, float, str, tuple)) and not isinstance(value, np.void)
        if plain and (type(value) is not type(usual) or value != usual):
            text = shape_text(value) if name == "shape" and _is_shape(value) else str(value)
            words.append(clean(text if name == "shape" else f"{name}={text}", 20))
    return words


def _is_shape(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(n, int) for n in value)


def _index_text(index: Any) -> str:
    if isinstance(index, tuple):
        return ", ".join(_index_text(i) for i in index) or "()"
    if isinstance(index, slice):
        start, stop = ("" if i is None else str(i) for i in (index.start, index.stop))
        return f"{start}:{stop}" + ("" if index.step is None else f":{index.step}")
    if index is Ellipsis:
        return "..."
    if index is None or isinstance(index, (bool, int, np.integer)):
        return str(index)
    return ELLIPSIS
