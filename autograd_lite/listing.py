"""``ops()``: everything that has a derivative here, as a table."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from .op import FUNCTIONS, KINKS, LATE, NUMPY, OPS

_SPACES = (
    ("np", np),
    ("np.linalg", np.linalg),
    ("np.emath", np.emath),
    ("np.lib.stride_tricks", np.lib.stride_tricks),
)


class Entry(NamedTuple):
    """One function: its name here, its NumPy names, and how it is differentiated.

    Attributes:
        name: under which ``autograd_lite`` has it, or an op that such functions are made of.
        numpy: NumPy's names of it that take Tensors.
        arguments: the arrays, then the parameters with their defaults.
        derivative: the rule, in terms of g, the gradient of its result.
        kinks: the choice made where there is no derivative, or "".
        composed: it is written in terms of other ops, and its derivative follows from theirs.
    """

    name: str
    numpy: tuple[str, ...]
    arguments: str
    derivative: str
    kinks: str
    composed: bool


class Listing(tuple[Entry, ...]):
    """Entries in the order of their names; shown as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        rows = [("name", "NumPy", "derivative", "at kinks")]
        rows += [(e.name, ", ".join(e.numpy), e.derivative, e.kinks) for e in self]
        first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
        return "\n".join(
            f"{name:{first}}  {numpy:{second}}  {how}{f'  [{kinks}]' if kinks else ''}"
            for name, numpy, how, kinks in rows
        )


def ops(containing: str = "") -> Listing:
    """Every function that has a derivative here, with its rule, its kinks and its NumPy names.

    Those of SciPy too, once ``scipy.special`` has been imported.

    Args:
        containing: only those whose name, here or in NumPy, contains this text.

    Returns:
        a tuple of ``Entry`` records, which prints as a table.

    >>> import autograd_lite as ag
    >>> entry, = ag.ops("hypot")
    >>> entry.numpy, entry.arguments, entry.kinks
    (('np.hypot',), 'x, y', '0 at the origin')
    >>> print(entry.derivative)
    g·x/h and g·y/h; 0 at the origin.
    """
    for module in LATE:
        import_module(f"{__package__}.{module}")
    if "scipy.special" in sys.modules:
        import_module(f"{__package__}.special")
    names = _numpy_names()
    entries = []
    for name in sorted(set(OPS) | set(FUNCTIONS)):
        if name.startswith("doc_"):
            continue
        function: Any = FUNCTIONS[name]
        op = getattr(function, "op", None)
        numpy = tuple(names.get(id(function), ()))
        if containing and not any(containing in n for n in (name, *numpy)):
            continue
        doc = (op.doc if op else function.__doc__) or ""
        derivative = _derivative(doc) or "as that of the ops it is made of."
        arguments = repr(function).partition("(")[2].rpartition(")")[0] if op else _called(function)
        kinks = KINKS.get(name, op.kinks if op else "")
        entries.append(Entry(name, numpy, arguments, derivative, kinks, op is None))
    return Listing(entries)


def _numpy_names() -> dict[int, list[str]]:
    """NumPy's names and SciPy's, by the identity of the function here that takes their place."""
    found: dict[int, list[str]] = {}
    scipys = ("scipy.special", sys.modules.get("scipy.special"))
    for space, module in (*_SPACES, ("np.fft", np.fft), *((scipys,) if scipys[1] else ())):
        for name in sorted(vars(module)):
            try:
                function = NUMPY.get(getattr(module, name))
            except TypeError:  # unhashable, so no function
                continue
            if function is not None:
                found.setdefault(id(function), []).append(f"{space}.{name}")
    for key, function in NUMPY.items():
        if isinstance(key, str):
            found.setdefault(id(function), []).append(key.replace("numpy", "np", 1))
    return found


def _derivative(doc: str) -> str:
    """What follows "Derivative:" in a docstring, up to the end of its paragraph."""
    text = doc.partition("Derivative:")[2]
    return " ".join(line.strip() for line in _paragraph(text))


def _paragraph(text: str) -> Iterator[str]:
    for line in text.strip().splitlines():
        if not line.strip():
            return
        yield line


def _called(function: Any) -> str:
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    names = list(code.co_varnames[:count])
    if code.co_flags & 0x04:
        names.insert(code.co_argcount, "*" + code.co_varnames[count])
    return ", ".join(names)
