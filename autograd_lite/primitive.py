"""The door for ops, the library's own and yours: ``elementwise`` and ``primitive``.

``autograd_lite/ops`` has some hundred examples. The rules of the rule:

- ``rule(g, out, *inputs, **params)``, one per input: g is the cotangent of out, the result the
  cotangent of that input (any shape that broadcasts to the input's). A variadic op has one rule,
  which is told ``argnum``.
- Plain operators, methods and ``np.*``: on arrays this is NumPy at full speed, on Tensors the
  protocols record it, which is all that higher derivatives need. So no ``out=``, no item
  assignment, no ``np.asarray``, no ``if`` on values.
- Read values only of what ``saves`` lists; of the rest, shape and dtype. Constants are Python
  numbers, so float32 stays float32.
- Do not sum over broadcast axes: the walk does. Complex rules are plain transposes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import zip_longest
from typing import Any, overload

import numpy as np

from .errors import ArgumentError, DTypeError, OutError, UnsupportedError, keyword_clause
from .op import LATE, OPS, Op, Rule, Sample, publish, register
from .tensor import Tensor, apply, apply1, binary


class Primitive:
    """An op that can be called on Tensors, arrays and numbers; gives a Tensor.

    ``f.vjp`` (a decorator) sets the rule of the first input, ``f.vjp("y")`` that of the input y,
    ``f.vjp_all`` one function for all inputs, ``f.jvp`` a forward rule.
    """

    def __init__(self, op: Op) -> None:
        self.op = op
        self.__name__ = self.__qualname__ = op.name
        self.__module__ = "autograd_lite"
        self.__doc__ = op.doc
        self._names = tuple(op.params)
        self._order = _numpys_order(op)
        self._defaults = op.params
        self._needs = _REQUIRED in op.params.values()
        self._single = len(op.inputs) == 1 and not op.variadic and not op.outputs
        self._direct = self._single and not self._needs

    def __reduce__(self) -> Any:
        return _named, (self.op.name,)

    def __repr__(self) -> str:
        arguments = ", ".join(
            self.op.inputs + tuple(f"{k}={v!r}" for k, v in self.op.params.items())
        )
        return f"<op {self.op.name}({arguments})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        op = self.op
        if self._direct and not kwargs and len(args) == 1:
            return apply1(op, args[0])
        if op.variadic:
            inputs, rest = args, ()
        else:
            count = len(op.inputs)
            inputs, rest = args[:count], args[count:]
            if len(inputs) < count:
                inputs = self._by_keyword(inputs, kwargs)
        params = self._params(rest, kwargs) if rest or kwargs or self._needs else self._defaults
        if op.started is not None and isinstance(params["initial"], Tensor):
            return op.started(inputs[0], **params)
        if self._single:
            return apply1(op, inputs[0], params)
        return apply(op, inputs, params)

    def inner(self, *args: Any, **kwargs: Any) -> Any:
        """For use in rules: arrays in, array out; a Tensor among the inputs, Tensor out."""
        if any(isinstance(x, Tensor) for x in args):
            return self(*args, **kwargs)
        return self.op.forward(*args, **{**self._defaults, **kwargs})

    def _by_keyword(self, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        missing = self.op.inputs[len(inputs) :]
        absent = [name for name in missing if name not in kwargs]
        if absent:
            raise DTypeError(f"{self.op.name}: the argument {absent[0]!r} is missing.")
        return inputs + tuple(kwargs.pop(name) for name in missing)

    def _params(self, rest: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if len(rest) > len(self._order):
            raise DTypeError(
                f"{self.op.name}: got {len(rest)} positional arguments after the arrays, expected "
                f"at most {len(self._order)}: {', '.join(self._order) or 'none'}."
            )
        params = dict(self._defaults)
        for name, value in (*zip(self._order, rest, strict=False), *kwargs.items()):
            if name in params:
                params[name] = params[name] if value is np._NoValue else value
            elif value is not None or name not in ("out", "dtype"):
                raise self._unknown(name, value)
        for name, value in params.items():
            if isinstance(value, Tensor):
                live = name == "initial" and self.op.started is not None and value.requires_grad
                params[name] = value if live else self._constant(name, value)
            elif type(value) is list and name in ("axis", "axes", "shift"):
                params[name] = tuple(value)  # the caller may go on to change his list
            elif value is _REQUIRED:
                raise DTypeError(f"{self.op.name}: the argument {name!r} is missing.")
        return params

    def _constant(self, name: str, value: Tensor) -> Any:
        if value.requires_grad:
            raise UnsupportedError(
                f"{self.op.name}: got a Tensor that requires grad as {name}=, which has no "
                "derivative; pass t.data."
            )
        return value.data

    def _unknown(self, name: str, value: Any) -> UnsupportedError:
        if name == "out":
            refuse_out(self.op.name, value)
        known = ", ".join((*self.op.inputs, *self._names))
        return UnsupportedError(
            f"{self.op.name}: got the argument {name!r}, expected among {known}"
            f"{keyword_clause(name, self._names)}."
        )

    @overload
    def vjp(self, rule: Rule) -> Rule: ...
    @overload
    def vjp(self, rule: str) -> Callable[[Rule | None], Rule | None]: ...
    def vjp(self, rule: Rule | str) -> Any:
        """Set the rule of the first input (or of the one named), as a decorator.

        A rule of None says that the input has no derivative.
        """
        if callable(rule):
            self.op.rules[0] = rule
            return rule
        if rule not in self.op.inputs:
            raise ArgumentError(
                f"vjp: got {rule!r}, expected one of {', '.join(self.op.inputs)}, the inputs of "
                f"{self.op.name}."
            )
        index = self.op.inputs.index(rule)

        def named(function: Rule | None) -> Rule | None:
            self.op.rules[index] = function
            return function

        return named

    def vjp_all(self, rule: Rule) -> Rule:
        """Set one ``rule(g, out, *inputs, **params)`` giving a tuple, one cotangent per input."""
        self.op.joint = rule
        self.op.special = True
        return rule

    def batch(self, rule: Rule) -> Rule:
        """Set ``rule(ts, a, **params)``: this linear op on tangents stacked along a first axis."""
        self.op.batch = rule
        return rule

    def jvp(self, rule: Rule) -> Rule:
        """Set ``rule(tangents, out, *inputs, **params)``; None among tangents means zero."""
        self.op.jvp = rule
        return rule


def _named(name: str) -> Any:
    # How an op is unpickled: by its name, so whoever reads it must have declared it.
    for module in LATE if name not in OPS else ():
        import_module(f"{__package__}.{module}")
    if name not in OPS:
        raise ArgumentError(
            f"pickle: got the op {name!r}, which is not declared here; import what declares it."
        )
    return OPS[name].function


class _Binary(Primitive):
    def __init__(self, op: Op) -> None:
        super().__init__(op)
        self._call = binary(op.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs or len(args) != 2:
            return super().__call__(*args, **kwargs)
        out = self._call(*args)
        return apply(self.op, args, None) if out is NotImplemented else out


def _kind(op: Op) -> type[Primitive]:
    if op.params or op.variadic or None in op.rules or op.joint is not None:
        return Primitive
    return _Binary if len(op.inputs) == 2 else Primitive


def elementwise(
    name: str,
    function: Callable[..., Any],
    *rules: Rule | None,
    saves: Any = (),
    samples: Sequence[Sample],
    doc: str,
    numpy: Sequence[Any] | None = None,
    analytic: bool | str = True,
    kinks: str = "",
    forward: Callable[..., Any] | None = None,
) -> Primitive:
    """Declare an op that works entry by entry, with broadcasting.

    Args:
        name: the op's name, NumPy's where there is one.
        function: the forward function of arrays; arrays before the ``*``, parameters after it.
        rules: one derivative rule per input, ``rule(g, out, *inputs, **params)``.
        saves: names whose values the rules read: a tuple for all rules, or a dict by input.
        samples: examples for the tests. doc: its docstring.
        numpy: NumPy functions it stands for; None means function itself if it is a ufunc.
        analytic: whether the op extends to complex arguments (abs does not); "pieces" if it does
            on each side of its kinks (max does). ``check_grads`` relies on it.
        kinks: the choice made where the derivative does not exist.
        forward: a faster function with the same results, used instead of function.

    Returns:
        the op, to be called on Tensors, arrays and numbers.

    Raises:
        ArgumentError: the name is taken, or the number of rules is not that of the inputs.

    >>> import numpy as np, autograd_lite as ag
    >>> cube = ag.elementwise("doc_cube", lambda x: x * x * x,
    ...                       lambda g, out, x: g * 3 * x * x,
    ...                       saves=("x",), samples=[ag.Sample((2,))], doc="x cubed.")
    >>> ag.grad(cube)(2.0)
    np.float64(12.0)
    """
    is_ufunc = hasattr(function, "nin")
    if numpy is None:
        numpy = (function,) if is_ufunc else ()
    inputs, params = _ufunc_inputs(function) if is_ufunc else _signature(function)
    op = Op(
        name,
        forward or function,
        inputs,
        params,
        list(rules),
        saves=saves,
        pointwise=True,
        analytic=analytic,
        samples=tuple(samples),
        doc=doc,
        numpy=tuple(numpy),
        kinks=kinks,
    )
    if len(rules) != len(inputs):
        raise ArgumentError(
            f"elementwise: got {len(rules)} rules for {name!r}, expected {len(inputs)}, one per "
            f"input ({', '.join(inputs)}); write None for an input without derivative."
        )
    made = _kind(op)(op)
    register(op, made)
    return made


def _ufunc_inputs(function: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    return (("x",) if function.nin == 1 else ("x", "y")), {}


def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    # What inspect.signature would say, without importing inspect, which costs a tenth of NumPy.
    code = function.__code__
    positional = code.co_argcount
    names = code.co_varnames
    keywords = names[positional : positional + code.co_kwonlyargcount]
    inputs = list(names[:positional])
    if code.co_flags & _HAS_STAR:
        inputs.append("*" + names[positional + code.co_kwonlyargcount])
    return tuple(inputs), {k: (function.__kwdefaults__ or {}).get(k, _REQUIRED) for k in keywords}


def _missing_rule(op: str, name: str) -> Rule:
    def missing(*args: Any, **params: Any) -> Any:
        raise UnsupportedError(
            f"{op}: it has no derivative rule for {name}; set one with @{op}.vjp({name!r}), or "
            f"{op}.vjp({name!r})(None) if it has no derivative."
        )

    return missing


def _numpys_order(op: Op) -> tuple[str, ...]:
    """What may follow the arrays by position: NumPy's own order, its ``out`` included."""
    code = (
        getattr(getattr(op.numpy[0], "__wrapped__", None), "__code__", None) if op.numpy else None
    )
    if code is None or op.variadic:
        return tuple(op.params)
    names = code.co_varnames[len(op.inputs) : code.co_argcount]
    ours = tuple(op.params)
    # A name that older NumPys had (2.0: newshape) stands where ours does.
    return tuple(
        mine if n not in ours and mine and mine not in names else n
        for n, mine in zip_longest(names, ours[: len(names)])
    )


