"""Phrases: what they say is what the rules do, for every op and every sample."""

from __future__ import annotations

import numpy as np
import pytest
from phrase_tools import Evaluator, balanced, has_rule

import autograd_lite as ag
import nn
from autograd_lite.op import OPS
from autograd_lite.phrases import phrase
from autograd_lite.phrases.call import Call
from autograd_lite.phrases.phrase import derived
from autograd_lite.tensor import apply

BUILT_IN = {n: op for n, op in OPS.items() if not n.startswith("doc_") and not op.outputs}
CASES = [
    pytest.param(op, sample, id=f"{name}-{k}")
    for name, op in BUILT_IN.items()
    for k, sample in enumerate(op.samples)
]


def recorded(op, sample):
    arrays = sample.draw(seed=len(op.name))
    leaves = [ag.Tensor(a, requires_grad=np.asarray(a).dtype.kind in "fc") for a in arrays]
    out = apply(op, tuple(leaves), {**op.params, **sample.params} or None)
    return arrays, leaves, out


def words_of(op, count):
    return list(op.inputs) if not op.variadic else [f"x{k}" for k in range(count)]


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_what_is_said_is_what_the_rule_does(op, sample):
    arrays, leaves, out = recorded(op, sample)
    node = out._node
    if node is None:
        pytest.skip("nothing was recorded")
    rng = np.random.default_rng(7)
    g = rng.normal(size=out.shape)
    if out.dtype.kind == "c":
        g = g + 1j * rng.normal(size=out.shape)
    g = np.asarray(g).astype(out.dtype)
    values = {"g": g, "out": np.asarray(out.data), **dict(enumerate(arrays))}
    with np.errstate(all="ignore"):
        expected = ag.gradients([out], [t for t in leaves if t.requires_grad], [g])
    expected = dict(zip([t for t in leaves if t.requires_grad], expected, strict=True))
    for i, leaf in enumerate(leaves):
        if node.parents[i] is None:
            continue
        said = derived(Call(node, i, words_of(op, len(arrays)), "a", "∂L/∂a"))
        line = phrase(node, i, words_of(op, len(arrays)), "a", "∂L/∂a")
        if said is None:
            assert line is None
            continue
        assert balanced(line.latex)
        assert "".join(written(p) for p in line.pieces) == line.text.replace(" ", "")
        if has_rule(said.term):
            continue
        with np.errstate(all="ignore"):
            got = Evaluator(values, node.params)(said.term)
        want = expected[leaf].data
        assert np.shape(got) == want.shape or said.term.op == "number", line.text
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12, err_msg=line.text)


def written(piece):
    return (piece.text + ("ᵀ" if piece.transposed else "")).replace(" ", "")


def tensors(**arrays):
    """Leaves by name."""
    return {
        k: ag.Tensor(np.asarray(v, float), requires_grad=True, name=k) for k, v in arrays.items()
    }


def texts(make, names, g="g", out="z"):
    """The right-hand sides of one recorded call, in the order of its inputs."""
    node = make._node
    lines = [phrase(node, i, names, out, g) for i in range(len(node.parents))]
    return [None if line is None else line.text for line in lines]


