"""Airy, Kelvin, Struve, spherical Bessel functions and their kin against mpmath."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest

pytest.importorskip("scipy", reason="autograd_lite.special needs SciPy")

import scipy.special as sp
from test_special_extremes import check, slopes

import autograd_lite as ag
from autograd_lite import special

INF = np.inf
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# -- Airy ----------------------------------------------------------------------------------------

AIRY = (
    mp.airyai, lambda t: mp.airyai(t, derivative=1),
    mp.airybi, lambda t: mp.airybi(t, derivative=1),
)  # fmt: skip


@pytest.mark.parametrize("k", range(4))
def test_airy_functions(k):
    check(lambda x: sp.airy(x)[k], AIRY[k], [-50, -3, 0, 0.3, 10, 30])
    sign = 1 if k < 2 else -1
    check(
        lambda x: sp.airye(x)[k],
        lambda t: AIRY[k](t) * mp.exp(sign * 2 * t ** mp.mpf(1.5) / 3),
        [1e-5, 0.3, 10, 14, 16, 100, 1e4],
    )
    if k >= 2:
        check(lambda x: sp.airye(x)[k], AIRY[k], [-50, -3, -1e-3])
    np.testing.assert_array_equal(slopes(lambda x: sp.airye(x)[k], INF, 2), 0)
    of_mpmath = AIRY[k % 2 if k < 2 else k]
    np.testing.assert_allclose(
        slopes(lambda x: sp.airye(x)[k], 0.0), float(mp.diff(of_mpmath, 0)), atol=1e-15
    )


def test_integrals_of_airy_functions():
    for k, f in enumerate((mp.airyai, mp.airybi, lambda t: mp.airyai(-t), lambda t: mp.airybi(-t))):
        expected = [float(f(v)) for v in (-3.0, 0.0, 2.0)]
        got = slopes(lambda x, k=k: sp.itairy(x)[k], [-3.0, 0.0, 2.0])
        np.testing.assert_allclose(got, expected, rtol=1e-12)


# -- Kelvin --------------------------------------------------------------------------------------


def _first(x):
    return mp.besselj(0, x * mp.exp(0.75j * mp.pi))


def _second(x):
    return mp.besselk(0, x * mp.exp(0.25j * mp.pi))


@pytest.mark.parametrize(
    ("names", "f", "at"),
    [
        (("ber", "bei", "berp", "beip"), _first, [0.0, 1e-5, -2.0, 7.0, 40.0, 900.0]),
        (("ker", "kei", "kerp", "keip"), _second, [1e-5, 0.3, 7.0]),
    ],
)
def test_kelvin_functions(names, f, at):
    for name in names:
        part = mp.im if name[1:3] == "ei" else mp.re
        shift = name.endswith("p")
        for order in (1, 2, 3):
            with mp.workdps(40):
                expected = [float(part(mp.diff(f, v, order + shift))) for v in at]
            got = slopes(getattr(special, name), at, order)
            np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-15)


def test_kelvin_gives_complex_numbers():
    x = np.array([0.7, 3.0])
    for k, (real, imaginary) in enumerate(
        (("ber", "bei"), ("ker", "kei"), ("berp", "beip"), ("kerp", "keip"))
    ):
        for part, name in ((ag.real, real), (ag.imag, imaginary)):
            got = slopes(lambda x, k=k, part=part: part(sp.kelvin(x)[k]), x)
            np.testing.assert_allclose(got, slopes(getattr(special, name), x), rtol=1e-12)


# -- Struve --------------------------------------------------------------------------------------


@pytest.mark.parametrize("v", [0, 1, 2.5])
def test_struve_functions(v):
    check(lambda x: sp.struve(v, x), lambda t: mp.struveh(v, t), [0.1, 3, 30], tolerance=1e-8)
    check(lambda x: sp.modstruve(v, x), lambda t: mp.struvel(v, t), [0.1, 3, 30], tolerance=1e-8)


def test_python_numbers_as_orders_keep_single_precision():
    x = np.array([0.5, 2.0], np.float32)
    for f in (sp.struve, sp.modstruve, sp.jv, sp.ive, sp.eval_legendre):
        for order in (0, 2):
            assert slopes(lambda x, f=f, v=order: f(v, x), x, 2, np.float32).dtype == np.float32


def test_struve_functions_at_0():
    for f in (sp.struve, sp.modstruve):
        np.testing.assert_allclose(slopes(lambda x, f=f: f(0, x), 0.0), 2 / np.pi, rtol=1e-14)
        np.testing.assert_array_equal(slopes(lambda x, f=f: f(0, x), 0.0, 2), 0)
        got = slopes(lambda x, f=f: f(1, x), 0.0, 2)
        np.testing.assert_allclose(got, 4 / (3 * np.pi), rtol=1e-14)
        third = slopes(lambda x, f=f: f(0, x), 0.0, 3)
        sign = -1 if f is sp.struve else 1
        np.testing.assert_allclose(third, sign * 4 / (3 * np.pi), rtol=1e-14)


# -- integrals -----------------------------------------------------------------------------------

# (f, its derivative of mpmath, points)
INTEGRALS = [
    (lambda x: sp.itj0y0(x)[0], lambda t: mp.besselj(0, t), [0.3, 7.0]),
    (lambda x: sp.itj0y0(x)[1], lambda t: mp.bessely(0, t), [0.3, 7.0]),
    (lambda x: sp.iti0k0(x)[0], lambda t: mp.besseli(0, t), [0.3, 7.0]),
    (lambda x: sp.iti0k0(x)[1], lambda t: mp.besselk(0, t), [0.3, 7.0]),
    (lambda x: sp.it2j0y0(x)[0], lambda t: (1 - mp.besselj(0, t)) / t, [1e-9, 0.3, 3.9, 4.1, 30]),
    (lambda x: sp.it2j0y0(x)[1], lambda t: -mp.bessely(0, t) / t, [0.3, 7.0]),
    (lambda x: sp.it2i0k0(x)[0], lambda t: (mp.besseli(0, t) - 1) / t, [1e-9, 0.3, 3.9, 4.1, 30]),
    (lambda x: sp.it2i0k0(x)[1], lambda t: -mp.besselk(0, t) / t, [0.3, 7.0]),
    (special.itstruve0, lambda t: mp.struveh(0, t), [0.3, 7.0]),
    (special.it2struve0, lambda t: -mp.struveh(0, t) / t, [1e-9, 0.3, 3.9, 4.1, 30]),
    (special.itmodstruve0, lambda t: mp.struvel(0, t), [0.3, 7.0]),
]


@pytest.mark.parametrize(("f", "slope", "at"), INTEGRALS)
def test_integrals_of_bessel_functions(f, slope, at):
    check(lambda x: ag.grad(lambda t: ag.sum(f(t)))(x), slope, at, (0,), 1e-10)
    for order in (2, 3):
        with mp.workdps(50):
            expected = [float(mp.diff(slope, mp.mpf(v), order - 1)) for v in at]
        np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-8, atol=1e-12)


def test_besselpoly():
    for nu in (0, 1, 0.5):
        with mp.workdps(30):
            expected = [
                float(mp.diff(lambda a, nu=nu: mp.quad(
                    lambda x: x * mp.besselj(nu, 2 * a * x), [0, 0.5, 1]
                ), 0.7, order)) for order in (1, 2)
            ]  # fmt: skip
        got = [slopes(lambda a, nu=nu: sp.besselpoly(a, 1.0, nu), 0.7, order) for order in (1, 2)]
        np.testing.assert_allclose(got, expected, rtol=1e-9)


# -- spherical -----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 4])
@pytest.mark.parametrize(
    ("name", "of_mpmath"),
    [
        ("spherical_jn", lambda v, t: mp.sqrt(mp.pi / 2 / t) * mp.besselj(v, t)),
        ("spherical_yn", lambda v, t: mp.sqrt(mp.pi / 2 / t) * mp.bessely(v, t)),
        ("spherical_in", lambda v, t: mp.sqrt(mp.pi / 2 / t) * mp.besseli(v, t)),
        ("spherical_kn", lambda v, t: mp.sqrt(mp.pi / 2 / t) * mp.besselk(v, t)),
    ],
)
def test_spherical_bessel_functions(name, of_mpmath, n):
    at = [0.3, 3.0, 30.0]
    f = getattr(special, name)
    check(lambda x: f(n, x), lambda t: of_mpmath(n + 0.5, t), at)
    for order in (0, 1):
        got = slopes(lambda x: f(n, x, derivative=True), at, order)
        got = got.data if order == 0 else got
        with mp.workdps(40):
            expected = [float(mp.diff(lambda t: of_mpmath(n + 0.5, t), v, order + 1)) for v in at]
        np.testing.assert_allclose(got, expected, rtol=1e-9)


def test_spherical_bessel_functions_at_0():
    for f in (special.spherical_jn, special.spherical_in):
        assert slopes(lambda x, f=f: f(1, x), 0.0) == pytest.approx(1 / 3, rel=1e-15)
        assert slopes(lambda x, f=f: f(2, x), 0.0, 2) == pytest.approx(2 / 15, rel=1e-15)
    with pytest.raises(TypeError, match=r"spherical_jn: .*as n, in which an integer"):
        special.spherical_jn(ag.Tensor(1.0, requires_grad=True), 2.0)


# -- parabolic cylinders, Mathieu ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "of_mpmath"), [("pbdv", mp.pcfd), ("pbvv", lambda v, t: mp.pcfv(-v - mp.mpf(0.5), t))]
)
def test_parabolic_cylinders(name, of_mpmath):
    f, at = getattr(sp, name), [-1.3, 0.3, 2.0]
    for v in (0.0, 0.5, 2.0):
        check(lambda x, v=v: f(v, x)[0], lambda t, v=v: of_mpmath(v, t), at, (1, 2), 1e-7)
        check(
            lambda x, v=v: f(v, x)[1],
            lambda t, v=v: mp.diff(lambda u: of_mpmath(v, u), t), at, (1,), 1e-7,
        )  # fmt: skip


def test_parameters_of_wave_equations_are_refused():
    t = ag.Tensor(1.5, requires_grad=True)
    for name, call in (
        ("pbdv", lambda: sp.pbdv(t, 1.0)),
        ("mathieu_cem", lambda: sp.mathieu_cem(2, t, 1.0)),
        ("pro_ang1", lambda: sp.pro_ang1(1, 1, t, 0.5)),
        ("besselpoly", lambda: sp.besselpoly(1.0, t, 1.0)),
        ("struve", lambda: sp.struve(t, 1.0)),
    ):
        with pytest.raises(TypeError, match=f"{name}: got a Tensor that requires grad as"):
            call()
