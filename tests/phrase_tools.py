"""What a term of a phrase is worth: NumPy's own functions, nothing of the rules it came from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from autograd_lite.op import OPS
from autograd_lite.phrases.terms import parts

SIGNS = {
    ">": np.greater, "<": np.less, "≥": np.greater_equal, "≤": np.less_equal, "=": np.equal,
    "≠": np.not_equal,
}  # fmt: skip
FUNCTIONS = {
    "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "sqrt": np.sqrt,
    "absolute": np.abs, "sign": np.sign, "conjugate": np.conj, "real": np.real, "hypot": np.hypot,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "reshape": np.reshape, "flip": np.flip,
    "transpose": np.transpose,
    "softmax": lambda x, axis=-1: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True),
    "one_hot": lambda y, _classes: np.eye(_classes)[y],
}  # fmt: skip


class Evaluator:
    """Terms as numbers, for the values of refs, by their keys."""

    def __init__(self, values, params=None):
        self.values = values
        self.params = params or {}

    def __call__(self, term):
        return getattr(self, f"_{term.op}")(*term.args)

    def _ref(self, key):
        return self.values[key]

    def _number(self, x):
        return float(x) if isinstance(x, Fraction) else x

    def _count(self, n):
        return n

    def _variance(self, a, axes, ndim, keep):
        return self(a).var(axis=axes, keepdims=keep)

    def _ones(self, shape):
        return np.ones(shape)

    def _product(self, coefficient, factors, divisors):
        out = self._number(coefficient)
        for factor in factors:
            out = out * self(factor)
        for divisor in divisors:
            out = out / self(divisor)
        return out

    def _sum(self, *terms):
        return sum(self(t) * 1.0 for t in terms)

    def _power(self, a, n):
        return self(a) ** (n if isinstance(n, int) else self._exponent(n))

    def _exponent(self, n):
        return self(n) if hasattr(n, "op") else self._number(n)

    def _matmul(self, a, b):
        return self(a) @ self(b)

    def _outer(self, a, b):
        return np.outer(self(a), self(b))

    def _transposed(self, a):
        return np.swapaxes(self(a), -1, -2)

    def _summed(self, a, axes, ndim, keep, shape):
        a = self(a)
        a = np.reshape(a, (1,) * (ndim - np.ndim(a)) + np.shape(a))
        out = a.sum(axis=axes, keepdims=keep)
        return out if shape is None else out.reshape(shape)

    def _averaged(self, a, axes, ndim, keep):
        return self(a).mean(axis=axes, keepdims=keep)

    def _widened(self, a, axes, ndim):
        return self(a)[tuple(None if i in axes else slice(None) for i in range(ndim))]

    def _compared(self, sign, a, b):
        return SIGNS[sign](self(a), self(b)).astype(float)

    def _chosen(self, condition, a, b):
        return np.where(self(condition), self(a), self(b))

    def _indexed(self, a, text, held):
        return self(a)[held.value]

    def _scattered(self, a, text, held, shape):
        a = self(a)
        out = np.zeros(shape, a.dtype)
        np.add.at(out, held.value, a)
        return out

    def _call(self, name, inputs, params):
        inputs, params = [self(x) for x in inputs], dict(params)
        if name in ("conv2d_input", "conv2d_weight"):
            return self._convolution(name, *inputs)
        if name in FUNCTIONS:
            return FUNCTIONS[name](*inputs, *params.values())
        op = OPS[name]
        return np.asarray(op.forward(*inputs, **{**op.params, **params}))

    def _convolution(self, name, a, b):
        # By its definition: each entry of the kernel meets the image at every place.
        p = self.params
        (top, bottom), (left, right) = p["padding"]
        x = np.zeros(self.values[0].shape) if name == "conv2d_input" else a
        w = b if name == "conv2d_input" else np.zeros(self.values[1].shape)
        g = a if name == "conv2d_input" else b
        wide = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
        out = np.zeros(wide.shape if name == "conv2d_input" else w.shape, np.result_type(a, b))
        per = w.shape[1]
        for (n, o, i, j), value in np.ndenumerate(g):
            group = o // (w.shape[0] // p["groups"])
            for c, k, m in np.ndindex(w.shape[1:]):
                at = (
                    n, group * per + c, i * p["stride"][0] + k * p["dilation"][0],
                    j * p["stride"][1] + m * p["dilation"][1],
                )  # fmt: skip
                if name == "conv2d_input":
                    out[at] += value * w[o, c, k, m]
                else:
                    out[o, c, k, m] += value * wide[at]
        if name == "conv2d_weight":
            return out
        return out[:, :, top : out.shape[2] - bottom, left : out.shape[3] - right]


def has_rule(term):
    """Whether a term says no more than that the op has a rule."""
    return term.op == "rule" or any(has_rule(p) for p in parts(term))


def balanced(latex):
    """Whether braces close, and \\left has its \\right."""
    depth = 0
    text = latex.replace(r"\{", "").replace(r"\}", "")
    for c in text:
        depth += (c == "{") - (c == "}")
        if depth < 0:
            return False
    return depth == 0 and text.count(r"\left") == text.count(r"\right")
