"""Inverses, determinants and linear systems.

Matrices come in stacks: shapes are (..., n, n), leading axes broadcast. A singular matrix raises
where there is no derivative; the determinant has one everywhere.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..methods import plain
from ..op import Sample
from ..primitive import composed, primitive
from .decompositions import mirrored, svd
from .factors import prod_others
from .matrices import adjoint, conj, square
from .piecewise import where
from .products import matmul
from .reduce import sum
from .shape import reshape, shape_of, transpose

__all__ = ["det", "inv", "lstsq", "pinv", "slogdet", "solve", "tensorinv", "tensorsolve"]

_REGULAR = (
    Sample((3, 3), eye=4.0), Sample((2, 2, 2), eye=3.0), Sample((1, 1), eye=3.0),
    Sample((0, 0)), Sample((2, 2), eye=4.0, complex=True),
)  # fmt: skip


@primitive(numpy=np.linalg.inv, saves=("out",), samples=_REGULAR)
def inv(a: Any) -> Any:
    """Inverse of square matrices (..., n, n). Derivative: -outᵀ g outᵀ.

    Raises:
        MatrixError: not square, or singular.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.inv(a).sum())(np.diag([2.0, 4.0]))
    array([[-0.25  , -0.125 ],
           [-0.125 , -0.0625]])
    """
    return np.linalg.inv(a)


@inv.vjp
def _(g: Any, out: Any, a: Any) -> Any:
    turned = out.swapaxes(-1, -2)
    return -(turned @ g @ turned)


# -- determinants ------------------------------------------------------------------------------
# With a = U S Vᴴ the cofactors are det(U) det(Vᴴ) conj(U) diag(Π of the other s) conj(Vᴴ): exact
# for singular matrices too, where det·inv would be 0·inf.


def _turned(a: Any) -> tuple[Any, Any, Any, Any]:
    u, s, vh = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None], u, s, vh


def _cofactors(a: Any) -> Any:
    sign, u, s, vh = _turned(a)
    return sign * (conj(u) * prod_others.op.forward(s)[..., None, :] @ conj(vh))


def _cofactor_pairs(a: Any, g: Any) -> Any:
    # The second derivative of det at a diagonal S: Σ_i≠j (g_ii h_jj - g_ij h_ji) Π_k≠i,j s_k.
    sign, u, s, vh = _turned(a)
    n = s.shape[-1]
    away = ~np.eye(n, dtype=bool)
    rest = np.empty((*s.shape, n), s.dtype)
    for i in range(n):
        rest[..., i, :] = prod_others.op.forward(np.where(np.arange(n) == i, 1, s))
    rest = np.where(away, rest, 0)
    h = adjoint(u) @ g @ adjoint(vh)
    main = (rest @ np.diagonal(h, 0, -2, -1)[..., None])[..., 0]
    inner = -(rest * h).swapaxes(-1, -2) + main[..., None] * np.eye(n, dtype=s.dtype)
    return sign * (conj(u) @ inner @ conj(vh))


cofactor_pairs = primitive(
    name="cofactor_pairs", saves=("a", "g"),
    samples=(Sample((3, 3), (3, 3), eye=3.0), Sample((2, 2, 2), (2, 2, 2), eye=3.0),
             Sample((1, 1), (1, 1))),
)(lambda a, g: _cofactor_pairs(a, g))  # fmt: skip
cofactor_pairs.op.doc = """Second derivative of the determinant, applied to g.

