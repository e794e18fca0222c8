"""In-place writes: the values and gradients of the same program in NumPy, or an error.

Every program here runs twice: on plain arrays, where NumPy itself writes into memory (the
oracle, differentiated numerically), and on Tensors.
"""

from __future__ import annotations

import operator

import numpy as np
import pytest
from inplace_tools import UPDATES, U, W, X, agree, close, leaf, weighted

import autograd_lite as ag

# -- recorded non-leaves ---------------------------------------------------------------------------

INDICES = {
    "int": 1,
    "negative": -1,
    "slice": slice(0, 1),
    "column": (slice(None), 1),
    "strided": (slice(None), slice(None, None, -2)),
    "ellipsis": (..., 0),
    "newaxis": (None, 0),
    "list": [1, 0],
    "array": np.array([1, 1, 0]),
    "tuple in a tuple": (slice(None), (0, 0)),
    "pair": ([0, 1], [2, 0]),
    "repeated pair": ([0, 0], [1, 1]),
    "mask": X > 0,
    "row mask": np.array([True, False]),
    "everything": ...,
    "nothing": slice(0, 0),
    "empty list": [],
    "entry": (1, 2),
    "mixed": (1, [0, 2, 2]),
}
every_index = pytest.mark.parametrize("index", INDICES.values(), ids=INDICES.keys())


@every_index
def test_writing_a_number(index):
    def program(x):
        t = x * 2.0
        t[index] = 0.5
        return weighted(t)

    agree(program, X)


@every_index
def test_writing_a_tracked_value(index):
    def program(x, u):
        t = x * 2.0
        t[index] = u
        return weighted(t)

    agree(program, X, np.random.default_rng(0).normal(size=X[index].shape))


@every_index
def test_writing_a_tracked_scalar_into_many_places(index):
    def program(x, u):
        t = x * 2.0
        t[index] = u
        return weighted(t)

    agree(program, X, np.array(0.6))


@every_index
@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES.keys())
def test_updating_a_part(index, update):
    def program(x, u):
        t = x * 2.0
        t[index] = update(t[index], u)
        return weighted(t)

    agree(program, X, np.random.default_rng(1).uniform(0.5, 1.5, X[index].shape))


@every_index
def test_augmented_assignment_to_a_part(index):
    def program(x, u):
        t = x * 2.0
        t[index] += u
        t[index] *= u
        return weighted(t)

    agree(program, X, np.random.default_rng(2).normal(size=X[index].shape))


@every_index
def test_reading_what_was_written(index):
    def program(x):
        t = x * 2.0
        t[index] = t[index] ** 2 * 3.0
        return weighted(t) + t[index].sum()

    agree(program, X)


@pytest.mark.parametrize("update", UPDATES.values(), ids=UPDATES.keys())
@pytest.mark.parametrize("other", [U, U[None], W, np.array(1.5)], ids=["row", "1×3", "2×3", "0-d"])
def test_updating_the_whole(update, other):
    def program(x, u):
        t = x * 2.0
        t = update(t, u)
        return weighted(t)

    agree(program, X, other + 3.0)


@pytest.mark.parametrize("exponent", [2, 3, 1, 0, 0.5, -1.5])
def test_raising_to_a_number(exponent):
    def program(x):
        t = x * x + 1.0
        t **= exponent
        return weighted(t)

    agree(program, X)


def test_raising_to_a_tracked_exponent():
    def program(x, u):
        t = x * x + 1.0
        t **= u
        return weighted(t)

    agree(program, X, U)


def test_an_update_keeps_the_same_tensor():
    t = leaf(X) * 1.0
    before = t
    t += 1.0
    assert t is before


def test_the_old_value_stays_right_for_those_who_used_it():
    def program(x):
        t = np.exp(x)
        old = t * t
        t += 1.0
        old = old + t * 3.0
        t *= t
        return (old * t).sum()

    agree(program, X)


def test_adding_itself():
    def program(x):
        t = x * 2.0
        t += t
        t *= t
        return weighted(t)

    agree(program, X)


