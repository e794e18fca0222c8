"""``check_derivation``: statuses, diagnoses, messages, both forms, and what it refuses."""

from __future__ import annotations

import time

import numpy as np
import pytest
from test_examples import run

import autograd_lite as ag
from autograd_lite.errors import (
    ArgumentError,
    AutogradError,
    DTypeError,
    GradientError,
    GraphError,
    ShapeError,
)

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]])
Y = np.array([[0.0], [1.0], [1.0], [0.0]])
INPUTS = {"X": X, "y": Y, "w": np.array([[0.1], [0.2]]), "b": np.array([0.3])}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(v):
    z = (v["X"] @ v["w"] + v["b"]).named("z")
    p = ag.sigmoid(z).named("p")
    return ((p - v["y"]) ** 2).sum() * 0.5


def by_hand(v, **changed):
    dp = v["p"] - v["y"]
    dz = changed["dz"](v, dp) if "dz" in changed else dp * v["p"] * (1 - v["p"])
    return {"p": dp, "z": dz, "w": v["X"].T @ dz, "b": dz.sum(axis=0)}


def check(hand=by_hand, f=forward, inputs=None, **options):
    return ag.check_derivation(f, hand, inputs=INPUTS if inputs is None else inputs, **options)


def with_step(name, change):
    """The derivation with one step changed, others computed as before."""
    return lambda v: {**by_hand(v), name: change(by_hand(v)[name], v)}


# -- the report -----------------------------------------------------------------------------------


def test_a_right_derivation():
    report = check()
    assert report.ok and report and report.first_wrong is None
    assert list(report.steps) == ["p", "z", "w", "b"]
    assert {s.status for s in report.steps.values()} == {"right"}
    assert str(report) == "dE/dp, dE/dz, dE/dw, dE/db: right.\nChecked 4 steps at 3 points."
    report.raise_if_wrong()


def test_the_message_of_a_wrong_step():
    slope = lambda v, dp: dp * sigmoid(v["p"]) * (1 - sigmoid(v["p"]))
    report = check(lambda v: by_hand(v, dz=slope))
    assert not report.ok and report.first_wrong == "z"
    step = report.steps["z"]
    assert step.diagnosis == "activation_derivative_of_activated" and step.also == []
    first, evidence, right = step.message.splitlines()
    assert first == (
        "dE/dz (4, 1): WRONG HERE. You used σ'(p) with p = σ(z): the slope was taken at the "
        "already activated value."
    )
    assert evidence.startswith("  yours = ∂E/∂p ⊙ σ'(σ(z)) to 1") and "at 3 points" in evidence
    assert right == "  right: ∂E/∂z = ∂E/∂p ⊙ p ⊙ (1 − p)"
    assert [report.steps[n].status for n in "pwb"] == ["right", "carried", "carried"]
    assert "dE/dw, dE/db: right given your dE/dz (carried)." in str(report)
    with pytest.raises(GradientError, match="check_derivation: dE/dz"):
        report.raise_if_wrong()


def test_what_a_step_holds():
    report = check(with_step("z", lambda dz, v: 2 * dz))
    step = report.steps["z"]
    assert step.points == 3 and step.shape == (4, 1)
    np.testing.assert_allclose(step.yours, 2 * step.expected)
    np.testing.assert_allclose(step.expected, step.true)
    carried = check(lambda v: by_hand(v, dz=lambda v, dp: dp)).steps["w"]
    assert carried.status == "carried"
    np.testing.assert_allclose(carried.yours, carried.expected)
    assert not np.allclose(carried.expected, carried.true)


def test_table_and_html():
    report = check(lambda v: by_hand(v, dz=lambda v, dp: dp))
    lines = report.table().splitlines()
    assert lines[0].split() == ["step", "shape", "status", "off", "diagnosis"]
    assert lines[2].split()[0] == "z" and "missing_activation_derivative" in lines[2]
    html = report._repr_html_()
    assert html.startswith("<table") and "WRONG HERE" in html and "missing_activation" in html
    assert "<b>wrong</b>" in html and "<script" not in html


