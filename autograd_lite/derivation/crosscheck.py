"""The truth itself, checked: autodiff's gradient against differences along one direction."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..node import Node
from .graph import Graph
from .judge import kink_variants
from .points import Point

_LARGEST = 3000


def disagreement(point: Point) -> list[str]:
    """A sentence if autodiff's gradient is not the slope of the loss; none if it is.

    One direction through all leaves, two step sizes and their extrapolation: enough to notice a
    custom op whose rule is wrong. ``check_grads`` measures it properly.
    """
    graph = point.graph
    leaves = [x for x in graph.leaves if x.dtype == np.float64]
    if not leaves or len(graph.nodes) > _LARGEST or len(leaves) < len(graph.leaves):
        return []
    rng = np.random.default_rng(0)
    slope, directions = 0.0, {}
    for leaf in leaves:
        x = graph.values.get(leaf)
        if x is None:
            return []
        size = float(np.sqrt(np.mean(np.abs(x) ** 2))) if x.size else 0.0
        d = rng.normal(size=x.shape) * (size or 1.0)
        directions[leaf] = d
        slope += float(np.sum(np.asarray(point.true.arrived.get(leaf, 0.0)) * d))
    h = 1e-4
    values: list[Any] = [again(graph, {x: graph.values[x] + t * d for x, d in directions.items()})
              for t in (h, -h, h / 2, -h / 2)]  # fmt: skip
    if any(v is None or not np.isfinite(v) for v in values) or not np.isfinite(slope):
        return []
    a, b, c, d = values
    coarse, fine = (a - b) / (2 * h), (c - d) / h
    found = (4 * fine - coarse) / 3
    doubt = abs(fine - coarse) + 1e-15 * max(abs(a), abs(c)) / h
    if abs(found - slope) <= 100 * doubt + 1e-4 * max(abs(found), abs(slope)):
        return []
    if kink_variants(graph, {}):
        return []
    return [
        f"Autodiff and differences disagree here ({slope:.6g} and {found:.6g} along a direction): "
        "a kink or a clamp may lie nearby, or an op's rule is wrong; check_grads on it can tell."
    ]


def again(graph: Graph, leaves: dict[Any, Any]) -> float | None:
    """The loss for other values of the leaves, or None if it cannot be computed again."""
    made: dict[Any, Any] = dict(leaves)
    with np.errstate(all="ignore"):
        for node in graph.nodes:
            inputs = graph.inputs(node)
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    inputs[i] = made.get(parent)
                elif inputs[i] is None:
                    return None
            if any(x is None for x in inputs):
                return None
            try:
                out = node.op.forward(*inputs, **(node.params or {}))
            except Exception:
                # An op that cannot run again leaves the truth unchecked.
                return None
            made[node] = out if isinstance(out, tuple) else np.asarray(out)
    root = made.get(graph.root)
    return None if root is None or type(graph.root) is not Node else float(np.sum(root))
