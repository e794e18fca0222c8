"""SGD and Adam as scikit-learn's estimators have them, over one flat array of parameters.

A solver changes the array in place, block by block, so that the passes of a rule over a block find
it in cache. Gradients come as a list of flat arrays, one per parameter; small ones are gathered,
so that a small network costs one round of NumPy calls a step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

# Entries of a block, and of a gradient that is worth a block of its own.
_BLOCK = 131072
_OWN = 16384

# Adam's means are cleaned of near-subnormal numbers once in so many steps.
_CLEANING = 64


class _Block(NamedTuple):
    where: slice  # in the flat array
    decayed: int  # how many of its entries, from the first, are decayed
    own: int  # the gradient that it is a part of, or -1: it is gathered from several
    part: slice  # of that gradient
    pieces: tuple[tuple[int, int, int], ...]  # (gradient, start, stop) of those gathered


def _blocks(sizes: Sequence[int], weights: int) -> list[_Block]:
    blocks: list[_Block] = []
    pieces: list[tuple[int, int, int]] = []
    first = start = 0

    def gathered(stop: int) -> None:
        if pieces:
            decayed = min(max(weights - first, 0), stop - first)
            blocks.append(_Block(slice(first, stop), decayed, -1, slice(0), tuple(pieces)))
            pieces.clear()

    for i, size in enumerate(sizes):
        if size >= _OWN:
            gathered(start)
            for a in range(0, size, _BLOCK):
                b = min(a + _BLOCK, size)
                decayed = b - a if start < weights else 0
                blocks.append(_Block(slice(start + a, start + b), decayed, i, slice(a, b), ()))
            first = start + size
        else:
            if pieces and start + size - first > _BLOCK:
                gathered(start)
            if not pieces:
                first = start
            pieces.append((i, start - first, start - first + size))
        start += size
    gathered(start)
    return blocks


class Solver:
    """Base class: walks over the blocks, adds the penalty's slope, keeps the rate.

    Args:
        flat: the parameters, whose size and dtype the state gets.
        sizes: of the single parameters, in order. weights: entries of flat that are decayed.
        learning_rate_init: the rate to begin with.

    Attributes:
        learning_rate: the rate of the last step.
    """

    _slots = 0

    def __init__(
        self, flat: Any, sizes: Sequence[int], weights: int, learning_rate_init: float
    ) -> None:
        self.learning_rate_init = learning_rate_init
        self.learning_rate = float(learning_rate_init)
        self.sizes = list(sizes)
        self.state = [np.zeros_like(flat) for _ in range(self._slots)]
        self._blocks = _blocks(sizes, weights)
        self._spare: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_spare": None}

    def step(self, flat: Any, gradients: Sequence[Any], decay: float) -> None:
        """Change flat in place; gradients are the solver's to overwrite.

        Args:
            gradients: flat arrays, one per parameter. decay: added to the gradient of a weight is
                decay times the weight.
        """
        if self._spare is None:
            size = max(b.where.stop - b.where.start for b in self._blocks)
            self._spare = np.empty(size, flat.dtype), np.empty(size, flat.dtype)
        first, second = self._spare
        factors = self._factors()
        for block in self._blocks:
            w = flat[block.where]
            scratch = first[: len(w)]
            if block.own >= 0:
                g = gradients[block.own][block.part]
            else:
                g = second[: len(w)]
                for i, start, stop in block.pieces:
                    g[start:stop] = gradients[i]
            if decay and block.decayed:
                n = block.decayed
                np.multiply(w[:n], decay, scratch[:n])
                np.add(g[:n], scratch[:n], g[:n])
            self._update(w, g, scratch, [s[block.where] for s in self.state], factors)

    def iteration_ends(self, seen: int) -> None:
        """An epoch has ended, with so many samples seen in all: set the rate of the next."""

    def trigger_stopping(self, reason: str, verbose: Any) -> bool:
        """No more progress, for this reason: whether to stop; if not, the rate was lowered."""
        if verbose:
            print(reason + " Stopping.")
        return True

    def _factors(self) -> tuple[float, ...]:
        raise NotImplementedError

    def _update(self, w: Any, g: Any, scratch: Any, state: Any, factors: Any) -> None:
        raise NotImplementedError


class SGD(Solver):
    """v = momentum·v - rate·g, w += v; Nesterov's: w += momentum·v - rate·g, with the new v."""

    _slots = 1

    def __init__(
        self, flat: Any, sizes: Sequence[int], weights: int, learning_rate_init: float,
        schedule: str, momentum: float, nesterov: bool, power_t: float,
    ) -> None:  # fmt: skip
        super().__init__(flat, sizes, weights, learning_rate_init)
        self.schedule = schedule
        self.momentum = momentum
        self.nesterov = nesterov
        self.power_t = power_t

    def iteration_ends(self, seen: int) -> None:
        """With "invscaling", rate = learning_rate_init / (seen + 1)^power_t."""
        if self.schedule == "invscaling":
            self.learning_rate = float(self.learning_rate_init) / (seen + 1) ** self.power_t

    def trigger_stopping(self, reason: str, verbose: Any) -> bool:
        """Stop, or with "adaptive" divide the rate by 5 as long as it is above 1e-6."""
        if self.schedule != "adaptive":
            return super().trigger_stopping(reason, verbose)
        if self.learning_rate <= 1e-6:
            if verbose:
                print(reason + " Learning rate too small. Stopping.")
            return True
        self.learning_rate /= 5.0
        if verbose:
            print(reason + f" Setting learning rate to {self.learning_rate:f}")
        return False

    def _factors(self) -> tuple[float, ...]:
        return self.learning_rate, self.momentum

    def _update(self, w: Any, g: Any, scratch: Any, state: Any, factors: Any) -> None:
        rate, momentum = factors
        (velocity,) = state
        np.multiply(g, rate, g)
        np.multiply(velocity, momentum, velocity)
        np.subtract(velocity, g, velocity)
        if not self.nesterov:
            np.add(w, velocity, w)
            return
        np.multiply(velocity, momentum, scratch)
        np.subtract(scratch, g, scratch)
        np.add(w, scratch, w)


