"""A picture as one SVG that stands alone: no renderer, no other file, light and dark."""

from __future__ import annotations

import re
import textwrap

from . import label
from .face import escaped, number
from .layout import MARGIN
from .legend import entries
from .measure import width
from .records import Graph
from .scene import complete, pictured
from .style import DARK, GRAPH, LIGHT

_FONT = 'Helvetica,Arial,"Liberation Sans","DejaVu Sans",sans-serif'
_SIZE, _NOTE, _LINE = 10.0, 12.0, 18.0
_LEAST = 0.62  # a picture wider than its place shrinks to this, and no further


def standing_alone(graph: Graph, *, upright: bool = False, theme: str = "auto") -> str:
    """The SVG of a graph with its notes and its legend below it.

    Args:
        graph: the records; upright: from top to bottom.
        theme: "light", "dark", or "auto": dark where the reader's system is.
    """
    graph = complete(graph)
    wide, high, inside = pictured(graph, upright)
    # Classes of one picture must not colour another one in the same notebook.
    name = f"agl-{theme}"
    below, down, across = _below(graph, high, wide)
    wide = max(wide, across)
    what = escaped(f"Computation graph of {graph.output}")
    least = f"max-width:max(100%,{wide * _LEAST:.0f}px);height:auto"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" width="{wide}" height="{down}" '
        f'viewBox="0 0 {wide} {down}" style="{least}" role="img" aria-label="{what}">\n'
        f"<style>{sheet(name, theme)}</style>\n"
        f'<rect class="paper" width="{wide}" height="{down}"/>\n{inside}\n{below}\n</svg>\n'
    )


def _below(graph: Graph, high: int, wide: int) -> tuple[str, int, int]:
    """Notes and legend under a picture, how far down they reach, and how wide they are."""
    room = max(wide - 2 * MARGIN, 420.0)
    letters = int(room / width("n", _NOTE))
    down, most, parts = float(high), 0.0, []
    for note in graph.notes:
        for words in textwrap.wrap(label.clean(note, 400), letters):
            most = max(most, width(words, _NOTE))
            parts.append(f'<text class="said-below" x="{MARGIN:g}" y="{number(down)}">')
            parts[-1] += f"{escaped(words)}</text>"
            down += _LINE
    for line in entries(graph):
        x = MARGIN
        for kind, words in line:
            size = width(words, _SIZE) + 18
            if x > MARGIN and x + size > MARGIN + room:
                x, down = MARGIN, down + _LINE
            parts.append(_entry(kind, words, x, down))
            x += size
            most = max(most, x - MARGIN - 18)
        down += _LINE
    return "\n".join(parts), int(down + 4), int(most + 2 * MARGIN)


def _entry(kind: str, words: str, x: float, y: float) -> str:
    first, _, rest = words.partition(" ")
    style = {"f": "ft", "b": "bt"}.get(kind, "")
    if not style:
        return f'<text class="key" x="{number(x)}" y="{number(y)}">{escaped(words)}</text>'
    return (
        f'<text class="key" x="{number(x)}" y="{number(y)}"><tspan class="{style} lane">{first}'
        f"</tspan> {escaped(rest)}</text>"
    )


def sheet(name: str, theme: str) -> str:
    """The style sheet of pictures of a class, with colours written in: not all know variables.

    >>> sheet("a", "light").partition("}")[0]
    '.a text{font-size:11px;fill:#1B1F24'
    """
    rules = GRAPH + (
        f"svg text{{font-family:{_FONT}}}svg .said-below{{font-size:{_NOTE:g}px}}"
        f"svg .key{{font-size:{_SIZE:g}px;fill:var(--grey)}}svg .lane{{font-weight:700}}"
    )
    rules = re.sub(r"\bsvg ", f".{name} ", rules).replace("\n", "")
    written = _written(rules, DARK if theme == "dark" else LIGHT)
    if theme != "auto":
        return written
    # In the dark only what has another colour there.
    dark = ""
    for selector, inner in re.findall(r"([^{}]+)\{([^{}]*)\}", rules):
        colours = ";".join(part for part in inner.split(";") if "var(" in part)
        if colours:
            dark += f"{selector}{{{_written(colours, DARK)}}}"
    return f"{written}@media screen and (prefers-color-scheme:dark){{{dark}}}"


def _written(rules: str, colours: dict[str, str]) -> str:
    return re.sub(r"var\(--(\w+)\)", lambda found: colours[found[1]], rules)
