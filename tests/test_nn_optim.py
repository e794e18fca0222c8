"""Optimizers: PyTorch's numbers over 200 steps, groups, state, memory, clipping, L-BFGS."""

import subprocess
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from nn_tools import LABELS, X, reference_model, rng, says
from pytorch_numbers import INPUTS, NUMBERS

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError

optim = nn.optim
OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, lr=0.05),
    "sgd decay": lambda p: nn.SGD(p, lr=0.05, weight_decay=0.1),
    "sgd momentum": lambda p: nn.SGD(p, 0.02, 0.9, dampening=0.3, weight_decay=0.01),
    "sgd nesterov": lambda p: nn.SGD(p, 0.02, momentum=0.8, nesterov=True, weight_decay=0.01),
    "adam": lambda p: nn.Adam(p, lr=0.03),
    "adam decay": lambda p: nn.Adam(p, 0.03, weight_decay=0.1, betas=(0.8, 0.99), eps=1e-6),
    "adam amsgrad": lambda p: nn.Adam(p, lr=0.03, amsgrad=True, betas=(0.7, 0.8)),
    "adamw": lambda p: nn.AdamW(p, lr=0.03, weight_decay=0.2),
    "adamw amsgrad": lambda p: nn.AdamW(p, lr=0.03, amsgrad=True, betas=(0.7, 0.8)),
    "rmsprop": lambda p: nn.RMSprop(p, lr=0.01),
    "rmsprop all": lambda p: nn.RMSprop(
        p, 0.001, alpha=0.9, momentum=0.7, centered=True, weight_decay=0.05, eps=1e-2
    ),
    "rmsprop momentum": lambda p: nn.RMSprop(p, lr=0.01, momentum=0.7),
    "adagrad": lambda p: nn.Adagrad(p, lr=0.1),
    "adagrad all": lambda p: nn.Adagrad(
        p, lr=0.1, lr_decay=0.05, weight_decay=0.02, initial_accumulator_value=0.3, eps=1e-7
    ),
    "groups": lambda p: nn.SGD(
        [{"params": p[:1]}, {"params": p[1:], "lr": 0.2, "momentum": 0.5}], lr=0.03
    ),
    "adam onecycle": lambda p: nn.Adam(p, lr=0.03),
    "sgd onecycle": lambda p: nn.SGD(p, lr=0.03, momentum=0.9),
}


def start():
    return [ag.Tensor(INPUTS[name].copy(), requires_grad=True) for name in ("w0", "b0")]


def problem(w, b):
    wiggles = (ag.tanh(w @ w.T) * 0.5).sum() + (ag.cos(b) * w.sum(axis=0)).sum()
    return wiggles + 0.1 * (w**2).sum() + (b**2).sum() * 0.05


def run(optimizer, parameters, steps, schedule=None):
    for _ in range(steps):
        optimizer.zero_grad()
        problem(*parameters).backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()


def schedule_for(name, optimizer):
    return nn.OneCycleLR(optimizer, 0.05, total_steps=200) if "onecycle" in name else None


