"""Drawings as text and files: the same bytes, names escaped, renderers, whole files."""

from __future__ import annotations

import os
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from drawings import (
    HAS_DOT,
    HAS_PYGRAPHVIZ,
    leaf,
    needs_dot,
    needs_pygraphviz,
    needs_renderer,
    net,
    texts,
)

import autograd_lite as ag
from autograd_lite.errors import RenderError
from autograd_lite.viz import draw
from autograd_lite.viz.label import clean
from autograd_lite.viz.render import render

GOLDEN = Path(__file__).with_name("golden")


def rounded(text):
    """text with its long numbers cut: the last bits of exp differ between processors."""
    return re.sub(r"-?\d+\.\d{6,}(e-?\d+)?", lambda m: f"{float(m[0]):.8g}", text)


def only_pygraphviz(monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: None)


def no_renderer(monkeypatch):
    only_pygraphviz(monkeypatch)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


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


# -- hostile names -----------------------------------------------------------------------------

HOSTILE = [
    "<lambda>", 'quo"te', "it's", "a:b:c", "back\\slash", "\\N \\G \\L", "🚀 rocket",
    "<b>b</b> & c", "&amp;", "x" * 200, "new\nline", "tab\there", "\x00\x1b", "\u202eright",
    "\ud800", "]]>", "", " ", "{a|b}", "%s", "∂L/∂x", "<!-- -->", "\ufffe",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_hostile_names_come_out_readable(name, direction):
    x = leaf([1.0, 2.0], name)
    picture = draw((x * x + 1).named("the result"), direction=direction)
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
    transform = next(root.iter("{http://www.w3.org/2000/svg}g")).get("transform")
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
    check_svg(draw(t["L"], names=t, engine="dot").svg())


@needs_pygraphviz
def test_svg_by_pygraphviz(monkeypatch):
    only_pygraphviz(monkeypatch)
    t = net()
    check_svg(draw(t["L"], names=t, engine="pygraphviz").svg())


@needs_pygraphviz
def test_a_dot_that_fails_gives_way_to_pygraphviz(monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: "/nowhere/dot")
    monkeypatch.setattr("graphviz.pipe", lambda *a, **k: 1 / 0)
    t = net()
    check_svg(render(draw(t["L"], names=t).source, "svg", "svg").decode())


def test_a_renderer_that_fails_is_named(monkeypatch):
    no_renderer(monkeypatch)
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda name: "/nowhere/dot")
    monkeypatch.setattr("graphviz.pipe", lambda *a, **k: 1 / 0)
    with pytest.raises(RenderError, match=r"^svg: got no svg from the renderer; dot failed: "):
        draw(net()["L"], engine="dot").svg()


def test_without_a_renderer_one_sentence_says_how_to_get_one(monkeypatch, tmp_path):
    no_renderer(monkeypatch)
    picture = draw(net()["L"])
    sentence = (
        "found neither Graphviz's program dot on PATH nor the package pygraphviz; run "
        'pip install "autograd-lite[render]", or install Graphviz (https://graphviz.org/download).'
    )
    for kind in ("png", "pdf", "jpg", "webp", "eps"):
        with pytest.raises(RenderError, match=f"^{re.escape('save: ' + sentence)}$"):
            picture.save(tmp_path / f"x.{kind}")
    assert not list(tmp_path.iterdir())
    bundle = picture._repr_mimebundle_()
    assert list(bundle) == ["image/svg+xml", "text/plain"]
    assert "h @ W2 + b2" in bundle["image/svg+xml"]
    picture.save(tmp_path / "x.svg")
    assert (tmp_path / "x.svg").read_text(encoding="utf-8") == picture.svg()
    bundle = draw(net()["L"], engine="dot")._repr_mimebundle_()
    assert list(bundle) == ["text/html", "text/plain"]
    assert "did not find dot" in bundle["text/plain"]
    picture.save(tmp_path / "x.dot")
    assert (tmp_path / "x.dot").read_text(encoding="utf-8") == picture.dot.source


def test_a_notebook_gets_svg(monkeypatch):
    no_renderer(monkeypatch)
    bundle = draw(net()["L"])._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg ")
    assert bundle["text/plain"] == "<Drawing of L: 11 tensors>"


def test_a_notebook_never_gets_an_exception(monkeypatch):
    picture = draw(net()["L"])
    monkeypatch.setattr("autograd_lite.viz.drawing.standing_alone", lambda *a, **k: 1 / 0)
    assert "division by zero" in picture._repr_mimebundle_()["text/plain"]


@needs_renderer
@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("SVG", b"<svg"),
        ("jpg", b"\xff\xd8\xff"),
        ("jpeg", b"\xff\xd8\xff"),
        ("eps", b"%!PS"),
        ("ps", b"%!PS"),
        ("gif", b"GIF8"),
    ],
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


def test_a_drawing_is_a_digraph(tmp_path):
    import graphviz

    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    picture = ag.draw((x * x).sum())
    assert isinstance(picture, graphviz.Digraph)
    assert picture.source == picture.dot.source
    assert type(picture.dot) is graphviz.Digraph
    assert picture.save("x.gv", tmp_path) == str(tmp_path / "x.gv")
    assert (tmp_path / "x.gv").read_text() == picture.source
    if shutil.which("dot"):
        assert (
            Path(picture.render("y.gv", directory=tmp_path, format="svg"))
            .read_text()
            .startswith("<?xml")
        )
