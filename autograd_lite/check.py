"""``check_grads``: autodiff against numerical derivatives that know how good they are.

There is no absolute tolerance anywhere: a loss scaled by 1e-6 is checked as sharply as one scaled
by 1e6. Every numerical derivative comes with a bound, and an entry whose bound is too wide to
judge by is reported as such instead of being passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import mode
from .errors import ArgumentError, GradientError, GraphError
from .functional import jvp, vjp
from .numeric import Estimate, derivative
from .tensor import Tensor
from .tree import flatten

AGREE, DISAGREE, CANNOT_TELL = "AGREE", "DISAGREE", "CAN'T TELL"
_LARGE = 2000
_SAMPLED = 100


class Entry:
    """One derivative that was checked: where, autodiff's value, the numerical one, the verdict."""

    __slots__ = ("autodiff", "index", "input", "numeric", "part", "verdict", "why")

    def __init__(
        self,
        input: str,
        index: tuple[int, ...],
        part: str,
        autodiff: float,
        numeric: Estimate,
        verdict: str,
        why: str,
    ) -> None:
        self.input = input
        self.index = index
        self.part = part
        self.autodiff = autodiff
        self.numeric = numeric
        self.verdict = verdict
        self.why = why

    @property
    def off(self) -> float:
        """The difference, relative to the larger of the two values."""
        size = max(abs(self.autodiff), abs(self.numeric.value))
        return abs(self.autodiff - self.numeric.value) / size if size else 0.0

    def __str__(self) -> str:
        n = self.numeric
        where = f"{self.input}{list(self.index) if self.index else ''}{self.part}"
        found = (
            f"between {n.left:.9g} and {n.right:.9g} (a kink)"
            if n.kink
            else f"{n.value:.12g} ± {n.bound:.1g}"
        )
        return f"{where}: autodiff {self.autodiff:.12g}, numeric {found}"


class Report:
    """What ``check_grads`` found; true if every entry agrees.

    Attributes:
        entries: every derivative checked. total: how many there are in all the inputs.
        evaluations: how often the function was run.
    """

    __slots__ = ("entries", "evaluations", "total")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.total = 0
        self.evaluations = 0

    @property
    def ok(self) -> bool:
        """Whether every entry checked agrees (a valid subgradient at a kink does)."""
        return all(e.verdict == AGREE for e in self.entries)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def worst(self) -> Entry | None:
        """The entry that is furthest off; a wrong one before an uncertain one."""
        order = (DISAGREE, CANNOT_TELL, AGREE)
        ranked = sorted(self.entries, key=lambda e: (order.index(e.verdict), -e.off))
        return ranked[0] if ranked else None

    def table(self) -> str:
        """One line per input and kind of derivative: entries, agreeing, worst digits, kinks."""
        lines = [f"{'input':24s} {'checked':>8s} {'agree':>6s} {'digits':>7s} {'kinks':>6s}"]
        for name in dict.fromkeys(e.input for e in self.entries):
            mine = [e for e in self.entries if e.input == name]
            agreeing = sum(e.verdict == AGREE for e in mine)
            smooth = [e.off for e in mine if not e.numeric.kink]
            digits = min((_digits(x) for x in smooth), default=0.0)
            kinks = sum(e.numeric.kink for e in mine)
            lines.append(f"{name[:24]:24s} {len(mine):8d} {agreeing:6d} {digits:7.1f} {kinks:6d}")
        return "\n".join(lines)

    def __str__(self) -> str:
        wrong = [e for e in self.entries if e.verdict == DISAGREE]
        unsure = [e for e in self.entries if e.verdict == CANNOT_TELL]
        count = f"{len(self.entries)} derivatives checked"
        if self.total > len(self.entries):
            count += f" of {self.total}, drawn at random and the largest"
        head = f"check_grads: {count}, {self.evaluations} evaluations: "
        if wrong:
            head += f"{len(wrong)} WRONG"
        elif unsure:
            head += f"{len(unsure)} cannot be told"
        else:
            head += "all agree"
        lines = [head, self.table()]
        if (wrong or unsure) and self.worst is not None:
            lines.append(f"worst: {self.worst}")
            if self.worst.why:
                lines.append(f"  {self.worst.why}")
        hint = _hint(wrong)
        return "\n".join(lines + ([hint] if hint else []))

    def __repr__(self) -> str:
        return str(self)

    def raise_if_wrong(self) -> None:
        """Raise GradientError with this report as its text unless it is ok."""
        if not self.ok:
            raise GradientError(str(self))


def _digits(off: float) -> float:
    return 16.0 if off <= 1e-16 else float(-np.log10(off))


