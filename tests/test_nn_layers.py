"""Every layer against PyTorch's numbers, and what the numbers do not show."""

import copy
import json
import pickle

import numpy as np
import pytest
from nn_cases import CASES, NUMBERS, boiled, filled, outputs, start_state
from nn_tools import rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError, IndexOutOfRangeError, ShapeError

TORCH = json.loads(NUMBERS.read_text())
every_case = pytest.mark.parametrize("case", CASES)


def made(case, dtype=np.float64):
    """The layer, its input and its states, filled as PyTorch's were."""
    text, shape, states = CASES[case]
    layer = eval(text, dict(vars(nn)))
    layer.load_state_dict(start_state(layer.state_dict()))
    layer.to(dtype)
    x = ag.Tensor(filled(shape, 20).astype(dtype), requires_grad=True)
    given = [
        ag.Tensor(filled(s, 30 + i).astype(dtype), requires_grad=True) for i, s in enumerate(states)
    ]
    hx = [] if not given else [given[0] if len(given) == 1 else tuple(given)]
    return layer, x, given, hx


def close(got, expected, tolerance=1e-9):
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def test_there_are_numbers_for_every_case():
    assert list(TORCH) == list(CASES)


@every_case
def test_outputs_and_derivatives_are_pytorchs(case):
    layer, x, given, hx = made(case)
    outs = outputs(layer(x, *hx))
    close([boiled(out.data) for out in outs], TORCH[case]["outputs"])
    loss = sum((out * filled(out.shape, 40 + i)).sum() for i, out in enumerate(outs))
    leaves = [x, *given, *layer.parameters()]
    first = ag.gradients(loss, leaves, create_graph=True)
    close([boiled(g.data) for g in first], TORCH[case]["gradients"])
    for g, leaf in zip(first, leaves, strict=True):
        assert g.shape == leaf.shape
    weighted = [(g * filled(g.shape, 50 + i)).sum() for i, g in enumerate(first) if g.requires_grad]
    expected = TORCH[case].get("second", [[0.0] * 3] * len(leaves))
    got = ag.gradients(sum(weighted), leaves) if weighted else []
    close([boiled(g.data) for g in got] or [[0.0] * 3] * len(leaves), expected, 1e-8)


@every_case
def test_buffers_and_evaluation_mode_are_pytorchs(case):
    layer, x, _, hx = made(case)
    layer(x, *hx)
    layer(x, *hx)
    buffers = {name: boiled(array) for name, array in layer.named_buffers()}
    assert buffers.keys() == TORCH[case]["buffers"].keys()
    for name, value in buffers.items():
        close(value, TORCH[case]["buffers"][name])
    close(boiled(outputs(layer.eval()(x, *hx))[0].data), TORCH[case]["eval"])
    for name, value in layer.named_buffers():
        close(boiled(value), buffers[name])


@every_case
def test_float32_stays_float32(case):
    layer, x, given, hx = made(case, np.float32)
    outs = outputs(layer(x, *hx))
    assert all(out.dtype == np.float32 for out in outs)
    sum((out * out).sum() for out in outs).backward()
    assert all(t.grad.dtype == np.float32 for t in (x, *given, *layer.parameters()))
    assert all(b.dtype in (np.float32, np.int64) for b in layer.buffers())
    assert outputs(layer.eval()(x, *hx))[0].dtype == np.float32
    for out, expected in zip(outs, TORCH[case]["outputs"], strict=True):
        close(boiled(out.data), expected, 3e-4)


@every_case
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_work_alike(case, copied):
    layer, x, _, hx = made(case)
    twin = copied(layer)
    assert repr(twin) == repr(layer)
    for a, b in zip(outputs(layer(x, *hx)), outputs(twin(x.data, *hx)), strict=True):
        np.testing.assert_array_equal(a.data, b.data)


# -- recurrences -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scan", "shapes"),
    [
        ("lstm_scan", [(3, 2, 8), (2, 2), (2, 2), (8, 2)]),
        ("gru_scan", [(3, 2, 6), (2, 2), (6, 2), (2,)]),
        ("rnn_scan", [(3, 2, 2), (2, 2), (2, 2)]),
    ],
)
def test_scans_have_numerical_derivatives_in_all_they_give(scan, shapes):
    function = getattr(nn.scans, scan)

    def f(*arrays):
        return sum((ag.sin(out) * filled(out.shape, 3)).sum() for out in outputs(function(*arrays)))

    arrays = [filled(s, i) * 0.6 for i, s in enumerate(shapes)]
    report = ag.check_grads(f, *arrays, order=2, modes=("reverse", "forward"))
    assert report.ok, report


