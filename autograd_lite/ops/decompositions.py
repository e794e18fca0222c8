"""Factorisations of matrices: Cholesky, QR, SVD and eigenvalues.

Matrices come in stacks, (..., m, n). Factors are unique up to signs or phases. Where values are
equal their vectors are not functions of the matrix at all: a gradient that needs them is refused,
one that needs the values alone is not.

The formulas are written for ∂L/∂Re + i ∂L/∂Im, so rules conjugate g on the way in and out.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ..errors import ArgumentError, MatrixError, UnsupportedError
from ..op import Sample, of_matrices
from ..primitive import composed, primitive
from ..protocols import plain
from .matrices import adjoint, conj, on_diagonal, square
from .piecewise import absolute, conjugate, real, where
from .selection import take_along_axis
from .shape import shape_of, swapaxes

__all__ = [
    "cholesky", "eig", "eigh", "eigvals", "eigvalsh", "qr", "svd", "svdvals",
]  # fmt: skip

_EQUAL = "equal values: an error, if a gradient of their vectors is asked for"


def mirrored(a: Any) -> Any:
    """The Hermitian matrix with a's lower triangle."""
    low = np.tri(shape_of(a)[-1], k=-1, dtype=bool)
    turned = conjugate(swapaxes(a, -1, -2))
    return where(low, a, where(low.T, turned, real(a)))


def _one_triangle(x: Any, lower: bool) -> Any:
    """What of a Hermitian gradient belongs to the one triangle that has been read."""
    n = x.shape[-1]
    read = np.tri(n, k=-1, dtype=bool)
    both = np.where(read if lower else read.T, x + adjoint(x), 0)
    return both + np.where(np.eye(n, dtype=bool), x.real, 0)


def _gaps(values: Any, who: str) -> Any:
    """Differences of all pairs, 1 on the diagonal (where what is divided by them is 0)."""
    n = values.shape[-1]
    gaps = values[..., None, :] - values[..., :, None] + np.eye(n, dtype=values.dtype)
    equal = np.argwhere(plain(gaps) == 0)
    if len(equal):
        *batch, i, j = (int(k) for k in equal[0])
        value = plain(values)[(*batch, i)]
        raise MatrixError(
            f"{who} (backward): got equal values ({value:g}, numbers {i} and {j}), whose vectors "
            "are not unique and have no derivative; use the first derivative of a function of the "
            "values alone, or separate them."
        )
    return gaps


def _diagonal(values: Any) -> Any:
    return np.eye(values.shape[-1], dtype=bool)


# -- Cholesky ----------------------------------------------------------------------------------


@primitive(
    saves=("out",), name="cholesky", analytic=False,
    samples=(
        Sample((3, 3), low=-0.5, high=0.5, eye=3.0), Sample((2, 2, 2), eye=5.0), Sample((0, 0)),
        Sample((1, 1), eye=3.0), Sample((3, 3), low=-0.5, high=0.5, eye=3.0, upper=True),
    ),
)  # fmt: skip
def triangular_factor(a: Any, *, upper: bool = False) -> Any:
    """The lower (or upper) factor; see ``cholesky``. Derivative: there."""
    return np.linalg.cholesky(a, upper=upper)


@triangular_factor.vjp
def _(g: Any, out: Any, a: Any, *, upper: bool) -> Any:
    n = a.shape[-1]
    turned = out if upper else adjoint(out)
    x = turned @ (adjoint(conj(g)) if upper else conj(g))
    x = np.where(np.tri(n, dtype=bool), x, 0) - 0.5 * np.where(np.eye(n, dtype=bool), x, 0)
    y = np.linalg.solve(turned, x)
    y = adjoint(np.linalg.solve(turned, adjoint(y)))
    return conj(_one_triangle((y + adjoint(y)) * 0.5, not upper))


triangular_factor.op.mixes = of_matrices


