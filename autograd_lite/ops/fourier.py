"""Discrete Fourier transforms, as in np.fft.

The matrix of a transform is symmetric, so the transpose of ``fft`` is ``fft``, cut or padded back
to the length of the input; that of ``rfft`` is ``irfft`` with other weights, and the reverse.
Transforms over several axes are one transform after another, as in NumPy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, DTypeError
from ..op import Sample
from ..primitive import Primitive, composed, primitive, refuse_out
from ..protocols import whole
from .axes import axis_of
from .rearranging import roll
from .shape import shape_of

__all__ = [
    "fft", "fft2", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft",
    "irfft", "irfft2", "irfftn", "rfft", "rfft2", "rfftn",
]  # fmt: skip

_NORMS: dict[Any, Any] = {
    None: "forward",
    "backward": "forward",
    "forward": "backward",
    "ortho": "ortho",
}


def _fitted(g: Any, size: int, axis: int) -> Any:
    """g cut, or padded with zeros, to this size along axis."""
    have = g.shape[axis]
    if have > size:
        return g[(*(slice(None),) * (axis % g.ndim), slice(size))]
    if have < size:
        after = [(0, size - have) if i == axis % g.ndim else (0, 0) for i in range(g.ndim)]
        return np.pad(g, after)
    return g


def _checked(transform: Callable[..., Any], a: Any, n: Any, axis: int, norm: Any) -> Any:
    axis_of(axis, np.ndim(a), transform.__name__)
    return transform(a, n, axis, norm)


def _behind(axis: int) -> int:
    # The same axis behind a new first one.
    return axis if axis < 0 else axis + 1


_LENGTHS = (
    Sample((4,)), Sample((5,)), Sample((1,)), Sample((2, 3), axis=0), Sample((2, 4), n=2),
    Sample((2, 3), n=5), Sample((3, 2), n=6, axis=-2, norm="ortho"), Sample((4,), norm="forward"),
    Sample((0, 3)),
)  # fmt: skip
_COMPLEX = (
    Sample((4,), complex=True), Sample((2, 3), n=2, complex=True),
    Sample((2, 3), n=5, axis=0, norm="forward", complex=True),
)  # fmt: skip


@primitive(numpy=np.fft.fft, linear=True, samples=(*_LENGTHS, *_COMPLEX))
def fft(a: Any, *, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Fourier transform along axis, a cut or padded with zeros to length n.

    Derivative: the same transform of g, padded or cut back.

    >>> import numpy as np, autograd_lite as ag
    >>> power = lambda x: (ag.abs(ag.fft.fft(x)) ** 2).sum()
    >>> ag.grad(power)(np.array([1.0, 2.0]))
    array([4., 8.])
    """
    return _checked(np.fft.fft, a, n, axis, norm)


