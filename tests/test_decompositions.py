"""Ops with several outputs: every one that is registered, on every sample, and their edge cases.

Factors of complex matrices are unique up to phases only, so those are tested through functions
that do not depend on the phases.
"""

from __future__ import annotations

import numpy as np
import pytest
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite.op import OPS
from autograd_lite.tensor import apply

SEVERAL = {
    name: op
    for name, op in OPS.items()
    if op.outputs and len(op.inputs) == 1 and not name.startswith("doc_")
}  # nn's recurrences, with several inputs, are tested by test_nn_layers.py


def _is_complex(op, sample):
    return any(x.dtype.kind == "c" for x in apply(op, tuple(sample.draw(3)), sample.params))


CASES = [
    pytest.param(op, s, id=f"{name}-{i}")
    for name, op in SEVERAL.items()
    for i, s in enumerate(op.samples)
    if name == "slogdet" or not _is_complex(op, s)
]
every_case = pytest.mark.parametrize(("op", "sample"), CASES)


def _call(op, sample):
    params = {**op.params, **sample.params}
    return lambda *xs: apply(op, xs, params)


def _weights(outs, seed=1):
    rng = np.random.default_rng(seed)
    found = []
    for x in outs:
        w = rng.normal(size=x.shape)
        found.append(
            (w + 1j * rng.normal(size=x.shape) if x.dtype.kind == "c" else w).astype(x.dtype)
        )
    return found


def _pull(f, x, weights, which=None):
    t = ag.Tensor(x, requires_grad=True)
    outs = f(t)
    chosen = range(len(outs)) if which is None else which
    return ag.gradients([outs[i] for i in chosen], t, [weights[i] for i in chosen]).data


@every_case
def test_every_output_has_its_numerical_derivative(op, sample):
    f, (x,) = _call(op, sample), sample.draw(3)
    weights = _weights(f(x))
    assert len(weights) == len(op.outputs)
    for which in [(i,) for i in range(len(weights))] + [tuple(range(len(weights)))]:
        got = _pull(f, x, weights, which)

        def number(x, which=which):
            outs = f(x)
            return sum(inner(weights[i], outs[i].data) for i in which)

        assert got.shape == x.shape
        assert got.dtype == x.dtype
        np.testing.assert_allclose(got, numerical_gradient(number, x), rtol=2e-7, atol=2e-7)


@every_case
def test_forward_mode_and_jacobians_are_the_transpose(op, sample):
    f, (x,) = _call(op, sample), sample.draw(3)
    weights = _weights(f(x))
    u = _weights([ag.Tensor(x)], 5)[0]
    _, pushed = ag.jvp(f, (x,), (u,))
    pulled = inner(u, _pull(f, x, weights))
    np.testing.assert_allclose(sum(map(inner, weights, pushed)), pulled, rtol=1e-9, atol=1e-9)
    if x.dtype.kind == "f" and x.size:
        by_columns = ag.jacobian(lambda x: [*f(x), *[x] * 9])(x)
        for w, part, i in zip(weights, by_columns, range(9), strict=False):
            rows = np.tensordot(w, part, w.ndim)
            np.testing.assert_allclose(rows, _pull(f, x, weights, [i]), rtol=1e-9, atol=1e-9)


@every_case
def test_second_order_is_the_numerical_one(op, sample):
    f, (x,) = _call(op, sample), sample.draw(3)
    weights = _weights(f(x))
    u = _weights([ag.Tensor(x)], 5)[0]
    t = ag.Tensor(x, requires_grad=True)
    first = ag.gradients(list(f(t)), t, weights, create_graph=True)
    got = ag.gradients(first, t, u).data if first.requires_grad else np.zeros(x.shape)
    numeric = numerical_gradient(lambda x: inner(u, _pull(f, x, weights)), x)
    np.testing.assert_allclose(got, numeric, rtol=2e-6, atol=2e-6)


