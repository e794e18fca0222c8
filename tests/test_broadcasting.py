"""Shapes, axes and indices drawn at random: values are NumPy's, gradients the numerical ones."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite.errors import AutogradError

property_test = settings(derandomize=True, deadline=None, database=None, max_examples=60)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
SOLID = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3)


def drawn(shape, seed=0, low=0.4, high=1.6, dtype=float):
    """Distinct numbers away from 0, shuffled: no ties, no kinks within a difference's step."""
    n = int(np.prod(shape))
    rng = np.random.default_rng(seed)
    return rng.permutation(np.linspace(low, high, n + 2)[1:-1]).reshape(shape).astype(dtype)


def check(f, *arrays, numpy=None):
    """f of Tensors has the values of NumPy's f, and the gradients of a weighted sum of them.

    The weights come last: a rule that is right for ones only is not right.
    """
    numpy = f if numpy is None else numpy
    leaves = [ag.Tensor(a, requires_grad=True) for a in arrays]
    out = f(*leaves)
    expected = np.asarray(numpy(*arrays))
    assert out.shape == expected.shape
    assert out.dtype == expected.dtype
    np.testing.assert_allclose(out.data, expected, rtol=1e-12, atol=1e-12)
    weights = np.random.default_rng(9).normal(size=expected.shape)
    if not out.requires_grad:
        assert all(a.size == 0 for a in arrays) or expected.size == 0
        return
    out.backward(weights)
    for i, (t, a) in enumerate(zip(leaves, arrays, strict=True)):

        def scalar(v, i=i):
            given_arrays = list(arrays)
            given_arrays[i] = v
            return inner(weights, np.asarray(numpy(*given_arrays)))

        got = np.zeros_like(a) if t.grad is None else t.grad
        assert got.shape == a.shape
        assert got.dtype == a.dtype
        np.testing.assert_allclose(got, numerical_gradient(scalar, a), rtol=1e-7, atol=1e-7)


def also_forward(f, *arrays):
    """Forward mode gives the transpose of reverse mode, and second derivatives are symmetric."""
    tangents = tuple(drawn(a.shape, 5, -1, 1) for a in arrays)
    out, slope = ag.jvp(f, arrays, tangents)
    weights = np.random.default_rng(9).normal(size=np.shape(out))
    cotangents = ag.vjp(f, *arrays)[1](weights)
    together = sum(inner(c, t) for c, t in zip(cotangents, tangents, strict=True))
    np.testing.assert_allclose(inner(weights, slope), together, rtol=1e-9, atol=1e-9)


# -- broadcasting --------------------------------------------------------------------------------

BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "power": np.power,
    "maximum": np.maximum,
    "arctan2": np.arctan2,
    "logaddexp": np.logaddexp,
    "hypot": np.hypot,
}
PAIRS = hnp.mutually_broadcastable_shapes(
    num_shapes=2, min_dims=0, max_dims=3, min_side=0, max_side=3
)


@property_test
@given(PAIRS, st.sampled_from(sorted(BINARY)))
def test_binary_functions_broadcast(shapes, name):
    a, b = shapes.input_shapes
    x, y = drawn(a, 1, 0.4, 1.0), drawn(b, 2, 1.1, 1.9)
    check(BINARY[name], x, y)
    check(BINARY[name], y, x)
    also_forward(BINARY[name], x, y)


@property_test
@given(PAIRS)
def test_one_side_may_be_a_constant(shapes):
    a, b = (drawn(s, i) for i, s in enumerate(shapes.input_shapes))
    check(lambda x: x * b - b / x, a)
    check(lambda x: b @ x if b.ndim == x.ndim == 1 and b.shape == x.shape else b * x, a)


@property_test
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, min_side=1, max_side=3))
def test_three_shapes_meet(shapes):
    a, b, c = (drawn(s, i) for i, s in enumerate(shapes.input_shapes))
    check(lambda x, y, z: (x * y + z) * y / (x + z), a, b, c)
    mask = np.resize([True, False, True, True], np.broadcast_shapes(a.shape, b.shape))
    check(lambda x, y: np.where(mask, x, y), a, b)
    check(lambda x, y, z: np.where(x.shape == (), y, z) * x, a, b, c)
    check(lambda x, y: np.broadcast_arrays(x, y)[0] * 2.0, a, b)


