"""``check_derivation``: what its sentences, formulas and evidence claim, and leave open."""

from __future__ import annotations

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import ArgumentError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 3))
W = RNG.normal(size=(3, 2))


def leaf(value, name):
    return ag.Tensor(np.asarray(value, float), requires_grad=True, name=name)


def only(loss, name, gradient, **options):
    """The step of a derivation of one gradient."""
    return ag.check_derivation(loss, {name: gradient}, **options).steps[name]


# -- kinks at scalars -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: ag.sqrt((x * x).sum()),
        lambda x: ag.abs(x.sum()),
        lambda x: (x * x).sum() ** 0.5,
        lambda x: (x / ag.sqrt((x * x).sum())).sum() * 2,
        lambda x: x.sum() ** 3 / 4,
    ],
)
def test_scalars_with_kinks_give_findings(loss):
    x = leaf([1.0, 2.0, 4.0], "x")
    assert only(loss(x), "x", np.array([0.3, -7.0, 11.0])).status == "wrong"


@pytest.mark.parametrize(
    ("slope", "status"), [(0.0, "right"), (0.3, "right"), (1.0, "right"), (1.3, "wrong")]
)
def test_a_subgradient_at_a_scalar_tie(slope, status):
    q = leaf(0.0, "q")
    step = only(ag.maximum(q, 0.0), "q", slope)
    assert step.status == status
    assert "tanh" not in step.message and "²" not in step.message


# -- formulas -------------------------------------------------------------------------------------


def right_of(loss, name):
    """The formula of a step that is wrong."""
    gradient = RNG.normal(size=loss.data.shape if name is None else SHAPES[name])
    return only(loss, name, gradient).rule.removeprefix("right: ")


SHAPES = {"w": (3,), "p": (3,), "e": (3,), "z": (3,), "K": (3, 3), "U": (2, 2)}
T = np.array([1.0, -1.0, 1.0])
LOSSES = [
    ("w", lambda w: ag.log(1 + ag.exp(-T * w)).mean()),
    ("p", lambda p: -ag.mean(T * ag.log(p) + (1 - T) * ag.log(1 - p))),
    ("e", lambda e: ag.where(ag.abs(e) <= 1, 0.5 * e**2, ag.abs(e) - 0.5).mean()),
    ("z", lambda z: 0.5 * ((z - T) ** 2).sum()),
    ("K", lambda k: ((X[:3] @ k.T).named("s") ** 2).sum()),
    ("U", lambda u: (ag.tanh(X[:, :2] @ u + X[:, 1:] @ leaf(W[:2], "V")) ** 2).sum()),
]


@pytest.mark.parametrize(("name", "loss"), LOSSES)
def test_brackets_are_balanced(name, loss):
    start = np.linspace(0.2, 0.9, int(np.prod(SHAPES[name]))).reshape(SHAPES[name])
    text = right_of(loss(leaf(start, name)), name)
    depth = 0
    for c in text:
        depth += {"(": 1, ")": -1}.get(c, 0)
        assert depth >= 0, text
    assert depth == 0, text
    assert "ᵀᵀ" not in text and "+ -" not in text


def test_formulas_of_sums_and_of_numbers_that_cancel():
    assert right_of(LOSSES[0][1](leaf([0.1, 0.2, 0.3], "w")), "w") == ("∂E/∂w = 1/3 · σ(… * w) ⊙ C")
    z = leaf([0.1, 0.2, 0.3], "z")
    assert right_of(0.5 * (z**2).sum(), "z") == "∂E/∂z = z"
    x1, u, h0, v = (leaf(RNG.normal(size=(2, 2)), n) for n in ("x1", "U", "h0", "V"))
    text = right_of((ag.tanh(x1 @ u + h0 @ v) ** 2).sum(), "U")
    assert text == "∂E/∂U = x1ᵀ @ ∂E/∂((x1 @ U) + (h0 @ V))"


# -- evidence -------------------------------------------------------------------------------------


def regularised():
    w = leaf(W, "W")
    z = (X @ w).named("z")
    return 0.5 * (z**2).sum() + 0.1 * (w**2).sum(), z.data


def test_a_part_is_not_shown_as_the_whole():
    loss, z = regularised()
    step = ag.check_derivation(loss, {"z": z, "W": X.T @ z + 0.1 * W}).steps["W"]
    assert "The derivative of W² is wrong: you wrote ∂E/∂(W²) ⊙ W, without its factor 2" in (
        step.headline
    )
    assert step.evidence.startswith("yours fits to 1")
    assert "if what W² sends on is ∂E/∂(W²) ⊙ W" in step.evidence
    step = ag.check_derivation(loss, {"z": z, "W": -X.T @ z + 0.2 * W}).steps["W"]
    assert step.diagnosis == "wrong_term_scale"
    assert step.evidence.startswith("yours = the right one with -1 times the term from ∂E/∂z")


