"""Training in short functions: minibatches, accuracy, fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from . import init
from .layers import positive_int
from .loss import cross_entropy
from .module import Module
from .optim import Optimizer


def batches(
    X: Any,  # noqa: N803 - the data matrix, as everywhere
    y: Any,
    batch_size: int,
    *,
    rng: np.random.Generator | None = None,
) -> Iterator[tuple[Any, Any]]:
    """Pairs of a minibatch of X and the same rows of y; the last may be smaller.

    Args:
        X: array-like of shape (n, ...). y: array-like of shape (n, ...).
        batch_size: rows of a minibatch; larger than n gives one batch of all rows.
        rng: shuffle the rows with this NumPy Generator; None keeps their order (and gives views).

    Raises:
        ShapeError: different numbers of rows, or none. ArgumentError: batch_size below 1.
        DTypeError: rng is not a Generator.

    >>> import numpy as np, nn
    >>> [len(x) for x, _ in nn.batches(np.zeros((5, 2)), np.zeros(5), 2)]
    [2, 2, 1]
    """
    X, y = _rows(X), _rows(y)  # noqa: N806
    if X.ndim == 0 or y.ndim == 0 or len(X) != len(y) or not len(X):
        raise ShapeError(
            f"batches: got X of shape {X.shape} and y of shape {y.shape}, expected the same number "
            "of rows in both, at least one."
        )
    size = positive_int("batches", "batch_size", batch_size)
    if rng is not None:
        rng = init.generator(rng, "batches")
    return _cut(X, y, size, rng)


def _cut(X: Any, y: Any, size: int, rng: Any) -> Iterator[tuple[Any, Any]]:  # noqa: N803
    order = None if rng is None else rng.permutation(len(X))
    for start in range(0, len(X), size):
        if order is None:
            yield X[start : start + size], y[start : start + size]
        else:
            rows = order[start : start + size]
            # The rows are valid; "clip" spares the check and gathers straight into the result.
            yield X.take(rows, axis=0, mode="clip"), y.take(rows, axis=0, mode="clip")


def accuracy(scores: Any, labels: Any) -> float:
    """The share of rows whose largest score is at the label.

    Args:
        scores: Tensor or array of shape (n, classes), logits or probabilities.
        labels: integers of shape (n,).

    Raises:
        ShapeError: shapes that do not fit, or no rows.

    >>> import numpy as np, nn
    >>> nn.accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1]))
    0.5
    """
    scores, labels = _rows(scores), _rows(labels)
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not scores.size:
        raise ShapeError(
            f"accuracy: got scores of shape {scores.shape} and labels of shape {labels.shape}, "
            "expected (n, classes) and (n,); pass the model's outputs first, labels as numbers."
        )
    return float((scores.argmax(axis=1) == labels).mean())


@dataclass
class History:
    """What ``fit`` measured.

    Attributes:
        loss: per epoch, the mean training loss over its rows, as the weights were changing.
    """

    loss: list[float] = field(default_factory=list)


def fit(
    model: Module,
    X: Any,  # noqa: N803
    y: Any,
    *,
    optimizer: Optimizer,
    loss: Callable[[Any, Any], Any] = cross_entropy,
    epochs: int = 10,
    batch_size: int = 32,
    rng: np.random.Generator | None = None,
    report: Callable[[int, float], None] | None = None,
) -> History:
    """Train model on minibatches in random order.

    Args:
        X, y, batch_size: as ``batches``.
        optimizer: made of the model's parameters.
        loss: ``loss(model(X), y)``, a mean over the rows of a batch.
        epochs: passes over the data.
        rng: NumPy Generator that shuffles the rows; None means ``np.random.default_rng(0)``, the
            same orders at every run; pass rng= for other draws.
        report: called after each epoch with its number (from 1) and its loss.

    Returns:
        a History; the model is left in training mode.

    Raises: what ``batches``, the model and the loss raise.
        ArgumentError: epochs below 1, an optimizer of parameters that are not the model's, or a
            loss that becomes nan or inf.
        DTypeError: an optimizer or a loss that is none, such as its name.

    >>> import numpy as np, nn
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 2))
    >>> model = nn.Linear(2, 2, rng=rng)
    >>> optimizer = nn.Adam(model.parameters(), lr=0.1)
    >>> history = nn.fit(model, X, (X[:, 0] > 0).astype(int), optimizer=optimizer, rng=rng)
    >>> history.loss[-1] < history.loss[0] / 2
    True
    """
    count = positive_int("fit", "epochs", epochs)
    _check_tools(optimizer, loss)
    rng = init.generator(rng, "fit")
    quiet: Any = {kind: "ignore" for kind, how in np.geterr().items() if how == "warn"}
    history = History()
    model.train()
    for epoch in range(1, count + 1):
        total, rows = 0.0, 0
        # Overflow shows in the loss, which is looked at: NumPy need not warn of it as well.
        with np.errstate(**quiet):
            for inputs, targets in batches(X, y, batch_size, rng=rng):
                optimizer.zero_grad()
                value = loss(model(inputs), targets)
                value.backward()
                if epoch == 1 and not rows:
                    _check_reached(optimizer)
                number = value.item()
                if not math.isfinite(number):
                    raise ArgumentError(
                        f"fit: the loss became {number} in epoch {epoch}, expected a finite "
                        "number; make the optimizer with a smaller lr (or look for nan and inf in "
                        "X and y)."
                    )
                optimizer.step()
                total += number * len(inputs)
                rows += len(inputs)
        history.loss.append(total / rows)
        if report is not None:
            report(epoch, history.loss[-1])
    return history


def _check_tools(optimizer: Any, loss: Any) -> None:
    if isinstance(optimizer, type) or not (
        hasattr(optimizer, "step") and hasattr(optimizer, "zero_grad")
    ):
        raise DTypeError(
            f"fit: got {_shown(optimizer)} as the optimizer, expected one ready for use; "
            "write optimizer=nn.Adam(model.parameters())."
        )
    if not callable(loss):
        raise DTypeError(
            f"fit: got {_shown(loss)} as the loss, expected a function; write "
            "loss=nn.cross_entropy, or loss=nn.mse_loss."
        )


def _check_reached(optimizer: Any) -> None:
    """Refuse an optimizer that would change nothing: no gradient came to its parameters."""
    if isinstance(optimizer, Optimizer) and all(p.grad is None for p in optimizer.parameters):
        raise ArgumentError(
            f"fit: got {optimizer!r}, none of whose parameters belongs to the model (the loss gave "
            f"them no gradient); write {type(optimizer).__name__}(model.parameters(), lr=...)."
        )


def _shown(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return repr(value) if isinstance(value, str) else type(value).__name__


def _rows(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)
