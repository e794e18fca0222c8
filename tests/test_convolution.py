"""ag.conv2d, max_pool2d and avg_pool2d: against plain loops, at edges, and what they refuse.

Their derivatives of first and second order are checked on samples by test_ops.py, and against
PyTorch's numbers by test_nn_layers.py.
"""

import itertools

import numpy as np
import pytest
from nn_tools import rng, says

import autograd_lite as ag
from autograd_lite.errors import ArgumentError, DTypeError, ShapeError
from autograd_lite.ops import convolution


def looped(x, w, b, stride, edges, dilation, groups):
    """The definition, entry by entry."""
    (top, bottom), (left, right) = edges
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    n, _, h, wide = x.shape
    out, per, kh, kw = w.shape
    down = (h - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    along = (wide - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    y = np.zeros((n, out, down, along), np.result_type(x, w))
    for i, o, r, s in itertools.product(range(n), range(out), range(down), range(along)):
        first = o // (out // groups) * per
        for c, a, e in itertools.product(range(per), range(kh), range(kw)):
            y[i, o, r, s] += (
                w[o, c, a, e]
                * x[i, first + c, r * stride[0] + a * dilation[0], s * stride[1] + e * dilation[1]]
            )
    return y if b is None else y + b[:, None, None]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(
    ("x", "w", "stride", "padding", "dilation", "groups"),
    [
        ((2, 3, 6, 5), (4, 3, 3, 2), (1, 1), (0, 0), (1, 1), 1),
        ((2, 3, 6, 5), (4, 3, 3, 2), (2, 3), (1, 2), (1, 1), 1),
        ((1, 2, 7, 8), (2, 2, 2, 3), (1, 2), (2, 0), (3, 2), 1),
        ((2, 4, 5, 5), (6, 2, 2, 2), (1, 1), (1, 1), (2, 1), 2),
        ((2, 3, 4, 4), (6, 1, 3, 3), (1, 1), (1, 1), (1, 1), 3),
        ((1, 1, 1, 1), (1, 1, 1, 1), (3, 3), (0, 0), (1, 1), 1),
        ((1, 1, 5, 5), (1, 1, 2, 2), (4, 4), (0, 0), (1, 1), 1),
    ],
)
def test_convolution_is_its_definition(x, w, stride, padding, dilation, groups, bias):
    x, w = rng(1).normal(size=x), rng(2).normal(size=w)
    b = rng(3).normal(size=len(w)) if bias else None
    edges = tuple((p, p) for p in padding)
    got = ag.conv2d(x, w, b, stride, padding, dilation, groups)
    expected = looped(x, w, b, stride, edges, dilation, groups)
    np.testing.assert_allclose(got.data, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kernel", "dilation"), [((3, 3), 1), ((2, 4), 1), ((2, 3), (3, 2))])
def test_same_padding_keeps_the_size(kernel, dilation):
    x, w = rng(1).normal(size=(1, 1, 6, 7)), rng(2).normal(size=(1, 1, *kernel))
    got = ag.conv2d(x, w, padding="same", dilation=dilation)
    assert got.shape == x.shape
    apart = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    total = [d * (k - 1) for d, k in zip(apart, kernel, strict=True)]
    edges = tuple((t // 2, t - t // 2) for t in total)
    expected = looped(x, w, None, (1, 1), edges, apart, 1)
    np.testing.assert_allclose(got.data, expected, atol=1e-12)
    np.testing.assert_array_equal(
        ag.conv2d(x, w, padding="valid").data, ag.conv2d(x, w, padding=0).data
    )


def test_blocks_change_nothing(monkeypatch):
    x, w, b = (rng(i).normal(size=s) for i, s in enumerate([(5, 2, 6, 6), (4, 1, 3, 3), (4,)]))

    def everything(stride):
        leaves = [ag.Tensor(v, requires_grad=True) for v in (x, w, b)]
        out = ag.conv2d(*leaves, stride, 1, 1, 2)
        (out * out).sum().backward()
        return [out.data, *(t.grad for t in leaves)]

    whole = everything(1), everything(2)
    monkeypatch.setattr(convolution, "_BLOCK", 1)
    for before, after in zip(whole, (everything(1), everything(2)), strict=True):
        for a, b_ in zip(before, after, strict=True):
            np.testing.assert_allclose(a, b_, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("f", [
    lambda x, w: (ag.conv2d(x, w, stride=2, padding=1) ** 3).sum(),
    lambda x, w: (ag.conv2d(x, w, padding="same") ** 3).sum(),
    lambda x, w: (ag.max_pool2d(ag.conv2d(x, w), 2, 1) ** 3).sum(),
    lambda x, w: (ag.avg_pool2d(ag.conv2d(x, w), 2, padding=1, ceil_mode=True) ** 3).sum(),
])  # fmt: skip
def test_both_modes_agree_with_numerical_derivatives_to_second_order(f):
    x, w = rng(1).normal(size=(2, 2, 5, 5)), rng(2).normal(size=(2, 2, 2, 2))
    report = ag.check_grads(f, x, w, order=2, modes=("reverse", "forward"))
    assert report.ok, report


def test_third_derivative_of_a_cubic_in_the_kernel():
    x = rng(1).normal(size=(1, 1, 3, 3))

    def f(a):
        w = a * np.ones((1, 1, 2, 2))
        return (ag.conv2d(x, w) ** 3).sum()

    total = sum(x[0, 0, i : i + 2, j : j + 2].sum() ** 3 for i in (0, 1) for j in (0, 1))
    third = ag.grad(ag.grad(ag.grad(f)))(0.7)
    assert third == pytest.approx(6 * total, rel=1e-12)


def test_dtypes_and_complex_numbers():
    x, w = rng(1).normal(size=(1, 2, 4, 4)), rng(2).normal(size=(3, 2, 2, 2))
    for dtype in (np.float16, np.float32, np.float64):
        leaf = ag.Tensor(x.astype(dtype), requires_grad=True)
        out = ag.conv2d(leaf, w.astype(dtype), np.zeros(3, dtype))
        pooled = ag.max_pool2d(ag.avg_pool2d(out, 2, 1, padding=1), 2)
        pooled.sum().backward()
        assert out.dtype == pooled.dtype == leaf.grad.dtype == dtype
    mixed = ag.conv2d(x.astype(np.float32), w, np.zeros(3))
    assert mixed.dtype == np.float64
    assert ag.conv2d(x.astype(np.float32), w.astype(np.float32), np.zeros(3)).dtype == np.float64
    assert ag.conv2d(np.ones((1, 1, 2, 2), int), np.ones((1, 1, 2, 2), int)).data.tolist() == [
        [[[4]]]
    ]
    z = x + 1j * x[:, ::-1]
    expected = ag.conv2d(x, w).data + 1j * ag.conv2d(x[:, ::-1], w).data
    np.testing.assert_allclose(ag.conv2d(z, w).data, expected, atol=1e-13)


def test_no_rows_and_one_image():
    x, w = rng(1).normal(size=(2, 5, 5)), rng(2).normal(size=(3, 2, 2, 2))
    for f in (
        lambda v: ag.conv2d(v, w),
        lambda v: ag.max_pool2d(v, 2),
        lambda v: ag.avg_pool2d(v, 2),
    ):
        single = f(x)
        np.testing.assert_array_equal(single.data, f(x[None]).data[0])
        empty = ag.Tensor(np.zeros((0, 2, 5, 5)), requires_grad=True)
        out = f(empty)
        assert out.shape == (0, *single.shape)
        out.sum().backward()
        assert empty.grad.shape == empty.shape


def test_pooling_is_its_definition():
    x = rng(1).normal(size=(2, 3, 7, 6))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 2), (2, 3))[:, :, ::2, ::1]
    np.testing.assert_array_equal(ag.max_pool2d(x, (3, 2), (2, 1)).data, windows.max(axis=(4, 5)))
    np.testing.assert_allclose(
        ag.avg_pool2d(x, (3, 2), (2, 1)).data, windows.mean(axis=(4, 5)), atol=1e-14
    )
    whole = np.arange(16).reshape(1, 1, 4, 4)
    assert ag.max_pool2d(whole, 2).data.tolist() == [[[[5, 7], [13, 15]]]]
    assert ag.max_pool2d(-whole, 3, 2, 1).data.tolist() == [[[[0, -1], [-4, -5]]]]
    assert ag.avg_pool2d(whole, 2).dtype == np.float64


def test_the_first_of_equal_entries_gets_the_gradient():
    x = ag.Tensor([[[[1.0, 1.0], [1.0, 0.0]]]], requires_grad=True)
    ag.max_pool2d(x, 2).sum().backward()
    assert x.grad.tolist() == [[[[1, 0], [0, 0]]]]
    x = ag.Tensor([[[[1.0, np.nan], [np.nan, 9.0]]]], requires_grad=True)
    out = ag.max_pool2d(x, 2)
    assert np.isnan(out.item())
    out.backward(np.ones((1, 1, 1, 1)))
    assert x.grad.tolist() == [[[[0, 1], [0, 0]]]]


X = np.zeros((2, 3, 6, 6))
W = np.zeros((4, 3, 3, 3))
MISTAKES = [
    (
        lambda: ag.conv2d(X[0, 0], W), ShapeError,
        "conv2d: got x of shape (6, 6), expected (rows, channels, height, width), or one image "
        "(channels, height, width); reshape x.",
    ),
    (
        lambda: ag.conv2d(X, W[0]), ShapeError,
        "conv2d: got kernels of shape (3, 3, 3), expected (out channels, channels / groups, "
        "height, width), none of them 0.",
    ),
    (
        lambda: ag.conv2d(X[:, :2], W), ShapeError,
        "conv2d: got images of shape (2, 2, 6, 6), kernels of shape (4, 3, 3, 3) and groups=1, "
        "expected the images' channels to be the kernels' times groups, and the kernels to divide "
        "among the groups.",
    ),
    (
        lambda: ag.conv2d(X, W, np.zeros(3)), ShapeError,
        "conv2d: got a bias of shape (3,) for 4 kernels, expected (4,).",
    ),
    (
        lambda: ag.conv2d(X[:, :, :2], W), ShapeError,
        "conv2d: got windows of 3 by 3 for images of shape (2, 3, 2, 6), 2 by 6 with their "
        "padding; expected windows that fit; pad more, or use a smaller kernel.",
    ),
    (
        lambda: ag.conv2d(X, W, stride=0), ArgumentError,
        "conv2d: got stride=0, expected an int, 1 or larger, or two of them (down, along).",
    ),
    (
        lambda: ag.conv2d(X, W, dilation=(1, 2, 3)), ArgumentError,
        "conv2d: got dilation=(1, 2, 3), expected an int, 1 or larger, or two of them (down, "
        "along).",
    ),
    (
        lambda: ag.conv2d(X, W, padding=-1), ArgumentError,
        "conv2d: got padding=-1, expected an int, 0 or larger, or two of them (down, along).",
    ),
    (
        lambda: ag.conv2d(X, W, padding="sane"), ArgumentError,
        "conv2d: got padding='sane', expected an int, two of them (down, along), 'same' or "
        "'valid'; did you mean 'same'?",
    ),
    (
        lambda: ag.conv2d(X, W, padding="same", stride=2), ArgumentError,
        "conv2d: got padding='same' with stride=(2, 2), expected a stride of 1; give the padding "
        "as numbers.",
    ),
    (
        lambda: ag.conv2d(X, W, groups=1.5), ArgumentError,
        "conv2d: got groups=1.5, expected an int, 1 or larger.",
    ),
    (
        lambda: ag.conv2d(X > 0, W), DTypeError,
        "conv2d: got x of dtype bool, expected numbers; use astype(float).",
    ),
    (
        lambda: ag.max_pool2d(X, 2, padding=2), ArgumentError,
        "max_pool2d: got padding=2 for windows of 2 by 2, expected at most half of the window; a "
        "window in the padding alone would have no entry.",
    ),
    (
        lambda: ag.max_pool2d(X, True), ArgumentError,
        "max_pool2d: got kernel_size=True, expected an int, 1 or larger, or two of them (down, "
        "along).",
    ),
    (
        lambda: ag.avg_pool2d(X, 7), ShapeError,
        "avg_pool2d: got windows of 7 by 7 for images of shape (2, 3, 6, 6), 6 by 6 with their "
        "padding; expected windows that fit; pad more, or use a smaller kernel.",
    ),
    (
        lambda: ag.avg_pool2d(X, 2, divisor_override=0), ArgumentError,
        "avg_pool2d: got divisor_override=0, expected an int, 1 or larger.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "sentence"), MISTAKES, ids=[m[2][:50] for m in MISTAKES])
def test_every_mistake_gets_its_sentence(call, error, sentence):
    with says(error, sentence):
        call()
