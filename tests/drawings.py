"""What the tests of drawings share: a small net, and ways to look at a picture."""

from __future__ import annotations

import importlib.util
import shutil
import xml.etree.ElementTree as ET

import pytest

import autograd_lite as ag

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
    """The pieces of text in an SVG, sorted, with spaces made plain and marks apart."""
    root = ET.fromstring(svg)
    found = []
    for e in root.iter("{http://www.w3.org/2000/svg}text"):
        found.append("".join(e.itertext()))
        found += [t.text for t in e.iter("{http://www.w3.org/2000/svg}tspan") if t.text]
    found += [t[2:] for t in found if t[:2] in ("■ ", "► ", "♦ ", "● ")]
    found = [t.translate({0x2068: None, 0x2069: None, 0xA0: " "}) for t in found]
    return sorted(" ".join(t.split()) for t in found if t.strip())
