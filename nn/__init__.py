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

from . import init, optim
from .layers import (
    MLP,
    Linear,
    Perceptron,
    ReLU,
    Sequential,
    Sigmoid,
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
    "MLP",
    "SGD",
    "Adam",
    "History",
    "Linear",
    "Module",
    "Optimizer",
    "Parameter",
    "Perceptron",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Tanh",
    "accuracy",
    "activation_named",
    "batches",
    "cross_entropy",
    "fit",
    "init",
    "linear",
    "load",
    "mse_loss",
    "optim",
    "save",
]
