"""Module and Parameter: what a model is made of.

A Module is an ordinary object. Its parameters are found by walking its attributes, so there is
nothing to register and no base constructor to call::

    class Scale(nn.Module):
        def __init__(self):
            self.factor = nn.Parameter(1.0)

        def forward(self, x):
            return x * self.factor

State that is not learned, such as running means, is registered by name: ``register_buffer``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, closest

from .named import scope_of
from .state import Unmatched, fitted_state as fitted_state, unmatched
from .summary import Summary, summarized

_scope = ag.scope  # looked at in every call


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


class Buffer:
    """Where a buffer is kept: an attribute of a module. For ``Module``'s own use."""

    __slots__ = ("attribute", "owner")

    def __init__(self, owner: Module, attribute: str) -> None:
        self.owner = owner
        self.attribute = attribute

    @property
    def data(self) -> Any:
        """The array."""
        return getattr(self.owner, self.attribute)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return self.data.shape  # type: ignore[no-any-return]

    @property
    def dtype(self) -> Any:
        """Of the array."""
        return self.data.dtype

    def put(self, value: Any) -> None:
        """A copy of value takes the array's place; a graph that has the old one keeps it."""
        setattr(self.owner, self.attribute, np.array(value, self.dtype))


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
    _buffer_names: Mapping[str, bool] = {}
    _forward_hooks: Mapping[Any, Any] = {}

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output; subclasses write this."""
        raise NotImplementedError(f"{type(self).__name__}: write a method forward(self, x).")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if _scope.anywhere and _scope.current() is not None:
            with scope_of(self):
                out = self.forward(*inputs, **options)
        else:
            out = self.forward(*inputs, **options)
        if self._forward_hooks:
            for hook in list(self._forward_hooks.values()):
                changed = hook(self, inputs, out)
                out = out if changed is None else changed
        return out

    # -- what is inside ----------------------------------------------------------------------

    def _members(self) -> Iterator[tuple[str, Any]]:
        """Attributes that may hold parameters, by the name they get."""
        for name, value in vars(self).items():
            if name in self._buffer_names:
                if isinstance(value, np.ndarray):
                    yield name, Buffer(self, name)
            elif name not in ("_buffer_names", "_forward_hooks", "_described"):
                yield name, value

    def _found(self, kind: Any, prefix: str, recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """(name, thing) for all things of this kind, in order of definition, each once."""
        seen: set[Any] = set()
        found = _walk(prefix, self, ()) if recurse else self._near(prefix)
        for name, thing in found:
            if isinstance(thing, kind):
                key = (id(thing.owner), thing.attribute) if kind is Buffer else id(thing)
                if key not in seen:
                    seen.add(key)
                    yield name, thing

    def _near(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """What is inside, but not what is inside submodules."""
        for attribute, value in self._members():
            name = f"{prefix}.{attribute}" if prefix else attribute
            yield from _walk(name, value, (id(self),), deep=False)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module (named "") and every module within it, each once, outermost first."""
        return self._found(Module, prefix)

    def modules(self) -> Iterator[Module]:
        """This module and every module within it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly within this one, also those in its lists and dicts."""
        return self._found(Module, "", recurse=False)

    def children(self) -> Iterator[Module]:
        """The modules directly within this one."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(name, parameter) pairs in order of definition; a shared parameter comes once.

        Without recurse, those of submodules are left out.
        """
        return self._found(Parameter, prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters in order of definition, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Any]]:
        """(name, array) pairs of the state that is not learned, in order of definition."""
        return ((name, b.data) for name, b in self._found(Buffer, prefix, recurse))

    def buffers(self, recurse: bool = True) -> Iterator[Any]:
        """The arrays of the state that is not learned."""
        return (array for _, array in self.named_buffers(recurse=recurse))

    def named_generators(self) -> Iterator[tuple[str, np.random.Generator]]:
        """(name, generator) pairs of what modules draw from (dropout), each once.

        Their ``bit_generator.state`` is what a run needs, beside ``state_dict``, to go on exactly.
        """
        return self._found(np.random.Generator, "")

    def get_submodule(self, target: str) -> Module:
        """The module of this dotted name, as ``named_modules`` gives them.

        Raises:
            ArgumentError: there is none of that name.
        """
        found = {n: m for n, m in _walk("", self, ()) if isinstance(m, Module)}
        if target not in found:
            raise ArgumentError(
                f"{type(self).__name__}: got the name {target!r}, expected that of a module within"
                f"{closest(str(target), list(found)) or '; see named_modules().'}"
            )
        return found[target]

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        """Keep an array as state that is not learned: the attribute of this name.

        Args:
            value: array-like, copied; None for a buffer that is not used (it is in no state dict).
            persistent: whether ``state_dict`` has it.

        Raises:
            ArgumentError: the name is taken by something else, or has a dot.
            DTypeError: the name is not a str, or value not an array of numbers.
        """
        who = f"{type(self).__name__}.register_buffer"
        if not isinstance(name, str):
            raise DTypeError(f"{who}: got a name of type {type(name).__name__}, expected a str.")
        taken = hasattr(self, name) and name not in self._buffer_names
        if taken or "." in name or not name:
            raise ArgumentError(
                f"{who}: got the name {name!r}, expected one "
                f"{'that is free' if taken else 'without a dot, not empty'}; choose another."
            )
        if value is not None:
            value = np.array(value.data if isinstance(value, ag.Tensor) else value)
            if value.dtype.kind not in "biufc":
                raise DTypeError(f"{who}: got dtype {value.dtype}, expected an array of numbers.")
        self._buffer_names = {**self._buffer_names, name: persistent}
        setattr(self, name, value)

    def register_forward_hook(self, hook: Callable[[Module, Any, Any], Any]) -> HookHandle:
        """Call ``hook(module, inputs, output)`` after every forward.

        What it returns replaces the output, unless that is None. The handle's ``remove()`` takes
        it away again.
        """
        key = object()
        self._forward_hooks = {**self._forward_hooks, key: hook}
        return HookHandle(self, key)

    # -- state -------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Name to a copy of the values, for every parameter and every persistent buffer.

        The names and the layout are PyTorch's. A shared parameter is there under all its names.

        >>> import numpy as np, nn
        >>> sorted(nn.Linear(2, 3, rng=np.random.default_rng(0)).state_dict())
        ['bias', 'weight']
        """
        return {name: np.array(p.data) for name, p in self._named_state()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Unmatched:
        """Copy values into the parameters and buffers, in place; all or, on an error, none.

        Args:
            state: name to array, as ``state_dict`` gives (or to Tensors, or PyTorch's tensors).
            strict: refuse missing and unexpected names; False loads the names both sides have.

        Returns:
            ``(missing_keys, unexpected_keys)``, the names that were passed over.

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
                target = targets[name]
                if isinstance(target, Buffer):
                    target.put(value)
                else:
                    target[...] = value
        return unmatched(state, targets)

    def _named_state(self) -> Iterator[tuple[str, Any]]:
        for name, found in _walk("", self, ()):
            if isinstance(found, Parameter) or (
                isinstance(found, Buffer) and found.owner._buffer_names[found.attribute]
            ):
                yield name, found

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Switch learning of all parameters on or off; gives the module itself."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def to(self, dtype: Any) -> Self:
        """Convert all parameters, their gradients and the floating buffers, in place.

        The Parameter objects stay the same, so an optimizer that has them goes on.

        Args:
            dtype: np.float32, np.float64 or another floating dtype.

        Raises:
            DTypeError: dtype is not a floating one.

        >>> import numpy as np, nn
        >>> nn.Linear(2, 3).to(np.float32)(np.ones((1, 2))).dtype
        dtype('float32')
        """
        try:
            kind = np.dtype(dtype)
        except TypeError:
            kind = np.dtype(object)
        if kind.kind not in "fc":
            raise DTypeError(
                f"{type(self).__name__}.to: got {dtype!r}, expected a floating dtype; write "
                "np.float32 or np.float64."
            )
        for p in self.parameters():
            if p.dtype != kind:
                learns, grad = p.requires_grad, p.grad
                Parameter.__init__(p, p.data, dtype=kind, name=p.name)
                p.requires_grad = learns
                p.grad = grad
        for _, buffer in self._found(Buffer, ""):
            if buffer.dtype.kind in "fc":
                setattr(buffer.owner, buffer.attribute, buffer.data.astype(kind))
        return self

    astype = to

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call function on every module within, innermost first, and on this one last.

        >>> import nn
        >>> def start(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.zeros_(module.weight)
        >>> float(nn.MLP(2, 3, 1).apply(start)[0].weight.data.sum())
        0.0
        """
        for module in list(self._inside_out(set())):
            function(module)
        return self

    def _inside_out(self, seen: set[int]) -> Iterator[Module]:
        if id(self) not in seen:
            seen.add(id(self))
            for child in self.children():
                yield from child._inside_out(seen)
            yield self

    def train(self, mode: bool = True) -> Self:
        """Set ``training`` here and in every submodule; gives the module itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as ``train(False)``."""
        return self.train(False)

    # -- how it looks ------------------------------------------------------------------------

    def summary(self, x: Any = None, *, input_shape: Any = None) -> Summary:
        """A table of the layers: output shapes (when told of an input) and parameter counts.

        The model is run once, in evaluation mode and without recording; nothing of it changes.

        Args:
            x: an input, a tuple of several, or None.
            input_shape: the shape of an input, its batch axis included, such as (1, 784).

        >>> import nn
        >>> print(nn.MLP(4, 3, 1).summary(input_shape=(5, 4)))
        layer        output shape  parameters
        -------------------------------------
        MLP          (5, 1)
          0: Linear  (5, 3)                15
          1: ReLU    (5, 3)
          2: Linear  (5, 1)                 4
        -------------------------------------
        19 parameters, all trainable, 152 bytes
        """
        return summarized(self, x, input_shape)

    def describe(self) -> str:
        """The arguments shown in ``repr``; empty unless a subclass says more."""
        return ""

    @recursive_repr("...")
    def __repr__(self) -> str:
        head = f"{type(self).__name__}({self.describe()}"
        lines = []
        for attribute, value in self._members():
            if attribute in self._described or isinstance(value, np.random.Generator):
                continue
            for name, found in _walk(attribute, value, (id(self),), deep=False):
                if isinstance(found, Module):
                    text = repr(found)
                elif isinstance(found, np.random.Generator):
                    continue
                else:
                    text = f"{type(found).__name__} of shape {found.shape}"
                lines.append(f"  ({name}): " + text.replace("\n", "\n  "))
        if not lines:
            return head + ")"
        return "\n".join([head + ("," if self.describe() else ""), *lines, ")"])


class HookHandle:
    """What ``register_forward_hook`` returns; ``remove()`` takes the hook away."""

    def __init__(self, module: Module, key: Any) -> None:
        self._module = module
        self._key = key

    def remove(self) -> None:
        """Take the hook away; doing it twice is harmless."""
        hooks = self._module._forward_hooks
        self._module._forward_hooks = {k: h for k, h in hooks.items() if k is not self._key}


def _walk(
    name: str, value: Any, path: tuple[int, ...], *, deep: bool = True
) -> Iterator[tuple[str, Any]]:
    """Every Parameter, Buffer, Module and Generator in value with its dotted name, depth first.

    Cycles are cut. Without deep, what is inside a Module is left out.
    """
    members: Iterator[tuple[Any, Any]]
    if isinstance(value, (Parameter, Buffer, np.random.Generator)):
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
