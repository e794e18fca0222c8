"""``phrase``: the chain rule of one input of one recorded call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..node import Node
from . import losses, moves, pointwise, products, reductions, terms
from .call import WRITERS, Call, Said, is_number, is_ours
from .fitting import fitted
from .latex import Latex
from .terms import Term
from .tracing import holds, traced
from .writing import Text, Token, flat

# A line with more than this on it is not read.
LONGEST = 80

_WRITTEN_HERE = (losses, moves, pointwise, products, reductions)
_OPERATORS = frozenset("@ ⊙ · + − /".split())


class Piece:
    """A part of an equation, to be drawn.

    Attributes:
        kind: "input", "out", "g" (a matrix), or "text" (an operator, or what has no matrix).
        index: which input, else -1.
        transposed: whether the matrix stands transposed.
        text: what is written; of a matrix, how it is called.
    """

    __slots__ = ("index", "kind", "text", "transposed")

    def __init__(self, kind: str, index: int, transposed: bool, text: str) -> None:
        self.kind = kind
        self.index = index
        self.transposed = transposed
        self.text = text

    def __repr__(self) -> str:
        return f"Piece({self.kind!r}, {self.index}, {self.transposed}, {self.text!r})"


class Phrase(NamedTuple):
    """The gradient of one input of a call.

    Attributes:
        text: the right-hand side, ``hᵀ @ ∂L/∂z2``. latex: the same for LaTeX's math mode.
        why: one sentence that gives the reason, without a full stop.
        pieces: the same in pieces: their texts, with ᵀ where transposed, make up ``text``.
    """

    text: str
    latex: str
    why: str
    pieces: tuple[Piece, ...]


def phrase(node: Node, i: int, words: Sequence[str], out: str, g: str) -> Phrase | None:
    """The chain rule of input i of a node, in words; None when the input has no rule.

    It is made from the rule that runs, also on a graph that backward() has freed.

    Args:
        node: a recorded call. i: which of its inputs.
        words: what its inputs are called. out: what its result is called.
        g: what the gradient of its result is called.

    Returns:
        a Phrase, or None.

    >>> import autograd_lite as ag
    >>> h, w = ag.Tensor([[1.0, 2.0]], requires_grad=True), ag.Tensor([[3.0], [4.0]])
    >>> phrase((h @ w)._node, 0, ("h", "W2"), "z2", "∂L/∂z2").text
    '∂L/∂z2 @ W2ᵀ'
    """
    call = Call(node, i, words, out, g)
    said = derived(call)
    if said is None:
        return None
    text = Text(call.scope())
    tokens = text.write(said.term)[0]
    line = flat(tokens)
    if len(line) > LONGEST:
        said = unwritten(call)
        tokens = text.write(said.term)[0]
        line = flat(tokens)
    return Phrase(line, Latex(call.scope()).line(said.term), said.why, pieces_of(tokens))


def derived(call: Call) -> Said | None:
    """The term of an input's gradient and its reason; None when the input has no rule."""
    node, i = call.node, call.i
    if call.shapes[i] is None or (node.op.joint is None and node.op.rules_for(i + 1)[i] is None):
        return None
    if _is_pick(node):
        whole = call.name.partition(".")[0]
        return Said(terms.ref("g"), f"{call.out} is one of the results of {whole}")
    writer = WRITERS.get(call.name) if is_ours(node, i) else None
    said = writer(call) if writer is not None else None
    if said is None:
        found = traced(node, i)
        if found is None or not (is_ours(node, i) or holds(node, i, found)):
            return unwritten(call)
        term = found[0]
        if node.op.pointwise:
            why = pointwise.why(call, term)
        else:
            why = _documented(call) or f"read from the rule of {call.name}"
        said = Said(term, why, found[1])
    said = said._replace(term=with_numbers(call, said.term))
    return fitted(call, said) or unwritten(call)


def _is_pick(node: Node) -> bool:
    """Whether a node stands for one of several outputs: what it hands on is its own gradient."""
    parent = node.parents[0] if node.parents else None
    return type(parent) is Node and bool(parent.op.outputs)


def with_numbers(call: Call, term: Term) -> Term:
    """term with the values of those inputs that are called by their number: "2", not "lr"."""
    found = {}
    for j, word in enumerate(call.words):
        x = None if j == call.i else call.number(j)
        if x is not None and is_number(word):
            found[j] = terms.number(x)
    return terms.replaced(term, found)


def unwritten(call: Call) -> Said:
    """What is said of a rule that has no short form: its documentation."""
    why = _documented(call) or f"{call.name} has a rule of its own"
    return Said(Term("rule", (call.name, terms.ref("g"))), why)


def _documented(call: Call) -> str:
    text = call.node.op.doc.partition("Derivative:")[2].strip().split("\n\n")[0]
    text = " ".join(text.split()).rstrip(".")
    if len(text) < 6:  # "there"
        return ""
    return f"the rule of {call.name}, with g = {call.g}: {text}"


def pieces_of(tokens: Sequence[Token]) -> tuple[Piece, ...]:
    """Tokens as pieces: words one by one, text between the operators joined."""
    found: list[Piece] = []
    joins = False
    for token in tokens:
        if not isinstance(token, str):
            kind = token.kind.rstrip("ᵀ")
            turned = token.kind.endswith("ᵀ")
            if kind == "text":
                found.append(Piece("text", -1, False, token.text + ("ᵀ" if turned else "")))
            else:
                found.append(Piece(kind, token.number, turned, token.text))
            joins = False
            continue
        text = token.strip()
        if not text:
            joins = False
        elif joins and token[0] != " " and found[-1].text not in _OPERATORS:
            found[-1] = Piece("text", -1, False, found[-1].text + token.rstrip())
        else:
            found.append(Piece("text", -1, False, text))
        joins = bool(text) and text not in _OPERATORS and token[-1] != " "
    return tuple(found)
