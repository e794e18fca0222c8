"""Differences of neighbours, slopes and integrals along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError
from ..primitive import composed
from ..protocols import plain
from ..tensor import Tensor
from .axes import along, axes_of, axis_of
from .elementwise import divide, multiply, subtract
from .index import getitem
from .joining import concatenate
from .scans import given
from .shape import (
    astype,
    broadcast_to,
    ravel,
    reshape,
    shape_of,
)

__all__ = [
    "diff", "ediff1d", "gradient", "trapezoid",
]  # fmt: skip


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
    high, low = along(axis, slice(1, None)), along(axis, slice(None, -1))
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

    Derivative: minus the differences of g; to_begin and to_end get g of their places.

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
        return f[along(axis, slice(start, stop))]

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
    heights = y[along(place, slice(1, None))] + y[along(place, slice(None, -1))]
    return divide(multiply(width, heights), 2.0).sum(axis=axis)
