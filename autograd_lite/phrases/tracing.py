"""A rule that runs, read back: run on Tensors it records its own operations, which become a term.

What a rule does with arrays does not depend on their values, only its results do, so it runs on
stand-ins of the right shapes, also on a freed graph: twice, on smooth values and on rough ones, and
a rule that does something else the second time counts as unreadable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any
from weakref import ref as weak

import numpy as np

from .. import mode
from ..node import Node
from ..tensor import Tensor
from . import terms
from .terms import Term

# Stand-ins larger than this cost more than a line of text is worth.
_LARGEST = 1_000_000
# How many operations a rule may have and still be a line that somebody reads.
_LONGEST = 40
_KEPT = 512
# Arrays up to this size are looked at themselves.
_FEW = 10_000
# Of the stand-ins for a rule that works entry by entry.
_ENTRIES = 7
Found = tuple[Term, tuple[int, ...]]
_traced: dict[Any, Found | None] = {}


class UnreadableError(Exception):
    """A rule whose operations have no short writing."""


class _Traced(Tensor):
    """A stand-in for one argument of a rule; it knows what it is compared with."""

    __slots__ = ("_seen", "_term")
    _seen: dict[int, tuple[Any, Term]]
    _term: Term

    def _compared(self, sign: str, other: Any, result: Any) -> Any:
        if isinstance(other, _Traced):
            against = other._term
        elif isinstance(other, (int, float)):
            against = terms.number(other)
        else:
            return result
        self._seen[id(result)] = result, terms.compared(sign, self._term, against)
        return result

    __hash__ = object.__hash__

    def __lt__(self, other: Any) -> Any:
        return self._compared("<", other, super().__lt__(other))

    def __le__(self, other: Any) -> Any:
        return self._compared("≤", other, super().__le__(other))

    def __gt__(self, other: Any) -> Any:
        return self._compared(">", other, super().__gt__(other))

    def __ge__(self, other: Any) -> Any:
        return self._compared("≥", other, super().__ge__(other))

    def __eq__(self, other: Any) -> Any:
        return self._compared("=", other, super().__eq__(other))

    def __ne__(self, other: Any) -> Any:
        return self._compared("≠", other, super().__ne__(other))


def traced(node: Node, i: int) -> Found | None:
    """The rule of a node's input i as a term of the refs "g", "out", 0, 1, …, and its shape.

    None where it is unreadable.

    The term is what the rule returns; what the walk then does with it (summing over axes that
    were broadcast) is not in it.
    """
    try:
        op = node.op
        rule = op.joint or op.rules[0 if op.variadic else i]
        key: Any = (rule, i if op.special else 0, _form(node), _hashable(node.params))
        if key in _traced:
            return _traced[key]
    except TypeError:  # parameters that cannot be compared
        key = None
    try:
        term: Found | None = _run(node, i, _smooth)
        if term is not None and _differs(node, i, term):
            term = None
    except Exception:
        # Whatever a user's rule raises for stand-ins, its op has other words: its documentation.
        term = None
    if key is not None:
        if len(_traced) >= _KEPT:
            _traced.clear()
        _traced[key] = term
    return term


def _smooth(rng: Any, shape: tuple[int, ...]) -> Any:
    return rng.uniform(0.3, 0.9, shape)


def _rough(rng: Any, shape: tuple[int, ...]) -> Any:
    # With ties, zeros and signs.
    return rng.integers(-1, 2, shape).astype(float)


def _differs(node: Node, i: int, term: Found) -> bool:
    """Whether the rule does other operations for other values: its term holds for some only."""
    try:
        return _run(node, i, _rough) != term
    except np.linalg.LinAlgError:  # a singular matrix says nothing
        return False


def _form(node: Node) -> Any:
    """What the operations of a rule may depend on, besides parameters."""
    kinds = tuple(np.dtype(dtype_of(node, j)).kind for j in range(len(node.parents)))
    if node.op.pointwise:
        return kinds
    return kinds, node.shape, tuple(shape_of(node, j) for j in range(len(node.parents)))


def _hashable(x: Any) -> Any:
    if isinstance(x, dict):
        return tuple((k, _hashable(v)) for k, v in x.items())
    if isinstance(x, slice):
        return "slice", x.start, x.stop, x.step
    if isinstance(x, tuple):
        return tuple(map(_hashable, x))
    hash(x)
    return type(x), x


def shape_of(node: Node, j: int) -> tuple[int, ...] | None:
    """The shape of a node's input; None for a constant that was dropped."""
    source: Any = node.parents[j]
    if source is None and node.args is not None:
        source = node.args[j + 1]
        source = source() if type(source) is weak else source
    if source is None:
        return None
    if isinstance(source, Tensor):
        return tuple(source._value.shape)
    return tuple(getattr(source, "shape", ()))


