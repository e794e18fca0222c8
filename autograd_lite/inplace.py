"""In-place writes: ``t[i] = v``, ``t += u``, through views too, right or refused.

A Tensor is a name for a value. Writing into one makes the name stand for a new value, computed by
a recorded op, and leaves the old array as it is; so no array that a node has kept is ever
falsified. Two cases really write into memory. A leaf that requires grad, inside ``no_grad()``: the
walk refuses graphs that used the old values, and what shares a leaf's memory without being a view
of it in the graph is a copy (a detached leaf or view, an unrecorded view that a node keeps). And an
untracked Tensor whose array nobody else holds, so that filling a buffer in a loop copies nothing.

Views share memory, so a write into one is seen by the others. Tensors that share memory are a
``Family``, a tree of views. A write to a view is written into its base, and so on to the root; then
every view that is still alive is taken anew from its base.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any
from weakref import ref

import numpy as np

from . import mode
from .errors import DTypeError, IndexOutOfRangeError, InPlaceError, ShapeError
from .node import tick
from .op import FUNCTIONS, Op
from .protocols import plain, whole


class Family:
    """The Tensors that share one memory, as long as they live."""

    __slots__ = ("_limit", "_views")

    def __init__(self) -> None:
        self._views: list[Any] = []
        self._limit = 8

    def add(self, view: Any) -> None:
        """Enter a view, by a weak reference; the dead are cleared away when they are many."""
        if len(self._views) >= self._limit:
            self._views = [r for r in self._views if r() is not None]
            self._limit = 2 * len(self._views) + 8
        self._views.append(ref(view))

    def views(self) -> list[Any]:
        """The living views, each behind its base."""
        alive = (r() for r in self._views)
        return [v for v in alive if v is not None and _family(v) is self]


class Alias:
    """How a Tensor came to share memory with others.

    Attributes:
        family: one for all the Tensors that share the memory.
        base: the Tensor it is a view of, None for the root.
        op, params: what made the view. key: the index as the user wrote it.
        rows: (start, stop) between which it lies along the first axis of its base, None: who knows.
    """

    __slots__ = ("base", "family", "key", "op", "params", "rows")

    def __init__(self, family: Family, base: Any, op: Any, params: Any) -> None:
        self.family = family
        self.base = base
        self.op = op
        self.params = params or {}
        self.key: Any = self.params.get("index")
        self.rows = None if base is None else _rows(self.key, base.shape)


def _rows(index: Any, shape: tuple[int, ...]) -> tuple[int, int] | None:
    """Between which rows a basic index reads or writes, if that is easily told."""
    first = (index[0] if index else None) if type(index) is tuple else index
    if type(first) is int and shape:
        return first % shape[0], first % shape[0] + 1
    if type(first) is slice and shape:
        rows = range(*first.indices(shape[0]))
        return (min(rows[0], rows[-1]), max(rows[0], rows[-1]) + 1) if rows else (0, 0)
    return None


def _apart(one: tuple[int, int] | None, two: tuple[int, int] | None) -> bool:
    """Whether these rows, if both are known, have none in common."""
    return one is not None and two is not None and (one[1] <= two[0] or two[1] <= one[0])


def _family(t: Any) -> Family | None:
    alias = getattr(t, "_alias", None)
    return None if alias is None else alias.family


def link(view: Any, base: Any, op: Op, params: Any, always: bool = False) -> None:
    """Record that view, made by op, shares base's memory: if it does, or always."""
    value, alias = base._value, getattr(base, "_alias", None)
    if not always and not _shares(view._value, value):
        # A number has no memory to share. But a 0-d Tensor that was made by its user, or written,
        # takes the place of a 0-d array, which would have.
        made = base._node is None and base._written >= 0
        if type(value) is np.ndarray or not (made or alias is not None):
            return
        if op.name == "getitem" and type(params["index"]) is tuple and not params["index"]:
            return  # t[()] is a number in NumPy too
    if alias is None:
        alias = base._alias = Alias(Family(), None, None, None)
    view._alias = Alias(alias.family, base, op, params)
    alias.family.add(view)
    if base._node is not None and base._node.op.name == "setitem" and 2 * view.size <= base.size:
        # Else a graph that keeps a row would keep the whole, which the next write must then copy.
        view._value = view._value.copy()


