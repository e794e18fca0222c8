"""``check_grads``: what is checked, in which order, and how the evidence is weighed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, closest
from ..numeric import Estimate
from .judge import AGREE, CANNOT_TELL, DISAGREE, TIE, judge
from .problem import Axis, Problem
from .report import Entry, Part, Report
from .truth import Truth

_LARGE = 2000
_SAMPLED = 100
_LARGEST = 10
_DIRECTIONS = 4
_MODES = ("reverse", "forward")
_CONFIRMED = 12  # after so many accusations that the ladder confirmed, complex step is believed


def check_grads(
    f: Callable[..., Any],
    *inputs: Any,
    order: int = 1,
    modes: Sequence[str] = ("reverse",),
    rtol: float = 1e-6,
    seed: int = 0,
) -> Report:
    """Compare autodiff's derivatives of f with numerical ones, entry by entry.

    The numerical ones are found by complex step where every op that f records is analytic (which
    is exact to rounding), else from ladders of differences; each has a bound of its own. An entry
    AGREEs if the two differ by no more than that bound and rtol of their size. At a kink every
    value between the one-sided derivatives is right. Where the bound is too wide to judge by, the
    verdict is CAN'T TELL, and the report is not ok. There is no absolute tolerance.

    Args:
        f: a function of arrays or pytrees of them; its output may have any shape and form (it is
            weighted with fixed random numbers).
        inputs: where to check; floating inputs are copied to float64 (complex ones to complex128),
            the others are passed as they are.
        order: 2 checks the second derivatives too.
        modes: "reverse", "forward" or both.
        rtol: how many digits must agree, beyond the numerical error, which is bounded.
        seed: of the random weights and directions. Of an input with more than 2,000 entries, 100
            at random, the 10 largest and 4 random directions are checked, and the report says so.

    Returns:
        a Report: ``.ok``, ``.worst``, ``.table()``, ``bool()``, ``raise_if_wrong()``.

    Raises:
        ArgumentError: f is not deterministic, gives NaN or no graph, has no floating input, or an
            argument is unknown.

    >>> import numpy as np, autograd_lite as ag
    >>> report = ag.check_grads(lambda x: ag.tanh(x).sum(), np.array([0.1, -2.0]))
    >>> report.ok
    True
    """
    _check_arguments(f, order, modes, rtol)
    problem = Problem(f, inputs, seed)
    report = Report()
    _check(problem, report, modes, rtol, "")
    if order == 2:
        again = problem.gradient
        if "reverse" not in modes:
            again = problem.slope([np.ones(x.shape) for x in problem.point()])
        second = Problem(again, problem.point(), seed + 1, problem.names)
        second.inherited = problem.size
        _check(second, report, modes, rtol, " (2nd)")
        report.evaluations += second.evaluations
    report.evaluations += problem.evaluations
    return report


def _check_arguments(f: Any, order: Any, modes: Any, rtol: Any) -> None:
    if not callable(f):
        raise DTypeError(
            f"check_grads: got {type(f).__name__} as f, expected a function; write "
            "check_grads(f, x), with the inputs after it."
        )
    if isinstance(modes, str) or not modes:
        raise ArgumentError(
            f"check_grads: got modes={modes!r}, expected a tuple such as ('reverse', 'forward')."
        )
    for mode in modes:
        if mode not in _MODES:
            hint = closest(mode, _MODES) if isinstance(mode, str) else ""
            raise ArgumentError(
                f"check_grads: got mode {mode!r}, expected 'reverse' or 'forward'{hint}."
            )
    if isinstance(order, bool) or order not in (1, 2):
        raise ArgumentError(f"check_grads: got order={order!r}, expected 1 or 2.")
    if isinstance(rtol, bool) or not isinstance(rtol, (int, float)) or not 0 <= rtol < 1:
        raise ArgumentError(f"check_grads: got rtol={rtol!r}, expected a number from 0 to 1.")


class _Input:
    """One input while it is checked: its entries, what autodiff says, where the truth is from."""

    def __init__(self, problem: Problem, i: int, part: Part) -> None:
        self.problem = problem
        self.part = part
        self.i = i
        self.truth = Truth(problem, i)
        self.rows: list[tuple[Entry, Callable[[bool], Estimate]]] = []

    def add(
        self, index: tuple[int, ...], kind: str, autodiff: float, truth: Callable[..., Estimate]
    ) -> None:
        """Find the numerical derivative of one entry or direction."""
        entry = Entry(self.part.name, index, kind, autodiff, truth(False))
        self.rows.append((entry, truth))
        value = abs(entry.numeric.value)
        if not entry.is_direction and math.isfinite(value):
            self.truth.largest = max(self.truth.largest, value)

    @property
    def scale(self) -> float:
        """The largest derivative of a single entry."""
        return self.truth.largest

    def judge(self, effect: float, rtol: float) -> None:
        """Give every entry its verdict; complex step never accuses by itself."""
        scale, confirmed = self.scale, 0
        for entry, truth in self.rows:
            whole = scale
            if entry.is_direction:
                whole *= math.sqrt(self.part.total)

            def verdict(n: Estimate, entry: Entry = entry, whole: float = whole) -> tuple[str, str]:
                reach = effect / self.truth.size
                return judge(entry.autodiff, n, whole, reach, rtol, self.problem.noise)

            entry.scale = whole
            entry.verdict, entry.why = verdict(entry.numeric)
            if entry.verdict != AGREE and entry.numeric.method == "complex step":
                entry.numeric = truth(True)
                entry.verdict, entry.why = verdict(entry.numeric)
                if entry.verdict != AGREE and confirmed < _CONFIRMED:
                    confirmed += self._confirm(entry, truth, verdict)
            if entry.verdict != AGREE and self._is_rounding(entry):
                entry.verdict, entry.why = AGREE, "zero, but for rounding"
        self.part.entries = [entry for entry, _ in self.rows]
        self.part.method = self.truth.method
        self.part.note = self.truth.note

    def allow_ties(self, gradient: Any) -> None:
        """Accept what disagrees if the gradient as a whole is valid where entries tie."""
        wrong = [e for e in self.part.entries if e.verdict == DISAGREE and not e.numeric.kink]
        if wrong and self.truth.is_subgradient(gradient):
            for entry in wrong:
                entry.verdict, entry.why = AGREE, TIE

    def _is_rounding(self, entry: Entry) -> bool:
        """Whether autodiff's value is nothing but rounding, and f is as flat as can be seen."""
        n, eps = entry.numeric, self.problem.noise
        if not math.isfinite(n.value) or n.kink or not abs(n.value) <= n.bound:
            return False
        size = self.problem.size + self.problem.inherited / self.truth.size
        rounding = eps * size / self.truth.size
        if abs(entry.autodiff) > 1e4 * rounding or n.bound > 1e4 * rounding:
            return False
        if self.truth.wobble is None:
            self.truth.wobble = self.problem.wobble(self.i)
        return abs(entry.autodiff) <= 100 * self.truth.wobble

    def _confirm(self, entry: Entry, truth: Any, verdict: Any) -> bool:
        """Whether the ladder says the same as complex step; if not, the ladder counts."""
        by_complex = entry.numeric
        method, self.truth.method = self.truth.method, "ladder"
        by_ladder = truth(False)
        self.truth.method = method
        off = abs(by_ladder.value - by_complex.value)
        if off <= 10 * (by_ladder.bound + by_complex.bound):
            return True
        entry.numeric = by_ladder
        entry.verdict, entry.why = verdict(by_ladder)
        self.truth.note = "complex step does not follow the function"
        return False


