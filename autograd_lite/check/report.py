"""What ``check_grads`` found: entries, a line per input, hints, text and HTML."""

from __future__ import annotations

import math
from typing import Any

from ..errors import GradientError
from ..numeric import Estimate
from .hints import hints_of
from .judge import AGREE, CANNOT_TELL, DISAGREE, TIE

_ORDER = (DISAGREE, CANNOT_TELL, AGREE)


class Entry:
    """One derivative that was checked.

    Attributes:
        input, index, part: where: the input's name; the index in it, or () for a direction; what
            kind of number it is, such as " (imag)" or " (direction 2)".
        autodiff: what autodiff says. numeric: the numerical derivative: ``.value``, ``.bound``,
            ``.method``, ``.kink`` with ``.left`` and ``.right``.
        verdict: "AGREE", "DISAGREE" or "CAN'T TELL". why: a clause, or "".
        scale: the largest derivative in this input.
    """

    __slots__ = ("autodiff", "index", "input", "numeric", "part", "scale", "verdict", "why")

    def __init__(
        self,
        input: str,
        index: tuple[int, ...],
        part: str,
        autodiff: float,
        numeric: Estimate,
        verdict: str = CANNOT_TELL,
        why: str = "",
        scale: float = 0.0,
    ) -> None:
        self.input = input
        self.index = index
        self.part = part
        self.autodiff = autodiff
        self.numeric = numeric
        self.verdict = verdict
        self.why = why
        self.scale = scale

    @property
    def is_direction(self) -> bool:
        """Whether it is the slope in a random direction, not a derivative in one entry."""
        return self.part.startswith(" (direction")

    @property
    def off(self) -> float:
        """The difference, relative to the larger of the two values."""
        return self._relative(max(abs(self.autodiff), abs(self.numeric.value)))

    @property
    def digits(self) -> float:
        """How many digits agree: of the value, or of the input's gradient if the entry agrees."""
        largest = max(abs(self.autodiff), abs(self.numeric.value))
        if self.verdict == AGREE and (self.why.startswith("zero") or self.why == TIE):
            return 16.0
        off = self._relative(max(largest, self.scale) if self.verdict == AGREE else largest)
        return 16.0 if off <= 1e-16 else -math.log10(off) if math.isfinite(off) else 0.0

    def _relative(self, size: float) -> float:
        off = abs(self.autodiff - self.numeric.value)
        if not math.isfinite(off):
            return math.inf
        return off / size if size else 0.0

    @property
    def where(self) -> str:
        """The place: "W1[0, 3]"."""
        return f"{self.input}{list(self.index) if self.index else ''}{self.part}"

    @property
    def found(self) -> str:
        """The numerical derivative with its bound, or the two at a kink."""
        n = self.numeric
        if n.kink:
            return f"between {n.left:.9g} and {n.right:.9g} (a kink)"
        return f"{n.value:.12g} ± {n.bound:.1g}"

    def __str__(self) -> str:
        return f"{self.where}: autodiff {self.autodiff:.12g}, numeric {self.found}"


class Part:
    """All that was checked of one input.

    Attributes:
        name, shape, total: of the input; total counts its real numbers.
        entries: those checked. method: "complex step" or "ladder".
        evaluations: how often the function was run for it.
        note: why complex step was not used, or "". hint: what the mistake looks like, or "".
    """

    def __init__(self, name: str, shape: tuple[int, ...], total: int) -> None:
        self.name = name
        self.shape = shape
        self.total = total
        self.entries: list[Entry] = []
        self.method = ""
        self.evaluations = 0
        self.note = ""
        self.connected = True

    @property
    def checked(self) -> int:
        """How many entries were checked one by one."""
        return sum(not e.is_direction for e in self.entries)

    @property
    def directions(self) -> int:
        """How many random directions were checked."""
        return len(self.entries) - self.checked

    @property
    def worst(self) -> Entry | None:
        """The entry that is furthest off; a wrong one before an uncertain one."""
        return _worst(self.entries)

    @property
    def kinks(self) -> int:
        """How many entries lie at a kink."""
        return sum(e.numeric.kink or e.why == TIE for e in self.entries)

    @property
    def hint(self) -> str:
        """What the mistake looks like."""
        return hints_of(self)

    def cells(self) -> list[str]:
        """The line of the table."""
        agreeing = sum(e.verdict == AGREE for e in self.entries)
        smooth = [e.digits for e in self.entries if not e.numeric.kink]
        count = f"{self.checked} of {self.total}" if self.checked < self.total else f"{self.total}"
        if self.directions:
            count += f" + {self.directions} directions"
        worst = self.worst
        return [
            self.name,
            count,
            str(agreeing),
            f"{min(smooth, default=16.0):.1f}",
            str(self.kinks),
            self.method,
            str(self.evaluations),
            "" if worst is None else f"{list(worst.index) if worst.index else ''}{worst.part}",
        ]


