"""Terms: the right-hand side of a derivative as data, simplified while it is built.

A term is an operation and its arguments. Products and sums are kept flat, so that ``g·1``,
``x + x`` or ``a - a·a`` become what a book would print: ``g``, ``2·x``, ``a ⊙ (1 - a)``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

Shape = tuple[int, ...]


class Term(NamedTuple):
    """One operation: "ref", "number", "product", "sum", "power", "matmul", "transposed", …

    Attributes:
        op: what is done.
        args: terms, and what else the operation needs; per op in the functions that make them.
    """

    op: str
    args: tuple[Any, ...]


def ref(key: Hashable) -> Term:
    """A quantity with a name: what key means is the reader's affair."""
    return Term("ref", (key,))


def number(x: Any) -> Term:
    """A number; exact where it is a ratio of small integers."""
    return Term("number", (_exact(x),))


def _exact(x: Any) -> Any:
    if isinstance(x, (Fraction, complex)):
        return x
    if isinstance(x, int):
        return Fraction(int(x))
    value = float(x)
    if value - value != 0:  # inf or NaN
        return value
    near = Fraction(value).limit_denominator(100_000)
    return near if near and abs(float(near) - value) <= 4e-16 * abs(value) else _zero_or(value)


def _zero_or(value: float) -> Any:
    return value if value else Fraction(0)


ONE = number(1)


def product(*terms: Term) -> Term:
    """terms multiplied entry by entry: args (coefficient, factors, divisors)."""
    coefficient: Any = Fraction(1)
    above: dict[Term, int] = {}
    below: dict[Term, int] = {}
    for term in terms:
        if term.op == "number":
            coefficient = coefficient * term.args[0]
        elif term.op == "product":
            coefficient = coefficient * term.args[0]
            for factor in term.args[1]:
                _count(above, factor)
            for factor in term.args[2]:
                _count(below, factor)
        else:
            _count(above, term)
    if coefficient == 0:
        return number(0)
    factors, divisors = tuple(_counted(above)), tuple(_counted(below))
    if not factors and not divisors:
        return number(coefficient)
    if coefficient == 1 and len(factors) == 1 and not divisors:
        return factors[0]
    return Term("product", (_exact(coefficient), factors, divisors))


def _count(found: dict[Term, int], factor: Term) -> None:
    base, times = factor, 1
    if factor.op == "power" and isinstance(factor.args[1], int):
        base, times = factor.args
    found[base] = found.get(base, 0) + times


def _counted(found: dict[Term, int]) -> Iterator[Term]:
    return (base if n == 1 else Term("power", (base, n)) for base, n in found.items() if n)


def quotient(a: Term, b: Term) -> Term:
    """a / b, entry by entry."""
    if b.op == "number":
        return product(a, number(1 / b.args[0])) if b.args[0] else _over(a, (b,))
    if b.op == "product":
        coefficient, factors, divisors = b.args
        return product(_over(a, factors), number(1 / coefficient), *divisors)
    return _over(a, (b,))


def _over(a: Term, divisors: tuple[Term, ...]) -> Term:
    coefficient: Any = Fraction(1)
    factors: tuple[Term, ...] = (a,)
    already: tuple[Term, ...] = ()
    if a.op == "product":
        coefficient, factors, already = a.args
    elif a.op == "number":
        coefficient, factors = a.args[0], ()
    below: dict[Term, int] = {}
    for factor in (*already, *divisors):
        _count(below, factor)
    return Term("product", (coefficient, factors, tuple(_counted(below))))


def negative(a: Term) -> Term:
    """-a."""
    return product(number(-1), a)


def total(*terms: Term) -> Term:
    """terms added: args are the terms, none of them a sum."""
    parts: dict[Term, Any] = {}
    for term in terms:
        for part in term.args if term.op == "sum" else (term,):
            coefficient, rest = split(part)
            parts[rest] = parts.get(rest, 0) + coefficient
    found = tuple(product(number(c), rest) for rest, c in parts.items() if c)
    if len(found) < 2:
        return found[0] if found else number(0)
    return _factored(found) or Term("sum", found)


def split(term: Term) -> tuple[Any, Term]:
    """The coefficient of a term, and the rest."""
    if term.op == "number":
        return term.args[0], ONE
    if term.op == "product":
        coefficient, factors, divisors = term.args
        return coefficient, product(Term("product", (Fraction(1), factors, divisors)))
    return 1, term


def _factored(terms: tuple[Term, ...]) -> Term | None:
    """a - a² as a·(1 - a), the form in which everybody knows the slope of a sigmoid."""
    if len(terms) != 2:
        return None
    one, other = terms
    if other == negative(power(one, 2)) and one.op == "ref":
        return product(one, Term("sum", (ONE, negative(one))))
    return None


def power(a: Term, n: Any) -> Term:
    """a to the power of n, a number or a term."""
    if isinstance(n, Term) and n.op == "number":
        n = n.args[0]
    if isinstance(n, Term):
        return Term("power", (a, n))
    n = _exact(n)
    if isinstance(n, Fraction) and n.denominator == 1:
        n = int(n)
        if n == 0:
            return ONE
        if n < 0:
            return quotient(ONE, power(a, -n))
        if a.op == "power" and isinstance(a.args[1], int):
            return Term("power", (a.args[0], a.args[1] * n))
        if n == 1:
            return a
        if a.op == "number":
            return number(a.args[0] ** n)
    return Term("power", (a, n))


def matmul(a: Term, b: Term) -> Term:
    """a @ b, with numbers in front."""
    factor, a = _number_of(a)
    other, b = _number_of(b)
    return product(factor, other, Term("matmul", (a, b)))


