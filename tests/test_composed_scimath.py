"""``np.emath``: real where real numbers have a value, complex elsewhere, real gradients of both."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import X, cases, check

import autograd_lite as ag

NEGATIVE = np.array([[-0.7, 1.3, -2.4], [2.1, 0.6, 1.1]])

# name: calls; m is np.emath or ag.emath, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    "emath.sqrt": [lambda m, x: m.sqrt(x)],
    "emath.log": [lambda m, x: m.log(x)],
    "emath.log2": [lambda m, x: m.log2(x)],
    "emath.log10": [lambda m, x: m.log10(x)],
    "emath.logn": [lambda m, x: m.logn(3, x), lambda m, x: m.logn(x * 1.7, [2.0, -3.0, 0.4])],
    "emath.power": [
        lambda m, x: m.power(x, 2), lambda m, x: m.power(x, [2, -3, 1]),
        lambda m, x: m.power(x, -0.5), lambda m, x: m.power(-2.5, x), lambda m, x: m.power(x, x),
    ],
    "emath.arccos": [lambda m, x: m.arccos(x)],
    "emath.arcsin": [lambda m, x: m.arcsin(x)],
    "emath.arctanh": [lambda m, x: m.arctanh(x)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("x", [X / 3, X, NEGATIVE, X[0, 0], NEGATIVE * (1 + 0.5j)], ids=range(5))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, x, module):
    call = CALLS[name][k]
    check(lambda x: call(module.emath, x), lambda x: call(np.emath, x), x)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i2", "i8", "u1", "b1", "F", "D"])
@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_dtypes_are_numpys(dtype, name, k):
    if name == "emath.power" and (np.ones(2, "f4") ** np.array(2)).dtype == "f4":
        pytest.skip("older NumPys' ** keeps the dtype for some powers, and their np.power does not")
    call = CALLS[name][k]
    for x in (np.array([[1, 0, 1]] * 2), np.array([[-3, 1, 2]] * 2)):
        x = x.astype(dtype)
        with np.errstate(all="ignore"):
            try:
                expected = call(np.emath, x)
            except (TypeError, ValueError):  # NumPy multiplies no booleans by 1.7
                continue
            got = call(np.emath, ag.Tensor(x))
        np.testing.assert_allclose(got.data, expected, rtol=2e-3)
        assert got.dtype == expected.dtype
