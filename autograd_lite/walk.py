"""The walks over recorded graphs: backward (cotangents) and forward (tangents).

Both are iterative. A node's creation number is larger than those of its parents, so taking the
youngest first is a topological order: a heap holds the nodes whose cotangent has begun to arrive,
and when a node comes out every consumer of it has been done.

Cotangents stay *lazy*: a rule may return any array that broadcasts to its input's shape (``sum``
returns the incoming scalar itself), and pointwise rules work on such arrays unchanged. The walk
spreads them out only where shape matters, so a sum over a large array never writes out ones.

The same code serves first order (cotangents are arrays) and ``create_graph`` (they are Tensors
and the rules' own operations are recorded): ``lift`` alone tells them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush, heappushpop
from operator import attrgetter
from typing import Any

import numpy as np

from .bundle import Bundle, used_outputs
from .errors import AutogradError, DTypeError, GraphError, InPlaceError, MatrixError, ShapeError
from .node import Node

Lift = Callable[[Node, Any], tuple[tuple[Any, ...], Any]]
Visit = Callable[[Any, Any], Any]
Probe = Callable[[Node, Any, Any], None]

# Below this many entries writing a broadcast out is cheaper than np.broadcast_to (2.9 µs).
_SMALL = 4096


def collect(roots: Iterable[Any], stop: Callable[[Node], bool] | None = None) -> list[Node]:
    """Every node reachable from roots, oldest first; nodes where stop says so are left out."""
    seen: set[Node] = set()
    stack = [r for r in roots if type(r) is Node]
    while stack:
        node = stack.pop()
        if node in seen or (stop is not None and stop(node)):
            continue
        seen.add(node)
        stack.extend(p for p in node.parents if type(p) is Node and p not in seen)
    return sorted(seen, key=attrgetter("order"))


def useful(nodes: list[Node], targets: set[Any]) -> set[Any]:
    """The targets, and those of nodes (oldest first) that depend on one of them."""
    found = set(targets)
    for node in nodes:
        if node not in found and not found.isdisjoint(node.parents):
            found.add(node)
    return found


def spread(g: Any, shape: tuple[int, ...]) -> Any:
    """g broadcast to shape: written out when small, a read-only view when large."""
    if g.shape == shape:
        return g
    if isinstance(g, (np.ndarray, np.generic)):
        out = np.empty(shape, g.dtype) if _product(shape) <= _SMALL else None
        if out is not None:
            out[...] = g
            return out
    return np.broadcast_to(g, shape)


def _product(shape: tuple[int, ...]) -> int:
    size = 1
    for n in shape:
        size *= n
    return size


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum g over the axes along which an input of this shape was broadcast.

    Axes of size 1 in g where shape has more are left: g is lazy there.
    """
    lead = len(g.shape) - len(shape)
    axes = tuple(range(lead)) if lead > 0 else ()
    axes += tuple(
        i + lead for i, n in enumerate(shape) if n == 1 and i + lead >= 0 and g.shape[i + lead] != 1
    )
    if axes:
        g = g.sum(axis=axes if len(axes) > 1 else axes[0])
        if len(g.shape) != len(shape):
            g = g.reshape(shape)
    return g


def cast(g: Any, dtype: Any) -> Any:
    """g in dtype; the real part where a real input met a complex expression."""
    if g.dtype.kind == "c" and dtype.kind != "c":
        g = g.real
    return g if g.dtype == dtype else g.astype(dtype)


