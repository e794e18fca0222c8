"""The record of one op, its samples, and the registries.

An ``Op`` says everything the library knows of an operation: how it is computed, one derivative
rule per input, what those rules read, examples to test it on. It knows no Tensor: the engine
(``tensor.py``) applies it, the walk (``walk.py``) runs its rules, the tests loop over ``OPS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from .errors import ArgumentError

Rule = Callable[..., Any]

# Every op by name; every public callable by name; NumPy's functions to the callable that replaces
# them (by its full name, of a part of NumPy that is imported late); NumPy's functions that have no
# derivative and give plain arrays; the choice that a public callable makes where there is no
# derivative.
OPS: dict[str, Op] = {}
FUNCTIONS: dict[str, Callable[..., Any]] = {}
NUMPY: dict[Any, Callable[..., Any]] = {}
PLAIN: set[Any] = set()
KINKS: dict[str, str] = {}

# The modules of ops that are imported when first asked for.
LATE = ("emath", "fft", "ops.convolution", "ops.pooling")

# What nodes keep, by pattern of inputs and of what rules read.
_PLANS: dict[Any, tuple[bool, ...]] = {}


class Sample:
    """One example call of an op, made anew from a seed each time a test wants it.

    Args:
        inputs: per array, a shape (drawn uniformly from [low, high)) or a ready ndarray.
        low, high: bounds of the draw; two tuples give bounds per input.
        complex: draw a complex array (both parts uniform).
        eye: add this multiple of the identity to every array drawn.
        params: the static parameters of the call.

    >>> Sample((2,), low=1, high=2).draw(0)[0].shape
    (2,)
    """

    __slots__ = ("complex", "eye", "high", "inputs", "low", "params")

    def __init__(
        self,
        *inputs: Any,
        low: Any = -2.0,
        high: Any = 2.0,
        complex: bool = False,
        eye: float = 0.0,
        **params: Any,
    ) -> None:
        self.inputs = inputs
        self.eye = eye
        self.low = low
        self.high = high
        self.complex = complex
        self.params = params

    def draw(self, seed: int, dtype: Any = np.float64) -> list[Any]:
        """The arrays of this sample, the same for the same seed; ready arrays keep their dtype."""
        rng = np.random.default_rng(seed)
        drawn: list[Any] = []
        for i, spec in enumerate(self.inputs):
            if not isinstance(spec, tuple):
                drawn.append(spec)
                continue
            low = self.low[i] if isinstance(self.low, tuple) else self.low
            high = self.high[i] if isinstance(self.high, tuple) else self.high
            x = rng.uniform(low, high, spec)
            if self.complex:
                x = x + 1j * rng.uniform(low, high, spec)
            if self.eye:
                x = x + self.eye * np.eye(*spec[-2:])
            kind = np.result_type(dtype, np.complex64) if self.complex else dtype
            drawn.append(np.asarray(x).astype(kind))
        return drawn


class Op:
    """One operation: data only, filled by ``elementwise`` or ``primitive``.

    Attributes:
        name: NumPy's name of it.
        forward: ``forward(*arrays, **params)``, pure, gives an ndarray or a NumPy scalar.
        inputs: names of the array arguments; ``("*arrays",)`` for a variadic op.
        params: the static parameters and their defaults, in NumPy's order.
        rules: one ``rule(g, out, *inputs, **params)`` per input, None where it has no derivative.
        joint: instead of rules, one function that gives a tuple of all cotangents.
        saves: per input, the names that its rule reads the values of: inputs, ``out``, or
            ``others`` (variadic: every input but its own).
        outputs: the names of several outputs, or (). Then forward gives a tuple, which is also
            what rules get as ``out`` (always kept), and g is a tuple with None where no
            cotangent has arrived.
        pointwise: each entry of the output depends on one entry of each (broadcast) input.
        linear: ``"joint"`` (linear in all its inputs together), ``"each"`` (linear in each), None.
        batch: of a linear op with one input, ``batch(ts, a, **params)``: the op on many tangents
            at once, stacked along a new first axis; NotImplemented sends them one by one.
        masks: its rule makes zeros that mean "not used": further down 0·inf is 0, not NaN. True,
            or a function of the parameters that says whether.
        mixes: of an op with one input, ``mixes(params, ndim)``: the axes of the input along which
            its rule mixes entries; slices across the others are independent. None: mixes all.
        started: of a reduction, ``started(a, **params)`` does it where the parameter ``initial`` is
            tracked.
        adds: ``adds(total, g, **params)`` adds its only input's cotangent to total, an array of the
            walk's own, and says whether it did: so that reading rows one by one takes linear time.
        consumes: ``consumes(g, **params)`` gives all inputs' cotangents (or None) where g is the
            walk's own array, which it may write and give back as the first.
        view: the output may share memory with the first input.
        analytic: complex step may go through it (a real input, extended to complex). "pieces":
            on each side of its kinks, and the real part of a complex number chooses the side.
        kinks: what the derivative is where it does not exist, one sentence.
        plans, keep: what a node must hold, by which inputs are tracked (bit i: input i).
        special: its rules are not simply ``rules``: variadic, or joint.
        variadic: the op takes any number of arrays, under one starred name.
        jvp: ``jvp(tangents, out, *inputs, **params)``, only where the default is too slow.
    """

    __slots__ = (
        "adds", "analytic", "batch", "consumes", "doc", "family", "forward", "function", "inputs",
        "joint", "jvp", "keep", "kinks", "linear", "masks", "mixes", "name", "numpy", "outputs",
        "params", "plans", "pointwise", "rules", "samples", "saves", "special", "started",
        "variadic", "view",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        inputs: tuple[str, ...],
        params: dict[str, Any] | None = None,
        rules: Sequence[Rule | None] = (),
        *,
        joint: Rule | None = None,
        saves: Any = (),
        pointwise: bool = False,
        linear: str | None = None,
        view: bool = False,
        analytic: bool | str = True,
        family: str = "",
        samples: Sequence[Sample] = (),
        doc: str = "",
        numpy: Sequence[Any] = (),
        kinks: str = "",
        outputs: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.forward = forward
        self.inputs = inputs
        self.params = params or {}
        self.rules = list(rules)
        self.joint = joint
        self.saves = saves
        self.pointwise = pointwise
        self.linear = linear
        self.view = view
        self.analytic = analytic
        self.family = family
        self.samples = tuple(samples)
        self.doc = doc
        self.numpy = tuple(numpy)
        self.kinks = kinks
        self.outputs = outputs
        self.jvp: Rule | None = None
        self.batch: Rule | None = None
        self.masks: bool | Callable[[Any], bool] = False
        self.started: Callable[..., Any] | None = None
        self.adds: Callable[..., bool] | None = None
        self.consumes: Callable[..., Any] | None = None
        self.mixes: Callable[[dict[str, Any], int], tuple[int, ...]] | None = None
        self.variadic = bool(inputs) and inputs[0].startswith("*")
        self.function: Callable[..., Any] | None = None  # what applies it, once registered
        self.special = self.variadic or joint is not None
        self.plans: dict[Any, tuple[bool, ...]] = {}
        self.keep: list[tuple[bool, ...]] = []
        if not self.variadic and len(inputs) <= 2:
            masks = product((False, True), repeat=len(inputs))
            self.keep = [self.plan(mask[::-1]) for mask in masks]

    def __repr__(self) -> str:
        return f"Op({self.name!r})"

    def rules_for(self, count: int) -> list[Rule | None]:
        """The rules of a call with so many inputs (a variadic rule is told its ``argnum``)."""
        if not self.variadic:
            return self.rules
        rule = self.rules[0]
        assert rule is not None
        return [_numbered(rule, i) for i in range(count)]

    def plan(self, tracked: tuple[bool, ...]) -> tuple[bool, ...]:
        """Which of (out, *inputs) a node must hold when these inputs are tracked."""
        key = tracked if self.variadic else sum(1 << i for i, t in enumerate(tracked) if t)
        found = self.plans.get(key)
        if found is None:
            found = self.plans[key] = self._plan(tracked)
        return found

    def _plan(self, tracked: tuple[bool, ...]) -> tuple[bool, ...]:
        if not isinstance(self.saves, dict):
            # One of few patterns, which most ops share.
            pattern = (tracked, self.inputs, tuple(self.saves), bool(self.outputs))
            if pattern in _PLANS:
                return _PLANS[pattern]
            return _PLANS.setdefault(pattern, self._worked_out(tracked))
        return self._worked_out(tracked)

    def _worked_out(self, tracked: tuple[bool, ...]) -> tuple[bool, ...]:
        names = [f"*{i}" for i in range(len(tracked))] if self.variadic else list(self.inputs)
        read: set[str] = set()
        for i, is_tracked in enumerate(tracked):
            if not is_tracked:
                continue
            for name in self.saves[names[i]] if isinstance(self.saves, dict) else self.saves:
                if name == "others":
                    read.update(n for j, n in enumerate(names) if j != i)
                elif name == "inputs":
                    read.update(names)
                else:
                    read.add(name)
        return ("out" in read or bool(self.outputs), *(n in read for n in names))


def along_axis(params: dict[str, Any], ndim: int) -> tuple[int, ...]:
    """What an op ``mixes`` whose parameter axis is an int, a tuple, or None for all axes."""
    axis = params["axis"]
    if axis is None:
        return tuple(range(ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def of_matrices(params: dict[str, Any], ndim: int) -> tuple[int, ...]:
    """What an op of stacked matrices ``mixes``: the last two axes."""
    return (-2, -1)


def _numbered(rule: Rule, argnum: int) -> Rule:
    def numbered(g: Any, *args: Any, **params: Any) -> Any:
        return rule(g, *args, argnum=argnum, **params)

    return numbered


def register(op: Op, function: Callable[..., Any]) -> None:
    """Enter an op and the callable that applies it. A name may be taken once only."""
    if op.name in OPS:
        raise ArgumentError(
            f"primitive: got the name {op.name!r}, which an op already has; choose another name."
        )
    named = op.saves.values() if isinstance(op.saves, dict) else [op.saves]
    known = {"out", *op.inputs, *(("others", "inputs") if op.variadic else ())}
    for names in [*named, op.saves if isinstance(op.saves, dict) else ()]:
        for name in (names,) if isinstance(names, str) else names:
            if name not in known:
                raise ArgumentError(
                    f"primitive: got saves={op.saves!r} for {op.name!r}; expected a tuple of names "
                    f"among {', '.join(sorted(known))}."
                )
    OPS[op.name] = op
    op.function = function
    publish(op.name, function, op.numpy, op.kinks)


def publish(
    name: str, function: Callable[..., Any], numpy: Iterable[Any] = (), kinks: str = ""
) -> None:
    """Enter a public callable, the NumPy functions that it stands for, and its kinks."""
    FUNCTIONS[name] = function
    if kinks:
        KINKS[name] = kinks
    for np_function in numpy:
        NUMPY[np_function] = function
        if isinstance(np_function, _UFUNC):
            _give_methods(np_function, function)


_UFUNC = type(np.add)


def _give_methods(ufunc: Any, function: Any) -> None:
    """reduce, outer, ... of a ufunc on what stands for it: ``ag.add.reduce``, giving Tensors."""
    names = ["at"]
    if ufunc.nin == 2 and ufunc.nout == 1 and ufunc.signature is None:
        names += ["accumulate", "outer", "reduce", "reduceat"]
    for name in names:
        setattr(function, name, partial(_of_ufunc, getattr(ufunc, name)))


def _of_ufunc(method: Callable[..., Any], array: Any, *args: Any, **kwargs: Any) -> Any:
    if method.__name__ != "at" and not hasattr(array, "_value"):
        array = FUNCTIONS["array"](array)
    return method(array, *args, **kwargs)
