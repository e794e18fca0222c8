"""Derivatives of special functions where rules lose their digits: far out, at poles, at kinks.

mpmath is the oracle, by differences of some hundred digits.
"""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

pytest.importorskip("scipy", reason="autograd_lite.special needs SciPy")

import autograd_lite as ag
from autograd_lite import special

INF, NAN = math.inf, math.nan
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def slopes(f, x, order=1, dtype=float):
    """The derivatives of that order of f, which is taken entry by entry."""
    for _ in range(order):
        f = ag.grad(lambda t, f=f: ag.sum(f(t)))
    return f(np.array(x, dtype))


def exact(f, x, order):
    """The derivative of f by central differences whose steps and digits fit the size of x."""
    size = math.log10(abs(x)) if x else 0.0
    step = -20 - abs(size)
    with mp.workdps(int(60 - (order + 1) * step + 2 * abs(size))):
        x, h = mp.mpf(x), mp.mpf(10) ** step
        weights = {
            0: {0: 1}, 1: {1: 0.5, -1: -0.5}, 2: {1: 1, 0: -2, -1: 1},
            3: {2: 0.5, 1: -1, -1: 1, -2: -0.5},
        }[order]  # fmt: skip
        return float(mp.re(sum(w * f(x + k * h) for k, w in weights.items()) / h**order))


def check(f, of_mpmath, at, orders=(1, 2, 3), tolerance=1e-9):
    """f's derivatives at these points against mpmath's; what is smaller than 1e-37 is 0."""
    for order in orders:
        expected = np.array([exact(of_mpmath, x, order) for x in at])
        got = slopes(f, at, order)
        both_0 = (np.abs(expected) < 1e-37) & (np.abs(got) < 1e-13)
        where = np.where(both_0, 0, 1)
        np.testing.assert_allclose(
            got * where, expected * where, rtol=tolerance, err_msg=f"{order=}"
        )


# -- error functions -----------------------------------------------------------------------------


def _ncdf(t):
    return mp.erfc(-t / mp.sqrt(2)) / 2


FAR = [6.9, 7.1, 30.0, 1e3, 1e5, 1e8]


@pytest.mark.parametrize(
    ("f", "of_mpmath", "at"),
    [
        (special.erfcx, lambda t: mp.exp(t * t) * mp.erfc(t), [-8, -6.5, -0.3, 0, 1e-9, 3, *FAR]),
        (special.dawsn, lambda t: mp.sqrt(mp.pi) / 2 * mp.exp(-t * t) * mp.erfi(t),
         [-1e5, -8, -6.5, -0.3, 0, 1e-9, 3, *FAR]),
        (special.log_ndtr, lambda t: mp.log(_ncdf(t)), [-1e8, -1e5, -100, -12, -1, 0, 1e-9, 2, 7]),
        (special.ndtr, _ncdf, [-30, -3, 0.5, 1e-9, 8]),
        (lambda x: special.voigt_profile(x, 0.5, 0.3),
         lambda t: mp.re(mp.exp(-(u := (t + 0.3j) / mp.sqrt(0.5)) ** 2) * mp.erfc(-1j * u))
         / mp.sqrt(mp.pi / 2), [-3.0, 0.7, 30.0]),
    ],
    ids=["erfcx", "dawsn", "log_ndtr", "ndtr", "voigt_profile"],
)  # fmt: skip
def test_error_functions(f, of_mpmath, at):
    check(f, of_mpmath, at)


