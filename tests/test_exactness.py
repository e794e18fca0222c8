"""Exact values where a formula could fail: removable points, poles, overflow, ties, mixed dtypes.

And for every elementwise op of the registry, shapes and dtypes drawn at random.
"""

from __future__ import annotations

import itertools
import math
import operator
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from op_tools import BUILT_IN
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite.tensor import apply

INF, NAN = math.inf, math.nan


def slopes(f, x, order=1):
    """The order-th derivative of f at each entry of x, f being pointwise."""
    for _ in range(order):
        f = ag.grad(lambda t, f=f: ag.sum(f(t)))
    return f(np.array(x, float))


def true(f, x, order):
    """The order-th derivative of f at each entry of x, by mpmath with 60 digits."""
    with mpmath.workdps(60):
        return [float(mpmath.diff(f, mpmath.mpf(v), order)) for v in x]


@pytest.fixture
def forward_may_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


# -- against mpmath ------------------------------------------------------------------------------

NEAR = [0.0, 1e-300, 1e-9, -1e-5, 1e-3, 0.1, -0.63, 0.637, 1.0, -2.5, 7.3, 40.2]


@pytest.mark.parametrize("order", range(6))
def test_sinc_to_every_order(order):
    with mpmath.workdps(60):
        series = [
            float(mpmath.diff(mpmath.sincpi, mpmath.mpf(v), order)) if v else _sinc_at_0(order)
            for v in NEAR
        ]
    np.testing.assert_allclose(
        slopes(np.sinc, NEAR, order), series, rtol=3e-12, atol=2e-13 * math.pi**order
    )
    assert slopes(np.sinc, [0.0], order)[0] == pytest.approx(_sinc_at_0(order), rel=1e-15)


def _sinc_at_0(order):
    return 0.0 if order % 2 else (-1) ** (order // 2) * math.pi**order / (order + 1)


@pytest.mark.parametrize("order", range(5))
def test_i0_to_every_order(order):
    at = [0.0, 1e-9, -0.5, 3.0, -7.9, 8.1, 29.9, 30.1, -35.0, 60.0, 300.0]
    expected = true(lambda t: mpmath.besseli(0, t), at, order)
    np.testing.assert_allclose(slopes(np.i0, at, order), expected, rtol=2e-14)


@pytest.mark.usefixtures("forward_may_warn")
def test_i0_overflows_as_numpys():
    got = slopes(lambda x: np.i0(x) * 1e-300, [700.0, 709.0])
    expected = [float(mpmath.besseli(1, v) * mpmath.mpf("1e-300")) for v in (700, 709)]
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert slopes(np.i0, [INF])[0] == INF
    assert math.isnan(slopes(np.i0, [NAN])[0])


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("f", "exact", "at"),
    [
        (ag.softplus, lambda t: mpmath.log1p(mpmath.exp(t)), [0.0, 1e-8, -3.0, 30.0, -700.0]),
        (ag.log_sigmoid, lambda t: -mpmath.log1p(mpmath.exp(-t)), [0.0, 1e-8, 3.0, -30.0, 700.0]),
        (ag.expm1, mpmath.expm1, [0.0, 1e-12, -40.0, -700.0]),
        (ag.log1p, mpmath.log1p, [0.0, 1e-12, -0.999]),
        (ag.arcsin, mpmath.asin, [0.0, 1 - 1e-9, -1 + 1e-9]),
        (ag.arccos, mpmath.acos, [0.0, 1 - 1e-9, -1 + 1e-9]),
        (ag.arctanh, mpmath.atanh, [0.0, 1 - 1e-9, -1 + 1e-9]),
        (ag.arccosh, mpmath.acosh, [1 + 1e-9, 2.0, 1e9]),
        (ag.arcsinh, mpmath.asinh, [0.0, -3.0, 1e4]),
        (lambda x: ag.logaddexp(x, 0.5), lambda t: mpmath.log(mpmath.exp(t) + mpmath.exp(0.5)),
         [0.5, 40.0, -40.0]),
        (lambda x: ag.arctan2(x, 3.0), lambda t: mpmath.atan(t / 3), [0.0, 1e-3, -7.0]),
        (lambda x: ag.hypot(x, 3.0), lambda t: mpmath.sqrt(t * t + 9), [0.0, 1e-3, -7.0]),
        (lambda x: x**1.5, lambda t: t ** mpmath.mpf(1.5), [1e-6, 2.0]),
        (lambda x: ag.power(2.5, x), lambda t: mpmath.mpf(2.5) ** t, [0.0, -1.0, 3.0]),
        (lambda x: x**x, lambda t: t**t, [1e-3, 2.0]),
        (ag.cbrt, mpmath.cbrt, [1e-6, 8.0]),
    ],
)  # fmt: skip
def test_derivatives_are_mpmaths(f, exact, at, order):
    np.testing.assert_allclose(slopes(f, at, order), true(exact, at, order), rtol=1e-6, atol=2e-16)


