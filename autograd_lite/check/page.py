"""The report of ``check_grads`` for a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .judge import DISAGREE
from .report import HEADS

if TYPE_CHECKING:
    from .report import Report

_WRONG, _UNSURE, _RIGHT = "#b3261e", "#8a6100", "#1b6e3c"


def html_of(report: Report) -> str:
    """A headline, the table, and the remarks; no scripts, no links."""
    colour = _RIGHT if report.ok else _WRONG if report.wrong else _UNSURE
    lines = [f'<div><p><b style="color:{colour}">{escape(report.headline())}</b></p>']
    heads = "".join(f'<th style="text-align:left">{escape(h)}</th>' for h in HEADS)
    lines.append(f"<table><thead><tr>{heads}</tr></thead><tbody>")
    for part in report.parts.values():
        worst = part.worst
        wrong = worst is not None and worst.verdict == DISAGREE
        style = f' style="color:{_WRONG}"' if wrong else ""
        cells = "".join(f'<td style="text-align:left">{escape(c)}</td>' for c in part.cells())
        lines.append(f"<tr{style}>{cells}</tr>")
    lines.append("</tbody></table>")
    lines += [f"<p>{escape(text.strip())}</p>" for text in report.remarks()]
    return "\n".join([*lines, "</div>"])
