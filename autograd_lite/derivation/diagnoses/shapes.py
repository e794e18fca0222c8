"""Axes: a gradient transposed, a batch sum missing, or taken over the wrong axis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ...node import Node
from ..sweep import Edge
from ..view import View
from .candidate import Candidate, Match, equal


def transposed(view: View) -> Iterator[Candidate]:
    """The local prediction with its axes exchanged; vectors have no transpose."""
    x = view.local
    if x.ndim < 2:
        return
    n = x.ndim
    said = "it is transposed"
    for i, j in combinations(range(n), 2):
        if x.shape[i] == x.shape[j] == 1 or (n == 2 and min(x.shape) < 1):
            continue
        yield Candidate(
            "transposed", (i, j), said, "the transpose of the right one",
            lambda i=i, j=j: np.swapaxes(x, i, j),
        )  # fmt: skip
    for edge in view.edges:
        full = edge.full
        if full.ndim == 2 and full.shape[0] == full.shape[1] > 1 and not _direct(view, edge):
            yield Candidate(
                "transposed", (view.graph.index[edge.node], edge.i),
                f"the part that comes from {view.words(edge.node)} is transposed",
                "the right one with that part transposed", lambda e=edge: view.instead(e, e.full.T),
                later=0.0 if edge.parent is view.target else 7.5,
            )  # fmt: skip


def _direct(view: View, edge: Edge) -> bool:
    """Whether this edge alone brings the step's gradient, so its transpose is tried already."""
    return edge.parent is view.target and view.alone(edge)


def batch_sum(views: list[View]) -> list[Match]:
    """The user's gradient has an axis more, or a longer one, and summing over it is right."""
    axes: tuple[int, ...] | None = None
    for view in views:
        found = _extra_axes(view)
        if found is None or axes not in (None, found):
            return []
        axes = found
    which = "axes" if len(axes or ()) > 1 else "axis"
    matrix = views[0].u.ndim == 2
    each = "row" if axes == (0,) else "column" if axes == (1,) and matrix else "entry"
    over = ", ".join(map(str, axes or ()))
    return [
        Match(
            "missing_batch_sum",
            f"the sum over {which} {over} is missing: {views[0].name} was used for every {each}, "
            "so its gradient adds up over them",
            f"the right one before the sum over {which} {over}",
        )
    ]


def _extra_axes(view: View) -> tuple[int, ...] | None:
    u, x = view.u, view.local
    if u.size <= x.size or u.ndim > 5 or u.shape == x.shape:
        return None
    for count in range(1, u.ndim + 1):
        for axes in combinations(range(u.ndim), count):
            with np.errstate(all="ignore"):
                total = u.sum(axis=axes, keepdims=True)
            if all(u.shape[a] == 1 for a in axes) or total.size != x.size:
                continue
            if equal(total.reshape(x.shape), x, _Lenient(view)):  # type: ignore[arg-type]
                return axes
    return None


class _Lenient:
    """A view whose own prediction is what is compared with, so nothing must be told from it."""

    def __init__(self, view: View) -> None:
        self.graph = view.graph
        self.local = np.empty((0, 0, 0, 0, 0, 0))
        self.slack = 0.0


def wrong_axis(view: View) -> Iterator[Candidate]:
    """Sums over other axes, of what comes in before a broadcast or a reduction is undone."""
    seen = 0
    reads = view.graph.consumers.get(view.target, ())
    # In a batch of one row nothing is summed, but the axes can be mistaken all the same.
    is_bias = type(view.target) is not Node and all(n.op.name == "add" for n, _ in reads)
    for edge in view.edges:
        if edge.parent is not view.target:
            continue
        for label, raw in (("", edge.raw), ("g", edge.g)):
            if not isinstance(raw, np.ndarray) or raw.ndim < 1:
                continue
            if raw.size < max(2, view.local.size + (not is_bias)):
                continue
            if label and edge.node.op.pointwise:
                continue  # what it sends, before summing, is raw
            seen += 1
            rest = None if view.alone(edge) else view.local - edge.full
            yield from _sums(view, raw, (view.graph.index[edge.node], label), rest)
    for name, g in view.others.items():
        # A gradient that is to be summed although the graph hides the axis (a shape of 1).
        if not seen and g.ndim and g.size > view.local.size:
            yield from _sums(view, g, name, None)


def _sums(view: View, raw: Any, key: Any, rest: Any) -> Iterator[Candidate]:
    n = raw.ndim
    shape = view.u.shape
    for count in range(1, n + 1):
        for axes in combinations(range(n), count):
            if all(raw.shape[a] == 1 for a in axes):
                continue

            def total(axes: tuple[int, ...] = axes) -> Any:
                c = one(axes)
                if rest is None or c is None:
                    return c
                return c + rest if c.shape == rest.shape else None

            def one(axes: tuple[int, ...]) -> Any:
                c = raw.sum(axis=axes)
                if c.shape == shape:
                    return c
                if c.size == int(np.prod(shape)):
                    return c.reshape(shape)
                kept = raw.sum(axis=axes, keepdims=True)
                if c.size == 1:
                    return np.broadcast_to(c, shape)
                return np.broadcast_to(kept, shape) if len(shape) == n else None

            over = "every axis" if count == n else f"axis {', '.join(map(str, axes))}"
            yield Candidate(
                "wrong_axis", (key, axes), f"the sum was taken over {over}, the wrong one",
                f"the sum over {over}", total, True, float(np.sum(np.abs(raw))),
                0.0 if rest is None else 7.5, part="" if rest is None else "that sum",
            )  # fmt: skip
