"""Convolution, windows, interpolation, grids, polynomials: against NumPy and numerically."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import X, cases, check, check_float32
from numpy.lib.stride_tricks import sliding_window_view
from numpy.polynomial import polynomial

import autograd_lite as ag

KNOTS = np.array([0.1, 0.5, 0.9, 1.7, 2.05])
HEIGHTS = np.array([2.0, -1.0, 0.5, 4.0, 3.0])


def windows(m):
    """m's function of windows."""
    return sliding_window_view if m is np else m.sliding_window_view


def two(m):
    """m's functions of polynomials of two variables."""
    return polynomial if m is np else m


# name: calls of it; m is NumPy or autograd_lite, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    "convolve": [
        *(lambda m, x, mode=mode: m.convolve(x[0], x[1, :2], mode)
          for mode in ("full", "same", "valid")),
        *(lambda m, x, mode=mode: m.convolve(x[1, :2], x.ravel(), mode=mode)
          for mode in ("full", "same", "valid")),
        *(lambda m, x, mode=mode: m.convolve(x[0], x[1, :2], mode) for mode in (0, 1, 2)),
        lambda m, x: m.convolve(x[0], x[0]), lambda m, x: m.convolve(x[0, 0], x[1]),
        lambda m, x: m.convolve(x[0], [1, 2j]), lambda m, x: m.convolve([1, 2, 3], x[1], "same"),
    ],
    "correlate": [
        *(lambda m, x, mode=mode, i=i, j=j: m.correlate(x.ravel()[:i], x.ravel()[-j:] ** 2, mode)
          for mode in ("full", "same", "valid")
          for i in (1, 2, 3, 4, 5) for j in (1, 2, 3, 4)),
        lambda m, x: m.correlate(x[0], x[1]), lambda m, x: m.correlate(x[0], [1, 2j], "full"),
        lambda m, x: m.correlate([1j, 2 - 1j], x[1] * (1 + 2j), mode="same"),
    ],
    "sliding_window_view": [
        lambda m, x: windows(m)(x * x, (2, 2)), lambda m, x: windows(m)(x, 2, 1),
        lambda m, x: windows(m)(x, (2,), axis=-2), lambda m, x: windows(m)(x * x, (2, 2), (1, 1)),
        lambda m, x: windows(m)(x, (3, 1), axis=(1, 0), subok=True),
        lambda m, x: windows(m)(x[0], np.int64(3)), lambda m, x: windows(m)(x, (), ()),
    ],
    "interp": [
        lambda m, x: m.interp(x, KNOTS, HEIGHTS), lambda m, x: m.interp(x * x, KNOTS, HEIGHTS),
        lambda m, x: m.interp(x, KNOTS, HEIGHTS, 7.0, right=-7.0),
        lambda m, x: m.interp(x[0, 0], KNOTS, list(HEIGHTS)),
        lambda m, x: m.interp(KNOTS, [0.0, 1.0, 2.0], x[0]),
        lambda m, x: m.interp(KNOTS, [0.0, 1.0, 2.0], x[0], x[1, 0], x[1, 1]),
        lambda m, x: m.interp([0.3, 0.8, 1.4], m.sort(x[0]), x[1]),
        lambda m, x: m.interp(x[0], m.sort(x[1]), x[1] * x[0], x[0, 0], x[0, 1]),
        lambda m, x: m.interp(x * 2, KNOTS, HEIGHTS, period=0.77),
        lambda m, x: m.interp(x, KNOTS[::-1], HEIGHTS, 3.0, 4.0, -1.27),
        lambda m, x: m.interp([-5.0, 0.2, 8.0], x[0] * 3, x[1], period=2.0),
        lambda m, x: m.interp(x, KNOTS, HEIGHTS * (1 - 2j)),
        lambda m, x: m.interp(x, [0.0, 1.0, 3.0], x[1] * (1 + 1j), left=1j),
        lambda m, x: m.interp(x[0, 0], [1.0], [5.0]) + x[0, 0],
        lambda m, x: m.interp(x, [1.0], [5.0]), lambda m, x: m.interp([1.0, 2, 0], [1.0], x[0, :1]),
        lambda m, x: m.interp([0.5, 2.0], [1.0], x[0, :1], x[1, 0], x[1, 1]),
        lambda m, x: m.interp(np.array([1, 2]), np.array([0, 3]), x[0, :2]),
        lambda m, x: m.interp(x, np.array([False, True]), np.array([True, False])),
        lambda m, x: m.interp(x[0].astype(np.longdouble), KNOTS, HEIGHTS, period=0.77),
    ],
    "meshgrid": [
        lambda m, x: m.meshgrid(x[0], x[1] ** 2)[0] * m.meshgrid(x[0], x[1] ** 2)[1],
        lambda m, x: m.meshgrid(x[0], x[1], indexing="ij")[1],
        lambda m, x: m.meshgrid(x[0], x[1, :2], sparse=True)[1],
        lambda m, x: m.meshgrid(x[0], x[1, :2], x[0, :1], copy=False)[2],
        lambda m, x: m.meshgrid(x[0], [1, 2], x[0, 0])[0], lambda m, x: m.meshgrid(x)[0],
    ],
    "linspace": [
        lambda m, x: m.linspace(x[0], x[1] ** 2), lambda m, x: m.linspace(x[0, 0], 5, 4, False),
        lambda m, x: m.linspace(0, x, num=3, axis=-1), lambda m, x: m.linspace(x[:, :1], x, 1),
        lambda m, x: m.linspace(x[0, 0] ** 2, x, 3, True, True, axis=1)[1],
        lambda m, x: m.linspace(x, 1.0, 3, retstep=True)[0], lambda m, x: m.linspace(x, x, 3),
        lambda m, x: m.linspace(x, 1, 0), lambda m, x: m.linspace(x[0], 2, 4, dtype=complex),
        lambda m, x: m.linspace(x * 1j, 2, 4, axis=2),
    ],
    "logspace": [
        lambda m, x: m.logspace(x[0, 0], x[0, 1], 4), lambda m, x: m.logspace(0, x, 3, False),
        lambda m, x: m.logspace(x[0], x[1], num=3, base=2),
        lambda m, x: m.logspace(x[0], 1.5, 3, base=x[1]),
        lambda m, x: m.logspace(0.5, [1.0, 2.0], 3, base=x[:, :1], axis=-1),
        lambda m, x: m.logspace(x[0, 0], 1.0, 3, True, x[1, 1], complex, 0),
    ],
    "geomspace": [
        lambda m, x: m.geomspace(x[0], x[1] ** 2, 4), lambda m, x: m.geomspace(1, x, 3, False),
        lambda m, x: m.geomspace(-x[0], -8.0, num=3, axis=1), lambda m, x: m.geomspace(x, 1, 1),
        lambda m, x: m.geomspace(x[0, 0] * 1j, 3.0 - 1j, 4), lambda m, x: m.geomspace(x, 4, 0),
        lambda m, x: m.geomspace(x, 4, 2, dtype=complex, axis=-1),
    ],
    "vander": [
        lambda m, x: m.vander(x[0]), lambda m, x: m.vander(x[0], 5), lambda m, x: m.vander(x[0], 0),
        lambda m, x: m.vander(x[0] - x[0, 0], N=4, increasing=True),
        lambda m, x: m.vander(x[1] * 1j, 3), lambda m, x: m.vander(x[0], 1, True),
    ],
    "polyval": [
        lambda m, x: m.polyval([1.0, -2.0, 3.0], x), lambda m, x: m.polyval(x[0], x[1]),
        lambda m, x: m.polyval(x.ravel(), 0.7), lambda m, x: m.polyval(x[0], [0.0, 1.0, 2.0]),
        lambda m, x: m.polyval([True, False, True], x),
        lambda m, x: m.polyval([5], x), lambda m, x: m.polyval([], x) + x,
        lambda m, x: m.polyval(x, x[0]), lambda m, x: m.polyval([2, 0, 1j], x),
        lambda m, x: m.polyval(x[0], np.array([[1, 2], [3, 4]])),
    ],
    "polyval2d": [
        lambda m, x: two(m).polyval2d(x, x * x, np.array([[1.0, 2.0], [0.0, -3.0], [0.5, 0.0]])),
        lambda m, x: two(m).polyval2d(x[0, 0], x[0, 1], x[:, :2]),
        lambda m, x: two(m).polyval2d(x[0] - x[0, 0], [0, 1, 2], x),
        lambda m, x: two(m).polyval2d([1, 2], [0, 3], m.stack([x, x * x], axis=-1)),
        lambda m, x: two(m).polyval2d(x[0] * 1j, x[1], [[1, 2j], [3, 4]]),
        lambda m, x: two(m).polyval2d(x, x, [[3]]) + x,
    ],
    "polygrid2d": [
        lambda m, x: two(m).polygrid2d(x[0], x[1, :2] ** 2, np.array([[1.0, 2.0], [0.0, -3.0]])),
        lambda m, x: two(m).polygrid2d(x, x[0, 0], x[:, :2]),
        lambda m, x: two(m).polygrid2d([1, 2], [0.0, 0.5, 3.0], m.stack([x, x * x], axis=-1)),
    ],
    "polyadd": [
        lambda m, x: m.polyadd(x[0], x[1, :2]), lambda m, x: m.polyadd([1], x[0]),
        lambda m, x: m.polyadd(x[0, 0], x[1]),
    ],
    "polysub": [
        lambda m, x: m.polysub(x[0], x[1, :2]), lambda m, x: m.polysub([1, 2j], x[0]),
        lambda m, x: m.polysub(x[0], x[0]),
    ],
    "polymul": [
        lambda m, x: m.polymul(x[0], x[1]), lambda m, x: m.polymul([0.0, 0.0, 1.0, 2.0], x[1]),
        lambda m, x: m.polymul(x[0] * np.array([0, 1, 1]), x[1]), lambda m, x: m.polymul(x[0], [0]),
    ],
    "polyder": [
        lambda m, x: m.polyder(x.ravel() ** 2), lambda m, x: m.polyder(x[0], 2),
        lambda m, x: m.polyder(x[0], m=0) * 2, lambda m, x: m.polyder(x[0, :1]),
        lambda m, x: m.polyder(x[0], 5),
    ],
    "polyint": [
        lambda m, x: m.polyint(x[0] ** 2), lambda m, x: m.polyint(x[0], 2, 3.0),
        lambda m, x: m.polyint(x[0], 2, k=x[1, :2]),
        lambda m, x: m.polyint(x[0], 3, k=x[1, 0]), lambda m, x: m.polyint(x[0], 0) * 2,
    ],
    "polydiv": [
        lambda m, x: m.polydiv(x.ravel(), x[0, :2])[0],
        lambda m, x: m.polydiv(x.ravel(), x[0, :2])[1],
        lambda m, x: m.polydiv(x[0, :1], x[1])[0] + x[0, 0],
        lambda m, x: m.polydiv(x[0, :1], x[1])[1], lambda m, x: m.polydiv(x[0], [2, 1j])[1],
        lambda m, x: m.polydiv(x[0], x[1, 0])[0],
        lambda m, x: m.polydiv(x[0], x[1, 0])[1] + x[0, 0],
    ],
}  # fmt: skip


