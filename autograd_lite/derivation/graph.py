"""A recorded graph as the checker reads it: named tensors, every value, consumers, order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from .. import walk
from ..errors import ArgumentError, DTypeError, GraphError, ShapeError, closest
from ..node import Node
from ..tensor import Tensor
from ..viz.recover import constant, stale_leaf, values as recovered

_ARRAYS = (np.ndarray, np.generic)


class Graph:
    """One recorded run: its nodes (oldest first), the tensors that have names, all values.

    Attributes:
        root: the loss, as a walk meets it. nodes: every node, oldest first.
        index: of a node or leaf, its place: the same in two runs of one function.
        named: name to the nodes and leaves that bear it (one, unless names repeat).
        arrays: name to value, of untracked tensors too: what an operand may have been.
        consumers: of a node or leaf, the (node, input number) pairs that read it.
    """

    def __init__(self, loss: Any, inputs: Mapping[str, Any] | None = None) -> None:
        if not isinstance(loss, Tensor):
            raise DTypeError(
                f"check_derivation: got {type(loss).__name__} for the loss, expected a Tensor; is "
                "a return missing?"
            )
        if loss.size != 1:
            raise ShapeError(
                f"check_derivation: got a loss of shape {loss.shape}, expected a scalar; reduce it "
                "with sum() or mean()."
            )
        if not loss._is_tracked():
            raise GraphError(
                "check_derivation: got a loss that depends on nothing that requires grad; set "
                "requires_grad=True on the tensors you differentiate by."
            )
        if loss.dtype.kind == "c":
            raise DTypeError(
                "check_derivation: got a complex loss, which has no gradient; take a real number "
                "of it (abs, real, imag)."
            )
        self.loss = loss
        self.root: Any = loss._node or loss
        self.nodes = walk.collect([self.root])
        for node in self.nodes:
            if node.args is None:
                raise GraphError(
                    walk.freed_sentence(node).replace("backward", "check_derivation", 1)
                )
        self.consumers: dict[Any, list[tuple[Node, int]]] = {}
        self.index: dict[Any, int] = {}
        leaves: list[Any] = []
        for node in self.nodes:
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    self.consumers.setdefault(parent, []).append((node, i))
                    if type(parent) is not Node and parent not in self.index:
                        self.index[parent] = -1 - len(leaves)
                        leaves.append(parent)
        if type(self.root) is not Node:
            leaves.append(self.root)
        self.leaves = leaves
        self.index.update({node: i for i, node in enumerate(self.nodes)})
        self.values = self._all_values()
        self.named: dict[str, list[Any]] = {}
        self.names: dict[Any, str] = {}
        self.arrays: dict[str, Any] = {}
        self._collect_names(inputs or {})

    def _all_values(self) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        if self.nodes:
            found = dict(recovered(self.nodes, self.root, self.loss._value, self.nodes))
        for node, value in found.items():
            if isinstance(value, _ARRAYS):
                found[node] = np.asarray(value)
        for leaf in self.leaves:
            if not any(stale_leaf(leaf, node) for node, _ in self.consumers.get(leaf, ())):
                found[leaf] = np.asarray(leaf._value)
        return found

    def _collect_names(self, inputs: Mapping[str, Any]) -> None:
        for name, tensor in inputs.items():
            if isinstance(tensor, Tensor):
                target: Any = tensor._node or tensor
                if tensor._is_tracked():
                    self._enter(name, target)
                self.arrays.setdefault(name, np.asarray(tensor._value))
            elif isinstance(tensor, (*_ARRAYS, float)):
                self.arrays.setdefault(name, np.asarray(tensor))
        for target in (*self.leaves, *self.nodes):
            meta = target.meta if type(target) is Node else target._meta
            if meta is not None and meta.name:
                self._enter(meta.name, target)
        for node in self.nodes:
            for arg in (node.args or ())[1:]:
                value, source = constant(arg, node)
                label = getattr(source, "name", None)
                if isinstance(label, str) and isinstance(value, _ARRAYS):
                    self.arrays.setdefault(label, np.asarray(value))

    def _enter(self, name: str, target: Any) -> None:
        held = self.named.setdefault(name, [])
        if not any(t is target for t in held):
            held.append(target)
        self.names.setdefault(target, name)
        if target in self.values:
            self.arrays.setdefault(name, self.values[target])

    def target(self, name: Any) -> Any:
        """The node or leaf of this name."""
        found = self.named.get(name, []) if isinstance(name, str) else []
        if len(found) == 1:
            return found[0]
        if found:
            raise ArgumentError(
                f"check_derivation: got a gradient for {name!r}, which names {len(found)} tensors; "
                "give each a name of its own."
            )
        if name in self.arrays:
            raise ArgumentError(
                f"check_derivation: got a gradient for {name!r}, which does not require grad or "
                "which the loss does not depend on; create it with requires_grad=True."
            )
        known = sorted(self.named)
        if not isinstance(name, str):
            raise ArgumentError(
                f"check_derivation: got the name {name!r} ({type(name).__name__}), expected a str."
            )
        hint = _nearest(name, known)
        its = " Its" if hint.endswith("?") else "; its"
        raise ArgumentError(
            f"check_derivation: got a gradient for {name!r}, a name that is not on the graph{hint}"
            f"{its} names are {', '.join(known) or 'none'}."
        )

    def inputs(self, node: Node) -> list[Any]:
        """The values of a node's inputs; None for one that is not kept."""
        found = []
        for parent, arg in zip(node.parents, (node.args or ())[1:], strict=True):
            if parent is not None:
                found.append(self.values.get(parent))
            else:
                value = constant(arg, node)[0]
                found.append(value if value is None else np.asarray(value)[()])
        return found

    def name_of(self, target: Any) -> str | None:
        """The name of a node or leaf, or None."""
        return self.names.get(target)

    def backward_order(self, targets: Iterable[Any]) -> list[Any]:
        """Targets in the order in which a backward pass completes their gradients.

        Weights and biases that lead into one named tensor follow it in the order given.
        """

        def place(target: Any) -> float:
            if type(target) is Node:
                return -self.index[target]
            # A leaf is complete once the oldest node that reads it is done.
            used = self.consumers.get(target, ())
            if not used:
                return float("inf")
            node = min((n for n, _ in used), key=lambda n: self.index[n])
            while node not in self.names and node is not self.root:
                node = min((n for n, _ in self.consumers[node]), key=lambda n: self.index[n])
            return -self.index[node] + 0.5

        return sorted(targets, key=place)

    @cached_property
    def epsilon(self) -> float:
        """The coarsest precision among the floating values."""
        kinds = {x.dtype for x in (*self.nodes, *self.leaves)}
        return max((float(np.finfo(t).eps) for t in kinds if t.kind in "fc"), default=2.3e-16)

    def signature(self) -> list[Any]:
        """What must agree for two runs to be compared node by node."""
        return [
            (n.op.name, tuple(self.index.get(p) if p is not None else None for p in n.parents))
            for n in self.nodes
        ]


def _nearest(name: str, known: list[str]) -> str:
    for prefix in ("d_", "grad_", "d", "∂", "g_"):
        if name.startswith(prefix) and name[len(prefix) :] in known:
            rest = name[len(prefix) :]
            return f"; did you mean {rest!r}? A gradient goes under the name of its tensor"
    same = next((k for k in known if k.lower() == name.lower()), None)
    return f"; did you mean {same!r}?" if same else closest(name, known, cutoff=0.3)
