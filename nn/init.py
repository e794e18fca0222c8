"""Initial values of parameters: functions of a shape and a NumPy Generator, giving an array.

Weights have PyTorch's layout, (out, in, ...): fan_in is ``in`` times the sizes that follow, fan_out
is ``out`` times them. Without rng= the draws are those of ``np.random.default_rng(0)``: the same
at every call; pass a Generator for others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.errors import DTypeError, ShapeError

Shape = tuple[int, ...]
Initializer = Callable[..., Any]


def zeros(shape: Shape, *, rng: Any = None, dtype: Any = np.float64) -> Any:
    """All 0; rng is not used, and taken so that every initializer is called alike."""
    return np.zeros(shape, dtype)


def uniform(
    shape: Shape, *, rng: np.random.Generator | None = None, low: float = 0.0,
    high: float = 1.0, dtype: Any = np.float64,
) -> Any:  # fmt: skip
    """Uniform in [low, high).

    >>> import numpy as np
    >>> uniform((2,), rng=np.random.default_rng(0)).round(3)
    array([0.637, 0.27 ])
    """
    return generator(rng, "uniform").uniform(low, high, shape).astype(dtype)


def normal(
    shape: Shape, *, rng: np.random.Generator | None = None, mean: float = 0.0,
    std: float = 1.0, dtype: Any = np.float64,
) -> Any:  # fmt: skip
    """Normal with this mean and standard deviation."""
    return generator(rng, "normal").normal(mean, std, shape).astype(dtype)


def xavier_uniform(
    shape: Shape, *, rng: np.random.Generator | None = None, dtype: Any = np.float64
) -> Any:
    """Uniform in ±√(6/(fan_in + fan_out)): keeps the variance through sigmoid and tanh layers.

    Reference: Glorot and Bengio, 2010, equation 16.
    """
    bound = math.sqrt(6 / sum(fans(shape)))
    return uniform(shape, rng=rng, low=-bound, high=bound, dtype=dtype)


def xavier_normal(
    shape: Shape, *, rng: np.random.Generator | None = None, dtype: Any = np.float64
) -> Any:
    """Normal with standard deviation √(2/(fan_in + fan_out)).

    Reference: Glorot and Bengio, 2010.
    """
    return normal(shape, rng=rng, std=math.sqrt(2 / sum(fans(shape))), dtype=dtype)


def he_uniform(
    shape: Shape, *, rng: np.random.Generator | None = None, dtype: Any = np.float64
) -> Any:
    """Uniform in ±√(6/fan_in): keeps the variance through relu layers.

    Reference: He, Zhang, Ren and Sun, 2015.
    """
    bound = math.sqrt(6 / fans(shape)[0])
    return uniform(shape, rng=rng, low=-bound, high=bound, dtype=dtype)


def he_normal(
    shape: Shape, *, rng: np.random.Generator | None = None, dtype: Any = np.float64
) -> Any:
    """Normal with standard deviation √(2/fan_in).

    Reference: He, Zhang, Ren and Sun, 2015, equation 10.
    """
    return normal(shape, rng=rng, std=math.sqrt(2 / fans(shape)[0]), dtype=dtype)


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight.

    Raises:
        ShapeError: fewer than two axes, or an axis of size 0.

    >>> fans((100, 784))
    (784, 100)
    """
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(
            f"init: got shape {tuple(shape)}, expected a weight of shape (out, in, ...) with no "
            "axis of size 0; use uniform or normal for other shapes."
        )
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


def generator(rng: Any, who: str) -> np.random.Generator:
    """rng, if it is a NumPy Generator; ``np.random.default_rng(0)`` for None.

    Raises:
        DTypeError: it is something else.
    """
    if rng is None:
        return np.random.default_rng(0)
    if not isinstance(rng, np.random.Generator):
        raise DTypeError(
            f"{who}: got rng of type {type(rng).__name__}, expected a numpy.random.Generator; "
            "write rng=np.random.default_rng(0)."
        )
    return rng
