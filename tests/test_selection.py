"""Ties, NaN, empty arrays, dtypes and refusals of what moves and chooses entries."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite import errors

NAN, INF = np.nan, np.inf


def leaf(x, **kwargs):
    return ag.Tensor(x, requires_grad=True, **kwargs)


def slope(f, x, weights=None):
    """The gradient of a weighted sum of f's result; the weights are 1, 2, 3, ... if not given."""
    t = leaf(x)
    out = f(t)
    w = np.arange(1.0, out.size + 1).reshape(out.shape) if weights is None else weights
    return ag.gradients(out, t, w).data


# -- ties and NaN ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [None, "quicksort", "stable", "heapsort", "mergesort"])
def test_entries_that_tie_keep_their_order_when_sorted(kind):
    x = np.array([2.0, 1.0, 2.0, 1.0, 1.0])
    np.testing.assert_array_equal(slope(lambda t: np.sort(t, kind=kind), x), [4, 1, 5, 2, 3])
    hessian = ag.hessian(lambda t: (ag.sort(t, kind=kind) ** 3).sum())(x)
    np.testing.assert_array_equal(hessian, np.diag(6 * x))


def test_a_sort_of_equal_entries_is_still_a_permutation():
    jacobian = ag.jacobian(ag.sort)(np.zeros(40))
    np.testing.assert_array_equal(jacobian, np.eye(40))
    pushed = ag.jvp(ag.sort, (np.zeros(3),), (np.array([3.0, 1.0, 2.0]),))[1]
    np.testing.assert_array_equal(pushed, [3, 1, 2])


def test_nan_is_sorted_last_and_gets_its_own_gradient():
    x = np.array([NAN, 1.0, INF, -INF, NAN, 0.0])
    np.testing.assert_array_equal(ag.sort(x).data, np.sort(x))
    np.testing.assert_array_equal(slope(ag.sort, x), [5, 3, 4, 1, 6, 2])
    np.testing.assert_array_equal(ag.partition(x, 2).data, np.partition(x, 2))
    assert sorted(slope(lambda t: ag.partition(t, 2), x)) == [1, 2, 3, 4, 5, 6]


def test_partition_is_numpys_with_ties_too():
    rng = np.random.default_rng(0)
    for n in (1, 2, 17, 200, 1000):
        x = rng.integers(0, 8, (3, n)).astype(float)
        for kth in (0, n // 2, [0, n - 1]):
            out = ag.partition(leaf(x), kth)
            np.testing.assert_array_equal(out.data, np.partition(x, kth))
            w = rng.normal(size=x.shape)
            g = slope(lambda t, kth=kth: np.partition(t, kth), x, w)
            # A permutation, in which each weight went back to an entry of the value it stands at.
            for values, weights, row, back in zip(out.data, w, x, g, strict=True):
                assert sorted(zip(values, weights, strict=True)) == sorted(
                    zip(row, back, strict=True)
                )


def test_the_choice_at_ties_is_documented():
    from autograd_lite.op import OPS

    for name in ("reorder", "choose", "interp"):
        assert OPS[name].kinks


def test_complex_numbers_are_sorted_as_numpy_does():
    x = np.array([[2 + 1j, 1 - 1j, 1 - 2j, 2 + 1j], [0j, -1j, 1j, -1 + 0j]])
    np.testing.assert_array_equal(ag.sort(x).data, np.sort(x))
    g = slope(ag.sort, x, np.array([[1j, 2, 3, 4 - 1j], [1, 2, 3, 4]]))
    np.testing.assert_array_equal(g, [[3, 2, 1j, 4 - 1j], [3, 2, 4, 1]])
    for dtype in ("f2", "f4", "f8", "i1", "u2", "i4", "F", "D"):
        assert (
            np.sort_complex(ag.Tensor([1, 2], dtype=dtype)).dtype
            == np.sort_complex(np.array([1, 2], dtype)).dtype
        )


# -- branches not taken ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda m, x: m.select([x > 0, x <= 0], [m.log(x), x * 2]),
        lambda m, x: m.select([x > 0], [m.log(x)], 7.0),
        lambda m, x: m.choose(np.array([1, 0, 1]), [m.log(x), x * 2]),
        lambda m, x: m.piecewise(x, [x > 0], [m.log, lambda v: v * 2]),
        lambda m, x: m.where(np.array([0, 1, 0], bool), m.log(x), 1.0),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nan_of_a_branch_not_taken_does_not_spread(f):
    x = np.array([0.0, 2.0, -1.0])
    expected = f(np, x)
    assert np.isfinite(expected).all()
    np.testing.assert_array_equal(f(ag, leaf(x)).data, expected)
    assert np.isfinite(slope(lambda t: f(ag, t), x)).all()


def test_piecewise_calls_its_functions_on_their_entries_only():
    seen = []

    def note(v):
        seen.append(v.shape)
        return v

    x = np.array([1.0, 2.0, 3.0])
    out = np.piecewise(leaf(x), [x < 2, x > 5], [note, note, note])
    assert seen == [(1,), (2,)]  # an empty part is not asked for
    np.testing.assert_array_equal(out.data, x)
    whole = np.piecewise(leaf(x), [x < 2], [-1, 1])
    np.testing.assert_array_equal(whole.data, [-1, 1, 1])
    np.testing.assert_array_equal(ag.grad(lambda t: np.piecewise(t, [x < 2], [-1, 1]).sum())(x), 0)


def test_piecewise_keeps_the_dtype_as_numpy_does():
    x = np.array([1, 2, 3])
    f = lambda m, x: m.piecewise(x, [x < 2], [lambda v: v * 1.5, 7.5])
    np.testing.assert_array_equal(f(ag, x).data, f(np, x))
    assert f(ag, x).dtype == f(np, x).dtype
    with pytest.raises(errors.DTypeError, match=r"setitem: .* float64 for a Tensor of dtype int64"):
        ag.piecewise(x, [x < 2], [leaf(1.5), 0])


# -- interpolation at its kinks --------------------------------------------------------------------


def test_interp_at_and_beyond_its_points():
    xp, fp = np.array([0.0, 1.0, 3.0]), np.array([0.0, 5.0, 1.0])
    x = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, NAN])
    w = np.ones(8)
    f = lambda t: np.interp(t, xp, fp)
    np.testing.assert_array_equal(slope(f, x, w), [0, 5, 5, -2, -2, -2, 0, 0])
    g = slope(lambda v: np.interp(x[:7], xp, v), fp, w[:7])
    np.testing.assert_allclose(g, [2.5, 2.0, 2.5])
    ends = slope(lambda v: ag.interp(x[:7], xp, fp, v[0], v[1]), np.array([7.0, 8.0]), w[:7])
    np.testing.assert_array_equal(ends, [1, 1])
    np.testing.assert_array_equal(ag.interp(leaf(x), xp, fp, 9.0, 10.0).data[[0, 6]], [9, 10])


