"""Modules made of modules: Sequential, ModuleList, ModuleDict."""

from __future__ import annotations

import operator
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, Self, overload

from autograd_lite.errors import ArgumentError, DTypeError, IndexOutOfRangeError, closest

from .activations import activation_named, called
from .module import Module


def _module(who: str, value: Any) -> Module:
    if isinstance(value, Module):
        return value
    advice = "write nn.ReLU() for an activation"
    got = type(value).__name__
    if isinstance(value, type):
        got, advice = f"the class {value.__name__}", f"call it: {called(value)}"
    raise DTypeError(f"{who}: got {got}, expected Modules; {advice}.")


def _layer(value: Any) -> Any:
    """value, or the module of a function such as ag.tanh; what is neither is refused later."""
    plain = isinstance(value, (Module, type)) or not callable(value)
    return value if plain else activation_named(value)


class ModuleList(Module):
    """A list of modules, whose parameters are named ``0.weight``, ``1.weight``, ...

    Attributes that are plain lists of modules work as well; this adds checks, and a ``repr``.

    Raises:
        DTypeError: something that is not a Module. IndexOutOfRangeError: no such position.

    >>> import nn
    >>> blocks = nn.ModuleList([nn.Linear(2, 3), nn.Linear(3, 1)])
    >>> len(blocks), [name for name, _ in blocks.named_parameters()]
    (2, ['0.weight', '0.bias', '1.weight', '1.bias'])
    """

    layers: list[Module]

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.layers = [_module(type(self).__name__, m) for m in modules]

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name, value in super()._members():
            if name == "layers":
                yield from ((str(i), layer) for i, layer in enumerate(value))
            else:
                yield name, value

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def __contains__(self, module: object) -> bool:
        return any(layer is module for layer in self.layers)

    def _position(self, index: Any) -> int:
        try:
            i = operator.index(index)
        except TypeError:
            raise DTypeError(
                f"{type(self).__name__}: got the index {index!r}, expected an int or a slice."
            ) from None
        if not -len(self.layers) <= i < len(self.layers):
            raise IndexOutOfRangeError(
                f"{type(self).__name__}: got the index {i}, expected one of its {len(self.layers)} "
                "modules."
            )
        return i

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module:
        if isinstance(index, slice):
            return self._of(self.layers[index])
        return self.layers[self._position(index)]

    def _of(self, layers: list[Module]) -> ModuleList:
        return ModuleList(layers)

    def __setitem__(self, index: int, module: Module) -> None:
        self.layers[self._position(index)] = _module(type(self).__name__, module)

    def __delitem__(self, index: int | slice) -> None:
        del self.layers[index if isinstance(index, slice) else self._position(index)]

    def append(self, module: Module) -> Self:
        """Add a module at the end; gives the container itself."""
        self.layers.append(_module(type(self).__name__, module))
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end; gives the container itself."""
        self.layers.extend([_module(type(self).__name__, m) for m in modules])
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module before this position; gives the container itself."""
        self.layers.insert(operator.index(index), _module(type(self).__name__, module))
        return self


class Sequential(ModuleList):
    """Modules one after another; parameters are named as in PyTorch: ``0.weight``, ``2.bias``.

    Indexing, slicing (which gives a Sequential of the same modules), ``len`` and iteration reach
    the modules.

    Raises:
        DTypeError: something that is not a Module.

    >>> import numpy as np, nn
    >>> rng = np.random.default_rng(0)
    >>> model = nn.Sequential(nn.Linear(4, 3, rng=rng), nn.Tanh(), nn.Linear(3, 1, rng=rng))
    >>> [name for name, _ in model.named_parameters()]
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """

    def __init__(self, *layers: Module | Callable[[Any], Any]) -> None:
        super().__init__(_layer(layer) for layer in layers)

    def forward(self, x: Any) -> Any:
        """Each layer's output is the next one's input."""
        for layer in self.layers:
            x = layer(x)
        return x

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module:
        return super().__getitem__(index)

    def _of(self, layers: list[Module]) -> Sequential:
        return Sequential(*layers)


class ModuleDict(Module):
    """Modules by name; parameters are named ``name.weight``.

    Raises:
        DTypeError: something that is not a Module, or a name that is not a str.
        ArgumentError: a name with a dot, or one that is not there.

    >>> import nn
    >>> heads = nn.ModuleDict({"digit": nn.Linear(4, 10), "parity": nn.Linear(4, 2)})
    >>> heads["parity"]
    Linear(4, 2)
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        self.table: dict[str, Module] = {}
        self.update(modules or {})

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name, value in super()._members():
            if name == "table":
                yield from value.items()
            else:
                yield name, value

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[str]:
        return iter(self.table)

    def __contains__(self, name: object) -> bool:
        return name in self.table

    def __getitem__(self, name: str) -> Module:
        self._check(name)
        return self.table[name]

    def __setitem__(self, name: str, module: Module) -> None:
        if not isinstance(name, str):
            raise DTypeError(f"ModuleDict: got the name {name!r}, expected a str.")
        if not name or "." in name:
            raise ArgumentError(f"ModuleDict: got the name {name!r}, expected one without a dot.")
        self.table[name] = _module("ModuleDict", module)

    def __delitem__(self, name: str) -> None:
        self._check(name)
        del self.table[name]

    def _check(self, name: Any) -> None:
        if name not in self.table:
            known = sorted(self.table)
            raise ArgumentError(
                f"ModuleDict: got the name {name!r}, expected one of {', '.join(known) or 'none'}"
                f"{closest(str(name), known) or '.'}"
            )

    def update(self, modules: Mapping[str, Module]) -> None:
        """Enter all of these."""
        for name, module in dict(modules).items():
            self[name] = module

    def keys(self) -> KeysView[str]:
        """The names."""
        return self.table.keys()

    def values(self) -> ValuesView[Module]:
        """The modules."""
        return self.table.values()

    def items(self) -> ItemsView[str, Module]:
        """(name, module) pairs."""
        return self.table.items()
