"""Counts and histograms: plain arrays, but for weights, in which they are linear."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DTypeError, UnsupportedError
from ..methods import plain
from ..op import NUMPY
from ..primitive import composed
from ..tensor import Tensor
from .index import getitem, scatter
from .reduce import sum
from .shape import astype, reshape

__all__ = ["bincount", "histogram"]


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
    x = plain(x)
    if not _is_tracked(weights):
        return np.bincount(x, plain(weights), minlength)
    count = np.bincount(x, np.empty(weights.shape), minlength).size  # for NumPy's own errors
    if weights.dtype.kind == "c":
        raise DTypeError(f"bincount: got weights of dtype {weights.dtype}, expected real numbers.")
    return scatter(astype(weights, np.float64), index=(np.asarray(x),), shape=(count,))


@composed(np.histogram)
def histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    """(counts, edges): how many entries of a fall into each bin, or the sum of their weights.

    Plain arrays, unless weights is a Tensor that requires grad.

    Derivative: in weights, g of each entry's bin; in a none, as counts jump.

    >>> import numpy as np, autograd_lite as ag
    >>> a = np.array([0.1, 0.7, 0.9])
    >>> ag.grad(lambda w: ag.histogram(a, 2, (0, 1), weights=w)[0][1])(np.ones(3))
    array([0., 1., 1.])
    """
    a, bins = plain(a), plain(bins)
    if not _is_tracked(weights):
        return np.histogram(a, bins, range, density, plain(weights))
    # For NumPy's errors and its edges; which bin an entry falls into follows from them.
    _, edges = np.histogram(a, bins, range, weights=weights.data)
    values = np.asarray(a).ravel()
    found = np.searchsorted(edges, values, side="right") - 1
    found[values == edges[-1]] = len(edges) - 2
    inside = (found >= 0) & (found < len(edges) - 1)
    chosen = getitem(reshape(weights, -1), np.flatnonzero(inside))
    counts = scatter(chosen, index=(found[inside],), shape=(len(edges) - 1,))
    return (counts / np.diff(edges) / sum(counts) if density else counts), edges


def _plain_unless_weighted(function: Any) -> Any:
    def plainly(*args: Any, **kwargs: Any) -> Any:
        if _is_tracked(kwargs.get("weights")):
            raise UnsupportedError(
                f"{function.__name__}: got weights that require grad; find the bins with "
                "np.searchsorted and sum the weights with np.bincount, or pass weights.data."
            )
        return function(*plain(args), **plain(kwargs))

    return plainly


for _function in (np.histogram2d, np.histogramdd, np.histogram_bin_edges):
    NUMPY[_function] = _plain_unless_weighted(_function)
