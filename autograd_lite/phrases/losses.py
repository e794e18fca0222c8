"""What is said of the fused losses and layers of nn."""

from __future__ import annotations

import math

from . import terms
from .call import OUT, Call, G, Said, says

_WHY_CROSS = "softmax and −log cancel to the probabilities minus the one-hot rows of"


@says("cross_entropy")
def _cross_entropy(call: Call) -> Said | None:
    if call.i:
        return None
    labels = call.words[1]
    difference = terms.total(
        terms.call("softmax", terms.ref(0)),
        terms.negative(terms.call("one_hot", terms.ref(1), _classes=call.mine[-1])),
    )
    if call.params.get("reduction") == "none":
        g = terms.widened(G, (len(call.mine) - 1,), len(call.mine))
        return Said(terms.product(g, difference), f"{_WHY_CROSS} {labels}")
    term = terms.product(G, difference)
    if call.params.get("reduction") == "sum":
        return Said(term, f"{_WHY_CROSS} {labels}")
    n = math.prod(call.mine[:-1])
    mean = f"; the mean over {n} rows divides by {n}" if n > 1 else ""
    return Said(terms.quotient(term, terms.count(n)), f"{_WHY_CROSS} {labels}{mean}")


def standardized(call: Call) -> Said:
    """The rule of ``standardize`` where only its first output is used, as in layer norm."""
    ndim = len(call.mine)
    axes = tuple(i % ndim for i in call.params["axis"])
    y = OUT
    mean = terms.averaged(G, axes, ndim, keep=True)
    tilt = terms.product(y, terms.averaged(terms.product(G, y), axes, ndim, keep=True))
    above = terms.total(G, terms.negative(mean), terms.negative(tilt))
    spread = terms.total(terms.variance(terms.ref(0), axes, ndim), terms.number(call.params["eps"]))
    return Said(
        terms.quotient(above, terms.call("sqrt", spread)),
        "the mean and the variance move with every entry too: what shifts all entries alike, and "
        "what only stretches them, is taken off",
    )


@says("binary_cross_entropy")
def _binary(call: Call) -> Said | None:
    if call.i:
        return None
    p, y = terms.ref(0), terms.ref(1)
    value = call.value(0)
    if value is not None and (value * (1 - value) < 1e-12).any():
        return None
    below = terms.product(p, terms.total(terms.ONE, terms.negative(p)))
    return Said(
        terms.product(G, terms.quotient(terms.total(p, terms.negative(y)), below)),
        f"the slopes of the two logarithms, 1/{call.words[0]} and −1/(1 − {call.words[0]}), put "
        "over one denominator",
    )


@says("binary_cross_entropy_with_logits")
def _logistic(call: Call) -> Said | None:
    if call.i:
        return None
    z, y = call.words
    slope = terms.total(terms.call("sigmoid", terms.ref(0)), terms.negative(terms.ref(1)))
    return Said(
        terms.product(G, slope),
        f"the slope σ'({z}) of the sigmoid cancels against the logarithm's: probability σ({z}) "
        f"minus target {y} is left",
    )