R = np.random.default_rng(0)
N43, N35, N5, N1, N4 = (R.normal(size=s) for s in ((4, 3), (3, 5), (5,), (1,), (4,)))
LEARNT = {
    "x @ W": (lambda x, W: x @ W, (N43, N35), ["g @ Wᵀ", "xᵀ @ g"]),
    "x @ w, a vector": (lambda x, w: x @ w, (N43, N35[:, 0]), ["outer(g, w)", "xᵀ @ g"]),
    "v @ W": (lambda v, W: v @ W, (N35[:, 0], N35), ["W @ g", "outer(v, g)"]),
    "v · w": (lambda v, w: v @ w, (N5, N5), ["g · w", "g · v"]),
    "batches": (
        lambda x, W: x @ W, (R.normal(size=(2, 4, 3)), N35), ["g @ Wᵀ", "Σ_axis(0) (xᵀ @ g)"],
    ),
    "z + b": (lambda z, b: z + b, (R.normal(size=(4, 5)), N5), ["g", "Σ_rows g"]),
    "one bias": (lambda z, b: z + b, (N43, N1), ["g", "Σ g"]),
    "bias of one unit": (lambda z, b: z + b, (N43[:, :1], N1), ["g", "Σ_rows g"]),
    "column": (lambda z, b: z + b, (N43, N43[:, :1]), ["g", "Σ_columns g"]),
    "x − y": (lambda x, y: x - y, (N43, N43[0]), ["g", "−Σ_rows g"]),
    "x * y": (lambda x, y: x * y, (N43, N43), ["g ⊙ y", "g ⊙ x"]),
    "x * number": (lambda x: x * 0.5, (N43,), ["g/2"]),
    "x / y": (lambda x, y: x / y, (N43, N43), ["g/y", "−g ⊙ z/y"]),
    "x / number": (lambda x: x / 3, (N43,), ["g/3"]),
    "1 / x": (lambda x: 1 / x, (N43,), [..., "−g ⊙ z/x"]),
    "x²": (lambda x: x**2, (N43,), ["g ⊙ 2·x"]),
    "x³": (lambda x: x**3, (N43,), ["g ⊙ 3·x²"]),
    "√x": (lambda x: ag.sqrt(x), (abs(N43),), ["g/(2·z)"]),
    "sigmoid": (lambda x: ag.sigmoid(x), (N43,), ["g ⊙ z ⊙ (1 − z)"]),
    "sigmoid of a number": (lambda x: ag.sigmoid(x), (0.3,), ["g · z · (1 − z)"]),
    "tanh": (lambda x: ag.tanh(x), (N43,), ["g ⊙ (1 − z²)"]),
    "relu": (lambda x: ag.relu(x), (N43,), ["g ⊙ (z > 0)"]),
    "exp": (lambda x: ag.exp(x), (N43,), ["g ⊙ z"]),
    "log": (lambda x: ag.log(x), (abs(N43),), ["g/x"]),
    "|x|": (lambda x: abs(x), (N43,), ["g ⊙ sign(x)"]),
    "sum": (lambda x: x.sum(), (N43,), ["g · ones(4, 3)"]),
    "sum of rows": (lambda x: x.sum(axis=1), (N43,), ["g[:, None] ⊙ ones(4, 3)"]),
    "mean": (lambda x: x.mean(), (N43,), ["g · ones(4, 3)/12"]),
    "max": (lambda x: x.max(), (N43,), ["g · (x = z)"]),
    "norm": (lambda x: ag.norm(x), (N43,), ["g · x/z"]),
    "softmax": (lambda x: ag.softmax(x), (N43,), ["(g − sum_columns(g ⊙ z)) ⊙ z"]),
    "softmax of a vector": (lambda x: ag.softmax(x), (N5,), ["(g − sum_all(g ⊙ z)) ⊙ z"]),
    "log_softmax": (lambda x: ag.log_softmax(x), (N43,), ["g − sum_columns(g) ⊙ softmax(x)"]),
    "logsumexp": (lambda x: ag.logsumexp(x), (N5,), ["g · softmax(x)"]),
    "transpose": (lambda x: x.T, (N43,), ["gᵀ"]),
    "reshape": (lambda x: x.reshape(3, 4), (N43,), ["reshape(g, (4, 3))"]),
    "row": (lambda x: x[1], (N43,), ["zeros(4, 3)[1] += g"]),
    "join": (lambda x, y: np.concatenate([x, y]), (N5, N4), ["g[0:5]", "g[5:9]"]),
    "where": (lambda x, y: ag.where(N43 > 0, x, y), (N43, N43), [None, "g ⊙ c", "g ⊙ (1 − c)"]),
    "maximum": (
        lambda x, y: ag.maximum(x, y), (N43, -N43), ["g ⊙ (x > y)", "g ⊙ (y > x)"],
    ),
    "clip": (lambda x: ag.clip(x, 0.0, 1.0), (N43,), ["g ⊙ (x ≥ 0) ⊙ (x ≤ 1)"]),
    "linear": (
        lambda x, W, b: nn.linear(x, W, b), (N43, N35.T, N5), ["g @ W", "gᵀ @ x", "Σ_rows g"],
    ),
    "cross entropy": (
        lambda x: nn.cross_entropy(x, np.array([0, 1, 1, 2])), (N43,),
        ["g · (softmax(x) − one_hot(y))/4"],
    ),
    "logits": (
        lambda x: nn.binary_cross_entropy_with_logits(x, np.ones(5), reduction="none"), (N5,),
        ["g ⊙ (σ(x) − y)"],
    ),
    "kernels": (
        lambda x, K: ag.conv2d(x, K), (R.normal(size=(1, 1, 4, 4)), R.normal(size=(1, 1, 2, 2))),
        ["conv2d_input(g, K)", "conv2d_weight(x, g)"],
    ),
}  # fmt: skip
NAMES = {
    "x * number": ["x", "0.5"], "x / number": ["x", "3"], "1 / x": ["1", "x"], "v @ W": ["v", "W"],
    "x @ W": ["x", "W"], "x @ w, a vector": ["x", "w"], "v · w": ["v", "w"], "batches": ["x", "W"],
    "where": ["c", "x", "y"], "clip": ["x", "0.0", "1.0"], "linear": ["x", "W", "b"],
    "kernels": ["x", "K"],
}  # fmt: skip