def test_error_functions_of_complex_numbers():
    z = np.array([7 + 3j, -3 + 7j, -6 - 6j, 1e-3 + 7.2j, -20 + 21j, 5 + 5.5j, -1 - 2j])
    for f, of_mpmath in (
        (special.erfcx, lambda t: mp.exp(t * t) * mp.erfc(t)),
        (special.wofz, lambda t: mp.exp(-t * t) * mp.erfc(-1j * t)),
        (special.dawsn, lambda t: mp.sqrt(mp.pi) / 2 * mp.exp(-t * t) * mp.erfi(t)),
    ):
        t = ag.Tensor(z, requires_grad=True)
        first = ag.gradients(f(t), t, np.ones(len(z)), create_graph=True)
        second = ag.gradients(first, t, np.ones(len(z)))
        for order, got in ((1, first.data), (2, second.data)):
            with mp.workdps(60):
                expected = [complex(mp.diff(of_mpmath, mp.mpc(v), order)) for v in z]
            np.testing.assert_allclose(np.conj(got), expected, rtol=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("f", [special.erfcx, special.dawsn, special.ndtr])
def test_slopes_vanish_at_infinity(f, order):
    at = [INF] if f is special.erfcx else [INF, -INF]
    np.testing.assert_array_equal(slopes(f, at, order), 0)


def test_slopes_of_log_ndtr_at_minus_infinity():
    assert [slopes(special.log_ndtr, -INF, order) for order in (1, 2, 3)] == [INF, -1, 0]


def test_erfcx_in_single_precision():
    got = slopes(special.erfcx, [1000.0, 1e10], dtype=np.float32)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, [-5.6419e-7, -5.6419e-21], rtol=1e-4)


def test_voigt_profile_in_all_its_arguments():
    def voigt(x, s, c):
        u = (x + 1j * c) / (s * mp.sqrt(2))
        return mp.re(mp.exp(-u * u) * mp.erfc(-1j * u)) / (s * mp.sqrt(2 * mp.pi))

    for at in ((0.7, 0.5, 0.3), (-2.0, 0.01, 1.0), (5.0, 2.0, 0.1)):
        ours = ag.hessian(lambda v: special.voigt_profile(v[0], v[1], v[2]))(np.array(at))
        for i in range(3):
            for j in range(3):
                orders = [(k == i) + (k == j) for k in range(3)]
                expected = float(mp.diff(voigt, at, tuple(orders)))
                assert ours[i, j] == pytest.approx(expected, rel=1e-6, abs=1e-8)
    # Without the normal part it is Cauchy's density, even in the deviation.
    x, c = 0.7, 0.3
    first = ag.grad(special.voigt_profile, argnums=(0, 1, 2))(x, 0.0, c)
    below = np.pi * (x * x + c * c) ** 2
    np.testing.assert_allclose(first, [-2 * x * c / below, 0, (x * x - c * c) / below], rtol=1e-14)


# -- Bessel functions ----------------------------------------------------------------------------


@pytest.mark.parametrize("v", [0, 2.5, 10])
@pytest.mark.parametrize(
    ("name", "of_mpmath"),
    [
        ("ive", lambda v, t: mp.besseli(v, t) * mp.exp(-t)),
        ("kve", lambda v, t: mp.besselk(v, t) * mp.exp(t)),
        ("hankel1e", lambda v, t: mp.re(mp.hankel1(v, t) * mp.exp(-1j * t))),
        ("hankel2e", lambda v, t: mp.re(mp.hankel2(v, t) * mp.exp(1j * t))),
    ],
)
def test_scaled_bessel_functions(name, of_mpmath, v):
    at = [0.5, 24.0, 26.0, 1e3, 1e5]
    check(lambda x: ag.real(getattr(special, name)(v, x)), lambda t: of_mpmath(v, t), at, (1, 3))


@pytest.mark.parametrize(
    ("name", "of_mpmath"),
    [
        ("i0e", lambda t: mp.besseli(0, t) * mp.exp(-abs(t))),
        ("i1e", lambda t: mp.besseli(1, t) * mp.exp(-abs(t))),
        ("k0e", lambda t: mp.besselk(0, t) * mp.exp(t)),
        ("k1e", lambda t: mp.besselk(1, t) * mp.exp(t)),
    ],
)
def test_scaled_bessel_functions_of_whole_order(name, of_mpmath):
    f = getattr(special, name)
    at = [1e-3, 0.5, 26.0, 1e5]
    check(f, of_mpmath, [*at, -0.5, -26.0, -1e5] if name[0] == "i" else at)
    assert [slopes(f, INF, order) for order in (1, 2, 3)] == [0, 0, 0]


