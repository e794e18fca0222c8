"""From a recorded graph to the plain records of its picture.

``read`` takes everything it needs at once (copies of the few numbers that are shown), so a later
``backward()`` or optimizer step does not change a picture that has been made.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any
from weakref import ref

import numpy as np

from .. import walk
from ..node import Node
from . import label, recover
from .block import block_of
from .label import ELLIPSIS, Expression
from .records import BAND, NAME, TOOLTIP, WORD, Card, Edge, Graph, Options


def read(t: Any, names: Mapping[str, Any], options: Options) -> Graph:
    """The records of the graph that the Tensor t is the output of."""
    return Reader(t, names, options).graph


def names_of(names: Mapping[str, Any], nodes: list[Node]) -> dict[Any, str]:
    """Names by what the engine knows: a node, a leaf, or the key of a constant's array."""
    found: dict[Any, str] = {}
    for name, x in names.items():
        if name.startswith("_"):
            continue
        if hasattr(x, "_is_tracked"):
            key = (x._node or x) if x._is_tracked() else _key(x._value)
        elif isinstance(x, np.ndarray):
            key = _key(x)
        else:
            continue
        found.setdefault(key, name)
    for node in nodes:
        for arg in node.args[1:] if node.args is not None else ():
            # A constant that is kept elsewhere as a bare array has its name here.
            source = arg() if isinstance(arg, ref) else None
            if getattr(source, "name", None):
                found.setdefault(_key(source._value), source.name)  # type: ignore[union-attr]
    return found


def _readable(name: str | None) -> str | None:
    """A name, unless there is nothing in it to read."""
    return name if name and name.strip() else None


def _key(array: Any) -> tuple[str, int]:
    """What stands for a constant: arrays cannot be dict keys."""
    return "array", id(array)


