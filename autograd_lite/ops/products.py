"""Products of vectors, matrices and stacks of them: matmul and its relatives, einsum."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError, ShapeError
from ..op import Sample
from ..primitive import composed, primitive, refuse_out
from ..protocols import whole
from .axes import axis_of
from .elementwise import multiply

__all__ = ["dot", "einsum", "inner", "matmul", "outer", "tensordot", "vdot"]


@primitive(
    numpy=np.matmul, linear="each", saves={"x": ("y",), "y": ("x",)}, family="matmul",
    samples=(
        Sample((2, 3), (3, 4)), Sample((3,), (3,)), Sample((2, 3), (3,)), Sample((3,), (3, 2)),
        Sample((5, 2, 3), (3, 4)), Sample((2, 3), (5, 3, 4)), Sample((5, 2, 3), (5, 3, 4)),
        Sample((4, 1, 2, 3), (5, 3, 2)), Sample((3,), (5, 3, 2)), Sample((5, 2, 3), (3,)),
        Sample((2, 0), (0, 3)), Sample((0, 2), (2, 3)), Sample((1, 1), (1, 1)),
        Sample((2, 3), (3, 2), complex=True),
    ),
)  # fmt: skip
def matmul(x: Any, y: Any) -> Any:
    """Matrix product, as ``x @ y``: 1-d arrays are vectors, leading axes stacks of matrices.

    Derivative: g @ yᵀ and xᵀ @ g, summed over stacks that were broadcast.

    Raises:
        ShapeError: the inner sizes differ.
    """
    # For plain matrices dot does the same in half the time.
    return x.dot(y) if x.ndim == 2 == y.ndim else np.matmul(x, y)


@matmul.vjp
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    if g.ndim == 2 == y.ndim:
        return g.dot(y.T)
    if len(y.shape) == 1:
        return g[..., None] * y
    if len(x.shape) == 1:
        return (y @ g[..., None])[..., 0]
    return g @ y.swapaxes(-1, -2)


@matmul.vjp("y")
def _(g: Any, out: Any, x: Any, y: Any) -> Any:
    if g.ndim == 2 == x.ndim:
        return x.T.dot(g)
    if len(x.shape) == 1:
        return g * x if len(y.shape) == 1 else x[:, None] * g[..., None, :]
    if len(y.shape) == 1:
        return (g[..., None, :] @ x)[..., 0, :]
    if len(y.shape) == 2:
        # One product of tall matrices instead of a sum over a stack of small ones.
        rows = math.prod(x.shape[:-1])
        return x.reshape(rows, x.shape[-1]).T @ g.reshape(rows, g.shape[-1])
    return x.swapaxes(-1, -2) @ g


@composed(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """``np.dot``: product of scalars, vectors, matrices; last axis of a, last but one of b.

    Derivative: g times the other factor; of matrices g @ bᵀ and aᵀ @ g.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda x: ag.dot(x, x))(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    refuse_out("dot", out)
    a, b = whole(a), whole(b)
    na, nb = np.ndim(a), np.ndim(b)
    if na == 0 or nb == 0:
        return multiply(a, b)
    if na <= 2 and nb <= 2:
        return matmul(a, b)
    return tensordot(a, b, ((na - 1,), (max(nb - 2, 0),)))


@composed(np.inner)
def inner(a: Any, b: Any) -> Any:
    """``np.inner``: products summed over the last axis of both.

    Derivative: g times the other factor, summed over the axes that are not its own.
    """
    a, b = whole(a), whole(b)
    na, nb = np.ndim(a), np.ndim(b)
    if na == 0 or nb == 0:
        return multiply(a, b)
    return tensordot(a, b, ((na - 1,), (nb - 1,)))


@composed(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    """``np.outer``: every entry of a times every entry of b, both flattened; shape (m, n).

    Derivative: g @ b and a @ g.
    """
    refuse_out("outer", out)
    return multiply(np.reshape(whole(a), (-1, 1)), np.reshape(whole(b), (1, -1)))


@composed(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    """``np.vdot``: Σ ā·b over the flattened arrays.

    Derivative: g times the other factor, a by way of its conjugate.
    """
    return matmul(np.conj(np.reshape(whole(a), -1)), np.reshape(whole(b), -1))


@composed(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """``np.tensordot``: products summed over axes, the last of a with the first of b if an int.

    Derivative: tensordot of g with the other factor, over its free axes.
    """
    a, b = whole(a), whole(b)
    sa, sb = np.shape(a), np.shape(b)
    if hasattr(axes, "__index__"):
        axes = operator.index(axes)
        of_a, of_b = tuple(range(len(sa) - axes, len(sa))), tuple(range(axes))
    else:
        of_a, of_b = (tuple(x) if np.ndim(x) else (int(x),) for x in axes)
    of_a = tuple(axis_of(i, len(sa), "tensordot") for i in of_a)
    of_b = tuple(axis_of(i, len(sb), "tensordot") for i in of_b)
    if tuple(sa[i] for i in of_a) != tuple(sb[i] for i in of_b):
        raise ShapeError(
            f"tensordot: got shapes {sa} and {sb} with axes {of_a} and {of_b}, whose sizes differ; "
            "name axes of equal sizes."
        )
    free_a = tuple(i for i in range(len(sa)) if i not in of_a)
    free_b = tuple(i for i in range(len(sb)) if i not in of_b)
    inner_size = int(np.prod([sa[i] for i in of_a], dtype=int))
    outer_a, outer_b = tuple(sa[i] for i in free_a), tuple(sb[i] for i in free_b)
    left = np.reshape(
        np.transpose(a, free_a + of_a), (int(np.prod(outer_a, dtype=int)), inner_size)
    )
    right = np.reshape(
        np.transpose(b, of_b + free_b), (inner_size, int(np.prod(outer_b, dtype=int)))
    )
    return np.reshape(matmul(left, right), outer_a + outer_b)


# -- einsum ------------------------------------------------------------------------------------


@primitive(
    linear="each", saves=("others",), name="einsum", view=True,
    samples=(
        Sample((2, 3), (3, 4), subscripts="ij,jk->ik"), Sample((2, 3), subscripts="ij->ji"),
        Sample((3, 3), subscripts="ii->"), Sample((3, 3), subscripts="ii->i"),
        Sample((2, 3), subscripts="ij->"), Sample((2, 3), (3,), subscripts="ij,j->"),
        Sample((2, 3), (3, 4), (4, 2), subscripts="ij,jk,ki->i"),
        Sample((3,), (3,), subscripts="i,j->ij"),
        Sample((2, 3, 3), subscripts="aii->a"), Sample((5, 2, 3), (3, 4), subscripts="bij,jk->bik"),
        Sample((3, 3), (3,), subscripts="ii,j->j"),
        Sample((2, 2), (2, 2), subscripts="ij,ij->ij", complex=True),
        Sample((2, 1), (2, 3), subscripts="ij,ij->i"),
    ),
)  # fmt: skip
def contraction(*operands: Any, subscripts: str, optimize: Any = False) -> Any:
    """einsum with explicit letters; see the function ``einsum``."""
    return np.einsum(subscripts, *operands, optimize=optimize)


@contraction.vjp
def _(g: Any, out: Any, *operands: Any, subscripts: str, optimize: Any, argnum: int) -> Any:
    inputs, result = subscripts.split("->")
    terms = inputs.split(",")
    mine, shape = terms[argnum], operands[argnum].shape
    arrays = [g, *(o for i, o in enumerate(operands) if i != argnum)]
    letters = [result, *(t for i, t in enumerate(terms) if i != argnum)]
    fresh = iter(sorted(set(_LETTERS) - set(subscripts)))
    wanted = ""
    for i, letter in enumerate(mine):
        if letter in wanted:
            # A repeated letter reads the diagonal: its cotangent lives there, so multiply by δ.
            other = next(fresh)
            arrays.append(np.eye(shape[i], dtype=g.dtype))
            letters.append(letter + other)
            letter = other
        elif letter not in "".join(letters):
            # A letter of this operand alone was summed out: its cotangent is the same all along.
            arrays.append(np.ones(shape[i], g.dtype))
            letters.append(letter)
        wanted += letter
    # A path that was given is one of other operands.
    optimize = optimize if isinstance(optimize, (bool, str)) else "greedy"
    return np.einsum(",".join(letters) + "->" + wanted, *arrays, optimize=optimize)


_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # in NumPy's order


@composed(np.einsum)
def einsum(
    *operands: Any,
    out: Any = None,
    dtype: Any = None,
    order: str = "K",
    casting: Any = "safe",
    optimize: Any = False,
) -> Any:
    """Einstein summation, as ``np.einsum``: ellipsis, implicit output, repeated and summed letters.

    Derivative: g contracted with the other operands, over each operand's own letters.

    Raises:
        ArgumentError: subscripts that do not fit the operands.

    >>> import numpy as np, autograd_lite as ag
    >>> ag.grad(lambda m: ag.einsum("ii", m))(np.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    """
    refuse_out("einsum", out)
    if optimize is not False and not isinstance(optimize, (bool, str)):
        optimize = tuple(optimize)
    if not operands:
        raise ArgumentError("einsum: got no arguments, expected subscripts and operands.")
    if isinstance(operands[0], str):
        subscripts, arrays = operands[0], operands[1:]
    else:
        subscripts, arrays = _from_lists(operands)
    arrays = tuple(a if hasattr(a, "shape") else np.asarray(a) for a in map(whole, arrays))
    if dtype is not None:
        for a in arrays:
            if not np.can_cast(a.dtype, dtype, casting):
                raise DTypeError(
                    f"einsum: got an operand of {a.dtype} for dtype={np.dtype(dtype)} with "
                    f"casting={casting!r}; convert it with astype, or pass another casting."
                )
        arrays = tuple(a.astype(dtype) for a in arrays)
    return contraction(
        *arrays, subscripts=_explicit(subscripts.replace(" ", ""), arrays), optimize=optimize
    )


def _from_lists(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    def spelled(sublist: Any) -> str:
        return "".join("..." if i is Ellipsis else _letter(i) for i in sublist)

    pairs = len(operands) // 2
    text = ",".join(spelled(operands[2 * i + 1]) for i in range(pairs))
    if len(operands) % 2:
        text += "->" + spelled(operands[-1])
    return text, operands[: 2 * pairs : 2]


def _letter(number: Any) -> str:
    try:
        i = operator.index(number)
    except TypeError:
        i = -1
    if not 0 <= i < len(_LETTERS):
        raise ArgumentError(
            f"einsum: got {number!r} in a list of subscripts, expected numbers from 0 to "
            f"{len(_LETTERS) - 1}, or an Ellipsis."
        )
    return _LETTERS[i]


def _explicit(subscripts: str, arrays: tuple[Any, ...]) -> str:
    """Subscripts with an output, and letters instead of ellipses."""
    left, arrow, result = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(arrays):
        raise ArgumentError(
            f"einsum: got {len(arrays)} operands for {len(terms)} terms in {subscripts!r}."
        )
    spare = [c for c in reversed(_LETTERS) if c not in subscripts]
    widths = [
        len(a.shape) - len(t.replace("...", "")) if "..." in t else 0
        for t, a in zip(terms, arrays, strict=True)
    ]
    for term, array, width in zip(terms, arrays, widths, strict=True):
        if width < 0 or ("..." not in term and len(term) != len(array.shape)):
            raise ArgumentError(
                f"einsum: got shape {tuple(array.shape)} for the term {term!r}, which names "
                f"{len(term.replace('...', ''))} axes."
            )
    most = max(widths)
    letters = "".join(spare[:most])
    terms = [
        t.replace("...", letters[most - w :] if w else "")
        for t, w in zip(terms, widths, strict=True)
    ]
    if arrow:
        if letters and "..." not in result:
            raise ArgumentError(
                f"einsum: got {subscripts!r}, whose '...' stands for axes that the output does not "
                "name; write '...' behind the arrow too, or sum the result."
            )
        result = result.replace("...", letters)
    else:
        together = "".join(terms)
        single = sorted(c for c in set(together) if together.count(c) == 1 and c not in letters)
        result = letters + "".join(single)
    return ",".join(terms) + "->" + result
