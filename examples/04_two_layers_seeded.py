"""A tutorial's very numbers. Run: python examples/04_two_layers_seeded.py

The same 4-3-1 network without biases, its input transposed (a column per sample, so a layer is
σ(Wᵀ X)), its weights drawn with np.random.seed(42): first (4, 3), then (3, 1), both uniform. The
tutorial's first sample is [1, 0, 0, 0], and its first squared errors are 0.05013458, 0.03727248
and 0.25388062, halved.
"""

import numpy as np

import autograd_lite as ag

X = np.array([[1.0, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, 1]]).T
y = np.array([[1.0, 1.0, 0.0]])
RATE, EPOCHS = 0.01, 1_000

np.random.seed(42)
W1 = ag.Tensor(np.random.uniform(size=(4, 3)), requires_grad=True, name="W1")
W2 = ag.Tensor(np.random.uniform(size=(3, 1)), requires_grad=True, name="W2")

for epoch in range(EPOCHS + 1):
    output = ag.sigmoid(W2.T @ ag.sigmoid(W1.T @ X))
    errors = (y - output) ** 2 / 2
    if epoch == 0:
        print("first errors:", *(f"{value:.8f}" for value in errors.data.ravel()))
    if epoch == EPOCHS:
        break
    W1.zero_grad()
    W2.zero_grad()
    errors.sum().backward()
    with ag.no_grad():
        W1 -= RATE * W1.grad
        W2 -= RATE * W2.grad

print(f"after {EPOCHS:,} epochs: error {errors.sum().item():.8f},", end=" ")
print("outputs", *(f"{value:.6f}" for value in output.data.ravel()))
