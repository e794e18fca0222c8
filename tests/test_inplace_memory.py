"""Writes into memory that a graph has kept: never a silently wrong gradient."""

from __future__ import annotations

import numpy as np
import pytest
from inplace_tools import leaf

import autograd_lite as ag
from autograd_lite.errors import DTypeError, InPlaceError

ONES = np.ones((2, 2))
VIEWS = [
    lambda w: w.T, lambda w: w[...], lambda w: w[None][0], lambda w: w.reshape(-1).reshape(2, 2),
    lambda w: np.swapaxes(w, 0, 1), lambda w: np.flip(w), lambda w: np.moveaxis(w, 0, 1),
    lambda w: w.real, lambda w: np.broadcast_to(w, (2, 2)), lambda w: np.stack([*w]),
]  # fmt: skip
WRITES = {
    "*=": lambda w: w.__imul__(5), "[...] =": lambda w: w.__setitem__(..., 5.0),
    "data -=": lambda w: setattr(w, "data", w.data.__isub__(7)),
    "out=": lambda w: np.multiply(w, 5, out=w), "through a view": lambda w: w.T.__imul__(5),
}  # fmt: skip


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("ask", ["gradients", "backward", "vjp"])
def test_a_leaf_written_after_a_view_of_it_was_used(view, write, ask):
    w, x = leaf(ONES), leaf([1.0, 1.0])
    if ask == "vjp":
        _, pull = ag.vjp(lambda x: x @ view(w), x)
    else:
        y = (x @ view(w)).sum()
    with ag.no_grad():
        WRITES[write](w)
    try:
        if ask == "gradients":
            got = ag.gradients(y, x).data
        elif ask == "vjp":
            got = pull(np.ones(2))[0]
        else:
            y.backward()
            got = x.grad
    except InPlaceError:
        return  # refused
    np.testing.assert_array_equal(getattr(got, "data", got), [2, 2])  # or right


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("cut", [lambda t: t.detach(), ag.stop_gradient], ids=["detach", "stop"])
@pytest.mark.parametrize("recording", [True, False])
def test_a_view_that_was_cut_off_has_its_own_memory(view, cut, recording):
    w, x = leaf(ONES), leaf([1.0, 1.0])
    with ag.enable_grad() if recording else ag.no_grad():
        constant = cut(view(w))
    y = (x @ constant).sum()
    with ag.no_grad():
        w *= 5
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 2])


def test_the_value_that_jvp_gives_has_its_own_memory():
    w, x = leaf(ONES), leaf([1.0, 1.0])
    constant = ag.jvp(lambda w: w[:], (w,), (w,))[0].detach()
    y = (x @ constant).sum()
    with ag.no_grad():
        w *= 5
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 2])


