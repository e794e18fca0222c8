"""Cotangents between the user and the walk: seeds, conventions, hooks, what is handed out.

The walk carries cotangents in the plain transposed convention (no conjugates in any rule); the
user sees ∂L/∂Re + i ∂L/∂Im, which is its conjugate. Only this file knows both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import anomaly, mode, walk
from .errors import DTypeError, GraphError, ShapeError
from .methods import NumpyMethods
from .node import Node
from .op import FUNCTIONS
from .quiet import switch

_begin, _end = switch(all="ignore")


def run_backward(seeds: list[tuple[Any, Any]], **options: Any) -> dict[Any, Any]:
    """``walk.backward`` with NumPy's warnings off (sqrt'(0) is inf, not a warning)."""
    token = _begin()
    try:
        if mode.alert and mode.state.anomaly:
            for node in walk.collect([t for t, _ in seeds]):
                anomaly.check_untouched(node)
            with anomaly.watching(options.pop("lift", None)) as lift:
                return walk.backward(seeds, lift=lift, probe=anomaly.check_backward, **options)
        return walk.backward(seeds, **options)
    finally:
        _end(token)


def target_of(t: Any, who: str) -> Any:
    """Where a walk meets t: its Node, or t itself if it is a leaf."""
    if not t._is_tracked():
        raise GraphError(
            f"{who}: got a Tensor of shape {t.shape} that depends on nothing that requires grad; "
            "set requires_grad=True on a leaf, and compute outside no_grad()."
        )
    return t if t._node is None else t._node


# The seeds of scalar losses, by the type of their value.
UNIT_SEEDS = {np.float64: np.float64(1), np.float32: np.float32(1)}


def seed_of(t: Any, gradient: Any, who: str, argument: str) -> Any:
    """The cotangent that a walk from t starts with, in the walk's convention.

    Args:
        argument: what gradient is called by who; "" if it cannot be given there.
    """
    if gradient is None:
        one = UNIT_SEEDS.get(type(t._value))
        if one is not None:
            return one
        if t.size != 1:
            raise ShapeError(
                f"{who}: got an output of shape {t.shape}, expected a scalar; pass {argument}= of "
                "that shape, or reduce the output with sum() or mean()."
            )
        if t.dtype.kind == "c":
            given = f", or pass {argument}=" if argument else ""
            raise DTypeError(
                f"{who}: got a complex output, whose gradient needs a direction; take a real "
                f"number of it (abs, real, imag){given}."
            )
        return t.dtype.type(1) if t.ndim == 0 else np.ones(t.shape, t.dtype)
    is_tensor = isinstance(gradient, NumpyMethods)
    g = gradient if is_tensor and gradient._is_tracked() else None
    if g is None:
        g = np.asarray(gradient._value if is_tensor else gradient)
    if g.shape != t.shape:
        raise ShapeError(
            f"{who}: got {argument} of shape {g.shape} for an output of shape {t.shape}; they must "
            "be equal."
        )
    if g.dtype.kind not in "biufc":
        raise DTypeError(f"{who}: got {argument} of dtype {g.dtype}, expected numbers.")
    return conjugated(real_or_refused(g, t.dtype, who, argument))


def real_or_refused(g: Any, dtype: Any, who: str, argument: str) -> Any:
    """A cotangent or tangent in the dtype of what it belongs to."""
    if g.dtype.kind == "c" and dtype.kind != "c":
        raise DTypeError(
            f"{who}: got {argument} of dtype {g.dtype} for real values of dtype {dtype}; pass its "
            "real part."
        )
    return walk.cast(g, dtype)


def conjugated(g: Any) -> Any:
    """The other convention: the walk's is g·dz, the user's ∂L/∂Re + i ∂L/∂Im is its conjugate."""
    return g.conj() if g.dtype.kind == "c" else g


def settle(g: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent as it is handed out: of full shape, in the user's convention."""
    if g.shape != shape:
        if isinstance(g, NumpyMethods):
            g = FUNCTIONS["broadcast_to"](g, shape)
        else:
            full = np.empty(shape, g.dtype)
            full[...] = g
            g = full
    return conjugated(g)


def visit_hooks(target: Any, g: Any) -> Any:
    """Run the hooks of a Node or leaf on its complete cotangent."""
    meta: Any = target.meta if type(target) is Node else target._meta
    if not meta.hooks:
        return g
    g = settle(g, target.shape)
    recorded = isinstance(g, NumpyMethods)
    for hook in list(meta.hooks.values()):
        changed = hook(g if recorded else np.array(g))
        if changed is None:
            continue
        if not recorded:  # a hook may compute with this library's functions, which give Tensors
            changed = np.asarray(changed._value if isinstance(changed, NumpyMethods) else changed)
        elif not isinstance(changed, (NumpyMethods, np.ndarray)):
            changed = np.asarray(changed)
        if changed.shape != target.shape:
            raise ShapeError(
                f"register_hook: the hook returned shape {changed.shape} for a gradient of shape "
                f"{target.shape}; return the same shape, or None."
            )
        g = walk.cast(changed, target.dtype)
    return conjugated(g)


def visit_and_retain(target: Any, g: Any) -> Any:
    """What backward() does at a target with meta: its hooks, then its retained gradient."""
    g = visit_hooks(target, g)
    if type(target) is Node and target.meta is not None and target.meta.retain:
        new = np.array(settle(g, target.shape))
        target.meta.grad = new if target.meta.grad is None else target.meta.grad + new
    return g
