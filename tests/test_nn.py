"""nn against PyTorch's numbers (2.13, float64, computed once), against check_grads, and its errors.

The reference problem: 2 inputs, 3 tanh units, 3 classes, four rows, weights written out below.
"""

import copy
import os
import pickle
import re
import zipfile

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

X = np.array([[1.0, 2.0], [-1.0, 0.5], [0.3, -0.8], [0.0, 1.5]])
LABELS = np.array([0, 2, 1, 2])
START = {
    "0.weight": np.array([[0.5, -0.3], [0.2, 0.8], [-0.6, 0.1]]),
    "0.bias": np.array([0.1, -0.2, 0.3]),
    "2.weight": np.array([[0.4, -0.7, 0.2], [0.9, 0.1, -0.5], [-0.3, 0.6, 0.8]]),
    "2.bias": np.array([0.05, 0.0, -0.05]),
}


def rng(seed=0):
    return np.random.default_rng(seed)


def reference_model(dtype=np.float64):
    model = nn.MLP(2, 3, 3, activation="tanh", dtype=dtype, rng=rng())
    model.load_state_dict(START)
    return model


def says(error, sentence):
    """Expect this error with exactly this sentence."""
    return pytest.raises(error, match=f"^{re.escape(sentence)}$")


# -- layers and losses against PyTorch ------------------------------------------------------------


def test_logits_loss_and_gradients_are_pytorchs():
    model = reference_model()
    logits = model(X)
    expected = [
        [-0.615101587010, 0.142000852753, 0.423266736944],
        [-0.002251474221, -0.820359715708, 0.691982504376],
        [0.696577003309, 0.323534778662, -0.545906009133],
        [-0.533286325854, -0.437528076932, 0.845388361074],
    ]
    np.testing.assert_allclose(logits.data, expected, atol=1e-12)
    loss = nn.cross_entropy(logits, LABELS)
    assert loss.item() == pytest.approx(0.951558485554, abs=1e-12)
    loss.backward()
    gradients = {
        "0.weight": [
            [-0.130625094591, 0.135620351125],
            [0.130099780058, 0.002807645056],
            [0.087702079401, -0.214181833377],
        ],
        "0.bias": [0.017527256452, -0.156012233917, 0.036818166557],
        "2.weight": [
            [0.007236399948, -0.242893502785, 0.096874287959],
            [-0.105287494652, 0.223339228273, 0.027389987329],
            [0.098051094703, 0.019554274512, -0.124264275287],
        ],
        "2.bias": [0.032191540986, 0.003911330659, -0.036102871645],
    }
    for name, parameter in model.named_parameters():
        np.testing.assert_allclose(parameter.grad, gradients[name], atol=1e-12)


def test_reductions_are_pytorchs():
    logits = reference_model()(X)
    rows = [1.784515598448, 0.542237112497, 1.054775877739, 0.424705353532]
    np.testing.assert_allclose(
        nn.cross_entropy(logits, LABELS, reduction="none").data, rows, atol=1e-12
    )
    total = nn.cross_entropy(logits, LABELS, reduction="sum").item()
    assert total == pytest.approx(3.806233942216, abs=1e-12)
    target = [[1.0, 0.0, 0.5], [0, 1.0, 0], [0.2, 0.3, 0.4], [1, 1, 1]]
    assert nn.mse_loss(logits, target).item() == pytest.approx(1.000866599527, abs=1e-12)
    total = nn.mse_loss(logits, target, reduction="sum").item()
    assert total == pytest.approx(12.010399194319, abs=1e-12)
    assert nn.mse_loss(logits, target, reduction="none").shape == (4, 3)


def test_second_derivative_of_cross_entropy_is_pytorchs():
    logits = reference_model()(X).data
    hessian = ag.hessian(lambda z: nn.cross_entropy(z, LABELS))(logits)
    expected = [
        [0.034923804368, -0.015022245874, -0.019901558493],
        [-0.015022245874, 0.057454147861, -0.042431901987],
        [-0.019901558493, -0.042431901987, 0.062333460481],
    ]
    np.testing.assert_allclose(hessian[0, :, 0, :], expected, atol=1e-12)
    assert np.abs(hessian).sum() == pytest.approx(1.146977739565, abs=1e-11)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_agree_with_numerical_derivatives_to_second_order(reduction):
    weights = np.arange(1.0, 5.0)

    def entropy(z):
        return (nn.cross_entropy(z, LABELS, reduction=reduction) * weights).sum()

    def squared(p, t):
        return (nn.mse_loss(p, t, reduction=reduction) * weights).sum()

    assert ag.check_grads(entropy, rng(1).normal(size=(4, 3)), order=2)
    assert ag.check_grads(squared, rng(2).normal(size=4), rng(3).normal(size=4), order=2)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (0, 3)])
def test_linear_is_the_composed_formula_to_second_order(shape):
    x, w, b = rng(1).normal(size=shape), rng(2).normal(size=(2, 3)), rng(3).normal(size=2)

    def fused(x, w, b):
        return ag.sin(nn.linear(x, w, b)).sum()

    def composed(x, w, b):
        return ag.sin(ag.matmul(x, w.T) + b).sum()

    for ours, theirs in zip(
        ag.grad(fused, (0, 1, 2))(x, w, b), ag.grad(composed, (0, 1, 2))(x, w, b), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-14)
    if x.size:
        assert ag.check_grads(fused, x, w, b, order=2)


