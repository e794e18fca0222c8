"""What a wrong step is: every known mistake is tried, and kept if it gives the user's numbers.

One file per family. ``diagnose`` runs them, cheapest first, and ranks what they found.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..view import View
from . import activation, entries, local, operand, scale, shapes, terms
from .candidate import Match, accepted

# The rank of each identifier among exact explanations: the cheaper and the more usual, the smaller.
RANKS = {
    "sign": 0.0, "factor_2": 0.0, "mean_vs_sum": 0.0, "factor": 0.0, "extra_lr": 0.0,
    "update_step": 0.0, "transposed": 1.0, "missing_batch_sum": 2.0, "wrong_axis": 3.0,
    "missing_activation_derivative": 4.0, "missing_factor": 4.2,
    "activation_derivative_of_activated": 4.4, "activation_formula_on_preactivation": 4.6,
    "extra_activation_derivative": 5.0, "wrong_activation_formula": 6.0, "wrong_mask": 7.0,
    "transposed_operand": 8.0, "stale_weights": 8.5, "elementwise_not_matmul": 9.0,
    "missing_term": 10.0, "fanout_overwrite": 10.0, "wrong_operand": 10.5,
    "wrong_local_derivative": 11.0, "wrong_term_scale": 12.0, "extra_term": 13.0,
    "permuted": 15.0, "single_entry": 16.0,
}  # fmt: skip
IDENTIFIERS = tuple(RANKS)
_LARGE = 200_000
_DROPS = 6.0  # added to the rank of a mask that gives what a term less gives

_LOCAL = (shapes.transposed, shapes.wrong_axis, activation.slopes, operand.near_products)
_RULES = (local.rules, local.softmax_blocks)
_FAR = (
    operand.other_deltas,
    operand.far_products,
    operand.other_operands,
    activation.extra_slopes,
    activation.factors,
)


def diagnose(views: list[View], lr: float | None, shorter: Any) -> list[Match]:
    """Every diagnosis that reproduces what the user wrote at all points, the best first.

    Args:
        views: the step at each point. lr: the learning rate, if given.
        shorter: gives a view of the step with one row less in the batch, or None.
    """
    # Zeros tell nothing: begin with the point that has most to explain.
    views = sorted(views, key=lambda v: -int(np.count_nonzero(v.u)))
    first = views[0]
    if not all(np.isfinite(v.u).all() for v in views):
        return []
    if not any(v.u.any() for v in views):
        # Zeros fit too much; only their shape can tell something.
        other = first.u.shape != first.local.shape
        return _ranked(shapes.batch_sum(views)) if other else []
    known = scale.Constants(views, lr, shorter)
    found = scale.findings(views, known)
    _ranked(found)
    found += _ranked(shapes.batch_sum(views))
    families: list[Any] = [*_LOCAL, *_RULES]
    if first.u.size > _LARGE and found:
        families = []
    for family in families:
        found += _ranked(accepted(views, family, known.names))
    found += _ranked(terms.stale(views, lr))
    found += _ranked(terms.findings(views, known))
    if not any(m.rank < 100 for m in found):
        for family in _FAR:
            found += _ranked(accepted(views, family, known.names))
            if any(m.rank < 100 for m in found):
                break
        found += _ranked(scale.update_findings(views, known))
        found += _ranked(terms.extra(views))
        found += _ranked(entries.permuted(views))
        found += _ranked(entries.few(views))
    if any(m.diagnosis == "missing_term" and m.rank < 100 for m in found):
        # A mask that is zero everywhere, or nearly, just drops a term.
        for match in found:
            match.rank += _DROPS if match.diagnosis == "wrong_mask" else 0.0
    return sorted(found, key=lambda m: m.rank)


def _ranked(found: list[Match]) -> list[Match]:
    for match in found:
        match.rank += RANKS[match.diagnosis]
    return found
