"""What ``detect_anomaly`` does: find the first NaN or inf, and writes behind our back.

The user's line, which it tells, is what an open ``scope`` gives its nodes too (``place``).
"""

from __future__ import annotations

import os
import sys
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import mode
from .errors import AnomalyError, InPlaceError
from .node import Meta, Node, tick

_HERE = os.path.dirname(os.path.abspath(__file__))
_SKIPPED = (
    _HERE + os.sep,
    os.path.join(os.path.dirname(_HERE), "nn") + os.sep,
    os.path.dirname(os.path.abspath(np.__file__)) + os.sep,
)


def user_line() -> str:
    """ "file.py:12: source text" of the innermost frame outside this library and NumPy."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        if not frame.f_code.co_filename.startswith(_SKIPPED):
            break
        frame = frame.f_back
    name, number = frame.f_code.co_filename, frame.f_lineno
    from linecache import getline  # slow to import, and rarely wanted

    text = getline(name, number).strip()
    return f"{os.path.basename(name)}:{number}" + (f": {text}" if text else "")


def first_bad(x: Any, nan_only: bool = False) -> tuple[str, tuple[int, ...]] | None:
    """("NaN" or "inf", its index) of the first entry that is not finite, or None."""
    if isinstance(x, tuple):  # of an op with several outputs
        parts = (first_bad(part, nan_only) for part in x if part is not None)
        return next((found for found in parts if found), None)
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        return None
    bad = np.isnan(x) if nan_only else ~np.isfinite(x)
    if not bad.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), x.shape))
    return ("NaN" if np.isnan(x[index]) else "inf"), index


def _born(out: Any, causes: list[Any]) -> tuple[str, tuple[int, ...]] | None:
    """What is wrong with out that its causes do not explain: infinities explain no NaN."""
    bad = [x for x in causes if first_bad(x)]
    if any(first_bad(x, nan_only=True) for x in bad):
        return None
    return first_bad(out, nan_only=bool(bad))


def check_forward(name: str, values: tuple[Any, ...] | list[Any], out: Any) -> str:
    """Raise if out has the first NaN or inf; give the user's line otherwise."""
    line = user_line()
    found = _born(out, [v for v in values if v is not None])
    if found:
        kind, index = found
        told = "finite" if all(v is None or first_bad(v) is None for v in values) else "infinite"
        raise AnomalyError(
            f"{name} (forward): got {kind} at index {index} of its result, shape {_shape(out)}, "
            f"from {told} inputs, at {line}; look at the inputs there."
        )
    return line


def remember(node: Node, line: str) -> None:
    """Give a node the user's line and fingerprints of what it keeps."""
    meta = node.meta = node.meta or Meta()
    meta.line = line
    meta.prints = tuple(_print(a) for a in node.args or ())


def place(node: Node, scope: Any, inputs: tuple[Any, ...]) -> None:
    """Give a node the scope that it was recorded in, the user's line, and its constants.

    Nodes refer to constants weakly; while somebody looks, a batch is not to vanish from the graph
    when the function that made it returns.
    """
    meta = node.meta = node.meta or Meta()
    meta.scope = scope
    meta.held = tuple(x for x, p in zip(inputs, node.parents, strict=True) if p is None)
    meta.line = meta.line or user_line()


def check_untouched(node: Node) -> None:
    """Raise if an array that node keeps has changed since it was recorded."""
    if node.meta is None or node.meta.prints is None or node.args is None:
        return
    for before, kept in zip(node.meta.prints, node.args, strict=True):
        if before is not None and _print(kept) != before:
            raise InPlaceError(
                f"{node.op.name} (backward): an array of shape {kept.shape} that it keeps was "
                f"written after it was recorded at {node.meta.line}; write into a copy."
            )


