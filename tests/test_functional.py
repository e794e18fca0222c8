"""Transforms of functions: forms, nesting, orders, complex numbers, checkpoint, gradients."""

from __future__ import annotations

import gc
import math
import weakref
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, GraphError, ShapeError

X = np.array([0.7, -1.2, 0.4])
V = np.array([1.0, -0.5, 2.0])


def leaf(x, **kwargs):
    return ag.Tensor(x, requires_grad=True, **kwargs)


def close(got, expected, tolerance=1e-10):
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance)


def smooth(x):
    """A function of a vector, all of whose derivatives are full."""
    return np.sin(x.sum()) * np.exp(x[0]) + (x**3 * x[::-1]).sum()


def vector(x):
    return ag.stack([x[0] * x[1], np.sin(x[1] * x[2]), np.exp(x[0]), x.sum() ** 2])


# -- forms -------------------------------------------------------------------------------------


class Pair(NamedTuple):
    a: object
    b: object


def test_gradient_of_a_dict():
    p = {"w": X, "b": 2.0, "deep": [np.ones((2, 2)), (V, {"k": np.float32(3)})]}

    def f(p):
        d, (v, k) = p["deep"]
        return (p["w"] * p["b"]).sum() + d.sum() * k["k"] + (v * v).sum()

    g = ag.grad(f)(p)
    assert list(g) == ["w", "b", "deep"]
    close(g["w"], [2.0] * 3)
    close(g["b"], X.sum())
    close(g["deep"][0], 3 * np.ones((2, 2)))
    close(g["deep"][1][0], 2 * V)
    assert type(g["deep"]) is list
    assert type(g["deep"][1]) is tuple
    assert g["deep"][1][1]["k"].dtype == np.float32


def test_gradient_of_a_namedtuple_is_one():
    g = ag.grad(lambda p: (p.a * p.b).sum())(Pair(X, V))
    assert type(g) is Pair
    close(g.a, V)
    close(g.b, X)


def test_empty_trees():
    assert ag.grad(lambda p, x: x * x, (0, 1))({}, 3.0) == ({}, 6.0)
    assert ag.grad(lambda p: p["x"] ** 2)({"x": 3.0, "none": []}) == {"x": 6.0, "none": []}


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 2.0), (1, 30.0), (-1, 500.0), ((0,), (2.0,)), ((2, 0), (500.0, 2.0)), ([1], (30.0,))],
)
def test_argnums(argnums, expected):
    got = ag.grad(lambda x, y, z: 2 * x + 30 * y + 500 * z, argnums)(1.0, 1.0, 1.0)
    assert got == expected
    assert type(got) is type(expected) or isinstance(got, float)


@pytest.mark.parametrize("transform", [ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian])
@pytest.mark.parametrize("argnums", [2, -3, (0, 5), 1.0])
def test_argnums_out_of_range(transform, argnums):
    with pytest.raises((ArgumentError, TypeError), match=r"argnums|float"):
        transform(lambda x, y: x * y, argnums)(1.0, 2.0)


def test_a_repeated_argnum_is_refused_or_right():
    try:
        got = ag.grad(lambda x: x * x, (0, 0))(3.0)
    except ArgumentError:
        return
    assert got == (6.0, 6.0)


def test_keyword_arguments_pass_through():
    f = ag.value_and_grad(lambda x, *, power: x**power)
    assert f(2.0, power=3) == (8.0, 12.0)


@pytest.mark.parametrize("transform", [ag.grad, ag.value_and_grad, ag.jacobian, ag.hessian])
def test_name_and_docstring_are_kept(transform):
    def loss(x):
        """The loss."""
        return x

    assert transform(loss).__name__ == "loss"
    assert transform(loss).__doc__ == "The loss."


def test_numbers_and_arrays_in_numbers_and_arrays_out():
    assert type(ag.grad(lambda x: x * x)(3.0)) is np.float64
    assert type(ag.grad(lambda x: x * x)(np.float32(3))) is np.float32
    g = ag.grad(lambda x: x * x)(np.array(3.0))
    assert type(g) is np.ndarray
    assert g.shape == ()
    value, g = ag.value_and_grad(lambda x: (x * x).sum())(X)
    assert type(value) is np.float64
    assert type(g) is np.ndarray
    assert type(ag.vjp(np.sin, X)[0]) is np.ndarray
    assert [type(t) for t in ag.jvp(np.sin, (X,), (V,))] == [np.ndarray, np.ndarray]
    assert type(ag.jacobian(np.sin)(X)) is np.ndarray
    assert type(ag.hessian(smooth)(X)) is np.ndarray
    assert type(ag.hvp(smooth, X, V)) is np.ndarray


@pytest.mark.parametrize("tracked", [True, False])
def test_tensors_in_tensors_out(tracked):
    x, v = ag.Tensor(X, requires_grad=tracked), ag.Tensor(V)
    out, pullback = ag.vjp(vector, x)
    results = [
        ag.grad(smooth)(x),
        *ag.value_and_grad(smooth)(x),
        out,
        *pullback(ag.Tensor(np.ones(4))),
        *ag.jvp(vector, (x,), (v,)),
        ag.jacobian(vector)(x),
        ag.hessian(smooth)(x),
        ag.hvp(smooth, x, v),
    ]
    for t in results:
        assert type(t) is ag.Tensor
        assert t.requires_grad is tracked


def test_gradients_of_tensors_are_still_differentiable():
    x = leaf(X)
    (ag.grad(smooth)(x) * V).sum().backward()
    close(x.grad, ag.hvp(smooth, X, V))
    x.zero_grad()
    (ag.jacobian(vector)(x) ** 2).sum().backward()
    close(x.grad, numerical_gradient(lambda x: (ag.jacobian(vector)(x) ** 2).sum(), X), 1e-8)
    x.zero_grad()
    (ag.jvp(vector, (x,), (V,))[1] ** 2).sum().backward()
    close(x.grad, numerical_gradient(lambda x: (ag.jvp(vector, (x,), (V,))[1] ** 2).sum(), X), 1e-8)


