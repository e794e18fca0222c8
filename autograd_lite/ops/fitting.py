"""Polynomials from points and from roots, and the roots of one."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..errors import ArgumentError, MatrixError, ShapeError
from ..op import Sample
from ..primitive import composed, primitive
from ..protocols import plain
from .elementwise import multiply, sqrt
from .index import getitem
from .joining import atleast_1d, concatenate
from .piecewise import real
from .polynomials import vander
from .products import matmul, outer
from .reduce import sum
from .shape import expand_dims, lifted, reshape, shape_of, transpose
from .signal import convolve
from .solve import inv, lstsq

__all__ = ["poly", "polyfit", "roots"]


_ROOTS = "none where a root is multiple: refused in backward, if that root is used"


@primitive(
    name="roots", saves=("out", "p"), kinks=_ROOTS,
    samples=(
        Sample(np.array([1.0, -3.5, 1.5])), Sample(np.array([0.7, 0.2, 1.1, -0.4])),
        Sample((3,), complex=True), Sample(np.array([2.0, 1.0])), Sample(np.array([3.0])),
    ),
)  # fmt: skip
def zeros_of(p: Any) -> Any:
    """The roots of a polynomial; see the function ``roots``."""
    return np.roots(p)


@zeros_of.vjp
def _(g: Any, out: Any, p: Any) -> Any:
    # p(r) = 0 stays true: p'(r)·dr = -Σ dpⱼ·rⁿ⁻ʲ, whether a coefficient is 0 or not.
    slope = np.polyval(np.polyder(p), out).astype(out.dtype)
    size = np.polyval(np.abs(np.polyder(plain(p))), np.abs(plain(out)))
    # Roots are computed to the precision over their distance, so nearer ones count as one.
    multiple = np.abs(plain(slope)) <= np.sqrt(np.finfo(out.dtype).eps) * size
    if (multiple & (plain(g) != 0)).any():
        raise MatrixError(
            "roots (backward): got a multiple root, or two that half the digits of the dtype do "
            "not tell apart, which have no derivative; use a function of the other roots."
        )
    moved = -np.where(multiple, 0, g) / np.where(multiple, 1, slope)
    return moved @ np.vander(out, p.shape[0]).astype(out.dtype)


@composed(np.roots)
def roots(p: Any) -> Any:
    """The roots of the polynomial with coefficients p, the highest power first.

    Derivative: -g·rⁿ⁻ʲ/p'(r) in the coefficient pⱼ, of leading and trailing zeros too; none at
    multiple roots.

    Raises:
        ShapeError: p has more than one axis. MatrixError: in backward, a multiple root.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda p: ag.roots(p).real.max())(np.array([1.0, -3.0, 2.0])).round(6)
    array([-4., -2., -1.])
    """
    p = atleast_1d(lifted(p))
    if p.ndim != 1:
        raise ShapeError(f"roots: got shape {p.shape}, expected one axis of coefficients.")
    return zeros_of(p if p.dtype.kind in "fc" else p * 1.0)


@primitive(
    saves=("a", "out"), name="characteristic", analytic=False,
    samples=(
        Sample((3, 3)), Sample(np.array([[1.0, 1.0], [0.0, 1.0]])), Sample((1, 1)),
        Sample((2, 2), complex=True),
    ),
)  # fmt: skip
def characteristic(a: Any) -> Any:
    """The characteristic polynomial of a matrix; see ``poly``.

    Derivative: of cₖ, -(aᵏ⁻¹ + c₁·aᵏ⁻² + ... + cₖ₋₁)ᵀ. Source: Faddeev and LeVerrier.
    """
    return np.poly(a)


@characteristic.vjp
def _(g: Any, out: Any, a: Any) -> Any:
    one = np.eye(a.shape[0], dtype=a.dtype)
    b: Any = one
    total = g[1] * b
    for k in range(1, a.shape[0]):
        b = a @ b + out[k] * one
        total = total + g[k + 1] * b
    return -total.T


@composed(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The coefficients of the polynomial with these roots, or of a matrix's characteristic one.

    Derivative: as that of the products (z - root), multiplied out; of a matrix that of its
    characteristic polynomial, where eigenvalues are equal too.

    Raises:
        ShapeError: neither one axis nor a square matrix.
    """
    zeros = atleast_1d(lifted(seq_of_zeros))
    shape = zeros.shape
    if len(shape) == 2 and shape[0] == shape[1] != 0:
        return characteristic(zeros if zeros.dtype.kind in "fc" else zeros * 1.0)
    elif len(shape) != 1:
        raise ShapeError(f"poly: got shape {shape}, expected one axis, or a square matrix.")
    if not zeros.shape[0]:
        return lifted(1.0)
    zeros = zeros.astype(np.mintypecode(zeros.dtype.char))  # NumPy's choice: no float16, integers
    out = lifted(np.ones(1, zeros.dtype))
    for k in range(zeros.shape[0]):
        out = convolve(out, concatenate([np.ones(1, zeros.dtype), -zeros[k : k + 1]]))
    if out.dtype.kind == "c":
        values = np.sort(plain(zeros))
        if np.array_equal(values, np.sort(values.conj())):
            out = real(out)
    return out


