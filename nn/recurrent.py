"""Recurrent layers: RNN, LSTM, GRU, with PyTorch's names, layouts and order of gates.

A PyTorch ``state_dict`` of the same layer loads into these, and gives the same outputs.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from . import init
from .arguments import as_input, positive_int, real_number
from .dense import linear
from .init import generator
from .module import Module, Parameter
from .noise import dropped
from .scans import gru_scan, lstm_scan, rnn_scan


class _Recurrent(Module):
    """What the three share: parameters, layers, directions, and the order of axes."""

    _gates = 1
    _states = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: init.Initializer | None = None,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        who = type(self).__name__
        self.input_size = positive_int(who, "input_size", input_size)
        self.hidden_size = positive_int(who, "hidden_size", hidden_size)
        self.num_layers = positive_int(who, "num_layers", num_layers)
        self.has_bias = bool(bias)
        self.batch_first = bool(batch_first)
        self.dropout = real_number(who, "dropout", dropout, 0, 1)
        self.bidirectional = bool(bidirectional)
        random = generator(rng, who)
        names = []
        for layer in range(self.num_layers):
            for suffix in self._suffixes(layer):
                for name, shape in self._shapes(layer).items():
                    start = self._start(shape, init, random, dtype)
                    setattr(self, name + suffix, Parameter(start, name=name + suffix))
                    names.append(name + suffix)
        self._described = tuple(names)
        if self.dropout:
            # After the weights, whose draws are the same with and without dropout.
            self.rng = random

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: 1 + self.bidirectional]

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        rows = self._gates * self.hidden_size
        columns = self.hidden_size * (1 + self.bidirectional) if layer else self.input_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, columns), "weight_hh": (rows, self.hidden_size),
        }  # fmt: skip
        return {**shapes, "bias_ih": (rows,), "bias_hh": (rows,)} if self.has_bias else shapes

    def _start(self, shape: Any, chosen: Any, random: Any, dtype: Any) -> Any:
        if chosen is not None:
            if len(shape) == 1:
                return np.zeros(shape, dtype)
            return chosen(shape, rng=random, dtype=dtype)
        bound = 1 / math.sqrt(self.hidden_size)
        return init.uniform(shape, rng=random, low=-bound, high=bound, dtype=dtype)

    def forward(self, x: Any, hx: Any = None) -> Any:
        """A sequence, and the states to begin with (0 if None), to ``(output, states)``."""
        who = type(self).__name__
        kind = getattr(self, self._described[0]).dtype
        x = as_input(x, kind, who)
        form = "(rows, time, features)" if self.batch_first else "(time, rows, features)"
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise ShapeError(
                f"{who}: got an input of shape {x.shape}, expected {form}, or (time, features) of "
                f"one row, with {self.input_size} features."
            )
        single = x.ndim == 2
        if single:
            x = ag.expand_dims(x, 1)
        elif self.batch_first:
            x = ag.swapaxes(x, 0, 1)
        if not x.shape[0]:
            raise ShapeError(f"{who}: got a sequence of no steps, expected at least one.")
        starts = self._starts(hx, x.shape[1], single, kind)
        ends: list[list[Any]] = [[] for _ in range(self._states)]
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                x = dropped(x, self.dropout, self.rng)
            outs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                place = layer * (1 + self.bidirectional) + direction
                given = ag.flip(x, axis=0) if direction else x
                hidden, last = self._run(given, [s[place] for s in starts], suffix)
                outs.append(ag.flip(hidden, axis=0) if direction else hidden)
                for kept, state in zip(ends, last, strict=True):
                    kept.append(state)
            x = outs[0] if len(outs) == 1 else ag.concatenate(outs, axis=-1)
        states = tuple(ag.stack(kept) for kept in ends)
        if single:
            x = x[:, 0]
            states = tuple(state[:, 0] for state in states)
        elif self.batch_first:
            x = ag.swapaxes(x, 0, 1)
        return x, states if self._states > 1 else states[0]

    def _starts(self, hx: Any, rows: int, single: bool, kind: Any) -> list[Any]:
        who = type(self).__name__
        count = self.num_layers * (1 + self.bidirectional)
        shape = (count, rows, self.hidden_size)
        if hx is None:
            return [np.zeros(shape, kind)] * self._states
        given = hx if self._states > 1 else (hx,)
        if not isinstance(given, (tuple, list)) or len(given) != self._states:
            raise DTypeError(f"{who}: got states of another form, expected a tuple (h_0, c_0).")
        wanted = (count, self.hidden_size) if single else shape
        states = [as_input(state, kind, who) for state in given]
        for state in states:
            if state.shape != wanted:
                raise ShapeError(
                    f"{who}: got a state of shape {state.shape}, expected {wanted}: layers times "
                    "directions, rows, features."
                )
        return [ag.reshape(state, shape) for state in states]

    def _input_term(self, x: Any, suffix: str, bias: Any) -> Any:
        weight = getattr(self, f"weight_ih{suffix}")
        return ag.matmul(x, weight.T) if bias is None else linear(x, weight, bias)

    def _biases(self, suffix: str) -> tuple[Any, Any]:
        if not self.has_bias:
            return None, None
        return getattr(self, f"bias_ih{suffix}"), getattr(self, f"bias_hh{suffix}")

    def _run(self, x: Any, starts: list[Any], suffix: str) -> tuple[Any, list[Any]]:
        """One layer in one direction: the hidden states, and the last states."""
        raise NotImplementedError

    def describe(self) -> str:
        """The sizes, and what differs from the default."""
        parts = [str(self.input_size), str(self.hidden_size)]
        parts += [f"num_layers={self.num_layers}"] if self.num_layers != 1 else []
        parts += ["bias=False"] if not self.has_bias else []
        parts += ["batch_first=True"] if self.batch_first else []
        parts += [f"dropout={self.dropout:g}"] if self.dropout else []
        parts += ["bidirectional=True"] if self.bidirectional else []
        return ", ".join(parts)


class RNN(_Recurrent):
    """A recurrent layer: h[t] = tanh(x[t] @ weight_ihᵀ + bias_ih + h[t-1] @ weight_hhᵀ + bias_hh).

    Args:
        input_size: features of the input. hidden_size: features of the state.
        num_layers: layers, each fed with the states of the one before.
        nonlinearity: "tanh" or "relu".
        bias: whether there are biases.
        batch_first: whether the input is (rows, time, features), not (time, rows, features).
        dropout: the probability on what goes from layer to layer.
        bidirectional: run over the sequence backwards too, and join both along the features.
        init: of the weights, with biases of 0; None means uniform in ±1/√hidden_size for all.
        dtype, rng: as for ``Linear``; rng draws dropout too.

    Attributes:
        weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0: of the first layer, and so on;
        ``_reverse`` is appended to those of the backward direction.

    ``layer(x, h_0)`` gives ``(output, h_n)``: all states of the last layer, and the last states of
    each layer and direction, shape (layers · directions, rows, hidden_size).

    Raises:
        ArgumentError: sizes that are none, or an unknown nonlinearity.
        ShapeError: an input or state of another shape.

    Reference: Elman, 1990.

    >>> import numpy as np, nn
    >>> output, last = nn.RNN(3, 4)(np.zeros((7, 2, 3)))
    >>> output.shape, last.shape
    ((7, 2, 4), (1, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        init: init.Initializer | None = None,
        dtype: Any = np.float64,
        rng: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ArgumentError(
                f"RNN: got nonlinearity={nonlinearity!r}, expected 'tanh' or 'relu'"
                f"{closest(str(nonlinearity), ('tanh', 'relu')) or '.'}"
            )
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            init=init, dtype=dtype, rng=rng,
        )  # fmt: skip
        self.nonlinearity = nonlinearity

    def _run(self, x: Any, starts: list[Any], suffix: str) -> tuple[Any, list[Any]]:
        first, second = self._biases(suffix)
        z = self._input_term(x, suffix, None if first is None else first + second)
        weight = getattr(self, f"weight_hh{suffix}")
        hidden = rnn_scan(z, starts[0], weight, rectified=self.nonlinearity == "relu")
        return hidden, [hidden[-1]]

    def describe(self) -> str:
        """The sizes, and what differs from the default."""
        return super().describe() + (", nonlinearity='relu'" if self.nonlinearity == "relu" else "")


class LSTM(_Recurrent):
    """Long short-term memory: gates decide what a cell takes in, keeps and shows.

        i, f, o = σ(...), a = tanh(...);  c[t] = f·c[t-1] + i·a;  h[t] = o·tanh(c[t])

    Args, Attributes: as ``RNN`` (without nonlinearity); weights hold the rows of the gates i, f,
        a, o, one after another.

    ``layer(x, (h_0, c_0))`` gives ``(output, (h_n, c_n))``; see ``RNN`` for their shapes.

    Raises: as ``RNN``.

    Reference: Hochreiter and Schmidhuber, 1997; Gers, Schmidhuber and Cummins, 2000.

    >>> import numpy as np, nn
    >>> output, (hidden, cell) = nn.LSTM(3, 4, batch_first=True)(np.zeros((2, 7, 3)))
    >>> output.shape, hidden.shape, cell.shape
    ((2, 7, 4), (1, 2, 4), (1, 2, 4))
    """

    _gates = 4
    _states = 2

    def _run(self, x: Any, starts: list[Any], suffix: str) -> tuple[Any, list[Any]]:
        first, second = self._biases(suffix)
        z = self._input_term(x, suffix, None if first is None else first + second)
        hidden, cells, _ = lstm_scan(z, *starts, getattr(self, f"weight_hh{suffix}"))
        return hidden, [hidden[-1], cells[-1]]


class GRU(_Recurrent):
    """Gated recurrent unit: a reset and an update gate.

        r, u = σ(...);  n = tanh(z_n + r·(h[t-1] @ W_nᵀ + b_n));  h[t] = (1 - u)·n + u·h[t-1]

    Args, Attributes: as ``RNN`` (without nonlinearity); weights hold the rows of r, u, n, one
        after another.

    ``layer(x, h_0)`` gives ``(output, h_n)``; see ``RNN`` for their shapes.

    Raises: as ``RNN``.

    Reference: Cho et al., 2014, with the reset gate behind the product, as in PyTorch.

    >>> import numpy as np, nn
    >>> nn.GRU(3, 4, num_layers=2, bidirectional=True)(np.zeros((7, 2, 3)))[0].shape
    (7, 2, 8)
    """

    _gates = 3

    def _run(self, x: Any, starts: list[Any], suffix: str) -> tuple[Any, list[Any]]:
        first, second = self._biases(suffix)
        weight = getattr(self, f"weight_hh{suffix}")
        size = self.hidden_size
        if first is None:
            bias, inner = None, np.zeros(size, weight.dtype)
        else:
            # The reset gate multiplies n's own hidden bias: only the other two join the input's.
            outside = (np.arange(3 * size) < 2 * size).astype(weight.dtype)
            bias, inner = first + second * outside, second[2 * size :]
        hidden, _ = gru_scan(self._input_term(x, suffix, bias), starts[0], weight, inner)
        return hidden, [hidden[-1]]
