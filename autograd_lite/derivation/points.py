"""The points at which a derivation is checked: one recorded graph, or several runs of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import mode
from ..cotangent import conjugated
from ..errors import ArgumentError, AutogradError, ConversionError, DTypeError, UnsupportedError
from ..tensor import Tensor
from .graph import Graph, _nearest
from .sweep import Sweep, sweep

_PLAIN = (str, bytes, bool, type(None))


class Point:
    """One run: its graph, what the user gave for it, and the two sweeps over it.

    Attributes:
        given: name to the user's array as he gave it. user: the same in the walk's sign and
            convention. true, local: the sweeps that give T and L.
    """

    def __init__(self, graph: Graph, given: dict[str, Any], sign: int) -> None:
        self.graph = graph
        self.given = given
        self.sign = sign
        self.targets = {name: graph.target(name) for name in given}
        self.user = {name: conjugated(value) * sign for name, value in given.items()}
        self.true: Sweep = sweep(graph, {})
        self.local: Sweep = self.true

    def arrived(self, found: Sweep, name: str) -> Any:
        """What a sweep brings to a named target, zeros where nothing comes."""
        target = self.targets[name]
        g = found.arrived.get(target)
        return np.zeros(target.shape, target.dtype) if g is None else np.asarray(g)

    def substitute(self, values: Mapping[str, Any]) -> None:
        """Make the local sweep anew, going on from these values (one per name)."""
        self.local = sweep(self.graph, {self.targets[n]: v for n, v in values.items()})


def as_gradients(found: Any, who: str) -> dict[str, Any]:
    """The user's gradients as a dict of arrays, or a sentence that says why not."""
    if not isinstance(found, Mapping):
        hint = "; is a return missing?" if found is None else ""
        raise DTypeError(
            f"check_derivation: got {type(found).__name__} {who}, expected a dict of name to "
            f"gradient{hint or '.'}"
        )
    if not found:
        raise ArgumentError(
            f"check_derivation: got an empty dict {who}, expected name to gradient; give at least "
            "one."
        )
    arrays = {}
    for name, value in found.items():
        if isinstance(value, Tensor):
            value = value._value
        try:
            array = np.array(value)
            numeric = array.dtype.kind in "biufc"
        except (ValueError, TypeError):
            numeric = False
        if not numeric:
            raise DTypeError(
                f"check_derivation: got {type(value).__name__} as the gradient for {name!r}, "
                "expected an array of numbers."
            )
        arrays[name] = array if array.dtype.kind in "fc" else array.astype(np.float64)
    return arrays


def asked(function: Callable[..., Any], values: dict[str, Any], who: str) -> Any:
    """function(values); a name that is not among them is named in a sentence."""
    known = sorted(values)
    try:
        return function(values)
    except KeyError as error:
        name = error.args[0] if error.args else None
        if name in known or not isinstance(name, str):
            raise
        near = _nearest(name, known).rstrip("?")
        if who == "hand":
            what = "is neither an input nor a named tensor"
            do = f"name it in forward with .named({name!r})"
        else:
            what, do = "is not among the inputs", f"pass inputs={{{name!r}: ..., ...}}"
        raise ArgumentError(
            f"check_derivation: {who} asked for {name!r}, which {what}; {do}{near}."
        ) from error


