"""Functions written in terms of other ops: each against NumPy, and its gradient numerically.

The last test holds the table and the registry together, so a new one cannot go untested.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
from composed_tools import cases, check, linalg

import autograd_lite as ag
from autograd_lite.op import FUNCTIONS
from autograd_lite.primitive import Primitive

# name: calls of it; m is NumPy or autograd_lite, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    "power": [
        lambda m, x: m.power(x, 2), lambda m, x: m.power(x, 3.0), lambda m, x: m.power(2.0, x),
        lambda m, x: m.power(x, x),
    ],
    "where": [lambda m, x: m.where(np.array([True, False, True]), x, 2 * x)],
    "clip": [
        lambda m, x: m.clip(x, 0.5, 1.0), lambda m, x: m.clip(x, None, 1.0),
        lambda m, x: m.clip(x, 0.5, None), lambda m, x: m.clip(x, x[0, 0] * 0.9, 3.0),
    ],
    "prod": [
        lambda m, x: m.prod(x), lambda m, x: m.prod(x, 0), lambda m, x: m.prod(x, axis=-1),
        lambda m, x: m.prod(x, axis=(0, 1), keepdims=True), lambda m, x: m.prod(x, dtype=float),
        lambda m, x: m.prod(x, where=np.array([True, False, True])),
    ],
    "norm": [
        *(lambda m, x, o=o: linalg(m).norm(x, o) for o in (None, "fro", 1, -1, np.inf, -np.inf)),
        *(lambda m, x, o=o: linalg(m).norm(x, o, axis=1) for o in (None, 2, 1, 3, 0, -np.inf)),
        lambda m, x: linalg(m).norm(x, axis=0, keepdims=True),
        lambda m, x: linalg(m).norm(x, 1, axis=(0, 1), keepdims=True),
    ],
    "dot": [
        lambda m, x: m.dot(x, x.T), lambda m, x: m.dot(x[0], x[1]), lambda m, x: m.dot(x, 2.0),
        lambda m, x: m.dot(x.reshape(1, 2, 3), x.reshape(2, 3, 1)),
        lambda m, x: m.dot(np.ones((2, 2, 3)), x[1]),
    ],
    "inner": [lambda m, x: m.inner(x, x), lambda m, x: m.inner(3.0, x)],
    "outer": [lambda m, x: m.outer(x, x[0])],
    "vdot": [lambda m, x: m.vdot(x, x * x)],
    "tensordot": [
        lambda m, x: m.tensordot(x, x, axes=([1], [1])), lambda m, x: m.tensordot(x, x),
        lambda m, x: m.tensordot(x, x.T, np.int64(1)),
        lambda m, x: m.tensordot(x, x, 0), lambda m, x: m.tensordot(x, x, axes=(0, 0)),
    ],
    "einsum": [
        lambda m, x: m.einsum("ij,kj->ik", x, x), lambda m, x: m.einsum("ij->", x),
        lambda m, x: m.einsum("...j,...j", x, x), lambda m, x: m.einsum("i...->...", x),
        lambda m, x: m.einsum(x, [0, 1], x, [2, 1], [0, 2]),
        lambda m, x: m.einsum(x, [0, Ellipsis]), lambda m, x: m.einsum("ij , ij -> j", x, x),
        lambda m, x: m.einsum("ij,jk,kl", x, x.T, x, optimize=True),
        lambda m, x: m.einsum("ij,jk,kl->i", x, x.T, x, optimize=["einsum_path", (0, 1), (0, 1)]),
        lambda m, x: m.einsum(x, [0, 30]), lambda m, x: m.einsum(x, [30, 0], x, [30, 51]),
    ],
    "moveaxis": [lambda m, x: m.moveaxis(x, 0, -1), lambda m, x: m.moveaxis(x, (0, 1), (1, 0))],
    "ravel": [lambda m, x: m.ravel(x), lambda m, x: m.ravel(x, order="F")],
    "broadcast_arrays": [lambda m, x: m.broadcast_arrays(x[0], x)[0]],
    "concatenate": [
        lambda m, x: m.concatenate([x, x[:1]]), lambda m, x: m.concatenate((x, 2 * x), axis=None),
        lambda m, x: m.concatenate([x, x], -1),
    ],
    "stack": [lambda m, x: m.stack([x, x * 2]), lambda m, x: m.stack([x[0], x[1]], axis=-1)],
    "atleast_1d": [lambda m, x: m.atleast_1d(x[0, 0]), lambda m, x: m.atleast_1d(x, x[0])[1]],
    "atleast_2d": [lambda m, x: m.atleast_2d(x[0]), lambda m, x: m.atleast_2d(x, x[0])[1]],
    "vstack": [lambda m, x: m.vstack([x, x[0]])],
    "hstack": [lambda m, x: m.hstack([x, x]), lambda m, x: m.hstack([x[0], x[1]])],
    "dstack": [lambda m, x: m.dstack([x, x]), lambda m, x: m.dstack([x[0], x[1]])],
    "column_stack": [
        lambda m, x: m.column_stack([x[0], x[1]]), lambda m, x: m.column_stack([x, x]),
    ],
    "array_split": [
        lambda m, x: m.array_split(x, 2, axis=1)[0], lambda m, x: m.array_split(x, [1], 1)[1],
    ],
    "split": [lambda m, x: m.split(x, 3, axis=1)[2], lambda m, x: m.split(x, [1])[0]],
    "hsplit": [lambda m, x: m.hsplit(x, 3)[1], lambda m, x: m.hsplit(x[0], 3)[1]],
    "vsplit": [lambda m, x: m.vsplit(x, 2)[1]],
    "flipud": [lambda m, x: m.flipud(x)],
    "fliplr": [lambda m, x: m.fliplr(x)],
    "tile": [
        lambda m, x: m.tile(x, 2), lambda m, x: m.tile(x, (2, 1)),
        lambda m, x: m.tile(x[0], (2, 2)), lambda m, x: m.tile(x, (2, 1, 2)),
    ],
    "pad": [
        lambda m, x: m.pad(x, 1), lambda m, x: m.pad(x, ((1, 0), (0, 2)), constant_values=7.0),
        lambda m, x: m.pad(x, (1, 2), "edge"), lambda m, x: m.pad(x, 1, mode="reflect"),
        lambda m, x: m.pad(x, 1, "symmetric"), lambda m, x: m.pad(x, (0, 1), "wrap"),
    ],
    "take": [
        lambda m, x: m.take(x, [0, 0, 2], axis=1), lambda m, x: m.take(x, [4, 4]),
        lambda m, x: m.take(x, [5, -1], axis=1, mode="wrap"),
        lambda m, x: m.take(x, [5, 0], axis=1, mode="clip"),
    ],
}  # fmt: skip

# These have no function of the same name and arguments in NumPy: (ours, the same in plain NumPy).
PAIRS = {
    "array": [(lambda x: ag.array([x[0], [1.0, x[1, 1], 2.0]]),
               lambda x: np.array([x[0], [1.0, x[1, 1], 2.0]]))],
    "flatten": [(lambda x: ag.flatten(x), lambda x: x.flatten()),
                (lambda x: x.flatten(order="F"), lambda x: x.flatten(order="F"))],
    "astype": [(lambda x: ag.astype(x, np.complex128).real, lambda x: x)],
    "getitem": [(lambda x: ag.getitem(x, (0, [1, 1])), lambda x: x[0, [1, 1]])],
    "setitem": [(lambda x: ag.setitem(x, x[0] * 2, 1), lambda x: np.stack([x[0], x[0] * 2]))],
    "clip": [(lambda x: ag.clip(x, min=0.5, max=1.0), lambda x: np.clip(x, 0.5, 1.0))],
    "pad": [(lambda x: ag.pad(x, {0: (1, 0), -1: 2}), lambda x: np.pad(x, ((1, 0), (2, 2))))],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x))


@pytest.mark.parametrize(("name", "k"), cases(PAIRS))
def test_call_is_as_in_plain_numpy(name, k):
    check(*PAIRS[name][k])


def test_where_with_a_condition_alone_gives_indices():
    assert np.where(ag.Tensor([0.0, 1.0]))[0].tolist() == [1]
    assert ag.where(np.array([True, False]))[0].tolist() == [0]


def test_operators_not_used_elsewhere():
    x = np.array([2.5, 3.5])
    t = ag.Tensor(x, requires_grad=True)
    for ours, plain in (
        (t % 2.0, x % 2.0), (7.0 % t, 7.0 % x), (t // 2.0, x // 2.0), (7.0 // t, 7.0 // x),
        (abs(-t), x), (+t, x), ([1.0, 2.0] @ t, 9.5),
    ):  # fmt: skip
        np.testing.assert_allclose(ours.data, plain)
        assert ours.requires_grad


def test_every_composed_function_is_in_the_tables():
    composed = {
        n for n, f in FUNCTIONS.items() if not isinstance(f, Primitive) and not n.startswith("doc_")
    }
    tables = set()
    for path in Path(__file__).parent.glob("test_composed*.py"):
        module = importlib.import_module(path.stem)
        tables |= set(getattr(module, "CALLS", ())) | set(getattr(module, "PAIRS", ()))
    tables |= {"conv2d", "max_pool2d", "avg_pool2d"}  # in test_convolution.py
    assert composed <= tables


def test_warnings_are_off_without_numpys_context_variable_too(monkeypatch):
    import numpy._core.umath as umath

    from autograd_lite import quiet

    monkeypatch.delattr(umath, "_extobj_contextvar")
    begin, end = quiet.switch(divide="ignore")
    token = begin()
    assert np.isinf(np.ones(1) / np.zeros(1)).all()  # a warning would be an error here
    end(token)
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        np.ones(1) / np.zeros(1)


def test_erf_without_scipy(monkeypatch):
    import math
    import sys

    monkeypatch.setitem(sys.modules, "scipy.special", None)
    x = np.array([[-0.3, 0.0], [1.7, 30.0]])
    np.testing.assert_allclose(ag.erf(x).data, np.vectorize(math.erf)(x), rtol=1e-15)
    assert ag.erf(0.5).item() == math.erf(0.5)
