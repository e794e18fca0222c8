"""Short names for what stands on a graph: "z1", "X @ W1 + b1", "σ(z1)"."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..node import Node
from .graph import Graph

_INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@",
    "power_variable": "**",
}  # fmt: skip
_CALLS = {"sigmoid": "σ", "negative": "-"}
_LONGEST = 40


def expression(graph: Graph, target: Any, depth: int = 3) -> str:
    """A node or leaf by its name, or as the expression that computes it.

    >>> import numpy as np, autograd_lite as ag
    >>> w = ag.Tensor([1.0], requires_grad=True, name="w")
    >>> t = ag.tanh(w * 2).sum()
    >>> expression(Graph(t), t._node)
    'sum(tanh(w * 2))'
    """
    text = _written(graph, target, depth, top=True)
    if len(text) <= _LONGEST:
        return text
    if type(target) is Node:
        return f"the output of {target.op.name} {target.shape}"
    return f"a tensor of shape {target.shape}"


def _written(graph: Graph, target: Any, depth: int, top: bool = False) -> str:
    name = graph.name_of(target)
    if name is not None:
        return name
    if type(target) is not Node:
        return f"a tensor of shape {target.shape}" if top else "…"
    if not depth:
        return "…"
    op = target.op.name
    parts = []
    for parent, value in zip(target.parents, graph.inputs(target), strict=True):
        if parent is not None:
            parts.append(_written(graph, parent, depth - 1))
        else:
            parts.append(_constant(graph, value))
    if op in _INFIX and len(parts) == 2:
        inner = f"{parts[0]} {_INFIX[op]} {parts[1]}"
        return inner if top else f"({inner})"
    if op == "square":
        return f"{parts[0]}²"
    if op == "power_constant":
        return f"{parts[0]}**{(target.params or {}).get('exponent'):g}"
    if op == "getitem":
        return f"{parts[0]}[…]"
    if op == "transpose":
        return f"{parts[0]}ᵀ"
    inside = ", ".join(p[1:-1] if p[:1] == "(" and p[-1:] == ")" else p for p in parts)
    return f"{_CALLS.get(op, op)}({inside})"


def _constant(graph: Graph, value: Any) -> str:
    if value is None:
        return "…"
    array = np.asarray(value)
    if array.ndim == 0 and array.dtype.kind in "biuf":
        return f"{array.item():g}"
    return symbol(graph, array) or "…"


def symbol(graph: Graph, array: Any) -> str | None:
    """The name of an array that stands on a graph, or None."""
    for name, known in graph.arrays.items():
        if known is array or (
            known.shape == array.shape and known.dtype == array.dtype and (known == array).all()
        ):
            return name
    return None
