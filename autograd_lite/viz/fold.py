"""What of a graph is drawn card by card, and what as one card for a group or for many like it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, zip_longest
from typing import Any

from ..node import Node
from . import groups
from .groups import Part
from .health import ORDER, badness
from .names import run_of
from .records import Health

# From so many cards on, runs of equal groups are folded without being asked for.
_FOLD_FROM = 30


class Unit:
    """A group drawn as one card, or a run of equal groups.

    Attributes:
        members: the nodes of each group. names: what each is called. name: what all are.
        shown: which member's numbers the card shows: the one of the worst health, the last where
            all is well (is_ok).
        title: what a member computes.
    """

    __slots__ = ("is_ok", "members", "name", "names", "parent", "shown", "title")

    def __init__(self, parts: list[Part], measured: dict[Any, Health], found: str = "") -> None:
        self.members = [part.whole for part in parts]
        # Of parts that share a name each has its number behind it.
        self.names = [f"{part.name} {part.place}" if part.place else part.name for part in parts]
        alike = parts[0].place and len({part.name for part in parts}) == 1
        self.name = run_of(self.names)
        if found:
            self.name = f"{found}{'s' if len(parts) > 1 else ''} {self.name}"
            self.names = [f"{found} {name}" for name in self.names]
        elif alike:
            self.name = f"{parts[0].name} {run_of([str(part.place) for part in parts])}"
        self.title = groups.described(parts[0], symbols=True)
        self.parent = parts[0].parent
        found_health = [worst_of(part.whole, measured) for part in parts]
        worst = [badness(health) for health in found_health]
        self.is_ok = all(health is None or health.word == ORDER[-1] for health in found_health)
        # Where all is well none is worse than another: the last is shown.
        self.shown = len(parts) - 1 if self.is_ok else worst.index(min(worst))

    @property
    def whole(self) -> Iterator[Node]:
        """All nodes of all members."""
        return (node for member in self.members for node in member)

    def word(self, k: int) -> str:
        """What the result of a member is called in expressions."""
        name = self.names[k]
        return name if name.replace(".", "_").isidentifier() else f"[{name}]"


class Plan:
    """Which nodes share a card: ``units``, by node; ``open``: the groups drawn as boxes."""

    def __init__(self) -> None:
        self.units: dict[Node, Unit] = {}
        self.open: list[Part] = []
        self.notes: list[str] = []

    def item(self, node: Node) -> Any:
        """What has the card of a node: its unit, or itself."""
        return self.units.get(node, node)

    def enter(self, unit: Unit) -> None:
        """Draw the nodes of a unit as one card."""
        for node in unit.whole:
            self.units[node] = unit


def worst_of(nodes: Iterable[Node], measured: dict[Any, Health]) -> Health | None:
    """The worst health of some nodes' gradients and of those of the leaves they read."""
    worst: Health | None = None
    for node in nodes:
        for key in (node, *(p for p in node.parents if p is not None and type(p) is not Node)):
            found = measured.get(key)
            if found is not None and (worst is None or badness(found) < badness(worst)):
                worst = found
    return worst


def planned(
    nodes: list[Node],
    root: Part,
    cards: int,
    *,
    depth: int | None,
    fold: bool | str,
    max_nodes: int,
    measured: dict[Any, Health],
) -> Plan:
    """What to draw of nodes (oldest first), which would make so many cards if all were drawn."""
    plan = Plan()
    parts = list(root.inside())
    folding = fold is True or (fold == "auto" and cards > _FOLD_FROM)
    closed: set[Part] = set()
    if depth is not None:
        closed = {part for part in parts if part.depth == depth + 1}
    if folding:
        least = 2 if fold is True else 3
        _fold_parts(plan, root, closed, least, measured)
        if not plan.units:
            _fold_found(plan, root, measured)
    cards = cards - _saved(plan)
    by_depth = sorted({part.depth for part in parts}, reverse=True)
    for level in by_depth:
        if cards <= max_nodes or depth is not None:
            break
        for part in parts:
            if part.depth == level and _is_free(part, plan):
                closed = {p for p in closed if part not in _around(p)} | {part}
        cards = cards - sum(len(p.whole) - 1 for p in closed if p.depth == level)
    for part in parts:
        if part in closed and _is_free(part, plan):
            plan.enter(Unit([part], measured))
    plan.open = [p for p in parts if any(n not in plan.units for n in p.whole) or _holds(p, plan)]
    return plan


def _saved(plan: Plan) -> int:
    return len(plan.units) - len(set(map(id, plan.units.values())))


def _is_free(part: Part, plan: Plan) -> bool:
    return bool(part.whole) and all(node not in plan.units for node in part.whole)


