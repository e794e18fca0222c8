"""One input of one recorded call: what the writers of phrases ask of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from weakref import ref as weak

import numpy as np

from .. import walk
from ..node import Node
from . import terms
from .scope import Scope, Word
from .terms import Shape, Term
from .tracing import dtype_of, shape_of
from .writing import WHOLE, level_of

G: Term = terms.ref("g")
OUT: Term = terms.ref("out")


class Said(NamedTuple):
    """A right-hand side, its reason, one sentence (or ""), and its shape, if that is known."""

    term: Term
    why: str
    shape: Shape | None = None


class Call:
    """Input i of a node, and what everything is called."""

    def __init__(self, node: Node, i: int, words: Sequence[str], out: str, g: str) -> None:
        self.node = node
        self.i = i
        self.name = node.op.name
        self.params: dict[str, Any] = node.params or {}
        self.shape: Shape = tuple(node.shape)
        self.shapes = [shape_of(node, j) for j in range(len(node.parents))]
        self.words = [words[j] if j < len(words) else "…" for j in range(len(node.parents))]
        self.out = out
        self.g = g

    @property
    def word(self) -> str:
        """What the input is called."""
        return self.words[self.i]

    @property
    def mine(self) -> Shape:
        """The shape of the input."""
        shape = self.shapes[self.i]
        assert shape is not None
        return shape

    def other(self) -> tuple[int, str]:
        """The other one of two inputs: its number, and what it is called."""
        return 1 - self.i, self.words[1 - self.i]

    def value(self, j: int) -> Any:
        """The array that the node has kept of an input, or None."""
        args = self.node.args
        arg = None if args is None else args[j + 1]
        return arg if isinstance(arg, (np.ndarray, np.generic)) else None

    def result(self) -> Any:
        """The array that the node has kept of its own result, or None."""
        out = None if self.node.args is None else self.node.args[0]
        return out if isinstance(out, (np.ndarray, np.generic)) else None

    def kind(self, j: int) -> str:
        """The kind of an input's dtype, "f", "c", …"""
        return str(np.dtype(dtype_of(self.node, j)).kind)

    def is_constant(self, j: int) -> bool:
        """Whether no gradient is wanted of an input."""
        return self.node.parents[j] is None

    def number(self, j: int) -> Any:
        """The value of an input that is a plain number without a name, or None."""
        value = None if self.node.args is None else self.node.args[j + 1]
        if self.node.parents[j] is not None or isinstance(value, (weak, np.ndarray)):
            return None
        if isinstance(value, (bool, int, float, complex, np.generic)):
            return value.item() if isinstance(value, np.generic) else value
        return None

    def scope(self) -> Scope:
        """The words of the refs "g", "out" and 0, 1, …"""
        found: dict[Any, Word] = {
            "g": Word(self.g, self.shape, "g"),
            "out": Word(self.out, self.shape, "out"),
        }
        for j, (word, shape) in enumerate(zip(self.words, self.shapes, strict=True)):
            found[j] = Word(word, shape, "input", j)
        return Scope(found, frozenset(("g",)))


Writer = Callable[[Call], Said | None]
# What is said of an op's rules, by the op's name: only of those that come with the library.
WRITERS: dict[str, Writer] = {}


def says(*names: str) -> Callable[[Writer], Writer]:
    """Enter what a function says about the ops of these names."""

    def enter(writer: Writer) -> Writer:
        for name in names:
            WRITERS[name] = writer
        return writer

    return enter


def is_ours(node: Node, i: int) -> bool:
    """Whether a node's rule came with the library, not from a user who has taken the op's name."""
    rule = node.op.joint or node.op.rules[0 if node.op.variadic else i]
    module = getattr(rule, "__module__", None) or ""
    return module.partition(".")[0] in (walk.__name__.partition(".")[0], "nn")


def sized(shape: Shape | None) -> str:
    """A shape as Python writes it; "(?)" where it is not known.

    >>> sized((3,)), sized((2, 3)), sized(None)
    ('(3,)', '(2, 3)', '(?)')
    """
    return "(?)" if shape is None else str(tuple(int(n) for n in shape))


_NUMBER = re.compile(r"[-−]?[\d.]+(e[-−+]?\d+)?…?|\(.*j\)|[-−]?(inf|NaN)|True|False")


def is_number(word: str) -> bool:
    """Whether a word is a number, written out.

    >>> [is_number(x) for x in ("2", "−0.5", "1e−05", "0.33333…", "lr", "x2", "2.weight")]
    [True, True, True, True, False, False, False]
    """
    return bool(_NUMBER.fullmatch(word))


def bracketed(word: str) -> str:
    """A word, in brackets if it is an expression."""
    return word if level_of(word) == WHOLE else f"({word})"


def plural(n: int, word: str) -> str:
    """A number of things: "1 row", "4 rows"."""
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
