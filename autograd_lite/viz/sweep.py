"""What happens in each step of the forward and the backward pass, as plain records.

A step is a card of the drawing with ``inline=True``: what a person would write as one line. The
nodes that are folded into the card's expression have steps in common with it; their rules are
composed: the gradient that leaves one is written into the rule of the next.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import label, recover
from .badges import badges_of, health_of, verdict
from .block import Block, block_of
from .contributions import Contributions
from .equation import Equation, Part, Writer, name_of
from .face import Look, Shown
from .forward import said
from .graph import Reader
from .records import Card, Graph
from .scene import Timing

# A sum that grows in more steps than this is shown only when it is whole.
_MOST_SUMS = 8
# Of a long chain of rules the last ones, those nearest to the tensor, are given reasons.
_MOST_REASONS = 4
STATUSES = ("right", "carried", "wrong")


@dataclass(slots=True)
class Step:
    """One step of the page.

    Attributes:
        number: from 1. kind: "forward", "seed" or "backward".
        name: of the tensor whose op it is; card: the id of its card.
        equations: what is computed, with the real numbers, and why.
        remark: a sentence about all of them, or "". line: the user's line, or "".
        sets: names of the tensors whose value or gradient it gives.
        reaches: ids of their cards.
        verdicts: per name that a derivation report has: (name, status, message).
    """

    number: int
    kind: str
    name: str
    card: str
    equations: list[Equation] = field(default_factory=list)
    remark: str = ""
    line: str = ""
    sets: list[str] = field(default_factory=list)
    reaches: list[str] = field(default_factory=list)
    verdicts: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The equations on one line."""
        return "   ".join(e.text for e in self.equations)

    @property
    def why(self) -> str:
        """The reasons, as sentences."""
        return " ".join(s for s in (self.remark, *(e.why for e in self.equations)) if s)


