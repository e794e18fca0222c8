"""NumPy's further ufuncs that are composed of ops, and the methods of ufuncs and of ndarray."""

from __future__ import annotations

import itertools
import math
import re

import numpy as np
import pytest
from composed_tools import X, cases, check

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.op import NUMPY, PLAIN
from autograd_lite.protocols import no_rule

Z = X + 1j * X[::-1, ::-1]

CALLS = {
    "float_power": [
        lambda m, x: m.float_power(x, 3), lambda m, x: m.float_power(x, 0.5),
        lambda m, x: m.float_power(2.0, x), lambda m, x: m.float_power(x, x[0]),
        lambda m, x: m.float_power(x, np.array([2, 0, -1])),
        lambda m, x: m.float_power(np.array([2, 1, 3]), x),
        lambda m, x: m.float_power([2, 1, 3], x),
    ],
    "divmod": [
        lambda m, x: m.divmod(x, 0.37)[1], lambda m, x: m.divmod(x, 0.37)[0],
        lambda m, x: m.divmod(7.3, x)[1], lambda m, x: m.divmod(x, x[0] * 0.43)[1],
    ],
    "ldexp": [
        lambda m, x: m.ldexp(x, 3), lambda m, x: m.ldexp(x * x, np.array([1, -2, 0])),
        lambda m, x: m.ldexp(x[0, 0], np.arange(4)),
    ],
    "fix": [lambda m, x: m.fix(3 * x), lambda m, x: m.fix(x, None)],
    "frexp": [lambda m, x: m.frexp(x)[0], lambda m, x: m.frexp(-8 * x * x)[0]],
    "modf": [lambda m, x: m.modf(-x * x)[0], lambda m, x: m.modf(x)[1]],
    "nan_to_num": [
        lambda m, x: m.nan_to_num(x * x),
        lambda m, x: m.nan_to_num(x * np.array([1, np.nan, np.inf]), nan=2.0, posinf=7, neginf=-7),
        lambda m, x: m.nan_to_num(x * x, True, 1.0, None, None),
    ],
    "real_if_close": [
        lambda m, x: m.real_if_close(x * x), lambda m, x: m.real_if_close(x * (1 + 1e-16j)),
        lambda m, x: m.real_if_close(x * (1 + 1j)), lambda m, x: m.real_if_close(x * 1j, tol=1e20),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x))


# -- every ufunc --------------------------------------------------------------------------------

UFUNCS = sorted({f for f in vars(np).values() if isinstance(f, np.ufunc)}, key=lambda f: f.__name__)
UNARY = [f for f in UFUNCS if f in NUMPY and f.nin == 1 and f.nout == 1]
BINARY = [
    f for f in UFUNCS
    if f in NUMPY and f.nin == 2 and f.nout == 1 and f.signature is None
    and f.__name__ not in ("ldexp", "gcd", "lcm")
]  # fmt: skip


def test_every_ufunc_has_a_derivative_or_is_plain():
    known = {f.__name__ for f in UFUNCS if f in NUMPY or f in PLAIN}
    assert {f.__name__ for f in UFUNCS} - known <= {"matvec", "vecmat", "vecdot"}
    assert not {f for f in UFUNCS if f in NUMPY and f in PLAIN}


@pytest.mark.parametrize("f", UNARY, ids=lambda f: f.__name__)
def test_dtype_of_a_unary_ufunc_is_honoured(f):
    x = np.array([1.25, 1.75])
    x = x if f is not np.arctanh else x / 2
    x = x if f not in (np.arcsin, np.arccos) else x / 2
    t = ag.Tensor(x, requires_grad=True)
    out = f(t, dtype=np.float32, casting="same_kind", subok=True, order="K")
    expected = f(x, dtype=np.float32)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out.data, expected)
    out.sum().backward()
    assert t.grad.dtype == np.float64
    np.testing.assert_allclose(t.grad, ag.grad(lambda x: f(x).sum())(x), rtol=1e-5)


