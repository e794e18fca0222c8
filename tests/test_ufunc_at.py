"""``ufunc.at`` of Tensors: recorded, of every ufunc; repeated indices count one after another."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import numerical_gradient

import autograd_lite as ag
from autograd_lite import errors

BINARY = [
    np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.power,
    np.hypot, np.logaddexp, np.arctan2, np.copysign, np.remainder,
]  # fmt: skip
UNARY = [np.negative, np.exp, np.sqrt, np.square, np.floor]
PLAIN = [np.greater, np.logical_and, np.not_equal]
PLACES = [
    ((4,), [0, 2, 0, 0]), ((3, 2), [0, 0, 1]), ((3, 2), ([0, 1, 0], [1, 1, 1])),
    ((3, 2), slice(0, 2)), ((3,), np.array([True, False, True])), ((), ()), ((4,), []),
    ((4,), -2), ((3, 2), (slice(None), 0)),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "index"), PLACES)
@pytest.mark.parametrize("f", [*BINARY, *PLAIN], ids=lambda f: f.__name__)
@pytest.mark.parametrize("one", [True, False], ids=["one value", "a value each"])
def test_a_binary_ufunc(f, shape, index, one):
    rng = np.random.default_rng(0)
    x, weights = rng.uniform(0.5, 1.5, shape), rng.normal(size=shape)
    b = rng.uniform(0.5, 1.5, () if one else x[index].shape)

    def plain(x, b):
        y = np.array(x)
        f.at(y, index, b)
        return y

    t, u = ag.Tensor(x, requires_grad=True), ag.Tensor(b, requires_grad=True)
    y = t * 1.0
    view = y[...]
    assert f.at(y, index, u) is None
    if shape:  # a recorded 0-d result is a number, of which there is no view
        np.testing.assert_array_equal(view.data, y.data)
    np.testing.assert_allclose(y.data, plain(x, b), rtol=1e-12)
    (y * weights).sum().backward()
    for leaf, numeric in (
        (t, numerical_gradient(lambda v: np.sum(plain(v, b) * weights), x)),
        (u, numerical_gradient(lambda v: np.sum(plain(x, v) * weights), b)),
    ):
        found = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
        np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("shape", "index"), PLACES)
@pytest.mark.parametrize("f", [*UNARY, np.isnan, np.logical_not], ids=lambda f: f.__name__)
def test_a_ufunc_of_one(f, shape, index):
    x = np.random.default_rng(0).uniform(0.1, 0.4, shape)

    def plain(x):
        y = np.array(x)
        f.at(y, index)
        return y

    t = ag.Tensor(x, requires_grad=True)
    y = t * 1.0
    f.at(y, index)
    np.testing.assert_allclose(y.data, plain(x), rtol=1e-12)
    y.sum().backward()
    numeric = numerical_gradient(lambda v: plain(v).sum(), x)
    np.testing.assert_allclose(t.grad, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", [np.multiply, np.equal, np.add])
def test_a_leaf_is_not_written(f):
    w = ag.Tensor([3.0, 4.0], requires_grad=True)
    with pytest.raises(errors.InPlaceError, match="leaf"):
        f.at(w, [0], 2.0)
    assert w.tolist() == [3, 4]
    with ag.no_grad():
        f.at(w, [1], 4.0)
    assert w.data[1] == f(4.0, 4.0)


def test_what_is_untracked_is_numpys():
    whole = ag.Tensor([2, 3])
    np.subtract.at(whole, 0, 1.5)
    assert whole.tolist() == [0, 3]
    array = np.zeros(2)
    np.maximum.at(array, [0, 0], ag.Tensor([1.0, 2.0]))
    assert array.tolist() == [2, 0]
    with pytest.raises(errors.UnsupportedError, match=r"np\.maximum\.at: .*ndarray, which cannot"):
        np.maximum.at(array, [0], ag.Tensor([1.0], requires_grad=True))
    with pytest.raises(IndexError, match="out of bounds"):
        np.exp.at(ag.Tensor([1.0]), [5])


def test_values_in_a_list():
    t = ag.Tensor(2.0, requires_grad=True)
    out = ag.zeros(3)
    np.maximum.at(out, [0, 1, 1], [1.0, t, t * t])
    out.sum().backward()
    assert out.tolist() == [1, 4, 0]
    assert t.grad == 4


def test_slices_share_ties_evenly():
    x = np.array([1.0, 3, 3, 2, 2, np.nan])
    g = ag.grad(lambda x: np.maximum.reduceat(x, [1, 3, 5])[:2].sum())(x)
    assert g.tolist() == [0, 0.5, 0.5, 0.5, 0.5, 0]
    for f in (np.maximum.reduceat, np.minimum.reduceat):
        assert ag.check_grads(lambda x, f=f: f(x, [0, 2, 3], axis=1) ** 2, TABLE, order=2)


TABLE = np.random.default_rng(1).normal(size=(2, 5))
