"""Polynomials as sequences of coefficients, the highest power first."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, ShapeError
from ..op import Sample
from ..primitive import composed, primitive
from ..tensor import Tensor
from .index import getitem
from .joining import atleast_1d, joined, stacked
from .products import einsum
from .rearranging import trim_zeros
from .shape import astype, lifted, reshape, shape_of
from .signal import convolve

__all__ = [
    "polyadd", "polyder", "polydiv", "polygrid2d", "polyint", "polymul", "polysub", "polyval",
    "polyval2d", "vander",
]  # fmt: skip


@primitive(
    saves=("x",), name="vander",
    samples=(
        Sample((3,), columns=4), Sample((2,), columns=3, increasing=True), Sample((3,), columns=1),
        Sample((2,), columns=0), Sample((2,), columns=3, complex=True), Sample((0,), columns=2),
        Sample(np.array([0.0, 1.0]), columns=4),
    ),
)  # fmt: skip
def powers(x: Any, *, columns: int, increasing: bool = False) -> Any:
    """Powers of x as columns, in x's dtype; see the function ``vander``."""
    return np.vander(x, columns, increasing).astype(x.dtype, copy=False)


@powers.vjp
def _(g: Any, out: Any, x: Any, *, columns: int, increasing: bool) -> Any:
    # The derivative of x**k is k times the column before, which is exact at 0 to every order.
    below = powers.inner(x, columns=max(columns - 1, 0), increasing=True)
    rising = g if increasing else g[:, ::-1]
    return (rising[:, 1:] * np.arange(1, columns, dtype=g.real.dtype) * below).sum(axis=1)


@composed(np.vander)
def vander(x: Any, N: Any = None, increasing: bool = False) -> Any:  # noqa: N803 - NumPy's name
    """A matrix whose columns are the powers of x, from the (N-1)-th down to the 0-th.

    Derivative: of x**k, k·x**(k-1); exact at 0.

    Args:
        x: one axis. N: how many columns; as many as x has entries, if None.
        increasing: from the 0-th up instead.
    """
    x = lifted(x)
    if x.ndim != 1:
        raise ShapeError(f"vander: got shape {x.shape}, expected one axis.")
    columns = x.shape[0] if N is None else int(N)
    # NumPy takes the powers as those of integers, of which float32 knows too few.
    x = astype(x, np.promote_types(x.dtype, int), copy=False)
    return powers(x, columns=columns, increasing=bool(increasing))


@primitive(
    saves={"p": ("x",), "x": ("p", "x")}, name="polyval",
    samples=(
        Sample((4,), (2, 3)), Sample((1,), (2,)), Sample((3,), ()), Sample((0,), (2,)),
        Sample((3,), np.array([0.0, 1.0])), Sample((3,), (2,), complex=True),
    ),
)  # fmt: skip
def horner(p: Any, x: Any) -> Any:
    """The values of one polynomial; see the function ``polyval``."""
    return np.polyval(p, x)


@horner.vjp
def _(g: Any, out: Any, p: Any, x: Any) -> Any:
    return g.reshape(-1) @ powers.inner(x.reshape(-1), columns=p.shape[0])


@horner.vjp("x")
def _(g: Any, out: Any, p: Any, x: Any) -> Any:
    n = p.shape[0]
    slopes = p[:-1] * np.arange(n - 1, 0, -1, dtype=p.real.dtype) if n > 1 else p[:0]
    return g * horner.inner(slopes, x)


