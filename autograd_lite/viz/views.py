"""Two other views: tensors and ops apart, and the backward pass as an ordered sweep."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from ..node import Node
from . import groups, label, recover
from .block import block_of
from .graph import Reader
from .records import NAME, TOOLTIP, WORD, Card, Edge, Graph
from .wiring import sent

_MANY = 3  # terms of a leaf's gradient that are drawn as edges to its card
_G = "g"  # how rules name the gradient that comes in


def separated(graph: Graph) -> Graph:
    """The graph with every op in a box of its own, between the tensors it reads and makes."""
    cards: list[Card] = []
    boxes: dict[str, Card] = {}
    for card in graph.cards:
        if "." in card.op:  # one of several outputs: their op has a box already
            card = replace(card, call="", op="", saves=[])
        elif card.op and card.role != "op":
            box = Card(f"{card.id}_op", "op", card.op, call=card.call, op=card.op)
            box.line, box.saves, box.group = card.line, card.saves, card.group
            boxes[card.id] = box
            cards.append(box)
            card = replace(card, call="", op="", saves=[])
        cards.append(card)
    edges = []
    for edge in graph.edges:
        box_of = boxes.get(edge.head)
        edges.append(edge if box_of is None else replace(edge, head=box_of.id))
    for card in cards:
        box_of = boxes.get(card.id)
        if box_of is not None:
            norm = None if card.gradient is None else card.gradient.norm
            edges.append(Edge(box_of.id, card.id, norm, lane="quiet"))
    return replace(graph, cards=cards, edges=edges, view="ops")


def sweep(reader: Reader) -> Graph:
    """The backward pass in its order: a box for every op, a card for every leaf's gradient.

    Rules come from ``autograd_lite.phrases`` where it knows the op.
    """
    graph = Graph(
        reader.output, notes=reader.graph.notes, view="backward", total=reader.graph.total
    )
    root, gradients = reader.root, reader.gradients
    # Of a graph that backward() has freed the order and the rules are left, without numbers.
    shown = [
        node
        for node in reversed(reader.shown)
        if node in reader.measured or node is root or node.args is None
    ]
    seed = Card("seed", "output", f"seed = ∂{reader.symbol}/∂{reader.output}")
    seed.full_name, seed.shape, seed.dtype = seed.name, root.shape, root.dtype
    if gradients is not None and gradients.of(root) is not None:
        seed.gradient = block_of(gradients.of(root), reader.options.max_cells)
    graph.cards.append(seed)
    boxes: dict[Any, Card] = {}
    for node in shown:
        # What picks one of several outputs has no work to do: the op itself has the box.
        if node.parents and type(node.parents[0]) is Node and node.parents[0].op.outputs:
            continue
        boxes[node] = _rule_card(reader, node, len(boxes) + 1)
        graph.cards.append(boxes[node])
    missing = len(reader.nodes) - len(reader.shown)
    if missing:
        graph.cards.append(Card("more", "hidden", f"{label.ELLIPSIS} {missing:,} more"))
    if root in boxes:
        norm = None if seed.gradient is None else seed.gradient.norm
        graph.edges.append(
            Edge("seed", boxes[root].id, norm, "gradient", label.shape_text(root.shape))
        )
    _hand_down(reader, graph, boxes)
    return graph


def _hand_down(reader: Reader, graph: Graph, boxes: dict[Any, Card]) -> None:
    """The edges from each box to those of what its op read, and the cards of leaves."""
    leaves: dict[Any, Card] = {}
    left = Counter(p for node in boxes for p in node.parents if p is not None)
    crowded = {key for key, count in left.items() if type(key) is not Node and count > _MANY}
    skipped: set[tuple[str, str]] = set()
    for node, box in boxes.items():
        for i, parent in enumerate(node.parents):
            if parent is None:
                continue
            target = parent
            if type(parent) is Node and parent.parents and _is_pick(parent):
                target = parent.parents[0]
            note = label.shape_text(parent.shape)
            if target in boxes:
                norm = sent(reader, node, i, parent)
                graph.edges.append(Edge(box.id, boxes[target].id, norm, "gradient", note))
            elif type(target) is not Node:
                left[target] -= 1
                norm = sent(reader, node, i, parent)
                if target in crowded and left[target] and target in reader.cards:
                    # Long edges to a leaf that all steps share would make a thicket.
                    ghost = _ghost(reader.cards[target], f"{box.id}_{i}")
                    graph.cards.append(ghost)
                    graph.edges.append(Edge(box.id, ghost.id, norm, "gradient", note))
                    continue
                if target not in leaves and target in reader.cards:
                    leaves[target] = _leaf_card(reader, target, len(leaves))
                    graph.cards.append(leaves[target])
                if target in leaves:
                    graph.edges.append(Edge(box.id, leaves[target].id, norm, "gradient", note))
            elif (box.id, "more") not in skipped and any(c.id == "more" for c in graph.cards):
                skipped.add((box.id, "more"))
                graph.edges.append(Edge(box.id, "more", lane="gradient"))


def _ghost(leaf: Card, number: str) -> Card:
    """A small card for one of the many terms of a leaf's gradient."""
    card = Card(number, "ghost", f"+ {leaf.title or leaf.name}", leaf.full_name or leaf.name)
    card.of = leaf.role
    return card


