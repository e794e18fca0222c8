"""Linear, and what shapes its input: Flatten and Embedding."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from . import init
from .arguments import as_input, as_tensor, positive_int
from .init import generator
from .module import Module, Parameter


@ag.primitive(
    name="linear",
    saves={"x": ("weight",), "weight": ("x",), "bias": ()},
    samples=(
        ag.Sample((4, 3), (2, 3), (2,)), ag.Sample((3,), (2, 3), (2,)),
        ag.Sample((2, 4, 3), (2, 3), (2,)), ag.Sample((0, 3), (2, 3), (2,)),
        ag.Sample((4, 3), (1, 3), (1,)), ag.Sample((2, 3), (2, 3), (2,), complex=True),
    ),
)  # fmt: skip
def linear(x: Any, weight: Any, bias: Any) -> Any:
    """x @ weightᵀ + bias in one op: (..., in), (out, in) and (out,) give (..., out).

    Derivative: g @ weight, gᵀ @ x summed over leading axes, and g.

    Raises:
        ShapeError: the shapes do not fit.

    >>> import numpy as np, nn
    >>> nn.linear(np.ones((1, 2)), np.array([[1.0, 2.0]]), np.array([0.5])).data
    array([[3.5]])
    """
    if x.ndim == 0 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: got x of shape {x.shape} and a weight of shape {weight.shape}; expected the "
            "last axis of x to be the second of the weight; reshape x to (rows, features)."
        )
    if bias.shape != weight.shape[:1]:
        raise ShapeError(
            f"linear: got a bias of shape {bias.shape} for a weight of shape {weight.shape}, "
            f"expected {weight.shape[:1]}; give one bias per row of the weight."
        )
    out = _dot(x, weight.T)
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


def _dot(x: Any, matrix: Any) -> Any:
    """x.dot(matrix): NumPy hands it to BLAS for two axes only, several times as fast."""
    if len(x.shape) <= 2 or not x.size:
        return x.dot(matrix)
    flat = x.reshape(-1, x.shape[-1]).dot(matrix)
    return flat.reshape(*x.shape[:-1], matrix.shape[1])


@linear.vjp
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return _dot(g, weight)


@linear.vjp("weight")
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    if len(x.shape) != 2:
        g, x = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    if isinstance(g, np.ndarray) and isinstance(x, np.ndarray):
        # The same product, in the memory order that Linear gives its weight.
        return np.matmul(g.T, x, order="F")
    return g.T @ x


@linear.vjp("bias")
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    # The walk would do this too; done here it skips finding out which axes are to be summed.
    return g.sum(axis=0) if len(g.shape) == 2 else g


class Linear(Module):
    """x @ weightᵀ + bias.

    Args:
        in_features, out_features: sizes of the last axis of the input and of the output.
        bias: whether there is one; it begins at 0.
        init: the weight's initializer, ``init(shape, rng=, dtype=)``.
        dtype: of the parameters, and so of the work.
        rng: NumPy Generator (or int seed) for the initial weight; None takes from the default
            stream (``nn.manual_seed``).

    Attributes:
        weight: shape (out, in), PyTorch's layout. bias: shape (out,), or None.

    Input (..., in), output (..., out).

    Raises:
        ArgumentError: a size that is not a positive int. ShapeError: input of another size.
        DTypeError: rng is not a Generator, or the input is not numeric.

    >>> import numpy as np, nn
    >>> layer = nn.Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer
    Linear(3, 2)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    weight: Parameter
    bias: Parameter | None
    _described: tuple[str, ...] = ("weight", "bias")

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: init.Initializer = init.xavier_uniform,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        who = type(self).__name__
        shape = (
            positive_int(who, "out_features", out_features),
            positive_int(who, "in_features", in_features),
        )
        # Column-major memory: x @ weightᵀ then reads both factors along their rows, which OpenBLAS
        # does 13 % faster at (200, 784) · (784, 100).
        start = np.asfortranarray(init(shape, rng=generator(rng, who), dtype=dtype))
        self.weight = Parameter(start, name="weight")
        self.bias = Parameter(np.zeros(shape[0], dtype), name="bias") if bias else None

    def forward(self, x: Any) -> Any:
        """(..., in) to (..., out)."""
        weight = self.weight
        x = as_input(x, weight.dtype, type(self).__name__)
        if self.bias is None:
            return ag.matmul(x, weight.T)
        return linear(x, weight, self.bias)

    @property
    def in_features(self) -> int:
        """Size of the last axis of the input."""
        return self.weight.shape[1]

    @property
    def out_features(self) -> int:
        """Size of the last axis of the output."""
        return self.weight.shape[0]

    def describe(self) -> str:
        """The sizes, and bias=False."""
        out_features, in_features = self.weight.shape
        return f"{in_features}, {out_features}" + ("" if self.bias is not None else ", bias=False")


