"""Sums of contributions: one missing, overwritten, weighted wrongly, or one too many."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from ...node import Node
from ..sweep import Edge
from ..view import View
from .candidate import (
    Match,
    constant,
    constants,
    equal,
    informative,
    proportional,
    steady,
    tolerance,
)
from .operand import sent_with
from .scale import Constants

_MOST = 40  # edges whose share is looked at


def findings(views: list[View], known: Constants) -> list[Match]:
    """Diagnoses by the coefficients that the user gave to the contributions."""
    first = views[0]
    edges = [_share_edges(view) for view in views]
    if any(len(e) != len(edges[0]) for e in edges):
        return []
    shares = [
        [view.down(e.parent, e.full) for e in own] for view, own in zip(views, edges, strict=True)
    ]
    found: list[Match] = []
    for k, edge in enumerate(edges[0]):
        cs = [own[k] for own in shares]
        found += _one(views, edge, cs, known)
    direct = [k for k, e in enumerate(edges[0]) if e.parent is first.target]
    if len(direct) > 2 and not found:
        found += _subsets(views, edges[0], shares, direct)
    return found


def _share_edges(view: View) -> list[Edge]:
    """The edges that carry a part of the gradient, those into the step first."""
    edges = [e for e in view.edges if e.node not in view.written_out]
    direct = [e for e in edges if e.parent is view.target]
    inner = [e for e in edges if e.parent is not view.target]
    return (direct + inner[::-1])[:_MOST]


def _one(views: list[View], edge: Edge, cs: list[Any], known: Constants) -> list[Match]:
    """The step with this contribution times c: c = 0 is a missing term."""
    if not all(c.shape == v.u.shape == v.local.shape for c, v in zip(cs, views, strict=True)):
        return []
    if all(np.allclose(c, v.local, rtol=1e-9, atol=0) for c, v in zip(cs, views, strict=True)):
        return []  # all of it comes this way, so there is nothing to add up
    if proportional(cs, views) or not all(c.any() for c in cs):
        return []
    rests = [v.u - v.local for v in views]
    ks = []
    for rest, c, view in zip(rests, cs, views, strict=True):
        k = constant(rest, c)
        if k is None or not equal(view.u, view.local + k * c, view):
            return []
        ks.append(k)
    if not steady(ks, tolerance(views)):
        return []
    weight = 1 + ks[0]
    view = views[0]
    term = _term(view, edge)
    near = tolerance(views)
    if abs(weight) < near:
        kinds = ["missing_term", "fanout_overwrite"]
        if _fans_out(view, edge):
            kinds.reverse()
        said = f"the term from {term} is missing: contributions add up"
        return [Match(k, said, f"all but {term}", 1.0, i * 0.5) for i, k in enumerate(kinds)]
    simple = any(abs(weight - x) < near * abs(x) for x in (-1, 2, 0.5))
    if not simple and (cs[0].size < 2 or min(informative(cs), informative(rests)) < 3):
        return []
    how = "the wrong sign" if abs(weight + 1) < near else f"the weight {weight:.6g} instead of 1"
    formula = f"the right one with {weight:.6g} times the term from {term}"
    found = [Match("wrong_term_scale", f"the term from {term} has {how}", formula, 1.0, 0.2)]
    if _is_data_term(view, edge):
        # The constant may have come in at a step that was not handed over.
        for diagnosis, said in known.names([weight] * len(views))[:1]:
            found.append(Match(diagnosis, f"without the regulariser, {said}", formula, 1.0, 0.1))
    return found


def _is_data_term(view: View, edge: Edge) -> bool:
    """Whether all but a regulariser comes by this edge, through names that were not given."""
    direct = [e for e in view.edges if e.parent is view.target]
    skipped = any(n in view.graph.names and n not in view.given for n in view.region)
    if edge.parent is not view.target or not skipped or _regulariser(view, edge):
        return False
    return any(_regulariser(view, e) for e in direct)


def _fans_out(view: View, edge: Edge) -> bool:
    """Whether the step's tensor itself is used more than once, and not just by a regulariser."""
    if edge.parent is not view.target:
        return False
    return not any(_regulariser(view, e) for e in view.edges if e.parent is view.target)


def _regulariser(view: View, edge: Edge) -> bool:
    """Whether an edge leads to a term of the loss that depends on this tensor alone."""
    return edge.node in view.regulariser


def _term(view: View, edge: Edge) -> str:
    """What a contribution comes from, in words."""
    node = edge.node
    text = view.words(node)
    if edge.parent is view.target and _regulariser(view, edge):
        return f"the regulariser ({text})"
    if node in view.given:
        return f"∂{view.loss}/∂{view.words(node)}"
    return text


