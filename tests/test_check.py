"""check_grads: it passes what is right, finds what is wrong at any scale, and says which."""

from __future__ import annotations

import math

import numpy as np
import pytest
from check_tools import smooth_functions
from measure_check import by_check, by_ladder, coverage

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.check import AGREE, CANNOT_TELL, DISAGREE
from autograd_lite.check.judge import judge
from autograd_lite.numeric import Estimate, derivative

X = np.random.default_rng(0).normal(size=(3, 4))
W = np.random.default_rng(1).normal(size=(4, 2))


def scaled(factor, scale):
    """A loss scaled by scale whose gradient is multiplied by factor."""

    def f(x):
        loss = scale * (ag.tanh(x) ** 2).sum()
        return factor * loss + (1 - factor) * ag.stop_gradient(loss)

    return f


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_right_gradients_pass_at_every_scale(scale):
    report = ag.check_grads(scaled(1.0, scale), X, order=2, modes=("reverse", "forward"))
    assert report.ok, str(report)
    assert bool(report)
    report.raise_if_wrong()


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("factor", [2.0, -1.0, 0.0, 1.0001])
def test_wrong_gradients_fail_at_every_scale(scale, factor):
    report = ag.check_grads(scaled(factor, scale), X)
    assert not report.ok
    with pytest.raises(errors.GradientError, match="12 WRONG"):
        report.raise_if_wrong()


def test_one_wrong_entry_is_named():
    def f(x):
        return (x**2).sum() + ag.stop_gradient(x[1, 2]) * 3 - 3 * x[1, 2]

    report = ag.check_grads(f, X)
    assert report.worst.index == (1, 2)
    assert report.worst.input == "input 0"
    assert "1 WRONG" in str(report)
    assert len(report.table().splitlines()) == 2


def test_names_come_from_tensors():
    report = ag.check_grads(lambda w: (ag.stop_gradient(w) * w).sum(), ag.Tensor(W, name="W1"))
    assert report.worst.input == "W1"


def test_the_ratio_is_told():
    assert "the sign is wrong" in str(ag.check_grads(scaled(-1.0, 1.0), X))
    assert "autodiff is 2 × numeric" in str(ag.check_grads(scaled(2.0, 1.0), X))
    assert "autodiff gives 0 there" in str(ag.check_grads(scaled(0.0, 1.0), X))


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: ag.relu(x).sum(), [0.0, 1.0, -1.0]),
        (lambda x: ag.abs(x).sum(), [0.0, 2.0]),
        (ag.max, [1.0, 1.0, 0.0]),
        (lambda x: ag.maximum(x, x[::-1]).sum(), [1.0, 1.0]),
        (lambda x: ag.clip(x, 0.0, 1.0).sum(), [0.0, 1.0]),
        (ag.norm, [0.0, 0.0]),
    ],
)
def test_subgradients_at_kinks_pass_and_are_counted(f, x):
    report = ag.check_grads(f, np.array(x))
    assert report.ok, str(report)
    assert any(e.numeric.kink for e in report.entries)


def test_a_value_outside_the_subgradient_fails():
    def f(x):
        return ag.relu(x).sum() + 3 * (x - ag.stop_gradient(x)).sum()

    assert not ag.check_grads(f, np.array([0.0]))


def test_float32_inside_passes():
    report = ag.check_grads(lambda x: ag.tanh(ag.astype(x, np.float32)).sum(), np.array([0.3, 2.0]))
    assert report.ok, str(report)


def test_complex_inputs_pass():
    z = np.array([1 + 2j, -0.5j])
    assert ag.check_grads(lambda z: (ag.abs(z) ** 2).sum(), z).ok
    assert ag.check_grads(lambda z: ag.exp(z) * z, z, modes=("reverse", "forward"), order=2).ok


def test_pytrees_and_passive_inputs():
    def f(params, labels):
        return (params["w"] * params["b"][0])[labels].sum()

    params = {"w": X[0], "b": [np.array(2.0)]}
    report = ag.check_grads(f, params, np.array([0, 2]))
    assert report.ok
    assert report.total == 5


