"""Forward and reverse mode over each other, in all mixtures, for every op of the registry.

D = ∂²⟨w, f⟩[t, u] is one number, whichever mode takes the first derivative and whichever the
second; numerically it is the derivative of ⟨w, J·t⟩ along u.
"""

from __future__ import annotations

import numpy as np
import pytest
from op_tools import BUILT_IN, Call, close, cotangent, extra_samples
from oracle import inner, numerical_gradient

import autograd_lite as ag


def _has_free_phases(op, sample):
    """Factors of complex matrices are unique up to phases, which LAPACK chooses as it likes."""
    if not op.outputs or op.name == "slogdet":
        return False
    call = Call(op, sample)
    return any(y.dtype.kind == "c" for y in call(*call.primals))


CASES = [
    pytest.param(op, sample, id=f"{name}-{i}")
    for name, op in BUILT_IN.items()
    for i, sample in enumerate([*op.samples, *extra_samples(op)])
    if not _has_free_phases(op, sample)
]


def _like(arrays, seed):
    return [cotangent(np.shape(x), np.asarray(x).dtype, seed + i) for i, x in enumerate(arrays)]


def _sum(weights, values):
    return sum(inner(w, v) for w, v in zip(weights, values, strict=True))


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_every_mixture_of_modes_is_the_numerical_second_derivative(op, sample):
    call = Call(op, sample)
    primals = call.primals

    def f(*xs):
        out = call(*xs)
        outs = out if op.outputs else (out,)
        return [y for y in outs if y.dtype.kind in "fc"]

    outs = [y.data for y in f(*primals)]
    w, t, u = _like(outs, 1), _like(primals, 11), _like(primals, 21)

    def pushed(*xs):
        return ag.jvp(f, xs, tuple(t))[1]

    def pulled(*xs):
        return ag.vjp(f, *xs)[1](list(w))

    def along(step):
        at = [x + step * d for x, d in zip(primals, u, strict=True)]
        return _sum(w, pushed(*at))

    expected = numerical_gradient(along, np.array(0.0))
    found = {
        "forward over forward": _sum(w, ag.jvp(pushed, primals, tuple(u))[1]),
        "reverse over forward": _sum(u, ag.vjp(pushed, *primals)[1](list(w))),
        "forward over reverse": _sum(t, ag.jvp(pulled, primals, tuple(u))[1]),
    }
    for number in found.values():
        close(number, expected, 1e-6)
