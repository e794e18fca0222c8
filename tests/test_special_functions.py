"""Hypergeometric, elementary and further special functions against mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

pytest.importorskip("scipy", reason="autograd_lite.special needs SciPy")

import scipy.special as sp
from test_special_extremes import check, slopes

from autograd_lite import special

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# -- hypergeometric ------------------------------------------------------------------------------


@pytest.mark.parametrize("v", [0.5, 2.0, 3.5])
def test_hyp0f1(v):
    check(lambda z: sp.hyp0f1(v, z), lambda z: mp.hyp0f1(v, z), [-30, -1e-5, 1, 50], tolerance=1e-8)


@pytest.mark.parametrize(("a", "b"), [(0.5, 1.5), (-2.0, 0.5), (3.0, 2.0), (1.0, 1.0)])
def test_confluent_functions(a, b):
    check(lambda z: sp.hyp1f1(a, b, z), lambda z: mp.hyp1f1(a, b, z), [-30, 1e-5, 20])
    check(lambda z: sp.hyperu(a, b, z), lambda z: mp.hyperu(a, b, z), [0.1, 1, 20], tolerance=1e-7)


def _wright(x):
    return mp.nsum(lambda k: x**k / mp.factorial(k) * mp.rgamma(k / 2 + 1.5), [0, mp.inf])


def test_wrights_functions():
    at = [0.1, 2.0, 10.0]
    check(lambda x: sp.wright_bessel(0.5, 1.5, x), _wright, at, (1, 2), 1e-8)
    if hasattr(sp, "log_wright_bessel"):
        logarithm = lambda x: mp.log(_wright(x))
        check(lambda x: sp.log_wright_bessel(0.5, 1.5, x), logarithm, at, (1, 2), 1e-8)
    omega = lambda x: mp.re(mp.lambertw(mp.exp(x)))
    check(special.wrightomega, omega, [-50, -3, 0, 1, 30, 1e5, 1e10])


# -- elementary ----------------------------------------------------------------------------------


def test_powm1():
    for y in (0.0, 1.0, 2.0, 0.5, -1.5, 1e-10):
        check(lambda x, y=y: sp.powm1(x, y), lambda x, y=y: x ** mp.mpf(y), [1e-5, 0.5, 1, 3, 1e5])
    for x in (0.5, 1.0, 3.0):
        check(lambda y, x=x: sp.powm1(x, y), lambda y, x=x: mp.mpf(x) ** y, [-2, 1e-9, 0, 3])
    np.testing.assert_array_equal(slopes(lambda x: sp.powm1(x, 2.0), [0.0, -3.0]), [0, -6])
    np.testing.assert_array_equal(slopes(lambda y: sp.powm1(0.0, y), [1.0, 2.0]), [0, 0])


def test_degrees():
    cot = lambda x: mp.cot(x * mp.pi / 180)
    check(special.cotdg, cot, [1.0, 30.0, 90.0, 200.0])
    np.testing.assert_allclose(slopes(lambda m: sp.radian(1.0, m, 2.0), [3.0]), np.pi / 10800)
    np.testing.assert_array_equal(slopes(special.round, [0.7, 2.5]), 0)
