"""Module: what it finds, its state, its casts, hooks, summaries and copies."""

import copy
import pickle

import numpy as np
import pytest
from nn_tools import Branches, rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError


class Counting(nn.Module):
    def __init__(self):
        self.scale = nn.Parameter(2.0)
        self.register_buffer("seen", np.zeros(2, np.float32))
        self.register_buffer("scratch", [1, 2, 3], persistent=False)
        self.register_buffer("unused", None)
        self.inner = [nn.BatchNorm1d(2), nn.Linear(2, 3, rng=rng(1))]

    def forward(self, x):
        self.seen = self.seen + 1
        return self.inner[1](self.inner[0](x)) * self.scale


STATE = [
    "scale", "seen", "inner.0.weight", "inner.0.bias", "inner.0.running_mean",
    "inner.0.running_var", "inner.0.num_batches_tracked", "inner.1.weight", "inner.1.bias",
]  # fmt: skip


def test_names_of_everything():
    model = Counting()
    assert list(model.state_dict()) == STATE
    assert [n for n, _ in model.named_parameters()] == [
        "scale", "inner.0.weight", "inner.0.bias", "inner.1.weight", "inner.1.bias",
    ]  # fmt: skip
    assert [n for n, _ in model.named_parameters(recurse=False)] == ["scale"]
    assert [n for n, _ in model.named_parameters("net")][1] == "net.inner.0.weight"
    assert [n for n, _ in model.named_buffers()] == [
        "seen", "scratch", "inner.0.running_mean", "inner.0.running_var",
        "inner.0.num_batches_tracked",
    ]  # fmt: skip
    assert [n for n, _ in model.named_buffers(recurse=False)] == ["seen", "scratch"]
    assert len(list(model.buffers())) == 5 and len(list(model.parameters())) == 5
    assert [n for n, _ in model.named_children()] == ["inner.0", "inner.1"]
    assert list(model.children()) == model.inner
    assert list(model.modules()) == [model, *model.inner]
    assert model.get_submodule("inner.1") is model.inner[1]
    assert [n for n, _ in model.named_modules("m")] == ["m", "m.inner.0", "m.inner.1"]


def test_buffers_are_state_and_follow_assignment():
    model = Counting()
    assert model.scratch.tolist() == [1, 2, 3] and model.unused is None
    model(np.eye(2))
    assert model.state_dict()["seen"].tolist() == [1, 1]
    state = model.state_dict()
    state["seen"][:] = 7
    assert model.seen.tolist() == [1, 1]
    twin = Counting()
    twin.load_state_dict(state)
    assert twin.seen.tolist() == [7, 7] and twin.seen.dtype == np.float32
    assert twin.inner[0].num_batches_tracked == 1
    twin.register_buffer("seen", np.ones(1))  # again, for another array
    assert twin.seen.shape == (1,)


class Foreign:
    """What numpy() of a PyTorch tensor does: refuses while it records."""

    dtype = "torch.float32"

    def __init__(self, data, recording=True):
        self.data, self.recording = data, recording

    def detach(self):
        return Foreign(self.data, False)

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        if self.recording:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return np.asarray(self.data, dtype)


def test_tensors_of_another_library_load():
    layer = nn.Linear(2, 1)
    state = {"weight": Foreign(np.full((1, 2), 3, np.float32)), "bias": Foreign([1.0])}
    layer.load_state_dict(state)
    assert layer.weight.data.tolist() == [[3, 3]] and layer.bias.data.tolist() == [1]


def test_loading_names_every_fault_of_parameters_and_buffers():
    model = Counting()
    before = model.state_dict()
    state = dict(before)
    del state["scale"], state["inner.0.running_mean"]
    state |= {"inner.0.running_var": np.ones(3), "seen": np.ones(2, complex), "extra": np.ones(1)}
    state["inner.0.num_batches_tracked"] = np.array(0.5)
    with says(
        ArgumentError,
        "load_state_dict: missing 'scale', 'inner.0.running_mean'; unexpected 'extra'; 'seen' has "
        "dtype complex128, expected float32; 'inner.0.running_var' has shape (3,), expected (2,); "
        "'inner.0.num_batches_tracked' has dtype float64, expected int64; give a state of the same "
        "architecture.",
    ):
        model.load_state_dict(state)
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_loading_without_strict_tells_what_it_passed_over():
    model = Counting()
    found = model.load_state_dict({"scale": 5.0, "other": 1.0}, strict=False)
    assert found.missing_keys == STATE[1:] and found.unexpected_keys == ["other"]
    assert model.scale.item() == 5
    assert model.load_state_dict(model.state_dict()) == ([], [])
    with pytest.raises(ArgumentError, match=r"'scale' has shape \(2,\), expected \(\)"):
        model.load_state_dict({"scale": np.ones(2)}, False)
    with says(
        DTypeError,
        "load_state_dict: got list under 'scale', expected an array of numbers; convert it to one.",
    ):
        model.load_state_dict({"scale": [1.0, [2.0]]}, False)


