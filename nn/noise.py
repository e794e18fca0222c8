"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag

from .arguments import as_tensor, real_number
from .init import generator
from .module import Module


class Dropout(Module):
    """While training, each entry is 0 with probability p, and the others are divided by 1 - p.

    In evaluation mode it does nothing: the expected values are the same.

    Args:
        p: from 0 to 1.
        rng: NumPy Generator that draws (or int seed); None takes from the default stream
            (``nn.manual_seed``).

    Any shape. Raises:
        ArgumentError: p out of range.

    Reference: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014 (inverted).

    >>> import numpy as np, nn
    >>> nn.Dropout(0.5, rng=np.random.default_rng(0))(np.ones(6)).data
    array([2., 2., 2., 0., 0., 0.])
    """

    def __init__(self, p: float = 0.5, *, rng: Any = None) -> None:
        self.p = real_number("Dropout", "p", p, 0, 1)
        self.rng = generator(rng, "Dropout")

    def forward(self, x: Any) -> Any:
        """x with entries dropped."""
        x = as_tensor(x, "Dropout")
        return dropped(x, self.p, self.rng) if self.training else x

    def describe(self) -> str:
        """The probability."""
        return f"p={self.p:g}"


def dropped(x: ag.Tensor, p: float, rng: np.random.Generator) -> ag.Tensor:
    """x with each entry 0 with probability p and the others divided by 1 - p."""
    if p == 0:
        return x
    kind = x.data.real.dtype
    kept = (rng.random(x.shape, np.float32) >= p).astype(kind)
    if p < 1:
        kept *= kind.type(1 / (1 - p))
    out: ag.Tensor = ag.multiply(x, kept)
    return out
