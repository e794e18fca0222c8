"""fit, predict, evaluate: what they measure, how they stop, resume to the bit, and refuse."""

import os
import sys

import numpy as np
import pytest
from nn_tools import rng, says

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

N = 60
POINTS = rng(1).normal(size=(N, 2))
LABELS = (POINTS[:, 0] * POINTS[:, 1] > 0).astype(int)
TARGET = POINTS @ np.array([[1.0], [-2.0]]) + 0.5
BITS = (LABELS[:, None] == [0, 1]).astype(float)


def fit(*args, **options):
    return nn.fit(*args, **{"progress": False, **options})


def mlp(*sizes, seed=0, **options):
    return nn.MLP(*(sizes or (2, 8, 2)), activation="tanh", rng=rng(seed), **options)


class Noisy(nn.Module):
    """Dropout of the tests' own: it draws from its own generator while it trains."""

    def __init__(self, seed=0):
        self.first = nn.Linear(2, 8, rng=rng(seed))
        self.last = nn.Linear(8, 2, rng=rng(seed + 1))
        self.tools = {"rng": rng(seed + 2)}

    def forward(self, x):
        h = ag.tanh(self.first(x))
        if self.training:
            h = h * ((self.tools["rng"].random(h.shape) > 0.3) / 0.7)
        return self.last(h)


def same_state(a, b):
    assert list(a.state_dict()) == list(b.state_dict())
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def same_history(a, b):
    for name in {*a.keys(), *b.keys()} - {"seconds"}:
        assert a[name] == b[name], name
    assert len(a.seconds) == len(a) == len(b)
    assert (a.best_epoch, a.stopped) == (b.best_epoch, b.stopped)


# -- what is done ----------------------------------------------------------------------------------


def test_fit_is_the_loop_one_would_write():
    model, twin = mlp(), mlp()
    history = fit(model, POINTS, LABELS, epochs=3, batch_size=16, lr=0.01, rng=rng(5))
    optimizer, random = nn.Adam(twin.parameters(), lr=0.01), rng(5)
    for epoch in range(3):
        losses, norms, sizes = [], [], []
        for x, y in nn.batches(POINTS, LABELS, 16, rng=random):
            optimizer.zero_grad()
            loss = nn.cross_entropy(twin(x), y)
            loss.backward()
            norms.append(np.sqrt(sum((p.grad**2).sum() for p in twin.parameters())))
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(x))
        assert history.loss[epoch] == pytest.approx(np.average(losses, weights=sizes), abs=1e-14)
        assert history.grad_norm[epoch] == pytest.approx(np.mean(norms), abs=1e-14)
    same_state(model, twin)
    assert history.lr == [0.01] * 3 and all(s > 0 for s in history.seconds)
    assert len(history) == 3 and not history.interrupted and history.stopped == ""


def test_full_batch_and_no_shuffling():
    seen = []

    class Watch(nn.Linear):
        def forward(self, x):
            seen.append(x)
            return super().forward(x)

    model = Watch(2, 2)
    fit(model, POINTS, LABELS, epochs=2, batch_size=None)
    assert len(seen) == 2 and all(x.base is POINTS or x is POINTS for x in seen)
    seen.clear()
    fit(model, POINTS, LABELS, epochs=1, batch_size=25, shuffle=False)
    np.testing.assert_array_equal(np.concatenate(seen), POINTS)
    seen.clear()
    fit(model, POINTS, LABELS, epochs=2, batch_size=25)
    assert not (np.concatenate(seen[:3]) == POINTS).all()
    assert not (np.concatenate(seen[:3]) == np.concatenate(seen[3:])).all()
    assert sorted(map(tuple, np.concatenate(seen[:3]))) == sorted(map(tuple, POINTS))


def test_the_loss_is_chosen_by_the_targets():
    labels = fit(mlp(), POINTS, LABELS, epochs=1, batch_size=None).loss[0]
    assert labels == pytest.approx(nn.cross_entropy(mlp()(POINTS), LABELS).item())
    values = fit(mlp(2, 8, 1), POINTS, TARGET, epochs=1, batch_size=None).loss[0]
    assert values == pytest.approx(nn.mse_loss(mlp(2, 8, 1)(POINTS), TARGET).item())


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop", "adagrad", "Adam"])
def test_optimizers_by_name(name):
    model = mlp(2, 8, 1)
    history = fit(model, POINTS, TARGET, optimizer=name, loss="huber", lr=0.02, epochs=30)
    assert history.loss[-1] < history.loss[0] * 0.6
    kind = {"sgd": nn.SGD, "adam": nn.Adam, "adamw": nn.AdamW, "rmsprop": nn.RMSprop,
            "adagrad": nn.Adagrad}[name.lower()]  # fmt: skip
    twin = mlp(2, 8, 1)
    fit(twin, POINTS, TARGET, optimizer=kind(twin.parameters(), lr=0.02), loss=nn.huber_loss,
        epochs=30)  # fmt: skip
    same_state(model, twin)


def test_lbfgs_takes_all_rows_and_stops_where_it_converged():
    pytest.importorskip("scipy")
    model = nn.Linear(2, 1)
    history = fit(model, POINTS, TARGET, optimizer="lbfgs", epochs=50, metrics="r2")
    assert history.stopped == "converged" and len(history) < 10
    np.testing.assert_allclose(model.weight.data, [[1, -2]], atol=1e-4)
    assert history.loss[-1] < 1e-8 and history["r2"][-1] == pytest.approx(1)


