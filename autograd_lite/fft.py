"""The functions of ``np.fft``, under the same names."""

from __future__ import annotations
