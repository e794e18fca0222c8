"""Every op that is registered, times every one of its samples, times every check.

Nothing here names an op: an op declared tomorrow is tested tomorrow. The checks need no
derivative formula; they use numerical derivatives (oracle.py) and identities that any correct
rule satisfies. Kinks, ties and extremes have tables of their own in test_kinks.py.
"""

from __future__ import annotations

import numpy as np
import op_tools
import pytest
from op_tools import Call, close, cotangent, extra_samples
from oracle import inner, numerical_gradient

import autograd_lite as ag
from autograd_lite.node import Node
from autograd_lite.op import NUMPY, Sample

# test_decompositions.py has those with several outputs.
BUILT_IN = {name: op for name, op in op_tools.BUILT_IN.items() if not op.outputs}

CASES = [
    pytest.param(op, sample, id=f"{name}-{i}")
    for name, op in BUILT_IN.items()
    for i, sample in enumerate([*op.samples, *extra_samples(op)])
]
every_case = pytest.mark.parametrize(("op", "sample"), CASES)


def _pull(call, g, primals=None):
    primals = call.primals if primals is None else primals
    leaves = [ag.Tensor(x, requires_grad=True) for x in primals]
    out = call(*leaves)
    return [t.data for t in ag.gradients(out, leaves, g)]


@pytest.mark.parametrize("name", BUILT_IN)
def test_has_samples_and_documentation(name):
    op = BUILT_IN[name]
    assert op.samples, f"{name} has no samples"
    assert len(op.doc) > 10, f"{name} has no documentation"
    assert op.joint is not None or any(op.rules), f"{name} has no rule"


@every_case
def test_forward_is_numpys(op, sample):
    call = Call(op, sample)
    out = call.value(*call.primals)
    if op.numpy:
        expected = op.numpy[0](*call.arrays, *call.shape, **call.given)
        np.testing.assert_array_equal(out, expected)
        assert out.dtype == np.asarray(expected).dtype


@every_case
def test_numpys_spelling_records_the_same(op, sample):
    call = Call(op, sample)
    for function in op.numpy:
        assert function in NUMPY
        leaves = [ag.Tensor(x, requires_grad=True) for x in call.arrays]
        out = function(*leaves, *call.shape, **call.given)
        assert isinstance(out, ag.Tensor)
        assert out.requires_grad
        np.testing.assert_array_equal(out.data, call.value(*call.primals))


@every_case
def test_vjp_is_the_numerical_one(op, sample):
    call = Call(op, sample)
    g = cotangent(*_form(call))
    for i, got in enumerate(_pull(call, g)):

        def f(x, i=i):
            primals = list(call.primals)
            primals[i] = x
            return inner(g, call.value(*primals))

        assert got.shape == call.primals[i].shape
        assert got.dtype == call.primals[i].dtype
        close(got, numerical_gradient(f, call.primals[i]))


def _form(call):
    out = call.value(*call.primals)
    return out.shape, out.dtype


@every_case
def test_vjp_is_linear_in_thecotangent(op, sample):
    call = Call(op, sample)
    shape, dtype = _form(call)
    g, h = cotangent(shape, dtype, 1), cotangent(shape, dtype, 2)
    together = _pull(call, 2 * g - 3 * h)
    for t, a, b in zip(together, _pull(call, g), _pull(call, h), strict=True):
        close(t, 2 * a - 3 * b, 1e-12)


@every_case
def test_forward_mode_is_the_transpose(op, sample):
    call = Call(op, sample)
    g = cotangent(*_form(call))
    tangents = tuple(cotangent(x.shape, x.dtype, 3 + i) for i, x in enumerate(call.primals))
    _, pushed = ag.jvp(call, call.primals, tangents)
    assert np.shape(pushed) == g.shape
    assert np.asarray(pushed).dtype == g.dtype
    pulled = sum(inner(p, t) for p, t in zip(_pull(call, g), tangents, strict=True))
    close(inner(g, pushed), pulled, 1e-10)


