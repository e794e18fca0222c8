"""The declarations of all built-in ops, one file a subject. Importing this registers them."""

from . import activation, elementwise, index, joining, linalg, piecewise, plain, reduce, shape

__all__ = [
    "activation",
    "elementwise",
    "index",
    "joining",
    "linalg",
    "piecewise",
    "plain",
    "reduce",
    "shape",
]
