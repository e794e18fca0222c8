"""A whole graph as one SVG, with no renderer: cards placed by ``layout.py``, two lanes of edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from . import label
from .boxes import drawn, faces
from .face import Face, Look, escaped, face, number, times
from .far import with_ghosts
from .layout import Box, Link, Plan, Point, arrange
from .measure import width
from .records import SOURCES, TOOLTIP, Card, Edge, Graph


@dataclass(slots=True)
class Timing:
    """When the parts of a moving picture are there and when they stand out.

    Attributes:
        looks: per card id, its numbers with their times.
        active: per card id, steps at which it stands out.
        forward, backward: per card id, the step at which its op runs, and its rule.
    """

    looks: dict[str, Look] = field(default_factory=dict)
    active: dict[str, list[int]] = field(default_factory=dict)
    forward: dict[str, int] = field(default_factory=dict)
    backward: dict[str, int] = field(default_factory=dict)


def scene(graph: Graph, *, upright: bool = False, timing: Timing | None = None) -> str:
    """The SVG of a graph: everything at once, or in the steps that timing gives."""
    return _Scene(complete(graph), upright, timing).svg()


def complete(graph: Graph) -> Graph:
    """The graph with ghosts in place of long edges, which the backward view has already."""
    return graph if graph.view == "backward" else with_ghosts(graph)


def pictured(graph: Graph, upright: bool) -> tuple[int, int, str]:
    """Width, height and the SVG inside of a picture that stands still, of a complete graph."""
    made = _Scene(graph, upright, None)
    return (*made.size(), made.inside())


class _Scene:
    def __init__(self, graph: Graph, upright: bool, timing: Timing | None) -> None:
        self.graph, self.upright, self.timing = graph, upright, timing
        self.cards = _in_order(graph)
        self.groups = {group.id: group for group in getattr(graph, "groups", ())}
        looks = timing.looks if timing else {}
        self.faces: list[Face] = [
            (faces(card) or face(card, looks[card.id])) if card.id in looks else drawn(card)
            for card in self.cards
        ]
        self.place = {card.id: i for i, card in enumerate(self.cards)}
        self.plan = self._plan()

    def _plan(self) -> Plan:
        groups = [self._path(card) for card in self.cards]
        boxes = [Box(f.width, f.height, g) for f, g in zip(self.faces, groups, strict=True)]
        links = []
        for edge in self.graph.edges:
            i, j = self.place[edge.tail], self.place[edge.head]
            tail, head = self.faces[i], self.faces[j]
            if self.upright:
                lanes = [(f * tail.width, f * head.width) for f in (0.4, 0.6)]
            else:
                lanes = [(tail.value, head.value), (tail.gradient, head.gradient)]
            weight = 1.0 if self.cards[i].role in SOURCES else 8.0
            two = edge.norm is not None and _lane_of(edge) in ("both", "quiet")
            kept = tuple(lanes if two else lanes[:1])
            links.append(Link(i, j, kept, weight))
        return arrange(boxes, links, upright=self.upright)

    def _path(self, card: Card) -> str:
        """The ids of the groups around a card, outermost first."""
        path: list[str] = []
        own = str(getattr(card, "group", "") or "")
        while own and own not in path:
            path.append(own)
            own = getattr(self.groups.get(own), "parent", "")
        return "/".join(part.replace("/", "∕") for part in path[::-1])

    def svg(self) -> str:
        wide, high = self.size()
        what = escaped(f"Computation graph of {self.graph.output}: {len(self.cards)} cards")
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="graph" width="{wide}" height="{high}" '
            f'viewBox="0 0 {wide} {high}" role="group" aria-label="{what}">\n'
            f"{self.inside()}\n</svg>"
        )

    def size(self) -> tuple[int, int]:
        return math.ceil(self.plan.width), math.ceil(self.plan.height)

    def inside(self) -> str:
        """The SVG of all that is in the picture, from its corner."""
        plan = self.plan
        parts = [self._frame(f.group, f.x, f.y, f.width, f.height) for f in plan.frames]
        pairs = list(zip(self.graph.edges, plan.links, strict=True))
        parts += [self._forward(e, k) for e, k in pairs if _lane_of(e) != "gradient"]
        parts += [
            self._backward(edge, link)
            for edge, link in pairs
            if (edge.norm is not None or _lane_of(edge) == "gradient")
            and _lane_of(edge) != "value"
            and (self.timing is None or edge.head in self.timing.backward)
        ]
        parts += [self._card(i) for i in range(len(self.cards))]
        if self.timing is None:
            parts += self._norms()
        return "\n".join(parts)

    def _frame(self, group: str, x: float, y: float, wide: float, high: float) -> str:
        own = self.groups.get(group.rpartition("/")[2])
        name = getattr(own, "name", group.rpartition("/")[2])
        words = escaped(label.clean(name, 40))
        more = escaped(label.clean(getattr(own, "subtitle", ""), 60))
        return (
            f'<g class="around"><rect x="{number(x)}" y="{number(y)}" width="{number(wide)}" '
            f'height="{number(high)}" rx="10"/><text x="{number(x + 12)}" y="{number(y + 18)}">'
            f'{words}<tspan class="kind" dx="8">{more}</tspan></text></g>'
        )

    # -- cards -----------------------------------------------------------------------------------

    def _card(self, i: int) -> str:
        card, drawn, box = self.cards[i], self.faces[i], self.plan.boxes[i]
        steps = self._steps(card)
        on = f' data-on="{" ".join(map(str, steps))}"' if steps else ""
        role = card.of if card.role == "ghost" else card.role
        born = " born" if card.born else ""
        halo = (
            f'<rect class="halo" x="-4" y="-4" width="{number(drawn.width + 8)}" '
            f'height="{number(drawn.height + 8)}"/>'
            if steps
            else ""
        )
        tip = escaped(described(card))
        return (
            f'<g id="{card.id}" class="card {role}{born}" role="group" aria-label="{tip}"{on} '
            f'transform="translate({number(box.x)} {number(box.y)})"><title>{tip}</title>'
            f"{halo}{drawn.inside}</g>"
        )

    def _steps(self, card: Card) -> list[int]:
        """When a card stands out; a ghost only when its own user is at work."""
        if self.timing is None:
            return []
        if card.role != "ghost":
            return self.timing.active.get(card.id, [])
        heads = [edge.head for edge in self.graph.edges if edge.tail == card.id]
        return [self.timing.backward[h] for h in heads if h in self.timing.backward and card.title]

    # -- edges -----------------------------------------------------------------------------------

    def _forward(self, edge: Edge, link: Link) -> str:
        points = link.routes[0]
        step = self.timing.forward.get(edge.head) if self.timing else None
        words = f"{self._name(edge.tail)} to {self._name(edge.head)}"
        return _lane("e ef", words, step, points, 1.4, self.upright)

    def _backward(self, edge: Edge, link: Link) -> str:
        step = self.timing.backward.get(edge.head) if self.timing else None
        norm = 0.0 if edge.norm is None else edge.norm
        good = math.isfinite(norm)
        size = 2.6 + 0.5 * math.log10(norm) if good and norm else 1.0 if good else 4.0
        ends = [self._name(edge.head), self._name(edge.tail)]
        route = link.routes[-1][::-1]
        if _lane_of(edge) == "gradient":  # the backward view's edges have its direction
            ends, route = ends[::-1], route[::-1]
        words = f"gradient from {ends[0]} to {ends[1]}"
        words += "" if edge.norm is None else f": |g| {edge.norm}"
        style = "e eb" if good else "e eb sick"
        return _lane(style, words, step, route, min(4.5, max(1.2, size)), self.upright)

    def _name(self, id: str) -> str:
        card = self.cards[self.place[id]]
        return label.clean(card.full_name or card.name, 60)

    def _norms(self) -> list[str]:
        """How large each gradient is, on its edge, where that covers no card and best no edge."""
        taken: list[tuple[float, float, float, float]] = [
            (b.x, b.y, b.x + b.width, b.y + b.height) for b in self.plan.boxes
        ]
        # An arrow's tip is not covered if there is any other place.
        tips = [
            _tip_box(r[-1 if n == 0 else 0])
            for k in self.plan.links
            for n, r in enumerate(k.routes)
        ]
        lines = self._points()
        out = []
        for edge, link in zip(self.graph.edges, self.plan.links, strict=True):
            if edge.norm is None or _lane_of(edge) == "quiet":
                continue
            words = f"|g| {label.number_text(edge.norm)}  {getattr(edge, 'note', '')}".strip()
            wide = width(words, 9.5)
            own = len(link.routes) - 1
            free = [
                spot
                for x, y in _spots(link.routes[own], self.upright, _COARSE)
                if not any(
                    _meet(spot := (x - wide / 2 - 2, y - 7, x + wide / 2 + 2, y + 7), t)
                    for t in taken
                )
            ]
            if not free:
                continue
            free = [s for s in free if not any(_meet(s, tip) for tip in tips)] or free
            name = (id(link), own)
            spot = min(free, key=lambda s: sum(lane != name for lane in _under(s, lines)))
            taken.append(spot)
            x, y = (spot[0] + spot[2]) / 2, spot[1]
            out.append(
                f'<rect class="under" x="{number(spot[0])}" y="{number(y)}" '
                f'width="{number(wide + 4)}" height="14" rx="3"/>'
                f'<text class="norm" x="{number(x)}" y="{number(y + 10)}">{words}</text>'
            )
        return out

    def _points(self) -> dict[tuple[int, int], list[tuple[Point, tuple[int, int]]]]:
        """Points along all lanes, by the square of the plane that they lie in."""
        found: dict[tuple[int, int], list[tuple[Point, tuple[int, int]]]] = {}
        for link in self.plan.links:
            for n, route in enumerate(link.routes):
                for x, y in _spots(route, self.upright, _FINE):
                    square = found.setdefault((int(x // _SQUARE), int(y // _SQUARE)), [])
                    square.append(((x, y), (id(link), n)))
        return found


def described(card: Card) -> str:
    """What a card is, in words."""
    if card.role == "hidden":
        return f"{card.name} tensors, not drawn"
    name = label.clean(card.full_name or card.name, TOOLTIP)
    if card.role == "ghost":
        return f"{name}: the same tensor is drawn elsewhere"
    made = f" = {card.call} ({card.op})" if card.op else ""
    kind = [card.role, label.kind_text(card.shape, card.dtype)]
    line = getattr(card, "line", "")
    where = f"; {label.clean(line, 120)}" if line else ""
    return f"{name}{made}: {', '.join(word for word in kind if word)}{where}"


def _lane_of(edge: Edge) -> str:
    return str(getattr(edge, "lane", "both"))


def _in_order(graph: Graph) -> list[Card]:
    """Cards so that edges go forward: ghosts before their user, what is hidden in the middle."""
    plain = [card for card in graph.cards if card.role not in ("ghost", "hidden")]
    at = {card.id: float(i) for i, card in enumerate(plain)}
    heads: dict[str, list[str]] = {}
    tails: dict[str, list[str]] = {}
    for edge in graph.edges:
        heads.setdefault(edge.tail, []).append(edge.head)
        tails.setdefault(edge.head, []).append(edge.tail)
    for card in graph.cards:
        if card.role == "hidden":
            before = [at[t] for t in tails.get(card.id, ()) if t in at]
            behind = [at[h] for h in heads.get(card.id, ()) if h in at]
            at[card.id] = _between(before, behind)
    for card in graph.cards:
        if card.role == "ghost":
            at[card.id] = min((at[h] for h in heads.get(card.id, ()) if h in at), default=0) - 0.25
    return sorted(graph.cards, key=lambda card: at[card.id])


def _between(before: list[float], behind: list[float]) -> float:
    """A place behind most of what leads there and before most of what it leads to."""
    spots = sorted({-0.5, *(x + 0.5 for x in before)})
    return min(spots, key=lambda s: (sum(x > s for x in before) + sum(x < s for x in behind), s))


def _lane(
    style: str, words: str, step: int | None, points: list[Point], thick: float, upright: bool
) -> str:
    """One lane: its curve, and an arrow where points end."""
    (x, y), size = points[-1], 4.0 + thick
    from_x, from_y = points[-2] if points[-2] != points[-1] else points[-3]
    ahead = (y >= from_y) if upright else (x >= from_x)
    sign = 1 if ahead else -1
    back = sign * 1.7 * size
    half, base = size * 0.75, -back
    if upright:
        corners = [(x - half, y + base), (x, y), (x + half, y + base)]
        end = (x, y - back * 0.7)
    else:
        corners = [(x + base, y - half), (x, y), (x + base, y + half)]
        end = (x - back * 0.7, y)
    tip = "M" + "L".join(f"{number(a)},{number(b)}" for a, b in corners) + "z"
    on = "" if step is None else f' data-on="{step}"'
    return (
        f'<g class="{style}"{times(step)}{on}><title>{escaped(words)}</title>'
        f'<path d="{curve([*points[:-1], end], upright)}" stroke-width="{thick:.2f}"/>'
        f'<path class="tip" d="{tip}"/></g>'
    )


def curve(points: list[Point], upright: bool) -> str:
    """The path through the points of a route: lines and curves in turn."""
    parts = [f"M{number(points[0][0])},{number(points[0][1])}"]
    for n, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        end = f"{number(x1)},{number(y1)}"
        if n % 2 == 0:
            if (x0, y0) != (x1, y1):
                parts.append(f"L{end}")
            continue
        if upright:
            middle = number((y0 + y1) / 2)
            parts.append(f"C{number(x0)},{middle} {number(x1)},{middle} {end}")
        else:
            middle = number((x0 + x1) / 2)
            parts.append(f"C{middle},{number(y0)} {middle},{number(y1)} {end}")
    return "".join(parts)


# Along a curve: where words stand best, and points dense enough to see what they would cover.
_COARSE = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)
_FINE = tuple(k / 12 for k in range(13))
_SQUARE = 64


def _spots(points: list[Point], upright: bool, shares: Sequence[float]) -> list[Point]:
    """Points on the curves of a route, at shares of each."""
    found = []
    for s in shares:
        for (x0, y0), (x1, y1) in zip(points[1::2], points[2::2], strict=False):
            bend = 3 * s * s - 2 * s * s * s
            steady = 1.5 * s * (1 - s) + s * s * s  # of a curve whose handles lie in the middle
            a, b = (bend, steady) if upright else (steady, bend)
            found.append((x0 + (x1 - x0) * a, y0 + (y1 - y0) * b))
    return found


def _tip_box(end: Point) -> tuple[float, float, float, float]:
    x, y = end
    return (x - 12, y - 5, x + 12, y + 5)


def _under(
    spot: tuple[float, float, float, float],
    points: dict[tuple[int, int], list[tuple[Point, tuple[int, int]]]],
) -> list[tuple[int, int]]:
    """The lanes that have points in a rectangle, once for each point."""
    left, top, right, low = spot
    return [
        lane
        for i in range(int(left // _SQUARE), int(right // _SQUARE) + 1)
        for j in range(int(top // _SQUARE), int(low // _SQUARE) + 1)
        for (x, y), lane in points.get((i, j), ())
        if left < x < right and top < y < low
    ]


def _meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
