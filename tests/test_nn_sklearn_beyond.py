"""nn.sklearn beyond scikit-learn: losses, activations, class weights, dropout, validation."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.9")  # the oracle; older ones lack some of it

import sklearn.neural_network as theirs
from nn_sklearn_tools import BINARY, DIGIT, DIGITS, IRIS, NUMBER, NUMBERS, SPECIES, TRIPLES, WEIGHTS
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

import autograd_lite as ag
import nn
from nn.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# -- beyond scikit-learn: numbers from PyTorch 2.13 ---------------------------------------------


def small_data():
    rng = np.random.RandomState(7)
    X, Y = rng.normal(size=(12, 4)), rng.normal(size=(12, 2))
    return X, Y, rng.randint(0, 3, 12), rng.uniform(0.2, 2, 12)


STEPS = {
    "hidden_layer_sizes": (5, 3), "learning_rate_init": 0.01, "alpha": 0.01, "max_iter": 4,
    "random_state": 0, "shuffle": False, "epsilon": 1e-18,  # PyTorch adds it after the correction
}  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "curve", "first"),
    [
        (
            "absolute_error",
            [0.9376437337286762, 0.875937409163434, 0.825555558599953, 0.7817953935635402],
            [-0.10863217176319906, 0.04934066559060678],
        ),
        (
            "huber",
            [0.45814626003789255, 0.4244841263926777, 0.3943258914351493, 0.3692565543871253],
            [-0.0803609929898734, 0.058138923849564816],
        ),
        (
            "squared_error",
            [0.8029550183357325, 0.7401231947443628, 0.6848457465677253, 0.636634083007228],
            [-0.2646970857653621, 0.09199945676622125],
        ),
    ],
)
def test_losses_and_activations_per_layer_are_pytorchs(loss, curve, first):
    X, Y, _, _ = small_data()
    model = MLPRegressor(loss, activation=["gelu", "elu"], huber_delta=0.7, **STEPS).fit(X, Y)
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-12)
    np.testing.assert_allclose(model.predict(X)[0], first, rtol=1e-10)


@pytest.mark.parametrize(
    ("activations", "curve", "first"),
    [
        (
            ["leaky_relu", "silu"],
            [1.3713998558240401, 1.3252690351787386, 1.2788499195612224, 1.2323002508186882],
            [0.6922550345360889, 0.15250865804420338, 0.1552363074197077],
        ),
        (
            ["softplus", "tanh"],
            [1.6270361973004268, 1.5665685549212056, 1.5078733811000082, 1.4509835991047466],
            [0.6209847034602003, 0.20828942782099685, 0.17072586871880277],
        ),
    ],
)
def test_class_weights_times_sample_weights_are_pytorchs(activations, curve, first):
    X, _, y, w = small_data()
    model = MLPClassifier(activation=activations, class_weight={0: 1, 1: 2, 2: 0.5}, **STEPS)
    model.fit(X, y, sample_weight=w)
    np.testing.assert_allclose(model.loss_curve_, curve, rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X)[0], first, rtol=1e-10)


def test_class_weights_are_the_same_as_weights_of_the_rows():
    X, y = BINARY
    y = np.array(["no", "yes"])[y]
    kept = np.r_[np.flatnonzero(y == "no"), np.flatnonzero(y == "yes")[:8]]
    X, y = X[kept], y[kept]
    settings = {"hidden_layer_sizes": 10, "max_iter": 30, "random_state": 0}
    by_class = MLPClassifier(class_weight="balanced", **settings).fit(X, y)
    share = {c: len(y) / (2 * np.sum(y == c)) for c in ("no", "yes")}
    rows = np.array([share[c] for c in y])
    by_row = theirs.MLPClassifier(**settings).fit(X, y, sample_weight=rows)
    np.testing.assert_allclose(by_class.loss_curve_, by_row.loss_curve_, rtol=1e-11)
    plain = MLPClassifier(**settings).fit(X, y)
    scores = [balanced_accuracy_score(y, m.predict(X)) for m in (by_class, plain)]
    assert scores[0] > scores[1]


def test_huber_without_a_bend_is_the_squared_error():
    settings = {"hidden_layer_sizes": 8, "max_iter": 20, "random_state": 0}
    wanted = theirs.MLPRegressor(**settings).fit(NUMBERS, TRIPLES)
    got = MLPRegressor("huber", huber_delta=1e9, **settings).fit(NUMBERS, TRIPLES)
    np.testing.assert_allclose(got.loss_curve_, wanted.loss_curve_, rtol=1e-11)


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_robust_losses_disregard_outliers(loss):
    x = np.linspace(-1, 1, 100)[:, None]
    y = 2 * x[:, 0] + 1
    spoilt = y.copy()
    spoilt[::10] = 50
    settings = {"hidden_layer_sizes": (), "max_iter": 3000, "alpha": 0, "random_state": 0,
                "learning_rate_init": 0.05}  # fmt: skip
    error = lambda m: np.abs(m.fit(x, spoilt).predict(x) - y).max()
    assert error(MLPRegressor(loss, huber_delta=0.01, **settings)) < 0.2
    assert error(MLPRegressor(**settings)) > 3


# -- dropout -----------------------------------------------------------------------------------


def test_dropout_leaves_out_its_share_of_units_and_keeps_the_mean():
    model = MLPRegressor(hidden_layer_sizes=(400,), activation=spy, dropout=0.25, random_state=0)
    model.partial_fit(NUMBERS, NUMBER)
    masks = model._trainable()
    masks._training = True
    kept = masks._hidden(0, ag.Tensor(np.ones((500, 400)))).data
    assert set(np.unique(kept)) == {0.0, 1 / 0.75}
    assert np.mean(kept == 0) == pytest.approx(0.25, abs=0.005)
    assert kept.mean() == pytest.approx(1, abs=0.01)


def spy(t):
    return t


def test_dropout_is_off_in_predictions_and_repeatable():
    settings = {"hidden_layer_sizes": (30, 20), "max_iter": 10, "random_state": 0}
    plain = MLPClassifier(**settings).fit(DIGITS, DIGIT)
    none = MLPClassifier(dropout=[0.0, 0], **settings).fit(DIGITS, DIGIT)
    np.testing.assert_array_equal(plain.coefs_[0], none.coefs_[0])
    first = MLPClassifier(dropout=[0.0, 0.5], **settings).fit(DIGITS, DIGIT)
    again = MLPClassifier(dropout=[0.0, 0.5], **settings).fit(DIGITS, DIGIT)
    np.testing.assert_array_equal(first.coefs_[0], again.coefs_[0])
    assert np.abs(first.coefs_[0] - plain.coefs_[0]).max() > 1e-3
    np.testing.assert_array_equal(first.predict_proba(DIGITS), first.predict_proba(DIGITS))
    longer = {**settings, "max_iter": 60, "learning_rate_init": 0.01}
    assert MLPClassifier(dropout=0.2, **longer).fit(DIGITS, DIGIT).score(DIGITS, DIGIT) > 0.97


def test_dropout_draws_anew_in_every_partial_fit():
    model = MLPRegressor(hidden_layer_sizes=50, dropout=0.5, solver="sgd", random_state=0,
                         learning_rate_init=1e-12, shuffle=False)  # fmt: skip
    for _ in range(3):
        model.partial_fit(NUMBERS, NUMBER)
    assert len({round(loss, 6) for loss in model.loss_curve_}) == 3
    pickle.loads(pickle.dumps(model)).partial_fit(NUMBERS, NUMBER)


# -- validation and callbacks --------------------------------------------------------------------


def test_the_curve_of_the_validation_loss(monkeypatch):
    parts = []

    def split(*arrays, **options):
        parts.extend(train_test_split(*arrays, **options))
        return parts

    monkeypatch.setattr(nn.sklearn.training, "train_test_split", split)
    seen = []
    model = MLPClassifier(
        early_stopping=True, max_iter=15, random_state=0, alpha=5.0,
        callbacks=lambda m: seen.append(m.predict_proba(parts[1])),
    ).fit(DIGITS, DIGIT)  # fmt: skip
    losses = [-np.log(p[parts[3]]).mean() for p in seen]
    np.testing.assert_allclose(model.validation_loss_curve_, losses)
    assert len(losses) == len(model.validation_scores_) == model.n_iter_ == 15
    assert MLPClassifier(max_iter=1).fit(IRIS, SPECIES).validation_loss_curve_ is None


def test_validation_data_given_to_fit():
    X, X_val, y, y_val = train_test_split(DIGITS, DIGIT, random_state=0)
    w = WEIGHTS[: len(y_val)]
    seen = []
    model = MLPClassifier(max_iter=6, random_state=0, callbacks=[lambda m: seen.append(stats(m))])

    def stats(m):
        p = m.predict_proba(X_val)[np.arange(len(y_val)), y_val]
        return m.score(X_val, y_val, w), np.average(-np.log(p), weights=w)

    model.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=w)
    np.testing.assert_allclose(model.validation_scores_, [score for score, _ in seen])
    np.testing.assert_allclose(model.validation_loss_curve_, [loss for _, loss in seen])
    assert model.best_validation_score_ == max(model.validation_scores_)
    # It takes no part in the training.
    wanted = theirs.MLPClassifier(max_iter=6, random_state=0).fit(X, y)
    np.testing.assert_allclose(model.loss_curve_, wanted.loss_curve_, rtol=1e-11)
    assert model.best_loss_ == pytest.approx(wanted.best_loss_)


def test_validation_of_several_outputs():
    seen = []
    model = MLPRegressor(max_iter=4, random_state=0, callbacks=lambda m: seen.append(m.predict(X)))
    X, Y = NUMBERS[:50], TRIPLES[:50]
    model.fit(NUMBERS[50:], TRIPLES[50:], X_val=X, y_val=Y)
    np.testing.assert_allclose(
        model.validation_loss_curve_, [0.5 * np.mean((p - Y) ** 2) for p in seen]
    )


def test_early_stopping_on_given_data_keeps_the_best_weights():
    X, X_val, y, y_val = train_test_split(DIGITS, DIGIT, random_state=0)
    model = MLPClassifier(
        early_stopping=True, learning_rate_init=0.05, n_iter_no_change=3, random_state=0
    ).fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ < 200
    assert model.score(X_val, y_val) == model.best_validation_score_ > model.validation_scores_[0]


def test_early_stopping_in_a_warm_start_never_loses_the_best():
    model = MLPClassifier(early_stopping=True, warm_start=True, max_iter=30, random_state=0)
    X, X_val, y, y_val = train_test_split(DIGITS, DIGIT, random_state=0)
    before = model.fit(X, y, X_val=X_val, y_val=y_val).best_validation_score_
    model.set_params(learning_rate_init=10.0, max_iter=3).fit(X, y, X_val=X_val, y_val=y_val)
    assert model.score(X_val, y_val) == model.best_validation_score_ >= before


def test_a_callback_may_end_training():
    model = MLPClassifier(random_state=0, callbacks=[lambda m: m.n_iter_ == 4, lambda m: None])
    assert model.fit(IRIS, SPECIES).n_iter_ == len(model.loss_curve_) == 4
    model = MLPClassifier(solver="lbfgs", callbacks=lambda m: m.loss_ < 0.3, random_state=0)
    model.fit(IRIS, SPECIES)
    full = MLPClassifier(solver="lbfgs", random_state=0).fit(IRIS, SPECIES)
    assert 0 < model.n_iter_ < full.n_iter_ and full.loss_ < model.loss_ < 0.3


def test_an_interrupt_keeps_what_was_learned():
    def interrupt(model):
        if model.n_iter_ == 3:
            raise KeyboardInterrupt

    model = MLPClassifier(random_state=0, callbacks=interrupt)
    with pytest.warns(UserWarning, match="^Training interrupted by user.$"):
        model.fit(DIGITS, DIGIT)
    three = theirs.MLPClassifier(random_state=0, max_iter=3).fit(DIGITS, DIGIT)
    np.testing.assert_allclose(model.coefs_[0], three.coefs_[0], atol=1e-12)