@property_test
@given(PAIRS)
def test_broadcast_to(shapes):
    a, result = shapes.input_shapes[0], shapes.result_shape
    check(lambda x: np.broadcast_to(x, result), drawn(a))
    check(lambda x: np.broadcast_to(x, (2, *result)) * 1.0, drawn(a))


@property_test
@given(SHAPES, SHAPES)
def test_shapes_that_do_not_meet_are_refused_as_by_numpy(a, b):
    x, y = drawn(a), drawn(b)
    try:
        np.add(x, y)
    except ValueError:
        for left, right in [(ag.Tensor(x), y), (x, ag.Tensor(y)), (ag.Tensor(x), ag.Tensor(y))]:
            try:
                np.add(left, right)
            except AutogradError as error:
                text = str(error)
                assert text.startswith("add: got shapes")
                assert str(a) in text
                assert str(b) in text
            else:
                raise AssertionError("accepted") from None


# -- reductions ----------------------------------------------------------------------------------


@st.composite
def arrays_and_axes(draw, shapes=SOLID):
    shape = draw(shapes)
    axes = draw(
        st.one_of(
            st.none(),
            st.integers(-len(shape), len(shape) - 1),
            st.lists(st.integers(0, len(shape) - 1), unique=True, max_size=len(shape)).map(tuple),
        )
    )
    if isinstance(axes, tuple):
        axes = tuple(i - len(shape) if draw(st.booleans()) else i for i in axes)
    return drawn(shape, draw(st.integers(0, 9))), axes, draw(st.booleans())


@property_test
@given(arrays_and_axes(), st.sampled_from(["sum", "mean", "var", "std", "max", "min", "prod"]))
def test_reductions(case, name):
    x, axis, keepdims = case
    f = getattr(np, name)
    kept = [
        x.shape[i] for i in (range(x.ndim) if axis is None else np.atleast_1d(axis).astype(int))
    ]
    assume(name != "std" or np.prod(kept) > 1)
    check(lambda x: f(x, axis=axis, keepdims=keepdims), x)
    if axis is None or isinstance(axis, int):
        check(lambda x: getattr(x, name)(axis, keepdims=keepdims), x)


@property_test
@given(arrays_and_axes())
def test_forward_mode_of_reductions(case):
    x, axis, keepdims = case
    for f in (np.sum, np.mean, np.var, np.max, np.prod):
        also_forward(lambda x, f=f: f(x, axis=axis, keepdims=keepdims), x)


@property_test
@given(arrays_and_axes(), st.randoms(use_true_random=False))
def test_reductions_with_where(case, random):
    x, axis, keepdims = case
    mask = np.array([random.random() < 0.7 for _ in range(x.size)]).reshape(x.shape)
    assume(mask.sum(axis=axis).min(initial=9) > 0)
    for f in (np.sum, np.mean, np.var):
        check(lambda x, f=f: f(x, axis=axis, keepdims=keepdims, where=mask), x)


@property_test
@given(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=2), st.booleans())
def test_sums_of_empty_arrays(shape, keepdims):
    for axis in (None, *range(len(shape)), tuple(range(len(shape)))):
        check(lambda x, axis=axis: np.sum(x, axis=axis, keepdims=keepdims), drawn(shape))
        check(lambda x, axis=axis: np.prod(x, axis=axis, keepdims=keepdims), drawn(shape))


@property_test
@given(SOLID, st.integers(-3, 3))
def test_cumsum(shape, axis):
    axis = None if axis == 3 or not -len(shape) <= axis < len(shape) else axis
    check(lambda x: np.cumsum(x, axis=axis), drawn(shape))


@property_test
@given(arrays_and_axes(), st.sampled_from([None, 1, 2, 3, 2.5, np.inf, -np.inf]))
def test_norms(case, order):
    x, axis, keepdims = case
    if not isinstance(axis, int):
        axis = -1
    check(lambda x: np.linalg.norm(x, order, axis, keepdims), x)


@property_test
@given(arrays_and_axes())
def test_logsumexp_and_softmax(case):
    x, axis, keepdims = case

    def plain(x):
        return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))

    check(lambda x: ag.logsumexp(x, axis=axis, keepdims=keepdims), x, numpy=plain)
    if isinstance(axis, int):
        share = lambda x: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)
        check(lambda x: ag.softmax(x, axis=axis), x, numpy=share)
        check(lambda x: ag.log_softmax(x, axis=axis), x, numpy=lambda x: np.log(share(x)))


