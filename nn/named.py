"""Modules name their groups and parameters in drawings, while an ``ag.scope`` is open."""

from __future__ import annotations

from typing import Any

import autograd_lite as ag


class _Family:
    """A model that is being called, and the dotted names of the modules within it."""

    def __init__(self, root: Any) -> None:
        self.names = {id(module): name for name, module in root.named_modules()}


def scope_of(module: Any) -> ag.scope:
    """The scope of one call of a module: named by its place in the model that is being called.

    >>> import nn
    >>> scope_of(nn.Linear(2, 3)).name
    'Linear'
    """
    said, outer = module.describe(), ag.scope.current()
    kind = f"{type(module).__name__}({said})" if said else type(module).__name__
    while outer is not None and not isinstance(outer.owner, tuple):
        outer = outer.parent
    if outer is not None:
        family, above = outer.owner
        name = family.names.get(id(module))
        if name is not None:
            local = name.removeprefix(f"{above}.") if above else name
            return ag.scope(local or type(module).__name__, kind=kind, owner=(family, name))
    family = _Family(module)
    names = dict(module.named_parameters())
    return ag.scope(type(module).__name__, kind=kind, names=names, owner=(family, ""))
