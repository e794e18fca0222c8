"""Where the cards of a layered graph stand and how their edges run, in plain Python.

The method of Sugiyama, Tagawa and Toda (1981): layers by the longest path, an order in each layer
that lets few edges cross, positions that keep edges straight. An edge that skips layers passes
through a slot of its own in each of them, so no edge ever runs through a card. Coordinates have
``along``, the way the graph flows, and ``across``; ``Plan`` gives them as x and y.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .order import ordered

Point = tuple[float, float]

MARGIN = 28.0
_GAP, _MOST_GAP = 52.0, 120.0  # between two columns
_SEPARATION = 20.0  # between two cards of a column
_SLOT = 16.0  # of an edge that passes a column: wide enough for both its lanes
_PAD, _CAPTION = 14.0, 22.0  # of a frame around a group
_SPREAD = 8.0  # between two arrows that end at one side of a card


@dataclass(slots=True)
class Box:
    """A card to place: its size, its group and, once placed, its corner.

    A group is a path: "a/b" lies in "a"; "" is none.
    """

    width: float
    height: float
    group: str = ""
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True)
class Link:
    """An edge between two boxes, by their numbers.

    Attributes:
        tail, head: numbers of the boxes.
        lanes: per lane, where it leaves the tail and where it enters the head, measured across
            from the corner of each box.
        weight: how strongly it should be straight.
        routes: per lane, once placed, an even number of points: a line joins the first with the
            second, a curve the second with the third, a line the third with the fourth, ...
    """

    tail: int
    head: int
    lanes: tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    weight: float = 1.0
    routes: list[list[Point]] = field(default_factory=list)


@dataclass(slots=True)
class Frame:
    """A rectangle around the boxes of a group."""

    group: str
    x: float
    y: float
    width: float
    height: float


@dataclass(slots=True)
class Plan:
    """Boxes and links with their places, frames of groups, and the size of it all."""

    boxes: list[Box]
    links: list[Link]
    frames: list[Frame]
    width: float
    height: float


@dataclass(slots=True)
class _Item:
    """What stands in a column: a box, or the slot of an edge that passes."""

    size: float
    column: int
    box: int | None
    group: str = ""
    at: float = 0.0


def arrange(boxes: Sequence[Box], links: Sequence[Link], *, upright: bool = False) -> Plan:
    """Place boxes and route links; both are changed, and belong to the Plan that is returned.

    Args:
        boxes: in an order in which most links go forward, the topological one.
        links: edges between them; one that goes backward in that order is drawn backward.
        upright: from top to bottom, in place of left to right.

    >>> plan = arrange([Box(50, 20), Box(50, 20)], [Link(0, 1, ((10, 10),))])
    >>> plan.boxes[0].x < plan.boxes[1].x, plan.boxes[0].y == plan.boxes[1].y
    (True, True)
    """
    return _Arrangement(list(boxes), list(links), upright).plan()


class _Arrangement:
    def __init__(self, boxes: list[Box], links: list[Link], upright: bool) -> None:
        self.boxes, self.links, self.upright = boxes, links, upright
        # Two boxes and the link between them, in the direction of the layers.
        self.ends = [(min(k.tail, k.head), max(k.tail, k.head)) for k in links]
        layers = self._layers()
        self.items = [
            _Item(box.width if upright else box.height, layer, i, box.group)
            for i, (box, layer) in enumerate(zip(boxes, layers, strict=True))
        ]
        # Per link, the items that it passes, both ends included.
        self.chains: list[list[int]] = []
        for first, last in self.ends:
            chain = [first]
            for column in range(layers[first] + 1, layers[last]):
                chain.append(len(self.items))
                self.items.append(_Item(_SLOT, column, None))
            self.chains.append([*chain, last])
        self.columns = self._ordered()

    # -- columns ---------------------------------------------------------------------------------

    def _layers(self) -> list[int]:
        count = len(self.boxes)
        edges = [pair for pair in self.ends if pair[0] != pair[1]]
        entered = {head for _, head in edges}
        edges += self._between_groups(edges, entered)
        heads: list[list[int]] = [[] for _ in range(count)]
        tails: list[list[int]] = [[] for _ in range(count)]
        for tail, head in edges:
            heads[tail].append(head)
            tails[head].append(tail)
        layers = self._longest(tails, heads)
        # What nothing but leaves leads to stands right before its first user, and so do leaves.
        free = [i not in entered for i in range(count)]
        for i in range(count - 1, -1, -1):
            if heads[i] and all(free[t] for t in tails[i]):
                layers[i] = max(layers[i], min(layers[h] for h in heads[i]) - 1)
        low = min(layers, default=0)
        return [layer - low for layer in layers]

    def _longest(self, tails: list[list[int]], heads: list[list[int]]) -> list[int]:
        layers = [0] * len(tails)
        waiting = [len(t) for t in tails]
        ready = [i for i, n in enumerate(waiting) if not n]
        for i in ready:
            for head in heads[i]:
                layers[head] = max(layers[head], layers[i] + 1)
                waiting[head] -= 1
                if not waiting[head]:
                    ready.append(head)
        return layers

    def _between_groups(
        self, edges: list[tuple[int, int]], entered: set[int]
    ) -> list[tuple[int, int]]:
        """Constraints that put the leaves of a group behind what leads into the group."""
        group = [box.group for box in self.boxes]
        leaves: dict[str, list[int]] = {}
        for i, name in enumerate(group):
            if name and i not in entered:
                leaves.setdefault(name, []).append(i)
        more: dict[tuple[int, int], None] = {}
        for tail, head in edges:
            if tail in entered and group[head] and group[tail] != group[head]:
                # A leaf that comes before in the given order could close a circle.
                for leaf in leaves.get(group[head], ()):
                    if leaf > tail:
                        more[tail, leaf] = None
        return list(more)

    def _ordered(self) -> list[list[int]]:
        columns: list[list[int]] = []
        for i, item in enumerate(self.items):
            while len(columns) <= item.column:
                columns.append([])
            columns[item.column].append(i)
        entered = {head for _, head in self.ends}
        for column in columns:
            inner = [i for i in column if i in entered]
            if len(inner) == 1 and not any(self.items[i].box is None for i in column):
                # Leaves stand above and below the one result, so that it stays in line.
                outer = [i for i in column if i not in entered]
                half = len(outer) // 2
                column[:] = [*outer[:half], *inner, *outer[half:]]
        pairs = [pair for chain in self.chains for pair in pairwise(chain)]
        return ordered(columns, pairs, [item.group for item in self.items])

    # -- places across ---------------------------------------------------------------------------

    def _across(self) -> None:
        """Positions that keep edges straight: each item is drawn to its neighbours in turn."""
        before: list[list[tuple[int, float, float]]] = [[] for _ in self.items]
        behind: list[list[tuple[int, float, float]]] = [[] for _ in self.items]
        for link, chain in zip(self.links, self.chains, strict=True):
            for a, b in pairwise(chain):
                # The shift between the two corners that makes the first lane straight.
                shift = self._port(link, chain, a) - self._port(link, chain, b)
                weight = link.weight * (
                    4.0 if None in (self.items[a].box, self.items[b].box) else 1
                )
                behind[a].append((b, -shift, weight))
                before[b].append((a, shift, weight))
        for column in self.columns:
            place = 0.0
            for i, gap in zip(column, [0.0, *self._gaps(column)], strict=True):
                place += gap
                self.items[i].at = place
                place += self.items[i].size
        whole = list(range(len(self.columns)))
        for sweep in range(12):
            last = sweep >= 8
            for c in whole if sweep % 2 == 0 else whole[::-1]:
                sides = [before, behind] if last else [before] if sweep % 2 == 0 else [behind]
                self._pull(self.columns[c], sides)

    def _port(self, link: Link, chain: list[int], item: int) -> float:
        if self.items[item].box is None:
            return _SLOT / 2
        # Between the lanes, so that neither of them bends more than the other.
        end = int(item == link.head)
        return sum(lane[end] for lane in link.lanes) / len(link.lanes)

    def _gaps(self, column: list[int]) -> list[float]:
        gaps = []
        for a, b in pairwise(column):
            one, two = self.items[a], self.items[b]
            gap = _SEPARATION if one.box is not None and two.box is not None else 10.0
            if one.group != two.group:
                gap += _PAD * _depth(one.group) + (_PAD + _CAPTION) * _depth(two.group)
            gaps.append(gap)
        return gaps

    def _pull(self, column: list[int], sides: list[list[list[tuple[int, float, float]]]]) -> None:
        """Move a column's items as near to where they want to be as their order and sizes allow."""
        offsets, total = [], 0.0
        for i, gap in zip(column, [0.0, *self._gaps(column)], strict=True):
            total += gap
            offsets.append(total)
            total += self.items[i].size
        wanted, weights = [], []
        for i in column:
            pulls = [pull for side in sides for pull in side[i]]
            weight = sum(w for _, _, w in pulls)
            at = self.items[i].at
            if pulls:
                at = sum((self.items[j].at + shift) * w for j, shift, w in pulls) / weight
            wanted.append(at)
            weights.append(weight or 0.01)
        places = _rising([a - o for a, o in zip(wanted, offsets, strict=True)], weights)
        for i, place, offset in zip(column, places, offsets, strict=True):
            self.items[i].at = place + offset

    def _make_room(self) -> None:
        """Move what is in no group, or in another, out of the frames of groups."""
        paths = _levels(box.group for box in self.boxes)
        for _ in range(2):
            # Inner frames first: what is moved out of them may have to leave the outer ones too.
            for path, levels in sorted(paths.items(), key=lambda item: -item[0].count("/")):
                own = {i for i, box in enumerate(self.boxes) if _is_inside(box.group, path)}
                high = min(self.items[i].at for i in own) - (_PAD + _CAPTION) * levels
                low = max(self.items[i].at + self.items[i].size for i in own) + _PAD * levels
                columns = [self.items[i].column for i in own]
                for column in self.columns[min(columns) : max(columns) + 1]:
                    mine = [n for n, i in enumerate(column) if i in own]
                    middle = (high + low) / 2
                    first = mine[0] if mine else sum(self._centre(i) < middle for i in column)
                    last = mine[-1] + 1 if mine else first
                    self._push(column[:first][::-1], high, -1)
                    self._push(column[last:], low, 1)

    def _centre(self, i: int) -> float:
        return self.items[i].at + self.items[i].size / 2

    def _push(self, items: list[int], bound: float, sign: int) -> None:
        """Move boxes beyond bound, and what stands behind them as far as that needs."""
        last: float | None = None
        for i in items:
            item = self.items[i]
            near = item.at if sign > 0 else -(item.at + item.size)
            if last is not None:
                near = max(near, last + 10)
            if item.box is not None:
                near = max(near, sign * bound + 8 + _PAD * _depth(item.group))
            item.at = near if sign > 0 else -near - item.size
            last = near + item.size

    # -- the whole -------------------------------------------------------------------------------

    def plan(self) -> Plan:
        self._across()
        self._make_room()
        grouped = max((_depth(box.group) for box in self.boxes), default=0)
        lead = MARGIN + _PAD * grouped
        low = min((item.at for item in self.items), default=0.0)
        shift = MARGIN - low + (_PAD + _CAPTION) * grouped
        for item in self.items:
            item.at += shift
        spans = self._along(lead, _PAD * 2 * grouped)
        for i, box in enumerate(self.boxes):
            start, size = spans[self.items[i].column]
            place = start + (size - (box.height if self.upright else box.width)) / 2
            at = self.items[i].at
            box.x, box.y = (at, place) if self.upright else (place, at)
        for number in range(len(self.links)):
            self._route(number, spans)
        self._part_arrows()
        frames = self._frames() if grouped else []
        far = MARGIN + _PAD * grouped
        # A slot at the edge of the picture has no box that would make room for it.
        across = max((item.at + item.size for item in self.items), default=0.0) + far
        along = (spans[-1][0] + spans[-1][1] if spans else 0.0) + far
        wide, high = (across, along) if self.upright else (along, across)
        return Plan(self.boxes, self.links, frames, wide, high)

    def _along(self, start: float, extra: float) -> list[tuple[float, float]]:
        """Per column, where it begins and how thick it is."""
        bends = [0.0] * len(self.columns)
        for link, chain in zip(self.links, self.chains, strict=True):
            for a, b in pairwise(chain):
                bend = (
                    self.items[a].at + self._port(link, chain, a)
                    - self.items[b].at - self._port(link, chain, b)
                )  # fmt: skip
                column = self.items[a].column
                bends[column] = max(bends[column], abs(bend))
        spans = []
        for items, bend in zip(self.columns, bends, strict=True):
            inside = [self.boxes[i] for i in items if i < len(self.boxes)]
            size = max((b.height if self.upright else b.width for b in inside), default=0.0)
            spans.append((start, size))
            start += size + min(_MOST_GAP, _GAP + 0.12 * bend) + extra
        return spans

    def _route(self, number: int, spans: list[tuple[float, float]]) -> None:
        link, chain = self.links[number], self.chains[number]
        forward = link.tail == chain[0]
        for n, (leaves, enters) in enumerate(link.lanes):
            first, last = (leaves, enters) if forward else (enters, leaves)
            points: list[Point] = []
            for i in chain:
                item = self.items[i]
                start, size = spans[item.column]
                if item.box is None:
                    slot = item.at + _SLOT * (n + 1) / (len(link.lanes) + 1)
                    points += [(start, slot), (start + size, slot)]
                    continue
                box = self.boxes[item.box]
                thick = box.height if self.upright else box.width
                near = start + (size - thick) / 2
                if i == chain[0]:
                    points += [(near + thick, item.at + first), (start + size, item.at + first)]
                else:
                    points += [(start, item.at + last), (near, item.at + last)]
            if self.upright:
                points = [(y, x) for x, y in points]
            link.routes.append(points if forward else points[::-1])

    def _part_arrows(self) -> None:
        """Set the arrows that end at one place of a card side by side."""
        ends: dict[tuple[int, int, float], list[tuple[Link, int]]] = {}
        for link in self.links:
            for n, lane in enumerate(link.lanes):
                # The first lane's arrow is at the head, the second's at the tail.
                place = link.head if n == 0 else link.tail
                ends.setdefault((n, place, lane[1 - n]), []).append((link, n))
        axis = 0 if self.upright else 1
        for (n, place, at), arrows in ends.items():
            if len(arrows) < 2:
                continue
            box = self.boxes[place]
            room = 2 * min(at, (box.width if self.upright else box.height) - at) - 6
            step = max(0.0, min(_SPREAD, room / len(arrows), 40.0 / len(arrows)))
            beyond = [
                route[-3] if n == 0 else route[2] for route in (k.routes[n] for k, _ in arrows)
            ]
            by_place = sorted(range(len(arrows)), key=lambda a: (beyond[a][axis], a))
            for rank, which in enumerate(by_place):
                route = arrows[which][0].routes[n]
                move = (rank - (len(arrows) - 1) / 2) * step
                for p in (-2, -1) if n == 0 else (0, 1):
                    x, y = route[p]
                    route[p] = (x + move, y) if self.upright else (x, y + move)

    def _frames(self) -> list[Frame]:
        """The rectangles of those groups that have one to themselves."""
        paths = _levels(box.group for box in self.boxes)
        frames: list[Frame] = []
        # Outer frames first: they are drawn below the inner ones.
        for path, levels in sorted(paths.items(), key=lambda item: item[0].count("/")):
            own = [box for box in self.boxes if _is_inside(box.group, path)]
            pad = _PAD * levels
            x, y = min(b.x for b in own) - pad, min(b.y for b in own) - pad - _CAPTION * levels
            right = max(b.x + b.width for b in own) + pad
            low = max(b.y + b.height for b in own) + pad
            frame = Frame(path, x, y, right - x, low - y)
            others = [b for b in self.boxes if not _is_inside(b.group, path)]
            if not any(_meet(frame, b) for b in others):
                frames.append(frame)
        return [
            f
            for f in frames
            if not any(
                _meet(f, other)
                for other in frames
                if not (_is_inside(f.group, other.group) or _is_inside(other.group, f.group))
            )
        ]


