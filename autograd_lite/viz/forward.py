"""What a step of the forward pass does, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..node import Node
from . import label

# Of ops that most nets have; of the others, the first sentence of their documentation.
_SAID = {
    "matmul": "@ multiplies each row of the left with each column of the right and adds up.",
    "sigmoid": "σ(z) = 1/(1 + e⁻ᶻ) puts every entry between 0 and 1.",
    "tanh": "tanh puts every entry between −1 and 1.",
    "relu": "relu keeps what is positive; the rest becomes 0.",
    "softmax": "softmax makes positive numbers that add up to 1.",
    "log_softmax": "log_softmax is the log of the softmax, z − log Σ eᶻ, without overflow.",
    "cross_entropy": "Cross-entropy: −log of the probability that softmax gives the right label.",
    "mean": "The mean of the entries.",
    "sum": "The sum of the entries.",
    "square": "² squares every entry.",
    "negative": "Every entry changes its sign.",
    "exp": "e to the power of every entry.",
    "log": "The natural logarithm of every entry.",
    "sqrt": "The square root of every entry.",
    "getitem": "A part of the entries is read.",
    "reshape": "The same entries in another shape.",
    "transpose": "The same entries with the axes exchanged.",
    "subtract": "− works entry by entry.",
    "multiply": "* multiplies entry by entry, not row by column.",
    "divide": "/ works entry by entry.",
}


def said(nodes: Sequence[Node]) -> str:
    """Sentences for the nodes of one card, operands first.

    >>> import autograd_lite as ag
    >>> said([ag.tanh(ag.Tensor([1.0], requires_grad=True))._node])
    'tanh puts every entry between −1 and 1.'
    """
    sentences = []
    for node in nodes:
        name = node.op.name
        if name == "add":
            sentences.append(_sum(node))
        elif name in _SAID and (name != "matmul" or node.ndim > 1):
            sentences.append(_SAID[name])
        else:
            sentences.append(_documented(node))
    # Of a long expression the last ops are what the step is about.
    return " ".join([s for s in dict.fromkeys(sentences) if s][-4:])


def _sum(node: Node) -> str:
    shapes = [getattr(p, "shape", None) for p in node.parents]
    if len(node.shape) == 2 and any(s is not None and len(s) == 1 for s in shapes):
        return "The bias is added to every row."
    return "+ works entry by entry."


def _documented(node: Node) -> str:
    """The first sentence of an op's documentation."""
    doc = " ".join((node.op.doc or "").partition("Derivative:")[0].split()).replace("``", "")
    first = re.split(r"(?<=[^.\s])\.(?= |$)|; |: ", doc)[0].strip()
    return f"{label.clean(node.op.name, 24)}: {label.clean(first, 120)}." if first else ""
