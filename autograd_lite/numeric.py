"""Derivatives of a function of one real variable, by differences, with bounds that hold.

Several ladders of central differences, each from its own starting step, so that it does not
matter on which scale the function varies. The steps of the smallest ladder tell the rounding noise
of the function; a larger ladder counts only if it agrees with every smaller one, whose errors are
noise alone and therefore known.

Reference: C. Ridders, 1982, "Accurate computation of F'(x) and F'(x)F''(x)"; the tableau of
W. Press et al., Numerical Recipes, 3rd ed., section 5.7; J. Moré and S. Wild, 2011, "Estimating
computational noise", for telling noise by differences that cancel what is smooth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

EPS = 2.0**-52
_HALVINGS = 8
_SMALLEST = 1e-7
_STARTS = (0.3, 1e-2, 1e-4)
# Below this noise of the result, steps of 1e-7 are above it too.
_DOUBLE = 1e-12
_LOUD = 1e4
_JUMP = 1e-9
_INF = float("inf")
_NAN = float("nan")


class Estimate:
    """A derivative at 0: its value, how far it may be off, and how it was found.

    Attributes:
        value, bound: the derivative lies within value ± bound.
        left, right: one-sided derivatives where they differ (a kink), else None.
        why: what keeps the bound from being small: "noise", "flat", "oscillating", "jump",
            "not finite", or "".
        hidden: the noise is so loud that, at the smallest steps, slopes up to this one drown in it.
        still: the function did not change by a single bit at any step.
        method: "ladder" or "complex step".
        evaluations: how often the function was called.
    """

    __slots__ = (
        "bound", "evaluations", "hidden", "left", "method", "right", "still", "value", "why",
    )  # fmt: skip

    def __init__(
        self,
        value: float,
        bound: float,
        left: float | None = None,
        right: float | None = None,
        *,
        why: str = "",
        method: str = "ladder",
    ) -> None:
        self.value = value
        self.bound = bound
        self.left = left
        self.right = right
        self.why = why
        self.still = False
        self.hidden = 0.0
        self.method = method
        self.evaluations = 0

    @property
    def kink(self) -> bool:
        """Whether the derivative from the left is not that from the right."""
        return self.left is not None


def derivative(f: Callable[[float], float], scale: float = 1.0, noise: float = EPS) -> Estimate:
    """The derivative of f at 0.

    Args:
        f: a function of a real number.
        scale: the size of steps that matter, such as \\|x| when f moves x.
        noise: the relative rounding error of f's result; what f loses on the way is measured.

    >>> import math
    >>> found = derivative(lambda h: math.exp(1 + h))
    >>> abs(found.value - math.e) <= found.bound < 1e-10
    True
    """
    middle = float(f(0.0))

    def change(h: float) -> tuple[float, float]:
        value = float(f(h))
        return value - middle, max(abs(value), abs(middle))

    found = slope(change, scale, noise)
    found.evaluations += 1
    return found


def slope(
    change: Callable[[float], tuple[float, float]], scale: float = 1.0, noise: float = EPS
) -> Estimate:
    """The derivative at 0 of a function given by its change.

    Args:
        change: ``change(h)`` is f(h) - f(0), and the size of what was subtracted.
        scale, noise: as for ``derivative``.
    """
    smallest, *others = _starts(scale)
    ladders = [_Ladder(change, smallest)]
    quiet = noise < _DOUBLE
    loudness = ladders[0].noise() if quiet else 0.0
    for start in others:
        ladder = _Ladder(change, start)
        ladders.append(ladder)
        # Where small steps change nothing, the function may be rounded more coarsely than it says.
        if not (quiet and ladders[0].is_fine()) and start < 0.1 * others[0]:
            loudness = max(loudness, ladder.noise())
        for other in ladders:
            other.judge(noise, loudness)
        if quiet and _settled(ladders):
            break
    found = _kink(ladders) or _best(ladders)
    found.evaluations = sum(2 * len(ladder.rungs) for ladder in ladders)
    size = max(size for ladder in ladders for *_, size in ladder.rungs)
    if loudness > _LOUD * noise * size:
        found.hidden = loudness / ladders[0].rungs[-1][0]
    found.still = not any(ladder.moves() for ladder in ladders)
    return found


def _starts(scale: float) -> list[float]:
    """The smallest first, then from large to small; absolute ones too where scale is not 1."""
    steps = [_SMALLEST * scale, *(scale * s for s in _STARTS)]
    if scale < 0.1:
        steps += [s for s in _STARTS if s > 10 * steps[1]]
    elif scale > 1e6:
        steps = [max(0.1, 1e-10 * scale), *steps[1:], steps[0]]
    return [_exact(s) for s in steps]


def _exact(step: float) -> float:
    """The step with 12 bits, so that adding it to a number of its own size loses nothing."""
    mantissa, exponent = math.frexp(step)
    return math.ldexp(round(mantissa * 2**12), exponent - 12)


class _Ladder:
    """Differences at a step and its halves: (h, f(h) - f(0), f(-h) - f(0), size), and noise."""

    def __init__(self, change: Callable[[float], tuple[float, float]], start: float) -> None:
        self.start = start
        self.rungs: list[tuple[float, float, float, float]] = []
        for k in range(_HALVINGS):
            h = start / 2**k
            (high, above), (low, below) = change(h), change(-h)
            self.rungs.append((h, high, low, max(above, below)))
        self.value, self.bound, self.rounding = _NAN, _INF, _INF
        self.noises: list[float] = []

    def noise(self) -> float:
        """The rounding error of one evaluation: what is left when the smooth part is cancelled."""
        odd = [(high - low) / 2 for _, high, low, _ in self.rungs]
        even = [(high + low) / 2 for _, high, low, _ in self.rungs]
        # What a smooth function, a kink and a jump have: constants, h, h² and h³. Only the
        # smallest steps count: larger ones may see the function bend.
        odd = _eliminated(_eliminated(_eliminated(odd, 1), 2), 8)[-3:]
        even = _eliminated(_eliminated(_eliminated(even, 1), 2), 4)[-3:]
        squares = [2 * x * x / 1054 for x in odd] + [2 * x * x / 310 for x in even]
        squares = [x for x in squares if math.isfinite(x)]
        return 3 * math.sqrt(sum(squares) / len(squares)) if squares else 0.0

    def is_fine(self) -> bool:
        """Whether different steps give different values."""
        changes = {x for _, high, low, _ in self.rungs for x in (high, low)}
        return len(changes) > _HALVINGS

    def moves(self) -> bool:
        """Whether any step changed the function."""
        return any(high != 0 or low != 0 for _, high, low, _ in self.rungs)

    def judge(self, relative: float, absolute: float) -> None:
        """Value and bound, for rounding errors of so much of the size, or so much."""
        self.noises = [max(relative * size, absolute) for *_, size in self.rungs]
        rows = [
            ((high - low) / (2 * h), noise / h)
            for (h, high, low, _), noise in zip(self.rungs, self.noises, strict=True)
        ]
        self.value, self.bound, self.rounding = _tableau(rows, 4.0)

    def agrees(self, other: _Ladder) -> bool:
        """Whether the two intervals meet; one without a value says nothing."""
        if not math.isfinite(other.bound):
            return True
        return abs(self.value - other.value) <= self.bound + other.bound


def _eliminated(values: list[float], factor: float) -> list[float]:
    return [a - factor * b for a, b in pairwise(values)]


def _tableau(rows: list[tuple[float, float]], base: float) -> tuple[float, float, float]:
    """(value, bound, its part that is rounding) of the best place in the tableau."""
    value, bound, part = _NAN, _INF, _INF
    above: list[tuple[float, float]] = []
    for first, rounding in rows:
        if not math.isfinite(first):
            above = []
            continue
        row = [(first, rounding)]
        for j, (old, old_rounding) in enumerate(above):
            weight = base ** (j + 1)
            last, last_rounding = row[j]
            new = last + (last - old) / (weight - 1)
            amplified = (weight * last_rounding + old_rounding) / (weight - 1)
            row.append((new, amplified))
            error = 4 * (max(abs(new - last), abs(new - old)) + amplified)
            if error < bound:
                value, bound, part = new, error, 4 * amplified
        above = row
    return value, bound, part


def _trusted(ladders: list[_Ladder]) -> list[_Ladder]:
    """Those that agree with every ladder of smaller steps, the tightest first."""
    found = []
    for ladder in ladders:
        smaller = [x for x in ladders if x.start < ladder.start]
        if math.isfinite(ladder.bound) and all(ladder.agrees(x) for x in smaller):
            found.append(ladder)
    return sorted(found, key=lambda x: x.bound)


def _settled(ladders: list[_Ladder]) -> bool:
    """Whether two ladders besides the smallest know the value to ten digits and agree."""
    good = [x for x in _trusted(ladders) if x is not ladders[0]]
    good = [x for x in good if x.bound <= 1e-9 * abs(x.value)]
    return len(good) > 1 and _gap(ladders[0])[2] == ""


def _best(ladders: list[_Ladder]) -> Estimate:
    trusted = _trusted(ladders)
    if not trusted:
        return Estimate(_NAN, _INF, why="not finite")
    best = trusted[0]
    why = "oscillating"
    if best.rounding >= 0.25 * best.bound:
        why = "flat" if abs(best.value) <= best.bound else "noise"
    if not any(math.isfinite(x.bound) for x in ladders if x is not best):
        why = "not finite"
    return Estimate(best.value, best.bound, why=why)


def _gap(ladder: _Ladder) -> tuple[float, float, str]:
    """(right minus left slope, how little of it is sure, "", "kink" or "jump")."""
    first, third, last = (abs(high + low) / h for h, high, low, _ in ladder.rungs[::3])
    floor, last_floor = (4 * ladder.noises[k] / ladder.rungs[k][0] for k in (3, 6))
    if not (math.isfinite(first) and math.isfinite(third)):
        return _NAN, _INF, ""
    kind = ""
    if third > 5 * floor and third > 0.5 * first and last + last_floor > 0.5 * third:
        kind = "kink"
        if third > 2 * first:
            # What f(0) itself is rounded by looks like a jump.
            size = max(size for *_, size in ladder.rungs)
            kind = "jump" if third * ladder.rungs[3][0] > _JUMP * size else ""
    return third, floor, kind


def _kink(ladders: list[_Ladder]) -> Estimate | None:
    """The one-sided derivatives, if the gap between them does not shrink with the step."""
    smaller: list[tuple[float, float]] = []
    for ladder in sorted(ladders, key=lambda x: x.start):
        gap, floor, kind = _gap(ladder)
        # A kink at this point has the same gap on every scale; one beside it has not.
        if kind and all(abs(g - gap) <= 0.5 * gap + f for g, f in smaller):
            if kind == "jump":
                return Estimate(_NAN, _INF, why="jump")
            return _sides([x for x in ladders if x.start <= ladder.start], ladders)
        if math.isfinite(gap):
            smaller.append((gap, floor))
    return None


def _sides(near: list[_Ladder], ladders: list[_Ladder]) -> Estimate:
    """Left and right derivatives, each from the ladder that knows it best."""
    found = []
    for side in (2, 1):
        tables = []
        for ladder in ladders:
            rows = [
                ((rung[side] / rung[0]) * (1 if side == 1 else -1), 2 * noise / rung[0])
                for rung, noise in zip(ladder.rungs, ladder.noises, strict=True)
            ]
            tables.append((*_tableau(rows, 2.0), ladder in near))
        sure = [t for t in tables if t[3]]
        value, bound, _, _ = min(sure, key=lambda t: t[1])
        for other, tighter, _, _ in tables:
            if tighter < bound and abs(other - value) <= bound + tighter:
                value, bound = other, tighter
        found.append((value, bound))
    (left, left_bound), (right, right_bound) = found
    return Estimate((left + right) / 2, max(left_bound, right_bound), left, right)
