"""The report of ``check_derivation``: what was found, as text, as a table, as HTML."""

from __future__ import annotations

from typing import Any

from ..errors import GradientError

RIGHT, CARRIED, WRONG = "right", "carried", "wrong"


class Step:
    """One derived gradient.

    Attributes:
        name, shape: of the tensor that it belongs to.
        status: "right", "carried" (right given the user's own later steps), or "wrong".
        diagnosis: the identifier of the mistake, or None. also: others that fit as well.
        message: what is wrong and what would be right, in words.
        yours: the user's array, as given. expected: the backward rule applied to the user's own
            later steps. true: the total derivative.
        given: of a carried step, the wrong ones that it goes on from.
        points: the number of points at which it was compared.
    """

    __slots__ = (
        "also", "diagnosis", "evidence", "expected", "given", "headline", "message", "name",
        "notes", "points", "rule", "shape", "status", "true", "yours",
    )  # fmt: skip

    def __init__(self, name: str, shape: tuple[int, ...], status: str, points: int) -> None:
        self.name = name
        self.shape = shape
        self.status = status
        self.points = points
        self.diagnosis: str | None = None
        self.also: list[str] = []
        self.given: list[str] = []
        self.headline = ""
        self.evidence = ""
        self.rule = ""
        self.message = ""
        self.notes: list[str] = []
        self.yours: Any = None
        self.expected: Any = None
        self.true: Any = None

    def __repr__(self) -> str:
        what = f", {self.diagnosis}" if self.diagnosis else ""
        return f"Step({self.name!r}, {self.status}{what})"


class Report:
    """What ``check_derivation`` found; true if no step is wrong.

    Attributes:
        steps: name to ``Step``, in backward order. points: the number of points compared.
        notes: what else the reader should know, sentences. first: a sentence to begin with, or "".
    """

    def __init__(self, steps: dict[str, Step], loss: str, points: int, notes: list[str]) -> None:
        self.steps = steps
        self.loss = loss
        self.points = points
        self.notes = notes
        self.first = ""

    @property
    def ok(self) -> bool:
        """Whether no step is wrong."""
        return not self.wrong

    @property
    def wrong(self) -> list[str]:
        """The names of the wrong steps, in backward order."""
        return [name for name, step in self.steps.items() if step.status == WRONG]

    @property
    def first_wrong(self) -> str | None:
        """The first wrong step of the backward pass, or None."""
        return next(iter(self.wrong), None)

    def __bool__(self) -> bool:
        return self.ok

    def raise_if_wrong(self) -> None:
        """Raise GradientError with this report if a step is wrong."""
        if not self.ok:
            raise GradientError(f"check_derivation: {self}")

    def __repr__(self) -> str:
        return f"<derivation of {len(self.steps)} steps: {self._verdict()}>"

    def _verdict(self) -> str:
        if self.ok:
            return "right"
        step = self.steps[self.first_wrong or ""]
        return f"wrong at {step.name}" + (f" ({step.diagnosis})" if step.diagnosis else "")

    def __str__(self) -> str:
        lines: list[str] = [self.first] if self.first else []
        for name in self.wrong:
            lines += self.steps[name].message.splitlines()
        carried: dict[tuple[str, ...], list[str]] = {}
        for name, step in self.steps.items():
            if step.status == CARRIED:
                carried.setdefault(tuple(step.given), []).append(name)
        for given, names in carried.items():
            text = f"right given your {self._symbols(list(given[:3]))} (carried)"
            lines.append(f"{self._symbols(names)}: {text}.")
        right = [name for name, step in self.steps.items() if step.status == RIGHT]
        if right:
            lines.append(f"{self._symbols(right)}: right.")
        for step in self.steps.values():
            if step.status != WRONG:
                lines += [f"{self._symbol(step.name)}: {note}" for note in step.notes]
        lines += self.notes
        lines.append(f"Checked {self._where()}.")
        return "\n".join(lines)

    def _where(self) -> str:
        count = len(self.steps)
        steps = f"{count} step{'s' if count != 1 else ''}"
        if self.points == 1:
            return f"{steps} at one point: what fits there may not fit elsewhere"
        return f"{steps} at {self.points} points"

    def _symbol(self, name: str) -> str:
        return f"d{self.loss}/d{name}"

    def _symbols(self, names: list[str]) -> str:
        return ", ".join(self._symbol(n) for n in names)

    def table(self) -> str:
        """One line per step in backward order: name, shape, status, diagnosis, largest error."""
        lines = [f"{'step':16s} {'shape':14s} {'status':8s} {'off':>8s}  diagnosis"]
        for step in self.steps.values():
            lines.append(
                f"{step.name[:16]:16s} {step.shape!s:14s} {step.status:8s} {_off(step):>8s}  "
                f"{_diagnoses(step)}".rstrip()
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        colours = {RIGHT: "#2e7d32", CARRIED: "#8a6d00", WRONG: "#c62828"}
        rows = []
        for step in self.steps.values():
            cells = [
                f"<td><b>{escape(step.name)}</b></td><td>{escape(str(step.shape))}</td>",
                f'<td style="color:{colours[step.status]}"><b>{step.status}</b></td>',
                f"<td>{escape(_off(step))}</td><td>{escape(_diagnoses(step))}</td>",
                f'<td style="text-align:left;white-space:pre-wrap;font-family:monospace">'
                f"{escape(step.message)}</td>",
            ]
            rows.append(f"<tr>{''.join(cells)}</tr>")
        titles = ("step", "shape", "status", "off", "diagnosis", "")
        head = "".join(f"<th>{t}</th>" for t in titles)
        notes = "".join(
            f"<p>{escape(n)}</p>"
            for n in [*filter(None, [self.first]), *self.notes, f"Checked {self._where()}."]
        )
        style = "border-spacing:1em 0.2em;text-align:left;vertical-align:top"
        return f'<table style="{style}"><tr>{head}</tr>{"".join(rows)}</table>{notes}'


def _diagnoses(step: Step) -> str:
    if step.status != WRONG:
        return ""
    also = f" (or {', '.join(step.also)})" if step.also else ""
    return (step.diagnosis or "no known mistake") + also


def _off(step: Step) -> str:
    """The largest difference from what was expected, relative to the largest entry."""
    import numpy as np

    yours, right = np.asarray(step.yours), np.asarray(step.expected)
    if yours.shape != right.shape:
        return "shape"
    with np.errstate(all="ignore"):
        size = float(np.max(np.abs(right), initial=0.0))
        off = float(np.max(np.abs(yours - right), initial=0.0))
    return f"{off / size:.1e}" if size else f"{off:.1e}"
