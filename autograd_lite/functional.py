"""Derivatives of functions, and of graphs already recorded.

Every transform runs the function once on fresh inputs that are recorded, then walks the graph.
A fresh input stands for the caller's: a leaf when that is an array, an ``identity`` node when it
is a Tensor of an outer computation, so the outer graph stays connected and transforms nest: the
inner derivative is taken at the fresh input only, so levels cannot be confused.

Arrays in, arrays out. Where the result also depends on something an outer transform is
differentiating (passed in, or closed over), it is a Tensor, and the rules' own operations are
recorded.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import mode, walk
from .cotangent import conjugated, run_backward, seed_of, settle, target_of, visit_hooks
from .errors import ArgumentError, DTypeError, GraphError, ShapeError
from .node import Node
from .op import OPS
from .ops.elementwise import ANY
from .primitive import elementwise
from .tensor import Tensor, apply, apply1, check_tensor, lift, plain_tensor
from .tree import flatten, structure

identity = elementwise(
    "identity", lambda x: x, lambda g, out, x: g,
    samples=ANY, doc="""x itself, as a new node. Derivative: g.""",
)  # fmt: skip

Function = Callable[..., Any]


class Trace:
    """One recorded run of a function: its fresh inputs, its output, what it depends on."""

    def __init__(self, function: Function, args: Sequence[Any], argnums: Sequence[int]) -> None:
        self.outer = mode.state.recording
        self.nested = mode.state.depth > 0
        self.given: list[Any] = []
        self.rebuilds = []
        fresh = list(args)
        self.fresh: list[Tensor] = []
        self.any_tensor = any(isinstance(x, Tensor) for a in args for x in flatten(a)[0])
        with mode.enable_grad():
            mode.state.depth += 1
            try:
                for i in argnums:
                    leaves, rebuild = flatten(args[i])
                    inputs = [fresh_input(x) for x in leaves]
                    self.given += leaves
                    self.fresh += inputs
                    self.rebuilds.append((len(leaves), rebuild))
                    fresh[i] = rebuild(inputs)
                out = function(*fresh)
            finally:
                mode.state.depth -= 1
        leaves, self.rebuild_out = flatten(out)
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
        if self.any_tensor:
            return plain_tensor(tensor._data)
        return tensor._data

    def results(self, gradients: Sequence[Any], create: bool) -> list[Any]:
        """Per argument, a tree of results in the form of the inputs."""
        leaves = [
            _in_form(settle(g, t.shape), x, create)
            for g, t, x in zip(gradients, self.fresh, self.given, strict=True)
        ]
        trees, start = [], 0
        for count, rebuild in self.rebuilds:
            trees.append(rebuild(leaves[start : start + count]))
            start += count
        return trees


def pull(
    pairs: list[tuple[Any, Any]],
    targets: list[Any],
    nodes: list[Node],
    create: bool,
    cut: frozenset[Any] = frozenset(),
) -> list[Any]:
    """Cotangents of targets for (root, cotangent) pairs; zeros where nothing arrives."""
    wanted = frozenset(targets)
    within = walk.useful(nodes, set(targets))
    pairs = [(root, s) for root, s in pairs if root in within]
    options: dict[str, Any] = {
        "wanted": wanted,
        "cut": cut,
        "within": within,
        "visit": visit_hooks,
    }
    if create:
        with mode.enable_grad():
            found = run_backward(pairs, lift=lift, **options)
    else:
        found = run_backward(pairs, **options)
    return [found[t] if t in found else np.zeros(t.shape, t.dtype) for t in targets]


def fresh_input(x: Any) -> Tensor:
    """A recorded stand-in for one input of a function."""
    if isinstance(x, Tensor):
        if x._is_tracked():
            out = apply1(OPS["identity"], x)
        else:
            out = plain_tensor(x._data)
            out.requires_grad = True
        if x.name:
            out.name = x.name
        return out
    if isinstance(x, complex | float) and not isinstance(x, np.generic):
        x = np.asarray(x)[()]
    array = x if isinstance(x, (np.ndarray, np.generic)) else np.asarray(x)
    if array.dtype.kind not in "fc":
        raise DTypeError(
            f"grad: got an input of dtype {array.dtype}, expected floating or complex numbers; "
            "write 1.0 or dtype=float."
        )
    out = plain_tensor(array[()] if array.ndim == 0 else array)
    out._requires_grad = True
    return out


def _in_form(g: Any, given: Any, create: bool) -> Any:
    if create and isinstance(g, Tensor):
        return g
    if isinstance(given, Tensor):
        return g if isinstance(g, Tensor) else plain_tensor(np.array(g)[()] if g.ndim == 0 else g)
    if isinstance(g, Tensor):
        g = g._data
    if isinstance(given, np.ndarray):
        return np.array(g)
    return g[()]


def _nums(argnums: int | Sequence[int], count: int, who: str) -> list[int]:
    nums = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in nums:
        if not isinstance(i, int) or not -count <= i < count:
            raise ArgumentError(
                f"{who}: got argnums={argnums!r} for a call with {count} positional arguments; "
                f"expected 0 to {count - 1}."
            )
    return [i % count for i in nums]


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives f's value and its gradient, from one run.

    Args, Raises: as ``grad``.

    >>> import autograd_lite as ag
    >>> ag.value_and_grad(lambda x: x**3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        nums = _nums(argnums, len(args), "grad")
        trace = Trace(functools.partial(f, **kwargs), args, nums)
        out = trace.scalar("grad")
        create = trace.create
        seed = seed_of(out, None, "grad", "gradient") if out.dtype.kind in "fc" else np.float64(1)
        grads = trace.results(trace.pull([seed], create), create)
        value = trace.returned(out, create)
        return value, grads[0] if isinstance(argnums, int) else tuple(grads)

    return value_and_gradient


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives the gradient of f, a function with one real scalar output.

    Args:
        f: takes arrays, Tensors, numbers, or dicts, lists and tuples of them.
        argnums: the position to differentiate at; a tuple gives a tuple of gradients.

    Returns:
        a function of f's arguments; gradients have the form, shape and dtype of the inputs. For
        complex inputs the gradient is ∂f/∂Re + i ∂f/∂Im.

    Raises:
        ShapeError: f's output is not a scalar. DTypeError: an input is not floating.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 3.0)
    (np.float64(3.0), np.float64(2.0))
    >>> ag.grad(ag.grad(ag.sin))(0.5) == -ag.sin(0.5).data
    np.True_
    """
    both = value_and_grad(f, argnums)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """f's output, and the pullback: from a cotangent of the output to those of the inputs.

    Returns:
        (out, pullback); ``pullback(v)`` gives a tuple, one cotangent per primal, and may be
        called any number of times. v has the form of out. For real numbers Jᵀv; complex
        cotangents are ∂L/∂Re + i ∂L/∂Im on both sides.

    >>> import numpy as np, autograd_lite as ag
    >>> out, pullback = ag.vjp(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pullback(np.array([1.0, 10.0]))
    (array([ 2., 40.]),)
    """
    trace = Trace(f, primals, range(len(primals)))
    out = trace.rebuild_out([trace.returned(t, trace.create) for t in trace.outs])

    def pullback(v: Any) -> tuple[Any, ...]:
        cotangents, _ = flatten(v)
        if len(cotangents) != len(trace.outs):
            raise ArgumentError(
                f"vjp: got a cotangent of the form {structure(v)}, expected that of the output, "
                f"{structure(out)}."
            )
        seeds = [seed_of(t, c, "vjp", "v") for t, c in zip(trace.outs, cotangents, strict=True)]
        create = trace.create or _any_tracked(cotangents)
        return tuple(trace.results(trace.pull(seeds, create), create))

    return out, pullback


