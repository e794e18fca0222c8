"""Functions of sets: against NumPy and numerically, with ties, NaN, axes and the results beside."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import X, cases, check, check_float32
from hypothesis import given, strategies as st

import autograd_lite as ag
from autograd_lite.protocols import plain

OTHERS = np.array([0.7, 5.0, 1.1, -2.0])

# name: calls of it; m is NumPy or autograd_lite, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    "unique": [
        lambda m, x: m.unique(x), *(lambda m, x, i=i: m.unique(x, axis=i) for i in (0, 1)),
        lambda m, x: m.unique(x, True)[0], lambda m, x: m.unique(x, True, True, True, axis=-1)[0],
        lambda m, x: m.unique(x[0, 0]), lambda m, x: m.unique(x * (1 - 2j), equal_nan=False),
    ],
    "unique_all": [lambda m, x: m.unique_all(x).values],
    "unique_counts": [lambda m, x: m.unique_counts(x).values],
    "unique_inverse": [lambda m, x: m.unique_inverse(x).values],
    "unique_values": [lambda m, x: m.unique_values(x)],
    "union1d": [lambda m, x: m.union1d(x, [9.0, -1.0]), lambda m, x: m.union1d(x[0], x[1])],
    "intersect1d": [
        lambda m, x: m.intersect1d(x[0], x[0, :0]), lambda m, x: m.intersect1d(x[1], OTHERS[3:]),
    ],
    "setdiff1d": [
        lambda m, x: m.setdiff1d(x, [-1.0, 7.0]), lambda m, x: m.setdiff1d(x, x[0]),
        lambda m, x: m.setdiff1d(x, [5.0], assume_unique=True),
    ],
    "setxor1d": [
        lambda m, x: m.setxor1d(x, [9.0, -1.0]), lambda m, x: m.setxor1d(x[0], x[1], True),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    # NumPy leaves the order of unique_values open.
    order = np.sort if name == "unique_values" else lambda x: x
    check(lambda x: call(module, x), lambda x: order(call(np, x)))


@pytest.mark.parametrize("name", CALLS)
def test_float32_stays(name):
    check_float32(lambda m, x: CALLS[name][0](m, x))


# Few values, so that ties are many; NaN among them.
entries = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0, np.nan]), max_size=7)


@given(entries, entries, st.booleans())
def test_values_and_what_comes_beside_are_numpys(a, b, equal_nan):
    x, y = np.array(a), np.array(b)
    t, u = ag.Tensor(x, requires_grad=True), ag.Tensor(y, requires_grad=True)
    got = np.unique(t, True, True, True, equal_nan=equal_nan)
    for ours, theirs in zip(got, np.unique(x, True, True, True, equal_nan=equal_nan), strict=True):
        np.testing.assert_array_equal(plain(ours), theirs)
    for ours, theirs in zip(np.unique_all(t), np.unique_all(x), strict=True):
        np.testing.assert_array_equal(plain(ours), theirs)
    for f in (np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d):
        np.testing.assert_array_equal(f(t, u).data, f(x, y))
    for ours, theirs in zip(
        np.intersect1d(t, u, return_indices=True),
        np.intersect1d(x, y, return_indices=True),
        strict=True,
    ):
        np.testing.assert_array_equal(plain(ours), theirs)


@given(entries, entries)
def test_equal_entries_share_evenly_and_nothing_is_lost(a, b):
    x, y = np.array([v for v in a if v == v]), np.array([v for v in b if v == v])
    weigh = lambda values: np.arange(1.0, values.size + 1)
    for f in (np.unique, np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d):
        t, u = ag.Tensor(x, requires_grad=True), ag.Tensor(y, requires_grad=True)
        values = f(t) if f is np.unique else f(t, u)
        got = ag.gradients(values, [t, u], weigh(values))
        both = [(x, got[0].data), (y, got[1].data)]
        weights = dict(zip(values.data.tolist(), weigh(values), strict=True))
        for value, weight in weights.items():
            shares = [g for z, gs in both for g in gs[z == value]]
            assert sum(shares) == pytest.approx(weight)
        for z, gs in both:
            for value in set(z.tolist()):
                assert np.ptp(gs[z == value]) < 1e-12
                assert value in weights or not gs[z == value].any()


def test_rows_that_are_equal_share():
    x = np.array([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0]])
    got = ag.grad(lambda x: (np.unique(x, axis=0) * np.array([[1.0], [10.0]])).sum())(x)
    np.testing.assert_array_equal(got, [[5, 5], [1, 1], [5, 5]])


def test_integers_and_bad_axes():
    assert np.unique(ag.Tensor([3, 1, 3])).data.tolist() == [1, 3]
    with pytest.raises(ag.errors.ShapeError, match="unique: axis 2 is out of bounds"):
        np.unique(ag.Tensor(X), axis=2)
