"""Borders around arrays: np.pad in all its modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError, UnsupportedError, closest
from ..inplace import check_kinds
from ..op import Sample
from ..primitive import composed, primitive
from ..tensor import Tensor
from .axes import axis_of
from .grids import linspace
from .index import errors_of, getitem
from .joining import joined
from .piecewise import where
from .rearranging import flip
from .reduce import max, mean, min
from .selection import sort
from .shape import astype, broadcast_to, copy, lifted, ravel, squeeze

__all__ = ["pad"]


@primitive(
    linear=True, name="pad",
    samples=(
        Sample((2, 3), pad_width=((1, 0), (0, 2))), Sample((0, 2), pad_width=((1, 1), (0, 0))),
    ),
)  # fmt: skip
def pad_zeros(array: Any, *, pad_width: Any) -> Any:
    """array with zeros around it; see the function ``pad``."""
    return np.pad(array, pad_width)


@pad_zeros.vjp
def _(g: Any, out: Any, array: Any, *, pad_width: Any) -> Any:
    return g[tuple(slice(a, a + n) for (a, _), n in zip(pad_width, array.shape, strict=True))]


_TAKES = {
    "constant": "constant_values", "edge": "", "linear_ramp": "end_values",
    "maximum": "stat_length", "mean": "stat_length", "median": "stat_length",
    "minimum": "stat_length", "reflect": "reflect_type", "symmetric": "reflect_type", "wrap": "",
}  # fmt: skip


@composed(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """array with a border around it, as wide as pad_width says.

    Args:
        pad_width: (before, after) per axis, or one pair or one int for all, or a dict by axis.
        mode: "constant" (the default), "edge", "linear_ramp", "maximum", "mean", "median",
            "minimum", "reflect", "symmetric" or "wrap"; a border wider than the array goes on in
            the same way.
        constant_values: for "constant", in the form of pad_width; may be a Tensor.
        end_values: for "linear_ramp", the values at the outside; may be a Tensor.
        stat_length: for the four statistics, of how many entries next to the border; None for all.
        reflect_type: for "reflect" and "symmetric", "even", or "odd" (turned over at the edge).

    Raises:
        UnsupportedError: mode "empty", which has no values, or a function, which writes in place.
        ArgumentError: an argument of another mode.

    Derivative: g without the border, plus what the border was computed from.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.pad(x, (2, 0), mode="reflect").sum())(np.zeros(3))
    array([1., 2., 2.])
    """
    array = lifted(array)
    if callable(mode) or mode == "empty":
        what = "a function that writes" if callable(mode) else "mode='empty', whose border holds"
        raise UnsupportedError(
            f"pad: got {what} what it finds in memory, which has no derivative; use one of "
            f"{', '.join(_TAKES)}, or concatenate the border."
        )
    if mode not in _TAKES:
        known = tuple(_TAKES)
        raise ArgumentError(
            f"pad: got mode={mode!r}, expected one of {', '.join(known)}"
            f"{closest(str(mode), known)}."
        )
    for name in kwargs:
        if name != _TAKES[mode]:
            raise ArgumentError(f"pad: got {name!r}, which mode={mode!r} does not take.")
    if not array.ndim:  # no axes to widen
        return copy(array)
    widths = _widths(pad_width, array.ndim)
    given = kwargs.get(_TAKES[mode])
    if mode == "constant":
        return _constant(array, widths, 0 if given is None else given)
    for axis, (size, width) in enumerate(zip(array.shape, widths, strict=True)):
        if not size and any(width):
            raise ShapeError(
                f"pad: got shape {array.shape}, whose axis {axis} is empty; only mode='constant' "
                "can widen it."
            )
    if array.dtype.kind in "biu":
        # Integers have no derivative, and a rounding of their own here.
        return lifted(
            np.pad(array._value, widths, mode, **{k: _plainly(v) for k, v in kwargs.items()})
        )
    if mode in ("edge", "wrap") or (mode in _MIRRORS and given != "odd"):
        return _copied(array, widths, mode, given)
    if mode in _MIRRORS:
        return _along_axes(array, widths, lambda x, axis, width: _odd(x, axis, width, mode))
    if mode == "linear_ramp":
        return _ramped(array, widths, 0 if given is None else given)
    lengths = _stat_lengths(given, array.shape, mode)
    return _along_axes(
        array, widths, lambda x, axis, width: _statistic(x, axis, width, lengths[axis], mode)
    )


_MIRRORS = ("reflect", "symmetric")


def _plainly(value: Any) -> Any:
    if isinstance(value, Tensor) and value.requires_grad:
        check_kinds(value.dtype, np.dtype(int), True)
    return value._value if isinstance(value, Tensor) else value


def _widths(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    if isinstance(pad_width, dict):
        full = np.zeros((ndim, 2), int)
        for axis, width in pad_width.items():
            full[axis_of(axis, ndim, "pad")] = width
        pad_width = full
    with errors_of("pad"):
        full = np.broadcast_to(np.asarray(pad_width), (ndim, 2))
    if full.dtype.kind not in "iu" and full.size:
        raise DTypeError(f"pad: got pad_width of dtype {full.dtype}, expected integers.")
    if full.size and full.min() < 0:
        raise ArgumentError(f"pad: got a pad_width of {full.min()}, expected none below 0.")
    return tuple((int(a), int(b)) for a, b in full)


def _constant(array: Tensor, widths: Any, values: Any) -> Any:
    out = pad_zeros(array, pad_width=widths)
    if isinstance(values, (list, tuple)):
        values = lifted(values)
    if not isinstance(values, Tensor) or not values.requires_grad:
        values = values._value if isinstance(values, Tensor) else values
        if not np.any(values):
            return out
        frame = np.pad(np.zeros(array.shape, array.dtype), widths, constant_values=values)
        return out + frame
    check_kinds(values.dtype, array.dtype, True)
    # Each entry of the border takes one of the values: NumPy pads with their numbers.
    pairs = broadcast_to(values, (array.ndim, 2))
    numbers = np.arange(2 * array.ndim).reshape(array.ndim, 2)
    which = np.pad(np.full(array.shape, -1), widths, constant_values=numbers)
    border = getitem(ravel(pairs), np.where(which < 0, 0, which))
    return where(which < 0, out, astype(border, array.dtype, copy=False))


def _copied(array: Tensor, widths: Any, mode: str, reflect_type: Any) -> Any:
    """The border is copied entries, axis by axis: NumPy pads their positions, and we take those."""
    if reflect_type not in (None, "even"):
        raise ArgumentError(f"pad: got reflect_type={reflect_type!r}, expected 'even' or 'odd'.")
    if not any(map(any, widths)):
        return copy(array)
    places = [np.pad(np.arange(n), w, mode) for n, w in zip(array.shape, widths, strict=True)]  # type: ignore[call-overload]
    return getitem(array, np.ix_(*places))


Border = Callable[[Tensor, int, tuple[int, int]], tuple[list[Any], list[Any]]]


def _along_axes(array: Tensor, widths: Any, border: Border) -> Any:
    """array with borders joined on, one axis after the other: later ones get the corners."""
    out = array
    for axis, width in enumerate(widths):
        if any(width):
            before, after = border(out, axis, width)
            out = joined(*before, out, *after, axis=axis)
    return copy(out) if out is array else out


def _cut(x: Any, axis: int, start: Any, stop: Any) -> Any:
    return getitem(x, (slice(None),) * axis + (slice(start, stop),))


def _repeated(part: Any, axis: int, count: int) -> list[Any]:
    """part, of size 1 along axis, count times; nothing if that is 0."""
    shape = (*part.shape[:axis], count, *part.shape[axis + 1 :])
    return [broadcast_to(part, shape)] if count else []


def _odd(x: Tensor, axis: int, width: tuple[int, int], mode: str) -> tuple[list[Any], list[Any]]:
    """Both borders of a reflection turned over at the edges, in as many rounds as needed."""
    left, right = width
    size = x.shape[axis]
    if size == 1:
        return _repeated(x, axis, left), _repeated(x, axis, right)
    skip = 0 if mode == "symmetric" else 1  # whether the edge itself is mirrored
    before: list[Any] = []
    after: list[Any] = []
    whole = x
    while left or right:
        length = whole.shape[axis]
        # Only whole periods are mirrored, so that the next round goes on where this one ends.
        period = size - skip
        span = (length - skip) // period * period
        n, m = np.minimum(span, (left, right)).tolist()
        head, tail = [], []
        if n:
            mirrored = flip(_cut(whole, axis, skip, skip + n), axis)
            head = [2 * _cut(whole, axis, 0, 1) - mirrored]
        if m:
            mirrored = flip(_cut(whole, axis, length - skip - m, length - skip), axis)
            tail = [2 * _cut(whole, axis, -1, None) - mirrored]
        before, after = head + before, after + tail
        left, right = left - n, right - m
        if left or right:
            whole = joined(*head, whole, *tail, axis=axis)
    return before, after


def _ramped(array: Tensor, widths: Any, ends: Any) -> Any:
    if isinstance(ends, (list, tuple)):
        ends = lifted(ends)
    if isinstance(ends, Tensor):
        check_kinds(ends.dtype, array.dtype, ends.requires_grad)
        ends = ends if ends.requires_grad else ends._value
    ends = broadcast_to(ends, (array.ndim, 2)) if isinstance(ends, Tensor) else _pairs(ends, array)

    def border(x: Tensor, axis: int, width: tuple[int, int]) -> tuple[list[Any], list[Any]]:
        left = _ramp(ends[axis, 0], _cut(x, axis, 0, 1), axis, width[0])
        right = _ramp(ends[axis, 1], _cut(x, axis, -1, None), axis, width[1])
        return left, [flip(r, axis) for r in right]

    return _along_axes(array, widths, border)


def _pairs(ends: Any, array: Tensor) -> Any:
    with errors_of("pad"):
        return np.broadcast_to(np.asarray(ends), (array.ndim, 2))


def _ramp(end: Any, edge: Any, axis: int, count: int) -> list[Any]:
    """count steps from end up to edge, which is not among them."""
    if not count:
        return []
    inner = squeeze(edge, axis)
    return [linspace(end, inner, count, endpoint=False, dtype=edge.dtype, axis=axis)]


def _stat_lengths(given: Any, shape: tuple[int, ...], mode: str) -> list[tuple[int, int]]:
    """Per axis, of how many entries each statistic is taken."""
    if given is None:
        return [(n, n) for n in shape]
    with errors_of("pad"):
        full = np.broadcast_to(np.asarray(given), (len(shape), 2))
    if full.dtype.kind not in "iu" or full.min(initial=0) < 0:
        raise ArgumentError(f"pad: got stat_length={given!r}, expected integers of 0 or more.")
    if not full.all():
        raise ShapeError(f"pad: got stat_length={given!r}; no entries have no {mode}.")
    return [
        (int(np.minimum(a, n)), int(np.minimum(b, n)))
        for n, (a, b) in zip(shape, full, strict=True)
    ]


def _statistic(
    x: Tensor, axis: int, width: tuple[int, int], lengths: tuple[int, int], mode: str
) -> tuple[list[Any], list[Any]]:
    function = _STATISTICS[mode]
    size = x.shape[axis]
    left = function(_cut(x, axis, 0, lengths[0]), axis=axis, keepdims=True)
    right = left
    if lengths != (size, size):
        right = function(_cut(x, axis, size - lengths[1], size), axis=axis, keepdims=True)
    return _repeated(left, axis, width[0]), _repeated(right, axis, width[1])


def _median(x: Any, *, axis: int, keepdims: bool) -> Any:
    x = sort(x, axis)
    n = x.shape[axis]
    middle = (_cut(x, axis, (n - 1) // 2, (n - 1) // 2 + 1) + _cut(x, axis, n // 2, n // 2 + 1)) / 2
    last = _cut(x, axis, n - 1, n)  # a NaN, if there is one
    return where(np.isnan(last), last, middle)


_STATISTICS: dict[str, Any] = {"maximum": max, "mean": mean, "median": _median, "minimum": min}
