"""How does a single neuron learn? Full-batch gradient descent in plain Tensor operations.

The output must be 1 exactly when the first input is 1 (the other two do not matter). The error
is ½ Σ (y - a)², the learning rate 1. Run: python examples/perceptron.py [steps]
"""

import sys

import numpy as np

import autograd_lite as ag

X = np.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
y = np.array([[0.0], [1], [1], [0]])

np.random.seed(1)
w = ag.Tensor(2 * np.random.random((3, 1)) - 1, requires_grad=True, name="w")

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
for step in range(steps + 1):
    a = ag.sigmoid(X @ w)
    error = 0.5 * ((y - a) ** 2).sum()
    if step in (0, 100, 1_000, steps):
        print(f"after {step:6,} steps: error {error.item():.8f}")
    if step < steps:
        w.zero_grad()
        error.backward()
        with ag.no_grad():
            w -= w.grad

print("weights:", ", ".join(f"{value:.8f}" for value in w.data.ravel()))
print("outputs:", ", ".join(f"{value:.6f}" for value in a.data.ravel()))
