"""Terms written as LaTeX, for math mode."""

from __future__ import annotations

import re
from fractions import Fraction

from . import numbers
from .terms import Term
from .writing import (
    PREFIX,
    PRODUCT,
    SLASHED,
    WHOLE,
    Text,
    Token,
    Written,
    axes_word,
    flat,
    level_of,
)

_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "eta",
    "θ": "theta", "λ": "lambda", "μ": "mu", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "phi", "ψ": "psi", "ω": "omega", "Σ": "Sigma", "Ω": "Omega", "Δ": "Delta",
}  # fmt: skip
_SPECIAL = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "%": r"\%", "#": r"\#", "&": r"\&",
    "_": r"\_", "^": r"\wedge ", "~": r"\sim ", "@": r"\,", "⊙": r"\odot ", "·": r"\cdot ",
    "−": "-", "∂": r"\partial ", "ᵀ": r"^{\top}", "²": "^{2}", "³": "^{3}", "…": r"\ldots ",
    "√": r"\surd ", "≥": r"\geq ", "≤": r"\leq ", "≠": r"\neq ", "*": r"\ast ",
    "Σ": r"\Sigma ", "‖": r"\Vert ",
}  # fmt: skip
_SIGNS = {"≥": r"\geq", "≤": r"\leq", "≠": r"\neq", ">": ">", "<": "<", "=": "="}
_FUNCTIONS = {
    "exp": r"\exp", "log": r"\log", "sin": r"\sin", "cos": r"\cos", "tan": r"\tan",
    "sinh": r"\sinh", "cosh": r"\cosh", "tanh": r"\tanh", "sigmoid": r"\sigma",
}  # fmt: skip
_NAME = re.compile(r"([^\W\d_]+)_?(\d*)\Z")
_TOKENS = re.compile(r"∂\w+/∂\w+|[^\W\d]\w*|.", re.S)


def word(text: str) -> str:
    """What something is called, in LaTeX.

    >>> print(word("W2"), word("∂L/∂z2"), word("my_name"))
    W_{2} \\frac{\\partial L}{\\partial z_{2}} \\mathrm{my\\_name}
    """
    if text.startswith("∂") and "/∂" in text and level_of(text) == SLASHED:
        of, _, by = text[1:].partition("/∂")
        return rf"\frac{{\partial {word(of)}}}{{\partial {word(by)}}}"
    if text.isdigit():
        return text
    found = _NAME.match(text)
    if found:
        name, digits = found.groups()
        base = _base(name)
        return f"{base}_{{{digits}}}" if digits else base
    if re.fullmatch(r"\w+", text):
        return rf"\mathrm{{{_escaped(text)}}}"
    parts = (word(t) if len(t) > 1 or t.isalnum() else _escaped(t) for t in _TOKENS.findall(text))
    return "".join(parts)


def _base(name: str) -> str:
    if name in _GREEK:
        return "\\" + _GREEK[name]
    return name if len(name) == 1 else rf"\mathrm{{{_escaped(name)}}}"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(c, c if c.isprintable() else " ") for c in text)