def _around(part: Part) -> Iterator[Part]:
    above = part.parent
    while above is not None:
        yield above
        above = above.parent


def _holds(part: Part, plan: Plan) -> bool:
    """Whether a unit's card is drawn in the box of this part."""
    return any(plan.units[n].parent is part for n in part.whole if n in plan.units)


def _fold_parts(
    plan: Plan, root: Part, closed: set[Part], least: int, measured: dict[Any, Health]
) -> None:
    """Fold runs of equal neighbours, outermost groups first; those that are nearly so close too."""
    stack = [root]
    while stack:
        part = stack.pop()
        children = [child for child in part.children if child.whole]
        signs = [groups.signature(child) for child in children]
        runs = _runs(signs)
        folded = [(a, b) for a, b in runs if b - a >= least]
        known = {node.op for a, _ in folded for node in children[a].whole}
        for a, b in runs:
            if (a, b) in folded:
                for some in _alike(children[a:b], measured):
                    plan.enter(Unit(some, measured))
            elif known and all(n.op in known for c in children[a:b] for n in c.whole):
                closed.update(children[a:b])
            else:
                stack += [child for child in children[a:b] if child not in closed]


def _fold_found(plan: Plan, root: Part, measured: dict[Any, Health]) -> None:
    """Fold repeats that are found in nodes outside of all groups."""
    runs = groups.repeats(root.own)
    for number, run in enumerate(runs):
        loop = f"loop {number + 1}, step" if len(runs) > 1 else "step"
        parts = []
        for k, member in enumerate(run):
            part = Part(str(k + 1), "", root, None)
            part.own = part.whole = member
            parts.append(part)
        for some in _alike(parts, measured):
            plan.enter(Unit(some, measured, loop))


def _runs(signs: list[Any]) -> list[tuple[int, int]]:
    runs, start = [], 0
    for i in range(1, len(signs) + 1):
        if i == len(signs) or signs[i] != signs[start]:
            runs.append((start, i))
            start = i
    return runs


def _alike(parts: list[Part], measured: dict[Any, Health]) -> Iterator[list[Part]]:
    """A run cut where the health changes."""
    words = []
    for part in parts:
        worst = worst_of(part.whole, measured)
        words.append("" if worst is None else worst.word)
    # Words that come and go again and again would make as many cards as there are groups.
    cuts = sum(a != b for a, b in pairwise(words))
    if cuts > 8:
        yield parts
        return
    for a, b in _runs(words):
        yield parts[a:b]


# -- what is left out ------------------------------------------------------------------------------


def chosen(
    nodes: list[Node],
    plan: Plan,
    keys: Callable[[Node], set[Any]],
    limit: int,
    measured: dict[Any, Health],
    born: Iterable[Node],
) -> set[Node]:
    """The nodes to draw: all, or those nearest to the output, the leaves and the worst health.

    Args:
        keys: gives the leaves and constants that a node reads and that have a card.
    """
    of_unit: dict[Any, list[Node]] = defaultdict(list)
    for node, unit in plan.units.items():
        of_unit[unit].append(node)
    cards: set[Any] = set()
    taken: set[Any] = set()
    found: set[Node] = set()
    sources = [_from(nodes[-1]), iter(nodes)]
    worst = _worst(nodes, measured, born)
    if worst is not None:
        sources.append(_around_place(nodes, worst))
    for node in _in_turn(*sources):
        item = plan.item(node)
        if item in taken:
            continue
        some = of_unit.get(item, [node])
        more = {item}
        if item is node:
            more |= keys(node)
        if taken and len(cards | more) > limit:
            break
        taken.add(item)
        cards |= more
        found.update(some)
    return found


def _worst(nodes: list[Node], measured: dict[Any, Health], born: Iterable[Node]) -> int | None:
    place = {node: i for i, node in enumerate(nodes)}
    for node in born:
        if node in place:
            return place[node]
    bad = [n for n in nodes if n in measured and measured[n].word != ORDER[-1]]
    return place[min(bad, key=lambda n: badness(measured[n]))] if bad else None


def _around_place(nodes: list[Node], at: int) -> Iterator[Node]:
    for step in range(len(nodes)):
        if at + step < len(nodes):
            yield nodes[at + step]
        if step and at - step >= 0:
            yield nodes[at - step]


def _from(root: Node) -> Iterator[Node]:
    """Nodes by their distance from root."""
    queue, seen = deque([root]), {root}
    while queue:
        node = queue.popleft()
        yield node
        for parent in node.parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                queue.append(parent)


def _in_turn(*sources: Iterator[Node]) -> Iterator[Node]:
    """One of each source, again and again."""
    for group in zip_longest(*sources):
        yield from (node for node in group if node is not None)
