"""How functions of SciPy are declared, and two helpers of theirs that are exact at 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..op import Sample, publish
from ..primitive import Primitive, elementwise
from ..tensor import Tensor

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


def partly(
    op: Primitive, *ufuncs: Any, without: tuple[str, ...], why: str = ""
) -> Callable[..., Any]:
    """Publish op as a function that refuses to be differentiated in the inputs named.

    Raises:
        UnsupportedError: (by the function) a tracked Tensor for one of them.
    """
    name, inputs = op.op.name, op.op.inputs

    def function(*args: Any) -> Any:
        for which, x in zip(inputs, args, strict=False):
            if which in without and isinstance(x, Tensor) and x.requires_grad:
                raise UnsupportedError(
                    f"{name}: got a Tensor that requires grad as {which}, in which "
                    f"{why or 'no derivative is known in closed form'}; pass t.data, or declare "
                    "an op with a numerical rule (autograd_lite.primitive)."
                )
        return op(*args)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "autograd_lite.special"
    function.__doc__ = op.op.doc
    publish(name, function, ufuncs)
    return function


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


log_ratio = elementwise(
    "log_ratio", lambda x, y: np.log(x / y),
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


def _exp_numerator(x: Any, n: int) -> Any:
    # Over x; by its logarithm where x > 0, which overflows no sooner than the result does.
    above = np.where(x > 0, x, 1)
    quotient = np.where(x > 0, np.exp(above - np.log(above)), np.exp(np.minimum(x, 0)) / x)
    return quotient if n else quotient - 1 / x


def _log_numerator(x: Any, n: int) -> Any:
    if not n:
        return np.log1p(x) / x
    return (-1) ** (n - 1) * math.factorial(n - 1) * (1 + x) ** -float(n) / x


def _exp_slope(x: Any, *, order: int = 1) -> Any:
    # Σ xᵏ / (k! (k + order + 1))
    terms = [1 / (math.factorial(k) * (k + order + 1)) for k in range(24 + 3 * order)]
    found = _quotient(x, order, max(2.0, order), terms, _exp_numerator)
    return found.astype(x.dtype)[()]


def _log_slope(x: Any, *, order: int = 0) -> Any:
    # Σ (-1)ᵐ xᵏ m!/k! / (m + 1) with m = k + order
    terms = [(-1) ** (k + order) * math.perm(k + order, order) / (k + order + 1) for k in range(36)]
    return _quotient(x, order, 0.3, terms, _log_numerator).astype(x.dtype)[()]


exp_slope: Primitive = elementwise(
    "exprel_slope", _exp_slope,
    lambda g, out, x, *, order: g * exp_slope.inner(x, order=order + 1),
    saves=("x",), analytic=False,
    samples=(
        *SMALL, Sample((4,), low=-9, high=9, order=2), Sample((3,), low=-0.01, high=0.01, order=3),
    ),
    doc="""The derivative of (eˣ - 1)/x of that order, exact at 0 and near it.""",
)  # fmt: skip

log_slope: Primitive = elementwise(
    "log1prel", _log_slope,
    lambda g, out, x, *, order: g * log_slope.inner(x, order=order + 1),
    saves=("x",), analytic=False,
    samples=(
        Sample((2, 3), low=-0.7, high=2), Sample((), low=-0.25, high=0.25),
        Sample((4,), low=-0.6, high=9, order=2), Sample((3,), low=-0.01, high=0.01, order=1),
    ),
    doc="""The derivative of log(1 + x)/x of that order, exact at 0 and near it.""",
)  # fmt: skip
