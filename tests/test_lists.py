"""Lists with Tensors in them, where NumPy takes lists: connected, whichever function gets them."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import numerical_gradient

import autograd_lite as ag

V = np.array([0.6, 1.7])
X = np.arange(5.0)

# Functions of a vector v, given (np or ag) and a list of its two entries.
CALLS = {
    "dot": lambda m, a: m.dot(a, [2.0, 3.0]),
    "inner": lambda m, a: m.inner([a, a], a),
    "outer": lambda m, a: m.outer(a, a),
    "vdot": lambda m, a: m.vdot(a, a),
    "tensordot": lambda m, a: m.tensordot([a, a], a, axes=1),
    "einsum": lambda m, a: m.einsum("i,j->ij", a, a),
    "float_power": lambda m, a: m.float_power(a, 3),
    "frexp": lambda m, a: m.frexp(a)[0],
    "real_if_close": lambda m, a: m.real_if_close(a),
    "pinv": lambda m, a: m.linalg.pinv([a]),
    "matrix_power": lambda m, a: m.linalg.matrix_power([a, [0.5, 0.1]], -2),
    "hfft": lambda m, a: m.fft.hfft(a),
    "bincount": lambda m, a: m.bincount([0, 2], weights=a),
    "histogram": lambda m, a: m.histogram([0.5, 0.7, 0.7], bins=2, weights=[*a, a[0]])[0],
    "edges": lambda m, a: m.histogram(a, bins=2)[1],
    "density": lambda m, a: m.histogram([*a, 1.0], bins=2, density=True)[0],
    "histogram2d": lambda m, a: m.histogram2d(a, [0.0, 1.0], bins=2)[1],
    "histogramdd": lambda m, a: m.histogramdd([[0.1, 0.2]], bins=1, weights=a)[0],
    "bin_edges": lambda m, a: m.histogram_bin_edges(a, bins=3),
    "quantile": lambda m, a: m.quantile(X, [a[0] * 0.1, a[1] * 0.1]),
    "percentile": lambda m, a: m.percentile([1.0, *a], 30),
    "nanquantile": lambda m, a: m.nanquantile(X, [a[0] * 0.1, a[1] * 0.1]),
    "maximum": lambda m, a: m.maximum.reduce([a, [1.0, 1.5]]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_function_here(name):
    call = CALLS[name]
    t = ag.Tensor(V, requires_grad=True)
    out = call(ag, [t[0], t[1]])
    expected = np.asarray(call(np, [*V]))
    assert out.requires_grad
    np.testing.assert_allclose(out.data, expected, rtol=1e-13)
    weights = np.cos(np.arange(out.size)).reshape(out.shape)
    (out * weights).sum().backward()
    numeric = numerical_gradient(lambda v: np.sum(call(np, [*v]) * weights), V)
    np.testing.assert_allclose(t.grad, numeric, rtol=1e-6, atol=1e-7)


def updated(write):
    def f(v):
        z = ag.ones(2) if isinstance(v, ag.Tensor) else np.ones(2)
        write(z, [v[0] ** 2, v[1] ** 3])
        return (z * [2.0, 3.0]).sum()

    return f


@pytest.mark.parametrize(
    "write",
    [
        lambda z, a: z.__iadd__(a), lambda z, a: z.__isub__(a), lambda z, a: z.__imul__(a),
        lambda z, a: z.__itruediv__(a), lambda z, a: z.__ipow__(a), lambda z, a: z.__imod__(a),
        lambda z, a: z.__imatmul__([a, [1.0, 2.0]]), lambda z, a: z.__setitem__(slice(None), a),
        lambda z, a: z.__setitem__(z > 0, z[z > 0].__iadd__(a)),
        lambda z, a: np.add(z, a, out=z), lambda z, a: np.exp(a, out=z),
        lambda z, a: np.add(z, a, out=z, where=[True, False]), lambda z, a: np.add.at(z, [0, 1], a),
        lambda z, a: np.copyto(z, a), lambda z, a: np.put(z, [0, 1], a),
    ],
)  # fmt: skip
def test_written_into_a_tensor_that_was_not_tracked(write):
    f = updated(write)
    np.testing.assert_allclose(ag.grad(f)(V), numerical_gradient(f, V), rtol=1e-6, atol=1e-8)


def test_a_list_that_is_changed_afterwards_is_not_read_again():
    axes, weights = [0], np.array([[1.0, 2.0], [3.0, 4.0]])
    for f in (np.flip, lambda t, axis: np.roll(t, [1], axis), np.fft.fftshift):
        t = ag.Tensor(weights, requires_grad=True)
        axes[0] = 0
        out = f(t, axes)
        axes[0] = 1
        (out * weights).sum().backward()
        np.testing.assert_array_equal(t.grad, f(weights, [0]))


def test_a_view_that_is_no_index_may_be_written_under_none():
    for x in ([[0.0, 1.0], [2.0, 3.0]], [[1.0, 1.0], [5.0, 2.0]]):
        t = ag.Tensor(x, requires_grad=True) * 1.0
        t[None] = t.T
        np.testing.assert_array_equal(t.data, np.transpose(x))


def test_the_entries_in_a_row_of_what_is_not_contiguous_may_be_written():
    x = np.arange(6.0).reshape(2, 3)
    for turn in (np.transpose, lambda a: a[:, 1:], np.asfortranarray):
        plain = np.array(x)
        leaf = ag.Tensor(np.asfortranarray(x) if turn is np.asfortranarray else x)
        leaf.requires_grad = True
        t = leaf * 1.0
        view, part = (t, plain) if turn is np.asfortranarray else (turn(t), turn(plain))
        row = view.flat
        row[1] = 9.0
        part.flat[1] = 9.0
        np.testing.assert_array_equal(t.data, plain)
        t[0, 2] = 7.0
        plain[0, 2] = 7.0
        np.testing.assert_array_equal(row.data, list(part.flat))
        t.sum().backward()
        np.testing.assert_array_equal(leaf.grad, plain == x)
        with ag.no_grad():
            leaf.T.flat[1] = -1.0
        assert leaf.data[1, 0] == -1


def test_what_out_is_computed_from_is_left_alone():
    x = np.array([[0.5, 0.3], [0.2, 0.7]])
    t = ag.Tensor(x, requires_grad=True)
    for f in (np.median, np.nanmedian, lambda *a, **k: np.quantile(a[0], 0.5, **k)):
        out = ag.zeros(2)
        f(t, axis=0, overwrite_input=True, out=out)
        np.testing.assert_array_equal(t.data, x)
        np.testing.assert_allclose(out.data, np.median(x, axis=0))
    quotient, rest = np.divmod(ag.Tensor([7, 8]), 3, out=(np.zeros(2, int), None))
    assert (quotient.tolist(), rest.tolist()) == ([2, 2], [1, 2])
    t = ag.Tensor([1.0, 2.0], requires_grad=True) * 1.0
    t.conj()[0] = 9.0
    assert t.tolist() == [9, 2]


def test_a_tracked_initial_keeps_the_dtype():
    x, start = ag.Tensor(np.float32([1, 2]), requires_grad=True), ag.Tensor(2.0, requires_grad=True)
    for f in (np.prod, np.sum, np.max, np.add.reduce, np.multiply.reduce, np.maximum.reduce):
        out = f(x, initial=start)
        assert out.dtype == np.float32
        out.backward()
        assert start.grad.dtype == float
    assert np.prod(ag.Tensor([1, 2]), initial=ag.Tensor(1.5)).dtype == int
