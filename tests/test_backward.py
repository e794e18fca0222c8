"""What backward() does: where gradients go, when memory goes, which switches hold where."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import (
    AnomalyError,
    ConversionError,
    DTypeError,
    GraphError,
    ShapeError,
)

X = np.array([0.7, -1.2, 0.4])
V = np.array([1.0, -0.5, 2.0])


def leaf(x, **kwargs):
    return ag.Tensor(x, requires_grad=True, **kwargs)


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


# -- accumulation and freeing ------------------------------------------------------------------


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


# -- gradients are arrays of their own -----------------------------------------------------------

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


# -- dtypes and shapes ---------------------------------------------------------------------------

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


# -- hooks and retained gradients ----------------------------------------------------------------


def test_retain_grad_fills_intermediate_gradients():
    x = leaf(X)
    h = np.exp(x)
    h.retain_grad()
    assert h.grad is None
    (h * h).sum().backward(retain_graph=True)
    close(h.grad, 2 * np.exp(X))
    (h * h).sum().backward()
    close(h.grad, 4 * np.exp(X))
    h.zero_grad()
    assert h.grad is None
    assert np.exp(x).grad is None


def test_retained_gradients_are_arrays_of_their_own():
    x = leaf(X)
    h = x + 1.0
    h.retain_grad()
    (h + 2.0).backward(V, retain_graph=True)
    h.grad[...] = 99.0
    np.testing.assert_array_equal(x.grad, V)
    s = h.sum()
    s.retain_grad()
    s.backward()
    assert type(s.grad) is np.ndarray
    assert s.grad.shape == ()


def test_retain_grad_refuses_what_backward_never_reaches():
    with pytest.raises(GraphError, match=r"retain_grad: .* does not require grad"):
        ag.Tensor(X).retain_grad()
    leaf(X).retain_grad()  # harmless: a leaf keeps its gradient anyway


def test_a_hook_sees_the_complete_gradient_once():
    x = leaf(X)
    seen = []
    h = np.sin(x)
    h.register_hook(lambda g: seen.append(("h", g.copy())))
    x.register_hook(lambda g: seen.append(("x", g.copy())))
    (h * h + h + x).sum().backward()
    assert [name for name, _ in seen] == ["h", "x"]
    close(seen[0][1], 2 * np.sin(X) + 1)
    close(seen[1][1], x.grad)


def test_a_hook_replaces_the_gradient():
    x = leaf(X)
    h = x * 2.0
    h.retain_grad()
    h.register_hook(lambda g: g * 10.0)
    h.register_hook(lambda g: g + 1.0)
    x.register_hook(lambda g: -g)
    h.sum().backward()
    close(x.grad, np.full(3, -22.0))
    close(h.grad, np.full(3, 11.0))


def test_a_removed_hook_is_silent():
    x = leaf(X)
    hook = x.register_hook(lambda g: g * 0.0)
    hook.remove()
    hook.remove()
    x.sum().backward()
    close(x.grad, np.ones(3))


def test_a_hook_of_the_wrong_shape():
    x = leaf(X)
    x.register_hook(lambda g: g.sum())
    with pytest.raises(ShapeError, match=r"register_hook: .*shape \(\).*gradient of shape \(3,\)"):
        x.sum().backward()


def test_a_hooks_result_is_cast_to_the_tensors_dtype():
    x = leaf(X.astype(np.float32))
    x.register_hook(lambda g: [1, 2, 3])
    x.sum().backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, [1, 2, 3])


def test_a_hook_in_the_users_complex_convention():
    z = leaf([1 + 2j])
    seen = []
    h = z * 1.0
    h.register_hook(lambda g: seen.append(g.copy()))
    (h.real + 2 * h.imag).sum().backward()
    np.testing.assert_array_equal(seen[0], [1 + 2j])
    np.testing.assert_array_equal(z.grad, [1 + 2j])


def test_a_hook_that_writes_its_argument_changes_no_other_gradient():
    x, y = leaf(X), leaf(V)

    def spoil(g):
        try:
            g *= 100.0
        except ValueError:  # read-only
            pass

    x.register_hook(spoil)
    (x + y).backward(np.ones(3))
    np.testing.assert_array_equal(y.grad, np.ones(3))


def test_a_hook_that_keeps_its_argument_is_not_shown_later_changes():
    x = leaf(X)
    kept = []
    x.register_hook(kept.append)
    (x * V).sum().backward()
    x.grad[...] = 0.0
    np.testing.assert_array_equal(kept[0], V)


def test_a_hook_on_a_constant_is_refused():
    with pytest.raises(GraphError, match=r"register_hook: .* does not require grad"):
        ag.Tensor(X).register_hook(print)


def test_a_hook_may_run_another_backward():
    x, y = leaf(2.0), leaf(3.0)
    x.register_hook(lambda g: (y * y).backward())
    (x * x).backward()
    assert x.grad == 4.0
    assert y.grad == 6.0


# -- depth, memory ---------------------------------------------------------------------------------


def test_deep_chains_need_no_recursion():
    limit = sys.getrecursionlimit()
    x = leaf(1.0)
    y = x
    for _ in range(200_000):
        y = y + 1.0
    y.backward()
    assert x.grad == 1.0
    del y
    assert sys.getrecursionlimit() == limit


def test_a_deep_chain_is_dropped_without_backward():
    y = x = leaf(np.ones(2))
    for _ in range(200_000):
        y = y * 1.0
    node = weakref.ref(y)
    del y
    assert node() is None
    assert x.grad is None


def test_a_deep_chain_of_views_and_writes():
    x = leaf(np.ones((2, 2)))
    y = x * 1.0
    for _ in range(3000):
        y = y.T
        y = y[:]
    z = y * 1.0
    for _ in range(3000):
        z += x
    z.sum().backward()
    np.testing.assert_array_equal(x.grad, np.full((2, 2), 3001.0))
    del y, z


def _step(x, w):
    h = np.tanh(x @ w)
    h[0] = h[1] * 2.0
    h.retain_grad()
    hook = h.register_hook(lambda g: g * 1.0)
    loss = (ag.softmax(h) * h).sum() + ag.checkpoint(lambda w: (w * w).sum())(w)
    slope = ag.gradients(loss, w, create_graph=True)
    (loss + (slope * slope).sum()).backward()
    hook.remove()
    ag.hessian(lambda v: (v * w[0]).sum() ** 2)(np.ones(3))
    ag.jvp(lambda v: np.sin(v * w), (np.ones(3),), (np.ones(3),))
    _, pullback = ag.vjp(lambda v: np.sin(v * w), np.ones(3))
    pullback(np.ones((3, 3)))
    with ag.no_grad():
        w -= 0.1 * w.grad
    w.zero_grad()


def test_no_reference_cycles():
    w = leaf(np.eye(3))
    x = np.ones((2, 3))
    _step(x, w)
    gc.collect()
    gc.disable()
    try:
        gc.set_debug(gc.DEBUG_SAVEALL)
        for _ in range(3):
            _step(x, w)
        found = gc.collect()
        garbage = [type(o).__name__ for o in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert found == 0, garbage


def test_a_refused_write_or_shape_leaves_no_cycle():
    w = leaf(X)
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            with pytest.raises(ShapeError):
                (w * 2) @ np.ones(4)
            with pytest.raises(ShapeError):
                (w * 2).backward()
        del _
        y = w * 3.0
        node = weakref.ref(y)
        del y
        assert node() is None
    finally:
        gc.enable()


UNREAD = {
    "add": lambda h: h + 1.0,
    "sum": lambda h: h.sum(),
    "mean": lambda h: h.mean(axis=0),
    "exp reads its output": np.exp,
    "tanh reads its output": np.tanh,
    "times a constant": lambda h: h * 3.0,
    "reading by an array": lambda h: h[[0, 1]],
    "constant matrix": lambda h: h @ np.ones((1000, 2)),
    "concatenate": lambda h: ag.concatenate([h, h]),
    "subtract": lambda h: 1.0 - h,
    "cast": lambda h: h.astype(np.float32),
    "sigmoid": ag.sigmoid,
}


@pytest.mark.parametrize("f", UNREAD.values(), ids=UNREAD.keys())
def test_an_activation_that_no_rule_reads_is_freed_at_once(f):
    x = leaf(np.ones(1000))
    h = x * 2.0
    array = weakref.ref(h._data)
    out = f(h)
    del h
    assert array() is None
    out.sum().backward()
    assert x.grad is not None


def test_an_activation_that_is_read_is_freed_by_backward():
    x = leaf(np.ones(1000))
    h = x * 2.0
    array = weakref.ref(h._data)
    y = (h * h).sum()
    del h
    assert array() is not None
    y.backward()
    assert array() is None


def test_unread_constants_are_not_kept():
    x, c = leaf(np.ones(1000)), np.ones(1000)
    array = weakref.ref(c)
    y = x + c
    del c
    assert array() is None
    y.sum().backward()
    close(x.grad, np.ones(1000))


def test_leaves_are_not_kept_by_a_dropped_graph():
    x = leaf(np.ones(3))
    here = weakref.ref(x)
    y = (x * x).sum()
    del x
    assert here() is not None
    del y
    assert here() is None


# -- switches --------------------------------------------------------------------------------------


def test_no_grad_and_enable_grad_nest():
    x = leaf(X)
    assert ag.is_grad_enabled()
    with ag.no_grad():
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
            with ag.no_grad():
                assert not np.exp(x).requires_grad
            assert (x @ x).requires_grad
        assert not ag.concatenate([x, x]).requires_grad
        assert not ag.is_grad_enabled()
    assert (x * 2).requires_grad


def test_switches_as_decorators():
    x = leaf(X)

    @ag.no_grad()
    def plain(n):
        """Documented."""
        return plain(n - 1) if n else (x * 2).requires_grad

    @ag.enable_grad()
    def recorded():
        return (x * 2).requires_grad

    assert plain.__name__ == "plain"
    assert plain.__doc__ == "Documented."
    assert plain(3) is False
    assert ag.is_grad_enabled()
    with ag.no_grad():
        assert recorded()
        assert not ag.is_grad_enabled()


def test_a_decorated_generator_is_covered_or_refused():
    x = leaf(X)
    try:

        @ag.no_grad()
        def results():
            yield (x * 2).requires_grad
            yield (x * 3).requires_grad

        got = list(results())
    except TypeError:
        return
    assert got == [False, False]
    assert ag.is_grad_enabled()


def test_one_switch_object_may_be_entered_again():
    switch = ag.no_grad()
    with switch:
        with switch:
            assert not ag.is_grad_enabled()
        assert not ag.is_grad_enabled()
    assert ag.is_grad_enabled()


def test_one_switch_object_may_be_entered_by_two_threads():
    switch = ag.no_grad()
    first_in, second_in, first_out, seen = (*(threading.Event() for _ in range(3)), [])

    def first():
        with switch:
            first_in.set()
            second_in.wait(10)
        seen.append(ag.is_grad_enabled())
        first_out.set()

    def second():
        with ag.no_grad():
            first_in.wait(10)
            with switch:
                second_in.set()
                first_out.wait(10)
            seen.append(ag.is_grad_enabled())
        seen.append(ag.is_grad_enabled())

    threads = [threading.Thread(target=f) for f in (first, second)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert seen == [True, False, True]


def test_an_exception_inside_a_switch_puts_it_back():
    for switch in (ag.no_grad, ag.detect_anomaly):
        with pytest.raises(KeyError), switch():
            raise KeyError
    assert ag.is_grad_enabled()
    x = leaf([0.0])
    np.sqrt(x).sum().backward()  # anomaly detection is off again
    with ag.no_grad(), pytest.raises(KeyError), ag.enable_grad():
        raise KeyError
    assert ag.is_grad_enabled()


def test_backward_under_no_grad():
    x = leaf(X)
    y = (x * x).sum()
    with ag.no_grad():
        y.backward()
    close(x.grad, 2 * X)


def test_the_switch_is_per_thread():
    seen, inside, done = [], threading.Event(), threading.Event()

    def worker():
        with ag.no_grad():
            inside.set()
            done.wait(10)
            seen.append(ag.is_grad_enabled())

    thread = threading.Thread(target=worker)
    thread.start()
    inside.wait(10)
    assert ag.is_grad_enabled()
    assert (leaf(X) * 2.0).requires_grad
    done.set()
    thread.join()
    assert seen == [False]
    assert ag.is_grad_enabled()


def test_graphs_of_many_threads_do_not_meet():
    def work(seed):
        w = leaf(np.random.default_rng(seed).normal(size=(4, 4)))
        for i in range(60):
            if i % 3 == seed % 3:
                with ag.no_grad():
                    assert not (w * 2).requires_grad
            ((np.tanh(w @ w) * w).sum()).backward()
            with ag.no_grad():
                w -= 0.01 * w.grad
            w.zero_grad()
        return w.data.copy()

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, range(8)))
    for seed, got in enumerate(together):
        np.testing.assert_array_equal(got, work(seed))


def test_a_graph_may_go_backward_in_another_thread():
    x = leaf(X)
    y = (np.exp(x) * x).sum()
    thread = threading.Thread(target=y.backward)
    thread.start()
    thread.join()
    close(x.grad, np.exp(X) * (1 + X))


# -- copies ----------------------------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda t: pickle.loads(pickle.dumps(t)),
    "pickle 2": lambda t: pickle.loads(pickle.dumps(t, protocol=2)),
}


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("data", [X, 2.5, np.ones((0, 2)), X.astype(np.float32), X + 1j])
@pytest.mark.parametrize("tracked", [True, False])
def test_copies_of_leaves(make, data, tracked):
    t = ag.Tensor(data, requires_grad=tracked, name="weights")
    if tracked:
        (t * t).backward(np.ones(t.shape))
    c = make(t)
    assert (c.name, c.dtype, c.shape) == ("weights", t.dtype, t.shape)
    assert c.requires_grad is tracked
    np.testing.assert_array_equal(c.data, t.data)
    if tracked:
        np.testing.assert_array_equal(c.grad, t.grad)
        before = t.grad.copy()
        c.grad[...] = 7.0
        np.testing.assert_array_equal(t.grad, before)
    before = t.data.copy()
    c.data[...] = 5.0
    np.testing.assert_array_equal(t.data, before)


@pytest.mark.parametrize("make", COPIES.values(), ids=COPIES.keys())
def test_recorded_tensors_cannot_be_copied(make):
    y = leaf(X) * 2.0
    with pytest.raises(GraphError, match=r"copy: got a recorded Tensor .*use t\.detach\(\)"):
        make(y)
    np.testing.assert_array_equal(make(y.detach()).data, 2 * X)


def test_deepcopy_keeps_shared_tensors_shared():
    w = leaf(X)
    a, b = copy.deepcopy([w, w])
    assert a is b
    assert a is not w


def test_silent_conversions_of_a_tracked_tensor_are_refused():
    x = leaf(2.0)
    for convert in (np.asarray, float, int, complex, np.array, lambda t: [1, 2, 3][t]):
        for t in (x, x * 1.0):
            with pytest.raises((ConversionError, TypeError, ValueError)) as caught:
                convert(t)
            text = str(caught.value) + str(caught.value.__cause__)
            assert "detach()" in text
    assert float(x.detach()) == 2.0
    assert x.item() == 2.0
    assert np.asarray(ag.Tensor(X)).tolist() == X.tolist()


# -- detect_anomaly --------------------------------------------------------------------------------


def test_anomaly_forward_names_op_index_and_line():
    x = leaf([1.0, 0.0])
    with np.errstate(all="ignore"), ag.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        np.log(x) * 2.0  # here
    text = str(caught.value)
    assert text.startswith("log (forward): got inf at index (1,)")
    assert "test_backward.py:" in text
    assert "np.log(x) * 2.0  # here" in text


def test_anomaly_forward_says_nan():
    x = leaf([1.0, -1.0])
    with (
        np.errstate(all="ignore"),
        ag.detect_anomaly(),
        pytest.raises(AnomalyError, match=r"sqrt \(forward\): got NaN at index \(1,\)"),
    ):
        np.sqrt(x)


def test_anomaly_does_not_blame_an_op_for_its_inputs():
    x = leaf([np.nan, np.inf])
    with ag.detect_anomaly():
        y = x * 2.0 + 1.0
    assert np.isnan(y.data[0])


def test_anomaly_backward_names_op_and_the_line_of_its_forward():
    x = leaf([4.0, 0.0])
    with ag.detect_anomaly():
        y = np.sqrt(x)  # the culprit
        z = (y * 3.0).sum()
        with pytest.raises(AnomalyError) as caught:
            z.backward()
    text = str(caught.value)
    assert text.startswith("sqrt (backward): got inf at index (1,) of a gradient of shape (2,)")
    assert "y = np.sqrt(x)  # the culprit" in text
    assert "test_backward.py:" in text


def test_anomaly_of_a_graph_recorded_outside():
    z = np.sqrt(leaf([0.0])).sum()
    with ag.detect_anomaly(), pytest.raises(AnomalyError, match="recorded outside detect_anomaly"):
        z.backward()


def test_anomaly_under_create_graph():
    x = leaf([0.0])
    with ag.detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt \(backward\)"):
        ag.gradients(np.sqrt(x).sum(), x, create_graph=True)


def test_anomaly_in_transforms():
    with ag.detect_anomaly(), pytest.raises(AnomalyError, match=r"sqrt \(backward\)"):
        ag.grad(lambda x: np.sqrt(x).sum())(np.zeros(2))


def test_anomaly_changes_no_result():
    x = leaf(X)
    with ag.detect_anomaly():
        y = (np.exp(x) * np.tanh(x)[::-1]).sum()
        y.backward()
    expected = ag.grad(lambda x: (np.exp(x) * np.tanh(x)[::-1]).sum())(X)
    np.testing.assert_array_equal(x.grad, expected)


def test_anomaly_is_off_outside():
    x = leaf([0.0])
    with ag.detect_anomaly():
        pass
    np.sqrt(x).sum().backward()
    assert np.isinf(x.grad[0])
