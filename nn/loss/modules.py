"""The losses as modules: their options are given once, ``nn.CrossEntropyLoss(weight=...)``."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..module import Module
from . import binary, classes, regression
from .reduction import REDUCTIONS, check_reduction


class Loss(Module):
    """Base class of the losses: ``loss(prediction, target)``, with sample_weight= if wanted.

    Args:
        reduction: "mean", "sum" or "none".

    Raises:
        ArgumentError: an unknown reduction.
    """

    function: Any = None
    _known: tuple[str, ...] = REDUCTIONS

    def __init__(self, *, reduction: str = "mean", **options: Any) -> None:
        check_reduction(type(self).__name__, reduction, self._known)
        self.reduction = reduction
        self.options = options

    def forward(self, prediction: Any, target: Any, sample_weight: Any = None) -> Any:
        """The loss of predictions against targets, in the shapes its function asks for."""
        function = type(self).function
        return function(
            prediction, target, reduction=self.reduction, sample_weight=sample_weight,
            **self.options,
        )  # fmt: skip

    def __call__(self, prediction: Any, target: Any, sample_weight: Any = None) -> Any:
        return self.forward(prediction, target, sample_weight)

    def describe(self) -> str:
        """The options that are not the function's defaults."""
        usual = type(self).function.__kwdefaults__
        given = {"reduction": self.reduction, **self.options}
        shown = {
            name: value
            for name, value in given.items()
            if value is not None and (np.ndim(value) or value != usual.get(name))
        }
        return ", ".join(
            f"{name}={value.tolist() if isinstance(value, np.ndarray) else repr(value)}"
            for name, value in shown.items()
        )


class MSELoss(Loss):
    """``nn.mse_loss`` as a module.

    >>> import numpy as np, nn
    >>> nn.MSELoss(reduction="sum")(np.array([1.0, 2.0]), np.zeros(2)).item()
    5.0
    """

    function = staticmethod(regression.mse_loss)


class HalfSquaredError(Loss):
    """``nn.half_squared_error`` as a module."""

    function = staticmethod(regression.half_squared_error)


class L1Loss(Loss):
    """``nn.l1_loss`` as a module."""

    function = staticmethod(regression.l1_loss)


class HuberLoss(Loss):
    """``nn.huber_loss`` as a module.

    >>> import nn
    >>> nn.HuberLoss(delta=2.0)
    HuberLoss(delta=2.0)
    """

    function = staticmethod(regression.huber_loss)

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction, delta=delta)


class SmoothL1Loss(Loss):
    """``nn.smooth_l1_loss`` as a module."""

    function = staticmethod(regression.smooth_l1_loss)

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction, beta=beta)


class PoissonNLLLoss(Loss):
    """``nn.poisson_nll_loss`` as a module."""

    function = staticmethod(regression.poisson_nll_loss)

    def __init__(
        self, *, log_input: bool = True, full: bool = False, eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction, log_input=log_input, full=full, eps=eps)


class BCELoss(Loss):
    """``nn.binary_cross_entropy`` as a module."""

    function = staticmethod(binary.binary_cross_entropy)

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction, weight=weight)


class BCEWithLogitsLoss(Loss):
    """``nn.binary_cross_entropy_with_logits`` as a module."""

    function = staticmethod(binary.binary_cross_entropy_with_logits)

    def __init__(
        self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(reduction=reduction, weight=weight, pos_weight=pos_weight)


class HingeLoss(Loss):
    """``nn.hinge_loss`` as a module."""

    function = staticmethod(binary.hinge_loss)


class HingeEmbeddingLoss(Loss):
    """``nn.hinge_embedding_loss`` as a module."""

    function = staticmethod(binary.hinge_embedding_loss)

    def __init__(self, *, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction, margin=margin)


class CrossEntropyLoss(Loss):
    """``nn.cross_entropy`` as a module.

    >>> import numpy as np, nn
    >>> loss = nn.CrossEntropyLoss(weight=np.array([1.0, 3.0]))
    >>> round(loss(np.zeros((2, 2)), np.array([0, 1])).item(), 6)
    0.693147
    """

    function = staticmethod(classes.cross_entropy)

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(
            reduction=reduction, weight=weight, ignore_index=ignore_index,
            label_smoothing=label_smoothing,
        )  # fmt: skip


class NLLLoss(Loss):
    """``nn.nll_loss`` as a module."""

    function = staticmethod(classes.nll_loss)

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction=reduction, weight=weight, ignore_index=ignore_index)


class KLDivLoss(Loss):
    """``nn.kl_div`` as a module; reduction may be "batchmean" too."""

    function = staticmethod(classes.kl_div)
    _known = (*REDUCTIONS, "batchmean")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction, log_target=log_target)
