"""What is wrong with a well-known perceptron? Run: python examples/check_tutorial_perceptron.py

A tutorial that many have read trains one sigmoid unit "from scratch". Its author says that the
error is the mean squared error, takes out - target for its derivative, and takes the slope of the
sigmoid at the unit's output. It learns, so nobody notices. ``check_derivation`` is given the
model and his backward pass, and says what is wrong with which line. Then the same pass without
the two mistakes, which is found right.
"""

import numpy as np

import autograd_lite as ag

inputs = {
    "X": np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]),
    "y": np.array([[0.0], [1.0], [1.0], [0.0]]),
    "w": np.array([[0.1], [0.2]]),
    "b": np.array([0.3]),
}


def forward(v):
    """The model, and the error that the author states. What is to be checked gets a name."""
    z = (v["X"] @ v["w"] + v["b"]).named("z")
    out = ag.sigmoid(z).named("out")
    return ((out - v["y"]) ** 2).mean()


def sigmoid_der(x):
    """σ'(x) of a number x that has not been through σ yet."""
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s)


def by_the_author(v):
    """His backward pass, as he wrote it."""
    error = v["out"] - v["y"]
    delta = error * sigmoid_der(v["out"])
    return {"out": error, "z": delta, "w": v["X"].T @ delta, "b": delta.sum(axis=0)}


def corrected(v):
    """The mean divides by N and a square has a 2; the slope is taken at z."""
    error = 2 * (v["out"] - v["y"]) / len(v["y"])
    delta = error * sigmoid_der(v["z"])
    return {"out": error, "z": delta, "w": v["X"].T @ delta, "b": delta.sum(axis=0)}


report = ag.check_derivation(forward, by_the_author, inputs=inputs)
print("As published:")
print(report)
print()
print(report.table())

print("\nCorrected:")
print(ag.check_derivation(forward, corrected, inputs=inputs))
