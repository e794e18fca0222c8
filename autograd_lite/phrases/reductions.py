"""What is said of reductions: sums, means, extremes, norms, softmax and its relatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import terms
from .call import OUT, Call, G, Said, says
from .terms import Shape, Term
from .writing import axes_word


def _axes(call: Call, default: Any = None) -> Shape:
    axis = call.params.get("axis", default)
    ndim = len(call.mine)
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(i % ndim for i in axes)) if ndim else ()


def _kept(call: Call, x: Term, axes: Shape) -> Term:
    """x, of the result's shape, with the reduced axes back where they are needed to broadcast."""
    if call.params.get("keepdims") or len(axes) == len(call.mine):
        return x
    if axes == tuple(range(len(axes))):  # axes in front come back by themselves
        return x
    return terms.widened(x, axes, len(call.mine))


def _plain(call: Call) -> bool:
    return call.params.get("where", True) is True and call.params.get("initial") is None


def _went_into(call: Call, axes: Shape) -> str:
    word = axes_word(axes, len(call.mine))
    if not word:
        return f"every entry of {call.word} went into the sum"
    over = {"rows": "a column", "columns": "a row"}.get(word, f"one place along {word}")
    if word in ("rows", "columns"):
        return f"every entry of {over} of {call.word} went into the same entry of {call.out}"
    return f"the entries of {call.word} along {word} went into the same entry of {call.out}"


@says("sum")
def _sum(call: Call) -> Said | None:
    if call.params.get("where", True) is not True:
        return None
    axes = _axes(call)
    return Said(_kept(call, G, axes), f"{_went_into(call, axes)}, with slope 1")


@says("mean")
def _mean(call: Call) -> Said | None:
    if not _plain(call):
        return None
    axes = _axes(call)
    n = math.prod(call.mine[i] for i in axes)
    if not n:
        return None
    term = terms.quotient(_kept(call, G, axes), terms.count(n))
    if n == 1:
        return Said(term, "the mean of one entry is that entry")
    of = axes_word(axes, len(call.mine))
    count = f"{n} entries" if not of else f"{n} {of}" if " " not in of else f"{n} entries"
    return Said(term, f"the mean adds up {count} and divides by {n}: each has the slope 1/{n}")


@says("max", "min")
def _extreme(call: Call) -> Said | None:
    if not _plain(call):
        return None
    axes = _axes(call)
    best = "largest" if call.name == "max" else "smallest"
    out = _kept(call, OUT, axes)
    hit = terms.compared("=", terms.ref(0), out)
    term = terms.product(_kept(call, G, axes), hit)
    if _has_ties(call, axes):
        count = terms.summed(hit, axes, len(call.mine), keep=True)
        term = terms.quotient(term, count)
    return Said(
        term, f"only the {best} entry moves {call.out}: it gets everything (ties share evenly)"
    )


def _has_ties(call: Call, axes: Shape) -> bool:
    x, out = call.value(0), call.result()
    if x is None or out is None or not axes:
        return False
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return bool(((x == np.reshape(out, shape)).sum(axis=axes) > 1).any())


@says("norm_2")
def _norm(call: Call) -> Said | None:
    axes = _axes(call)
    out = call.result()
    if out is not None and (out == 0).any():
        return None
    x = terms.conjugated(terms.ref(0)) if call.kind(0) == "c" else terms.ref(0)
    term = terms.product(_kept(call, G, axes), terms.quotient(x, _kept(call, OUT, axes)))
    return Said(
        term,
        f"{call.out} = √(Σ {call.word}²) grows fastest along {call.word} itself: the slope is the "
        f"unit vector {call.word}/{call.out} (0 where {call.out} is 0)",
    )


def _axis_given(call: Call, axes: Shape) -> dict[str, Any]:
    ndim = len(call.mine)
    if axes == (ndim - 1,):
        return {}
    return {"axis": axes if len(axes) > 1 else axes[0] if axes else -1}


@says("softmax")
def _softmax(call: Call) -> Said | None:
    axes = _axes(call, -1)
    s = OUT
    inner = terms.summed(terms.product(G, s), axes, len(call.mine), keep=True)
    term = terms.product(terms.total(G, terms.negative(inner)), s)
    return Said(
        term,
        f"each entry of {call.word} moves all of {call.out} through the divisor they share, so the "
        f"mean of {call.g} with the weights {call.out} is taken off; {call.out} is the value after "
        "softmax",
    )


@says("log_softmax")
def _log_softmax(call: Call) -> Said | None:
    axes = _axes(call, -1)
    s = terms.call("softmax", terms.ref(0), **_axis_given(call, axes))
    inner = terms.summed(G, axes, len(call.mine), keep=True)
    term = terms.total(G, terms.negative(terms.product(s, inner)))
    return Said(
        term,
        f"in {call.word} − log Σ exp({call.word}) the first part has slope 1, the second the slope "
        "softmax",
    )


@says("logsumexp")
def _logsumexp(call: Call) -> Said | None:
    axes = _axes(call)
    out = call.result()
    if not call.mine or (out is not None and not np.isfinite(out).all()):
        return None
    s = terms.call("softmax", terms.ref(0), **_axis_given(call, axes))
    return Said(
        terms.product(_kept(call, G, axes), s),
        f"the slope of log Σ exp({call.word}) is softmax: how large a share each entry has in the "
        "sum",
    )


@says("var")
def _variance(call: Call) -> Said | None:
    return _spread(call, terms.product(_kept_g(call), terms.number(2)))


@says("std")
def _deviation(call: Call) -> Said | None:
    out = call.result()
    if out is not None and (out < 1e-12).any():
        return None
    g = terms.quotient(_kept_g(call), _kept(call, OUT, _axes(call)))
    return _spread(call, g)


def _kept_g(call: Call) -> Term:
    return _kept(call, G, _axes(call))


def _spread(call: Call, g: Term) -> Said | None:
    axes = _axes(call)
    n = math.prod(call.mine[i] for i in axes) - call.params.get("ddof", 0)
    if not _plain(call) or n <= 0 or not isinstance(n, int) or call.kind(0) == "c":
        return None
    x = terms.ref(0)
    mean = terms.averaged(x, axes, len(call.mine), keep=True)
    apart = terms.total(x, terms.negative(mean)) if axes else terms.number(0)
    return Said(
        terms.quotient(terms.product(g, apart), terms.count(n)),
        "the slope of Σ(x − mean)² is 2(x − mean): that the mean moves too cancels out, for the "
        "deviations sum to 0",
    )
