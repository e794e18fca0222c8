"""Rosenblatt's rule, and where it fails. Run: python examples/07_step_perceptron.py

A step has slope 0 everywhere, so gradient descent cannot train it. The perceptron rule does: after
each wrong answer, move the weights by (right - answered)·x. If a line separates the classes, it
ends without a mistake (Novikoff, 1962). XOR is the smallest set that no line separates: there the
weights go round in a circle. One hidden layer is enough.
"""

import numpy as np

import autograd_lite as ag
import nn

rng = np.random.default_rng(0)

# Two clouds with a gap between them.
centres = np.repeat([[-1.5, -1.0], [1.5, 1.0]], 100, axis=0)
X = centres + rng.uniform(-1.0, 1.0, size=(200, 2))
y = np.repeat([0, 1], 100)

neuron = nn.Perceptron(2, activation="step")
history = neuron.fit_rule(X, y)
print("two clouds:", history)
print("mistakes per epoch:", *history.mistakes)
(a, b), c = neuron.weight.data[0], neuron.bias.data[0]
print(f"the line: {a:.3f}·x1 {b:+.3f}·x2 {c:+.3f} = 0")

corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
xor = np.array([0, 1, 1, 0])
print("AND:", nn.Perceptron(2, activation="step").fit_rule(corners, corners.all(axis=1)))
print("XOR:", nn.Perceptron(2, activation="step").fit_rule(corners, xor))

# The gradient says why: it is 0, whatever the weights.
w = ag.Tensor([[1.0, -1.0]], requires_grad=True)
((ag.heaviside(corners @ w.T - 0.5, 1.0).ravel() - xor) ** 2).sum().backward()
print("gradient of a step unit:", w.grad)

model = nn.MLP(2, 4, 2, activation="tanh", rng=1)
optimizer = nn.Adam(model.parameters(), lr=0.05)
for _ in range(300):
    loss = nn.cross_entropy(model(corners), xor)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("XOR with one hidden layer:", *model(corners).data.argmax(axis=1))
