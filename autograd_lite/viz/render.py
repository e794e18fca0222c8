"""From DOT to SVG, PNG and PDF with whatever renderer there is, and files written whole or not."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import threading
import warnings
from typing import Any

import graphviz

from ..errors import RenderError

# The others are written by Graphviz alone.
FORMATS = ("svg", "png", "pdf", "jpg", "jpeg", "webp", "gif", "eps", "ps")
HOW_TO_GET_ONE = (
    "found neither Graphviz's program dot on PATH nor the package pygraphviz; run "
    'pip install "autograd-lite[render]", or install Graphviz (https://graphviz.org/download)'
)


def render(source: str, kind: str, who: str, engine: str = "auto") -> bytes:
    """DOT source in one of FORMATS, by one renderer, or with "auto" by the first that is there.

    Raises:
        RenderError: no renderer is there, or those that are have failed.
    """
    if kind == "svg":
        # Graphviz shows the tooltip of a table cell only where the cell is a link; the links are
        # taken out again by ``finished``.
        source = source.replace(' TOOLTIP="', ' HREF="#" TOOLTIP="')
    problems = []
    for renderer in RENDERERS.values() if engine == "auto" else (RENDERERS[engine],):
        try:
            out = renderer(source, kind)
        except Exception as error:
            # A renderer that is there and fails must not hide one that would not.
            problems.append(f"{renderer.__name__.removeprefix('_by_')} failed: {_short(error)}")
            continue
        if out is not None:
            return finished(out.decode()).encode() if kind == "svg" else out
    if problems:
        raise RenderError(f"{who}: got no {kind} from the renderer; {'; '.join(problems)}.")
    if engine != "auto":
        raise RenderError(
            f"{who}: did not find {engine}, which engine= asks for; leave it out, or install it."
        )
    raise RenderError(f"{who}: {HOW_TO_GET_ONE}.")


def _by_dot(source: str, kind: str) -> Any:
    if shutil.which("dot") is None:
        return None
    return graphviz.pipe("dot", kind, source.encode(), quiet=True)


def _by_pygraphviz(source: str, kind: str) -> Any:
    try:
        pygraphviz: Any = importlib.import_module("pygraphviz")
    except ImportError:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pygraphviz.AGraph(string=source).draw(format=kind, prog="dot")


RENDERERS = {"dot": _by_dot, "pygraphviz": _by_pygraphviz}


def _short(error: Exception) -> str:
    words = getattr(error, "stderr", None) or str(error)
    if isinstance(words, bytes):
        words = words.decode(errors="replace")
    lines = words.strip().splitlines()
    return lines[0].rstrip(".")[:200] if lines else type(error).__name__


def finished(svg: str) -> str:
    """An SVG as it goes into a page: no prolog, no links, tooltips where browsers look for them.

    >>> finished('<?xml version="1.0"?><svg><a xlink:href="#" xlink:title="t">x</a></svg>')
    '<svg><g><title>t</title>x</g></svg>\\n'
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r"<a(?:\s+xlink:href=\"[^\"]*\")?\s+xlink:title=\"([^\"]*)\"[^>]*>",
        lambda found: f"<g><title>{found[1]}</title>" if found[1].strip() else "<g>",
        svg,
    ).replace("</a>", "</g>")
    # Graphviz before 13 leaves this out, and spaces at the ends of a text are lost without it.
    svg = re.sub(r"<text (?!xml:space)", '<text xml:space="preserve" ', svg)
    # Wider than its place it shrinks as a whole; Graphviz's own size= would cut it off.
    svg = re.sub(
        r'(<svg width="[^"]*" height="[^"]*")',
        r'\1 style="max-width:100%;height:auto" role="img"',
        svg,
        count=1,
    )
    return svg.strip() + "\n"


def write(path: str, data: bytes) -> None:
    """Write a file whole or not at all: beside its place, then exchanged for the old one.

    Raises:
        RenderError: the folder is missing or may not be written to.
    """
    target = os.path.realpath(path)
    beside = f"{target}.{os.getpid()}.{threading.get_ident()}.tmp"
    try:
        with open(beside, "xb") as file:
            file.write(data)
        os.replace(beside, target)
    except OSError as error:
        raise RenderError(
            f"save: cannot write {path!r} ({error.strerror}); choose a folder that exists and may "
            "be written to."
        ) from None
    finally:
        if os.path.lexists(beside):
            os.unlink(beside)