def test_unused_states_cost_nothing_and_change_nothing():
    layer = nn.LSTM(3, 2, rng=1)
    x = filled((4, 2, 3), 1)
    _, (_, cell) = layer(x)
    cell.sum().backward()
    assert all(np.isfinite(p.grad).all() and p.grad.any() for p in layer.parameters())
    layer = nn.GRU(3, 2, rng=1)
    layer(x)[1].sum().backward()
    assert all(p.grad.any() for p in layer.parameters())


def test_a_sequence_backwards_is_the_reverse_direction():
    both = nn.GRU(3, 2, bidirectional=True, rng=3)
    one = nn.GRU(3, 2)
    one.load_state_dict({
        n.removesuffix("_reverse"): v for n, v in both.state_dict().items() if "reverse" in n
    })  # fmt: skip
    x = filled((5, 2, 3), 2)
    np.testing.assert_allclose(both(x)[0].data[..., 2:], one(x[::-1])[0].data[::-1], atol=1e-14)


def test_recurrent_dropout_is_between_layers_and_in_training_only():
    x = filled((4, 2, 3), 1)
    one, two = nn.LSTM(3, 8, dropout=0.5, rng=1), nn.LSTM(3, 8, num_layers=2, dropout=0.5, rng=1)
    plain = nn.LSTM(3, 8, num_layers=2, rng=1)
    np.testing.assert_array_equal(one(x)[0].data, nn.LSTM(3, 8, rng=1)(x)[0].data)
    for p, q in zip(two.parameters(), plain.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    first, again = two(x)[0].data, two(x)[0].data
    assert (first != again).any()
    np.testing.assert_array_equal(two.eval()(x)[0].data, plain(x)[0].data)


# -- dropout ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_drops_the_share(p):
    layer = nn.Dropout(p, rng=3)
    x = ag.Tensor(np.full((200, 300), 2.0), requires_grad=True)
    out = layer(x)
    kept = out.data != 0
    assert kept.mean() == pytest.approx(1 - p, abs=0.01)
    np.testing.assert_allclose(out.data[kept], 2 / (1 - p))
    out.sum().backward()
    np.testing.assert_allclose(x.grad, kept / (1 - p))


def test_dropout_at_its_ends_in_evaluation_and_from_its_generator():
    x = filled((3, 4), 1)
    np.testing.assert_array_equal(nn.Dropout(0)(x).data, x)
    np.testing.assert_array_equal(nn.Dropout(1.0)(x).data, 0)
    layer = nn.Dropout(0.5, rng=0)
    np.testing.assert_array_equal(layer.eval()(x).data, x)
    layer.train()
    first, second = layer(x).data, layer(x).data
    assert (first != second).any()
    twin = nn.Dropout(0.5, rng=0)
    np.testing.assert_array_equal(twin(x).data, first)
    kept = copy.deepcopy(twin)
    np.testing.assert_array_equal(twin(x).data, second)
    np.testing.assert_array_equal(kept(x).data, second)
    assert [name for name, _ in nn.MLP(2, 3, 3, 1, dropout=0.5).named_generators()] == [
        "2.rng", "5.rng",
    ]  # fmt: skip


# -- embedding, normalization ----------------------------------------------------------------------


@pytest.mark.parametrize("padding", [1, -3])
def test_embedding_gathers_rows_and_leaves_padding_alone(padding):
    layer = nn.Embedding(4, 3, padding_idx=padding, rng=2)
    assert repr(layer) == "Embedding(4, 3, padding_idx=1)"
    np.testing.assert_array_equal(layer.weight.data[1], 0)
    layer.weight.data = filled((4, 3), 5)
    indices = np.array([[0, 1, 3], [3, 3, 1]])
    out = layer(indices)
    np.testing.assert_array_equal(out.data, layer.weight.data[indices])
    out.sum().backward()
    assert layer.weight.grad.tolist() == [[1] * 3, [0] * 3, [0] * 3, [3] * 3]
    assert layer(np.zeros((0, 2), int)).shape == (0, 2, 3) and layer([]).shape == (0, 3)
    assert layer(ag.Tensor(np.array(2))).shape == (3,)
    assert ag.check_grads(
        lambda w: (ag.take(w, indices, axis=0) ** 3).sum(), layer.weight.data, order=2
    )


def test_embedding_without_padding_has_numerical_derivatives():
    layer = nn.Embedding(4, 2, rng=2)
    (layer([1, 1, 2]) * np.array([1.0, 2.0])).sum().backward()
    assert layer.weight.grad.tolist() == [[0, 0], [2, 4], [1, 2], [0, 0]]


def test_a_graph_of_evaluation_mode_survives_later_statistics():
    layer = nn.BatchNorm1d(2)
    x = ag.Tensor(filled((4, 2), 1), requires_grad=True)
    layer(x)
    loss = (layer.eval()(x) ** 2).sum()
    expected = ag.gradients(loss, x, retain_graph=True).data
    layer.train()(100 * x.data)
    np.testing.assert_array_equal(ag.gradients(loss, x).data, expected)


def test_batch_norm_trains_under_no_grad_and_counts():
    layer = nn.BatchNorm1d(2)
    with ag.no_grad():
        for _ in range(3):
            layer(filled((4, 2), 1))
    assert layer.num_batches_tracked == 3
    twin = nn.BatchNorm1d(2)
    twin.load_state_dict(layer.state_dict())
    assert twin.num_batches_tracked == 3 and twin.num_batches_tracked.shape == ()
    np.testing.assert_array_equal(twin.running_var, layer.running_var)


# -- perceptrons -----------------------------------------------------------------------------------

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.mark.parametrize("labels", [[0, 0, 0, 1], [-1, 1, 1, 1], [True, False, False, False]])
@pytest.mark.parametrize("rate", [1.0, 0.1])
@pytest.mark.parametrize("random", [None, 7])
def test_the_perceptron_rule_learns_what_a_line_separates(labels, rate, random):
    neuron = nn.Perceptron(2, activation="step", rng=4)
    history = neuron.fit_rule(CORNERS, labels, lr=rate, rng=random)
    assert history.converged and history.separable
    assert len(history.mistakes) == history.epochs and history.mistakes[-1] == 0
    np.testing.assert_array_equal(neuron(CORNERS).data[:, 0], np.array(labels) > 0)
    assert "converged after" in str(history)


def test_the_rule_by_hand():
    neuron = nn.Perceptron(2, activation="step", init=nn.init.zeros)
    history = neuron.fit_rule(CORNERS, [0, 0, 0, 1])
    # Rosenblatt's rule for AND from zeros, worked out on paper: (0, 0) is the first mistake.
    assert history.mistakes == [2, 3, 3, 2, 1, 0]
    assert neuron.weight.data.tolist() == [[2.0, 1.0]] and neuron.bias.data.tolist() == [-3.0]


def test_the_rule_says_that_xor_is_not_separable():
    neuron = nn.Perceptron(2, activation="step")
    history = neuron.fit_rule(CORNERS, [0, 1, 1, 0])
    assert not history.converged and history.separable is False and history.epochs < 100
    assert "no plane separates the classes" in str(history)
    shuffled = neuron.fit_rule(CORNERS, [0, 1, 1, 0], rng=0, epochs=20)
    assert not shuffled.converged and shuffled.separable is None and shuffled.epochs == 20
    assert "may not be separable" in str(shuffled)


def test_the_rule_with_several_neurons_and_float32():
    random = rng(1)
    X = random.normal(size=(60, 3))
    plane = random.normal(size=(2, 3))
    y = (X @ plane.T > 0.1).astype(int)
    neurons = nn.Perceptron(3, 2, activation="step", dtype=np.float32, rng=0)
    assert neurons.fit_rule(X, y).converged
    np.testing.assert_array_equal(neurons(X).data, y)
    assert neurons.weight.dtype == np.float32
    unbiased = nn.Perceptron(3, 1, activation="step", bias=False)
    assert unbiased.fit_rule(X, X @ plane[0] > 0).converged


def test_perceptrons_take_every_activation():
    for name, function in [("identity", lambda z: z), ("relu", lambda z: np.maximum(z, 0))]:
        neuron = nn.Perceptron(2, activation=name)
        z = CORNERS @ neuron.weight.data.T
        np.testing.assert_array_equal(neuron(CORNERS).data, function(z))
    assert nn.step(np.array([-1e-9, 0.0, 1.0], np.float32)).data.tolist() == [0, 1, 1]


def test_mlp_builds_what_it_is_told():
    model = nn.MLP(
        4, 6, 5, 3, activation=["tanh", nn.GELU()], dropout=[0.0, 0.25], norm="layer",
        output_activation="softmax", bias=False, dtype=np.float32, rng=1,
    )  # fmt: skip
    kinds = [type(layer).__name__ for layer in model]
    assert kinds == [
        "Linear", "LayerNorm", "Tanh", "Linear", "LayerNorm", "GELU", "Dropout", "Linear",
        "Softmax",
    ]  # fmt: skip
    assert all(p.dtype == np.float32 for p in model.parameters())
    out = model(np.ones((2, 4)))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.data.sum(axis=1), 1, rtol=1e-6)
    assert sorted(model.state_dict())[:3] == ["0.weight", "1.bias", "1.weight"]
    assert [type(m).__name__ for m in nn.MLP(2, 3, 1, norm=nn.BatchNorm1d)][1] == "BatchNorm1d"
    assert [type(m).__name__ for m in nn.MLP(2, 3, 1, norm=lambda n: nn.LayerNorm(n))][1] == (
        "LayerNorm"
    )
    assert [type(m).__name__ for m in nn.MLP(2, 1, activation="relu")] == ["Linear"]


