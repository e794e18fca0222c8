""".safetensors files, and what both formats promise: whole files or old ones, nothing executed."""

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from nn_tools import START, reference_model, rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError

ARRAYS = {
    "b": np.array([True, False, True]),
    "deep.0.weight": rng(1).normal(size=(3, 4)),
    "half": rng(2).normal(size=5).astype(np.float16),
    "single": np.asfortranarray(rng(3).normal(size=(2, 3)).astype(np.float32)),
    "scalar": np.array(2.5),
    "empty": np.zeros((0, 3), np.float32),
    "big": np.array([2**63 + 1], np.uint64),
    "small": np.arange(-3, 4, dtype=np.int8),
    "other order": np.array([1.5, 2.5], ">f8"),
    "complex": np.array([1 + 2j], np.complex64),
    "ünïcode \"name\"": np.arange(3, dtype=np.int32),
}  # fmt: skip


def same(state, expected):
    assert set(state) == set(expected)
    for name, value in expected.items():
        assert state[name].shape == value.shape
        assert state[name].dtype == value.dtype.newbyteorder("=")
        np.testing.assert_array_equal(state[name], value)
        assert state[name].flags.writeable and state[name].dtype.isnative


def file_of(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_every_dtype_and_shape_comes_back(suffix, tmp_path):
    path = tmp_path / f"x.{suffix}"
    nn.save(ARRAYS, path)
    loaded = nn.load(str(path))
    same(loaded, ARRAYS) if suffix == "safetensors" else None
    for name, value in ARRAYS.items():
        np.testing.assert_array_equal(loaded[name], value)
    assert os.listdir(tmp_path) == [path.name]


def test_models_and_optimizers_in_safetensors(tmp_path):
    model = reference_model(np.float32)
    nn.save(model, tmp_path / "m.safetensors")
    other = nn.MLP(2, 3, 3, activation="tanh", dtype=np.float32, rng=rng(9))
    other.load_state_dict(nn.load(tmp_path / "m.safetensors"))
    for name, p in other.named_parameters():
        np.testing.assert_array_equal(p.data, START[name].astype(np.float32))
    optimizer = nn.Adam(model.parameters())
    nn.save(optimizer.state_dict(), tmp_path / "o.safetensors")
    optimizer.load_state_dict(nn.load(tmp_path / "o.safetensors"))
    nn.save({"t": ag.Tensor([1.0])}, os.fsencode(tmp_path / "t.safetensors"))
    assert nn.load(os.fsencode(tmp_path / "t.safetensors"))["t"] == 1


def test_the_bytes_are_those_of_the_format(tmp_path):
    path = tmp_path / "x.safetensors"
    nn.save({"a": np.array([1, 2], np.int16), "b": np.array([0.5])}, path)
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length]) == {
        "b": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
        "a": {"dtype": "I16", "shape": [2], "data_offsets": [8, 12]},
    }
    assert data[8 + length :] == struct.pack("<dhh", 0.5, 1, 2)
    again = tmp_path / "again.safetensors"
    nn.save({"b": np.array([0.5]), "a": np.array([1, 2], np.int16)}, again)
    assert again.read_bytes() == data


def test_files_of_the_safetensors_package_both_ways(tmp_path):
    theirs = pytest.importorskip("safetensors.numpy")
    arrays = {k: np.ascontiguousarray(v) for k, v in ARRAYS.items() if v.dtype.isnative}
    del arrays["complex"]
    path = str(tmp_path / "x.safetensors")
    theirs.save_file(arrays, path, metadata={"format": "np"})
    same(nn.load(path), arrays)
    data = Path(path).read_bytes()
    nn.save(arrays, path)
    found = theirs.load_file(path)
    assert set(found) == set(arrays)
    for name, value in arrays.items():
        np.testing.assert_array_equal(found[name], value)
    theirs.save_file(arrays, path)
    assert len(data) > Path(path).stat().st_size


def test_bfloat16_is_widened(tmp_path):
    path = tmp_path / "x.safetensors"
    bits = np.array([0x3F80, 0xC040, 0x0001], "<u2").tobytes()
    path.write_bytes(file_of({"w": entry("BF16", (3,), (0, 6))}, bits))
    loaded = nn.load(path)["w"]
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, np.array([1.0, -3.0, 2.0**-133], np.float32))