def test_metrics_of_training_and_validation():
    model = mlp()
    kept = (POINTS[40:], LABELS[40:])
    history = fit(
        model, POINTS[:40], LABELS[:40], epochs=4, batch_size=7, validation=kept,
        metrics=["accuracy", lambda p, y: len(p)], lr=0.05,
    )  # fmt: skip
    assert history["<lambda>"] == [40] * 4 and history["val_<lambda>"] == [20] * 4
    assert history["val_accuracy"][-1] == nn.accuracy(model(kept[0]), kept[1])
    assert history.val_loss[-1] == pytest.approx(nn.cross_entropy(model(kept[0]), kept[1]).item())
    assert history.metrics["accuracy"] is history["accuracy"]
    assert "val_accuracy" in history and "f1" not in history
    with says(
        ArgumentError,
        "History: got 'acuracy', expected one of loss, val_loss, lr, grad_norm, seconds, accuracy, "
        "<lambda>, val_accuracy, val_<lambda>; did you mean 'accuracy'?",
    ):
        history["acuracy"]


def test_metrics_by_name():
    p, y = rng(2).normal(size=(7, 2)), rng(3).normal(size=(7, 2))

    class Fixed(nn.Module):
        def __init__(self):
            self.p = nn.Parameter(p)

        def forward(self, x):
            return self.p[x[:, 0].astype(int)]

    rows = np.arange(7)[:, None]
    found = nn.evaluate(Fixed(), rows, y, "mse", ["mse", "rmse", "mae", "r2"], batch_size=3)
    assert found["mse"] == pytest.approx(np.mean((p - y) ** 2)) == pytest.approx(found["loss"])
    assert found["rmse"] == pytest.approx(found["mse"] ** 0.5)
    assert found["mae"] == pytest.approx(np.abs(p - y).mean())
    r2 = pytest.importorskip("sklearn.metrics").r2_score
    assert found["r2"] == pytest.approx(r2(y, p))
    constant = nn.evaluate(Fixed(), rows, np.stack([y[:, 0], np.ones(7)], 1), "mse", "r2")
    assert constant["r2"] == pytest.approx(r2(np.stack([y[:, 0], np.ones(7)], 1), p))


@pytest.mark.parametrize(
    ("outputs", "targets", "loss", "expected"),
    [
        ([[0.1, 0.2], [0.3, 0.1]], [1, 1], "cross_entropy", 0.5),
        ([[0.1, 0.2], [0.3, 0.1]], [[0.0, 1.0], [0.4, 0.6]], "cross_entropy", 0.5),
        ([[0.2], [-0.3], [0.9]], [[1.0], [0], [0]], "bce_with_logits", 2 / 3),
        ([0.2, 0.3, 0.9], [0.0, 0, 1], "bce", 1.0),
        ([0.2, 0.6, 0.9], [0.0, 0, 1], "mse", 2 / 3),
        ([0.2, -0.3, 0.4], [1.0, -1, -1], "hinge", 2 / 3),
        ([0.2, -0.3, 0.4], [1.0, -1, -1], "mse", 2 / 3),
        ([[0.2, 0.3], [-1.0, 0.4]], [[1.0, 1], [1, 0]], "bce_with_logits", 0.5),
    ],
)
def test_accuracy_of_every_kind_of_output(outputs, targets, loss, expected):
    class Fixed(nn.Module):
        def forward(self, x):
            return ag.Tensor(np.array(outputs))

    found = nn.evaluate(Fixed(), np.zeros((len(targets), 1)), np.array(targets), loss, "accuracy")
    assert found["accuracy"] == pytest.approx(expected)


def test_a_validation_fraction_is_drawn_once_and_kept_apart():
    seen = set()

    class Watch(nn.Linear):
        def forward(self, x):
            if self.training:
                seen.update(map(tuple, x))
            return super().forward(x)

    model = Watch(2, 2)
    history = fit(model, POINTS, LABELS, epochs=3, validation=0.25, rng=rng(4))
    assert len(seen) == 45 and len(history.val_loss) == 3
    rows = np.array([tuple(x) not in seen for x in POINTS])
    assert history.val_loss[-1] == pytest.approx(
        nn.cross_entropy(model(POINTS[rows]), LABELS[rows]).item()
    )


def test_sample_weights_reach_the_loss_and_the_history():
    counts = rng(6).integers(0, 3, N)
    model, twin = mlp(), mlp()
    options = {"epochs": 5, "batch_size": None, "lr": 0.01}
    history = fit(model, POINTS, LABELS, sample_weight=counts, **options)
    repeated = fit(twin, np.repeat(POINTS, counts, 0), np.repeat(LABELS, counts), **options)
    np.testing.assert_allclose(history.loss, repeated.loss, atol=1e-13)
    np.testing.assert_allclose(model[0].weight.data, twin[0].weight.data, atol=1e-10)
    # Batches of no weight are passed over; the mean over the epoch is that of the weights.
    first = np.r_[np.zeros(20), np.ones(40)]
    weighted = fit(
        nn.Linear(2, 1, rng=0), POINTS, TARGET, sample_weight=first, optimizer="sgd", lr=0.0,
        epochs=1, batch_size=10, shuffle=False, validation=(POINTS, TARGET, first),
    )  # fmt: skip
    expected = nn.mse_loss(nn.Linear(2, 1, rng=0)(POINTS[20:]), TARGET[20:]).item()
    assert weighted.loss[0] == pytest.approx(expected) == pytest.approx(weighted.val_loss[0])


def test_a_loss_that_sums_is_reported_per_row():
    model = nn.Linear(2, 1)
    history = fit(
        model, POINTS, TARGET, loss=nn.MSELoss(reduction="sum"), optimizer="sgd", lr=0.0,
        epochs=1, batch_size=11,
    )  # fmt: skip
    assert history.loss[0] == pytest.approx(nn.mse_loss(model(POINTS), TARGET).item())


