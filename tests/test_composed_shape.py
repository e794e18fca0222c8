"""Shape, joining, indexing, selection and padding: against NumPy and numerical derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tools import X, cases, check, check_float32

import autograd_lite as ag

MASK = np.array([[True, False, True], [False, True, True]])


def w(write):
    """A call that gives a copy of x after write has written into it."""

    def call(m, x):
        t = x * 1.0
        assert write(m, t, x) is None
        return t

    return call


# name: calls of it; m is NumPy or autograd_lite, x an array of shape (2, 3) or a Tensor of it.
CALLS = {
    # shape
    "reshape": [
        lambda m, x: m.reshape(x, (3, 2)), lambda m, x: m.reshape(x, -1, "F"),
        lambda m, x: m.reshape(x.T, (2, -1), order="A"), lambda m, x: m.reshape(x, [6, 1], "A"),
        lambda m, x: m.reshape(x, 6, order="C"),
    ],
    "ravel": [
        *(lambda m, x, o=o: m.ravel(x.T * x.T, o) for o in "CFAK"),
        lambda m, x: m.ravel(x[::-1], order="K"), lambda m, x: m.ravel(x[0, 0]),
    ],
    "copy": [lambda m, x: m.copy(x, "F"), lambda m, x: m.copy(x, order="A", subok=True)],
    "moveaxis": [
        lambda m, x: m.moveaxis(x[None], [0, 1], [-1, 0]),
        lambda m, x: m.moveaxis(x[None], np.array([0]), (2,)),
    ],
    "rollaxis": [
        *(lambda m, x, a=a, s=s: m.rollaxis(x[:, None], a, s)
          for a, s in ((0, 3), (2, 0), (-1, 1), (1, 1), (1, -1), (0, 2), (2, -3))),
    ],
    "matrix_transpose": [
        lambda m, x: m.matrix_transpose(x), lambda m, x: m.matrix_transpose(x[None] * x[:, None]),
        lambda m, x: (m.linalg if m is np else m).matrix_transpose(x),
    ],
    "broadcast_to": [lambda m, x: m.broadcast_to(x, (2, 2, 3), subok=True)],
    "broadcast_arrays": [lambda m, x: m.broadcast_arrays(x[:, :1], x[0], subok=True)[0]],
    "roll": [
        lambda m, x: m.roll(x, [1, 2], [0, 1]), lambda m, x: m.roll(x, np.array([1, 2]), axis=1),
    ],
    "repeat": [
        lambda m, x: m.repeat(x, 2), lambda m, x: m.repeat(x, [1, 0, 2], 1),
        lambda m, x: m.repeat(x, np.array([2]), axis=-2), lambda m, x: m.repeat(x[0, 0], 3),
        lambda m, x: m.repeat(x * x, 3, axis=0), lambda m, x: m.repeat(x, [0, 1, 0, 2, 1, 0]),
    ],
    "tile": [
        lambda m, x: m.tile(x, ()), lambda m, x: m.tile(x[0, 0], 3), lambda m, x: m.tile(x, (0, 1)),
        lambda m, x: m.tile(x, np.array([2, 1, 1])),
    ],
    "resize": [
        lambda m, x: m.resize(x, (2, 2)), lambda m, x: m.resize(x * x, (3, 5)),
        lambda m, x: m.resize(x, 7), lambda m, x: m.resize(x, (0, 2)),
        lambda m, x: m.resize(x[:0], (2, 2)) + x[:, :2],
    ],
    "rot90": [
        *(lambda m, x, k=k: m.rot90(x * x, k) for k in (-1, 0, 1, 2, 3, 6)),
        lambda m, x: m.rot90(x[None], 1, (0, 2)), lambda m, x: m.rot90(x[None], 3, axes=[2, -2]),
    ],
    "trim_zeros": [
        lambda m, x: m.trim_zeros(np.array([0.0, 0, 1, 0, 1, 0]) * x[0, 0]),
        lambda m, x: m.trim_zeros(np.array([0.0, 0, 1, 0, 1, 0]) * x[0, 0], "f"),
        lambda m, x: m.trim_zeros(np.array([0.0, 0, 1, 0, 1, 0]) * x[0, 0], trim="B"),
        lambda m, x: m.trim_zeros(np.array([0.0, 0]) * x[0, 0], "b"),
    ],
    # joining
    "concatenate": [
        lambda m, x: m.concatenate([x, x], 0, None, dtype=np.complex128),
        lambda m, x: m.concatenate([x[0], [1, 2]], dtype=np.float64, casting="unsafe"),
        lambda m, x: m.concatenate([x, np.arange(3)[None]]),
        lambda m, x: m.concatenate((x[0, 0], x[0]), axis=None), lambda m, x: m.concatenate(x),
        lambda m, x: m.concatenate([x, x[:0], x * x], axis=-2), lambda m, x: m.concat([x, x], 1),
    ],
    "stack": [
        lambda m, x: m.stack([x, x], -1, dtype="D"), lambda m, x: m.stack(x * x, 1),
        lambda m, x: m.stack([x[0, 0], 2, x[1, 1]]),
    ],
    "vstack": [lambda m, x: m.vstack([x[0, 0], x[0, 1]], dtype="D"), lambda m, x: m.vstack(x)],
    "hstack": [
        lambda m, x: m.hstack([x[0, 0], x[0]], casting="safe"),
        lambda m, x: m.hstack((x, [[1], [2]]), dtype="D"),
    ],
    "dstack": [lambda m, x: m.dstack([x[0, 0], x[0, 1]]),
    lambda m, x: m.dstack([x[None], x[None]])],
    "column_stack": [lambda m, x: m.column_stack([x[0, 0], x[0, 1]])],
    "atleast_1d": [lambda m, x: m.atleast_1d(x) * 2],
    "atleast_2d": [lambda m, x: m.atleast_2d(x[0, 0])],
    "atleast_3d": [
        lambda m, x: m.atleast_3d(x[0, 0]), lambda m, x: m.atleast_3d(x[0]),
        lambda m, x: m.atleast_3d(x), lambda m, x: m.atleast_3d(x, x[None, None])[1] * 2,
    ],
    "append": [
        lambda m, x: m.append(x, 3.0), lambda m, x: m.append(x, x[:1] * x[:1], axis=0),
        lambda m, x: m.append([1.0, 2.0], x), lambda m, x: m.append(x, [[1], [2]], 1),
    ],
    "block": [
        lambda m, x: m.block([x, x * x]),
        lambda m, x: m.block([[x, x], [1.0, np.ones((1, 5)) * x[0, 0]]]),
        lambda m, x: m.block([[x[0]], [x[1]]]), lambda m, x: m.block(x),
        lambda m, x: m.block([[[x]], [[2 * x]]]), lambda m, x: m.block([x[0, 0], 2.0, x[0]]),
        lambda m, x: m.block([[x, x[:, :1]], [np.zeros((1, 4))]]),
    ],
    "array_split": [
        lambda m, x: m.array_split(x[0], 2)[1],
        lambda m, x: m.array_split(x, np.array([1, 2]), -1)[1],
        lambda m, x: m.array_split(x, [-1], 1)[0], lambda m, x: m.array_split(x, 5)[4],
        lambda m, x: m.array_split(x, (2, 1), 1)[2],
    ],
    "split": [lambda m, x: m.split(x, np.array([1]), axis=1)[1], lambda m, x: m.split(x, 3, -1)[0]],
    "hsplit": [lambda m, x: m.hsplit(x, [1])[1]],
    "vsplit": [lambda m, x: m.vsplit(x, [1])[0]],
    "dsplit": [lambda m, x: m.dsplit(x[None], 3)[1], lambda m, x: m.dsplit(x[None], [2])[0]],
    "apply_along_axis": [
        lambda m, x: m.apply_along_axis(lambda v: v * v.sum(), 0, x),
        lambda m, x: m.apply_along_axis(lambda v: v[0] * v[1], -1, x),
        lambda m, x: m.apply_along_axis(lambda v, a, b=1: a * m.outer(v, v) + b, 1, x, 2.0, b=3.0),
        lambda m, x: m.apply_along_axis(lambda v: v[:1] ** 2, 1, x[:, None] * x),
        lambda m, x: m.apply_along_axis(lambda v: (v * v)[:2], 0, x[0]),
    ],
    "apply_over_axes": [
        lambda m, x: m.apply_over_axes(m.sum, x * x, [0, 1]),
        lambda m, x: m.apply_over_axes(m.max, x, -1),
        lambda m, x: m.apply_over_axes(lambda a, i: m.sum(a, axis=i, keepdims=True), x, (0,)),
    ],
    # indexing
    "take": [
        lambda m, x: m.take(x * x, np.array([[0, -1], [1, 1]]), 1), lambda m, x: m.take(x, 1, 0),
        lambda m, x: m.take(x, [[0, 5]], None), lambda m, x: m.take(x, -1),
        lambda m, x: m.take(x, [9, -9], mode="clip"),
        lambda m, x: m.take(x, [9, -9], 1, None, "wrap"),
        lambda m, x: m.take(x, [True, False], axis=1), lambda m, x: m.take(x, [], axis=1),
        lambda m, x: m.take(x, np.zeros((0, 2), int)),
        lambda m, x: m.take(x, np.array([1], "u1"), 0),
        lambda m, x: m.take(x[:0], np.zeros(0, int), axis=0),
    ],
    # selection
    "sort": [
        lambda m, x: m.sort(x * x), lambda m, x: m.sort(x, 0), lambda m, x: m.sort(x, axis=None),
        lambda m, x: m.sort(-x, -2, "mergesort"), lambda m, x: m.sort(x, stable=True),
        lambda m, x: m.sort(x[None] * x[:, None], axis=1, kind="heapsort"),
    ],
    "sort_complex": [lambda m, x: m.sort_complex(x), lambda m, x: m.sort_complex(x * (1 - 2j))],
    "partition": [
        lambda m, x: m.partition(x * x, 1), lambda m, x: m.partition(x, [0, 2], axis=None),
        lambda m, x: m.partition(x, (0, -1), -1, "introselect"), lambda m, x: m.partition(x, 1, 0),
    ],
    "take_along_axis": [
        lambda m, x: m.take_along_axis(x * x, np.argsort(x, axis=1), 1),
        lambda m, x: m.take_along_axis(x, np.array([[0, 0, -1, 2]]), axis=-1),
        lambda m, x: m.take_along_axis(x, np.array([[1], [1]]), axis=0),
        lambda m, x: m.take_along_axis(x, np.array([5, 5, 0]), None),
        lambda m, x: m.take_along_axis(x[:1], np.array([[2], [0]]), axis=1),
    ],
    "choose": [
        lambda m, x: m.choose(np.array([0, 1, 1]), [x, x * x]),
        lambda m, x: m.choose(MASK, (x, 2.0)), lambda m, x: m.choose([1, 0, 1], x),
        lambda m, x: m.choose([3, -1, 1], [x, 1 / x], mode="wrap"),
        lambda m, x: m.choose([3, -1, 1], [x, 1 / x], None, "clip"),
        lambda m, x: m.choose(1, [x[0], x]),
    ],
    "compress": [
        lambda m, x: m.compress([True, False, True], x * x, axis=1),
        lambda m, x: m.compress([0, 1], x, 0), lambda m, x: m.compress([1, 0, 0, 1], x),
        lambda m, x: m.compress([False], x, axis=-1),
    ],
    "extract": [lambda m, x: m.extract(x > 1, x * x), lambda m, x: m.extract([[0, 1], [1, 1]], x)],
    "select": [
        lambda m, x: m.select([x < 0.65, x > 1], [x * x, 1 / x]),
        lambda m, x: m.select([x > 0, x > 1], [x * x, 1 / x]),
        lambda m, x: m.select([x[0] > 1], [x[:, :1]], default=x),
        lambda m, x: m.select([np.array(False), MASK], [0, x], 3.0),
    ],
    "piecewise": [
        lambda m, x: m.piecewise(x, [x < 0.65, x > 1], [lambda v: v * v, 7.0]),
        lambda m, x: m.piecewise(x, [x < 0.65, x > 1], [lambda v: v * v, 7, lambda v: 1 / v]),
        lambda m, x: m.piecewise(x[0], x[0] > 1, [lambda v, a, b: a * v**b], 3.0, b=3),
        lambda m, x: m.piecewise(x, [x > 0, x > 1], [lambda v: v * v, lambda v: v * v.sum()]),
        lambda m, x: m.piecewise(x[0, 0], [x[0, 0] < 1, x[0, 0] >= 1], [lambda v: v * v, 0]),
        lambda m, x: m.piecewise(x, [MASK], [x[0, 0], lambda v: -v]),
    ],
    "delete": [
        lambda m, x: m.delete(x * x, 1), lambda m, x: m.delete(x, [0, -1, 0], 1),
        lambda m, x: m.delete(x, slice(None, None, -2), axis=1), lambda m, x: m.delete(x, [], 0),
        lambda m, x: m.delete(x, np.array([True, False, True]), axis=-1),
        lambda m, x: m.delete(x, np.array([5]), None), lambda m, x: m.delete(x, -2, 0),
    ],
    "insert": [
        lambda m, x: m.insert(x * x, 1, 5.0), lambda m, x: m.insert(x, 1, x[0] * x[1], axis=0),
        lambda m, x: m.insert(x, [1], [[7.0], [8.0]], axis=1),
        lambda m, x: m.insert(x, 2, [1, 2], 1),
        lambda m, x: m.insert(x, [0, 2, 2], x * x, axis=1),
        lambda m, x: m.insert(x, [3, 0], 9.0, 1),
        lambda m, x: m.insert(x, slice(0, 3, 2), x[0, :2], axis=-1),
        lambda m, x: m.insert(x, -1, x[1, :2], axis=1), lambda m, x: m.insert(x, [], [], axis=1),
        lambda m, x: m.insert(x[0], [1, 1, -1], [x[0, 0], 2.0, x[1, 1]]),
        lambda m, x: m.insert(np.zeros(3), 1, x[0]), lambda m, x: m.insert(x, 3, x.T, 1),
        lambda m, x: m.insert(x[None] * x[:, None], 1, x, axis=1),
    ],
    # writing
    "put_along_axis": [
        w(lambda m, t, x: m.put_along_axis(t, np.array([[1], [0]]), x[:, :1] ** 2, 1)),
        w(lambda m, t, x: m.put_along_axis(t, np.array([[1, 1, 0]]), x[1], axis=0)),
        w(lambda m, t, x: m.put_along_axis(t, np.array([4, -1]), x[0, :2] ** 2, None)),
        w(lambda m, t, x: m.put_along_axis(t, np.array([[1], [2]]), [[5.0], [6.0]], 1)),
    ],
    "put": [
        w(lambda m, t, x: m.put(t, [0, -1, 3], x[0] * x[1])),
        w(lambda m, t, x: m.put(t, [[0, 2], [4, 5]], x[0, :3])),
        w(lambda m, t, x: m.put(t, [9, -9], x[0], mode="wrap")),
        w(lambda m, t, x: m.put(t, [9, -9], [x[0, 0], 2.0], "clip")),
        w(lambda m, t, x: m.put(t, 1, 5.0)),
        w(lambda m, t, x: m.put(t, [1, 1], x[0])),
    ],
    "place": [
        w(lambda m, t, x: m.place(t, MASK, x[0, :2] ** 2)),
        w(lambda m, t, x: m.place(t, MASK, x.ravel())),
        w(lambda m, t, x: m.place(t, ~MASK & MASK, [])),
    ],
    "putmask": [
        w(lambda m, t, x: m.putmask(t, MASK, x * x)),
        w(lambda m, t, x: m.putmask(t, MASK, x[0, :2] ** 2)),
        w(lambda m, t, x: m.putmask(t, x > 1, 0)),
    ],
    "copyto": [
        w(lambda m, t, x: m.copyto(t, x[0] ** 2)),
        w(lambda m, t, x: m.copyto(t, x[:, :1] ** 2, where=MASK)),
        w(lambda m, t, x: m.copyto(t, x[None] ** 2, where=[True, False, True])),
        w(lambda m, t, x: m.copyto(t, 3, casting="unsafe", where=MASK)),
        w(lambda m, t, x: m.copyto(t, [x[0, 0], 1.0, 2.0])),
    ],
    "fill_diagonal": [
        w(lambda m, t, x: m.fill_diagonal(t, x[0, 0] ** 2)),
        lambda m, x: w(lambda m, t, u: m.fill_diagonal(t, u[0]))(m, x.T),
        lambda m, x: w(lambda m, t, u: m.fill_diagonal(t, x[0], wrap=True))(m, m.tile(x[:, :2],
         (4, 1))),
        lambda m, x: w(lambda m, t, u: m.fill_diagonal(t, x[1, 1:]))(m, m.tile(x[:, :2], (2, 1,
         1))),
    ],
    # padding
    "pad": [
        lambda m, x: m.pad(x * x, ((1, 0), (0, 2)), constant_values=((1.0, 2.0), (3.0, 4.0))),
        lambda m, x: m.pad(x, 1, "constant", constant_values=(5, -1)),
        lambda m, x: m.pad(x, (1, 2), constant_values=np.nan)[1:2, 1:3],
        *(lambda m, x, k=k, w=w: m.pad(x * x, w, k)
          for k in ("edge", "reflect", "symmetric", "wrap", "linear_ramp", "maximum", "mean",
                    "median", "minimum")
          for w in (1, ((0, 3), (5, 1)), ((0, 0), (2, 0)), 0)),
        *(lambda m, x, k=k, w=w: m.pad(x * x, w, k, reflect_type="odd")
          for k in ("reflect", "symmetric") for w in (1, ((7, 2), (5, 9)), ((0, 1), (0, 0)))),
        lambda m, x: m.pad(x[:1], ((2, 1), (0, 4)), "reflect", reflect_type="odd"),
        lambda m, x: m.pad(x[:1], ((2, 1), (0, 4)), "symmetric", reflect_type="even"),
        lambda m, x: m.pad(x, 2, "linear_ramp", end_values=((1.0, 2.0), (3.0, 4.0))),
        lambda m, x: m.pad(x, (0, 3), "linear_ramp", end_values=5),
        *(lambda m, x, k=k, n=n: m.pad(x * x, ((1, 2), (2, 1)), k, stat_length=n)
          for k in ("maximum", "mean", "median", "minimum")
          for n in (1, 2, ((1, 2), (3, 2)), (2, 1), 9)),
    ],
}  # fmt: skip

# These have no function of the same name and arguments in NumPy: (ours, the same in plain NumPy).
PAIRS = {
    "flatten": [
        *((lambda x, o=o: (x.T * x.T).flatten(o), lambda x, o=o: (x.T * x.T).flatten(o))
          for o in "CFAK"),
    ],
    "astype": [
        (lambda x: x.astype(dtype="complex128", copy=False), lambda x: x.astype(complex)),
        (lambda x: ag.astype(x, float, copy=False) * 2, lambda x: x * 2),
        (lambda x: x.astype(np.complex128, "C", "safe", True, True).imag, lambda x: x * 0),
        (lambda x: ag.astype(x, int) * x, lambda x: x.astype(int) * x),
    ],
    "reshape": [
        (lambda x: ag.reshape(x, 6, copy=True), lambda x: x.reshape(6)),
        (lambda x: x.reshape(3, 2, copy=False), lambda x: x.reshape(3, 2)),
        (lambda x: ag.reshape(x, newshape=(3, 2)), lambda x: x.reshape(3, 2)),
    ],
    "unstack": [
        (lambda x: ag.unstack(x)[1], lambda x: x[1]),
        (lambda x: ag.unstack(x, axis=-1)[2] * 2, lambda x: x[:, 2] * 2),
    ],
    "insert": [  # NumPy 2.0 takes a mask for integers, with a warning
        (lambda x: ag.insert(x, np.array([True, False, True]), x[:, :2] ** 2, axis=1),
         lambda x: np.insert(x, [0, 2], x[:, :2] ** 2, axis=1)),
    ],
    "matrix_transpose": [(lambda x: ag.permute_dims(x, (1, 0)), lambda x: x.T)],
    "trim_zeros": [
        (lambda x: ag.trim_zeros(ag.pad(x, ((1, 2), (0, 3)))), lambda x: x),
        (lambda x: ag.trim_zeros(ag.pad(x, ((1, 2), (0, 3))), axis=1),
         lambda x: np.pad(x, ((1, 2), (0, 0)))),
        (lambda x: ag.trim_zeros(ag.pad(x, ((1, 2), (0, 3))), "f"),
         lambda x: np.pad(x, ((0, 2), (0, 3)))),
        (lambda x: ag.trim_zeros(x, axis=()), lambda x: x),
    ],
    "array": [
        (lambda x: ag.array(x), lambda x: x * 1),
        (lambda x: ag.array([[x[0, 0], 1], (x[0, 1], 2.5)]),
         lambda x: np.array([[x[0, 0], 1], [x[0, 1], 2.5]])),
        (lambda x: ag.array((x, np.ones((2, 3)), x * x)),
         lambda x: np.stack([x, np.ones((2, 3)), x * x])),
        (lambda x: ag.array([x[0], x[1]], dtype=complex), lambda x: x.astype(complex)),
        (lambda x: ag.array(x[0, 0], ndmin=2), lambda x: np.array(x[0, 0], ndmin=2)),
        (lambda x: ag.array([[[x[0, 0]]], [[1j]]]), lambda x: np.array([[[x[0, 0]]], [[1j]]])),
    ],
    "getitem": [
        *((lambda x, i=i: ag.getitem(x * x, i), lambda x, i=i: (x * x)[i]) for i in (
            np.int64(1), np.array(1), (np.array(1), np.array(0)), True, False, np.True_, (True, 0),
            np.array([True, False]), (slice(None), np.array([True, False, True])), MASK,
            (MASK.nonzero()), np.ix_([1, 0, 1], [2, 0]), np.ix_([True, False], [0, 0]),
            ([[0], [1]], [0, 2]), (Ellipsis, [0, 0]), (None, [1, 1], None), ([1, 0], None, [2, 2]),
            (0, None, [1, 1]), (slice(None, None, -1), [2, 0]), [], np.zeros((0, 3), int), (),
            Ellipsis, ([], []), np.zeros((2, 3), bool), (slice(5, 9), 0), (np.array([[1]]), 2),
            (None, MASK), (MASK, None), (slice(-1, None), slice(None, None, -2)),
            (np.array([1], "u1"), np.array([-3], "i1")), ((0, 1), (1, 2)),
        )),
        (lambda x: (x * x)[ag.Tensor([1, 1])], lambda x: (x * x)[[1, 1]]),
        (lambda x: (x * x)[ag.Tensor(1), [ag.Tensor(0), 2]], lambda x: (x * x)[1, [0, 2]]),
        (lambda x: x[ag.Tensor(MASK)], lambda x: x[MASK]),
    ],
    "pad": [
        (lambda x: ag.pad(x, {-1: 1}, "edge"), lambda x: np.pad(x, ((0, 0), (1, 1)), "edge")),
        (lambda x: ag.pad(x, ((1, 0), (0, 2)), constant_values=x[0, 0] ** 2),
         lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=x[0, 0] ** 2)),
        (lambda x: ag.pad(x, 1, constant_values=x[:, :2] ** 2),
         lambda x: np.pad(x, 1, constant_values=x[:, :2] ** 2)),
        (lambda x: ag.pad(x, 2, constant_values=[x[0, 0], 1.0]),
         lambda x: np.pad(x, 2, constant_values=[x[0, 0], 1.0])),
        (lambda x: ag.pad(np.ones(2), (2, 1), constant_values=x[0, :2]),
         lambda x: np.pad(np.ones(2), (2, 1), constant_values=x[0, :2])),
        (lambda x: ag.pad(x, 3, "linear_ramp", end_values=x[:, :2] ** 2),
         lambda x: np.pad(x, 3, "linear_ramp", end_values=x[:, :2] ** 2)),
        (lambda x: ag.pad(x, 2, "linear_ramp", end_values=[x[0, 0], 1.0]),
         lambda x: np.pad(x, 2, "linear_ramp", end_values=[x[0, 0], 1.0])),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
@pytest.mark.parametrize("module", [np, ag], ids=["np", "ag"])
def test_call_is_numpys(name, k, module):
    call = CALLS[name][k]
    check(lambda x: call(module, x), lambda x: call(np, x))


@pytest.mark.parametrize(("name", "k"), cases(PAIRS))
def test_call_is_as_in_plain_numpy(name, k):
    check(*PAIRS[name][k])


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_complex_entries_too(name, k):
    call, x = CALLS[name][k], X * (1 - 0.7j)
    try:
        call(np, x)
    except (TypeError, np.exceptions.ComplexWarning):
        pytest.skip("NumPy has no such thing for complex numbers")
    check(lambda x: call(ag, x), lambda x: call(np, x), x)


@pytest.mark.parametrize(("name", "k"), cases(CALLS))
def test_float32_goes_in_and_out(name, k):
    check_float32(CALLS[name][k])
