"""The chain rule of recorded calls, in words: ``∂L/∂W2 = hᵀ @ ∂L/∂z2``, and why.

``phrase`` reads it from the rule that runs. A rule becomes a term (``terms``), by what is written
here about the library's own ops (``products``, ``reductions``, …), or by running it and reading
what it has recorded (``tracing``), so that an op declared by a user has its line as well. What the
walk adds to a rule is in ``fitting``; ``writing`` and ``latex`` write terms as text, pieces, LaTeX.
"""

from .phrase import Phrase, Piece, phrase

__all__ = ["Phrase", "Piece", "phrase"]
