"""Choosing and reordering entries: sort, partition, take and put along an axis, choose, select."""

from __future__ import annotations

__all__: list[str] = []
