"""Big graphs: folding of equal groups and repeats, limits; health of gradients, NaN's birth."""

from __future__ import annotations

import time

import numpy as np
import pytest
from drawings import HAS_DOT, HAS_PYGRAPHVIZ, cards, leaf, notes

import autograd_lite as ag
import nn
from autograd_lite.viz import draw
from autograd_lite.viz.health import THRESHOLDS, badness, judged, saturation, word_of


def layers(count, width=4, scale=1.0, name="layer{}"):
    """A first layer and more, all equal, in scopes, and the sum of what comes out."""
    rng = np.random.default_rng(0)
    h = ag.tanh(leaf(rng.normal(size=(3, width)), "x")).named("h")
    for k in range(count):
        W = leaf(rng.normal(size=(width, width)) * scale, f"W{k}")
        with ag.scope(name.format(k)):
            h = ag.sigmoid(h @ W)
    return h.sum().named("L")


def groups_of(picture):
    return [(card.name, card.count) for card in picture.graph.cards if card.role == "group"]


# -- folding ---------------------------------------------------------------------------------------


def test_equal_groups_fold_into_one_card():
    picture = draw(layers(20), health=False)
    assert groups_of(picture) == [("layer0 … layer19", 20)]
    (card,) = [c for c in picture.graph.cards if c.count]
    assert card.call == "Linear(4→4) + σ"
    assert "× 20 folded" in picture.dot.source
    # x, tanh, and per layer W, the product, the sigmoid; the sum.
    assert "63 tensors in the graph, 4 cards: equal groups are folded" in notes(picture)


def test_a_run_is_cut_where_the_health_changes_and_shows_its_worst():
    picture = draw(layers(20, scale=0.5))
    words = [card.health.word for card in picture.graph.cards if card.count]
    assert words[0] == "vanishing" and words[-1] == "ok" and len(words) >= 3
    assert sum(count for _, count in groups_of(picture)) == 20
    first = next(card for card in picture.graph.cards if card.count)
    loss = layers(20, scale=0.5)
    shown = cards(draw(loss, fold=False, max_nodes=1000))
    # The least gradient of the run is that of its first layer.
    small = [shown["W0"].health.rms, *(e.health.rms for e in shown.values() if e.group == "g0")]
    assert first.health.rms <= min(small)
    assert "worst is layer0" in first.subtitle


def test_small_graphs_are_not_folded_unless_asked():
    assert not groups_of(draw(layers(3)))
    assert sum(count for _, count in groups_of(draw(layers(3), fold=True))) == 3
    assert not groups_of(draw(layers(20), fold=False, max_nodes=1000))


def test_groups_of_another_shape_are_not_folded():
    rng = np.random.default_rng(0)
    h = leaf(rng.normal(size=(3, 2)), "x")
    for k, (a, b) in enumerate([(2, 4), (4, 4), (4, 4), (4, 4), (4, 1)]):
        W = leaf(rng.normal(size=(a, b)), f"W{k}")
        with ag.scope(f"layer{k}"):
            h = ag.tanh(h @ W)
    picture = draw(h.sum(), fold=True, health=False)
    assert groups_of(picture) == [("layer0", 1), ("layer1 … layer3", 3), ("layer4", 1)]


def test_wiring_counts():
    h = ag.sin(leaf([1.0, 2.0], "x"))
    for k in range(6):
        with ag.scope(f"s{k}"):
            a = ag.tanh(h)
            h = a + h if k != 3 else a + a
    runs = groups_of(draw(h.sum(), fold=True, health=False))
    assert ("s0 … s2", 3) in runs and ("s4 … s5", 2) in runs and ("s3", 1) in runs


def test_the_steps_of_a_loop_are_found():
    W, U, h = leaf(np.eye(2) / 2, "W"), leaf(np.eye(2) / 3, "U"), leaf([0.1, 0.2], "h0")
    xs = [np.full(2, 0.1 * k) for k in range(30)]
    for x in xs:
        h = ag.tanh(x @ W + h @ U)
    picture = draw(h.sum(), health=False)
    ((name, count),) = groups_of(picture)
    assert name.startswith("steps ") and count == 30
    # The shared weights have one edge each, with the whole gradient behind it.
    (g,) = ag.gradients([h.sum()], [W])
    assert cards(picture)["W"].gradient.norm == pytest.approx(np.linalg.norm(g.data))
    assert len([e for e in picture.graph.edges if e.tail == cards(picture)["W"].id]) <= 3