def test_no_optimizer_is_forgotten():
    assert set(OPTIMIZERS) == set(NUMBERS["optim"])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_hundred_steps_are_pytorchs(name):
    parameters = start()
    optimizer = OPTIMIZERS[name](parameters)
    run(optimizer, parameters, 200, schedule_for(name, optimizer))
    for key, p in zip("wb", parameters, strict=True):
        np.testing.assert_allclose(p.data.ravel(), NUMBERS["optim"][name][key], atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_resumes_bit_for_bit_with_options(name, tmp_path):
    parameters = start()
    optimizer = OPTIMIZERS[name](parameters)
    schedule = schedule_for(name, optimizer)
    run(optimizer, parameters, 70, schedule)
    optimizer.param_groups[-1]["lr"] *= 0.5
    nn.save(optimizer.state_dict(), tmp_path / "optimizer.npz")

    twins = [ag.Tensor(p.data.copy(), requires_grad=True) for p in parameters]
    resumed = OPTIMIZERS[name](twins)
    later = schedule_for(name, resumed)
    resumed.load_state_dict(nn.load(tmp_path / "optimizer.npz"))
    assert resumed.param_groups[-1]["lr"] == optimizer.param_groups[-1]["lr"]
    if later is not None:
        later.load_state_dict(schedule.state_dict())
    run(optimizer, parameters, 70, schedule)
    run(resumed, twins, 70, later)
    for p, q in zip(parameters, twins, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_step_allocates_nothing_and_blocks_change_nothing(name, order, monkeypatch):
    def made(shape):
        p = ag.Tensor(np.zeros(shape), requires_grad=True)
        p.data = np.array(rng(1).normal(size=shape), order=order)
        q = ag.Tensor(rng(2).normal(size=3), requires_grad=True)
        p.grad, q.grad = rng(3).normal(size=shape), rng(4).normal(size=3)
        return [p, q]

    parameters = made((500, 600))
    data, gradient = parameters[0].data, parameters[0].grad.copy()
    optimizer = OPTIMIZERS[name](parameters)
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150_000  # NumPy's own buffers; one array would be 2,400,000 bytes
    assert parameters[0].data is data
    np.testing.assert_array_equal(parameters[0].grad, gradient)

    small = made((40, 30))
    optimizer = OPTIMIZERS[name](small)
    monkeypatch.setattr(nn.optim, "_BLOCK", 64)
    cut = made((40, 30))
    in_blocks = OPTIMIZERS[name](cut)
    for _ in range(3):
        in_blocks.step()
    monkeypatch.undo()
    for _ in range(3):
        optimizer.step()
    np.testing.assert_array_equal(small[0].data, cut[0].data)


def test_float32_stays_float32_with_options_of_float64():
    for name, make in OPTIMIZERS.items():
        parameters = [ag.Tensor(p.data.astype(np.float32), requires_grad=True) for p in start()]
        optimizer = make(parameters)
        optimizer.lr = np.float64(0.01)
        run(optimizer, parameters, 2)
        assert all(p.dtype == np.float32 for p in parameters), name


def test_groups_have_their_options_and_attributes_speak_for_all():
    w, b = start()
    optimizer = nn.Adam([{"params": w, "lr": 0.5}, {"params": [b], "betas": [0.5, 0.6]}], lr=0.1)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.1]
    assert optimizer.param_groups[1]["betas"] == (0.5, 0.6)
    assert optimizer.lr == 0.5 and optimizer.parameters == [w, b]
    optimizer.lr = 0.25
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25]
    extra = ag.Tensor([1.0], requires_grad=True)
    optimizer.add_param_group({"params": [extra], "lr": 1.0})
    extra.grad = np.array([2.0])
    optimizer.step()
    assert extra.item() == pytest.approx(0.0, abs=1e-7)
    assert repr(optimizer) == "Adam(3 parameters, lr=0.25)"
    with says(ArgumentError, "Adam: got lr=-1, expected a finite number, 0 or larger."):
        optimizer.lr = -1


def test_momentum_may_come_later():
    w, _ = start()
    optimizer = nn.SGD([w], lr=0.1)
    w.grad = np.ones_like(w.data)
    optimizer.step()
    before = w.data.copy()
    optimizer.momentum = 0.5
    for _ in range(2):
        optimizer.step()
    np.testing.assert_allclose(w.data, before - 0.1 - 0.15, atol=1e-15)


def test_step_takes_a_closure():
    w, b = start()
    optimizer = nn.SGD([w, b], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = problem(w, b)
        loss.backward()
        return loss

    first = optimizer.step(closure).item()
    assert optimizer.step(closure).item() < first


def test_states_of_version_01_load_without_options():
    w, b = start()
    optimizer = nn.Adam([w, b], lr=0.5)
    run(optimizer, [w, b], 3)
    old = {k: v for k, v in optimizer.state_dict().items() if k.split(".")[1] != "scale"}
    old = {k: v for k, v in old.items() if not k.startswith("groups")}
    other = nn.Adam([w, b], lr=0.25)
    other.load_state_dict(old)
    assert other.lr == 0.25 and other.state_dict()["0.steps"] == 3
    with says(
        ArgumentError,
        "load_state_dict: unexpected 'groups.1.lr' for 1 parameter groups; give a state of the "
        "same architecture.",
    ):
        other.load_state_dict({**old, "groups.1.lr": 0.1})


# -- clipping --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [2.0, 1.0, 3.0, np.inf])
def test_clipping_by_norm_is_pytorchs(order):
    w, b = start()
    problem(w, b).backward()
    norm, gw, gb = NUMBERS["clip"][str(float(order))]
    arrays = w.grad, b.grad
    assert nn.clip_grad_norm_([w, b], 0.7, order) == pytest.approx(norm, abs=1e-12)
    assert (w.grad, b.grad) == arrays or (w.grad is arrays[0] and b.grad is arrays[1])
    np.testing.assert_allclose(w.grad.ravel(), gw, atol=1e-14)
    np.testing.assert_allclose(b.grad, gb, atol=1e-14)


def test_clipping_leaves_small_gradients_and_survives_large_ones():
    p = ag.Tensor(np.zeros(3, np.float32), requires_grad=True)
    assert nn.clip_grad_norm([p], 1.0) == 0.0  # no gradient yet
    p.grad = np.array([0.3, 0, -0.4], np.float32)
    assert nn.clip_grad_norm(p, 1.0) == pytest.approx(0.5)
    np.testing.assert_array_equal(p.grad, np.array([0.3, 0, -0.4], np.float32))
    p.grad = np.array([3e30, 0, -4e30], np.float32)  # whose squares overflow
    with np.errstate(over="ignore"):
        assert nn.clip_grad_norm([p], 1.0) == pytest.approx(5e30)
    np.testing.assert_allclose(p.grad, [0.6, 0, -0.8], rtol=1e-6)
    p.grad = np.array([np.inf, 0, 1], np.float32)
    with says(
        ArgumentError,
        "clip_grad_norm: the norm of the gradients is inf, expected a finite number; look for the "
        "cause inside ag.detect_anomaly().",
    ):
        nn.clip_grad_norm([p], 1.0, error_if_nonfinite=True)


def test_clipping_by_value_in_place_even_of_a_frozen_array():
    p = ag.Tensor(np.zeros(3), requires_grad=True)
    p.grad = g = np.array([3.0, -0.5, -7.0])
    nn.clip_grad_value_([p], 1.0)
    assert p.grad is g
    np.testing.assert_array_equal(g, [1, -0.5, -1])
    p.grad = np.broadcast_to(np.float64(5), (3,))
    nn.clip_grad_value(p, 2.0)
    np.testing.assert_array_equal(p.grad, [2, 2, 2])


# -- L-BFGS ----------------------------------------------------------------------------------------


def closure_of(model, optimizer):
    def closure():
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(X), LABELS) + 0.01 * sum(
            (p**2).sum() for p in model.parameters()
        )
        loss.backward()
        return loss

    return closure


