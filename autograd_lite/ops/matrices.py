"""Parts and products of matrices: diagonals, triangles, traces, Kronecker and cross products."""

from __future__ import annotations

__all__: list[str] = []
