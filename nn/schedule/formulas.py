"""Schedules that are a formula of the number of steps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite.errors import DTypeError

from .base import LRScheduler, between, count


class LambdaLR(LRScheduler):
    """initial_lr·function(step).

    >>> import autograd_lite as ag, nn
    >>> optimizer = nn.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = nn.optim.lr_scheduler.LambdaLR(optimizer, lambda t: 0.5**t)
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Any, lr_lambda: Callable[[int], float]) -> None:
        if not callable(lr_lambda):
            raise DTypeError(
                f"LambdaLR: got {type(lr_lambda).__name__}, expected a function of the step; "
                "write lambda t: 0.95**t."
            )
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """initial_lr·function(last_epoch)."""
        factor = float(self.lr_lambda(self.last_epoch))
        return [base * factor for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """The rate times factor for total_iters steps, then the rate itself."""

    def __init__(self, optimizer: Any, factor: float = 1 / 3, total_iters: int = 5) -> None:
        self.factor = between("ConstantLR", "factor", factor, 0, 1, above=True)
        self.total_iters = count("ConstantLR", "total_iters", total_iters, 0)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """One change at the beginning, one at total_iters."""
        if self.last_epoch == 0:
            return self._scaled(self.factor)
        return self._scaled(1 / self.factor if self.last_epoch == self.total_iters else 1.0)


class LinearLR(LRScheduler):
    """Warm-up: from start_factor to end_factor times the rate, on a line of total_iters steps.

    >>> import autograd_lite as ag, nn
    >>> optimizer = nn.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = nn.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> rates = []
    >>> for _ in range(5):
    ...     rates.append(optimizer.lr)
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Any, start_factor: float = 1 / 3, end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:  # fmt: skip
        self.start_factor = between("LinearLR", "start_factor", start_factor, 0, 1, above=True)
        self.end_factor = between("LinearLR", "end_factor", end_factor, 0, 1)
        self.total_iters = count("LinearLR", "total_iters", total_iters, 1)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """Each rate from the one before."""
        if self.last_epoch == 0:
            return self._scaled(self.start_factor)
        if self.last_epoch > self.total_iters:
            return self.get_last_lr()
        slope = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * slope
        return self._scaled(1 + slope / before)


class StepLR(LRScheduler):
    """The rate times gamma after every step_size steps."""

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = count("StepLR", "step_size", step_size, 1)
        self.gamma = between("StepLR", "gamma", gamma, 0, math.inf)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """Times gamma where last_epoch is a multiple of step_size."""
        due = self.last_epoch and self.last_epoch % self.step_size == 0
        return self._scaled(self.gamma if due else 1.0)


class MultiStepLR(LRScheduler):
    """The rate times gamma after each number of steps in milestones."""

    def __init__(self, optimizer: Any, milestones: Sequence[int], gamma: float = 0.1) -> None:
        who = "MultiStepLR"
        self.milestones = Counter(count(who, "a milestone", m, 0) for m in milestones)
        self.gamma = between(who, "gamma", gamma, 0, math.inf)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """Times gamma where last_epoch is a milestone."""
        return self._scaled(self.gamma ** self.milestones[self.last_epoch])


class ExponentialLR(LRScheduler):
    """The rate times gamma after every step."""

    def __init__(self, optimizer: Any, gamma: float) -> None:
        self.gamma = between("ExponentialLR", "gamma", gamma, 0, math.inf)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """Times gamma."""
        return self._scaled(self.gamma if self.last_epoch else 1.0)


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from the rate down to eta_min in T_max steps (and up again after them).

    Reference: Loshchilov and Hutter, 2017, equation 5, without restarts.
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803
        self.T_max = count("CosineAnnealingLR", "T_max", T_max, 1)
        self.eta_min = between("CosineAnnealingLR", "eta_min", eta_min, 0, math.inf)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """Each rate from the one before; from the initial one where the cosine passes its end."""
        t, turn, low = self.last_epoch, self.T_max, self.eta_min
        if t == 0:
            return self.get_last_lr()
        if (t - 1 - turn) % (2 * turn) == 0:
            rise = (1 - math.cos(math.pi / turn)) / 2
            pairs = zip(self.base_lrs, self.get_last_lr(), strict=True)
            return [rate + (base - low) * rise for base, rate in pairs]
        fall = (1 + math.cos(math.pi * t / turn)) / (1 + math.cos(math.pi * (t - 1) / turn))
        return [fall * (rate - low) + low for rate in self.get_last_lr()]


class InvScalingLR(LRScheduler):
    """initial_lr/(t + 1)**power_t, scikit-learn's "invscaling".

    Args:
        power_t: the exponent. samples: what t grows by in a step: scikit-learn steps once per
            epoch and counts rows, so write samples=len(X) for its rates.
    """

    def __init__(self, optimizer: Any, power_t: float = 0.5, samples: int = 1) -> None:
        self.power_t = between("InvScalingLR", "power_t", power_t, 0, math.inf)
        self.samples = count("InvScalingLR", "samples", samples, 1)
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        """From the initial rates."""
        scale = float((self.last_epoch * self.samples + 1) ** self.power_t)
        return [base / scale for base in self.base_lrs]
