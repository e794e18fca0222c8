"""The records of a picture: what a drawing, in whatever form, has to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .block import Block

# As much of a name as a header, a title or an expression holds; a tooltip has the rest.
NAME, WORD, BAND, TOOLTIP = 24, 14, 26, 300
# The roles of tensors that no op has made.
SOURCES = ("parameter", "input", "constant")


@dataclass(slots=True)
class Card:
    """One tensor.

    Attributes:
        id: ``n0``, ``n1``, … in topological order.
        role: "parameter", "input", "constant", "result", "output"; "hidden" for all that is not
            drawn, "ghost" for a card that stands for another, of the role that of names.
        name: what the header shows: the tensor's name, cut, or its id; full_name: uncut, or "".
        call: of an op's result, what was called; op: the op's name.
        shape, dtype, value, gradient: of the tensor; None where not known or not asked for.
        title: of the gradient: ``∂L/∂W``, ``seed``, or ``W.grad`` where it is the stored one.
        remarks: sentences in place of what cannot be shown.
    """

    id: str
    role: str
    name: str
    full_name: str = ""
    call: str = ""
    op: str = ""
    shape: tuple[int, ...] | None = None
    dtype: Any = None
    value: Block | None = None
    gradient: Block | None = None
    title: str = ""
    remarks: list[str] = field(default_factory=list)
    awaits_gradient: bool = False
    of: str = ""


@dataclass(slots=True)
class Edge:
    """A tensor that an op read; norm: of the gradient that came back along it, if it did."""

    tail: str
    head: str
    norm: float | None = None


@dataclass(slots=True)
class Graph:
    """Cards in topological order, edges, and the sentences that belong under the picture."""

    output: str
    cards: list[Card] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Options:
    """What ``draw`` was asked for."""

    values: bool = True
    grads: bool = True
    max_cells: int = 64
    max_nodes: int = 200
    inline: bool = False
