"""What fit tells callbacks, and the small things one gives it: early stopping, checkpoints."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError, closest

from ..layers import positive_int
from .history import History

_MODES = {
    "accuracy": "max", "grad_norm": "min", "loss": "min", "mae": "min", "mse": "min", "r2": "max",
    "rmse": "min",
}  # fmt: skip
HOOKS = ("on_train_begin", "on_epoch_begin", "on_batch_end", "on_epoch_end", "on_train_end")


@dataclass
class FitState:
    """What a callback sees; to end the training, it sets ``stop`` to True.

    Attributes:
        model, optimizer, scheduler, history: those of the training.
        epoch, epochs: the number of this epoch, from 1, and of the last.
        batch, batches: the number of this batch, from 1, and of the last of an epoch.
        loss: of this batch; in on_epoch_end of this epoch.
        logs: in on_epoch_end, what was measured in this epoch, by name.
        stop: set it to True, and this batch or epoch is the last.
    """

    model: Any
    optimizer: Any
    scheduler: Any
    history: History
    epochs: int
    batches: int
    epoch: int = 0
    batch: int = 0
    loss: float = math.nan
    logs: dict[str, float] = field(default_factory=dict)
    stop: bool = False


class Callback:
    """Base class of callbacks: write the methods that are wanted; each is given a ``FitState``.

    Any object with one of these methods will do, and a plain function counts as on_epoch_end; if
    it returns True, that epoch is the last.
    A callback with state_dict() and load_state_dict() is part of checkpoints.

    >>> import numpy as np, nn
    >>> def enough(state):
    ...     return state.epoch == 3
    >>> X = np.zeros((4, 2))
    >>> history = nn.fit(nn.Linear(2, 2), X, np.zeros(4, int), callbacks=[enough], progress=False)
    >>> len(history), history.stopped
    (3, 'callback')
    """

    def on_train_begin(self, state: FitState) -> None:
        """Before the first epoch."""

    def on_epoch_begin(self, state: FitState) -> None:
        """Before the first batch of an epoch."""

    def on_batch_end(self, state: FitState) -> None:
        """After a step of the optimizer."""

    def on_epoch_end(self, state: FitState) -> None:
        """After an epoch was measured."""

    def on_train_end(self, state: FitState) -> None:
        """After the last epoch, however it ended but for an error."""


def hooks_of(callbacks: Any) -> dict[str, list[Callable[[FitState], Any]]]:
    """Hook to the functions to call.

    Raises:
        DTypeError: something without a hook, or the class of a callback.
    """
    alone = callbacks is not None and not isinstance(callbacks, Sequence)
    given = [callbacks] if alone else list(callbacks or ())
    found: dict[str, list[Callable[[FitState], Any]]] = {hook: [] for hook in HOOKS}
    for callback in given:
        if isinstance(callback, type):
            raise DTypeError(
                f"fit: got the class {callback.__name__} as a callback, expected an object; call "
                f"it: {callback.__name__}()."
            )
        own = [hook for hook in HOOKS if hasattr(callback, hook)]
        for hook in own:
            # The base class's methods do nothing: spare the calls.
            if getattr(type(callback), hook, None) is not getattr(Callback, hook):
                found[hook].append(getattr(callback, hook))
        if not own:
            if not callable(callback):
                raise DTypeError(
                    f"fit: got {type(callback).__name__} as a callback, expected a function of the "
                    f"state, or an object with one of {', '.join(HOOKS)}."
                )
            found["on_epoch_end"].append(partial(_stop_if_true, callback))
    return found


def _stop_if_true(callback: Callable[[FitState], Any], state: FitState) -> None:
    answer = callback(state)
    if isinstance(answer, (bool, np.bool_)) and answer:
        state.stop = True


@dataclass(frozen=True)
class EarlyStopping:
    """End the training after patience epochs without an improvement.

    Args:
        patience: how many such epochs are made.
        restore_best: whether the weights of the best epoch are put back at the end.
        min_delta: improvements up to this do not count.
        monitor: the name of what is watched, such as "val_accuracy"; None means the validation
            loss, or the training loss without validation data.
        mode: "min" or "max"; None means "min" for losses and errors ("loss", "mae", "mse", "rmse",
            "grad_norm"), "max" for "accuracy" and "r2". Metrics of your own need one.

    Raises:
        ArgumentError: patience is not a positive int, min_delta is negative, or an unknown mode.

    Reference: Prechelt, 1998.
    """

    patience: int = 10
    restore_best: bool = True
    min_delta: float = 0.0
    monitor: str | None = None
    mode: str | None = None

    def __post_init__(self) -> None:
        positive_int("EarlyStopping", "patience", self.patience)
        if not isinstance(self.min_delta, (int, float)) or not 0 <= self.min_delta < math.inf:
            raise ArgumentError(
                f"EarlyStopping: got min_delta={self.min_delta!r}, expected a finite number, 0 or "
                "larger."
            )
        if self.mode not in (None, "min", "max"):
            raise ArgumentError(
                f"EarlyStopping: got mode={self.mode!r}, expected 'min', 'max' or None"
                f"{closest(str(self.mode), ('min', 'max')) or '.'}"
            )


def as_early_stopping(given: Any) -> EarlyStopping | None:
    """An EarlyStopping for itself, its patience, True, or a dict of its arguments.

    Raises:
        DTypeError: something else.
    """
    if given is None or given is False:
        return None
    if isinstance(given, EarlyStopping):
        return given
    if given is True:
        return EarlyStopping()
    if isinstance(given, int):
        return EarlyStopping(given)
    if isinstance(given, dict):
        known = tuple(EarlyStopping.__dataclass_fields__)
        for name in given:
            if name not in known:
                raise ArgumentError(
                    f"fit: got early_stopping with {name!r}, expected {', '.join(known)}"
                    f"{closest(str(name), known) or '.'}"
                )
        return EarlyStopping(**given)
    raise DTypeError(
        f"fit: got {type(given).__name__} as early_stopping, expected a number of epochs or an "
        "EarlyStopping; write early_stopping=nn.EarlyStopping(patience=10)."
    )


@dataclass(frozen=True)
class Checkpoint:
    """Where ``fit`` writes its state, and after how many epochs each time.

    Raises:
        ArgumentError: every is not a positive int. DTypeError: path is not a path.
    """

    path: str | os.PathLike[str]
    every: int = 1

    def __post_init__(self) -> None:
        positive_int("Checkpoint", "every", self.every)
        if not isinstance(self.path, (str, os.PathLike)):
            raise DTypeError(
                f"fit: got {type(self.path).__name__} as checkpoint, expected a path; write "
                "checkpoint='run.npz'."
            )


class Best:
    """The best epoch so far, and its weights.

    Attributes:
        monitor: the name of what is watched. value, epoch: of the best, 0 if there is none yet.
        wait: epochs since. weights: the model's state_dict of the best epoch, or None.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        self.monitor = monitor
        self.sign = 1 if mode == "min" else -1
        self.min_delta = min_delta
        self.value = self.sign * math.inf
        self.epoch = self.wait = 0
        self.weights: dict[str, Any] | None = None

    def update(self, value: float, epoch: int, model: Any) -> None:
        """Take in the value after an epoch."""
        if self.sign * value < self.sign * self.value - self.min_delta:
            self.weights = model.state_dict()
            self.value, self.epoch, self.wait = value, epoch, 0
        else:
            self.wait += 1


def best_for(stopping: EarlyStopping | None, known: Sequence[str]) -> Best:
    """What to watch, of the names that will be known.

    Raises:
        ArgumentError: stopping wants another one, or one whose direction is not known.
    """
    usual = "val_loss" if "val_loss" in known else "loss"
    if stopping is None:
        return Best(usual, "min", 0.0)
    monitor = stopping.monitor or usual
    if monitor not in known:
        without = monitor.startswith("val_") and "val_loss" not in known
        raise ArgumentError(
            f"fit: got early_stopping with monitor={monitor!r}, expected one of {', '.join(known)}"
            + ("; give validation=(X, y) or a fraction." if without else closest(monitor, known))
        )
    mode = stopping.mode or _MODES.get(monitor.removeprefix("val_"))
    if mode is None:
        raise ArgumentError(
            f"fit: got early_stopping with monitor={monitor!r}, a metric of your own, and no mode; "
            f'write nn.EarlyStopping(monitor={monitor!r}, mode="min") if less is better, else '
            'mode="max".'
        )
    return Best(monitor, mode, stopping.min_delta)
