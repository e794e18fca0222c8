"""Running sums, products and extremes, differences, slopes and integrals along an axis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError
from ..op import Sample, along_axis
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain
from ..tensor import Tensor
from .axes import axes_of, axis_of
from .elementwise import divide, multiply, subtract
from .index import getitem
from .joining import array, concatenate
from .piecewise import where
from .shape import astype, broadcast_to, ravel, reshape, shape_of

__all__ = [
    "cummax", "cummin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "diff",
    "ediff1d", "gradient", "nancumprod", "nancumsum", "trapezoid", "unwrap",
]  # fmt: skip

_SCANS = (
    Sample((2, 3)), Sample((2, 3), axis=0), Sample((2, 3), axis=-1), Sample(()),
    Sample((0, 2), axis=0), Sample((2, 1), axis=1), Sample((2, 3), axis=0, complex=True),
)  # fmt: skip


def given(x: Any) -> Any:
    """x if it is an array or a Tensor, else (numbers, nested lists) a Tensor of it."""
    return x if hasattr(x, "dtype") else array(x)


def _along(axis: int, part: Any) -> tuple[Any, ...]:
    return (slice(None),) * axis + (part,)


# -- linear recurrences ------------------------------------------------------------------------
# What a running product's derivative is made of. Every derivative of a recurrence is one again,
# and none divides, so products with zeros are exact to every order.

_SHORT = 32


def _solved(b: Any, m: Any) -> Any:
    # Long rows are halved: x at odd places obeys a recurrence of half the length, so n steps cost
    # O(n) arithmetic in O(log n) calls of NumPy.
    n = b.shape[-1]
    x = np.empty(b.shape, np.result_type(b, m))
    x[..., :1] = b[..., :1]
    if n <= _SHORT:
        for i in range(1, n):
            x[..., i] = b[..., i] + m[..., i] * x[..., i - 1]
        return x
    pairs = slice(0, n - n % 2, 2)
    odd = m[..., 1::2]
    x[..., 1::2] = _solved(b[..., 1::2] + odd * b[..., pairs], odd * m[..., pairs])
    x[..., 2::2] = b[..., 2::2] + m[..., 2::2] * x[..., 1 : n - 1 : 2]
    return x


@primitive(
    saves={"b": ("m",), "m": ("out", "m")},
    samples=(
        Sample((3,), (3,)), Sample((2, 37), (2, 37), low=-1, high=1), Sample((1,), (1,)),
        Sample((2, 0), (2, 0)), Sample((3,), (3,), complex=True),
    ),
)  # fmt: skip
def recurrence(b: Any, m: Any) -> Any:
    """x along the last axis with x₀ = b₀, xᵢ = bᵢ + mᵢ·xᵢ₋₁. Derivative: the same from the end."""
    return _solved(b, m)


@recurrence.vjp
def _(g: Any, out: Any, b: Any, m: Any) -> Any:
    return from_end(g, m)


@recurrence.vjp("m")
def _(g: Any, out: Any, b: Any, m: Any) -> Any:
    return from_end(g, m) * before(out, 0)


def from_end(b: Any, m: Any) -> Any:
    """x along the last axis with xᵢ = bᵢ + mᵢ₊₁·xᵢ₊₁, nothing behind the end."""
    return recurrence.inner(b[..., ::-1], np.roll(m, -1, -1)[..., ::-1])[..., ::-1]


def before(x: Any, first: float) -> Any:
    """x moved on by one along the last axis, with first in front."""
    shape = (*x.shape[:-1], min(1, x.shape[-1]))
    return np.concatenate([np.full(shape, first, x.dtype), x[..., :-1]], axis=-1)


def _rows(x: Any, axis: int | None) -> Any:
    return x.reshape(-1) if axis is None or not x.shape else x.swapaxes(axis, -1)


def _unrowed(x: Any, shape: tuple[int, ...], axis: int | None) -> Any:
    return x.reshape(shape) if axis is None or not shape else x.swapaxes(axis, -1)


# -- running sums and products -----------------------------------------------------------------


@primitive(numpy=np.cumsum, linear=True, samples=_SCANS)
def cumsum(a: Any, *, axis: Any = None, dtype: Any = None) -> Any:
    """Running sum along axis (of the flattened array if None).

    Derivative: g summed from the end.
    """
    return np.cumsum(a, axis=axis, dtype=dtype)


@cumsum.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, dtype: Any) -> Any:
    if axis is None:
        return np.cumsum(g[::-1])[::-1].reshape(a.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


@primitive(
    numpy=np.cumprod, saves=("a", "out"), samples=(*_SCANS, Sample((40,), low=0.8, high=1.2)),
)  # fmt: skip
def cumprod(a: Any, *, axis: Any = None, dtype: Any = None) -> Any:
    """Running product along axis (of the flattened array if None).

    Derivative: from a recurrence that never divides, so zeros are exact to every order.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.cumprod(x).sum())(np.array([2.0, 0.0, 5.0]))
    array([ 1., 12.,  0.])
    """
    return np.cumprod(a, axis=axis, dtype=dtype)


@cumprod.vjp
def _(g: Any, out: Any, a: Any, *, axis: Any, dtype: Any) -> Any:
    # Entry i stands in every product from the i-th on: the product before it, times the sum over
    # k ≥ i of g_k and the product of what stands between i and k.
    if a.dtype.kind == "c" and out.dtype.kind != "c":  # dtype= has dropped the imaginary parts
        a = a.real
    rows = before(_rows(out, axis), 1) * from_end(_rows(g, axis), _rows(a, axis))
    return _unrowed(rows, a.shape, axis)


def without_nan(a: Any, value: float) -> Any:
    """a with value in place of NaN, which has no derivative then."""
    a = given(a)
    return a if a.dtype.kind not in "fc" else where(np.isnan(plain(a)), value, a)


@composed(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sum along axis, NaN counting as 0. Derivative: as ``cumsum``, 0 for NaN."""
    refuse_out("nancumsum", out)
    return cumsum(without_nan(a, 0), axis=axis, dtype=dtype)