def check_backward(node: Node, g: Any, term: Any) -> None:
    """Raise if a rule of node made a NaN or inf, term, out of a cotangent g that had none."""
    found = _born(_values(term), [_values(g)])
    if found:
        kind, index = found
        raise AnomalyError(
            f"{node.op.name} (backward): got {kind} at index {index} of a gradient of shape "
            f"{_shape(term)}, from {_told(g)} incoming gradient{_own(node)}; the op was recorded "
            f"{_where(node)}."
        )


class Tangents:
    """``check_backward`` for forward mode: the first NaN or inf, told if it reaches a result.

    What a mask further up leaves out, as ``where`` does, has harmed nobody.

    Args:
        stacked: tangents come stacked along a first axis.
    """

    def __init__(self, stacked: bool = False) -> None:
        self.stacked = stacked
        self.first: tuple[Any, ...] | None = None

    def probe(self, node: Node, incoming: list[Any], tangent: Any) -> None:
        """Remember the node if its tangent has what those of its inputs do not explain."""
        if self.first is None:
            causes = [_values(t) for t in incoming if t is not None]
            found = _born(_values(tangent), causes)
            if found:
                shape = _shape(_values(tangent))
                self.first = node, found, shape, any(first_bad(t) for t in causes)

    def check(self, results: list[Any]) -> None:
        """Raise if one of the results has a NaN or inf that was born on the way."""
        if self.first is None or not any(first_bad(_values(t)) for t in results):
            return
        node, (kind, index), shape, infinite = self.first
        if self.stacked and not isinstance(shape, str):
            index, shape = index[1:], shape[1:]
        raise AnomalyError(
            f"{node.op.name} (forward mode): got {kind} at index {index} of a tangent of shape "
            f"{shape}, from {'infinite' if infinite else 'finite'} tangents of its inputs"
            f"{_own(node)}; the op was recorded {_where(node)}."
        )


def _told(g: Any) -> str:
    return "an infinite" if first_bad(_values(g)) else "a finite"


def _own(node: Node) -> str:
    """A clause about values of the forward pass that are not finite themselves."""
    kept = [a for a in node.args or () if isinstance(a, (np.ndarray, np.generic, tuple))]
    found = next((bad for a in kept if (bad := first_bad(a))), None)
    if found is None:
        return ""
    kind, index = found
    return f" and values of the forward pass that have {kind} themselves, at index {index}"


@contextmanager
def watching(lift: Any) -> Iterator[Any]:
    """Around a walk that is probed; gives the lift it is to use, which notes whose rule runs.

    The rules' own operations are not the user's, so they are not looked at one by one.
    """
    with mode.suspended():
        if lift is None:
            yield None
            return
        origins = mode.state.origins = mode.state.origins or Origins()

        def noted(node: Node, g: Any) -> Any:
            origins.begin(node)
            return lift(node, g)

        try:
            yield noted
        finally:
            origins.begin(None)


class Origins:
    """Which rule has recorded the nodes of a backward pass that is recorded itself."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.nodes: list[str] = []

    def begin(self, node: Node | None) -> None:
        """From now on, nodes are recorded by node's rule; of None, by something else."""
        self.starts.append(tick())
        self.nodes.append("" if node is None else f"by the rule of {node.op.name}, {_where(node)}")

    def of(self, node: Node) -> str:
        """Whose rule has recorded node; "" if none has."""
        i = bisect(self.starts, node.order) - 1
        return self.nodes[i] if i >= 0 else ""


def _where(node: Node) -> str:
    if node.meta is not None and node.meta.line:
        return f"at {node.meta.line}"
    origin = mode.state.origins.of(node) if mode.state.origins else ""
    return origin or "outside detect_anomaly"


def _shape(out: Any) -> Any:
    return " and ".join(str(x.shape) for x in out) if isinstance(out, tuple) else np.shape(out)


def _values(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(_values(part) for part in x)
    return getattr(x, "_value", x)  # a Tensor under create_graph, an array otherwise


def _print(x: Any) -> int | None:
    if not isinstance(x, np.ndarray):
        return None
    from zlib import crc32

    return crc32(np.ascontiguousarray(x).view(np.uint8).data)