def test_transforms_leave_grad_alone():
    x = leaf(X)
    ag.grad(smooth)(x)
    ag.hessian(smooth)(x)
    ag.gradients(smooth(x), x)
    ag.jvp(smooth, (x,), (V,))
    assert x.grad is None


def test_inputs_are_unchanged_and_unshared():
    x, v = X.copy(), V.copy()
    out, pullback = ag.vjp(lambda x: x, x)
    results = [out, *pullback(v), *ag.jvp(lambda x: x, (x,), (v,))]
    results += [ag.value_and_grad(lambda x: x)(x[:1])[0], ag.grad(lambda x: (x * v).sum())(x)]
    for r in results:
        r[...] = 99.0
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(v, V)


def test_results_do_not_share_memory():
    a, b = ag.grad(lambda x, y: (x + y).sum(), (0, 1))(X, X)
    a[0] = 50.0
    np.testing.assert_array_equal(b, np.ones(3))


@pytest.mark.parametrize("tracked", [True, False])
def test_results_that_are_tensors_do_not_share_memory(tracked):
    x, y = ag.Tensor(X, requires_grad=tracked), ag.Tensor(V)
    a, b = ag.grad(lambda x, y: (x + y).sum(), (0, 1))(x, y)
    try:
        a.detach().data[0] = 50.0
    except ValueError:  # read-only
        pass
    np.testing.assert_array_equal(b.data, np.ones(3))


def test_an_unused_input_gets_zeros():
    f = lambda x, y: (x * x).sum()
    g = ag.grad(f, (0, 1))(X, V.astype(np.float32))
    np.testing.assert_array_equal(g[1], np.zeros(3, np.float32))
    assert g[1].dtype == np.float32
    assert ag.vjp(f, X, V)[1](1.0)[1].shape == (3,)
    np.testing.assert_array_equal(ag.jacobian(lambda x: np.ones(2))(X), np.zeros((2, 3)))
    np.testing.assert_array_equal(ag.hessian(lambda x: x.sum())(X), np.zeros((3, 3)))
    np.testing.assert_array_equal(ag.hvp(lambda x: x.sum(), X, V), np.zeros(3))
    _, slope = ag.jvp(lambda x: np.ones(2), (X,), (V,))
    np.testing.assert_array_equal(slope, np.zeros(2))
    assert ag.grad(lambda x: 3.0)(2.0) == 0.0


def test_an_unused_tensor_gets_a_tensor_of_zeros():
    x, y = leaf(X), leaf(V)
    g = ag.grad(lambda x, y: (x * x).sum(), 1)(x, y)
    assert isinstance(g, ag.Tensor)
    np.testing.assert_array_equal(g.data, np.zeros(3))
    z = ag.gradients((x * x).sum(), y)
    np.testing.assert_array_equal(z.data, np.zeros(3))


def test_an_integer_output_has_gradient_zero():
    assert ag.grad(lambda x: (x > 0).sum())(2.0) == 0.0
    np.testing.assert_array_equal(ag.grad(lambda x: np.argmax(x))(X), np.zeros(3))


@pytest.mark.parametrize("transform", [ag.grad, ag.value_and_grad, ag.hessian])
@pytest.mark.parametrize(
    ("f", "shape"),
    [(lambda x: x * 2, r"\(3,\)"), (lambda x: (x[0], x[1]), r"\(\), \(\)"), (lambda x: [], "not")],
)
def test_a_function_without_one_scalar_is_refused(transform, f, shape):
    with pytest.raises(ShapeError, match=rf"output has shape {shape}.*expected one scalar"):
        transform(f)(X)


def test_hvp_of_a_function_without_one_scalar_is_refused():
    with pytest.raises(ShapeError, match=r"hvp: .*expected one scalar"):
        ag.hvp(lambda x: x, X, V)


@pytest.mark.parametrize("x", [3, True, np.arange(3), ag.Tensor([1, 2]), "a", None])
def test_inputs_that_are_no_floats_are_refused(x):
    with pytest.raises((DTypeError, TypeError), match=r"dtype|got"):
        ag.grad(lambda x: (x * 1.0).sum())(x)


def test_mismatched_cotangents_and_tangents_are_refused():
    _, pullback = ag.vjp(lambda x: {"a": x, "b": x.sum()}, X)
    with pytest.raises(ArgumentError, match=r"vjp: got a cotangent of the form leaf"):
        pullback(V)
    with pytest.raises(ShapeError, match=r"vjp: got v of shape \(2,\)"):
        pullback({"a": np.zeros(2), "b": 0.0})
    with pytest.raises(ShapeError, match=r"jvp: got a tangent of shape \(2,\)"):
        ag.jvp(np.sin, (X,), (np.zeros(2),))
    with pytest.raises(ArgumentError, match="jvp: got tangents of the form"):
        ag.jvp(np.add, (X, X), (V,))
    with pytest.raises(ShapeError, match=r"hvp: got a tangent of shape \(\)"):
        ag.hvp(smooth, X, 1.0)


def test_keys_of_a_dict_may_come_in_another_order():
    f = lambda d: {"p": d["a"] ** 2, "q": d["b"] ** 3}
    (got,) = ag.vjp(f, {"a": 2.0, "b": 3.0})[1]({"q": 1.0, "p": 10.0})
    assert got == {"a": 40.0, "b": 27.0}
    _, slope = ag.jvp(f, ({"a": 2.0, "b": 3.0},), ({"b": 1.0, "a": 10.0},))
    assert slope == {"p": 40.0, "q": 27.0}
    h = ag.hvp(lambda d: d["a"] ** 2 + d["b"] ** 3, {"a": 2.0, "b": 3.0}, {"b": 1.0, "a": 10.0})
    assert h == {"a": 20.0, "b": 18.0}


def test_other_keys_are_refused():
    with pytest.raises(ArgumentError, match="form"):
        ag.jvp(lambda d: d["a"] * d["b"], ({"a": 2.0, "b": 3.0},), ({"a": 1.0, "c": 1.0},))


