"""Parameters: what may be given, and the sentence when it is something else.

scikit-learn's own checks and texts are used; a misspelt name is answered with the nearest one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import (
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
)

from autograd_lite.errors import ArgumentError, closest

from .network import ACTIVATIONS


class ParameterError(ArgumentError, InvalidParameterError):  # type: ignore[misc]
    """A constructor parameter that cannot be used: scikit-learn's exception and this library's."""


def _positive(kind: Any) -> Any:
    return Interval(
        kind, 0 if kind is Real else 1, None, closed="neither" if kind is Real else "left"
    )


def _from_zero() -> Any:
    return Interval(Real, 0, None, closed="left")


def _share() -> Any:
    return Interval(Real, 0, 1, closed="left")


# What both estimators take; the ranges are scikit-learn's.
COMMON: dict[str, Any] = {
    "hidden_layer_sizes": ["array-like", _positive(Integral)],
    "activation": [StrOptions(set(ACTIVATIONS)), callable, "array-like"],
    "solver": [StrOptions({"lbfgs", "sgd", "adam"})],
    "alpha": [_from_zero()],
    "batch_size": [StrOptions({"auto"}), _positive(Integral)],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [_positive(Real)],
    "power_t": [_from_zero()],
    "max_iter": [_positive(Integral)],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [_from_zero()],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [_share()],
    "beta_1": [_share()],
    "beta_2": [_share()],
    "epsilon": [_positive(Real)],
    "n_iter_no_change": [_positive(Integral), Options(Real, {np.inf})],
    "max_fun": [_positive(Integral)],
    "dropout": [_share(), "array-like"],
    "callbacks": [callable, "array-like", None],
}
CLASSIFIER: dict[str, Any] = {
    **COMMON,
    "class_weight": [StrOptions({"balanced"}), dict, list, None],
}
REGRESSOR: dict[str, Any] = {
    **COMMON,
    "loss": [StrOptions({"squared_error", "poisson", "absolute_error", "huber"})],
    "huber_delta": [_positive(Real)],
}


def explained(error: Exception, estimator: Any) -> ParameterError:
    """scikit-learn's complaint, with the nearest known name where a name was not known."""
    text = str(error)
    found = re.match(r"The '(\w+)' parameter", text)
    value = getattr(estimator, found[1], None) if found else None
    if found and isinstance(value, str):
        known = [
            name
            for constraint in estimator._parameter_constraints[found[1]]
            if isinstance(constraint, StrOptions)
            for name in sorted(constraint.options)
        ]
        text = text.removesuffix(".") + (closest(value, known) or ".")
    return ParameterError(text)


def hidden_sizes(estimator: Any) -> list[int]:
    """hidden_layer_sizes as a list.

    Raises:
        ValueError: a size below 1.
    """
    sizes = estimator.hidden_layer_sizes
    sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
    if np.any(np.array(sizes) <= 0):
        raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
    return sizes


def activations(estimator: Any, layers: int) -> list[Any]:
    """Per hidden layer, a name in ACTIVATIONS or a function.

    Raises:
        ParameterError: a list of another length, or an entry that is neither.
    """
    given = estimator.activation
    if isinstance(given, str) or callable(given):
        return [given] * layers
    chosen = _per_layer(estimator, "activation", list(given), layers)
    for i, one in enumerate(chosen):
        if not callable(one) and not (isinstance(one, str) and one in ACTIVATIONS):
            known = sorted(ACTIVATIONS)
            raise ParameterError(
                f"The 'activation' parameter of {type(estimator).__name__} must be a list of names "
                f"among {', '.join(known)} or of functions. Got {one!r} at position {i} "
                f"instead{closest(str(one), known) or '.'}"
            )
    return chosen


def dropout(estimator: Any, layers: int) -> list[float]:
    """Per hidden layer, the share of its units to leave out.

    Raises:
        ParameterError: a list of another length, an entry outside [0, 1), or any with L-BFGS.
    """
    given = estimator.dropout
    if isinstance(given, Real):
        rates = [float(given)] * layers
    else:
        rates = _per_layer(estimator, "dropout", list(given), layers)
        for i, rate in enumerate(rates):
            if not isinstance(rate, Real) or not 0 <= rate < 1:
                raise ParameterError(
                    f"The 'dropout' parameter of {type(estimator).__name__} must be a list of "
                    f"floats in the range [0.0, 1.0). Got {rate!r} at position {i} instead."
                )
    if any(rates) and estimator.solver == "lbfgs":
        raise ParameterError(
            f"The 'dropout' parameter of {type(estimator).__name__} must be 0 with "
            f"solver='lbfgs', which needs the same loss for the same weights. Got {given!r} "
            "instead; use solver='adam' or 'sgd'."
        )
    return [float(rate) for rate in rates]


def callbacks(estimator: Any) -> list[Any]:
    """The callbacks as a list.

    Raises:
        ParameterError: one that cannot be called.
    """
    given = estimator.callbacks
    if given is None:
        return []
    chosen = [given] if callable(given) else list(given)
    for i, one in enumerate(chosen):
        if isinstance(one, type) or not callable(one):
            raise ParameterError(
                f"The 'callbacks' parameter of {type(estimator).__name__} must be a function of "
                f"the estimator, or a list of such. Got {one!r} at position {i} instead."
            )
    return chosen


def _per_layer(estimator: Any, name: str, given: Sequence[Any], layers: int) -> list[Any]:
    if len(given) != layers:
        raise ParameterError(
            f"The '{name}' parameter of {type(estimator).__name__} must be one value, or a list of "
            f"{layers}, one per hidden layer. Got {len(given)} ({given!r}) instead."
        )
    return list(given)