def test_interp_gives_double_precision_and_gradients_in_the_inputs_own():
    x = leaf(np.array([0.5], "f4"))
    fp = leaf(np.array([1, 3], "f2"))
    out = ag.interp(x, np.array([0, 1]), fp)
    assert out.dtype == np.float64
    out.backward(np.ones(1))
    assert x.grad.dtype == np.float32
    assert fp.grad.dtype == np.float16
    assert x.grad == [2]
    assert isinstance(ag.interp(0.5, [0, 1], [0, 2]), ag.Tensor)


def test_interp_is_exact_where_its_points_are_infinite():
    xp, fp = np.array([0.0, 1.0, 2.0]), np.array([-INF, 1.0, INF])
    x = np.array([0.0, 1.0, 2.0])
    np.testing.assert_array_equal(np.interp(ag.Tensor(x), xp, fp).data, np.interp(x, xp, fp))


# -- dtypes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "F", "D"])
@pytest.mark.parametrize(
    "f",
    [
        lambda m, x: m.select([x.real > 1], [x], 0.5),
        lambda m, x: m.select([x.real > 1], [x], np.float64(0.5)),
        lambda m, x: m.choose([0, 1, 0], [x, 2]),
        lambda m, x: m.choose([0, 1, 0], [x, np.float64(2)]),
        lambda m, x: m.append(x, 1.0), lambda m, x: m.stack([x[0], 1.0]),
        lambda m, x: m.block([x, 1.0]), lambda m, x: m.insert(x, 1, 2.0),
        lambda m, x: m.insert(x, 1, np.float64(2.0)), lambda m, x: m.pad(x, 1, constant_values=2.5),
        lambda m, x: m.pad(x, 1, "linear_ramp", end_values=2.5), lambda m, x: m.pad(x, 2, "mean"),
        lambda m, x: m.pad(x, 2, "median"), lambda m, x: m.linspace(x[0], 2.0, 3),
        lambda m, x: m.linspace(x, np.float64(2.0), 3), lambda m, x: m.logspace(x, 1, 3),
        lambda m, x: m.geomspace(x, x, 3), lambda m, x: m.geomspace(x, 1, 3, dtype=x.dtype),
        lambda m, x: m.polydiv(m.append(x, x), x)[0],
        lambda m, x: m.vander(x, 3), lambda m, x: m.polyval([1.0, 2.0], x),
        lambda m, x: m.polyder(x), lambda m, x: m.polyint(x), lambda m, x: m.polyadd(x, [1.0]),
        lambda m, x: m.convolve(x, [1.0, 2.0]), lambda m, x: m.convolve(x, x, "same"),
        lambda m, x: m.sort(x), lambda m, x: m.partition(x, 1), lambda m, x: m.resize(x, 7),
        lambda m, x: m.concatenate([x, [1]], dtype="D"), lambda m, x: m.take(x, [0, 0]),
        lambda m, x: m.delete(x, 1), lambda m, x: m.trim_zeros(x), lambda m, x: m.repeat(x, 2),
        lambda m, x: m.meshgrid(x, x)[1], lambda m, x: m.polymul(x, [2]),
        lambda m, x: m.interp([0.5, 1.5], [0, 1, 2], x),
    ],
)  # fmt: skip
def test_dtypes_are_numpys(f, dtype):
    x = np.array([0.5, 1.5, 2.0]).astype(dtype)
    try:
        expected = f(np, x)
    except TypeError:
        pytest.skip("NumPy does not take these")
    t = leaf(x)
    out = f(ag, t)
    assert out.dtype == expected.dtype
    np.testing.assert_allclose(out.data, expected, rtol=1e-3)
    assert ag.gradients(out, t, np.ones_like(expected)).dtype == x.dtype


