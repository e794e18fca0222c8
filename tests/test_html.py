"""The page of a picture: whole, without a renderer or a network, readable in light and dark."""

from __future__ import annotations

import inspect
import re
from types import SimpleNamespace

import numpy as np
import pytest
from browser import Browser, needs_browser
from drawings import leaf, net
from pages import OUTSIDE, SVG, checked, graph, shown

import autograd_lite as ag
from autograd_lite.viz.grid import MOST_TINT
from autograd_lite.viz.label import number_text
from autograd_lite.viz.page import graph_page
from autograd_lite.viz.records import Card, Edge, Graph
from autograd_lite.viz.style import DARK, LIGHT

NAMES = [
    "<lambda>", "a \"quoted\" 'name'", "</script><script>alert(1)</script>", "node:0:port",
    "😀 emoji", "x" * 200, "two\nlines", "שלום", "مرحبا 12", "\u202eevil", "&amp;", "]]>", " ",
]  # fmt: skip


def unfolded(t, **options):
    """A drawing with a card for every tensor, whether or not drawings fold by themselves."""
    if "fold" in inspect.signature(ag.draw).parameters:
        options["fold"] = False
    return ag.draw(t, **options)


def test_the_page_holds_every_card_with_every_number():
    t = net()
    picture = ag.draw(t["L"], names=t)
    page = picture.html()
    checked(page)
    numbers = shown(page, 0)
    for card in picture.graph.cards:
        for kind, block in (("value", card.value), ("gradient", card.gradient)):
            if block is not None:
                np.testing.assert_array_equal(numbers[card.id][kind], block.cells)
    words = [t for t in checked(page) if t.strip()]
    for name in ("x @ W1 + b1", "σ(z1)", "mean((p − y)²)", "∂L/∂W1", "|g| 0.146", "seed"):
        assert name in words
    assert len(page.encode()) < 100_000


def test_cells_show_what_the_grammar_says():
    page = ag.draw((leaf([[1e-8, -2.0], [12345.0, np.nan]], "x") * 2).sum()).html()
    texts = [t.text for t in graph(page).iter(f"{SVG}text")]
    for x in (1e-8, -2.0, 12345.0, np.nan):
        assert number_text(x) in texts
    bad = [r for r in graph(page).iter(f"{SVG}rect") if r.get("class") == "bad"]
    assert len(bad) >= 2  # of the leaf and of its double


def test_needs_no_renderer(monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: None)
    monkeypatch.setattr("autograd_lite.viz.render._by_pygraphviz", lambda *a: None)
    checked(ag.draw(net()["L"]).html())


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names_are_escaped_and_readable(name, direction):
    x = leaf([1.0, 2.0], name)
    page = ag.draw((x * x + 1).named(name), direction=direction).html()
    texts = "\n".join(checked(page))
    assert page.count("<script>") == 1 and page.count("</script>") == 1
    plain = name.replace("\n", "\\n").replace("\u202e", "\\u202e")
    assert (plain if len(plain) < 20 else plain[:8]) in texts
    assert "\u202e" not in page


def test_right_to_left_names_do_not_turn_what_stands_beside_them():
    page = ag.draw((leaf([1.0], "שלום") * 2).sum()).html()
    assert re.search("[א-ת]", page)
    assert not re.search("(?<![\u2068א-ת])[א-ת]", page)


@pytest.mark.parametrize(
    "values",
    [1.5, np.zeros((0, 3)), [[2.0]], np.arange(20.0), np.ones((2, 3, 4)), np.ones((40, 30)),
     np.ones(65, np.float32), [1 + 2j, -1e-9j], [np.nan, np.inf, -np.inf],
     np.full((10, 10), np.nan)],
    ids=lambda v: f"{np.shape(v)}{np.asarray(v).dtype}",
)  # fmt: skip
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_every_kind_of_array_has_a_page(values, direction):
    with np.errstate(all="ignore"):
        picture = ag.draw(leaf(values, "x") * 2, direction=direction)
    assert any("∂" in text for text in checked(picture.html()))


def test_freed_and_cut_graphs_have_pages():
    t = net()
    t["L"].backward()
    assert any("freed this graph" in text for text in checked(ag.draw(t["L"]).html()))
    y = leaf([1.0, 2.0], "x")
    for _ in range(5000):
        y = y + 1.0
    page = unfolded(y.sum(), max_nodes=12).html()
    assert any("hidden" in text for text in checked(page))
    assert any(re.fullmatch("… 4,99[0-9] more", text) for text in checked(page))


def test_a_shared_weight_has_ghosts():
    w, h = leaf(np.eye(2) / 2, "w"), leaf([1.0, 2.0], "h0")
    for _ in range(40):
        h = ag.tanh(h @ w)
    texts = checked(unfolded(h.sum()).html())
    assert texts.count("■ w ↑") > 10