def test_odd_orders_of_negative_numbers():
    for v in (1, 2, 3):
        check(
            lambda x, v=v: special.ive(v, x),
            lambda t, v=v: mp.besseli(v, t) * mp.exp(-abs(t)), [-40.0, -3.0],
        )  # fmt: skip


# -- ratios of gamma functions, incomplete integrals, zeta ---------------------------------------

# (f, the same of mpmath, points)
GAMMAS = [
    *(
        (lambda x, y=y: special.poch(x, y), lambda t, y=y: mp.gammaprod([t + y], [t]),
         [0.0, -1.0, -2.0, -3.0, 1e-10, -1e-10, -1.3, -2.0000001, 0.3, 2.0, 1e3, 1e10, -7.25])
        for y in (1.0, 2.0, 2.5, 3.0, -1.5)
    ),
    *(
        (lambda y, x=x: special.poch(x, y), lambda t, x=x: mp.gammaprod([x + t], [x]),
         [0.5, 1e-8, 1.5, 20.0])
        for x in (0.3, 2.0, 1e5)
    ),
    *(
        (lambda x, y=y: special.beta(x, y), lambda t, y=y: mp.gammaprod([t, y], [t + y]),
         [-2.5, 0.5, 1e-8, 1.0, 3.0, 1e3, -0.5, -3.5, -0.3])
        for y in (2.5, 3.0, 0.5, -1.25)
    ),
    *(
        (lambda x, y=y: special.betaln(x, y),
         lambda t, y=y: mp.log(abs(mp.gammaprod([t, y], [t + y]))), [0.5, 1e-8, 3.0, 1e3, 1e10])
        for y in (3.0, 0.5, 1e-8)
    ),
    *(
        (lambda n, k=k: special.binom(n, k),
         lambda t, k=k: mp.gammaprod([t + 1], [k + 1, t - k + 1]),
         [0.0, 1.0, 2.0, 5.0, 10.0, 0.5, -0.5, -2.5, 1e8])
        for k in (0.0, 1.0, 2.0, 5.0, 2.5, -1.5)
    ),
    *(
        (lambda k, n=n: special.binom(n, k),
         lambda t, n=n: mp.gammaprod([n + 1], [t + 1, n - t + 1]),
         [-2.0, -1.0, 0.0, 1.0, 3.0, 5.0, 6.0, 2.5, 0.3])
        for n in (5.0, 2.5, -0.5)
    ),
    (special.zeta, mp.zeta, [1.0001, 1.5, 5.0, 100.0, 0.5, 0.0, -0.5, -1.0, -2.0, -3.3]),
    (special.zetac, mp.zeta, [1.0001, 1.5, 5.0, 100.0, 0.5, 0.0, -0.5, -1.0, -2.0, -3.3]),
    *(
        (lambda x, q=q: special.zeta(x, q), lambda t, q=q: mp.zeta(t, q), [1.001, 2.0, 40.0])
        for q in (0.1, 2.5, 1e4)
    ),
]  # fmt: skip


@pytest.mark.parametrize(("f", "of_mpmath", "at"), GAMMAS)
def test_gamma_functions(f, of_mpmath, at):
    check(f, of_mpmath, at)


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda x: special.poch(x, 2.0), [0.0, -1.0, -2.0, -3.0], [1, -1, -3, -5]),
        (lambda x: special.poch(x, 1.0), [0.0, -1.0], [1, 1]),
        (lambda x: special.poch(x, 1.0), [-200.0, -1e9], [1, 1]),
        (lambda x: special.binom(x, 2.0), [0.0, 1.0], [-0.5, 0.5]),
        (special.rgamma, [INF, 1e300], [0, 0]),
    ],
)
def test_slopes_at_poles(f, at, expected):
    np.testing.assert_allclose(slopes(f, at), expected, rtol=1e-13, atol=1e-14)