def test_html_escapes_names():
    w = ag.Tensor([1.0], requires_grad=True, name="<script>")
    html = ag.check_derivation((w * w).sum(), {"<script>": [3.0]})._repr_html_()
    assert "<script>" not in html and "&lt;script&gt;" in html


# -- forms ----------------------------------------------------------------------------------------


def recorded():
    w = ag.Tensor(INPUTS["w"], requires_grad=True, name="w")
    b = ag.Tensor(INPUTS["b"], requires_grad=True, name="b")
    z = (X @ w + b).named("z")
    p = ag.sigmoid(z).named("p")
    return ((p - Y) ** 2).sum() * 0.5, {"X": X, "y": Y, "p": p.data, "z": z.data}


def test_a_recorded_graph_and_arrays():
    loss, v = recorded()
    report = ag.check_derivation(loss, by_hand(v))
    assert report.ok and report.points == 1
    assert "at one point: what fits there may not fit elsewhere" in str(report)
    assert loss.requires_grad  # and the graph is still whole
    loss.backward()


def test_no_grad_is_written():
    loss, v = recorded()
    ag.check_derivation(loss, {"w": by_hand(v)["w"]})
    leaf = next(p for n in ag.walk.collect([loss._node]) for p in n.parents if type(p) is ag.Tensor)
    assert leaf.grad is None


def test_gradients_of_any_kind():
    f = lambda v: ((ag.sigmoid((v["w"] * v["x"] + v["b"]).named("z")) - v["y"]) ** 2).named("E")

    def hand(v):
        a = sigmoid(v["z"])
        dz = 2 * (a - v["y"]) * a * (1 - a)
        return {"E": 1, "z": float(dz), "w": dz * v["x"], "b": [dz], "x": ag.Tensor(dz * v["w"])}

    report = check(hand, f, {"w": 2, "x": 0.5, "b": 0.1, "y": 1})
    assert report.ok, report
    assert str(report).startswith("dE/dE, dE/dz, ")


def test_a_bias_of_another_shape():
    f = lambda v: ((v["X"] @ v["w"] + v["b"]).named("z") ** 2).sum()
    hand = lambda v: {"z": 2 * v["z"], "b": 2 * v["z"].sum(axis=0)}
    report = check(hand, f, {"X": X, "w": np.ones((2, 3)), "b": np.ones((1, 3))})
    assert report.ok
    assert "dE/db: yours has shape (3,), the tensor (1, 3): the same numbers." in str(report)


def test_names_may_be_left_out():
    hand = lambda v: {k: by_hand(v, dz=lambda v, dp: dp)[k] for k in "wb"}
    report = check(hand)
    assert report.wrong == ["w", "b"]
    assert report.steps["w"].diagnosis == "missing_activation_derivative"
    assert report.steps["b"].diagnosis == "missing_activation_derivative"


def test_a_slope_that_is_written_out():
    def f(v):
        z = (v["X"] @ v["w"] + v["b"]).named("z")
        p = (1 / (1 + np.exp(-z))).named("p")
        return 0.5 * ((p - v["y"]) ** 2).sum()

    for slope, name in (
        (lambda v, dp: dp * v["z"] * (1 - v["z"]), "activation_formula_on_preactivation"),
        (lambda v, dp: dp * (1 - v["p"] ** 2), "wrong_activation_formula"),
        (lambda v, dp: dp * (v["p"] * (1 - v["p"])) ** 2, "extra_activation_derivative"),
        (lambda v, dp: dp, "missing_activation_derivative"),
    ):
        report = check(lambda v, s=slope: by_hand(v, dz=s), f)
        assert report.first_wrong == "z" and report.steps["z"].diagnosis == name


def test_your_own_samples():
    sample = lambda seed: {**INPUTS, "w": np.random.default_rng(seed).normal(size=(2, 1))}
    assert check(sample=sample, points=5).points == 5
    with pytest.raises(ArgumentError, match=r"sample\(1\) gave \['X'\], expected a dict with"):
        check(sample=lambda seed: {"X": X})


