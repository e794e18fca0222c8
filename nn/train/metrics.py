"""Metrics: numbers that people read, of outputs and targets as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from .rows import as_rows

Metric = Callable[[Any, Any], float]


def accuracy(scores: Any, labels: Any) -> float:
    """The share of rows whose largest score is at the label.

    Args:
        scores: Tensor or array of shape (n, classes), logits or probabilities.
        labels: integers of shape (n,).

    Raises:
        ShapeError: shapes that do not fit, or no rows.

    >>> import numpy as np, nn
    >>> nn.accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    scores, labels = as_rows(scores), as_rows(labels)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not scores.size:
        raise ShapeError(
            f"accuracy: got scores of shape {scores.shape} and labels of shape {labels.shape}, "
            "expected (n, classes) and (n,); pass the model's outputs first, labels as numbers."
        )
    return float((scores.argmax(axis=1) == labels).mean())


def accuracy_above(threshold: float) -> Metric:
    """The metric "accuracy" of fit, for a loss whose two classes part at threshold.

    Rows of scores against labels are compared by their largest score, scores against
    probabilities of the same shape likewise; outputs of one number per label by the threshold.
    """

    def named(outputs: Any, targets: Any) -> float:
        classes = outputs.shape[-1] if outputs.ndim else 1
        if targets.shape == outputs.shape[:-1] and classes > 1:
            return float((outputs.argmax(axis=-1) == targets).mean())
        if targets.shape == outputs.shape[:-1]:
            outputs = outputs[..., 0]
        if targets.shape != outputs.shape or not outputs.size:
            raise ShapeError(
                f"accuracy: got outputs of shape {outputs.shape} and targets of shape "
                f"{targets.shape}, expected labels (n,), or targets of the outputs' shape."
            )
        if classes > 1 and outputs.ndim > 1 and np.allclose(targets.sum(axis=-1), 1):
            return float((outputs.argmax(axis=-1) == targets.argmax(axis=-1)).mean())
        # Labels are -1 and 1, or 0 and 1, or probabilities of the second class.
        signs = bool((targets < 0).any())
        first = 0.0 if signs else threshold
        return float(((outputs > first) == (targets > (0.0 if signs else 0.5))).mean())

    return named


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


def metrics_named(who: str, metrics: Any, threshold: float = 0.0) -> dict[str, Metric]:
    """Name to function, of a name, a function, or several; a dict names its functions.

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
        label, function = _one(who, metric, threshold)
        label = str(name) if name is not None else label
        if label in found or label in ("loss", "lr", "grad_norm", "seconds"):
            raise ArgumentError(
                f"{who}: got the metric {label!r} twice, or the name of what is measured anyway; "
                'name it in a dict: metrics={"mine": f}.'
            )
        found[label] = function
    return found


def _one(who: str, metric: Any, threshold: float) -> tuple[str, Metric]:
    if isinstance(metric, str):
        if metric == "accuracy":
            return metric, accuracy_above(threshold)
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
