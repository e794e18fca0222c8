"""A derivation, and six classic mistakes in it. Run: python examples/check_two_layer.py

A 4-3-1 network of sigmoid units, derived by hand. Then the mistakes that are made most often, one
at a time. All of them run, and with most the error still falls: that proves nothing. The tool
says which line is wrong and what the mistake is, and does not blame the lines that only go on
from a wrong one.
"""

import numpy as np

import autograd_lite as ag

rng = np.random.default_rng(1)
inputs = {
    "X": np.array([[1.0, 0, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]]),
    "y": np.array([[1.0], [1.0], [0.0]]),
    "W1": rng.uniform(-1, 1, (4, 3)), "b1": rng.uniform(-1, 1, (1, 3)),
    "W2": rng.uniform(-1, 1, (3, 1)), "b2": rng.uniform(-1, 1, (1, 1)),
}  # fmt: skip
RATE = 0.1
MISTAKES = {
    "bias summed over the wrong axis": "b1",
    "learning rate inside the delta": "z2",
    "output delta used for the hidden bias": "b1",
    "already-updated weights used for the hidden error": "a1",
    "missing transpose": "W2",
    "missing slope": "z1",
}


def forward(v):
    """The network and its error, half the sum of squares."""
    z1 = (v["X"] @ v["W1"] + v["b1"]).named("z1")
    a1 = ag.sigmoid(z1).named("a1")
    z2 = (a1 @ v["W2"] + v["b2"]).named("z2")
    a2 = ag.sigmoid(z2).named("a2")
    return 0.5 * ((a2 - v["y"]) ** 2).sum()


def by_hand(v, mistake=None):
    """The backward pass, with or without one of the mistakes."""
    da2 = v["a2"] - v["y"]
    dz2 = da2 * v["a2"] * (1 - v["a2"])
    if mistake == "learning rate inside the delta":
        dz2 = RATE * dz2
    dW2 = v["a1"] @ dz2 if mistake == "missing transpose" else v["a1"].T @ dz2
    W2 = v["W2"]
    if mistake == "already-updated weights used for the hidden error":
        W2 = W2 - RATE * dW2
    da1 = dz2 @ W2.T
    dz1 = da1 if mistake == "missing slope" else da1 * v["a1"] * (1 - v["a1"])
    db1 = dz1.sum(axis=0, keepdims=True)
    if mistake == "bias summed over the wrong axis":
        db1 = dz1.sum(axis=1, keepdims=True).T  # three samples, three units: it fits
    if mistake == "output delta used for the hidden bias":
        db1 = dz2.sum(axis=0, keepdims=True)
    return {
        "a2": da2, "z2": dz2, "W2": dW2, "b2": dz2.sum(axis=0, keepdims=True),
        "a1": da1, "z1": dz1, "W1": v["X"].T @ dz1, "b1": db1,
    }  # fmt: skip


print("without a mistake:", ag.check_derivation(forward, by_hand, inputs=inputs), sep="\n")
for mistake, step in MISTAKES.items():
    report = ag.check_derivation(
        forward, lambda v, m=mistake: by_hand(v, m), inputs=inputs, lr=RATE
    )
    found = report.steps[report.first_wrong]
    print(f"\n{mistake}: {found.diagnosis} at {found.name} (it is at {step})")
    print(report)
