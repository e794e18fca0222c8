"""Slopes: missing, applied twice, at the wrong place, of another function or another layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..blocks import Block, sigmoid, softmax
from ..view import View
from .candidate import Candidate, is_mask

ACTIVATIONS = frozenset(
    "sigmoid tanh relu leaky_relu elu gelu silu softplus sin erf log_sigmoid maximum".split()
)
_SYMBOLS = {"sigmoid": "σ"}

# Slope formulas that people write, by what they are of: (text, function of one array).
FORMULAS: tuple[tuple[str, Any], ...] = (
    ("{v} ⊙ (1 - {v})", lambda v: v * (1 - v)),
    ("(1 - {v}²)", lambda v: 1 - v * v),
    ("(1 - {v})", lambda v: 1 - v),
    ("(1 + {v}²)", lambda v: 1 + v * v),
    ("[{v} > 0]", lambda v: (v > 0) * 1.0),
    ("σ'({v})", lambda v: sigmoid(v) * (1 - sigmoid(v))),
    ("tanh'({v})", lambda v: 1 - np.tanh(v) ** 2),
    ("{v}", lambda v: v),
    ("σ({v})", sigmoid),
    ("exp({v})", np.exp),
)

_MASK = 4  # the formula that is a mask
_OF_THE_SIGN = 4  # entries that the mask [g > 0], a usual one, must explain

# Formulas that have a name of their own: (function, formula, where).
_NAMED = frozenset((
    ("sigmoid", 0, "in"), ("sigmoid", 5, "out"), ("tanh", 1, "in"), ("tanh", 6, "out"),
    ("softplus", 8, "out"), ("softplus", 1, "in"),
))  # fmt: skip


def slopes(view: View) -> Iterator[Candidate]:
    """Every mistake in the slope of every pointwise block of the region."""
    for depth, (block, g) in enumerate(view.blocks):
        part = not block.kind or len(block.nodes) == 1
        if part and block.exit in view.written_out:
            continue
        if block.pointwise and g.dtype.kind == "f" and not block.linear:
            yield from _of_block(view, block, g, depth)


def _of_block(view: View, block: Block, g: Any, depth: int) -> Iterator[Candidate]:
    x, a = block.x, block.out
    slope = block.back(np.ones(block.exit.shape, block.exit.dtype))
    if slope is None:
        return
    is_activation = block.kind in ACTIVATIONS
    key = (view.graph.index[block.exit], view.graph.index[block.entry])
    z, f = view.words(block.entry), _SYMBOLS.get(block.kind, block.kind or "f")
    out = view.words(block.exit)
    at = out if out != f"{f}({z})" else f"{f}({z})"
    gs = view.gradient(block.exit)
    own = {e.node for e in view.edges if e.parent is view.target} - set(block.nodes)
    part = view.words(block.exit) if own or block.entry is not view.target else ""

    def candidate(
        diagnosis: str,
        kind: Any,
        said: str,
        formula: str,
        make: Any,
        later: float = 0.0,
        bits: int = 8,
    ) -> Candidate:
        def whole() -> Any:
            alternative = make()
            return None if alternative is None else view.through(block, g, alternative)

        return Candidate(
            diagnosis,
            (*key, kind),
            said,
            formula,
            whole,
            later=later,
            free=True,
            part=part,
            bits=bits,
        )

    missing = "missing_activation_derivative" if is_activation else "missing_factor"
    yield candidate(
        missing, "missing",
        f"the slope {f}'({z}) is missing: the gradient at {out} was passed on as it is",
        gs, lambda: g, 0.0 if is_activation or block.entry is view.target else 7.0,
    )  # fmt: skip
    yield candidate(
        "missing_factor", "upstream",
        f"the slope {f}'({z}) is not multiplied by the gradient {gs} that comes in",
        f"{f}'({z})", lambda: slope, 6.0,
    )  # fmt: skip
    yield candidate(
        "extra_activation_derivative" if is_activation else "wrong_local_derivative", "twice",
        f"the slope {f}'({z}) is applied twice", f"{gs} ⊙ {f}'({z})²",
        lambda: g * slope * slope,
    )  # fmt: skip
    yield candidate(
        "activation_derivative_of_activated" if is_activation else "wrong_local_derivative",
        "activated",
        f"You used {f}'({out}) with {at} = {f}({z}): the slope was taken at the already activated "
        "value" if out != f"{f}({z})" else
        f"You used {f}'({f}({z})): the slope was taken at the already activated value",
        f"{gs} ⊙ {f}'({f}({z}))", lambda: _times(g, block.slope_at(a)),
    )  # fmt: skip
    if block.kind in ("sigmoid", "tanh", "softplus"):
        formula = FORMULAS[0] if block.kind == "sigmoid" else FORMULAS[1]
        text = formula[0].format(v=z)
        yield candidate(
            "activation_formula_on_preactivation", "preactivation",
            f"the formula {formula[0].format(v='a')} holds for the activated value a = {f}({z}), "
            f"and was applied to {z}",
            f"{gs} ⊙ {text}", lambda: g * formula[1](x),
        )  # fmt: skip
    if block.kind in ACTIVATIONS:
        yield from _formulas(view, block, g, slope, candidate, gs, z, out)
    two = _two_slopes(block.x, slope)
    if two is not None and block.kind != "relu":
        yield from _leaky(block, g, two, candidate, gs, z)
    if block.kind in ACTIVATIONS:
        yield from _masks(block, g, slope, candidate, gs, z, out)
        yield from _elsewhere(view, block, g, candidate, gs, f, z)


def _times(g: Any, slope: Any) -> Any:
    return None if slope is None else g * slope


def _formulas(
    view: View, block: Block, g: Any, slope: Any, candidate: Any, gs: str, z: str, out: str
) -> Iterator[Candidate]:
    for k, (text, function) in enumerate(FORMULAS):
        for where, v, word in (("out", block.out, out), ("in", block.x, z)):
            if (block.kind, k, where) in _NAMED or (k == _MASK and (v > 0).all()):
                continue
            said = text.format(v=word)
            yield candidate(
                "wrong_activation_formula", ("formula", k, where),
                f"the slope was written as {said}, which is not that of {block.kind}",
                f"{gs} ⊙ {said}", lambda v=v, function=function: g * function(v),
            )  # fmt: skip


def _masks(
    block: Block, g: Any, slope: Any, candidate: Any, gs: str, z: str, out: str
) -> Iterator[Candidate]:
    x = block.x
    options = [
        ("g", f"[{gs} > 0]", lambda: g * (g > 0)),
        ("inverted", f"[{z} < 0]", lambda: g * (x < 0)),
        ("one", f"[{z} > 1]", lambda: g * (x > 1)),
    ]
    if block.kind not in ("relu", "leaky_relu", "elu", "maximum"):
        options = options[:1]
    for key, mask, make in options:
        yield candidate(
            "wrong_mask", ("mask", key), f"the mask is {mask}, expected [{z} > 0]",
            f"{gs} ⊙ {mask}", make, bits=_OF_THE_SIGN if key == "g" else 8,
        )  # fmt: skip


def _two_slopes(x: Any, slope: Any) -> tuple[float, float] | None:
    """The slopes above and below 0 of a function made of two straight lines, or None."""
    above, below = slope[x > 0], slope[x < 0]
    if not above.size or not below.size:
        return None
    high, low = float(above.flat[0]), float(below.flat[0])
    if high == low or not ((above == high).all() and (below == low).all()):
        return None
    return high, low


def _leaky(
    block: Block, g: Any, two: tuple[float, float], candidate: Any, gs: str, z: str
) -> Iterator[Candidate]:
    """The two slopes of a leaky relu by the sign of the gradient, or exchanged."""
    x, (high, low) = block.x, two
    options = (
        ("g", f"{high:g} where {gs} > 0, else {low:g}", lambda: g * np.where(g > 0, high, low)),
        (
            "swapped",
            f"{low:g} where {z} > 0, else {high:g}",
            lambda: g * np.where(x > 0, low, high),
        ),
    )
    for key, slope, make in options:
        yield candidate(
            "wrong_mask", ("leaky", key),
            f"the slope is {slope}, expected {high:g} where {z} > 0, else {low:g}",
            f"{gs} ⊙ ({slope})", make,
        )  # fmt: skip


def _elsewhere(
    view: View, block: Block, g: Any, candidate: Any, gs: str, f: str, z: str
) -> Iterator[Candidate]:
    """The right formulas over the values of another layer, or with another layer's delta."""
    for name, v in view.pool.items():
        if v.shape != block.out.shape or v is block.x or v is block.out or v.dtype.kind != "f":
            continue
        for k, (text, function) in enumerate(FORMULAS[:8]):
            said = text.format(v=name)
            mask = k == _MASK
            for diagnosis in ("wrong_mask", "wrong_operand") if mask else ("wrong_operand",):
                yield candidate(
                    diagnosis, ("elsewhere", k, name),
                    f"the slope was taken of {name}, of another layer, where {f}'({z}) is meant",
                    f"{gs} ⊙ {said}", lambda v=v, function=function: g * function(v),
                )  # fmt: skip


