"""Functions that only move entries about, with shapes, axes and indices drawn at random.

The oracle needs no derivative: NumPy moves *labels*, the numbers of the entries from 1 on (a
constant gets 0), and the labels say where each entry of the result came from. So the gradient of a
weighted sum is, per entry, the sum of the weights wherever its label stands.
"""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib.stride_tricks import sliding_window_view

import autograd_lite as ag

property_test = settings(derandomize=True, deadline=None, database=None, max_examples=80)
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)
AXES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)
SOLID = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def labels(*shapes):
    """Arrays of these shapes with all their entries numbered from 1 on."""
    start = 1
    for shape in shapes:
        n = int(np.prod(shape))
        yield np.arange(start, start + n).reshape(shape)
        start += n


def check(f, *shapes):
    """f moves entries of arrays of these shapes as NumPy does: forward, backward, and twice."""
    numbered = list(labels(*shapes))
    arrays = [n * 0.37 - 1.5 for n in numbered]
    leaves = [ag.Tensor(a, requires_grad=True) for a in arrays]
    moved = np.asarray(f(*numbered))
    expected = np.asarray(f(*arrays))
    out = f(*leaves)
    assert isinstance(out, ag.Tensor)
    np.testing.assert_array_equal(out.data, expected)
    assert out.shape == moved.shape
    weights = np.random.default_rng(0).normal(size=moved.shape)
    total = sum(n.size for n in numbered)
    sums = np.bincount(moved.ravel(), weights.ravel(), total + 1)
    w = ag.Tensor(weights, requires_grad=True)
    got = ag.gradients(out, leaves, w, create_graph=True) if out.requires_grad else []
    for g, n in zip(got, numbered, strict=False):
        np.testing.assert_allclose(g.data, sums[n], rtol=1e-12, atol=1e-12)
    if not out.requires_grad:
        assert not np.any(moved)
        return
    # Forward mode, and the rule differentiated in its cotangent, both move entries as f does.
    tangents = [np.random.default_rng(1).normal(size=a.shape) for a in arrays]
    expected = np.append(0.0, np.concatenate([t.ravel() for t in tangents]))[moved]
    _, pushed = ag.jvp(f, tuple(arrays), tuple(tangents))
    np.testing.assert_array_equal(pushed, expected)
    again = ag.gradients(got, w, tangents) if any(g.requires_grad for g in got) else None
    if again is not None:
        np.testing.assert_allclose(again.data, expected, rtol=1e-12, atol=1e-12)
    by_columns = ag.jacobian(lambda x: f(x, *arrays[1:]))(arrays[0])
    flat = by_columns.reshape(moved.size, arrays[0].size)
    np.testing.assert_array_equal(flat, moved.reshape(-1, 1) == numbered[0].ravel())


def an_axis(data, shape):
    return data.draw(st.integers(-len(shape), len(shape) - 1))


# -- shape -----------------------------------------------------------------------------------------


@property_test
@given(SHAPES, st.data())
def test_turning_and_moving_axes(shape, data):
    ndim = len(shape)
    order = data.draw(st.permutations(range(ndim)))
    check(lambda x: np.transpose(x, order), shape)
    check(lambda x: ag.permute_dims(x, order) if isinstance(x, ag.Tensor) else x.transpose(order),
          shape)  # fmt: skip
    if ndim:
        a, start = an_axis(data, shape), data.draw(st.integers(-ndim, ndim))
        check(lambda x: np.rollaxis(x, a, start), shape)
        some = data.draw(st.lists(st.integers(0, ndim - 1), unique=True))
        places = data.draw(st.permutations(range(ndim)))[: len(some)]
        check(lambda x: np.moveaxis(x, some, places), shape)
        shifts = data.draw(st.lists(st.integers(-5, 5), min_size=ndim, max_size=ndim))
        check(lambda x: np.roll(x, shifts, tuple(range(ndim))), shape)
        check(lambda x: np.roll(x, shifts[0]), shape)
        check(lambda x: np.flip(x, a), shape)
    if ndim > 1:
        a, b = data.draw(st.permutations(range(ndim)))[:2]
        k = data.draw(st.integers(-4, 5))
        check(lambda x: np.rot90(x, k, (a, b - ndim)), shape)
        check(np.matrix_transpose, shape)