def dtype_of(node: Node, j: int) -> Any:
    """The dtype of a node's input; that of its result where it is not known."""
    source: Any = node.parents[j]
    if source is None and node.args is not None:
        source = node.args[j + 1]
    return getattr(source, "dtype", node.dtype)


def holds(node: Node, i: int, term: Found) -> bool:
    """Whether a rule does these operations for the values of this very node, as far as it has them.

    A rule may not look at values, but a user's may do so all the same.
    """
    if node.args is None or any(np.size(a) > _FEW for a in node.args if _is_array(a)):
        return True
    try:
        return _run(node, i, _smooth, node.args) == term
    except Exception:
        return False


def _is_array(x: Any) -> bool:
    return isinstance(x, (np.ndarray, np.generic))


def _run(node: Node, i: int, draw: Callable[..., Any], given: tuple[Any, ...] = ()) -> Found:
    op = node.op
    if op.outputs:
        raise UnreadableError
    seen: dict[int, tuple[Any, Term]] = {}
    rng = np.random.default_rng(0)

    def standing(key: Hashable, shape: Any, dtype: Any, value: Any = None) -> Any:
        if shape is None:
            raise UnreadableError
        shape = (_ENTRIES,) if op.pointwise and not given else shape
        if math.prod(shape) > _LARGEST:
            raise UnreadableError
        data = np.array(value) if _is_array(value) else np.asarray(draw(rng, shape))
        t: Any = object.__new__(_Traced)
        Tensor.__init__(t, data.astype(dtype) if dtype.kind in "fc" else data.astype(int))
        t._seen, t._term = seen, terms.ref(key)
        t._requires_grad = dtype.kind in "fc"
        if type(t._value) is np.ndarray:
            t._value.flags.writeable = False  # so whatever keeps it keeps it as it is
        known[id(t)] = t._term
        seen[id(t._value)] = t._value, t._term
        return t

    known: dict[int, Term] = {}
    out = standing("out", node.shape, node.dtype, given[0] if given else None)
    g = standing("g", node.shape, node.dtype)
    inputs: list[Any] = []
    for j, parent in enumerate(node.parents):
        arg = None if node.args is None else node.args[j + 1]
        if parent is None and arg is None and op.family == "optional":
            inputs.append(None)
            continue
        shape = shape_of(node, j)
        if shape is None and op.pointwise:
            shape = (_ENTRIES,)
        value = given[j + 1] if given else None
        inputs.append(standing(j, shape, np.dtype(dtype_of(node, j)), value))
    params = node.params or {}
    with mode.suspended(), mode.enable_grad(), np.errstate(all="ignore"):
        if op.joint is not None:
            found = op.joint(g, out, *inputs, **params)[i]
        else:
            rule: Any = op.rules_for(len(inputs))[i]
            found = rule(g, out, *inputs, **params)
    shape = node.shape if op.pointwise else tuple(found.shape)
    return _Reader(known, seen, op.pointwise).read(found), shape