HEADS = ["input", "checked", "agree", "digits", "kinks", "method", "evaluations", "worst"]


class Report:
    """What ``check_grads`` found; true if every entry agrees.

    Attributes:
        entries: every derivative checked. total: how many there are in all the inputs.
        parts: what was found for each input and kind of derivative, by name.
        evaluations: how often the function was run.
    """

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.evaluations = 0

    @property
    def entries(self) -> list[Entry]:
        """Every derivative checked."""
        return [e for part in self.parts.values() for e in part.entries]

    @property
    def total(self) -> int:
        """How many derivatives there are."""
        return sum(part.total for part in self.parts.values())

    @property
    def ok(self) -> bool:
        """Whether every entry checked agrees (a valid subgradient at a kink does)."""
        return all(e.verdict == AGREE for e in self.entries)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def wrong(self) -> list[Entry]:
        """The entries that disagree."""
        return [e for e in self.entries if e.verdict == DISAGREE]

    @property
    def unsure(self) -> list[Entry]:
        """The entries that cannot be told."""
        return [e for e in self.entries if e.verdict == CANNOT_TELL]

    @property
    def worst(self) -> Entry | None:
        """The entry that is furthest off; a wrong one before an uncertain one."""
        return _worst(self.entries)

    def headline(self) -> str:
        """One sentence: how much was checked, and what came out."""
        count = f"{len(self.entries)} derivatives checked"
        if self.total > sum(part.checked for part in self.parts.values()):
            count += f" of {self.total}, drawn at random and the largest, and along directions"
        verdict = "all agree"
        if self.wrong:
            verdict = f"{len(self.wrong)} WRONG"
        elif self.unsure:
            verdict = f"{len(self.unsure)} cannot be told"
        kinks = sum(part.kinks for part in self.parts.values())
        if kinks:
            verdict += f" ({kinks} at kinks)"
        return f"check_grads: {count}, {self.evaluations} evaluations: {verdict}"

    def table(self) -> str:
        """One line per input and kind of derivative."""
        rows = [HEADS, *(part.cells() for part in self.parts.values())]
        widths = [max(len(row[k]) for row in rows) for k in range(len(HEADS))]
        lines = []
        for row in rows:
            cells = [
                cell.ljust(width) if k in (0, 5, 7) else cell.rjust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=True))
            ]
            lines.append("  ".join(cells).rstrip())
        return "\n".join(lines)

    def remarks(self) -> list[str]:
        """The worst entry if something is amiss, then hints and notes, a line each."""
        lines = []
        worst = self.worst
        if not self.ok and worst is not None:
            lines.append(f"worst: {worst}")
            if worst.why:
                lines.append(f"  {worst.why}")
        for part in self.parts.values():
            if part.hint:
                lines.append(f"hint: {part.name}: {part.hint}")
            if part.note and not self.ok:
                lines.append(f"note: {part.name}: by the ladder, since {part.note}")
        return lines

    def __str__(self) -> str:
        return "\n".join([self.headline(), self.table(), *self.remarks()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from .page import html_of  # only notebooks pay for it

        return html_of(self)

    def raise_if_wrong(self) -> None:
        """Raise GradientError with this report as its text unless it is ok."""
        if not self.ok:
            raise GradientError(str(self))


def _worst(entries: list[Entry]) -> Entry | None:
    def rank(e: Entry) -> Any:
        # Of entries that are equally wrong, the largest.
        off = abs(e.autodiff - e.numeric.value)
        size = off if math.isfinite(off) else math.inf
        return _ORDER.index(e.verdict), e.is_direction, round(e.digits, 2), -size

    return min(entries, key=rank, default=None)