@property_test
@given(SOLID, st.integers(-5, 4))
def test_axes_out_of_range_are_refused_as_by_numpy(shape, axis):
    x = ag.Tensor(drawn(shape), requires_grad=True)
    for f in (np.sum, np.mean, np.max, np.prod, np.cumsum, np.var, np.flip, np.expand_dims):
        try:
            expected = f(x.data, axis)
        except ValueError:
            try:
                f(x, axis)
            except AutogradError:
                continue
            raise AssertionError(f"{f.__name__} accepted axis {axis} of {shape}") from None
        assert f(x, axis).shape == expected.shape


# -- products ------------------------------------------------------------------------------------


@st.composite
def matmul_shapes(draw):
    m, k, n = (draw(st.integers(0, 3)) for _ in range(3))
    stacks = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, min_side=0, max_side=2)
    )
    a, b = stacks.input_shapes
    left = draw(st.sampled_from([(k,), (*a, m, k)]))
    right = draw(st.sampled_from([(k,), (*b, k, n)]))
    return left, right


@property_test
@given(matmul_shapes())
def test_matmul(shapes):
    a, b = (drawn(s, i) for i, s in enumerate(shapes))
    check(np.matmul, a, b)
    check(lambda x: x @ b, a)
    check(lambda y: a @ y, b)
    also_forward(np.matmul, a, b)


@property_test
@given(matmul_shapes())
def test_second_derivatives_of_matmul(shapes):
    a, b = (drawn(s, i) for i, s in enumerate(shapes))
    f = lambda x, y: (np.sin(x @ y)).sum()
    u, v = drawn(a.shape, 3), drawn(b.shape, 4)
    got = ag.hvp(f, (a, b), (u, v))
    slope = lambda x, y: sum(
        inner(w, g) for w, g in zip((u, v), ag.grad(f, (0, 1))(x, y), strict=True)
    )
    np.testing.assert_allclose(
        got[0], numerical_gradient(lambda x: slope(x, b), a), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_allclose(
        got[1], numerical_gradient(lambda y: slope(a, y), b), rtol=1e-6, atol=1e-6
    )


@property_test
@given(hnp.array_shapes(min_dims=0, max_dims=3, max_side=2), st.integers(0, 3), st.integers(1, 2))
def test_dot_inner_outer(a, ndim, size):
    right = (size,) * ndim
    if a and ndim:
        right = (*right[:-2], a[-1], *right[1:2]) if ndim > 1 else (a[-1],)
    x, y = drawn(a, 1), drawn(right, 2)
    check(np.dot, x, y)
    check(np.outer, x, y)
    twin = drawn((*right[:-1], a[-1]) if a and ndim else right, 3)
    check(np.inner, x, twin)


@property_test
@given(hnp.array_shapes(min_dims=1, max_dims=3, max_side=2), st.data())
def test_tensordot(shape, data):
    count = data.draw(st.integers(0, len(shape)))
    x = drawn(shape, 1)
    y = drawn((*shape[len(shape) - count :], 2), 2)
    check(lambda x, y: np.tensordot(x, y, count), x, y)
    axes = data.draw(st.permutations(range(len(shape))))[:count]
    z = drawn((*(shape[i] for i in axes), 2), 3)
    check(lambda x, z: np.tensordot(x, z, (axes, list(range(count)))), x, z)


@st.composite
def einsum_calls(draw):
    """Subscripts of one to three operands over four letters, and shapes that fit them."""
    sizes = {c: draw(st.integers(0 if c == "d" else 1, 2)) for c in "abcd"}
    count = draw(st.integers(1, 3))
    terms = [draw(st.text("abcd", max_size=3)) for _ in range(count)]
    letters = sorted(set("".join(terms)))
    shapes = [tuple(sizes[c] for c in t) for t in terms]
    dots = draw(st.booleans())
    if dots:
        ranks = [draw(st.integers(0, 2)) for _ in terms]
        shapes = [(2, 1)[2 - r :] + s for r, s in zip(ranks, shapes, strict=True)]
        terms = ["..." + t for t in terms]
    text = ",".join(terms)
    if draw(st.booleans()):
        out = draw(st.permutations(letters))[: draw(st.integers(0, len(letters)))]
        text += "->" + ("..." if dots else "") + "".join(out)
    return text, shapes


@settings(property_test, max_examples=150)
@given(einsum_calls(), st.booleans())
def test_einsum(call, optimize):
    text, shapes = call
    arrays = [drawn(s, i) for i, s in enumerate(shapes)]
    check(lambda *xs: np.einsum(text, *xs, optimize=optimize), *arrays)
    also_forward(lambda *xs: np.einsum(text, *xs), *arrays)


@property_test
@given(st.text("ab.,->", max_size=9), st.lists(SHAPES, min_size=1, max_size=2))
def test_einsum_refuses_what_numpy_refuses(text, shapes):
    arrays = [drawn(s) for s in shapes]
    try:
        expected = np.einsum(text, *arrays)
    except (ValueError, TypeError):
        try:
            got = np.einsum(text, *(ag.Tensor(a) for a in arrays))
        except AutogradError:
            return
        raise AssertionError(f"accepted {text!r} for {shapes}: {got}") from None
    np.testing.assert_allclose(np.einsum(text, *map(ag.Tensor, arrays)).data, expected)


# -- indexing ------------------------------------------------------------------------------------


@st.composite
def indexed(draw):
    """An array and any index NumPy knows: basic, integer, boolean and mixed."""
    shape = draw(SOLID)
    kind = draw(st.sampled_from(["basic", "integer", "mask", "mixed", "masked axis", "tuples"]))
    if kind == "basic":
        index = draw(hnp.basic_indices(shape, allow_newaxis=True))
    elif kind == "integer":
        index = draw(hnp.integer_array_indices(shape[: draw(st.integers(1, len(shape)))]))
    elif kind == "mask":
        bits = draw(st.lists(st.booleans(), min_size=shape[0], max_size=shape[0]))
        index = np.array(bits)
        if len(shape) > 1 and draw(st.booleans()):
            index = np.resize([*bits, True], shape[:2])
    elif kind == "masked axis":
        axis = draw(st.integers(0, len(shape) - 1))
        bits = draw(st.lists(st.booleans(), min_size=shape[axis], max_size=shape[axis]))
        index = (slice(None),) * axis + (bits if draw(st.booleans()) else np.array(bits),)
    elif kind == "tuples":
        axis = draw(st.integers(0, len(shape) - 1))
        places = draw(st.lists(st.integers(-shape[axis], shape[axis] - 1), max_size=4))
        form = draw(st.sampled_from([list, tuple, np.array, lambda p: np.array(p).tolist()]))
        places = form(places)
        if isinstance(places, np.ndarray) and not places.size:
            places = places.astype(int)
        index = (slice(None),) * axis + (places,)
    else:
        parts = []
        for n in shape[: draw(st.integers(1, len(shape)))]:
            parts.append(
                draw(
                    st.one_of(
                        st.integers(-n, n - 1),
                        st.slices(n),
                        st.lists(st.integers(-n, n - 1), min_size=2, max_size=2),
                        st.lists(st.integers(-n, n - 1), min_size=2, max_size=2).map(np.array),
                    )
                )
            )
        parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from([None, ...])))
        index = tuple(parts)
    return drawn(shape, draw(st.integers(0, 9))), index


