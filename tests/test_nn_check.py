"""nn.check_grads: parameters of models, found right or wrong, and the model left as it was."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import errors


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_classifier_by_complex_step():
    model = nn.MLP(4, 5, 3, rng=rng())
    report = nn.check_grads(model, rng(1).normal(size=(6, 4)), rng(2).integers(0, 3, 6))
    assert report.ok, str(report)
    assert list(report.parts) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert {part.method for part in report.parts.values()} == {"complex step"}


@pytest.mark.parametrize("loss", [None, "mse", nn.huber_loss, nn.HalfSquaredError()])
def test_losses_order_two_and_the_input(loss):
    model = nn.MLP(3, 4, 2, activation="tanh", rng=rng())
    x, y = rng(1).normal(size=(5, 3)), rng(2).normal(size=(5, 2))
    report = nn.check_grads(
        model, x, y, loss, check_input=True, order=2, modes=("reverse", "forward")
    )
    assert report.ok, str(report)
    assert "x (2nd)" in report.parts


def test_without_targets_the_output_itself_is_checked():
    model = nn.Sequential(nn.Linear(3, 4, rng=1), nn.LayerNorm(4), nn.GELU())
    assert nn.check_grads(model, rng(1).normal(size=(5, 3))).ok


class Wrong(nn.Module):
    """A linear layer of which half the gradient of the bias is cut off."""

    def __init__(self):
        self.weight = nn.Parameter(rng(3).normal(size=(3, 2)))
        self.scales = [nn.Parameter(np.ones(2)), (nn.Parameter(2.0), "a tag")]
        self.bias = nn.Parameter([0.5, -0.5])

    def forward(self, x):
        half = 0.5 * self.bias + 0.5 * ag.stop_gradient(self.bias)
        return (x @ self.weight * self.scales[0] + half) * self.scales[1][0]


def test_the_wrong_parameter_is_named():
    model = Wrong()
    before = dict(vars(model))
    report = nn.check_grads(model, rng(1).normal(size=(4, 3)))
    assert {e.input for e in report.wrong} == {"bias"}
    assert "hint: bias: the same ratio in every wrong entry: autodiff is 0.5 × numeric" in str(
        report
    )
    assert "scales.1.0" in report.parts
    assert vars(model) == before
    assert all(p.grad is None for p in model.parameters())


def test_the_model_is_left_as_it_was():
    model = nn.Sequential(
        nn.Linear(4, 6, rng=1), nn.BatchNorm1d(6), nn.ReLU(), nn.Dropout(0.5, rng=3),
        nn.Linear(6, 3, rng=2),
    ).to(np.float32)  # fmt: skip
    state = model.state_dict()
    drawn = model[3].rng.bit_generator.state
    parameters = [id(p) for p in model.parameters()]
    x, y = rng(1).normal(size=(8, 4)), rng(2).integers(0, 3, 8)
    for training in (True, False):
        model.train(training)
        report = nn.check_grads(model, x, y)
        assert report.ok, str(report)
        assert model.training is model[3].training is training
        assert model[3].rng.bit_generator.state == drawn
        assert [id(p) for p in model.parameters()] == parameters
        for name, value in model.state_dict().items():
            np.testing.assert_array_equal(value, state[name])
            assert value.dtype == state[name].dtype


def test_shared_parameters_and_penalties_count():
    model = nn.MLP(3, 3, 3, activation="tanh", rng=rng())
    model[2].weight = model[0].weight
    x, y = rng(1).normal(size=(5, 3)), rng(2).normal(size=(5, 3))

    def penalised(out, y):
        return nn.mse_loss(out, y) + 0.1 * sum((p**2).sum() for p in model.parameters())

    report = nn.check_grads(model, x, y, penalised)
    assert report.ok, str(report)
    assert list(report.parts) == ["0.weight", "0.bias", "2.bias"]
    plain = nn.check_grads(model, x, y)
    assert plain.entries[0].autodiff != report.entries[0].autodiff


def test_frozen_parameters_are_not_checked():
    model = nn.MLP(3, 4, 2, rng=rng())
    model[0].requires_grad_(False)
    report = nn.check_grads(model, rng(1).normal(size=(4, 3)))
    assert list(report.parts) == ["2.weight", "2.bias"]


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (nn.LSTM(2, 3, rng=1), (2, 3, 2)),
        (nn.Sequential(nn.Conv2d(1, 2, 2, rng=1), nn.MaxPool2d(2), nn.Flatten()), (2, 1, 5, 5)),
        (nn.Sequential(nn.Linear(2, 3, rng=1), nn.PReLU(3)), (4, 2)),
    ],
)
def test_other_layers(model, x):
    def total(out):
        return sum((t * t).sum() for t in (out if isinstance(out, tuple) else (out,)) if t.ndim)

    first = isinstance(model, nn.LSTM)
    report = nn.check_grads(
        model, rng(1).normal(size=x), loss=(lambda out: total(out[:1])) if first else total
    )
    assert report.ok, str(report)


class Unseeded(nn.Module):
    """Dropout that draws from a new generator each time."""

    def __init__(self):
        self.weight = nn.Parameter(np.ones(8))

    def forward(self, x):
        return x * self.weight * (np.random.default_rng().random(x.shape) > 0.5)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: nn.check_grads(Unseeded(), np.ones((20, 8))), "random mask of a dropout"),
        (lambda: nn.check_grads(lambda x: x, np.ones(3)), "got function as the model"),
        (lambda: nn.check_grads(nn.ReLU(), np.ones(3)), "without a parameter"),
        (lambda: nn.check_grads(nn.Linear(3, 2), np.ones((1, 3)), loss="msee"), "'msee'"),
        (lambda: nn.check_grads(nn.Linear(3, 2), np.full((1, 3), np.nan)), "gives NaN"),
    ],
)
def test_bad_input_is_one_sentence(call, text):
    with pytest.raises((errors.ArgumentError, errors.DTypeError), match=text) as caught:
        call()
    assert str(caught.value).startswith("check_grads: ")


def test_a_large_model_is_sampled():
    model = nn.MLP(300, 20, 10, rng=rng())
    x, y = rng(1).normal(size=(32, 300)), rng(2).integers(0, 10, 32)
    report = nn.check_grads(model, x, y)
    assert report.ok, str(report)
    assert "of 6000 + 4 directions" in report.table()
    assert report.evaluations < 2000