def test_a_row_times_another_row():
    def program(x):
        t = x * 2.0
        t[0] = t[1] * t[0]
        return weighted(t)

    agree(program, X)


@pytest.mark.parametrize(
    "write",
    [
        lambda t: operator.setitem(t, 0, t[1]),
        lambda t: operator.setitem(t, slice(1, None), t[:-1]),
        lambda t: operator.setitem(t, ..., t[::-1]),
        lambda t: operator.setitem(t, 0, t[0][::-1]),
        lambda t: operator.iadd(t, t[0]),
        lambda t: operator.imul(t, t[::-1]),
    ],
    ids=["row", "shifted", "reversed", "row reversed", "+= own row", "*= reversed"],
)
def test_writing_a_view_of_the_target(write):
    def program(x):
        t = x * 2.0
        write(t)
        return weighted(t)

    agree(program, X)


def test_a_square_plus_its_transpose():
    def program(x):
        t = x * 2.0
        t += t.T
        return weighted(t)

    agree(program, X[:, :2])


def test_overwriting_everything_cuts_the_past_off():
    x = leaf(X)
    t = x * 2.0
    t[...] = 1.0
    t.sum().backward()
    np.testing.assert_array_equal(x.grad, np.zeros_like(X))


def test_what_is_overwritten_gets_zero_even_where_the_slope_is_infinite():
    x = leaf([-1.0, 4.0])
    t = x * 1.0
    t[x.data < 0] = 0.0
    np.sqrt(t).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.25])


def test_a_value_that_is_overwritten_by_a_repeat_gets_zero_even_beside_inf():
    u = leaf([0.0, 4.0])
    t = ag.Tensor([1.0])
    t[[0, 0]] = u
    np.sqrt(t - 4.0).sum().backward()
    assert np.isinf(u.grad[1])
    assert u.grad[0] == 0


def test_a_chain_of_writes_in_a_loop():
    def program(x):
        t = x * 1.0
        for i in range(1, 2):
            for j in range(3):
                t[i, j] = t[i - 1, j] * t[i, j - 1] + t[i, j]
        return weighted(t)

    agree(program, X)


def test_write_then_second_derivative():
    def f(x):
        t = x * x
        t[0] = t[1] * x[0]
        t *= x
        return (t * t).sum()

    def plain(x):
        return (ag.stack([x[1] * x[1] * x[0] * x[0], x[1] ** 3, x[2] ** 3]) ** 2).sum()

    close(ag.hessian(f)(U), ag.hessian(plain)(U))


def test_write_in_forward_mode():
    def f(x):
        t = x * x
        t[1:] = t[:-1] * x[0]
        t[0] += 3.0 * x[2]
        return t

    def plain(x):
        return ag.stack([x[0] ** 2 + 3.0 * x[2], x[0] ** 3, x[1] ** 2 * x[0]])

    for got, expected in zip(ag.jvp(f, (U,), (U + 1,)), ag.jvp(plain, (U,), (U + 1,)), strict=True):
        close(got, expected)


def test_retained_graph_survives_a_write():
    x = leaf(X)
    t = np.exp(x)
    y = (t * t).sum()
    y.backward(retain_graph=True)
    first = x.grad
    x.zero_grad()
    t[0] = 7.0
    y.backward()
    np.testing.assert_array_equal(x.grad, first)


def test_a_written_tensor_goes_backward_twice_with_retain_graph():
    x = leaf(X)
    t = np.exp(x)
    t[0] *= 2.0
    y = t.sum()
    y.backward(retain_graph=True)
    y.backward()
    expected = np.exp(X) * np.array([[2.0], [1.0]])
    close(x.grad, 2 * expected)


def test_a_name_survives_a_write():
    t = ag.Tensor(np.zeros(3), name="buffer")
    t[0] = leaf(2.0)
    assert t.name == "buffer"


# -- untracked buffers -----------------------------------------------------------------------------


