"""The examples, run as a user runs them: what they print, what they write, how they refuse."""

import gzip
import importlib
import importlib.util
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
import nn

EXAMPLES = Path(__file__).parent.parent / "examples"
PACKAGES = {"sklearn": "scikit-learn", "matplotlib": "matplotlib", "tqdm": "tqdm"}
SMALL = ("--hidden", "4", "--epochs", "2", "--batch-size", "20")
absent = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
needs_extra = pytest.mark.skipif(
    bool(absent), reason=f"the extra 'examples' is not installed ({', '.join(absent)})"
)


def run(folder, name, *arguments, hide=(), path=None):
    """An example run in folder, with some packages made impossible to import."""
    env = dict(os.environ)
    if path is not None:
        env["PATH"] = path
    if hide:
        hidden = folder / "hidden"
        hidden.mkdir()
        for package in hide:
            (hidden / f"{package}.py").write_text("raise ImportError('hidden by the test')\n")
    root = Path(ag.__file__).resolve().parent.parent  # where these tests import it from
    paths = [*([str(hidden)] if hide else []), str(root), env.get("PYTHONPATH", "")]
    env["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def refused(process):
    """The one sentence with which digits.py refused."""
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr.count("\n") == 1 and "Traceback" not in process.stderr
    assert process.stderr.startswith("digits.py: ")
    return process.stderr.removeprefix("digits.py: ").strip()


def accuracy(process):
    return float(re.search(r"test accuracy +([\d.]+)", process.stdout)[1])


def test_perceptron_reaches_the_known_weights(tmp_path):
    done = run(tmp_path, "perceptron.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "weights: 10.38040701, -0.20641179, -4.98452047\n" in done.stdout
    assert os.listdir(tmp_path) == []


@needs_extra
def test_digits_reaches_96_percent_and_writes_everything(tmp_path):
    done = run(tmp_path, "digits.py")
    assert done.returncode == 0, done.stderr
    assert accuracy(done) >= 0.96
    assert "1258 digits to learn from, 539 to test on; MLP(\n  (0): Linear(64, 100)" in done.stdout
    assert "gradient check: right\n" in done.stdout
    assert "all predictions equal: True" in done.stdout
    assert "epoch/s" in done.stderr
    rows = re.findall(r"  digit \d((?: +\d+){10})\n", done.stdout)
    assert sum(int(n) for row in rows for n in row.split()) == 539
    written = sorted(os.listdir(tmp_path / "output"))
    assert written == ["graph.svg", "misclassified.png", "weights.npz"]
    state = nn.load(tmp_path / "output" / "weights.npz")
    assert {n: v.shape for n, v in state.items()} == {
        "0.weight": (100, 64), "0.bias": (100,), "2.weight": (10, 100), "2.bias": (10,),
    }  # fmt: skip
    assert all(v.dtype == np.float32 for v in state.values())
    assert (tmp_path / "output" / "misclassified.png").read_bytes()[:4] == b"\x89PNG"


@needs_extra
def test_digits_draws_without_a_renderer(tmp_path):
    done = run(tmp_path, "digits.py", *SMALL, "--hidden", 3, 3, "--activation", "tanh",
               hide=["pygraphviz"], path="")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "wrote output/graph.svg\n" in done.stdout
    assert sorted(os.listdir(tmp_path / "output")) == [
        "graph.svg", "misclassified.png", "weights.npz",
    ]  # fmt: skip


@needs_extra
def test_digits_is_the_same_for_the_same_seed(tmp_path):
    first, again, other = (
        run(tmp_path, "digits.py", *SMALL, "--seed", seed, "--output", tmp_path / str(seed)).stdout
        for seed in (5, 5, 6)
    )
    assert first == again != other


# -- MNIST's files --------------------------------------------------------------------------------


def idx(array, magic):
    return struct.pack(f">i{array.ndim}I", magic, *array.shape) + array.tobytes()


def write_mnist(folder, part="t10k", count=100, labels=None, pack=gzip.compress, suffix=".gz"):
    """Files of random strokes: enough to run on."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.uint8) % 10 if labels is None else labels
    images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    (folder / f"{part}-images-idx3-ubyte{suffix}").write_bytes(pack(idx(images, 2051)))
    (folder / f"{part}-labels-idx1-ubyte{suffix}").write_bytes(pack(idx(labels, 2049)))
    return folder


@needs_extra
@pytest.mark.parametrize(
    ("part", "pack", "suffix"),
    [("t10k", gzip.compress, ".gz"), ("train", bytes, ""), ("train", gzip.compress, "")],
)
def test_digits_reads_mnist_files(tmp_path, part, pack, suffix):
    data = write_mnist(tmp_path / "mnist", part, pack=pack, suffix=suffix)
    done = run(tmp_path, "digits.py", "--data", data, *SMALL)
    assert done.returncode == 0, done.stderr
    why = "" if part == "train" else " (there are no train files)"
    assert done.stdout.startswith(
        f"read {part}-images-idx3-ubyte{suffix} and {part}-labels-idx1-ubyte{suffix}{why}; 30 % of "
        "every digit are kept for testing\n"
    )
    assert "70 digits to learn from, 30 to test on; MLP(\n  (0): Linear(784, 4)" in done.stdout
    assert "gradient check: right\n" in done.stdout


@needs_extra
@pytest.mark.parametrize("count", [1, 12])
def test_few_digits_are_enough_or_refused(tmp_path, count):
    data = write_mnist(tmp_path / "mnist", count=count)
    done = run(tmp_path, "digits.py", "--data", data, *SMALL)
    if count == 12:
        assert done.returncode == 0, done.stderr
    else:
        assert done.stderr == (
            "digits.py: --data: got 1 digits, too few to keep some for testing.\n"
        )
        assert os.listdir(tmp_path) == ["mnist"]


def damaged(folder, change, file="images"):
    data = write_mnist(folder / "mnist")
    path = next(data.glob(f"*{file}*"))
    path.write_bytes(change(path.read_bytes()))
    return data


def short(data):
    return gzip.compress(gzip.decompress(data)[:5000])


BAD_DATA = {
    "truncated": (
        short, "images",
        "'t10k-images-idx3-ubyte.gz': got 5000 bytes, expected 78416 for the shape (100, 28, 28) "
        "in its header; the file is truncated or corrupt.",
    ),
    "no sizes": (
        lambda data: gzip.decompress(data)[:9], "images",
        "'t10k-images-idx3-ubyte.gz': got 9 bytes, expected a header of 16; the file is truncated.",
    ),
    "no images": (
        lambda data: idx(np.zeros((0, 28, 28), np.uint8), 2051), "images",
        "'t10k-images-idx3-ubyte.gz': its header says shape (0, 28, 28), so it holds nothing.",
    ),
    "another kind": (
        lambda data: b"<html>not found</html>", "images",
        "'t10k-images-idx3-ubyte.gz': not an IDX file: it begins with b'<htm', expected the magic "
        "number 2051 (IDX images).",
    ),
    "truncated gzip": (
        lambda data: data[:5000], "images",
        "'t10k-images-idx3-ubyte.gz': cannot be read or unzipped (Compressed file ended before "
        "the end-of-stream marker was reached).",
    ),
    "wrong magic number": (
        lambda data: idx(np.zeros((100, 28, 28), np.uint8), 2052), "images",
        "'t10k-images-idx3-ubyte.gz': got the magic number 2052, expected 2051 (IDX images).",
    ),
    "labels where images belong": (
        lambda data: idx(np.zeros(100, np.uint8), 2049), "images",
        "'t10k-images-idx3-ubyte.gz': got the magic number 2049, expected 2051 (IDX images).",
    ),
    "empty": (
        lambda data: b"", "labels",
        "'t10k-labels-idx1-ubyte.gz': not an IDX file: it is empty, expected the magic number 2049 "
        "(IDX labels).",
    ),
    "lengths": (
        lambda data: idx(np.zeros(99, np.uint8), 2049), "labels",
        "--data: got 100 images in 't10k-images-idx3-ubyte.gz' and 99 labels in "
        "'t10k-labels-idx1-ubyte.gz', expected as many of both.",
    ),
    "label 11": (
        lambda data: idx(np.full(100, 11, np.uint8), 2049), "labels",
        "--data: got the label 11 in 't10k-labels-idx1-ubyte.gz', expected digits from 0 to 9.",
    ),
}  # fmt: skip


@needs_extra
@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_gets_one_sentence_and_leaves_nothing(tmp_path, case):
    change, file, sentence = BAD_DATA[case]
    data = damaged(tmp_path, change, file)
    assert refused(run(tmp_path, "digits.py", "--data", data)) == sentence
    assert os.listdir(tmp_path) == ["mnist"]


@needs_extra
def test_missing_folders_and_files_are_named(tmp_path):
    sentence = refused(run(tmp_path, "digits.py", "--data", "nowhere"))
    assert sentence == "--data: got 'nowhere', expected a folder that exists."
    sentence = refused(run(tmp_path, "digits.py", "--data", ""))
    assert sentence == "--data: got '', expected a folder that exists."
    (tmp_path / "bare").mkdir()
    sentence = refused(run(tmp_path, "digits.py", "--data", "bare"))
    assert sentence == (
        "--data: got 'bare', expected train-images-idx3-ubyte and train-labels-idx1-ubyte in it "
        "(or the two t10k files), gzipped or not."
    )
    assert os.listdir(tmp_path) == ["bare"]


BAD_OPTIONS = {
    ("--activation", "sigmod"): (
        "--activation must be sigmoid, relu or tanh, not 'sigmod'; --help lists the options."
    ),
    ("--hidden", "0"): "--hidden must be 1 or more; --help lists the options.",
    ("--hidden", "10000000000"): (
        "--hidden: got 10000000000, for which the memory is too small; name smaller sizes."
    ),
    ("--hidden", "9" * 30, "5"): (
        f"--hidden: got {'9' * 30} 5, for which the memory is too small; name smaller sizes."
    ),
    ("--hidden", "many"): (
        "argument --hidden: invalid int value: 'many'; --help lists the options."
    ),
    ("--epochs", "0"): "--epochs must be 1 or more; --help lists the options.",
    ("--batch-size", "-3"): "--batch-size must be 1 or more; --help lists the options.",
    ("--seed", "-1"): "--seed must be 0 or more; --help lists the options.",
    ("--lr", "-1"): "--lr must be a finite number, 0 or larger; --help lists the options.",
    ("--lr", "nan"): "--lr must be a finite number, 0 or larger; --help lists the options.",
    ("--wat",): "unrecognized arguments: --wat; --help lists the options.",
    ("--output", "taken"): "--output: got 'taken', which is a file; name a folder.",
    ("--output", ""): "--output must name a folder; --help lists the options.",
    ("--output", "taken/in"): (
        "--output: got 'taken/in', which cannot be written to (not a directory); name a folder in "
        "a place that is yours."
    ),
}


@needs_extra
@pytest.mark.parametrize("options", BAD_OPTIONS, ids=" ".join)
def test_bad_options_get_one_sentence_and_leave_nothing(tmp_path, options):
    (tmp_path / "taken").write_text("mine")
    assert refused(run(tmp_path, "digits.py", *options)) == BAD_OPTIONS[options]
    assert os.listdir(tmp_path) == ["taken"]


@needs_extra
@pytest.mark.parametrize("epochs", [1, 3])
def test_divergence_gets_one_sentence_and_leaves_nothing(tmp_path, epochs):
    done = run(tmp_path, "digits.py", "--hidden", 4, "--activation", "ReLU", "--lr", 1e38,
               "--batch-size", 2000, "--epochs", epochs, "--output", "new/folder")  # fmt: skip
    assert done.returncode == 2
    *bar, sentence = done.stderr.splitlines()
    assert sentence == (
        f"digits.py: training diverged at epoch {min(epochs, 2)} (the loss became nan); try a "
        "smaller --lr."
    )
    assert all(line.startswith("training: ") for line in bar if line)
    assert "Warning" not in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.fixture
def digits(monkeypatch):
    """The example as a module."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield importlib.import_module("digits")
    for name in ("digits", "idx"):
        sys.modules.pop(name, None)


def test_a_failure_takes_the_new_folder_away_and_nothing_else(tmp_path, digits):
    with pytest.raises(KeyboardInterrupt), digits.output_folder(tmp_path / "a" / "b"):
        (tmp_path / "a" / "b" / "graph.svg").write_text("half")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []
    with pytest.raises(OSError), digits.output_folder(tmp_path):
        (tmp_path / "graph.svg").write_text("mine")
        raise OSError
    assert os.listdir(tmp_path) == ["graph.svg"]


def test_misread_digits_are_shown_from_all_over(digits):
    rows = np.arange(100, 197)
    shown = digits.spread(rows, 25)
    assert len(set(shown)) == 25 and (shown[0], shown[-1]) == (100, 196)
    assert set(np.diff(shown)) == {4}
    np.testing.assert_array_equal(digits.spread(rows[:7], 25), rows[:7])


@pytest.mark.parametrize("package", PACKAGES)
def test_a_missing_package_gets_one_sentence(tmp_path, package):
    others = [name for name in absent if name != package]
    if others:
        pytest.skip(f"without {', '.join(others)} the example names that one")
    sentence = refused(run(tmp_path, "digits.py", hide=[package]))
    assert sentence == (f"{PACKAGES[package]} is not installed; run: pip install '.[examples]'")
    assert os.listdir(tmp_path) == ["hidden"]
