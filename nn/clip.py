"""Clipping of gradients, between backward() and step()."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError


def clip_grad_norm(
    parameters: Iterable[ag.Tensor] | ag.Tensor, max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
) -> float:  # fmt: skip
    """Scale all gradients in place by one factor so that their norm is at most max_norm.

    The norm is that of all gradients as one vector; the factor is max_norm/(norm + 1e-6), as in
    PyTorch, where that is below 1.

    Args:
        parameters: Tensors; those without a gradient are passed over.
        max_norm: 0 or larger. norm_type: larger than 0; inf means the largest entry.
        error_if_nonfinite: refuse a norm that is nan or inf, else nan fills the gradients.

    Returns:
        the norm before.

    Raises:
        ArgumentError: max_norm or norm_type out of range, or a norm that is not finite.

    Reference: Pascanu, Mikolov and Bengio, 2013.

    >>> import numpy as np, autograd_lite as ag, nn
    >>> w = ag.Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = np.array([3.0, 4.0])
    >>> nn.clip_grad_norm([w], 1.0)
    5.0
    >>> w.grad.round(3)
    array([0.6, 0.8])
    """
    limit = _number("clip_grad_norm", "max_norm", max_norm)
    order = _number("clip_grad_norm", "norm_type", norm_type)
    if order == 0:
        raise ArgumentError("clip_grad_norm: got norm_type=0, expected a number larger than 0.")
    tensors = _with_gradient("clip_grad_norm", parameters)
    norm = gradient_norm(tensors, order)
    if error_if_nonfinite and not math.isfinite(norm):
        raise ArgumentError(
            f"clip_grad_norm: the norm of the gradients is {norm}, expected a finite number; look "
            "for the cause inside ag.detect_anomaly()."
        )
    scale(tensors, limit / (norm + 1e-6))
    return norm


def clip_grad_value(parameters: Iterable[ag.Tensor] | ag.Tensor, clip_value: float) -> None:
    """Clip every entry of the gradients into [-clip_value, clip_value], in place.

    Args:
        parameters: Tensors; those without a gradient are passed over.
        clip_value: 0 or larger.

    Raises:
        ArgumentError: clip_value out of range. DTypeError: complex gradients.

    >>> import numpy as np, autograd_lite as ag, nn
    >>> w = ag.Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = np.array([3.0, -0.5])
    >>> nn.clip_grad_value([w], 1.0)
    >>> w.grad
    array([ 1. , -0.5])
    """
    limit = _number("clip_grad_value", "clip_value", clip_value)
    for p in _with_gradient("clip_grad_value", parameters):
        if p.dtype.kind == "c":
            raise DTypeError(
                "clip_grad_value: got a complex gradient, which has no order; use clip_grad_norm."
            )
        g = _writable(p)
        np.clip(g, -limit, limit, out=g)


clip_grad_norm_ = clip_grad_norm
clip_grad_value_ = clip_grad_value


def gradient_norm(parameters: Iterable[Any], order: float = 2.0) -> float:
    """The norm of all gradients as one vector; 0 where there are none."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    if order != 2:
        norms = [float(np.linalg.norm(g.ravel(order="K"), order)) for g in gradients if g.size]
        return float(np.linalg.norm(norms, order)) if norms else 0.0
    total = 0.0
    for g in gradients:
        # In the order of memory: a view, where ravel() would copy a column-major array.
        flat = g.ravel(order="K")
        total += np.vdot(flat, flat).real.item()
    if math.isfinite(total):
        return math.sqrt(total)
    # Squares overflow long before the numbers do.
    top = max(float(np.abs(g).max(initial=0)) for g in gradients)
    if not math.isfinite(top) or top == 0:
        return top
    return top * math.sqrt(sum(float(np.square(np.abs(g / top)).sum()) for g in gradients))


def scale(parameters: Iterable[Any], factor: float) -> None:
    """Multiply the gradients by factor in place, if it is below 1 (or nan)."""
    if factor >= 1:
        return
    for p in parameters:
        g = _writable(p)
        np.multiply(g, factor, g)


def _writable(p: Any) -> Any:
    if not p.grad.flags.writeable:
        p.grad = p.grad.copy()
    return p.grad


def _with_gradient(who: str, parameters: Any) -> list[Any]:
    tensors = [parameters] if isinstance(parameters, ag.Tensor) else parameters
    if not isinstance(tensors, Iterable):
        raise DTypeError(
            f"{who}: got {type(parameters).__name__}, expected Tensors; pass model.parameters()."
        )
    tensors = list(tensors)
    for p in tensors:
        if not isinstance(p, ag.Tensor):
            raise DTypeError(
                f"{who}: got {type(p).__name__} among the parameters, expected Tensors; pass "
                "model.parameters()."
            )
    return [p for p in tensors if p.grad is not None]


def _number(who: str, name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not number >= 0:
        raise ArgumentError(f"{who}: got {name}={value!r}, expected a number, 0 or larger.")
    return number
