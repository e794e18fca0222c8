"""How wide a text is, without a font: widths of a wide one, so that any other fits too."""

from __future__ import annotations

import unicodedata

# Of DejaVu Sans, in hundredths of the size, from the space to the tilde. Other sans-serif fonts
# are as wide (Verdana) or narrower (Helvetica, Arial, Roboto, Segoe UI).
_ASCII = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34,
    64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53,
    100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79,
    60, 79, 69, 63, 61, 73, 68, 99, 69, 61, 69, 39, 34, 39, 84, 50,
    50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61,
    63, 63, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
_BOLD = 1.11


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text, in the unit of its size.

    >>> width("0.25", 10), width("", 10)
    (22.4, 0.0)
    """
    total = sum(_of(c) for c in text)
    return round(total * size / 100 * (_BOLD if bold else 1.0), 2)


def _of(c: str) -> int:
    code = ord(c)
    if 32 <= code < 127:
        return _ASCII[code - 32]
    if unicodedata.east_asian_width(c) in "WF":
        return 110
    if unicodedata.combining(c):
        return 0
    return 64 if c.islower() or c == "∂" else 88
