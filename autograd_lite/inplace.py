"""In-place writes: ``t[i] = v``, ``t += u``, through views too, right or refused.

A Tensor is a name for a value. Writing into one makes the name stand for a new value, computed by
a recorded op, and leaves the old array as it is; so no array that a node has kept is ever
falsified. Two cases really write into memory. A leaf that requires grad, inside ``no_grad()``: the
walk refuses graphs that used the old values, and nothing else shares a leaf's memory (a detached
leaf is a copy, an unrecorded view that a node keeps is copied first). And an untracked Tensor whose
array nobody else holds, so that filling a buffer in a loop copies nothing.

Views share memory, so writing into one changes the other. Tensors that share memory share a
``cell``; its reference count says how many of them are alive. A write to a view goes through to
its base, and a view that is the value being written is taken anew; a write that would leave any
other view stale is refused.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import numpy as np

from . import mode
from .errors import DTypeError, IndexOutOfRangeError, InPlaceError, ShapeError
from .methods import plain
from .node import tick
from .op import FUNCTIONS, Op


class Alias:
    """How a Tensor came to share memory with another.

    Attributes:
        cell: one object for all the Tensors that share the memory.
        base: the Tensor it is a view of, None for the first.
        op, params: what made the view. key: the index as the user wrote it.
    """

    __slots__ = ("base", "cell", "key", "op", "params")

    def __init__(self, cell: object, base: Any, op: Op | None, params: Any) -> None:
        self.cell = cell
        self.base = base
        self.op = op
        self.params = params
        self.key: Any = params.get("index") if params else None


def link(view: Any, base: Any, op: Op, params: Any) -> None:
    """Record that view, made by op, shares base's memory, if it does."""
    if not _shares(view._value, base._value):
        return
    alias = getattr(base, "_alias", None)
    if alias is None:
        alias = base._alias = Alias(object(), None, None, None)
    view._alias = Alias(alias.cell, base, op, params)


def _shares(view: Any, base: Any) -> bool:
    if type(view) is not np.ndarray:
        return False
    return view is base or (view.base is not None and np.may_share_memory(view, base))


def kept_value(t: Any) -> Any:
    """The array of an untracked view as a node may keep it: a copy, if a leaf may be written."""
    root = _chain(t)[-1]
    return np.array(t._value) if root._node is None and root._requires_grad else t._value


def is_alone(t: Any) -> bool:
    """Whether t's slot is the only reference to its array, which owns its memory."""
    return (
        type(t._value) is np.ndarray
        and t._value.base is None
        and t._value.flags.writeable
        and sys.getrefcount(t._value) <= _SLOT
    ) or not t.ndim


def set_item(t: Any, index: Any, value: Any) -> None:
    """``t[index] = value``."""
    alias = getattr(value, "_alias", None)
    if (
        alias is not None
        and alias.base is t
        and alias.key is index
        and _shares(value._value, t._value)
    ):
        return  # the second half of t[i] += u: the view has written itself into t already
    if isinstance(value, (list, tuple)):
        value = FUNCTIONS["array"](value)  # there may be Tensors in it
    chain, own = _writable(t, "setitem", value)
    if type(t._value) is not np.ndarray:
        t._value = np.array(t._value)
    if own and not _is_tracked(value):
        _write_item(t, plain(index), plain(value))
    elif mode.state.recording:
        _replace(chain, FUNCTIONS["setitem"](t, value, index), value)
    else:
        _move(chain, lambda: _write_item(t, plain(index), plain(value)))


def updating(ufunc: Any) -> Any:
    """The in-place operator of a ufunc, as a method of Tensor."""
    return lambda self, other: update(self, other, ufunc)


def update(t: Any, other: Any, ufunc: Any) -> Any:
    """``t += other`` and its like; gives t."""
    name = ufunc.__name__
    chain, own = _writable(t, name, other)
    if own and not _is_tracked(other):
        _call_into(ufunc, t, plain(other))
        return t
    if not mode.state.recording:
        _move(chain, lambda: _call_into(ufunc, t, plain(other)))
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
    _replace(chain, new, other)
    return t


def _chain(t: Any) -> list[Any]:
    """[t, the Tensor it is a view of, ...]."""
    chain = [t]
    while (alias := getattr(chain[-1], "_alias", None)) is not None and alias.base is not None:
        chain.append(alias.base)
    return chain


