"""What is switched on, per thread: recording, anomaly detection, scopes.

``alert`` counts the threads in which something is not as usual. Ops look at that one module
variable only; while it is 0 no feature that is off costs anything.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_GENERATOR = 0x20  # inspect.CO_GENERATOR

alert = 0
_lock = threading.Lock()


class _State(threading.local):
    def __init__(self) -> None:
        self.before: list[tuple[Any, ...]] = []  # what the open switches are to put back

    recording = True
    anomaly = False
    watched = False  # anomaly is off only while the rules' own operations run
    origins: Any = None  # of nodes that were recorded by rules, while anomaly is on
    scope: Any = None  # the innermost open Scope of this thread
    depth = 0  # how many transforms (grad, jvp, ...) this thread is inside of


state = _State()


def _set(fields: Iterable[tuple[str, Any]]) -> None:
    global alert
    was = _unusual()
    for name, value in fields:
        setattr(state, name, value)
    now = _unusual()
    if was != now:
        with _lock:
            alert += 1 if now else -1


def _unusual() -> bool:
    return state.anomaly or not state.recording or state.scope is not None


class Switch:
    """A context manager and decorator that sets fields of ``state`` and puts them back."""

    _fields: tuple[tuple[str, Any], ...] = ()

    def __enter__(self) -> Self:
        state.before.append(tuple(getattr(state, name) for name, _ in self._fields))
        _set(self._fields)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        names = (name for name, _ in self._fields)
        _set(tuple(zip(names, state.before.pop(), strict=True)))

    def _again(self) -> Any:
        """A switch like this one, for one more call of the decorated function."""
        return type(self)()

    def __call__(self, function: F) -> F:
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:
            return self._around_each_step(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return wrapped  # type: ignore[return-value]

    def _around_each_step(self, function: F) -> F:
        # A generator runs in pieces, between which its caller's own switches hold.
        @functools.wraps(function)
        def stepped(*args: Any, **kwargs: Any) -> Any:
            steps, sent = function(*args, **kwargs), None
            while True:
                try:
                    with self._again():
                        value = steps.send(sent)
                except StopIteration as stop:
                    return stop.value
                sent = yield value

        return stepped  # type: ignore[return-value]


class no_grad(Switch):  # noqa: N801 - PyTorch's spelling
    """Record nothing in this block or function: results have ``requires_grad=False``.

    Per thread. Leaves that require grad may be written in place inside it.

    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     (w * 2).requires_grad
    False
    """

    _fields = (("recording", False),)


class enable_grad(Switch):  # noqa: N801 - PyTorch's spelling
    """Record in this block or function, also inside ``no_grad``.

    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     (w * 2).requires_grad
    True
    """

    _fields = (("recording", True),)


class detect_anomaly(Switch):  # noqa: N801 - PyTorch's spelling
    """Stop at the first NaN or inf, forward or backward, and say where it was born.

    Inside the block every op remembers the user's line and a fingerprint of the arrays that it
    keeps. An op (or its rule, in backward and in forward mode) whose result has an infinity that
    came from finite numbers, or a NaN that came from none, raises ``AnomalyError`` with the op,
    the line and the index; a kept array that somebody wrote into behind the library's back
    (``x.data[0] = 1``) raises ``InPlaceError``. In forward mode only what reaches a result counts.
    It costs several times the plain speed: for looking for a fault, not for every run.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 0.0], requires_grad=True)
    >>> with ag.detect_anomaly():
    ...     ag.sqrt(x).sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    autograd_lite.errors.AnomalyError: sqrt (backward): got inf at index (1,) ...
    """

    _fields = (("anomaly", True), ("origins", None))


@contextmanager
def suspended() -> Iterator[None]:
    """Anomaly detection off for a while: what runs inside is not the user's."""
    before, watched = state.anomaly, state.watched
    _set((("anomaly", False), ("watched", before or watched)))
    try:
        yield
    finally:
        _set((("anomaly", before), ("watched", watched)))


@contextmanager
def resumed() -> Iterator[None]:
    """Inside ``suspended``: what runs in here is the user's again."""
    before = state.anomaly
    _set((("anomaly", before or state.watched),))
    try:
        yield
    finally:
        _set((("anomaly", before),))


@contextmanager
def transform() -> Iterator[None]:
    """Inside a transform of functions: results that depend on outer Tensors stay Tensors."""
    state.depth += 1
    try:
        yield
    finally:
        state.depth -= 1


def is_grad_enabled() -> bool:
    """Whether ops record a graph in this thread now.

    >>> import autograd_lite as ag
    >>> ag.is_grad_enabled()
    True
    """
    return state.recording
