"""What each use of a tensor adds to its gradient: the terms of the sum that backward makes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import walk
from ..cotangent import conjugated
from ..node import Node


class Contributions:
    """The terms that some nodes send to their inputs, as ``.grad`` would hold them."""

    def __init__(self, nodes: list[Node], root: Node, wanted: set[Node]) -> None:
        """Walk back from root.

        Args:
            nodes: every node of the graph, oldest first.
            wanted: those whose terms are kept.
        """
        self.wanted = wanted
        self.terms: dict[tuple[Node, int], Any] = {}
        self._node: Node | None = None
        self._inputs: list[int] = []
        freed = frozenset(node for node in nodes if node.args is None)
        if root in freed:
            return
        seed = np.ones(root.shape, root.dtype)
        seeds = [(root, seed if root.shape else seed[()])]
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                walk.backward(seeds, wanted=freed, cut=freed, probe=self)
        except Exception:
            # Whatever a rule raises, the reading of the graph has met and reported it.
            self.terms.clear()
        self._drop_unfinished()

    def of(self, node: Node, i: int) -> Any:
        """What node sent to its input i, or None."""
        return self.terms.get((node, i))

    def _drop_unfinished(self) -> None:
        """Forget a node of whose terms some did not come: a joint rule may give None for any."""
        if self._inputs and self._node is not None:
            for i in range(len(self._node.parents)):
                self.terms.pop((self._node, i), None)

    def __call__(self, node: Node, g: Any, term: Any) -> None:
        if node not in self.wanted:
            return
        if node is not self._node:
            self._drop_unfinished()
            rules = None if node.op.joint is not None else node.op.rules_for(len(node.parents))
            self._node = node
            # The walk goes through the tracked inputs in order, those without a rule left out.
            self._inputs = [
                i
                for i, p in enumerate(node.parents)
                if p is not None and (rules is None or rules[i] is not None)
            ][::-1]
        i = self._inputs.pop()
        parent: Any = node.parents[i]
        if node.op.pointwise and term.shape != node.shape:
            term = walk.spread(term, node.shape)
        term = walk.cast(walk.unbroadcast(term, parent.shape), parent.dtype)
        self.terms[node, i] = conjugated(np.array(walk.spread(term, parent.shape)))
