"""``check_grads`` of a model: every parameter, through a pure function of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError

from .arguments import extended
from .module import Buffer, Module, Parameter, _walk
from .train.losses import loss_for


def check_grads(
    model: Module,
    x: Any,
    y: Any = None,
    loss: Any = None,
    *,
    check_input: bool = False,
    **options: Any,
) -> Any:
    """Compare the gradients of a model's parameters with numerical derivatives.

    The model runs as it is, in training or evaluation mode, on float64 copies of its parameters,
    and is left as it was: parameters, gradients, modes, buffers such as running means, random
    generators. Each run starts from the same state of these, so dropout drops the same entries.

    Args:
        model: a Module. x: its input, or a tuple of several.
        y: targets, given to the loss; None: the loss takes the output alone.
        loss: ``loss(model(x), y)``, or its name, "mse". None means cross-entropy for integer
            targets, squared error for others, and without y the output itself.
        check_input: check the gradient in x too (of floating x).
        options: of ``autograd_lite.check_grads``: order, modes, rtol, seed.

    Returns:
        the report of ``autograd_lite.check_grads``, with the names of ``named_parameters``.

    Raises:
        DTypeError: model is not a Module. ArgumentError: no parameter learns, or the model draws
            random numbers from somewhere else than its own generators.

    >>> import numpy as np, nn
    >>> model = nn.MLP(3, 4, 2, activation="tanh", rng=np.random.default_rng(0))
    >>> report = nn.check_grads(model, np.ones((5, 3)), np.array([0, 1, 1, 0, 1]))
    >>> report.ok, list(report.parts)[:2]
    (True, ['0.weight', '0.bias'])
    """
    if not isinstance(model, Module):
        raise DTypeError(
            f"check_grads: got {type(model).__name__} as the model, expected a Module; use "
            "ag.check_grads(f, x) for a function."
        )
    learned = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not learned and not check_input:
        raise ArgumentError(
            f"check_grads: got {type(model).__name__} without a parameter that requires grad; "
            "build it with some, or pass check_input=True."
        )
    inputs = tuple(_plain(a) for a in x) if isinstance(x, tuple) else (_plain(x),)
    targets = None if y is None else _plain(y)
    if loss is None and targets is None:
        measure: Callable[..., Any] | None = None
    else:
        measure = loss_for("check_grads", loss, targets)
    state = _State(model)

    def run(parameters: dict[str, Any], *arrays: Any) -> Any:
        fresh = {id(learned[name]): t for name, t in parameters.items()}
        pairs = [(t, learned[name]) for name, t in parameters.items()]
        stepping = any(t.dtype.kind == "c" and p.dtype.kind != "c" for t, p in pairs)
        with state.holding(fresh), extended(stepping):
            out = model(*(arrays or inputs))
            if measure is None:
                return out
            return measure(out) if targets is None else measure(out, targets)

    copies = {name: ag.Tensor(p.data, name=name) for name, p in learned.items()}
    moved = [
        ag.Tensor(a, name="x" if len(inputs) == 1 else f"x{k}") if _is_floating(a) else a
        for k, a in enumerate(inputs)
    ]
    return ag.check_grads(run, copies, *(moved if check_input else ()), **options)


def _is_floating(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype.kind in "fc"


def _plain(a: Any) -> Any:
    """a as an array, of float64 if it is floating."""
    a = np.array(a.data if isinstance(a, ag.Tensor) else a)
    return a.astype(np.result_type(a, np.float64)) if a.dtype.kind in "fc" else a


class _State:
    """What a model's forward may change, and where its parameters are."""

    def __init__(self, model: Module) -> None:
        self.attributes = [(vars(m), dict(vars(m))) for m in model.modules()]
        found = [thing for _, thing in _walk("", model, ())]
        self.buffers = [(b.data, b.data.copy()) for b in found if isinstance(b, Buffer)]
        generators = [g for g in found if isinstance(g, np.random.Generator)]
        self.generators = [(g, g.bit_generator.state) for g in generators]
        self.places = [
            (attributes, name, value)
            for attributes, before in self.attributes
            for name, value in before.items()
            if isinstance(value, (Parameter, list, tuple, dict))
        ]

    @contextmanager
    def holding(self, fresh: dict[int, Any]) -> Iterator[None]:
        """The model with other Tensors for its parameters, by the parameters' ids."""
        self._put_back()
        for t in fresh.values():
            # So that model.parameters() finds them, as a penalty on the weights does.
            t.__class__ = Parameter
        for attributes, name, value in self.places:
            replaced = _replaced(value, fresh, ())
            if replaced is not value:
                attributes[name] = replaced
        try:
            yield
        finally:
            self._put_back()

    def _put_back(self) -> None:
        for attributes, before in self.attributes:
            attributes.clear()
            attributes.update(before)
        for array, values in self.buffers:
            array[...] = values
        for generator, state in self.generators:
            generator.bit_generator.state = state


def _replaced(value: Any, fresh: dict[int, Any], path: tuple[int, ...]) -> Any:
    """value with every Parameter in its lists, tuples and dicts exchanged; itself if there is none.

    Modules within have places of their own.
    """
    if isinstance(value, Parameter):
        return fresh.get(id(value), value)
    if not isinstance(value, (list, tuple, dict)) or id(value) in path:
        return value
    path = (*path, id(value))
    if isinstance(value, dict):
        items = {k: _replaced(v, fresh, path) for k, v in value.items()}
        return items if any(items[k] is not value[k] for k in items) else value
    parts = [_replaced(v, fresh, path) for v in value]
    if all(a is b for a, b in zip(parts, value, strict=True)):
        return value
    return value._make(parts) if hasattr(value, "_make") else type(value)(parts)
