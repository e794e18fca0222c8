"""``check_derivation``: both forms of the call, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import ArgumentError, AutogradError, DTypeError
from ..tensor import Tensor
from .accounts import account
from .crosscheck import disagreement
from .diagnoses import diagnose
from .graph import Graph
from .points import Point, Runs, as_gradients, asked
from .report import CARRIED, RIGHT, WRONG, Report, Step
from .statuses import Judged, together
from .view import View

_CONVENTIONS = {"gradient": 1, "descent": -1}


def check_derivation(
    loss: Any,
    hand: Any,
    *,
    inputs: Mapping[str, Any] | None = None,
    sample: Callable[[int], Any] | None = None,
    points: int = 3,
    lr: float | None = None,
    convention: str = "gradient",
    rtol: float | None = None,
) -> Report:
    """Compare gradients derived by hand with the truth, step by step, and name the mistake.

    Every step is compared with the true total derivative, and with what the backward rule makes
    of your own later steps: so the first wrong step is told from those that only carry it on.

    Args:
        loss: a scalar Tensor whose graph is recorded; or a function that takes a dict of Tensors
            (the inputs) and returns such a loss, naming what it computes with ``.named("z")``.
        hand: your gradients by the names of their tensors; or a function that takes a dict of
            arrays (the inputs and every named tensor) and returns them.
        inputs: name to array, for functions.
        sample: ``sample(seed)`` gives other inputs; None perturbs those given.
        points: at how many points functions are compared.
        lr: the learning rate, if it may have slipped into a gradient.
        convention: "descent" if your values are minus the gradient on purpose.
        rtol: the relative tolerance; None is 1e-8 (float32: 3e-5), and what rounding explains is
            always forgiven.

    Returns:
        a ``Report``: ``ok``, ``first_wrong``, ``steps[name]``; print it to read it.

    Raises:
        ArgumentError: a name that is not on the graph, functions that are not deterministic.
        ShapeError: the loss is not a scalar. GraphError: the graph is missing or freed.
        DTypeError: something that is no Tensor, dict or array of numbers.

    >>> import numpy as np, autograd_lite as ag
    >>> w = ag.Tensor([[1.0], [2.0]], requires_grad=True, name="w")
    >>> z = (np.array([[1.0, 3.0], [0.5, 1.0]]) @ w).named("z")
    >>> report = ag.check_derivation((z * z).sum(), {"z": z.data, "w": np.ones((2, 1))})
    >>> report.first_wrong, report.steps["z"].diagnosis
    ('z', 'factor_2')
    """
    sign = _checked(points, lr, convention, rtol)
    runs: Runs | None = None
    notes: list[str] = []
    if isinstance(loss, Tensor):
        graph = Graph(loss, inputs)
        if callable(hand):
            values = {k: np.array(v) if v.ndim else v[()] for k, v in graph.arrays.items()}
            hand = asked(hand, values, "hand")
        taken = [Point(graph, as_gradients(hand, "for the gradients"), sign)]
    elif callable(loss):
        runs = Runs(loss, hand, inputs, sign)
        taken = _points(runs, sample, points if callable(hand) else 1, notes)
    else:
        raise DTypeError(
            f"check_derivation: got {type(loss).__name__}, expected a scalar Tensor or a function "
            "that returns one."
        )
    with np.errstate(all="ignore"):
        return _compared(taken, lr, rtol, runs, notes)


def _compared(
    taken: list[Point], lr: float | None, rtol: float | None, runs: Runs | None, notes: list[str]
) -> Report:
    """The report of these points."""
    judged = [Judged(point, rtol) for point in taken]
    names = _backward_order(taken[0])
    status = {name: together(judged, name) for name in names}
    if WRONG not in status.values():
        # Nothing to be carried: what is left of a difference is rounding.
        status = {name: RIGHT if s == CARRIED else s for name, s in status.items()}
    steps = {}
    mirrored = _all_negative(judged)
    for name in names:
        steps[name] = _step(name, status, judged, lr, runs, mirrored, rtol)
    notes += disagreement(taken[0])
    loss_name = taken[0].graph.name_of(taken[0].graph.root) or "E"
    report = Report(steps, loss_name, len(taken), notes)
    loss = taken[0].graph.loss.item()
    if not np.isfinite(loss):
        report.first = (
            f"The loss is {loss:g}, not finite: mend the forward pass first, its gradients tell "
            "nothing here."
        )
    return report


def _checked(points: Any, lr: Any, convention: Any, rtol: Any) -> int:
    from ..errors import closest

    if not isinstance(points, int) or isinstance(points, bool) or points < 1:
        raise ArgumentError(f"check_derivation: got points={points!r}, expected an int from 1 on.")
    if convention not in _CONVENTIONS:
        hint = closest(str(convention), list(_CONVENTIONS))
        raise ArgumentError(
            f"check_derivation: got convention={convention!r}, expected 'gradient' or 'descent'"
            f"{hint or '.'}"
        )
    for name, value in (("lr", lr), ("rtol", rtol)):
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if value is not None and not (number and 0 <= value < float("inf")):
            raise ArgumentError(
                f"check_derivation: got {name}={value!r}, expected a finite number from 0 on, or "
                "None."
            )
    return _CONVENTIONS[convention]


def _points(runs: Runs, sample: Any, count: int, notes: list[str]) -> list[Point]:
    first = runs.point(runs.inputs)
    runs.check_same(first)
    taken = [first]
    for k in range(1, count):
        for attempt in range(4):
            seed = k + 100 * attempt
            drawn = sample is not None
            new = runs.sampled(sample, k) if sample else runs.moved(set(first.given), seed)
            try:
                point = runs.point(new)
            except AutogradError:
                if drawn:
                    raise
                continue
            if list(point.given) != list(first.given) and set(point.given) != set(first.given):
                raise ArgumentError(
                    f"check_derivation: hand gave the names {sorted(point.given)} at another "
                    f"point, and {sorted(first.given)} at the first; give the same at all."
                )
            if drawn or _finite(point) or not _finite(first):
                taken.append(point)
                break
    if len(taken) > 1 and all(_same_hand(first, p) for p in taken[1:]) and _moves(taken):
        notes.append(
            "hand gives the same arrays whatever its argument, so only the first point counts."
        )
        return taken[:1]
    if len(taken) < count:
        notes.append(f"Only {len(taken)} of {count} points gave finite numbers.")
    return taken


def _finite(point: Point) -> bool:
    values = [point.graph.loss.data, *(point.arrived(point.true, n) for n in point.given)]
    return all(np.isfinite(v).all() for v in values)


def _same_hand(a: Point, b: Point) -> bool:
    same = all(
        a.given[n].shape == b.given[n].shape and (a.given[n] == b.given[n]).all() for n in a.given
    )
    return same and any(u.any() for u in a.given.values())


def _moves(taken: list[Point]) -> bool:
    first = taken[0]
    return any(
        not np.array_equal(first.arrived(first.true, n), p.arrived(p.true, n))
        for p in taken[1:]
        for n in first.given
    )


def _backward_order(point: Point) -> list[str]:
    by_target: dict[Any, list[str]] = {}
    for name, target in point.targets.items():
        by_target.setdefault(target, []).append(name)
    return [n for t in point.graph.backward_order(by_target) for n in by_target[t]]


def _all_negative(judged: list[Judged]) -> bool:
    """Whether every gradient is minus the true one."""
    return all(
        j.values[n] is not None
        and np.allclose(j.point.user[n], -j.point.arrived(j.point.true, n), rtol=1e-6, atol=0)
        for j in judged
        for n in j.point.user
    )


def _step(
    name: str,
    status: dict[str, str],
    judged: list[Judged],
    lr: float | None,
    runs: Runs | None,
    mirrored: bool,
    rtol: float | None,
) -> Step:
    first = judged[0]
    point = first.point
    step = Step(name, tuple(point.targets[name].shape), status[name], len(judged))
    # The point to show is the first at which the step is as bad as it is said to be.
    shown = next((j for j in judged if j.status[name] == status[name]), first)
    step.yours = shown.point.given[name]
    step.expected = _as_users(shown.point, shown.point.arrived(shown.point.local, name))
    step.true = _as_users(shown.point, shown.point.arrived(shown.point.true, name))
    step.notes = list(dict.fromkeys(t for j in judged for t in j.notes.get(name, [])))
    views = []
    signature = shown.point.graph.signature()
    for j in [shown, *(j for j in judged if j is not shown)]:
        if j is shown or j.point.graph.signature() == signature:
            view = View(j.point, name, j.given)
            view.slack = j.slack.get(name, 0.0)
            views.append(view)
    matches = []
    if step.status == WRONG:
        matches = diagnose(views, lr, _shorter(name, runs, point, rtol))
    account(step, views, matches, mirrored, status)
    return step


def _as_users(point: Point, g: Any) -> Any:
    from ..cotangent import conjugated

    return conjugated(g) * point.sign


def _shorter(name: str, runs: Runs | None, point: Point, rtol: float | None) -> Any:
    """A function that gives the step at a batch with one row less."""
    if runs is None or not callable(runs.hand):
        return None

    def view() -> View | None:
        less = runs.shorter(point)
        if less is None or set(less.given) != set(point.given):
            return None
        judged = Judged(less, rtol)
        return View(less, name, judged.given)

    return view
