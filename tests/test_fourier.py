"""Fourier transforms: against NumPy and numerical derivatives, drawn at random, and their errors.

The ops themselves go through test_ops.py too; here are lengths, axes, norms and dtypes.
"""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import check
from hypothesis import given, settings, strategies as st
from oracle import inner

import autograd_lite as ag
from autograd_lite import errors

property_test = settings(derandomize=True, deadline=None, database=None, max_examples=60)
NORMS = st.sampled_from([None, "backward", "ortho", "forward"])


def drawn(shape, complex=False, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if complex else x


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
@property_test
@given(
    size=st.integers(1, 6), n=st.none() | st.integers(1, 8), axis=st.sampled_from([0, 1, -1, -2]),
    norm=NORMS, complex=st.booleans(),
)  # fmt: skip
def test_every_length_axis_and_norm(name, size, n, axis, norm, complex):
    if name in ("irfft", "hfft") and n is None and size == 1:
        n = 1
    shape = (size, 2) if axis in (0, -2) else (2, size)
    x = drawn(shape, complex and name not in ("rfft", "ihfft"))
    ours, numpys = getattr(ag.fft, name), getattr(np.fft, name)
    check(lambda x: ours(x, n=n, axis=axis, norm=norm), lambda x: numpys(x, n, axis, norm), x)


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
@property_test
@given(data=st.data(), shape=st.tuples(*[st.integers(1, 3)] * 3), norm=NORMS, complex=st.booleans())
def test_every_choice_of_axes(name, data, shape, norm, complex):
    # rfftn goes over a repeated axis in another order from one NumPy to the next.
    once = (lambda i: i % 3) if name == "rfftn" else None
    axes = data.draw(st.lists(st.integers(-3, 2), min_size=1, max_size=3, unique_by=once))
    s = data.draw(st.lists(st.integers(1, 4), min_size=len(axes), max_size=len(axes)))
    x = drawn(shape, complex and name != "rfftn")
    ours, numpys = getattr(ag.fft, name), getattr(np.fft, name)
    f = lambda x: ours(x, s=s, axes=axes, norm=norm)
    expected = numpys(x, s, axes, norm)
    t = ag.Tensor(x, requires_grad=True)
    np.testing.assert_allclose(f(t).data, expected, rtol=1e-12, atol=1e-13)
    g, u = (
        drawn(expected.shape, expected.dtype.kind == "c", 1),
        drawn(shape, x.dtype.kind == "c", 2),
    )
    # Linear: <g, F u> = <F* g, u> says it all.
    pulled = ag.gradients(f(t), t, g).data
    np.testing.assert_allclose(inner(g, numpys(u, s, axes, norm)), inner(pulled, u), atol=1e-9)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "rfftn"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64, np.longdouble])
def test_dtypes_are_numpys(name, dtype):
    if name in ("rfft", "ihfft", "rfftn") and dtype is np.complex64:
        pytest.skip("takes real numbers only")
    x = drawn((3, 4)).astype(dtype)
    t = ag.Tensor(x, requires_grad=True)
    f = getattr(np.fft, name)
    out = f(t)
    assert out.dtype == f(x).dtype
    assert f(ag.Tensor([[1, 2, 3], [4, 5, 6]])).dtype == f(np.array([[1, 2, 3], [4, 5, 6]])).dtype
    g = drawn(out.shape, out.dtype.kind == "c", 1).astype(out.dtype)
    got = ag.gradients(out, t, g).data
    assert got.dtype == dtype
    wide = ag.Tensor(x.astype(np.result_type(x, np.float64)), requires_grad=True)
    exact = ag.gradients(f(wide), wide, g.astype(f(wide).dtype)).data
    tolerance = 1e-2 if dtype is np.float16 else 1e-5
    np.testing.assert_allclose(got.astype(exact.dtype), exact, rtol=tolerance, atol=tolerance)