@pytest.mark.parametrize("f", BINARY, ids=lambda f: f.__name__)
def test_dtype_of_a_binary_ufunc_is_honoured(f):
    x, y = np.array([1.25, 1.75]), np.array([0.5, 2.5])
    if "f" not in "".join(f.types):
        pytest.skip(f"{f.__name__} has no loop for float32")
    for a, b in ((ag.Tensor(x, requires_grad=True), y), (x, ag.Tensor(y)), (ag.Tensor(x), 2.0)):
        out = f(a, b, signature="ff->f")
        plain = [v.data if isinstance(v, ag.Tensor) else v for v in (a, b)]
        np.testing.assert_array_equal(out.data, f(*plain, dtype=np.float32), strict=True)


def test_integers_are_taken_to_the_dtype_asked_for():
    t = ag.Tensor([1, 2])
    assert np.add(t, 1, dtype=np.float32).dtype == np.float32
    assert np.multiply(t, ag.Tensor([1.5, 2.5]), dtype=complex).dtype == np.complex128
    with pytest.raises(TypeError, match="same_kind"):
        np.add(ag.Tensor([1.5]), 1, dtype=int)
    assert np.add(ag.Tensor([1.5]), 1, dtype=int, casting="unsafe").data.tolist() == [2]


@pytest.mark.parametrize(
    ("do", "text"),
    [
        (lambda t: np.sin(t, where=np.array([True, False])), r"np\.sin: got where=.*np\.where\("),
        (lambda t: np.add(t, t, where=False), r"np\.add: got where="),
        (lambda t: np.exp(t, out=np.zeros(2)), r"np\.exp: got out="),
        (lambda t: np.add(t, t, dtype=object), r"np\.add: got dtype=object"),
        (lambda t: np.matmul(t, t, dtype=np.float32), r"np\.matmul: got dtype=.*astype"),
        (lambda t: np.gcd(t, 2), r"np\.gcd: got a Tensor.*integers.*float64 and int64"),
        (lambda t: np.frompyfunc(math.sin, 1, 1)(t), r"np\.frompyfunc: got a Tensor, and sin"),
        (lambda t: np.vectorize(math.sin)(t), r"records its graph"),
        (lambda t: np.nan_to_num(t, copy=False), r"nan_to_num: got copy=False"),
        (lambda t: np.clip(t, 0, 1, out=np.zeros(2)), r"clip: got out="),
        (lambda t: t.resize(3), r"resize: .*reshape"),
        (lambda t: np.ldexp(t, t), r"ldexp: got float64 and float64"),
    ],
)
def test_forms_without_a_rule_are_refused(do, text):
    with pytest.raises(TypeError, match=text):
        do(ag.Tensor([1.0, 2.0], requires_grad=True))


def test_integer_ufuncs_are_plain():
    t = ag.Tensor([4, 6])
    for out, expected in (
        (np.gcd(t, 4), [4, 2]), (np.lcm(t, 4), [4, 12]), (t & 4, [4, 4]), (3 | t, [7, 7]),
        (t ^ 1, [5, 7]), (~t, [-5, -7]), (t << 1, [8, 12]), (t >> 1, [2, 3]), (1 << t, [16, 64]),
        (256 >> t, [16, 4]), (5 & t, [4, 4]), (1 ^ t, [5, 7]), (t | 1, [5, 7]),
        (np.array([6, 6]) & t, [4, 6]),
    ):  # fmt: skip
        assert type(out) is np.ndarray
        assert out.tolist() == expected
    with pytest.raises(TypeError):
        ag.Tensor([1.0]) & 1


# -- methods of ufuncs -------------------------------------------------------------------------

# NumPy's own arctan2.reduce and power.reduce are wrong for float64 (their vector loops take the
# running result for the first entry), so these two are held against a loop.
FOLDED = [np.subtract, np.divide, np.hypot, np.fmod, np.remainder, np.copysign, np.float_power]
REDUCED = [np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp,
           np.logaddexp2, *FOLDED]  # fmt: skip
MASK = np.array([True, False, True])
HALF = np.array([[True, False, True], [True, True, False]])


