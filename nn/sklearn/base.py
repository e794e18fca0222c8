"""What the two estimators share: fit, partial_fit and prediction.

The steps follow scikit-learn's one by one, its order of random draws included, so that the same
random_state gives the same numbers. Gradients are autograd_lite's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils import check_random_state, column_or_1d
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from . import checking
from .network import ACTIVATIONS, OUTPUTS, Network, Parameters, TrainableNetwork
from .training import Training

Method = Callable[..., Any]
checked: Callable[[Method], Method] = _fit_context(prefer_skip_nested_validation=True)
stochastic_only: Callable[[Method], Any] = available_if(lambda est: est._check_solver())


class BaseMLP(Training, BaseEstimator):  # type: ignore[misc]
    """Base class of MLPClassifier and MLPRegressor."""

    _parameter_constraints: dict[str, Any] = checking.COMMON
    _numeric = False  # whether y is numbers, not labels

    def __init__(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            setattr(self, name, value)

    # -- written by the subclasses -----------------------------------------------------------

    def _encoded(self, y: Any, incremental: bool) -> Any:
        """y as numbers or booleans of shape (n,) or (n, outputs); learns the classes."""
        raise NotImplementedError

    def _encoded_held(self, y: Any) -> Any:
        """The same for held-out rows, from which nothing is learned."""
        raise NotImplementedError

    def _more_weights(self, y: Any, weights: Any, incremental: bool) -> Any:
        """What to multiply the weights of the rows by, from y as it was given; or None."""
        return None

    def _output_name(self) -> str:
        """``out_activation_``."""
        raise NotImplementedError

    def _score(self, X: Any, y: Any, sample_weight: Any = None) -> Any:  # noqa: N803
        return self._scored(y, self._predict(X, check_input=False), sample_weight)

    # -- the public methods ------------------------------------------------------------------

    @checked
    def fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,  # noqa: N803
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Fit to X and y.

        Args:
            X: array or sparse matrix of shape (n, features).
            y: shape (n,) or (n, outputs): classes, label indicators, or numbers.
            sample_weight: shape (n,), or None for equal weights.
            X_val, y_val, sample_weight_val: data to validate on after every epoch, for
                ``validation_scores_`` and ``validation_loss_curve_``; early_stopping then uses
                them, and takes no validation_fraction away from X.

        Returns:
            the estimator.
        """
        return self._fit(X, y, sample_weight, validation=(X_val, y_val, sample_weight_val))

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Predictions for the rows of X: classes, label indicators, or numbers.

        Args:
            X: array or sparse matrix of shape (n, features).

        Returns:
            ndarray of shape (n,) or (n, outputs).
        """
        check_is_fitted(self)
        return self._predict(X)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __getstate__(self) -> Any:
        # coefs_ and intercepts_ have the same numbers; what holds Tensors is made anew.
        return {k: v for k, v in super().__getstate__().items() if k != "_parameters"}

    # -- checks ------------------------------------------------------------------------------

    def _validate_params(self) -> None:
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            raise checking.explained(error, self) from None
        layers = len(checking.hidden_sizes(self))
        checking.activations(self, layers)
        checking.dropout(self, layers)
        checking.callbacks(self)

    def _check_solver(self) -> bool:
        if self.solver not in ("sgd", "adam"):
            raise AttributeError(
                "partial_fit is only available for stochastic optimizers. "
                f"{self.solver} is not stochastic."
            )
        return True

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:  # noqa: N803
        X, y = validate_data(  # noqa: N806
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, y_numeric=self._numeric,
            dtype=(np.float64, np.float32), reset=reset,
        )  # fmt: skip
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _weighted(self, X: Any, y: Any, weights: Any, incremental: bool) -> Any:  # noqa: N803
        """The user's weights of rows times those that follow from y, or None."""
        if weights is not None:
            weights = _check_sample_weight(weights, X)
        more = self._more_weights(y, weights, incremental)
        if more is not None:
            weights = more if weights is None else weights * more
        if weights is not None and not weights.any():
            raise ValueError("Sample weights must contain at least one non-zero number.")
        return weights

    # -- the network -------------------------------------------------------------------------

    def _fit(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        incremental: bool = False,
        validation: tuple[Any, Any, Any] = (None, None, None),
    ) -> Any:
        hidden = checking.hidden_sizes(self)
        first_pass = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        X, given = self._validated(X, y, reset=first_pass)  # noqa: N806
        y = self._encoded(given, incremental)
        sample_weight = self._weighted(X, given, sample_weight, incremental)
        y = y.reshape((len(y), -1))
        self.n_outputs_ = y.shape[1]
        layer_units = [X.shape[1], *hidden, self.n_outputs_]
        self._random_state = check_random_state(self.random_state)
        if first_pass:
            self._initialize(y, layer_units, X.dtype)
        if self.solver == "lbfgs":
            self._fit_lbfgs(X, y, sample_weight, layer_units, validation)
        else:
            self._fit_stochastic(X, y, sample_weight, layer_units, incremental, validation)
        if not np.isfinite(self._parameters.flat).all():
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large "
                "values and need to be preprocessed."
            )
        return self

    def _initialize(self, y: Any, layer_units: list[int], dtype: Any) -> None:
        self.n_iter_ = 0
        self.t_ = 0
        self.n_outputs_ = y.shape[1]
        self.n_layers_ = len(layer_units)
        self.out_activation_ = self._output_name()
        names = checking.activations(self, self.n_layers_ - 2)
        # The last layer's weights are drawn as those of the layer before it.
        names.append(names[-1] if names else self.activation)
        self.coefs_, self.intercepts_ = [], []
        for i, name in enumerate(names):
            coef, intercept = self._init_coef(layer_units[i], layer_units[i + 1], dtype, name)
            self.coefs_.append(coef)
            self.intercepts_.append(intercept)
        self._dropout_rng: np.random.Generator | None = None
        if self.solver != "lbfgs":
            self._start_records()

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any, activation: Any) -> tuple[Any, Any]:
        # Glorot and Bengio, 2010; biases are drawn too, as in scikit-learn.
        factor = 2.0 if activation in ("logistic", "sigmoid") else 6.0
        bound = np.sqrt(factor / (fan_in + fan_out))
        coef = self._random_state.uniform(-bound, bound, (fan_in, fan_out))
        intercept = self._random_state.uniform(-bound, bound, fan_out)
        return coef.astype(dtype, copy=False), intercept.astype(dtype, copy=False)

    def _network(self) -> Network:
        """The network of coefs_ and intercepts_, whatever the user may have put there."""
        functions = self._functions(len(self.coefs_) - 1)
        output = OUTPUTS[self.out_activation_]
        return Network(self.coefs_, self.intercepts_, functions, output, self._loss_function())

    def _trainable(self) -> TrainableNetwork:
        """The same to train; coefs_ and intercepts_ become views of one array, which changes."""
        held: Parameters | None = self.__dict__.get("_parameters")
        if held is None or not held.hold(self.coefs_, self.intercepts_):
            held = self._parameters = Parameters(self.coefs_, self.intercepts_)
            self.coefs_, self.intercepts_ = list(held.coefs), list(held.intercepts)
        layers = len(held.coefs) - 1
        rates = checking.dropout(self, layers)
        rng = self._mask_generator() if any(rates) else None
        output, loss = OUTPUTS[self.out_activation_], self._loss_function()
        return TrainableNetwork(held, self._functions(layers), output, loss, rates, rng)

    def _functions(self, layers: int) -> list[Any]:
        names = checking.activations(self, layers)
        return [ACTIVATIONS[name] if isinstance(name, str) else name for name in names]

    def _mask_generator(self) -> np.random.Generator:
        # Kept between calls of partial_fit, where a fixed random_state would leave out the same
        # units at every call.
        rng: np.random.Generator | None = getattr(self, "_dropout_rng", None)
        if rng is None:
            rng = np.random.default_rng(self._random_state.randint(np.iinfo(np.int32).max))
            self._dropout_rng = rng
        return rng

    # -- prediction --------------------------------------------------------------------------

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Any:  # noqa: N803
        """The output layer's activations for the rows of X, of shape (n, outputs)."""
        if check_input:
            X = validate_data(  # noqa: N806
                self, X, accept_sparse=["csr", "csc"], reset=False
            )
        network = self._network()
        return network.activated(network.sums(X))

    def _predict(self, X: Any, check_input: bool = True) -> Any:  # noqa: N803
        return self._decoded(self._forward_pass_fast(X, check_input))