def test_python_numbers_take_on_the_dtype_of_tensors_in_an_array():
    t = leaf(np.float32(2.0))
    for data, dtype in (
        ([t, 1.0], "f4"), ([[t, 1], [True, 2.5]], "f4"), ([t, 1j], "F"), ([t, np.float64(1)], "f8"),
        ([t, np.ones(()), 1], "f8"), ([ag.Tensor(1), 2.5], "f8"), ([ag.Tensor(1), 2], "i8"),
        ([ag.Tensor(True), False], "?"), ([ag.Tensor(np.int8(1)), True], "i1"),
    ):  # fmt: skip
        assert ag.array(data).dtype == np.dtype(dtype), data
    assert ag.array([np.float32(1), 2.0]).dtype == np.float64  # no Tensor: as in NumPy
    assert ag.array([t, 1.0], dtype="D").dtype == np.complex128


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64])
def test_integers_flow_through_as_in_numpy(dtype):
    x = np.array([[3, 1, 0], [0, 2, 2]]).astype(dtype)
    t = ag.Tensor(x)
    for f in (
        lambda x: np.sort(x, 0), lambda x: np.pad(x, 1, "edge"), lambda x: np.append(x, x),
        lambda x: np.pad(x, 2, "mean"), lambda x: np.pad(x, 2, "median"), lambda x: np.roll(x, 1),
        lambda x: np.pad(x, (1, 2), "linear_ramp", end_values=1), lambda x: np.pad(x, 3, "maximum"),
        lambda x: np.delete(x, 0, 1), lambda x: np.insert(x, 1, 1), lambda x: np.resize(x, 8),
        lambda x: np.choose(x.astype(int) % 2, [x, 0]), lambda x: np.take(x, [1, 1]),
        lambda x: np.block([x, x]), lambda x: np.vander(x[0], 3), lambda x: np.rot90(x),
        lambda x: np.convolve(x[0], x[1]), lambda x: np.pad(x, 1, constant_values=1),
        lambda x: np.partition(x, 1, axis=None), lambda x: np.select([x > 1], [x]),
    ):  # fmt: skip
        expected, out = f(x), f(t)
        np.testing.assert_array_equal(out.data, expected)
        assert out.dtype == expected.dtype
        assert not out.requires_grad


def test_values_are_rounded_when_written_among_integers():
    out = np.insert(ag.Tensor([1, 2]), 1, [1.9, -1.9])
    np.testing.assert_array_equal(out.data, np.insert(np.array([1, 2]), 1, [1.9, -1.9]))
    with pytest.raises(errors.DTypeError, match="the gradient would be lost"):
        ag.insert(np.array([1, 2]), 1, leaf(1.5))
    with pytest.raises(errors.DTypeError, match="the gradient would be lost"):
        ag.pad(np.array([1, 2]), 1, constant_values=leaf(1.5))
    with pytest.raises(errors.DTypeError, match="the gradient would be lost"):
        ag.pad(np.array([1, 2]), 1, "linear_ramp", end_values=leaf(1.5))
    with pytest.raises(errors.DTypeError, match="imaginary part would be lost"):
        ag.insert(leaf([1.0]), 0, 1j)


def test_astype_inside_the_graph():
    x = leaf(np.array([1.5, 2.5], "f4"))
    y = x.astype(float).astype("f2").astype("D")
    (y * y).real.sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 5])
    assert x.grad.dtype == np.float32
    assert x.astype("f4", copy=False) is x
    assert x.astype("f4") is not x
    with pytest.raises(errors.DTypeError, match=r"astype: got dtype float32, .*'safe'.* float16"):
        x.astype("f2", casting="safe")
    assert not x.astype(int).requires_grad


# -- memory ----------------------------------------------------------------------------------------


