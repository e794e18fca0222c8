"""Arrays as sets: distinct values, unions, intersections, differences.

How many values are distinct jumps where two become equal. Elsewhere each distinct value moves with
the entries that have it, so these functions have a derivative wherever their result has a shape.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from ..op import Sample
from ..primitive import composed, primitive
from ..protocols import plain
from .index import errors_of, getitem
from .joining import concatenate
from .selection import sort
from .shape import lifted, moveaxis, ravel

__all__ = [
    "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
]  # fmt: skip

_SHARED = "equal entries share evenly; where their number jumps there is no derivative"


@primitive(
    analytic="pieces", kinks=_SHARED,
    samples=(
        Sample((3,), first=np.array([2, 0, 1]), group=np.array([1, 2, 0])),
        Sample(np.array([[1.0, 2.0], [0.0, 3.0]]), first=np.array([1, 0]), group=np.array([1, 0])),
        Sample((0,), first=np.array([], np.intp), group=np.array([], np.intp)),
    ),
)  # fmt: skip
def distinct(x: Any, *, first: Any, group: Any) -> Any:
    """The rows ``x[first]``, each of which stands for all the rows of its group, its equals.

    Derivative: g of a group, shared evenly among its rows.
    """
    return x[first]


@distinct.vjp
def _(g: Any, out: Any, x: Any, *, first: Any, group: Any) -> Any:
    sizes = np.bincount(group, minlength=len(first)).astype(np.empty(0, g.dtype).real.dtype)
    return (g / sizes.reshape(-1, *(1,) * (len(x.shape) - 1)))[group]


def _parts(ar: Any, axis: int | None, equal_nan: bool) -> tuple[Any, ...]:
    """The distinct entries (slices along axis), then NumPy's indices, inverse and counts."""
    ar = lifted(ar)
    with errors_of("unique"):
        _, first, inverse, counts = np.unique(
            plain(ar), True, True, True, axis=axis, equal_nan=equal_nan
        )
    rows = ravel(ar) if axis is None else moveaxis(ar, axis, 0)
    values = distinct(rows, first=first, group=inverse.reshape(-1))
    return (values if axis is None else moveaxis(values, 0, axis)), first, inverse, counts


@composed(np.unique, kinks=_SHARED)
def unique(
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """The distinct entries of ar in ascending order, of the distinct slices along axis.

    Args:
        return_index, return_inverse, return_counts: give these plain arrays too, as ``np.unique``.
        equal_nan: whether NaN count as equal. sorted: accepted; the result is sorted always.

    Derivative: g of each distinct entry, shared evenly among those that equal it.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.unique(x)[0])(np.array([3.0, 1.0, 1.0]))
    array([0. , 0.5, 0.5])
    """
    values, *others = _parts(ar, axis, equal_nan)
    asked = (return_index, return_inverse, return_counts)
    chosen = [x for x, wanted in zip(others, asked, strict=True) if wanted]
    return (values, *chosen) if chosen else values


UniqueAllResult = namedtuple("UniqueAllResult", ["values", "indices", "inverse_indices", "counts"])
UniqueCountsResult = namedtuple("UniqueCountsResult", ["values", "counts"])
UniqueInverseResult = namedtuple("UniqueInverseResult", ["values", "inverse_indices"])


@composed(np.unique_all, kinks=_SHARED)
def unique_all(x: Any) -> Any:
    """(values, indices, inverse_indices, counts), each NaN distinct. Derivative: as ``unique``."""
    return UniqueAllResult(*_parts(x, None, False))


@composed(np.unique_counts, kinks=_SHARED)
def unique_counts(x: Any) -> Any:
    """(values, counts), each NaN distinct. Derivative: as ``unique``."""
    values, _, _, counts = _parts(x, None, False)
    return UniqueCountsResult(values, counts)


@composed(np.unique_inverse, kinks=_SHARED)
def unique_inverse(x: Any) -> Any:
    """(values, inverse_indices), each NaN distinct. Derivative: as ``unique``."""
    values, _, inverse, _ = _parts(x, None, False)
    return UniqueInverseResult(values, inverse)


@composed(np.unique_values, kinks=_SHARED)
def unique_values(x: Any) -> Any:
    """The distinct entries in ascending order, each NaN distinct. Derivative: as ``unique``."""
    return _parts(x, None, False)[0]


@composed(np.union1d, kinks=_SHARED)
def union1d(ar1: Any, ar2: Any) -> Any:
    """The distinct entries of both, in ascending order. Derivative: as ``unique``."""
    return unique(concatenate([ar1, ar2], axis=None))


@composed(np.intersect1d, kinks=_SHARED)
def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """The distinct entries that both have, in ascending order.

    Args:
        assume_unique: neither repeats an entry. return_indices: also where each stands, in both.

    Derivative: g of each, shared evenly among the entries of both that equal it.
    """
    found, *places = np.intersect1d(plain(ar1), plain(ar2), assume_unique, return_indices=True)
    both = union1d(ar1, ar2)
    values = getitem(both, np.isin(plain(both), found))
    return (values, *places) if return_indices else values


@composed(np.setdiff1d, kinks=_SHARED)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct entries of ar1 that ar2 has not, in ascending order (ar1's, if assume_unique).

    Derivative: as ``unique``, in ar1.
    """
    values = ravel(lifted(ar1)) if assume_unique else unique(ar1)
    return getitem(values, np.isin(plain(values), plain(ar2), assume_unique=True, invert=True))


@composed(np.setxor1d, kinks=_SHARED)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """The distinct entries that one of both has, in ascending order. Derivative: as ``unique``."""
    if not assume_unique:
        ar1, ar2 = unique(ar1), unique(ar2)
    both = sort(concatenate([ar1, ar2], axis=None))
    values = plain(both)
    if not values.size:
        return both
    new = np.concatenate([[True], values[1:] != values[:-1], [True]])
    return getitem(both, new[1:] & new[:-1])
