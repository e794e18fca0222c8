"""check_grads over the registry: every op passes it, and every ``analytic`` flag is true."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from test_ops import BUILT_IN, Call

import autograd_lite as ag
from autograd_lite.op import OPS
from autograd_lite.tree import flatten

SAMPLES = [
    pytest.param(op, sample, 2 if i < 2 else 1, id=f"{name}-{i}")
    for name, op in BUILT_IN.items()
    for i, sample in enumerate(op.samples)
]


@pytest.mark.parametrize(("op", "sample", "order"), SAMPLES)
def test_every_op_passes_in_both_modes(op, sample, order):
    call = Call(op, sample)
    if not sum(x.size for x in call.primals):
        pytest.skip("an empty sample has no derivatives")
    if op.name in ("cofactors", "cofactor_pairs") and call.primals[0].shape == (1, 1):
        pytest.skip("identically 0 or 1: nothing tells what a rounding is")
    if op.name == "spacing":
        pytest.skip("its values are roundings")
    report = ag.check_grads(call, *call.primals, order=order, modes=("reverse", "forward"))
    assert report.ok, str(report)


ANALYTIC = [
    pytest.param(op, sample, id=f"{name}-{i}")
    for name, op in OPS.items()
    if op.analytic and not name.startswith("doc_")
    for i, sample in enumerate(op.samples)
]


@pytest.mark.parametrize(("op", "sample"), ANALYTIC)
def test_an_analytic_op_extends_to_complex_numbers_or_refuses_them(op, sample):
    call = Call(op, sample)
    primals = call.primals
    if not primals or any(x.dtype.kind == "c" for x in primals):
        pytest.skip("no real input")
    rng = np.random.default_rng(0)
    tangents = tuple(rng.normal(size=x.shape) for x in primals)
    out, pushed = ag.jvp(lambda *xs: call(*xs), primals, tangents)
    outs, slopes = flatten(out)[0], flatten(pushed)[0]
    if any(np.asarray(o).dtype != np.float64 for o in outs):
        pytest.skip("complex step is for real functions of float64")
    moved = [x + 1e-30j * t for x, t in zip(primals, tangents, strict=True)]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        try:
            found = flatten(call(*moved))[0]
        except (TypeError, np.exceptions.ComplexWarning):
            return  # refused: check_grads then climbs the ladder
    for slope, f in zip(slopes, found, strict=True):
        scale = max(1e-300, float(np.max(np.abs(slope), initial=0.0)))
        np.testing.assert_allclose(
            f.data.imag / 1e-30, slope, rtol=1e-9, atol=1e-9 * scale, err_msg=op.name
        )


def test_a_wrong_flag_is_noticed():
    """An op that says it is analytic and is not: the ladder overrules complex step."""
    op = ag.elementwise(
        "doc_size", np.absolute, lambda g, out, x: g * np.sign(x), saves=("x",), numpy=(),
        samples=[ag.Sample((3,))], doc="The size of x.",
    )  # fmt: skip
    report = ag.check_grads(lambda x: op(x) * x, np.array([1.5, -2.0, 0.5]))
    assert report.ok, str(report)
    part = report.parts["input 0"]
    assert part.method == "ladder"
    assert "does not follow the function" in part.note
