"""``scope``: names for the parts of a program, for drawings.

Nothing is recorded while none is open. While one is open in a thread, each op recorded there
remembers the scope and the user's line. The ops ask for that behind the one question they ask
anyway (``mode.alert``).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

from . import mode
from .errors import DTypeError

_lock = threading.Lock()


class Scope:
    """One entry of a ``scope``: what the nodes recorded in it refer to.

    Attributes:
        name: what it is called, or None for one that groups nothing.
        kind: what it is, in words, such as ``LSTM(3, 4)``; or "".
        names: names to Tensors, for drawings.
        parent: the Scope around it, or None.
        owner: whatever its maker wants to find here again.
    """

    __slots__ = ("kind", "name", "names", "owner", "parent")

    def __init__(
        self, name: str | None, kind: str, names: Mapping[str, Any], parent: Any, owner: Any
    ) -> None:
        self.name = name
        self.kind = kind
        self.names = names
        self.parent = parent
        self.owner = owner


class scope(mode.Switch):  # noqa: N801 - a context manager, as no_grad
    """Name a part of the program: drawings show what is recorded inside as one group.

    A context manager and a decorator; scopes nest, and hold in their thread only. Without a name it
    makes no group. While any is open every op recorded remembers the user's line too, and modules
    of nn open scopes of their own, so ``with ag.scope(): loss = f(model(x))`` is enough to see
    module names, parameter names and source lines in ``draw(loss)``. Ops then cost some
    microseconds more, and the graph keeps the constants that were used; where no scope is open it
    costs nothing.

    Args:
        name: of the group, or None.
        kind: what it is, in words; drawings find words of their own if this is "".
        names: names of Tensors for drawings, used where the Tensor has none of its own.
        owner: anything; ``scope.current()`` gives it back as an attribute.

    Raises:
        DTypeError: name is neither a str nor None.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> with ag.scope("double"):
    ...     y = x * 2
    >>> [group.name for group in ag.draw(y.sum()).graph.groups]
    ['double']
    """

    anywhere: ClassVar[int] = 0  # how many threads have one open

    def __init__(
        self,
        name: str | None = None,
        *,
        kind: str = "",
        names: Mapping[str, Any] | None = None,
        owner: Any = None,
    ) -> None:
        if name is not None and not isinstance(name, str):
            raise DTypeError(
                f"scope: got a name of type {type(name).__name__}, expected a str; write "
                "ag.scope('hidden')."
            )
        self.name = name
        self.kind = kind
        self.names = names or {}
        self.owner = owner

    @staticmethod
    def current() -> Scope | None:
        """The innermost open Scope of this thread, or None."""
        return mode.state.scope  # type: ignore[no-any-return]

    def _again(self) -> Any:
        return scope(self.name, kind=self.kind, names=self.names, owner=self.owner)

    def __enter__(self) -> Self:
        outer = mode.state.scope
        if outer is None:
            _count(1)
        mode.state.before.append((outer,))
        inner = Scope(self.name, self.kind, self.names, outer, self.owner)
        mode._set((("scope", inner),))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        (outer,) = mode.state.before.pop()
        mode._set((("scope", outer),))
        if outer is None:
            _count(-1)


def _count(step: int) -> None:
    with _lock:
        scope.anywhere += step