# -- by hand -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("forward_may_warn")
@pytest.mark.parametrize(
    ("f", "at", "order", "expected"),
    [
        (ag.sqrt, [0.0], 1, [INF]),
        (ag.sqrt, [0.0], 2, [-INF]),
        (lambda x: x**0.5, [0.0], 2, [-INF]),
        (lambda x: x**1.5, [0.0], 1, [0]),
        (lambda x: x**1.5, [0.0], 2, [INF]),
        (ag.cbrt, [0.0], 1, [INF]),
        (ag.log, [0.0], 2, [-INF]),
        *((lambda x, n=n: x**n, [0.0], k, [math.factorial(n) if k == n else 0])
          for n in range(5) for k in range(1, 5)),
        *((lambda x, n=n: x ** float(n), [0.0], k, [math.factorial(n) if k == n else 0])
          for n in range(4) for k in range(1, 4)),
        *((lambda x, n=n: ag.power(x, np.array([n, n])), [0.0, -2.0], 1, [float(n == 1),
          n * (-2.0) ** (n - 1)]) for n in range(5)),
        *((lambda x, n=n: x ** np.float64(n), [0.0], k, [math.factorial(n) if k == n else 0])
          for n in range(4) for k in range(1, 4)),
        (lambda x: 0.0**x, [0.0, 1.0, 2.5], 1, [0, 0, 0]),
        (lambda x: 0.0**x, [0.0, 1.0, 2.5], 2, [0, 0, 0]),
        (lambda x: x**0, [0.0, -1.0], 2, [0, 0]),
        (lambda x: (-2.0) ** x, [2.0], 1, [NAN]),
        (lambda x: x ** np.array([3, 2]), [-2.0, -3.0], 2, [-12, 2]),
        (ag.arcsin, [1.0, -1.0], 1, [INF, INF]),
        (ag.arcsin, [1.0, -1.0], 2, [INF, -INF]),
        (ag.arccos, [1.0, -1.0], 1, [-INF, -INF]),
        (ag.arccos, [1.0, -1.0], 2, [-INF, INF]),
        (ag.arctanh, [1.0, -1.0], 2, [INF, -INF]),
        (ag.arccosh, [1.0], 2, [-INF]),
        (ag.tanh, [1000.0, -1000.0, INF], 2, [0, 0, 0]),
        (ag.sigmoid, [1000.0, -1000.0, -INF], 2, [0, 0, 0]),
        (ag.silu, [1000.0, -1000.0], 2, [0, 0]),
        (ag.gelu, [1000.0, -1000.0], 2, [0, 0]),
        (ag.softplus, [1000.0, -1000.0, INF, -INF], 2, [0, 0, 0, 0]),
        (ag.log_sigmoid, [1000.0, -1000.0, INF, -INF], 2, [0, 0, 0, 0]),
        (ag.elu, [0.0, -1000.0], 2, [1, 0]),
        (ag.arctan, [1e200, INF], 1, [0, 0]),
        (ag.arcsinh, [1e200, -1e200], 1, [1e-200, 1e-200]),
        (lambda x: ag.maximum(x, x), [1.0, -2.0], 1, [1, 1]),
        (lambda x: ag.maximum(x, x) ** 3, [2.0], 2, [12]),
        (lambda x: ag.minimum(x, np.array([2, 3], np.uint8)), [2.5, 2.5], 1, [0, 1]),
        (lambda x: ag.fmin(x, np.array([0, 7], np.uint8)), [2.5, NAN], 1, [0, 0]),
        (lambda x: ag.logaddexp(x, INF), [0.0, INF], 1, [0, 0.5]),
        (lambda x: ag.logaddexp(x, -INF), [0.0, -INF, INF], 1, [1, 0.5, 1]),
        (lambda x: ag.logaddexp(x, 1.0), [INF, -INF, 800.0, -800.0, 1.0], 2, [0, 0, 0, 0, 0.25]),
        (lambda x: ag.logaddexp(x, INF), [0.0, -INF], 2, [0, 0]),
        (lambda x: ag.logaddexp(x, x), [3.0, 800.0, -800.0], 2, [0, 0, 0]),
        (lambda x: ag.logaddexp2(x, 1.0), [1.0], 2, [math.log(2) / 4]),
        (lambda x: ag.arctan2(x, 0.0), [2.0, -2.0], 2, [0, 0]),
        (lambda x: ag.arctan2(0.0, x), [2.0, -2.0], 2, [0, 0]),
        (lambda x: ag.arctan2(x, 1e-200), [1e-200], 1, [0.5e200]),
        (lambda x: ag.arctan2(x, 1e200), [1e200], 1, [0.5e-200]),
        (lambda x: ag.arctan2(x, np.array([2**40])), [0.0], 1, [2.0**-40]),
        (lambda x: ag.hypot(x, 1e200), [1e200], 1, [math.sqrt(0.5)]),
        (lambda x: np.remainder(1.0, x), [0.1], 1, [-9]),
        (lambda x: np.fmod(-1.0, x), [0.1], 1, [9]),
        (lambda x: np.divmod(1.0, x)[1], [0.1], 1, [-9]),
    ],
)  # fmt: skip
def test_slope(f, at, order, expected):
    np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-12)


