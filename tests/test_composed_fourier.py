"""Fourier transforms over several axes, of Hermitian signals, and the order of frequencies."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import X, cases, check

import autograd_lite as ag

Z = X + 1j * X[::-1, ::-1]
CUBE = np.stack([X, 0.3 * X, X * X])

# name: calls of it; m is np.fft or autograd_lite.fft, x an array or a Tensor.
CALLS = {
    name: [
        lambda m, x, f=name: getattr(m, f)(x),
        lambda m, x, f=name: getattr(m, f)(x, norm="ortho"),
        lambda m, x, f=name: getattr(m, f)(x, norm="forward"),
        lambda m, x, f=name: getattr(m, f)(x, axes=(-1, 0)),
        lambda m, x, f=name: getattr(m, f)(x, s=(3, 2), axes=(0, -1)),
        lambda m, x, f=name: getattr(m, f)(x, (2, 5), (0, 1), "forward"),
        lambda m, x, f=name: getattr(m, f)(x, s=(-1, 4), axes=(0, 1)),
        lambda m, x, f=name: getattr(m, f)(x, axes=(0, 0), s=(2, 2)),
    ]
    for name in ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")
}  # fmt: skip
for _name in ("fftn", "ifftn", "rfftn", "irfftn"):
    CALLS[_name] += [
        lambda m, x, f=_name: getattr(m, f)(x, axes=(1,)),
        lambda m, x, f=_name: getattr(m, f)(x, s=(3,), axes=(0,)),
    ]
CALLS |= {
    name: [
        lambda m, x, f=name: getattr(m, f)(x), lambda m, x, f=name: getattr(m, f)(x, 2),
        lambda m, x, f=name: getattr(m, f)(x, n=7), lambda m, x, f=name: getattr(m, f)(x, axis=0),
        lambda m, x, f=name: getattr(m, f)(x, 3, -2, "ortho"),
        lambda m, x, f=name: getattr(m, f)(x, norm="forward"),
    ]
    for name in ("hfft", "ihfft")
}  # fmt: skip
CALLS |= {
    name: [
        lambda m, x, f=name: getattr(m, f)(x), lambda m, x, f=name: getattr(m, f)(x, 0),
        lambda m, x, f=name: getattr(m, f)(x, axes=(-1,)),
        lambda m, x, f=name: getattr(m, f)(x, [0, 1]),
    ]
    for name in ("fftshift", "ifftshift")
}  # fmt: skip
REAL_ONLY = ("rfft2", "rfftn", "ihfft")


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np.fft, ag.fft], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    for x in (X, Z)[: 1 if name in REAL_ONLY else 2]:
        check(lambda x: call(module, x), lambda x: call(np.fft, x), x)


@pytest.mark.parametrize("name", [n for n in CALLS if n.endswith("n")])
def test_three_axes(name):
    f, g = getattr(np.fft, name), getattr(ag.fft, name)
    check(g, f, CUBE)
    check(lambda x: g(x, axes=(2, 0)), lambda x: f(x, axes=(2, 0)), CUBE)
    check(lambda x: g(x, s=(2, 4), axes=(-3, 2)), lambda x: f(x, s=(2, 4), axes=(-3, 2)), CUBE)
