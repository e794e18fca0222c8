"""The views of ops and of the backward pass, groups, names, source lines, marks."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from drawings import cards, leaf, needs_renderer, net, notes, texts

import autograd_lite as ag
import nn
from autograd_lite.viz import draw


def scoped_net():
    """A layer in a scope, and its loss."""
    x = ag.Tensor([[0.5, 1.0]], name="x")
    W, b = leaf([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "W"), leaf([0.1, 0.2, 0.3], "b")
    with ag.scope("hidden"):
        h = ag.tanh((x @ W + b).named("z")).named("h")
    return (h * h).sum().named("L"), x


# -- ops -----------------------------------------------------------------------------------------


def test_the_view_of_ops_has_a_box_for_each_op():
    t = net()
    picture = draw(t["L"], view="ops", names=t)
    boxes = [card for card in picture.graph.cards if card.role == "op"]
    tensors = [card for card in picture.graph.cards if card.role != "op"]
    assert [box.op for box in boxes] == [
        "matmul", "add", "sigmoid", "matmul", "add", "sigmoid", "subtract", "square", "mean",
    ]  # fmt: skip
    assert not any(card.call for card in tensors)
    assert len(tensors) == 6 + 9
    ids = {card.id: card for card in picture.graph.cards}
    # Bipartite: every edge joins a tensor and an op, and every op makes one tensor.
    for edge in picture.graph.edges:
        assert (ids[edge.tail].role == "op") != (ids[edge.head].role == "op")
    assert sum(ids[edge.tail].role == "op" for edge in picture.graph.edges) == len(boxes)
    saves = {box.call: box.saves for box in boxes}
    assert saves["h @ W2"] == ["h 2×3", "W2 3×1"]
    assert saves["σ(z1)"] == ["h 2×3"]
    assert saves["n11 + b1"] == []


@needs_renderer
def test_the_view_of_ops_renders():
    t = net()
    assert {"x @ W1", "saves x 2×2", "σ(z1)"} <= set(texts(draw(t["L"], view="ops", names=t).svg()))


# -- backward ------------------------------------------------------------------------------------


def test_the_sweep_is_in_the_engines_order():
    t = net()
    picture = draw(t["L"], view="backward", names=t)
    assert picture.direction == "TB"
    boxes = [card for card in picture.graph.cards if card.role == "rule"]
    assert [card.number for card in boxes] == list(range(1, 10))
    assert [card.op for card in boxes] == [
        "mean", "square", "subtract", "sigmoid", "add", "matmul", "sigmoid", "add", "matmul",
    ]  # fmt: skip
    leaves = {c.full_name: c for c in picture.graph.cards if c.role == "parameter"}
    assert sorted(leaves) == ["W1", "W2", "b1", "b2"]
    (g,) = ag.gradients([t["L"]], [t["W2"]])
    np.testing.assert_array_equal(leaves["W2"].gradient.cells, g.data)
    assert leaves["W2"].value is None


def test_the_sweep_says_what_is_not_needed_and_what_is_read():
    t = net()
    boxes = [c for c in draw(t["L"], view="backward", names=t).graph.cards if c.role == "rule"]
    assert "∂y not needed" in boxes[2].rules
    assert "∂x not needed" in boxes[-1].rules
    assert boxes[5].saves == ["h 2×3", "W2 3×1"]
    assert boxes[3].saves == ["p 2×1"]


def test_the_rules_are_written_out():
    t = net()
    boxes = [c for c in draw(t["L"], view="backward", names=t).graph.cards if c.role == "rule"]
    assert boxes[5].rules == ["∂h = g @ W2ᵀ", "∂W2 = hᵀ @ g"]
    assert boxes[2].rules[0] == "∂p = g"


def test_the_gradients_between_boxes_are_the_engines():
    t = net()
    picture = draw(t["L"], view="backward", names=t)
    ids = {card.id: card for card in picture.graph.cards}
    by_ends = {(ids[e.tail].op, ids[e.head].full_name): e.norm for e in picture.graph.edges}
    (gh, gw) = ag.gradients([t["L"]], [t["h"], t["W2"]])
    assert by_ends["matmul", "W2"] == pytest.approx(np.linalg.norm(gw.data))
    assert by_ends["matmul", "h"] == pytest.approx(np.linalg.norm(gh.data))


def test_a_shared_leaf_has_small_cards_for_its_terms():
    w, h = leaf(np.eye(2) / 2, "w"), leaf([1.0, 2.0], "h0")
    for _ in range(8):
        h = ag.tanh(h @ w)
    picture = draw(h.sum(), view="backward")
    assert sum(card.role == "ghost" for card in picture.graph.cards) == 7
    assert sum(card.full_name == "w" and card.role == "parameter" for card in picture.graph.cards)


def test_several_outputs_have_one_box():
    u, s, v = np.linalg.svd(leaf([[3.0, 1.0], [0.0, 2.0]], "A"))
    picture = draw((s.sum() + (u @ v).sum()).named("L"), view="backward")
    (box,) = [c for c in picture.graph.cards if c.op == "svd"]
    assert box.saves[:3] == ["U 2×2", "S 2", "Vh 2×2"]
    assert any(card.full_name == "A" for card in picture.graph.cards)
    assert draw(s.sum(), view="ops").text()


def test_the_backward_view_of_a_freed_graph_says_so():
    t = net()
    t["L"].backward()
    picture = draw(t["L"], view="backward")
    assert "backward() has freed this graph" in notes(picture)
    assert picture.text()


def test_a_long_chain_is_cut_in_every_view():
    y = leaf([1.0, 2.0], "x")
    for _ in range(500):
        y = ag.tanh(y * 2)
    for view in ("ops", "backward"):
        picture = draw(y.sum(), view=view, max_nodes=12)
        assert len(picture.graph.cards) < 40
        assert "hidden: max_nodes=12" in notes(picture)


# -- groups and names ------------------------------------------------------------------------------


def test_scopes_become_groups():
    loss, x = scoped_net()
    picture = draw(loss, names={"x": x})
    (group,) = picture.graph.groups
    assert (group.name, group.subtitle, group.parent) == ("hidden", "Linear(2→3) + tanh", "")
    inside = {card.name for card in picture.graph.cards if card.group == group.id}
    # Parameters are inside, inputs are not.
    assert inside == {"W", "b", "z", "h"}
    source = picture.dot.source
    assert "subgraph cluster_g0" in source and "newrank=true" in source and "rounded" in source


def test_groups_nest():
    x = leaf([1.0, 2.0], "x")
    with ag.scope("outer"):
        with ag.scope("inner"):
            y = ag.tanh(x * 2).named("y")
        z = (y * y).named("z")
    picture = draw(z.sum())
    outer, inner = picture.graph.groups
    assert (outer.name, inner.name, inner.parent) == ("outer", "inner", outer.id)
    assert cards(picture)["z"].group == outer.id
    assert cards(picture)["y"].group == inner.id


def test_depth_closes_groups_below_it():
    x = leaf([1.0, 2.0], "x")
    with ag.scope("outer"):
        with ag.scope("inner"):
            y = ag.tanh(x * 2)
        z = ag.sin(y).named("z")
    closed = draw(z.sum(), depth=0)
    (card,) = [c for c in closed.graph.cards if c.role == "group"]
    assert (card.name, card.count, card.call) == ("outer", 1, "multiply + tanh + sin")
    np.testing.assert_allclose(card.value.cells, np.sin(np.tanh([2.0, 4.0])))
    half = draw(z.sum(), depth=1)
    assert [c.name for c in half.graph.cards if c.role == "group"] == ["inner"]
    assert [g.name for g in half.graph.groups] == ["outer"]
    assert not [c for c in draw(z.sum(), depth=2).graph.cards if c.role == "group"]


def test_a_group_that_is_left_and_entered_again_draws():
    x = leaf([1.0, 2.0], "x")
    with ag.scope("a"):
        b = x * 2
        with ag.scope():
            pass
    c = ag.tanh(b)
    with ag.scope("a"):
        d = ag.sin(c) * b
    for depth in (None, 0):
        picture = draw(d.sum(), depth=depth)
        assert picture.text() and picture.json() and picture.dot.source


def test_the_line_of_each_op_is_shown_on_hover():
    loss, _ = scoped_net()
    picture = draw(loss)
    assert re.match(r"test_viz_views\.py:\d+: h = ag\.tanh", cards(picture)["h"].line)
    assert "test_viz_views.py:" in picture.dot.source
    assert "test_viz_views.py:" not in draw(loss, source=False).dot.source
    # Nothing is known of what was recorded outside.
    assert cards(picture)["L"].line == ""


def test_saved_arrays_are_told_unless_not_wanted():
    loss, _ = scoped_net()
    assert cards(draw(loss))["h"].saves == ["h 1×3"]
    assert cards(draw(loss, saved=False))["h"].saves == []


def test_names_may_be_a_model_or_hold_one():
    layer = nn.Linear(2, 1, rng=0)
    out = layer(np.ones((3, 2))).sum()
    assert "weight" in cards(draw(out, names=layer))
    model = nn.Sequential(layer)
    assert "0.weight" in cards(draw(out, names=model))
    assert "0.weight" in cards(draw(out, names={"model": model, "kind": nn.Linear}))


def test_a_derivation_report_is_marked_in_words():
    loss, _ = scoped_net()
    status = {"h": "wrong", "z": "carried", "L": "right", "W": "other"}
    steps = {name: SimpleNamespace(status=word) for name, word in status.items()}
    picture = draw(loss, report=SimpleNamespace(steps=steps))
    marks = {name: card.mark for name, card in cards(picture).items() if card.mark}
    assert marks == {
        "h": ("wrong", "× wrong"), "z": ("carried", "→ carried error"), "L": ("right", "√ right"),
    }  # fmt: skip
    for word in ("× wrong", "→ carried error", "√ right"):
        assert word in picture.dot.source
        assert word in picture.text()


# -- what numbers are shown ------------------------------------------------------------------------


def test_values_as_cells_statistics_or_not_at_all():
    x = leaf(np.linspace(-1, 1, 100).reshape(10, 10), "x")
    out = (x * x).sum()
    assert cards(draw(out))["x"].value.cells is None
    assert cards(draw(out, values="cells"))["x"].value.cells is not None
    assert cards(draw(out, values="cells"))["x"].gradient.cells is None
    assert cards(draw(out, grads="cells"))["x"].gradient.cells is not None
    small = (leaf([1.0, 2.0], "x") * 2).sum()
    assert cards(draw(small, values="stats"))["x"].value.bins
    assert cards(draw(small, values="none"))["x"].value is None
    assert cards(draw(small, values=False, grads=False))["x"].gradient is None