def leave(t: Any) -> None:
    """t has other memory from now on: its views keep what they had, and are on their own."""
    family = _family(t)
    if family is not None:
        for view in family.views():
            if any(base is t for base in _chain(view)):
                view._alias = None
        t._alias = None


def _shares(view: Any, base: Any) -> bool:
    if type(view) is not np.ndarray:
        return False
    return view is base or (view.base is not None and np.may_share_memory(view, base))


def _chain(t: Any) -> list[Any]:
    """[t, the Tensor it is a view of, ...]."""
    chain = [t]
    while (alias := getattr(chain[-1], "_alias", None)) is not None and alias.base is not None:
        chain.append(alias.base)
    return chain


def kept_value(t: Any) -> Any:
    """t's array as it may be kept apart from t: a copy, if it is a leaf's memory."""
    value, root = t._value, _chain(t)[-1]
    if type(value) is np.ndarray and root._node is None and root._requires_grad:
        return value.copy() if root._value.flags.writeable else value
    return value


def is_alone(t: Any) -> bool:
    """Whether t's slot is the only reference to its array, which owns its memory."""
    value = t._value
    if type(value) is not np.ndarray:
        return True  # a number, which no write can change: t gets another
    return value.base is None and value.flags.writeable and sys.getrefcount(value) <= _HELD


def set_item(t: Any, index: Any, value: Any) -> None:
    """``t[index] = value``."""
    alias = getattr(value, "_alias", None)
    if alias is not None and alias.base is t and alias.op.name == "getitem" and alias.key is index:
        return  # the second half of t[i] += u: the view has written itself into t already
    value = whole(value)
    chain, memory = _writable(t, "setitem")
    if memory and not _is_tracked(value):
        if type(t._value) is not np.ndarray:
            t._value = np.array(t._value)
        _write_item(t, plain(index), plain(value))
    else:
        _replace(chain, _set(t, value, index), _rows(index, t.shape))


def _set(t: Any, value: Any, index: Any) -> Any:
    """What t is with value at index: in its own memory, if nothing else knows of it."""
    setitem: Any = FUNCTIONS["setitem"]
    alone = t._node is not None and type(t._value) is np.ndarray and is_alone(t)
    if alone and mode.state.recording and not mode.state.anomaly:
        return setitem.overwrite(t, value, index)
    return setitem(t, value, index)


def updating(ufunc: Any) -> Any:
    """The in-place operator of a ufunc, as a method of Tensor."""
    return lambda self, other: update(self, other, ufunc)


def update(t: Any, other: Any, ufunc: Any) -> Any:
    """``t += other`` and its like; gives t."""
    name = ufunc.__name__
    other = whole(other)
    chain, memory = _writable(t, name)
    if memory and not _is_tracked(other):
        _call_into(ufunc, t, plain(other))
        return t
    new = FUNCTIONS[name](t, other) if name in FUNCTIONS else _of_integers(ufunc, t, other)
    _check_result(new, t, name)
    _replace(chain, new if new.dtype == t.dtype else new.astype(t.dtype))
    return t


def _of_integers(ufunc: Any, t: Any, other: Any) -> Any:
    try:
        return FUNCTIONS["array"](ufunc(t._value, plain(other)))
    except TypeError as error:
        raise DTypeError(f"{ufunc.__name__} (in place): {error}.") from None


def _writable(t: Any, name: str) -> tuple[list[Any], bool]:
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
    for view, base in pairwise(chain):
        op = view._alias.op.name
        if op in _READ_ONLY or not base.ndim:
            reason = "is a number" if not base.ndim else "NumPy lets nobody write through"
            raise InPlaceError(
                f"{name}: got a Tensor {who}of shape {t.shape}, made by {op} of one of shape "
                f"{base.shape}, which {reason}; write into a copy()."
            )
    if leaf:
        root._written = tick()
        return chain, t is root or _shares(t._value, root._value)
    alone = len(chain) == 1 and t._node is None and is_alone(t)
    family = _family(t)
    return chain, alone and (family is None or not family.views())


