"""What is said of ops that only move entries about: the gradient takes the way back."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import terms
from .call import Call, G, Said, says, sized
from .terms import Shape, Term


@says("reshape", "expand_dims", "squeeze")
def _reshaped(call: Call) -> Said | None:
    if call.params.get("order", "C") != "C":
        return None
    why = (
        f"{call.out} has the entries of {call.word} in another shape, so their gradients go back "
        f"to the shape {sized(call.mine)}"
    )
    return Said(_in_shape(G, call.shape, call.mine), why)


def _in_shape(x: Term, shape: Shape, to: Shape) -> Term:
    return x if shape == to else terms.call("reshape", x, shape=to)


@says("transpose")
def _transposed(call: Call) -> Said | None:
    axes, ndim = call.params.get("axes"), len(call.shape)
    why = f"{call.word} was transposed, so its gradient is transposed back"
    if ndim < 2:
        return Said(G, f"a vector is its own transpose in NumPy, so {call.g} passes unchanged")
    order = list(range(ndim))[::-1] if axes is None else [i % ndim for i in axes]
    return Said(_permuted(G, order), why)


@says("swapaxes")
def _swapped(call: Call) -> Said | None:
    ndim = len(call.shape)
    one, two = call.params["axis1"] % ndim, call.params["axis2"] % ndim
    order = list(range(ndim))
    order[one], order[two] = order[two], order[one]
    why = f"exchanging axes moved the entries of {call.word}; the same exchange moves them back"
    return Said(_permuted(G, order), why)


def _permuted(g: Term, order: list[int]) -> Term:
    ndim = len(order)
    back = tuple(sorted(range(ndim), key=order.__getitem__))
    if back == tuple(range(ndim)):
        return g
    if back == (*range(ndim - 2), ndim - 1, ndim - 2):
        return terms.transposed(g)
    return terms.call("transpose", g, axes=back)


@says("broadcast_to")
def _spread(call: Call) -> Said:
    return Said(G, "")


@says("getitem")
def _read(call: Call) -> Said:
    index = call.params["index"]
    twice = "" if not _is_fancy(index) else "; an entry that was read twice gets both"
    return Said(
        Term("scattered", (G, index_text(index), terms.Held(index), call.mine)),
        f"only the entries of {call.word} that were read get a gradient, where they were read; the "
        f"others get 0{twice}",
    )


def _is_fancy(index: Any) -> bool:
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(p, np.ndarray) and p.dtype.kind in "iu" and p.size > 1 for p in parts)


@says("astype", "copy")
def _same(call: Call) -> Said:
    what = "the number format" if call.name == "astype" else "where the entries lie in memory"
    return Said(G, f"only {what} changed")


@says("setitem")
def _written(call: Call) -> Said | None:
    index = call.params["index"]
    if call.i == 0:
        why = f"what was overwritten at [{index_text(index)}] gets 0, the other entries pass"
        return Said(Term("rule", (call.name, G)), why, call.mine)
    if _is_fancy(index):
        return None
    shape = np.empty(call.shape, np.bool_)[index].shape
    why = f"{call.word} stands at [{index_text(index)}] of {call.out}, so it gets that part"
    return Said(terms.indexed(G, index_text(index), index), why, shape)


@says("concatenate")
def _joined(call: Call) -> Said | None:
    if any(s is None for s in call.shapes[: call.i]):
        return None
    axis = call.params.get("axis", 0) % len(call.shape)
    start = sum(s[axis] for s in call.shapes[: call.i] if s is not None)
    stop = start + call.mine[axis]
    index = (*[slice(None)] * axis, slice(start, stop))
    return Said(
        terms.indexed(G, index_text(index), index),
        f"{call.word} is the part {start}:{stop} of {call.out} along axis {axis}, so it gets that "
        f"part of {call.g}",
    )


@says("stack")
def _stacked(call: Call) -> Said:
    axis = call.params.get("axis", 0) % len(call.shape)
    index = (*[slice(None)] * axis, call.i)
    return Said(
        terms.indexed(G, index_text(index), index),
        f"{call.word} is number {call.i} of {call.out} along axis {axis}, so it gets that part of "
        f"{call.g}",
    )


@says("max_pool2d", "avg_pool2d")
def _pooled(call: Call) -> Said:
    how = (
        f"in each window only the largest entry of {call.word} went on, so it gets all of {call.g}"
        if call.name == "max_pool2d"
        else f"each window was averaged, so its entries of {call.word} share its {call.g} evenly"
    )
    return Said(Term("rule", (call.name, G)), how, call.mine)


@says("flip")
def _flipped(call: Call) -> Said:
    axis = call.params.get("axis")
    given = {} if axis is None else {"axis": axis}
    return Said(terms.call("flip", G, **given), "turning back brings every entry home")


def index_text(index: Any) -> str:
    """An index as it was typed, arrays as far as they are short."""
    if isinstance(index, tuple):
        return ", ".join(index_text(i) for i in index) or "()"
    if isinstance(index, slice):
        start, stop = ("" if i is None else str(i) for i in (index.start, index.stop))
        return f"{start}:{stop}" + ("" if index.step is None else f":{index.step}")
    if index is Ellipsis:
        return "..."
    if isinstance(index, np.ndarray):
        if index.dtype.kind == "b":
            return "mask"
        return str(index.tolist()) if index.size <= 6 else "indices"
    return str(index)
