"""What ``detect_anomaly`` does: find the first NaN or inf, and writes behind our back.

The user's line, which it tells, is what an open ``scope`` gives its nodes too (``place``).
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from .errors import AnomalyError, InPlaceError
from .node import Meta, Node

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


def first_bad(x: Any) -> tuple[str, tuple[int, ...]] | None:
    """("NaN" or "inf", its index) of the first entry that is not finite, or None."""
    if isinstance(x, tuple):  # of an op with several outputs
        return next((found for part in x if part is not None and (found := first_bad(part))), None)
    x = np.asarray(x)
    if x.dtype.kind not in "fc":
        return None
    bad = ~np.isfinite(x)
    if not bad.any():
        return None
    index = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), x.shape))
    return ("NaN" if np.isnan(x[index]) else "inf"), index


def check_forward(name: str, values: tuple[Any, ...] | list[Any], out: Any) -> str:
    """Raise if out has the first NaN or inf; give the user's line otherwise."""
    line = user_line()
    found = first_bad(out)
    if found and all(v is None or first_bad(v) is None for v in values):
        kind, index = found
        raise AnomalyError(
            f"{name} (forward): got {kind} at index {index} of its result, shape "
            f"{_shape(out)}, from finite inputs, at {line}; look at the inputs there."
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
    """Raise if a rule of node made a NaN or inf, term, out of a finite cotangent g."""
    found = first_bad(_values(term))
    if found and first_bad(_values(g)) is None:
        kind, index = found
        where = node.meta.line if node.meta is not None and node.meta.line else None
        raise AnomalyError(
            f"{node.op.name} (backward): got {kind} at index {index} of a gradient of shape "
            f"{term.shape}, from a finite incoming gradient; the op was recorded "
            + (f"at {where}." if where else "outside detect_anomaly.")
        )


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
