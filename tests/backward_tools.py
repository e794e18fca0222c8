"""What the tests of backward share."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag

X = np.array([0.7, -1.2, 0.4])
V = np.array([1.0, -0.5, 2.0])


def leaf(x, **kwargs):
    return ag.Tensor(x, requires_grad=True, **kwargs)


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
