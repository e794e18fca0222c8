"""Convolution, windows, interpolation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view as numpys_windows

from ..errors import ArgumentError, DTypeError, ShapeError, UnsupportedError
from ..op import Sample
from ..primitive import composed, primitive
from ..protocols import plain
from .index import added_up, errors_of, getitem, scatter
from .joining import atleast_1d
from .piecewise import remainder, where
from .shape import astype, lifted

__all__ = ["convolve", "correlate", "interp", "sliding_window_view"]


# -- convolution -----------------------------------------------------------------------------------


@primitive(
    linear="each", saves={"a": ("v",), "v": ("a",)}, name="convolve",
    samples=(
        *(Sample((n,), (m,), mode=mode) for mode in ("full", "same", "valid")
          for n, m in ((5, 3), (2, 5), (3, 3), (4, 1))),
        Sample((4,), (2,), complex=True), Sample((2,), (4,), mode="same", complex=True),
    ),
)  # fmt: skip
def convolved(a: Any, v: Any, *, mode: Any = "full") -> Any:
    """Convolution of two sequences; see the function ``convolve``."""
    return np.convolve(a, v, mode)


def _back(g: Any, own: int, other: Any, mode: str) -> Any:
    """The cotangent of the sequence of length own that was convolved with other."""
    length = other.shape[0]
    turned = other[::-1]
    if mode == "valid":
        return np.convolve(g, turned) if own >= length else np.convolve(turned, g, "valid")
    if mode == "same":
        # The middle of the full convolution, of the length of the longer sequence.
        start, stop = (min(own, length) - 1) // 2, max(own, length)
        g = scatter.inner(g, index=slice(start, start + stop), shape=(own + length - 1,))
    return np.convolve(g, turned, "valid")


convolved.vjp(lambda g, out, a, v, *, mode: _back(g, a.shape[0], v, mode))
convolved.vjp("v")(lambda g, out, a, v, *, mode: _back(g, v.shape[0], a, mode))


_MODES = ("valid", "same", "full")  # in the order of NumPy's numbers for them


def _sequences(a: Any, v: Any, mode: Any, who: str) -> tuple[Any, Any, str]:
    a, v = atleast_1d(a, v)
    if mode in (0, 1, 2):
        mode = _MODES[mode]
    if mode not in _MODES:
        raise ArgumentError(f"{who}: got mode={mode!r}, expected 'full', 'same' or 'valid'.")
    if a.ndim > 1 or v.ndim > 1 or not a.size or not v.size:
        raise ShapeError(
            f"{who}: got shapes {a.shape} and {v.shape}, expected two sequences that are not empty."
        )
    return a, v, mode


@composed(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Sums of products of a sequence and another that slides over it turned round.

        out[k] = Σ_i a[i] · v[k - i]

    Derivative: in each of the two, g correlated with the other.

    Args:
        mode: "full" for all places where they overlap, "same" for the middle ones, as many as the
            longer sequence has, "valid" for those where they overlap fully.

    >>> import autograd_lite as ag
    >>> ag.convolve([1.0, 2.0, 3.0], [1.0, -1.0], "valid").data
    array([1., 1.])
    """
    a, v, mode = _sequences(a, v, mode, "convolve")
    return convolved(a, v, mode=mode)


