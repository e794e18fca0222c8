"""Parts and products of matrices: diagonals, triangles, traces, Kronecker and cross products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..errors import ArgumentError, MatrixError, ShapeError
from ..op import Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import whole
from .axes import axis_of
from .index import scatter
from .joining import stack
from .piecewise import conjugate, where
from .products import matmul, outer as flat_outer, tensordot
from .reduce import sum
from .shape import expand_dims, moveaxis, reshape, shape_of

__all__ = [
    "cross", "diag", "diagflat", "diagonal", "kron", "matrix_power", "matvec", "multi_dot",
    "trace", "tril", "triu", "vecdot", "vecmat",
]  # fmt: skip


def conj(x: Any) -> Any:
    """The conjugate; a real array itself."""
    return np.conj(x) if x.dtype.kind == "c" else x


def adjoint(x: Any) -> Any:
    """The conjugate transpose of each matrix of a stack."""
    return conj(x.swapaxes(-1, -2))


def on_diagonal(d: Any) -> Any:
    """Diagonal matrices from a stack of vectors."""
    return np.where(np.eye(d.shape[-1], dtype=bool), d[..., None, :], 0)


def square(shape: tuple[int, ...], who: str) -> None:
    """MatrixError unless shape is that of square matrices."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise MatrixError(f"{who}: got shape {shape}, expected square matrices (..., n, n).")


# -- diagonals and triangles -------------------------------------------------------------------


def _places(offset: int, rows: int, columns: int) -> tuple[Any, Any]:
    size = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    along = np.arange(size)
    return along - min(offset, 0), along + max(offset, 0)


