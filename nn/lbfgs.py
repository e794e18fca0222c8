"""SciPy's L-BFGS-B over the parameters of a model, flattened into one vector."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError

from .groups import in_range
from .layers import positive_int


@dataclass
class Search:
    """The options of a search; see ``nn.optim.LBFGS``.

    Raises:
        ArgumentError: one of them is out of range.
    """

    max_iter: int
    max_eval: int | None
    tolerance_grad: float
    tolerance_change: float
    history_size: int

    def __post_init__(self) -> None:
        for name in ("max_iter", "history_size"):
            positive_int("LBFGS", name, getattr(self, name))
        if self.max_eval is not None:
            positive_int("LBFGS", "max_eval", self.max_eval)
        for name in ("tolerance_grad", "tolerance_change"):
            in_range("LBFGS", name, getattr(self, name), 0, math.inf)

    def run(self, parameters: Sequence[Any], closure: Callable[[], Any] | None) -> tuple[Any, Any]:
        """Search from the parameters' values, leave the best in them; (first loss, SciPy's result).

        Raises: see ``nn.optim.LBFGS``.
        """
        if not callable(closure):
            raise ArgumentError(
                "LBFGS: step() was called without closure; write a function that calls "
                "zero_grad(), computes the loss, calls backward() and returns the loss."
            )
        minimize = _scipy_minimize()
        first: list[Any] = []
        worst = [-math.inf]

        def objective(x: Any) -> tuple[float, Any]:
            _spread(parameters, x)
            loss = closure()
            value = loss.item() if hasattr(loss, "item") else loss
            if not isinstance(value, (int, float)):
                raise DTypeError(
                    f"LBFGS: the closure returned {type(loss).__name__}, expected the loss; "
                    "return it after backward()."
                )
            if not first:
                first.append(loss)
                if not math.isfinite(value):
                    raise ArgumentError(
                        f"LBFGS: the loss is {value} where the search begins, expected a finite "
                        "number; begin with smaller parameters."
                    )
            slope = _gathered([p.grad for p in parameters], parameters)
            if math.isfinite(value) and np.isfinite(slope).all():
                worst[0] = max(worst[0], value)
                return value, slope
            # The line search goes back from where the loss is high, but not from inf or nan.
            return worst[0] + abs(worst[0]) + 1, np.zeros_like(slope)

        start = _gathered([p.data for p in parameters], parameters)
        iterations = self.max_iter
        result = minimize(
            objective, start, jac=True, method="L-BFGS-B",
            options={
                "maxiter": iterations,
                "maxfun": self.max_eval or max(2, iterations * 5 // 4),
                "gtol": self.tolerance_grad, "ftol": self.tolerance_change,
                "maxcor": self.history_size,
            },
        )  # fmt: skip
        _spread(parameters, result.x)
        return first[0], result


def _scipy_minimize() -> Any:
    try:
        from scipy.optimize import minimize
    except ImportError:
        raise ModuleNotFoundError(
            "LBFGS: SciPy is not installed; run: pip install 'autograd-lite[special]'.",
            name="scipy",
        ) from None
    return minimize


def _gathered(arrays: Sequence[Any], parameters: Sequence[Any]) -> Any:
    """arrays as one float64 vector; zeros where there is None."""
    out = np.zeros(sum(p.size for p in parameters))
    place = 0
    for array, p in zip(arrays, parameters, strict=True):
        if array is not None:
            out[place : place + p.size] = array.ravel()
        place += p.size
    return out


def _spread(parameters: Sequence[Any], x: Any) -> None:
    """Write the vector x into the parameters, in place."""
    place = 0
    for p in parameters:
        array = p.data
        array[...] = x[place : place + p.size].reshape(array.shape)
        place += p.size
        # Tells the engine of the write, so that a graph that used the old values refuses.
        p.data = array
