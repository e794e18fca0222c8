"""Every op of the registry, on every one of its samples: what the tests of all ops loop over."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np

import autograd_lite as ag
from autograd_lite.op import OPS, Sample
from autograd_lite.tensor import apply

HAS_SCIPY = importlib.util.find_spec("scipy") is not None


def _listed(first=""):
    # In a new process: without nn's and the tests' own, whatever has been imported before.
    code = f"{first}import autograd_lite as ag; print(*(e.name for e in ag.ops()))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return run.stdout.split()


# Every name that ag.ops() lists, but for those of SciPy; and those, once SciPy is imported.
NAMES = _listed()
SPECIAL_NAMES = set(_listed("import scipy.special; ")) - set(NAMES) if HAS_SCIPY else set()

ag.ops()  # which brings in those that are declared late
BUILT_IN = {name: OPS[name] for name in NAMES if name in OPS}


def extra_samples(op):
    """Shapes that every pointwise op must manage, drawn from the range of its first sample."""
    first = op.samples[0]
    plain = all(isinstance(s, tuple) for s in first.inputs)
    if not (op.pointwise and plain and isinstance(first.low, float | int)):
        return []
    shapes = {
        1: [((),), ((1,),), ((0,),), ((3, 2),)],
        2: [((), ()), ((1,), (3,)), ((2, 1), (1, 3)), ((3,), (2, 3)), ((0,), (1,)), ((), (2, 2))],
        3: [((), (), ()), ((2, 1), (1, 3), ()), ((3,), (2, 3), (1,)), ((0,), (1,), (1,))],
    }[len(op.inputs)]
    return [Sample(*s, low=first.low, high=first.high, **first.params) for s in shapes]


class Call:
    """One sample of an op as a function of those inputs that it can be differentiated in."""

    def __init__(self, op, sample, dtype=np.float64):
        self.op = op
        self.params = {**op.params, **sample.params}
        self.arrays = sample.draw(seed=len(op.name), dtype=dtype)
        given = {k: v for k, v in self.params.items() if v is not op.params.get(k, ...)}
        # By position: NumPy 2.0 has another name for reshape's shape.
        self.shape = [given.pop("shape")] if "shape" in given else []
        self.given = given
        count = len(self.arrays)
        rules = op.rules_for(count) if op.joint is None else [True] * count
        self.active = [
            i
            for i, (x, r) in enumerate(zip(self.arrays, rules, strict=True))
            if r is not None and np.asarray(x).dtype.kind in "fc"
        ]

    def __call__(self, *active):
        inputs = list(self.arrays)
        for i, x in zip(self.active, active, strict=True):
            inputs[i] = x
        return apply(self.op, tuple(inputs), self.params or None)

    @property
    def primals(self):
        return tuple(self.arrays[i] for i in self.active)

    def value(self, *active):
        return np.asarray(self(*active)._value)


def cotangent(shape, dtype, seed=1):
    rng = np.random.default_rng(seed)
    g = rng.normal(size=shape)
    return (g + 1j * rng.normal(size=shape) if dtype.kind == "c" else g).astype(dtype)


def close(got, expected, tolerance=1e-7):
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance * scale)
