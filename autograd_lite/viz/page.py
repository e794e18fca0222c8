"""A page in one file: no network, no other file, light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from . import label, script, style
from .face import escaped
from .legend import entries
from .records import Graph
from .scene import complete, scene


def shell(title: str, body: str, css: str, js: str, theme: str = "auto") -> str:
    """A whole HTML page around body.

    Args:
        title: plain text; body: markup; css: beyond the common style sheet; js: run at the end.
        theme: "light", "dark", or "auto" for the reader's.
    """
    # The policy is the promise that nothing is fetched, kept by the browser.
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    chosen = "" if theme == "auto" else f' data-theme="{theme}"'
    return (
        f'<!DOCTYPE html>\n<html lang="en"{chosen}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{style.COMMON}{css}</style>\n</head>\n<body>\n"
        f"{body}\n<script>{script.THEME}{js}</script>\n</body>\n</html>\n"
    )


def theme_button() -> str:
    """The button of the theme; the script names it."""
    return '<button type="button" id="theme" hidden>theme</button>'


# Buttons that scale the picture; the scripts know them by their ids.
ZOOM = (
    '<span class="tools"><button type="button" id="farther" aria-label="smaller picture">−</button>'
    '<button type="button" id="whole" aria-label="fit the picture">fit</button>'
    '<button type="button" id="nearer" aria-label="larger picture">+</button></span>'
)


def legend(graph: Graph, keys: str = "") -> str:
    """What marks and lanes mean, those that are in the picture."""
    graph = complete(graph)
    spans = []
    for kind, words in (entry for line in entries(graph) for entry in line):
        rest = words.partition(" ")[2]
        lane = f'<i class="{kind}"></i>{escaped(rest)}' if kind in ("f", "b") else escaped(words)
        spans.append(f"<span>{lane}</span>")
    more = f'<span class="keys">{escaped(keys)}</span>' if keys else ""
    return f'<div class="legend">{"".join(spans)}{more}</div>'


def notes(sentences: Sequence[str]) -> str:
    """The sentences that belong to a picture."""
    if not sentences:
        return ""
    items = "".join(f"<li>{escaped(label.clean(s, 400))}</li>" for s in sentences)
    return f'<ul class="notes">{items}</ul>'


def graph_page(graph: Graph, *, upright: bool = False, theme: str = "auto") -> str:
    """The page of a picture that stands still."""
    title = f"Computation graph of {graph.output}"
    drawn = scene(graph, upright=upright)
    # A wide picture shrinks to the window, but not until it cannot be read.
    wide = int(drawn.partition(' width="')[2].partition('"')[0])
    body = (
        f"<header><h1>{escaped(title)}</h1>{theme_button()}{ZOOM}{legend(graph)}</header>\n"
        f"{notes(graph.notes)}"
        f'<main class="stage still" tabindex="0" style="--least:{wide * 0.62:.0f}px">\n{drawn}\n'
        "</main>"
    )
    return shell(title, body, "", script.ZOOM, theme)


def frame(page: str, title: str, height: int) -> str:
    """A page inside another, as notebooks show it: its styles and script stay its own."""
    return (
        f'<iframe title="{escaped(title)}" srcdoc="{escaped(page)}" sandbox="allow-scripts" '
        f'style="width:100%;height:{height}px;border:0"></iframe>'
    )
