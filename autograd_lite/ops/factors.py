"""Products of entries, whose derivative is exact with zeros to every order.

With out = Π a, the derivative in a_i is the product of the others: found from running products
from both sides, never by dividing by a_i.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import plain
from ..tensor import Tensor
from .activation import kept_shape
from .axes import axes_of
from .elementwise import multiply
from .index import errors_of
from .piecewise import where as choose
from .scans import before, from_end, given
from .shape import astype

__all__ = ["prod"]


def _product_of_others(a: Any) -> Any:
    left, right = np.ones_like(a), np.ones_like(a)
    np.cumprod(a[..., :-1], axis=-1, out=left[..., 1:])
    np.cumprod(a[..., :0:-1], axis=-1, out=right[..., -2::-1])
    return left * right


prod_others = primitive(
    name="prod_others", saves=("a",), samples=(Sample((3,)), Sample((2, 40)), Sample((1,))),
)(lambda a: _product_of_others(a))  # fmt: skip
prod_others.op.doc = """For each entry of a row the product of the others.

Derivative: from running products of both sides, exact with zeros.
"""
prod_last = primitive(
    name="prod", saves=("a",),
    samples=(Sample((2, 3)), Sample((3,), complex=True), Sample((1,)), Sample((2, 0))),
)(lambda a: np.multiply.reduce(a, axis=-1))  # fmt: skip
prod_last.op.doc = """Product over the last axis. Derivative: g times the product of the others."""
prod_last.vjp(lambda g, out, a: g[..., None] * prod_others.inner(a))


for _op in (prod_last, prod_others):
    _op.op.mixes = lambda params, ndim: (-1,)


@prod_others.vjp
def _(g: Any, out: Any, a: Any) -> Any:
    # The others are those on the left times those on the right, both running products.
    back = a[..., ::-1]
    left, right = _running(a), _running(back)
    from_left = _running_rule(g * right[..., ::-1], a, left)
    return from_left + _running_rule((g * left)[..., ::-1], back, right)[..., ::-1]


def _running(a: Any) -> Any:
    # For each entry of a row the product of those before it.
    return before(np.cumprod(a, axis=-1), 1)


def _running_rule(g: Any, a: Any, products: Any) -> Any:
    after = before(g[..., ::-1], 0)[..., ::-1]
    return products * from_end(after, a)


@composed(np.prod)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    """Product over axis (an int, a tuple, or None for all).

    Args:
        initial: a number to start from. where: which entries take part.

    Derivative: g times the product of the other entries, exact with zeros to every order.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(ag.prod)(np.array([2.0, 0.0, 5.0]))
    array([ 0., 10.,  0.])
    """
    refuse_out("prod", out)
    a = given(a)
    if dtype is not None:
        a = astype(a, dtype)
    shape = a.shape
    if where is not True:
        with errors_of("prod"):
            where = np.broadcast_to(plain(where), shape)
        a = choose(where, a, 1)
    ndim = len(shape)
    axes = axes_of(axis, ndim, "prod")
    others = tuple(i for i in range(ndim) if i not in axes)
    rows = np.transpose(a, others + axes) if axes else a
    out = prod_last(
        np.reshape(rows, (*(shape[i] for i in others), math.prod(shape[i] for i in axes)))
    )
    if initial is not None:
        tracked = isinstance(initial, Tensor)
        out = multiply(out, astype(initial, out.dtype) if tracked else out.dtype.type(initial))
    return out.reshape(kept_shape(shape, axes)) if keepdims else out
