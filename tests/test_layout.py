"""The layout of pages: cards stand apart, no edge runs through one, always the same."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
import pytest

from autograd_lite.viz.layout import Box, Link, arrange
from autograd_lite.viz.measure import width
from autograd_lite.viz.order import ordered


def random_graph(seed, count, groups=False):
    """A graph of count cards in which most edges are short, some long."""
    rng = np.random.default_rng(seed)
    boxes = [Box(*rng.uniform((40, 30), (220, 260))) for _ in range(count)]
    links = []
    for head in range(1, count):
        for _ in range(int(rng.integers(1, 3))):
            back = int(rng.integers(1, 4)) if rng.random() < 0.8 else int(rng.integers(1, 12))
            tail = max(0, head - back)
            lanes = [(10.0, 12.0), (20.0, 22.0)][: int(rng.integers(1, 3))]
            links.append(Link(tail, head, tuple(lanes)))
    if groups:
        for i, box in enumerate(boxes):
            box.group = "a" if i < count // 3 else "b/c" if i < count // 2 else ""
    return boxes, links


def meet(a, b):
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def points_of(route, upright):
    """Points close together along the lines and curves of a route."""
    for n, ((x0, y0), (x1, y1)) in enumerate(pairwise(route)):
        for s in np.linspace(0, 1, 41):
            if n % 2 == 0:
                yield x0 + (x1 - x0) * s, y0 + (y1 - y0) * s
                continue
            # The cubic whose handles lie half-way along the flow.
            bend, steady = 3 * s**2 - 2 * s**3, 1.5 * s * (1 - s) + s**3
            across, along = (bend, steady) if not upright else (steady, bend)
            yield x0 + (x1 - x0) * along, y0 + (y1 - y0) * across


def check(plan, upright=False):
    for i, a in enumerate(plan.boxes):
        assert a.x >= 0 and a.y >= 0
        assert a.x + a.width <= plan.width
        assert a.y + a.height <= plan.height
        for b in plan.boxes[i + 1 :]:
            assert not meet(a, b)
    for link in plan.links:
        assert len(link.routes) == len(link.lanes)
        for route in link.routes:
            assert len(route) % 2 == 0
            for x, y in points_of(route, upright):
                assert -1e-9 <= x <= plan.width + 1e-9
                assert -1e-9 <= y <= plan.height + 1e-9
                for i, box in enumerate(plan.boxes):
                    if i not in (link.tail, link.head):
                        inside = box.x < x < box.x + box.width and box.y < y < box.y + box.height
                        assert not inside, "an edge runs through a card"


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 30])
@pytest.mark.parametrize("seed", range(3))
def test_cards_stand_apart_and_edges_run_around_them(seed, count, upright):
    check(arrange(*random_graph(seed, count), upright=upright), upright)


@pytest.mark.parametrize("seed", range(3))
def test_groups_have_frames_around_their_own_cards_alone(seed):
    boxes, links = random_graph(seed, 18, groups=True)
    plan = arrange(boxes, links)
    check(plan)
    for frame in plan.frames:
        for box in boxes:
            own = box.group == frame.group or box.group.startswith(f"{frame.group}/")
            assert meet(frame, box) == own


def test_layers_of_a_net_have_frames_side_by_side():
    # Two layers: weight, bias, product, activation; then a loss in no group.
    boxes = [Box(80, 60, g) for g in ("", *["one"] * 4, *["two"] * 4, "")]
    boxes[3].height = 150
    pairs = [(0, 3), (1, 3), (2, 3), (3, 4), (4, 7), (5, 7), (6, 7), (7, 8), (8, 9)]
    plan = arrange(boxes, [Link(a, b, ((30, 30),)) for a, b in pairs])
    check(plan)
    one, two = plan.frames
    assert (one.group, two.group) == ("one", "two")
    assert one.x + one.width < two.x
    assert boxes[4].x < boxes[5].x, "the second layer's weights stand behind the first layer"


def test_edges_leave_and_enter_at_the_cards_sides():
    boxes, links = [Box(50, 40), Box(90, 80)], [Link(0, 1, ((10, 20), (30, 60)))]
    plan = arrange(boxes, links)
    (x0, y0), *_, (x1, y1) = plan.links[0].routes[0]
    assert (x0, y0) == (boxes[0].x + 50, boxes[0].y + 10)
    assert (x1, y1) == (boxes[1].x, boxes[1].y + 20)
    assert plan.links[0].routes[1][-1] == (boxes[1].x, boxes[1].y + 60)


def test_an_edge_against_the_order_is_drawn_backward():
    plan = arrange([Box(50, 40), Box(50, 40)], [Link(1, 0, ((10, 20),))])
    route = plan.links[0].routes[0]
    assert route[0][0] > route[-1][0]
    assert route[0] == (plan.boxes[1].x, plan.boxes[1].y + 10)


def test_arrows_that_end_at_one_place_are_parted():
    boxes = [Box(50, 40) for _ in range(4)]
    plan = arrange(boxes, [Link(i, 3, ((20, 20),)) for i in range(3)])
    ends = [k.routes[0][-1][1] for k in plan.links]
    assert len(set(ends)) == 3
    starts = [k.routes[0][0][1] for k in plan.links]
    assert np.argsort(ends).tolist() == np.argsort(starts).tolist(), "they do not cross"


def test_what_can_be_drawn_without_crossings_is():
    rng = np.random.default_rng(0)
    for _ in range(20):
        # A tree of four layers, its items shuffled in each layer.
        columns, edges, last = [[0]], [], 0
        for _ in range(3):
            column = []
            for parent in columns[-1]:
                for _ in range(2):
                    last += 1
                    column.append(last)
                    edges.append((parent, last))
            columns.append(column)
        shuffled = [list(rng.permutation(column)) for column in columns]
        best = ordered(shuffled, edges, [""] * (last + 1))
        place = {i: n for column in best for n, i in enumerate(column)}
        level = {i: n for n, column in enumerate(columns) for i in column}
        crossings = sum(
            (place[a] - place[c]) * (place[b] - place[d]) < 0
            for a, b in edges
            for c, d in edges
            if level[a] == level[c]
        )
        assert crossings == 0


def test_the_same_graph_gives_the_same_plan():
    plans = [arrange(*random_graph(7, 40)) for _ in range(2)]
    assert plans[0] == plans[1]


def test_three_hundred_cards_are_placed_in_a_second_or_two():
    boxes, links = random_graph(1, 300)
    start = time.perf_counter()
    plan = arrange(boxes, links)
    assert time.perf_counter() - start < 10
    assert len({(b.x, b.y) for b in plan.boxes}) == 300


def test_a_circle_of_edges_is_laid_out_too():
    check(arrange([Box(50, 40) for _ in range(3)], [Link(0, 1), Link(1, 2), Link(2, 0)]))


def test_widths_grow_with_the_text():
    assert width("W", 10) > width("i", 10)
    assert width("中文", 10) >= 20
    assert width("e\u0301", 10) == width("e", 10)
    assert width("name", 10, bold=True) > width("name", 10)
