"""The lines of an explanation, and how they are shown."""

from __future__ import annotations

import re
import unicodedata
from textwrap import fill
from typing import NamedTuple

_SIGNS = (
    ("⊙", "⊙ entry by entry"),
    ("@", "@ matrix product"),
    ("ᵀ", "ᵀ transposed"),
    ("Σ_rows", "Σ_rows adds up the rows"),
    ("Σ_columns", "Σ_columns adds up the columns"),
    ("sum_columns(", "sum_columns(…) one sum for each row"),
    ("mean_columns(", "mean_columns(…) one mean for each row"),
    ("ones(", "ones(…) an array of ones"),
)
# Symbols and shapes are padded to this width at most, so that one long name moves only its line.
_WIDEST = 24
_COLUMNS = 96
_TOGETHER = re.compile(r"\([\d, ]*\)|not @|\w+ᵀ @|@ \w+ᵀ")


class Line(NamedTuple):
    """One step of the backward pass: the gradient of one tensor.

    Attributes:
        name: what the tensor is called. target: its gradient, ``∂E/∂W2``.
        shape: of both.
        rhs: the right-hand side. latex: the whole line, for math mode.
        why: the reason, one sentence.
        uses: how many contributions were added up.
        where: what is meant by the names that were made up for this line, "t1 = x @ W".
    """

    name: str
    target: str
    shape: tuple[int, ...]
    rhs: str
    latex: str
    why: str
    uses: int
    where: tuple[str, ...] = ()


class Explanation:
    """The backward pass of one output in words, made by ``explain``; ``print`` it.

    Attributes:
        output: what is differentiated. lines: the steps, from the output to the leaves.
        notes: sentences on what is not on the lines.
    """

    def __init__(self, output: str, lines: tuple[Line, ...], notes: tuple[str, ...]) -> None:
        self.output = output
        self.lines = lines
        self.notes = notes

    def __str__(self) -> str:
        rows = [_shown(line) for line in self.lines]
        wide = max((_width(row) for row in rows if _width(row) <= _WIDEST), default=0)
        text = [f"Gradients of {self.output}, from {self.output} back to the leaves"]
        body: list[str] = []
        for line, row in zip(self.lines, rows, strict=True):
            uses = f"   ({line.uses} uses: added up)" if line.uses > 1 else ""
            body.append(f"{row}{' ' * (wide - _width(row))} = {line.rhs}{uses}")
            body += [_paragraph(f"where {', '.join(line.where)}")] if line.where else []
            body += [_paragraph(line.why)] if line.why else []
        signs = ", ".join(say for sign, say in _SIGNS if any(sign in x.rhs for x in self.lines))
        text += [fill(f"({signs})", _COLUMNS)] if signs else []
        return "\n".join([*text, "", *body, *([""] if self.notes else []), *self.notes])

    def __repr__(self) -> str:
        count = len(self.lines)
        return f"<Explanation of {self.output}: {count} line{'s' if count != 1 else ''}>"

    def __len__(self) -> int:
        return len(self.lines)

    def latex(self) -> str:
        """The lines as one LaTeX ``aligned`` block, for display math."""
        rows = " \\\\\n".join(line.latex.replace(" = ", " &= ", 1) for line in self.lines)
        return "\\begin{aligned}\n" + rows + "\n\\end{aligned}"

    def _repr_markdown_(self) -> str:
        """What a notebook shows: formulas and reasons, line by line."""
        parts = [f"**Gradients of {_plain(self.output)}**"]
        for line in self.lines:
            uses = f" *({line.uses} uses: added up)*" if line.uses > 1 else ""
            where = f"  \nwhere {_plain(', '.join(line.where))}" if line.where else ""
            parts.append(f"${line.latex}${uses}{where}  \n{_plain(line.why)}".rstrip())
        return "\n\n".join([*parts, *map(_plain, self.notes)])


def _shown(line: Line) -> str:
    sizes = ", ".join(map(str, line.shape)) + ("," if len(line.shape) == 1 else "")
    return f"{line.target} ({sizes})" if line.shape else line.target


def _paragraph(text: str) -> str:
    """text in lines, indented; what is within brackets with numbers stays together."""
    held = _TOGETHER.sub(lambda found: found[0].replace(" ", "\u00a0"), text)
    lines = fill(held, _COLUMNS, initial_indent="    ", subsequent_indent="    ")
    return lines.replace("\u00a0", " ")


def _width(text: str) -> int:
    return sum(not unicodedata.combining(c) for c in text)


def _plain(text: str) -> str:
    """text with what Markdown would take for markup escaped."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#$|" else c for c in text)
