"""Activations: functions, a module for each, and finding one by its name.

Functions take and give any shape, entry by entry, except softmax and log_softmax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, closest

from .arguments import as_tensor, positive_int
from .module import Module, Parameter

# -- functions -------------------------------------------------------------------------------------

sigmoid, tanh, relu, leaky_relu, elu = ag.sigmoid, ag.tanh, ag.relu, ag.leaky_relu, ag.elu
silu, log_sigmoid = ag.silu, ag.log_sigmoid


def identity(x: Any) -> Any:
    """x itself, as a Tensor."""
    return as_tensor(x, "identity")


def step(x: Any) -> Any:
    """1 where x ≥ 0, else 0: the threshold unit.

    Its slope is 0 everywhere, so gradients teach nothing below it; see ``Perceptron.fit_rule``.

    Reference: McCulloch and Pitts, 1943.

    >>> import nn
    >>> nn.step([-0.5, 0.0, 2.0]).data
    array([0., 1., 1.])
    """
    return ag.heaviside(as_tensor(x, "step"), 1.0)


def gelu(x: Any, approximate: str = "none") -> Any:
    """x·Φ(x), Φ the normal distribution function; "tanh" for its approximation.

    Raises:
        ArgumentError: approximate is neither "none" nor "tanh".

    Reference: Hendrycks and Gimpel, 2016.
    """
    if approximate == "none":
        return ag.gelu(x)
    _check_approximate(approximate)
    x = as_tensor(x, "gelu")
    return 0.5 * x * (1 + ag.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x * x * x)))


def _check_approximate(approximate: str) -> None:
    if approximate not in ("none", "tanh"):
        raise ArgumentError(
            f"gelu: got approximate={approximate!r}, expected 'none' or 'tanh'"
            f"{closest(str(approximate), ('none', 'tanh')) or '.'}"
        )


def softplus(x: Any, beta: float = 1.0) -> Any:
    """log(1 + e^(beta·x))/beta, without overflow."""
    return ag.softplus(x) if beta == 1 else ag.softplus(as_tensor(x, "softplus") * beta) / beta


def selu(x: Any) -> Any:
    """1.0507·elu(x, alpha=1.6733): keeps mean 0 and variance 1 through deep networks.

    Reference: Klambauer, Unterthiner, Mayr and Hochreiter, 2017.
    """
    return 1.0507009873554805 * ag.elu(x, alpha=1.6732632423543772)


def mish(x: Any) -> Any:
    """x·tanh(softplus(x)).

    Reference: Misra, 2019.
    """
    x = as_tensor(x, "mish")
    return x * ag.tanh(ag.softplus(x))


def softsign(x: Any) -> Any:
    """x/(1 + |x|)."""
    x = as_tensor(x, "softsign")
    return x / (1 + ag.absolute(x))


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x, cut off at min_val and max_val; the derivative at the two is 1."""
    return ag.clip(as_tensor(x, "hardtanh"), min_val, max_val)


def relu6(x: Any) -> Any:
    """x, cut off at 0 and 6; the derivative at the two is 1."""
    return hardtanh(x, 0.0, 6.0)


def softmax(x: Any, dim: int = -1) -> Any:
    """eˣ / Σ eˣ along dim: shares that sum to 1."""
    return ag.softmax(x, axis=dim)


def log_softmax(x: Any, dim: int = -1) -> Any:
    """x - log Σ eˣ along dim, the logarithm of softmax."""
    return ag.log_softmax(x, axis=dim)


# -- modules ---------------------------------------------------------------------------------------


class Identity(Module):
    """x itself, any shape."""

    def forward(self, x: Any) -> Any:
        """x, as a Tensor."""
        return identity(x)


class Sigmoid(Module):
    """1/(1 + e⁻ˣ), entry by entry, any shape."""

    def forward(self, x: Any) -> Any:
        """``ag.sigmoid(x)``."""
        return ag.sigmoid(x)


class ReLU(Module):
    """max(x, 0), entry by entry, any shape; the derivative at 0 is 0."""

    def forward(self, x: Any) -> Any:
        """``ag.relu(x)``."""
        return ag.relu(x)


class Tanh(Module):
    """tanh x, entry by entry, any shape."""

    def forward(self, x: Any) -> Any:
        """``ag.tanh(x)``."""
        return ag.tanh(x)


class Step(Module):
    """1 where x ≥ 0, else 0; see ``step``."""

    def forward(self, x: Any) -> Any:
        """``nn.step(x)``."""
        return step(x)


class SiLU(Module):
    """x·σ(x), also called swish."""

    def forward(self, x: Any) -> Any:
        """``ag.silu(x)``."""
        return ag.silu(x)


class SELU(Module):
    """Scaled ELU; see ``selu``."""

    def forward(self, x: Any) -> Any:
        """``nn.selu(x)``."""
        return selu(x)


class Mish(Module):
    """x·tanh(softplus(x))."""

    def forward(self, x: Any) -> Any:
        """``nn.mish(x)``."""
        return mish(x)


class Softsign(Module):
    """x/(1 + |x|)."""

    def forward(self, x: Any) -> Any:
        """``nn.softsign(x)``."""
        return softsign(x)


class ReLU6(Module):
    """x, cut off at 0 and 6."""

    def forward(self, x: Any) -> Any:
        """``nn.relu6(x)``."""
        return relu6(x)


class LogSigmoid(Module):
    """log σ(x), without overflow."""

    def forward(self, x: Any) -> Any:
        """``ag.log_sigmoid(x)``."""
        return ag.log_sigmoid(x)


