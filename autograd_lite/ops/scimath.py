"""Roots, logarithms, powers and inverse functions that turn complex where real numbers have none.

The functions of ``np.emath``: as those of the same name, but an array with an entry outside the
real domain is converted to complex numbers first. Its gradient is real again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..primitive import composed
from ..protocols import plain
from . import elementwise, trigonometry
from .shape import lifted

_SINGLE = ("f", "F", "b", "h", "B", "H")  # what NumPy converts to complex64


def _turned(x: Any, outside: Callable[[Any], Any]) -> Any:
    """x, complex if it is real and has an entry for which outside holds."""
    x = lifted(x)
    if x.dtype.kind == "c" or not np.any(outside(plain(x))):
        return x
    return x.astype(np.complex64 if x.dtype.char in _SINGLE else np.complex128)


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return np.abs(x) > 1


@composed(np.emath.sqrt, name="emath.sqrt")
def sqrt(x: Any) -> Any:
    """√x, i·√-x for negative x. Derivative: g/(2·√x); at 0 it is inf.

    >>> import autograd_lite as ag
    >>> ag.emath.sqrt(ag.Tensor([-4.0, 9.0])).data
    array([0.+2.j, 3.+0.j])
    >>> ag.grad(lambda x: ag.emath.sqrt(x).imag)(-4.0)
    np.float64(-0.25)
    """
    return elementwise.sqrt(_turned(x, _negative))


@composed(np.emath.log, name="emath.log")
def log(x: Any) -> Any:
    """Natural logarithm, log\\|x\\| + πi for negative x. Derivative: g/x."""
    return elementwise.log(_turned(x, _negative))


@composed(np.emath.log2, name="emath.log2")
def log2(x: Any) -> Any:
    """Logarithm to base 2, complex for negative x. Derivative: g/(x·ln 2)."""
    return elementwise.log2(_turned(x, _negative))


@composed(np.emath.log10, name="emath.log10")
def log10(x: Any) -> Any:
    """Logarithm to base 10, complex for negative x. Derivative: g/(x·ln 10)."""
    return elementwise.log10(_turned(x, _negative))


@composed(np.emath.logn, name="emath.logn")
def logn(n: Any, x: Any) -> Any:
    """Logarithm to base n, complex for negative numbers. Derivative: that of log x / log n."""
    return log(x) / log(n)


@composed(np.emath.power, name="emath.power")
def power(x: Any, p: Any) -> Any:
    """x**p, complex for negative x; negative integers p count as floats. Derivative: as power."""
    p = lifted(p)
    if p.dtype.kind != "c" and np.any(plain(p) < 0):
        p = p * 1.0
    return elementwise.power(_turned(x, _negative), p)


@composed(np.emath.arccos, name="emath.arccos")
def arccos(x: Any) -> Any:
    """Inverse cosine, complex beyond ±1. Derivative: -g/√(1-x²); at ±1 it is -inf."""
    return trigonometry.arccos(_turned(x, _beyond_one))


@composed(np.emath.arcsin, name="emath.arcsin")
def arcsin(x: Any) -> Any:
    """Inverse sine, complex beyond ±1. Derivative: g/√(1-x²); at ±1 it is inf."""
    return trigonometry.arcsin(_turned(x, _beyond_one))


@composed(np.emath.arctanh, name="emath.arctanh")
def arctanh(x: Any) -> Any:
    """Inverse hyperbolic tangent, complex beyond ±1. Derivative: g/(1 - x²); at ±1 it is inf."""
    return trigonometry.arctanh(_turned(x, _beyond_one))
