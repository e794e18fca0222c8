"""One recorded run of a function, and the walks over it: what every transform is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from . import anomaly, mode, walk
from .bundle import Bundle
from .cotangent import run_backward, settle, target_of, visit_hooks
from .errors import DTypeError, ShapeError
from .many import forward_many, portions
from .node import Node
from .op import OPS
from .ops.elementwise import ANY
from .primitive import elementwise
from .tensor import Tensor, apply, apply1, picked, plain_tensor, wrap
from .tree import flatten, paths

identity = elementwise(
    "identity", lambda x: x, lambda g, out, x: g,
    samples=ANY, doc="""x itself, as a new node. Derivative: g.""",
)  # fmt: skip

# A write to what it stands for, after it was used, falsifies what was computed from it.
identity.op.view = True

Function = Callable[..., Any]


class Trace:
    """One recorded run of a function: its fresh inputs, its output, what it depends on."""

    def __init__(
        self,
        function: Function,
        args: Sequence[Any],
        argnums: Sequence[int],
        *,
        keep: bool = False,
    ) -> None:
        self.outer = mode.state.recording
        self.nested = mode.state.depth > 0
        self.given: list[Any] = []
        self.rebuilds = []
        unique = list(dict.fromkeys(argnums))
        self.positions = [unique.index(i) for i in argnums]
        fresh = list(args)
        self.fresh: list[Tensor] = []
        self.any_tensor = any(isinstance(x, Tensor) for a in args for x in flatten(a)[0])
        with mode.enable_grad(), mode.transform():
            for i in unique:
                leaves, rebuild = flatten(args[i])
                try:
                    inputs = [fresh_input(x, copy=keep) for x in leaves]
                except DTypeError:
                    raise _not_floating(leaves, paths(args[i], f"argument {i}")) from None
                self.given += leaves
                self.fresh += inputs
                self.rebuilds.append((len(leaves), rebuild))
                fresh[i] = rebuild(inputs)
            out = function(*fresh)
        leaves, self.rebuild_out = flatten(out)
        for x in leaves:
            if not isinstance(x, (Tensor, np.ndarray, np.generic, int, float, complex)):
                raise DTypeError(
                    f"grad: got a function that returned {type(x).__name__}, expected Tensors, "
                    "arrays or numbers; is a return missing?"
                )
        self.outs = [x if isinstance(x, Tensor) else plain_tensor(np.asarray(x)) for x in leaves]
        self.targets = [t._node or t for t in self.fresh]
        self.roots = [t._node or t for t in self.outs if t._is_tracked()]
        self.nodes = walk.collect(self.roots)
        self.foreign = self._depends_on_others()

    def _depends_on_others(self) -> bool:
        own = set(self.targets)
        found = {r for r in self.roots if type(r) is not Node}
        for node in self.nodes:
            found.update(p for p in node.parents if p is not None and type(p) is not Node)
        return not found <= own

    @property
    def create(self) -> bool:
        """Whether derivatives must themselves be recorded."""
        return self.foreign and self.outer and (self.any_tensor or self.nested)

    def scalar(self, who: str) -> Tensor:
        """The only output, a real scalar."""
        if len(self.outs) != 1 or self.outs[0].size != 1:
            shapes = ", ".join(str(t.shape) for t in self.outs) or "nothing"
            raise ShapeError(
                f"{who}: got a function whose output has shape {shapes}, expected one scalar; "
                "reduce it with sum() or mean(), or use jacobian or vjp."
            )
        return self.outs[0]

    def pull(self, seeds: Sequence[Any], create: bool) -> list[Any]:
        """Cotangents of the fresh inputs (in the walk's convention) for those of the outputs."""
        pairs = [
            (t._node or t, s) for t, s in zip(self.outs, seeds, strict=True) if t._is_tracked()
        ]
        return pull(pairs, self.targets, self.nodes, create)

    def returned(self, tensor: Tensor, create: bool) -> Any:
        """An output as the caller gets it."""
        if create:
            return tensor
        # A copy: the graph may keep this array, or the caller may have passed it in.
        data = tensor._value.copy() if type(tensor._value) is np.ndarray else tensor._value
        return plain_tensor(data) if self.any_tensor else data

    def results(self, gradients: Sequence[Any], create: bool) -> list[Any]:
        """Per argument, a tree of results in the form of the inputs."""
        leaves = [
            in_form(settle(g, t.shape), x, create)
            for g, t, x in zip(gradients, self.fresh, self.given, strict=True)
        ]
        return self.trees(leaves)

    def trees(self, leaves: Sequence[Any]) -> list[Any]:
        """Per argument asked for, the tree of its leaves, given those of all fresh inputs."""
        trees, start = [], 0
        for count, rebuild in self.rebuilds:
            trees.append(rebuild(list(leaves[start : start + count])))
            start += count
        return [trees[i] for i in self.positions]


def pull(
    pairs: list[tuple[Any, Any]],
    targets: list[Any],
    nodes: list[Node],
    create: bool,
    cut: frozenset[Any] = frozenset(),
    release: bool = False,
) -> list[Any]:
    """Cotangents of targets for (root, cotangent) pairs; zeros where nothing arrives."""
    wanted = frozenset(targets)
    within = walk.useful(nodes, set(targets))
    if not create:
        pairs = [(root, s._value if isinstance(s, Tensor) else s) for root, s in pairs]
    pairs = [(root, s) for root, s in pairs if root in within]
    options: dict[str, Any] = {
        "wanted": wanted,
        "cut": cut,
        "within": within,
        "visit": visit_hooks,
        "release": release,
    }
    if create:
        with mode.enable_grad():
            found = run_backward(pairs, lift=lift, **options)
    else:
        found = run_backward(pairs, **options)
    return [found[t] if t in found else np.zeros(t.shape, t.dtype) for t in targets]


def fresh_input(x: Any, *, copy: bool = False) -> Tensor:
    """A recorded stand-in for one input of a function (copy: of its array, if it is a constant)."""
    if isinstance(x, Tensor):
        if x._is_tracked():
            out: Tensor = apply1(OPS["identity"], x)
        else:
            out = plain_tensor(np.array(x._value) if copy and x.ndim else x._value)
            out._requires_grad = _floating(out)
        if x.name:
            out.name = x.name
        return out
    if isinstance(x, complex | float) and not isinstance(x, np.generic):
        x = np.asarray(x)[()]
    array: Any = x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
    _floating(array)
    out = plain_tensor(array[()] if array.ndim == 0 else np.array(array) if copy else array)
    out._requires_grad = True
    return out


def _floating(x: Any) -> bool:
    if x.dtype.kind not in "fc":
        raise _not_floating([x], ["an input"])
    return True


def _not_floating(leaves: Sequence[Any], names: Iterable[str]) -> DTypeError:
    """The error for the first leaf that has no derivative; names say where each of them is."""
    dtypes = [x.dtype if isinstance(x, Tensor) else np.asarray(x).dtype for x in leaves]
    found = zip(leaves, names, dtypes, strict=True)
    x, name, dtype = next(leaf for leaf in found if leaf[2].kind not in "fc")
    got, cure = f"dtype {dtype}", "write x.astype(float)"
    if dtype.kind not in "biu":
        got = got if hasattr(x, "dtype") else type(x).__name__
        cure = "what is no number goes by keyword, which is not differentiated"
    elif isinstance(x, (int, bool)):
        cure = f"write {float(x)}"
    return DTypeError(f"grad: got {got} as {name}, expected floating or complex numbers; {cure}.")


def in_form(g: Any, given: Any, create: bool) -> Any:
    """A derivative in the form of the input it belongs to: Tensor, array or NumPy scalar."""
    if create and isinstance(g, Tensor):
        shared = type(g._value) is np.ndarray and g._value.base is not None
        return g.copy() if shared else g
    data = np.array(g._value if isinstance(g, Tensor) else g)
    if isinstance(given, Tensor):
        return plain_tensor(data if data.ndim else data[()])
    return data if isinstance(given, np.ndarray) else data[()]


def lift(node: Node, g: Any) -> tuple[tuple[Any, ...], Any]:
    """A node's args and its cotangent (or its inputs' tangents) as Tensors, to record its rules."""
    args = node.args
    assert args is not None
    lifted: list[Any] = [None if args[0] is None else wrap(args[0], node)]
    if node.op.outputs:
        lifted = [picked(args[0], node)]
    for value, parent in zip(args[1:], node.parents, strict=True):
        if parent is None:
            # Methods of ndarray (``array.dot(tensor)``) know no protocol.
            lifted.append(plain_tensor(value) if type(value) is np.ndarray else value)
        elif value is parent:
            lifted.append(value)
        else:
            lifted.append(wrap(value, parent) if type(parent) is Node else parent)
    return tuple(lifted), _as_tensors(g)


def _as_tensors(g: Any) -> Any:
    if isinstance(g, (Bundle, list)):
        return type(g)(_as_tensors(x) for x in g)
    return g if g is None or isinstance(g, Tensor) else plain_tensor(g)


def push(trace: Trace, directions: list[Any], create: bool) -> list[Any]:
    """Tangents of the outputs for tangents of the fresh inputs."""
    return push_to(trace, trace.nodes, trace.outs, directions, create)


def push_to(
    trace: Trace, nodes: list[Node], outs: Sequence[Any], directions: list[Any], create: bool
) -> list[Any]:
    """Tangents of outs, computed by nodes (oldest first), for tangents of the fresh inputs."""
    table = dict(zip(trace.targets, directions, strict=True))
    switch = mode.enable_grad if create else mode.no_grad
    watch = anomaly.Tangents() if mode.state.anomaly else None
    options: dict[str, Any] = {"raw": not create, "apply": apply, "vjp": _transposed}
    with np.errstate(all="ignore"), switch():
        if watch is None:
            walk.forward(nodes, table, lift=lift, **options)
        else:
            with anomaly.watching(lift) as noted:
                walk.forward(nodes, table, lift=noted, probe=watch.probe, **options)
    zeros = [np.zeros(t.shape, t.dtype) for t in outs]
    found = [
        table.get(t._node or t, z) if isinstance(t, Tensor) and t._is_tracked() else z
        for t, z in zip(outs, zeros, strict=True)
    ]
    if watch is not None:
        watch.check(found)
    return found


def push_many(trace: Trace, j: int, unit: complex = 1.0) -> list[Any]:
    """Per output, its tangents for each unit direction of fresh input j, stacked first."""
    x = trace.fresh[j]
    step = portions(trace.nodes, x.size)
    parts: list[list[Any]] = [[] for _ in trace.outs]
    watch = anomaly.Tangents(stacked=True) if mode.state.anomaly else None
    for start in range(0, x.size, step):
        count = min(step, x.size - start)
        units = np.zeros((count, x.size), x.dtype)
        np.fill_diagonal(units[:, start:], unit)
        table = {trace.targets[j]: units.reshape(count, *x.shape)}
        with np.errstate(all="ignore"), mode.no_grad():
            if watch is None:
                forward_many(trace.nodes, table, count, _transposed)
            else:
                with anomaly.watching(None):
                    forward_many(trace.nodes, table, count, _transposed, watch.probe)
        for i, t in enumerate(trace.outs):
            root = t._node or t
            found = table.get(root) if t._is_tracked() else None
            zeros = np.zeros((count, *t.shape), t.dtype)
            parts[i].append(zeros if found is None else found)
    if watch is not None:
        watch.check([x for part in parts for x in part])
    return [
        np.concatenate(p) if p else np.zeros((0, *t.shape), t.dtype)
        for p, t in zip(parts, trace.outs, strict=True)
    ]


def _transposed(
    node: Node, i: int, args: tuple[Any, ...], t: Any, raw: bool, used: set[int] | None = None
) -> Any:
    """J·t of input i, from its rule alone: the rule is linear in g, so transpose it.

    Of several outputs, only those used are asked for: the others may have no derivative there.
    """
    outs = args[0] if node.op.outputs else (node,)
    chosen = [k for k in range(len(outs)) if used is None or k in used]
    cotangents = [plain_tensor(np.zeros(outs[k].shape, outs[k].dtype)) for k in chosen]
    for x in cotangents:
        x._requires_grad = x.dtype.kind in "fc"
    g = _bundled(cotangents, chosen, len(outs)) if node.op.outputs else cotangents[0]
    params = node.params or {}
    with mode.enable_grad():
        if node.op.joint is not None:
            pulled = node.op.joint(g, *args, **params)[i]
        else:
            rule = node.op.rules_for(len(node.parents))[i]
            assert rule is not None
            pulled = rule(g, *args, **params)
        if not isinstance(pulled, Tensor) or not pulled._is_tracked():
            zeros = [np.zeros(x.shape, x.dtype) for x in cotangents]
            return _bundled(zeros, chosen, len(outs)) if node.op.outputs else zeros[0]
        pulled = walk.unbroadcast(pulled, t.shape)
        if pulled.shape != t.shape:
            pulled = np.broadcast_to(pulled, t.shape)
        root = target_of(pulled, "jvp")
        seeds = [(root, walk.cast(t, pulled.dtype))]
        found = pull(seeds, cotangents, walk.collect([root]), not raw)
    spread = [walk.spread(x, like.shape) for x, like in zip(found, cotangents, strict=True)]
    return _bundled(spread, chosen, len(outs)) if node.op.outputs else spread[0]


def _bundled(parts: list[Any], chosen: list[int], count: int) -> Bundle:
    found = dict(zip(chosen, parts, strict=True))
    return Bundle(found.get(k) for k in range(count))