def test_lbfgs_finds_the_minimum_scipy_finds():
    pytest.importorskip("scipy")
    from scipy.optimize import minimize

    model = reference_model()
    optimizer = nn.LBFGS(model.parameters(), max_iter=500, tolerance_change=0, tolerance_grad=1e-9)
    closure = closure_of(model, optimizer)
    before = closure().item()
    assert optimizer.step(closure).item() == before
    at_end = closure().item()
    assert at_end == optimizer.result.fun
    assert max(np.abs(p.grad).max() for p in model.parameters()) < 1e-6

    def plain(v):  # the same loss in plain NumPy
        w1, b1, w2, b2 = v[:6].reshape(3, 2), v[6:9], v[9:18].reshape(3, 3), v[18:]
        z = np.tanh(X @ w1.T + b1) @ w2.T + b2
        top = z.max(axis=1)
        rows = np.log(np.exp(z - top[:, None]).sum(axis=1)) + top - z[np.arange(4), LABELS]
        return rows.mean() + 0.01 * (v**2).sum()

    v = np.concatenate([p.data.ravel() for p in reference_model().parameters()])
    assert at_end == pytest.approx(minimize(plain, v, method="BFGS").fun, abs=1e-7)


def test_lbfgs_keeps_dtype_and_goes_on():
    pytest.importorskip("scipy")
    model = reference_model(np.float32)
    data = model[0].weight.data
    optimizer = nn.LBFGS(model.parameters(), max_iter=3)
    closure = closure_of(model, optimizer)
    losses = [optimizer.step(closure).item() for _ in range(5)]
    assert all(b < a for a, b in pairwise(losses))
    assert model[0].weight.data is data and data.dtype == np.float32
    assert optimizer.result.nit <= 3
    assert repr(optimizer) == "LBFGS(4 parameters, max_iter=3)"


def test_lbfgs_backs_off_from_where_there_is_no_loss():
    pytest.importorskip("scipy")
    w = ag.Tensor([5.0], requires_grad=True)
    optimizer = nn.LBFGS([w], max_iter=100)

    def closure():
        optimizer.zero_grad()
        with np.errstate(invalid="ignore", divide="ignore"):
            loss = (w - ag.log(w)).sum() * 100.0  # nan left of 0
            loss.backward()
        return loss

    optimizer.step(closure)
    assert w.item() == pytest.approx(1.0, abs=1e-4)


def test_without_scipy_one_sentence(tmp_path):
    (tmp_path / "scipy.py").write_text("raise ImportError('hidden by the test')\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import autograd_lite as ag, nn\n"
        "w = ag.Tensor([1.0], requires_grad=True)\n"
        "try:\n    nn.LBFGS([w]).step(lambda: (w * w).sum())\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == (
        "LBFGS: SciPy is not installed; run: pip install 'autograd-lite[special]'.\n"
    )