def test_not_finite_cannot_be_told():
    report = ag.check_grads(lambda x: ag.sqrt(x).sum(), np.array([0.0, 1.0]))
    assert not report.ok
    assert report.worst.verdict == "CAN'T TELL"
    assert "not finite near this point" in str(report)


def test_large_inputs_are_sampled_and_say_so():
    report = ag.check_grads(lambda x: (x**2).sum(), np.random.default_rng(0).normal(size=(60, 60)))
    assert report.ok
    assert "of 3600, drawn at random and the largest" in str(report)


def test_bad_input_is_refused_in_a_sentence():
    rng = np.random.default_rng(0)
    for call, text in (
        (lambda: ag.check_grads(lambda x: x * rng.normal(), X), "must be deterministic"),
        (lambda: ag.check_grads(lambda x: x, np.array([1, 2])), "got no floating input"),
        (lambda: ag.check_grads(lambda x: x, X, modes=("sideways",)), "got mode 'sideways'"),
        (lambda: ag.check_grads(lambda x: x, X, order=3), "got order=3, expected 1 or 2"),
    ):
        with pytest.raises(errors.ArgumentError, match=text):
            call()


@pytest.mark.parametrize("seed", range(40))
def test_bounds_cover_the_true_error(seed):
    rng = np.random.default_rng(seed)
    a, b, c, d = rng.normal(size=4)
    x = rng.normal() * 10 ** rng.uniform(-2, 2)
    functions = [
        (lambda t: a * math.sin(b * t) + c * t * t, lambda t: a * b * math.cos(b * t) + 2 * c * t),
        (lambda t: math.exp(-t * t) * d, lambda t: -2 * t * math.exp(-t * t) * d),
        (lambda t: math.tanh(a * t + b), lambda t: a * (1 - math.tanh(a * t + b) ** 2)),
    ]
    for f, slope in functions:
        found = derivative(lambda h, f=f: f(x + h), abs(x))
        # x + h itself is rounded: a relative eps of x moves the slope by eps·x·f''.
        assert abs(found.value - slope(x)) <= found.bound + 1e-11 * (abs(slope(x)) + 1e-3)


def test_a_loss_that_holds_derivatives_of_its_input():
    def physics(x):
        u = ag.sin(x * 2.0)
        slope = ag.gradients(u.sum(), x, create_graph=True)
        return ((slope + u) ** 2).sum()

    report = ag.check_grads(physics, np.array([0.3, 1.1]))
    assert report.ok, str(report)
    assert repr(report) == str(report)


# -- complex step, and when it is not used -----------------------------------------------------


def test_complex_step_is_exact_and_cheap():
    report = ag.check_grads(lambda x: (ag.tanh(x) ** 2).sum(), X)
    part = report.parts["input 0"]
    assert part.method == "complex step"
    slope = 2 * np.tanh(X) / np.cosh(X) ** 2
    for e in report.entries:
        assert abs(e.numeric.value - slope[e.index]) <= 4e-15 * abs(slope[e.index])
        assert e.numeric.bound < 1e-13
    assert part.evaluations < 20 * X.size


def test_pieces_go_by_complex_step_away_from_their_kinks():
    away = np.array([0.5, -1.0, 2.0])
    f = lambda x: (ag.relu(x) * ag.maximum(x, 0.3) + ag.clip(x, -1.5, 1.5)).sum()
    assert ag.check_grads(f, away).parts["input 0"].method == "complex step"
    at_a_kink = ag.check_grads(f, np.array([0.5, 0.0, 2.0]))
    assert at_a_kink.parts["input 0"].method == "ladder"
    assert at_a_kink.ok
    assert "1 at kinks" in str(at_a_kink)


def test_what_the_graph_does_not_show_is_noticed():
    report = ag.check_grads(lambda x: (x * np.abs(x.data)).sum(), X)
    assert len(report.wrong) == X.size
    assert "complex step does not follow the function" in str(report)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
