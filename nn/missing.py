"""What is said of a name that nn has not: what to write, of what PyTorch's users look for here."""

from __future__ import annotations

from collections.abc import Iterable

from autograd_lite.errors import closest

INSTEAD = {
    "AvgPool1d": "nn.AvgPool2d, on an axis of size 1", "Conv1d": "nn.Conv2d, on an axis of size 1",
    "DataLoader": "nn.batches(X, y, size)", "MaxPool1d": "nn.MaxPool2d, on an axis of size 1",
    "Tensor": "ag.Tensor(x), of import autograd_lite as ag",
    "functional": "nn.relu, nn.cross_entropy and so on: the functions are in nn itself",
    "grad": "ag.grad(f), of import autograd_lite as ag",
    "lr_scheduler": "nn.schedule, or nn.StepLR and so on",
    "no_grad": "ag.no_grad(), of import autograd_lite as ag",
    "one_hot": "ag.one_hot(labels, n), of import autograd_lite as ag",
    "utils": "nn.clip_grad_norm_ and so on: the functions are in nn itself",
}  # fmt: skip


def absent(name: str, known: Iterable[str]) -> AttributeError:
    """The error for ``nn.name``."""
    hint = ""
    if not name.startswith("_"):
        hint = f"; write {INSTEAD[name]}" if name in INSTEAD else closest(name, [*known], 0.75)
    return AttributeError(f"module 'nn' has no attribute {name!r}{hint}")
