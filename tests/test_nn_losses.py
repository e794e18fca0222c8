"""Losses: PyTorch's numbers, weights against rows written twice, extremes, and what is refused."""

import numpy as np
import pytest
from nn_tools import rng, says
from pytorch_numbers import INPUTS, NUMBERS

import autograd_lite as ag
import nn
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError, ZeroWeightsError

P, T, U, B, S, W, C, Q, K = (INPUTS[name] for name in "PTUBSWCQK")
LABELS = np.array([0, 2, 1, -100, 2])
CLASSES = np.array([0, 2, 1, 1, 2])


def log_softmax(x):
    return ag.log_softmax(x, axis=1)


CASES = {
    "mse": (P, lambda x, r: nn.mse_loss(x, T, reduction=r)),
    "mse weighted": (P, lambda x, r: nn.mse_loss(x, T, reduction=r, sample_weight=W)),
    "l1": (P, lambda x, r: nn.l1_loss(x, T, reduction=r)),
    "huber": (P, lambda x, r: nn.huber_loss(x, T, reduction=r, delta=0.7)),
    "smooth_l1": (P, lambda x, r: nn.smooth_l1_loss(x, T, reduction=r, beta=0.7)),
    "smooth_l1 0": (P, lambda x, r: nn.smooth_l1_loss(x, T, reduction=r, beta=0)),
    "bce": (U, lambda x, r: nn.binary_cross_entropy(x, B, reduction=r)),
    "bce soft weight": (U, lambda x, r: nn.binary_cross_entropy(x, Q, W, reduction=r)),
    "bce_logits": (P, lambda x, r: nn.binary_cross_entropy_with_logits(x, B, reduction=r)),
    "bce_logits pos": (
        P, lambda x, r: nn.binary_cross_entropy_with_logits(x, Q, W, pos_weight=C, reduction=r),
    ),
    "ce": (P, lambda x, r: nn.cross_entropy(x, CLASSES, reduction=r)),
    "ce ignore": (P, lambda x, r: nn.cross_entropy(x, LABELS, reduction=r)),
    "ce all": (P, lambda x, r: nn.cross_entropy(x, LABELS, C, label_smoothing=0.15, reduction=r)),
    "ce smooth": (P, lambda x, r: nn.cross_entropy(x, CLASSES, label_smoothing=0.15, reduction=r)),
    "ce ignore 2": (P, lambda x, r: nn.cross_entropy(x, CLASSES, C, ignore_index=2, reduction=r)),
    "ce probs": (P, lambda x, r: nn.cross_entropy(x, Q, reduction=r)),
    "ce probs all": (P, lambda x, r: nn.cross_entropy(x, Q, C, label_smoothing=0.15, reduction=r)),
    "nll": (P, lambda x, r: nn.nll_loss(log_softmax(x), LABELS, C, reduction=r)),
    "poisson": (P, lambda x, r: nn.poisson_nll_loss(x, K, reduction=r)),
    "poisson full": (P, lambda x, r: nn.poisson_nll_loss(x, K, full=True, reduction=r)),
    "poisson rate": (
        U, lambda x, r: nn.poisson_nll_loss(
            x, K, log_input=False, full=True, eps=1e-6, reduction=r
        ),
    ),
    "hinge_embedding": (P, lambda x, r: nn.hinge_embedding_loss(x, S, margin=0.8, reduction=r)),
    "kl": (P, lambda x, r: nn.kl_div(log_softmax(x), Q, reduction=r)),
    "kl log": (P, lambda x, r: nn.kl_div(log_softmax(x), np.log(Q), log_target=True, reduction=r)),
    "kl batch": (
        P, lambda x, r: nn.kl_div(
            log_softmax(x), Q, reduction="batchmean" if r == "mean" else r
        ),
    ),
}  # fmt: skip


def test_no_case_is_forgotten():
    assert set(CASES) == set(NUMBERS["losses"])


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients_are_pytorchs(name):
    start, loss = CASES[name]
    expected = NUMBERS["losses"][name]
    x = ag.Tensor(start, requires_grad=True)
    value = loss(x, "mean")
    assert value.item() == pytest.approx(expected["mean"], abs=1e-13)
    assert loss(x, "sum").item() == pytest.approx(expected["sum"], abs=1e-13)
    np.testing.assert_allclose(loss(x, "none").data.ravel(), expected["none"], atol=1e-13)
    value.backward()
    np.testing.assert_allclose(x.grad.ravel(), expected["grad"], atol=1e-13)