@primitive(numpy=np.fft.ifft, linear=True, samples=(*_LENGTHS, *_COMPLEX))
def ifft(a: Any, *, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Inverse of ``fft``. Derivative: the same transform of g, padded or cut back."""
    return _checked(np.fft.ifft, a, n, axis, norm)


@fft.vjp
def _(g: Any, out: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
    return _fitted(np.fft.fft(g, axis=axis, norm=norm), a.shape[axis], axis)


@ifft.vjp
def _(g: Any, out: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
    return _fitted(np.fft.ifft(g, axis=axis, norm=norm), a.shape[axis], axis)


@primitive(numpy=np.fft.rfft, linear=True, analytic=False, samples=_LENGTHS)
def rfft(a: Any, *, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Fourier transform of real a along axis, without the half that follows by symmetry.

    Derivative: irfft of ḡ, every frequency that irfft would count twice at half its weight.
    """
    return _checked(np.fft.rfft, a, n, axis, norm)


@primitive(
    numpy=np.fft.irfft, linear=True, analytic=False,
    samples=(
        *_LENGTHS[:2], *_LENGTHS[3:], Sample((1,), n=1), *_COMPLEX, Sample((3,), n=5, complex=True),
        Sample((2, 1), n=2, complex=True), Sample((5,), n=4, complex=True),
    ),
)  # fmt: skip
def irfft(a: Any, *, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    """Inverse of ``rfft``: n real numbers (2·(size - 1) if None) from their half spectrum.

    Derivative: the conjugate of rfft of g, twice where a frequency stands for two.
    """
    return _checked(np.fft.irfft, a, n, axis, norm)


def _counts(size: int, like: Any, axis: int) -> Any:
    """How often each frequency of a half spectrum of size real numbers stands in the whole one."""
    counts = np.full(size // 2 + 1, 2, like.real.dtype)
    counts[0] = 1
    if size % 2 == 0:
        counts[-1] = 1
    return counts.reshape(counts.shape + (1,) * (len(like.shape) - 1 - axis % len(like.shape)))


@rfft.vjp
def _(g: Any, out: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
    size = a.shape[axis] if n is None else n
    g = np.conj(g) / _counts(size, g, axis)
    return _fitted(np.fft.irfft(g, size, axis, _NORMS[norm]), a.shape[axis], axis)


@irfft.vjp
def _(g: Any, out: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
    size = 2 * (a.shape[axis] - 1) if n is None else n
    g = np.conj(np.fft.rfft(g, size, axis, _NORMS[norm])) * _counts(size, g, axis)
    return _fitted(g, a.shape[axis], axis)


def _each(op: Primitive) -> None:
    @op.batch
    def _(ts: Any, a: Any, *, n: Any, axis: int, norm: Any) -> Any:
        return op.op.forward(ts, n=n, axis=_behind(axis), norm=norm)


for _op in (fft, ifft, rfft, irfft):
    _each(_op)


@composed(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """Real Fourier transform of a signal with Hermitian symmetry, given by its first half.

    Derivative: as of ``irfft`` of the conjugate.
    """
    refuse_out("hfft", out)
    return irfft(np.conj(whole(a)), n, axis, _swapped(norm))


@composed(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: Any = None) -> Any:
    """Inverse of ``hfft``: the first half of a spectrum with Hermitian symmetry.

    Derivative: as of the conjugate of ``rfft``.
    """
    refuse_out("ihfft", out)
    return np.conj(rfft(a, n, axis, _swapped(norm)))


def _swapped(norm: Any) -> Any:
    if norm not in _NORMS:
        raise ArgumentError(
            f"fft: got norm={norm!r}, expected 'backward', 'ortho' or 'forward' (or None)."
        )
    return _NORMS[norm]


# -- several axes ------------------------------------------------------------------------------


def _lengths_and_axes(
    who: str, shape: tuple[int, ...], s: Any, axes: Any, real: bool = False
) -> tuple[list[Any], list[int]]:
    """Per axis to transform its length, by NumPy's rules: s over the last axes if axes is None."""
    given = s is not None
    if axes is None:
        axes = range(-len(s), 0) if given else range(len(shape))
    if hasattr(axes, "__index__"):
        raise DTypeError(f"{who}: got axes={axes!r}, expected several: axes=({axes},).")
    axes = [axis_of(i, len(shape), who) for i in axes]  # an axis may be named twice
    if not axes and "r" in who:
        raise ArgumentError(f"{who}: got no axes, expected at least one.")
    lengths = list(s) if given else [shape[i] for i in axes]
    if len(lengths) != len(axes):
        raise ArgumentError(
            f"{who}: got s={tuple(lengths)} for the axes {tuple(axes)}; give a length per axis."
        )
    if real and not given:
        lengths[-1] = 2 * (shape[axes[-1]] - 1)
    # -1 stands for the input's own size.
    return [
        shape[i] if n is not None and n == -1 else n for n, i in zip(lengths, axes, strict=True)
    ], axes


def _one_after_another(
    op: Callable[..., Any], a: Any, lengths: list[Any], axes: list[int], norm: Any
) -> Any:
    for n, axis in zip(lengths, axes, strict=True):
        a = op(a, n, axis, norm)
    return a


@composed(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """Fourier transform over axes (all if None), with lengths s. Derivative: as fft."""
    refuse_out("fftn", out)
    s, axes = _lengths_and_axes("fftn", shape_of(a), s, axes)
    return _one_after_another(fft, a, s[::-1], axes[::-1], norm)


@composed(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """Inverse of ``fftn``. Derivative: as ifft."""
    refuse_out("ifftn", out)
    s, axes = _lengths_and_axes("ifftn", shape_of(a), s, axes)
    return _one_after_another(ifft, a, s[::-1], axes[::-1], norm)


@composed(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """Fourier transform of real a over axes, the last of them halved by symmetry.

    Derivative: as of ``rfft`` and ``fft``, one axis after another.
    """
    refuse_out("rfftn", out)
    s, axes = _lengths_and_axes("rfftn", shape_of(a), s, axes)
    half = rfft(a, s[-1], axes[-1], norm)
    return _one_after_another(fft, half, s[-2::-1], axes[-2::-1], norm)


@composed(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None, out: Any = None) -> Any:
    """Inverse of ``rfftn``. Derivative: as of ``ifft`` and ``irfft``, one axis after another."""
    refuse_out("irfftn", out)
    s, axes = _lengths_and_axes("irfftn", shape_of(a), s, axes, real=True)
    whole = _one_after_another(ifft, a, s[:-1], axes[:-1], norm)
    return irfft(whole, s[-1], axes[-1], norm)


@composed(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """Fourier transform over two axes. Derivative: as fft."""
    return fftn(a, s, axes, norm, out)


@composed(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """Inverse of ``fft2``. Derivative: as ifft."""
    return ifftn(a, s, axes, norm, out)


@composed(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """Fourier transform of real a over two axes, the last of them halved by symmetry.

    Derivative: as of ``rfft`` and ``fft``, one axis after another.
    """
    return rfftn(a, s, axes, norm, out)


@composed(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, out: Any = None) -> Any:
    """Inverse of ``rfft2``. Derivative: as of ``ifft`` and ``irfft``, one axis after another."""
    return irfftn(a, s, axes, norm, out)


# -- order of frequencies ----------------------------------------------------------------------


def _shifted(x: Any, axes: Any, sign: int) -> Any:
    shape = shape_of(x)
    axes = tuple(range(len(shape))) if axes is None else axes
    axes = axes if np.ndim(axes) else (int(axes),)
    halves = (shape[i] // 2 if sign > 0 else -(shape[i] // 2) for i in axes)
    return roll(x, tuple(halves), tuple(axes))


@composed(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """Frequency 0 moved to the middle of axes (all if None). Derivative: g moved back."""
    return _shifted(x, axes, 1)


@composed(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """Inverse of ``fftshift``. Derivative: g moved back."""
    return _shifted(x, axes, -1)
