"""Can a small network read handwritten digits? Train a multilayer perceptron, and look inside.

    python examples/digits.py                   scikit-learn's 1,797 digits of 8x8 pixels
    python examples/digits.py --data DIR        MNIST's IDX files in DIR, gzipped or not

Prints accuracies and a confusion matrix, checks the gradient of the loss against numerical
derivatives, and writes into --output: graph.svg (the backward graph of the loss),
misclassified.png and weights.npz, from which it predicts again.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NoReturn

import numpy as np
from idx import IdxError, find_mnist, load_mnist

import autograd_lite as ag
import nn
from nn.save import replacing

WRITTEN = ("graph.svg", "misclassified.png", "weights.npz")


class RefusedError(Exception):
    """Something that cannot go on; the message is one sentence."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; --help lists the options.\n")


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(description="Train a multilayer perceptron on handwritten digits.")
    add = parser.add_argument
    add("--data", metavar="DIR", help="folder of MNIST's IDX files (default: scikit-learn's)")
    add("--hidden", type=int, nargs="+", default=[100], help="sizes of the hidden layers")
    add("--activation", type=str.lower, default="sigmoid", help="sigmoid, relu or tanh")
    add("--epochs", type=int, default=40)
    add("--batch-size", type=int, default=32)
    add("--lr", type=float, default=0.01, help="Adam's learning rate")
    add("--seed", type=int, default=0)
    add("--output", default="output", metavar="DIR", help="folder for the files that are written")
    args = parser.parse_args(argv)
    for name in ("epochs", "batch_size"):
        if getattr(args, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be 1 or more")
    if min(args.hidden) < 1:
        parser.error("--hidden must be 1 or more")
    if args.activation not in ("sigmoid", "relu", "tanh"):
        parser.error(f"--activation must be sigmoid, relu or tanh, not {args.activation!r}")
    if not 0 <= args.lr < math.inf:
        parser.error("--lr must be a finite number, 0 or larger")
    if args.seed < 0:
        parser.error("--seed must be 0 or more")
    if not args.output:
        parser.error("--output must name a folder")
    args.output = Path(args.output)
    return args


def require(package: str, name: str = "") -> None:
    try:
        importlib.import_module(package)
    except ImportError:
        raise RefusedError(
            f"{name or package} is not installed; run: pip install '.[examples]'"
        ) from None


@contextmanager
def output_folder(folder: Path) -> Iterator[None]:
    """The folder, fit to be written to; if it is new and the block fails, it goes away again."""
    try:
        if folder.exists() and not folder.is_dir():
            raise RefusedError(f"--output: got {str(folder)!r}, which is a file; name a folder.")
        new = [path for path in (folder, *folder.parents) if not path.exists()]
    except OSError as error:
        raise unwritable(folder, error) from None
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            TemporaryFile(dir=folder).close()
        except OSError as error:
            raise unwritable(folder, error) from None
        yield
    except BaseException:
        if folder in new:
            for name in WRITTEN:
                with suppress(OSError):
                    (folder / name).unlink()
        for path in new:  # innermost first; one that something else was put into stays
            with suppress(OSError):
                path.rmdir()
        raise


def unwritable(folder: Path, error: OSError) -> RefusedError:
    return RefusedError(
        f"--output: got {str(folder)!r}, which cannot be written to "
        f"({(error.strerror or str(error)).lower()}); name a folder in a place that is yours."
    )


def load(folder: str | None) -> tuple[Any, Any]:
    """Images (n, side, side), float32 from 0 to 1, and labels (n,)."""
    if folder is not None:
        images, labels = load_mnist(folder)
        names = [path.name for path in find_mnist(folder)]
        why = "" if names[0].startswith("train") else " (there are no train files)"
        print(f"read {' and '.join(names)}{why}; 30 % of every digit are kept for testing")
        return images.astype(np.float32) / 255, labels.astype(np.int64)
    require("sklearn.datasets", "scikit-learn")
    from sklearn.datasets import load_digits

    digits = load_digits()
    return digits.images.astype(np.float32) / 16, digits.target.astype(np.int64)


def split(labels: Any, share: float, rng: np.random.Generator) -> tuple[Any, Any]:
    """Row numbers for training and for testing: the same share of every digit."""
    train, test = [], []
    for digit in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == digit))
        cut = round(share * len(rows))
        test.append(rows[:cut])
        train.append(rows[cut:])
    return np.concatenate(train), np.concatenate(test)


def train(model: Any, optimizer: Any, X: Any, y: Any, args: argparse.Namespace, rng: Any) -> None:
    from tqdm import trange

    with trange(1, args.epochs + 1, desc="training", unit="epoch") as bar:
        for epoch in bar:
            losses = []
            for inputs, labels in nn.batches(X, y, args.batch_size, rng=rng):
                loss = nn.cross_entropy(model(inputs), labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(finite(loss.item(), epoch))
            bar.set_postfix(loss=f"{np.mean(losses):.4f}", refresh=False)
    with ag.no_grad():
        finite(nn.cross_entropy(model(X), y).item(), args.epochs)


def finite(loss: float, epoch: int) -> float:
    if not math.isfinite(loss):
        raise RefusedError(
            f"training diverged at epoch {epoch} (the loss became {loss}); try a smaller --lr."
        )
    return loss


def predict(model: nn.Module, X: Any) -> Any:
    with ag.no_grad():
        return model(X).data.argmax(axis=1)


def confusion(labels: Any, predicted: Any) -> str:
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (labels, predicted), 1)
    lines = ["predicted" + "".join(f"{d:5}" for d in range(10))]
    lines += [f"  digit {d}" + "".join(f"{n:5}" for n in row) for d, row in enumerate(counts)]
    return "\n".join(lines)