class _Reader:
    """From what a rule has recorded to a term."""

    def __init__(
        self, known: dict[int, Term], seen: dict[int, tuple[Any, Term]], pointwise: bool
    ) -> None:
        self.known = known
        self.pointwise = pointwise
        self.seen = seen
        self.done: dict[Any, Term] = {}
        self.count = 0

    def read(self, x: Any) -> Term:
        """The term of a Tensor, an array or a number."""
        if isinstance(x, Tensor):
            if id(x) in self.known:
                return self.known[id(x)]
            return self.read(x._value) if x._node is None else self.of_node(x._node)
        if type(x) is Node:
            return self.of_node(x)
        if type(x) is weak:
            return self.read(x())
        found = self.seen.get(id(x))
        if found is not None:
            return found[1]
        array = np.asarray(x)
        # Truths come from comparing values: those that were not seen being made say nothing.
        if x is None or array.dtype.kind not in "iufc" or not array.size:
            raise UnreadableError
        first = array.reshape(-1)[0]
        if not first and array.ndim and self.count:  # within an operation its shape would matter
            raise UnreadableError
        if array.ndim and not (array == first).all():
            raise UnreadableError
        found_number = terms.number(first.item())
        if array.ndim and not self.pointwise and first:
            return terms.product(found_number, terms.ones(array.shape))
        return found_number

    def of_node(self, node: Node) -> Term:
        """The term of a recorded result."""
        if node not in self.done:
            self.count += 1
            if self.count > _LONGEST:
                raise UnreadableError
            assert node.args is not None
            inputs = [
                self.read(a if p is None else p)
                for p, a in zip(node.parents, node.args[1:], strict=True)
            ]
            self.done[node] = _term_of(node, inputs)
        return self.done[node]


def _term_of(node: Node, inputs: list[Term]) -> Term:
    name = node.op.name
    build = _BUILD.get(name)
    if build is not None:
        return build(*inputs)
    params = node.params or {}
    if name == "power_constant":
        return terms.power(inputs[0], params["exponent"])
    if name in _SAME:
        return inputs[0]
    if name in ("sum", "mean") and params["where"] is True and params.get("initial") is None:
        return _reduced(name, inputs[0], _shape(node), params)
    if name in ("transpose", "swapaxes"):
        return _turned(inputs[0], _shape(node), params)
    if name == "getitem":
        return _read_at(inputs[0], len(_shape(node)), params["index"])
    usual = node.op.params
    given = {k: v for k, v in params.items() if not _same(v, usual.get(k))}
    if any(not isinstance(v, (bool, int, float, str, tuple)) for v in given.values()):
        raise UnreadableError
    return terms.call(name, *inputs, **given)


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and bool(np.all(a == b))


def _shape(node: Node) -> tuple[int, ...]:
    parent: Any = node.parents[0]
    return tuple(parent.shape)


def _read_at(a: Term, ndim: int, index: Any) -> Term:
    """Only new axes: ``g[..., None]``."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(not (p is None or p is Ellipsis or p == slice(None)) for p in parts):
        raise UnreadableError
    missing = ndim - sum(p == slice(None) for p in parts)
    axes: list[int] = []
    at = 0
    for part in parts:
        if part is None:
            axes.append(at)
        at += missing if part is Ellipsis else 1
    return terms.widened(a, tuple(axes), ndim + len(axes))


def _reduced(name: str, a: Term, shape: tuple[int, ...], params: dict[str, Any]) -> Term:
    axis, ndim, keep = params["axis"], len(shape), bool(params["keepdims"])
    axes = tuple(range(ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    make: Callable[..., Term] = terms.summed if name == "sum" else terms.averaged
    return make(a, axes, ndim, keep) if axes else a


def _turned(a: Term, shape: tuple[int, ...], params: dict[str, Any]) -> Term:
    ndim = len(shape)
    if ndim < 2:
        return a
    order = list(range(ndim))
    if "axis1" in params:
        one, two = params["axis1"] % ndim, params["axis2"] % ndim
        order[one], order[two] = order[two], order[one]
    else:
        axes = params["axes"]
        order = order[::-1] if axes is None else [i % ndim for i in axes]
    if order == [*range(ndim - 2), ndim - 1, ndim - 2]:
        return terms.transposed(a)
    return a if order == list(range(ndim)) else terms.call("transpose", a, axes=tuple(order))


_SAME = ("identity", "copy", "astype", "positive")
_BUILD: dict[str, Callable[..., Term]] = {
    "add": terms.total,
    "subtract": lambda a, b: terms.total(a, terms.negative(b)),
    "multiply": terms.product,
    "divide": terms.quotient,
    "negative": terms.negative,
    "square": lambda a: terms.power(a, 2),
    "reciprocal": lambda a: terms.quotient(terms.ONE, a),
    "power": terms.power,
    "matmul": terms.matmul,
    "where": terms.chosen,
    "one_minus_square": lambda a: terms.total(terms.ONE, terms.negative(terms.power(a, 2))),
    "root_of_square_minus_one": lambda a: terms.call(
        "sqrt", terms.total(terms.power(a, 2), terms.number(-1))
    ),
}
