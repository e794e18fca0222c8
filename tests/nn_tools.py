"""What the tests of nn share."""

import re

import numpy as np
import pytest

import nn

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