def test_an_input_without_a_rule_is_kept_apart():
    for f in (lambda w, x: np.where(w, x, 0), lambda w, x: np.copysign(x, w - 0.5)):
        w, x = leaf([1.0, 0.0]), leaf([3.0, 4.0])
        for given in (w, w[:]):
            y = f(given, x).sum()
            expected = ag.gradients(y, x, retain_graph=True).data
            with ag.no_grad():
                w[...] = w.data[::-1].copy()
            np.testing.assert_array_equal(ag.gradients(y, x).data, expected)


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros_like(leaf(2.0)), lambda: ag.full_like(leaf(2.0), 0.0),
        lambda: ag.Tensor(0.0), lambda: ag.Tensor(np.array(0.0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "handle",
    [
        lambda t: None, lambda t: t.data, lambda t: t.numpy(), lambda t: t.__setitem__(..., 0.0),
        lambda t: t.fill(0.0), lambda t: np.copyto(t, 0.0),
    ],
)  # fmt: skip
def test_numbers_that_a_graph_keeps_are_not_written_over(make, handle):
    s, acc = leaf(2.0), make()
    handle(acc)
    total = 0.0
    for _ in range(3):
        total = total + s * acc
        acc += 1
    acc[...] = 9.0
    total.backward()
    assert s.grad == 0 + 1 + 2


def test_a_number_that_becomes_a_leaf_is_copied():
    s, w = leaf(2.0), ag.Tensor(3.0)
    held = w.data
    z = s * w
    w.requires_grad = True
    with ag.no_grad():
        w += 1
    z.backward()
    assert s.grad == 3
    assert held == 3


@pytest.mark.parametrize("shape", [(), (2,), (2, 2)])
def test_out_is_written_as_every_tensor_is(shape):
    x, u = leaf(np.full(shape, 2.0)), ag.Tensor(np.full(shape, 3.0))
    z = (x * u).sum()
    assert np.add(u, 1, out=u) is u
    np.testing.assert_array_equal(u.data, np.full(shape, 4.0))
    z.backward()
    np.testing.assert_array_equal(x.grad, np.full(shape, 3.0))
    quotient, rest = ag.Tensor(np.zeros(shape)), ag.Tensor(np.zeros(shape))
    np.divmod(x * 3.5, 2.0, out=(quotient, rest))
    np.testing.assert_array_equal(quotient.data, np.full(shape, 3.0))
    np.testing.assert_array_equal(rest.data, np.full(shape, 1.0))
    np.testing.assert_array_equal(ag.gradients(rest.sum(), x).data, np.full(shape, 3.5))


def test_out_of_a_leaf_and_of_a_view():
    w = leaf([3.0, 4.0])
    z = (w * w).sum()
    with pytest.raises(InPlaceError, match=r"setitem: got a leaf .* requires grad"):
        np.add(w, 1, out=w)
    with ag.no_grad():
        v = w[:1]
        np.add(v, 1.0, out=v)
    np.testing.assert_array_equal(w.data, [4, 4])
    with pytest.raises(InPlaceError, match="written in place"):
        z.backward()
    u = ag.Tensor([1.0, 2.0, 3.0])
    v = u[::2]
    apart, shared = np.ravel(v), v.reshape(2)  # of strided entries ravel makes a copy
    np.add(v, 1, out=v)
    assert (u.data.tolist(), apart.data.tolist(), shared.data.tolist()) == (
        [2, 2, 4], [1, 3], [2, 4],
    )  # fmt: skip
    detached = (leaf([1.0]) * 2.0).detach()
    assert np.add(detached, 1.0, out=detached).data.tolist() == [3.0]


def test_out_casts_and_masks_as_numpy():
    x = leaf([0.5, 7.0])
    out = ag.Tensor([9.0, 9.0], dtype=np.float32)
    np.arctanh(x, out=out, where=x.data < 1)  # no warning of what is not asked for
    np.testing.assert_allclose(out.data, [np.arctanh(0.5), 9.0], rtol=1e-6)
    np.testing.assert_allclose(ag.gradients(out.sum(), x).data, [1 / 0.75, 0], rtol=1e-6)
    with pytest.raises(TypeError, match="same_kind"):
        np.add(x, 1.5, out=ag.Tensor([1, 2]))
    with pytest.raises(TypeError, match="same_kind"):
        np.add([1.0, 2.0], 1.5, out=ag.Tensor([1, 2]))
    with pytest.raises(ValueError, match="broadcast"):
        np.add(x, 1.5, out=ag.Tensor([1.0, 2.0, 3.0]))


def test_operators_on_bits_are_in_place():
    for name in ("__iand__", "__ior__", "__ixor__", "__ilshift__", "__irshift__"):
        z, x = ag.Tensor([1, 2, 7]), np.array([1, 2, 7])
        view, same = z[1:], z
        getattr(z, name)(3)
        getattr(x, name)(3)
        assert same is z
        np.testing.assert_array_equal(z.data, x)
        np.testing.assert_array_equal(view.data, x[1:])
    z = ag.Tensor([True, False])
    z |= np.array([False, True])
    assert z.data.tolist() == [True, True]
    with pytest.raises(DTypeError, match=r"bitwise_or \(in place\)"):
        leaf([1.0]).__mul__(2.0).__ior__(1)


def test_a_retained_gradient_stays_with_the_tensor():
    x = leaf([1.0, 2.0])
    y = x * 2.0
    y.retain_grad()
    y += 1.0
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.grad, 2 * (2 * x.data + 1))


def test_add_at_refuses_what_would_lose_a_gradient():
    with pytest.raises(DTypeError, match=r"np\.add\.at: .*gradient would be lost"):
        np.add.at(ag.Tensor([1, 2, 3]), [0], leaf(2.0))
    with pytest.raises(DTypeError, match=r"np\.add\.at: .*imaginary part would be lost"):
        np.add.at(ag.Tensor([1.0, 2.0]), [0], leaf(2j))