def test_data_keep_their_meaning():
    """One-hot rows, masks and probabilities are not perturbed: formulas rest on them."""
    y = np.array([[0.0, 1.0, 0.0], [0.3, 0.3, 0.4], [1.0, 0.0, 0.0]])
    mask = np.array([[0.0, 1.25], [1.25, 1.25], [1.25, 0.0]])

    def f(v):
        z = ((v["X"] * v["mask"]) @ v["W"]).named("z")
        return -(v["y"] * ag.log_softmax(z)).sum()

    def hand(v):
        assert (v["y"] == y).all() and (v["mask"] == mask).all()
        e = np.exp(v["z"])
        dz = e / e.sum(axis=1, keepdims=True) - v["y"]
        return {"z": dz, "W": (v["X"] * v["mask"]).T @ dz}

    rng = np.random.default_rng(0)
    inputs = {"X": rng.normal(size=(3, 2)), "y": y, "mask": mask, "W": rng.normal(size=(2, 3))}
    assert check(hand, f, inputs).ok


def test_hand_that_ignores_its_argument_counts_at_one_point():
    fixed = by_hand(recorded()[1])
    report = check(lambda v: fixed)
    assert report.ok and report.points == 1
    assert "hand gives the same arrays whatever its argument" in str(report)


# -- statuses -------------------------------------------------------------------------------------


def test_a_choice_at_a_kink_is_right():
    f = lambda v: ag.relu((v["X"] @ v["w"]).named("z")).sum()

    def hand(v):
        dz = (v["z"] >= 0) * 1.0
        return {"z": dz, "w": v["X"].T @ dz}

    inputs = {"X": np.array([[0.0, 0.0], [1.0, 2.0]]), "w": np.ones((2, 1))}
    report = check(hand, f, inputs)
    assert report.ok and "on a kink, where yours is a valid choice" in str(report)
    wrong = check(lambda v: {**hand(v), "z": 0.7 * hand(v)["z"]}, f, inputs)
    assert wrong.first_wrong == "z"


def test_saturation_is_forgiven_and_a_mistake_there_is_not():
    f = lambda v: ((ag.sigmoid(v["z"]).named("a") - v["y"]) ** 2).sum()

    def hand(v, k=1.0):
        da = 2 * (v["a"] - v["y"])
        return {"a": da, "z": k * da * v["a"] * (1 - v["a"])}

    inputs = {"z": np.array([25.0, 20.0, -25.0, 18.0]), "y": np.array([0.5, 0.2, 0.9, 0.1])}
    assert check(hand, f, inputs).ok
    assert check(lambda v: hand(v, 1.001), f, inputs).first_wrong == "z"


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
def test_no_absolute_tolerance(scale):
    f = lambda v: forward(v) * scale
    scaled = lambda v, k=1.0: {n: k * scale * g for n, g in by_hand(v).items()}
    assert check(scaled, f).ok
    for k, name in ((2.0, "factor_2"), (-1.0, "sign")):
        report = check(lambda v, k=k: scaled(v, k), f)
        assert report.first_wrong == "p" and report.steps["p"].diagnosis == name
    assert not check(lambda v: scaled(v, 0.0), f).ok
    assert not check(lambda v: scaled(v, 1 + 1e-6), f).ok


def test_float32():
    inputs = {k: x.astype(np.float32) for k, x in INPUTS.items()}
    assert check(inputs=inputs).ok
    report = check(lambda v: by_hand(v, dz=lambda v, dp: dp), inputs=inputs)
    assert report.steps["z"].diagnosis == "missing_activation_derivative"


def test_complex_numbers():
    f = lambda v: (abs((v["c"] * v["d"]).named("z")) ** 2).sum()
    hand = lambda v: {"z": 2 * v["z"], "c": 2 * v["z"] * np.conj(v["d"])}
    inputs = {"c": np.array([1 + 2j, -0.5j, 3.0]), "d": np.array([0.3j, 1 - 1j, 2 + 1j])}
    assert check(hand, f, inputs).ok
    no_conjugate = lambda v: {"z": 2 * v["z"], "c": 2 * v["z"] * v["d"]}
    assert check(no_conjugate, f, inputs).first_wrong == "c"


# -- ambiguities ----------------------------------------------------------------------------------


def test_all_negative_may_be_a_convention():
    minus = lambda v: {k: -g for k, g in by_hand(v).items()}
    report = check(minus)
    assert report.steps["p"].diagnosis == "sign"
    assert "a descent convention, or a sign; the numbers cannot tell" in str(report)
    assert check(minus, convention="descent").ok
    assert check(convention="descent").first_wrong == "p"