@pytest.mark.parametrize("loss", [ag.relu, ag.absolute, lambda x: ag.logsumexp(x, axis=0)])
def test_far_scales(loss, scale):
    right = ag.check_grads(lambda x: scale * (loss(x) ** 2).sum(), X)
    assert right.ok, str(right)
    for factor in (2.0, -1.0, 0.0):

        def wrong(x, factor=factor):
            value = scale * (loss(x) ** 2).sum()
            return factor * value + (1 - factor) * ag.stop_gradient(value)

        assert ag.check_grads(wrong, X).wrong


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_wrong_gradient_in_float32_fails(scale):
    def f(x, factor):
        value = scale * (ag.tanh(ag.astype(x, np.float32)) ** 2).sum()
        return factor * value + (1 - factor) * ag.stop_gradient(value)

    assert ag.check_grads(lambda x: f(x, 1.0), X).ok
    for factor in (2.0, -1.0, 0.0):
        assert ag.check_grads(lambda x, k=factor: f(x, k), X).wrong


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_short_floats_inside_pass_and_factors_do_not(dtype):
    def f(x, factor=1.0):
        value = ag.astype(ag.tanh(ag.astype(x, dtype)), np.float64).sum()
        return factor * value + (1 - factor) * ag.stop_gradient(value)

    assert ag.check_grads(f, X).ok
    assert ag.check_grads(lambda x: (ag.astype(x, np.float32) @ W).sum() ** 2, 10 * X).ok
    for factor in (2.0, -1.0, 0.0):
        assert not ag.check_grads(lambda x, k=factor: f(x, k), X).ok


def test_a_gradient_that_is_zero_but_for_rounding_passes():
    for f in (
        lambda x: ag.softmax(x, axis=1).sum(),
        lambda x: ag.absolute(ag.softmax(x, axis=1)).sum(),
        lambda x: (x * 0.0).sum() + 3.0,
    ):
        report = ag.check_grads(f, X)
        assert report.ok, str(report)


def test_an_all_zero_gradient_beside_a_large_constant_fails():
    def f(x):
        return 1e6 + 1e-6 * ag.stop_gradient(ag.relu(x) ** 2).sum() + 0 * x.sum()

    assert ag.check_grads(f, X).wrong


# -- verdicts ----------------------------------------------------------------------------------


def judged(autodiff, value, bound, scale=1.0, **more):
    n = Estimate(value, bound)
    for name, x in more.items():
        setattr(n, name, x)
    return judge(autodiff, n, scale, 0.0, 1e-6, 2.2e-16)[0]


def test_the_three_verdicts():
    assert judged(1.0, 1.0 + 1e-9, 1e-8) == AGREE
    assert judged(1.0, 1.0 + 5e-7, 0.0) == AGREE  # rtol
    assert judged(1.0, 1.1, 1e-3) == DISAGREE
    assert judged(1.0, 1.0, 0.1) == CANNOT_TELL
    assert judged(1.0, 1.00003, 5e-6) == CANNOT_TELL  # beyond the bound, not ten times
    assert judged(1e-20, 2e-20, 1e-33, scale=2e-20) == DISAGREE  # nothing absolute
    assert judged(0.0, 1e-9, 1e-12) == DISAGREE  # a small entry of a large gradient
    assert judged(math.nan, 1.0, 1e-9) == DISAGREE
    assert judged(1.0, math.nan, math.inf) == CANNOT_TELL
    assert judged(0.5, 0.0, 1e-9, left=0.0, right=1.0) == AGREE
    assert judged(1.5, 0.0, 1e-9, left=0.0, right=1.0) == DISAGREE


@pytest.mark.parametrize(
    ("f", "x", "why"),
    [
        (lambda x: ag.absolute(x * 0 + ag.floor(x)).sum(), 1.0, "jumps"),
        (lambda x: ag.sqrt(ag.absolute(x)).sum(), 0.0, ""),
        (lambda x: ag.absolute(1e20 + x).sum(), 1.0, "flat here"),
        (lambda x: ag.log(ag.absolute(x)).sum(), 0.0, "not finite"),
    ],
)
def test_it_says_why_it_cannot_tell(f, x, why):
    report = ag.check_grads(f, np.array([x]))
    assert not report.ok
    assert report.worst.verdict in (CANNOT_TELL, DISAGREE)
    assert why in report.worst.why


