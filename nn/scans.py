"""The recurrences of RNN, LSTM and GRU over all time steps, each as one op.

One op for a whole layer keeps the bookkeeping out of the loop over time, and the gradient of the
recurrent weight becomes one product of large matrices. The rules are the backward recurrences
themselves, in plain operators, so they can be differentiated again.

Arrays are (time, rows, features); ``z`` is what the input contributes, x @ weight_ihᵀ + biases.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag


def _weight_term(steps: Any, hidden: Any, start: Any) -> Any:
    """Σ over time of stepsᵀ @ (the hidden state before)."""
    before = np.concatenate([start[None], hidden[:-1]])
    return steps.reshape(-1, steps.shape[-1]).T @ before.reshape(-1, before.shape[-1])


def _plus(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


@ag.primitive(
    name="rnn_scan", saves=("out", "start", "weight"),
    samples=(
        ag.Sample((3, 2, 2), (2, 2), (2, 2)), ag.Sample((1, 1, 3), (1, 3), (3, 3)),
        ag.Sample((2, 1, 2), (1, 2), (2, 2), low=0.1, high=1.0, rectified=True),
    ),
)  # fmt: skip
def rnn_scan(z: Any, start: Any, weight: Any, *, rectified: bool = False) -> Any:
    """h[t] = tanh(z[t] + h[t-1] @ weightᵀ), or relu of it, for all t.

    Derivative: with s[t] = (g[t] + s[t+1] @ weight)·slope, s in z, s[0] @ weight in start, and
    Σ s[t]ᵀ @ h[t-1] in weight.
    """
    out = np.empty(z.shape, np.result_type(z, start, weight))
    h, turned = start, weight.T
    for t in range(len(z)):
        h = np.add(z[t], h.dot(turned), out[t])
        if rectified:
            np.maximum(h, 0, out=h)
        else:
            np.tanh(h, out=h)
    return out


@rnn_scan.vjp_all
def _(g: Any, out: Any, z: Any, start: Any, weight: Any, *, rectified: bool) -> Any:
    slope = (out > 0) if rectified else 1 - out * out
    steps: list[Any] = []
    carried = None
    for t in range(z.shape[0] - 1, -1, -1):
        s = _plus(carried, g[t]) * slope[t]
        steps.append(s)
        carried = s @ weight
    total = np.stack(steps[::-1])
    return total, carried, _weight_term(total, out, start)


@ag.primitive(
    name="lstm_scan", outputs=("hidden", "cells", "gates"),
    saves=("out", "start", "cell", "weight"),
    samples=(ag.Sample((3, 2, 8), (2, 2), (2, 2), (8, 2), low=-1, high=1),),
)  # fmt: skip
def lstm_scan(z: Any, start: Any, cell: Any, weight: Any) -> Any:
    """An LSTM's hidden states, cells and gates (input, forget, candidate, output) for all t.

        c[t] = f·c[t-1] + i·a,  h[t] = o·tanh(c[t])

    Derivative: the same recurrence from the last step to the first.
    """
    size = weight.shape[1]
    dtype = np.result_type(z, start, cell, weight)
    gates = np.empty(z.shape, dtype)
    hidden = np.empty((*z.shape[:2], size), dtype)
    cells = np.empty_like(hidden)
    h, c, turned = start, cell, weight.T
    for t in range(len(z)):
        a = np.add(z[t], h.dot(turned), gates[t])
        candidate = np.tanh(a[:, 2 * size : 3 * size])
        _squash(a)
        a[:, 2 * size : 3 * size] = candidate
        c = np.multiply(a[:, size : 2 * size], c, cells[t])
        c += a[:, :size] * candidate
        h = np.tanh(c, hidden[t])
        h *= a[:, 3 * size :]
    return hidden, cells, gates


def _squash(a: Any) -> None:
    """The logistic function in place, as (1 + tanh(a/2))/2, which cannot overflow."""
    half = a.dtype.type(0.5)
    a *= half
    np.tanh(a, a)
    a *= half
    a += half


@lstm_scan.vjp_all
def _(g: Any, out: Any, z: Any, start: Any, cell: Any, weight: Any) -> Any:
    hidden, cells, gates = out
    in_hidden, in_cells, in_gates = g
    size = weight.shape[1]
    is_candidate = np.arange(4 * size) // size == 2
    slopes = np.where(is_candidate, 1, gates) - gates * gates
    curved = np.tanh(cells)
    steps: list[Any] = []
    dh: Any = None
    dc: Any = None
    for t in range(z.shape[0] - 1, -1, -1):
        i, f, a, o = (gates[t][:, k * size : (k + 1) * size] for k in range(4))
        dc = _plus(dc, None if in_cells is None else in_cells[t])
        dh = _plus(dh, None if in_hidden is None else in_hidden[t])
        if dh is None:
            dh = 0 * curved[t]
        dc = _plus(dc, dh * o * (1 - curved[t] * curved[t]))
        before = cells[t - 1] if t else cell
        d = np.concatenate([dc * a, dc * before, dc * i, dh * curved[t]], axis=1)
        s = _plus(d, None if in_gates is None else in_gates[t]) * slopes[t]
        steps.append(s)
        dh = s @ weight
        dc = dc * f
    total = np.stack(steps[::-1])
    return total, dh, dc, _weight_term(total, hidden, start)


@ag.primitive(
    name="gru_scan", outputs=("hidden", "gates"), saves=("out", "start", "weight"),
    samples=(ag.Sample((3, 2, 6), (2, 2), (6, 2), (2,), low=-1, high=1),),
)  # fmt: skip
def gru_scan(z: Any, start: Any, weight: Any, bias: Any) -> Any:
    """A GRU's hidden states, and its gates (reset, update, candidate, q) for all t.

        q = h[t-1] @ weight_nᵀ + bias,  n = tanh(z_n + r·q),  h[t] = (1 - u)·n + u·h[t-1]

    Derivative: the same recurrence from the last step to the first.
    """
    size = weight.shape[1]
    dtype = np.result_type(z, start, weight, bias)
    gates = np.empty((*z.shape[:2], 4 * size), dtype)
    hidden = np.empty((*z.shape[:2], size), dtype)
    h, turned = start, weight.T
    for t in range(len(z)):
        r, u, n, q = (gates[t][:, k * size : (k + 1) * size] for k in range(4))
        p = h.dot(turned)
        both = gates[t][:, : 2 * size]
        np.add(z[t][:, : 2 * size], p[:, : 2 * size], both)
        _squash(both)
        np.add(p[:, 2 * size :], bias, q)
        np.multiply(r, q, n)
        n += z[t][:, 2 * size :]
        np.tanh(n, n)
        h = np.add(n, u * (h - n), hidden[t])
    return hidden, gates


@gru_scan.vjp_all
def _(g: Any, out: Any, z: Any, start: Any, weight: Any, bias: Any) -> Any:
    hidden, gates = out
    in_hidden, in_gates = g
    size = weight.shape[1]
    steps: list[Any] = []
    inner: list[Any] = []
    dh: Any = None
    for t in range(z.shape[0] - 1, -1, -1):
        r, u, n, q = (gates[t][:, k * size : (k + 1) * size] for k in range(4))
        dr, du, dn, dq = (
            (None,) * 4
            if in_gates is None
            else (in_gates[t][:, k * size : (k + 1) * size] for k in range(4))
        )
        dh = _plus(dh, None if in_hidden is None else in_hidden[t])
        if dh is None:
            dh = 0 * n
        before = hidden[t - 1] if t else start
        dn = _plus(dn, dh * (1 - u)) * (1 - n * n)
        du = _plus(du, dh * (before - n)) * (u - u * u)
        dr = _plus(dr, dn * q) * (r - r * r)
        dq = _plus(dq, dn * r)
        both = np.concatenate([dr, du, dq], axis=1)
        steps.append(np.concatenate([dr, du, dn], axis=1))
        inner.append(both)
        dh = dh * u + both @ weight
    total = np.stack(inner[::-1])
    return (
        np.stack(steps[::-1]), dh, _weight_term(total, hidden, start),
        total[:, :, 2 * size :].sum(axis=(0, 1)),
    )  # fmt: skip