@pytest.mark.parametrize("case", LEARNT)
def test_the_forms_that_learners_meet(case):
    function, arrays, expected = LEARNT[case]
    leaves = [ag.Tensor(np.asarray(a, float), requires_grad=True) for a in arrays]
    out = function(*leaves)
    got = texts(out, NAMES.get(case, ["x", "y"]))
    wanted = [(g, e) for g, e in zip(got, expected, strict=False) if e is not ...]
    assert [g for g, _ in wanted] == [e for _, e in wanted]
    words = NAMES.get(case, ["x", "y"])
    for i, parent in enumerate(out._node.parents):
        if parent is not None:
            line = phrase(out._node, i, words, "z", "∂L/∂z")
            assert line.why
            assert not line.why.endswith(".")


@pytest.mark.parametrize("case", LEARNT)
def test_latex_is_typeset(case):
    mathtext = pytest.importorskip("matplotlib.mathtext")
    function, arrays, _ = LEARNT[case]
    out = function(*(ag.Tensor(np.asarray(a, float), requires_grad=True) for a in arrays))
    for i in range(len(out._node.parents)):
        line = phrase(out._node, i, NAMES.get(case, ["x", "y"]), "z", "∂L/∂z1")
        if line is not None:
            mathtext.MathTextParser("path").parse(f"${line.latex}$")


# Their numbers went with the arrays.
LOST = ("x * number", "x / number", "clip")


@pytest.mark.parametrize("case", LEARNT)
def test_a_freed_graph_has_the_same_phrases(case):
    function, arrays, expected = LEARNT[case]
    leaves = [ag.Tensor(np.asarray(a, float), requires_grad=True) for a in arrays]
    out = function(*leaves)
    node = out._node
    out.sum().backward()
    assert node.args is None
    got = [phrase(node, i, NAMES.get(case, ["x", "y"]), "z", "g") for i in range(len(leaves))]
    for line, text in zip(got, expected, strict=False):
        if isinstance(text, str) and case not in LOST:
            assert line.text == text


@pytest.mark.parametrize(("op", "sample"), CASES)
def test_every_op_has_a_phrase_when_freed(op, sample):
    _, leaves, out = recorded(op, sample)
    node = out._node
    if node is None:
        pytest.skip("nothing was recorded")
    node.args = None
    for i, parent in enumerate(node.parents):
        if parent is not None:
            line = phrase(node, i, words_of(op, len(leaves)), "a", "∂L/∂a")
            assert line is None or (line.text and balanced(line.latex))


def test_pieces_name_the_matrices():
    t = tensors(h=N43, W=N35)
    line = phrase((t["h"] @ t["W"])._node, 1, ["h", "W"], "z", "∂L/∂z")
    kinds = [(p.kind, p.index, p.transposed, p.text) for p in line.pieces]
    assert kinds == [("input", 0, True, "h"), ("text", -1, False, "@"), ("g", -1, False, "∂L/∂z")]
    line = phrase(ag.sigmoid(t["h"])._node, 0, ["z"], "a", "∂L/∂a")
    assert [(p.kind, p.text) for p in line.pieces] == [
        ("g", "∂L/∂a"), ("text", "⊙"), ("out", "a"), ("text", "⊙"), ("text", "(1 − a)"),
    ]  # fmt: skip
    line = phrase((t["h"] + tensors(b=[1.0, 2.0, 3.0])["b"])._node, 1, ["z", "b"], "s", "∂L/∂s")
    assert [(p.kind, p.text) for p in line.pieces] == [("text", "Σ_rows"), ("g", "∂L/∂s")]


def test_words_that_are_expressions_get_brackets():
    t = tensors(a=N43, b=N35)
    node = (t["a"] @ t["b"])._node
    assert phrase(node, 1, ["x + y", "W"], "z", "g").text == "(x + y)ᵀ @ g"
    assert phrase(node, 0, ["x", "U @ V"], "z", "∂L/∂z").text == "∂L/∂z @ (U @ V)ᵀ"
    assert phrase(ag.tanh(t["a"])._node, 0, ["x"], "a * b", "g").text == "g ⊙ (1 − (a * b)²)"


def test_the_reasons_answer_what_learners_ask():
    t = tensors(h=N43, W=N35, b=N5)
    product = (t["h"] @ t["W"])._node
    why = phrase(product, 1, ["h", "W"], "z", "∂L/∂z").why
    assert "linear in W, and its coefficients are h" in why
    assert "(3, 4) @ (4, 5) gives (3, 5), the shape of W" in why
    why = phrase(ag.sigmoid(t["h"])._node, 0, ["z"], "a", "∂L/∂a").why
    assert "σ'(z) = a(1 − a) takes a, the value after the sigmoid, not z" in why
    assert "⊙, not @" in why
    why = phrase((ag.Tensor(np.zeros((4, 5))) + t["b"])._node, 1, ["z", "b"], "s", "g").why
    assert why == "b was added to every one of the 4 rows, so its gradient is the sum over rows"
    assert "divides by 12" in phrase(t["h"].mean()._node, 0, ["h"], "m", "g").why


