"""Random programs of views and writes: each has NumPy's values and the numerical gradient.

A program is made on ndarrays, so every step of it is one that NumPy takes. It begins with a leaf,
which is never written, and two buffers, which may be.
"""

from __future__ import annotations

import operator

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import InPlaceError

SHAPES = [(3, 4), (5,), (2, 3, 2), (2, 2), (1, 3), (4, 1), ()]
COPIES = [np.sin, lambda x: x * 2.0, lambda x: x.copy(), lambda x: np.exp(x * 0.1)]
VIEWS = [
    lambda x: x.T, lambda x: x.reshape(-1), lambda x: x.ravel(), lambda x: x.swapaxes(0, -1),
    lambda x: x.squeeze(), lambda x: np.expand_dims(x, 0), lambda x: x.diagonal(),
    lambda x: np.split(x, [1])[0], lambda x: x.real, np.flip, lambda x: np.moveaxis(x, 0, -1),
    np.atleast_2d, lambda x: x[...],
]  # fmt: skip
WRITES = [
    lambda t, i, v: t.__setitem__(i, v),
    lambda t, i, v: t.__setitem__(i, operator.iadd(t[i], v)),
    lambda t, i, v: t.__setitem__(i, operator.isub(t[i], v)),
    lambda t, i, v: t.__setitem__(i, operator.imul(t[i], v * 0.5)),
    lambda t, i, v: np.add.at(t, i, 0.7),
]
UPDATES = [operator.iadd, operator.isub, lambda t, v: operator.imul(t, v * 0.5),
           lambda t, v: np.add(t, v, out=t)]  # fmt: skip


def any_index(rng, shape):
    """A basic index, or one of integers or booleans."""
    kind = rng.integers(4)
    if kind == 0 and shape:
        return rng.random(shape) < 0.5
    index = []
    for n in shape:
        choice = rng.integers(5 if kind == 1 else 4)
        low, high = sorted(int(k) for k in rng.integers(0, n + 1, 2))
        forms = [slice(None), slice(low, high), slice(None, None, [-1, 2][rng.integers(2)])]
        if n:
            forms += [int(rng.integers(-n, n)), rng.integers(-n, n, 2)]
        index.append(forms[choice % len(forms)])
    if kind == 2:
        index.insert(int(rng.integers(len(index) + 1)), None)
    if kind == 3 and index:
        index = [*index[: int(rng.integers(len(index)))], Ellipsis]
    return tuple(index)


def fitted(value, shape):
    """Something made of value that broadcasts to shape."""
    return value if value.shape == shape else value.sum() * 0.1


def take(step, arrays):
    """Take one step of a program: arrays (or Tensors) by name are made and written."""
    kind, target, source, choice, index = step
    if kind == "copy":
        arrays[target] = COPIES[choice % len(COPIES)](arrays[source])
    elif kind == "view":
        x = arrays[source]
        found = x[index] if choice % 2 else VIEWS[choice // 2 % len(VIEWS)](x)
        if not hasattr(found, "__setitem__"):
            raise ValueError("a number is no view")
        arrays[target] = found
    elif kind == "write":
        t = arrays[target]
        WRITES[choice % len(WRITES)](t, index, fitted(arrays[source], t[index].shape))
    else:
        t = arrays[target]
        arrays[target] = UPDATES[choice % len(UPDATES)](t, fitted(arrays[source], t.shape))


def program(seed):
    """(the arrays it begins with, its steps)."""
    rng = np.random.default_rng(seed)
    start = {name: rng.normal(size=SHAPES[rng.integers(len(SHAPES))]) for name in ("x", "u", "v")}
    start = {name: np.asarray(a) for name, a in start.items()}
    live, steps = {k: a.copy() for k, a in start.items()}, []
    for k in range(int(rng.integers(4, 12))):
        names = list(live)
        source, other = (names[rng.integers(len(names))] for _ in range(2))
        kind = ["copy", "view", "view", "write", "write", "update"][rng.integers(6)]
        target = f"t{k}" if kind in ("copy", "view") else other
        if target == "x":
            continue
        shape = live[source if kind == "view" else target].shape if kind != "copy" else ()
        step = (kind, target, source, int(rng.integers(1000)), any_index(rng, shape))
        before = {n: a.copy() for n, a in live.items()}
        try:
            take(step, live)
        except (ValueError, IndexError, TypeError, AttributeError):
            assert all(np.array_equal(live[n], a) for n, a in before.items())
            continue
        steps.append(step)
    return start, steps


def run(start, steps):
    """(a number that depends on all that is left, all that is left)."""
    arrays = dict(start)
    for step in steps:
        take(step, arrays)
    weights = {n: np.arange(1.0, a.size + 1).reshape(a.shape) for n, a in arrays.items()}
    return sum((np.sin(a) * weights[n]).sum() for n, a in arrays.items()), arrays


@pytest.mark.parametrize("block", range(8))
def test_random_programs_have_numpys_values_and_the_numerical_gradient(block):
    done = 0
    for seed in range(block * 100, block * 100 + 100):
        start, steps = program(seed)
        expected, arrays = run({n: a.copy() for n, a in start.items()}, steps)
        if not abs(expected) < 1e4:
            continue
        x = ag.Tensor(start["x"], requires_grad=True)
        try:
            total, tensors = run(
                {"x": x, "u": ag.Tensor(start["u"]), "v": ag.Tensor(start["v"])}, steps
            )
        except InPlaceError:  # a view of a leaf, or of a number
            continue
        for name, a in arrays.items():
            np.testing.assert_allclose(tensors[name].data, a, rtol=1e-12, err_msg=f"{seed} {name}")
        total.backward()
        got = 0.0 if x.grad is None else (x.grad * 0.7).sum()

        def along(step, start=start, steps=steps):
            moved = {n: a.copy() for n, a in start.items()}
            moved["x"] = np.asarray(moved["x"] + step * 0.7)
            return run(moved, steps)[0]

        h = 1e-5
        slope = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        assert got == pytest.approx(slope, rel=1e-6, abs=1e-6 * max(1, abs(expected))), seed
        done += 1
    assert done > 50