def _any_tracked(values: Sequence[Any]) -> bool:
    return mode.state.recording and any(isinstance(v, Tensor) and v._is_tracked() for v in values)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f's output, and its derivative along tangents: forward mode.

    Args:
        primals: a tuple of f's arguments. tangents: a tuple of the same form and shapes.

    Returns:
        (out, out_tangent), both in the form of f's output; J·t, for complex numbers too.

    >>> import autograd_lite as ag
    >>> ag.jvp(ag.sin, (0.0,), (2.0,))
    (np.float64(0.0), np.float64(2.0))
    """
    primals, tangents = tuple(primals), tuple(tangents)
    trace = Trace(f, primals, range(len(primals)))
    directions = _directions(trace, tangents, primals, "jvp")
    create = trace.create or _any_tracked(flatten(tangents)[0])
    pushed = push(trace, directions, create)
    out = [trace.returned(t, create) for t in trace.outs]
    given = Tensor(0.0) if trace.any_tensor else 0.0
    slopes = [
        _in_form(t, given if o.ndim == 0 or trace.any_tensor else o._data, create)
        for t, o in zip(pushed, trace.outs, strict=True)
    ]
    return trace.rebuild_out(out), trace.rebuild_out(slopes)


def _directions(trace: Trace, tangents: Any, primals: Any, who: str) -> list[Any]:
    leaves, _ = flatten(tangents)
    if len(leaves) != len(trace.fresh):
        raise ArgumentError(
            f"{who}: got tangents of the form {structure(tangents)}, expected that of the "
            f"primals, {structure(primals)}."
        )
    out = []
    for t, x in zip(leaves, trace.fresh, strict=True):
        t = (
            t
            if isinstance(t, Tensor) and t._is_tracked()
            else np.asarray(t._data if isinstance(t, Tensor) else t)
        )
        if t.shape != x.shape:
            raise ShapeError(
                f"{who}: got a tangent of shape {t.shape} for a primal of shape {x.shape}; they "
                "must be equal."
            )
        out.append(walk.cast(t, x.dtype))
    return out


def push(trace: Trace, directions: list[Any], create: bool) -> list[Any]:
    """Tangents of the outputs for tangents of the fresh inputs."""
    table = dict(zip(trace.targets, directions, strict=True))
    switch = mode.enable_grad if create else mode.no_grad
    with np.errstate(all="ignore"), switch():
        walk.forward(trace.nodes, table, lift=lift, raw=not create, apply=apply, vjp=_transposed)
    zeros = [np.zeros(t.shape, t.dtype) for t in trace.outs]
    return [
        table.get(t._node or t, z) if t._is_tracked() else z
        for t, z in zip(trace.outs, zeros, strict=True)
    ]


def _transposed(node: Node, i: int, args: tuple[Any, ...], t: Any) -> Any:
    """J·t of input i, from its rule alone: the rule is linear in g, so transpose it."""
    g = plain_tensor(np.zeros(node.shape, node.dtype))
    g.requires_grad = True
    params = node.params or {}
    with mode.enable_grad():
        if node.op.joint is not None:
            pulled = node.op.joint(g, *args, **params)[i]
        else:
            rule = node.op.rules_for(len(node.parents))[i]
            assert rule is not None
            pulled = rule(g, *args, **params)
        if not isinstance(pulled, Tensor) or not pulled._is_tracked():
            return np.zeros(node.shape, node.dtype)
        pulled = walk.unbroadcast(pulled, t.shape)
        if pulled.shape != t.shape:
            pulled = np.broadcast_to(pulled, t.shape)
        root = target_of(pulled, "jvp")
        create = isinstance(t, Tensor) or any(isinstance(a, Tensor) for a in args)
        out = pull([(root, walk.cast(t, pulled.dtype))], [g], walk.collect([root]), create)[0]
    return walk.spread(out, node.shape)


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives f's Jacobian: an array of shape out.shape + in.shape.

    For pytrees, the form of the output with the form of the input in each place. Rows by reverse
    mode when there are fewer outputs than inputs, else columns by forward mode. Of a complex
    function it is the complex derivative, which means that f must be holomorphic.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @functools.wraps(f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        nums = _nums(argnums, len(args), "jacobian")
        trace = Trace(functools.partial(f, **kwargs), args, nums)
        create = trace.create
        real_to_complex = any(t.dtype.kind == "c" for t in trace.outs) and any(
            t.dtype.kind != "c" for t in trace.fresh
        )
        many = sum(t.size for t in trace.outs) > sum(t.size for t in trace.fresh)
        make = _by_columns if many or real_to_complex else _by_rows
        blocks = make(trace, create)
        rows = []
        for i, out in enumerate(trace.outs):
            leaves = [
                _in_form(
                    _shaped(blocks[i][j], (*out.shape, *x.shape)), _sample(given, x, out), create
                )
                for j, (x, given) in enumerate(zip(trace.fresh, trace.given, strict=True))
            ]
            trees, start = [], 0
            for count, rebuild in trace.rebuilds:
                trees.append(rebuild(leaves[start : start + count]))
                start += count
            rows.append(trees[0] if isinstance(argnums, int) else tuple(trees))
        return trace.rebuild_out(rows)

    return jacobian_of_f


def _sample(given: Any, x: Tensor, out: Tensor) -> Any:
    # A number stays a number only where the Jacobian is one too.
    return given if isinstance(given, Tensor) or (x.ndim == 0 and out.ndim == 0) else x.data


def _shaped(block: Any, shape: tuple[int, ...]) -> Any:
    return block.reshape(shape)


def _by_rows(trace: Trace, create: bool) -> list[list[Any]]:
    blocks = []
    for i, out in enumerate(trace.outs):
        rows: list[list[Any]] = [[] for _ in trace.fresh]
        for k in range(out.size):
            seeds = [np.zeros(t.shape, t.dtype) for t in trace.outs]
            seeds[i].reshape(-1)[k] = 1
            for j, g in enumerate(trace.pull([seeds[i]] if len(seeds) == 1 else seeds, create)):
                g = walk.spread(g, trace.fresh[j].shape)
                if out.dtype.kind != "c":
                    g = conjugated(g)
                rows[j].append(g)
        blocks.append([_stacked(r, create, x, 0) for r, x in zip(rows, trace.fresh, strict=True)])
    return blocks


def _by_columns(trace: Trace, create: bool) -> list[list[Any]]:
    columns: list[list[list[Any]]] = [[[] for _ in trace.fresh] for _ in trace.outs]
    for j, x in enumerate(trace.fresh):
        for k in range(x.size):
            directions = [np.zeros(t.shape, t.dtype) for t in trace.fresh]
            directions[j].reshape(-1)[k] = 1
            for i, t in enumerate(push(trace, directions, create)):
                columns[i][j].append(t)
    return [
        [_stacked(c, create, out, -1) for c in row]
        for row, out in zip(columns, trace.outs, strict=True)
    ]


def _stacked(parts: list[Any], create: bool, like: Tensor, axis: int) -> Any:
    if not parts:
        return np.zeros((0,), like.dtype)
    return np.stack(parts, axis=axis) if create else np.stack([np.asarray(p) for p in parts], axis)


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives the matrix of second derivatives of f, of shape in.shape + in.shape.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, primals: Any, vectors: Any) -> Any:
    """The Hessian of f times vectors, without the Hessian: about the cost of two gradients.

    Args:
        primals: a tuple of f's arguments (or the only argument). vectors: of the same form.

    Returns:
        the product, in the form of primals.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.hvp(lambda x: (x**3).sum(), (np.array([1.0, 2.0]),), (np.array([1.0, 1.0]),))
    (array([ 6., 12.]),)
    """
    single = not isinstance(primals, tuple)
    args = (primals,) if single else primals
    given = (vectors,) if single else tuple(vectors)
    trace = Trace(f, args, range(len(args)))
    out = trace.scalar("hvp")
    directions = _directions(trace, given, args, "hvp")
    gradients_of_f = trace.pull([seed_of(out, None, "hvp", "gradient")], True)
    pairs = [
        (target_of(g, "hvp"), conjugated(v))
        for g, v in zip(gradients_of_f, directions, strict=True)
        if isinstance(g, Tensor) and g._is_tracked()
    ]
    pairs = [(root, walk.spread(v, root.shape)) for root, v in pairs] if pairs else []
    create = trace.create or _any_tracked(flatten(given)[0])
    nodes = walk.collect([root for root, _ in pairs])
    products = pull(pairs, trace.targets, nodes, create)
    trees = trace.results(products, create)
    return trees[0] if single else tuple(trees)


def gradients(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    create_graph: bool = False,
    retain_graph: bool | None = None,
) -> Any:
    """Gradients of outputs in inputs, of a graph already recorded; no ``.grad`` is written.

    Args:
        outputs: a Tensor, or a list of them (their contributions add up).
        inputs: a Tensor or a list of them, leaves or recorded results.
        grad_outputs: cotangents of the outputs; may be None for real scalars.
        create_graph: record the computation, so the result can be differentiated again.
        retain_graph: keep the saved arrays; as create_graph if None.

    Returns:
        a Tensor, or a list of them, of the inputs' shapes and dtypes; zeros for an input that the
        outputs do not depend on.

    Raises:
        GraphError: nothing was recorded, an input is not tracked, or the graph was freed.
        ShapeError: grad_outputs is missing for a non-scalar, or of another shape.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor(3.0, requires_grad=True)
    >>> slope = ag.gradients(x**3, x, create_graph=True)
    >>> slope, ag.gradients(slope, x)
    (Tensor(27., op=multiply), Tensor(18.))
    """
    outs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    ins = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    seeds_given = (
        list(grad_outputs)
        if isinstance(grad_outputs, (list, tuple))
        else [grad_outputs] * len(outs)
    )
    if len(seeds_given) != len(outs):
        raise ArgumentError(
            f"gradients: got {len(seeds_given)} grad_outputs for {len(outs)} outputs."
        )
    pairs = [
        (
            target_of(check_tensor(t, "gradients"), "gradients"),
            seed_of(t, s, "gradients", "grad_outputs"),
        )
        for t, s in zip(outs, seeds_given, strict=True)
    ]
    targets = []
    for x in ins:
        if not check_tensor(x, "gradients")._is_tracked():
            raise GraphError(
                f"gradients: got an input of shape {x.shape} that does not require grad; set "
                "requires_grad=True before it is used."
            )
        targets.append(x._node or x)
    nodes = walk.collect([root for root, _ in pairs])
    found = pull(pairs, targets, nodes, create_graph)
    if not (create_graph if retain_graph is None else retain_graph):
        for node in nodes:
            node.args = None
    results = [
        _as_tensor(settle(g, x.shape), create_graph) for g, x in zip(found, ins, strict=True)
    ]
    return results if isinstance(inputs, (list, tuple)) else results[0]


def _as_tensor(g: Any, create: bool) -> Tensor:
    if isinstance(g, Tensor):
        return g
    return plain_tensor(g if isinstance(g, np.generic) else np.array(g))


def stop_gradient(x: Any) -> Any:
    """x (or each leaf of a pytree) as a constant: the same values, cut off from its graph.

    >>> import autograd_lite as ag
    >>> ag.grad(lambda x: x * ag.stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    leaves, rebuild = flatten(x)
    return rebuild([t.detach() if isinstance(t, Tensor) else t for t in leaves])