@primitive(
    linear=True, view=True, name="diagonal",
    samples=(
        Sample((2, 3)), Sample((3, 2), offset=-1), Sample((2, 4, 3), offset=1, axis1=-1, axis2=0),
        Sample((2, 2), offset=5), Sample((2, 2), complex=True),
    ),
)  # fmt: skip
def diagonals(a: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Diagonals of matrices; see the function ``diagonal``. Derivative: there."""
    return np.diagonal(a, offset, axis1, axis2)


@diagonals.vjp
def _(g: Any, out: Any, a: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    shape = a.shape
    others = tuple(n for i, n in enumerate(shape) if i not in (axis1 % a.ndim, axis2 % a.ndim))
    rows, columns = _places(offset, shape[axis1], shape[axis2])
    index = (Ellipsis, rows, columns)
    whole = scatter.inner(g, index=index, shape=(*others, shape[axis1], shape[axis2]))
    return np.moveaxis(whole, (-2, -1), (axis1, axis2))


@composed(np.diagonal)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The diagonals of the matrices in axes axis1 and axis2, as a new last axis.

    Derivative: g put back on the diagonal.

    Raises:
        ShapeError: fewer than two axes, or twice the same.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda m: ag.diagonal(m, 1).sum())(np.zeros((2, 2)))
    array([[0., 1.],
           [0., 0.]])
    """
    shape = shape_of(a)
    if len(shape) < 2:
        raise ShapeError(f"diagonal: got shape {shape}, expected at least two axes.")
    first, second = (axis_of(i, len(shape), "diagonal") for i in (axis1, axis2))
    if first == second:
        raise ShapeError(f"diagonal: got axis1={axis1} and axis2={axis2}, expected two axes.")
    return diagonals(a, offset=offset, axis1=axis1, axis2=axis2)


@composed(np.trace)
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Any:
    """Sum along the diagonals. Derivative: g on the diagonal.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.trace)(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    refuse_out("trace", out)
    return sum(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)


@composed(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """Of a vector the matrix with it on diagonal k, of a matrix its diagonal k.

    Derivative: g from, or back on, the diagonal.
    """
    shape = shape_of(v)
    if len(shape) == 2:
        return diagonal(v, k)
    if len(shape) != 1:
        raise ShapeError(f"diag: got shape {shape}, expected a vector or a matrix.")
    n = shape[0] + abs(k)
    return scatter(v, index=_places(k, n, n), shape=(n, n))


@composed(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """The flattened array on diagonal k of a matrix. Derivative: g from the diagonal."""
    return diag(reshape(v, -1), k)


@composed(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    """The entries on and below diagonal k, zeros elsewhere. Derivative: g there, 0 elsewhere."""
    return where(np.tri(*_last_two(shape_of(m)), k=k, dtype=bool), m, _nothing(m))


@composed(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    """The entries on and above diagonal k, zeros elsewhere. Derivative: g there, 0 elsewhere."""
    return where(np.tri(*_last_two(shape_of(m)), k=k - 1, dtype=bool), _nothing(m), m)


def _nothing(m: Any) -> Any:
    """A zero that leaves m's dtype alone."""
    return False if getattr(m, "dtype", np.dtype(float)).kind == "b" else 0


def _last_two(shape: tuple[int, ...]) -> tuple[int, int]:
    if not shape:
        raise ShapeError("tril, triu: got a 0-d array, expected a vector or matrices.")
    return shape[-2 if len(shape) > 1 else -1], shape[-1]


# -- products ----------------------------------------------------------------------------------


@composed(np.kron)
def kron(a: Any, b: Any) -> Any:
    """Kronecker product: every entry of a times the whole of b, block by block.

    Derivative: g's blocks against b, and their sum weighted by a.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.kron(ag.Tensor([1.0, 10.0]), [1.0, 2.0]).data
    array([ 1.,  2., 10., 20.])
    """
    sa, sb = shape_of(a), shape_of(b)
    ndim = max(len(sa), len(sb))
    sa, sb = (1,) * (ndim - len(sa)) + sa, (1,) * (ndim - len(sb)) + sb
    left = reshape(a, tuple(n for size in sa for n in (size, 1)))
    right = reshape(b, tuple(n for size in sb for n in (1, size)))
    return reshape(left * right, tuple(n * m for n, m in zip(sa, sb, strict=True)))


@composed(np.cross)
def cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    """Cross product of vectors of 3 (or 2) components along an axis. Derivative: b×g and g×a.

    Raises:
        ShapeError: vectors of another size.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    na, nb = shape_of(a)[-1], shape_of(b)[-1]
    if na not in (2, 3) or nb not in (2, 3):
        raise ShapeError(f"cross: got vectors of {na} and {nb} components, expected 3 (or 2).")
    (a0, a1), (b0, b1) = (a[..., 0], a[..., 1]), (b[..., 0], b[..., 1])
    last = a0 * b1 - a1 * b0
    if na == nb == 2:
        return last
    if nb == 2:  # the missing component counts as 0
        first, second = -a[..., 2] * b1, a[..., 2] * b0
    elif na == 2:
        first, second = a1 * b[..., 2], -a0 * b[..., 2]
    else:
        a2, b2 = a[..., 2], b[..., 2]
        first, second = a1 * b2 - a2 * b1, a2 * b0 - a0 * b2
    return moveaxis(stack([first, second, last], axis=-1), -1, axisc)


@composed(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """Product of several matrices in the cheapest order; the first and last may be vectors.

    Derivative: as that of the products it is made of.

    Raises:
        ArgumentError: fewer than two arrays. ShapeError: shapes that do not fit.
    """
    refuse_out("multi_dot", out)
    parts = list(arrays)
    if len(parts) < 2:
        raise ArgumentError(f"multi_dot: got {len(parts)} arrays, expected at least two.")
    first, last = len(shape_of(parts[0])), len(shape_of(parts[-1]))
    parts[0] = reshape(parts[0], (1, -1)) if first == 1 else parts[0]
    parts[-1] = reshape(parts[-1], (-1, 1)) if last == 1 else parts[-1]
    shapes = [shape_of(p) for p in parts]
    if any(len(s) != 2 for s in shapes):
        raise ShapeError(f"multi_dot: got shapes {shapes}, expected matrices.")
    product = _multiplied(parts, _splits(shapes), 0, len(parts) - 1)
    shape = (() if first == 1 else shapes[0][:1]) + (() if last == 1 else shapes[-1][1:])
    return reshape(product, shape) if 1 in (first, last) else product


def _splits(shapes: list[tuple[int, ...]]) -> dict[tuple[int, int], int]:
    """Where to split each run of a chain of matrices, so that the fewest products are made.

    Source: Cormen et al., Introduction to Algorithms, section 15.2.
    """
    sizes = [s[0] for s in shapes] + [shapes[-1][1]]
    n = len(shapes)
    cost = {(i, i): 0 for i in range(n)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [
                cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            ]
            cost[i, j] = min(costs)
            split[i, j] = i + costs.index(cost[i, j])
    return split


def _multiplied(parts: list[Any], split: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return parts[i]
    k = split[i, j]
    return matmul(_multiplied(parts, split, i, k), _multiplied(parts, split, k + 1, j))


@composed(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """a @ a @ … n times, by repeated squaring; n may be 0 (the identity) or negative.

    Derivative: as that of the products it is made of; 0 for n = 0.

    Raises:
        MatrixError: a is not square, or n is negative and a singular. ArgumentError: n no integer.
    """
    a = whole(a)
    square(shape_of(a), "matrix_power")
    if not isinstance(n, (int, np.integer)):
        raise ArgumentError(f"matrix_power: got n={n!r}, expected an integer.")
    if n < 0:
        return matrix_power(np.linalg.inv(a), -n)
    if n == 0:
        return where(np.zeros(shape_of(a), dtype=bool), a, np.eye(shape_of(a)[-1], dtype=a.dtype))
    bits = f"{n:b}"
    powers = [a]
    for _ in bits[1:]:
        powers.append(matmul(powers[-1], powers[-1]))
    used = [p for p, bit in zip(powers, reversed(bits), strict=True) if bit == "1"]
    return reduce(matmul, used)


@composed(*(f for f in (getattr(np, "vecdot", None), getattr(np.linalg, "vecdot", None)) if f))
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, keepdims: bool = False) -> Any:
    """Σ x̄1·x2 along axis, broadcasting the others. Derivative: g·x2 and g·x̄1."""
    shapes = shape_of(x1), shape_of(x2)
    n, m = (s[axis_of(axis, len(s), "vecdot")] for s in shapes)
    if n != m:
        raise ShapeError(
            f"vecdot: got shapes {shapes[0]} and {shapes[1]}, vectors of {n} and {m} components; "
            "expected equal sizes."
        )
    products = conjugate(moveaxis(x1, axis, -1)) * moveaxis(x2, axis, -1)
    out = sum(products, axis=-1, dtype=products.dtype)
    return expand_dims(out, axis) if keepdims else out


@composed(*(f for f in (getattr(np, "matvec", None),) if f))
def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices (..., m, n) times vectors (..., n). Derivative: g outer x2, and x1ᵀ g."""
    return matmul(x1, expand_dims(x2, -1))[..., 0]


@composed(*(f for f in (getattr(np, "vecmat", None),) if f))
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Conjugated vectors (..., n) times matrices (..., n, m). Derivative: x2 g, and x̄1 outer g."""
    return matmul(expand_dims(conjugate(x1), -2), x2)[..., 0, :]


# -- numpy.linalg's own forms of functions above -------------------------------------------------


@composed(np.linalg.diagonal, name="linalg.diagonal")
def linalg_diagonal(x: Any, /, *, offset: int = 0) -> Any:
    """The diagonals of the last two axes. Derivative: g on the diagonal, 0 elsewhere."""
    return diagonal(x, offset, -2, -1)


@composed(np.linalg.trace, name="linalg.trace")
def linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """Sums along the diagonals of the last two axes. Derivative: g on the diagonal, 0 elsewhere."""
    return trace(x, offset, -2, -1, dtype)


@composed(np.linalg.cross, name="linalg.cross")
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Cross product of vectors of 3 components along axis. Derivative: b × g and g × a."""
    for x in (x1, x2):
        if shape_of(x)[axis] != 3:
            raise ShapeError(
                f"linalg.cross: got vectors of {shape_of(x)[axis]} components, expected 3."
            )
    return cross(x1, x2, axis=axis)


@composed(np.linalg.outer, name="linalg.outer")
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    """Every entry of one vector times every entry of the other. Derivative: g @ b and a @ g."""
    if len(shape_of(x1)) != 1 or len(shape_of(x2)) != 1:
        raise ShapeError(
            f"linalg.outer: got shapes {shape_of(x1)} and {shape_of(x2)}, expected two vectors."
        )
    return flat_outer(x1, x2)


@composed(np.linalg.matmul, name="linalg.matmul")
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    """As ``matmul``. Derivative: g @ yᵀ and xᵀ @ g."""
    return matmul(x1, x2)


@composed(np.linalg.tensordot, name="linalg.tensordot")
def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    """As ``tensordot``. Derivative: tensordot of g with the other factor, over its free axes."""
    return tensordot(x1, x2, axes)