def test_edges_of_folded_cards_carry_the_boundary_gradient():
    picture = draw(layers(20), health=False)
    loss = layers(20)
    whole = draw(loss, fold=False, max_nodes=1000)
    h = cards(picture)["h"]
    (into,) = [e.norm for e in picture.graph.edges if e.tail == h.id]
    assert into == pytest.approx(cards(whole)["h"].gradient.norm, rel=1e-12)


def test_nested_groups_fold_at_the_outermost_level_that_repeats():
    h = leaf([1.0, 2.0], "x")
    with ag.scope("encoder"):
        for k in range(20):
            with ag.scope(f"block{k}"):
                with ag.scope("a"):
                    h = ag.tanh(h)
                with ag.scope("b"):
                    h = ag.sin(h) * 2.0
    picture = draw(h.sum(), health=False)
    assert groups_of(picture) == [("block0", 1), ("block1 … block19", 19)]
    assert [group.name for group in picture.graph.groups] == ["encoder"]


def test_beyond_max_nodes_groups_are_closed_then_hidden():
    loss = layers(20)
    closed = draw(loss, fold=False, max_nodes=30)
    assert len(closed.graph.cards) <= 30
    assert groups_of(closed) == [(f"layer{k}", 1) for k in range(20)]
    hidden = draw(loss, fold=False, max_nodes=8)
    assert [card.role for card in hidden.graph.cards].count("hidden") == 1
    assert len(hidden.graph.cards) <= 9
    assert "tensors hidden: max_nodes=8" in notes(hidden)


def test_the_region_of_worst_health_is_kept():
    y = leaf([1.0, 2.0], "x")
    with np.errstate(all="ignore"):
        for k in range(300):
            y = y + 1.0 if k != 150 else (ag.log(y * 0.0 - 1.0)).named("bad")
        picture = draw(y.sum().named("L"), fold=False, inline=False, max_nodes=15)
    assert "bad" in cards(picture)
    assert cards(picture)["bad"].born == "NaN is born here, at [0]"
    assert "the worst health" in notes(picture)


def test_every_form_of_big_graphs_is_fast_and_does_not_recurse():
    W, y = leaf(np.eye(2), "W"), leaf([1.0, 2.0], "x")
    for _ in range(5000):
        y = ag.tanh(y @ W)
    out = y.sum()
    start = time.perf_counter()
    picture = draw(out)
    assert picture.dot.source and picture.text() and picture.json()
    if HAS_DOT or HAS_PYGRAPHVIZ:
        picture.svg()
    assert time.perf_counter() - start < 5
    assert "10,003 tensors in the graph" in notes(picture)


def test_a_chain_of_a_hundred_thousand_folds():
    y = leaf([1.0, 2.0], "x")
    for _ in range(100_000):
        y = y + 1.0
    picture = draw(y.sum())
    assert sum(card.count for card in picture.graph.cards) >= 99_998
    assert len(picture.graph.cards) < 8
    assert picture.text()


# -- health ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rms", "word"),
    [(0.0, "zero"), (1e-300, "vanishing"), (9e-8, "vanishing"), (1e-7, "small"),
     (9e-6, "small"), (1e-5, "ok"), (10.0, "ok"),
     (10.1, "large"), (1000.0, "large"), (1001.0, "exploding")],
)  # fmt: skip
def test_the_words_of_health(rms, word):
    assert word_of(rms, THRESHOLDS) == word
    assert judged(np.full((3, 2), rms), THRESHOLDS).word == word


def test_what_is_not_finite_is_counted_and_located():
    x = np.ones((4, 5))
    x[2, 3] = np.inf
    x[3, 0] = np.nan
    found = judged(x, THRESHOLDS)
    assert (found.word, found.first, found.count, found.size) == ("inf", (2, 3), 2, 20)
    assert found.rms == 1
    assert judged(np.array(np.nan), THRESHOLDS).first == ()
    assert judged(np.zeros((0, 3)), THRESHOLDS).word == "ok"
    assert judged(np.array([1e200, 1e200]), THRESHOLDS).word == "exploding"
    assert judged(np.array([3 + 4j]), THRESHOLDS).rms == 5


def test_the_worst_comes_first():
    words = ["ok", "small", "vanishing", "large", "exploding", "NaN"]
    rms = {"ok": 1, "small": 1e-6, "vanishing": 1e-9, "large": 100, "exploding": 1e5, "NaN": np.nan}
    found = sorted((judged(np.array([float(rms[w])]), THRESHOLDS) for w in words), key=badness)
    assert [h.word for h in found] == ["NaN", "exploding", "vanishing", "large", "small", "ok"]