@property_test
@given(SHAPES, st.sampled_from("CFAK"), st.sampled_from("CFA"), st.data())
def test_memory_order(shape, order, second, data):
    axes = data.draw(st.permutations(range(len(shape))))
    steps = tuple(slice(None, None, data.draw(st.sampled_from([1, -1]))) for _ in shape)
    laid = lambda x: np.transpose(x, axes)[steps]
    check(lambda x: np.ravel(laid(x), order), shape)
    check(lambda x: laid(x).flatten(order), shape)
    check(lambda x: np.reshape(laid(x), (1, *shape[::-1]), second), shape)
    check(lambda x: np.copy(laid(x), order), shape)


@property_test
@given(SHAPES, SHAPES, st.data())
def test_repeating(shape, new, data):
    check(lambda x: np.resize(x, new), shape)
    reps = data.draw(st.lists(st.integers(0, 2), max_size=4))
    check(lambda x: np.tile(x, reps), shape)
    n = data.draw(st.integers(0, 3))
    check(lambda x: np.repeat(x, n), shape)
    if shape:
        a = an_axis(data, shape)
        counts = data.draw(st.lists(st.integers(0, 3), min_size=shape[a], max_size=shape[a]))
        check(lambda x: np.repeat(x, n, a), shape)
        if counts:
            check(lambda x: np.repeat(x, counts, a), shape)


# -- joining and splitting -------------------------------------------------------------------------


@property_test
@given(SOLID, st.data())
def test_joining(shape, data):
    axis = an_axis(data, shape)
    sizes = data.draw(st.lists(st.integers(0, 2), min_size=2, max_size=3))
    at = axis % len(shape)
    shapes = [(*shape[:at], n, *shape[at + 1 :]) for n in sizes]
    check(lambda *xs: np.concatenate(xs, axis), *shapes)
    check(lambda *xs: np.concatenate(xs, axis=None), *shapes)
    check(lambda *xs: np.append(xs[0], xs[1], axis), *shapes[:2])
    check(lambda *xs: np.append(*xs), *shapes[:2])
    twins = [shape] * len(sizes)
    for join in (np.vstack, np.hstack, np.dstack, np.column_stack, np.stack):
        check(lambda *xs, join=join: join(xs), *twins)
    check(lambda *xs: np.block([list(xs), list(xs)]), *twins)
    check(lambda *xs: np.block([[[x], [x]] for x in xs]), *twins)
    check(lambda *xs: ag.array([list(xs), xs]) if isinstance(xs[0], ag.Tensor)
          else np.array([xs, xs]), *twins)  # fmt: skip


@property_test
@given(AXES, st.data())
def test_splitting(shape, data):
    axis = an_axis(data, shape)
    cuts = data.draw(st.lists(st.integers(-5, 5), max_size=3))
    count = data.draw(st.integers(1, 4))
    for sections in (cuts, np.array(cuts, int), count):
        parts = np.array_split(np.zeros(shape), sections, axis)
        k = data.draw(st.integers(0, len(parts) - 1))
        check(lambda x, s=sections, k=k: np.array_split(x, s, axis)[k], shape)
    for split, ndim in ((np.hsplit, 1), (np.vsplit, 2), (np.dsplit, 3)):
        if len(shape) >= ndim:
            check(lambda x, split=split: split(x, cuts)[-1], shape)
    if shape[axis]:
        check(lambda x: (np.unstack if hasattr(np, "unstack") else ag.unstack)(x, axis=axis)[-1]
              if isinstance(x, ag.Tensor) else np.moveaxis(x, axis, 0)[-1], shape)  # fmt: skip


# -- indexing --------------------------------------------------------------------------------------

BASIC = st.one_of(
    st.integers(-3, 2), st.slices(3), st.just(None), st.booleans(), st.sampled_from([np.True_])
)


@st.composite
def indices(draw, shape):
    """Any form of index NumPy takes for this shape: basic, arrays, masks, in any mixture."""
    together = draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    index, axis = [], 0
    while axis < len(shape):
        kind = draw(st.sampled_from(["slice", "int", "array", "list", "mask", "new", "bool"]))
        n = shape[axis]
        if kind == "mask":
            width = draw(st.integers(1, len(shape) - axis))
            mask = draw(hnp.arrays(bool, shape[axis : axis + width]))
            index.append(mask if draw(st.booleans()) or width > 1 else mask.tolist())
            axis += width
            continue
        if kind in ("new", "bool"):
            index.append(None if kind == "new" else draw(st.booleans()))
            continue
        if kind == "slice" or not n:
            index.append(draw(st.slices(n)))
        elif kind == "int":
            i = draw(st.integers(-n, n - 1))
            index.append(draw(st.sampled_from([i, np.int64(i), np.array(i), ag.Tensor(i)])))
        else:
            dims = draw(st.sampled_from([together, together[1:], (1,) * len(together)]))
            ids = draw(hnp.arrays(np.intp, dims, elements=st.integers(-n, n - 1)))
            index.append(ids if kind == "array" or not ids.size else ids.tolist())
        axis += 1
    cut = draw(st.integers(0, len(index)))
    kept = index[:cut] + ([Ellipsis] if draw(st.booleans()) else [])
    return tuple(kept)


