"""Equations of steps: parts that are words, and parts that are tensors with their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..phrases.phrase import phrase
from . import label, recover
from .block import Block
from .label import Expression
from .records import Card

if TYPE_CHECKING:
    from .sweep import Sweep

# Operands stand as one of these in an expression while it is put together.
_FIRST, _MOST = 0xE000, 6000
# A chain of rules with more tensors than this is written rule by rule.
_MOST_TENSORS, _MOST_LETTERS = 6, 46


@dataclass(slots=True)
class Part:
    """A piece of an equation.

    Attributes:
        text: words, or the name of the tensor.
        block: its numbers; None for words.
        lane: "f" for values, "b" for gradients.
        transposed: whether the equation has its transpose.
    """

    text: str
    block: Block | None = None
    lane: str = "f"
    transposed: bool = False

    @property
    def whole(self) -> str:
        """The part as plain text."""
        return self.text + ("ᵀ" if self.transposed else "")


@dataclass(slots=True)
class Equation:
    """One line: as plain text, in parts (the result first), and why it holds."""

    text: str
    parts: list[Part] = field(default_factory=list)
    why: str = ""


@dataclass(slots=True)
class Side:
    """The right-hand side of an equation, as plain text and in parts."""

    text: str
    parts: list[Part]

    @property
    def tensors(self) -> int:
        """How many of its parts have numbers."""
        return sum(part.block is not None for part in self.parts)


class Writer:
    """Writes the equations of a Sweep's steps."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.reader = sweep.reader

    # -- values ----------------------------------------------------------------------------------

    def forward(self, card: Card, node: Any) -> Equation:
        """``z1 = x @ W1 + b1``."""
        if getattr(card, "count", 0):
            text = f"{name_of(card)} = {card.call or 'folded ops'}"
            parts = [Part(name_of(card), card.value, "f"), Part(text[len(name_of(card)) :])]
            return Equation(text, parts)
        operands: list[Part] = []
        words = self._expression(node, operands, top=True)[0]
        left = Part(name_of(card), card.value, "f")
        parts = [left, Part("="), *_split(words, operands)]
        return Equation(f"{left.text} = {_plain(words, operands)}", parts)

    def _expression(self, node: Any, operands: list[Part], top: bool = False) -> Expression:
        """What node computes, with a mark for each operand that is a tensor."""
        keys = {i: key for i, key, _ in self.reader.operands(node)}
        found: list[Expression] = []
        for i, parent in enumerate(node.parents):
            if i in keys:
                found.append(self._operand(node, keys[i], operands))
            elif node.args is None:
                found.append(label.named(label.ELLIPSIS))
            elif parent is None and node.args[i + 1] is not None:
                found.append(_constant(node, i))
        return label.expression(node.op.name, found, node.params or {}, node.op.params)

    def _operand(self, node: Any, key: Any, operands: list[Part]) -> Expression:
        card = self.reader.cards.get(key)
        if card is None:
            own = self.sweep.cards.get(key)
            if own is not None and own is self.sweep.cards.get(node):
                return self._expression(key, operands)
            return self.reader.words.get(key, label.named(label.ELLIPSIS))
        if len(operands) >= _MOST:
            return label.named(label.ELLIPSIS)
        operands.append(Part(name_of(card), card.value, "f"))
        return label.named(chr(_FIRST + len(operands) - 1))

    def words(self, node: Any) -> list[str]:
        """What the inputs of a node are called in phrases."""
        keys = {i: key for i, key, _ in self.reader.operands(node)}
        found = []
        for i, parent in enumerate(node.parents):
            if i in keys:
                found.append(self.word(keys[i]))
            elif parent is None and node.args is not None and node.args[i + 1] is not None:
                found.append(_constant(node, i)[0])
            else:
                found.append(label.ELLIPSIS)
        return found

    def word(self, key: Any) -> str:
        """What a tensor is called: its name, or the expression that is folded."""
        card = self.reader.cards.get(key)
        if card is not None:
            return name_of(card)
        if key in self.sweep.cards:
            operands: list[Part] = []
            text = _plain(self._expression(key, operands)[0], operands)
            # In brackets it stays one word wherever it is written.
            return text if _is_word(text) else f"({text})"
        return self.reader.words.get(key, label.named(label.ELLIPSIS))[0]

    # -- gradients -------------------------------------------------------------------------------

    def backward(self, card: Card, edges: list[tuple[Any, int]], whys: list[str]) -> Side:
        """The right-hand side of what a card sends along some edges, all to one tensor."""
        if getattr(card, "count", 0):
            name = f"∂{self.reader.symbol} back through {name_of(card)}"
            whys.append("The rules of the ops folded here, one after the other.")
            return Side(name, [Part(name)])
        sides = [self._rule(card, node, i, whys) for node, i in edges]
        for side in sides:
            if " += " in side.text:  # of an index: zeros with what arrives written into them
                side.text = f"({side.text})"
                side.parts = [Part("("), *side.parts, Part(")")]
        parts = list(sides[0].parts)
        for side in sides[1:]:
            parts += [Part("+"), *side.parts]
        return Side(" + ".join(side.text for side in sides), parts)

    def _incoming(self, card: Card, node: Any, whys: list[str]) -> Side:
        """The gradient that comes to a node: its card's, or what its user's rule makes of that."""
        symbol = self.reader.symbol
        if self.reader.cards.get(node) is card:
            name = f"∂{symbol}/∂{name_of(card)}"
            return Side(name, [Part(name, self._gradient(card, node), "b")])
        if node.op.outputs:
            name = f"∂{symbol}/∂({', '.join(node.op.outputs)})"
            return Side(name, [Part(name)])
        user = next(
            (n, i)
            for n in self.sweep.members[card.id]
            for i, p in enumerate(n.parents)
            if p is node
        )
        more: list[str] = []
        side = self._rule(card, *user, more)
        if len(side.parts) > 1:
            # Where the gradient passes unchanged the user's rule has nothing to say.
            whys += more
        if side.tensors > _MOST_TENSORS or len(side.text) > _MOST_LETTERS:
            word = self.word(node)
            name = f"∂{symbol}/∂{word if word[0] == '(' else f'({word})'}"
            return Side(name, [Part(name, self.sweep.block(self.sweep.sent.of(*user)), "b")])
        return side

    def _gradient(self, card: Card, node: Any) -> Block | None:
        if card.gradient is not None and card.title == "seed":
            return card.gradient
        gradients = self.reader.gradients
        return None if gradients is None else self.sweep.block(gradients.of(node))

    def _rule(self, card: Card, node: Any, i: int, whys: list[str]) -> Side:
        """What node's rule sends to input i, written with the incoming gradient."""
        incoming = self._incoming(card, node, whys)
        name = label.clean(node.op.name, 24)
        words, out = self.words(node), self.word(node)
        found = None
        if not node.op.outputs:
            found = phrase(node, i, words, out, incoming.text)
        if found is None:
            whys.append(f"The derivative rule of {name}, at its input.")
            text = f"rule of {name}({incoming.text})"
            return Side(text, [Part(f"rule of {name}("), *incoming.parts, Part(")")])
        unchanged = [piece.kind for piece in found.pieces] == ["g"]
        if found.why and not (unchanged and self.reader.cards.get(node) is not card):
            whys.append(_sentence(found.why, {*words, out}))
        parts: list[Part] = []
        for piece in found.pieces:
            if piece.kind == "g":
                parts += _transposed(incoming.parts) if piece.transposed else incoming.parts
            elif piece.kind in ("input", "out"):
                key = node
                if piece.kind == "input":
                    operands = self.reader.operands(node)
                    key = next((k for j, k, _ in operands if j == piece.index), None)
                block = self._value(node, piece.index, key)
                parts.append(Part(piece.text, block, "f", piece.transposed))
            else:
                parts += self._within(piece.text, node, words, out)
        return _without_ones(Side(_single(found.text), parts))

    def _within(self, text: str, node: Any, words: list[str], out: str) -> list[Part]:
        """Words of a phrase, with the tensors that they name: ``(1 − h²)``."""
        keys: dict[str, tuple[int, Any]] = {out: (-1, node)}
        for i, key, _ in self.reader.operands(node):
            keys[words[i]] = i, key
        known = {w: self._value(node, i, key) for w, (i, key) in keys.items() if w.strip()}
        known = {w: block for w, block in known.items() if block is not None and w in text}
        if not known:
            return [Part(text)]
        names = "|".join(re.escape(w) for w in sorted(known, key=len, reverse=True))
        parts = re.split(rf"(?<![\w∂/.])({names})(?![^\W²³⁴ᵀ])", text)
        return [Part(p, known.get(p)) for p in parts if p]

    def _value(self, node: Any, i: int, key: Any) -> Block | None:
        card = self.reader.cards.get(key)
        if card is not None and not getattr(card, "count", 0):
            return card.value
        if key in self.sweep.values:
            return self.sweep.block(self.sweep.values[key])
        if node.args is not None and i >= 0 and node.parents[i] is None:
            value = recover.constant(node.args[i + 1], node)[0]
            return self.sweep.block(value) if isinstance(value, np.ndarray) else None
        return None


