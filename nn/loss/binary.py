"""Losses of two classes: binary cross-entropies of targets in [0, 1], hinges of -1 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError

from ..layers import as_input
from .reduction import check_values, paired, reduced


def binary_cross_entropy(
    prediction: Any, target: Any, weight: Any = None, *, reduction: str = "mean",
    sample_weight: Any = None,
) -> Any:  # fmt: skip
    """-(target·log p + (1 - target)·log(1 - p)) of probabilities p; logarithms end at -100.

    ``binary_cross_entropy_with_logits`` is exact where p rounds to 0 or 1: prefer it.

    Args:
        prediction: probabilities p, from 0 to 1, of any shape.
        target: of the same shape, from 0 to 1.
        weight: None, or factors that broadcast to that shape; the mean divides by the number of
            entries all the same (PyTorch's rule).
        reduction, sample_weight: as ``mse_loss``.

    Returns: as ``mse_loss``.

    Raises: as ``mse_loss``. ArgumentError: a probability or target out of range.

    Derivative: g·(p - target)/max(p·(1 - p), 1e-12).

    >>> import numpy as np, nn
    >>> nn.binary_cross_entropy(np.array([0.5, 0.5]), np.array([0, 1])).data.round(6)
    np.float64(0.693147)
    """
    who = "binary_cross_entropy"
    prediction, target = paired(who, prediction, target, reduction)
    _check_unit(who, "the probability", prediction, "; for logits use bce_with_logits")
    _check_unit(who, "the target", target)
    losses = _entropy(prediction, target)
    return reduced(who, _weighted(who, losses, weight, "weight"), reduction, sample_weight)


def binary_cross_entropy_with_logits(
    logits: Any, target: Any, weight: Any = None, *, pos_weight: Any = None,
    reduction: str = "mean", sample_weight: Any = None,
) -> Any:  # fmt: skip
    """Binary cross-entropy of p = σ(logits), computed from the logits without overflow.

    Args:
        logits: scores before any sigmoid, floating, of any shape.
        target: of the same shape, from 0 to 1.
        weight: None, or factors that broadcast to that shape; the mean divides by the number of
            entries all the same (PyTorch's rule).
        pos_weight: None, or factors of the term of the positive class, that broadcast likewise:
            one number, or one per column.
        reduction, sample_weight: as ``mse_loss``.

    Returns: as ``mse_loss``.

    Raises: as ``mse_loss``. ArgumentError: a target out of range, or a negative weight.

    Derivative: g·(σ(logits) - target), without weights.

    >>> import numpy as np, nn
    >>> nn.binary_cross_entropy_with_logits(np.array([-800.0, 800.0]), np.array([0, 0])).item()
    400.0
    """
    who = "binary_cross_entropy_with_logits"
    logits, target = paired(who, logits, target, reduction)
    _check_unit(who, "the target", target)
    if pos_weight is None:
        losses = _logistic(logits, target)
    else:
        factor = _factors(who, pos_weight, logits, "pos_weight")
        positive = ag.multiply(factor, target * ag.softplus(ag.negative(logits)))
        losses = positive + (1 - target) * ag.softplus(logits)
    return reduced(who, _weighted(who, losses, weight, "weight"), reduction, sample_weight)


def hinge_loss(
    prediction: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None
) -> Any:
    """max(0, 1 - target·prediction), of scores and of targets that are -1 or 1.

    Args:
        prediction: scores, floating, of any shape. target: of the same shape, -1 or 1.
        reduction, sample_weight: as ``mse_loss``.

    Returns: as ``mse_loss``.

    Raises: as ``mse_loss``. ArgumentError: a target that is neither -1 nor 1.

    >>> import numpy as np, nn
    >>> nn.hinge_loss(np.array([2.0, 0.5]), np.array([1, -1]), reduction="none").data
    array([0. , 1.5])
    """
    prediction, target = paired("hinge_loss", prediction, target, reduction)
    _check_sides("hinge_loss", target)
    return reduced("hinge_loss", ag.relu(1 - target * prediction), reduction, sample_weight)


def hinge_embedding_loss(
    prediction: Any, target: Any, *, margin: float = 1.0, reduction: str = "mean",
    sample_weight: Any = None,
) -> Any:  # fmt: skip
    """Distances of pairs: the prediction where target is 1, max(0, margin - prediction) where -1.

    Args:
        prediction: distances, floating, of any shape. target: of the same shape, -1 or 1.
        margin: the distance from which unlike pairs cost nothing.
        reduction, sample_weight: as ``mse_loss``.

    Returns, Raises: as ``hinge_loss``.

    >>> import numpy as np, nn
    >>> nn.hinge_embedding_loss(np.array([0.2, 0.2]), np.array([1, -1]), reduction="none").data
    array([0.2, 0.8])
    """
    who = "hinge_embedding_loss"
    prediction, target = paired(who, prediction, target, reduction)
    _check_sides(who, target)
    losses = ag.where(_values(target) > 0, prediction, ag.relu(float(margin) - prediction))
    return reduced(who, losses, reduction, sample_weight)


def _clamped(x: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(x), -100)


def _entropy_of(prediction: Any, target: Any) -> Any:
    return -(target * _clamped(prediction) + (1 - target) * _clamped(1 - prediction))


_entropy = ag.elementwise(
    "binary_cross_entropy",
    _entropy_of,
    lambda g, out, prediction, target: (
        g * (prediction - target) / np.maximum(prediction * (1 - prediction), 1e-12)
    ),
    lambda g, out, prediction, target: g * (np.log(1 - prediction) - np.log(prediction)),
    saves={"prediction": ("prediction", "target"), "target": ("prediction",)},
    samples=(
        ag.Sample(np.array([0.2, 0.7, 0.5]), np.array([0.1, 0.9, 0.6])),
        ag.Sample(np.array([[0.2], [0.7]]), np.array([0.3, 0.8])),
        ag.Sample(np.array(0.3), np.array(0.6)),
    ),
    doc="""-(target·log p + (1 - target)·log(1 - p)): see ``nn.binary_cross_entropy``.

    Derivative: g·(p - target)/max(p·(1 - p), 1e-12), and g·(log(1 - p) - log p).
    """,
    analytic=False,
    kinks="logarithms end at -100; the slope in p divides by at least 1e-12",
)


# max(z, 0) - z·y comes first: it is exactly 0 on the right side, where only the small term counts.
_logistic = ag.elementwise(
    "binary_cross_entropy_with_logits",
    lambda z, target: (np.maximum(z, 0) - z * target) + np.log1p(np.exp(-np.absolute(z))),
    lambda g, out, z, target: g * (ag.sigmoid.inner(z) - target),
    lambda g, out, z, target: -g * z,
    saves={"z": ("z", "target"), "target": ("z",)},
    samples=(
        ag.Sample((3,), np.array([0.1, 0.9, 0.6])),
        ag.Sample((2, 1), np.array([0.3, 0.8])),
        ag.Sample((), np.array(0.6)),
    ),
    doc="""Binary cross-entropy of σ(z): see ``nn.binary_cross_entropy_with_logits``.

    Derivative: g·(σ(z) - target), and -g·z.
    """,
    analytic=False,
)


def _check_unit(who: str, name: str, x: Any, advice: str = "") -> None:
    values = _values(x)
    right = (values >= 0) & (values <= 1)
    check_values(who, name, values, right, f"numbers from 0 to 1{advice}")


def _check_sides(who: str, target: Any) -> None:
    values = _values(target)
    check_values(
        who, "the target", values, abs(values) == 1, "-1 or 1; write 2*y - 1 for labels 0 and 1"
    )


def _weighted(who: str, losses: Any, weight: Any, name: str) -> Any:
    return losses if weight is None else ag.multiply(losses, _factors(who, weight, losses, name))


def _factors(who: str, weight: Any, like: Any, name: str) -> Any:
    weight = as_input(weight, like.dtype, who)
    try:
        fits = np.broadcast_shapes(weight.shape, like.shape) == like.shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"{who}: got {name} of shape {weight.shape} for entries of shape {like.shape}, "
            "expected one that broadcasts to them; give one number, or one per column."
        )
    values = _values(weight)
    right = (values >= 0) & (values < np.inf)
    check_values(who, f"a {name} of", values, right, "finite numbers, 0 or larger")
    return weight


def _values(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)
