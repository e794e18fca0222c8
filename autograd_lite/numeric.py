"""Derivatives of a function of one real variable, by differences, with bounds that hold.

Reference: C. Ridders, 1982, "Accurate computation of F'(x) and F'(x)F''(x)"; the tableau of
W. Press et al., Numerical Recipes, 3rd ed., section 5.7.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

_STARTS = (0.3, 1e-2, 1e-4)
_HALVINGS = 8


class Estimate:
    """A derivative at 0: its value, how far it may be off, and how it was found.

    Attributes:
        value, bound: the derivative lies within value ± bound.
        left, right: one-sided derivatives where they differ (a kink), else None.
        evaluations: how often the function was called.
    """

    __slots__ = ("bound", "evaluations", "left", "right", "value")

    def __init__(
        self, value: float, bound: float, left: float | None = None, right: float | None = None
    ) -> None:
        self.value = value
        self.bound = bound
        self.left = left
        self.right = right
        self.evaluations = 0

    @property
    def kink(self) -> bool:
        """Whether the derivative from the left is not that from the right."""
        return self.left is not None


def derivative(f: Callable[[float], float], scale: float = 1.0, noise: float = 2.3e-16) -> Estimate:
    """The derivative of f at 0, from several ladders of central differences.

    Args:
        f: a function of a real number. scale: the size of steps that matter. noise: the relative
            rounding error of f's result; what f loses on the way is measured.
    """
    calls = 0

    def counted(h: float) -> float:
        nonlocal calls
        calls += 1
        return float(f(h))

    noise = _noise(counted, scale, noise)
    best = Estimate(float("nan"), float("inf"))
    for start in _STARTS:
        value, bound = _ladder(counted, start * scale, noise)
        if bound < best.bound:
            best = Estimate(value, bound)
    kink = _kink(counted, scale, noise, best.bound)
    if kink is not None:
        best = Estimate(sum(kink) / 2, best.bound, *kink)
        # Both sides are first-order differences: good to about the square root of the noise.
        best.bound = 1e-5 * max(abs(kink[0]), abs(kink[1]))
    best.evaluations = calls
    return best


def _noise(f: Callable[[float], float], scale: float, relative: float) -> float:
    """The absolute rounding error of f near 0: of its result, or more where f cancels inside.

    Fourth differences over steps so small that f itself is straight there: what is left is noise.
    Two step sizes, since a rounded f may stand still over the smaller; each side by itself, and
    the quieter one counts, since a kink is not noise.
    Reference: J. Moré and S. Wild, 2011, "Estimating computational noise", section 3.
    """
    size, found = abs(f(0.0)), 0.0
    for step in (1e-8 * scale, 1e-5 * scale):
        sides = []
        for sign in (1, -1):
            values = np.array([f(sign * k * step) for k in range(1, 9)])
            if np.isfinite(values).all():
                size = max(size, float(np.max(np.abs(values))))
                rough = np.diff(values, 4)
                sides.append(math.sqrt(float(np.mean(rough**2)) / _SQUARED_BINOMIALS))
        found = max(found, min(sides, default=0.0))
    return max(relative * size, 3 * found)


_SQUARED_BINOMIALS = 70.0  # 1 + 16 + 36 + 16 + 1


def _ladder(f: Callable[[float], float], step: float, noise: float) -> tuple[float, float]:
    row: list[float] = []
    value, bound = float("nan"), float("inf")
    for k in range(_HALVINGS):
        h = step / 2**k
        high, low = f(h), f(-h)
        if not (np.isfinite(high) and np.isfinite(low)):
            row = []
            continue
        rounding = noise / h
        new = [(high - low) / (2 * h)]
        for j, old in enumerate(row):
            weight = 4.0 ** (j + 1)
            new.append((weight * new[j] - old) / (weight - 1))
            error = max(abs(new[j + 1] - new[j]), abs(new[j + 1] - old)) + rounding
            if 4 * error < bound:
                value, bound = new[j + 1], 4 * error
        row = new
    return value, bound


def _kink(
    f: Callable[[float], float], scale: float, noise: float, bound: float
) -> tuple[float, float] | None:
    """(left, right) derivatives if the gap between them does not shrink with the step."""
    middle = f(0.0)
    gaps, sides = [], (0.0, 0.0)
    for h in (1e-4 * scale, 1e-6 * scale):
        right, left = (f(h) - middle) / h, (middle - f(-h)) / h
        rounding = 4 * noise / h
        gaps.append(abs(right - left))
        sides = (left, right)
    size = max(abs(sides[0]), abs(sides[1]))
    if gaps[1] > 0.5 * gaps[0] and gaps[1] > 1e-3 * size and gaps[1] > 10 * rounding:
        return sides
    return None
