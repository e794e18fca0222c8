"""Weights of classes as weights of rows, for ``fit(class_weight="balanced")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from ..arguments import real_number


def class_weights_of(class_weight: Any, y: Any) -> dict[Any, float]:
    """Label to weight; "balanced" is rows/(classes·rows of the class), as scikit-learn has it.

    Args:
        class_weight: "balanced", or a mapping; its labels are among those of y, others weigh 1.
        y: one label a row, of shape (n,) or (n, 1).

    Raises:
        ShapeError: y holds several numbers a row. DTypeError: neither "balanced" nor a mapping, or
            targets that are numbers. ArgumentError: a label that y has not, or no weight.

    >>> import numpy as np
    >>> {int(k): v for k, v in class_weights_of("balanced", np.array([0, 0, 0, 1])).items()}
    {0: 0.6666666666666666, 1: 2.0}
    """
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1):
        raise ShapeError(
            f"fit: got class_weight and y of shape {y.shape}, expected one label a row; write "
            "sample_weight, or loss=nn.BCEWithLogitsLoss(pos_weight=...) for several labels a row."
        )
    if y.dtype.kind not in "iub" and (y.dtype.kind != "f" or (y != np.floor(y)).any()):
        raise DTypeError(
            f"fit: got class_weight and y of dtype {y.dtype}, expected labels; use sample_weight "
            "for targets that are numbers."
        )
    labels, counts = np.unique(y, return_counts=True)
    if isinstance(class_weight, str) and class_weight == "balanced":
        shares = y.size / (len(labels) * counts)
        return dict(zip(labels.tolist(), shares.tolist(), strict=True))
    if not isinstance(class_weight, Mapping):
        raise DTypeError(
            f"fit: got class_weight={class_weight!r}, expected 'balanced' or a dict of label to "
            "weight; write class_weight={0: 1.0, 1: 5.0}."
        )
    found = dict.fromkeys(labels.tolist(), 1.0)
    for label, weight in class_weight.items():
        if label not in found:
            shown = ", ".join(str(known) for known in list(found)[:10])
            raise ArgumentError(
                f"fit: got class_weight of the label {label!r}, expected labels of y ({shown}); "
                "leave it out."
            )
        found[label] = real_number("fit", f"class_weight[{label!r}]", weight, 0)
    return found


def weighed(weights: Mapping[Any, float], data: tuple[Any, ...]) -> tuple[Any, ...]:
    """(X, y, the weights of the rows' labels, multiplied with sample_weight if there are any)."""
    X, y, *given = data  # noqa: N806
    labels, place = np.unique(y, return_inverse=True)
    each = np.array([weights.get(label, 1.0) for label in labels.tolist()])[place.reshape(-1)]
    return X, y, each * given[0] if given else each