def test_switching_learning_off():
    model = nn.MLP(2, 3, 1)
    assert model[0].requires_grad_(False) is model[0]
    model(np.ones((2, 2))).sum().backward()
    assert [p.grad is None for p in model.parameters()] == [True, True, False, False]
    model.requires_grad_()
    assert all(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("name", ["to", "astype"])
def test_casting_keeps_the_parameters_themselves(name):
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.BatchNorm1d(3), nn.Linear(3, 1, rng=0))
    model[2].requires_grad_(False)
    parameters = list(model.parameters())
    model(np.eye(2)).sum().backward()
    grads = [p.grad for p in parameters]
    optimizer = nn.Adam(parameters[:4], lr=0.1)
    assert getattr(model, name)(np.float32) is model
    assert all(p is q for p, q in zip(model.parameters(), parameters, strict=True))
    for p, g in zip(parameters, grads, strict=True):
        assert p.dtype == np.float32 and p.is_leaf
        assert g is None or (p.grad.dtype == np.float32 and np.allclose(p.grad, g))
    assert [p.requires_grad for p in parameters] == [True] * 4 + [False] * 2
    assert model[0].weight.name == "weight"
    assert model[1].running_mean.dtype == np.float32
    assert model[1].num_batches_tracked.dtype == np.int64
    out = model(np.eye(2))
    assert out.dtype == np.float32
    before = model[0].weight.data.copy()
    out.sum().backward()
    optimizer.step()
    assert model[0].weight.dtype == np.float32 and (model[0].weight.data != before).any()
    with says(
        DTypeError,
        "Sequential.to: got <class 'int'>, expected a floating dtype; write np.float32 or "
        "np.float64.",
    ):
        model.to(int)
    with pytest.raises(DTypeError, match=r"^Sequential\.to: got 'flot', expected a floating"):
        model.to("flot")


def test_apply_goes_from_the_inside_out():
    model = Branches()
    seen = []
    assert model.apply(lambda m: seen.append(m)) is model
    assert seen[-1] is model
    assert {id(m) for m in seen} == {id(m) for m in model.modules()} and len(seen) == 5


def test_forward_hooks_see_and_change_outputs():
    layer = nn.Linear(2, 1)
    seen = []
    handle = layer.register_forward_hook(lambda m, inputs, out: seen.append((m, inputs, out)))
    doubling = layer.register_forward_hook(lambda m, inputs, out: out * 2)
    x = np.ones((3, 2))
    out = layer(x)
    assert seen[0][0] is layer and seen[0][1][0] is x
    np.testing.assert_array_equal(out.data, 2 * seen[0][2].data)
    handle.remove()
    handle.remove()
    doubling.remove()
    np.testing.assert_array_equal(layer(x).data, seen[0][2].data)
    assert len(seen) == 1


def test_forward_takes_keywords():
    class Scaled(nn.Module):
        def forward(self, x, *, factor=1.0):
            return x * factor

    assert Scaled()(ag.Tensor(2.0), factor=3.0).item() == 6


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_buffers_and_generators_are_copied(copied):
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5, rng=1))
    model(rng(2).normal(size=(4, 3)))
    twin = copied(model)
    x = rng(3).normal(size=(4, 3))
    np.testing.assert_array_equal(model(x).data, twin(x).data)
    twin(x)
    assert model[0].num_batches_tracked == 2 and twin[0].num_batches_tracked == 3


def test_repr_lists_buffers_of_ones_own():
    assert repr(Counting()) == (
        "Counting(\n  (scale): Parameter of shape ()\n  (seen): Buffer of shape (2,)\n"
        "  (scratch): Buffer of shape (3,)\n  (inner.0): BatchNorm1d(2)\n"
        "  (inner.1): Linear(2, 3)\n)"
    )


# -- summary ---------------------------------------------------------------------------------------


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1176, 10), nn.BatchNorm1d(10), nn.Dropout(),
    )  # fmt: skip


