"""``checkpoint``: trade time for memory by computing a part of the graph again in backward."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import mode, walk
from .cotangent import target_of
from .errors import InPlaceError
from .node import Node, tick
from .op import Op
from .recording import Function, fresh_input, pull
from .tensor import Tensor, plain_tensor, wrap
from .tree import flatten


def checkpoint(f: Function) -> Function:
    """f, whose intermediate results are not kept: backward runs f again to have them.

    f may take and give pytrees, and close over Tensors that require grad (parameters); they get
    their gradients. f must compute the same thing when run again. With several outputs, backward
    runs f once for each.

    Raises (in backward):
        InPlaceError: run again, f gives another result, or reads a Tensor that was written since.

    >>> import numpy as np, autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> block = ag.checkpoint(lambda x: ag.tanh(x * w))
    >>> block(np.array([0.0, 0.5])).sum().backward()
    >>> w.grad.round(3)
    array([0.  , 0.21])
    """

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not mode.state.recording:
            return f(*args, **kwargs)
        start = tick()
        run = _Run(f, args, kwargs)
        fresh = [fresh_input(x) for x in run.tracked(args, kwargs)]
        leaves, rebuild = flatten(run.call(fresh))
        given = run.tracked(args, kwargs)
        own, run.end = {x._node or x for x in fresh}, tick()
        return rebuild([_recorded(run, k, t, own, given, start) for k, t in enumerate(leaves)])

    return checkpointed


def _recorded(run: _Run, k: int, out: Any, own: set[Any], given: list[Tensor], start: int) -> Any:
    """Output k of the first run, standing on one node instead of the graph that made it."""
    if not isinstance(out, Tensor) or out._node is None:
        return out
    outside = _outside(out._node, own, start)
    run.prints[k] = _print(out._value)
    inputs, data = [x._node or x for x in given], [x._value for x in given]
    pull_one = functools.partial(run.pull, k, len(inputs))
    # Like a view it does not keep the leaves that f closes over, and needs them unwritten.
    op = Op("checkpoint", _never, ("*inputs",), joint=pull_one, view=True)
    parents = (*inputs, *outside)
    return wrap(out._value, Node(op, None, parents, (None, *data, *outside), out.shape, out.dtype))


def _never(*inputs: Any) -> Any:
    raise AssertionError("a checkpoint's node is made by hand, its op is never applied")


def _outside(root: Node, own: set[Any], start: int) -> list[Any]:
    """Leaves and older nodes that f closed over, in a fixed order."""
    found: dict[Any, None] = {}
    for node in walk.collect([root], stop=lambda n: n.order < start):
        if node in own:
            continue
        for p in node.parents:
            if p is not None and p not in own and (type(p) is not Node or p.order < start):
                found[p] = None
    if root.order < start and root not in own:
        found[root] = None
    return list(found)


def _print(x: Any) -> Any:
    """A few numbers that another array would hardly have: a sum, a weighted one, their scale."""
    x = np.asarray(x, np.result_type(x, np.float64)).reshape(-1)
    with np.errstate(all="ignore"):
        return np.array([x.sum(), np.linspace(1, 2, x.size) @ x, np.abs(x).sum()])


def _check_same(before: Any, again: Any, newer: bool) -> None:
    if newer:
        raise InPlaceError(
            "checkpoint: got a function that reads a Tensor from outside which was written since, "
            "so it cannot be run again; pass that Tensor as an argument, or write into a copy."
        )
    now, loose = _print(again._value), again.dtype.itemsize < 8
    scale = 2 * np.abs(now[2]) * (1e-3 if loose else 1e-8)
    with np.errstate(invalid="ignore"):
        same = np.abs(now - before) <= scale
    if not np.all(same | ~np.isfinite(now) & ~np.isfinite(before)):
        raise InPlaceError(
            "checkpoint: got another result when its function was run again: it draws random "
            "numbers, writes into what it reads, or reads an array that was written since; draw "
            "outside, or pass what changes as an argument."
        )


class _Run:
    """How to run a checkpointed function again: everything but its tracked inputs.

    The tracked inputs come back from the node; holding them here too would keep graphs alive.
    """

    def __init__(self, f: Function, args: Any, kwargs: dict[str, Any]) -> None:
        self.f = f
        leaves, self.rebuild = flatten((args, kwargs))
        self.where = [i for i, x in enumerate(leaves) if _is_tracked(x)]
        self.end = 0  # when the first run was over
        self.prints: dict[int, Any] = {}  # of each output
        self.leaves = [None if i in self.where else _constant(x) for i, x in enumerate(leaves)]

    def tracked(self, args: Any, kwargs: dict[str, Any]) -> list[Tensor]:
        """The tracked inputs of the first call."""
        leaves, _ = flatten((args, kwargs))
        return [leaves[i] for i in self.where]

    def call(self, tracked: list[Tensor]) -> Any:
        """f, recorded, on these inputs in the tracked ones' places."""
        leaves = list(self.leaves)
        for i, x in zip(self.where, tracked, strict=True):
            leaves[i] = x
        args, kwargs = self.rebuild(leaves)
        with mode.enable_grad(), mode.transform():
            return self.f(*args, **kwargs)

    def pull(self, k: int, count: int, g: Any, out: Any, *saved: Any) -> tuple[Any, ...]:
        """Cotangents of the tracked inputs and of what f closes over, for that of output k."""
        create = isinstance(g, Tensor)
        fresh = []
        for x in saved[:count]:
            if isinstance(x, Tensor):
                fresh.append(fresh_input(x))
            else:
                fresh.append(plain_tensor(x))
                fresh[-1]._requires_grad = True
        start = tick()
        with mode.resumed():
            again = flatten(self.call(fresh))[0][k]
        root = target_of(again, "checkpoint")
        inputs = [x._node or x for x in fresh]
        outside = _outside(root, set(inputs), start) if type(root) is Node else []
        newer = any(type(p) is Node and p.order > self.end for p in outside)
        _check_same(self.prints[k], again, newer)
        # What f closes over may lie behind its own inputs too: count each path once.
        targets = inputs + list(saved[count:])
        with mode.resumed():
            found = pull([(root, g)], targets, walk.collect([root]), create, frozenset(inputs))
        return tuple(found)


def _constant(x: Any) -> Any:
    # A Tensor may be written between the two runs: keep the value it has now.
    return plain_tensor(x._value) if isinstance(x, Tensor) else x


def _is_tracked(x: Any) -> bool:
    return isinstance(x, Tensor) and x._is_tracked()
