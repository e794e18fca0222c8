"""The bars of check_grads, measured on seeds that were not used while it was built.

Run by hand: ``python tests/measure_check.py [seed] [count]``; needs mpmath.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from check_tools import smooth_functions

import autograd_lite as ag
from autograd_lite.numeric import derivative


def coverage(functions, estimate):
    """(share of true errors within the bound, median relative error, evaluations a derivative)."""
    covered, errors, calls = 0, [], 0
    for f in functions:
        true = f.slope()
        found = estimate(f)
        error = abs(found.value - true)
        covered += bool(error <= found.bound)
        errors.append(float(error / abs(true)))
        calls += found.evaluations
    return covered / len(functions), float(np.median(errors)), calls / len(functions)


def by_ladder(f):
    return derivative(lambda h: f.of_float(f.x + h), abs(f.x))


def by_check(f):
    return ag.check_grads(f.of_tensor, np.array(f.x)).worst.numeric


def scaled(f, factor, scale):
    """f·scale, whose gradient is multiplied by factor."""

    def loss(x):
        value = scale * f(x)
        return factor * value + (1 - factor) * ag.stop_gradient(value)

    return loss


LOSSES = {
    "analytic": lambda x: (ag.tanh(x) ** 2).sum(),
    "relu": lambda x: (ag.relu(x) ** 2 + 0.1 * x).sum(),
    "abs": lambda x: (ag.absolute(x) * ag.exp(0.1 * x)).sum(),
    "softmax": lambda x: ag.logsumexp(x, axis=1).sum() - x[:, 0].sum(),
    "float32": lambda x: (ag.tanh(ag.astype(x, np.float32)) ** 2).sum(),
}
SCALES = (1e-12, 1e-6, 1.0, 1e6, 1e12)


def verdicts(seed):
    """(wrong gradients rejected of so many, right ones accepted of so many)."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3, 4))
    counts = [0, 0, 0, 0]
    for name, f in LOSSES.items():
        for scale in SCALES:
            for factor in (1.0, 2.0, -1.0, 0.0):
                report = ag.check_grads(scaled(f, factor, scale), x)
                if factor == 1.0:
                    counts[2] += report.ok
                    counts[3] += 1
                else:
                    counts[0] += bool(report.wrong)
                    counts[1] += 1
                if report.ok != (factor == 1.0):
                    print("missed:", name, scale, factor, report.worst, report.worst.why)
    return tuple(counts)


def main(seed, count):
    start = time.perf_counter()
    functions = smooth_functions(seed, count)
    for name, estimate in (("ladder", by_ladder), ("check_grads", by_check)):
        share, median, calls = coverage(functions, estimate)
        print(
            f"{name}: bound covers the true error in {share:.2%} of {count} functions, "
            f"median error {median:.1e}, {calls:.1f} evaluations"
        )
    rejected, wrong, accepted, right = verdicts(seed)
    print(f"wrong gradients rejected: {rejected} of {wrong}; right ones: {accepted} of {right}")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:]]
    main(numbers[0] if numbers else 20260, numbers[1] if len(numbers) > 1 else 600)