@pytest.mark.parametrize("f", REDUCED, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "keywords",
    [
        {}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"initial": 1.7}, {"axis": (1,)},
        {"axis": 1, "initial": 0.3, "where": MASK}, {"initial": 0.9, "where": MASK[:, None][:2]},
    ],
    ids=str,
)  # fmt: skip
def test_reduce_is_numpys(f, keywords):
    check(lambda x: f.reduce(x, **keywords), lambda x: f.reduce(x, **keywords))


@pytest.mark.parametrize("f", [np.add, np.multiply, np.logaddexp, np.logaddexp2, np.hypot])
def test_reduce_of_several_axes_and_of_nothing(f):
    for keywords in ({"axis": None}, {"axis": (0, 1), "keepdims": True}, {"where": HALF}):
        check(lambda x, k=keywords: f.reduce(x, **k), lambda x, k=keywords: f.reduce(x, **k))
    for axis in (0, 1, None):
        empty = np.zeros((0, 3))
        np.testing.assert_array_equal(
            f.reduce(ag.Tensor(empty), axis=axis).data, f.reduce(empty, axis=axis)
        )
    for keywords in ({}, {"initial": 2.0}, {"where": False, "initial": 5.0}):
        out = f.reduce(ag.Tensor(3.0, requires_grad=True), **keywords)
        np.testing.assert_allclose(out.data, f.reduce(3.0, **keywords), rtol=1e-14)


@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin])
def test_reduce_of_extremes(f):
    check(lambda x: f.reduce(x, axis=None), lambda x: f.reduce(x, axis=None))
    x = np.array([[np.nan, 1.0, np.nan], [2.0, np.nan, np.nan]])
    for axis in (0, 1, None):
        for where in (True, np.array([True, False, True])):
            extra = {} if where is True else {"where": where, "initial": 1.5}
            got = f.reduce(ag.Tensor(x, requires_grad=True), axis=axis, **extra)
            np.testing.assert_array_equal(got.data, f.reduce(x, axis=axis, **extra))
    assert f.reduce(ag.Tensor(np.zeros((0, 2))), initial=4.0).data.tolist() == [4.0, 4.0]
    assert f.reduce(ag.Tensor([3, 5])).item() == f.reduce([3, 5])
    with pytest.raises(errors.ShapeError, match=r"size 0 has no value here; pass initial="):
        f.reduce(ag.Tensor(np.zeros((0, 2))))
    with pytest.raises(errors.ArgumentError, match=r"where= without initial="):
        f.reduce(ag.Tensor(X), where=MASK)


def test_a_reduction_begins_at_the_identity():
    x = np.array([[-2.0], [-3.0]])
    for f in (np.hypot, np.add, np.multiply, np.logaddexp):
        check(lambda x, f=f: f.reduce(x, axis=1), lambda x, f=f: f.reduce(x, axis=1), x)
        check(lambda x, f=f: f.accumulate(x, 1), lambda x, f=f: f.accumulate(x, 1), x)


def test_a_nan_that_fmax_passes_over_gets_no_gradient():
    x = np.array([[1.0, np.nan, 3.0], [2.0, 5.0, np.nan]])
    got = ag.grad(lambda x: np.fmax.reduce(x, axis=1).sum())(x)
    np.testing.assert_array_equal(got, [[0, 0, 1], [0, 1, 0]])


@pytest.mark.parametrize("f", [np.arctan2, np.power, np.floor_divide])
def test_reduce_goes_from_the_left(f):
    check(lambda x: f.reduce(x, axis=1), lambda x: f(f(x[:, 0], x[:, 1]), x[:, 2]))


@pytest.mark.parametrize("f", [*REDUCED, np.arctan2], ids=lambda f: f.__name__)
def test_accumulate_reduceat_and_outer_are_numpys(f):
    for axis in (0, -1):
        if f not in (np.arctan2, np.float_power):
            check(lambda x, a=axis: f.accumulate(x, a), lambda x, a=axis: f.accumulate(x, a))
    if f is not np.arctan2:
        check(lambda x: f.reduceat(x, [0, 2, 1], 1), lambda x: f.reduceat(x, [0, 2, 1], 1))
        check(lambda x: f.reduceat(x, [1, 0]), lambda x: f.reduceat(x, [1, 0]))
    check(lambda x: f.outer(x, 0.73 * x[0]), lambda x: f.outer(x, 0.73 * x[0]))
    check(lambda x: f.outer(X[0], 0.73 * x), lambda x: f.outer(X[0], 0.73 * x))
    check(lambda x: f.outer([1.5, 2.5], x[0]), lambda x: f.outer([1.5, 2.5], x[0]))


