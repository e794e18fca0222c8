"""The .safetensors format: eight bytes of length, a JSON header, the arrays' bytes.

The format is small enough to be read and written here, without the package of that name: the
header says each array's dtype, shape and place, and the arrays follow in C order, little-endian,
without a gap. A reader has to trust nothing: every number of the header is checked.

Reference: https://github.com/huggingface/safetensors, "Format".
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np

from autograd_lite.errors import DTypeError

_NAMES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "uint16": "U16", "int16": "I16",
    "uint32": "U32", "int32": "I32", "uint64": "U64", "int64": "I64",
    "float16": "F16", "float32": "F32", "float64": "F64", "complex64": "C64",
}  # fmt: skip
_DTYPES = {name: np.dtype(dtype).newbyteorder("<") for dtype, name in _NAMES.items()}
_DTYPES["BF16"] = np.dtype("<u2")  # NumPy has no bfloat16: its bits are widened to float32
_LONGEST = 100_000_000  # bytes of a header, the limit that the format sets


class BrokenError(ValueError):
    """A file that does not follow the format; the message says where."""


def header_of(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """What the header says of arrays, largest dtypes first so that all of them lie aligned.

    Raises:
        DTypeError: a dtype that has no name in the format, or a reserved name.
    """
    for name, array in arrays.items():
        if array.dtype.name not in _NAMES:
            raise DTypeError(
                f"save: got an array of dtype {array.dtype} under {name!r}, which .safetensors has "
                "no place for; convert it, or save to an .npz file."
            )
        if name == "__metadata__":
            raise DTypeError(
                "save: got the name '__metadata__', which .safetensors keeps for itself; use "
                "another one."
            )
    header: dict[str, Any] = {}
    place = 0
    for name, array in sorted(arrays.items(), key=lambda pair: (-pair[1].itemsize, pair[0])):
        header[name] = {
            "dtype": _NAMES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [place, place + array.nbytes],
        }
        place += array.nbytes
    return header


def write(file: BinaryIO, header: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Write arrays in the order of their header."""
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the arrays begin at a multiple of eight bytes
    file.write(len(text).to_bytes(8, "little"))
    file.write(text)
    for name in header:
        array = arrays[name]
        file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes())


def read(file: BinaryIO) -> dict[str, Any]:
    """Every array of the file, in its order.

    Raises:
        BrokenError: the file does not follow the format.
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 10 or not 2 <= length <= min(_LONGEST, size - 8):
        raise BrokenError("no header")
    try:
        header = json.loads(file.read(length).decode(), object_pairs_hook=_unique)
    except (UnicodeDecodeError, RecursionError, json.JSONDecodeError):
        raise BrokenError("the header is no JSON") from None
    if not isinstance(header, dict):
        raise BrokenError("the header is no table")
    header.pop("__metadata__", None)
    whole = size - 8 - length
    entries = [_entry(name, entry, whole) for name, entry in header.items()]
    entries.sort(key=lambda entry: entry[3:])
    state: dict[str, Any] = {}
    place = 0
    for name, kind, shape, begin, end in entries:
        if begin != place:
            raise BrokenError(f"{name!r} begins at {begin}, not at {place}")
        array = np.frombuffer(file.read(end - begin), _DTYPES[kind]).reshape(shape)
        state[name] = _native(array, kind)
        place = end
    if place != whole:
        raise BrokenError(f"{whole - place} bytes are left over")
    return state


def _entry(name: str, entry: Any, whole: int) -> tuple[str, str, tuple[int, ...], int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise BrokenError(f"no dtype, shape and place of {name!r}")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise BrokenError(f"{name!r} has the dtype {kind!r}, which NumPy has not")
    if not _sizes(shape) or not _sizes(offsets) or len(offsets) != 2:
        raise BrokenError(f"the shape or place of {name!r} is not of whole numbers")
    begin, end = offsets
    if not begin <= end <= whole or end - begin != math.prod(shape) * _DTYPES[kind].itemsize:
        raise BrokenError(f"the shape of {name!r} does not fit its bytes")
    return name, kind, tuple(shape), begin, end


def _sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)


def _native(array: Any, kind: str) -> Any:
    """A writable copy in the machine's own byte order."""
    if kind == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    if kind == "BOOL" and (array.view(np.uint8) > 1).any():
        raise BrokenError("a bool that is neither 0 nor 1")
    return array.astype(array.dtype.newbyteorder("="))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BrokenError("a name comes twice in the header")
    return found
