"""The loop itself: epochs, batches, and what comes after each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import AnomalyError, ArgumentError

from ..clip import gradient_norm, scale
from ..loss.classes import check_labels
from ..module import Module
from ..optim import LBFGS, Optimizer
from . import resume
from .correct import Accuracy
from .losses import check_first, check_fits, is_labels, loss_of, mean_of, share_of, unwrapped
from .metrics import Metric
from .predict import ROWS, measured, metric_values, output_of
from .progress import Progress
from .rows import cut
from .state import Best, Checkpoint, EarlyStopping, FitState

_Batch = tuple[Any, ...]


@dataclass
class Run:
    """One training: what ``fit`` was given, looked over, and where it is."""

    model: Module
    data: _Batch
    validation: _Batch | None
    validating_rows: Any
    loss: Callable[..., Any]
    optimizer: Any
    scheduler: Any
    metrics: Mapping[str, Metric]
    size: int
    drop_last: bool
    chosen: bool  # whether fit chose the loss
    rng: Any  # shuffles the rows; None keeps their order
    generators: Mapping[str, Any]
    clip_norm: float | None
    stopping: EarlyStopping | None
    best: Best
    checkpoint: Checkpoint | None
    callbacks: Sequence[Any]
    hooks: Mapping[str, list[Callable[[FitState], Any]]]
    report: Callable[[int, float], None] | None
    state: FitState
    lr: float | None  # what the rate of the first group began with
    facts: Mapping[str, Any]  # of what was given, for checkpoints

    def __post_init__(self) -> None:
        self.history = self.state.history
        known = getattr(self.optimizer, "parameters", None)
        self.parameters = list(self.model.parameters() if known is None else known)
        self.unchecked = True
        # Only a model that draws must be put back before a batch is looked at again.
        self.drawing = {k: g for k, g in self.generators.items() if k != "fit"}
        self.drawn: dict[str, Any] = {}

    def go(self, progress: Progress) -> None:
        """Train to the last epoch, or to whatever ends it before."""
        state, history = self.state, self.history
        try:
            self.call("on_train_begin")
            self.stop_early()
            while state.epoch < state.epochs and not state.stop:
                self.epoch(progress)
        except KeyboardInterrupt:
            history.trim(len(history.seconds))  # the last of an epoch that is taken in
            history.interrupted, history.stopped = True, "interrupted"
            self.put_best()
        else:
            if self.stopping is not None and self.stopping.restore_best:
                self.put_best()
        finally:
            progress.close()
        self.call("on_train_end")

    def epoch(self, progress: Progress) -> None:
        """One pass over the data, and all that is due after it."""
        state, start = self.state, time.perf_counter()
        state.epoch, state.batch, state.logs = state.epoch + 1, 0, {}
        groups = getattr(self.optimizer, "param_groups", None)
        lr = float(groups[0]["lr"] if groups else getattr(self.optimizer, "lr", math.nan))
        self.call("on_epoch_begin")
        quiet: Any = {kind: "ignore" for kind, how in np.geterr().items() if how == "warn"}
        # Overflow shows in the loss, which is looked at: NumPy need not warn of it as well.
        with np.errstate(**quiet):
            logs = self.search() if isinstance(self.optimizer, LBFGS) else self.descend()
            if self.validation is not None:
                size = max(self.size, ROWS)
                found = measured("fit", self.model, self.validation, self.loss, self.metrics, size)
                logs |= {f"val_{name}": value for name, value in found.items()}
        logs |= {"lr": lr, "seconds": time.perf_counter() - start}
        self.history.add(logs)
        state.logs, state.loss = logs, logs["loss"]
        self.best.update(logs[self.best.monitor], state.epoch, self.model)
        self.history.best_epoch = self.best.epoch
        self.schedule("epoch", logs.get("val_loss", logs["loss"]))
        self.call("on_epoch_end")
        if self.report is not None:
            self.report(state.epoch, logs["loss"])
        if state.stop and not self.history.stopped:
            self.history.stopped = "callback"
        self.stop_early()
        last = state.stop or state.epoch == state.epochs
        if self.checkpoint is not None and (last or state.epoch % self.checkpoint.every == 0):
            resume.write(self.checkpoint.path, self)
        progress.update(state.epoch, logs, last=last)

    def descend(self) -> dict[str, float]:
        """The batches of an epoch, each with a step of the optimizer."""
        state, optimizer = self.state, self.optimizer
        total = whole = norms = 0.0
        steps = 0
        outputs, seen = [], []
        for batch in cut(self.data, self.size, self.rng, self.drop_last):
            state.batch += 1
            factor, mass = share_of(self.loss, *batch[1:])
            if not mass:
                continue  # rows of no weight say nothing of the gradient
            if self.drawing:
                self.drawn = resume.states_of(self.drawing)
            optimizer.zero_grad()
            output = self.model(batch[0])
            if self.unchecked:
                check_fits("fit", self.chosen, self.loss, output, batch[1])
            value = loss_of(self.loss, output, *batch[1:])
            if self.unchecked:
                self.check(output, value, batch[1])
            value.backward()
            if self.unchecked:
                self.check_reached()
            number, norm = value.item(), gradient_norm(self.parameters)
            if not math.isfinite(number):
                self.refuse(number, "loss", batch)
            if not math.isfinite(norm):
                self.refuse(norm, "gradient", batch)
            if self.clip_norm is not None and norm > self.clip_norm:
                with_gradient = [p for p in self.parameters if p.grad is not None]
                scale(with_gradient, self.clip_norm / (norm + 1e-6))
            optimizer.step()
            self.schedule("batch", number)
            total, whole, norms = total + factor * number, whole + mass, norms + norm
            steps += 1
            if self.metrics:
                outputs.append(output_of("fit", output))
                seen.append(batch[1])
            state.loss = number
            if self.hooks["on_batch_end"]:
                self.call("on_batch_end")
                if state.stop:
                    break
        logs = {"loss": mean_of("fit", total, whole), "grad_norm": norms / steps}
        if self.metrics:
            targets = seen[0] if len(seen) == 1 else np.concatenate(seen)
            logs |= metric_values("fit", self.metrics, outputs, targets)
        return logs

    def search(self) -> dict[str, float]:
        """An epoch of L-BFGS: one search over all rows."""
        output: Any = None
        factor, mass = share_of(self.loss, *self.data[1:])

        def closure() -> Any:
            nonlocal output
            self.optimizer.zero_grad()
            output = self.model(self.data[0])
            first = self.unchecked
            if first:
                check_fits("fit", self.chosen, self.loss, output, self.data[1])
            value = loss_of(self.loss, output, *self.data[1:])
            if first:
                self.check(output, value, self.data[1])
            value.backward()
            if first:
                self.check_reached()
                if not math.isfinite(value.item()):
                    self.refuse(value.item(), "loss", self.data)
            return value

        self.optimizer.step(closure)
        result = self.optimizer.result
        self.state.batch, self.state.loss = 1, float(result.fun)
        self.call("on_batch_end")
        # SciPy's jac is the gradient where it stopped; status 0 says that there is no way down.
        logs = {"loss": mean_of("fit", factor * float(result.fun), mass)}
        logs["grad_norm"] = float(np.linalg.norm(result.jac))
        if result.status == 0:
            self.state.stop, self.history.stopped = True, "converged"
        if self.metrics:
            with ag.no_grad():
                last = output_of("fit", self.model(self.data[0]))
            logs |= metric_values("fit", self.metrics, [last], self.data[1])
        return logs

    # -- looking --------------------------------------------------------------------------------

    def check(self, output: Any, value: Any, targets: Any) -> None:
        """Look at the first output and loss, and with them at all labels."""
        check_first("fit", value)
        output = output.data if isinstance(output, ag.Tensor) else np.asarray(output)
        for metric in self.metrics.values():
            if isinstance(metric, Accuracy):
                metric.check(output, targets)
        for data in (self.data, self.validation):
            if data is None or not is_labels(self.loss, data[1]):
                continue
            if data[1].shape[1:] == output.shape[1:-1]:
                like = np.broadcast_to(output[:1], (len(data[1]), *output.shape[1:]))
                ignored = unwrapped(self.loss)[1].get("ignore_index", -100)
                check_labels("cross_entropy", like, data[1], "sum", ignored)

    def check_reached(self) -> None:
        """Refuse an optimizer that would change nothing: no gradient came to its parameters."""
        self.unchecked = False
        optimizer = self.optimizer
        if isinstance(optimizer, Optimizer) and all(p.grad is None for p in self.parameters):
            raise ArgumentError(
                f"fit: got {optimizer!r}, none of whose parameters belongs to the model (the loss "
                f"gave them no gradient); write {type(optimizer).__name__}(model.parameters(), "
                "lr=...)."
            )

    def refuse(self, number: float, what: str, batch: _Batch) -> None:
        """Say where the first nan or inf was born, by another look at the batch.

        Raises:
            ArgumentError: always.
        """
        born = ""
        if self.drawing:
            resume.set_states(self.drawing, self.drawn)
        try:
            with np.errstate(all="ignore"), ag.detect_anomaly():
                loss_of(self.loss, self.model(batch[0]), *batch[1:]).backward()
        except AnomalyError as error:
            place = str(error).removesuffix(".").removesuffix("; look at the inputs there")
            born = f"in batch {max(self.state.batch, 1)}, {place}; "
        raise ArgumentError(
            f"fit: the {what} became {number} in epoch {self.state.epoch}, expected a finite "
            f"number; {born}make lr smaller, or set clip_norm=1.0."
        ) from None

    # -- afterwards -----------------------------------------------------------------------------

    def call(self, hook: str) -> None:
        """Call the callbacks' methods of this name."""
        for function in self.hooks[hook]:
            function(self.state)

    def schedule(self, when: str, value: float) -> None:
        """Step the schedule, if its time is this."""
        scheduler = self.scheduler
        if scheduler is None or getattr(scheduler, "interval", "epoch") != when:
            return
        if hasattr(scheduler, "patience"):
            scheduler.step(value)
        else:
            scheduler.step()

    def stop_early(self) -> None:
        """Stop where the monitored value has not improved for long enough."""
        if self.stopping is not None and self.best.wait >= self.stopping.patience:
            self.state.stop, self.history.stopped = True, "early stopping"

    def put_best(self) -> None:
        """The weights of the best epoch, if there is one, back into the model."""
        if self.best.weights is not None:
            self.model.load_state_dict(self.best.weights)


def take(data: _Batch, rows: Any) -> _Batch:
    """The same rows of every array."""
    return tuple(a[rows] for a in data)
