"""Convolution of images, (rows, channels, height, width).

A convolution is linear in the image and in the kernel, so it and its two transposes are a closed
family: the derivative of each is made of the other two, to every order.

The forward pass and the kernel's gradient copy windows into columns and multiply matrices, some
rows at a time: the columns of a block stay in cache and are not kept for the backward pass, where
copying them again costs less than fetching them from memory would.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..errors import ArgumentError, DTypeError, ShapeError, closest
from ..op import Sample
from ..primitive import composed, primitive
from .index import getitem
from .shape import lifted

__all__ = ["conv2d"]

# Bytes of columns in a block: enough that the calls cost little, few enough to stay in cache.
_BLOCK = 1 << 20

Pair = tuple[int, int]
Edges = tuple[Pair, Pair]  # (top, bottom), (left, right)


# -- arguments -------------------------------------------------------------------------------------


def whole(who: str, name: str, value: Any, least: int) -> int:
    """value, if it is an int from least on."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least or isinstance(value, bool):
        raise ArgumentError(f"{who}: got {name}={value!r}, expected an int, {least} or larger.")
    return number


def pair(who: str, name: str, value: Any, least: int) -> Pair:
    """value, an int or two of them (down, along), as two."""
    try:
        down, along = value if isinstance(value, (tuple, list)) else (value, value)
        return whole(who, name, down, least), whole(who, name, along, least)
    except ValueError:
        raise ArgumentError(
            f"{who}: got {name}={value!r}, expected an int, {least} or larger, or two of them "
            "(down, along)."
        ) from None


