"""In-place writes of leaves, and writes through ``.data``."""

from __future__ import annotations

import operator

import numpy as np
import pytest
from inplace_tools import U, X, close, leaf

import autograd_lite as ag
from autograd_lite.errors import DTypeError, InPlaceError, ShapeError

# -- leaves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda w: operator.setitem(w, 0, 1.0),
        lambda w: operator.iadd(w, 1.0),
        lambda w: operator.imul(w, 2.0),
        lambda w: operator.setitem(w[0:2], 0, 1.0),
        lambda w: operator.iadd(w.reshape(-1), 1.0),
        lambda w: operator.iadd(w.T, 1.0),
        lambda w: operator.iadd(w[0:2][1:], 1.0),
    ],
)
def test_a_leaf_or_its_view_cannot_be_written_while_recording(write):
    w = leaf(U, name="w")
    with pytest.raises(InPlaceError, match=r"leaf .*that requires grad.*no_grad\(\)"):
        write(w)
    np.testing.assert_array_equal(w.data, U)


def test_no_grad_writes_into_a_leafs_own_memory():
    w = leaf(U)
    memory = w.data
    with ag.no_grad():
        w += 1.0
        w[0] = 9.0
        w[1:] *= 2.0
        w[1:][0] -= 1.0
        w.reshape(1, 3)[0, 2] = 5.0
    assert w.data is memory
    assert w.requires_grad
    assert w.is_leaf
    np.testing.assert_array_equal(memory, [9.0, 2 * (U[1] + 1) - 1, 5.0])


def test_no_grad_takes_a_tracked_value_as_a_plain_one():
    w, g = leaf(U), leaf(X[0])
    with ag.no_grad():
        w -= 0.1 * g
        w[0] = g[0]
        w += g
    assert w.is_leaf
    np.testing.assert_allclose(w.data[1:], (U - 0.1 * X[0] + X[0])[1:])


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("multiply", lambda w: w * w),
        ("sin", np.sin),
        ("square", lambda w: w**2),
        ("matmul", lambda w: w @ w),
        ("power", lambda w: 2.0**w + np.power(w, np.array([2.0, 3.0, 2.0]))),
    ],
)
def test_a_leaf_written_after_its_values_were_used_is_named_at_backward(name, use):
    w = leaf(U + 2, name="weights")
    y = use(w).sum()
    with ag.no_grad():
        w += 1.0
    with pytest.raises(InPlaceError, match=rf"{name} \(backward\).*'weights'.*written in place"):
        y.backward()


def test_a_leaf_whose_values_no_rule_reads_may_be_written():
    w = leaf(U)
    y = (w * 3.0 + 1.0 - w / 2.0).sum() + np.exp(w).sum()
    expected = 2.5 + np.exp(U)
    with ag.no_grad():
        w += 1.0
    y.backward()
    close(w.grad, expected)


