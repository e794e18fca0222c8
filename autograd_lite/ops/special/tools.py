"""How functions of SciPy are declared, and what their derivatives are computed with.

Where a rule would subtract nearly equal numbers, the derivatives of every order are an op of their
own (``slopes``), each computed where it keeps its digits: by recurrence near 0, from a series in
1/x far out (``descending``).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special as sp

from ...errors import UnsupportedError
from ...op import Sample, publish
from ...primitive import Primitive, elementwise
from ...protocols import plain
from ...tensor import Tensor

SMALL = (Sample((2, 3)), Sample(()), Sample((0, 2)))
ABOVE = (Sample((2, 3), low=0.4, high=3.0), Sample((), low=0.4, high=3.0))
UNIT = (Sample((2, 3), low=0.1, high=0.9), Sample((), low=0.1, high=0.9))


def smooth(name: str, *functions: Any, **declaration: Any) -> Primitive:
    """``elementwise`` of the first function, standing for all of them.

    Args:
        functions: ufuncs of SciPy, then the rules. declaration: as for ``elementwise``.
    """
    ufuncs = tuple(f for f in functions if isinstance(f, np.ufunc))
    rules = functions[len(ufuncs) :]
    forward = ufuncs[0] if ufuncs[0].nin == 1 else weak(ufuncs[0])
    return elementwise(
        name, ufuncs[0], *rules, numpy=ufuncs, forward=forward, analytic=False, **declaration
    )


def weak(ufunc: Any) -> Callable[..., Any]:
    """The ufunc, with Python numbers in the dtype of the arrays: SciPy's would promote float32."""

    def forward(*args: Any) -> Any:
        dtype = next((x.dtype for x in args[::-1] if hasattr(x, "dtype")), None)
        if dtype is None or dtype.kind != "f":
            return ufunc(*args)
        return ufunc(*(dtype.type(x) if type(x) in (int, float) else x for x in args))

    return forward


def refuse_tracked(
    name: str, inputs: Any, args: Any, without: tuple[str, ...], why: str = ""
) -> None:
    """UnsupportedError if one of these args is a tracked Tensor and has no derivative."""
    for which, x in zip(inputs, args, strict=False):
        if which in without and isinstance(x, Tensor) and x.requires_grad:
            raise UnsupportedError(
                f"{name}: got a Tensor that requires grad as {which}, in which "
                f"{why or 'no derivative is known in closed form'}; pass t.data, or declare "
                "an op with a numerical rule (autograd_lite.primitive)."
            )


def partly(
    op: Primitive, *ufuncs: Any, without: tuple[str, ...], why: str = ""
) -> Callable[..., Any]:
    """Publish op as a function that refuses to be differentiated in the inputs named.

    Raises:
        UnsupportedError: (by the function) a tracked Tensor for one of them.
    """
    name, inputs = op.op.name, op.op.inputs

    def function(*args: Any) -> Any:
        refuse_tracked(name, inputs, args, without, why)
        return op(*args)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "autograd_lite.special"
    function.__doc__ = op.op.doc
    publish(name, function, ufuncs)
    return function


def scipys(
    name: str,
    function: Callable[..., Any],
    *rules: Any,
    samples: Any,
    doc: str,
    saves: Any = None,
    forward: Any = None,
    why: str = "",
) -> Any:
    """SciPy's ufunc of this name, with a rule per input; inputs of None are refused when tracked.

    Args:
        function: the ufunc, by a lambda that names its inputs. saves: all inputs by default.
        forward: instead of the ufunc itself.

    Returns:
        the function; its attribute ``inner`` is for use in rules, as an op's.
    """
    ufunc = getattr(sp, name)
    inputs = function.__code__.co_varnames
    saves = saves if isinstance(saves, dict) else dict.fromkeys(inputs, saves or inputs)
    without = tuple(n for n, rule in zip(inputs, rules, strict=True) if rule is None)
    op = elementwise(
        name, function, *rules, saves={**saves, **dict.fromkeys(without, ())},
        numpy=() if without else (ufunc,), forward=forward or weak(ufunc), analytic=False,
        samples=samples, doc=doc,
    )  # fmt: skip
    if not without:
        return op
    public: Any = partly(op, ufunc, without=without, why=why)
    public.inner = op.inner
    return public


def in_last(name: str, function: Callable[..., Any], rule: Any, **declaration: Any) -> Any:
    """``scipys`` with a rule in the last input alone; saves is what that reads."""
    others = len(function.__code__.co_varnames) - 1
    return scipys(name, function, *[None] * others, rule, **declaration)


def real_only(name: str, ufunc: Any) -> Callable[..., Any]:
    """The ufunc, refusing complex numbers, of which it is no analytic function."""

    def forward(*args: Any) -> Any:
        if any(getattr(x, "dtype", np.dtype(float)).kind == "c" for x in args):
            raise UnsupportedError(
                f"{name}: got complex numbers, of which it has no complex derivative; pass real "
                "numbers."
            )
        return ufunc(*args)

    return forward


