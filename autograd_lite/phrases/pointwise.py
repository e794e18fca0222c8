"""What is said of functions that work entry by entry: the slope at each entry, times what arrives.

Their terms are read from the rules; only the reasons are written here.
"""

from __future__ import annotations

import numpy as np

from . import terms
from .call import OUT, Call, G, Said, bracketed, is_number, is_ours, says
from .terms import Term, keys

# The slopes that are written with the value after the op; a stands for it, z for the one before.
_SLOPES = {
    "sigmoid": "σ'({z}) = {a}(1 − {a})",
    "tanh": "tanh'({z}) = 1 − {a}²",
    "exp": "exp'({z}) = {a}",
    "sqrt": "(√{z})' = 1/(2·{a})",
    "tan": "tan'({z}) = 1 + {a}²",
    "reciprocal": "(1/{z})' = −{a}²",
}

_CALLED = {"sigmoid": "the sigmoid", "sqrt": "the root"}


def why(call: Call, term: Term) -> str:
    """Why a pointwise op's gradient is this term."""
    ours = is_ours(call.node, call.i)
    if call.name in _REASONS and ours:
        return _reason(call)
    read = keys(term) - {"g"}
    if term == G:
        return f"{call.out} changes as {call.word} does: the slope is 1"
    if term == terms.negative(G):
        return f"{call.out} falls as {call.word} grows: the slope is −1"
    if term == terms.number(0):
        return f"{call.out} does not change when {call.word} changes a little: the slope is 0"
    how = ", and acts entry by entry: ⊙, not @" if call.shape else ""
    name = _CALLED.get(call.name, call.name)
    if "out" in read and call.i not in read:
        known = _SLOPES.get(call.name) if ours else None
        slope = f" {known.format(a=bracketed(call.out), z=call.word)}" if known else ""
        return f"the slope{slope} takes {call.out}, the value after {name}, not {call.word}{how}"
    if call.i in read:
        return f"the slope takes {call.word}, the value before {name}{how}"
    return "a constant factor"


def _reason(call: Call) -> str:
    if call.name == "multiply" and call.words[0] == call.words[1]:
        return f"{call.word} stands in both factors: the product rule adds up two uses"
    j = 1 - call.i if len(call.words) == 2 else 0
    divides = call.name == "divide" and call.i == 0
    if (call.name == "multiply" or divides) and is_number(call.words[j]):
        kind = "factor" if call.name == "multiply" else "divisor"
        return f"the constant {kind} {call.words[j]} stays"
    pattern = _REASONS[call.name]
    text = pattern[min(call.i, len(pattern) - 1)]
    x, y = (*(bracketed(w) if text.count("/") else w for w in call.words), "")[:2]
    return text.format(out=call.out, x=x, y=y, g=call.g, mine=call.word)


# By op, per input; x and y are what the inputs are called.
_REASONS: dict[str, tuple[str, ...]] = {
    "add": ("{out} = {x} + {y}: a sum passes what arrives on to both, unchanged",),
    "subtract": (
        "{out} = {x} − {y} grows with {x}: what arrives passes unchanged",
        "{out} = {x} − {y} falls as {y} grows: the sign changes",
    ),
    "multiply": (
        "{out} is linear in {x}, with slope {y}",
        "{out} is linear in {y}, with slope {x}",
    ),
    "divide": (
        "{x}/{y} is linear in {x}, with slope 1/{y}",
        "the slope of {x}/{y} in {y} is −{x}/{y}², which is −{out}/{y}",
    ),
    "negative": ("the sign changes on the way back too",),
    "square": ("the slope of u² is 2·u, here with u = {x}",),
    "power_constant": ("the exponent comes down as a factor and goes down by one",),
    "log": ("the slope of log {x} is 1/{x}",),
    "absolute": ("the slope of |{x}| is 1 on the right of 0, −1 on the left, and 0 at 0",),
    "relu": (
        "the slope is 1 where {out} > 0 (there {x} is too), else 0, and acts entry by entry: ⊙, "
        "not @",
    ),
    "where": (
        "",
        "the gradient goes where {mine} was chosen, and nowhere else",
        "the gradient goes where {mine} was chosen, and nowhere else",
    ),
    "clip": ("inside the bounds (they included) nothing was changed: slope 1; outside, slope 0",),
    "astype": ("only the number format changed",),
}


