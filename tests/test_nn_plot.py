"""Plots: what is drawn, into which Axes, for which models, without a display, and mistakes."""

import subprocess
import sys

import numpy as np
import pytest
from nn_tools import rng, says

import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

X = rng(1).normal(size=(80, 2))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


class Halves:
    """A classifier of strings, as scikit-learn's are."""

    def predict(self, rows):
        return np.where(rows[:, 0] > 0, "right", "left")


def regions(ax):
    """The class that is drawn at points: the contour set's levels by colour."""
    return ax.collections[0]


def drawn(ax, point):
    """The number of the region that point lies in."""
    levels = regions(ax)
    return next(
        (i for i, path in enumerate(levels.get_paths()) if path.contains_point(point)), None
    )


LINEAR = nn.Linear(2, 1)
LINEAR.weight.data[...] = [[1.0, 1.0]]
SIGMOID = nn.Perceptron(2)
SIGMOID.weight.data[...] = [[1.0, 1.0]]
TWO = nn.Linear(2, 2)
TWO.weight.data[...] = [[-1.0, -1.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    ("model", "labels", "right"),
    [
        (LINEAR, Y, 1), (SIGMOID, Y, 1), (TWO, Y, 1),
        (lambda p: (p.sum(axis=1) > 0).astype(int), Y, 1),
        (lambda p: p.sum(axis=1), Y, 1),
        (Halves(), np.where(X[:, 0] > 0, "right", "left"), 1),
        (lambda p: np.where(p[:, 0] > 0, 7, 3), np.where(X[:, 0] > 0, 7, 3), 1),
    ],
    ids=["logit", "probability", "two logits", "labels", "scores", "strings", "numbers"],
)  # fmt: skip
def test_decision_boundaries_of_any_model(model, labels, right):
    ax = nn.plot.decision_boundary(model, X, labels, steps=60)
    assert drawn(ax, (1.0, 0.5)) == right and drawn(ax, (-1.0, -0.5)) == 1 - right
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == [str(name) for name in np.unique(labels)]
    points = sum(len(c.get_offsets()) for c in ax.collections if hasattr(c, "get_sizes")
                 and len(c.get_offsets()) > 1)  # fmt: skip
    assert points == len(X)
    low, high = ax.get_xlim()
    assert low < X[:, 0].min() and high > X[:, 0].max()


def test_boundaries_go_into_given_axes_and_of_one_class_too():
    figure, (left, right) = plt.subplots(1, 2)
    assert nn.plot.decision_boundary(LINEAR, X, Y, ax=left, threshold=100.0) is left
    assert drawn(left, (1.0, 1.0)) == 0
    nn.plot.decision_boundary(lambda p: np.zeros(len(p)), X[:1], [0], ax=right)
    figure.canvas.draw()


def test_loss_curves_of_histories_dicts_lists_and_sklearn():
    history = nn.fit(
        nn.MLP(2, 4, 2), X, Y, epochs=5, validation=0.3, metrics="accuracy", progress=False
    )
    ax = history.plot()
    lines = {line.get_label(): line for line in ax.get_lines()}
    np.testing.assert_array_equal(lines["loss"].get_ydata(), history.loss)
    np.testing.assert_array_equal(lines["val_loss"].get_xdata(), range(1, 6))
    assert f"best: epoch {history.best_epoch}" in lines
    ax = history.plot("accuracy")
    assert [line.get_label() for line in ax.get_lines()] == ["accuracy", "val_accuracy"]
    _, given = plt.subplots()
    assert nn.plot.loss_curves({"loss": [100.0, 1.0]}, ax=given) is given
    assert given.get_yscale() == "log" and given.get_xlabel() == "epoch"
    assert nn.plot.loss_curves([0.5, 0.4]).get_yscale() == "linear"
    sklearn = type("MLP", (), {"loss_curve_": [3.0, 2.0]})()
    assert list(nn.plot.loss_curves(sklearn).get_lines()[0].get_ydata()) == [3, 2]


def test_first_layer_weights_are_images_side_by_side():
    model = nn.MLP(12, 5, 2)
    ax = nn.plot.first_layer_weights(model, (3, 4))
    picture = np.ma.filled(ax.get_images()[0].get_array(), np.nan)
    found = [picture[i : i + 3, j : j + 4] for i in range(1, picture.shape[0], 4)
             for j in range(0, picture.shape[1], 5)]  # fmt: skip
    for unit, image in zip(model[0].weight.data, found, strict=False):
        np.testing.assert_array_equal(image, unit.reshape(3, 4))
    top = np.abs(model[0].weight.data).max()
    assert ax.get_images()[0].get_clim() == (-top, top)
    sklearn = type("MLP", (), {"coefs_": [model[0].weight.data.T]})()
    other = nn.plot.first_layer_weights(sklearn, (3, 4)).get_images()[0].get_array()
    np.testing.assert_array_equal(np.ma.filled(other, np.nan), picture)
    assert "1 unit" in nn.plot.first_layer_weights(np.ones((1, 16))).get_title()
    assert "6 units" in nn.plot.first_layer_weights(np.ones((2, 3, 5, 5))).get_title()


def test_confusion_matrix_counts():
    y, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 2, 0])
    ax = nn.plot.confusion_matrix(y, predicted)
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["1", "1", "0", "0", "1", "0", "1", "0", "2"]
    np.testing.assert_allclose(
        ax.get_images()[0].get_array(), [[0.5, 0.5, 0], [0, 1, 0], [1 / 3, 0, 2 / 3]]
    )
    assert ax.get_title() == "66.7% of 6 right" and ax.get_ylabel() == "true"
    ax = nn.plot.confusion_matrix(["a", "b"], ["b", "b"], labels=["b", "a"], normalize=True)
    assert [text.get_text() for text in ax.texts] == ["1.00", "0.00", "1.00", "0.00"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["b", "a"]


def test_misclassified_images_and_what_they_were_taken_for():
    images = rng(2).random((9, 4, 3))
    y, predicted = np.arange(9), np.arange(9)
    predicted[[2, 5]] = 0
    ax = nn.plot.misclassified(images, y, predicted)
    assert [text.get_text() for text in ax.texts] == ["2→0", "5→0"]
    picture = np.ma.filled(ax.get_images()[0].get_array(), np.nan)
    shown = picture[~np.isnan(picture)]
    assert sorted(shown) == sorted(images[[2, 5]].ravel())
    assert ax.get_title() == "2 of 9 misclassified"
    many = nn.plot.misclassified(images.reshape(9, 12), y, y[::-1], shape=(4, 3), count=3)
    assert [text.get_text()[0] for text in many.texts] == ["0", "5", "8"]
    assert [text.get_text() for text in nn.plot.misclassified(images, y, y).texts] == ["none"]


def test_without_matplotlib_one_sentence_and_without_a_display_a_picture(tmp_path):
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / "matplotlib.py").write_text("raise ImportError('hidden')\n")
    missing = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'no')!r})\nimport nn\n"
        "try:\n    nn.plot.loss_curves([1.0])\n"
        "except ModuleNotFoundError as error:\n    print(error)\n"
    )
    shown = "import nn; nn.plot.loss_curves([1.0, 0.5]).figure.savefig('x.png'); print('done')"
    for code, backend, expected in [
        (missing, "", "nn.plot: matplotlib is not installed; run: pip install "
         "'autograd-lite[plot]'."),
        (shown, "", "done"), (shown, "TkAgg", "done"),
    ]:  # fmt: skip
        import os

        env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        env.update({"MPLBACKEND": backend} if backend else {})
        root = os.path.dirname(os.path.dirname(os.path.abspath(nn.__file__)))
        env["PYTHONPATH"] = os.pathsep.join([root, env.get("PYTHONPATH", "")])
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=env,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.stdout.strip(), done.stderr) == (expected, "")


