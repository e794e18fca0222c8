"""The function under test, as a real function of a list of float64 arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from .. import mode
from ..cotangent import seed_of
from ..errors import ArgumentError, GraphError
from ..functional import jvp, vjp
from ..numeric import EPS
from ..recording import Trace, push
from ..tensor import Tensor, plain_tensor
from ..tree import flatten
from .branches import Pattern, pattern_of

_TINY = 1e-30
_RESCALED = 16  # from so many outputs on, their weights are not fitted to their gradients


class Problem:
    """f as a real function of float arrays: the weighted sum of all its outputs.

    Attributes:
        names: of the floating inputs. noise: the relative rounding error of the outputs.
        analytic: True, "pieces" or False: what the ops that f records say of complex step.
        evaluations: how often f has been run.
        size: of the weighted outputs, what rounding is a part of. inherited: the same of the
            function that f is the gradient of.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        inputs: Sequence[Any],
        seed: int,
        names: list[str] | None = None,
    ) -> None:
        self.f = f
        self.evaluations = 0
        self._complex: list[Any] = []
        # Complex step makes all inputs complex, or only the one that moves: which is faster, but
        # not for gradients, since a real input's is cut to its real part.
        self._whole = names is not None
        self.rng = np.random.default_rng(seed)
        leaves, self.rebuild = flatten(tuple(inputs))
        self.leaves = [_copied(x) for x in leaves]
        self.active = [
            i for i, x in enumerate(self.leaves) if getattr(x, "dtype", np.dtype(int)).kind in "fc"
        ]
        if not any(self.leaves[i].size for i in self.active):
            raise ArgumentError(
                "check_grads: got no floating input to differentiate in; write 1.0 or dtype=float."
            )
        paths = list(_paths(tuple(inputs)))
        self.names = names or [
            getattr(leaves[i], "name", None) or f"input {paths[i]}" for i in self.active
        ]
        self.records = False
        try:
            first = self.outputs(self.point())
        except GraphError:  # f takes derivatives of its own inputs
            self.records = self._whole = True
            first = self.outputs(self.point())
        self.first = first
        self._check_outputs(names is not None)
        self.trace = self._recorded(self.point())
        self.tracked = [t._is_tracked() for t in self.trace.outs]
        if names is None and not any(self.tracked):
            raise ArgumentError(
                "check_grads: got a function whose result records no graph: a plain number or "
                "array, or a constant; return what autograd_lite's ops give, without .data, "
                ".item() or float()."
            )
        self.analytic = self._analytic()
        kinds = [node.dtype for node in self.trace.nodes] + [x.dtype for x in first]
        self.noise = max(EPS, *(float(np.finfo(k).eps) for k in kinds if k.kind in "fc"))
        self.weights = [self._weight(x) for x in first]
        if 1 < len(first) <= _RESCALED:
            self._rescale()
        self.size = self._size()
        self.inherited = 0.0

    def _check_outputs(self, second: bool) -> None:
        first, again = self.first, self.outputs(self.point())
        if len(first) != len(again) or not all(
            a.shape == b.shape and np.array_equal(a, b, equal_nan=True)
            for a, b in zip(first, again, strict=True)
        ):
            raise ArgumentError(self._not_deterministic())
        if not first:
            raise ArgumentError(
                "check_grads: got a function without a floating output; return a Tensor of floats."
            )
        fine = all(not np.isnan(x).any() for x in self.point())
        for k, x in enumerate(first):
            if fine and not second and np.isnan(x).any():
                raise ArgumentError(
                    f"check_grads: got a function that gives NaN at this point (output {k}: "
                    f"{int(np.isnan(x).sum())} of {x.size} entries); move the inputs to where it "
                    "is defined, or find its origin with autograd_lite.detect_anomaly()."
                )

    def _not_deterministic(self) -> str:
        traces = [self._recorded(self.point()) for _ in range(2)]
        a, b = (pattern_of(trace.nodes, constants=True) for trace in traces)
        cause = next((q.masks(p) for p, q in zip(a, b, strict=False) if not p.same(q)), "")
        return (
            f"check_grads: got two different values from the same input{cause}; the function must "
            "be deterministic: seed its random numbers inside it, or switch dropout off with "
            "model.eval()."
        )

    def _analytic(self) -> bool | str:
        if any(self.leaves[i].dtype.kind == "c" for i in self.active):
            return False
        found: bool | str = True
        for node in self.trace.nodes:
            if node.dtype != np.float64 or not node.op.analytic:
                return False
            if node.op.analytic != True:  # noqa: E712 - it may be a word
                found = node.op.analytic
        return found

    def _weight(self, x: Any) -> Any:
        if len(self.first) == 1 and x.ndim == 0 and x.dtype.kind != "c":
            return np.ones(())
        parts = [self.rng.uniform(0.5, 1.5, x.shape) for _ in range(2)]
        signs = [self.rng.choice([-1.0, 1.0], x.shape) for _ in range(2)]
        real, imag = (p * s for p, s in zip(parts, signs, strict=True))
        # Of the outputs' precision, so that numerical derivatives and the rules get the same.
        return (real + 1j * imag if x.dtype.kind == "c" else real).astype(x.dtype)

    def _rescale(self) -> None:
        """Make all outputs count alike, so that a large one does not hide a small one."""
        for k, w in enumerate(self.weights):
            only = [v if j == k else np.zeros_like(v) for j, v in enumerate(self.weights)]
            size = max(float(np.max(np.abs(g), initial=0.0)) for g in self._pulled(only))
            if np.isfinite(size) and size > 0:
                scaled = w / 2.0 ** np.round(np.log2(size))
                if np.isfinite(scaled).all():
                    self.weights[k] = np.asarray(scaled, w.dtype)

    # -- running f ---------------------------------------------------------------------------

    def point(self) -> list[Any]:
        """The floating inputs."""
        return [self.leaves[i] for i in self.active]

    def call(self, *active: Any) -> Any:
        """f, of its floating inputs only."""
        leaves = list(self.leaves)
        for i, x in zip(self.active, active, strict=True):
            leaves[i] = x
        return self.f(*self.rebuild(leaves))

    def floats(self, *active: Any) -> list[Any]:
        """The floating outputs of f, in a list."""
        self.evaluations += 1
        out, _ = flatten(self.call(*active))
        for x in out:
            if not isinstance(x, (Tensor, np.ndarray, np.generic, int, float, complex)):
                raise ArgumentError(
                    f"check_grads: got a function that returned {type(x).__name__}, expected "
                    "Tensors; is a return missing?"
                )
        return [x for x in out if np.dtype(getattr(x, "dtype", type(x))).kind in "fc"]

    def outputs(self, point: Sequence[Any]) -> list[Any]:
        """The floating outputs as arrays."""
        inputs = [self._input(x) for x in point]
        with mode.enable_grad() if self.records else mode.no_grad(), np.errstate(all="ignore"):
            outs = self.floats(*inputs)
        return [np.asarray(o._value if isinstance(o, Tensor) else o) for o in outs]

    def _recorded(self, point: Sequence[Any]) -> Trace:
        with np.errstate(all="ignore"):
            return Trace(self.floats, point, range(len(self.active)))

    def _input(self, x: Any) -> Tensor:
        if self.records or self.evaluations < 2:
            return Tensor(x, requires_grad=self.records)
        # Not a copy: recording refuses writes into inputs, so f makes none.
        view = x.view()
        view.flags.writeable = False
        return plain_tensor(view)

    def moved(self, i: int, h: float, direction: Any) -> list[Any]:
        """The point with h times a direction (an array, or an Axis) added to input i."""
        point = self.point()
        point[i] = _shifted(point[i], h, direction)
        return point

    def change(self, i: int, direction: Any) -> Callable[[float], tuple[float, float]]:
        """How the weighted sum changes along a direction of input i, for ``numeric.slope``.

        Entries of the outputs that do not change count with neither value nor size.
        """
        base, weights = list(map(_wide, self.first)), list(map(_wide, self.weights))

        def along(h: float) -> tuple[float, float]:
            total, square = 0.0, 0.0
            try:
                outs = list(map(_wide, self.outputs(self.moved(i, h, direction))))
            except Exception:  # outside of what f takes: it works at the point itself
                return float("nan"), 0.0
            if [x.shape for x in outs] != [y.shape for y in base]:
                return float("nan"), 0.0
            for w, x, y in zip(weights, outs, base, strict=True):
                if x.ndim == 0:
                    if x != y and not (x != x and y != y):
                        total += float((np.conj(w) * (x - y)).real)
                        square += (float(abs(w)) * max(float(abs(x)), float(abs(y)))) ** 2
                    continue
                same = (x == y) | ((x != x) & (y != y))
                if same.all():
                    continue
                with np.errstate(all="ignore"):
                    total += float(np.sum(np.where(same, 0, np.conj(w) * (x - y)).real))
                    size = np.where(same, 0, np.abs(w) * np.maximum(np.abs(x), np.abs(y)))
                    square += float(np.sum(size**2))
            return total, square**0.5

        return along

    def direction(self, i: int) -> Any:
        """A random direction: every entry moves, no two by the same."""
        x = self.point()[i]

        def drawn() -> Any:
            return self.rng.choice([-1.0, 1.0], x.shape) * self.rng.uniform(0.5, 1.5, x.shape)

        return drawn() + 1j * drawn() if x.dtype.kind == "c" else np.asarray(drawn())

    def slopes_nearby(self, i: int, direction: Any, scale: float, count: int) -> list[float]:
        """Slopes along a direction at random points close by, where ties are broken."""
        found = []
        for _ in range(count):
            point = self.point()
            middle = point[i] + 1e-5 * scale * self.direction(i)
            values = []
            for step in (1e-8 * scale, -1e-8 * scale):
                point[i] = np.asarray(middle + step * direction)
                pairs = zip(self.weights, self.outputs(point), strict=True)
                values.append([np.conj(w) * x for w, x in pairs])
            rise = sum(float(np.sum((a - b).real)) for a, b in zip(*values, strict=True))
            found.append(rise / (2e-8 * scale))
        return found

    # -- derivatives -------------------------------------------------------------------------

    def found(self) -> list[Any]:
        """Autodiff's gradient of the weighted sum, by reverse mode."""
        return self._pulled(self.weights)

    def wobble(self, i: int) -> float:
        """How much autodiff's gradient in input i changes when all roundings fall otherwise."""
        found = self.found()[i]
        most = 0.0
        for nudge in (1, -1, 2, -3):
            point = [_nudged(x, nudge) for x in self.point()]
            self.trace, kept = self._recorded(point), self.trace
            try:
                off = np.abs(self.found()[i] - found)
            finally:
                self.trace = kept
            most = max(most, float(np.max(off, initial=0.0)))
        return most if np.isfinite(most) else 0.0

    def _size(self) -> float:
        with np.errstate(all="ignore"):
            pairs = zip(self.weights, self.first, strict=True)
            return float(np.sqrt(sum(float(np.sum(np.abs(w * x) ** 2)) for w, x in pairs)))

    def _pulled(self, weights: Sequence[Any]) -> list[Any]:
        seeds = [
            seed_of(t, w, "check_grads", "weights")
            for t, w in zip(self.trace.outs, weights, strict=True)
        ]
        with np.errstate(all="ignore"):
            trees = self.trace.results(self.trace.pull(seeds, False), False)
        return [np.asarray(g) for g in trees]

    def pushed(self, i: int, direction: Any) -> float:
        """Autodiff's slope of the weighted sum along a direction of input i, by forward mode."""
        directions = [np.zeros(x.shape, x.dtype) for x in self.point()]
        directions[i] = direction.whole(directions[i]) if type(direction) is Axis else direction
        slopes = push(self.trace, directions, False)
        pairs = zip(self.weights, slopes, strict=True)
        return float(sum(np.sum((np.conj(w) * np.asarray(s)).real) for w, s in pairs))

    def gradient(self, *active: Any) -> tuple[Any, ...]:
        """The gradient as a function of the floating inputs, to be differentiated again."""
        out, pullback = vjp(self.floats, *active)
        gradients: tuple[Any, ...] = self._real(active, pullback(self._seeds(out)))
        return gradients

    def slope(self, tangents: Sequence[Any]) -> Callable[..., Any]:
        """The slope along fixed tangents as a function, by forward mode."""

        def along(*active: Any) -> Any:
            given = [t.astype(x.dtype) for t, x in zip(tangents, active, strict=True)]
            return jvp(self.floats, active, tuple(given))[1]

        return along

    def _seeds(self, outs: Sequence[Any]) -> list[Any]:
        return [w.astype(o.dtype) for w, o in zip(self.weights, outs, strict=True)]

    def _real(self, active: Sequence[Any], gradients: Any) -> Any:
        # Gradients of complex inputs come conjugated; complex step wants the function itself.
        if self.analytic and any(x.dtype.kind == "c" for x in active):
            return tuple(np.conj(g) for g in gradients)
        return gradients

    def complex_slope(self, i: int, direction: Any, nudge: int = 0) -> float | None:
        """The slope along a direction of input i by complex step; None where f refuses.

        With a nudge, from a point a few roundings away: all that is rounded comes out otherwise.
        """
        if self._whole and not self._complex:
            self._complex = [x.astype(np.complex128) for x in self.point()]
        point = list(self._complex) if self._whole else self.point()
        point[i] = _nudged(point[i], nudge).astype(np.complex128)
        h = _TINY * (1 + 0.37 * nudge / 4)
        point[i] = _shifted(point[i], 1j * h, direction)
        total = 0.0
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                outs = self.outputs(point)
        except Exception:  # whatever f cannot do with complex numbers
            if self._whole:
                return None
            # A write of complex numbers into an array that was made for real ones may have failed.
            self._whole = True
            return self.complex_slope(i, direction, nudge)
        if len(outs) != len(self.weights):
            return None
        for w, out in zip(self.weights, outs, strict=True):
            if out.dtype.kind == "c":
                part = np.where(out.imag == 0, 0, w * (out.imag / h))
                total += float(np.sum(part))
        return total

    def pattern(self, point: Sequence[Any]) -> list[Pattern]:
        """Which branches the recorded ops take at a point."""
        return pattern_of(self._recorded(point).nodes)

    def switches(self, i: int, step: float, direction: Any) -> list[str]:
        """The ops that take another branch one step of input i to either side."""
        with np.errstate(all="ignore"):
            middle, left, right = (
                self.pattern(self.moved(i, h, direction)) for h in (0.0, -step, step)
            )
        if not len(left) == len(middle) == len(right):
            return ["a branch of the function's code"]
        triples = zip(left, middle, right, strict=True)
        return list(dict.fromkeys(m.op for a, m, b in triples if not (m.same(a) and m.same(b))))


