"""The SVG of the package's own layout stands alone; and what pictures say in words."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from browser import Browser, needs_browser
from drawings import cards, leaf, needs_dot, net, notes, texts
from test_html import contrast, mixed

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, RenderError
from autograd_lite.viz import draw
from autograd_lite.viz.grid import MOST_TINT
from autograd_lite.viz.measure import width
from autograd_lite.viz.style import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"
VIEWS = ["cards", "ops", "backward"]


@pytest.fixture
def bare(monkeypatch):
    """A machine right after ``pip install``: no renderer."""
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def layers(count, fold=False, **options):
    rng = np.random.default_rng(0)
    h = ag.Tensor(rng.normal(size=(3, 4)), name="x")
    for i in range(count):
        W = leaf(rng.normal(size=(4, 4)), f"W{i}")
        with ag.scope(f"layer {i}"):
            h = ag.tanh(h @ W).named(f"h{i}")
    return draw((h**2).mean().named("L"), fold=fold, **options)


# -- one file that needs nothing -------------------------------------------------------------------


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_an_svg_needs_no_renderer_and_no_other_file(bare, tmp_path, view, theme):
    t = net()
    picture = draw(t["L"], names=t, view=view, theme=theme)
    svg = picture.svg()
    root = ET.fromstring(svg)
    assert not re.search(r"var\(|url\(|href|@import|<script", svg)
    assert set(re.findall(r"https?://[^\"'\s<]+", svg)) == {"http://www.w3.org/2000/svg"}
    assert ("prefers-color-scheme:dark" in svg) == (theme == "auto")
    assert (DARK["parameter"] in svg) == (theme != "light")
    assert (LIGHT["parameter"] in svg) == (theme != "dark")
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    path = picture.save(tmp_path / "x.svg")
    assert Path(path).read_text(encoding="utf-8") == svg
    assert draw(t["L"], names=t, view=view, theme=theme).svg() == svg


def test_the_engine_own_writes_svg_alone(bare, tmp_path):
    picture = draw(net()["L"], engine="own")
    assert picture.svg() == draw(net()["L"]).svg()
    with pytest.raises(RenderError, match=r"^save: the engine 'own' writes .svg"):
        picture.save(tmp_path / "x.png")


def test_the_style_of_a_picture_stays_its_own():
    # Several pictures in one notebook share a page, in which a style sheet holds for all of it.
    style = ET.fromstring(draw(net()["L"], theme="dark").svg()).find(f"{SVG}style").text
    for selector in re.findall(r"([^{}]+)\{", style):
        assert all(part.strip().startswith(".agl-dark ") for part in selector.split(","))


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_nothing_is_clipped(direction):
    for picture in (layers(12, direction=direction), layers(40, True, direction=direction)):
        root = ET.fromstring(picture.svg())
        wide, high = float(root.get("width")), float(root.get("height"))
        for group in root.iter(f"{SVG}g"):
            if "card" in group.get("class", "").split():
                x, y = map(float, re.findall(r"[\d.]+", group.get("transform")))
                paper = next(r for r in group.iter(f"{SVG}rect") if "paper" in r.get("class"))
                assert x + float(paper.get("width")) <= wide
                assert y + float(paper.get("height")) <= high
        for text in root.findall(f"{SVG}text"):
            words, x = "".join(text.itertext()), float(text.get("x"))
            size = 12 if text.get("class") == "said-below" else 10
            if text.get("class") != "norm":
                assert x + width(words, size) <= wide
            assert float(text.get("y")) <= high


def test_layers_stand_in_one_line():
    picture = layers(12)
    root = ET.fromstring(picture.svg())
    ids = {card.id for card in picture.graph.cards if card.name.startswith("h")}
    tops = [
        float(group.get("transform").split()[1].rstrip(")"))
        for group in root.iter(f"{SVG}g")
        if group.get("id") in ids
    ]
    assert len(tops) == 12 and max(tops) - min(tops) < 40
    assert float(root.get("height")) < 800


@needs_browser
def test_a_browser_shows_it_as_an_image(tmp_path):
    draw(net()["L"]).save(tmp_path / "x.svg")
    (tmp_path / "x.html").write_text('<body style="margin:0"><img src="x.svg">')
    with Browser() as browser:
        browser.open(tmp_path / "x.html")
        assert browser.run("document.images[0].naturalWidth") > 400
        assert not browser.problems
        browser.open(tmp_path / "x.svg")
        fill = "getComputedStyle(document.querySelector('rect.paper')).fill"
        assert browser.run(fill) == "rgb(255, 255, 255)"
        browser.media(prefers_color_scheme="dark")
        assert browser.run(fill) == "rgb(13, 17, 23)"
        # A label covers no cell: each has its own ground, on no card.
        clear = """(function(){var cards=[...document.querySelectorAll('.card .frame')].map(
        c=>c.getBoundingClientRect());return [...document.querySelectorAll('.under')].every(u=>{
        var a=u.getBoundingClientRect();return cards.every(b=>a.right<=b.left+1||b.right<=a.left+1||
        a.bottom<=b.top+1||b.bottom<=a.top+1)})})()"""
        assert browser.run(clear)


@needs_browser
def test_a_page_zooms_and_fits(tmp_path):
    path = tmp_path / "x.html"
    layers(6).save(path)
    with Browser(390, 800) as browser:
        browser.open(path)
        wide = "document.querySelector('svg.graph').getBoundingClientRect().width"
        first = browser.run(wide)
        browser.run("document.getElementById('whole').click()")
        assert browser.run(wide) <= 390 < first
        fitted = browser.run(wide)
        browser.run("document.getElementById('nearer').click()")
        assert browser.run(wide) == pytest.approx(fitted * 1.25, abs=2)
        browser.run("document.getElementById('farther').click()")
        assert browser.run(wide) == pytest.approx(fitted, abs=2)
        assert not browser.problems


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_legend_holds_in_both_themes(theme):
    t = net()
    picture = draw(t["L"], names=t, theme=theme)
    for words in (texts(picture.svg()), picture.source, picture.html()):
        assert "darker" not in " ".join(words)
        assert any("stronger colour: larger |·|" in w for w in [*words, " ".join(words), words])
        whole = words if isinstance(words, str) else " ".join(words)
        assert "|g|: 2-norm of the gradient sent back" in whole


def test_the_stronger_colour_is_the_larger_number_in_both_themes():
    svg = draw(leaf([1.0, -4.0], "x") * 2, theme="dark").svg()
    cells = next(g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "cells f")
    shares = [float(r.get("fill-opacity")) for r in cells.findall(f"{SVG}rect")]
    assert shares[1] > shares[0]
    for theme in (LIGHT, DARK):
        faint, strong = (mixed(theme["fore"], theme["paper"], s) for s in (0.05, MOST_TINT))
        assert contrast(strong, theme["paper"]) > contrast(faint, theme["paper"])


def test_exact_zeros_have_their_own_word():
    x = leaf([-1.0, -2.0], "x")
    picture = draw((ag.maximum(x, 0.0).named("r") * 3).sum().named("L"), names={"x": x})
    assert cards(picture)["x"].health.word == "zero"
    for words in (picture.text(), " ".join(texts(picture.svg())), picture.source, picture.html()):
        assert "0 everywhere" in words.replace("\xa0", " ")
        assert "▼" not in words
    faint = draw((x * 1e-9).sum())
    assert cards(faint)["x"].health.word == "vanishing"


def test_no_ok_stands_above_numbers_that_are_not_finite():
    x, w = leaf([1.0, 800.0], "x"), leaf([1e-9, 1e-9], "w")
    with np.errstate(all="ignore"):
        picture = draw((ag.exp(x).named("e") * 0.0 * w).sum().named("L"), names={"x": x})
    found = cards(picture)
    assert found["e"].born.startswith("inf is born here")
    for card in found.values():
        if card.value is not None and card.value.bad:
            from autograd_lite.viz.health import bar_of

            assert bar_of(card)[0] != "ok"


def test_a_nan_made_of_inf_is_marked_where_it_is_made():
    x = leaf([1.0, 800.0], "x")
    with np.errstate(all="ignore"):
        e = ag.exp(x).named("e")
        picture = draw((e - (e * 1.0).named("f")).named("d").sum().named("L"))
    found = cards(picture)
    # e has a gradient of 0, and its rule makes 0 * inf of it.
    assert found["e"].born == "inf is born here, at [1], and in its derivative"
    assert found["d"].born == "NaN is born here, of inf"
    assert not found["f"].born and not found["L"].born


def test_a_rule_that_makes_a_nan_at_the_same_op_is_named():
    p, y = leaf([0.0, 0.5], "p"), ag.Tensor([0.0, 1.0], name="y")
    with np.errstate(all="ignore"):
        picture = draw((y * ag.log(p).named("l")).sum().named("L"), names={"y": y, "p": p})
    assert cards(picture)["l"].born == "inf is born here, at [0], and in its derivative"


def test_a_closed_group_says_when_its_bar_is_not_of_what_it_shows():
    x = ag.Tensor(np.full((2, 3), 1e3), name="x")
    W = leaf(np.full((3, 2), 1e-3), "W")
    with ag.scope("layer"):
        h = x @ W
    card = cards(draw(h.sum().named("L"), depth=0, fold=True, names={"W": W}))
    shown = [c for c in card.values() if c.role == "group" and c.health.word == "exploding"]
    assert len(shown) == 1 and shown[0].gradient.rms == 1.0
    assert "▲▲ exploding: a gradient inside, rms 2000" in draw(h.sum(), depth=0, fold=True).text()


@pytest.mark.parametrize(("z", "slope"), [(8.0, None), (5.0, 1e-2), (12.0, 1e-4)])
def test_the_slope_of_saturated_units_can_be_chosen(z, slope):
    def share(limit):
        h = ag.sigmoid(leaf([z, -z, z, 0.0], "x")).named("h")
        return cards(draw(h.sum(), health=True if limit is None else {"saturated": limit}))[
            "h"
        ].saturation

    assert share(slope) == 0.75
    p = 1 / (1 + np.exp(-z))
    assert share(p * (1 - p) * 0.9) == 0.0
    assert share(p * (1 - p) * 1.1) == 0.75


def test_the_tree_fits_into_its_width():
    t = net()
    picture = draw(t["L"], names=t)
    for columns in (40, 60, 80):
        lines = picture.text(columns).splitlines()
        assert max(map(len, lines)) <= columns
        plain = re.sub(r"[│├└─\s]+", "", "".join(lines))
        assert plain == re.sub(r"[│├└─\s]+", "", picture.text())
    assert picture.text(500) == picture.text() == str(picture)
    with pytest.raises(ArgumentError, match=r"^text: got width=3, expected None or an int from 20"):
        picture.text(3)


def test_two_training_steps_differ_in_the_picture():
    t = net()
    before = draw(t["L"], names=t)
    t2 = net()
    t2["W1"].data[0, 0] += 0.5
    x, y = t2["x"], t2["y"]
    h = ag.sigmoid((x @ t2["W1"] + t2["b1"]).named("z1")).named("h")
    p = ag.sigmoid((h @ t2["W2"] + t2["b2"]).named("z2")).named("p")
    d = ag.diff(before, draw(((p - y) ** 2).mean().named("L"), names=t2))
    assert d.same_structure
    marked = {c.full_name: c.mark for c in d.drawing.graph.cards if c.mark}
    assert marked["W1"][0] == "moved"
    assert marked["W1"][1].startswith("~ value moved by 0.500")
    assert "x" not in marked and "y" not in marked
    assert "~ moved, compared with the first drawing" in notes(d.drawing)
    assert "≠" not in notes(d.drawing)
    assert any(word.startswith("~ value moved by 0.500") for word in texts(d.drawing.svg()))
    assert "no difference, compared" in notes(ag.diff(before, before).drawing)


def test_diff_of_tensors_says_that_it_wants_drawings():
    a, b = leaf([1.0, 2.0]).sum(), leaf([1.0, 3.0]).sum()
    with pytest.raises(ArgumentError, match=r"^diff: got n of type Tensor, .*draw\(before\)"):
        ag.diff(a, b)
    assert "two drawings" in ag.diff.__doc__ and "Difference" in ag.diff.__doc__


def test_a_freed_graph_keeps_the_order_of_its_backward_pass():
    t = net()
    before = draw(t["L"], names=t, view="backward")
    t["L"].backward()
    after = draw(t["L"], names=t, view="backward")

    def order(picture):
        return [(c.number, c.op) for c in picture.graph.cards if c.role == "rule"]

    assert order(after) == order(before)
    assert {"W1", "b1", "W2", "b2"} <= {c.full_name for c in after.graph.cards}
    assert after.svg() and "freed" in notes(after)


def test_the_backward_view_is_kept_short():
    h = leaf([1.0, 2.0], "x")
    for _ in range(300):
        h = ag.tanh(h)
    picture = draw(h.sum(), view="backward")
    assert len(picture.graph.cards) < 70 and "max_nodes=60" in notes(picture)
    assert len(draw(h.sum(), view="backward", max_nodes=400).graph.cards) > 300
    with pytest.raises(ArgumentError, match=r"^draw: got values='stats' with view='backward'"):
        draw(h.sum(), view="backward", values="stats")


@pytest.mark.parametrize("training", [False, True])
def test_a_picture_of_a_model_says_its_mode_and_changes_nothing(training):
    model = nn.MLP(4, 8, 3, norm="batch", dropout=0.5, rng=0)
    x, y = np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 2, 0, 1, 2])
    kept = [buffer.copy() for buffer in model.buffers()]
    out = nn.draw(model, x, y, loss=nn.cross_entropy, training=training)
    assert ("training mode: dropout with one mask" in notes(out)) == training
    assert ("evaluation mode: dropout does nothing" in notes(out)) != training
    assert all(module.training for module in model.modules())
    for old, new in zip(kept, model.buffers(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert "mode" not in notes(nn.draw(nn.MLP(4, 3, rng=0), x, training=training))
    again = nn.draw(model, x, y, loss=nn.cross_entropy, training=training)
    assert [c.name for c in again.graph.cards] == [c.name for c in out.graph.cards]
    assert texts(again.svg()) == texts(out.svg()), "the generator of dropout has not moved on"


@needs_dot
def test_other_forms_of_graphviz_can_be_saved(tmp_path):
    for kind, start in (("jpg", b"\xff\xd8"), ("eps", b"%!PS"), ("ps", b"%!PS")):
        path = draw(net()["L"]).save(tmp_path / f"x.{kind}")
        assert Path(path).read_bytes().startswith(start)