def test_empty_arrays():
    x = np.zeros((0, 3))
    assert ag.grad(lambda x: x.sum())(x).shape == (0, 3)
    assert ag.jacobian(lambda x: x.sum(axis=0))(x).shape == (3, 0, 3)
    assert ag.jacobian(np.sin)(x).shape == (0, 3, 0, 3)
    assert ag.hessian(lambda x: (x * x).sum())(x).shape == (0, 3, 0, 3)
    assert ag.hvp(lambda x: (x * x).sum(), x, x).shape == (0, 3)
    assert ag.jvp(np.sin, (x,), (x,))[1].shape == (0, 3)
    assert ag.vjp(np.sin, x)[1](x)[0].shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_stay(dtype):
    x, v = X.astype(dtype), V.astype(dtype)
    assert ag.grad(smooth)(x).dtype == dtype
    assert ag.value_and_grad(smooth)(x)[0].dtype == dtype
    assert ag.vjp(np.sin, x)[1](V)[0].dtype == dtype
    assert [t.dtype for t in ag.jvp(np.sin, (x,), (V,))] == [dtype, dtype]
    assert ag.jacobian(vector)(x).dtype == dtype
    assert ag.jacobian(np.sin)(x).dtype == dtype
    assert ag.hessian(smooth)(x).dtype == dtype
    assert ag.hvp(smooth, x, v).dtype == dtype


def test_a_jacobian_has_the_dtype_of_its_input():
    f = lambda x: x.astype(np.float64) * 2.0
    assert ag.jacobian(f)(X.astype(np.float32)).dtype == np.float32
    wide = lambda x: ag.concatenate([x, x]).astype(np.float64)
    assert ag.jacobian(wide)(X.astype(np.float32)).dtype == np.float32


# -- values ------------------------------------------------------------------------------------


def test_vjp_and_jvp_are_transposes():
    J = ag.jacobian(vector)(X)
    u = np.array([0.3, -1.0, 0.5, 2.0])
    out, pullback = ag.vjp(vector, X)
    close(pullback(u)[0], u @ J)
    out, slope = ag.jvp(vector, (X,), (V,))
    close(slope, J @ V)
    close(out, vector(ag.Tensor(X)).data)


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_jacobian_by_rows_and_by_columns(rows):
    A = np.random.default_rng(rows).normal(size=(rows, 3))
    f = lambda x: np.tanh(A @ x)
    close(ag.jacobian(f)(X), (1 - np.tanh(A @ X) ** 2)[:, None] * A)


def test_jacobian_of_trees():
    f = lambda p: {"s": p["x"].sum() * p["y"], "v": (p["x"] ** 2, p["y"])}
    J = ag.jacobian(f)({"x": X, "y": 2.0})
    close(J["s"]["x"], np.full(3, 2.0))
    close(J["s"]["y"], X.sum())
    close(J["v"][0]["x"], np.diag(2 * X))
    close(J["v"][0]["y"], np.zeros(3))
    close(J["v"][1]["y"], 1.0)
    tall = ag.jacobian(lambda x, y: ag.concatenate([x, x * y]), (0, 1))(X, V)
    close(tall[0], np.concatenate([np.eye(3), np.diag(V)]))
    close(tall[1], np.concatenate([np.zeros((3, 3)), np.diag(X)]))


def test_jacobian_of_matrices():
    A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    J = ag.jacobian(lambda A: A @ B)(A)
    assert J.shape == (2, 4, 2, 3)
    close(J, np.einsum("ik,lj->ijkl", np.eye(2), B))


def test_hessian_of_two_arguments():
    f = lambda x, y: (x**2 * y).sum() + y.sum() ** 2
    H = ag.hessian(f, (0, 1))(X, V)
    close(H[0][0], np.diag(2 * V))
    close(H[0][1], np.diag(2 * X))
    close(H[1][0], np.diag(2 * X))
    close(H[1][1], np.full((3, 3), 2.0))


HVPS = {
    "smooth": smooth,
    "square of a sum": lambda x: x.sum() ** 2,
    "squares of sums": lambda x: (x.reshape(3, 1).sum(axis=0) ** 2).sum(),
    "mean": lambda x: np.exp(x.mean()),
    "linear": lambda x: 3.0 * x.sum(),
    "row sums": lambda x: (ag.stack([x, x * x]).sum(axis=0) ** 3).sum(),
    "norm": lambda x: ag.norm(x),
    "logsumexp": lambda x: ag.logsumexp(x),
    "broadcast": lambda x: (x[:, None] * x).sum() ** 2,
    "quadratic": lambda x: x @ (np.arange(9.0).reshape(3, 3) @ x),
}


@pytest.mark.parametrize("f", HVPS.values(), ids=HVPS.keys())
def test_hvp_is_the_hessian_times_the_vector(f):
    close(ag.hvp(f, X, V), ag.hessian(f)(X) @ V)
    close(ag.hvp(f, (X,), (V,))[0], ag.hessian(f)(X) @ V)
    close(ag.grad(lambda x: (ag.grad(f)(x) * V).sum())(X), ag.hessian(f)(X) @ V)
    close(ag.jvp(ag.grad(f), (X,), (V,))[1], ag.hessian(f)(X) @ V)


def test_hvp_of_several_arguments_and_trees():
    f = lambda p, y: (p["x"] ** 2 * y).sum() + y.sum() ** 2
    got = ag.hvp(f, ({"x": X}, V), ({"x": V}, X))
    close(got[0]["x"], 2 * V * V + 2 * X * X)
    close(got[1], 2 * X * V + 2 * X.sum())


def test_pullback_twice():
    _, pullback = ag.vjp(vector, X)
    first, second = pullback(np.ones(4)), pullback(np.ones(4))
    np.testing.assert_array_equal(first[0], second[0])
    close(pullback(2 * np.ones(4))[0], 2 * first[0])


def test_pullback_after_the_output_was_changed_by_its_owner():
    out, pullback = ag.vjp(np.exp, X)
    out *= 10.0
    close(pullback(np.ones(3))[0], np.exp(X))


def test_pullback_after_the_input_was_changed_by_its_owner():
    x = X.copy()
    _, pullback = ag.vjp(np.square, x)
    x += 10.0
    close(pullback(np.ones(3))[0], 2 * X)


