"""What the tests of inplace share."""

from __future__ import annotations

import operator

import numpy as np
from oracle import numerical_gradient

import autograd_lite as ag

X = np.array([[0.7, -1.2, 0.4], [1.3, 0.5, -0.9]])
U = np.array([0.3, -0.8, 1.1])
W = np.array([[0.2, -1.0, 0.6], [1.4, 0.9, -0.3]])
UPDATES = {
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "/=": operator.itruediv,
}


def leaf(x, **kwargs):
    return ag.Tensor(x, requires_grad=True, **kwargs)


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-8)


def weighted(t):
    """A scalar to which every entry contributes differently."""
    ramp = np.arange(1.0, t.size + 1).reshape(t.shape)
    return (t * t * ramp + t * ramp[..., ::-1]).sum()


def agree(program, *arrays):
    """program's value and gradients are those of the same program in NumPy."""
    leaves = [leaf(a) for a in arrays]
    out = program(*leaves)
    close(out.data, program(*(a.copy() for a in arrays)))
    out.backward()
    for i, (t, a) in enumerate(zip(leaves, arrays, strict=True)):

        def f(v, i=i):
            given = [b.copy() for b in arrays]
            given[i] = v
            return float(program(*given))

        got = np.zeros(a.shape) if t.grad is None else t.grad
        assert got.shape == a.shape
        close(got, numerical_gradient(f, a))
        close(t.data, a)
