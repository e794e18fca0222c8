"""Metrics: numbers that people read, of outputs and targets as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from .correct import Accuracy
from .rows import as_rows

Metric = Callable[[Any, Any], float]


def _errors(who: str, outputs: Any, targets: Any) -> Any:
    if outputs.shape != targets.shape:
        raise ShapeError(
            f"{who}: got outputs of shape {outputs.shape} and targets of shape {targets.shape}, "
            "expected equal shapes; write y.reshape(-1, 1)."
        )
    return outputs - targets


def _mse(outputs: Any, targets: Any) -> float:
    return float(np.square(np.abs(_errors("mse", outputs, targets))).mean())


def _rmse(outputs: Any, targets: Any) -> float:
    return float(np.sqrt(np.square(np.abs(_errors("rmse", outputs, targets))).mean()))


def _mae(outputs: Any, targets: Any) -> float:
    return float(np.abs(_errors("mae", outputs, targets)).mean())


def _r2(outputs: Any, targets: Any) -> float:
    """1 - Σ(y - p)²/Σ(y - ȳ)², the mean over columns; 0 for a constant column that is missed."""
    left = np.square(_errors("r2", outputs, targets)).sum(axis=0)
    whole = np.square(targets - targets.mean(axis=0)).sum(axis=0)
    constant = whole == 0
    score = 1 - left / np.where(constant, 1, whole)
    return float(np.where(constant, np.where(left == 0, 1.0, 0.0), score).mean())


_METRICS: dict[str, Metric] = {"mae": _mae, "mse": _mse, "r2": _r2, "rmse": _rmse}
_KNOWN = sorted(["accuracy", *_METRICS])


def metrics_named(who: str, metrics: Any, loss: Any, y: Any) -> dict[str, Metric]:
    """Name to function, of a name, a function, or several; a dict names its functions.

    Args:
        loss, y: what "accuracy" goes by, see ``Accuracy``.

    Raises:
        ArgumentError: an unknown name, or the same twice. DTypeError: neither name nor function.
    """
    if metrics is None:
        return {}
    if isinstance(metrics, Mapping):
        pairs = list(metrics.items())
    else:
        alone = isinstance(metrics, str) or not isinstance(metrics, Sequence)
        pairs = [(None, metric) for metric in ([metrics] if alone else metrics)]
    found: dict[str, Metric] = {}
    for name, metric in pairs:
        label, function = _one(who, metric, loss, y)
        label = str(name) if name is not None else label
        if label in found or label in ("loss", "lr", "grad_norm", "seconds"):
            raise ArgumentError(
                f"{who}: got the metric {label!r} twice, or the name of what is measured anyway; "
                'name it in a dict: metrics={"mine": f}.'
            )
        found[label] = function
    return found


def _one(who: str, metric: Any, loss: Any, y: Any) -> tuple[str, Metric]:
    if isinstance(metric, str):
        if metric == "accuracy":
            return metric, Accuracy(who, loss, y)
        if metric in _METRICS:
            return metric, _METRICS[metric]
        raise ArgumentError(
            f"{who}: got the metric {metric!r}, expected one of {', '.join(_KNOWN)}, or a function "
            f"metric(outputs, targets){closest(metric.lower(), _KNOWN) or '.'}"
        )
    if not callable(metric):
        raise DTypeError(
            f"{who}: got {type(metric).__name__} as a metric, expected a name or a function; write "
            'metrics=["accuracy"].'
        )
    return str(getattr(metric, "__name__", type(metric).__name__)), metric


def number_of(who: str, name: str, value: Any) -> float:
    """The number that a metric gave.

    Raises:
        DTypeError: it gave something else.
    """
    array = as_rows(value)
    if array.size != 1 or array.dtype.kind not in "biuf":
        got = f"an array of shape {array.shape}" if array.ndim else type(value).__name__
        raise DTypeError(
            f"{who}: the metric {name!r} gave {got}, expected one number; take a mean of it, or "
            "one metric for each."
        )
    return float(array.item())
