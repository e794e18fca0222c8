"""Forward mode for many tangents at once: what makes Jacobians and Hessians cheap.

Tangents are stacked along a new first axis. Pointwise rules take that axis in their stride (it
broadcasts); linear ops with a ``batch`` form map it along; the others get one tangent at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .bundle import Bundle, used_outputs
from .errors import GraphError
from .node import Node
from .walk import cast, freed_sentence, pushed, without_nan

# Tangents are pushed in portions such that the largest intermediate result stays below this.
_ENTRIES = 1 << 22


def portions(nodes: list[Node], count: int) -> int:
    """How many of count tangents to push at once."""
    largest = max((node.size for node in nodes), default=1)
    return max(1, min(count, _ENTRIES // max(largest, 1)))


def forward_many(
    nodes: list[Node], tangents: dict[Any, Any], count: int, vjp: Any, probe: Any = None
) -> None:
    """Carry count stacked tangents of leaves and nodes through nodes (oldest first), as arrays.

    Args:
        tangents: per leaf or node, an array of shape (count, *its shape); written into.
        vjp, probe: as for ``walk.forward``.
    """
    used = used_outputs(nodes)
    for node in nodes:
        if node in tangents:
            continue
        incoming = [None if p is None else tangents.get(p) for p in node.parents]
        if all(ts is None for ts in incoming):
            continue
        if node.args is None:
            raise GraphError(freed_sentence(node))
        out = _together(node, incoming)
        if out is None:
            ones = [_one(node, incoming, k, vjp, used.get(node)) for k in range(count)]
            if node.op.outputs:
                out = Bundle(
                    None if parts[0] is None else np.stack(parts)
                    for parts in zip(*ones, strict=True)
                )
            else:
                out = np.stack(ones)
        if not node.op.outputs:
            shape = (count, *node.shape)
            out = cast(out, node.dtype)
            out = out if out.shape == shape else np.broadcast_to(out, shape)
        tangents[node] = out
        if probe is not None:
            probe(node, incoming, out)


def _one(node: Node, incoming: list[Any], k: int, vjp: Any, used: set[int] | None) -> Any:
    assert node.args is not None
    one = [None if ts is None else ts[k] for ts in incoming]
    return pushed(node, one, node.args, True, None, vjp, used)


def _together(node: Node, incoming: list[Any]) -> Any:
    op, params = node.op, node.params or {}
    assert node.args is not None
    if op.pointwise and op.jvp is None and op.joint is None:
        total: Any = None
        for rule, ts, parent in zip(op.rules, incoming, node.parents, strict=True):
            if ts is None or rule is None:
                continue
            shape = tuple(parent.shape)
            aligned = ts.reshape((len(ts), *(1,) * (len(node.shape) - len(shape)), *shape))
            term = without_nan(rule(aligned, *node.args, **params), aligned)
            total = term if total is None else total + term
        return total
    if op.batch is not None and len(incoming) == 1:
        out = op.batch(incoming[0], node.args[1], **params)
        return None if out is NotImplemented else out
    return None
