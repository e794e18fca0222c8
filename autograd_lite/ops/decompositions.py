"""Factorisations of matrices: Cholesky, QR, SVD and eigenvalues."""

from __future__ import annotations

__all__: list[str] = []