def test_summary_is_a_table_with_shapes_and_counts():
    model = lenet()
    model[0].requires_grad_(False)
    text = model.summary(input_shape=(4, 1, 28, 28))
    assert (
        text
        == """\
layer             output shape    parameters
--------------------------------------------
Sequential        (4, 10)
  0: Conv2d       (4, 6, 28, 28)         156
  1: ReLU         (4, 6, 28, 28)
  2: MaxPool2d    (4, 6, 14, 14)
  3: Flatten      (4, 1176)
  4: Linear       (4, 10)             11,770
  5: BatchNorm1d  (4, 10)                 20
  6: Dropout      (4, 10)
--------------------------------------------
11,946 parameters, 11,790 trainable, 95.6 kB, 21 numbers in buffers"""
    )
    assert repr(text) == str(text)
    assert (text.total, text.trainable, text.bytes) == (11946, 11790, 8 * 11946)
    assert text.rows[1] == ("0", "Conv2d", "(4, 6, 28, 28)", 156)


def test_summary_changes_nothing():
    model = lenet()
    model[6].eval()
    before = model.state_dict()
    draws = copy.deepcopy(model[6].rng).random()
    model.summary((2, 1, 28, 28))
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert [m.training for m in model] == [True] * 6 + [False]
    assert model[6].rng.random() == draws
    assert not any(m._forward_hooks for m in model.modules())
    with pytest.raises(ag.errors.ShapeError):
        model.summary((2, 3, 28, 28))
    assert [m.training for m in model] == [True] * 6 + [False]
    assert not any(m._forward_hooks for m in model.modules())


def test_summary_without_an_input_of_nested_and_shared_modules():
    text = Branches().summary()
    assert "output shape" not in text
    assert "    1: Linear" in text
    assert text.total == 6 + 6 + 1 + 3 and text.splitlines()[-1].startswith("16 parameters")
    model = nn.Sequential(nn.Embedding(5, 4), nn.LSTM(4, 3))
    text = model.summary(np.zeros((7, 2), int))
    assert "(7, 2, 3), (1, 2, 3), (1, 2, 3)" in text and "(7, 2, 4)" in text
    layer = nn.Linear(2, 2)
    assert nn.Sequential(layer, layer).summary((1, 2)).total == 6
    assert nn.Sequential(nn.ReLU()).summary(3).splitlines()[-1] == (
        "0 parameters, all trainable, 0 bytes"
    )


# -- mistakes --------------------------------------------------------------------------------------

MISTAKES = [
    (
        lambda: Counting().register_buffer("scale", [1.0]), ArgumentError,
        "Counting.register_buffer: got the name 'scale', expected one that is free; choose "
        "another.",
    ),
    (
        lambda: Counting().register_buffer("a.b", [1.0]), ArgumentError,
        "Counting.register_buffer: got the name 'a.b', expected one without a dot, not empty; "
        "choose another.",
    ),
    (
        lambda: Counting().register_buffer(3, [1.0]), DTypeError,
        "Counting.register_buffer: got a name of type int, expected a str.",
    ),
    (
        lambda: Counting().register_buffer("b", ["x"]), DTypeError,
        "Counting.register_buffer: got dtype <U1, expected an array of numbers.",
    ),
    (
        lambda: Counting().get_submodule("inner.l"), ArgumentError,
        "Counting: got the name 'inner.l', expected that of a module within; did you mean "
        "'inner.1'?",
    ),
    (
        lambda: nn.Linear(2, 1).summary(np.ones((1, 2)), input_shape=(1, 2)), ArgumentError,
        "summary: got an input and input_shape, expected one of the two.",
    ),
    (
        lambda: nn.Linear(2, 1).summary(input_shape=(None, 2)), ArgumentError,
        "summary: got input_shape=(None, 2), expected sizes, the batch axis included, such as (1, "
        "784).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()


def test_functions_are_layers_of_a_sequential():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), ag.tanh, ag.exp)
    np.testing.assert_array_equal(model(np.eye(2)).data, np.exp(np.tanh(model[0](np.eye(2)).data)))
    assert repr(model[1]) == "Tanh()" and repr(model[2]) == "exp"


def test_a_recurrent_layer_before_a_linear_one_is_explained():
    model = nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 1))
    with says(
        DTypeError,
        "Linear: got a tuple of 2 as its input, expected one array; a recurrent layer gives "
        "(output, state): pass on the output.",
    ):
        model(np.zeros((5, 2, 3)))
