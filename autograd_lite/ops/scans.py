"""Running sums and products, differences, slopes and integrals along an axis."""

from __future__ import annotations

__all__: list[str] = []
