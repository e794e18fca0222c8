"""Where quantiles lie in sorted rows, how much each entry counts in them, and its transpose."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .axes import axes_of

# Among n sorted entries q stands at place q·(n + 1 - α - β) + α - 1.
# Reference: R. Hyndman and Y. Fan, 1996, "Sample quantiles in statistical packages".
CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0),
    "linear": (1.0, 1.0), "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
STEPS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "lower", "higher", "midpoint",
    "nearest",
)  # fmt: skip

# Up to so many quantiles entries are compared with each; from there on rows are sorted.
_FEW = 8


def _places(n: int, q: Any, method: str) -> tuple[Any, Any]:
    """The place of q among n sorted entries, and how fast it moves with q: 0 where it does not."""
    if method not in CONTINUOUS:
        # NumPy itself says where: it gives the place among the numbers 0, 1, 2, ...
        place = np.quantile(np.arange(n), q, method=method)  # type: ignore[call-overload]
        return np.nan_to_num(place, nan=n - 1), np.zeros(q.shape)
    alpha, beta = CONTINUOUS[method]
    factor = n + 1 - alpha - beta
    place = q.astype(np.float64) * factor + (alpha - 1)
    moves = (place >= 0) & (place <= n - 1) if n > 1 else np.zeros(q.shape)
    return place.clip(0, n - 1), factor * moves


class Between:
    """What the quantiles of each row of a are made of: two neighbours, each shared by its ties.

    Attributes:
        rows: a, its reduced axes last and flat.
        low, high: per row and quantile, the places that it lies between in sorted order.
        of_low, of_high: their coefficients in the quantile, or (slope) in its derivative in q.
        order, group, share: where rows are sorted, each sorted entry's place in its row, the
            number of its group of ties, and its part of the group.
    """

    __slots__ = (
        "axes", "few", "group", "high", "low", "nan", "of_high", "of_low", "order", "rows", "share",
    )  # fmt: skip

    def __init__(
        self, a: Any, q: Any, axis: Any, method: str, weights: Any, skip_nan: bool, slope: bool
    ) -> None:
        self.axes = axes_of(axis, a.ndim, "quantile")
        self.rows = self._rows(a)
        n = self.rows.shape[1]
        q = np.asarray(q).reshape(-1)
        self.few = weights is None and q.size <= _FEW
        self.nan = np.isnan(self.rows)
        nans = np.count_nonzero(self.nan, axis=-1, keepdims=True)
        w: Any = None if self.few else self._sort(n - nans, a.shape, weights)
        # How many entries the place is among; none: the result is NaN, as the last entry is.
        valid = n - nans if skip_nan else np.where(nans > 0, 0, n)
        size = (len(self.rows), q.size)
        place, speed = np.full(size, float(n - 1)), np.zeros(size)
        for k in {int(k) for k in valid[:, 0]} - {0} if nans.any() else {n}:
            these = valid[:, 0] == k
            if weights is None:
                place[these], speed[these] = _places(k, q, method)
            else:
                place[these] = self._weighted(np.where(np.arange(n) < k, w[these], 0), q)
        low = np.floor(place)
        last = np.where(valid > 0, valid - 1, n - 1)
        if slope:  # at the last entry, that of the interval before it
            low = np.minimum(low, np.maximum(last - 1, 0))
        gamma = place - low
        counts = valid > 0 if skip_nan else True
        self.of_low: Any = (-speed if slope else 1 - gamma) * counts
        self.of_high: Any = (speed if slope else gamma) * counts
        self.low = low.astype(np.intp)
        self.high = np.minimum(low + 1, last).astype(np.intp)

    def _rows(self, x: Any) -> Any:
        others = tuple(i for i in range(x.ndim) if i not in self.axes)
        sizes = (math.prod(x.shape[i] for i in axes) for axes in (others, self.axes))
        return x.transpose(others + self.axes).reshape(tuple(sizes))

    def _unrowed(self, rows: Any, shape: tuple[int, ...]) -> Any:
        order = (*(i for i in range(len(shape)) if i not in self.axes), *self.axes)
        turned = rows.reshape(tuple(shape[i] for i in order))
        return turned.transpose(sorted(range(len(order)), key=order.__getitem__))

    def shared(self, g: Any, shape: tuple[int, ...]) -> Any:
        """g of the quantiles, carried to the entries of a, whose shape is given."""
        g = g.reshape(self.low.shape[::-1]).T
        parts = (_times(self.of_low, g), _times(self.of_high, g))
        return self._unrowed(self._shared_few(*parts) if self.few else self._shared(*parts), shape)

    def along(self, t: Any) -> Any:
        """t of the entries, carried to the quantiles."""
        t = self._rows(t)
        low, high = self._along_few(t) if self.few else self._along(t)
        return (_times(self.of_low, low) + _times(self.of_high, high)).T

    # -- a few quantiles: entries are compared with each ---------------------------------------

    def _ties(self) -> Any:
        # (whether of low or high, number of the quantile, mask of the entries, their count)
        places = np.concatenate([self.low, self.high], axis=1)
        known = np.unique(places)
        ranked = np.partition(self.rows, known) if known.size <= _FEW else np.sort(self.rows)
        values = np.take_along_axis(ranked, places, -1)
        coefficients = np.concatenate([self.of_low, self.of_high], axis=1)
        spoiled = bool(self.nan.any())
        for k in range(places.shape[1]):
            if coefficients[:, k].any():
                value = values[:, k : k + 1]
                mask = self.rows == value
                if spoiled:
                    mask |= self.nan & np.isnan(value)
                yield *divmod(k, self.low.shape[1]), mask, np.count_nonzero(mask, axis=-1)

    def _shared_few(self, *parts: Any) -> Any:
        total = np.zeros(self.rows.shape, np.result_type(*parts))
        for side, k, mask, count in self._ties():
            total += np.where(mask, (parts[side][:, k] / count)[:, None], 0)
        return total

    def _along_few(self, t: Any) -> Any:
        sides = np.zeros((2, *self.low.shape), np.result_type(t.dtype, np.float64))
        for side, k, mask, count in self._ties():
            sides[side, :, k] = np.sum(t, axis=-1, where=mask) / count
        return sides

    # -- many, or weights: rows are sorted -----------------------------------------------------

    def _sort(self, numbers: Any, shape: tuple[int, ...], weights: Any) -> Any:
        # NaN are sorted to the end: behind the numbers, and one group.
        rows = self.rows
        self.order = np.argsort(rows, axis=-1, kind="stable")
        values = np.take_along_axis(rows, self.order, -1)
        new = (values[:, 1:] != values[:, :-1]) & (np.arange(1, rows.shape[1]) <= numbers)
        self.group = np.zeros(rows.shape, np.intp)
        np.cumsum(new, axis=-1, out=self.group[:, 1:])
        w = np.ones(rows.shape)
        if weights is not None:
            w = np.take_along_axis(self._rows(np.broadcast_to(weights, shape)), self.order, -1)
        size = self._at(self._added(np.ones(rows.shape), self.group), self.group)
        total = self._at(self._added(w.astype(np.float64), self.group), self.group)
        self.share = np.where(total > 0, w / np.where(total > 0, total, 1), 1 / size)
        return w

    @staticmethod
    def _weighted(w: Any, q: Any) -> Any:
        ranks = np.broadcast_to(np.arange(w.shape[1]), w.shape)
        return np.quantile(ranks, q, axis=-1, method="inverted_cdf", weights=w).T

    def _shared(self, of_low: Any, of_high: Any) -> Any:
        total = self._added(of_low, self._at(self.group, self.low))
        total = total + self._added(of_high, self._at(self.group, self.high))
        rows = np.empty(self.order.shape, total.dtype)
        np.put_along_axis(rows, self.order, self._at(total, self.group) * self.share, -1)
        return rows

    def _along(self, t: Any) -> tuple[Any, Any]:
        mean = self._added(self._at(t, self.order) * self.share, self.group)
        low, high = self._at(self.group, self.low), self._at(self.group, self.high)
        return self._at(mean, low), self._at(mean, high)

    def _added(self, x: Any, group: Any) -> Any:
        out = np.zeros(self.group.shape, x.dtype)
        np.add.at(out, (np.arange(len(group))[:, None], group), x)
        return out

    @staticmethod
    def _at(x: Any, places: Any) -> Any:
        return np.take_along_axis(x, places, -1)


def _times(coefficient: Any, x: Any) -> Any:
    return np.where(coefficient == 0, 0, coefficient * x)