@pytest.mark.usefixtures("forward_may_warn")
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize(
    "bad",
    [lambda x: ag.sqrt(x - 1), lambda x: ag.log(x - 1), lambda x: 1 / (x - 1), lambda x: x * NAN,
     lambda x: (x - 1) ** 0.5, lambda x: ag.arccos(x + 5), lambda x: ag.exp(1e6 * x) * 0.0],
)  # fmt: skip
def test_the_branch_not_taken_may_be_nan(bad, order):
    f = lambda x: ag.where(np.array([True, False]), x**3, bad(x))
    g = lambda x: np.where(np.array([False, True]), bad(x), x**3)
    for h in (f, g):
        assert slopes(h, [2.0, 3.0], order)[0] == 12
    only = lambda x: ag.where(np.array([True, True]), x**3, bad(x)).sum()
    np.testing.assert_array_equal(ag.grad(only)(np.array([1.0, 0.0])), [3, 0])
    _, tangent = ag.jvp(only, (np.array([1.0, 0.0]),), (np.ones(2),))
    assert tangent == 3.0


def test_logsumexp_with_infinities_and_ties_to_second_order():
    for x, first in (
        ([0.0, 0.0], [0.5, 0.5]), ([INF, 0.0, INF], [0.5, 0, 0.5]), ([-INF, 1.0], [0, 1]),
        ([1000.0, 0.0, 1000.0], [0.5, 0, 0.5]), ([-INF, -INF], [0.5, 0.5]), ([7.0], [1]),
    ):  # fmt: skip
        np.testing.assert_allclose(ag.grad(ag.logsumexp)(np.array(x)), first, atol=1e-300)
        s = np.array(first)
        expected = np.diag(s) - np.outer(s, s)
        np.testing.assert_allclose(ag.hessian(ag.logsumexp)(np.array(x)), expected, atol=1e-15)
    pair = lambda x: ag.logaddexp(x[0], x[1])
    for x in ([0.0, 0.0], [800.0, 0.0], [-INF, 2.0], [INF, 2.0], [INF, INF], [-INF, -INF]):
        s = ag.grad(ag.logsumexp)(np.array(x))
        np.testing.assert_allclose(ag.grad(pair)(np.array(x)), s, atol=1e-300)
        np.testing.assert_allclose(
            ag.hessian(pair)(np.array(x)), np.diag(s) - np.outer(s, s), atol=1e-15
        )


def test_nothing_warns_where_numpy_does_not():
    # Warnings are errors here; the forward values of these are all finite.
    for f, at in (
        (ag.arcsin, [1.0, -1.0]), (ag.arccos, [1.0, -1.0]), (ag.sqrt, [0.0]), (ag.cbrt, [0.0]),
        (lambda x: x**0.5, [0.0]), (ag.arccosh, [1.0]), (lambda x: ag.power(x, x), [0.0, 1.0]),
        (np.sinc, [0.0]), (np.i0, [0.0, 1.0]), (lambda x: ag.arctan2(x, x), [0.0]),
        (lambda x: np.frexp(x)[0], [0.0]), (lambda x: ag.logaddexp(x, -INF), [-INF, 0.0]),
    ):  # fmt: skip
        slopes(f, at, 1)
        slopes(f, at, 2)
        ag.jvp(lambda x, f=f: f(x), (np.array(at),), (np.ones(len(at)),))


