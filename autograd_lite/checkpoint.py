"""``checkpoint``: trade time for memory by computing a part of the graph again in backward."""

from __future__ import annotations

import functools
from typing import Any

from . import mode, walk
from .cotangent import target_of
from .errors import ArgumentError
from .node import Node, tick
from .op import Op
from .recording import Function, fresh_input, pull
from .tensor import Tensor, plain_tensor, wrap
from .tree import flatten


def checkpoint(f: Function) -> Function:
    """f, whose intermediate results are not kept: backward runs f again to have them.

    f may take and give pytrees, and close over Tensors that require grad (parameters); they get
    their gradients. f must compute the same thing when run again.

    Raises:
        ArgumentError: f's output is not one Tensor.

    >>> import numpy as np, autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> block = ag.checkpoint(lambda x: ag.tanh(x * w))
    >>> block(np.array([0.0, 0.5])).sum().backward()
    >>> w.grad.round(3)
    array([0.  , 0.21])
    """

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten(args)
        if not mode.state.recording:
            return f(*args, **kwargs)
        tensors = [i for i, x in enumerate(leaves) if isinstance(x, Tensor) and x._is_tracked()]
        run = _Run(functools.partial(f, **kwargs), leaves, rebuild, tensors)
        out, outside = run.forward()
        if out._node is None or not (tensors or outside):
            return out
        inputs = [leaves[i] for i in tensors]
        op = Op("checkpoint", _never, ("*inputs",), saves=(), joint=run.pull, samples=())
        parents = [x._node or x for x in inputs] + outside
        saved = [x._data for x in inputs] + outside
        node = Node(op, None, tuple(parents), (None, *saved), out._node.shape, out._node.dtype)
        return wrap(out._data, node)

    return checkpointed


def _never(*inputs: Any) -> Any:
    raise AssertionError("a checkpoint's node is made by hand, its op is never applied")


class _Run:
    """How to run a checkpointed function again."""

    def __init__(self, f: Function, leaves: list[Any], rebuild: Any, tensors: list[int]) -> None:
        self.f = f
        # Tracked inputs are given back by the node; holding them here too would keep graphs alive.
        self.leaves = [None if i in tensors else x for i, x in enumerate(leaves)]
        self.rebuild = rebuild
        self.tensors = tensors
        self.first = leaves

    def forward(self) -> tuple[Tensor, list[Any]]:
        start = tick()
        fresh = [fresh_input(self.first[i]) for i in self.tensors]
        self.first = []
        out = self._call(fresh)
        return out, self._outside(out, fresh, start)

    def _call(self, fresh: list[Tensor]) -> Tensor:
        leaves = list(self.leaves)
        for i, x in zip(self.tensors, fresh, strict=True):
            leaves[i] = x
        with mode.enable_grad():
            out = self.f(*self.rebuild(leaves))
        if not isinstance(out, Tensor):
            raise ArgumentError(
                f"checkpoint: got a function that returns {type(out).__name__}, expected one "
                "Tensor; checkpoint the parts that make each Tensor."
            )
        return out

    def _outside(self, out: Tensor, fresh: list[Tensor], start: int) -> list[Any]:
        """Leaves and older nodes that f closed over, in a fixed order."""
        own = {x._node or x for x in fresh}
        found: dict[Any, None] = {}
        roots = [target_of(out, "checkpoint")] if out._is_tracked() else []
        inner = walk.collect(roots, stop=lambda n: n.order < start)
        for node in inner:
            if node in own:
                continue
            for p in node.parents:
                if p is not None and p not in own and (type(p) is not Node or p.order < start):
                    found[p] = None
        for root in roots:
            if root not in own and (type(root) is not Node or root.order < start):
                found[root] = None
        return list(found)

    def pull(self, g: Any, out: Any, *saved: Any) -> tuple[Any, ...]:
        create = isinstance(g, Tensor) or any(
            isinstance(s, Tensor) for s in saved[: len(self.tensors)]
        )
        outside = list(saved[len(self.tensors) :])
        fresh = []
        for x in saved[: len(self.tensors)]:
            if isinstance(x, Tensor):
                fresh.append(fresh_input(x))
            else:
                t = plain_tensor(x)
                t.requires_grad = True
                fresh.append(t)
        again = self._call(fresh)
        root = target_of(again, "checkpoint")
        inputs = [x._node or x for x in fresh]
        # What f closes over may lie behind its own inputs too: count each path once.
        found = pull([(root, g)], inputs + outside, walk.collect([root]), create, frozenset(inputs))
        return tuple(found)
