"""Transforms of functions: forms, nesting, orders, complex numbers, checkpoint, gradients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from functional_tools import V, X, close, leaf, smooth, vector
from oracle import numerical_gradient

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

# -- forms -----------------------------------------------------------------------------------------


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


# -- values ----------------------------------------------------------------------------------------


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


def test_a_repeated_argnum_of_a_jacobian():
    twice = ag.jacobian(lambda x, y: x * y, argnums=(0, 1, 0))(X, 2 * X)
    close(twice[0], np.diag(2 * X))
    close(twice[1], np.diag(X))
    close(twice[2], twice[0])


@pytest.mark.parametrize(
    "f", [np.conj, lambda z: np.abs(z) + 0j, lambda z: z * np.conj(z), lambda z: z.real * z]
)
def test_a_jacobian_of_what_is_not_holomorphic_is_refused(f):
    z = np.array([1 + 2j, 0.5 - 1j])
    with pytest.raises(DTypeError, match=r"jacobian: .*not holomorphic.*re \+ 1j \* im"):
        ag.jacobian(f)(z)
    jacobian = ag.jacobian(lambda re, im: f(re + 1j * im), (0, 1))(z.real, z.imag)
    for found, step in zip(jacobian, (1, 1j), strict=True):
        for k, e in enumerate(np.eye(2) * 1e-6):
            numeric = (f(z + step * e) - f(z - step * e)) / 2e-6
            np.testing.assert_allclose(found[:, k], numeric, atol=1e-8)


def test_a_complex_hessian_is_refused_unless_one_matrix_tells_it():
    z = np.array([1 + 2j, 0.5 - 1j])
    with pytest.raises(DTypeError, match=r"hessian: .*not holomorphic"):
        ag.hessian(lambda z: np.real(z**2).sum())(z)
    found = ag.hessian(lambda z: (z * np.conj(z)).real.sum())(z)
    np.testing.assert_allclose(found, 2 * np.eye(2))
