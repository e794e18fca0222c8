"""The self-contained page of a drawing: its SVG, or without a renderer its text form."""

from __future__ import annotations

import html
from typing import Any

from ..errors import RenderError
from .label import clean

_STYLE = (
    "body{margin:1em;font:14px Helvetica,Arial,sans-serif;color:#1b1f24;background:#fff}"
    "pre{overflow:auto;font:13px/1.4 monospace}"
)
# What the package's own layout draws; the other views have the SVG in their page.
_ROLES = {"parameter", "input", "constant", "result", "output", "hidden"}
_DARK = "body{color:#e6edf3;background:#0d1117}"


def page_of(drawing: Any) -> str:
    """The page of a Drawing, complete in itself: no network, no scripts.

    A layout of its own, ``viz.page``, takes the place of this one where it is installed.
    """
    own = _page()
    if own is not None and _ROLES.issuperset(card.role for card in drawing.graph.cards):
        return str(own(drawing.graph, upright=drawing.direction == "TB"))
    title = html.escape(clean(f"{drawing.graph.output}: {drawing.graph.view}", 80))
    try:
        body = drawing.svg()
    except RenderError as error:
        body = f"<pre>{html.escape(drawing.text())}</pre>\n<p>{html.escape(str(error))}</p>"
    dark = {"dark": _DARK, "light": ""}.get(
        drawing.theme, f"@media(prefers-color-scheme:dark){{{_DARK}}}"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}{dark}</style></head>\n<body>\n{body}</body></html>\n"
    )


def _page() -> Any:
    """``graph_page`` of the package's own layout, or None."""
    from importlib import import_module

    try:
        return import_module("autograd_lite.viz.page").graph_page
    except (ImportError, AttributeError):
        return None
