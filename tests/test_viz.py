"""Drawings: what they show, that they are always the same, and how they fail."""

from __future__ import annotations

import importlib.util
import math
import os
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, GraphError, RenderError
from autograd_lite.viz import draw
from autograd_lite.viz.block import block_of, norm_of
from autograd_lite.viz.cells import tint
from autograd_lite.viz.label import clean, constant_text, expression, named, number_text

GOLDEN = Path(__file__).with_name("golden")
DOCS = Path(__file__).parent.parent / "docs"
HAS_DOT = shutil.which("dot") is not None
HAS_PYGRAPHVIZ = importlib.util.find_spec("pygraphviz") is not None

needs_dot = pytest.mark.skipif(not HAS_DOT, reason="Graphviz's dot is not on PATH")
needs_pygraphviz = pytest.mark.skipif(not HAS_PYGRAPHVIZ, reason="pygraphviz is not installed")
needs_renderer = pytest.mark.skipif(
    not (HAS_DOT or HAS_PYGRAPHVIZ), reason="neither dot nor pygraphviz is installed"
)


def leaf(values, name=None, **kwargs):
    return ag.Tensor(values, requires_grad=True, name=name, **kwargs)


def net():
    """The 2-3-1 sigmoid net, its inputs and its loss, by name."""
    x = ag.Tensor([[0.05, 0.10], [0.90, 0.20]], name="x")
    y = ag.Tensor([[1.0], [0.0]], name="y")
    W1 = leaf([[0.15, -0.20, 0.40], [0.25, 0.30, -0.55]], "W1")
    b1 = leaf([0.35, 0.10, -0.20], "b1")
    W2 = leaf([[0.40], [-0.45], [0.60]], "W2")
    b2 = leaf([0.25], "b2")
    h = ag.sigmoid((x @ W1 + b1).named("z1")).named("h")
    p = ag.sigmoid((h @ W2 + b2).named("z2")).named("p")
    L = ((p - y) ** 2).mean().named("L")
    return dict(x=x, y=y, W1=W1, b1=b1, W2=W2, b2=b2, h=h, p=p, L=L)


def cards(picture):
    """The cards by full name, or by id where there is none."""
    return {card.full_name or card.id: card for card in picture.graph.cards}


def notes(picture):
    return " | ".join(picture.graph.notes)


def texts(svg):
    """The pieces of text in an SVG, sorted, with spaces made plain."""
    root = ET.fromstring(svg)
    found = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    return sorted(" ".join(t.replace("\xa0", " ").split()) for t in found if t.strip())


def rounded(text):
    """text with its long numbers cut: the last bits of exp differ between processors."""
    return re.sub(r"-?\d+\.\d{6,}(e-?\d+)?", lambda m: f"{float(m[0]):.8g}", text)


def only_pygraphviz(monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: None)


def no_renderer(monkeypatch):
    only_pygraphviz(monkeypatch)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


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
    picture = cards(draw(out))
    assert picture["n2"].value.cells.tolist() == [4.0, 7.0]
    assert picture["n3"].value.cells.tolist() == [3.0, 6.0]


def test_roles_titles_and_expressions():
    t = net()
    shown = cards(draw(t["L"], names=t))
    roles = {name: card.role for name, card in shown.items()}
    assert roles["W1"] == roles["b2"] == "parameter"
    assert roles["x"] == roles["y"] == "input"
    assert roles["h"] == "result"
    assert roles["L"] == "output"
    assert shown["W1"].title == "∂L/∂W1"
    assert shown["z1"].call == "x @ W1 + b1"
    assert shown["h"].call == "σ(z1)"
    assert shown["L"].call == "mean((p − y)²)"
    assert shown["n2"].call == "x @ W1"


def test_an_unnamed_array_is_a_constant_and_a_number_is_written_out():
    x = leaf([1.0, 2.0], "x")
    picture = cards(draw((x * np.array([2.0, 3.0]) + 0.5).sum()))
    assert picture["n1"].role == "constant"
    assert picture["n1"].value.cells.tolist() == [2.0, 3.0]
    assert [c.call for c in picture.values() if c.call][1] == "x * n1 + 0.5"


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


def test_inline_writes_unnamed_results_into_expressions():
    t = net()
    picture = draw(t["L"], names=t, inline=True)
    assert [c.name for c in picture.graph.cards if c.op] == ["z1", "h", "z2", "p", "L"]
    ids = {card.id: card.name for card in picture.graph.cards}
    edges = {(ids[e.tail], ids[e.head]) for e in picture.graph.edges}
    assert {("x", "z1"), ("W1", "z1"), ("b1", "z1"), ("p", "L"), ("y", "L")} <= edges
    # What comes back to p is the gradient of p, though p - y and its square have no cards.
    (norm,) = [e.norm for e in picture.graph.edges if (ids[e.tail], ids[e.head]) == ("p", "L")]
    assert norm == cards(picture)["p"].gradient.norm