def _is_pick(node: Node) -> bool:
    above = node.parents[0]
    return type(above) is Node and bool(above.op.outputs)


def _leaf_card(reader: Reader, leaf: Any, number: int) -> Card:
    known = reader.cards[leaf]
    card = replace(known, id=f"leaf{number}", value=None, remarks=[], group="")
    card.name = label.clean(known.title or known.name, NAME)
    card.full_name = known.full_name or known.name
    card.title = ""
    return card


def _rule_card(reader: Reader, node: Node, number: int) -> Card:
    known = reader.cards.get(node)
    card = Card(f"b{number}", "rule", label.clean(node.op.name, NAME), number=number)
    card.op, card.shape, card.dtype = card.name, node.shape, node.dtype
    card.full_name = known.full_name if known is not None else ""
    card.call = known.call if known is not None else reader.words.get(node, (card.name,))[0]
    card.line = groups.line_of(node) if reader.options.source else ""
    out = _word(reader, node)
    card.of = out if known is not None else ""
    if reader.options.saved:
        card.saves = reader.saved(node, out, lambda key: _word(reader, key))
    card.born = reader.born.get(node, "") if reader.options.health is not None else ""
    card.mark = known.mark if known is not None else None
    words = _words(reader, node)
    for i, parent in enumerate(node.parents):
        if parent is None:
            if words[i][0].isidentifier() or words[i][1]:
                card.rules.append(f"∂{words[i][0]} not needed")
            continue
        text = _phrase(node, i, [word for word, _ in words], out)
        card.rules.append(f"∂{words[i][0]} = {text}" if text else f"∂{words[i][0]}")
    card.rules = [label.clean(rule, TOOLTIP) for rule in card.rules]
    return card


def _word(reader: Reader, key: Any) -> str:
    """A word for a tensor in a rule: its name, else its number in the pictures of cards."""
    card = reader.cards.get(key)
    if card is None:
        return reader.words.get(key, (label.ELLIPSIS,))[0]
    return label.clean(reader.called(key) or card.name, WORD)


def _words(reader: Reader, node: Node) -> list[tuple[str, bool]]:
    """Per input its word, and whether it is an array that somebody might want a gradient of."""
    keys = {i: key for i, key, _ in reader.operands(node)}
    found = []
    for i in range(len(node.parents)):
        if i in keys:
            found.append((_word(reader, keys[i]), True))
            continue
        arg = None if node.args is None else node.args[i + 1]
        value = recover.constant(arg, node)[0] if arg is not None else None
        plain: Any = value
        if isinstance(value, np.ndarray) and not value.shape:
            plain = value[()]
        known = plain is not None and not hasattr(plain, "_value") and _is_number(plain)
        found.append((label.constant_text(plain) if known else label.ELLIPSIS, False))
    return found


def _is_number(x: Any) -> bool:
    return isinstance(x, (bool, int, float, complex)) or hasattr(x, "dtype")


def _phrase(node: Node, i: int, words: list[str], out: str) -> str:
    """The rule of input i in words, or "" where nobody has put it into words."""
    from importlib import import_module

    try:
        phrase = import_module("autograd_lite.phrases").phrase
    except ImportError:
        return ""
    found = phrase(node, i, words, out, _G)
    return "" if found is None else str(found.text)
