"""Plots with matplotlib (extra ``plot``): boundaries, curves, weights, confusions, mistakes.

Each draws into ``ax`` or into a new figure, and gives the Axes; without a display nothing is shown,
``axes.figure.savefig("plot.png")`` writes the picture. Anything with ``predict`` will do as a
model, and so will an ``nn.Module`` or a function of rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, closest

from .module import Module
from .train.predict import predict


def decision_boundary(
    model: Any, X: Any, y: Any, *, ax: Any = None, steps: int = 200, margin: float = 0.1,  # noqa: N803
    threshold: float | None = None,
) -> Any:  # fmt: skip
    """The regions of the plane that a classifier gives to each class, and the points.

    Args:
        model: a fitted classifier with ``predict``, an ``nn.Module``, or a function of rows. Scores
            (n, classes) count by the largest, one number per row by threshold, labels as they are.
        X: points, shape (n, 2). y: their labels, shape (n,), of any kind.
        ax: Axes to draw into; None makes new ones.
        steps: points of the grid along each axis. margin: room around the points, as a share.
        threshold: where two classes part; None means ½ if all outputs are in [0, 1], else 0.

    Returns:
        the matplotlib Axes.

    Raises:
        ShapeError: not two features, or other rows in y. DTypeError: a model that cannot predict.
        ArgumentError: steps below 2. ModuleNotFoundError: matplotlib is not installed.
    """
    X, labels = _array(X), _array(y).reshape(-1)  # noqa: N806
    if X.ndim != 2 or X.shape[1] != 2 or len(X) != len(labels) or not len(X):
        raise ShapeError(
            f"decision_boundary: got X of shape {X.shape} and {len(labels)} labels, expected "
            "(n, 2) and n of them; choose two features."
        )
    if not isinstance(steps, int) or steps < 2:
        raise ArgumentError(f"decision_boundary: got steps={steps!r}, expected an int from 2 up.")
    classes, numbers = np.unique(labels, return_inverse=True)
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    room = np.where(high > low, (high - low) * margin, 1.0)
    across, up = (np.linspace(a, b, steps) for a, b in zip(low - room, high + room, strict=True))
    grid = np.stack([a.ravel() for a in np.meshgrid(across, up)], axis=1)
    if X.dtype.kind == "f":
        grid = grid.astype(X.dtype)
    answers = _answers(model, grid, classes, threshold).reshape(steps, steps)

    ax = _axes(ax)
    colours = _colours(max(len(classes), int(answers.max()) + 1))
    edges = np.arange(-0.5, len(colours))
    ax.contourf(across, up, answers, levels=edges, colors=colours, alpha=0.3)
    if answers.min() < answers.max():
        between = np.arange(answers.min(), answers.max()) + 0.5
        ax.contour(across, up, answers, levels=between, colors="black", linewidths=0.8)
    for number, name in enumerate(classes):
        points = X[numbers == number]
        ax.scatter(
            points[:, 0], points[:, 1], s=18, color=colours[number], edgecolors="black",
            linewidths=0.4, label=str(name),
        )  # fmt: skip
    ax.set_xlim(across[0], across[-1])
    ax.set_ylim(up[0], up[-1])
    ax.legend(title="class", loc="best", fontsize="small")
    return ax


def loss_curves(history: Any, *names: str, ax: Any = None) -> Any:
    """Losses over the epochs: training, and validation if there was any.

    Args:
        history: an ``nn.History``, a dict of lists, a list of losses, or a scikit-learn MLP (its
            ``loss_curve_``).
        names: what to draw instead, such as "accuracy"; its "val_" curve comes with it.
        ax: Axes to draw into; None makes new ones.

    Returns:
        the matplotlib Axes; the y axis is logarithmic if the curves span more than a factor of 20.

    Raises:
        ArgumentError: an unknown name, or no epochs. ModuleNotFoundError: matplotlib is missing.

    >>> import matplotlib, nn
    >>> matplotlib.use("Agg")
    >>> history = nn.History(loss=[0.7, 0.5], val_loss=[0.8, 0.6])
    >>> [line.get_label() for line in nn.plot.loss_curves(history).get_lines()]
    ['loss', 'val_loss']
    """
    curves = _curves(history)
    wanted = names or ("loss",)
    for name in wanted:
        if name not in curves:
            raise ArgumentError(
                f"loss_curves: got {name!r}, expected one of {', '.join(curves) or 'none yet'}"
                f"{closest(name, list(curves)) or '.'}"
            )
    shown = [n for name in wanted for n in (name, f"val_{name}") if n in curves]
    ax = _axes(ax)
    for name in shown:
        values = curves[name]
        style = "--" if name.startswith("val_") else "-"
        marker = "o" if len(values) == 1 else None
        ax.plot(range(1, len(values) + 1), values, style, marker=marker, label=name)
    best = getattr(history, "best_epoch", 0)
    if best and "val_loss" in shown:
        ax.axvline(best, color="gray", linewidth=0.8, linestyle=":", label=f"best: epoch {best}")
    numbers = np.concatenate([np.asarray(curves[name], float) for name in shown])
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size and numbers.min() > 0 and numbers.max() > 20 * numbers.min():
        ax.set_yscale("log")
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss" if not names else ", ".join(names))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend()
    return ax


def first_layer_weights(
    model: Any, shape: Sequence[int] | None = None, *, count: int = 100, ax: Any = None
) -> Any:
    """What each unit of the first layer looks for: its weights as an image, red plus, blue minus.

    Args:
        model: an ``nn.Module``, a scikit-learn MLP (its ``coefs_``), or weights of shape
            (units, inputs) or (units, channels, height, width).
        shape: (height, width) of an image; None means a square (or the rectangle nearest to one),
            or that of the kernels.
        count: at most so many units, the first ones.
        ax: Axes to draw into; None makes new ones.

    Returns:
        the matplotlib Axes, one picture with all images side by side.

    Raises:
        ShapeError: weights that do not fit shape. DTypeError: no weights to be found.
        ModuleNotFoundError: matplotlib is not installed.
    """
    images = _images(_first_weights(model), shape)[:count]
    top = float(np.abs(images).max()) or 1.0
    mosaic, _ = _mosaic(images, math.nan)
    ax = _axes(ax)
    picture = ax.imshow(mosaic, cmap="RdBu_r", vmin=-top, vmax=top, interpolation="nearest")
    ax.set_axis_off()
    ax.figure.colorbar(picture, ax=ax, shrink=0.8)
    ax.set_title(f"weights of {len(images)} unit{'s' if len(images) > 1 else ''}")
    return ax


def confusion_matrix(
    y: Any, predicted: Any, *, labels: Sequence[Any] | None = None, normalize: bool = False,
    ax: Any = None,
) -> Any:  # fmt: skip
    """How often each class (rows) was taken for each (columns).

    Args:
        y, predicted: labels, shape (n,), of any kind.
        labels: the classes in their order; None means all that occur, sorted.
        normalize: show shares of each row instead of counts.
        ax: Axes to draw into; None makes new ones.

    Returns:
        the matplotlib Axes.

    Raises:
        ShapeError: different numbers of labels, or none. ArgumentError: a label that is not among
            labels. ModuleNotFoundError: matplotlib is not installed.
    """
    true, guess = _pair("confusion_matrix", y, predicted)
    names = np.unique(np.concatenate([true, guess])) if labels is None else np.asarray(labels)
    places = {name: i for i, name in enumerate(names.tolist())}
    for value in (*true.tolist(), *guess.tolist()):
        if value not in places:
            raise ArgumentError(
                f"confusion_matrix: got the label {value!r}, expected one of labels, "
                f"{names.tolist()}."
            )
    counts = np.zeros((len(names), len(names)))
    rows, columns = ([places[v] for v in part.tolist()] for part in (true, guess))
    np.add.at(counts, (rows, columns), 1)
    sums = counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(sums > 0, sums, 1)
    ax = _axes(ax)
    # Colours by share: a rare class is read as well as a frequent one.
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    size = 10 if len(names) <= 12 else max(4, 120 // len(names))
    for (i, j), share in np.ndenumerate(shares):
        text = f"{share:.2f}" if normalize else f"{int(counts[i, j])}"
        colour = "white" if share > 0.5 else "black"
        ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=size)
    marks = range(len(names))
    ax.set_xticks(marks, [str(name) for name in names], rotation=90 if len(names) > 12 else 0)
    ax.set_yticks(marks, [str(name) for name in names])
    ax.set_xlabel("predicted")
    ax.set_ylabel("true")
    ax.set_title(f"{np.trace(counts) / len(true):.1%} of {len(true)} right")
    return ax


def misclassified(
    images: Any, y: Any, predicted: Any, *, shape: Sequence[int] | None = None, count: int = 25,
    ax: Any = None,
) -> Any:  # fmt: skip
    """Images whose predicted label is wrong, each with "true→predicted" above it.

    Args:
        images: shape (n, height, width), or rows of pixels (n, height·width).
        y, predicted: labels, shape (n,).
        shape: (height, width) where images are rows of pixels; None means a square, or the
            rectangle nearest to one.
        count: at most so many, evenly spread over all of them.
        ax: Axes to draw into; None makes new ones.

    Returns:
        the matplotlib Axes, one picture with all images side by side.

    Raises:
        ShapeError: different numbers of rows, or pixels that do not fit shape.
        ModuleNotFoundError: matplotlib is not installed.
    """
    true, guess = _pair("misclassified", y, predicted)
    images = _array(images)
    if len(images) != len(true):
        raise ShapeError(
            f"misclassified: got {len(images)} images for {len(true)} labels, expected one each."
        )
    wrong = np.flatnonzero(true != guess)
    ax = _axes(ax)
    ax.set_axis_off()
    ax.set_title(f"{len(wrong)} of {len(true)} misclassified")
    if not len(wrong):
        ax.text(0.5, 0.5, "none", ha="center", va="center", color="gray", transform=ax.transAxes)
        return ax
    if len(wrong) > count:
        chosen = wrong[np.linspace(0, len(wrong) - 1, count).round().astype(int)]
    else:
        chosen = wrong
    if images.ndim not in (2, 3):
        raise ShapeError(
            f"misclassified: got images of shape {images.shape}, expected (n, height, width) or "
            "(n, pixels); take one channel, or their mean: images.mean(axis=-1)."
        )
    shown = _images(images[chosen], shape)
    room = max(3, round(shown.shape[1] * 0.35))  # for the words above each image
    mosaic, corners = _mosaic(shown, math.nan, above=room)
    ax.imshow(mosaic, cmap="gray_r", interpolation="nearest")
    for (top, left), i in zip(corners, chosen, strict=True):
        ax.text(
            left + shown.shape[2] / 2 - 0.5, top - 0.7, f"{true[i]}→{guess[i]}", ha="center",
            va="bottom", fontsize=8,
        )  # fmt: skip
    return ax


def _axes(ax: Any) -> Any:
    """ax, or the Axes of a new figure: pyplot's, so that plt.show() shows it."""
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
        from matplotlib.figure import Figure
    except ImportError:
        raise ModuleNotFoundError(
            "nn.plot: matplotlib is not installed; run: pip install 'autograd-lite[plot]'.",
            name="matplotlib",
        ) from None
    try:
        return plt.figure(layout="constrained").add_subplot()
    except (ImportError, RuntimeError):  # a backend that wants a display, and there is none
        return Figure(layout="constrained").add_subplot()


