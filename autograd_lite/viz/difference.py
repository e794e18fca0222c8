"""``diff``: what is different between two drawings, as a report and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import DTypeError
from . import label
from .block import Block, norm_of
from .drawing import Drawing
from .records import Card, Edge, Graph


@dataclass(slots=True)
class Difference:
    """What is different between two drawings; ``str(d)`` is a report, ``d.drawing`` a picture.

    Attributes:
        added, removed: names of cards that only the second, only the first drawing has.
        shape, op, health: (name, before, after) of the cards that changed in that.
        moved: (name, norm of the change of its value, before and after of its gradient's norm) of
            cards whose numbers changed; a part is None where the numbers are not known.
        drawing: the second drawing, with the differences marked and removed cards beside it.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    shape: list[tuple[str, str, str]] = field(default_factory=list)
    op: list[tuple[str, str, str]] = field(default_factory=list)
    health: list[tuple[str, str, str]] = field(default_factory=list)
    moved: list[tuple[str, float | None, float | None, float | None]] = field(default_factory=list)
    drawing: Any = None

    @property
    def same_structure(self) -> bool:
        """Whether both have the same tensors, ops and shapes."""
        return not (self.added or self.removed or self.shape or self.op)

    def __str__(self) -> str:
        lines = [f"+ {name}" for name in self.added] + [f"− {name}" for name in self.removed]
        for word, changes in (("shape", self.shape), ("op", self.op), ("health", self.health)):
            lines += [f"≠ {name}: {word} {old} → {new}" for name, old, new in changes]
        for name, distance, old, new in self.moved:
            lines.append(f"~ {name}: {_moved(distance, old, new)}")
        if not lines:
            return "no difference"
        head = "the same tensors, ops and shapes" if self.same_structure else "the graphs differ"
        return "\n".join([head, *lines])

    def __repr__(self) -> str:
        changed = len(self.shape) + len(self.op) + len(self.health)
        return (
            f"<Difference: {len(self.added)} added, {len(self.removed)} removed, {changed} "
            f"changed, {len(self.moved)} moved>"
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """What a notebook shows: the picture, and the report as text."""
        return {**self.drawing._repr_mimebundle_(), "text/plain": str(self)}


def diff(first: Drawing, second: Drawing) -> Difference:
    """What is different between two drawings: two models, or two training steps of one.

    Cards are matched by name, those without one by their place among ops of the same kind.

    Args:
        first, second: what ``draw`` gave; they keep the numbers of the moment they were made.

    Returns:
        a Difference: print it, or look at its ``drawing``.

    Raises:
        DTypeError: something that is no Drawing.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> one = ag.draw((x * x).sum().named("L"))
    >>> print(ag.diff(one, ag.draw(ag.tanh(x).named("h").sum().named("L"))))
    the graphs differ
    + h
    ≠ L: op sum(x * x) → sum(h)
    ~ x: |g| 4.472 → 0.426
    ~ L: value moved by 3.274
    """
    for given in (first, second):
        if not isinstance(given, Drawing):
            raise DTypeError(
                f"diff: got {type(given).__name__}, expected two drawings; pass what draw gave."
            )
    old, new = _cards(first.graph), _cards(second.graph)
    pairs = _matched(old, new)
    found = Difference()
    marks: dict[str, tuple[str, str]] = {}
    gone = {card.id for card in old} - {a.id for a, _ in pairs}
    fresh = {card.id for card in new} - {b.id for _, b in pairs}
    for card in new:
        if card.id in fresh:
            found.added.append(_title(card))
            marks[card.id] = ("added", "+ added")
    found.removed = [_title(card) for card in old if card.id in gone]
    for a, b in pairs:
        moves = len(found.moved)
        word = _compared(a, b, found)
        if word:
            marks[b.id] = ("changed", f"≠ {word}")
        elif len(found.moved) > moves:
            marks[b.id] = ("moved", f"~ {_moved(*found.moved[-1][1:])}")
    found.drawing = _marked(first, second, pairs, gone, marks)
    return found


def _moved(distance: float | None, old: float | None, new: float | None) -> str:
    parts = [] if distance is None else [f"value moved by {label.number_text(distance)}"]
    if old is not None and new is not None:
        parts.append(f"|g| {label.number_text(old)} → {label.number_text(new)}")
    return ", ".join(parts)


def _cards(graph: Graph) -> list[Card]:
    return [card for card in graph.cards if card.role not in ("hidden", "ghost")]


def _title(card: Card) -> str:
    return card.full_name or (f"{card.id} = {card.call}" if card.call else card.id)


def _matched(old: list[Card], new: list[Card]) -> list[tuple[Card, Card]]:
    """Pairs of cards that stand for the same: by name, else by the order of equal ops."""
    from difflib import SequenceMatcher

    names_old, names_new = _unique(old), _unique(new)
    both = [(names_old[name], names_new[name]) for name in names_old if name in names_new]
    pairs = {a.id: (a, b) for a, b in both}
    taken = {b.id for _, b in pairs.values()}
    # Outputs belong together whatever they are called.
    ends = [[c for c in cards if c.role == "output"] for cards in (old, new)]
    if (
        len(ends[0]) == len(ends[1]) == 1
        and ends[0][0].id not in pairs
        and ends[1][0].id not in taken
    ):
        pairs[ends[0][0].id] = (ends[0][0], ends[1][0])
        taken.add(ends[1][0].id)
    left = [c for c in old if c.id not in pairs and not c.full_name]
    right = [c for c in new if c.id not in taken and not c.full_name]
    keys_left, keys_right = ([(c.role, c.op, c.count) for c in some] for some in (left, right))
    matcher = SequenceMatcher(None, keys_left, keys_right, autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        for k in range(size):
            pairs[left[i + k].id] = (left[i + k], right[j + k])
    return [pairs[card.id] for card in old if card.id in pairs]


def _unique(cards: list[Card]) -> dict[str, Card]:
    found: dict[str, Card] = {}
    several = set()
    for card in cards:
        key = f"{card.role == 'op'} {card.full_name}"
        if card.full_name and found.setdefault(key, card) is not card:
            several.add(key)
    return {name: card for name, card in found.items() if name not in several}


def _compared(a: Card, b: Card, found: Difference) -> str:
    """Enter the changes of a pair; gives a word for its mark, or ""."""
    name = _title(b)
    words = []
    before, after = label.kind_text(a.shape, a.dtype), label.kind_text(b.shape, b.dtype)
    if before != after:
        found.shape.append((name, before, after))
        words.append(f"{before} → {after}")
    if a.full_name and b.full_name and a.op != b.op:
        found.op.append((name, a.call or a.role, b.call or b.role))
        words.append(f"was {a.call or a.role}")
    elif a.role == b.role == "output" and a.call != b.call:
        found.op.append((name, a.call, b.call))
        words.append(f"was {a.call}")
    healths = [card.health.word if card.health else "none" for card in (a, b)]
    if healths[0] != healths[1] and "none" not in healths:
        found.health.append((name, healths[0], healths[1]))
        words.append(f"{healths[0]} → {healths[1]}")
    distance = _distance(a.value, b.value)
    norms = [None if c.gradient is None else c.gradient.norm for c in (a, b)]
    turned = None not in norms and norms[0] != norms[1]
    if distance or turned:
        found.moved.append((name, distance or None, *(norms if turned else (None, None))))
    return ", ".join(words)


def _distance(a: Block | None, b: Block | None) -> float | None:
    """The norm of the difference of two values; from their norms where cells are not kept."""
    if a is None or b is None or a.shape != b.shape:
        return None
    if a.cells is None or b.cells is None:
        return abs(a.norm - b.norm)
    with np.errstate(all="ignore"):
        return norm_of(np.subtract(b.cells, a.cells, dtype=np.result_type(a.cells, b.cells, 1.0)))


def _marked(
    first: Drawing,
    second: Drawing,
    pairs: list[tuple[Card, Card]],
    gone: set[str],
    marks: dict[str, tuple[str, str]],
) -> Drawing:
    """The second drawing with marks, and what the first had besides, dashed."""
    graph = second.graph
    cards = [replace(card, mark=marks.get(card.id, card.mark)) for card in graph.cards]
    now = {a.id: b.id for a, b in pairs}
    lost = []
    for card in first.graph.cards:
        if card.id in gone:
            now[card.id] = f"old_{card.id}"
            left = replace(card, id=now[card.id], role="removed", group="", title="", health=None)
            left.gradient, left.awaits_gradient = None, False
            left.mark = ("removed", "− removed")
            lost.append(left)
    edges = [
        Edge(now[e.tail], now[e.head], lane="value")
        for e in first.graph.edges
        if (e.tail in gone or e.head in gone) and e.tail in now and e.head in now
    ]
    kinds = {card.mark[0] for card in lost + cards if card.mark is not None}
    words = {"added": "+ added", "removed": "− removed", "changed": "≠ changed", "moved": "~ moved"}
    said = ", ".join(word for kind, word in words.items() if kind in kinds) or "no difference"
    notes = [*graph.notes, f"{said}, compared with the first drawing"]
    whole = replace(graph, cards=lost + cards, edges=graph.edges + edges, notes=notes)
    return Drawing(whole, second.direction, second.theme, second.rendered_by)
