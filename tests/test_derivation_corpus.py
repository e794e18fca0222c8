"""``check_derivation`` on a corpus of right and wrong derivations: the bars, on a small sample.

``measure_derivation.py`` measures them on as many as one likes.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from derivation_corpus import Net
from derivation_models import MODELS
from measure_derivation import judge, nets

import autograd_lite as ag


@pytest.fixture(scope="module")
def counted():
    """The counts over some networks and one of every other model."""
    counts, missed = Counter(), []
    cases = list(nets(range(7000, 7008), 12))
    for make in MODELS:
        rng = np.random.default_rng(7000)
        cases += [c for c in make(rng).cases(rng) if rng.random() < 0.15 or not c.first]
    for case in cases:
        judge(case, counts, missed)
    return counts


def test_right_derivations_raise_no_alarm(counted):
    assert counted["right"] >= 30
    assert counted["false alarm"] == 0


def test_the_first_wrong_step_is_named(counted):
    assert counted["wrong"] >= 80
    assert counted["step"] >= 0.99 * counted["wrong"]


def test_the_mistake_is_named(counted):
    assert counted["top"] >= 0.9 * counted["wrong"]


def test_what_is_in_no_table_is_not_claimed(counted):
    assert counted["outside"] >= 40
    assert counted["false claim"] <= 0.02 * counted["outside"]
    assert counted["outside, step"] >= 0.99 * counted["outside"]


@pytest.mark.parametrize("n", [1, 2, 4])
@pytest.mark.parametrize("rows", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_right_ones_of_every_size(n, rows, dtype, scale):
    for seed, loss in enumerate(("mean", "ce", "bce", "half")):
        net = Net(seed, n=n, rows=rows, dtype=dtype, scale=scale, loss=loss, full="all")
        for form in "fa":
            report = net.right_case(form).check()
            assert report.ok, report


@pytest.mark.parametrize("act", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("wide", [20.0, 100.0])
def test_right_ones_of_saturated_units(act, wide):
    for seed in range(4):
        net = Net(seed, act=act, wide=wide, dtype=np.float64, full="all")
        for form in "fa":
            report = net.right_case(form).check()
            assert report.ok, report


def test_a_network_of_width_one():
    net = Net(3, depth=2, n=4, dtype=np.float64, full="all", scale=1.0, act="tanh", last="sigmoid")
    net.widths = [1, 1, 1]
    net.inputs = net._inputs(np.random.default_rng(0))
    assert net.right_case().check().ok
    found = net.wrong_case("no_slope", "z1").check()
    assert found.first_wrong == "z1"
    assert found.steps["z1"].diagnosis == "missing_activation_derivative"


def test_the_report_is_the_same_every_time():
    case = Net(5, n=4, dtype=np.float64).wrong_case("double", "W1")
    assert str(case.check()) == str(case.check())
    assert isinstance(case.check(), ag.derivation.Report)