def test_health_is_said_in_words_where_something_is_ill():
    x = leaf([1e-5, 2e-5], "x")
    source = draw((x * 1e-9).sum()).dot.source
    assert "▼▼ vanishing" in source and ">ok<" in source
    assert "bar: health of the gradient" in source
    well = draw((x * 2).sum()).dot.source
    assert ">ok<" not in well and "bar: health" not in well
    assert "vanishing" not in draw((x * 1e-9).sum(), health=False).dot.source
    assert "vanishing" not in draw((x * 1e-9).sum(), health={"vanishing": 0, "small": 0}).dot.source


def test_where_a_nan_is_born_and_who_inherits_it():
    x = leaf([[1.0, 0.0], [4.0, 9.0]], "x")
    with np.errstate(all="ignore"):
        l = ag.log(x - 1.0).named("l")
        out = (ag.tanh(l).named("t") * 2).sum().named("L")
    shown = cards(draw(out))
    assert shown["l"].born == "inf is born here, at [0, 0]"
    assert not shown["t"].born and not shown["L"].born
    source = draw(out).dot.source
    assert "× inf is born here, at [0, 0]" in source
    assert "× NaN, inherited" in source


def test_a_nan_that_comes_in_is_nobodys_child():
    x = leaf([1.0, np.nan], "x")
    assert not any(card.born for card in draw((x * 2).sum()).graph.cards)


def test_a_gradient_that_is_born_bad_is_said_to_be():
    x = leaf([0.0, 1.0], "x")
    picture = draw(ag.sqrt(x).named("r").sum().named("L"))
    assert cards(picture)["r"].born == "inf is born here, in the derivative"
    assert cards(picture)["x"].health.word == "inf"


def test_what_a_mask_takes_away_was_never_born():
    x = leaf([0.0, 4.0], "x")
    root = ag.sqrt(x).named("r")
    out = ag.where(x.data > 0, root, 0.0).sum().named("L")
    assert not any(card.born for card in draw(out).graph.cards)
    assert cards(draw(out))["x"].gradient.cells.tolist() == [0.0, 0.25]


def test_saturated_units_are_told():
    x = leaf([50.0, -60.0, 70.0, 0.1], "x")
    picture = draw(ag.sigmoid(x).named("p").sum())
    assert cards(picture)["p"].saturation == 0.75
    assert "75 % saturated" in picture.dot.source
    assert "75 % saturated" in picture.text()
    assert cards(draw(ag.tanh(x).named("p").sum()))["p"].saturation == 0.75
    assert "saturated" not in draw(ag.sigmoid(x * 0.01).sum()).dot.source
    assert saturation("relu", np.ones(3)) is None
    assert saturation("tanh", np.ones((0, 2))) is None


# -- nn --------------------------------------------------------------------------------------------


def test_nn_draw_names_groups_and_parameters():
    model = nn.MLP(3, 4, 2, activation="tanh", rng=0)
    picture = nn.draw(model, np.ones((5, 3)), np.zeros(5, int), loss="cross_entropy")
    assert [(g.name, g.subtitle) for g in picture.graph.groups] == [
        ("0", "Linear(3→4) + tanh"), ("2", "Linear(4→2)"),
    ]  # fmt: skip
    shown = cards(picture)
    assert {"0.weight", "0.bias", "2.weight", "2.bias", "x", "y", "L"} <= set(shown)
    weight = shown["0.weight"]
    assert model[0].weight.grad is None
    assert "test_viz_fold.py:" in next(c.line for c in picture.graph.cards if c.op == "linear")
    np.testing.assert_array_equal(weight.value.cells, model[0].weight.data)


def test_nn_draw_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.ReLU())
    before = {k: v.copy() for k, v in model.named_buffers()}
    states = [g.bit_generator.state for _, g in model.named_generators()]
    nn.draw(model, np.random.default_rng(0).normal(size=(6, 3)))
    assert model.training and all(m.training for m in model.modules())
    for name, value in model.named_buffers():
        np.testing.assert_array_equal(value, before[name])
    assert states == [g.bit_generator.state for _, g in model.named_generators()]


def test_modules_of_modules_nest_under_their_own_names():
    class Block(nn.Module):
        def __init__(self):
            self.hidden = nn.Linear(2, 2, rng=0)
            self.gate = nn.Linear(2, 2, rng=1)

        def forward(self, x):
            return ag.tanh(self.hidden(x)) * ag.sigmoid(self.gate(x))

    class Model(nn.Module):
        def __init__(self):
            self.first = Block()
            self.last = nn.Linear(2, 1, rng=2)

        def forward(self, x):
            return self.last(self.first(x))

    picture = nn.draw(Model(), np.ones((1, 2)))
    groups = {g.id: g for g in picture.graph.groups}
    names = {(g.name, groups[g.parent].name if g.parent else "") for g in groups.values()}
    assert names == {("first", ""), ("hidden", "first"), ("gate", "first"), ("last", "")}
    assert "first.hidden.bias" in cards(picture)