MISTAKES = [
    (
        lambda: nn.plot.decision_boundary(LINEAR, np.zeros((4, 3)), np.zeros(4)), ShapeError,
        "decision_boundary: got X of shape (4, 3) and 4 labels, expected (n, 2) and n of them; "
        "choose two features.",
    ),
    (
        lambda: nn.plot.decision_boundary(LINEAR, X, Y, steps=1), ArgumentError,
        "decision_boundary: got steps=1, expected an int from 2 up.",
    ),
    (
        lambda: nn.plot.decision_boundary(3, X, Y), DTypeError,
        "decision_boundary: got int, expected an nn.Module, an object with predict, or a function "
        "of rows.",
    ),
    (
        lambda: nn.plot.decision_boundary(lambda p: p[:3, 0], X, Y, steps=5), ShapeError,
        "decision_boundary: the model gave 3 answers for 25 points, expected one each.",
    ),
    (
        lambda: nn.plot.loss_curves([1.0], "losses"), ArgumentError,
        "loss_curves: got 'losses', expected one of loss; did you mean 'loss'?",
    ),
    (
        lambda: nn.plot.loss_curves(nn.History()), ArgumentError,
        "loss_curves: got a history without epochs; train first.",
    ),
    (
        lambda: nn.plot.first_layer_weights(nn.Linear(6, 2), (2, 2)), ShapeError,
        "nn.plot: got 6 numbers per image and shape=(2, 2), expected (height, width) with as many "
        "pixels.",
    ),
    (
        lambda: nn.plot.first_layer_weights(nn.ReLU()), DTypeError,
        "first_layer_weights: got ReLU, expected an nn.Module whose first weight has two axes (or "
        "four), a fitted MLP, or such weights.",
    ),
    (
        lambda: nn.plot.confusion_matrix([0, 1], [0]), ShapeError,
        "confusion_matrix: got labels of shape (2,) and predictions of shape (1,), expected (n,) "
        "twice; turn scores into labels with argmax(axis=1).",
    ),
    (
        lambda: nn.plot.confusion_matrix([0, 3], [0, 1], labels=[0, 1]), ArgumentError,
        "confusion_matrix: got the label 3, expected one of labels, [0, 1].",
    ),
    (
        lambda: nn.plot.misclassified(np.zeros((3, 4)), [0, 1], [1, 1]), ShapeError,
        "misclassified: got 3 images for 2 labels, expected one each.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()
