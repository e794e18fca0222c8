"""What every loss checks, and how it becomes one number."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import (
    ArgumentError,
    DTypeError,
    ShapeError,
    ZeroWeightsError,
    closest,
)

from ..arguments import is_real
from ..layers import as_input

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(who: str, reduction: str, known: Sequence[str] = REDUCTIONS) -> None:
    """Refuse an unknown reduction.

    Raises:
        ArgumentError: it is none of those known.
    """
    if reduction not in known:
        names = [repr(name) for name in known]
        raise ArgumentError(
            f"{who}: got reduction={reduction!r}, expected {', '.join(names[:-1])} or {names[-1]}"
            f"{closest(str(reduction), known) or '.'}"
        )


def as_array(x: Any) -> Any:
    """x if it is a Tensor or an array, else the array NumPy makes of it."""
    return x if isinstance(x, (np.ndarray, ag.Tensor)) else np.asarray(x)


def paired(
    who: str, prediction: Any, target: Any, reduction: str, *, real: bool = True
) -> tuple[Any, Any]:
    """Floating predictions, and targets of the same shape in the same dtype.

    Raises:
        DTypeError: predictions that are not floating (or, with real, complex). ShapeError: other
            shapes, or nothing to average. ArgumentError: an unknown reduction.
    """
    check_reduction(who, reduction)
    return same_shape(who, prediction, target, reduction, real=real)


def same_shape(
    who: str, prediction: Any, target: Any, reduction: str, *, real: bool = True
) -> tuple[Any, Any]:
    """``paired`` for a reduction that is known to be right."""
    prediction = as_array(prediction)
    if not is_real(prediction) and (real or prediction.dtype.kind != "c"):
        other = as_array(target)
        advice = "use astype(float)"
        if prediction.dtype.kind == "c":
            advice = "take their absolute values, or real and imaginary parts"
        elif other.dtype.kind in "fc":
            advice = "the arguments may be swapped: pass the prediction first and the target second"
        raise DTypeError(
            f"{who}: got predictions of dtype {prediction.dtype}, expected floating numbers; "
            f"{advice}."
        )
    target = as_input(target, prediction.dtype, who)
    check_pair(who, prediction.shape, target.shape, reduction)
    return prediction, target


def check_pair(who: str, a: tuple[int, ...], b: tuple[int, ...], reduction: str) -> None:
    """Refuse shapes that differ, and no entries where a mean is wanted.

    Raises:
        ShapeError: one of them.
    """
    if a != b:
        advice = "give both the same shape"
        if {len(a), len(b)} == {1, 2} and (a or b)[0] == (b or a)[0] and (1 in (*a[1:], *b[1:])):
            advice = "write y.reshape(-1, 1), or x[:, 0]: broadcasting would pair all with all"
        raise ShapeError(
            f"{who}: got a prediction of shape {a} and a target of shape {b}, expected equal "
            f"shapes; {advice}."
        )
    if 0 in a:
        check_not_empty(who, a, reduction)


def check_not_empty(who: str, shape: tuple[int, ...], reduction: str) -> None:
    """Refuse to average nothing.

    Raises:
        ShapeError: reduction is a mean.
    """
    if "mean" in reduction:
        raise ShapeError(
            f"{who}: got shape {shape}, which has nothing to average; leave empty batches out, or "
            "use reduction='sum'."
        )


def check_values(who: str, name: str, x: Any, right: Any, expected: str) -> None:
    """Refuse an array with an entry where right (booleans) is False, naming the first.

    Raises:
        ArgumentError: there is one; nan counts as wrong.
    """
    if not right.all():
        values = x.data if isinstance(x, ag.Tensor) else x
        index = tuple(int(i) for i in np.unravel_index(int((~right).argmax()), right.shape))
        place = f" at {index}" if index else ""
        raise ArgumentError(f"{who}: got {name} {values[index]}{place}, expected {expected}.")


def row_weights(who: str, sample_weight: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """sample_weight in dtype, with axes of size 1 at its end, to multiply losses of shape.

    Raises:
        ShapeError: its shape is not how shape begins. ArgumentError: negative, nan or inf.
        DTypeError: it is not numeric.
    """
    weight = as_input(sample_weight, dtype, who)
    if weight.ndim == 0 or weight.shape != shape[: weight.ndim]:
        rows = f"{shape[:1]}, one per row" if shape else "none, for a single loss"
        raise ShapeError(
            f"{who}: got sample_weight of shape {weight.shape} for losses of shape {shape}, "
            f"expected {rows}; reshape it."
        )
    values = weight.data if isinstance(weight, ag.Tensor) else weight
    right = (values >= 0) & (values < math.inf)
    check_values(who, "a sample_weight of", values, right, "finite numbers, 0 or larger")
    return weight.reshape(weight.shape + (1,) * (len(shape) - weight.ndim))


def reduced(who: str, losses: Any, reduction: str, sample_weight: Any = None) -> Any:
    """losses, their sum or their (weighted) mean.

    Raises: what ``row_weights`` raises. ZeroWeightsError: a mean with weights that are all 0.
    """
    if sample_weight is None:
        if reduction == "none":
            return losses
        return losses.mean() if reduction == "mean" else losses.sum()
    weight = row_weights(who, sample_weight, losses.shape, losses.dtype)
    weighted = ag.multiply(losses, weight)
    if reduction == "none":
        return weighted
    total = weighted.sum()
    if reduction == "sum":
        return total
    each = losses.size // weight.size
    return total / divisor(who, weight.sum() * each)


def divisor(who: str, total: Any) -> Any:
    """total, the sum of the weights, if one can divide by it.

    Raises:
        ZeroWeightsError: it is 0.
    """
    if float(total.data if isinstance(total, ag.Tensor) else total) == 0:
        raise ZeroWeightsError(
            f"{who}: got weights that sum to 0, so there is no mean; leave such batches out, or "
            "use reduction='sum'."
        )
    return total


def positive(who: str, name: str, value: Any, *, zero: bool = False) -> float:
    """value as a float larger than 0, or 0 too with zero; inf is allowed.

    Raises:
        ArgumentError: it is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (number > 0 or (zero and number == 0)):
        what = "0 or larger" if zero else "larger than 0"
        raise ArgumentError(f"{who}: got {name}={value!r}, expected a number {what}.")
    return number