def test_pullback_in_no_grad_with_a_tracked_cotangent():
    _, pullback = ag.vjp(np.square, X)
    with ag.no_grad():
        (g,) = pullback(leaf(V))
    assert type(g) is np.ndarray
    close(g, 2 * X * V)


def test_a_tracked_cotangent_keeps_its_graph():
    v = leaf(V)
    _, pullback = ag.vjp(np.square, ag.Tensor(X))
    (g,) = pullback(v)
    g.sum().backward()
    close(v.grad, 2 * X)


def test_a_tracked_tangent_keeps_its_graph():
    v = leaf(V)
    _, slope = ag.jvp(np.square, (ag.Tensor(X),), (v,))
    slope.sum().backward()
    close(v.grad, 2 * X)


def test_stop_gradient():
    assert ag.grad(lambda x: x * ag.stop_gradient(x))(3.0) == 3.0
    assert ag.grad(lambda x: x * ag.stop_gradient({"a": [x]})["a"][0])(3.0) == 3.0
    assert ag.stop_gradient(2.0) == 2.0
    assert not ag.stop_gradient(leaf(X)).requires_grad
    assert ag.jvp(lambda x: ag.stop_gradient(x) * x, (3.0,), (1.0,))[1] == 3.0
    assert ag.hessian(lambda x: ag.stop_gradient(x) * x)(3.0) == 0.0


# -- nesting -----------------------------------------------------------------------------------


def test_perturbations_are_not_confused():
    # d/dx [x · d/dy (x + y)] = 1; a system that mixes its levels says 2.
    assert ag.grad(lambda x: x * ag.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert ag.grad(lambda x: x * ag.jvp(lambda y: x + y, (1.0,), (1.0,))[1])(1.0) == 1.0
    assert ag.jvp(lambda x: x * ag.grad(lambda y: x + y)(1.0), (1.0,), (1.0,))[1] == 1.0
    inner_jvp = lambda x: x * ag.jvp(lambda y: x + y, (1.0,), (1.0,))[1]
    assert ag.jvp(inner_jvp, (1.0,), (1.0,))[1] == 1.0


def test_perturbations_of_the_same_tensor_are_not_confused():
    # d/dx [x · (d/dy x·y at y = x)] = d/dx x² = 2x.
    assert ag.grad(lambda x: x * ag.grad(lambda y: x * y)(x))(3.0) == 6.0
    assert ag.jvp(lambda x: x * ag.jvp(lambda y: x * y, (x,), (1.0,))[1], (3.0,), (1.0,))[1] == 6.0
    assert ag.grad(lambda x: ag.grad(lambda x: x**3)(x) * x)(2.0) == 36.0


def test_an_inner_gradient_closes_over_the_outer_variable():
    def outer(x):
        inner_gradient = ag.grad(lambda y: (y * y * x).sum())
        return (inner_gradient(np.array([1.0, 2.0, 3.0])) * x).sum()

    close(ag.grad(outer)(X), 4 * X * np.array([1.0, 2.0, 3.0]))
    close(ag.jvp(outer, (X,), (V,))[1], 4 * X * np.array([1.0, 2.0, 3.0]) @ V)
    close(ag.hessian(outer)(X), np.diag(4 * np.array([1.0, 2.0, 3.0])))


INNER = {
    "grad": lambda x: ag.grad(lambda y: (y**2 * x).sum())(V),
    "value_and_grad": lambda x: ag.value_and_grad(lambda y: (y**2 * x).sum())(V)[1],
    "value": lambda x: ag.value_and_grad(lambda y: (y**2 * x).sum())(V)[0] * V,
    "vjp": lambda x: ag.vjp(lambda y: y**2 * x, V)[1](np.ones(3))[0],
    "vjp value": lambda x: ag.vjp(lambda y: y**2 * x, V)[0],
    "jvp": lambda x: ag.jvp(lambda y: y**2 * x, (V,), (np.ones(3),))[1],
    "jvp value": lambda x: ag.jvp(lambda y: y**2 * x, (V,), (np.ones(3),))[0],
    "jacobian": lambda x: ag.jacobian(lambda y: y**2 * x)(V).sum(axis=0),
    "jacobian by columns": lambda x: ag.jacobian(lambda y: y**2 * x[0])(V[:1]).sum() * V,
    "jacobian by many columns": lambda x: ag.jacobian(lambda y: ag.concatenate([y**2 * x, y]))(
        V
    ).sum(axis=0),
    "hessian": lambda x: ag.hessian(lambda y: (y**3 * x).sum())(V).sum(axis=0),
    "hvp": lambda x: ag.hvp(lambda y: (y**3 * x).sum(), V, X),
    "checkpoint": lambda x: ag.checkpoint(lambda y: y**2 * x)(ag.Tensor(V)),
    "checkpoint of grad": lambda x: ag.checkpoint(
        lambda x: ag.grad(lambda y: (y**2 * x).sum())(V) * x
    )(x),
    "checkpoint of tensor grad": lambda x: ag.checkpoint(
        lambda x: ag.grad(lambda y: (y**2 * x).sum())(ag.Tensor(V)) * x
    )(x),
    "grad of checkpoint": lambda x: ag.grad(ag.checkpoint(lambda y: (y**2 * x * x).sum()))(V),
    "jvp of checkpoint": lambda x: ag.jvp(
        ag.checkpoint(lambda y: y**2 * x * x), (V,), (np.ones(3),)
    )[1],
}
OUTER = {
    "grad": lambda f: ag.grad(f)(X),
    "jvp": lambda f: np.array([ag.jvp(f, (X,), (e,))[1] for e in np.eye(3)]),
    "vjp": lambda f: ag.vjp(f, X)[1](1.0)[0],
    "jacobian": lambda f: ag.jacobian(f)(X),
    "grad of checkpoint": lambda f: ag.grad(ag.checkpoint(f))(X),
    "under no_grad": lambda f: ag.no_grad()(ag.grad(f))(X),
    "in a checkpointed block": lambda f: ag.grad(ag.checkpoint(lambda x: f(x * 1.0)))(X),
}


@pytest.mark.parametrize("between", INNER.values(), ids=INNER.keys())
@pytest.mark.parametrize("outer", OUTER.values(), ids=OUTER.keys())
def test_every_transform_inside_every_other(outer, between):
    def f(x):
        return (np.sin(between(x)) * V).sum()

    def value(x):
        return float(ag.value_and_grad(f)(x)[0])

    close(outer(f), numerical_gradient(value, X), 1e-8)


@pytest.mark.parametrize("between", INNER.values(), ids=INNER.keys())
def test_every_transform_inside_a_hessian(between):
    def f(x):
        return (np.sin(between(x)) * V).sum()

    expected = [
        numerical_gradient(lambda x, i=i: float(ag.grad(f)(x)[i]), X)  # the row above is tested
        for i in range(3)
    ]
    close(ag.hessian(f)(X), expected, 1e-7)


SECOND = {
    "grad of grad": lambda f, x, v: ag.grad(lambda x: (ag.grad(f)(x) * v).sum())(x),
    "grad of jvp": lambda f, x, v: ag.grad(lambda x: ag.jvp(f, (x,), (v,))[1])(x),
    "jvp of grad": lambda f, x, v: ag.jvp(ag.grad(f), (x,), (v,))[1],
    "vjp of grad": lambda f, x, v: ag.vjp(ag.grad(f), x)[1](v)[0],
    "hvp": lambda f, x, v: ag.hvp(f, x, v),
    "hessian": lambda f, x, v: ag.hessian(f)(x) @ v,
    "jacobian of jacobian": lambda f, x, v: ag.jacobian(ag.jacobian(f))(x) @ v,
    "jvp of jacobian": lambda f, x, v: ag.jvp(ag.jacobian(f), (x,), (v,))[1],
    "jvp of jvp": lambda f, x, v: np.array(
        [ag.jvp(lambda x, e=e: ag.jvp(f, (x,), (e,))[1], (x,), (v,))[1] for e in np.eye(3)]
    ),
    "jvp of vjp": lambda f, x, v: ag.jvp(lambda x: ag.vjp(f, x)[1](1.0)[0], (x,), (v,))[1],
    "gradients twice": lambda f, x, v: (
        ag.gradients((ag.gradients(f(t := leaf(x)), t, create_graph=True) * v).sum(), t).data
    ),
    "hvp of checkpoint": lambda f, x, v: ag.hvp(ag.checkpoint(f), x, v),
    "hessian of checkpoint": lambda f, x, v: ag.hessian(ag.checkpoint(f))(x) @ v,
    "grad of jvp of checkpoint": lambda f, x, v: ag.grad(
        lambda x: ag.jvp(ag.checkpoint(f), (x,), (v,))[1]
    )(x),
    "checkpoint of grad": lambda f, x, v: ag.jvp(ag.checkpoint(ag.grad(f)), (x,), (v,))[1],
    "grad in no_grad": lambda f, x, v: ag.no_grad()(ag.hvp)(f, x, v),
    "tensors": lambda f, x, v: ag.hvp(f, ag.Tensor(x), ag.Tensor(v)).data,
    "tracked": lambda f, x, v: ag.hvp(f, leaf(x), leaf(v)).data,
}
FUNCTIONS = {
    "smooth": smooth,
    "sum squared": lambda x: x.sum() ** 2,
    "matrix": lambda x: np.tanh(np.outer(x, x) @ x).sum(),
    "softmax": lambda x: (ag.softmax(x) * V).sum(),
    "indexing": lambda x: (x[[0, 0, 2]] * x[::-1] * x[1]).sum(),
    "in place": None,
    "prod": lambda x: x.prod() * x.std(),
    "einsum": lambda x: np.einsum("i,j,k->", x, x * x, np.sin(x)),
    "where": lambda x: ag.where(x > 0, x**3, np.exp(x)).sum(),
    "power": lambda x: ((x * x + 1) ** x).sum(),
}


def _in_place(x):
    t = x * x
    t[0] = t[1] * x[2]
    t *= x
    return (t * t).sum()


FUNCTIONS["in place"] = _in_place


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND.keys())
def test_second_derivatives_in_every_mixture(second, f):
    expected = numerical_gradient(lambda x: inner(V, ag.grad(f)(x)), X)
    close(second(f, X, V), expected, 1e-7)


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_first_derivatives_are_numerical_ones(f):
    value = lambda x: float(f(ag.Tensor(x)).data)
    close(ag.grad(f)(X), numerical_gradient(value, X), 1e-8)
    close(ag.jvp(f, (X,), (V,))[1], ag.grad(f)(X) @ V)


