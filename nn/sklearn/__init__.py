"""Estimators for scikit-learn: its MLPClassifier and MLPRegressor, with what their users ask for.

The same parameters, attributes, methods and defaults, and with the same random_state the same
numbers; faster, and beyond them class weights, dropout, an activation for each layer, more
activations and losses, the curve of the validation loss, callbacks. Needs scikit-learn:
``pip install 'autograd-lite[sklearn]'``.

>>> import numpy as np
>>> from nn.sklearn import MLPClassifier
>>> rng = np.random.default_rng(0)
>>> X = rng.normal(size=(200, 2))
>>> y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
>>> clf = MLPClassifier((20, 20), activation=["tanh", "gelu"], solver="lbfgs", random_state=0)
>>> clf.fit(X, y).score(X, y) > 0.99
True
>>> clf.predict([[1.0, 2.0], [-1.0, 2.0]])
array(['same', 'other'], dtype='<U5')
"""

try:
    import sklearn as _scikit_learn  # noqa: F401 - for the sentence below
except ImportError as error:
    raise ImportError(
        "nn.sklearn: scikit-learn is not installed; install it with "
        "pip install 'autograd-lite[sklearn]'.",
        name="sklearn",
    ) from error

from .classifier import MLPClassifier
from .regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor"]