def refuse_out(who: str, out: Any) -> None:
    """OutError if out is given: a result written into an array has no graph."""
    if out is not None:
        raise OutError(
            f"{who}: got out=, and a result written into an array has no graph; use the returned "
            "Tensor.",
            out,
        )


_HAS_STAR = 0x04
_REQUIRED = type("Required", (), {"__repr__": lambda self: "required"})()


def _documented(function: Callable[..., Any]) -> str:
    lines = (function.__doc__ or "").strip().splitlines()
    return "\n".join([*lines[:1], *(line.removeprefix("    ") for line in lines[1:])])


@overload
def primitive(function: Rule, /) -> Primitive: ...
@overload
def primitive(
    *,
    name: str | None = ...,
    saves: Any = ...,
    samples: Sequence[Sample] = ...,
    numpy: Any = ...,
    linear: bool | str = ...,
    view: bool = ...,
    analytic: bool | str = ...,
    family: str = ...,
    kinks: str = ...,
    outputs: tuple[str, ...] = ...,
) -> Callable[[Rule], Primitive]: ...
def primitive(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    saves: Any = (),
    samples: Sequence[Sample] = (),
    numpy: Any = (),
    linear: bool | str = False,
    view: bool = False,
    analytic: bool | str = True,
    family: str = "",
    kinks: str = "",
    outputs: tuple[str, ...] = (),
) -> Primitive | Callable[[Rule], Primitive]:
    """Declare any other op; a decorator of its forward function of arrays.

    Arrays come before the ``*`` of the signature, static parameters after it; ``*arrays`` makes a
    variadic op. Then give it rules with ``@f.vjp``.

    Args:
        name: the op's name; the function's own by default.
        saves, samples, analytic, kinks: as for ``elementwise``.
        numpy: the NumPy function (or functions) it stands for.
        linear: True if linear in all inputs together, ``"each"`` if in each one alone; forward
            mode then maps tangents through the op itself.
        view: the result may share memory with the first input.
        family: ``"matmul"`` or ``"broadcast"`` for that family's error messages.
        outputs: names of several outputs; forward then gives a tuple, so does the op, and rules
            get tuples as g (with None where no cotangent has arrived) and as out.

    >>> import numpy as np, autograd_lite as ag
    >>> @ag.primitive(linear=True, samples=[ag.Sample((3,))])
    ... def doc_reverse(x):
    ...     '''x from back to front.'''
    ...     return x[::-1]
    >>> @doc_reverse.vjp
    ... def _(g, out, x):
    ...     return g[::-1]
    >>> ag.grad(lambda x: (doc_reverse(x) * np.array([1.0, 2.0])).sum())(np.zeros(2))
    array([2., 1.])
    """

    def declare(forward: Rule) -> Primitive:
        inputs, params = _signature(forward)
        op = Op(
            name or forward.__name__,
            forward,
            inputs,
            params,
            [_missing_rule(name or forward.__name__, x) for x in inputs],
            saves=saves,
            linear="joint" if linear is True else linear or None,
            view=view,
            analytic=analytic,
            family=family,
            samples=tuple(samples),
            doc=_documented(forward),
            numpy=tuple(numpy) if isinstance(numpy, (tuple, list)) else (numpy,),
            kinks=kinks,
            outputs=outputs,
        )
        made = Primitive(op)
        register(op, made)
        return made

    return declare if function is None else declare(function)


def composed(
    *numpy: Any, name: str | None = None, kinks: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Publish a function that is written in terms of other ops, and what it stands for in NumPy.

    Args:
        name: its name here; the function's own by default.
        kinks: the choice made where the derivative does not exist, if its ops do not say it.
    """

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        publish(name or function.__name__, function, numpy, kinks)
        return function

    return enter