def _hint(wrong: list[Entry]) -> str:
    ratios = [e.autodiff / e.numeric.value for e in wrong if e.numeric.value and not e.numeric.kink]
    if not ratios or len(ratios) < len(wrong):
        return "autodiff gives 0 there" if wrong and all(e.autodiff == 0 for e in wrong) else ""
    first = ratios[0]
    if all(abs(r - first) <= 1e-5 * abs(first) for r in ratios):
        if abs(first) < 1e-12:
            return "hint: autodiff gives 0 there"
        what = (
            "the sign is wrong" if abs(first + 1) < 1e-5 else f"autodiff is {first:.6g} × numeric"
        )
        return f"hint: the same ratio in every wrong entry: {what}"
    return ""


def check_grads(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    modes: Sequence[str] = ("reverse",),
    rtol: float = 1e-6,
    seed: int = 0,
) -> Report:
    """Compare autodiff's derivatives of f with numerical ones, entry by entry.

    Args:
        f: a function of arrays or pytrees of them; its output may have any shape and form (it is
            weighted with fixed random numbers).
        inputs: where to check; floating inputs are copied to float64 (complex ones to complex128),
            the others are passed as they are.
        order: 2 checks the second derivatives too.
        modes: "reverse", "forward" or both.
        rtol: how many digits must agree, beyond the numerical error, which is bounded.
        seed: of the random weights and, with more than 2,000 entries, of those to check.

    Returns:
        a Report: ``.ok``, ``.worst``, ``.table()``, ``bool()``, ``raise_if_wrong()``.

    Raises:
        ArgumentError: f is not deterministic, has no floating input, or an argument is unknown.

    >>> import numpy as np, autograd_lite as ag
    >>> report = ag.check_grads(lambda x: ag.tanh(x).sum(), np.array([0.1, -2.0]))
    >>> report.ok
    True
    """
    for mode_name in modes:
        if mode_name not in ("reverse", "forward"):
            raise ArgumentError(
                f"check_grads: got mode {mode_name!r}, expected 'reverse' or 'forward'."
            )
    if order not in (1, 2):
        raise ArgumentError(f"check_grads: got order={order!r}, expected 1 or 2.")
    problem = _Problem(f, inputs, seed)
    report = Report()
    if "reverse" in modes:
        _check_reverse(problem, report, rtol, "")
    if "forward" in modes:
        _check_forward(problem, report, rtol)
    if order == 2:
        second = _Problem(problem.gradient, problem.point(), seed + 1, problem.names)
        _check_reverse(second, report, rtol, " (2nd)")
    return report


class _Problem:
    """f as a real function of a list of float arrays, with its autodiff gradient."""

    def __init__(
        self,
        f: Callable[..., Any],
        inputs: Sequence[Any],
        seed: int,
        names: list[str] | None = None,
    ) -> None:
        self.f = f
        self.rng = np.random.default_rng(seed)
        leaves, self.rebuild = flatten(tuple(inputs))
        self.leaves = [_copied(x) for x in leaves]
        self.active = [
            i for i, x in enumerate(self.leaves) if getattr(x, "dtype", np.dtype(int)).kind in "fc"
        ]
        if not self.active:
            raise ArgumentError(
                "check_grads: got no floating input to differentiate in; write 1.0 or dtype=float."
            )
        self.names = names or [
            getattr(leaves[i], "name", None) or f"input {i}" for i in self.active
        ]
        self.records = False
        try:
            first = self._outputs(self.point())
        except GraphError:  # f takes derivatives of its own inputs
            self.records = True
            first = self._outputs(self.point())
        again = self._outputs(self.point())
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, again, strict=True)):
            raise ArgumentError(
                "check_grads: got two different values from the same input; the function must be "
                "deterministic (seed its random numbers inside it)."
            )
        self.weights = [self._weight(x) for x in first]
        self.noise = max(
            (float(np.finfo(x.dtype).eps) for x in first if x.dtype.kind in "fc"), default=2.3e-16
        )

    def _weight(self, x: Any) -> Any:
        if x.dtype.kind == "c":
            return self.rng.normal(size=x.shape) + 1j * self.rng.normal(size=x.shape)
        return np.ones(()) if x.ndim == 0 else self.rng.normal(size=x.shape)

    def point(self) -> list[Any]:
        return [self.leaves[i] for i in self.active]

    def call(self, *active: Any) -> Any:
        leaves = list(self.leaves)
        for i, x in zip(self.active, active, strict=True):
            leaves[i] = x
        return self.f(*self.rebuild(leaves))

    def _outputs(self, point: Sequence[Any]) -> list[Any]:
        inputs = [Tensor(x, requires_grad=self.records) for x in point]
        with mode.enable_grad() if self.records else mode.no_grad(), np.errstate(all="ignore"):
            outs, _ = flatten(self.call(*inputs))
        return [np.asarray(o._value if isinstance(o, Tensor) else o) for o in outs]

    def value(self, point: Sequence[Any]) -> float:
        """The weighted sum of all outputs, a real number."""
        pairs = zip(self.weights, self._outputs(point), strict=True)
        return float(sum(np.sum((np.conj(w) * x).real) for w, x in pairs))

    def gradient(self, *active: Any) -> tuple[Any, ...]:
        """Autodiff's gradient of the value in each active input."""
        out, pullback = vjp(self.call, *active)
        outs, rebuild = flatten(out)
        seeds = [w.astype(o.dtype) for w, o in zip(self.weights, outs, strict=True)]
        return pullback(rebuild(seeds))  # type: ignore[no-any-return]


