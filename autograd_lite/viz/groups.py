"""Groups of nodes: those that scopes name, and repeats that are found in the graph itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from ..node import Node
from . import label

_LONGEST = 64  # nodes in one repeat that is looked for
_KINDS = 4  # ops that a subtitle names


class Part:
    """A group of nodes, with the groups inside it.

    Attributes:
        name, kind: as its scope says. scope: the Scope, or None for a repeat that was found.
        parent: the Part around it; children: those inside it. own: nodes in no child.
        whole: all nodes inside, oldest first. depth: 1 for the outermost.
        place: which it is, from 1, of those beside it that have its name; 0 where it is alone.
    """

    __slots__ = ("children", "depth", "kind", "name", "own", "parent", "place", "scope", "whole")

    def __init__(self, name: str, kind: str, parent: Part | None, scope: Any) -> None:
        self.name = name
        self.kind = kind
        self.parent = parent
        self.scope = scope
        self.children: list[Part] = []
        self.own: list[Node] = []
        self.whole: list[Node] = []
        self.depth = 0
        self.place = 0

    def inside(self) -> Iterator[Part]:
        """The groups within this one, outer ones first."""
        stack = self.children[::-1]
        while stack:
            part = stack.pop()
            yield part
            stack += part.children[::-1]


def scope_of(node: Node) -> Any:
    """The Scope that a node was recorded in, or None; an output's is that of its op's node."""
    if node.meta is None or node.meta.scope is None:
        node = node.parents[0] if node.parents and _picks(node) else node
    return None if node.meta is None else node.meta.scope


def line_of(node: Node) -> str:
    """The user's line that recorded a node, or ""."""
    if (node.meta is None or node.meta.line is None) and node.parents and _picks(node):
        node = node.parents[0]
    return (node.meta.line or "") if node.meta is not None else ""


def _picks(node: Node) -> bool:
    parent = node.parents[0]
    return type(parent) is Node and bool(parent.op.outputs)


def tree(nodes: list[Node]) -> Part:
    """The root Part of nodes (oldest first), with the groups that their scopes make."""
    root = Part("", "", None, None)
    parts: dict[Any, Part] = {}
    for node in nodes:
        chain = []
        scope = scope_of(node)
        while scope is not None and scope not in parts:
            chain.append(scope)
            scope = scope.parent
        for made in reversed(chain):
            above = root if made.parent is None else parts[made.parent]
            if made.name is None or not made.name.strip():
                parts[made] = above
                continue
            parts[made] = Part(made.name, made.kind, above, made)
            above.children.append(parts[made])
        scope = scope_of(node)
        part: Part | None = root if scope is None else parts[scope]
        assert part is not None
        part.own.append(node)
        while part is not None:
            part.whole.append(node)
            part = part.parent
    _unwrap(root)
    _settle(root)
    for part in root.inside():
        part.depth = part.parent.depth + 1 if part.parent is not None else 0
    for part in (root, *root.inside()):
        names = Counter(child.name for child in part.children)
        seen = Counter[str]()
        for child in part.children:
            seen[child.name] += 1
            child.place = seen[child.name] if names[child.name] > 1 else 0
    return root


def _unwrap(root: Part) -> None:
    """Take away the box around a model that is the only one: it would go around everything."""
    models = [part for part in root.children if part.scope.names]
    if len(models) != 1 or not models[0].children:
        return
    (model,) = models
    at = root.children.index(model)
    root.children[at : at + 1] = model.children
    root.own = sorted(root.own + model.own, key=lambda n: n.order)
    for child in model.children:
        child.parent = root


def _settle(root: Part) -> None:
    """Modules of one op without parameters join the module that feeds them, or have no box."""
    for part in [root, *root.inside()]:
        kept: list[Part] = []
        for child in part.children:
            if not _is_slight(child):
                kept.append(child)
                continue
            node = child.whole[0]
            fed_by = [p for p in node.parents if type(p) is Node]
            if kept and len(fed_by) == 1 and fed_by[0] in kept[-1].whole[-2:]:
                kept[-1].kind += f" + {node.op.name}" if kept[-1].kind else ""
                kept[-1].own.append(node)
                kept[-1].whole.append(node)
            else:
                part.own.append(node)
        part.children = kept
        part.own.sort(key=lambda n: n.order)


def _is_slight(part: Part) -> bool:
    if part.scope.owner is None or len(part.whole) != 1:  # what a user names is kept
        return False
    return all(type(p) is Node or p is None for p in part.whole[0].parents)


# -- what is in a group, in words ----------------------------------------------------------------


def described(part: Part, symbols: bool = False) -> str:
    """What a group does: ``Linear(2→3) + sigmoid``."""
    if part.kind and not part.kind.startswith("Linear("):
        return part.kind  # of a Linear the shapes say more than its arguments
    words: list[str] = []
    for node in part.whole:
        word = _word(node, words, symbols)
        if word and word not in words[-1:]:
            words.append(word)
    if len(words) > _KINDS:
        words = [*words[: _KINDS - 1], label.ELLIPSIS]
    return " + ".join(words)