def test_methods_of_ufuncs_take_dtype():
    x = np.array([[1, 2], [3, 4]])
    t = ag.Tensor(x)
    for f in (np.add, np.multiply, np.maximum, np.subtract):
        for method in ("reduce", "accumulate"):
            got = getattr(f, method)(t, dtype=np.float32)
            np.testing.assert_array_equal(
                got.data, getattr(f, method)(x, dtype=np.float32), strict=True
            )
        np.testing.assert_array_equal(
            f.outer(t, t, dtype=float).data, f.outer(x, x, dtype=float), strict=True
        )
        np.testing.assert_array_equal(
            f.reduceat(t, [0, 1], dtype=float).data, f.reduceat(x, [0, 1], dtype=float), strict=True
        )
    assert np.add.reduceat(t, []).shape == (0, 2)
    assert np.multiply.accumulate(ag.Tensor(np.zeros((0, 2)))).shape == (0, 2)
    assert np.subtract.accumulate(ag.Tensor(np.zeros((0, 2)))).shape == (0, 2)


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (lambda t: np.subtract.reduce(t, axis=(0, 1)), errors.ArgumentError, "order would matter"),
        (lambda t: np.add.reduce(t, axis=2), errors.ShapeError, r"np\.add\.reduce: got axis=2"),
        (lambda t: np.add.reduce(t, axis=(0, 0)), errors.ArgumentError, "names an axis twice"),
        (lambda t: np.add.reduce(t[:0], initial=None), errors.ShapeError, "size 0 has no value"),
        (lambda t: np.divide.reduce(t[:0]), errors.ShapeError, "size 0 has no value"),
        (lambda t: np.divide.reduce(t, where=MASK), errors.ArgumentError, "no identity"),
        (lambda t: np.add.accumulate(t[0, 0]), errors.ShapeError, "got a scalar"),
        (lambda t: np.add.reduceat(t, [5]), errors.ShapeError, "got the index 5 .* size 2"),
        (lambda t: np.add.reduceat(t, [0.5]), errors.DTypeError, "one row of integers"),
        (lambda t: np.add.reduce(t, out=np.zeros(3)), errors.UnsupportedError, "got out="),
    ],
)
def test_slips_with_ufunc_methods_are_sentences(do, error, text):
    with pytest.raises(error, match=text):
        do(ag.Tensor(X, requires_grad=True))


@pytest.mark.parametrize("f", [*REDUCED, np.power], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, np.uint8, np.int64, np.bool_])
def test_dtypes_of_reductions_are_numpys(f, dtype):
    x = np.array([[1, 2, 3], [2, 1, 2]]).astype(dtype)
    for keywords in (
        {}, {"axis": 1}, {"initial": 1}, {"initial": np.float64(1)},
        {"axis": 1, "where": MASK, "initial": 1},
    ):  # fmt: skip
        try:
            expected = f.reduce(x, **keywords)
        except TypeError:
            with pytest.raises(TypeError):
                f.reduce(ag.Tensor(x), **keywords)
            continue
        got = f.reduce(ag.Tensor(x), **keywords)
        assert got.dtype == expected.dtype
        if f is not np.power:
            np.testing.assert_allclose(got.data, expected, rtol=2e-3)


def test_an_initial_value_may_be_a_tensor():
    start = ag.Tensor(2.0, requires_grad=True)
    for f in (np.add, np.multiply, np.maximum, np.subtract):
        x = ag.Tensor([0.5, 1.5], requires_grad=True)
        out = f.reduce(x, initial=start)
        assert out.item() == f.reduce(x.data, initial=2.0)
        assert ag.gradients(out, [x, start])[1].item() != 0
    assert np.add.reduce(ag.Tensor(np.zeros((0, 2))), initial=start).data.tolist() == [2.0, 2.0]


