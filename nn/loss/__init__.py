"""Losses: functions of predictions and targets, giving a Tensor; and the same as modules.

``reduction`` is "mean" or "sum" (a scalar) or "none" (one loss per row or entry). Shapes must
be equal, never broadcast: (N,) against (N, 1) would compare every prediction with every target.

``sample_weight`` weighs rows, shape (N,), or entries, of the prediction's shape: losses are
multiplied by it, and "mean" divides by the sum of the weights, so that a weight of 2 is the row
written twice.
"""

from .binary import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge_embedding_loss,
    hinge_loss,
)
from .classes import cross_entropy, kl_div, nll_loss
from .modules import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HalfSquaredError,
    HingeEmbeddingLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    Loss,
    MSELoss,
    NLLLoss,
    PoissonNLLLoss,
    SmoothL1Loss,
)
from .named import loss_named
from .regression import (
    half_squared_error,
    huber_loss,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HalfSquaredError",
    "HingeEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "half_squared_error",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "loss_named",
    "mse_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
]
