"""Tensor's NumPy face: ndarray's methods and attributes, recorded where they have a derivative."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .errors import KEYWORDS, AutogradError, DTypeError, UnsupportedError
from .op import FUNCTIONS
from .protocols import NumpyProtocols, plain, plain_result, plainly, with_out

_CPU = "the code without it: every Tensor is in the memory of the CPU"

# What other libraries call it, and functions whose first argument is not the array.
_HERE = {
    "add": "t + u", "add_": "t += u", "allclose": "np.allclose(t, u)",
    "apply_along_axis": "ag.apply_along_axis(f, axis, t)",
    "apply_over_axes": "ag.apply_over_axes(f, t, axes)", "argwhere": "np.argwhere(t)",
    "bmm": "t @ u", "bool": "t.astype(bool)", "chunk": "ag.array_split(t, n, axis)",
    "clamp": "t.clip(low, high)", "clamp_": "t[...] = t.clip(low, high)", "clone": "t.copy()",
    "contiguous": "t.copy()", "copy_": "t[...] = u", "count_nonzero": "np.count_nonzero(t)",
    "cpu": f"t.data, or {_CPU}", "cuda": _CPU, "detach_": "t = t.detach()", "device": _CPU,
    "digamma": "ag.special.digamma(t)", "dim": "t.ndim", "div": "t / u", "div_": "t /= u",
    "divide": "t / u", "double": "t.astype(float)", "einsum": "ag.einsum(subscripts, t)",
    "element_size": "t.itemsize", "eq": "t == u", "equal": "np.array_equal(t, u)",
    "expand": "ag.broadcast_to(t, s)", "expand_as": "ag.broadcast_to(t, u.shape)",
    "extract": "ag.extract(condition, t)", "fill_": "t.fill(x)",
    "float": "t.astype(np.float32)", "gather": "ag.take_along_axis(t, index, axis)",
    "ge": "t >= u", "getitem": "t[index]", "grad_fn": "ag.explain(t)", "gt": "t > u",
    "half": "t.astype(np.float16)", "identity": "t.copy()", "index_add": "np.add.at(t, index, u)",
    "index_add_": "np.add.at(t, index, u)", "index_select": "t.take(index, axis)",
    "int": "t.astype(np.int32)", "is_contiguous": "t.flags.c_contiguous", "is_cuda": _CPU,
    "isclose": "np.isclose(t, u)", "isfinite": "np.isfinite(t)", "isinf": "np.isinf(t)",
    "isnan": "np.isnan(t)", "le": "t <= u", "lgamma": "ag.special.gammaln(t)",
    "logical_not": "np.logical_not(t)", "long": "t.astype(np.int64)", "lt": "t < u",
    "masked_fill": "ag.where(mask, x, t)", "masked_fill_": "t[mask] = x",
    "masked_select": "t[mask]", "matmul": "t @ u", "mm": "t @ u",
    "movedim": "ag.moveaxis(t, source, destination)", "mul": "t * u", "mul_": "t *= u",
    "multiply": "t * u", "mv": "t @ u", "narrow": "t[start:stop]", "ndimension": "t.ndim",
    "ne": "t != u", "neg": "-t", "negative": "-t", "nelement": "t.size",
    "new_full": "ag.full(shape, x, dtype=t.dtype)", "new_ones": "ag.ones(shape, dtype=t.dtype)",
    "new_zeros": "ag.zeros(shape, dtype=t.dtype)", "numel": "t.size",
    "permute": "t.transpose(axes)", "pow": "t ** k", "power": "t ** u",
    "requires_grad_": "t.requires_grad = True", "rsqrt": "1 / ag.sqrt(t)",
    "scatter_": "ag.put_along_axis(t, index, u, axis)", "scatter_add": "np.add.at(t, index, u)",
    "scatter_add_": "np.add.at(t, index, u)", "select": "ag.select(conditions, [t, u])",
    "setitem": "t[index] = x", "stride": "t.strides", "sub": "t - u", "sub_": "t -= u",
    "subtract": "t - u", "t": "t.T", "tensor_split": "ag.array_split(t, n, axis)",
    "to": f"t.astype(dtype), or for a device {_CPU}", "topk": "ag.sort(t)[..., -k:]",
    "type": "t.astype(dtype)", "type_as": "t.astype(u.dtype)", "unbind": "ag.unstack(t)",
    "unsqueeze": "ag.expand_dims(t, axis)", "view": "t.reshape(shape)",
    "view_as": "t.reshape(u.shape)", "where": "ag.where(condition, t, u)", "zero_": "t.fill(0)",
    "zero_grad_": "t.zero_grad()",
}  # fmt: skip
_HERE |= {
    name: f"t.data.{name}" for name in ("base", "byteswap", "ctypes", "dump", "dumps", "getfield",
                                        "setfield", "setflags", "tofile")
}  # fmt: skip


class _Elsewhere:
    """In the place of a method that Tensor has not: says what to write.

    A ``__getattr__`` would say as much, and slow every attribute of every Tensor down.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        instead = _HERE.get(self.name) or _call(self.name)
        raise AttributeError(f"'Tensor' object has no attribute {self.name!r}; write {instead}")