@composed(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """Sums of products of a sequence and the conjugate of another that slides over it.

        out[k] = Σ_i a[k + i] · conj(v[i]),  k from -(len(v) - 1) on in mode "full"

    Derivative: in a, g convolved with conj(v); in v, with a, turned round and conjugated.
    mode is as for ``convolve``.
    """
    a, v, mode = _sequences(a, v, mode, "correlate")
    v = np.conj(v) if v.dtype.kind == "c" else v
    if mode == "same" and a.size < v.size:
        # NumPy exchanges them and turns the result round, which moves the middle of an even one.
        return getitem(convolved(getitem(a, _TURNED), v, mode=mode), _TURNED)
    return convolved(a, getitem(v, _TURNED), mode=mode)


_TURNED = slice(None, None, -1)


# -- windows ---------------------------------------------------------------------------------------


@primitive(
    linear=True, view=True, name="sliding_window_view",
    samples=(
        *(Sample(shape, window_shape=window, axis=axis) for shape, window, axis in (
            ((5,), (3,), (0,)), ((3, 4), (2, 2), (0, 1)), ((3, 4), (3,), (1,)),
            ((5,), (2, 3), (0, 0)), ((19,), (17,), (0,)), ((2, 6), (5, 2), (1, 0)),
        )),
    ),
)  # fmt: skip
def windows(x: Any, *, window_shape: Any, axis: Any) -> Any:
    """All windows of one size into x; see the function ``sliding_window_view``."""
    return numpys_windows(x, window_shape, axis)


@windows.vjp
def _(g: Any, out: Any, x: Any, *, window_shape: Any, axis: Any) -> Any:
    return overlapped.inner(g, window_shape=window_shape, axis=axis, shape=tuple(x.shape))


@windows.batch
def _(ts: Any, x: Any, *, window_shape: Any, axis: Any) -> Any:
    return numpys_windows(ts, window_shape, tuple(i + 1 for i in axis))


@primitive(
    linear=True, name="overlap_add",
    samples=(
        Sample((3, 3), window_shape=(3,), axis=(0,), shape=(5,)),
        Sample((2, 3, 2, 2), window_shape=(2, 2), axis=(0, 1), shape=(3, 4)),
    ),
)  # fmt: skip
def overlapped(g: Any, *, window_shape: Any, axis: Any, shape: Any) -> Any:
    """Windows put back where they were taken from, adding up. Derivative: the windows of g."""
    places = g.shape[: len(shape)]
    if math.prod(places) < 256 and math.prod(window_shape) > 16 and g.dtype.char in "efdFD":
        # Few places and large windows: entry by entry.
        at = numpys_windows(np.arange(math.prod(shape)).reshape(shape), window_shape, axis)
        return added_up(g, at, math.prod(shape)).reshape(shape)
    out = np.zeros(shape, g.dtype)
    for offset in np.ndindex(*window_shape):
        start = [0] * len(shape)
        for i, n in zip(axis, offset, strict=True):
            start[i] += n
        out[tuple(slice(a, a + n) for a, n in zip(start, places, strict=True))] += g[(..., *offset)]
    return out


@overlapped.vjp
def _(g: Any, out: Any, x: Any, *, window_shape: Any, axis: Any, shape: Any) -> Any:
    return windows.inner(g, window_shape=window_shape, axis=axis)


@composed(numpys_windows)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """All windows of one shape into x, as a view: their places first, then the entries of each.

    Derivative: g, each entry back to where it was taken from; overlapping windows add up.

    Args:
        window_shape: an int, or one for each axis given.
        axis: what axes the windows slide along; None for all.
        writeable: must be False, since a write would change several windows. subok is NumPy's.

    >>> import autograd_lite as ag
    >>> ag.sliding_window_view([1.0, 2.0, 3.0], 2).data
    array([[1., 2.],
           [2., 3.]])
    """
    if writeable:
        raise UnsupportedError(
            "sliding_window_view: got writeable=True; a write into overlapping windows cannot be "
            "recorded; write into the array itself."
        )
    x = lifted(x)
    window = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    with errors_of("sliding_window_view"):
        axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim, None, True)
        numpys_windows(np.empty(x.shape, np.bool_), window, tuple(axes))
    return windows(x, window_shape=tuple(map(int, window)), axis=tuple(axes))


# -- interpolation ---------------------------------------------------------------------------------


def _cell(x: Any, xp: Any) -> tuple[Any, Any, Any]:
    """Per x the number of the interval it lies in, the place in it from 0 to 1, and whether."""
    j = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, xp.shape[0] - 2)
    place = (x - xp[j]) / (xp[j + 1] - xp[j])
    return j, place, (x >= xp[0]) & (x <= xp[-1])


def _steepness(j: Any, xp: Any, fp: Any) -> Any:
    return (fp[j + 1] - fp[j]) / (xp[j + 1] - xp[j])


def _to_knots(g: Any, j: Any, place: Any, count: int) -> Any:
    """g shared among the two knots of each interval, by nearness."""
    low = scatter.inner(g * (1 - place), index=j, shape=(count,))
    return low + scatter.inner(g * place, index=j + 1, shape=(count,))


