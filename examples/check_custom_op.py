"""An op of your own with a wrong derivative rule, caught by check_grads, and the right one.

The op is the log-cosh loss, log(cosh(x)), whose derivative is tanh(x). Three rules are tried: one
that forgets the chain rule, one with a slip in its second derivative only, and the right one.

Run: python examples/check_custom_op.py
"""

import math

import numpy as np

import autograd_lite as ag

ERRORS = np.array([[-2.0, -0.5, 0.1], [0.3, 1.5, 40.0]])


def logcosh(x):
    """log(cosh(x)), without overflow for large x: |x| + log(1 + e^(-2|x|)) - log 2."""
    size = np.abs(x)
    return size + np.log1p(np.exp(-2 * size)) - math.log(2)


def declare(name, rule, saves=("x",)):
    """The op with this derivative rule."""
    return ag.elementwise(
        name, logcosh, rule, saves=saves, analytic=False,
        samples=[ag.Sample((2, 3))], doc="log(cosh(x)), a smooth absolute value.",
    )  # fmt: skip


# The cotangent g is forgotten: right only where the op is the last one and its result is summed.
forgetful = declare("logcosh_forgetful", lambda g, out, x: np.tanh(x) + 0 * g)
# tanh(x) as a constant: the first derivative is right, the second is 0.
frozen = declare("logcosh_frozen", lambda g, out, x: g * np.tanh(getattr(x, "data", x)))
right = declare("logcosh", lambda g, out, x: g * np.tanh(x))

if __name__ == "__main__":
    weights = np.array([1.0, 2.0, 3.0])
    for op in (forgetful, frozen, right):
        for order in (1, 2):
            report = ag.check_grads(lambda x, op=op: (op(x) * weights).sum(), ERRORS, order=order)
            print(f"{op.op.name}, order {order}: {'right' if report.ok else 'WRONG'}")
            if not report.ok:
                print(report)
                print()
                break
