"""In-place writes through views, into other dtypes and shapes, and of whole programs."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from inplace_tools import U, W, X, agree, close, leaf, weighted
from oracle import numerical_gradient

import autograd_lite as ag
from autograd_lite.errors import DTypeError, InPlaceError, ShapeError, UnsupportedError

# -- views -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "take",
    [
        lambda t: t[0],
        lambda t: t[:, 1:],
        lambda t: t[::-1, ::2],
        lambda t: t[1:][0],
        lambda t: t[:, 1:][1],
        lambda t: t[None][0, 1],
        lambda t: t[...][0:1],
    ],
)
@pytest.mark.parametrize("tracked", [True, False], ids=["recorded base", "plain base"])
def test_a_write_through_a_view_reaches_its_base(take, tracked):
    def program(x):
        if tracked:
            t = x * 2.0
        else:
            t = ag.Tensor(W) if isinstance(x, ag.Tensor) else W.copy()
        v = take(t)
        v += x[0, 1]
        v *= v
        v[..., 0] = x[1, 2]
        v /= 2.0
        return weighted(t) + (v * v).sum()

    agree(program, X)


def test_an_earlier_use_of_the_base_is_untouched_by_a_write_through_a_view():
    def program(x):
        t = np.exp(x)
        early = (t * t).sum()
        v = t[0]
        v *= 3.0
        return early + weighted(t)

    agree(program, X)


def test_rows_written_in_a_loop_over_the_tensor():
    def program(x):
        t = x * 2.0
        for row in t:
            row *= row[0]
        return weighted(t)

    agree(program, X)


@pytest.mark.parametrize(
    "view",
    [lambda t: t[0], lambda t: t.T, lambda t: t.reshape(-1), lambda t: ag.einsum("ij->ji", t)],
)
@pytest.mark.parametrize("tracked", [True, False])
def test_a_base_with_a_living_view_is_refused(view, tracked):
    t = leaf(X) * 2.0 if tracked else ag.Tensor(X)
    v = view(t)
    with pytest.raises(InPlaceError, match="shares memory with another living"):
        t += 1.0
    with pytest.raises(InPlaceError, match="shares memory with another living"):
        t[0] = 1.0
    del v
    t += 1.0


def test_a_view_with_a_living_sister_is_refused():
    t = leaf(X) * 2.0
    a, b = t
    with pytest.raises(InPlaceError, match="shares memory"):
        a += 1.0
    del b
    a += 1.0
    close(t.data[0], X[0] * 2 + 1)


def test_a_view_of_a_view_refuses_while_a_third_lives():
    t = leaf(X) * 2.0
    v = t[:, 1:]
    u = v[0]
    with pytest.raises(InPlaceError, match="shares memory"):
        v += 1.0
    u += 1.0
    close(t.data[0, 1:], 2 * X[0, 1:] + 1)
    close(v.data[0], 2 * X[0, 1:] + 1)


@pytest.mark.parametrize("view", [lambda t: t.T, lambda t: t.reshape(-1), lambda t: t.T[0]])
def test_writing_through_a_reshape_is_refused(view):
    t = leaf(X) * 2.0
    v = view(t)
    with pytest.raises(InPlaceError, match=r"is a view of another \(made by"):
        v += 1.0
    np.testing.assert_array_equal(t.data, X * 2)


def test_a_copy_of_a_view_is_free():
    t = leaf(X) * 2.0
    v = t[0].copy()
    v += 1.0
    t += 3.0
    np.testing.assert_array_equal(v.data, 2 * X[0] + 1)
    np.testing.assert_array_equal(t.data, 2 * X + 3)


def test_an_entry_of_a_vector_is_no_view():
    x = leaf(U)
    t = x * 2.0
    s = t[0]
    s += 1.0
    t += 5.0
    np.testing.assert_array_equal(t.data, 2 * U + 5)
    np.testing.assert_array_equal(s.data, 2 * U[0] + 1)


# -- dtypes and shapes -----------------------------------------------------------------------------


def test_a_wider_value_is_cast_and_its_gradient_cast_back():
    t, u = leaf(X.astype(np.float32)), leaf(U)
    y = t * np.float32(2)
    y[0] = u
    y[1] += u
    assert y.dtype == np.float32
    (y * y).sum().backward()
    assert t.grad.dtype == np.float32
    assert u.grad.dtype == np.float64
    np.testing.assert_allclose(u.grad, 2 * U + 2 * (2 * X[1] + U), rtol=1e-6)


def test_an_integer_into_a_float_tensor():
    t = leaf(U) * 1.0
    t[0] = 3
    t += 1
    t += np.array([1, 2, 3])
    assert t.dtype == np.float64


def test_a_float_update_of_an_integer_tensor_is_refused():
    t = ag.Tensor([1, 2, 3])
    with pytest.raises(DTypeError, match=r"add .*"):
        t += 1.5
    with pytest.raises(DTypeError, match=r"divide .*"):
        t /= 2
    with pytest.raises(DTypeError, match=r"add \(in place\).*float64.*int64"):
        t += leaf(U)


def test_a_tracked_float_into_an_integer_tensor_is_refused():
    t = ag.Tensor([1, 2, 3])
    with pytest.raises(DTypeError, match="setitem"):
        t[0] = leaf(1.5)


def test_a_complex_value_into_a_real_tensor_is_refused():
    t = leaf(U) * 1.0
    with pytest.raises(DTypeError, match="setitem"):
        t[0:1] = leaf([1.0 + 2.0j])
    with pytest.raises(DTypeError, match=r"add \(in place\)"):
        t += 1j


def test_a_real_value_into_a_complex_tensor():
    u = leaf(U)
    t = ag.Tensor(np.zeros(3, complex))
    t[:] = u
    t *= 1.0 + 2.0j
    (t.real + t.imag).sum().backward()
    assert u.grad.dtype == np.float64
    close(u.grad, [3.0, 3.0, 3.0])


@pytest.mark.parametrize("tracked", [True, False])
def test_shapes_that_do_not_fit(tracked):
    t = leaf(X) * 1.0 if tracked else ag.Tensor(X)
    with pytest.raises(ShapeError, match=r"setitem.*\(2,\)"):
        t[0] = np.zeros(2)
    with pytest.raises(ShapeError, match="add"):
        t += np.zeros((4, 2, 3))
    with pytest.raises(ShapeError, match="add"):
        t += np.zeros(2)
    with pytest.raises(IndexError, match="setitem"):
        t[5] = 1.0
    np.testing.assert_array_equal(t.data, X)


def test_a_value_with_leading_ones():
    def program(x, u):
        t = x * 2.0
        t[0] = u
        return weighted(t)

    agree(program, X, U[None])


def test_empty_targets():
    x = leaf(np.zeros((0, 3)))
    t = x * 2.0
    t += 1.0
    t[:, 0] = 5.0
    t.sum().backward()
    assert x.grad.shape == (0, 3)


def test_a_0d_recorded_tensor():
    def program(x):
        t = x * 2.0
        t += x
        t **= 2
        t -= 1.0
        return t * t

    agree(program, np.array(0.7))


def test_an_array_does_not_swallow_a_tracked_tensor():
    a, t = U.copy(), leaf(U)
    with pytest.raises(UnsupportedError, match=r"np\.add: got out="):
        a += t
    with pytest.raises(UnsupportedError, match=r"np\.multiply: got out="):
        np.multiply(t, 2.0, out=a)
    with pytest.raises((TypeError, ValueError)):  # NumPy's sentence wraps ours
        a[0] = t[0]
    with pytest.raises((TypeError, ValueError)):
        a[:] = t
    np.testing.assert_array_equal(a, U)


def test_an_array_takes_an_untracked_tensor():
    a = U.copy()
    a += ag.Tensor(U)
    a[0] = ag.Tensor(5.0)
    np.testing.assert_array_equal(a, [5.0, *(2 * U[1:])])


def test_an_index_array_may_change_after_the_write():
    x, index = leaf(U), np.array([0, 1])
    t = x * 2.0
    t[index] = x[1:]
    index[:] = 2
    (t * t).sum().backward()
    close(x.grad, [0.0, 2 * U[1], 2 * U[2] + 8 * U[2]])


def test_a_value_array_may_change_after_the_write():
    x, value = leaf(U), np.array([5.0, 6.0])
    t = x * 2.0
    t[:2] = value
    value[:] = 0.0
    np.testing.assert_array_equal(t.data, [5.0, 6.0, 2 * U[2]])


# -- anything whatever -----------------------------------------------------------------------------

# A program is a list of steps on three slots, which hold the two bases (one recorded, one plain)
# and views of them. NumPy runs it with true memory; Tensors must agree, or refuse.
TAKES = [
    lambda t: t[0:2],
    lambda t: t[..., 0:2],
    lambda t: t[::-1],
    lambda t: t[..., None],
    lambda t: t.T,
    lambda t: t.reshape(-1),
    lambda t: t.copy(),
    lambda t: t * 1.5,
    lambda t: np.tanh(t),
    lambda t: t[[0, 0]],
    lambda t: t[0],
]
WRITES = [
    lambda t, s: operator.iadd(t, s.sum()),
    lambda t, s: operator.imul(t, 0.5),
    lambda t, s: operator.imul(t, np.cos(s.mean())),
    lambda t, s: operator.setitem(t, 0, s.sum()),
    lambda t, s: operator.setitem(t, slice(0, 1), np.sin(t[-1:])),
    lambda t, s: operator.setitem(t, ..., t[::-1] * 0.7),
    lambda t, s: operator.setitem(t, [0, 0], t[[0, -1]] * s.mean()),
    lambda t, s: operator.iadd(t[0:1], s.mean()),
    lambda t, s: operator.iadd(t, t),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["take", "write", "write", "use"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(0, 98),
    ),
    min_size=1,
    max_size=7,
)


def _run(steps, x, base):
    slots = [x * 1.2, base, None, None]
    total = x.sum()
    for what, i, j, k in steps:
        t, s = slots[i], slots[j]
        if t is None or (what == "write" and s is None) or getattr(t, "ndim", 0) == 0:
            continue
        if what == "take":
            slots[2 + j % 2] = TAKES[k % len(TAKES)](t)
        elif what == "use":
            total = total + (t * t).sum() * 0.3
        else:
            WRITES[k % len(WRITES)](t, s)
        del t, s
    for t in slots:
        if t is not None:
            total = total + np.tanh(t).sum()
    return total


@settings(derandomize=True, deadline=None, database=None, max_examples=400)
@given(STEPS)
def test_any_program_agrees_with_numpy_or_is_refused(steps):
    x0, base = np.array([[0.3, -0.5], [0.8, 0.1]]), np.array([[0.2, 0.4], [-0.6, 0.9]])
    x = leaf(x0)
    try:
        out = _run(steps, x, ag.Tensor(base))
        out.backward()
    except InPlaceError:
        return
    close(out.data, _run(steps, x0, base.copy()))
    expected = numerical_gradient(lambda v: float(_run(steps, v, base.copy())), x0)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-6, atol=1e-6)


def test_an_untracked_tensor_that_shares_its_array_gets_memory_of_its_own():
    t = ag.Tensor(U)
    array = t.data
    with ag.no_grad():
        t += 1.0
        t[0] = 9.0
    np.testing.assert_array_equal(array, U)
    np.testing.assert_array_equal(t.data, [9.0, *(U[1:] + 1.0)])
