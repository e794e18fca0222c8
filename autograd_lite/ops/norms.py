"""Norms of vectors and matrices, and the condition number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, MatrixError, ShapeError
from ..op import Sample, along_axis
from ..primitive import composed, primitive
from ..protocols import plain
from .axes import axes_of
from .decompositions import svdvals
from .elementwise import safe
from .matrices import square
from .piecewise import absolute, sign, where
from .reduce import AXES, kept, max, min, sum
from .shape import astype, expand_dims, moveaxis, shape_of, squeeze
from .solve import inv

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]

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
    g = kept(np.where(out == 0, 0, g / safe(out)), x.shape, axis, keepdims)
    return g * (np.conj(x) if x.dtype.kind == "c" else x)


@primitive(
    saves=("size", "out"), kinks="0 for entries that are 0, and where the norm is 0",
    samples=(
        Sample((2, 3), ord=3.0, low=0.2), Sample((2, 3), axis=(1,), ord=1.5, low=0.2),
        Sample((2, 3), axis=(0, 1), ord=-2.0, low=0.2, keepdims=True), Sample((1,), low=0.2),
    ),
)  # fmt: skip
def norm_p(size: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 3.0) -> Any:
    """(Σ size**ord)^(1/ord) of sizes ≥ 0. Derivative: g·(size/norm)**(ord-1)."""
    with np.errstate(divide="ignore"):
        return _add(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)


@norm_p.vjp
def _(g: Any, out: Any, size: Any, *, axis: Any, keepdims: bool, ord: float) -> Any:
    whole = kept(out, size.shape, axis, keepdims)
    none = (size == 0) | (whole == 0)
    ratio = np.where(none, 1, size) / np.where(whole == 0, 1, whole)
    return kept(g, size.shape, axis, keepdims) * np.where(none, 0, ratio ** (ord - 1))


for _op in (norm_2, norm_p):
    _op.op.mixes = along_axis


@composed(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """Norm of vectors along axis, or of matrices along two axes, as ``np.linalg.norm``.

    Args:
        ord: None (Euclidean of all entries), a number p, inf, -inf or 0 for vectors; None, "fro",
            "nuc", 1, -1, 2, -2, inf, -inf for matrices.

    Raises:
        ArgumentError: another ord.

    Derivative: g·x/norm for the Euclidean one, 0 where the norm is 0; ±inf share at ties.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    shape = shape_of(x)
    x = _floating(x)
    if axis is None and ord is None:
        return norm_2(x, keepdims=keepdims)
    axes = axes_of(axis, len(shape), "norm")
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise ShapeError(
            f"norm: got axes {axes} (shape {shape}), expected 1 for vectors or 2 for matrices."
        )
    return _matrix_norm(x, ord, axes, keepdims)


def _floating(x: Any) -> Any:
    return x if hasattr(x, "dtype") and x.dtype.kind in "fc" else astype(x, np.float64)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord in (None, "fro", "f"):
        return norm_2(x, axis=axes, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        first, second = axes if ord in (1, -1) else axes[::-1]
        sums = sum(absolute(x), axis=first, keepdims=True)
        out = _largest(sums, second, True) if ord > 0 else min(sums, axis=second, keepdims=True)
        return out if keepdims else squeeze(out, axis=axes)
    if ord not in ("nuc", 2, -2):
        raise ArgumentError(
            f"norm: got ord={ord!r} for matrices, expected None, 'fro', 'nuc', 1, -1, 2, -2, inf "
            "or -inf."
        )
    # abs changes nothing but the derivative at a singular value of 0, which is 0 then.
    s = absolute(svdvals(moveaxis(x, axes, (-2, -1))))
    if ord == 2:
        out = _largest(s, -1, False)
    else:
        out = (sum if ord == "nuc" else min)(s, axis=-1)
    return expand_dims(out, tuple(sorted(axes))) if keepdims else out


def _largest(size: Any, axis: Any, keepdims: bool) -> Any:
    # A norm of nothing is 0.
    initial = None if size.size else 0
    return max(size, axis=axis, keepdims=keepdims, initial=initial)


def _vector_norm(x: Any, ord: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if ord in (None, 2):
        return norm_2(x, axis=axes, keepdims=keepdims)
    if isinstance(ord, str):
        raise ArgumentError(f"norm: got ord={ord!r} for vectors, expected a number or None.")
    size = absolute(x)
    if ord == np.inf:
        return _largest(size, axes, keepdims)
    if ord == -np.inf:
        return min(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum(sign(size), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis=axes, keepdims=keepdims)
    return norm_p(size, axis=axes, keepdims=keepdims, ord=float(ord))


@composed(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """p-norm of the entries along axis (an int, a tuple, or None for all). Derivative: as norm."""
    x = _floating(x)
    return _vector_norm(x, ord, axes_of(axis, len(shape_of(x)), "vector_norm"), keepdims)


@composed(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """Norm of the matrices in the last two axes. Derivative: as norm."""
    x = _floating(x)
    ndim = len(shape_of(x))
    if ndim < 2:
        raise ShapeError(f"matrix_norm: got shape {shape_of(x)}, expected matrices (..., m, n).")
    return _matrix_norm(x, ord, (ndim - 2, ndim - 1), keepdims)


@composed(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """Condition number of matrices (..., m, n) in a norm of ``norm``; inf where singular.

    Derivative: as that of the norms, or of the singular values for p None, 2 and -2; 0 where
    singular.

    Raises:
        MatrixError: an empty matrix; not square for another p; in backward, singular.
    """
    shape = shape_of(x)
    if len(shape) < 2 or 0 in shape[-2:]:
        raise MatrixError(f"cond: got shape {shape}, expected matrices (..., m, n), not empty.")
    x = _floating(x)
    with np.errstate(all="ignore"):
        if p in (None, 2, -2):
            s = svdvals(x)
            top, bottom = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
            singular = (plain(bottom) == 0) & ~np.isnan(plain(x)).any(axis=(-2, -1))
            return where(singular, np.inf, top / where(singular, 1, bottom))
        square(shape, "cond")
        singular = np.linalg.slogdet(plain(x))[0] == 0
        regular = where(singular[..., None, None], np.eye(shape[-1], dtype=x.dtype), x)
        sizes = norm(x, p, axis=(-2, -1)) * norm(inv(regular), p, axis=(-2, -1))
    return where(singular, np.inf, sizes)