class Adam(Solver):
    """Adam: w -= rate·m/(√v + epsilon), with the bias corrections of m and v in the rate.

    Reference: Kingma and Ba, 2015, end of section 2.
    """

    _slots = 2

    def __init__(
        self, flat: Any, sizes: Sequence[int], weights: int, learning_rate_init: float,
        beta_1: float, beta_2: float, epsilon: float,
    ) -> None:  # fmt: skip
        super().__init__(flat, sizes, weights, learning_rate_init)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.t = 0

    def _factors(self) -> tuple[float, ...]:
        self.t += 1
        b1, b2 = self.beta_1, self.beta_2
        self.learning_rate = self.learning_rate_init * math.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        # The state is m/(1 - beta_1) and v/(1 - beta_2), which saves two passes over the data.
        root = math.sqrt(1 - b2)
        return b1, b2, self.learning_rate * (1 - b1) / root, self.epsilon / root

    def _update(self, w: Any, g: Any, scratch: Any, state: Any, factors: Any) -> None:
        first, second = state
        b1, b2, rate, eps = factors
        np.multiply(first, b1, first)
        np.add(first, g, first)
        np.multiply(g, g, g)
        np.multiply(second, b2, second)
        np.add(second, g, second)
        np.sqrt(second, scratch)
        np.add(scratch, eps, scratch)
        np.divide(first, scratch, scratch)
        np.multiply(scratch, rate, scratch)
        np.subtract(w, scratch, w)
        if self.t % _CLEANING == 0:
            # A mean of gradients that stay 0 decays into the subnormal numbers and sticks there;
            # processors are slow with those.
            kind = np.finfo(first.dtype)
            np.absolute(first, scratch)
            np.greater(scratch, float(kind.tiny / kind.eps), scratch)
            np.multiply(first, scratch, first)
