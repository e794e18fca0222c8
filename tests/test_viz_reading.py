"""What a drawing reads out of a graph: names, edges of folds, joint ops, what has a card."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from drawings import cards, leaf, net

import autograd_lite as ag
from autograd_lite import draw


def edges(picture):
    """Norms by (name, name)."""
    name = {c.id: c.full_name or c.name for c in picture.graph.cards}
    return {(name[e.tail], name[e.head]): e.norm for e in picture.graph.edges}


def loop(steps=30, start=None, weight=None):
    """A small recurrent net, its weight a leaf."""
    W = leaf(np.full((2, 2), 0.3), "W") if weight is None else weight
    h = ag.Tensor(np.zeros((1, 2))) if start is None else start
    for t in range(steps):
        h = ag.tanh(h @ W + 1.0).named(f"h{t}")
    return W, (h**2).sum().named("L")


# -- folded groups ---------------------------------------------------------------------------------


def test_a_folded_run_sends_a_shared_weight_what_its_steps_send_in_all():
    W, loss = loop()
    picture = draw(loss)
    found = {b: norm for (a, b), norm in edges(picture).items() if a == "W"}
    runs = [c for c in picture.graph.cards if c.count]
    assert len(runs) > 1 and set(found) == {c.full_name for c in runs}
    # By hand: weights of their own for the steps of each run, the same numbers in all of them.
    ends = np.cumsum([c.count for c in runs])
    assert ends[-1] == 30
    own = [leaf(W.data.copy()) for _ in runs]
    h = ag.Tensor(np.zeros((1, 2)))
    for t in range(30):
        h = ag.tanh(h @ own[int(np.searchsorted(ends, t, side="right"))] + 1.0)
    for c, g in zip(runs, ag.gradients([(h**2).sum()], own), strict=True):
        assert found[c.full_name] == pytest.approx(np.linalg.norm(g.data), rel=1e-12)


def test_a_weight_that_all_steps_of_one_card_share_has_a_card():
    _, loss = loop()
    picture = draw(loss, fold=True, health=False)
    ((name, card),) = [(c.full_name, c) for c in picture.graph.cards if c.count]
    assert (name, card.count, card.title) == ("steps 1–30", 30, "∂L/∂h29")
    assert edges(picture)["W", name] == pytest.approx(cards(picture)["W"].gradient.norm)


def test_two_tensors_between_two_cards_have_one_norm():
    a = ag.tanh(leaf([0.1, 0.2], "x"))
    b = leaf([1.0, 2.0], "b")
    for _ in range(20):
        a, b = ag.tanh(a + b), ag.tanh(a * b)
    for edge in draw((a + b).sum(), fold=True).graph.edges:
        assert edge.norm is not None


def test_a_folded_loop_counts_every_step_and_says_whose_number_is_shown():
    picture = draw(loop(40, start=leaf([[0.1, 0.2]], "h"))[1])
    assert sum(c.count for c in picture.graph.cards) == 40
    for card in picture.graph.cards:
        if card.count:
            ok = card.health.word == "ok"
            assert ("shown is step" if ok else "worst is step") in card.subtitle


def test_groups_of_one_name_are_told_apart():
    h = leaf([[0.1, 0.2]], "x")
    W = leaf(np.eye(2) / 2, "W")
    for _ in range(12):
        with ag.scope("step"):
            h = ag.tanh(h @ W)
    picture = draw(h.sum(), fold=True, health=False)
    first, others = [c for c in picture.graph.cards if c.count]  # the first reads a leaf
    assert (first.name, others.name) == ("step 1", "step 2–12")
    assert "shown is step 12" in others.subtitle
    assert picture.graph.cards[-1].call == "sum([step 12])"


# -- ops of several outputs ------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["cards", "ops", "backward"])
def test_an_op_of_several_outputs_has_one_box_and_sends_its_gradient_back(view):
    A = leaf(np.array([[1.0, 2.0], [3.0, 5.0], [0.5, -1.0]]), "A")
    U, S, _ = np.linalg.svd(A, full_matrices=False)
    loss = U[:, 0].sum() + (S**2).sum()
    picture = draw(loss, view=view)
    boxes = [c for c in picture.graph.cards if c.role in ("op", "rule") and c.op.startswith("svd")]
    assert len(boxes) == 1
    (g,) = ag.gradients([loss], [A])
    back = {e.norm for e in picture.graph.edges if boxes[0].id in (e.tail, e.head)}
    assert any(norm == pytest.approx(np.linalg.norm(g.data)) for norm in back)
    assert None not in back
    assert picture.text() and picture.html() and picture.json()


def test_the_page_of_steps_shows_the_joint_gradient_once():
    A = leaf(np.array([[1.0, 2.0], [3.0, 5.0]]), "A")
    U, S, _ = np.linalg.svd(A)
    played = ag.steps(U.sum() + S.sum())
    ids = {c.full_name: c.id for c in played.graph.cards}
    norms = [e.norm for e in played.graph.edges if e.tail == ids["A"]]
    assert norms[0] == pytest.approx(cards_norm(played, "A")) and norms[1:] == [None]


def cards_norm(played, name):
    return next(c.gradient.norm for c in played.graph.cards if c.full_name == name)


# -- words -----------------------------------------------------------------------------------------


def test_a_title_writes_out_only_what_has_no_card():
    a = ag.tanh(leaf([1.0, 2.0]))
    picture = draw((a * 2 + a).sum())
    assert [c.call for c in picture.graph.cards if c.call] == ["tanh(n0)", "sum(n1 * 2 + n1)"]


def test_names_that_are_given_twice_have_numbers_everywhere():
    loss = (leaf([2.0], "w") * leaf([3.0], "w")).sum()
    picture = draw(loss)
    assert [c.name for c in picture.graph.cards] == ["w_1", "w_2", "L"]
    assert picture.graph.cards[-1].call == "sum(w_1 * w_2)"
    assert picture.graph.cards[1].title == "∂L/∂w_2"
    assert '"w_2"' in picture.json() and "■ w_2" in picture.text()
    assert ag.steps(loss).steps[0].text == "L = sum(w_1 * w_2)"
    # Also where the numbered name is somebody's own.
    three = draw((leaf([1.0], "w") * leaf([1.0], "w_1") * leaf([1.0], "w")).sum())
    assert len({c.name for c in three.graph.cards}) == 4


def test_made_up_names_are_not_those_that_somebody_has_given():
    picture = draw((leaf([2.0], "n1") * leaf([3.0])).sum())
    assert [c.name for c in picture.graph.cards] == ["n1", "n2", "L"]
    assert picture.graph.cards[-1].call == "sum(n1 * n2)"
    assert draw((leaf([2.0], "L") * 2).sum()).graph.output == "out"


def unnamed():
    rng = np.random.default_rng(0)
    W, b, V, c = (leaf(rng.normal(size=s)) for s in ((2, 3), (3,), (3, 1), (1,)))
    x, y = (ag.Tensor(rng.normal(size=s)) for s in ((4, 2), (4, 1)))
    return ((ag.sigmoid(ag.sigmoid(x @ W + b) @ V + c) - y) ** 2).mean(), c


def test_a_tensor_has_one_name_in_every_view():
    (g,) = ag.gradients(*([t] for t in unnamed()))
    loss, _ = unnamed()

    def name_of(picture):
        (card,) = [
            k for k in picture.graph.cards
            if k.role == "parameter" and k.gradient and np.array_equal(k.gradient.cells, g.data)
        ]  # fmt: skip
        return card.name.removeprefix("∂L/∂")

    found = {name_of(draw(loss, view=view)) for view in ("cards", "ops", "backward")}
    found |= {name_of(draw(loss, inline=False)), name_of(draw(loss, values=False))}
    assert found == {"n5"}
    first = next(c for c in draw(loss, view="backward").graph.cards if c.role == "rule")
    assert first.of == "L"


def test_activations_have_cards_and_arithmetic_is_written_around_them():
    loss, _ = unnamed()
    calls = [c.call for c in draw(loss).graph.cards if c.call]
    assert calls == ["σ(n0 @ n1 + n2)", "σ(n3 @ n4 + n5)", "mean((n6 − n7)²)"]
    assert ag.steps(loss).count == 3 + 1 + 3
    x = leaf([[1.0, 2.0]], "x")
    deep = x
    for _ in range(12):
        deep = ag.sigmoid(deep)
    assert len([c for c in draw(deep.sum()).graph.cards if c.call]) == 13
    # Reductions but the last, and the layers of a linear net.
    assert [c.call for c in draw((x / x.sum() - x.mean()).max() * 2).graph.cards if c.call] == [
        "sum(x)", "mean(x)", "max(x / n1 − n2) * 2",
    ]  # fmt: skip
    A, B = leaf(np.eye(2), "A"), leaf(np.eye(2), "B")
    assert [c.call for c in draw(x @ A @ B + x).graph.cards if c.call] == ["x @ A", "n2 @ B + x"]


# -- named constants -------------------------------------------------------------------------------


@pytest.mark.parametrize("look", [lambda t: draw(t).text(), lambda t: str(ag.explain(t))])
def test_a_named_constant_outlives_its_function(look):
    w = leaf([1.0, 2.0], "w")

    def loss():
        x, y = ag.Tensor(np.ones((3, 2)), name="x"), ag.Tensor([1.0, 0.0, 2.0], name="y")
        return ((x @ w - y) ** 2).sum(), (x, y)

    alive, kept = loss()
    gone, _ = loss()
    del _
    gc.collect()
    assert look(gone) == look(alive)
    assert kept[0].name == "x"


def test_of_a_large_constant_the_name_is_kept():
    def loss():
        x = ag.Tensor(np.ones((5000, 2)), name="x")
        return (x + leaf([1.0, 2.0], "w") + x).sum()

    found = [c for c in draw(loss()).graph.cards if c.role == "input"]
    assert [(c.name, c.remarks) for c in found] == [("x", ["value not kept"])]


def test_a_write_into_a_named_constant_does_not_change_what_was_read():
    x, w = ag.Tensor([1.0, 1.0], name="x"), leaf([1.0, 2.0], "w")
    out = (w + x).sum()
    x[0] = 9.0
    assert cards(draw(out))["x"].value.cells.tolist() == [1.0, 1.0]
    assert x.data.tolist() == [9.0, 1.0]


# -- steps -----------------------------------------------------------------------------------------


def test_steps_may_be_had_one_by_one_or_in_groups():
    _, loss = loop()
    assert ag.steps(loss, fold=False).count == 31 + 1 + 31
    assert ag.steps(loss, fold=True).count < 15
    assert ag.steps(loss, fold=False, inline=False).count > 3 * 31
    t = net()
    with ag.scope("layer"):
        h = ag.sigmoid(t["x"] @ t["W1"] + t["b1"])
        h = ag.sigmoid(h * 2.0)
    played = ag.steps(h.sum(), depth=0)
    assert [s.name for s in played.steps if s.kind == "forward"] == ["layer", "L"]
    with pytest.raises(ag.errors.ArgumentError, match="fold"):
        ag.steps(loss, fold="no")
    with pytest.raises(ag.errors.ArgumentError, match="depth"):
        ag.steps(loss, depth=-1)
