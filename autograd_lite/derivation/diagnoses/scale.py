"""The right gradient times a constant: a sign, a 2, a mean for a sum, a learning rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..view import View
from .candidate import Match, constant, constants, digits, informative, steady, tolerance

Name = tuple[str, str]
_SUMS = frozenset("mean sum average var std nanmean nansum trace norm_2".split())


class Constants:
    """What constants mean for one step: batch sizes, the learning rate, numbers on the graph.

    Args:
        views: the step at every point. lr: the user's learning rate, or None.
        shorter: gives the step at a point with one row less, or None.
    """

    def __init__(self, views: list[View], lr: float | None, shorter: Any) -> None:
        self.views = views
        self.lr = lr
        self.shorter = shorter
        self.within = tolerance(views)
        self.sizes = [_sizes(view) for view in views]
        self.widths = sorted({n for v in views[0].graph.nodes for n in v.shape if n > 1})

    def names(self, ks: Sequence[float]) -> list[Name]:
        """What the constants k (one per point) may mean, the likeliest first."""
        found: list[Name] = []
        k = ks[0]
        same = steady(ks, self.within)
        if same and self.lr is not None and self._is(abs(k), self.lr):
            found.append(self._rate(k, self.lr))
        if same and self._is(k, -1):
            found.append(("sign", "the sign is wrong"))
        if same and (self._is(abs(k), 2) or self._is(abs(k), 0.5)):
            text = "2 times too large" if self._is(abs(k), 2) else "half of what it should be"
            found.append(("factor_2", text + (", and of the wrong sign" if k < 0 else "")))
        means = self._means(ks)
        rate = _round_rate(k, self.within) if same and self.lr is None else None
        if rate is not None:
            # A power of ten, or minus a round number, is rather a learning rate than 2/N.
            found.append(self._rate(k, rate))
            rows = {
                n for label, n in self.sizes[0].items() if label[1] == 0 or label[0] == "broadcast"
            }
            likely = k > 0 and any(self._is(k, 1 / n) for n in rows)
            found[:0] = means if likely else []
            found += [] if likely else means
        else:
            found += means
        if same and k < 0 and found and found[0][0] in ("factor_2", "mean_vs_sum"):
            found.append(("sign", "the sign is wrong"))
        if same and (self._root(k) or not found or rate is not None):
            found.append(("factor", self._number(k)))
        return found

    def _rate(self, k: float, rate: float) -> Name:
        if self.lr is None:
            # Only the look of the number speaks for a learning rate, so this is asked, not said.
            kind, what = ("update_step", "the update") if k < 0 else ("extra_lr", "a learning rate")
            inside = ", -lr·gradient, not the gradient?" if k < 0 else " inside the gradient?"
            return kind, f"it is {k:g} times the right one: {what}{inside}"
        if k < 0:
            return (
                "update_step",
                f"it is the update -{rate:g}·gradient, not the gradient; the learning rate and "
                "the minus belong into the update",
            )
        return (
            "extra_lr",
            f"the learning rate {rate:g} is inside the gradient; it belongs into the update",
        )

    def _means(self, ks: Sequence[float]) -> list[Name]:
        for text, function in _MEANS:
            for label, first in self.sizes[0].items():
                counts = [sizes.get(label, 0) for sizes in self.sizes]
                if first < 2 or not all(counts) or self._is(function(first), 1):
                    continue
                if all(self._is(abs(k), function(n)) for k, n in zip(ks, counts, strict=True)):
                    return [("mean_vs_sum", text.format(n=first, half=first / 2))]
        return []

    def _root(self, k: float) -> str:
        for d in self.widths:
            if self._is(abs(k), math.sqrt(d)):
                return f"√{d} times too large"
            if self._is(abs(k), 1 / math.sqrt(d)):
                return f"√{d} times too small"
        return ""

    def _number(self, k: float) -> str:
        return self._root(k) or (times(k) if abs(k) < 1e4 else f"{k:.3e} times too large")

    def settle(self, names: list[Name]) -> list[Name]:
        """names with "factor 2 or N?" decided by a batch of another size, where there is one."""
        kinds = [n for n, _ in names]
        if "mean_vs_sum" not in kinds or len(kinds) < 2 or self.shorter is None:
            return names
        view = self.shorter()
        if view is None:
            return names
        k = constant(view.u, view.local) if view.u.shape == view.local.shape else None
        if k is None or not np.allclose(view.u, k * view.local, rtol=1e-4, atol=1e-300):
            return names
        us, locals_ = [v.u for v in self.views], [v.local for v in self.views]
        ks = [*(constants(us, locals_, self.views) or []), k]
        wider = Constants([*self.views, view], self.lr, None)
        left = [n for n in wider.names(ks) if n[0] in kinds]
        texts = dict(names)
        return [(n, texts[n]) for n, _ in left] or names

    def _is(self, k: float, x: float) -> bool:
        return abs(k - x) <= self.within * abs(x)


_MEANS: tuple[tuple[str, Any], ...] = (
    ("right for the sum; for the mean {n} times too large: the division by N = {n} is missing",
     lambda n: n),
    ("{n} times too small: divided by N = {n} where no mean is taken", lambda n: 1 / n),
    ("right for ½Σ; for the stated mean N/2 = {half:g} times too large", lambda n: n / 2),
    ("2/N = 2/{n} times what it should be: the slope of a mean of squares where ½Σ is stated",
     lambda n: 2 / n),
)  # fmt: skip


def _round_rate(k: float, within: float) -> float | None:
    """|k| if it looks like a learning rate: 0.1, 0.05, 0.001 and the like."""
    x = abs(k)
    if not 1e-7 < x < 0.45:
        return None
    near = float(f"{x:.1g}")
    digit = round(near / 10 ** math.floor(math.log10(near) + 1e-9))
    return near if abs(x - near) <= within * near and digit in (1, 2, 3, 5) else None


def _sizes(view: View) -> dict[Any, int]:
    """Numbers that a mean or a sum may have been taken over, by where they stand."""
    found: dict[Any, int] = {}
    alone = view.of_one_leaf
    for k, node in enumerate(view.graph.nodes):
        parent = node.parents[0] if node.parents else None
        shape = getattr(parent, "shape", None)
        if node.op.name in _SUMS and shape and node.size and parent not in alone:
            found[k, "count"] = math.prod(shape) // node.size
            found.update({(k, i): n for i, n in enumerate(shape)})
        elif "cross_entropy" in node.op.name and shape:
            found[k, "rows"] = math.prod(shape[:-1])
    for edge in view.edges:
        # Where a broadcast is undone, as many entries are added up.
        if edge.parent is view.target and edge.raw.size >= edge.full.size:
            found["broadcast", edge.i] = edge.raw.size // max(1, edge.full.size)
    return found


def findings(views: list[View], known: Constants) -> list[Match]:
    """Diagnoses for a step that is k times the local prediction."""
    us, locals_ = [v.u for v in views], [v.local for v in views]
    ks = constants(us, locals_, views)
    if ks is None:
        return []
    names = known.settle(known.names(ks))
    found = []
    for i, (diagnosis, said) in enumerate(names):
        free = diagnosis == "factor" and not known._root(ks[0])
        if free and not _enough(locals_):
            continue
        found.append(Match(diagnosis, said, f"{_times(ks[0])} the right one", ks[0], i * 0.01))
        found[-1].digits = min(digits(v.u, k * v.local) for v, k in zip(views, ks, strict=True))
    return found


def _enough(locals_: list[Any]) -> bool:
    """Whether there are entries enough to tell a factor from a chance: two, if they differ."""
    count = informative(locals_)
    if locals_[0].size < 2 or count < 2:
        return False
    sizes = np.abs(np.concatenate([np.ravel(x) for x in locals_]))
    sizes = sizes[sizes > 1e-6 * sizes.max()]
    return count > 2 or bool(np.ptp(sizes) > 1e-3 * sizes.max())


def times(k: float) -> str:
    """What a constant does: "4 times too small", "-3 times what it should be"."""
    for x, word in ((k, "large"), (1 / k, "small")):
        if x > 1.5 and abs(x - round(x)) < 1e-6 * x:
            return f"{round(x)} times too {word}"
    return "of the wrong sign" if abs(k + 1) < 1e-9 else f"{k:.6g} times what it should be"


def _times(k: float) -> str:
    return "-1 ×" if k == -1 else f"{k:.6g} ×"


def update_findings(views: list[View], known: Constants) -> list[Match]:
    """A new parameter handed in for its gradient: W - lr·(gradient)."""
    ks = []
    for view in views:
        value = view.graph.values.get(view.target)
        if value is None or np.shape(value) != view.u.shape:
            return []
        found = constants([view.u - value], [view.local], [view])
        if found is None:
            return []
        ks += found
    sure = known.lr is not None and known._is(abs(ks[0]), known.lr)
    if not steady(ks, known.within) or (views[0].u.size < 2 and not sure):
        return []
    if informative(v.local for v in views) < 3:
        return []
    name = views[0].name
    said = f"it is the updated {name} itself, {name} - {abs(ks[0]):.6g}·gradient"
    return [Match("update_step", said, f"{name} - {abs(ks[0]):.6g} × the gradient", ks[0], 3.0)]
