"""Reductions, scans and statistics at their edges: ties, NaN, zeros, empty axes, every dtype."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite import errors

NAN, INF = math.nan, math.inf


def grad(f, x, w=None):
    """The gradient of (w · f(x)).sum()."""
    t = ag.Tensor(x, requires_grad=True)
    out = f(t)
    g = np.ones(out.shape, out.dtype) if w is None else np.asarray(w, out.dtype)
    return ag.gradients(out, t, g).data


# -- properties: value, shape, dtype and gradient, over shapes, axes and dtypes ----------------

REDUCTIONS = {
    "sum": {}, "mean": {}, "var": {}, "std": {}, "max": {}, "min": {}, "prod": {}, "ptp": {},
    "median": {}, "average": {}, "nansum": {}, "nanmean": {}, "nanvar": {}, "nanstd": {},
    "nanmax": {}, "nanmin": {}, "nanprod": {}, "nanmedian": {}, "quantile": {"q": 0.3},
    "percentile": {"q": 62.0, "method": "hazen"}, "nanquantile": {"q": np.array([0.2, 0.7])},
    "nanpercentile": {"q": 40, "method": "median_unbiased"},
}  # fmt: skip
SCANS = {
    "cumsum": {}, "cumprod": {}, "nancumsum": {}, "nancumprod": {}, "diff": {"prepend": 1.5},
    "unwrap": {}, "trapezoid": {"dx": 0.5},
}  # fmt: skip


def _draw_array(data, least):
    shape = tuple(data.draw(st.lists(st.integers(least, 3), min_size=0, max_size=3)))
    size = math.prod(shape)
    order = data.draw(st.permutations(range(size)))
    # Far enough apart for a numerical derivative, whatever the order.
    x = 0.15 + 0.37 * np.array(order, float)
    return x.reshape(shape)


def _draw_axis(data, ndim):
    choices = [st.none()]
    if ndim:
        choices.append(st.integers(-ndim, ndim - 1))
        choices.append(
            st.lists(st.integers(0, ndim - 1), unique=True, min_size=1).flatmap(
                lambda axes: st.tuples(*(st.sampled_from([i, i - ndim]) for i in axes))
            )
        )
    return data.draw(st.one_of(*choices))


def _check(call, x, dtype):
    x = x.astype(dtype)
    expected = call(x)
    t = ag.Tensor(x, requires_grad=True)
    out = call(t)
    assert isinstance(out, ag.Tensor)
    assert out.dtype == np.asarray(expected).dtype
    assert out.shape == np.shape(expected)
    tolerance = {np.float16: 4e-3, np.float32: 1e-5, np.float64: 1e-12}[dtype]
    np.testing.assert_allclose(out.data, expected, rtol=tolerance, atol=tolerance)
    w = np.cos(np.arange(out.size)).reshape(out.shape).astype(out.dtype)
    got = ag.gradients(out, t, w).data
    assert got.shape == x.shape
    assert got.dtype == dtype
    wide = x.astype(np.float64)
    numeric = numerical_gradient(lambda v: inner(w.astype(float), np.asarray(call(v))), wide)
    loose = {np.float16: 3e-2, np.float32: 1e-4, np.float64: 1e-7}[dtype]
    scale = max(1.0, np.max(np.abs(numeric), initial=0.0))
    np.testing.assert_allclose(got, numeric, rtol=loose, atol=loose * scale)


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.data())
def test_reductions_over_any_shape_axis_and_dtype(data):
    name = data.draw(st.sampled_from(sorted(REDUCTIONS)))
    least = 0 if name in ("sum", "prod", "nansum", "nanprod") else 1
    x = _draw_array(data, least)
    axis, keepdims = _draw_axis(data, x.ndim), data.draw(st.booleans())
    if "std" in name:  # a kink where one entry alone is reduced
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if math.prod(x.shape[i] for i in axes) == 1:
            return
    dtype = data.draw(st.sampled_from([np.float64, np.float64, np.float32, np.float16]))
    kwargs = {"axis": axis, "keepdims": keepdims, **REDUCTIONS[name]}
    module = np if data.draw(st.booleans()) else ag
    f, plain = getattr(module, name), getattr(np, name)
    _check(lambda v: (f if isinstance(v, ag.Tensor) else plain)(v, **kwargs), x, dtype)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.data())
def test_scans_over_any_shape_axis_and_dtype(data):
    name = data.draw(st.sampled_from(sorted(SCANS)))
    x = _draw_array(data, 0)
    if x.ndim == 0 and name in ("diff", "trapezoid", "unwrap"):
        return
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1)) if x.ndim else None
    dtype = data.draw(st.sampled_from([np.float64, np.float32]))
    module = np if data.draw(st.booleans()) else ag
    f, plain = getattr(module, name), getattr(np, name)
    kwargs = {"axis": axis, **SCANS[name]}
    _check(lambda v: (f if isinstance(v, ag.Tensor) else plain)(v, **kwargs), x, dtype)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.0, 0.5, 1.0, 3.0]), min_size=1, max_size=70),
    st.integers(0, 1000),
)
def test_products_with_any_zeros_by_definition(values, seed):
    # Σ_k g_k Π_{j≤k} a_j is linear in each a_i: its slope is the difference over any step.
    a = np.array(values)
    g = np.random.default_rng(seed).normal(size=a.size)
    for f, w in ((np.cumprod, g), (np.prod, g[0])):
        slopes = []
        for i in range(a.size):
            one, zero = a.copy(), a.copy()
            one[i], zero[i] = 1, 0
            slopes.append(np.sum(w * (f(one) - f(zero))))
        np.testing.assert_allclose(grad(f, a, w), slopes, rtol=1e-9, atol=1e-12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([0.0, 1.0, 2.0, 3.0]), min_size=1, max_size=9),
    st.sampled_from([np.median, lambda x: np.quantile(x, 0.3), np.max, np.min, np.ptp,
                     lambda x: np.percentile(x, 80, method="inverted_cdf"), np.nanmedian]),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_ties_share_whatever_their_order(values, f, random):
    x = np.array(values)
    g = grad(f, x)
    order = list(range(x.size))
    random.shuffle(order)
    np.testing.assert_allclose(grad(f, x[order]), g[order], atol=1e-15)
    for value in set(values):
        assert np.ptp(g[x == value]) <= 1e-15
    # All entries moved together: the result moves with them, or, for ptp, not at all.
    np.testing.assert_allclose(g.sum(), 0 if f is np.ptp else 1, atol=1e-12)


# -- zeros in products -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "a", [[2.0, 3.0, 5.0], [0.0, 3.0, 5.0], [2.0, 0.0, 5.0], [0.0, 0.0, 5.0], [0.0, 2.0, 0.0],
          [0.0, 0.0, 0.0], [1.5, 0.0, -2.0, 0.0, 4.0], [0.0, 2.0, 3.0, 4.0, 0.0]],
)  # fmt: skip
def test_second_and_third_derivatives_of_products_are_exact_with_zeros(a):
    a = np.array(a)
    n = a.size

    def without(k, *out):
        kept = [a[j] for j in range(k) if j not in out]
        return math.prod(kept) if len(set(out)) == len(out) and max(out) < k else 0.0

    second = [[sum(without(k, i, j) for k in range(1, n + 1)) for j in range(n)] for i in range(n)]
    third = [[[without(n, i, j, k) for k in range(n)] for j in range(n)] for i in range(n)]
    np.testing.assert_array_equal(ag.hessian(lambda x: ag.cumprod(x).sum())(a), second)
    np.testing.assert_array_equal(
        ag.hessian(ag.prod)(a), [[without(n, i, j) for j in range(n)] for i in range(n)]
    )
    np.testing.assert_array_equal(ag.jacobian(ag.hessian(ag.prod))(a), third)
    np.testing.assert_array_equal(ag.jacobian(ag.hessian(lambda x: ag.cumprod(x)[-1]))(a), third)


def test_a_long_running_product_with_zeros():
    rng = np.random.default_rng(0)
    a = rng.uniform(0.9, 1.1, 1001)
    a[[300, 700]] = 0
    g = rng.normal(size=a.size)
    got = grad(np.cumprod, a, g)
    for i in (0, 299, 300, 301, 699, 700, 701, 1000):
        one, zero = a.copy(), a.copy()
        one[i], zero[i] = 1, 0
        assert got[i] == pytest.approx(g @ (np.cumprod(one) - np.cumprod(zero)), abs=1e-12)


def test_products_of_complex_numbers_with_a_zero():
    a = np.array([1 + 2j, 0, 3 - 1j])
    for f in (ag.prod, lambda x: ag.cumprod(x)[-1]):
        _, pull = ag.vjp(f, a)
        (g,) = pull(np.complex128(1))
        np.testing.assert_allclose(g, np.conj([0, (1 + 2j) * (3 - 1j), 0]))


# -- ties, kinks and NaN -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (np.max, [1, NAN, 3, NAN], [0, 0.5, 0, 0.5]),
        (np.min, [1, NAN, 3], [0, 1, 0]),
        (lambda x: np.max(x, axis=0), [1, NAN, 3], [0, 1, 0]),
        (lambda x: np.max(x, axis=0), [NAN, NAN], [0.5, 0.5]),
        (np.max, [INF, INF, 1], [0.5, 0.5, 0]),
        (lambda x: np.max(x, initial=5.0), [1, 3], [0, 0]),
        (lambda x: np.max(x, initial=3.0), [1, 3], [0, 0.5]),
        (lambda x: np.max(x, initial=3.0), [3, 3], [1 / 3, 1 / 3]),
        (lambda x: np.max(x, initial=2.0), [1, 3], [0, 1]),
        (lambda x: np.min(x, initial=1.0, axis=0), [1, 3], [0.5, 0]),
        (lambda x: np.max(x, initial=NAN), [1, 3], [0, 0]),
        (lambda x: np.max(x, initial=NAN), [1, NAN], [0, 0.5]),
        (lambda x: np.max(x, initial=0, where=np.array([True, False])), [1, 3], [1, 0]),
        (lambda x: np.max(x, initial=0, where=np.array([True, False])), [1, NAN], [1, 0]),
        (lambda x: np.max(x, initial=0, where=np.array([False, False])), [1, 3], [0, 0]),
        (np.nanmax, [1, NAN, 3, 3], [0, 0, 0.5, 0.5]),
        (np.nanmin, [1, NAN, 3], [1, 0, 0]),
        (lambda x: np.nanmax(x, initial=3.0), [1, NAN, 3], [0, 0, 0.5]),
        (np.ptp, [2, 2, 2], [0, 0, 0]),
        (np.ptp, [1, 3, 3], [-1, 0.5, 0.5]),
        (np.ptp, [1, NAN], [0, 0]),
        (np.median, [1, 1, 1, 2], [1 / 3, 1 / 3, 1 / 3, 0]),
        (np.median, [1, 2, 2, 3], [0, 0.5, 0.5, 0]),
        (np.median, [2, 1, 3, 2, 2], [1 / 3, 0, 0, 1 / 3, 1 / 3]),
        (np.median, [1, 1, 2, 2], [0.25] * 4),
        (np.median, [1, NAN, 2], [0, 1, 0]),
        (np.median, [1, NAN, NAN], [0, 0.5, 0.5]),
        (np.median, [INF, 1, INF], [0.5, 0, 0.5]),
        (np.nanmedian, [1, NAN, 2], [0.5, 0, 0.5]),
        (np.nanmedian, [1, NAN, 1, 1], [1 / 3, 0, 1 / 3, 1 / 3]),
        (lambda x: np.quantile(x, 0.0), [1, 1, 3], [0.5, 0.5, 0]),
        (lambda x: np.quantile(x, 1.0), [1, 1, 3], [0, 0, 1]),
        (lambda x: np.quantile(x, 0.25), [1, 3], [0.75, 0.25]),
        (lambda x: np.quantile(x, [0.0, 1.0]), [1, 3], [1, 1]),
        (lambda x: np.quantile(x, 0.5), [1, NAN], [0, 1]),
        (lambda x: np.nanquantile(x, 0.5), [1, NAN], [1, 0]),
        (lambda x: np.quantile(x, 0.1, method="inverted_cdf", weights=np.array([1.0, 3.0, 4.0])),
         [2, 2, 9], [0.25, 0.75, 0]),
        (lambda x: np.quantile(x, 0.9, method="inverted_cdf", weights=np.array([1.0, 0.0, 4.0])),
         [2, 9, 9], [0, 0, 1]),
        (lambda x: np.quantile(x, 0.5, method="inverted_cdf", weights=np.array([1.0, 0.0, 0.0])),
         [1, NAN, NAN], [0, 0.5, 0.5]),
        (ag.cummax, [1, 3, 3, 2, 5], [1, 2, 1, 0, 1]),
        (ag.cummax, [2, 2, 2], [1 + 1 / 2 + 1 / 3, 1 / 2 + 1 / 3, 1 / 3]),
        (ag.cummax, [1, NAN, 3, NAN], [1, 2.5, 0, 0.5]),
        (ag.cummin, [3, 1, 2, 1], [1, 2.5, 0, 0.5]),
        (np.std, [2, 2], [0, 0]),
        (np.std, [0.1, 0.1, 0.1], [0, 0, 0]),
        (lambda x: np.std(x, axis=0, where=np.array([True, True, False])), [0.1, 0.1, 5], [0] * 3),
        (lambda x: np.std(x, mean=np.array([2.0])), [2, 2], [0, 0]),
        (np.nanstd, [0.1, NAN, 0.1, 0.1], [0, 0, 0, 0]),
        (np.nanvar, [1, NAN, 3], [-1, 0, 1]),
        (np.nansum, [1, NAN], [1, 0]),
        (np.nanprod, [2, NAN, 3], [3, 0, 2]),
        (np.nanmean, [1, NAN, 3], [0.5, 0, 0.5]),
        (np.nancumsum, [1, NAN, 3], [3, 0, 1]),
        (np.nancumprod, [2, NAN, 3], [1 + 1 + 3, 0, 2]),
        (lambda x: np.sum(x, where=np.array([True, False])), [1, NAN], [1, 0]),
        (lambda x: np.mean(x, where=np.array([True, False])), [1, NAN], [1, 0]),
        (lambda x: np.var(x, where=np.array([True, True, False])), [1, 3, NAN], [-1, 1, 0]),
        (lambda x: np.prod(x, where=np.array([True, True, False])), [2, 3, NAN], [3, 2, 0]),
        (lambda x: np.unwrap(x), [0, 4, 8], [1, 1, 1]),
        (lambda x: np.unwrap(x), [0, math.pi, 0], [1, 1, 1]),
        (lambda x: np.corrcoef(x, x)[0, 1], [1, 2, 4], [0, 0, 0]),
    ],
)  # fmt: skip
def test_gradient_at(f, x, expected):
    np.testing.assert_allclose(grad(f, np.array(x, float)), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that a slice is all NaN
@pytest.mark.parametrize(
    "f", [np.nanmean, np.nanvar, np.nanstd, np.nanmax, np.nanmin, np.nanmedian,
          lambda x, axis: np.nanquantile(x, [0.2, 0.5], axis=axis)],
)  # fmt: skip
def test_a_row_of_nan_alone_gets_nothing_and_spoils_nothing(f):
    x = np.array([[NAN, NAN, NAN], [1.0, NAN, 3.0]])
    got = grad(lambda t: f(t, axis=1), x)
    np.testing.assert_array_equal(got[0], 0)
    np.testing.assert_array_equal(got[1], grad(lambda t: f(t, axis=0), x[1]))
    t = ag.Tensor(x, requires_grad=True)
    first = ag.gradients(f(t, axis=1).sum(), t, create_graph=True)
    if first.requires_grad:
        second = ag.gradients(first, t, np.ones((2, 3))).data
        assert np.isfinite(second).all()


def test_nan_warnings_are_numpys():
    for f, text in (
        (np.nanmean, "Mean of empty slice"), (np.nanmax, "All-NaN"), (np.nanmedian, "All-NaN"),
        (np.nanvar, "Degrees of freedom"),
    ):  # fmt: skip
        with pytest.warns(RuntimeWarning, match=text):
            assert np.isnan(f(ag.Tensor([NAN, NAN])).item())
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        ag.cov(ag.Tensor([[1.0], [2.0]]))


def test_std_of_equal_entries_is_flat_to_second_order():
    for f in (ag.std, ag.nanstd, lambda x: ag.std(x, mean=ag.mean(x, keepdims=True))):
        np.testing.assert_array_equal(ag.hessian(f)(np.array([3.0, 3.0, 3.0])), 0)
    np.testing.assert_array_equal(ag.hessian(ag.std)(np.array([5.0])), 0)


def test_second_derivatives_of_picks_are_zero():
    x = np.array([1.0, 1.0, 4.0, 2.0])
    for f in (ag.median, ag.ptp, ag.max, lambda x: ag.quantile(x, 0.3), ag.nanmedian):
        np.testing.assert_array_equal(ag.hessian(f)(x), 0)
        np.testing.assert_array_equal(ag.hessian(lambda x, f=f: f(x) ** 2)(x),
                                      2 * np.outer(grad(f, x), grad(f, x)))  # fmt: skip


def test_a_mean_that_is_given_is_differentiated():
    x = np.array([[1.0, 2.0, 5.0], [0.5, 3.0, 4.0]])
    for f in (ag.var, ag.std):
        whole = ag.hessian(lambda x, f=f: f(x, axis=1).sum())(x)
        given_ = ag.hessian(
            lambda x, f=f: f(x, axis=1, mean=ag.mean(x, axis=1, keepdims=True)).sum()
        )(x)
        np.testing.assert_allclose(given_, whole, atol=1e-12)
        about = ag.grad(lambda m, f=f: f(x, mean=m).sum())(np.array([[1.0]]))
        step = 1e-6
        numeric = (f(x, mean=np.array([[1 + step]])) - f(x, mean=np.array([[1 - step]]))) / 2 / step
        np.testing.assert_allclose(about.item(), numeric.data, rtol=1e-8)


def test_quantile_in_q():
    x = np.array([1.0, 4.0, 2.0])
    at = lambda q, **kw: ag.grad(lambda q: ag.quantile(x, q, **kw))(q)
    assert at(0.3) == 2.0  # (2 - 1)·2
    assert at(0.7) == 4.0
    assert at(0.5) == 4.0  # at an entry: to the right
    assert at(1.0) == 4.0  # at the last: to the left
    assert at(0.05, method="hazen") == 0.0  # below the first entry's place
    assert at(0.5, method="lower") == 0.0
    assert ag.grad(lambda q: ag.percentile(x, q))(30.0) == pytest.approx(0.02)
    np.testing.assert_array_equal(ag.grad(lambda q: ag.quantile(np.array([7.0]), q))(0.5), 0)
    mixed = ag.jacobian(lambda x: ag.grad(lambda q: ag.quantile(x, q))(0.3))(x)
    np.testing.assert_allclose(mixed, [-2, 0, 2])


@pytest.mark.parametrize("method", ["linear", "hazen", "nearest", "inverted_cdf"])
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_many_quantiles_are_the_sum_of_single_ones(name, method):
    # Many are found by sorting, a few by comparing.
    x = np.random.default_rng(0).integers(0, 6, (4, 15)).astype(float)
    x[1, 3] = x[1, 9] = x[2, 0] = NAN
    q = np.linspace(0, 1, 12)
    w = np.random.default_rng(1).normal(size=(12, 4))
    f = lambda x, q: getattr(ag, name)(x, q, axis=1, method=method)
    many = grad(lambda x: f(x, q), x, w)
    single = sum(grad(lambda x, k=k: f(x, q[k]), x, w[k]) for k in range(12))
    np.testing.assert_allclose(many, single, atol=1e-14)
    t = np.random.default_rng(2).normal(size=x.shape)
    _, pushed = ag.jvp(lambda x: f(x, q), (x,), (t,))
    np.testing.assert_allclose(inner(w, pushed), inner(many, t), rtol=1e-12)


# -- empty, size 1, 0-d ------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.max, np.min, np.ptp])
def test_extremes_of_nothing_are_refused(f):
    for shape, axis in (((0,), None), ((2, 0), 1), ((0, 3), (0, 1))):
        with pytest.raises(errors.ShapeError, match=r"no entries over axis=.*pass initial="):
            f(ag.Tensor(np.empty(shape)), axis=axis)
    assert f(ag.Tensor(np.empty((0, 3))), axis=1).shape == (0,)


@pytest.mark.parametrize(
    ("f", "shape"),
    [
        (lambda x: np.sum(x, axis=0, initial=2.0), (0, 3)), (lambda x: np.prod(x, axis=1), (2, 0)),
        (lambda x: np.max(x, axis=0, initial=1.0), (0, 3)), (np.cumsum, (0,)), (np.cumprod, (0, 2)),
        (lambda x: np.cumprod(x, axis=1), (2, 0)), (np.nansum, (0,)), (np.nanprod, (0,)),
        (np.diff, (1,)), (np.diff, (3, 0)), (np.ediff1d, (0,)), (np.trapezoid, (1,)),
        (lambda x: np.median(x, axis=0), (3, 0)), (ag.cummax, (0,)),
        (lambda x: np.quantile(x, [0.1, 0.2], axis=0), (2, 0)), (np.unwrap, (0,)),
        (lambda x: np.quantile(x, np.empty(0)), (3,)), (lambda x: np.max(x, axis=1), (0, 2)),
    ],
)  # fmt: skip
def test_empty_arrays_have_empty_gradients(f, shape):
    got = grad(f, np.ones(shape))
    assert got.shape == shape
    np.testing.assert_array_equal(got, np.zeros(shape))


@pytest.mark.parametrize("name", sorted(REDUCTIONS))
def test_one_entry_and_no_axes(name):
    kwargs = REDUCTIONS[name]
    slope = 0 if name in ("var", "std", "nanvar", "nanstd", "ptp") else 1
    for x in (np.array([[2.5]]), np.float64(2.5)):
        got = grad(lambda t: getattr(np, name)(t, **kwargs), x)
        np.testing.assert_allclose(got, np.full(np.shape(x), slope * np.size(kwargs.get("q", 1))))


# -- dtypes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.bool_, np.int32, np.uint8, np.float16, np.float32])
@pytest.mark.parametrize("name", [*sorted(REDUCTIONS), *sorted(SCANS), "cov", "corrcoef"])
def test_dtypes_of_results_are_numpys(name, dtype):
    if dtype is np.bool_ and (name in ("ptp", "unwrap", "diff") or "quantile" in name):
        pytest.skip("NumPy does not subtract booleans")
    if dtype is np.bool_ and "percentile" in name:
        pytest.skip("NumPy does not subtract booleans")
    x = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    kwargs = {**REDUCTIONS, **SCANS}.get(name, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = getattr(np, name)(x, **kwargs)
        for f in (getattr(np, name), getattr(ag, name)):
            out = f(ag.Tensor(x), **kwargs)
            assert out.dtype == expected.dtype
            np.testing.assert_allclose(out.data, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda m, x: m.sum(x, initial=2.5), lambda m, x: m.max(x, initial=0.1),
        lambda m, x: m.max(x, initial=np.float64(0.1)), lambda m, x: m.prod(x, initial=2.5),
        lambda m, x: m.sum(x, dtype=np.float64), lambda m, x: m.prod(x, dtype=np.float64),
        lambda m, x: m.var(x, dtype=np.float64), lambda m, x: m.std(x, axis=0, dtype=np.float64),
        lambda m, x: m.mean(x, dtype=np.float64), lambda m, x: m.cumsum(x, dtype=np.float64),
        lambda m, x: m.average(x, weights=np.ones(x.shape)),
        lambda m, x: m.average(x, weights=np.ones(x.shape, np.float32)),
        lambda m, x: m.gradient(x, 2.0, axis=0), lambda m, x: m.gradient(x, [1.0, 4.0], axis=0),
        lambda m, x: m.trapezoid(x, dx=0.5), lambda m, x: m.diff(x, prepend=0.0),
        lambda m, x: m.ediff1d(x, to_end=1.0), lambda m, x: m.cov(x, dtype=np.float32),
        lambda m, x: m.quantile(x, np.array(0.3)), lambda m, x: m.quantile(x, [0.3]),
        lambda m, x: m.percentile(x, 30), lambda m, x: m.var(x, mean=np.float32(1)),
        lambda m, x: m.nanmean(x, dtype=np.float64), lambda m, x: m.unwrap(x, period=3),
    ],
)  # fmt: skip
def test_dtypes_of_keywords_are_numpys(call):
    x = np.array([[0.3, 2.0, 0.7], [1.5, 0.4, 2.2]], np.float32)
    expected = call(np, x)
    for m in (np, ag):
        t = ag.Tensor(x, requires_grad=True)
        out = call(m, t)
        assert out.dtype == expected.dtype
        np.testing.assert_allclose(out.data, expected, rtol=1e-6)
        assert ag.gradients(out, t, np.ones(out.shape)).dtype == np.float32


def test_numbers_and_lists_are_taken():
    assert ag.prod([1.0, 2.0, 3.0]).item() == 6
    assert ag.median([3.0, 1.0, 2.0]).item() == 2
    assert ag.quantile([[1, 2], [3, 4]], 0.5).item() == 2.5
    assert ag.average(2.0).item() == 2
    assert ag.ptp([1, 5]).item() == 4
    np.testing.assert_array_equal(ag.gradient([1, 2, 4]).data, [1, 1.5, 2])
    np.testing.assert_array_equal(ag.diff([True, False, True]).data, [True, True])
    assert isinstance(np.diff(ag.Tensor([1, 2]), n=0), ag.Tensor)


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: np.max(x, where=np.array([True, False])), errors.ArgumentError, "initial="),
        (lambda x: np.nanmin(x, where=np.array([True, False])), errors.ArgumentError, "initial="),
        (lambda x: np.var(x, ddof=1, correction=1), errors.ArgumentError, "two names"),
        (lambda x: np.average(x, weights=np.zeros(2)), ZeroDivisionError, "sum to zero"),
        (lambda x: np.average(x, weights=np.zeros(2)), errors.ArgumentError, "sum to zero"),
        (lambda x: np.average(x, weights=np.ones(3)), errors.ShapeError, "same shape"),
        (lambda x: np.quantile(x, 1.5), errors.ArgumentError, "from 0 to 1"),
        (lambda x: np.percentile(x, -1), errors.ArgumentError, "from 0 to 100"),
        (lambda x: np.quantile(x, 0.5, method="liner"), errors.ArgumentError, "'linear'"),
        (lambda x: np.quantile(x, 0.5, weights=np.ones(2)), errors.ArgumentError, "inverted_cdf"),
        (lambda x: np.quantile(x + 1j, 0.5), errors.DTypeError, "no order"),
        (lambda x: np.diff(x, -1), errors.ArgumentError, "0 or more"),
        (lambda x: np.diff(x.sum()), errors.ShapeError, "0-d"),
        (lambda x: np.diff(x, axis=1), errors.ShapeError, "axis=1"),
        (lambda x: np.gradient(x, edge_order=3), errors.ArgumentError, "edge_order=3"),
        (lambda x: np.gradient(x, 1.0, 2.0), errors.ArgumentError, "2 spacings"),
        (lambda x: np.gradient(x, [1.0, 2.0, 3.0]), errors.ShapeError, "size 2"),
        (lambda x: np.gradient(x[:1]), errors.ShapeError, "at least 2"),
        (lambda x: np.gradient(x, edge_order=2), errors.ShapeError, "at least 3"),
        (lambda x: np.ediff1d(np.array([1, 2]), to_end=x), errors.DTypeError, "convert"),
        (lambda x: np.trapezoid(x, axis=3), errors.ShapeError, "axis=3"),
        (lambda x: np.cov(x, aweights=[-1.0, 2.0]), errors.ArgumentError, "negative"),
        (lambda x: np.cov(x, fweights=[0.5, 2.0]), errors.ArgumentError, "integers"),
        (lambda x: np.cov(x, ddof=0.5), errors.ArgumentError, "integer"),
        (lambda x: np.cov(x, aweights=[1.0]), errors.ShapeError, "2 observations"),
        (lambda x: np.cov(x.reshape(1, 1, 2)), errors.ShapeError, "2 dimensions"),
        (lambda x: ag.cumulative_sum(x.reshape(1, 2)), errors.ArgumentError, "name the axis"),
        (lambda x: np.nanmean(x, dtype=int), errors.DTypeError, "floating"),
        (lambda x: np.sum(x, axis=2), errors.ShapeError, "sum: got shape"),
        (lambda x: np.prod(x, axis=2), errors.ShapeError, "prod: got axis=2"),
    ],
)  # fmt: skip
def test_refusals_are_sentences(call, error, words):
    with pytest.raises(error, match=words) as caught:
        call(ag.Tensor([1.0, 2.0], requires_grad=True))
    assert ": got" in str(caught.value)


# -- Tensors in every place --------------------------------------------------------------------


def test_weights_ends_and_spacings_may_be_tensors():
    w = np.array([1.0, 2.0, 3.0])
    x = np.array([4.0, 1.0, 2.5])
    value = np.average(x, weights=w)
    got = ag.grad(lambda w: ag.average(x, weights=w))(w)
    np.testing.assert_allclose(got, (x - value) / w.sum())
    np.testing.assert_array_equal(ag.grad(lambda e: ag.diff(x, append=e).sum())(3.0), 1)
    np.testing.assert_allclose(ag.grad(lambda h: ag.gradient(x, h)[0])(2.0), (4 - 1) / 4)
    even = ag.grad(lambda x: ag.gradient(w, x).sum())(np.array([0.0, 1.0, 2.0]))
    f = lambda x: float(np.sum(np.gradient(w, x)))
    np.testing.assert_allclose(even, numerical_gradient(f, np.array([0.0, 1.0, 2.0])), atol=1e-9)
    a = np.array([0.5, 1.5, 1.0])
    got = ag.grad(lambda a: ag.cov(np.array([x, w]), aweights=a)[0, 1])(a)
    plain = lambda a: float(np.cov(np.array([x, w]), aweights=a)[0, 1])
    np.testing.assert_allclose(got, numerical_gradient(plain, a), rtol=1e-7)
    t = ag.Tensor(2.0, requires_grad=True)
    assert ag.gradients(ag.prod([1.0, 3.0], initial=t), t).item() == 3


@pytest.mark.parametrize(
    "name", ["sum", "mean", "var", "std", "prod", "nansum", "nanmean", "nanvar"]
)
def test_a_mask_may_be_a_tensor(name):
    x = np.array([1.0, 2.0, 5.0])
    mask = np.array([True, False, True])
    f = getattr(ag, name)
    np.testing.assert_array_equal(
        grad(lambda t: f(t, where=ag.Tensor(mask)), x), grad(lambda t: f(t, where=mask), x)
    )


def test_the_same_tensor_twice():
    x = np.array([1.0, 2.0, 4.0])
    both = lambda x: float(np.trapezoid(x * x, x))
    np.testing.assert_allclose(
        ag.grad(lambda x: ag.trapezoid(x * x, x))(x), numerical_gradient(both, x), rtol=1e-8
    )
    np.testing.assert_allclose(
        ag.grad(lambda x: ag.average(x, weights=x))(x),
        numerical_gradient(lambda x: float(np.average(x, weights=x)), x), rtol=1e-8,
    )  # fmt: skip


def test_gradient_gives_what_numpy_gives():
    x = ag.Tensor(np.arange(6.0).reshape(2, 3))
    assert isinstance(np.gradient(x), type(np.gradient(x.data)))
    assert isinstance(np.gradient(x, axis=0), ag.Tensor)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std", "nansum", "nanprod"])
def test_a_mask_larger_than_its_array_is_refused_as_by_numpy(name):
    with pytest.raises(errors.ShapeError):
        getattr(np, name)(ag.Tensor([[1.0]]), where=np.array([True, False]))
