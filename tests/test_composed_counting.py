"""Counts and histograms: plain counts, recorded weights and edges."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import cases, check

import autograd_lite as ag
from autograd_lite.protocols import plain

P = np.array([0.1, 0.8, 1.7, 2.2, 3.1])
Q = np.array([1.0, -0.3, 0.4, 1.6, 0.9])
XY = np.stack([P, Q], 1)
BINS = (
    {}, {"bins": 3}, {"bins": 3, "range": (0.5, 2.5)}, {"bins": [0.0, 1.7, 3.1]},
    {"bins": 3, "density": True}, {"bins": [0.1, 1.7], "density": True},
)  # fmt: skip


def five(m, x):
    return m.concatenate([x[0], x[1, :2]])


# NumPy looks for Tensors in the first arguments only: (ours, the same in plain NumPy).
PAIRS = {
    "bincount": [
        (lambda x: ag.bincount([0, 2, 2], x[0]), lambda x: np.bincount([0, 2, 2], x[0])),
        (lambda x: ag.bincount([1, 1, 1], x[0], 4), lambda x: np.bincount([1, 1, 1], x[0], 4)),
    ],
    "histogram": [
        *((lambda x, k=k: ag.histogram(P, weights=five(ag, x), **k)[0],
           lambda x, k=k: np.histogram(P, weights=five(np, x), **k)[0]) for k in BINS),
        *((lambda x, i=i, k=k: ag.histogram(x, 4, weights=x * 2, **k)[i],
           lambda x, i=i, k=k: np.histogram(x, 4, weights=x * 2, **k)[i])
          for i in (0, 1) for k in ({}, {"density": True})),
        (lambda x: ag.histogram(x, 4, density=True)[0],
         lambda x: np.histogram(x, 4, density=True)[0]),
    ],
    "histogram_bin_edges": [
        *((lambda x, k=k: ag.histogram_bin_edges(x, k), lambda x, k=k: np.histogram_bin_edges(x, k))
          for k in (1, 4, "auto", "sqrt", "stone")),
        (lambda x: np.histogram_bin_edges(x, 4), lambda x: np.histogram_bin_edges(x, 4)),
        (lambda x: ag.histogram_bin_edges(P, 3, (x[0, 0], x[0, 1])),
         lambda x: np.histogram_bin_edges(P, 3, (x[0, 0], x[0, 1]))),
        (lambda x: ag.histogram_bin_edges(x[0, :1], 2),
         lambda x: np.histogram_bin_edges(x[0, :1], 2)),
        (lambda x: ag.histogram_bin_edges(P, [0.0, x[0, 0], 9.0]),
         lambda x: np.histogram_bin_edges(P, [0.0, x[0, 0], 9.0])),
    ],
    "histogramdd": [
        *((lambda x, k=k: ag.histogramdd(XY, weights=five(ag, x), **k)[0],
           lambda x, k=k: np.histogramdd(XY, weights=five(np, x), **k)[0])
          for k in ({}, {"bins": 3}, {"bins": (2, [0.0, 0.5, 2.0]), "density": True},
                    {"bins": 2, "range": ((0.5, 3), None)})),
        *((lambda x, i=i: ag.histogramdd(x, (4, 2, 3))[1][i],
           lambda x, i=i: np.histogramdd(x, (4, 2, 3))[1][i]) for i in range(3)),
        (lambda x: ag.histogramdd((x[0], x[1]), 2, density=True, weights=x[0] * x[1])[0],
         lambda x: np.histogramdd((x[0], x[1]), 2, density=True, weights=x[0] * x[1])[0]),
        (lambda x: ag.histogramdd(x[0], 2)[1][0], lambda x: np.histogramdd(x[0], 2)[1][0]),
    ],
    "histogram2d": [
        *((lambda x, k=k: ag.histogram2d(P, Q, weights=five(ag, x), **k)[0],
           lambda x, k=k: np.histogram2d(P, Q, weights=five(np, x), **k)[0])
          for k in ({}, {"bins": 3}, {"bins": [3, 2]}, {"bins": [0.0, 1.7, 3.1], "density": True})),
        (lambda x: np.histogram2d(x[0], x[1], 2)[2], lambda x: np.histogram2d(x[0], x[1], 2)[2]),
        (lambda x: np.histogram2d(x[0], x[1], 2, density=True)[0],
         lambda x: np.histogram2d(x[0], x[1], 2, density=True)[0]),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(PAIRS))
def test_call_is_as_in_plain_numpy(name, k):
    check(*PAIRS[name][k])


def test_counts_are_plain_and_so_are_edges_that_are_given():
    t = ag.Tensor(P, requires_grad=True)
    assert type(np.histogram(t, 3)[0]) is np.ndarray
    assert type(np.histogramdd(t, 3)[0]) is np.ndarray
    assert type(np.histogram2d(t, t)[0]) is np.ndarray
    for edges in (
        np.histogram(t, [0.0, 1.0])[1], np.histogram(t, 3, (0, 1))[1], np.histogram(P, 3)[1],
        np.histogram(ag.Tensor(P))[1], np.histogramdd(t, [[0.0, 1.0]])[1][0],
    ):  # fmt: skip
        assert type(edges) is np.ndarray
    assert type(np.bincount(ag.Tensor([1, 2]))) is np.ndarray
    assert type(np.histogram(P, 3, weights=ag.Tensor(P))[0]) is np.ndarray
    assert np.histogram(ag.Tensor([], requires_grad=True), 2)[1].tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_dtypes_and_containers_are_numpys(dtype):
    w = Q.astype(dtype)
    t = ag.Tensor(w, requires_grad=w.dtype.kind in "fc")
    for ours, theirs in (
        (np.histogram(P, 3, weights=t), np.histogram(P, 3, weights=w)),
        (np.histogram2d(P, Q, 3, weights=t), np.histogram2d(P, Q, 3, weights=w)),
    ):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(plain(a), b)
            assert a.dtype == b.dtype
    kinds = type(np.histogramdd(XY)[1]), type(np.histogramdd(ag.Tensor(XY))[1])
    assert kinds[0] is kinds[1]


def test_bad_input_is_a_sentence():
    t = ag.Tensor(P, requires_grad=True)
    for call, error, text in (
        (
            lambda: ag.bincount([0, 1], ag.Tensor([1j, 2.0], requires_grad=True)),
            ag.errors.DTypeError,
            "bincount: got weights of dtype complex128",
        ),
        (lambda: ag.bincount([0, 1], t), ag.errors.ShapeError, "bincount: The weights and list"),
        (lambda: np.histogram([1.0], weights=t), ag.errors.ShapeError, "histogram: weights should"),
        (lambda: np.histogram2d(t, P[:2]), ag.errors.ShapeError, r"histogram2d: got .*\(5,\) and"),
        (lambda: np.histogram(t, [3.0, 1.0]), ag.errors.ShapeError, "histogram: .*monotonically"),
    ):
        with pytest.raises(error, match=text):
            call()
