"""Transforms inside transforms, to higher orders, and inside no_grad."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from functional_tools import V, X, close, leaf, smooth
from oracle import inner, numerical_gradient

import autograd_lite as ag

# -- nesting ---------------------------------------------------------------------------------------


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


# -- higher orders ---------------------------------------------------------------------------------

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


# -- no_grad ---------------------------------------------------------------------------------------


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
