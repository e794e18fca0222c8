"""Initial values of parameters: functions of a shape and a random generator, giving an array.

Weights have PyTorch's layout, (out, in, ...): fan_in is ``in`` times the sizes that follow, fan_out
is ``out`` times them. ``rng`` is a NumPy Generator, or an int that seeds one; without it each call
gets a generator of its own from one default stream, so that no two layers are alike and the same
program still gives the same values; ``nn.manual_seed`` begins the stream anew.

The names that end in an underscore fill a parameter that is there, in its dtype, and return it:
``nn.init.he_normal_(layer.weight, rng=rng)``.
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

Shape = tuple[int, ...]
Initializer = Callable[..., Any]

# -- the same everywhere ---------------------------------------------------------------------------


def zeros(shape: Shape, *, rng: Any = None, dtype: Any = np.float64) -> Any:
    """All 0; rng is not used, and taken so that every initializer is called alike."""
    return np.zeros(shape, dtype)


def ones(shape: Shape, *, rng: Any = None, dtype: Any = np.float64) -> Any:
    """All 1."""
    return np.ones(shape, dtype)


def constant(shape: Shape, value: float = 0.0, *, rng: Any = None, dtype: Any = np.float64) -> Any:
    """All value.

    >>> constant((2,), 0.5)
    array([0.5, 0.5])
    """
    return np.full(shape, value, dtype)


# -- distributions ---------------------------------------------------------------------------------


def uniform(
    shape: Shape, *, rng: Any = None, low: float = 0.0, high: float = 1.0, dtype: Any = np.float64
) -> Any:
    """Uniform in [low, high).

    >>> import numpy as np
    >>> uniform((2,), rng=np.random.default_rng(0)).round(3)
    array([0.637, 0.27 ])
    """
    return generator(rng, "uniform").uniform(low, high, shape).astype(dtype)


def normal(
    shape: Shape, *, rng: Any = None, mean: float = 0.0, std: float = 1.0, dtype: Any = np.float64
) -> Any:
    """Normal with this mean and standard deviation.

    Raises:
        ArgumentError: a negative std.
    """
    _check_std("normal", std)
    return generator(rng, "normal").normal(mean, std, shape).astype(dtype)


def trunc_normal(
    shape: Shape, *, rng: Any = None, mean: float = 0.0, std: float = 1.0, a: float = -2.0,
    b: float = 2.0, dtype: Any = np.float64,
) -> Any:  # fmt: skip
    """Normal, drawn again wherever it is not in [a, b] (as in PyTorch, of the values themselves).

    Raises:
        ArgumentError: a negative std, or an interval that next to no draw would meet.

    >>> bool(abs(trunc_normal((1000,), rng=0)).max() <= 2)
    True
    """
    _check_std("trunc_normal", std)
    share = (_below((b - mean) / std) - _below((a - mean) / std)) if std else float(a <= mean <= b)
    if not share > 1e-3:
        raise ArgumentError(
            f"trunc_normal: got a={a!r}, b={b!r} for mean={mean!r} and std={std!r}, expected an "
            "interval that holds some of the distribution; move a and b towards the mean."
        )
    rng = generator(rng, "trunc_normal")
    out = rng.normal(mean, std, shape)
    flat = out.reshape(-1)
    outside = np.flatnonzero((flat < a) | (flat > b))
    while outside.size:
        flat[outside] = rng.normal(mean, std, outside.size)
        outside = outside[(flat[outside] < a) | (flat[outside] > b)]
    return out.astype(dtype)


def _below(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


# -- by the number of inputs and outputs -----------------------------------------------------------


def xavier_uniform(
    shape: Shape, *, rng: Any = None, gain: float = 1.0, dtype: Any = np.float64
) -> Any:
    """Uniform in ±gain·√(6/(fan_in + fan_out)): keeps the variance through sigmoid and tanh layers.

    Reference: Glorot and Bengio, 2010, equation 16.
    """
    bound = gain * math.sqrt(6 / sum(fans(shape)))
    return uniform(shape, rng=rng, low=-bound, high=bound, dtype=dtype)


def xavier_normal(
    shape: Shape, *, rng: Any = None, gain: float = 1.0, dtype: Any = np.float64
) -> Any:
    """Normal with standard deviation gain·√(2/(fan_in + fan_out)).

    Reference: Glorot and Bengio, 2010.
    """
    return normal(shape, rng=rng, std=gain * math.sqrt(2 / sum(fans(shape))), dtype=dtype)


def he_uniform(
    shape: Shape, *, rng: Any = None, mode: str = "fan_in", nonlinearity: str = "relu",
    a: float = 0.0, dtype: Any = np.float64,
) -> Any:  # fmt: skip
    """Uniform in ±gain·√(3/fan), for relu ±√(6/fan_in): keeps the variance through relu layers.

    Args:
        mode: "fan_in" keeps the variance forward, "fan_out" backward.
        nonlinearity: what follows, as for ``calculate_gain``; a: the slope of a leaky_relu.

    Reference: He, Zhang, Ren and Sun, 2015.
    """
    bound = math.sqrt(3) * _he_std("he_uniform", shape, mode, nonlinearity, a)
    return uniform(shape, rng=rng, low=-bound, high=bound, dtype=dtype)


def he_normal(
    shape: Shape, *, rng: Any = None, mode: str = "fan_in", nonlinearity: str = "relu",
    a: float = 0.0, dtype: Any = np.float64,
) -> Any:  # fmt: skip
    """Normal with standard deviation gain/√fan, for relu √(2/fan_in); arguments as ``he_uniform``.

    Reference: He, Zhang, Ren and Sun, 2015, equation 10.
    """
    std = _he_std("he_normal", shape, mode, nonlinearity, a)
    return normal(shape, rng=rng, std=std, dtype=dtype)


def _he_std(who: str, shape: Shape, mode: str, nonlinearity: str, a: float) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ArgumentError(
            f"{who}: got mode={mode!r}, expected 'fan_in' or 'fan_out'"
            f"{closest(str(mode), ('fan_in', 'fan_out')) or '.'}"
        )
    gain = calculate_gain(nonlinearity, a if nonlinearity == "leaky_relu" else None)
    return gain / math.sqrt(fans(shape)[mode == "fan_out"])


def lecun_uniform(shape: Shape, *, rng: Any = None, dtype: Any = np.float64) -> Any:
    """Uniform in ±√(3/fan_in): keeps the variance through linear and selu layers.

    Reference: LeCun, Bottou, Orr and Müller, 1998, section 4.6.
    """
    bound = math.sqrt(3 / fans(shape)[0])
    return uniform(shape, rng=rng, low=-bound, high=bound, dtype=dtype)


def lecun_normal(shape: Shape, *, rng: Any = None, dtype: Any = np.float64) -> Any:
    """Normal with standard deviation √(1/fan_in).

    Reference: LeCun, Bottou, Orr and Müller, 1998, equation 16.
    """
    return normal(shape, rng=rng, std=math.sqrt(1 / fans(shape)[0]), dtype=dtype)


def orthogonal(shape: Shape, *, rng: Any = None, gain: float = 1.0, dtype: Any = np.float64) -> Any:
    """gain times orthonormal rows (or columns, if there are fewer), axes behind the first as one.

    Raises:
        ShapeError: fewer than two axes.

    Reference: Saxe, McClelland and Ganguli, 2014.

    >>> w = orthogonal((2, 3), rng=0)
    >>> (w @ w.T).round(12) + 0.0
    array([[1., 0.],
           [0., 1.]])
    """
    fans(shape)
    rows, columns = shape[0], math.prod(shape[1:])
    draws = generator(rng, "orthogonal").normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(draws)
    # The signs that make the factorisation unique, and with it the distribution uniform.
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(dtype)


glorot_uniform, glorot_normal = xavier_uniform, xavier_normal
kaiming_uniform, kaiming_normal = he_uniform, he_normal

# -- sizes and gains -------------------------------------------------------------------------------


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight.

    Raises:
        ShapeError: fewer than two axes, or an axis of size 0.

    >>> fans((100, 784))
    (784, 100)
    """
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(
            f"init: got shape {tuple(shape)}, expected a weight of shape (out, in, ...) with no "
            "axis of size 0; use uniform or normal for other shapes."
        )
    kernel = math.prod(shape[2:])
    return shape[1] * kernel, shape[0] * kernel