class Reader:
    """One reading of a graph: ``graph`` is the result, the rest is what views need besides."""

    def __init__(self, t: Any, names: Mapping[str, Any], options: Options) -> None:
        self.root: Node = t._node
        self.out = t._value
        self.options = options
        self.nodes = walk.collect([self.root])
        self.names = names_of(names, self.nodes)
        self.cards: dict[Any, Card] = {}
        self.words: dict[Any, Expression] = {}
        # Per result without a card of its own, the (node, input number, key) that it reads.
        self.inlined: dict[Any, list[tuple[Node, int, Any]]] = {}
        self.uses = Counter(p for node in self.nodes for p in node.parents)
        shown = self._selected()
        drawn = set(shown)
        leaves = {p for n in shown for p in n.parents if p is not None and type(p) is not Node}
        self.values: dict[Node, Any] = {}
        if options.values:
            self.values = recover.values(self.nodes, self.root, t._value, drawn)
        self.gradients: recover.Gradients | None = None
        if options.grads:
            self.gradients = recover.Gradients(self.nodes, self.root, drawn | leaves)
        self.output = self._output_name()
        self.symbol = _summed(self.output, self.root)
        self.graph = Graph(self.output)
        for node in shown:
            self._add(node)
        self._hide(drawn)
        self._note(leaves)

    # -- what is drawn ---------------------------------------------------------------------------

    def operands(self, node: Node) -> Iterator[tuple[int, Any, Any]]:
        """Per input that has a card: its number, its key, and what the node kept of it."""
        for i, parent in enumerate(node.parents):
            arg = None if node.args is None else node.args[i + 1]
            if parent is not None:
                yield i, parent, arg
            elif not self._is_inline(arg):
                value = recover.constant(arg, node)[0]
                yield i, (node, i) if value is None else _key(value), arg

    def _is_inline(self, arg: Any) -> bool:
        """Whether a constant is written into the expression: a number without a name."""
        if not isinstance(arg, (np.ndarray, np.generic, ref)):
            return True
        value = arg() if isinstance(arg, ref) else arg
        value = getattr(value, "_value", value)
        return value is not None and not value.shape and _key(value) not in self.names

    def _selected(self) -> list[Node]:
        """The nodes to draw, oldest first: all, or those nearest to the output and the leaves."""
        keys: set[Any] = set()
        chosen: set[Node] = set()
        # From both ends in turn, until the cards of what was taken fill the picture.
        for node in _in_turn(_from(self.root), iter(self.nodes)):
            if node in chosen:
                continue
            more = {key for _, key, _ in self.operands(node) if type(key) is not Node} | {node}
            if chosen and len(keys | more) > self.options.max_nodes:
                break
            keys |= more
            chosen.add(node)
        return [node for node in self.nodes if node in chosen]

    # -- cards and edges -------------------------------------------------------------------------

    def _add(self, node: Node) -> None:
        inputs = list(self.operands(node))
        for i, key, arg in inputs:
            if key not in self.cards and type(key) is not Node:
                self._add_source(node, i, key, arg)
        sources: list[tuple[Node, int, Any]] = []
        for i, key, _ in inputs:
            sources += self.inlined.get(key, [(node, i, key)])
        if node.op.outputs:  # its outputs have the cards
            self.words[node], self.inlined[node] = self._expression(node, False), sources
            return
        if self.options.inline and self._is_passing(node):
            call = self._expression(node, False)
            # A product stays with the bias that is added to it, however long the names are.
            wide = BAND if node.op.name == "matmul" else WORD
            if len(call[0]) <= wide:
                self.words[node], self.inlined[node] = call, sources
                return
        card = self._card(node, "output" if node is self.root else "result", self._name(node), node)
        card.op = label.clean(node.op.name, NAME)
        card.call, word = self._called(node)
        if card.full_name:
            word = label.named(label.clean(card.full_name, WORD))
        self.words[node] = word
        if node.args is not None or node in self.values:
            self._show_value(card, self.values.get(node))
        self._show_gradient(card, node, None if node.meta is None else node.meta.grad)
        if node.args is None and card.gradient is None:
            card.awaits_gradient = False  # nothing will come: the graph is freed
        for user, i, key in sources:
            if key in self.cards:
                self.graph.edges.append(Edge(self.cards[key].id, card.id, self._sent(user, i, key)))

    def _is_passing(self, node: Node) -> bool:
        """Whether a result is nobody's but its only user's."""
        return node is not self.root and self.uses[node] == 1 and not self._name(node)

    def _add_source(self, node: Node, i: int, key: Any, arg: Any) -> None:
        """The card of a leaf or a constant that node reads."""
        leaf = node.parents[i]
        if leaf is not None:
            card = self._card(key, "parameter", self._name(leaf), leaf)
            self._show_value(card, leaf._value)
            self._show_gradient(card, leaf, leaf._grad)
        else:
            value, source = recover.constant(arg, node)
            name = _readable(self.names.get(_key(value))) or _readable(
                getattr(source, "name", None)
            )
            like = arg if value is None else value
            card = self._card(key, "input" if name else "constant", name, like)
            self._show_value(card, value)
        self.words[key] = label.named(label.clean(card.full_name or card.id, WORD))

    def _card(self, key: Any, role: str, name: str | None, like: Any) -> Card:
        number = f"n{len(self.graph.cards)}"
        word = name or (self.output if role == "output" else number)
        card = Card(number, role, label.clean(word, NAME), name or "")
        # Of a constant that the user has dropped even these may be unknown.
        card.shape = getattr(like, "shape", None)
        card.dtype = getattr(like, "dtype", None)
        self.cards[key] = card
        self.graph.cards.append(card)
        return card

    def _name(self, target: Any) -> str | None:
        own = target.meta if type(target) is Node else target._meta
        return _readable(self.names.get(target)) or _readable(None if own is None else own.name)

    def _output_name(self) -> str:
        name = self._name(self.root)
        if name:
            return label.clean(name, WORD)
        return "out" if "L" in self.names.values() else "L"

    def _called(self, node: Node) -> tuple[str, Expression]:
        """What the band says, and what stands for the result in other expressions."""
        number = label.named(self.cards[node].id)
        whole = self._expression(node, False)
        if len(whole[0]) > BAND:
            whole = self._expression(node, True)
        return label.clean(whole[0], 2 * BAND), whole if len(whole[0]) <= WORD else number

    def _expression(self, node: Node, short: bool) -> Expression:
        operands = list(self._words(node, short))
        return label.expression(node.op.name, operands, node.params or {}, node.op.params)

    def _words(self, node: Node, short: bool) -> Iterator[Expression]:
        keys = {i: key for i, key, _ in self.operands(node)}
        for i, parent in enumerate(node.parents):
            if i in keys:
                card = self.cards.get(keys[i])
                if keys[i] not in self.words:
                    yield label.named(ELLIPSIS)
                elif short and card is not None and not card.full_name:
                    yield label.named(card.id)
                else:
                    yield self.words[keys[i]]
            elif node.args is None:
                yield label.named(ELLIPSIS)
            elif parent is None and node.args[i + 1] is not None:
                value = recover.constant(node.args[i + 1], node)[0]
                value = value[()] if isinstance(value, np.ndarray) else value
                yield label.named(ELLIPSIS) if value is None else label.number(value)

    def _show_value(self, card: Card, value: Any) -> None:
        if not self.options.values:
            return
        if value is None:
            card.remarks.append("value not kept")
        else:
            card.value = block_of(value, self.options.max_cells)

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
            card.gradient = block_of(g, self.options.max_cells)

    def _sent(self, node: Node, i: int, key: Any) -> float | None:
        """The norm of the gradient that came back along one edge."""
        if self.gradients is None or node.op.outputs or self.gradients.of(node) is None:
            return None  # what several outputs send back together is no edge's own
        if key in self.gradients.shared:
            return self.gradients.sent.get((node, i))
        block = self.cards[key].gradient
        return None if block is None else block.norm

    # -- what is left to say ---------------------------------------------------------------------

    def _hide(self, drawn: set[Node]) -> None:
        """One card in place of all that is not drawn, and a note that says how much that is."""
        if len(drawn) == len(self.nodes):
            return
        hidden: dict[Any, None] = {}
        edges: dict[tuple[str, str], None] = {}
        for node in self.nodes:
            if node not in drawn:
                hidden[node] = None
            for parent in node.parents:
                if parent is None or parent in self.inlined or node in self.inlined:
                    continue
                if parent not in self.cards:
                    hidden[parent] = None
                tail = self.cards[parent].id if parent in self.cards else "more"
                head = self.cards[node].id if node in drawn else "more"
                if "more" in (tail, head) and tail != head:
                    edges[tail, head] = None
        count = f"{len(hidden):,}"
        self.graph.cards.append(Card("more", "hidden", f"{ELLIPSIS} {count} more"))
        self.graph.edges += [Edge(tail, head) for tail, head in edges]
        self.graph.notes.append(
            f"{count} tensors hidden: max_nodes={self.options.max_nodes} keeps those nearest to "
            f"{self.output} and the leaves"
        )

    def _note(self, leaves: set[Any]) -> None:
        notes = self.graph.notes
        root, drawn = self.root, [k for k in self.cards if type(k) is Node or k in leaves]
        if self.gradients is not None and self.gradients.of(root) is not None and root.size != 1:
            part = "the real part of " if root.dtype.kind == "c" else ""
            notes.append(
                f"{self.output} is {label.shape_text(root.shape)}: gradients are those of {part}"
                "the sum of its entries (the seed is ones)"
            )
        elif root.dtype.kind == "c" and self.gradients is not None:
            notes.append(f"{self.output} is complex: gradients are those of its real part")
        freed = sum(node.args is None for node in self.nodes)
        if freed == len(self.nodes):
            notes.append(
                "backward() has freed this graph: what is left is its structure, the leaves and "
                "what .grad holds"
            )
        elif freed:
            notes.append(
                "an earlier backward() has freed a part of this graph: what lies behind it shows "
                "what .grad holds"
            )
        if self.gradients is not None and self.gradients.problem:
            notes.append("no gradients: " + label.clean(self.gradients.problem, TOOLTIP))
        metas = [key.meta if type(key) is Node else key._meta for key in drawn]
        if self.gradients is not None and any(meta is not None and meta.hooks for meta in metas):
            notes.append("the hooks of this graph were not run")
        written = {p for n in self.nodes for p in n.parents if recover.stale_leaf(p, n)}
        stale = [card.name for key, card in self.cards.items() if key in written]
        if stale:
            notes.append(f"{', '.join(stale)}: written after use, the card shows what is there now")


def _summed(name: str, root: Node) -> str:
    """The number whose gradients are drawn: the output, or the sum of its entries."""
    whole = name if root.size == 1 else f"Σ{name}"
    return f"Re {whole}" if root.dtype.kind == "c" else whole


def _from(root: Node) -> Iterator[Node]:
    """Nodes by their distance from root."""
    queue, seen = deque([root]), {root}
    while queue:
        node = queue.popleft()
        yield node
        for parent in node.parents:
            if type(parent) is Node and parent not in seen:
                seen.add(parent)
                queue.append(parent)


def _in_turn(*sources: Iterator[Node]) -> Iterator[Node]:
    """One of each source, again and again."""
    for group in zip_longest(*sources):
        yield from (node for node in group if node is not None)