@composed(np.polyfit)
def polyfit(
    x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False
) -> Any:
    """Coefficients of the polynomial of degree deg that fits points best, as ``np.polyfit``.

    Args:
        x: shape (m,). y: (m,), or (m, k) for k fits at once. w: weights of the errors, (m,).
        rcond: singular values below this fraction of the largest count as 0.
        full: give (c, residuals, rank, singular values, rcond). cov: give (c, covariance).

    Derivative: as ``lstsq``, in x, y and w.

    Raises:
        ArgumentError: deg < 0, or too few points for cov. ShapeError: shapes that do not fit.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda y: ag.polyfit(np.array([0.0, 1.0]), y, 1)[0])(np.array([1.0, 3.0])).round(9)
    array([-1.,  1.])
    """
    order = int(deg) + 1
    x, y = lifted(x) + 0.0, lifted(y) + 0.0
    if order < 1:
        raise ArgumentError(f"polyfit: got deg={deg}, expected at least 0.")
    if x.ndim != 1 or y.ndim not in (1, 2) or not x.shape[0] or y.shape[0] != x.shape[0]:
        raise ShapeError(
            f"polyfit: got shapes {x.shape} and {y.shape}, expected (m,) and (m,) or (m, k), m > 0."
        )
    if rcond is None:
        rcond = x.shape[0] * np.finfo(x.dtype).eps
    left, right = vander(x, order), y
    if w is not None:
        w = lifted(w) + 0.0
        if shape_of(w) != x.shape:
            raise ShapeError(f"polyfit: got weights of shape {w.shape}, expected {x.shape}.")
        left = multiply(left, expand_dims(w, 1))
        right = multiply(right, expand_dims(w, 1) if y.ndim == 2 else w)
    scale = sqrt(sum(left * left, axis=0))
    left = left / scale
    c, residuals, rank, s = lstsq(left, right, rcond)
    c = transpose(transpose(c) / scale)
    if rank != order and not full:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=2)
    if full:
        return c, residuals, rank, s, rcond
    if not cov:
        return c
    base = inv(matmul(transpose(left), left)) / outer(scale, scale)
    if cov != "unscaled":
        if x.shape[0] <= order:
            raise ArgumentError(
                f"polyfit: got {x.shape[0]} points for cov=True with degree {deg}, expected more "
                f"than {order}; or pass cov='unscaled'."
            )
        residuals = residuals / (x.shape[0] - order)
        base = reshape(base, (order, order, 1)) * residuals if y.ndim == 2 else base * residuals
    elif y.ndim == 2:
        base = getitem(base, (Ellipsis, None))
    return c, base
