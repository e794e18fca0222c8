"""Candidates: what the user may have written instead, and how one is accepted.

A candidate is accepted only if it gives the user's numbers at every point. It may be multiplied
by a constant (two mistakes in one step) if that is the same at every point, and never if the
candidate is proportional to the right gradient: then the constant alone explains everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..judge import default_rtol, epsilon
from ..view import View

# Constants that may be any number: a learning rate that was not given is guessed by its look.
_FREE = ("factor", "extra_lr", "update_step")
_ENOUGH = 3  # entries that a free constant must explain
_BITS = 8  # entries that a mask or a pattern of signs must explain


class Candidate:
    """What a step would be after one mistake.

    Attributes:
        diagnosis: the identifier. key: what tells it from others, the same at every point.
        said: what the user did, a clause. formula: what his numbers are.
        exact: whether it counts only as it is, not times a constant.
        free: whether that constant may be any number.
        part: where its formula stands, if that is only a part of the step.
        bits: how many entries it must explain if it is the right gradient with some blanked.
        size: of the terms it adds up, if they may cancel. later: added to its rank.
    """

    __slots__ = (
        "bits",
        "diagnosis",
        "exact",
        "formula",
        "free",
        "key",
        "later",
        "make",
        "part",
        "said",
        "size",
    )

    def __init__(
        self,
        diagnosis: str,
        key: Any,
        said: str,
        formula: str,
        make: Any,
        exact: bool = False,
        size: float = 0.0,
        later: float = 0.0,
        free: bool = False,
        bits: int = _BITS,
        part: str = "",
    ) -> None:
        self.diagnosis = diagnosis
        self.key = (diagnosis, key)
        self.said = said
        self.formula = formula
        self.make = make
        self.exact = exact
        self.size = size
        self.later = later
        self.free = free
        self.bits = bits
        self.part = part

    @property
    def rare(self) -> bool:
        """Whether so few write it that a second, unusual mistake is not to be added to it."""
        return self.diagnosis == "wrong_local_derivative"


class Match:
    """An accepted diagnosis.

    Attributes:
        diagnosis, said, formula, part: as of the candidate.
        factor: the constant it is multiplied by.
        rank: how good an explanation it is: smaller is better. digits: to how many it agrees.
    """

    __slots__ = ("diagnosis", "digits", "factor", "formula", "part", "rank", "said")

    def __init__(
        self, diagnosis: str, said: str, formula: str = "", factor: float = 1.0, rank: float = 0.0
    ) -> None:
        self.diagnosis = diagnosis
        self.said = said
        self.formula = formula
        self.factor = factor
        self.rank = rank
        self.digits = 0
        self.part = ""


def equal(u: Any, c: Any, view: View, size: float = 0.0) -> bool:
    """Whether a candidate, a sum of terms of some size, gives the user's numbers to rounding."""
    eps = epsilon(view.graph, u)
    rtol = 3 * default_rtol(eps)
    with np.errstate(all="ignore"):
        if not (np.isfinite(c).all() and np.isfinite(u).all()):
            return False
        size = max(_largest(u), _largest(c), size)
        off = np.abs(u - c)
        if not (off <= rtol * np.abs(u) + 64 * eps * size + _slack(view, u.shape)).all():
            return False
        if u.shape == view.local.shape:
            # It must explain the user's numbers much better than the right gradient does.
            return bool(_largest(off) <= 1e-2 * _largest(u - view.local))
    return True


def _slack(view: View, shape: tuple[int, ...]) -> Any:
    """What rounding alone moves the step by, where that is known and of this shape."""
    return view.slack if np.shape(view.slack) == shape else 0.0


def _largest(x: Any) -> float:
    return float(np.max(np.abs(x), initial=0.0))


def constant(u: Any, c: Any) -> float | None:
    """The k for which u is nearest to k·c, or None if there is none."""
    with np.errstate(all="ignore"):
        size = _largest(c)
        if not size or not np.isfinite(size):
            return None
        scaled = c / size
        bottom = float(np.sum(np.abs(scaled) ** 2))
        k = np.sum(np.conj(scaled) * u) / bottom / size
    k = k.real if np.iscomplexobj(k) and abs(k.imag) < 1e-9 * abs(k) else k
    return float(k) if not np.iscomplexobj(k) and np.isfinite(k) and k else None


def informative(arrays: Iterable[Any]) -> int:
    """How many entries of some arrays are not negligible."""
    return sum(int(np.sum(np.abs(a) > 1e-6 * (_largest(a) or 1.0))) for a in arrays)


def constants(us: Sequence[Any], cs: Sequence[Any], views: Sequence[View]) -> list[float] | None:
    """The constants k, one per point, for which u is k·c; None if u is not proportional to c."""
    found = []
    for u, c, view in zip(us, cs, views, strict=True):
        k = constant(u, c) if u.shape == c.shape else None
        if k is None or not equal(u, k * c, view):
            return None
        found.append(k)
    return found


def tolerance(views: Sequence[View]) -> float:
    """How well a constant is known, relatively."""
    return 1e-6 if max(epsilon(v.graph, v.u) for v in views) < 1e-12 else 2e-4


