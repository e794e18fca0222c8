"""The records of a picture as JSON, in a form that stays the same from version to version.

An object of ``format`` ("autograd_lite.graph"), ``version`` (1), ``view``, ``output``, ``total``
(tensors in the graph), ``notes``, and three lists. ``nodes``: ``id``, ``role``, ``name``, and
where known ``op``, ``call``, ``shape``, ``dtype``, ``value``, ``gradient`` (with its ``title``),
``health``, ``saturated``, ``born``, ``source``, ``saves``, ``rules``, ``number``, ``folded``,
``of``, ``group``, ``mark``. ``edges``: ``from``, ``to``, ``gradient_norm``. ``groups``: ``id``,
``name``, ``subtitle``, ``parent``. A block of numbers has ``shape``, ``dtype``, ``mean``, ``std``,
``rms``, ``norm``, ``low``, ``high``, and ``cells`` or ``bins``.
"""

from __future__ import annotations

import json
import math
from typing import Any

from .block import Block
from .records import Card, Graph


def json_of(graph: Graph) -> str:
    """The graph as JSON text, the same for the same graph."""
    found = {
        "format": "autograd_lite.graph",
        "version": 1,
        "view": graph.view,
        "output": graph.output,
        "total": graph.total,
        "nodes": [_node(card) for card in graph.cards],
        "edges": [
            _full({"from": e.tail, "to": e.head, "gradient_norm": _number(e.norm)})
            for e in graph.edges
        ],
        "groups": [
            _full({"id": g.id, "name": g.name, "subtitle": g.subtitle, "parent": g.parent})
            for g in graph.groups
        ],
        "notes": graph.notes,
    }
    # Lone surrogates of hostile names cannot be encoded: escapes can.
    return json.dumps(found, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _full(entries: dict[str, Any]) -> dict[str, Any]:
    """The entries that say something."""
    return {k: v for k, v in entries.items() if v is not None and v != "" and v != []}


def _node(card: Card) -> dict[str, Any]:
    health = card.health
    gradient = None if card.gradient is None else _block(card.gradient)
    return _full(
        {
            "id": card.id,
            "role": card.role,
            "name": card.full_name or card.name,
            "op": card.op,
            "call": card.call,
            "shape": None if card.shape is None else list(card.shape) or "scalar",
            "dtype": None if card.dtype is None else str(card.dtype),
            "value": None if card.value is None else _block(card.value),
            "gradient": None if gradient is None else {"title": card.title, **gradient},
            "health": None
            if health is None
            else _full(
                {
                    "word": health.word,
                    "rms": _number(health.rms),
                    "first_bad": None if health.first is None else list(health.first),
                    "bad": health.count or None,
                }
            ),
            "saturated": card.saturation,
            "born": card.born,
            "source": card.line,
            "saves": card.saves,
            "rules": card.rules,
            "number": card.number or None,
            "folded": card.count or None,
            "of": card.of,
            "group": card.group,
            "remarks": card.remarks,
            "mark": None if card.mark is None else list(card.mark),
        }
    )


def _block(block: Block) -> dict[str, Any]:
    found = {
        "shape": list(block.shape),
        "dtype": str(block.dtype),
        **{k: _number(getattr(block, k)) for k in ("mean", "std", "rms", "norm", "low", "high")},
    }
    if block.cells is None:
        found["bins"] = list(block.bins)
    else:
        found["cells"] = _cells(block.cells)
    return found


def _cells(x: Any) -> Any:
    flat = [_number(v) for v in x.ravel().tolist()]
    for size in reversed(x.shape[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)] if size else []
    return flat if x.ndim else flat[0]


def _number(x: Any) -> Any:
    if isinstance(x, complex):
        return [_number(x.real), _number(x.imag)]
    if isinstance(x, float) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else "inf" if x > 0 else "-inf"
    return x
