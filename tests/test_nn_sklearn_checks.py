"""nn.sklearn's estimators under scikit-learn's own checks of estimators."""

import inspect

import pytest

pytest.importorskip("sklearn", minversion="1.9")  # the oracle; older ones lack some of it

import sklearn.neural_network as theirs
from sklearn.utils.estimator_checks import check_param_validation, parametrize_with_checks

import nn.sklearn as ours

NAMES = ["MLPClassifier", "MLPRegressor"]
# What scikit-learn's own suite sets too: some checks fit many times.
SMALL = {"max_iter": 100}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@parametrize_with_checks(
    [
        *(getattr(ours, name)(**SMALL) for name in NAMES),
        # Few iterations: rounding, which weights and repeated rows do not share, grows with them.
        ours.MLPClassifier(
            (8, 8), ["tanh", "gelu"], solver="lbfgs", class_weight="balanced", max_iter=25
        ),
        ours.MLPRegressor("huber", (8,), "silu", solver="lbfgs", max_iter=25),
    ]
)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_checked(name):
    check_param_validation(name, getattr(ours, name)())


@pytest.mark.parametrize("name", NAMES)
def test_scikit_learns_parameters_come_first_in_its_order_with_its_defaults(name):
    mine = list(inspect.signature(getattr(ours, name)).parameters.values())
    wanted = list(inspect.signature(getattr(theirs, name)).parameters.values())
    known = [(p.name, p.default, p.kind) for p in wanted]
    assert [(p.name, p.default, p.kind) for p in mine[: len(wanted)]] == known
    assert all(p.kind is p.KEYWORD_ONLY for p in mine[len(wanted) :])


@pytest.mark.parametrize("name", NAMES)
def test_every_public_method_and_attribute_of_scikit_learns_is_there(name):
    X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    settings = {"max_iter": 2000, "tol": 0.5}
    mine = getattr(ours, name)(**settings).fit(X, y)
    wanted = getattr(theirs, name)(**settings).fit(X, y)
    missing = {n for n in dir(wanted) if not n.startswith("_")} - set(dir(mine))
    assert not missing


@pytest.mark.parametrize("name", NAMES)
def test_the_tags_are_scikit_learns(name):
    mine, wanted = (getattr(m, name)().__sklearn_tags__() for m in (ours, theirs))
    assert mine == wanted
