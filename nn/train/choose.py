"""From what the user gave fit, a name or nothing, to optimizers and schedules."""

from __future__ import annotations

from typing import Any

from autograd_lite.errors import ArgumentError, DTypeError, closest

from .. import optim, schedule

OPTIMIZERS: dict[str, Any] = {
    "adagrad": optim.Adagrad,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "lbfgs": optim.LBFGS,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}
SCHEDULES = (
    "constant", "cosine", "exponential", "invscaling", "multistep", "onecycle", "plateau", "step",
    "warmup",
)  # fmt: skip


def optimizer_for(optimizer: Any, model: Any, lr: Any) -> Any:
    """The optimizer itself, or a new one of this name for the model's parameters; Adam for None.

    Raises:
        ArgumentError: an unknown name, lr that is no number, or beside an optimizer that has its
            own. DTypeError: a class, or something that does not step.
    """
    if isinstance(lr, (str, bool)):
        raise ArgumentError(f"fit: got lr={lr!r}, expected a number; write lr=0.01.")
    if optimizer is None or isinstance(optimizer, str):
        name = "adam" if optimizer is None else optimizer.lower().replace("-", "")
        if name not in OPTIMIZERS:
            known = sorted(OPTIMIZERS)
            raise ArgumentError(
                f"fit: got the optimizer {optimizer!r}, expected one of {', '.join(known)}, or one "
                f"ready for use such as nn.Adam(model.parameters()){closest(name, known) or '.'}"
            )
        parameters = list(model.parameters())
        if not parameters:
            raise ArgumentError(
                f"fit: got {type(model).__name__}, a model without parameters, so there is "
                "nothing to learn; give it layers."
            )
        if lr is None:
            return OPTIMIZERS[name](parameters)
        if name == "lbfgs":
            raise ArgumentError("fit: got lr with L-BFGS, which searches its own steps; drop it.")
        return OPTIMIZERS[name](parameters, lr=lr)
    if isinstance(optimizer, type) or not (
        hasattr(optimizer, "step") and hasattr(optimizer, "zero_grad")
    ):
        shown = (
            f"the class {optimizer.__name__}"
            if isinstance(optimizer, type)
            else type(optimizer).__name__
        )
        raise DTypeError(
            f"fit: got {shown} as the optimizer, expected one ready for use; "
            "write optimizer=nn.Adam(model.parameters())."
        )
    if lr is not None:
        raise ArgumentError(
            f"fit: got lr={lr!r} and {optimizer!r}, which has its own; give lr where the optimizer "
            "is made."
        )
    return optimizer


def scheduler_for(scheduler: Any, optimizer: Any, epochs: int, batches: int, rows: int) -> Any:
    """The schedule itself, what a function makes of the optimizer, or a new one of this name.

    Raises:
        ArgumentError: an unknown name, or a schedule of another optimizer.
        DTypeError: something that does not step.
    """
    if scheduler is None:
        return None
    if isinstance(scheduler, str):
        return _named_schedule(scheduler, optimizer, epochs, batches, rows)
    if not hasattr(scheduler, "step") or isinstance(scheduler, type):
        if not callable(scheduler):
            raise DTypeError(
                f"fit: got {type(scheduler).__name__} as the scheduler, expected a name, a "
                "schedule, or a function of the optimizer that makes one."
            )
        scheduler = scheduler(optimizer)
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise ArgumentError(
            f"fit: got {type(scheduler).__name__} of another optimizer; write "
            f"scheduler=lambda optimizer: nn.{type(scheduler).__name__}(optimizer, ...)."
        )
    return scheduler


def _named_schedule(name: str, optimizer: Any, epochs: int, batches: int, rows: int) -> Any:
    if name not in SCHEDULES:
        raise ArgumentError(
            f"fit: got the scheduler {name!r}, expected one of {', '.join(SCHEDULES)}, or a "
            f"schedule such as nn.StepLR(optimizer, 10){closest(name.lower(), SCHEDULES) or '.'}"
        )
    if not hasattr(optimizer, "param_groups"):
        raise DTypeError(
            f"fit: got the scheduler {name!r} with {type(optimizer).__name__}, which has no "
            "parameter groups to set the rates of; use one of nn's optimizers."
        )
    if name == "constant":
        return schedule.ConstantLR(optimizer, factor=1.0)
    if name == "cosine":
        return schedule.CosineAnnealingLR(optimizer, T_max=epochs)
    if name == "exponential":
        return schedule.ExponentialLR(optimizer, gamma=0.95)
    if name == "invscaling":
        return schedule.InvScalingLR(optimizer, samples=rows)
    if name == "multistep":
        milestones = sorted({max(1, epochs // 2), max(1, epochs * 3 // 4)})
        return schedule.MultiStepLR(optimizer, milestones)
    if name == "onecycle":
        top = [float(group["lr"]) for group in optimizer.param_groups]
        return schedule.OneCycleLR(
            optimizer, top, epochs=epochs, steps_per_epoch=batches,
            cycle_momentum=any(n in optimizer.param_groups[0] for n in ("betas", "momentum")),
        )  # fmt: skip
    if name == "plateau":
        return schedule.ReduceLROnPlateau(optimizer)
    if name == "step":
        return schedule.StepLR(optimizer, step_size=max(1, epochs // 3))
    return schedule.LinearLR(optimizer, 0.1, total_iters=max(1, epochs // 10))