def _levels(groups: Iterable[str]) -> dict[str, int]:
    """Per group and group around it, how many frames lie in each other from it inward."""
    levels: dict[str, int] = {}
    for group in groups:
        parts = group.split("/") if group else []
        for n in range(len(parts)):
            path = "/".join(parts[: n + 1])
            levels[path] = max(levels.get(path, 0), len(parts) - n)
    return levels


def _depth(group: str) -> int:
    return group.count("/") + 1 if group else 0


def _is_inside(group: str, path: str) -> bool:
    return group == path or group.startswith(f"{path}/")


def _meet(a: Frame | Box, b: Frame | Box) -> bool:
    across = a.x < b.x + b.width and b.x < a.x + a.width
    return across and a.y < b.y + b.height and b.y < a.y + a.height


def _rising(wanted: list[float], weights: list[float]) -> list[float]:
    """The nearest numbers to wanted, in weighted squares, that do not fall (isotonic regression).

    >>> _rising([3.0, 1.0, 5.0], [1.0, 1.0, 1.0])
    [2.0, 2.0, 5.0]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            v, w, n = pools.pop()
            both = w + pool[1]
            pool = ((v * w + pool[0] * pool[1]) / both, both, n + pool[2])
        pools.append(pool)
    return [value for value, _, n in pools for _ in range(n)]
