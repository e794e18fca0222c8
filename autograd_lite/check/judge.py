"""The three verdicts: AGREE, DISAGREE, CAN'T TELL. There is no absolute tolerance."""

from __future__ import annotations

import math

from ..numeric import Estimate

AGREE, DISAGREE, CANNOT_TELL = "AGREE", "DISAGREE", "CAN'T TELL"

TIE = "a valid subgradient at a tie"

# Autodiff's own rounding: so many times eps of the input's whole gradient.
_ROUNDINGS = 64
# A bound wider than this part of the value says nothing; in single precision, where no better
# bound can be had, a wider one, which still tells a factor or a sign.
_SURE = 1e-3
_SURE_OF_SHORT = 0.1

_WHY = {
    "noise": "the function is too noisy here",
    "flat": "the function is flat here up to its rounding",
    "oscillating": "the function oscillates or bends too fast, so differences do not converge",
    "jump": "the function jumps here",
    "not finite": "the function is not finite near this point",
}


def judge(
    autodiff: float, n: Estimate, scale: float, reach: float, rtol: float, eps: float
) -> tuple[str, str]:
    """(verdict, why) of one derivative.

    Args:
        autodiff, n: what autodiff says, and the numerical derivative with its bound.
        scale: the largest derivative in the same input.
        reach: what a derivative in this input must be to move the function as much as the
            largest one of any input does.
        rtol: how many digits must agree, beyond the bound. eps: of the function's dtype.
    """
    if n.left is not None and n.right is not None:
        return _at_a_kink(autodiff, n.left, n.right, n.bound, rtol)
    if not math.isfinite(n.value):
        return CANNOT_TELL, f"no numerical derivative: {_WHY.get(n.why, _WHY['not finite'])}"
    if not math.isfinite(autodiff):
        return DISAGREE, f"autodiff gives {autodiff}, the slope is finite"
    unseen = _ROUNDINGS * eps * reach
    if abs(n.value) <= n.bound <= _SURE**2 * reach and abs(autodiff) <= unseen:
        return AGREE, "zero, but for rounding"
    off, largest = abs(autodiff - n.value), max(abs(autodiff), abs(n.value))
    slack = rtol * largest + _ROUNDINGS * eps * scale
    if off > 10 * n.bound + slack:
        if off <= n.hidden:
            return CANNOT_TELL, f"{_WHY['noise']}: such a slope would drown in it"
        if n.bound == 0:
            return DISAGREE, f"off by {off:.3g}"
        return DISAGREE, f"off by {off:.3g}, {off / n.bound:.3g} × the bound"
    if autodiff == 0 and n.still:
        return AGREE, "the function does not change with it"
    if n.method == "complex step" and off <= n.bound and largest <= 2 * n.bound:
        return AGREE, "zero, but for rounding"
    sure = min(_SURE_OF_SHORT, max(_SURE, 1e5 * eps))
    if n.bound > sure * max(largest, scale, _SURE * reach):
        reason = _WHY.get(n.why, _WHY["noise"])
        return CANNOT_TELL, f"the numerical derivative is only known to ± {n.bound:.2g}: {reason}"
    if off <= n.bound + slack:
        return AGREE, ""
    return CANNOT_TELL, f"off by {off:.3g}, {off / n.bound:.3g} × the bound: too close to call"


def _at_a_kink(
    autodiff: float, left: float, right: float, bound: float, rtol: float
) -> tuple[str, str]:
    slack = bound + rtol * max(abs(left), abs(right))
    if min(left, right) - slack <= autodiff <= max(left, right) + slack:
        return AGREE, "a valid subgradient at a kink"
    return DISAGREE, "outside the one-sided derivatives of this kink"