VIEWS = {
    "slice": lambda w: w[0:2],
    "row": lambda w: w[1],
    "reshape": lambda w: w.reshape(-1),
    "transpose": lambda w: w.T,
    "swapaxes": lambda w: w.swapaxes(0, 1),
    "squeeze": lambda w: w[:, :, None].squeeze(),
    "newaxis": lambda w: w[None],
    "flip": lambda w: ag.flip(w),
    "real": lambda w: w.real,
    "ravel": lambda w: w.ravel(),
    "moveaxis": lambda w: ag.moveaxis(w, 0, 1),
    "broadcast_to": lambda w: ag.broadcast_to(w, (2, 3, 3)),
    "expand_dims": lambda w: ag.expand_dims(w, 0),
    "split": lambda w: ag.split(w, 3)[1],
    "einsum": lambda w: ag.einsum("ij->ji", w),
    "diagonal": lambda w: ag.einsum("ii->i", w),
    "iteration": lambda w: next(iter(w)),
    "atleast_2d": ag.atleast_2d,
    "positive": lambda w: +w,
    "astype": lambda w: w.astype(float),
    "clip": lambda w: ag.clip(w, -100.0, 100.0),
    "x**1": lambda w: w**1,
    "checkpoint": ag.checkpoint(lambda w: w[0:2]),
    "checkpointed identity": ag.checkpoint(lambda w: w),
    "sum over nothing": lambda w: w.sum(axis=()),
    "max over nothing": lambda w: w.max(axis=()),
    "tile": lambda w: ag.tile(w, 1),
    "copy": lambda w: w.copy(),
    "where": lambda w: ag.where(True, w, 0.0),
    "concatenate": lambda w: ag.concatenate([w]),
    "pad": lambda w: ag.pad(w, 0),
    "array": ag.array,
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
def test_a_leaf_written_behind_a_view_is_refused_or_right(view):
    w = leaf(np.arange(9.0).reshape(3, 3))
    v = view(w)
    y = (v * v).sum()
    right = ag.gradients(y, w, retain_graph=True).data
    del v
    with ag.no_grad():
        w += 1.0
    try:
        y.backward()
    except InPlaceError:
        return
    np.testing.assert_array_equal(w.grad, right)


def test_a_gradient_of_a_leaf_is_refused_or_right_after_a_write():
    w = leaf([1.0, 2.0])
    slope = ag.grad(lambda w: (w**3).sum())(w)
    with ag.no_grad():
        w += 1.0
    try:
        slope.sum().backward()
    except InPlaceError:
        return
    np.testing.assert_array_equal(w.grad, [6.0, 12.0])


def _refused_or_right(make):
    w, x = leaf([1.0, 2.0]), leaf([1.0, 1.0])
    y = make(w, x).sum()
    right = ag.gradients(y, x, retain_graph=True).data
    with ag.no_grad():
        w += 1.0
    try:
        y.backward()
    except InPlaceError:
        return
    np.testing.assert_array_equal(x.grad, right)


def test_detached_leaf_written_later_is_refused_or_right():
    _refused_or_right(lambda w, x: x * w.detach())


def test_stopped_leaf_written_later_is_refused_or_right():
    _refused_or_right(lambda w, x: x * ag.stop_gradient(w))


def test_unrecorded_view_of_a_leaf_written_later_is_refused_or_right():
    def make(w, x):
        with ag.no_grad():
            v = w[0:2]
        return x * v

    _refused_or_right(make)


def test_closed_over_leaf_of_a_checkpoint_written_later_is_refused_or_right():
    _refused_or_right(lambda w, x: ag.checkpoint(lambda x: np.exp(x * w))(x))


def test_a_constant_that_became_a_leaf_and_was_written_is_refused_or_right():
    def make(w, x):
        w.requires_grad = False
        y = x * w
        w.requires_grad = True
        return y

    _refused_or_right(make)


def test_a_recorded_tensor_cannot_be_written_inside_no_grad():
    t = leaf(U) * 2.0
    with ag.no_grad():
        with pytest.raises(InPlaceError, match=r"add: .*recorded Tensor.*no_grad\(\)"):
            t += 1.0
        with pytest.raises(InPlaceError, match=r"setitem: .*recorded Tensor.*detach\(\)"):
            t[0] = 1.0


def test_a_recorded_view_of_a_leaf_cannot_be_written_inside_no_grad():
    v = leaf(U)[0:2]
    with ag.no_grad(), pytest.raises(InPlaceError, match="recorded"):
        v += 1.0


def test_training_steps_write_the_leaf_and_go_on():
    w = leaf([3.0, -2.0])
    for _ in range(50):
        (w * w).sum().backward()
        with ag.no_grad():
            w -= 0.1 * w.grad
        w.zero_grad()
    close(w.data, np.array([3.0, -2.0]) * 0.8**50)


# -- data ------------------------------------------------------------------------------------------


def test_data_of_a_recorded_result_is_read_only():
    y = np.exp(leaf(U))
    with pytest.raises(ValueError, match="read-only"):
        y.data[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        y.numpy()[...] = 1.0


def test_an_update_of_data_is_detected_at_backward():
    w = leaf(U)
    y = (w * w).sum()
    w.data -= 1.0
    with pytest.raises(InPlaceError, match=r"multiply \(backward\)"):
        y.backward()


def test_new_data_is_detected_at_backward():
    w = leaf(U)
    y = np.sin(w).sum()
    w.data = U + 1
    with pytest.raises(InPlaceError, match=r"sin \(backward\)"):
        y.backward()


def test_new_data_is_checked():
    w = leaf(U)
    with pytest.raises(ShapeError, match=r"data: got shape \(2,\), expected \(3,\)"):
        w.data = np.zeros(2)
    with pytest.raises(DTypeError, match="data: got dtype int64, expected float64"):
        w.data = np.array([1, 2, 3])
    with pytest.raises(ValueError, match="data: got a recorded result"):
        (w * 2).data = U


def test_detect_anomaly_finds_a_write_into_datas_array():
    w = leaf(U)
    with ag.detect_anomaly():
        y = (w * w).sum()
        w.data[0] = 5.0
        with pytest.raises(
            InPlaceError, match=r"multiply \(backward\).*was\s+written.*test_inplace"
        ):
            y.backward()


def test_detect_anomaly_finds_a_write_into_a_callers_array():
    w, a = leaf(U), U.copy()
    with ag.detect_anomaly():
        y = (w * a).sum()
        a += 1.0
        with pytest.raises(InPlaceError, match=r"multiply \(backward\)"):
            y.backward()


def test_a_saved_row_is_written_back_after_new_data():
    w = leaf(X)
    with ag.no_grad():
        row = w[1]
        w.data = np.zeros_like(X)
        w[1] = row
    np.testing.assert_array_equal(w.data, [[0.0, 0.0, 0.0], X[1]])
