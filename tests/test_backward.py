"""What backward() does: where gradients go, when memory goes, which switches hold where."""

from __future__ import annotations

import numpy as np
import pytest
from backward_tools import V, X, close, leaf

import autograd_lite as ag
from autograd_lite.errors import (
    DTypeError,
    GraphError,
    ShapeError,
)

# -- accumulation and freeing ----------------------------------------------------------------------


def test_gradients_add_up_over_backward_calls():
    x = leaf(X)
    (x * x).sum().backward()
    first = x.grad
    np.sin(x).sum().backward()
    close(x.grad, 2 * X + np.cos(X))
    close(first, 2 * X)
    x.zero_grad()
    assert x.grad is None


def test_a_tensor_used_many_times():
    x = leaf(X)
    y = x * x + x / x + x - x + (x @ x) * x
    y.sum().backward()
    close(x.grad, 2 * X + X @ X + 2 * X * X.sum())


def test_a_diamond_of_shared_results():
    x = leaf(2.0)
    y = x
    for _ in range(50):
        y = y + y
    y.backward()
    assert x.grad == 2.0**50


def test_backward_of_a_leaf():
    x = leaf(3.0)
    x.backward()
    assert x.grad == 1.0
    v = leaf(X)
    v.backward(V)
    np.testing.assert_array_equal(v.grad, V)


def test_retain_graph_and_the_second_backward():
    x = leaf(X)
    y = (np.exp(x) * x).sum()
    y.backward(retain_graph=True)
    once = x.grad
    y.backward()
    close(x.grad, 2 * once)
    with pytest.raises(GraphError, match=r"freed by an earlier backward; pass retain_graph=True"):
        y.backward()
    close(x.grad, 2 * once)


def test_a_freed_part_shared_by_another_result():
    x = leaf(X)
    h = np.exp(x)
    a, b = (h * h).sum(), h.sum()
    a.backward()
    with pytest.raises(GraphError, match=r"at exp, shape \(3,\)"):
        b.backward()


def test_an_error_in_backward_leaves_the_graph_whole_and_no_gradients():
    x, w = leaf(X), leaf(V)
    y = (x * w).sum() + np.exp(x).sum()

    def refuse(g):
        raise KeyError("mine")

    hook = w.register_hook(refuse)
    with pytest.raises(KeyError, match="mine"):
        y.backward()
    assert x.grad is None
    assert w.grad is None
    hook.remove()
    y.backward()
    close(x.grad, V + np.exp(X))


def test_backward_of_nothing():
    for t in (ag.Tensor(1.0), ag.Tensor(1.0) * 2):
        with pytest.raises(GraphError, match=r"backward: .*depends on nothing that requires grad"):
            t.backward()
    with ag.no_grad():
        y = leaf(1.0) * 2.0
    with pytest.raises(GraphError, match=r"outside no_grad\(\)"):
        y.backward()


def test_seed_of_a_non_scalar():
    x = leaf(X)
    with pytest.raises(ShapeError, match=r"shape \(3,\), expected a scalar; pass gradient="):
        (x * 2).backward()
    with pytest.raises(ShapeError, match=r"gradient of shape \(2,\) for an output of shape \(3,\)"):
        (x * 2).backward(np.ones(2))
    (x * 2).backward(V)
    close(x.grad, 2 * V)
    (x * 2).backward([1, 2, 3])
    close(x.grad, 2 * V + 2 * np.array([1, 2, 3]))


def test_a_complex_seed_of_a_real_output_is_refused():
    # Taking its real part would drop what was asked for in silence; PyTorch refuses it too.
    with pytest.raises(DTypeError, match="complex128"):
        (leaf(X) * 2.0).backward(V * 1j)


def test_size_one_needs_no_seed():
    x = leaf([[2.0]])
    (x * x).backward()
    np.testing.assert_array_equal(x.grad, [[4.0]])


def test_a_seed_that_is_tracked_counts_as_its_values():
    x, v = leaf(X), leaf(V)
    (x * x).backward(v)
    assert type(x.grad) is np.ndarray
    close(x.grad, 2 * X * V)
    assert v.grad is None


def test_a_seed_is_not_changed_nor_kept():
    x, v = leaf(X), V.copy()
    (x + 1.0).backward(v)
    x.grad[0] = 50.0
    np.testing.assert_array_equal(v, V)
    y = leaf(X)
    y.backward(v)
    v[0] = 99.0
    np.testing.assert_array_equal(y.grad, V)


# -- gradients are arrays of their own -------------------------------------------------------------

SHARING = {
    "x + y": lambda x, y: x + y,
    "x - y": lambda x, y: x - y,
    "stack": lambda x, y: ag.stack([x, y]),
    "concatenate": lambda x, y: ag.concatenate([x, y]),
    "reshape": lambda x, y: x.reshape(3, 1) + y.reshape(3, 1),
    "transposes": lambda x, y: x.T + y.T,
    "flip": lambda x, y: x[::-1] + y[::-1],
    "copies": lambda x, y: x.copy() + y.copy(),
    "broadcast": lambda x, y: ag.broadcast_to(x, (2, 3)) + y,
    "where": lambda x, y: ag.where(True, x, y) + y,
    "+x": lambda x, y: +x + +y,
    "identity of checkpoint": lambda x, y: ag.checkpoint(lambda x: x + y)(x),
    "x + y + x": lambda x, y: x + y + x + y,
    "einsum": lambda x, y: ag.einsum("i->i", x) + y,
    "real": lambda x, y: x.real + y.real,
}