@composed(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """Lower L with a = L Lᴴ (upper=True: U with a = Uᴴ U) of positive definite matrices.

    As NumPy, it reads one triangle of a, the lower (upper=True: the upper) one.

    Derivative: of the Hermitian matrix, L⁻ᴴ Φ(Lᴴ g) L⁻¹, Φ the lower triangle with half the
    diagonal; of a, in the triangle that is read, both its halves. Compute with (a + aᴴ)/2 for a
    Hermitian gradient. Source: Murray, Differentiation of the Cholesky decomposition, 2016.

    Raises:
        MatrixError: not square, or not positive definite.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.cholesky(a).sum())(np.diag([4.0, 9.0])).round(4)
    array([[0.25  , 0.    ],
           [0.5   , 0.1667]])
    """
    square(shape_of(a), "cholesky")
    return triangular_factor(a, upper=bool(upper))


# -- QR ----------------------------------------------------------------------------------------

QRResult = namedtuple("QRResult", ["Q", "R"])


@primitive(
    name="qr", outputs=("Q", "R"), saves=("out",), analytic=False,
    samples=(
        Sample((3, 2)), Sample((3, 3)), Sample((2, 3)), Sample((2, 3, 2)), Sample((1, 1)),
        Sample((3, 2), mode="complete"), Sample((2, 3), mode="complete"),
        Sample((3, 2), complex=True), Sample((2, 3), complex=True),
    ),
)  # fmt: skip
def q_and_r(a: Any, *, mode: str = "reduced") -> Any:
    """Both factors of a = Q R; see ``qr``. Derivative: there."""
    return tuple(np.linalg.qr(a, mode))  # type: ignore[call-overload]


@q_and_r.vjp
def _(g: Any, out: Any, a: Any, *, mode: str) -> Any:
    q, r = out
    m, n = a.shape[-2:]
    k = min(m, n)
    gq = conj(g[0]) if g[0] is not None else np.zeros(q.shape, q.dtype)
    gr = conj(g[1]) if g[1] is not None else np.zeros(r.shape, r.dtype)
    q1, r1, gq1, gr1 = q[..., :k], r[..., :k, :k], gq[..., :k], gr[..., :k, :k]
    if n > m:  # a = [x y]: x has the factors, y only follows
        right, gr2 = r[..., m:], gr[..., m:]
        gq1 = gq1 + q1 @ right @ adjoint(gr2)
    x = r1 @ adjoint(gr1) - adjoint(gq1) @ q1
    # Of x + xᴴ for the lower part of x: Hermitian, with the real part of the diagonal once.
    low = np.where(np.tri(k, dtype=bool), x, 0)
    both = low + adjoint(low)
    both = both - 0.5 * np.where(np.eye(k, dtype=bool), both, 0)
    inner = gq1 + q1 @ both
    if g[0] is not None and m > k and mode == "complete":
        inner = inner - q[..., k:] @ (adjoint(gq[..., k:]) @ q1)
    ga = adjoint(np.linalg.solve(r1, adjoint(inner)))
    if n > m:
        ga = np.concatenate([ga, q1 @ gr2], axis=-1)
    return conj(ga)


@composed(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """(Q, R) with a = Q R, Q of orthonormal columns and R upper triangular.

    Args:
        mode: "reduced", "complete" (square Q), or "r" (R alone).

    Derivative: as Walter and Lehmann, 2012, give it; for more columns than rows the first m
    columns must be independent. The columns that "complete" adds are taken as turning least.

    Raises:
        UnsupportedError: mode="raw". MatrixError: in backward, dependent columns.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.qr(a).R[0, 0])(np.array([[3.0], [4.0]]))
    array([[-0.6],
           [-0.8]])
    """
    if mode not in ("reduced", "complete", "r"):
        kind = UnsupportedError if mode == "raw" else ArgumentError
        raise kind(f"qr: got mode={mode!r}, expected 'reduced', 'complete' or 'r'.")
    q, r = q_and_r(a, mode="reduced" if mode == "r" else mode)
    return r if mode == "r" else QRResult(q, r)


# -- singular values ---------------------------------------------------------------------------

SVDResult = namedtuple("SVDResult", ["U", "S", "Vh"])


@primitive(
    name="svd", outputs=("U", "S", "Vh"), saves=("out",), analytic=False, kinks=_EQUAL,
    samples=(
        Sample((3, 2)), Sample((2, 3)), Sample((3, 3)), Sample((2, 3, 2)), Sample((1, 1)),
        Sample((3, 2), full_matrices=False), Sample((2, 3), full_matrices=False), Sample((0, 2)),
        Sample((3, 2), full_matrices=False, complex=True), Sample((2, 3), complex=True),
    ),
)  # fmt: skip
def singular(a: Any, *, full_matrices: bool = True) -> Any:
    """All three factors of a = U diag(S) Vh; see ``svd``. Derivative: there."""
    return tuple(np.linalg.svd(a, full_matrices=full_matrices))


@singular.vjp
def _(g: Any, out: Any, a: Any, *, full_matrices: bool) -> Any:
    # Source: Wan and Zhang, Automatic differentiation for complex valued SVD, 2019.
    s = out[1]
    k = s.shape[-1]
    u, vh = out[0][..., :k], out[2][..., :k, :]
    gu, gs, gvh = (None if x is None else conj(x) for x in g)
    inner = on_diagonal(gs) if gs is not None else np.zeros((*s.shape, k), s.dtype)
    if gu is None and gvh is None:
        return conj(u @ inner @ vh)
    turned_u: Any = 0 if gu is None else adjoint(u) @ gu[..., :k]
    turned_v: Any = 0 if gvh is None else vh @ adjoint(gvh[..., :k, :])
    # U and V turning together, and against each other: only the first minds equal values.
    with_, against = (turned_u + turned_v) * 0.5, (turned_u - turned_v) * 0.5
    inner = inner + np.where(_diagonal(s), 0, (with_ - adjoint(with_)) / _gaps(s, "svd"))
    sums = s[..., :, None] + s[..., None, :]
    inner = inner + (against - adjoint(against)) / np.where(sums == 0, 1, sums)
    whole = u @ inner @ vh
    if gu is not None and out[0].shape[-2] > k:
        turn = gu[..., :k] / _positive(s)[..., None, :]
        whole = whole + (turn - u @ (adjoint(u) @ turn)) @ vh
        if full_matrices:
            rest = adjoint(gu[..., k:]) @ (u / _positive(s)[..., None, :])
            whole = whole - out[0][..., k:] @ (rest @ vh)
    if gvh is not None and out[2].shape[-1] > k:
        turn = gvh[..., :k, :] / _positive(s)[..., :, None]
        whole = whole + u @ (turn - (turn @ adjoint(vh)) @ vh)
        if full_matrices:
            rest = (vh / _positive(s)[..., :, None]) @ adjoint(gvh[..., k:, :])
            whole = whole - u @ (rest @ out[2][..., k:, :])
    return conj(whole)


def _positive(s: Any) -> Any:
    if (plain(s) == 0).any():
        raise MatrixError(
            "svd (backward): got a singular value of 0, whose vectors are not unique and have no "
            "derivative; use a function of the values alone."
        )
    return s


@composed(np.linalg.svd)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    """(U, S, Vh) with a = U diag(S) Vh, or S alone without compute_uv; S falls.

    With hermitian, the lower triangle of a is read, and its eigenvalues are used.

    Derivative: U (diag(g_S) + what turns U and V) Vh; the vectors beyond min(m, n) are taken as
    turning least. Of S alone also where values are equal or 0.

    Raises:
        MatrixError: in backward, U or V is used and values are equal, or 0 with m != n.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.svd(a).S[0])(np.diag([3.0, 1.0]))
    array([[1., 0.],
           [0., 0.]])
    """
    if hermitian:
        return _hermitian_svd(a, compute_uv)
    if not compute_uv:
        return singular(a, full_matrices=False)[1]
    return SVDResult(*singular(a, full_matrices=full_matrices))


def _hermitian_svd(a: Any, compute_uv: bool) -> Any:
    w, v = eigh(a)
    order = np.argsort(np.abs(w.data), axis=-1)[..., ::-1]
    w = take_along_axis(w, order, axis=-1)
    if not compute_uv:
        return absolute(w)
    v = take_along_axis(v, order[..., None, :], axis=-1)
    flip = np.sign(w.data)
    flip = np.where(flip == 0, 1, flip)
    vh = conjugate(swapaxes(v * flip[..., None, :], -1, -2))
    return SVDResult(v, absolute(w), vh)


@composed(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """Singular values, the largest first. Derivative: U diag(g) Vh."""
    return svd(x, compute_uv=False)


# -- eigenvalues -------------------------------------------------------------------------------

EighResult = namedtuple("EighResult", ["eigenvalues", "eigenvectors"])
EigResult = namedtuple("EigResult", ["eigenvalues", "eigenvectors"])


@primitive(
    name="eigh", outputs=("eigenvalues", "eigenvectors"), saves=("out",), analytic=False,
    kinks=_EQUAL,
    samples=(
        Sample((3, 3)), Sample((2, 2, 2), UPLO="U"), Sample((1, 1)), Sample((0, 0)),
        Sample((3, 3), complex=True),
    ),
)  # fmt: skip
def hermitian_pairs(a: Any, *, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """Eigenvalues and vectors of Hermitian matrices; see ``eigh``. Derivative: there."""
    return tuple(np.linalg.eigh(a, UPLO))  # type: ignore[call-overload]


@hermitian_pairs.vjp
def _(g: Any, out: Any, a: Any, *, UPLO: str) -> Any:  # noqa: N803
    w, v = out
    gw, gv = g
    inner = on_diagonal(gw) if gw is not None else np.zeros(v.shape, w.dtype)
    if gv is not None:
        x = adjoint(v) @ conj(gv)
        inner = inner + np.where(_diagonal(w), 0, x / _gaps(w, "eigh"))
    whole = v @ inner @ adjoint(v)
    return conj(_one_triangle((whole + adjoint(whole)) * 0.5, UPLO == "L"))


@composed(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """(eigenvalues, eigenvectors) of Hermitian matrices, the smallest first.

    As NumPy, it reads one triangle of a, the lower one (UPLO="U": the upper).

    Derivative: of the Hermitian matrix, V (diag(g_w) + (Vᴴ g_v) / (w_j - w_i)) Vᴴ; of a, in the
    triangle that is read, both its halves. Compute with (a + aᴴ)/2 for a Hermitian gradient. Of w
    alone it exists also where values are equal.

    Raises:
        MatrixError: not square; in backward, vectors of equal eigenvalues are used. ArgumentError:
            UPLO is neither "L" nor "U".

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.eigh(a).eigenvalues[0])(np.diag([3.0, 1.0]))
    array([[0., 0.],
           [0., 1.]])
    """
    if UPLO not in ("L", "U", "l", "u"):
        raise ArgumentError(f"eigh: got UPLO={UPLO!r}, expected 'L' or 'U'.")
    square(shape_of(a), "eigh")
    return EighResult(*hermitian_pairs(a, UPLO=UPLO.upper()))


@composed(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """Eigenvalues of Hermitian matrices, as ``eigh``. Derivative: V diag(g) Vᴴ."""
    return eigh(a, UPLO).eigenvalues


@primitive(
    name="eig", outputs=("eigenvalues", "eigenvectors"), saves=("out",), analytic=False,
    kinks=_EQUAL,
    samples=(
        Sample((3, 3)), Sample((2, 2, 2)), Sample((1, 1)), Sample((2, 2), complex=True),
        Sample(np.array([[4.0, 1.0], [0.5, 2.0]])),
    ),
)  # fmt: skip
def pairs(a: Any) -> Any:
    """Eigenvalues and vectors of any square matrix; see ``eig``. Derivative: there."""
    return tuple(np.linalg.eig(a))


@pairs.vjp
def _(g: Any, out: Any, a: Any) -> Any:
    # Source: Boeddeker et al., On the computation of complex-valued gradients, 2017, section 4.2.
    w, v = out
    _check_independent(plain(v))
    gw, gv = g
    inner = on_diagonal(conj(gw)) if gw is not None else np.zeros(v.shape, v.dtype)
    if gv is not None:
        x = adjoint(v) @ conj(gv)
        along = np.diagonal(x, 0, -2, -1).real
        x = x - (adjoint(v) @ v) * along[..., None, :]
        inner = inner + np.where(_diagonal(w), 0, x / conj(_gaps(w, "eig")))
    return conj(np.linalg.solve(adjoint(v), inner @ adjoint(v)))


def _check_independent(v: Any) -> None:
    # The derivative's error is that of V times its condition number squared.
    s = np.linalg.svd(v, compute_uv=False)
    if (s.min(axis=-1, initial=1) < np.sqrt(np.finfo(v.dtype).eps)).any():
        raise MatrixError(
            "eig (backward): got a matrix whose eigenvectors are linearly dependent to half the "
            "digits of its dtype: equal eigenvalues that share a vector, which have no derivative; "
            "use a function that does not need them (trace, det, powers), or separate the values."
        )


@composed(np.linalg.eig)
def eig(a: Any) -> Any:
    """(eigenvalues, eigenvectors) of square matrices, vectors of norm 1 as columns.

    The results are complex where an eigenvalue is. The phase of a complex vector is LAPACK's, and
    has no derivative: use what does not depend on it.

    Derivative: V⁻ᴴ (diag(g_w) + (Vᴴ g_v - VᴴV Re diag(Vᴴ g_v)) / (w_j - w_i)) Vᴴ.

    Raises:
        MatrixError: not square; in backward, vectors of equal eigenvalues are used, or the matrix
            has too few eigenvectors.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda a: ag.eig(a).eigenvalues.sum().real)(np.array([[0.0, 1.0], [-1.0, 0.0]]))
    array([[1., 0.],
           [0., 1.]])
    """
    square(shape_of(a), "eig")
    return EigResult(*pairs(a))


@composed(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """Eigenvalues of square matrices. Derivative: V⁻ᴴ diag(g) Vᴴ."""
    return eig(a).eigenvalues
