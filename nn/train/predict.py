"""Using a model: outputs without a graph, losses and metrics, in evaluation mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError

from ..layers import positive_int
from ..module import Module
from .losses import check_first, check_fits, check_weights, loss_for, loss_of, mean_of, share_of
from .metrics import Metric, metrics_named, number_of
from .rows import cut, data_of, inputs_of

# Rows at once where nobody said how many: enough for NumPy's speed, little memory.
ROWS = 1024


def predict(model: Module, X: Any, *, batch_size: int | None = ROWS) -> Any:  # noqa: N803
    """The model's outputs for the rows of X: an array, without a graph, in evaluation mode.

    Every module is in its old mode again afterwards.

    Args:
        X: array-like of shape (n, ...). batch_size: rows at once; None means all.

    Returns:
        array of shape (n, ...): what the model gives, logits if it gives logits.

    Raises:
        ShapeError: no rows, or other features than the model's. ArgumentError: nan or inf in X, or
            batch_size below 1. DTypeError: the model is not a Module, X is not numeric.

    >>> import numpy as np, nn
    >>> nn.predict(nn.Linear(3, 2), np.zeros((5, 3))).shape
    (5, 2)
    """
    check_model("predict", model)
    X = inputs_of("predict", X)  # noqa: N806
    size = rows_at_once("predict", batch_size, len(X))
    with evaluating(model):
        parts = [output_of("predict", model(inputs)) for (inputs,) in cut((X,), size, None)]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def evaluate(
    model: Module,
    X: Any,  # noqa: N803
    y: Any,
    loss: Any = None,
    metrics: Any = None,
    *,
    batch_size: int | None = ROWS,
    sample_weight: Any = None,
) -> dict[str, float]:
    """The loss and the metrics of the model on data, in evaluation mode.

    Args:
        X, y, loss, metrics, sample_weight: as ``fit``. batch_size: rows at once; None means all.

    Returns:
        {"loss": ..., and every metric by its name}. The loss is the mean over all rows, weighted
        as the loss weighs them (sample_weight, the weights of classes, ignore_index), whatever
        batch_size is; of a loss with reduction="sum", the sum over the number of rows, or over
        the sum of sample_weight.

    Raises: as ``predict``, and what the loss and the metrics raise.

    >>> import numpy as np, nn
    >>> model = nn.Linear(2, 2, rng=np.random.default_rng(0))
    >>> sorted(nn.evaluate(model, np.eye(2), np.array([0, 1]), metrics="accuracy"))
    ['accuracy', 'loss']
    """
    check_model("evaluate", model)
    data = data_of("evaluate", X, y, sample_weight)
    function = loss_for("evaluate", loss, data[1])
    if sample_weight is not None:
        check_weights("evaluate", function)
    found = metrics_named("evaluate", metrics, function, data[1])
    size = rows_at_once("evaluate", batch_size, len(data[0]))
    return measured("evaluate", model, data, function, found, size, loss is None)


def measured(
    who: str, model: Module, data: tuple[Any, ...], loss: Callable[..., Any],
    metrics: Mapping[str, Metric], size: int, chosen: bool = False,
) -> dict[str, float]:  # fmt: skip
    """What ``evaluate`` gives, of things that have been checked; chosen: see ``check_fits``."""
    total = whole = 0.0
    outputs = []
    with evaluating(model):
        for inputs, targets, *weights in cut(data, size, None):
            given = model(inputs)
            check_fits(who, chosen, loss, given, targets)
            factor, mass = share_of(loss, targets, *weights)
            if mass:
                value = loss_of(loss, given, targets, *weights)
                if getattr(value, "size", 1) != 1:
                    check_first(who, value)
                total += factor * float(value.item() if hasattr(value, "item") else value)
                whole += mass
            if metrics:
                outputs.append(output_of(who, given))
    logs = {"loss": mean_of(who, total, whole)}
    if metrics:
        logs |= metric_values(who, metrics, outputs, data[1])
    return logs


def metric_values(
    who: str, metrics: Mapping[str, Metric], outputs: list[Any], targets: Any
) -> dict[str, float]:
    """Every metric of the outputs, put together again, against the targets.

    Raises:
        DTypeError: one gave something else than a number.
    """
    whole = outputs[0] if len(outputs) == 1 else np.concatenate(outputs)
    return {name: number_of(who, name, metric(whole, targets)) for name, metric in metrics.items()}


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """No graph, every module in evaluation mode, and afterwards as it was."""
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with ag.no_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode


def output_of(who: str, output: Any) -> Any:
    """The array of a model's output.

    Raises:
        DTypeError: it is neither Tensor nor array.
    """
    if isinstance(output, ag.Tensor):
        return output.data
    if isinstance(output, np.ndarray):
        return output
    raise DTypeError(
        f"{who}: the model gave {type(output).__name__}, expected one Tensor; return one from "
        "forward."
    )


def check_model(who: str, model: Any) -> None:
    """Refuse what is not a Module.

    Raises:
        DTypeError: it is none.
    """
    if not isinstance(model, Module):
        name = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise DTypeError(f"{who}: got {name} as the model, expected an nn.Module ready for use.")


def rows_at_once(who: str, batch_size: Any, count: int) -> int:
    """batch_size, or count for None.

    Raises:
        ArgumentError: it is not a positive int.
    """
    if batch_size is None:
        return count
    try:
        return positive_int(who, "batch_size", batch_size)
    except ArgumentError:
        raise ArgumentError(
            f"{who}: got batch_size={batch_size!r}, expected a positive int, or None for all rows."
        ) from None
