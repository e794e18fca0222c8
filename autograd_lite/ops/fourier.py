"""Discrete Fourier transforms, as in np.fft."""

from __future__ import annotations

__all__: list[str] = []
