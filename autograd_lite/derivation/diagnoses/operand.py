"""Matrix products: an operand transposed, another one taken, or entries multiplied instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..sweep import Edge, pull, summed
from ..view import View
from .candidate import Candidate

_PRODUCTS = frozenset("matmul dot einsum tensordot inner outer vecdot matvec multiply".split())


def near_products(view: View) -> Iterator[Candidate]:
    """At every product of the region, every pairing of its cotangent with its own operands."""
    for edge in view.edges:
        if edge.node.op.name not in _PRODUCTS or edge.node.op.name == "multiply":
            continue
        inputs = view.graph.inputs(edge.node)
        for j, value in enumerate(inputs):
            if value is None or not isinstance(value, np.ndarray):
                continue
            parent = edge.node.parents[j]
            word = view.words(parent) if parent is not None else _known(view, value)
            yield from _pairings(view, edge, edge.g, value, word, j != edge.i)


def far_products(view: View) -> Iterator[Candidate]:
    """The cotangents paired with every array that has a name, and other layers' gradients."""
    for edge in view.edges:
        if edge.node.op.name not in _PRODUCTS:
            continue
        own = [id(x) for j, x in enumerate(view.graph.inputs(edge.node)) if j != edge.i]
        for name, value in view.pool.items():
            if id(value) not in own and value.ndim:
                yield from _pairings(view, edge, edge.g, value, name, False)
    for edge in view.edges:
        if edge.parent is not view.target or edge.node.op.name not in _PRODUCTS:
            continue
        others = {n: x for n, x in view.others.items() if np.shape(x)}
        for j, value in enumerate(view.graph.inputs(edge.node)):
            if j == edge.i or not isinstance(value, np.ndarray):
                continue
            word = (
                view.words(edge.node.parents[j])
                if edge.node.parents[j] is not None
                else (_known(view, value))
            )
            for name, g in others.items():
                if g is view.given.get(edge.node):
                    continue
                yield from _pairings(
                    view, edge, g, value, word, False, f"∂{view.loss}/∂{name}"
                )  # fmt: skip


def _known(view: View, value: Any) -> str:
    for name, array in view.pool.items():
        if array is value or (array.shape == value.shape and (array == value).all()):
            return name
    return f"the constant of shape {value.shape}"


def _pairings(
    view: View, edge: Edge, g: Any, a: Any, word: str, own: bool, other: str = ""
) -> Iterator[Candidate]:
    """Every product of g and a, and what it means for the step that this edge carries it."""
    node = edge.node
    gs = other or view.gradient(node)
    key = (view.graph.index[node], edge.i, word, own, other)
    is_elementwise = node.op.name == "multiply"
    for label, make in _products(g, a):
        by_entries = "⊙" in label
        text = label.format(g=gs, a=word)
        if other:
            diagnosis = "wrong_operand"
            said = f"the gradient {other} was taken, expected {view.gradient(node)}"
        elif not own:
            diagnosis = "wrong_operand"
            said = f"{word} was taken for the operand: you wrote {text}"
        elif by_entries:
            diagnosis = "elementwise_not_matmul"
            said = f"entries were multiplied (⊙) where a matrix product (@) is meant: {text}"
        else:
            diagnosis = "transposed_operand"
            said = f"an operand is not transposed as it should be: you wrote {text}"
        if is_elementwise and by_entries and own:
            continue
        yield Candidate(
            diagnosis, (*key, label), said, text,
            lambda make=make: view.instead(edge, summed(edge, make())), free=not other,
            part=view.part_at(node, edge.parent),
        )  # fmt: skip


def _products(g: Any, a: Any) -> Iterator[tuple[str, Any]]:
    """Ways to multiply two arrays, those whose shapes fit."""
    g, a = np.asarray(g), np.asarray(a)
    gt = np.swapaxes(g, -1, -2) if g.ndim > 1 else g
    at = np.swapaxes(a, -1, -2) if a.ndim > 1 else a
    pairs = [("{g} @ {a}", g, a), ("{a} @ {g}", a, g)]
    if a.ndim > 1:
        pairs += [("{g} @ {a}ᵀ", g, at), ("{a}ᵀ @ {g}", at, g)]
    if g.ndim > 1:
        pairs += [("{g}ᵀ @ {a}", gt, a), ("{a} @ {g}ᵀ", a, gt)]
        if a.ndim > 1:
            pairs += [("{g}ᵀ @ {a}ᵀ", gt, at), ("{a}ᵀ @ {g}ᵀ", at, gt)]
    for label, x, y in pairs:
        if x.ndim and y.ndim and x.shape[-1] == y.shape[-2 if y.ndim > 1 else 0]:
            yield label, lambda x=x, y=y: x @ y
    entries = [("{g} ⊙ {a}", a)] + ([("{g} ⊙ {a}ᵀ", at)] if a.ndim > 1 else [])
    for label, y in entries:
        if _broadcasts(g.shape, y.shape):
            yield label, lambda y=y: g * y
    if g.ndim == 1 and a.ndim == 1:
        yield "outer({g}, {a})", lambda: np.outer(g, a)
        yield "outer({a}, {g})", lambda: np.outer(a, g)


