"""The house rules that a machine can check: import direction, docstrings, sizes, public names."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_lite as ag

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "autograd_lite").rglob("*.py")) + sorted((ROOT / "nn").rglob("*.py"))

# Each file imports only from files to its left.
ORDER = [
    "version", "errors", "memory", "quiet", "tree", "op", "missing", "node", "bundle", "mode",
    "anomaly", "walk", "scopes", "conversion", "protocols", "methods", "inputs", "inplace",
    "cotangent", "handle", "tensor", "primitive", "ops", "linalg", "fft", "emath", "special",
    "listing", "many", "recording", "functional", "checkpoint", "numeric", "check", "phrases",
    "viz", "explanation", "derivation", "__init__",
]  # fmt: skip


def imported(path):
    """The siblings that a file imports at its top level."""
    package = path.relative_to(ROOT).parts[1:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        if node.level > len(package) + 1:
            raise AssertionError(f"{path}: imports from outside the package")
        above = package[: len(package) + 1 - node.level]
        parts = [*above, *(node.module or "").split(".")] if node.module else list(above)
        if parts:
            yield parts[0]
        else:
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path):
    if path.relative_to(ROOT).parts[0] == "nn":
        text = path.read_text()
        assert "autograd_lite." not in text.replace("autograd_lite.errors", "").replace(
            "``autograd_lite.", ""
        ), "nn uses autograd_lite's public names only"
        return
    room = path.relative_to(ROOT).parts[1].removesuffix(".py")
    for other in imported(path):
        if other != room:
            assert ORDER.index(other) < ORDER.index(room), f"{room} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_documented_and_short(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "a file says what its job is"
    assert len(path.read_text().splitlines()) <= 500, "split it by subject"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            if any("overload" in ast.dump(d) for d in node.decorator_list):
                continue
            assert ast.get_docstring(node), f"{node.name} has no docstring"


CONTRACT = """
Tensor no_grad enable_grad is_grad_enabled grad value_and_grad jacobian hessian vjp jvp hvp
checkpoint stop_gradient gradients primitive elementwise check_grads check_derivation draw diff
steps scope explain detect_anomaly errors
sigmoid relu leaky_relu elu gelu silu softplus softmax log_softmax logsumexp log_sigmoid one_hot erf
sigmoid relu leaky_relu elu gelu silu softplus softmax log_softmax logsumexp log_sigmoid one_hot erf
array tanh exp log sqrt sin cos abs power where clip maximum minimum sum mean var std max min prod
cumsum norm matmul dot outer inner tensordot einsum reshape transpose concatenate stack split pad
""".split()


@pytest.mark.parametrize("name", CONTRACT)
def test_public_name(name):
    value = getattr(ag, name)
    assert value.__doc__, f"{name} has no docstring"


def test_tensor_has_the_methods_of_the_contract():
    for name in """data grad numpy item shape ndim size dtype T requires_grad name named is_leaf
    backward zero_grad detach retain_grad register_hook astype sum mean var std max min prod reshape
    transpose swapaxes squeeze ravel flatten clip cumsum dot argmax""".split():
        assert hasattr(ag.Tensor, name)


def test_importing_pulls_in_nothing_heavy():
    code = (
        "import sys, autograd_lite;"
        "bad = {'scipy', 'matplotlib', 'sklearn', 'pygraphviz', 'graphviz', 'tqdm', 'inspect',"
        " 'dataclasses', 'difflib'} & set(sys.modules);"
        "import numpy; assert not bad, bad"
    )
    plain = subprocess.run(
        [sys.executable, "-c", "import numpy, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    for module in ("inspect", "dataclasses", "difflib"):
        if module in plain:
            code = code.replace(f"'{module}'", "''")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_module_imports_by_itself():
    for path in FILES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        try:
            importlib.import_module(name)
        except ImportError as error:
            assert "SciPy is not installed" in str(error) or error.name in ("scipy", "sklearn")
