"""What the tests of functional share."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag

X = np.array([0.7, -1.2, 0.4])
V = np.array([1.0, -0.5, 2.0])


def leaf(x, **kwargs):
    return ag.Tensor(x, requires_grad=True, **kwargs)


def close(got, expected, tolerance=1e-10):
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def smooth(x):
    """A function of a vector, all of whose derivatives are full."""
    return np.sin(x.sum()) * np.exp(x[0]) + (x**3 * x[::-1]).sum()


def vector(x):
    return ag.stack([x[0] * x[1], np.sin(x[1] * x[2]), np.exp(x[0]), x.sum() ** 2])
