"""In-place writes: ``t[i] = v``, ``t += u``, through views too, right or refused.

A Tensor is a name for a value. Writing into one makes the name stand for a new value, computed by
a recorded op, and leaves the old array as it is; so no array that a node has kept is ever
falsified. Two cases really write into memory: a leaf that requires grad, inside ``no_grad()``
(what optimizers do; the walk refuses graphs that used the old values), and an untracked Tensor
whose array nobody else holds (so filling a buffer in a loop does not copy it each time).

Views share memory, so writing into one changes the other. Tensors that share memory share a
``cell``; its reference count says how many of them are alive. A write to a view goes through to
its base when they are the only ones alive, and is refused when others would go stale.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import numpy as np

from . import mode
from .errors import DTypeError, InPlaceError, ShapeError
from .methods import plain
from .node import tick
from .op import FUNCTIONS


def link(view: Any, base: Any, index: Any) -> None:
    """Record that view shares base's memory (index: how it was taken, None if not by indexing)."""
    if not _shares(view._data, base._data):
        return
    alias = getattr(base, "_alias", None)
    if alias is None:
        alias = base._alias = (object(), None, None)
    view._alias = (alias[0], base, index)


def _shares(view: Any, base: Any) -> bool:
    if type(view) is not np.ndarray:
        return False
    return view is base or (view.base is not None and np.may_share_memory(view, base))


def set_item(t: Any, index: Any, value: Any) -> None:
    """``t[index] = value``."""
    alias = getattr(value, "_alias", None)
    if alias is not None and alias[1] is t and alias[2] is index:
        return  # the second half of t[i] += u: the view has written itself into t already
    chain = _writable(t, "setitem")
    if type(t._data) is not np.ndarray:
        t._data = np.array(t._data)
    alone = chain is None or (len(chain) == 1 and not t._is_tracked() and _alone(t))
    if alone and not _is_tracked(value):
        _write_item(t, plain(index), plain(value))
    else:
        _replace(chain or [t], FUNCTIONS["setitem"](t, value, index))


def update(t: Any, other: Any, ufunc: Any) -> Any:
    """``t += other`` and its like; gives t."""
    name = ufunc.__name__
    chain = _writable(t, name)
    alone = chain is None or (len(chain) == 1 and not t._is_tracked() and _alone(t))
    if alone and not _is_tracked(other):
        value = plain(other)
        if type(t._data) is np.ndarray:
            _call_into(ufunc, t, value)
        else:
            t._data = _fitted(ufunc(t._data, value), t, name)
        return t
    new = FUNCTIONS[name](t, other)
    if new.shape != t.shape:
        raise ShapeError(
            f"{name} (in place): got a result of shape {new.shape} for a Tensor of shape "
            f"{t.shape}; write t = t + u to let it grow."
        )
    if new.dtype != t.dtype:
        _check_kind(new.dtype, t, name)
        new = new.astype(t.dtype)
    _replace(chain or [t], new)
    return t


def _writable(t: Any, name: str) -> list[Any] | None:
    """The Tensors to replace, [t, its base, ...]; None to write into memory; or an error."""
    chain = [t]
    alias = getattr(t, "_alias", None)
    cell = None if alias is None else alias[0]
    del alias
    while (link := getattr(chain[-1], "_alias", None)) is not None and link[1] is not None:
        chain.append(link[1])
    link = None
    root = chain[-1]
    who = f"{t.name!r} " if t.name else ""
    recorded = t._node is not None
    if root._node is None and root._requires_grad:
        if mode.state.recording:
            part = "" if t is root else "a view of "
            raise InPlaceError(
                f"{name}: got {part}a leaf {who}of shape {t.shape} that requires grad, to be "
                "written in place; do it inside autograd_lite.no_grad(), or write into a copy."
            )
        if recorded:
            _refuse_unrecorded(name, who, t)
        root._written = tick()
        return None
    if recorded and not mode.state.recording:
        _refuse_unrecorded(name, who, t)
    if cell is not None and _live(cell) > len(chain):
        raise InPlaceError(
            f"{name}: got a Tensor {who}of shape {t.shape} that shares memory with another living "
            "Tensor (a view), which would not see the write; copy() the view when it is made, or "
            "del it first."
        )
    for view in chain[:-1]:
        if view._alias[2] is None:
            raise InPlaceError(
                f"{name}: got a Tensor {who}of shape {t.shape} that is a view of another (made by "
                "reshape, transpose or the like), to be written in place; write into the original "
                "or into a copy()."
            )
    return chain


