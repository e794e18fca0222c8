"""Corners of what NumPy takes: scalars with axes, nothing at all, odd dtypes, infinities."""

from __future__ import annotations

import itertools
import warnings

import mpmath
import numpy as np
import pytest
from oracle import numerical_gradient

import autograd_lite as ag

INF = np.inf


def gradient(f, x):
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    out.backward(np.ones(out.shape, out.dtype)[()])
    return t.grad


# -- scalars and empty arrays ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.repeat(x, 2, axis=0), lambda x: x.repeat([3], -1), lambda x: np.repeat(x, 2),
        lambda x: np.sum(x, axis=-1), lambda x: np.nanmean(x, axis=0), lambda x: np.prod(x, axis=0),
        lambda x: np.take(x, 0, axis=0), lambda x: np.take(x, [0, 0], axis=-1),
        lambda x: np.compress([True], x, axis=0), lambda x: np.max(x, axis=-1),
    ],
)  # fmt: skip
def test_a_scalar_has_the_axes_that_numpy_lets_it_have(f):
    x = np.array(2.0)
    np.testing.assert_array_equal(f(ag.Tensor(x)).data, f(x))
    expected = numerical_gradient(lambda x: float(np.sum(f(x))), x)
    np.testing.assert_allclose(gradient(f, x), expected)
    np.testing.assert_allclose(np.sum(ag.jacobian(f)(x)), expected)


def test_a_vector_may_be_transposed_by_its_one_axis():
    for f in (lambda x: x.transpose(0), lambda x: np.transpose(x, -1)):
        np.testing.assert_array_equal(gradient(f, np.ones(3)), np.ones(3))
        np.testing.assert_array_equal(ag.jacobian(f)(np.ones(2)), np.eye(2))


def test_indices_of_reduceat_may_have_their_name():
    for f in (np.add, np.multiply, np.maximum):
        got = f.reduceat(ag.Tensor([1.0, 2.0, 3.0]), indices=[0, 1])
        np.testing.assert_array_equal(got.data, f.reduceat([1.0, 2.0, 3.0], [0, 1]))


def test_nothing_may_be_joined_written_and_reduced():
    empty = ag.Tensor(np.zeros(0), requires_grad=True)
    np.testing.assert_array_equal(ag.r_[empty, 1.5].data, [1.5])
    t = ag.Tensor(np.ones((2, 2)), requires_grad=True) * 1.0
    np.fill_diagonal(t, np.zeros(0))
    np.testing.assert_array_equal(t.data, np.ones((2, 2)))
    for f in (np.var, np.std, np.nanvar, np.nanstd):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            out = f(ag.Tensor(np.zeros((0, 2)), requires_grad=True), axis=0)
        out.backward(np.ones(2))  # without a warning
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        out = np.nanquantile(np.zeros((2, 0)), ag.Tensor([0.1, 0.5], requires_grad=True), axis=1)
    assert np.isnan(out.data).all()


# -- dtypes ----------------------------------------------------------------------------------------


def test_imaginary_parts_that_a_real_dtype_drops():
    z = np.array([1 + 1j, 2 - 1j, 0.5 + 2j])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        for f in (np.cumprod, np.nancumprod, np.prod, np.std, np.var):
            call = lambda z, f=f: f(z, dtype=float)
            expected = numerical_gradient(lambda z, c=call: float(np.sum(c(z))), z)
            np.testing.assert_allclose(gradient(call, z), expected, atol=1e-7)
        # One entry: its mean is real, it is not.
        assert gradient(lambda z: np.std(z, dtype=float), np.array([1 + 2j])) == 1j


def test_dtypes_of_masks_and_of_short_reductions():
    assert np.tril(ag.Tensor(np.ones((2, 2), bool))).dtype == bool
    assert np.triu(ag.Tensor(np.ones((2, 2), np.int8))).dtype == np.int8
    for f, dtype in itertools.product(
        (np.float_power, np.hypot, np.divide, np.logaddexp), (np.float16, np.float32, np.int8)
    ):
        for x in (np.ones(1, dtype), np.ones(3, dtype)):
            for method, extra in (("reduce", {}), ("reduce", {"axis": ()}), ("accumulate", {}),
                                  ("reduceat", {"indices": [0]})):  # fmt: skip
                if extra.get("axis") == () and f is not np.divide:
                    continue
                got = getattr(f, method)(ag.Tensor(x), **extra)
                assert got.dtype == getattr(f, method)(x, **extra).dtype, (f, dtype, method)
    got = np.hypot.reduce(ag.Tensor(np.ones(4, np.float32)), where=[True, False, True, True])
    assert got.dtype == np.float32


@pytest.mark.parametrize("name", ["erf", "erfc", "gelu", "softmax", "log_softmax", "logsumexp"])
def test_half_precision_stays_and_does_not_overflow_on_the_way(name):
    f = getattr(ag, name)
    x = np.zeros(70000, np.float16)
    got = f(ag.Tensor(x))
    assert got.dtype == np.float16
    np.testing.assert_allclose(got.data, f(x.astype(float)).data, rtol=2e-3, atol=1e-7)