def test_an_lstm_draws():
    model = nn.LSTM(2, 3, rng=0)
    picture = nn.draw(model, np.ones((4, 1, 2)))
    assert "weight_ih_l0" in cards(picture)
    assert [(g.name, g.subtitle) for g in picture.graph.groups] == [("LSTM", "LSTM(2, 3)")]
    # Only one of the op's outputs is read, so what it sends back is that one's.
    weight = cards(picture)["weight_hh_l0"]
    (norm,) = [e.norm for e in picture.graph.edges if e.tail == weight.id]
    assert norm == pytest.approx(weight.gradient.norm)
    assert picture.text()


def test_nn_draw_refuses_what_is_no_model():
    from autograd_lite.errors import ArgumentError, DTypeError, GraphError

    with pytest.raises(DTypeError, match=r"^nn.draw: got a model of type int, expected a Module"):
        nn.draw(3, np.ones(2))
    with pytest.raises(DTypeError, match=r"^nn.draw: got y without a loss; pass loss="):
        nn.draw(nn.Linear(2, 1), np.ones((1, 2)), np.ones((1, 1)))
    with pytest.raises(ArgumentError, match="mean 'mse"):
        nn.draw(nn.Linear(2, 1), np.ones((1, 2)), np.ones((1, 1)), loss="mse_los")
    with pytest.raises(GraphError, match=r"^nn.draw: got a model whose output depends on no param"):
        nn.draw(nn.ReLU(), np.ones((1, 2)))


# -- any program -----------------------------------------------------------------------------------


def program(seed):
    """A random program of matrices, in random scopes: its result, and what it has made."""
    rng = np.random.default_rng(seed)
    made = [
        leaf(rng.normal(size=(2, 2)), (None, f"t{i}", "same")[i % 3])
        if i % 3 != 2
        else ag.Tensor(rng.normal(size=(2, 2)), name="c")
        for i in range(4)
    ]
    kinds = [
        lambda a, b: a + b, lambda a, b: a @ b, lambda a, b: ag.tanh(a), lambda a, b: a * 0.5,
        lambda a, b: ag.sigmoid(a) * b, lambda a, b: a.T, lambda a, b: a - np.ones((2, 2)),
        lambda a, b: np.linalg.svd(a + 3 * np.eye(2))[0],
    ]  # fmt: skip
    for _ in range(int(rng.choice([2, 8, 40]))):
        with ag.scope([None, "a", "b"][rng.integers(3)]), ag.scope([None, "in"][rng.integers(2)]):
            for _ in range(rng.integers(1, 4)):
                a, b = (made[-1 - rng.integers(k)] for k in (min(6, len(made)), len(made)))
                made.append(kinds[rng.integers(len(kinds))](a, b))
    return (made[-1].sum() + made[-2].sum() + leaf(1.0, "last")).named("L"), made


@pytest.mark.parametrize("seed", range(12))
def test_any_program_draws_in_any_way(seed):
    with np.errstate(all="ignore"):
        out, made = program(seed)
    rng = np.random.default_rng(seed)

    def pick(*choices):
        return choices[rng.integers(len(choices))]

    for _ in range(4):
        options = dict(
            view=pick("cards", "cards", "ops", "backward"), fold=pick("auto", True, False),
            depth=pick(None, 0, 1), max_nodes=pick(1, 5, 20, 200), inline=pick(None, True, False),
            direction=pick("auto", "LR", "TB"), grads=pick("auto", "none"),
        )  # fmt: skip
        picture = draw(out, **options)
        ids = [card.id for card in picture.graph.cards]
        boxes = {group.id for group in picture.graph.groups}
        assert len(ids) == len(set(ids))
        assert all({edge.tail, edge.head} <= set(ids) for edge in picture.graph.edges)
        assert {card.group for card in picture.graph.cards} <= {*boxes, ""}
        assert picture.text() and picture.json()
        assert picture.dot.source == draw(out, **options).dot.source
        shown = [card for card in picture.graph.cards if card.role != "hidden"]
        if options["view"] == "cards" and options["max_nodes"] >= 20:
            assert len(shown) <= options["max_nodes"]
        for card in shown:
            if card.role == "parameter" and card.gradient is not None and card.full_name == "last":
                assert card.gradient.norm == 1
    assert made