W = ag.Tensor([1.0], requires_grad=True)
MISTAKES = [
    (
        lambda: nn.SGD([W], lr=1, nesterov=True), ArgumentError,
        "SGD: got nesterov=True with momentum=0.0 and dampening=0.0, expected a momentum and no "
        "dampening; write momentum=0.9.",
    ),
    (
        lambda: nn.SGD([W], weight_decay=-1), ArgumentError,
        "SGD: got weight_decay=-1, expected a finite number, 0 or larger.",
    ),
    (
        lambda: nn.SGD([W], dampening=2), ArgumentError,
        "SGD: got dampening=2, expected a number in [0, 1.0000000000000002).",
    ),
    (
        lambda: nn.AdamW([W], betas=(1, 0.9)), ArgumentError,
        "AdamW: got betas[0]=1, expected a number in [0, 1).",
    ),
    (
        lambda: nn.RMSprop([W], alpha=1), ArgumentError,
        "RMSprop: got alpha=1, expected a number in [0, 1).",
    ),
    (
        lambda: nn.Adagrad([W], lr=float("nan")), ArgumentError,
        "Adagrad: got lr=nan, expected a finite number, 0 or larger.",
    ),
    (
        lambda: nn.SGD([{"lr": 1}]), DTypeError,
        "SGD: got dict as a parameter group, expected a dict; write "
        '{"params": layer.parameters(), "lr": 0.01}.',
    ),
    (
        lambda: nn.SGD([{"params": []}]), ArgumentError,
        "SGD: got a parameter group without parameters; leave it out.",
    ),
    (
        lambda: nn.SGD([{"params": [W]}, {"params": [W]}]), ArgumentError,
        "SGD: got a parameter twice; pass each one once.",
    ),
    (
        lambda: nn.SGD([{"params": [W], "lr": -2}]), ArgumentError,
        "SGD: got lr=-2, expected a finite number, 0 or larger.",
    ),
    (
        lambda: nn.SGD({"params": [W]}), DTypeError,
        "SGD: got dict, expected several Tensors; pass model.parameters(), or a list.",
    ),
    (
        lambda: nn.RMSprop([ag.Tensor([1j], requires_grad=True)]), DTypeError,
        "RMSprop: got a parameter of dtype complex128, expected a real one; learn its real and "
        "imaginary parts as two parameters, or use SGD.",
    ),
    (
        lambda: nn.LBFGS([W]).step(), ArgumentError,
        "LBFGS: step() was called without closure; write a function that calls zero_grad(), "
        "computes the loss, calls backward() and returns the loss.",
    ),
    (
        lambda: nn.LBFGS([W]).step(lambda: None), DTypeError,
        "LBFGS: the closure returned NoneType, expected the loss; return it after backward().",
    ),
    (
        lambda: nn.LBFGS([W]).step(lambda: (W * np.inf).sum()), ArgumentError,
        "LBFGS: the loss is inf where the search begins, expected a finite number; begin with "
        "smaller parameters.",
    ),
    (
        lambda: nn.LBFGS([{"params": [W]}, {"params": [W * 1]}]), DTypeError,
        "LBFGS: got a recorded result of shape (1,), expected leaves of floating dtype; pass the "
        "Tensors made with requires_grad=True.",
    ),
    (
        lambda: nn.LBFGS([W], max_iter=0), ArgumentError,
        "LBFGS: got max_iter=0, expected a positive int.",
    ),
    (
        lambda: nn.clip_grad_norm([W], -1), ArgumentError,
        "clip_grad_norm: got max_norm=-1, expected a number, 0 or larger.",
    ),
    (
        lambda: nn.clip_grad_norm([W], 1, 0), ArgumentError,
        "clip_grad_norm: got norm_type=0, expected a number larger than 0.",
    ),
    (
        lambda: nn.clip_grad_value([np.ones(1)], 1), DTypeError,
        "clip_grad_value: got ndarray among the parameters, expected Tensors; pass "
        "model.parameters().",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    if sentence.startswith(("LBFGS: the closure", "LBFGS: the loss")):
        pytest.importorskip("scipy")
    with says(error, sentence):
        call()


def test_options_that_no_optimizer_has_are_refused():
    w = nn.Parameter(np.ones(2))
    with says(
        ArgumentError,
        "SGD: got the option 'weightdecay', expected one of dampening, lr, momentum, "
        "nesterov, weight_decay; did you mean 'weight_decay'?",
    ):
        nn.SGD([{"params": [w], "weightdecay": 1}], lr=1.0)
    with says(ArgumentError, "SGD: got lr='0.1', expected a finite number, 0 or larger."):
        nn.SGD([w], lr="0.1")
    assert nn.SGD([{"params": [w], "name": "w"}], lr=1.0).param_groups[0]["name"] == "w"