_GAINS = {"linear": 1.0, "identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2),
          "leaky_relu": math.sqrt(2 / (1 + 0.01**2)), "selu": 0.75}  # fmt: skip


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a weight's spread makes up for what this activation takes.

    Args:
        nonlinearity: "linear", "identity", "sigmoid", "tanh", "relu", "leaky_relu" or "selu".
        param: the negative slope of a leaky_relu; None means 0.01.

    Raises:
        ArgumentError: another name.

    >>> round(calculate_gain("relu"), 4)
    1.4142
    """
    if nonlinearity not in _GAINS:
        raise ArgumentError(
            f"calculate_gain: got {nonlinearity!r}, expected one of {', '.join(sorted(_GAINS))}"
            f"{closest(str(nonlinearity), sorted(_GAINS)) or '.'}"
        )
    if nonlinearity == "leaky_relu" and param is not None:
        return math.sqrt(2 / (1 + param**2))
    return _GAINS[nonlinearity]


# -- filling a parameter that is there -------------------------------------------------------------


def _filling(initializer: Initializer) -> Initializer:
    @functools.wraps(initializer)
    def fill(parameter: ag.Tensor, *args: Any, **kwargs: Any) -> ag.Tensor:
        if not isinstance(parameter, ag.Tensor):
            raise DTypeError(
                f"{fill.__name__}: got {type(parameter).__name__}, expected a Parameter to fill; "
                f"{initializer.__name__}(shape) makes an array."
            )
        values = initializer(parameter.shape, *args, dtype=parameter.dtype, **kwargs)
        with ag.no_grad():
            parameter[...] = values
        return parameter

    fill.__name__ = fill.__qualname__ = f"{initializer.__name__}_"
    fill.__doc__ = f"``{initializer.__name__}`` into a Parameter, in its dtype; returns it."
    return fill


zeros_, ones_, constant_ = _filling(zeros), _filling(ones), _filling(constant)
uniform_, normal_, trunc_normal_ = _filling(uniform), _filling(normal), _filling(trunc_normal)
xavier_uniform_, xavier_normal_ = _filling(xavier_uniform), _filling(xavier_normal)
he_uniform_, he_normal_ = _filling(he_uniform), _filling(he_normal)
kaiming_uniform_, kaiming_normal_ = he_uniform_, he_normal_
lecun_uniform_, lecun_normal_ = _filling(lecun_uniform), _filling(lecun_normal)
orthogonal_ = _filling(orthogonal)

# -- randomness ------------------------------------------------------------------------------------


class _Default:
    """The default stream: a seed, and how many generators it has given."""

    def __init__(self, seed: int) -> None:
        self.seed, self.count = seed, itertools.count()

    def next(self) -> np.random.Generator:
        key = (next(self.count),)
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=key))


_default = _Default(0)


def manual_seed(seed: int) -> None:
    """Begin the default stream anew: what is drawn without ``rng=`` from here on follows from seed.

    A program that never calls this has the seed 0. Generators that are passed as ``rng=``, and
    modules that exist already, are not concerned.

    Raises:
        ArgumentError: a negative seed. DTypeError: no int.

    >>> import nn
    >>> nn.manual_seed(3)
    >>> first = nn.Linear(2, 2).weight.data
    >>> nn.manual_seed(3)
    >>> bool((nn.Linear(2, 2).weight.data == first).all())
    True
    """
    global _default
    _default = _Default(_seed(seed, "manual_seed", "seed"))


def generator(rng: Any, who: str) -> np.random.Generator:
    """rng, if it is a NumPy Generator; one seeded by rng, if it is an int; for None a new one.

    Raises:
        DTypeError: it is something else. ArgumentError: a negative seed.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    return _default.next() if rng is None else np.random.default_rng(_seed(rng, who, "rng"))


def _seed(value: Any, who: str, name: str) -> int:
    try:
        seed = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        seed = None
    if seed is None:
        kinds = "a numpy.random.Generator or an int seed" if name == "rng" else "an int"
        example = "rng=np.random.default_rng(0)" if name == "rng" else "nn.manual_seed(0)"
        raise DTypeError(
            f"{who}: got {name} of type {type(value).__name__}, expected {kinds}; write {example}."
        )
    if seed < 0:
        raise ArgumentError(f"{who}: got {name}={seed}, expected a seed of 0 or larger.")
    return seed


def _check_std(who: str, std: float) -> None:
    if not std >= 0:
        raise ArgumentError(f"{who}: got std={std!r}, expected a number, 0 or larger.")