def _refuse_unrecorded(name: str, who: str, t: Any) -> None:
    raise InPlaceError(
        f"{name}: got a recorded Tensor {who}of shape {t.shape} to be written inside no_grad(), "
        "which its graph would not know of; write outside no_grad(), or into t.detach()."
    )


def _replace(chain: list[Any], new: Any) -> None:
    """Let chain[0] stand for new, and every base in the chain for itself with new written in."""
    values = [new]
    for view, base in pairwise(chain):
        values.append(FUNCTIONS["setitem"](base, values[-1], view._alias[2]))
    for i in range(len(chain) - 1, -1, -1):
        t = chain[i]
        value = values[i] if i == len(chain) - 1 else chain[i + 1][t._alias[2]]
        t._adopt(value)


def _write_item(t: Any, index: Any, value: Any) -> None:
    try:
        t._data[index] = value
    except ValueError as error:
        raise ShapeError(
            f"setitem: got a value of shape {np.shape(value)} for index {index!r} of a Tensor of "
            f"shape {t.shape}; {error}"
        ) from None


def _call_into(ufunc: Any, t: Any, value: Any) -> None:
    try:
        ufunc(t._data, value, out=t._data)
    except TypeError as error:
        raise DTypeError(f"{ufunc.__name__} (in place): {error}; use astype first.") from None
    except ValueError as error:
        raise ShapeError(
            f"{ufunc.__name__} (in place): got shapes {t.shape} and {np.shape(value)}; {error}"
        ) from None


def _fitted(value: Any, t: Any, name: str) -> Any:
    if value.shape != t.shape:
        raise ShapeError(
            f"{name} (in place): got a result of shape {value.shape} for a Tensor of shape "
            f"{t.shape}; write t = t + u to let it grow."
        )
    _check_kind(value.dtype, t, name)
    return value.astype(t.dtype)


def _check_kind(dtype: Any, t: Any, name: str) -> None:
    if not np.can_cast(dtype, t.dtype, "same_kind"):
        raise DTypeError(
            f"{name} (in place): got a result of dtype {dtype} for a Tensor of dtype {t.dtype}; "
            "use astype first, or write t = t + u."
        )


def _is_tracked(x: Any) -> bool:
    return hasattr(x, "_is_tracked") and bool(x._is_tracked()) and mode.state.recording


def _live(cell: object) -> int:
    return sys.getrefcount(cell) - _CELL


def _alone(t: Any) -> bool:
    """Whether t's slot is the only reference to its array, which owns its memory."""
    return (
        type(t._data) is np.ndarray
        and t._data.base is None
        and t._data.flags.writeable
        and sys.getrefcount(t._data) <= _SLOT
    )


class _Probe:
    __slots__ = ("_data",)


def _calibrate() -> tuple[int, int]:
    # What getrefcount says, called as above, of a cell that no Tensor holds and of an array that
    # one slot holds: so the comparisons do not depend on how an interpreter counts.
    probe = _Probe()
    probe._data = np.empty(1)  # type: ignore[attr-defined]
    slot = sys.getrefcount(probe._data)  # type: ignore[attr-defined]

    def live(cell: object) -> int:
        return sys.getrefcount(cell)

    cell = object()
    return live(cell), slot


_CELL, _SLOT = _calibrate()