def _array(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else np.asarray(x)


def _pair(who: str, y: Any, predicted: Any) -> tuple[Any, Any]:
    true, guess = _array(y), _array(predicted)
    if true.ndim != 1 or true.shape != guess.shape or not len(true):
        raise ShapeError(
            f"{who}: got labels of shape {true.shape} and predictions of shape {guess.shape}, "
            "expected (n,) twice; turn scores into labels with argmax(axis=1)."
        )
    return true, guess


def _answers(model: Any, grid: Any, classes: Any, threshold: float | None) -> Any:
    """The number of the class of each row of grid, as the model sees it."""
    if isinstance(model, Module):
        found = predict(model, grid)
    elif callable(getattr(model, "predict", None)):
        found = model.predict(grid)
    elif callable(model):
        found = model(grid)
    else:
        raise DTypeError(
            f"decision_boundary: got {type(model).__name__}, expected an nn.Module, an object with "
            "predict, or a function of rows."
        )
    found = _array(found)
    if found.ndim == 2 and found.shape[1] > 1:
        return found.argmax(axis=1)
    found = found.reshape(-1)
    if len(found) != len(grid):
        raise ShapeError(
            f"decision_boundary: the model gave {len(found)} answers for {len(grid)} points, "
            "expected one each."
        )
    if np.isin(found, classes).all():
        return np.searchsorted(classes, found)
    if found.dtype.kind not in "biuf":
        known = {name: i for i, name in enumerate(classes.tolist())}
        return np.array([known.get(name, len(known)) for name in found.tolist()])
    if threshold is None:
        threshold = 0.5 if found.min() >= 0 and found.max() <= 1 else 0.0
    return (found > threshold).astype(int)


def _curves(history: Any) -> dict[str, Any]:
    if hasattr(history, "loss_curve_"):
        return {"loss": list(history.loss_curve_)}
    if hasattr(history, "keys"):
        found = {name: list(history[name]) for name in history.keys()}
    else:
        found = {"loss": [float(v) for v in history]}
    found = {name: values for name, values in found.items() if len(values)}
    if not found:
        raise ArgumentError("loss_curves: got a history without epochs; train first.")
    return found


def _first_weights(model: Any) -> Any:
    if isinstance(model, Module):
        found = next((p.data for p in model.parameters() if p.ndim >= 2), None)
    elif hasattr(model, "coefs_"):
        found = np.asarray(model.coefs_[0]).T
    else:
        found = _array(model)
    if found is None or found.dtype.kind != "f" or found.ndim not in (2, 4):
        raise DTypeError(
            f"first_layer_weights: got {type(model).__name__}, expected an nn.Module whose first "
            "weight has two axes (or four), a fitted MLP, or such weights."
        )
    return found


def _images(rows: Any, shape: Sequence[int] | None) -> Any:
    """rows as (n, height, width); channels of kernels become images of their own."""
    if rows.ndim == 4:
        rows = rows.reshape(-1, *rows.shape[2:])
    if rows.ndim == 3 and shape is None:
        return rows
    flat = rows.reshape(len(rows), -1)
    if shape is None:
        side = math.isqrt(flat.shape[1])
        if side * side != flat.shape[1]:
            # Not the pixels of a square: the rectangle that is nearest to one.
            side = next(n for n in range(side, 0, -1) if flat.shape[1] % n == 0)
        shape = (side, flat.shape[1] // side)
    if len(shape) != 2 or math.prod(shape) != flat.shape[1]:
        raise ShapeError(
            f"nn.plot: got {flat.shape[1]} numbers per image and shape={tuple(shape)}, expected "
            "(height, width) with as many pixels."
        )
    return flat.reshape(-1, *shape)


def _mosaic(images: Any, fill: float, *, above: int = 1) -> tuple[Any, list[tuple[int, int]]]:
    """Images side by side in one array, and the upper left corner of each."""
    height, width = images.shape[1:]
    columns = math.ceil(math.sqrt(len(images) * (height + above) / (width + 1)))
    columns = min(max(columns, 1), len(images))
    lines = -(-len(images) // columns)
    columns = -(-len(images) // lines)  # no line much shorter than the others
    mosaic = np.full((lines * (height + above), columns * (width + 1) - 1), fill)
    corners = []
    for i, image in enumerate(images):
        top, left = i // columns * (height + above) + above, i % columns * (width + 1)
        mosaic[top : top + height, left : left + width] = image
        corners.append((top, left))
    return mosaic, corners


def _colours(count: int) -> list[str]:
    """As many colours as there are classes; beyond ten they repeat."""
    return [f"C{i % 10}" for i in range(count)]
