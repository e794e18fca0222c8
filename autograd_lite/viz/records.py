"""The records of a picture: what a drawing, in whatever form, has to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .block import Block

# As much of a name as a header, a title or an expression holds; a tooltip has the rest.
NAME, WORD, BAND, TOOLTIP = 24, 14, 26, 300
# The longest expression that is written into that of its user.
FUSED = 26
# The roles of tensors that no op has made.
SOURCES = ("parameter", "input", "constant")


@dataclass(slots=True, frozen=True)
class Health:
    """How large the gradient of a card is, in a word.

    Attributes:
        word: "ok", "small", "vanishing", "zero", "large", "exploding", "NaN" or "inf".
        rms: root mean square of the finite entries.
        first: index of the first entry that is not finite, or None.
        count: how many are not finite.
        size: of how many.
    """

    word: str
    rms: float
    first: tuple[int, ...] | None = None
    count: int = 0
    size: int = 0


@dataclass(slots=True)
class Card:
    """One box of the picture: a tensor, mostly.

    Attributes:
        id: ``n0``, ``n1``, … in topological order; the same in every view of a graph.
        role: "parameter", "input", "constant", "result", "output"; "hidden" for all that is not
            drawn, "ghost" for a card that stands for another, of the role that ``of`` names;
            "group" for a group drawn as one card; "op" in the view of ops, "rule" in the backward
            view; "removed" in a difference.
        name: what the header shows: the tensor's name, cut, or its id; full_name: uncut, or "".
            Of tensors that share a name each has its number: ``w_1``, ``w_2``.
        call: of an op's result, what was called; op: the op's name.
        shape, dtype, value, gradient: of the tensor; None where not known or not asked for.
        title: of the gradient: ``∂L/∂W``, ``seed``, or ``W.grad`` where it is the stored one.
        remarks: sentences in place of what cannot be shown.
        health: of the gradient, or None. born: says where a NaN or inf is born, or "".
        saturation: share of the entries of a sigmoid or tanh whose slope is all but 0, or None.
        line: the user's line that made it, or "".
        saves: words and shapes of the arrays that the op keeps for its rules.
        rules: of a "rule" card, what it sends to each input.
        number: of a "rule" card, its place in the sweep.
        count: how many groups a "group" card stands for. subtitle: what is in it.
        group: the id of the group that the card is drawn in, or "".
        mark: (kind, word) of a difference or a derivation report, or None.
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
    health: Health | None = None
    born: str = ""
    saturation: float | None = None
    line: str = ""
    saves: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    number: int = 0
    count: int = 0
    subtitle: str = ""
    group: str = ""
    mark: tuple[str, str] | None = None


@dataclass(slots=True)
class Edge:
    """A tensor that an op read; norm: of the gradient that came back along it, if it did.

    lane: "both", "quiet" for both without a label, "value" for a forward edge alone, "gradient"
    for one of the backward view, which note says the shape of.
    """

    tail: str
    head: str
    norm: float | None = None
    lane: str = "both"
    note: str = ""


@dataclass(slots=True)
class Group:
    """A box around cards: the id of the one around it ("" for none), its name and subtitle."""

    id: str
    name: str
    subtitle: str = ""
    parent: str = ""


@dataclass(slots=True)
class Graph:
    """Cards in topological order, edges, groups, and the sentences under the picture."""

    output: str
    cards: list[Card] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    view: str = "cards"
    total: int = 0  # how many tensors the whole graph has


@dataclass(slots=True)
class Options:
    """What ``draw`` was asked for."""

    values: bool = True
    grads: bool = True
    max_cells: int = 64
    cells: dict[str, int] = field(default_factory=dict)
    max_nodes: int = 200
    inline: bool = False
    view: str = "cards"
    depth: int | None = None
    fold: bool | str = "auto"
    health: dict[str, float] | None = None  # the thresholds; None shows no health
    saved: bool = True
    source: bool = True
    report: Any = None
    joint: bool = True  # an op of several outputs has a box of its own
