"""Every exception the library raises on purpose.

Each is a ``ValueError`` or a ``TypeError`` too, so code that knows nothing of this module can
catch them; ``AutogradError`` catches them all. A message is one sentence that begins with the op
and says what was got, what was expected and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from numpy.linalg import LinAlgError


class AutogradError(Exception):
    """Base class of every exception in this module."""


class ShapeError(AutogradError, ValueError):
    """Shapes or axes that do not fit each other."""


class IndexOutOfRangeError(ShapeError, IndexError):
    """An index that does not fit the shape it is applied to."""


class DTypeError(AutogradError, TypeError):
    """A dtype or a type of argument that the op cannot take."""


class ArgumentError(AutogradError, ValueError):
    """An argument whose type is right and whose value is not."""


class ZeroWeightsError(ArgumentError, ZeroDivisionError):
    """Weights that sum to zero, so there is no average."""


class UnsupportedError(AutogradError, TypeError):
    """A NumPy function, or a form of it, that has no derivative rule here."""


class OutError(UnsupportedError):
    """An out= that a function does not take; whoever has called it may write the result there.

    Attributes:
        out: what was given.
    """

    def __init__(self, text: str, out: object) -> None:
        super().__init__(text)
        self.out = out


class ConversionError(AutogradError, TypeError):
    """A silent conversion of a tracked Tensor that would drop its graph."""


class MatrixError(AutogradError, LinAlgError):
    """A matrix that the op cannot take: singular, not square, not positive definite."""


class GraphError(AutogradError, ValueError):
    """A graph that is missing, freed, or of the wrong kind for what was asked."""


class InPlaceError(AutogradError, ValueError):
    """An in-place write that would make a gradient wrong."""


class AnomalyError(AutogradError, ValueError):
    """The first NaN or inf, found by ``detect_anomaly``."""


class GradientError(AutogradError, ValueError):
    """A gradient that ``check_grads`` found wrong."""


class RenderError(AutogradError, ValueError):
    """A picture that cannot be drawn or written."""


def closest(name: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """The clause "; did you mean 'x'?" for the nearest known name, or an empty string.

    >>> closest("sigmod", ["sigmoid", "tanh"])
    "; did you mean 'sigmoid'?"
    """
    from difflib import get_close_matches  # only errors pay for it

    found = [n for n in known if n.lower() == name.lower()]
    found = found or get_close_matches(name, known, n=1, cutoff=cutoff)
    return f"; did you mean {found[0]!r}?" if found else ""


# What PyTorch calls NumPy's keywords.
KEYWORDS = {
    "dim": "axis=", "dims": "axis=", "keepdim": "keepdims=",
    "unbiased": "ddof=1 for True, ddof=0 for False",
}  # fmt: skip


def keyword_clause(name: str, known: Sequence[str]) -> str:
    """The clause "; write axis=" for a keyword of PyTorch's, else that for the nearest known name.

    >>> keyword_clause("dim", ["a", "axis"])
    '; write axis='
    """
    ours = KEYWORDS.get(name, "")
    return f"; write {ours}" if ours.partition("=")[0] in known else closest(name, known)


def described(shapes: Sequence[tuple[int, ...]], names: Sequence[str | None]) -> str:
    """Shapes with the names of their tensors: "(3,) 'x' and (4,) 'w'"."""
    parts = [f"{s}" if not n else f"{s} {n!r}" for s, n in zip(shapes, names, strict=True)]
    return " and ".join(parts) if len(parts) < 3 else ", ".join(parts)


def shape_sentence(
    op: str,
    family: str,
    shapes: Sequence[tuple[int, ...]],
    names: Sequence[str | None],
    cause: Exception,
) -> str:
    """Explain a shape error that NumPy raised in op, in the form of the module docstring."""
    got = f"{op}: got {'shapes' if len(shapes) > 1 else 'shape'} {described(shapes, names)}"
    if family == "broadcast" and len(shapes) > 1:
        return f"{got}; {_broadcast_clause(shapes)}"
    if family == "matmul" and len(shapes) == 2 and _matmul_clause(*shapes):
        return f"{got}; {_matmul_clause(*shapes)}"
    return f"{got}; {str(cause).strip().rstrip('.')}"


def _broadcast_clause(shapes: Sequence[tuple[int, ...]]) -> str:
    width = max(len(s) for s in shapes)
    for back in range(1, width + 1):
        sizes = sorted({s[-back] for s in shapes if len(s) >= back} - {1})
        if len(sizes) > 1:
            return (
                f"expected axis -{back} to be equal or 1, got {' and '.join(map(str, sizes))}; "
                "transpose one of them, or add an axis of size 1 with x[..., None]"
            )
    return "expected shapes that broadcast"


def _matmul_clause(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    if not a or not b:
        return "expected arrays of at least 1 dimension; use * to multiply by a scalar"
    inner = b[-2] if len(b) > 1 else b[0]
    where = "second-to-last of y" if len(b) > 1 else "only axis of y"
    if a[-1] == inner:
        return ""
    clause = f"expected {a[-1]} == {inner} (last axis of x, {where})"
    if len(b) > 1 and a[-1] == b[-1]:
        return f"{clause}; transpose y"
    if len(a) > 1 and a[-2] == inner:
        return f"{clause}; transpose x"
    return f"{clause}; transpose or reshape one of them"