def test_the_batch_tells_a_mean_from_a_two():
    """With N = 4, N/2 is 2: a row less in the batch decides."""
    mean = lambda v: ((ag.sigmoid(v["X"] @ v["w"]).named("p") - v["y"]) ** 2).mean()
    stated = lambda v: {"p": v["p"] - v["y"]}
    assert check(stated, mean).steps["p"].diagnosis == "mean_vs_sum"
    doubled = lambda v: {"p": 2 * 2 * (v["p"] - v["y"]) / len(v["y"])}
    step = check(doubled, mean).steps["p"]
    assert step.diagnosis == "factor_2" and "mean_vs_sum" not in step.also


def test_arrays_leave_it_open():
    w = ag.Tensor(INPUTS["w"], requires_grad=True, name="w")
    p = ag.sigmoid(X @ w).named("p")
    step = ag.check_derivation(((p - Y) ** 2).mean(), {"p": p.data - Y}).steps["p"]
    assert {step.diagnosis, *step.also} >= {"factor_2", "mean_vs_sum"}


def test_learning_rates():
    scaled = lambda k: with_step("w", lambda g, v: k * g)
    assert check(scaled(0.37), lr=0.37).steps["w"].diagnosis == "extra_lr"
    assert check(scaled(-0.37), lr=0.37).steps["w"].diagnosis == "update_step"
    assert check(scaled(0.01)).steps["w"].diagnosis == "extra_lr"
    assert check(scaled(1.37)).steps["w"].diagnosis == "factor"
    new = with_step("w", lambda g, v: v["w"] - 0.1 * g)
    assert check(new).steps["w"].diagnosis == "update_step"


def test_one_number_is_not_explained_by_another():
    """With arrays of size 1 any number is a multiple: only fixed constants are claimed."""
    f = lambda v: v["w"] * v["x"]
    hand = lambda k: lambda v: {"w": k * v["x"]}
    inputs = {"w": 0.3, "x": 1.7}
    assert check(hand(1.2345), f, inputs).steps["w"].diagnosis is None
    assert check(hand(-1), f, inputs).steps["w"].diagnosis == "sign"
    assert check(hand(2), f, inputs).steps["w"].diagnosis == "factor_2"


def test_noise_is_not_explained():
    rng = np.random.default_rng(0)
    noise = {n: rng.normal(size=g.shape) for n, g in by_hand(recorded()[1]).items()}
    for name in ("p", "z", "w"):
        for change in (
            lambda g, v, e: g + 0.1 * e,
            lambda g, v, e: g * (1 + 0.3 * e),
            lambda g, v, e: np.abs(e),
        ):
            hand = with_step(name, lambda g, v, c=change, n=name: c(g, v, noise[n]))
            step = check(hand).steps[name]
            assert step.status == "wrong" and step.diagnosis is None
            assert "No known mistake reproduces it" in step.message
            assert "cosine of the angle" in step.message


# -- shapes and values that cannot be -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("w", np.ones((1, 2)), "Its shape is (1, 2), expected (2, 1)"),
        ("b", np.ones(7), "Its shape is (7,), expected (1,)"),
        ("z", np.full((4, 1), np.nan), "It has 4 NaN, the first at (0, 0)"),
        ("z", np.full((4, 1), np.inf), "It has infinite entries"),
        ("z", np.zeros((4, 1)), "It is zero everywhere"),
    ],
)
def test_findings_not_crashes(name, value, words):
    loss, v = recorded()
    report = ag.check_derivation(loss, {**by_hand(v), name: value})
    assert report.first_wrong == name and report.steps[name].diagnosis is None
    assert words in report.steps[name].message


def test_a_transposed_gradient_of_another_shape():
    report = check(with_step("w", lambda g, v: g.T))
    assert report.steps["w"].diagnosis == "transposed"
    report = check(with_step("b", lambda g, v: by_hand(v)["z"]))
    assert report.steps["b"].diagnosis == "missing_batch_sum"
    assert "before the sum over axis 0, of shape (4, 1) for (1,)" in report.steps["b"].message


