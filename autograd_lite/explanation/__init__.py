"""``explain(loss)``: the chain rule of one recorded graph, a line per step, with reasons.

``words`` finds what everything is called, ``reader`` walks back through the graph and folds what
has no name, ``records`` holds the lines and shows them.
"""

from .explain import explain
from .records import Explanation, Line

__all__ = ["Explanation", "Line", "explain"]
