"""Numerical derivatives in one input: by complex step where that is safe, else by the ladder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..numeric import EPS, Estimate, slope
from .problem import Axis, Problem

_NUDGED = 16  # up to so many entries, the rounding of each is measured
_NEAR = 1e-9  # a branch that switches within this distance is a kink


class Truth:
    """Slopes of a problem in one of its inputs.

    Complex step is taken if every recorded op says that it may be, and one slope in a random
    direction agrees with the ladder's: that catches whatever the graph does not show.

    Attributes:
        method: "complex step" or "ladder". note: why it is the ladder, or "".
        size: of the steps that matter. largest: the largest derivative of an entry so far.
        wobble: of autodiff's gradient under rounding, once somebody has asked for it.
    """

    def __init__(self, problem: Problem, i: int) -> None:
        self.problem = problem
        self.i = i
        self.x = problem.point()[i]
        self.size = _scale(self.x)
        self.note = ""
        self.largest = 0.0
        self.wobble: float | None = None
        self.method = "ladder"
        self._loudness: list[tuple[float, float]] = []
        self._exact = self.x.size <= _NUDGED
        self._branching = problem.analytic is not True
        if problem.analytic and self.x.size and np.isfinite(self.x).all():
            self.note = self._doubt()
            self.method = "ladder" if self.note else "complex step"

    def _doubt(self) -> str:
        """Why complex step cannot be trusted here, or an empty string."""
        problem, i = self.problem, self.i
        direction = problem.direction(i)
        by_complex = problem.complex_slope(i, direction)
        if by_complex is None:
            return "an op does not take complex numbers"
        if not math.isfinite(by_complex):
            return "complex step is not finite"
        by_ladder = slope(problem.change(i, direction), self.size, problem.noise)
        if by_ladder.kink:
            return "there is a kink at this point"
        if self._branching and problem.switches(i, _NEAR * self.size, direction):
            return "there is a kink at this point"
        off = abs(by_complex - by_ladder.value)
        # What the rounding of f hides from the ladder is no contradiction.
        unseen = max(by_ladder.hidden, 8 * problem.noise * problem.size / self.size)
        if off > unseen and off > 10 * by_ladder.bound + 1e-9 * abs(by_complex):
            spread = self._nudged(direction, by_complex)
            if off > 10 * (by_ladder.bound + spread):
                return "complex step does not follow the function (is a part of it hidden?)"
        return ""

    def is_subgradient(self, gradient: Any) -> bool:
        """Whether ops tie at this point, and the gradient lies among those of points close by.

        Where entries tie (a median of equal ones), no single entry may move the function, and
        still the gradient is shared among them. A generalised gradient (Clarke, 1983) is one whose
        slope in every direction is no more and no less than those close by.
        """
        problem, i = self.problem, self.i
        if not self._branching or not np.isfinite(gradient).all():
            return False
        if not problem.switches(i, _NEAR * self.size, problem.direction(i)):
            return False
        for direction in (np.ones(self.x.shape), *(problem.direction(i) for _ in range(5))):
            slopes = problem.slopes_nearby(i, direction, self.size, 12)
            slope_ = float(np.sum((np.conj(gradient) * direction).real))
            slack = 1e-4 * max(map(abs, slopes))
            if not min(slopes) - slack <= slope_ <= max(slopes) + slack:
                return False
        return True

    def entry(
        self, index: tuple[int, ...], unit: complex = 1.0, *, exact: bool = False
    ) -> Estimate:
        """The derivative in one entry; exact measures its own rounding."""
        direction = Axis(index, unit)
        if self.method == "complex step":
            found = self._complex(direction, exact)
            if found is not None:
                return found
        return self.ladder(direction, _scale(self.x[index]))

    def along(self, direction: Any) -> Estimate:
        """The derivative in a direction."""
        if self.method == "complex step":
            found = self._complex(direction, True)
            if found is not None:
                return found
        return self.ladder(direction, self.size)

    def ladder(self, direction: Any, scale: float) -> Estimate:
        """By differences; if these find no answer, and ops switch branch near by, one-sided."""
        problem = self.problem
        change = problem.change(self.i, direction)
        found = slope(change, scale, problem.noise)
        if found.still:  # what the rounding of the whole may hide
            found.bound = 14 * problem.noise * problem.size / scale
            found.why = "flat"
        unsure = not found.kink and not found.bound <= 1e-3 * abs(found.value)
        if unsure and not found.still and self._branching and found.why != "jump":
            if problem.switches(self.i, _NEAR * scale, direction):
                sides = [_one_sided(change, sign * 1e-7 * scale) for sign in (-1, 1)]
                if all(map(math.isfinite, sides)):
                    found.left, found.right = sides
                    found.value = sum(sides) / 2
                    found.bound = 1e-6 * max(map(abs, sides)) + found.bound * (found.bound < 1)
        return found

    def _complex(self, direction: Any, exact: bool) -> Estimate | None:
        value = self.problem.complex_slope(self.i, direction)
        if value is None or not math.isfinite(value):
            return None
        exact = exact or self._exact or len(self._loudness) < _NUDGED
        if exact:
            spread = self._nudged(direction, value)
            self._loudness.append((spread, abs(value)))
        else:
            most = max(s for s, _ in self._loudness)
            ratio = max((s / v for s, v in self._loudness if v > 1e3 * s), default=EPS)
            spread = max(most, ratio * abs(value))
        bound = 20 * spread + 8 * EPS * abs(value)
        if abs(value) <= 100 * spread:  # no digit of it is sure: it is zero, but for rounding
            bound = 100 * spread
        found = Estimate(value, bound, method="complex step")
        found.evaluations = 4 if exact else 1
        return found

    def _nudged(self, direction: Any, value: float) -> float:
        """How far the same slope comes out elsewhere when all roundings fall otherwise."""
        others = [self.problem.complex_slope(self.i, direction, k) for k in (1, -1, 2)]
        sure = [v for v in others if v is not None and math.isfinite(v)]
        return max((abs(v - value) for v in sure), default=0.0)


def _one_sided(change: Any, step: float) -> float:
    (first, _), (half, _) = change(step), change(step / 2)
    return float((4 * half - first) / step)


def _scale(x: Any) -> float:
    """The size of steps that matter for x: its root mean square, or 1 where it is 0."""
    with np.errstate(all="ignore"):
        size = float(np.sqrt(np.mean(np.abs(x) ** 2))) if np.size(x) else 0.0
    return size if math.isfinite(size) and size > 0 else 1.0
