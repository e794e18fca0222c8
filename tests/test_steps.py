"""The page of steps: every number and equation of both passes, when it appears, and playing it."""

from __future__ import annotations

import os
import re
import time
from types import SimpleNamespace

import numpy as np
import pytest
from drawings import leaf, net
from pages import SVG, checked, graph, panels, shown
from test_html import NAMES

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, GraphError, RenderError
from autograd_lite.op import OPS
from autograd_lite.tensor import Tensor, apply


def by_hand(t):
    """Values and gradients of the 2-3-1 net in plain NumPy, in the order of the two passes."""
    x, y, W1, b1, W2, b2 = (t[n].data for n in ("x", "y", "W1", "b1", "W2", "b2"))
    z1 = x @ W1 + b1
    h = 1 / (1 + np.exp(-z1))
    z2 = h @ W2 + b2
    p = 1 / (1 + np.exp(-z2))
    L = ((p - y) ** 2).mean()
    dp = (p - y) * 2 / p.size
    dz2 = dp * p * (1 - p)
    dh = dz2 @ W2.T
    dz1 = dh * h * (1 - h)
    values = {"x": x, "y": y, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
    made = {"z1": z1, "h": h, "z2": z2, "p": p, "L": L}
    gradients = {
        6: {"L": 1.0},
        7: {"p": dp},
        8: {"z2": dz2},
        9: {"h": dh, "W2": h.T @ dz2, "b2": dz2.sum(axis=0)},
        10: {"z1": dz1},
        11: {"W1": x.T @ dz1, "b1": dz1.sum(axis=0)},
    }
    return values, made, gradients


# -- what is shown, and when -------------------------------------------------------------------


def test_every_number_at_every_step_is_that_of_numpy():
    t = net()
    values, made, gradients = by_hand(t)
    played = ag.steps(t["L"], names=t)
    assert played.count == 11
    page = played.html()
    ids = {card.full_name: card.id for card in played.graph.cards}
    for step in range(1, 12):
        there = shown(page, step)
        expected = {**values, **dict(list(made.items())[:step])}
        reached = {n: g for s, some in gradients.items() if s <= step for n, g in some.items()}
        for name, id in ids.items():
            assert ("value" in there[id]) == (name in expected), (step, name)
            assert ("gradient" in there[id]) == (name in reached), (step, name)
            if name in expected:
                np.testing.assert_allclose(there[id]["value"], expected[name], rtol=1e-13)
            if name in reached:
                np.testing.assert_allclose(there[id]["gradient"], reached[name], rtol=1e-12)


def test_the_panels_matrices_are_those_of_numpy():
    t = net()
    values, made, gradients = by_hand(t)
    known = {**values, **made}
    known |= {f"∂L/∂{n}": g for some in gradients.values() for n, g in some.items()}
    known["(p − y)"] = made["p"] - values["y"]
    found = panels(ag.steps(t["L"], names=t).html())
    names = set()
    for panel in found:
        for equation in panel["parts"]:
            for part in equation:
                if not isinstance(part, str):
                    np.testing.assert_allclose(part[1], known[part[0]], rtol=1e-12)
                    names.add(part[0])
    assert names == set(known)


def test_the_equations_hold_for_the_numbers_beside_them():
    products = sums = slopes = 0
    for panel in panels(ag.steps(net()["L"]).html()):
        for equation in panel["parts"]:
            words = [p if isinstance(p, str) else "M" for p in equation]
            arrays = [p[1].T if p[2] else p[1] for p in equation if not isinstance(p, str)]
            if words == ["M", "=", "M", "@", "M"]:
                np.testing.assert_allclose(arrays[0], arrays[1] @ arrays[2])
                products += 1
            elif words == ["M", "=", "M", "@", "M", "+", "M"]:
                np.testing.assert_allclose(arrays[0], arrays[1] @ arrays[2] + arrays[3])
                products += 1
            elif words == ["M", "=", "Σrows", "M"]:
                np.testing.assert_allclose(arrays[0], arrays[1].sum(axis=0))
                sums += 1
            elif words[:6] == ["M", "=", "M", "⊙", "M", "⊙"]:
                np.testing.assert_allclose(arrays[0], arrays[1] * arrays[2] * (1 - arrays[3]))
                slopes += 1
    assert (products, sums, slopes) == (5, 2, 2)


def test_the_words_of_a_product_with_a_bias():
    t = net()
    played = ag.steps(t["L"])
    step = played.steps[8]
    assert step.kind == "backward"
    assert [e.text for e in step.equations] == [
        "∂L/∂h = ∂L/∂z2 @ W2ᵀ", "∂L/∂W2 = hᵀ @ ∂L/∂z2", "∂L/∂b2 = Σ_rows ∂L/∂z2",
    ]  # fmt: skip
    assert step.sets == ["h", "W2", "b2"]
    assert step.why.startswith("One line, three gradients.")
    assert "its gradient is the sum over rows" in step.why
    assert [s.kind for s in played.steps] == ["forward"] * 5 + ["seed"] + ["backward"] * 5
    assert [s.text for s in played.steps[:5]] == [
        "z1 = x @ W1 + b1", "h = σ(z1)", "z2 = h @ W2 + b2", "p = σ(z2)", "L = mean((p − y)²)",
    ]  # fmt: skip
    panel = panels(played.html())[8]
    assert panel["at"] == "backward 9 / 11"
    assert panel["say"].startswith("Step 9 of 11, backward: ∂L/∂h = ∂L/∂z2 @ W2ᵀ")


def test_long_names_do_not_part_a_bias_from_its_product():
    x = ag.Tensor(np.ones((2, 3)), name="features")
    w, b = leaf(np.ones((3, 4)), "hidden.weight"), leaf(np.ones(4), "hidden.bias")
    played = ag.steps(ag.tanh((x @ w + b).named("z")).sum(), names={"features": x})
    assert played.steps[0].text == "z = features @ hidden.weight + hidden.bias"


def test_the_chain_of_a_folded_expression_is_written_in_one_line():
    t = net()
    played = ag.steps(t["L"])
    step, parts = played.steps[6], panels(played.html())[6]["parts"][0]
    words = [p if isinstance(p, str) else p[0] for p in parts]
    assert step.text.startswith("∂L/∂p = ")
    assert words[0] == "∂L/∂p" and "∂L/∂L" in words and "(p − y)" in words
    assert "divides by 2" in step.why and "The slope of" in step.why


def test_uses_are_added_up_one_by_one():
    w, h = leaf([[0.5, -0.3], [0.1, 0.8]], "W"), ag.Tensor([[1.0, 2.0]], name="h0")
    hs = [h]
    for i in range(3):
        hs.append(ag.tanh(hs[-1] @ w).named(f"h{i + 1}"))
    played = ag.steps(hs[-1].sum().named("L"), names={f"h{i}": h for i, h in enumerate(hs)})
    # By hand: each step's term, and their running sum from the last step on.
    g, terms = np.ones((1, 2)), []
    for i in (3, 2, 1):
        dz = g * (1 - hs[i].data ** 2)
        terms.append(hs[i - 1].data.T @ dz)
        g = dz @ w.data.T
    page = played.html()
    id = next(card.id for card in played.graph.cards if card.full_name == "W")
    numbers = [s.number for s in played.steps if "W" in s.sets]
    assert len(numbers) == 3
    assert "gradient" not in shown(page, numbers[0] - 1)[id]
    for n, number in enumerate(numbers):
        np.testing.assert_allclose(
            shown(page, number)[id]["gradient"], sum(terms[: n + 1]), rtol=1e-12
        )
    words = [t for t in checked(page) if "uses" in t]
    assert {"1 of 3 uses so far", "2 of 3 uses so far", "3 uses: added up"} <= set(words)
    last = panels(page)[numbers[-1] - 1]["parts"][0]
    assert last[2][0] == "so far"
    np.testing.assert_allclose(last[2][1], terms[0] + terms[1], rtol=1e-12)


def test_a_tensor_used_twice_in_one_line():
    x = leaf([1.0, -3.0], "x")
    played = ag.steps((x * x).sum().named("L"))
    assert [s.kind for s in played.steps] == ["forward", "seed", "backward"]
    assert "x is used 2 times here: the gradients are added up." in played.steps[-1].why
    np.testing.assert_array_equal(shown(played.html(), 3)["n0"]["gradient"], [2.0, -6.0])


def test_a_mask_makes_no_sums_that_backward_does_not_make():
    x = leaf([0.0, 4.0], "x")
    early = (x * 2.0).named("y")
    root = ag.sqrt(x).named("r")
    # The root's slope at 0 is inf, and 0·inf is what its rule gives: the walk makes 0 of that.
    out = (ag.where(x.data > 0, root, 0.0) + early).sum().named("L")
    played = ag.steps(out)
    page = played.html()
    np.testing.assert_array_equal(shown(page, played.count)["n0"]["gradient"], [2.0, 2.25])
    for step in range(1, played.count + 1):
        assert np.isfinite(shown(page, step)["n0"].get("gradient", 0.0)).all()


def test_where_nan_is_born():
    x = leaf([0.5, -1.0], "x")
    with np.errstate(all="ignore"):
        u = ag.log(x).named("u")
        played = ag.steps(ag.exp(u).named("v").sum().named("L"))
    words = graph(played.html()).iter(f"{SVG}text")
    bars = [t.text for t in words if "said" in t.get("class", "")]
    assert sum("born" in bar for bar in bars) == 1
    assert "× NaN is born here at [1], out of finite numbers." in played.steps[0].why
    assert not any("born" in step.why for step in played.steps[1:])


def test_where_a_gradient_is_born_infinite():
    x = leaf([0.0, 4.0], "x")
    played = ag.steps(ag.sqrt(x).sum().named("L"))
    assert "× inf is born here at [0]" in played.steps[-1].why


def test_outputs_of_one_op_send_back_together():
    a = leaf([[2.0, 1.0], [1.0, 3.0], [0.0, 1.0]], "A")
    u, s, v = ag.linalg.svd(a, full_matrices=False)
    out = ((u @ v).sum() * s.sum()).named("L")
    played = ag.steps(out, names={"U": u, "S": s, "V": v})
    exact = ag.gradients(out, [a], retain_graph=True)[0]
    np.testing.assert_allclose(shown(played.html(), played.count)["n0"]["gradient"], exact)
    assert sum("A" in step.sets for step in played.steps) == 1


def test_an_output_that_is_no_scalar():
    x = leaf([[1.0, 2.0], [3.0, 4.0]], "x")
    played = ag.steps((x * 2.0).named("y"))
    seed = next(s for s in played.steps if s.kind == "seed")
    assert seed.text == "∂Σy/∂y = ones"
    assert "gradients are those of their sum" in seed.why
    np.testing.assert_array_equal(shown(played.html(), 3)["n0"]["gradient"], np.full((2, 2), 2.0))


def test_large_arrays_are_strips():
    rng = np.random.default_rng(0)
    x = ag.Tensor(rng.random((64, 200)).astype("f4"), name="X")
    w = leaf(rng.normal(size=(200, 30)).astype("f4"), "W")
    page = ag.steps(ag.relu((x @ w).named("z")).sum().named("L"), names={"X": x}).html()
    texts = checked(page)
    assert len(page.encode()) < 100_000
    exact = x.data.T.astype(float) @ (x.data @ w.data > 0)
    assert f"200×30  rms {np.sqrt(np.mean(exact**2)):.2f}" in texts


def test_a_derivation_report_marks_cards_and_steps():
    steps = {
        "W2": SimpleNamespace(status="wrong", message="hᵀ is missing </script>"),
        "p": SimpleNamespace(status="right", message=""),
        "h": SimpleNamespace(status="carried", message="right given your dE/dz2"),
        "nothing": SimpleNamespace(status="wrong", message=""),
    }
    played = ag.steps(net()["L"], report=SimpleNamespace(steps=steps))
    assert played.steps[8].verdicts == [
        ("h", "carried", "right given your dE/dz2"), ("W2", "wrong", "hᵀ is missing </script>"),
    ]  # fmt: skip
    assert played.steps[6].verdicts == [("p", "right", "")]
    texts = checked(played.html())
    for words in ("× wrong", "√ right", "→ carried"):
        assert texts.count(words) == 1
    assert "× W2: wrong. hᵀ is missing </script>" in texts


def test_the_users_line_is_shown_where_it_is_known():
    x = leaf([1.0, 2.0], "x")
    with ag.detect_anomaly():
        out = (x * x).sum()
    assert "test_steps.py:" in panels(ag.steps(out).html())[0]["line"]


def test_nothing_of_the_users_changes():
    t = net()
    ag.steps(t["L"])
    assert all(t[n].grad is None for n in ("W1", "b1", "W2", "b2"))
    t["L"].backward()
    assert t["W1"].grad is not None


def test_a_freed_graph_plays_forward_and_says_so():
    t = net()
    t["L"].backward()
    played = ag.steps(t["L"])
    assert all(s.kind == "forward" for s in played.steps)
    assert any("freed this graph" in text for text in checked(played.html()))


# -- the page ------------------------------------------------------------------------------------


def test_the_page_is_small_whole_and_the_same_every_time():
    page = ag.steps(net()["L"]).html()
    checked(page)
    assert len(page.encode()) < 100_000
    assert page == ag.steps(net()["L"]).html()


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names(name):
    x = leaf([[1.0, 2.0]], name)
    played = ag.steps(ag.tanh((x @ leaf(np.eye(2), name)).named(name)).sum().named(name))
    page = played.html()
    texts = "\n".join(checked(page))
    assert page.count("<script>") == 1 and page.count("</script>") == 1
    plain = name.replace("\n", "\\n").replace("\u202e", "\\u202e")
    assert (plain if len(plain) < 20 else plain[:8]) in texts
    assert len(panels(page)) == played.count


def test_saving_and_showing(tmp_path):
    played = ag.steps(net()["L"])
    path = tmp_path / "step.html"
    assert played.save(path) == str(path)
    assert path.read_text(encoding="utf-8") == played.html()
    assert os.listdir(tmp_path) == ["step.html"]
    bundle = played._repr_mimebundle_()
    assert bundle["text/plain"] == "<Steps of L: 5 forward, 6 backward>"
    assert bundle["text/html"].startswith("<iframe")
    assert "<script>" not in bundle["text/html"], "the page stays inside its frame"


def test_a_notebook_never_meets_an_exception(monkeypatch):
    played = ag.steps(net()["L"])
    monkeypatch.setattr("autograd_lite.viz.player.scene", lambda *a, **k: 1 / 0)
    assert "division by zero" in played._repr_mimebundle_()["text/plain"]


def test_every_op_has_a_page():
    count = 0
    for op in OPS.values():
        if op.name.startswith("doc_"):  # of a doctest that ran in this process
            continue
        for sample in op.samples[:1]:
            arrays = sample.draw(0)
            inputs = [
                Tensor(a, requires_grad=a.dtype.kind in "fc") if isinstance(a, np.ndarray) else a
                for a in arrays
            ]
            with np.errstate(all="ignore"):
                out = apply(op, tuple(inputs), {**op.params, **sample.params})
                if isinstance(out, tuple):
                    out = next(o for o in out if getattr(o, "requires_grad", False))
                if not isinstance(out, Tensor) or not out.requires_grad:
                    continue
                played = ag.steps((abs(out) * 2.0).sum())
            assert played.steps[-1].equations, op.name
            assert len(panels(played.html())) == played.count
            count += 1
    assert count > 150


# -- large graphs --------------------------------------------------------------------------------


def test_a_long_chain_is_cut_and_says_how_many_steps_are_left_out():
    y = leaf([1.0, 2.0], "x")
    for _ in range(100_000):
        y = y + 1.0
    start = time.perf_counter()
    played = ag.steps(y.sum(), max_nodes=20)
    page = played.html()
    assert time.perf_counter() - start < 20
    assert played.count < 60
    words = [t for t in checked(page) if "their steps are left out" in t or "folded" in t]
    assert words, "what is not played one by one is said to be left out, or folded"
    assert 'type="range"' not in page


def test_many_steps_have_a_slider():
    h, w = leaf(np.ones(3), "x"), leaf(np.eye(3), "w")
    for _ in range(60):
        h = ag.tanh(h @ w)
    played = ag.steps(h.sum())
    assert played.count > 40
    page = played.html()
    assert 'type="range"' in page and 'class="strip"' not in page
    id = next(card.id for card in played.graph.cards if card.full_name == "w")
    assert "gradient" not in shown(page, played.count - 1)[id], (
        "a sum of 60 waits until it is whole"
    )
    exact = ag.gradients(h.sum(), [w])[0]
    np.testing.assert_allclose(shown(page, played.count)[id]["gradient"], exact)


# -- bad input -----------------------------------------------------------------------------------


def test_bad_input_is_one_sentence_each(tmp_path):
    x = leaf([1.0, 2.0], "x")
    out = x.sum()
    with pytest.raises(DTypeError, match=r"^steps: got list, expected a Tensor\.$"):
        ag.steps([1.0, 2.0])
    with pytest.raises(GraphError, match=r"^steps: got a Tensor of shape \(2,\) that does not req"):
        ag.steps(ag.Tensor([1.0, 2.0]))
    with pytest.raises(GraphError, match=r"^steps: got a leaf of shape \(2,\), which no op has"):
        ag.steps(x)
    with pytest.raises(DTypeError, match=r"^steps: got names of type list, expected a dict from"):
        ag.steps(out, names=[x])
    with pytest.raises(ArgumentError, match=r"^steps: got max_nodes=0, expected an int from 1 up"):
        ag.steps(out, max_nodes=0)
    with pytest.raises(ArgumentError, match=r"^steps: got max_cells='a', expected an int from 0"):
        ag.steps(out, max_cells="a")
    with pytest.raises(ArgumentError, match=r"^steps: got report of type dict, expected what"):
        ag.steps(out, report={})
    played = ag.steps(out)
    for name in ("step.svg", "step", "step.html.gz"):
        with pytest.raises(RenderError, match=r"^save: got the file name .*, expected one that en"):
            played.save(tmp_path / name)
    with pytest.raises(RenderError, match=r"^save: cannot write .*missing.*step\.html'"):
        played.save(tmp_path / "missing" / "step.html")
    assert os.listdir(tmp_path) == []


def test_the_script_computes_nothing_and_names_nothing():
    t = net()
    scripts = re.findall(r"<script>(.*?)</script>", ag.steps(t["L"]).html(), re.S)
    other = re.findall(
        r"<script>(.*?)</script>", ag.steps((leaf([1.0], "q") * 3).sum()).html(), re.S
    )
    assert scripts == other, "the script is the same for every page: no name can get into it"


@pytest.mark.parametrize(
    ("loss", "rule"),
    [
        (lambda p: (p**2).sum(), "∂E/∂E · 2·p"),
        (lambda p: (p**2).mean(), "∂E/∂E/2 · 2·p"),
        (lambda p: -(T * p**3.0).mean(), "((−∂E/∂E)/2 · t) ⊙ 3·p²"),
        (lambda p: p.sum(), "∂E/∂E · ones(2, 1)"),  # here nothing else has the shape
        (lambda p: (p @ np.ones((1, 3))).sum(), None),
    ],
)
def test_ones_are_written_where_nothing_else_has_the_shape(loss, rule):
    p = ag.Tensor([[0.6], [0.3]], requires_grad=True, name="p")
    *_, last = ag.steps(loss(p).named("E")).steps
    (equation,) = last.equations
    if rule is None:
        assert "ones(2, 3)" in equation.text
    else:
        assert equation.text == f"∂E/∂p = {rule}"
    joined = "".join(part.whole for part in equation.parts)
    assert joined.replace(" ", "") == equation.text.replace(" ", "")


T = ag.Tensor([[1.0], [0.5]], name="t")