def test_logical_methods_are_plain():
    t = ag.Tensor([[1.0, 0.0], [2.0, 3.0]], requires_grad=True)
    for f, x in itertools.product((np.logical_and, np.logical_or, np.logical_xor), (t, t.data)):
        assert type(f.reduce(x)) is np.ndarray
    assert np.logical_and.reduce(t).tolist() == [True, False]
    assert np.greater.outer(t[0], t[1]).tolist() == [[False, False], [False, False]]


# -- Python's functions and ndarray's methods --------------------------------------------------


def test_pythons_functions_are_recorded():
    t = ag.Tensor(2.6, requires_grad=True)
    for out, value, slope in (
        (round(t), 3.0, 0.0), (round(t * 1.11, 1), 2.9, 0.0), (math.floor(t), 2.0, 0.0),
        (math.ceil(t), 3.0, 0.0), (math.trunc(-t), -2.0, 0.0), (divmod(t, 2)[0], 1.0, 0.0),
        (divmod(t, 2)[1], 0.6, 1.0), (divmod(7.0, t)[1], 1.8, -2.0), (+t, 2.6, 1.0),
        (divmod(np.array([7.0]), t)[1][0], 1.8, -2.0),
    ):  # fmt: skip
        assert isinstance(out, ag.Tensor)
        assert out.item() == pytest.approx(value)
        assert ag.gradients(out, t).item() == slope


def test_plain_methods_and_properties():
    x = np.array([[3.0, 1.0], [2.0, 4.0]])
    t = ag.Tensor(x, requires_grad=True)
    assert t.argpartition(1, axis=1).tolist() == x.argpartition(1, axis=1).tolist()
    assert t[0].searchsorted([2.0]).tolist() == x[0].searchsorted([2.0]).tolist()
    assert t.tobytes() == x.tobytes()
    assert (t.itemsize, t.strides) == (x.itemsize, x.strides)
    assert [v.item() for v in t.flat] == list(x.flat)
    assert t.round(1).data.tolist() == x.round(1).tolist()
    assert t.take([1, 0], axis=1).data.tolist() == x.take([1, 0], axis=1).tolist()


def test_fill_is_a_write_of_all():
    t = ag.Tensor([1.0, 2.0], requires_grad=True)
    u = t * 2
    u.fill(7.0)
    (u + t).sum().backward()
    assert u.data.tolist() == [7.0, 7.0]
    assert t.grad.tolist() == [1.0, 1.0]
    with pytest.raises(errors.InPlaceError):
        t.fill(0.0)


# -- single functions --------------------------------------------------------------------------


def test_exponents_are_plain_integers():
    mantissas, exponents = np.frexp(ag.Tensor([0.75, 12.0, 0.0, np.inf], requires_grad=True))
    assert type(exponents) is np.ndarray
    assert exponents.dtype == np.int32
    assert mantissas.data.tolist() == [0.75, 0.75, 0.0, np.inf]
    assert ag.grad(lambda x: np.frexp(x)[0].sum())(np.array([0.75, 12.0])).tolist() == [1, 1 / 16]


def test_parts_and_jumps():
    x = np.array([-1.5, 0.0, 0.25, 3.0, -np.inf])
    for got, expected in zip(np.modf(ag.Tensor(x)), np.modf(x), strict=True):
        np.testing.assert_array_equal(got.data, expected)
        assert np.signbit(got.data).tolist() == np.signbit(expected).tolist()
    assert np.modf(ag.Tensor([3]))[1].dtype == np.float64
    h = lambda x, y: np.heaviside(x, y).sum()
    got = ag.grad(h, argnums=(0, 1))(np.array([-1.0, 0.0, 2.0]), np.array([0.3, 0.3, 0.3]))
    assert got[0].tolist() == [0, 0, 0]
    assert got[1].tolist() == [0, 1, 0]


