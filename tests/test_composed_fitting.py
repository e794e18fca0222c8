"""Fits, roots and weighted counts."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import cases, check

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

# NumPy looks for Tensors in the first argument only, or gives plain arrays there.
PAIRS = {
    "bincount": [
        (lambda x: ag.bincount([0, 2, 2], x[0]), lambda x: np.bincount([0, 2, 2], x[0])),
        (lambda x: ag.bincount([1, 1, 1], x[0], 4), lambda x: np.bincount([1, 1, 1], x[0], 4)),
    ],
    "histogram": [
        (lambda x, k=k: ag.histogram(P, weights=ag.concatenate([x[0], x[1, :2]]), **k)[0],
         lambda x, k=k: np.histogram(P, weights=np.concatenate([x[0], x[1, :2]]), **k)[0])
        for k in ({}, {"bins": 3}, {"bins": 3, "range": (0.5, 2.5)}, {"bins": [0.0, 1.7, 3.1]},
                  {"bins": 3, "density": True}, {"bins": [0.1, 1.7], "density": True})
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x), tolerance=1e-6)


@pytest.mark.parametrize(("name", "k"), cases(PAIRS))
def test_call_is_as_in_plain_numpy(name, k):
    check(*PAIRS[name][k])


def test_counts_are_plain():
    t = ag.Tensor(P, requires_grad=True)
    for f in (np.histogram, np.histogram_bin_edges, np.histogramdd):
        assert not any(isinstance(part, ag.Tensor) for part in f(t, bins=3))
    assert type(np.histogram2d(t, t)[0]) is np.ndarray
    assert type(np.bincount(ag.Tensor([1, 2]))) is np.ndarray
    assert type(np.histogram(P, 3, weights=ag.Tensor(P))[0]) is np.ndarray
    with pytest.raises(ag.errors.UnsupportedError, match="histogram2d: got weights that require"):
        np.histogram2d(P, P, weights=t)
    with pytest.raises(ag.errors.DTypeError, match="bincount: got weights of dtype complex128"):
        ag.bincount([0, 1], ag.Tensor([1j, 2.0], requires_grad=True))


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
