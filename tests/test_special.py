"""SciPy's special functions: through the checks of test_ops.py, against mpmath, at limits."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings

import mpmath
import numpy as np
import pytest

pytest.importorskip("scipy", reason="autograd_lite.special needs SciPy")

import scipy.special as sp
import test_ops
from op_tools import SPECIAL_NAMES
from test_composed_special import is_inexact

import autograd_lite as ag
from autograd_lite import special
from autograd_lite.op import OPS, PLAIN

SPECIAL = {name: op for name, op in OPS.items() if name in SPECIAL_NAMES}
CASES = [
    pytest.param(op, sample, id=f"{name}-{i}")
    for name, op in SPECIAL.items()
    for i, sample in enumerate(op.samples)
]
CHECKS = [
    test_ops.test_forward_is_numpys,
    test_ops.test_numpys_spelling_records_the_same,
    test_ops.test_vjp_is_the_numerical_one,
    test_ops.test_forward_mode_is_the_transpose,
    test_ops.test_jacobian_by_rows_and_by_columns_agree,
    test_ops.test_second_order_is_the_numerical_one,
    test_ops.test_float32_stays_float32,
    test_ops.test_strided_inputs_give_the_same,
    test_ops.test_rules_read_nothing_that_is_not_saved,
]


def _name(check):
    return check.__name__.removeprefix("test_")


def _has_single_precision(op, sample):
    arrays = sample.draw(0, np.float32)
    f = op.numpy[0] if op.numpy else lambda *xs: op.forward(*xs, **{**op.params, **sample.params})
    return op.name != "lambertw" and np.asarray(f(*arrays)).dtype in (np.float32, np.complex64)


@pytest.mark.parametrize(("op", "sample"), CASES)
@pytest.mark.parametrize("check", CHECKS, ids=_name)
def test_op(op, sample, check):
    if check is test_ops.test_float32_stays_float32 and not _has_single_precision(op, sample):
        pytest.skip("SciPy has no such function of single precision")
    if is_inexact(op.name):
        pytest.skip("SciPy's own is not exact")
    check(op, sample)


@pytest.mark.parametrize("name", SPECIAL)
def test_declaration(name):
    test_ops._check_reads_all(SPECIAL[name])
    assert len(SPECIAL[name].doc) > 10
    assert "Derivative:" in SPECIAL[name].doc


# -- against mpmath ------------------------------------------------------------------------------


def slopes(f, x, order=1):
    for _ in range(order):
        f = ag.grad(lambda t, f=f: ag.sum(f(t)))
    return f(np.array(x, float))


BY_MPMATH = {
    "gamma": (mpmath.gamma, [0.3, 4.2, -0.5, -2.7]),
    "gammaln": (mpmath.loggamma, [0.3, 4.2, 30.0]),
    "digamma": (mpmath.digamma, [0.3, 4.2, -0.5]),
    "rgamma": (mpmath.rgamma, [0.3, 4.2, 0.0, -1.0, -2.0, -5.0, -2.5, 0.5, 1e-9]),
    "erfc": (mpmath.erfc, [0.0, 2.0, -3.0, 20.0]),
    "erfi": (mpmath.erfi, [0.0, 2.0, -3.0]),
    "erfinv": (mpmath.erfinv, [0.0, 0.5, -0.99]),
    "ndtr": (mpmath.ncdf, [0.0, 2.0, -20.0]),
    "log_ndtr": (lambda t: mpmath.log(mpmath.erfc(-t / mpmath.sqrt(2)) / 2), [0.0, 3.0, -3.0, -50]),
    "logit": (lambda t: mpmath.log(t / (1 - t)), [0.5, 1e-9, 0.999]),
    "log_expit": (lambda t: -mpmath.log1p(mpmath.exp(-t)), [0.0, -30.0, 3.0]),
    "entr": (lambda t: -t * mpmath.log(t), [0.5, 1e-9, 7.0]),
    "j0": (lambda t: mpmath.besselj(0, t), [0.0, 1e-9, 3.0, -7.0]),
    "j1": (lambda t: mpmath.besselj(1, t), [0.0, 1e-9, 3.0, -7.0]),
    "y0": (lambda t: mpmath.bessely(0, t), [0.1, 3.0]),
    "y1": (lambda t: mpmath.bessely(1, t), [0.1, 3.0]),
    "i0": (lambda t: mpmath.besseli(0, t), [0.0, 1e-9, 3.0, -7.0]),
    "i1": (lambda t: mpmath.besseli(1, t), [0.0, 1e-9, 3.0, -7.0]),
    "i0e": (lambda t: mpmath.besseli(0, t) * mpmath.exp(-t), [0.1, 3.0, 90.0]),
    "i1e": (lambda t: mpmath.besseli(1, t) * mpmath.exp(-t), [0.1, 3.0, 90.0]),
    "k0": (lambda t: mpmath.besselk(0, t), [0.1, 3.0]),
    "k1": (lambda t: mpmath.besselk(1, t), [0.1, 3.0]),
    "exp1": (mpmath.e1, [0.1, 3.0]),
    "expi": (mpmath.ei, [0.1, 3.0, -2.0]),
    "spence": (lambda t: mpmath.polylog(2, 1 - t), [0.3, 0.9, 1.0001, 1.4]),
    "exprel": (lambda t: mpmath.expm1(t) / t, [1e-9, -1e-3, 1.9, 2.1, -1.9, -7.0]),
    "ellipk": (mpmath.ellipk, [0.0, 1e-6, 0.05, -0.09, 0.11, 0.9, -5.0]),
    "ellipe": (mpmath.ellipe, [0.0, 1e-6, 0.05, -0.09, 0.11, 0.9, -5.0]),
    "cosm1": (lambda t: mpmath.cos(t) - 1, [0.0, 1e-9, 2.0]),
    "exp10": (lambda t: mpmath.mpf(10) ** t, [0.0, -2.5]),
    "sindg": (lambda t: mpmath.sin(t * mpmath.pi / 180), [0.0, 30.0, 200.0]),
}


@pytest.mark.parametrize("order", [0, 1, 2, 3])
@pytest.mark.parametrize("name", BY_MPMATH)
def test_derivatives_are_mpmaths(name, order):
    f, at = BY_MPMATH[name]
    with mpmath.workdps(50):
        expected = [float(mpmath.re(mpmath.diff(f, mpmath.mpf(v), order))) for v in at]
    scale = np.maximum(1.0, np.abs(expected))
    got = slopes(getattr(special, name), at, order)
    np.testing.assert_allclose(got / scale, expected / scale, rtol=2e-10, atol=1e-9)
    if hasattr(sp, name):
        np.testing.assert_array_equal(slopes(getattr(sp, name), at, order), got)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(
    ("f", "exact", "at"),
    [
        (lambda x: sp.gammainc(3, x), lambda t: mpmath.gammainc(3, 0, t) / 2, [0.5, 4.0]),
        (lambda x: sp.gammaincc(0.5, x), lambda t: mpmath.gammainc(0.5, t) / mpmath.gamma(0.5),
         [0.5, 4.0]),
        (lambda x: sp.gammainc(1000.5, x),
         lambda t: mpmath.gammainc(1000.5, 0, t, regularized=True), [1000.0, 990.0]),
        (lambda x: sp.betainc(2.5, 3, x), lambda t: mpmath.betainc(2.5, 3, 0, t, regularized=True),
         [0.2, 0.9]),
        (lambda x: sp.jv(0.5, x), lambda t: mpmath.besselj(0.5, t), [0.5, 3.0]),
        (lambda x: sp.iv(2, x), lambda t: mpmath.besseli(2, t), [0.0, 0.5, 3.0]),
        (lambda x: sp.kv(1.5, x), lambda t: mpmath.besselk(1.5, t), [0.5, 3.0]),
        (lambda x: sp.expn(3, x), lambda t: mpmath.expint(3, t), [0.5, 3.0]),
        (lambda x: sp.zeta(3.0, x), lambda t: mpmath.zeta(3, t), [0.5, 3.0]),
        (lambda x: special.polygamma(1, x), lambda t: mpmath.polygamma(1, t), [0.5, 3.0]),
        (lambda x: ag.real(sp.lambertw(x)), lambda t: mpmath.re(mpmath.lambertw(t)), [0.0, 2.0]),
        (lambda x: special.multigammaln(x, 3), lambda t: mpmath.loggamma(t)
         + mpmath.loggamma(t - 0.5) + mpmath.loggamma(t - 1), [2.5, 8.0]),
        (lambda x: sp.boxcox(2.5, x), lambda t: (mpmath.mpf(2.5) ** t - 1) / t,
         [1e-7, -1e-3, 0.7, -2.0]),
        (lambda x: sp.boxcox(x, 0.0), mpmath.log, [0.5, 2.0]),
        (lambda x: sp.inv_boxcox(0.5, x), lambda t: (1 + t / 2) ** (1 / t), [1e-7, 0.3, 0.7, -0.9]),
        (lambda x: sp.shichi(x)[0], mpmath.shi, [0.0, 1e-6, 2.0]),
        (lambda x: sp.sici(x)[0], mpmath.si, [0.0, 1e-6, 2.0]),
        (sp.spence, lambda t: mpmath.polylog(2, 1 - t), [1e-12, 0.4, 1.0000001, 1.7, 50.0]),
        (lambda x: sp.fresnel(x)[1], mpmath.fresnelc, [0.0, 1e-6, 2.0]),
    ],
)  # fmt: skip
def test_functions_with_parameters_are_mpmaths(f, exact, at, order):
    with mpmath.workdps(50):
        expected = [float(mpmath.diff(exact, mpmath.mpf(v), order)) for v in at]
    np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-8, atol=1e-12)


# -- limits --------------------------------------------------------------------------------------

INF, NAN = math.inf, math.nan


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("f", "at", "order", "expected"),
    [
        (lambda x: sp.xlogy(x, 2.0), [0.0], 1, [math.log(2)]),
        (lambda x: sp.xlogy(0.0, x), [0.0, 2.0], 1, [0, 0]),
        (lambda x: sp.xlogy(x, x), [0.0, 1.0], 1, [-INF, 1]),
        (lambda x: sp.xlog1py(x, -1 + 0 * x), [0.0], 1, [-INF]),
        (lambda x: sp.xlog1py(0.0, x), [-1.0, 2.0], 1, [0, 0]),
        (special.entr, [0.0, 1.0, -1.0], 1, [INF, -1, NAN]),
        (special.entr, [0.0, 1.0], 2, [-INF, -1]),
        (lambda x: sp.kl_div(x, 2.0), [2.0, 0.0], 1, [0, -INF]),
        (lambda x: sp.kl_div(2.0, x), [2.0], 1, [0]),
        (lambda x: sp.kl_div(2.0, x), [2.0], 2, [0.5]),
        (lambda x: sp.kl_div(0.0, x), [2.0, 0.0], 1, [1, 1]),
        (lambda x: sp.rel_entr(x, 2.0), [2.0, 0.0], 1, [1, -INF]),
        (lambda x: sp.rel_entr(0.0, x), [2.0, 0.0], 1, [0, 0]),
        (lambda x: sp.huber(1.0, x), [0.0, 1.0, -1.0, 3.0], 1, [0, 1, -1, 1]),
        (lambda x: sp.huber(x, 3.0), [1.0, 3.0, 5.0], 1, [2, 0, 0]),
        (lambda x: sp.pseudo_huber(1.0, x), [0.0, 1e200], 1, [0, 1]),
        (lambda x: sp.pseudo_huber(x, 0.0), [0.0, 1.0], 1, [0, 0]),
        (lambda x: sp.pseudo_huber(1.0, x), [0.0], 2, [1]),
        (special.i1, [0.0], 1, [0.5]),
        (special.j1, [0.0], 1, [0.5]),
        (special.j1, [0.0], 2, [0]),
        (special.i0e, [0.0], 1, [0]),
        (special.i1e, [0.0], 1, [0.5]),
        (special.digamma, [-1.0], 0, [NAN]),
        (special.logit, [0.0, 1.0], 1, [INF, INF]),
        (special.logit, [0.0, 1.0], 2, [-INF, INF]),
        (special.erfinv, [1.0, -1.0], 1, [INF, INF]),
        (special.ndtri, [0.0, 1.0], 1, [INF, INF]),
        (special.log_ndtr, [-1e6, 50.0, INF], 1, [1e6 + 1e-6, 0, 0]),
        (lambda x: sp.gammainc(1, x), [0.0], 1, [1]),
        (lambda x: sp.gammainc(1, x), [0.0], 2, [-1]),
        (lambda x: sp.gammainc(2, x), [0.0], 1, [0]),
        (lambda x: sp.gammainc(2, x), [0.0], 2, [1]),
        (lambda x: sp.gammainc(2, x), [0.0], 3, [-2]),
        (lambda x: sp.gammainc(0.5, x), [0.0], 1, [INF]),
        (lambda x: sp.betainc(1, 2, x), [0.0, 1.0], 1, [2, 0]),
        (lambda x: sp.betainc(1, 2, x), [0.0, 1.0], 2, [-2, -2]),
        (lambda x: sp.betainc(2, 2, x), [0.0, 1.0], 2, [6, -6]),
        (lambda x: sp.boxcox(x, 0.0), [1.0], 2, [-1]),
        (lambda x: sp.boxcox(2.0, x), [0.0], 1, [math.log(2) ** 2 / 2]),
        (lambda x: sp.boxcox(2.0, x), [0.0], 2, [math.log(2) ** 3 / 3]),
        (lambda x: sp.boxcox(0.0, x), [2.0], 1, [0.25]),
        (lambda x: sp.boxcox1p(1.0, x), [0.0], 1, [math.log(2) ** 2 / 2]),
        (lambda x: sp.inv_boxcox(2.0, x), [0.0], 1, [-2 * math.exp(2)]),
        (lambda x: sp.inv_boxcox1p(2.0, x), [0.0], 1, [-2 * math.exp(2)]),
        (special.spence, [1.0], 1, [-1]),
        (special.spence, [1.0], 2, [0.5]),
        (special.exprel, [0.0], 1, [0.5]),
        (special.exprel, [0.0], 2, [1 / 3]),
        (lambda x: ag.real(sp.lambertw(x)), [0.0], 2, [-2]),
    ],
)  # fmt: skip
def test_slope(f, at, order, expected):
    np.testing.assert_allclose(slopes(f, at, order), expected, rtol=1e-12, atol=1e-14)


def test_mixed_second_derivatives_are_symmetric_at_0():
    for f, expected in (
        (sp.xlogy, 0.5), (sp.kl_div, -0.5), (sp.rel_entr, -0.5), (sp.xlog1py, 1 / 3),
        (sp.pseudo_huber, 1.0),
    ):  # fmt: skip
        for first, second in ((0, 1), (1, 0)):
            mixed = ag.grad(ag.grad(f, first), second)(0.0, 2.0)
            assert mixed == pytest.approx(expected, rel=1e-15)


# -- functions over axes -------------------------------------------------------------------------


def test_softmax_and_logsumexp_are_scipys():
    x = np.array([[0.3, -1.0, 2.0], [1000.0, 999.0, -1000.0]])
    b = np.array([0.5, -2.0, 1.0])
    for axis in (None, 0, -1, (0, 1)):
        for name in ("softmax", "log_softmax"):
            got = getattr(special, name)(ag.Tensor(x, requires_grad=True), axis=axis)
            np.testing.assert_allclose(got.data, getattr(sp, name)(x, axis=axis), rtol=1e-13)
        for keywords in (
            {},
            {"keepdims": True},
            {"b": np.abs(b)},
            {"b": [1, 3, 2], "keepdims": True},
        ):
            got = special.logsumexp(ag.Tensor(x, requires_grad=True), axis=axis, **keywords)
            expected = sp.logsumexp(x, axis=axis, **keywords)
            assert got.shape == np.shape(expected)
            np.testing.assert_allclose(got.data, expected, rtol=1e-13)
        for keywords in ({}, {"b": b}, {"b": b, "keepdims": True}):
            got, sign = special.logsumexp(ag.Tensor(x), axis, return_sign=True, **keywords)
            expected = sp.logsumexp(x, axis, return_sign=True, **keywords)
            np.testing.assert_allclose(got.data, expected[0], rtol=1e-13)
            np.testing.assert_array_equal(sign, expected[1])
    assert math.isnan(special.logsumexp(ag.Tensor([0.0]), b=-1.0).item())


def test_infinities_and_zero_weights_in_logsumexp():
    x = np.array([-np.inf, 1.0, np.inf])
    b = np.array([1.0, 2.0, 0.0])
    grads = ag.grad(lambda x, b: special.logsumexp(x, b=b), argnums=(0, 1))(x, b)
    np.testing.assert_allclose(grads[0], [0, 1, 0])
    np.testing.assert_allclose(grads[1], [0, 0.5, 0])


@pytest.mark.parametrize(
    ("do", "text"),
    [
        (lambda t: sp.softmax(t), r"autograd_lite\.special"),
        (lambda t: sp.logsumexp(t), r"autograd_lite\.special"),
        (lambda t: sp.polygamma(1, t), r"autograd_lite\.special"),
        (lambda t: sp.pdtr(t, 1.0), r"pdtr: .* requires grad as k, .*numeri"),
        (lambda t: sp.hyp2f1(1.0, t, 2.0, 0.5), r"hyp2f1: got a Tensor that requires grad as b"),
        (lambda t: sp.jv(t, 1.0), r"jv: got a Tensor that requires grad as v"),
        (lambda t: special.polygamma(t, 1.0), r"polygamma: .*as n, .*an integer"),
        (lambda t: sp.expn(t, 1.0), r"expn: got a Tensor that requires grad as n"),
        (lambda t: sp.ive(1, t * 1j), r"ive: got complex numbers"),
        (lambda t: sp.shichi(t * 1j), r"shichi: got complex numbers"),
        (lambda t: sp.mathieu_a(1, t), r"scipy\.special\.mathieu_a: got a Tensor.*no derivative"),
        (lambda t: sp.gammaln(t, out=np.zeros(2)), r"gammaln: got out="),
        (lambda t: sp.gammaln(t, where=np.array([True, False])), r"gammaln: got where="),
    ],
)  # fmt: skip
def test_what_has_no_rule_is_refused(do, text):
    with pytest.raises(TypeError, match=text):
        do(ag.Tensor([1.0, 2.0], requires_grad=True))


def test_constants_may_be_tensors_and_signs_are_plain():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    out = sp.gammainc(ag.Tensor([2.0, 3.0]), x)
    np.testing.assert_array_equal(out.data, sp.gammainc([2.0, 3.0], x.data))
    assert type(sp.gammasgn(x)) is np.ndarray
    assert sp.gammasgn in PLAIN
    assert sp.gammaln(x, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize(
    "name",
    ["erf", "erfc", "erfcx", "gamma", "loggamma", "rgamma", "digamma", "xlogy", "exp1", "expi"],
)
def test_complex_gradients_are_plain_transposes(name):
    z = np.array([0.7 + 0.4j, 1.3 - 0.8j])
    f = getattr(special, name)
    call = (lambda z: f(z, z * 2)) if name == "xlogy" else f
    scipys = getattr(sp, name)
    plain = (lambda z: scipys(z, z * 2)) if name == "xlogy" else scipys
    t = ag.Tensor(z, requires_grad=True)
    out = call(t)
    np.testing.assert_allclose(out.data, plain(z), rtol=1e-13)
    w = np.array([1 + 2j, 0.5 - 1j])
    out.backward(w)
    slope = (plain(z + 1e-5) - plain(z - 1e-5)) / 2e-5
    np.testing.assert_allclose(t.grad, np.conj(np.conj(w) * slope), rtol=1e-8)


def test_float32_and_integers():
    for name in ("gammaln", "erfc", "j0", "i0", "expit", "entr", "ndtr"):
        f = getattr(sp, name)
        t = ag.Tensor(np.array([0.5, 2.0], np.float32), requires_grad=True)
        assert f(t).dtype == f(t.data).dtype
        f(t).sum().backward()
        assert t.grad.dtype == np.float32
    assert sp.gammaln(ag.Tensor([3, 4])).dtype == np.float64


# -- when it is loaded ---------------------------------------------------------------------------


def _run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )


def test_scipys_functions_are_declared_when_first_needed():
    code = """
import sys, autograd_lite as ag
assert "scipy" not in sys.modules
import scipy.special as sp
t = ag.Tensor([2.0], requires_grad=True)
assert "autograd_lite.special" not in sys.modules
out = sp.gammaln(t)
assert out.requires_grad and "autograd_lite.special" in sys.modules
assert ag.grad(lambda x: sp.erf(x))(0.5) > 0
"""
    done = _run(code)
    assert done.returncode == 0, done.stderr


def test_without_scipy_there_is_one_clear_sentence():
    code = """
import sys
sys.modules["scipy"] = None
import autograd_lite
try:
    import autograd_lite.special
except ImportError as error:
    print(error)
"""
    done = _run(code)
    assert (
        "SciPy is not installed; install it with pip install 'autograd-lite[special]'"
        in done.stdout
    )


def test_every_name_is_scipys_and_documented():
    for name in vars(special):
        value = getattr(special, name)
        if not name.isidentifier() or name.startswith("_") or name == "annotations":
            continue
        assert name == "logaddexp" or hasattr(sp, name), name
        assert value.__doc__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert special.jn(1, 2.0).item() == sp.jn(1, 2.0)
