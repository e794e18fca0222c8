"""What is said of a conversion that would drop a graph: who asked for it, and what to write.

NumPy calls ``__array__`` from deep within, and Python ``__float__``; what the reader knows is the
call in the own source. It is found on the stack, which costs nothing until there is an error.
"""

from __future__ import annotations

import builtins
import os
import re
import sys
from types import FrameType
from typing import Any

import numpy as np

from .errors import ConversionError

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARIES = (
    _HERE,
    os.path.dirname(os.path.abspath(np.__file__)) + os.sep,
    os.path.dirname(os.path.abspath(os.__file__)) + os.sep,  # Python's own
)
_CALL = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*)\(")
_TRICKS = {"RClass": "r_", "CClass": "c_"}

_INSTEAD = {
    "Polynomial": "write ag.polyval(c[::-1], x), which records",
    "arange": "write start + step * np.arange(n)",
    "array": "write ag.array(...), which records",
    "asanyarray": "write ag.array(...), which records",
    "asarray": "write ag.array(...), which records",
    "ascontiguousarray": "write ag.array(...), which records",
    "c_": "write ag.c_[...], which records",
    "r_": "write ag.r_[...], which records",
    "frompyfunc": "use ag's functions, on the whole Tensor",
    "vectorize": "use ag's functions, on the whole Tensor",
}
_STORE = "to write it into an array, make that a Tensor first (out = ag.Tensor(out))"
_NUMBER = "to compute with it, use ag's functions in place of math's"
_INDEX = "an index has no derivative: take it from t.data"
_RANDOM = "draw numbers that do not depend on it, as in loc + scale * rng.standard_normal(size)"


def refusal(shape: tuple[int, ...], what: str) -> ConversionError:
    """The error for a tracked Tensor of that shape, converted by ``what`` ("float()", ...)."""
    name, cure = _request(what)
    return ConversionError(
        f"{name}: got a Tensor of shape {shape} that records its graph, which a conversion would "
        f"drop in silence; {cure}{'; ' if cure else ''}t.data (or t.item(), t.detach()) is its "
        "plain value."
    )


def _request(what: str) -> tuple[str, str]:
    frame: FrameType | None = sys._getframe(2)
    inside: list[FrameType] = []  # the libraries' frames, from the innermost
    while frame is not None and _is_of_library(frame.f_code.co_filename):
        inside.append(frame)
        frame = frame.f_back
    module, name = _called(inside)
    if name:
        spelled = f"{module}.{name}".replace("numpy", "np", 1)
        return spelled, _INDEX if what == "index" else _instead(module, name)
    text = _segment(frame) if frame is not None else ""
    call = _CALL.match(text)
    if call is None or frame is None:
        if text.endswith("]"):
            return (what, _INDEX) if what == "index" else (what, _STORE)
        return what, f"{_INSTEAD['array']}; {_STORE}" if what == "np.asarray" else _NUMBER
    spelled = call[1]
    first, _, rest = spelled.partition(".")
    owner = frame.f_locals.get(first, frame.f_globals.get(first, getattr(builtins, first, None)))
    for part in rest.split(".")[:-1]:
        owner = getattr(owner, part, None)
    if "random" in spelled or type(owner).__module__.startswith("numpy.random"):
        return spelled, _RANDOM
    if not rest:
        if getattr(owner, "__module__", "") == "builtins" or what == "index":
            return spelled, _INDEX if what == "index" else _NUMBER
        owner = sys.modules.get(getattr(owner, "__module__", ""))
    return spelled, _instead(getattr(owner, "__name__", ""), spelled.rpartition(".")[2])


def _is_of_library(path: str) -> bool:
    return path.startswith(_LIBRARIES) or "site-packages" in path or "dist-packages" in path


def _called(inside: list[FrameType]) -> tuple[str, str]:
    """The public module and name of the library function that the user has called."""
    for frame in reversed(inside):
        home, code = frame.f_globals.get("__name__", ""), frame.f_code
        names = code.co_varnames
        owner = frame.f_locals.get("self", frame.f_locals.get(names[0]) if names else None)
        if home.startswith(__package__ or "autograd_lite"):
            continue
        if code.co_name.startswith("__") and owner is not None:
            name = (owner if isinstance(owner, type) else type(owner)).__name__
            return home.partition(".")[0], _TRICKS.get(name, name)
        parts = [p for p in home.split(".") if not p.startswith("_")]
        modules = [".".join(parts[: i + 1]) for i in range(len(parts))]
        found = [getattr(sys.modules.get(m), code.co_name, None) for m in modules]
        # The shortest name of this very function, or else the longest of one that is called so.
        for module, f in zip(modules, found, strict=True):
            if getattr(getattr(f, "__wrapped__", f), "__code__", None) is code:
                return module, code.co_name
        for module, f in zip(reversed(modules), reversed(found), strict=True):
            if f is not None:
                return module, code.co_name
    return "", ""


def _instead(module: str, name: str) -> str:
    ag: Any = sys.modules[__package__ or "autograd_lite"]
    if module == "scipy.special" and callable(getattr(ag.special, name, None)):
        return f"write autograd_lite.special.{name}, which records"
    if module in ("numpy.linalg", "scipy.linalg") and name in ag.linalg.__all__:
        return f"write autograd_lite.linalg.{name}, which records"
    if module == "scipy.fft" and callable(getattr(ag.fft, name, None)):
        return f"write np.fft.{name}, which records"
    if module == "numpy.polynomial.polynomial" and name == "polyval":
        return "write ag.polyval(c[::-1], x), which records"
    if name in _INSTEAD:
        return _INSTEAD[name]
    known = module in ("numpy", "math", "cmath") and callable(vars(ag).get(name))
    return f"write ag.{name}, which records" if known else ""


def _segment(frame: FrameType) -> str:
    """The source of the expression that this frame is at, as far as it is on one line."""
    from itertools import islice
    from linecache import getline  # only errors pay for it

    at = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    line, end, start, stop = at
    if line is None or start is None:
        return ""
    text = getline(frame.f_code.co_filename, line).rstrip("\n").encode()
    return text[start : stop if line == end else None].decode(errors="replace")
