"""Every error is a sentence: what was got, what was expected, what to do."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors


def leaf(data, **options):
    return ag.Tensor(data, requires_grad=True, **options)


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (
            lambda: leaf(np.ones((3, 4)), name="x") @ leaf(np.ones((5, 2)), name="w"),
            errors.ShapeError,
            r"matmul: got shapes \(3, 4\) 'x' and \(5, 2\) 'w'; expected 4 == 5 "
            r"\(last axis of x, second-to-last of y\); transpose or reshape one of them",
        ),
        (
            lambda: leaf(np.ones((3, 4))) @ np.ones((2, 4)),
            errors.ShapeError,
            r"matmul: got shapes \(3, 4\) and \(2, 4\); expected 4 == 2 .*; transpose y",
        ),
        (
            lambda: leaf(np.ones((4, 3))) @ np.ones((4, 2)),
            errors.ShapeError,
            r"expected 3 == 4 .*; transpose x",
        ),
        (
            lambda: leaf(1.0) @ np.ones(2),
            errors.ShapeError,
            r"matmul: .*use \* to multiply by a sc",
        ),
        (
            lambda: leaf(np.ones(3)) + np.ones(4),
            errors.ShapeError,
            r"add: got shapes \(3,\) and \(4,\); expected axis -1 to be equal or 1, got 3 and 4",
        ),
        (
            lambda: leaf(np.ones((2, 3))).reshape(4),
            errors.ShapeError,
            r"reshape: got shape \(2, 3\); cannot reshape array of size 6 into shape \(4,\)",
        ),
        (
            lambda: leaf(np.ones((2, 3))).sum(axis=2),
            errors.ShapeError,
            r"sum: got shape \(2, 3\); axis 2 is out of bounds for array of dimension 2",
        ),
        (
            lambda: leaf(np.ones(3))[5],
            errors.IndexOutOfRangeError,
            r"getitem: got shape \(3,\); index 5 is out of bounds for axis 0 with size 3",
        ),
        (
            lambda: leaf(np.ones(3)) + "a",
            TypeError,
            r"unsupported operand type",
        ),
        (
            lambda: ag.exp("a"),
            errors.DTypeError,
            r"exp: got str, expected a Tensor, an array or a n",
        ),
        (lambda: ag.exp(None), errors.DTypeError, r"exp: got NoneType, expected a Tensor"),
        (
            lambda: leaf(np.ones(2)) + np.array(["a", "b"]),
            errors.DTypeError,
            r"add: got ",
        ),
        (
            lambda: leaf(np.ones(2)) * np.ma.array([1.0, 2.0], mask=[True, False]),
            errors.DTypeError,
            r"multiply: got a masked array, whose mask would be dropped in silence",
        ),
        (
            lambda: ag.concatenate([leaf(np.ones((2, 3))), np.ones((2, 4))]),
            errors.ShapeError,
            r"concatenate: got shapes \(2, 3\) and \(2, 4\); all the input array dimensions",
        ),
        (lambda: ag.concatenate([]), errors.ArgumentError, r"concatenate: got an empty list"),
        (
            lambda: ag.stack(3.0),
            errors.ArgumentError,
            r"stack: got float, expected a list of arrays",
        ),
        (
            lambda: ag.tensordot(np.ones((2, 3)), leaf(np.ones((2, 3))), 1),
            errors.ShapeError,
            r"tensordot: got shapes \(2, 3\) and \(2, 3\) with axes .*name axes of equal sizes",
        ),
        (
            lambda: ag.einsum("ij,jk", leaf(np.ones((2, 3)))),
            errors.ArgumentError,
            r"einsum: got 1 operands for 2 terms in 'ij,jk'",
        ),
        (
            lambda: ag.einsum("ijk", leaf(np.ones((2, 3)))),
            errors.ArgumentError,
            r"einsum: got shape \(2, 3\) for the term 'ijk', which names 3 axes",
        ),
        (lambda: ag.einsum(), errors.ArgumentError, r"einsum: got no arguments"),
        (
            lambda: ag.split(leaf(np.ones(5)), 2),
            errors.ShapeError,
            r"split: got 2 sections for an axis of size 5, which they do not divide; use array_spl",
        ),
        (lambda: ag.array_split(leaf(np.ones(5)), 0), errors.ArgumentError, r"got 0 sections"),
        (
            lambda: ag.pad(leaf(np.ones(3)), 1, mode="means"),
            errors.ArgumentError,
            r"pad: got mode='means', expected one of constant, edge, .*wrap; did you mean 'mean'",
        ),
        (
            lambda: ag.pad(leaf(np.ones(3)), 1, mode="edge", constant_values=1),
            errors.ArgumentError,
            r"pad: got 'constant_values', which mode='edge' does not take",
        ),
        (
            lambda: ag.pad(leaf(np.ones(3)), 1, mode="empty"),
            errors.UnsupportedError,
            r"pad: got mode='empty', whose border holds what it finds in memory",
        ),
        (
            lambda: ag.norm(leaf(np.ones((2, 2))), ord="spectral"),
            errors.ArgumentError,
            r"norm: got ord='spectral' for matrices, expected None, 'fro', 'nuc', 1, -1, 2",
        ),
        (
            lambda: ag.norm(leaf(np.ones(2)), ord="fro"),
            errors.ArgumentError,
            r"norm: got ord='fro' for vectors, expected a number or None",
        ),
        (
            lambda: ag.norm(leaf(np.ones((2, 2, 2))), ord=1),
            errors.ShapeError,
            r"norm: got axes \(0, 1, 2\) \(shape \(2, 2, 2\)\), expected 1 for vectors or 2",
        ),
        (
            lambda: ag.prod(leaf(np.ones(2)), axis=3),
            errors.ShapeError,
            r"prod: got axis=3, expected between -1 and 0",
        ),
        (
            lambda: ag.one_hot([0, 3], 3),
            errors.ArgumentError,
            r"one_hot: got labels from 0 to 3, expected 0 to 2",
        ),
        (
            lambda: ag.one_hot([0.5]),
            errors.ArgumentError,
            r"one_hot: got labels of dtype float64, expected integers; use astype\(int\)",
        ),
        (
            lambda: ag.Tensor([1.0]).backward(),
            errors.GraphError,
            r"backward: got a Tensor of shape \(1,\) that depends on nothing that requires grad",
        ),
        (
            lambda: (leaf([1.0, 2.0]) * 2).backward(),
            errors.ShapeError,
            r"backward: got an output of shape \(2,\), expected a scalar; pass gradient= of",
        ),
        (
            lambda: (leaf([1.0, 2.0]) * 2).backward(np.ones(3)),
            errors.ShapeError,
            r"backward: got gradient of shape \(3,\) for an output of shape \(2,\)",
        ),
        (
            lambda: (leaf(1.0) * 2).backward("a"),
            errors.DTypeError,
            r"backward: got gradient of dtype <U1, expected numbers",
        ),
        (
            lambda: leaf([1j]).sum().backward(),
            errors.DTypeError,
            r"backward: got a complex output, whose gradient needs a direction",
        ),
        (
            lambda: ag.Tensor([1.0]).register_hook(print),
            errors.GraphError,
            r"register_hook: got a Tensor of shape \(1,\) that does not require grad",
        ),
        (
            lambda: ag.Tensor([1.0]).retain_grad(),
            errors.GraphError,
            r"retain_grad: got a Tensor of shape \(1,\) that does not require grad",
        ),
    ],
)
def test_error_is_a_sentence(do, error, text):
    with pytest.raises(error, match=text):
        do()


def test_errors_are_value_or_type_errors():
    kinds = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, Exception)]
    assert len(kinds) > 8
    for kind in kinds:
        assert kind is errors.AutogradError or issubclass(kind, ValueError | TypeError)


def test_the_same_program_gives_the_same_text_and_bits():
    def run():
        t = leaf(np.linspace(0, 1, 7).reshape(7, 1))
        (ag.tanh(t @ t.T).sum() * t.std()).backward()
        return t.grad.tobytes()

    assert run() == run()


def test_no_warning_from_sigmoid_or_backward():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        t = leaf([-1e4, 1e4])
        ag.sigmoid(t).sum().backward()


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("nanargpartition", "argpartition"),
        ("linalg.norm_", "'norm'"),
    ],
)
def test_the_nearest_function_that_has_a_rule_is_named(name, near):
    from autograd_lite.protocols import no_rule

    assert near in str(no_rule(name))


def test_no_far_fetched_name_is_suggested():
    from autograd_lite.protocols import no_rule

    for name in ("linalg.inv", "linalg.svd", "median", "quantile", "cov"):
        assert "did you mean" not in str(no_rule(name))


@pytest.mark.parametrize(
    ("do", "text"),
    [
        (lambda: ag.grad(lambda x: None)(1.0), "returned NoneType, .* is a return missing"),
        (lambda: ag.grad(lambda x: "a")(1.0), "returned str, expected Tensors"),
        (lambda: ag.grad(ag.sin, 2.0), r"grad: got .* argnums=2.0, .* call grad\(f\)\(x\)"),
        (lambda: ag.jacobian(1.0), r"jacobian: got float and argnums=0, expected a function"),
        (lambda: ag.jvp(ag.sin, 0.0, 1.0), r"jvp: got float as primals, expected a tuple"),
        (lambda: float(leaf(1.0)), r"float: .*in place of math's"),
        (lambda: np.array([leaf(1.0), 2.0]), r"write ag\.array"),
    ],
)
def test_slips_are_explained(do, text):
    with pytest.raises((TypeError, ValueError), match=text):
        do()


def _frees_its_own_graph(x):
    u = x * x
    u.sum().backward()
    return u


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (
            lambda: ag.Tensor(1.0).__iadd__(np.ones(3)),
            errors.ShapeError,
            r"add \(in place\): got a result of shape \(3,\) for a Tensor of shape \(\)",
        ),
        (
            lambda: ag.exp(np.array(["a"])),
            errors.DTypeError,
            r"exp: got an array of dtype <U1, expected booleans, integers, floats or complex",
        ),
        (
            lambda: ag.jvp(_frees_its_own_graph, (np.ones(2),), (np.ones(2),)),
            errors.GraphError,
            r"the saved arrays of this graph \(at multiply, shape \(2,\)\) were freed",
        ),
        (
            lambda: ag.jacobian(_frees_its_own_graph)(np.ones(2)),
            errors.GraphError,
            r"the saved arrays of this graph \(at multiply, shape \(2,\)\) were freed",
        ),
    ],
)
def test_rare_errors_are_sentences_too(do, error, text):
    with pytest.raises(error, match=text):
        do()
