"""New arrays as Tensors, so that what is recorded may be written into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op import FUNCTIONS, NUMPY
from ..protocols import plain, whole
from ..tensor import Tensor, plain_tensor
from .shape import astype, broadcast_to, copy, shape_of

__all__ = [
    "arange", "empty", "empty_like", "eye", "full", "full_like", "identity", "ones", "ones_like",
    "tensor", "tri", "zeros", "zeros_like",
]  # fmt: skip


def tensor(
    data: Any, dtype: Any = None, *, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """As ``torch.tensor``: a Tensor of a copy of data; nested Tensors stay connected.

    Raises: as ``Tensor`` and ``array``.

    >>> import autograd_lite as ag
    >>> ag.tensor([1.0, 2.0], requires_grad=True)
    Tensor([1., 2.], requires_grad=True)
    """
    made: Tensor = FUNCTIONS["array"](data, dtype)
    if requires_grad:
        made.requires_grad = True
    return made if name is None else made.named(name)


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
    fill_value = whole(fill_value)
    if not (isinstance(fill_value, Tensor) and fill_value.requires_grad):
        return plain_tensor(np.full_like(plain(a), plain(fill_value), *args, **kwargs))
    form = np.empty_like(plain(a), *args, **kwargs)
    full: Tensor = copy(broadcast_to(astype(fill_value, form.dtype), shape_of(form)))
    return full


def full(
    shape: Any, fill_value: Any, dtype: Any = None, *, requires_grad: bool = False, **kwargs: Any
) -> Tensor:
    """As ``np.full``: a Tensor full of fill_value, tracked if that is (or as a new leaf).

    >>> import autograd_lite as ag
    >>> t = ag.Tensor(2.0, requires_grad=True)
    >>> ag.full((2, 3), t).sum().backward()
    >>> t.grad
    array(6.)
    """
    if not isinstance(fill_value, Tensor):
        fill_value = FUNCTIONS["array"](fill_value)
    form = np.empty(shape, fill_value.dtype if dtype is None else dtype, **kwargs)
    made = full_like(form, fill_value)
    if requires_grad:
        made.requires_grad = True
    return made


def _new(function: Callable[..., Any], text: str) -> Callable[..., Tensor]:
    def made(*args: Any, requires_grad: bool = False, **kwargs: Any) -> Tensor:
        return Tensor(function(*plain(args), **plain(kwargs)), requires_grad=requires_grad)

    made.__name__ = made.__qualname__ = function.__name__
    made.__doc__ = f"As ``np.{function.__name__}``: {text}, as a Tensor (a leaf)."
    return made


zeros = _new(np.zeros, "an array of zeros")
ones = _new(np.ones, "an array of ones")
empty = _new(np.empty, "an array whose entries are to be written")


def arange(*args: Any, requires_grad: bool = False, **kwargs: Any) -> Tensor:
    """As ``np.arange``: evenly spaced numbers within an interval, as a Tensor.

    Tensors as start and step are recorded; how many numbers there are has no derivative.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda step: ag.arange(0.0, 1.0, step).sum())(0.25)
    np.float64(6.0)
    """
    numbers = np.arange(*plain(args), **plain(kwargs))
    start, step = (args[0] if len(args) > 1 else 0), (args[2] if len(args) > 2 else 1)
    start, step = kwargs.get("start", start), kwargs.get("step", step)
    tracked = any(isinstance(x, Tensor) and x.requires_grad for x in (start, step))
    if not tracked or numbers.dtype.kind not in "fc":
        return Tensor(numbers, requires_grad=requires_grad)
    # NumPy's own numbers, to the last bit, and zeros that carry the derivative.
    moved = (start - plain(start)) + (step - plain(step)) * np.arange(len(numbers))
    made: Tensor = astype(numbers + moved, numbers.dtype)
    return made


eye = _new(np.eye, "ones on a diagonal, zeros elsewhere")
identity = _new(np.identity, "the square identity matrix")
tri = _new(np.tri, "ones at and below a diagonal, zeros elsewhere")

# With like=t, NumPy's own give Tensors too.
for _function in (
    zeros_like, ones_like, empty_like, full_like, full, zeros, ones, empty, arange, eye, identity,
    tri,
):  # fmt: skip
    NUMPY[getattr(np, _function.__name__)] = _function