def test_dropout_does_not_change_an_mlps_first_weights_and_modules_draw_apart():
    plain, dropping = nn.MLP(4, 50, 50, 3, rng=1), nn.MLP(4, 50, 50, 3, dropout=0.5, rng=1)
    for p, q in zip(plain.parameters(), dropping.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    masks = [layer(np.ones(50)).data for layer in dropping if isinstance(layer, nn.Dropout)]
    assert len(masks) == 2 and (masks[0] != masks[1]).any()
    twin = nn.MLP(4, 50, 50, 3, dropout=0.5, rng=np.random.default_rng(1))
    np.testing.assert_array_equal(twin[2](np.ones(50)).data, masks[0])
    legacy = np.random.Generator(np.random.RandomState(3)._bit_generator)
    assert nn.MLP(4, 5, 3, dropout=0.5, rng=legacy)(np.ones(4)).shape == (3,)


def test_activations_by_name_are_the_modules():
    x = filled((3, 4), 2)
    for name, kind in nn.activations.ACTIVATIONS.items():
        assert type(nn.activation_named(name)) is kind
        if name != "prelu":  # it has a parameter, and so no function
            np.testing.assert_array_equal(kind()(x).data, getattr(nn, name)(x).data)
    assert isinstance(nn.activation_named("logistic"), nn.Sigmoid)
    assert isinstance(nn.activation_named(None), nn.Identity)
    for layer in (nn.Identity(), nn.ReLU(), nn.Step(), nn.Mish(), nn.PReLU()):
        assert isinstance(layer([1, -2]), ag.Tensor)


def test_reprs_are_pytorchs():
    for layer, text in [
        (nn.Conv2d(1, 6, 5), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))"),
        (
            nn.Conv2d(2, 4, (3, 1), padding="same", groups=2, bias=False),
            "Conv2d(2, 4, kernel_size=(3, 1), stride=(1, 1), padding='same', groups=2, bias=False)",
        ),
        (nn.AvgPool2d(3, 2, 1), "AvgPool2d(kernel_size=3, stride=2, padding=1)"),
        (nn.LSTM(3, 4, 2, batch_first=True), "LSTM(3, 4, num_layers=2, batch_first=True)"),
        (nn.Embedding(10, 3), "Embedding(10, 3)"),
        (nn.LeakyReLU(), "LeakyReLU(negative_slope=0.01)"),
        (nn.Softmax(dim=1), "Softmax(dim=1)"),
        (nn.PReLU(), "PReLU(num_parameters=1)"),
        (nn.Dropout(0.2), "Dropout(p=0.2)"),
    ]:
        assert repr(layer) == text


