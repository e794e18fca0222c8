"""The losses of the estimators, each one op from the last layer's sums to a number.

Every loss is Σ scale_i · Σ_k loss(z_ik, y_ik) over rows i and outputs k: scale is 1/n, or an array
of the rows' shares w_i / Σ w. Values are scikit-learn's, which bounds probabilities to
[eps, 1 - eps] before it takes their logarithm; slopes are those of the unbounded loss, also as
there. y is data, and has no derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag

_TARGETS = np.array([[0.3, -1.2], [2.0, 0.7], [-0.4, 0.1]])
_COUNTS = np.array([[0.0, 3.0], [2.0, 1.0], [5.0, 0.5]])
_BITS = np.array([[True, False], [False, False], [True, True]])
_SHARES = np.array([0.5, 0.2, 0.3])


def _total(losses: Any, scale: Any) -> Any:
    """Σ scale_i · losses_i, in the dtype of losses."""
    if isinstance(scale, np.ndarray):
        return losses.dot(scale.astype(losses.dtype, copy=False))
    return losses.sum() * losses.dtype.type(scale)


def _by_rows(scale: Any, dtype: Any) -> Any:
    """scale, fit to multiply an array of shape (n, outputs)."""
    return scale.astype(dtype, copy=False)[:, None] if isinstance(scale, np.ndarray) else scale


def _bounded_log(p: Any) -> Any:
    eps = np.finfo(p.dtype).eps
    p = np.maximum(p, eps)
    np.minimum(p, 1 - eps, out=p)
    return np.log(p, p)


@ag.primitive(
    name="mlp_softmax_loss",
    saves=("z", "labels"),
    samples=(
        ag.Sample((3, 4), np.array([0, 3, 1]), scale=1 / 3),
        ag.Sample((3, 2), np.array([1, 1, 0]), scale=_SHARES),
    ),
)
def softmax_loss(z: Any, labels: Any, *, scale: Any = 1.0) -> Any:
    """-log softmax(z)[label] of each row: z of shape (n, classes), labels integers of shape (n,).

    Derivative: g·scale·(softmax(z) - one_hot(labels)).
    """
    # Classes first: maxima and sums over few classes then run along the rows.
    p = z.T.copy()
    p -= p.max(axis=0)
    np.exp(p, p)
    right = p[labels, np.arange(len(labels))] / p.sum(axis=0)
    return _total(-_bounded_log(right), scale)


@softmax_loss.vjp
def _(g: Any, out: Any, z: Any, labels: Any, *, scale: Any) -> Any:
    p = ag.softmax.inner(z.T.copy(), axis=0)
    slope = (p - (labels == np.arange(z.shape[1])[:, None])).T
    return slope * (g * _by_rows(scale, z.dtype))


softmax_loss.vjp("labels")(None)


@ag.primitive(
    name="mlp_logistic_loss",
    saves=("z", "y"),
    samples=(ag.Sample((3, 2), _BITS, scale=0.5), ag.Sample((3, 2), _BITS, scale=_SHARES)),
)
def logistic_loss(z: Any, y: Any, *, scale: Any = 1.0) -> Any:
    """-log σ(z) where y is true, -log(1 - σ(z)) where not, summed over outputs.

    Derivative: g·scale·(σ(z) - y).
    """
    p = ag.sigmoid.inner(z)
    return _total(-_bounded_log(np.where(y, p, 1 - p)).sum(axis=1), scale)


@logistic_loss.vjp
def _(g: Any, out: Any, z: Any, y: Any, *, scale: Any) -> Any:
    return (ag.sigmoid.inner(z) - y) * (g * _by_rows(scale, z.dtype))


logistic_loss.vjp("y")(None)


@ag.primitive(
    name="mlp_squared_loss",
    saves=("z", "y"),
    samples=(ag.Sample((3, 2), _TARGETS, scale=0.5), ag.Sample((3, 2), _TARGETS, scale=_SHARES)),
)
def squared_loss(z: Any, y: Any, *, scale: Any = 1.0) -> Any:
    """(z - y)²/2, summed over outputs.

    Derivative: g·scale·(z - y).
    """
    e = z - y
    return _total(np.einsum("ij,ij->i", e, e), scale) / 2


@squared_loss.vjp
def _(g: Any, out: Any, z: Any, y: Any, *, scale: Any) -> Any:
    return (z - y) * (g * _by_rows(scale, z.dtype))


squared_loss.vjp("y")(None)


@ag.primitive(
    name="mlp_poisson_loss",
    saves=("z", "y"),
    samples=(ag.Sample((3, 2), _COUNTS, scale=0.5), ag.Sample((3, 2), _COUNTS, scale=_SHARES)),
)
def poisson_loss(z: Any, y: Any, *, scale: Any = 1.0) -> Any:
    """Half the Poisson deviance of y from eᶻ, y·log y - y·z - y + eᶻ, summed over outputs.

    Derivative: g·scale·(eᶻ - y).
    """
    constant = y * np.log(np.where(y == 0, 1, y)) - y
    return _total((np.exp(z) - y * z + constant).sum(axis=1), scale)


@poisson_loss.vjp
def _(g: Any, out: Any, z: Any, y: Any, *, scale: Any) -> Any:
    return (np.exp(z) - y) * (g * _by_rows(scale, z.dtype))


poisson_loss.vjp("y")(None)


@ag.primitive(
    name="mlp_absolute_loss",
    saves=("z", "y"),
    analytic=False,
    samples=(ag.Sample((3, 2), _TARGETS, scale=0.5), ag.Sample((3, 2), _TARGETS, scale=_SHARES)),
)
def absolute_loss(z: Any, y: Any, *, scale: Any = 1.0) -> Any:
    """|z - y|, summed over outputs.

    Derivative: g·scale·sign(z - y), 0 where they are equal.
    """
    return _total(np.absolute(z - y).sum(axis=1), scale)


@absolute_loss.vjp
def _(g: Any, out: Any, z: Any, y: Any, *, scale: Any) -> Any:
    return np.sign(z - y) * (g * _by_rows(scale, z.dtype))


absolute_loss.vjp("y")(None)


@ag.primitive(
    name="mlp_huber_loss",
    saves=("z", "y"),
    analytic=False,
    samples=(
        ag.Sample((3, 2), _TARGETS, scale=0.5, delta=0.8),
        ag.Sample((3, 2), _TARGETS, scale=_SHARES),
    ),
)
def huber_loss(z: Any, y: Any, *, scale: Any = 1.0, delta: float = 1.0) -> Any:
    """e²/2 for e = |z - y| up to delta, delta·(e - delta/2) beyond, summed over outputs.

    Derivative: g·scale·(z - y), its size bounded by delta.

    Reference: Huber, 1964.
    """
    e = np.absolute(z - y)
    near = np.minimum(e, delta)
    return _total((near * (e - near / 2)).sum(axis=1), scale)


@huber_loss.vjp
def _(g: Any, out: Any, z: Any, y: Any, *, scale: Any, delta: float) -> Any:
    return np.clip(z - y, -delta, delta) * (g * _by_rows(scale, z.dtype))


huber_loss.vjp("y")(None)
