"""The functions of ``np.linalg``, under the same names."""

from __future__ import annotations

from .ops.norms import norm as norm