def test_gradients_are_clipped_by_their_norm():
    model, norms = nn.Linear(2, 1), []

    class Watch(nn.Callback):
        def on_batch_end(self, state):
            norms.append(np.sqrt(sum((p.grad**2).sum() for p in state.model.parameters())))

    history = fit(
        model, POINTS * 100, TARGET * 100, optimizer="sgd", clip_norm=0.5, epochs=1,
        callbacks=Watch(),
    )  # fmt: skip
    assert max(norms) == pytest.approx(0.5, rel=1e-6) and history.grad_norm[0] > 100


def test_float32_stays_float32():
    model = mlp(dtype=np.float32)
    fit(model, POINTS.astype(np.float32), LABELS, epochs=2, clip_norm=0.1, validation=0.2)
    assert all(p.dtype == np.float32 for p in model.parameters())


@pytest.mark.parametrize(
    ("name", "rates"),
    [
        ("constant", [0.1] * 6),
        ("step", [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]),
        ("multistep", [0.1, 0.1, 0.1, 0.01, 0.001, 0.001]),
        ("exponential", [0.1 * 0.95**k for k in range(6)]),
        ("cosine", [0.05 * (1 + np.cos(np.pi * k / 6)) for k in range(6)]),
        ("invscaling", [0.1 / (60 * k + 1) ** 0.5 for k in range(6)]),
        ("warmup", [0.01, 0.1, 0.1, 0.1, 0.1, 0.1]),
        (lambda o: nn.StepLR(o, 4, 0.5), [0.1] * 4 + [0.05] * 2),
    ],
)
def test_schedules_by_name_and_by_function(name, rates):
    history = fit(mlp(), POINTS, LABELS, optimizer="sgd", lr=0.1, scheduler=name, epochs=6)
    np.testing.assert_allclose(history.lr, rates, rtol=1e-12)


def test_one_cycle_steps_with_every_batch_and_plateau_with_the_loss():
    model = mlp()
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    twin = nn.OneCycleLR(nn.SGD(mlp().parameters(), momentum=0.9), 0.1, total_steps=12)
    history = fit(model, POINTS, LABELS, optimizer=optimizer, scheduler="onecycle", epochs=4,
                  batch_size=20)  # fmt: skip
    expected = []
    for k in range(12):
        if k % 3 == 0:
            expected.append(twin.optimizer.lr)
        twin.step()
    np.testing.assert_allclose(history.lr, expected)
    model = mlp()
    optimizer = nn.SGD(model.parameters(), lr=0.0)
    optimizer.param_groups[0]["lr"] = 1e-30  # nothing improves
    schedule = nn.ReduceLROnPlateau(optimizer, patience=1, eps=0)
    history = fit(model, POINTS, LABELS, optimizer=optimizer, scheduler=schedule, epochs=6,
                  validation=(POINTS, LABELS))  # fmt: skip
    np.testing.assert_allclose(history.lr, [1e-30] * 3 + [1e-31] * 2 + [1e-32], rtol=1e-9)


# -- stopping --------------------------------------------------------------------------------------


class Scripted(nn.Module):
    """Its validation loss follows a script; its weight counts the epochs."""

    def __init__(self, losses):
        self.epoch = nn.Parameter(0.0)
        self.losses = losses

    def forward(self, x):
        if self.training:
            return self.epoch * np.ones((len(x), 1))
        return ag.Tensor(np.full((len(x), 1), self.losses[round(self.epoch.item()) - 1]))


def scripted_loss(output, target):
    return (output * 1.0).mean()


class CountUp(nn.Callback):
    """Sets the weight to the number of the epoch: the rate is 0."""

    def on_epoch_begin(self, state):
        state.model.epoch.data = np.array(float(state.epoch))


def script(losses, **options):
    model = Scripted(losses)
    history = fit(
        model, np.zeros((4, 1)), np.zeros((4, 1)), loss=scripted_loss, optimizer="sgd", lr=0.0,
        validation=(np.zeros((4, 1)), np.zeros((4, 1))), callbacks=[CountUp()], epochs=len(losses),
        **options,
    )  # fmt: skip
    assert history.val_loss == losses[: len(history)]
    return model.epoch.item(), history


@pytest.mark.parametrize(
    ("stopping", "epochs", "weight"),
    [
        (3, 5, 2),
        (nn.EarlyStopping(3), 5, 2),
        ({"patience": 3, "restore_best": False}, 5, 5),
        (nn.EarlyStopping(3, min_delta=0.5), 4, 1),
        (nn.EarlyStopping(5), 8, 6),
        (True, 8, 6),
        (nn.EarlyStopping(2, mode="max", monitor="val_loss"), 3, 1),
    ],
)
def test_early_stopping_puts_the_best_weights_back(stopping, epochs, weight):
    found, history = script([3.0, 2.7, 2.8, 2.9, 2.75, 1.0, 1.5, 1.2], early_stopping=stopping)
    assert (len(history), found) == (epochs, weight)
    assert history.stopped == ("early stopping" if epochs < 8 else "")
    if not isinstance(stopping, dict):
        assert history.best_epoch == weight


def test_early_stopping_watches_a_metric_upwards():
    model = mlp()
    history = fit(
        model, POINTS, LABELS, epochs=60, lr=0.05, validation=0.3, metrics="accuracy",
        early_stopping=nn.EarlyStopping(6, monitor="val_accuracy"), rng=rng(3),
    )  # fmt: skip
    best = int(np.argmax(history["val_accuracy"]))
    assert history.best_epoch == best + 1 and len(history) == best + 7


def test_without_early_stopping_the_last_weights_stay():
    assert script([1.0, 2.0, 3.0])[0] == 3


