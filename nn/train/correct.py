"""Accuracy: the share of labels that outputs get right, and what "right" means for a loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, ShapeError

from ..loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from .losses import unwrapped
from .rows import as_rows

# Where the losses of two classes part them: logits and scores at 0, probabilities at a half.
_PARTS = {binary_cross_entropy: 0.5, binary_cross_entropy_with_logits: 0.0, hinge_loss: 0.0}
_OF_ROWS = (cross_entropy, nll_loss, kl_div)
_OF_NUMBERS = (half_squared_error, huber_loss, l1_loss, mse_loss, smooth_l1_loss)


def accuracy(scores: Any, labels: Any, threshold: float | None = None) -> float:
    """The share of rows whose largest score is at the label; or of labels on their side.

    Args:
        scores: Tensor or array, logits or probabilities: of shape (n, classes) for labels of shape
            (n,); or one for each label: (n,), (n, 1) or (n, k).
        labels: integers of shape (n,); for one score each, 0 and 1 (or probabilities, the second
            class from ½ up) or -1 and 1, of the shape of the scores, or (n,) for (n, 1).
        threshold: for one score each, the largest of the first class: 0 for logits, ½ for
            probabilities. None takes rows of one-hot labels by their largest score, and refuses
            other labels.

    Raises:
        ShapeError: shapes that do not fit, or no rows. ArgumentError: one score each without a
            threshold, rows of scores with one, or labels of more than two classes.

    >>> import numpy as np, nn
    >>> nn.accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    >>> nn.accuracy(np.array([0.1, 0.9, -2.0]), np.array([1, 1, 0]), threshold=0.0)
    1.0
    """
    scores, labels = as_rows(scores), as_rows(labels)
    shape = scores.shape
    pair = _paired(scores, labels)
    if pair is None:
        raise ShapeError(
            f"accuracy: got scores of shape {scores.shape} and labels of shape {labels.shape}, "
            "expected (n, classes) and (n,); pass the model's outputs first, labels as numbers."
        )
    scores, labels, rows = pair
    if threshold is None:
        if rows:
            return float((scores.argmax(axis=-1) == labels).mean())
        if _is_one_hot(labels):
            return _same_largest(scores, labels)
        raise ArgumentError(
            f"accuracy: got scores of shape {shape}, one for each label, and no threshold; "
            "write threshold=0.0 for logits, 0.5 for probabilities."
        )
    if isinstance(threshold, (str, bool)) or not math.isfinite(threshold):
        raise ArgumentError(
            f"accuracy: got threshold={threshold!r}, expected a finite number; write 0.0 for "
            "logits, 0.5 for probabilities."
        )
    if rows:
        raise ArgumentError(
            f"accuracy: got threshold={threshold!r} for rows of scores, shape {scores.shape}, "
            "which count by their largest; drop it."
        )
    between = (labels >= 0) & (labels <= 1)
    if not (between.all() or _is_signs(labels)):
        wrong = labels[~between].ravel()[0]
        raise ArgumentError(
            f"accuracy: got the label {wrong} and one score for each label, expected 0 and 1, or "
            "-1 and 1; give scores of shape (n, classes) for more classes."
        )
    return _same_side(scores, labels, threshold)


class Accuracy:
    """The metric "accuracy" of ``fit`` and ``evaluate``: what counts as right is the loss's to say.

    Rows of scores against labels count by their largest. Outputs of one number for each target:
    entry by entry for the losses of two classes, rows by their largest for cross-entropy and its
    kin; for squared and absolute errors the targets decide, all of y once: one-hot rows by their
    largest, 0 and 1 or -1 and 1 entry by entry.
    """

    def __init__(self, who: str, loss: Any, y: Any) -> None:
        function, options = unwrapped(loss)
        self.who = who
        self.ignored = options.get("ignore_index", -100)
        self.by_rows, self.threshold, self.refusal = False, 0.0, ""
        try:
            known = function in _PARTS
        except TypeError:  # it has no hash, so it is none of ours
            known = False
        numbers = (
            f"{who}: got the metric 'accuracy' for targets that are numbers, expected labels; use "
            "mae, mse, r2 or rmse."
        )
        self.rows_refusal = numbers if _is_real(y) else ""
        if known:
            self.threshold = _PARTS[function]
        elif function in _OF_ROWS or _is_one_hot(y):
            self.by_rows = True
        elif not (_is_signs(y) or _is_bits(y)):
            self.refusal = numbers
        elif function in _OF_NUMBERS:
            self.threshold = 0.0 if _is_signs(y) else 0.5
        else:
            name = getattr(function, "__name__", type(function).__name__)
            self.refusal = (
                f"{who}: got the metric 'accuracy' with the loss {name!r}, which does not tell "
                "where two classes part, and one output for each label; write "
                'metrics={"accuracy": lambda out, y: nn.accuracy(out, y, threshold=0.0)} for '
                "logits, 0.5 for probabilities."
            )

    def check(self, outputs: Any, targets: Any) -> tuple[Any, Any, bool]:
        """Outputs and targets in the same shape, or rows of outputs against labels (True).

        Raises:
            ShapeError: neither. ArgumentError: nothing tells what is right.
        """
        pair = _paired(outputs, targets)
        if pair is None:
            raise ShapeError(
                f"accuracy: got outputs of shape {outputs.shape} and targets of shape "
                f"{targets.shape}, expected labels (n,), or targets of the outputs' shape."
            )
        refusal = self.rows_refusal if pair[2] else self.refusal
        if not pair[2] and self.by_rows and (pair[0].ndim < 2 or pair[0].shape[-1] < 2):
            refusal = (
                f"{self.who}: got the metric 'accuracy' and outputs of shape {outputs.shape}, one "
                "number a row, expected one per class; give the model one output per class."
            )
        if refusal:
            raise ArgumentError(refusal)
        return pair

    def __call__(self, outputs: Any, targets: Any) -> float:
        outputs, targets, rows = self.check(outputs, targets)
        if rows:
            right = outputs.argmax(axis=-1) == targets
            kept = targets != self.ignored
            return float(right[kept].mean()) if kept.any() else math.nan
        if self.by_rows:
            return _same_largest(outputs, targets)
        return _same_side(outputs, targets, self.threshold)


def _paired(scores: Any, labels: Any) -> tuple[Any, Any, bool] | None:
    """Both in the same shape; or rows of scores, their labels, and True; None if none fits."""
    rows = scores.ndim > 0 and labels.shape == scores.shape[:-1]
    if rows and scores.ndim > 1 and scores.shape[-1] == 1:
        scores, rows = scores[..., 0], False
    fits = scores.ndim > 0 and (labels.shape == scores.shape or (rows and scores.ndim > 1))
    return (scores, labels, rows) if fits and scores.size else None


def _same_largest(scores: Any, labels: Any) -> float:
    return float((scores.argmax(axis=-1) == labels.argmax(axis=-1)).mean())


def _same_side(scores: Any, labels: Any, threshold: float) -> float:
    # A half parts 0 from 1, -1 from 1, and probabilities.
    return float(((scores > threshold) == (labels > 0.5)).mean())


def _is_bits(y: Any) -> bool:
    return bool(((y == 0) | (y == 1)).all())


def _is_signs(y: Any) -> bool:
    return bool((y < 0).any() and (abs(y) == 1).all()) if y.dtype.kind in "if" else False


def _is_one_hot(y: Any) -> bool:
    wide = y.ndim > 1 and y.shape[-1] > 1
    return bool(wide and _is_bits(y) and (y.sum(axis=-1) == 1).all())


def _is_real(y: Any) -> bool:
    return y.dtype.kind == "c" or (y.dtype.kind == "f" and bool((y != np.floor(y)).any()))