class Runs:
    """The two functions of the function form, run on inputs of choice."""

    def __init__(self, forward: Callable[..., Any], hand: Any, inputs: Any, sign: int) -> None:
        if not isinstance(inputs, Mapping) or not inputs:
            raise ArgumentError(
                "check_derivation: got functions without inputs; pass inputs={'X': X, 'w': w, ...}"
                ", what both functions compute from."
            )
        for name in inputs:
            if not isinstance(name, str):
                raise ArgumentError(
                    f"check_derivation: got the input name {name!r}, expected a str."
                )
        self.forward = forward
        self.hand = hand
        self.sign = sign
        self.untracked: set[str] = set()
        self.floats: set[str] = set()
        self.inputs = {name: _as_input(name, value) for name, value in inputs.items()}

    def record(self, inputs: Mapping[str, Any]) -> Graph:
        """Run forward on fresh Tensors and read the graph."""
        try:
            return self._record(inputs, self.untracked)
        except (ConversionError, UnsupportedError, DTypeError):
            # An op may refuse that labels or masks be tracked: leave one input untracked, or all
            # that may be data.
            floats = [n for n, x in inputs.items() if _is_float(x)]
            for left in [{n} for n in floats]:
                try:
                    graph = self._record(inputs, self.untracked | left)
                except AutogradError:
                    continue
                self.untracked |= left
                return graph
            raise

    def _record(self, inputs: Mapping[str, Any], untracked: set[str]) -> Graph:
        tensors: dict[str, Any] = {}
        for name, x in inputs.items():
            if not isinstance(x, np.ndarray):
                tensors[name] = x
                continue
            tracked = _is_float(x) and name not in untracked
            tensors[name] = Tensor(x, requires_grad=tracked, name=name)
        with mode.enable_grad(), np.errstate(all="ignore"):
            loss = asked(self.forward, dict(tensors), "forward")
        return Graph(loss, tensors)

    def by_hand(self, graph: Graph, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What the user's function gives for a recorded run."""
        if isinstance(self.hand, Mapping):
            return as_gradients(self.hand, "for the gradients")
        values: dict[str, Any] = {**graph.arrays, **inputs}
        values = {k: _copied(v) for k, v in values.items()}
        with np.errstate(all="ignore"):
            return as_gradients(asked(self.hand, values, "hand"), "from hand")

    def point(self, inputs: Mapping[str, Any]) -> Point:
        """A point for these inputs."""
        graph = self.record(inputs)
        given = self.by_hand(graph, inputs)
        for name in given:
            x = np.asarray(inputs.get(name))
            if x.dtype.kind in "iub" and name not in self.floats:
                # Whoever differentiates by an array of integers means it as numbers.
                self.floats.add(name)
                self.inputs[name] = np.asarray(self.inputs[name]).astype(np.float64)
                return self.point({**inputs, name: x.astype(np.float64)})
            if name in self.untracked and name in inputs:
                self.untracked.discard(name)
        return Point(graph, given, self.sign)

    def check_same(self, first: Point) -> None:
        """Refuse functions that do not give the same for the same."""
        again = self.record(self.inputs)
        a, b = first.graph.loss.item(), again.loss.item()
        eps = np.finfo(first.graph.loss.dtype).eps
        if not (a == b or abs(a - b) <= 1e3 * eps * abs(a) or (a != a and b != b)):
            raise ArgumentError(
                f"check_derivation: forward gave {a:.9g} and then {b:.9g} for the same inputs;"
                " make it deterministic: seed its random numbers (dropout, noise) inside it."
            )
        hand = self.by_hand(again, self.inputs)
        if list(hand) != list(first.given):
            raise ArgumentError(
                "check_derivation: hand gave other names the second time; make it deterministic."
            )
        for name, value in hand.items():
            if value.shape != first.given[name].shape or not np.allclose(
                value, first.given[name], rtol=1e3 * eps, atol=0, equal_nan=True
            ):
                raise ArgumentError(
                    f"check_derivation: hand gave two different gradients for {name!r} and the "
                    "same inputs; make it deterministic: seed its random numbers inside."
                )

    def sampled(self, sample: Callable[[int], Any], seed: int) -> dict[str, Any]:
        """The user's own inputs for a seed."""
        found = sample(seed)
        if not isinstance(found, Mapping) or set(found) != set(self.inputs):
            got = sorted(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
            raise ArgumentError(
                f"check_derivation: sample({seed}) gave {got}, expected a dict with the names of "
                f"inputs: {sorted(self.inputs)}."
            )
        new = {name: _as_input(name, found[name]) for name in self.inputs}
        return {n: np.asarray(x, np.float64) if n in self.floats else x for n, x in new.items()}

    def moved(self, differentiated: set[str], seed: int) -> dict[str, Any]:
        """The inputs, perturbed so that the same formulas hold.

        Data keep what a derivation may rest on: labels, one-hot rows, masks, probabilities and
        normalised rows stay as they are, zeros stay zero, symmetric matrices symmetric.
        """
        rng = np.random.default_rng(seed)
        found = {}
        for name, x in self.inputs.items():
            if _is_float(x) and name in differentiated:
                found[name] = _perturbed(x, rng)
            elif _is_float(x) and _may_move(x):
                found[name] = _perturbed_data(x, rng)
            else:
                found[name] = x
        return found

    def shorter(self, first: Point) -> Point | None:
        """A point whose batch has one row less, or None where that cannot be had."""
        differentiated = set(first.given)
        arrays = {n: x for n, x in self.inputs.items() if isinstance(x, np.ndarray) and x.ndim}
        data = {n: x for n, x in arrays.items() if n not in differentiated}
        for axis in (0, -1):
            options = []
            for held in (data, arrays):
                sizes = sorted({x.shape[axis] for x in held.values()})
                options += [{n: x for n, x in held.items() if x.shape[axis] == k} for k in sizes]
            for cut in options:
                if not cut or next(iter(cut.values())).shape[axis] < 2:
                    continue
                keep = slice(0, -1)
                less = {
                    n: (x[keep] if axis == 0 else x[..., keep]).copy() if n in cut else x
                    for n, x in self.inputs.items()
                }
                try:
                    point = self.point(less)
                except Exception:
                    # Whatever refuses the shorter batch (a fixed size somewhere), another axis
                    # may do; the check goes on without.
                    continue
                if _is_shorter(point.graph, first.graph):
                    return point
        return None


def _is_shorter(graph: Graph, than: Graph) -> bool:
    """Whether what is computed became smaller too: labels alone, cut, would just be broadcast."""
    if len(graph.nodes) != len(than.nodes):
        return False
    pairs = [(a, b) for a, b in zip(graph.nodes, than.nodes, strict=True) if b.shape]
    named = [(a, b) for a, b in pairs if b in than.names]
    smaller = [a.size < b.size for a, b in named or pairs]
    return bool(smaller) and 2 * sum(smaller) >= len(smaller)


def _as_input(name: str, value: Any) -> Any:
    if isinstance(value, Tensor):
        value = value._value
    if isinstance(value, _PLAIN) or callable(value) or type(value) is int:
        return value
    try:
        array = np.array(value)
    except (ValueError, TypeError):
        array = np.empty((), object)
    return array if array.dtype.kind in "biufc" else value


def _is_float(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def _copied(x: Any) -> Any:
    return (x.copy() if x.ndim else x[()]) if isinstance(x, np.ndarray) else x


def _may_move(x: Any) -> bool:
    """Whether data may be perturbed without becoming something else."""
    if not x.size or not np.isfinite(x).all() or (x == np.round(x)).all():
        return False
    if len(np.unique(x)) <= 2 < x.size:
        return False
    for axis in range(x.ndim):
        ones = [np.sum(np.abs(x) ** 2, axis=axis)]
        if x.dtype.kind == "f" and (x >= 0).all():
            ones.append(x.sum(axis=axis))
        if any(np.allclose(one, 1, rtol=1e-5) for one in ones):
            return False
        if x.shape[axis] > 1 and np.allclose(x.mean(axis=axis), 0, atol=1e-7 * np.abs(x).max()):
            return False
    return True


def _perturbed_data(x: Any, rng: np.random.Generator) -> Any:
    moved = np.where(x == 0, x, _perturbed(x, rng))
    if x.ndim == 2 and x.shape[0] == x.shape[1] and (x == x.T).all():
        moved = ((moved + moved.T) / 2).astype(x.dtype)
    return moved


def _perturbed(x: Any, rng: np.random.Generator) -> Any:
    """x moved by some tenths of its size; positive arrays stay positive, zeros become small."""
    noise = rng.normal(size=x.shape)
    finite = np.isfinite(x)
    with np.errstate(all="ignore"):
        size = float(np.sqrt(np.mean(np.abs(np.where(finite, x, 0)) ** 2))) if x.size else 0.0
        if x.dtype.kind != "c" and size and (x > 0).all():
            moved = x * np.exp(0.2 * noise)
        else:
            moved = x + 0.3 * (size or 0.5) * noise
        if x.dtype.kind == "c":
            moved = moved + 0.3j * (size or 0.5) * rng.normal(size=x.shape)
    return np.where(finite, moved, x).astype(x.dtype)
