"""The panel of a step as HTML: its number, equations in words and in numbers, the reason."""

from __future__ import annotations

import re

from . import grid, label
from .badges import verdict
from .block import Block
from .equation import Equation, Part
from .face import escaped, strip
from .sweep import Step

_LANES = {"forward": "f", "seed": "b", "backward": "b"}


def panel(step: Step, count: int) -> str:
    """The section of one step of count."""
    kind = "backward" if step.kind == "seed" else step.kind
    at = f"{kind} {step.number} / {count}"
    words = "".join(f"<span>{_lowered(e.text)}</span>" for e in step.equations)
    line = f'<div class="line">{escaped(step.line)}</div>' if step.line else "<div></div>"
    # One equation's reason stands above it, those of several each below its own.
    single = len(step.equations) == 1
    sentences = step.why if single else step.remark
    why = f"<p>{escaped(sentences)}</p>" if sentences else ""
    verdicts = "".join(
        f'<p class="verdict {status}">{verdict(status)[1][0]} {escaped(name)}: {status}. '
        f"{escaped(message).replace(chr(10), '<br>')}</p>"
        for name, status, message in step.verdicts
    )
    equations = "".join(_equation(e, not single) for e in step.equations)
    say = f"Step {step.number} of {count}, {step.kind}: {step.text}. {step.why}"
    say += "".join(f" {name}: {status}." for name, status, _ in step.verdicts)
    return (
        f'<section class="{_LANES[step.kind]}" data-card="{step.card}" data-say="{escaped(say)}">'
        f'<h2><span class="at">{at}</span>{words}</h2>{line}{why}{verdicts}'
        f'<div class="eqs">{equations}</div></section>'
    )


def _equation(equation: Equation, reason: bool) -> str:
    inside = ""
    if any(part.block is not None for part in equation.parts):
        inside = f'<div class="eq">{"".join(_part(part) for part in equation.parts)}</div>'
    if reason and equation.why:
        inside += f"<figcaption>{escaped(equation.why)}</figcaption>"
    return f"<figure>{inside}</figure>" if inside else ""


def _part(part: Part) -> str:
    raised = '<sup class="t">T</sup>' if part.transposed else ""
    if part.block is None:
        words = _lowered(part.text.strip())
        return f"<span>{words}</span>{raised}" if words else raised
    caption = f"<b>{escaped(label.clean(part.text, 32))}</b>"
    return f'<div class="m {part.lane}">{caption}{_numbers(part.block, part)}</div>{raised}'


def _lowered(words: str) -> str:
    """Text as markup; Σ_rows says over what the sum is."""
    return re.sub(r"Σ_(\w+)", r"Σ<sub>\1</sub>", escaped(words))


def _numbers(block: Block, part: Part) -> str:
    name = label.clean(part.text, 60)
    if block.cells is None:
        words, tip = grid.summary(block, "rms" if part.lane == "b" else "μσ")
        drawn = f'<svg width="104" height="30" role="img" aria-label="{escaped(tip)}">'
        bad = f"<small>{escaped(grid.bad_sentence(block))}</small>" if block.bad else ""
        kind = label.shape_text(block.shape)
        return (
            f'<div title="{escaped(f"{name}: {tip}")}">{drawn}{strip(block, part.lane)}</svg></div>'
            f"<small>{escaped(f'{kind}  {words}')}</small>{bad}"
        )
    if not block.cells.size:
        return "<small>empty</small>"
    found = grid.cells(block.cells, name)
    lines = ""
    for _, row in grid.rows(block.shape):
        if not row:
            lines += '<tr><td class="gap"></td></tr>'
            continue
        lines += "<tr>"
        for i in row:
            cell = found[i]
            how = f' style="--a:{cell.tint:.0%}"' if cell.tint is not None else ' class="bad"'
            lines += f'<td{how} title="{escaped(cell.tip)}">{cell.text}</td>'
        lines += "</tr>"
    return f"<table>{lines}</table>"