def test_a_hidden_slope_is_a_part_too():
    w = leaf(W, "W")
    h = ag.sigmoid(X @ w)
    step = only(((h - 0.3) ** 2).sum(), "W", X.T @ (2 * (h.data - 0.3)))
    assert step.diagnosis == "missing_activation_derivative"
    assert "yours =" not in step.evidence and "if what σ(… @ W) sends on is" in step.evidence


def test_a_whole_step_is_shown_as_such():
    z = leaf(W, "z")
    a = ag.sigmoid(z).named("a")
    g = 2 * a.data
    step = ag.check_derivation((a**2).sum(), {"a": g, "z": g}).steps["z"]
    assert step.evidence.startswith("yours = ∂E/∂a to 1")


@pytest.mark.parametrize(
    ("k", "said"),
    [(4.0, "4 times too large"), (0.25, "4 times too small"), (0.7, "0.7 times what it")],
)
def test_factors_are_said_the_way_round_that_is_read(k, said):
    w = leaf([1.0, 2.0, 3.5], "w")
    assert said in only((w**3).sum(), "w", k * 3 * w.data**2).headline


# -- learning rates -------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.3, 0.05, 0.001])
def test_a_learning_rate_is_asked_about_unless_it_was_given(rate):
    w = leaf([1.0, 2.0, 3.5], "w")
    loss, g = (w**2).sum(), 2 * w.data
    step = only(loss, "w", rate * g)
    assert step.diagnosis == "extra_lr" and "factor" in step.also
    said = f"It is {rate:g} times the right one: a learning rate inside the gradient?"
    assert step.headline == said
    step = only(loss, "w", -rate * g)
    assert step.diagnosis == "update_step" and step.headline.endswith("not the gradient?")
    step = only(loss, "w", rate * g, lr=rate)
    assert "belongs into the update" in step.headline


# -- what is not finite ---------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_is_said_first():
    w = leaf([1.0, 2.0], "w")
    with np.errstate(all="ignore"):
        loss = ag.log(-(w**2).sum())
    report = ag.check_derivation(loss, {"w": 2 * w.data})
    assert str(report).startswith("The loss is nan, not finite: ")
    assert "The loss is nan" in report._repr_html_()


def test_nan_that_follows_from_nan_is_not_blamed():
    y = np.array([[1.0], [0.0], [1.0]])
    z0 = leaf([[40.0], [-1.0], [0.5]], "z0")
    with np.errstate(all="ignore"):
        z1 = ag.relu(z0).named("z1")
        p = ag.sigmoid(20 * z1).named("p")
        loss = -(y * ag.log(p) + (1 - y) * ag.log(1 - p)).mean()
        dp = -(y / p.data - (1 - y) / (1 - p.data)) / 3
        dz = dp * p.data * (1 - p.data) * 20
        given = {"p": dp, "z1": dz, "z0": dz * (z0.data > 0)}
    assert np.isnan(given["z0"]).any()
    report = ag.check_derivation(loss, given)
    assert report.ok, report
    assert "cannot be judged" in str(report)
    given["z0"] = np.array([[np.nan], [5.0], [7.0]])
    assert ag.check_derivation(loss, given).first_wrong == "z0"


def test_nan_of_ones_own_is_blamed():
    w = leaf([1.0, 2.0], "w")
    step = only((w**2).sum(), "w", np.array([np.nan, 4.0]))
    assert step.status == "wrong" and step.headline == "It has 1 NaN, the first at (0,)."


def test_a_clamp_is_not_called_a_wrong_rule():
    w = leaf([1.0, 2.0], "w")

    @ag.primitive(name="test_words_triple", samples=[ag.Sample((2,))])
    def triple(x):
        """3x, with a rule that is wrong."""
        return 3 * x

    @triple.vjp
    def _(g, out, x):
        return 2 * g

    text = str(ag.check_derivation(triple(w).sum(), {"w": np.full(2, 3.0)}))
    assert "Autodiff and differences disagree here" in text and "a kink or a clamp" in text


# -- shapes and kinds -----------------------------------------------------------------------------