@pytest.mark.parametrize("name", [n for n in CASES if n != "smooth_l1 0"])
def test_second_derivatives_agree_with_numerical_ones(name):
    start, loss = CASES[name]

    def scaled(v):  # one factor per column: as good a proof as all fifteen entries, and faster
        # Probabilities: the steps of the check must not leave [0, 1].
        x = ag.sigmoid(P * v) if start is U else start * v * v * v
        return loss(x, "mean")

    assert ag.check_grads(scaled, np.array([0.8, 1.1, 0.9]), order=2)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32(name):
    start, loss = CASES[name]
    for reduction in ("mean", "none"):
        x = ag.Tensor(start.astype(np.float32), requires_grad=True)
        value = loss(x, reduction)
        assert value.dtype == np.float32
        value.sum().backward()
        assert x.grad.dtype == np.float32


ROWS = {
    "mse": (nn.mse_loss, P, T),
    "half": (nn.half_squared_error, P, T),
    "l1": (nn.l1_loss, P, T),
    "huber": (nn.huber_loss, P, T),
    "smooth_l1": (nn.smooth_l1_loss, P, T),
    "bce": (nn.binary_cross_entropy, U, B),
    "bce_logits": (nn.binary_cross_entropy_with_logits, P, B),
    "cross_entropy": (nn.cross_entropy, P, CLASSES),
    "smoothed": (nn.CrossEntropyLoss(label_smoothing=0.2), P, CLASSES),
    "class weights": (nn.CrossEntropyLoss(C), P, CLASSES),
    "probabilities": (nn.cross_entropy, P, Q),
    "nll": (nn.NLLLoss(C), -abs(P), CLASSES),
    "poisson": (nn.poisson_nll_loss, P, K),
    "hinge": (nn.hinge_loss, P, S),
    "hinge_embedding": (nn.hinge_embedding_loss, P, S),
    "kl": (nn.kl_div, P, Q),
    "kl batch": (nn.KLDivLoss(reduction="batchmean"), P, Q),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_weight_of_n_is_the_row_written_n_times(name):
    loss, x, y = ROWS[name]
    counts = np.array([2, 0, 1, 3, 1])
    weighted = loss(x, y, sample_weight=counts).item()
    assert weighted == pytest.approx(
        loss(np.repeat(x, counts, axis=0), np.repeat(y, counts, axis=0)).item(), abs=1e-14
    )
    assert loss(x, y, sample_weight=np.ones(5)).item() == pytest.approx(
        loss(x, y).item(), abs=1e-14
    )


def test_weights_with_the_other_reductions():
    weights = np.array([2.0, 0, 1, 3, 1])
    rows = nn.cross_entropy(P, CLASSES, reduction="none").data
    given = {"sample_weight": weights}
    np.testing.assert_allclose(
        nn.cross_entropy(P, CLASSES, reduction="none", **given).data, weights * rows, atol=1e-15
    )
    assert nn.cross_entropy(P, CLASSES, reduction="sum", **given).item() == pytest.approx(
        weights @ rows
    )
    entries = nn.mse_loss(P, T, reduction="none").data
    np.testing.assert_allclose(
        nn.mse_loss(P, T, reduction="none", **given).data, weights[:, None] * entries
    )


def test_weights_may_be_learnt():
    weights = ag.Tensor(np.ones(5), requires_grad=True)
    assert ag.check_grads(lambda w: nn.mse_loss(P, T, sample_weight=w), weights.data)
    nn.cross_entropy(P, CLASSES, sample_weight=weights).backward()
    assert weights.grad.shape == (5,)


def test_half_squared_error_and_hinge():
    np.testing.assert_allclose(
        nn.half_squared_error(P, T, reduction="none").data, (P - T) ** 2 / 2, atol=1e-15
    )
    np.testing.assert_allclose(
        nn.hinge_loss(P, S, reduction="none").data, np.maximum(0, 1 - S * P), atol=1e-15
    )
    assert ag.check_grads(lambda x: nn.hinge_loss(x, S), P)


def test_targets_may_be_learnt():
    assert ag.check_grads(lambda q: nn.cross_entropy(P, ag.softmax(q, axis=1)), T, order=2)
    assert ag.check_grads(lambda y: nn.binary_cross_entropy(U, ag.sigmoid(y)), T, order=2)
    assert ag.check_grads(
        lambda y: nn.binary_cross_entropy_with_logits(P, ag.sigmoid(y)), T, order=2
    )
    assert ag.check_grads(lambda y: nn.mse_loss(P, y), T, order=2)
    assert ag.check_grads(lambda q: nn.kl_div(P, q), Q, order=2)


def test_logits_of_any_size_give_exact_losses():
    z = np.array([1000.0, -1000, 40, -40, 0])
    y = np.array([1.0, 0, 1, 0, 1])
    losses = nn.binary_cross_entropy_with_logits(z, y, reduction="none").data
    small = np.exp(-40) - np.exp(-80) / 2
    np.testing.assert_allclose(losses, [0, 0, small, small, np.log(2)], rtol=1e-15)
    wrong = nn.binary_cross_entropy_with_logits(z, 1 - y, reduction="none").data
    np.testing.assert_allclose(wrong, [1000, 1000, 40 + small, 40 + small, np.log(2)], rtol=1e-15)
    x = ag.Tensor(z, requires_grad=True)
    nn.binary_cross_entropy_with_logits(x, 1 - y, reduction="sum").backward()
    np.testing.assert_allclose(x.grad, [1, -1, 1, -1, 0.5], atol=1e-15)


def test_probabilities_of_0_and_1_have_pytorchs_bounds():
    p = ag.Tensor([0.0, 1.0, 0.0, 1.0], requires_grad=True)
    loss = nn.binary_cross_entropy(p, np.array([0.0, 1, 1, 0]), reduction="none")
    np.testing.assert_array_equal(loss.data, [0, 0, 100, 100])
    loss.sum().backward()
    np.testing.assert_array_equal(p.grad, [0, 0, -1e12, 1e12])


def test_a_masked_class_costs_nothing_with_a_target_of_0():
    z = ag.Tensor([[0.0, 0.0, -np.inf]], requires_grad=True)
    loss = nn.cross_entropy(z, np.array([[0.5, 0.5, 0.0]]))
    assert loss.item() == pytest.approx(np.log(2))
    loss.backward()
    np.testing.assert_array_equal(z.grad, 0)
    assert nn.kl_div(np.zeros((1, 2)), np.array([[0.0, 1.0]])).item() == 0


def test_cross_entropy_of_more_axes_and_one_row():
    z, y = rng(1).normal(size=(2, 3, 4)), rng(2).integers(0, 4, (2, 3))
    flat = nn.cross_entropy(z.reshape(6, 4), y.ravel(), C4, label_smoothing=0.1).item()
    assert nn.cross_entropy(z, y, C4, label_smoothing=0.1).item() == pytest.approx(flat)
    weights = rng(3).uniform(size=(2, 3))
    whole = nn.cross_entropy(z, y, sample_weight=weights).item()
    rows = nn.cross_entropy(z, y, reduction="none").data
    assert whole == pytest.approx((rows * weights).sum() / weights.sum())
    assert nn.cross_entropy(z[0, 0], y[0, 0]).item() == pytest.approx(rows[0, 0])
    one = np.eye(4)[y[0, 0]]
    assert nn.cross_entropy(z[0, 0], one).item() == pytest.approx(rows[0, 0])


C4 = np.array([1.0, 0.5, 2.0, 1.0])


def test_modules_are_the_functions_with_their_options():
    pairs = [
        (nn.MSELoss(reduction="sum"), nn.mse_loss(P, T, reduction="sum"), P, T),
        (nn.HalfSquaredError(), nn.half_squared_error(P, T), P, T),
        (nn.L1Loss(), nn.l1_loss(P, T), P, T),
        (nn.HuberLoss(delta=0.5), nn.huber_loss(P, T, delta=0.5), P, T),
        (nn.SmoothL1Loss(beta=0.5), nn.smooth_l1_loss(P, T, beta=0.5), P, T),
        (nn.BCELoss(W), nn.binary_cross_entropy(U, B, W), U, B),
        (
            nn.BCEWithLogitsLoss(pos_weight=C),
            nn.binary_cross_entropy_with_logits(P, B, pos_weight=C), P, B,
        ),
        (
            nn.CrossEntropyLoss(C, ignore_index=1, label_smoothing=0.1),
            nn.cross_entropy(P, CLASSES, C, ignore_index=1, label_smoothing=0.1), P, CLASSES,
        ),
        (nn.NLLLoss(ignore_index=0), nn.nll_loss(P, CLASSES, ignore_index=0), P, CLASSES),
        (
            nn.PoissonNLLLoss(log_input=False, full=True),
            nn.poisson_nll_loss(U, K, log_input=False, full=True), U, K,
        ),
        (nn.HingeLoss(), nn.hinge_loss(P, S), P, S),
        (nn.HingeEmbeddingLoss(margin=2), nn.hinge_embedding_loss(P, S, margin=2), P, S),
        (nn.KLDivLoss(log_target=True), nn.kl_div(P, np.log(Q), log_target=True), P, np.log(Q)),
    ]  # fmt: skip
    for module, value, x, y in pairs:
        assert module(x, y).item() == value.item()
        assert isinstance(module, nn.Module) and not list(module.parameters())
    assert repr(nn.CrossEntropyLoss(label_smoothing=0.1)) == "CrossEntropyLoss(label_smoothing=0.1)"
    assert repr(nn.MSELoss(reduction="sum")) == "MSELoss(reduction='sum')"
    assert repr(nn.BCEWithLogitsLoss(pos_weight=C)).startswith("BCEWithLogitsLoss(pos_weight=[0.5")


def test_losses_by_name():
    for name, function in {
        "mse": nn.mse_loss, "mse_loss": nn.mse_loss, "cross_entropy": nn.cross_entropy,
        "bce_with_logits": nn.binary_cross_entropy_with_logits, "huber": nn.huber_loss,
        "binary_cross_entropy": nn.binary_cross_entropy, "mae": nn.l1_loss, "l1": nn.l1_loss,
        "half_squared_error": nn.half_squared_error, "poisson_nll": nn.poisson_nll_loss,
        "nll": nn.nll_loss, "hinge": nn.hinge_loss, "kl_div": nn.kl_div,
        "smooth_l1_loss": nn.smooth_l1_loss,
    }.items():  # fmt: skip
        assert nn.loss_named(name) is function


Z = np.zeros((2, 3))
MISTAKES = [
    (lambda f=f: f(np.zeros(4), np.zeros((4, 1))), ShapeError, (
        f"{f.__name__}: got a prediction of shape (4,) and a target of shape (4, 1), expected "
        "equal shapes; write y.reshape(-1, 1), or x[:, 0]: broadcasting would pair all with all."
    ))
    for f in (
        nn.mse_loss, nn.half_squared_error, nn.l1_loss, nn.huber_loss, nn.smooth_l1_loss,
        nn.binary_cross_entropy, nn.binary_cross_entropy_with_logits, nn.hinge_loss,
        nn.hinge_embedding_loss, nn.poisson_nll_loss, nn.kl_div,
    )
] + [
    (
        lambda: nn.mse_loss(Z, Z, sample_weight=np.ones((2, 1))), ShapeError,
        "mse_loss: got sample_weight of shape (2, 1) for losses of shape (2, 3), expected (2,), "
        "one per row; reshape it.",
    ),
    (
        lambda: nn.mse_loss(Z, Z, sample_weight=[1, -1]), ArgumentError,
        "mse_loss: got a sample_weight of -1.0 at (1,), expected finite numbers, 0 or larger.",
    ),
    (
        lambda: nn.mse_loss(Z, Z, sample_weight=[1, np.nan]), ArgumentError,
        "mse_loss: got a sample_weight of nan at (1,), expected finite numbers, 0 or larger.",
    ),
    (
        lambda: nn.cross_entropy(Z, [0, 1], sample_weight=[0, 0]), ZeroWeightsError,
        "cross_entropy: got weights that sum to 0, so there is no mean; leave such batches out, or "
        "use reduction='sum'.",
    ),
    (
        lambda: nn.cross_entropy(Z, [0, 1], [1.0, 2.0]), ShapeError,
        "cross_entropy: got weight of shape (2,) for 3 classes, expected (3,), one per class; use "
        "sample_weight for one per row.",
    ),
    (
        lambda: nn.cross_entropy(Z, [0, 1], [1.0, 2.0, -1.0]), ArgumentError,
        "cross_entropy: got a class weight of -1.0 at (2,), expected finite numbers, 0 or larger.",
    ),
    (
        lambda: nn.cross_entropy(Z, [0, 1], label_smoothing=1.5), ArgumentError,
        "cross_entropy: got label_smoothing=1.5, expected a number in [0, 1].",
    ),
    (
        lambda: nn.cross_entropy(Z, Z - 1), ArgumentError,
        "cross_entropy: got the probability -1.0 at (0, 0), expected numbers from 0 to 1, or "
        "integer labels.",
    ),
    (
        lambda: nn.cross_entropy(Z, [-100, -100]), ShapeError,
        "cross_entropy (every label is ignore_index): got shape (2, 3), which has nothing to "
        "average; leave empty batches out, or use reduction='sum'.",
    ),
    (
        lambda: nn.cross_entropy(Z, [-100, 3]), ArgumentError,
        "cross_entropy: got the label 3, expected 0 to 2 for logits of shape (2, 3); number the "
        "classes from 0.",
    ),
    (
        lambda: nn.cross_entropy(np.zeros((2, 3, 5)), np.zeros((2, 5), int)), ShapeError,
        "cross_entropy: got logits of shape (2, 3, 5) and labels of shape (2, 5), expected labels "
        "of shape (2, 3), one class number per row; put the classes last: np.moveaxis(logits, 1, "
        "-1).",
    ),
    (
        lambda: nn.nll_loss(Z, [0, 3]), ArgumentError,
        "nll_loss: got the label 3, expected 0 to 2 for log-probabilities of shape (2, 3); number "
        "the classes from 0.",
    ),
    (
        lambda: nn.nll_loss(Z, [0.0, 1.0]), DTypeError,
        "nll_loss: got labels of dtype float64, expected integers from 0 to 2; use astype(int).",
    ),
    (
        lambda: nn.binary_cross_entropy(Z + 1.5, Z), ArgumentError,
        "binary_cross_entropy: got the probability 1.5 at (0, 0), expected numbers from 0 to 1; "
        "for logits use bce_with_logits.",
    ),
    (
        lambda: nn.binary_cross_entropy_with_logits(Z, Z + 2), ArgumentError,
        "binary_cross_entropy_with_logits: got the target 2.0 at (0, 0), expected numbers from 0 "
        "to 1.",
    ),
    (
        lambda: nn.binary_cross_entropy_with_logits(Z, Z, pos_weight=[1, 2]), ShapeError,
        "binary_cross_entropy_with_logits: got pos_weight of shape (2,) for entries of shape "
        "(2, 3), expected one that broadcasts to them; give one number, or one per column.",
    ),
    (
        lambda: nn.hinge_loss(Z, Z), ArgumentError,
        "hinge_loss: got the target 0.0 at (0, 0), expected -1 or 1; write 2*y - 1 for labels 0 "
        "and 1.",
    ),
    (
        lambda: nn.poisson_nll_loss(Z, Z - 1), ArgumentError,
        "poisson_nll_loss: got a target of -1.0 at (0, 0), expected counts, 0 or larger.",
    ),
    (
        lambda: nn.kl_div(Z, Z - 1), ArgumentError,
        "kl_div: got the probability -1.0 at (0, 0), expected numbers, 0 or larger.",
    ),
    (
        lambda: nn.kl_div(Z, Z, reduction="batch_mean"), ArgumentError,
        "kl_div: got reduction='batch_mean', expected 'mean', 'sum', 'none' or 'batchmean'; did "
        "you mean 'batchmean'?",
    ),
    (
        lambda: nn.huber_loss(Z, Z, delta=0), ArgumentError,
        "huber_loss: got delta=0, expected a number larger than 0.",
    ),
    (
        lambda: nn.smooth_l1_loss(Z, Z, beta=-1), ArgumentError,
        "smooth_l1_loss: got beta=-1, expected a number 0 or larger.",
    ),
    (
        lambda: nn.huber_loss(Z * 1j, Z), DTypeError,
        "huber_loss: got predictions of dtype complex128, expected floating numbers; take their "
        "absolute values, or real and imaginary parts.",
    ),
    (
        lambda: nn.L1Loss(reduction="avg"), ArgumentError,
        "L1Loss: got reduction='avg', expected 'mean', 'sum' or 'none'.",
    ),
    (
        lambda: nn.loss_named("crossentropy"), ArgumentError,
        "loss: got the loss 'crossentropy', expected one of bce, bce_with_logits, cross_entropy, "
        "half_squared_error, hinge, hinge_embedding, huber, kl_div, l1, mse, nll, poisson_nll, "
        "smooth_l1, or a function loss(prediction, target); did you mean 'cross_entropy'?",
    ),
    (
        lambda: nn.loss_named(nn.MSELoss), DTypeError,
        "loss: got the class MSELoss as the loss, expected a function; call it: MSELoss().",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:60] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_class_weights_may_be_learnt(reduction, smoothing):
    keys = {"reduction": reduction, "label_smoothing": smoothing}
    weights = np.array([0.5, 1.0, 2.0])
    assert ag.check_grads(lambda w: nn.cross_entropy(P, CLASSES, weight=w, **keys), weights)
    assert ag.check_grads(lambda w: nn.cross_entropy(P, Q, weight=w, **keys), weights)
    logs = ag.log_softmax(P, axis=1).data
    assert ag.check_grads(
        lambda w: nn.nll_loss(logs, CLASSES, weight=w, reduction=reduction), weights
    )


@pytest.mark.parametrize("weight", [{0: 1.0, 1: 2.0}, "balanced"])
@pytest.mark.parametrize("loss", [nn.cross_entropy, nn.nll_loss])
def test_class_weights_are_numbers(loss, weight):
    with pytest.raises(DTypeError, match=r"got weight=.*one number per class.*class_weight="):
        loss(P, CLASSES, weight=weight)
