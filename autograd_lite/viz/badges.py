"""What a card says in a bar under its header: health, where a NaN is born, verdicts."""

from __future__ import annotations

from typing import Any

from . import label
from .records import Card

# A style of the sheet, and the words.
Badge = tuple[str, str]

_MARKS = {"vanishing": "▼▼ ", "small": "▼ ", "large": "▲ ", "exploding": "▲▲ "}
_VERDICTS = {"right": "√", "carried": "→", "wrong": "×", "added": "+", "removed": "−"}


def badges_of(card: Card) -> list[Badge]:
    """The badges of a card that do not depend on its gradient.

    >>> badges_of(Card("n0", "result", "h"))
    []
    """
    found: list[Badge] = []
    kind, words = getattr(card, "mark", None) or ("", "")
    if kind:
        found.append((kind, label.clean(str(words or kind), 48)))
    saturation = getattr(card, "saturation", None)
    if saturation is not None and saturation > 0.5:
        found.append(("plain", f"{saturation * 100:.0f} % saturated"))
    born = getattr(card, "born", "")
    if born:
        found.append(("bad", f"× {label.clean(born, 48)}"))
    return found


def health_of(card: Card) -> Badge | None:
    """The badge of a gradient that is not well, or None."""
    health: Any = getattr(card, "health", None)
    if health is None or health.word == "ok":
        return None
    if health.first is not None:
        where = f" at {list(health.first)}" if health.first else ""
        inherited = "" if getattr(card, "born", "") else ", inherited"
        return "bad", f"× {health.word}{where}{inherited}"
    return health.word, f"{_MARKS.get(health.word, '')}{health.word}"


def verdict(status: str) -> Badge:
    """The badge of a derivation report's status."""
    return status, f"{_VERDICTS[status]} {status}"
