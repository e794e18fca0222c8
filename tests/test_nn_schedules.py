"""Schedules: PyTorch's rates over 60 steps, scikit-learn's invscaling, states, and mistakes."""

import numpy as np
import pytest
from nn_tools import says
from pytorch_numbers import INPUTS, NUMBERS

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError

lr_scheduler = nn.optim.lr_scheduler
SCHEDULES = {
    "ConstantLR": lambda o: nn.ConstantLR(o, factor=0.3, total_iters=7),
    "LinearLR": lambda o: nn.LinearLR(o, start_factor=0.1, end_factor=0.9, total_iters=13),
    "StepLR": lambda o: nn.StepLR(o, 7, gamma=0.5),
    "MultiStepLR": lambda o: nn.MultiStepLR(o, [3, 3, 11, 30], gamma=0.3),
    "ExponentialLR": lambda o: nn.ExponentialLR(o, 0.93),
    "CosineAnnealingLR": lambda o: nn.CosineAnnealingLR(o, T_max=11, eta_min=0.01),
    "LambdaLR": lambda o: nn.LambdaLR(o, lambda k: 1 / (1 + k)),
    "OneCycleLR": lambda o: nn.OneCycleLR(o, 0.7, total_steps=60),
    "OneCycleLR linear": lambda o: nn.OneCycleLR(
        o, 0.7, epochs=6, steps_per_epoch=10, anneal_strategy="linear", three_phase=True,
        pct_start=0.2,
    ),
    "chained": lambda o: nn.ChainedScheduler(
        [nn.LinearLR(o, 0.2, total_iters=6), nn.ExponentialLR(o, 0.9)]
    ),
    "sequential": lambda o: nn.SequentialLR(
        o, [nn.LinearLR(o, 0.2, total_iters=6), nn.CosineAnnealingLR(o, 20), nn.StepLR(o, 5)],
        [6, 30],
    ),
    "sequential constant": lambda o: nn.SequentialLR(
        o, [nn.ExponentialLR(o, 0.8), nn.ConstantLR(o, 0.4, 4), nn.MultiStepLR(o, [2, 5])],
        [9, 20],
    ),
    "plateau": lambda o: nn.ReduceLROnPlateau(o, patience=2),
    "plateau abs": lambda o: nn.ReduceLROnPlateau(
        o, patience=1, threshold=0.2, threshold_mode="abs", cooldown=3, factor=0.5, min_lr=0.05
    ),
    "plateau max": lambda o: nn.ReduceLROnPlateau(o, mode="max", patience=3, factor=0.2),
}  # fmt: skip


def made(lr=0.5):
    return nn.SGD([ag.Tensor([1.0], requires_grad=True)], lr=lr, momentum=0.9)


def walk(schedule, steps, begin=0):
    rates, momenta = [], []
    for k in range(begin, begin + steps):
        rates.append(schedule.optimizer.lr)
        momenta.append(schedule.optimizer.momentum)
        schedule.step(*([INPUTS["M"][k]] if isinstance(schedule, nn.ReduceLROnPlateau) else []))
    return rates, momenta


def test_no_schedule_is_forgotten():
    assert set(SCHEDULES) == set(NUMBERS["schedules"])


@pytest.mark.parametrize("name", SCHEDULES)
def test_sixty_steps_are_pytorchs(name):
    expected = NUMBERS["schedules"][name]
    rates, momenta = walk(SCHEDULES[name](made()), 60)
    np.testing.assert_allclose(rates, expected["lr"], rtol=1e-12, atol=1e-14)
    if "momentum" in expected:
        np.testing.assert_allclose(momenta, expected["momentum"], atol=1e-14)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("cut", [0, 6, 17, 31])
def test_states_resume_bit_for_bit_through_a_file(name, cut, tmp_path):
    schedule = SCHEDULES[name](made())
    walk(schedule, cut)
    state = {
        **{f"s/{k}": v for k, v in schedule.state_dict().items()},
        **{f"o/{k}": v for k, v in schedule.optimizer.state_dict().items()},
    }
    nn.save(state, tmp_path / "s.npz")
    loaded = nn.load(tmp_path / "s.npz")
    resumed = SCHEDULES[name](made())
    resumed.optimizer.load_state_dict({k[2:]: v for k, v in loaded.items() if k[0] == "o"})
    resumed.load_state_dict({k[2:]: v for k, v in loaded.items() if k[0] == "s"})
    assert walk(resumed, 60 - cut, cut) == walk(schedule, 60 - cut, cut)
    assert schedule.get_last_lr() == [schedule.optimizer.lr]


def test_invscaling_is_scikit_learns():
    sgd = pytest.importorskip("sklearn.neural_network._stochastic_optimizers").SGDOptimizer
    theirs = sgd([], 0.2, "invscaling", power_t=0.4)
    ours = nn.InvScalingLR(made(0.2), power_t=0.4, samples=150)
    for epoch in range(1, 8):
        theirs.iteration_ends(150 * epoch)
        ours.step()
        assert ours.optimizer.lr == pytest.approx(theirs.learning_rate, rel=1e-15)