# -- higher orders -----------------------------------------------------------------------------

ONE = {
    "exp(sin)": (lambda x: np.exp(np.sin(x)), lambda x: mpmath.exp(mpmath.sin(x))),
    "tanh·log": (
        lambda x: np.tanh(x * x) * np.log(x),
        lambda x: mpmath.tanh(x * x) * mpmath.log(x),
    ),
    "power": (lambda x: x**x / (1 + x**2.5), lambda x: x**x / (1 + x ** mpmath.mpf("2.5"))),
    "sigmoid": (lambda x: ag.sigmoid(3 * x) ** 2, lambda x: (1 / (1 + mpmath.exp(-3 * x))) ** 2),
    "arctan·sqrt": (
        lambda x: np.arctan(x) * np.sqrt(1 + x),
        lambda x: mpmath.atan(x) * mpmath.sqrt(1 + x),
    ),
}


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(("f", "exact"), ONE.values(), ids=ONE.keys())
@pytest.mark.parametrize("mode", ["reverse", "forward", "mixed"])
def test_high_orders_against_mpmath(f, exact, order, mode):
    slope = {
        "reverse": [ag.grad] * 4,
        "forward": [lambda f: lambda x: ag.jvp(f, (x,), (1.0,))[1]] * 4,
    }
    slope["mixed"] = [slope["reverse"][0], slope["forward"][0]] * 2
    g = f
    for transform in slope[mode][:order]:
        g = transform(g)
    with mpmath.workdps(50):
        expected = float(mpmath.diff(exact, mpmath.mpf("0.6"), order))
    assert math.isclose(g(0.6), expected, rel_tol=1e-12)


