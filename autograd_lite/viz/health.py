"""Health of gradients in a word, saturated units, and where the first NaN is born."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..anomaly import first_bad
from .block import norm_of
from .records import Health

# Root mean squares of a gradient between which a word holds.
THRESHOLDS = {"vanishing": 1e-7, "small": 1e-5, "large": 10.0, "exploding": 1e3}
SLOPE = 1e-6  # of a sigmoid or tanh; below it a unit is saturated

# Worst first.
ORDER = ("NaN", "inf", "exploding", "vanishing", "large", "small", "ok")
MARKS = {
    "vanishing": "▼▼", "small": "▼", "ok": "", "large": "▲", "exploding": "▲▲",
    "NaN": "×", "inf": "×",
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
    """The word for a root mean square; a gradient of exact zeros is vanishing, too."""
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


def saturation(op: str, out: Any) -> float | None:
    """The share of a sigmoid's or tanh's entries whose slope is below 1e-6; None for other ops.

    >>> import numpy as np
    >>> saturation("sigmoid", np.array([0.5, 1.0]))
    0.5
    """
    if op not in ("sigmoid", "tanh") or out is None or not np.size(out):
        return None
    x = np.asarray(out)
    if x.dtype.kind != "f":
        return None
    x = x.astype(np.float64)
    slope = x * (1 - x) if op == "sigmoid" else 1 - x * x
    return float(np.mean(np.abs(slope) < SLOPE))


def sentence(health: Health) -> str:
    """Which entries are not finite: "1 of 2,048 is NaN at [17, 3]"."""
    assert health.first is not None
    where = f"at {list(health.first)}" if health.first else ""
    if health.size == 1:
        return f"{health.word}"
    if health.count == 1:
        return f"1 of {health.size:,} is {health.word} {where}".rstrip()
    return f"{health.count:,} of {health.size:,} not finite, first {health.word} {where}".rstrip()
