"""What the makers of pictures and pages take for arguments, and how they refuse others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError, DTypeError, GraphError
from ..inputs import check_tensor


def checked(t: Any, names: Any, who: str, **numbers: tuple[Any, int]) -> Any:
    """t, a recorded result, after checks of the arguments that who was called with.

    Args:
        t, names: as in ``steps``.
        numbers: per argument that is a count, its value and the least it may be.

    Raises:
        DTypeError, GraphError, ArgumentError: one sentence.
    """
    t = check_tensor(t, who)
    if not t.requires_grad:
        raise GraphError(
            f"{who}: got a Tensor of shape {t.shape} that does not require grad, so nothing was "
            "recorded; set requires_grad=True on a leaf, and compute outside no_grad()."
        )
    if t.is_leaf:
        raise GraphError(
            f"{who}: got a leaf of shape {t.shape}, which no op has made; pass a result that is "
            "computed from it."
        )
    if (
        names is not None
        and not hasattr(names, "named_parameters")
        and not (isinstance(names, Mapping) and all(isinstance(name, str) for name in names))
    ):
        raise DTypeError(
            f"{who}: got names of type {type(names).__name__}, expected a dict from names to "
            "Tensors; pass locals(), or {'x': x}."
        )
    for name, (number, least) in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise ArgumentError(f"{who}: got {name}={number!r}, expected an int from {least} up.")
    return t