# -- containers ------------------------------------------------------------------------------------


def test_sequential_can_be_cut_and_grow():
    model = nn.MLP(4, 3, 2, 1)
    part = model[:2]
    assert type(part) is nn.Sequential and len(part) == 2 and part[0] is model[0]
    assert model[-1] is model[4] and model[1] in model and nn.ReLU() not in model
    assert model.append(nn.Sigmoid()) is model and len(model) == 6
    model.insert(0, nn.Identity()).extend([nn.Tanh()])
    model[0] = nn.Flatten()
    del model[-1]
    del model[1:3]
    assert [type(m).__name__ for m in model] == ["Flatten", "Linear", "ReLU", "Linear", "Sigmoid"]
    assert list(nn.Sequential(*model[1:2]).state_dict()) == ["0.weight", "0.bias"]


def test_lists_and_dicts_of_modules_are_found():
    class Heads(nn.Module):
        def __init__(self):
            self.blocks = nn.ModuleList([nn.Linear(2, 2), nn.ReLU()])
            self.heads = nn.ModuleDict({"a": nn.Linear(2, 1)})
            self.heads["b"] = nn.Linear(2, 3)

        def forward(self, x):
            for block in self.blocks:
                x = block(x)
            return {name: head(x) for name, head in self.heads.items()}

    model = Heads()
    names = ["blocks.0.weight", "blocks.0.bias", "heads.a.weight", "heads.a.bias",
             "heads.b.weight", "heads.b.bias"]  # fmt: skip
    assert list(model.state_dict()) == names
    assert model(np.ones((5, 2)))["b"].shape == (5, 3)
    assert "a" in model.heads and list(model.heads) == ["a", "b"] and len(model.heads) == 2
    del model.heads["a"]
    assert list(model.heads.keys()) == ["b"] and list(model.heads.values()) == [model.heads["b"]]
    assert "heads.b: (5, 3)" not in repr(model) and "(b): Linear(2, 3)" in repr(model)