def plain_index(index):
    return tuple(i.data if isinstance(i, ag.Tensor) else i for i in index)


@settings(property_test, max_examples=400)
@given(SHAPES, st.data())
def test_every_form_of_index(shape, data):
    index = data.draw(indices(shape))
    try:
        np.zeros(shape)[plain_index(index)]
    except IndexError:
        assume(False)
    check(lambda x: x[index if isinstance(x, ag.Tensor) else plain_index(index)], shape)


@settings(property_test, max_examples=400)
@given(SHAPES, st.data())
def test_every_form_of_writing(shape, data):
    index = data.draw(indices(shape))
    plainly = plain_index(index)
    try:
        part = np.zeros(shape)[plainly].shape
    except IndexError:
        assume(False)
    value = data.draw(st.sampled_from([part, (), tuple(1 for _ in part), part[1:]]))

    def write(x, v):
        out = np.copy(x)
        out[index if isinstance(x, ag.Tensor) else plainly] = v
        return out

    try:
        write(np.zeros(shape), np.zeros(value))
    except ValueError:
        assume(False)
    check(write, shape, value)


def test_a_big_gather_adds_up_exactly_in_every_dtype():
    rng = np.random.default_rng(0)
    for dtype in (np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128):
        x = rng.integers(-3, 4, (40, 30)).astype(dtype)
        for index in (
            rng.integers(0, 40, 300),
            (rng.integers(-40, 40, 3000), rng.integers(0, 30, 3000)),
            (slice(None, None, -1), rng.integers(0, 30, (5, 20))),
        ):
            g = rng.integers(-3, 4, x[index].shape).astype(dtype)
            expected = np.zeros_like(x)
            np.add.at(expected, index, np.conj(g))  # small integers: every sum is exact
            t = ag.Tensor(x, requires_grad=True)
            got = ag.gradients(t[index], t, g).data
            assert got.dtype == dtype
            np.testing.assert_array_equal(got, np.conj(expected))


# -- choosing --------------------------------------------------------------------------------------


@property_test
@given(AXES, st.data())
def test_taking(shape, data):
    axis = an_axis(data, shape)
    n, size = shape[axis], int(np.prod(shape))
    dims = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3))
    for mode, low, high in (("raise", -n, n - 1), ("wrap", -9, 9), ("clip", -9, 9)):
        if not n and 0 not in dims:
            continue
        elements = st.integers(low, high) if n else st.just(0)
        at = data.draw(hnp.arrays(np.intp, dims, elements=elements))
        check(lambda x, at=at, mode=mode: np.take(x, at, axis, mode=mode), shape)
        if size:
            check(lambda x, at=at: np.take(x, at, mode="wrap"), shape)
    other = list(shape)
    other[axis] = data.draw(st.integers(0, 3)) if n else 0
    at = data.draw(hnp.arrays(np.intp, other, elements=st.integers(-n, n - 1) if n else st.just(0)))
    check(lambda x: np.take_along_axis(x, at, axis), shape)

    def put(x, v):
        out = np.copy(x)
        np.put_along_axis(out, at, v, axis)
        return out

    check(put, shape, at.shape)
    held = data.draw(st.lists(st.booleans(), max_size=n))
    check(lambda x: np.compress(held, x, axis), shape)
    if len(held) <= size:
        check(lambda x: np.compress(held, x), shape)
    mask = data.draw(hnp.arrays(bool, shape))
    check(lambda x: np.extract(mask, x), shape)


@property_test
@given(AXES, st.data())
def test_deleting(shape, data):
    axis = an_axis(data, shape)
    n = shape[axis]
    gone = [data.draw(st.slices(n)), data.draw(hnp.arrays(bool, n))]
    if n:
        gone.append(data.draw(st.lists(st.integers(-n, n - 1), max_size=4)))
        gone.append(data.draw(st.integers(-n, n - 1)))
    for obj in gone:
        check(lambda x, obj=obj: np.delete(x, obj, axis), shape)
    flat = data.draw(st.slices(x_size(shape)))
    check(lambda x: np.delete(x, flat), shape)


def x_size(shape):
    return int(np.prod(shape))