def test_extremes_of_numbers_that_are_not_there():
    assert np.nanmax(ag.Tensor(np.nan), initial=5.0).item() == 5
    assert np.nanmin(ag.Tensor(np.nan), initial=5.0).item() == 5
    assert np.isnan(np.nanvar(ag.Tensor([1.0]), mean=np.array([2.0]), ddof=1).item())
    got = np.var(ag.Tensor(np.float32(1)), mean=np.float32(2), where=np.True_)
    assert got.dtype == np.float32


def test_quantiles_in_a_table_stand_in_front():
    x, q = np.arange(1.0, 9).reshape(2, 2, 2), [[0.0, 0.1], [1.0, 0.4]]
    for f in (np.quantile, np.nanquantile):
        got = f(ag.Tensor(x), q, axis=(1, 2))
        np.testing.assert_allclose(got.data, np.quantile(x, q, axis=(1, 2)))
        at = lambda x, f=f: f(x, q, axis=(1, 2))[1, 0, 1]
        expected = np.zeros((2, 2, 2))
        expected[1, 1, 1] = 1
        np.testing.assert_array_equal(ag.grad(at)(x), expected)


# -- powers, and slopes of what is not used --------------------------------------------------------


def test_mixed_derivatives_of_powers_are_symmetric_at_exponents_0_and_1():
    for f in (lambda x, y: x**y, np.power, np.float_power):
        for x, y in itertools.product((0.3, 2.0), (0.0, 1.0, 2.0, -1.5)):
            with mpmath.workdps(40):
                exact = [
                    float(mpmath.diff(lambda a, b: a**b, (x, y), order))
                    for order in ((2, 0), (1, 1), (0, 2), (2, 1))
                ]
            h = ag.hessian(lambda v, f=f: f(v[0], v[1]))(np.array([x, y]))
            np.testing.assert_allclose(h, [exact[:2], exact[1:3]], rtol=1e-12, atol=1e-15)
            third = ag.grad(lambda y, f=f, x=x: ag.grad(ag.grad(lambda x: f(x, y)))(x))(y)
            assert third == pytest.approx(exact[3], rel=1e-12, abs=1e-14)


def test_no_tangent_no_change_in_nested_forward_mode():
    slope = lambda x, y: ag.jvp(lambda x, y: x**y, (x, y), (1.0, 0.0))[1]
    assert ag.jvp(slope, (-2.0, 3.0), (1.0, 0.0))[1] == -12
    t = ag.Tensor([1.0, 1.0], requires_grad=True)
    got = ag.jvp(lambda q: ag.sqrt(q[0] - 1) + q[1] ** 2, (t,), (np.array([0.0, 1.0]),))[1]
    assert got.item() == 2


ROWS = np.array([[1.0, 2.0], [3.0, 4.0]])
LOST = np.array([[0.0, 0.0], [-INF, -INF]])


@pytest.mark.parametrize(
    "f",
    [
        lambda s: ag.softmax(s), lambda s: ag.log_softmax(s), lambda s: np.std(s, 1, keepdims=True),
        lambda s: ag.logsumexp(s, axis=1, keepdims=True), lambda s: np.prod(s, 1, keepdims=True),
        lambda s: np.linalg.norm(s, axis=1, keepdims=True), lambda s: np.cumprod(s, axis=1),
        lambda s: np.linalg.norm(s, 3, axis=1, keepdims=True),
        lambda s: np.linalg.det(s[:, None] * s[..., None] + np.eye(2))[:, None],
        lambda s: np.linalg.inv(s[:, None] * s[..., None] + np.eye(2))[:, 0],
    ],
)  # fmt: skip
def test_a_row_that_is_not_used_leaves_no_nan_whatever_mixes_it(f):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        used = np.array([[True], [False]])
        whole = lambda s: np.where(used, f(s + LOST), 0.0)[:, 0].sum()
        got = ag.grad(whole)(ROWS)
        expected = ag.grad(lambda s: f(s)[:, 0].sum())(ROWS[:1])
    np.testing.assert_allclose(got, np.concatenate([expected, np.zeros((1, 2))]), rtol=1e-12)


def test_a_branch_not_taken_may_be_any_op():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        f = lambda v: np.where(v.size > 1, v.std(ddof=1), v.sum())
        assert ag.grad(f)(np.ones(1)).tolist() == [1]
        f = lambda x: np.where(x > 0, np.linalg.norm(np.stack([1 / x, x])), 2 * x)
        assert ag.grad(f)(0.0) == 2


def test_entries_that_an_extreme_passes_over_bring_no_nan_in_forward_mode():
    x = np.array([-1.0, 2.0, 3.0])
    with np.errstate(invalid="ignore"):
        for f in (np.nanmax, np.nanmin, lambda v: np.max(v, where=~np.isnan(v.data), initial=0.0)):
            g = lambda v, f=f: f(np.concatenate([np.sqrt(v[:1]), v[1:]]))
            assert ag.jvp(g, (x,), (np.ones(3),))[1] == 1


