"""Rows of data: what is checked of them, how they are split and cut into minibatches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from .. import init
from ..layers import positive_int


def batches(
    X: Any,  # noqa: N803 - the data matrix, as everywhere
    y: Any,
    batch_size: int,
    *,
    rng: np.random.Generator | None = None,
    drop_last: bool = False,
) -> Iterator[tuple[Any, Any]]:
    """Pairs of a minibatch of X and the same rows of y; the last may be smaller.

    Those are the batches of one pass: ask for them anew in every epoch.

    Args:
        X: array-like of shape (n, ...). y: array-like of shape (n, ...).
        batch_size: rows of a minibatch; larger than n gives one batch of all rows.
        rng: shuffle the rows with this NumPy Generator; None keeps their order (and gives views).
        drop_last: leave out a last batch that would be smaller.

    Raises:
        ShapeError: different numbers of rows, or none. ArgumentError: batch_size below 1, or so
            large that drop_last leaves nothing. DTypeError: rng is not a Generator, drop_last no
            bool, or X or y no array (a sparse matrix, a generator, several inputs).

    >>> import numpy as np, nn
    >>> [len(x) for x, _ in nn.batches(np.zeros((5, 2)), np.zeros(5), 2)]
    [2, 2, 1]
    >>> [len(x) for x, _ in nn.batches(np.zeros((5, 2)), np.zeros(5), 2, drop_last=True)]
    [2, 2]
    """
    X, y = rows_of("batches", "X", X), rows_of("batches", "y", y)  # noqa: N806
    check_rows("batches", X, y)
    size = positive_int("batches", "batch_size", batch_size)
    count_of("batches", len(X), size, drop_last)
    if rng is not None:
        rng = init.generator(rng, "batches")
    return ((inputs, targets) for inputs, targets in cut((X, y), size, rng, drop_last))


def count_of(who: str, rows: int, size: int, drop_last: Any) -> int:
    """How many batches of that size the rows make.

    Raises:
        DTypeError: drop_last is no bool. ArgumentError: it leaves none.
    """
    if not as_bool(who, "drop_last", drop_last):
        return -(-rows // size)
    if rows < size:
        raise ArgumentError(
            f"{who}: got drop_last=True and batch_size={size} for {rows} rows, which leaves no "
            f"batch; make batch_size {rows} or smaller."
        )
    return rows // size


def as_bool(who: str, name: str, value: Any) -> bool:
    """value, if it is True or False.

    Raises:
        DTypeError: it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise DTypeError(f"{who}: got {name}={value!r}, expected True or False.")
    return bool(value)


def cut(
    arrays: tuple[Any, ...], size: int, rng: Any, drop_last: bool = False
) -> Iterator[tuple[Any, ...]]:
    """The same rows of all arrays, size at a time, shuffled by rng if there is one."""
    count = len(arrays[0])
    order = None if rng is None else rng.permutation(count)
    for start in range(0, count - count % size if drop_last else count, size):
        if order is None:
            yield tuple(a[start : start + size] for a in arrays)
        else:
            rows = order[start : start + size]
            # The rows are valid; "clip" spares the check and gathers straight into the result.
            yield tuple(a.take(rows, axis=0, mode="clip") for a in arrays)


def as_rows(x: Any) -> Any:
    """x as an array."""
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)


def rows_of(who: str, name: str, x: Any) -> Any:
    """x as an array, unless NumPy would make something else of it than its rows.

    Raises:
        DTypeError: a sparse matrix, a masked array, a generator, several inputs, rows that differ.
    """
    if isinstance(x, (np.ndarray, ag.Tensor)) and not hasattr(x, "filled"):
        return as_rows(x)
    kind = type(x).__name__
    if hasattr(x, "toarray") and hasattr(x, "nnz"):
        got, advice = f"the sparse {kind}", f"an array; use {name}.toarray()"
    elif hasattr(x, "filled") and hasattr(x, "mask"):
        got = "a masked array"
        advice = f"one without a mask, as masked entries would count; use {name}.filled(value)"
    elif hasattr(x, "__next__"):
        got = f"a {kind}"
        advice = (
            "an array of all rows; give arrays, which are cut into batches here, or write a loop: "
            "for x, y in nn.batches(X, y, 32)"
        )
    elif isinstance(x, dict) or (isinstance(x, tuple) and any(_is_matrix(part) for part in x)):
        got = f"a {kind} of {len(x)} parts"
        advice = (
            "one array; stack the rows in one, and let the model's forward take it apart, or write "
            "a loop"
        )
    else:
        try:
            return as_rows(x)
        except ValueError:
            got, advice = f"a {kind} of rows of different shapes", "rows that make one array"
    raise DTypeError(f"{who}: got {got} as {name}, expected {advice}.")


