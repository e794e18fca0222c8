"""What a Tensor is to its holder: values, gradient, name, hooks.

A leaf keeps these in its own slots. A recorded result keeps its values only; what else there is
belongs to its Node (``Node.meta``), which never refers to the Tensor: so there are no cycles.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from . import inplace, walk
from .errors import DTypeError, GraphError, ShapeError
from .methods import NumpyMethods
from .node import Meta, Node, tick
from .op import FUNCTIONS, OPS

RENEWED = -2  # Tensor._written of a result that a write has let stand for another value


class Handle(NumpyMethods):
    """The part of Tensor that its user reads and sets."""

    __slots__ = (
        "__weakref__",
        "_alias",
        "_grad",
        "_meta",
        "_node",
        "_requires_grad",
        "_value",
        "_written",
    )
    _node: Node | None  # what computed it; None for a leaf
    _requires_grad: bool  # of a leaf
    _grad: Any  # of a leaf
    _meta: Meta | None  # of a leaf: name, hooks
    _written: int  # when a leaf was last written in place, by node.tick; below 0 for a result
    _alias: Any  # whom it shares memory with: see inplace.link

    # -- values ------------------------------------------------------------------------------

    @property
    def flat(self) -> Any:
        """The entries in a row, as a view that may be written; setting it fills the Tensor."""
        entries = FUNCTIONS["reshape"](self, -1)
        if getattr(entries, "_alias", None) is None and entries.size:
            # A copy, in whose place this one is written.
            inplace.link(entries, self, OPS["reshape"], {"shape": -1}, always=True)
        return entries

    @flat.setter
    def flat(self, values: Any) -> None:
        FUNCTIONS["put"](self, np.arange(self.size), values)

    @property
    def data(self) -> Any:
        """The values as an ndarray: the Tensor's own memory, read-only for a recorded result.

        Setting it replaces a leaf's values (same shape and dtype), unseen by any graph; a graph
        that has used the old ones then refuses to run backward.
        """
        if self._node is not None:
            view = np.array(self._value) if not self.ndim else self._value.view()
            view.flags.writeable = False
            return view
        if type(self._value) is not np.ndarray:
            self._value = np.array(self._value)
        return self._value

    @data.setter
    def data(self, value: Any) -> None:
        if self._node is not None:
            raise GraphError(
                f"data: got a recorded result of shape {self.shape}, whose values follow from its "
                "graph; set the data of a leaf, or of t.detach()."
            )
        if value is not self._value:
            value = np.asarray(value._value if isinstance(value, NumpyMethods) else value)
            if value.shape != self.shape:
                raise ShapeError(
                    f"data: got shape {value.shape}, expected {self.shape}; make a new Tensor for "
                    "another shape."
                )
            if value.dtype != self.dtype:
                raise DTypeError(
                    f"data: got dtype {value.dtype}, expected {self.dtype}; convert it with astype."
                )
            self._value = value
            inplace.leave(self)
        self._written = tick()

    def numpy(self) -> Any:
        """The same as ``.data``."""
        return self.data

    @property
    def grad(self) -> Any:
        """The gradient: an ndarray of the Tensor's shape and dtype, or None before backward().

        Of a recorded result only after ``retain_grad()``. Setting it to None forgets it.
        """
        holder: Any = self
        if self._node is not None:
            meta = self._node.meta
            if meta is None or meta.grad is None:
                return None
            if type(meta.grad) is not np.ndarray:
                meta.grad = np.array(meta.grad)
            return meta.grad
        if holder._grad is not None and type(holder._grad) is not np.ndarray:
            holder._grad = np.array(holder._grad)
        return holder._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            value = np.asarray(value._value if isinstance(value, NumpyMethods) else value)
            if value.shape != self.shape:
                raise ShapeError(f"grad: got shape {value.shape}, expected {self.shape}.")
            value = walk.cast(value, self.dtype)
        if self._node is not None:
            self._meta_of_node().grad = value
        else:
            self._grad = value

    def zero_grad(self) -> None:
        """Forget the gradient: ``.grad`` is None until the next backward()."""
        self.grad = None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this Tensor are recorded."""
        return self._node is not None or self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._node is not None:
            raise GraphError(
                f"requires_grad: got a recorded result of shape {self.shape}; only a leaf can be "
                "switched; use t.detach()."
            )
        if value and self._value.dtype.kind not in "fc":
            raise DTypeError(
                f"requires_grad: got dtype {self.dtype}, expected a floating or complex one; "
                "write 1.0 or dtype=float."
            )
        if value and not self._requires_grad and not inplace.is_alone(self):
            # A node may keep this array as a constant; as a leaf's it may be written.
            self._value = self._value.copy()
            inplace.leave(self)
        self._requires_grad = bool(value)

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded op made this Tensor."""
        return self._node is None

    # -- names, hooks, copies ----------------------------------------------------------------

    @property
    def name(self) -> str | None:
        """The name shown in drawings and messages, or None."""
        meta = self._meta if self._node is None else self._node.meta
        return None if meta is None else meta.name

    @name.setter
    def name(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise DTypeError(f"name: got {type(value).__name__}, expected a str or None.")
        self._meta_of_either().name = value

    def named(self, name: str) -> Self:
        """Give the Tensor a name, and return it: ``z = (x @ w).named("z")``."""
        self.name = name
        return self

    def register_hook(self, function: Any) -> Hook:
        """Call ``function(gradient)`` whenever backward reaches this Tensor.

        The gradient is the complete one of that backward, in ``.grad``'s convention; what the
        function returns replaces it (None leaves it). The result's ``remove()`` takes it away.
        """
        if not self.requires_grad:
            raise GraphError(
                f"register_hook: got a Tensor of shape {self.shape} that does not require grad, "
                "so backward never reaches it; set requires_grad=True."
            )
        meta = self._meta_of_either()
        key = tick()
        meta.hooks[key] = function
        return Hook(meta, key)

    def retain_grad(self) -> None:
        """Have backward() fill this recorded result's ``.grad`` too."""
        if not self.requires_grad:
            raise GraphError(
                f"retain_grad: got a Tensor of shape {self.shape} that does not require grad; "
                "set requires_grad=True on the leaves it is computed from."
            )
        if self._node is not None:
            self._meta_of_node().retain = True

    # -- for the engine's other files ----------------------------------------------------------

    def _is_tracked(self) -> bool:
        return self._node is not None or self._requires_grad

    def _adopt(self, other: Any) -> None:
        """Stand for other's value from now on; its name and ``retain_grad()`` stay with it."""
        name = self.name
        retains = self._node is not None and self._node.meta is not None and self._node.meta.retain
        self._value = other._value
        self._node = other._node
        if self._node is not None:
            self._written = RENEWED
        if name is not None and self.name is None:
            self.name = name
        if retains and self._node is not None:
            self._meta_of_node().retain = True

    def _meta_of_node(self) -> Meta:
        node = self._node
        assert node is not None
        if node.meta is None:
            node.meta = Meta()
        return node.meta

    def _meta_of_either(self) -> Meta:
        if self._node is not None:
            return self._meta_of_node()
        if self._meta is None:
            self._meta = Meta()
        return self._meta


class Hook:
    """What ``register_hook`` returns; ``remove()`` takes the hook away."""

    def __init__(self, meta: Meta, key: int) -> None:
        self._meta = meta
        self._key = key

    def remove(self) -> None:
        """Take the hook away; doing it twice is harmless."""
        self._meta.hooks.pop(self._key, None)