def test_what_numpy_copies_is_a_copy_and_what_it_views_is_a_view():
    x = np.arange(1.0, 7.0).reshape(2, 3)
    t = ag.Tensor(x)
    for f in (
        lambda x: np.reshape(x, 6), lambda x: np.rot90(x), lambda x: np.rot90(x, 0),
        lambda x: np.rot90(x, 2), lambda x: np.rollaxis(x, 1), lambda x: np.split(x, [1])[0],
        lambda x: np.trim_zeros(x[0]), lambda x: np.matrix_transpose(x), lambda x: np.ravel(x),
        lambda x: sliding_window_view(x, 2, 1), lambda x: np.atleast_3d(x), lambda x: x[..., 0],
        lambda x: np.broadcast_to(x, (2, 2, 3)), lambda x: np.ravel(x.T, "K"),
        lambda x: np.ravel(x.T), lambda x: np.repeat(x, 1), lambda x: np.tile(x, 1),
        lambda x: np.take(x, 1, 0), lambda x: np.take(x, [1], 0), lambda x: np.pad(x, 0),
        lambda x: np.pad(x, 0, "edge"), lambda x: np.pad(x, 0, "mean"), lambda x: np.roll(x, 0),
        lambda x: np.delete(x, []), lambda x: np.sort(x), lambda x: np.copy(x),
        lambda x: np.append(x, []), lambda x: np.resize(x, (2, 3)), lambda x: np.block(x),
        lambda x: np.insert(x, 1, []), lambda x: np.compress([1, 1], x, 0), lambda x: x.flatten(),
        lambda x: np.meshgrid(x[0], x[1])[0], lambda x: np.concatenate([x]),
    ):  # fmt: skip
        assert np.shares_memory(f(t).data, t.data) == np.shares_memory(f(x), x)
    assert not np.shares_memory(ag.reshape(t, 6, copy=True).data, t.data)
    assert not np.shares_memory(ag.array(t).data, t.data)
    with pytest.raises(errors.ShapeError, match=r"reshape: .*copy=False cannot be kept"):
        ag.reshape(t.T, 6, copy=False)


def test_what_is_made_of_an_array_may_be_written_without_writing_the_array():
    x = np.ones((2, 2))
    for t in (ag.atleast_2d(x), ag.sort(x), ag.trim_zeros(x), ag.array(x), ag.reshape(x, 4)):
        t[...] = 5.0
        t += 1.0
    np.testing.assert_array_equal(x, 1)


def test_a_copy_keeps_the_layout_that_was_asked_for():
    x = ag.Tensor(np.ones((2, 3)).T)
    for order, c, f in (("C", True, False), ("F", False, True), ("K", False, True)):
        for out in (ag.copy(x, order), x.astype(float, order=order)):
            assert (out.data.flags.c_contiguous, out.data.flags.f_contiguous) == (c, f)


def test_what_was_given_may_be_changed_afterwards():
    x = leaf(np.arange(3.0))
    order, counts, which, mask = (
        np.array([2, 0, 0]),
        np.array([2, 0, 1]),
        np.array([0, 1, 0]),
        [1, 0],
    )
    outs = [
        np.take(x, order), np.repeat(x, counts), np.choose(which, [x, -x]), x[order],
        np.take_along_axis(x, order, 0), np.insert(x, order, 5.0), np.compress(mask, x),
    ]  # fmt: skip
    expected = [[2, 0, 1], [2, 0, 1], [1, -1, 1], [2, 0, 1], [2, 0, 1], [1, 1, 1], [1, 0, 0]]
    order[:], counts[:], which[:], mask[0] = 1, 1, 1, 0
    for out, g in zip(outs, expected, strict=True):
        np.testing.assert_array_equal(ag.gradients(out, x, np.ones(out.shape)).data, g)


# -- writing in place ------------------------------------------------------------------------------