def test_the_jacobian_is_the_matrix():
    n = 5
    k = np.arange(n)
    matrix = np.exp(-2j * np.pi * np.outer(k, k) / n)
    parts = ag.jacobian(lambda x: [ag.real(ag.fft.fft(x)), ag.imag(ag.fft.fft(x))])(drawn(n))
    np.testing.assert_allclose(parts[0] + 1j * parts[1], matrix, atol=1e-13)
    back = ag.jacobian(lambda x: ag.real(np.fft.ifft(x, norm="forward")))(drawn(n))
    np.testing.assert_allclose(back, matrix.real, atol=1e-13)
    rows = ag.jacobian(lambda x: ag.real(np.fft.rfft(x, axis=0)))(drawn((4, 2)))
    assert rows.shape == (3, 2, 4, 2)
    np.testing.assert_allclose(rows[:, 1, :, 1], np.fft.rfft(np.eye(4), axis=0).real, atol=1e-13)


def test_hessian_of_a_power_spectrum():
    x = drawn(6)
    hessian = ag.hessian(lambda x: (ag.abs(np.fft.fft(x)) ** 2).sum())(x)
    np.testing.assert_allclose(hessian, 12 * np.eye(6), atol=1e-10)
    fourth = ag.hessian(lambda x: (np.fft.irfft(np.fft.rfft(x) ** 2) ** 2).sum())(x)
    base = ag.hessian(lambda x: (np.fft.ifft(np.fft.fft(x) ** 2).real ** 2).sum())(x)
    np.testing.assert_allclose(fourth, base, atol=1e-9)


def test_a_filter_in_the_frequency_domain_learns():
    x, target = drawn(16), np.cos(np.arange(16))
    loss = lambda w: ((np.fft.irfft(np.fft.rfft(x) * w, n=16) - target) ** 2).sum()
    w = np.zeros(9)
    for _ in range(400):
        w = w - 0.05 * ag.grad(loss)(w)
    assert np.abs(ag.grad(loss)(w)).max() < 1e-3


def test_empty_axes_and_no_axes():
    x = ag.Tensor(np.zeros((0, 4)), requires_grad=True)
    out = np.fft.fft(x)
    assert out.shape == (0, 4)
    assert ag.gradients(ag.sum(ag.abs(out)), x).shape == (0, 4)
    assert np.fft.fftn(ag.Tensor(3.0)).item() == 3.0


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (lambda t: np.fft.fft(t, 0), errors.ShapeError, r"fft: .*Invalid number"),
        (lambda t: np.fft.irfft(t[:, :1]), errors.ShapeError, r"irfft: .*Invalid number"),
        (lambda t: np.fft.fft(t, axis=2), errors.ShapeError, r"fft: got axis="),
        (lambda t: np.fft.fft(t, norm="unit"), errors.ShapeError, r"fft: .*Invalid norm"),
        (lambda t: np.fft.hfft(t, norm="unit"), errors.ArgumentError, r"got norm=.unit."),
        (lambda t: np.fft.rfft(t * 1j), errors.DTypeError, r"rfft: got complex128"),
        (lambda t: np.fft.fftn(t, s=(1,), axes=(0, 1)), errors.ArgumentError, r"got s=\(1,\)"),
        (lambda t: np.fft.fftn(t, axes=(3,)), errors.ShapeError, r"fftn: got axis=3"),
        (lambda t: np.fft.rfftn(t, axes=()), errors.ArgumentError, r"rfftn: got no axes"),
        (lambda t: np.fft.fft(t, out=np.zeros((2, 3), complex)), TypeError, r"fft: got out="),
        (lambda t: np.fft.fft2(t, out=np.zeros((2, 3), complex)), TypeError, r"fftn: got out="),
        (lambda t: np.fft.hfft(t, out=np.zeros((2, 4))), TypeError, r"hfft: got out="),
    ],
)  # fmt: skip
def test_slips_are_sentences(do, error, text):
    with pytest.raises(error, match=text):
        do(ag.Tensor(np.ones((2, 3)), requires_grad=True))


def test_frequencies_are_numpys():
    assert ag.fft.fftfreq(4, 0.5).tolist() == np.fft.fftfreq(4, 0.5).tolist()
    assert ag.fft.rfftfreq(4).tolist() == np.fft.rfftfreq(4).tolist()