def _copied(x: Any) -> Any:
    if isinstance(x, Tensor):
        x = x.data
    if isinstance(x, float | complex) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc"):
        array = np.array(x)
        return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
    return x


def _check_reverse(problem: _Problem, report: Report, rtol: float, suffix: str) -> None:
    point = problem.point()
    try:
        found = problem.gradient(*point)
    except GraphError:
        found = tuple(np.zeros(x.shape, x.dtype) for x in point)
    for i, (x, g) in enumerate(zip(point, found, strict=True)):
        parts = [("", 1.0)] if x.dtype.kind != "c" else [(" (real)", 1.0), (" (imag)", 1j)]
        size = float(np.max(np.abs(g), initial=0.0))
        report.total += x.size * len(parts)
        for flat in _chosen(g, problem.rng):
            index = tuple(int(k) for k in np.unravel_index(flat, x.shape))
            for part, unit in parts:
                direction = np.zeros(x.shape, x.dtype)
                direction[index] = unit
                autodiff = float(g[index].real if unit == 1.0 else g[index].imag)
                where = (f"{problem.names[i]}{suffix}", index, part)
                _add(report, problem, where, i, direction, autodiff, abs(x[index]), size, rtol)


def _chosen(g: Any, rng: np.random.Generator) -> Any:
    if g.size <= _LARGE:
        return range(g.size)
    largest = np.argsort(np.abs(g), axis=None)[-10:]
    drawn = rng.choice(g.size, _SAMPLED, replace=False)
    return sorted({int(k) for k in (*largest, *drawn)})


def _check_forward(problem: _Problem, report: Report, rtol: float) -> None:
    point = tuple(problem.point())
    for i, x in enumerate(point):
        for k in range(3):
            direction = problem.rng.normal(size=x.shape).astype(x.dtype)
            tangents = tuple(direction if j == i else np.zeros_like(p) for j, p in enumerate(point))
            _, pushed = jvp(problem.call, point, tangents)
            slopes, _ = flatten(pushed)
            pairs = zip(problem.weights, slopes, strict=True)
            autodiff = float(sum(np.sum((np.conj(w) * np.asarray(s)).real) for w, s in pairs))
            where = (f"{problem.names[i]} (forward)", (k,), "")
            report.total += 1
            _add(report, problem, where, i, direction, autodiff, 1.0, abs(autodiff), rtol)


def _add(
    report: Report,
    problem: _Problem,
    where: tuple[str, tuple[int, ...], str],
    i: int,
    direction: Any,
    autodiff: float,
    at: float,
    size: float,
    rtol: float,
) -> None:
    point = problem.point()

    def along(h: float) -> float:
        moved = list(point)
        moved[i] = point[i] + h * direction
        return problem.value(moved)

    numeric = derivative(along, float(at) or 1.0, problem.noise)
    report.evaluations += numeric.evaluations
    verdict, why = _judge(autodiff, numeric, size, rtol)
    report.entries.append(Entry(*where, autodiff, numeric, verdict, why))


def _judge(autodiff: float, n: Estimate, size: float, rtol: float) -> tuple[str, str]:
    if not np.isfinite(n.value):
        return CANNOT_TELL, "the function is not finite near this point"
    if n.left is not None and n.right is not None:
        low, high = min(n.left, n.right) - n.bound, max(n.left, n.right) + n.bound
        if low <= autodiff <= high:
            return AGREE, "a valid subgradient at a kink"
        return DISAGREE, "outside the one-sided derivatives of this kink"
    off = abs(autodiff - n.value)
    largest = max(abs(autodiff), abs(n.value))
    if not np.isfinite(autodiff) or off > 10 * n.bound + rtol * largest:
        return DISAGREE, f"off by {off:.3g}, {off / n.bound if n.bound else np.inf:.3g} × the bound"
    if n.bound > 1e-3 * max(largest, size):
        return CANNOT_TELL, f"the numerical derivative is only known to ± {n.bound:.2g}"
    return AGREE, ""