# -- derivatives of every order ------------------------------------------------------------------


def wide(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function computed in double precision, its result in the dtype of its arguments."""

    def forward(*args: Any, **params: Any) -> Any:
        dtype = np.result_type(*args)
        dtype = dtype if dtype.kind in "fc" else np.dtype(float)
        double = [np.asarray(x, np.result_type(x, float)) for x in args]
        with np.errstate(all="ignore"):
            return np.asarray(function(*double, **params)).astype(dtype)[()]

    return forward


def slopes(
    name: str,
    function: Callable[..., Any],
    *,
    samples: Any,
    doc: str,
    others: tuple[Any, ...] = (),
    analytic: bool = False,
) -> Primitive:
    """An op ``name(*others, x, order=1)``: the derivative of that order of a function of x.

    Args:
        function: ``function(*others, x, order)`` of arrays of double precision.
        others: a rule, or None, for each input before x, which is told ``order`` too.
    """
    forward = wide(function)

    def of_one(x: Any, *, order: int = 1) -> Any:
        return forward(x, order=order)

    def of_two(v: Any, x: Any, *, order: int = 1) -> Any:
        return forward(v, x, order=order)

    def rule(g: Any, out: Any, *args: Any, order: int) -> Any:
        return g * op.inner(*args, order=order + 1)

    names = ("v", "x") if others else ("x",)
    saves = {n: names if r else () for n, r in zip(names, (*others, rule), strict=True)}
    op: Primitive = elementwise(
        name, of_two if others else of_one, *others, rule,
        saves=saves, analytic=analytic, samples=samples,
        doc=f"{doc}\n\nDerivative: that of one order more.",
    )  # fmt: skip
    return op


def regions(mask: Any, inside: Callable[..., Any], outside: Callable[..., Any], *args: Any) -> Any:
    """inside(*args) where mask, outside(*args) elsewhere, each of its own entries alone."""
    mask, *args_ = np.broadcast_arrays(mask, *args)
    if mask.all():
        return inside(*args_)
    if not mask.any():
        return outside(*args_)
    there = inside(*(x[mask] for x in args_))
    rest = outside(*(x[~mask] for x in args_))
    out = np.empty(mask.shape, np.result_type(there, rest))
    out[mask], out[~mask] = there, rest
    return out


def free(g: Any, out: Any, top: float = 1e100) -> Any:
    """g, but 0 where SciPy's search for out has stopped at its bounds, 0 and top."""
    at = np.asarray(plain(out), np.float64)
    return np.where((at == 0) | (at >= top), 0, g)


def falling(p: Any, n: int) -> Any:
    """p·(p - 1)···(p - n + 1), n factors."""
    return math.prod((p - i for i in range(n)), start=1)


def one_less(n: Any) -> Any:
    """n - 1, of 0 itself; a Python number stays one, and arrays keep their dtype."""
    return (n - 1 if n else n) if type(n) in (int, float) else np.where(n == 0, n, n - 1)


def descending(x: Any, power: float, step: float, terms: Any, order: int) -> Any:
    """The derivative of that order of Σ cₖ·x^(power - k·step), term by term."""
    total: Any = 0
    by = x**-step
    for k, c in reversed(list(enumerate(terms))):
        total = total * by + c * falling(power - k * step, order)
    return total * x ** (power - order)


def ladder(values: Any, down: Any, same: Any, up: Any) -> Any:
    """The nth derivative of f_v, when f_v' = down·f_{v-1} + same·f_v + up·f_{v+1}.

    Args:
        values: the 2n + 1 functions from f_{v-n} to f_{v+n}.
    """
    while len(values) > 1:
        values = [
            down * a + same * b + up * c
            for a, b, c in zip(values, values[1:], values[2:], strict=False)
        ]
    return values[0]


# ------------------------------------------------------------------------------------------------


def _log_ratio(x: Any, y: Any) -> Any:
    with np.errstate(all="ignore"):
        ratio = x / y
        usual = (np.abs(ratio) >= np.finfo(ratio.dtype).tiny) & (np.abs(ratio) < np.inf)
        return np.where(usual, np.log(ratio), np.log(x) - np.log(y))[()]


log_ratio = elementwise(
    "log_ratio", lambda x, y: _log_ratio(x, y),
    lambda g, out, x, y: g / x,
    lambda g, out, x, y: -g / y,
    saves={"x": ("x",), "y": ("y",)}, analytic=False,
    samples=(Sample((2, 3), (3,), low=0.4, high=2.5), Sample((), (2,), low=0.4, high=2.5)),
    doc="""log(x/y), exact where x and y are close. Derivative: g/x and -g/y.""",
)  # fmt: skip


def both_zero(x: Any, y: Any) -> Any:
    """y, or 1 where x and y are both 0: 0/0 becomes 0, and derivatives in x elsewhere stay."""
    return np.where((x == 0) & (y == 0), 1, y)


# -- the derivatives of (eˣ - 1)/x and log(1 + x)/x ----------------------------------------------
# With f the numerator, the nth derivative q of the quotient satisfies x·qₙ + n·qₙ₋₁ = f⁽ⁿ⁾, which
# near 0 loses digits; there a series is summed.


def _quotient(x: Any, order: int, radius: float, terms: Any, numerator: Any) -> Any:
    x = np.asarray(x, np.result_type(x, np.float64))
    near = np.abs(x) <= radius
    small, large = np.where(near, x, 0), np.where(near, radius, x)
    series = np.zeros_like(small)
    for coefficient in reversed(terms):
        series = series * small + coefficient
    far = numerator(large, 0)
    for n in range(1, order + 1):
        far = numerator(large, n) - n * far / large
    return np.where(near, series, far)


def _log_numerator(x: Any, n: int) -> Any:
    if not n:
        return np.log1p(x) / x
    return (-1) ** (n - 1) * math.factorial(n - 1) * (1 + x) ** -float(n) / x


def _exp_ratio(x: Any, order: int) -> Any:
    # eˣ·Σ (-1)ᵏ n!/(n-k)!/xᵏ⁺¹; in halves, eˣ overflows no sooner than the result does.
    half = np.exp(x / 2)
    total: Any = 0
    for k in reversed(range(order + 1)):
        total = (-1) ** k * math.perm(order, k) + total / x
    pole = (-1) ** order * x ** -float(order + 1)
    return np.where(x == np.inf, np.inf, np.where(x == 0, pole, half * (half * (total / x))))


def _exprel(x: Any, order: int) -> Any:
    # Σ xᵏ/(k!·(k + order + 1)) near 0, elsewhere by the derivatives of eˣ/x and 1/x.
    radius = max(2.0, order)

    def near(x: Any) -> Any:
        total: Any = 0
        for k in reversed(range(24 + 3 * order)):
            total = total * x + 1 / (math.factorial(k) * (k + order + 1))
        return total + 0 * x

    def far(x: Any) -> Any:
        return _exp_ratio(x, order) - (-1) ** order * math.factorial(order) * x ** -float(order + 1)

    return regions(np.abs(x) <= radius, near, far, x)


def _sinhc(x: Any, order: int) -> Any:
    # Σ x²ᵏ/(2k + 1)! near 0, term by term.
    def near(x: Any) -> Any:
        total: Any = 0
        for power in reversed(range(40 + order)):
            m = power + order
            total = total * x + (0 if m % 2 else math.perm(m, order) / math.factorial(m + 1))
        return total + 0 * x

    def far(x: Any) -> Any:
        return 0.5 * (_exp_ratio(x, order) + (-1) ** order * _exp_ratio(-x, order))

    return regions(np.abs(x) <= max(4.0, order), near, far, x)


def _log_slope(x: Any, *, order: int = 0) -> Any:
    # Σ (-1)ᵐ xᵏ m!/k! / (m + 1) with m = k + order
    terms = [(-1) ** (k + order) * math.perm(k + order, order) / (k + order + 1) for k in range(36)]
    return _quotient(x, order, 0.3, terms, _log_numerator).astype(x.dtype)[()]


exp_slope = slopes(
    "exprel_slope", _exprel, samples=(
        *SMALL, Sample((4,), low=-9, high=9, order=2), Sample((3,), low=-0.01, high=0.01, order=3),
    ),
    doc="""The derivative of (eˣ - 1)/x of that order, exact at 0 and near it.""",
)  # fmt: skip

exp_ratio = slopes(
    "exp_ratio", _exp_ratio, samples=(*ABOVE, Sample((4,), low=-9, high=-1, order=2)),
    doc="""The derivative of eˣ/x of that order.""",
)  # fmt: skip

sinhc_slope = slopes(
    "sinhc_slope", _sinhc, samples=(
        *SMALL, Sample((4,), low=-9, high=9, order=2), Sample((3,), low=-0.01, high=0.01, order=3),
    ),
    doc="""The derivative of sinh(x)/x of that order, exact at 0 and near it.""",
)  # fmt: skip

log_slope: Primitive = elementwise(
    "log1prel", _log_slope,
    lambda g, out, x, *, order: g * log_slope.inner(x, order=order + 1),
    saves=("x",), analytic=False,
    samples=(
        Sample((2, 3), low=-0.7, high=2), Sample((), low=-0.25, high=0.25),
        Sample((4,), low=-0.6, high=9, order=2), Sample((3,), low=-0.01, high=0.01, order=1),
    ),
    doc="""The derivative of log(1 + x)/x of that order, exact at 0 and near it.

    Derivative: that of one order more.
    """,
)  # fmt: skip
