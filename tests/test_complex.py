"""Derivatives of complex functions: the gradient is ∂L/∂Re + i ∂L/∂Im."""

from __future__ import annotations

import numpy as np
import pytest
from functional_tools import V, X, close, leaf
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite.errors import DTypeError

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


CUTS = [
    (np.sqrt, -4.0), (np.log, -4.0), (np.log2, -4.0), (np.log10, -4.0), (np.log1p, -4.0),
    (np.arcsin, 2.0), (np.arcsin, -2.0), (np.arccos, 2.0), (np.arccos, -2.0), (np.arctanh, 2.0),
    (np.arccosh, -2.0), (np.arccosh, 0.5), (np.arccosh, 2.0),
    (np.arcsinh, 2j), (np.arcsinh, -2j), (np.arctan, 2j), (np.arctan, -2j),
]  # fmt: skip


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("f", "point"), CUTS, ids=[f"{f.__name__}({p})" for f, p in CUTS])
def test_on_a_branch_cut_the_derivative_is_that_of_the_side_the_value_is_on(f, point, side):
    # The sign of a zero part tells the sides apart; from a point on that side, along the cut.
    along_real = isinstance(point, float)
    z = complex(point, side * 0.0) if along_real else complex(side * 0.0, point.imag)
    off = z + side * (1e-9j if along_real else 1e-9)
    step = 1e-4 if along_real else 1e-4j
    expected = (f(np.complex128(off + step)) - f(np.complex128(off - step))) / (2 * step)
    got = np.conj(ag.grad(lambda z: f(z).real)(np.complex128(z)))
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_hessian_products_through_ops_that_keep_their_result_only():
    z = np.array([[2.0 + 1j, 1.0], [0.5, 3.0 - 1j]])
    f = lambda x: (np.abs(np.linalg.inv(x)[[0, 0]]) ** 2).sum()
    got = ag.hvp(f, z, z)
    close(got, ag.jvp(ag.grad(f), (z,), (z,))[1], 1e-12)
    step = 1e-6
    close(got, (ag.grad(f)(z + step * z) - ag.grad(f)(z - step * z)) / (2 * step), 1e-7)
