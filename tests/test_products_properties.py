"""Products of arrays over random shapes, subscripts, axes and dtypes, by hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import check
from hypothesis import given, settings, strategies as st
from oracle import inner, numerical_gradient

import autograd_lite as ag

SIZES = {"i": 2, "j": 3, "k": 1, "m": 2, "n": 0}


def _draw_array(data, shape, kind="f"):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**16)))
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if kind == "c" else x


def _check(f, arrays):
    """f of Tensors is f of arrays, and its gradients are the numerical ones."""
    expected = np.asarray(f(*arrays))
    leaves = [ag.Tensor(x, requires_grad=True) for x in arrays]
    out = f(*leaves)
    np.testing.assert_allclose(out.data, expected, rtol=1e-12, atol=1e-12)
    assert out.dtype == expected.dtype
    w = np.random.default_rng(0).normal(size=expected.shape).astype(expected.dtype)
    for i, (t, g) in enumerate(zip(leaves, ag.gradients(out, leaves, w), strict=True)):
        assert g.shape == t.shape
        assert g.dtype == t.dtype

        def number(x, i=i):
            return inner(w, f(*arrays[:i], x, *arrays[i + 1 :]))

        np.testing.assert_allclose(
            g.data, numerical_gradient(number, arrays[i]), rtol=1e-6, atol=1e-6
        )


@st.composite
def subscripts(draw):
    """einsum subscripts: repeated letters, letters of one operand, with and without an output."""
    count = draw(st.integers(1, 3))
    terms = [draw(st.text("ijkm", max_size=3)) for _ in range(count)]
    text = ",".join(terms)
    if draw(st.booleans()):
        known = sorted(set("".join(terms)))
        chosen = draw(st.lists(st.sampled_from(known), unique=True)) if known else []
        text += "->" + "".join(chosen)
    return text


@settings(max_examples=150, deadline=None)
@given(subscripts(), st.sampled_from("fc"), st.data())
def test_einsum(text, kind, data):
    terms = text.partition("->")[0].split(",")
    arrays = [_draw_array(data, tuple(SIZES[c] for c in t), kind) for t in terms]
    _check(lambda *xs: np.einsum(text, *xs), arrays)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.data())
def test_einsum_with_ellipsis(left, right, explicit, data):
    a = _draw_array(data, (*(2, 1)[2 - left :], 2, 3))
    b = _draw_array(data, (*(2, 3)[2 - right :], 3, 2))
    text = "...ij,...jk->...ik" if explicit else "...ij,...jk"
    _check(lambda a, b: np.einsum(text, a, b), [a, b])


batch = st.sampled_from([(), (1,), (2,), (3, 1), (3, 2), (0,), (1, 2)])


@settings(max_examples=100, deadline=None)
@given(
    batch, batch, st.integers(0, 3), st.booleans(), st.booleans(), st.sampled_from("fc"), st.data()
)
def test_matmul(left, right, inner_size, left_vector, right_vector, kind, data):
    try:
        np.broadcast_shapes(left, right)
    except ValueError:
        return
    a = (inner_size,) if left_vector else (*left, 2, inner_size)
    b = (inner_size,) if right_vector else (*right, inner_size, 3)
    _check(np.matmul, [_draw_array(data, a, kind), _draw_array(data, b, kind)])


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.data())
def test_tensordot_dot_inner_kron(na, nb, data):
    sizes = data.draw(st.permutations([2, 3, 1]))
    a, b = _draw_array(data, tuple(sizes[:na])), _draw_array(data, tuple(sizes[:nb]))
    shared = data.draw(st.integers(0, min(na, nb)))
    axes_a = data.draw(st.permutations(range(na)))[:shared]
    axes_b = [b.shape.index(a.shape[i]) if a.shape[i] in b.shape else None for i in axes_a]
    if None not in axes_b:
        _check(lambda x, y: np.tensordot(x, y, (axes_a, axes_b)), [a, b])
    _check(np.kron, [a, b])
    if na == 0 or nb == 0 or a.shape[-1] == b.shape[-1]:
        _check(np.inner, [a, b])
    if na == 0 or nb == 0 or a.shape[-1] == b.shape[max(nb - 2, 0)]:
        _check(np.dot, [a, b])
    _check(np.outer, [a, b])


# Their roots tie in no sum of them.
PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from([(3,), (2, 3), (2, 3, 2), (1, 3)]),
    st.sampled_from([None, 1, 2, 3, 0.5, -1, np.inf, -np.inf, "fro", "nuc", -2]),
    st.booleans(),
    st.data(),
)
def test_norm(shape, order, keepdims, data):
    # Entries far from 0 and from each other: the oracle's steps must not cross a kink.
    x = np.sqrt(data.draw(st.permutations(PRIMES)))[: int(np.prod(shape))].reshape(shape)
    x = x * np.where(_draw_array(data, shape) > 0, 1, -1)
    axes = [None, *range(-len(shape), len(shape))]
    axes += [
        (i, j) for i in range(len(shape)) for j in range(-len(shape), 0) if j % len(shape) != i
    ]
    axis = data.draw(st.sampled_from(axes))
    try:
        np.linalg.norm(x, order, axis, keepdims)
    except ValueError:
        with np.testing.assert_raises(ValueError):
            ag.norm(x, order, axis, keepdims)
        return
    _check(lambda x: np.linalg.norm(x, order, axis, keepdims), [x])


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([(2, 2), (1, 1), (3, 2, 2), (0, 2, 2), (2, 1, 3, 3)]),
    st.sampled_from("fc"),
    st.data(),
)
def test_inverses_determinants_and_systems_in_stacks(shape, kind, data):
    a = _draw_array(data, shape, kind) * 0.5 + 3 * np.eye(shape[-1])
    for f in (np.linalg.inv, np.linalg.det, lambda a: np.linalg.slogdet(a)[1]):
        _check(f, [a])
    _check(np.linalg.solve, [a, _draw_array(data, (shape[-1], 2), kind)])
    _check(lambda a, b: np.linalg.solve(a, b), [a, _draw_array(data, shape[-1:], kind)])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([(3,), (2, 3), (3, 2), (2, 2, 3)]), st.integers(-3, 3), st.data())
def test_diagonals_and_triangles(shape, k, data):
    x = _draw_array(data, shape)
    if len(shape) < 3:
        _check(lambda x: np.diag(x, k), [x])
    _check(lambda x: np.diagflat(x, k), [x])
    _check(lambda x: np.tril(x, k), [x])
    _check(lambda x: np.triu(x, k), [x])
    if len(shape) > 1:
        i, j = data.draw(st.permutations(range(len(shape))))[:2]
        _check(lambda x: np.diagonal(x, k, i, j - len(shape)), [x])
        _check(lambda x: np.trace(x, k, i, j), [x])


GENERALISED = [
    (np.matmul, [(1, 0), (0, 1), (1, 0)]), (np.matmul, [(-2, -1), (-2, -1), (0, 1)]),
    (np.vecdot, [(0,), (0,), ()]), (np.vecdot, [1, 1]),
]  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2's
    GENERALISED += [(np.matvec, [(1, 0), (0,), (0,)]), (np.vecmat, [(1,), (1, 2), (0,)])]


@pytest.mark.parametrize(("f", "axes"), GENERALISED, ids=str)
def test_axes_of_generalised_ufuncs(f, axes):
    x = np.random.default_rng(0).normal(size=(3, 3, 3))
    check(lambda x: f(x, x * 2, axes=axes), lambda x: f(x, x * 2, axes=axes), x)


def test_vecdot_keeps_its_axis_and_its_dtype():
    x = np.arange(6, dtype=np.int32).reshape(2, 3)
    for keywords in ({}, {"keepdims": True}, {"axis": 0}, {"axis": 0, "keepdims": True}):
        got = np.vecdot(ag.Tensor(x), x, **keywords)
        np.testing.assert_array_equal(got.data, np.vecdot(x, x, **keywords), strict=True)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda t: np.vecdot(t, t, axis=5), "vecdot: got axis=5, expected between -2 and 1"),
        (lambda t: np.matmul(t, t, axes=[(0, 1), (0, 1)]), r"np.matmul: got axes=.*\(n\?,k\)"),
        (lambda t: np.linalg.norm(t, axis=[0, 1]), r"norm: got axis=\[0, 1\], expected an int"),
        (lambda t: np.fft.fftn(t, axes=0), r"fftn: got axes=0, expected several: axes=\(0,\)"),
        (lambda t: np.einsum(t, [0, 52]), "einsum: got 52 in a list of subscripts"),
        (lambda t: np.einsum(t, [0, -1]), "einsum: got -1 in a list of subscripts"),
        (lambda t: np.einsum("...->", t), r"einsum: got '\.\.\.->', whose '\.\.\.' stands for"),
        (lambda t: np.trace(t, 0, "a", 1), "diagonal: got axis='a', expected an int"),
        (lambda t: np.gradient(t, axis=(0, 0)), "gradient: .*names an axis twice"),
        (lambda t: np.outer(t, t, out=np.zeros((4, 4))), "outer: got out="),
    ],
)
def test_slips_are_sentences(call, text):
    with pytest.raises(ag.errors.AutogradError, match=text):
        call(ag.Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True))