def test_callbacks_see_everything_and_may_stop():
    calls = []

    class Log:
        def on_train_begin(self, state):
            calls.append(("begin", state.epochs, state.batches))

        def on_epoch_begin(self, state):
            calls.append(("epoch", state.epoch))

        def on_batch_end(self, state):
            calls.append(("batch", state.epoch, state.batch, np.isfinite(state.loss)))
            state.stop = state.epoch == 2 and state.batch == 1

        def on_epoch_end(self, state):
            calls.append(("end", state.epoch, state.logs["loss"] == state.history.loss[-1]))

        def on_train_end(self, state):
            calls.append(("done", state.epoch))

    lines = []
    history = fit(
        mlp(), POINTS, LABELS, epochs=5, batch_size=30,
        callbacks=[Log(), lambda state: lines.append(state.epoch)],
    )  # fmt: skip
    assert calls == [
        ("begin", 5, 2), ("epoch", 1), ("batch", 1, 1, True), ("batch", 1, 2, True),
        ("end", 1, True), ("epoch", 2), ("batch", 2, 1, True), ("end", 2, True), ("done", 2),
    ]  # fmt: skip
    assert lines == [1, 2] and history.stopped == "callback" and len(history) == 2


@pytest.mark.parametrize("where", ["on_batch_end", "on_epoch_end", "on_epoch_begin"])
def test_ctrl_c_keeps_the_best_model_so_far(where):
    class Interrupt(nn.Callback):
        def hit(self, state):
            if state.epoch == 5:
                raise KeyboardInterrupt

    setattr(Interrupt, where, Interrupt.hit)
    model, ended = Scripted([3.0, 1.0, 2.0, 2.5, 2.6, 0.0]), []
    history = fit(
        model, np.zeros((4, 1)), np.zeros((4, 1)), loss=scripted_loss, optimizer="sgd", lr=0.0,
        validation=(np.zeros((4, 1)), np.zeros((4, 1))), epochs=6,
        callbacks=[CountUp(), Interrupt(), type("End", (), {"on_train_end": ended.append})()],
    )  # fmt: skip
    assert history.interrupted and history.stopped == "interrupted"
    assert model.epoch.item() == 2 == history.best_epoch
    epochs = 5 if where == "on_epoch_end" else 4
    assert all(len(history[name]) == epochs for name in history.keys())
    assert len(ended) == 1 and model.training


def test_ctrl_c_within_validation_leaves_the_model_in_training_mode():
    model = mlp()
    calls = []

    def metric(outputs, targets):
        calls.append(len(outputs))
        if len(calls) == 6:
            raise KeyboardInterrupt
        return 0.0

    history = fit(model, POINTS, LABELS, epochs=9, validation=0.5, metrics=metric)
    assert history.interrupted and len(history) == 2 == len(history.val_loss)
    assert all(module.training for _, module in model.named_modules())


def test_a_nan_says_where_it_was_born():
    class Root(nn.Linear):
        def forward(self, x):
            return ag.sqrt(super().forward(x))

    model = Root(2, 1)
    model.weight.data[...] = [[1.0, 0.0]]
    X = np.abs(POINTS) + 1
    X[17] = [-1.0, 0.0]
    with pytest.raises(ArgumentError) as caught:
        fit(model, X, TARGET, batch_size=10, shuffle=False)
    message = str(caught.value)
    assert message.startswith(
        "fit: the loss became nan in epoch 1, expected a finite number; in batch 2, sqrt "
        "(forward): got NaN at index (7, 0) of its result, shape (10, 1), from finite inputs, at "
        "test_nn_fit.py:"
    )
    assert message.endswith("; make lr smaller, or set clip_norm=1.0.")
    assert all(np.isfinite(p.data).all() for p in model.parameters())


def test_a_gradient_that_is_not_finite_stops_before_the_step():
    class Root(nn.Linear):
        def forward(self, x):
            return ag.sqrt(super().forward(x))

    model = Root(2, 1)
    model.weight.data[...] = 0.0
    with pytest.raises(ArgumentError, match=r"^fit: the gradient became nan in epoch 1, expected a "
                       r"finite number; in batch 1, sqrt \(backward\): got inf at"):  # fmt: skip
        fit(model, np.abs(POINTS), TARGET)
    np.testing.assert_array_equal(model.weight.data, 0)


def test_the_batch_is_looked_at_again_with_the_same_draws():
    class Rarely(nn.Linear):
        def forward(self, x):
            self.draw = self.rng.random()
            return super().forward(x) * 1e10 * (1e308 if self.draw > 0.95 else 1e-10)

    model = Rarely(2, 2)
    model.rng = rng(0)
    with np.errstate(all="ignore"):
        with pytest.raises(ArgumentError, match=r"in batch \d, multiply \(forward\): got inf"):
            fit(model, POINTS, LABELS, batch_size=20, epochs=100)
    assert model.draw > 0.95


# -- checkpoints -----------------------------------------------------------------------------------

OPTIMIZERS = ["adam", "sgd", "rmsprop", "adagrad", "adamw"]


def training(folder, epochs, *, model=None, resume=False, optimizer="adam", **options):
    """A training with everything in it that has a state."""
    model = model or Noisy()
    given = {
        "optimizer": optimizer, "lr": 0.02, "batch_size": 16, "validation": 0.3,
        "metrics": "accuracy", "scheduler": "cosine", "early_stopping": 50, "clip_norm": 1.0,
        "rng": rng(9), "checkpoint": folder / "run.npz", "resume": resume, "epochs": epochs,
    }  # fmt: skip
    return model, fit(model, POINTS, LABELS, **{**given, **options})