# NumPy looks for Tensors in the first argument only: (ours, the same in plain NumPy).
PAIRS = {
    "polyint": [(lambda x: ag.polyint([1, 2], 3, k=x[1]), lambda x: np.polyint([1, 2], 3, k=x[1]))],
    "logspace": [
        (
            lambda x: ag.logspace(0, 1, 3, base=x[0, 0]),
            lambda x: np.logspace(0, 1, 3, base=x[0, 0]),
        ),
    ],
}


@pytest.mark.parametrize(("name", "k"), cases(PAIRS))
def test_call_is_as_in_plain_numpy(name, k):
    check(*PAIRS[name][k])


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    if module is np and name.endswith("2d") and not hasattr(polynomial.polyval2d, "__wrapped__"):
        pytest.skip("older NumPys do not tell Tensors of this function")
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x))


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_complex_entries_too(name, k):
    call, x = CALLS[name][k], X * (1 - 0.7j)
    try:
        call(np, x)
    except (TypeError, np.exceptions.ComplexWarning):
        pytest.skip("NumPy has no such thing for complex numbers")
    check(lambda x: call(ag, x), lambda x: call(np, x), x)


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_float32_goes_in_and_out(name, k):
    check_float32(CALLS[name][k])


def test_the_period_of_interp_may_be_a_tensor():
    at, xp, fp = np.array([-0.5, 3.7, -4.4, 0.3]), np.array([0.0, 1.0, 2.0]), np.array([3.0, 4, 7])
    for sign in (1, -1):
        check(
            lambda p, s=sign: ag.interp(at, xp, fp, period=s * p),
            lambda p, s=sign: np.interp(at, xp, fp, period=s * float(p)),
            np.array(3.1),
        )


def test_a_polynomial_of_a_polynomial():
    p, q = np.array([1.0, -2.0, 3.0]), np.poly1d([2.0, 1.0])
    check(lambda p: np.polyval(p, q).coeffs, lambda p: np.polyval(p, q).coeffs, p)