def test_linear_of_mixed_dtypes_and_without_bias():
    x, w = np.ones((2, 3), np.float32), np.ones((1, 3), np.float32)
    assert nn.linear(x, w, np.zeros(1)).dtype == np.float64
    layer = nn.Linear(3, 2, bias=False, rng=rng())
    np.testing.assert_array_equal(
        layer(X @ np.ones((2, 3))).data, X @ np.ones((2, 3)) @ layer.weight.data.T
    )
    assert repr(layer) == "Linear(3, 2, bias=False)"
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


def test_cross_entropy_is_stable_at_extremes():
    for dtype in (np.float32, np.float64):
        z = ag.Tensor(np.array([[1000, -1000], [1000, -1000]], dtype), requires_grad=True)
        loss = nn.cross_entropy(z, [0, 1], reduction="none")
        np.testing.assert_array_equal(loss.data, [0, 2000])
        loss.sum().backward()
        np.testing.assert_array_equal(z.grad, [[0, 0], [1, -1]])
        assert z.grad.dtype == dtype
    masked = nn.cross_entropy(np.array([0.0, 0.0, -np.inf]), 1)
    assert masked.item() == pytest.approx(np.log(2))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_a_step_keeps_its_dtype_throughout(activation, dtype):
    model = nn.MLP(2, 3, 3, activation=activation, dtype=dtype, rng=rng())
    logits = model(X)  # float64 in
    loss = nn.cross_entropy(logits, LABELS)
    assert logits.dtype == loss.dtype == dtype
    loss.backward()
    nn.Adam(model.parameters()).step()
    for parameter in model.parameters():
        assert parameter.dtype == parameter.grad.dtype == dtype
    assert nn.mse_loss(logits, np.zeros((4, 3))).dtype == dtype