def test_the_same_graph_gives_the_same_bytes():
    assert ag.draw(net()["L"]).html() == ag.draw(net()["L"]).html()


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, two):
    high, low = sorted((luminance(one), luminance(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(hue, ground, share):
    parts = [
        round(int(ground[i : i + 2], 16) * (1 - share) + int(hue[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02X}" for part in parts)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_keeps_its_contrast(theme):
    ink, paper, panel = theme["ink"], theme["paper"], theme["panel"]
    grounds = [paper, panel, theme["parameter"], theme["source"], theme["output"], theme["group"]]
    grounds += [mixed(theme[hue], paper, MOST_TINT) for hue in ("fore", "back")]
    assert min(contrast(ink, ground) for ground in grounds) >= 4.5
    for words in ("grey", "foretext", "backtext", "wrong", "right"):
        assert contrast(theme[words], paper) >= 4.5
        assert contrast(theme[words], panel) >= 4.5
    for ground in ("parameter", "source", "output"):
        assert contrast(theme["grey"], theme[ground]) >= 4.5
    assert contrast(theme["bandtext"], theme["band"]) >= 4.5
    assert contrast(theme["badtext"], theme["bad"]) >= 4.5
    for fill in ("forefill", "backfill"):
        assert contrast(theme["filltext"], theme[fill]) >= 4.5
    for line in ("fore", "back", "gold"):
        assert contrast(theme[line], paper) >= 3


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(tmp_path, scheme):
    long = leaf(np.arange(40.0).reshape(20, 2) * 1e-7, "a_rather_long_name_of_a_parameter")
    path = tmp_path / "g.html"
    pictures = [
        ag.draw(net()["L"], inline=True),
        ag.draw((long * leaf([1 + 2j, 3.5j], "z")).sum(), direction="TB"),
        ag.draw(ag.exp(leaf(np.ones((30, 30)), "中文 😀")).sum()),
    ]
    with Browser() as browser:
        browser.media(prefers_color_scheme=scheme)
        for picture in pictures:
            path.write_text(picture.html(), encoding="utf-8")
            browser.open(path)
            assert browser.run(OUTSIDE) == []
            ground = "getComputedStyle(document.body).backgroundColor"
            dark, light = "rgb(13, 17, 23)", "rgb(255, 255, 255)"
            before, after = (dark, light) if scheme == "dark" else (light, dark)
            assert browser.run(ground) == before
            browser.run("document.getElementById('theme').click()")
            assert browser.run(ground) == after
        assert browser.problems == []


class Rich(Card):
    """A card with what other views and derivation reports add to it."""

    def __init__(self, *args, **more):
        extra = {k: more.pop(k) for k in list(more) if k not in Card.__dataclass_fields__}
        super().__init__(*args, **more)
        for name, value in extra.items():
            setattr(self, name, value)


class Arrow(Edge):
    """An edge of one lane."""

    def __init__(self, *args, lane="both", note=""):
        super().__init__(*args)
        self.lane, self.note = lane, note


def test_cards_of_other_views_are_drawn():
    ill = SimpleNamespace(word="vanishing", first=None, rms=1e-9)
    cards = [
        Rich("b1", "rule", "matmul", number=3, rules=["∂W = xᵀ @ g", "∂x not needed"],
             saves=["x 2×3"], of="z"),
        Rich("n1", "group", "layer0 … layer7", call="Linear(8→8)", count=8, subtitle="worst is l3",
             health=ill, group="a"),
        Rich("n2_op", "op", "tanh", call="tanh(z)", saves=["out 2×3"], group="a"),
        Rich("n3", "result", "h", mark=("wrong", "× wrong"), saturation=0.97, born="NaN is born"),
    ]  # fmt: skip
    edges = [
        Arrow("b1", "n1", 0.25, lane="gradient", note="2×3"),
        Arrow("n1", "n2_op", 1.0, lane="quiet"),
        Arrow("n2_op", "n3", None, lane="value"),
    ]
    for upright in (False, True):
        page = graph_page(Graph("L", cards, edges), upright=upright)
        texts = checked(page)
        for words in (
            "3  matmul backward of z", "∂W = xᵀ @ g", "∂x not needed", "uses saved x 2×3",
            "Linear(8→8) × 8 folded", "worst is l3", "▼▼ vanishing", "tanh(z)", "saves out 2×3",
            "× wrong", "97 % saturated", "× NaN is born", "|g| 0.250  2×3",
        ):  # fmt: skip
            assert words in texts
        assert "|g| 1.000" not in texts
        lanes = [g.get("class") for g in graph(page).iter(f"{SVG}g") if "e " in g.get("class", "")]
        assert lanes.count("e ef") == 2 and lanes.count("e eb") == 2