@pytest.mark.parametrize("f", [ag.relu, lambda x: ag.leaky_relu(x, negative_slope=0.0)])
def test_a_steep_function_of_a_unit_that_is_off(f):
    for size in (1, 1000):  # large arrays go another way
        x = np.full(size, -1.0)
        for steep in (np.sqrt, lambda y: y**0.3):
            np.testing.assert_array_equal(gradient(lambda x, s=steep: s(f(x)), x), np.zeros(size))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.complex128])
def test_masks_of_large_arrays_are_those_of_small_ones(dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, (40, 30)).astype(dtype)
    y = rng.integers(-2, 3, (40, 30)).astype(dtype)
    g = rng.normal(size=x.shape).astype(dtype)
    if np.dtype(dtype).kind != "c":  # inf * 1 of complex numbers is nan in the imaginary part
        g.flat[:3] = np.inf, -np.inf, np.nan
    mask = rng.random(x.shape) < 0.5
    cases = [(lambda x, y: np.where(mask, x, y), (mask, ~mask)),
             (lambda x, y: ag.setitem(x, y[3], 3), None)]  # fmt: skip
    if np.dtype(dtype).kind != "c":
        cases += [(np.maximum, (np.where(x == y, 0.5, x > y), np.where(x == y, 0.5, y > x))),
                  (np.minimum, (np.where(x == y, 0.5, x < y), np.where(x == y, 0.5, y < x))),
                  (lambda x, y: np.clip(x, -1, 1) + ag.relu(y), (abs(x) <= 1, y > 0))]  # fmt: skip
    for f, shares in cases:
        for order in (slice(None), (slice(None, None, -1), slice(None, None, 2))):
            a, b = ag.Tensor(x, requires_grad=True), ag.Tensor(y, requires_grad=True)
            seed = np.zeros_like(g)
            seed[order] = g[order]
            f(a, b).backward(seed)
            for t, share in zip((a, b), shares or (), strict=False):
                with np.errstate(invalid="ignore"):
                    expected = np.where(share == 0, 0, seed * share)
                np.testing.assert_array_equal(t.grad, expected.astype(dtype))


# -- at infinity, and far from 1 -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "low", "high"),
    [
        (ag.silu, 0, 1), (ag.gelu, 0, 1), (ag.softplus, 0, 1), (ag.elu, 0, 1), (ag.erf, 0, 0),
        (ag.erfc, 0, 0), (ag.sigmoid, 0, 0), (ag.log_sigmoid, 1, 0), (np.tanh, 0, 0),
        (np.arctan, 0, 0), (np.arcsinh, 0, 0), (lambda x: np.hypot(x, 1.0), -1, 1),
        (lambda x: np.arctan2(1.0, x), 0, 0), (lambda x: np.logaddexp(x, 2.0), 0, 1),
    ],
)  # fmt: skip
def test_slopes_at_infinity_are_the_limits_to_third_order(f, low, high):
    for x, slope in ((-INF, low), (INF, high)):
        assert not np.isnan(f(ag.Tensor(x)).item())
        g = ag.grad(f)
        assert g(x) == slope
        for _ in range(2):
            g = ag.grad(g)
            assert g(x) == 0


def test_hypot_neither_overflows_nor_cancels():
    assert ag.grad(lambda x: 0.1 * np.hypot(x, 1.0))(1e308) == pytest.approx(0.1)
    assert ag.grad(lambda x: 1e-30 * np.hypot(x, 1e-300))(1e-300) == pytest.approx(2**-0.5 * 1e-30)
    for x, y in itertools.product((1.0, -3e5), (1e-3, 1e-8, 2.0)):
        for order in (1, 2, 3):
            f = lambda x, y=y: np.hypot(x, y)
            for _ in range(order):
                f = ag.grad(f)
            with mpmath.workdps(60):
                exact = mpmath.diff(
                    lambda x, y=y: mpmath.sqrt(x * x + mpmath.mpf(y) ** 2), x, order
                )
            assert f(x) == pytest.approx(float(exact), rel=1e-12)
    assert not ag.hessian(lambda v: np.hypot(v[0], v[1]))(np.zeros(2)).any()


def test_complex_inverse_functions_far_out():
    z = 1e200 + 1e200j
    for f, sign in ((np.arcsin, 1), (np.arccos, -1)):
        _, t = ag.jvp(f, (z,), (1 + 0j,))
        np.testing.assert_allclose(t, sign * (5e-201 + 5e-201j), rtol=1e-12)
    for f in (np.arcsinh, np.arccosh):
        np.testing.assert_allclose(ag.jvp(f, (z,), (1 + 0j,))[1], 1 / z, rtol=1e-12)
    assert ag.jvp(np.arctanh, (z,), (1 + 0j,))[1] == 0