def test_every_group_has_its_rates():
    w, b = (ag.Tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = nn.SGD([{"params": [w], "lr": 1.0}, {"params": [b], "lr": 0.1}])
    schedule = nn.CosineAnnealingLR(optimizer, 4)
    for _ in range(2):
        schedule.step()
    np.testing.assert_allclose(schedule.get_last_lr(), [0.5, 0.05])
    cycle = nn.OneCycleLR(optimizer, [1.0, 2.0], total_steps=4, cycle_momentum=False)
    np.testing.assert_allclose(cycle.get_last_lr(), [0.04, 0.08])
    plateau = nn.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.03, 0.0])
    for _ in range(2):
        plateau.step(ag.Tensor(1.0))
    np.testing.assert_allclose(plateau.get_last_lr(), [0.03, 0.008])


def test_restarting_a_composed_schedule():
    optimizer = made(1.0)
    inner = nn.SequentialLR(
        optimizer, [nn.ConstantLR(optimizer, 0.5, 2), nn.ExponentialLR(optimizer, 0.5)], [2]
    )
    schedule = nn.SequentialLR(optimizer, [nn.ExponentialLR(optimizer, 0.1), inner], [2])
    rates, _ = walk(schedule, 6)
    np.testing.assert_allclose(rates, [1, 0.1, 0.5, 0.5, 1, 0.5])


O = made()
MISTAKES = [
    (
        lambda: nn.StepLR(nn.SGD, 3), DTypeError,
        "StepLR: got SGD, expected an optimizer ready for use; write nn.Adam(model.parameters()).",
    ),
    (
        lambda: nn.StepLR(O, 0), ArgumentError,
        "StepLR: got step_size=0, expected an int from 1 up.",
    ),
    (
        lambda: nn.StepLR(O, 3, gamma=-1), ArgumentError,
        "StepLR: got gamma=-1, expected a finite number, 0 or larger.",
    ),
    (
        lambda: nn.LinearLR(O, start_factor=0), ArgumentError,
        "LinearLR: got start_factor=0, expected a number in (0, 1].",
    ),
    (
        lambda: nn.CosineAnnealingLR(O, 2.5), ArgumentError,
        "CosineAnnealingLR: got T_max=2.5, expected an int from 1 up.",
    ),
    (
        lambda: nn.LambdaLR(O, 3), DTypeError,
        "LambdaLR: got int, expected a function of the step; write lambda t: 0.95**t.",
    ),
    (
        lambda: nn.OneCycleLR(O, 0.1), ArgumentError,
        "OneCycleLR: got neither total_steps nor epochs and steps_per_epoch; give the number of "
        "steps of the cycle.",
    ),
    (
        lambda: nn.OneCycleLR(O, 0.1, 10, anneal_strategy="cosine"), ArgumentError,
        "OneCycleLR: got anneal_strategy='cosine', expected 'cos' or 'linear'; did you mean 'cos'?",
    ),
    (
        lambda: nn.OneCycleLR(nn.Adagrad([ag.Tensor([1.0], requires_grad=True)]), 0.1, 10),
        ArgumentError,
        "OneCycleLR: got Adagrad, which has no momentum to cycle; write cycle_momentum=False.",
    ),
    (
        lambda: walk(nn.OneCycleLR(made(), 0.1, 5), 7), ArgumentError,
        "OneCycleLR: this is step 6 of a cycle of 5; make it with as many total_steps as there "
        "will be batches.",
    ),
    (
        lambda: nn.ReduceLROnPlateau(O).step(), ArgumentError,
        "ReduceLROnPlateau: step() was called without a metric; write "
        "scheduler.step(validation_loss).",
    ),
    (
        lambda: nn.ReduceLROnPlateau(O, mode="mim"), ArgumentError,
        "ReduceLROnPlateau: got mode='mim', expected 'min' or 'max'; did you mean 'min'?",
    ),
    (
        lambda: nn.ReduceLROnPlateau(O, factor=1), ArgumentError,
        "ReduceLROnPlateau: got factor=1, expected a number in [0, 1).",
    ),
    (
        lambda: nn.SequentialLR(O, [nn.StepLR(O, 1)], [3]), ArgumentError,
        "SequentialLR: got milestones [3] for 1 schedulers, expected one rising number less than "
        "there are schedulers.",
    ),
    (
        lambda: nn.SequentialLR(O, [nn.StepLR(made(), 1)], []), ArgumentError,
        "SequentialLR: got schedulers of different optimizers; make all of one.",
    ),
    (
        lambda: nn.ChainedScheduler([]), ArgumentError,
        "ChainedScheduler: got no schedulers, expected at least one.",
    ),
    (
        lambda: nn.StepLR(made(), 1).load_state_dict({"last_epoch": 1}), ArgumentError,
        "load_state_dict: got last_epoch for StepLR, expected last_epoch, base_lrs; give the state "
        "of such a schedule.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()
