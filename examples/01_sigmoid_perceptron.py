"""One sigmoid unit, and a slope that is almost right. Run: python examples/01_sigmoid_perceptron.py

A well-known tutorial trains one sigmoid unit by hand: its output must be the second input. Its
author takes the slope of the sigmoid at a = σ(z), the output, instead of at z: he writes
sigmoid_der(a) with sigmoid_der(x) = σ(x)(1 - σ(x)), so his slope is σ(a)(1 - σ(a)). It still
learns, because that number is always positive, about 0.2: the direction survives, the size does
not. But it is not the gradient of the error that he prints. The right slope, which automatic
differentiation gives, becomes small where the unit is sure of itself.
"""

import numpy as np

import autograd_lite as ag

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
y = np.array([[0.0], [1.0], [1.0], [0.0]])


def error(w, b):
    """Half the sum of the squared errors."""
    return 0.5 * ((ag.sigmoid(X @ w + b) - y) ** 2).sum()


def authors_gradient(w, b):
    """As in the tutorial: the slope at σ(z)."""
    a = 1 / (1 + np.exp(-(X @ w + b)))
    s = 1 / (1 + np.exp(-a))  # σ once too often
    delta = (a - y) * s * (1 - s)
    return X.T @ delta, delta.sum(axis=0)


def right_gradient(w, b):
    """∂error/∂w and ∂error/∂b, by the machine."""
    return ag.grad(error, argnums=(0, 1))(w, b)


def train(gradient, epochs=10_000):
    """Gradient descent from the tutorial's start, with its two learning rates."""
    w, b = np.array([[0.1], [0.2]]), np.array([0.3])
    for _ in range(epochs):
        by_w, by_b = gradient(w, b)
        w, b = w - 0.05 * by_w, b - 0.04 * by_b
    return w, b


for title, gradient in (("slope at σ(z)", authors_gradient), ("slope at z", right_gradient)):
    w, b = train(gradient)
    prediction = ag.sigmoid(np.array([0.0, 1.0]) @ w + b).item()
    print(f"{title:14} weights {w[0, 0]:.8f} {w[1, 0]:.8f}, bias {b[0]:.8f}, ", end="")
    print(f"prediction for [0, 1]: {prediction:.8f}")

w, b = np.array([[0.1], [0.2]]), np.array([0.3])
print("at the start: the author's gradient", authors_gradient(w, b)[0].ravel().round(6))
print("              the right one        ", right_gradient(w, b)[0].ravel().round(6))
for title, gradient in (("author's", authors_gradient), ("right", right_gradient)):
    step = 1e-6
    slope = (error(w + step, b).item() - error(w - step, b).item()) / (2 * step)
    is_it = abs(gradient(w, b)[0].sum() - slope) < 1e-8
    print(f"the {title} gradient is the slope of the error: {is_it}")
