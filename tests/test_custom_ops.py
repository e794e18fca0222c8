"""The door for users' own ops, used as a user would: the ops live in this file."""

from __future__ import annotations

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