def test_input_conversion_is_recorded():
    layer = nn.Linear(2, 1, dtype=np.float32, rng=rng())
    x = ag.Tensor(X, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad.dtype == np.float64
    np.testing.assert_allclose(x.grad, np.broadcast_to(layer.weight.data, (4, 2)))
    assert layer([[1, 2]]).dtype == np.float32


def test_perceptron_is_linear_then_activation():
    neuron = nn.Perceptron(2, 3, activation="tanh", rng=rng())
    expected = np.tanh(X @ neuron.weight.data.T + neuron.bias.data)
    np.testing.assert_allclose(neuron(X).data, expected, atol=1e-15)
    assert sorted(neuron.state_dict()) == ["bias", "weight"]
    assert repr(neuron) == "Perceptron(2, 3, activation=Tanh())"
    np.testing.assert_array_equal(nn.Perceptron(2, activation=nn.ReLU(), rng=rng())(-X * 0).data, 0)


def test_without_rng_the_draws_are_those_of_seed_0():
    model = nn.MLP(3, 3, 3)
    for ours, theirs in [
        (nn.Linear(3, 2), nn.Linear(3, 2, rng=rng())),
        (nn.Perceptron(3), nn.Perceptron(3, rng=rng())),
        (model, nn.MLP(3, 3, 3, rng=rng())),
    ]:
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_array_equal(p.data, q.data)
    assert (np.sign(model[0].weight.data) != np.sign(model[2].weight.data)).any()  # one generator
    for name in ("uniform", "normal", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal"):
        make = getattr(nn.init, name)
        np.testing.assert_array_equal(make((2, 3)), make((2, 3), rng=rng()))


def test_mlp_takes_a_list_of_sizes_and_a_function_as_activation():
    assert repr(nn.MLP([2, 3, 2])) == repr(nn.MLP((2, 3, 2))) == repr(nn.MLP(2, 3, 2))
    model = nn.MLP(2, 3, 2, activation=ag.gelu)
    hidden = X @ model[0].weight.data.T
    expected = ag.gelu(hidden).data @ model[2].weight.data.T
    np.testing.assert_allclose(model(X).data, expected, atol=1e-14)
    assert repr(model[1]) == "gelu"
    assert isinstance(nn.MLP(2, 3, 2, activation=ag.tanh)[1], nn.Tanh)
    named, given = nn.MLP(2, 3, 2, activation="relu"), nn.MLP(2, 3, 2, activation=ag.relu)
    np.testing.assert_array_equal(named[0].weight.data, given[0].weight.data)


# -- modules --------------------------------------------------------------------------------------


class Branches(nn.Module):
    def __init__(self):
        self.first = nn.Linear(2, 2, rng=rng(1))
        self.blocks = [nn.Tanh(), nn.Linear(2, 2, rng=rng(2))]
        self.table = {"scale": nn.Parameter(2.0), "rest": (nn.Linear(2, 1, rng=rng(3)),)}
        self.tied = self.first.weight
        self.myself = self
        self.note = "text"

    def forward(self, x):
        return self.table["rest"][0](self.blocks[1](self.first(x)) * self.table["scale"])


def test_parameters_are_found_in_order_through_containers_once():
    model = Branches()
    names = [name for name, _ in model.named_parameters()]
    assert names == [
        "first.weight", "first.bias", "blocks.1.weight", "blocks.1.bias", "table.scale",
        "table.rest.0.weight", "table.rest.0.bias",
    ]  # fmt: skip
    assert len(list(model.parameters())) == 7
    assert [*model.state_dict()] == [*names, "tied"]
    assert [name for name, _ in model.named_modules()] == [
        "", "first", "blocks.0", "blocks.1", "table.rest.0",
    ]  # fmt: skip


def test_zero_grad_train_and_eval_reach_everything():
    model = Branches()
    assert model.training
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model.train().blocks[0].training
    model(X).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_repr_shows_the_structure():
    assert repr(nn.Sequential(nn.Linear(2, 3, rng=rng()), nn.Sequential(nn.ReLU()))) == (
        "Sequential(\n  (0): Linear(2, 3)\n  (1): Sequential(\n    (0): ReLU()\n  )\n)"
    )
    assert repr(nn.Parameter([1.0], name="w")) == "Tensor([1.], requires_grad=True, name='w')"


def test_repr_shows_parameters_and_what_containers_hold():
    model = Branches()
    model.first.above = model  # a cycle through another module
    assert (
        repr(model)
        == """Branches(
  (first): Linear(2, 2,
    (above): ...
  )
  (blocks.0): Tanh()
  (blocks.1): Linear(2, 2)
  (table.scale): Parameter of shape ()
  (table.rest.0): Linear(2, 1)
  (tied): Parameter of shape (2, 2)
)"""
    )


def test_repr_of_optimizers():
    assert repr(nn.Adam(reference_model().parameters())) == "Adam(4 parameters, lr=0.001)"
    assert repr(nn.SGD([W], lr=0.5)) == "SGD(1 parameter, lr=0.5)"


def test_sequential_is_a_sequence():
    model = nn.Sequential(nn.ReLU(), nn.Tanh())
    assert len(model) == 2 and isinstance(model[1], nn.Tanh)
    assert [type(layer) for layer in model] == [nn.ReLU, nn.Tanh]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_modules_can_be_copied_and_pickled(copied):
    model = Branches()
    twin = copied(model)
    np.testing.assert_array_equal(twin(X).data, model(X).data)
    assert twin.tied is twin.first.weight and twin.tied is not model.tied
    assert isinstance(twin.tied, nn.Parameter)


def test_forward_must_be_written():
    with pytest.raises(NotImplementedError, match=r"^Module: write a method forward\(self, x\)\.$"):
        nn.Module()(X)


def test_state_dict_is_a_copy_and_loads_back():
    model = reference_model()
    state = model.state_dict()
    state["0.bias"][:] = 9
    np.testing.assert_array_equal(model[0].bias.data, START["0.bias"])
    model.load_state_dict({**START, "0.bias": ag.Tensor([9.0, 9.0, 9.0])})
    np.testing.assert_array_equal(model[0].bias.data, 9)
    model.load_state_dict({"2.bias": np.ones(3, np.float32), "other": 1}, strict=False)
    np.testing.assert_array_equal(model[2].bias.data, 1)


def test_loading_names_every_fault_at_once_and_changes_nothing():
    model = reference_model()
    state = {
        "0.weight": np.zeros((2, 3)),
        "2.weight": np.zeros((3, 3)),
        "2.bias": np.zeros(3, complex),
        "extra": np.zeros(1),
        "more": np.zeros(1),
    }
    sentence = (
        "load_state_dict: missing '0.bias'; unexpected 'extra', 'more'; '0.weight' has shape "
        "(2, 3), expected (3, 2); '2.bias' has dtype complex128, expected float64; give a state "
        "of the same architecture."
    )
    with says(ArgumentError, sentence):
        model.load_state_dict(state)
    np.testing.assert_array_equal(model[2].weight.data, START["2.weight"])
    with says(
        ArgumentError,
        "load_state_dict: got list, expected a dict of name to array; use state_dict(), or load a "
        "file of one.",
    ):
        model.load_state_dict([])


def test_a_graph_older_than_a_load_or_a_step_refuses():
    model = reference_model()
    loss = nn.cross_entropy(model(X), LABELS)
    model.load_state_dict(START)
    with pytest.raises(ag.errors.InPlaceError, match="written in place"):
        loss.backward()
    loss = nn.cross_entropy(model(X), LABELS)
    loss.backward(retain_graph=True)
    nn.SGD(model.parameters(), lr=0.1).step()
    with pytest.raises(ag.errors.InPlaceError, match="written in place"):
        loss.backward()


# -- initializers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("initializer", "std"),
    [
        (nn.init.xavier_uniform, np.sqrt(2 / 500)),
        (nn.init.xavier_normal, np.sqrt(2 / 500)),
        (nn.init.he_uniform, np.sqrt(2 / 300)),
        (nn.init.he_normal, np.sqrt(2 / 300)),
    ],
)
def test_initializers_have_the_stated_spread(initializer, std):
    w = initializer((200, 300), rng=rng(), dtype=np.float32)
    assert w.dtype == np.float32 and w.shape == (200, 300)
    assert w.std() == pytest.approx(std, rel=0.02) and abs(w.mean()) < std / 50
    np.testing.assert_array_equal(w, initializer((200, 300), rng=rng(), dtype=np.float32))


def test_zeros_and_kernels():
    np.testing.assert_array_equal(nn.init.zeros((2, 2)), 0)
    assert nn.init.fans((8, 3, 5, 5)) == (75, 200)


# -- optimizers against PyTorch -------------------------------------------------------------------

OPTIMIZERS = {
    "sgd": (
        lambda p: nn.SGD(p, lr=0.3), 0.3276691087813712,
        [[1.030102396114, -0.582597565852], [-0.112560227976, 0.957995046343],
         [-1.171837035824, 0.349753106923]],
        [0.116919347686, -0.038048423905, -0.078870923781],
    ),
    "momentum": (
        lambda p: nn.SGD(p, lr=0.1, momentum=0.9), 0.12380170815700667,
        [[1.533525556615, -0.916494199877], [-0.460020058041, 1.064545804173],
         [-1.697279831588, 0.655539657627]],
        [0.119238233750, -0.056833865588, -0.062404368161],
    ),
    "adam": (
        lambda p: nn.Adam(p, lr=0.05), 0.17639602720202463,
        [[1.159175486579, -1.231850614262], [-0.583131824604, 0.286415650182],
         [-1.593434780463, 0.569229745493]],
        [0.169453776154, -0.335094221660, -0.013577432509],
    ),
    "adam, other constants": (
        lambda p: nn.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-4), 0.46087379574237664,
        [[0.837370258565, -0.694882732867], [-0.170693590459, 0.386357730871],
         [-1.008600055564, 0.389191363946]],
        [0.149918174770, -0.189852786226, -0.112379748169],
    ),
}  # fmt: skip