Derivative: in g the same, in a by inverses, for regular a (the third derivative of det).
"""
cofactors = primitive(
    name="cofactors", saves=("a",),
    samples=(Sample((3, 3)), Sample((2, 2, 2)), Sample((1, 1)), Sample((2, 2), complex=True)),
)(lambda a: _cofactors(a))  # fmt: skip
cofactors.op.doc = """The cofactors of square matrices. Derivative: exact for singular a too."""
cofactors.vjp(lambda g, out, a: cofactor_pairs.inner(a, g))
cofactor_pairs.vjp("g")(lambda g, out, a, g_: cofactor_pairs.inner(a, g))


@cofactor_pairs.vjp("a")
def _(w: Any, out: Any, a: Any, g: Any) -> Any:
    n = np.linalg.inv(a).swapaxes(-1, -2)
    size = np.linalg.det(a)[..., None, None]

    def paired(x: Any) -> Any:
        return (x * n).sum(axis=(-2, -1), keepdims=True)

    ngn, nwn = n @ g.swapaxes(-1, -2) @ n, n @ w.swapaxes(-1, -2) @ n
    both = nwn @ g.swapaxes(-1, -2) @ n + ngn @ w.swapaxes(-1, -2) @ n
    second = (w * ngn).sum(axis=(-2, -1), keepdims=True)
    whole = (paired(g) * paired(w) - second) * n
    return size * (whole - paired(w) * ngn - paired(g) * nwn + both)


@primitive(
    numpy=np.linalg.det, saves=("a",),
    samples=(Sample((3, 3)), Sample((2, 2, 2)), Sample((1, 1)), Sample((2, 2), complex=True)),
)  # fmt: skip
def det(a: Any) -> Any:
    """Determinant of square matrices (..., n, n).

    Derivative: g times the cofactors, exact for singular matrices to second order.

    Raises:
        MatrixError: not square.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.det)(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    return np.linalg.det(a)


det.vjp(lambda g, out, a: g[..., None, None] * cofactors.inner(a))

SlogdetResult = namedtuple("SlogdetResult", ["sign", "logabsdet"])


@primitive(
    name="slogdet", saves=("a",), outputs=("sign", "logabsdet"), analytic=False,
    samples=(
        Sample((3, 3)), Sample((2, 2, 2)), Sample((1, 1)), Sample((2, 2), complex=True),
        Sample((0, 0)),
    ),
)  # fmt: skip
def sign_and_log(a: Any) -> Any:
    """Sign and logarithm of the size of determinants; see ``slogdet``. Derivative: there."""
    return tuple(np.linalg.slogdet(a))


@sign_and_log.vjp
def _(g: Any, out: Any, a: Any) -> Any:
    by_sign, by_log = g
    weight: Any = 0.0 if by_log is None else by_log
    if by_sign is not None and a.dtype.kind == "c":
        weight = weight + 1j * (by_sign * out[0]).imag  # a sign only turns
    elif by_log is None:
        return 0 * a
    return np.expand_dims(weight, (-2, -1)) * np.linalg.inv(a).swapaxes(-1, -2)


@composed(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """(sign, logabsdet) of square matrices: det = sign·e^logabsdet, without overflow.

    Derivative: g·inv(a)ᵀ for logabsdet; 0 for the sign of real matrices.

    Raises:
        MatrixError: not square; in backward, singular.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.slogdet(a).logabsdet)(np.diag([2.0, 4.0]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return SlogdetResult(*sign_and_log(a))


# -- linear systems ----------------------------------------------------------------------------


@primitive(
    numpy=np.linalg.solve, saves={"a": ("a", "out"), "b": ("a",)},
    samples=(
        Sample((3, 3), (3,), eye=4.0), Sample((3, 3), (3, 2), eye=4.0),
        Sample((2, 2, 2), (2, 1), eye=3.0), Sample((2, 2), (4, 2, 3), eye=3.0),
        Sample((2, 3, 3), (3,), eye=4.0), Sample((1, 1), (1,), eye=3.0),
        Sample((2, 2), (2,), eye=3.0, complex=True),
    ),
)  # fmt: skip
def solve(a: Any, b: Any) -> Any:
    """The x of a @ x = b, for square a (..., n, n) and b a vector (n,) or matrices (..., n, k).

    Derivative: in b, h = the y of aᵀ @ y = g; in a, -h xᵀ.

    Raises:
        MatrixError: a is not square, or singular.
    """
    return np.linalg.solve(a, b)


@solve.vjp
def _(g: Any, out: Any, a: Any, b: Any) -> Any:
    h = _solved_for(a, g, b)
    if len(b.shape) == 1:
        return -h[..., :, None] * out[..., None, :]
    return -(h @ out.swapaxes(-1, -2))


@solve.vjp("b")
def _(g: Any, out: Any, a: Any, b: Any) -> Any:
    return _solved_for(a, g, b)


def _solved_for(a: Any, g: Any, b: Any) -> Any:
    turned = a.swapaxes(-1, -2)
    if len(b.shape) > 1:
        return np.linalg.solve(turned, g)
    return np.linalg.solve(turned, g[..., None])[..., 0]


@primitive(
    saves=("a", "out"), analytic=False, name="pinv",
    samples=(Sample((3, 2)), Sample((2, 3)), Sample((3, 3), eye=4.0), Sample((2, 3, 2)),
             Sample((3, 2), complex=True)),
    kinks="as if the rank did not change",
)  # fmt: skip
def pseudo_inverse(a: Any, *, rcond: Any = None) -> Any:
    """Moore-Penrose inverse; see ``pinv``. Derivative: there."""
    return np.linalg.pinv(a, rcond)


@pseudo_inverse.vjp
def _(g: Any, out: Any, a: Any, *, rcond: Any) -> Any:
    gt, pt, ph = g.swapaxes(-1, -2), out.swapaxes(-1, -2), adjoint(out)
    # left: (I - a out) gᵀ out outᴴ, right: outᴴ out gᵀ (I - out a), multiplied so that nothing is
    # larger than a.
    if a.shape[-2] >= a.shape[-1]:
        direct = pt @ (g @ pt)
        left = gt @ (out @ ph)
        left = left - a @ (out @ left)
        right = out @ gt
        right = ph @ (right - (right @ out) @ a)
    else:
        direct = (pt @ g) @ pt
        left = (gt @ out) @ ph
        left = left - (a @ out) @ left
        right = gt - (gt @ out) @ a
        right = (ph @ out) @ right
    return conj(left) + conj(right) - direct


@composed(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = np._NoValue) -> Any:
    """Moore-Penrose inverse of matrices (..., m, n).

    Derivative: that of Golub and Pereyra, 1973, for constant rank. With hermitian, the lower
    triangle of a is read.

    Args:
        rcond, rtol: singular values below this fraction of the largest count as 0; 1e-15, with
            rtol=None the precision times max(m, n).

    Raises:
        ArgumentError: both rcond and rtol.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.pinv(a).sum())(np.array([[2.0], [0.0]]))
    array([[-0.25],
           [ 0.25]])
    """
    if rcond is not None and rtol is not np._NoValue:
        raise ArgumentError("pinv: got both rcond= and rtol=, expected one of them.")
    if rcond is None and rtol is None:
        rcond = _precision(a) * max(shape_of(a)[-2:])
    elif rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else rtol
    if hermitian:
        a = mirrored(a)
    out = pseudo_inverse(a, rcond=rcond)
    return _cut_inverse(a, rcond) if out.requires_grad and _cuts(plain(a), out.data) else out


def _cuts(a: Any, out: Any) -> bool:
    """Whether rcond has cut off singular values which are not 0: then a @ out @ a is not a."""
    tall = a.shape[-2] >= a.shape[-1]
    lost = np.abs((a @ (out @ a) if tall else (a @ out) @ a) - a).max(initial=0)
    return bool(lost > 1e3 * _precision(a) * np.abs(a).max(initial=0))


def _cut_inverse(a: Any, rcond: Any) -> Any:
    # The rule above takes what was cut off for 0; factors know better.
    u, s, vh = svd(a, full_matrices=False)
    kept = s.data > np.asarray(rcond)[..., None] * s.data.max(axis=-1, keepdims=True)
    inverse = where(kept, 1 / where(kept, s, 1.0), 0.0)
    return matmul(adjoint(vh) * inverse[..., None, :], adjoint(u))


def _precision(a: Any) -> Any:
    kind = np.asarray(a).dtype if not hasattr(a, "dtype") else a.dtype
    return np.finfo(kind if kind.kind in "fc" else float).eps


@composed(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """(x, residuals, rank, singular values) of the least-squares solution of a @ x = b.

    Args:
        a: shape (m, n). b: shape (m,) or (m, k).
        rcond: singular values below this fraction of the largest count as 0; None means the
            precision times max(m, n).

    Derivative: x, residuals and singular values have theirs in a and b, for constant rank.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda b: ag.lstsq(np.array([[1.0], [1.0]]), b)[0].sum())(np.array([1.0, 3.0]))
    array([0.5, 0.5])
    """
    sa, sb = shape_of(a), shape_of(b)
    if len(sa) != 2 or len(sb) not in (1, 2) or sa[0] != sb[0]:
        raise ShapeError(
            f"lstsq: got shapes {sa} and {sb}, expected (m, n) and (m,) or (m, k) with equal m."
        )
    m, n = sa
    if rcond is None or rcond < 0:  # a negative one means the precision to LAPACK
        rcond = _precision(a) * (max(m, n) if rcond is None else 1)
    s = svd(a, full_matrices=False, compute_uv=False)
    largest = s.data.max(initial=0)
    rank = np.int32((s.data > rcond * largest).sum())
    x = matmul(pinv(a, rcond), b)
    error = b - matmul(a, x)
    whole = rank == n and m > n
    residuals = sum((np.conj(error) * error).real, axis=0) if whole else error[:0].real
    if len(sb) == 1:
        residuals = reshape(residuals, -1)
    elif not whole:
        residuals = residuals.ravel()
    return x, residuals, rank, s


@composed(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The x of tensordot(a, x, x.ndim) = b. Derivative: as ``solve``."""
    shape, ndim = shape_of(a), len(shape_of(a))
    if axes is not None:
        order = [i for i in range(ndim) if i not in [k % ndim for k in axes]]
        a = transpose(a, tuple(order + [k % ndim for k in axes]))
        shape = shape_of(a)
    rest = shape[len(shape_of(b)) :]
    size = math.prod(rest)
    if size != math.prod(shape_of(b)):
        raise ShapeError(
            f"tensorsolve: got shapes {shape} and {shape_of(b)}, expected prod(a.shape[b.ndim:]) "
            "== prod(a.shape[:b.ndim])."
        )
    return reshape(solve(reshape(a, (-1, size)), reshape(b, -1)), rest)


@composed(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of tensordot(a, ·, ind). Derivative: as ``inv``."""
    shape = shape_of(a)
    if ind <= 0:
        raise ShapeError(f"tensorinv: got ind={ind}, expected a positive integer.")
    rows = math.prod(shape[:ind])
    square((rows, math.prod(shape[ind:])), "tensorinv")
    return reshape(inv(reshape(a, (rows, -1))), shape[ind:] + shape[:ind])