def test_mixed_derivatives_of_zeta():
    ours = ag.hessian(lambda v: special.zeta(v[0], v[1]))(np.array([2.5, 0.7]))
    for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
        orders = ((i == 0) + (j == 0), (i == 1) + (j == 1))
        expected = float(mp.diff(mp.zeta, (2.5, 0.7), orders))
        assert ours[i, j] == pytest.approx(expected, rel=1e-10)


def _gamma_density(a):
    return lambda t: mp.exp((a - 1) * mp.log(t) - t - mp.loggamma(a))


@pytest.mark.parametrize("a", [0.5, 1, 3.5, 15.9, 16.0, 1e4, 1e10])
def test_incomplete_gamma_functions(a):
    at = [a * t for t in (0.1, 0.9, 1 - 1e-6, 1.0, 1 + 1e-5, 1.2, 3.0)]
    for order in (1, 2, 3):
        expected = np.array([exact(_gamma_density(mp.mpf(a)), x, order - 1) for x in at])
        expected[np.abs(expected) < 1e-37] = 0
        size = np.max(np.abs(expected))
        for f, sign in ((special.gammainc, 1), (special.gammaincc, -1)):
            got = slopes(lambda x, f=f: f(a, x), at, order)
            np.testing.assert_allclose(got, sign * expected, rtol=1e-9, atol=1e-12 * size)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1, 1), (20, 2.5), (20, 30), (1e5, 1e5)])
def test_incomplete_beta_functions(a, b):
    mode, width = a / (a + b), math.sqrt(a * b / (a + b) ** 3)
    at = [mode * 0.9, mode - 0.6 * width, mode, mode + 0.8 * width]

    def density(t):
        return mp.exp((a - 1) * mp.log(t) + (b - 1) * mp.log1p(-t)) / mp.beta(a, b)

    for order in (1, 2, 3):
        expected = np.array([exact(density, x, order - 1) for x in at])
        expected[np.abs(expected) < 1e-37] = 0
        size = np.max(np.abs(expected))
        for f, sign in ((special.betainc, 1), (special.betaincc, -1)):
            got = slopes(lambda x, f=f: f(a, b, x), at, order)
            np.testing.assert_allclose(got, sign * expected, rtol=1e-9, atol=1e-11 * size)


def test_incomplete_functions_at_their_ends():
    for order, expected in ((1, [0, 0]), (2, [1, 0]), (3, [-2, 0])):
        got = slopes(lambda x: special.gammainc(2, x), [0.0, INF], order)
        np.testing.assert_array_equal(got, expected)


def test_inverses_of_incomplete_functions():
    for a in (0.5, 2.0, 20.0, 1e5):
        for f, inverse in (
            (special.gammainc, special.gammaincinv), (special.gammaincc, special.gammainccinv),
        ):  # fmt: skip
            check_inverse(lambda x, f=f, a=a: f(a, x), lambda y, f=inverse, a=a: f(a, y))
    for a, b in ((0.5, 0.5), (2.0, 3.0), (50.0, 20.0)):
        for f, inverse in (
            (special.betainc, special.betaincinv), (special.betaincc, special.betainccinv),
        ):  # fmt: skip
            check_inverse(
                lambda x, f=f, a=a, b=b: f(a, b, x), lambda y, f=inverse, a=a, b=b: f(a, b, y)
            )


def check_inverse(f, inverse, at=(1e-10, 0.3, 0.5, 0.999), tolerance=1e-9):
    """The first two derivatives of an inverse, by those of the function it inverts."""
    x = np.asarray(inverse(np.array(at)).data)
    first, second = slopes(f, x, 1), slopes(f, x, 2)
    np.testing.assert_allclose(slopes(inverse, at, 1), 1 / first, rtol=tolerance)
    np.testing.assert_allclose(slopes(inverse, at, 2), -second / first**3, rtol=tolerance)


# -- entropies, powers, integrals ----------------------------------------------------------------

