"""The pictures of the README. ``python docs/pictures.py`` makes them again."""

from __future__ import annotations

from pathlib import Path

import autograd_lite as ag
from autograd_lite.viz import Drawing, draw


def net() -> Drawing:
    """A net with 2 inputs, 3 hidden sigmoid units and 1 output, on 2 examples."""
    x = ag.Tensor([[0.05, 0.10], [0.90, 0.20]], name="x")
    y = ag.Tensor([[1.0], [0.0]], name="y")
    w1 = ag.Tensor([[0.15, -0.20, 0.40], [0.25, 0.30, -0.55]], requires_grad=True, name="W1")
    b1 = ag.Tensor([0.35, 0.10, -0.20], requires_grad=True, name="b1")
    w2 = ag.Tensor([[0.40], [-0.45], [0.60]], requires_grad=True, name="W2")
    b2 = ag.Tensor([0.25], requires_grad=True, name="b2")
    h = ag.sigmoid((x @ w1 + b1).named("z1")).named("h")
    p = ag.sigmoid((h @ w2 + b2).named("z2")).named("p")
    loss = ((p - y) ** 2).mean().named("L")
    return draw(loss, inline=True)


PICTURES = {"graph.svg": net}


if __name__ == "__main__":
    for name, picture in PICTURES.items():
        picture().save(Path(__file__).with_name(name))
        print(f"docs/{name}")