def own(name, rule, **options):
    return ag.elementwise(
        name, lambda x: np.maximum(x, 0) + x, rule, saves=("x", "out"), samples=[ag.Sample((2,))],
        doc="An op of a test. Derivative: as the test says.", **options,
    )  # fmt: skip


def test_an_op_of_the_users_own_is_read_from_its_rule():
    f = own("doc_phrase_leaky", lambda g, out, x: np.where(x > 0, g * 2, g))
    line = phrase(f(tensors(x=N43)["x"])._node, 0, ["x"], "y", "g")
    assert line.text == "where(x > 0, 2·g, g)"
    f = own("doc_phrase_truths", lambda g, out, x: g * (1 + (x > 0)))
    line = phrase(f(tensors(x=N43)["x"])._node, 0, ["x"], "y", "g")
    assert line.text == "the rule of doc_phrase_truths applied to g"
    f = own("doc_phrase_wrong", lambda g, out, x: g * out * 2 / (x + 1))
    assert phrase(f(tensors(x=N43)["x"])._node, 0, ["x"], "y", "g").text == "g ⊙ 2·y/(x + 1)"
    f = own("doc_phrase_values", lambda g, out, x: g * 2 if x.max() > 0.5 else g)
    line = phrase(f(tensors(x=-abs(N43))["x"])._node, 0, ["x"], "y", "g")
    assert line.text == "the rule of doc_phrase_values applied to g", "it depends on the values"
    assert line.why == "the rule of doc_phrase_values, with g = g: as the test says"
    f = own("doc_phrase_failing", lambda g, out, x: 1 / 0)
    assert phrase(f(tensors(x=N43)["x"])._node, 0, ["x"], "y", "g").text.startswith("the rule of")


def test_a_rule_that_a_user_has_replaced_is_read_not_told():
    node = ag.sigmoid(tensors(x=N43)["x"])._node
    ours = ag.sigmoid.op.rules[0]
    try:
        ag.sigmoid.vjp(lambda g, out, x: g * out)
        line = phrase(node, 0, ["x"], "y", "g")
    finally:
        ag.sigmoid.vjp(ours)
    assert line.text == "g ⊙ y"
    assert "σ'" not in line.why


def test_joint_and_variadic_rules():
    @ag.primitive(name="doc_phrase_joint", saves=("x", "y"), samples=[ag.Sample((2,), (2,))])
    def joint(x, y):
        """x·y. Derivative: g·y and g·x."""
        return x * y

    joint.vjp_all(lambda g, out, x, y: (g * y, 2 * g * x))
    t = tensors(x=N5, y=N5)
    assert texts(joint(t["x"], t["y"]), ["x", "y"]) == ["g ⊙ y", "g ⊙ 2·x"]
    stacked = np.stack([t["x"], t["y"]], axis=1)
    assert texts(stacked, ["x", "y"]) == ["g[:, 0]", "g[:, 1]"]
    assert phrase(stacked._node, 1, ["x", "y"], "s", "g").why


def test_an_input_without_a_rule_has_no_phrase():
    logits = ag.Tensor(N43, requires_grad=True)
    node = nn.cross_entropy(logits, np.array([0, 1, 1, 2]))._node
    assert phrase(node, 1, ["z", "labels"], "L", "g") is None


def test_one_of_several_outputs_hands_its_gradient_on():
    _, s, _ = np.linalg.svd(tensors(M=np.eye(3))["M"])
    assert phrase(s._node, 0, ["svd(M)"], "S", "∂L/∂S").text == "∂L/∂S"
    line = phrase(s._node.parents[0], 0, ["M"], "svd(M)", "∂L/∂S")
    assert line.text == "the rule of svd applied to ∂L/∂S"


def test_inside_detect_anomaly_nothing_is_raised():
    x = tensors(x=[0.5, 0.2])["x"]
    f = own("doc_phrase_anomaly", lambda g, out, x: g / (x - x))
    with ag.detect_anomaly():
        y = f(x)
        line = phrase(y._node, 0, ["x"], "y", "g")
    assert line is not None


def test_names_cannot_break_the_latex():
    node = ag.tanh(tensors(x=N43)["x"])._node
    for name in ("a_b", "x{", "$", "\\frac", "W_{1}", "é", "名", "", "a b", "%", "x'"):
        line = phrase(node, 0, [name], name, f"∂L/∂{name}")
        assert balanced(line.latex), line.latex
