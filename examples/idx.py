"""Reading MNIST's IDX files: a magic number, the sizes, then bytes; gzipped or not.

http://yann.lecun.com/exdb/mnist describes the format.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
IMAGES, LABELS = 2051, 2049
_TYPES = (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)
_NAMES = {IMAGES: "images", LABELS: "labels"}


class IdxError(ValueError):
    """A folder or file that is not what it should be; the message is one sentence."""


def load_mnist(folder: str | Path) -> tuple[Bytes, Bytes]:
    """Images (n, 28, 28) and labels (n,) of the training set in folder, or else of the test set.

    Raises:
        IdxError: a folder or file is missing or malformed, or the two have different lengths.
    """
    images, labels = find_mnist(folder)
    X, y = read_idx(images, IMAGES), read_idx(labels, LABELS)
    if len(X) != len(y):
        raise IdxError(
            f"--data: got {len(X)} images in {images.name!r} and {len(y)} labels in "
            f"{labels.name!r}, expected as many of both."
        )
    if y.max() > 9:
        raise IdxError(
            f"--data: got the label {y.max()} in {labels.name!r}, expected digits from 0 to 9."
        )
    return X, y


def find_mnist(folder: str | Path) -> tuple[Path, Path]:
    """The files of images and of labels in folder: the training set's, or else the test set's.

    Raises:
        IdxError: there is no such folder, or neither pair of files in it.
    """
    if folder == "" or not Path(folder).is_dir():
        raise IdxError(f"--data: got {str(folder)!r}, expected a folder that exists.")
    folder = Path(folder)
    for part in ("train", "t10k"):
        images = _find(folder, f"{part}-images-idx3-ubyte")
        labels = _find(folder, f"{part}-labels-idx1-ubyte")
        if images is not None and labels is not None:
            return images, labels
    raise IdxError(
        f"--data: got {str(folder)!r}, expected train-images-idx3-ubyte and "
        "train-labels-idx1-ubyte in it (or the two t10k files), gzipped or not."
    )


def read_idx(path: Path, magic: int) -> Bytes:
    """The array in an IDX file of unsigned bytes, which must begin with this magic number.

    Raises:
        IdxError: the file is truncated, too long, corrupt, or of another kind.
    """
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise IdxError(f"{path.name!r}: cannot be read or unzipped ({error}).") from None
    # Two zeros, a number for the type of the entries, and how many axes there are.
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        found = f"it begins with {data[:4]!r}" if data else "it is empty"
        raise IdxError(
            f"{path.name!r}: not an IDX file: {found}, expected the magic number {magic} (IDX "
            f"{_NAMES[magic]})."
        )
    found = struct.unpack(">i", data[:4])[0]
    if found != magic:
        raise IdxError(
            f"{path.name!r}: got the magic number {found}, expected {magic} (IDX {_NAMES[magic]})."
        )
    axes = magic % 256
    header = 4 + 4 * axes
    if len(data) < header:
        raise IdxError(
            f"{path.name!r}: got {len(data)} bytes, expected a header of {header}; the file is "
            "truncated."
        )
    shape = struct.unpack(f">{axes}I", data[4:header])
    if 0 in shape:
        raise IdxError(f"{path.name!r}: its header says shape {shape}, so it holds nothing.")
    expected = header + math.prod(shape)
    if len(data) != expected:
        raise IdxError(
            f"{path.name!r}: got {len(data)} bytes, expected {expected} for the shape {shape} in "
            "its header; the file is truncated or corrupt."
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def _find(folder: Path, name: str) -> Path | None:
    return next((p for p in (folder / name, folder / f"{name}.gz") if p.is_file()), None)
