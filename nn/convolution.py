"""Layers of images: Conv2d, MaxPool2d, AvgPool2d."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, ShapeError, closest

from . import init
from .arguments import as_input, as_tensor, positive_int
from .init import generator
from .module import Module, Parameter

_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class Conv2d(Module):
    """Kernels slid over images, PyTorch's Conv2d.

    Args:
        in_channels, out_channels: of the input and of the output.
        kernel_size: an int or (down, along); so stride, dilation and padding.
        padding: zeros around the images; or "same" (an output of the input's size) or "valid".
        groups: the channels are cut into so many groups, each with its own kernels.
        bias: whether there is one per output channel; it begins at 0.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        init: the weight's initializer; He's, since relu mostly follows.
        dtype, rng: as for ``Linear``.

    Attributes:
        weight: shape (out_channels, in_channels / groups, height, width). bias: (out_channels,).

    Input (rows, channels, height, width) or one image without rows.

    Raises:
        ArgumentError: sizes that are none, or groups that do not divide the channels.
        ShapeError: an input of other channels, or smaller than the kernel.

    >>> import numpy as np, nn
    >>> nn.Conv2d(1, 6, 5, padding=2)(np.zeros((2, 1, 28, 28))).shape
    (2, 6, 28, 28)
    """

    weight: Parameter
    bias: Parameter | None
    _described = ("weight", "bias")

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        init: init.Initializer = init.he_uniform,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        self.in_channels = positive_int("Conv2d", "in_channels", in_channels)
        self.out_channels = positive_int("Conv2d", "out_channels", out_channels)
        self.groups = positive_int("Conv2d", "groups", groups)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"Conv2d: got groups={groups} for {in_channels} and {out_channels} channels, "
                "expected a divisor of both."
            )
        self.kernel_size = _pair("Conv2d", "kernel_size", kernel_size)
        self.stride = _pair("Conv2d", "stride", stride)
        self.dilation = _pair("Conv2d", "dilation", dilation)
        self.padding = (
            padding if isinstance(padding, str) else _pair("Conv2d", "padding", padding, least=0)
        )
        if padding_mode not in _MODES:
            raise ArgumentError(
                f"Conv2d: got padding_mode={padding_mode!r}, expected one of "
                f"{', '.join(_MODES)}{closest(str(padding_mode), list(_MODES)) or '.'}"
            )
        self.padding_mode = padding_mode
        self._edges()
        shape = (self.out_channels, self.in_channels // self.groups, *self.kernel_size)
        start = init(shape, rng=generator(rng, "Conv2d"), dtype=dtype)
        self.weight = Parameter(start, name="weight")
        self.bias = Parameter(np.zeros(shape[0], dtype), name="bias") if bias else None

    def _edges(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The padding in entries: (top, bottom), (left, right)."""
        if not isinstance(self.padding, str):
            (down, along) = self.padding
            return (down, down), (along, along)
        if self.padding not in ("same", "valid"):
            raise ArgumentError(
                f"Conv2d: got padding={self.padding!r}, expected an int, two of them (down, "
                f"along), 'same' or 'valid'{closest(self.padding, ('same', 'valid')) or '.'}"
            )
        if self.padding == "valid":
            return (0, 0), (0, 0)
        if self.stride != (1, 1):
            raise ArgumentError(
                f"Conv2d: got padding='same' with stride={self.stride}, expected a stride of 1; "
                "give the padding as numbers."
            )
        down, along = (d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True))
        return (down // 2, down - down // 2), (along // 2, along - along // 2)

    def forward(self, x: Any) -> Any:
        """(rows, in_channels, height, width) to (rows, out_channels, places down, along)."""
        x = as_input(x, self.weight.dtype, "Conv2d")
        if x.ndim not in (3, 4) or x.shape[-3] != self.in_channels:
            raise ShapeError(
                f"Conv2d: got an input of shape {x.shape}, expected (rows, channels, height, "
                f"width) with {self.in_channels} channels; reshape the input, or build the layer "
                "for its channels."
            )
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            edges = ((0, 0),) * (x.ndim - 2) + self._edges()
            x, padding = ag.pad(x, edges, mode=_MODES[self.padding_mode]), 0
        return ag.conv2d(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def describe(self) -> str:
        """The sizes, and what differs from the default."""
        parts = [str(self.in_channels), str(self.out_channels)]
        parts += [f"kernel_size={self.kernel_size}", f"stride={self.stride}"]
        parts += [f"padding={self.padding!r}"] if self.padding not in ((0, 0), "valid") else []
        parts += [f"dilation={self.dilation}"] if self.dilation != (1, 1) else []
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        parts += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(parts)


class MaxPool2d(Module):
    """The largest entry of each window; see ``ag.max_pool2d`` for the arguments.

    Input (rows, channels, height, width) or one image without rows.

    >>> import numpy as np, nn
    >>> nn.MaxPool2d(2)(np.zeros((2, 6, 28, 28))).shape
    (2, 6, 14, 14)
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> None:
        _check_pool("MaxPool2d", kernel_size, stride, padding)
        _pair("MaxPool2d", "dilation", dilation)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.ceil_mode = bool(ceil_mode)

    def forward(self, x: Any) -> Any:
        """(rows, channels, height, width) to (rows, channels, windows down, along)."""
        return ag.max_pool2d(
            as_tensor(x, "MaxPool2d"), self.kernel_size, self.stride, self.padding, self.dilation,
            self.ceil_mode,
        )  # fmt: skip

    def describe(self) -> str:
        """The arguments."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class AvgPool2d(Module):
    """The mean of each window; see ``ag.avg_pool2d`` for the arguments.

    Input (rows, channels, height, width) or one image without rows.

    >>> import numpy as np, nn
    >>> nn.AvgPool2d(2)(np.zeros((2, 6, 28, 28))).shape
    (2, 6, 14, 14)
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        _check_pool("AvgPool2d", kernel_size, stride, padding)
        if divisor_override is not None:
            positive_int("AvgPool2d", "divisor_override", divisor_override)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = bool(ceil_mode)
        self.count_include_pad = bool(count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, x: Any) -> Any:
        """(rows, channels, height, width) to (rows, channels, windows down, along)."""
        return ag.avg_pool2d(
            as_tensor(x, "AvgPool2d"), self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip

    def describe(self) -> str:
        """The arguments."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


def _check_pool(who: str, kernel_size: Any, stride: Any, padding: Any) -> None:
    kernel = _pair(who, "kernel_size", kernel_size)
    if stride is not None:
        _pair(who, "stride", stride)
    around = _pair(who, "padding", padding, least=0)
    if any(2 * p > k for p, k in zip(around, kernel, strict=True)):
        raise ArgumentError(
            f"{who}: got padding={padding!r} for kernel_size={kernel_size!r}, expected at most "
            "half of the window."
        )


def _pair(who: str, name: str, value: Any, least: int = 1) -> tuple[int, int]:
    parts = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    if len(parts) != 2 or any(
        isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < least for n in parts
    ):
        raise ArgumentError(
            f"{who}: got {name}={value!r}, expected an int, {least} or larger, or two of them "
            "(down, along)."
        )
    return int(parts[0]), int(parts[1])
