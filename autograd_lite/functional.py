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
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import mode, walk
from .cotangent import conjugated, real_or_refused, seed_of, settle, target_of
from .errors import ArgumentError, DTypeError, GraphError, ShapeError
from .handle import RENEWED
from .inputs import check_tensor
from .recording import Function, Trace, in_form, pull, push, push_many, push_to
from .tensor import Tensor, plain_tensor
from .tree import flatten, matched, structure


def _nums(argnums: int | Sequence[int], count: int, who: str) -> list[int]:
    nums = [argnums] if isinstance(argnums, int) else list(argnums)
    if nums and not count:
        raise ArgumentError(
            f"{who}: got argnums={argnums!r}, which are positions, for a call with no positional "
            f"argument; pass what to differentiate at by position, {who}(f)(x)."
        )
    for i in nums:
        if not isinstance(i, int) or not -count <= i < count:
            raise ArgumentError(
                f"{who}: got argnums={argnums!r} for a call with {count} positional arguments; "
                f"expected 0 to {count - 1}."
            )
    return [i % count for i in nums]


def _check_argnums(f: Any, argnums: Any, who: str) -> None:
    numbers = argnums if isinstance(argnums, (tuple, list)) else (argnums,)
    if not callable(f) or not all(type(i) is int for i in numbers):
        raise ArgumentError(
            f"{who}: got {type(f).__name__} and argnums={argnums!r}, expected a function and an "
            f"int or a tuple of ints; {who}(f) is a function: call {who}(f)(x)."
        )


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives f's value and its gradient, from one run.

    Args, Raises: as ``grad``.

    >>> import autograd_lite as ag
    >>> ag.value_and_grad(lambda x: x**3)(2.0)
    (np.float64(8.0), np.float64(12.0))
    """

    _check_argnums(f, argnums, "grad")

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        nums = _nums(argnums, len(args), "grad")
        trace = Trace(functools.partial(f, **kwargs), args, nums)
        out = trace.scalar("grad")
        create = trace.create
        seed = seed_of(out, None, "grad", "") if out.dtype.kind in "fc" else np.float64(1)
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
    trace = Trace(f, primals, range(len(primals)), keep=True)
    out = trace.rebuild_out([trace.returned(t, trace.create) for t in trace.outs])

    def pullback(v: Any) -> tuple[Any, ...]:
        cotangents = matched(v, out)
        if cotangents is None:
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
    pairs: tuple[tuple[Any, str], ...] = ((primals, "primals"), (tangents, "tangents"))
    for given, what in pairs:
        if not isinstance(given, (tuple, list)):
            raise ArgumentError(
                f"jvp: got {type(given).__name__} as {what}, expected a tuple, one entry per "
                "argument of f; write (x,)."
            )
    primals, tangents = tuple(primals), tuple(tangents)
    trace = Trace(f, primals, range(len(primals)))
    directions = _directions(trace, tangents, primals, "jvp")
    create = trace.create or _any_tracked(flatten(tangents)[0])
    pushed = push(trace, directions, create)
    out = [trace.returned(t, create) for t in trace.outs]
    number = Tensor(0.0) if trace.any_tensor else 0.0
    slopes = [
        in_form(t, number if o.ndim == 0 or trace.any_tensor else o._value, create)
        for t, o in zip(pushed, trace.outs, strict=True)
    ]
    return trace.rebuild_out(out), trace.rebuild_out(slopes)


def _directions(trace: Trace, tangents: Any, primals: Any, who: str) -> list[Any]:
    leaves = matched(tangents, primals)
    if leaves is None:
        raise ArgumentError(
            f"{who}: got tangents of the form {structure(tangents)}, expected that of the "
            f"primals, {structure(primals)}."
        )
    out = []
    for t, x in zip(leaves, trace.fresh, strict=True):
        t = (
            t
            if isinstance(t, Tensor) and t._is_tracked()
            else np.asarray(t._value if isinstance(t, Tensor) else t)
        )
        if t.shape != x.shape:
            raise ShapeError(
                f"{who}: got a tangent of shape {t.shape} for a primal of shape {x.shape}; they "
                "must be equal."
            )
        out.append(real_or_refused(t, x.dtype, who, "a tangent"))
    return out


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives f's Jacobian: an array of shape out.shape + in.shape.

    For pytrees, the form of the output with the form of the input in each place. Rows by reverse
    mode when there are fewer outputs than inputs, else columns by forward mode, many at once. Of a
    complex function it is the complex derivative, which means that f must be holomorphic; of a real
    function of complex numbers each row is a gradient, ∂/∂Re + i ∂/∂Im.

    Raises:
        DTypeError: a complex function of complex numbers that is not holomorphic.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    return _jacobian(f, argnums, "jacobian")


def _jacobian(f: Function, argnums: int | Sequence[int], who: str) -> Function:
    _check_argnums(f, argnums, who)

    @functools.wraps(f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        nums = _nums(argnums, len(args), who)
        trace = Trace(functools.partial(f, **kwargs), args, nums)
        create = trace.create
        _check_holomorphic(trace, who)
        real_to_complex = any(t.dtype.kind == "c" for t in trace.outs) and any(
            t.dtype.kind != "c" for t in trace.fresh
        )
        wide = sum(t.size for t in trace.outs) >= sum(t.size for t in trace.fresh)
        complex_to_real = create and any(t.dtype.kind == "c" for t in trace.fresh)
        make = _by_columns if (wide and not complex_to_real) or real_to_complex else _by_rows
        blocks = make(trace, create)
        rows = []
        for i, out in enumerate(trace.outs):
            leaves = [
                in_form(_shaped(blocks[i][j], out, x), _sample(given, x, out), create)
                for j, (x, given) in enumerate(zip(trace.fresh, trace.given, strict=True))
            ]
            trees = trace.trees(leaves)
            rows.append(trees[0] if isinstance(argnums, int) else tuple(trees))
        return trace.rebuild_out(rows)

    return jacobian_of_f


def _check_not_written_since(inputs: list[Any], outputs: list[Any]) -> None:
    newest = max((t._node.order for t in outputs if getattr(t, "_node", None)), default=0)
    for x in inputs:
        node = getattr(x, "_node", None)
        if node is not None and getattr(x, "_written", 0) == RENEWED and node.order > newest:
            who = f"{x.name!r} " if x.name else ""
            raise GraphError(
                f"gradients: got a Tensor {who}of shape {x.shape} that was written after the "
                "outputs were computed, and stands for its new value; ask before the write, or "
                "write into a copy."
            )


def _check_holomorphic(trace: Trace, who: str) -> None:
    """Compare the change of complex outputs along a direction and along i times that direction."""
    if not any(t.dtype.kind == "c" for t in trace.outs):
        return
    if not any(t.dtype.kind == "c" for t in trace.fresh):
        return
    rng = np.random.default_rng(0)
    along = [
        rng.standard_normal(t.shape).astype(t.dtype) * (t.dtype.kind == "c") for t in trace.fresh
    ]
    across = [d * 1j if d.dtype.kind == "c" else d for d in along]
    for out, one, two in zip(
        trace.outs, push(trace, along, False), push(trace, across, False), strict=True
    ):
        if out.dtype.kind == "c":
            gap, size = np.abs(two - 1j * one), np.abs(one) + np.abs(two)
            if np.any(gap > np.sqrt(np.finfo(out.dtype).eps) * size):
                raise DTypeError(
                    f"{who}: got a function of complex numbers that is not holomorphic: how it "
                    "changes is no multiple of how its input does, and one complex number for each "
                    "pair cannot tell it; write it as a function of the real and imaginary parts, "
                    "lambda re, im: f(re + 1j * im)."
                )


def _sample(given: Any, x: Tensor, out: Tensor) -> Any:
    # A number stays a number only where the Jacobian is one too.
    return given if isinstance(given, Tensor) or (x.ndim == 0 and out.ndim == 0) else x.data


def _shaped(block: Any, out: Tensor, x: Tensor) -> Any:
    dtype = x.dtype
    if out.dtype.kind == "c" and dtype.kind != "c":
        dtype = np.result_type(dtype, np.complex64)
    block = block.reshape((*out.shape, *x.shape))
    return block if block.dtype == dtype else block.astype(dtype)


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
    if not create:
        stacks = [_pushed_all(trace, j) for j in range(len(trace.fresh))]
        return [[np.moveaxis(stack[i], 0, -1) for stack in stacks] for i in range(len(trace.outs))]
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


def _pushed_all(trace: Trace, j: int) -> list[Any]:
    found = push_many(trace, j)
    if trace.fresh[j].dtype.kind == "c" and any(t.dtype.kind != "c" for t in trace.outs):
        # A real function of a complex input: ∂/∂Re + i ∂/∂Im, as the gradient is.
        turned = push_many(trace, j, 1j)
        found = [
            a if t.dtype.kind == "c" else a + 1j * b
            for a, b, t in zip(found, turned, trace.outs, strict=True)
        ]
    return found


def _stacked(parts: list[Any], create: bool, like: Tensor, axis: int) -> Any:
    if not parts:
        return np.zeros((0,), like.dtype)
    return np.stack(parts, axis=axis) if create else np.stack([np.asarray(p) for p in parts], axis)


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """A function that gives the matrix of second derivatives of f, of shape in.shape + in.shape.

    Raises:
        DTypeError: complex inputs, in which the gradient is not holomorphic.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.hessian(lambda x: x[0] * x[1] ** 2)(np.array([1.0, 2.0]))
    array([[0., 4.],
           [4., 2.]])
    """
    return _jacobian(grad(f, argnums), argnums, "hessian")


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
    pulled = trace.pull([seed_of(out, None, "hvp", "")], True)
    with mode.enable_grad():
        slopes = [settle(g, x.shape) for g, x in zip(pulled, trace.fresh, strict=True)]
    tracked = [
        (g, v)
        for g, v in zip(slopes, directions, strict=True)
        if isinstance(g, Tensor) and g._is_tracked()
    ]
    create = trace.create or _any_tracked(flatten(given)[0])
    nodes = walk.collect([target_of(g, "hvp") for g, _ in tracked])
    if any(x.dtype.kind == "c" for x in trace.fresh):
        # ∂L/∂Re + i ∂L/∂Im is not holomorphic: its derivative along v, by forward mode.
        products = push_to(trace, nodes, slopes, directions, create)
        products = [conjugated(p) for p in products]  # results conjugates them back
    else:
        # The Hessian of real numbers is symmetric, so a second reverse pass serves.
        pairs = [(target_of(g, "hvp"), v) for g, v in tracked]
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
    if not create_graph:
        seeds_given = [s.detach() if isinstance(s, Tensor) else s for s in seeds_given]
    _check_not_written_since(ins, outs)
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
    release = not (create_graph if retain_graph is None else retain_graph)
    found = pull(pairs, targets, nodes, create_graph, release=release)
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
