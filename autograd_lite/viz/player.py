"""``steps``: a page that plays the forward and the backward pass of a graph step by step."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .. import walk
from ..errors import ArgumentError, RenderError
from ..tensor import Tensor
from . import label, page, script, style
from .asked import checked
from .face import escaped
from .graph import Reader
from .health import THRESHOLDS
from .panel import panel
from .records import Options
from .render import write
from .scene import scene
from .sweep import Step, Sweep

# A strip of more numbers than this becomes a slider.
_MOST_BUTTONS = 40


def steps(
    t: Tensor,
    *,
    names: Mapping[str, Any] | None = None,
    max_cells: int = 64,
    max_nodes: int = 150,
    inline: bool = True,
    fold: str | bool = "auto",
    depth: int | None = None,
    report: Any = None,
) -> Steps:
    """The forward and the backward pass of t, one step after the other, as a page to play.

    Each line that a person would write (``x @ W1 + b1``) is one step forward, and one backward
    that gives the gradients of all its inputs: the equation in words and with the real numbers,
    and a sentence why. A gradient that is not computed yet is an empty cell, not 0. The numbers
    are computed for the page: nobody's ``.grad`` changes, and ``backward()`` can still be called.

    Args:
        t: a recorded result.
        names: names of Tensors and arrays, over those given by ``named``; ``locals()`` will do.
        max_cells: an array with more entries is shown as its distribution.
        max_nodes: of a larger graph only the cards nearest to t and to the leaves have steps.
        inline: write short arithmetic into the line of its only user; False makes every op a step.
        fold: runs of equal groups, and the steps of a loop, share one step; "auto" does so only
            where the cards would be more than max_nodes, False never does.
        depth: groups (``scope``, modules) that lie deeper than this are one step each.
        report: of ``check_derivation``: tensors and steps that it names are marked right, carried
            or wrong.

    Returns:
        a Steps: ``.save("step.html")``, ``.html()``, ``.count``, ``.steps``.

    Raises:
        DTypeError: t is no Tensor, or names no mapping. GraphError: t is a leaf or not recorded.
        ArgumentError: an argument out of its range.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    >>> played = ag.steps((x * x).sum().named("L"))
    >>> played
    <Steps of L: 1 forward, 2 backward>
    >>> played.steps[0].text
    'L = sum(x * x)'
    """
    limits = {"max_cells": (max_cells, 0), "max_nodes": (max_nodes, 1)}
    if depth is not None:
        limits["depth"] = (depth, 0)
    t = checked(t, names, "steps", **limits)
    if not (isinstance(fold, bool) or fold == "auto"):
        raise ArgumentError(f"steps: got fold={fold!r}, expected True, False or 'auto'.")
    if report is not None and not isinstance(getattr(report, "steps", None), Mapping):
        raise ArgumentError(
            f"steps: got report of type {type(report).__name__}, expected what check_derivation "
            "returns; leave it out for a page without marks."
        )
    options = Options(
        max_cells=max_cells,
        max_nodes=max_nodes,
        inline=bool(inline),
        depth=depth,
        fold=fold,
        health=dict(THRESHOLDS),
        joint=False,
    )
    return Steps(Sweep(_read(t, names or {}, options), report))


def _read(t: Tensor, names: Mapping[str, Any], options: Options) -> Reader:
    """The reading of a graph with nothing folded if its cards fit, else folded as asked for."""
    if options.fold == "auto" and len(walk.collect([t._node])) <= 4 * options.max_nodes:
        reader = Reader(t, names, replace(options, fold=False))
        if all(card.role != "hidden" for card in reader.graph.cards):
            return reader
    return Reader(t, names, options)


class Steps:
    """The steps of a graph, made by ``steps``: what was there then, whatever happens later.

    Attributes:
        steps: a list of Step: number, kind, name, equations, why, line, sets, verdicts.
        graph: the plain records of the picture: cards, edges, notes.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.steps: list[Step] = sweep.steps
        self.graph = sweep.graph
        self._timing = sweep.timing
        self._notes = sweep.notes

    @property
    def count(self) -> int:
        """How many steps there are."""
        return len(self.steps)

    def html(self) -> str:
        """The page: one self-contained HTML text, for a file or a server."""
        title = f"{self.graph.output}, step by step"
        notes = page.notes(self._notes)
        panels = "\n".join(panel(step, self.count) for step in self.steps)
        body = (
            f'<header><h1>{escaped(title)}</h1><button type="button" id="back" '
            'aria-label="previous step">◄ back</button><button type="button" id="play" '
            'aria-label="play all steps">play</button><button type="button" id="next" '
            f'aria-label="next step">next ►</button>{self._strip()}'
            f"{page.legend(self.graph, 'keys ← → space')}"
            '<span class="tools"><button type="button" id="farther" aria-label="smaller picture">'
            '−</button><button type="button" id="whole" aria-label="fit the picture">fit</button>'
            '<button type="button" id="nearer" aria-label="larger picture">+</button>'
            f"{page.theme_button()}</span></header>\n"
            f'<main><div class="stage" tabindex="0" role="region" aria-label="graph">{notes}\n'
            f"{scene(self.graph, timing=self._timing)}\n</div></main>\n"
            f'<div class="panels" tabindex="0" role="region" aria-label="step">\n{panels}\n</div>'
            '<p id="live" class="sr" aria-live="polite" role="status"></p>'
        )
        return page.shell(title, body, style.STEPS, script.STEPS)

    def _strip(self) -> str:
        if self.count > _MOST_BUTTONS:
            return (
                f'<span class="slide"><input type="range" id="slide" min="1" max="{self.count}" '
                'value="1" aria-label="step"><output id="place" for="slide"></output></span>'
            )
        buttons = "".join(
            f'<li><button type="button" class="{"f" if s.kind == "forward" else "b"}" '
            f'aria-label="step {s.number}, {s.kind}, {escaped(s.name)}">{s.number}</button></li>'
            for s in self.steps
        )
        return f'<ol class="strip">{buttons}</ol>'

    def save(self, path: str | os.PathLike[str]) -> str:
        """Write the page to a file; the file is complete or, after any error, as it was.

        Returns:
            the path.

        Raises:
            RenderError: another extension than .html, or a path that cannot be written.
        """
        name = os.fspath(path)
        if os.path.splitext(name)[1].lower() not in (".html", ".htm"):
            raise RenderError(f"save: got the file name {name!r}, expected one that ends in .html.")
        write(name, self.html().encode())
        return name

    def __repr__(self) -> str:
        forward = sum(step.kind == "forward" for step in self.steps)
        return f"<Steps of {self.graph.output}: {forward} forward, {self.count - forward} backward>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the page, in a frame of its own."""
        return page.frame(self.html(), label.clean(f"{self.graph.output}, step by step", 80), 760)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows; never fails."""
        try:
            return {"text/html": self._repr_html_(), "text/plain": repr(self)}
        except Exception as error:
            return {"text/plain": f"{self!r}\n{error}"}
