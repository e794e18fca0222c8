"""What optimizers keep for one parameter, and its cutting into blocks that stay in cache."""

from __future__ import annotations

from typing import Any

import numpy as np


class Work:
    """The state of one parameter, and the blocks of the array that holds its values now.

    Attributes:
        array: the parameter's array. slots: name to array of its shape.
        steps: how many were made. scale: the decays that the slots are scaled by, or ().
        blocks: (rows, block, scratch, spare, slots of the block); rows None means all.
    """

    __slots__ = ("array", "blocks", "flipped", "scale", "slots", "steps")

    def __init__(
        self, array: Any, slots: dict[str, Any], entries: int, scratch: Scratch,
        steps: int = 0, scale: tuple[float, ...] = (),
    ) -> None:  # fmt: skip
        self.array = array
        self.slots = slots
        self.steps = steps
        self.scale = scale
        # A column-major array is walked over as its transpose, so that blocks are contiguous.
        self.flipped = array.flags.f_contiguous and not array.flags.c_contiguous
        self.blocks: list[tuple[Any, ...]] = []
        arrays = [array, *slots.values()]
        if self.flipped:
            arrays = [a.T for a in arrays]
        count = len(arrays[0]) if array.ndim else 1
        height = max(1, entries * count // max(array.size, 1))
        for k in range(0, count, height):
            rows = slice(k, k + height) if height < count else None
            block, *parts = arrays if rows is None else [a[rows] for a in arrays]
            self.blocks.append((rows, block, *scratch.like(block), parts))


class Scratch:
    """Memory for intermediate results that the blocks of all parameters share."""

    def __init__(self) -> None:
        self._buffers: dict[Any, tuple[Any, Any]] = {}

    def like(self, block: Any) -> tuple[Any, Any]:
        """Two arrays of block's shape and dtype."""
        buffers = self._buffers.get(block.dtype)
        if buffers is None or buffers[0].size < block.size:
            size = max(block.size, 1)
            buffers = np.empty(size, block.dtype), np.empty(size, block.dtype)
            self._buffers[block.dtype] = buffers
        first, second = (buffer[: block.size].reshape(block.shape) for buffer in buffers)
        return first, second


def clean(mean: Any, scratch: Any) -> None:
    """Set entries of mean that have all but vanished to 0.

    Where gradients stay 0 (dead units, dark pixels) a running mean decays into the subnormal
    numbers and sticks there, for 0.9 times the smallest rounds to itself. Processors are slow with
    those: with 3 % of them a step took 1.4 times as long.
    """
    kind = np.finfo(mean.dtype)
    if kind.bits > 16 and mean.dtype.kind == "f":
        np.absolute(mean, scratch)
        np.greater(scratch, float(kind.tiny / kind.eps), scratch)
        np.multiply(mean, scratch, mean)


def decayed(w: Any, g: Any, spare: Any, decay: float) -> Any:
    """g + decay·w, in spare; g itself without decay."""
    if not decay:
        return g
    np.multiply(w, decay, spare)
    return np.add(spare, g, spare)
