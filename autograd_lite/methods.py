"""Tensor's NumPy face: ndarray's methods and both NumPy protocols.

All of it reaches the ops through the registries of ``op.py``, so nothing here needs to know
which ops there are, and an op declared later (in a user's file too) is found the same way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from .errors import ArgumentError, ConversionError, UnsupportedError, closest
from .op import FUNCTIONS, NUMPY, PLAIN

# "reduce", "accumulate", "reduceat" and "outer": ``method(ufunc, *inputs, **keywords)``.
UFUNC_METHODS: dict[str, Callable[..., Any]] = {}


def plain(x: Any) -> Any:
    """x with every Tensor in it (also within lists, tuples and dicts) replaced by its array."""
    if isinstance(x, NumpyMethods):
        return x._value
    if isinstance(x, (list, tuple)):
        parts = [plain(v) for v in x]
        return tuple(parts) if isinstance(x, tuple) else parts
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    return x


def _method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return FUNCTIONS[name](self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"ndarray's method of this name, recorded: see ``autograd_lite.{name}``."
    return method


def _plain_method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self._value, name)(*plain(args), **plain(kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``ndarray.{name}`` of the values: a plain result, it has no derivative."
    return method


def _compare(ufunc: Any, turned: bool = False) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        other = plain(other)
        return ufunc(other, self._value) if turned else ufunc(self._value, other)

    method.__doc__ = f"``np.{ufunc.__name__}`` of the values: a plain array."
    return method


class NumpyMethods:
    """The part of Tensor that makes it an array to NumPy's users and to NumPy."""

    __slots__ = ()
    __array_priority__ = 1000.0
    _value: Any
    _meta: Any

    sum = _method("sum")
    mean = _method("mean")
    var = _method("var")
    std = _method("std")
    max = _method("max")
    min = _method("min")
    prod = _method("prod")
    cumsum = _method("cumsum")
    squeeze = _method("squeeze")
    swapaxes = _method("swapaxes")
    ravel = _method("ravel")
    flatten = _method("flatten")
    clip = _method("clip")
    dot = _method("dot")
    repeat = _method("repeat")
    conj = _method("conjugate")
    conjugate = _method("conjugate")
    copy = _method("copy")
    astype = _method("astype")
    take = _method("take")
    choose = _method("choose")
    diagonal = _method("diagonal")
    trace = _method("trace")
    cumprod = _method("cumprod")
    round = _method("round")

    put = _method("put")

    argmax = _plain_method("argmax")
    argmin = _plain_method("argmin")
    argsort = _plain_method("argsort")
    argpartition = _plain_method("argpartition")
    searchsorted = _plain_method("searchsorted")
    nonzero = _plain_method("nonzero")
    any = _plain_method("any")
    all = _plain_method("all")
    tolist = _plain_method("tolist")
    tobytes = _plain_method("tobytes")

    __lt__ = _compare(np.less)
    __le__ = _compare(np.less_equal)
    __gt__ = _compare(np.greater)
    __ge__ = _compare(np.greater_equal)
    __eq__ = _compare(np.equal)
    __ne__ = _compare(np.not_equal)
    __hash__ = object.__hash__
    __and__ = _compare(np.bitwise_and)
    __or__ = _compare(np.bitwise_or)
    __xor__ = _compare(np.bitwise_xor)
    __lshift__ = _compare(np.left_shift)
    __rshift__ = _compare(np.right_shift)
    __rand__ = _compare(np.bitwise_and, turned=True)
    __ror__ = _compare(np.bitwise_or, turned=True)
    __rxor__ = _compare(np.bitwise_xor, turned=True)
    __rlshift__ = _compare(np.left_shift, turned=True)
    __rrshift__ = _compare(np.right_shift, turned=True)

    def __invert__(self) -> Any:
        return np.invert(self._value)

    def __divmod__(self, other: Any) -> Any:
        return FUNCTIONS["divmod"](self, other)

    def __rdivmod__(self, other: Any) -> Any:
        return FUNCTIONS["divmod"](other, self)

    def __round__(self, ndigits: int | None = None) -> Any:
        return FUNCTIONS["round"](self, 0 if ndigits is None else ndigits)

    def __floor__(self) -> Any:
        return FUNCTIONS["floor"](self)

    def __ceil__(self) -> Any:
        return FUNCTIONS["ceil"](self)

    def __trunc__(self) -> Any:
        return FUNCTIONS["trunc"](self)

    def compress(self, condition: Any, axis: int | None = None, out: Any = None) -> Any:
        """ndarray's method, recorded: see ``autograd_lite.compress``."""
        return FUNCTIONS["compress"](condition, self, axis, out)

    def sort(self, axis: int = -1, **kwargs: Any) -> None:
        """ndarray's method: sorts in place, recorded or refused as every write in place."""
        self[...] = FUNCTIONS["sort"](self, axis, **kwargs)  # type: ignore[index]

    def partition(self, kth: Any, axis: int = -1, **kwargs: Any) -> None:
        """ndarray's method: in place, recorded or refused as every write in place."""
        self[...] = FUNCTIONS["partition"](self, kth, axis, **kwargs)  # type: ignore[index]

    def resize(self, *shape: Any, **kwargs: Any) -> None:
        """Refused: an array cannot change its size in place and keep its graph."""
        raise UnsupportedError(
            "resize: got a Tensor, and this method of ndarray changes its array's size in place, "
            "which a graph cannot follow; use np.resize(t, shape) or t.reshape(shape)."
        )

    def fill(self, value: Any) -> None:
        """ndarray's method: ``t[...] = value``, recorded or refused as every write in place."""
        self[...] = value  # type: ignore[index]

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """ndarray's method, recorded: ``t.reshape(2, 3)`` or ``t.reshape((2, 3))``."""
        return FUNCTIONS["reshape"](self, shape[0] if len(shape) == 1 else shape, **kwargs)

    def transpose(self, *axes: Any) -> Any:
        """ndarray's method, recorded: ``t.transpose()``, ``t.transpose(1, 0)`` or ``((1, 0))``."""
        return FUNCTIONS["transpose"](self, axes[0] if len(axes) == 1 else axes or None)

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """The transpose: all axes reversed."""
        return FUNCTIONS["transpose"](self)

    @property
    def mT(self) -> Any:  # noqa: N802 - NumPy's name
        """The last two axes exchanged."""
        return FUNCTIONS["swapaxes"](self, -1, -2)

    @property
    def real(self) -> Any:
        """The real part, recorded."""
        return FUNCTIONS["real"](self)

    @property
    def imag(self) -> Any:
        """The imaginary part, recorded."""
        return FUNCTIONS["imag"](self)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._value.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self._value.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._value.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._value.size  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return self._value.nbytes  # type: ignore[no-any-return]

    @property
    def itemsize(self) -> int:
        """Bytes of one value."""
        return self._value.itemsize  # type: ignore[no-any-return]

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes to step along each axis."""
        return self._value.strides  # type: ignore[no-any-return]

    @property
    def flat(self) -> Any:
        """The entries in a row, recorded: ``ravel()``."""
        return FUNCTIONS["ravel"](self)

    def __len__(self) -> int:
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self._value)))

    def __getitem__(self, index: Any) -> Any:
        return FUNCTIONS["getitem"](self, index)

    def __contains__(self, item: Any) -> bool:
        return bool((self._value == plain(item)).any())

    def __bool__(self) -> bool:
        return bool(self._value)

    def __float__(self) -> float:
        return float(self._converted("float()"))

    def __int__(self) -> int:
        return int(self._converted("int()"))

    def __complex__(self) -> complex:
        return complex(self._converted("complex()"))

    def __index__(self) -> int:
        return self._converted("index").__index__()  # type: ignore[no-any-return]

    def __format__(self, spec: str) -> str:
        return format(self._value[()], spec) if spec and self.ndim == 0 else str(self)

    def item(self, *args: Any) -> Any:
        """The value of a Tensor with one entry, as a Python number."""
        return self._value.item(*args)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        data = self._converted("np.asarray")
        return np.array(data, dtype=dtype, copy=copy)

    def _converted(self, what: str) -> Any:
        if self._is_tracked():
            cures = (
                "in place of np.array([t, 1.0]) write ag.array([t, 1.0]), of np.r_ and np.c_ ag.r_ "
            )
            cures += "and ag.c_, of other functions of lists ag's of the same name"
            if any(name in sys.modules for name in ("scipy.special", "scipy.linalg")):
                cures += ", of SciPy's those of autograd_lite.special and autograd_lite.linalg"
            if what != "np.asarray":
                cures = (
                    "to write it into an array, make that a Tensor first (out = ag.Tensor(out)); "
                )
                cures += "to compute with it, use ag's functions in place of math's"
            raise ConversionError(
                f"{what}: got a Tensor of shape {self.shape} that records its graph, which a "
                f"conversion would drop in silence; {cures}; t.data (or t.item(), t.detach()) is "
                "its plain value."
            )
        return self._value

    def _is_tracked(self) -> bool:
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if out is not None:
            if not any(isinstance(x, NumpyMethods) and x._is_tracked() for x in (*inputs, *out)):
                return getattr(ufunc, method)(*plain(inputs), out=plain(out), **plain(kwargs))
            if method == "__call__" and len(out) == 1 and isinstance(out[0], NumpyMethods):
                return _into(out[0], ufunc, inputs, kwargs)
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
        if ufunc in PLAIN:
            return getattr(ufunc, method)(*plain(inputs), **plain(kwargs))
        function = NUMPY.get(ufunc) or _found_late(ufunc)
        if function is None:
            raise no_rule(ufunc.__name__, _home(ufunc))
        if method == "__call__":
            if kwargs and ufunc.signature is not None:
                return _along_axes(ufunc, function, inputs, kwargs)
            if kwargs:
                inputs = _by_keywords(ufunc, inputs, kwargs)
            return function(*inputs, **kwargs)
        apply = UFUNC_METHODS.get(method)
        if apply is None or ufunc.nin != 2 or ufunc.nout != 1 or ufunc.signature is not None:
            name = f"np.{ufunc.__name__}.{method}"
            if method == "at":
                raise UnsupportedError(
                    f"{name}: got a Tensor, and this writes in place; np.add.at and np.subtract.at "
                    "of a Tensor are recorded, and t[index] = value."
                )
            raise UnsupportedError(
                f"{name}: got a Tensor, and this ufunc method has no derivative rule; write it "
                "with functions that have one (np.sum, np.prod, np.cumsum, broadcasting)."
            )
        return apply(ufunc, *inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        function = NUMPY.get(func)
        if function is not None:
            return function(*args, **kwargs)
        if func in PLAIN:
            return func(*plain(args), **plain(kwargs))
        module = func.__module__.removeprefix("numpy").lstrip(".")
        raise no_rule(f"{module}.{func.__name__}" if module else func.__name__)


def _found_late(ufunc: Any) -> Any:
    # SciPy's functions are declared when one of them first meets a Tensor. Imported by name, since
    # this module stands below those that declare ops.
    if sys.modules.get("scipy.special") is not None:
        if f"{__package__}.special" not in sys.modules:
            import_module(f"{__package__}.special")
            return NUMPY.get(ufunc)
    return None


def _into(out: Any, ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call with out= a Tensor: the result written into it, where where= holds; gives out."""
    where = kwargs.pop("where", True)
    if where is not True:
        # What is not asked for is not computed: NumPy does not warn of it either.
        inputs = tuple(FUNCTIONS["where"](where, x, 1) for x in inputs)
    value = ufunc(*inputs, **kwargs)
    out[...] = value if where is True else FUNCTIONS["where"](where, value, out)
    return out


