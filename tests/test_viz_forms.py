"""Drawings as text, JSON, pages and differences; themes, engines, hostile names in each."""

from __future__ import annotations

import json
import math
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from drawings import (
    HAS_DOT,
    HAS_PYGRAPHVIZ,
    cards,
    leaf,
    needs_dot,
    needs_pygraphviz,
    needs_renderer,
    net,
    texts,
)

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, RenderError
from autograd_lite.viz import draw
from autograd_lite.viz.theme import dark_colors

GOLDEN = Path(__file__).with_name("golden")
SVG = "{http://www.w3.org/2000/svg}"


def no_renderer(monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def rounded(x):
    """x with its numbers cut: the last bits of exp differ between processors."""
    if isinstance(x, float):
        return float(f"{x:.8g}")
    if isinstance(x, dict):
        return {k: rounded(v) for k, v in x.items()}
    return [rounded(v) for v in x] if isinstance(x, list) else x


# -- text ------------------------------------------------------------------------------------------


def test_the_tree():
    x, w = leaf([1.0, 2.0], "x"), leaf(3.0, "w")
    h = (x * w).named("h")
    out = (ag.tanh(h).named("t") + h).sum().named("L")
    lines = draw(out).text().splitlines()
    assert [re.sub(r"  (value|∂|seed).*", "", line) for line in lines] == [
        "● L = sum(t + h)  scalar f64",
        "├─ t = tanh(h)  2 f64",
        "│  └─ h = x * w  2 f64",
        "│     ├─ ■ x  2 f64",
        "│     └─ ■ w  scalar f64",
        "└─ h  (see above)",
    ]
    assert "value [3.000 6.000]" in lines[2]


def test_the_tree_of_the_sweep_is_in_its_order():
    t = net()
    text = draw(t["L"], view="backward", names=t).text()
    numbers = [int(n) for n in re.findall(r"─ (\d+) ", text)]
    assert numbers == sorted(numbers) == list(range(1, 10))
    assert "uses saved h 2×3, W2 3×1" in text


def test_the_tree_of_a_deep_graph_stays_narrow():
    y = leaf([1.0], "x")
    for _ in range(150):
        y = ag.tanh(y)
    text = draw(y.sum(), fold=False, inline=False).text()
    assert len(text.splitlines()) > 150
    assert max(map(len, text.splitlines())) < 140


# -- JSON ------------------------------------------------------------------------------------------


def test_the_golden_json():
    t = net()
    text = draw(t["L"], names={"x": t["x"], "y": t["y"]}).json()
    path = GOLDEN / "net.json"
    if os.environ.get("AUTOGRAD_LITE_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert rounded(json.loads(text)) == rounded(json.loads(path.read_text(encoding="utf-8")))
    assert text == draw(t["L"], names={"x": t["x"], "y": t["y"]}).json()


def test_json_says_what_the_picture_shows():
    t = net()
    found = json.loads(draw(t["L"], names=t).json())
    assert (found["format"], found["version"], found["view"]) == ("autograd_lite.graph", 1, "cards")
    nodes = {node["name"]: node for node in found["nodes"]}
    np.testing.assert_array_equal(nodes["W1"]["value"]["cells"], t["W1"].data)
    (g,) = ag.gradients([t["L"]], [t["W1"]])
    np.testing.assert_array_equal(nodes["W1"]["gradient"]["cells"], g.data)
    assert nodes["L"]["shape"] == "scalar" and nodes["h"]["shape"] == [2, 3]
    assert nodes["h"]["saves"] == ["h 2×3"]
    ids = {node["id"] for node in found["nodes"]}
    assert all({edge["from"], edge["to"]} <= ids for edge in found["edges"])


def test_json_is_strict_whatever_the_numbers():
    z = leaf([1 + 2j, complex(math.nan, math.inf)], "z")
    with np.errstate(all="ignore"):
        out = (z * 2).sum()
        text = draw(out).json()

    def refuse(word):
        raise AssertionError(word)

    nodes = {n["name"]: n for n in json.loads(text, parse_constant=refuse)["nodes"]}
    assert nodes["z"]["value"]["cells"] == [[1.0, 2.0], ["NaN", "inf"]]
    for shape in ((), (0, 3), (1, 1), (2, 1, 3)):
        x = leaf(np.ones(shape), "x")
        found = json.loads(draw((x * 2).named("y")).json())["nodes"][0]["value"]["cells"]
        assert np.shape(found) == shape or (shape == (0, 3) and found == [])


# -- hostile names in every form -------------------------------------------------------------------

HOSTILE = [
    "<lambda>", 'quo"te', "it's", "a:b:c", "back\\slash", "\\N \\G", "🚀 rocket", "<b>b</b> & c",
    "&amp;", "x" * 200, "new\nline", "tab\there", "\x00\x1b", "\u202eright", "\ud800", "]]>",
    "</script><script>", "{a|b}", "%s", "Σ_rows", '="#0072B2"', "not needed",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("view", ["cards", "ops", "backward"])
def test_hostile_names_come_out_whole_in_every_form(name, view):
    x = leaf([[1.0, 2.0]], name)
    with ag.scope(name):
        out = ((x * x).named(name) @ leaf(np.ones((2, 1)), "w")).sum().named(name)
    for theme in ("auto", "dark"):
        picture = draw(out, view=view, theme=theme)
        assert json.loads(picture.json())["nodes"]
        assert picture.text().encode("utf-8", "surrogatepass").count(b"\n") < 20
        page = picture.html()
        assert "</script><script>" not in page and "<b>b" not in page
        page.encode()
        if HAS_DOT or HAS_PYGRAPHVIZ:
            svg = picture.svg()
            ET.fromstring(svg)
            if view == "cards" and name.isprintable() and len(name) < 20:
                assert any(name in text for text in texts(svg))


# -- themes and pages ------------------------------------------------------------------------------


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_dark_words_can_be_read():
    dark = dark_colors()
    night, ink = dark["#FFFFFF"], dark["#1B1F24"]
    for word in ("#1B1F24", "#57606A", "#0072B2", "#B34E00"):
        assert contrast(dark[word], night) > 4.5
    for fill in ("#CFE8F7", "#E8ECEF", "#FAFBFC", "#FBE3A6", "#F6F8FA", "#B3C0E6", "#FDB863"):
        assert contrast(ink, dark[fill]) > 4.5, fill
    # Cells: ink on the darkest tint of each hue; bars: paper on their fill.
    for cell in ("#8CC0DC", "#ECB78C"):
        assert contrast(ink, dark[cell]) > 4.5, cell
    for bar in ("#3B4994", "#B35806", "#000000", "#00664B"):
        assert contrast(night, dark[bar]) > 4.5, bar


def test_every_colour_of_a_picture_has_a_dark_one():
    x = leaf(np.linspace(-1, 1, 12).reshape(3, 4), "x")
    source = draw((x * 1e-9).sum(), theme="light").dot.source
    known = dark_colors()
    assert set(re.findall(r'="(#[0-9A-F]{6})"', source)) <= set(known)
    dark = draw((x * 1e-9).sum(), theme="dark").dot.source
    assert set(re.findall(r'="(#[0-9A-F]{6})"', dark)) <= set(known.values())
    assert len(set(known.values())) > 40


@needs_renderer
def test_an_svg_of_a_renderer_is_dark_where_the_system_is():
    t = net()
    engine = "dot" if HAS_DOT else "pygraphviz"
    auto = draw(t["L"], names=t, engine=engine).svg()
    assert "@media (prefers-color-scheme:dark)" in auto
    style = ET.fromstring(auto).find(f"{SVG}style").text
    assert '[fill="#cfe8f7"]{fill:#123451}' in style
    light = draw(t["L"], names=t, theme="light", engine=engine).svg()
    assert "<style" not in light
    assert texts(light) == texts(auto)
    dark = draw(t["L"], names=t, theme="dark", engine=engine).svg()
    assert "<style" not in dark and "#0d1117" in dark.lower()


@needs_renderer
def test_a_page_has_the_picture_and_fetches_nothing():
    t = net()
    page = draw(t["L"], names=t, view="ops").html()
    assert page.startswith("<!DOCTYPE html>") and "<svg" in page
    assert not re.search(r'(src|href)="http', page)


@pytest.mark.parametrize("view", ["cards", "ops", "backward"])
def test_a_page_needs_no_renderer(monkeypatch, view):
    no_renderer(monkeypatch)
    t = net()
    page = draw(t["L"], names=t, view=view, theme="dark").html()
    assert "<svg" in page and "sigmoid" in page.replace("σ(", "sigmoid(")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en" data-theme="dark">')


def test_files_without_a_renderer(monkeypatch, tmp_path):
    no_renderer(monkeypatch)
    t = net()
    picture = draw(t["L"], names=t)
    for kind, start in {"json": "{", "txt": "● L", "html": "<!DOCTYPE", "dot": "digraph"}.items():
        path = tmp_path / f"x.{kind}"
        assert picture.save(path) == str(path)
        assert path.read_text(encoding="utf-8").startswith(start)
    with pytest.raises(RenderError, match=r"expected one that ends in .*; did you mean 'json'\?$"):
        picture.save(tmp_path / "x.jsn")


# -- engines ---------------------------------------------------------------------------------------


@needs_dot
@needs_pygraphviz
def test_the_engine_that_is_asked_for_renders(monkeypatch):
    t = net()
    by_dot = draw(t["L"], names=t, engine="dot").svg()
    by_package = draw(t["L"], names=t, engine="pygraphviz").svg()
    assert texts(by_dot) == texts(by_package)
    monkeypatch.setattr("graphviz.pipe", lambda *a, **k: 1 / 0)
    assert draw(t["L"], names=t, engine="pygraphviz").svg()
    with pytest.raises(RenderError, match=r"^svg: got no svg from the renderer; dot failed"):
        draw(t["L"], names=t, engine="dot").svg()


def test_an_engine_that_is_missing_is_one_sentence(monkeypatch):
    no_renderer(monkeypatch)
    for engine in ("dot", "pygraphviz"):
        with pytest.raises(RenderError, match=f"^svg: did not find {engine}, which engine= asks"):
            draw(net()["L"], engine=engine).svg()


def test_with_an_empty_path(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert draw(net()["L"])._repr_mimebundle_()["image/svg+xml"].startswith("<svg ")
    bundle = draw(net()["L"], engine="dot")._repr_mimebundle_()
    assert "text/html" in bundle and "did not find dot" in bundle["text/plain"]


# -- differences -----------------------------------------------------------------------------------


def model(width=3, steps=0, activation=ag.sigmoid):
    """A small model after some steps of gradient descent, drawn."""
    rng = np.random.default_rng(0)
    X, W = rng.normal(size=(4, 2)), leaf(rng.normal(size=(2, width)), "W")
    v = leaf(rng.normal(size=width), "v")
    for k in range(steps + 1):
        loss = ((activation((X @ W).named("z")).named("h") @ v - 1.0) ** 2).mean().named("L")
        if k < steps:
            loss.backward()
            with ag.no_grad():
                for p in (W, v):
                    p -= 0.1 * p.grad
                    p.zero_grad()
    return draw(loss, names={"X": X})


def test_the_same_program_has_no_difference():
    d = ag.diff(model(), model())
    assert str(d) == "no difference"
    assert d.same_structure


def test_two_training_steps_are_compared():
    before, after = model(), model(steps=1)
    d = ag.diff(before, after)
    assert d.same_structure and not d.shape and not d.health
    moved = {name: rest for name, *rest in d.moved}
    distance, old, new = moved["W"]
    a, b = cards(before)["W"], cards(after)["W"]
    assert distance == pytest.approx(np.linalg.norm(b.value.cells - a.value.cells))
    assert (old, new) == (a.gradient.norm, b.gradient.norm)
    assert "X" not in moved
    assert re.search(r"~ W: value moved by [\d.]+, \|g\| [\d.]+ → [\d.]+", str(d))
    assert repr(d).startswith("<Difference: 0 added, 0 removed, 0 changed, ")


def test_changes_of_shape_op_and_cards_are_reported_and_marked():
    d = ag.diff(model(), model(width=5, activation=ag.tanh))
    assert ("W", "2×3 f64", "2×5 f64") in d.shape
    assert [name for name, _, _ in d.op] == ["h"]
    marks = {card.full_name: card.mark for card in d.drawing.graph.cards if card.mark}
    assert marks["W"] == ("changed", "≠ 2×3 f64 → 2×5 f64")
    assert "≠ 2×3 f64 → 2×5 f64" in d.drawing.dot.source

    x = leaf([1.0, 2.0], "x")
    short = draw((x * 2).named("a").sum().named("L"))
    long = draw(ag.tanh((x * 2).named("a")).named("b").sum().named("L"))
    assert (ag.diff(short, long).added, ag.diff(short, long).removed) == (["b"], [])
    back = ag.diff(long, short)
    assert (back.added, back.removed) == ([], ["b"])
    roles = [card.role for card in back.drawing.graph.cards]
    assert roles.count("removed") == 1
    assert "− removed" in back.drawing.dot.source
    if HAS_DOT or HAS_PYGRAPHVIZ:
        assert "− removed" in texts(back.drawing.svg())


def test_unnamed_cards_are_matched_by_their_order():
    x = leaf([1.0, 2.0], "x")

    def chain(*ops):
        y = x
        for op in ops:
            y = op(y)
        return draw(y.sum(), inline=False)

    d = ag.diff(chain(ag.sin, ag.tanh, ag.exp), chain(ag.sin, ag.cos, ag.tanh, ag.exp))
    assert len(d.added) == 1 and "cos(" in d.added[0]
    assert not d.removed


def test_a_change_of_health_is_reported():
    x = leaf([1.0, 2.0], "x")
    d = ag.diff(draw((x * 1.0).sum().named("L")), draw((x * 1e-9).sum().named("L")))
    assert ("x", "ok", "vanishing") in d.health
    assert "≠ x: health ok → vanishing" in str(d)


def test_a_difference_is_of_two_drawings_and_arrays_go_on_as_ever():
    with pytest.raises(DTypeError, match=r"^diff: got int, expected two drawings; pass what draw"):
        ag.diff(model(), 3)
    np.testing.assert_array_equal(ag.diff(np.array([1.0, 4.0, 9.0])).data, [3.0, 5.0])
    with pytest.raises(ArgumentError):
        ag.diff(np.array([1.0]), -1)


@needs_renderer
def test_a_notebook_shows_a_difference():
    bundle = ag.diff(model(), model(steps=1))._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"].startswith("the same tensors")
