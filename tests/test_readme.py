"""The README tells the truth: its Python runs, its tables are what the code says.

python tests/test_readme.py --write     writes its tables, and docs/functions.md
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import operator
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from op_tools import NAMES, SPECIAL_NAMES

import autograd_lite as ag

README = Path(__file__).resolve().parent.parent / "README.md"
REFERENCE = README.parent / "docs" / "functions.md"
SPECIAL_REFERENCE = README.parent / "docs" / "special.md"
SPECIAL = Path(ag.__file__).parent / "special.py"
START, END = "<!-- kinks: made by tests/test_readme.py --write -->", "<!-- end of kinks -->"
LIST, END_LIST = (
    "<!-- functions: made by tests/test_readme.py --write -->",
    "<!-- end of functions -->",
)


def blocks(text):
    """Python blocks, each with the block of its output if one follows at once."""
    return re.findall(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", text, re.S)


def test_python_in_the_readme_prints_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some of it writes files
    space = {}
    text = README.read_text()
    for block, output in blocks(text):
        if "nn.sklearn" in block and importlib.util.find_spec("sklearn") is None:
            continue  # the extra is not installed
        expected = output.splitlines() or re.findall(r"^print\(.*?\)\s+# (.*)$", block, re.M)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, "README.md", "exec"), space)
        assert printed.getvalue().splitlines() == expected
    assert len(blocks(text)) >= 6


SPACES = ("linalg", "fft", "emath")
SUBJECTS = {
    "elementwise": "Arithmetic, exponentials, powers",
    "trigonometry": "Circular and hyperbolic functions",
    "piecewise": "Kinks and jumps, complex parts",
    "ufuncs": "More elementwise functions",
    "activation": "Activations",
    "reduce": "Reductions",
    "factors": "Products of entries",
    "statistics": "Statistics",
    "scans": "Running sums",
    "differences": "Differences, slopes, integrals",
    "shape": "Shape",
    "rearranging": "Flipping, rolling, repeating",
    "joining": "Joining",
    "splitting": "Splitting",
    "padding": "Padding",
    "index": "Indexing",
    "selection": "Choosing and reordering",
    "sets": "Sets",
    "counting": "Counting",
    "creation": "New arrays",
    "writing": "Writing",
    "grids": "Grids",
    "signal": "Signals",
    "convolution": "Convolution of images",
    "pooling": "Pooling of images",
    "polynomials": "Polynomials",
    "fitting": "Fits and roots",
    "products": "Products",
    "matrices": "Matrices",
    "norms": "Norms",
    "solve": "Linear systems",
    "decompositions": "Factorisations",
}


ENTRIES = [e for e in ag.ops() if e.name in NAMES]
KNOWN = {e.name: e for e in ENTRIES}


# The public functions that the ops of other names stand behind.
PUBLIC = {
    "distinct": "unique", "logsumexp_shares": "logsumexp", "modf_fraction": "modf",
    "modf_integral": "modf", "norm_2": "norm", "norm_p": "norm", "pinv_cut": "pinv",
    "power_constant": "power", "reorder": "sort", "segment_extremes": "maximum.reduceat",
}  # fmt: skip


def kink_table():
    rows = {}
    for entry in (e for e in ENTRIES if e.kinks):
        name = PUBLIC.get(entry.name, entry.name)
        assert operator.attrgetter(name)(ag), name
        names = rows.setdefault(entry.kinks, [])
        if name not in names:
            names.append(name)
    lines = [f"| {' '.join(f'`{n}`' for n in names)} | {kinks} |" for kinks, names in rows.items()]
    return "\n".join(["| function | derivative at its kinks |", "|---|---|", *lines])


def names_of(module):
    return sorted(importlib.import_module(f"autograd_lite.{module}").__all__)


def function_list():
    rows = [(title, names_of(f"ops.{module}")) for module, title in SUBJECTS.items()]
    rows += [(f"`ag.{space}`, as `np.{space}`", names_of(space)) for space in SPACES]
    return "\n".join(f"- *{title}*: " + " ".join(f"`{n}`" for n in names) for title, names in rows)


def reference():
    """The page of all functions: what ``ag.ops()`` says, by subject."""
    lines = [
        "# Functions",
        "",
        "What `ag.ops()` lists: every function with a derivative, under its name in `ag.` and its",
        "names in NumPy. `g` is the gradient of the result, `out` the result. Made by",
        "`python tests/test_readme.py --write`.",
    ]
    sections = {title: names_of(f"ops.{module}") for module, title in SUBJECTS.items()}
    sections["Fourier transforms, in `ag.fft`"] = names_of("ops.fourier")
    for space in ("linalg", "emath"):
        found = [name for name in KNOWN if name.startswith(f"{space}.")]
        sections[f"What is in `ag.{space}` only"] = found
    for title, names in sections.items():
        lines += section(title, "np", names, KNOWN, ag)
    return "\n".join(lines) + "\n"


TITLES = {"np": "NumPy", "scipy": "SciPy"}


def section(title, library, names, known, space):
    """A heading, and a table of functions by name (or by the name of what an alias stands for)."""
    yield from (
        "", f"## {title}", "",
        f"| function | {TITLES[library]} | derivative | at kinks |", "|---|---|---|---|",
    )  # fmt: skip
    for name in names:
        entry = known.get(name) or known.get(getattr(getattr(space, name), "__name__", ""))
        if entry is None:  # one_hot is of labels, r_ and c_ are of concatenate
            continue
        # SciPy's names of NumPy's functions are there only if it has been imported.
        theirs = " ".join(f"`{n}`" for n in entry.numpy if n.startswith(f"{library}."))
        cells = (f"`{name}`", theirs, entry.derivative.replace("``", "`"), entry.kinks)
        yield "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"


def special_reference():
    """The page of SciPy's functions, by file."""
    import scipy.special  # noqa: F401 - which lets ag.ops() list them

    known = {entry.name: entry for entry in ag.ops()}
    lines = [
        "# Special functions",
        "",
        "What `ag.ops()` lists after `import scipy.special`: the functions with a derivative of",
        "`autograd_lite.special`, which `scipy.special`'s own names call too. Made by",
        "`python tests/test_readme.py --write`.",
    ]
    for module in re.findall(r"from \.ops\.special\.(\w+) import", SPECIAL.read_text()):
        file = importlib.import_module(f"autograd_lite.ops.special.{module}")
        title = file.__doc__.splitlines()[0].rstrip(".").replace(", from SciPy", "")
        lines += section(title, "scipy", sorted(file.__all__), known, ag.special)
    return "\n".join(lines) + "\n"


