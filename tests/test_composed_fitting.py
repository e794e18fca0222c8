"""Fits and roots."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import cases, check
from oracle import numerical_gradient

import autograd_lite as ag

P = np.array([0.1, 0.8, 1.7, 2.2, 3.1])

# name: calls; m is NumPy or autograd_lite, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    "roots": [
        lambda m, x: m.roots(x[0]), lambda m, x: m.roots(x.ravel()), lambda m, x: m.roots(x[0, :2]),
        lambda m, x: m.roots(x[1] * np.array([0.0, 1.0, 0.0])),
        lambda m, x: m.roots(x[1] * np.array([1.0, -9.0, 0.0])),
    ],
    "poly": [
        lambda m, x: m.poly(x[0]), lambda m, x: m.poly(x[:, :2]), lambda m, x: m.poly(x[0, :1]),
        lambda m, x: m.poly(m.roots(x[0])),
    ],
    "polyfit": [
        lambda m, x: m.polyfit(x.ravel(), m.sin(x.ravel()), 2),
        lambda m, x: m.polyfit(x.ravel(), m.sin(x.ravel()), 1, w=x.ravel()),
        lambda m, x: m.polyfit(x[0], x.T, 1), lambda m, x: m.polyfit(x[0], x.T, 1, w=x[1]),
        lambda m, x: m.polyfit(x.ravel(), m.exp(x.ravel()), 2, full=True)[1],
        lambda m, x: m.polyfit(x.ravel(), m.exp(x.ravel()), 2, cov=True)[1],
        lambda m, x: m.polyfit(x.ravel(), m.exp(x.ravel()), 2, cov="unscaled")[1],
        lambda m, x: m.polyfit(x[0], x.T, 1, cov=True)[1],
        lambda m, x: m.polyfit(x[0], x.T, 1, cov="unscaled")[1],
        lambda m, x: m.polyfit(x[0], x[0] ** 2, 0), lambda m, x: m.polyfit(x[0], x[1], 2),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x), tolerance=1e-6)


def test_roots_move_with_every_coefficient():
    # A trailing 0 is a root at 0, a leading one a root at infinity: as the limits of small ones.
    for p in ([2.0, -3.0, 0.0], [0.0, 0.0, 2.0, 0.0], [0.0, 1.0, -3.0, 2.0], [0.0, 1j, 2.0, 0.0]):
        p = np.array(p)
        near = np.sort_complex(np.roots(p))
        weights = np.arange(1.0, len(near) + 1)

        def total(p, near=near, weights=weights):
            found = np.roots(p)
            nearest = [found[np.argmin(abs(found - r))] for r in near]
            return (np.array(nearest) * weights).real.sum()

        def ours(p, near=near, weights=weights):
            found = ag.roots(p)
            nearest = [int(np.argmin(abs(found.data - r))) for r in near]
            return ag.real(found[nearest] * weights).sum()

        np.testing.assert_allclose(ag.grad(ours)(p), numerical_gradient(total, p), atol=1e-6)


def test_multiple_roots_are_refused_where_they_are_used():
    p = np.array([1.0, -5.0, 0.0, 0.0])  # 5, 0 and 0
    assert ag.grad(lambda p: ag.roots(p)[0])(p).tolist() == [-5.0, -1.0, -0.2, -0.04]
    with pytest.raises(ag.errors.MatrixError, match=r"roots \(backward\): got a multiple root"):
        ag.grad(lambda p: ag.roots(p)[1])(p)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "g", "i4", "F", "D"])
def test_dtypes_of_poly_are_numpys(dtype):
    x = np.array([1, 2, 2]).astype(dtype)
    assert ag.poly(x).dtype == np.poly(x).dtype


def test_roots_of_nothing():
    assert ag.roots([0.0, 0.0]).shape == (0,)
    assert ag.roots([3.0]).shape == (0,)
    assert ag.roots([0.0, 3.0, 0.0]).data.tolist() == [0.0]
    assert ag.poly([]).item() == 1
    for call, text in (
        (lambda: ag.roots(np.ones((2, 2))), r"roots: got shape \(2, 2\)"),
        (lambda: ag.poly(np.ones((2, 3))), r"poly: got shape \(2, 3\)"),
        (lambda: ag.polyfit(P, P, -1), "polyfit: got deg=-1"),
        (lambda: ag.polyfit(P, P[:2], 1), r"polyfit: got shapes \(5,\) and \(2,\)"),
        (lambda: ag.polyfit(P, P, 1, w=P[:2]), r"polyfit: got weights of shape \(2,\)"),
        (lambda: ag.polyfit(P[:2], P[:2], 1, cov=True), "polyfit: got 2 points for cov=True"),
    ):
        with pytest.raises(ag.errors.AutogradError, match=text):
            call()
    with pytest.warns(np.exceptions.RankWarning, match="poorly conditioned"):
        ag.polyfit(np.ones(3), np.ones(3), 1)
