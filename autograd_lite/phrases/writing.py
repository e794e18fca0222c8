"""Terms written out: as a line of readable text, as LaTeX, as pieces for a drawing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from . import numbers
from .scope import Scope, Word
from .terms import Term

# How tightly a writing binds: sums, products, what has a prefix, ∂L/∂z, and whatever is whole.
SUM, PRODUCT, PREFIX, SLASHED, WHOLE = range(1, 6)
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SHORT = {
    "sigmoid": "σ", "logsumexp_shares": "shares", "conjugate": "conj", "arcsin": "arcsin",
    "norm_2": "norm", "erf": "erf",
}  # fmt: skip

_MEANS = {"averaged": "mean", "variance": "var"}

# A writing is tokens, strings or words, and how tightly it binds.
Token = str | Word
Written = tuple[tuple[Token, ...], int]


def flat(tokens: Sequence[Token]) -> str:
    """Tokens as one string."""
    return "".join(t if isinstance(t, str) else _shown(t) for t in tokens)


def _shown(word: Word) -> str:
    return word.text + ("ᵀ" if word.kind.endswith("ᵀ") else "")


def level_of(text: str) -> int:
    """How tightly a word binds that may be an expression.

    >>> [level_of(x) for x in ("W1", "∂L/∂z", "x @ W", "a + b", "σ(z + 1)")]
    [5, 4, 2, 1, 5]
    """
    outside, depth = [], 0
    for c in text:
        depth -= c in ")]"
        if not depth:
            outside.append(c)
        depth += c in "(["
    plain = "".join(outside)
    if plain.startswith("∂") and " " not in plain:
        return SLASHED
    if " + " in plain or " − " in plain or " - " in plain:
        return SUM
    if " " in plain or "/" in plain or "·" in plain:
        return PRODUCT
    return PREFIX if plain.startswith(("−", "-", "Σ")) else WHOLE


class Text:
    """Writes terms as text, or (see ``Latex``) as something else."""

    times, dot, plus, minus = " ⊙ ", " · ", " + ", " − "

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def line(self, term: Term) -> str:
        """The whole term."""
        return flat(self.write(term)[0])

    def write(self, term: Term) -> Written:
        """A term's tokens, and how tightly they bind."""
        how: Callable[[Term], Written] = getattr(self, f"_{term.op}")
        return how(term)

    def within(self, term: Term, level: int) -> tuple[Token, ...]:
        """A term's tokens, in brackets if it binds less tightly than level."""
        tokens, own = self.write(term)
        if own >= level:
            return tokens
        if self.scope.has_gradient(term):
            return self.bracketed(tokens)
        return (flat(self.bracketed(tokens)),)

    def bracketed(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Tokens in round brackets."""
        return "(", *tokens, ")"

    # -- refs and numbers --------------------------------------------------------------------

    def _ref(self, term: Term) -> Written:
        word = self.scope.words[term.args[0]]
        return (word,), level_of(word.text)

    def _number(self, term: Term) -> Written:
        x = term.args[0]
        text = numbers.written(x)
        whole = not isinstance(x, Fraction) or "/" not in text
        if numbers.is_negative(x):
            return (f"−{text}",), SUM
        return (text,), WHOLE if whole and "/" not in text and " " not in text else PRODUCT

    def _count(self, term: Term) -> Written:
        return (str(term.args[0]),), WHOLE

    def _ones(self, term: Term) -> Written:
        return (f"ones{_tuple(term.args[0])}",), WHOLE

    # -- sums and products -------------------------------------------------------------------

    def _sum(self, term: Term) -> Written:
        tokens: tuple[Token, ...] = ()
        for i, part in enumerate(term.args):
            written = self.write(part)[0]
            if not (isinstance(written[0], str) and written[0].startswith("−")):
                written = self.within(part, PRODUCT)
            first = written[0]
            if isinstance(first, str) and first.startswith("−") and i:
                written = (self.minus, first[1:], *written[1:])
            elif i:
                written = (self.plus, *written)
            tokens += tuple(t for t in written if t != "")
        return tokens, SUM

    def _product(self, term: Term) -> Written:
        coefficient, factors, divisors = term.args
        factors = self.needed(factors, divisors)
        if coefficient == 1 and len(factors) == 1 and not divisors:
            return self.write(factors[0])
        sign = ("−",) if numbers.is_negative(coefficient) else ()
        above, below = self.ratio(coefficient, divisors)
        first, rest = self.ordered(factors)
        alone = abs(coefficient) == 1 and len(factors) == 1 and not divisors
        tokens: tuple[Token, ...] = self.within(first[0], PREFIX) if alone and first else ()
        tokens = tokens or self.row(first)
        if above and tokens and not rest:
            tokens = self.numbered(above, tokens)
        elif rest or not tokens:
            scalar = self.scope.shape(Term("product", (Fraction(1), first, ()))) == ()
            scaled = self.scaled(above, rest)
            scalar = scalar or self.is_scalar(rest)
            tokens += ((self.dot if scalar else self.times) if tokens else "", *scaled)
        tokens = sign + tuple(t for t in tokens if t != "")
        if below:
            tokens += (*self.over(tokens), *self.divisor(below))
        return tokens, PRODUCT

    def ratio(self, coefficient: Any, divisors: tuple[Term, ...]) -> tuple[str, tuple[Any, ...]]:
        """What stands in front of a product, "" for 1, and what it is divided by."""
        if isinstance(coefficient, Fraction):
            x = abs(coefficient)
            if divisors or not numbers.is_decimal(x):
                above = "" if x.numerator == 1 else str(x.numerator)
                return above, (*((str(x.denominator),) if x.denominator > 1 else ()), *divisors)
        above, by = self.named(coefficient)
        return above, ((by,) if by else ()) + divisors

    def named(self, x: Any) -> tuple[str, str]:
        """A number as a numerator and a denominator, either of them "" for 1."""
        text = numbers.written(x)
        named = any(c in text for c in ("π", "ln", "√"))
        above, _, below = text.partition("/") if named else (text, "", "")
        return "" if above == "1" else above, below

    def needed(self, factors: tuple[Term, ...], divisors: tuple[Term, ...]) -> tuple[Term, ...]:
        """factors without the ones that the others make superfluous."""
        others = tuple(f for f in factors if f.op != "ones")
        shape = self.scope.shape(Term("product", (Fraction(1), others, divisors)))
        return others + tuple(f for f in factors if f.op == "ones" and f.args[0] != shape)

    def ordered(self, factors: tuple[Term, ...]) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """factors in which a gradient comes in, and the others."""
        first = tuple(f for f in factors if self.scope.has_gradient(f))
        return first, tuple(f for f in factors if not self.scope.has_gradient(f))

    def is_scalar(self, factors: tuple[Term, ...]) -> bool:
        """Whether all of these factors are single numbers."""
        return all(self.scope.shape(f) == () for f in factors)

    def row(self, factors: tuple[Term, ...]) -> tuple[Token, ...]:
        """factors with the signs of multiplication between them."""
        tokens: tuple[Token, ...] = ()
        for i, factor in enumerate(factors):
            if i:
                scalar = self.is_scalar(factors[:i]) or self.is_scalar((factor,))
                tokens += (self.dot if scalar else self.times,)
            tokens += self.within(factor, SLASHED)
        return tokens

    def scaled(self, above: str, factors: tuple[Term, ...]) -> tuple[Token, ...]:
        """factors with a number in front."""
        tokens = self.row(factors)
        return self.numbered(above, tokens) if above and tokens else tokens or (above or "1",)

    def numbered(self, above: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """tokens with a number in front: ``2(a − b)``, ``2·a``."""
        tight = isinstance(tokens[0], str) and tokens[0].startswith("(") and above.isdigit()
        return (above if tight else f"{above}·", *tokens)

    def over(self, tokens: tuple[Token, ...]) -> tuple[str]:
        """The sign of division, with room around it beside a ∂L/∂z."""
        last = tokens[-1]
        return (" / ",) if isinstance(last, Word) and "/" in last.text else ("/",)

    def divisor(self, below: tuple[Any, ...]) -> tuple[Token, ...]:
        """What a product is divided by, its number first."""
        if len(below) == 1:
            return (below[0],) if isinstance(below[0], str) else self.within(below[0], WHOLE)
        text = "·".join(b if isinstance(b, str) else flat(self.within(b, SLASHED)) for b in below)
        return (f"({text})",)

    def _power(self, term: Term) -> Written:
        base = self.within(term.args[0], WHOLE)
        n = term.args[1]
        if isinstance(n, int):
            return (*base, str(n).translate(_RAISED)), WHOLE
        exponent = self.within(n, WHOLE) if isinstance(n, Term) else (_exponent(n),)
        return (*base, "^", *exponent), WHOLE

    def _matmul(self, term: Term) -> Written:
        a, b = term.args
        return (*self.within(a, SLASHED), " @ ", *self.within(b, SLASHED)), PRODUCT

    def _outer(self, term: Term) -> Written:
        a, b = (self.write(x)[0] for x in term.args)
        return ("outer(", *a, ", ", *b, ")"), WHOLE

    def _transposed(self, term: Term) -> Written:
        inner = self.within(term.args[0], WHOLE)
        if len(inner) == 1 and isinstance(inner[0], Word):
            return (inner[0]._replace(kind=inner[0].kind + "ᵀ"),), WHOLE
        return (*inner, "ᵀ"), WHOLE

    # -- axes --------------------------------------------------------------------------------

    def _summed(self, term: Term) -> Written:
        inner, axes, ndim, keep, _ = term.args
        if keep:
            return (f"sum_{axes_word(axes, ndim) or 'all'}(", *self.write(inner)[0], ")"), WHOLE
        word = axes_word(axes, ndim)
        return (f"Σ_{word} " if word else "Σ ", *self.within(inner, SLASHED)), PREFIX

    def _averaged(self, term: Term) -> Written:
        inner, axes, ndim, _ = term.args
        word = axes_word(axes, ndim)
        name = f"{_MEANS[term.op]}_{word}(" if word else f"{_MEANS[term.op]}("
        return (name, *self.write(inner)[0], ")"), WHOLE

    _variance = _averaged

    def _widened(self, term: Term) -> Written:
        inner, axes, ndim = term.args
        index = ", ".join("None" if i in axes else ":" for i in range(ndim))
        return (*self.within(inner, WHOLE), f"[{index}]"), WHOLE

    def _indexed(self, term: Term) -> Written:
        return (*self.within(term.args[0], WHOLE), f"[{term.args[1]}]"), WHOLE

    def _scattered(self, term: Term) -> Written:
        inner, index, _, shape = term.args
        return (f"zeros{_tuple(shape)}[{index}] += ", *self.write(inner)[0]), SUM

    def _rule(self, term: Term) -> Written:
        name, *gs = term.args
        tokens: tuple[Token, ...] = (f"the rule of {name} applied to ",)
        for i, g in enumerate(gs):
            tokens += ((" and ",) if i else ()) + self.write(g)[0]
        return tokens, SUM

    # -- functions and conditions ------------------------------------------------------------

    def _call(self, term: Term) -> Written:
        name, inputs, params = term.args
        if name in ("absolute", "fabs"):
            return ("|", *self.write(inputs[0])[0], "|"), WHOLE
        if name == "sqrt":
            return ("√", *self.within(inputs[0], WHOLE)), WHOLE
        head = f"{_SHORT.get(name, name)}("
        if name == "einsum":
            head, params = f"einsum('{dict(params)['subscripts']}', ", ()
        tokens: list[Token] = [head]
        for i, part in enumerate(inputs):
            tokens += [", "] if i else []
            tokens += self.write(part)[0]
        plain = ("shape", "axes")  # positional in NumPy
        written = [f"{'' if k in plain else k + '='}{_value(v)}" for k, v in params if k[0] != "_"]
        if written:
            tokens.append((", " if inputs else "") + ", ".join(written))
        return (*tokens, ")"), WHOLE

    def _compared(self, term: Term) -> Written:
        sign, a, b = term.args
        inner = (*self.within(a, PRODUCT), f" {sign} ", *self.within(b, PRODUCT))
        return (f"({flat(inner)})",), WHOLE

    def _chosen(self, term: Term) -> Written:
        tokens: tuple[Token, ...] = ("where(",)
        for i, part in enumerate(term.args):
            written = self.write(part)[0]
            if part.op == "compared":
                written = (flat(written)[1:-1],)
            tokens += ((", ",) if i else ()) + written
        return (*tokens, ")"), WHOLE


def axes_word(axes: tuple[int, ...], ndim: int) -> str:
    """What a sum runs over: "rows", "columns", "axis 2"; "" for everything.

    >>> axes_word((0,), 2), axes_word((1,), 2), axes_word((0, 1), 2), axes_word((0, 2), 3)
    ('rows', 'columns', '', 'axes(0, 2)')
    """
    if len(axes) == ndim:
        return ""
    if ndim == 2:
        return "rows" if axes == (0,) else "columns"
    numbers_ = ", ".join(map(str, axes))
    return f"axis({numbers_})" if len(axes) == 1 else f"axes({numbers_})"


def _tuple(shape: tuple[int, ...]) -> str:
    return str(tuple(int(n) for n in shape))


def _exponent(n: Any) -> str:
    text = numbers.written(n)
    text = f"−{text}" if numbers.is_negative(n) else text
    return f"({text})" if "/" in text else text


def _value(x: Any) -> str:
    whole = isinstance(x, tuple) and all(isinstance(n, int) for n in x)
    return _tuple(x) if whole else str(x)
