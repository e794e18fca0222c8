"""Arrays filled and read row by row, and arrays joined of many: right, and in linear memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from oracle import numerical_gradient

import autograd_lite as ag


def filled(a, start, rows):
    y = ag.zeros((rows, len(start)))
    y[0] = start
    for i in range(rows - 1):
        y[i + 1] = ag.tanh(a @ y[i]) + y[i, ::-1]
    return y


def test_an_array_filled_row_by_row_is_not_kept_once_a_row():
    rows, width = 200, 50
    a = ag.Tensor(np.eye(width) * 0.3, requires_grad=True)
    tracemalloc.start()
    loss = filled(a, np.ones(width), rows).sum()
    loss.backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30 * rows * width * 8  # each row with what tanh keeps, not 200 whole arrays


def test_an_array_filled_row_by_row_has_its_gradient():
    rng = np.random.default_rng(0)
    a, start, weights = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(6, 3))

    def plain(a, start):
        y = np.zeros((6, 3))
        y[0] = start
        for i in range(5):
            y[i + 1] = np.tanh(a @ y[i]) + y[i, ::-1]
        return np.sum(y * weights)

    def loss(a, start):
        return (filled(a, start, 6) * weights).sum()

    for found, numeric in zip(
        ag.grad(loss, argnums=(0, 1))(a, start),
        (
            numerical_gradient(lambda v: plain(v, start), a),
            numerical_gradient(lambda v: plain(a, v), start),
        ),
        strict=True,
    ):
        np.testing.assert_allclose(found, numeric, rtol=1e-6, atol=1e-8)
    v = rng.normal(size=start.shape)
    np.testing.assert_allclose(
        ag.hvp(lambda s: loss(a, s), start, v),
        numerical_gradient(lambda s: ag.grad(lambda x: loss(a, x))(s) @ v, start),
        rtol=1e-5, atol=1e-7,
    )  # fmt: skip


def test_cotangents_that_were_given_out_are_not_written_over():
    x = ag.Tensor(np.arange(1.0, 7.0).reshape(3, 2), requires_grad=True)
    seen = []
    y = x * 2.0
    y.retain_grad()
    y.register_hook(lambda g: seen.append(g.copy()))
    z = y * 1.0
    z[1] = x[0] * 5.0
    z.retain_grad()
    loss = (z[0] * 3.0).sum() + (z[1] ** 2).sum() + (z[1] * z[2]).sum() + z.sum()
    middle = ag.gradients(loss, [y, z], retain_graph=True)
    seen.clear()
    loss.backward()
    whole = z.data
    expected = np.array([[4.0, 4.0], [*(2 * whole[1] + whole[2] + 1)], [*(whole[1] + 1)]])
    np.testing.assert_allclose(z.grad, expected)
    np.testing.assert_allclose(middle[1], expected)
    over = expected * [[1], [0], [1]]
    for g in (y.grad, seen[0], middle[0]):
        np.testing.assert_allclose(g, over)
    np.testing.assert_allclose(x.grad, 2 * over + [5 * expected[1], [0, 0], [0, 0]])


def test_what_else_holds_the_memory_keeps_what_it_had():
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2.0
    data, whole, row = y.data, y[:], y[0:1]
    square = y * y
    held = data.copy()
    y[0] = x[2]
    np.testing.assert_array_equal(data, held)
    assert whole.tolist() == [3, 4, 6]
    assert row.tolist() == [3]
    y[0] = x[1] * 10.0
    assert (whole.tolist(), row.tolist()) == ([20, 4, 6], [20])
    (square.sum() + y.sum() + row.sum()).backward()
    assert x.grad.tolist() == [8, 16 + 20 + 2, 24 + 2]
    z = x * 1.0
    with pytest.raises(ag.errors.ShapeError):
        z[0:2] = ag.ones(3) * x
    assert z.tolist() == [1, 2, 3]
    z[1:] = z[:-1]
    assert z.tolist() == [1, 1, 2]


@pytest.mark.parametrize(
    "index", [0, slice(0, 2), [0, 0, 2], (slice(None), 1), np.array([True, False, True]), (), None]
)
def test_rows_read_one_by_one_add_up(index):
    x = np.arange(1.0, 7.0).reshape(3, 2)
    t = ag.Tensor(x, requires_grad=True)
    rows = [t[index] * k for k in (1.0, 2.0, 3.0)]
    (sum(r.sum() for r in rows) + (t * t).sum()).backward()
    count = np.zeros_like(x)
    np.add.at(count, index, 6.0)
    np.testing.assert_allclose(t.grad, count + 2 * x)


@pytest.mark.parametrize("join", [ag.stack, ag.concatenate, ag.hstack, ag.array])
def test_a_join_of_many_tells_its_parts_apart(join):
    parts = [ag.Tensor([float(i), 1.0], requires_grad=True) for i in range(50)]
    whole = join(parts)
    weights = np.arange(float(whole.size)).reshape(whole.shape)
    (whole * weights).sum().backward()
    for part, g in zip(parts, weights.reshape(-1, 2), strict=True):
        np.testing.assert_array_equal(part.grad, g)


KEYS = [
    0, -2, slice(1, 3), slice(None, None, 2), slice(5, 1, -2), (3, 1), (slice(2, 4), 0), ...,
]  # fmt: skip
WRITES = [(2, 20.0), (slice(4, 6), 45.0), (-6, 60.0), ((1, 0), 10.0), ([0, 3], 30.0)]


def test_views_see_the_writes_that_reach_them():
    def seen(a):
        views = [a[k] for k in KEYS]
        return [*views, views[2][1]]

    t = ag.Tensor(np.arange(12.0).reshape(6, 2), requires_grad=True)
    y, x = t * 1.0, np.arange(12.0).reshape(6, 2)
    views, plain = seen(y), seen(x)
    for k, value in WRITES:
        y[k] = value
        x[k] = value
        views[2][0] += 1.0
        plain[2][0] += 1.0
        for view, p in zip(views, plain, strict=True):
            np.testing.assert_array_equal(view.data, p)
        np.testing.assert_array_equal(y.data, x)
    sum(v.sum() for v in views).backward()

    def total(a):
        views = seen(a)
        for k, value in WRITES:
            a[k] = value
            views[2][0] += 1.0
        return sum(np.sum(v) for v in views)

    numeric = numerical_gradient(lambda v: total(np.array(v)), t.data)
    np.testing.assert_allclose(t.grad, numeric, atol=1e-7)
