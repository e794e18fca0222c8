"""The functions of ``np.fft``, under the same names.

>>> import numpy as np, autograd_lite as ag
>>> x = ag.Tensor([1.0, 0.0, -1.0, 0.0], requires_grad=True)
>>> ag.abs(ag.fft.rfft(x)).sum().backward()
>>> x.grad
array([ 1.,  0., -1.,  0.])
"""

from __future__ import annotations

from typing import TYPE_CHECKING as _TYPE_CHECKING, Any as _Any

from numpy.fft import fftfreq, rfftfreq

from .ops.fourier import (
    fft,
    fft2,
    fftn,
    fftshift,
    hfft,
    ifft,
    ifft2,
    ifftn,
    ifftshift,
    ihfft,
    irfft,
    irfft2,
    irfftn,
    rfft,
    rfft2,
    rfftn,
)

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift",
    "ihfft", "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip

if not _TYPE_CHECKING:  # to a type checker it would say that every name is here

    def __getattr__(name: str) -> _Any:
        from .missing import of_space

        raise of_space("fft", name, __all__)
