"""The README tells the truth: its Python runs, its tables are what the code says.

python tests/test_readme.py --write     writes the table of kinks into the README
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

import autograd_lite as ag  # noqa: F401 - registers the ops
from autograd_lite.op import OPS

README = Path(__file__).resolve().parent.parent / "README.md"
START, END = "<!-- kinks: made by tests/test_readme.py --write -->", "<!-- end of kinks -->"


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


def test_the_table_of_kinks_is_the_ops_own():
    text = README.read_text()
    assert text[text.index(START) + len(START) : text.index(END)].strip() == kink_table()


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    whole = README.read_text()
    before, after = whole[: whole.index(START) + len(START)], whole[whole.index(END) :]
    README.write_text(f"{before}\n{kink_table()}\n{after}")