def train(model, optimizer, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.cross_entropy(model(X), LABELS)
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_are_pytorchs(name):
    make, last, weight, bias = OPTIMIZERS[name]
    model = reference_model()
    assert train(model, make(model.parameters()), 20) == pytest.approx(last, abs=1e-12)
    np.testing.assert_allclose(model[0].weight.data, weight, atol=1e-11)
    np.testing.assert_allclose(model[2].bias.data, bias, atol=1e-11)


@pytest.mark.parametrize("make", [v[0] for v in OPTIMIZERS.values()], ids=[*OPTIMIZERS])
@pytest.mark.parametrize(
    "array",
    [
        np.ones((7, 5)),
        np.asfortranarray(np.ones((7, 5))),
        np.ones((2, 7, 5))[:, ::2, :],
        np.ones(35),
        np.array(1.0),
        np.ones((0, 3)),
        np.ones((1, 40)),
    ],
    ids=["rows", "columns", "strided", "vector", "0-d", "empty", "one row"],
)
def test_blocks_change_nothing(make, array, monkeypatch):
    gradients = [rng(i).normal(size=array.shape) for i in range(3)]

    def result():
        p = ag.Tensor(np.zeros(array.shape), requires_grad=True)
        p.data = array.copy(order="K")
        optimizer = make([p])
        for g in gradients:
            p.grad = g
            optimizer.step()
            np.testing.assert_array_equal(p.grad, g)
        return p.data

    whole = result()
    monkeypatch.setattr(nn.optim, "_BLOCK", 8)
    np.testing.assert_array_equal(result(), whole)


def test_a_step_allocates_nothing_large_and_stays_in_place():
    import tracemalloc

    p = ag.Tensor(np.zeros(500_000), requires_grad=True)
    p.grad = np.ones(500_000)
    data = p.data
    optimizer = nn.Adam([p])
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000
    assert p.data is data


def test_parameters_without_gradient_are_left_and_replaced_arrays_followed():
    p, q = (ag.Tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = nn.SGD([p, q], lr=1.0)
    p.grad = np.array([0.5])
    optimizer.step()
    assert (p.item(), q.item()) == (0.5, 1.0)
    p.data = np.array([3.0])
    optimizer.step()
    assert p.item() == 2.5


@pytest.mark.parametrize("make", [v[0] for v in OPTIMIZERS.values()], ids=[*OPTIMIZERS])
def test_running_means_do_not_get_stuck_in_subnormal_numbers(make):
    p = ag.Tensor(np.zeros(3, np.float32), requires_grad=True)
    optimizer = make([p])
    p.grad = np.array([1e-3, 0.0, np.nan], np.float32)
    optimizer.step()
    p.grad = np.array([0.0, 1e-20, 0.0], np.float32)
    for _ in range(1023):
        optimizer.step()
    for name, value in optimizer.state_dict().items():
        if name in ("0.first", "0.velocity"):
            assert value[0] == 0 and value[1] > 1e-20 and np.isnan(value[2])


def test_complex_gradient_descent():
    z = ag.Tensor([1.0 + 2.0j], requires_grad=True)
    optimizer = nn.SGD([z], lr=0.25)
    for _ in range(60):
        optimizer.zero_grad()
        nn.mse_loss(z, [3.0 - 1.0j]).backward()
        optimizer.step()
    np.testing.assert_allclose(z.data, [3.0 - 1.0j], atol=1e-12)
    z = ag.Tensor([1.0 + 2.0j], requires_grad=True)
    optimizer = nn.SGD([z], lr=0.05, momentum=0.5)
    for _ in range(400):
        optimizer.zero_grad()
        nn.mse_loss(z, [3.0 - 1.0j]).backward()
        optimizer.step()
    np.testing.assert_allclose(z.data, [3.0 - 1.0j], atol=1e-12)


@pytest.mark.parametrize("make", [v[0] for v in OPTIMIZERS.values()], ids=[*OPTIMIZERS])
def test_optimizer_state_resumes_bit_for_bit(make, tmp_path):
    model = reference_model()
    optimizer = make(model.parameters())
    train(model, optimizer, 5)
    nn.save(optimizer.state_dict(), tmp_path / "optimizer.npz")
    twin = copy.deepcopy(model)
    resumed = make(twin.parameters())
    resumed.load_state_dict(nn.load(tmp_path / "optimizer.npz"))
    assert train(model, optimizer, 5) == train(twin, resumed, 5)
    np.testing.assert_array_equal(model[0].weight.data, twin[0].weight.data)


# -- training -------------------------------------------------------------------------------------


def test_batches_cover_every_row_once():
    data = np.arange(10)
    pairs = list(nn.batches(data[:, None], data, 4, rng=rng()))
    assert [len(x) for x, _ in pairs] == [4, 4, 2]
    seen = np.concatenate([y for _, y in pairs])
    assert sorted(seen) == list(data) and list(seen) != list(data)
    for x, y in pairs:
        np.testing.assert_array_equal(x[:, 0], y)
    again = np.concatenate([y for _, y in nn.batches(data, data, 4, rng=rng())])
    np.testing.assert_array_equal(again, seen)
    (x, y), *_ = nn.batches(ag.Tensor(data), data, 3)
    assert list(x) == list(y) == [0, 1, 2]


def test_fit_learns_and_reports():
    random = rng(3)
    points = random.normal(size=(200, 2))
    labels = (points[:, 0] * points[:, 1] > 0).astype(int)
    model = nn.MLP(2, 16, 2, activation="tanh", rng=random).eval()
    lines = []
    history = nn.fit(
        model, points, labels, optimizer=nn.Adam(model.parameters(), lr=0.02), epochs=30,
        batch_size=20, rng=random, report=lambda epoch, loss: lines.append((epoch, loss)),
    )  # fmt: skip
    assert nn.accuracy(model(points), labels) > 0.95
    assert lines == [*enumerate(history.loss, 1)] and len(lines) == 30
    assert model.training


def test_fit_with_another_loss_weighs_batches_by_their_rows():
    model = nn.Linear(1, 1, rng=rng())
    x = np.arange(5.0)[:, None]
    history = nn.fit(
        model, x, 2 * x, optimizer=nn.SGD(model.parameters(), lr=0.0), loss=nn.mse_loss, epochs=1,
        batch_size=2, rng=rng(),
    )  # fmt: skip
    assert history.loss == [pytest.approx(nn.mse_loss(model(x), 2 * x).item())]


def test_fit_without_rng_repeats():
    def history():
        model = nn.MLP(2, 3, 3)
        return nn.fit(model, X, LABELS, optimizer=nn.Adam(model.parameters()), batch_size=2).loss

    assert history() == history()
    model = nn.MLP(2, 3, 3)
    optimizer = nn.Adam(model.parameters())
    assert history() == nn.fit(model, X, LABELS, optimizer=optimizer, batch_size=2, rng=rng()).loss


def test_fit_stops_when_the_loss_is_not_finite_without_warnings():
    model = nn.Linear(2, 1)
    target = np.ones((4, 1))
    optimizer = nn.SGD(model.parameters(), lr=1e100)
    with says(
        ArgumentError,
        "fit: the loss became inf in epoch 3, expected a finite number; make the optimizer with a "
        "smaller lr (or look for nan and inf in X and y).",
    ):
        nn.fit(model, X, target, optimizer=optimizer, loss=nn.mse_loss)
    model = nn.Linear(2, 1)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    with pytest.raises(ArgumentError, match=r"^fit: the loss became nan in epoch 1, expected a"):
        nn.fit(model, X * np.nan, target, optimizer=optimizer, loss=nn.mse_loss)
    assert np.isfinite(model.weight.data).all()  # stopped before the step


# -- files ----------------------------------------------------------------------------------------


def test_files_hold_the_state_and_the_same_bytes(tmp_path):
    model = reference_model(np.float32)
    nn.save(model, tmp_path / "a.npz")
    nn.save(model.state_dict(), str(tmp_path / "b"))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b").read_bytes()
    state = nn.load(tmp_path / "b")
    assert list(state) == list(START)
    for name, value in state.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, START[name].astype(np.float32))
    with np.load(tmp_path / "a.npz") as archive:
        assert archive.files == list(START)
    odd = {"file": np.array(1), "a/b": np.zeros((0, 2)), "self": ag.Tensor([1.0])}
    nn.save(odd, tmp_path / "odd.npz")
    assert list(nn.load(tmp_path / "odd.npz")) == list(odd)
    assert sorted(os.listdir(tmp_path)) == ["a.npz", "b", "odd.npz"]


def test_a_crash_while_saving_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "w.npz"
    nn.save({"w": np.zeros(2)}, path)

    def crash(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(np.lib.format, "write_array", crash)
    with pytest.raises(KeyboardInterrupt):
        nn.save({"w": np.ones(2)}, path)
    assert os.listdir(tmp_path) == ["w.npz"]
    np.testing.assert_array_equal(nn.load(path)["w"], 0)


class Evil:
    def __reduce__(self):
        return os.abort, ()


def broken_files(folder):
    nn.save({"w": np.arange(1000.0)}, folder / "good.npz")
    good = (folder / "good.npz").read_bytes()
    yield good[: len(good) // 2]
    yield good[:2000] + bytes([good[2000] ^ 255]) + good[2001:]
    yield b""
    yield b"hello"
    yield pickle.dumps(Evil())
    np.save(folder / "one.npy", np.zeros(2))
    yield (folder / "one.npy").read_bytes()
    np.savez(folder / "object.npz", w=np.array([Evil()], object))
    yield (folder / "object.npz").read_bytes()
    with zipfile.ZipFile(folder / "text.zip", "w") as archive:
        archive.writestr("w.npy", "no array")
    yield (folder / "text.zip").read_bytes()


def test_foreign_and_broken_files_are_refused_and_never_run(tmp_path):
    path = tmp_path / "bad.npz"
    for data in broken_files(tmp_path):
        path.write_bytes(data)
        with pytest.raises(ArgumentError) as caught:
            nn.load(path)
        assert str(caught.value).startswith(
            f"load: got {str(path)!r}, expected an .npz file of plain arrays as nn.save writes it; "
            "it is truncated, corrupt or of another kind ("
        )


def test_saving_where_it_cannot_be_is_refused(tmp_path):
    nowhere = str(tmp_path / "no" / "w.npz")
    with says(
        ArgumentError,
        f"save: got {nowhere!r}, which cannot be written (no such file or directory); choose a "
        "file in a folder that exists and is yours.",
    ):
        nn.save({}, nowhere)
    with pytest.raises(ArgumentError, match=r"which cannot be written \("):
        nn.save({}, tmp_path)
    assert os.listdir(tmp_path) == []
    with says(
        ArgumentError, f"load: got {nowhere!r}, expected a file that exists; check the path."
    ):
        nn.load(nowhere)


# -- bad input ------------------------------------------------------------------------------------

LAYER = nn.Linear(3, 2, rng=rng())
Z = np.zeros((2, 3))
W = ag.Tensor([1.0], requires_grad=True)

MISTAKES = [
    (
        lambda: LAYER(np.zeros((5, 4))), ShapeError,
        "linear: got x of shape (5, 4) and a weight of shape (2, 3); expected the last axis of x "
        "to be the second of the weight; reshape x to (rows, features).",
    ),
    (
        lambda: LAYER(1.0), ShapeError,
        "linear: got x of shape () and a weight of shape (2, 3); expected the last axis of x to "
        "be the second of the weight; reshape x to (rows, features).",
    ),
    (
        lambda: nn.linear(Z, np.zeros((2, 3)), np.zeros(3)), ShapeError,
        "linear: got a bias of shape (3,) for a weight of shape (2, 3), expected (2,); give one "
        "bias per row of the weight.",
    ),
    (
        lambda: LAYER(np.array(["a"])), DTypeError,
        "Linear: got an input of dtype <U1 for parameters of dtype float64; convert the input "
        "first, or build the layer with another dtype=.",
    ),
    (
        lambda: LAYER(Z * 1j), DTypeError,
        "Linear: got an input of dtype complex128 for parameters of dtype float64; convert the "
        "input first, or build the layer with another dtype=.",
    ),
    (
        lambda: nn.Linear(0, 2, rng=rng()), ArgumentError,
        "Linear: got in_features=0, expected a positive int.",
    ),
    (
        lambda: nn.Perceptron(3, 1.5, rng=rng()), ArgumentError,
        "Perceptron: got out_features=1.5, expected a positive int.",
    ),
    (
        lambda: nn.Linear(3, True, rng=rng()), ArgumentError,
        "Linear: got out_features=True, expected a positive int.",
    ),
    (
        lambda: nn.Linear(3, 2, rng=0), DTypeError,
        "Linear: got rng of type int, expected a numpy.random.Generator; write "
        "rng=np.random.default_rng(0).",
    ),
    (
        lambda: nn.MLP(3, rng=rng()), ArgumentError,
        "MLP: got sizes (3,), expected those of the input, of the hidden layers and of the output; "
        "write MLP(784, 100, 10).",
    ),
    (
        lambda: nn.MLP([3, 0, 1]), ArgumentError, "MLP: got size=0, expected a positive int.",
    ),
    (
        lambda: nn.MLP(3, 2, 1, activation="ReLU"), ArgumentError,
        "activation: got 'ReLU', expected one of relu, sigmoid, tanh, a Module or a function; did "
        "you mean 'relu'?",
    ),
    (
        lambda: nn.MLP(3, 2, 1, activation=["relu"]), ArgumentError,
        "activation: got ['relu'], expected one of relu, sigmoid, tanh, a Module or a function; "
        "did you mean 'relu'?",
    ),
    (
        lambda: nn.MLP(3, 2, 1, activation=nn.ReLU), DTypeError,
        "activation: got the class ReLU, expected a module; call it: nn.ReLU().",
    ),
    (
        lambda: nn.Perceptron(3, activation=Branches), DTypeError,
        "activation: got the class Branches, expected a module; call it: Branches(...).",
    ),
    (
        lambda: nn.Sequential(nn.Tanh), DTypeError,
        "Sequential: got the class Tanh, expected Modules; call it: nn.Tanh().",
    ),
    (
        lambda: nn.MLP(3, 2, 1, activation="sigmod", rng=rng()), ArgumentError,
        "activation: got 'sigmod', expected one of relu, sigmoid, tanh, a Module or a function; "
        "did you mean 'sigmoid'?",
    ),
    (
        lambda: nn.Sequential(np.tanh), DTypeError,
        "Sequential: got ufunc, expected Modules; write nn.ReLU() for an activation.",
    ),
    (
        lambda: nn.init.xavier_uniform((3,), rng=rng()), ShapeError,
        "init: got shape (3,), expected a weight of shape (out, in, ...) with no axis of size 0; "
        "use uniform or normal for other shapes.",
    ),
    (
        lambda: nn.mse_loss(np.zeros(4), np.zeros((4, 1))), ShapeError,
        "mse_loss: got a prediction of shape (4,) and a target of shape (4, 1), expected equal "
        "shapes; write y.reshape(-1, 1), or x[:, 0]: broadcasting would pair all with all.",
    ),
    (
        lambda: nn.mse_loss(Z, np.zeros((3, 2))), ShapeError,
        "mse_loss: got a prediction of shape (2, 3) and a target of shape (3, 2), expected equal "
        "shapes; give both the same shape.",
    ),
    (
        lambda: nn.mse_loss(np.zeros(0), np.zeros(0)), ShapeError,
        "mse_loss: got shape (0,), which has nothing to average; leave empty batches out, or use "
        "reduction='sum'.",
    ),
    (
        lambda: nn.mse_loss([1, 2], [1.0, 2.0]), DTypeError,
        "mse_loss: got predictions of dtype int64, expected floating numbers; the arguments may be "
        "swapped: pass the prediction first and the target second.",
    ),
    (
        lambda: nn.mse_loss([1, 2], [1, 2]), DTypeError,
        "mse_loss: got predictions of dtype int64, expected floating numbers; use astype(float).",
    ),
    (
        lambda: nn.cross_entropy([0, 1], Z), DTypeError,
        "cross_entropy: got logits of dtype int64 and shape (2,), and labels of dtype float64 and "
        "shape (2, 3); the arguments may be swapped: pass the logits first and the labels second.",
    ),
    (
        lambda: nn.mse_loss(Z, Z, reduction="avg"), ArgumentError,
        "mse_loss: got reduction='avg', expected 'mean', 'sum' or 'none'.",
    ),
    (
        lambda: nn.cross_entropy(Z, [0, 1], reduction="man"), ArgumentError,
        "cross_entropy: got reduction='man', expected 'mean', 'sum' or 'none'; did you mean "
        "'mean'?",
    ),
    (
        lambda: nn.cross_entropy(Z, [0, 3]), ArgumentError,
        "cross_entropy: got the label 3, expected 0 to 2 for logits of shape (2, 3); number the "
        "classes from 0.",
    ),
    (
        lambda: nn.cross_entropy(Z, [-1, 3]), ArgumentError,
        "cross_entropy: got the label -1, expected 0 to 2 for logits of shape (2, 3); number the "
        "classes from 0.",
    ),
    (
        lambda: nn.cross_entropy(Z, [[0], [1]]), ShapeError,
        "cross_entropy: got logits of shape (2, 3) and labels of shape (2, 1), expected labels of "
        "shape (2,), one class number per row; reshape the labels.",
    ),
    (
        lambda: nn.cross_entropy(Z, Z), ShapeError,
        "cross_entropy: got logits of shape (2, 3) and labels of shape (2, 3), expected labels of "
        "shape (2,), one class number per row; turn one-hot rows into numbers with "
        "argmax(axis=-1).",
    ),
    (
        lambda: nn.cross_entropy(Z, [0.0, 1.0]), DTypeError,
        "cross_entropy: got labels of dtype float64, expected integers from 0 to 2; use "
        "astype(int).",
    ),
    (
        lambda: nn.cross_entropy([[1, 2]], [0]), DTypeError,
        "cross_entropy: got logits of dtype int64, expected floating numbers; use astype(float).",
    ),
    (
        lambda: nn.cross_entropy(Z[:0], np.zeros(0, int)), ShapeError,
        "cross_entropy: got shape (0, 3), which has nothing to average; leave empty batches out, "
        "or use reduction='sum'.",
    ),
    (
        lambda: nn.SGD([], lr=1), ArgumentError,
        "SGD: got no parameters, expected at least one; pass model.parameters().",
    ),
    (
        lambda: nn.SGD(W, lr=1), DTypeError,
        "SGD: got Tensor, expected several Tensors; pass model.parameters(), or a list.",
    ),
    (
        lambda: nn.SGD(LAYER, lr=1), DTypeError,
        "SGD: got Linear, expected several Tensors; pass model.parameters(), or a list.",
    ),
    (
        lambda: nn.SGD([W, W], lr=1), ArgumentError,
        "SGD: got a parameter twice; pass each one once.",
    ),
    (
        lambda: nn.Adam([np.zeros(2)]), DTypeError,
        "Adam: got ndarray among the parameters, expected Tensors; pass model.parameters().",
    ),
    (
        lambda: nn.Adam([W * 2]), DTypeError,
        "Adam: got a recorded result of shape (1,), expected leaves of floating dtype; pass the "
        "Tensors made with requires_grad=True.",
    ),
    (
        lambda: nn.Adam([ag.Tensor([1])]), DTypeError,
        "Adam: got a Tensor of dtype int64 of shape (1,), expected leaves of floating dtype; pass "
        "the Tensors made with requires_grad=True.",
    ),
    (
        lambda: nn.Adam([ag.Tensor([1j], requires_grad=True)]), DTypeError,
        "Adam: got a parameter of dtype complex128, expected a real one; learn its real and "
        "imaginary parts as two parameters, or use SGD.",
    ),
    (
        lambda: nn.SGD([W], lr=-1), ArgumentError,
        "SGD: got lr=-1, expected a finite number, 0 or larger.",
    ),
    (
        lambda: nn.SGD([W], lr="fast"), ArgumentError,
        "SGD: got lr='fast', expected a finite number, 0 or larger.",
    ),
    (
        lambda: nn.SGD([W], lr=1, momentum=1), ArgumentError,
        "SGD: got momentum=1, expected a number in [0, 1).",
    ),
    (
        lambda: nn.Adam([W], betas=(0.9, float("nan"))), ArgumentError,
        "Adam: got betas[1]=nan, expected a number in [0, 1).",
    ),
    (
        lambda: nn.Adam([W], betas=0.9), ArgumentError,
        "Adam: got betas=0.9, expected two numbers in [0, 1).",
    ),
    (
        lambda: nn.Adam([W]).load_state_dict({"0.first": np.zeros(2)}), ArgumentError,
        "load_state_dict: missing '0.steps', '0.second'; '0.first' has shape (2,), expected (1,); "
        "give a state of the same architecture.",
    ),
    (
        lambda: nn.batches(Z, np.zeros(3), 2), ShapeError,
        "batches: got X of shape (2, 3) and y of shape (3,), expected the same number of rows in "
        "both, at least one.",
    ),
    (
        lambda: nn.batches(Z[:0], Z[:0], 2), ShapeError,
        "batches: got X of shape (0, 3) and y of shape (0, 3), expected the same number of rows "
        "in both, at least one.",
    ),
    (
        lambda: nn.batches(Z, Z, 0), ArgumentError,
        "batches: got batch_size=0, expected a positive int.",
    ),
    (
        lambda: nn.batches(Z, Z, 1, rng=1), DTypeError,
        "batches: got rng of type int, expected a numpy.random.Generator; write "
        "rng=np.random.default_rng(0).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD([W], lr=1), epochs=0, rng=rng()),
        ArgumentError, "fit: got epochs=0, expected a positive int.",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer="adam"), DTypeError,
        "fit: got 'adam' as the optimizer, expected one ready for use; write "
        "optimizer=nn.Adam(model.parameters()).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD), DTypeError,
        "fit: got the class SGD as the optimizer, expected one ready for use; write "
        "optimizer=nn.Adam(model.parameters()).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD([W], lr=1), loss="mse"), DTypeError,
        "fit: got 'mse' as the loss, expected a function; write loss=nn.cross_entropy, or "
        "loss=nn.mse_loss.",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD([W], lr=1)), ArgumentError,
        "fit: got SGD(1 parameter, lr=1.0), none of whose parameters belongs to the model (the "
        "loss gave them no gradient); write SGD(model.parameters(), lr=...).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD(LAYER.parameters(), lr=1), rng=1),
        DTypeError,
        "fit: got rng of type int, expected a numpy.random.Generator; write "
        "rng=np.random.default_rng(0).",
    ),
    (
        lambda: nn.load(LAYER, "f.npz"), DTypeError,
        "load: got Linear, str, expected one path; write "
        "model.load_state_dict(nn.load('f.npz')).",
    ),
    (
        lambda: nn.load(None), DTypeError,
        "load: got NoneType, expected one path; write "
        "model.load_state_dict(nn.load('weights.npz')).",
    ),
    (
        lambda: nn.accuracy(Z, [0]), ShapeError,
        "accuracy: got scores of shape (2, 3) and labels of shape (1,), expected (n, classes) and "
        "(n,); pass the model's outputs first, labels as numbers.",
    ),
    (
        lambda: nn.save([1], "x"), DTypeError,
        "save: got list, expected a Module or a dict of name to array; use state_dict().",
    ),
    (
        lambda: nn.save({"note": "text"}, "x"), DTypeError,
        "save: got an array of dtype <U4 under 'note', expected numbers; leave it out or convert "
        "it.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()
