"""no_grad and enable_grad, copies, detect_anomaly."""

from __future__ import annotations

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from backward_tools import X, close, leaf

import autograd_lite as ag
from autograd_lite.errors import (
    AnomalyError,
    ConversionError,
    GraphError,
)

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
    with pytest.raises(GraphError, match=r"copy: got a recorded Tensor .*or t\.detach\(\)"):
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
    assert "test_switches.py:" in text
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
    assert "test_switches.py:" in text


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


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.jvp(np.sqrt, (x,), (np.ones(2),)),
        lambda x: ag.jacobian(np.sqrt)(x),
        lambda x: ag.jacobian(lambda x: np.linalg.svd(np.outer(np.sqrt(x), x))[1])(x),
    ],
)
def test_anomaly_in_forward_mode_names_op_and_line(f):
    with ag.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        f(np.array([4.0, 0.0]))
    text = str(caught.value)
    assert text.startswith("sqrt (forward mode): got inf at index (1,) of a tangent of shape (2,)")
    assert "test_switches.py:" in text


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.hessian(lambda x: (x**1.5).sum())(x),
        lambda x: ag.jvp(ag.grad(lambda x: (x**1.5).sum()), (x,), (np.ones(2),)),
        lambda x: ag.grad(lambda x: ag.grad(lambda x: (x**1.5).sum())(x).sum())(x),
        lambda x: ag.hvp(lambda x: (x**1.5).sum(), (x,), (np.ones(2),)),
    ],
)
def test_anomaly_at_second_order_names_the_rule_and_its_line(f):
    with ag.detect_anomaly(), pytest.raises(AnomalyError) as caught:
        f(np.array([4.0, 0.0]))
    text = str(caught.value)
    assert "the op was recorded by the rule of power_constant, at test_switches.py:" in text
    assert "x**1.5" in text


def test_anomaly_behind_a_mask_is_none():
    def f(x):
        return np.where(x > 0, np.sqrt(np.maximum(x, 0)), 0.0)

    x = np.array([4.0, 0.0, -1.0])
    with ag.detect_anomaly():
        assert ag.grad(lambda x: f(x).sum())(x).tolist() == [0.25, 0, 0]
        assert ag.jvp(f, (x,), (np.ones(3),))[1].tolist() == [0.25, 0, 0]
        assert ag.jacobian(f)(x).diagonal().tolist() == [0.25, 0, 0]


def test_anomaly_finds_nan_among_infinities():
    x = leaf([1.0, np.inf])
    with np.errstate(all="ignore"), ag.detect_anomaly():
        assert np.isinf((x + 1.0).data[1])  # an infinity from one is no news
        with pytest.raises(AnomalyError, match=r"subtract \(forward\): got NaN at index \(1,\)"):
            x - x
        with pytest.raises(AnomalyError, match=r"from infinite inputs, at test_switches\.py:"):
            x * 0.0
        w, g = leaf([2.0, 3.0]), np.array([1.0, 0.0])
        y = w * x
        with pytest.raises(AnomalyError, match=r"multiply \(backward\): got NaN .* values of"):
            y.backward(g)  # 0 * inf


def test_anomaly_within_a_checkpoint_names_op_and_line():
    def block(v):
        w = v * 2.0
        return np.sqrt(w)  # the culprit

    x = leaf([4.0, 0.0])
    with ag.detect_anomaly():
        y = ag.checkpoint(block)(x).sum()
        with pytest.raises(AnomalyError) as caught:
            y.backward()
    assert str(caught.value).startswith("sqrt (backward): got inf at index (1,)")
    assert "return np.sqrt(w)  # the culprit" in str(caught.value)