_ONES = re.compile(r"ones\([^()]*\)(/?)")


def _without_ones(side: Side) -> Side:
    """``(g · ones(2, 1)/2) ⊙ p`` as ``g/2 · p``: the other factor has the shape already."""
    found = re.search(rf" ([·⊙]) {_ONES.pattern}([^() ]*)\) ⊙ ", side.text)
    place = next((k for k, p in enumerate(side.parts) if _ONES.fullmatch(p.text)), 0)
    if found is None or place < 2:
        return side
    words = [part.text for part in side.parts]
    close = words.index(")", place) if ")" in words[place:] else 0
    first, text_first = _opening(words[: place - 1]), _opening(side.text[: found.start()])
    if close + 1 >= len(words) or words[close + 1] != "⊙" or first is None or text_first is None:
        return side
    sign, slash, count = found.groups()
    before, after = side.text[:text_first], side.text[found.end() :]
    inner = side.text[text_first + 1 : found.start()]
    divided = [Part("/"), *side.parts[place + 1 : close]] if slash else []
    parts = [
        *side.parts[:first], *side.parts[first + 1 : place - 1], *divided, Part(sign),
        *side.parts[close + 2 :],
    ]  # fmt: skip
    return Side(f"{before}{inner}{slash}{count} {sign} {after}", parts)


