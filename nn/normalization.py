"""Batch and layer normalization."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError

from .arguments import as_input, as_tensor, positive_int, real_number
from .module import Module, Parameter


@ag.primitive(
    name="standardize", outputs=("out", "mean", "variance"), saves=("out",),
    samples=(
        ag.Sample((4, 3), axis=(0,), eps=1e-5), ag.Sample((2, 3), axis=(-1,), eps=0.1),
        ag.Sample((3, 2, 4), axis=(0, 2), eps=1e-5),
    ),
)  # fmt: skip
def standardize(x: Any, *, axis: Any, eps: float) -> Any:
    """(x - mean)/√(variance + eps) over axes, and the mean and variance, their axes kept.

    Derivative: (g - mean g - out·mean(g·out))/√(variance + eps) for the first output.
    """
    count = math.prod(x.shape[i] for i in axis)
    mean = np.add.reduce(x, axis=axis, keepdims=True) / x.dtype.type(count)
    out = x - mean
    variance = np.add.reduce(out * out, axis=axis, keepdims=True) / x.dtype.type(count)
    out *= 1 / np.sqrt(variance + x.dtype.type(eps))
    return out, mean, variance


@standardize.vjp
def _(g: Any, out: Any, x: Any, *, axis: Any, eps: float) -> Any:
    y, _, variance = out
    direct, in_mean, in_variance = g
    count = math.prod(x.shape[i] for i in axis)
    root = np.sqrt(variance + eps)
    terms = []
    if direct is not None:
        shift = direct.sum(axis=axis, keepdims=True) * (1 / count)
        tilt = (direct * y).sum(axis=axis, keepdims=True) * (1 / count)
        terms.append((direct - shift - y * tilt) / root)
    if in_mean is not None:
        terms.append(np.broadcast_to(in_mean * (1 / count), x.shape))
    if in_variance is not None:
        terms.append(in_variance * (2 / count) * root * y)
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


@ag.primitive(
    name="scale_and_shift", saves={"x": ("scale",), "scale": ("x",), "shift": ()},
    samples=(ag.Sample((4, 3), (3,), (3,)), ag.Sample((2, 3, 2), (3, 1), (3, 1))),
)  # fmt: skip
def scale_and_shift(x: Any, scale: Any, shift: Any) -> Any:
    """x·scale + shift in one op, the two broadcast. Derivative: g·scale, g·x and g, summed."""
    out = x * scale
    out += shift
    return out


scale_and_shift.vjp(lambda g, out, x, scale, shift: g * scale)
scale_and_shift.vjp("scale")(lambda g, out, x, scale, shift: g * x)
scale_and_shift.vjp("shift")(lambda g, out, x, scale, shift: g)


class _BatchNorm(Module):
    """What the batch normalizations share; axis 1 is that of the features."""

    weight: Parameter | None
    bias: Parameter | None
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    _described = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    _form = ""
    _dims: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: Any = np.float64,
    ) -> None:
        who = type(self).__name__
        count = positive_int(who, "num_features", num_features)
        self.num_features = count
        self.eps = real_number(who, "eps", eps, 0)
        self.momentum = None if momentum is None else real_number(who, "momentum", momentum, 0, 1)
        self.weight = Parameter(np.ones(count, dtype), name="weight") if affine else None
        self.bias = Parameter(np.zeros(count, dtype), name="bias") if affine else None
        tracks = bool(track_running_stats)
        self.register_buffer("running_mean", np.zeros(count, dtype) if tracks else None)
        self.register_buffer("running_var", np.ones(count, dtype) if tracks else None)
        self.register_buffer("num_batches_tracked", np.array(0) if tracks else None)

    def forward(self, x: Any) -> Any:
        """The same shape, normalized."""
        who = type(self).__name__
        kind = self._dtype()
        x = as_tensor(x if kind is None else as_input(x, kind, who), who)
        if x.ndim not in self._dims or x.shape[1] != self.num_features:
            raise ShapeError(
                f"{who}: got an input of shape {x.shape}, expected {self._form} with "
                f"{self.num_features} features; build the layer for that number, or reshape the "
                "input."
            )
        column = (-1,) + (1,) * (x.ndim - 2)
        if self.training or self.running_mean is None:
            axes = (0, *range(2, x.ndim))
            count = x.size // self.num_features
            if self.training and count < 2:
                raise ShapeError(
                    f"{who}: got an input of shape {x.shape}, expected more than one value per "
                    "feature in training; use a larger batch, or eval(), or leave out a last "
                    "batch of one row with drop_last=True."
                )
            out, mean, variance = standardize(x, axis=axes, eps=self.eps)
            if self.training and self.running_mean is not None:
                self._track(mean.data.ravel(), variance.data.ravel(), count)
        else:
            spread = np.sqrt(self.running_var + self.running_var.dtype.type(self.eps))
            if self.weight is None or self.bias is None:
                return (x - self.running_mean.reshape(column)) / spread.reshape(column)
            centred = x - self.running_mean.reshape(column)
            scale = self.weight / spread
            return scale_and_shift(centred, scale.reshape(column), self.bias.reshape(column))
        if self.weight is None or self.bias is None:
            return out
        return scale_and_shift(out, self.weight.reshape(column), self.bias.reshape(column))

    def _dtype(self) -> Any:
        kept = self.weight if self.weight is not None else self.running_mean
        return None if kept is None else kept.dtype

    def _track(self, mean: Any, variance: Any, count: int) -> None:
        # New arrays: a graph recorded in evaluation mode may still read the old ones.
        self.num_batches_tracked = self.num_batches_tracked + 1
        batches = int(self.num_batches_tracked)
        share = 1 / batches if self.momentum is None else self.momentum
        unbiased = variance * (count / (count - 1))
        self.num_batches_tracked = np.asarray(self.num_batches_tracked)
        self.running_mean = (1 - share) * self.running_mean + share * mean
        self.running_var = (1 - share) * self.running_var + share * unbiased

    def describe(self) -> str:
        """The number of features, and what differs from the default."""
        extra = [f"eps={self.eps:g}"] if self.eps != 1e-5 else []
        extra += [f"momentum={self.momentum}"] if self.momentum != 0.1 else []
        extra += ["affine=False"] if self.weight is None else []
        extra += ["track_running_stats=False"] if self.running_mean is None else []
        return ", ".join([str(self.num_features), *extra])


class BatchNorm1d(_BatchNorm):
    """Each feature made mean 0, variance 1 over the batch, then scaled and shifted.

        out = (x - mean)/√(variance + eps) · weight + bias

    In training mode mean and variance are the batch's, and running ones are kept; in evaluation
    mode the running ones are used.

    Args:
        num_features: size of axis 1.
        eps: added to the variance.
        momentum: weight of a new batch in the running mean and variance; None means their plain
            average so far.
        affine: whether weight and bias are learned.
        track_running_stats: whether the running ones are kept; if not, the batch's are always used.
        dtype: of the parameters, and so of the work.

    Attributes:
        weight, bias: shape (num_features,), beginning at 1 and 0; or None.
        running_mean, running_var, num_batches_tracked: buffers; the variance is the unbiased one.

    Input (rows, features) or (rows, features, length).

    Raises:
        ShapeError: an input of another form, or of one value per feature in training.

    Reference: Ioffe and Szegedy, 2015.

    >>> import numpy as np, nn
    >>> nn.BatchNorm1d(1)(np.array([[1.0], [3.0]])).data.round(3).ravel()
    array([-1.,  1.])
    """

    _form = "(rows, features) or (rows, features, length)"
    _dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """``BatchNorm1d`` for images: input (rows, features, height, width).

    >>> import numpy as np, nn
    >>> nn.BatchNorm2d(3)(np.zeros((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    _form = "(rows, features, height, width)"
    _dims = (4,)


class LayerNorm(Module):
    """The last axes of each row made mean 0, variance 1, then scaled and shifted.

    Args:
        normalized_shape: sizes of those axes, an int for one.
        eps: added to the variance.
        elementwise_affine: whether weight and bias are learned; bias: whether a bias is.
        dtype: of the parameters, and so of the work.

    Attributes:
        weight, bias: of normalized_shape, beginning at 1 and 0; or None.

    Input (..., *normalized_shape).

    Raises:
        ShapeError: an input that ends in other sizes.

    Reference: Ba, Kiros and Hinton, 2016.

    >>> import numpy as np, nn
    >>> nn.LayerNorm(2)(np.array([[1.0, 3.0], [5.0, 1.0]])).data.round(3)
    array([[-1.,  1.],
           [ 1., -1.]])
    """

    weight: Parameter | None
    bias: Parameter | None
    _described = ("weight", "bias")

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...] | list[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: Any = np.float64,
    ) -> None:
        sizes = (
            normalized_shape if isinstance(normalized_shape, (tuple, list)) else [normalized_shape]
        )
        self.normalized_shape = tuple(positive_int("LayerNorm", "a size", n) for n in sizes)
        self.eps = real_number("LayerNorm", "eps", eps, 0)
        shape = self.normalized_shape
        if not shape:
            raise ShapeError("LayerNorm: got no sizes, expected those of the last axes; write 8.")
        learns = bool(elementwise_affine)
        self.weight = Parameter(np.ones(shape, dtype), name="weight") if learns else None
        self.bias = Parameter(np.zeros(shape, dtype), name="bias") if learns and bias else None

    def forward(self, x: Any) -> Any:
        """The same shape, normalized."""
        x = as_tensor(
            x if self.weight is None else as_input(x, self.weight.dtype, "LayerNorm"), "LayerNorm"
        )
        count = len(self.normalized_shape)
        if x.shape[-count:] != self.normalized_shape:
            raise ShapeError(
                f"LayerNorm: got an input of shape {x.shape}, expected one that ends in "
                f"{self.normalized_shape}; build the layer for its last axes."
            )
        out = standardize(x, axis=tuple(range(-count, 0)), eps=self.eps)[0]
        if self.weight is None:
            return out
        return (
            out * self.weight if self.bias is None else scale_and_shift(out, self.weight, self.bias)
        )

    def describe(self) -> str:
        """The sizes, and what differs from the default."""
        extra = [f"eps={self.eps:g}"] if self.eps != 1e-5 else []
        if self.weight is None:
            extra.append("elementwise_affine=False")
        elif self.bias is None:
            extra.append("bias=False")
        return ", ".join([str(self.normalized_shape), *extra])