def backward(
    seeds: list[tuple[Any, Any]],
    *,
    lift: Lift | None = None,
    release: bool = False,
    wanted: frozenset[Any] = frozenset(),
    cut: frozenset[Any] = frozenset(),
    within: set[Any] | None = None,
    visit: Visit | None = None,
    probe: Probe | None = None,
) -> dict[Any, Any]:
    """Carry cotangents from the seeds down to the leaves.

    Args:
        seeds: (Node or leaf, cotangent) pairs, cotangents of the target's full shape and dtype.
        lift: gives a node's args and its cotangent as Tensors; None runs the rules on arrays.
        release: drop each node's saved arrays once its rules have run.
        wanted: nodes whose cotangent is to be returned too.
        cut: those of them that the walk does not go beyond.
        within: follow only these parents; None follows all.
        visit: called with each target that has hooks or retains its gradient, and its complete
            cotangent, to change it.
        probe: called with each node, its cotangent and one rule's result, to look at them.

    Returns:
        a dict: leaf (or wanted node) to its cotangent, still lazy.

    Raises:
        GraphError: a node has been freed. InPlaceError: a saved array was written since.
    """
    table: dict[Any, Any] = {}
    result: dict[Any, Any] = {}
    owned: set[Any] = set()
    heap: list[tuple[int, Node]] = []
    visited: list[Node] = []
    masked: set[Any] | None = None
    for target, g in seeds:
        if target in table:
            _add(table, owned, target, g, lift is None)
        else:
            table[target] = g
            if type(target) is Node:
                heappush(heap, (-target.order, target))
    held = heappop(heap) if heap else None
    node: Any = None
    try:
        while held is not None or heap:
            # The first new parent is held back and exchanged for the youngest: in a chain, itself.
            node = heappop(heap)[1] if held is None else heappushpop(heap, held)[1]
            held = None
            g = table.pop(node)
            op = node.op
            args = node.args
            params = node.params
            shape = node.shape
            meta = node.meta
            if meta is not None and visit is not None and (meta.hooks or meta.retain):
                g = visit(node, g)
            if wanted and node in wanted:
                result[node] = g
                if node in cut:
                    continue
            if args is None:
                raise GraphError(freed_sentence(node))
            pointwise = op.pointwise
            if not pointwise and g.shape != shape:
                g = spread(g, shape)
            if release and (within is None or not within.isdisjoint(node.parents)):
                visited.append(node)
            parents = node.parents
            unused = masked is not None and node in masked
            if unused or (op.masks and (op.masks is True or op.masks(params))):
                masked = set() if masked is None else masked
                masked.update(parents)
            saved = args
            if lift is not None:
                args, g = lift(node, g)
            joint: Any = None
            terms: Any = op.rules
            mine: Any = None
            if op.special:
                if lift is None and probe is None:
                    if op.adds is not None and _added(node, g, table, owned, within):
                        continue
                    if op.consumes is not None and meta is None and node in owned:
                        mine = None if node in wanted else op.consumes(g, **params)
                joint = op.joint
                if mine is not None:
                    joint = terms = mine
                elif joint is None:
                    terms = op.rules_for(len(parents))
                else:
                    terms = joint(g, *args) if params is None else joint(g, *args, **params)
            count = len(parents)
            i = 0
            for parent in parents:
                term = terms[i]
                i += 1
                if parent is None:
                    continue
                is_node = type(parent) is Node
                if is_node:
                    to = parent.shape
                    dtype = parent.dtype
                else:
                    to = parent._value.shape
                    dtype = parent._value.dtype
                    if parent._written > node.order:
                        _refuse_written(node, parent, saved[i])
                if term is None or (within is not None and parent not in within):
                    if is_node and parent.op.view:
                        _check_views(node, parent, saved[i])
                    continue
                if joint is not None:
                    gi = term
                elif params is not None:
                    gi = term(g, *args, **params)
                elif count == 1:
                    gi = term(g, args[0], args[1])
                elif count == 2:
                    gi = term(g, args[0], args[1], args[2])
                else:
                    gi = term(g, *args)
                if unused:
                    gi = without_nan(gi, g) if pointwise else _without_nan_in_slices(gi, g, node)
                if probe is not None:
                    probe(node, g, gi)
                if pointwise:
                    if to != shape:
                        gi = unbroadcast(spread(gi, shape), to)
                elif gi.shape != to:
                    gi = _fitted(gi, to, node)
                if gi.dtype is not dtype:
                    gi = cast(gi, dtype)
                if parent in table:
                    _add(table, owned, parent, gi, lift is None)
                else:
                    table[parent] = gi
                    if is_node:
                        if held is None:
                            held = (-parent.order, parent)
                        else:
                            heappush(heap, (-parent.order, parent))
            if mine is not None and table.get(parents[0]) is g:
                owned.add(parents[0])
    except np.linalg.LinAlgError as error:
        if isinstance(error, AutogradError):
            raise
        raise MatrixError(_no_derivative(node, "backward", error)) from error
    except (TypeError, AttributeError) as error:
        if isinstance(error, AutogradError) or node is None or not _is_rules_fault(error):
            raise
        raise DTypeError(_failing_rule(node, error)) from error
    for leaf, g in table.items():
        if lift is None and not isinstance(g, (np.ndarray, np.generic)):
            raise GraphError(_reads_unsaved(seeds))
        meta = leaf._meta
        result[leaf] = g if meta is None or visit is None or not meta.hooks else visit(leaf, g)
    # Freeing waits for the end, so an error on the way leaves the graph whole.
    for node in visited:
        node.args = None
    return result