# -- what is refused ------------------------------------------------------------------------------


def refusal(error, call):
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    assert text.startswith("check_derivation: ") and text[-1] in ".?" and "\n" not in text
    assert isinstance(caught.value, AutogradError)
    return text


def test_names_that_are_not_there():
    loss, _ = recorded()
    ask = lambda name: refusal(ArgumentError, lambda: ag.check_derivation(loss, {name: 1.0}))
    assert "'W', a name that is not on the graph; did you mean 'w'? Its names are b, p" in ask("W")
    assert "did you mean 'w'? A gradient goes under the name of its tensor" in ask("dw")
    assert "'hidden', a name that is not on the graph; its names are b, p, w, z." in ask("hidden")
    assert "got the name 3 (int), expected a str" in ask(3)
    again = (loss * 2).named("p").sum()
    text = refusal(ArgumentError, lambda: ag.check_derivation(again, {"p": 1.0}))
    assert "'p', which names 2 tensors" in text


def test_losses_that_are_none():
    loss, v = recorded()
    vector = (ag.Tensor([1.0, 2.0], requires_grad=True, name="w") * 2).named("z")
    text = refusal(ShapeError, lambda: ag.check_derivation(vector, {"z": 1.0}))
    assert "got a loss of shape (2,), expected a scalar" in text
    untracked = ag.Tensor(1.0)
    assert "depends on nothing" in refusal(
        GraphError, lambda: ag.check_derivation(untracked, {"z": 1.0})
    )
    assert "got float, expected" in refusal(DTypeError, lambda: ag.check_derivation(1.0, {}))
    loss.backward()
    text = refusal(GraphError, lambda: ag.check_derivation(loss, by_hand(v)))
    assert "were freed by an earlier backward; pass retain_graph=True" in text
    assert "is a return missing?" in refusal(DTypeError, lambda: check(f=lambda v: None))


def test_functions_that_are_not_deterministic():
    rng = np.random.default_rng(0)
    dropout = lambda v: ((v["X"] @ v["w"]).named("z") * (rng.random((4, 1)) < 0.5)).sum() + 1
    text = refusal(ArgumentError, lambda: check(lambda v: {"w": v["w"]}, dropout))
    assert "for the same inputs; make it deterministic: seed its random numbers (dropout" in text
    random = lambda v: {"w": rng.normal(size=(2, 1))}
    assert "two different gradients for 'w'" in refusal(ArgumentError, lambda: check(random))


def test_hands_that_give_nothing_useful():
    assert "is a return missing?" in refusal(DTypeError, lambda: check(lambda v: None))
    assert "got list from hand" in refusal(DTypeError, lambda: check(lambda v: [1]))
    assert "an empty dict" in refusal(ArgumentError, lambda: check(lambda v: {}))
    assert "got str as the gradient for 'w'" in refusal(
        DTypeError, lambda: check(lambda v: {"w": "x"})
    )
    text = refusal(ArgumentError, lambda: check(lambda v: {"w": v["q"]}))
    assert "hand asked for 'q'" in text and "name it in forward with .named('q')" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"points": 0}, "got points=0, expected an int from 1 on"),
        ({"points": 1.5}, "got points=1.5"),
        ({"convention": "decent"}, "did you mean 'descent'?"),
        ({"lr": -1}, "got lr=-1, expected a finite number"),
        ({"rtol": "small"}, "got rtol='small'"),
    ],
)
def test_options_that_are_none(options, words):
    with pytest.raises(ArgumentError) as caught:
        check(**options)
    assert words in str(caught.value)


def test_functions_without_inputs():
    text = refusal(ArgumentError, lambda: ag.check_derivation(forward, by_hand))
    assert "pass inputs={'X': X, 'w': w, ...}" in text


def test_a_wrong_rule_is_noticed():
    @ag.primitive(name="test_derivation_double", samples=[ag.Sample((2,))])
    def double(x):
        """2x, with a rule that is wrong."""
        return 2 * x

    @double.vjp
    def _(g, out, x):
        return 3 * g

    f = lambda v: double(v["w"]).sum()
    report = check(lambda v: {"w": 2 + 0 * v["w"]}, f, {"w": np.ones(3)})
    assert "Autodiff and differences disagree here" in str(report)
    assert "or an op's rule is wrong; check_grads on it can tell" in str(report)