@pytest.mark.parametrize("f", SHARING.values(), ids=SHARING.keys())
@pytest.mark.parametrize("seeded", [True, False])
def test_gradients_are_distinct_writeable_arrays(f, seeded):
    x, y = leaf(X), leaf(V)
    out = f(x, y)
    seed = np.random.default_rng(0).normal(size=out.shape)
    for _ in range(2):
        before = seed.copy()
        if seeded:
            out.backward(seed, retain_graph=True)
        else:
            (out * seed).sum().backward(retain_graph=True)
        kept = y.grad.copy()
        x.grad[...] = 99.0
        np.testing.assert_array_equal(y.grad, kept)
        np.testing.assert_array_equal(seed, before)
        assert x.grad.flags.writeable
        assert y.grad.flags.writeable


def test_a_large_gradient_is_writeable_too():
    x, y = leaf(np.zeros((100, 100))), leaf(np.zeros((100, 100)))
    (x.sum() + y.mean(axis=0).sum()).backward()
    x.grad += 1.0
    y.grad += 1.0
    np.testing.assert_array_equal(x.grad, np.full((100, 100), 2.0))


def test_grad_can_be_set():
    x = leaf(X)
    x.grad = V
    x.sum().backward()
    close(x.grad, V + 1)
    np.testing.assert_array_equal(V, [1.0, -0.5, 2.0])
    with pytest.raises(ShapeError, match=r"grad: got shape \(2,\), expected \(3,\)"):
        x.grad = np.zeros(2)
    x.grad = None
    assert x.grad is None


# -- dtypes and shapes -----------------------------------------------------------------------------

DTYPES = ["float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("a", DTYPES)
@pytest.mark.parametrize("b", [*DTYPES, "int32", "bool", "uint8"])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0, 3)])
def test_gradients_have_the_dtype_and_shape_of_their_input(a, b, shape):
    x = leaf(np.ones(shape, a))
    y = ag.Tensor(np.ones((3,), b), requires_grad=b in DTYPES)
    z = (x * y + y) / (x + 1)
    assert z.dtype == np.result_type(a, b)
    (z * z.conj()).real.sum().backward()
    assert x.grad.dtype == a
    assert x.grad.shape == shape
    assert type(x.grad) is np.ndarray
    if b in DTYPES:
        assert y.grad.dtype == b
        assert y.grad.shape == (3,)


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64"])
def test_python_numbers_never_promote(dtype):
    x = leaf(np.ones(3, dtype))
    y = 2 * (x**2 + 1.5) / 3 - 1 + x**0.5 + 2.0**x
    assert y.dtype == dtype
    assert (np.exp(x) * 1.0).mean().dtype == dtype
    s = leaf(np.ones((), dtype))
    assert (2.0 * s + 1).dtype == dtype


def test_integers_and_booleans_flow_through():
    x = leaf(X)
    mask, n = ag.Tensor(X > 0), ag.Tensor([1, 2, 3])
    y = (x * mask + n) * n // 1 + x * n
    y.sum().backward()
    close(x.grad, [1, 2, 3])
    assert not (n * 2).requires_grad


@pytest.mark.parametrize("data", [1, [1, 2], True, np.arange(3, dtype=np.uint8)])
def test_integers_cannot_require_grad(data):
    with pytest.raises(DTypeError, match=r"requires_grad: got dtype .*; write 1\.0 or dtype=float"):
        ag.Tensor(data, requires_grad=True)
    assert ag.Tensor(data, requires_grad=True, dtype=float).requires_grad


def test_a_cast_down_and_up():
    x = leaf(X)
    x.astype(np.float32).astype(np.float16).astype(np.float64).sum().backward()
    assert x.grad.dtype == np.float64
    x.zero_grad()
    assert not (x.astype(int) * 2.0).requires_grad
    z = x.astype(complex) * 1j
    (z.imag + z.real).sum().backward()
    assert x.grad.dtype == np.float64
    close(x.grad, np.ones(3))


def test_a_real_input_of_a_complex_expression_gets_a_real_gradient():
    x = leaf(X)
    w = np.array([1 + 2j, 3 - 1j, 0.5j])
    (np.abs(x * w + 1) ** 2).sum().backward()
    assert x.grad.dtype == np.float64
    close(x.grad, 2 * (X * np.abs(w) ** 2 + w.real))


def test_complex_outputs_need_a_direction():
    z = leaf([1 + 2j])
    with pytest.raises(DTypeError, match="complex output, whose gradient needs a direction"):
        (z * z).backward()
    (z * z).backward([1.0])
    close(z.grad, [2 - 4j])  # PyTorch's .grad for the same seed


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_empty_arrays(shape):
    x = leaf(np.zeros(shape))
    (np.exp(x) * x + x.sum()).sum().backward()
    assert x.grad.shape == shape
    x = leaf(np.zeros(shape))
    x.sum(axis=0).sum().backward()
    assert x.grad.shape == shape


def test_nan_and_inf_flow_as_in_ieee():
    x = leaf([0.0, np.nan, np.inf, 4.0])
    np.sqrt(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [np.inf, np.nan, 0.0, 0.25])