class Crash(nn.Callback):
    """The machine goes off in the middle of an epoch."""

    def __init__(self, epoch, batch=2):
        self.when = (epoch, batch)

    def on_batch_end(self, state):
        if (state.epoch, state.batch) == self.when:
            raise MemoryError("crash")


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_resumed_run_gives_the_bits_of_one_never_stopped(optimizer, tmp_path):
    (tmp_path / "a").mkdir()
    whole, history = training(tmp_path / "a", 8, optimizer=optimizer)
    model = Noisy()
    for epoch in (3, 4, 7):
        with pytest.raises(MemoryError):
            training(
                tmp_path, 8, model=Noisy(), optimizer=optimizer, resume=True, callbacks=Crash(epoch)
            )
    model, resumed = training(tmp_path, 8, optimizer=optimizer, resume=True)
    same_state(whole, model)
    same_history(history, resumed)
    ours, theirs = (nn.load(folder / "run.npz") for folder in (tmp_path, tmp_path / "a"))
    assert list(ours) == list(theirs)
    for name in set(ours) - {"history/seconds"}:
        np.testing.assert_array_equal(ours[name], theirs[name])
    # What was finished is not done again.
    model, again = training(tmp_path, 8, optimizer=optimizer, resume=True)
    same_state(whole, model)
    same_history(history, again)


