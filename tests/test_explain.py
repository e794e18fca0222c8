"""``explain``: every line is evaluated and compared with backward(), and read as golden text."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from explain_models import MODELS, random_model
from phrase_tools import Evaluator, balanced, has_rule

import autograd_lite as ag
import nn
from autograd_lite import errors, walk
from autograd_lite.explanation.reader import read
from autograd_lite.node import Node
from autograd_lite.phrases.terms import keys
from autograd_lite.viz.recover import constant, values

GOLDEN = Path(__file__).parent / "golden"
every_model = pytest.mark.parametrize("name", MODELS)


def known_values(loss, nodes):
    """The arrays of a graph by the keys of an explanation."""
    root = loss._node
    found = dict(values(nodes, root, loss._value, nodes))
    for node in nodes:
        for i, parent in enumerate(node.parents):
            if parent is None:
                value = constant(node.args[i + 1], node)[0]
                found["array", id(value)] = found[node, i] = value
            elif type(parent) is not Node:
                found[parent] = parent._value
    return found


def check_lines(loss, names):
    """Compare the right-hand side of every line with the gradient that backward() computes."""
    nodes = walk.collect([loss._node])
    reader = read(loss._node, names, "L", 1000)
    arrays = known_values(loss, nodes)
    targets = [target for target, _ in reader.derivations]
    seed = np.ones(loss.shape, loss.dtype)
    found = walk.backward(
        [(loss._node, seed if loss.shape else seed[()])], wanted=frozenset(targets)
    )
    gradients = {t: np.conj(walk.spread(np.asarray(g), t.shape)) for t, g in found.items()}
    checked = 0
    for target, term in reader.derivations:
        if has_rule(term):
            continue
        refs = {}
        for kind, n in keys(term):
            thing = reader.things[n]
            refs[kind, n] = arrays[thing] if kind == "value" else gradients[thing]
        user = next(n for n in nodes if any(p is target for p in n.parents))
        of_user = [arrays[user, i] if p is None else arrays[p] for i, p in enumerate(user.parents)]
        evaluate = Evaluator({**refs, **dict(enumerate(of_user))}, user.params)
        got = np.broadcast_to(evaluate(term), target.shape)
        np.testing.assert_allclose(got, gradients[target], rtol=1e-9, atol=1e-12)
        checked += 1
    return checked, reader


@every_model
def test_lines_are_what_backward_computes(name):
    loss, names = MODELS[name]()
    checked, reader = check_lines(loss, names)
    assert checked >= len(reader.lines) - (name == "convolution")
    loss2, _ = MODELS[name]()
    assert check_lines(loss2, {})[0] >= 1


@every_model
def test_every_leaf_has_its_line(name):
    loss, names = MODELS[name]()
    leaves = {p for n in walk.collect([loss._node]) for p in n.parents if isinstance(p, ag.Tensor)}
    reader = read(loss._node, names, "L", 1000)
    assert leaves <= {target for target, _ in reader.derivations}
    assert reader.left == 0


@every_model
def test_text_is_the_golden_one(name):
    loss, names = MODELS[name]()
    text = str(ag.explain(loss, names=names)) + "\n"
    path = GOLDEN / f"explain_{name}.txt"
    assert text == path.read_text(encoding="utf-8")


@every_model
def test_latex_is_balanced(name):
    loss, names = MODELS[name]()
    explanation = ag.explain(loss, names=names)
    assert all(balanced(line.latex) for line in explanation.lines)
    assert explanation.latex().startswith("\\begin{aligned}")
    assert explanation.latex().count("&=") == len(explanation)
    assert "$" in explanation._repr_markdown_()
    assert not re.search(r"[∂⊙ᵀΣ−·√σ]", explanation.latex()), "symbols are LaTeX's own"


@every_model
def test_latex_is_typeset(name):
    mathtext = pytest.importorskip("matplotlib.mathtext")
    loss, names = MODELS[name]()
    parser = mathtext.MathTextParser("path")
    for line in ag.explain(loss, names=names).lines:
        parser.parse(f"${line.latex}$")


def test_issue_example():
    loss, names = MODELS["two_layers"]()
    lines = {line.target: line for line in ag.explain(loss, names=names).lines}
    assert lines["∂E/∂W2"].rhs == "hᵀ @ ∂E/∂z2"
    assert lines["∂E/∂W2"].shape == (5, 1)
    assert lines["∂E/∂b2"].rhs == "Σ_rows ∂E/∂z2"
    assert "added to every one of the 4 rows" in lines["∂E/∂b2"].why
    assert lines["∂E/∂z2"].rhs == "∂E/∂y ⊙ y ⊙ (1 − y)"
    assert list(lines) == [f"∂E/∂{x}" for x in "y z2 b2 W2 h z1 b1 W1".split()]


def test_uses_are_added_up():
    loss, names = MODELS["shared_weight"]()
    line = ag.explain(loss, names=names).lines[-1]
    assert line.target == "∂L/∂W"
    assert line.uses == 3
    assert "(3 uses: added up)" in str(ag.explain(loss, names=names))


def test_values_and_gradients_are_left_alone():
    loss, names = MODELS["two_layers"]()
    text = str(ag.explain(loss, names=names))
    assert text == str(ag.explain(loss, names=names))
    assert all(names[k].grad is None for k in ("W1", "b1", "W2", "b2"))
    loss.backward()
    assert names["W1"].grad is not None
    assert "c1" not in text


def test_freed_graph_is_explained_too():
    loss, names = MODELS["two_layers"]()
    before = [(line.target, line.shape) for line in ag.explain(loss, names=names).lines]
    loss.backward()
    after = ag.explain(loss, names=names)
    assert [(line.target, line.shape) for line in after.lines] == before
    assert "c1" in str(after)  # constants are gone with the arrays


def test_several_outputs():
    M = ag.Tensor(np.eye(3) + 0.1, requires_grad=True, name="M")
    u, s, _ = np.linalg.svd(M)
    explanation = ag.explain((s.sum() + u.sum()).named("L"))
    line = explanation.lines[-1]
    assert line.rhs == "the rule of svd applied to ∂L/∂t1 and ∂L/∂t2"
    assert explanation.lines[0].where == ("t2 = svd(M).S",)


def test_an_op_of_the_users_own_has_its_line():
    cube = ag.elementwise(
        "doc_explain_cube", lambda x: x * x * x, lambda g, out, x: g * 3 * x * x,
        saves=("x",), samples=[ag.Sample((2,))], doc="x cubed.",
    )  # fmt: skip
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    y = cube(x).named("y")
    line = ag.explain((y * y).sum().named("L")).lines[-1]
    assert (line.target, line.rhs) == ("∂L/∂x", "∂L/∂y ⊙ 3·x²")
    assert "the slope takes x, the value before doc_explain_cube" in line.why


def test_output_that_is_no_scalar():
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    explanation = ag.explain((x * x).named("y"))
    assert explanation.lines[0].target == "∂Σy/∂x"
    assert "y is 2: the gradients are those of the sum of its entries." in str(explanation)


def test_complex_numbers():
    z = ag.Tensor(np.array([1 + 2j, 3 - 1j]), requires_grad=True, name="z")
    w = ag.Tensor(np.array([2 - 1j, 1j]), requires_grad=True, name="w")
    loss = ag.absolute(z * w).sum()
    assert check_lines(loss, {})[0] == 3
    assert check_lines(ag.absolute(z @ w), {})[0] >= 2
    assert check_lines((z.real * w.imag + np.conj(z).real).sum(), {})[0] >= 2


@pytest.mark.parametrize("rows", [1, 2, 4])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "exp", "softplus"])
def test_shapes_and_activations(rows, width, activation):
    rng = np.random.default_rng(rows * 10 + width)
    x, t = (rng.normal(size=(rows, n)) for n in (width, 1))
    W, v = (ag.Tensor(rng.normal(size=s), requires_grad=True) for s in ((width, width), (width, 1)))
    b, c = ag.Tensor(np.zeros(width), requires_grad=True), ag.Tensor(0.5, requires_grad=True)
    y = getattr(ag, activation)(x @ W + b) @ v + c
    loss = ((y - t) ** 2).mean() + 0.01 * (W * W).sum()
    assert check_lines(loss, {})[0] >= 4
    assert check_lines(loss, {"y": y, "W": W})[0] >= 4


@pytest.mark.parametrize("seed", range(150))
def test_random_models(seed):
    loss, names = random_model(seed)
    assert check_lines(loss, names)[0] >= 1
    assert all(balanced(line.latex) for line in ag.explain(loss, names=names).lines)


def test_long_graphs_are_bounded():
    x = ag.Tensor(0.1, requires_grad=True, name="x")
    y = x
    for _ in range(20_000):
        y = ag.sin(y) * 1.01
    start = time.perf_counter()
    explanation = ag.explain(y)
    assert time.perf_counter() - start < 10
    assert len(explanation) == 100
    assert "left out: max_lines=100" in str(explanation)
    assert len(ag.explain(y, max_lines=3)) == 3


def test_many_uses_are_cut():
    w = ag.Tensor(np.ones((2, 2)), requires_grad=True, name="w")
    h = np.ones((1, 2))
    for _ in range(30):
        h = ag.tanh(h @ w)
    line = ag.explain(h.sum()).lines[-1]
    assert line.uses == 30
    assert "more like these" in line.rhs
    assert len(line.rhs) < 200


def test_hostile_names():
    x = ag.Tensor([1.0], requires_grad=True, name="a$_{\\frac\n*b*")
    explanation = ag.explain((x * 2.0).sum().named("E E"))
    assert "\n*b*" not in str(explanation)
    assert balanced(explanation.latex())
    assert explanation._repr_markdown_()


def test_names_that_are_shared_are_numbered():
    loss, names = MODELS["layer_norm"]()
    explained = [line.name for line in ag.explain(loss, names=names).lines]
    assert {"weight_1", "weight_2", "weight_3", "bias_1"} <= set(explained)
    model = nn.Linear(2, 1, rng=0)
    lines = ag.explain(model(np.ones((3, 2))).sum(), names={"my_weight": model.weight}).lines
    assert lines[0].name == "my_weight" or lines[1].name == "my_weight"


def test_refusals():
    x = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(errors.DTypeError, match="explain: got list, expected a Tensor"):
        ag.explain([1.0])
    with pytest.raises(errors.GraphError, match="which no op has made; pass a result"):
        ag.explain(x)
    with pytest.raises(errors.GraphError, match="does not require grad"):
        ag.explain(ag.Tensor([1.0]) * 2)
    with pytest.raises(errors.DTypeError, match="got names of type list"):
        ag.explain(x * 2, names=["x"])
    with pytest.raises(errors.ArgumentError, match="max_lines=0"):
        ag.explain(x * 2, max_lines=0)


def test_explaining_twice_gives_the_same_text():
    loss, names = MODELS["attention"]()
    assert str(ag.explain(loss, names=names)) == str(ag.explain(loss, names=names))
    assert repr(ag.explain(loss, names=names)) == "<Explanation of L: 9 lines>"
