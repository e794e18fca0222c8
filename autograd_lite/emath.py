"""The functions of ``np.emath``, under the same names: complex where real numbers have no value.

>>> import autograd_lite as ag
>>> x = ag.Tensor(-1.0, requires_grad=True)
>>> ag.emath.log(x).imag.item() == ag.emath.arccos(x).item()
True
"""

from __future__ import annotations

from .ops.scimath import arccos, arcsin, arctanh, log, log2, log10, logn, power, sqrt

__all__ = ["arccos", "arcsin", "arctanh", "log", "log2", "log10", "logn", "power", "sqrt"]
