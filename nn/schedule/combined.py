"""Several schedules for one optimizer: one after another, or at the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite.errors import ArgumentError, DTypeError

from .base import LRScheduler, check_names, checked_optimizer, count


class SequentialLR(LRScheduler):
    """One schedule after another: the next takes over at each milestone.

    Args:
        schedulers: of this optimizer, none a ReduceLROnPlateau.
        milestones: the steps at which the second, third, ... begin.

    >>> import autograd_lite as ag, nn
    >>> optimizer = nn.SGD([ag.Tensor([1.0], requires_grad=True)], lr=1.0)
    >>> warm = nn.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> schedule = nn.SequentialLR(optimizer, [warm, nn.ExponentialLR(optimizer, 0.5)], [2])
    >>> rates = []
    >>> for _ in range(5):
    ...     rates.append(optimizer.lr)
    ...     schedule.step()
    >>> rates
    [0.5, 0.75, 1.0, 0.5, 0.25]
    """

    _state = ("last_epoch",)

    def __init__(
        self, optimizer: Any, schedulers: Sequence[LRScheduler], milestones: Sequence[int]
    ) -> None:
        self.schedulers = _schedulers("SequentialLR", optimizer, schedulers)
        self.milestones = [count("SequentialLR", "a milestone", m, 1) for m in milestones]
        if len(self.milestones) != len(self.schedulers) - 1 or self.milestones != sorted(
            set(self.milestones)
        ):
            raise ArgumentError(
                f"SequentialLR: got milestones {list(milestones)} for {len(self.schedulers)} "
                "schedulers, expected one rising number less than there are schedulers."
            )
        self.interval = self.schedulers[0].interval
        self.optimizer = optimizer
        # Each of them has set its first rates already: only the first one's count.
        self._restart()

    def _first(self) -> None:
        self.last_epoch = 0
        self.schedulers[0]._first()

    def _restart(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._first()

    def step(self) -> None:
        """Step the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self.milestones, self.last_epoch)
        active = self.schedulers[turn]
        if turn and self.milestones[turn - 1] == self.last_epoch:
            active._restart()
        else:
            active.step()

    def state_dict(self) -> dict[str, Any]:
        """Its own count, and the state of each: ``0.last_epoch``."""
        return super().state_dict() | _nested_state(self.schedulers)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``LRScheduler``."""
        _load_nested(type(self).__name__, self.schedulers, state, self._state)
        self.last_epoch = int(state["last_epoch"])


class ChainedScheduler(LRScheduler):
    """Several schedules at the same time, each multiplying what the others left."""

    _state = ("last_epoch",)

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Any = None) -> None:
        first = next(iter(schedulers), None)
        optimizer = optimizer if optimizer is not None else getattr(first, "optimizer", None)
        self.schedulers = _schedulers("ChainedScheduler", optimizer, schedulers)
        self.interval = self.schedulers[0].interval
        self.optimizer = optimizer

    def _first(self) -> None:
        self.last_epoch = 0
        for scheduler in self.schedulers:
            scheduler._first()

    def _restart(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        self._first()

    def step(self) -> None:
        """Step each of them."""
        self.last_epoch += 1
        for scheduler in self.schedulers:
            scheduler.step()

    def state_dict(self) -> dict[str, Any]:
        """Its own count, and the state of each: ``0.last_epoch``."""
        return super().state_dict() | _nested_state(self.schedulers)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``LRScheduler``."""
        _load_nested(type(self).__name__, self.schedulers, state, self._state)
        self.last_epoch = int(state["last_epoch"])


def _schedulers(who: str, optimizer: Any, given: Any) -> list[LRScheduler]:
    schedulers = list(given)
    if not schedulers:
        raise ArgumentError(f"{who}: got no schedulers, expected at least one.")
    for scheduler in schedulers:
        if not isinstance(scheduler, LRScheduler):
            raise DTypeError(
                f"{who}: got {type(scheduler).__name__} among the schedulers, expected those that "
                "count steps, such as StepLR."
            )
        if scheduler.optimizer is not checked_optimizer(who, optimizer):
            raise ArgumentError(f"{who}: got schedulers of different optimizers; make all of one.")
    return schedulers


def _nested_state(schedulers: Sequence[LRScheduler]) -> dict[str, Any]:
    return {
        f"{i}.{name}": value
        for i, scheduler in enumerate(schedulers)
        for name, value in scheduler.state_dict().items()
    }


def _load_nested(
    who: str, schedulers: Sequence[LRScheduler], state: Mapping[str, Any], own: Sequence[str]
) -> None:
    check_names(who, state, [*own, *_nested_state(schedulers)])
    for i, scheduler in enumerate(schedulers):
        start = f"{i}."
        scheduler.load_state_dict(
            {k.removeprefix(start): v for k, v in state.items() if k.startswith(start)}
        )
