"""Losses: functions of predictions and targets, giving a Tensor.

``reduction`` is "mean" or "sum" (a scalar) or "none" (one loss per row or entry). Shapes must
be equal, never broadcast: (N,) against (N, 1) would compare every prediction with every target.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from .layers import as_input

_REDUCTIONS = ("mean", "sum", "none")


def mse_loss(prediction: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Squared error, (prediction - target)².

    Args:
        prediction: Tensor or array, floating, of any shape.
        target: of the same shape; converted to the prediction's dtype.
        reduction: "mean" (over all entries), "sum" or "none".

    Returns:
        Tensor: scalar, or of the prediction's shape for "none".

    Raises:
        ShapeError: shapes differ, or there are no entries to average.
        ArgumentError: an unknown reduction.

    >>> import numpy as np, nn
    >>> nn.mse_loss(np.array([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    _check_reduction("mse_loss", reduction)
    if not isinstance(prediction, (np.ndarray, ag.Tensor)):
        prediction = np.asarray(prediction)
    if prediction.dtype.kind not in "fc":
        other = target if isinstance(target, (np.ndarray, ag.Tensor)) else np.asarray(target)
        advice = "use astype(float)"
        if other.dtype.kind in "fc":
            advice = "the arguments may be swapped: pass the prediction first and the target second"
        raise DTypeError(
            f"mse_loss: got predictions of dtype {prediction.dtype}, expected floating numbers; "
            f"{advice}."
        )
    target = as_input(target, prediction.dtype, "mse_loss")
    _check_pair("mse_loss", prediction.shape, target.shape, reduction)
    difference = ag.subtract(prediction, target)
    if prediction.dtype.kind == "c":
        return _reduced(ag.square(ag.absolute(difference)), reduction)
    return _reduced(ag.square(difference), reduction)


def cross_entropy(logits: Any, labels: Any, *, reduction: str = "mean") -> Any:
    """-log softmax(logits)[label]: how unlikely the right class is, computed without overflow.

    Args:
        logits: Tensor or array of shape (..., classes), floating: scores before any softmax.
        labels: integers of shape (...), from 0 to classes - 1.
        reduction: "mean" (over rows), "sum" or "none".

    Returns:
        Tensor: scalar, or of the labels' shape for "none".

    Raises:
        ShapeError: shapes that do not fit, or no rows to average.
        DTypeError: labels that are not integers, logits that are not real floating numbers.
        ArgumentError: a label out of range, or an unknown reduction.

    Derivative: g·(softmax(logits) - one_hot(labels)).

    >>> import numpy as np, nn
    >>> round(nn.cross_entropy(np.zeros((2, 4)), np.array([0, 3])).item(), 6)  # log 4
    1.386294
    """
    _check_reduction("cross_entropy", reduction)
    if not isinstance(logits, (np.ndarray, ag.Tensor)):
        logits = np.asarray(logits)
    labels = labels.data if isinstance(labels, ag.Tensor) else np.asarray(labels)
    _check_labels(logits, labels, reduction)
    if reduction == "mean":  # the default, spared the handling of keywords
        return _cross_entropy(logits, labels)
    return _cross_entropy(logits, labels, reduction=reduction)


@ag.primitive(
    name="cross_entropy",
    saves=("logits", "labels"),
    samples=(
        ag.Sample((3, 4), np.array([0, 3, 1])),
        ag.Sample((3, 4), np.array([2, 2, 0]), reduction="sum"),
        ag.Sample((2, 3), np.array([2, 0]), reduction="none"),
        ag.Sample((2, 2, 3), np.array([[2, 0], [1, 1]]), reduction="none"),
        ag.Sample((4,), np.array(1)), ag.Sample((2, 1), np.array([0, 0])),
        ag.Sample((0, 3), np.zeros(0, int), reduction="sum"),
    ),
)  # fmt: skip
def _cross_entropy(logits: Any, labels: Any, *, reduction: str = "mean") -> Any:
    """-log softmax(logits)[label], fused: see ``nn.cross_entropy``.

    Derivative: g·(softmax(logits) - one_hot(labels)).
    """
    # Classes first: maxima and sums over few classes then run along the rows, five times faster.
    z = logits.reshape(-1, logits.shape[-1]).T.copy()
    z -= z.max(axis=0)
    right = z[labels.reshape(-1), np.arange(z.shape[1])]
    np.exp(z, z)
    losses = np.log(z.sum(axis=0))
    losses -= right
    if reduction == "none":
        return losses.reshape(labels.shape)
    total = losses.sum()
    return total * total.dtype.type(1 / labels.size) if reduction == "mean" else total


_cross_entropy.vjp("labels")(None)


@_cross_entropy.vjp
def _(g: Any, out: Any, logits: Any, labels: Any, *, reduction: str) -> Any:
    classes = logits.shape[-1]
    z = logits.reshape(-1, classes).T.copy()
    slope = ag.softmax.inner(z, axis=0) - (labels.reshape(-1) == np.arange(classes)[:, None])
    if reduction == "none":
        g = g.reshape(-1)
    elif reduction == "mean":
        g = g * (1 / labels.size)
    return (slope * g).T.reshape(logits.shape)


def _check_labels(logits: Any, labels: Any, reduction: str) -> None:
    shape = logits.shape
    if logits.dtype.kind in "biu" and (labels.dtype.kind == "f" or labels.ndim > logits.ndim):
        raise DTypeError(
            f"cross_entropy: got logits of dtype {logits.dtype} and shape {shape}, and labels of "
            f"dtype {labels.dtype} and shape {labels.shape}; the arguments may be swapped: pass "
            "the logits first and the labels second."
        )
    if labels.shape != shape[:-1] or not shape:
        raise ShapeError(
            f"cross_entropy: got logits of shape {shape} and labels of shape {labels.shape}, "
            f"expected labels of shape {shape[:-1]}, one class number per row; "
            + (
                "turn one-hot rows into numbers with argmax(axis=-1)."
                if labels.shape == shape
                else "reshape the labels."
            )
        )
    if logits.dtype.kind != "f":
        raise DTypeError(
            f"cross_entropy: got logits of dtype {logits.dtype}, expected floating numbers; use "
            "astype(float)."
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(
            f"cross_entropy: got labels of dtype {labels.dtype}, expected integers from 0 to "
            f"{shape[-1] - 1}; use astype(int)."
        )
    if labels.size == 0:
        _check_not_empty("cross_entropy", shape, reduction)
    elif (low := int(labels.min())) < 0 or int(labels.max()) >= shape[-1]:
        wrong = low if low < 0 else int(labels.max())
        raise ArgumentError(
            f"cross_entropy: got the label {wrong}, expected 0 to {shape[-1] - 1} for logits of "
            f"shape {shape}; number the classes from 0."
        )


def _check_reduction(who: str, reduction: str) -> None:
    if reduction not in _REDUCTIONS:
        raise ArgumentError(
            f"{who}: got reduction={reduction!r}, expected 'mean', 'sum' or 'none'"
            f"{closest(str(reduction), _REDUCTIONS) or '.'}"
        )


def _check_pair(who: str, a: tuple[int, ...], b: tuple[int, ...], reduction: str) -> None:
    if a != b:
        advice = "give both the same shape"
        if {len(a), len(b)} == {1, 2} and (a or b)[0] == (b or a)[0] and (1 in (*a[1:], *b[1:])):
            advice = "write y.reshape(-1, 1), or x[:, 0]: broadcasting would pair all with all"
        raise ShapeError(
            f"{who}: got a prediction of shape {a} and a target of shape {b}, expected equal "
            f"shapes; {advice}."
        )
    if 0 in a:
        _check_not_empty(who, a, reduction)


def _check_not_empty(who: str, shape: tuple[int, ...], reduction: str) -> None:
    if reduction == "mean":
        raise ShapeError(
            f"{who}: got shape {shape}, which has nothing to average; leave empty batches out, or "
            "use reduction='sum'."
        )


def _reduced(losses: Any, reduction: str) -> Any:
    if reduction == "none":
        return losses
    return losses.mean() if reduction == "mean" else losses.sum()
