"""Functions of matrices that are written in terms of other ops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from composed_tools import cases, check, linalg
from oracle import numerical_gradient

import autograd_lite as ag

S = np.array([[4.0, 1.0, 0.5], [0.3, 3.0, -0.6], [-0.2, 0.8, 5.0]])
STACK = np.random.default_rng(4).normal(size=(2, 3, 3)) + 3 * np.eye(3)


def _sym(x):
    return x @ x.T if x.ndim == 2 else x @ x.swapaxes(-1, -2)


# name: calls; m is NumPy or autograd_lite, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    "diagonal": [
        lambda m, x: m.diagonal(x), lambda m, x: m.diagonal(x, 1), lambda m, x: m.diagonal(x, -1),
        lambda m, x: m.diagonal(x, offset=5), lambda m, x: m.diagonal(x.reshape(1, 2, 3), 0, -1, 1),
    ],
    "trace": [
        lambda m, x: m.trace(x), lambda m, x: m.trace(x, 1),
        lambda m, x: m.trace(x.reshape(2, 1, 3), axis1=2, axis2=0), lambda m, x: m.trace(x, -7),
    ],
    "diag": [
        lambda m, x: m.diag(x), lambda m, x: m.diag(x, k=1), lambda m, x: m.diag(x[0]),
        lambda m, x: m.diag(x[0], -2), lambda m, x: m.diag(x[1], 1),
    ],
    "diagflat": [lambda m, x: m.diagflat(x), lambda m, x: m.diagflat(x, -1)],
    "tril": [
        lambda m, x: m.tril(x), lambda m, x: m.tril(x, 1), lambda m, x: m.tril(x, -1),
        lambda m, x: m.tril(x[0]), lambda m, x: m.tril(x.reshape(3, 1, 2)),
    ],
    "triu": [
        lambda m, x: m.triu(x), lambda m, x: m.triu(x, 1), lambda m, x: m.triu(x, -1),
        lambda m, x: m.triu(x[0]),
    ],
    "kron": [
        lambda m, x: m.kron(x, x), lambda m, x: m.kron(x[0], x), lambda m, x: m.kron(x, x[1]),
        lambda m, x: m.kron(x, 2.0), lambda m, x: m.kron(np.eye(2), x),
        lambda m, x: m.kron(x.reshape(1, 3, 2), x),
    ],
    "cross": [
        lambda m, x: m.cross(x, x[::-1]), lambda m, x: m.cross(x, [1.0, 2.0, 3.0]),
        lambda m, x: m.cross(x.T, x.T, axisa=0, axisb=0, axisc=0),
        lambda m, x: m.cross(x.T, x[::-1].T, axis=0),
    ],
    "multi_dot": [
        lambda m, x: linalg(m).multi_dot([x, x.T]), lambda m, x: linalg(m).multi_dot([x, x.T, x]),
        lambda m, x: linalg(m).multi_dot([x[:, 0], x, x.T, x]),
        lambda m, x: linalg(m).multi_dot([x[:, 0], x, x.T, x[:, 1]]),
        lambda m, x: linalg(m).multi_dot([x, x.T, np.ones((2, 5)), np.ones(5)]),
    ],
    "matrix_power": [
        lambda m, x, n=n: linalg(m).matrix_power(_sym(x) / 4, n) for n in (0, 1, 2, 3, 5, 6, -1, -3)
    ],
    "norm": [
        *(lambda m, x, o=o: linalg(m).norm(x, o)
          for o in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        *(lambda m, x, o=o: linalg(m).norm(x, o, axis=1)
          for o in (None, 2, 1, 3, 2.5, -1, 0.5, 0, np.inf, -np.inf)),
        lambda m, x: linalg(m).norm(x, axis=0, keepdims=True),
        lambda m, x: linalg(m).norm(x, 1, axis=(0, 1), keepdims=True),
        lambda m, x: linalg(m).norm(x.reshape(1, 2, 3), "nuc", axis=(2, 1), keepdims=True),
        lambda m, x: linalg(m).norm(x.reshape(2, 1, 3), 2, axis=(0, -1)),
        lambda m, x: linalg(m).norm(x.reshape(2, 1, 3), np.inf, axis=(-1, 0)),
        lambda m, x: linalg(m).norm(x - 1.0, 3, axis=0),
        lambda m, x: linalg(m).norm(x.ravel(), 3, keepdims=True),
    ],
    "cholesky": [
        lambda m, x: linalg(m).cholesky(_sym(x)),
        lambda m, x: linalg(m).cholesky(_sym(x), upper=True),
    ],
    "qr": [
        lambda m, x: linalg(m).qr(x)[1], lambda m, x: linalg(m).qr(x.T)[0],
        lambda m, x: linalg(m).qr(x, mode="r"), lambda m, x: linalg(m).qr(x.T, "complete")[0],
        lambda m, x: linalg(m).qr(x.T, "r"),
    ],
    "svd": [
        lambda m, x: linalg(m).svd(x)[1], lambda m, x: linalg(m).svd(x, False)[2],
        lambda m, x: linalg(m).svd(x)[0], lambda m, x: linalg(m).svd(x, compute_uv=False),
        lambda m, x: linalg(m).svd(x)[2],
        lambda m, x: linalg(m).svd(_sym(x) - 2 * np.eye(2), hermitian=True)[0],
        lambda m, x: linalg(m).svd(_sym(x) - 2 * np.eye(2), hermitian=True, compute_uv=False),
        lambda m, x: linalg(m).svd(_sym(x) - 2 * np.eye(2), hermitian=True)[2],
    ],
    "eigh": [
        lambda m, x: linalg(m).eigh(_sym(x))[0], lambda m, x: linalg(m).eigh(_sym(x), "U")[1],
    ],
    "eigvalsh": [
        lambda m, x: linalg(m).eigvalsh(_sym(x)), lambda m, x: linalg(m).eigvalsh(_sym(x), "U"),
    ],
    "eig": [lambda m, x: linalg(m).eig(_sym(x))[0], lambda m, x: linalg(m).eig(x[:, :2])[1]],
    "eigvals": [lambda m, x: linalg(m).eigvals(x[:, 1:])],
    "slogdet": [
        lambda m, x: linalg(m).slogdet(x[:, :2])[1], lambda m, x: linalg(m).slogdet(_sym(x))[1],
    ],
    "pinv": [
        lambda m, x: linalg(m).pinv(x), lambda m, x: linalg(m).pinv(x.T, rcond=1e-10),
        lambda m, x: linalg(m).pinv(x, rtol=None), lambda m, x: linalg(m).pinv(x, rtol=1e-3),
        lambda m, x: linalg(m).pinv(_sym(x), hermitian=True),
        lambda m, x: linalg(m).pinv(x, rcond=0.9),
    ],
    "lstsq": [
        lambda m, x: linalg(m).lstsq(x.T, x[0])[0], lambda m, x: linalg(m).lstsq(x, x[:, 1])[0],
        lambda m, x: linalg(m).lstsq(x.T, x.T[:, ::-1] ** 2, rcond=None)[0],
        lambda m, x: linalg(m).lstsq(x.T, x[0] ** 2)[1],
        lambda m, x: linalg(m).lstsq(x.T, x.T ** 2)[1], lambda m, x: linalg(m).lstsq(x, x[:, 0])[3],
    ],
    "tensorsolve": [
        lambda m, x: linalg(m).tensorsolve(_sym(x).reshape(2, 2, 1), x[:, 0]),
        lambda m, x: linalg(m).tensorsolve(_sym(x).reshape(1, 2, 2), x[:, 0], axes=(0,)),
    ],
    "tensorinv": [
        lambda m, x: linalg(m).tensorinv(_sym(x).reshape(2, 1, 2, 1)),
        lambda m, x: linalg(m).tensorinv(_sym(x).reshape(2, 2, 1), ind=1),
    ],
    "vector_norm": [
        *(lambda m, x, o=o: linalg(m).vector_norm(x, ord=o) for o in (0, 1, 2, 3, np.inf, -np.inf)),
        lambda m, x: linalg(m).vector_norm(x, axis=0, keepdims=True, ord=1.5),
        lambda m, x: linalg(m).vector_norm(x.reshape(2, 3, 1), axis=(0, 2)),
    ],
    "matrix_norm": [
        *(lambda m, x, o=o: linalg(m).matrix_norm(x, ord=o) for o in ("fro", "nuc", 1, 2, -np.inf)),
        lambda m, x: linalg(m).matrix_norm(x.reshape(2, 1, 3), keepdims=True, ord=2),
    ],
    "cond": [
        lambda m, x: linalg(m).cond(x), lambda m, x: linalg(m).cond(x, -2),
        *(lambda m, x, p=p: linalg(m).cond(_sym(x), p) for p in ("fro", 1, -1, np.inf, "nuc")),
    ],
    "svdvals": [lambda m, x: linalg(m).svdvals(x), lambda m, x: linalg(m).svdvals(x.T)],
    "vecdot": [
        lambda m, x: linalg(m).vecdot(x, x[0]), lambda m, x: linalg(m).vecdot(x, x, axis=0),
    ],
    "linalg.diagonal": [
        lambda m, x: linalg(m).diagonal(x), lambda m, x: linalg(m).diagonal(x, offset=-1),
        lambda m, x: linalg(m).diagonal(x.reshape(3, 2, 1)),
    ],
    "linalg.trace": [
        lambda m, x: linalg(m).trace(x), lambda m, x: linalg(m).trace(x.reshape(3, 1, 2), offset=1),
    ],
    "linalg.cross": [
        lambda m, x: linalg(m).cross(x, x[::-1]), lambda m, x: linalg(m).cross(x.T, x.T, axis=0),
    ],
    "linalg.outer": [lambda m, x: linalg(m).outer(x[0], x[1])],
    "linalg.matmul": [lambda m, x: linalg(m).matmul(x, x.T)],
    "linalg.tensordot": [lambda m, x: linalg(m).tensordot(x, x, axes=2)],
}  # fmt: skip

PAIRS = {
    "matvec": [(lambda x: ag.matvec(x, x[0]), lambda x: x @ x[0])],
    "vecmat": [(lambda x: ag.vecmat(x[:, 0], x), lambda x: x[:, 0] @ x)],
    "vecdot": [(lambda x: ag.vecdot(x, 2 * x), lambda x: (2 * x * x).sum(-1))],
}


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x))


@pytest.mark.parametrize(("name", "k"), cases(PAIRS))
def test_call_is_as_in_plain_numpy(name, k):
    check(*PAIRS[name][k])


STACKED = {
    "inv": np.linalg.inv, "det": np.linalg.det, "cond": np.linalg.cond,
    "slogdet": lambda a: np.linalg.slogdet(a)[1], "pinv": lambda a: np.linalg.pinv(a[..., :2]),
    "svd": lambda a: np.linalg.svd(a[..., :2])[1], "qr": lambda a: np.linalg.qr(a)[1],
    "eigvalsh": lambda a: np.linalg.eigvalsh(a @ a.swapaxes(-1, -2)),
    "cholesky": lambda a: np.linalg.cholesky(a @ a.swapaxes(-1, -2)),
    "solve": lambda a: np.linalg.solve(a, a[:, :, :1]),
    "power": lambda a: np.linalg.matrix_power(a, -3),
    "norms": lambda a: np.linalg.norm(a, 2, axis=(0, 2)), "trace": lambda a: np.trace(a, 1, 1, 2),
    "cond 1": lambda a: np.linalg.cond(a, 1),
}  # fmt: skip


@pytest.mark.parametrize("name", STACKED)
def test_stacks_of_matrices(name):
    check(STACKED[name], STACKED[name], STACK, 1e-6)


COMPLEX = {
    "inv": np.linalg.inv, "det": np.linalg.det, "pinv": lambda a: np.linalg.pinv(a[:, :2]),
    "solve": lambda a: np.linalg.solve(a, a[0]), "slogdet": lambda a: np.linalg.slogdet(a)[0],
    "norm": np.linalg.norm, "nuc": lambda a: np.linalg.norm(a, "nuc"),
    "kron": lambda a: np.kron(a, a),
    "p": lambda a: np.linalg.norm(a, 3, axis=0), "vdot": lambda a: np.vdot(a, a * 1j),
    "vecdot": lambda a: np.linalg.vecdot(a, a[0]), "svdvals": lambda a: np.linalg.svd(a)[1],
    "cholesky": lambda a: np.linalg.cholesky(a @ a.conj().T), "cross": lambda a: np.cross(a, a[0]),
    "eigvals": np.linalg.eigvals, "eigvalsh": lambda a: np.linalg.eigvalsh(a + a.conj().T),
    "lstsq": lambda a: np.linalg.lstsq(a[:, :2], a[:, 2])[0],
    "power": lambda a: np.linalg.matrix_power(a, 3),
    "diag": np.diag, "triu": np.triu, "trace": np.trace, "cond": np.linalg.cond,
}  # fmt: skip


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_matrices(name):
    rng = np.random.default_rng(6)
    x = S + rng.normal(size=S.shape) * 0.3 + 1j * rng.normal(size=S.shape)
    check(COMPLEX[name], COMPLEX[name], x, 1e-6)


# -- edge cases ----------------------------------------------------------------------------------


def test_the_determinant_of_singular_matrices_is_exact_to_second_order():
    x = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]])
    cofactors = np.array(
        [[np.linalg.det(np.delete(np.delete(x, i, 0), j, 1)) * (-1) ** (i + j) for j in range(3)]
         for i in range(3)]
    )  # fmt: skip
    np.testing.assert_allclose(ag.grad(ag.det)(x), cofactors, atol=1e-13)
    np.testing.assert_allclose(ag.grad(ag.det)(np.zeros((3, 3))), np.zeros((3, 3)))
    np.testing.assert_allclose(ag.grad(ag.det)(np.zeros((1, 1))), [[1.0]])
    # Second derivatives of a determinant are signed entries of the matrix, whatever its rank.
    h = ag.hessian(ag.det)(np.zeros((2, 2)))
    np.testing.assert_allclose(h[0, 0], [[0, 0], [0, 1]], atol=1e-15)
    np.testing.assert_allclose(h[0, 1], [[0, 0], [-1, 0]], atol=1e-15)
    h = ag.hessian(ag.det)(x)
    for (i, j), (k, m) in (((0, 0), (1, 1)), ((0, 1), (2, 2)), ((1, 2), (0, 0))):
        row, column = 3 - i - k, 3 - j - m
        sign = np.linalg.det(np.array([[i == a, k == a, row == a] for a in range(3)], float))
        sign *= np.linalg.det(np.array([[j == a, m == a, column == a] for a in range(3)], float))
        np.testing.assert_allclose(h[i, j, k, m], sign * x[row, column], atol=1e-12)


def test_third_derivatives_of_the_determinant():
    x = np.array([[2.0, 1.0], [0.5, 3.0]])
    third = ag.jacobian(ag.hessian(ag.det))(x)
    np.testing.assert_allclose(third, np.zeros(third.shape), atol=1e-12)
    y = S[:3, :3]
    third = ag.jacobian(ag.hessian(ag.det))(y)
    assert third[0, 0, 1, 1, 2, 2] == pytest.approx(1)
    assert third[0, 0, 1, 2, 2, 1] == pytest.approx(-1)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_the_determinant_has_every_derivative_at_any_rank(n):
    # det(b + t·w) is a polynomial in t, found from its values.
    rng, order = np.random.default_rng(n), 4
    for rank in range(n + 1):
        b, w = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n)), rng.normal(size=(n, n))
        t = np.linspace(-1, 1, n + 1)
        p = np.polyfit(t, [np.linalg.det(b + s * w) for s in t], n)
        f = lambda s, b=b, w=w: ag.det(b + s * w)
        for k in range(1, order + 1):
            f = ag.grad(f)
            expected = math.factorial(k) * p[-1 - k] if k <= n else 0.0
            assert f(0.0) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_matrix_of_nan_leaves_its_neighbours_alone():
    x = np.stack([np.diag([1.0, 2.0]), np.full((2, 2), np.nan)])
    with np.errstate(invalid="ignore"):
        g = ag.grad(lambda x: ag.det(x).sum())(x)
    np.testing.assert_array_equal(g, [[[2, 0], [0, 1]], [[np.nan] * 2] * 2])


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3)])
@pytest.mark.parametrize("kind", [float, complex])
def test_pinv_that_cuts_values_off(shape, kind):
    rng = np.random.default_rng(3)
    x = rng.normal(size=shape) + (1j * rng.normal(size=shape) if kind is complex else 0)
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    s = np.array([3.0, 2.0, 0.4])[: s.shape[-1]]
    s[-1] = 0.4
    x = u * s @ vh
    check(lambda x: ag.pinv(x, 0.5), lambda x: np.linalg.pinv(x, 0.5), x, tolerance=1e-6)


def test_pinv_that_cuts_takes_equal_values_and_matrices_of_other_scales():
    cut = lambda x: ag.pinv(x, 0.5).sum()
    x = np.diag([1.0, 1.0, 0.1, 0.1])
    expected = numerical_gradient(lambda x: float(np.linalg.pinv(x, 0.5).sum()), x)
    np.testing.assert_allclose(ag.grad(cut)(x), expected, atol=1e-8)
    small = np.array([[1.0, 0.05], [0.02, 0.1]])
    stack = np.stack([1e9 * np.eye(2), small])
    np.testing.assert_allclose(ag.grad(lambda x: cut(x[1]))(stack)[1], ag.grad(cut)(small))
    np.testing.assert_allclose(ag.grad(cut)(stack)[1], ag.grad(cut)(small), rtol=1e-6)


@pytest.mark.parametrize("rcond", [None, -1.0, 0.0, 0.3, 1.0, 7.0])
def test_lstsq_takes_rcond_and_dtypes_as_numpy(rcond):
    m, b = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), np.array([1, 2, 4])
    for a in (m, m.astype(np.float32), np.diag([1.0, 1e-9]).astype(np.float32), m.astype(int)):
        t = ag.Tensor(a, requires_grad=a.dtype.kind == "f")
        got, expected = (
            np.linalg.lstsq(t, b[: len(a)], rcond),
            np.linalg.lstsq(a, b[: len(a)], rcond),
        )
        assert got[2] == expected[2]
        for i in (0, 1, 3):
            assert got[i].dtype == expected[i].dtype
            np.testing.assert_allclose(got[i].data, expected[i], rtol=1e-6, atol=1e-12)


def test_equal_eigenvalues_that_share_a_vector_are_refused():
    x = np.array([[1.0, 1.0], [0.0, 1.0]])
    with pytest.raises(ag.errors.MatrixError, match="eigenvectors are linearly dependent"):
        ag.grad(lambda x: ag.real((ag.eigvals(x) ** 2).sum()))(x)
    # What does not need them has a derivative.
    np.testing.assert_allclose(ag.grad(lambda x: ag.trace(x @ x))(x), 2 * x.T)
    np.testing.assert_allclose(ag.grad(lambda x: ag.poly(x)[2])(x), [[1, 0], [-1, 1]], atol=1e-15)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linalg.eigvalsh(x).sum(), lambda x: np.linalg.svdvals(x).sum(),
        lambda x: np.linalg.norm(x, 2), lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.linalg.slogdet(x + np.eye(2))[1],
    ],
)  # fmt: skip
def test_forward_mode_needs_no_vectors_that_are_not_used(f):
    v = np.array([[0.3, -1.0], [-1.0, 2.0]])
    for x in (np.eye(2), 2 * np.eye(2)):
        _, pushed = ag.jvp(f, (x,), (v,))
        assert pushed == pytest.approx(np.sum(ag.grad(f)(x) * v))
        np.testing.assert_allclose(ag.jacobian(lambda x: f(x) * ag.Tensor([1.0] * 9))(x)[0],
                                   ag.grad(f)(x), atol=1e-14)  # fmt: skip


def test_integers_have_norms_that_are_floats():
    for x in (np.array([[-128, 1], [3, 4]], np.int8), np.array([[True, False], [True, True]])):
        for order in (0, 1, 2, np.inf, -np.inf):
            got = np.linalg.vector_norm(ag.Tensor(x), ord=order)
            np.testing.assert_allclose(got.data, np.linalg.vector_norm(x, ord=order), strict=True)
        for order in (1, -1, 2, np.inf, "fro", "nuc"):
            got = np.linalg.matrix_norm(ag.Tensor(x), ord=order)
            np.testing.assert_allclose(got.data, np.linalg.matrix_norm(x, ord=order), strict=True)


@pytest.mark.parametrize("order", [None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf])
def test_norms_at_zero_have_derivative_zero(order):
    g = ag.grad(lambda a: ag.norm(a, order))(np.zeros((2, 2)))
    np.testing.assert_array_equal(g, np.zeros((2, 2)))


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, 0.5, -1, 0, np.inf, -np.inf])
def test_vector_norms_at_zero_have_derivative_zero(order):
    g = ag.grad(lambda a: ag.norm(a, order))(np.zeros(3))
    np.testing.assert_array_equal(g, np.zeros(3))
    one_zero = ag.grad(lambda a: ag.norm(a, order))(np.array([3.0, 0.0]))
    assert np.isfinite(one_zero).all()
    assert np.isfinite(ag.hessian(lambda a: ag.norm(a, order))(np.array([3.0, 0.0]))).all()


def test_norm_inf_shares_at_ties():
    g = ag.grad(lambda a: ag.norm(a, np.inf))(np.array([2.0, -2.0, 1.0]))
    np.testing.assert_array_equal(g, [0.5, -0.5, 0])


def test_cond_of_singular_matrices_is_numpys():
    x = np.stack([np.ones((2, 2)), np.diag([1.0, 2.0])])
    for p in ("fro", 1):
        np.testing.assert_allclose(ag.cond(x, p).data, np.linalg.cond(x, p))
    for p in (None, 2, -2, 1, "fro"):
        for a in (np.diag([1.0, 0.0]), np.zeros((2, 2)), np.array([[1, 2], [2, 4]])):
            assert ag.cond(a, p).item() == pytest.approx(np.linalg.cond(a, p))
            if np.isinf(np.linalg.cond(a, p)):
                assert not ag.grad(lambda a, p=p: ag.cond(a, p))(a * 1.0).any()
    g = ag.grad(lambda a: ag.cond(a, "fro")[1])(x)
    np.testing.assert_array_equal(g[0], np.zeros((2, 2)))


def test_lstsq_says_what_numpys_says():
    a, b = np.arange(6.0).reshape(3, 2), np.array([1.0, 0.0, 2.0])
    for ours, plain in ((a, b), (a[:2], b[:2]), (np.ones((3, 2)), b)):
        got, expected = ag.lstsq(ours, plain), np.linalg.lstsq(ours, plain)
        assert got[2] == expected[2]
        for i in (0, 1, 3):
            assert got[i].shape == expected[i].shape
            np.testing.assert_allclose(got[i].data, expected[i], atol=1e-13)


def test_diagonals_with_infinities_stay_clean():
    v = ag.Tensor([np.inf, 1.0], requires_grad=True)
    np.testing.assert_array_equal(np.diag(v).data, np.diag([np.inf, 1.0]))
    m = ag.Tensor([[np.nan, 1.0], [2.0, 3.0]], requires_grad=True)
    np.tril(m, -1).sum().backward()
    np.testing.assert_array_equal(m.grad, [[0, 0], [1, 0]])


def test_cross_of_two_components():
    a, b = np.array([1.0, 2.0]), np.array([3.0, 4.0, 5.0])
    for f in (lambda x: ag.cross(x, b).sum(), lambda x: ag.cross(b, x).sum()):
        full = lambda x, f=f: f(ag.concatenate([x, [0.0]]))
        np.testing.assert_allclose(ag.grad(f)(a), ag.grad(full)(a))
    assert ag.grad(lambda x: ag.cross(x, x[::-1]))(a).tolist() == [2.0, -4.0]


def test_empty_and_one_by_one():
    empty = np.zeros((0, 0))
    assert ag.det(empty).item() == 1
    assert ag.inv(empty).shape == (0, 0)
    assert ag.trace(empty).item() == 0
    assert ag.grad(ag.det)(empty).shape == (0, 0)
    for f in (ag.det, ag.trace, lambda a: ag.inv(a).sum(), lambda a: ag.eigvalsh(a).sum()):
        assert np.isfinite(ag.grad(f)(np.array([[2.0]]))).all()


REFUSED = [
    (lambda: ag.diagonal(np.ones(3)), "diagonal: got shape (3,)"),
    (lambda: ag.diagonal(np.ones((3, 3)), 0, 1, -1), "diagonal: got axis1=1 and axis2=-1"),
    (lambda: ag.diag(np.ones((2, 2, 2))), "diag: got shape (2, 2, 2)"),
    (lambda: ag.tril(2.0), "tril, triu: got a 0-d array"),
    (lambda: ag.cross(np.ones(4), np.ones(4)), "cross: got vectors of 4 and 4 components"),
    (lambda: ag.multi_dot([np.ones((2, 2))]), "multi_dot: got 1 arrays"),
    (lambda: ag.multi_dot([np.ones((2, 2, 2)), np.ones((2, 2))]), "multi_dot: got shapes"),
    (lambda: ag.matrix_power(np.ones((2, 2)), 0.5), "matrix_power: got n=0.5"),
    (lambda: ag.matrix_power(np.ones((2, 3)), 2), "matrix_power: got shape (2, 3)"),
    (lambda: ag.vecdot(np.ones(2), np.ones(3)), "vecdot: got shapes (2,) and (3,), vectors of"),
    (lambda: ag.linalg.cross(np.ones(2), np.ones(2)), "linalg.cross: got vectors of 2"),
    (lambda: ag.linalg.outer(np.ones((2, 2)), np.ones(2)), "linalg.outer: got shapes (2, 2)"),
    (lambda: ag.pinv(np.eye(2), 1e-3, rtol=1e-3), "pinv: got both rcond= and rtol="),
    (lambda: ag.lstsq(np.eye(2), np.ones(3)), "lstsq: got shapes (2, 2) and (3,)"),
    (lambda: ag.tensorsolve(np.ones((2, 3)), np.ones(2)), "tensorsolve: got shapes"),
    (lambda: ag.tensorinv(np.eye(2), 0), "tensorinv: got ind=0"),
    (lambda: ag.matrix_norm(np.ones(2)), "matrix_norm: got shape (2,)"),
    (lambda: ag.norm(np.eye(2), 3), "norm: got ord=3 for matrices"),
    (lambda: ag.norm(np.ones((2, 2, 2)), 1), "norm: got axes (0, 1, 2)"),
    (lambda: ag.norm(np.ones(2), "fro"), "norm: got ord='fro' for vectors"),
    (lambda: ag.cond(np.ones((0, 0))), "cond: got shape (0, 0)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text"), REFUSED, ids=[t for _, t in REFUSED])
def test_refused_with_a_sentence(call, text):
    with pytest.raises((ag.errors.AutogradError, ValueError)) as found:
        call()
    assert isinstance(found.value, ag.errors.AutogradError)
    assert str(found.value).startswith(text)


def test_the_namespace_has_all_of_numpys():
    missing = [n for n in np.linalg.__all__ if n not in dir(ag.linalg)]
    assert missing == ["matrix_transpose"] or not missing
