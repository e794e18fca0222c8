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


VIEWS = {
    "row": lambda t: t[0], "part": lambda t: t[:, 1:], "T": lambda t: t.T, "ravel": np.ravel,
    "reshape": lambda t: t.reshape(3, 2), "in F order": lambda t: t.T.reshape(-1, order="F"),
    "swapaxes": lambda t: t.swapaxes(0, 1), "expand": lambda t: np.expand_dims(t, 1),
    "squeeze": lambda t: t[:1].squeeze(), "flip": np.flip, "rot90": np.rot90,
    "moveaxis": lambda t: np.moveaxis(t, 0, -1), "rollaxis": lambda t: np.rollaxis(t, 1),
    "split": lambda t: np.split(t, 3, axis=1)[1], "real": lambda t: t.real,
    "chain": lambda t: t.T[1:].reshape(-1)[::-1], "atleast_3d": np.atleast_3d,
    "einsum": lambda t: np.einsum("ij->ji", t), "entries": lambda t: np.einsum("ii->i", t[:, :2]),
}  # fmt: skip


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("tracked", [True, False], ids=["recorded base", "plain base"])
def test_writes_go_through_every_view_and_are_seen_by_all(name, tracked):
    def program(x):
        if tracked:
            t = x * 2.0
        else:
            t = ag.Tensor(W) if isinstance(x, ag.Tensor) else W.copy()
        early = (t * t).sum()
        v, sister, whole = VIEWS[name](t), t[1], t[...]
        v *= x[0, 1]  # into the view,
        t[0, 1] += x[1, 0]  # the base,
        sister -= v.ravel()[0]  # and another view
        v[..., -1] = x[0, 0]
        return early + weighted(t) + (v * v).sum() + (sister * whole).sum()

    agree(program, X)


def test_rows_and_columns_are_exchanged_as_in_numpy():
    def program(x):
        t = x * 2.0
        t[:, 0], t[:, 1] = t[:, 1].copy(), t[:, 0].copy()
        t[0], t[1] = t[1], t[0]  # views: NumPy too has written over the second
        return weighted(t)

    agree(program, X)


def test_the_complex_parts_may_be_written():
    z = np.array([1 + 2j, 3 - 1j])

    def program(z):
        t = z * 1.0
        t.real = t.imag * 2
        t.imag *= t.real
        t.imag[0] += 5.0
        return np.abs(t * np.array([1.0, 2j])).sum()

    t = leaf(z)
    out = program(t)
    close(out.data, program(z.copy()))
    out.backward()
    close(t.grad, numerical_gradient(program, z))


def test_setting_flat_fills_and_setting_the_shape_is_refused():
    t = leaf(X) * 2.0
    t.flat = [1.0, 2.0]
    t.flat[1] = 7.0
    np.testing.assert_array_equal(t.data, [[1, 7, 1], [2, 1, 2]])
    with pytest.raises(UnsupportedError, match=r"shape: got \(3, 2\) to be set.*reshape"):
        t.shape = (3, 2)
    with pytest.raises(DTypeError, match="imag: got a Tensor of float64"):
        t.imag = 1.0


@pytest.mark.parametrize(
    "view",
    [
        lambda t: np.broadcast_to(t, (2, 2, 3)), lambda t: np.diagonal(t),
        lambda t: np.lib.stride_tricks.sliding_window_view(t, 2, 1), lambda t: np.diag(t),
    ],
)  # fmt: skip
def test_views_that_numpy_makes_read_only_are_refused(view):
    t = leaf(X) * 2.0
    v = view(t)
    with pytest.raises(InPlaceError, match=r"which NumPy lets nobody write through; .*copy\(\)"):
        v += 1.0
    t += 1.0  # but they see what is written into the base
    np.testing.assert_array_equal(v.data, view(2 * X + 1))


def test_many_views_are_made_and_forgotten():
    t = leaf(np.zeros(3)) * 1.0
    for k in range(1000):
        t[k % 3 :]  # dead at once
    kept = [t[i:] for i in range(3)]
    t += 1.0
    assert [v.data.tolist() for v in kept] == [[1, 1, 1], [1, 1], [1]]
    assert len(t._alias.family._views) < 40


def test_a_number_is_seen_by_its_views_and_cannot_be_written_through_them():
    for t in (ag.Tensor(2.0), ag.Tensor(np.array(2.0), requires_grad=True)):
        v = t.reshape(1)
        with pytest.raises(
            InPlaceError, match=r"of shape \(\), which is a number|a view of a leaf"
        ):
            v += 1.0
    t = ag.Tensor(2.0)
    v = t.reshape(1)
    t += 5.0
    assert v.data.tolist() == [7.0]
    total = ag.Tensor([1.0, 2.0]).sum()  # a number in NumPy: its views are copies
    v = total.reshape(1)
    v += 1.0
    assert (total.item(), v.item()) == (3.0, 4.0)


def test_new_memory_leaves_the_old_views_alone():
    u = ag.Tensor([1.0, 2.0])
    v = u[1:]
    u.data = np.array([5.0, 6.0])
    v += 1.0
    assert (u.data.tolist(), v.data.tolist()) == ([5, 6], [3])


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


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
@pytest.mark.parametrize("tracked", [False, True])
def test_a_copy_is_no_view(shape, tracked):
    leaf = ag.Tensor(np.ones(shape), requires_grad=tracked)
    t = leaf * 1.0 if tracked else leaf
    copies = [t.flatten(), ag.reshape(t, -1, copy=True), t.copy(), +t, t.astype(float)]
    t += 1.0
    for made in copies:
        assert np.all(made.data == 1)
    made = t.flatten()
    made += 5.0
    assert np.all(t.data == 2)