def _call(name: str) -> str:
    """A call of ag's function of that name with t as its first argument: "ag.roll(t, shift)"."""
    function: Any = FUNCTIONS[name]
    if hasattr(function, "op"):
        params = [k for k, v in function.op.params.items() if repr(v) == "required"]
        names = [*function.op.inputs, *params]
    else:
        code = function.__code__
        names = [*code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]]
    first = "[t, u]" if names[:1] in (["arrays"], ["tup"]) else "t"
    rest = ["u" if k in _SECOND else k for k in names[1:]]
    return f"ag.{name}({', '.join((first, *rest))})"


# Names of a second array.
_SECOND = ("a2", "ar2", "b", "v", "x2", "y")
_POINTED = set(_HERE)


def point_elsewhere(names: Iterable[str]) -> None:
    """Let Tensors say ``ag.name(t)`` where ``t.name`` is asked for and is no method."""
    for name in names:
        if name in FUNCTIONS and name not in vars(NumpyMethods):
            setattr(NumpyMethods, name, _Elsewhere(name))
            _POINTED.add(name)


def _check_keywords(name: str, kwargs: Iterable[str], error: TypeError) -> None:
    """Raise error with what to write, if it is about a keyword that is PyTorch's."""
    for key in KEYWORDS.keys() & kwargs:
        if key in str(error) and not isinstance(error, AutogradError):
            raise DTypeError(f"{name}: got the argument {key!r}; write {KEYWORDS[key]}.") from error