def _word(node: Node, before: list[str], symbols: bool) -> str:
    name = node.op.name
    weights = [p for p in node.parents if p is not None and type(p) is not Node]
    matrix = next((p.shape for p in reversed(weights) if p.ndim == 2), None)
    if name == "linear" and matrix:
        return f"Linear({matrix[1]}→{matrix[0]})"
    if name == "matmul" and matrix and weights[-1].shape == matrix:
        return f"Linear({matrix[0]}→{matrix[1]})"
    if name == "transpose":
        return ""
    if name == "add" and weights and before and before[-1].startswith("Linear("):
        return ""
    return label.SHORT.get(name, name) if symbols else name


# -- what is equal -------------------------------------------------------------------------------


def signature(part: Part) -> tuple[Any, ...]:
    """What two groups have in common if they are built alike: ops, shapes, wiring."""
    place = {node: i for i, node in enumerate(part.whole)}
    outside: dict[Any, int] = {}
    found: list[Any] = []
    for node in part.whole:
        wires: list[Any] = []
        for parent in node.parents:
            if parent is None:
                wires.append(None)
            elif parent in place:
                wires.append(place[parent])
            else:
                number = outside.setdefault(parent, len(outside))
                kind = "in" if type(parent) is Node else "leaf"
                wires.append((kind, number, parent.shape))
        found.append((node.op.name, node.shape, node.dtype.str, tuple(wires)))
    return tuple(found)


def repeats(nodes: list[Node]) -> list[list[list[Node]]]:
    """Runs of three or more equal stretches in a list of nodes, such as the steps of a loop."""
    ids = _ids(nodes)
    runs: list[list[list[Node]]] = []
    stretches = [(0, len(nodes))]
    while stretches and len(runs) < 16:
        low, high = stretches.pop()
        start, period, length = _longest(ids, low, high)
        if length < 3 * period:
            continue
        start, count = _in_phase(nodes, start, period, length)
        if _is_like(nodes[max(start - period, low) : start], nodes[start : start + period]):
            # The first step reads what was there before the loop, so its wiring is another.
            start, count = start - period, count + 1
        ends = [start + k * period for k in range(count + 1)]
        runs.append([nodes[a:b] for a, b in pairwise(ends)])
        stretches += [(low, start), (ends[-1], high)]
    return sorted(runs, key=lambda run: run[0][0].order)


def _is_like(some: list[Node], others: list[Node]) -> bool:
    """Whether two stretches have the same ops with results of the same shapes."""
    return [(n.op, n.shape, n.dtype) for n in some] == [(n.op, n.shape, n.dtype) for n in others]


def _ids(nodes: list[Node]) -> Any:
    """Per node a number, the same for nodes of the same op, shape and wiring to near ones."""
    place = {node: i for i, node in enumerate(nodes)}
    known: dict[Any, int] = {}
    ids = np.empty(len(nodes), np.int64)
    for i, node in enumerate(nodes):
        wires = []
        for parent in node.parents:
            at = place.get(parent) if type(parent) is Node else None
            near = at is not None and i - at <= _LONGEST
            kind = None if parent is None else (type(parent) is Node, parent.shape)
            wires.append((kind, i - at if near and at is not None else 0))
        key = (node.op.name, node.shape, node.dtype.str, tuple(wires))
        ids[i] = known.setdefault(key, len(known))
    return ids


def _longest(ids: Any, low: int, high: int) -> tuple[int, int, int]:
    """(start, period, length) of the repeat in ids[low:high] that covers most."""
    best, covered = (low, 1, 0), 0
    part = ids[low:high]
    for period in range(1, min(_LONGEST, len(part) // 3) + 1):
        same = np.concatenate(([False], part[period:] == part[:-period], [False]))
        steps = np.flatnonzero(np.diff(same.astype(np.int8)))
        begins, ends = steps[::2], steps[1::2]
        if not begins.size:
            continue
        k = int((ends - begins).argmax())
        length = int(ends[k] - begins[k]) + period
        count = length // period
        if count >= 3 and count * period > covered:
            best, covered = (low + int(begins[k]), period, length), count * period
    return best


def _in_phase(nodes: list[Node], start: int, period: int, length: int) -> tuple[int, int]:
    """Move the cuts to where the fewest values cross them: (start, count) of a loop's steps."""
    if period == 1 or length < 4 * period:
        return start, length // period
    place = {node: i for i, node in enumerate(nodes)}
    crossings = []
    for shift in range(period):
        cut = start + period + shift
        after = nodes[cut : cut + period + 1]
        tails = {p for n in after for p in n.parents if type(p) is Node and p in place}
        crossings.append(sum(cut - period <= place[p] < cut for p in tails))
    # Where several will do, steps begin as the first one does, which reads leaves and so differs.
    first = start
    while first and nodes[first - 1].op is nodes[first - 1 + period].op:
        first -= 1
    best = min(crossings)
    shift = min(
        (k for k in range(period) if crossings[k] == best),
        key=lambda k: (start + k - first) % period,
    )
    return start + shift, (length - shift) // period
