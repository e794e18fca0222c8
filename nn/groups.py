"""Parameter groups: which Tensors an optimizer changes, and with which options."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, closest

from .blocks import Scratch, Work

# Where options may be: from the first number to below the second.
_RANGES = {
    **dict.fromkeys(("momentum", "alpha"), (0, 1)),
    **dict.fromkeys(("lr", "eps", "weight_decay", "lr_decay"), (0, math.inf)),
    "dampening": (0, math.nextafter(1, 2)),
    "initial_accumulator_value": (0, math.inf),
}

# What a group may hold beside options: PyTorch's schedules note where the rate began.
_LABELS = ("params", "name", "initial_lr")

Parameters = Iterable[ag.Tensor] | Iterable[Mapping[str, Any]]


class Option:
    """An option as an attribute: read from the first parameter group, set in all of them."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, optimizer: Any, owner: type | None = None) -> Any:
        return self if optimizer is None else optimizer.param_groups[0][self.name]

    def __set__(self, optimizer: Any, value: Any) -> None:
        value = optimizer._checked({self.name: value})[self.name]
        for group in optimizer.param_groups:
            group[self.name] = value


class Grouped:
    """What optimizers have in common before they step: groups, options, gradients."""

    lr = Option()
    _real = True  # whether complex parameters are refused

    def __init__(self, parameters: Parameters, *, lr: float, **options: Any) -> None:
        who = type(self).__name__
        groups = grouped(who, parameters)
        self.defaults = self._checked({"lr": lr, **options})
        self.param_groups: list[dict[str, Any]] = []
        self.parameters: list[ag.Tensor] = []
        self._work: list[Work | None] = []
        self._scratch = Scratch()
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Change the parameters of one more group, ``{"params": ..., "lr": ...}``, from now on."""
        new = as_group(type(self).__name__, group)
        check_parameters(type(self).__name__, [*self.parameters, *new["params"]], real=self._real)
        self.param_groups.append({**self.defaults, **self._checked(new)})
        self.parameters += new["params"]
        self._work += [None] * len(new["params"])

    def __repr__(self) -> str:
        count = len(self.parameters)
        many = "s" if count > 1 else ""
        return f"{type(self).__name__}({count} parameter{many}, lr={self.lr!r})"

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for p in self.parameters:
            p.grad = None

    def _checked(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """options with their values checked."""
        who = type(self).__name__
        checked = dict(options)
        known = getattr(self, "defaults", None)
        for name, value in options.items():
            if known is not None and name not in known and name not in _LABELS:
                raise ArgumentError(
                    f"{who}: got the option {name!r}, expected one of {', '.join(sorted(known))}"
                    f"{closest(name, sorted(known)) or '.'}"
                )
            if name in _RANGES:
                checked[name] = in_range(who, name, value, *_RANGES[name])
            elif name == "betas":
                checked[name] = two_decays(who, value)
        return checked


def grouped(who: str, parameters: Any) -> list[dict[str, Any]]:
    """Parameter groups: one of all parameters, or the dicts that were given.

    Raises:
        DTypeError: no iterable of Tensors or of dicts with "params". ArgumentError: none at all.
    """
    if isinstance(parameters, (ag.Tensor, Mapping, str)) or not isinstance(parameters, Iterable):
        raise DTypeError(
            f"{who}: got {type(parameters).__name__}, expected several Tensors; pass "
            "model.parameters(), or a list."
        )
    given = list(parameters)
    if not given:
        raise ArgumentError(
            f"{who}: got no parameters, expected at least one; pass model.parameters()."
        )
    if any(isinstance(part, Mapping) for part in given):
        return [as_group(who, part) for part in given]
    return [{"params": given}]


def as_group(who: str, group: Any) -> dict[str, Any]:
    """A new dict of group, with "params" a list.

    Raises:
        DTypeError: no dict with "params". ArgumentError: no parameters in it.
    """
    if not isinstance(group, Mapping) or "params" not in group:
        raise DTypeError(
            f"{who}: got {type(group).__name__} as a parameter group, expected a dict; write "
            '{"params": layer.parameters(), "lr": 0.01}.'
        )
    params = group["params"]
    params = [params] if isinstance(params, ag.Tensor) else list(params)
    if not params:
        raise ArgumentError(f"{who}: got a parameter group without parameters; leave it out.")
    return {**group, "params": params}


def check_parameters(who: str, parameters: Sequence[Any], *, real: bool) -> None:
    """Refuse what an optimizer cannot change.

    Raises:
        DTypeError: something that is not a leaf Tensor of floating dtype (or, with real, a complex
            one). ArgumentError: the same Tensor twice.
    """
    for p in parameters:
        if not isinstance(p, ag.Tensor):
            raise DTypeError(
                f"{who}: got {type(p).__name__} among the parameters, expected Tensors; pass "
                "model.parameters()."
            )
        if not p.is_leaf or p.dtype.kind not in "fc":
            kind = "a recorded result" if not p.is_leaf else f"a Tensor of dtype {p.dtype}"
            raise DTypeError(
                f"{who}: got {kind} of shape {p.shape}, expected leaves of floating dtype; pass "
                "the Tensors made with requires_grad=True."
            )
        if real and p.dtype.kind == "c":
            raise DTypeError(
                f"{who}: got a parameter of dtype {p.dtype}, expected a real one; learn its "
                "real and imaginary parts as two parameters, or use SGD."
            )
    if len({id(p) for p in parameters}) != len(parameters):
        raise ArgumentError(f"{who}: got a parameter twice; pass each one once.")


def in_range(who: str, name: str, value: Any, low: float, high: float) -> float:
    """value as a float in [low, high).

    Raises:
        ArgumentError: it is none.
    """
    try:
        number = math.nan if isinstance(value, (str, bytes)) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number < high:
        top = "a finite number, 0 or larger" if high == math.inf else f"a number in [{low}, {high})"
        raise ArgumentError(f"{who}: got {name}={value!r}, expected {top}.")
    return number


def two_decays(who: str, betas: Any) -> tuple[float, float]:
    """betas as two floats in [0, 1).

    Raises:
        ArgumentError: they are none.
    """
    if not isinstance(betas, (tuple, list)) or len(betas) != 2:
        raise ArgumentError(f"{who}: got betas={betas!r}, expected two numbers in [0, 1).")
    return (
        in_range(who, "betas[0]", betas[0], 0, 1),
        in_range(who, "betas[1]", betas[1], 0, 1),
    )


def group_state(groups: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The numbers in parameter groups as arrays, named ``groups.0.lr``."""
    return {
        f"groups.{k}.{name}": np.array(value)
        for k, group in enumerate(groups)
        for name, value in group.items()
        if name != "params" and np.asarray(value).dtype.kind in "bif"
    }


def split_groups(state: Any) -> tuple[Any, dict[str, Any]]:
    """state without what ``group_state`` gave, and that."""
    if not isinstance(state, Mapping):
        return state, {}
    options = {k: v for k, v in state.items() if str(k).startswith("groups.")}
    return {k: v for k, v in state.items() if k not in options}, options


def load_groups(state: Mapping[str, Any], groups: Sequence[dict[str, Any]]) -> None:
    """Put the numbers that ``group_state`` gave back into groups.

    Raises:
        ArgumentError: they are for other groups.
    """
    changes: list[tuple[dict[str, Any], str, Any]] = []
    for key, value in state.items():
        place, _, name = key.removeprefix("groups.").partition(".")
        array = value.data if isinstance(value, ag.Tensor) else np.asarray(value)
        if not place.isdecimal() or int(place) >= len(groups) or array.dtype.kind not in "bif":
            raise ArgumentError(
                f"load_state_dict: unexpected {key!r} for {len(groups)} parameter groups; give a "
                "state of the same architecture."
            )
        plain = tuple(array.tolist()) if array.ndim else array.item()
        changes.append((groups[int(place)], name, plain))
    for group, name, plain in changes:
        group[name] = plain
