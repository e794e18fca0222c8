"""The network: parameters in one flat array, its predictions, its loss and the loss's gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ShapeError

from ..layers import linear

Activation = Callable[[Any], Any]

# By scikit-learn's names, and after them those it does not have. None: leave the sums as they are.
ACTIVATIONS: dict[str, Activation | None] = {
    "identity": None, "logistic": ag.sigmoid, "tanh": ag.tanh, "relu": ag.relu,
    "sigmoid": ag.sigmoid, "leaky_relu": ag.leaky_relu, "elu": ag.elu, "gelu": ag.gelu,
    "silu": ag.silu, "softplus": ag.softplus,
}  # fmt: skip
OUTPUTS: dict[str, Activation | None] = {
    "identity": None, "logistic": ag.sigmoid, "softmax": ag.softmax, "exp": ag.exp,
}  # fmt: skip

# Entries of a hidden layer that one piece of a prediction makes: its arrays stay in cache.
_PIECE = 1 << 18


@ag.primitive(
    name="mlp_sparse_linear",
    linear=True,
    samples=(ag.Sample((2, 3), (2,), x=np.array([[1, 0, 2], [0, 0, -1]], np.int8)),),
)
def sparse_linear(weight: Any, bias: Any, *, x: Any) -> Any:
    """x @ weightᵀ + bias for a sparse matrix x, which is data and has no derivative.

    Derivative: (xᵀ @ g)ᵀ and g.
    """
    out = x @ weight.T
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


@sparse_linear.vjp
def _(g: Any, out: Any, weight: Any, bias: Any, *, x: Any) -> Any:
    if not isinstance(g, np.ndarray):  # a derivative of a derivative: x is written out
        x = (x @ np.eye(x.shape[1], dtype=x.dtype)).T
        return (x @ g).T
    # An array of its own in the weight's memory order, so that nothing copies it again.
    return np.array((x.T @ g).T, order="F")


@sparse_linear.vjp("bias")
def _(g: Any, out: Any, weight: Any, bias: Any, *, x: Any) -> Any:
    return g.sum(axis=0)


class Parameters:
    """All weights and biases, in one flat array of which ``coefs`` and ``intercepts`` are views.

    Args:
        coefs: arrays of shape (in, out). intercepts: arrays of shape (out,).

    Attributes:
        flat: every coef, then every intercept. weights: how many of its entries are in coefs.
        dtype: of the first coef, and so of all.
    """

    def __init__(self, coefs: Sequence[Any], intercepts: Sequence[Any]) -> None:
        arrays = [np.asarray(a) for a in (*coefs, *intercepts)]
        self.dtype = arrays[0].dtype if arrays[0].dtype.kind == "f" else np.dtype(float)
        self.flat = np.concatenate([a.ravel() for a in arrays]).astype(self.dtype, copy=False)
        self.shapes = [a.shape for a in arrays]
        views = list(self.split(self.flat))
        self.coefs, self.intercepts = views[: len(coefs)], views[len(coefs) :]
        self.weights = sum(c.size for c in self.coefs)
        # PyTorch's layout, (out, in), is a view: the transpose.
        self.leaves = [
            (_leaf(c.T), _leaf(b)) for c, b in zip(self.coefs, self.intercepts, strict=True)
        ]

    def split(self, flat: Any) -> Iterator[Any]:
        """Views of an array of flat's size, in the shapes of coefs and intercepts."""
        start = 0
        for shape in self.shapes:
            size = int(np.prod(shape))
            yield flat[start : start + size].reshape(shape)
            start += size

    def hold(self, coefs: Any, intercepts: Any) -> bool:
        """Whether these lists are of the very views held here."""
        ours, given = (*self.coefs, *self.intercepts), (*coefs, *intercepts)
        return len(ours) == len(given) and all(a is b for a, b in zip(ours, given, strict=True))

    def check(self, units: Sequence[int]) -> None:
        """ShapeError unless the coefs lead from each of these layer sizes to the next."""
        wanted = list(pairwise(units))
        if self.shapes != [*wanted, *((n,) for n in units[1:])]:
            raise ShapeError(
                f"fit: got coefs_ of shapes {self.shapes[: len(self.coefs)]} and intercepts_ of "
                f"shapes {self.shapes[len(self.coefs) :]} to go on from, expected coefs_ of shapes "
                f"{wanted} for this data and hidden_layer_sizes; set warm_start=False to start "
                "anew."
            )

    def penalty(self) -> float:
        """Σ of the squared coefs."""
        w = self.flat[: self.weights]
        return float(w.dot(w))


