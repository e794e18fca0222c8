"""Hooks, retained gradients, deep graphs, and what is freed when."""

from __future__ import annotations

import gc
import sys
import weakref

import numpy as np
import pytest
from backward_tools import V, X, close, leaf

import autograd_lite as ag
from autograd_lite.errors import (
    GraphError,
    ShapeError,
)

# -- hooks and retained gradients ------------------------------------------------------------------


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


@pytest.mark.parametrize("of_leaf", [True, False])
def test_a_hook_may_compute_with_tensors(of_leaf):
    x = leaf([3.0, -4.0])
    y = x * x
    (x if of_leaf else y).register_hook(lambda g: ag.clip(2.0 * ag.Tensor(g), -1.5, 1.5))
    y.sum().backward()
    assert type(x.grad) is np.ndarray
    np.testing.assert_array_equal(x.grad, [1.5, -1.5] if of_leaf else [9.0, -12.0])


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
    array = weakref.ref(h._value)
    out = f(h)
    del h
    assert array() is None
    out.sum().backward()
    assert x.grad is not None


def test_an_activation_that_is_read_is_freed_by_backward():
    x = leaf(np.ones(1000))
    h = x * 2.0
    array = weakref.ref(h._value)
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
