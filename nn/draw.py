"""``nn.draw``: the graph of a model, from a sample input."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite.errors import DTypeError, GraphError

from .loss import loss_named
from .module import Module


def draw(model: Module, x: Any, y: Any = None, loss: Any = None, **options: Any) -> Any:
    """Run a model on x and draw what was recorded: groups and parameters under the model's names.

    The model runs in evaluation mode, so neither its buffers nor its generators change, and
    nobody's ``.grad`` does.

    Args:
        model: a Module.
        x: an input (array or Tensor), or a tuple of several.
        y: what loss compares the output with, or None.
        loss: ``loss(output, y)`` (without y ``loss(output)``), or the name of a loss; None draws
            the output itself, the first one if there are several.
        options: those of ``ag.draw``.

    Returns:
        what ``ag.draw`` gives.

    Raises:
        DTypeError: model is no Module. GraphError: nothing of the output was recorded.
        ArgumentError: y without a loss, or the name of none.

    >>> import numpy as np, nn
    >>> model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Sigmoid(), nn.Linear(3, 1, rng=1))
    >>> g = nn.draw(model, np.ones((4, 2)), np.zeros((4, 1)), loss=nn.mse_loss)
    >>> [(group.name, group.subtitle) for group in g.graph.groups]
    [('0', 'Linear(2→3) + sigmoid'), ('2', 'Linear(3→1)')]
    >>> sorted(card.name for card in g.graph.cards if card.role == "parameter")
    ['0.bias', '0.weight', '2.bias', '2.weight']
    """
    if not isinstance(model, Module):
        raise DTypeError(
            f"nn.draw: got a model of type {type(model).__name__}, expected a Module; draw a "
            "Tensor with ag.draw."
        )
    if y is not None and loss is None:
        raise DTypeError("nn.draw: got y without a loss; pass loss=nn.mse_loss, or another.")
    if isinstance(loss, str):
        loss = loss_named(loss)
    inputs = tuple(map(_named_x, x)) if isinstance(x, tuple) else (_named_x(x),)
    target = ag.Tensor(y, name="y") if y is not None and not isinstance(y, ag.Tensor) else y
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with ag.enable_grad(), ag.scope():
            out = model(*inputs)
            while isinstance(out, (tuple, list)) and out:
                out = out[0]
            if loss is not None:
                out = loss(out) if y is None else loss(out, target)
    finally:
        for module, mode in modes:
            module.training = mode
    if not isinstance(out, ag.Tensor) or not out.requires_grad:
        raise GraphError(
            "nn.draw: got a model whose output depends on no parameter that requires grad; call "
            "model.requires_grad_()."
        )
    given = options.pop("names", None)
    names = {"x": inputs[0]} if len(inputs) == 1 else {f"x{i}": v for i, v in enumerate(inputs)}
    names = {k: v for k, v in {**names, "y": target}.items() if v is not None}
    names.update(dict(model.named_parameters()))
    if hasattr(given, "items"):
        # What the caller names comes first, and wins.
        names = {**given, **{k: v for k, v in names.items() if k not in given}}
    if out.name is None:
        out.name = "out" if loss is None else "L"
    return ag.draw(out, names=names, **options)


def _named_x(x: Any) -> Any:
    """An input that stays alive while its graph is drawn."""
    return x if isinstance(x, ag.Tensor) else ag.Tensor(x)
