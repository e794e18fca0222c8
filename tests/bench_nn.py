"""How long an epoch of ``nn.fit`` takes, beside hand-written NumPy and scikit-learn. Run by hand.

    python tests/bench_nn.py            784-100-10 and 784-1000-10
    python tests/bench_nn.py 100        one of them

7,000 rows of 784 float32 pixels, relu, batches of 200 in a new order in every epoch, Adam: the
three do the same work, run in turn in one process, and the median of the ratios of neighbouring
runs is printed. The hand-written step is that of bench_overhead.py (preallocated arrays, written in
place), which gathers its batches like the others. No slower than 1.1 × NumPy and 1.4 × faster than
scikit-learn is what the project holds itself to.
"""

from __future__ import annotations

import math
import statistics
import sys
import time
import warnings

import numpy as np

import nn

ROWS, BATCH, EPOCHS = 7000, 200, 5


def data():
    rng = np.random.default_rng(0)
    X = rng.random((ROWS, 784), dtype=np.float32)
    X[X < 0.8] = 0  # a fifth of the pixels are lit, as in MNIST
    return X, rng.integers(0, 10, ROWS)


def ours(X, y, hidden):
    model = nn.MLP(784, hidden, 10, rng=np.random.default_rng(1), dtype=np.float32)
    optimizer = nn.Adam(model.parameters(), lr=1e-3)

    def run():
        nn.fit(
            model, X, y, optimizer=optimizer, epochs=EPOCHS, batch_size=BATCH, progress=False,
            rng=np.random.default_rng(2),
        )  # fmt: skip

    return run, model


def by_hand(X, y, hidden):
    model = nn.MLP(784, hidden, 10, rng=np.random.default_rng(1), dtype=np.float32)
    params = [p.data.copy() for p in model.parameters()]
    W1, b1, W2, b2 = params
    grads = [np.empty_like(p) for p in params]
    m, v = ([np.zeros_like(p) for p in params] for _ in range(2))
    scratch = [np.empty_like(p) for p in params]
    n = BATCH
    x, labels = np.empty((n, 784), np.float32), np.empty(n, y.dtype)
    h, dh = (np.empty((n, hidden), np.float32) for _ in range(2))
    z, mask, rows = np.empty((n, 10), np.float32), np.empty((n, hidden), bool), np.arange(n)
    count = [0]

    def step():
        x.dot(W1.T, h)
        np.add(h, b1, h)
        np.maximum(h, 0, out=h)
        h.dot(W2.T, z)
        np.add(z, b2, z)
        np.subtract(z, z.max(axis=1, keepdims=True), z)
        picked = z[rows, labels]
        np.exp(z, z)
        total = z.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - picked).mean()
        np.divide(z, total, z)
        z[rows, labels] -= 1
        np.multiply(z, np.float32(1 / n), z)
        z.T.dot(h, grads[2])
        np.add.reduce(z, 0, None, grads[3])
        z.dot(W2, dh)
        np.greater(h, 0, mask)
        np.multiply(dh, mask, dh)
        np.matmul(dh.T, x, grads[0])
        np.add.reduce(dh, 0, None, grads[1])
        count[0] += 1
        t = count[0]
        rate = 1e-3 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        eps = 1e-8 * math.sqrt(1 - 0.999**t)
        for p, g, a, b, s in zip(params, grads, m, v, scratch, strict=True):
            np.multiply(a, np.float32(0.9), a)
            np.multiply(g, np.float32(0.1), s)
            np.add(a, s, a)
            np.multiply(b, np.float32(0.999), b)
            np.multiply(g, g, g)
            np.multiply(g, np.float32(0.001), g)
            np.add(b, g, b)
            np.sqrt(b, s)
            np.add(s, np.float32(eps), s)
            np.divide(a, s, s)
            np.multiply(s, np.float32(rate), s)
            np.subtract(p, s, p)
        return loss

    def run():
        rng = np.random.default_rng(2)
        for _ in range(EPOCHS):
            order, losses = rng.permutation(ROWS), 0.0
            for i in range(0, ROWS, n):
                chosen = order[i : i + n]
                X.take(chosen, 0, x, "clip")
                y.take(chosen, 0, labels, "clip")
                losses += step()

    return run, params


def scikit_learns(X, y, hidden):
    from sklearn.neural_network import MLPClassifier

    def run():
        MLPClassifier(
            (hidden,), batch_size=BATCH, max_iter=EPOCHS, random_state=2, alpha=0.0, tol=0.0
        ).fit(X, y)

    return run


def timed(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def main(words):
    X, y = data()
    print(f"{'an epoch of':14s} {'ours, ms':>9s} {'/ NumPy':>8s} {'scikit-learn /':>15s}")
    for hidden, repeats in ((100, 15), (1000, 7)):
        if words and str(hidden) not in words:
            continue
        (run, model), (hand, params) = ours(X, y, hidden), by_hand(X, y, hidden)
        run()
        hand()
        for p, w in zip(model.parameters(), params, strict=True):
            np.testing.assert_allclose(p.data, w, rtol=1e-2, atol=1e-3)
        theirs = scikit_learns(X, y, hidden)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that two epochs are few is meant
            theirs()
            times = [(timed(run), timed(hand), timed(theirs)) for _ in range(repeats)]
        milliseconds = statistics.median(a for a, _, _ in times) / EPOCHS * 1e3
        hand_ratio = statistics.median(a / b for a, b, _ in times)
        scikit_ratio = statistics.median(c / a for a, _, c in times)
        print(
            f"784-{hidden}-10{'':<{10 - len(str(hidden)) - 4}s} {milliseconds:9.1f} "
            f"{hand_ratio:8.2f} {scikit_ratio:15.2f}",
            flush=True,
        )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
