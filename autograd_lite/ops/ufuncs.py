"""The rest of NumPy's elementwise functions: rounding, signs, bits, sinc, i0, repairs."""

from __future__ import annotations

__all__: list[str] = []