class _WithArguments(Module):
    """Arguments are the attributes: what ``repr`` shows."""

    def describe(self) -> str:
        """name=value, for each argument."""
        return ", ".join(f"{n}={v!r}" for n, v in vars(self).items() if n in self._described)


class LeakyReLU(_WithArguments):
    """x where x > 0, else negative_slope·x."""

    _described = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, x: Any) -> Any:
        """``ag.leaky_relu(x)``."""
        return ag.leaky_relu(x, negative_slope=self.negative_slope)


class ELU(_WithArguments):
    """x where x > 0, else alpha·(eˣ - 1)."""

    _described = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Any) -> Any:
        """``ag.elu(x)``."""
        return ag.elu(x, alpha=self.alpha)


class GELU(_WithArguments):
    """x·Φ(x); see ``gelu``."""

    _described = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        _check_approximate(approximate)
        self.approximate = approximate

    def forward(self, x: Any) -> Any:
        """``nn.gelu(x)``."""
        return gelu(x, self.approximate)


class Softplus(_WithArguments):
    """log(1 + e^(beta·x))/beta, exact (PyTorch's goes over into x at its threshold of 20)."""

    _described = ("beta",)

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = beta

    def forward(self, x: Any) -> Any:
        """``nn.softplus(x)``."""
        return softplus(x, self.beta)


class Hardtanh(_WithArguments):
    """x, cut off at min_val and max_val."""

    _described = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        if not min_val < max_val:
            raise ArgumentError(
                f"Hardtanh: got min_val={min_val!r} and max_val={max_val!r}, expected the first to "
                "be smaller."
            )
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, x: Any) -> Any:
        """``nn.hardtanh(x)``."""
        return hardtanh(x, self.min_val, self.max_val)


class Softmax(_WithArguments):
    """Shares that sum to 1 along dim. Losses take logits: use it for reading results only."""

    _described = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """``nn.softmax(x, dim)``."""
        return softmax(x, self.dim)


class LogSoftmax(_WithArguments):
    """The logarithms of the shares along dim; see ``log_softmax``."""

    _described = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """``nn.log_softmax(x, dim)``."""
        return log_softmax(x, self.dim)


class PReLU(Module):
    """x where x > 0, else weight·x, the weight learned: one, or one per channel (axis 1).

    Reference: He, Zhang, Ren and Sun, 2015.
    """

    _described = ("weight",)

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, dtype: Any = np.float64
    ) -> None:
        count = positive_int("PReLU", "num_parameters", num_parameters)
        self.weight = Parameter(np.full(count, init, dtype), name="weight")

    def forward(self, x: Any) -> Any:
        """x where x > 0, else weight·x."""
        x = as_tensor(x, "PReLU")
        w = self.weight
        if w.size > 1 and x.ndim > 2:
            w = w.reshape((-1,) + (1,) * (x.ndim - 2))
        return ag.where(x.data > 0, x, w * x)

    def describe(self) -> str:
        """The number of parameters."""
        return f"num_parameters={self.weight.size}"


# -- by name ---------------------------------------------------------------------------------------

Activation = str | Module | Callable[[Any], Any] | None
ACTIVATIONS: dict[str, Callable[[], Module]] = {
    "elu": ELU, "gelu": GELU, "hardtanh": Hardtanh, "identity": Identity, "leaky_relu": LeakyReLU,
    "log_sigmoid": LogSigmoid, "log_softmax": LogSoftmax, "mish": Mish, "prelu": PReLU,
    "relu": ReLU, "relu6": ReLU6, "selu": SELU, "sigmoid": Sigmoid, "silu": SiLU,
    "softmax": Softmax, "softplus": Softplus, "softsign": Softsign, "step": Step, "tanh": Tanh,
}  # fmt: skip
_ALIASES = {"linear": "identity", "logistic": "sigmoid", "swish": "silu"}


class _Function(Module):
    """A function as a module; it looks like the function's name."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)

    def __repr__(self) -> str:
        return str(getattr(self.function, "__name__", None) or repr(self.function))


def activation_named(activation: Activation) -> Module:
    """A new activation module for its name, or for a function such as ``ag.gelu``.

    A module is given back as it is; None gives ``Identity``. "linear", "logistic" and "swish" are
    other names of "identity", "sigmoid" and "silu".

    Raises:
        ArgumentError: an unknown name. DTypeError: a class.

    >>> activation_named("tanh")
    Tanh()
    """
    if isinstance(activation, Module):
        return activation
    if activation is None:
        return Identity()
    if isinstance(activation, type):
        raise DTypeError(
            f"activation: got the class {activation.__name__}, expected a module; call it: "
            f"{called(activation)}."
        )
    if (
        isinstance(activation, str)
        and (name := _ALIASES.get(activation, activation)) in ACTIVATIONS
    ):
        return ACTIVATIONS[name]()
    if callable(activation):
        # The three that networks are mostly made of get their module, and its initial weights.
        same = (n for n in ("sigmoid", "relu", "tanh") if getattr(ag, n) is activation)
        return ACTIVATIONS[name]() if (name := next(same, "")) else _Function(activation)
    known = sorted(ACTIVATIONS)
    raise ArgumentError(
        f"activation: got {activation!r}, expected one of {', '.join(known)}, a Module or a "
        f"function{closest(str(activation).lower(), [*known, *_ALIASES]) or '.'}"
    )


def called(kind: type) -> str:
    """How a class that was given in place of a module is to be written."""
    inside = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
    arguments = "" if kind in ACTIVATIONS.values() else "..."
    return f"{'nn.' if inside else ''}{kind.__name__}({arguments})"