def test_third_derivatives_of_several_variables():
    def f(x):
        return np.exp(x[0] * x[1]) * np.sin(x[1] + x[2] ** 2)

    T = ag.jacobian(ag.hessian(f))(X)
    F = lambda a, b, c: mpmath.exp(a * b) * mpmath.sin(b + c**2)
    with mpmath.workdps(40):
        for i in range(3):
            for j in range(3):
                for k in range(3):
                    n = [(i, j, k).count(axis) for axis in range(3)]
                    expected = float(mpmath.diff(F, tuple(map(mpmath.mpf, X)), tuple(n)))
                    assert math.isclose(T[i, j, k], expected, rel_tol=1e-12, abs_tol=1e-12)


# -- no_grad -----------------------------------------------------------------------------------


def test_transforms_work_under_no_grad():
    with ag.no_grad():
        close(ag.grad(smooth)(X), numerical_gradient(lambda x: float(smooth(x)), X), 1e-8)
        x = leaf(X)
        g = ag.grad(smooth)(x)
        assert not g.requires_grad
        close(ag.jvp(smooth, (X,), (V,))[1], ag.grad(smooth)(X) @ V)
        assert ag.hessian(smooth)(X).shape == (3, 3)
        assert not ag.is_grad_enabled()


def test_no_grad_inside_a_function():
    def f(x):
        with ag.no_grad():
            c = x * x
        return c * x

    assert ag.grad(f)(3.0) == 9.0
    assert ag.jvp(f, (3.0,), (1.0,))[1] == 9.0
    assert ag.hessian(f)(3.0) == 0.0


def test_an_error_inside_a_function_leaves_no_trace():
    def bad(x):
        raise KeyError("mine")

    for transform in (ag.grad, ag.jacobian, ag.hessian):
        with pytest.raises(KeyError, match="mine"), ag.no_grad():
            transform(bad)(X)
    assert ag.is_grad_enabled()
    x = leaf(X)
    # A transform of arrays that was left by an error must not count as still open.
    assert type(ag.grad(lambda y: (x * y).sum())(V)) is np.ndarray


# -- complex -----------------------------------------------------------------------------------

Z = np.array([0.5 - 0.3j, -1.1 + 0.7j, 0.2 + 0.9j])
REAL_OF_COMPLEX = {
    "abs²": lambda z: (z * np.conj(z)).real.sum(),
    "abs": lambda z: np.abs(z).sum(),
    "real": lambda z: (z * z).real.sum(),
    "imag": lambda z: (z**3).imag.sum(),
    "mixed": lambda z: (np.exp(z) * np.conj(z) * z[0]).real.sum() + np.abs(np.sin(z)).sum(),
    "angle": lambda z: (np.angle(z) ** 2).sum(),
    "norm": lambda z: ag.norm(z * z),
    "var": lambda z: z.var() + z.std(),
    "matmul": lambda z: np.abs(np.outer(z, z.conj()) @ z).sum(),
}


@pytest.mark.parametrize("f", REAL_OF_COMPLEX.values(), ids=REAL_OF_COMPLEX.keys())
def test_gradient_of_a_real_function_of_complex_numbers(f):
    value = lambda z: float(f(ag.Tensor(z)).data)
    expected = numerical_gradient(value, Z)
    close(ag.grad(f)(Z), expected, 1e-8)
    close(ag.vjp(f, Z)[1](1.0)[0], expected, 1e-8)
    z = leaf(Z)
    f(z).backward()
    close(z.grad, expected, 1e-8)
    direction = np.array([1 + 2j, 0.5j, -1.0])
    close(ag.jvp(f, (Z,), (direction,))[1], inner(expected, direction), 1e-8)


@pytest.mark.parametrize("f", REAL_OF_COMPLEX.values(), ids=REAL_OF_COMPLEX.keys())
def test_hvp_of_a_real_function_of_complex_numbers(f):
    v = np.array([1 + 2j, 0.5j, -1.0])
    expected = numerical_gradient(lambda z: inner(v, ag.grad(f)(z)), Z)
    close(ag.hvp(f, Z, v), expected, 1e-7)
    close(ag.jvp(ag.grad(f), (Z,), (v,))[1], expected, 1e-7)
    close(ag.vjp(ag.grad(f), Z)[1](v)[0], expected, 1e-7)


def test_the_convention_is_pytorchs():
    # torch.tensor(1+2j): z.abs()**2 has .grad 2+4j; (z*z).real 2-4j; z.imag 1j.
    assert ag.grad(lambda z: np.abs(z) ** 2)(1 + 2j) == pytest.approx(2 + 4j)
    assert ag.grad(lambda z: (z * z).real)(1 + 2j) == 2 - 4j
    assert ag.grad(lambda z: z.imag)(1 + 2j) == 1j
    (g,) = ag.vjp(lambda z: z * z, 1 + 2j)[1](1.0 + 0j)
    assert g == 2 - 4j


def test_gradient_descent_on_complex_numbers_descends():
    z, target = leaf(Z), Z[::-1] * 1j
    for _ in range(100):
        (np.abs(z - target) ** 2).sum().backward()
        with ag.no_grad():
            z -= 0.1 * z.grad
        z.zero_grad()
    close(z.data, target, 1e-8)


def test_jacobian_of_a_holomorphic_function_is_the_complex_derivative():
    close(ag.jacobian(lambda z: z**3)(Z), np.diag(3 * Z**2))
    close(ag.jacobian(lambda z: (z * z).sum())(Z), 2 * Z)
    close(
        ag.jacobian(lambda z: ag.concatenate([np.exp(z), z * z[0]]))(Z),
        np.concatenate([np.diag(np.exp(Z)), np.diag([Z[0]] * 3) + np.outer(Z, [1, 0, 0])]),
    )
    _, slope = ag.jvp(np.exp, (Z,), (1j * Z,))
    close(slope, 1j * Z * np.exp(Z))