def _writable(t: Any, name: str, value: Any) -> tuple[list[Any], bool]:
    """The Tensors to replace, [t, its base, ...], and whether t's memory may be written; or raise.

    Memory may be written when it is t's alone and no graph knows of t.
    """
    chain = _chain(t)
    root = chain[-1]
    who = f"{t.name!r} " if t.name else ""
    leaf = root._node is None and root._requires_grad
    if leaf and mode.state.recording:
        part = "" if t is root else "a view of "
        raise InPlaceError(
            f"{name}: got {part}a leaf {who}of shape {root.shape} that requires grad, to be "
            "written in place; do it inside autograd_lite.no_grad(), or write into a copy."
        )
    if t._node is not None and not mode.state.recording:
        raise InPlaceError(
            f"{name}: got a recorded Tensor {who}of shape {t.shape} to be written inside "
            "no_grad(), which its graph would not know of; write outside no_grad(), or into "
            "t.detach()."
        )
    if leaf:
        root._written = tick()
        return chain, True
    alias = getattr(t, "_alias", None)
    if alias is not None:
        # The value may itself be a view of t: it is taken anew after the write.
        views = _views_of(value, chain)
        if _live(alias.cell) > len(chain) + len(views):
            raise InPlaceError(
                f"{name}: got a Tensor {who}of shape {t.shape} that shares memory with another "
                "living Tensor (a view), which would not see the write; copy() the view when it "
                "is made, or del it first."
            )
    for view in chain[:-1]:
        if view._alias.op.name != "getitem":
            raise InPlaceError(
                f"{name}: got a Tensor {who}of shape {t.shape} that is a view of another (made by "
                f"{view._alias.op.name}), to be written in place; write into the original or into "
                "a copy()."
            )
    return chain, len(chain) == 1 and t._node is None and is_alone(t)


def _views_of(value: Any, chain: list[Any]) -> list[Any]:
    """value and its bases, if it is a view (of a view ...) of a Tensor in chain; else nothing."""
    if getattr(value, "_alias", None) is None:
        return []
    own = _chain(value)
    for i, t in enumerate(own):
        if any(t is c for c in chain):
            return [v for v in own[:i] if not any(v is c for c in chain)]
    return []


def _replace(chain: list[Any], new: Any, value: Any) -> None:
    """Let chain[0] stand for new, and every base in the chain for itself with new written in."""
    views = _views_of(value, chain)
    values = [new]
    for view, base in pairwise(chain):
        values.append(FUNCTIONS["setitem"](base, values[-1], view._alias.params["index"]))
    chain[-1]._adopt(values[-1])
    _take_anew([*chain[-2::-1], *views[::-1]])


def _take_anew(views: list[Any]) -> None:
    for view in views:
        alias = view._alias
        view._adopt(FUNCTIONS[alias.op.name](alias.base, **alias.params))


def _move(chain: list[Any], write: Any) -> None:
    """Give the chain memory of its own, then write into it (nothing is recorded)."""
    root = chain[-1]
    root._value = np.array(root._value)
    with mode.no_grad():
        _take_anew(chain[-2::-1])
    write()


def _write_item(t: Any, index: Any, value: Any) -> None:
    check_kinds(np.asarray(value).dtype, t.dtype, False)
    try:
        t._value[index] = value
    except (ValueError, IndexError) as error:
        kind = IndexOutOfRangeError if isinstance(error, IndexError) else ShapeError
        raise kind(
            f"setitem: got a value of shape {np.shape(value)} for index {index!r} of a Tensor of "
            f"shape {t.shape}; {error}"
        ) from None


def check_kinds(value: Any, dtype: Any, tracked: bool) -> None:
    """Refuse a complex value for a real Tensor, and a tracked one for integers."""
    if value.kind == "c" and dtype.kind != "c":
        what = "the imaginary part would be lost; write value.real"
    elif tracked and dtype.kind in "biu":
        what = "the gradient would be lost; make the Tensor with dtype=float"
    else:
        return
    raise DTypeError(
        f"setitem: got a value of dtype {value} for a Tensor of dtype {dtype}; {what}."
    )


def _call_into(ufunc: Any, t: Any, value: Any) -> None:
    if type(t._value) is not np.ndarray:
        t._value = _fitted(ufunc(t._value, value), t, ufunc.__name__)
        return
    try:
        ufunc(t._value, value, out=t._value)
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


class _Probe:
    __slots__ = ("_value",)


def _calibrate() -> tuple[int, int]:
    # What getrefcount says, called as above, of a cell less one for its Alias, and of an array that
    # one slot holds: so the comparisons do not depend on how an interpreter counts.
    probe = _Probe()
    probe._value = np.empty(1)  # type: ignore[attr-defined]
    slot = sys.getrefcount(probe._value)  # type: ignore[attr-defined]

    def live(cell: object) -> int:
        return sys.getrefcount(cell)

    alias = Alias(object(), None, None, None)
    return live(alias.cell) - 1, slot


_CELL, _SLOT = _calibrate()
