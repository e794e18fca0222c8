"""How many times the work of hand-written NumPy convolution and pooling take. Run by hand.

    python tests/bench_nn_conv.py

A LeNet batch of 64, float32, forward and backward. "Hand-written" is im2col and matrix products in
two ways: "rows", as it is mostly written (``sliding_window_view``, one row per place, columns kept
for the backward pass), and "columns", with the axes ordered so that nothing has to be turned round
and copies run along the image's rows. Both sides compute the same numbers (asserted), run in turn,
and the median of the ratios of neighbouring runs is printed.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import autograd_lite as ag
import nn

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def pad(x, p):
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p))) if p else x


class Rows:
    """Columns of shape (rows · places, channels · kh · kw), kept."""

    @staticmethod
    def forward(x, w, b, p):
        x = pad(x, p)
        out, _, k, _ = w.shape
        windows = sliding_window_view(x, (k, k), (2, 3))
        n, c, h, wide = windows.shape[:4]
        columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * wide, c * k * k)
        y = columns @ w.reshape(out, -1).T + b
        return y.reshape(n, h, wide, out).transpose(0, 3, 1, 2), (columns, x.shape)

    @staticmethod
    def backward(g, w, p, kept, wanted):
        columns, shape = kept
        out, c, k, _ = w.shape
        n, _, h, wide = g.shape
        g = g.transpose(0, 2, 3, 1).reshape(-1, out)
        dw, db = (g.T @ columns).reshape(w.shape), g.sum(axis=0)
        if not wanted:
            return None, dw, db
        d = (g @ w.reshape(out, -1)).reshape(n, h, wide, c, k, k)
        dx = np.zeros(shape, g.dtype)
        for i in range(k):
            for j in range(k):
                dx[:, :, i : i + h, j : j + wide] += d[..., i, j].transpose(0, 3, 1, 2)
        return dx[:, :, p : shape[2] - p, p : shape[3] - p], dw, db


class Columns:
    """Columns of shape (rows, channels · kh · kw, places), kept."""

    @staticmethod
    def forward(x, w, b, p):
        x = pad(x, p)
        out, c, k, _ = w.shape
        windows = sliding_window_view(x, (k, k), (2, 3)).transpose(0, 1, 4, 5, 2, 3)
        n, h, wide = len(x), *windows.shape[4:]
        columns = windows.reshape(n, c * k * k, h * wide)
        y = np.matmul(w.reshape(out, -1), columns)
        y += b[:, None]
        return y.reshape(n, out, h, wide), (columns, x.shape)

    @staticmethod
    def backward(g, w, p, kept, wanted):
        columns, shape = kept
        out, c, k, _ = w.shape
        n, _, h, wide = g.shape
        g = g.reshape(n, out, -1)
        dw = np.matmul(g, columns.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
        db = g.sum(axis=(0, 2))
        if not wanted:
            return None, dw, db
        d = np.matmul(w.reshape(out, -1).T, g).reshape(n, c, k, k, h, wide)
        dx = np.zeros(shape, g.dtype)
        for i in range(k):
            for j in range(k):
                dx[:, :, i : i + h, j : j + wide] += d[:, :, i, j]
        return dx[:, :, p : shape[2] - p, p : shape[3] - p], dw, db


def convolution(way, shape, kernels, p, wanted):
    """One layer: ours and by hand, giving (dx or None, dw, db)."""
    x, w, b = normal(*shape), normal(*kernels), normal(kernels[0])
    g = normal(*way.forward(x, w, b, p)[0].shape)
    leaf = ag.Tensor(x, requires_grad=wanted)
    weight, bias = (ag.Tensor(v, requires_grad=True) for v in (w, b))

    def ours():
        for t in (leaf, weight, bias):
            t.grad = None
        ag.conv2d(leaf, weight, bias, padding=p).backward(g)
        return leaf.grad, weight.grad, bias.grad

    def hand():
        _, kept = way.forward(x, w, b, p)
        return way.backward(g, w, p, kept, wanted)

    return ours, hand


def together(pairs):
    """Several of these as one."""
    ours, hand = zip(*pairs, strict=True)
    return tuple(lambda fs=fs: tuple(v for f in fs for v in f()) for fs in (ours, hand))


def pool_forward(x):
    n, c, h, w = x.shape
    cells = x.reshape(n, c, h // 2, 2, w // 2, 2)
    return cells.max(axis=(3, 5))


def pool_backward(g, x, out):
    up = out.repeat(2, axis=2).repeat(2, axis=3)
    return (x == up) * g.repeat(2, axis=2).repeat(2, axis=3)


def pooling():
    x = normal(64, 6, 28, 28)
    g = normal(64, 6, 14, 14)
    leaf = ag.Tensor(x, requires_grad=True)

    def ours():
        leaf.grad = None
        ag.max_pool2d(leaf, 2).backward(g)
        return (leaf.grad,)

    return ours, lambda: (pool_backward(g, x, pool_forward(x)),)


def lenet(way):
    """A whole LeNet step but for the optimizer, relu units and maxima."""
    x = normal(64, 1, 28, 28)
    labels = RNG.integers(10, size=64)
    f32 = {"dtype": np.float32, "rng": RNG}
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, **f32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, **f32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120, **f32), nn.ReLU(), nn.Linear(120, 84, **f32), nn.ReLU(),
        nn.Linear(84, 10, **f32),
    )  # fmt: skip
    parameters = list(model.parameters())
    w1, b1, w2, b2, *dense = (p.data for p in parameters)

    def ours():
        model.zero_grad()
        nn.cross_entropy(model(x), labels).backward()
        return tuple(p.grad for p in parameters)

    def hand():
        y1, kept1 = way.forward(x, w1, b1, 2)
        a1 = np.maximum(y1, 0)
        p1 = pool_forward(a1)
        y2, kept2 = way.forward(p1, w2, b2, 0)
        a2 = np.maximum(y2, 0)
        p2 = pool_forward(a2)
        h0 = p2.reshape(64, -1)
        h1 = np.maximum(h0 @ dense[0].T + dense[1], 0)
        h2 = np.maximum(h1 @ dense[2].T + dense[3], 0)
        z = h2 @ dense[4].T + dense[5]
        z -= z.max(axis=1, keepdims=True)
        np.exp(z, z)
        z /= z.sum(axis=1, keepdims=True)
        z[np.arange(64), labels] -= 1
        z /= 64
        found = [z.T @ h2, z.sum(axis=0)]
        d = (z @ dense[4]) * (h2 > 0)
        found = [d.T @ h1, d.sum(axis=0), *found]
        d = (d @ dense[2]) * (h1 > 0)
        found = [d.T @ h0, d.sum(axis=0), *found]
        d = pool_backward((d @ dense[0]).reshape(p2.shape), a2, p2) * (a2 > 0)
        d, dw2, db2 = way.backward(d, w2, 0, kept2, True)
        d = pool_backward(d, a1, p1) * (a1 > 0)
        _, dw1, db1 = way.backward(d, w1, 2, kept1, False)
        return (dw1, db1, dw2, db2, *found)

    return ours, hand


def timed(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def measured(ours, hand, repeats=25):
    """(the median ratio, and the medians of both times in milliseconds)."""
    for a, b in zip(ours(), hand(), strict=True):
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3 * float(np.abs(b).max()))
    runs = [(timed(ours), timed(hand)) for _ in range(repeats)]
    middle = [statistics.median(times) * 1e3 for times in zip(*runs, strict=True)]
    return statistics.median(a / b for a, b in runs), *middle


def main():
    first = ((64, 1, 28, 28), (6, 1, 5, 5), 2, False)
    second = ((64, 6, 14, 14), (16, 6, 5, 5), 0, True)
    head = ("LeNet, batch of 64, forward and backward", "ratio", "ours ms", "hand ms")
    print("{:46s} {:>7s} {:>9s} {:>7s}".format(*head))
    for way in (Rows, Columns):
        name = way.__name__.lower()
        rows = {
            f"first convolution, by hand in {name}": convolution(way, *first),
            f"second convolution, by hand in {name}": convolution(way, *second),
            f"both convolutions, by hand in {name}": together(
                [convolution(way, *first), convolution(way, *second)]
            ),
            f"LeNet, by hand in {name}": lenet(way),
        }
        for label, pair in rows.items():
            print("{:46s} {:7.2f} {:9.2f} {:7.2f}".format(label, *measured(*pair)), flush=True)
    print("{:46s} {:7.2f} {:9.2f} {:7.2f}".format("max pooling, 2 by 2", *measured(*pooling())))


if __name__ == "__main__":
    main()
