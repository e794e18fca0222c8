"""The numbered lessons among the examples: short, and their results as they state them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from test_examples import EXAMPLES, needs_extra, run, write_mnist

LESSONS = sorted(EXAMPLES.glob("[0-9][0-9]_*.py"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_is_short(path):
    assert len(path.read_text().splitlines()) < 80


def test_one_sigmoid_unit_with_both_slopes(tmp_path):
    done = run(tmp_path, "01_sigmoid_perceptron.py")
    assert (done.returncode, done.stderr) == (0, "")
    wrong, right, *_ = done.stdout.splitlines()
    assert "weights -0.50362183 8.92257347, bias -4.08058729" in wrong
    assert wrong.endswith(": 0.99217042")
    assert "weights -0.27780002 6.45798409, bias -2.95825575" in right
    assert right.endswith(": 0.97068004")
    assert "the author's gradient is the slope of the error: False" in done.stdout
    assert "the right gradient is the slope of the error: True" in done.stdout


@pytest.mark.parametrize("steps", [10_000, 60_000, 100_000])
def test_the_perceptron_of_three_inputs_goes_on(tmp_path, steps):
    X = np.array([[0.0, 0, 1], [1, 1, 1], [1, 0, 1], [0, 1, 1]])
    y = np.array([[0.0], [1], [1], [0]])
    w = 2 * np.random.RandomState(1).random_sample((3, 1)) - 1
    for _ in range(steps):
        a = 1 / (1 + np.exp(-(X @ w)))
        w += X.T @ ((y - a) * a * (1 - a))
    done = run(tmp_path, "perceptron.py", steps)
    assert done.returncode == 0, done.stderr
    printed = done.stdout.partition("weights: ")[2].splitlines()[0].split(", ")
    np.testing.assert_allclose([float(p) for p in printed], w.ravel(), atol=2e-8)


def test_two_layers_by_hand_and_by_machine(tmp_path):
    done = run(tmp_path, "03_two_layers.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("by hand and by machine agree to 1e-12: True") == 2
    assert "full batch: error 0.0028" in done.stdout


def test_two_layers_with_a_tutorials_seed(tmp_path):
    X = np.array([[1.0, 0, 0, 0], [1, 0, 1, 1], [0, 1, 0, 1]])
    y = np.array([[1.0], [1.0], [0.0]])
    random = np.random.RandomState(42)
    W1, W2 = random.uniform(size=(4, 3)), random.uniform(size=(3, 1))
    for _ in range(1_000):
        h = 1 / (1 + np.exp(-X @ W1))
        o = 1 / (1 + np.exp(-h @ W2))
        d = (o - y) * o * (1 - o)
        W1, W2 = W1 - 0.01 * X.T @ (d @ W2.T * h * (1 - h)), W2 - 0.01 * h.T @ d
    o = 1 / (1 + np.exp(-1 / (1 + np.exp(-X @ W1)) @ W2))
    done = run(tmp_path, "04_two_layers_seeded.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "first errors: 0.05013458 0.03727248 0.25388062\n" in done.stdout
    assert f"error {((y - o) ** 2).sum() / 2:.8f}" in done.stdout


def test_the_perceptron_rule_ends_and_fails_on_xor(tmp_path):
    done = run(tmp_path, "07_step_perceptron.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "two clouds: converged after" in done.stdout
    assert "AND: converged after 7 epochs" in done.stdout
    assert "XOR: not converged" in done.stdout
    assert "no plane separates the classes" in done.stdout
    assert "gradient of a step unit: [[0. 0.]]" in done.stdout
    assert done.stdout.endswith("XOR with one hidden layer: 0 1 1 0\n")


def test_an_lstm_remembers_the_first_sign(tmp_path):
    done = run(tmp_path, "08_sequence_lstm.py", 30)
    assert (done.returncode, done.stderr) == (0, "")
    assert float(done.stdout.partition("epoch  30: ")[2].split()[4]) > 0.95


@needs_extra
def test_a_small_lenet_reads_digits(tmp_path):
    done = run(tmp_path, "08_images_conv.py", 8)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3,658 parameters, all trainable" in done.stdout
    assert float(done.stdout.splitlines()[-1].split()[-1]) > 0.9


@needs_extra
def test_ten_hidden_units_bend_the_line(tmp_path):
    done = run(tmp_path, "05_moons_and_blobs.py")
    assert done.returncode == 0, done.stderr
    straight, bent, blobs = re.findall(r"test accuracy ([\d.]+)", done.stdout)
    assert float(straight) < 0.9 < 0.97 <= float(bent)
    assert float(blobs) >= 0.97
    for name in ("moons.png", "blobs.png"):
        assert (tmp_path / name).read_bytes()[:4] == b"\x89PNG"


@needs_extra
def test_logistic_units_read_digits_and_a_report_is_printed(tmp_path):
    done = run(tmp_path, "06_digits_report.py")
    assert done.returncode == 0, done.stderr
    found = dict(re.findall(r"hidden \((.*?),?\): test accuracy ([\d.]+)", done.stdout))
    assert 0.15 < float(found["1"]) < 0.35
    assert float(found["10, 15"]) > 0.88
    assert min(float(found[name]) for name in ("100", "100, 150", "1000")) > 0.95
    rows = re.findall(r"^ ?\[\[?((?: *\d+){10})\]\]?$", done.stdout, re.MULTILINE)
    assert sum(int(n) for row in rows for n in row.split()) == 540
    assert re.search(r"accuracy +0\.9[5-9]\d +540", done.stdout)
    assert (tmp_path / "digits.png").read_bytes()[:4] == b"\x89PNG"


@needs_extra
def test_the_report_reads_mnist_files(tmp_path):
    data = write_mnist(tmp_path / "mnist")
    done = run(tmp_path, "06_digits_report.py", "--data", data, "--hidden", 4, 3, "--epochs", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("70 digits to learn from, 30 to test on\nhidden [4, 3]: test ")


def test_a_wrong_rule_of_an_op_is_caught(tmp_path):
    path = EXAMPLES / "check_custom_op.py"
    assert len(path.read_text().splitlines()) <= 80
    done = run(tmp_path, path.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert "logcosh_forgetful, order 1: WRONG" in done.stdout
    assert "worst: input 0[1, 2]: autodiff 1, numeric 3 ± " in done.stdout
    assert "logcosh_frozen, order 1: right\nlogcosh_frozen, order 2: WRONG" in done.stdout
    assert done.stdout.endswith("logcosh, order 1: right\nlogcosh, order 2: right\n")
