"""Checks of arguments that layers, losses and training share: each refuses with one sentence."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

_extended = ContextVar("extended", default=False)


@contextmanager
def extended(on: bool) -> Iterator[None]:
    """Real losses take complex numbers here: ``check_grads`` differentiates by complex step."""
    token = _extended.set(on)
    try:
        yield
    finally:
        _extended.reset(token)


def is_real(x: Any) -> bool:
    """Whether x is floating, or complex where complex numbers stand for real ones."""
    return x.dtype.kind == "f" or (x.dtype.kind == "c" and _extended.get())


def positive_int(who: str, name: str, value: Any) -> int:
    """value, if it is an int from 1 up.

    Raises:
        ArgumentError: it is not.
    """
    try:
        size = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        size = 0
    if size < 1:
        raise ArgumentError(f"{who}: got {name}={value!r}, expected a positive int.")
    return size


def real_number(who: str, name: str, value: Any, low: float, high: float = math.inf) -> float:
    """value as a float from low to high, both included (inf is not).

    Raises:
        ArgumentError: it is not.
    """
    try:
        number = math.nan if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high or math.isinf(number):
        span = f"from {low:g} to {high:g}" if high < math.inf else f"of {low:g} or larger"
        raise ArgumentError(f"{who}: got {name}={value!r}, expected a number {span}.")
    return number


def as_input(x: Any, dtype: Any, who: str) -> Any:
    """x (Tensor or array-like) as a Tensor or an array of dtype; recorded if x is.

    Raises:
        DTypeError: x is not numeric, or complex where dtype is real.
    """
    if not isinstance(x, (np.ndarray, ag.Tensor)):
        if isinstance(x, tuple) and any(isinstance(part, ag.Tensor) for part in x):
            raise DTypeError(
                f"{who}: got a tuple of {len(x)} as its input, expected one array; a recurrent "
                "layer gives (output, state): pass on the output."
            )
        x = np.asarray(x)
    if x.dtype == dtype:
        return x
    if x.dtype.kind not in "biufc" or (x.dtype.kind == "c" and dtype.kind != "c"):
        raise DTypeError(
            f"{who}: got an input of dtype {x.dtype} for parameters of dtype {dtype}; convert the "
            "input first, or build the layer with another dtype=."
        )
    return x.astype(dtype)


def as_tensor(x: Any, who: str) -> ag.Tensor:
    """x as a Tensor of floating or complex numbers; integers become float64.

    Raises:
        DTypeError: x is not numeric.
    """
    if not isinstance(x, (np.ndarray, ag.Tensor)):
        x = np.asarray(x)
    if x.dtype.kind not in "fc":
        if x.dtype.kind not in "biu":
            raise DTypeError(
                f"{who}: got an input of dtype {x.dtype}, expected numbers; convert it first."
            )
        x = x.astype(np.float64)
    # Around the array, not a copy of it.
    return x if isinstance(x, ag.Tensor) else ag.astype(x, x.dtype, copy=False)


def check_features(who: str, shape: tuple[int, ...], axis: int, wanted: int, form: str) -> None:
    """Refuse an input whose size along axis is not wanted.

    Raises:
        ShapeError: it is another size.
    """
    if shape[axis] != wanted:
        raise ShapeError(
            f"{who}: got an input of shape {shape}, expected {form} with {wanted} features, not "
            f"{shape[axis]}; build the layer for that number, or reshape the input."
        )