def test_the_list_of_functions_is_the_code_s():
    text = README.read_text()
    assert text[text.index(LIST) + len(LIST) : text.index(END_LIST)].strip() == function_list()


def test_every_file_of_ops_has_a_subject():
    files = {p.stem for p in (Path(ag.__file__).parent / "ops").glob("*.py")}
    public = {f for f in files if f != "__init__" and hasattr(module_of(f), "__all__")}
    assert public - set(SUBJECTS) <= {"fourier", "quantiles"}


def module_of(name):
    return importlib.import_module(f"autograd_lite.ops.{name}")


@pytest.mark.skipif(not hasattr(np, "matvec"), reason="older NumPys lack some of the names")
def test_the_reference_is_what_ops_says():
    assert REFERENCE.read_text() == reference()


def test_the_reference_of_special_functions_is_what_ops_says():
    scipy = pytest.importorskip("scipy")
    if tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 17):
        pytest.skip("older SciPys lack some of the names")
    assert SPECIAL_REFERENCE.read_text() == special_reference()


def test_the_table_of_kinks_is_the_ops_own():
    text = README.read_text()
    assert text[text.index(START) + len(START) : text.index(END)].strip() == kink_table()


def test_every_op_states_its_derivative():
    ours = {*NAMES, *SPECIAL_NAMES}
    silent = [e.name for e in ag.ops() if e.name in ours and "ops it is made" in e.derivative]
    assert not silent


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    for start, end, made in ((START, END, kink_table()), (LIST, END_LIST, function_list())):
        whole = README.read_text()
        before, after = whole[: whole.index(start) + len(start)], whole[whole.index(end) :]
        README.write_text(f"{before}\n{made}\n{after}")
    REFERENCE.write_text(reference())
    SPECIAL_REFERENCE.write_text(special_reference())
