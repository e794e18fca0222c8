"""Layers: Linear, activations as modules, Sequential, Perceptron and MLP.

The parameters' dtype is the dtype of the work: an input of another one is converted on entry, so
a float32 model stays float32 whatever it is fed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from . import init
from .init import generator
from .module import Module, Parameter


@ag.primitive(
    name="linear",
    saves={"x": ("weight",), "weight": ("x",), "bias": ()},
    samples=(
        ag.Sample((4, 3), (2, 3), (2,)), ag.Sample((3,), (2, 3), (2,)),
        ag.Sample((2, 4, 3), (2, 3), (2,)), ag.Sample((0, 3), (2, 3), (2,)),
        ag.Sample((4, 3), (1, 3), (1,)), ag.Sample((2, 3), (2, 3), (2,), complex=True),
    ),
)  # fmt: skip
def linear(x: Any, weight: Any, bias: Any) -> Any:
    """x @ weightᵀ + bias in one op: (..., in), (out, in) and (out,) give (..., out).

    Derivative: g @ weight, gᵀ @ x summed over leading axes, and g.

    Raises:
        ShapeError: the shapes do not fit.

    >>> import numpy as np, nn
    >>> nn.linear(np.ones((1, 2)), np.array([[1.0, 2.0]]), np.array([0.5])).data
    array([[3.5]])
    """
    if x.ndim == 0 or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        raise ShapeError(
            f"linear: got x of shape {x.shape} and a weight of shape {weight.shape}; expected the "
            "last axis of x to be the second of the weight; reshape x to (rows, features)."
        )
    if bias.shape != weight.shape[:1]:
        raise ShapeError(
            f"linear: got a bias of shape {bias.shape} for a weight of shape {weight.shape}, "
            f"expected {weight.shape[:1]}; give one bias per row of the weight."
        )
    out = x.dot(weight.T)
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


@linear.vjp
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    return g.dot(weight)


@linear.vjp("weight")
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    if len(x.shape) != 2:
        g, x = g.reshape(-1, g.shape[-1]), x.reshape(-1, x.shape[-1])
    if isinstance(g, np.ndarray) and isinstance(x, np.ndarray):
        # The same product, in the memory order that Linear gives its weight.
        return np.matmul(g.T, x, order="F")
    return g.T @ x


@linear.vjp("bias")
def _(g: Any, out: Any, x: Any, weight: Any, bias: Any) -> Any:
    # The walk would do this too; done here it skips finding out which axes are to be summed.
    return g.sum(axis=0) if len(g.shape) == 2 else g


class Linear(Module):
    """x @ weightᵀ + bias.

    Args:
        in_features, out_features: sizes of the last axis of the input and of the output.
        bias: whether there is one; it begins at 0.
        init: the weight's initializer, ``init(shape, rng=, dtype=)``.
        dtype: of the parameters, and so of the work.
        rng: NumPy Generator for the initial weight; None means ``np.random.default_rng(0)``: the
            same values in every layer of this size; pass rng= for other draws.

    Attributes:
        weight: shape (out, in), PyTorch's layout. bias: shape (out,), or None.

    Input (..., in), output (..., out).

    Raises:
        ArgumentError: a size that is not a positive int. ShapeError: input of another size.
        DTypeError: rng is not a Generator, or the input is not numeric.

    >>> import numpy as np, nn
    >>> layer = nn.Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer
    Linear(3, 2)
    >>> layer(np.ones((5, 3))).shape
    (5, 2)
    """

    weight: Parameter
    bias: Parameter | None
    _described: tuple[str, ...] = ("weight", "bias")

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        init: init.Initializer = init.xavier_uniform,
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        who = type(self).__name__
        shape = (
            positive_int(who, "out_features", out_features),
            positive_int(who, "in_features", in_features),
        )
        # Column-major memory: x @ weightᵀ then reads both factors along their rows, which OpenBLAS
        # does 13 % faster at (200, 784) · (784, 100).
        start = np.asfortranarray(init(shape, rng=generator(rng, who), dtype=dtype))
        self.weight = Parameter(start, name="weight")
        self.bias = Parameter(np.zeros(shape[0], dtype), name="bias") if bias else None

    def forward(self, x: Any) -> Any:
        """(..., in) to (..., out)."""
        weight = self.weight
        x = as_input(x, weight.dtype, type(self).__name__)
        if self.bias is None:
            return ag.matmul(x, weight.T)
        return linear(x, weight, self.bias)

    def describe(self) -> str:
        """The sizes, and bias=False."""
        out_features, in_features = self.weight.shape
        return f"{in_features}, {out_features}" + ("" if self.bias is not None else ", bias=False")


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


Activation = str | Module | Callable[[Any], Any]
_ACTIVATIONS: dict[str, Callable[[], Module]] = {"sigmoid": Sigmoid, "relu": ReLU, "tanh": Tanh}


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

    A module is given back as it is.

    Raises:
        ArgumentError: an unknown name. DTypeError: a class.

    >>> activation_named("tanh")
    Tanh()
    """
    if isinstance(activation, Module):
        return activation
    if isinstance(activation, type):
        raise DTypeError(
            f"activation: got the class {activation.__name__}, expected a module; call it: "
            f"{_called(activation)}."
        )
    if isinstance(activation, str) and activation in _ACTIVATIONS:
        return _ACTIVATIONS[activation]()
    if callable(activation):
        # The three that have a module get it, and with it their initial weights.
        same = (name for name in _ACTIVATIONS if getattr(ag, name) is activation)
        return _ACTIVATIONS[name]() if (name := next(same, "")) else _Function(activation)
    known = sorted(_ACTIVATIONS)
    raise ArgumentError(
        f"activation: got {activation!r}, expected one of {', '.join(known)}, a Module or a "
        f"function{closest(str(activation).lower(), known) or '.'}"
    )


