"""What is said of a conversion that would drop a graph: who asked for it, and what to write.

NumPy calls ``__array__`` from deep within, and Python ``__float__``; what the reader knows is the
call in the own source. It is found on the stack, which costs nothing until there is an error.
"""

from __future__ import annotations

import builtins
import os
import sys
from types import FrameType
from typing import Any

import numpy as np

from .errors import ConversionError
from .op import NUMPY, PLAIN

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARIES = (
    _HERE,
    os.path.dirname(os.path.abspath(np.__file__)) + os.sep,
    os.path.dirname(os.path.abspath(os.__file__)) + os.sep,  # Python's own
)
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
_LIST = "make the list a Tensor first, ag.array([...]), which records"
_FORMAT = "in a format write t.item() (f-strings and format() take t itself)"
_MASKED = "give the mask as where=, as in np.sum(t, where=~mask), or write np.where(mask, other, t)"
_RANDOM = "draw numbers that do not depend on it, as in loc + scale * rng.standard_normal(size)"
_SHUFFLED = "draw the order and take it, t[rng.permutation(len(t))]"
_DRAWN = {
    "choice": "draw positions and take them, t[rng.choice(len(t), n)], with t.data for p=",
    "permutation": _SHUFFLED,
    "permuted": _SHUFFLED,
}
# Tables and matrices of other libraries, which know no Tensor, and what to write for them.
_OTHERS = {
    "scipy.sparse": "S.toarray() in place of the sparse matrix S",
    "pandas": "df.to_numpy() in place of the table df",
}


def refusal(shape: tuple[int, ...], what: str) -> ConversionError:
    """The error for a tracked Tensor of that shape, converted by ``what`` ("float()", ...)."""
    name, cure = _request(what)
    return ConversionError(
        f"{name}: got a Tensor of shape {shape} that records its graph, which a conversion would "
        f"drop in silence; {cure}{'; ' if cure else ''}t.data (or t.item(), t.detach()) is its "
        "plain value."
    )


def _request(what: str) -> tuple[str, str]:
    import ast  # only errors pay for it

    frame: FrameType | None = sys._getframe(2)
    inside: list[FrameType] = []  # the libraries' frames, from the innermost
    while frame is not None and _is_of_library(frame.f_code.co_filename):
        inside.append(frame)
        frame = frame.f_back
    node, stores = _expression(frame) if frame is not None else (None, False)
    symbol = _symbol(node)
    other = _other_library(inside)
    if other:
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else what
        return f"operator {symbol}" if symbol else called, f"write {other}"
    module, name = _called(inside)
    if name:
        spelled = f"{module}.{name}".replace("numpy", "np", 1)
        return spelled, _INDEX if what == "index" else _instead(module, name)
    if isinstance(node, ast.Call) and frame is not None:
        return _of_call(node, frame, what)
    if what == "index" or (isinstance(node, ast.Subscript) and not stores):
        return "index", _INDEX
    if isinstance(node, ast.Subscript):
        return what, _STORE
    if symbol == "%" and what != "np.asarray":
        return "string formatting with %", _FORMAT
    if symbol and what == "np.asarray":
        return f"operator {symbol}", _LIST
    return what, f"{_INSTEAD['array']}; {_STORE}" if what == "np.asarray" else _NUMBER


def _of_call(node: Any, frame: FrameType, what: str) -> tuple[str, str]:
    """Name and cure for a call in the own source that no library's Python code is between."""
    import ast

    text = ast.unparse(node.func)
    parts = text.split(".")
    dotted = all(part.isidentifier() for part in parts)
    spelled, name = text if dotted else parts[-1], parts[-1]
    owner = frame.f_locals.get(parts[0], frame.f_globals.get(parts[0]))
    owner = getattr(builtins, parts[0], None) if owner is None else owner
    for part in parts[1:-1]:
        owner = getattr(owner, part, None)
    if "random" in text or type(owner).__module__.startswith("numpy.random"):
        return spelled, _DRAWN.get(name, _RANDOM)
    if isinstance(owner, np.ufunc):
        return spelled, _of_ufunc(owner, name if len(parts) > 1 else "")
    if len(parts) == 1:
        if getattr(owner, "__module__", "") == "builtins" or what == "index":
            return spelled, _INDEX if what == "index" else _NUMBER
        owner = sys.modules.get(getattr(owner, "__module__", ""))
    if isinstance(owner, np.ndarray) or not dotted:
        return spelled, _instead("numpy", name) if hasattr(np.ndarray, name) else ""
    return spelled, _instead(getattr(owner, "__name__", ""), name)


