"""How NumPy calls upon a Tensor: its two protocols, and conversions, which would drop a graph.

All of it reaches the ops through the registries of ``op.py``, so nothing here needs to know
which ops there are, and an op declared later (in a user's file too) is found the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Any

import numpy as np

from .errors import (
    ArgumentError,
    OutError,
    ShapeError,
    UnsupportedError,
    closest,
    shape_sentence,
)
from .op import FUNCTIONS, NUMPY, PLAIN

# Parts of NumPy whose functions are declared when one of them first meets a Tensor.
_SCIMATH = ("numpy.lib.scimath", "numpy.lib._scimath_impl", "numpy.emath")  # as NumPys call it
_LATE = {"numpy.fft": "fft"} | dict.fromkeys(_SCIMATH, "emath")

# "reduce", "accumulate", "reduceat" and "outer": ``method(ufunc, *inputs, **keywords)``.
UFUNC_METHODS: dict[str, Callable[..., Any]] = {}


def plain(x: Any) -> Any:
    """x with every Tensor in it (also within lists, tuples and dicts) replaced by its array."""
    if isinstance(x, NumpyProtocols):
        return x._value
    if isinstance(x, (list, tuple)):
        parts = [plain(v) for v in x]
        return tuple(parts) if isinstance(x, tuple) else parts
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    return x


def whole(x: Any) -> Any:
    """x; of a list or a tuple, one Tensor of what is in it, Tensors too."""
    return FUNCTIONS["array"](x) if isinstance(x, (list, tuple)) else x


def plainly(
    ufunc: Any, inputs: Any, method: str = "__call__", kwargs: Any = MappingProxyType({})
) -> Any:
    """A ufunc without derivative (or a method of one) of plain values.

    Raises:
        ShapeError: shapes that do not broadcast.
    """
    inputs = plain(inputs)
    try:
        return getattr(ufunc, method)(*inputs, **plain(kwargs))
    except ValueError as error:
        if "broadcast" not in str(error):
            raise
        shapes = [np.shape(x) for x in inputs]
        names: list[str | None] = [None] * len(shapes)
        sentence = shape_sentence(ufunc.__name__, "broadcast", shapes, names, error)
        raise ShapeError(sentence) from error


class NumpyProtocols:
    """The part of Tensor that NumPy itself meets."""

    __slots__ = ()
    __array_priority__ = 1000.0
    _value: Any
    shape: Any
    dtype: Any
    astype: Any

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        data = self._converted("np.asarray")
        return np.array(data, dtype=dtype, copy=copy)

    def _converted(self, what: str) -> Any:
        if self._is_tracked():
            from .conversion import refusal  # only errors pay for it

            raise refusal(self.shape, what)
        return self._value

    def _is_tracked(self) -> bool:
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if out is not None:
            return _into(out, ufunc, method, inputs, kwargs)
        if method == "at":
            return UFUNC_METHODS["at"](ufunc, *inputs, **kwargs)
        if ufunc in PLAIN:
            return plainly(ufunc, inputs, method, kwargs)
        function = NUMPY.get(ufunc) or _found_late(ufunc)
        if function is None:
            raise no_rule(ufunc.__name__.removesuffix(" (vectorized)"), _home(ufunc))
        if method == "__call__":
            if kwargs and ufunc.signature is not None:
                return _along_axes(ufunc, function, inputs, kwargs)
            if kwargs:
                inputs = _by_keywords(ufunc, inputs, kwargs)
            return function(*inputs, **kwargs)
        apply = UFUNC_METHODS.get(method)
        outputs = 1 if method != "outer" else ufunc.nout
        if apply is None or ufunc.nin != 2 or ufunc.nout != outputs or ufunc.signature is not None:
            name = f"np.{ufunc.__name__}.{method}"
            raise UnsupportedError(
                f"{name}: got a Tensor, and this ufunc method has no derivative rule; write it "
                "with functions that have one (np.sum, np.prod, np.cumsum, broadcasting)."
            )
        if method == "reduceat" and len(inputs) > 1:
            kwargs.pop("indices", None)  # which NumPy passes in both ways
        return apply(ufunc, *inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        function = NUMPY.get(func)
        if function is not None:
            return with_out(func, function, args, kwargs)
        if func in PLAIN:
            return plain_result(func, args, kwargs)
        name = f"{func.__module__}.{func.__name__}"
        if func.__module__ in _LATE:
            import_module(f"{__package__}.{_LATE[func.__module__]}")
            function = NUMPY.get(func)
        function = function or NUMPY.get(name)  # of a part of NumPy that is loaded late
        if function is not None:
            return with_out(func, function, args, kwargs)
        module = func.__module__.removeprefix("numpy").lstrip(".")
        raise no_rule(f"{module}.{func.__name__}" if module else func.__name__)


# Where NumPy's functions without derivative take out=, by position.
_OUT = {np.isneginf: 1, np.isposinf: 1} | dict.fromkeys(
    (np.all, np.any, np.argmax, np.argmin, np.nanargmax, np.nanargmin), 2
)


def plain_result(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function without derivative of plain values; a Tensor as out= is written as ``t[...] =``.

    Raises:
        InPlaceError: that Tensor is a leaf that requires grad.
    """
    position = _OUT.get(function, len(args))
    out = args[position] if len(args) > position else kwargs.get("out")
    if not isinstance(out, NumpyProtocols):
        return function(*plain(args), **plain(kwargs))
    apart = np.array(out._value)
    args = tuple(apart if x is out and i == position else x for i, x in enumerate(args))
    kwargs = {k: apart if k == "out" else v for k, v in kwargs.items()}
    function(*plain(args), **plain(kwargs))
    out[...] = apart  # type: ignore[index]
    return out