class Flatten(Module):
    """The axes from start_dim to end_dim made one: (rows, 6, 5, 5) to (rows, 150).

    Raises:
        ShapeError: the input has no such axes.

    >>> import numpy as np, nn
    >>> nn.Flatten()(np.zeros((2, 6, 5, 5))).shape
    (2, 150)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        for name, value in (("start_dim", start_dim), ("end_dim", end_dim)):
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise ArgumentError(f"Flatten: got {name}={value!r}, expected an int.")
        self.start_dim = int(start_dim)
        self.end_dim = int(end_dim)

    def forward(self, x: Any) -> Any:
        """(a, b, c, ...) to (a, b·c·...)."""
        x = as_tensor(x, "Flatten")
        first, last = (i + x.ndim * (i < 0) for i in (self.start_dim, self.end_dim))
        if not 0 <= first <= last < x.ndim:
            raise ShapeError(
                f"Flatten: got an input of shape {x.shape}, expected one with axes from "
                f"{self.start_dim} to {self.end_dim}; give the input a batch axis."
            )
        merged = int(np.prod(x.shape[first : last + 1], dtype=np.int64))
        return x.reshape(*x.shape[:first], merged, *x.shape[last + 1 :])

    def describe(self) -> str:
        """The axes."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Embedding(Module):
    """A table of vectors: integers (...) give the rows of these numbers, (..., embedding_dim).

    Args:
        num_embeddings: rows of the table. embedding_dim: their size.
        padding_idx: a row that begins at 0 and gets no gradient; negative counts from the end.
        init, dtype, rng: as for ``Linear``.

    Attributes:
        weight: shape (num_embeddings, embedding_dim).

    Raises:
        ArgumentError: sizes that are none, or an index out of range. DTypeError: indices that are
            not integers.

    >>> import nn
    >>> nn.Embedding(10, 3)([[1, 2, 2], [9, 0, 1]]).shape
    (2, 3, 3)
    """

    _described = ("weight",)

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        init: init.Initializer = init.normal,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        rows = positive_int("Embedding", "num_embeddings", num_embeddings)
        width = positive_int("Embedding", "embedding_dim", embedding_dim)
        start = init((rows, width), rng=generator(rng, "Embedding"), dtype=dtype)
        self.padding_idx: int | None = None
        if padding_idx is not None:
            self.padding_idx = _row("padding_idx", padding_idx, rows)
            start[self.padding_idx] = 0
        self.weight = Parameter(start, name="weight")

    def forward(self, indices: Any) -> Any:
        """(...) to (..., embedding_dim)."""
        indices = indices.data if isinstance(indices, ag.Tensor) else np.asarray(indices)
        rows = self.weight.shape[0]
        if indices.dtype.kind not in "iu" and indices.size:
            raise DTypeError(
                f"Embedding: got indices of dtype {indices.dtype}, expected integers from 0 to "
                f"{rows - 1}; use astype(int)."
            )
        indices = indices.astype(np.intp)
        if indices.size and ((low := int(indices.min())) < 0 or int(indices.max()) >= rows):
            wrong = low if low < 0 else int(indices.max())
            raise ArgumentError(
                f"Embedding: got the index {wrong}, expected 0 to {rows - 1}; build it with more "
                "num_embeddings, or renumber the indices."
            )
        out = ag.take(self.weight, indices, axis=0)
        if self.padding_idx is None or not (padding := indices == self.padding_idx).any():
            return out
        # The row's values, but none of the gradient.
        return ag.where(padding[..., None], self.weight.data[self.padding_idx], out)

    def describe(self) -> str:
        """The sizes, and padding_idx."""
        rows, width = self.weight.shape
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{rows}, {width}{padding}"


def _row(name: str, value: Any, rows: int) -> int:
    try:
        i = rows if isinstance(value, bool) else operator.index(value)
    except TypeError:
        i = rows
    if not -rows <= i < rows:
        raise ArgumentError(
            f"Embedding: got {name}={value!r}, expected an int from {-rows} to {rows - 1}."
        )
    return i % rows
