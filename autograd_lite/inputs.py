"""What an op takes for an input, and how its refusals are worded."""

from __future__ import annotations

from typing import Any, NoReturn
from weakref import ref

import numpy as np

from .errors import (
    ArgumentError,
    AutogradError,
    DTypeError,
    IndexOutOfRangeError,
    MatrixError,
    ShapeError,
    shape_sentence,
)
from .methods import NumpyMethods
from .node import Meta, Source, Spec
from .op import Op

NUMBERS = (float, int, bool, complex)


def as_data(data: Any, dtype: Any, who: str) -> Any:
    """A copy of array-like data as the engine keeps it: an ndarray, a NumPy scalar if 0-d."""
    if isinstance(data, np.ma.MaskedArray):
        raise DTypeError(_masked_sentence(who))
    try:
        array = np.array(data, dtype=dtype)
    except (ValueError, TypeError) as error:
        raise DTypeError(
            f"{who}: got {type(data).__name__} that is no array of numbers ({error}); use "
            "autograd_lite.array for nested Tensors."
        ) from None
    if array.dtype.kind not in "biufc":
        raise DTypeError(
            f"{who}: got dtype {array.dtype}, expected booleans, integers, floats or complex "
            "numbers; convert the data first."
        )
    return array if array.ndim else array[()]


def _masked_sentence(who: str) -> str:
    return (
        f"{who}: got a masked array, whose mask would be dropped in silence; use where= with the "
        "mask, or x.filled(...)."
    )


def stub(op: Op, value: Any, source: Any) -> Any:
    """What a node keeps of a constant that no rule reads.

    Numbers whole. Of arrays a weak reference, so that a drawing can show the values while the
    user still holds them; with shape and dtype beside it unless the op is pointwise, whose rules
    never ask for them.
    """
    if type(value) is not np.ndarray:
        return value
    return ref(source) if op.pointwise else Spec(value, source)


def sources(inputs: tuple[Any, ...]) -> Meta:
    """What a node remembers of untracked Tensors with a name, for drawings."""
    meta = Meta()
    meta.sources = tuple(
        Source(i, x)
        for i, x in enumerate(inputs)
        if isinstance(x, NumpyMethods) and not x._is_tracked() and x._meta is not None
    )
    return meta


def coerced(op: Op, x: Any) -> Any:
    """An input that is no Tensor, as an array the op can take.

    A Python number beside arrays stays one, so that NumPy lets the arrays choose the dtype.
    """
    if type(x) in NUMBERS:
        return x if op.pointwise and len(op.inputs) > 1 else np.asarray(x)[()]
    if isinstance(x, np.ma.MaskedArray):
        raise DTypeError(_masked_sentence(op.name))
    if isinstance(x, (np.ndarray, np.generic)):
        if x.dtype.kind in "biufc":
            return x if isinstance(x, np.generic) else np.asarray(x)
        raise DTypeError(
            f"{op.name}: got an array of dtype {x.dtype}, expected booleans, integers, floats or "
            "complex numbers; convert it first."
        )
    if x is None and op.family == "optional":
        return None
    if hasattr(x, "__array__"):  # a column of a table, say
        return coerced(op, np.asarray(x))
    raise DTypeError(f"{op.name}: got {type(x).__name__}, expected a Tensor, an array or a number.")


def refuse(op: Op, inputs: tuple[Any, ...], error: Exception) -> NoReturn:
    """Raise what op's forward raised, as a sentence that begins with the op."""
    if isinstance(error, AutogradError):
        raise error
    if isinstance(error, np.linalg.LinAlgError):
        found = " and ".join(str(tuple(np.shape(getattr(x, "_value", x)))) for x in inputs)
        raise MatrixError(f"{op.name}: got shape {found}; {str(error).rstrip('.')}.") from error
    tensors = [x if isinstance(x, NumpyMethods) else None for x in inputs]
    shapes = [
        tuple(np.shape(x if t is None else t._value)) for t, x in zip(tensors, inputs, strict=True)
    ]
    names: list[str | None] = [None if t is None else t.name for t in tensors]  # type: ignore[attr-defined]
    if isinstance(error, TypeError):
        kinds = [str(getattr(x, "dtype", type(x).__name__)) for x in inputs]
        raise DTypeError(
            f"{op.name}: got {' and '.join(kinds)}; {str(error).rstrip('.')}."
        ) from error
    if "negative integer powers" in str(error):
        raise ArgumentError(
            "power: got integers to a negative power, expected floats; write x.astype(float)."
        ) from error
    family = "broadcast" if op.pointwise else op.family
    sentence = shape_sentence(op.name, family, shapes, names, error)
    if isinstance(error, IndexError) and not isinstance(error, ValueError):
        raise IndexOutOfRangeError(sentence) from error
    raise ShapeError(sentence) from error


def check_tensor(t: Any, who: str) -> Any:
    """t, if it is a Tensor."""
    if not isinstance(t, NumpyMethods):
        raise DTypeError(f"{who}: got {type(t).__name__}, expected a Tensor.")
    return t
