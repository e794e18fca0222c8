"""What the refs of a term are called, and what shapes terms have."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from .terms import Shape, Term, keys

# Functions that do not work entry by entry, so that the shape of their result is not known here.
_BROADCASTING = frozenset(("product", "sum", "power", "compared", "chosen"))


class Word(NamedTuple):
    """A ref as its reader sees it.

    Attributes:
        text: how it is called. shape: None where it is not known.
        kind, number: as the kind and the index of a ``Piece``.
    """

    text: str
    shape: Shape | None
    kind: str = "text"
    number: int = -1


class Scope:
    """The words of some refs."""

    def __init__(self, words: Mapping[Hashable, Word], gradients: frozenset[Any]) -> None:
        self.words = words
        self.gradients = gradients

    def has_gradient(self, term: Term) -> bool:
        """Whether a gradient that comes in is a part of the term."""
        return not self.gradients.isdisjoint(keys(term))

    def shape(self, term: Term) -> Shape | None:
        """The shape of a term's value, or None."""
        if term.op == "ref":
            return self.words[term.args[0]].shape
        if term.op in ("number", "count"):
            return ()
        if term.op == "ones":
            return tuple(term.args[0])
        if term.op in _BROADCASTING:
            return self.together(term)
        if term.op == "call":
            return self.together(term) if term.args[0] in POINTWISE else None
        if term.op in ("matmul", "outer"):
            return _of_product(term.op, *(self.shape(x) for x in term.args))
        inner = self.shape(term.args[0])
        return None if inner is None else _of_one(term, inner)

    def together(self, term: Term) -> Shape | None:
        """What the shapes of a term's parts broadcast to."""
        shape: Shape | None = ()
        for part in (y for x in term.args for y in (x if type(x) is tuple else (x,))):
            if not isinstance(part, Term):
                continue
            shape = broadcast(shape, self.shape(part))
            if shape is None:
                return None
        return shape


def broadcast(a: Shape | None, b: Shape | None) -> Shape | None:
    """The shape that two shapes broadcast to; None where one is not known, or they do not fit.

    >>> broadcast((4, 1), (3,))
    (4, 3)
    """
    if a is None or b is None:
        return None
    wide = max(len(a), len(b))
    out = []
    for m, n in zip((1,) * (wide - len(a)) + a, (1,) * (wide - len(b)) + b, strict=True):
        if m != n and 1 not in (m, n):
            return None
        out.append(n if m == 1 else m)
    return tuple(out)


def _of_product(op: str, a: Shape | None, b: Shape | None) -> Shape | None:
    if not a or not b:
        return None
    if op == "outer":
        return (math.prod(a), math.prod(b))
    if len(a) == 1 or len(b) == 1:
        return a[:-1] + (b[:-2] + b[-1:] if len(b) > 1 else ())
    lead = broadcast(a[:-2], b[:-2])
    return None if lead is None else (*lead, a[-2], b[-1])


def _of_one(term: Term, inner: Shape) -> Shape | None:
    if term.op == "transposed":
        return (*inner[:-2], *inner[-2:][::-1])
    if term.op in ("summed", "averaged", "variance"):
        axes, ndim, keep = term.args[1:4]
        if term.op == "summed" and term.args[4] is not None:
            return tuple(term.args[4])
        wide = (1,) * (ndim - len(inner)) + inner
        return tuple(1 if i in axes else n for i, n in enumerate(wide) if keep or i not in axes)
    if term.op == "widened":
        sizes = iter(inner)
        axes, ndim = term.args[1:]
        return tuple(1 if i in axes else next(sizes) for i in range(ndim))
    return None


POINTWISE = frozenset(
    "exp log log2 log10 log1p expm1 exp2 sqrt cbrt sin cos tan sinh cosh tanh arcsin arccos arctan"
    " arctan2 arcsinh arccosh arctanh hypot sigmoid softplus erf erfc absolute fabs sign conjugate"
    " real imag reciprocal maximum minimum logaddexp one_minus_square root_of_square_minus_one"
    " logsumexp_shares relu floor_divide rint copysign sinc".split()
)
