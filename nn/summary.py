"""The table of a model's layers that ``Module.summary`` gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError

if TYPE_CHECKING:
    from .module import Module


class Summary(str):
    """The table as text, and its numbers.

    Attributes:
        rows: per module (name, type, output shape as text, parameters of its own).
        total: parameters in all. trainable: those that require grad. bytes: their memory.
    """

    rows: list[tuple[str, str, str, int]]
    total: int
    trainable: int
    bytes: int

    def __repr__(self) -> str:
        return str(self)


def summarized(model: Module, x: Any, input_shape: Any) -> Summary:
    """The summary of model; see ``Module.summary``.

    Raises:
        ArgumentError: both an input and a shape, or a shape that is none.
    """
    shapes: dict[int, str] = {}
    if x is not None and input_shape is not None:
        raise ArgumentError("summary: got an input and input_shape, expected one of the two.")
    if isinstance(x, tuple) and x and all(isinstance(n, (int, np.integer)) for n in x):
        x, input_shape = None, x  # a shape given by position
    if input_shape is not None:
        x = _zeros(model, input_shape)
    if x is not None:
        shapes = _shapes(model, x if isinstance(x, tuple) else (x,))
    rows: list[tuple[str, str, str, int]] = []
    lines = []
    counted: set[int] = set()
    for name, module in model.named_modules():
        own = [p for _, p in module.named_parameters(recurse=False) if id(p) not in counted]
        counted.update(map(id, own))
        count = sum(p.size for p in own)
        shape = shapes.get(id(module), "")
        rows.append((name, type(module).__name__, shape, count))
        depth = name.count(".") + 1 if name else 0
        label = f"{name.rpartition('.')[2]}: {type(module).__name__}" if name else rows[-1][1]
        lines.append(("  " * depth + label, shape, f"{count:,}" if count else ""))
    parameters = list(model.parameters())
    total = sum(p.size for p in parameters)
    trainable = sum(p.size for p in parameters if p.requires_grad)
    memory = sum(p.data.nbytes for p in parameters)
    text = Summary("\n".join(_table(lines, total, trainable, memory, _buffered(model))))
    text.rows, text.total, text.trainable, text.bytes = rows, total, trainable, memory
    return text


def _table(
    lines: list[tuple[str, str, str]], total: int, trainable: int, memory: int, buffered: int
) -> Iterator[str]:
    head = ("layer", "output shape", "parameters")
    shown = any(shape for _, shape, _ in lines)
    first, second, third = (max(len(row[i]) for row in [head, *lines]) for i in range(3))
    for i, (label, shape, count) in enumerate([head, *lines]):
        middle = f"  {shape:{second}}" if shown else ""
        yield f"{label:{first}}{middle}  {count:>{third}}".rstrip()
        if i == 0:
            rule = "-" * (first + third + 2 + (second + 2) * shown)
            yield rule
    yield rule
    learns = "all trainable" if trainable == total else f"{trainable:,} trainable"
    extra = f", {buffered:,} numbers in buffers" if buffered else ""
    yield f"{total:,} parameter{'s' * (total != 1)}, {learns}, {_size(memory)}{extra}"


def _buffered(model: Module) -> int:
    return sum(array.size for array in model.buffers())


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"


def _zeros(model: Module, shape: Any) -> Any:
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else shape
    try:
        sizes = tuple(map(int, sizes))
    except (TypeError, ValueError):
        sizes = (-1,)
    if any(n < 0 for n in sizes):
        raise ArgumentError(
            f"summary: got input_shape={shape!r}, expected sizes, the batch axis included, such as "
            "(1, 784)."
        )
    return np.zeros(sizes, next((p.dtype for p in model.parameters()), np.float64))


def _shapes(model: Module, inputs: tuple[Any, ...]) -> dict[int, str]:
    """The output shape of each module that is called, by its id."""
    found: dict[int, str] = {}

    def note(module: Module, _: Any, out: Any) -> None:
        found[id(module)] = _shape(out)

    modes = [(module, module.training) for module in model.modules()]
    hooks = [module.register_forward_hook(note) for module, _ in modes]
    try:
        with ag.no_grad():
            model.eval()
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes:
            module.training = mode
    return found


def _shape(out: Any) -> str:
    if isinstance(out, (tuple, list)):
        return ", ".join(_shape(part) for part in out)
    if isinstance(out, dict):
        return ", ".join(f"{key}: {_shape(part)}" for key, part in out.items())
    return str(tuple(out.shape)) if hasattr(out, "shape") else type(out).__name__
