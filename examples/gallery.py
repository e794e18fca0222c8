"""What can be seen of a graph? Draws the pictures of the README, and a few more.

``python examples/gallery.py FOLDER`` writes an SVG for each and a
page, step.html; ``python examples/gallery.py docs`` renews those that the README shows.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
import nn


def _net() -> Any:
    """A net with 2 inputs, 3 hidden sigmoid units and 1 output, on 2 examples: its loss."""
    x = ag.Tensor([[0.05, 0.10], [0.90, 0.20]], name="x")
    y = ag.Tensor([[1.0], [0.0]], name="y")
    W1 = ag.Tensor([[0.15, -0.20, 0.40], [0.25, 0.30, -0.55]], requires_grad=True, name="W1")
    b1 = ag.Tensor([0.35, 0.10, -0.20], requires_grad=True, name="b1")
    W2 = ag.Tensor([[0.40], [-0.45], [0.60]], requires_grad=True, name="W2")
    b2 = ag.Tensor([0.25], requires_grad=True, name="b2")
    with ag.scope("hidden"):
        h = ag.sigmoid((x @ W1 + b1).named("z1")).named("h")
    with ag.scope("output"):
        p = ag.sigmoid((h @ W2 + b2).named("z2")).named("p")
    loss = ((p - y) ** 2).mean().named("L")
    return loss, {"x": x, "y": y}


def cards() -> Any:
    """The 2-3-1 net: an op and its result as one card, values and gradients as cells."""
    loss, names = _net()
    return ag.draw(loss, names=names)


def ops() -> Any:
    """The same net, tensors and ops apart."""
    loss, names = _net()
    return ag.draw(loss, names=names, view="ops")


def backward() -> Any:
    """The backward pass of the same net, op by op, with the rule of each."""
    loss, names = _net()
    return ag.draw(loss, names=names, view="backward")


def folded() -> Any:
    """Twelve sigmoid layers, equal ones folded: the gradient vanishes on its way down."""
    rng = np.random.default_rng(0)
    model = nn.MLP([16] + 12 * [64] + [1], activation="sigmoid", rng=rng)
    X, y = rng.normal(size=(80, 16)), rng.normal(size=(80, 1))
    return nn.draw(model, X, y, loss=nn.mse_loss, direction="TB")


def lstm() -> Any:
    """Two steps of an LSTM written out: what the gates let through, and what comes back."""
    rng = np.random.default_rng(1)
    names: dict[str, Any] = {}
    for name, shape in {"W": (2, 8), "U": (2, 8), "b": (8,)}.items():
        names[name] = ag.Tensor(rng.normal(size=shape).round(2), requires_grad=True, name=name)
    h = names["h0"] = ag.Tensor([[0.1, -0.2]], name="h0")
    c = names["c0"] = ag.Tensor([[0.5, 0.3]], name="c0")
    for t in (1, 2):
        x = names[f"x{t}"] = ag.Tensor(rng.normal(size=(1, 2)).round(2), name=f"x{t}")
        with ag.scope(f"step {t}", kind="LSTM cell"):
            z = (x @ names["W"] + h @ names["U"] + names["b"]).named(f"z{t}")
            i, f, o = (ag.sigmoid(z[:, k : k + 2]) for k in (0, 2, 4))
            i.name, f.name, o.name = f"i{t}", f"f{t}", f"o{t}"
            a = ag.tanh(z[:, 6:]).named(f"a{t}")
            c = (f * c + i * a).named(f"c{t}")
            h = (o * ag.tanh(c)).named(f"h{t}")
    return ag.draw((h**2).sum().named("L"), names=names, fold=False)


def nan() -> Any:
    """A softmax written without care: exp overflows, and everything after it is lost."""
    z = ag.Tensor([[1.0, 2.0, 800.0], [0.5, 0.1, -1.0]], requires_grad=True, name="z")
    y = ag.Tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], name="y")
    with ag.scope(), np.errstate(all="ignore"):
        e = ag.exp(z).named("e")
        p = (e / e.sum(axis=1, keepdims=True)).named("p")
        loss = (-(y * ag.log(p).named("l")).sum()).named("L")
    return ag.draw(loss, names={"y": y})


def step() -> Any:
    """The forward and the backward pass of the 2-3-1 net as a page that plays them."""
    loss, names = _net()
    return ag.steps(loss, names=names)


PICTURES = {
    "graph": cards, "ops": ops, "backward": backward, "folded": folded, "lstm": lstm, "nan": nan,
}  # fmt: skip


def main(folder: Path) -> None:
    """Write every picture into folder, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in PICTURES.items():
        drawing = picture()
        path = drawing.save(folder / f"{name}.svg")
        print(f"{path}: {drawing!r}")
    played = step()
    print(f"{played.save(folder / 'step.html')}: {played!r}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "pictures"))