def test_a_column_that_meets_a_row():
    z0, y = RNG.normal(size=(4, 1)), RNG.normal(size=4)
    z = leaf(z0, "z")
    note = "z - … is (4, 4), because (4, 1) meets (4,): was a column (4, 1) meant"
    assert note in only(0.5 * ((z - y) ** 2).sum(), "z", z0 - y[:, None]).headline
    forward = lambda v: 0.5 * ((v["z"] - v["y"]) ** 2).sum()
    hand = lambda v: {"z": v["z"] - v["y"]}
    step = ag.check_derivation(forward, hand, inputs={"z": z0, "y": y}).steps["z"]
    assert step.diagnosis == "missing_batch_sum"
    assert "was used for every column" in step.headline
    assert "z - y is (4, 4)" in step.headline
    bias = leaf(np.zeros(2), "b")
    step = only(((X @ W + bias) ** 2).sum(), "b", 2 * X @ W)
    assert "b was used for every row" in step.headline and "meets" not in step.headline


def test_names_that_a_function_asks_for():
    forward = lambda v: (v["w"] ** 2).sum()
    with pytest.raises(ArgumentError, match="forward asked for 'w', which is not among the inp"):
        ag.check_derivation(forward, lambda v: {"w": v["w"]}, inputs={"z": W})
    w = leaf([1.0, 2.0], "w")
    with pytest.raises(ArgumentError, match="hand asked for 'y', which is neither an input nor"):
        ag.check_derivation((w**2).sum(), lambda v: {"w": v["y"]})


def test_a_complex_gradient_of_a_real_loss():
    w = leaf([1.0, 2.0], "w")
    headline = only((w**2).sum(), "w", 2 * w.data + 1j).headline
    assert headline == "It is complex, where w and the loss are real; its real part is right."
    assert "real part" not in only((w**2).sum(), "w", 3 * w.data + 1j).headline


# -- which mistake it is --------------------------------------------------------------------------


def test_a_dropped_term_is_not_called_a_mask():
    shapes = {"x0": (4, 3), "x1": (4, 3), "U": (3, 2), "W": (2, 2), "h0": (4, 2)}

    def forward(v):
        h1 = ag.tanh(v["x0"] @ v["U"] + v["h0"] @ v["W"]).named("h1")
        h2 = ag.relu(v["x1"] @ v["U"] + h1 @ v["W"]).named("h2")
        return 0.5 * (h2**2).sum()

    for seed in range(4):
        rng = np.random.default_rng(seed)
        inputs = {n: rng.normal(size=s) for n, s in shapes.items()}
        hand = lambda v: {"W": v["h1"].T @ (v["h2"] * (v["h2"] > 0))}
        step = ag.check_derivation(forward, hand, inputs=inputs).steps["W"]
        assert step.diagnosis in ("missing_term", "fanout_overwrite")


FORMS = {
    "relu": (lambda c: ag.relu(c), 0.0),
    "leaky_relu": (lambda c: ag.leaky_relu(c, 0.1), 0.1),
    "where": (lambda c: ag.where(c > 0, c, 0.1 * c), 0.1),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["of the gradient", "exchanged"])
def test_slopes_by_the_wrong_sign(form, kind):
    function, low = FORMS[form]
    c = np.array([0.7, -0.4, 1.3, 0.2, -1.1, 0.9])
    target = np.array([1.5, 0.6, 0.3, -0.8, -2.0, 0.1])
    leaves = leaf(c, "c")
    y = function(leaves).named("y")
    g = 2 * (y.data - target)
    u = g * (np.where(g > 0, 1, low) if kind == "of the gradient" else np.where(c > 0, low, 1))
    step = ag.check_derivation(((y - target) ** 2).sum(), {"y": g, "c": u}).steps["c"]
    assert step.diagnosis == "wrong_mask", step


def test_a_mask_of_the_gradient_on_few_entries():
    c = np.array([0.7, 0.4, -1.3, 0.2, 1.1])
    g = np.array([1.5, -0.6, 0.3, 0.8, 2.0])
    leaves = leaf(c, "c")
    y = ag.relu(leaves).named("y")
    g[2] = -0.3
    step = ag.check_derivation((y * g).sum(), {"y": g, "c": g * (g > 0)}).steps["c"]
    assert step.diagnosis == "wrong_mask" and "[∂E/∂y > 0]" in step.headline


def test_an_unusual_formula_takes_no_free_factor():
    y = leaf([[0.4, 1.0], [2.0, -0.3], [0.7, 1.9]], "y")
    d = y.data - np.array([[1.0, 0.3], [2.5, 0.1], [1.6, 1.1]])
    loss = 0.5 * ((y - (y.data - d)) ** 2).mean()
    step = only(loss, "y", d**3)
    assert step.diagnosis is None or "ⁿ" not in step.headline, step