def test_jacobian_from_real_to_complex():
    f = lambda x: np.exp(1j * x) * x.sum()
    expected = 1j * np.diag(np.exp(1j * X)) * X.sum() + np.exp(1j * X)[:, None]
    close(ag.jacobian(f)(X), expected)
    close(ag.jvp(f, (X,), (V,))[1], expected @ V)
    close(ag.jacobian(lambda x: f(x).sum())(X), expected.sum(axis=0))
    u = np.array([1j, 2.0, 1 - 1j])
    g = ag.vjp(f, X)[1](u)[0]
    assert g.dtype == np.float64
    close(g, (np.conj(u) @ expected).real)


def test_jacobian_from_complex_to_real_does_not_depend_on_the_number_of_outputs():
    # Every row is the gradient ∂f/∂Re + i ∂f/∂Im of that output.
    fs = [lambda z: (z * z).real, lambda z: z.imag, lambda z: np.abs(z)]
    z = Z[:1]
    one = [ag.jacobian(f)(z)[0] for f in fs]
    close(one, [ag.grad(lambda z, f=f: f(z)[0])(z) for f in fs])
    close(ag.jacobian(lambda z: ag.concatenate([f(z) for f in fs]))(z), one)


def test_a_complex_output_of_grad_is_refused():
    with pytest.raises(DTypeError, match="complex"):
        ag.grad(lambda z: z * z)(1j)


def test_complex64_stays():
    z = Z.astype(np.complex64)
    assert ag.grad(lambda z: np.abs(z).sum())(z).dtype == np.complex64
    assert ag.jacobian(np.exp)(z).dtype == np.complex64


# -- gradients ---------------------------------------------------------------------------------


def test_gradients_of_intermediate_results():
    x = leaf(X)
    h = np.exp(x)
    y = (h * h * x).sum()
    gh, gx = ag.gradients(y, [h, x])
    close(gh.data, 2 * np.exp(X) * X)
    close(gx.data, np.exp(2 * X) * (1 + 2 * X))
    assert not gh.requires_grad
    assert x.grad is None
    assert h.grad is None


def test_gradients_of_an_output_in_itself():
    x = leaf(X)
    y = (x * x).sum()
    one, gx = ag.gradients(y, [y, x])
    assert one.data == 1.0
    close(gx.data, 2 * X)
    assert ag.gradients(leaf(2.0), (t := leaf(3.0))).data == 0.0
    assert ag.gradients(t, t).data == 1.0


def test_gradients_of_several_outputs_add_up():
    x = leaf(X)
    a, b = (x * x).sum(), np.sin(x)
    g = ag.gradients([a, b, a], x, [None, V, np.array(2.0)])
    close(g.data, 6 * X + np.cos(X) * V)


def test_gradients_takes_the_form_of_inputs():
    x, y = leaf(X), leaf(V)
    z = (x * y).sum()
    assert isinstance(ag.gradients(z, x, retain_graph=True), ag.Tensor)
    assert len(ag.gradients(z, (x, y), retain_graph=True)) == 2
    first, second = ag.gradients(z, [x, x])
    close(first.data, second.data)


def test_gradients_frees_the_graph_unless_told():
    x = leaf(X)
    y = np.exp(x).sum()
    ag.gradients(y, x, retain_graph=True)
    ag.gradients(y, x, create_graph=True)
    ag.gradients(y, x)
    with pytest.raises(GraphError, match=r"freed by an earlier backward.*retain_graph=True"):
        ag.gradients(y, x)


def test_gradients_of_an_intermediate_result_leave_what_lies_below():
    # Backward by hand in two parts: the upper walk never ran the lower rules.
    x = leaf(X)
    h = np.exp(x)
    g = ag.gradients((h * h).sum(), h)
    h.backward(g)
    close(x.grad, 2 * np.exp(2 * X))


def test_gradients_without_create_graph_are_constants():
    x = leaf(X)
    assert not ag.gradients((x**3).sum(), x).requires_grad
    w = leaf(V)
    g = ag.gradients(x * x, x, w)
    assert not g.requires_grad
    close(g.data, 2 * X * V)


def test_gradients_with_create_graph_go_on():
    x = leaf(X)
    g = ag.gradients((x**4).sum(), x, create_graph=True)
    h = ag.gradients(g.sum(), x, create_graph=True)
    t = ag.gradients(h.sum(), x)
    close(h.data, 12 * X**2)
    close(t.data, 24 * X)


def test_gradients_in_grad_outputs_with_create_graph():
    x, w = leaf(X), leaf(V)
    g = ag.gradients(np.sin(x), x, w, create_graph=True)
    close(ag.gradients(g.sum(), w).data, np.cos(X))


def test_gradient_penalty_reaches_the_parameters():
    x, w = leaf(X), leaf(V)
    slope = ag.gradients(np.tanh(w * x).sum(), x, create_graph=True)
    (slope * slope).sum().backward()
    f = lambda w: float((ag.grad(lambda x: np.tanh(w * x).sum())(X) ** 2).sum())
    close(w.grad, numerical_gradient(f, V), 1e-8)


def test_gradients_refuses_what_it_cannot_do():
    x = leaf(X)
    with pytest.raises(ShapeError, match=r"gradients: .*\(3,\).*grad_outputs="):
        ag.gradients(x * x, x)
    with pytest.raises(ShapeError, match=r"gradients: got grad_outputs of shape \(2,\)"):
        ag.gradients(x * x, x, np.ones(2))
    with pytest.raises(ArgumentError, match="2 grad_outputs for 1 outputs"):
        ag.gradients([x * x], x, [V, V])
    with pytest.raises(GraphError, match="does not require grad"):
        ag.gradients((x * x).sum(), ag.Tensor(X))
    with pytest.raises(GraphError, match="depends on nothing that requires grad"):
        ag.gradients(ag.Tensor(2.0), x)
    with pytest.raises(DTypeError, match="gradients: got ndarray, expected a Tensor"):
        ag.gradients((x * x).sum(), X)
    with pytest.raises(DTypeError, match="gradients: got float, expected a Tensor"):
        ag.gradients(1.0, x)