def _called(kind: type) -> str:
    inside = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
    arguments = "" if kind in _ACTIVATIONS.values() else "..."
    return f"{'nn.' if inside else ''}{kind.__name__}({arguments})"


class Sequential(Module):
    """Modules one after another; parameters are named as in PyTorch: ``0.weight``, ``2.bias``.

    Indexing, ``len`` and iteration reach the modules.

    Raises:
        DTypeError: something that is not a Module.

    >>> import numpy as np, nn
    >>> rng = np.random.default_rng(0)
    >>> model = nn.Sequential(nn.Linear(4, 3, rng=rng), nn.Tanh(), nn.Linear(3, 1, rng=rng))
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    layers: list[Module]

    def __init__(self, *layers: Module) -> None:
        for layer in layers:
            if not isinstance(layer, Module):
                advice = "write nn.ReLU() for an activation"
                got = type(layer).__name__
                if isinstance(layer, type):
                    got, advice = f"the class {layer.__name__}", f"call it: {_called(layer)}"
                raise DTypeError(f"Sequential: got {got}, expected Modules; {advice}.")
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        """Each layer's output is the next one's input."""
        for layer in self.layers:
            x = layer(x)
        return x

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name, value in super()._members():
            if name == "layers":
                yield from ((str(i), layer) for i, layer in enumerate(value))
            else:
                yield name, value

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


class Perceptron(Linear):
    """One layer of neurons: activation(x @ weightᵀ + bias).

    Args, Raises: as ``Linear``; activation is "sigmoid", "relu", "tanh", a Module or a function.

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
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        chosen = activation_named(activation)
        super().__init__(
            in_features, out_features, bias=bias, init=_init_for(chosen), dtype=dtype, rng=rng
        )
        self.activation = chosen

    def forward(self, x: Any) -> Any:
        """(..., in) to (..., out)."""
        return self.activation(super().forward(x))

    def describe(self) -> str:
        """The sizes and the activation."""
        return f"{super().describe()}, activation={self.activation!r}"


class MLP(Sequential):
    """A multilayer perceptron: Linear, activation, Linear, activation, ..., Linear.

    Args:
        sizes: features of the input, of each hidden layer, and of the output; or one list of them.
        activation: after every Linear but the last: "sigmoid", "relu", "tanh", a Module or a
            function such as ``ag.gelu``.
        dtype: of the parameters, and so of the work.
        rng: NumPy Generator for the initial weights (He's for relu, else Glorot's; biases 0), drawn
            one layer after another; None means ``np.random.default_rng(0)``, the same values at
            every run; pass rng= for other draws.

    Input (..., sizes[0]), output (..., sizes[-1]), not activated: losses take logits.

    Raises:
        ArgumentError: fewer than two sizes, a size that is not a positive int, or an unknown
            activation.

    >>> import numpy as np, nn
    >>> nn.MLP(64, 100, 10, activation="tanh", rng=np.random.default_rng(0))
    MLP(
      (0): Linear(64, 100)
      (1): Tanh()
      (2): Linear(100, 10)
    )
    """

    def __init__(
        self,
        *sizes: int | Sequence[int],
        activation: Activation = "relu",
        dtype: Any = np.float64,
        rng: np.random.Generator | None = None,
    ) -> None:
        if len(sizes) == 1 and isinstance(sizes[0], (list, tuple)):
            sizes = tuple(sizes[0])
        if len(sizes) < 2:
            raise ArgumentError(
                f"MLP: got sizes {sizes}, expected those of the input, of the hidden layers and of "
                "the output; write MLP(784, 100, 10)."
            )
        rng = generator(rng, "MLP")
        layers: list[Module] = []
        for i in range(len(sizes) - 1):
            chosen = activation_named(activation)
            last = i == len(sizes) - 2
            start = init.xavier_uniform if last else _init_for(chosen)
            rows, columns = (
                positive_int("MLP", "size", sizes[i + 1]),
                positive_int("MLP", "size", sizes[i]),
            )
            layers.append(Linear(columns, rows, init=start, dtype=dtype, rng=rng))
            if not last:
                layers.append(chosen)
        super().__init__(*layers)


def _init_for(activation: Module) -> init.Initializer:
    return init.he_uniform if isinstance(activation, ReLU) else init.xavier_uniform


def positive_int(who: str, name: str, value: Any) -> int:
    """value, if it is an int from 1 up.

    Raises:
        ArgumentError: it is not.
    """
    try:
        size = 0 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        size = 0
    if size < 1:
        raise ArgumentError(f"{who}: got {name}={value!r}, expected a positive int.")
    return size


def as_input(x: Any, dtype: Any, who: str) -> Any:
    """x (Tensor or array-like) as a Tensor or an array of dtype; recorded if x is.

    Raises:
        DTypeError: x is not numeric, or complex where dtype is real.
    """
    if not isinstance(x, (np.ndarray, ag.Tensor)):
        x = np.asarray(x)
    if x.dtype == dtype:
        return x
    if x.dtype.kind not in "biufc" or (x.dtype.kind == "c" and dtype.kind != "c"):
        raise DTypeError(
            f"{who}: got an input of dtype {x.dtype} for parameters of dtype {dtype}; convert the "
            "input first, or build the layer with another dtype=."
        )
    return x.astype(dtype)