_KNOTS = np.array([-1.5, -0.4, 0.3, 1.6])


@primitive(
    name="interp", analytic=False,
    saves={"x": ("x", "xp", "fp"), "xp": ("x", "xp", "fp"), "fp": ("x", "xp"), "left": ("x", "xp"),
           "right": ("x", "xp")},
    samples=(
        Sample((2, 3), _KNOTS, (4,), (), ()), Sample((), _KNOTS, (4,), (), ()),
        Sample((9,), _KNOTS, (4,), (), ()), Sample((0,), _KNOTS, (4,), (), ()),
    ),
    kinks="the slope to the right at a knot, to the left at the last one",
)  # fmt: skip
def interpolated(x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    """Values between knots; see the function ``interp``."""
    if fp.dtype.kind == "c":
        left, right = complex(left), complex(right)  # np.interp knows no complex64
    return np.interp(x, xp, fp, left, right)


@interpolated.vjp
def _(g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    j, _, inside = _cell(x, xp)
    return np.where(inside, g * _steepness(j, xp, fp), 0)


@interpolated.vjp("xp")
def _(g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    j, place, inside = _cell(x, xp)
    return _to_knots(np.where(inside, -g * _steepness(j, xp, fp), 0), j, place, xp.shape[0])


@interpolated.vjp("fp")
def _(g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    j, place, inside = _cell(x, xp)
    return _to_knots(np.where(inside, g, 0), j, np.where(inside, place, 0), xp.shape[0])


@interpolated.vjp("left")
def _(g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    return np.where(x < xp[0], g, 0)


@interpolated.vjp("right")
def _(g: Any, out: Any, x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    return np.where(x > xp[-1], g, 0)


@composed(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """Values at x on the straight lines between the points (xp, fp), in double precision.

    Derivative: in x the slope of the line, at a point that of the line to its right (at the last
    point, to its left), outside 0; in fp g shared among both ends by nearness; in xp that times
    minus the slope; in left and right g where they hold.

    Args:
        x: where; of any shape.
        xp: points in ascending order, one axis. fp: the values there, real or complex.
        left, right: the values before the first and behind the last point (those there, if None).
        period: of xp; then the order does not matter, nor do left and right. It may be a Tensor.

    >>> import numpy as np, autograd_lite as ag
    >>> f = lambda x: ag.interp(x, [0.0, 1.0, 3.0], [0.0, 5.0, 1.0]).sum()
    >>> ag.grad(f)(np.array([0.5, 2.0]))
    array([ 5., -2.])
    """
    x, xp, fp = lifted(x), lifted(xp), lifted(fp)
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ShapeError(
            f"interp: got points of shapes {xp.shape} and {fp.shape}, expected two sequences of "
            "one length, not empty."
        )
    if x.dtype.kind == "c" or xp.dtype.kind == "c":
        raise DTypeError("interp: got complex points, expected real ones (fp may be complex).")
    xp, fp = (v.astype(np.float64) if v.dtype.kind == "b" else v for v in (xp, fp))
    if period is not None:
        if not plain(period):
            raise ArgumentError("interp: got period=0, expected another number.")
        fp = fp.astype(np.complex128 if fp.dtype.kind == "c" else np.float64)
        x, xp, fp = _wound(x, xp, fp, np.abs(period))
        left = right = None
    left = getitem(fp, 0) if left is None else left
    right = getitem(fp, -1) if right is None else right
    if xp.size == 1:
        knot, height = plain(xp)[0], getitem(fp, 0)
        middle = where(plain(x) == knot, height, x * 0)
        outside = where(plain(x) > knot, right, middle)
        return where(plain(x) < knot, left, outside).astype(np.result_type(fp, float))
    return interpolated(x, xp, fp, left, right)


def _wound(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """The points of one period in order, the last put in front and the first behind."""
    x, xp = (remainder(astype(v, np.float64, copy=False), period) for v in (x, xp))
    order = np.argsort(xp)
    order = np.concatenate((order[-1:], order, order[:1]))
    turns = np.zeros(len(order))
    turns[0], turns[-1] = -1, 1
    return x, getitem(xp, order) + turns * period, getitem(fp, order)
