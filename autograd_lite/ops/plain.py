"""NumPy functions without a derivative: of Tensors they give plain arrays."""

from __future__ import annotations

import numpy as np

from ..op import PLAIN

_UFUNCS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_and, np.logical_or, np.logical_xor,
    np.logical_not, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift,
    np.right_shift, np.spacing, np.nextafter, np.isnat,
)  # fmt: skip

_FUNCTIONS = (
    np.argmax, np.argmin, np.argsort, np.argwhere, np.argpartition, np.nonzero, np.flatnonzero,
    np.count_nonzero, np.searchsorted, np.digitize, np.lexsort, np.nanargmax, np.nanargmin,
    np.shape, np.ndim, np.size, np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj,
    np.isposinf, np.isneginf, np.isclose, np.allclose, np.array_equal, np.array_equiv,
    np.any, np.all, np.isin, np.bincount,
    np.zeros_like, np.ones_like, np.empty_like, np.full_like, np.result_type, np.can_cast,
    np.min_scalar_type, np.common_type, np.shares_memory, np.may_share_memory,
    np.array_repr, np.array_str, np.array2string,
)  # fmt: skip

PLAIN.update(_UFUNCS)
PLAIN.update(_FUNCTIONS)
