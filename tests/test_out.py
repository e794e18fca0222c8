"""out= of every kind of function: recorded in a Tensor, refused in an ndarray; tracked numbers
where NumPy takes them as parameters."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import numerical_gradient

import autograd_lite as ag
from autograd_lite import errors

A = np.array([[0.7, 1.2, 1.8], [1.1, 0.8, 1.4]])
M = np.array([[4.0, 1.0], [2.0, 3.0]])
R = np.array([-1.5, -0.25, 0.5, 2.0])
MASK = np.array([[True, False, True], [False, True, True]])
HALF = np.array([True, False, True, False])

# The call with out=, the shape and dtype of out, the inputs.
CALLS = [
    (lambda x, out: np.sum(x, axis=1, keepdims=True, initial=0.25, where=x > 0.9, out=out),
     (2, 1), float, (A,)),
    (lambda x, out: np.sum(x, 1, None, out), (2,), float, (A,)),
    (lambda x, out: np.sum(x, axis=1, out=out), (2,), np.float32, (A,)),
    (lambda x, out: x.sum(axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: x.sum(1, None, out), (2,), float, (A,)),
    (lambda x, out: np.mean(x, axis=0, out=out), (3,), float, (A,)),
    (lambda x, out: np.var(x, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.max(x, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.prod(x, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.ptp(x, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.median(x, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.quantile(x, 0.3, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.cumsum(x, axis=1, out=out), (2, 3), float, (A,)),
    (lambda x, out: np.cumprod(x, axis=1, out=out), (2, 3), float, (A,)),
    (lambda x, out: np.nanmean(x, axis=0, out=out), (3,), float, (A,)),
    (lambda x, out: np.take(x, [0, 2], axis=1, out=out, mode="wrap"), (2, 2), float, (A,)),
    (lambda x, out: np.compress([True, False, True], x, axis=1, out=out), (2, 2), float, (A,)),
    (lambda x, out: x.compress([True, False, True], 1, out), (2, 2), float, (A,)),
    (lambda x, y, out: np.choose([0, 1, 0, 1], (x, y), out=out), (4,), float, (R, R[::-1])),
    (lambda x, out: np.fft.fft(x, axis=1, norm="ortho", out=out), (2, 3), complex, (A,)),
    (lambda x, out: np.trace(x, out=out), (), float, (M,)),
    (lambda x, y, out: np.dot(x, y, out), (2, 2), float, (M, M + 1)),
    (lambda x, y, out: x.dot(y, out=out), (2, 2), float, (M, M + 1)),
    (lambda x, y, out: np.outer(x, y, out=out), (4, 4), float, (R, R[::-1])),
    (lambda x, y, out: np.einsum("i,j->ij", x, y, out=out), (4, 4), float, (R, R[::-1])),
    (lambda x, y, out: np.matmul(x, y, out=out), (2, 2), float, (M, M + 1)),
    (lambda x, y, out: np.concatenate((x, y), 0, out), (8,), float, (R, R[::-1])),
    (lambda x, y, out: np.stack((x, y), axis=1, out=out), (4, 2), float, (R, R[::-1])),
    (lambda x, out: np.clip(x, -1.0, 1.0, out=out), (4,), float, (R,)),
    (lambda x, out: np.clip(x, -1.0, 1.0, out=out, where=HALF, casting="unsafe"),
     (4,), np.float32, (R,)),
    (lambda x, out: np.clip(x, None, 1.0, out=out), (4,), float, (R,)),
    (lambda x, out: x.clip(-1.0, 1.0, out=out), (4,), float, (R,)),
    (lambda x, out: np.add.reduce(x, axis=1, out=out, initial=0.25, where=MASK), (2,), float, (A,)),
    (lambda x, out: np.multiply.reduce(x, axis=1, out=out), (2,), float, (A,)),
    (lambda x, out: np.add.accumulate(x, axis=1, out=out), (2, 3), float, (A,)),
    (lambda x, out: np.add.reduceat(x, [0, 2], axis=1, out=out), (2, 2), float, (A,)),
    (lambda x, y, out: np.multiply.outer(x, y, out=out), (4, 4), float, (R, R[::-1])),
    (lambda x, out: np.fix(x + 0.3, out), (4,), float, (R,)),
    (lambda x, out: np.cumsum(x[:1], axis=1, out=out), (1, 3), float, (A,)),
]  # fmt: skip


if np.lib.NumpyVersion(np.__version__) >= "2.1.0":
    CALLS.append((lambda x, out: np.clip(x, min=-1.0, out=out), (4,), float, (R,)))


@pytest.mark.parametrize(("call", "shape", "dtype", "inputs"), CALLS)
def test_out_is_written_and_recorded(call, shape, dtype, inputs):
    expected = np.full(shape, 7, dtype)
    call(*inputs, expected)
    leaves = [ag.Tensor(x, requires_grad=True) for x in inputs]
    out = ag.full(shape, 7, dtype)
    view = out[...]
    assert call(*leaves, out) is out
    np.testing.assert_array_equal(out.data, expected, strict=True)
    np.testing.assert_array_equal(view.data, expected)
    weights = np.cos(np.arange(out.size)).reshape(shape)
    np.sum(np.real(out * weights)).backward()

    def loss(*xs):
        whole = np.full(shape, 7, np.result_type(dtype, np.float64))
        call(*xs, whole)
        return np.sum(np.real(whole * weights))

    for i, (leaf, x) in enumerate(zip(leaves, inputs, strict=True)):
        rest = list(inputs)
        numeric = numerical_gradient(lambda v, i=i, r=rest: loss(*r[:i], v, *r[i + 1 :]), x)
        np.testing.assert_allclose(leaf.grad, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("call", "shape", "dtype", "inputs"), CALLS)
def test_an_array_cannot_hold_a_graph(call, shape, dtype, inputs):
    tracked = [ag.Tensor(x, requires_grad=True) for x in inputs]
    array = np.full(shape, 7, dtype)
    with pytest.raises(errors.UnsupportedError, match="got out="):
        call(*tracked, array)
    np.testing.assert_array_equal(array, 7)


@pytest.mark.parametrize(
    "f",
    [np.sum, np.prod, np.mean, np.nansum, np.cumsum, np.add.reduce, np.multiply.reduce,
     np.add.accumulate],
)  # fmt: skip
def test_out_of_a_wider_dtype_is_what_is_computed_in(f):
    x = np.array([30000, 20000, 300], np.float16)
    whole = ag.full(3 if f in (np.cumsum, np.add.accumulate) else (), 7.0)
    expected = np.array(whole.data)
    f(x, axis=0, out=expected)
    t = ag.Tensor(x, requires_grad=True)
    f(t, axis=0, out=whole)
    np.testing.assert_allclose(whole.data, expected, rtol=1e-13)
    whole.sum().backward()
    assert t.grad.dtype == np.float16


def test_out_may_be_the_input_or_of_integers():
    t = ag.Tensor(A, requires_grad=True)
    u = t * 1.0
    assert np.cumsum(u, axis=1, out=u) is u
    np.testing.assert_array_equal(u.data, np.cumsum(A, axis=1))
    u.sum().backward()
    assert t.grad.tolist() == [[3, 2, 1], [3, 2, 1]]
    assert np.round(t, 1, u) is u
    np.testing.assert_array_equal(u.data, np.round(A, 1))
    whole = ag.zeros((), int)
    np.sum(t, out=whole)
    assert whole.data == int(A.sum())
    assert not whole.requires_grad


# Functions without a derivative: what they write, they write into arrays too.
PLAIN_CALLS = [
    (lambda x, out: np.isneginf(x, out), (2, 3), bool),
    (lambda x, out: np.isposinf(x, out=out), (2, 3), float),
    (lambda x, out: np.all(x, axis=0, out=out), (3,), float),
    (lambda x, out: np.any(x, 0, out), (3,), bool),
    (lambda x, out: x.argmax(0, out), (3,), int),
    (lambda x, out: x.all(axis=1, out=out), (2,), bool),
    (lambda x, out: np.argmax(x, 0, out), (3,), int),
    (lambda x, out: x.argmin(axis=1, out=out), (2,), int),
    (lambda x, out: np.nanargmin(x, axis=1, out=out), (2,), int),
    (lambda x, out: np.isfinite(x, out=out), (2, 3), float),
    (lambda x, out: np.isnan(x, out), (2, 3), bool),
    (lambda x, out: np.less(x, 1.0, out=out, where=MASK), (2, 3), float),
    (lambda x, out: np.logical_and.reduce(x, axis=0, out=out), (3,), bool),
]


@pytest.mark.parametrize(("call", "shape", "dtype"), PLAIN_CALLS)
def test_out_of_a_function_without_derivative(call, shape, dtype):
    expected, found = np.full(shape, 2, dtype), np.full(shape, 2, dtype)
    call(A, expected)
    t = ag.Tensor(A, requires_grad=True)
    assert call(t, found) is found
    np.testing.assert_array_equal(found, expected)
    if dtype is float:  # what was recorded in the Tensor is written over
        start = ag.Tensor(np.full(shape, 2.0), requires_grad=True)
        out = start * 3.0
        assert call(t, out) is out
        out.sum().backward()
        over = np.broadcast_to(~MASK if "less" in call.__code__.co_names else False, shape)
        np.testing.assert_array_equal(out.data, np.where(over, 6, expected))
        np.testing.assert_array_equal(start.grad, 3 * over)
        with pytest.raises(errors.InPlaceError):
            call(t, start)
        np.testing.assert_array_equal(start.data, 2)
    else:
        out = ag.full(shape, 2, dtype)
        assert call(t, out) is out
        np.testing.assert_array_equal(out.data, expected, strict=True)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: np.sum(x, axis=1, out=ag.zeros(3)), ValueError),
        (lambda x: np.fft.fft(x, out=ag.zeros((2, 3))), TypeError),
        (lambda x: np.stack((x, x), out=ag.zeros((2, 2, 3), int)), TypeError),
        (lambda x: np.add.reduce(x, axis=1, out=ag.zeros(3)), errors.ShapeError),
        (lambda x: np.cumsum(x, out=ag.zeros(())), errors.ShapeError),  # NumPy itself crashes
        (lambda x: np.add.accumulate(x, axis=1, out=ag.zeros(())), errors.ShapeError),
        (lambda x: ag.sum(x, axis=1, out=ag.zeros(2)), errors.UnsupportedError),
    ],
)
def test_out_that_does_not_fit_is_refused(call, error):
    with pytest.raises(error):
        call(ag.Tensor(A, requires_grad=True))


# -- tracked parameters ----------------------------------------------------------------------------

HOLES = np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.nan]])
GONE = np.array([np.nan, np.inf, -np.inf, 2.0])
GONE_TOO = np.array([complex(np.nan, 1), complex(2, np.inf), complex(-np.inf, np.nan)])


@pytest.mark.parametrize(
    ("f", "start"),
    [
        (lambda x, s: x.sum(axis=1, initial=s), 0.25),
        (lambda x, s: np.sum(x, (0, 1), None, None, True, s), 0.25),
        (lambda x, s: np.sum(x, axis=0, initial=s, where=MASK), 0.25),
        (lambda x, s: np.prod(x, axis=1, initial=s), 0.25),
        (lambda x, s: np.max(x, axis=1, initial=s), 1.5),
        (lambda x, s: np.max(x, axis=(0, 1), initial=s, keepdims=True), 2.5),
        (lambda x, s: np.min(x, axis=1, initial=s, where=MASK), 0.75),
        (lambda x, s: np.max(x[:0], axis=0, initial=s), 1.5),
        (lambda x, s: np.nansum(np.where(MASK, x, np.nan), axis=0, initial=s), 0.75),
        (lambda x, s: np.nanmax(np.where(MASK, x, np.nan), axis=1, initial=s), 1.5),
        (lambda x, s: np.add.reduce(x, axis=1, initial=s), 0.25),
        (lambda x, s: np.trapezoid(x, dx=s, axis=1), 0.25),
        (lambda x, s: np.arange(s, 5.0, s + 0.01) * x[0, 0], 1.0),
        (lambda x, s: np.histogram(x, bins=3, range=(s, 2.0))[1], 0.25),
    ],
)
def test_numbers_that_numpy_takes_as_parameters_may_be_tracked(f, start):
    like = f if "arange" not in f.__code__.co_names else None
    call = like or (lambda x, s: ag.arange(s, 5.0, s + 0.01) * x[0, 0])
    plain = np.asarray(f(A, start))
    t, s = ag.Tensor(A, requires_grad=True), ag.Tensor(start, requires_grad=True)
    out = call(t, s)
    np.testing.assert_array_equal(out.data, plain, strict=True)
    weights = np.cos(np.arange(plain.size)).reshape(plain.shape)
    (out * weights).sum().backward()
    for leaf, numeric in (
        (s, numerical_gradient(lambda v: np.sum(f(A, v) * weights), np.array(start))),
        (t, numerical_gradient(lambda v: np.sum(f(v, start) * weights), A)),
    ):
        found = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad
        np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-8)


def test_a_tracked_bound_shares_ties_as_a_plain_one_does():
    x = np.array([1.0, 3.0, 3.0])
    g = ag.grad(lambda x, s: np.max(x, initial=s), argnums=(0, 1))(x, 3.0)
    np.testing.assert_allclose(g[0], [0, 1 / 3, 1 / 3])
    np.testing.assert_allclose(g[1], 1 / 3)
    np.testing.assert_allclose(ag.grad(lambda x: np.max(x, initial=3.0))(x), g[0])


@pytest.mark.parametrize("x", [GONE, GONE_TOO])
def test_what_replaces_nan_may_be_tracked(x):
    values = (-2.0, 5.0, -7.0)
    leaves = [ag.Tensor(x, requires_grad=True), *(ag.Tensor(v, requires_grad=True) for v in values)]
    out = np.nan_to_num(leaves[0], nan=leaves[1], posinf=leaves[2], neginf=leaves[3])
    np.testing.assert_array_equal(out.data, np.nan_to_num(x, True, *values), strict=True)
    parts = np.stack([x.real, x.imag]) if x.dtype.kind == "c" else x
    np.sum(out.real + out.imag).backward() if x.dtype.kind == "c" else out.sum().backward()
    for leaf, test in zip(leaves[1:], (np.isnan, np.isposinf, np.isneginf), strict=True):
        assert leaf.grad == test(parts).sum()
    finite = np.isfinite(x.real) + (1j * np.isfinite(x.imag) if x.dtype.kind == "c" else 0)
    np.testing.assert_array_equal(leaves[0].grad, finite)
    whole = ag.Tensor([1, 2])
    assert np.nan_to_num(whole, nan=leaves[1]).tolist() == [1, 2]


def test_weights_of_quantiles_choose_an_entry():
    w = ag.Tensor([1.0, 4.0, 2.0, 1.0], requires_grad=True)
    t = ag.Tensor(R, requires_grad=True)
    out = np.quantile(t, [0.26, 0.73], method="inverted_cdf", weights=w)
    expected = np.quantile(R, [0.26, 0.73], method="inverted_cdf", weights=w.data)
    np.testing.assert_array_equal(out.data, expected)
    out.sum().backward()
    assert t.grad.sum() == 2.0
    assert w.grad is None