@property_test
@given(AXES, st.data())
def test_inserting(shape, data):
    axis = an_axis(data, shape)
    n, at = shape[axis], axis % len(shape)
    width = data.draw(st.integers(0, 3))
    places = data.draw(st.lists(st.integers(-n, n), min_size=width, max_size=width))
    parts = (*shape[:at], width, *shape[at + 1 :])
    check(lambda x, v: np.insert(x, places, v, axis), shape, parts)
    check(lambda x, v: np.insert(x, places, v, axis), shape, ())
    one = data.draw(st.integers(-n, n))
    check(lambda x, v: np.insert(x, one, np.moveaxis(v, at, 0), axis), shape, parts)
    check(lambda x, v: np.insert(x, [one], v, axis), shape, parts)
    check(lambda x, v: np.insert(x, one, v, axis), shape, shape[:at] + shape[at + 1 :])
    size = x_size(shape)
    flat = data.draw(st.lists(st.integers(-size, size), min_size=2, max_size=4))
    check(lambda x, v: np.insert(x, flat, v), shape, (len(flat),))
    steps = data.draw(st.slices(n))
    check(lambda x, v: np.insert(x, steps, v, axis), shape, ())


@property_test
@given(SHAPES, st.integers(2, 4), st.data())
def test_choosing(shape, count, data):
    which = data.draw(hnp.arrays(np.intp, shape, elements=st.integers(-1, count)))
    mode = data.draw(st.sampled_from(["wrap", "clip"]))
    shapes = [data.draw(st.sampled_from([shape, (), shape[1:], tuple(1 for _ in shape)]))
              for _ in range(count)]  # fmt: skip
    check(lambda *xs: np.choose(which, xs, mode=mode), *shapes)
    conditions = [data.draw(hnp.arrays(bool, s)) for s in shapes]
    check(lambda *xs: np.select(conditions, xs), *shapes)

    def select(*xs):  # NumPy looks for Tensors in the choices only, not in default
        plainly = not any(isinstance(x, ag.Tensor) for x in xs)
        return (np.select if plainly else ag.select)(conditions[1:], xs[1:], xs[0])

    check(select, *shapes)


@property_test
@given(AXES, st.data())
def test_sorting(shape, data):
    # The labels are in order already, so both sort the same shuffled entries: the labels' order.
    axis = an_axis(data, shape)
    order = np.random.default_rng(data.draw(st.integers(0, 9))).permutation(x_size(shape))
    shuffled = lambda x: np.take(x, order.reshape(shape))
    check(lambda x: np.sort(shuffled(x), axis), shape)
    check(lambda x: np.sort(shuffled(x), None, "stable"), shape)
    n = shape[axis]
    if n:
        kth = data.draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=2))
        check(lambda x: np.partition(shuffled(x), kth, axis), shape)


# -- borders and windows ---------------------------------------------------------------------------


@property_test
@given(SOLID, st.data())
def test_padding(shape, data):
    widths = [(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 4))) for _ in shape]
    for mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
        check(lambda x, mode=mode: np.pad(x, widths, mode), shape)

    def by_values(x, v):
        pad = ag.pad if isinstance(x, ag.Tensor) else np.pad
        return pad(x, widths, constant_values=v)

    for values in ((), (2,), (len(shape), 2), (len(shape), 1)):
        check(by_values, shape, values)


@property_test
@given(SOLID, st.sampled_from(["reflect", "symmetric"]), st.data())
def test_odd_reflections(shape, mode, data):
    widths = [(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))) for _ in shape]
    x = np.random.default_rng(0).normal(size=shape)
    f = lambda x: np.pad(x, widths, mode, reflect_type="odd")
    np.testing.assert_allclose(f(ag.Tensor(x)).data, f(x), rtol=1e-12, atol=1e-12)
    units = np.eye(x.size).reshape(x.size, *shape)
    slopes = np.stack([f(u) for u in units], axis=-1).reshape(*f(x).shape, *shape)
    np.testing.assert_allclose(ag.jacobian(f)(x), slopes, atol=1e-12)


@property_test
@given(SOLID, st.data())
def test_windows(shape, data):
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=2))
    window = [data.draw(st.integers(1, 2 if axes.count(a) > 1 else 3)) for a in axes]
    left = list(shape)
    for a, n in zip(axes, window, strict=True):
        left[a] -= n - 1
    assume(all(n >= 1 for n in left))
    check(lambda x: sliding_window_view(x, window, axes), shape)


def test_many_windows_and_large_ones():
    check(lambda x: sliding_window_view(x, (2, 2)), (18, 17))
    check(lambda x: sliding_window_view(x, 30), (33,))
    check(lambda x: sliding_window_view(x, (5, 4), (0, 0)), (9,))
