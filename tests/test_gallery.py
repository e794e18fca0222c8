"""The gallery: every picture is what the code makes, renders whole, and stands in the docs."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from drawings import needs_dot, needs_pygraphviz, texts

from autograd_lite.viz.render import render

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).with_name("golden")
SVG = "{http://www.w3.org/2000/svg}"
SCRIPT, DOCS = ROOT / "examples" / "gallery.py", ROOT / "docs"

if not SCRIPT.exists():
    pytest.skip("the examples are not part of this installation", allow_module_level=True)

_spec = importlib.util.spec_from_file_location("gallery", SCRIPT)
gallery = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(gallery)

NAMES = sorted(gallery.PICTURES)


@pytest.fixture(scope="module")
def pictures():
    return {name: make() for name, make in gallery.PICTURES.items()}


def loose(text):
    """text with its long numbers cut, and without what is told of source lines."""
    text = re.sub(r"gallery\.py:\d+", "gallery.py", text)
    return re.sub(r"-?\d+\.\d{6,}(e-?\d+)?", lambda m: f"{float(m[0]):.6g}", text)


@pytest.mark.parametrize("name", NAMES)
def test_the_dot_is_golden(name, pictures):
    source = pictures[name].dot.source
    path = GOLDEN / f"gallery_{name}.dot"
    if os.environ.get("AUTOGRAD_LITE_WRITE_GOLDEN"):
        path.write_text(source, encoding="utf-8")
    assert loose(source) == loose(path.read_text(encoding="utf-8"))


def clipped(svg):
    """Points of shapes that lie outside of the picture."""
    root = ET.fromstring(svg)
    left, top, width, height = map(float, root.get("viewBox").split())
    group = next(root.iter("{http://www.w3.org/2000/svg}g"))
    dx, dy = map(
        float, re.search(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", group.get("transform")).groups()
    )
    found = []
    for shape in root.iter("{http://www.w3.org/2000/svg}polygon"):
        for point in shape.get("points").split():
            px, py = map(float, point.split(","))
            if not (left - 1 <= px + dx <= left + width + 1):
                found.append(point)
            if not (top - 1 <= py + dy <= top + height + 1):
                found.append(point)
    return found


def outside(svg):
    """Cards and lines of text that reach beyond a picture of the package's own layout."""
    root = ET.fromstring(svg)
    wide, high = float(root.get("width")), float(root.get("height"))
    found = []
    for group in root.iter(f"{SVG}g"):
        if "card" in group.get("class", "").split():
            place = re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", group.get("transform"))
            paper = next(r for r in group.iter(f"{SVG}rect") if "paper" in r.get("class"))
            x, y = map(float, place.groups())
            if x + float(paper.get("width")) > wide or y + float(paper.get("height")) > high:
                found.append(group.get("id"))
    for text in root.findall(f"{SVG}text"):
        if float(text.get("y")) > high:
            found.append(text.text)
    return found


def check(name, picture, svg):
    shown = set(texts(svg))
    for card in picture.graph.cards:
        word = card.call if card.role == "op" else card.name
        assert any(word in text for text in shown), word
    for word in {
        "graph": ["mean((p − y)²)", "hidden", "Linear(2→3) + sigmoid", "∂L/∂W1", "0.277"],
        "ops": ["x @ W1", "saves h 2×3"],
        "backward": ["seed = ∂L/∂L", "∂x not needed", "uses saved h 2×3, W2 3×1"],
        "folded": ["▼▼ vanishing", "Linear(64→64) + σ × 6 folded"],
        "lstm": ["step 1", "LSTM cell", "f2 * c1 + i2 * a2"],
        "nan": ["× inf is born here, at [0, 2]", "× NaN|, inherited", "−inf"],
    }[name]:
        assert any(all(part in text for part in word.split("|")) for text in shown), word


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_renders_without_a_renderer(name, pictures, monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda program: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    svg = pictures[name].svg()
    check(name, pictures[name], svg)
    assert not outside(svg)
    assert "var(" not in svg and "href" not in svg and "url(" not in svg


@needs_dot
@pytest.mark.parametrize("name", NAMES)
def test_every_picture_renders_with_dot(name, pictures):
    svg = render(pictures[name].source, "svg", "svg", "dot").decode()
    check(name, pictures[name], svg)
    assert not clipped(svg)


@needs_pygraphviz
@pytest.mark.parametrize("name", NAMES)
def test_every_picture_renders_with_pygraphviz(name, pictures):
    svg = render(pictures[name].source, "svg", "svg", "pygraphviz").decode()
    check(name, pictures[name], svg)
    assert not clipped(svg)


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_its_other_forms_without_a_renderer(name, pictures, monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda program: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    picture = pictures[name]
    assert picture.text() and picture.json() and picture.html()
    assert list(picture._repr_mimebundle_()) == ["image/svg+xml", "text/plain"]


@pytest.mark.skipif(not DOCS.exists(), reason="the docs are not part of this installation")
@pytest.mark.parametrize("name", [n for n in NAMES if (DOCS / f"{n}.svg").exists()])
def test_the_pictures_of_the_docs_are_what_the_code_makes(name, pictures):
    # The last bits of exp differ between processors, and with them long numbers in tooltips.
    stored = (DOCS / f"{name}.svg").read_text(encoding="utf-8")
    assert texts(stored) == texts(pictures[name].svg())


def test_the_script_writes_every_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda program: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    gallery.main(tmp_path / "new")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(
        [f"{n}.svg" for n in NAMES] + ["step.html"]
    )
    assert (tmp_path / "new" / "step.html").stat().st_size < 100_000
    assert "<Drawing of L" in capsys.readouterr().out
