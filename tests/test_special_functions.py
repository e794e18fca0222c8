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


def test_slopes_at_infinity():
    for order in (1, 2):
        np.testing.assert_array_equal(slopes(special.wrightomega, [np.inf], order), 2 - order)
        np.testing.assert_array_equal(slopes(special.zetac, [np.inf], order), 0)
    got = slopes(lambda x: sp.hyp1f1(1.0, 2.0, x), [-np.inf, np.inf])
    np.testing.assert_array_equal(got, [0, np.inf])


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


# -- orthogonal polynomials ----------------------------------------------------------------------

# Values that are exactly 0 need a limit to be recognised.
ZERO = {"zeroprec": 1000}


def jacobi(n, a, b, x):
    return mp.jacobi(n, a, b, x, **ZERO)


# Their values at n and x; the parameters are those of PARAMETERS.
POLYNOMIALS = {
    "eval_legendre": lambda n, x: jacobi(n, 0, 0, x),
    "eval_chebyt": lambda n, x: mp.chebyt(n, x, **ZERO),
    "eval_chebyu": lambda n, x: mp.chebyu(n, x, **ZERO),
    "eval_chebyc": lambda n, x: 2 * mp.chebyt(n, x / 2, **ZERO),
    "eval_chebys": lambda n, x: mp.chebyu(n, x / 2, **ZERO),
    "eval_hermite": mp.hermite,
    "eval_hermitenorm": lambda n, x: mp.hermite(n, x / mp.sqrt(2)) / mp.sqrt(2) ** n,
    "eval_laguerre": lambda n, x: mp.laguerre(n, 0, x, **ZERO),
    "eval_genlaguerre": lambda n, x: mp.laguerre(n, 1.5, x, **ZERO),
    "eval_gegenbauer": lambda n, x: mp.gegenbauer(n, 1.5, x, **ZERO),
    "eval_jacobi": lambda n, x: jacobi(n, 1.5, 0.5, x),
    "eval_sh_legendre": lambda n, x: jacobi(n, 0, 0, 2 * x - 1),
    "eval_sh_chebyt": lambda n, x: mp.chebyt(n, 2 * x - 1, **ZERO),
    "eval_sh_chebyu": lambda n, x: mp.chebyu(n, 2 * x - 1, **ZERO),
    "eval_sh_jacobi": lambda n, x: (
        jacobi(n, 2, 0.5, 2 * x - 1) * mp.factorial(n) * mp.gamma(n + 3.5) / mp.gamma(2 * n + 3.5)
    ),
}
PARAMETERS = {
    "eval_genlaguerre": (1.5,),
    "eval_gegenbauer": (1.5,),
    "eval_jacobi": (1.5, 0.5),
    "eval_sh_jacobi": (3.5, 1.5),
}


@pytest.mark.parametrize("n", [0, 1, 2, 5, 12])
@pytest.mark.parametrize("name", POLYNOMIALS)
def test_orthogonal_polynomials(name, n):
    f, parameters = getattr(sp, name), PARAMETERS.get(name, ())
    at = [0.3, 1.0, 0.999] if "_sh_" in name else [-1.0, -0.3, 0.0, 0.7, 1.0]
    for order in (1, 2, 3):
        got = slopes(lambda x: f(n, *parameters, x), at, order)
        expected = [float(mp.re(mp.diff(lambda x: POLYNOMIALS[name](n, x), x, order))) for x in at]
        size = max(1.0, np.max(np.abs(expected)))
        np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-7 * size)


def test_degrees_may_be_real_numbers_and_whole_ones_keep_single_precision():
    for name in ("eval_legendre", "eval_chebyt", "eval_jacobi"):
        f, parameters = getattr(sp, name), PARAMETERS.get(name, ())
        check(
            lambda x, f=f, p=parameters: f(2.5, *p, x),
            lambda x, name=name: POLYNOMIALS[name](mp.mpf(2.5), x), [-0.3, 0.7], (1, 2), 1e-8,
        )  # fmt: skip
    x = np.array([0.3, 0.7], np.float32)
    for f in (special.eval_legendre, special.eval_chebyu, special.eval_laguerre):
        assert slopes(lambda x, f=f: f(3, x), x, 2, np.float32).dtype == np.float32


def test_legendre_functions():
    for m in (0, 1, 2):
        check(
            lambda x, m=m: sp.lpmv(m, 2.5, x),
            lambda x, m=m: mp.legenp(2.5, m, x, type=2), [-0.9, -0.3, 0.5, 0.999], (1, 2), 1e-7,
        )  # fmt: skip
