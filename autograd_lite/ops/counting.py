"""Counts and histograms: plain, but for weights, in which they are linear, and moving edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError
from ..primitive import composed
from ..protocols import plain, whole
from ..tensor import Tensor
from .grids import linspace
from .index import errors_of, getitem, scatter
from .reduce import max, min
from .shape import astype, lifted, reshape, shape_of

__all__ = ["bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]


def _is_tracked(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


@composed(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """How often each integer from 0 occurs in x, or the sum of its weights.

    A plain array, unless weights is a Tensor that requires grad.

    Derivative: in weights, g of each entry's number.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda w: ag.bincount([0, 2, 2], w)[2])(np.ones(3))
    array([0., 1., 1.])
    """
    x, weights = plain(x), whole(weights)
    if not _is_tracked(weights):
        return np.bincount(x, plain(weights), minlength)
    with errors_of("bincount"):
        count = np.bincount(x, np.empty(weights.shape), minlength).size
    if weights.dtype.kind == "c":
        raise DTypeError(f"bincount: got weights of dtype {weights.dtype}, expected real numbers.")
    return scatter(astype(weights, np.float64), index=(np.asarray(x),), shape=(count,))


def _edges(values: Any, x: Any, bins: Any, range: Any) -> Any:
    """NumPy's edges, recorded where they depend on a tracked x, range or bins."""
    if np.ndim(plain(bins)):
        bins = lifted(bins)
        return bins if bins.requires_grad else values
    if range is None:
        range = (min(x), max(x)) if _is_tracked(x) and x.size else (0, 1)
    low, high = range
    if not _is_tracked(low) and not _is_tracked(high):
        return values
    if plain(low) == plain(high):
        low, high = low - 0.5, high + 0.5
    return linspace(low, high, len(values), dtype=values.dtype)


def _counted(columns: list[Any], edges: list[Any], weights: Any) -> Any:
    """Sums of tracked weights over the boxes between edges, one column for each axis."""
    inside, index = True, []
    for values, bounds in zip(columns, edges, strict=True):
        found = np.searchsorted(bounds, values, side="right") - 1
        found[values == bounds[-1]] = len(bounds) - 2
        inside = inside & (found >= 0) & (found < len(bounds) - 1)
        index.append(found)
    chosen = getitem(reshape(weights, -1), np.flatnonzero(inside))
    places = tuple(found[inside] for found in index)
    return scatter(chosen, index=places, shape=tuple(len(bounds) - 1 for bounds in edges))


@composed(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The edges of the bins of ``histogram``.

    Plain, unless they depend on a Tensor that requires grad. Derivative: of equal bins, that of
    ``linspace`` between the smallest and the largest entry, or the ends of range.
    """
    a, bins = whole(a), whole(bins)
    with errors_of("histogram_bin_edges"):
        values = np.histogram_bin_edges(plain(a), plain(bins), plain(range), plain(weights))
    return _edges(values, a, bins, range)


@composed(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """(counts, edges): how many entries of a fall into each bin, or the sum of their weights.

    Counts are plain unless weights, edges unless a, is a Tensor that requires grad.

    Derivative: in weights, g of each entry's bin; in a none of the counts, which jump, and that of
    ``histogram_bin_edges`` of the edges.

    >>> import numpy as np, autograd_lite as ag
    >>> a = np.array([0.1, 0.7, 0.9])
    >>> ag.grad(lambda w: ag.histogram(a, 2, (0, 1), weights=w)[0][1])(np.ones(3))
    array([0., 1., 1.])
    """
    a, bins, weights = whole(a), whole(bins), whole(weights)
    x, w = plain(a), plain(weights)
    with errors_of("histogram"):
        counts, values = np.histogram(x, plain(bins), plain(range), weights=w)
    edges = _edges(values, a, bins, range)
    if _is_tracked(weights):
        counts = _counted([np.asarray(x).reshape(-1)], [values], weights)
    if density:
        counts = counts / np.diff(edges) / np.sum(counts)
    return counts, edges


@composed(np.histogramdd)
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """(counts, edges) of points: how many fall into each box of a grid, or their weights' sum.

    Args:
        sample: shape (n, d), or d arrays of n coordinates. bins, range: one for each axis, or one
            number of bins for all.

    Derivative: as ``histogram``.
    """
    weights = whole(weights)
    rows = getattr(sample, "ndim", 0) == 2
    if rows:
        columns = [sample[:, i] for i in np.arange(sample.shape[1])]
    else:
        columns = [sample] if getattr(sample, "ndim", 0) == 1 else list(map(whole, sample))
    points = plain(sample) if rows else [np.asarray(plain(x)) for x in columns]
    with errors_of("histogramdd"):
        counts, values = np.histogramdd(
            points if rows else np.stack(points, 1), plain(bins), plain(range), None, plain(weights)
        )
    count = len(columns)
    bins = bins if isinstance(bins, (list, tuple)) or np.ndim(plain(bins)) else [bins] * count
    ranges = [None] * count if range is None else range
    edges = [_edges(*given) for given in zip(values, columns, bins, ranges, strict=True)]
    if _is_tracked(weights):
        columns = [np.asarray(plain(x)) for x in columns]
        counts = _counted(columns, list(values), astype(weights, counts.dtype))
    if density:
        total = np.sum(counts)
        for i, bounds in enumerate(edges):
            counts = counts / np.reshape(np.diff(bounds), (-1, *(1,) * (count - 1 - i)))
        counts = counts / total
    return counts, type(values)(edges)


@composed(np.histogram2d)
def histogram2d(
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
) -> Any:
    """(counts, edges in x, edges in y) of points (x, y). Derivative: as ``histogram``."""
    if shape_of(x) != shape_of(y):
        raise ShapeError(
            f"histogram2d: got shapes {shape_of(x)} and {shape_of(y)}; expected equal lengths."
        )
    if (isinstance(bins, (list, tuple)) or np.ndim(plain(bins))) and len(bins) not in (1, 2):
        bins = [bins, bins]
    counts, edges = histogramdd([x, y], bins, range, density, weights)
    return counts, edges[0], edges[1]
