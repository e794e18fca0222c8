"""Pooling of images, (rows, channels, height, width): the largest entry or the mean of windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..op import Sample
from ..primitive import composed, primitive
from ..protocols import plain
from .convolution import (
    NO_EDGES,
    Edges,
    Pair,
    check_fits,
    cropped,
    images,
    out_sizes,
    padded,
    pair,
    whole,
)
from .index import getitem
from .shape import astype, lifted

__all__ = ["avg_pool2d", "max_pool2d"]


def _slices(n: int, start: int, count: int, stride: int) -> slice:
    return slice(start, start + stride * (count - 1) + 1, stride)


def _folded(ufunc: Any, x: Any, kernel: Pair, stride: Pair, dilation: Pair, sizes: Pair) -> Any:
    """ufunc over each window of a padded x, first down and then along."""
    for axis in (-2, -1):
        count, step, apart = sizes[axis], stride[axis], dilation[axis]
        rest = (slice(None),) * (-1 - axis)
        parts = [
            x[(..., _slices(x.shape[axis], i * apart, count, step), *rest)]
            for i in range(kernel[axis])
        ]
        out = parts[0].copy() if len(parts) == 1 else ufunc(parts[0], parts[1])
        for part in parts[2:]:
            ufunc(out, part, out=out)
        x = out
    return x


def _windows(x: Any, kernel: Pair, stride: Pair, dilation: Pair, sizes: Pair) -> Iterator[Any]:
    """Per entry of the kernel, the entries of a padded x that it meets, as a view."""
    for i, j in product(range(kernel[0]), range(kernel[1])):
        yield x[
            ...,
            _slices(x.shape[-2], i * dilation[0], sizes[0], stride[0]),
            _slices(x.shape[-1], j * dilation[1], sizes[1], stride[1]),
        ]


def _lowest(dtype: Any) -> Any:
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


_POOL: Any = {"kernel": (2, 2), "stride": (2, 2), "padding": NO_EDGES, "dilation": (1, 1)}
_OVERLAPPING: Any = {
    "kernel": (3, 2), "stride": (2, 1), "padding": ((1, 1), (1, 0)), "dilation": (1, 2),
}  # fmt: skip
_PLACES = np.array([[[[0, 3], [1, 2]]], [[[2, 2], [0, 1]]]])
_PLACES_2 = np.array([[[[2, 3, 1], [4, 1, 0], [3, 3, 1]]]])


@primitive(
    name="max_pool2d", saves=("out", "x"), analytic=False,
    samples=(Sample((2, 1, 4, 5), **_POOL), Sample((1, 1, 5, 4), **_OVERLAPPING),
             Sample((0, 1, 2, 2), **_POOL)),
    kinks="the first of equal entries of a window, row by row",
)  # fmt: skip
def highest(x: Any, *, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """The largest entry of each window; see the function ``max_pool2d``. Derivative: there."""
    sizes = out_sizes(x, kernel, stride, padding, dilation)
    x = padded(x, padding, _lowest(x.dtype))
    return _folded(np.maximum, x, kernel, stride, dilation, sizes)


def _places(x: Any, out: Any, params: dict[str, Any]) -> Any:
    """Per window, which of its entries is the largest: the number of the first, row by row."""
    x, out = plain(x), plain(out)
    kernel, sizes = params["kernel"], out.shape[-2:]
    x = padded(x, params["padding"], _lowest(x.dtype))
    parts = list(_windows(x, kernel, params["stride"], params["dilation"], sizes))
    found = np.zeros(out.shape, np.min_scalar_type(len(parts)))
    nan = np.isnan(out).any() if out.dtype.kind == "f" else False
    for number in range(len(parts) - 1, -1, -1):
        hit = parts[number] == out
        if nan:
            hit |= np.isnan(parts[number]) & np.isnan(out)
        np.copyto(found, number, where=hit)
    return found


@primitive(
    name="max_pool2d_image", linear=True,
    samples=(Sample((2, 1, 2, 2), size=(4, 5), places=_PLACES, **_POOL),
             Sample((1, 1, 3, 3), size=(5, 4), places=_PLACES_2, **_OVERLAPPING)),
)  # fmt: skip
def put_back(
    g: Any, *, places: Any, size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any
) -> Any:
    """g put where each window's largest entry is, adding up. Derivative: the entries of g there."""
    (top, bottom), (left, right) = padding
    image = np.zeros((*g.shape[:2], size[0] + top + bottom, size[1] + left + right), g.dtype)
    for number, part in enumerate(_windows(image, kernel, stride, dilation, g.shape[-2:])):
        part += g * (places == number)
    return cropped(image, padding)


