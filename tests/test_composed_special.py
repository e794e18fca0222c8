"""Special functions that are composed of ops, or take their first arguments as constants."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from composed_tools import cases, check

import autograd_lite as ag

HAS_SCIPY = importlib.util.find_spec("scipy") is not None
pytestmark = pytest.mark.skipif(not HAS_SCIPY, reason="autograd_lite.special needs SciPy")
W = np.array([0.5, 1.5, 2.0])

# name: calls of it; m is scipy.special or autograd_lite.special, x an array or a Tensor.
CALLS = {
    "polygamma": [lambda m, x: m.polygamma(1, x), lambda m, x: m.polygamma(np.array([0, 2, 1]), x)],
    "zeta": [lambda m, x: m.zeta(2, x), lambda m, x: m.zeta(np.array([2.0, 3.5, 4.0]), x)],
    "gammainc": [lambda m, x: m.gammainc(2, x), lambda m, x: m.gammainc(W, x)],
    "gammaincc": [lambda m, x: m.gammaincc(2, x), lambda m, x: m.gammaincc(W, x)],
    "betainc": [lambda m, x: m.betainc(2, 3, x / 3), lambda m, x: m.betainc(W, 1.5, x / 3)],
    "multigammaln": [lambda m, x: m.multigammaln(x + 3, 3), lambda m, x: m.multigammaln(x + 1, 1)],
    **{
        name: [
            lambda m, x, f=name: getattr(m, f)(2, x), lambda m, x, f=name: getattr(m, f)(0, x),
            lambda m, x, f=name: getattr(m, f)(np.array([0, 3, 1]), x),
        ]
        for name in ("jv", "yv", "yn", "iv", "ive", "kn", "kv", "kve", "expn")
    },
    "hyp2f1": [lambda m, x: m.hyp2f1(0.5, 1, 2, -x / 3)],
    "sici": [lambda m, x: m.sici(x)[0], lambda m, x: m.sici(x)[1]],
    "shichi": [lambda m, x: m.shichi(x)[0], lambda m, x: m.shichi(x)[1]],
    "fresnel": [lambda m, x: m.fresnel(x)[0], lambda m, x: m.fresnel(x)[1]],
    "lambertw": [lambda m, x: m.lambertw(x), lambda m, x: m.lambertw(-x / 7, -1)],
    "special.softmax": [lambda m, x: m.softmax(x), lambda m, x: m.softmax(x, axis=0)],
    "special.log_softmax": [lambda m, x: m.log_softmax(x), lambda m, x: m.log_softmax(x, 1)],
    "special.logsumexp": [
        lambda m, x: m.logsumexp(x), lambda m, x: m.logsumexp(x, axis=(0, 1), keepdims=True),
        lambda m, x: m.logsumexp(x, 1, W), lambda m, x: m.logsumexp(x, axis=0, b=W, keepdims=True),
        lambda m, x: m.logsumexp(x, b=-W, return_sign=True)[0], lambda m, x: m.logsumexp(x[0], b=x),
    ],
}  # fmt: skip
# These are Python functions in SciPy, which cannot take a tracked Tensor.
PYTHON = ("polygamma", "multigammaln", *(n for n in CALLS if n.startswith("special.")))


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_call_is_scipys(name, k):
    import scipy.special as scipys

    from autograd_lite import special as ours

    call = CALLS[name][k]
    for module in (ours,) if name in PYTHON else (ours, scipys):
        check(lambda x, m=module: call(m, x), lambda x: call(scipys, x))


def test_a_function_of_tensors_alone_gives_a_tensor():
    from autograd_lite import special

    assert isinstance(special.logsumexp(ag.Tensor([1.0, 2.0])), ag.Tensor)
