"""The graph's records: Node (one recorded call) and Spec (an array that was not kept)."""

from __future__ import annotations

import weakref
from itertools import count
from typing import Any

from .op import Op

# Creation numbers: every node gets one, every in-place write of a leaf too, so "written after
# recorded" is one comparison. ``count.__next__`` is atomic, so threads may share it.
tick = count(1).__next__


class Node:
    """One recorded call, plain data: it never refers to its own output Tensor.

    Attributes:
        op, params: what was called; params is None when the op has none.
        parents: per input, its Node, the leaf Tensor, or None where no gradient is wanted.
        args: ``(out, *inputs)`` as the rules get them: arrays where ``saves`` says so, else
            stubs that know shape and dtype only (None for out); None once freed.
        shape, dtype: of the output.
        order: creation number, larger than that of every parent.
        meta: rare things, or None: hooks, a retained gradient, a name, the user's line, a scope.
    """

    __slots__ = ("args", "dtype", "meta", "op", "order", "params", "parents", "shape")

    def __init__(
        self,
        op: Op,
        params: dict[str, Any] | None,
        parents: tuple[Any, ...],
        args: tuple[Any, ...] | None,
        shape: tuple[int, ...],
        dtype: Any,
    ) -> None:
        self.op = op
        self.params = params
        self.parents = parents
        self.args = args
        self.shape = shape
        self.dtype = dtype
        self.order = tick()
        self.meta: Meta | None = None

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return _size(self.shape)

    def __repr__(self) -> str:
        return f"Node({self.op.name}, shape={self.shape}, dtype={self.dtype})"


class Meta:
    """What few nodes and few leaves have: kept apart so that the others pay one slot."""

    __slots__ = ("grad", "held", "hooks", "line", "name", "prints", "retain", "scope", "sources")

    def __init__(self) -> None:
        self.name: str | None = None
        self.hooks: dict[int, Any] = {}
        self.retain = False
        self.grad: Any = None
        self.line: str | None = None
        self.scope: Any = None
        self.held: tuple[Any, ...] = ()
        self.prints: tuple[Any, ...] | None = None
        self.sources: tuple[Source, ...] = ()


# A named constant of so many entries or fewer is kept for drawings.
_SMALL = 4096


class Source:
    """A named constant that a node has read: its name for good, its values if they are few.

    Attributes:
        index: of the input. meta: of the Tensor; it has the name.
        tensor: a weak reference to the Tensor. value: its array, or None.
    """

    __slots__ = ("index", "meta", "tensor", "value")

    def __init__(self, index: int, t: Any) -> None:
        self.index = index
        self.meta: Meta = t._meta
        self.tensor = weakref.ref(t)
        # A write into the Tensor makes a copy of an array that is held here, but what shares
        # another's memory may be written by way of that, which nobody would see here.
        own = t._alias is None and t._value.size <= _SMALL
        self.value: Any = t._value if own else None

    @property
    def name(self) -> str | None:
        return self.meta.name


class Spec(weakref.ref):  # type: ignore[type-arg]
    """Shape and dtype of a constant whose values no rule reads, so the node does not keep it.

    It is a weak reference to the constant (a Tensor or an ndarray): calling it gives that, or
    None once the user has dropped it.
    """

    __slots__ = ("dtype", "shape")

    def __new__(cls, value: Any, source: Any) -> Spec:
        return super().__new__(cls, source)

    def __init__(self, value: Any, source: Any) -> None:
        super().__init__(source)  # type: ignore[call-arg]
        self.shape: tuple[int, ...] = value.shape
        self.dtype = value.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return _size(self.shape)


def _size(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size
