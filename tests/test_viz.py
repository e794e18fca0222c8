"""What drawings show: every number, role, word and note, of every kind of graph."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from drawings import HAS_DOT, HAS_PYGRAPHVIZ, cards, leaf, net, notes, texts

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, GraphError
from autograd_lite.viz import draw
from autograd_lite.viz.block import block_of, norm_of
from autograd_lite.viz.cells import tint
from autograd_lite.viz.label import constant_text, expression, named, number_text

# -- what is shown -----------------------------------------------------------------------------


def test_every_number_is_what_the_engine_computes():
    t = net()
    picture = cards(draw(t["L"], names=t))
    names = ["W1", "b1", "W2", "b2", "h", "p"]
    expected = ag.gradients(t["L"], [t[n] for n in names], retain_graph=True)
    for name, g in zip(names, expected, strict=True):
        np.testing.assert_array_equal(picture[name].value.cells, t[name].data)
        np.testing.assert_array_equal(picture[name].gradient.cells, g.data)
    assert picture["L"].value.cells == t["L"].data
    assert picture["L"].gradient.cells == 1
    assert picture["L"].title == "seed"
    np.testing.assert_array_equal(picture["x"].value.cells, t["x"].data)


def test_values_that_nobody_kept_are_computed_again():
    x, w = leaf([1.0, 2.0], "x"), leaf([3.0, 5.0], "w")
    total = x + w
    out = (total - 1.0).sum()
    # Nothing but the output's value is kept in this graph.
    del total
    picture = cards(draw(out, inline=False))
    assert picture["n3"].value.cells.tolist() == [4.0, 7.0]
    assert picture["n4"].value.cells.tolist() == [3.0, 6.0]


def test_roles_titles_and_expressions():
    t = net()
    shown = cards(draw(t["L"], names=t, inline=False))
    roles = {name: card.role for name, card in shown.items()}
    assert roles["W1"] == roles["b2"] == "parameter"
    assert roles["x"] == roles["y"] == "input"
    assert roles["h"] == "result"
    assert roles["L"] == "output"
    assert shown["W1"].title == "∂L/∂W1"
    assert shown["z1"].call == "n11 + b1"  # what has a card is not written out again
    assert shown["h"].call == "σ(z1)"
    assert shown["L"].call == "mean(n14)"
    assert shown["n11"].call == "x @ W1"


def test_an_unnamed_array_is_a_constant_and_a_number_is_written_out():
    x = leaf([1.0, 2.0], "x")
    picture = cards(draw((x * np.array([2.0, 3.0]) + 0.5).sum(), inline=False))
    assert picture["n1"].role == "constant"
    assert picture["n1"].value.cells.tolist() == [2.0, 3.0]
    assert [c.call for c in picture.values() if c.call][1] == "n3 + 0.5"


def test_the_same_constant_has_one_card():
    x, c = leaf([1.0, 2.0], "x"), np.array([2.0, 3.0])
    picture = draw(((x * c + c) * c).sum(), names={"c": c})
    assert [card.name for card in picture.graph.cards if card.role == "input"] == ["c"]


def test_names_of_constants_by_names_or_by_their_own():
    x, c = leaf([1.0, 2.0], "x"), ag.Tensor([2.0, 3.0], name="mine")
    assert "mine" in cards(draw((x + c).sum()))
    assert "yours" in cards(draw((x + c).sum(), names={"yours": c}))
    half = ag.Tensor(0.5, name="half")
    assert "half" in cards(draw(x.sum() * half, names={"half": half}))


def test_names_may_be_locals():
    x = leaf([1.0, 2.0])
    doubled = x * 2
    _hidden = doubled  # a name with an underscore is nobody's choice
    total = doubled.sum()
    assert {"x", "doubled", "total"} <= set(cards(draw(total, names=locals())))


def test_unnamed_results_are_written_into_expressions():
    t = net()
    picture = draw(t["L"], names=t)
    assert [c.name for c in picture.graph.cards if c.op] == ["z1", "h", "z2", "p", "L"]
    ids = {card.id: card.name for card in picture.graph.cards}
    edges = {(ids[e.tail], ids[e.head]) for e in picture.graph.edges}
    assert {("x", "z1"), ("W1", "z1"), ("b1", "z1"), ("p", "L"), ("y", "L")} <= edges
    # What comes back to p is the gradient of p, though p - y and its square have no cards.
    (norm,) = [e.norm for e in picture.graph.edges if (ids[e.tail], ids[e.head]) == ("p", "L")]
    assert norm == cards(picture)["p"].gradient.norm


def test_each_edge_shows_what_comes_back_along_it():
    w = leaf([1.0, 2.0], "w")
    picture = draw((w * w + 3 * w).sum(), inline=False)
    ids = {card.id: card.call or card.name for card in picture.graph.cards}
    norms = {(ids[e.tail], ids[e.head]): e.norm for e in picture.graph.edges}
    assert norms["w", "w * w"] == pytest.approx(math.sqrt(5))
    assert norms["w", "3 * w"] == pytest.approx(math.sqrt(18))
    assert cards(picture)["w"].gradient.cells.tolist() == [5.0, 7.0]


def test_edges_of_broadcast_inputs_carry_the_sum():
    b = leaf(2.0, "b")
    picture = draw((b * np.ones((2, 3)) + b).sum())
    norms = [e.norm for e in picture.graph.edges if e.tail == "n0"]
    assert norms == [6.0, 6.0]


def test_drawing_changes_nothing():
    t = net()
    calls = []
    t["W1"].register_hook(calls.append)
    t["h"].retain_grad()
    picture = draw(t["L"])
    assert t["W1"].grad is None
    assert t["h"].grad is None
    assert not calls
    assert "hooks of this graph were not run" in notes(picture)
    t["L"].backward()
    assert len(calls) == 1


def test_a_drawing_stays_as_it_was_made():
    x = leaf([1.0, 2.0], "x")
    picture = draw((x * x).sum())
    before = draw((x * x).sum()).dot.source
    with ag.no_grad():
        x += 100
    assert picture.dot.source == before


def test_not_a_scalar_says_that_the_sum_is_differentiated():
    picture = draw((leaf([[1.0, 2.0]], "x") * 2).named("z"))
    assert "z is 1×2: gradients are those of the sum of its entries" in notes(picture)
    assert cards(picture)["x"].title == "∂Σz/∂x"


def test_complex_numbers_follow_the_users_convention():
    z = leaf([1 + 2j, 3 - 1j], "z")
    picture = draw((z * z * (2 + 1j)).named("f"))
    (g,) = ag.gradients([(z * z * (2 + 1j))], [z], [np.ones(2, complex)])
    np.testing.assert_array_equal(cards(picture)["z"].gradient.cells, g.data)
    assert cards(picture)["z"].title == "∂Re Σf/∂z"
    assert "the real part of the sum" in notes(picture)
    assert "f is complex" in notes(draw((leaf(1j) * 2).named("f")))


def test_under_detect_anomaly_nan_is_drawn():
    x = leaf([0.0, 1.0], "x")
    out = ag.sqrt(x).sum()
    with ag.detect_anomaly():
        picture = cards(draw(out))
    assert picture["x"].gradient.bad == (1, "inf", (0,))


def test_without_values_or_gradients():
    t = net()
    plain = draw(t["L"], values=False, grads=False)
    assert all(c.value is None and c.gradient is None for c in plain.graph.cards)
    assert "|g|" not in plain.dot.source
    assert "∂" not in plain.dot.source
    assert "0.150" not in plain.dot.source
    assert "∂L/∂W1" in draw(t["L"], values=False).dot.source


# -- freed, written, checkpointed --------------------------------------------------------------


def test_a_freed_graph_shows_structure_leaves_and_their_grad():
    t = net()
    t["h"].retain_grad()
    t["L"].backward()
    t["b2"].grad = None
    picture = draw(t["L"])
    assert "backward() has freed this graph" in notes(picture)
    shown = cards(picture)
    assert shown["W1"].title == "W1.grad"
    np.testing.assert_array_equal(shown["W1"].gradient.cells, t["W1"].grad)
    np.testing.assert_array_equal(shown["h"].gradient.cells, t["h"].grad)
    assert shown["z1"].value is None
    assert shown["z1"].gradient is None
    assert shown["b2"].gradient is None
    assert "no grad yet" in picture.dot.source
    assert not any(edge.norm is not None for edge in picture.graph.edges)


def test_a_partly_freed_graph_shows_no_partial_gradient():
    x, v = leaf([1.0, 2.0], "x"), leaf(3.0, "v")
    h = (x * x).named("h")
    h.sum().backward()
    shown = cards(draw((h.sum() * v + x.sum()).named("L")))
    assert shown["v"].gradient.cells == 5.0
    assert shown["h"].gradient.cells.tolist() == [3.0, 3.0]
    # ∂L/∂x has a part behind the freed node: what is there is what .grad holds.
    assert shown["x"].title == "x.grad"
    assert shown["x"].gradient.cells.tolist() == [2.0, 4.0]


def test_a_leaf_written_after_use_is_said_to_be():
    w = leaf([1.0, 2.0], "w")
    out = (w * w).sum()
    with ag.no_grad():
        w -= 1
    picture = draw(out, inline=False)
    assert "no gradients: multiply (backward): its input 'w'" in notes(picture)
    assert "w: written after use" in notes(picture)
    assert cards(picture)["n2"].remarks == ["value not kept"]
    assert cards(picture)["n2"].awaits_gradient


def test_a_view_of_a_written_leaf_does_not_pass_for_the_value_used():
    w = leaf([[1.0, 2.0]], "w")
    out = (w.T * 3.0).named("out").sum()
    with ag.no_grad():
        w -= 1
    assert cards(draw(out))["out"].value is None


def test_a_dropped_constant_leaves_its_card():
    x = leaf([1.0, 2.0], "x")
    picture = cards(draw((x + np.array([1.0, 2.0])).sum(), inline=False))
    assert picture["n1"].role == "constant"
    assert picture["n1"].remarks == ["value not kept"]
    assert picture["n3"].remarks == ["value not kept"]


def test_a_checkpoint_draws():
    w = leaf([1.0, 2.0], "w")
    out = ag.checkpoint(lambda x: ag.tanh(x * w))(leaf([0.0, 0.5], "x")).sum()
    shown = cards(draw(out))
    np.testing.assert_allclose(shown["w"].gradient.cells, [0.0, 0.5 / math.cosh(1) ** 2])


def test_a_rule_that_fails_is_reported_in_the_picture():
    broken = ag.elementwise(
        "test_viz_broken", lambda x: x + 0, lambda g, out, x: 1 / 0, samples=(), doc="Fails."
    )
    picture = draw(broken(leaf([1.0], "x")).sum())
    assert "no gradients: division by zero" in notes(picture)


# -- every kind of array -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        1.5,
        np.zeros((0, 3)),
        [[2.0]],
        np.arange(20.0),
        np.ones((2, 3, 4)),
        np.ones((2, 2, 2, 2)),
        np.ones((40, 30)),
        np.ones(65, np.float32),
        np.array([1, 2], np.float16),
        [1 + 2j, -1e-9j],
        [np.nan, np.inf, -np.inf],
        np.full((10, 10), np.nan),
        np.linspace(0, 1, 100) * (1 + 1j),
    ],
    ids=lambda v: f"{np.shape(v)}{np.asarray(v).dtype}",
)
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_every_kind_of_array_draws(values, direction):
    with np.errstate(all="ignore"):
        picture = draw(leaf(values, "x") * 2, direction=direction)
    assert "∂" in picture.dot.source
    if HAS_DOT or HAS_PYGRAPHVIZ:
        assert "x" in texts(picture.svg())


def test_integer_and_boolean_constants_draw():
    x = leaf([1.0, 2.0], "x")
    mask, count = np.array([True, False]), np.array([3, 4000000])
    source = draw((ag.where(mask, x, 0.0) + count).sum(), names=locals()).dot.source
    for word in ("True", "False", ">3<", ">4.00e6<", "2 bool", "2 i64"):
        assert word in source


def test_large_arrays_are_drawn_as_distributions():
    x = leaf(np.linspace(-1, 1, 130), "x")
    block = cards(draw((x * x).sum()))["x"].value
    assert block.cells is None
    assert sum(block.bins) == 130
    assert block.bins == (10,) * 13
    source = draw((x * x).sum()).dot.source
    assert "σ 0.582" in source
    assert f"rms {2 * np.sqrt(np.mean(x.data**2)):.3f}" in source
    assert cards(draw(x.sum(), max_cells=130))["x"].value.cells is not None


def test_bad_entries_of_large_arrays_are_counted():
    x = np.ones((20, 10))
    x[17, 3] = np.nan
    assert block_of(x, 64).bad == (1, "NaN", (17, 3))
    source = draw(leaf(x, "x") * 2).dot.source
    assert "× 1 of 200 is NaN, at [17, 3]" in source


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"), (1.0, "1.000"), (-0.0415, "−0.042"), (9.99951, "10.00"), (-12.345, "−12.35"),
        (99.996, "100.0"), (999.96, "1000"), (9999.4, "9999"), (9999.6, "1.00e4"),
        (1.25e-8, "1.25e−8"), (-0.0009, "−9.00e−4"), (1e300, "1.00e300"), (np.nan, "NaN"),
        (-np.inf, "−inf"), (7, "7"), (-7, "−7"), (10**400, "1e400"), (True, "True"),
        (1 - 2j, "1.000−2.000j"), (np.float32(0.1), "0.100"), (np.int8(-3), "−3"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_grammar_says(x, text):
    assert number_text(x) == text


@pytest.mark.parametrize(
    ("op", "operands", "params", "text"),
    [
        ("subtract", [("a + b", 1), ("c − d", 1)], {}, "a + b − (c − d)"),
        ("multiply", [("a + b", 1), named("c")], {}, "(a + b) * c"),
        ("power", [("a ** b", 4), ("c ** d", 4)], {}, "(a ** b) ** c ** d"),
        ("square", [("−a", 3)], {}, "(−a)²"),
        ("negative", [("a + b", 1)], {}, "−(a + b)"),
        ("getitem", [named("a")], {"index": (0, slice(1, None), None)}, "a[0, 1:, None]"),
        ("getitem", [named("a")], {"index": np.array([1, 2])}, "a[…]"),
        ("transpose", [("a @ b", 2)], {"axes": None}, "(a @ b).T"),
        ("transpose", [named("a")], {"axes": (1, 0)}, "transpose(a, axes=(1, 0))"),
        ("sum", [named("a")], {"axis": 0, "keepdims": False, "where": True}, "sum(a, axis=0)"),
        ("reshape", [named("a")], {"shape": (2, 3)}, "reshape(a, 2×3)"),
        ("power_constant", [named("a")], {"exponent": 3}, "a ** 3"),
    ],
)
def test_expressions_bind_as_python_reads_them(op, operands, params, text):
    defaults = {"keepdims": False, "where": True, "axes": None}
    assert expression(op, operands, params, defaults)[0] == text


def test_constants_in_expressions_are_not_rounded_in_silence():
    assert [constant_text(x) for x in (0.99999, 1 / 3, -2.0, 1e-5, 2j)] == [
        "0.99999", "0.33333…", "−2.0", "1e−05", "(0+2.000j)",
    ]  # fmt: skip


def test_norms_do_not_overflow():
    assert norm_of(np.array([3e200, 4e200])) == pytest.approx(5e200)
    assert norm_of(np.array([3, 4], np.float16) * 1000) == 5000
    assert norm_of(np.array([])) == 0


def test_text_on_the_darkest_cell_keeps_its_contrast():
    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for hue in ("#0072B2", "#D55E00"):
        assert (luminance(tint(hue, 1.0)) + 0.05) / (luminance("#1B1F24") + 0.05) > 8


# -- large graphs ------------------------------------------------------------------------------


def test_a_long_chain_is_cut_and_says_so():
    x = leaf([1.0, 2.0], "x")
    y = x
    for _ in range(100_000):
        y = y + 1.0
    picture = draw(y.sum(), max_nodes=20, fold=False, inline=False)
    assert len(picture.graph.cards) == 21
    assert "99,982 tensors hidden: max_nodes=20" in notes(picture)
    shown = cards(picture)
    assert shown["x"].gradient.cells.tolist() == [1.0, 1.0]
    *_, before, last, _ = picture.graph.cards
    assert last.value.cells == 200003.0
    # The values at both ends are right though nothing on the way is kept.
    assert before.value.cells.tolist() == [100001.0, 100002.0]


def test_hidden_and_drawn_make_the_whole():
    t = net()
    for budget in range(1, 16):
        picture = draw(t["L"], names=t, max_nodes=budget, inline=False)
        hidden = [c for c in picture.graph.cards if c.role == "hidden"]
        tracked = [c for c in picture.graph.cards if c.role in ("parameter", "result", "output")]
        count = int(re.search(r"\d+", hidden[0].name)[0]) if hidden else 0
        assert len(tracked) + count == 13
        assert picture.graph.cards[-2 if hidden else -1].role == "output"


def test_a_shared_weight_gets_ghosts_beside_its_far_users():
    w, h = leaf(np.eye(2) / 2, "w"), leaf([1.0, 2.0], "h0")
    for _ in range(40):
        h = ag.tanh(h @ w)
    picture = draw(h.sum(), fold=False)
    assert sum(card.role == "ghost" for card in picture.graph.cards) == 0
    source = picture.dot.source
    assert "↑ drawn elsewhere" in source
    assert re.search(r"n1_\d+ ", source)
    if HAS_DOT or HAS_PYGRAPHVIZ:
        picture.svg()  # took minutes without ghosts


# -- bad input ---------------------------------------------------------------------------------


def test_bad_input_is_one_sentence_each():
    x = leaf([1.0, 2.0], "x")
    out = x.sum()
    with pytest.raises(DTypeError, match=r"^draw: got list, expected a Tensor\.$"):
        draw([1.0, 2.0])
    with pytest.raises(GraphError, match=r"^draw: got a Tensor of shape \(2,\) that does not req"):
        draw(ag.Tensor([1.0, 2.0]))
    with pytest.raises(
        GraphError, match=r"^draw: got a leaf of shape \(2,\), which no op has made"
    ):
        draw(x)
    with pytest.raises(DTypeError, match=r"^draw: got names of type list, expected a dict from"):
        draw(out, names=[x])
    with pytest.raises(DTypeError, match=r"^draw: got names of type dict, expected a dict from"):
        draw(out, names={1: x})
    with pytest.raises(ArgumentError, match=r"^draw: got direction='up', expected 'LR' \(left to"):
        draw(out, direction="up")
    with pytest.raises(
        ArgumentError, match=r"^draw: got max_nodes=0, expected an int from 1 up\.$"
    ):
        draw(out, max_nodes=0)
    with pytest.raises(ArgumentError, match=r"^draw: got max_cells='a', expected an int from 0 up"):
        draw(out, max_cells="a")
    with pytest.raises(ArgumentError, match=r"^draw: got depth=True, expected an int from 0 up\.$"):
        draw(out, depth=True)
    sentence = "draw: got view='card', expected 'auto', 'cards', 'ops' or 'backward'; did you mean "
    sentence += "'cards'?"
    with pytest.raises(ArgumentError, match=f"^{re.escape(sentence)}$"):
        draw(out, view="card")
    with pytest.raises(ArgumentError, match=r"^draw: got values='all', expected 'auto', 'cells', "):
        draw(out, values="all")
    with pytest.raises(
        ArgumentError, match=r"^draw: got theme='dusk', expected 'auto', 'light' or"
    ):
        draw(out, theme="dusk")
    with pytest.raises(
        ArgumentError, match=r"^draw: got engine='neato', expected 'auto', 'own', 'dot' or"
    ):
        draw(out, engine="neato")
    with pytest.raises(
        ArgumentError, match=r"^draw: got fold='yes', expected True, False or 'auto'"
    ):
        draw(out, fold="yes")
    with pytest.raises(
        ArgumentError, match=r"^draw: got the threshold 'vanish' in health, .* mean"
    ):
        draw(out, health={"vanish": 1e-9})
    with pytest.raises(ArgumentError, match=r"^draw: got -1 for 'small' in health, expected a num"):
        draw(out, health={"small": -1})
    with pytest.raises(ArgumentError, match=r"^draw: got health=3, expected True, False or a dict"):
        draw(out, health=3)