@pytest.mark.parametrize(
    "scheduler", ["onecycle", "plateau", "warmup", None, lambda o: nn.SequentialLR(
        o, [nn.LinearLR(o, 0.1, total_iters=3), nn.ExponentialLR(o, 0.9)], [3])],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("shared", [True, False])
def test_schedules_and_shared_generators_resume_too(scheduler, shared, tmp_path):
    def run(folder, resume, **options):
        random, model = rng(11), Noisy()
        if shared:
            model.tools["rng"] = random
        return training(
            folder, 7, model=model, resume=resume, rng=random, scheduler=scheduler, **options
        )

    (tmp_path / "a").mkdir()
    whole, history = run(tmp_path / "a", False)
    with pytest.raises(MemoryError):
        run(tmp_path, True, callbacks=Crash(4))
    model, resumed = run(tmp_path, True)
    same_state(whole, model)
    same_history(history, resumed)


def test_early_stopping_resumes_with_its_counts_and_best_weights(tmp_path):
    (tmp_path / "a").mkdir()
    options = {"early_stopping": 3, "lr": 0.3}
    whole, history = training(tmp_path / "a", 40, **options)
    assert history.stopped == "early stopping" and history.best_epoch == len(history) - 3
    with pytest.raises(MemoryError):
        training(tmp_path, 40, callbacks=Crash(len(history) - 1), **options)
    for _ in range(2):  # the second time it is over already
        model, resumed = training(tmp_path, 40, resume=True, **options)
        same_state(whole, model)
        same_history(history, resumed)


def test_a_longer_run_goes_on_from_a_finished_one(tmp_path):
    options = {"scheduler": None}
    (tmp_path / "a").mkdir()
    whole, history = training(tmp_path / "a", 9, **options)
    training(tmp_path, 4, **options)
    model, resumed = training(tmp_path, 9, resume=str(tmp_path / "run.npz"), **options)
    same_state(whole, model)
    same_history(history, resumed)


def test_lbfgs_resumes(tmp_path):
    pytest.importorskip("scipy")
    (tmp_path / "a").mkdir()
    options = {"optimizer": nn.LBFGS, "lr": None, "scheduler": None, "validation": None}

    def run(folder, epochs, resume=False):
        model = mlp()
        tool = nn.LBFGS(model.parameters(), max_iter=3)
        return training(
            folder, epochs, model=model, resume=resume, **{**options, "optimizer": tool}
        )

    whole, history = run(tmp_path / "a", 6)
    run(tmp_path, 2)
    model, resumed = run(tmp_path, 6, resume=True)
    same_state(whole, model)
    same_history(history, resumed)


def test_checkpoints_every_few_epochs_and_after_the_last(tmp_path):
    path, seen = tmp_path / "run.npz", []

    def look(state):
        seen.append(len(nn.load(path)["history/loss"]) if path.exists() else 0)

    fit(mlp(), POINTS, LABELS, epochs=7, checkpoint=nn.Checkpoint(path, every=3), callbacks=look)
    assert seen == [0, 0, 0, 3, 3, 3, 6]
    assert len(nn.load(path)["history/loss"]) == 7
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize("step", ["write_array", "fsync", "replace"])
def test_a_crash_while_saving_keeps_the_last_checkpoint(step, tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    whole, history = training(tmp_path / "a", 5)
    training(tmp_path, 2)
    before = (tmp_path / "run.npz").read_bytes()

    def crash(*_args, **_kwargs):
        raise MemoryError("crash")

    with monkeypatch.context() as patch:
        patch.setattr(np.lib.format if step == "write_array" else os, step, crash)
        with pytest.raises(MemoryError):
            training(tmp_path, 5, resume=True)
    assert (tmp_path / "run.npz").read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == ["a", "run.npz"]
    # The first run had 2 epochs to lower a cosine over: resume it with the schedule of 5.
    training(tmp_path, 2, scheduler=lambda o: nn.CosineAnnealingLR(o, 5))
    model, resumed = training(tmp_path, 5, resume=True)
    same_state(whole, model)
    same_history(history, resumed)


def test_callbacks_with_a_state_are_part_of_the_checkpoint(tmp_path):
    class Counter(nn.Callback):
        batches = 0

        def on_batch_end(self, state):
            self.batches += 1

        def state_dict(self):
            return {"batches": np.array(self.batches)}

        def load_state_dict(self, state):
            self.batches = int(state["batches"])

    training(tmp_path, 2, callbacks=[Counter()])
    counter = Counter()
    training(tmp_path, 4, resume=True, callbacks=[counter])
    assert counter.batches == 4 * 3


def anew(path):
    return (
        "or start from its weights without resume: model.load_state_dict({k[6:]: v for k, v in "
        f"nn.load({path!r}).items() if k[:6] == 'model/'}})."
    )


def test_resume_without_a_file_begins_and_a_wrong_one_is_refused(tmp_path):
    path = str(tmp_path / "run.npz")
    training(tmp_path, 1, resume=True)
    for options, sentence in [
        ({"optimizer": "sgd"}, "whose optimizer is 'Adam', expected 'SGD'"),
        ({"scheduler": None}, "whose scheduler is 'CosineAnnealingLR', expected None"),
        ({"validation": 0.5}, None),
        ({"validation": None}, "whose rows is 42, expected 60"),
        ({"loss": nn.CrossEntropyLoss([1.0, 2.0])},
         "whose loss is 'cross_entropy', expected 'cross_entropy(weight=[1.0, 2.0])'"),
        ({"batch_size": 7}, "whose batch_size is 16, expected 7"),
        ({"drop_last": True}, "whose drop_last is False, expected True"),
        ({"model": mlp()}, "whose generators is ['fit', 'model.tools.rng'], expected ['fit']"),
    ]:  # fmt: skip
        if sentence is None:
            training(tmp_path, 2, resume=True, **options)  # the rows drawn then are used
            continue
        with says(
            ArgumentError,
            f"fit: got {path!r} to resume from, {sentence}; call fit with the arguments and the "
            f"data of that run, {anew(path)}",
        ):
            training(tmp_path, 2, resume=path, **options)
    with says(
        ArgumentError,
        f"fit: got {path!r} to resume from, whose random generators are of another kind; pass the "
        "rng of that run.",
    ):
        training(tmp_path, 2, resume=path, rng=np.random.Generator(np.random.Philox(1)))
    nn.save(mlp(), tmp_path / "w.npz")
    with says(
        ArgumentError,
        f"fit: got {str(tmp_path / 'w.npz')!r} to resume from, expected a checkpoint that nn.fit "
        "wrote; load a file of weights with model.load_state_dict(nn.load(path)).",
    ):
        training(tmp_path, 2, resume=str(tmp_path / "w.npz"))
    with pytest.raises(ArgumentError, match=r"^load: got .* expected a file that exists"):
        training(tmp_path, 2, resume=str(tmp_path / "no.npz"))


def test_every_kind_of_generator_is_saved(tmp_path):
    for kind in (np.random.PCG64, np.random.MT19937, np.random.Philox, np.random.SFC64):
        options = {"scheduler": None}
        whole, _ = training(tmp_path, 4, rng=np.random.Generator(kind(3)), **options)
        training(tmp_path, 2, rng=np.random.Generator(kind(3)), **options)
        model, _ = training(tmp_path, 4, rng=np.random.Generator(kind(5)), resume=True, **options)
        same_state(whole, model)


# -- progress --------------------------------------------------------------------------------------


def test_a_line_per_epoch_on_standard_error(capsys):
    nn.fit(mlp(), POINTS, LABELS, epochs=3, validation=0.2, metrics="accuracy")
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == "" and len(lines) == 3
    assert lines[0].startswith("epoch 1/3: loss 0.") and "val_accuracy 0." in lines[0]
    nn.fit(mlp(), POINTS, LABELS, epochs=250, batch_size=None)
    assert len(capsys.readouterr().err.splitlines()) <= 100
    nn.fit(mlp(), POINTS, LABELS, epochs=250, batch_size=None, progress=True)
    assert len(capsys.readouterr().err.splitlines()) == 250
    nn.fit(mlp(), POINTS, LABELS, epochs=3, progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_bar_in_a_terminal(capsys, monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    nn.fit(mlp(), POINTS, LABELS, epochs=3)
    err = capsys.readouterr().err
    assert "3/3" in err and "loss=" in err and "training" in err and "epoch 1/3" not in err
    monkeypatch.setitem(sys.modules, "tqdm", None)  # not installed: lines
    nn.fit(mlp(), POINTS, LABELS, epochs=3)
    assert len(capsys.readouterr().err.splitlines()) == 3


# -- predict and evaluate --------------------------------------------------------------------------


def test_predict_is_in_evaluation_mode_without_a_graph_and_puts_modes_back():
    model = Noisy()
    model.first.eval()
    out = nn.predict(model, POINTS, batch_size=7)
    assert type(out) is np.ndarray
    expected = np.tanh(POINTS @ model.first.weight.data.T + model.first.bias.data)
    expected = expected @ model.last.weight.data.T + model.last.bias.data
    np.testing.assert_allclose(out, expected, atol=1e-14)
    assert model.training and not model.first.training and model.last.training
    np.testing.assert_array_equal(
        nn.predict(model, POINTS, batch_size=None), model.eval()(POINTS).data
    )
    assert nn.predict(model, POINTS.tolist()).shape == (N, 2)

    class Broken(nn.Linear):
        def forward(self, x):
            raise RuntimeError

    broken = Broken(2, 2)
    with pytest.raises(RuntimeError):
        nn.predict(broken, POINTS)
    assert broken.training and ag.is_grad_enabled()


def test_evaluate_measures_without_changing_anything():
    model = mlp()
    found = nn.evaluate(model, POINTS, LABELS, "cross_entropy", "accuracy", batch_size=7)
    assert found["loss"] == pytest.approx(nn.cross_entropy(model(POINTS), LABELS).item())
    assert found["accuracy"] == nn.accuracy(model(POINTS), LABELS)
    weights = rng(4).uniform(size=N)
    weighted = nn.evaluate(model, POINTS, LABELS, sample_weight=weights, batch_size=7)["loss"]
    rows = nn.cross_entropy(model(POINTS), LABELS, reduction="none").data
    assert weighted == pytest.approx(np.average(rows, weights=weights))
    assert all(p.grad is None for p in model.parameters())


# -- mistakes --------------------------------------------------------------------------------------

NAN, INF = POINTS.copy(), TARGET.copy()
NAN[3, 1], INF[5] = np.nan, np.inf
M = mlp()
MISTAKES = [
    (
        lambda: fit(M, NAN, LABELS), ArgumentError,
        "fit: got nan at (3, 1) of X, expected finite numbers; leave such rows out, or fill in "
        "what is missing.",
    ),
    (
        lambda: fit(nn.Linear(2, 1), POINTS, INF), ArgumentError,
        "fit: got inf at (5, 0) of y, expected finite numbers; leave such rows out, or fill in "
        "what is missing.",
    ),
    (
        lambda: nn.predict(M, NAN), ArgumentError,
        "predict: got nan at (3, 1) of X, expected finite numbers; leave such rows out, or fill in "
        "what is missing.",
    ),
    (
        lambda: nn.evaluate(M, NAN, LABELS), ArgumentError,
        "evaluate: got nan at (3, 1) of X, expected finite numbers; leave such rows out, or fill "
        "in what is missing.",
    ),
    (
        lambda: fit(M, np.array([["a", "b"]]), [0]), DTypeError,
        "fit: got X of dtype <U1, expected numbers; convert it with astype(float).",
    ),
    (
        lambda: fit(M, POINTS[:2], ["cat", "dog"]), DTypeError,
        "fit: got y of dtype <U3, expected numbers; number the classes: np.unique(y, "
        "return_inverse=True)[1].",
    ),
    (
        lambda: fit(M, np.zeros((4, 3)), [0, 1, 0, 1]), ShapeError,
        "linear: got x of shape (4, 3) and a weight of shape (8, 2); expected the last axis of x "
        "to be the second of the weight; reshape x to (rows, features).",
    ),
    (
        lambda: nn.predict(M, np.zeros((4, 3))), ShapeError,
        "linear: got x of shape (4, 3) and a weight of shape (8, 2); expected the last axis of x "
        "to be the second of the weight; reshape x to (rows, features).",
    ),
    (
        lambda: fit(M, POINTS, np.r_[LABELS[:-1], 2], batch_size=5, shuffle=False), ArgumentError,
        "cross_entropy: got the label 2, expected 0 to 1 for logits of shape (60, 2); number the "
        "classes from 0.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, validation=(POINTS, LABELS - 1)), ArgumentError,
        "cross_entropy: got the label -1, expected 0 to 1 for logits of shape (60, 2); number the "
        "classes from 0.",
    ),
    (
        lambda: fit(M, POINTS, LABELS + 0.5, loss="cross_entropy"), DTypeError,
        "cross_entropy: got labels of dtype float64, expected integers from 0 to 1; use "
        "astype(int).",
    ),
    (
        lambda: fit(nn.Linear(2, 1), POINTS, TARGET.ravel()), ShapeError,
        "mse_loss: got a prediction of shape (32, 1) and a target of shape (32,), expected equal "
        "shapes; write y.reshape(-1, 1), or x[:, 0]: broadcasting would pair all with all.",
    ),
    (
        lambda: fit(M, POINTS[:0], LABELS[:0]), ShapeError,
        "fit: got X of shape (0, 2) and y of shape (0,), expected the same number of rows in both, "
        "at least one.",
    ),
    (
        lambda: fit(M, POINTS, LABELS[:5]), ShapeError,
        "fit: got X of shape (60, 2) and y of shape (5,), expected the same number of rows in "
        "both, at least one.",
    ),
    (
        lambda: nn.predict(M, POINTS[:0]), ShapeError,
        "predict: got X of shape (0, 2), expected rows of data, at least one.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, batch_size=0), ArgumentError,
        "fit: got batch_size=0, expected a positive int, or None for all rows.",
    ),
    (
        lambda: nn.predict(M, POINTS, batch_size=-3), ArgumentError,
        "predict: got batch_size=-3, expected a positive int, or None for all rows.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, validation=1.0), ArgumentError,
        "fit: got validation=1.0, expected a fraction in (0, 1), or (X, y).",
    ),
    (
        lambda: fit(M, POINTS, LABELS, validation="all"), ArgumentError,
        "fit: got validation='all', expected a fraction in (0, 1), or (X, y).",
    ),
    (
        lambda: fit(M, POINTS[:3], LABELS[:3], validation=0.1), ArgumentError,
        "fit: got validation=0.1 of 3 rows, which leaves 0 to validate with and 3 to learn from; "
        "give more rows.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, validation=(POINTS,)), ArgumentError,
        "fit: got validation with 1 parts, expected (X, y) or (X, y, sample_weight).",
    ),
    (
        lambda: fit(M, POINTS, LABELS, validation=(NAN, LABELS)), ArgumentError,
        "fit (validation): got nan at (3, 1) of X, expected finite numbers; leave such rows out, "
        "or fill in what is missing.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, validation=(TARGET, LABELS)), ShapeError,
        "fit: got validation data of shapes (60, 1) and (60,) for training data of shapes (60, 2) "
        "and (60,), expected the same but for the rows.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, loss="mes"), ArgumentError,
        "fit: got the loss 'mes', expected one of bce, bce_with_logits, cross_entropy, "
        "half_squared_error, hinge, hinge_embedding, huber, kl_div, l1, mse, nll, poisson_nll, "
        "smooth_l1, or a function loss(prediction, target); did you mean 'mse'?",
    ),
    (
        lambda: fit(M, POINTS, LABELS, loss=nn.CrossEntropyLoss), DTypeError,
        "fit: got the class CrossEntropyLoss as the loss, expected a function; call it: "
        "CrossEntropyLoss().",
    ),
    (
        lambda: fit(M, POINTS, LABELS, loss=lambda p, y: 1.0), DTypeError,
        "fit: the loss gave float, expected a Tensor of one number; use reduction='mean', and "
        "ag's functions.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, loss=nn.CrossEntropyLoss(reduction="none")), DTypeError,
        "fit: the loss gave shape (32,), expected a Tensor of one number; use reduction='mean', "
        "and ag's functions.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, metrics="acuracy"), ArgumentError,
        "fit: got the metric 'acuracy', expected one of accuracy, mae, mse, r2, rmse, or a "
        "function metric(outputs, targets); did you mean 'accuracy'?",
    ),
    (
        lambda: fit(M, POINTS, LABELS, metrics=[3]), DTypeError,
        "fit: got int as a metric, expected a name or a function; write metrics=[\"accuracy\"].",
    ),
    (
        lambda: fit(M, POINTS, LABELS, metrics={"loss": "accuracy"}), ArgumentError,
        "fit: got the metric 'loss' twice, or the name of what is measured anyway; name it in a "
        'dict: metrics={"mine": f}.',
    ),
    (
        lambda: fit(M, POINTS, LABELS, scheduler="cosin"), ArgumentError,
        "fit: got the scheduler 'cosin', expected one of constant, cosine, exponential, "
        "invscaling, multistep, onecycle, plateau, step, warmup, or a schedule such as "
        "nn.StepLR(optimizer, 10); did you mean 'cosine'?",
    ),
    (
        lambda: fit(M, POINTS, LABELS, scheduler=3), DTypeError,
        "fit: got int as the scheduler, expected a name, a schedule, or a function of the "
        "optimizer that makes one.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, scheduler=nn.StepLR(nn.SGD(M.parameters()), 1)),
        ArgumentError,
        "fit: got StepLR of another optimizer; write scheduler=lambda optimizer: "
        "nn.StepLR(optimizer, ...).",
    ),
    (
        lambda: fit(M, POINTS, LABELS, lr=-0.1), ArgumentError,
        "Adam: got lr=-0.1, expected a finite number, 0 or larger.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, lr=0.1, optimizer=nn.SGD(M.parameters())), ArgumentError,
        "fit: got lr=0.1 and SGD(4 parameters, lr=0.001), which has its own; give lr where the "
        "optimizer is made.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, lr=0.1, optimizer="lbfgs"), ArgumentError,
        "fit: got lr with L-BFGS, which searches its own steps; drop it.",
    ),
    (
        lambda: fit(nn.ReLU(), POINTS, LABELS), ArgumentError,
        "fit: got ReLU, a model without parameters, so there is nothing to learn; give it layers.",
    ),
    (
        lambda: fit(lambda x: x, POINTS, LABELS), DTypeError,
        "fit: got function as the model, expected an nn.Module ready for use.",
    ),
    (
        lambda: nn.predict(nn.Linear, POINTS), DTypeError,
        "predict: got the class Linear as the model, expected an nn.Module ready for use.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, clip_norm=0), ArgumentError,
        "fit: got clip_norm=0, expected a finite number larger than 0.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, early_stopping=0), ArgumentError,
        "EarlyStopping: got patience=0, expected a positive int.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, early_stopping="yes"), DTypeError,
        "fit: got str as early_stopping, expected a number of epochs or an EarlyStopping; write "
        "early_stopping=nn.EarlyStopping(patience=10).",
    ),
    (
        lambda: fit(M, POINTS, LABELS, early_stopping={"patiance": 3}), ArgumentError,
        "fit: got early_stopping with 'patiance', expected patience, restore_best, min_delta, "
        "monitor, mode; did you mean 'patience'?",
    ),
    (
        lambda: fit(
            M, POINTS, LABELS, metrics="accuracy",
            early_stopping=nn.EarlyStopping(monitor="val_accuracy"),
        ),
        ArgumentError,
        "fit: got early_stopping with monitor='val_accuracy', expected one of loss, grad_norm, "
        "accuracy; give validation=(X, y) or a fraction.",
    ),
    (
        lambda: nn.EarlyStopping(mode="mix"), ArgumentError,
        "EarlyStopping: got mode='mix', expected 'min', 'max' or None; did you mean 'min'?",
    ),
    (
        lambda: nn.EarlyStopping(min_delta=-1), ArgumentError,
        "EarlyStopping: got min_delta=-1, expected a finite number, 0 or larger.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, resume=True), ArgumentError,
        "fit: got resume=True without a checkpoint to resume from; write checkpoint=path.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, resume=3), DTypeError,
        "fit: got resume of type int, expected True or a path.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, checkpoint=3), DTypeError,
        "fit: got int as checkpoint, expected a path; write checkpoint='run.npz'.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, callbacks=[nn.Callback]), DTypeError,
        "fit: got the class Callback as a callback, expected an object; call it: Callback().",
    ),
    (
        lambda: fit(M, POINTS, LABELS, callbacks=[3]), DTypeError,
        "fit: got int as a callback, expected a function of the state, or an object with one of "
        "on_train_begin, on_epoch_begin, on_batch_end, on_epoch_end, on_train_end.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, progress="bar"), DTypeError,
        "fit: got progress of type str, expected True, False or None.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, sample_weight=np.ones(3)), ShapeError,
        "fit: got sample_weight of shape (3,) for 60 rows, expected (60,), one weight per row.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, sample_weight=-np.ones(N)), ArgumentError,
        "fit: got sample_weight from -1.0 to -1.0, expected numbers, 0 or larger, not all of them "
        "0.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, sample_weight=np.zeros(N)), ArgumentError,
        "fit: got sample_weight from 0.0 to 0.0, expected numbers, 0 or larger, not all of them 0.",
    ),
    (
        lambda: fit(M, POINTS, LABELS, sample_weight=np.ones(N), loss=scripted_loss),
        ArgumentError,
        "fit: got sample_weight with the loss 'scripted_loss', which has no argument of this name; "
        "write a loss(prediction, target, sample_weight=None).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    before = M.state_dict()
    with says(error, sentence):
        call()
    for name, value in M.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