def _method(name: str) -> Callable[..., Any]:
    def numpys(a: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(a, name)(*args, **kwargs)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs or len(args) > 1:
            return with_out(numpys, FUNCTIONS[name], (self, *args), kwargs)
        try:
            return FUNCTIONS[name](self, *args, **kwargs)
        except TypeError as error:
            _check_keywords(name, kwargs, error)
            raise

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"ndarray's method of this name, recorded: see ``autograd_lite.{name}``."
    return method


def _function_method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return FUNCTIONS[name](self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``autograd_lite.{name}`` of this Tensor."
    return method


def _plain_method(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if "out" in kwargs or len(args) > 1:
            return plain_result(getattr(np, name), (self, *args), kwargs)
        try:
            return getattr(self._value, name)(*plain(args), **plain(kwargs))
        except TypeError as error:
            _check_keywords(name, kwargs, error)
            raise

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"``ndarray.{name}`` of the values: a plain result, it has no derivative."
    return method


def _compare(ufunc: Any, turned: bool = False) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        other = plain(other)
        return plainly(ufunc, (other, self._value) if turned else (self._value, other))

    method.__doc__ = f"``np.{ufunc.__name__}`` of the values: a plain array."
    return method


class NumpyMethods(NumpyProtocols):
    """The part of Tensor that makes it an array to NumPy's users."""

    __slots__ = ()
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

    def conj(self, **kwargs: Any) -> Any:
        """ndarray's method: real numbers are their own conjugate, and the same Tensor."""
        if self.dtype.kind == "c" or kwargs:
            return FUNCTIONS["conjugate"](self, **kwargs)
        return self

    conjugate = conj
    astype = _method("astype")
    take = _method("take")
    choose = _method("choose")
    diagonal = _method("diagonal")
    trace = _method("trace")
    cumprod = _method("cumprod")
    round = _method("round")

    # Not ndarray's, but what PyTorch's and micrograd's users write.
    abs = _function_method("absolute")
    exp = _function_method("exp")
    log = _function_method("log")
    sqrt = _function_method("sqrt")
    sin = _function_method("sin")
    cos = _function_method("cos")
    tanh = _function_method("tanh")
    sigmoid = _function_method("sigmoid")
    relu = _function_method("relu")
    softmax = _function_method("softmax")
    log_softmax = _function_method("log_softmax")
    logsumexp = _function_method("logsumexp")

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

    def copy(self, order: str = "C") -> Any:
        """ndarray's method, recorded: the same values in memory of their own."""
        return FUNCTIONS["copy"](self, order=order)

    def compress(self, condition: Any, axis: int | None = None, out: Any = None) -> Any:
        """ndarray's method, recorded: see ``autograd_lite.compress``."""
        return with_out(np.compress, FUNCTIONS["compress"], (condition, self, axis), {"out": out})

    def sort(self, axis: int = -1, **kwargs: Any) -> None:
        """ndarray's method: sorts in place, recorded or refused as every write in place."""
        try:
            found = FUNCTIONS["sort"](self, axis, **kwargs)
        except TypeError as error:
            _check_keywords("sort", kwargs, error)
            raise
        self[...] = found  # type: ignore[index]

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

    @real.setter
    def real(self, value: Any) -> None:
        if self.dtype.kind == "c":
            FUNCTIONS["real"](self)[...] = value
        else:
            self[...] = value  # type: ignore[index]

    @property
    def imag(self) -> Any:
        """The imaginary part, recorded."""
        return FUNCTIONS["imag"](self)

    @imag.setter
    def imag(self, value: Any) -> None:
        if self.dtype.kind != "c":
            raise DTypeError(f"imag: got a Tensor of {self.dtype}, which has no imaginary part.")
        FUNCTIONS["imag"](self)[...] = value

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes."""
        return self._value.shape  # type: ignore[no-any-return]

    @shape.setter
    def shape(self, value: Any) -> None:
        raise UnsupportedError(
            f"shape: got {value!r} to be set, and a graph cannot follow a Tensor that changes its "
            "shape; write t = t.reshape(shape)."
        )

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
    def flags(self) -> Any:
        """How the values lie in memory, as ndarray's."""
        return self._value.flags

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes to step along each axis."""
        return self._value.strides  # type: ignore[no-any-return]

    def __dir__(self) -> list[str]:
        return [n for n in super().__dir__() if n not in _POINTED]

    def __len__(self) -> int:
        if not self.ndim:
            raise DTypeError("len: got a Tensor of shape (), which has no axis to count along.")
        return len(self._value)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise DTypeError(
                "iteration: got a Tensor of shape (), which has no entries to go through; "
                "t.item() is its number."
            )
        return (self[i] for i in range(len(self)))

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
        if spec and self.ndim:
            raise DTypeError(
                f"format: got {spec!r} for a Tensor of shape {self.shape}, expected one number; "
                "write np.array2string(t.data, precision=3), or format(t[i], ...) of an entry."
            )
        return format(self._value[()], spec) if spec else str(self)

    def item(self, *args: Any) -> Any:
        """The value of a Tensor with one entry, as a Python number."""
        return self._value.item(*args)


for _name in _HERE:
    setattr(NumpyMethods, _name, _Elsewhere(_name))