def _number_of(term: Term) -> tuple[Term, Term]:
    """What numbers a term is multiplied with and divided by, and the rest."""
    if term.op != "product":
        return ONE, term
    coefficient, factors, divisors = term.args
    counts = tuple(d for d in divisors if d.op == "count")
    others = tuple(d for d in divisors if d.op != "count")
    rest = product(Term("product", (Fraction(1), factors, others)))
    if rest.op == "number":
        return ONE, term
    return product(Term("product", (coefficient, (), counts))), rest


def count(n: int) -> Term:
    """How many there are: a number that is left as it is, so that 2/6 does not become 1/3."""
    return Term("count", (n,)) if n != 1 else ONE


def variance(a: Term, axes: Shape, ndim: int) -> Term:
    """The variance of a over some of its axes, which are kept with size 1."""
    return Term("variance", (a, tuple(sorted(i % ndim for i in axes)), ndim, True))


def outer(a: Term, b: Term) -> Term:
    """Every entry of the vector a times every entry of the vector b."""
    return Term("outer", (a, b))


def transposed(a: Term) -> Term:
    """a with its last two axes exchanged."""
    if a.op == "transposed":
        inner: Term = a.args[0]
        return inner
    if a.op == "matmul":
        return matmul(transposed(a.args[1]), transposed(a.args[0]))
    factor, rest = _number_of(a)
    return product(factor, transposed(rest)) if factor != ONE else Term("transposed", (a,))


def summed(a: Term, axes: Shape | None, ndim: int, keep: bool = False, shape: Any = None) -> Term:
    """a, of ndim axes, summed over some of them; shape: what it is then reshaped to."""
    axes = tuple(range(ndim)) if axes is None else tuple(sorted(i % ndim for i in axes))
    if not axes:
        return a
    coefficient, rest = split(a)
    if coefficient == -1:  # −Σ a reads better than Σ −a
        return negative(Term("summed", (rest, axes, ndim, keep, shape)))
    return Term("summed", (a, axes, ndim, keep, shape))


def averaged(a: Term, axes: Shape, ndim: int, keep: bool = False) -> Term:
    """a, of ndim axes, averaged over some of them."""
    return Term("averaged", (a, tuple(sorted(i % ndim for i in axes)), ndim, keep))


def widened(a: Term, axes: Shape, ndim: int) -> Term:
    """a with new axes of size 1, so that it has ndim of them: ``a[:, None]``."""
    return Term("widened", (a, axes, ndim)) if axes and a.op != "number" else a


def ones(shape: Shape) -> Term:
    """An array of ones: what spreads a smaller factor over that shape."""
    return Term("ones", (shape,)) if shape else ONE


def call(name: str, *terms: Term, **params: Any) -> Term:
    """A function of terms; params are written after them."""
    return Term("call", (name, terms, tuple(params.items())))


def conjugated(a: Term) -> Term:
    """The complex conjugate of a."""
    if a.op == "call" and a.args[0] == "conjugate":
        inner: Term = a.args[1][0]
        return inner
    return call("conjugate", a)


def compared(sign: str, a: Term, b: Term) -> Term:
    """a > b and its like: 1 where it holds, 0 elsewhere."""
    return Term("compared", (sign, a, b))


def chosen(condition: Term, a: Term, b: Term) -> Term:
    """a where condition holds, b elsewhere."""
    if b == number(0):
        return product(a, condition)
    if a == number(0):
        opposite = _OPPOSITE.get(condition.args[0]) if condition.op == "compared" else None
        no = total(ONE, negative(condition))
        return product(b, compared(opposite, *condition.args[1:]) if opposite else no)
    return Term("chosen", (condition, a, b))


_OPPOSITE = {">": "≤", "<": "≥", "≥": "<", "≤": ">", "=": "≠", "≠": "="}


def indexed(a: Term, index: str, at: Any) -> Term:
    """a[index]: as it is written, and as it is."""
    return Term("indexed", (a, index, Held(at)))


class Held:
    """Something that need not be hashable, in a term: compared by what it writes."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and repr(self.value) == repr(other.value)

    def __hash__(self) -> int:
        return hash(repr(self.value))


def parts(term: Term) -> Iterator[Term]:
    """The terms directly within a term."""
    for arg in term.args:
        if isinstance(arg, Term):
            yield arg
        elif isinstance(arg, tuple):
            yield from (x for x in arg if isinstance(x, Term))


def keys(term: Term) -> set[Any]:
    """The keys of all refs in a term."""
    found: set[Any] = set()
    stack = [term]
    while stack:
        one = stack.pop()
        if one.op == "ref":
            found.add(one.args[0])
        stack.extend(parts(one))
    return found


def size(term: Term) -> int:
    """How many operations and refs a term is made of."""
    return 1 + sum(size(part) for part in parts(term))


_AGAIN: dict[str, Callable[..., Term]] = {
    "product": lambda c, above, below: quotient(
        product(number(c), *above), product(*below) if below else ONE
    ),
    "sum": total,
    "power": power,
    "transposed": transposed,
    "matmul": matmul,
    "chosen": chosen,
    "summed": summed,
    "widened": widened,
    "call": lambda name, inputs, params: (
        conjugated(*inputs) if name == "conjugate" else Term("call", (name, inputs, params))
    ),
}


def replaced(term: Term, by: Mapping[Any, Term]) -> Term:
    """term with refs replaced, by their keys, and simplified again."""
    if term.op == "ref":
        return by.get(term.args[0], term)
    args = tuple(
        replaced(x, by)
        if isinstance(x, Term)
        else tuple(replaced(y, by) if isinstance(y, Term) else y for y in x)
        if type(x) is tuple
        else x
        for x in term.args
    )
    again = _AGAIN.get(term.op)
    return Term(term.op, args) if again is None else again(*args)
