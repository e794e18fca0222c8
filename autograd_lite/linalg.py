"""The functions of ``np.linalg``, under the same names; those without a derivative are NumPy's.

>>> import numpy as np, autograd_lite as ag
>>> ag.grad(lambda a: ag.linalg.slogdet(a).logabsdet)(np.diag([2.0, 4.0]))
array([[0.5 , 0.  ],
       [0.  , 0.25]])
"""

from __future__ import annotations

from typing import TYPE_CHECKING as _TYPE_CHECKING, Any as _Any

from numpy.linalg import LinAlgError, matrix_rank

from .ops.decompositions import cholesky, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from .ops.matrices import (
    linalg_cross as cross,
    linalg_diagonal as diagonal,
    linalg_matmul as matmul,
    linalg_outer as outer,
    linalg_tensordot as tensordot,
    linalg_trace as trace,
    matrix_power,
    multi_dot,
    vecdot,
)
from .ops.norms import cond, matrix_norm, norm, vector_norm
from .ops.shape import matrix_transpose
from .ops.solve import det, inv, lstsq, pinv, slogdet, solve, tensorinv, tensorsolve

__all__ = [
    "LinAlgError", "cholesky", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals",
    "eigvalsh", "inv", "lstsq", "matmul", "matrix_norm", "matrix_power", "matrix_rank",
    "matrix_transpose", "multi_dot", "norm", "outer", "pinv", "qr", "slogdet", "solve", "svd",
    "svdvals", "tensordot", "tensorinv", "tensorsolve", "trace", "vecdot", "vector_norm",
]  # fmt: skip

if not _TYPE_CHECKING:  # to a type checker it would say that every name is here

    def __getattr__(name: str) -> _Any:
        from .missing import of_space

        raise of_space("linalg", name, __all__)
