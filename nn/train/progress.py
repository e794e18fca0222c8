"""How training shows where it is: a bar, a line per epoch, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from autograd_lite.errors import DTypeError

# Without being asked for, no more lines than this are written to a file or a pipe.
_LINES = 100


class Progress:
    """A tqdm bar in a terminal or notebook; else lines on standard error; or nothing.

    Args:
        wanted: None (lines are thinned out to a hundred), True (a line per epoch) or False.
        epochs: the number of the last epoch. done: how many were made before, in a resumed run.

    Raises:
        DTypeError: wanted is something else.
    """

    def __init__(self, wanted: bool | None, epochs: int, done: int) -> None:
        if wanted is not None and not isinstance(wanted, bool):
            raise DTypeError(
                f"fit: got progress of type {type(wanted).__name__}, expected True, False or None."
            )
        self.epochs = epochs
        self.silent = wanted is False
        self.bar = None if self.silent else _bar(epochs, done)
        self.stride = 1 if wanted else -(-epochs // _LINES)

    def update(self, epoch: int, logs: Mapping[str, float], *, last: bool) -> None:
        """Show the numbers of an epoch; last: whether training ends here."""
        if self.silent:
            return
        skipped = ("lr", "grad_norm", "seconds")
        shown = {name: f"{value:.4g}" for name, value in logs.items() if name not in skipped}
        if self.bar is not None:
            self.bar.set_postfix(shown, refresh=False)
            self.bar.update()
        elif epoch % self.stride == 0 or epoch == 1 or last:
            numbers = ", ".join(f"{name} {value}" for name, value in shown.items())
            seconds = logs["seconds"]
            print(f"epoch {epoch}/{self.epochs}: {numbers} ({seconds:.2g} s)", file=sys.stderr)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()


def _bar(epochs: int, done: int) -> Any:
    """A tqdm bar, or None where there is neither terminal nor notebook, or no tqdm."""
    notebook = "ipykernel" in sys.modules
    stream = sys.stderr
    if not notebook and not (stream is not None and stream.isatty()):
        return None
    try:
        where = "tqdm.notebook" if notebook and find_spec("ipywidgets") else "tqdm"
        bar = import_module(where).tqdm
    except ImportError:
        return None
    return bar(total=epochs, initial=done, desc="training", unit="epoch")
