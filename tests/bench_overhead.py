"""How many times the work of hand-written NumPy a step takes. Run by hand; no test reads it.

    python tests/bench_overhead.py                  every row
    python tests/bench_overhead.py rnn chain        the rows whose name contains one of the words
    python tests/bench_overhead.py --reuse-memory   after ag.reuse_memory()

"Hand-written" means vectorised NumPy with preallocated arrays, written in place, no repeated work.
Both sides compute the same numbers (asserted), run in turn in one process, and the median of the
ratios of neighbouring runs is printed; absolute times on one machine mean nothing on another. The
column "reach" is what the project holds itself to.
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc

import numpy as np

import autograd_lite as ag
import nn

ROWS = {}


def row(name, reach, repeats=15):
    def enter(make):
        ROWS[name] = (make, reach, repeats)
        return make

    return enter


def timed(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def ratio(ours, hand, repeats):
    """The median of ours/hand over interleaved runs of about a hundredth of a second each."""
    ours()
    hand()
    loops = max(1, int(0.02 / max(timed(hand), 1e-7)))

    def many(f):
        def run():
            for _ in range(loops):
                f()

        return run

    runs = [(timed(many(ours)), timed(many(hand))) for _ in range(repeats)]
    return statistics.median(a / b for a, b in runs)


def peak(f):
    """The largest number of bytes that f holds at once, beyond what was held before."""
    tracemalloc.start()
    f()
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    f()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before


def close(a, b, tolerance=1e-6):
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@row("4×3 sigmoid perceptron, one step", 5)
def perceptron():
    X = np.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
    y = np.array([[0.0], [1], [1], [0]])
    start = np.random.default_rng(1).uniform(-1, 1, (3, 1))
    w, a, e, d, g = start.copy(), *(np.empty((4, 1)) for _ in range(3)), np.empty((3, 1))
    XT, one, half = X.T, np.float64(1), np.float64(0.5)
    state = {}

    def hand():
        X.dot(w, a)
        np.negative(a, a)
        np.exp(a, a)
        np.add(a, one, a)
        np.reciprocal(a, a)
        np.subtract(a, y, e)
        state["loss"] = np.vdot(e, e) * half
        np.subtract(one, a, d)
        np.multiply(d, a, d)
        np.multiply(d, e, d)
        XT.dot(d, g)
        np.subtract(w, g, w)

    W = ag.Tensor(start, requires_grad=True)
    inputs, target = ag.Tensor(X), ag.Tensor(y)

    def ours():
        a = ag.sigmoid(inputs @ W)
        loss = ((a - target) ** 2).sum() * 0.5
        loss.backward()
        W.data -= W.grad
        W.grad = None

    for _ in range(5):
        hand()
        ours()
    close(W.data, w)
    return ours, hand


@row("4-3-1 sigmoid net, one step", 3.6)
def two_layers():
    rng = np.random.default_rng(1)
    X = np.array([[1.0, 0, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]])
    y = np.array([[1.0], [1], [0]])
    shapes = [(4, 3), (1, 3), (3, 1), (1, 1)]
    start = [rng.uniform(size=s) for s in shapes]
    W1, b1, W2, b2 = (p.copy() for p in start)
    h, s1, d1 = (np.empty((3, 3)) for _ in range(3))
    p, s2, d2 = (np.empty((3, 1)) for _ in range(3))
    gW1, gb1, gW2, gb2 = (np.empty(s) for s in shapes)
    one, rate = np.float64(1), np.float64(0.1)

    def layer(x, W, b, out):
        x.dot(W, out)
        np.add(out, b, out)
        np.negative(out, out)
        np.exp(out, out)
        np.add(out, one, out)
        np.reciprocal(out, out)

    def hand():
        layer(X, W1, b1, h)
        layer(h, W2, b2, p)
        np.subtract(p, y, d2)
        np.vdot(d2, d2) * 0.5
        np.subtract(one, p, s2)
        np.multiply(s2, p, s2)
        np.multiply(d2, s2, d2)
        h.T.dot(d2, gW2)
        np.add.reduce(d2, 0, None, gb2, True)
        d2.dot(W2.T, d1)
        np.subtract(one, h, s1)
        np.multiply(s1, h, s1)
        np.multiply(d1, s1, d1)
        X.T.dot(d1, gW1)
        np.add.reduce(d1, 0, None, gb1, True)
        for w, g in ((W1, gW1), (b1, gb1), (W2, gW2), (b2, gb2)):
            np.multiply(g, rate, g)
            np.subtract(w, g, w)

    params = [ag.Tensor(s, requires_grad=True) for s in start]
    V1, c1, V2, c2 = params
    inputs, target = ag.Tensor(X), ag.Tensor(y)

    def ours():
        hidden = ag.sigmoid(inputs @ V1 + c1)
        out = ag.sigmoid(hidden @ V2 + c2)
        loss = ((out - target) ** 2).sum() * 0.5
        loss.backward()
        for t in params:
            t.data -= 0.1 * t.grad
            t.grad = None

    for _ in range(5):
        hand()
        ours()
    for t, w in zip(params, (W1, b1, W2, b2), strict=True):
        close(t.data, w)
    return ours, hand


def mnist(hidden):
    rng = np.random.default_rng(0)
    X = rng.random((7000, 784), dtype=np.float32)
    labels = rng.integers(0, 10, 7000)
    model = nn.MLP(784, hidden, 10, activation="relu", rng=rng, dtype=np.float32)
    optimizer = nn.optim.Adam(model.parameters(), lr=1e-3)
    start = [p.data.copy() for p in model.parameters()]
    params = [s.copy() for s in start]
    W1, b1, W2, b2 = params
    grads = [np.empty_like(p) for p in params]
    m = [np.zeros_like(p) for p in params]
    v = [np.zeros_like(p) for p in params]
    scratch = [np.empty_like(p) for p in params]
    n = 200
    h, dh = np.empty((n, hidden), np.float32), np.empty((n, hidden), np.float32)
    z = np.empty((n, 10), np.float32)
    mask = np.empty((n, hidden), bool)
    rows = np.arange(n)
    count = [0]

    def step(x, y):
        x.dot(W1.T, h)
        np.add(h, b1, h)
        np.maximum(h, 0, out=h)
        h.dot(W2.T, z)
        np.add(z, b2, z)
        np.subtract(z, z.max(axis=1, keepdims=True), z)
        picked = z[rows, y]
        np.exp(z, z)
        total = z.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - picked).mean()
        np.divide(z, total, z)
        z[rows, y] -= 1
        np.multiply(z, np.float32(1 / n), z)
        z.T.dot(h, grads[2])
        np.add.reduce(z, 0, None, grads[3])
        z.dot(W2, dh)
        np.greater(h, 0, mask)
        np.multiply(dh, mask, dh)
        dh.T.dot(x, grads[0])
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

    def hand():
        for i in range(0, 7000, n):
            step(X[i : i + n], labels[i : i + n])

    def ours():
        for i in range(0, 7000, n):
            loss = nn.cross_entropy(model(X[i : i + n]), labels[i : i + n])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    hand()
    ours()
    for t, w in zip(model.parameters(), params, strict=True):
        close(t.data, w, 1e-3)
    return ours, hand


@row("MNIST 784-100-10 float32 Adam, epoch", 1.05, repeats=9)
def mnist_100():
    return mnist(100)


@row("MNIST 784-1000-10 float32 Adam, epoch", 1.0, repeats=5)
def mnist_1000():
    return mnist(1000)


@row("chained x*a+b, (10, 10), per op", 4)
def chain_10():
    rng = np.random.default_rng(0)
    x, a, b = rng.uniform(0.5, 1.5, (3, 10, 10))
    n = 100
    t, g = np.empty_like(x), np.empty_like(x)

    def hand():
        np.copyto(t, x)
        for _ in range(n):
            np.multiply(t, a, t)
            np.add(t, b, t)
        t.sum()
        g.fill(1)
        for _ in range(n):
            np.multiply(g, a, g)

    leaf = ag.Tensor(x, requires_grad=True)

    def ours():
        leaf.grad = None
        t = leaf
        for _ in range(n):
            t = t * a + b
        t.sum().backward()

    hand()
    ours()
    close(leaf.grad / g, np.ones_like(g))
    return ours, hand


def chain_scalar():
    """Microseconds per op, forward and backward, of x*a+b on 0-d tensors."""
    x, a, b = ag.Tensor(1.0, requires_grad=True), ag.Tensor(1.0001), ag.Tensor(0.1)
    n = 1000

    def ours():
        t = x
        for _ in range(n):
            t = t * a + b
        t.backward()

    ours()
    return statistics.median(timed(ours) for _ in range(15)) / (2 * n) * 1e6


@row("10⁶-element expression", 1.5, repeats=9)
def expression():
    x = np.random.default_rng(0).normal(size=1_000_000)
    s, e, t, u, g = (np.empty_like(x) for _ in range(5))
    state = {}

    def hand():
        np.sin(x, s)
        np.multiply(x, x, e)
        np.negative(e, e)
        np.exp(e, e)
        np.tanh(x, t)
        np.multiply(x, s, u)
        state["loss"] = u.sum()
        np.multiply(e, t, u)
        state["loss"] += u.sum()
        np.multiply(u, x, u)
        np.multiply(u, -2, u)
        np.cos(x, g)
        np.multiply(g, x, g)
        np.add(g, s, g)
        np.add(g, u, g)
        np.multiply(t, t, t)
        np.subtract(1, t, t)
        np.multiply(t, e, t)
        np.add(g, t, g)

    leaf = ag.Tensor(x, requires_grad=True)

    def ours():
        leaf.grad = None
        loss = (leaf * ag.sin(leaf) + ag.exp(-leaf * leaf) * ag.tanh(leaf)).sum()
        loss.backward()

    hand()
    ours()
    close(leaf.grad, g)
    return ours, hand


def expression_memory():
    ours, _ = expression()
    return peak(ours) / 8e6


@row("10⁶ sequential adds", 20, repeats=3)
def adds():
    n = 1_000_000
    x = np.ones(3)
    c = np.full(3, 0.5)
    t = np.empty(3)

    def hand():
        np.copyto(t, x)
        for _ in range(n):
            np.add(t, c, t)

    leaf = ag.Tensor(x, requires_grad=True)

    def ours():
        t = leaf
        for _ in range(n):
            t = t + c
        t.sum().backward()

    return ours, hand


def bytes_a_node():
    n = 100_000
    x, c = ag.Tensor(np.ones(3), requires_grad=True), np.full(3, 0.5)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    t = x
    for _ in range(n):
        t = t + c
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / n


@row("tanh RNN, 100 steps, hidden 64", 1.7)
def rnn():
    rng = np.random.default_rng(0)
    T, B, D = 100, 16, 64
    xs = rng.normal(size=(T, B, D))
    U, W = rng.normal(size=(2, D, D)) / 8
    b = np.zeros((1, D))
    hs, inputs = np.zeros((T + 1, B, D)), np.empty((T, B, D))
    gU, gW, gb, g, d, part = (*(np.empty((D, D)) for _ in range(2)), np.empty((1, D)),
                              *(np.empty((B, D)) for _ in range(2)), np.empty((D, D)))  # fmt: skip
    row_sum = np.empty((1, D))

    def hand():
        np.matmul(xs, U, inputs)
        for t in range(T):
            h = hs[t + 1]
            hs[t].dot(W, h)
            np.add(h, inputs[t], h)
            np.add(h, b, h)
            np.tanh(h, h)
        (hs[T] ** 2).sum()
        np.multiply(hs[T], 2, g)
        gU.fill(0)
        gW.fill(0)
        gb.fill(0)
        for t in range(T - 1, -1, -1):
            h = hs[t + 1]
            np.multiply(h, h, d)
            np.subtract(1, d, d)
            np.multiply(d, g, d)
            xs[t].T.dot(d, part)
            np.add(gU, part, gU)
            hs[t].T.dot(d, part)
            np.add(gW, part, gW)
            np.add.reduce(d, 0, None, row_sum, True)
            np.add(gb, row_sum, gb)
            d.dot(W.T, g)

    tU, tW, tb = (ag.Tensor(p, requires_grad=True) for p in (U, W, b))
    steps = [ag.Tensor(x) for x in xs]
    zero = ag.Tensor(np.zeros((B, D)))

    def ours():
        tU.grad = tW.grad = tb.grad = None
        h = zero
        for x in steps:
            h = ag.tanh(x @ tU + h @ tW + tb)
        (h**2).sum().backward()

    hand()
    ours()
    for t, e in ((tU, gU), (tW, gW), (tb, gb)):
        close(t.grad, e)
    return ours, hand


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@row("Hessian of Rosenbrock, 100 dims", 300, repeats=9)
def hessian():
    x = np.random.default_rng(0).normal(size=100)
    H = np.zeros((100, 100))
    diagonal, above, below = np.empty(100), H.reshape(-1)[1::101], H.reshape(-1)[100::101]
    main = H.reshape(-1)[::101]
    square, off = np.empty(99), np.empty(99)

    def hand():
        np.multiply(x[:-1], x[:-1], square)
        np.multiply(square, 1200, square)
        diagonal[:-1] = square
        diagonal[:-1] += 2
        np.multiply(x, 400, off_all)
        diagonal[:-1] -= off_all[1:]
        diagonal[-1] = 0
        diagonal[1:] += 200
        main[:] = diagonal
        np.multiply(x[:-1], -400, off)
        above[:] = off
        below[:] = off

    off_all = np.empty(100)
    f = ag.hessian(rosenbrock)
    hand()
    close(f(x), H)
    return lambda: f(x), hand


@row("HVP of Rosenbrock, 10⁴ dims", 15)
def hvp():
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=(2, 10_000))
    out, d = np.empty(10_000), np.empty(10_000)
    off = np.empty(9_999)

    def hand():
        np.multiply(x, x, d)
        np.multiply(d, 1200, d)
        d[:-1] += 2
        np.multiply(x[1:], 400, off)
        d[:-1] -= off
        d[-1] = 0
        d[1:] += 200
        np.multiply(d, v, out)
        np.multiply(x[:-1], -400, off)
        np.multiply(off, v[1:], d[:-1])
        out[:-1] += d[:-1]
        np.multiply(off, v[:-1], off)
        out[1:] += off

    hand()
    close(ag.hvp(rosenbrock, x, v), out)
    return lambda: ag.hvp(rosenbrock, x, v), hand


@row("(1000,1)+(1,1000), exp, sum, logsumexp", 1.8, repeats=9)
def broadcast():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(1000, 1)), rng.normal(size=(1, 1000))
    z = np.empty((1000, 1000))
    s, g = np.empty((1000, 1)), np.empty((1000, 1))
    ga, gb = np.empty((1000, 1)), np.empty((1, 1000))

    def hand():
        np.add(a, b, z)
        np.exp(z, z)
        np.add.reduce(z, 1, None, s, True)
        top = s.max()
        np.subtract(s, top, g)
        np.exp(g, g)
        total = g.sum()
        np.log(total) + top
        np.divide(g, total, g)
        np.multiply(z, g, z)
        np.add.reduce(z, 1, None, ga, True)
        np.add.reduce(z, 0, None, gb, True)

    ta, tb = ag.Tensor(a, requires_grad=True), ag.Tensor(b, requires_grad=True)

    def ours():
        ta.grad = tb.grad = None
        ag.logsumexp(ag.exp(ta + tb).sum(axis=1)).backward()

    hand()
    ours()
    close(ta.grad, ga)
    close(tb.grad, gb)
    return ours, hand


def import_time():
    """Seconds to import the library, over those to import NumPy, each in a new interpreter.

    Both from compiled files, as pip leaves them.
    """
    with tempfile.TemporaryDirectory() as compiled:
        env = {**os.environ, "PYTHONPYCACHEPREFIX": compiled}
        env.pop("PYTHONDONTWRITEBYTECODE", None)

        def start(module):
            command = [sys.executable, "-c", f"import {module}"]
            return timed(lambda: subprocess.run(command, check=True, env=env))

        start("autograd_lite")
        bare = statistics.median(start("sys") for _ in range(9))
        runs = [(start("autograd_lite"), start("numpy")) for _ in range(15)]
    return statistics.median((ours - bare) / (numpy - bare) for ours, numpy in runs)


NUMBERS = {
    "the same chain, 0-d, µs per op": (chain_scalar, 2.5),
    "10⁶-element expression, peak memory × input": (expression_memory, 8),
    "sequential adds, bytes a node": (bytes_a_node, 350),
    "import, × NumPy's": (import_time, 1.3),
}


def main(words):
    if "--reuse-memory" in words:
        words.remove("--reuse-memory")
        print(f"ag.reuse_memory(): {ag.reuse_memory()}")

    def wanted(name):
        return not words or any(w.lower() in name.lower() for w in words)

    print(f"{'work':46s} {'ours':>8s} {'reach':>7s}")
    for name, (make, reach, repeats) in ROWS.items():
        if wanted(name):
            print(f"{name:46s} {ratio(*make(), repeats):8.2f} {reach:7.2f}", flush=True)
    for name, (measure, reach) in NUMBERS.items():
        if wanted(name):
            print(f"{name:46s} {measure():8.2f} {reach:7.2f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
