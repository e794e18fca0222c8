"""MLPRegressor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from autograd_lite.errors import ArgumentError

from . import checking, losses
from .base import BaseMLP, checked, stochastic_only


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]
    """Multilayer perceptron for numbers: scikit-learn's, and what its users ask for.

    The parameters up to max_fun are scikit-learn's, with its defaults and meanings; so are the
    attributes and methods. With the same random_state it gives the numbers that scikit-learn
    gives, but for L-BFGS on several outputs: there scikit-learn hands over a squared error that is
    not the one its gradient belongs to (its issue 8349); here both are of the sum over outputs.

    Args:
        loss: "squared_error" (half of it), "poisson" (half the deviance; the outputs are
            exponentials, y ≥ 0), "absolute_error", or "huber" (half the squared error up to
            huber_delta, linear beyond). Steps follow the sum over outputs; ``loss_`` and the
            curves give the mean over them, for "poisson" the sum.
        huber_delta: where "huber" becomes linear.

    The other parameters, and the attributes: as ``MLPClassifier``; validation scores are R².

    Raises:
        ValueError: a parameter out of its range or data that does not fit, in scikit-learn's words.

    >>> import numpy as np
    >>> from nn.sklearn import MLPRegressor
    >>> x = np.linspace(-3, 3, 100)
    >>> model = MLPRegressor("huber", (20,), "tanh", solver="lbfgs", random_state=0, max_iter=500)
    >>> model.fit(x[:, None], np.sin(x)).score(x[:, None], np.sin(x)) > 0.999
    True
    """

    _parameter_constraints = checking.REGRESSOR
    _numeric = True

    def __init__(
        self, loss: str = "squared_error", hidden_layer_sizes: Any = (100,),
        activation: Any = "relu", *, solver: str = "adam", alpha: float = 0.0001,
        batch_size: Any = "auto", learning_rate: str = "constant",
        learning_rate_init: float = 0.001, power_t: float = 0.5, max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, verbose: Any = False,
        warm_start: bool = False, momentum: float = 0.9, nesterovs_momentum: bool = True,
        early_stopping: bool = False, validation_fraction: float = 0.1, beta_1: float = 0.9,
        beta_2: float = 0.999, epsilon: float = 1e-8, n_iter_no_change: float = 10,
        max_fun: int = 15000, huber_delta: float = 1.0, dropout: Any = 0.0, callbacks: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            loss=loss, hidden_layer_sizes=hidden_layer_sizes, activation=activation, solver=solver,
            alpha=alpha, batch_size=batch_size, learning_rate=learning_rate,
            learning_rate_init=learning_rate_init, power_t=power_t, max_iter=max_iter,
            shuffle=shuffle, random_state=random_state, tol=tol, verbose=verbose,
            warm_start=warm_start, momentum=momentum, nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping, validation_fraction=validation_fraction, beta_1=beta_1,
            beta_2=beta_2, epsilon=epsilon, n_iter_no_change=n_iter_no_change, max_fun=max_fun,
            huber_delta=huber_delta, dropout=dropout, callbacks=callbacks,
        )  # fmt: skip

    @stochastic_only
    @checked
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        """One epoch on X and y, from the weights that are there.

        Args:
            X: array or sparse matrix of shape (n, features). y: as in ``fit``.
            sample_weight: shape (n,), or None for equal weights.

        Returns:
            the estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    # -- what the base class asks ------------------------------------------------------------

    def _encoded(self, y: Any, incremental: bool) -> Any:
        return self._encoded_held(y)

    def _encoded_held(self, y: Any) -> Any:
        if self.loss == "poisson" and (y < 0).any():
            raise ArgumentError(
                f"fit: got y with the value {y.min()} for loss='poisson', expected counts or rates "
                "of 0 or more; use another loss."
            )
        return y

    def _output_name(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _loss_function(self) -> Callable[..., Any]:
        if self.loss == "huber":
            return partial(losses.huber_loss, delta=self.huber_delta)
        return {
            "squared_error": losses.squared_loss,
            "poisson": losses.poisson_loss,
            "absolute_error": losses.absolute_loss,
        }[self.loss]

    def _loss_divisor(self) -> int:
        return 1 if self.loss == "poisson" else self.n_outputs_

    def _prepared(self, y: Any) -> Any:
        return y.astype(self.coefs_[0].dtype, copy=False)

    def _held_out(self, y: Any) -> Any:
        return y

    def _decoded(self, predictions: Any) -> Any:
        return predictions.ravel() if predictions.shape[1] == 1 else predictions

    def _scored(self, y: Any, predicted: Any, sample_weight: Any) -> Any:
        if not np.isfinite(predicted).all():
            return np.nan
        return r2_score(y, predicted, sample_weight=sample_weight)
