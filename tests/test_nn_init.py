"""Initializers: their spread, their bounds, their reproducibility, what they refuse."""

import numpy as np
import pytest
from nn_tools import rng, says

import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError
from nn import init

SHAPE = (200, 300)  # fan_in 300, fan_out 200
SPREADS = {
    "xavier_uniform": (lambda **k: init.xavier_uniform(SHAPE, **k), np.sqrt(2 / 500), True),
    "xavier_uniform, gain": (
        lambda **k: init.xavier_uniform(SHAPE, gain=2, **k), 2 * np.sqrt(2 / 500), True),
    "xavier_normal": (lambda **k: init.xavier_normal(SHAPE, **k), np.sqrt(2 / 500), False),
    "he_uniform": (lambda **k: init.he_uniform(SHAPE, **k), np.sqrt(2 / 300), True),
    "he_uniform, out": (
        lambda **k: init.he_uniform(SHAPE, mode="fan_out", **k), np.sqrt(2 / 200), True),
    "he_normal, leaky": (
        lambda **k: init.he_normal(SHAPE, nonlinearity="leaky_relu", a=0.5, **k),
        np.sqrt(2 / 1.25 / 300), False),
    "he_normal, tanh": (
        lambda **k: init.he_normal(SHAPE, nonlinearity="tanh", **k), 5 / 3 / np.sqrt(300), False),
    "lecun_uniform": (lambda **k: init.lecun_uniform(SHAPE, **k), np.sqrt(1 / 300), True),
    "lecun_normal": (lambda **k: init.lecun_normal(SHAPE, **k), np.sqrt(1 / 300), False),
    "uniform": (lambda **k: init.uniform(SHAPE, low=-2, high=2, **k), 2 / np.sqrt(3), True),
    "normal": (lambda **k: init.normal(SHAPE, std=0.3, **k), 0.3, False),
    "kernels": (
        lambda **k: init.kaiming_normal((40, 30, 5, 5), **k), np.sqrt(2 / 750), False),
}  # fmt: skip


@pytest.mark.parametrize("name", SPREADS)
def test_spread_dtype_and_seeds(name):
    make, std, is_uniform = SPREADS[name]
    w = make(rng=rng(3), dtype=np.float32)
    assert w.dtype == np.float32
    assert w.std() == pytest.approx(std, rel=0.02) and abs(w.mean()) < std / 40
    top = np.abs(w).max() / std
    assert top <= np.sqrt(3) * (1 + 1e-6) if is_uniform else top > 3
    np.testing.assert_array_equal(make(rng=3), make(rng=rng(3)))
    assert (make() != make()).any()
    assert (make(rng=1) != make(rng=2)).any()


def test_constants():
    np.testing.assert_array_equal(init.zeros((2, 3)), 0)
    np.testing.assert_array_equal(init.ones((2,), dtype=np.float32), 1)
    w = init.constant((2, 2), 0.25, dtype=np.float32)
    assert w.dtype == np.float32 and (w == 0.25).all()


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (6, 2, 2, 2), (2, 3, 1, 2)])
def test_orthogonal_rows_or_columns(shape):
    w = init.orthogonal(shape, gain=1.5, rng=4).reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 2.25 * np.eye(len(product)), atol=1e-12)
    draws = np.array([init.orthogonal((2, 2), rng=i) for i in range(400)])
    assert np.abs(draws.mean(axis=0)).max() < 0.15  # no direction is preferred
    assert set(np.linalg.det(draws[:50]).round()) == {-1, 1}


def test_trunc_normal_is_the_truncated_distribution():
    stats = pytest.importorskip("scipy.stats")
    kstest, truncnorm = stats.kstest, stats.truncnorm

    w = init.trunc_normal((4000,), mean=0.5, std=2.0, a=-1.0, b=1.0, rng=5)
    assert w.min() >= -1 and w.max() <= 1
    assert kstest(w, truncnorm((-1 - 0.5) / 2, (1 - 0.5) / 2, loc=0.5, scale=2).cdf).pvalue > 0.01
    np.testing.assert_array_equal(init.trunc_normal((3,), std=0.0), 0)


def test_gains_are_pytorchs():
    expected = {
        "linear": 1.0, "sigmoid": 1.0, "tanh": 1.6666666666666667, "relu": 1.4142135623730951,
        "leaky_relu": 1.4141428569978354, "selu": 0.75,
    }  # fmt: skip
    for name, value in expected.items():
        assert init.calculate_gain(name) == pytest.approx(value, rel=1e-15)
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(1.3867504905630728, rel=1e-15)
    assert init.fans((8, 3, 5, 5)) == (75, 200)


def test_filling_a_parameter_in_place():
    layer = nn.Linear(3, 2, dtype=np.float32)
    before = layer.weight
    assert init.he_normal_(layer.weight, rng=3) is layer.weight is before
    np.testing.assert_array_equal(layer.weight.data, init.he_normal((2, 3), rng=3, dtype="f4"))
    assert layer.weight.dtype == np.float32 and layer.weight.is_leaf
    init.constant_(layer.bias, 0.5)
    np.testing.assert_array_equal(layer.bias.data, 0.5)
    assert init.kaiming_uniform_ is init.he_uniform_ and init.glorot_normal is init.xavier_normal


MISTAKES = [
    (
        lambda: init.he_normal((3,)), ShapeError,
        "init: got shape (3,), expected a weight of shape (out, in, ...) with no axis of size 0; "
        "use uniform or normal for other shapes.",
    ),
    (
        lambda: init.he_normal((3, 2), mode="fanin"), ArgumentError,
        "he_normal: got mode='fanin', expected 'fan_in' or 'fan_out'; did you mean 'fan_in'?",
    ),
    (
        lambda: init.calculate_gain("rleu"), ArgumentError,
        "calculate_gain: got 'rleu', expected one of identity, leaky_relu, linear, relu, selu, "
        "sigmoid, tanh; did you mean 'relu'?",
    ),
    (
        lambda: init.normal((3,), std=-1), ArgumentError,
        "normal: got std=-1, expected a number, 0 or larger.",
    ),
    (
        lambda: init.trunc_normal((3,), a=5, b=6), ArgumentError,
        "trunc_normal: got a=5, b=6 for mean=0.0 and std=1.0, expected an interval that holds some "
        "of the distribution; move a and b towards the mean.",
    ),
    (
        lambda: init.uniform((3,), rng="1"), DTypeError,
        "uniform: got rng of type str, expected a numpy.random.Generator or an int seed; write "
        "rng=np.random.default_rng(0).",
    ),
    (
        lambda: init.uniform((3,), rng=True), DTypeError,
        "uniform: got rng of type bool, expected a numpy.random.Generator or an int seed; write "
        "rng=np.random.default_rng(0).",
    ),
    (
        lambda: init.uniform((3,), rng=-3), ArgumentError,
        "uniform: got rng=-3, expected a seed of 0 or larger.",
    ),
    (
        lambda: init.zeros_((3, 2)), DTypeError,
        "zeros_: got tuple, expected a Parameter to fill; zeros(shape) makes an array.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:50] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()
