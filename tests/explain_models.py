"""Models whose explanations are looked at: each gives its loss and the names of what is in it."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
import nn


def _parameters(rng, **shapes):
    return {
        name: ag.Tensor(rng.normal(size=shape), requires_grad=True, name=name)
        for name, shape in shapes.items()
    }


def two_layers():
    """A 3-5-1 net of sigmoids, half the sum of squared errors, everything named."""
    rng = np.random.default_rng(0)
    p = _parameters(rng, W1=(3, 5), b1=(5,), W2=(5, 1), b2=(1,))
    x, t = ag.Tensor(rng.normal(size=(4, 3))), ag.Tensor(rng.normal(size=(4, 1)))
    z1 = x @ p["W1"] + p["b1"]
    h = ag.sigmoid(z1)
    z2 = h @ p["W2"] + p["b2"]
    y = ag.sigmoid(z2)
    E = 0.5 * ((y - t) ** 2).sum()
    return E, {**p, "x": x, "t": t, "z1": z1, "h": h, "z2": z2, "y": y, "E": E}


def classifier():
    """A softmax classifier with one hidden layer of relu, trained on labels."""
    rng = np.random.default_rng(1)
    p = _parameters(rng, W1=(3, 5), b1=(5,), W2=(5, 2), b2=(2,))
    x, labels = rng.normal(size=(4, 3)), np.array([0, 1, 1, 0])
    h = ag.relu(x @ p["W1"] + p["b1"])
    z = h @ p["W2"] + p["b2"]
    L = nn.cross_entropy(z, labels)
    return L, {**p, "x": x, "labels": labels, "h": h, "z": z, "L": L}


def shared_weight():
    """One weight in two layers, and a penalty on it."""
    rng = np.random.default_rng(2)
    p = _parameters(rng, W=(3, 3))
    x = rng.normal(size=(4, 3))
    h = ag.tanh(x @ p["W"])
    y = h @ p["W"]
    L = (y * y).sum() + 0.1 * (p["W"] ** 2).sum()
    return L, {**p, "x": x, "h": h, "y": y, "L": L}


def squared_error():
    """Linear regression, the mean of squared errors."""
    rng = np.random.default_rng(3)
    p = _parameters(rng, w=(3,), b=())
    X, t = rng.normal(size=(6, 3)), rng.normal(size=6)
    prediction = X @ p["w"] + p["b"]
    L = ((prediction - t) ** 2).mean()
    return L, {**p, "X": X, "t": t, "p": prediction, "L": L}


def layer_norm():
    """Linear, LayerNorm, tanh, Linear: nn's modules, whose parameters share their names."""
    rng = np.random.default_rng(4)
    model = nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.LayerNorm(4), nn.Tanh(), nn.Linear(4, 2, rng=1)
    )
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
    L = nn.mse_loss(model(x), y)
    return L, {"x": x, "y": y, "L": L}


def attention():
    """One head of attention."""
    rng = np.random.default_rng(5)
    p = _parameters(rng, Wq=(3, 2), Wk=(3, 2), Wv=(3, 3))
    x = rng.normal(size=(4, 3))
    Q, K, V = x @ p["Wq"], x @ p["Wk"], x @ p["Wv"]
    S = Q @ K.T / np.sqrt(2.0)
    A = ag.softmax(S)
    O = A @ V
    L = (O**2).sum()
    return L, {**p, "x": x, "Q": Q, "K": K, "V": V, "S": S, "A": A, "O": O, "L": L}


def convolution():
    """A convolution, relu, pooling, and a linear classifier."""
    rng = np.random.default_rng(6)
    p = _parameters(rng, K=(2, 1, 3, 3), b=(2,), W=(8, 3))
    images, labels = rng.normal(size=(2, 1, 6, 6)), np.array([0, 2])
    c = ag.conv2d(images, p["K"], p["b"])
    r = ag.relu(c)
    m = ag.max_pool2d(r, 2)
    f = m.reshape(2, -1)
    z = f @ p["W"]
    L = nn.cross_entropy(z, labels)
    names = {"images": images, "labels": labels, "c": c, "r": r, "m": m, "f": f, "z": z, "L": L}
    return L, {**p, **names}


def recurrent():
    """Three steps of a recurrent net."""
    rng = np.random.default_rng(7)
    p = _parameters(rng, Wx=(3, 4), Wh=(4, 4), b=(4,))
    h = np.zeros((2, 4))
    named = {"h0": h}
    for step in range(1, 4):
        x = rng.normal(size=(2, 3))
        h = ag.tanh(x @ p["Wx"] + h @ p["Wh"] + p["b"])
        named |= {f"x{step}": x, f"h{step}": h}
    L = (h**2).mean()
    return L, {**p, **named, "L": L}


MODELS = {
    "two_layers": two_layers, "classifier": classifier, "shared_weight": shared_weight,
    "squared_error": squared_error, "layer_norm": layer_norm, "attention": attention,
    "convolution": convolution, "recurrent": recurrent,
}  # fmt: skip


def _step(rng, pool):
    """One more result, made of those that there are."""
    a = pool[rng.integers(len(pool))]
    b = pool[rng.integers(len(pool))]
    kind = rng.integers(16)
    if kind == 0:
        return ag.tanh(a)
    if kind == 1:
        return ag.sigmoid(a)
    if kind == 2:
        return a * b if a.shape == b.shape or () in (a.shape, b.shape) else a * 0.5
    if kind == 3:
        return a @ b if a.ndim == 2 == b.ndim and a.shape[1] == b.shape[0] else a + 1.5
    if kind == 4:
        return a.T
    if kind == 5 and a.ndim:
        return a.sum(axis=int(rng.integers(a.ndim)), keepdims=bool(rng.integers(2)))
    if kind == 6 and a.ndim:
        return a - a.mean(axis=int(rng.integers(a.ndim)), keepdims=True)
    if kind == 7 and a.ndim:
        return ag.softmax(a)
    if kind == 8:
        return a / (b * b + 1) if a.shape == b.shape else a / 3
    if kind == 9:
        return a.reshape(-1)
    if kind == 10 and a.ndim:
        return a[: max(1, a.shape[0] // 2)]
    if kind == 11 and a.ndim and a.shape == b.shape:
        return np.concatenate([a, b])
    if kind == 12 and a.shape == b.shape:
        return ag.maximum(a, b)
    if kind == 13:
        return ag.relu(a) - b if a.shape == b.shape else -ag.exp(a * 0.1)
    if kind == 14 and a.ndim == 2 and b.ndim == 1 and a.shape[1] == b.shape[0]:
        return a @ b if rng.integers(2) else a + b
    return ag.log(a * a + 1)


def random_model(seed):
    """A loss made of random operations, a third of its results named."""
    rng = np.random.default_rng(seed)
    pool = list(_parameters(rng, W=(3, 3), x=(4, 3), b=(3,), s=()).values())
    names = {}
    for i in range(12):
        out = _step(rng, pool)
        pool.append(out)
        if rng.integers(3) == 0:
            names[f"r{i}"] = out
    loss = sum((t * t).mean() for t in pool[-3:])
    return loss, names
