"""Special functions that are composed of ops, or take their first arguments as constants."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from composed_tools import cases, check

import autograd_lite as ag

HAS_SCIPY = importlib.util.find_spec("scipy") is not None
pytestmark = pytest.mark.skipif(not HAS_SCIPY, reason="autograd_lite.special needs SciPy")
scipys = importlib.import_module("scipy.special") if HAS_SCIPY else None

# SciPy's own functions before 1.17 have too few digits here for differences, or are wrong.
INEXACT = ("hyp1f1", "modfresnelp", "ncfdtr", "nctdtrit", "pro_rad", "obl_rad2")


def is_inexact(name):
    """Whether this SciPy's own function is no oracle."""
    version = tuple(map(int, importlib.import_module("scipy").__version__.split(".")[:2]))
    return version < (1, 17) and name.startswith(INEXACT)


W = np.array([0.5, 1.5, 2.0])


def spheroidal(name, end):
    """m, n and c where SciPy's own spheroidal functions are exact, and the characteristic value."""
    orders = (1, 1, 0.7) if name == "obl_rad2" else (0, 1, 0.7)
    return (*orders, getattr(scipys, f"{name[:3]}_cv")(*orders)) if end else orders


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
    **{
        name: [lambda m, x, f=name: getattr(m, f)(2, 5, x / 3)]
        for name in ("bdtr", "bdtrc", "bdtri", "nbdtr", "nbdtrc", "nbdtri")
    },
    "chndtr": [lambda m, x: m.chndtr(x, 3.0, 2.0), lambda m, x: m.chndtr(2.0, 3.0, x)],
    "chndtrix": [lambda m, x: m.chndtrix(x / 3, 3.0, 2.0)],
    "chndtrinc": [lambda m, x: m.chndtrinc(8 + x, 3.0, 0.4)],
    "ncfdtr": [lambda m, x: m.ncfdtr(3.0, 4.0, x, 2.0), lambda m, x: m.ncfdtr(3.0, 4.0, 2.0, x)],
    "ncfdtri": [lambda m, x: m.ncfdtri(3.0, 4.0, 2.0, x / 3)],
    # SciPy finds it to five digits, too few for differences: of no entries.
    "ncfdtrinc": [lambda m, x: m.ncfdtrinc(3.0, 4.0, 0.4, 5 + x[:0])],
    "nctdtr": [lambda m, x: m.nctdtr(3.0, x, 0.5), lambda m, x: m.nctdtr(3.0, 1.0, x)],
    "nctdtrit": [lambda m, x: m.nctdtrit(3.0, 1.0, x / 3)],
    "nctdtrinc": [lambda m, x: m.nctdtrinc(3.0, 0.7 + x / 20, 0.4)],
    "pdtr": [lambda m, x: m.pdtr(2, x)], "pdtrc": [lambda m, x: m.pdtrc(2, x)],
    "pdtri": [lambda m, x: m.pdtri(2, x / 3)],
    "smirnov": [lambda m, x: m.smirnov(3, x / 9)], "smirnovi": [lambda m, x: m.smirnovi(3, x / 3)],
    **{
        name: [lambda m, x, f=name: getattr(m, f)(3, x), lambda m, x, f=name: getattr(m, f)(0, x)]
        for name in (
            "eval_chebyc", "eval_chebys", "eval_chebyt", "eval_chebyu", "eval_hermite",
            "eval_hermitenorm", "eval_laguerre", "eval_legendre", "eval_sh_chebyt",
            "eval_sh_chebyu", "eval_sh_legendre", "hankel1", "hankel1e", "hankel2", "hankel2e",
            "jve", "yve", "struve", "modstruve", "spherical_jn", "spherical_yn", "spherical_in",
            "spherical_kn",
        )
    },
    **{
        name: [lambda m, x, f=name: getattr(m, f)(3, 1.5, x)]
        for name in ("eval_gegenbauer", "eval_genlaguerre", "hyp1f1", "hyperu", "wright_bessel",
                     "log_wright_bessel")
        if hasattr(scipys, name)
    },
    **{
        name: [lambda m, x, f=name: getattr(m, f)(3, 1.5, 0.5, x)]
        for name in ("eval_jacobi", "eval_sh_jacobi")
    },
    "lpmv": [lambda m, x: m.lpmv(1, 3, x / 3)], "hyp0f1": [lambda m, x: m.hyp0f1(1.5, x)],
    "besselpoly": [lambda m, x: m.besselpoly(x, 1.5, 0.5)],
    **{
        name: [lambda m, x, f=name, k=k: getattr(m, f)(x)[k] for k in range(count)]
        for name, count in {
            "airy": 4, "airye": 4, "kelvin": 4, "modfresnelp": 2, "modfresnelm": 2, "itj0y0": 2,
            "iti0k0": 2, "it2j0y0": 2, "it2i0k0": 2,
        }.items()
    },
    # Farther out SciPy's own integrals have too few digits for differences.
    "itairy": [lambda m, x, k=k: m.itairy(x / 7)[k] for k in range(4)],
    "ellipj": [lambda m, x, k=k: m.ellipj(x, 0.7)[k] for k in range(4)]
    + [lambda m, x, k=k: m.ellipj(0.7, x / 3)[k] for k in range(4)],
    **{
        name: [lambda m, x, f=name, k=k: getattr(m, f)(1, x)[k] for k in range(2)]
        for name in ("pbdv", "pbvv", "pbwa")
    },
    **{
        name: [lambda m, x, f=name, k=k: getattr(m, f)(2, 0.7, 9 * x)[k] for k in range(2)]
        for name in ("mathieu_cem", "mathieu_sem")
    },
    **{
        f"mathieu_mod{name}": [
            lambda m, x, f=name, k=k: getattr(m, f"mathieu_mod{f}")(2, 0.7, x)[k] for k in range(2)
        ]
        for name in ("cem1", "cem2", "sem1", "sem2")
    },
    **{
        name + end: [
            lambda m, x, f=name, e=end, k=k, s=scale, b=shift: getattr(m, f + e)(
                *spheroidal(f, e), x * s + b
            )[k]
            for k in range(2)
        ]
        for name, scale, shift in (
            ("pro_ang1", 0.3, 0), ("pro_rad1", 0.3, 1.2), ("pro_rad2", 0.3, 1.2),
            ("obl_ang1", 0.3, 0), ("obl_rad1", 0.3, 0.2), ("obl_rad2", 0.3, 0.2),
        )
        for end in ("", "_cv")
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
PYTHON = ("polygamma", "multigammaln", *(n for n in CALLS if n.startswith(("special.", "spher"))))


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_call_is_scipys(name, k):
    from autograd_lite import special as ours

    if is_inexact(name):
        pytest.skip("SciPy's own is not exact")
    call = CALLS[name][k]
    for module in (ours,) if name in PYTHON else (ours, scipys):
        check(lambda x, m=module: call(m, x), lambda x: call(scipys, x))


def test_a_function_of_tensors_alone_gives_a_tensor():
    from autograd_lite import special

    assert isinstance(special.logsumexp(ag.Tensor([1.0, 2.0])), ag.Tensor)