# -- odd graphs -----------------------------------------------------------------------------------


def test_an_op_of_several_outputs():
    def f(v):
        return np.linalg.svd(v["A"])[1].named("s").sum()

    def hand(v):
        u, _, vt = np.linalg.svd(v["A"])
        return {"s": np.ones(3), "A": u @ vt}

    inputs = {"A": np.random.default_rng(0).normal(size=(3, 3))}
    assert check(hand, f, inputs).ok
    wrong = check(lambda v: {**hand(v), "A": hand(v)["A"].T}, f, inputs)
    assert wrong.steps["A"].diagnosis == "transposed"


def test_empty_arrays_and_unused_inputs():
    f = lambda v: (v["e"] @ v["w"]).sum() + (v["w"] ** 2).sum()
    hand = lambda v: {"e": np.zeros((0, 3)), "w": 2 * v["w"]}
    assert check(hand, f, {"e": np.zeros((0, 3)), "w": np.ones((3, 2))}).ok


def test_a_long_chain():
    x = ag.Tensor(0.5, requires_grad=True, name="x")
    t = x
    for _ in range(5_000):
        t = t * 1.0
    assert ag.check_derivation(t, {"x": 1.0}).ok
    assert ag.check_derivation(t, {"x": 2.0}).steps["x"].diagnosis == "factor_2"


def test_two_layers_at_three_points_are_quick(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(tmp_path))
    rng = np.random.default_rng(0)
    inputs = {"X": rng.normal(size=(4, 3)), "y": rng.random((4, 1)), "w": rng.normal(size=(3, 1))}
    inputs["b"] = np.zeros(1)
    start = time.perf_counter()
    assert check(inputs=inputs).ok
    assert time.perf_counter() - start < 1.0


# -- examples -------------------------------------------------------------------------------------


def test_the_well_known_perceptron(tmp_path):
    done = run(tmp_path, "check_tutorial_perceptron.py")
    assert (done.returncode, done.stderr) == (0, "")
    published, corrected = done.stdout.split("Corrected:")
    assert (
        "dE/dout (4, 1): WRONG HERE. Right for ½Σ; for the stated mean N/2 = 2 times" in published
    )
    assert "dE/dz (4, 1): WRONG HERE. You used σ'(out) with out = σ(z)" in published
    assert "mean_vs_sum" in published and "activation_derivative_of_activated" in published
    assert "dE/dout, dE/dz, dE/dw, dE/db: right.\n" in corrected and "WRONG" not in corrected


def test_six_classic_mistakes(tmp_path):
    done = run(tmp_path, "check_two_layer.py")
    assert (done.returncode, done.stderr) == (0, "")
    right, *mistakes = done.stdout.split("\n\n")
    assert "WRONG" not in right and len(mistakes) == 6
    named = [m.splitlines()[0].partition(": ")[2] for m in mistakes]
    assert named == [
        "wrong_axis at b1 (it is at b1)",
        "extra_lr at z2 (it is at z2)",
        "wrong_operand at b1 (it is at b1)",
        "stale_weights at a1 (it is at a1)",
        "transposed_operand at W2 (it is at W2)",
        "missing_activation_derivative at z1 (it is at z1)",
    ]


def test_carried_steps_name_the_wrong_ones_that_they_go_on_from():
    x, w, b = (np.random.default_rng(k).normal(size=s) for k, s in enumerate([(4, 3), (3, 2), 2]))
    W, B = ag.Tensor(w, requires_grad=True, name="W"), ag.Tensor(b, requires_grad=True, name="b")
    z = (x @ W + B).named("z")
    loss = (ag.tanh(z) ** 2).sum().named("E")
    a = np.tanh(x @ w + b)
    dz = 2 * a  # the slope is missing
    report = ag.check_derivation(loss, {"z": dz, "W": x.T @ dz, "b": dz.sum(axis=1)[:2]})
    assert report.wrong == ["z", "b"]
    assert report.steps["W"].given == ["z"]
    assert "dE/dW: right given your dE/dz (carried)." in str(report)
