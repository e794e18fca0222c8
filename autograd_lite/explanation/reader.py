"""From a recorded graph to the lines of its explanation.

The reader goes through the nodes as backward() does, youngest first, with terms in place of
arrays. A node that has a name gets a line, and below it its gradient is called by its symbol; one
that has none hands its term on, as long as that stays readable.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from .. import walk
from ..node import Node
from ..phrases import terms
from ..phrases.call import Call, Said
from ..phrases.latex import Latex, word
from ..phrases.losses import standardized
from ..phrases.phrase import derived, unwritten
from ..phrases.scope import Scope, Word
from ..phrases.terms import Term
from ..phrases.tracing import shape_of
from ..phrases.writing import Text
from .records import Line
from .words import SHORT, Words

# A right-hand side that is handed on to one reader, to several; and one on a line of its own.
_HANDED_ON, _SHARED, _LINE = 56, 16, 100
# Ops that pass gradients on as they are: their reason is given only where there is no other.
_PASSING = frozenset(
    "add subtract identity copy astype reshape expand_dims squeeze negative sum".split()
)
# Ops of which it is said what the named result after them, "z = h @ W + b", is linear in.
_LINEAR = frozenset("matmul linear multiply conv2d conv2d_bias".split())
# Ops in whose rules the incoming gradient stands twice.
_TWICE = frozenset(("softmax", "log_softmax"))
_REASONS = 2


class Part(NamedTuple):
    """What one use of a tensor contributes to its gradient: a term, and its reasons."""

    term: Term
    whys: tuple[tuple[bool, str], ...]
    op: str = ""


class Reader:
    """One reading of a graph, which stops after a number of lines.

    Attributes:
        lines: what was found; left: how many gradients at least were not.
        derivations: per line its target (a node or leaf) and the term of its right-hand side, in
            which ("value", n) and ("gradient", n) stand for those of things[n].
        things: nodes, leaves, and the keys of constants.
    """

    def __init__(self, root: Node, nodes: list[Node], words: Words, symbol: str, most: int) -> None:
        self.root = root
        self.nodes = nodes
        self.words = words
        self.symbol = symbol
        self.most = most
        self.lines: list[Line] = []
        self.derivations: list[tuple[Any, Term]] = []
        self.left = 0
        self.things: list[Any] = []
        self.numbers: dict[Any, int] = {}
        self.parts: dict[Any, list[Part]] = {}
        self.scoped: dict[Any, Word] = {}
        self.gradients: set[Any] = set()
        self.defined: set[Any] = set()
        self.outputs: dict[Node, dict[int, Term]] = {}
        self.pending = Counter(
            p for n in nodes for p in n.parents if p is not None and type(p) is not Node
        )
        self.scope = Scope(self.scoped, frozenset())
        self._read()

    # -- the walk ----------------------------------------------------------------------------

    def _read(self) -> None:
        seed = terms.ones(tuple(self.root.shape))
        self.parts[self.root] = [Part(seed, ())]
        for count, node in enumerate(reversed(self.nodes)):
            if len(self.lines) >= self.most:
                self.left = self._left_out(self.nodes[: len(self.nodes) - count])
                return
            if node in self.parts:
                self._visit(node)
            for parent in node.parents:
                if parent is not None and type(parent) is not Node:
                    self.pending[parent] -= 1
                    if not self.pending[parent] and parent in self.parts:
                        self._line(parent, self.parts.pop(parent))

    def _left_out(self, nodes: list[Node]) -> int:
        """How many named results and leaves have not been reached, at least."""
        seen: set[Any] = set()
        for node in nodes:
            seen.update(p for p in node.parents if p is not None and type(p) is not Node)
            if self.words.given(node):
                seen.add(node)
        return len(seen) or len(nodes)

    def _visit(self, node: Node) -> None:
        parts = self.parts.pop(node)
        if node.op.outputs:
            self._send_bundle(node)
            return
        part = self._joined(parts)
        whys = part.whys
        pick = _picked(node)
        if node is self.root:
            term = part.term
        elif self._is_folded(node, part.term, len(parts)) and (pick is None or self._fits(node)):
            term = part.term
        else:
            term = self._line(node, parts)
            whys = ()
        if pick is not None:
            bundle, index = pick
            self.outputs.setdefault(bundle, {})[index] = term
            self.parts.setdefault(bundle, []).append(Part(term, whys))
            return
        for i, parent in enumerate(node.parents):
            if parent is not None:
                said = derived(self._call(node, i, term))
                if said is not None:
                    self._send(node, i, said, term, whys)

    def _send(self, node: Node, i: int, said: Said, g: Term, whys: Any) -> None:
        by: dict[Any, Term] = {"g": g, "out": self._value(node)}
        for j in range(len(node.parents)):
            source = self.words.source(node, j)
            if source is not None:
                by[j] = self._ref(source.key, source.text, self._shape(node, j))
        reason = (node.op.name not in _PASSING or said.term.op == "summed", said.why)
        term = terms.replaced(said.term, by)
        part = Part(term, (*whys, reason), node.op.name)
        self.parts.setdefault(node.parents[i], []).append(part)

    def _send_bundle(self, node: Node) -> None:
        sent = self.outputs.pop(node, {})
        for i, parent in enumerate(node.parents):
            if parent is None:
                continue
            call = self._call(node, i)
            if node.op.name == "standardize" and set(sent) == {0}:
                said = standardized(call)
                out = next(n for n in self.nodes if _picked(n) == (node, 0))
                self.outputs[node] = sent
                by_out = {"out": self._value(out)}
                self._send(
                    node, i, said._replace(term=terms.replaced(said.term, by_out)), sent[0], ()
                )
                continue
            ordered = [sent[k] for k in sorted(sent)]
            term = Term("rule", (node.op.name, *ordered))
            why = f"{node.op.name} has several results, whose gradients its rule takes together"
            if len(ordered) == 1:
                why = unwritten(call).why
            self.parts.setdefault(parent, []).append(Part(term, ((True, why),), node.op.name))

    def _fits(self, pick: Node) -> bool:
        """Whether one of several outputs may be folded: where the rule is written out."""
        return bool(pick.parents[0].op.name == "standardize")

    def _call(self, node: Node, i: int, g: Term | None = None) -> Call:
        sources = [self.words.source(node, j) for j in range(len(node.parents))]
        names = [s.text if s is not None else "None" for s in sources]
        out = self.words.of(node) if not node.op.outputs else node.op.name
        if node.op.name in _LINEAR and g is not None and g.op == "ref":
            # Only sums lie between this result and the one whose gradient this is.
            out = self.words.of(self.things[g.args[0][1]])
        return Call(node, i, names, out, self._symbol(out))

    # -- terms and words -----------------------------------------------------------------------

    def _symbol(self, name: str) -> str:
        return f"∂{self.symbol}/∂{name if _is_word(name) else f'({name})'}"

    def _ref(self, key: Any, text: str, shape: Any) -> Term:
        if type(key) is Node and key not in self.words.wanted and not self.words.given(key):
            inner = _transposed(key)
            if inner is not None:
                return terms.transposed(self._ref(inner, self.words.of(inner), inner.shape))
        ref = ("value", self._number(key))
        self.scoped.setdefault(ref, Word(text, shape))
        return terms.ref(ref)

    def _number(self, thing: Any) -> int:
        """A number for a node, leaf or constant: terms are compared, and tensors give arrays."""
        if thing not in self.numbers:
            self.numbers[thing] = len(self.things)
            self.things.append(thing)
        return self.numbers[thing]

    def _value(self, node: Node) -> Term:
        name = node.op.name if node.op.outputs else self.words.of(node)
        return self._ref(node, name, tuple(node.shape))

    def _shape(self, node: Node, j: int) -> Any:
        return shape_of(node, j)

    def _gradient(self, target: Any) -> Term:
        key = ("gradient", self._number(target))
        symbol = self._symbol(self.words.of(target))
        self.scoped.setdefault(key, Word(symbol, tuple(target.shape)))
        if key not in self.scope.gradients:
            self.scope.gradients = self.scope.gradients | {key}
        return terms.ref(key)

    def _joined(self, parts: list[Part]) -> Part:
        if len(parts) == 1:
            return parts[0]
        term = terms.total(*(p.term for p in parts))
        by_op = {part.op: part.whys[-1:] for part in reversed(parts)}
        if len(by_op) == 1:
            return Part(term, parts[0].whys)
        return Part(term, tuple(why for whys in reversed(by_op.values()) for why in whys))

    def _is_folded(self, node: Node, term: Term, uses: int) -> bool:
        if self.words.given(node) or term.op == "rule":
            return False
        if term.op == "ref" or not terms.keys(term):  # ∂L/∂z itself, numbers, ones
            return True
        if node in self.words.made or uses > 1:
            return False
        readers = sum(p is not None for p in node.parents) + (node.op.name in _TWICE)
        readers += any(type(p) is Node and bool(p.op.outputs) for p in node.parents)
        width = len(Text(self.scope).line(term))
        return width <= (_HANDED_ON if readers == 1 else _SHARED)

    # -- lines ---------------------------------------------------------------------------------

    def _line(self, target: Any, parts: list[Part]) -> Term:
        if type(target) is Node and not self.words.given(target):
            if len(self.words.of(target)) > SHORT or not _is_word(self.words.of(target)):
                self.words.made_up(target)
        part = self._joined(parts)
        rhs, latex = Text(self.scope).line(part.term), Latex(self.scope).line(part.term)
        if len(rhs) > _LINE and len(parts) > 1:
            rhs, latex = self._several(parts)
        gradient = self._gradient(target)
        symbol = self.scoped[gradient.args[0]].text
        latex = f"{word(symbol)} = {latex}"
        name, why = self.words.of(target), _said(part.whys)
        if len(parts) > 1 and "product rule" not in why:
            uses = f"{name} is used {len(parts)} times: what the uses send back adds up"
            why = f"{why}; {uses}" if why else uses
        line = Line(
            name, symbol, tuple(target.shape), rhs, latex, why, len(parts),
            self._definitions(target, part.term, why),
        )  # fmt: skip
        self.lines.append(line)
        self.derivations.append((target, part.term))
        return gradient

    def _several(self, parts: list[Part]) -> tuple[str, str]:
        """The first uses, and how many more there are: as text, as LaTeX."""
        shown: list[str] = []
        for part in parts:
            text = Text(self.scope).line(part.term)
            if shown and sum(map(len, shown)) + len(text) > _LINE:
                break
            shown.append(text)
        first = terms.total(*(part.term for part in parts[: len(shown)]))
        text, latex = Text(self.scope).line(first), Latex(self.scope).line(first)
        left = len(parts) - len(shown)
        if not left:
            return text, latex
        return f"{text} + … ({left} more like these)", rf"{latex} + \ldots"

    def _definitions(self, target: Any, term: Term, why: str) -> tuple[str, ...]:
        """What the made-up names of a line stand for, unless an earlier line has said it."""
        found = [target] if type(target) is Node else []
        values = (self.things[n] for kind, n in terms.keys(term) if kind == "value")
        found += [thing for thing in values if type(thing) is Node]
        mentioned = set(re.findall(r"\bt\d+\b", why))
        found += [n for n in self.words.made if type(n) is Node and self.words.of(n) in mentioned]
        new = []
        for node in sorted(set(found), key=lambda n: -n.order):
            if node in self.words.wanted and node not in self.defined:
                self.defined.add(node)
                new.append(f"{self.words.of(node)} = {self.words.call(node)[0]}")
        return tuple(new)


def _picked(node: Node) -> tuple[Node, int] | None:
    """The node of several outputs that this one picks from, and which; None for other nodes."""
    parent = node.parents[0] if len(node.parents) == 1 else None
    if type(parent) is Node and parent.op.outputs and node.op.name.startswith(f"{parent.op.name}."):
        return parent, parent.op.outputs.index(node.op.name.rpartition(".")[2])
    return None


def _transposed(node: Node) -> Any:
    """What a node has transposed, or None."""
    plain = node.op.name == "transpose" and (node.params or {}).get("axes") is None
    if plain and node.ndim == 2:
        return node.parents[0]
    if node.op.name == "swapaxes" and node.params is not None:
        axes = {node.params["axis1"] % node.ndim, node.params["axis2"] % node.ndim}
        return node.parents[0] if axes == {node.ndim - 1, node.ndim - 2} else None
    return None


def _is_word(text: str) -> bool:
    return not any(c in text for c in " ()[]+*/@,")


def _said(whys: tuple[tuple[bool, str], ...]) -> str:
    """The reasons worth giving, as one sentence."""
    told = [why for matters, why in whys if matters and why]
    if not told:
        told = [why for _, why in whys if why][-1:]
    return "; ".join(told[-_REASONS:])


def read(root: Node, given: Mapping[str, Any], symbol: str, most: int) -> Reader:
    """The reading of a graph in which everything that is mentioned has a name."""
    nodes = walk.collect([root])
    made: dict[Any, str] = {}
    while True:  # until everything that is mentioned has a name: each round names more of it
        words = Words(nodes, given, made)
        reader = Reader(root, nodes, words, symbol, most)
        if words.wanted.keys() <= made.keys():
            return reader
        made = _names_for(words, made)


def _names_for(words: Words, before: Mapping[Any, str]) -> dict[Any, str]:
    """t1, t2, … for results, p1, … for leaves, c1, … for constants: none of the user's names."""
    known = set(words.taken.values()) | set(words.names.values())
    found: dict[Any, str] = {}
    counts: Counter[str] = Counter()
    wanted = {**before, **words.wanted}
    for target in sorted(wanted, key=_age):
        kind = wanted[target][0]
        while True:
            counts[kind] += 1
            name = f"{kind}{counts[kind]}"
            if name not in known:
                break
        found[target] = name
    return found


def _age(target: Any) -> float:
    if type(target) is Node:
        return float(target.order)
    # A constant that was dropped is known by its node and place there.
    return float(target[0].order) if type(target) is tuple and type(target[0]) is Node else math.inf