@says("maximum", "minimum")
def _larger(call: Call) -> Said:
    mine, other = terms.ref(call.i), terms.ref(1 - call.i)
    sign = ">" if call.name == "maximum" else "<"
    slope = terms.compared(sign, mine, other)
    x, y = call.value(0), call.value(1)
    if x is not None and y is not None and np.any(x == y):
        half = terms.product(terms.number(0.5), terms.compared("=", mine, other))
        slope = terms.total(slope, half)
    which = "larger" if call.name == "maximum" else "smaller"
    return Said(
        terms.product(G, slope),
        f"only the {which} of the two moves {call.out}; at a tie each gets half",
    )


@says("scale_and_shift")
def _affine(call: Call) -> Said:
    x, scale = call.words[:2]
    if call.i == 0:
        return Said(
            terms.product(G, terms.ref(1)), f"{call.out} is linear in {x}, with slope {scale}"
        )
    if call.i == 1:
        return Said(
            terms.product(G, terms.ref(0)), f"{call.out} is linear in {scale}, with slope {x}"
        )
    return Said(G, "")


@says("hypot")
def _hypot(call: Call) -> Said | None:
    out = call.result()
    if out is not None and np.any(out == 0):
        return None
    return Said(
        terms.product(G, terms.quotient(terms.ref(call.i), OUT)),
        f"the slope is the share {call.word}/{call.out} of the length",
    )


@says("fmax", "fmin")
def _larger_number(call: Call) -> Said | None:
    values = [call.value(0), call.value(1)]
    if any(x is not None and np.isnan(x).any() for x in values):
        return None
    mine, other = terms.ref(call.i), terms.ref(1 - call.i)
    slope = terms.compared(">" if call.name == "fmax" else "<", mine, other)
    if values[0] is not None and values[1] is not None and np.any(values[0] == values[1]):
        return None
    which = "larger" if call.name == "fmax" else "smaller"
    return Said(
        terms.product(G, slope),
        f"only the {which} of the two moves {call.out}, and what is beside a NaN; at a tie each "
        "gets half",
    )


@says("power")
def _power(call: Call) -> Said | None:
    x, y = terms.ref(0), terms.ref(1)
    base, exponent = call.value(0), call.value(1)
    if any(v is not None and np.any(v == 0) for v in (base, exponent)):
        return None
    if call.i == 0:
        less = terms.total(y, terms.number(-1))
        why = "the exponent comes down as a factor and goes down by one"
        return Said(terms.product(G, y, terms.power(x, less)), why)
    words = bracketed(call.words[0])
    return Said(
        terms.product(G, OUT, terms.call("log", x)),
        f"{words}^u = exp(u·log {words}) has the slope log {words} times itself",
    )


@says("arctan")
def _arctan(call: Call) -> Said:
    below = terms.total(terms.ONE, terms.power(terms.ref(0), 2))
    return Said(terms.quotient(G, below), "the slope of arctan u is 1/(1 + u²)")


@says("arctan2")
def _arctan2(call: Call) -> Said | None:
    x, y = terms.ref(0), terms.ref(1)
    a, b = call.value(0), call.value(1)
    if a is not None and b is not None and np.any((a == 0) & (b == 0)):
        return None
    above = y if call.i == 0 else terms.negative(x)
    below = terms.total(terms.power(x, 2), terms.power(y, 2))
    return Said(
        terms.product(G, terms.quotient(above, below)),
        f"turning the point ({call.words[1]}, {call.words[0]}) by moving {call.word}",
    )


@says("leaky_relu", "elu")
def _leaky(call: Call) -> Said:
    x = terms.ref(0)
    if call.name == "elu":
        low = terms.product(terms.number(call.params["alpha"]), terms.call("exp", x))
    else:
        low = terms.number(call.params["negative_slope"])
    slope = terms.chosen(terms.compared(">", x, terms.number(0)), terms.ONE, low)
    return Said(
        terms.product(G, slope),
        f"right of 0 the slope is 1, left of it another one: it takes {call.word}, the value "
        f"before {call.name}",
    )


@says("logaddexp")
def _log_of_sum(call: Call) -> Said | None:
    if any(v is not None and not np.isfinite(v).all() for v in (call.value(0), call.value(1))):
        return None
    apart = terms.total(terms.ref(call.i), terms.negative(terms.ref(1 - call.i)))
    return Said(
        terms.product(G, terms.call("sigmoid", apart)),
        f"the slope is the share of exp({call.word}) in the sum",
    )