def _opening(words: Sequence[str]) -> int | None:
    """Where the innermost bracket that is still open was opened."""
    depth = 0
    for k in range(len(words) - 1, -1, -1):
        depth += words[k].count(")") - words[k].count("(")
        if depth < 0:
            return k if words[k] == "(" else None
    return None


def _constant(node: Any, i: int) -> Expression:
    value = recover.constant(node.args[i + 1], node)[0]
    value = value[()] if isinstance(value, np.ndarray) else value
    return label.named(label.ELLIPSIS) if value is None else label.number(value)


def name_of(card: Card) -> str:
    """What a card is called in equations."""
    return label.clean(card.full_name or card.name, 24)


def _split(words: str, operands: list[Part]) -> list[Part]:
    """An expression cut at its marks."""
    parts: list[Part] = []
    for text in re.split(f"([{chr(_FIRST)}-{chr(_FIRST + _MOST)}])", words):
        if len(text) == 1 and _FIRST <= ord(text) < _FIRST + len(operands):
            parts.append(operands[ord(text) - _FIRST])
        elif text:
            parts.append(Part(text))
    return parts


def _plain(words: str, operands: list[Part]) -> str:
    """An expression with its operands' names."""
    return "".join(part.text for part in _split(words, operands))


def _is_word(text: str) -> bool:
    """Whether an expression reads as one word: ``σ(z + 1)``, ``(p − y)²``."""
    depth = 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c in " −" and not depth:
            return False
    return True


def _sentence(words: str, names: set[str]) -> str:
    """Words as a sentence: with a capital, unless they begin with a name, and a full stop."""
    first = re.split(r"[ ,.:;'’]", words, maxsplit=1)[0]
    if first not in names and not any(name.startswith(f"{first} ") for name in names):
        words = words[:1].upper() + words[1:]
    return _single(words).rstrip(".") + "."


def _single(words: str) -> str:
    """Words without a second pair of brackets around what has one."""
    return re.sub(r"\(\(([^()]*)\)\)", r"(\1)", words)


def _transposed(parts: list[Part]) -> list[Part]:
    if len(parts) == 1:
        one = parts[0]
        return [Part(one.text, one.block, one.lane, not one.transposed)]
    return [Part("("), *parts, Part(")ᵀ")]
