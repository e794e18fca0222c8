"""The training loops: epochs of minibatches with SGD or Adam, and SciPy's L-BFGS."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils.optimize import _check_optimize_result

from autograd_lite.errors import ArgumentError

from . import checking
from .network import Network, Parameters, TrainableNetwork
from .solvers import SGD, Adam, Solver


class _Held(NamedTuple):
    """Rows that are not trained on: X, y for the score, y for the loss, weights or None."""

    x: Any
    y: Any
    targets: Any
    weights: Any


class Training:
    """The part of the estimators that trains. Attributes are those of scikit-learn's."""

    # From the rest of the estimator.
    _trainable: Callable[[], TrainableNetwork]
    _validated: Callable[..., Any]
    _encoded_held: Callable[..., Any]
    _weighted: Callable[..., Any]
    _parameters: Parameters
    _optimizer: Solver
    _random_state: Any
    n_outputs_: int
    t_: int
    coefs_: list[Any]
    intercepts_: list[Any]
    solver: str
    alpha: float
    batch_size: Any
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    max_fun: int
    shuffle: bool
    tol: float
    verbose: Any
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float

    # -- written by the subclasses -----------------------------------------------------------

    def _loss_function(self) -> Callable[..., Any]:
        """``loss(sums, y, scale=)``."""
        raise NotImplementedError

    def _loss_divisor(self) -> int:
        """What the minimised loss of the data is divided by to be reported."""
        return 1

    def _prepared(self, y: Any) -> Any:
        """The encoded 2-d y as the loss wants it."""
        raise NotImplementedError

    def _held_out(self, y: Any) -> Any:
        """The encoded 2-d y as the score wants it."""
        raise NotImplementedError

    def _decoded(self, predictions: Any) -> Any:
        """The output layer's activations as ``predict`` gives them."""
        raise NotImplementedError

    def _scored(self, y: Any, predicted: Any, sample_weight: Any) -> Any:
        """The score of predictions; NaN if they are not finite."""
        raise NotImplementedError

    # -- minibatches -------------------------------------------------------------------------

    def _start_records(self) -> None:
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self.best_loss_: float | None = None
        self.best_validation_score_: Any = None
        self.validation_scores_: list[Any] | None = None
        self.validation_loss_curve_: list[float] | None = None
        if not self.early_stopping:
            self.best_loss_ = np.inf

    def _fit_stochastic(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any,
        layer_units: list[int],
        incremental: bool,
        validation: tuple[Any, Any, Any],
    ) -> None:
        network = self._trainable()
        parameters = network.parameters
        parameters.check(layer_units)
        self._optimizer = self._solver_for(parameters, incremental)
        if not hasattr(self, "loss_curve_"):  # the fit before was by L-BFGS
            self._start_records()
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        held = self._validation_set(*validation)
        if self.early_stopping and held is None:
            X, y, sample_weight, held = self._split(X, y, sample_weight)  # noqa: N806
        if held is not None and not getattr(self, "validation_scores_", None):
            self.validation_scores_, self.validation_loss_curve_ = [], []
            self.best_validation_score_ = -np.inf
        n = X.shape[0]
        batches = Batches(X, self._prepared(y), sample_weight, parameters.dtype, self._rows(n))
        best = parameters.flat.copy() if self.early_stopping else None
        try:
            self.n_iter_ = 0
            for _ in range(self.max_iter):
                if self.shuffle:
                    batches.shuffle(self._random_state)
                self.loss_ = self._epoch(network, batches)
                self.n_iter_ += 1
                self.t_ += n
                self.loss_curve_.append(self.loss_)
                if self.verbose:
                    print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
                if held is not None:
                    self._validate(network, held)
                improved = self._update_no_improvement_count(self.early_stopping, held is not None)
                if improved and best is not None:
                    best[...] = parameters.flat
                self._optimizer.iteration_ends(self.t_)
                asked = [callback(self) for callback in checking.callbacks(self)]
                if self._no_improvement_count > self.n_iter_no_change:
                    if self._optimizer.trigger_stopping(self._reason(), self.verbose):
                        break
                    self._no_improvement_count = 0
                if incremental or any(asked):
                    break
                if self.n_iter_ == self.max_iter:
                    warnings.warn(
                        f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and "
                        "the optimization hasn't converged yet.",
                        ConvergenceWarning,
                        stacklevel=2,
                    )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=2)
        if best is not None:
            parameters.flat[...] = best

    def _epoch(self, network: TrainableNetwork, batches: Batches) -> float:
        """One pass over the data; gives the mean loss as the weights were changing."""
        parameters, divisor = network.parameters, self._loss_divisor()
        total: float = 0.0
        for x, targets, scale, weight in batches:
            if weight == 0:  # rows that all weigh nothing say nothing
                continue
            penalty = 0.5 * self.alpha * parameters.penalty() / weight
            loss, gradients = network.gradients(x, targets, scale)
            total += (loss / divisor + penalty) * len(targets)
            self._optimizer.step(parameters.flat, gradients, self.alpha / weight)
        return float(total / batches.n)

    def _solver_for(self, parameters: Parameters, incremental: bool) -> Solver:
        """A new solver; when incremental the one that is there, if it fits."""
        sizes = [a.size for a in (*parameters.coefs, *parameters.intercepts)]
        there: Solver | None = getattr(self, "_optimizer", None)
        if incremental and there is not None and there.sizes == sizes:
            return there
        begin = parameters.flat, sizes, parameters.weights, self.learning_rate_init
        if self.solver == "sgd":
            how = self.learning_rate, self.momentum, self.nesterovs_momentum, self.power_t
            return SGD(*begin, *how)
        return Adam(*begin, self.beta_1, self.beta_2, self.epsilon)

    def _rows(self, n: int) -> int:
        """Rows of a batch, of n."""
        if self.batch_size == "auto":
            return min(200, n)
        if self.batch_size > n:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
                stacklevel=2,
            )
        return int(np.clip(self.batch_size, 1, n))

    def _update_no_improvement_count(self, early_stopping: bool, validated: bool) -> bool:
        """Count the epochs without progress; whether the validation score is the best so far."""
        improved = worse = False
        if validated:
            assert self.validation_scores_
            score = self.validation_scores_[-1]
            worse = score < self.best_validation_score_ + self.tol
            if score > self.best_validation_score_:
                self.best_validation_score_ = score
                improved = True
        if not early_stopping:
            best = np.inf if self.best_loss_ is None else self.best_loss_
            worse = self.loss_ > best - self.tol
            self.best_loss_ = self.loss_ if self.loss_ < best else best
        self._no_improvement_count = self._no_improvement_count + 1 if worse else 0
        return improved

    def _reason(self) -> str:
        what = "Validation score" if self.early_stopping else "Training loss"
        return (
            f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change:.0f} "
            "consecutive epochs."
        )

    # -- validation --------------------------------------------------------------------------

    def _split(self, X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any, _Held]:  # noqa: N803
        # Multilabel rows are not stratified.
        stratify = y if is_classifier(self) and self.n_outputs_ == 1 else None
        given = (X, y) if sample_weight is None else (X, y, sample_weight)
        parts = train_test_split(
            *given, random_state=self._random_state, test_size=self.validation_fraction,
            stratify=stratify,
        )  # fmt: skip
        x, x_val, y, y_val, weights, weights_val = (*parts, None, None)[:6]
        _enough(x_val)
        held = _Held(x_val, self._held_out(y_val), self._prepared(y_val), weights_val)
        return x, y, weights, held

    def _validation_set(self, X: Any, y: Any, weights: Any) -> _Held | None:  # noqa: N803
        """The data given to fit as X_val, y_val and sample_weight_val."""
        if X is None and y is None and weights is None:
            return None
        if X is None or y is None:
            alone = "X_val" if y is None and X is not None else "y_val or sample_weight_val"
            raise ArgumentError(
                f"fit: got {alone} alone, expected X_val and y_val; give both, or neither."
            )
        X, given = self._validated(X, y, reset=False)  # noqa: N806
        _enough(X)
        weights = self._weighted(X, given, weights, False)
        y = self._encoded_held(given)
        y = y.reshape((len(y), -1))
        if y.shape[1] != self.n_outputs_:
            raise ArgumentError(
                f"fit: got y_val with {y.shape[1]} outputs for y with {self.n_outputs_}, expected "
                "as many; give y_val the form of y."
            )
        return _Held(X, self._held_out(y), self._prepared(y), weights)

    def _validate(self, network: Network, held: _Held) -> None:
        """Record score and loss of the held-out rows."""
        assert self.validation_scores_ is not None and self.validation_loss_curve_ is not None
        sums = network.sums(held.x)
        score = self._scored(held.y, self._decoded(network.activated(sums)), held.weights)
        loss = network.loss(sums, held.targets, scale=shares(held.weights, len(sums))[0])
        self.validation_loss_curve_.append(loss.item() / self._loss_divisor())
        self.validation_scores_.append(score)
        if self.verbose:
            print(f"Validation score: {score:f}")

    # -- L-BFGS ------------------------------------------------------------------------------

    def _fit_lbfgs(
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any,
        layer_units: list[int],
        validation: tuple[Any, Any, Any],
    ) -> None:
        if any(given is not None for given in validation):
            raise ArgumentError(
                "fit: got X_val, y_val or sample_weight_val with solver='lbfgs', which has no "
                "epochs to validate after; use solver='adam' or 'sgd'."
            )
        # SciPy works in float64; narrower parameters are rounded to their dtype at the end.
        dtype = self.coefs_[0].dtype
        self._recast(np.float64)
        network = self._trainable()
        parameters = network.parameters
        parameters.check(layer_units)
        n = X.shape[0]
        batches = Batches(X, self._prepared(y), sample_weight, parameters.dtype, n)
        calls = checking.callbacks(self)
        stopped = False
        self.n_iter_ = 0

        def after(intermediate_result: Any) -> None:
            nonlocal stopped
            self.n_iter_ += 1
            self._unpack(intermediate_result.x)
            self.loss_ = self._reported(intermediate_result.fun, batches)
            if self.verbose:
                print(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            if any([callback(self) for callback in calls]):
                stopped = True
                raise StopIteration

        result = scipy.optimize.minimize(
            lambda packed: self._objective(packed, network, batches),
            parameters.flat.copy(),
            method="L-BFGS-B",
            jac=True,
            callback=after if calls or self.verbose else None,
            options={"maxfun": self.max_fun, "maxiter": self.max_iter, "gtol": self.tol},
        )
        if not stopped:
            self.n_iter_ = _check_optimize_result("lbfgs", result, self.max_iter)
        self._unpack(result.x)
        self.loss_ = self._reported(result.fun, batches)
        self._recast(dtype)
        self._trainable()

    def _recast(self, dtype: Any) -> None:
        if self.coefs_[0].dtype != dtype:
            self.coefs_ = [c.astype(dtype) for c in self.coefs_]
            self.intercepts_ = [b.astype(dtype) for b in self.intercepts_]

    def _reported(self, minimised: float, batches: Batches) -> float:
        """The loss as ``loss_`` gives it, for the value that L-BFGS has minimised."""
        penalty = 0.5 * self.alpha * self._parameters.penalty() / batches.weight
        return float((minimised - penalty) / self._loss_divisor() + penalty)

    def _objective(
        self, packed: Any, network: TrainableNetwork, batches: Batches
    ) -> tuple[float, Any]:
        parameters = network.parameters
        parameters.flat[...] = packed
        ((x, targets, scale, weight),) = batches
        loss, gradients = network.gradients(x, targets, scale)
        slope = np.concatenate(gradients)
        slope[: parameters.weights] += (self.alpha / weight) * parameters.flat[: parameters.weights]
        return loss + 0.5 * self.alpha * parameters.penalty() / weight, slope

    def _loss_grad_lbfgs(
        self,
        packed_coef_inter: Any,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
        *buffers: Any,
    ) -> tuple[float, Any]:
        """The minimised loss at packed parameters, and its gradient; buffers are not needed."""
        network = self._trainable()
        dtype = network.parameters.dtype
        batches = Batches(X, self._prepared(np.asarray(y)), sample_weight, dtype, X.shape[0])
        return self._objective(packed_coef_inter, network, batches)

    def _unpack(self, packed_parameters: Any) -> None:
        """Set coefs_ and intercepts_ from one flat array."""
        self._trainable().parameters.flat[...] = packed_parameters


class Batches:
    """The batches of an epoch: (x, y, scale, weight), as the loss and the penalty want them.

    Args:
        x: array or sparse matrix. y: array of as many rows. weights: array of shape (n,), or None.
        dtype: of the parameters, which x gets. size: rows of a batch; the last may have fewer.
    """

    def __init__(self, x: Any, y: Any, weights: Any, dtype: Any, size: int) -> None:
        self.sparse = not isinstance(x, np.ndarray)
        if self.sparse:
            x = x.tocsr().astype(dtype, copy=False)
        else:
            # Rows are gathered again and again: in row-major memory they are whole.
            x = np.ascontiguousarray(x, dtype)
        self.x, self.y, self.weights, self.size = x, y, weights, size
        self.n = x.shape[0]
        self.order: Any = None
        self.weight = shares(weights, self.n)[1]
        # One array takes every batch in turn.
        self._room = None if self.sparse or size >= self.n else np.empty((size, x.shape[1]), dtype)

    def shuffle(self, random_state: Any) -> None:
        """Permute the present order, with the draws of sklearn.utils.shuffle."""
        steps = np.arange(self.n)
        random_state.shuffle(steps)
        self.order = steps if self.order is None else self.order[steps]

    def __iter__(self) -> Any:
        x, y, weights, size = self.x, self.y, self.weights, self.size
        if size >= self.n:  # the sums over one batch do not depend on its order
            yield x, y, *shares(weights, self.n)
            return
        for start in range(0, self.n, size):
            stop = min(start + size, self.n)
            if self.order is None:
                rows: Any = slice(start, stop)
                some = x[rows]
            else:
                rows = self.order[start:stop]
                # The rows are valid: "clip" spares the check and gathers straight into the room.
                some = (
                    x[rows]
                    if self._room is None
                    else x.take(rows, axis=0, out=self._room[: stop - start], mode="clip")
                )
            w = None if weights is None else weights[rows]
            yield some, y[rows], *shares(w, stop - start)


def shares(weights: Any, n: int) -> tuple[Any, float]:
    """What each of n rows counts in a mean (1/n, or an array), and the sum of the weights."""
    if weights is None:
        return 1 / n, float(n)
    total = float(weights.sum())
    return (weights / total if total else weights), total


def _enough(x: Any) -> None:
    if x.shape[0] < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of your "
            "dataset."
        )
