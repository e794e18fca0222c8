"""NumPy functions without a derivative: of Tensors they give plain arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..op import NUMPY, PLAIN
from ..protocols import plain

_UFUNCS = (
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_and, np.logical_or, np.logical_xor,
    np.logical_not, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift,
    np.right_shift, np.isnat,
    *(f for f in [getattr(np, "bitwise_count", None)] if f),
)  # fmt: skip

_FUNCTIONS = (
    np.argmax, np.argmin, np.argsort, np.argwhere, np.argpartition, np.nonzero, np.flatnonzero,
    np.count_nonzero, np.searchsorted, np.digitize, np.lexsort, np.nanargmax, np.nanargmin,
    np.shape, np.ndim, np.size, np.iscomplex, np.isreal, np.iscomplexobj, np.isrealobj,
    np.isposinf, np.isneginf, np.isclose, np.allclose, np.array_equal, np.array_equiv,
    np.any, np.all, np.isin, np.linalg.matrix_rank,
    np.result_type, np.can_cast,
    np.min_scalar_type, np.common_type, np.shares_memory, np.may_share_memory,
    np.array_repr, np.array_str, np.array2string,
    np.packbits, np.unpackbits, np.ravel_multi_index, np.unravel_index, np.einsum_path,
    np.diag_indices_from, np.tril_indices_from, np.triu_indices_from,
    np.save, np.savez, np.savez_compressed, np.savetxt,
    *(f for f in [getattr(np, "in1d", None)] if f),
)  # fmt: skip

PLAIN.update(_UFUNCS)
PLAIN.update(_FUNCTIONS)


def _of_integers(ufunc: Any) -> Callable[..., Any]:
    def function(*inputs: Any, **kwargs: Any) -> Any:
        arrays = plain(inputs)
        kinds = [np.asarray(x).dtype for x in arrays]
        if any(kind.kind not in "biu" for kind in kinds):
            raise UnsupportedError(
                f"np.{ufunc.__name__}: got a Tensor, and this function has no derivative rule: "
                f"it is one of integers; got {' and '.join(map(str, kinds))}, convert with astype."
            )
        return ufunc(*arrays, **kwargs)

    return function


for _ufunc in (np.gcd, np.lcm, np.ix_):
    NUMPY[_ufunc] = _of_integers(_ufunc)
