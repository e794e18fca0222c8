"""Learning-rate schedules: each changes the ``lr`` of an optimizer's groups when stepped.

Step a schedule after the optimizer, once per epoch or per batch. Most multiply the present rate
by a factor, as PyTorch's do, so that several may act on one optimizer at the same time; their
numbers are PyTorch's. ``nn.fit(..., scheduler=...)`` steps them by their ``interval``.
"""

from .base import LRScheduler
from .combined import ChainedScheduler, SequentialLR
from .cycle import OneCycleLR
from .formulas import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    InvScalingLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    StepLR,
)
from .plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "ExponentialLR",
    "InvScalingLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
