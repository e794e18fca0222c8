"""``gradients`` of recorded graphs, and ``checkpoint``."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from functional_tools import V, X, close, leaf
from oracle import numerical_gradient

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, GraphError, ShapeError

# -- gradients -------------------------------------------------------------------------------------


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


# -- checkpoint ------------------------------------------------------------------------------------


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
            alive.append(weakref.ref(x._value))
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
    held = weakref.ref(h._value)
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


def closes_over_recorded(write):
    w = ag.Tensor([2.0, 3.0], requires_grad=True)
    y = ag.zeros((3, 2))
    y[0] = w
    z = ag.checkpoint(lambda a: y[0] * a)(ag.Tensor([1.0, 1.0], requires_grad=True))
    if write:
        y[0] = 7.0
    z.sum().backward()
    return w.grad


def closes_over_plain(write):
    n, a = np.array([2.0, 3.0]), ag.Tensor([1.0, 1.0], requires_grad=True)
    z = ag.checkpoint(lambda a: n * a)(a)
    if write:
        n[1] = 7.0
    z.sum().backward()
    return a.grad


def is_given_an_array(write):
    n, a = np.array([2.0, 3.0]), ag.Tensor([1.0, 1.0], requires_grad=True)
    z = ag.checkpoint(lambda a, n: n * a)(a, n)
    if write:
        n[1] = 7.0
    z.sum().backward()
    return a.grad


def writes_itself(write):
    a, total = ag.Tensor([1.0, 2.0], requires_grad=True), ag.zeros(2)

    def step(a):
        if write:
            total[...] = total + a
        return (total + a) ** 2

    ag.checkpoint(step)(a).sum().backward()
    return a.grad


def reads_what_it_is_written_into(write):
    x = ag.Tensor(np.full((3, 2), 1.5), requires_grad=True)
    y = np.zeros_like(x)
    y[0] = x[0]
    z = ag.checkpoint(lambda a: y[0] * a)(x[1])
    if write:
        y[1] = z
    (y.sum() + z.sum()).backward()
    return x.grad


def draws(write):
    rng, a = np.random.default_rng(0), ag.Tensor([1.0, 2.0], requires_grad=True)
    z = ag.checkpoint(lambda a: a * (rng.normal(size=2) if write else 1.0))(a)
    z.sum().backward()
    return a.grad


@pytest.mark.parametrize(
    ("f", "right"),
    [
        (closes_over_recorded, [1, 1]), (closes_over_plain, [2, 3]), (is_given_an_array, [2, 3]),
        (writes_itself, [2, 4]), (draws, [1, 1]),
        (reads_what_it_is_written_into, [[2.5, 2.5], [1.5, 1.5], [0, 0]]),
    ],
)  # fmt: skip
def test_a_checkpoint_that_would_be_run_otherwise_is_refused(f, right):
    assert f(False).tolist() == right
    with pytest.raises(ag.errors.InPlaceError, match="checkpoint: got"):
        f(True)


def test_gradients_of_what_was_written_after_use_are_refused():
    t = ag.Tensor(np.ones((3, 2)), requires_grad=True)
    o = (t * 2).named("o")
    row, held = o[0], o[1]
    loss = (o**2).sum() + (row**2).sum()
    np.testing.assert_array_equal(
        ag.gradients(loss, o, retain_graph=True), [[8, 8], [4, 4], [4, 4]]
    )
    o[2] = 1.0
    assert ag.gradients(loss, row, retain_graph=True).tolist() == [4, 4]  # it lies elsewhere
    assert ag.gradients(loss, held, retain_graph=True).tolist() == [0, 0]
    o[0] = 3.0
    assert row.tolist() == [3, 3]
    for x in (o, row):
        with pytest.raises(ag.errors.GraphError, match=r"gradients: .*written after the outputs"):
            ag.gradients(loss, x, retain_graph=True)
    with pytest.raises(ag.errors.GraphError, match="'o' of shape"):
        ag.gradients(loss, o, retain_graph=True)
    np.testing.assert_array_equal(ag.gradients(loss, t), [[16, 16], [8, 8], [8, 8]])
    later = (o * 3).sum()
    np.testing.assert_array_equal(ag.gradients(later, o), np.full((3, 2), 3.0))