def extra_slopes(view: View) -> Iterator[Candidate]:
    """A slope formula multiplied in where there is no activation (or no more of them)."""
    for target, g in _cotangents(view):
        for name, v in _values_at(view, target):
            if np.shape(v) != np.shape(g) or v.dtype.kind != "f":
                continue
            for k, (text, function) in enumerate(FORMULAS[:8]):
                if is_mask(function(v)):
                    continue  # a mask: signs and labels are often those of the prediction
                said = text.format(v=name)
                kind = "extra_activation_derivative" if k != 7 else "wrong_local_derivative"

                def make(v: Any = v, function: Any = function, t: Any = target, g: Any = g) -> Any:
                    changed = g * (function(v) - 1)
                    if t is view.target:
                        return view.local + changed
                    return view.local + view.down_from(t, changed)

                yield Candidate(
                    kind, (view.graph.index.get(target), k, name),
                    f"it was multiplied by {said} once more, which does not belong there"
                    if k != 7 else f"it was multiplied by {name}, which does not belong there",
                    f"{view.gradient(target)} ⊙ {said}", make,
                    part="" if target is view.target else view.words(target),
                )  # fmt: skip


def _cotangents(view: View) -> list[tuple[Any, Any]]:
    found = [(view.target, view.local)]
    for node in view.near[:20]:
        g = view.flow(node)
        if isinstance(g, np.ndarray) and g.ndim:
            found.append((node, g))
    return found