def steady(ks: Sequence[float], within: float) -> bool:
    """Whether constants found at several points are one."""
    return all(abs(k - ks[0]) <= within * abs(ks[0]) for k in ks)


def proportional(cs: Sequence[Any], views: Sequence[View]) -> bool:
    """Whether a candidate is one multiple of the right gradient at all points."""
    if any(c.shape != v.local.shape for c, v in zip(cs, views, strict=True)):
        return False
    c = np.concatenate([np.ravel(c) for c in cs])
    x = np.concatenate([np.ravel(v.local) for v in views])
    k = constant(c, x)
    if k is None:
        return not c.any()
    return informative([c]) > 1 and bool(_largest(c - k * x) <= 1e-6 * _largest(c))


def _only_masks(cs: Sequence[Any], views: Sequence[View], enough: int) -> bool:
    """Whether a candidate is the right gradient with few entries blanked or turned round.

    So few that a random mask would be taken for it too often.
    """
    bits, patterns = 0, set()
    for c, view in zip(cs, views, strict=True):
        x = view.local
        if c.shape != x.shape:
            return False
        size, low = np.abs(c), 1e-6 * _largest(x)
        if not ((size <= low) | (np.abs(size - np.abs(x)) <= 1e-6 * np.abs(x))).all():
            return False
        pattern = np.sign(c * np.conj(x)).real.tobytes()
        # The same pattern again proves nothing: it may come from the same signs of a weight.
        bits += 0 if pattern in patterns else int(np.sum(np.abs(x) > low))
        patterns.add(pattern)
    return bits < enough


def _one_size(us: Sequence[Any]) -> bool:
    """Whether the entries, zeros aside, are of one size: a constant times nearly anything."""
    for u in us:
        sizes = np.abs(u[np.abs(u) > 1e-6 * _largest(u)])
        if sizes.size > 1 and np.ptp(sizes) > 1e-6 * _largest(sizes):
            return False
    return True


def accepted(
    views: list[View],
    generate: Callable[[View], Iterable[Candidate]],
    name_constant: Callable[[Sequence[float]], Any],
) -> list[Match]:
    """The candidates of one family that give the user's numbers at every point.

    Args:
        name_constant: what a constant means: (diagnosis, clause) pairs; none for a free one.
    """
    first = views[0]
    survivors: dict[Any, tuple[Candidate, Any]] = {}
    for candidate in generate(first):
        if candidate.key in survivors:
            continue
        c = made(candidate)
        if c is not None and c.shape == first.u.shape and (_largest(c) or candidate.size):
            close = candidate.size and equal(first.u, c, first, candidate.size)
            if close or constants([first.u], [c], [first]) is not None:
                survivors[candidate.key] = (candidate, c)
    if not survivors:
        return []
    arrays = {key: [c] for key, (_, c) in survivors.items()}
    for view in views[1:]:
        for candidate in generate(view):
            held = arrays.get(candidate.key)
            if held is not None and len(held) == views.index(view):
                c = made(candidate)
                if c is not None:
                    held.append(c)
    found = []
    us = [view.u for view in views]
    for key, (candidate, _) in survivors.items():
        cs = arrays[key]
        if len(cs) != len(views):
            continue
        if not candidate.size and _only_masks(cs, views, candidate.bits):
            continue
        whole = zip(cs, us, views, strict=True)
        if all(c.shape == u.shape and equal(u, c, v, candidate.size) for c, u, v in whole):
            found.append(
                Match(candidate.diagnosis, candidate.said, candidate.formula, 1.0, candidate.later)
            )
            found[-1].digits = min(digits(u, c) for u, c in zip(us, cs, strict=True))
            found[-1].part = candidate.part
            continue
        ks = constants(us, cs, views)
        if (
            ks is None
            or not steady(ks, tolerance(views))
            or proportional(cs, views)
            or candidate.exact
        ):
            continue
        names = name_constant(ks)
        free = not names or names[0][0] in _FREE
        if _one_size(us) or (candidate.rare and any(d == "mean_vs_sum" for d, _ in names[:1])):
            continue
        if free and (not candidate.free or us[0].size < 2 or informative(cs) < _ENOUGH):
            continue
        match = Match(candidate.diagnosis, candidate.said, candidate.formula, ks[0], 100.0)
        found.append(match)
        found += [Match(d, text, candidate.formula, ks[0], 200.0) for d, text in names[:1]]
        for twice in found[-1 - len(names[:1]) :]:
            twice.part = candidate.part
    return found


def digits(u: Any, c: Any) -> int:
    """To how many digits two arrays agree."""
    size, off = _largest(c), _largest(u - c)
    return 16 if not off or not size else max(0, min(16, int(-math.log10(off / size))))


def is_mask(x: Any) -> bool:
    """Whether an array holds zeros and ones only."""
    return bool(((x == 0) | (x == 1)).all())


def made(candidate: Candidate) -> Any:
    """The candidate's array, or None where it cannot be computed."""
    with np.errstate(all="ignore"):
        try:
            c = candidate.make()
        except (ValueError, IndexError, TypeError):
            # Shapes that do not go together: nobody can have written this.
            return None
    if c is None:
        return None
    c = np.asarray(c)
    return c if c.dtype.kind in "fc" and np.isfinite(c).all() else None