_SUMS = {
    p + n for n in ("sum", "prod", "mean", "var", "std", "cumsum", "cumprod") for p in ("", "nan")
}


def _is_wider(one: Any, two: Any) -> bool:
    return bool(one != two and np.can_cast(two, one))


def with_out(numpy: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """function of these arguments; an out= among them that it refuses is written here.

    Args:
        numpy: the same for plain arrays, for its opinion on casts.

    Raises:
        OutError: out= is no Tensor. ShapeError: it is of another shape than the result.
    """
    try:
        return function(*args, **kwargs)
    except OutError as error:
        out: Any = error.out
        if not isinstance(out, NumpyProtocols):
            raise
    places = [i for i, x in enumerate(args) if x is out]
    position = None if kwargs.get("out") is out else places[-1]

    def called(f: Any, new: Any, prepare: Any = lambda x: x) -> Any:
        if position is None:
            rest = {k: v for k, v in kwargs.items() if k != "out"}
            more = {} if new is None else {"out": new}
            return f(*prepare(args), **prepare(rest), **more)
        return f(*prepare(args[:position]), new, *prepare(args[position + 1 :]), **prepare(kwargs))

    with np.errstate(all="ignore"):  # what there is to warn of, NumPy says below
        result = called(function, None)
        sums = getattr(function, "__name__", "") in _SUMS and position is None and len(args) < 3
        if sums and kwargs.get("dtype") is None and _is_wider(out.dtype, result.dtype):
            kwargs = {**kwargs, "dtype": out.dtype}  # in which NumPy computes, then
            result = called(function, None)
    if result.shape != out.shape:
        raise ShapeError(
            f"{getattr(function, '__name__', 'out')}: got out= of shape {out.shape} for a result "
            f"of shape {result.shape}; they must be equal."
        )
    called(numpy, np.array(out._value), _copied)
    out[...] = result if result.dtype == out.dtype else result.astype(out.dtype)  # type: ignore[index]
    return out


def _copied(x: Any) -> Any:
    """``plain``, with arrays of its own: overwrite_input= writes into them."""
    if isinstance(x, (NumpyProtocols, np.ndarray)):
        return np.array(plain(x))
    if isinstance(x, (list, tuple)):
        return type(x)(map(_copied, x)) if type(x) in (list, tuple) else plain(x)
    return {k: _copied(v) for k, v in x.items()} if isinstance(x, dict) else x


def _found_late(ufunc: Any) -> Any:
    # SciPy's functions are declared when one of them first meets a Tensor. Imported by name, since
    # this module stands below those that declare ops.
    if sys.modules.get("scipy.special") is not None:
        if f"{__package__}.special" not in sys.modules:
            import_module(f"{__package__}.special")
            return NUMPY.get(ufunc)
    return None


def _into(
    out: tuple[Any, ...], ufunc: Any, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """A call with out=: results are written into Tensors as ``t[...] = v`` is; gives out."""
    inputs = tuple(map(whole, inputs))
    tracked = any(isinstance(x, NumpyProtocols) and x._is_tracked() for x in inputs)
    if ufunc in PLAIN or not tracked:
        # NumPy computes it, apart from the Tensors, and says what it thinks of casts and shapes.
        apart = tuple(np.array(x._value) if isinstance(x, NumpyProtocols) else x for x in out)
        found = getattr(ufunc, method)(*plain(inputs), out=apart, **plain(kwargs))
        values: Any = found if isinstance(found, tuple) else (found,)
        if method == "__call__" and "where" in kwargs:
            values = _where_asked(kwargs["where"], values, out)
    elif all(x is None or isinstance(x, NumpyProtocols) for x in out):
        if method == "__call__":
            values = _computed(out, ufunc, inputs, kwargs)
        else:
            array_ufunc = NumpyProtocols.__array_ufunc__
            with np.errstate(all="ignore"):
                result = array_ufunc(out[0], ufunc, method, *inputs, **kwargs)
                if kwargs.get("dtype") is None and _is_wider(out[0].dtype, result.dtype):
                    kwargs = {**kwargs, "dtype": out[0].dtype}
                    result = array_ufunc(out[0], ufunc, method, *inputs, **kwargs)
            if result.shape != out[0].shape:
                raise ShapeError(
                    f"np.{ufunc.__name__}.{method}: got out= of shape {out[0].shape} for a result "
                    f"of shape {result.shape}; they must be equal."
                )
            held = np.array(out[0]._value)
            getattr(ufunc, method)(*plain(inputs), out=held, **plain(kwargs))
            values = [result.astype(held.dtype)]
    else:
        call = f"np.{ufunc.__name__}"
        raise UnsupportedError(
            f"{call}: got out= (or an in-place operator on an ndarray) with a Tensor, and an "
            "ndarray cannot hold a graph; "
            + (
                f"write np.where(mask, {call}(...), other) for where= and out=."
                if "where" in kwargs
                else "write y = ... without out=, or make the array a Tensor first, "
                "out = ag.Tensor(out)."
            )
        )
    results = []
    for target, value in zip(out, values, strict=True):
        if isinstance(target, NumpyProtocols):
            target[...] = value  # type: ignore[index]
        results.append(value if target is None else target)
    return tuple(results) if len(results) > 1 else results[0]


def _computed(
    out: tuple[Any, ...], ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[Any]:
    """The recorded results of a ufunc, with what out holds where where= does not."""
    # First in plain NumPy: for its warnings, and what it thinks of casts and shapes.
    apart = tuple(None if x is None else np.array(x._value) for x in out)
    ufunc(*plain(inputs), out=apart, **plain(kwargs))
    where = kwargs.pop("where", True)
    with np.errstate(all="ignore"):
        if where is not True:  # what is not asked for may be no number
            inputs = tuple(FUNCTIONS["where"](where, x, 1) for x in inputs)
        found = ufunc(*inputs, **kwargs)
    values = list(found) if isinstance(found, tuple) else [found]
    return values if where is True else _where_asked(where, values, out)


def _where_asked(where: Any, values: Sequence[Any], out: Sequence[Any]) -> list[Any]:
    # The values where where= holds, elsewhere what a Tensor among out had, with its graph.
    pairs = zip(values, out, strict=True)
    return [
        FUNCTIONS["where"](where, v, x) if isinstance(x, NumpyProtocols) else v for v, x in pairs
    ]


def _by_keywords(ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The inputs of a ufunc in the dtypes that its keywords ask for; those keywords are taken out.

    UnsupportedError: where=, which leaves entries undefined.
    """
    name = f"{_home(ufunc)}.{ufunc.__name__}"
    where = kwargs.pop("where", True)
    if where is not True:
        raise UnsupportedError(
            f"{name}: got where=, which leaves the entries not chosen undefined; write "
            f"np.where(mask, {name}(...), other)."
        )
    for without_effect in ("order", "subok"):  # a Tensor's memory has none, it has no subclasses
        kwargs.pop(without_effect, None)
    dtype, casting = kwargs.pop("dtype", None), kwargs.pop("casting", "same_kind")
    loop = kwargs.pop("signature", kwargs.pop("sig", None))
    if (dtype is None and loop is None) or ufunc.signature is not None:
        if dtype is not None or loop is not None:
            raise UnsupportedError(
                f"{name}: got dtype= or signature=; convert the inputs with astype."
            )
        return inputs
    if loop is None:
        loop = (*(None,) * ufunc.nin, *(np.dtype(dtype),) * ufunc.nout)
    given = tuple(
        type(x) if type(x) in (int, float, complex) else np.asarray(plain(x)).dtype for x in inputs
    )
    chosen = ufunc.resolve_dtypes((*given, *(None,) * ufunc.nout), signature=loop, casting=casting)
    if any(to.kind not in "biufc" for to in chosen):
        raise UnsupportedError(
            f"{name}: got dtype={chosen[-1]}, expected booleans, integers, floats or complex "
            "numbers."
        )
    return tuple(
        x if x_dtype == to or isinstance(x_dtype, type) else _cast(x, to)
        for x, x_dtype, to in zip(inputs, given, chosen[: ufunc.nin], strict=True)
    )


def _along_axes(ufunc: Any, function: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a ufunc of vectors or matrices, whose keyword axes= says where these stand."""
    axes, signature = kwargs.pop("axes", None), ufunc.signature
    inputs = _by_keywords(ufunc, inputs, kwargs)
    if axes is None:
        return function(*inputs, **kwargs)
    groups = [tuple(x) if isinstance(x, (tuple, list)) else (x,) for x in axes]
    if len(groups) != len(inputs) + 1 and not (len(groups) == len(inputs) and "->()" in signature):
        raise ArgumentError(
            f"np.{ufunc.__name__}: got axes={axes!r}, expected a tuple of axes for each of the "
            f"{len(inputs)} inputs and one for the output, as in its signature {signature}."
        )
    move = FUNCTIONS["moveaxis"]
    ends = [tuple(range(-len(group), 0)) for group in groups]
    turned = [move(x, *ends) for x, *ends in zip(inputs, groups, ends, strict=False)]
    out = function(*turned, **kwargs)
    return move(out, ends[-1], groups[-1]) if len(groups) > len(inputs) else out


def _cast(x: Any, dtype: Any) -> Any:
    return x.astype(dtype) if isinstance(x, (NumpyProtocols, np.ndarray)) else np.asarray(x, dtype)


def _home(ufunc: Any) -> str:
    if ufunc.__name__.endswith(" (vectorized)"):  # made by np.frompyfunc
        return "np.frompyfunc of "
    found = getattr(sys.modules.get("scipy.special"), ufunc.__name__, None)
    return "scipy.special" if found is ufunc else "np"


def no_rule(name: str, module: str = "np") -> UnsupportedError:
    """The error for a function of NumPy (or that module) that nothing is registered for."""
    if module == "np.frompyfunc of ":
        return UnsupportedError(
            f"np.frompyfunc: got a Tensor, and {name} is called with its numbers, which know no "
            f"graph; write it with {__package__}'s functions of whole Tensors."
        )
    last = name.rpartition(".")[2]
    near = _NEAREST.get(last) or (f"ag.{last}" if last in FUNCTIONS else None)
    known = sorted(getattr(f, "__name__", "") for f in NUMPY)
    hint = f"; use {near}" if near else closest(last, known, 0.85)
    return UnsupportedError(
        f"{module}.{name}: got a Tensor, and this function has no derivative rule here{hint}; "
        "t.data is its plain value, and autograd_lite.primitive declares a rule."
    )


# What to do instead, for functions that users reach for and that can have no rule.
_NEAREST = {
    "asarray_chkfinite": "ag.array and np.isfinite(t)",
    "asmatrix": "a Tensor of two dimensions",
    "bmat": "np.block",
    "frompyfunc": "autograd_lite's functions in the Python function, on the whole Tensor",
    "fromfunction": "the function itself on np.indices(shape)",
}