def test_the_outer_of_a_ufunc_with_two_results():
    t = ag.Tensor([5.0, 7.5], requires_grad=True)
    for got, expected in zip(
        np.divmod.outer(t, [2.0, 3.0]), np.divmod.outer(t.data, [2.0, 3.0]), strict=True
    ):
        np.testing.assert_array_equal(got.data, expected)
    np.divmod.outer(t, [2.0, 3.0])[1].sum().backward()
    assert t.grad.tolist() == [2, 2]


def test_rounding_takes_decimals_by_position_and_by_name():
    t = ag.Tensor([12.345, -0.55, 2.5], requires_grad=True)
    for f in (np.round, np.around, ag.round, ag.around):
        for got, expected in (
            (f(t, 1), np.round(t.data, 1)),
            (f(t, decimals=-1), np.round(t.data, -1)),
        ):
            np.testing.assert_array_equal(got.data, expected)
            assert got.requires_grad
    np.testing.assert_array_equal(ag.fix(t).data, np.trunc(t.data))
    assert ag.grad(lambda x: np.round(x).sum())(np.array([0.5])).tolist() == [0.0]


def test_nan_to_num_replaces_and_stops_the_gradient():
    x = np.array([np.nan, np.inf, -np.inf, 2.0])
    t = ag.Tensor(x, requires_grad=True)
    for keywords in ({}, {"nan": 1.0, "posinf": 2.0, "neginf": 3.0}):
        np.testing.assert_array_equal(
            np.nan_to_num(t, **keywords).data, np.nan_to_num(x, **keywords)
        )
    with np.errstate(all="ignore"):
        slope = ag.grad(lambda x: np.nan_to_num(np.log(x)).sum())(np.array([0.0, -1.0, 2.0]))
    assert slope.tolist() == [0.0, 0.0, 0.5]
    z = np.array([complex(np.nan, 1.0), complex(2.0, np.inf), 3 + 4j])
    u = ag.Tensor(z, requires_grad=True)
    out = np.nan_to_num(u)
    np.testing.assert_array_equal(out.data, np.nan_to_num(z))
    out.backward(np.full(3, 2 + 3j))
    np.testing.assert_array_equal(u.grad, [3j, 2, 2 + 3j])


def test_real_if_close_of_complex_input():
    for z in (Z, X + 1e-16j * X):
        t = ag.Tensor(z, requires_grad=True)
        out = np.real_if_close(t)
        assert out.dtype == np.real_if_close(z).dtype
        assert out.requires_grad


def test_clip_by_every_spelling():
    t = ag.Tensor(X, requires_grad=True)
    named = np.clip if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else ag.clip
    for got in (
        np.clip(t, 0.5, 1.0), named(t, min=0.5, max=1.0), t.clip(0.5, 1.0),
        t.clip(min=0.5, max=1.0),
        ag.clip(t, a_min=0.5, a_max=1.0), np.clip(t, 0.5, 1.0, None), X.clip(ag.Tensor(0.5), 1.0),
    ):  # fmt: skip
        np.testing.assert_array_equal(got.data, X.clip(0.5, 1.0))
    assert np.clip(t, 0.5, 1.0, dtype=np.float32).dtype == np.float32
    assert np.clip(t, None, 1, dtype=np.float32).dtype == np.float32
    with pytest.raises(errors.ArgumentError, match=r"clip: got both a_min= and min="):
        ag.clip(t, 0.5, 1.0, min=0.5)


def test_angle_in_degrees():
    check(lambda z: np.angle(z, deg=True), lambda z: np.angle(z, deg=True), Z)
    check(lambda z: ag.angle(z, True), lambda z: np.angle(z, True), Z)


def test_numpys_other_names_are_the_same_functions():
    same = {
        "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh",
        "atan": "arctan",
        "atan2": "arctan2", "atanh": "arctanh", "pow": "power", "concat": "concatenate",
        "abs": "absolute", "conj": "conjugate", "mod": "remainder",
    }  # fmt: skip
    for new, old in same.items():
        assert NUMPY[getattr(np, new)] is NUMPY[getattr(np, old)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("fromfunction", "np.indices"),
    ],
)
def test_functions_without_a_rule_have_a_hint(name, text):
    assert re.search(text, str(no_rule(name)))