def _leaf(view: Any) -> Any:
    leaf = ag.Tensor(view, requires_grad=True)
    leaf.data = view  # the view itself, where the constructor has copied
    return leaf


class Network:
    """What is computed from the parameters.

    Args:
        coefs: arrays of shape (in, out). intercepts: arrays of shape (out,).
        activations: one per hidden layer, functions of a Tensor or None.
        output: what turns the last layer's sums into predictions, or None.
        loss: ``loss(sums, y, scale=)``, giving a scalar Tensor.
    """

    def __init__(
        self,
        coefs: Sequence[Any],
        intercepts: Sequence[Any],
        activations: Sequence[Activation | None],
        output: Activation | None,
        loss: Callable[..., Any],
    ) -> None:
        self.coefs = [np.asarray(c) for c in coefs]
        self.intercepts = [np.asarray(b) for b in intercepts]
        self.activations = activations
        self.output = output
        self.loss = loss

    def sums(self, x: Any) -> Any:
        """The last layer's sums for the rows of x, of shape (n, outputs): without dropout."""
        pairs = [(c.T, b) for c, b in zip(self.coefs, self.intercepts, strict=True)]
        rows = max(256, _PIECE // max(len(b) for b in self.intercepts))
        dtype = np.result_type(x.dtype, self.coefs[0].dtype)
        out = np.empty((x.shape[0], len(self.intercepts[-1])), dtype)
        with ag.no_grad():
            for start in range(0, len(out), rows):
                piece = slice(start, start + rows)
                out[piece] = self._sums(x[piece], pairs).data
        return out

    def activated(self, sums: Any) -> Any:
        """Predictions (probabilities, means) for the last layer's sums."""
        if self.output is None:
            return sums
        with ag.no_grad():
            return self.output(sums).data

    def _sums(self, x: Any, leaves: Sequence[tuple[Any, Any]]) -> Any:
        h = x
        for i, (weight, bias) in enumerate(leaves):
            if i == 0 and not isinstance(x, np.ndarray):
                h = sparse_linear(weight, bias, x=x)
            else:
                h = linear(h, weight, bias)
            if i < len(leaves) - 1:
                h = self._hidden(i, h)
        return h

    def _hidden(self, i: int, h: Any) -> Any:
        """What hidden layer i makes of its sums."""
        activation = self.activations[i]
        return h if activation is None else activation(h)


class TrainableNetwork(Network):
    """A network that gives gradients.

    Args:
        parameters: whose coefs and intercepts these are.
        activations, output, loss: as ``Network``.
        dropout: per hidden layer, the share of units that a training step leaves out.
        rng: NumPy Generator that draws them; None if none are.
    """

    def __init__(
        self,
        parameters: Parameters,
        activations: Sequence[Activation | None],
        output: Activation | None,
        loss: Callable[..., Any],
        dropout: Sequence[float],
        rng: np.random.Generator | None,
    ) -> None:
        super().__init__(parameters.coefs, parameters.intercepts, activations, output, loss)
        self.parameters = parameters
        self.dropout = dropout
        self.rng = rng
        self._training = False

    def gradients(self, x: Any, y: Any, scale: Any) -> tuple[float, list[Any]]:
        """The loss of one batch, and its gradients: flat ones, coefs first, the caller's own."""
        leaves = self.parameters.leaves
        self._training = True
        try:
            value = self.loss(self._sums(x, leaves), y, scale=scale)
        finally:
            self._training = False
        value.backward()
        # (out, in) in column-major memory is (in, out) in row-major memory.
        found = [w.grad.T.reshape(-1) for w, _ in leaves] + [b.grad for _, b in leaves]
        for pair in leaves:
            for leaf in pair:
                leaf.grad = None
        return value.item(), found

    def _hidden(self, i: int, h: Any) -> Any:
        h = super()._hidden(i, h)
        if not (self._training and self.dropout[i]):
            return h
        # 0 with this probability, else what keeps the mean.
        assert self.rng is not None
        rate = self.dropout[i]
        kept = self.rng.random(h.shape, dtype=np.float32) >= rate
        return h * (kept * h.dtype.type(1 / (1 - rate)))