# (f, the same of mpmath, points)
POWERS = [
    *(
        (lambda x, y=y: special.boxcox1p(x, y), lambda t, y=y: ((1 + t) ** mp.mpf(y) - 1) / y,
         [-0.999, -0.5, -1e-10, 1e-10, 0.1, 2.0, 1e5])
        for y in (0.5, 1.0, 2.0, -1.0)
    ),
    *(
        (lambda y, x=x: special.boxcox1p(x, y), lambda t, x=x: mp.expm1(t * mp.log1p(x)) / t,
         [-3.0, -1e-5, 1e-10, 0.1, 20.0])
        for x in (-0.9, 0.3, 1e10)
    ),
    *(
        (lambda r, d=d: special.pseudo_huber(d, r),
         lambda t, d=d: d * d * (mp.sqrt(1 + (t / d) ** 2) - 1),
         [-3.0, 1e-10, 0.5, 1e6, 1e10])
        for d in (1.0, 1e5)
    ),
    (lambda d: special.pseudo_huber(d, 3.0), lambda t: t * t * (mp.sqrt(1 + (3 / t) ** 2) - 1),
     [1e-5, 1.0, 1e4, 1e6]),
    (lambda x: special.rel_entr(x, 1e-200), lambda t: t * mp.log(t / mp.mpf(1e-200)),
     [1e-9, 1e200]),
    (lambda x: special.kl_div(x, 1e-200), lambda t: t * mp.log(t / mp.mpf(1e-200)) - t, [1e200]),
    (special.exp1, mp.e1, [1e-10, 0.3, 30.0, 600.0]),
    (special.expi, mp.ei, [-30.0, -1e-10, 1e-10, 0.3, 30.0, 600.0]),
    (special.exprel, lambda t: mp.expm1(t) / t, [-30.0, -2.1, -1.9, 1e-10, 1.9, 2.1, 600.0]),
    (lambda x: special.shichi(x)[0], mp.shi, [-30.0, -3.9, 1e-10, 3.9, 4.1, 600.0]),
    (lambda x: special.shichi(x)[1], mp.chi, [1e-10, 0.3, 4.1, 600.0]),
    (lambda x: special.fresnel(x)[0], mp.fresnels, [-0.7, 1e-10, 7.3, 1e5 + 0.3, 1e10]),
    (lambda x: special.fresnel(x)[1], mp.fresnelc, [-0.7, 7.3, 1e5 + 0.3]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "of_mpmath", "at"), POWERS)
def test_powers_and_integrals(f, of_mpmath, at):
    check(f, of_mpmath, at)


@pytest.mark.parametrize(
    ("f", "at", "order", "expected"),
    [
        (lambda x: special.boxcox1p(x, 1.0), [-1.0], 1, [1]),
        (lambda x: special.boxcox1p(x, 2.0), [-1.0], 2, [1]),
        (lambda x: special.boxcox1p(x, 3.0), [-1.0], 3, [2]),
        (lambda y: special.boxcox1p(-1.0, y), [2.0], 1, [0.25]),
        (lambda y: special.boxcox1p(-1.0, y), [2.0], 2, [-0.25]),
        (lambda r: special.pseudo_huber(1.0, r), [1e10], 2, [1e-30]),
        (special.expi, [0.0, 1000.0, INF], 2, [-INF, INF, INF]),
        (special.exp1, [0.0, 1000.0, INF], 2, [INF, 0, 0]),
        (special.exprel, [1000.0, INF, -INF], 2, [INF, INF, 0]),
        (lambda x: special.shichi(x)[0], [1000.0, -1000.0], 2, [INF, -INF]),
        (lambda x: special.fresnel(x)[0], [1e8, 12.0], 1, [0, 0]),
        (lambda x: special.fresnel(x)[1], [1e8, 12.0], 1, [1, 1]),
    ],
)
def test_limits_of_powers_and_integrals(f, at, order, expected):
    np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-13)


def test_divergences_in_single_precision():
    got = slopes(lambda x: special.kl_div(x, np.float32(1e-30)), 1e10, dtype=np.float32)
    assert got.dtype == np.float32
    assert got == pytest.approx(92.1034, rel=1e-6)