def edges_of(who: str, padding: Any, kernel: Pair, stride: Pair, dilation: Pair) -> Edges:
    """The border, in entries, that this padding means."""
    if isinstance(padding, str):
        if padding == "valid":
            return NO_EDGES
        if padding != "same":
            raise ArgumentError(
                f"{who}: got padding={padding!r}, expected an int, two of them (down, along), "
                f"'same' or 'valid'{closest(padding, ('same', 'valid')) or '.'}"
            )
        if stride != (1, 1):
            raise ArgumentError(
                f"{who}: got padding='same' with stride={stride}, expected a stride of 1; give the "
                "padding as numbers."
            )
        down, along = (d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
        return (down // 2, down - down // 2), (along // 2, along - along // 2)
    down, along = pair(who, "padding", padding, 0)
    return (down, down), (along, along)


def images(who: str, x: Any) -> tuple[Any, bool]:
    """x with rows, and whether it was one image without."""
    if x.ndim not in (3, 4):
        raise ShapeError(
            f"{who}: got x of shape {x.shape}, expected (rows, channels, height, width), or one "
            "image (channels, height, width); reshape x."
        )
    if x.dtype.kind not in "iufc":
        raise DTypeError(f"{who}: got x of dtype {x.dtype}, expected numbers; use astype(float).")
    return (getitem(x, None), True) if x.ndim == 3 else (x, False)


def check_fits(who: str, shape: Any, edges: Edges, kernel: Pair, dilation: Pair) -> None:
    """Refuse a window that is larger than the padded image."""
    spans = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    sizes = tuple(n + sum(e) for n, e in zip(shape[-2:], edges, strict=True))
    if any(span > size for span, size in zip(spans, sizes, strict=True)):
        raise ShapeError(
            f"{who}: got windows of {spans[0]} by {spans[1]} for images of shape {shape}, "
            f"{sizes[0]} by {sizes[1]} with their padding; expected windows that fit; pad more, or "
            "use a smaller kernel."
        )


# -- windows ---------------------------------------------------------------------------------------


def padded(x: Any, edges: Edges, value: Any = 0) -> Any:
    """x with a border of this value around its last two axes."""
    (top, bottom), (left, right) = edges
    if not (top or bottom or left or right):
        return x
    h, w = x.shape[-2:]
    shape = (*x.shape[:-2], h + top + bottom, w + left + right)
    out = np.zeros(shape, x.dtype) if value == 0 else np.full(shape, value, x.dtype)
    out[..., top : top + h, left : left + w] = x
    return out


def cropped(x: Any, edges: Edges) -> Any:
    """x without that border."""
    (top, bottom), (left, right) = edges
    if not (top or bottom or left or right):
        return x
    h, w = x.shape[-2:]
    return np.ascontiguousarray(x[..., top : h - bottom, left : w - right])


def out_sizes(x: Any, kernel: Pair, stride: Pair, padding: Edges, dilation: Pair) -> Pair:
    """How many windows fit, down and along."""
    h, w = (
        (size + sum(edges) - apart * (entries - 1) - 1) // step + 1
        for size, edges, entries, step, apart in zip(
            x.shape[-2:], padding, kernel, stride, dilation, strict=True
        )
    )
    return h, w


def _columns(
    x: Any, groups: int, kernel: Pair, sizes: Pair, stride: Pair, dilation: Pair, dtype: Any
) -> Iterator[tuple[slice, Any]]:
    """Blocks of rows of a padded x, each with its windows as columns.

    Columns have shape (rows, groups, channels·kh·kw, places); the same memory serves every block.
    """
    n, channels, _, _ = x.shape
    per = channels // groups
    s = x.strides
    windows = as_strided(
        x,
        (n, groups, per, *kernel, *sizes),
        (s[0], per * s[1], s[1], s[2] * dilation[0], s[3] * dilation[1],
         s[2] * stride[0], s[3] * stride[1]),
        writeable=False,
    )  # fmt: skip
    entries = per * kernel[0] * kernel[1]
    places = sizes[0] * sizes[1]
    for rows in _blocks(n, groups * entries * places * np.dtype(dtype).itemsize):
        if rows.start == 0:
            memory = np.empty((rows.stop, *windows.shape[1:]), dtype)
        block = memory[: rows.stop - rows.start]
        np.copyto(block, windows[rows], casting="unsafe")
        yield rows, block.reshape(len(block), groups, entries, places)


def _blocks(n: int, each: int) -> Iterator[slice]:
    step = max(1, min(n, _BLOCK // max(each, 1)))
    return (slice(start, min(start + step, n)) for start in range(0, n, step))


# -- convolution and its transposes ----------------------------------------------------------------

NO_EDGES = ((0, 0), (0, 0))


def _convolved(
    x: Any, weight: Any, stride: Pair, padding: Edges, dilation: Pair, groups: int
) -> Any:
    kernel = weight.shape[2:]
    sizes = out_sizes(x, kernel, stride, padding, dilation)
    dtype = np.result_type(x, weight)
    matrix = weight.reshape(groups, weight.shape[0] // groups, -1)
    out = np.empty((x.shape[0], groups, matrix.shape[1], sizes[0] * sizes[1]), dtype)
    x = padded(x, padding)
    for rows, columns in _columns(x, groups, kernel, sizes, stride, dilation, dtype):
        np.matmul(matrix, columns, out[rows])
    return out.reshape(x.shape[0], weight.shape[0], *sizes)


def _case(*shapes: Any, **params: Any) -> Sample:
    default = {"stride": (1, 1), "padding": NO_EDGES, "dilation": (1, 1), "groups": 1}
    return Sample(*shapes, **{**default, **params})


_EDGES = ((1, 0), (2, 1))
_FORMS: tuple[Any, ...] = (
    # The shapes of image, kernel and result, and the parameters.
    ((2, 2, 4, 3), (3, 2, 2, 2), (2, 3, 3, 2), {}),
    ((1, 1, 5, 4), (2, 1, 3, 2), (1, 2, 2, 3), {"stride": (2, 2), "padding": _EDGES}),
    ((1, 4, 3, 3), (2, 2, 2, 2), (1, 2, 2, 2), {"groups": 2}),
    ((1, 1, 5, 5), (1, 1, 2, 3), (1, 1, 4, 4), {"dilation": (2, 2), "padding": _EDGES}),
    ((1, 2, 5, 3), (2, 1, 2, 1), (1, 2, 2, 3), {"stride": (3, 1), "groups": 2}),
    ((0, 1, 3, 3), (1, 1, 2, 2), (0, 1, 2, 2), {}),
    ((1, 1, 3, 2), (1, 1, 2, 2), (1, 1, 2, 1), {"complex": True}),
)


@primitive(
    name="conv2d", linear="each", saves={"x": ("weight",), "weight": ("x",)},
    samples=tuple(_case(x, w, **params) for x, w, _, params in _FORMS),
)  # fmt: skip
def convolved(x: Any, weight: Any, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Sums of products of kernels and windows; see the function ``conv2d``. Derivative: there."""
    return _convolved(x, weight, stride, padding, dilation, groups)


@primitive(
    name="conv2d_bias", saves={"x": ("weight",), "weight": ("x",), "bias": ()},
    samples=tuple(_case(x, w, w[:1], **params) for x, w, _, params in _FORMS[:2]),
)  # fmt: skip
def convolved_and_shifted(
    x: Any, weight: Any, bias: Any, *, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:
    """``conv2d`` with a number added to each channel, in one op. Derivative: there."""
    out = _convolved(x, weight, stride, padding, dilation, groups)
    if np.result_type(out, bias) != out.dtype:
        return out + bias[:, None, None]
    out += bias[:, None, None]
    return out


@primitive(
    name="conv2d_image", linear="each", saves={"g": ("weight",), "weight": ("g",)},
    samples=tuple(_case(g, w, size=x[2:], **params) for x, w, g, params in _FORMS),
)  # fmt: skip
def spread_out(
    g: Any, weight: Any, *, size: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:
    """The image's cotangent: kernels put down at every window, times g, adding up.

    Derivative: the convolution of the cotangent, and ``conv2d_kernel`` of it and g.
    """
    n, out_channels, oh, ow = g.shape
    per, kh, kw = weight.shape[1:]
    (top, bottom), (left, right) = padding
    h, w = size[0] + top + bottom, size[1] + left + right
    dtype = np.result_type(g, weight)
    turned = weight.reshape(groups, out_channels // groups, -1).swapaxes(1, 2)
    image = np.zeros((n, groups, per, h, w), dtype)
    offsets = [(i, j, i * dilation[0], j * dilation[1]) for i, j in product(range(kh), range(kw))]
    if stride == (1, 1) and oh and ow:
        # With g in rows as wide as the image's, each entry of the kernel adds one long run.
        wide = np.zeros((n, out_channels, oh, w), dtype)
        wide[..., :ow] = g
        length = (oh - 1) * w + ow
        flat = wide.reshape(n, groups, out_channels // groups, oh * w)[..., :length]
        runs = image.reshape(n, groups, per, h * w)
    else:
        length = oh * ow
        flat = g.reshape(n, groups, out_channels // groups, length)
        runs = None
    step, memory = dilation[0] * w, None
    for rows in _blocks(n, groups * turned.shape[1] * length * np.dtype(dtype).itemsize):
        count = rows.stop - rows.start
        if memory is None:
            memory = np.empty((count, groups, turned.shape[1], length), dtype)
        terms = np.matmul(turned, flat[rows], memory[:count]).reshape(
            count, groups, per, kh, kw, length
        )
        for i, j, down, along in offsets:
            if runs is not None:
                start = i * step + along
                runs[rows, ..., start : start + length] += terms[:, :, :, i, j]
            else:
                image[
                    rows, ..., down : down + stride[0] * oh : stride[0],
                    along : along + stride[1] * ow : stride[1],
                ] += terms[:, :, :, i, j].reshape(count, groups, per, oh, ow)  # fmt: skip
    return cropped(image.reshape(n, groups * per, h, w), padding)


@primitive(
    name="conv2d_kernel", linear="each", saves={"x": ("g",), "g": ("x",)},
    samples=tuple(_case(x, g, kernel=w[2:], **params) for x, w, g, params in _FORMS),
)  # fmt: skip
def gathered(
    x: Any, g: Any, *, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: Any
) -> Any:
    """The kernels' cotangent: sums over windows of x, times g.

    Derivative: ``conv2d_image`` of g and the cotangent, and the convolution of x with it.
    """
    out_channels = g.shape[1]
    dtype = np.result_type(x, g)
    flat = g.reshape(len(g), groups, out_channels // groups, g.shape[2] * g.shape[3])
    per = x.shape[1] // groups
    out = np.zeros((groups, out_channels // groups, per * kernel[0] * kernel[1]), dtype)
    x = padded(x, padding)
    for rows, columns in _columns(x, groups, kernel, g.shape[2:], stride, dilation, dtype):
        out += np.matmul(flat[rows], columns.swapaxes(2, 3)).sum(axis=0)
    return out.reshape(out_channels, per, *kernel)


def _image_rule(g: Any, out: Any, x: Any, weight: Any, *bias: Any, **params: Any) -> Any:
    return spread_out.inner(g, weight, size=tuple(x.shape[2:]), **params)


def _kernel_rule(g: Any, out: Any, x: Any, weight: Any, *bias: Any, **params: Any) -> Any:
    return gathered.inner(x, g, kernel=tuple(weight.shape[2:]), **params)


convolved.vjp(_image_rule)
convolved.vjp("weight")(_kernel_rule)
convolved_and_shifted.vjp(_image_rule)
convolved_and_shifted.vjp("weight")(_kernel_rule)


@convolved_and_shifted.vjp("bias")
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any, **params: Any) -> Any:
    return g.sum(axis=(0, 2, 3))


@spread_out.vjp
def _(g: Any, out: Any, h: Any, weight: Any, *, size: Any, **params: Any) -> Any:
    return convolved.inner(g, weight, **params)


@spread_out.vjp("weight")
def _(g: Any, out: Any, h: Any, weight: Any, *, size: Any, **params: Any) -> Any:
    return gathered.inner(g, h, kernel=tuple(weight.shape[2:]), **params)


@gathered.vjp
def _(g: Any, out: Any, x: Any, h: Any, *, kernel: Any, **params: Any) -> Any:
    return spread_out.inner(h, g, size=tuple(x.shape[2:]), **params)


@gathered.vjp("g")
def _(g: Any, out: Any, x: Any, h: Any, *, kernel: Any, **params: Any) -> Any:
    return convolved.inner(x, g, **params)


@composed()
def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """Kernels slid over images: at each place the sum of products, PyTorch's ``conv2d``.

        out[n, o, i, j] = bias[o] + Σ_c,a,b weight[o, c, a, b] · x[n, c, i·stride + a·dilation, ...]

    Args:
        x: array of shape (rows, channels, height, width), or of one image without rows.
        weight: array of shape (out channels, channels / groups, height, width) of the kernels.
        bias: array of shape (out channels,), or None.
        stride: steps between places, an int or (down, along); so dilation, between the entries of
            a kernel.
        padding: zeros around the images, an int or (down, along); "same" for an output of the
            input's size (stride 1; where they are odd in number, one more below and right);
            "valid" for none.
        groups: the channels are cut into so many groups, each with its own kernels.

    Returns:
        Tensor of shape (rows, out channels, places down, places along).

    Raises:
        ShapeError: shapes that do not fit, or kernels larger than the image.
        ArgumentError: a stride, padding, dilation or number of groups that is none.

    Derivative: in x the kernels put down at every place, times g; in weight the sum over places
    of g times the window; in bias the sum of g.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.conv2d(np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))).data[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    x, weight = lifted(x), lifted(weight)
    x, single = images("conv2d", x)
    if weight.ndim != 4 or 0 in weight.shape:
        raise ShapeError(
            f"conv2d: got kernels of shape {weight.shape}, expected (out channels, channels / "
            "groups, height, width), none of them 0."
        )
    steps = pair("conv2d", "stride", stride, 1)
    apart = pair("conv2d", "dilation", dilation, 1)
    groups = whole("conv2d", "groups", groups, 1)
    out_channels, per = weight.shape[:2]
    if x.shape[1] != per * groups or out_channels % groups:
        raise ShapeError(
            f"conv2d: got images of shape {x.shape}, kernels of shape {weight.shape} and "
            f"groups={groups}, expected the images' channels to be the kernels' times groups, and "
            "the kernels to divide among the groups."
        )
    edges = edges_of("conv2d", padding, weight.shape[2:], steps, apart)
    check_fits("conv2d", x.shape, edges, weight.shape[2:], apart)
    given = {"stride": steps, "padding": edges, "dilation": apart, "groups": groups}
    if bias is None:
        out = convolved(x, weight, **given)
    else:
        bias = lifted(bias)
        if bias.shape != weight.shape[:1]:
            raise ShapeError(
                f"conv2d: got a bias of shape {bias.shape} for {out_channels} kernels, expected "
                f"({out_channels},)."
            )
        out = convolved_and_shifted(x, weight, bias, **given)
    return getitem(out, 0) if single else out
