"""``explain``: what is asked for, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..node import Node
from ..tensor import Tensor
from ..viz.asked import checked
from ..viz.graph import names_of
from .reader import read
from .records import Explanation
from .words import Words, name_of


def explain(
    loss: Tensor, *, names: Mapping[str, Any] | None = None, max_lines: int = 100
) -> Explanation:
    """The chain rule of this very graph: a line per step of backward(), with shapes and reasons.

    The lines come from the rules that run. Results with a name (``z.named("z")``, or from names)
    have a line each; those without are folded into the next one, or are called t1, t2, … where
    that would be too long. It needs no values, so it also works after backward() has freed the
    graph. If loss is not a scalar, the gradients are those of the sum of its entries.

    Args:
        loss: a recorded result.
        names: names of Tensors and arrays, over those given by ``named``; ``locals()`` will do.
        max_lines: as many steps are explained, those nearest to the loss.

    Returns:
        an Explanation: ``print`` it; ``.lines`` has the steps, ``.latex()`` the formulas.

    Raises:
        DTypeError: loss is no Tensor, or names no mapping. GraphError: loss is a leaf or was not
            recorded. ArgumentError: max_lines is no int from 1 up.

    >>> import autograd_lite as ag
    >>> h = ag.Tensor([[1.0, 2.0]], name="h")
    >>> W, b = ag.Tensor([[1.0], [2.0]], requires_grad=True), ag.Tensor([0.0], requires_grad=True)
    >>> z = h @ W + b
    >>> E = ag.sigmoid(z).sum()
    >>> for line in ag.explain(E, names={"W": W, "b": b, "z": z, "E": E}).lines:
    ...     print(line.target, "=", line.rhs)
    ∂E/∂z = σ(z) ⊙ (1 − σ(z))
    ∂E/∂b = Σ_rows ∂E/∂z
    ∂E/∂W = hᵀ @ ∂E/∂z
    """
    t = checked(loss, names, "explain", max_lines=(max_lines, 1))
    root: Any = t._node
    output = _output(root, names or {})
    whole = output if root.size == 1 else f"Σ{output}"
    symbol = f"Re {whole}" if root.dtype.kind == "c" else whole
    found = read(root, names or {}, symbol, max_lines)
    notes = _notes(root, output, found.left, max_lines, found.words)
    return Explanation(output, tuple(found.lines), tuple(notes))


def _output(root: Node, names: Mapping[str, Any]) -> str:
    name = name_of(root, names_of(names, [root]))
    if name:
        return name
    return "out" if "L" in names else "L"


def _notes(root: Node, output: str, left: int, most: int, words: Words) -> list[str]:
    notes = []
    if left:
        more = "gradient is" if left == 1 else "gradients are"
        notes.append(f"… at least {left:,} more {more} left out: max_lines={most}.")
    if root.size != 1:
        sizes = "×".join(map(str, root.shape))
        notes.append(f"{output} is {sizes}: the gradients are those of the sum of its entries.")
    unnamed = [name for key, name in words.wanted.items() if type(key) is not Node]
    if unnamed:
        unnamed.sort(key=lambda name: (name[0], int(name[1:])))
        notes.append(
            f"{', '.join(unnamed[:8])}{', …' if len(unnamed) > 8 else ''}: "
            f"{'inputs' if len(unnamed) > 1 else 'an input'} without a name; pass names=locals()."
        )
    return notes
