"""Right, carried or wrong: each step of each point, with what rounding and kinks allow."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from .judge import Noise, default_rtol, epsilon, kink_variants, near
from .points import Point
from .report import CARRIED, RIGHT, WRONG

_LARGEST = 3000  # nodes of a graph that is swept again with noise


class Judged:
    """The statuses at one point.

    Attributes:
        status: name to status. notes: name to why a status was given in spite of a difference.
        given: what the local sweep went on from. fits: whether the user's shape is usable.
        slack: per name, the rounding of the local prediction.
    """

    def __init__(self, point: Point, rtol: float | None) -> None:
        self.point = point
        self.status: dict[str, str] = {}
        self.notes: dict[str, list[str]] = {}
        self.slack: dict[str, Any] = {}
        self.eps = epsilon(point.graph, *point.user.values())
        self.rtol = default_rtol(self.eps) if rtol is None else rtol
        self._noise: dict[bool, Noise | None] = {}
        self._kinks: dict[bool, list[Any]] = {}
        self.values = {name: self._usable(name) for name in point.user}
        self._choose()

    def _usable(self, name: str) -> Any:
        """The user's array in the shape of its tensor; None if it is not one of that shape."""
        u, target = self.point.user[name], self.point.targets[name]
        if u.dtype.kind == "c" and target.dtype.kind != "c" and not np.any(u.imag):
            u = u.real
        if u.shape != target.shape:
            if u.size != target.size or (u.size != 1 and not _stretches(u.shape, target.shape)):
                return None
            self.notes.setdefault(name, []).append(
                f"yours has shape {u.shape}, the tensor {target.shape}: the same numbers."
            )
            u = u.reshape(target.shape)
        self.point.user[name] = u
        return u

    def _choose(self) -> None:
        """Judge, going on from what blames least where a shape does not fit."""
        options: list[list[Any]] = []
        for name, value in self.values.items():
            target = self.point.targets[name]
            turned = self.point.user[name].T
            fits = value is None and turned.shape == target.shape
            options.append([value, turned] if fits else [value])
        choices = list(product(*options))[:8]
        best: tuple[int, Any] | None = None
        for choice in choices:
            found = self._judge(dict(zip(self.values, choice, strict=True)))
            count = sum(s == WRONG for s in found.values())
            if best is None or count < best[0]:
                best = (count, choice)
        assert best is not None
        if len(choices) > 1:
            self._judge(dict(zip(self.values, best[1], strict=True)))

    def _judge(self, values: dict[str, Any]) -> dict[str, str]:
        point = self.point
        usable = {n: v for n, v in values.items() if v is not None}
        self.given = {
            point.targets[n]: v if point.targets[n].dtype.kind == "c" else np.real(v)
            for n, v in usable.items()
        }
        self._noise.pop(True, None)
        self._kinks.pop(True, None)
        point.substitute({n: self.given[point.targets[n]] for n in usable})
        self.status = {name: self._of(name) for name in point.user}
        return self.status

    def _of(self, name: str) -> str:
        if self.values[name] is None:
            return WRONG
        u, point = self.point.user[name], self.point
        true, local = point.arrived(point.true, name), point.arrived(point.local, name)
        if np.isnan(true).any() and not np.isnan(u).all():
            self._note(
                name,
                f"autodiff gives {int(np.isnan(true).sum())} NaN: the true gradient is not finite "
                "there, so it cannot be judged.",
            )
        if near(u, true, self.rtol):
            return RIGHT
        if near(u, local, self.rtol):
            return CARRIED
        target = point.targets[name]
        for status, used, x in ((RIGHT, False, true), (CARRIED, True, local)):
            noise = self._noise_of(used)
            slack = 0.0 if noise is None else noise.slack(target)
            if used:
                self.slack[name] = slack
            if near(u, x, self.rtol, slack):
                self._note(name, "some digits are lost by cancellation, yours and the checker's.")
                return status
        for status, used in ((RIGHT, False), (CARRIED, True)):
            noise = self._noise_of(used)
            slack = 0.0 if noise is None else noise.slack(target)
            for variant in self._kinks_of(used):
                x = np.asarray(variant.arrived.get(target, np.zeros(target.shape)))
                if near(u, x, self.rtol, slack):
                    self._note(name, "a value stands on a kink, where yours is a valid choice.")
                    return status
            if self._between(name, used, true if used is False else local, slack):
                self._note(name, "a value stands on a kink, where yours is a valid choice.")
                return status
        if self._follows_nan(name, local):
            self._note(
                name, "the gradients that it goes on from are not finite, so it cannot be judged."
            )
            return CARRIED
        return WRONG

    def _between(self, name: str, used: bool, x: Any, slack: Any) -> bool:
        """Whether a scalar lies between the slopes on both sides of a kink."""
        target, u = self.point.targets[name], self.point.user[name]
        if u.size != 1 or u.dtype.kind != "f":
            return False
        sides = [np.asarray(v.arrived.get(target, 0.0)).sum() for v in self._kinks_of(used)]
        ends = [float(s) for s in (*sides, np.sum(x))]
        room = float(np.sum(slack)) + self.rtol * max(map(abs, ends))
        return bool(sides) and min(ends) - room <= u.sum() <= max(ends) + room

    def _follows_nan(self, name: str, local: Any) -> bool:
        """Whether only what is not finite is off, and gradients further on are not finite."""
        u, point = self.point.user[name], self.point
        finite = np.isfinite(u) & np.isfinite(local)
        if finite.all() or not near(np.where(finite, u, 0), np.where(finite, local, 0), self.rtol):
            return False
        place = point.graph.index
        later = [n for n, t in point.targets.items() if place[t] > place[point.targets[name]]]
        bad = (
            np.isfinite(point.user[n]).all() and np.isfinite(point.arrived(point.true, n)).all()
            for n in later
        )
        return not np.isfinite(point.graph.loss.data).all() or not all(bad)

    def _note(self, name: str, text: str) -> None:
        notes = self.notes.setdefault(name, [])
        if text not in notes:
            notes.append(text)

    def _noise_of(self, used: bool) -> Noise | None:
        if used not in self._noise:
            graph = self.point.graph
            small = len(graph.nodes) <= _LARGEST
            given = self.given if used else {}
            self._noise[used] = Noise(graph, given, self.eps) if small else None
        return self._noise[used]

    def _kinks_of(self, used: bool) -> list[Any]:
        if used not in self._kinks:
            graph = self.point.graph
            given = self.given if used else {}
            small = len(graph.nodes) <= _LARGEST
            self._kinks[used] = kink_variants(graph, given) if small else []
        return self._kinks[used]


def _stretches(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether an array of shape can be subtracted from one of shape to as it is."""
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


def together(judged: list[Judged], name: str) -> str:
    """The status of a step over all points."""
    found = {j.status[name] for j in judged}
    return WRONG if WRONG in found else CARRIED if CARRIED in found else RIGHT