def _by_keywords(ufunc: Any, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The inputs of a ufunc in the dtypes that its keywords ask for; those keywords are taken out.

    UnsupportedError: where=, which leaves entries undefined, or an order of memory.
    """
    name = f"{_home(ufunc)}.{ufunc.__name__}"
    where = kwargs.pop("where", True)
    if where is not True:
        raise UnsupportedError(
            f"{name}: got where=, which leaves the entries not chosen undefined; write "
            f"np.where(mask, {name}(...), other)."
        )
    order = kwargs.pop("order", "K")
    if order not in ("K", None):
        raise UnsupportedError(
            f"{name}: got order={order!r}; a Tensor's memory has no order to choose, leave it."
        )
    kwargs.pop("subok", None)  # there are no subclasses to keep or to drop
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
    return x.astype(dtype) if isinstance(x, (NumpyMethods, np.ndarray)) else np.asarray(x, dtype)


def _home(ufunc: Any) -> str:
    found = getattr(sys.modules.get("scipy.special"), ufunc.__name__, None)
    return "scipy.special" if found is ufunc else "np"


def no_rule(name: str, module: str = "np") -> UnsupportedError:
    """The error for a function of NumPy (or that module) that nothing is registered for."""
    last = name.rpartition(".")[2]
    near = _NEAREST.get(last) or (f"ag.{last}" if last in FUNCTIONS else None)
    hint = f"; use {near}" if near else closest(last, sorted(f.__name__ for f in NUMPY), 0.85)
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
