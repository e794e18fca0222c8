"""What every schedule is: a count of steps that sets the rates of an optimizer's groups."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError


class LRScheduler:
    """Base class: counts the steps; subclasses write ``get_lr``.

    Args:
        optimizer: whose rates to change; each group's rate now becomes its ``initial_lr``.

    Attributes:
        last_epoch: steps made. base_lrs: the initial rate of each group.
        interval: "epoch" or "batch": when ``nn.fit`` makes a step; may be set.

    Raises:
        DTypeError: no optimizer. ArgumentError: an option out of range.
    """

    interval = "epoch"
    last_epoch = 0
    _state: tuple[str, ...] = ("last_epoch", "base_lrs")

    def __init__(self, optimizer: Any) -> None:
        self.optimizer = checked_optimizer(type(self).__name__, optimizer)
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [float(group["initial_lr"]) for group in optimizer.param_groups]
        self._first()

    def _first(self) -> None:
        """Set the rates of the first step."""
        self.last_epoch = 0
        self._set(self.get_lr())

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate

    def step(self) -> None:
        """Go on to the next rate."""
        self.last_epoch += 1
        self._set(self.get_lr())

    def get_lr(self) -> list[float]:
        """The rates at ``last_epoch``, one per group, from those just before."""
        raise NotImplementedError(f"{type(self).__name__}: write a method get_lr(self).")

    def get_last_lr(self) -> list[float]:
        """The rates of the groups now."""
        return rates_of(self.optimizer)

    def _scaled(self, factor: float) -> list[float]:
        return [rate * factor for rate in rates_of(self.optimizer)]

    def _restart(self) -> None:
        """Begin anew from the initial rates, in a SequentialLR."""
        self.last_epoch = 0
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = base
        self._set(self.get_lr())

    def state_dict(self) -> dict[str, Any]:
        """Name to array, fit for ``nn.save``; the rates themselves are the optimizer's state."""
        return {name: np.array(getattr(self, name)) for name in self._state}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the schedule that gave state was; load the optimizer's state as well.

        Raises:
            ArgumentError: missing or unexpected names.
        """
        check_names(type(self).__name__, state, self._state)
        for name in self._state:
            value = np.asarray(state[name])
            setattr(self, name, value.tolist())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(step {self.last_epoch})"


def rates_of(optimizer: Any) -> list[float]:
    """The present rate of each group."""
    return [float(group["lr"]) for group in optimizer.param_groups]


def checked_optimizer(who: str, optimizer: Any) -> Any:
    """optimizer, if it has parameter groups.

    Raises:
        DTypeError: it has none.
    """
    if isinstance(optimizer, type) or not hasattr(optimizer, "param_groups"):
        name = optimizer.__name__ if isinstance(optimizer, type) else type(optimizer).__name__
        raise DTypeError(
            f"{who}: got {name}, expected an optimizer ready for use; write "
            "nn.Adam(model.parameters())."
        )
    return optimizer


def check_names(who: str, state: Any, names: Sequence[str]) -> None:
    """Refuse a state that has other names.

    Raises:
        ArgumentError: it has.
    """
    if not isinstance(state, Mapping) or set(state) != set(names):
        got = ", ".join(map(str, state)) if isinstance(state, Mapping) else type(state).__name__
        raise ArgumentError(
            f"load_state_dict: got {got or 'nothing'} for {who}, expected {', '.join(names)}; give "
            "the state of such a schedule."
        )


def count(who: str, name: str, value: Any, low: int) -> int:
    """value as an int from low up.

    Raises:
        ArgumentError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ArgumentError(f"{who}: got {name}={value!r}, expected an int from {low} up.")
    return int(value)


def between(
    who: str, name: str, value: Any, low: float, high: float, *, above: bool = False
) -> float:
    """value as a finite float in [low, high], or in (low, high] with above.

    Raises:
        ArgumentError: it is none.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (low <= number <= high) or (above and number == low) or number == math.inf:
        if high == math.inf:
            what = "a finite number, 0 or larger"
        else:
            what = f"a number in {'(' if above else '['}{low}, {high}]"
        raise ArgumentError(f"{who}: got {name}={value!r}, expected {what}.")
    return number
