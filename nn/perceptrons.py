"""Perceptron, with its own rule of learning, and MLP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from . import init
from .activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    SiLU,
    Step,
    activation_named,
)
from .arguments import as_input, check_features, positive_int, real_number
from .containers import Sequential
from .dense import Linear
from .init import generator
from .module import Module
from .noise import Dropout
from .normalization import BatchNorm1d, LayerNorm


def _init_for(activation: Module) -> init.Initializer:
    if isinstance(activation, (ReLU, LeakyReLU, PReLU, ReLU6, ELU, GELU, SiLU, Mish)):
        return init.he_uniform
    return init.lecun_uniform if isinstance(activation, SELU) else init.xavier_uniform


@dataclass
class RuleHistory:
    """What ``Perceptron.fit_rule`` did; ``print`` it for a sentence.

    Attributes:
        converged: whether an epoch passed without a mistake.
        epochs: how many were run, that one included.
        mistakes: per epoch, the rows (of all neurons together) that were answered wrong.
        separable: whether the classes can be told apart by a plane: True when converged, False
            when the weights came back to what they had been, and so would go round for ever, None
            when the epochs ran out before either.
    """

    converged: bool = False
    epochs: int = 0
    mistakes: list[int] = field(default_factory=list)
    separable: bool | None = None

    def __str__(self) -> str:
        many = "" if self.epochs == 1 else "s"
        if self.converged:
            return f"converged after {self.epochs} epoch{many}: every row is answered right"
        wrong = f"not converged after {self.epochs} epoch{many} ({self.mistakes[-1]} mistakes in "
        wrong += "the last)"
        if self.separable is False:
            return f"{wrong}: the weights go round in a circle, so no plane separates the classes"
        return f"{wrong}: the classes may not be separable by a plane, or it needs more epochs"


class Perceptron(Linear):
    """One layer of neurons: activation(x @ weightᵀ + bias).

    Args, Raises: as ``Linear``; activation is a name such as "sigmoid", "relu", "tanh", "identity"
        or "step", a Module or a function.

    A neuron with "step" has no slope to descend; it learns by ``fit_rule``.

    Input (..., in), output (..., out).

    >>> import numpy as np, nn
    >>> neuron = nn.Perceptron(3, rng=np.random.default_rng(0))
    >>> neuron
    Perceptron(3, 1, activation=Sigmoid())
    >>> neuron(np.zeros((4, 3))).data.ravel()
    array([0.5, 0.5, 0.5, 0.5])
    """

    activation: Module
    _described = ("weight", "bias", "activation")

    def __init__(
        self,
        in_features: int,
        out_features: int = 1,
        *,
        activation: Activation = "sigmoid",
        bias: bool = True,
        init: init.Initializer | None = None,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        chosen = activation_named(activation)
        start = _init_for(chosen) if init is None else init
        super().__init__(in_features, out_features, bias, init=start, dtype=dtype, rng=rng)
        self.activation = chosen

    def forward(self, x: Any) -> Any:
        """(..., in) to (..., out)."""
        return self.activation(super().forward(x))

    def fit_rule(
        self,
        X: Any,  # noqa: N803 - the data matrix, as everywhere
        y: Any,
        *,
        lr: float = 1.0,
        epochs: int = 1000,
        rng: Any = None,
    ) -> RuleHistory:
        """Learn by the perceptron rule: after each wrong answer, a step of lr·(y - answer)·x.

        It begins with the weights that are there and ends with the first epoch without a mistake.
        If a plane separates the classes, that comes after finitely many mistakes (Novikoff, 1962).

        Args:
            X: array-like of shape (rows, in). y: the answers, 0 and 1 (or -1 and 1, or booleans),
                of shape (rows,) or (rows, out).
            lr: size of a step, above 0. epochs: passes over the rows at most.
            rng: shuffle the rows of each epoch with this NumPy Generator (or int seed); None keeps
                their order, and so finds out when the weights go round in a circle.

        Returns:
            a RuleHistory, which says whether it converged.

        Raises:
            ArgumentError: an activation other than "step", answers other than those, a rate or a
                number of epochs out of range. ShapeError: shapes that do not fit.

        Reference: Rosenblatt, 1958.

        >>> import nn
        >>> X = [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> neuron = nn.Perceptron(2, activation="step", rng=0)
        >>> print(neuron.fit_rule(X, [0, 0, 0, 1]))
        converged after 7 epochs: every row is answered right
        >>> neuron(X).data.ravel()
        array([0., 0., 0., 1.])
        >>> neuron.fit_rule(X, [0, 1, 1, 0]).separable  # XOR
        False
        """
        who = f"{type(self).__name__}.fit_rule"
        if not isinstance(self.activation, Step):
            raise ArgumentError(
                f"{who}: got activation={self.activation!r}, expected 'step'; train other "
                "activations with nn.fit."
            )
        X, answers = self._examples(who, X, y)  # noqa: N806
        count = positive_int(who, "epochs", epochs)
        rate = real_number(who, "lr", lr, 0)
        if rate == 0:
            raise ArgumentError(f"{who}: got lr={lr!r}, expected a number above 0.")
        random = None if rng is None else generator(rng, who)
        weight = np.array(self.weight.data)
        bias = np.zeros(len(weight), weight.dtype) if self.bias is None else self.bias.data.copy()
        history = RuleHistory()
        earlier, recall = b"", 1
        while history.epochs < count and not history.converged:
            wrong = 0
            for i in range(len(X)) if random is None else random.permutation(len(X)):
                x = X[i]
                error = answers[i] - (weight.dot(x) + bias >= 0)
                if error.any():
                    wrong += int(np.count_nonzero(error))
                    change = rate * error
                    weight += change[:, None] * x
                    if self.bias is not None:
                        bias += change
            history.epochs += 1
            history.mistakes.append(wrong)
            history.converged = not wrong
            if wrong and random is None:
                # Brent's search for a cycle: compare with one earlier state, moved on ever later.
                now = weight.tobytes() + bias.tobytes()
                if now == earlier:
                    history.separable = False
                    break
                if history.epochs == recall:
                    earlier, recall = now, 2 * recall
        if history.converged:
            history.separable = True
        with ag.no_grad():
            self.weight[...] = weight
            if self.bias is not None:
                self.bias[...] = bias
        return history

    def _examples(self, who: str, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: N803
        X = as_input(X, self.weight.dtype, who)  # noqa: N806
        X = X.data if isinstance(X, ag.Tensor) else X  # noqa: N806
        y = y.data if isinstance(y, ag.Tensor) else np.asarray(y)
        if X.ndim != 2 or not len(X):
            raise ShapeError(
                f"{who}: got X of shape {X.shape}, expected (rows, {self.in_features}), at least "
                "one row."
            )
        check_features(who, X.shape, 1, self.in_features, "(rows, features)")
        if y.ndim == 1 and self.out_features == 1:
            y = y[:, None]
        if y.shape != (len(X), self.out_features):
            raise ShapeError(
                f"{who}: got y of shape {y.shape} for {len(X)} rows and {self.out_features} "
                f"neuron{'s' * (self.out_features > 1)}, expected ({len(X)}, {self.out_features})."
            )
        if y.dtype.kind not in "biuf" or not np.isfinite(X).all():
            raise DTypeError(
                f"{who}: got answers of dtype {y.dtype}, or nan or inf in X; expected the answers "
                "0 and 1 and finite inputs."
            )
        values = set(np.unique(y).tolist())
        if not (values <= {0, 1} or values <= {-1, 1}):
            raise ArgumentError(
                f"{who}: got the answers {sorted(values)[:5]}, expected 0 and 1 (or -1 and 1)."
            )
        return X, (y > 0).astype(X.dtype)

    def describe(self) -> str:
        """The sizes and the activation."""
        return f"{super().describe()}, activation={self.activation!r}"


Norm = str | Callable[[int], Module] | None
_NORMS: dict[str, Any] = {"batch": BatchNorm1d, "layer": LayerNorm}


class MLP(Sequential):
    """A multilayer perceptron: Linear, activation, Linear, activation, ..., Linear.

    With norm and dropout a hidden layer is Linear, norm, activation, Dropout.

    Args:
        sizes: features of the input, of each hidden layer, and of the output; a list counts as what
            it holds.
        activation: after every Linear but the last: a name such as "sigmoid", "relu" or "tanh", a
            Module or a function such as ``ag.gelu``; or a list with one for each hidden layer.
        dropout: the probability for every hidden layer, or a list with one for each.
        norm: "batch" or "layer" (``BatchNorm1d``, ``LayerNorm``), or what makes a Module of a size;
            None for none.
        output_activation: after the last Linear; None (losses take logits) for none.
        bias: whether the Linears have one.
        init: of all weights; None means He's for relu and its kin, else Glorot's; biases are 0.
        dtype: of the parameters, and so of the work.
        rng: NumPy Generator (or int seed) for the initial weights, drawn one layer after another,
            and for dropout; None takes from the default stream (``nn.manual_seed``).

    Input (..., sizes[0]), output (..., sizes[-1]).

    Raises:
        ArgumentError: fewer than two sizes, a size that is not a positive int, an unknown
            activation or norm, or a list of another length than there are hidden layers.

    >>> import numpy as np, nn
    >>> nn.MLP(64, 100, 10, activation="tanh", rng=np.random.default_rng(0))
    MLP(
      (0): Linear(64, 100)
      (1): Tanh()
      (2): Linear(100, 10)
    )
    >>> nn.MLP(64, 32, 16, 1, activation=["relu", "tanh"], dropout=0.2, norm="batch",
    ...        output_activation="sigmoid")[4:]
    Sequential(
      (0): Linear(32, 16)
      (1): BatchNorm1d(16)
      (2): Tanh()
      (3): Dropout(p=0.2)
      (4): Linear(16, 1)
      (5): Sigmoid()
    )
    """

    def __init__(
        self,
        *sizes: int | Sequence[int],
        activation: Activation | Sequence[Activation] = "relu",
        dropout: float | Sequence[float] = 0.0,
        norm: Norm = None,
        output_activation: Activation = None,
        bias: bool = True,
        init: init.Initializer | None = None,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        parts = [n if isinstance(n, (list, tuple)) else [n] for n in sizes]
        sizes = tuple(n for part in parts for n in part)
        if len(sizes) < 2:
            raise ArgumentError(
                f"MLP: got sizes {sizes}, expected those of the input, of the hidden layers and of "
                "the output; write MLP(784, 100, 10)."
            )
        rng = generator(rng, "MLP")
        widths = [positive_int("MLP", "size", n) for n in sizes]
        hidden = len(widths) - 2
        activations = _per_layer("activation", activation, hidden)
        rates = [
            real_number("MLP", "dropout", p, 0, 1) for p in _per_layer("dropout", dropout, hidden)
        ]
        last = None if output_activation is None else activation_named(output_activation)
        layers: list[Module] = []
        for i in range(hidden + 1):
            chosen = activation_named(activations[i]) if i < hidden else last
            fitting = _xavier if i == hidden else _init_for(chosen or Module())
            layers.append(
                Linear(widths[i], widths[i + 1], bias, init=init or fitting, dtype=dtype, rng=rng)
            )
            if i < hidden and norm is not None:
                layers.append(_norm(norm, widths[i + 1], dtype))
            if chosen is not None:
                layers.append(chosen)
            if i < hidden and rates[i]:
                layers.append(Dropout(rates[i], rng=spawned(rng)))
        super().__init__(*layers)


_xavier = init.xavier_uniform


def spawned(rng: np.random.Generator) -> np.random.Generator:
    """A generator of its own for each module that draws, leaving the draws of rng as they are."""
    try:
        return rng.spawn(1)[0]
    except TypeError:  # a bit generator without a seed sequence
        return np.random.default_rng(int(rng.integers(2**63)))


def _per_layer(name: str, value: Any, hidden: int) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        return [value] * hidden
    if len(value) != hidden:
        raise ArgumentError(
            f"MLP: got {len(value)} values of {name} for {hidden} hidden "
            f"layer{'s' * (hidden != 1)}, expected one for each (or a single one for all)."
        )
    return list(value)


def _norm(norm: Norm, size: int, dtype: Any) -> Module:
    if isinstance(norm, str):
        if norm not in _NORMS:
            raise ArgumentError(
                f"MLP: got norm={norm!r}, expected 'batch', 'layer' or None"
                f"{closest(norm, list(_NORMS), 0.4) or '.'}"
            )
        norm = _NORMS[norm]
    made: Any = None
    if norm in _NORMS.values():
        make: Any = norm
        made = make(size, dtype=dtype)
    elif callable(norm) and not isinstance(norm, Module):
        made = norm(size)
    if not isinstance(made, Module):
        raise DTypeError(
            f"MLP: got norm={norm!r}, expected 'batch', 'layer', or what makes a Module of a size, "
            "such as nn.LayerNorm."
        )
    return made
