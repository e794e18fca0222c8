"""The ``Drawing`` that ``draw`` gives: a picture in every form it can be had in."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import Any

import graphviz

from ..errors import ArgumentError, RenderError, closest
from .dot import digraph
from .jsonform import json_of
from .records import Graph
from .render import FORMATS, render, write
from .standalone import standing_alone
from .terminal import text_of
from .theme import adaptive

# Written without a renderer.
_WRITTEN = ("dot", "gv", "json", "html", "txt")


class Drawing(graphviz.Digraph):  # type: ignore[misc]
    """A picture of a graph, made by ``draw``: what was shown then, whatever happens later.

    It is a ``graphviz.Digraph`` whose ``save`` knows pictures too and whose notebook display never
    fails; ``.dot`` is the same as a plain one.

    Attributes:
        graph: the plain records: cards, edges, groups, notes.
        direction: "LR" or "TB". theme: "auto", "light" or "dark". rendered_by: "auto", "own",
            "dot" or "pygraphviz".
    """

    def __init__(
        self, records: Graph, direction: str, theme: str = "auto", rendered_by: str = "auto"
    ) -> None:
        self._dot = digraph(records, direction, theme == "dark")
        self.__dict__.update(self._dot.__dict__)
        self.graph = records
        self.direction = direction
        self.theme = theme
        self.rendered_by = rendered_by

    @property
    def dot(self) -> Any:
        """A plain ``graphviz.Digraph``; its ``.source`` is DOT text. Needs no renderer."""
        return self._dot

    def svg(self) -> str:
        """The picture as SVG text; with theme "auto" it is dark where the reader's system is.

        It needs no renderer, unless ``engine=`` has asked for one.

        Raises:
            RenderError: the engine that was asked for is not installed, or fails.
        """
        return self._svg("svg")

    def _svg(self, who: str) -> str:
        if self.rendered_by in ("auto", "own"):
            return standing_alone(self.graph, upright=self.direction == "TB", theme=self.theme)
        svg = render(self.dot.source, "svg", who, self.rendered_by).decode()
        return adaptive(svg) if self.theme == "auto" else svg

    def html(self) -> str:
        """One self-contained page with the picture; needs no renderer and no network."""
        from .page import graph_page

        return graph_page(self.graph, upright=self.direction == "TB", theme=self.theme)

    def text(self, width: int | None = None) -> str:
        """The graph as a tree, for terminals; what is used twice is written out once.

        ``print`` shows it, in a terminal as wide as that is.

        Args:
            width: columns that a line may have; None for no limit.

        Raises:
            ArgumentError: a width below 20.

        >>> import autograd_lite as ag
        >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
        >>> print(ag.draw((x * x).sum().named("L")))
        ● L = sum(x * x)  scalar f64  value 5.000  seed 1.000
        └─ ■ x  2 f64  value [1.000 2.000]  ∂L/∂x [2.000 4.000]
        """
        if width is not None and (type(width) is not int or width < 20):
            raise ArgumentError(f"text: got width={width!r}, expected None or an int from 20 up.")
        return text_of(self.graph, width)

    def json(self) -> str:
        """The records as JSON text: ``format``, ``version``, ``nodes``, ``edges``, ``groups``, …

        Every node has an ``id``, a ``role`` and a ``name``, and what else is known of it: ``op``,
        ``call``, ``shape``, ``dtype``, ``value``, ``gradient``, ``health``, ``source``, ``saves``.
        Numbers that JSON lacks are the strings "NaN", "inf" and "-inf", complex ones are pairs.
        """
        return json_of(self.graph)

    def with_note(self, sentence: str) -> Drawing:
        """A drawing with one more sentence under the picture."""
        records = replace(self.graph, notes=[*self.graph.notes, sentence])
        return Drawing(records, self.direction, self.theme, self.rendered_by)

    def diff(self, other: Any) -> Any:
        """What is different in another drawing: ``ag.diff(self, other)``.

        Returns:
            a ``Difference``: print it for a report; its ``drawing`` has the differences marked.

        Raises:
            DTypeError: other is no Drawing.
        """
        from .difference import diff

        return diff(self, other)

    _drawn_diff = diff  # by which ``ag.diff`` knows a drawing

    def save(
        self,
        path: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        *,
        skip_existing: bool | None = False,
    ) -> str:
        """Write the picture to a file, in the form that its name ends in.

        .svg, .html, .json, .txt and .dot need no renderer; .png, .pdf, .jpg, .webp, .gif, .eps
        and .ps need Graphviz. The file is complete or, after any error, as it was.

        Args:
            path: ``save("graph.svg")``; without it the DOT is saved as ``graphviz.Digraph.save``
                does, of which directory and skip_existing are arguments too.

        Returns:
            the path.

        Raises:
            RenderError: another extension, a path that cannot be written, or no renderer.
        """
        if path is None:
            return str(super().save(path, directory, skip_existing=skip_existing))
        name = os.path.join(directory or "", os.fspath(path))
        kind = os.path.splitext(name)[1].lower().removeprefix(".")
        if kind not in (*_WRITTEN, *FORMATS):
            known = [*FORMATS, *_WRITTEN]
            raise RenderError(
                f"save: got the file name {name!r}, expected one that ends in .svg, .png, .pdf, "
                f".jpg, .webp, .gif, .eps, .ps, .dot, .json, .html or .txt"
                f"{closest(kind, known) or '.'}"
            )
        write(name, self._bytes(kind))
        return name

    def _bytes(self, kind: str) -> bytes:
        if kind in ("dot", "gv"):
            text = str(self.dot.source)
        elif kind == "svg":
            text = self._svg("save")
        elif kind in FORMATS:
            if self.rendered_by == "own":
                raise RenderError(
                    f"save: the engine 'own' writes .svg, got .{kind}; leave engine= out for "
                    "Graphviz to write it."
                )
            return render(self.dot.source, kind, "save", self.rendered_by)
        else:
            text = {"json": self.json, "html": self.html, "txt": self.text}[kind]()
        return text.encode()

    def __str__(self) -> str:
        wide = shutil.get_terminal_size().columns if sys.stdout and sys.stdout.isatty() else None
        return text_of(self.graph, wide)

    def __repr__(self) -> str:
        count = sum(card.role not in ("hidden", "op") for card in self.graph.cards)
        what = {"backward": "step"}.get(self.graph.view, "tensor")
        return f"<Drawing of {self.graph.output}: {count} {what}{'s' if count != 1 else ''}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the SVG; where the engine asked for has failed, a page."""
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except Exception as error:
            words = f"{self!r}\n{error}"
        try:
            return {"text/html": self.html(), "text/plain": words}
        except Exception as error:
            return {"text/plain": f"{words}\n{error}"}