WRITES = {
    "put": lambda t, v: np.put(t, [0, 3], v),
    "place": lambda t, v: np.place(t, np.eye(2, dtype=bool), v),
    "putmask": lambda t, v: np.putmask(t, np.eye(2, dtype=bool), v),
    "copyto": lambda t, v: np.copyto(t, v),
    "fill_diagonal": lambda t, v: np.fill_diagonal(t, v),
    "put_along_axis": lambda t, v: np.put_along_axis(t, np.array([[0], [1]]), v, 1),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


@every_write
def test_a_write_is_recorded_like_an_assignment(write):
    x, v = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array(5.0)

    def program(x, v):
        t = x * x
        before = t * 1.0
        write(t, v * v)
        return (t * t * before).sum()

    leaves = leaf(x), leaf(v)
    program(*leaves).backward()
    np.testing.assert_allclose(leaves[0].grad, numerical_gradient(lambda x: program(x, v), x))
    np.testing.assert_allclose(leaves[1].grad, numerical_gradient(lambda v: program(x, v), v))


@every_write
def test_a_write_into_a_leaf_is_refused_and_one_into_an_untracked_tensor_is_not(write):
    with pytest.raises(errors.InPlaceError, match=r"leaf .*requires grad"):
        write(leaf(np.ones((2, 2))), 5.0)
    t = leaf(np.ones((2, 2)))
    with ag.no_grad():
        write(t, 5.0)
    x = np.ones((2, 2))
    write(x, 5.0)
    np.testing.assert_array_equal(t.data, x)
    u = ag.Tensor(np.ones((2, 2)))
    v = leaf(5.0)
    write(u, v)
    assert u.requires_grad
    np.testing.assert_array_equal(u.data, x)
    write(u, ag.Tensor(7.0))
    write(x, 7.0)
    np.testing.assert_array_equal(u.data, x)
    u.sum().backward()
    assert v.grad == 0  # written over


@every_write
def test_a_write_of_a_tracked_tensor_into_an_array_is_refused(write):
    x = np.ones((2, 2))
    for v in (leaf(5.0), leaf([5.0, 6.0])[:1], [leaf(5.0)]):
        # NumPy does not show all of its functions the value; then it finds out by itself.
        with pytest.raises((errors.UnsupportedError, errors.ConversionError), match="graph"):
            write(x, v)
    with pytest.raises(errors.UnsupportedError, match="which cannot hold a graph"):
        ag.fill_diagonal(x, [leaf(5.0)])
    np.testing.assert_array_equal(x, 1)


@every_write
def test_a_write_of_an_untracked_tensor_into_an_array_is_numpys(write):
    x, y = np.ones((2, 2)), np.ones((2, 2))
    write(x, ag.Tensor(5.0))
    write(y, 5.0)
    np.testing.assert_array_equal(x, y)


def test_writes_through_views():
    t = leaf(np.zeros((2, 3))) * 1.0
    np.put(t[1], [0, 2], [5.0, 6.0])
    np.fill_diagonal(t[:, 1:], 7.0)
    np.testing.assert_array_equal(t.data, [[0, 7, 0], [5, 0, 7]])
    np.rot90(t)[0] = 1.0
    np.rollaxis(t, 1)[0] = 2.0
    np.ravel(t)[4] = 3.0
    np.testing.assert_array_equal(t.data, [[2, 7, 1], [2, 3, 1]])
    with pytest.raises(errors.InPlaceError):
        sliding_window_view(t, 2, 1)[0] = 1.0


def test_a_view_that_is_written_into_its_base_is_taken_anew():
    def program(x):
        t = x * x
        pairs = np.copy(t) if isinstance(x, np.ndarray) else t
        seen = sliding_window_view(pairs, 2)
        pairs[:2] = seen[1] * 1.0 if isinstance(x, np.ndarray) else seen[1]
        return (seen * np.arange(1.0, 5.0).reshape(2, 2)).sum()

    x = np.array([1.0, 2.0, 4.0])
    t = leaf(x)
    out = program(t)
    assert out.data == program(x)
    out.backward()
    np.testing.assert_allclose(t.grad, numerical_gradient(program, x))


def test_lists_of_tensors_are_written_with_their_graphs():
    a = leaf(2.0)
    for write in (
        lambda t: ag.put(t, [0, 1], [a, a * a]), lambda t: ag.copyto(t, [a, a * a]),
        lambda t: ag.place(t, [True, True], [a, a * a]),
        lambda t: ag.putmask(t, [1, 1], [a, a * a]),
        lambda t: ag.put_along_axis(t, np.array([0, 1]), [a, a * a], 0),
    ):  # fmt: skip
        t = ag.Tensor([0.0, 0.0])
        write(t)
        assert ag.gradients(t.sum(), a).item() == 5


# -- refusals --------------------------------------------------------------------------------------

M = np.ones((2, 3))


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (lambda t: as_strided(t, (2,)), errors.ConversionError, "as_strided: got a Tensor"),
        (lambda t: np.array([t, t]), errors.ConversionError, r"write ag\.array"),
        (lambda t: np.take(t, 3, 1), IndexError, "take: got indices from 3 to 3 for 3 entries"),
        (lambda t: np.take(t, 0, 2), IndexError, "take: got axis=2, expected between -2 and 1"),
        (lambda t: np.take(t, [0.5]), TypeError, "take: got indices of dtype float64"),
        (lambda t: np.take(t, 0, mode="x"), ValueError, "take: got mode='x'"),
        (lambda t: np.take(t[:0], [0]), IndexError, "take: got 1 indices into no entries"),
        (lambda t: np.take(t, [0], out=M), errors.UnsupportedError, "take: got out="),
        (lambda t: np.compress([1], t, out=M), errors.UnsupportedError, "compress: got out="),
        (lambda t: np.choose([0], [t], out=M), errors.UnsupportedError, "choose: got out="),
        (lambda t: np.concatenate([t, t], out=M), errors.UnsupportedError, "concatenate: got out="),
        (lambda t: np.stack([t, t], out=M), errors.UnsupportedError, "stack: got out="),
        (lambda t: np.concatenate([t[0, 0], t[0]]), ValueError, "concatenate: .*zero-dimensional"),
        (lambda t: np.concatenate([t, t], 2), ValueError, "concatenate: .*out of bounds"),
        (lambda t: np.concatenate([t, t], dtype="f4", casting="safe"), TypeError, "concatenate: "),
        (lambda t: np.stack([t, t[0]]), ValueError, "stack: .*same shape"),
        (lambda t: ag.array([[t[0, 0]], [1.0, 2.0]]), ValueError, r"shapes \[\(1,\), \(2,\)\]"),
        (lambda t: ag.array([[1.0], [1.0, 2.0]]), ValueError, "array: got parts of different sh"),
        (lambda t: ag.array(v for v in t), TypeError, r"array: got generator .*list\(...\)"),
        (lambda t: ag.array([t, (v for v in t)]), TypeError, "array: got generator beside Tensors"),
        (lambda t: ag.array([t, "a"]), TypeError, "array: got str beside Tensors"),
        (lambda t: ag.array([t, None]), TypeError, "array: got NoneType beside Tensors"),
        (lambda t: np.block([[t], t]), ValueError, "block: got lists nested 1 and 2 deep"),
        (lambda t: np.block([[t], []]), ValueError, "block: got an empty list"),
        (lambda t: ag.block(((t,),)), TypeError, "block: got a tuple"),
        (lambda t: np.block([[t, t[0]]]), ValueError, "concatenate: "),
        (lambda t: np.array_split(t, 2, 2), IndexError, "array_split: got axis=2"),
        (lambda t: np.split(t, [1], -3), IndexError, "split: got axis=-3"),
        (lambda t: np.hsplit(t, 2), ValueError, "hsplit: got 2 sections for an axis of size 3"),
        (lambda t: np.vsplit(t[0], 1), ValueError, r"vsplit: got shape \(3,\)"),
        (lambda t: np.dsplit(t, 1), ValueError, "dsplit: got axis=2"),
        (lambda t: np.hsplit(t[0, 0], 1), ValueError, "hsplit: got axis=1, expected none, for a 0"),
        (lambda t: np.moveaxis(t, 0, 2), ValueError, "moveaxis: .*out of bounds"),
        (lambda t: np.moveaxis(t, (0, 1), 0), ValueError, "moveaxis: got 2 axes to move and 1"),
        (lambda t: np.moveaxis(t, (0, 0), (0, 1)), ValueError, "moveaxis: repeated axis"),
        (lambda t: np.rollaxis(t, 2), IndexError, "rollaxis: got axis=2"),
        (lambda t: np.rollaxis(t, 0, 3), IndexError, r"rollaxis \(start\): got axis=3"),
        (lambda t: np.rot90(t, 1, (0, 0)), ValueError, "rot90: .*two different"),
        (lambda t: np.rot90(t, 1, (0,)), ValueError, "rot90: .*two of them"),
        (lambda t: np.rot90(t[0]), IndexError, "rot90: got axis=1"),
        (lambda t: np.matrix_transpose(t[0]), ValueError, "matrix_transpose: got shape"),
        (lambda t: np.reshape(t, (4, 2)), ValueError, "reshape: got shape .*cannot reshape"),
        (lambda t: ag.reshape(t), TypeError, "reshape: the argument 'shape' is missing"),
        (lambda t: np.resize(t, (-1, 2)), ValueError, "resize: got new_shape"),
        (lambda t: np.repeat(t, 1.5), TypeError, "repeat: got repeats of dtype float64"),
        (lambda t: np.repeat(t, [1, 2], 1), ValueError, "repeat: got shape .*broadcast"),
        (lambda t: np.repeat(t, -1), ValueError, "repeat: .*negative"),
        (lambda t: np.tile(t, -1), ValueError, "tile: got reps"),
        (lambda t: np.trim_zeros(t[0], "x"), ValueError, "trim_zeros: got trim='x'"),
        (lambda t: ag.trim_zeros(t, axis=2), ValueError, "trim_zeros: .*out of bounds"),
        (lambda t: ag.unstack(t[0, 0]), ValueError, "unstack: got axis=0, expected none"),
        (lambda t: np.broadcast_arrays(t, M.T), ValueError, "broadcast_arrays: shape mismatch"),
        (lambda t: t.astype("f4", device="gpu"), ValueError, "astype: got device='gpu'"),
        (lambda t: np.apply_along_axis(np.sum, 2, t), IndexError, "apply_along_axis: got axis=2"),
        (lambda t: np.apply_along_axis(np.sum, 0, t[:, :0]), ValueError, "there is no part to ca"),
        (lambda t: np.apply_over_axes(lambda a, i: a[0, 0], t, 0), ValueError, "apply_over_axes: "),
        (lambda t: np.sort(t, 2), IndexError, "sort: got axis=2"),
        (lambda t: np.sort(t[0, 0]), ValueError, "sort: got axis=-1, expected none"),
        (lambda t: np.sort(t, order="x"), ValueError, "sort: got order='x'"),
        (lambda t: np.sort(t, kind="x"), ValueError, "sort: .*'x'"),
        (lambda t: np.sort(t, kind="stable", stable=True), ValueError, "sort: got kind= and stabl"),
        (lambda t: np.partition(t, 3), ValueError, "partition: kth"),
        (lambda t: np.take_along_axis(t, np.array([0]), 0), ValueError, "expected as many axes"),
        (lambda t: np.take_along_axis(t, M, 0), IndexError, "got indices of dtype float64"),
        (lambda t: np.take_along_axis(t, np.zeros((2, 2), int), 0), IndexError, "other than 0 to "),
        (lambda t: np.take_along_axis(t, np.array([[3], [0]]), 1), IndexError, "out of bounds"),
        (lambda t: np.choose([2], [t, t]), ValueError, "choose: got indices from 2 to 2"),
        (lambda t: np.choose([-1], [t, t]), ValueError, "choose: got -1, expected numbers from 0"),
        (lambda t: np.choose([0.5], [t, t]), TypeError, "choose: got indices of dtype float64"),
        (lambda t: np.choose([[0], [1]], [t, M.T]), ValueError, "choose: got shapes"),
        (lambda t: np.select([], [t]), ValueError, "select: got 0 conditions and 1 choices"),
        (lambda t: np.select([M], [t]), TypeError, "select: got condition 0 of dtype float64"),
        (lambda t: np.piecewise(t, [], [1]), IndexError, "piecewise: list index out of range"),
        (lambda t: ag.sort(np.ma.masked_array([1.0], [True])), TypeError, "mask would be dropped"),
        (lambda t: ag.sort(np.array(["a"])), TypeError, "got an array of dtype <U1"),
        (lambda t: np.piecewise(t, [M > 0], [1, 2, 3]), ValueError, "piecewise: got 1 conditions"),
        (lambda t: np.compress([[1]], t), ValueError, "compress: got a condition of shape"),
        (
            lambda t: np.compress([0, 0, 1], t, 0),
            IndexError,
            "compress: .*holds at 2, beyond the 2",
        ),
        (lambda t: np.delete(t, 3, 1), IndexError, "delete: index 3 is out of bounds"),
        (lambda t: np.delete(t, [True], 1), ValueError, "delete: boolean array"),
        (lambda t: np.insert(t, 4, 0.0, 1), IndexError, "insert: got places from 4 to 4"),
        (
            lambda t: np.insert(t, [[0]], 0.0, 1),
            IndexError,
            r"insert: got places of shape \(1, 1\)",
        ),
        (lambda t: np.insert(t, [0, 1], [1.0, 2, 3], 0), None, ""),
        (lambda t: np.insert(t, [0, 1], [[1.0, 2]], 0), ValueError, "setitem: "),
        (lambda t: np.put(t * 1, [6], 1.0), IndexError, "put: got indices from 6 to 6"),
        (lambda t: np.place(t * 1, [True], 1.0), ValueError, r"place: got a mask of shape \(1,\)"),
        (lambda t: np.place(t * 1, M > 0, []), ValueError, "place: got no values"),
        (lambda t: np.copyto(t * 1, 1j), TypeError, "copyto: got dtype complex128"),
        (lambda t: np.copyto(t * 1, M.T), ValueError, "setitem: "),
        (lambda t: np.copyto(t * 1, M.T, where=M > 1), ValueError, "copyto: "),
        (lambda t: np.copyto(t * 1, 1.0, where=M.T > 1), ValueError, "copyto: "),
        (lambda t: np.fill_diagonal(t[0] * 1, 1.0), ValueError, "fill_diagonal: got shape"),
        (lambda t: np.fill_diagonal(t[None] * 1, 1.0), ValueError, "fill_diagonal: got shape"),
        (lambda t: np.put_along_axis(t * 1, np.array([0]), 1.0, 0), ValueError, "as many axes"),
        (lambda t: np.pad(t, 1, lambda *a: None), TypeError, "pad: got a function that writes"),
        (lambda t: np.pad(t, -1), ValueError, "pad: got a pad_width of -1"),
        (lambda t: np.pad(t, 1.5), TypeError, "pad: got pad_width of dtype float64"),
        (lambda t: np.pad(t, ((1, 2, 3),)), ValueError, "pad: "),
        (lambda t: np.pad(t, 1, "wrap", stat_length=1), ValueError, "pad: got 'stat_length', whi"),
        (lambda t: np.pad(t, 1, "mean", stat_length=0), ValueError, "no entries have no mean"),
        (lambda t: np.pad(t, 1, "mean", stat_length=1.5), ValueError, "pad: got stat_length=1.5"),
        (lambda t: np.pad(t, 1, "reflect", reflect_type="x"), ValueError, "pad: got reflect_type"),
        (lambda t: np.pad(t[:0], 1, "edge"), ValueError, "whose axis 0 is empty"),
        (lambda t: ag.pad(t, {2: 1}), IndexError, "pad: got axis=2"),
        (lambda t: np.convolve(t, t), ValueError, r"convolve: got shapes \(2, 3\) and \(2, 3\)"),
        (lambda t: np.convolve(t[0], []), ValueError, r"convolve: got shapes \(3,\) and \(0,\)"),
        (lambda t: np.correlate(t[0], t[1], "x"), ValueError, "correlate: got mode='x'"),
        (lambda t: sliding_window_view(t, 2), ValueError, "sliding_window_view: "),
        (lambda t: sliding_window_view(t, 4, 1), ValueError, "sliding_window_view: window shape"),
        (lambda t: sliding_window_view(t, 2, 1, writeable=True), TypeError, "got writeable=True"),
        (lambda t: np.interp(t, t, t), ValueError, "interp: got points of shapes"),
        (lambda t: np.interp(t, [], []), ValueError, r"interp: got points of shapes \(0,\)"),
        (lambda t: np.interp(t, [0, 1], t[0]), ValueError, "interp: got points of shapes"),
        (lambda t: np.interp(t * 1j, [0, 1], [1, 2]), TypeError, "interp: got complex points"),
        (lambda t: np.interp(t, [0, 1], [1, 2], period=0), ValueError, "interp: got period=0"),
        (lambda t: np.meshgrid(t, indexing="x"), ValueError, "meshgrid: got indexing='x'"),
        (lambda t: np.linspace(t, 1, -1), ValueError, "linspace: got num=-1"),
        (lambda t: np.linspace(t, 1, 1.5), TypeError, "linspace: "),
        (lambda t: np.linspace(t, 1, 3, axis=3), IndexError, "linspace: got axis=3"),
        (lambda t: ag.linspace(t, 1, 3, device="gpu"), ValueError, "linspace: got device='gpu'"),
        (lambda t: np.geomspace(t, 0), ValueError, "geomspace: got an end that is 0"),
        (lambda t: np.vander(t), ValueError, r"vander: got shape \(2, 3\)"),
        (lambda t: np.polyder(t[0], -1), ValueError, "polyder: got m=-1"),
        (lambda t: np.polyint(t[0], -1), ValueError, "polyint: got m=-1"),
        (lambda t: np.polyint(t[0], 3, [1, 2]), ValueError, "polyint: got 2 constants"),
    ],
)
def test_refusal_is_a_sentence(do, error, text):
    t = leaf(M)
    if error is None:
        do(t)
        return
    with pytest.raises(error, match=text) as caught:
        do(t)
    assert isinstance(caught.value, errors.AutogradError)
    assert re.match(r"[\w.]+( \(.*\))?: ", str(caught.value))


