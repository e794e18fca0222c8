"""Module and Parameter: what a model is made of.

A Module is an ordinary object. Its parameters are found by walking its attributes, so there is
nothing to register and no base constructor to call::

    class Scale(nn.Module):
        def __init__(self):
            self.factor = nn.Parameter(1.0)

        def forward(self, x):
            return x * self.factor
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError


class Parameter(ag.Tensor):
    """A Tensor that a model learns: it requires grad, and ``Module.parameters`` finds it.

    Args:
        data: array-like of floating or complex numbers, of any shape; copied.
        dtype: convert data to this dtype; None keeps NumPy's choice.
        name: shown in drawings and messages.

    Raises:
        DTypeError: data is not floating or complex.

    >>> import nn
    >>> nn.Parameter([0.5, -0.5])
    Tensor([ 0.5, -0.5], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, *, dtype: Any = None, name: str | None = None) -> None:
        super().__init__(data, requires_grad=True, dtype=dtype, name=name)


class Module:
    """Base class of layers and models: write ``forward``, call the object.

    Parameters and submodules are the attributes that are one, or lists, tuples and dicts of them,
    in the order of their definition; ``named_parameters`` joins the names with dots.

    >>> import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         self.factor = nn.Parameter(3.0)
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> model = Scale()
    >>> model(2.0).item()
    6.0
    >>> [name for name, _ in model.named_parameters()]
    ['factor']
    """

    training: bool = True
    _described: tuple[str, ...] = ()  # attributes that describe() tells of: repr does not list them

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; subclasses write this."""
        raise NotImplementedError(f"{type(self).__name__}: write a method forward(self, x).")

    def __call__(self, *inputs: Any) -> Any:
        return self.forward(*inputs)

    # -- what is inside ----------------------------------------------------------------------

    def _members(self) -> Iterator[tuple[str, Any]]:
        """Attributes that may hold parameters, by the name they get."""
        yield from vars(self).items()

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module (named "") and every module within it, each once, outermost first."""
        seen: set[int] = set()
        for name, found in _walk("", self, ()):
            if isinstance(found, Module) and id(found) not in seen:
                seen.add(id(found))
                yield name, found

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(name, parameter) pairs in order of definition; a shared parameter comes once."""
        seen: set[int] = set()
        for name, found in _walk("", self, ()):
            if isinstance(found, Parameter) and id(found) not in seen:
                seen.add(id(found))
                yield name, found

    def parameters(self) -> Iterator[Parameter]:
        """The parameters in order of definition, each once."""
        return (parameter for _, parameter in self.named_parameters())

    # -- state -------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Name to a copy of the values, for every parameter (a shared one under all its names).

        >>> import numpy as np, nn
        >>> sorted(nn.Linear(2, 3, rng=np.random.default_rng(0)).state_dict())
        ['bias', 'weight']
        """
        return {name: np.array(p.data) for name, p in self._named_state()}

    def load_state_dict(self, state: Mapping[str, Any], *, strict: bool = True) -> None:
        """Copy values into the parameters, in place; all of them or, on an error, none.

        Args:
            state: name to array (or Tensor), as ``state_dict`` gives.
            strict: refuse missing and unexpected names; False loads the names both sides have.

        Raises:
            ArgumentError: names or shapes do not fit; the message lists every one of them.

        >>> import numpy as np, nn
        >>> layer = nn.Linear(2, 3, rng=np.random.default_rng(0))
        >>> layer.load_state_dict({"weight": np.ones((3, 2)), "offset": np.zeros(3)})
        Traceback (most recent call last):
        ...
        autograd_lite.errors.ArgumentError: load_state_dict: missing 'bias'; unexpected 'offset'; \
give a state of the same architecture.
        """
        targets = dict(self._named_state())
        values = fitted_state("load_state_dict", state, targets, strict=strict)
        with ag.no_grad():
            for name, value in values.items():
                targets[name][...] = value

    def _named_state(self) -> Iterator[tuple[str, Parameter]]:
        return ((n, found) for n, found in _walk("", self, ()) if isinstance(found, Parameter))

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in every submodule; gives the module itself."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as ``train(False)``."""
        return self.train(False)

    # -- how it looks ------------------------------------------------------------------------

    def describe(self) -> str:
        """The arguments shown in ``repr``; empty unless a subclass says more."""
        return ""

    @recursive_repr("...")
    def __repr__(self) -> str:
        head = f"{type(self).__name__}({self.describe()}"
        lines = []
        for attribute, value in self._members():
            if attribute in self._described:
                continue
            for name, found in _walk(attribute, value, (id(self),), deep=False):
                parameter = isinstance(found, Parameter)
                text = f"Parameter of shape {found.shape}" if parameter else repr(found)
                lines.append(f"  ({name}): " + text.replace("\n", "\n  "))
        if not lines:
            return head + ")"
        return "\n".join([head + ("," if self.describe() else ""), *lines, ")"])


def _walk(
    name: str, value: Any, path: tuple[int, ...], *, deep: bool = True
) -> Iterator[tuple[str, Any]]:
    """Every Parameter and Module in value with its dotted name, depth first; cycles are cut.

    Without deep, what is inside a Module is left out.
    """
    members: Iterator[tuple[Any, Any]]
    if isinstance(value, Parameter):
        yield name, value
        return
    if isinstance(value, Module):
        if id(value) in path:
            return
        yield name, value
        if not deep:
            return
        members = value._members()
    elif isinstance(value, (list, tuple)) and id(value) not in path:
        members = iter(enumerate(value))
    elif isinstance(value, dict) and id(value) not in path:
        members = iter(value.items())
    else:
        return
    path = (*path, id(value))
    for key, member in members:
        yield from _walk(f"{name}.{key}" if name else str(key), member, path, deep=deep)


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
    values = {n: _array(state[n]) for n in targets if n in state}
    faults = []
    if strict:
        missing = [repr(n) for n in targets if n not in state]
        unexpected = [repr(n) for n in state if n not in targets]
        faults += [f"missing {', '.join(missing)}"] if missing else []
        faults += [f"unexpected {', '.join(unexpected)}"] if unexpected else []
    for name, value in values.items():
        wanted = targets[name]
        if value.shape != wanted.shape:
            faults.append(f"{name!r} has shape {value.shape}, expected {wanted.shape}")
        elif not np.can_cast(value.dtype, wanted.dtype, "same_kind"):
            faults.append(f"{name!r} has dtype {value.dtype}, expected {wanted.dtype}")
    if faults:
        raise ArgumentError(f"{who}: {'; '.join(faults)}; give a state of the same architecture.")
    return values


def _array(value: Any) -> Any:
    return value.data if isinstance(value, ag.Tensor) else np.asarray(value)