# -- dtypes --------------------------------------------------------------------------------------

BINARY = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": operator.pow, "mod": operator.mod, "floordiv": operator.floordiv,
    **{f.__name__: f for f in (
        np.maximum, np.minimum, np.fmax, np.fmin, np.hypot, np.arctan2, np.logaddexp,
        np.logaddexp2, np.copysign, np.fmod, np.float_power, np.heaviside,
    )},
}  # fmt: skip
OTHERS = [
    3, True, 2.5, np.float64(2.5), np.float32(2.5), np.float16(2.5), np.int64(3), np.int8(3),
    np.uint8(3), np.bool_(True), np.array([1, 3]), np.array([1, 3], np.uint8),
    np.array([1, 3], np.int16), np.array([True, True]), np.array([1.5, 2.5], np.float32),
    np.array([1.5, 2.5]), np.array([1.5, 2.5], np.float16), np.array(2, np.int32),
]  # fmt: skip


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_kind_of_operand_beside_a_tensor(name, dtype):
    f = BINARY[name]
    x = np.array([1.2, 2.3], dtype)
    for other, turned in itertools.product(OTHERS, (False, True)):
        call = (lambda t, o=other: f(o, t)) if turned else (lambda t, o=other: f(t, o))
        t = ag.Tensor(x, requires_grad=True)
        out, expected = call(t), call(x)
        assert out.dtype == expected.dtype, (other, turned)
        np.testing.assert_allclose(out.data, expected, rtol=1e-6 if dtype != np.float16 else 1e-3)
        out.sum().backward()
        assert t.grad.dtype == dtype
        assert t.grad.shape == (2,)
        wide = np.asarray(other, float)
        exact = (lambda v, o=wide: f(o, v)) if turned else (lambda v, o=wide: f(v, o))
        numeric = numerical_gradient(lambda v, h=exact: float(np.sum(h(v))), x.astype(float))
        tolerance = {np.float16: 3e-2, np.float32: 1e-4, np.float64: 1e-7}[dtype]
        np.testing.assert_allclose(t.grad, numeric, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
def test_real_and_complex_operands_mix(name):
    f = BINARY[name]
    for real, complex_ in itertools.product((np.float32, np.float64), (np.complex64, complex)):
        x, z = np.array([1.2, 2.3], real), np.array([1 + 2j, 0.5 - 1j], complex_)
        for turned in (False, True):
            a, b = ag.Tensor(x, requires_grad=True), ag.Tensor(z, requires_grad=True)
            out = f(b, a) if turned else f(a, b)
            assert out.dtype == (f(z, x) if turned else f(x, z)).dtype
            w = np.array([0.3 + 1j, 2 - 1j])
            out.backward(w.astype(out.dtype))
            assert (a.grad.dtype, b.grad.dtype) == (x.dtype, z.dtype)
            value = (lambda x, z: f(z, x)) if turned else f
            for got, k in ((a.grad, 0), (b.grad, 1)):
                at = [x.astype(float), z.astype(complex)]

                def scalar(v, k=k, at=at, value=value, w=w):
                    return inner(w, value(*(v if i == k else at[i] for i in range(2))))

                np.testing.assert_allclose(got, numerical_gradient(scalar, at[k]), rtol=1e-4)


def test_a_numpy_scalar_promotes_and_the_gradient_does_not():
    t = ag.Tensor(np.ones(2, np.float32), requires_grad=True)
    for out, dtype in ((t * 2.0, np.float32), (t * np.float64(2), np.float64),
                       (np.float64(2) * t, np.float64), (t * np.float32(2), np.float32),
                       (t + 1, np.float32), (t * 1j, np.complex64)):  # fmt: skip
        assert out.dtype == dtype
        got = ag.gradients(ag.sum(ag.real(out)), t)
        assert got.dtype == np.float32


# -- every elementwise op ------------------------------------------------------------------------


def _usable(op):
    return [
        s for s in op.samples
        if all(0 not in x if isinstance(x, tuple) else x.dtype.kind in "bi" for x in s.inputs)
    ]  # fmt: skip


POINTWISE = {
    name: op for name, op in BUILT_IN.items()
    # logsumexp's own helper takes arrays of equal ndim only.
    if op.pointwise and name != "logsumexp_shares" and _usable(op)
}  # fmt: skip
# Where x / y keeps away from the integers.
_RANGES = {n: ((2.15, 2.35), (0.6, 0.7)) for n in ("remainder", "fmod", "floor_divide")}
property_test = settings(derandomize=True, deadline=None, database=None, max_examples=12)


def _arrays(op, sample, shapes, seed):
    """Inputs of these shapes in the sample's range, on grids that keep off each other's points."""
    rng = np.random.default_rng(seed)
    arrays = []
    for i, (spec, shape) in enumerate(zip(sample.inputs, shapes, strict=True)):
        if not isinstance(spec, tuple):
            kinds = rng.integers(0, 2 if spec.dtype.kind == "b" else 4, shape)
            arrays.append(np.asarray(kinds).astype(spec.dtype))
            continue
        low = sample.low[i] if isinstance(sample.low, tuple) else sample.low
        high = sample.high[i] if isinstance(sample.high, tuple) else sample.high
        low, high = _RANGES.get(op.name, ((low, high),) * 9)[i]
        n = max(1, round((high - low) / 0.1))
        grid = low + (high - low) / n * (rng.integers(0, n, shape) + 0.3 + 0.13 * i)
        x = np.asarray(grid)
        if sample.complex:
            x = x + 1j * (low + (high - low) / n * (rng.integers(0, n, shape) + 0.4))
        arrays.append(x)
    return arrays


@pytest.mark.parametrize("name", POINTWISE)
@property_test
@given(data=st.data(), seed=st.integers(0, 2**16))
def test_shapes_and_dtypes_of_every_elementwise_op(name, data, seed):
    op = POINTWISE[name]
    sample = data.draw(st.sampled_from(_usable(op)))
    shapes = data.draw(
        hnp.mutually_broadcastable_shapes(
            num_shapes=len(op.inputs), max_dims=3, min_side=0, max_side=3
        )
    ).input_shapes
    params = {**op.params, **sample.params}
    wide = _arrays(op, sample, shapes, seed)
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.float16]))
    if np.max(np.abs(op.forward(*wide, **params)), initial=0) > np.finfo(dtype).max / 8:
        dtype = np.float64
    kinds = {"f": dtype, "c": np.complex64 if dtype == np.float32 else complex}
    arrays = [x.astype(kinds.get(x.dtype.kind, x.dtype)) for x in wide]
    active = [i for i, x in enumerate(arrays) if x.dtype.kind in "fc" and op.rules[i] is not None]
    leaves = [
        ag.Tensor(x, requires_grad=True) if i in active else ag.Tensor(x)
        for i, x in enumerate(arrays)
    ]
    out = apply(op, tuple(leaves), params or None)

    plain = op.numpy[0] if op.numpy and not params else lambda *xs: op.forward(*xs, **params)
    expected = np.asarray(plain(*arrays))
    assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
    # NumPy's scalars and arrays may differ in the last digit.
    np.testing.assert_allclose(out.data, expected, rtol=4 * np.finfo(out.dtype).eps)

    rng = np.random.default_rng(1)
    w = rng.normal(size=out.shape)
    w = (w + 1j * rng.normal(size=out.shape) if out.dtype.kind == "c" else w).astype(out.dtype)
    grads = ag.gradients(out, [leaves[i] for i in active], w)
    exact = [x.astype(np.result_type(x, np.float64)) if i in active else x
             for i, x in enumerate(arrays)]  # fmt: skip
    tolerance = {np.float64: 1e-7, np.float32: 1e-3, np.float16: 1e-1}[dtype]
    for g, i in zip(grads, active, strict=True):
        assert (g.shape, g.dtype) == (arrays[i].shape, arrays[i].dtype)

        def scalar(v, i=i):
            at = [v if k == i else x for k, x in enumerate(exact)]
            return inner(w.astype(np.result_type(w, np.float64)), np.asarray(plain(*at)))

        numeric = numerical_gradient(scalar, exact[i])
        scale = max(1.0, float(np.max(np.abs(numeric), initial=0.0)))
        np.testing.assert_allclose(g.data, numeric, rtol=tolerance, atol=tolerance * scale)