def test_plain_functions_stay_plain():
    t = leaf([3.0, 1.0, 2.0])
    for f in (np.argsort, np.flatnonzero, np.argwhere, lambda t: np.searchsorted(t, 2.0),
              lambda t: np.digitize(t, [1.5]), lambda t: np.argpartition(t, 1)):  # fmt: skip
        assert type(f(t)) in (np.ndarray, np.int64)


def test_gradients_of_windows_are_those_of_a_convolution():
    rng = np.random.default_rng(0)
    x, k = rng.normal(size=9), rng.normal(size=4)
    by_windows = lambda x, k: (sliding_window_view(x, 4) * k[::-1]).sum(axis=1)
    both = [
        ag.jacobian(f, (0, 1))(x, k) for f in (by_windows, lambda x, k: ag.convolve(x, k, "valid"))
    ]
    for one, two in zip(*both, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-14)


def test_correlate_conjugates_its_second_argument():
    rng = np.random.default_rng(0)
    a, v = (rng.normal(size=n) + 1j * rng.normal(size=n) for n in (5, 3))
    for mode in ("full", "same", "valid"):
        w = rng.normal(size=np.correlate(a, v, mode).shape) * (1 + 0.3j)
        f = lambda v, mode=mode, w=w: inner(w, np.correlate(a, v, mode))
        t = leaf(v)
        got = ag.gradients(np.correlate(a, t, mode), t, w).data
        np.testing.assert_allclose(got, numerical_gradient(f, v), rtol=1e-7, atol=1e-9)
