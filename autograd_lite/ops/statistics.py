"""Statistics over axes: averages, medians and quantiles, NaN-ignoring reductions, covariances."""

from __future__ import annotations

__all__: list[str] = []
