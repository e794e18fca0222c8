"""What is said of a name that a module here has not: where it is, or what to write instead."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from .errors import closest
from .op import NUMPY, PLAIN

_DRAW = ", of rng = np.random.default_rng(seed)"
_CPU = "the code without it: every Tensor is in the memory of the CPU"
_BATCH = "f for whole arrays, with the batch as their first axis"
_AT = "np.add.at(t, index, u), which is recorded"

# What PyTorch and JAX call it.
TOP = {
    "Function": "ag.primitive, which declares an op",
    "Variable": "ag.Tensor(x, requires_grad=True)",
    "addmm": "c + a @ b", "as_tensor": "ag.asarray(x)", "autograd": "ag.grad or t.backward()",
    "backward": "t.backward()", "bernoulli": f"rng.random(shape) < p{_DRAW}",
    "bmm": "ag.matmul(a, b)", "cat": "ag.concatenate(tensors, axis)",
    "cdist": "ag.sqrt(((a[:, None] - b) ** 2).sum(-1))", "chunk": "ag.array_split(t, n, axis)",
    "clamp": "ag.clip(t, low, high)", "cuda": _CPU, "custom_vjp": "ag.primitive",
    "detach": "t.detach()", "device": _CPU, "device_put": _CPU,
    "digamma": "ag.special.digamma(t)", "div": "t / u", "embedding": "t[indices]",
    "float": "np.float32", "from_numpy": "ag.Tensor(x)", "func": "ag.grad, ag.vjp or ag.jacobian",
    "gather": "ag.take_along_axis(t, index, axis)", "index_add": _AT,
    "index_select": "ag.take(t, index, axis)", "inference_mode": "ag.no_grad()",
    "int": "np.int32", "is_tensor": "isinstance(x, ag.Tensor)", "item": "t.item()",
    "jacfwd": "ag.jacobian(f)", "jacrev": "ag.jacobian(f)",
    "jit": "f itself: nothing is compiled", "lgamma": "ag.special.gammaln(t)",
    "load": "np.load(file), or nn.load for a model",
    "logcumsumexp": "ag.logaddexp.accumulate(t, axis)", "logdet": "ag.slogdet(t).logabsdet",
    "log_prob": "the logarithm of the density with ag's functions",
    "ma": "ag.where(mask, other, t)",
    "manual_seed": "rng = np.random.default_rng(seed), and draw with rng",
    "masked_fill": "ag.where(mask, value, t)", "masked_select": "t[mask]",
    "mm": "ag.matmul(a, b)", "mul": "t * u", "multinomial": f"rng.choice(n, size, p=p){_DRAW}",
    "mv": "ag.matmul(a, x)", "neg": "-t", "nn": "import nn: it is a package of its own",
    "normal": f"loc + scale * rng.standard_normal(shape){_DRAW}", "numel": "t.size",
    "numpy": "import numpy as np: its functions take Tensors",
    "optim": "import nn: it has nn.SGD, nn.Adam and more", "permute": "ag.transpose(t, axes)",
    "pmap": _BATCH, "rand": f"rng.random(shape){_DRAW}",
    "randint": f"rng.integers(low, high, shape){_DRAW}",
    "randn": f"rng.standard_normal(shape){_DRAW}",
    "random": "rng = np.random.default_rng(seed), and draw with rng",
    "randperm": f"rng.permutation(n){_DRAW}", "rsqrt": "1 / ag.sqrt(t)",
    "save": "np.save(file, t.data), or nn.save for a model", "scatter_add": _AT,
    "scatter": "ag.put_along_axis(t, index, u, axis), which writes into t",
    "set_grad_enabled": "ag.enable_grad() or ag.no_grad()", "softmin": "ag.softmax(-t)",
    "sub": "t - u", "t": "t.T", "topk": "ag.sort(t)[..., -k:]", "unbind": "ag.unstack(t)",
    "unsqueeze": "ag.expand_dims(t, axis)", "view": "ag.reshape(t, shape)", "vmap": _BATCH,
}  # fmt: skip
SPACES: dict[str, dict[str, str]] = {
    "linalg": {
        "cholesky_solve": "ag.linalg.solve(a, b)", "logdet": "ag.linalg.slogdet(a).logabsdet",
        "solve_triangular": "ag.linalg.solve(a, b)",
    },
    "special": {"lgamma": "ag.special.gammaln(t)"},
}  # fmt: skip
_CLOSE = 0.75  # below it a name suggested is rather a different thing than a misspelling
_IN_NN = frozenset(
    """Adam AdamW Dropout Embedding Linear Module Parameter SGD Sequential accuracy
    binary_cross_entropy cross_entropy fit kl_div l1_loss mse_loss nll_loss selu mish hardtanh
    clip_grad_norm_""".split()
)


def absent(module: str, name: str, hint: str) -> AttributeError:
    """The error of a module without that name; hint is the clause that says what to write."""
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}")


def of_package(name: str, names: Mapping[str, Any], later: Iterable[str]) -> AttributeError:
    """The error for ``autograd_lite.name``.

    Args:
        names: what the package has. later: what it would import.
    """
    if name.startswith("_"):
        return absent("autograd_lite", name, "")
    if name in TOP:
        return absent("autograd_lite", name, f"; write {TOP[name]}")
    hint = _in_numpy(name) or _in_a_space(name)
    if not hint and name in _IN_NN:
        hint = f"; write nn.{name}, of the package nn"
    # Modules are not meant, but those that stand for one of NumPy's or SciPy's.
    known = [k for k, v in names.items() if k[0] != "_" and not isinstance(v, ModuleType)]
    hint = hint or closest(name, sorted({*known, *later, "linalg", "errors"}), _CLOSE)
    return absent("autograd_lite", name, hint)


def of_space(space: str, name: str, known: Iterable[str]) -> AttributeError:
    """The error for ``autograd_lite.space.name``: of linalg, fft or special."""
    ag: Any = sys.modules[__package__ or "autograd_lite"]
    hint = ""
    if not name.startswith("_"):
        if name in SPACES.get(space, {}):
            hint = f"; write {SPACES[space][name]}"
        elif callable(vars(ag).get(name)):
            hint = f"; write ag.{name}"
        else:
            hint = _without_rule(f"scipy.{space}", name) or closest(name, sorted(known), _CLOSE)
    return absent(f"autograd_lite.{space}", name, hint)


def _in_numpy(name: str) -> str:
    value = vars(np).get(name)
    if name not in vars(np) or isinstance(value, ModuleType) or name in vars(np.exceptions):
        return ""
    if not callable(value) or isinstance(value, type):
        return f"; write np.{name}"
    if value in PLAIN:
        return f"; write np.{name}(...), which takes Tensors and gives plain values"
    return f"; write np.{name}(...)" + (", which takes Tensors" if value in NUMPY else "")


def _in_a_space(name: str) -> str:
    from importlib import import_module
    from importlib.util import find_spec

    spaces = ["linalg", "fft"] + (["special"] if find_spec("scipy") is not None else [])
    for space in spaces:
        if callable(vars(import_module(f"{__package__}.{space}")).get(name)):
            return f"; write autograd_lite.{space}.{name}"
    return _without_rule("scipy.special", name) or _without_rule("scipy.linalg", name)


def _without_rule(module: str, name: str) -> str:
    """The clause for a function of SciPy that there is no rule for."""
    from importlib import import_module
    from importlib.util import find_spec

    if find_spec("scipy") is None or not callable(getattr(import_module(module), name, None)):
        return ""
    return (
        f"; {module}.{name} has no derivative rule here: of t.data it gives plain values, and "
        "autograd_lite.primitive declares a rule"
    )
