"""Which branch every op of a recorded graph takes: signs, masks, indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..node import Node


class Pattern:
    """What one recorded call chose: small arrays that change only where a branch does."""

    __slots__ = ("arrays", "op")

    def __init__(self, op: str, arrays: list[Any]) -> None:
        self.op = op
        self.arrays = arrays

    def same(self, other: Pattern) -> bool:
        """Whether the other call, of the same op, chose the same."""
        return (
            self.op == other.op
            and len(self.arrays) == len(other.arrays)
            and all(
                np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
                for a, b in zip(self.arrays, other.arrays, strict=True)
            )
        )

    def masks(self, other: Pattern) -> str:
        """A clause that names what differs: a random mask, as dropout's, is recognised."""
        for a, b in zip(self.arrays, other.arrays, strict=False):
            if a.shape != b.shape:
                break
            if np.array_equal(a, b) or not a.size:
                continue
            if len(np.unique([a, b])) <= 2 and (np.asarray([a, b]) == 0).any():
                return f" (a constant of {self.op} looks like the random mask of a dropout)"
        return f" (a constant of {self.op} differs)"


def pattern_of(nodes: Sequence[Node], *, constants: bool = False) -> list[Pattern]:
    """The patterns of the nodes that have one, oldest first (or the constants of all nodes)."""
    found = []
    for node in nodes:
        if constants:
            arrays = [
                x
                for x, p in zip((node.args or ())[1:], node.parents, strict=False)
                if p is None and _is_array(x)
            ]
        else:
            arrays = _choices(node)
        if arrays:
            found.append(Pattern(node.op.name, arrays))
    return found


def _choices(node: Node) -> list[Any]:
    arrays = [np.asarray(x) for x in node.args or () if _is_array(x)]
    arrays += [np.asarray(x) for x in (node.params or {}).values() if _is_array(x)]
    found = [x for x in arrays if x.dtype.kind in "biu"]
    if node.op.analytic is not True:
        real = [x for x in arrays if x.dtype.kind == "f"]
        with np.errstate(all="ignore"):
            found += [np.sign(x) for x in real]
            if not node.op.pointwise and not node.op.analytic:  # medians and the like go by order
                found += [np.argsort(x, axis=None, kind="stable") for x in real]
            for k, a in enumerate(real):
                found += [np.sign(a - b) for b in real[:k] if _fit(a.shape, b.shape)]
    return found


def _is_array(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic))


def _fit(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))
