"""State dicts: matching arrays by name with what is to take them, every fault named at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError


class Unmatched(NamedTuple):
    """What ``load_state_dict`` found on one side only; both are empty when it was strict.

    Attributes:
        missing_keys: names that the model has and the state has not.
        unexpected_keys: names that the state has and the model has not.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]


def fitted_state(
    who: str, state: Mapping[str, Any], targets: Mapping[str, Any], *, strict: bool
) -> dict[str, Any]:
    """The arrays of state that targets (things with shape and dtype) can take, by name.

    Raises:
        ArgumentError: one sentence with every missing, unexpected and misshapen name.
    """
    if not isinstance(state, Mapping):
        raise ArgumentError(
            f"{who}: got {type(state).__name__}, expected a dict of name to array; "
            "use state_dict(), or load a file of one."
        )
    values = {n: as_array(state[n], who, n) for n in targets if n in state}
    faults = []
    if strict:
        missing, unexpected = unmatched(state, targets)
        faults += [f"missing {', '.join(map(repr, missing))}"] if missing else []
        faults += [f"unexpected {', '.join(map(repr, unexpected))}"] if unexpected else []
    for name, value in values.items():
        wanted = targets[name]
        if value.shape != wanted.shape:
            faults.append(f"{name!r} has shape {value.shape}, expected {wanted.shape}")
        elif not np.can_cast(value.dtype, wanted.dtype, "same_kind"):
            faults.append(f"{name!r} has dtype {value.dtype}, expected {wanted.dtype}")
    if faults:
        raise ArgumentError(f"{who}: {'; '.join(faults)}; give a state of the same architecture.")
    return values


def unmatched(state: Mapping[str, Any], targets: Mapping[str, Any]) -> Unmatched:
    """The names that only one of the two has, in their order there."""
    return Unmatched([n for n in targets if n not in state], [n for n in state if n not in targets])


def as_array(value: Any, who: str, name: str) -> Any:
    """value as an ndarray: an array, a Tensor, or a tensor of another library (such as PyTorch).

    Raises:
        DTypeError: it cannot be read as an array.
    """
    if isinstance(value, ag.Tensor):
        return value.data
    if not isinstance(value, (np.ndarray, np.generic)) and hasattr(value, "detach"):
        # A PyTorch tensor gives its array only when it records nothing and is on the CPU; one of
        # bfloat16, which NumPy does not have, only as float32.
        value = value.detach().cpu()
        if "bfloat16" in str(getattr(value, "dtype", "")):
            value = value.float()
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DTypeError(
            f"{who}: got {type(value).__name__} under {name!r}, expected an array of numbers; "
            "convert it to one."
        ) from error
