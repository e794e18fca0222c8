"""Norms of vectors and matrices, and the condition number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..op import Sample
from ..primitive import composed, elementwise, primitive
from .elementwise import power, safe
from .piecewise import absolute, sign
from .reduce import AXES, kept, max, min, normalized, sum

__all__ = ["norm"]

_add: Any = np.add.reduce


@primitive(
    saves=("x", "out"), analytic=False, kinks="norm'(0) = 0",
    samples=(*AXES[:5], Sample((2,), axis=0, complex=True)),
)  # fmt: skip
def norm_2(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """Euclidean norm over axis. Derivative: g·x/norm, for complex x g·x̄/norm; 0 where norm is 0."""
    return np.sqrt(_add((x.conj() * x).real, axis=axis, keepdims=keepdims))


@norm_2.vjp
def _(g: Any, out: Any, x: Any, *, axis: Any, keepdims: bool) -> Any:
    g = kept(g / np.where(out == 0, 1, out), x.shape, axis, keepdims)
    return g * (np.conj(x) if x.dtype.kind == "c" else x)


@composed(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of vectors along axis, or of matrices along two axes, as ``np.linalg.norm``.

    Args:
        ord: None (Euclidean of all entries), a number p, inf, -inf or 0 for vectors; None, "fro",
            1, -1, inf, -inf for matrices.

    Raises:
        ArgumentError: another ord.

    Derivative: g·x/norm for the Euclidean one, 0 where the norm is 0; sharing at ties for ±inf.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    shape = np.shape(x)
    if axis is None and ord is None:
        return norm_2(x, keepdims=keepdims)
    axes = normalized(axis, len(shape), "norm")
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        raise ShapeError(
            f"norm: got {len(axes)} axes (shape {shape}), expected 1 for vectors or 2 for matrices."
        )
    if ord in (None, "fro"):
        return norm_2(x, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        first, second = axes if ord in (1, -1) else axes[::-1]
        sums = sum(absolute(x), axis=first, keepdims=True)
        out = (max if ord > 0 else min)(sums, axis=second, keepdims=True)
        return out if keepdims else np.squeeze(out, axis=axes)
    raise ArgumentError(
        f"norm: got ord={ord!r} for matrices, expected None, 'fro', 1, -1, inf or -inf."
    )


def _vector_norm(x: Any, ord: Any, axis: int, keepdims: bool) -> Any:
    if ord in (None, 2):
        return norm_2(x, axis=axis, keepdims=keepdims)
    if isinstance(ord, str):
        raise ArgumentError(f"norm: got ord={ord!r} for vectors, expected a number or None.")
    size = absolute(x)
    if ord == np.inf:
        return max(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return min(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return sum(sign(size), axis=axis, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis=axis, keepdims=keepdims)
    return norm_root(sum(power(size, ord), axis=axis, keepdims=keepdims), ord=float(ord))


norm_root = elementwise(
    "norm_root", lambda x, *, ord=2.0: x ** (1 / ord),
    lambda g, out, x, *, ord: g * np.where(x == 0, 0, safe(x) ** (1 / ord - 1) / ord),
    saves=("x",), samples=(Sample((2,), low=0.5, high=2.0, ord=3.0),),
    doc="""x^(1/ord), the last step of a p-norm. Derivative: 0 at 0.""",
    kinks="norm'(0) = 0",
)  # fmt: skip
