"""``ag.r_`` and ``ag.c_``: NumPy's index tricks, recorded."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import check

import autograd_lite as ag


@pytest.mark.parametrize("pick", [
    lambda m, x: m.r_[x], lambda m, x: m.r_[x, x], lambda m, x: m.r_[x[0], 0, 5:7, 0:1:3j, x[1, 2]],
    lambda m, x: m.r_["-1", x, np.ones((2, 1))], lambda m, x: m.r_["0,2", x[0], [1, 2, 3]],
    lambda m, x: m.r_["1,3,0", x[0], x[1]], lambda m, x: m.c_[x[0], x[1]],
    lambda m, x: m.c_[x, np.zeros(2), 2 * x[:, 0]], lambda m, x: m.c_[0:2, x],
])  # fmt: skip
def test_r_and_c_join_as_numpys(pick):
    check(lambda x: pick(ag, x), lambda x: pick(np, x))


def test_r_of_constants_and_of_matrices():
    assert ag.r_[1, 2].data.tolist() == [1, 2]
    with pytest.raises(ag.errors.UnsupportedError, match="asks for a matrix"):
        ag.r_["r", ag.Tensor([1.0]), [2.0]]
