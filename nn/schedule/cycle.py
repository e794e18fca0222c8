"""The one-cycle policy: up to a large rate, far down, and the momentum the other way."""

from __future__ import annotations

import math
from typing import Any

from autograd_lite.errors import ArgumentError, closest

from .base import LRScheduler, between, checked_optimizer, count


class OneCycleLR(LRScheduler):
    """From max_lr/div_factor up to max_lr, then down to initial_lr/final_div_factor.

    The momentum (SGD's, RMSprop's, or Adam's first beta) falls from max_momentum to base_momentum
    and rises again. ``nn.fit`` makes a step after every batch.

    Args:
        max_lr: the top, one number or one per group.
        total_steps: of the cycle; or epochs and steps_per_epoch, whose product it is.
        pct_start: the share of the steps that go up, in [0, 1].
        anneal_strategy: "cos" or "linear".
        cycle_momentum, base_momentum, max_momentum: the momentum's part.
        div_factor, final_div_factor: see above.
        three_phase: come down to the initial rate as slowly as up, and then further.

    Raises: as ``LRScheduler``. ArgumentError: more steps than total_steps.

    Reference: Smith and Topin, 2018.
    """

    interval = "batch"

    def __init__(
        self, optimizer: Any, max_lr: Any, total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True, base_momentum: Any = 0.85,
        max_momentum: Any = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:  # fmt: skip
        who = "OneCycleLR"
        checked_optimizer(who, optimizer)
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ArgumentError(
                f"{who}: got neither total_steps nor epochs and steps_per_epoch; give the number "
                "of steps of the cycle."
            )
        if total_steps is None:
            total_steps = count(who, "epochs", epochs, 1) * count(
                who, "steps_per_epoch", steps_per_epoch, 1
            )
        self.total_steps = total = count(who, "total_steps", total_steps, 1)
        share = between(who, "pct_start", pct_start, 0, 1)
        if anneal_strategy not in ("cos", "linear"):
            raise ArgumentError(
                f"{who}: got anneal_strategy={anneal_strategy!r}, expected 'cos' or 'linear'"
                f"{closest(str(anneal_strategy), ('cos', 'linear')) or '.'}"
            )
        self.anneal_strategy = anneal_strategy
        up = ("initial_lr", "max_lr", "max_momentum", "base_momentum")
        down = ("max_lr", "min_lr", "base_momentum", "max_momentum")
        self._phases: list[tuple[float, tuple[str, ...]]] = [(share * total - 1, up)]
        if three_phase:
            back = ("max_lr", "initial_lr", "base_momentum", "max_momentum")
            self._phases.append((2 * share * total - 2, back))
            down = ("initial_lr", "min_lr", "max_momentum", "max_momentum")
        self._phases.append((total - 1, down))
        self.div_factor = between(who, "div_factor", div_factor, 0, math.inf, above=True)
        self.final_div_factor = between(
            who, "final_div_factor", final_div_factor, 0, math.inf, above=True
        )
        groups = optimizer.param_groups
        tops = _each(who, "max_lr", max_lr, len(groups), math.inf)
        self._moving = self._momentum_name(optimizer) if cycle_momentum else ""
        lows = _each(who, "base_momentum", base_momentum, len(groups), 1)
        highs = _each(who, "max_momentum", max_momentum, len(groups), 1)
        for group, top, low, high in zip(groups, tops, lows, highs, strict=True):
            group["initial_lr"] = top / self.div_factor
            group["max_lr"] = top
            group["min_lr"] = group["initial_lr"] / self.final_div_factor
            if self._moving:
                group["max_momentum"], group["base_momentum"] = high, low
        super().__init__(optimizer)

    @staticmethod
    def _momentum_name(optimizer: Any) -> str:
        options = optimizer.param_groups[0]
        name = next((n for n in ("betas", "momentum") if n in options), None)
        if name is None:
            raise ArgumentError(
                f"OneCycleLR: got {type(optimizer).__name__}, which has no momentum to cycle; "
                "write cycle_momentum=False."
            )
        return name

    def get_lr(self) -> list[float]:
        """The rates of this step; sets the momentum too."""
        if self.last_epoch > self.total_steps:
            raise ArgumentError(
                f"OneCycleLR: this is step {self.last_epoch} of a cycle of {self.total_steps}; "
                "make it with as many total_steps as there will be batches."
            )
        start = 0.0
        end, names = self._phases[-1]
        for stop, phase in self._phases[:-1]:
            if self.last_epoch <= stop:
                end, names = stop, phase
                break
            start = stop
        # A phase of no length is passed at once.
        share = (self.last_epoch - start) / (end - start) if end != start else 1.0
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self._between(group[names[0]], group[names[1]], share))
            if self._moving:
                momentum = self._between(group[names[2]], group[names[3]], share)
                if self._moving == "betas":
                    group["betas"] = (momentum, *group["betas"][1:])
                else:
                    group["momentum"] = momentum
        return rates

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2 * (math.cos(math.pi * share) + 1)


def _each(who: str, name: str, value: Any, groups: int, high: float) -> list[float]:
    values = list(value) if isinstance(value, (list, tuple)) else [value] * groups
    if len(values) != groups:
        raise ArgumentError(
            f"{who}: got {len(values)} values of {name} for {groups} parameter groups, expected "
            "one number, or one per group."
        )
    return [between(who, name, v, 0, high) for v in values]
