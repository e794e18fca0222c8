"""What a wrong gradient looks like: a factor, a sign, a transpose, a single entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .judge import DISAGREE

if TYPE_CHECKING:
    from .report import Entry, Part

_SAME = 1e-5


def hints_of(part: Part) -> str:
    """A clause that describes the mistake in one input, or an empty string."""
    wrong = [e for e in part.entries if e.verdict == DISAGREE and not e.numeric.kink]
    if not wrong:
        return ""
    if all(e.autodiff == 0 for e in part.entries):
        if not part.connected:
            return (
                "autodiff gives 0 there: no recorded op leads from it to the result (was .data, "
                "float() or stop_gradient used?)"
            )
        return "autodiff gives 0 there"
    return _transposed(part) or _ratio(wrong, part) or _few(wrong, part)


def _ratio(wrong: list[Entry], part: Part) -> str:
    if any(e.numeric.value == 0 for e in wrong):
        return ""
    ratios = [e.autodiff / e.numeric.value for e in wrong]
    first = ratios[0]
    if not all(abs(r - first) <= _SAME * abs(first) for r in ratios):
        return ""
    if abs(first) < 1e-12:
        return "autodiff gives 0 there"
    if len(wrong) == 1 < len(part.entries):
        return ""  # one number is some multiple of any other
    if abs(first + 1) < _SAME:
        return "the same ratio in every wrong entry: the sign is wrong"
    text = f"the same ratio in every wrong entry: autodiff is {first:.6g} × numeric"
    for n in sorted({*part.shape, part.total} - {1, 2}):
        if abs(abs(first) - n) <= _SAME * n:
            return f"{text}, and {n} is a size of it (a mean left out?)"
        if abs(abs(first) * n - 1) <= _SAME:
            return f"{text}, and 1/{first * n * n:.6g} is of its size (a mean taken twice?)"
    return text


def _few(wrong: list[Entry], part: Part) -> str:
    if part.checked == part.total and 0 < len(wrong) <= max(1, 0.15 * part.total) < part.total:
        places = ", ".join(str(list(e.index)) for e in wrong[:3] if e.index)
        more = ", ..." if len(wrong) > 3 else ""
        return f"only {len(wrong)} of {part.total} entries: {places}{more}"
    return ""


def _transposed(part: Part) -> str:
    entries = [e for e in part.entries if not e.part]
    if len(part.shape) != 2 or min(part.shape) < 2 or len(entries) < part.total:
        return ""
    ours, true = np.zeros(part.shape), np.zeros(part.shape)
    for e in entries:
        ours[e.index], true[e.index] = e.autodiff, e.numeric.value
    if _close(ours.ravel(), true.T.ravel()):
        return "autodiff's is the transpose of the right one"
    return ""


def _close(a: Any, b: Any) -> bool:
    return bool(np.max(np.abs(a - b)) <= _SAME * np.max(np.abs(b)))
