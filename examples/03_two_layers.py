"""Two layers, by hand and by machine. Run: python examples/03_two_layers.py

A 4-3-1 network of sigmoid units. The backward pass is written out by hand, as the from-scratch
tutorials do, and compared with the machine's at every step: they agree to rounding, on all samples
at once and on one sample at a time.
"""

import numpy as np

import autograd_lite as ag

X = np.array([[1.0, 0, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]])
y = np.array([[1.0], [1.0], [0.0]])
RATE, EPOCHS = 0.1, 5_000


def start(seed=0):
    """Weights and biases of both layers."""
    rng = np.random.default_rng(seed)
    return [rng.uniform(size=s) for s in ((4, 3), (1, 3), (3, 1), (1, 1))]


def error(W1, b1, W2, b2, X, y):
    """Half the sum of the squared errors."""
    hidden = ag.sigmoid(X @ W1 + b1)
    return 0.5 * ((y - ag.sigmoid(hidden @ W2 + b2)) ** 2).sum()


def by_hand(W1, b1, W2, b2, X, y):
    """The same gradient, derived with the chain rule on paper."""
    hidden = 1 / (1 + np.exp(-(X @ W1 + b1)))
    output = 1 / (1 + np.exp(-(hidden @ W2 + b2)))
    d_output = (output - y) * output * (1 - output)  # ∂error/∂z2
    d_hidden = (d_output @ W2.T) * hidden * (1 - hidden)  # ∂error/∂z1
    return (
        X.T @ d_hidden,
        d_hidden.sum(axis=0, keepdims=True),
        hidden.T @ d_output,
        d_output.sum(axis=0, keepdims=True),
    )


by_machine = ag.grad(error, argnums=(0, 1, 2, 3))


def train(batches):
    """The trained parameters, and the largest difference of the two gradients on the way."""
    parameters, apart = start(), 0.0
    for _ in range(EPOCHS):
        for rows in batches:
            hand = by_hand(*parameters, X[rows], y[rows])
            machine = by_machine(*parameters, X[rows], y[rows])
            apart = max(apart, *(abs(h - m).max() for h, m in zip(hand, machine, strict=True)))
            parameters = [p - RATE * g for p, g in zip(parameters, machine, strict=True)]
    return parameters, apart


for title, batches in (("full batch", [slice(0, 3)]), ("one by one", [[0], [1], [2]])):
    parameters, apart = train(batches)
    hidden = ag.sigmoid(X @ parameters[0] + parameters[1])
    outputs = ag.sigmoid(hidden @ parameters[2] + parameters[3])
    print(f"{title}: error {error(*parameters, X, y).item():.6f},", end=" ")
    print("outputs", *(f"{value:.4f}" for value in outputs.data.ravel()), end=", ")
    print(f"by hand and by machine agree to 1e-12: {apart < 1e-12}")
