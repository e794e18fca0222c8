"""Random smooth functions with exact derivatives, for measuring what check_grads finds."""

from __future__ import annotations

import math

import autograd_lite as ag

# name: (of Tensors, of floats). Smooth everywhere, so every composition is.
UNARY = {
    "sin": (ag.sin, math.sin),
    "cos": (ag.cos, math.cos),
    "tanh": (ag.tanh, math.tanh),
    "arctan": (ag.arctan, math.atan),
    "square": (ag.square, lambda x: x * x),
    "gauss": (lambda x: ag.exp(-x * x), lambda x: math.exp(-x * x)),
    "log": (lambda x: ag.log(1 + x * x), lambda x: math.log(1 + x * x)),
    "sqrt": (lambda x: ag.sqrt(1 + x * x), lambda x: math.sqrt(1 + x * x)),
    "rational": (lambda x: 1 / (1 + x * x), lambda x: 1 / (1 + x * x)),
    "exp sin": (lambda x: ag.exp(ag.sin(x)), lambda x: math.exp(math.sin(x))),
    "sinh tanh": (lambda x: ag.sinh(ag.tanh(x)), lambda x: math.sinh(math.tanh(x))),
}
EXACT = {
    "sin": lambda mp, x: mp.sin(x),
    "cos": lambda mp, x: mp.cos(x),
    "tanh": lambda mp, x: mp.tanh(x),
    "arctan": lambda mp, x: mp.atan(x),
    "square": lambda mp, x: x * x,
    "gauss": lambda mp, x: mp.exp(-x * x),
    "log": lambda mp, x: mp.log(1 + x * x),
    "sqrt": lambda mp, x: mp.sqrt(1 + x * x),
    "rational": lambda mp, x: 1 / (1 + x * x),
    "exp sin": lambda mp, x: mp.exp(mp.sin(x)),
    "sinh tanh": lambda mp, x: mp.sinh(mp.tanh(x)),
}


def expression(rng, depth):
    """A random expression in x, as nested tuples."""
    draw = rng.random()
    if depth == 0 or draw < 0.12:
        return ("affine", float(rng.normal()), float(rng.normal()))
    if draw < 0.6:
        return ("call", str(rng.choice(sorted(UNARY))), expression(rng, depth - 1))
    kind = "add" if draw < 0.8 else "multiply"
    return (kind, expression(rng, depth - 1), expression(rng, depth - 1))


def evaluate(e, x, call):
    """The expression's value, where call(name, x) computes a function."""
    if e[0] == "affine":
        return e[1] * x + e[2]
    if e[0] == "call":
        return call(e[1], evaluate(e[2], x, call))
    a, b = evaluate(e[1], x, call), evaluate(e[2], x, call)
    return a + b if e[0] == "add" else a * b


class Smooth:
    """outer · expression(x / inner) at a point, with scales from 1e-8 to 1e8.

    ``of_tensor`` and ``of_float`` compute it; ``slope()`` is exact, by mpmath.
    """

    def __init__(self, rng):
        self.inner, self.outer = 10.0 ** rng.uniform(-8, 8, 2)
        self.tree = expression(rng, 4)
        self.x = float(rng.normal() * self.inner)

    def of_tensor(self, x):
        return self.outer * evaluate(self.tree, x / self.inner, lambda n, t: UNARY[n][0](t))

    def of_float(self, x):
        return self.outer * evaluate(self.tree, x / self.inner, lambda n, t: UNARY[n][1](t))

    def slope(self):
        """The derivative at the point, to 40 digits."""
        import mpmath

        with mpmath.workdps(60):
            inner, outer = mpmath.mpf(self.inner), mpmath.mpf(self.outer)

            def f(x):
                return outer * evaluate(self.tree, x / inner, lambda n, t: EXACT[n](mpmath, t))

            h = inner * mpmath.mpf(10) ** -20
            at = mpmath.mpf(self.x)
            return (f(at + h) - f(at - h)) / (2 * h)

    def usable(self):
        """Whether the slope can be seen at all among the roundings of the value."""
        slope = float(abs(self.slope()))
        return slope * self.inner > 1e-6 * abs(self.of_float(self.x)) > 0


def smooth_functions(seed, count):
    """So many usable random functions."""
    import numpy as np

    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        f = Smooth(rng)
        if f.usable():
            found.append(f)
    return found
