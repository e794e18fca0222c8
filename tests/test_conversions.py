"""Leaving the graph: what is refused, what the refusal advises, and that the advice works."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag

D = np.array([1.0, np.nan, 3.0])
HELD = ~np.isnan(D)
R = np.array([0.5, 0.6, 0.7])


@pytest.mark.parametrize("f", [
    lambda r: (np.ma.array([1.0, 2, 3], mask=[0, 1, 0]) * r).sum(),
    lambda r: np.ma.where([True, False, True], r * 2, 0).sum(),
    lambda r: copy.copy(r).sum(), lambda r: copy.deepcopy(r).sum(),
    lambda r: pickle.loads(pickle.dumps(r)).sum(), lambda r: np.r_[r, 1.0].sum(),
    lambda r: np.array([r[0], r[1]]).sum(), lambda r: np.vectorize(float)(r).sum(),
])  # fmt: skip
def test_no_silent_way_out_of_a_graph(f):
    with pytest.raises((TypeError, ag.errors.GraphError)):
        ag.grad(f)(R)


@pytest.mark.parametrize(("f", "advice"), [
    (lambda r: np.r_[r, 1.0], "ag.r_"),
    (lambda r: np.array([r[0], 1.0]), "ag.array"),
    (lambda r: np.zeros(2).__setitem__(0, r[0]), None),
    (lambda r: float(r[0]), r"t\.item\(\)"),
    (lambda r: np.add(r, 1, out=np.zeros(3)), r"out = ag\.Tensor\(out\)"),
    (lambda r: np.divide(r, r, out=np.zeros(3), where=HELD), r"np\.where\(mask, np\.divide"),
    (lambda r: np.maximum.at(r, [0], 1.0), "a leaf .* requires grad"),
    (lambda r: np.add.at(np.zeros(3), [0], r[:1]), r"out = ag\.Tensor\(out\)"),
    (lambda r: ag.sigmod(r), "did you mean 'sigmoid'"),
])  # fmt: skip
def test_the_refusal_says_what_to_write(f, advice):
    t = ag.Tensor(R, requires_grad=True)
    with pytest.raises((TypeError, ValueError, AttributeError), match=advice):
        f(t)


def test_arrays_like_a_tensor_may_be_filled():
    def running(x, make):
        out = make(x)
        for i in range(len(x)):
            out[i] = x[: i + 1].sum()
        return (out * np.array([1.0, 10.0, 100.0])).sum()

    for make in (np.zeros_like, np.ones_like, np.empty_like, lambda x: np.full_like(x, 7.0),
                 ag.zeros_like, ag.empty_like):  # fmt: skip
        assert ag.grad(lambda x, make=make: running(x, make))(R).tolist() == [111.0, 110.0, 100.0]
    assert ag.grad(lambda x: np.full_like(x, x[1]).sum())(R).tolist() == [0.0, 3.0, 0.0]
    filled = np.full_like(ag.Tensor(R), 2, dtype=int)
    assert filled.data.tolist() == [2, 2, 2]
    assert not filled.requires_grad


MADE = {
    "zeros": [((2, 3),), (3, int), ((), np.float32)], "ones": [(2,), ((2, 0), complex)],
    "full": [((2, 3), 7.0), (2, 7), (3, [1, 2, 3]), ((), 1.5, np.float32), ((2, 2), True)],
    "arange": [(4,), (1.0, 3.0, 0.5), (5, 1, -2, float)], "eye": [(3,), (2, 4, 1, np.float32)],
    "identity": [(2,)], "tri": [(3,), (2, 4, 1, bool)], "array": [([1, 2],), ([[1.0, 2.0]], "f4")],
    "asarray": [([1, 2],), (np.ones(3),)],
}  # fmt: skip


@pytest.mark.parametrize(("name", "args"), [(n, a) for n, calls in MADE.items() for a in calls])
def test_new_arrays_are_tensors(name, args):
    expected = getattr(np, name)(*args)
    for made in (getattr(ag, name)(*args), getattr(np, name)(*args, like=ag.Tensor(R))):
        assert isinstance(made, ag.Tensor)
        np.testing.assert_array_equal(made.data, expected, strict=True)
        assert not made.requires_grad
        assert made.is_leaf


def test_new_arrays_may_be_leaves_or_recorded():
    for leaf in (ag.zeros(2, requires_grad=True), ag.full(2, 1.0, requires_grad=True),
                 ag.eye(2, requires_grad=True)):  # fmt: skip
        assert leaf.is_leaf
        (leaf * 3.0).sum().backward()
        np.testing.assert_array_equal(leaf.grad, np.full(leaf.shape, 3.0))
    g = np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    for full in (lambda x: ag.full((2, 3), x), lambda x: np.full((2, 3), x, like=x),
                 lambda x: ag.full((2, 3), [x[0], x[1], x[2]])):  # fmt: skip
        assert ag.grad(lambda x, full=full: (full(x) * g).sum())(R).tolist() == [3, 30, 300]
    assert ag.grad(lambda x: ag.full((2, 3), x[1]).sum())(R).tolist() == [0, 6, 0]
    assert ag.full(2, ag.Tensor(2.0, requires_grad=True), np.float32).dtype == np.float32
    t = ag.Tensor(R, requires_grad=True)
    assert ag.asarray(t) is t
    assert ag.array(t) is not t
    assert ag.asarray(t, np.float32).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda f: f.add.reduce(R), [R.sum()]), (lambda f: f.multiply.outer(R, [1.0, 2.0]), None),
        (lambda f: f.maximum.accumulate(R[::-1]), None), (lambda f: f.divide.reduce(R), None),
        (lambda f: f.add.reduceat(R, [0, 2]), None), (lambda f: f.hypot.reduce([3, 4]), [5.0]),
    ],
)  # fmt: skip
def test_ufunc_methods_of_our_spelling(call, expected):
    made = call(ag)
    assert isinstance(made, ag.Tensor)
    np.testing.assert_array_equal(made.data, call(np), strict=True)
    assert expected is None or made.ravel().tolist() == expected


@pytest.mark.parametrize("ufunc", [np.add, np.subtract])
def test_adding_at_repeated_indices_is_recorded(ufunc):
    x, v = np.arange(3.0), np.array([10.0, 20.0, 30.0, 40.0])
    index = [0, 2, 2, 0]
    expected = x.copy()
    ufunc.at(expected, index, v)
    t, u = ag.Tensor(x, requires_grad=True), ag.Tensor(v, requires_grad=True)
    out = t * 1.0
    (ufunc if ufunc is np.add else ag.subtract).at(out, index, u)
    np.testing.assert_array_equal(out.data, expected)
    (out * np.array([1.0, 2.0, 3.0])).sum().backward()
    sign = 1 if ufunc is np.add else -1
    assert t.grad.tolist() == [1, 2, 3]
    assert u.grad.tolist() == [sign * k for k in (1, 3, 3, 1)]
    ufunc.at(out, (slice(None),), 1.0)


@pytest.mark.parametrize("f", [
    lambda r: np.nansum((D - r) ** 2), lambda r: np.sum((D - r) ** 2, where=HELD),
    lambda r: np.mean((D - r) ** 2, where=HELD), lambda r: np.nanstd(D * r),
    lambda r: np.nanvar(D * r), lambda r: np.nanmedian(D * r), lambda r: np.nanmax(D * r),
    lambda r: np.nanmin(D * r), lambda r: np.nanquantile(D * r, 0.3),
    lambda r: np.max(D * r, where=HELD, initial=0), lambda r: np.std(D * r, where=HELD),
    lambda r: np.var(D * r, where=HELD), lambda r: np.prod(D * r, where=HELD),
    lambda r: (D * r)[HELD].sum(), lambda r: np.compress(HELD, D * r).sum(),
    lambda r: np.extract(HELD, D * r).sum(), lambda r: np.fmax(D * r, 0.0).sum(),
    lambda r: np.fmin(D * r, 0.0).sum(), lambda r: np.nanmean(D * r),
])  # fmt: skip
def test_missing_data_that_is_left_out_leaves_gradients_clean(f):
    got = ag.grad(f)(R)
    assert got[1] == 0
    whole = ag.grad(lambda r: f(ag.where(HELD, r, 0.0)))(R)
    np.testing.assert_allclose(got, whole)
    step = np.array([1e-6, 0.0, 0.0])
    slope = (f(R + step) - f(R - step)) / 2e-6
    np.testing.assert_allclose(got[0], slope, atol=1e-8)


def test_the_gradient_of_tall_and_wide_inverses_needs_no_large_square():
    import tracemalloc

    rng = np.random.default_rng(0)
    for shape in ((3000, 4), (4, 3000)):
        a, w = rng.normal(size=shape), rng.normal(size=shape[::-1])
        grad = ag.grad(lambda a, w=w: (ag.pinv(a) * w).sum())
        tracemalloc.start()
        grad(a)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40 * a.nbytes


def test_norms_of_integers_are_floats():
    m = ag.Tensor(np.arange(4).reshape(2, 2))
    for order in (None, "fro", 1, -1, 2, np.inf, -np.inf, "nuc"):
        assert np.linalg.norm(m, order).dtype == np.float64
    for order in (0, 1, 2, 3, np.inf):
        assert np.linalg.norm(m[0], order).dtype == np.float64


def test_a_drawing_shows_no_value_that_a_write_has_replaced():
    w = ag.Tensor([3.0, 4.0], requires_grad=True, name="w")
    out = ag.Tensor(np.zeros(2))
    out[0] = w[0]
    mid = (out * 2.0).named("mid")
    out[1] = mid[1] + w[1]
    text = ag.draw((out + mid).sum()).source
    assert "8.000" not in text
    assert "20.0" not in text


def test_dir_names_what_is_imported_late():
    assert {"draw", "special", "sigmoid"} <= set(dir(ag))


def test_out_may_be_a_tensor():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 0.0, 4.0])

    def safe(x, y):
        return np.divide(x, y, out=np.full_like(x, 9.0), where=y != 0)

    t, u = ag.Tensor(x, requires_grad=True), ag.Tensor(y, requires_grad=True)
    out = safe(t, u)
    assert out.data.tolist() == [0.5, 9.0, 0.75]
    out.sum().backward()
    np.testing.assert_allclose(t.grad, [0.5, 0, 0.25])
    np.testing.assert_allclose(u.grad, [-0.25, 0, -3 / 16])
    held = ag.Tensor(np.zeros(3))
    assert np.exp(t, out=held) is held
    held.sum().backward()
    np.testing.assert_allclose(t.grad, np.add([0.5, 0, 0.25], np.exp(x)))


IN_PLACE = {
    "%=": lambda v: v.__imod__(3.0), "//=": lambda v: v.__ifloordiv__(2.0),
    "@=": lambda v: v.__imatmul__(np.array([[0.0, 1.0], [2.0, 0.0]])),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_every_in_place_operator_writes(name):
    x = np.array([[5.0, 7.0], [2.0, 4.0]])
    for out in (ag.Tensor(x, requires_grad=True) * 1.0, ag.Tensor(x)):
        expected, other = x.copy(), out
        assert IN_PLACE[name](out) is out
        IN_PLACE[name](expected)
        np.testing.assert_array_equal(other.data, expected)
    t = ag.Tensor(x, requires_grad=True)
    y = t * 1.0
    v = y[:1]
    v %= 3.0
    (y**2).sum().backward()
    np.testing.assert_array_equal(t.grad, [[4, 2], [4, 8]])


def test_half_precision_counts_beyond_its_own_range():
    many = np.ones(70000, np.float16)
    for f in (np.mean, lambda t: np.broadcast_to(t[:1], 70000).mean(), np.max,
              lambda t: np.average(t), lambda t: np.var(t * np.arange(70000) % 2)):  # fmt: skip
        t = ag.Tensor(many, requires_grad=True)
        f(t).backward()
        assert t.grad.dtype == np.float16
        assert np.isfinite(t.grad).all()
    t = ag.Tensor(many, requires_grad=True)
    np.mean(t).backward()
    np.testing.assert_allclose(t.grad, 1 / 70000, rtol=1e-2)
    assert ag.grad(ag.arctan)(np.float16(300)) == pytest.approx(1 / 90001, rel=1e-2)


@pytest.mark.parametrize("axis", [0, -1, None, ()])
@pytest.mark.parametrize("f", [np.sum, np.max, np.min, np.prod, np.nansum, np.ptp, np.mean])
def test_reductions_of_a_scalar(f, axis):
    try:
        expected = f(np.float64(0.7), axis=axis)
    except np.exceptions.AxisError:
        return
    t = ag.Tensor(0.7, requires_grad=True)
    out = f(t, axis=axis)
    assert out.data == expected
    out.backward()
    assert t.grad == (0 if f is np.ptp else 1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 2)])
@pytest.mark.parametrize("f", [np.median, np.nanmedian, lambda a: np.quantile(a, 0.3)])
def test_medians_of_nothing(f, shape):
    t = ag.Tensor(np.zeros(shape), requires_grad=True)
    try:
        out = f(t)
    except (IndexError, ValueError):  # np.quantile of nothing has no value
        return
    out.backward()
    assert t.grad.shape == shape
    ag.jvp(f, (np.zeros(shape),), (np.zeros(shape),))


def test_norms_of_nothing_are_0():
    for shape, order in (((0,), np.inf), ((0, 3), np.inf), ((3, 0), 1), ((0, 3), 2), ((0,), 2)):
        t = ag.Tensor(np.zeros(shape), requires_grad=True)
        out = ag.norm(t, order)
        out.backward()
        assert out.item() == 0
        assert t.grad.shape == shape


def test_complex_variances_are_real_whatever_their_dtype():
    x = np.array([1 + 1j, 2 - 1j])
    for f in (np.var, np.std, np.nanvar, np.nanstd):
        assert ag.grad(lambda x, f=f: f(x, dtype=complex).imag)(x).tolist() == [0, 0]
        np.testing.assert_allclose(
            ag.grad(lambda x, f=f: f(x, dtype=complex).real)(x), ag.grad(f)(x)
        )


def test_diagonals_are_views_that_refuse_or_record_a_write():
    y = ag.Tensor(np.ones((2, 2)), requires_grad=True) * 1.0
    with pytest.raises((ag.errors.InPlaceError, ValueError)):
        np.diagonal(y)[0] = 3.0
    with pytest.raises(ag.errors.UnsupportedError, match=r"np\.ix_"):
        np.ix_(y[0])
    assert [i.tolist() for i in np.ix_(ag.Tensor([0, 1]))] == [[0, 1]]


def test_slopes_far_out():
    import mpmath

    for x in (-9.0, -20.0, 3.0, 40.0):
        phi = mpmath.ncdf(x)
        assert ag.gelu(x).item() == pytest.approx(float(x * phi), rel=1e-13)
        slope = float(phi + x * mpmath.npdf(x))
        assert ag.grad(ag.gelu)(x) == pytest.approx(slope, rel=1e-12)
    assert ag.grad(ag.grad(ag.arctan))(np.inf) == 0
    assert ag.grad(ag.arctan)(1e200) == 0
    assert ag.grad(ag.arctan)(1e8) == pytest.approx(1e-16, rel=1e-14)


def test_einsum_and_dot_take_numpys_keywords():
    x = np.arange(4.0).reshape(2, 2)
    t = ag.Tensor(x, requires_grad=True)
    assert np.einsum("ij,jk", t, t, dtype=complex, order="F").dtype == complex
    with pytest.raises(ag.errors.DTypeError, match="einsum: got an operand of float64"):
        np.einsum("ij->i", t, dtype=np.float32)
    for call in (lambda: np.einsum("ij->i", t, out=x[0]), lambda: np.dot(t, t, out=x)):
        with pytest.raises(ag.errors.UnsupportedError, match="got out="):
            call()
    assert np.pad(t[0, 1], 1).item() == 1
