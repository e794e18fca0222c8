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
from ..op import Sample, of_matrices
from ..primitive import composed, primitive
from ..protocols import plain, whole
from .decompositions import mirrored, svd
from .factors import prod_others
from .matrices import adjoint, conj, square
from .products import matmul
from .reduce import sum
from .shape import astype, lifted, reshape, shape_of, transpose

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
    finite = np.isfinite(a).all(axis=(-2, -1))
    if not finite.all():  # which the SVD does not take: NaN, of these matrices alone
        a = np.where(finite[..., None, None], a, np.eye(a.shape[-1], dtype=a.dtype))
    u, s, vh = np.linalg.svd(a)
    sign = np.where(finite, np.linalg.det(u) * np.linalg.det(vh), np.nan).astype(a.dtype)
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

Derivative: in g the same, in a by inverses, or for singular a without division.
"""
cofactors = primitive(
    name="cofactors", saves=("a",),
    samples=(Sample((3, 3)), Sample((2, 2, 2)), Sample((1, 1)), Sample((2, 2), complex=True)),
)(lambda a: _cofactors(a))  # fmt: skip
cofactors.op.doc = """The cofactors of square matrices. Derivative: exact for singular a too."""
cofactors.vjp(lambda g, out, a: cofactor_pairs.inner(a, g))
cofactor_pairs.vjp("g")(lambda g, out, a, g_: cofactor_pairs.inner(a, g))


def _adjugate(a: Any, g: Any, w: Any) -> Any:
    """The second derivative of the adjugate of a in the directions g and w, by products alone.

    Faddeev and LeVerrier's recursion, B ← a·B + c·I with c = -tr(a·B)/k, on numbers with two
    infinitesimal parts, so each of them is a triple of derivatives beside its value.
    """
    n = a.shape[-1]
    one = np.eye(n, dtype=a.dtype)
    # Value, along g, along w, along both: the product rule for these four.
    b, bg, bw, bb = np.broadcast_to(one, a.shape), 0 * a, 0 * a, 0 * a
    for k in range(1, n):
        bb = a @ bb + g @ bw + w @ bg
        bg, bw = a @ bg + g @ b, a @ bw + w @ b
        b = a @ b
        parts = (b, bg, bw, bb)
        traces = (np.trace(x, axis1=-2, axis2=-1)[..., None, None] for x in parts)
        b, bg, bw, bb = (x - one * t / k for x, t in zip(parts, traces, strict=True))
    return bb if n % 2 else -bb


def _is_regular(a: Any) -> bool:
    s = np.linalg.svd(plain(a), compute_uv=False)
    return bool((s.min(initial=1) > 1e3 * _precision(a) * s.max(initial=0)).all())


@cofactor_pairs.vjp("a")
def _(w: Any, out: Any, a: Any, g: Any) -> Any:
    if not np.isfinite(plain(a)).all() or not _is_regular(a):
        return _adjugate(a, g, w).swapaxes(-1, -2)
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

    Derivative: g times the cofactors, exact for singular matrices to every order.

    Raises:
        MatrixError: not square.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.det)(np.array([[1.0, 2.0], [2.0, 4.0]])).round(12)
    array([[ 4., -2.],
           [-2.,  1.]])
    """
    return np.linalg.det(a)


det.vjp(lambda g, out, a: g[..., None, None] * cofactors.inner(a))

for _op in (inv, det, cofactors):
    _op.op.mixes = of_matrices

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


@primitive(
    saves=("a",), analytic=False, name="pinv_cut", kinks="as if the rank did not change",
    samples=(
        Sample(np.array([[3.0, 0.1], [0.2, 2.0], [0.5, 1.9]]), rcond=0.9),
        Sample(np.array([[3.0, 0.1, -1.0], [0.2, 0.4, 0.3]]), rcond=0.5),
        Sample((3, 2), rcond=1e-15), Sample((2, 3, 2), rcond=1e-15),
        Sample((3, 2), complex=True, rcond=1e-15),
    ),
)  # fmt: skip
def cut_inverse(a: Any, *, rcond: Any) -> Any:
    """``pinv`` of which rcond cuts off singular values that are not 0. Derivative: from the SVD."""
    return np.linalg.pinv(a, rcond)


