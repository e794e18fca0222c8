"""Grids of points: meshgrid, and numbers evenly spaced."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..op import Sample
from ..primitive import composed, primitive
from ..protocols import plain
from ..tensor import Tensor
from .axes import axis_of
from .elementwise import log10
from .index import errors_of, setitem
from .shape import (
    astype,
    broadcast_to,
    copy as copied,
    expand_dims,
    lifted,
    moveaxis,
    reshape,
    shape_of,
)

__all__ = ["geomspace", "linspace", "logspace", "meshgrid"]


@composed(np.meshgrid)
def meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    """The coordinates of all points of a grid, one array for each of the axes given.

    Derivative: g summed over the other axes.

    Args:
        copy: False gives read-only views.
        sparse: with size 1 along the other axes.
        indexing: "xy" exchanges the first two axes of the results, "ij" does not.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"meshgrid: got indexing={indexing!r}, expected 'xy' or 'ij'.")
    ndim = len(xi)
    out = []
    for i, x in enumerate(xi):
        place = 1 - i if indexing == "xy" and ndim > 1 and i < 2 else i
        out.append(reshape(x, (1,) * place + (-1,) + (1,) * (ndim - place - 1)))
    if not sparse and out:
        shape = np.broadcast_shapes(*(x.shape for x in out))
        out = [broadcast_to(x, shape) for x in out]
    return tuple(copied(x) if copy else x for x in out)


@primitive(
    linear=True, name="linspace",
    samples=(
        Sample((), (), num=5), Sample((2,), (3, 1), num=4, axis=-1), Sample((2,), (), num=1),
        Sample((2,), (2,), num=3, endpoint=False, axis=1), Sample((), (), num=0),
        Sample((), (), num=3, complex=True),
    ),
)  # fmt: skip
def spaced(
    start: Any, stop: Any, *, num: int, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    """Evenly spaced numbers; see the function ``linspace``."""
    return np.linspace(start, stop, num, endpoint, dtype=dtype, axis=axis)


def _weighted(g: Any, num: int, endpoint: bool, axis: int, rising: bool) -> Any:
    steps = np.arange(num) / max(num - bool(endpoint), 1)
    steps = steps if rising else 1 - steps
    return np.tensordot(g, steps.astype(g.real.dtype), ([axis], [0]))


@spaced.vjp
def _(
    g: Any, out: Any, start: Any, stop: Any, *, num: int, endpoint: bool, dtype: Any, axis: int
) -> Any:
    return _weighted(g, num, endpoint, axis, False)


@spaced.vjp("stop")
def _(
    g: Any, out: Any, start: Any, stop: Any, *, num: int, endpoint: bool, dtype: Any, axis: int
) -> Any:
    return _weighted(g, num, endpoint, axis, True)


def _ends(start: Any, stop: Any) -> list[Any]:
    """Both ends, a Python number in the dtype of the other."""
    ends = [v if type(v) in (int, float, complex) else lifted(v) for v in (start, stop)]
    dtype = np.result_type(*(getattr(v, "dtype", v) for v in ends), 0.0)
    return [v if isinstance(v, Tensor) else np.asarray(v, dtype)[()] for v in ends]


@composed(np.linspace)
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """num evenly spaced numbers from start to stop, along a new axis.

    Derivative: of the k-th, 1 - k/(num - 1) in start and k/(num - 1) in stop.

    Args:
        endpoint: whether stop is the last of them (else num takes the place of num - 1).
        retstep: give the step too. dtype: of the result. device: NumPy's, "cpu".

    >>> import autograd_lite as ag
    >>> stop = ag.Tensor(2.0, requires_grad=True)
    >>> ag.linspace(0.0, stop, 5).sum().backward()
    >>> stop.grad
    array(2.5)
    """
    num = _number(num, "linspace")
    if device not in (None, "cpu"):
        raise ArgumentError(f"linspace: got device={device!r}, expected 'cpu'.")
    start, stop = _ends(start, stop)
    axis = axis_of(axis, max(np.ndim(plain(start)), np.ndim(plain(stop))) + 1, "linspace")
    out = spaced(start, stop, num=num, endpoint=bool(endpoint), dtype=dtype, axis=axis)
    if not retstep:
        return out
    steps = num - bool(endpoint)
    step = (lifted(stop) - start) / steps if steps > 0 else lifted(np.nan)
    return out, step


def _number(num: Any, who: str) -> int:
    with errors_of(who):
        n = operator.index(plain(num))
    if n < 0:
        raise ArgumentError(f"{who}: got num={n}, expected 0 or more.")
    return n


@composed(np.logspace)
def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """num numbers from base**start to base**stop, evenly spaced by their logarithm.

    Derivative: that of base**y, y being ``linspace(start, stop)``; base may be a Tensor.
    """
    if type(base) not in (int, float) and len(shape_of(base)):
        base = lifted(base)
        ndim = np.broadcast(plain(start), plain(stop), base._value).ndim
        start, stop, base = (
            reshape(v, (1,) * (ndim - len(shape_of(v))) + shape_of(v)) for v in (start, stop, base)
        )
        base = expand_dims(base, axis)
    out = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return out if dtype is None else astype(out, dtype, copy=False)


@composed(np.geomspace)
def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    """num numbers from start to stop, each the same multiple of the one before.

    Derivative: of the k-th number y, (1 - k/(num - 1))·y/start in start, k/(num - 1)·y/stop in
    stop.
    """
    num = _number(num, "geomspace")
    start, stop = lifted(start), lifted(stop)
    if not (start._value != 0).all() or not (stop._value != 0).all():
        raise ArgumentError("geomspace: got an end that is 0, expected others.")
    # In double precision at least, as in NumPy.
    exact = np.result_type(start.dtype, stop.dtype, np.dtype(dtype))
    ndim = max(start.ndim, stop.ndim)
    axis = axis_of(axis, ndim + 1, "geomspace")
    start, stop = (astype(v, exact, copy=False) for v in (start, stop))
    # Turned so that start is positive; how far does not depend on where it lies.
    sign = np.sign(start._value)
    start, stop = start / sign, stop / sign
    out = np.power(10.0, linspace(log10(start), log10(stop), num, endpoint))
    if num > 0:
        out = setitem(out, start, 0)
    if num > 1 and endpoint:
        out = setitem(out, stop, -1)
    out = moveaxis(out * sign, 0, axis)
    return astype(out, exact if dtype is None else dtype, copy=False)