def _of_ufunc(ufunc: Any, method: str) -> str:
    special = getattr(sys.modules.get("scipy.special"), ufunc.__name__, None) is ufunc
    if special or not method:
        return _instead("scipy.special" if special else "numpy", ufunc.__name__)
    ag: Any = sys.modules[__package__ or "autograd_lite"]
    name = getattr(NUMPY.get(ufunc), "__name__", "")
    known = hasattr(vars(ag).get(name), method)
    return f"write ag.{name}.{method}(...), which records" if known else ""


def _symbol(node: Any) -> str:
    """The operator of an expression ("+"), or an empty string if it is something else."""
    import ast

    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        # As Python writes it, between two names.
        return ast.unparse(ast.BinOp(ast.Name("a"), node.op, ast.Name("b"))).split()[1]
    if isinstance(node, ast.Compare):
        pair = ast.Compare(ast.Name("a"), node.ops[:1], [ast.Name("b")])
        return ast.unparse(pair)[1:-1].strip()
    return ""


def _other_library(inside: list[FrameType]) -> str:
    """What to write for a table or sparse matrix whose method or operator meets the Tensor."""
    if not inside or inside[-1].f_code.co_name in ("__init__", "__new__", "__setitem__"):
        return ""
    names = inside[-1].f_code.co_varnames
    owner = type(inside[-1].f_locals.get(names[0])) if names else object
    for library, instead in _OTHERS.items():
        if owner.__module__.startswith(library):
            return instead
    return ""


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
        parts = [p for p in home.split(".") if not p.startswith("_")]
        modules = [".".join(parts[: i + 1]) for i in range(len(parts))]
        if code.co_name.startswith("__") and owner is not None:
            return _public(owner, modules)
        found = [getattr(sys.modules.get(m), code.co_name, None) for m in modules]
        # The shortest name of this very function, or else the longest of one that is called so.
        for module, f in zip(modules, found, strict=True):
            if getattr(getattr(f, "__wrapped__", f), "__code__", None) is code:
                return module, code.co_name
        for module, f in zip(reversed(modules), reversed(found), strict=True):
            if f is not None:
                return module, code.co_name
    return "", ""


def _public(owner: Any, modules: list[str]) -> tuple[str, str]:
    """The shortest public name of an object or of its class: ("numpy", "r_")."""
    kind = owner if isinstance(owner, type) else type(owner)
    for sought in (owner, kind):
        for module in modules:
            for name, value in getattr(sys.modules.get(module), "__dict__", {}).items():
                if value is sought and not name.startswith("_"):
                    return module, name
    return (modules or [kind.__module__])[0], kind.__name__


def _instead(module: str, name: str) -> str:
    ag: Any = sys.modules[__package__ or "autograd_lite"]
    if module.startswith("numpy.ma"):
        return _MASKED if module in ("numpy.ma", "numpy.ma.core") else ""
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
    if module in ("numpy", "math", "cmath") and callable(vars(ag).get(name)):
        return f"write ag.{name}, which records"
    known = module == "numpy" and getattr(np, name, None) in PLAIN
    return f"write np.{name}(...), which takes Tensors and gives a plain array" if known else ""


def _expression(frame: FrameType) -> tuple[Any, bool]:
    """The expression (or statement) that this frame is at, and whether it writes an item."""
    import ast
    from itertools import islice
    from linecache import getline
    from opcode import opname

    code, at = frame.f_code, frame.f_lasti
    line, end, start, stop = next(islice(code.co_positions(), at // 2, None), (None,) * 4)
    if line is None or end is None or start is None:
        return None, False
    lines = [getline(code.co_filename, i).encode() for i in range(line, end + 1)]
    lines[-1] = lines[-1][:stop]
    lines[0] = lines[0][start:]
    text = b"".join(lines).decode(errors="replace")
    for source in (f"({text}\n)", text):
        try:
            node: Any = ast.parse(source).body[0]
        except (SyntaxError, IndexError):
            continue
        node = node.value if isinstance(node, ast.Expr) else node
        return node, opname[code.co_code[at]].startswith("STORE")
    return None, False