def _subsets(
    views: list[View], edges: list[Edge], shares: list[list[Any]], direct: list[int]
) -> list[Match]:
    """Several paths missing at once."""
    view = views[0]
    for count in range(1, len(direct) - 1):
        for kept in list(combinations(direct, count))[:200]:
            if all(
                equal(v.u, sum(own[k] for k in kept), v) if v.u.shape == v.local.shape else False
                for v, own in zip(views, shares, strict=True)
            ):
                text = " and ".join(_term(view, edges[k]) for k in kept)
                said = f"only the contribution from {text} is there: the others were overwritten"
                return [
                    Match("fanout_overwrite", said, text),
                    Match("missing_term", said, text, 1.0, 0.5),
                ]
    return []


def extra(views: list[View]) -> list[Match]:
    """A multiple of a named array added, or left out."""
    first = views[0]
    if first.u.shape != first.local.shape:
        return []
    rests = [v.u - v.local for v in views]
    found = []
    for name, array in _addends(first).items():
        if array.shape != first.u.shape or array.dtype.kind not in "fciub":
            continue
        cs: list[Any] = [_addends(v).get(name) for v in views]
        if any(
            c is None or c.shape != v.u.shape or not c.any() for c, v in zip(cs, views, strict=True)
        ):
            continue
        if proportional(cs, views):
            continue
        ks = []
        for rest, c, view in zip(rests, cs, views, strict=True):
            k = constant(rest, c)
            if k is None or not equal(view.u, view.local + k * c, view):
                break
            ks.append(k)
        if len(ks) < len(views) or not steady(ks, tolerance(views)):
            continue
        simple = any(abs(abs(ks[0]) - x) < tolerance(views) * x for x in (1, 2, 0.5))
        if not simple and (first.u.size < 2 or informative(cs) < 3):
            continue
        found.append(_named(views, name, ks[0]))
    return found


def _addends(view: View) -> dict[str, Any]:
    found: dict[str, Any] = dict(view.pool)
    own = view.graph.values.get(view.target)
    if isinstance(own, np.ndarray) and min(np.sum(own > 0), np.sum(own < 0)) > 1:
        found[f"sign({view.name})"] = np.sign(own)
    for name, g in view.others.items():
        found.setdefault(f"∂{view.loss}/∂{name}", g)
    return found


def _named(views: list[View], name: str, k: float) -> Match:
    """k·(a named array) too much: a term that is not there, or the lack of one that is."""
    view = views[0]
    for other, array in view.pool.items():
        # A multiple of one array alone: the other term of a difference was left out.
        if other != name and array.shape == view.u.shape:
            cs = [v.pool.get(other) for v in views]
            if all(c is not None and c.shape == v.u.shape for c, v in zip(cs, views, strict=True)):
                ks = constants([v.u for v in views], cs, views)
                if ks is not None and steady(ks, tolerance(views)):
                    said = f"the term with {name} is missing: it is {ks[0]:.6g}·{other} alone"
                    return Match("missing_term", said, f"{ks[0]:.6g}·{other}")
    sign = "+" if k > 0 else "-"
    itself = name == view.name
    why = f", as of a regulariser on {name} that the loss does not have" if itself else ""
    said = f"the term {sign} {abs(k):.6g}·{name} is too much{why}"
    return Match("extra_term", said, f"the right one {sign} {abs(k):.6g}·{name}", 1.0, 0.4)


def stale(views: list[View], lr: float | None) -> list[Match]:
    """Weights that are already updated (or not yet): an operand W ± lr·(the user's dW)."""
    found = []
    first = views[0]
    for j, edge in enumerate(first.edges):
        for i, parent in enumerate(edge.node.parents):
            name = first.graph.name_of(parent) if parent is not None else None
            if i == edge.i or name not in first.others or type(parent) is Node:
                continue
            cs = []
            for view in views:
                if len(view.edges) != len(first.edges):
                    break
                own = view.edges[j]
                sent = sent_with(view, own, i, view.others[name])
                if sent is None or view.target.shape != view.u.shape:
                    break
                cs.append(view.down(own.parent, sent))
            if len(cs) < len(views) or proportional(cs, views) or not all(c.any() for c in cs):
                continue
            ks = []
            for c, view in zip(cs, views, strict=True):
                k = constant(view.u - view.local, c) if view.u.shape == view.local.shape else None
                if k is None or not equal(view.u, view.local + k * c, view):
                    break
                ks.append(k)
            if len(ks) < len(views) or not steady(ks, tolerance(views)):
                continue
            known = lr is not None and abs(abs(ks[0]) - lr) < tolerance(views) * lr
            if not known and (first.u.size < 2 or informative(cs) < 3):
                continue
            sign = "-" if ks[0] < 0 else "+"
            said = (
                f"the operand is {name} {sign} {abs(ks[0]):.6g}·d{name}, the weights after their "
                f"update; use {name} as it was in the forward pass"
            )
            found.append(Match("stale_weights", said, f"with the updated {name}", ks[0], -0.1))
    return found
