"""What counts as equal: tolerances that follow from the rounding of this very graph.

A difference is forgiven if it is within a relative tolerance, or if rounding explains it: the
sweep is run again with every value and every contribution shaken by a few units in the last
place, and where the results move, digits were lost by cancellation. Near saturation the formulas
that people write (a(1 - a)) lose digits that the library's rules may keep, so what such an op
sends is shaken by what it would send at 0 too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..node import Node
from .blocks import SATURATING, Block, saturating_blocks
from .graph import Graph
from .sweep import Sweep, pull, sweep

_RUNS = 3
_UNITS = 4.0  # units in the last place that a value is shaken by
_SLACK = 16.0  # how many times what the shaken sweeps differ by is forgiven


def epsilon(graph: Graph, *arrays: Any) -> float:
    """The coarsest precision among a graph's floating values and some arrays."""
    kinds = [x.dtype for x in arrays if x.dtype.kind in "fc"]
    return max([graph.epsilon, *(float(np.finfo(t).eps) for t in kinds)])


def default_rtol(eps: float) -> float:
    """1e-8 in double precision, 3e-5 in single."""
    return 1e-8 if eps < 1e-12 else 3e-5 if eps < 1e-5 else 2e-2


def near(u: Any, x: Any, rtol: float, slack: Any = 0.0) -> bool:
    """Whether u equals x to tolerance, entry by entry; where x is NaN nothing can be told."""
    if u.shape != x.shape:
        return False
    with np.errstate(all="ignore"):
        same = (u == x) | np.isnan(x)
        close = np.abs(u - x) <= rtol * np.maximum(np.abs(u), np.abs(x)) + slack
    return bool((same | (close & np.isfinite(u) & np.isfinite(x))).all())


class Noise:
    """How far rounding alone moves what arrives at each target of a graph."""

    def __init__(self, graph: Graph, given: Mapping[Any, Any], eps: float) -> None:
        self.graph = graph
        self.given = given
        self.eps = eps
        self.base = sweep(graph, given)
        self.blocks = saturating_blocks(graph)
        self.off: dict[Any, Any] = {}
        for seed in range(_RUNS):
            self._add(self._shaken(np.random.default_rng(seed)))

    def slack(self, target: Any) -> Any:
        """What difference to forgive, entry by entry."""
        return _SLACK * self.off.get(target, 0.0)

    def _add(self, shaken: Sweep) -> None:
        for target, g in shaken.arrived.items():
            base = self.base.arrived.get(target)
            if base is None or not isinstance(g, np.ndarray):
                continue
            with np.errstate(all="ignore"):
                off = np.abs(g - base)
            off = np.where(np.isfinite(off), off, 0.0)
            self.off[target] = np.maximum(self.off.get(target, 0.0), off)

    def _shaken(self, rng: np.random.Generator) -> Sweep:
        step = _UNITS * self.eps

        def moved(x: Any) -> Any:
            return x * (1 + step * rng.uniform(-1, 1, x.shape)) if x.dtype.kind in "fc" else x

        def moved_as(x: Any) -> Any:
            return moved(x).astype(x.dtype)

        args: dict[Node, tuple[Any, ...]] = {}
        values: dict[Any, Any] = {}
        with np.errstate(all="ignore"):
            for node in self.graph.nodes:
                inputs = self.graph.inputs(node)
                inputs = [
                    values.get(p, x) if type(p) is Node else x
                    for p, x in zip(node.parents, inputs, strict=True)
                ]
                if node.op.outputs or any(x is None or isinstance(x, tuple) for x in inputs):
                    continue
                try:
                    out = np.asarray(node.op.forward(*inputs, **(node.params or {})))
                except Exception:
                    # An op that cannot run again keeps the arguments it recorded.
                    continue
                if out.shape != node.shape:
                    continue
                values[node] = moved_as(out)
                args[node] = (values[node], *inputs)

        def shake(node: Node, i: int, full: Any, g: Any) -> Any:
            if not isinstance(full, np.ndarray) or full.dtype.kind not in "fc":
                return full
            out = moved(full)
            if node.op.name in SATURATING:
                away = _at_zero(self.graph, node, i, g)
                if away is not None and away.shape == full.shape:
                    out = out + step * np.abs(away) * rng.uniform(-1, 1, full.shape)
            for block in self.blocks.get(node, ()):
                if block.first == (node, i):
                    away = np.abs(self.base.flow.get(block.exit, 0.0)) * step
                    if np.shape(away) == full.shape:
                        out = out + away * rng.uniform(-1, 1, full.shape)
            return out

        return sweep(self.graph, self.given, args_of=args.get, shake=shake)


def _at_zero(graph: Graph, node: Node, i: int, g: Any) -> Any:
    """The size of what a saturating op sends to its input i away from saturation."""
    inputs = graph.inputs(node)
    x = inputs[i]
    if x is None:
        return None
    if node.op.pointwise:
        return g
    inputs[i] = np.zeros_like(x)
    try:
        out = np.asarray(node.op.forward(*inputs, **(node.params or {})))
        edges = pull(node, g, (out, *inputs))
    except Exception:
        # A user's op of a known name may refuse zeros; then its own rounding is all there is.
        return None
    return next((e.full for e in edges if e.i == i), None)


def kink_variants(graph: Graph, given: Mapping[Any, Any]) -> list[Sweep]:
    """Sweeps with every kink on the graph resolved the other ways, if a value stands on one.

    relu'(0) may be 0 or 1, a tie may go to the first or the last: each is a valid subgradient.
    """
    found = []
    for direction in ("up", "down", "first", "last"):
        changed: dict[Node, tuple[Any, ...]] = {}
        for node in graph.nodes:
            if node.op.analytic and not node.op.kinks:
                continue
            args = _nudged(graph, node, direction)
            if args is not None:
                changed[node] = args
        if changed:
            found.append(sweep(graph, given, args_of=changed.get))
    return found


def _nudged(graph: Graph, node: Node, direction: str) -> tuple[Any, ...] | None:
    """The arguments of node with tracked inputs moved off a kink; None if there is no kink."""
    if node.op.outputs or node.op.variadic:
        return None
    inputs = graph.inputs(node)
    tracked = [i for i, p in enumerate(node.parents) if p is not None]
    if not tracked or any(x is None or isinstance(x, tuple) for x in inputs):
        return None
    i = tracked[0]
    x = np.asarray(inputs[i])
    if x.dtype.kind != "f" or not x.size:
        return None
    scale = float(np.max(np.abs(x), initial=0.0)) or 1.0
    h = scale * float(np.finfo(x.dtype).eps) * 64
    ramp = np.linspace(1, 2, x.size).reshape(x.shape)
    back = np.flip(ramp, -1) if ramp.ndim else ramp
    move = {"up": h, "down": -h, "first": h * back, "last": h * ramp}[direction]
    moved = (x + move).astype(x.dtype)
    try:
        with np.errstate(all="ignore"):
            new = [*inputs[:i], moved, *inputs[i + 1 :]]
            out = np.asarray(node.op.forward(*new, **(node.params or {})))
            g = np.ones(node.shape, node.dtype)
            before = np.asarray(pull(node, g)[0].full)
            after = np.asarray(pull(node, g, (out, *new))[0].full)
            off = np.abs(after - before)
    except Exception:
        # An op that cannot run at the moved point has no other side to offer.
        return None
    jump = off > 1e-3 * np.maximum(np.abs(after), np.abs(before))
    return (out, *new) if jump.any() else None


__all__ = ["Block", "Noise", "default_rtol", "epsilon", "kink_variants", "near"]
