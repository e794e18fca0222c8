"""The README tells the truth: its Python runs, its tables are what the code says.

python tests/test_readme.py --write     writes the tables of functions and kinks into the README
"""

from __future__ import annotations

import contextlib
import importlib
import io
import re
import sys
from pathlib import Path

import autograd_lite as ag  # noqa: F401 - registers the ops
from autograd_lite.op import OPS

README = Path(__file__).resolve().parent.parent / "README.md"
START, END = "<!-- kinks: made by tests/test_readme.py --write -->", "<!-- end of kinks -->"
LIST, END_LIST = (
    "<!-- functions: made by tests/test_readme.py --write -->",
    "<!-- end of functions -->",
)


def blocks(text):
    return re.findall(r"```python\n(.*?)```", text, re.S)


def test_python_in_the_readme_prints_what_it_says():
    space = {}
    text = README.read_text()
    for block in blocks(text):
        expected = re.findall(r"^print\(.*?\)\s+# (.*)$", block, re.M)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block, "README.md", "exec"), space)
        assert printed.getvalue().splitlines() == expected
    assert len(blocks(text)) >= 6


def kink_table():
    rows = sorted(
        (op.name, op.kinks)
        for op in OPS.values()
        if op.kinks and not op.name.startswith(("doc_", "prod_", "logsumexp_"))
    )
    lines = ["| op | derivative at its kinks |", "|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {kinks} |" for name, kinks in rows])


def function_list():
    subjects = {
        "arithmetic and smooth": "elementwise",
        "with kinks and jumps, complex parts": "piecewise",
        "activations": "activation",
        "reductions": "reduce",
        "shape": "shape",
        "joining and splitting": "joining",
        "indexing": "index",
        "products": "products",
        "statistics": "statistics",
        "running sums, differences": "scans",
        "choosing and reordering": "selection",
        "padding": "padding",
        "signals, grids, polynomials": "signal",
        "more of NumPy's elementwise functions": "ufuncs",
        "matrices": "matrices",
        "norms": "norms",
        "linear systems": "solve",
        "decompositions": "decompositions",
    }
    lines = []
    for subject, module in subjects.items():
        names = importlib.import_module(f"autograd_lite.ops.{module}").__all__
        if names:
            lines.append(f"- *{subject}*: " + " ".join(f"`{n}`" for n in sorted(names)))
    return "\n".join(lines)


def test_the_list_of_functions_is_the_code_s():
    text = README.read_text()
    assert text[text.index(LIST) + len(LIST) : text.index(END_LIST)].strip() == function_list()


def test_the_table_of_kinks_is_the_ops_own():
    text = README.read_text()
    assert text[text.index(START) + len(START) : text.index(END)].strip() == kink_table()


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    for start, end, made in ((START, END, kink_table()), (LIST, END_LIST, function_list())):
        whole = README.read_text()
        before, after = whole[: whole.index(start) + len(start)], whole[whole.index(end) :]
        README.write_text(f"{before}\n{made}\n{after}")
