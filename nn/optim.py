"""Optimizers: they change parameters in place, from the gradients that backward() left.

An optimizer writes one rule, ``_update``, for one block of one parameter. The base class cuts
large parameters into blocks of rows that stay in the processor's cache while the rule passes
over them, and allocates everything once, at the first step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError

from .module import fitted_state

# Entries of a block: enough that the calls cost little beside the work, and few enough that the
# arrays of a block stay in cache from one pass to the next.
_BLOCK = 131072

# Running means are cleaned of near-subnormal numbers once in so many steps.
_CLEANING = 64


class _Work:
    """What the optimizer keeps for one parameter."""

    __slots__ = ("array", "blocks", "flipped", "slots", "steps")

    def __init__(self, array: Any, slots: dict[str, Any], steps: int = 0) -> None:
        self.array = array
        self.slots = slots
        self.steps = steps
        # A column-major array is walked over as its transpose, so that blocks are contiguous.
        self.flipped = array.flags.f_contiguous and not array.flags.c_contiguous
        self.blocks: list[tuple[Any, ...]] = []


class Optimizer:
    """Base class: holds the parameters, walks over them in blocks, keeps the state.

    Args:
        parameters: the Tensors to change, ``model.parameters()``.
        lr: learning rate, 0 or larger; may be set between steps.

    Raises:
        ArgumentError: no parameters, one of them twice, or a rate out of range.
        DTypeError: something that is not a leaf Tensor of floating dtype.
    """

    _slots: tuple[str, ...] = ()
    _means: tuple[int, ...] = ()  # positions of the slots that are running means of gradients

    def __init__(self, parameters: Iterable[ag.Tensor], *, lr: float) -> None:
        who = type(self).__name__
        if isinstance(parameters, ag.Tensor) or not isinstance(parameters, Iterable):
            raise DTypeError(
                f"{who}: got {type(parameters).__name__}, expected several Tensors; pass "
                "model.parameters(), or a list."
            )
        self.parameters = list(parameters)
        if not self.parameters:
            raise ArgumentError(
                f"{who}: got no parameters, expected at least one; pass model.parameters()."
            )
        for p in self.parameters:
            _check_parameter(who, p)
        if len({id(p) for p in self.parameters}) != len(self.parameters):
            raise ArgumentError(f"{who}: got a parameter twice; pass each one once.")
        self.lr = _in_range(who, "lr", lr, 0, math.inf)
        self._work: list[_Work | None] = [None] * len(self.parameters)
        self._scratch: dict[Any, Any] = {}

    def __repr__(self) -> str:
        count = len(self.parameters)
        many = "s" if count > 1 else ""
        return f"{type(self).__name__}({count} parameter{many}, lr={self.lr!r})"

    def step(self) -> None:
        """Change every parameter that has a gradient; the gradients stay as they are."""
        for i, p in enumerate(self.parameters):
            g = p.grad
            if g is None:
                continue
            array = p.data
            work = self._work[i]
            if work is None or work.array is not array:
                work = self._prepare(i, array)
            work.steps += 1
            factors = self._factors(work.steps)
            g = g.T if work.flipped else g
            for rows, block, scratch, slots in work.blocks:
                self._update(block, g if rows is None else g[rows], scratch, slots, factors)
                if self._means and work.steps % _CLEANING == 0:
                    for k in self._means:
                        _clean(slots[k], scratch)
            # Tells the engine of the write, so that a graph that used the old values refuses.
            p.data = array

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters:
            p.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Name to a copy, for what the optimizer has gathered: fit for ``nn.save``.

        Names are the parameter's position and the slot: ``0.steps``, ``0.first``.
        """
        state: dict[str, Any] = {}
        for i, p in enumerate(self.parameters):
            work = self._work[i] or self._prepare(i, p.data)
            state[f"{i}.steps"] = np.array(work.steps)
            state.update((f"{i}.{name}", slot.copy()) for name, slot in work.slots.items())
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the optimizer that gave state was; the learning rate stays this one's.

        Raises:
            ArgumentError: names or shapes do not fit; the message lists every one of them.
        """
        values = fitted_state("load_state_dict", state, self.state_dict(), strict=True)
        for i, work in enumerate(self._work):
            assert work is not None
            work.steps = int(values[f"{i}.steps"])
            for name, slot in work.slots.items():
                slot[...] = values[f"{i}.{name}"]

    def _factors(self, steps: int) -> tuple[float, ...]:
        """The numbers of this step, computed once per parameter."""
        return (self.lr,)

    def _update(self, w: Any, g: Any, scratch: Any, slots: Any, factors: Any) -> None:
        """Change block w (and its slots) in place; scratch has its shape, g is not written."""
        raise NotImplementedError

    def _prepare(self, i: int, array: Any) -> _Work:
        """State and blocks of parameter i for the array that holds its values now."""
        before = self._work[i]
        if before is None:
            work = _Work(array, {name: np.zeros_like(array) for name in self._slots})
        else:
            work = _Work(array, before.slots, before.steps)
        arrays = [array, *work.slots.values()]
        if work.flipped:
            arrays = [a.T for a in arrays]
        count = len(arrays[0]) if array.ndim else 1
        height = max(1, _BLOCK * count // max(array.size, 1))
        for k in range(0, count, height):
            rows = slice(k, k + height) if height < count else None
            block, *slots = arrays if rows is None else [a[rows] for a in arrays]
            work.blocks.append((rows, block, self._scratch_like(block), slots))
        self._work[i] = work
        return work

    def _scratch_like(self, block: Any) -> Any:
        """An array of block's shape and dtype, of memory that all blocks share."""
        buffer = self._scratch.get(block.dtype)
        if buffer is None or buffer.size < block.size:
            buffer = self._scratch[block.dtype] = np.empty(max(block.size, 1), block.dtype)
        return buffer[: block.size].reshape(block.shape)