def test_each_edge_shows_what_comes_back_along_it():
    w = leaf([1.0, 2.0], "w")
    picture = draw((w * w + 3 * w).sum())
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
    picture = draw(out)
    assert "no gradients: multiply (backward): its input 'w'" in notes(picture)
    assert "w: written after use" in notes(picture)
    assert cards(picture)["n1"].remarks == ["value not kept"]
    assert cards(picture)["n1"].awaits_gradient


def test_a_view_of_a_written_leaf_does_not_pass_for_the_value_used():
    w = leaf([[1.0, 2.0]], "w")
    out = (w.T * 3.0).named("out").sum()
    with ag.no_grad():
        w -= 1
    assert cards(draw(out))["n1"].value is None


def test_a_dropped_constant_leaves_its_card():
    x = leaf([1.0, 2.0], "x")
    picture = cards(draw((x + np.array([1.0, 2.0])).sum()))
    assert picture["n1"].role == "constant"
    assert picture["n1"].remarks == ["value not kept"]
    assert picture["n2"].remarks == ["value not kept"]


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
    assert "rms 1.163" in source
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


# -- the same program, the same bytes ----------------------------------------------------------


def test_the_golden_dot():
    t = net()
    source = draw(t["L"], names={"x": t["x"]}).dot.source
    path = GOLDEN / "net.dot"
    if os.environ.get("AUTOGRAD_LITE_WRITE_GOLDEN"):
        path.write_text(source, encoding="utf-8")
    assert rounded(source) == rounded(path.read_text(encoding="utf-8"))


def test_two_runs_give_the_same_bytes():
    first, second = net(), net()
    for direction in ("LR", "TB"):
        one = draw(first["L"], names=first, direction=direction).dot.source
        assert one == draw(second["L"], names=second, direction=direction).dot.source


