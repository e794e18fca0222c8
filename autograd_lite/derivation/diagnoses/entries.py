"""Entries: rows or columns in another order, or a few of them wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..judge import default_rtol, epsilon
from ..view import View
from .candidate import Match, equal

_FEW = 0.15


def permuted(views: list[View]) -> list[Match]:
    """The right gradient with its slices along one axis (or its axes reversed) in another order."""
    first = views[0]
    if first.u.shape != first.local.shape or not first.u.ndim:
        return []
    for axis in range(first.u.ndim):
        order = _order(views, axis)
        if order is None or list(order) == sorted(order):
            continue
        if all(
            v.local.shape == v.u.shape
            and v.local.shape[axis] == len(order)
            and equal(v.u, np.take(v.local, order, axis=axis), v)
            for v in views
        ):
            what = {0: "rows", 1: "columns"}.get(axis, "slices") if first.u.ndim > 1 else "entries"
            shown = ", ".join(map(str, order[:12])) + (", …" if len(order) > 12 else "")
            said = f"the {what} are in another order: yours are those numbered {shown}"
            return [Match("permuted", said, f"the right one with its {what} permuted")]
    for axes in ((-1, -2), (0, 1)):
        if first.u.ndim > 1 and all(
            v.u.shape == v.local.shape and equal(v.u, np.flip(v.local, axes), v) for v in views
        ):
            return [Match("permuted", "rows and columns are in reverse order", "the flipped one")]
    return []


def _order(views: list[View], axis: int) -> Any:
    """Which slice of the prediction each slice of the user's is, or None if they do not match."""
    n = views[0].u.shape[axis]
    same = [v for v in views if v.u.shape == v.local.shape and v.u.shape[axis] == n]
    if n > 2000 or not all(np.isfinite(v.u).all() and np.isfinite(v.local).all() for v in same):
        return None
    # All points side by side: a slice that is zero at one tells itself apart at another.
    mine = np.concatenate([np.moveaxis(v.u, axis, 0).reshape(n, -1) for v in same], axis=1)
    right = np.concatenate([np.moveaxis(v.local, axis, 0).reshape(n, -1) for v in same], axis=1)
    size = float(np.max(np.abs(mine), initial=0.0))
    eps = max(epsilon(v.graph, v.u) for v in same)
    free = list(range(n))
    order = []
    for row in mine:
        for place, k in enumerate(free):
            off = np.abs(row - right[k])
            if (off <= 3 * default_rtol(eps) * np.abs(row) + 64 * eps * size).all():
                order.append(free.pop(place))
                break
        else:
            return None
    return order


def few(views: list[View]) -> list[Match]:
    """At most 15 % of the entries differ, the same ones at every point."""
    mask: Any = None
    first = views[0]
    for view in views:
        u, x = view.u, view.local
        if u.shape != x.shape or u.size < 2:
            return []
        rtol = 3 * default_rtol(epsilon(view.graph, u))
        with np.errstate(all="ignore"):
            size = float(np.max(np.abs(x), initial=0.0))
            off = ~(
                np.abs(u - x)
                <= rtol * np.abs(x) + 64 * epsilon(view.graph, u) * size + view_noise(view)
            )
        mask = off if mask is None else mask
        if mask.shape != off.shape or (mask != off).any():
            return []
    count = int(mask.sum())
    live = first.local != 0
    # Where most entries are zero anyway, a change of the others is a change of all.
    full = int(live.sum()) if (mask & live).any() else mask.size
    if count == 1 and mask.size > 6 < 4 * (live & ~mask).sum() and not _plain(first, mask):
        full = mask.size
    if not count or count > _FEW * full:
        return []
    if count > 1 and _is_a_function(first, mask):
        return []
    where = ", ".join(str(tuple(map(int, i))) for i in np.argwhere(mask)[:5])
    more = f" and {count - 5} more" if count > 5 else ""
    plural = "entry differs" if count == 1 else "entries differ"
    said = f"{count} of {mask.size} {plural}, the rest is right: at {where}{more}"
    return [Match("single_entry", said, "the right one elsewhere")]


def view_noise(view: View) -> Any:
    """The rounding that is known of a step."""
    return view.slack if np.shape(view.slack) in ((), view.u.shape) else 0.0


def _plain(view: View, mask: Any) -> bool:
    """Whether an entry is just blanked or turned round, as a mask or random signs would do."""
    u, x = view.u[mask], view.local[mask]
    return bool((np.isclose(np.abs(u), np.abs(x), rtol=1e-6) | (u == 0)).all())


def _is_a_function(view: View, mask: Any) -> bool:
    """Whether the differing entries were cut off or masked, which is no slip in some entries."""
    mine = np.abs(view.u[mask])
    if not mine.any():
        return True
    return bool(np.ptp(mine) <= 1e-9 * mine.max() and mine.max() >= np.abs(view.u).max() * 0.999)
