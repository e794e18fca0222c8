"""The words of a step: what the user wrote, what would be right, and the evidence."""

from __future__ import annotations

from typing import Any

import numpy as np

from .diagnoses.candidate import Match
from .diagnoses.scale import times
from .judge import near
from .report import CARRIED, WRONG, Step
from .rules import right_line
from .view import View


def account(
    step: Step, views: list[View], matches: list[Match], mirrored: bool, status: dict[str, str]
) -> None:
    """Fill in a step's diagnosis and message."""
    view = views[0]
    name = f"d{view.loss}/d{step.name} {step.shape}"
    if step.status != WRONG:
        users, targets = view.followed_by(), view.point.targets
        step.given = [n for n, s in status.items() if s == WRONG and targets[n] in users]
        wrong = [f"d{view.loss}/d{n}" for n in step.given]
        given = f"right given your {', '.join(wrong[:3])} (carried)"
        text = given if step.status == CARRIED else "right"
        step.message = " ".join([f"{name}: {text}.", *step.notes])
        return
    if matches:
        top = matches[0]
        step.diagnosis = top.diagnosis
        # Only what explains as much counts as well: an exact match leaves combinations out.
        level = top.rank // 100
        others = [m.diagnosis for m in matches if m.rank // 100 == level or level == 1]
        step.also = [d for d in dict.fromkeys(others) if d != top.diagnosis]
        step.headline = _sentence(top.said)
        if level:
            step.headline += f" And it is {times(top.factor)}."
        if top.diagnosis == "sign" and mirrored:
            step.headline += (
                " Every gradient is minus the true one: a descent convention, or a sign; the "
                "numbers cannot tell (pass convention='descent' if it is meant)."
            )
    else:
        step.headline = _unknown(step, view)
    meets = _meets(view)
    step.headline += f" {meets}" if meets else ""
    step.evidence = _evidence(step, views, matches)
    step.rule = f"right: {right_line(view)}"
    also = f"  or: {', '.join(step.also)} (the same numbers here)" if step.also else ""
    lines = [f"{name}: WRONG HERE. {step.headline}", f"  {step.evidence}", f"  {step.rule}"]
    step.message = "\n".join([*lines, *([also] if also else []), *(f"  {n}" for n in step.notes)])


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else f"{text}."


def _unknown(step: Step, view: View) -> str:
    """What can be said where no known mistake gives the user's numbers."""
    u, x = view.u, view.local
    if u.dtype.kind == "c" and x.dtype.kind != "c":
        right = near(u.real, x, 1e-6)
        real = "; its real part is right" if right else ""
        return f"It is complex, where {view.name} and the loss are real{real}."
    if u.shape != x.shape:
        same = u.size == x.size and np.allclose(u.ravel(), x.ravel(), rtol=1e-6)
        numbers = "; its numbers are right" if same else ""
        return f"Its shape is {u.shape}, expected {x.shape}{numbers}."
    own = np.isnan(u) & ~np.isnan(x)
    if own.any():
        where = tuple(int(i) for i in np.argwhere(own)[0])
        return f"It has {int(own.sum())} NaN, the first at {where}."
    if np.isnan(x).any():
        return "It is off where the right one is finite."
    if not np.isfinite(u).all():
        return "It has infinite entries."
    if not u.any():
        return "It is zero everywhere."
    return "No known mistake reproduces it."


def _meets(view: View) -> str:
    """A sentence where an op makes a matrix of a column and a row, rarely meant; else ""."""
    for node in view.region:
        if node.op.name not in ("subtract", "add", "multiply", "divide") or len(node.shape) != 2:
            continue
        shapes = [np.shape(x) for x in view.graph.inputs(node)]
        if sorted(map(len, shapes)) != [1, 2]:
            continue
        row, column = sorted(shapes, key=len)
        if 1 < row[0] == column[0] and column[1] == 1:
            text = view.words(node)
            return (
                f"Note that {text} is {node.shape}, because {column} meets {row}: was a column "
                f"{column} meant, as of y[:, None]?"
            )
    return ""


def _evidence(step: Step, views: list[View], matches: list[Match]) -> str:
    view = views[0]
    places = "one point" if len(views) == 1 else f"{len(views)} points"
    if matches:
        top = matches[0]
        formula = top.formula or "the right one"
        sure = f" to {top.digits} digits" if top.digits else ""
        if top.part:
            scaled = f", all of it {top.factor:.6g} times" if top.rank >= 100 else ""
            return f"yours fits{sure} at {places} if what {top.part} sends on is {formula}{scaled}"
        if top.rank >= 100:
            formula = f"{top.factor:.6g} × {formula}"
        if view.u.shape != view.local.shape:
            formula += f", of shape {view.u.shape} for {view.local.shape}"
        return f"yours = {formula}{sure or ','} at {places}"
    u, x = view.u, view.local
    if u.shape != x.shape or not np.isfinite(u).all() or not u.any() or not x.any():
        return f"compared at {places}"
    with np.errstate(all="ignore"):
        cosine = float(np.real(np.vdot(u, x)) / (np.linalg.norm(u) * np.linalg.norm(x)))
        ratio = np.real((u / x)[np.isfinite(u / x)])
    parts = [f"cosine of the angle {cosine:.4f}"]
    if ratio.size:
        parts.append(f"ratio to the right one from {ratio.min():.4g} to {ratio.max():.4g}")
    parts.append(_worst(u, x))
    return ", ".join(parts)


def _worst(u: Any, x: Any) -> str:
    off = np.abs(u - x)
    if u.ndim < 2:
        return f"worst at {tuple(int(i) for i in np.unravel_index(int(off.argmax()), u.shape))}"
    rows = off.reshape(off.shape[0], -1).max(axis=1)
    worst = [str(int(i)) for i in np.argsort(-rows)[:3]]
    return f"worst rows {', '.join(worst)}"
