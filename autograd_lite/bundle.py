"""Ops with several outputs: one node for the call, and one that picks each output.

The node of such an op is met by the walks like any other: its "value" is a tuple, and a cotangent
(or tangent) of it is a ``Bundle``, which passes for a 0-d object array. No hot path knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .node import Node
from .op import Op


class Bundle(tuple):  # type: ignore[type-arg]
    """Per output of an op its cotangent, or None where none has arrived; adds output by output."""

    __slots__ = ()
    shape: tuple[int, ...] = ()
    dtype = np.dtype(object)

    def __add__(self, other: Any) -> Bundle:
        return Bundle(
            b if a is None else a if b is None else a + b for a, b in zip(self, other, strict=True)
        )


# The ops that pick the outputs of an op, by that op; the engine alone applies them. And which
# output each of them picks.
_PICKS: dict[Op, tuple[Op, ...]] = {}
_NUMBER: dict[Op, int] = {}


def _picking(op: Op, index: int) -> Op:
    count = len(op.outputs)

    def rule(g: Any, out: Any, outs: Any) -> Any:
        return Bundle(g if i == index else None for i in range(count))

    made = Op(f"{op.name}.{op.outputs[index]}", lambda outs: outs[index], ("outs",), None, [rule])
    made.jvp = lambda tangents, out, outs: tangents[0][index]
    made.batch = lambda ts, outs: ts[index]
    _NUMBER[made] = index
    return made


def used_outputs(nodes: Iterable[Node]) -> dict[Node, set[int]]:
    """Of each node with several outputs, the numbers of those that nodes pick."""
    used: dict[Node, set[int]] = {}
    for node in nodes:
        index = _NUMBER.get(node.op)
        if index is not None:
            used.setdefault(node.parents[0], set()).add(index)
    return used


def picks(outs: tuple[Any, ...], node: Node) -> list[Node | None]:
    """A node for each output of node; None for one of integers."""
    ops = _PICKS.get(node.op)
    if ops is None:
        ops = _PICKS[node.op] = tuple(_picking(node.op, i) for i in range(len(outs)))
    return [
        Node(op, None, (node,), (None, node), x.shape, x.dtype) if x.dtype.kind in "fc" else None
        for op, x in zip(ops, outs, strict=True)
    ]
