"""Losses of classes: cross-entropy from logits, nll and Kullback-Leibler from logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from ..arguments import is_real
from ..layers import as_input
from .reduction import (
    as_array,
    check_not_empty,
    check_reduction,
    check_values,
    divisor,
    reduced,
    row_weights,
    same_shape,
)


def cross_entropy(
    logits: Any, labels: Any, weight: Any = None, *, ignore_index: int = -100,
    reduction: str = "mean", label_smoothing: float = 0.0, sample_weight: Any = None,
) -> Any:  # fmt: skip
    """-log softmax(logits)[label]: how unlikely the right class is, computed without overflow.

    Args:
        logits: Tensor or array of shape (..., classes), floating: scores before any softmax.
        labels: integers of shape (...), from 0 to classes - 1 (bools are 0 and 1); or floating
            probabilities of the logits' shape, and the loss is -Σ p·log softmax(logits).
        weight: None, or one weight per class, shape (classes,), 0 or larger.
        ignore_index: rows with this label count for nothing.
        reduction: "mean" (over rows), "sum" or "none". With labels and a weight the mean is
            Σ weight[label]·loss / Σ weight[label]; with probabilities it divides by the rows.
        label_smoothing: from 0 to 1: this share of every target is spread over all classes.
        sample_weight: None, or one weight per row, of shape (...), or of how that begins; the
            mean divides by the sum of the weights of all labels.

    Returns:
        Tensor: scalar, or one loss per row for "none".

    Raises:
        ShapeError: shapes that do not fit, or no rows to average.
        DTypeError: labels that are neither integers nor probabilities of the logits' shape, logits
            that are not real floating numbers.
        ArgumentError: a label, probability, weight or label_smoothing out of range, or an unknown
            reduction.

    Derivative: g·(softmax(logits) - one_hot(labels)).

    Reference: label smoothing: Szegedy et al., 2016, section 7.

    >>> import numpy as np, nn
    >>> round(nn.cross_entropy(np.zeros((2, 4)), np.array([0, 3])).item(), 6)  # log 4
    1.386294
    >>> target = np.array([[0.5, 0.5, 0.0, 0.0]])
    >>> round(nn.cross_entropy(np.zeros((1, 4)), target).item(), 6)
    1.386294
    """
    check_reduction("cross_entropy", reduction)
    logits = as_array(logits)
    labels = as_array(labels)
    if labels.dtype.kind == "f" and labels.shape == logits.shape and labels.ndim:
        return _from_probabilities(
            logits, labels, weight, label_smoothing, reduction, sample_weight
        )
    labels = _class_numbers(labels)
    kept = check_labels("cross_entropy", logits, labels, reduction, ignore_index)
    if kept is None and weight is None and sample_weight is None and not label_smoothing:
        if reduction == "mean":  # the default, spared the handling of keywords
            return _cross_entropy(logits, labels)
        return _cross_entropy(logits, labels, reduction=reduction)
    smooth = _share("label_smoothing", label_smoothing)
    rows, classes, dtype = labels.size, logits.shape[-1], logits.dtype
    weight = class_weights("cross_entropy", weight, classes, dtype)
    flat = labels.reshape(-1)
    factor: Any = np.ones(rows, dtype)
    if kept is not None:
        factor = kept.reshape(-1).astype(dtype)
        flat = np.where(kept.reshape(-1), flat, 0)
    if sample_weight is not None:
        given = row_weights("cross_entropy", sample_weight, labels.shape, dtype)
        factor = factor * (given * np.ones(labels.shape, dtype)).reshape(-1)
    hot = np.full((rows, classes), smooth / classes, dtype)
    hot[np.arange(rows), flat] += dtype.type(1 - smooth)
    target = ag.multiply(hot, weight)
    losses = _soft_cross_entropy(logits.reshape(rows, classes), target) * factor
    if reduction == "none":
        return losses.reshape(labels.shape)
    total = losses.sum()
    if reduction == "sum":
        return total
    return total / divisor("cross_entropy", (factor * weight[flat]).sum())


def nll_loss(
    log_probabilities: Any, labels: Any, weight: Any = None, *, ignore_index: int = -100,
    reduction: str = "mean", sample_weight: Any = None,
) -> Any:  # fmt: skip
    """-log_probabilities[label]: what ``cross_entropy`` does after ``ag.log_softmax``.

    Args:
        log_probabilities: Tensor or array of shape (..., classes), floating.
        labels: integers of shape (...), from 0 to classes - 1 (bools are 0 and 1).
        weight, ignore_index, reduction, sample_weight: as ``cross_entropy``.

    Returns, Raises: as ``cross_entropy``.

    >>> import numpy as np, nn
    >>> round(nn.nll_loss(np.log([[0.25, 0.5]]), np.array([1])).item(), 6)  # log 2
    0.693147
    """
    check_reduction("nll_loss", reduction)
    scores = as_array(log_probabilities)
    labels = _class_numbers(labels)
    kept = check_labels("nll_loss", scores, labels, reduction, ignore_index)
    rows, classes = labels.size, scores.shape[-1]
    weight = class_weights("nll_loss", weight, classes, scores.dtype)
    flat = labels.reshape(-1)
    if kept is not None:
        flat = np.where(kept.reshape(-1), flat, 0)
    losses = -scores.reshape(rows, classes)[np.arange(rows), flat]
    factor = weight[flat]
    if kept is not None:
        factor = factor * kept.reshape(-1)
        losses = ag.where(kept.reshape(-1), losses, 0.0)
    if sample_weight is not None:
        given = row_weights("nll_loss", sample_weight, labels.shape, scores.dtype)
        factor = (given * np.ones(labels.shape, scores.dtype)).reshape(-1) * factor
    losses = ag.multiply(losses, factor)
    if reduction == "none":
        return losses.reshape(labels.shape)
    total = losses.sum()
    return total if reduction == "sum" else total / divisor("nll_loss", factor.sum())


def kl_div(
    prediction: Any, target: Any, *, reduction: str = "mean", log_target: bool = False,
    sample_weight: Any = None,
) -> Any:  # fmt: skip
    """Kullback and Leibler's divergence, target·(log target - prediction), entry by entry.

    Args:
        prediction: logarithms of probabilities, such as ``ag.log_softmax(z)``.
        target: probabilities of the same shape (0·log 0 is 0), or their logarithms.
        reduction: "batchmean" (the sum over the number of rows: the divergence itself), "mean"
            (over all entries, PyTorch's default), "sum" or "none".
        log_target: whether target holds logarithms.
        sample_weight: as ``mse_loss``.

    Returns: as ``mse_loss``.

    Raises: as ``mse_loss``. ArgumentError: a negative probability in target.

    >>> import numpy as np, nn
    >>> p = np.array([[0.25, 0.75]])
    >>> nn.kl_div(np.log(p), p, reduction="batchmean").item()
    0.0
    """
    check_reduction("kl_div", reduction, ("mean", "sum", "none", "batchmean"))
    prediction, target = same_shape("kl_div", prediction, target, reduction)
    if log_target:
        losses = ag.exp(target) * (target - prediction)
    else:
        values = _data(target)
        check_values("kl_div", "the probability", values, values >= 0, "numbers, 0 or larger")
        safe = ag.where(values > 0, target, 1.0)
        losses = target * (ag.log(safe) - prediction)
    if reduction != "batchmean":
        return reduced("kl_div", losses, reduction, sample_weight)
    if losses.ndim == 0:
        return reduced("kl_div", losses, "sum", sample_weight)
    axes = tuple(range(1, losses.ndim))
    rows = losses.sum(axis=axes) if axes else losses
    return reduced("kl_div", rows, "mean", sample_weight)


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


@ag.primitive(
    name="soft_cross_entropy",
    saves={"logits": ("logits", "targets"), "targets": ("logits",)},
    samples=(
        ag.Sample((3, 4), np.array([[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0, 0.5, 0.7, 0]])),
        ag.Sample((1, 2), np.array([[0.5, 0.5]])), ag.Sample((0, 3), np.zeros((0, 3))),
    ),
)  # fmt: skip
def _soft_cross_entropy(logits: Any, targets: Any) -> Any:
    """-Σ targets·log softmax(logits), row by row: (n, classes) twice give (n,).

    A class of target 0 costs nothing, whatever its logit.

    Derivative: g·(softmax(logits)·Σ targets - targets), and -g·log softmax(logits).
    """
    z = logits - logits.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        right = np.where(targets == 0, 0, targets * z).sum(axis=1)
    np.exp(z, z)
    return np.log(z.sum(axis=1)) * targets.sum(axis=1) - right


@_soft_cross_entropy.vjp
def _(g: Any, out: Any, logits: Any, targets: Any) -> Any:
    share = ag.softmax.inner(logits, axis=1) * targets.sum(axis=1, keepdims=True)
    return g[:, None] * (share - targets)


@_soft_cross_entropy.vjp("targets")
def _(g: Any, out: Any, logits: Any, targets: Any) -> Any:
    return -g[:, None] * ag.log_softmax.inner(logits, axis=1)


def _from_probabilities(
    logits: Any, targets: Any, weight: Any, smoothing: float, reduction: str, sample_weight: Any
) -> Any:
    _check_scores("cross_entropy", logits, targets)
    values = _data(targets)
    expected = "numbers from 0 to 1, or integer labels"
    right = (values >= 0) & (values <= 1)
    check_values("cross_entropy", "the probability", values, right, expected)
    if not values.size:
        check_not_empty("cross_entropy", logits.shape, reduction)
    classes = logits.shape[-1]
    smooth = _share("label_smoothing", smoothing)
    targets = as_input(targets, logits.dtype, "cross_entropy")
    if smooth:
        targets = targets * (1 - smooth) + smooth / classes
    if weight is not None:
        targets = targets * class_weights("cross_entropy", weight, classes, logits.dtype)
    losses = _soft_cross_entropy(logits.reshape(-1, classes), targets.reshape(-1, classes))
    losses = losses.reshape(logits.shape[:-1])
    return reduced("cross_entropy", losses, reduction, sample_weight)


def check_labels(
    who: str, scores: Any, labels: Any, reduction: str, ignore_index: int = -100
) -> Any:
    """None, or where some labels are ignore_index the booleans of those that are not.

    Raises: see ``cross_entropy``.
    """
    shape = scores.shape
    name = "log-probabilities" if who == "nll_loss" else "logits"
    if scores.dtype.kind in "biu" and (labels.dtype.kind == "f" or labels.ndim > scores.ndim):
        raise DTypeError(
            f"{who}: got {name} of dtype {scores.dtype} and shape {shape}, and labels of "
            f"dtype {labels.dtype} and shape {labels.shape}; the arguments may be swapped: pass "
            f"the {name} first and the labels second."
        )
    if labels.shape != shape[:-1] or not shape:
        advice = "reshape the labels"
        if labels.shape == shape:
            advice = "turn one-hot rows into numbers with argmax(axis=-1)"
        elif len(shape) > 2 and labels.shape == (shape[0], *shape[2:]):
            advice = f"put the classes last: np.moveaxis({name}, 1, -1)"
        raise ShapeError(
            f"{who}: got {name} of shape {shape} and labels of shape {labels.shape}, "
            f"expected labels of shape {shape[:-1]}, one class number per row; {advice}."
        )
    _check_scores(who, scores, labels)
    if labels.dtype.kind not in "iub":
        raise DTypeError(
            f"{who}: got labels of dtype {labels.dtype}, expected integers from 0 to "
            f"{shape[-1] - 1}; use astype(int)."
        )
    if labels.size == 0:
        check_not_empty(who, shape, reduction)
        return None
    low, high = int(labels.min()), int(labels.max())
    if low >= 0 and high < shape[-1] and not 0 <= ignore_index < shape[-1]:
        return None
    kept = labels != ignore_index
    if not kept.any():
        check_not_empty(f"{who} (every label is ignore_index)", shape, reduction)
        return kept
    wanted = labels[kept]
    if (low := int(wanted.min())) < 0 or int(wanted.max()) >= shape[-1]:
        wrong = low if low < 0 else int(wanted.max())
        raise ArgumentError(
            f"{who}: got the label {wrong}, expected 0 to {shape[-1] - 1} for {name} of "
            f"shape {shape}; number the classes from 0."
        )
    return None if kept.all() else kept


def class_weights(who: str, weight: Any, classes: int, dtype: Any) -> Any:
    """One weight per class in dtype; ones for None; a Tensor if it is tracked.

    Raises:
        ShapeError: another number of weights. ArgumentError: negative, nan or inf.
    """
    if weight is None:
        return np.ones(classes, dtype)
    if isinstance(weight, (dict, str)):
        raise DTypeError(
            f"{who}: got weight={weight!r}, expected an array of one number per class; nn.fit "
            "takes such a value as class_weight=."
        )
    given = as_input(weight, dtype, who)
    weight = _data(given)
    if weight.shape != (classes,):
        raise ShapeError(
            f"{who}: got weight of shape {weight.shape} for {classes} classes, expected "
            f"({classes},), one per class; use sample_weight for one per row."
        )
    right = (weight >= 0) & (weight < np.inf)
    check_values(who, "a class weight of", weight, right, "finite numbers, 0 or larger")
    return given if getattr(given, "requires_grad", False) else weight


def _class_numbers(labels: Any) -> Any:
    """labels as an array; bools as integers, since they would choose rows, not classes."""
    labels = _data(labels)
    return labels.astype(int) if labels.dtype.kind == "b" else labels


def _check_scores(who: str, scores: Any, labels: Any) -> None:
    if not is_real(scores):
        name = "log-probabilities" if who == "nll_loss" else "logits"
        swapped = scores.dtype.kind in "biu" and labels.dtype.kind == "f"
        advice = "the arguments may be swapped: pass the logits first" if swapped else ""
        raise DTypeError(
            f"{who}: got {name} of dtype {scores.dtype}, expected floating numbers; "
            f"{advice or 'use astype(float)'}."
        )


def _share(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise ArgumentError(f"cross_entropy: got {name}={value!r}, expected a number in [0, 1].")
    return number


def _data(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)
