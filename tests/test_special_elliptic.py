"""Elliptic integrals and functions against mpmath, where arguments coincide and at their ends."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

pytest.importorskip("scipy", reason="autograd_lite.special needs SciPy")

import scipy.special as sp
from test_special_extremes import check, slopes

import autograd_lite as ag
from autograd_lite import special

INF = math.inf
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

PARAMETERS = [-1e5, -2.0, -1e-8, 0.0, 1e-8, 0.05, 0.11, 0.5, 0.99]
SIZES = [1e-6, 1.0, 1.0000001, 3.0, 1e6]


@pytest.mark.parametrize(
    ("f", "of_mpmath", "at"),
    [
        (special.ellipk, mp.ellipk, PARAMETERS),
        (special.ellipe, mp.ellipe, PARAMETERS),
        (special.ellipkm1, lambda p: mp.ellipk(1 - p), [1e-200, 1e-5, 0.3, 1.0, 1.1, 1e10]),
    ],
)
def test_complete_integrals(f, of_mpmath, at):
    check(f, of_mpmath, at, tolerance=1e-11)


@pytest.mark.parametrize("phi", [1e-5, 1.2, math.pi / 2, 2.0, -7.0])
def test_incomplete_integrals_in_m(phi):
    check(lambda m: sp.ellipkinc(phi, m), lambda m: mp.ellipf(mp.mpf(phi), m), PARAMETERS)
    check(lambda m: sp.ellipeinc(phi, m), lambda m: mp.ellipe(mp.mpf(phi), m), PARAMETERS)


@pytest.mark.parametrize("m", [-3.0, 0.0, 1e-9, 0.5, 0.999])
def test_incomplete_integrals_in_phi(m):
    at = [0.3, 1.5, -0.7, 2.0, 30.0]
    check(lambda x: sp.ellipkinc(x, m), lambda x: mp.ellipf(x, m), at)
    check(lambda x: sp.ellipeinc(x, m), lambda x: mp.ellipe(x, m), at)


def test_mixed_derivative_at_a_quarter_turn():
    mixed = ag.grad(ag.grad(special.ellipkinc, 1), 0)(math.pi / 2, 0.5)
    assert mixed == pytest.approx(math.sqrt(2), rel=1e-14)


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (1.0, 1.0), (1e-8, 3.0)])
@pytest.mark.parametrize("name", ["elliprf", "elliprd", "elliprg"])
def test_carlsons_forms(name, a, b):
    f, of_mpmath = getattr(special, name), getattr(mp, name)
    check(lambda x: f(x, a, b), lambda x: of_mpmath(x, mp.mpf(a), mp.mpf(b)), SIZES)
    check(lambda x: f(a, b, x), lambda x: of_mpmath(mp.mpf(a), mp.mpf(b), x), SIZES)


@pytest.mark.parametrize(
    ("f", "of_mpmath", "at"),
    [
        (lambda p: sp.elliprj(1.0, 2.0, 3.0, p), lambda p: mp.elliprj(1, 2, 3, p), SIZES[1:]),
        (lambda p: sp.elliprj(1.0, 1.0, 1.0, p), lambda p: mp.elliprj(1, 1, 1, p), SIZES[1:]),
        (lambda x: sp.elliprj(x, 1.0, 1.0, 1.0), lambda x: mp.elliprj(x, 1, 1, 1), SIZES),
        (lambda x: sp.elliprc(x, 2.0), lambda x: mp.elliprc(x, 2), [*SIZES, 2.0, 2.00001]),
        (lambda x: sp.elliprc(x, -2.0), lambda x: mp.elliprc(x, -2), SIZES),
        (
            lambda y: sp.elliprc(2.0, y),
            lambda y: mp.elliprc(2, y),
            [*SIZES, 2.0, -1e-3, -1.0, -1e4],
        ),
        (lambda x: sp.agm(x, 3.0), lambda x: mp.agm(x, 3), [1e-10, 1.0, 3.0, 3.0001, 1e10]),
    ],
)
def test_carlsons_forms_and_the_mean(f, of_mpmath, at):
    check(f, of_mpmath, at, (1, 2))


@pytest.mark.parametrize(("name", "k"), [("sn", 0), ("cn", 1), ("dn", 2)])
def test_jacobis_functions(name, k):
    for m in (0.1, 0.7, 0.99):
        check(
            lambda u, m=m: sp.ellipj(u, m)[k], lambda u, m=m: mp.ellipfun(name, u, m=m),
            [-3.0, 1e-5, 0.7, 4.0, 20.0], (1, 2), 1e-8,
        )  # fmt: skip
    for u in (0.3, 2.0, 7.0):
        check(
            lambda m, u=u: sp.ellipj(u, m)[k], lambda m, u=u: mp.ellipfun(name, mp.mpf(u), m=m),
            [1e-5, 0.3, 0.9], (1, 2), 1e-7,
        )  # fmt: skip


def test_the_amplitude_inverts_the_integral():
    u, m = np.array([0.3, 2.0, 7.0]), 0.7
    back = lambda u, m: sp.ellipkinc(sp.ellipj(u, m)[3], m)
    np.testing.assert_allclose(slopes(lambda u: back(u, m), u), 1, rtol=1e-9)
    np.testing.assert_allclose(slopes(lambda m: back(2.0, m), m), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lambda x: sp.elliprf(x, 1.0, 2.0), [0.0], [-INF]),
        (lambda x: sp.elliprc(x, 3.0), [0.0], [-INF]),
        (lambda x: sp.elliprg(x, 1.0, 2.0), [0.0], [0.3277571942865146]),
        (lambda x: sp.agm(x, -3.0), [-1.0], [0.6904882872851857]),
        (lambda x: sp.agm(x, 1e200), [1e200], [0.5]),
        (lambda m: sp.ellipj(0.7, m)[0], [0.0, 1.0], [-0.03963319192, -0.04001251605]),
    ],
)
def test_ends(f, at, expected):
    np.testing.assert_allclose(slopes(f, at), expected, rtol=1e-8)


def test_many_entries_are_computed_in_parts():
    m = np.linspace(0.01, 0.9, 9000)
    np.testing.assert_allclose(
        slopes(special.ellipk, m), (sp.ellipe(m) / (1 - m) - sp.ellipk(m)) / (2 * m), rtol=1e-12
    )
