"""nn against PyTorch's numbers (2.13, float64, computed once), against check_grads, and its errors.

The reference problem: 2 inputs, 3 tanh units, 3 classes, four rows, weights written out below.
"""

import copy
import pickle

import numpy as np
import pytest
from nn_tools import LABELS, START, Branches, X, reference_model, rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError

# -- layers and losses against PyTorch -------------------------------------------------------------


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


def test_without_rng_no_two_draws_are_alike_and_the_same_program_repeats():
    x = np.ones((2, 200))

    def drawn():
        twice = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Perceptron(3))
        dropouts = nn.Dropout(), nn.Dropout()
        return [
            *(p.data for p in nn.MLP(3, 3, 3).parameters()),
            *(p.data for p in twice.parameters()),
            *(d(x).data for d in dropouts),
            *(
                getattr(nn.init, name)((2, 3))
                for name in ("uniform", "normal", "xavier_uniform", "he_normal", "he_normal")
            ),
        ]

    nn.manual_seed(5)
    first, second = drawn(), drawn()
    nn.manual_seed(5)
    for a, b, c in zip(first, second, drawn(), strict=True):
        np.testing.assert_array_equal(a, c)
        assert (a != b).any() or not a.any()  # biases are 0
    flat = [a.tobytes() for a in first if a.any()]
    assert len(set(flat)) == len(flat)
    nn.manual_seed(6)
    assert (drawn()[0] != first[0]).any()


def test_the_seed_of_the_default_stream_is_checked():
    with says(ArgumentError, "manual_seed: got seed=-1, expected a seed of 0 or larger."):
        nn.manual_seed(-1)
    with says(
        DTypeError, "manual_seed: got seed of type float, expected an int; write nn.manual_seed(0)."
    ):
        nn.manual_seed(1.5)


def test_mlp_takes_a_list_of_sizes_and_a_function_as_activation():
    assert repr(nn.MLP([2, 3, 2])) == repr(nn.MLP((2, 3, 2))) == repr(nn.MLP(2, 3, 2))
    assert repr(nn.MLP(2, [4, 3], 2)) == repr(nn.MLP(2, 4, 3, 2))
    model = nn.MLP(2, 3, 2, activation=ag.gelu)
    hidden = X @ model[0].weight.data.T
    expected = ag.gelu(hidden).data @ model[2].weight.data.T
    np.testing.assert_allclose(model(X).data, expected, atol=1e-14)
    assert repr(model[1]) == "gelu"
    assert isinstance(nn.MLP(2, 3, 2, activation=ag.tanh)[1], nn.Tanh)
    named, given = (nn.MLP(2, 3, 2, activation=a, rng=0) for a in ("relu", ag.relu))
    np.testing.assert_array_equal(named[0].weight.data, given[0].weight.data)


# -- modules ---------------------------------------------------------------------------------------


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
    assert repr(nn.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.5)) == "SGD(1 parameter, lr=0.5)"


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


# -- initializers ----------------------------------------------------------------------------------


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