def _no_derivative(node: Node, where: str, error: Exception) -> str:
    return f"{node.op.name} ({where}): {str(error).rstrip('.')}; there is no derivative there."


def _is_rules_fault(error: BaseException) -> bool:
    """Whether an exception that reached ``backward`` came out of a rule, not out of a hook."""
    below = error.__traceback__ and error.__traceback__.tb_next
    return below is None or not below.tb_frame.f_globals["__name__"].endswith(".cotangent")


def _failing_rule(node: Node, error: Exception) -> str:
    op = node.op
    saved = repr(op.saves) if op.saves else "nothing"
    return (
        f"{op.name} (backward): its rule failed ({error}); a rule takes (g, out, *inputs, "
        f"**params) and may read values only of what saves= names, which is {saved}; name there "
        "what it reads."
    )


def _reads_unsaved(seeds: list[tuple[Any, Any]]) -> str:
    """Name the op whose rule has used a leaf that its node does not keep."""
    for node in reversed(collect([target for target, _ in seeds])):
        unsaved = [a for a, p in zip((node.args or ())[1:], node.parents, strict=False) if a is p]
        if node.op.joint is None and any(a is not None and type(a) is not Node for a in unsaved):
            for rule, parent in zip(
                node.op.rules_for(len(node.parents)), node.parents, strict=True
            ):
                if rule is None or parent is None:
                    continue
                args = node.args or ()
                found = rule(np.ones(node.shape, node.dtype), *args, **(node.params or {}))
                if not isinstance(found, (np.ndarray, np.generic)):
                    return _failing_rule(node, TypeError("it gave a Tensor for arrays"))
    return "backward: a rule or a hook gave a Tensor for arrays; give an array."


def _add(table: dict[Any, Any], owned: set[Any], target: Any, g: Any, arrays: bool) -> None:
    """Add g to target's cotangent: never into an array that a rule returned, it may be shared."""
    before = table[target]
    if target in owned and before.shape == g.shape:
        # The running sum is the walk's own array, so later terms may be added in place.
        before += g
    else:
        total = table[target] = before + g
        if arrays and type(total) is np.ndarray:
            owned.add(target)


def _added(
    node: Node, g: Any, table: dict[Any, Any], owned: set[Any], within: set[Any] | None
) -> bool:
    """Add the cotangent of node's input to its sum in place, if that is the walk's own array."""
    parent = node.parents[0]
    total = table.get(parent) if parent in owned else None
    if type(total) is not np.ndarray or (within is not None and parent not in within):
        return False
    if type(parent) is Node:
        if total.shape != parent.shape:
            return False
    elif total.shape != parent._value.shape or parent._written > node.order:
        return False
    adds: Any = node.op.adds
    return bool(adds(total, g, **(node.params or {})))


def without_nan(gi: Any, g: Any) -> Any:
    """gi, 0 instead of NaN where g is 0: for a g that means "not used" there, 0·inf is 0."""
    bad = np.isnan(gi)
    return np.where(bad & (g == 0), 0, gi) if bad.any() else gi


def _without_nan_in_slices(gi: Any, g: Any, node: Node) -> Any:
    """``without_nan`` for a rule that mixes entries: where all g of a slice that it mixes is 0."""
    bad = False if isinstance(gi, Bundle) else np.isnan(gi)
    if not np.any(bad):
        return gi
    parts = g if isinstance(g, Bundle) else (g,)
    if all(x is None or not np.any(x != 0) for x in parts):
        return np.where(bad, 0, gi)
    mixes = node.op.mixes
    if mixes is None:
        return gi
    ndim = len(gi.shape)
    axes = tuple(i % ndim for i in mixes(node.params or {}, ndim))
    if len(axes) == ndim:
        return gi
    idle: Any = np.asarray(g == 0)
    if idle.ndim == ndim:
        idle = idle.all(axis=axes, keepdims=True)
    elif axes:
        idle = np.expand_dims(idle, axes)
    return np.where(bad & idle, 0, gi)


def _fitted(g: Any, shape: tuple[int, ...], node: Node) -> Any:
    g = unbroadcast(g, shape)
    if len(g.shape) > len(shape) or any(
        n not in (1, m) for n, m in zip(g.shape[::-1], shape[::-1], strict=False)
    ):
        raise ShapeError(
            f"{node.op.name} (backward): a rule returned shape {g.shape} for an input of shape "
            f"{shape}; a rule must return an array that broadcasts to its input's shape."
        )
    return g


