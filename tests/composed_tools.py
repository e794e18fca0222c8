"""How functions written in terms of other ops are tested: against NumPy and numerical derivatives.

A test file has tables ``CALLS`` and ``PAIRS``; ``test_composed.py`` holds all of them together
against the registry, so that a new function cannot go untested.
"""

from __future__ import annotations

import numpy as np
from oracle import inner, numerical_gradient

import autograd_lite as ag

X = np.array([[0.7, 1.3, 0.4], [2.1, 0.6, 1.1]])


def cases(table):
    """(name, number) of every entry of a table, for parametrize."""
    return [(name, k) for name, entries in table.items() for k in range(len(entries))]


def linalg(m):
    """Where m keeps the functions of ``np.linalg``."""
    return m.linalg


def _weights(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    w = rng.normal(size=shape)
    return w + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else w


def check(ours, plain, x=X, tolerance=1e-7):
    """ours(Tensor) is plain(array): value, shape, dtype, gradient, forward mode, second order."""
    expected = np.asarray(plain(x))
    t = ag.Tensor(x, requires_grad=True)
    out = ours(t)
    assert isinstance(out, ag.Tensor)
    np.testing.assert_allclose(out.data, expected, rtol=1e-12, atol=1e-13)
    assert out.shape == expected.shape
    assert out.dtype == expected.dtype
    w = _weights(expected.shape, expected.dtype, 0)
    u = _weights(x.shape, x.dtype, 1)
    got = np.zeros(x.shape, x.dtype)
    first = None
    if out.requires_grad:
        first = ag.gradients(out, t, w, create_graph=True)
        got = first.data
    assert got.dtype == x.dtype
    numeric = numerical_gradient(lambda x: inner(w, plain(x)), x)
    _close(got, numeric, tolerance)

    _, pushed = ag.jvp(ours, (x,), (u,))
    assert np.shape(pushed) == expected.shape
    np.testing.assert_allclose(inner(w, pushed), inner(u, got), rtol=1e-9, atol=1e-9)

    second = np.zeros(x.shape, x.dtype)
    if first is not None and first.requires_grad:
        second = ag.gradients(first, t, u).data

    def slope(x):
        t = ag.Tensor(x, requires_grad=True)
        out = ours(t)
        return inner(u, ag.gradients(out, t, w).data) if out.requires_grad else 0.0

    _close(second, numerical_gradient(slope, x), 10 * tolerance)


def check_float32(call):
    """call(autograd_lite, Tensor) of a float32 array has NumPy's dtype, its gradient float32."""
    x = X.astype(np.float32)
    expected = np.asarray(call(np, x))
    t = ag.Tensor(x, requires_grad=True)
    out = call(ag, t)
    assert out.dtype == expected.dtype
    np.testing.assert_allclose(out.data, expected, rtol=1e-4, atol=1e-4)
    if out.requires_grad:
        assert ag.gradients(out, t, np.ones_like(expected)).dtype == np.float32


def _close(got, expected, tolerance):
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)