@every_case
def test_jacobian_by_rows_and_by_columns_agree(op, sample):
    call = Call(op, sample)
    shape, dtype = _form(call)
    if dtype.kind == "c" or any(x.dtype.kind == "c" for x in call.primals):
        pytest.skip("a Jacobian of complex numbers is another thing unless f is holomorphic")
    wide = ag.jacobian(lambda *xs: [call(*xs), *([xs[0]] * 3)], argnums=(0,))(*call.primals)
    size = int(np.prod(shape))
    for k in range(size):  # by columns, many at once, against single rows by reverse mode
        g = np.zeros(size, dtype)
        g[k] = 1
        row = _pull(call, g.reshape(shape))[0]
        close(wide[0][0].reshape(size, *row.shape)[k], row, 1e-9)


@every_case
def test_second_order_is_the_numerical_one(op, sample):
    call = Call(op, sample)
    g = cotangent(*_form(call))
    primals = call.primals
    u = [cotangent(x.shape, x.dtype, 7 + i) for i, x in enumerate(primals)]

    leaves = [ag.Tensor(x, requires_grad=True) for x in primals]
    first = ag.gradients(call(*leaves), leaves, g, create_graph=True)
    tracked = [(t, v) for t, v in zip(first, u, strict=True) if t.requires_grad]
    if not tracked:  # linear in everything: the second derivative is 0
        got = [np.zeros(x.shape, x.dtype) for x in primals]
    else:
        outs, seeds = zip(*tracked, strict=True)
        got = [t.data for t in ag.gradients(list(outs), leaves, list(seeds))]
    for i, x in enumerate(primals):

        def f(x, i=i):
            at = list(primals)
            at[i] = x
            return sum(inner(v, p) for v, p in zip(u, _pull(call, g, at), strict=True))

        close(got[i], numerical_gradient(f, x), 1e-6)


@every_case
def test_float32_stays_float32(op, sample):
    call = Call(op, sample, np.float32)
    if any(np.asarray(a).dtype == np.float64 for a in call.arrays) or "dtype" in sample.params:
        pytest.skip("the sample fixes float64")
    leaves = [ag.Tensor(x, requires_grad=True) for x in call.primals]
    out = call(*leaves)
    assert out.dtype in (np.float32, np.complex64)
    node = out._node
    g = cotangent(out.shape, out.dtype)
    for rule in op.rules_for(len(call.arrays)):
        if rule is not None and op.joint is None:
            term = rule(g, *node.args, **(node.params or {}))
            assert term.dtype in (np.float32, np.complex64), "the rule itself leaves float32"
    exact = _pull(Call(op, sample), g.astype(np.result_type(g, np.float64)))
    for got, x, e in zip(_pull(call, g), call.primals, exact, strict=True):
        assert got.dtype == x.dtype
        close(got, e, 2e-3)


@every_case
def test_nothing_given_is_written_and_backward_repeats(op, sample):
    call = Call(op, sample)
    before = [np.array(x) for x in call.primals]
    leaves = [ag.Tensor(x, requires_grad=True) for x in call.primals]
    out = call(*leaves)
    g = cotangent(out.shape, out.dtype)
    given = g.copy()
    out.backward(g, retain_graph=True)
    once = [t.grad.copy() for t in leaves]
    out.backward(g)
    for t, first in zip(leaves, once, strict=True):
        np.testing.assert_array_equal(t.grad, first + first)
    np.testing.assert_array_equal(g, given)
    for t, x in zip(leaves, before, strict=True):
        np.testing.assert_array_equal(t.data, x)
    with pytest.raises(ag.errors.GraphError, match="retain_graph=True"):
        out.backward(g)