def _wide(x: Any) -> Any:
    """x in double precision, which holds every value of the shorter ones."""
    return x.astype(np.result_type(x, np.float64), copy=False)


class Axis:
    """The direction of a single entry."""

    __slots__ = ("index", "unit")

    def __init__(self, index: tuple[int, ...], unit: complex) -> None:
        self.index = index
        self.unit = unit

    def whole(self, like: Any) -> Any:
        """The direction as an array of that shape and dtype."""
        return _shifted(np.zeros(like.shape, like.dtype), 1.0, self)


def _shifted(x: Any, h: complex, direction: Any) -> Any:
    if type(direction) is not Axis:
        return np.asarray(x + h * direction)
    x = x.copy()
    x[direction.index] += h * direction.unit
    return x


def _nudged(x: Any, nudge: int) -> Any:
    """x moved by a few roundings, up and down."""
    if not nudge:
        return x
    jitter = np.where(np.arange(x.size) % 3, 4 * EPS, -4 * EPS).reshape(x.shape)
    return np.asarray(x + nudge * jitter * np.where(x == 0, 1, x))


def _copied(x: Any) -> Any:
    if isinstance(x, Tensor):
        x = x.data
    if isinstance(x, float | complex) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc"):
        array = np.array(x)
        return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return x


def _paths(tree: Any, path: str = "") -> Iterator[str]:
    """The place of every leaf of a pytree: "0", "0.w", "1.2"."""
    if isinstance(tree, dict):
        parts = list(tree.items())
    elif isinstance(tree, (list, tuple)):
        parts = list(enumerate(tree))
    else:
        yield path
        return
    for key, part in parts:
        yield from _paths(part, f"{path}.{key}" if path else str(key))
