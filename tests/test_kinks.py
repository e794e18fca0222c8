"""Kinks, ties, extremes and aliased inputs: each choice of DESIGN's table, stated and checked."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd_lite as ag

INF, NAN = math.inf, math.nan


def slopes(f, x, order=1):
    """Derivatives of f at each entry of x, f being pointwise."""
    for _ in range(order):
        f = ag.grad(lambda t, f=f: ag.sum(f(t)))
    return f(np.array(x, float))


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (ag.abs, [0.0, -0.0, 2.0, -2.0], [0, 0, 1, -1]),
        (ag.fabs, [0.0, -3.0], [0, -1]),
        (ag.sign, [0.0, 5.0], [0, 0]),
        (ag.relu, [0.0, -1.0, 1.0], [0, 0, 1]),
        (ag.leaky_relu, [0.0, -1.0, 1.0], [0.01, 0.01, 1]),
        (ag.elu, [0.0, 1.0, -1000.0], [1, 1, 0]),
        (ag.sqrt, [0.0, 4.0], [INF, 0.25]),
        (ag.cbrt, [0.0, 8.0], [INF, 1 / 12]),
        (ag.arcsin, [1.0, -1.0, 0.0], [INF, INF, 1]),
        (ag.arccos, [1.0, -1.0], [-INF, -INF]),
        (ag.arctanh, [1.0, 0.0], [INF, 1]),
        (ag.arccosh, [1.0], [INF]),
        (ag.log, [0.0, 2.0], [INF, 0.5]),
        (ag.tanh, [1000.0, -1000.0], [0, 0]),
        (ag.sigmoid, [1000.0, -1000.0, 0.0], [0, 0, 0.25]),
        (ag.silu, [1000.0, -1000.0], [1, 0]),
        (ag.gelu, [1000.0, -1000.0, 0.0], [1, 0, 0.5]),
        (ag.softplus, [1000.0, -1000.0, 0.0], [1, 0, 0.5]),
        (ag.log_sigmoid, [1000.0, -1000.0, 0.0], [0, 1, 0.5]),
        (ag.floor, [0.5, 1.0], [0, 0]),
        (lambda x: ag.clip(x, 0.0, 1.0), [0.0, 1.0, -0.1, 1.1, 0.5], [1, 1, 0, 0, 1]),
        (lambda x: ag.maximum(x, x), [1.0, -2.0], [1, 1]),
        (lambda x: ag.minimum(x, x), [1.0, -2.0], [1, 1]),
        (lambda x: ag.maximum(x, 0.0), [0.0, 1.0, -1.0], [0.5, 1, 0]),
        (lambda x: ag.minimum(x, 0.0), [0.0, 1.0, -1.0], [0.5, 0, 1]),
        (lambda x: ag.fmax(x, NAN), [2.0], [1]),
        (lambda x: x * x, [0.0, 3.0], [0, 6]),
        (lambda x: x - x, [3.0], [0]),
        (lambda x: x / x, [3.0], [0]),
        (lambda x: x**0, [0.0, 2.0], [0, 0]),
        (lambda x: x**1, [0.0], [1]),
        (lambda x: x**2, [0.0], [0]),
        (lambda x: x**0.5, [0.0], [INF]),
        (lambda x: x**-1, [2.0], [-0.25]),
        (lambda x: ag.power(0.0, x), [2.0, 1.0], [0, 0]),
        (lambda x: ag.power(2.0, x), [3.0], [8 * math.log(2)]),
        (lambda x: ag.hypot(x, 0.0), [0.0, 2.0], [0, 1]),
        (lambda x: ag.arctan2(x, 0.0), [0.0, 2.0], [0, 0]),
        (lambda x: ag.arctan2(0.0, x), [2.0, -2.0], [0, 0]),
        (lambda x: ag.logaddexp(x, x), [1.0, -INF, INF], [1, 1, 1]),
        (lambda x: ag.logaddexp(x, -INF), [1.0], [1]),
        (lambda x: ag.logaddexp(x, INF), [1.0], [0]),
        (lambda x: ag.logaddexp(x, 0.0), [1000.0, -1000.0], [1, 0]),
        (lambda x: ag.where(x > 0, ag.log(ag.where(x > 0, x, 1.0)), 0.0), [-1.0, 2.0], [0, 0.5]),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # forward log(0) and the like warn, as NumPy
def test_slope(f, at, expected):
    np.testing.assert_allclose(slopes(f, at), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("f", "at", "order", "expected"),
    [
        (lambda x: x**2, [0.0], 2, [2]),
        (lambda x: x**3, [0.0], 2, [0]),
        (lambda x: x**3, [0.0], 3, [6]),
        (lambda x: x**2, [0.0], 3, [0]),
        (lambda x: ag.logaddexp(x, 0.0), [0.0], 2, [0.25]),
        (lambda x: ag.logaddexp(x, 0.0), [800.0, -800.0], 2, [0, 0]),
        (ag.softplus, [0.0], 2, [0.25]),
        (ag.log_sigmoid, [0.0], 2, [-0.25]),
        (ag.sigmoid, [0.0], 3, [-0.125]),
        (ag.abs, [0.0, 1.0], 2, [0, 0]),
        (ag.relu, [0.0, 1.0], 2, [0, 0]),
        (lambda x: ag.maximum(x, x) ** 2, [3.0], 2, [2]),
    ],
)
def test_higher_slope(f, at, order, expected):
    np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-12)


def test_values_are_stable_at_a_thousand():
    x = np.array([-1000.0, 1000.0])
    table = {
        ag.sigmoid: [0, 1],
        ag.tanh: [-1, 1],
        ag.relu: [0, 1000],
        ag.softplus: [0, 1000],
        ag.log_sigmoid: [-1000, 0],
        ag.silu: [0, 1000],
        ag.gelu: [0, 1000],
        ag.elu: [-1, 1000],
        ag.softmax: [0, 1],
        ag.log_softmax: [-2000, 0],
    }
    for f, expected in table.items():
        for dtype in (np.float32, np.float64):
            out = f(ag.Tensor(x, dtype=dtype))
            assert out.dtype == dtype
            np.testing.assert_allclose(out.data, expected, atol=1e-300)
    assert ag.logsumexp(x).item() == 1000
    assert ag.sigmoid(-40.0).item() == pytest.approx(math.exp(-40), rel=1e-14)


def test_sigmoid_takes_every_dtype():
    for dtype in (np.uint8, np.int64, np.bool_, np.float16, np.float32):
        out = ag.sigmoid(np.array([0, 1], dtype))
        np.testing.assert_allclose(out.data, [0.5, 0.7310586], rtol=1e-3)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (ag.max, [1.0, 3.0, 3.0], [0, 0.5, 0.5]),
        (ag.min, [1.0, 1.0, 1.0, 1.0], [0.25] * 4),
        (ag.prod, [2.0, 3.0, 4.0], [12, 8, 6]),
        (ag.prod, [2.0, 0.0, 4.0], [0, 8, 0]),
        (ag.prod, [0.0, 0.0, 4.0], [0, 0, 0]),
        (ag.norm, [0.0, 0.0], [0, 0]),
        (ag.norm, [3.0, 4.0], [0.6, 0.8]),
        (lambda x: ag.norm(x, 1), [0.0, -2.0], [0, -1]),
        (lambda x: ag.norm(x, np.inf), [2.0, -2.0, 1.0], [0.5, -0.5, 0]),
        (lambda x: ag.norm(x, -np.inf), [2.0, -1.0], [0, -1]),
        (lambda x: ag.norm(x, 3), [0.0, 0.0], [0, 0]),
        (lambda x: ag.norm(x, 3), [0.0, 2.0], [0, 1]),
        (ag.std, [2.0, 2.0], [0, 0]),
        (ag.logsumexp, [0.0, 0.0], [0.5, 0.5]),
        (ag.logsumexp, [-INF, 0.0], [0, 1]),
        (ag.logsumexp, [INF, 0.0, INF], [0.5, 0, 0.5]),
        (lambda x: ag.sum(x, where=np.array([True, False])), [1.0, NAN], [1, 0]),
        (lambda x: x[[0, 0, 1]].sum(), [1.0, 2.0, 3.0], [2, 1, 0]),
        (lambda x: x @ x, [1.0, 2.0], [2, 4]),
        (lambda x: (x[:, None] @ x[None, :]).sum(), [1.0, 2.0], [6, 6]),
    ],
)
def test_gradient_of_a_reduction(f, x, expected):
    np.testing.assert_allclose(ag.grad(f)(np.array(x)), expected, rtol=1e-12)


def test_aliased_matrix_product():
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    got = ag.grad(lambda m: (m @ m.T).sum())(x)
    np.testing.assert_allclose(got, 2 * np.ones((2, 2)) @ x)


@pytest.mark.parametrize("x", [[2.0, 3.0, 4.0], [2.0, 0.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]])
def test_second_derivative_of_prod_is_exact_with_zeros(x):
    expected = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            if i != j:
                (k,) = {0, 1, 2} - {i, j}
                expected[i, j] = x[k]
    np.testing.assert_array_equal(ag.hessian(ag.prod)(np.array(x)), expected)


def test_third_derivative_of_prod():
    third = ag.jacobian(ag.hessian(ag.prod))(np.array([2.0, 3.0, 4.0]))
    expected = np.zeros((3, 3, 3))
    for i, j, k in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]:
        expected[i, j, k] = 1
    np.testing.assert_allclose(third, expected, atol=1e-12)


def test_second_derivative_of_norm_at_zero_is_finite():
    assert np.isfinite(ag.hessian(ag.norm)(np.zeros(2))).all()


def test_the_angle_of_zero_has_slope_zero_to_second_order():
    for deg in (False, True):
        f = lambda x, deg=deg: ag.angle(x[0] + 1j * x[1], deg=deg)
        assert not ag.grad(f)(np.zeros(2)).any()
        assert not ag.hessian(f)(np.zeros(2)).any()
    assert ag.grad(ag.angle)(0j) == 0


def test_where_keeps_a_nan_in_its_own_branch():
    x = ag.Tensor([0.0, 4.0], requires_grad=True)
    with np.errstate(all="ignore"):
        y = ag.where(np.array([False, True]), 1 / x, 7.0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, -1 / 16])


def test_backward_never_warns():
    x = ag.Tensor([0.0, 1.0], requires_grad=True)
    ag.sqrt(x).sum().backward()  # warnings are errors here
    np.testing.assert_array_equal(x.grad, [INF, 0.5])


def test_every_choice_is_documented():
    from autograd_lite.op import OPS

    for name in ("absolute", "relu", "maximum", "max", "clip", "norm_2", "sqrt", "where"):
        assert OPS[name].kinks


def test_directions_without_change_meet_no_infinite_slope():
    x = np.array([0.0, 4.0])
    h = ag.hessian(lambda x: ag.sqrt(x).sum())(x)
    assert h[0, 0] == -INF
    np.testing.assert_array_equal(h[[0, 1, 1], [1, 0, 1]], [0, 0, -1 / 32])
    _, t = ag.jvp(ag.sqrt, (x,), (np.array([0.0, 1.0]),))
    np.testing.assert_array_equal(t, [0, 0.25])
    j = ag.jacobian(ag.sqrt)(x)
    np.testing.assert_array_equal(j, [[INF, 0], [0, 0.25]])