def freed_sentence(node: Node) -> str:
    """Why a freed node cannot be walked again."""
    return (
        f"backward: the saved arrays of this graph (at {node.op.name}, shape {node.shape}) were "
        "freed by an earlier backward; pass retain_graph=True to that earlier call, or build the "
        "graph again."
    )


def _check_views(node: Node, view: Any, saved: Any) -> None:
    """The view that a node has kept, if the walk does not come to where it was made itself."""
    if type(saved) is Node:
        return
    below = view
    while type(below) is Node and below.op.view and below.parents[0] is not None:
        below = below.parents[0]
    if type(below) is not Node and below._written > node.order:
        _refuse_written(node, below, saved)


def _refuse_written(node: Node, leaf: Any, saved: Any) -> None:
    if saved is leaf and not node.op.view:
        return
    who = f"{leaf.name!r} " if leaf.name else ""
    raise InPlaceError(
        f"{node.op.name} (backward): its input {who}of shape {leaf.shape} was written in place "
        "after it was used, so the gradient would be wrong; call backward() before the write, or "
        "write into a copy."
    )


def forward(
    nodes: list[Node],
    tangents: dict[Any, Any],
    *,
    lift: Lift,
    raw: bool,
    apply: Any,
    vjp: Any,
    probe: Any = None,
) -> dict[Any, Any]:
    """Carry tangents of leaves and nodes forward through nodes (oldest first).

    Args:
        tangents: per leaf or node, a tangent of its shape and dtype; written into.
        lift, raw: as in ``backward``; raw runs rules on arrays.
        apply: the engine's ``apply``, to run a linear op on tangents.
        vjp: ``vjp(node, i, args, t, raw, used)``, the transpose of rule i at t, for ops that are
            neither; of several outputs it is told the numbers of those that are used.
        probe: called with each node, the tangents of its inputs and its own, to look at them.
    """
    used = used_outputs(nodes)
    for node in nodes:
        if node in tangents:
            continue
        incoming = [None if p is None else tangents.get(p) for p in node.parents]
        if all(t is None for t in incoming):
            continue
        if node.args is None:
            raise GraphError(freed_sentence(node))
        args = node.args
        if not raw:
            args, incoming = lift(node, incoming)
        t = tangents[node] = pushed(node, incoming, args, raw, apply, vjp, used.get(node))
        if probe is not None:
            probe(node, incoming, t)
    return tangents


def pushed(
    node: Node,
    incoming: list[Any],
    args: tuple[Any, ...],
    raw: bool,
    apply: Any,
    vjp: Any,
    used: set[int] | None = None,
) -> Any:
    """The tangent of a node's output, for tangents of its inputs (None where there is none)."""
    op, params = node.op, node.params or {}
    if op.jvp is not None:
        total = op.jvp(incoming, *args, **params)
        return _full(total, node)
    call = op.forward if raw else (lambda *xs, **ps: apply(op, xs, ps))
    if op.linear == "joint":
        xs = [
            np.zeros(getattr(a, "shape", ()), node.dtype) if t is None else t
            for t, a in zip(incoming, args[1:], strict=True)
        ]
        return _full(call(*xs, **params), node)
    total = None
    for i, t in enumerate(incoming):
        if t is None:
            continue
        rule = None if op.joint is not None else op.rules_for(len(incoming))[i]
        if op.pointwise and rule is not None:
            # No tangent, no change, however steep the slope.
            term = without_nan(rule(t, *args, **params), t)
        elif op.linear == "each":
            term = call(*args[1 : i + 1], t, *args[i + 2 :], **params)
        else:
            if op.masks is True or (op.masks and op.masks(node.params)):
                t = _of_the_used(t, node, i, args)
            try:
                term = vjp(node, i, args, t, raw, used)
            except np.linalg.LinAlgError as error:
                if isinstance(error, AutogradError):
                    raise
                raise MatrixError(_no_derivative(node, "forward mode", error)) from error
        total = term if total is None else total + term
    return _full(total, node)


def _of_the_used(t: Any, node: Node, i: int, args: tuple[Any, ...]) -> Any:
    """The tangent t of input i, 0 where it is NaN and the op does not use the entry."""
    bad = np.isnan(t)
    if node.op.joint is not None or not bad.any():
        return t
    rule: Any = node.op.rules_for(len(node.parents))[i]
    used = rule(np.ones(node.shape, node.dtype), *args, **(node.params or {})) != 0
    return np.where(bad & ~np.asarray(used), 0, t)


def _full(t: Any, node: Node) -> Any:
    t = t if t.dtype == node.dtype else cast(t, node.dtype)
    return t if t.shape == node.shape else np.broadcast_to(t, node.shape)
