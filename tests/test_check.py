"""check_grads: it passes what is right, finds what is wrong at any scale, and says which."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.numeric import derivative

X = np.random.default_rng(0).normal(size=(3, 4))
W = np.random.default_rng(1).normal(size=(4, 2))


def scaled(factor, scale):
    """A loss scaled by scale whose gradient is multiplied by factor."""

    def f(x):
        loss = scale * (ag.tanh(x) ** 2).sum()
        return factor * loss + (1 - factor) * ag.stop_gradient(loss)

    return f


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_right_gradients_pass_at_every_scale(scale):
    report = ag.check_grads(scaled(1.0, scale), X, order=2, modes=("reverse", "forward"))
    assert report.ok, str(report)
    assert bool(report)
    report.raise_if_wrong()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 1.0001])
def test_wrong_gradients_fail_at_every_scale(scale, factor):
    report = ag.check_grads(scaled(factor, scale), X)
    assert not report.ok
    with pytest.raises(errors.GradientError, match="12 WRONG"):
        report.raise_if_wrong()


def test_one_wrong_entry_is_named():
    def f(x):
        return (x**2).sum() + ag.stop_gradient(x[1, 2]) * 3 - 3 * x[1, 2]

    report = ag.check_grads(f, X)
    assert report.worst.index == (1, 2)
    assert report.worst.input == "input 0"
    assert "1 WRONG" in str(report)
    assert len(report.table().splitlines()) == 2


def test_names_come_from_tensors():
    report = ag.check_grads(lambda w: (ag.stop_gradient(w) * w).sum(), ag.Tensor(W, name="W1"))
    assert report.worst.input == "W1"


def test_the_ratio_is_told():
    assert "the sign is wrong" in str(ag.check_grads(scaled(-1.0, 1.0), X))
    assert "autodiff is 2 × numeric" in str(ag.check_grads(scaled(2.0, 1.0), X))
    assert "autodiff gives 0 there" in str(ag.check_grads(scaled(0.0, 1.0), X))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: ag.relu(x).sum(), [0.0, 1.0, -1.0]),
        (lambda x: ag.abs(x).sum(), [0.0, 2.0]),
        (ag.max, [1.0, 1.0, 0.0]),
        (lambda x: ag.maximum(x, x[::-1]).sum(), [1.0, 1.0]),
        (lambda x: ag.clip(x, 0.0, 1.0).sum(), [0.0, 1.0]),
        (ag.norm, [0.0, 0.0]),
    ],
)
def test_subgradients_at_kinks_pass_and_are_counted(f, x):
    report = ag.check_grads(f, np.array(x))
    assert report.ok, str(report)
    assert any(e.numeric.kink for e in report.entries)


def test_a_value_outside_the_subgradient_fails():
    def f(x):
        return ag.relu(x).sum() + 3 * (x - ag.stop_gradient(x)).sum()

    assert not ag.check_grads(f, np.array([0.0]))


def test_float32_inside_passes():
    report = ag.check_grads(lambda x: ag.tanh(ag.astype(x, np.float32)).sum(), np.array([0.3, 2.0]))
    assert report.ok, str(report)


def test_complex_inputs_pass():
    z = np.array([1 + 2j, -0.5j])
    assert ag.check_grads(lambda z: (ag.abs(z) ** 2).sum(), z).ok
    assert ag.check_grads(lambda z: ag.exp(z) * z, z, modes=("reverse", "forward"), order=2).ok


def test_pytrees_and_passive_inputs():
    def f(params, labels):
        return (params["w"] * params["b"][0])[labels].sum()

    params = {"w": X[0], "b": [np.array(2.0)]}
    report = ag.check_grads(f, params, np.array([0, 2]))
    assert report.ok
    assert report.total == 5


def test_not_finite_cannot_be_told():
    report = ag.check_grads(lambda x: ag.sqrt(x).sum(), np.array([0.0, 1.0]))
    assert not report.ok
    assert report.worst.verdict == "CAN'T TELL"
    assert "not finite near this point" in str(report)


def test_large_inputs_are_sampled_and_say_so():
    report = ag.check_grads(lambda x: (x**2).sum(), np.random.default_rng(0).normal(size=(60, 60)))
    assert report.ok
    assert "of 3600, drawn at random and the largest" in str(report)


def test_bad_input_is_refused_in_a_sentence():
    rng = np.random.default_rng(0)
    for call, text in (
        (lambda: ag.check_grads(lambda x: x * rng.normal(), X), "must be deterministic"),
        (lambda: ag.check_grads(lambda x: x, np.array([1, 2])), "got no floating input"),
        (lambda: ag.check_grads(lambda x: x, X, modes=("sideways",)), "got mode 'sideways'"),
        (lambda: ag.check_grads(lambda x: x, X, order=3), "got order=3, expected 1 or 2"),
    ):
        with pytest.raises(errors.ArgumentError, match=text):
            call()


@pytest.mark.parametrize("seed", range(40))
def test_bounds_cover_the_true_error(seed):
    rng = np.random.default_rng(seed)
    a, b, c, d = rng.normal(size=4)
    x = rng.normal() * 10 ** rng.uniform(-2, 2)
    functions = [
        (lambda t: a * math.sin(b * t) + c * t * t, lambda t: a * b * math.cos(b * t) + 2 * c * t),
        (lambda t: math.exp(-t * t) * d, lambda t: -2 * t * math.exp(-t * t) * d),
        (lambda t: math.tanh(a * t + b), lambda t: a * (1 - math.tanh(a * t + b) ** 2)),
    ]
    for f, slope in functions:
        found = derivative(lambda h, f=f: f(x + h), abs(x))
        # x + h itself is rounded: a relative eps of x moves the slope by eps·x·f''.
        assert abs(found.value - slope(x)) <= found.bound + 1e-11 * (abs(slope(x)) + 1e-3)


def test_a_loss_that_holds_derivatives_of_its_input():
    def physics(x):
        u = ag.sin(x * 2.0)
        slope = ag.gradients(u.sum(), x, create_graph=True)
        return ((slope + u) ** 2).sum()

    report = ag.check_grads(physics, np.array([0.3, 1.1]))
    assert report.ok, str(report)
    assert repr(report) == str(report)