# -- kinks and ties ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: (ag.sort(x) * np.arange(4.0)).sum(), [1.0, 1.0, 0.0, 3.0]),
        (ag.median, [1.0, 1.0, 0.0, 3.0]),
        (ag.median, [1.0, 1.0, 1.0]),
        (lambda x: ag.maximum(x, x).sum(), [1.0, 2.0]),
        (lambda x: ag.minimum(x, 0.0).sum(), [0.0, 2.0]),
        (lambda x: 1e-8 * ag.relu(x).sum(), [0.0, 1.0]),
        (lambda x: ag.relu(ag.astype(x, np.float32)).sum(), [0.0, 1.0]),
        (lambda x: ag.relu(x).sum(), [1e-9, -1e-9]),
        (lambda x: ag.leaky_relu(x).sum() + ag.elu(x).sum(), [0.0, 1.0]),
        (lambda x: ag.where(x > 0, x, 0.0).sum(), [0.0, 1.0]),
    ],
)
def test_ties_and_kinks_are_right(f, x):
    report = ag.check_grads(f, np.array(x))
    assert report.ok, str(report)


# -- large inputs ------------------------------------------------------------------------------


def broken_at(index, f):
    def g(x):
        return f(x) + 0.01 * (ag.stop_gradient(x[index]) - x[index])

    return g


def test_one_wrong_entry_of_2000_is_found():
    x = np.random.default_rng(0).normal(size=(40, 50))
    report = ag.check_grads(broken_at((17, 31), lambda x: ag.tanh(x).sum()), x)
    assert [e.index for e in report.wrong] == [(17, 31)]
    assert "only 1 of 2000 entries: [17, 31]" in str(report)


@pytest.mark.parametrize("f", [lambda x: ag.tanh(x).sum(), lambda x: ag.absolute(x).sum()])
def test_one_wrong_entry_of_many_is_found_along_directions(f):
    x = np.random.default_rng(0).normal(size=(80, 90))
    report = ag.check_grads(broken_at((7, 9), f), x)
    assert not report.ok
    assert report.worst.index == (7, 9)
    assert "of 7200 + 4 directions" in report.table()


# -- the report --------------------------------------------------------------------------------


def test_a_transpose_is_recognised():
    op = ag.primitive(linear=True, samples=[ag.Sample((3, 3))], name="doc_weigh")(
        lambda x, *, w: (x * w).sum()
    )
    op.vjp(lambda g, out, x, *, w: g * w.T)
    w = np.random.default_rng(3).normal(size=(3, 3))
    report = ag.check_grads(lambda x: op(x, w=w), np.ones((3, 3)))
    assert "autodiff's is the transpose of the right one" in str(report)


def test_a_mean_left_out_is_recognised():
    def f(x):
        mean = ag.tanh(x).mean()
        return 12 * mean - 11 * ag.stop_gradient(mean)

    report = ag.check_grads(f, X)
    assert "autodiff is 12 × numeric, and 12 is a size of it (a mean left out?)" in str(report)


def test_the_report_in_a_notebook():
    report = ag.check_grads(lambda w: (ag.stop_gradient(w) * w).sum(), ag.Tensor(W, name="<W>"))
    html = report._repr_html_()
    assert html.startswith("<div>") and html.endswith("</div>")
    assert "&lt;W&gt;" in html and "<W>" not in html
    assert "8 WRONG" in html and "autodiff is 0.5 × numeric" in html


def test_names_of_pytrees_and_of_equal_names():
    report = ag.check_grads(lambda p: (p["a"] * p["b"][0]).sum(), {"a": X, "b": [X]})
    assert list(report.parts) == ["input 0.a", "input 0.b.0"]
    twice = ag.check_grads(lambda a, b: (a * b).sum(), *[ag.Tensor(X, name="w") for _ in "ab"])
    assert list(twice.parts) == ["w", "w #2"]


# -- kinds of functions ------------------------------------------------------------------------


