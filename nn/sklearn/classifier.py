"""MLPClassifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    type_of_target,
    unique_labels,
)
from sklearn.utils.validation import check_is_fitted

from autograd_lite.errors import ArgumentError

from . import checking, losses
from .base import BaseMLP, checked, stochastic_only


class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]
    """Multilayer perceptron for classes: scikit-learn's, and what its users ask for.

    The parameters up to max_fun are scikit-learn's, with its defaults and meanings; so are the
    attributes and methods. With the same random_state it gives the numbers that scikit-learn
    gives.

    Args:
        hidden_layer_sizes: units of each hidden layer.
        activation: "identity", "logistic" (or "sigmoid"), "tanh", "relu", "leaky_relu", "elu",
            "gelu", "silu", "softplus"; or a function of a Tensor such as ``ag.sin``; or a list of
            these, one per hidden layer.
        solver: "adam", "sgd" or "lbfgs".
        alpha: weight of the penalty alpha/2 · Σ coef² / Σ sample weights, per batch.
        batch_size: rows of a batch; "auto" is min(200, n). Not for L-BFGS.
        learning_rate: for "sgd": "constant", "invscaling" (divided by t^power_t) or "adaptive"
            (divided by 5 when progress ends).
        learning_rate_init: the first rate.
        power_t: exponent of "invscaling".
        max_iter: most epochs, or iterations of L-BFGS.
        shuffle: new order of the rows in every epoch.
        random_state: int, RandomState or None: first weights, orders, split, dropout.
        tol: progress below this counts as none.
        verbose: print a line per epoch.
        warm_start: fit goes on from the weights that are there.
        momentum, nesterovs_momentum: for "sgd".
        early_stopping: hold out validation_fraction of the rows (or use X_val of fit), stop when
            their score makes no progress, and keep the weights of the best.
        validation_fraction: share of the rows held out.
        beta_1, beta_2, epsilon: for "adam".
        n_iter_no_change: epochs without progress before the end.
        max_fun: most calls of the loss by L-BFGS.
        class_weight: a dict of class to weight, or "balanced": total / (classes · total of the
            class), totals of sample_weight; it multiplies sample_weight. For several labels a
            row, "balanced" or a list of one dict per label, whose weights are multiplied.
        dropout: share of the units that each training step leaves out, in [0, 1); one number for
            all hidden layers, or a list. What is left is scaled by 1/(1 - dropout).
        callbacks: a function or a list of functions called with the estimator after each epoch
            (or iteration of L-BFGS); when one gives True, training ends.

    Attributes:
        classes_: the classes, or one array of label numbers.
        coefs_: arrays of shape (in, out), one per layer. intercepts_: arrays of shape (out,).
        loss_, loss_curve_, best_loss_: training loss with the penalty: last, per epoch, least.
        validation_scores_, best_validation_score_: accuracy of the held-out rows, or None.
        validation_loss_curve_: loss of the held-out rows per epoch, without penalty, or None.
        n_iter_, t_: epochs of the last fit; rows seen.
        n_layers_, n_outputs_, out_activation_: layers with the input's; outputs; "softmax" or
            "logistic".
        n_features_in_, feature_names_in_: as everywhere in scikit-learn.

    Raises:
        ValueError: a parameter out of its range or data that does not fit, in scikit-learn's words.

    >>> from sklearn.datasets import load_iris
    >>> from nn.sklearn import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = MLPClassifier(max_iter=400, dropout=0.1, class_weight="balanced", random_state=0)
    >>> clf.fit(X, y).score(X, y) > 0.95
    True
    """

    loss = "log_loss"
    _parameter_constraints = checking.CLASSIFIER

    def __init__(
        self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *, solver: str = "adam",
        alpha: float = 0.0001, batch_size: Any = "auto", learning_rate: str = "constant",
        learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
        warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True,
        early_stopping: bool = False, validation_fraction: float = 0.1, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-8, n_iter_no_change: float = 10,
        max_fun: int = 15000, class_weight: Any = None, dropout: Any = 0.0, callbacks: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes, activation=activation, solver=solver,
            alpha=alpha, batch_size=batch_size, learning_rate=learning_rate,
            learning_rate_init=learning_rate_init, power_t=power_t, max_iter=max_iter,
            shuffle=shuffle, random_state=random_state, tol=tol, verbose=verbose,
            warm_start=warm_start, momentum=momentum, nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping, validation_fraction=validation_fraction, beta_1=beta_1,
            beta_2=beta_2, epsilon=epsilon, n_iter_no_change=n_iter_no_change, max_fun=max_fun,
            class_weight=class_weight, dropout=dropout, callbacks=callbacks,
        )  # fmt: skip

    # -- methods -----------------------------------------------------------------------------

    @stochastic_only
    @checked
    def partial_fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        classes: Any = None,
    ) -> Any:
        """One epoch on X and y, from the weights that are there.

        Args:
            X: array or sparse matrix of shape (n, features). y: as in ``fit``.
            sample_weight: shape (n,), or None for equal weights.
            classes: all classes that will come; needed in the first call.

        Returns:
            the estimator.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            labels = y if type_of_target(y).startswith("multilabel") else classes
            self._label_binarizer.fit(labels)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Probabilities for the rows of X, of shape (n, classes), in the order of ``classes_``.

        Of several labels a row, the probability of each.
        """
        check_is_fitted(self)
        p = self._forward_pass_fast(X)
        return np.hstack([1 - p, p]) if self.n_outputs_ == 1 else p

    def predict_log_proba(self, X: Any) -> Any:  # noqa: N803
        """Logarithms of ``predict_proba(X)``."""
        p = self.predict_proba(X)
        return np.log(p, out=p)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    # -- what the base class asks ------------------------------------------------------------

    def _encoded(self, y: Any, incremental: bool) -> Any:
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        elif not self.warm_start:
            return self._encoded_held(y)
        elif set(classes := unique_labels(y)) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes_}, `y` has {classes}"
            )
        return self._label_binarizer.transform(y).astype(bool)

    def _encoded_held(self, y: Any) -> Any:
        classes = unique_labels(y)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                "`y` has classes not in `self.classes_`. "
                f"`self.classes_` has {self.classes_}. 'y' has {classes}."
            )
        return self._label_binarizer.transform(y).astype(bool)

    def _more_weights(self, y: Any, weights: Any, incremental: bool) -> Any:
        if self.class_weight is None:
            return None
        if self.class_weight != "balanced":
            return compute_sample_weight(self.class_weight, y)
        if incremental:
            raise ArgumentError(
                "partial_fit: got class_weight='balanced', which needs all of y at once; give "
                "class_weight a dict, made with sklearn.utils.class_weight.compute_class_weight."
            )
        return _balanced(y, weights)

    def _output_name(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _loss_function(self) -> Callable[..., Any]:
        return losses.softmax_loss if self.out_activation_ == "softmax" else losses.logistic_loss

    def _prepared(self, y: Any) -> Any:
        return y.argmax(axis=1) if self.out_activation_ == "softmax" else y.astype(bool, copy=False)

    def _held_out(self, y: Any) -> Any:
        return self._label_binarizer.inverse_transform(y)

    def _decoded(self, predictions: Any) -> Any:
        if self.n_outputs_ == 1:
            predictions = predictions.ravel()
        return self._label_binarizer.inverse_transform(predictions)

    def _scored(self, y: Any, predicted: Any, sample_weight: Any) -> Any:
        return accuracy_score(y, predicted, sample_weight=sample_weight)


def _balanced(y: Any, weights: Any) -> Any:
    """Per row, total / (classes · total of its class): a row of weight 2 counts as two rows.

    Of several labels a row, the product over the labels.
    """
    weights = np.ones(y.shape[0]) if weights is None else weights
    columns = y.toarray() if hasattr(y, "toarray") else y.reshape((len(y), -1))
    found = np.ones(len(columns))
    for column in columns.T:
        _, codes = np.unique(column, return_inverse=True)
        totals = np.bincount(codes, weights)
        present = totals > 0
        share = np.zeros(len(totals))
        share[present] = totals.sum() / (present.sum() * totals[present])
        found *= share[codes]
    return found