@primitive(
    name="max_pool2d_entries", linear=True,
    samples=(Sample((2, 1, 4, 5), places=_PLACES, **_POOL),
             Sample((1, 1, 5, 4), places=_PLACES_2, **_OVERLAPPING)),
)  # fmt: skip
def picked(x: Any, *, places: Any, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    """Of each window the entry of that number. Derivative: g put there."""
    out = np.zeros(places.shape, x.dtype)
    x = padded(x, padding)
    for number, part in enumerate(_windows(x, kernel, stride, dilation, places.shape[-2:])):
        np.copyto(out, part, where=places == number)
    return out


@highest.vjp
def _(g: Any, out: Any, x: Any, **params: Any) -> Any:
    return put_back.inner(g, places=_places(x, out, params), size=tuple(x.shape[2:]), **params)


@highest.jvp
def _(tangents: Any, out: Any, x: Any, **params: Any) -> Any:
    return picked.inner(tangents[0], places=_places(x, out, params), **params)


@put_back.vjp
def _(g: Any, out: Any, h: Any, *, size: Any, **params: Any) -> Any:
    return picked.inner(g, **params)


@picked.vjp
def _(g: Any, out: Any, x: Any, **params: Any) -> Any:
    return put_back.inner(g, size=tuple(x.shape[2:]), **params)


_MEAN: Any = {"kernel": (2, 2), "stride": (2, 2), "padding": NO_EDGES, "divisor": 4}
_MEAN_2: Any = {
    "kernel": (3, 2), "stride": (2, 1), "padding": ((1, 1), (1, 0)),
    "divisor": np.array([[2.0, 4, 4, 4], [3, 6, 6, 6], [2, 4, 4, 4]]),
}  # fmt: skip


@primitive(
    name="avg_pool2d", linear=True,
    samples=(Sample((2, 1, 4, 5), **_MEAN), Sample((1, 1, 5, 4), **_MEAN_2),
             Sample((1, 1, 2, 3), complex=True, **_MEAN)),
)  # fmt: skip
def averaged(x: Any, *, kernel: Any, stride: Any, padding: Any, divisor: Any) -> Any:
    """The mean of each window; see the function ``avg_pool2d``. Derivative: there."""
    sizes = out_sizes(x, kernel, stride, padding, (1, 1))
    out = _folded(np.add, padded(x, padding), kernel, stride, (1, 1), sizes)
    out /= np.asarray(divisor, out.real.dtype)
    return out


@primitive(
    name="avg_pool2d_image", linear=True,
    samples=(Sample((2, 1, 2, 2), size=(4, 5), **_MEAN),
             Sample((1, 1, 3, 4), size=(5, 4), **_MEAN_2)),
)  # fmt: skip
def shared_out(g: Any, *, size: Any, kernel: Any, stride: Any, padding: Any, divisor: Any) -> Any:
    """g shared among the entries of each window. Derivative: the mean of g over each."""
    (top, bottom), (left, right) = padding
    g = g / np.asarray(divisor, g.real.dtype)
    oh, ow = g.shape[-2:]
    # Along the rows first, then down, as the sums were taken.
    rows = np.zeros((*g.shape[:-1], size[1] + left + right), g.dtype)
    for j in range(kernel[1]):
        rows[..., _slices(rows.shape[-1], j, ow, stride[1])] += g
    image = np.zeros((*g.shape[:2], size[0] + top + bottom, rows.shape[-1]), g.dtype)
    for i in range(kernel[0]):
        image[..., _slices(image.shape[-2], i, oh, stride[0]), :] += rows
    return cropped(image, padding)


@averaged.vjp
def _(g: Any, out: Any, x: Any, **params: Any) -> Any:
    return shared_out.inner(g, size=tuple(x.shape[2:]), **params)


@shared_out.vjp
def _(g: Any, out: Any, h: Any, *, size: Any, **params: Any) -> Any:
    return averaged.inner(g, **params)


# -- the functions ---------------------------------------------------------------------------------


def _edges(
    who: str, shape: Any, kernel: Pair, stride: Pair, padding: Any, dilation: Pair, ceil: bool
) -> tuple[Edges, Edges]:
    """The border that padding means, and that with what ceil_mode adds below and right."""
    around = pair(who, "padding", padding, 0)
    if any(2 * p > k for p, k in zip(around, kernel, strict=True)):
        raise ArgumentError(
            f"{who}: got padding={padding!r} for windows of {kernel[0]} by {kernel[1]}, expected "
            "at most half of the window; a window in the padding alone would have no entry."
        )
    given: Edges = ((around[0], around[0]), (around[1], around[1]))
    if not ceil:
        check_fits(who, shape, given, kernel, dilation)
        return given, given
    wider = []
    for size, p, k, s, d in zip(shape[-2:], around, kernel, stride, dilation, strict=True):
        rest = size + 2 * p - d * (k - 1) - 1
        count = -(-rest // s) + 1
        # A last window that begins behind the image has nothing of it.
        count -= (count - 1) * s >= size + p
        wider.append((p, max(p, p + (count - 1) * s - rest)))
    full: Edges = (wider[0], wider[1])
    check_fits(who, shape, full, kernel, dilation)
    return given, full


@composed()
def max_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
    ceil_mode: bool = False,
) -> Any:  # fmt: skip
    """The largest entry of each window, PyTorch's ``max_pool2d``.

    Args:
        x: array of shape (rows, channels, height, width), or of one image without rows.
        kernel_size: size of a window, an int or (down, along).
        stride: steps between windows, as kernel_size; None means kernel_size.
        padding: entries around the images that are never the largest, at most half a window.
        dilation: steps between the entries of a window.
        ceil_mode: let windows that begin in the image reach beyond its end.

    Returns:
        Tensor of shape (rows, channels, windows down, windows along).

    Raises:
        ShapeError: windows larger than the image, or x of other than 3 or 4 axes.
        ArgumentError: sizes that are none.

    Derivative: g to the first of the largest entries, row by row; NaN counts as largest.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2).data[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    x, single = images("max_pool2d", lifted(x))
    kernel = pair("max_pool2d", "kernel_size", kernel_size, 1)
    steps = kernel if stride is None else pair("max_pool2d", "stride", stride, 1)
    apart = pair("max_pool2d", "dilation", dilation, 1)
    _, edges = _edges("max_pool2d", x.shape, kernel, steps, padding, apart, bool(ceil_mode))
    out = highest(x, kernel=kernel, stride=steps, padding=edges, dilation=apart)
    return getitem(out, 0) if single else out


@composed()
def avg_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window, PyTorch's ``avg_pool2d``.

    Args:
        x, kernel_size, stride, ceil_mode: as for ``max_pool2d``.
        padding: zeros around the images, at most half a window.
        count_include_pad: count the padding as entries of the mean.
        divisor_override: divide the sums by this int, not by the number of entries.

    Returns:
        Tensor of shape (rows, channels, windows down, windows along).

    Raises:
        ShapeError: windows larger than the image, or x of other than 3 or 4 axes.
        ArgumentError: sizes that are none.

    Derivative: g shared evenly among the entries of each window.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.avg_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2).data[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    x, single = images("avg_pool2d", lifted(x))
    if x.dtype.kind in "iu":
        x = astype(x, np.float64)
    kernel = pair("avg_pool2d", "kernel_size", kernel_size, 1)
    steps = kernel if stride is None else pair("avg_pool2d", "stride", stride, 1)
    given, edges = _edges("avg_pool2d", x.shape, kernel, steps, padding, (1, 1), bool(ceil_mode))
    divisor: Any = kernel[0] * kernel[1]
    if divisor_override is not None:
        divisor = whole("avg_pool2d", "divisor_override", divisor_override, 1)
    elif given != edges or (padding != 0 and not count_include_pad):
        counts = [
            _counts(x.shape[2 + i], kernel[i], steps[i], given[i], edges[i], count_include_pad)
            for i in (0, 1)
        ]
        divisor = counts[0][:, None] * counts[1]
    out = averaged(x, kernel=kernel, stride=steps, padding=edges, divisor=divisor)
    return getitem(out, 0) if single else out


def _counts(size: int, kernel: int, stride: int, given: Pair, edges: Pair, pads: bool) -> Any:
    """How many entries each window along an axis has that count."""
    first = np.arange(0, size + sum(edges) - kernel + 1, stride) - given[0]
    low, high = (-given[0], size + given[1]) if pads else (0, size)
    return np.minimum(first + kernel, high) - np.maximum(first, low)