def in_place(x):
    t = ag.tanh(x)
    t[0] = t[1] * 2.0
    t *= 3.0
    return t.sum()


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (in_place, X),
        (lambda x: {"a": x * x, "b": [ag.exp(x), 1e-9 * ag.sin(x)], "n": 3}, X),
        (lambda x: ag.grad(lambda u: (u**3).sum())(x), X),
        (lambda x: ag.hvp(lambda u: (u**3).sum(), (x,), (x,))[0], X),
        (lambda x: ag.linalg.svd(x)[1], X),
        (lambda x: ag.checkpoint(lambda u: ag.tanh(u) ** 2)(x).sum(), X),
        (lambda z: ag.exp(z) * ag.conj(z), X[:2, :2] + 1j * X[1:, 2:]),
    ],
)
def test_functions_of_every_kind(f, x):
    report = ag.check_grads(f, x, order=2, modes=("reverse", "forward"))
    assert report.ok, str(report)


def test_a_small_output_is_not_hidden_by_a_large_one():
    def f(x):
        small = 1e-9 * ag.tanh(x).sum()
        return 1e9 * ag.sin(x).sum(), 2 * small - ag.stop_gradient(small)

    assert ag.check_grads(f, X).wrong


def test_forward_mode_alone_finds_the_entry():
    op = ag.elementwise(
        "doc_pushed", np.sin, lambda g, out, x: g * np.cos(x), saves=("x",), numpy=(),
        samples=[ag.Sample((2,))], doc="sin, with a wrong forward rule.",
    )  # fmt: skip
    op.jvp(lambda tangents, out, x: 2 * tangents[0] * np.cos(x))
    assert ag.check_grads(lambda x: op(x).sum(), X).ok
    report = ag.check_grads(lambda x: op(x).sum(), X, modes=("forward",))
    assert len(report.wrong) == X.size
    assert "autodiff is 2 × numeric" in str(report)
    assert not ag.check_grads(lambda x: op(x).sum(), X, modes=("reverse", "forward")).ok


def test_the_function_is_left_alone():
    x = ag.Tensor(X, requires_grad=True)
    (x * 2).sum().backward()
    before = x.grad.copy()
    assert ag.check_grads(lambda t: (t * t).sum(), x).ok
    np.testing.assert_array_equal(x.grad, before)
    np.testing.assert_array_equal(x.data, X)
    assert ag.is_grad_enabled()


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: ag.check_grads(lambda x: None, X), "returned NoneType"),
        (lambda: ag.check_grads(lambda x: float(x.data.sum()), X), "records no graph"),
        (lambda: ag.check_grads(lambda x: ag.Tensor(3.0), X), "records no graph"),
        (lambda: ag.check_grads(lambda x: x.argmax(), X), "without a floating output"),
        (lambda: ag.check_grads(lambda x: ag.log(x).sum(), X), "gives NaN at this point"),
        (lambda: ag.check_grads(lambda x: x, np.zeros((0, 3))), "got no floating input"),
        (lambda: ag.check_grads(X, X), "got ndarray as f"),
        (lambda: ag.check_grads(lambda x: x, X, modes="forward"), "expected a tuple"),
        (lambda: ag.check_grads(lambda x: x, X, modes=("foward",)), "did you mean 'forward'"),
        (lambda: ag.check_grads(lambda x: x, X, rtol=-1), "got rtol=-1"),
    ],
)
def test_bad_input_is_one_sentence(call, text):
    with pytest.raises((errors.ArgumentError, errors.DTypeError), match=text) as caught:
        call()
    assert str(caught.value).startswith("check_grads: ")
    assert str(caught.value).count("\n") == 0


def test_a_dropout_is_named():
    rng = np.random.default_rng(0)

    def f(x):
        return (x * (rng.random(x.shape) > 0.5)).sum()

    with pytest.raises(errors.ArgumentError, match="random mask of a dropout"):
        ag.check_grads(f, X)


# -- bars --------------------------------------------------------------------------------------


def test_bounds_hold_and_errors_are_small():
    pytest.importorskip("mpmath")
    functions = smooth_functions(seed=31, count=120)
    share, median, calls = coverage(functions, by_ladder)
    assert share >= 0.99
    assert median < 2e-13
    assert calls <= 71
    share, median, calls = coverage(functions[:60], by_check)
    assert share >= 0.99
    assert median < 1e-14
    assert calls <= 8