class Latex(Text):
    """Writes terms as LaTeX."""

    times, dot, plus, minus = r" \odot ", r" \cdot ", " + ", " - "

    def line(self, term: Term) -> str:
        """The whole term."""
        return flat(self.write(term)[0])

    def bracketed(self, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """Tokens in brackets that grow."""
        return r"\left(", *tokens, r"\right)"

    def _ref(self, term: Term) -> Written:
        text = self.scope.words[term.args[0]].text
        level = level_of(text)
        return (word(text),), WHOLE if level == SLASHED else level

    def _number(self, term: Term) -> Written:
        x = term.args[0]
        text = numbers.written(x, latex=True)
        sign = "-" if numbers.is_negative(x) else ""
        if isinstance(x, Fraction) and "/" in text:
            text = rf"\frac{{{abs(x).numerator}}}{{{x.denominator}}}"
        return (sign + text,), PREFIX if sign else WHOLE

    def _ones(self, term: Term) -> Written:
        return (rf"\mathbf{{1}}_{{{self._shape(term.args[0])}}}",), WHOLE

    def _shape(self, shape: tuple[int, ...]) -> str:
        return r" \times ".join(map(str, shape)) or "1"

    def _sum(self, term: Term) -> Written:
        line = ""
        for i, part in enumerate(term.args):
            text = flat(self.within(part, PRODUCT))
            negative = text.startswith("-")
            line += (self.minus if negative else self.plus) + text[negative:] if i else text
        return (line,), 1

    def _product(self, term: Term) -> Written:
        coefficient, factors, divisors = term.args
        factors = self.needed(factors, divisors)
        if coefficient == 1 and len(factors) == 1 and not divisors:
            return self.write(factors[0])
        sign = "-" if numbers.is_negative(coefficient) else ""
        above, below = self.ratio(coefficient, divisors)
        first, rest = self.ordered(factors)
        one = len(below) == 1
        bottom = r" \, ".join(
            b if isinstance(b, str) else flat(self.within(b, 1 if one else SLASHED)) for b in below
        )
        alone = abs(coefficient) == 1 and len(factors) == 1 and not divisors
        lead = flat(self.within(first[0], PREFIX) if alone and first else self.row(first))
        top = flat(self.scaled(above, rest)) if rest or above else ""
        if bottom:
            top = rf"\frac{{{top or 1}}}{{{bottom}}}"
        if not lead or not top:
            return (sign + (lead or top),), PRODUCT
        if not rest:
            return (sign + top + r" \, " + lead,), PRODUCT
        scalar = self.is_scalar(first) or self.is_scalar(rest)
        return (sign + lead + (self.dot if scalar else self.times) + top,), PRODUCT

    def named(self, x: object) -> tuple[str, str]:
        """A number as a numerator and a denominator, either of them "" for 1."""
        text = numbers.written(x, latex=True)
        above, slash, below = text.partition("/")
        return "" if above == "1" and slash else above, below

    def scaled(self, above: str, factors: tuple[Term, ...]) -> tuple[Token, ...]:
        """factors with a number in front."""
        tokens = self.row(factors)
        return self.numbered(above, tokens) if above and tokens else tokens or (above or "1",)

    def numbered(self, above: str, tokens: tuple[Token, ...]) -> tuple[Token, ...]:
        """tokens with a number in front."""
        return (f"{above} \\, ", *tokens)

    def _power(self, term: Term) -> Written:
        base = flat(self.within(term.args[0], WHOLE))
        n = term.args[1]
        shown = flat(self.write(n)[0]) if isinstance(n, Term) else self._exponent(n)
        return (rf"{{{base}}}^{{{shown}}}",), WHOLE

    def _exponent(self, n: object) -> str:
        return str(n) if isinstance(n, int) else flat(self._number(Term("number", (n,)))[0])

    def _matmul(self, term: Term) -> Written:
        a, b = term.args
        return (flat(self.within(a, SLASHED)), r" \, ", flat(self.within(b, SLASHED))), PRODUCT

    def _outer(self, term: Term) -> Written:
        a, b = (flat(self.within(x, SLASHED)) for x in term.args)
        return (rf"{a} \otimes {b}",), PRODUCT

    def _transposed(self, term: Term) -> Written:
        inner = flat(self.within(term.args[0], WHOLE))
        if inner.startswith(r"\frac"):
            inner = rf"\left({inner}\right)"
        return (rf"{inner}^{{\top}}",), WHOLE

    def _summed(self, term: Term) -> Written:
        inner, axes, ndim, _, _ = term.args
        return (self._sign(r"\sum", axes, ndim) + flat(self.within(inner, SLASHED)),), PREFIX

    def _averaged(self, term: Term) -> Written:
        inner, axes, ndim, _ = term.args
        mean = "mean" if term.op == "averaged" else "var"
        name = self._sign(rf"\mathrm{{{mean}}}", axes, ndim).rstrip()
        return (rf"{name}\left({flat(self.write(inner)[0])}\right)",), WHOLE

    def _sign(self, sign: str, axes: tuple[int, ...], ndim: int) -> str:
        over = axes_word(axes, ndim).replace(", ", ",")
        return rf"{sign}_{{\mathrm{{{over}}}}} " if over else f"{sign} "

    _variance = _averaged

    def _widened(self, term: Term) -> Written:
        # Which axis a vector lies along is NumPy's affair; the text has it.
        return self.write(term.args[0])

    def _indexed(self, term: Term) -> Written:
        inner = flat(self.within(term.args[0], WHOLE))
        return (rf"{inner}\left[{_escaped(term.args[1])}\right]",), WHOLE

    def _scattered(self, term: Term) -> Written:
        inner = flat(self.write(term.args[0])[0])
        text = rf"\mathbf{{0}}_{{{self._shape(term.args[3])}}}\left[{_escaped(term.args[1])}\right]"
        return (f"{text} += {inner}",), 1

    def _rule(self, term: Term) -> Written:
        name, *gs = term.args
        shown = ", ".join(flat(self.write(g)[0]) for g in gs)
        return (rf"\mathrm{{rule\ of\ {_escaped(name)}}}\left({shown}\right)",), WHOLE

    def _call(self, term: Term) -> Written:
        name, inputs, params = term.args
        if name in ("absolute", "fabs"):
            return (rf"\left|{flat(self.write(inputs[0])[0])}\right|",), WHOLE
        if name == "sqrt":
            return (rf"\sqrt{{{flat(self.write(inputs[0])[0])}}}",), WHOLE
        shown = [flat(self.write(x)[0]) for x in inputs]
        shown += [rf"\mathrm{{{_escaped(k)}}}={_escaped(str(v))}" for k, v in params if k[0] != "_"]
        function = _FUNCTIONS.get(name, rf"\mathrm{{{_escaped(name)}}}")
        return (rf"{function}\left({', '.join(shown)}\right)",), WHOLE

    def _compared(self, term: Term) -> Written:
        sign, a, b = term.args
        one, two = (flat(self.within(x, PRODUCT)) for x in (a, b))
        return (rf"\left[{one} {_SIGNS[sign]} {two}\right]",), WHOLE

    def _chosen(self, term: Term) -> Written:
        shown = ", ".join(flat(self.write(x)[0]) for x in term.args)
        return (rf"\mathrm{{where}}\left({shown}\right)",), WHOLE