# Views that NumPy itself makes read-only, two because one entry may stand in several places.
_READ_ONLY = ("broadcast_to", "sliding_window_view", "diagonal")


def _replace(chain: list[Any], new: Any, rows: tuple[int, int] | None = None) -> None:
    """Let chain[0] stand for new, its bases for themselves with new written in; renew the views.

    Args:
        rows: those of chain[0] that were written; views that lie elsewhere stay as they are.
    """
    if len(chain) > 1:
        rows = chain[-2]._alias.rows
    for view, base in pairwise(chain):
        new = _written_through(view._alias, base, new)
    root = chain[-1]
    root._adopt(new)
    family = _family(root)
    if family is None and not root.ndim:
        root._alias = Alias(Family(), None, None, None)
    kept: set[int] = set()
    for view in family.views() if family is not None else ():
        alias = view._alias
        if id(alias.base) in kept or (alias.base is root and _apart(alias.rows, rows)):
            kept.add(id(view))
        else:
            view._adopt(alias.op.function(alias.base, **alias.params))


def _written_through(alias: Alias, base: Any, new: Any) -> Any:
    """base with new in place of its view."""
    name = alias.op.name
    if name == "getitem":
        return _set(base, new, alias.params["index"])
    if name in ("real", "imag") and base.dtype.kind == "c":
        other = FUNCTIONS["imag" if name == "real" else "real"](base)
        return new + 1j * other if name == "real" else other + 1j * new
    # Which entry of the base each entry of the view is.
    places = np.arange(base.size).reshape(base.shape)
    at = alias.op.forward(places, **alias.params).reshape(-1)
    reshape = FUNCTIONS["reshape"]
    flat = FUNCTIONS["setitem"](reshape(base, -1), reshape(new, -1), at)
    return reshape(flat, base.shape)


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


def check_kinds(value: Any, dtype: Any, tracked: bool, who: str = "setitem") -> None:
    """Refuse a complex value for a real Tensor, and a tracked one for integers."""
    if value.kind == "c" and dtype.kind != "c":
        what = "the imaginary part would be lost; write value.real"
    elif tracked and dtype.kind in "biu":
        what = "the gradient would be lost; make the Tensor with dtype=float"
    else:
        return
    raise DTypeError(f"{who}: got a value of dtype {value} for a Tensor of dtype {dtype}; {what}.")


def _call_into(ufunc: Any, t: Any, value: Any) -> None:
    name = ufunc.__name__
    if type(t._value) is not np.ndarray:
        new = ufunc(t._value, value)
        _check_result(new, t, name)
        t._value = new.astype(t.dtype)
        return
    try:
        ufunc(t._value, value, out=t._value)
    except TypeError as error:
        raise DTypeError(f"{name} (in place): {error}; use astype first.") from None
    except ValueError as error:
        raise ShapeError(
            f"{name} (in place): got shapes {t.shape} and {np.shape(value)}; {error}"
        ) from None


def _check_result(new: Any, t: Any, name: str) -> None:
    if new.shape != t.shape:
        raise ShapeError(
            f"{name} (in place): got a result of shape {new.shape} for a Tensor of shape "
            f"{t.shape}; write t = t + u to let it grow."
        )
    if not np.can_cast(new.dtype, t.dtype, "same_kind"):
        raise DTypeError(
            f"{name} (in place): got a result of dtype {new.dtype} for a Tensor of dtype "
            f"{t.dtype}; use astype first, or write t = t + u."
        )


def _is_tracked(x: Any) -> bool:
    return hasattr(x, "_is_tracked") and bool(x._is_tracked()) and mode.state.recording


class _Probe:
    __slots__ = ("_value",)


def _calibrate() -> int:
    # What getrefcount says, called as in is_alone, of an array that one slot holds: so the
    # comparison does not depend on how an interpreter counts.
    probe = _Probe()
    probe._value = np.empty(1)  # type: ignore[attr-defined]

    def counted(t: Any) -> int:
        value = t._value
        return sys.getrefcount(value)

    return counted(probe)


_HELD = _calibrate()
