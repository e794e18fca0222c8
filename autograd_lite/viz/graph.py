"""From a recorded graph to the plain records of its picture.

``read`` takes everything it needs at once (copies of the few numbers that are shown), so a later
``backward()`` or optimizer step does not change a picture that has been made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

import numpy as np

from .. import walk
from ..anomaly import first_bad
from ..node import Node
from . import fold, groups, label, recover
from .block import block_of
from .fold import Unit
from .health import THRESHOLDS, has_nan, judged, saturation
from .joined import joined
from .label import ELLIPSIS, Expression
from .names import ids, key_of, names_of as names_of, numbered, readable
from .notes import finish
from .records import BAND, NAME, WORD, Card, Graph, Health, Options
from .wiring import bundled, enclose, wire


def read(t: Any, names: Any, options: Options) -> Graph:
    """The records of the graph that the Tensor t is the output of."""
    return Reader(t, names, options).graph


class Reader:
    """One reading of a graph: ``graph`` is the result, the rest is what views need besides."""

    def __init__(self, t: Any, names: Any, options: Options) -> None:
        self.root: Node = t._node
        self.out = t._value
        self.options = options
        self.nodes = walk.collect([self.root])
        self.names = names_of(names, self.nodes)
        self.cards: dict[Any, Card] = {}
        self.words: dict[Any, Expression] = {}
        # Per result without a card of its own, the (node, input number, key) that it reads.
        self.inlined: dict[Any, list[tuple[Node, int, Any]]] = {}
        self.wires: list[tuple[Node, int, Any, Card]] = []
        self.uses = Counter(p for node in self.nodes for p in node.parents)
        self.user = {p: node for node in self.nodes for p in node.parents}
        self._call()
        self.symbol = _summed(self.output, self.root)
        self.measured: dict[Any, Health] = {}
        self.born: dict[Node, str] = {}
        self._plan()
        self._compute()
        self.graph = Graph(self.output, view=options.view)
        self.entered: set[Unit] = set()
        for node in self.shown:
            self._add(node)
        wire(self)
        enclose(self)
        finish(self)

    # -- what is drawn ---------------------------------------------------------------------------

    def operands(self, node: Node) -> Iterator[tuple[int, Any, Any]]:
        """Per input that has a card: its number, its key, and what the node kept of it."""
        for i, parent in enumerate(node.parents):
            arg = None if node.args is None else node.args[i + 1]
            if parent is not None:
                yield i, parent, arg
            elif not self._is_inline(arg):
                value, source = recover.constant(arg, node)
                if value is not None:
                    yield i, key_of(value), arg
                else:  # of a named one it is known at least which it is
                    meta = getattr(source, "meta", None)
                    yield i, (node, i) if meta is None else self.sources[id(meta)], arg

    def _call(self) -> None:
        """What every tensor is called, the same in all views: ``given`` names and ``ids``."""
        found: dict[Any, str | None] = {}
        self.sources = recover.sources(self.nodes)
        for node in self.nodes:
            for i, key, _ in self.operands(node):
                if type(key) is not Node and key not in found:
                    found[key] = self._own_name(node, i, key)
            own = None if node.meta is None else node.meta.name
            found[node] = readable(self.names.get(node)) or readable(own)
        self.given = numbered({key: name for key, name in found.items() if name})
        taken = set(self.given.values())
        usual = "L"
        while usual in taken:
            usual = "out" if usual == "L" else f"{usual}_"
        self.output = label.clean(self.given.get(self.root) or usual, WORD)
        self.tree = groups.tree(self.nodes)
        home = {n: part for part in (self.tree, *self.tree.inside()) for n in part.own}
        self.joined = joined(self.nodes, self.given, self.operands, home)
        # What has a card in every view comes first: its numbers have no gaps.
        late = [key for key in found if key in self.joined]
        self.ids = ids([*(key for key in found if key not in self.joined), *late], {*taken, usual})

    def _is_inline(self, arg: Any) -> bool:
        """Whether a constant is written into the expression: a number without a name."""
        if not isinstance(arg, (np.ndarray, np.generic, ref)):
            return True
        value = arg() if isinstance(arg, ref) else arg
        value = getattr(value, "_value", value)
        return value is not None and not value.shape and key_of(value) not in self.names

    def _plan(self) -> None:
        """Which nodes have cards, and which share one."""
        options, nodes = self.options, self.nodes
        users: dict[Any, set[Any]] = {}
        for node in nodes:
            for _, key, _ in self.operands(node):
                if type(key) is not Node:
                    users.setdefault(key, set()).add(node)
        cards = len(nodes) + len(users) - (len(self.joined) if options.inline else 0)
        boxes = options.view != "cards"  # the other views show every op by itself
        if options.grads and (cards > min(options.max_nodes, 30) or options.fold is True):
            first = recover.Gradients(nodes, self.root, set(), self._judge)
            self.measured = first.measured
        # Of leaves only those of one user belong to a group.
        self.own_health = {
            key: health
            for key, health in self.measured.items()
            if options.health is not None and (type(key) is Node or self.uses[key] == 1)
        }
        self.plan = fold.planned(
            nodes,
            self.tree,
            cards,
            depth=None if boxes else options.depth,
            fold=False if boxes else options.fold,
            max_nodes=len(nodes) * 3 if boxes else options.max_nodes,
            measured=self.own_health,
        )
        self.part_of = {node: part for part in self.plan.open for node in part.own}
        self.users = {key: {self.plan.item(n) for n in some} for key, some in users.items()}
        step = {
            node: k
            for unit in set(self.plan.units.values())
            for k, member in enumerate(unit.members)
            for node in member
        }
        # What several groups of a run read: it is of none of them, and has a card.
        self.common = {k for k, some in users.items() if len({step.get(n) for n in some}) > 1}
        self._look_for_birth()

        def keys(node: Node) -> set[Any]:
            return {key for _, key, _ in self.operands(node) if type(key) is not Node}

        self.chosen = fold.chosen(
            nodes, self.plan, keys, options.max_nodes, self.measured, self.born
        )
        self.shown = [node for node in nodes if node in self.chosen]
        # Of a unit only these have numbers that are shown.
        self.outs = {self.root} | {
            p
            for node in nodes
            for p in node.parents
            if type(p) is Node and self.plan.item(p) is not self.plan.item(node)
        }

    def _judge(self, g: Any) -> Health:
        return judged(g, self.options.health or THRESHOLDS)

    def _look_for_birth(self) -> None:
        """Find the op whose result has the first NaN or inf, if the graph has any."""
        if self.options.health is None:
            return
        if first_bad(self.out) is None and all(h.first is None for h in self.measured.values()):
            return
        bad: dict[Node, bool] = {}  # and whether there is a NaN among its numbers

        def look(node: Node, value: Any) -> None:
            found = first_bad(value)
            if found is None:
                return
            clean = whole = True  # inputs are finite; none of them is NaN
            for i, parent in enumerate(node.parents):
                if type(parent) is Node:
                    clean = clean and parent not in bad
                    whole = whole and not bad.get(parent, False)
                    continue
                arg = None if node.args is None else node.args[i + 1]
                x = recover.constant(arg, node)[0] if parent is None else parent._value
                numbers = isinstance(x, (np.ndarray, np.generic))
                clean = clean and (not numbers or first_bad(x) is None)
                whole = whole and (not numbers or not has_nan(x))
            bad[node] = has_nan(value)
            if not isinstance(value, tuple) and (clean or (whole and bad[node])):
                kind, index = found
                where = f", at {list(index)}" if index else ""
                self.born[node] = (
                    f"{kind} is born here{where}" if clean else "NaN is born here, of inf"
                )

        recover.values(self.nodes, self.root, self.out, (), look)
        if self.born and self.options.grads:
            swept = recover.Gradients(self.nodes, self.root, set(), self._judge)
            for node in swept.suspects:
                if "of inf" not in self.born.get(node, "of inf"):
                    self.born[node] += ", and in its derivative"

    def _compute(self) -> None:
        options, plan = self.options, self.plan
        drawn = {n for n in self.shown if n not in plan.units or n in self.outs}
        drawn |= {self.out_of(unit) for unit in set(plan.units.values())}
        self.leaves = {
            p for n in self.shown for p in n.parents if p is not None and type(p) is not Node
        }
        self.values: dict[Node, Any] = {}
        if options.values or options.health is not None:
            self.values = recover.values(self.nodes, self.root, self.out, drawn)
        self.gradients: recover.Gradients | None = None
        if options.grads:
            measure = None if self.measured else self._judge
            self.bundles = bundled(self)
            found = recover.Gradients(
                self.nodes, self.root, drawn | self.leaves, measure, self.bundles
            )
            self.gradients = found
            self.measured = self.measured or found.measured
            if measure is not None and not self.born:
                self._look_for_birth()
            if options.health is not None and not self.born:
                self._look_for_steep()

    def _look_for_steep(self) -> None:
        """Where the values are finite, the first rule that made a NaN or inf."""
        assert self.gradients is not None
        bad = {
            key: health.word for key, health in self.measured.items() if health.first is not None
        }
        if not bad:
            return
        found = self.gradients
        if not found.suspects and found.measured is not self.measured:
            found = recover.Gradients(self.nodes, self.root, set(), self._judge)
        for node in found.suspects:
            word = next((bad[p] for p in node.parents if p in bad), "")
            if word:
                self.born[node] = f"{word} is born here, in the derivative"
                break

    def out_of(self, unit: Unit) -> Node:
        """The result whose numbers stand for a unit: the last that others read."""
        member = unit.members[unit.shown]
        inside = set(member)
        own = {p for n in member for p in n.parents if p in inside}
        return next((n for n in reversed(member) if n not in own), member[-1])

    # -- cards -----------------------------------------------------------------------------------

    def _add(self, node: Node) -> None:
        unit = self.plan.units.get(node)
        if unit is not None:
            if unit.members[-1][-1] is node:
                self._add_unit(unit)
            return
        inputs = list(self.operands(node))
        for i, key, arg in inputs:
            if key not in self.cards and type(key) is not Node:
                self._add_source(node, i, key, arg)
        sources: list[tuple[Node, int, Any]] = []
        for i, key, _ in inputs:
            sources += self.inlined.get(key, [(node, i, key)])
        if node.op.outputs:
            self.words[node] = self._expression(node)
            if self.options.joint:
                self._add_joint(node, sources)
                self.words[node] = label.named(self.cards[node].name)
            else:  # its outputs have the cards
                self.inlined[node] = sources
            return
        if self.options.inline and node not in self.born and node in self.joined:
            self.words[node], self.inlined[node] = self._expression(node), sources
            return
        card = self._card(node, "output" if node is self.root else "result", node)
        card.op = label.clean(node.op.name, NAME)
        card.call = label.clean(self._expression(node)[0], 2 * BAND)
        word = self.words[node] = self._word(card)
        card.line = groups.line_of(node) if self.options.source else ""
        card.saves = self.saved(node, word[0]) if self.options.saved else []
        if self.options.health is not None:
            card.saturation = saturation(
                node.op.name, self.values.get(node), self.options.health["saturated"]
            )
            card.born = self.born.get(node, "")
        if node.args is not None or node in self.values:
            self._show_value(card, self.values.get(node))
        self._show_gradient(card, node, None if node.meta is None else node.meta.grad)
        if node.args is None and card.gradient is None:
            card.awaits_gradient = False  # nothing will come: the graph is freed
        self.wires += [(user, i, key, card) for user, i, key in sources]

    def _add_joint(self, node: Node, sources: list[tuple[Node, int, Any]]) -> None:
        """The box of an op with several outputs: their gradients go through it together."""
        word = self.words[node][0]
        box = self._card(node, "op", node)
        box.name = box.op = label.clean(node.op.name, NAME)
        box.shape = box.dtype = None
        box.call = label.clean(word, 2 * BAND)
        box.line = groups.line_of(node) if self.options.source else ""
        box.saves = self.saved(node, word) if self.options.saved else []
        self.wires += [(user, i, key, box) for user, i, key in sources]

    def _add_unit(self, unit: Unit) -> None:
        """One card for a group, or for a run of groups that are built alike."""
        sources = []
        for node in unit.whole:
            for i, key, arg in self.operands(node):
                if type(key) is Node:
                    sources += self.inlined.get(key, [(node, i, key)])
                elif not self._is_within(unit, node, i, key):
                    if key not in self.cards:
                        self._add_source(node, i, key, arg)
                    sources.append((node, i, key))
        out, times = self.out_of(unit), len(unit.members)
        role = "output" if self.root in set(unit.whole) else "group"
        card = self._card(out, role, out)
        card.full_name, card.name = unit.name, label.clean(unit.name, NAME)
        card.count, card.call = times, label.clean(unit.title, 2 * BAND)
        leaves: dict[Any, str] = {}
        for node in unit.members[unit.shown]:
            for i, key, _ in self.operands(node):
                if type(key) is not Node and self._is_within(unit, node, i, key):
                    own = self.given.get(key, "").rpartition(".")[2]
                    leaves[key] = f"{label.clean(own, WORD)} {label.shape_text(_shape(node, i))}"
        parts = [", ".join(list(leaves.values())[:3]) + (", …" if len(leaves) > 3 else "")]
        every = self._parameters(unit)
        if times > 1 and len(every) > len(leaves):
            parts.append(f"{len(every)} parameters in all")
        which = "shown" if unit.is_ok or self.options.health is None else "worst"
        shown = label.clean(unit.names[unit.shown], NAME)
        parts += [f"{which} is {shown}"] if times > 1 else []
        card.subtitle = " · ".join(part for part in parts if part.strip())
        for k, member in enumerate(unit.members):
            word = label.named(label.clean(unit.word(k), NAME))
            for node in member:
                name = self.given.get(node)
                self.cards[node] = card
                self.words[node] = word if name is None else label.named(label.clean(name, WORD))
        for node in unit.whole:
            card.born = card.born or self.born.get(node, "")
        self._show_value(card, self.values.get(out))
        self._show_gradient(card, out, None)
        if out is not self.root:
            card.title = (
                f"∂{self.symbol}/∂{self.words[out][0]}" if card.gradient is not None else ""
            )
        card.awaits_gradient = False
        if self.options.health is not None:
            card.health = fold.worst_of(unit.members[unit.shown], self.own_health)
        inside = set(unit.whole)
        self.wires += [(u, i, k, card) for u, i, k in sources if k not in inside]

    def _parameters(self, unit: Unit) -> set[Any]:
        """The leaves that are drawn as part of a unit's card."""
        leaves = {p for n in unit.whole for p in n.parents if p is not None and type(p) is not Node}
        return {p for p in leaves if self.users[p] == {unit} and p not in self.common}

    def _is_within(self, unit: Unit, node: Node, i: int, key: Any) -> bool:
        """Whether a leaf or constant is drawn as part of a unit's card."""
        if self.users[key] != {unit}:
            return False
        if key in self.common and (node.parents[i] is not None or key in self.given):
            return False
        parameter = node.parents[i] is not None
        return parameter or len(unit.members) > 1 or key not in self.given

    def _own_name(self, node: Node, i: int, key: Any) -> str | None:
        """The name of a leaf or constant that node reads, as its user has given it."""
        leaf = node.parents[i]
        if leaf is not None:
            own = None if leaf._meta is None else leaf._meta.name
            return readable(self.names.get(leaf)) or readable(own)
        value, source = recover.constant(None if node.args is None else node.args[i + 1], node)
        return readable(self.names.get(key_of(value))) or readable(getattr(source, "name", None))

    def _add_source(self, node: Node, i: int, key: Any, arg: Any) -> None:
        """The card of a leaf or a constant that node reads."""
        leaf = node.parents[i]
        if leaf is not None:
            card = self._card(key, "parameter", leaf)
            self._show_value(card, leaf._value)
            self._show_gradient(card, leaf, leaf._grad)
        else:
            value = recover.constant(arg, node)[0]
            role = "input" if key in self.given else "constant"
            card = self._card(key, role, _like(arg, value))
            self._show_value(card, value)
        self.words[key] = self._word(card)

    @staticmethod
    def _word(card: Card) -> Expression:
        return label.named(label.clean(card.full_name or card.name, WORD))

    def called(self, key: Any) -> str:
        """What a tensor is called: by its user, or by its number; "" where it has neither."""
        return self.given.get(key, self.output if key is self.root else self.ids.get(key, ""))

    def _card(self, key: Any, role: str, like: Any) -> Card:
        name = label.clean(self.called(key), NAME)
        card = Card(self.ids[key], role, name, self.given.get(key, ""))
        # Of a constant that the user has dropped even these may be unknown.
        card.shape = getattr(like, "shape", None)
        card.dtype = getattr(like, "dtype", None)
        self.cards[key] = card
        self.graph.cards.append(card)
        return card

    # -- words -----------------------------------------------------------------------------------

    def _expression(self, node: Node) -> Expression:
        operands = list(self._words(node))
        return label.expression(node.op.name, operands, node.params or {}, node.op.params)

    def _words(self, node: Node) -> Iterator[Expression]:
        """What the inputs of a node are called; only what has no card is written out."""
        keys = {i: key for i, key, _ in self.operands(node)}
        for i, parent in enumerate(node.parents):
            if i in keys:
                yield self.words.get(keys[i], label.named(ELLIPSIS))
            elif node.args is None:
                yield label.named(ELLIPSIS)
            elif parent is None and node.args[i + 1] is not None:
                value = recover.constant(node.args[i + 1], node)[0]
                value = value[()] if isinstance(value, np.ndarray) else value
                yield label.named(ELLIPSIS) if value is None else label.number(value)

    def saved(self, node: Node, out: str, word: Callable[[Any], str] | None = None) -> list[str]:
        """What a node keeps for its rules: words and shapes (word: gives those of its inputs)."""
        if node.args is None:
            return []
        kept = node.op.plan(tuple(p is not None for p in node.parents))
        keys = {i: key for i, key, _ in self.operands(node)}
        found = [f"{out} {label.shape_text(node.shape)}"] if kept[0] else []
        if node.op.outputs:
            outs = zip(node.op.outputs, node.args[0], strict=True)
            found = [f"{name} {label.shape_text(x.shape)}" for name, x in outs]
        for i, arg in enumerate(node.args[1:]):
            if kept[i + 1] and i in keys and hasattr(arg, "shape"):
                what = self.words.get(keys[i], (ELLIPSIS,))[0] if word is None else word(keys[i])
                found.append(f"{what} {label.shape_text(arg.shape)}")
        return list(dict.fromkeys(found))

    # -- numbers ---------------------------------------------------------------------------------

    def _show_value(self, card: Card, value: Any) -> None:
        if not self.options.values:
            return
        if value is None:
            card.remarks.append("value not kept")
        else:
            card.value = block_of(value, self._cells("value", value))

    def _cells(self, kind: str, x: Any) -> int:
        limit = self.options.cells.get(kind, self.options.max_cells)
        return limit if x.shape else max(limit, 1)

    def _show_gradient(self, card: Card, target: Any, stored: Any) -> None:
        if self.gradients is None:
            return
        word = label.clean(card.full_name or card.name, WORD)
        card.title = "seed" if target is self.root else f"∂{self.symbol}/∂{word}"
        g = self.gradients.of(target)
        if g is None and stored is not None:
            g, card.title = stored, f"{word}.grad"
        if g is None:
            card.awaits_gradient = True
        else:
            card.gradient = block_of(g, self._cells("gradient", g))
            if self.options.health is not None:
                card.health = self._judge(g)


def _like(arg: Any, value: Any) -> Any:
    return arg if value is None else value


def _shape(node: Node, i: int) -> tuple[int, ...]:
    leaf = node.parents[i]
    arg = None if node.args is None else node.args[i + 1]
    return tuple(getattr(leaf if leaf is not None else arg, "shape", ()))


def _summed(name: str, root: Node) -> str:
    """The number whose gradients are drawn: the output, or the sum of its entries."""
    whole = name if root.size == 1 else f"Σ{name}"
    return f"Re {whole}" if root.dtype.kind == "c" else whole
