"""Losses of real numbers: squared, absolute and Huber errors, and Poisson counts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_lite as ag

from ..arguments import is_real
from .reduction import check_values, paired, positive, reduced


def mse_loss(
    prediction: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None
) -> Any:
    """Squared error, (prediction - target)².

    Args:
        prediction: Tensor or array, floating, of any shape.
        target: of the same shape; converted to the prediction's dtype.
        reduction: "mean" (over all entries), "sum" or "none".
        sample_weight: None, or one weight per row or per entry, 0 or larger; the mean is
            Σ weight·loss / Σ weight.

    Returns:
        Tensor: scalar, or of the prediction's shape for "none".

    Raises:
        ShapeError: shapes differ, or there are no entries to average.
        ArgumentError: an unknown reduction, or weights that are negative or not finite.

    >>> import numpy as np, nn
    >>> nn.mse_loss(np.array([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    prediction, target = paired("mse_loss", prediction, target, reduction, real=False)
    return reduced("mse_loss", _squares(prediction, target), reduction, sample_weight)


def half_squared_error(
    prediction: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None
) -> Any:
    """Half the squared error, ½(prediction - target)²: its slope is the difference itself.

    Args, Returns, Raises: as ``mse_loss``.

    >>> import numpy as np, nn
    >>> nn.half_squared_error(np.array([1.0, 2.0]), np.zeros(2), reduction="sum").item()
    2.5
    """
    prediction, target = paired("half_squared_error", prediction, target, reduction, real=False)
    losses = _squares(prediction, target) * 0.5
    return reduced("half_squared_error", losses, reduction, sample_weight)


def l1_loss(
    prediction: Any, target: Any, *, reduction: str = "mean", sample_weight: Any = None
) -> Any:
    """Absolute error, abs(prediction - target); the slope at 0 is 0.

    Args, Returns, Raises: as ``mse_loss``.

    >>> import numpy as np, nn
    >>> nn.l1_loss(np.array([1.0, -2.0]), np.zeros(2)).item()
    1.5
    """
    prediction, target = paired("l1_loss", prediction, target, reduction, real=False)
    losses = ag.absolute(ag.subtract(prediction, target))
    return reduced("l1_loss", losses, reduction, sample_weight)


def huber_loss(
    prediction: Any, target: Any, *, reduction: str = "mean", delta: float = 1.0,
    sample_weight: Any = None,
) -> Any:  # fmt: skip
    """½d² where abs(d) ≤ delta, else delta·(abs(d) - ½delta), with d = prediction - target.

    Args:
        delta: where the parabola goes over into lines, larger than 0.
        prediction, target, reduction, sample_weight: as ``mse_loss``.

    Returns, Raises: as ``mse_loss``.

    Reference: Huber, 1964.

    >>> import numpy as np, nn
    >>> nn.huber_loss(np.array([0.5, 3.0]), np.zeros(2), reduction="none").data
    array([0.125, 2.5  ])
    """
    delta = positive("huber_loss", "delta", delta)
    prediction, target = paired("huber_loss", prediction, target, reduction)
    return reduced("huber_loss", _huber(prediction, target, delta), reduction, sample_weight)


def smooth_l1_loss(
    prediction: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0,
    sample_weight: Any = None,
) -> Any:  # fmt: skip
    """½d²/beta where abs(d) < beta, else abs(d) - ½beta: ``huber_loss`` over beta.

    Args:
        beta: where the parabola goes over into lines, 0 or larger; 0 gives ``l1_loss``.
        prediction, target, reduction, sample_weight: as ``mse_loss``.

    Returns, Raises: as ``mse_loss``.

    Reference: Girshick, 2015, equation 3.

    >>> import numpy as np, nn
    >>> nn.smooth_l1_loss(np.array([0.5, 3.0]), np.zeros(2), reduction="none").data
    array([0.125, 2.5  ])
    """
    beta = positive("smooth_l1_loss", "beta", beta, zero=True)
    prediction, target = paired("smooth_l1_loss", prediction, target, reduction)
    if beta == 0:
        losses = ag.absolute(ag.subtract(prediction, target))
    else:
        losses = _huber(prediction, target, beta) / beta
    return reduced("smooth_l1_loss", losses, reduction, sample_weight)


def poisson_nll_loss(
    prediction: Any, target: Any, *, log_input: bool = True, full: bool = False,
    eps: float = 1e-8, reduction: str = "mean", sample_weight: Any = None,
) -> Any:  # fmt: skip
    """Counts: the negative log-likelihood of a Poisson distribution, without or with ln target!.

    Args:
        prediction: the logarithm of the rate, or with log_input=False the rate.
        target: counts, 0 or larger, of the same shape.
        log_input: exp(prediction) - target·prediction if True, else
            prediction - target·log(prediction + eps).
        full: add Stirling's target·log(target) - target + ½log(2π·target) where target > 1.
        reduction, sample_weight: as ``mse_loss``.

    Returns: as ``mse_loss``.

    Raises: as ``mse_loss``. ArgumentError: a negative target, or a negative rate.

    >>> import numpy as np, nn
    >>> nn.poisson_nll_loss(np.zeros(2), np.array([0, 3])).item()
    1.0
    """
    who = "poisson_nll_loss"
    eps = positive(who, "eps", eps)
    prediction, target = paired(who, prediction, target, reduction)
    counts = _values(target)
    check_values(who, "a target of", counts, counts >= 0, "counts, 0 or larger")
    if log_input:
        losses = ag.exp(prediction) - target * prediction
    else:
        rates = _values(prediction)
        check_values(who, "a rate of", rates, rates >= 0, "rates, 0 or larger, or log_input=True")
        losses = prediction - target * ag.log(prediction + eps)
    if full:
        above = counts > 1
        safe = ag.where(above, target, 1.0)
        stirling = safe * ag.log(safe) - safe + 0.5 * ag.log(2 * math.pi * safe)
        losses = losses + ag.where(above, stirling, 0.0)
    return reduced(who, losses, reduction, sample_weight)


def _values(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)


def _squares(prediction: Any, target: Any) -> Any:
    difference = ag.subtract(prediction, target)
    if not is_real(prediction):
        return ag.square(ag.absolute(difference))
    return ag.square(difference)


def _huber(prediction: Any, target: Any, delta: float) -> Any:
    # With c = clip(d), c·(d - c/2) is both pieces at once, and so are its derivatives.
    difference = ag.subtract(prediction, target)
    near = ag.clip(difference, -delta, delta)
    return near * (difference - 0.5 * near)
