"""The numbers of a recorded graph: kept ones found, the others computed again.

A node keeps only the arrays that its op's rules read, so the value of another may be held by a
consumer, or by nobody; then it is computed from its parents' values by the op itself. Gradients
come from the engine's own walk, on the kept graph, with no hook run and no ``.grad`` written.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from weakref import ref

import numpy as np

from .. import walk
from ..cotangent import conjugated, settle
from ..node import Node, Source
from .block import norm_of
from .names import key_of

_ARRAYS = (np.ndarray, np.generic)


def constant(arg: Any, node: Node) -> tuple[Any, Any]:
    """What a node kept of an untracked input: (its value, where that came from).

    Both are None where the user has dropped it, or written into it since; of a named one that was
    dropped the name is known, and the value if it is small.
    """
    known = named_source(arg, node)
    if not isinstance(arg, ref):
        return arg, arg if known is None else known
    if known is not None and known.value is not None:
        return known.value, known
    source = arg()
    gone = source is None or getattr(source, "_written", 0) > node.order
    # Or a write has made it stand for a recorded result since.
    if gone or getattr(source, "_node", None) is not None:
        return None, known
    return getattr(source, "_value", source), source


def named_source(arg: Any, node: Node) -> Source | None:
    """What a node remembers of a named constant that it keeps as arg, or None."""
    if node.meta is None or not node.meta.sources or node.args is None:
        return None
    return next((s for s in node.meta.sources if node.args[s.index + 1] is arg), None)


def sources(nodes: list[Node]) -> dict[int, Any]:
    """Keys of named constants, by the id of what has the name: that of an array that is known."""
    keys: dict[int, Any] = {}
    for node in nodes:
        if node.meta is None or node.args is None:
            continue
        for source in node.meta.sources:
            value = constant(node.args[source.index + 1], node)[0]
            if value is not None:
                keys[id(source.meta)] = key_of(value)
            else:
                keys.setdefault(id(source.meta), ("source", id(source.meta)))
    return keys


def stale_leaf(parent: Any, node: Node) -> bool:
    """Whether a leaf has been written since node used it."""
    return type(parent) is not Node and parent is not None and parent._written > node.order


def values(
    nodes: list[Node],
    root: Node,
    out: Any,
    wanted: Iterable[Node],
    look: Callable[[Node, Any], None] | None = None,
) -> dict[Node, Any]:
    """The values of wanted nodes (those that can be known), given root's value.

    Args:
        nodes: every node of the graph, oldest first.
        look: called with every node whose value can be known, oldest first, to look at it.
    """
    known: dict[Node, Any] = {root: out}
    for node in nodes:
        args = node.args
        if args is None:
            continue
        if isinstance(args[0], (*_ARRAYS, tuple)):
            known[node] = args[0]
        for parent, arg in zip(node.parents, args[1:], strict=True):
            if type(parent) is Node and parent not in known and isinstance(arg, _ARRAYS):
                known[parent] = arg
    for node in _moved(nodes):
        known.pop(node, None)
    wanted = set(wanted)
    plan = _plan(known, wanted if look is None else set(nodes))
    uses = Counter(p for node in plan for p in node.parents if p in plan)
    found = {node: known[node] for node in wanted if node in known}
    made: dict[Node, Any] = {}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for node in sorted(plan, key=lambda n: n.order) if look is None else nodes:
            if node in known:
                if look is not None:
                    look(node, known[node])
                continue
            if node not in plan:
                continue
            value = _again(node, known, made)
            if look is not None and value is not None:
                look(node, value)
            if value is not None:
                made[node] = value
                if node in wanted:
                    found[node] = value
            for parent in node.parents:
                if parent in plan:
                    uses[parent] -= 1
                    if not uses[parent]:
                        made.pop(parent, None)
    return found


def _moved(nodes: list[Node]) -> set[Node]:
    """Views of leaves that were written since: their memory holds other values now."""
    moved: set[Node] = set()
    for node in nodes:
        if node.op.view and (node.parents[0] in moved or stale_leaf(node.parents[0], node)):
            moved.add(node)
    return moved


def _plan(known: Mapping[Node, Any], wanted: set[Node]) -> set[Node]:
    """The nodes whose values must be computed again to have those of wanted."""
    plan: set[Node] = set()
    stack = [node for node in wanted if node not in known]
    while stack:
        node = stack.pop()
        if node.args is None or node in plan:
            continue
        plan.add(node)
        stack.extend(p for p in node.parents if type(p) is Node and p not in known)
    return plan


def _again(node: Node, known: Mapping[Node, Any], made: Mapping[Node, Any]) -> Any:
    """node's value, from its parents' values; None where one of them is not known."""
    inputs = []
    assert node.args is not None
    for parent, arg in zip(node.parents, node.args[1:], strict=True):
        if stale_leaf(parent, node):
            return None
        if type(parent) is Node:
            value = made.get(parent, known.get(parent))
        elif parent is not None:
            value = parent._value
        else:
            value = constant(arg, node)[0]
        if value is None and not (parent is None and arg is None):
            return None
        inputs.append(value)
    try:
        value = node.op.forward(*inputs, **(node.params or {}))
    except Exception:
        # A checkpoint has no forward of its own, and a user's op may refuse to run again; the
        # picture then says that the value is not kept.
        return None
    if isinstance(value, tuple):
        return value  # of an op with several outputs: what its picks are taken from
    value = value if isinstance(value, _ARRAYS) else np.asarray(value)
    return value if value.shape == node.shape else None


class Gradients:
    """The gradients of one output, of the sum of its entries if it has many.

    Args:
        drawn: the nodes and leaves whose gradients are wanted.
        measure: called with the gradient of each node and leaf, in the walk's convention; what it
            gives is kept in ``measured``.
        bundles: per (node, input number) by what the sum is known of all that several carry.

    Attributes:
        problem: why there are none, a sentence, or "".
        shared: the drawn nodes and leaves that several edges lead to.
        sent: per (node, input number) of those edges, the norm of what it carries.
        summed: per bundle of such edges, the norm of all that they carry to one tensor.
        measured: per node and leaf that the sweep has reached, what measure gave.
        suspects: nodes whose rule made a NaN or inf of a finite gradient, in the sweep's order (of
            some of them the walk makes zeros, where an op says that nothing was used).
    """

    def __init__(
        self,
        nodes: list[Node],
        root: Node,
        drawn: set[Any],
        measure: Callable[[Any], Any] | None = None,
        bundles: Mapping[tuple[Node, int], Any] | None = None,
    ) -> None:
        self.problem = ""
        self.measured: dict[Any, Any] = {}
        self.suspects: list[Node] = []
        self.shared: set[Any] = set()
        self.sent: dict[tuple[Node, int], float] = {}
        self.summed: dict[Any, float] = {}
        self._found: dict[Any, Any] = {}
        self._unsure = _behind_freed(nodes)
        freed = frozenset(node for node in nodes if node.args is None)
        if root in freed:
            return
        seed = np.ones(root.shape, root.dtype)
        seeds = [(root, seed if root.shape else seed[()])]
        targets = frozenset(x for x in drawn if type(x) is Node) | freed
        probe = _Probe(nodes, drawn, self.sent, measure, self.measured, bundles or {})
        self.shared = probe.shared
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._found = walk.backward(seeds, wanted=targets, cut=freed, probe=probe)
        except Exception as error:
            # Whatever a rule raises, backward() raises it too; the picture shows it.
            self.problem = f"{error}" or type(error).__name__
            self.sent.clear()
            self.measured.clear()
        probe.drop_unfinished()
        if not self.problem:
            with np.errstate(all="ignore"):
                self.summed = {bundle: norm_of(g) for bundle, g in probe.sums.items()}
        self.suspects = probe.suspects
        if measure is not None:
            for target, g in self._found.items():
                if type(target) is not Node:
                    self.measured[target] = measure(g)
        for target in self._unsure:
            self.measured.pop(target, None)

    def of(self, target: Any) -> Any:
        """The gradient of a node or leaf, as ``.grad`` would hold it, or None."""
        g = self._found.get(target)
        if g is None or target in self._unsure:
            return None
        return settle(g, target.shape)


def _behind_freed(nodes: list[Node]) -> set[Any]:
    """Nodes and leaves that a freed node depends on: their gradients would lack a part."""
    behind: set[Any] = set()
    for node in reversed(nodes):
        if node.args is None or node in behind:
            behind.update(p for p in node.parents if p is not None)
    return behind


def _is_bad(g: Any) -> bool:
    parts = g if isinstance(g, tuple) else (g,)
    return any(isinstance(x, _ARRAYS) and not np.isfinite(x).all() for x in parts)


class _Probe:
    """Measures what each edge carries, where the total gradient does not tell."""

    def __init__(
        self,
        nodes: list[Node],
        drawn: set[Any],
        sent: dict[tuple[Node, int], float],
        measure: Callable[[Any], Any] | None,
        measured: dict[Any, Any],
        bundles: Mapping[tuple[Node, int], Any],
    ) -> None:
        self.bundles = bundles
        self.sums: dict[Any, Any] = {}
        self.sent = sent
        self.measure = measure
        self.measured = measured
        self.suspects: list[Node] = []
        self.node: Node | None = None
        self.inputs: list[int] = []
        edges = Counter(p for node in nodes for p in node.parents if p is not None)
        # The node of several outputs has no card: what it carries is on those of its outputs.
        self.shared = {p for p in drawn if edges[p] > 1 and not (type(p) is Node and p.op.outputs)}

    def drop_unfinished(self) -> None:
        """Forget a node of whose terms some did not come: a joint rule may give None for any."""
        if self.inputs and self.node is not None:
            for i in range(len(self.node.parents)):
                self.sent.pop((self.node, i), None)
                # What was added cannot be taken away again: the sum is not known.
                bundle = self.bundles.get((self.node, i))
                if bundle is not None:
                    self.sums[bundle] = np.nan

    def __call__(self, node: Node, g: Any, term: Any) -> None:
        if self.measure is not None:
            if node not in self.measured:
                parts = [np.ravel(x) for x in g if x is not None] if node.op.outputs else [g]
                self.measured[node] = self.measure(
                    np.concatenate(parts) if node.op.outputs else parts[0]
                )
            if _is_bad(term) and not _is_bad(g):
                self.suspects.append(node)
        if self.shared.isdisjoint(node.parents):
            return
        if node is not self.node:
            self.drop_unfinished()
            # The walk goes through the tracked inputs in order, those without a rule left out.
            rules = None if node.op.joint is not None else node.op.rules_for(len(node.parents))
            self.node = node
            self.inputs = [
                i
                for i, p in enumerate(node.parents)
                if p is not None and (rules is None or rules[i] is not None)
            ][::-1]
        i = self.inputs.pop()
        parent = node.parents[i]
        if parent in self.shared:
            if term.shape != node.shape and node.op.pointwise:
                term = walk.spread(term, node.shape)
            term = conjugated(walk.cast(walk.unbroadcast(term, parent.shape), parent.dtype))
            term = walk.spread(term, parent.shape)
            self.sent[node, i] = norm_of(term)
            bundle = self.bundles.get((node, i))
            if bundle is not None:
                known = self.sums.get(bundle)
                self.sums[bundle] = term if known is None else known + term