def check(model: Any, X: Any, y: Any) -> None:
    """Compare the gradient of the loss in every parameter with numerical derivatives."""

    def loss(*parameters: Any) -> Any:
        out = X.astype(np.float64)
        for i, layer in enumerate(model):
            # Layers 0, 2, 4, ... are linear, the activations between them have no parameters.
            out = layer(out) if i % 2 else nn.linear(out, *parameters[i : i + 2])
        return nn.cross_entropy(out, y)

    report = ag.check_grads(loss, *(ag.Tensor(p.data, name=n) for n, p in model.named_parameters()))
    print("gradient check:", "right" if report.ok else "WRONG")
    print(report)


def draw(model: nn.Module, X: Any, y: Any, folder: Path) -> None:
    """The backward graph of the loss of a few digits, with the parameters' names."""
    for name, parameter in model.named_parameters():
        parameter.name = name
    pixels = ag.Tensor(X, name="pixels")
    loss = nn.cross_entropy(model(pixels), y).named("loss")
    ag.draw(loss).save(folder / "graph.svg")
    print(f"wrote {folder / 'graph.svg'}")


def spread(rows: Any, count: int) -> Any:
    """At most count of the rows, evenly spread over them, the first and the last among them."""
    if len(rows) <= count:
        return rows
    return rows[np.linspace(0, len(rows) - 1, count).round().astype(int)]


def show_wrong(images: Any, labels: Any, predicted: Any, folder: Path) -> None:
    """A picture of digits that were read wrong: up to 25, from all over the test set."""
    from matplotlib.figure import Figure

    wrong = np.flatnonzero(labels != predicted)
    height = 1 + (min(len(wrong), 25) - 1) // 5 if len(wrong) else 1
    figure = Figure(figsize=(6, 0.6 + 1.3 * height), layout="constrained")
    for place, i in enumerate(spread(wrong, 25)):
        axis = figure.add_subplot(height, 5, place + 1)
        axis.axis("off")
        axis.imshow(images[i], cmap="gray_r")
        axis.set_title(f"{labels[i]} read as {predicted[i]}", fontsize=9)
    figure.suptitle(f"{len(wrong)} of {len(labels)} test digits misread")
    with replacing(folder / "misclassified.png") as file:
        figure.savefig(file, format="png")
    print(f"wrote {folder / 'misclassified.png'}")


def physical_memory() -> float:
    """Bytes; inf where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return math.inf


def run(args: argparse.Namespace) -> None:
    require("tqdm")
    require("matplotlib")
    images, labels = load(args.data)
    X = images.reshape(len(images), -1)
    rng = np.random.default_rng(args.seed)
    sizes = (X.shape[1], *args.hidden, 10)
    new = {"activation": args.activation, "dtype": np.float32}
    try:
        # Weights, gradients and Adam's two means, in float32. A system may promise more memory
        # than there is, and end the program when it is used.
        if 16 * sum(a * b for a, b in pairwise(sizes)) > physical_memory():
            raise MemoryError
        model = nn.MLP(*sizes, rng=rng, **new)
    except (MemoryError, OverflowError, ValueError):  # NumPy's, depending on how much too large
        raise RefusedError(
            f"--hidden: got {' '.join(map(str, args.hidden))}, for which the memory is too small; "
            "name smaller sizes."
        ) from None
    optimizer = nn.Adam(model.parameters(), lr=args.lr)
    training, testing = split(labels, 0.3, rng)
    if not len(testing):
        raise RefusedError(f"--data: got {len(labels)} digits, too few to keep some for testing.")
    print(f"{len(training)} digits to learn from, {len(testing)} to test on; {model}")
    few = spread(training, 5)
    check(model, X[few], labels[few])
    train(model, optimizer, X[training], labels[training], args, rng)

    predicted = predict(model, X[testing])
    print(f"train accuracy {np.mean(predict(model, X[training]) == labels[training]):.4f}")
    print(f"test accuracy  {np.mean(predicted == labels[testing]):.4f}")
    print(confusion(labels[testing], predicted))

    few = spread(testing, 5)
    draw(model, X[few], labels[few], args.output)
    show_wrong(images[testing], labels[testing], predicted, args.output)
    nn.save(model, args.output / "weights.npz")
    loaded = nn.MLP(*sizes, rng=rng, **new)
    loaded.load_state_dict(nn.load(args.output / "weights.npz"))
    same = bool((predict(loaded, X[testing]) == predicted).all())
    print(f"wrote {args.output / 'weights.npz'}; predicting from it: digits {labels[few]}")
    print(f"are read as {predict(loaded, X[few])}, all predictions equal: {same}")


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    try:
        # Overflow shows in the loss, which train() looks at: NumPy need not warn of it as well.
        with output_folder(args.output), np.errstate(over="ignore", invalid="ignore"):
            run(args)
    except MemoryError:
        print("digits.py: out of memory; try a smaller --hidden or --batch-size.", file=sys.stderr)
        return 2
    except (RefusedError, IdxError, OSError, ag.errors.AutogradError) as error:
        print(f"digits.py: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