@every_case
def test_strided_inputs_give_the_same(op, sample):
    call = Call(op, sample)
    g = cotangent(*_form(call))
    expected = _pull(call, g)
    strided = []
    for x in call.primals:
        wide = np.zeros((*x.shape, 2), x.dtype)
        wide[..., 0] = x
        strided.append(wide[..., 0].T.copy().T if x.ndim > 1 else wide[..., 0])
    leaves = []
    for x in strided:
        leaf = ag.Tensor(x, requires_grad=True)
        leaf.data = x if x.ndim else np.array(x)
        leaves.append(leaf)
    wide = np.zeros((*g.shape, 2), g.dtype)
    wide[..., 0] = g
    got = ag.gradients(call(*leaves), leaves, wide[..., 0])
    for a, b in zip(got, expected, strict=True):
        close(a.data, b, 1e-12)


class Stub:
    """Shape and dtype, nothing else: an op that reads more of it fails."""

    def __init__(self, x):
        self.shape, self.dtype = np.shape(x), np.asarray(x).dtype
        self.ndim, self.size = len(self.shape), np.size(x)

    def __eq__(self, other):
        raise TypeError("a stub has no values")

    __hash__ = None

    def __bool__(self):
        raise TypeError("a stub has no values")


def _pull_with(call, change):
    """The gradients when the node's args have been changed: change(k, kept, value)."""
    leaves = [ag.Tensor(x, requires_grad=True) for x in call.primals]
    out = call(*leaves)
    node = out._node
    values = [out._value, *call.arrays]
    node.args = tuple(
        change(k, kept, v) for k, (kept, v) in enumerate(zip(node.args, values, strict=True))
    )
    return [t.data for t in ag.gradients(out, leaves, cotangent(out.shape, out.dtype))]


def _is_kept(kept):
    return isinstance(kept, np.ndarray | np.generic)


@every_case
def test_rules_read_nothing_that_is_not_saved(op, sample):
    call = Call(op, sample)
    stubbed = _pull_with(call, lambda k, kept, v: kept if _is_kept(kept) or k == 0 else Stub(v))
    for got, expected in zip(stubbed, _pull(call, cotangent(*_form(call))), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", BUILT_IN)
def test_rules_read_all_that_is_saved(name):
    _check_reads_all(BUILT_IN[name])


def _check_reads_all(op):
    unread = set()
    read = set()
    for sample in op.samples:
        call = Call(op, sample)
        leaves = [ag.Tensor(x, requires_grad=True) for x in call.primals]
        for k, kept in enumerate(call(*leaves)._node.args):
            if not _is_kept(kept) or kept.size == 0:
                continue
            try:
                _pull_with(call, lambda j, a, v, k=k: Stub(v) if j == k else a)
            except (TypeError, AttributeError, ValueError, IndexError):
                read.add(k)
            else:
                unread.add(k)
    assert unread <= read, f"{op.name} saves argument {unread - read} and never reads it"


def test_a_wrong_rule_is_caught():
    op = ag.elementwise(
        "doc_wrong_square", lambda x: x * x, lambda g, out, x: g * x,
        saves=("x",), samples=[Sample((3,))], doc="x squared, with half its derivative.",
    ).op  # fmt: skip
    with pytest.raises(AssertionError):
        test_vjp_is_the_numerical_one(op, op.samples[0])
    reads = ag.elementwise(
        "doc_reads_too_much", lambda x: x * x, lambda g, out, x: g * (x + x),
        saves=(), samples=[Sample((3,))], doc="x squared, whose rule reads what is not saved.",
    ).op  # fmt: skip
    with pytest.raises(TypeError):
        test_rules_read_nothing_that_is_not_saved(reads, reads.samples[0])
    keeps = ag.elementwise(
        "doc_keeps_too_much", lambda x: 2 * x, lambda g, out, x: 2 * g,
        saves=("x",), samples=[Sample((3,))], doc="Twice x, which keeps x for nothing.",
    ).op  # fmt: skip
    with pytest.raises(AssertionError, match="never reads it"):
        _check_reads_all(keeps)


def test_nodes_hold_no_output_tensor():
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = ag.exp(x)
    assert isinstance(y._node, Node)
    assert not any(isinstance(getattr(y._node, s), ag.Tensor) for s in Node.__slots__)
