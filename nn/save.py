"""State dicts in files: ``.npz`` archives of plain arrays, or ``.safetensors``; never pickle.

A file is written beside its final place and moved there when it is complete, so a crash on the
way leaves the old file as it was.
"""

from __future__ import annotations

import os
import secrets
import stat
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Never

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError

from . import tensorfile
from .module import Module


def save(state: Module | Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write a state dict (or a Module's) to path, as an ``.npz`` file that NumPy reads too.

    A path that ends in ``.safetensors`` gets that format, which PyTorch's world reads. The same
    state gives the same bytes. Whatever happens, path holds the old file or the new one.

    Args:
        state: name to array, or a Module. path: the file, written under exactly this name.

    Raises:
        ArgumentError: a folder that does not exist, or a file that cannot be written.
        DTypeError: a value that is not an array of numbers, or of a dtype without a place in
            ``.safetensors``.

    >>> import os, tempfile, numpy as np, nn
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "weights.npz")
    ...     nn.save({"w": np.array([1.0, 2.0])}, file)
    ...     nn.load(file)
    {'w': array([1., 2.])}
    """
    if isinstance(state, Module):
        state = state.state_dict()
    if not isinstance(state, Mapping):
        raise DTypeError(
            f"save: got {type(state).__name__}, expected a Module or a dict of name to array; use "
            "state_dict()."
        )
    arrays = {str(name): _numeric(name, value) for name, value in state.items()}
    if _is_safetensors(path):
        header = tensorfile.header_of(arrays)
        with replacing(path) as file:
            tensorfile.write(file, header, arrays)
        return
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load(path: str | os.PathLike[str], *more: Never) -> dict[str, Any]:
    """Read the state dict in a file that ``save`` (or ``np.savez``, or safetensors) wrote.

    A name that ends in ``.safetensors`` is read as that format (bfloat16 becomes float32), any
    other as ``.npz``. Nothing in the file is executed.

    Raises:
        ArgumentError: no such file, or one that is truncated, corrupt or of another kind.
        DTypeError: anything but one path.
    """
    if more or not isinstance(path, (str, bytes, os.PathLike)):
        given: tuple[Any, ...] = (path, *more)
        name = next((p for p in given if isinstance(p, str)), "weights.npz")
        raise DTypeError(
            f"load: got {', '.join(type(p).__name__ for p in given)}, expected one path; write "
            f"model.load_state_dict(nn.load({name!r}))."
        )
    kind = "a .safetensors file" if _is_safetensors(path) else "an .npz file of plain arrays"
    try:
        with open(path, "rb") as file:
            if _is_safetensors(path):
                return tensorfile.read(file)
            with np.load(file, allow_pickle=False) as archive:
                state = {name: archive[name] for name in archive.files}
        # NumPy hands out a member that is no array as bytes.
        if not all(isinstance(value, np.ndarray) for value in state.values()):
            raise ValueError
        return state
    except FileNotFoundError:
        raise ArgumentError(
            f"load: got {os.fspath(path)!r}, expected a file that exists; check the path."
        ) from None
    except Exception as error:
        # A foreign file can make the parsers raise anything: all of it means the same.
        reason = str(error) if isinstance(error, tensorfile.BrokenError) else type(error).__name__
        raise ArgumentError(
            f"load: got {os.fspath(path)!r}, expected {kind} as nn.save "
            f"writes it; it is truncated, corrupt or of another kind ({reason})."
        ) from error


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file to write, that takes the place of path when the block ends without an error.

    Raises:
        ArgumentError: the file cannot be written there.
    """
    target = os.path.realpath(os.fsdecode(path))
    folder, name = os.path.split(target)
    old = os.stat(target) if os.path.exists(target) else None
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise ArgumentError(
            f"save: got {os.fspath(path)!r}, which is a folder, a device or a pipe, expected a "
            "file; choose another name."
        )
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.tmp")
    try:
        file = open(temporary, "xb")
    except OSError as error:
        raise _refused(path, error) from None
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if old is not None:
            os.chmod(temporary, stat.S_IMODE(old.st_mode))
        os.replace(temporary, target)
        _settle(folder)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _settle(folder: str) -> None:
    """Have the folder's new entry on the disk too, where a system lets one ask for that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # Some file systems refuse it for folders; the file itself is in its place all the same.
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _is_safetensors(path: Any) -> bool:
    return os.fsdecode(path).endswith(".safetensors")


def _refused(path: Any, error: OSError) -> ArgumentError:
    reason = (error.strerror or str(error)).lower()
    return ArgumentError(
        f"save: got {os.fspath(path)!r}, which cannot be written ({reason}); choose a file in a "
        "folder that exists and is yours."
    )


def _numeric(name: Any, value: Any) -> Any:
    array = value.data if isinstance(value, ag.Tensor) else np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise DTypeError(
            f"save: got an array of dtype {array.dtype} under {name!r}, expected numbers; leave it "
            "out or convert it."
        )
    return array
