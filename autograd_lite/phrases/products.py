"""What is said of matrix products: when @, when ᵀ, and why x and not W."""

from __future__ import annotations

from . import terms
from .call import Call, G, Said, bracketed, plural, says, sized
from .terms import Shape


@says("matmul")
def _matmul(call: Call) -> Said | None:
    shapes = [_known(call, 0), _known(call, 1)]
    a, b = shapes
    if a is None or b is None:
        return None
    j, other = call.other()
    term = _product(call, len(a), len(b))
    return Said(term, _why(call, other, shapes[call.i], shapes[j]))


def _product(call: Call, na: int, nb: int) -> terms.Term:
    x, y, first = terms.ref(0), terms.ref(1), call.i == 0
    if na == 1 == nb:
        return terms.product(G, y if first else x)
    if na == 1:
        if nb == 2:
            return terms.matmul(y, G) if first else terms.outer(x, G)
        row = _with_axis(call, len(call.shape) - 1)
        if first:
            return terms.matmul(row, terms.transposed(y))
        return terms.product(terms.widened(x, (1,), 2), row)
    if nb == 1:
        if na == 2:
            return terms.outer(G, y) if first else terms.matmul(terms.transposed(x), G)
        if first:
            return terms.product(_with_axis(call, len(call.shape)), y)
        return terms.matmul(_with_axis(call, len(call.shape) - 1), x)
    return terms.matmul(G, terms.transposed(y)) if first else terms.matmul(terms.transposed(x), G)


def _with_axis(call: Call, axis: int) -> terms.Term:
    return terms.widened(G, (axis,), len(call.shape) + 1)


def _known(call: Call, j: int) -> Shape | None:
    """The shape of an input, from the others where it was dropped."""
    shape, other, out = call.shapes[j], call.shapes[1 - j], call.shape
    if shape is not None or other is None:
        return shape
    if len(other) == 2 and len(out) == 2:
        return (out[0], other[0]) if j == 0 else (other[1], out[1])
    if len(other) == 1 and len(out) == 1:
        return (*out, other[0]) if j == 0 else (other[0], *out)
    if len(out) == 1:  # a vector beside a matrix
        return other[:1] if j == 0 else other[1:]
    return other if not out else None


def _why(call: Call, other: str, mine: Shape | None, partner: Shape | None) -> str:
    if mine is None or partner is None:
        return ""
    word, out = call.word, call.out
    if len(mine) == 1 == len(partner):
        both = f"{bracketed(call.words[0])} ⊙ {bracketed(call.words[1])}"
        return f"{out} is the sum of {both}: its slopes in {word} are {other}"
    linear = f"{out} is linear in {word}, and its coefficients are {other}"
    turned = other.removesuffix(".T") if other.endswith(".T") else f"{bracketed(other)}ᵀ"
    if len(mine) == 1 and len(partner) == 2 and call.i == 1:
        return f"{linear}: {turned} @ adds up over the {plural(partner[0], 'row')}"
    if len(partner) == 1 or len(mine) == 1:
        return f"{linear}: put together they have the shape {sized(mine)} of {word}"
    if call.i == 0:
        columns = plural(call.shape[-1], "column")
        way = f"@ {turned} leads from the {columns} of {out} back to the {mine[-1]} of {word}"
    else:
        way = f"{turned} @ adds up over the {plural(call.shape[-2], 'row')}"
    if not len(mine) == len(partner) == 2:
        return f"{linear}: {way}, batch by batch"
    g, other_size = sized(call.shape), sized(partner[::-1])
    sizes = f"{g} @ {other_size}" if call.i == 0 else f"{other_size} @ {g}"
    return f"{linear}: {way}, and {sizes} gives {sized(mine)}, the shape of {word}"


@says("linear")
def _linear(call: Call) -> Said | None:
    x, weight, bias = call.words
    shape = call.shapes[0] or (*call.shape[:-1], 0)
    ndim = len(call.shape)
    lead = tuple(range(ndim - 1))
    rows = "rows" if ndim == 2 else "leading axes"
    if call.i == 0:
        why = (
            f"{call.out} is linear in {x}, and its coefficients are {weight}: it stood transposed "
            f"in {bracketed(x)} @ {bracketed(weight)}ᵀ, so it does not here"
        )
        return Said(terms.matmul(G, terms.ref(1)), why)
    if call.i == 1:
        why = (
            f"{call.out} is linear in {weight}, and its coefficients are {x}: the product adds up "
            f"over the {rows} and gives {sized(call.mine)}, the shape of {weight}"
        )
        if len(shape) == 1:
            return Said(terms.outer(G, terms.ref(0)), why)
        product = terms.matmul(terms.transposed(G), terms.ref(0))
        return Said(terms.summed(product, lead[:-1], ndim), why)
    count = "the only row" if call.shape[:-1] == (1,) else f"every place along the {rows}"
    if ndim == 2 and call.shape[0] > 1:
        count = f"every one of the {call.shape[0]} rows"
    why = f"{bias} was added to {count}, so its gradient is the sum over {rows}"
    if ndim == 1:
        return Said(G, f"{bias} is only added: what arrives at {call.out} is its gradient")
    return Said(terms.summed(G, lead, ndim), why)


@says("conv2d", "conv2d_bias")
def _convolution(call: Call) -> Said | None:
    image, kernel = call.words[:2]
    if call.i == 0:
        return Said(
            terms.call("conv2d_input", G, terms.ref(1)),
            f"a pixel of {image} met an entry of {kernel} in every window over it, and each sends "
            f"back {call.g} times that entry: a convolution with {kernel} turned round",
        )
    if call.i == 1:
        return Said(
            terms.call("conv2d_weight", terms.ref(0), G),
            f"each entry of {kernel} is used in every window, so its gradient adds up, over all of "
            f"them, {call.g} times the pixel of {image} that lay under it",
        )
    axes = (0, 2, 3)
    why = (
        f"each entry of {call.words[2]} was added at every place of its channel in all images, so "
        "its gradient is the sum over images and places"
    )
    return Said(terms.summed(G, axes, 4), why)