@every_case
def test_float32_stays_float32(op, sample):
    f, (x,) = _call(op, sample), sample.draw(3)
    low = x.astype(np.complex64 if x.dtype.kind == "c" else np.float32)
    weights = _weights(f(low))
    assert all(w.dtype in (np.float32, np.complex64) for w in weights)
    got = _pull(f, low, weights)
    assert got.dtype == low.dtype
    exact = _pull(f, x, [w.astype(np.result_type(w, np.float64)) for w in weights])
    np.testing.assert_allclose(got, exact, rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("name", SEVERAL)
def test_rules_read_only_what_is_kept(name):
    op = SEVERAL[name]
    assert op.doc
    for sample in op.samples:
        (x,) = sample.draw(3)
        t = ag.Tensor(x, requires_grad=True)
        outs = _call(op, sample)(t)
        node = next(o._node for o in outs if o._node is not None).parents[0]
        kept = op.plan((True,))
        assert isinstance(node.args[1], np.ndarray) == kept[1]
        assert [o._node.op.name for o in outs if o._node] == [
            f"{name}.{part}" for part, o in zip(op.outputs, outs, strict=True) if o._node
        ]
        g = ag.gradients(list(outs), t, _weights(outs))  # a rule that read more would raise
        assert np.isfinite(g.data).all()


def _complex(seed, *shape):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


W = _complex(9, 4, 4)

FREE = {  # functions that do not see phases, of complex matrices
    "svd": (lambda a: np.linalg.svd(a, full_matrices=False), (3, 2), lambda r: [
        (r[0] * (r[1] * W[0, :2].real)[None, :]) @ r[2], r[0] @ r[0].conj().T, r[1]]),
    "svd, wide": (lambda a: np.linalg.svd(a), (2, 3), lambda r: [
        (r[0] * r[1] ** 2) @ r[2][:2], r[2][2:].conj().T @ r[2][2:]]),
    "eigh": (lambda a: np.linalg.eigh(a + a.conj().T), (3, 3), lambda r: [
        (r[1] * r[0] ** 3) @ r[1].conj().T, r[1][:, :1] @ r[1][:, :1].conj().T]),
    "eig": (np.linalg.eig, (3, 3), lambda r: [
        (r[1] * r[0] ** 3) @ np.linalg.inv(r[1]), abs(r[1])]),
    "eig of a real matrix": (lambda a: np.linalg.eig(a.real), (4, 4), lambda r: [
        (r[1] * r[0] ** 2) @ np.linalg.inv(r[1]), abs(r[1])]),
    "qr": (np.linalg.qr, (3, 2), lambda r: [r[0] @ r[0].conj().T, r[1].conj().T @ r[1]]),
    "qr, wide": (np.linalg.qr, (2, 3), lambda r: [r[0] @ (r[1] * W[:2, :3]), abs(r[1])]),
    "qr, complete": (lambda a: np.linalg.qr(a, "complete"), (3, 2), lambda r: [
        r[0][:, 2:] @ r[0][:, 2:].conj().T, abs(r[1])]),
}  # fmt: skip


@pytest.mark.parametrize("name", FREE)
def test_complex_factors_through_functions_without_phases(name):
    factor, shape, free = FREE[name]
    x = _complex(2, *shape)

    def number(x):
        return sum(
            (part * W[: part.shape[0], : part.shape[-1]]).real.sum() for part in free(factor(x))
        )

    got = ag.grad(number)(x)
    np.testing.assert_allclose(got, numerical_gradient(number, x), rtol=1e-6, atol=1e-7)
    u = _complex(3, *shape)
    second = ag.hvp(number, x, u)
    slope = numerical_gradient(lambda x: inner(u, ag.grad(number)(x)), x)
    np.testing.assert_allclose(second, slope, rtol=1e-5, atol=1e-5)


def test_results_have_numpys_field_names():
    t = ag.Tensor(np.diag([3.0, 1.0]), requires_grad=True)
    assert np.linalg.svd(t).S.data.tolist() == [3, 1]
    assert np.linalg.eigh(t).eigenvalues.data.tolist() == [1, 3]
    assert np.linalg.eig(t).eigenvalues.data.tolist() == [3, 1]
    assert np.linalg.qr(t).R.shape == (2, 2)
    assert np.linalg.slogdet(t).sign.item() == 1
    assert "op=svd.S" in repr(np.linalg.svd(t).S)


def test_equal_values_have_a_derivative_and_their_vectors_have_none():
    x = np.eye(3) * 2
    np.testing.assert_allclose(ag.grad(lambda a: ag.svd(a).S.sum())(x), np.eye(3), atol=1e-15)
    np.testing.assert_allclose(ag.grad(lambda a: (ag.eigvalsh(a) ** 2).sum())(x), 2 * x)
    for f in (lambda a: (ag.svd(a).U * x).sum(), lambda a: (ag.eigh(a)[1] * x).sum(),
              lambda a: (ag.eig(a)[1].real * x).sum()):  # fmt: skip
        with pytest.raises(ag.errors.MatrixError, match=r"^\w+ \(backward\): got equal values \(2"):
            ag.grad(f)(x)
    # U and V against each other are unique: their product has a derivative near equal values.
    near = np.diag([2.0, 2.0 + 1e-9, 1.0])
    w = np.arange(9.0).reshape(3, 3)
    rebuilt = ag.grad(lambda a: ((lambda r: (r.U * r.S) @ r.Vh)(ag.svd(a)) * w).sum())(near)
    np.testing.assert_allclose(rebuilt, w, atol=1e-5)


def test_singular_values_of_zero():
    x = np.diag([2.0, 0.0])
    g = ag.grad(lambda a: (ag.svd(a).S ** 2).sum())(x)
    np.testing.assert_allclose(g, 2 * x)
    assert np.isfinite(ag.grad(lambda a: ag.svd(a).U.sum())(x)).all()
    with pytest.raises(ag.errors.MatrixError, match="a singular value of 0"):
        ag.grad(lambda a: ag.svd(a, full_matrices=False).U.sum())(np.zeros((3, 1)))


def test_unused_outputs_bring_no_infinities():
    x = np.eye(2)
    for f in (lambda a: ag.eigh(a)[0].sum(), lambda a: ag.svd(a)[1].sum(), ag.norm):
        assert np.isfinite(ag.grad(f)(x)).all()


def test_what_has_no_derivative_is_refused_with_a_sentence():
    singular = np.ones((2, 2))
    with pytest.raises(ag.errors.MatrixError, match=r"slogdet \(backward\): Singular matrix"):
        ag.grad(lambda a: ag.slogdet(a)[1])(singular)
    with pytest.raises(ag.errors.MatrixError, match=r"slogdet \(forward mode\): Singular"):
        ag.jvp(lambda a: ag.slogdet(a)[1], (singular,), (singular,))
    with pytest.raises(ag.errors.MatrixError, match=r"qr \(backward\)"):
        ag.grad(lambda a: ag.qr(a)[0].sum())(np.zeros((2, 2)))
    defective = np.array([[1.0, 1.0], [0.0, 1.0]])
    with pytest.raises(np.linalg.LinAlgError, match=r"inv: got shape \(2, 2\); Singular matrix"):
        ag.inv(singular)
    with pytest.raises(ag.errors.MatrixError, match="cholesky: got shape"):
        ag.cholesky(-np.eye(2))
    with pytest.raises(ag.errors.UnsupportedError, match="qr: got mode='raw'"):
        ag.qr(np.eye(2), "raw")
    with pytest.raises(ag.errors.ArgumentError, match="qr: got mode='full'"):
        ag.qr(np.eye(2), "full")
    with pytest.raises(ag.errors.ArgumentError, match="eigh: got UPLO='X'"):
        ag.eigh(np.eye(2), "X")
    for f in (ag.inv, ag.det, ag.eigh, ag.eig, ag.cholesky, ag.slogdet):
        with pytest.raises(ag.errors.MatrixError, match=r"\(2, 3\)"):
            f(np.ones((2, 3)))
    assert np.linalg.eig(ag.Tensor(defective)).eigenvalues.data.tolist() == [1, 1]


def test_several_outputs_of_ones_own():
    @ag.primitive(outputs=("low", "high"), saves=("x",), samples=[ag.Sample((3,))])
    def doc_bounds(x):
        """x² and x³ of x."""
        return x**2, x**3

    @doc_bounds.vjp
    def _(g, out, x):
        low, high = g
        return (0 if low is None else 2 * low * x) + (0 if high is None else 3 * high * x**2)

    x = np.array([1.0, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    low, high = doc_bounds(t)
    (low.sum() + (high * low).sum()).backward()
    np.testing.assert_allclose(t.grad, 2 * x + 5 * x**4)
    report = ag.check_grads(
        lambda x: (doc_bounds(x)[0] * doc_bounds(x)[1]).sum(), x, order=2,
        modes=("reverse", "forward"),
    )  # fmt: skip
    assert report.ok, str(report)
    with ag.detect_anomaly(), np.errstate(over="ignore"):
        with pytest.raises(ag.errors.AnomalyError, match=r"doc_bounds \(forward\): got inf"):
            doc_bounds(ag.Tensor([1e200], requires_grad=True))


def test_in_place_writes_into_an_output_leave_the_factors_alone():
    t = ag.Tensor(np.diag([3.0, 1.0]), requires_grad=True)
    u, s, vh = ag.svd(t)
    s *= 2.0
    s[0] = 0.0
    (s.sum() + (u * vh).sum()).backward()
    np.testing.assert_allclose(t.grad, [[0, 0], [0, 2]], atol=1e-15)


def test_drawing_names_each_output():
    t = ag.Tensor(np.diag([3.0, 1.0]), requires_grad=True, name="A")
    text = ag.draw((ag.svd(t).S ** 2).sum()).source
    assert "svd(A)" in text and "svd.S" in text
    both = ag.svd(t)
    g = ag.draw(((both.U @ both.Vh) ** 2).sum())
    assert all(name in g.source for name in ("svd(A)", "svd.U", "svd.Vh", "∂L/∂A"))
