"""What nn refuses, each in a sentence."""

import numpy as np
import pytest
from nn_tools import Branches, rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

LAYER = nn.Linear(3, 2, rng=rng())
Z = np.zeros((2, 3))
W = ag.Tensor([1.0], requires_grad=True)
ACTIVATIONS = (
    "elu, gelu, hardtanh, identity, leaky_relu, log_sigmoid, log_softmax, mish, prelu, relu, "
    "relu6, selu, sigmoid, silu, softmax, softplus, softsign, step, tanh"
)

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
        lambda: nn.Linear(3, 2, rng="0"), DTypeError,
        "Linear: got rng of type str, expected a numpy.random.Generator or an int seed; write "
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
        f"activation: got 'ReLU', expected one of {ACTIVATIONS}, a Module or a function; did you "
        "mean 'relu'?",
    ),
    (
        lambda: nn.MLP(3, 2, 1, activation=[["relu"]]), ArgumentError,
        f"activation: got ['relu'], expected one of {ACTIVATIONS}, a Module or a function; did "
        "you mean 'relu'?",
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
        f"activation: got 'sigmod', expected one of {ACTIVATIONS}, a Module or a function; did "
        "you mean 'sigmoid'?",
    ),
    (
        lambda: nn.Sequential("tanh"), DTypeError,
        "Sequential: got str, expected Modules; write nn.ReLU() for an activation.",
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
        lambda: nn.cross_entropy(Z, Z.astype(int)), ShapeError,
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
        lambda: nn.batches(Z, Z, 1, rng="1"), DTypeError,
        "batches: got rng of type str, expected a numpy.random.Generator or an int seed; write "
        "rng=np.random.default_rng(0).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD([W], lr=1), epochs=0, rng=rng()),
        ArgumentError, "fit: got epochs=0, expected a positive int.",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer="adan"), ArgumentError,
        "fit: got the optimizer 'adan', expected one of adagrad, adam, adamw, lbfgs, rmsprop, sgd, "
        "or one ready for use such as nn.Adam(model.parameters()); did you mean 'adam'?",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD), DTypeError,
        "fit: got the class SGD as the optimizer, expected one ready for use; write "
        "optimizer=nn.Adam(model.parameters()).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD([W], lr=1), loss=3), DTypeError,
        "fit: got int as the loss, expected a function; write loss=nn.cross_entropy, or "
        "loss=nn.mse_loss.",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD([W], lr=1)), ArgumentError,
        "fit: got SGD(1 parameter, lr=1.0), none of whose parameters belongs to the model (the "
        "loss gave them no gradient); write SGD(model.parameters(), lr=...).",
    ),
    (
        lambda: nn.fit(LAYER, Z, [0, 1], optimizer=nn.SGD(LAYER.parameters(), lr=1), rng="1"),
        DTypeError,
        "fit: got rng of type str, expected a numpy.random.Generator or an int seed; write "
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