@settings(property_test, max_examples=250)
@given(indexed())
def test_reading(case):
    x, index = case
    check(lambda x: x[index] * 1.0, x)
    check(lambda x: (x * x)[index] + x[index], x)
    also_forward(lambda x: x[index] * 1.0, x)


@settings(property_test, max_examples=250)
@given(indexed(), st.booleans())
def test_writing(case, scalar):
    x, index = case

    def write(x, value):
        t = x * 2.0
        t[index] = value
        return t * t

    check(write, x, drawn(() if scalar else x[index].shape, 7))


@property_test
@given(SOLID, st.lists(st.integers(-3, 2), max_size=4), st.data())
def test_take(shape, places, data):
    axis = data.draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    size = np.prod(shape) if axis is None else shape[axis]
    places = np.array([int(p % size) for p in places], dtype=int)
    check(lambda x: np.take(x, places, axis=axis), drawn(shape))
    check(lambda x: np.take(x, places.reshape(-1, 1) + 5, axis=axis, mode="wrap"), drawn(shape))
    check(lambda x: np.take(x, places * 3, axis=axis, mode="clip"), drawn(shape))


# -- joining, splitting, reordering ----------------------------------------------------------------


@property_test
@given(SOLID, st.data())
def test_concatenate_and_stack(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    sizes = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=3))
    parts = []
    for i, n in enumerate(sizes):
        s = list(shape)
        s[axis] = n
        parts.append(drawn(s, i))
    check(lambda *xs: np.concatenate(xs, axis=axis), *parts)
    check(lambda *xs: np.concatenate(xs, axis=None), *parts)
    twins = [drawn(shape, i) for i in range(len(sizes))]
    new = data.draw(st.integers(-len(shape) - 1, len(shape)))
    check(lambda *xs: np.stack(xs, axis=new), *twins)
    for join in (np.vstack, np.hstack, np.dstack, np.column_stack):
        check(lambda *xs, join=join: join(xs), *twins)
    check(lambda *xs: np.concatenate([xs[0], *twins[1:]], axis=axis), twins[0])


