"""Distribution functions and their inverses: against mpmath, at limits, in all arguments."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

pytest.importorskip("scipy", reason="autograd_lite.special needs SciPy")

import scipy.special as sp
from test_special_extremes import check, check_inverse, slopes

import autograd_lite as ag
from autograd_lite import special

INF = math.inf
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def of_beta(a, b, x):
    return mp.betainc(mp.mpf(a), mp.mpf(b), 0, x, regularized=True)


def of_gamma(a, x):
    return mp.gammainc(mp.mpf(a), 0, x, regularized=True)


def student(v, t):
    tail = of_beta(v / 2, 0.5, v / (v + t * t)) / 2
    return tail if t < 0 else 1 - tail


def kolmogorov(x):
    return 2 * sum((-1) ** (k - 1) * mp.exp(-2 * k * k * x * x) for k in range(1, 200))


def smirnov(n, d):
    terms = (
        mp.binomial(n, j) * (d + mp.mpf(j) / n) ** (j - 1) * (1 - d - mp.mpf(j) / n) ** (n - j)
        for j in range(1, int(mp.floor(n * (1 - d))) + 1)
    )
    return (1 - d) ** n + d * sum(terms)


PARTS = [0.1, 0.5, 0.99]
POSITIVE = [1e-5, 0.3, 2.0, 30.0]
# (f, the same of mpmath, points)
CASES = [
    (lambda p: sp.bdtr(2.7, 6, p), lambda t: 1 - of_beta(3, 4, t), PARTS),
    (lambda p: sp.bdtrc(2, 6, p), lambda t: of_beta(3, 4, t), PARTS),
    (lambda p: sp.nbdtr(2, 6, p), lambda t: of_beta(6, 3, t), PARTS),
    (lambda p: sp.nbdtrc(2, 6, p), lambda t: 1 - of_beta(6, 3, t), PARTS),
    (lambda m: sp.pdtr(3.2, m), lambda t: 1 - of_gamma(4, t), POSITIVE),
    (lambda m: sp.pdtrc(3, m), lambda t: of_gamma(4, t), POSITIVE),
    (lambda a: sp.gdtr(a, 2.5, 3.0), lambda t: of_gamma(2.5, 3 * t), POSITIVE),
    (lambda x: sp.gdtr(2.0, 2.5, x), lambda t: of_gamma(2.5, 2 * t), POSITIVE),
    (lambda x: sp.gdtrc(2.0, 2.5, x), lambda t: 1 - of_gamma(2.5, 2 * t), POSITIVE),
    *(
        (lambda x, v=v: sp.chdtr(v, x), lambda t, v=v: of_gamma(v / 2, t / 2), POSITIVE)
        for v in (1, 2, 100.0)
    ),
    (lambda x: sp.chdtrc(5, x), lambda t: 1 - of_gamma(2.5, t / 2), POSITIVE),
    *(
        (lambda x, n=n, d=d: sp.fdtr(n, d, x),
         lambda t, n=n, d=d: of_beta(n / 2, d / 2, n * t / (d + n * t)), [*POSITIVE, 1e5])
        for n, d in ((1, 4), (5, 20), (50, 60))
    ),
    (lambda x: sp.fdtrc(2, 3, x), lambda t: 1 - of_beta(1, 1.5, 2 * t / (3 + 2 * t)), POSITIVE),
    *(
        (lambda t, v=v: sp.stdtr(v, t), lambda t, v=v: student(v, t), [-1e5, -30, -1.3, 0.5, 40])
        for v in (1.0, 2.5, 30.0)
    ),
    (special.kolmogorov, kolmogorov, [0.15, 0.3, 0.6, 0.69, 0.71, 1.0, 2.0, 5.0]),
    *(
        (lambda d, n=n: sp.smirnov(n, d), lambda t, n=n: smirnov(n, t), [0.013, 0.37, 0.5001, 0.96])
        for n in (1, 2, 5, 100)
    ),
    (special.ndtri_exp, lambda t: -mp.sqrt(2) * mp.erfinv(1 - 2 * mp.exp(t)), [-3.0, -0.5, -1e-3]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "of_mpmath", "at"), CASES)
def test_distribution_functions(f, of_mpmath, at):
    check(f, of_mpmath, at, tolerance=1e-8)


@pytest.mark.parametrize(
    ("f", "inverse"),
    [
        (lambda p: sp.bdtr(2, 6, p), lambda y: sp.bdtri(2, 6, y)),
        (lambda p: sp.nbdtr(2, 6, p), lambda y: sp.nbdtri(2, 6, y)),
        (lambda m: sp.pdtr(3, m), lambda y: sp.pdtri(3, y)),
        (lambda x: sp.chdtrc(3, x), lambda p: sp.chdtri(3, p)),
        (lambda x: sp.fdtr(3, 7, x), lambda p: sp.fdtri(3, 7, p)),
        (lambda x: sp.gdtr(2, 3.5, x), lambda p: sp.gdtrix(2, 3.5, p)),
        (lambda a: sp.gdtr(a, 3.5, 2), lambda p: sp.gdtria(p, 3.5, 2)),
        (lambda t: sp.stdtr(4.5, t), lambda p: sp.stdtrit(4.5, p)),
        (special.kolmogorov, special.kolmogi),
        (lambda d: sp.smirnov(5, d), lambda p: sp.smirnovi(5, p)),
    ],
)
def test_inverses(f, inverse):
    check_inverse(f, inverse, (0.05, 0.3, 0.5, 0.9), 1e-6)


def test_scales_of_inverses():
    for f, first in (
        (lambda a: sp.gdtrix(a, 3.5, 0.3), lambda a: -sp.gdtrix(a, 3.5, 0.3) / a),
        (lambda x: sp.gdtria(0.3, 3.5, x), lambda x: -sp.gdtria(0.3, 3.5, x) / x),
        (lambda m: sp.nrdtrisd(m, 0.9, 3.0), lambda m: -1 / sp.ndtri(0.9) + 0 * m),
        (lambda s: sp.nrdtrimn(0.9, s, 3.0), lambda s: -sp.ndtri(0.9) + 0 * s),
    ):
        at = np.array([0.5, 2.0])
        np.testing.assert_allclose(slopes(f, at), first(at), rtol=1e-8)


def test_tukey_lambda_by_its_quantiles():
    def quantile(p, shape):
        return (p**shape - (1 - p) ** shape) / shape

    for shape in (-0.5, 1e-9, 0.7, 2.5):
        for start in (1e-3, 0.5, 0.9):
            with mp.workdps(50):
                x = float(quantile(mp.mpf(start), mp.mpf(shape)))
                p = mp.findroot(lambda t, s=shape, x=x: quantile(t, mp.mpf(s)) - x, start)
                at = (p, mp.mpf(shape))
                d = {k: mp.diff(quantile, at, k) for k in ((1, 0), (2, 0), (0, 1))}
                first = 1 / d[1, 0]
                expected = [first, -d[2, 0] * first**3, -d[0, 1] * first]
            got = [
                slopes(lambda x, s=shape: sp.tklmbda(x, s), x, 1),
                slopes(lambda x, s=shape: sp.tklmbda(x, s), x, 2),
                slopes(lambda s, x=x: sp.tklmbda(x, s), shape, 1),
            ]
            # Near 0 SciPy itself takes the logistic distribution, which costs it eight digits.
            np.testing.assert_allclose(
                got, [float(mp.re(e)) for e in expected], rtol=1e-7, atol=1e-10
            )
    np.testing.assert_array_equal(slopes(lambda x: sp.tklmbda(x, 2.0), [-5.0, 5.0]), 0)


def test_owens_t_in_both_arguments():
    def owen(h, a):
        return mp.quad(lambda x: mp.exp(-h * h * (1 + x * x) / 2) / (1 + x * x), [0, a]) / mp.pi / 2

    ours = ag.hessian(lambda v: sp.owens_t(v[0], v[1]))(np.array([0.7, -1.3]))
    for i in range(2):
        for j in range(2):
            orders = ((i == 0) + (j == 0), (i == 1) + (j == 1))
            expected = float(mp.diff(owen, (0.7, -1.3), orders))
            assert ours[i, j] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("f", "at", "order", "expected"),
    [
        (lambda t: sp.stdtr(2.0, t), [INF, -INF], 2, [0, 0]),
        (lambda t: sp.stdtr(INF, t), [0.0], 1, [1 / math.sqrt(2 * math.pi)]),
        (lambda t: sp.stdtr(INF, t), [0.0], 3, [-1 / math.sqrt(2 * math.pi)]),
        (lambda t: sp.stdtr(1e15, t), [3.0], 1, [math.exp(-4.5) / math.sqrt(2 * math.pi)]),
        (lambda x: sp.chdtr(2, x), [0.0, INF], 1, [0.5, 0]),
        (lambda x: sp.chdtr(2, x), [0.0, INF], 2, [-0.25, 0]),
        (lambda x: sp.fdtr(2, 4, x), [0.0], 1, [1]),
        (lambda m: sp.pdtr(0, m), [0.0], 2, [1]),
        (special.kolmogorov, [0.0, 1e-5, INF], 1, [0, 0, 0]),
        (special.ndtri_exp, [-1e10], 1, [7.071067816029778e-06]),
        (special.ndtri_exp, [-INF], 1, [0]),
    ],
)
def test_limits(f, at, order, expected):
    np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda t: sp.pdtr(t, 1.0), lambda t: sp.bdtr(t, 5, 0.5), lambda t: sp.nbdtr(1, t, 0.5),
        lambda t: sp.smirnov(t, 0.5), lambda t: sp.smirnovi(t, 0.5),
    ],
)  # fmt: skip
def test_counts_are_refused(call):
    with pytest.raises(TypeError, match="requires grad as"):
        call(ag.Tensor(2.0, requires_grad=True))


# -- in the parameters ---------------------------------------------------------------------------


def in_shape(f, at, order):
    """The derivative by differences, whose steps are as fine as fifty digits allow."""
    with mp.workdps(60):
        return float(mp.diff(f, at, order))


@pytest.mark.parametrize("a", [1e-3, 0.3, 1.0, 17.0, 1e4])
def test_incomplete_gamma_functions_in_a(a):
    for ratio in (1e-6, 0.1, 0.9, 1.0, 1.1, 2.0):
        x = a * ratio
        upper = ratio > 1

        def of_mpmath(s, x=x, upper=upper):
            # The smaller of the two, whose digits are not lost beside 1.
            if upper:
                return -mp.gammainc(s, x, regularized=True)
            return mp.gammainc(s, 0, x, regularized=True)

        for order in (1, 2):
            with mp.workdps(60):
                step = mp.mpf(a) * mp.mpf(10) ** -20
                expected = float(mp.diff(of_mpmath, mp.mpf(a), order, h=step))
            got = slopes(lambda s, x=x: sp.gammainc(s, x), a, order)
            assert got == pytest.approx(expected, rel=1e-9 if a < 1e4 else 1e-6, abs=1e-300)
            got = slopes(lambda s, x=x: sp.gammaincc(s, x), a, order)
            assert got == pytest.approx(-expected, rel=1e-9 if a < 1e4 else 1e-6, abs=1e-300)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.5), (1.0, 1.0), (20.0, 30.0), (0.01, 5.0)])
def test_incomplete_beta_functions_in_their_parameters(a, b):
    for x in (1e-4, 0.3, 0.5, 0.95):
        upper = x > a / (a + b)

        def of_mpmath(s, t, x=x, upper=upper):
            if upper:
                return -mp.betainc(s, t, x, 1, regularized=True)
            return mp.betainc(s, t, 0, x, regularized=True)

        ours = ag.hessian(lambda v, x=x: sp.betainc(v[0], v[1], x))(np.array([a, b]))
        first = ag.grad(sp.betainc, argnums=(0, 1))(a, b, x)
        for i in range(2):
            orders = (int(i == 0), int(i == 1))
            expected = in_shape(of_mpmath, (mp.mpf(a), mp.mpf(b)), orders)
            assert first[i] == pytest.approx(expected, rel=1e-9, abs=1e-280)
            for j in range(2):
                orders = ((i == 0) + (j == 0), (i == 1) + (j == 1))
                expected = in_shape(of_mpmath, (mp.mpf(a), mp.mpf(b)), orders)
                assert ours[i, j] == pytest.approx(expected, rel=1e-8, abs=1e-16)


@pytest.mark.parametrize(
    ("f", "of_mpmath", "at"),
    [
        (lambda v, x: sp.chdtr(v, x), lambda v, x: of_gamma(v / 2, x / 2), (3.0, 2.0)),
        (lambda b, x: sp.gdtr(2.0, b, x), lambda b, x: of_gamma(b, 2 * x), (2.5, 1.3)),
        (lambda n, d: sp.fdtr(n, d, 1.7),
         lambda n, d: of_beta(n / 2, d / 2, n * 1.7 / (d + n * 1.7)), (3.0, 5.0)),
        (lambda n, x: sp.fdtr(n, 2.0, x), lambda n, x: of_beta(n / 2, 1, n * x / (2 + n * x)),
         (3.0, 0.2)),
        (lambda v, t: sp.stdtr(v, t), student, (3.0, 0.4)),
        (lambda v, t: sp.stdtr(v, t), student, (3.0, -2.5)),
    ],
)  # fmt: skip
def test_shapes_of_distributions(f, of_mpmath, at):
    ours = ag.hessian(lambda v: f(v[0], v[1]))(np.array(at))
    first = ag.grad(f, argnums=(0, 1))(*at)
    for i in range(2):
        expected = in_shape(of_mpmath, at, (int(i == 0), int(i == 1)))
        assert first[i] == pytest.approx(expected, rel=1e-10)
        for j in range(2):
            orders = ((i == 0) + (j == 0), (i == 1) + (j == 1))
            assert ours[i, j] == pytest.approx(in_shape(of_mpmath, at, orders), rel=1e-8)


@pytest.mark.parametrize(
    ("inverse", "at", "back", "place"),
    [
        (sp.gammaincinv, (2.5, 0.3), lambda a, y, x: sp.gammainc(a, x), 1),
        (sp.gammainccinv, (2.5, 0.3), lambda a, y, x: sp.gammaincc(a, x), 1),
        (sp.betaincinv, (2.5, 1.5, 0.3), lambda a, b, y, x: sp.betainc(a, b, x), 2),
        (sp.btdtria, (0.3, 1.5, 0.4), lambda p, b, x, a: sp.betainc(a, b, x), 0),
        (sp.btdtrib, (1.5, 0.3, 0.4), lambda a, p, x, b: sp.betainc(a, b, x), 1),
        (sp.chdtriv, (0.3, 2.0), lambda p, x, v: sp.chdtr(v, x), 0),
        (sp.gdtrib, (2.0, 0.3, 1.5), lambda a, p, x, b: sp.gdtr(a, b, x), 1),
        (sp.fdtri, (3.0, 5.0, 0.3), lambda n, d, p, x: sp.fdtr(n, d, x), 2),
        (sp.fdtridfd, (3.0, 0.87, 3.5), lambda n, p, x, d: sp.fdtr(n, d, x), 1),
        (sp.stdtrit, (4.0, 0.8), lambda v, p, t: sp.stdtr(v, t), 1),
        (sp.stdtridf, (0.82, 1.45), lambda p, t, v: sp.stdtr(v, t), 0),
        (sp.pdtrik, (0.4, 6.0), lambda p, m, k: sp.gammaincc(k + 1, m), 0),
        (sp.bdtrik, (0.4, 10.0, 0.3), lambda y, n, p, k: sp.betaincc(k + 1, n - k, p), 0),
        (sp.bdtrin, (3.0, 0.4, 0.3), lambda k, y, p, n: sp.betaincc(k + 1, n - k, p), 1),
        (sp.nbdtrik, (0.4, 5.0, 0.3), lambda y, n, p, k: sp.betainc(n, k + 1, p), 0),
        (sp.nbdtrin, (3.0, 0.4, 0.3), lambda k, y, p, n: sp.betainc(n, k + 1, p), 1),
    ],
)
def test_inverses_are_undone_in_all_their_inputs(inverse, at, back, place):
    """f(x, inverse) is the probability, with slope 1 in it and 0 in everything else."""
    count = len(at)
    for i in range(count):

        def whole(v, i=i):
            args = [v if k == i else at[k] for k in range(count)]
            return back(*args, inverse(*args))

        np.testing.assert_allclose(slopes(whole, at[i], 1), float(i == place), atol=1e-6)
        np.testing.assert_allclose(slopes(whole, at[i], 2), 0, atol=1e-5)


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda a: sp.gammainc(a, 2.0), [INF, math.nan], [0, math.nan]),
        (lambda a: sp.betainc(a, 2.0, 0.3), [INF, math.nan], [0, math.nan]),
        (lambda t: sp.nctdtr(3.0, 1.0, t), [INF, -INF, math.nan], [0, 0, math.nan]),
        (lambda d: sp.smirnov(3, d), [math.nan, 2.0], [math.nan, math.nan]),
        (special.ellipk, [math.nan, 2.0], [math.nan, math.nan]),
        (lambda x: sp.voigt_profile(x, 1.0, 0.0), [INF, -INF], [0, 0]),
    ],
)
def test_what_is_no_number_or_infinite(f, at, expected):
    np.testing.assert_array_equal(slopes(f, at), expected)


# -- noncentral ----------------------------------------------------------------------------------


def poisson(nc, term):
    return sum(mp.exp(-nc / 2) * (nc / 2) ** j / mp.factorial(j) * term(j) for j in range(200))


def noncentral_chi2(x, k, nc):
    return poisson(nc, lambda j: of_gamma(mp.mpf(k) / 2 + j, x / 2))


def noncentral_f(n, d, nc, f):
    return poisson(nc, lambda j: of_beta(n / 2 + j, d / 2, n * f / (d + n * f)))


def noncentral_t(v, nc, t):
    def density(s):
        size = 2 * (mp.mpf(v) / 2) ** (mp.mpf(v) / 2) / mp.gamma(mp.mpf(v) / 2)
        return size * s ** (v - 1) * mp.exp(-v * s * s / 2)

    return mp.quad(lambda s: mp.ncdf(t * s - nc) * density(s), [0, 0.3, 0.6, 1, 1.5, 2, 3, 5, 8])


@pytest.mark.parametrize(
    ("f", "of_mpmath", "at"),
    [
        (lambda x, nc: sp.chndtr(x, 2.0, nc), lambda x, nc: noncentral_chi2(x, 2, nc), (3.0, 0.01)),
        (lambda x, nc: sp.chndtr(x, 4.5, nc), lambda x, nc: noncentral_chi2(x, 4.5, nc), (9., 7.)),
        (lambda nc, f: sp.ncfdtr(3.0, 5.0, nc, f), lambda nc, f: noncentral_f(3, 5, nc, f),
         (4.0, 1.7)),
        (lambda nc, t: sp.nctdtr(3.5, nc, t), lambda nc, t: noncentral_t(3.5, nc, t), (1.2, 0.7)),
    ],
)  # fmt: skip
def test_noncentral_distributions(f, of_mpmath, at):
    ours = ag.hessian(lambda v: f(v[0], v[1]))(np.array(at))
    first = ag.grad(f, argnums=(0, 1))(*at)
    for i in range(2):
        expected = float(mp.diff(of_mpmath, at, (int(i == 0), int(i == 1))))
        assert first[i] == pytest.approx(expected, rel=1e-8)
        for j in range(2):
            orders = ((i == 0) + (j == 0), (i == 1) + (j == 1))
            assert ours[i, j] == pytest.approx(float(mp.diff(of_mpmath, at, orders)), rel=1e-6)


def test_slopes_of_noncentral_inverses():
    nc, f = np.array([2.0, 3.5]), 3.0
    back = lambda p: sp.ncfdtrinc(3.0, 4.0, p, f)
    p = sp.ncfdtr(3.0, 4.0, nc, f)
    # SciPy finds the inverse itself to five digits.
    expected = 1 / slopes(lambda x: sp.ncfdtr(3.0, 4.0, x, f), nc)
    np.testing.assert_allclose(slopes(back, p), expected, rtol=1e-4)
    check_inverse(lambda x: sp.chndtr(x, 3.0, 2.0), lambda p: sp.chndtrix(p, 3.0, 2.0), PARTS, 1e-6)
    check_inverse(lambda t: sp.nctdtr(4.0, 1.0, t), lambda p: sp.nctdtrit(4.0, 1.0, p), PARTS, 1e-6)


def test_central_distributions_are_those_without_noncentrality():
    x = np.array([0.5, 2.0, 9.0])
    for k in (2.0, 5.0):
        got = slopes(lambda x, k=k: sp.chndtr(x, k, 0.0), x)
        np.testing.assert_allclose(got, slopes(lambda x, k=k: sp.chdtr(k, x), x), rtol=1e-13)
        got = slopes(lambda t, k=k: sp.nctdtr(k, 0.0, t), x)
        np.testing.assert_allclose(got, slopes(lambda t, k=k: sp.stdtr(k, t), x), rtol=1e-12)
    np.testing.assert_allclose(slopes(lambda x: sp.chndtr(x, 2.0, 0.0), [0.0], 2), -0.25)


def test_counts_keep_single_precision():
    p = np.array([0.3, 0.5], np.float32)
    for f in (
        lambda p: sp.bdtr(2, 5, p), lambda p: sp.nbdtr(2, 5, p), lambda p: sp.pdtr(2, p),
        lambda p: sp.stdtr(5, p), lambda p: sp.fdtr(5, 3, p), lambda p: sp.chdtr(5, p),
    ):  # fmt: skip
        t = ag.Tensor(p, requires_grad=True)
        assert f(t).dtype == np.float32
        assert ag.gradients(f(t).sum(), t).dtype == np.float32


@pytest.mark.parametrize("t", [0.1, -0.5, 1.0, 2.0, 5.0, -8.0])
@pytest.mark.parametrize("df", [1e3, 3e3, 1e4, 1e6, 1e8])
def test_student_of_many_degrees_of_freedom(df, t):
    def exact(v):
        half = mp.betainc(v / 2, mp.mpf(1) / 2, 0, v / (v + t * t), regularized=True) / 2
        return 1 - half if t > 0 else half

    with mp.workdps(50):
        v = mp.mpf(df)
        h = v * mp.mpf(10) ** -12
        expected = float((exact(v + h) - exact(v - h)) / (2 * h))
    found = ag.grad(lambda v: special.stdtr(v, t))(df)
    np.testing.assert_allclose(found, expected, rtol=2e-10)


def test_student_s_function_does_not_change_at_its_ends():
    slope = ag.grad(lambda v, t: special.stdtr(v, t).sum())
    ends = np.array([np.inf, -np.inf])
    for df in (2.0, 500.0, 1e5):
        assert slope(df, ends) == 0
    assert slope(np.inf, 0.5) == 0
    assert ag.check_grads(lambda v: special.stdtr(v, 1.5), 2e3, order=2)


@pytest.mark.parametrize(
    ("f", "at", "value"),
    [
        (special.pdtrik, (0.845, 0.1527), 0), (special.bdtrik, (0.3, 3.0, 0.2), 0),
        (special.nbdtrik, (0.1, 2.0, 0.5), 0), (special.fdtridfd, (2.68, 0.84, 0.47), 1e100),
    ],
)  # fmt: skip
def test_an_inverse_that_stops_at_its_bound_does_not_change(f, at, value):
    at = tuple(map(float, at))
    assert f(*at).data == value
    assert ag.grad(f, argnums=tuple(range(len(at))))(*at) == (0,) * len(at)