TWO = struct.pack("<ff", 1, 2)
BROKEN = {
    "empty": (b"", "no header"),
    "short": (b"\1\0\0", "no header"),
    "a zip": (b"PK\3\4" + b"\0" * 40, "no header"),
    "huge header": (file_of({}, length=2**62), "no header"),
    "no JSON": (file_of(b"{not json}"), "the header is no JSON"),
    "no text": (file_of(b"\xff\xfe{}"), "the header is no JSON"),
    "deep": (file_of(b"[" * 100_000), "the header is no JSON"),
    "a list": (file_of(b"[1,2]"), "the header is no table"),
    "no entry": (file_of({"w": 3}), "no dtype, shape and place of 'w'"),
    "more in it": (file_of({"w": {**entry(), "code": "x"}}, TWO), "no dtype, shape and place of"),
    "a foreign dtype": (
        file_of({"w": entry("F8_E4M3", (8,))}, TWO), "'w' has the dtype 'F8_E4M3', which NumPy has",
    ),
    "a list as dtype": (file_of({"w": entry(["F32"])}, TWO), "'w' has the dtype ['F32'], which"),
    "negative": (file_of({"w": entry(shape=(-2,))}, TWO), "the shape or place of 'w' is not of"),
    "a bool": (file_of({"w": entry(shape=(True, 2))}, TWO), "the shape or place of 'w' is not of"),
    "one offset": (file_of({"w": entry(offsets=(0,))}, TWO), "the shape or place of 'w' is not"),
    "wrong size": (file_of({"w": entry(shape=(3,))}, TWO), "the shape of 'w' does not fit its byt"),
    "huge shape": (
        file_of({"w": entry(shape=(2**40, 2**40))}, TWO), "the shape of 'w' does not fit its bytes",
    ),
    "truncated": (file_of({"w": entry()}, TWO[:5]), "the shape of 'w' does not fit its bytes"),
    "too long": (file_of({"w": entry()}, TWO + b"x"), "1 bytes are left over"),
    "a hole": (
        file_of({"w": entry(), "v": entry(offsets=(9, 17))}, TWO + b"x" + TWO),
        "'v' begins at 9, not at 8",
    ),
    "overlap": (file_of({"w": entry(), "v": entry()}, TWO), "'v' begins at 0, not at 8"),
    "twice": (
        file_of(b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":1}', TWO),
        "a name comes twice in the header",
    ),
    "no bool": (file_of({"w": entry("BOOL", (8,))}, TWO), "a bool that is neither 0 nor 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused_with_the_reason(name, tmp_path):
    data, reason = BROKEN[name]
    path = tmp_path / "bad.safetensors"
    path.write_bytes(data)
    with pytest.raises(ArgumentError) as caught:
        nn.load(path)
    start = (
        f"load: got {str(path)!r}, expected a .safetensors file as nn.save writes it; it is "
        "truncated, corrupt or of another kind ("
    )
    assert str(caught.value).startswith(start + reason)
    assert str(caught.value).endswith(").")


def test_every_cut_and_every_flipped_byte_of_the_header_is_noticed_or_harmless(tmp_path):
    path = tmp_path / "x.safetensors"
    nn.save({"w": np.arange(3.0), "v": np.arange(2, dtype=np.float32)}, path)
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        with pytest.raises(ArgumentError):
            nn.load(path)
    header = struct.unpack("<Q", whole[:8])[0] + 8
    for place in range(header):
        for flip in (1, 32, 128):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :])
            try:
                state = nn.load(path)
            except ArgumentError:
                continue
            # A name may have changed, or a dtype into one as wide; never the amount of data.
            assert sum(a.nbytes for a in state.values()) == 32


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failed_save_leaves_the_old_file_whole(suffix, step, tmp_path, monkeypatch):
    path = tmp_path / f"w.{suffix}"
    nn.save({"w": np.zeros(2)}, path)
    before = path.read_bytes()
    for error in (KeyboardInterrupt(), OSError(28, "No space left on device")):
        with monkeypatch.context() as patch:

            def crash(*_args, error=error, **_kwargs):
                raise error

            patch.setattr(os, step, crash)
            expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ArgumentError
            with pytest.raises(expected):
                nn.save({"w": np.ones(2)}, path)
        assert os.listdir(tmp_path) == [path.name] and path.read_bytes() == before


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"w": np.zeros(2, complex)},
            "save: got an array of dtype complex128 under 'w', which .safetensors has no place "
            "for; convert it, or save to an .npz file.",
        ),
        (
            {"__metadata__": np.zeros(2)},
            "save: got the name '__metadata__', which .safetensors keeps for itself; use another "
            "one.",
        ),
        (
            {"w": np.array(["x"])},
            "save: got an array of dtype <U1 under 'w', expected numbers; leave it out or convert "
            "it.",
        ),
    ],
)
def test_what_has_no_place_is_refused_before_writing(state, sentence, tmp_path):
    with says(DTypeError, sentence):
        nn.save(state, tmp_path / "x.safetensors")
    assert os.listdir(tmp_path) == []


def test_checkpoints_in_safetensors_resume_too(tmp_path):
    path = tmp_path / "run.safetensors"
    X, y = rng(1).normal(size=(20, 2)), rng(2).integers(0, 2, 20)
    options = {"progress": False, "checkpoint": path, "batch_size": 6}
    whole = nn.MLP(2, 4, 2, rng=0)
    nn.fit(whole, X, y, epochs=4, **options)
    nn.fit(nn.MLP(2, 4, 2, rng=0), X, y, epochs=2, **options)
    model = nn.MLP(2, 4, 2)
    nn.fit(model, X, y, epochs=4, resume=True, **options)
    for p, q in zip(model.parameters(), whole.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_only_files_are_replaced_and_they_keep_their_mode(tmp_path):
    path = tmp_path / "w.npz"
    nn.save(ARRAYS, path)
    path.chmod(0o640)
    nn.save({"a": np.ones(1)}, path)
    assert path.stat().st_mode & 0o777 == 0o640
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (pipe, tmp_path):
        with says(
            ArgumentError,
            f"save: got {str(name)!r}, which is a folder, a device or a pipe, expected a file; "
            "choose another name.",
        ):
            nn.save(ARRAYS, name)
    assert sorted(os.listdir(tmp_path)) == ["pipe", "w.npz"]