# -- mistakes --------------------------------------------------------------------------------------

IMAGES = np.zeros((2, 3, 6, 6))
STEP = nn.Perceptron(2, activation="step")
MISTAKES = [
    (
        lambda: nn.Conv2d(3, 4, 3)(IMAGES[:, :2]), ShapeError,
        "Conv2d: got an input of shape (2, 2, 6, 6), expected (rows, channels, height, width) with "
        "3 channels; reshape the input, or build the layer for its channels.",
    ),
    (
        lambda: nn.Conv2d(3, 4, 3)(IMAGES[0, 0]), ShapeError,
        "Conv2d: got an input of shape (6, 6), expected (rows, channels, height, width) with 3 "
        "channels; reshape the input, or build the layer for its channels.",
    ),
    (
        lambda: nn.Conv2d(3, 4, -1), ArgumentError,
        "Conv2d: got kernel_size=-1, expected an int, 1 or larger, or two of them (down, along).",
    ),
    (
        lambda: nn.Conv2d(3, 4, 3, groups=2), ArgumentError,
        "Conv2d: got groups=2 for 3 and 4 channels, expected a divisor of both.",
    ),
    (
        lambda: nn.Conv2d(3, 4, 3, padding="vald"), ArgumentError,
        "Conv2d: got padding='vald', expected an int, two of them (down, along), 'same' or "
        "'valid'; did you mean 'valid'?",
    ),
    (
        lambda: nn.Conv2d(3, 4, 3, padding="same", stride=2), ArgumentError,
        "Conv2d: got padding='same' with stride=(2, 2), expected a stride of 1; give the padding "
        "as numbers.",
    ),
    (
        lambda: nn.Conv2d(3, 4, 3, padding_mode="zero"), ArgumentError,
        "Conv2d: got padding_mode='zero', expected one of zeros, reflect, replicate, circular; did "
        "you mean 'zeros'?",
    ),
    (
        lambda: nn.MaxPool2d(2, padding=2), ArgumentError,
        "MaxPool2d: got padding=2 for kernel_size=2, expected at most half of the window.",
    ),
    (
        lambda: nn.AvgPool2d(0), ArgumentError,
        "AvgPool2d: got kernel_size=0, expected an int, 1 or larger, or two of them (down, along).",
    ),
    (
        lambda: nn.BatchNorm1d(3)(np.zeros((4, 2))), ShapeError,
        "BatchNorm1d: got an input of shape (4, 2), expected (rows, features) or (rows, features, "
        "length) with 3 features; build the layer for that number, or reshape the input.",
    ),
    (
        lambda: nn.BatchNorm2d(3)(np.zeros((4, 3))), ShapeError,
        "BatchNorm2d: got an input of shape (4, 3), expected (rows, features, height, width) with "
        "3 features; build the layer for that number, or reshape the input.",
    ),
    (
        lambda: nn.BatchNorm1d(3)(np.zeros((1, 3))), ShapeError,
        "BatchNorm1d: got an input of shape (1, 3), expected more than one value per feature in "
        "training; use a larger batch, or eval(), or leave out a last batch of one row with "
        "drop_last=True.",
    ),
    (
        lambda: nn.BatchNorm1d(3, momentum=1.5), ArgumentError,
        "BatchNorm1d: got momentum=1.5, expected a number from 0 to 1.",
    ),
    (
        lambda: nn.LayerNorm((2, 3))(np.zeros((4, 3))), ShapeError,
        "LayerNorm: got an input of shape (4, 3), expected one that ends in (2, 3); build the "
        "layer for its last axes.",
    ),
    (
        lambda: nn.LayerNorm(()), ShapeError,
        "LayerNorm: got no sizes, expected those of the last axes; write 8.",
    ),
    (
        lambda: nn.LayerNorm(3, eps=-1), ArgumentError,
        "LayerNorm: got eps=-1, expected a number of 0 or larger.",
    ),
    (
        lambda: nn.Dropout(1.5), ArgumentError,
        "Dropout: got p=1.5, expected a number from 0 to 1.",
    ),
    (
        lambda: nn.Dropout("0.5"), ArgumentError,
        "Dropout: got p='0.5', expected a number from 0 to 1.",
    ),
    (
        lambda: nn.Dropout(rng=-1), ArgumentError,
        "Dropout: got rng=-1, expected a seed of 0 or larger.",
    ),
    (
        lambda: nn.Dropout()(["a"]), DTypeError,
        "Dropout: got an input of dtype <U1, expected numbers; convert it first.",
    ),
    (
        lambda: nn.Embedding(4, 2)([0, 4]), ArgumentError,
        "Embedding: got the index 4, expected 0 to 3; build it with more num_embeddings, or "
        "renumber the indices.",
    ),
    (
        lambda: nn.Embedding(4, 2)([-1, 9]), ArgumentError,
        "Embedding: got the index -1, expected 0 to 3; build it with more num_embeddings, or "
        "renumber the indices.",
    ),
    (
        lambda: nn.Embedding(4, 2)([0.0]), DTypeError,
        "Embedding: got indices of dtype float64, expected integers from 0 to 3; use astype(int).",
    ),
    (
        lambda: nn.Embedding(4, 2, padding_idx=4), ArgumentError,
        "Embedding: got padding_idx=4, expected an int from -4 to 3.",
    ),
    (
        lambda: nn.Embedding(0, 2), ArgumentError,
        "Embedding: got num_embeddings=0, expected a positive int.",
    ),
    (
        lambda: nn.Flatten()(np.zeros(3)), ShapeError,
        "Flatten: got an input of shape (3,), expected one with axes from 1 to -1; give the input "
        "a batch axis.",
    ),
    (
        lambda: nn.Flatten("1"), ArgumentError, "Flatten: got start_dim='1', expected an int.",
    ),
    (
        lambda: nn.LSTM(3, 2)(np.zeros((4, 2, 5))), ShapeError,
        "LSTM: got an input of shape (4, 2, 5), expected (time, rows, features), or (time, "
        "features) of one row, with 3 features.",
    ),
    (
        lambda: nn.GRU(3, 2, batch_first=True)(np.zeros(3)), ShapeError,
        "GRU: got an input of shape (3,), expected (rows, time, features), or (time, features) of "
        "one row, with 3 features.",
    ),
    (
        lambda: nn.GRU(3, 2)(np.zeros((4, 2, 3)), np.zeros((1, 3, 2))), ShapeError,
        "GRU: got a state of shape (1, 3, 2), expected (1, 2, 2): layers times directions, rows, "
        "features.",
    ),
    (
        lambda: nn.LSTM(3, 2)(np.zeros((4, 2, 3)), np.zeros((1, 2, 2))), DTypeError,
        "LSTM: got states of another form, expected a tuple (h_0, c_0).",
    ),
    (
        lambda: nn.RNN(3, 2)(np.zeros((0, 2, 3))), ShapeError,
        "RNN: got a sequence of no steps, expected at least one.",
    ),
    (
        lambda: nn.RNN(3, 2, nonlinearity="tan"), ArgumentError,
        "RNN: got nonlinearity='tan', expected 'tanh' or 'relu'; did you mean 'tanh'?",
    ),
    (
        lambda: nn.RNN(3, -2), ArgumentError, "RNN: got hidden_size=-2, expected a positive int.",
    ),
    (
        lambda: nn.GELU("tahn"), ArgumentError,
        "gelu: got approximate='tahn', expected 'none' or 'tanh'; did you mean 'tanh'?",
    ),
    (
        lambda: nn.Hardtanh(1, 0), ArgumentError,
        "Hardtanh: got min_val=1 and max_val=0, expected the first to be smaller.",
    ),
    (
        lambda: nn.MLP(4, 3, 2, norm="bach"), ArgumentError,
        "MLP: got norm='bach', expected 'batch', 'layer' or None; did you mean 'batch'?",
    ),
    (
        lambda: nn.MLP(4, 3, 2, norm=nn.LayerNorm(3)), DTypeError,
        "MLP: got norm=LayerNorm((3,)), expected 'batch', 'layer', or what makes a Module of a "
        "size, such as nn.LayerNorm.",
    ),
    (
        lambda: nn.MLP(4, 3, 2, dropout=[0.1, 0.2]), ArgumentError,
        "MLP: got 2 values of dropout for 1 hidden layer, expected one for each (or a single one "
        "for all).",
    ),
    (
        lambda: nn.MLP(4, 3, 2, dropout=2), ArgumentError,
        "MLP: got dropout=2, expected a number from 0 to 1.",
    ),
    (
        lambda: nn.Perceptron(2).fit_rule(CORNERS, [0, 0, 0, 1]), ArgumentError,
        "Perceptron.fit_rule: got activation=Sigmoid(), expected 'step'; train other activations "
        "with nn.fit.",
    ),
    (
        lambda: STEP.fit_rule(CORNERS, [0, 1, 2, 1]), ArgumentError,
        "Perceptron.fit_rule: got the answers [0, 1, 2], expected 0 and 1 (or -1 and 1).",
    ),
    (
        lambda: STEP.fit_rule(CORNERS[:, :1], [0, 1, 1, 1]), ShapeError,
        "Perceptron.fit_rule: got an input of shape (4, 1), expected (rows, features) with 2 "
        "features, not 1; build the layer for that number, or reshape the input.",
    ),
    (
        lambda: STEP.fit_rule(CORNERS, [0, 1]), ShapeError,
        "Perceptron.fit_rule: got y of shape (2, 1) for 4 rows and 1 neuron, expected (4, 1).",
    ),
    (
        lambda: STEP.fit_rule(CORNERS[:0], []), ShapeError,
        "Perceptron.fit_rule: got X of shape (0, 2), expected (rows, 2), at least one row.",
    ),
    (
        lambda: STEP.fit_rule(CORNERS * np.nan, [0, 1, 1, 1]), DTypeError,
        "Perceptron.fit_rule: got answers of dtype int64, or nan or inf in X; expected the answers "
        "0 and 1 and finite inputs.",
    ),
    (
        lambda: STEP.fit_rule(CORNERS, [0, 1, 1, 1], lr=0), ArgumentError,
        "Perceptron.fit_rule: got lr=0, expected a number above 0.",
    ),
    (
        lambda: STEP.fit_rule(CORNERS, [0, 1, 1, 1], epochs=0), ArgumentError,
        "Perceptron.fit_rule: got epochs=0, expected a positive int.",
    ),
    (
        lambda: nn.Sequential(nn.ReLU())[1], IndexOutOfRangeError,
        "Sequential: got the index 1, expected one of its 1 modules.",
    ),
    (
        lambda: nn.Sequential(nn.ReLU())["0"], DTypeError,
        "Sequential: got the index '0', expected an int or a slice.",
    ),
    (
        lambda: nn.Sequential().append(nn.ReLU), DTypeError,
        "Sequential: got the class ReLU, expected Modules; call it: nn.ReLU().",
    ),
    (
        lambda: nn.ModuleDict({"a.b": nn.ReLU()}), ArgumentError,
        "ModuleDict: got the name 'a.b', expected one without a dot.",
    ),
    (
        lambda: nn.ModuleDict({"head": nn.ReLU()})["haed"], ArgumentError,
        "ModuleDict: got the name 'haed', expected one of head; did you mean 'head'?",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()
