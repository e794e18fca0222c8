"""The functions of ``np.fft``, under the same names.

>>> import numpy as np, autograd_lite as ag
>>> x = ag.Tensor([1.0, 0.0, -1.0, 0.0], requires_grad=True)
>>> ag.abs(ag.fft.rfft(x)).sum().backward()
>>> x.grad
array([ 1.,  0., -1.,  0.])
"""

from __future__ import annotations

from numpy.fft import fftfreq as fftfreq, rfftfreq as rfftfreq

from .ops.fourier import (
    fft as fft,
    fft2 as fft2,
    fftn as fftn,
    fftshift as fftshift,
    hfft as hfft,
    ifft as ifft,
    ifft2 as ifft2,
    ifftn as ifftn,
    ifftshift as ifftshift,
    ihfft as ihfft,
    irfft as irfft,
    irfft2 as irfft2,
    irfftn as irfftn,
    rfft as rfft,
    rfft2 as rfft2,
    rfftn as rfftn,
)
