"""What training knows of a loss: its name, its kind, its weights, and whether it fits the model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from ..loss import Loss, cross_entropy, loss_named, mse_loss, nll_loss
from .rows import as_rows


def loss_for(who: str, loss: Any, y: Any) -> Callable[..., Any]:
    """The loss of a name; for None cross-entropy of integers and bools, squared error of others.

    Raises: see ``nn.loss_named``.
    """
    if loss is None:
        return cross_entropy if y.dtype.kind in "iub" else mse_loss
    return loss_named(loss, who)


def unwrapped(loss: Any) -> tuple[Any, dict[str, Any]]:
    """The function within ``functools.partial`` and the modules of losses, and its options.

    >>> import functools, nn
    >>> function, options = unwrapped(functools.partial(nn.CrossEntropyLoss(), sample_weight=None))
    >>> function is nn.cross_entropy, options["ignore_index"]
    (True, -100)
    """
    options: dict[str, Any] = {}
    while isinstance(loss, partial) and not loss.args:
        options = {**loss.keywords, **options}
        loss = loss.func
    if isinstance(loss, Loss) and type(loss).function is not None:
        options = {"reduction": loss.reduction, **loss.options, **options}
        loss = type(loss).function
    return loss, options


def described(loss: Any) -> str:
    """The loss and its options that are not the defaults, as text to compare and to show."""
    function, options = unwrapped(loss)
    usual = getattr(function, "__kwdefaults__", None) or {}
    given = []
    for name, value in sorted(options.items()):
        if value is None:
            continue
        value = np.asarray(as_rows(value))
        if value.ndim or value.item() != usual.get(name):
            given.append(f"{name}={value.tolist()!r}")
    name = getattr(function, "__name__", type(function).__name__)
    return f"{name}({', '.join(given)})" if given else str(name)


def check_weights(who: str, loss: Any, name: str = "sample_weight") -> None:
    """Refuse weights for a function that takes none.

    Raises:
        ArgumentError: loss has no argument sample_weight.
    """
    if not _takes_weights(loss):
        missing = "of this name" if name == "sample_weight" else "sample_weight"
        raise ArgumentError(
            f"{who}: got {name} with the loss {getattr(loss, '__name__', loss)!r}, which has no "
            f"argument {missing}; write a loss(prediction, target, sample_weight=None)."
        )


def share_of(loss: Any, targets: Any, *weights: Any) -> tuple[float, float]:
    """Of a batch: what its loss is multiplied by in the sum over batches, and what it weighs.

    A mean is multiplied by what it was divided by: the rows, or their weights, which are those of
    their classes too; rows with the label ignore_index weigh nothing. A sum is one already, and is
    reported per row.
    """
    function, options = unwrapped(loss)
    mass = float(weights[0].sum()) if weights else float(len(targets))
    if options.get("reduction", getattr(function, "reduction", "mean")) == "sum":
        return 1.0, mass
    if _of_classes(function) and targets.dtype.kind in "iub":
        if not weights and options.get("weight") is None:  # the usual case, spared three arrays
            kept = float(np.count_nonzero(targets != options.get("ignore_index", -100)))
            return kept, kept
        each = _label_weights(options, targets)
        if each is not None:
            if weights:
                each = each * weights[0].reshape(-1, *[1] * (targets.ndim - 1))
            mass = float(each.sum())
    return mass, mass


def _label_weights(options: dict[str, Any], labels: Any) -> Any:
    """What each label counts in the mean; None where the loss itself will refuse the labels."""
    labels = labels.astype(int) if labels.dtype.kind == "b" else labels
    kept = labels != options.get("ignore_index", -100)
    if options.get("weight") is None:
        return kept.astype(float)
    weight = as_rows(options["weight"]).astype(float)
    places = np.where(kept, labels, 0)
    if weight.ndim != 1 or places.min() < 0 or places.max() >= len(weight):
        return None
    return kept * weight[places]


def mean_of(who: str, total: float, mass: float) -> float:
    """total/mass, the mean loss over batches.

    Raises:
        ArgumentError: no row had a weight.
    """
    if mass:
        return total / mass
    raise ArgumentError(
        f"{who}: got only rows that count nothing in the loss (the label ignore_index, or weights "
        "that are 0), expected at least one that does; look at the labels and the weights."
    )


def loss_of(loss: Any, output: Any, targets: Any, *weights: Any) -> Any:
    """The loss of a batch, weighted if there are weights."""
    if weights:
        return loss(output, targets, sample_weight=weights[0])
    return loss(output, targets)


def _takes_weights(loss: Any) -> bool:
    if isinstance(loss, Loss):
        return True
    from inspect import Parameter, signature

    try:
        parameters = signature(loss).parameters
    except (TypeError, ValueError):
        return False
    return "sample_weight" in parameters or any(
        p.kind is Parameter.VAR_KEYWORD for p in parameters.values()
    )


def check_fits(who: str, chosen: bool, loss: Any, output: Any, y: Any) -> None:
    """Look at the first outputs and targets before the loss does, which knows not who chose it.

    Args:
        chosen: whether the loss is the one that the dtype of y stands for.

    Raises:
        ShapeError: another loss is meant. ArgumentError: cross-entropy over one class.
    """
    shape = getattr(output, "shape", None)
    if not shape:
        return
    function = unwrapped(loss)[0]
    if _of_classes(function):
        name, kind = function.__name__, "bools" if y.dtype.kind == "b" else "integers"
        alone = shape[-1] == 1 or len(shape) == 1
        if chosen and alone:
            sizes = ", ".join(str(size) for size in (-1, *shape[1:]))
            more = "" if y.shape == shape else f", and y.reshape({sizes})"
            raise ShapeError(
                f"{who} chose {name} because y holds {kind}, and the model has one output: write "
                "loss='bce_with_logits' (logits), 'bce' (probabilities) or 'mse' (numbers)"
                f"{more}."
            )
        if chosen and shape == y.shape:
            raise ShapeError(
                f"{who} chose {name} because y holds {kind}, and y has the shape of the outputs, "
                f"{shape[1:]} a row: write loss='bce_with_logits' for several labels a row, or "
                "y.argmax(axis=-1) for one-hot rows."
            )
        if shape[-1] == 1 and len(shape) > 1:
            raise ArgumentError(
                f"{who}: got the loss {name} and outputs of shape {shape}, so one class, of which "
                "it is always 0; write loss='bce_with_logits' for two classes by one logit, or "
                "give the model one output per class."
            )
    elif chosen and y.shape == shape[:-1] and shape[-1] > 1:
        raise ShapeError(
            f"{who} chose mse because y holds floats, and got y of shape {y.shape} for outputs of "
            f"shape {shape}: for classes write y.astype(int), for numbers give the model one "
            "output."
        )


def check_first(who: str, value: Any) -> None:
    """Look at the first loss: one number, in a Tensor.

    Raises:
        DTypeError: it is something else.
    """
    if not isinstance(value, ag.Tensor) or value.size != 1:
        got = f"shape {value.shape}" if isinstance(value, ag.Tensor) else type(value).__name__
        raise DTypeError(
            f"{who}: the loss gave {got}, expected a Tensor of one number; use reduction='mean', "
            "and ag's functions."
        )


def is_labels(loss: Any, y: Any) -> bool:
    """Whether loss takes y for class numbers."""
    return _of_classes(unwrapped(loss)[0]) and np.asarray(y).dtype.kind in "iub"


def _of_classes(function: Any) -> bool:
    return function is cross_entropy or function is nll_loss