@property_test
@given(SOLID, st.data())
def test_split(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = drawn(shape)
    cuts = sorted(data.draw(st.lists(st.integers(0, shape[axis]), max_size=3)))
    whole = lambda x: np.concatenate([p * (i + 2.0) for i, p in enumerate(np.split(x, cuts, axis))])
    if axis % len(shape) == 0:
        check(whole, x)
    for n in range(1, 5):
        for i in range(n):
            check(lambda x, i=i, n=n: np.array_split(x, n, axis)[i] * 1.0, x)


@property_test
@given(SHAPES, st.data())
def test_reordering(shape, data):
    x = drawn(shape)
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    check(lambda x: np.transpose(x, order) * 1.0, x)
    check(lambda x: np.transpose(x, tuple(i - len(shape) for i in order)) * 1.0, x)
    check(lambda x: x.T * 1.0, x)
    if shape:
        a, b = (data.draw(st.integers(-len(shape), len(shape) - 1)) for _ in "ab")
        check(lambda x: np.swapaxes(x, a, b) * 1.0, x)
        check(lambda x: np.moveaxis(x, a, b) * 1.0, x)
        check(lambda x: np.flip(x, a) * 1.0, x)
        check(lambda x: np.roll(x, 2, a), x)
        check(lambda x: np.repeat(x, 2, axis=a), x)
        check(lambda x: np.repeat(x, np.arange(x.shape[a]), axis=a), x)
    check(lambda x: np.roll(x, -1), x)
    check(lambda x: np.repeat(x, 3), x)
    check(lambda x: np.ravel(x) * 1.0, x)
    check(lambda x: np.reshape(x, (1, *shape, 1)) * 1.0, x)
    check(lambda x: np.reshape(x.T, -1, order="F") * 1.0, x)
    check(lambda x: np.squeeze(x) * 1.0, x)
    check(lambda x: np.expand_dims(x, (0, -1)) * 1.0, x)


@property_test
@given(SOLID, st.data())
def test_tile_and_pad(shape, data):
    x = drawn(shape)
    reps = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=4))
    check(lambda x: np.tile(x, reps), x)
    check(lambda x: np.tile(x, reps[0]), x)
    widths = [(data.draw(st.integers(0, 2)), data.draw(st.integers(0, 2))) for _ in shape]
    check(lambda x: np.pad(x, widths, constant_values=3.0), x)
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        check(lambda x, mode=mode: np.pad(x, widths, mode=mode), x)


@property_test
@given(SOLID, st.sampled_from(["F", "reversed", "strided", "transposed", "broadcast"]))
def test_memory_layout_does_not_matter(shape, layout):
    x = drawn(shape)
    other = {
        "F": np.asfortranarray,
        "reversed": lambda x: x[::-1],
        "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
        "transposed": lambda x: x.T,
        "broadcast": lambda x: np.broadcast_to(x[..., :1], x.shape),
    }[layout](x)
    other.flags.writeable = False
    f = lambda x: np.exp(x).sum(axis=0) * x.reshape(x.shape[0], -1).sum()
    check(lambda x: (f(x) * np.cumsum(x, axis=-1)[0].sum()) @ np.ones(f(other).shape[-1:])
          if x.ndim > 1 else f(x), np.array(other))  # fmt: skip
    g = ag.grad(lambda x: f(x).sum())(other)
    np.testing.assert_array_equal(g, ag.grad(lambda x: f(x).sum())(np.array(other)))


def test_every_pair_of_small_shapes_by_hand():
    # Not drawn: all pairs of shapes of up to two axes of sizes 0 to 2 that broadcast.
    sizes = range(3)
    shapes = [(), *((n,) for n in sizes), *itertools.product(sizes, sizes)]
    for a, b in itertools.product(shapes, shapes):
        try:
            np.broadcast_shapes(a, b)
        except ValueError:
            continue
        check(lambda x, y: x * y / (x + y), drawn(a, 1), drawn(b, 2))
