"""What fit makes of what it was given: the loss it chose, weights, data, another lr on resuming."""

from functools import partial

import numpy as np
import pytest
from nn_tools import rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

X = rng(1).normal(size=(60, 3))
CLASSES = rng(2).integers(0, 3, 60)
BITS = (X[:, :1] > 0).astype(float)
WEIGHTS = np.array([1.0, 5.0, 0.2])


def one():
    return nn.Linear(3, 1, rng=rng())


def three():
    return nn.Linear(3, 3, rng=rng())


def fit(*args, **options):
    return nn.fit(*args, **{"progress": False, "epochs": 2, **options})


class Fraction:
    """Looks like a SciPy sparse matrix, for tests without SciPy."""

    nnz = 1

    def toarray(self):
        raise AssertionError("it is the user's to convert")


def mine(outputs, targets):
    return float(len(outputs))


CHOSE = "chose cross_entropy because y holds"
ONE = (
    "and the model has one output: write loss='bce_with_logits' (logits), 'bce' (probabilities) or "
    "'mse' (numbers)"
)
BROKEN = three()
BROKEN.weight.data[1, 2] = np.nan
MISTAKES = [
    (
        lambda: fit(one(), X, CLASSES), ShapeError,
        f"fit {CHOSE} integers, {ONE}, and y.reshape(-1, 1).",
    ),
    (lambda: fit(one(), X, CLASSES[:, None]), ShapeError, f"fit {CHOSE} integers, {ONE}."),
    (lambda: fit(one(), X, BITS > 0), ShapeError, f"fit {CHOSE} bools, {ONE}."),
    (
        lambda: nn.evaluate(one(), X, CLASSES[:, None]), ShapeError,
        f"evaluate {CHOSE} integers, {ONE}.",
    ),
    (
        lambda: fit(three(), X, (X > 0).astype(int)), ShapeError,
        f"fit {CHOSE} integers, and y has the shape of the outputs, (3,) a row: write "
        "loss='bce_with_logits' for several labels a row, or y.argmax(axis=-1) for one-hot rows.",
    ),
    (
        lambda: fit(three(), X, CLASSES * 1.0, batch_size=None), ShapeError,
        "fit chose mse because y holds floats, and got y of shape (60,) for outputs of shape "
        "(60, 3): for classes write y.astype(int), for numbers give the model one output.",
    ),
    (
        lambda: fit(one(), X, np.zeros(60, int), loss="cross_entropy", batch_size=None),
        ArgumentError,
        "fit: got the loss cross_entropy and outputs of shape (60, 1), so one class, of which it "
        "is always 0; write loss='bce_with_logits' for two classes by one logit, or give the model "
        "one output per class.",
    ),
    (
        lambda: nn.binary_cross_entropy(np.array([-1.087]), np.array([1.0])), ArgumentError,
        "binary_cross_entropy: got the probability -1.087 at (0,), expected numbers from 0 to 1; "
        "for logits use bce_with_logits.",
    ),
    (
        lambda: nn.evaluate(three(), X, CLASSES, nn.CrossEntropyLoss(reduction="none")), DTypeError,
        "evaluate: the loss gave shape (60,), expected a Tensor of one number; use "
        "reduction='mean', and ag's functions.",
    ),
    (
        lambda: nn.evaluate(three(), X, np.full(60, -100)), ArgumentError,
        "evaluate: got only rows that count nothing in the loss (the label ignore_index, or "
        "weights that are 0), expected at least one that does; look at the labels and the weights.",
    ),
    (
        lambda: fit(three(), X, np.full(60, -100)), ArgumentError,
        "fit: got only rows that count nothing in the loss (the label ignore_index, or weights "
        "that are 0), expected at least one that does; look at the labels and the weights.",
    ),
    (
        lambda: fit(three(), Fraction(), CLASSES), DTypeError,
        "fit: got the sparse Fraction as X, expected an array; use X.toarray().",
    ),
    (
        lambda: nn.batches(X, Fraction(), 4), DTypeError,
        "batches: got the sparse Fraction as y, expected an array; use y.toarray().",
    ),
    (
        lambda: fit(three(), nn.batches(X, CLASSES, 4), CLASSES), DTypeError,
        "fit: got a generator as X, expected an array of all rows; give arrays, which are cut into "
        "batches here, or write a loop: for x, y in nn.batches(X, y, 32).",
    ),
    (
        lambda: fit(three(), (X, X), CLASSES), DTypeError,
        "fit: got a tuple of 2 parts as X, expected one array; stack the rows in one, and let the "
        "model's forward take it apart, or write a loop.",
    ),
    (
        lambda: nn.predict(three(), {"a": X}), DTypeError,
        "predict: got a dict of 1 parts as X, expected one array; stack the rows in one, and let "
        "the model's forward take it apart, or write a loop.",
    ),
    (
        lambda: fit(three(), np.ma.masked_array(X, X > 1), CLASSES), DTypeError,
        "fit: got a masked array as X, expected one without a mask, as masked entries would count; "
        "use X.filled(value).",
    ),
    (
        lambda: fit(three(), [[1.0, 2.0], [3.0]], [0, 1]), DTypeError,
        "fit: got a list of rows of different shapes as X, expected rows that make one array.",
    ),
    (
        lambda: fit(
            three(), X, CLASSES, metrics=mine, early_stopping=nn.EarlyStopping(monitor="mine")
        ),
        ArgumentError,
        "fit: got early_stopping with monitor='mine', a metric of your own, and no mode; write "
        "nn.EarlyStopping(monitor='mine', mode=\"min\") if less is better, else mode=\"max\".",
    ),
    (
        lambda: fit(BROKEN, X, CLASSES), ArgumentError,
        "fit: got nan at (1, 2) of the model's parameter 'weight' before the first epoch, expected "
        "finite numbers; build the model anew, or load weights of a run that did not diverge.",
    ),
    (
        lambda: fit(three(), X, CLASSES, metrics={"off": lambda o, y: o - o}), DTypeError,
        "fit: the metric 'off' gave an array of shape (60, 3), expected one number; take a mean of "
        "it, or one metric for each.",
    ),
    (
        lambda: nn.evaluate(three(), X, CLASSES, metrics={"off": lambda o, y: None}), DTypeError,
        "evaluate: the metric 'off' gave NoneType, expected one number; take a mean of it, or one "
        "metric for each.",
    ),
    (
        lambda: fit(three(), X, CLASSES, report=3), DTypeError,
        "fit: got report of type int, expected a function; write report=lambda epoch, loss: "
        "print(epoch, loss).",
    ),
    (
        lambda: fit(three(), X, CLASSES, shuffle="no"), DTypeError,
        "fit: got shuffle='no', expected True or False.",
    ),
    (
        lambda: fit(three(), X, CLASSES, lr="0.1"), ArgumentError,
        "fit: got lr='0.1', expected a number; write lr=0.01.",
    ),
    (
        lambda: fit(three(), X, CLASSES, clip_norm="1"), ArgumentError,
        "fit: got clip_norm='1', expected a finite number larger than 0.",
    ),
    (
        lambda: fit(three(), X, CLASSES, validation="0.5"), ArgumentError,
        "fit: got validation='0.5', expected a fraction in (0, 1), or (X, y).",
    ),
    (
        lambda: fit(three(), X, CLASSES, batch_size=61, drop_last=True), ArgumentError,
        "fit: got drop_last=True and batch_size=61 for 60 rows, which leaves no batch; make "
        "batch_size 60 or smaller.",
    ),
    (
        lambda: nn.batches(X, CLASSES, 4, drop_last=1), DTypeError,
        "batches: got drop_last=1, expected True or False.",
    ),
    (
        lambda: fit(three(), X, CLASSES, class_weight="balance"), DTypeError,
        "fit: got class_weight='balance', expected 'balanced' or a dict of label to weight; write "
        "class_weight={0: 1.0, 1: 5.0}.",
    ),
    (
        lambda: fit(three(), X, CLASSES, class_weight={3: 2.0}), ArgumentError,
        "fit: got class_weight of the label 3, expected labels of y (0, 1, 2); leave it out.",
    ),
    (
        lambda: fit(three(), X, CLASSES, class_weight={1: -2.0}), ArgumentError,
        "fit: got class_weight[1]=-2.0, expected a number of 0 or larger.",
    ),
    (
        lambda: fit(three(), X, X, class_weight="balanced"), ShapeError,
        "fit: got class_weight and y of shape (60, 3), expected one label a row; write "
        "sample_weight, or loss=nn.BCEWithLogitsLoss(pos_weight=...) for several labels a row.",
    ),
    (
        lambda: fit(one(), X, X[:, :1], class_weight="balanced"), DTypeError,
        "fit: got class_weight and y of dtype float64, expected labels; use sample_weight for "
        "targets that are numbers.",
    ),
    (
        lambda: fit(
            three(), X, CLASSES, loss=lambda p, t: nn.cross_entropy(p, t), class_weight="balanced"
        ),
        ArgumentError,
        "fit: got class_weight with the loss '<lambda>', which has no argument sample_weight; "
        "write a loss(prediction, target, sample_weight=None).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()


def test_lbfgs_says_the_same_of_the_chosen_loss():
    pytest.importorskip("scipy")
    with says(ShapeError, f"fit {CHOSE} integers, {ONE}, and y.reshape(-1, 1)."):
        fit(one(), X, CLASSES, optimizer="lbfgs")


def test_sparse_matrices_of_scipy_are_refused():
    sparse = pytest.importorskip("scipy.sparse")
    for kind in (sparse.csr_matrix, sparse.coo_array):
        with says(
            DTypeError,
            f"predict: got the sparse {kind.__name__} as X, expected an array; use X.toarray().",
        ):
            nn.predict(three(), kind(X))


# -- the mean over batches -------------------------------------------------------------------------


def by_hand(model, labels, weights, ignored=None, rows=None):
    """Σ w·loss / Σ w in NumPy, from the definition of softmax."""
    z = X @ model.weight.data.T + model.bias.data
    losses = (
        np.log(np.exp(z).sum(axis=1)) - z[np.arange(60), np.where(labels == ignored, 0, labels)]
    )
    each = weights[np.where(labels == ignored, 0, labels)] * (labels != ignored)
    if rows is not None:
        each = each * rows
    return float((each * losses).sum() / each.sum())


class LogLinear(nn.Linear):
    def forward(self, x):
        return ag.log_softmax(super().forward(x))


@pytest.mark.parametrize("size", [1, 7, 60])
@pytest.mark.parametrize(
    ("loss", "ignored"),
    [
        (nn.CrossEntropyLoss(WEIGHTS), None),
        (nn.CrossEntropyLoss(ag.Tensor(WEIGHTS), ignore_index=1), 1),
        (partial(nn.cross_entropy, weight=WEIGHTS.tolist()), None),
        (partial(partial(nn.cross_entropy, ignore_index=2), weight=WEIGHTS), 2),
        (partial(nn.CrossEntropyLoss(WEIGHTS), sample_weight=None), None),
        (nn.NLLLoss(WEIGHTS, ignore_index=0), 0),
        (partial(nn.nll_loss, weight=WEIGHTS), None),
    ],
)
def test_the_mean_over_batches_weighs_them_as_the_loss_does(loss, ignored, size):
    logarithms = "nll" in repr(loss).lower()
    model = (LogLinear if logarithms else nn.Linear)(3, 3, rng=rng())
    expected = by_hand(model, CLASSES, WEIGHTS, ignored)
    assert nn.evaluate(model, X, CLASSES, loss, batch_size=size)["loss"] == pytest.approx(expected)
    history = fit(
        model, X, CLASSES, loss=loss, optimizer="sgd", lr=0.0, epochs=1, batch_size=size,
        validation=(X, CLASSES),
    )  # fmt: skip
    assert history.loss[0] == pytest.approx(expected) == pytest.approx(history.val_loss[0])


def test_class_weights_and_row_weights_multiply_in_the_mean():
    rows = rng(3).uniform(size=60)
    model = three()
    expected = by_hand(model, CLASSES, WEIGHTS, rows=rows)
    for size in (7, 60):
        loss = nn.CrossEntropyLoss(WEIGHTS)
        got = nn.evaluate(model, X, CLASSES, loss, batch_size=size, sample_weight=rows)["loss"]
        assert got == pytest.approx(expected)


def test_a_batch_of_ignored_rows_is_passed_over():
    labels = np.where(np.arange(60) < 20, -100, CLASSES)
    model = three()
    history = fit(
        model, X, labels, optimizer="sgd", lr=0.0, epochs=1, batch_size=10, shuffle=False
    )  # fmt: skip
    assert history.loss[0] == pytest.approx(by_hand(model, labels, np.ones(3), -100))


def test_a_sum_is_reported_per_row_through_partial_too():
    model = three()
    expected = by_hand(model, CLASSES, np.ones(3))
    loss = partial(nn.cross_entropy, reduction="sum")
    for size in (7, 60):
        got = nn.evaluate(model, X, CLASSES, loss, batch_size=size)["loss"]
        assert got == pytest.approx(expected)


def test_weights_of_rows_for_labels_of_several_axes():
    z, labels = rng(4).normal(size=(4, 5, 3)), rng(5).integers(0, 3, (4, 5))
    rows = np.array([1.0, 2.0, 0.5, 3.0])
    losses = np.log(np.exp(z).sum(-1)) - np.take_along_axis(z, labels[..., None], -1)[..., 0]
    expected = (losses * rows[:, None]).sum() / (5 * rows.sum())
    assert nn.cross_entropy(z, labels, sample_weight=rows).item() == pytest.approx(expected)
    log_softmax = z - np.log(np.exp(z).sum(-1, keepdims=True))
    assert nn.nll_loss(log_softmax, labels, sample_weight=rows).item() == pytest.approx(expected)


# -- labels ----------------------------------------------------------------------------------------


def test_bools_are_the_labels_0_and_1():
    bools = X[:, 0] > 0
    z = X[:, :2]
    for function in (nn.cross_entropy, nn.nll_loss):
        for options in ({}, {"weight": [1.0, 3.0]}, {"reduction": "none"}):
            got, expected = (function(z, y, **options) for y in (bools, bools.astype(int)))
            np.testing.assert_array_equal(got.data, expected.data)
    histories = [
        fit(nn.Linear(3, 2, rng=rng()), X, y, metrics="accuracy", validation=0.2)
        for y in (bools, bools.astype(int))
    ]
    for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
        assert histories[0][name] == histories[1][name]


def test_class_weights_are_weights_of_rows():
    labels = np.where(rng(6).random(60) < 0.2, 1, 0)
    rows = rng(7).uniform(size=60)
    counts = np.bincount(labels)
    balanced = (60 / (2 * counts))[labels]
    for given, each in [
        ("balanced", balanced), ({0: 1.0, 1: 4.0}, np.where(labels, 4.0, 1.0)),
        ({1: 4.0}, np.where(labels, 4.0, 1.0)),
    ]:  # fmt: skip
        for more in (None, rows):
            weights = each if more is None else each * more
            model, twin = three(), three()
            a = fit(
                model, X, labels, class_weight=given, sample_weight=more, validation=0.3, epochs=3
            )
            b = fit(twin, X, labels, sample_weight=weights, validation=0.3, epochs=3)
            assert a.loss == b.loss and a.val_loss == b.val_loss
            np.testing.assert_array_equal(model.weight.data, twin.weight.data)
    kept = (X[:20], labels[:20])
    a = fit(one(), X, labels[:, None] * 1.0, loss="bce_with_logits", class_weight={1: 4.0},
            validation=(kept[0], kept[1][:, None] * 1.0))  # fmt: skip
    b = fit(one(), X, labels[:, None] * 1.0, loss="bce_with_logits",
            sample_weight=np.where(labels, 4.0, 1.0),
            validation=(kept[0], kept[1][:, None] * 1.0, np.where(kept[1], 4.0, 1.0)))  # fmt: skip
    assert a.loss == b.loss and a.val_loss == b.val_loss


# -- batches, callbacks, history -------------------------------------------------------------------


def test_drop_last_leaves_out_the_smaller_batch():
    seen = []

    class Watch(nn.Linear):
        def forward(self, x):
            seen.append(len(x))
            return super().forward(x)

    history = fit(Watch(3, 3), X, CLASSES, batch_size=25, drop_last=True)
    assert seen == [25] * 4 and len(history) == 2
    sizes = [len(x) for x, _ in nn.batches(X, CLASSES, 25, drop_last=True)]
    assert sizes == [25, 25]
    assert [len(x) for x, _ in nn.batches(X, CLASSES, 20, drop_last=True)] == [20, 20, 20]
    # The schedule counts the batches that are made.
    rates = fit(
        three(), X, CLASSES, batch_size=25, drop_last=True, scheduler=lambda o: nn.OneCycleLR(
            o, 0.1, total_steps=4)
    ).lr  # fmt: skip
    assert len(rates) == 2
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
    with pytest.raises(ShapeError, match="leave out a last batch of one row with drop_last=True"):
        fit(model, X[:31], CLASSES[:31], batch_size=30)
    assert len(fit(model, X[:31], CLASSES[:31], batch_size=30, drop_last=True)) == 2


@pytest.mark.parametrize("answer", [True, np.True_])
def test_a_function_that_returns_true_ends_the_training(answer):
    history = fit(
        three(), X, CLASSES, epochs=9, callbacks=lambda state: answer if state.epoch == 3 else None
    )
    assert len(history) == 3 and history.stopped == "callback"
    assert len(fit(three(), X, CLASSES, epochs=4, callbacks=lambda state: state.epoch)) == 4


@pytest.mark.parametrize(("mode", "best"), [("min", 3), ("max", 1)])
def test_a_metric_of_ones_own_is_watched_with_a_mode(mode, best):
    values = iter([5.0, 4.0, 3.0, 3.5])
    history = fit(
        three(), X, CLASSES, epochs=4, metrics={"mine": lambda o, y: next(values)},
        early_stopping=nn.EarlyStopping(9, monitor="mine", mode=mode),
    )  # fmt: skip
    assert history.best_epoch == best


def test_a_history_shows_itself_in_a_line():
    history = fit(three(), X, CLASSES, epochs=3, validation=0.2, callbacks=lambda s: s.epoch == 2)
    assert repr(history) == (
        f"History(epochs=2, loss={history.loss[-1]:.4g}, val_loss={history.val_loss[-1]:.4g}, "
        f"best_epoch={history.best_epoch}, stopped='callback')"
    )
    assert repr(nn.History()) == "History(epochs=0)"


# -- resuming with something else ------------------------------------------------------------------


def run(path, epochs, **options):
    model = nn.MLP(3, 4, 3, rng=rng())
    given = {"epochs": epochs, "checkpoint": path, "lr": 0.02, "optimizer": "sgd", **options}
    return model, fit(model, X, CLASSES, **given)


def test_another_lr_counts_from_there_on(tmp_path):
    path = tmp_path / "run.npz"
    run(path, 2)
    _, history = run(path, 4, resume=True, lr=0.5)
    assert history.lr == [0.02, 0.02, 0.5, 0.5]
    assert run(path, 5, resume=True, lr=None)[1].lr[-1] == 0.5
    assert run(path, 6, resume=True, lr=0.5)[1].lr[-1] == 0.5
    # A rate that a callback set stays, if lr is that of the run.
    path = tmp_path / "other.npz"

    def halve(state):
        for group in state.optimizer.param_groups:
            group["lr"] *= 0.5

    run(path, 2, callbacks=halve)
    assert run(path, 3, resume=True)[1].lr == [0.02, 0.01, 0.005]
    assert run(path, 3, resume=True, lr=None)[1].lr == [0.02, 0.01, 0.005]


def test_what_would_be_another_training_is_refused(tmp_path):
    path = str(tmp_path / "run.npz")
    anew = (
        "or start from its weights without resume: model.load_state_dict({k[6:]: v for k, v in "
        f"nn.load({path!r}).items() if k[:6] == 'model/'}})."
    )
    model, _ = run(path, 2, scheduler="exponential")
    with says(
        ArgumentError,
        f"fit: got lr=0.5 and {path!r} to resume from, whose lr was 0.02, with a schedule that "
        f"goes on from there; drop lr, {anew}",
    ):
        run(path, 4, resume=True, scheduler="exponential", lr=0.5)
    other = X.copy()
    other[7, 1] += 1e-9
    for name, data in (("X", (other, CLASSES)), ("y", (X, CLASSES[::-1])),
                       ("X", (X.astype(np.float32), CLASSES))):  # fmt: skip
        with pytest.raises(ArgumentError) as caught:
            fit(nn.MLP(3, 4, 3), *data, optimizer="sgd", resume=path, scheduler="exponential")
        message = str(caught.value)
        assert message.startswith(f"fit: got {path!r} to resume from, whose {name} is '")
        assert "(60" in message and message.endswith(anew)
    with pytest.raises(ArgumentError, match="whose sample_weight is None, expected 'float64"):
        run(path, 4, resume=True, scheduler="exponential", sample_weight=np.ones(60))
    # What the sentence says does it.
    fresh = nn.MLP(3, 4, 3)
    fresh.load_state_dict({k[6:]: v for k, v in nn.load(path).items() if k[:6] == "model/"})
    np.testing.assert_array_equal(fresh[0].weight.data, model[0].weight.data)


def test_names_and_modules_of_a_loss_are_the_same_loss(tmp_path):
    path = tmp_path / "run.npz"
    run(path, 1)
    for epochs, loss in enumerate(
        ["cross_entropy", nn.CrossEntropyLoss(), partial(nn.cross_entropy, weight=None)], 2
    ):
        assert len(run(path, epochs, resume=True, loss=loss)[1]) == epochs


def test_fewer_epochs_than_done_give_the_history_back(tmp_path):
    path = tmp_path / "run.npz"
    model, history = run(path, 4)
    same, again = run(path, 2, resume=True)
    assert again.loss == history.loss and len(again) == 4 and again.stopped == ""
    np.testing.assert_array_equal(same[0].weight.data, model[0].weight.data)
