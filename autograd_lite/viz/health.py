"""Health of gradients in a word, saturated units, and where the first NaN is born."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..anomaly import first_bad
from . import label
from .block import norm_of
from .records import Card, Health

# Root mean squares of a gradient between which a word holds; and the slope of a sigmoid (at most
# 0.25) or tanh (at most 1) below which a unit counts as saturated.
THRESHOLDS = {
    "vanishing": 1e-7, "small": 1e-5, "large": 10.0, "exploding": 1e3, "saturated": 1e-3,
}  # fmt: skip

# Worst first.
ORDER = ("NaN", "inf", "exploding", "vanishing", "zero", "large", "small", "ok")
MARKS = {
    "vanishing": "▼▼", "small": "▼", "ok": "", "large": "▲", "exploding": "▲▲",
    "NaN": "×", "inf": "×", "zero": "○",
}  # fmt: skip


def judged(g: Any, thresholds: dict[str, float]) -> Health:
    """The Health of a gradient.

    >>> import numpy as np
    >>> judged(np.full(4, 1e-9), THRESHOLDS).word
    'vanishing'
    >>> judged(np.array([[1.0, np.nan]]), THRESHOLDS).first
    (0, 1)
    """
    x = np.asarray(g)
    # One pass for the usual case: what is not finite shows in the sum of squares.
    norm = norm_of(x)
    if math.isfinite(norm):
        rms = norm / math.sqrt(x.size) if x.size else 0.0
        return Health(word_of(rms, thresholds) if x.size else "ok", rms, size=x.size)
    found = first_bad(x)
    if found is None:  # finite, but its squares are not
        return Health(word_of(norm, thresholds), norm, size=x.size)
    finite = np.isfinite(x)
    good = x[finite]
    rms = norm_of(good) / math.sqrt(good.size) if good.size else 0.0
    return Health(found[0], rms, found[1], int((~finite).sum()), x.size)


def word_of(rms: float, thresholds: dict[str, float]) -> str:
    """The word for a root mean square; nothing vanishes where all is exactly 0: it is "zero".

    >>> word_of(0.0, THRESHOLDS), word_of(1e-300, THRESHOLDS)
    ('zero', 'vanishing')
    """
    if rms == 0:
        return "zero"
    if rms < thresholds["vanishing"]:
        return "vanishing"
    if rms < thresholds["small"]:
        return "small"
    if rms > thresholds["exploding"]:
        return "exploding"
    return "large" if rms > thresholds["large"] else "ok"


def badness(health: Health | None) -> tuple[int, float]:
    """A key that sorts the worst health first."""
    if health is None:
        return len(ORDER), 0.0
    small = health.word in ("vanishing", "small")
    return ORDER.index(health.word), health.rms if small else -health.rms


def saturation(op: str, out: Any, slope: float = THRESHOLDS["saturated"]) -> float | None:
    """The share of a sigmoid's or tanh's entries whose slope is below one; None for other ops.

    >>> import numpy as np
    >>> saturation("sigmoid", np.array([0.5, 1.0])), saturation("tanh", np.array([0.999, 0.9]), 0.1)
    (0.5, 0.5)
    """
    if op not in ("sigmoid", "tanh") or out is None or not np.size(out):
        return None
    x = np.asarray(out)
    if x.dtype.kind != "f":
        return None
    x = x.astype(np.float64)
    slopes = x * (1 - x) if op == "sigmoid" else 1 - x * x
    return float(np.mean(np.abs(slopes) < slope))


def sentence(health: Health) -> str:
    """Which entries are not finite: "1 of 2,048 is NaN at [17, 3]"."""
    assert health.first is not None
    where = f"at {list(health.first)}" if health.first else ""
    if health.size == 1:
        return f"{health.word}"
    if health.count == 1:
        return f"1 of {health.size:,} is {health.word} {where}".rstrip()
    return f"{health.count:,} of {health.size:,} not finite, first {health.word} {where}".rstrip()


def has_nan(x: Any) -> bool:
    """Whether any entry is NaN, of an array or of several."""
    if isinstance(x, tuple):
        return any(part is not None and has_nan(part) for part in x)
    x = np.asarray(x)
    return x.dtype.kind in "fc" and bool(np.isnan(x).any())


def bar_of(card: Card) -> tuple[str, str]:
    """What the bar of a card says of its gradient: a word of ORDER, and the words to show.

    Of a card whose numbers are not finite an "ok" would mislead: it gives ("", "").
    """
    health = card.health
    if health is None:
        return "", ""
    if health.first is not None:
        few = card.gradient is not None and card.gradient.cells is not None
        said = health.word if few else sentence(health)
        return health.word, f"× {said}" + ("" if card.born else ", inherited")
    broken = card.value is not None and card.value.bad is not None
    if health.word == "ok" and (card.born or broken):
        return "", ""
    said = "0 everywhere" if health.word == "zero" else health.word
    words = f"{MARKS[health.word]} {said}".strip()
    own = card.gradient
    # A group's bar is that of the worst gradient inside, which need not be the one that is shown.
    if health.word != "ok" and own is not None and card.role in ("group", "output"):
        if not math.isclose(own.rms, health.rms, rel_tol=1e-6):
            words += f": a gradient inside, rms {label.number_text(health.rms)}"
    return health.word, words
