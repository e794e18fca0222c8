"""Tensor, and ``apply``: how an op is called and recorded.

The whole engine on one screen::

    apply(op, inputs, params):  run op.forward on the inputs' arrays;
                                if an input is tracked, attach a Node to the result.
    t.backward():               walk the Nodes, youngest first, and run the ops' rules.

``apply1`` and ``binary(...)`` are ``apply`` for one and two inputs without parameters, unrolled: on
small arrays the bookkeeping is the whole cost, and these carry every operator.

The values of a 0-d result are kept as a NumPy scalar, whose arithmetic is five times faster than
that of a 0-d array; ``.data`` turns it into an array when somebody asks.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import ref

import numpy as np

from . import anomaly, inplace, mode
from .bundle import Bundle, picks
from .cotangent import (
    UNIT_SEEDS,
    run_backward,
    seed_of,
    settle,
    target_of,
    visit_and_retain,
)
from .errors import GraphError, UnsupportedError
from .handle import Handle
from .inputs import NUMBERS, as_data, coerced, refuse, sources, stub
from .memory import ONE_HOLDER
from .node import Meta, Node, tick
from .op import FUNCTIONS, OPS, Op

_new = object.__new__

# What binary takes besides Tensors; the dtype of the result shows whether it was right.
_SEQUENCES = (list, tuple, range)
_PLAIN = frozenset((np.ndarray, float, int, np.float64, np.float32))
_FLOAT64, _FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)


def binary(name: str) -> Any:
    """``apply(op, (x, y), None)`` for the op of this name, with two inputs and a rule for each.

    A function for each op, so that an operator is one call.
    """
    op: Any = None

    def call(x: Any, y: Any) -> Any:
        nonlocal op
        if op is None:
            op = OPS[name]
        p: Any = None
        q: Any = None
        named = False
        kind = type(x)
        if kind in _PLAIN:
            a = x
        elif kind is Tensor or isinstance(x, Tensor):
            a = x._value
            p = x._node
            if p is None:
                if x._requires_grad:
                    p = x
                elif x._alias is not None or x._meta is not None:
                    a = inplace.kept_value(x)
                    named = True
        else:
            return _apply2_slowly(op, x, y)
        kind = type(y)
        if kind in _PLAIN:
            b = y
        elif kind is Tensor or isinstance(y, Tensor):
            b = y._value
            q = y._node
            if q is None:
                if y._requires_grad:
                    q = y
                elif y._alias is not None or y._meta is not None:
                    b = inplace.kept_value(y)
                    named = True
        else:
            return _apply2_slowly(op, x, y)
        if mode.alert:
            return _apply2_slowly(op, x, y)
        try:
            out = op.forward(a, b)
            dtype = out.dtype
        except (ValueError, TypeError) as error:
            refuse(op, (x, y), error)
        except AttributeError:
            return apply(op, (x, y), None)
        if dtype is not _FLOAT64 and dtype is not _FLOAT32 and dtype.kind not in "fc":
            return _apply2_slowly(op, x, y)
        if p is None:
            if q is None:
                return plain_tensor(out)
            keep_out, keep_x, keep_y = op.keep[2]
            if not keep_x:
                a = ref(x) if op.pointwise and type(a) is np.ndarray else stub(op, a, x)
            args = (out if keep_out else None, a, b if keep_y else q)
        elif q is None:
            keep_out, keep_x, keep_y = op.keep[1]
            if not keep_y:
                b = ref(y) if op.pointwise and type(b) is np.ndarray else stub(op, b, y)
            args = (out if keep_out else None, a if keep_x else p, b)
        else:
            keep_out, keep_x, keep_y = op.keep[3]
            args = (out if keep_out else None, a if keep_x else p, b if keep_y else q)
        # Node(...) and wrap(...) written out: calling a class costs as much as the rest together.
        node = _new(Node)
        node.op = op
        node.params = None
        node.parents = (p, q)
        node.args = args
        node.shape = out.shape
        node.dtype = dtype
        node.order = tick()
        node.meta = sources((x, y)) if named else None
        t: Tensor = _new(Tensor)
        t._value = out
        t._node = node
        return t

    return call


class Tensor(Handle):
    """An array that records what is computed from it.

    Args:
        data: array-like of booleans, integers, floats or complex numbers, of any shape; copied.
        requires_grad: record operations and fill ``.grad`` in ``backward()``; needs a floating or
            complex dtype.
        dtype: convert data to this dtype; None keeps NumPy's choice.
        name: shown in drawings and messages.

    Raises:
        DTypeError: data is not numeric, or ``requires_grad`` was asked of integers.

    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    __slots__ = ()

    def __init__(
        self,
        data: Any,
        *,
        requires_grad: bool = False,
        dtype: Any = None,
        name: str | None = None,
    ) -> None:
        if isinstance(data, Tensor):
            data = self._values_of(data)
        self._value = as_data(data, dtype, "Tensor")
        self._node: Node | None = None
        self._requires_grad = False
        self._grad: Any = None
        self._meta: Meta | None = None
        self._written = 0
        self._alias: tuple[Any, ...] | None = None
        if requires_grad:
            self.requires_grad = True
        if name is not None:
            self.named(name)

    @staticmethod
    def _values_of(t: Tensor) -> Any:
        if t._is_tracked():
            raise GraphError(
                f"Tensor: got a Tensor of shape {t.shape} that records its graph; use t.detach(), "
                "or autograd_lite.array to build a Tensor that stays connected."
            )
        return t._value

    def detach(self) -> Tensor:
        """The same values with no graph: a copy for a leaf that requires grad, or a view of one.

        A recorded result's values are shared, and read-only: a node may keep them. Writing into
        the detached Tensor gives it memory of its own.
        """
        data = inplace.kept_value(self)
        if type(data) is np.ndarray and self._node is not None and data is self._value:
            data = data.view()
            data.flags.writeable = False
        return plain_tensor(data)

    def __repr__(self) -> str:
        data = np.asarray(self._value)
        text = repr(data).removeprefix("array").removeprefix("(")
        body = text.removesuffix(")").replace("\n      ", "\n       ")
        if self._node is not None:
            body += f", op={self._node.op.name}"
        elif self._requires_grad:
            body += ", requires_grad=True"
        return f"Tensor({body}{f', name={self.name!r}' if self.name else ''})"

    def __reduce__(self) -> Any:
        if self._node is not None or (mode.state.depth and self._requires_grad):
            raise GraphError(
                f"copy: got a recorded Tensor of shape {self.shape}; its graph cannot be copied or "
                "pickled; use t.copy(), which is recorded, or t.data or t.detach(), its values."
            )
        return _rebuild, (type(self), self._value, self._requires_grad, self._grad, self.name)

    # -- backward ----------------------------------------------------------------------------

    def backward(
        self, gradient: Any = None, *, retain_graph: bool = False, create_graph: bool = False
    ) -> None:
        """Add the gradient of this Tensor to ``.grad`` of every leaf that it depends on.

        Args:
            gradient: cotangent of this Tensor's shape; may be left out for a real scalar.
            retain_graph: keep the saved arrays for another backward.
            create_graph: PyTorch's, refused if true: ``gradients`` has it.

        Raises:
            GraphError: nothing was recorded, or an earlier backward freed the graph.
            UnsupportedError: create_graph was asked for.
            ShapeError: no gradient for a non-scalar, or one of another shape.
            InPlaceError: an array that a rule needs was written since.
        """
        if create_graph:
            raise UnsupportedError(
                "backward: got create_graph=True, and .grad is an array, which has no graph; use "
                "autograd_lite.gradients(loss, inputs, create_graph=True) or autograd_lite.grad(f)."
            )
        seed = UNIT_SEEDS.get(type(self._value)) if gradient is None else None
        if seed is None or self._node is None:
            if isinstance(gradient, Tensor):
                gradient = gradient._value
            target = target_of(self, "backward")
            seed = seed_of(self, gradient, "backward", "gradient")
        else:
            target = self._node
        found = run_backward([(target, seed)], release=not retain_graph, visit=visit_and_retain)
        while found:
            leaf, g = found.popitem()
            g = settle(g, leaf.shape)
            # A gradient that something else holds too (another leaf, the caller's seed) is copied,
            # so writing into one .grad never changes another.
            if type(g) is np.ndarray and (g.base is not None or sys.getrefcount(g) > ONE_HOLDER):
                g = g.copy()
            leaf._grad = g if leaf._grad is None else leaf._grad + g

    # -- operators ---------------------------------------------------------------------------

    __add__ = binary("add")

    def __radd__(self, other: Any) -> Any:
        return Tensor.__add__(other, self)

    __sub__ = binary("subtract")

    def __rsub__(self, other: Any) -> Any:
        return Tensor.__sub__(other, self)

    __mul__ = binary("multiply")

    def __rmul__(self, other: Any) -> Any:
        return Tensor.__mul__(other, self)

    __truediv__ = binary("divide")

    def __rtruediv__(self, other: Any) -> Any:
        return Tensor.__truediv__(other, self)

    __matmul__ = binary("matmul")

    def __rmatmul__(self, other: Any) -> Any:
        return Tensor.__matmul__(other, self)

    __mod__ = binary("remainder")

    def __rmod__(self, other: Any) -> Any:
        return Tensor.__mod__(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return FUNCTIONS["floor_divide"](self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return FUNCTIONS["floor_divide"](other, self)

    def __pow__(self, other: Any) -> Any:
        if type(other) is int and other == 2:
            return apply1(OPS["square"], self)
        return FUNCTIONS["power"](self, other)

    def __rpow__(self, other: Any) -> Any:
        return FUNCTIONS["power"](other, self)

    def __neg__(self) -> Any:
        return apply1(OPS["negative"], self)

    def __pos__(self) -> Any:
        return apply1(OPS["positive"], self)

    def __abs__(self) -> Any:
        return apply1(OPS["absolute"], self)

    def __setitem__(self, index: Any, value: Any) -> None:
        inplace.set_item(self, index, value)

    __iadd__ = inplace.updating(np.add)
    __isub__ = inplace.updating(np.subtract)
    __imul__ = inplace.updating(np.multiply)
    __itruediv__ = inplace.updating(np.divide)
    __ipow__ = inplace.updating(np.power)
    __imod__ = inplace.updating(np.remainder)
    __ifloordiv__ = inplace.updating(np.floor_divide)
    __imatmul__ = inplace.updating(np.matmul)
    __iand__ = inplace.updating(np.bitwise_and)
    __ior__ = inplace.updating(np.bitwise_or)
    __ixor__ = inplace.updating(np.bitwise_xor)
    __ilshift__ = inplace.updating(np.left_shift)
    __irshift__ = inplace.updating(np.right_shift)


def plain_tensor(data: Any) -> Tensor:
    """A leaf around data (shared, not copied) that requires no grad."""
    t: Tensor = _new(Tensor)
    t._value = data
    t._node = None
    t._requires_grad = False
    t._grad = None
    t._meta = None
    t._written = -1
    t._alias = None
    return t


def _rebuild(kind: Any, data: Any, requires_grad: bool, grad: Any, name: str | None) -> Any:
    t = kind.__new__(kind)
    Tensor.__init__(t, data, requires_grad=requires_grad, name=name)
    t._grad = None if grad is None else np.array(grad)
    return t


# -- calling and recording an op ---------------------------------------------------------------


def apply(op: Op, inputs: tuple[Any, ...], params: dict[str, Any] | None) -> Any:
    """Run op on inputs (Tensors, arrays, numbers) and record it if one of them is tracked.

    Gives a Tensor, of an op with several outputs a tuple of them.
    """
    values: list[Any] = []
    parents: list[Any] = []
    rules = None if op.joint is not None or op.variadic else op.rules
    tracked = 0  # bit i: input i
    named = False
    i = 0
    for x in inputs:
        p: Any = None
        if isinstance(x, Tensor):
            value = x._value
            p = x._node
            if p is None:
                if x._requires_grad:
                    p = x
                elif x._alias is not None or x._meta is not None:
                    value = inplace.kept_value(x)
                    named = True
            if p is not None:
                if rules is not None and rules[i] is None:
                    # Nobody would ask whether a leaf's memory was written since.
                    p, value = None, inplace.kept_value(x)
                else:
                    tracked |= 1 << i
        elif isinstance(x, _SEQUENCES):
            to_array = FUNCTIONS["array"]
            whole = (to_array(x) if isinstance(x, _SEQUENCES) else x for x in inputs)
            return apply(op, tuple(whole), params)
        else:
            value = coerced(op, x)
        values.append(value)
        parents.append(p)
        i += 1
    try:
        out = op.forward(*values, **params) if params else op.forward(*values)
    except (ValueError, TypeError, IndexError) as error:
        refuse(op, inputs, error)
    if op.outputs:
        out = Bundle(out)
    elif type(out) is not np.ndarray:
        if not isinstance(out, np.generic):
            out = np.asarray(out)
    elif out.base is not None and not op.view:
        out = out.copy()  # some NumPy functions give a view for some arguments only
    recording, scope, line = True, None, ""
    if mode.alert:
        recording, scope = mode.state.recording, mode.state.scope
        line = anomaly.check_forward(op.name, values, out) if mode.state.anomaly else ""
    if not tracked or not recording or out.dtype.kind not in "fcO":
        t = tuple(map(plain_tensor, out)) if op.outputs else plain_tensor(out)
    else:
        kept = None if op.variadic else op.plans.get(tracked)
        if kept is None:
            kept = op.plan(tuple(p is not None for p in parents))
        args: list[Any] = [out if kept[0] else None]
        i = 0
        for value in values:
            p = parents[i]
            i += 1
            if kept[i]:
                args.append(value)
            else:
                args.append(stub(op, value, inputs[i - 1]) if p is None else p)
        node = Node(op, params or None, tuple(parents), tuple(args), out.shape, out.dtype)
        t = picked(out, node) if op.outputs else wrap(out, node)
        if named:
            node.meta = sources(inputs)
        if line:
            anomaly.remember(node, line)
        if scope is not None:
            anomaly.place(node, scope, inputs)
    if op.view and isinstance(inputs[0], Tensor):
        inplace.link(t, inputs[0], op, params)
    return t


def apply1(op: Op, x: Any, params: dict[str, Any] | None = None) -> Any:
    """``apply(op, (x,), params)`` for an op with one input and a rule for it."""
    if params is None:
        params = op.params
    if mode.alert or not (type(x) is Tensor or isinstance(x, Tensor)):
        return apply(op, (x,), params)
    a = x._value
    try:
        out = op.forward(a, **params) if params is not op.params else op.forward(a)
        dtype = out.dtype
    except (ValueError, TypeError, IndexError) as error:
        refuse(op, (x,), error)
    except AttributeError:  # a user's forward that gives a Python number
        return apply(op, (x,), params)
    p: Any = x._node
    if p is None and x._requires_grad:
        p = x
    if p is None or (params and dtype.kind not in "fc"):
        t = plain_tensor(out)
    else:
        keep_out, keep_x = op.keep[1]
        node = _new(Node)
        node.op = op
        node.params = params or None
        node.parents = (p,)
        node.args = (out if keep_out else None, a if keep_x else p)
        node.shape = out.shape
        node.dtype = dtype
        node.order = tick()
        node.meta = None
        t = _new(Tensor)
        t._value = out
        t._node = node
    if op.view:
        inplace.link(t, x, op, params)
    return t


def _apply2_slowly(op: Op, x: Any, y: Any) -> Any:
    for other in (x, y):
        if not isinstance(other, (Tensor, np.ndarray, np.generic, *NUMBERS, *_SEQUENCES)):
            return NotImplemented
    return apply(op, (x, y), None)


def picked(outs: tuple[Any, ...], node: Node) -> tuple[Tensor, ...]:
    """The Tensors of several outputs of a node."""
    nodes = picks(outs, node)
    return tuple(
        plain_tensor(x) if n is None else wrap(x, n) for x, n in zip(outs, nodes, strict=True)
    )


def wrap(data: Any, node: Node) -> Tensor:
    """A Tensor of a node's value."""
    t: Tensor = _new(Tensor)
    t._value = data
    t._node = node
    return t
