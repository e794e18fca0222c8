"""Accuracy: what counts as right for each loss, shape and kind of labels, and what is refused."""

from functools import partial

import numpy as np
import pytest
from nn_tools import rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, ShapeError

WITH_LOGITS = nn.binary_cross_entropy_with_logits
X = rng(1).normal(size=(60, 3))
CLASSES = rng(2).integers(0, 3, 60)
BITS = (X[:, :1] > 0).astype(float)


def found(outputs, targets, loss):
    class Fixed(nn.Module):
        def forward(self, x):
            return ag.Tensor(np.array(outputs, float))

    y = np.array(targets)
    return nn.evaluate(Fixed(), np.zeros((len(y), 1)), y, loss, "accuracy")["accuracy"]


def pinball(prediction, target):
    return ag.absolute(prediction - target).mean()


@pytest.mark.parametrize(
    "loss",
    [
        partial(WITH_LOGITS, pos_weight=[3.0]),
        partial(partial(WITH_LOGITS, pos_weight=[3.0]), reduction="sum"),
        partial(nn.BCEWithLogitsLoss(pos_weight=[3.0])),
        nn.BCEWithLogitsLoss(pos_weight=[3.0]),
        type("Mine", (nn.BCEWithLogitsLoss,), {})(),
        "bce_with_logits",
    ],
)
def test_logits_part_at_0_however_the_loss_is_wrapped(loss):
    assert found([[0.2], [0.3], [-0.4], [0.1]], [[1.0], [1.0], [0.0], [0.0]], loss) == 0.75


def test_an_unknown_loss_does_not_guess_and_leaves_the_model_alone():
    model = nn.Linear(3, 1, rng=rng())
    before = model.weight.data.copy()
    for evaluate in (False, True):
        who = "evaluate" if evaluate else "fit"
        with says(
            ArgumentError,
            f"{who}: got the metric 'accuracy' with the loss '<lambda>', which does not tell where "
            'two classes part, and one output for each label; write metrics={"accuracy": lambda '
            "out, y: nn.accuracy(out, y, threshold=0.0)} for logits, 0.5 for probabilities.",
        ):
            options = {"loss": lambda p, t: WITH_LOGITS(p, t, pos_weight=[3.0])}
            options["metrics"] = "accuracy"
            if evaluate:
                nn.evaluate(model, X, BITS, **options)
            else:
                nn.fit(model, X, BITS, progress=False, **options)
    np.testing.assert_array_equal(model.weight.data, before)
    history = nn.fit(
        model, X, BITS, progress=False, epochs=2, loss=lambda p, t: WITH_LOGITS(p, t),
        metrics={"accuracy": lambda out, y: nn.accuracy(out, y, threshold=0.0)},
        validation=(X, BITS),
    )  # fmt: skip
    right = (nn.predict(model, X) > 0) == (BITS > 0)
    assert history["val_accuracy"][-1] == right.mean()


def test_an_unknown_loss_of_rows_counts_by_their_largest():
    outputs = [[0.1, 0.9, 0.2], [0.8, 0.2, 0.1]]
    assert found(outputs, [1, 2], lambda p, t: nn.cross_entropy(p, t)) == 0.5
    assert found(outputs, [[0, 1, 0], [0, 1, 0]], pinball) == 0.5


MULTI = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]  # several labels a row, which happen to be one each
SCORES = [[3.0, 2.0, -1.0], [-1.0, 4.0, -0.2]]


@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "expected"),
    [
        ("bce_with_logits", SCORES, MULTI, 5 / 6),
        ("bce_with_logits", SCORES, [[1.0, 1, 0], [0, 1, 0]], 1.0),
        ("bce", [[0.9, 0.7, 0.1], [0.2, 0.3, 0.4]], MULTI, 4 / 6),
        ("hinge", SCORES, [[1.0, -1, -1], [-1, 1, -1]], 5 / 6),
        ("cross_entropy", SCORES, MULTI, 1.0),
        ("kl_div", SCORES, [[0.2, 0.5, 0.3], [0.1, 0.8, 0.1]], 0.5),
        ("mse", SCORES, MULTI, 1.0),
        ("l1", SCORES, MULTI, 1.0),
        ("huber", SCORES, [[1.0, 1, 0], [0, 1, 0]], 1.0),
        ("mse", [[0.2, -0.1], [-0.3, 0.1]], [[1.0, 1], [-1, -1]], 0.5),
        ("mse", [[0.2], [0.7]], [[1.0], [1.0]], 0.5),
        ("mse", [0.2, -0.7], [1.0, -1.0], 1.0),
    ],
)
def test_what_is_right_is_the_losss_to_say(loss, outputs, targets, expected):
    assert found(outputs, targets, loss) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("loss", "outputs", "targets"),
    [
        ("mse", [[0.2], [0.3]], [[0.5], [1.0]]),
        ("l1", [[0.2, 1.0], [0.3, 1.0]], [[0.5, 0.5], [0.4, 0.6]]),
        (pinball, [0.2, 0.4], [0.5, 2.0]),
        ("huber", [0.2, 0.4], [3.0, 2.0]),
        (lambda p, t: (p * t[:, None]).mean(), [[0.2, 1.0], [0.3, 1.0]], [0.5, 1.0]),
    ],
)
def test_numbers_are_no_labels(loss, outputs, targets):
    with says(
        ArgumentError,
        "evaluate: got the metric 'accuracy' for targets that are numbers, expected labels; use "
        "mae, mse, r2 or rmse.",
    ):
        found(outputs, targets, loss)


