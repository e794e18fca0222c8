"""Arrays like another: Tensors, so that what is recorded may be written into them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import NUMPY
from ..protocols import plain
from ..tensor import Tensor, plain_tensor
from .shape import astype, broadcast_to, copy, shape_of

__all__ = ["empty_like", "full_like", "ones_like", "zeros_like"]


def zeros_like(a: Any, *args: Any, **kwargs: Any) -> Tensor:
    """As ``np.zeros_like``: an untracked Tensor, into which results may be written.

    >>> import numpy as np, autograd_lite as ag
    >>> def running(x):
    ...     out = np.zeros_like(x)
    ...     out[0] = x[0]
    ...     for i in range(1, len(x)):
    ...         out[i] = 0.5 * out[i - 1] + x[i]
    ...     return out.sum()
    >>> ag.grad(running)(np.ones(3))
    array([1.75, 1.5 , 1.  ])
    """
    return plain_tensor(np.zeros_like(plain(a), *args, **kwargs))


def ones_like(a: Any, *args: Any, **kwargs: Any) -> Tensor:
    """As ``np.ones_like``: an untracked Tensor, into which results may be written."""
    return plain_tensor(np.ones_like(plain(a), *args, **kwargs))


def empty_like(prototype: Any, *args: Any, **kwargs: Any) -> Tensor:
    """As ``np.empty_like``: an untracked Tensor, into which results may be written."""
    return plain_tensor(np.empty_like(plain(prototype), *args, **kwargs))


def full_like(a: Any, fill_value: Any, *args: Any, **kwargs: Any) -> Tensor:
    """As ``np.full_like``: a Tensor full of fill_value, tracked if that is."""
    if not (isinstance(fill_value, Tensor) and fill_value.requires_grad):
        return plain_tensor(np.full_like(plain(a), plain(fill_value), *args, **kwargs))
    form = np.empty_like(plain(a), *args, **kwargs)
    full: Tensor = copy(broadcast_to(astype(fill_value, form.dtype), shape_of(form)))
    return full


for _function in (zeros_like, ones_like, empty_like, full_like):
    NUMPY[getattr(np, _function.__name__)] = _function
