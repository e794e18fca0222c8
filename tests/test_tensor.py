"""Tensor as its user meets it: making one, reading it, NumPy's protocols, errors in sentences."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors


def leaf(data, **options):
    return ag.Tensor(data, requires_grad=True, **options)


# -- making ------------------------------------------------------------------------------------


def test_making_copies_and_keeps_the_dtype():
    a = np.arange(3, dtype=np.float32)
    t = ag.Tensor(a)
    a[0] = 9
    assert t.data.tolist() == [0, 1, 2]
    assert t.dtype == np.float32
    assert ag.Tensor([1, 2]).dtype == np.int64
    assert ag.Tensor(1.0).shape == ()
    assert isinstance(ag.Tensor(1.0).data, np.ndarray)
    assert ag.Tensor([1, 2], dtype=float).dtype == np.float64
    assert (t.ndim, t.size, t.is_leaf, t.grad, t.requires_grad) == (1, 3, True, None, False)


def test_tensor_is_pytorchs_name():
    a = np.ones(2, np.float32)
    t = ag.tensor(a, requires_grad=True, name="w")
    a[0] = 5
    assert (t.dtype, t.requires_grad, t.is_leaf, t.name) == (a.dtype, True, True, "w")
    np.testing.assert_array_equal(t.data, [1, 1])
    assert ag.tensor([1, 2], float).dtype == float
    assert ag.tensor([t[0], 2.0]).requires_grad
    with pytest.raises(errors.DTypeError, match=r"write 1\.0"):
        ag.tensor([1, 2], requires_grad=True)


def test_names():
    assert leaf(1.0, name="w").name == "w"
    z = (leaf([1.0]) * 2).named("z")
    assert z.name == "z"
    with pytest.raises(TypeError, match=r"name: got int, expected a str or None"):
        z.name = 3


@pytest.mark.parametrize("data", [[1, 2], True, np.arange(3), np.array([True])])
def test_integers_cannot_require_grad(data):
    with pytest.raises(errors.DTypeError, match=r"write 1\.0 or dtype=float"):
        leaf(data)
    assert leaf(data, dtype=float).requires_grad


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("hello", "Tensor: got dtype <U5, expected booleans, integers, floats or complex"),
        ([1, [2, 3]], "Tensor: got list that is no array of numbers"),
        ([None], "Tensor: got dtype object"),
    ],
)
def test_making_refuses_what_is_not_numbers(data, text):
    with pytest.raises(errors.DTypeError, match=text):
        ag.Tensor(data)


def test_making_from_a_tensor():
    assert ag.Tensor(ag.Tensor([1.0])).data.tolist() == [1.0]
    with pytest.raises(errors.GraphError, match=r"use t\.detach\(\), or autograd_lite\.array"):
        ag.Tensor(leaf([1.0]))


def test_repr_shows_values_and_origin():
    assert repr(ag.Tensor([1.0, 2.0])) == "Tensor([1., 2.])"
    assert repr(leaf([1.0], name="w")) == "Tensor([1.], requires_grad=True, name='w')"
    assert repr(leaf([1.0]) * 2) == "Tensor([2.], op=multiply)"
    assert repr(ag.Tensor(3.0)) == "Tensor(3.)"
    assert repr(ag.Tensor([1.0], dtype=np.float32)) == "Tensor([1.], dtype=float32)"
    assert f"{leaf(0.123456) * 1:.2f}" == "0.12"
    assert str(leaf([1.0])) == f"{leaf([1.0])}"


# -- data and grad -----------------------------------------------------------------------------


def test_data_is_the_leafs_own_memory():
    t = leaf([1.0, 2.0])
    t.data[0] = 5
    assert t.data.tolist() == [5, 2]
    assert t.numpy() is t.data
    scalar = leaf(1.0)
    scalar.data[...] = 4
    assert scalar.item() == 4


def test_data_of_a_result_is_read_only():
    y = leaf([1.0, 2.0]) * 2
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 1
    with pytest.raises(errors.GraphError, match="data: got a recorded result"):
        y.data = np.zeros(2)


def test_setting_data_checks_shape_and_dtype():
    t = leaf([1.0, 2.0])
    t.data = np.array([3.0, 4.0])
    t.data -= 1
    assert t.data.tolist() == [2, 3]
    with pytest.raises(errors.ShapeError, match=r"data: got shape \(3,\), expected \(2,\)"):
        t.data = np.zeros(3)
    with pytest.raises(errors.DTypeError, match="data: got dtype int64, expected float64"):
        t.data = np.array([1, 2])


def test_grad_has_the_shape_and_dtype_of_its_tensor():
    for dtype in (np.float16, np.float32, np.float64, np.complex64, np.complex128):
        for shape in ((), (1,), (0, 2), (2, 3)):
            t = leaf(np.ones(shape, dtype))
            ag.absolute(t * np.float64(2)).sum().backward()
            assert isinstance(t.grad, np.ndarray)
            assert t.grad.shape == shape
            assert t.grad.dtype == dtype


def test_setting_grad():
    t = leaf([1.0, 2.0])
    t.grad = [1, 2]
    assert t.grad.dtype == np.float64
    t.zero_grad()
    assert t.grad is None
    with pytest.raises(errors.ShapeError, match=r"grad: got shape \(3,\), expected \(2,\)"):
        t.grad = np.zeros(3)


def test_requires_grad_can_be_switched_on_leaves_only():
    t = ag.Tensor([1.0])
    t.requires_grad = True
    y = t * 2
    with pytest.raises(errors.GraphError, match=r"only a leaf can be switched; use t\.detach\(\)"):
        y.requires_grad = False


def test_copies_of_leaves():
    t = leaf([1.0, 2.0], name="w")
    (t * t).sum().backward()
    for other in (copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t))):
        assert (other.name, other.requires_grad) == ("w", True)
        np.testing.assert_array_equal(other.grad, t.grad)
        other.data[0] = 7
    assert t.data[0] == 1


def test_copies_of_results_are_refused():
    y = leaf([1.0]) * 2
    for make in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(errors.GraphError, match=r"cannot be copied or pickled; use t\.copy"):
            make(y)


# -- conversions -------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [np.asarray, np.array, float, int, complex, list])
def test_silent_conversions_of_tracked_tensors_are_refused(convert):
    t = leaf([1.0]) if convert is not list else leaf([[1.0]])
    if convert is list:
        assert all(isinstance(row, ag.Tensor) for row in t)
        return
    with pytest.raises(errors.ConversionError, match=r"t\.data \(or t\.item\(\), t\.detach"):
        convert(t)


def test_conversions_of_untracked_tensors():
    t = ag.Tensor([2.5])
    assert np.asarray(t).tolist() == [2.5]
    assert np.asarray(t, dtype=np.float32).dtype == np.float32
    assert float(ag.Tensor(2.5)) == 2.5
    assert int(ag.Tensor(2)) == 2
    assert [1, 2, 3][ag.Tensor(1)] == 2
    assert bool(ag.Tensor(0.0)) is False
    assert leaf(2.5).item() == 2.5


def test_comparisons_and_queries_give_plain_arrays():
    t = leaf([1.0, 3.0, 2.0])
    assert (t > 1.5).tolist() == [False, True, True]
    assert isinstance(t == t, np.ndarray)
    assert t.argmax() == 1
    assert np.argmax(t) == 1
    assert np.isnan(t).tolist() == [False] * 3
    assert np.shape(t) == (3,)
    assert 3.0 in t
    assert len(t) == 3
    assert {t: "hashable"}[t] == "hashable"
    assert np.allclose(t, [1, 3, 2])


# -- NumPy -------------------------------------------------------------------------------------


def test_numpy_functions_record():
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    for out in (
        np.tanh(t),
        np.add(t, 1),
        np.sum(t, 0),
        np.sum(t, axis=0, keepdims=True),
        np.mean(a=t),
        np.concatenate([t, t]),
        np.stack([t, np.zeros((2, 2))]),
        np.einsum("ij,jk", t, t),
        np.where(t > 2, t, 0),
        np.linalg.norm(t),
        np.transpose(t),
        np.add.reduce(t),
        np.clip(t, 2, 3),
    ):
        assert isinstance(out, ag.Tensor)
        assert out.requires_grad


def test_an_array_on_the_left_keeps_the_graph():
    t = leaf([[1.0, 2.0], [3.0, 4.0]])
    a = np.ones((2, 2))
    for out in (a @ t, a - t, a * t, a / t, a + t, a**t, np.float64(2) * t, 2 - t, 1 / t, 2**t):
        assert isinstance(out, ag.Tensor)
        assert out.requires_grad


def test_unknown_numpy_functions_are_refused_with_the_nearest_name():
    t = leaf([1.0])
    for call, text in (
        (
            lambda: np.busday_count(t, t),
            r"np\.busday_count: got a Tensor, and this function has no",
        ),
        (lambda: np.gcd(t, 2), r"np\.gcd: got a Tensor.*no derivative rule"),
        (lambda: np.asarray(t), r"np\.asarray: got a Tensor"),
        (lambda: np.frompyfunc(abs, 1, 1)(t), r"np\.frompyfunc: got a Tensor, and abs is called"),
    ):
        with pytest.raises(TypeError, match=text):
            call()


def test_a_near_miss_is_named():
    from autograd_lite.protocols import no_rule

    assert "did you mean 'concatenate'?" in str(no_rule("concatenat"))


def test_forms_without_a_rule_are_refused():
    t = leaf([1.0, 2.0])
    with pytest.raises(errors.UnsupportedError, match=r"np\.add: got out="):
        np.add(t, 1, out=np.zeros(2))
    a = np.zeros(2)
    with pytest.raises(errors.UnsupportedError, match=r"an ndarray cannot hold a graph"):
        a += t
    with pytest.raises(errors.UnsupportedError, match=r"sum: got out=, and a result written into"):
        np.sum(t, out=np.zeros(()))
    with pytest.raises(errors.UnsupportedError, match=r"sum: got the argument 'axes', .*'axis'"):
        ag.sum(t, axes=0)
    with pytest.raises(errors.DTypeError, match=r"softmax: the argument 'x' is missing"):
        ag.softmax()
    with pytest.raises(errors.DTypeError, match=r"swapaxes: the argument 'axis1' is missing"):
        ag.swapaxes(t)
    with pytest.raises(errors.DTypeError, match=r"exp: got 1 positional arguments after the arr"):
        ag.exp(t, 2)
    with pytest.raises(errors.UnsupportedError, match=r"got a Tensor that requires grad as where="):
        ag.sum(t, where=t)
    plain = np.zeros(2)
    plain += ag.Tensor([1.0, 2.0])
    assert plain.tolist() == [1, 2]


def test_every_numpy_spelling_of_power_keeps_float32():
    t = leaf(np.ones(2, np.float32))
    for out in (
        t**2,
        t**0.5,
        np.power(t, 3),
        t * 2.0,
        1 / t,
        t + 1,
        np.maximum(t, 0),
        ag.where(np.array([True, False]), t, 1.0),
    ):
        assert out.dtype == np.float32


def test_nested_lists_of_tensors():
    t, u = leaf(2.0), leaf([1.0, 3.0])
    out = ag.array([[t, 1.0], u])
    (out * np.array([[1.0, 10.0], [100.0, 1000.0]])).sum().backward()
    assert t.grad == 1
    assert u.grad.tolist() == [100, 1000]
    assert np.add(t, [1.0, 2.0]).shape == (2,)
    with pytest.raises(errors.ShapeError, match=r"array: got parts of shapes"):
        ag.array([t, [1.0, 2.0]])


def test_methods_are_ndarrays():
    t = leaf(np.arange(6.0).reshape(2, 3))
    assert t.reshape(3, 2).shape == t.reshape((3, 2)).shape == (3, 2)
    assert t.transpose(1, 0).shape == t.transpose().shape == t.T.shape == t.mT.shape == (3, 2)
    assert t.swapaxes(0, 1).shape == (3, 2)
    assert t.ravel().shape == t.flatten().shape == (6,)
    assert t[None].squeeze(0).shape == (2, 3)
    assert t.sum(axis=0).shape == t.mean(0).shape == t.max(0).shape == t.min(0).shape == (3,)
    assert t.prod(axis=1).shape == t.var(axis=1).shape == t.std(axis=1).shape == (2,)
    assert t.cumsum(axis=0).shape == t.clip(0, 1).shape == t.copy().shape == (2, 3)
    assert t.dot(np.ones(3)).shape == (2,)
    assert t.astype(np.float32).dtype == np.float32
    assert t.astype(int).requires_grad is False
    assert t.repeat(2, axis=0).shape == (4, 3)
    assert t.conj().real.imag.shape == (2, 3)
    assert t.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert np.isfortran(t.T)
    assert not np.isfortran(t)
    assert [row.shape for row in t] == [(3,), (3,)]


@pytest.mark.parametrize(
    "name",
    ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "relu", "abs",
     "softmax", "log_softmax", "logsumexp"],
)  # fmt: skip
def test_methods_that_pytorchs_users_write(name):
    x = np.array([[0.5, 1.5, 2.0], [3.0, 0.1, 0.7]])
    keys = {"axis": 0} if "soft" in name or "sum" in name else {}
    t, u = leaf(x), leaf(x)
    getattr(t, name)(**keys).sum().backward()
    getattr(ag, name)(u, **keys).sum().backward()
    np.testing.assert_array_equal(t.grad, u.grad)


def test_attributes_are_looked_up_without_python():
    # A __getattr__ in the class would keep CPython from its fast way to every attribute.
    for kind in ag.Tensor.__mro__:
        assert not {"__getattr__", "__getattribute__"} & set(vars(kind)) or kind is object


def test_arguments_by_position_are_in_numpys_order():
    x = np.arange(6.0).reshape(2, 3)
    t = ag.Tensor(x, requires_grad=True)
    for call in (
        lambda a: np.sum(a, 0, None, None, True), lambda a: a.mean(1, None, None, True),
        lambda a: np.var(a, 0, None, None, 1, True), lambda a: a.max(0, None, True),
    ):  # fmt: skip
        np.testing.assert_array_equal(call(t).data, call(x))
    with pytest.raises(ag.errors.UnsupportedError, match="sum: got out="):
        np.sum(t, 0, None, np.empty(3))
