"""``nn.draw``: the graph of a model, from a sample input."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import autograd_lite as ag
from autograd_lite.errors import DTypeError, GraphError

from .loss import loss_named
from .module import Module
from .noise import Dropout
from .normalization import BatchNorm1d, BatchNorm2d


def draw(
    model: Module,
    x: Any,
    y: Any = None,
    loss: Any = None,
    *,
    training: bool = False,
    **options: Any,
) -> Any:
    """Run a model on x and draw what was recorded: groups and parameters under the model's names.

    The model runs in evaluation mode, unless training is asked for: dropout does nothing, and
    batch norm uses its running statistics; the picture of such a model says so. Neither its
    buffers nor its generators change, and nobody's ``.grad`` does.

    Args:
        model: a Module.
        x: an input (array or Tensor), or a tuple of several.
        y: what loss compares the output with, or None.
        loss: ``loss(output, y)`` (without y ``loss(output)``), or the name of a loss; None draws
            the output itself, the first one if there are several.
        training: draw a copy of the model in training mode: with a mask of dropout, and batch
            norm by the statistics of x.
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
    if training:
        # What training changes, buffers and generators, changes in the copy.
        model = deepcopy(model)
    modes = [(module, module.training) for module in model.modules()]
    try:
        model.train(training)
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
    picture = ag.draw(out, names=names, **options)
    note = _mode_of(model, training)
    return picture.with_note(note) if note else picture


def _mode_of(model: Module, training: bool) -> str:
    """A sentence that says which mode was drawn, or "" where both are the same."""
    modules = list(model.modules())
    said = []
    if any(isinstance(module, Dropout) and module.p for module in modules):
        said.append("dropout with one mask" if training else "dropout does nothing")
    if any(isinstance(module, (BatchNorm1d, BatchNorm2d)) for module in modules):
        whose = "the statistics of this batch" if training else "its running statistics"
        said.append(f"batch norm uses {whose}")
    if not said:
        return ""
    other = "" if training else " (training=True draws the other)"
    return f"{'training' if training else 'evaluation'} mode: {', '.join(said)}{other}"


def _named_x(x: Any) -> Any:
    """An input that stays alive while its graph is drawn."""
    return x if isinstance(x, ag.Tensor) else ag.Tensor(x)
