"""``draw``: from a recorded result to a Drawing, with every argument checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError, closest
from ..tensor import Tensor
from .asked import checked
from .drawing import Drawing
from .graph import Reader
from .health import THRESHOLDS
from .records import Options
from .render import RENDERERS
from .theme import THEMES
from .views import separated, sweep

_VIEWS = ("auto", "cards", "ops", "backward")
_NUMBERS = ("auto", "cells", "stats", "none")
_MOST_NODES, _MOST_RULES = 200, 60
_MOST_CELLS = 1024  # of one tensor, however much is asked for


def draw(
    t: Tensor,
    *,
    view: str = "auto",
    values: str | bool = "auto",
    grads: str | bool = "auto",
    names: Mapping[str, Any] | Any = None,
    direction: str = "auto",
    depth: int | None = None,
    fold: str | bool = "auto",
    max_nodes: int | None = None,
    max_cells: int = 64,
    health: bool | Mapping[str, float] = True,
    saved: bool = True,
    source: bool = True,
    theme: str = "auto",
    engine: str = "auto",
    inline: bool | None = None,
    report: Any = None,
) -> Drawing:
    """The backward graph of t: every tensor with its value and gradient, and what made it.

    The gradients are computed for the picture, on the graph as it stands: nobody's ``.grad``
    changes, no hook runs, and ``backward()`` can still be called. If t is not a scalar they are
    those of the sum of its entries. After ``backward()`` has freed the graph the picture shows
    its structure, the leaves, and what their ``.grad`` holds.

    Args:
        t: a recorded result.
        view: "cards", an op and its result as one card (also "auto"); "ops", tensors and ops
            apart; "backward", the sweep of the backward pass, op by op, with its rules.
        values, grads: "auto", every entry of small arrays and the distribution of large ones;
            "cells", entries of arrays up to 1,024; "stats", distributions; "none" (or False).
            The backward view shows gradients alone.
        names: names of Tensors and arrays, over those given by ``named``; ``locals()`` will do, or
            a model, whose parameters are then named.
        direction: "LR", from left to right, "TB", from top to bottom; "auto" takes "LR", and "TB"
            for the backward view.
        depth: draw groups (``scope``, modules) that lie deeper than this as one card each.
        fold: draw runs of equal groups, and repeats such as the steps of a loop, as one card that
            shows the worst of them; "auto" does so in graphs of more than 30 cards.
        max_nodes: 200, and 60 in the backward view, unless given. Of a larger graph groups are
            closed, deepest first, then the tensors nearest to t, to the leaves and to the worst
            health are drawn, and how many are hidden is said.
        max_cells: an array with more entries is drawn as its distribution.
        health: a word for each gradient's root mean square, and where a NaN is born; False for
            none, or thresholds: ``{"vanishing": 1e-7, "small": 1e-5, "large": 10,
            "exploding": 1e3, "saturated": 1e-3}``, the last one the slope of a sigmoid or tanh
            below which a unit counts as saturated; a card says so of more than half of its units.
        saved: say what each op keeps for its rules.
        source: give the line of each op on hover, where an open ``scope`` (or
            ``detect_anomaly``) has recorded it.
        theme: "light", "dark", or "auto": dark where the reader's system is (SVG and HTML).
        engine: "own", the package's layout, which writes SVG and needs nothing else; "dot" or
            "pygraphviz"; "auto" is "own" for SVG, and else the first of the others that is there.
        inline: write short results that have no name and one user into the expression of that
            user, instead of drawing them; None does so in the view of cards.
        report: an object whose ``steps`` map names to something with a ``status`` of "right",
            "carried" or "wrong", which is then marked on those cards.

    Returns:
        a Drawing: shows itself in a notebook; ``.save("x.svg")``, ``.text()``, ``.dot``, …

    Raises:
        DTypeError: t is no Tensor, or names no mapping. GraphError: t is a leaf or not recorded.
        ArgumentError: an argument out of its range.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> picture = ag.draw((x * x).sum().named("L"))
    >>> picture
    <Drawing of L: 2 tensors>
    >>> "∂L/∂x" in picture.dot.source
    True
    """
    if max_nodes is None:
        max_nodes = _MOST_RULES if view == "backward" else _MOST_NODES
    limits = {"max_cells": (max_cells, 0), "max_nodes": (max_nodes, 1)}
    if depth is not None:
        limits["depth"] = (depth, 0)
    t = checked(t, names, "draw", **limits)
    value_form, grad_form = _spelled(values), _spelled(grads)
    _check("view", view, _VIEWS)
    _check("values", value_form, _NUMBERS)
    _check("grads", grad_form, _NUMBERS)
    _check("theme", theme, THEMES)
    _check("engine", engine, ("auto", "own", *RENDERERS))
    _check(
        "direction", direction, ("auto", "LR", "TB"), "'LR' (left to right) or 'TB' (top to bottom)"
    )
    if fold not in (True, False, "auto"):
        raise ArgumentError(f"draw: got fold={fold!r}, expected True, False or 'auto'.")
    if view == "backward" and value_form in ("cells", "stats"):
        raise ArgumentError(
            f"draw: got values={values!r} with view='backward', which shows gradients alone; "
            "choose with grads=, or leave values out."
        )
    view = "cards" if view == "auto" else view
    options = Options(
        values=value_form != "none",
        grads=grad_form != "none" or view == "backward",
        max_cells=max_cells,
        cells={"value": _cells(value_form, max_cells), "gradient": _cells(grad_form, max_cells)},
        max_nodes=max_nodes,
        inline=view == "cards" if inline is None else bool(inline),
        view=view,
        depth=depth,
        fold=fold,
        health=_thresholds(health),
        saved=saved,
        source=source,
        report=report,
    )
    reader = Reader(t, names or {}, options)
    graph = reader.graph
    if view == "ops":
        graph = separated(graph)
    elif view == "backward":
        graph = sweep(reader)
    if direction == "auto":
        direction = "TB" if view == "backward" else "LR"
    return Drawing(graph, direction, theme, engine)


def _spelled(choice: Any) -> Any:
    return {True: "auto", False: "none"}.get(choice, choice) if isinstance(choice, bool) else choice


def _cells(choice: str, max_cells: int) -> int:
    """How many entries an array may have to be drawn cell by cell."""
    return {"cells": _MOST_CELLS, "stats": 0}.get(choice, max_cells)


def _check(name: str, value: Any, known: tuple[str, ...], words: str = "") -> None:
    if value not in known:
        words = words or ", ".join(map(repr, known[:-1])) + f" or {known[-1]!r}"
        hint = closest(value, known) if isinstance(value, str) else ""
        raise ArgumentError(f"draw: got {name}={value!r}, expected {words}{hint or '.'}")


def _thresholds(health: Any) -> dict[str, float] | None:
    if health is True:
        return dict(THRESHOLDS)
    if health is False:
        return None
    if not isinstance(health, Mapping):
        raise ArgumentError(
            f"draw: got health={health!r}, expected True, False or a dict of thresholds; write "
            "health={'vanishing': 1e-9}."
        )
    for name, x in health.items():
        if name not in THRESHOLDS:
            known = list(THRESHOLDS)
            raise ArgumentError(
                f"draw: got the threshold {name!r} in health, expected {', '.join(known)}"
                f"{closest(str(name), known) or '.'}"
            )
        if isinstance(x, bool) or not isinstance(x, (int, float)) or not x >= 0:
            raise ArgumentError(
                f"draw: got {x!r} for {name!r} in health, expected a number from 0 up."
            )
    return {**THRESHOLDS, **health}