@composed(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    """Running product along axis, NaN counting as 1. Derivative: as ``cumprod``, 0 for NaN."""
    refuse_out("nancumprod", out)
    return cumprod(without_nan(a, 1), axis=axis, dtype=dtype)


def _cumulative(scan: Any, first: int, x: Any, axis: Any, initial: bool, **options: Any) -> Any:
    who = f"cumulative_{scan.op.name[3:]}"
    refuse_out(who, options.pop("out"))
    x = given(x)
    if axis is None:
        if len(x.shape) > 1:
            raise ArgumentError(
                f"{who}: got axis=None for an array of {len(x.shape)} dimensions; name the axis."
            )
        axis = 0
    out = scan(x, axis=axis, **options)
    if not initial:
        return out
    shape = list(out.shape)
    shape[axis] = 1
    return concatenate([np.full(shape, first, out.dtype), out], axis=axis)


@composed(*(f for f in [getattr(np, "cumulative_sum", None)] if f))  # NumPy 2.1 has it
def cumulative_sum(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """``cumsum`` in the array API's words: axis must be named unless x is 1-d.

    include_initial puts the 0 in front that the sums start from.
    """
    return _cumulative(cumsum, 0, x, axis, include_initial, dtype=dtype, out=out)


@composed(*(f for f in [getattr(np, "cumulative_prod", None)] if f))  # NumPy 2.1 has it
def cumulative_prod(
    x: Any,
    /,
    *,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> Any:
    """``cumprod`` in the array API's words: axis must be named unless x is 1-d.

    include_initial puts the 1 in front that the products start from.
    """
    return _cumulative(cumprod, 1, x, axis, include_initial, dtype=dtype, out=out)


# -- running extremes --------------------------------------------------------------------------

_TIES = "ties among the entries so far share evenly"


def _running_rule(g: Any, out: Any, a: Any, *, axis: Any) -> Any:
    x, y, t = _rows(a, axis), _rows(out, axis), _rows(g, axis)
    ties = (x == y) | (np.isnan(x) & np.isnan(y))
    stays = (y[..., 1:] == y[..., :-1]) | (np.isnan(y[..., 1:]) & np.isnan(y[..., :-1]))
    # While the extreme stays, each step is shared by the ties up to it.
    m = np.concatenate([np.zeros((*t.shape[:-1], min(1, t.shape[-1]))), stays], axis=-1)
    m = m.astype(t.dtype)
    count = recurrence.inner(ties.astype(t.dtype), m)
    return _unrowed(from_end(t / count, m) * ties, a.shape, axis)


cumprod.op.mixes = along_axis


@primitive(saves=("a", "out"), analytic="pieces", samples=_SCANS[:6], kinks=_TIES)
def cummax(a: Any, *, axis: Any = None) -> Any:
    """Largest entry so far along axis (of the flattened array if None).

    Derivative: of each result to the entry that it is, shared evenly among ties as in ``max``.

    >>> import autograd_lite as ag
    >>> ag.cummax([1.0, 3.0, 2.0]).data
    array([1., 3., 3.])
    """
    return _accumulated(np.maximum, a, axis)


@primitive(saves=("a", "out"), analytic="pieces", samples=_SCANS[:6], kinks=_TIES)
def cummin(a: Any, *, axis: Any = None) -> Any:
    """Smallest entry so far along axis (of the flattened array if None).

    Derivative: of each result to the entry that it is, shared evenly among ties as in ``min``.
    """
    return _accumulated(np.minimum, a, axis)


def _accumulated(ufunc: Any, a: Any, axis: Any) -> Any:
    return ufunc.accumulate(a.reshape(-1) if axis is None else a, axis=axis or 0)


cummax.vjp(_running_rule)
cummin.vjp(_running_rule)


# -- differences -------------------------------------------------------------------------------


@composed(np.diff)
def diff(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = np._NoValue, append: Any = np._NoValue
) -> Any:
    """Differences of neighbours along axis, taken n times; of two drawings, what differs in them.

    ``ag.diff(before, after)`` of two drawings is a ``Difference``: ``print`` it for a report of
    what was added, removed and changed and how far values moved; its ``drawing`` has it marked.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> before, after = (ag.draw((f(x) * 2).sum().named("L")) for f in (ag.tanh, ag.sin))
    >>> print(ag.diff(before, after))
    the graphs differ
    + n1 = sin(x)
    − n1 = tanh(x)
    ~ x: |g| 0.852 → 1.364
    ~ L: value moved by 0.050

    Of an array it is NumPy's ``diff``.

    Args:
        a: array, or a drawing that ``draw`` gave; n is then the other drawing.
        n: how many times. axis: along which.
        prepend, append: what to put at the ends first; may be Tensors.

    Raises:
        ArgumentError: n is negative or no int. ShapeError: a is 0-d.

    Derivative: g[i-1] - g[i], to what was prepended and appended too.

    >>> ag.diff([1.0, 4.0, 9.0], prepend=0.0).data
    array([1., 3., 5.])
    """
    if hasattr(a, "_drawn_diff"):  # a drawing
        return a._drawn_diff(n)
    if not hasattr(n, "__index__") or hasattr(n, "_node"):
        raise ArgumentError(
            f"diff: got n of type {type(n).__name__}, expected an int; to compare two graphs pass "
            "drawings: diff(draw(before), draw(after))."
        )
    a = given(a)
    if n == 0:
        return getitem(a, ...)
    if n < 0:
        raise ArgumentError(f"diff: got n={n!r}, expected 0 or more.")
    shape = shape_of(a)
    if not shape:
        raise ShapeError("diff: got a 0-d array, expected at least one axis.")
    axis = axis_of(axis, len(shape), "diff")
    parts = [_border(p, shape, axis) for p in (prepend, a, append) if p is not np._NoValue]
    if len(parts) > 1:
        a = concatenate(parts, axis=axis)
    if a.dtype == np.bool_:
        return Tensor(np.diff(plain(a), n, axis))
    high, low = _along(axis, slice(1, None)), _along(axis, slice(None, -1))
    for _ in range(n):
        a = subtract(a[high], a[low])
    return a


def _border(part: Any, shape: tuple[int, ...], axis: int) -> Any:
    part = given(part)
    if shape_of(part):
        return part
    return broadcast_to(part, (*shape[:axis], 1, *shape[axis + 1 :]))


@composed(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """Differences of the flattened array's neighbours, between to_begin and to_end.

    Raises:
        DTypeError: an end that the array's dtype cannot hold.
    """
    ary = ravel(given(ary))
    parts = [subtract(ary[1:], ary[:-1])]
    for name, end in (("to_begin", to_begin), ("to_end", to_end)):
        if end is None:
            continue
        end = given(end)
        if not np.can_cast(end.dtype, ary.dtype, casting="same_kind"):
            raise DTypeError(
                f"ediff1d: got {name} of dtype {end.dtype} for an array of dtype {ary.dtype}; "
                "convert one of them."
            )
        parts.insert(0 if name == "to_begin" else len(parts), astype(ravel(end), ary.dtype))
    return concatenate(parts) if len(parts) > 1 else parts[0]


@composed(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes of sampled values along each axis: central differences, one-sided at the ends.

    Args:
        varargs: the spacing: nothing (1), one number for all axes, or for each axis a number or
            its coordinates; may be Tensors.
        axis: an int or several; all axes if None. edge_order: 1 or 2, of the ends' differences.

    Returns:
        a Tensor of f's shape; a tuple of them, one per axis, if there are several.

    Raises:
        ArgumentError: edge_order, or the number of spacings. ShapeError: an axis too short, or
            coordinates that do not fit it.

    Derivative: the map is linear in f; in the spacing too it is what the formula says.

    >>> import autograd_lite as ag
    >>> ag.gradient([1.0, 4.0, 9.0, 16.0], edge_order=2).data
    array([2., 4., 6., 8.])
    """
    f = given(f)
    shape = shape_of(f)
    axis = axis if axis is None or hasattr(axis, "__index__") else tuple(axis)
    axes = axes_of(axis, len(shape), "gradient")
    if edge_order not in (1, 2):
        raise ArgumentError(f"gradient: got edge_order={edge_order!r}, expected 1 or 2.")
    if not varargs:
        spacings: tuple[Any, ...] = (1.0,) * len(axes)
    elif len(varargs) == 1 and not shape_of(varargs[0]):
        spacings = varargs * len(axes)
    elif len(varargs) == len(axes):
        spacings = varargs
    else:
        raise ArgumentError(
            f"gradient: got {len(varargs)} spacings for {len(axes)} axes; expected none, one "
            "number, or one spacing per axis."
        )
    if f.dtype.kind in "iu":
        f = astype(f, np.float64)
    slopes = [
        _slopes(f, i, _steps(h, shape[i]), edge_order) for i, h in zip(axes, spacings, strict=True)
    ]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _steps(spacing: Any, size: int) -> Any:
    # A number for even spacing, else the distances of neighbours.
    shape = shape_of(spacing)
    if not shape:
        return spacing
    if shape != (size,):
        raise ShapeError(
            f"gradient: got coordinates of shape {shape} for an axis of size {size}; expected "
            f"({size},)."
        )
    spacing = given(spacing)
    if not isinstance(spacing, Tensor) or not spacing.requires_grad:
        spacing = plain(spacing)
        steps = np.diff(spacing.astype(np.float64) if spacing.dtype.kind in "iu" else spacing)
        return steps[0] if size > 1 and (steps == steps[0]).all() else steps
    return diff(spacing)


def _slopes(f: Any, axis: int, h: Any, edge_order: int) -> Any:
    shape = shape_of(f)
    if shape[axis] < edge_order + 1:
        raise ShapeError(
            f"gradient: got size {shape[axis]} of axis {axis}, expected at least {edge_order + 1}."
        )
    even = not shape_of(h)
    flat = (1,) * axis + (-1,) + (1,) * (len(shape) - axis - 1)

    def at(start: int | None, stop: int | None) -> Any:
        return f[_along(axis, slice(start, stop))]

    def step(i: int) -> Any:
        return h if even else h[i]

    if even:
        inner = (at(2, None) - at(None, -2)) / (2.0 * h)
    else:
        p, q = (reshape(x, flat) for x in (h[:-1], h[1:]))
        inner = -q / (p * (p + q)) * at(None, -2)
        inner = inner + (q - p) / (p * q) * at(1, -1) + p / (q * (p + q)) * at(2, None)
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / step(0)
        last = (at(-1, None) - at(-2, -1)) / step(-1)
    else:
        first = _edge(at(0, 1), at(1, 2), at(2, 3), step(0), step(1 if not even else 0))
        last = -_edge(at(-1, None), at(-2, -1), at(-3, -2), step(-1), step(-2 if not even else 0))
    out = concatenate([first, inner, last], axis=axis)
    dtype = f.dtype if f.dtype.kind in "fc" else np.dtype(np.float64)
    return out if out.dtype == dtype else astype(out, dtype)


def _edge(f0: Any, f1: Any, f2: Any, p: Any, q: Any) -> Any:
    # The slope at f0 of the parabola through three points p and q apart.
    return -(2.0 * p + q) / (p * (p + q)) * f0 + (p + q) / (p * q) * f1 - p / (q * (p + q)) * f2


@composed(np.trapezoid, *(f for f in [getattr(np, "trapz", None)] if f))
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """Integral along axis by the trapezoidal rule, of samples at x, or dx apart.

    Derivative: in y half the distance of an entry's neighbours, in x what the formula says.

    >>> import autograd_lite as ag
    >>> ag.trapezoid([1.0, 2.0, 3.0], x=[0.0, 1.0, 3.0]).item()
    6.5
    """
    y = given(y)
    shape = shape_of(y)
    place = axis_of(axis, len(shape), "trapezoid")
    width = dx if x is None else diff(x, axis=-1 if len(shape_of(x)) == 1 else axis)
    if len(shape_of(x)) == 1:
        width = reshape(width, (1,) * place + (-1,) + (1,) * (len(shape) - place - 1))
    heights = y[_along(place, slice(1, None))] + y[_along(place, slice(None, -1))]
    return divide(multiply(width, heights), 2.0).sum(axis=axis)


@primitive(
    numpy=np.unwrap, kinks="the jumps count as smooth", analytic=False,
    samples=(Sample((6,), low=-3, high=3), Sample((3, 2), axis=0, discont=2.0, period=3.0)),
)  # fmt: skip
def unwrap(p: Any, *, discont: Any = None, axis: Any = -1, period: Any = 2 * math.pi) -> Any:
    """Angles along axis, moved by multiples of period so that no step exceeds half of it.

    Derivative: g.
    """
    return np.unwrap(p, discont, axis, period=period)


unwrap.vjp(lambda g, out, p, *, discont, axis, period: g)