def test_rows_that_are_ignored_count_in_neither_loss_nor_accuracy():
    outputs = [[2.0, 0.0], [0.0, 2.0], [0.0, 2.0], [2.0, 0.0]]
    assert found(outputs, [0, 0, -100, -100], "cross_entropy") == 0.5
    assert found(outputs, [0, 0, 7, 0], partial(nn.nll_loss, ignore_index=7)) == 2 / 3


@pytest.mark.parametrize("shapes", [((60,), (60,)), ((60, 1), (60, 1)), ((60, 1), (60,)),
                                    ((20, 3), (20, 3)), ((4, 5, 3), (4, 5, 3))])  # fmt: skip
@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_one_score_for_each_label_is_compared_with_the_threshold(shapes, threshold):
    scores = rng(3).normal(size=60)
    for labels in (scores > 0.2, np.where(scores > 0.2, 1, -1), np.where(scores > 0.2, 0.9, 0.1)):
        got = nn.accuracy(scores.reshape(shapes[0]), labels.reshape(shapes[1]), threshold)
        right = sum((s > threshold) == (s > 0.2) for s in scores.tolist())
        assert got == pytest.approx(right / 60)
        with says(
            ArgumentError,
            f"accuracy: got scores of shape {shapes[0]}, one for each label, and no threshold; "
            "write threshold=0.0 for logits, 0.5 for probabilities.",
        ):
            nn.accuracy(scores.reshape(shapes[0]), labels.reshape(shapes[1]))


def test_rows_of_scores_count_by_their_largest():
    assert nn.accuracy(SCORES, [0, 0]) == 0.5
    assert nn.accuracy(ag.Tensor(SCORES), ag.Tensor([True, True])) == 0.5
    assert nn.accuracy(SCORES, MULTI) == 1.0
    assert nn.accuracy(np.array([SCORES, SCORES]), [[0, 1], [1, 2]]) == 0.5
    assert nn.accuracy(SCORES, MULTI, threshold=0.0) == pytest.approx(5 / 6)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: nn.accuracy(X[:, :1], CLASSES), ArgumentError,
            "accuracy: got scores of shape (60, 1), one for each label, and no threshold; write "
            "threshold=0.0 for logits, 0.5 for probabilities.",
        ),
        (
            lambda: nn.accuracy(X[:, :1], np.array([2] * 60), threshold=0.0), ArgumentError,
            "accuracy: got the label 2 and one score for each label, expected 0 and 1, or -1 and "
            "1; give scores of shape (n, classes) for more classes.",
        ),
        (
            lambda: nn.accuracy(X, CLASSES, threshold=0.0), ArgumentError,
            "accuracy: got threshold=0.0 for rows of scores, shape (60, 3), which count by their "
            "largest; drop it.",
        ),
        (
            lambda: nn.accuracy(BITS, BITS, threshold="0"), ArgumentError,
            "accuracy: got threshold='0', expected a finite number; write 0.0 for logits, 0.5 for "
            "probabilities.",
        ),
        (
            lambda: nn.accuracy(X[:, 0], BITS), ShapeError,
            "accuracy: got scores of shape (60,) and labels of shape (60, 1), expected (n, "
            "classes) and (n,); pass the model's outputs first, labels as numbers.",
        ),
        (
            lambda: found([0.1, 0.2], [0.5, 0.5], "kl_div"), ArgumentError,
            "evaluate: got the metric 'accuracy' and outputs of shape (2,), one number a row, "
            "expected one per class; give the model one output per class.",
        ),
    ],
)  # fmt: skip
def test_what_accuracy_refuses(call, error, sentence):
    with says(error, sentence):
        call()
