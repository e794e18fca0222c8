"""Writing into a Tensor with NumPy's functions: recorded as ``t[...] = v`` is, or refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import DTypeError, ShapeError, UnsupportedError
from ..primitive import composed
from ..protocols import plain, whole
from ..tensor import Tensor
from .axes import axis_of
from .index import errors_of, getitem, in_range
from .selection import along
from .shape import broadcast_to, ravel, reshape, shape_of

__all__ = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]


def _is_written(who: str, target: Any, values: Any) -> bool:
    """Whether target is a Tensor; if it is an array, nothing tracked may go into it."""
    if isinstance(target, Tensor):
        return True
    values = whole(values)
    if isinstance(values, Tensor) and values.requires_grad:
        raise UnsupportedError(
            f"{who}: got a tracked Tensor to write into {type(target).__name__}, which cannot hold "
            "a graph; make it a Tensor first."
        )
    return False


def _cycled(values: Any, which: Any) -> Any:
    """Of the flattened values those numbered which, starting again at their end."""
    flat = ravel(values)
    return getitem(flat, which % flat.size)


@composed(np.put_along_axis)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    """Write values into a Tensor where ``take_along_axis`` reads; recorded as ``t[...] = v`` is.

    Derivative: g of each place to the value written there last, 0 to what is written over.
    """
    indices = np.asarray(plain(indices))
    if not _is_written("put_along_axis", arr, values):
        np.put_along_axis(arr, indices, plain(values), axis)
        return
    if axis is None:
        at = in_range(indices, arr.size, "raise", "put_along_axis")
        index: Any = np.unravel_index(at, arr.shape)
    else:
        axis = axis_of(axis, arr.ndim, "put_along_axis")
        index = along(arr.shape, indices, axis, "put_along_axis")
    arr[index] = whole(values)


@composed(np.put)
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    """Write v at the flat indices ind of a Tensor, v repeated as needed; recorded.

    Derivative: g of each place to the value written there last, 0 to what is written over.
    """
    if not _is_written("put", a, v):
        np.put(a, plain(ind), plain(v), mode)
        return
    at = in_range(ind, a.size, mode, "put").reshape(-1)
    if at.size and math.prod(shape_of(v)):
        a[np.unravel_index(at, a.shape)] = _cycled(v, np.arange(at.size))


@composed(np.place)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Write the first of vals, one after the other, where mask holds; recorded.

    Derivative: g of each place to the value written there, 0 to what is written over.
    """
    if not _is_written("place", arr, vals):
        np.place(arr, plain(mask), plain(vals))
        return
    mask = _mask_of(mask, arr.shape, "place")
    count = int(mask.sum())
    if count and not math.prod(shape_of(vals)):
        raise ShapeError("place: got no values to write, expected at least one.")
    if count:
        arr[mask] = _cycled(vals, np.arange(count))


@composed(np.putmask)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Write into a Tensor where mask holds, entry for entry of values (repeated); recorded.

    Derivative: g of each place to the value written there, 0 to what is written over.
    """
    if not _is_written("putmask", a, values):
        np.putmask(a, plain(mask), plain(values))
        return
    mask = _mask_of(mask, a.shape, "putmask")
    if mask.any() and math.prod(shape_of(values)):
        a[mask] = _cycled(values, np.flatnonzero(mask))


def _mask_of(mask: Any, shape: tuple[int, ...], who: str) -> Any:
    mask = np.array(plain(mask), np.bool_)
    if mask.size != math.prod(shape):
        raise ShapeError(f"{who}: got a mask of shape {mask.shape}, expected {shape}.")
    return mask.reshape(shape)


@composed(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Write src, broadcast, into the Tensor dst where the mask where holds; recorded.

    Derivative: as of ``t[mask] = src``: g to src where it is written, 0 to what is written
    over.
    """
    where = np.asarray(plain(where))
    if not _is_written("copyto", dst, src):
        np.copyto(dst, plain(src), casting=casting, where=where)
        return
    src = whole(src)
    # A Python number takes on the dtype of dst, if it is of its kind.
    given = src.dtype if hasattr(src, "dtype") else np.result_type(src, dst.dtype)
    if not np.can_cast(given, dst.dtype, casting):
        raise DTypeError(
            f"copyto: got dtype {given} for a Tensor of dtype {dst.dtype}, which "
            f"casting={casting!r} does not allow."
        )
    if where.all():
        with errors_of("copyto"):
            np.broadcast_to(where, dst.shape)
        dst[...] = src
        return
    with errors_of("copyto"):
        mask = np.broadcast_to(where, dst.shape)
        extra = (1,) * (len(shape_of(src)) - dst.ndim)
        np.broadcast_to(np.empty(shape_of(src), np.bool_), extra + dst.shape)
    entire = reshape(broadcast_to(src, extra + dst.shape), dst.shape)
    dst[mask] = getitem(entire, mask)


@composed(np.fill_diagonal)
def fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Write val (its entries one after the other) on the main diagonal of a Tensor; recorded.

    wrap lets the diagonal of a tall matrix start again below.

    Derivative: g of the diagonal to the values, 0 to what is written over.
    """
    if not _is_written("fill_diagonal", a, val):
        np.fill_diagonal(a, plain(val), wrap)
        return
    sizes = set(a.shape)
    if a.ndim < 2 or (a.ndim > 2 and len(sizes) > 1):
        raise ShapeError(
            f"fill_diagonal: got shape {a.shape}, expected a matrix, or axes of equal size."
        )
    rows, columns = a.shape[0], a.shape[1]
    if a.ndim > 2:
        at = tuple(np.arange(rows) for _ in a.shape)
    elif wrap:
        at = np.unravel_index(np.arange(0, a.size, columns + 1), a.shape)
    else:
        at = (np.arange(min(rows, columns)),) * 2
    if at[0].size and math.prod(shape_of(val)):
        a[at] = _cycled(val, np.arange(at[0].size))