def _is_matrix(x: Any) -> bool:
    return isinstance(x, (np.ndarray, ag.Tensor)) and x.ndim > 1


def check_rows(who: str, X: Any, y: Any) -> None:  # noqa: N803
    """Refuse different numbers of rows, or none.

    Raises:
        ShapeError: it is so.
    """
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y) or not len(X):
        raise ShapeError(
            f"{who}: got X of shape {X.shape} and y of shape {y.shape}, expected the same number "
            "of rows in both, at least one."
        )


def inputs_of(who: str, X: Any, name: str = "X") -> Any:  # noqa: N803
    """X as an array of numbers, all finite, of at least one row.

    Raises:
        DTypeError: no numbers. ShapeError: no rows. ArgumentError: nan or inf.
    """
    X = rows_of(who, name, X)  # noqa: N806
    _check_numbers(who, name, X, "convert it with astype(float)")
    if X.ndim == 0 or not len(X):
        raise ShapeError(
            f"{who}: got {name} of shape {X.shape}, expected rows of data, at least one."
        )
    return X


def data_of(
    who: str,
    X: Any,  # noqa: N803
    y: Any,
    sample_weight: Any = None,
) -> tuple[Any, ...]:
    """(X, y) or (X, y, sample_weight) as arrays that have been looked over.

    Raises:
        ShapeError: different numbers of rows, or none. DTypeError: not numbers.
        ArgumentError: nan or inf, or weights that are negative or all 0.
    """
    X, y = rows_of(who, "X", X), rows_of(who, "y", y)  # noqa: N806
    check_rows(who, X, y)
    X = inputs_of(who, X)  # noqa: N806
    advice = "number the classes: np.unique(y, return_inverse=True)[1]"
    _check_numbers(who, "y", y, advice)
    if sample_weight is None:
        return X, y
    weight = rows_of(who, "sample_weight", sample_weight)
    if weight.shape != (len(X),):
        raise ShapeError(
            f"{who}: got sample_weight of shape {weight.shape} for {len(X)} rows, expected "
            f"({len(X)},), one weight per row."
        )
    _check_numbers(who, "sample_weight", weight, "convert it with astype(float)")
    if weight.dtype.kind == "c" or not (weight >= 0).all() or not weight.any():
        raise ArgumentError(
            f"{who}: got sample_weight from {weight.min()} to {weight.max()}, expected numbers, 0 "
            "or larger, not all of them 0."
        )
    return X, y, weight


def _check_numbers(who: str, name: str, x: Any, advice: str) -> None:
    if x.dtype.kind not in "biufc":
        raise DTypeError(f"{who}: got {name} of dtype {x.dtype}, expected numbers; {advice}.")
    if x.dtype.kind not in "fc":
        return
    with np.errstate(all="ignore"):
        total = x.sum()  # a finite sum has finite terms: one pass, and no array of booleans
    if np.isfinite(total):
        return
    bad = ~np.isfinite(x)
    if bad.any():
        index = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), x.shape))
        raise ArgumentError(
            f"{who}: got {x[index]} at {index} of {name}, expected finite numbers; leave such rows "
            "out, or fill in what is missing."
        )


def split(who: str, data: tuple[Any, ...], share: Any, rng: Any) -> tuple[Any, Any]:
    """Row numbers to learn from and to validate with, drawn by rng, each in rising order.

    Raises:
        ArgumentError: share is not in (0, 1), or leaves one of them without rows.
    """
    try:
        fraction = math.nan if isinstance(share, (bool, str)) else float(share)
    except (TypeError, ValueError):
        fraction = math.nan
    if not 0 < fraction < 1:
        raise ArgumentError(
            f"{who}: got validation={share!r}, expected a fraction in (0, 1), or (X, y)."
        )
    count = len(data[0])
    kept = round(fraction * count)
    if not 0 < kept < count:
        raise ArgumentError(
            f"{who}: got validation={share!r} of {count} rows, which leaves {kept} to validate "
            f"with and {count - kept} to learn from; give more rows."
        )
    order = rng.permutation(count)
    return np.sort(order[kept:]), np.sort(order[:kept])