class SGD(Optimizer):
    """Gradient descent: w -= lr·g, or with momentum v = momentum·v + g, w -= lr·v.

    Args:
        parameters, lr: as ``Optimizer``. momentum: in [0, 1).

    >>> import autograd_lite as ag, nn
    >>> w = ag.Tensor([1.0], requires_grad=True)
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8])
    """

    def __init__(
        self, parameters: Iterable[ag.Tensor], *, lr: float, momentum: float = 0.0
    ) -> None:
        super().__init__(parameters, lr=lr)
        self.momentum = _in_range("SGD", "momentum", momentum, 0, 1)
        if self.momentum:
            self._slots = ("velocity",)
            self._means = (0,)

    def _update(self, w: Any, g: Any, scratch: Any, slots: Any, factors: Any) -> None:
        (lr,) = factors
        if slots:
            (velocity,) = slots
            np.multiply(velocity, self.momentum, velocity)
            np.add(velocity, g, velocity)
            g = velocity
        np.multiply(g, lr, scratch)
        np.subtract(w, scratch, w)


class Adam(Optimizer):
    """Adam: w -= lr·m̂/(√v̂ + eps), with running means m of g and v of g².

    Args:
        parameters, lr: as ``Optimizer``. betas: decay of m and of v, each in [0, 1).
        eps: added to the root, larger than 0.

    Reference: Kingma and Ba, 2015, algorithm 1.

    >>> import autograd_lite as ag, nn
    >>> w = ag.Tensor([1.0], requires_grad=True)
    >>> optimizer = nn.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(6)
    array([0.9])
    """

    # The slots hold m/(1 - β₁) and v/(1 - β₂): that saves two passes over the data a step, and
    # the bias corrections become two numbers.
    _slots = ("first", "second")
    _means = (0,)

    def __init__(
        self,
        parameters: Iterable[ag.Tensor],
        *,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(parameters, lr=lr)
        for p in self.parameters:
            if p.dtype.kind == "c":
                raise DTypeError(
                    f"Adam: got a parameter of dtype {p.dtype}, expected a real one; learn its "
                    "real and imaginary parts as two parameters, or use SGD."
                )
        if not isinstance(betas, (tuple, list)) or len(betas) != 2:
            raise ArgumentError(f"Adam: got betas={betas!r}, expected two numbers in [0, 1).")
        self.betas = (
            _in_range("Adam", "betas[0]", betas[0], 0, 1),
            _in_range("Adam", "betas[1]", betas[1], 0, 1),
        )
        self.eps = _in_range("Adam", "eps", eps, 0, math.inf)

    def _factors(self, steps: int) -> tuple[float, ...]:
        b1, b2 = self.betas
        root = math.sqrt((1 - b2) / (1 - b2**steps))
        return b1, b2, self.lr * (1 - b1) / ((1 - b1**steps) * root), self.eps / root

    def _update(self, w: Any, g: Any, scratch: Any, slots: Any, factors: Any) -> None:
        first, second = slots
        b1, b2, rate, eps = factors
        np.multiply(first, b1, first)
        np.add(first, g, first)
        np.multiply(g, g, scratch)
        np.multiply(second, b2, second)
        np.add(second, scratch, second)
        np.sqrt(second, scratch)
        np.add(scratch, eps, scratch)
        np.divide(first, scratch, scratch)
        np.multiply(scratch, rate, scratch)
        np.subtract(w, scratch, w)


def _clean(mean: Any, scratch: Any) -> None:
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


def _check_parameter(who: str, p: Any) -> None:
    if not isinstance(p, ag.Tensor):
        raise DTypeError(
            f"{who}: got {type(p).__name__} among the parameters, expected Tensors; pass "
            "model.parameters()."
        )
    if not p.is_leaf or p.dtype.kind not in "fc":
        kind = "a recorded result" if not p.is_leaf else f"a Tensor of dtype {p.dtype}"
        raise DTypeError(
            f"{who}: got {kind} of shape {p.shape}, expected leaves of floating dtype; pass the "
            "Tensors made with requires_grad=True."
        )


def _in_range(who: str, name: str, value: Any, low: float, high: float) -> float:
    """value as a float in [low, high)."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number < high:
        top = "a finite number, 0 or larger" if high == math.inf else f"a number in [{low}, {high})"
        raise ArgumentError(f"{who}: got {name}={value!r}, expected {top}.")
    return number