@needs_renderer
@pytest.mark.skipif(not DOCS.exists(), reason="the docs are not part of this installation")
def test_the_pictures_of_the_docs_are_what_the_code_makes():
    spec = importlib.util.spec_from_file_location("docs_pictures", DOCS / "pictures.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    for name, picture in pictures.PICTURES.items():
        # Positions depend on the renderer, what is written does not.
        stored = (DOCS / name).read_text(encoding="utf-8")
        assert texts(stored) == texts(picture().svg())


# -- large graphs ------------------------------------------------------------------------------


def test_a_long_chain_is_cut_and_says_so():
    x = leaf([1.0, 2.0], "x")
    y = x
    for _ in range(100_000):
        y = y + 1.0
    picture = draw(y.sum(), max_nodes=20)
    assert len(picture.graph.cards) == 21
    assert "99,982 tensors hidden: max_nodes=20" in notes(picture)
    shown = cards(picture)
    assert shown["x"].gradient.cells.tolist() == [1.0, 1.0]
    assert shown["n19"].value.cells == 200003.0
    # The values at both ends are right though nothing on the way is kept.
    assert shown["n18"].value.cells.tolist() == [100001.0, 100002.0]


def test_hidden_and_drawn_make_the_whole():
    t = net()
    for budget in range(1, 16):
        picture = draw(t["L"], names=t, max_nodes=budget)
        hidden = [c for c in picture.graph.cards if c.role == "hidden"]
        tracked = [c for c in picture.graph.cards if c.role in ("parameter", "result", "output")]
        count = int(re.search(r"\d+", hidden[0].name)[0]) if hidden else 0
        assert len(tracked) + count == 13
        assert picture.graph.cards[-2 if hidden else -1].role == "output"


def test_a_shared_weight_gets_ghosts_beside_its_far_users():
    w, h = leaf(np.eye(2) / 2, "w"), leaf([1.0, 2.0], "h0")
    for _ in range(40):
        h = ag.tanh(h @ w)
    picture = draw(h.sum())
    assert sum(card.role == "ghost" for card in picture.graph.cards) == 0
    source = picture.dot.source
    assert "↑ drawn elsewhere" in source
    assert re.search(r"n1_\d+ ", source)
    if HAS_DOT or HAS_PYGRAPHVIZ:
        picture.svg()  # took minutes without ghosts


# -- hostile names -----------------------------------------------------------------------------

HOSTILE = [
    "<lambda>", 'quo"te', "it's", "a:b:c", "back\\slash", "\\N \\G \\L", "🚀 rocket",
    "<b>b</b> & c", "&amp;", "x" * 200, "new\nline", "tab\there", "\x00\x1b", "\u202eright", "\ud800", "]]>", "",
    " ", "{a|b}", "%s", "∂L/∂x", "<!-- -->", "\ufffe",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_hostile_names_come_out_readable(name, direction):
    x = leaf([1.0, 2.0], name)
    picture = draw((x * x + 1).named(name), direction=direction)
    assert picture.dot.source.encode()
    if HAS_DOT or HAS_PYGRAPHVIZ:
        shown = " ".join(clean(name, 24).split()) or "n0"
        assert shown in texts(picture.svg())


def test_names_are_cut_but_whole_on_hover():
    source = draw(leaf([1.0], "y" * 200) * 2).dot.source
    assert "y" * 23 + "…" in source
    assert "y" * 200 in source


# -- rendering and saving ----------------------------------------------------------------------


def check_svg(svg):
    root = ET.fromstring(svg)
    assert {"W1", "b1", "h", "L", "x @ W1 + b1", "∂L/∂W1", "0.150"} <= set(texts(svg))
    left, top, width, height = map(float, root.get("viewBox").split())
    transform = root[0].get("transform")
    dx, dy = map(float, re.search(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", transform).groups())
    for shape in root.iter("{http://www.w3.org/2000/svg}polygon"):
        for point in shape.get("points").split():
            px, py = map(float, point.split(","))
            assert left - 1 <= px + dx <= left + width + 1
            assert top - 1 <= py + dy <= top + height + 1
    assert not list(root.iter("{http://www.w3.org/2000/svg}a"))
    titles = {t.text for t in root.iter("{http://www.w3.org/2000/svg}title")}
    assert "W1[0, 0] = 0.15" in titles
    assert "W1: parameter, 2×3 f64" in titles
    assert svg.startswith("<svg ")


@needs_dot
def test_svg_by_dot():
    t = net()
    check_svg(draw(t["L"], names=t).svg())


@needs_pygraphviz
def test_svg_by_pygraphviz(monkeypatch):
    only_pygraphviz(monkeypatch)
    t = net()
    check_svg(draw(t["L"], names=t).svg())


@needs_pygraphviz
def test_a_dot_that_fails_gives_way_to_pygraphviz(monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: "/nowhere/dot")
    monkeypatch.setattr("autograd_lite.viz.render.graphviz.pipe", lambda *a, **k: 1 / 0)
    t = net()
    check_svg(draw(t["L"], names=t).svg())


def test_a_renderer_that_fails_is_named(monkeypatch):
    no_renderer(monkeypatch)
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: "/nowhere/dot")
    monkeypatch.setattr("autograd_lite.viz.render.graphviz.pipe", lambda *a, **k: 1 / 0)
    with pytest.raises(RenderError, match=r"^svg: got no svg from the renderer; dot failed: "):
        draw(net()["L"]).svg()


def test_without_a_renderer_one_sentence_says_how_to_get_one(monkeypatch, tmp_path):
    no_renderer(monkeypatch)
    picture = draw(net()["L"])
    sentence = (
        "found neither Graphviz's program dot on PATH nor the package pygraphviz; run "
        'pip install "autograd-lite[render]", or install Graphviz (https://graphviz.org/download).'
    )
    with pytest.raises(RenderError, match=f"^{re.escape('svg: ' + sentence)}$"):
        picture.svg()
    for kind in ("svg", "png", "pdf"):
        with pytest.raises(RenderError, match=f"^{re.escape('save: ' + sentence)}$"):
            picture.save(tmp_path / f"x.{kind}")
    assert not list(tmp_path.iterdir())
    bundle = picture._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert sentence in bundle["text/plain"]
    picture.save(tmp_path / "x.dot")
    assert (tmp_path / "x.dot").read_text(encoding="utf-8") == picture.dot.source


@needs_renderer
def test_a_notebook_gets_svg():
    bundle = draw(net()["L"])._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg ")
    assert bundle["text/plain"] == "<Drawing of L: 15 tensors>"


def test_a_notebook_never_gets_an_exception(monkeypatch):
    picture = draw(net()["L"])
    monkeypatch.setattr("autograd_lite.viz.drawing.render", lambda *a: 1 / 0)
    assert "division by zero" in picture._repr_mimebundle_()["text/plain"]


@needs_renderer
@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("SVG", b"<svg")]
)
def test_saving(tmp_path, kind, start):
    path = tmp_path / f"picture.{kind}"
    picture = draw(net()["L"])
    picture.save(path)
    picture.save(str(path))
    assert path.read_bytes().startswith(start)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_save_that_fails_leaves_the_old_file_whole(tmp_path, monkeypatch):
    path = tmp_path / "x.dot"
    path.write_text("old")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograd_lite.viz.render.os.replace", full)
    with pytest.raises(RenderError, match=r"^save: cannot write '.*x.dot' \(No space left"):
        draw(net()["L"]).save(path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["x.dot"]


def test_a_link_is_followed_not_replaced(tmp_path):
    (tmp_path / "real.dot").write_text("old")
    (tmp_path / "link.dot").symlink_to(tmp_path / "real.dot")
    draw(net()["L"]).save(tmp_path / "link.dot")
    assert (tmp_path / "link.dot").is_symlink()
    assert (tmp_path / "real.dot").read_text(encoding="utf-8").startswith("digraph")


def test_a_missing_folder_is_one_sentence(tmp_path):
    with pytest.raises(
        RenderError, match=r"^save: cannot write '.*' \(No such file or directory\)"
    ):
        draw(net()["L"]).save(tmp_path / "missing" / "x.dot")


@pytest.mark.parametrize("name", ["x.bmp", "x", "svg", "x.svg.gz"])
def test_an_unknown_extension_is_one_sentence(tmp_path, name):
    with pytest.raises(RenderError, match=r"^save: got the file name '.*', expected one that ends"):
        draw(net()["L"]).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


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