@composed(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The values at x of the polynomial with coefficients p.

        out = p[0]·x**(n-1) + p[1]·x**(n-2) + ... + p[n-1]

    Derivative: in x, the values of the polynomial's derivative; in p, the powers of x.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda x: ag.polyval([1.0, 0.0, -2.0], x))(3.0)
    np.float64(6.0)
    """
    p = _coefficients(p)
    if isinstance(x, np.poly1d):  # the polynomial of a polynomial
        whole = np.poly1d([0.0])
        for k in range(shape_of(p)[0]):
            whole = whole * x + np.poly1d(getitem(p, k))
        return whole
    if len(shape_of(p)) == 1:
        return horner(p, x)
    out = lifted(x) * 0
    for k in range(shape_of(p)[0]):
        out = out * x + getitem(p, k)
    return out


@composed("numpy.polynomial.polynomial.polyval2d")
def polyval2d(x: Any, y: Any, c: Any) -> Any:
    """The values at the points (x, y) of a polynomial of two variables.

        out = Σ c[i, j] · x**i · y**j

    Derivative: as that of the powers and of the sum, exact at 0.

    Args:
        x, y: of one shape. c: shape (I, J, ...); further axes, of several polynomials, come first
            in the result.

    Raises:
        ShapeError: x and y are of different shapes, or c has fewer than two axes.

    Source: ``numpy.polynomial.polynomial.polyval2d``.

    >>> import numpy as np, autograd_lite as ag
    >>> c = np.array([[0.0, 1.0], [2.0, 3.0]])  # y + 2x + 3xy
    >>> ag.grad(ag.polyval2d, argnums=(0, 1))(1.0, 2.0, c)
    (np.float64(8.0), np.float64(4.0))
    """
    if shape_of(x) != shape_of(y):
        raise ShapeError(
            f"polyval2d: got x and y of shapes {shape_of(x)} and {shape_of(y)}, expected equal "
            "ones; polygrid2d takes every x with every y."
        )
    across, down = _two_variables(x, y, c, "polyval2d")
    out = einsum("ij...,ni,nj->...n", lifted(c), across, down)
    return out.reshape(shape_of(c)[2:] + shape_of(x))


@composed("numpy.polynomial.polynomial.polygrid2d")
def polygrid2d(x: Any, y: Any, c: Any) -> Any:
    """As ``polyval2d``, of every x with every y: shape ``c.shape[2:] + x.shape + y.shape``.

    Derivative: as of ``polyval2d``.
    """
    across, down = _two_variables(x, y, c, "polygrid2d")
    out = einsum("ij...,ni,mj->...nm", lifted(c), across, down)
    return out.reshape(shape_of(c)[2:] + shape_of(x) + shape_of(y))


def _two_variables(x: Any, y: Any, c: Any, who: str) -> tuple[Any, Any]:
    """The powers that the coefficients c go with: of x, and of y, as rows of columns."""
    shape = shape_of(c)
    if len(shape) < 2:
        raise ShapeError(f"{who}: got coefficients of shape {shape}, expected 2 axes or more.")
    rows = []
    for v, columns in zip((x, y), shape, strict=False):
        v = reshape(lifted(v), -1)
        v = v if v.dtype.kind in "fc" else astype(v, float)
        rows.append(powers(v, columns=columns, increasing=True))
    return rows[0], rows[1]


def _coefficients(p: Any) -> Any:
    """p as an array or a Tensor: of a list, and of ``np.poly1d`` too."""
    if isinstance(p, np.poly1d):
        return p.coeffs
    p = p if isinstance(p, (Tensor, np.ndarray)) else lifted(p)
    return p.astype(np.int8) if p.dtype.kind == "b" else p


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Two sequences of coefficients, the shorter with zeros in front."""
    one, two = atleast_1d(_coefficients(a1), _coefficients(a2))
    short = one.shape[0] - two.shape[0]
    if short < 0:
        one = joined(np.zeros(-short, one.dtype), one)
    elif short > 0:
        two = joined(np.zeros(short, two.dtype), two)
    return one, two


@composed(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The coefficients of the sum of two polynomials. Derivative: g, to both."""
    one, two = _aligned(a1, a2)
    return one + two


@composed(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The coefficients of the difference of two polynomials. Derivative: g and -g."""
    one, two = _aligned(a1, a2)
    return one - two


@composed(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The coefficients of the product of two polynomials. Derivative: as ``convolve``.

    As in NumPy, zeros in front are left out; they get no derivative.
    """
    return convolve(*(_trimmed(_coefficients(a)) for a in (a1, a2)))


def _trimmed(p: Any) -> Any:
    p = trim_zeros(atleast_1d(p), "f")
    return p if p.shape[0] else np.zeros(1, p.dtype)


@composed(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The coefficients of a polynomial's m-th derivative. Derivative: linear."""
    if m < 0:
        raise ArgumentError(f"polyder: got m={m}, expected 0 or more; polyint integrates.")
    p = lifted(_coefficients(p))
    for _ in range(int(m)):
        p = getitem(p, slice(None, -1)) * np.arange(p.shape[0] - 1, 0, -1)
    return p


@composed(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The coefficients of a polynomial's m-th integral. Derivative: linear, in p and in k.

    Args:
        k: the constants of integration, one for all or one for each (zeros if None).
    """
    if m < 0:
        raise ArgumentError(f"polyint: got m={m}, expected 0 or more; polyder differentiates.")
    p = lifted(_coefficients(p))
    k = np.zeros(m) if k is None else atleast_1d(k)
    count = shape_of(k)[0]
    if count != 1 and count < m:
        raise ShapeError(f"polyint: got {count} constants, expected one, or {m}.")
    for i in range(int(m)):
        constant = getitem(k, slice(i, i + 1) if count > 1 else slice(0, 1))
        p = joined(p / np.arange(p.shape[0], 0, -1), constant)
    return p


@composed(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """Quotient and remainder of two polynomials. Derivative: that of long division.

    As in NumPy, the remainder goes without the zeros in front.
    """
    u, v = (atleast_1d(_coefficients(a)) + 0.0 for a in (u, v))
    dtype = np.result_type(u.dtype, v.dtype)
    m, n = u.shape[0] - 1, v.shape[0] - 1
    rest, scale = astype(u, dtype, copy=False), 1.0 / getitem(v, 0)
    quotient = []
    for k in range(m - n + 1):
        first = scale * getitem(rest, k)
        quotient.append(first)
        middle = getitem(rest, slice(k, k + n + 1)) - first * v
        rest = joined(getitem(rest, slice(0, k)), middle, getitem(rest, slice(k + n + 1, None)))
    zeros = 0
    while zeros < m and np.allclose(rest._value[zeros], 0, rtol=1e-14):
        zeros += 1
    return (
        stacked(*quotient) if quotient else lifted(np.zeros(1, dtype)),
        getitem(rest, slice(zeros, None)),
    )
