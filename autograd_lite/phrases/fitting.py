"""From what a rule returns to the gradient of an input: what the walk adds to every rule.

It sums over the axes along which the input was broadcast, and takes the real part where a real
input met complex numbers.
"""

from __future__ import annotations

import math

from . import terms
from .call import Call, Said, plural
from .scope import POINTWISE
from .terms import Shape, Term, keys, parts, replaced
from .writing import axes_word

# What is summed is the gradient itself: there is nothing else to say.
_PLAIN = frozenset(("add", "subtract", "scale_and_shift", "broadcast_to"))
_VERBS = {
    "add": "was added to", "subtract": "was subtracted from", "multiply": "was multiplied with",
    "scale_and_shift": "was added to", "divide": "was used for",
}  # fmt: skip


def fitted(call: Call, said: Said) -> Said | None:
    """The gradient of the input: the rule's term summed over axes, or spread over them.

    None where it cannot be said for complex numbers.
    """
    term, why = _in_users_convention(call, said.term), said.why
    if term is None:
        return None
    if term.op == "number" and term.args[0] == 0:
        return Said(term, why)
    shape = call.scope().shape(term) if said.shape is None else said.shape
    if call.node.op.pointwise:
        shape = call.shape
    to = call.mine
    if shape is None or shape == to:
        return Said(term, why)
    lead = len(shape) - len(to)
    axes = tuple(range(max(lead, 0)))
    axes += tuple(
        i + lead for i, n in enumerate(to) if n == 1 and i + lead >= 0 and shape[i + lead] != 1
    )
    if axes:
        term = terms.summed(term, axes, len(shape), shape=to)
        reason = _why_summed(call, shape, axes)
        why = reason if call.name in _PLAIN else f"{why}; {reason}" if why else reason
        shape = to
    if shape != to:
        term = terms.product(term, terms.ones(to))
    return Said(term, why)


def _why_summed(call: Call, shape: Shape, axes: Shape) -> str:
    verb = _VERBS.get(call.name, "was used for")
    if (call.name, call.i) == ("subtract", 0):
        verb = "was used for"
    if (call.name, call.i) == ("scale_and_shift", 1):
        verb = "was multiplied with"
    whole = "minus the sum" if (call.name, call.i) == ("subtract", 1) else "the sum"
    word = axes_word(axes, len(shape))
    if not word:
        count = math.prod(shape)
        each = f"each of the {plural(count, 'entry')}".replace("entrys", "entries")
        return f"{call.word} {verb} {each}, so its gradient is {whole} over them all"
    if word in ("rows", "columns"):
        count = shape[axes[0]]
        each = f"every one of the {count} {word}" if count > 1 else f"the only {word[:-1]}"
        return f"{call.word} {verb} {each}, so its gradient is {whole} over {word}"
    count = math.prod(shape[i] for i in axes)
    return (
        f"{call.word} {verb} {plural(count, 'place')} along {word} (broadcast), so its gradient is "
        f"{whole} over {word}"
    )


def _in_users_convention(call: Call, term: Term) -> Term | None:
    """A rule's term, a plain transpose, for gradients ∂L/∂Re + i ∂L/∂Im: conjugates come in.

    None where a function in it is not known to give the conjugate for the conjugate.
    """
    complex_ones = {j for j in range(len(call.words)) if call.kind(j) == "c"}
    whole = call.node.dtype.kind == "c"
    if not complex_ones and not whole:
        return term
    if not _commutes(term):
        return None
    others = {
        key: terms.conjugated(terms.ref(key))
        for key in keys(term)
        if key in complex_ones or (key == "out" and whole)
    }
    term = replaced(_conjugated_numbers(term), others)
    return term if call.i in complex_ones else terms.call("real", term)


def _commutes(term: Term) -> bool:
    if term.op in ("compared", "chosen"):
        return False
    if term.op == "call" and term.args[0] not in POINTWISE | _LINEAR:
        return False
    return all(_commutes(part) for part in parts(term))


_LINEAR = {
    "reshape", "transpose", "flip", "conv2d_input", "conv2d_weight", "einsum", "solve",
    "cofactors", "prod_others",
}  # fmt: skip


def _conjugated_numbers(term: Term) -> Term:
    args = tuple(
        _conjugated_numbers(x)
        if isinstance(x, Term)
        else tuple(_conjugated_numbers(y) if isinstance(y, Term) else y for y in x)
        if type(x) is tuple
        else x.conjugate()
        if isinstance(x, complex)
        else x
        for x in term.args
    )
    return Term(term.op, args)
