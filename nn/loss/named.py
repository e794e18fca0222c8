"""Losses by their names, for ``nn.fit(model, X, y, loss="huber")``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.errors import ArgumentError, DTypeError, closest

from . import binary, classes, regression

LOSSES: dict[str, Callable[..., Any]] = {
    "bce": binary.binary_cross_entropy,
    "bce_with_logits": binary.binary_cross_entropy_with_logits,
    "cross_entropy": classes.cross_entropy,
    "half_squared_error": regression.half_squared_error,
    "hinge": binary.hinge_loss,
    "hinge_embedding": binary.hinge_embedding_loss,
    "huber": regression.huber_loss,
    "kl_div": classes.kl_div,
    "l1": regression.l1_loss,
    "mse": regression.mse_loss,
    "nll": classes.nll_loss,
    "poisson_nll": regression.poisson_nll_loss,
    "smooth_l1": regression.smooth_l1_loss,
}
_ALIASES = {
    "binary_cross_entropy": "bce",
    "binary_cross_entropy_with_logits": "bce_with_logits",
    "mae": "l1",
    "absolute_error": "l1",
    "squared_error": "mse",
    "half_squared": "half_squared_error",
    "poisson": "poisson_nll",
}


def loss_named(loss: Any, who: str = "loss") -> Callable[..., Any]:
    """The loss of this name, with or without "_loss" at its end; a function is given back.

    Raises:
        ArgumentError: an unknown name. DTypeError: a class, or something that cannot be called.

    >>> import nn
    >>> nn.loss_named("mse") is nn.loss_named("mse_loss") is nn.mse_loss
    True
    """
    if isinstance(loss, str):
        short = loss.removesuffix("_loss")
        found = LOSSES.get(_ALIASES.get(short, short))
        if found is None:
            known = sorted(LOSSES)
            raise ArgumentError(
                f"{who}: got the loss {loss!r}, expected one of {', '.join(known)}, or a function "
                f"loss(prediction, target){closest(short.lower(), [*known, *_ALIASES]) or '.'}"
            )
        return found
    if isinstance(loss, type):
        raise DTypeError(
            f"{who}: got the class {loss.__name__} as the loss, expected a function; call it: "
            f"{loss.__name__}()."
        )
    if not callable(loss):
        raise DTypeError(
            f"{who}: got {type(loss).__name__} as the loss, expected a function; write "
            "loss=nn.cross_entropy, or loss=nn.mse_loss."
        )
    return loss  # type: ignore[no-any-return]
