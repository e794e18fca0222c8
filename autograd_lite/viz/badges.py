"""What a card says in a bar under its header: health, where a NaN is born, verdicts."""

from __future__ import annotations

from . import label
from .health import bar_of
from .records import Card

# A style of the sheet, and the words.
Badge = tuple[str, str]

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
        found.append(("bad", f"× {label.clean(born, 60)}"))
    return found


def health_of(card: Card) -> Badge | None:
    """The badge of a gradient that is not well, or None."""
    word, words = bar_of(card)
    if word in ("", "ok"):
        return None
    return "bad" if word in ("NaN", "inf") else word, words


def verdict(status: str) -> Badge:
    """The badge of a derivation report's status."""
    return status, f"{_VERDICTS[status]} {status}"
