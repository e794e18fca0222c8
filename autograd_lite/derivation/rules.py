"""The right line of the chain rule for one step, in symbols."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..bundle import Bundle
from ..node import Node
from ..phrases import phrase
from .blocks import Block
from .sweep import Edge
from .view import View, bracketed
from .words import symbol

_SLOPES = {
    "sigmoid": "{a} ⊙ (1 − {a})",
    "tanh": "(1 − {a}²)",
    "relu": "[{z} > 0]",
    "softplus": "σ({z})",
}
_DEPTH = 4
_LEADING = re.compile(r"([2-9])(?:·|(?=\())")
_LONGEST = 110


def right_line(view: View) -> str:
    """ "∂E/∂z = ∂E/∂a ⊙ a ⊙ (1 − a)": one term for each way that leads to the step."""
    if view.target is view.graph.root:
        return f"{view.gradient(view.target)} = 1"
    terms = _terms(view, view.target, _DEPTH)
    line = f"{view.gradient(view.target)} = {' + '.join(terms) or '0'}"
    if len(line) > _LONGEST:
        terms = _terms(view, view.target, 1)
        line = f"{view.gradient(view.target)} = {' + '.join(terms[:4])}"
        line += f" + … ({len(terms)} terms)" if len(terms) > 4 else ""
    line = line.replace("ᵀᵀ", "").replace(" + -", " - ").replace(" + −", " − ")
    return line + (f"   ({len(terms)} uses: added up)" if len(terms) > 1 else "")


def _terms(view: View, target: Any, depth: int) -> list[str]:
    """What arrives at a node or leaf, one term for each use."""
    terms = []
    done: set[Node] = set()
    for edge in view.edges:
        if edge.parent is not target or edge.node in done:
            continue
        block = _activation(view, target, edge)
        if block is not None:
            done.update(block.nodes)
            slope = _SLOPES[block.kind].format(
                a=bracketed(view.words(block.exit)), z=view.words(target)
            )
            terms.append(f"{_incoming(view, block.exit, depth - 1)} ⊙ {slope}")
        else:
            terms.append(_term(view, edge, depth))
    return terms


def _activation(view: View, target: Any, edge: Edge) -> Block | None:
    """The largest activation that begins at target with this edge."""
    found = [
        block
        for block, _ in view.blocks
        if block.entry is target and edge.node in block.nodes and block.kind in _SLOPES
    ]
    return max(found, key=lambda b: len(b.nodes), default=None)


def _incoming(view: View, node: Node, depth: int) -> str:
    """The gradient of a node, as a symbol if it has one, else as what it is."""
    if node is view.graph.root:
        return "1"
    if isinstance(view.flow(node), Bundle):
        return view.gradient(node)
    if not node.shape and node not in view.given and view.graph.name_of(node) is None:
        return f"{np.real(view.flow(node)).item():g}"
    if node in view.given or view.graph.name_of(node) is not None or depth < 1:
        return view.gradient(node)
    terms = _terms(view, node, depth)
    if len(terms) != 1:
        return view.gradient(node)
    return terms[0]


def _term(view: View, edge: Edge, depth: int) -> str:
    node = edge.node
    g = _incoming(view, node, depth - 1)
    if node.op.name in ("sum", "mean") and not node.shape and _is_number(g):
        count = edge.parent.size if node.op.name == "mean" else 1
        return g if count == 1 else f"{g}/{count}"
    words = [
        view.words(p) if p is not None else _constant(view, x)
        for p, x in zip(node.parents, view.graph.inputs(node), strict=True)
    ]
    said = phrase(node, edge.i, words, view.words(node), g)
    return f"{g} through {node.op.name}'" if said is None else _scaled(said.text)


def _scaled(text: str) -> str:
    """text with a number in front of it written as such: "1/4 · 2(p - y)"."""
    for by in (" ⊙ ", " · "):
        number, found, rest = text.partition(by)
        if found and number[:1] == "(" and not number.endswith(")"):
            number, rest = number[1:], _opened(rest)
        plain = number[1:-1] if number[:1] == "(" and number[-1:] == ")" else number
        if found and rest and _is_number(plain):
            return _times(plain, rest)
    return text


def _opened(rest: str) -> str:
    """rest without the bracket that closes one opened before it; "" if it must stay."""
    depth = 0
    for k, c in enumerate(rest):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if depth < 0:
            after = rest[k + 1 :]
            return rest[:k] + after if not after or after[0] in " /)" else ""
        if not depth and rest[k : k + 3] in (" + ", " - ", " − "):
            return ""
    return ""


def _times(number: str, rest: str) -> str:
    """ "1/4 · 2(p - y)"; a number that cancels is left out."""
    found = _LEADING.match(rest)
    if number == "1":
        return rest
    if found and number in (f"1/{found[1]}", f"{1 / int(found[1]):g}"):
        return rest[found.end() :]
    return f"{number} · {rest}"


def _is_number(text: str) -> bool:
    return bool(text) and all(c in "0123456789./-−+e" for c in text) and text[-1].isdigit()


def _constant(view: View, x: Any) -> str:
    if x is None:
        return "…"
    array = np.asarray(x)
    if array.ndim == 0:
        return f"{array.item():g}" if array.dtype.kind in "biuf" else "…"
    return symbol(view.graph, array) or "C"