def _check(
    problem: Problem, report: Report, modes: Sequence[str], rtol: float, suffix: str
) -> None:
    point = problem.point()
    reverse = "reverse" in modes
    found = problem.found() if reverse else _by_columns(problem)
    inputs = []
    for i, (x, g) in enumerate(zip(point, found, strict=True)):
        before = problem.evaluations
        complex_ = x.dtype.kind == "c"
        word = "" if reverse else " (forward)"
        part = Part(_free(f"{problem.names[i]}{word}{suffix}", report), x.shape, x.size)
        part.total *= 2 if complex_ else 1
        part.connected = problem.trace.targets[i] in _reached(problem)
        report.parts[part.name] = part
        each = _Input(problem, i, part)
        inputs.append(each)
        _add_entries(each, x, g)
        part.evaluations = problem.evaluations - before
        if reverse and "forward" in modes and x.size:
            part = Part(_free(f"{problem.names[i]} (forward){suffix}", report), x.shape, 0)
            report.parts[part.name] = part
            pushed = _Input.__new__(_Input)
            pushed.problem, pushed.part, pushed.i, pushed.truth = problem, part, i, each.truth
            pushed.rows = []
            inputs.append(pushed)
            before = problem.evaluations
            _add_directions(pushed, 3, partial(problem.pushed, i))
            part.evaluations = problem.evaluations - before
    effect = max((each.scale * each.truth.size for each in inputs), default=0.0)
    for each in inputs:
        before = problem.evaluations
        each.judge(effect, rtol)
        each.allow_ties(found[each.i])
        _locate(each, found[each.i], effect, rtol)
        each.part.evaluations += problem.evaluations - before


