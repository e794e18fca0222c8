"""nn.sklearn: number for number with scikit-learn, and what goes beyond it."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.9")  # the oracle; older ones lack some of it

import scipy.sparse
import sklearn.neural_network as theirs
from nn_sklearn_tools import (
    BINARY,
    COUNTS,
    DIGIT,
    DIGITS,
    IRIS,
    LABELS,
    NUMBER,
    NUMBERS,
    SPECIES,
    TRIPLES,
    WEIGHTS,
)  # fmt: skip
from nn_tools import says
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import autograd_lite as ag
import nn
import nn.sklearn as ours
from autograd_lite.errors import ArgumentError, ShapeError
from nn.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT = {"random_state": 3, "max_iter": 12, "hidden_layer_sizes": (30,)}
SETTINGS = {
    "adam": {"hidden_layer_sizes": (100,)},
    "adam's numbers": {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-4, "learning_rate_init": 0.01},
    "tanh": {"activation": "tanh", "hidden_layer_sizes": (20, 10)},
    "logistic": {"activation": "logistic", "hidden_layer_sizes": 15},
    "identity": {"activation": "identity"},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "alpha": {"alpha": 3.0},
    "no alpha": {"alpha": 0},
    "in order": {"shuffle": False},
    "batches of 7": {"batch_size": 7},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd, plain momentum": {"solver": "sgd", "nesterovs_momentum": False},
    "sgd, no momentum": {"solver": "sgd", "momentum": 0.0},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1, "max_iter": 80},
    "early stopping": {"early_stopping": True, "learning_rate_init": 0.01, "max_iter": 80},
    "lbfgs": {"solver": "lbfgs", "hidden_layer_sizes": (10,), "max_iter": 20},
}
TASKS = {
    "digits": ("MLPClassifier", DIGITS, DIGIT, {}),
    "two classes": ("MLPClassifier", *BINARY, {}),
    "several labels": ("MLPClassifier", *LABELS, {}),
    "sparse": ("MLPClassifier", scipy.sparse.csr_matrix(DIGITS), DIGIT, {}),
    "numbers": ("MLPRegressor", NUMBERS, NUMBER, {}),
    "three numbers": ("MLPRegressor", NUMBERS, TRIPLES, {}),
    "counts": ("MLPRegressor", NUMBERS, COUNTS, {"loss": "poisson"}),
}
PAIRS = [
    *(("digits", setting) for setting in SETTINGS),
    *((task, s) for task in TASKS for s in ("adam", "early stopping", "lbfgs")),
    ("numbers", "sgd"), ("numbers", "adaptive"), ("several labels", "batches of 7"),
]  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
@pytest.mark.parametrize(("task", "setting"), dict.fromkeys(PAIRS), ids=str)
def test_the_numbers_are_scikit_learns(task, setting, weighted):
    if (task, setting) == ("three numbers", "lbfgs"):
        pytest.skip("scikit-learn's loss and gradient differ there: the next test")
    name, X, y, given = TASKS[task]
    settings = {**SHORT, **SETTINGS[setting], **given}
    weights = WEIGHTS[: len(y)] if weighted else None
    mine = getattr(ours, name)(**settings).fit(X, y, sample_weight=weights)
    wanted = getattr(theirs, name)(**settings).fit(X, y, sample_weight=weights)
    for attribute in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(mine, attribute) == getattr(wanted, attribute)
    for a, b in zip(
        mine.coefs_ + mine.intercepts_, wanted.coefs_ + wanted.intercepts_, strict=True
    ):
        assert a.shape == b.shape and a.flags.c_contiguous
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
    assert mine.loss_ == pytest.approx(wanted.loss_, abs=1e-10)
    if settings.get("solver") != "lbfgs":
        np.testing.assert_allclose(mine.loss_curve_, wanted.loss_curve_, rtol=1e-11)
        assert mine._optimizer.learning_rate == pytest.approx(wanted._optimizer.learning_rate)
        for attribute in ("validation_scores_", "best_validation_score_", "best_loss_"):
            expected = getattr(wanted, attribute)
            if expected is None:
                assert getattr(mine, attribute) is None
            else:
                np.testing.assert_allclose(getattr(mine, attribute), expected, rtol=1e-10)
    np.testing.assert_allclose(mine.predict(X), wanted.predict(X), rtol=0, atol=1e-9)
    if name == "MLPClassifier":
        np.testing.assert_allclose(mine.predict_proba(X), wanted.predict_proba(X), atol=1e-9)
        with np.errstate(divide="ignore"):  # some probabilities are 0
            np.testing.assert_allclose(
                mine.predict_log_proba(X), wanted.predict_log_proba(X), rtol=1e-6, atol=1e-9
            )


def test_lbfgs_is_given_the_loss_that_its_gradient_belongs_to():
    # scikit-learn's issue 8349: with several outputs its gradient is n_outputs times too large.
    mine = MLPRegressor(
        hidden_layer_sizes=5, activation="tanh", solver="lbfgs", max_iter=300, random_state=0
    ).fit(NUMBERS, TRIPLES)
    theta = np.concatenate([a.ravel() for a in mine.coefs_ + mine.intercepts_]) + 0.01
    rate = numerical(mine, theta, NUMBERS, TRIPLES, None)
    np.testing.assert_allclose(mine._loss_grad_lbfgs(theta, NUMBERS, TRIPLES)[1], rate, atol=1e-7)


def numerical(model, theta, X, y, weights, step=1e-6):
    f = lambda t: model._loss_grad_lbfgs(t, X, y, weights)[0]
    eye = np.eye(len(theta)) * step
    return np.array([(f(theta + e) - f(theta - e)) / (2 * step) for e in eye])


ACTIVATIONS = [
    "identity", "logistic", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu",
    "softplus",
]  # fmt: skip


@pytest.mark.parametrize("weights", [None, WEIGHTS[:30]], ids=["plain", "weighted"])
@pytest.mark.parametrize("activation", [*ACTIVATIONS, ["elu", "gelu"], ag.sin], ids=str)
def test_gradients_of_activations_are_the_numerical_ones(activation, weights):
    sizes = (4, 3) if isinstance(activation, list) else (4,)
    model = MLPClassifier(sizes, activation, solver="lbfgs", alpha=0.1, max_iter=1, random_state=0)
    X, y = IRIS[::5], SPECIES[::5]
    model.fit(X, y)
    theta = np.concatenate([a.ravel() for a in model.coefs_ + model.intercepts_])
    y = np.eye(3)[y]
    wanted = numerical(model, theta, X, y, weights)
    np.testing.assert_allclose(model._loss_grad_lbfgs(theta, X, y, weights)[1], wanted, atol=1e-7)


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "absolute_error", "huber"])
def test_gradients_of_losses_are_the_numerical_ones(loss):
    X, y = NUMBERS[:30], np.abs(TRIPLES[:30])
    model = MLPRegressor(loss, (4,), "tanh", solver="lbfgs", max_iter=1, random_state=0)
    model.fit(X, y)
    theta = np.concatenate([a.ravel() for a in model.coefs_ + model.intercepts_])
    wanted = numerical(model, theta, X, y, WEIGHTS[:30])
    got = model._loss_grad_lbfgs(theta, X, y, WEIGHTS[:30])[1]
    np.testing.assert_allclose(got, wanted, atol=1e-6)


# -- the usual life of an estimator --------------------------------------------------------------


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize("name", ["MLPClassifier", "MLPRegressor"])
def test_partial_fit_is_scikit_learns_through_copies_and_pickles(name, solver):
    mine, wanted = (getattr(m, name)(random_state=3, solver=solver) for m in (ours, theirs))
    for i in range(8):
        rows = slice(i * 50, i * 50 + 50)
        given = {"classes": np.arange(10)} if name == "MLPClassifier" and i == 0 else {}
        mine.partial_fit(DIGITS[rows], DIGIT[rows], **given)
        wanted.partial_fit(DIGITS[rows], DIGIT[rows], **given)
        mine = {2: copy.deepcopy, 4: lambda m: pickle.loads(pickle.dumps(m))}.get(i, lambda m: m)(
            mine
        )
    np.testing.assert_allclose(mine.loss_curve_, wanted.loss_curve_, rtol=1e-11)
    np.testing.assert_allclose(mine.coefs_[0], wanted.coefs_[0], atol=1e-12)
    assert mine.t_ == wanted.t_ == 400


def test_a_warm_start_goes_on():
    mine, wanted = (
        m.MLPClassifier(random_state=3, warm_start=True, max_iter=4) for m in (ours, theirs)
    )
    for _ in range(3):
        mine.fit(DIGITS, DIGIT)
        wanted.fit(DIGITS, DIGIT)
    np.testing.assert_allclose(mine.loss_curve_, wanted.loss_curve_, rtol=1e-11)
    mine.set_params(hidden_layer_sizes=(7,))
    sentence = (
        "fit: got coefs_ of shapes [(64, 100), (100, 10)] and intercepts_ of shapes [(100,), "
        "(10,)] to go on from, expected coefs_ of shapes [(64, 7), (7, 10)] for this data and "
        "hidden_layer_sizes; set warm_start=False to start anew."
    )
    with says(ShapeError, sentence):
        mine.fit(DIGITS, DIGIT)


def test_weights_may_be_set_and_are_trained_in_place():
    model = MLPRegressor(hidden_layer_sizes=(3,), random_state=0, max_iter=3).fit(NUMBERS, NUMBER)
    model.coefs_[1] = np.zeros((3, 1))
    model.intercepts_[1] = np.array([7.0])
    np.testing.assert_array_equal(model.predict(NUMBERS), np.full(150, 7.0))
    before = copy.deepcopy(model)
    model.partial_fit(NUMBERS, NUMBER)
    held = model.coefs_[0]
    assert model.intercepts_[1] < 7
    model.partial_fit(NUMBERS, NUMBER)
    assert held is model.coefs_[0]
    np.testing.assert_array_equal(before.predict(NUMBERS), np.full(150, 7.0))


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_float32_stays_float32(solver):
    X = DIGITS.astype(np.float32)
    settings = {"solver": solver, "max_iter": 8, "random_state": 0, "hidden_layer_sizes": (20, 10)}
    clf = MLPClassifier(early_stopping=solver != "lbfgs", dropout=0, **settings).fit(X, DIGIT)
    reg = MLPRegressor(**settings).fit(X, DIGIT.astype(float), sample_weight=WEIGHTS)
    for model in (clf, reg):
        assert {a.dtype for a in model.coefs_ + model.intercepts_} == {np.dtype(np.float32)}
    assert clf.predict_proba(X).dtype == reg.predict(X).dtype == np.float32
    wide = MLPRegressor(**settings).fit(DIGITS, DIGIT.astype(float), sample_weight=WEIGHTS)
    np.testing.assert_allclose(reg.predict(X), wide.predict(DIGITS), rtol=1e-3, atol=1e-3)
    if solver == "adam":
        clf.set_params(early_stopping=False).partial_fit(DIGITS, DIGIT)
        assert clf.coefs_[0].dtype == np.float32
        dropped = MLPClassifier(dropout=0.3, activation="gelu", **settings).fit(X, DIGIT)
        assert dropped._trainable().gradients(X[:5], DIGIT[:5], 0.2)[1][0].dtype == np.float32


def test_in_pipelines_searches_and_cross_validation():
    model = make_pipeline(
        StandardScaler(), MLPClassifier((10,), max_iter=60, learning_rate_init=0.03, random_state=0)
    )
    assert cross_val_score(model, IRIS, SPECIES, cv=3).mean() > 0.9
    grid = {
        "mlpclassifier__activation": ["tanh", ["gelu"]],
        "mlpclassifier__dropout": [0.0, 0.1],
        "mlpclassifier__class_weight": [None, "balanced"],
    }
    search = GridSearchCV(model, grid, cv=2).fit(IRIS, SPECIES)
    assert len(search.cv_results_["params"]) == 8 and search.best_score_ > 0.8
    twin = clone(search.best_estimator_)
    assert twin.get_params()["mlpclassifier__max_iter"] == 60


def test_what_it_looks_like():
    model = MLPClassifier((5, 5), ["relu", "gelu"], dropout=0.1, class_weight="balanced")
    assert repr(model) == (
        "MLPClassifier(activation=['relu', 'gelu'], class_weight='balanced', dropout=0.1,\n"
        "              hidden_layer_sizes=(5, 5))"
    )
    assert "MLPRegressor" in MLPRegressor("huber")._repr_html_()


def test_sparse_data_give_what_dense_data_give():
    for kind in (scipy.sparse.csr_array, scipy.sparse.csc_matrix):
        dense, sparse = (
            MLPClassifier(max_iter=5, random_state=0, early_stopping=True).fit(X, DIGIT)
            for X in (DIGITS, kind(DIGITS))
        )
        np.testing.assert_allclose(dense.loss_curve_, sparse.loss_curve_, rtol=1e-11)
        np.testing.assert_allclose(
            dense.predict_proba(DIGITS), sparse.predict_proba(kind(DIGITS)), atol=1e-12
        )


def test_rows_and_batches_without_weight_count_nothing():
    weights = np.r_[np.zeros(200), np.ones(200)]
    settings = {"random_state": 0, "batch_size": 200, "shuffle": False, "max_iter": 5}
    got = MLPClassifier(**settings).fit(DIGITS, DIGIT, sample_weight=weights)
    wanted = theirs.MLPClassifier(**settings).fit(DIGITS[200:], DIGIT[200:])
    np.testing.assert_allclose(got.coefs_[0], wanted.coefs_[0], atol=1e-12)


def test_predictions_of_many_rows_are_those_of_each():
    model = MLPClassifier((900,), max_iter=1, random_state=0).fit(DIGITS, DIGIT)
    many = np.tile(DIGITS, (3, 1))
    whole = model.predict_proba(many)
    np.testing.assert_allclose(whole[:7], model.predict_proba(many[:7]), atol=1e-14)
    np.testing.assert_allclose(whole[800:], whole[:400], atol=1e-14)


def test_verbose_prints_a_line_per_epoch(capsys):
    MLPClassifier(max_iter=2, verbose=True, early_stopping=True, random_state=0).fit(DIGITS, DIGIT)
    mine = capsys.readouterr().out
    theirs.MLPClassifier(max_iter=2, verbose=True, early_stopping=True, random_state=0).fit(
        DIGITS, DIGIT
    )
    assert mine == capsys.readouterr().out
    MLPRegressor(max_iter=2, verbose=True, solver="lbfgs", random_state=0).fit(NUMBERS, NUMBER)
    assert capsys.readouterr().out.startswith("Iteration 1, loss = ")


@pytest.mark.filterwarnings("default::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("settings", [{}, {"solver": "lbfgs"}], ids=["adam", "lbfgs"])
def test_the_warning_of_too_few_iterations_is_scikit_learns(settings):
    texts = []
    for module in (ours, theirs):
        with pytest.warns(ConvergenceWarning) as record:
            module.MLPClassifier(max_iter=3, random_state=0, **settings).fit(DIGITS, DIGIT)
        texts.append([str(r.message) for r in record])
    assert texts[0] == texts[1]


# -- what cannot be used -------------------------------------------------------------------------

CLASSIFIER = "The '{}' parameter of MLPClassifier must be {}"
NAMES = (
    "a list of names among elu, gelu, identity, leaky_relu, logistic, relu, sigmoid, silu, "
    "softplus, tanh or of functions. "
)


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ({"activation": "rleu"}, "Got 'rleu' instead; did you mean 'relu'?"),
        ({"solver": "adm"}, "Got 'adm' instead; did you mean 'adam'?"),
        ({"learning_rate": "adaptiv"}, "Got 'adaptiv' instead; did you mean 'adaptive'?"),
        ({"class_weight": "balance"}, "Got 'balance' instead; did you mean 'balanced'?"),
        ({"learning_rate_init": -1}, "a float in the range (0.0, inf). Got -1 instead."),
        ({"dropout": 1.0}, "in the range [0.0, 1.0) or an array-like. Got 1.0 instead."),
        ({"callbacks": 3}, "Got 3 instead."),
        (
            {"activation": ["tahn"]},
            NAMES + "Got 'tahn' at position 0 instead; did you mean 'tanh'?",
        ),
        (
            {"activation": ["relu", "relu"]},
            "one value, or a list of 1, one per hidden layer. Got 2 (['relu', 'relu']) instead.",
        ),
        (
            {"dropout": [-0.1]},
            "a list of floats in the range [0.0, 1.0). Got -0.1 at position 0 instead.",
        ),
        (
            {"dropout": 0.5, "solver": "lbfgs"},
            "0 with solver='lbfgs', which needs the same loss for the same weights. Got 0.5 "
            "instead; use solver='adam' or 'sgd'.",
        ),
        (
            {"callbacks": [print, 3]},
            "a function of the estimator, or a list of such. Got 3 at position 1 instead.",
        ),
    ],
)
def test_a_parameter_that_cannot_be_used_is_refused(given, end):
    with pytest.raises(ArgumentError) as caught:
        MLPClassifier(**given).fit(IRIS, SPECIES)
    text = str(caught.value)
    name = next(iter(given))
    assert text.startswith(CLASSIFIER.format(name, "")) and text.endswith(end)
    assert isinstance(caught.value, ValueError) and "\n" not in text


def test_a_loss_that_is_not_known_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match=r"Got 'hubr' instead; did you mean 'huber'\?$"):
        MLPRegressor("hubr").fit(NUMBERS, NUMBER)


def test_data_that_cannot_be_used_are_refused():
    with says(
        ArgumentError,
        "fit: got y with the value -1.0 for loss='poisson', expected counts or rates of 0 or "
        "more; use another loss.",
    ):
        MLPRegressor("poisson").fit([[1.0], [2.0]], [-1.0, 2.0])
    with says(
        ArgumentError,
        "partial_fit: got class_weight='balanced', which needs all of y at once; give class_weight "
        "a dict, made with sklearn.utils.class_weight.compute_class_weight.",
    ):
        MLPClassifier(class_weight="balanced").partial_fit(IRIS, SPECIES, classes=[0, 1, 2])
    with says(ValueError, "Sample weights must contain at least one non-zero number."):
        MLPClassifier(class_weight={0: 0, 1: 0, 2: 0}).fit(IRIS, SPECIES)
    model = MLPClassifier(max_iter=2)
    with says(
        ArgumentError, "fit: got X_val alone, expected X_val and y_val; give both, or neither."
    ):
        model.fit(IRIS, SPECIES, X_val=IRIS)
    with says(
        ArgumentError,
        "fit: got y_val or sample_weight_val alone, expected X_val and y_val; give both, or "
        "neither.",
    ):
        model.fit(IRIS, SPECIES, sample_weight_val=WEIGHTS[:150])
    with pytest.raises(ValueError, match=r"has classes not in `self.classes_`"):
        model.fit(IRIS[:100], SPECIES[:100], X_val=IRIS, y_val=SPECIES)
    with pytest.raises(ValueError, match=r"^X has 3 features, but MLPClassifier is expecting 4"):
        model.fit(IRIS, SPECIES, X_val=IRIS[:, :3], y_val=SPECIES)
    with pytest.raises(ValueError, match=r"^The validation set is too small\."):
        model.fit(IRIS, SPECIES, X_val=IRIS[:1], y_val=SPECIES[:1])
    with says(
        ArgumentError,
        "fit: got X_val, y_val or sample_weight_val with solver='lbfgs', which has no epochs to "
        "validate after; use solver='adam' or 'sgd'.",
    ):
        model.set_params(solver="lbfgs").fit(IRIS, SPECIES, X_val=IRIS, y_val=SPECIES)
    with says(
        ArgumentError,
        "fit: got y_val with 1 outputs for y with 3, expected as many; give y_val the form of y.",
    ):
        MLPRegressor(max_iter=2).fit(NUMBERS, TRIPLES, X_val=NUMBERS, y_val=NUMBER)
    with pytest.raises(ValueError, match=r"^Input X contains NaN"):
        MLPRegressor().fit(np.full((3, 2), np.nan), [1, 2, 3])
    assert not hasattr(MLPRegressor(solver="lbfgs"), "partial_fit")


def test_nn_needs_scikit_learn_only_where_it_is_used():
    plain = "import sys, nn; assert not {'sklearn', 'scipy'} & set(sys.modules); nn.sklearn"
    subprocess.run([sys.executable, "-c", plain], check=True)
    missing = "import sys; sys.modules['sklearn'] = None; import nn; nn.sklearn"
    done = subprocess.run([sys.executable, "-c", missing], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: nn.sklearn: scikit-learn is not installed; install it with pip install "
        "'autograd-lite[sklearn]'."
    )
    assert nn.sklearn is ours
    with pytest.raises(AttributeError, match=r"^module 'nn' has no attribute 'sklaern'$"):
        nn.sklaern  # noqa: B018