@cut_inverse.vjp
def _(g: Any, out: Any, a: Any, *, rcond: Any) -> Any:
    # In the bases of the SVD, kept and cut values only meet each other, so equal ones do no harm:
    # with D = s² - t², kept s and cut t, the rule has 1/D and t/(s·D).
    m, n = a.shape[-2:]
    width = max(m, n)
    u, s, vh = np.linalg.svd(a)
    lead = ((0, 0),) * (len(a.shape) - 2)
    h = np.pad(vh @ conj(g) @ u, (*lead, (0, width - n), (0, width - m)))
    s = np.pad(s, (*lead, (0, width - s.shape[-1])))
    bound = np.asarray(rcond)[..., None] * plain(s).max(axis=-1, keepdims=True, initial=0)
    kept = plain(s) > bound
    rows, columns = kept[..., :, None], kept[..., None, :]
    left, right = s[..., :, None], s[..., None, :]
    both = rows & columns
    mixed = rows ^ columns
    inverse = both / np.where(both, left * right, 1)
    large, small = np.where(rows, left, right), np.where(rows, right, left)
    gap = np.where(mixed, large * large - small * small, 1)
    across = np.where(mixed, small / (np.where(mixed, large, 1) * gap), 0)
    inner = h * (across - inverse) + adjoint(h) * (mixed / gap)
    return conj(u @ inner[..., :m, :n] @ vh)


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
    a = whole(a)
    if rcond is None and rtol is None:
        rcond = _precision(a) * max(shape_of(a)[-2:])
    elif rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else rtol
    if hermitian:
        a = mirrored(a)
    out = pseudo_inverse(a, rcond=rcond)
    return cut_inverse(a, rcond=rcond) if out.requires_grad and _cuts(plain(a), out.data) else out


def _cuts(a: Any, out: Any) -> bool:
    """Whether rcond has cut off singular values which are not 0: then a @ out @ a is not a."""
    tall = a.shape[-2] >= a.shape[-1]
    lost = np.abs((a @ (out @ a) if tall else (a @ out) @ a) - a).max(axis=(-2, -1), initial=0)
    return bool((lost > 1e3 * _precision(a) * np.abs(a).max(axis=(-2, -1), initial=0)).any())


def _precision(a: Any) -> Any:
    kind = np.asarray(a).dtype if not hasattr(a, "dtype") else a.dtype
    return np.finfo(kind if kind.kind in "fc" else float).eps


@composed(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """(x, residuals, rank, singular values) of the least-squares solution of a @ x = b.

    Args:
        a: shape (m, n). b: shape (m,) or (m, k).
        rcond: singular values below this fraction of the largest count as 0; None means the
            precision times max(m, n), what does not lie between 0 and 1 the precision.

    Derivative: x, residuals and singular values have theirs in a and b, for constant rank.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda b: ag.lstsq(np.array([[1.0], [1.0]]), b)[0].sum())(np.array([1.0, 3.0]))
    array([0.5, 0.5])
    """
    a, b = lifted(a), lifted(b)
    common = np.result_type(a.dtype, b.dtype)
    common = common if common.kind in "fc" else np.dtype(np.float64)
    a, b = astype(a, common, copy=False), astype(b, common, copy=False)
    sa, sb = a.shape, b.shape
    if len(sa) != 2 or len(sb) not in (1, 2) or sa[0] != sb[0]:
        raise ShapeError(
            f"lstsq: got shapes {sa} and {sb}, expected (m, n) and (m,) or (m, k) with equal m."
        )
    m, n = sa
    if rcond is None:
        rcond = _precision(a) * max(m, n)
    elif not 0 < rcond < 1:  # these mean the precision to LAPACK
        rcond = _precision(a)
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
