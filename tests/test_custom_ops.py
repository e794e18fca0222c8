"""The door for users' own ops, used as a user would: the ops live in this file."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.op import OPS

swish = ag.elementwise(
    "doc_test_swish",
    lambda x, *, beta=1.0: x / (1 + np.exp(-beta * x)),
    lambda g, out, x, *, beta: (
        g * (1 + np.exp(-beta * x) + beta * x * np.exp(-beta * x)) / (1 + np.exp(-beta * x)) ** 2
    ),
    saves=("x",),
    samples=[ag.Sample((3,)), ag.Sample((2, 2), beta=0.5)],
    doc="x·σ(beta·x).",
)


@ag.primitive(saves={"x": ("y",), "y": ("x",)}, linear="each", samples=[ag.Sample((3,), (3,))])
def doc_test_cross(x, y):
    """Σ_i x_i·y_(n-i)."""
    return (x * y[::-1]).sum()


@doc_test_cross.vjp
def _(g, out, x, y):
    return g * y[::-1]


@doc_test_cross.vjp("y")
def _(g, out, x, y):
    return g * x[::-1]


@ag.primitive(samples=[ag.Sample((2,), (2,), (2,))])
def doc_test_total(*arrays, scale=1.0):
    """scale·Σ arrays."""
    return scale * sum(arrays)


@doc_test_total.vjp
def _(g, out, *arrays, scale, argnum):
    return scale * g


@ag.primitive(saves=("x", "y"), samples=[ag.Sample((2,), (2,))])
def doc_test_joint(x, y):
    """x·y, whose two cotangents come from one function."""
    return x * y


@doc_test_joint.vjp_all
def _(g, out, x, y):
    return g * y, g * x


def test_an_elementwise_op_has_everything():
    x = np.array([-1.0, 0.5, 2.0])
    assert ag.check_grads(swish, x, order=2, modes=("reverse", "forward")).ok
    assert ag.check_grads(lambda t: swish(t, beta=0.3), x, order=2).ok
    t = ag.Tensor(x, requires_grad=True, dtype=np.float32)
    swish(t, beta=2.0).sum().backward()
    assert t.grad.dtype == np.float32


@pytest.mark.parametrize(
    "f",
    [
        doc_test_cross,
        lambda x, y: doc_test_total(x, y, x, scale=3.0) * x,
        doc_test_joint,
        lambda x, y: doc_test_joint(x, 2.0 * x) * y,
    ],
)
def test_a_primitive_has_every_derivative(f):
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 4.0])
    assert ag.check_grads(f, x, y, order=2, modes=("reverse", "forward")).ok


def test_ops_describe_themselves():
    assert repr(swish) == "<op doc_test_swish(x, beta=1.0)>"
    assert doc_test_cross.__doc__ == "Σ_i x_i·y_(n-i)."
    assert "doc_test_swish" in OPS


def test_a_wrong_rule_is_found():
    wrong = ag.elementwise(
        "doc_test_wrong", np.sin, lambda g, out, x: -g * np.cos(x),
        saves=("x",), samples=[ag.Sample((2,))], doc="sin with a wrong sign.", numpy=(),
    )  # fmt: skip
    report = ag.check_grads(wrong, np.array([0.3, 1.0]))
    assert not report
    assert "the sign is wrong" in str(report)


def test_declarations_are_checked():
    with pytest.raises(errors.ArgumentError, match=r"got the name 'exp', which an op already has"):
        ag.elementwise("exp", np.exp, None, samples=[], doc="")
    with pytest.raises(errors.ArgumentError, match=r"got 1 rules for 'doc_test_two', expected 2"):
        ag.elementwise("doc_test_two", lambda x, y: x, None, samples=[], doc="")


def test_a_rule_of_the_wrong_shape_is_refused():
    @ag.primitive(samples=[ag.Sample((2,))])
    def doc_test_misshapen(x):
        """Sum of x, whose rule returns too many entries."""
        return np.sum(x)

    doc_test_misshapen.vjp(lambda g, out, x: np.zeros(5))
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(errors.ShapeError, match=r"a rule returned shape \(5,\) for an input of"):
        doc_test_misshapen(x).backward()


def test_a_forward_that_gives_a_python_number_is_taken():
    @ag.primitive(linear=True, samples=[ag.Sample((2,))])
    def doc_test_number(x):
        """Sum of x as a Python float."""
        return float(np.sum(x))

    doc_test_number.vjp(lambda g, out, x: g)
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    doc_test_number(x).backward()
    assert x.grad.tolist() == [1, 1]


def _forgetful(name, **options):
    return ag.elementwise(
        name, lambda x: x**2, lambda g, out, x: 2 * x * g, samples=[ag.Sample((3,))],
        doc="x squared, which does not say that its rule reads x.", **options,
    )  # fmt: skip


def test_a_rule_that_reads_what_is_not_saved_is_named():
    of_leaf, of_node = _forgetful("doc_test_forgetful"), _forgetful("doc_test_late", saves=("out",))
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    text = r"doc_test_forgetful \(backward\): its rule failed .* saves= names, which is nothing"
    for loss in (of_leaf(x).sum(), (of_leaf(x) * x).sum()):
        with pytest.raises((errors.GraphError, errors.DTypeError), match=text):
            loss.backward()
    with pytest.raises(
        errors.DTypeError, match=r"doc_test_late .* which is \('out',\); name there"
    ):
        of_node(x * 2).sum().backward()
    assert x.grad is None


def test_saves_are_checked_when_declared():
    with pytest.raises(errors.ArgumentError, match=r"saves=\('y',\) for .* names among out, x"):
        _forgetful("doc_test_typo", saves=("y",))


def test_a_missing_rule_is_said():
    @ag.primitive(samples=[ag.Sample((2,), (2,))])
    def doc_test_ruleless(x, y):
        """x + y, with a rule for x only."""
        return x + y

    doc_test_ruleless.vjp(lambda g, out, x, y: g)
    x, y = (ag.Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    doc_test_ruleless(x, np.ones(2)).sum().backward()
    with pytest.raises(errors.UnsupportedError, match=r"no derivative rule for y; set one with"):
        doc_test_ruleless(x, y).sum().backward()
    with pytest.raises(errors.ArgumentError, match=r"vjp: got 'z', expected one of x, y"):
        doc_test_ruleless.vjp("z")
    doc_test_ruleless.vjp("y")(None)
    assert not doc_test_ruleless(np.ones(2), y).requires_grad


def test_a_rule_that_gives_nothing_or_takes_too_little_is_said():
    nothing = ag.elementwise(
        "doc_test_nothing", lambda x: x + 1, lambda g, out, x: None,
        samples=[ag.Sample((3,))], doc="x + 1, whose rule returns nothing.",
    )  # fmt: skip
    arity = ag.elementwise(
        "doc_test_arity", lambda x: x + 1, lambda g: g,
        samples=[ag.Sample((3,))], doc="x + 1, whose rule takes g only.",
    )  # fmt: skip
    for op in (nothing, arity):
        with pytest.raises(errors.DTypeError, match=r"its rule failed \(.*a rule takes \(g, out"):
            op(ag.Tensor([1.0], requires_grad=True)).sum().backward()


def test_a_hook_that_fails_is_not_blamed_on_a_rule():
    x = ag.Tensor([1.0], requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g.nonsense)
    with pytest.raises(AttributeError, match="nonsense"):
        y.sum().backward()


def test_ops_are_pickled_and_copied_by_name():
    for op in (ag.gelu, ag.sum, swish, doc_test_cross):
        assert pickle.loads(pickle.dumps(op)) is op
        assert copy.deepcopy(op) is op
    text = pickle.dumps(swish).replace(b"doc_test_swish", b"doc_test_swosh")
    with pytest.raises(
        errors.ArgumentError, match=r"pickle: got the op 'doc_test_swosh', which is"
    ):
        pickle.loads(text)