def _free(name: str, report: Report) -> str:
    """The name, numbered if another input has it."""
    free, k = name, 2
    while free in report.parts:
        free, k = f"{name} #{k}", k + 1
    return free


def _reached(problem: Problem) -> set[Any]:
    parents = {p for node in problem.trace.nodes for p in node.parents if p is not None}
    return parents | set(problem.trace.roots)


def _by_columns(problem: Problem) -> list[Any]:
    """Forward mode's gradient: one slope per entry; NaN where an input is too large for that."""
    found = []
    for i, x in enumerate(problem.point()):
        g = np.full(x.shape, np.nan, x.dtype)
        if x.size <= _LARGE:
            for index in np.ndindex(x.shape):
                for unit in (1.0, 1j) if x.dtype.kind == "c" else (1.0,):
                    before = 0 if unit == 1.0 else g[index]
                    g[index] = before + unit * problem.pushed(i, Axis(index, unit))
        found.append(g)
    return found


def _add_entries(each: _Input, x: Any, g: Any) -> None:
    problem, i = each.problem, each.i
    parts: list[tuple[str, complex]] = [("", 1.0)]
    if x.dtype.kind == "c":
        parts = [(" (real)", 1.0), (" (imag)", 1j)]
    for flat in _chosen(g, problem.rng):
        index = tuple(int(k) for k in np.unravel_index(flat, x.shape))
        for kind, unit in parts:
            if x.size > _LARGE and np.isnan(g[index]):
                autodiff = problem.pushed(i, Axis(index, unit))
            else:
                autodiff = float(g[index].real if unit == 1.0 else g[index].imag)
            each.add(index, kind, autodiff, _entry_of(each.truth, index, unit))
    if x.size > _LARGE:
        if np.isnan(g).all():
            _add_directions(each, _DIRECTIONS, partial(problem.pushed, i))
        else:
            _add_directions(each, _DIRECTIONS, lambda d: float(np.sum((np.conj(g) * d).real)))


def _entry_of(truth: Truth, index: Any, unit: complex) -> Callable[[bool], Estimate]:
    return lambda exact: truth.entry(index, unit, exact=exact)


def _chosen(g: Any, rng: np.random.Generator) -> Any:
    if g.size <= _LARGE:
        return range(g.size)
    largest = np.argsort(np.abs(g), axis=None)[-_LARGEST:]
    drawn = rng.choice(g.size, _SAMPLED, replace=False)
    return sorted({int(k) for k in (*largest, *drawn)})


def _add_directions(each: _Input, count: int, slope: Callable[[Any], float]) -> None:
    for k in range(count):
        direction = each.problem.direction(each.i)
        each.add((), f" (direction {k + 1})", slope(direction), _along(each.truth, direction))


def _along(truth: Truth, direction: Any) -> Callable[[bool], Estimate]:
    return lambda exact: truth.along(direction)


def _locate(each: _Input, g: Any, effect: float, rtol: float) -> None:
    """If only a direction disagrees, find an entry that does, by halving the entries moved."""
    x, entries = each.truth.x, each.part.entries
    wrong = {bool(e.index) for e in entries if e.verdict == DISAGREE}
    if wrong != {False} or x.size <= _LARGE or x.dtype.kind == "c" or np.isnan(g).any():
        return
    scale, eps = each.scale, each.problem.noise
    signs = each.problem.rng.choice([-1.0, 1.0], x.size)
    inside = np.arange(x.size)
    while inside.size > 1:
        found = []
        for half in np.array_split(inside, 2):
            direction = np.zeros(x.size)
            direction[half] = signs[half]
            n = each.truth.along(direction.reshape(x.shape))
            found.append((abs(float(np.sum(g.ravel() * direction)) - n.value), half))
        inside = max(found, key=lambda pair: pair[0])[1]
    index = tuple(int(k) for k in np.unravel_index(inside[0], x.shape))
    n = each.truth.entry(index)
    entry = Entry(each.part.name, index, "", float(g[index]), n, CANNOT_TELL, "", scale)
    entry.verdict, entry.why = judge(entry.autodiff, n, scale, effect, rtol, eps)
    if entry.verdict == DISAGREE:
        entry.why += "; found by halving a direction that was wrong"
        entries.append(entry)
