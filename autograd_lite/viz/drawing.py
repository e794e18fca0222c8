"""``draw`` and the ``Drawing`` that it gives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import graphviz

from ..errors import ArgumentError, DTypeError, GraphError, RenderError
from ..inputs import check_tensor
from ..tensor import Tensor
from .dot import digraph
from .graph import read
from .page import graph_page
from .records import Graph, Options
from .render import FORMATS, render, write


def draw(
    t: Tensor,
    *,
    names: Mapping[str, Any] | None = None,
    direction: str = "LR",
    values: bool = True,
    grads: bool = True,
    max_cells: int = 64,
    max_nodes: int = 200,
    inline: bool = False,
) -> Drawing:
    """The backward graph of t: every tensor with its value and gradient, and what made it.

    The gradients are computed for the picture, on the graph as it stands: nobody's ``.grad``
    changes, no hook runs, and ``backward()`` can still be called. If t is not a scalar they are
    those of the sum of its entries. After ``backward()`` has freed the graph the picture shows
    its structure, the leaves, and what their ``.grad`` holds.

    Args:
        t: a recorded result.
        names: names of Tensors and arrays, over those given by ``named``; ``locals()`` will do.
        direction: "LR", from left to right, or "TB", from top to bottom.
        values, grads: whether to show the values; to compute and show the gradients.
        max_cells: an array with more entries is drawn as its distribution.
        max_nodes: of a larger graph the tensors nearest to t and to the leaves are drawn.
        inline: write short results that have no name and one user into the expression of that
            user, instead of drawing them.

    Returns:
        a Drawing: shows itself in a notebook, ``.save("x.svg")``, ``.svg()``, ``.dot``.

    Raises:
        DTypeError: t is no Tensor, or names no mapping. GraphError: t is a leaf or not recorded.
        ArgumentError: an argument out of its range.

    >>> import autograd_lite as ag
    >>> from autograd_lite.viz import draw
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> picture = draw((x * x).sum().named("L"))
    >>> picture
    <Drawing of L: 3 tensors>
    >>> "∂L/∂x" in picture.dot.source
    True
    """
    t = check_tensor(t, "draw")
    if not t.requires_grad:
        raise GraphError(
            f"draw: got a Tensor of shape {t.shape} that does not require grad, so nothing was "
            "recorded; set requires_grad=True on a leaf, and compute outside no_grad()."
        )
    if t.is_leaf:
        raise GraphError(
            f"draw: got a leaf of shape {t.shape}, which no op has made; draw a result that is "
            "computed from it."
        )
    if names is not None and not (
        isinstance(names, Mapping) and all(isinstance(name, str) for name in names)
    ):
        raise DTypeError(
            f"draw: got names of type {type(names).__name__}, expected a dict from names to "
            "Tensors; pass locals(), or {'x': x}."
        )
    if direction not in ("LR", "TB"):
        raise ArgumentError(
            f"draw: got direction={direction!r}, expected 'LR' (left to right) or 'TB' (top to "
            "bottom)."
        )
    for name, number, least in (("max_cells", max_cells, 0), ("max_nodes", max_nodes, 1)):
        if not isinstance(number, int) or number < least:
            raise ArgumentError(f"draw: got {name}={number!r}, expected an int from {least} up.")
    options = Options(values, grads, max_cells, max_nodes, inline)
    return Drawing(read(t, names or {}, options), direction)


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A picture of a graph, made by ``draw``: what was shown then, whatever happens later.

    It is a ``graphviz.Digraph`` whose ``save`` knows pictures too and whose notebook display never
    fails; ``.dot`` is the same as a plain one.

    Attributes:
        graph: the plain records: cards, edges, notes.
        direction: "LR" or "TB".
    """

    def __init__(self, records: Graph, direction: str) -> None:
        self._dot = digraph(records, direction)
        self.__dict__.update(self._dot.__dict__)
        self.graph = records
        self.direction = direction

    @property
    def dot(self) -> Any:
        """A plain ``graphviz.Digraph``; its ``.source`` is DOT text. Needs no renderer."""
        return self._dot

    def svg(self) -> str:
        """The picture as SVG text.

        Raises:
            RenderError: no renderer is installed.
        """
        return render(self.dot.source, "svg", "svg").decode()

    def html(self) -> str:
        """The picture as one self-contained HTML page; needs no renderer."""
        return graph_page(self.graph, upright=self.direction == "TB")

    def save(
        self,
        path: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        *,
        skip_existing: bool | None = False,
    ) -> str:
        """Write the picture to a file: .svg, .png, .pdf, or .dot (which needs no renderer).

        The file is complete or, after any error, as it was. directory and skip_existing are those
        of ``graphviz.Digraph.save``.

        Returns:
            the path.

        Raises:
            RenderError: another extension, a path that cannot be written, or no renderer.
        """
        if path is None:
            return str(super().save(path, directory, skip_existing=skip_existing))
        name = os.path.join(directory or "", os.fspath(path))
        kind = os.path.splitext(name)[1].lower().removeprefix(".")
        text = kind in ("dot", "gv")
        if not text and kind not in FORMATS:
            raise RenderError(
                f"save: got the file name {name!r}, expected one that ends in .svg, .png, .pdf or "
                ".dot."
            )
        source = self.dot.source
        write(name, source.encode() if text else render(source, kind, "save"))
        return name

    def __repr__(self) -> str:
        count = sum(card.role != "hidden" for card in self.graph.cards)
        return f"<Drawing of {self.graph.output}: {count} tensor{'s' if count != 1 else ''}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the SVG, or the sentence that says what is missing for it."""
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except Exception as error:
            return {"text/plain": f"{self!r}\n{error}"}
