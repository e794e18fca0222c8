"""A graph as a tree of lines, for terminals: the output first, what it was made of below it."""

from __future__ import annotations

import textwrap
from collections import defaultdict

from . import label
from .block import Block
from .card import LOOKS, saturated_text
from .health import bar_of
from .records import Card, Graph

_DEEP = 10  # below this level what continues a chain is not moved in further
_CELLS = 6
_NARROW = 20  # columns that a line has, however deep it stands


def text_of(graph: Graph, width: int | None = None) -> str:
    """The lines of a graph; a card with several users is written out at the first of them.

    With a width, what does not fit goes on below, moved in, and the lines of the tree go on.
    """
    cards = {card.id: card for card in graph.cards}
    tails: dict[str, list[str]] = defaultdict(list)
    has_user = set()
    for edge in graph.edges:
        a, b = (edge.head, edge.tail) if edge.lane == "gradient" else (edge.tail, edge.head)
        if graph.view == "backward":
            a, b = edge.head, edge.tail
        if a not in tails[b]:
            tails[b].append(a)
        has_user.add(a)
    lines: list[str] = []
    seen: set[str] = set()
    roots = [card.id for card in graph.cards if card.id not in has_user]
    if graph.view != "backward":
        roots.reverse()
    # (id, what stands before its own line, what stands before the lines below it, level)
    stack = [(root, "", "", 0) for root in reversed(roots)]
    while stack:
        name, lead, below, level = stack.pop()
        card = cards[name]
        if name in seen:
            lines += _fitted(lead, below, f"{_head(card)}  (see above)", width)
            continue
        seen.add(name)
        lines += _fitted(lead, below + ("│ " if tails[name] else "  "), _line(card), width)
        # Sources first, so that a chain of results goes on at the end.
        some = sorted(tails[name], key=lambda k: bool(tails[k]))
        entries = []
        for k, child in enumerate(some):
            last = k == len(some) - 1
            if last and level >= _DEEP and tails[child]:
                entries.append((child, f"{below}│ ", below, level))
            else:
                sign, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
                entries.append((child, below + sign, below + rest, level + 1))
        stack += reversed(entries)
    # A cycle of groups has no first card: what is left comes at the end.
    for card in graph.cards:
        if card.id not in seen:
            lines += _fitted("", "  ", _line(card), width)
    for note in graph.notes:
        lines += _fitted("", " ", f"({note})", width)
    return "\n".join(lines)


def _fitted(lead: str, below: str, words: str, width: int | None) -> list[str]:
    """Words after lead, those that do not fit after below: parts are kept whole if possible."""
    if width is None or len(lead) + len(words) <= width:
        return [lead + words]
    room = max(width - len(below) - 2, _NARROW)
    found: list[str] = []
    line = ""
    for part in words.split("  "):
        if line and len(line) + 2 + len(part) <= (room if found else width - len(lead)):
            line += f"  {part}"
            continue
        found += [line] if line else []
        pieces = textwrap.wrap(part, room, break_on_hyphens=False) or [""]
        found += pieces[:-1]
        line = pieces[-1]
    found.append(line)
    return [lead + found[0], *(f"{below}  {line}" for line in found[1:])]


def _head(card: Card) -> str:
    mark = LOOKS[card.role][0] if card.role in LOOKS else ""
    return f"{mark} {card.name}".strip()


def _line(card: Card) -> str:
    if card.role == "rule":
        rules = "  ".join(card.rules)
        saves = f"  uses saved {', '.join(card.saves)}" if card.saves else ""
        return f"{card.number} {card.name}  {rules}{saves}"
    if card.role == "op":
        return f"[{card.call}]"
    words = [_head(card)]
    if card.call:
        times = f" × {card.count} folded" if card.count > 1 else ""
        words[0] += f" = {card.call}{times}"
    words.append(label.kind_text(card.shape, card.dtype))
    if card.value is not None:
        words.append(f"value {_numbers(card.value)}")
    words += card.remarks
    if card.gradient is not None:
        words.append(f"{label.clean(card.title, 40)} {_numbers(card.gradient)}".strip())
    elif card.awaits_gradient:
        words.append("no grad yet")
    word, said = bar_of(card)
    if word not in ("", "ok"):
        words.append(said)
    if card.saturation is not None and card.saturation > 0.5:
        words.append(f"{saturated_text(card.saturation)} saturated")
    if card.born:
        words.append(f"× {card.born}")
    if card.mark is not None:
        words.append(f"<{card.mark[1]}>")
    return "  ".join(word for word in words if word)


def _numbers(block: Block) -> str:
    if block.cells is not None and block.cells.size <= _CELLS:
        cells = [label.number_text(x) for x in block.cells.ravel()]
        for size in reversed(block.shape):
            cells = [f"[{' '.join(cells[i : i + size])}]" for i in range(0, len(cells), size or 1)]
        return cells[0] if cells else "[]"
    if block.bad is not None:
        count, kind, index = block.bad
        return f"({count} not finite, first {kind} at {list(index)})"
    return f"(μ {label.number_text(block.mean)} σ {label.number_text(block.std)})"