class Sweep:
    """The steps of a graph, and when what is to be seen.

    Attributes:
        steps, graph, timing, notes: what the page is made of.
    """

    def __init__(self, reader: Reader, report: Any) -> None:
        self.reader = reader
        self.report = getattr(report, "steps", None) or {}
        self.graph: Graph = reader.graph
        self.steps: list[Step] = []
        self.timing = Timing(
            {c.id: Look(badges=[(*b, None) for b in badges_of(c)]) for c in self.graph.cards}
        )
        # Per card its nodes, the one that gives its value last.
        self.members: dict[str, list[Any]] = {}
        self.cards: dict[Any, Card] = {}
        self._assign()
        # Of a group that is one card only what goes in and out is looked at.
        whole = {card.id for card in self.graph.cards if getattr(card, "count", 0)}
        inner = [n for id, nodes in self.members.items() if id not in whole for n in nodes]
        self.reads = {card.id: list(self._inputs(card)) for card in self.graph.cards}
        users = {user for found in self.reads.values() for user, _, _ in found}
        self.values = recover.values(reader.nodes, reader.root, reader.out, inner)
        self.sent = Contributions(reader.nodes, reader.root, users.union(inner))
        self.writer = Writer(self)
        self.count: Counter[Any] = Counter()
        self.sums: dict[Any, Any] = {}
        self.unsure: set[Any] = set()
        self.grown: dict[Any, list[tuple[int, Any, int]]] = {}
        self._forward()
        self._backward()
        self._time_gradients()
        self._judge()
        left = len(reader.nodes) - len(self.cards)
        # Those of the picture, and what only a page with steps has to say.
        self.notes = [*self.graph.notes]
        if left:
            self.notes.append(f"{left:,} results are not drawn: their steps are left out")

    # -- which node belongs to which card --------------------------------------------------------

    def _assign(self) -> None:
        folded = self.reader.inlined
        for node in reversed(self.reader.nodes):
            card = self.reader.cards.get(node)
            if card is None and node in folded:
                # Of a node with several outputs: the card that backward reaches last.
                card = self.cards.get(node)
            if card is None:
                continue
            self.cards[node] = card
            self.members.setdefault(card.id, []).append(node)
            for parent in node.parents:
                if parent in folded and parent not in self.reader.cards:
                    self.cards[parent] = card
        for nodes in self.members.values():
            nodes.reverse()

    def _inputs(self, card: Card) -> Iterator[tuple[Any, int, Any]]:
        """(node, input number, key) of all that a card reads of other cards."""
        for node in self.members.get(card.id, ()):
            for i, key, _ in self.reader.operands(node):
                other = self.cards.get(key) or self.reader.cards.get(key)
                if other is not None and other is not card:
                    yield node, i, key

    def ops(self) -> list[tuple[Card, Any]]:
        """Cards that an op has made, each with its node, in the order of the forward pass."""
        found = [(c, self.members[c.id][-1]) for c in self.graph.cards if c.id in self.members]
        return sorted(found, key=lambda pair: int(pair[1].order))

    def block(self, x: Any) -> Block | None:
        """The numbers of an array, as the cards show them."""
        limit = self.reader.options.max_cells
        return None if x is None else block_of(x, limit if np.shape(x) else max(limit, 1))

    # -- the two passes --------------------------------------------------------------------------

    def _step(self, kind: str, card: Card, node: Any) -> Step:
        name = name_of(card)
        line = getattr(card, "line", "") or (node.meta.line if node.meta is not None else "")
        step = Step(len(self.steps) + 1, kind, name, card.id, line=label.clean(line or "", 120))
        self.steps.append(step)
        return step

    def _forward(self) -> None:
        for card in self.graph.cards:
            if card.id not in self.members and card.value is not None:
                self.timing.looks[card.id].values.append(Shown(card.value))
        for card, node in self.ops():
            step = self._step("forward", card, node)
            step.equations = [self.writer.forward(card, node)]
            step.remark = said(self.members[card.id])
            step.sets = [step.name]
            if card.value is not None:
                self.timing.looks[card.id].values.append(Shown(card.value, step.number))
            self.timing.active.setdefault(card.id, []).append(step.number)
            self.timing.forward[card.id] = step.number
            born = self._birth([card.value], [c.value for c in self._operand_cards(card)])
            if born:
                step.remark += f" {born}"
                if not getattr(card, "born", ""):
                    self.timing.looks[card.id].badges.append(("bad", "× born here", step.number))

    def _operand_cards(self, card: Card) -> list[Card]:
        found = (self.reader.cards.get(key) for _, _, key in self.reads[card.id])
        return [other for other in found if other is not None]

    def _birth(self, made: list[Block | None], of: list[Block | None]) -> str:
        """The sentence of a step that makes the first NaN or inf."""
        bad = next((b for b in made if b is not None and b.bad), None)
        if bad is None or bad.bad is None or any(b is not None and b.bad for b in of):
            return ""
        kind, index = bad.bad[1:]
        where = f" at {list(index)}" if index else ""
        return f"× {kind} is born here{where}, out of finite numbers."

    def _backward(self) -> None:
        gradients = self.reader.gradients
        if gradients is None or gradients.of(self.reader.root) is None:
            return
        ops = self.ops()
        root_card = self.reader.cards[self.reader.root]
        self._seed(root_card)
        self.uses = Counter(self.reader.uses)
        self._check_terms()
        for card, node in reversed(ops):
            g = gradients.of(node)
            wanted: dict[Any, list[tuple[Any, int]]] = {}
            for user, i, key in self.reads[card.id]:
                if user.parents[i] is not None and key in self.reader.cards:
                    wanted.setdefault(key, []).append((user, i))
            grouped = bool(getattr(card, "count", 0))
            known = g is not None or (grouped and card.gradient is not None)
            if not known or not any(self._has_gradient(key) for key in wanted):
                continue
            step = self._step("backward", card, node)
            self.timing.backward[card.id] = step.number
            reasons: set[str] = set()
            made: list[Block | None] = []
            for key, edges in wanted.items():
                made += self._send(step, card, key, edges, reasons)
            read = [
                card.gradient if g is None else self.block(g),
                card.value,
                *(c.value for c in self._operand_cards(card)),
            ]
            opening = _opening(len(step.equations), len(self.members[card.id]))
            step.remark = " ".join(s for s in (opening, self._birth(made, read)) if s)

    def _check_terms(self) -> None:
        """Find the tensors whose terms do not add up to what the walk gives.

        Where an op masks, the walk makes a 0 of what a rule gives as 0·inf.
        """
        assert self.reader.gradients is not None
        found: dict[Any, list[Any]] = {}
        for card, _ in self.ops():
            for user, i, key in self.reads[card.id]:
                if user.parents[i] is not None:
                    found.setdefault(key, []).append(self.sent.of(user, i))
        for key, terms in found.items():
            total = self.reader.gradients.of(key)
            if total is None or any(t is None for t in terms) or len(terms) < self.uses[key]:
                continue
            with np.errstate(all="ignore"):
                close = np.allclose(sum(terms), total, rtol=1e-4, atol=0, equal_nan=True)
                size = np.abs(np.array(terms)).max(initial=0)
                small = np.abs(sum(terms) - total).max(initial=0) <= 1e-4 * size
            if not (close or small):
                self.unsure.add(key)

    def _seed(self, card: Card) -> None:
        step = self._step("seed", card, self.reader.root)
        name, symbol = name_of(card), self.reader.symbol
        left = Part(f"∂{symbol}/∂{name}", card.gradient, "b")
        ones = "1" if not self.reader.root.shape else "ones"
        step.equations = [Equation(f"{left.text} = {ones}", [left, Part(f"= {ones}")])]
        if self.reader.root.size == 1:
            step.remark = f"The backward pass begins at the output: ∂{symbol}/∂{symbol} = 1."
        else:
            step.remark = (
                f"The backward pass begins at the output; {name} has several entries, so the "
                "gradients are those of their sum, and each begins with 1."
            )
        step.sets = [name]
        self.timing.active.setdefault(card.id, []).append(step.number)
        if card.gradient is not None:
            self.timing.looks[card.id].gradients.append(Shown(card.gradient, step.number))

    def _has_gradient(self, key: Any) -> bool:
        assert self.reader.gradients is not None
        return self.reader.gradients.of(key) is not None

    def _send(
        self, step: Step, card: Card, key: Any, edges: list[tuple[Any, int]], reasons: set[str]
    ) -> list[Block | None]:
        """One equation: what a card sends back to one of its inputs; gives its numbers."""
        target = self.reader.cards[key]
        if not self._has_gradient(key):
            return []
        before, first = self.sums.get(key), self.count[key]
        terms = [self.sent.of(user, i) for user, i in edges]
        known = all(t is not None for t in terms) and (first == 0 or before is not None)
        known = known and key not in self.unsure
        total = None
        if known:
            total = before
            for term in terms:
                with np.errstate(all="ignore"):
                    total = term if total is None else total + term
        self.count[key] += len(edges)
        whole = self.count[key] >= self.uses[key]
        if whole:
            assert self.reader.gradients is not None
            total = self.reader.gradients.of(key)
        self.sums[key] = total
        self.grown.setdefault(key, []).append((step.number, total, self.count[key]))
        name = name_of(target)
        whys: list[str] = []
        written = self.writer.backward(card, edges, whys)
        left = Part(f"∂{self.reader.symbol}/∂{name}", self.block(total), "b")
        parts, text = [left, Part("=")], f"{left.text} = "
        if first:
            parts += [Part("so far", self.block(before), "b"), Part("+")]
            text += "(so far) + "
        equation = Equation(text + written.text, [*parts, *written.parts])
        step.equations.append(equation)
        step.sets.append(name)
        step.reaches.append(target.id)
        self.timing.active.setdefault(target.id, []).append(step.number)
        if self.uses[key] > 1:
            verb = f"this is use {self.count[key]}" if len(edges) == 1 else "these are the uses"
            if len(edges) == self.uses[key]:
                whys.append(f"{name} is used {len(edges)} times here: the gradients are added up.")
            else:
                if len(edges) > 1:
                    verb += f" {first + 1} to {self.count[key]}"
                whys.append(f"{name} has {self.uses[key]} uses, added up; {verb}.")
        # What holds for several gradients of a step is said once.
        new = [w for w in dict.fromkeys(whys) if w not in reasons]
        equation.why = " ".join(new[-_MOST_REASONS:])
        reasons.update(whys)
        return [self.block(t) for t in terms]

    # -- when gradients are seen -----------------------------------------------------------------

    def _time_gradients(self) -> None:
        for key, grown in self.grown.items():
            card = self.reader.cards[key]
            look, uses = self.timing.looks[card.id], self.uses[key]
            if card.gradient is None or look.gradients:
                continue
            if getattr(card, "count", 0):  # of a group one result's numbers are shown
                ends = [s.number for s in self.steps if card.id in s.reaches]
                look.gradients.append(Shown(card.gradient, max(ends)))
                continue
            steps = [number for number, _, _ in grown]
            many = len(grown) > _MOST_SUMS
            for n, (number, total, count) in enumerate(grown[:-1]):
                block = self.block(total)
                if block is not None and not many:
                    remark = f"{count} of {uses} uses so far"
                    look.gradients.append(Shown(block, number, steps[n + 1], remark))
            remark = f"{uses} uses: added up" if uses > 1 else ""
            if self.count[key] < uses:
                hidden = uses - self.count[key]
                remark = f"{uses} uses, {hidden} not drawn"
            look.gradients.append(Shown(card.gradient, steps[-1], None, remark))
        for card in self.graph.cards:
            look = self.timing.looks[card.id]
            if card.gradient is not None and not look.gradients:
                # Its users are not drawn, or the graph is freed and this is what .grad holds.
                look.gradients.append(Shown(card.gradient, self.timing.backward.get(card.id)))
            health = health_of(card)
            if health is not None and look.gradients:
                look.badges.append((*health, look.gradients[-1].since))

    def _judge(self) -> None:
        """What a derivation report says, beside the tensors and the steps that it names."""
        for card in self.graph.cards:
            found = self.report.get(card.full_name) if card.full_name else None
            status = getattr(found, "status", None)
            if status not in STATUSES:
                continue
            name = label.clean(card.full_name, 24)
            lines = str(getattr(found, "message", "")).splitlines()
            message = "\n".join(label.clean(line.strip(), 400) for line in lines)
            numbers = [s for s in self.steps if s.kind != "forward" and name in s.sets]
            for step in numbers[-1:]:
                step.verdicts.append((name, str(status), message))
            since = numbers[-1].number if numbers else None
            self.timing.looks[card.id].badges.append((*verdict(str(status)), since))


def _opening(gradients: int, ops: int) -> str:
    words = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
    if gradients < 2:
        return ""
    return f"One {'op' if ops == 1 else 'line'}, {words.get(gradients, gradients)} gradients."