def _broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


def other_deltas(view: View) -> Iterator[Candidate]:
    """Another step's gradient in the place of the one that comes in, summed where it must be."""
    for name, g in view.others.items():
        said = f"the gradient ∂{view.loss}/∂{name} was taken"
        for node in view.near:
            flow = view.flow(node)
            if not isinstance(flow, np.ndarray) or g is view.given.get(node):
                continue
            if flow.shape == g.shape:
                yield Candidate(
                    "wrong_operand", (view.graph.index[node], name),
                    f"{said}, expected {view.gradient(node)}",
                    f"the right one with ∂{view.loss}/∂{name}",
                    lambda node=node, g=g: view.flowing(node, g),
                )  # fmt: skip
        reads = view.graph.consumers.get(view.target, ())
        if any(n.op.name in ("add", "subtract") for n, _ in reads):
            for axes in [(0,), (-1,)] if g.ndim > 1 else [(0,)] if g.ndim else []:
                yield Candidate(
                    "wrong_operand", ("sum", name, axes), f"{said} and summed, the wrong one",
                    f"Σ ∂{view.loss}/∂{name}",
                    lambda g=g, axes=axes: _shaped(g.sum(axis=axes), view.u.shape),
                )  # fmt: skip
        follows = any(view.point.targets[name] is n for n in view.region)
        yield Candidate(
            "missing_factor" if follows else "wrong_operand", ("itself", name),
            f"it is ∂{view.loss}/∂{name} itself"
            + (": the derivative of what lies between is missing" if follows else ""),
            f"∂{view.loss}/∂{name}", lambda g=g: _shaped(g, view.u.shape),
        )  # fmt: skip


def _shaped(x: Any, shape: tuple[int, ...]) -> Any:
    x = np.asarray(x)
    return x.reshape(shape) if x.size == int(np.prod(shape)) else None


def other_operands(view: View) -> Iterator[Candidate]:
    """Another array, or the same one turned round, as the operand of any bilinear op."""
    for edge in view.edges:
        for i, x in enumerate(view.graph.inputs(edge.node)):
            if i == edge.i or not isinstance(x, np.ndarray) or x.size < 2:
                continue
            parent = edge.node.parents[i]
            word = view.words(parent) if parent is not None else _known(view, x)
            for diagnosis, text, value in _instead_of(view, x, word):
                yield Candidate(
                    diagnosis, (view.graph.index[edge.node], edge.i, i, text),
                    f"the operand is {text}, expected {word}",
                    f"the right one with {text} for {word}",
                    lambda e=edge, i=i, a=value: view.instead(e, sent_with(view, e, i, a)),
                )  # fmt: skip


def _instead_of(view: View, x: Any, word: str) -> Iterator[tuple[str, str, Any]]:
    for k in range(1, x.ndim):
        if x.shape[k - 1] == x.shape[k]:
            axes = f"axes {k - 1} and {k} exchanged"
            yield "transposed_operand", f"{word} with {axes}", np.swapaxes(x, k - 1, k)
    for last in range(1, min(x.ndim, 2) + 1):
        turned = np.flip(x, tuple(range(-last, 0)))
        yield "wrong_operand", f"{word} reversed along its last {last} axes", turned
    for name, value in view.pool.items():
        if value.shape == x.shape and value is not x and value.dtype.kind == "f":
            yield "wrong_operand", name, value


def sent_with(view: View, edge: Edge, i: int, operand: Any) -> Any:
    """What this edge would carry if input i of its node had another value."""
    inputs = view.graph.inputs(edge.node)
    if np.shape(operand) != np.shape(inputs[i]):
        return None
    if edge.node.op.name not in (
        "matmul",
        "multiply",
        "dot",
        "einsum",
        "tensordot",
        "inner",
        "divide",
    ):
        if edge.node.op.linear != "each":
            return None
    new = [*inputs[:i], operand, *inputs[i + 1 :]]
    with np.errstate(all="ignore"):
        try:
            out = np.asarray(edge.node.op.forward(*new, **(edge.node.params or {})))
        except Exception:
            # A user's op may refuse other operands; then this mistake cannot be told.
            return None
        sent = next((e for e in pull(edge.node, edge.g, (out, *new)) if e.i == edge.i), None)
    return None if sent is None else sent.full