def _values_at(view: View, target: Any) -> list[tuple[str, Any]]:
    """The values whose slope may be multiplied in at a tensor: all of its shape."""
    found: dict[str, Any] = {}
    own: Any = view.graph.values.get(target)
    if isinstance(own, np.ndarray):
        found[view.words(target)] = own
    found.update(view.pool)
    for name, v in list(found.items()):
        if v is own and v.dtype.kind == "f":
            # The unit that the user thinks of may be one that the loss has built in.
            found[f"σ({name})"] = sigmoid(v)
            for axis in range(v.ndim):
                found[f"softmax({name}) over axis {axis}"] = softmax(v, axis)
    return list(found.items())


def factors(view: View) -> Iterator[Candidate]:
    """The whole step times or divided by a value of the region, such as a standard deviation."""
    divisors: set[int] = set()
    multipliers: set[int] = set()
    for node in view.near:
        if node.op.name in ("divide", "multiply"):
            inputs = view.graph.inputs(node)
            held = multipliers if node.op.name == "multiply" else divisors
            held.update(id(x) for x in inputs[node.op.name == "divide" :])
    for name, v in view.pool.items():
        if v.dtype.kind != "f" or v.size < 2 or not v.ndim or is_mask(v):
            continue
        if v.ndim > view.local.ndim or any(
            m not in (1, n) for m, n in zip(v.shape[::-1], view.local.shape[::-1], strict=False)
        ):
            continue
        for kind, used, make in (
            ("times", divisors, lambda v=v: view.local * v),
            ("by", multipliers, lambda v=v: view.local / v),
        ):
            text = f"{kind} {name}"
            yield Candidate(
                "missing_factor" if id(v) in used else "wrong_local_derivative", (kind, name),
                f"a factor is missing: it is the right one {text}" if id(v) in used
                else f"it is the right one {text}, which does not belong there",
                f"the right one {text}", make,
            )  # fmt: skip
