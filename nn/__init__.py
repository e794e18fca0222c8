"""Neural networks on autograd_lite: modules, losses, optimizers, training, saving.

>>> import numpy as np, nn
>>> rng = np.random.default_rng(0)
>>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
>>> y = np.array([0, 1, 1, 0])
>>> model = nn.MLP(2, 8, 2, activation="tanh", rng=rng)
>>> optimizer = nn.Adam(model.parameters(), lr=0.1)
>>> history = nn.fit(model, X, y, optimizer=optimizer, epochs=100, batch_size=4, rng=rng)
>>> nn.accuracy(model(X), y)
1.0
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING, Any as _Any

from . import init, optim
from .activations import (
    elu,
    gelu,
    hardtanh,
    identity,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    mish,
    relu,
    relu6,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    step,
    tanh,
)
from .layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    MLP,
    RNN,
    SELU,
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Embedding,
    Flatten,
    Hardtanh,
    Identity,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSigmoid,
    LogSoftmax,
    MaxPool2d,
    Mish,
    ModuleDict,
    ModuleList,
    Perceptron,
    PReLU,
    ReLU,
    ReLU6,
    RuleHistory,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Step,
    Tanh,
    activation_named,
    linear,
)
from .loss import cross_entropy, mse_loss
from .module import Module, Parameter
from .optim import SGD, Adam, Optimizer
from .save import load, save
from .train import History, accuracy, batches, fit

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "MLP",
    "RNN",
    "SELU",
    "SGD",
    "Adam",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "Hardtanh",
    "History",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool2d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "Optimizer",
    "PReLU",
    "Parameter",
    "Perceptron",
    "ReLU",
    "ReLU6",
    "RuleHistory",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Step",
    "Tanh",
    "accuracy",
    "activation_named",
    "batches",
    "cross_entropy",
    "elu",
    "fit",
    "gelu",
    "hardtanh",
    "identity",
    "init",
    "leaky_relu",
    "linear",
    "load",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "mse_loss",
    "optim",
    "relu",
    "relu6",
    "save",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "tanh",
]

if _TYPE_CHECKING:
    from . import sklearn as sklearn


def __getattr__(name: str) -> _Any:
    # It needs scikit-learn, so it is imported when first asked for.
    if name == "sklearn":
        from importlib import import_module

        return import_module("nn.sklearn")
    raise AttributeError(f"module 'nn' has no attribute {name!r}")
