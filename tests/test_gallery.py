"""The gallery: every picture is what the code makes, renders whole, and stands in the docs."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from drawings import needs_dot, needs_pygraphviz, needs_renderer, texts

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).with_name("golden")
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


def check(name, picture, svg):
    shown = set(texts(svg))
    assert not clipped(svg)
    for card in picture.graph.cards:
        word = card.call if card.role == "op" else card.name
        assert any(word in text for text in shown), word
    for word in {
        "graph": ["mean((p − y)²)", "hidden", "Linear(2→3) + sigmoid", "∂L/∂W1", "0.277"],
        "ops": ["x @ W1", "saves h 2×3"],
        "backward": ["seed = ∂L/∂L", "∂x not needed", "uses saved h 2×3, W2 3×1"],
        "folded": ["▼▼ vanishing", "Linear(64→64) + σ × 6 folded"],
        "lstm": ["step 1", "LSTM cell", "f2 * c1 + i2 * a2"],
        "nan": ["× inf is born here, at [0, 2]", "× NaN, inherited", "−inf"],
    }[name]:
        assert word in shown


@needs_dot
@pytest.mark.parametrize("name", NAMES)
def test_every_picture_renders_with_dot(name, pictures):
    check(name, pictures[name], pictures[name].svg())


@needs_pygraphviz
@pytest.mark.parametrize("name", NAMES)
def test_every_picture_renders_with_pygraphviz(name, pictures, monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda program: None)
    check(name, pictures[name], pictures[name].svg())


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_its_other_forms_without_a_renderer(name, pictures, monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda program: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    picture = pictures[name]
    assert picture.text() and picture.json() and picture.html()
    assert list(picture._repr_mimebundle_()) == ["text/html", "text/plain"]


@needs_renderer
@pytest.mark.skipif(not DOCS.exists(), reason="the docs are not part of this installation")
@pytest.mark.parametrize("name", [n for n in NAMES if (DOCS / f"{n}.svg").exists()])
def test_the_pictures_of_the_docs_are_what_the_code_makes(name, pictures):
    # Positions depend on the renderer, what is written does not.
    stored = (DOCS / f"{name}.svg").read_text(encoding="utf-8")
    assert texts(stored) == texts(pictures[name].svg())


def test_the_script_writes_every_picture(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("autograd_lite.viz.render.shutil.which", lambda program: None)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    gallery.main(tmp_path / "new")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(
        [f"{n}.dot" for n in NAMES] + ["step.html"]
    )
    assert (tmp_path / "new" / "step.html").stat().st_size < 100_000
    assert "found neither" in capsys.readouterr().out
