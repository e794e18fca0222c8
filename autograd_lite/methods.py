"""Tensor's NumPy face: ndarray's methods and both NumPy protocols.

All of it reaches the ops through the registries of ``op.py``, so nothing here needs to know
which ops there are, and an op declared later (in a user's file too) is found the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import ConversionError, UnsupportedError, closest
from .op import FUNCTIONS, NUMPY, PLAIN

# np.add.reduce and its like are these functions, whose axis defaults to 0 in that spelling.
_UFUNC_METHODS = {
    (np.add, "reduce"): "sum",
    (np.multiply, "reduce"): "prod",
    (np.maximum, "reduce"): "max",
    (np.minimum, "reduce"): "min",
    (np.add, "accumulate"): "cumsum",
}


def plain(x: Any) -> Any:
    """x with every Tensor in it (also within lists, tuples and dicts) replaced by its array."""
    if isinstance(x, NumpyMethods):
        return x._data
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
        return getattr(self._data, name)(*plain(args), **plain(kwargs))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``ndarray.{name}`` of the values: a plain result, it has no derivative."
    return method


def _compare(ufunc: Any) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        return ufunc(self._data, plain(other))

    method.__doc__ = f"``np.{ufunc.__name__}`` of the values: a plain boolean array."
    return method


class NumpyMethods:
    """The part of Tensor that makes it an array to NumPy's users and to NumPy."""

    __slots__ = ()
    __array_priority__ = 1000.0
    _data: Any
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

    argmax = _plain_method("argmax")
    argmin = _plain_method("argmin")
    argsort = _plain_method("argsort")
    nonzero = _plain_method("nonzero")
    any = _plain_method("any")
    all = _plain_method("all")
    tolist = _plain_method("tolist")

    __lt__ = _compare(np.less)
    __le__ = _compare(np.less_equal)
    __gt__ = _compare(np.greater)
    __ge__ = _compare(np.greater_equal)
    __eq__ = _compare(np.equal)
    __ne__ = _compare(np.not_equal)
    __hash__ = object.__hash__

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
        return self._data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """The dtype of the values."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._data.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._data.size  # type: ignore[no-any-return]

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return self._data.nbytes  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self._data)))

    def __getitem__(self, index: Any) -> Any:
        return FUNCTIONS["getitem"](self, index)

    def __contains__(self, item: Any) -> bool:
        return bool((self._data == plain(item)).any())

    def __bool__(self) -> bool:
        return bool(self._data)

    def __float__(self) -> float:
        return float(self._converted("float()"))

    def __int__(self) -> int:
        return int(self._converted("int()"))

    def __complex__(self) -> complex:
        return complex(self._converted("complex()"))

    def __index__(self) -> int:
        return self._converted("index").__index__()  # type: ignore[no-any-return]

    def __format__(self, spec: str) -> str:
        return format(self._data[()], spec) if spec and self.ndim == 0 else str(self)

    def item(self, *args: Any) -> Any:
        """The value of a Tensor with one entry, as a Python number."""
        return self._data.item(*args)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        data = self._converted("np.asarray")
        return np.array(data, dtype=dtype, copy=copy)

    def _converted(self, what: str) -> Any:
        if self._is_tracked():
            instead = "use autograd_lite's functions (its array() takes lists of Tensors)"
            if what != "np.asarray":
                instead = "compute on with autograd_lite's functions instead of math's"
            raise ConversionError(
                f"{what}: got a Tensor of shape {self.shape} that records its graph; converting it "
                "would drop the graph in silence; write t.data (or t.item(), or t.detach()) if "
                f"that is what you want, or {instead}."
            )
        return self._data

    def _is_tracked(self) -> bool:
        raise NotImplementedError

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if out is not None:
            if not any(isinstance(x, NumpyMethods) and x._is_tracked() for x in (*inputs, *out)):
                return getattr(ufunc, method)(*plain(inputs), out=plain(out), **plain(kwargs))
            raise UnsupportedError(
                f"np.{ufunc.__name__}: got out= (or an in-place operator on an ndarray) with a "
                "Tensor; an ndarray cannot hold a graph; write y = ... without out=."
            )
        function = NUMPY.get(ufunc) if method == "__call__" else None
        if (ufunc, method) in _UFUNC_METHODS:
            kwargs.setdefault("axis", 0)
            function = FUNCTIONS[_UFUNC_METHODS[ufunc, method]]
        if function is not None:
            return function(*inputs, **kwargs)
        if ufunc in PLAIN:
            return getattr(ufunc, method)(*plain(inputs), **plain(kwargs))
        name = ufunc.__name__
        if method != "__call__":
            raise UnsupportedError(
                f"np.{name}.{method}: got a Tensor, and this ufunc method has no derivative rule; "
                "write it with functions that have one (np.sum, np.prod, np.cumsum, broadcasting)."
            )
        raise no_rule(name)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        function = NUMPY.get(func)
        if function is not None:
            return function(*args, **kwargs)
        if func in PLAIN:
            return func(*plain(args), **plain(kwargs))
        module = func.__module__.removeprefix("numpy").lstrip(".")
        raise no_rule(f"{module}.{func.__name__}" if module else func.__name__)


def no_rule(name: str) -> UnsupportedError:
    """The error for a NumPy function that nothing is registered for."""
    last = name.rpartition(".")[2]
    near = _NEAREST.get(last) or (f"ag.{last}" if last in FUNCTIONS else None)
    hint = f"; use {near}" if near else closest(last, sorted(f.__name__ for f in NUMPY), 0.85)
    return UnsupportedError(
        f"np.{name}: got a Tensor, and this function has no derivative rule here{hint}; "
        "t.data is its plain value, and autograd_lite.primitive declares a rule."
    )


# What does the same, for functions that users reach for and that have no rule of their own.
_NEAREST = {
    "append": "np.concatenate",
    "around": "np.rint",
    "average": "np.mean, or (w * x).sum() / w.sum()",
    "block": "np.concatenate",
    "cumprod": "np.exp(np.cumsum(np.log(x))) for positive x",
    "diag": "np.einsum('ii->i', x)",
    "diagonal": "np.einsum('ii->i', x)",
    "expit": "ag.sigmoid",
    "kron": "np.einsum('ij,kl->ikjl', a, b).reshape(...)",
    "log_expit": "ag.log_sigmoid",
    "matrix_transpose": "np.swapaxes(x, -1, -2)",
    "nanmean": "np.mean(x, where=~np.isnan(x))",
    "nansum": "np.sum(x, where=~np.isnan(x))",
    "ptp": "np.max(x) - np.min(x)",
    "rollaxis": "np.moveaxis",
    "rot90": "np.flip(np.swapaxes(x, 0, 1), 0)",
    "round": "np.rint",
    "sort": "x[np.argsort(x)]",
    "take_along_axis": "x[...] with index arrays",
    "trace": "np.einsum('ii', x)",
    "tril": "x * np.tri(n)",
    "triu": "x * np.tri(n).T",
    "vecdot": "(x * y).sum(axis=-1)",
}
