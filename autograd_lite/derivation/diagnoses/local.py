"""Local rules gone wrong: product, quotient, power, softmax, normalisation, repeated indices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..blocks import Block, softmax
from ..sweep import Edge, summed
from ..view import View, bracketed
from .candidate import Candidate, is_mask

Alternative = tuple[str, Any, str, Any]
_WRONG = "wrong_local_derivative"
# With one-hot labels the mistakes in softmax blank entries, and they are few.
_OF_SOFTMAX, _OF_OTHERS = 5, 8
_INNER = 7.0  # a mistake inside a step is less likely than one at its ends


def rules(view: View) -> Iterator[Candidate]:
    """The mistakes in the rule of every single op of the region."""
    for edge in view.edges:
        if not isinstance(edge.g, np.ndarray) or edge.node in view.written_out:
            continue
        inputs = view.graph.inputs(edge.node)
        if any(x is None or isinstance(x, tuple) for x in inputs):
            continue
        inputs = [np.asarray(x) for x in inputs]
        for diagnosis, kind, formula, make in _alternatives(view, edge, inputs):
            yield Candidate(
                diagnosis,
                (view.graph.index[edge.node], edge.i, kind),
                _said(view, edge, diagnosis, formula),
                formula,
                lambda edge=edge, make=make: view.instead(edge, summed(edge, make())),
                later=0.0 if edge.parent is view.target else _INNER,
                bits=_OF_SOFTMAX if edge.node.op.name == "softmax" else _OF_OTHERS,
                part=view.part_at(edge.node, edge.parent, edge.raw.shape),
            )


def _said(view: View, edge: Edge, diagnosis: str, formula: str) -> str:
    where = view.words(edge.node)
    if diagnosis == "missing_factor":
        return f"a factor of the derivative of {where} is missing: you wrote {formula}"
    if diagnosis == "fanout_overwrite":
        return f"gradients of entries that {where} reads more than once were overwritten, not added"
    if diagnosis == "missing_term":
        return f"a term of the derivative of {where} is missing: you wrote {formula}"
    return f"the derivative of {where} is wrong: you wrote {formula}"


def _alternatives(view: View, edge: Edge, inputs: list[Any]) -> Iterator[Alternative]:
    name = edge.node.op.name
    g, out = edge.g, view.graph.values.get(edge.node)
    gs = view.gradient(edge.node)
    words = [
        view.words(p) if p is not None else _word(x)
        for p, x in zip(edge.node.parents, inputs, strict=True)
    ]
    x = inputs[edge.i]
    if name == "multiply":
        yield from _product(g, gs, inputs, words, edge.i)
    elif name == "divide":
        yield from _quotient(g, gs, inputs, words, edge.i)
    elif name in ("power_variable", "square", "power_constant"):
        n: Any = inputs[1] if len(inputs) > 1 else (edge.node.params or {}).get("exponent", 2)
        if edge.i == 0:
            yield from _power(g, gs, x, words[0], n)
    elif name in _UNARY:
        for kind, text, function in _UNARY[name]:
            yield _WRONG, kind, _filled(text, gs, words[0]), lambda f=function: f(g, x, out)
    elif name == "softmax" and out is not None:
        yield from _softmax(g, gs, out, words[0], (edge.node.params or {}).get("axis", -1))
    elif name == "log_softmax" and out is not None:
        yield from _log_softmax(g, gs, out, words[0], (edge.node.params or {}).get("axis", -1))
    elif "cross_entropy" in name:
        yield from _cross_entropy(edge, gs, x, words[0])
    elif name in ("getitem", "take", "take_along_axis"):
        yield from _index(edge, gs, x)
    elif name in ("maximum", "minimum", "max", "min", "amax", "amin", "where"):
        yield (
            "missing_activation_derivative",
            "all",
            f"{gs} for every entry",
            (lambda: np.broadcast_to(g if g.ndim == x.ndim else np.reshape(g, (-1,))[:1], x.shape)),
        )


def _filled(text: str, gs: str, word: str) -> str:
    """A template with the argument of a call bare, and in brackets elsewhere."""
    return text.replace("({x}", f"({word}").format(g=gs, x=bracketed(word))


def _word(x: Any) -> str:
    return f"{x.item():g}" if x.ndim == 0 and x.dtype.kind in "biuf" else "the constant"


def _product(g: Any, gs: str, inputs: list[Any], words: list[str], i: int) -> Iterator[Alternative]:
    x, y = inputs[i], inputs[1 - i]
    a, b = bracketed(words[i]), bracketed(words[1 - i])
    yield "missing_factor", "bare", f"{gs} without the factor {b}", lambda: g + 0 * y
    yield "wrong_operand", "own", f"{gs} ⊙ {a}, the factor itself, not {b}", lambda: g * x
    yield _WRONG, "divided", f"{gs} / {b}", lambda: g / y
    if not is_mask(y):
        yield "missing_factor", "upstream", f"{b} without {gs}", lambda: y + 0 * g
    if is_mask(x) or is_mask(y):
        return  # labels blank what signs would blank as well
    yield _WRONG, "both", f"{gs} ⊙ {a} ⊙ {b}", lambda: g * x * y
    yield _WRONG, "squared", f"{gs} ⊙ {b}²", lambda: g * y * y


def _quotient(
    g: Any, gs: str, inputs: list[Any], words: list[str], i: int
) -> Iterator[Alternative]:
    u, v = inputs
    a, b = map(bracketed, words)
    if i == 0:
        yield "missing_factor", "bare", f"{gs} without 1/{b}", lambda: g + 0 * v
        yield _WRONG, "times", f"{gs} ⊙ {b}", lambda: g * v
        yield _WRONG, "square", f"{gs} / {b}²", lambda: g / v**2
        return
    options = (
        ("-u/v", f"-{gs} ⊙ {a} / {b}", lambda: -g * u / v),
        ("-1/v²", f"-{gs} / {b}²", lambda: -g / v**2 + 0 * u),
        ("u/v", f"{gs} ⊙ {a} / {b}", lambda: g * u / v),
        ("1/v²", f"{gs} / {b}²", lambda: g / v**2 + 0 * u),
        ("u/v²", f"{gs} ⊙ {a} / {b}²", lambda: g * u / v**2),
        ("1/v", f"{gs} / {b}", lambda: g / v + 0 * u),
        ("-1/v", f"-{gs} / {b}", lambda: -g / v + 0 * u),
        ("u", f"{gs} ⊙ {a}", lambda: g * u + 0 * v),
        ("-u", f"-{gs} ⊙ {a}", lambda: -g * u + 0 * v),
        ("-u/v³", f"-{gs} ⊙ {a} / {b}³", lambda: -g * u / v**3),
    )
    for kind, formula, make in options:
        yield _WRONG, kind, formula, make
    yield "missing_factor", "bare", gs, lambda: g + 0 * v


def _superscript(n: Any) -> str:
    """The exponent n - 1: "" for a square, else "ⁿ⁻¹"."""
    return "" if np.ndim(n) == 0 and n == 2 else "ⁿ⁻¹"


def _plain(n: Any) -> str:
    return f"{np.asarray(n).item():g}" if np.ndim(n) == 0 else "n"


def _power(g: Any, gs: str, x: Any, word: str, n: Any) -> Iterator[Alternative]:
    word = bracketed(word)
    options = (
        ("n·x", f"{gs} ⊙ n·{word}", lambda: g * n * x),
        (
            "xⁿ⁻¹",
            f"{gs} ⊙ {word}{_superscript(n)}, without its factor {_plain(n)}",
            lambda: g * x ** (n - 1),
        ),
        ("xⁿ", f"{gs} ⊙ {word}ⁿ", lambda: g * x**n),
        ("n·xⁿ", f"{gs} ⊙ n·{word}ⁿ", lambda: g * n * x**n),
        ("n·xⁿ⁻²", f"{gs} ⊙ n·{word}ⁿ⁻²", lambda: g * n * x ** (n - 2.0)),
        ("(n-1)·xⁿ⁻¹", f"{gs} ⊙ (n-1)·{word}ⁿ⁻¹", lambda: g * (n - 1) * x ** (n - 1)),
        ("xⁿ⁺¹/(n+1)", f"{gs} ⊙ {word}ⁿ⁺¹/(n+1)", lambda: g * x ** (n + 1) / (n + 1)),
    )
    for kind, formula, make in options:
        yield _WRONG, kind, formula, make
    yield "missing_factor", "n", f"{gs} ⊙ n, without {word}ⁿ⁻¹", lambda: g * n + 0 * x
    yield "missing_factor", "bare", gs, lambda: g + 0 * x


_UNARY: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "exp": (
        ("x", "{g} ⊙ {x}", lambda g, x, out: g * x),
        ("x·e", "{g} ⊙ {x} ⊙ exp({x} - 1)", lambda g, x, out: g * x * np.exp(x - 1)),
        ("log", "{g} / {x}", lambda g, x, out: g / x),
    ),
    "log": (
        ("x", "{g} ⊙ {x}", lambda g, x, out: g * x),
        ("-1/x²", "-{g} / {x}²", lambda g, x, out: -g / x**2),
        ("log", "{g} / log({x})", lambda g, x, out: g / out),
        ("own", "{g} ⊙ log({x})", lambda g, x, out: g * np.log(x)),
    ),
    "sqrt": (
        ("x", "{g} ⊙ √{x}/2", lambda g, x, out: g * np.sqrt(x) / 2),
        ("1/2x", "{g} / (2·{x})", lambda g, x, out: g / (2 * x)),
        ("sq", "{g} ⊙ √{x}", lambda g, x, out: g * np.sqrt(x)),
        ("2sqrt", "{g} ⊙ 2·√{x}", lambda g, x, out: g * 2 * np.sqrt(x)),
        ("half", "{g}/2", lambda g, x, out: g / 2 + 0 * x),
    ),
    "sin": (("sin", "{g} ⊙ sin({x})", lambda g, x, out: g * np.sin(x)),),
    "cos": (
        ("cos", "{g} ⊙ cos({x})", lambda g, x, out: g * np.cos(x)),
        ("sin", "{g} ⊙ sin({x})", lambda g, x, out: g * np.sin(x)),
    ),
    "reciprocal": (
        ("1/x", "{g} / {x}", lambda g, x, out: g / x),
        ("-1/x", "-{g} / {x}", lambda g, x, out: -g / x),
    ),
}  # fmt: skip


def _softmax(g: Any, gs: str, p: Any, z: str, axis: Any) -> Iterator[Alternative]:
    yield "missing_activation_derivative", "passed", gs, lambda: g
    options = [
        ("p·g", f"P ⊙ {gs}, without the cross terms", lambda: p * g),
        ("diag", f"{gs} ⊙ P ⊙ (1 - P), without the cross terms", lambda: g * p * (1 - p)),
        ("mean", f"P ⊙ ({gs} - Σ {gs})", lambda: p * (g - g.sum(axis=axis, keepdims=True))),
        ("no p", f"{gs} - Σ {gs} ⊙ P", lambda: g - (g * p).sum(axis=axis, keepdims=True)),
        ("cross", f"-P ⊙ Σ {gs} ⊙ P", lambda: -p * (g * p).sum(axis=axis, keepdims=True)),
    ]
    for kind, formula, make in options:
        yield _WRONG, kind, formula, make
    n = p.ndim
    for other in range(n):
        if isinstance(axis, int) and other != axis % n:
            yield (
                "wrong_axis", ("axis", other), f"P ⊙ ({gs} - Σ {gs} ⊙ P) over axis {other}",
                lambda other=other: p * (g - (g * p).sum(axis=other, keepdims=True)),
            )  # fmt: skip
    yield (
        "wrong_axis", "all", f"P ⊙ ({gs} - Σ {gs} ⊙ P) over every axis",
        lambda: p * (g - (g * p).sum()),
    )  # fmt: skip


def softmax_blocks(view: View) -> Iterator[Candidate]:
    """The same for a softmax that is written out."""
    for block, g in view.blocks:
        if block.pointwise or not block.kind.startswith("softmax") or len(block.nodes) == 1:
            continue
        axis = int(block.kind.removeprefix("softmax"))
        gs, z = view.gradient(block.exit), view.words(block.entry)
        key = (view.graph.index[block.exit], view.graph.index[block.entry])
        for diagnosis, kind, formula, make in _softmax(g, gs, block.out, z, axis):
            yield Candidate(
                diagnosis, (*key, kind), f"the derivative of softmax is wrong: you wrote {formula}",
                formula, lambda block=block, g=g, make=make: view.through(block, g, make()),
                bits=_OF_SOFTMAX, part=_part(view, block),
            )  # fmt: skip


def _part(view: View, block: Block) -> str:
    """Where the formula of a block stands, if it is not the whole step."""
    own = {e.node for e in view.edges if e.parent is view.target} - set(block.nodes)
    return view.words(block.exit) if own or block.entry is not view.target else ""


def _log_softmax(g: Any, gs: str, out: Any, z: str, axis: Any) -> Iterator[Alternative]:
    p = np.exp(out)
    yield "missing_term", "g", f"{gs}, without - P·Σ {gs}", lambda: g + 0 * p
    yield "missing_term", "p", f"-P·Σ {gs}", lambda: -p * g.sum(axis=axis, keepdims=True)
    yield _WRONG, "pg", f"{gs} - P ⊙ {gs}", lambda: g - p * g
    yield _WRONG, "p·g", f"P ⊙ {gs}", lambda: p * g
    yield _WRONG, "plus", f"{gs} + P·Σ {gs}", lambda: g + p * g.sum(axis=axis, keepdims=True)


def _cross_entropy(edge: Edge, gs: str, x: Any, z: str) -> Iterator[Alternative]:
    p = softmax(x, -1)
    with np.errstate(all="ignore"):
        # slope = scale·(P - Y): Y and the scale (the 1/N of a mean) are in what the rule sent.
        rows = np.sum(np.abs(edge.full), axis=-1, keepdims=True)
        known = np.where(edge.full < 0, 0, 1)
        scale = np.sum(edge.full * known, axis=-1, keepdims=True) / np.sum(
            p * known, axis=-1, keepdims=True
        )
    if not rows.any():
        return
    y = p * scale - edge.full
    yield "missing_term", "p", "P, without - Y", lambda: p * scale
    yield "missing_term", "y", "-Y, without P", lambda: -y
    yield _WRONG, "plus", "P + Y", lambda: p * scale + y
    yield _WRONG, "diag", "(P - Y) ⊙ P", lambda: edge.full * p


def _index(edge: Edge, gs: str, x: Any) -> Iterator[Alternative]:
    params = edge.node.params or {}
    index = params.get("index", params.get("indices"))
    if index is None:
        return

    def overwritten(first: bool = False) -> Any:
        out = np.zeros(x.shape, edge.g.dtype)
        if edge.node.op.name == "getitem":
            out[index] = edge.g
        else:
            axis = params.get("axis")
            if axis is None:
                out.reshape(-1)[index] = edge.g
            else:
                np.moveaxis(out, axis, 0)[index] = np.moveaxis(edge.g, axis, 0)
        return out

    yield "fanout_overwrite", "assigned", f"dx[index] = {gs}", overwritten
