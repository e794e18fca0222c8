"""What ``fit`` measures: one number per epoch of each kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, closest

_LISTS = ("loss", "val_loss", "lr", "grad_norm", "seconds")


@dataclass
class History:
    """What ``fit`` measured, one entry per epoch; ``history["val_accuracy"]`` finds all by name.

    Attributes:
        loss: the mean training loss over its rows, as the weights were changing; weighted as the
            loss weighs them, by sample_weight and the classes' weights. Of a loss with
            reduction="sum": the sum over the number of rows, or over the sum of sample_weight.
        val_loss: the loss of the validation data after the epoch; empty without them.
        metrics, val_metrics: name to list, measured likewise.
        lr: the learning rate (of the first parameter group) at the beginning of the epoch.
        grad_norm: the norm of all gradients as one vector, before clipping: the mean over batches.
        seconds: how long the epoch took.
        best_epoch: the epoch (from 1) of the best monitored value; 0 if there is none.
        stopped: why training ended before its last epoch: "", "early stopping", "callback",
            "converged" (L-BFGS) or "interrupted".
        interrupted: whether it was Ctrl-C.

    >>> import nn
    >>> history = nn.History(loss=[0.7, 0.5], metrics={"accuracy": [0.8, 0.9]})
    >>> history["accuracy"]
    [0.8, 0.9]
    >>> history
    History(epochs=2, loss=0.5)
    """

    loss: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    val_metrics: dict[str, list[float]] = field(default_factory=dict)
    lr: list[float] = field(default_factory=list)
    grad_norm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0
    stopped: str = ""
    interrupted: bool = False

    def keys(self) -> list[str]:
        """The names of what was measured."""
        lists = [name for name in _LISTS if getattr(self, name)]
        return [*lists, *self.metrics, *(f"val_{name}" for name in self.val_metrics)]

    def __getitem__(self, name: str) -> list[float]:
        if name in _LISTS:
            found: list[float] = getattr(self, name)
            return found
        if name in self.metrics:
            return self.metrics[name]
        if name.startswith("val_") and name[4:] in self.val_metrics:
            return self.val_metrics[name[4:]]
        known = self.keys()
        raise ArgumentError(
            f"History: got {name!r}, expected one of {', '.join(known) or 'none yet'}"
            f"{closest(name, known) or '.'}"
        )

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __len__(self) -> int:
        """The number of epochs."""
        return len(self.loss)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        """The number of epochs, the last losses, and how it ended."""
        parts = [f"epochs={len(self)}"]
        for name in ("loss", "val_loss"):
            if values := getattr(self, name):
                parts.append(f"{name}={values[-1]:.4g}")
        parts += [f"best_epoch={self.best_epoch}"] if self.best_epoch else []
        parts += [f"stopped={self.stopped!r}"] if self.stopped else []
        return f"History({', '.join(parts)})"

    def add(self, logs: dict[str, float]) -> None:
        """Take in the numbers of one more epoch."""
        for name, value in logs.items():
            self._list(name).append(value)

    def _list(self, name: str) -> list[float]:
        if name in _LISTS:
            found: list[float] = getattr(self, name)
            return found
        if name.startswith("val_"):
            return self.val_metrics.setdefault(name[4:], [])
        return self.metrics.setdefault(name, [])

    def trim(self, epochs: int) -> None:
        """Keep that many epochs; an interrupt may have come between two lists."""
        for name in self.keys():
            del self._list(name)[epochs:]

    def arrays(self) -> dict[str, Any]:
        """Name to array, for a checkpoint."""
        return {name: np.array(self._list(name)) for name in self.keys()}

    def load(self, arrays: dict[str, Any]) -> None:
        """Put what ``arrays`` gave into a new history."""
        for name, values in arrays.items():
            self._list(name).extend(values.tolist())

    def plot(self, *names: str, ax: Any = None) -> Any:
        """Draw curves over the epochs: the losses, or those of these names (and their "val_").

        Returns:
            the matplotlib Axes; see ``nn.plot.loss_curves``.

        Raises:
            ModuleNotFoundError: matplotlib is not installed.
        """
        from .. import plot

        return plot.loss_curves(self, *names, ax=ax)