def test_tracked_values_into_a_plain_buffer():
    def program(x):
        out = ag.Tensor(np.zeros((4, 3))) if isinstance(x, ag.Tensor) else np.zeros((4, 3))
        for i in range(4):
            out[i] = x[i % 2] * (i + 1.0)
        return weighted(out)

    agree(program, X)


def test_a_tracked_number_into_a_0d_buffer():
    x = leaf(2.0)
    t = ag.Tensor(0.0)
    t[()] = x * 3.0
    t += x
    t[...] = t * t
    t.backward()
    close(x.grad, 2 * 8.0 * 4)


def test_a_plain_buffer_of_numbers_stays_untracked():
    t = ag.Tensor(np.zeros(3))
    t[1] = 5.0
    t += 1.0
    assert not t.requires_grad
    np.testing.assert_array_equal(t.data, [1.0, 6.0, 1.0])


def test_a_constant_may_be_written_after_it_was_used():
    x, c = leaf(U), ag.Tensor([1.0, 2.0, 3.0])
    y = (x * c).sum()
    c += 10.0
    c[0] = -1.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1.0, 2.0, 3.0])


def test_a_constant_may_be_written_between_two_uses():
    x, c = leaf(U), ag.Tensor([1.0, 2.0, 3.0])
    y = (x * c).sum()
    c *= 2.0
    y = y + (x * c).sum()
    c[:] = 0.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [3.0, 6.0, 9.0])


def test_a_constant_argument_of_a_checkpoint_may_be_written_later():
    x, c = leaf(U), ag.Tensor([1.0, 2.0, 3.0])
    y = ag.checkpoint(lambda x, c: np.exp(x * c))(x, c).sum()
    c += 1.0
    y.backward()
    close(x.grad, np.exp(U * [1.0, 2.0, 3.0]) * [1.0, 2.0, 3.0])


def test_detached_tensors_do_not_see_each_others_writes():
    t = ag.Tensor([1.0, 2.0])
    d = t.detach()
    t += 1.0
    d[0] = 9.0
    np.testing.assert_array_equal(t.data, [2.0, 3.0])
    np.testing.assert_array_equal(d.data, [9.0, 2.0])


def test_writing_a_detached_result_does_not_falsify_the_graph():
    x = leaf(U)
    y = np.exp(x)
    d = y.detach()
    d *= 5.0
    d[0] = 0.0
    y.sum().backward()
    close(x.grad, np.exp(U))


def test_the_array_of_a_detached_result_cannot_falsify_the_graph():
    x = leaf(U)
    y = np.exp(x)
    array = y.detach().numpy()
    try:
        array *= 5.0
    except ValueError:  # read-only
        pass
    y.sum().backward()
    close(x.grad, np.exp(U))


def test_methods_of_ndarray_that_write_in_place_are_recorded():
    x = np.array([3.0, 1.0, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    u = t * 1.0
    assert u.sort() is None
    assert u.data.tolist() == [1.0, 2.0, 3.0]
    (u * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert t.grad.tolist() == [100.0, 1.0, 10.0]
    for write, expected in (
        (lambda u: u.partition(1), [100.0, 1.0, 10.0]),
        (lambda u: u.put([0], 7.0), [0.0, 10.0, 100.0]),
        (lambda u: u.fill(7.0), [0.0, 0.0, 0.0]),
    ):
        t.zero_grad()
        u = t * 1.0
        write(u)
        (u * np.array([1.0, 10.0, 100.0])).sum().backward()
        assert t.grad.tolist() == expected
    with pytest.raises(ag.errors.InPlaceError, match="no_grad"):
        t.sort()
    with pytest.raises(ag.errors.UnsupportedError, match="resize: got a Tensor"):
        t.resize(2)


def test_a_list_of_tensors_written_into_a_constant_keeps_its_graph():
    a = ag.Tensor(2.0, requires_grad=True)
    t = ag.Tensor(np.zeros(2))
    t[:] = [a, a * a]
    t.sum().backward()
    assert a.grad == 5
    with pytest.raises(ag.errors.DTypeError, match="got a masked array"):
        ag.Tensor(np.ma.masked_array([1.0, 2.0], [True, False]))