def test_gradients_run_the_hooks_on_their_way():
    x = leaf(X)
    h = x * 2.0
    h.register_hook(lambda g: g * 10.0)
    close(ag.gradients(h.sum(), x).data, np.full(3, 20.0))
    h = x * 2.0
    seen = []
    h.register_hook(lambda g: seen.append(g) or g * g)
    g = ag.gradients((h * h).sum(), x, create_graph=True)
    assert isinstance(seen[0], ag.Tensor)
    close(g.data, 2 * (4 * X) ** 2)
    # The second walk passes h too, and its hook squares what arrives there: 16h.
    close(ag.gradients(g.sum(), x).data, 2 * (32 * X) ** 2)


# -- checkpoint --------------------------------------------------------------------------------


def test_checkpoint_gives_the_same_gradients():
    w = leaf(V, name="w")
    x = leaf(X)
    block = lambda x: np.tanh(np.sin(x * w) * x)
    ag.checkpoint(block)(x).sum().backward()
    got = x.grad, w.grad
    x.zero_grad()
    w.zero_grad()
    block(x).sum().backward()
    close(got[0], x.grad)
    close(got[1], w.grad)


def test_checkpoints_nest_and_chain():
    w = leaf(V)
    inner_block = ag.checkpoint(lambda x: np.sin(x * w))
    outer_block = ag.checkpoint(lambda x: np.tanh(inner_block(x) + inner_block(x * x)))
    plain = lambda x: np.tanh(np.sin(x * w) + np.sin(x * x * w))

    def total(block):
        w.zero_grad()
        x = leaf(X)
        h = x
        for _ in range(3):
            h = block(h)
        h.sum().backward()
        return x.grad, w.grad

    for got, expected in zip(total(outer_block), total(plain), strict=True):
        close(got, expected)


def test_checkpoint_closing_over_an_intermediate_result():
    x = leaf(X)
    h = np.exp(x)
    y = ag.checkpoint(lambda u: u * h * np.sin(h))(h * x)
    (y * h).sum().backward()
    f = lambda x: float((np.exp(x) ** 3 * x * np.sin(np.exp(x))).sum())
    close(x.grad, numerical_gradient(f, X), 1e-7)


def test_checkpoint_that_only_closes_over():
    w = leaf(V)
    ag.checkpoint(lambda: np.sin(w))().sum().backward()
    close(w.grad, np.cos(V))
    w.zero_grad()
    ag.checkpoint(lambda x: np.sin(w) * x)(2.0).sum().backward()
    close(w.grad, 2 * np.cos(V))
    w.zero_grad()
    ag.checkpoint(lambda x: w)(2.0).sum().backward()
    close(w.grad, np.ones(3))


def test_checkpoint_with_trees_numbers_and_keywords():
    f = ag.checkpoint(lambda p, n, *, c: (p["a"] * n + p["b"][0] * c).sum())
    a, b = leaf(X), leaf(V)
    f({"a": a, "b": [b]}, 3, c=np.array(2.0)).backward()
    close(a.grad, np.full(3, 3.0))
    close(b.grad, np.full(3, 2.0))


def test_checkpoint_of_an_input_that_is_not_used_or_returned():
    x, y = leaf(X), leaf(V)
    ag.checkpoint(lambda x, y: x * 2.0)(x, y).sum().backward()
    close(x.grad, np.full(3, 2.0))
    assert y.grad is None or not y.grad.any()
    z = ag.checkpoint(lambda x: x)(x)
    z.sum().backward()
    close(x.grad, np.full(3, 3.0))


def test_checkpoint_of_a_constant_function():
    out = ag.checkpoint(lambda x: ag.Tensor(3.0))(leaf(X))
    assert not out.requires_grad


def test_checkpoint_under_no_grad_records_nothing():
    with ag.no_grad():
        assert not ag.checkpoint(np.sin)(leaf(X)).requires_grad


def test_checkpoint_keeps_no_intermediate_results():
    alive = []

    def block(x):
        for _ in range(5):
            x = np.sin(x)
            alive.append(weakref.ref(x._data))
        return x

    x = leaf(np.ones(1000))
    y = ag.checkpoint(block)(x)
    assert sum(r() is not None for r in alive) == 1  # the output
    y.sum().backward()
    assert sum(r() is not None for r in alive) == 1
    assert len(alive) == 10


def test_checkpoint_runs_once_forward_and_once_backward():
    runs = []

    def block(x):
        runs.append(1)
        return np.sin(x)

    y = ag.checkpoint(block)(leaf(X)).sum()
    assert len(runs) == 1
    y.backward(retain_graph=True)
    assert len(runs) == 2
    y.backward()
    assert len(runs) == 3
    with pytest.raises(GraphError, match="freed"):
        y.backward()


def test_checkpoint_frees_its_inputs_without_the_collector():
    gc.collect()
    x = leaf(X)
    h = np.exp(x)
    held = weakref.ref(h._data)
    y = ag.checkpoint(lambda u: np.sin(u))(h).sum()
    del h
    assert held() is not None
    y.backward()
    assert held() is None
    assert gc.collect() == 0


def test_checkpoint_of_several_outputs():
    def block(x):
        h = np.sin(x)
        return {"h": h, "rest": (h * x, 7.0, x)}

    x = leaf(X)
    out = ag.checkpoint(block)(x)
    assert out["rest"][1] == 7.0
    (out["h"] * 2 + out["rest"][0] * 3 + out["rest"][2]).sum().backward()
    close(x.grad, 2 * np.cos(X) + 3 * (np.sin(X) + X * np.cos(X)) + 1)


def test_a_hook_in_a_checkpoint_runs():
    def block(x):
        h = np.sin(x)
        h.register_hook(lambda g: g * 10.0)
        return h * 2.0

    x = leaf(X)
    ag.checkpoint(block)(x).sum().backward()
    close(x.grad, 20 * np.cos(X))


def test_a_leaf_made_inside_a_checkpoint_is_a_constant_to_the_outside():
    x = leaf(X)
    ag.checkpoint(lambda x: x * leaf(V))(x).sum().backward()
    close(x.grad, V)


def test_checkpoint_with_arrays_inside_an_inner_transform():
    f = lambda w: (w * ag.grad(lambda x: (w * x * x).sum())(np.ones(3))).sum()
    close(ag.grad(f)(X), 4 * X)
    close(ag.grad(ag.checkpoint(f))(X), 4 * X)
