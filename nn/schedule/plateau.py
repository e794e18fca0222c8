"""A schedule that watches a loss: the rate falls where the loss no longer does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, closest

from .base import LRScheduler, between, check_names, checked_optimizer, count


class ReduceLROnPlateau(LRScheduler):
    """The rate times factor when the metric has not improved for more than patience steps.

    ``nn.fit`` gives it the validation loss, or the training loss where there is none.

    Args:
        mode: "min" or "max": which way is better. factor: below 1.
        patience: steps without improvement that are waited for.
        threshold: how much better counts, as a share of the best ("rel") or as it is ("abs").
        threshold_mode: "rel" or "abs". cooldown: steps after a reduction that do not count.
        min_lr: the rate stops there: one number, or one per group.
        eps: smaller changes of the rate are not made.

    >>> import autograd_lite as ag, nn
    >>> optimizer = nn.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> schedule = nn.ReduceLROnPlateau(optimizer, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.1
    """

    _state = ("last_epoch", "best", "num_bad_epochs", "cooldown_counter")

    def __init__(
        self, optimizer: Any, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: Any = 0.0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        who = "ReduceLROnPlateau"
        self.optimizer = checked_optimizer(who, optimizer)
        for name, value, known in (
            ("mode", mode, ("min", "max")), ("threshold_mode", threshold_mode, ("rel", "abs")),
        ):  # fmt: skip
            if value not in known:
                raise ArgumentError(
                    f"{who}: got {name}={value!r}, expected {known[0]!r} or {known[1]!r}"
                    f"{closest(str(value), known) or '.'}"
                )
        self.mode, self.threshold_mode = mode, threshold_mode
        self.factor = between(who, "factor", factor, 0, 1)
        if self.factor == 1:
            raise ArgumentError(f"{who}: got factor={factor!r}, expected a number in [0, 1).")
        self.patience = count(who, "patience", patience, 0)
        self.threshold = between(who, "threshold", threshold, 0, math.inf)
        self.cooldown = count(who, "cooldown", cooldown, 0)
        self.eps = between(who, "eps", eps, 0, math.inf)
        groups = len(optimizer.param_groups)
        lows = list(min_lr) if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        if len(lows) != groups:
            raise ArgumentError(
                f"{who}: got {len(lows)} values of min_lr for {groups} parameter groups, expected "
                "one number, or one per group."
            )
        self.min_lrs = [between(who, "min_lr", low, 0, math.inf) for low in lows]
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def step(self, metrics: Any = None) -> None:
        """Take in the metric of one more step, and lower the rates if it is time."""
        if metrics is None:
            raise ArgumentError(
                "ReduceLROnPlateau: step() was called without a metric; write "
                "scheduler.step(validation_loss)."
            )
        value = float(metrics.item() if hasattr(metrics, "item") else metrics)
        self.last_epoch += 1
        if self._better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, low in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                rate = float(group["lr"])
                lower = max(rate * self.factor, low)
                if rate - lower > self.eps:
                    group["lr"] = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _better(self, value: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "abs":
            return sign * value > sign * self.best + self.threshold
        return sign * value > sign * self.best * (1 + sign * self.threshold)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``LRScheduler``."""
        check_names("ReduceLROnPlateau", state, self._state)
        self.best = float(np.asarray(state["best"]))
        for name in ("last_epoch", "num_bad_epochs", "cooldown_counter"):
            setattr(self, name, int(np.asarray(state[name])))
