"""The order of items in the columns of a layered graph that lets few edges cross."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

_SWEEPS = 16
# Exchanging neighbours costs the square of what the sweeps cost.
_MOST_TO_EXCHANGE = 400


def ordered(
    columns: Sequence[Sequence[int]], edges: Sequence[tuple[int, int]], groups: Sequence[str]
) -> list[list[int]]:
    """Columns in an order with few crossings; items of one group stay side by side.

    Args:
        columns: per column its items, numbers from 0 up.
        edges: pairs of items of neighbouring columns, left one first.
        groups: per item the path of its group, "a/b" inside "a", or "".

    >>> ordered([[0, 1], [2, 3]], [(0, 3), (1, 2)], ["", "", "", ""])
    [[0, 1], [3, 2]]
    """
    return _Order(columns, edges, groups).best


class _Order:
    def __init__(
        self,
        columns: Sequence[Sequence[int]],
        edges: Sequence[tuple[int, int]],
        groups: Sequence[str],
    ) -> None:
        self.groups = groups
        # Per item the groups that it is in, outermost first: "a", "a/b", ...
        self.paths = [_prefixes(group) for group in groups]
        self.left: list[list[int]] = [[] for _ in groups]
        self.right: list[list[int]] = [[] for _ in groups]
        for a, b in edges:
            self.right[a].append(b)
            self.left[b].append(a)
        self.columns = [_together(column, groups) for column in columns]
        self.place = [0.0] * len(groups)
        for column in self.columns:
            self._number(column)
        self.best = [list(column) for column in self.columns]
        fewest = self._crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            rightward = sweep % 2 == 0
            for column in self.columns if rightward else self.columns[::-1]:
                self._sort(column, self.left if rightward else self.right)
            if len(edges) <= _MOST_TO_EXCHANGE:
                self._exchange()
            count = self._crossings()
            if count < fewest:
                fewest, self.best = count, [list(column) for column in self.columns]

    def _number(self, column: list[int]) -> None:
        for n, i in enumerate(column):
            self.place[i] = float(n)

    def _sort(self, column: list[int], side: list[list[int]]) -> None:
        """By the mean place of each item's neighbours; an item without any keeps its own."""
        means = {}
        for i in column:
            near = side[i]
            means[i] = sum(self.place[j] for j in near) / len(near) if near else self.place[i]
        keys = {i: [means[i], self.place[i]] for i in column}
        # Outer groups first: what is in one group has its first numbers in common.
        for depth in range(max((len(self.paths[i]) for i in column), default=0), 0, -1):
            members: dict[str, list[int]] = {}
            for i in column:
                if len(self.paths[i]) >= depth:
                    members.setdefault(self.paths[i][depth - 1], []).append(i)
            for some in members.values():
                centre = sum(means[i] for i in some) / len(some)
                first = min(self.place[i] for i in some)
                for i in some:
                    keys[i] = [centre, first, *keys[i]]
        column.sort(key=lambda i: keys[i])
        self._number(column)

    def _crossings(self) -> int:
        return sum(self._behind(column) for column in self.columns)

    def _behind(self, column: list[int]) -> int:
        """How many pairs of edges cross between a column and the next: inversions of their ends."""
        seen: list[float] = []
        count = 0
        for i in column:
            ends = sorted(self.place[j] for j in self.right[i])
            for end in ends:
                count += len(seen) - bisect_left(seen, end + 0.5)
            for end in ends:
                insort(seen, end)
        return count

    def _exchange(self) -> None:
        """Exchange neighbours as long as that takes crossings away."""
        for column in self.columns:
            better = True
            while better:
                better = False
                for n in range(len(column) - 1):
                    a, b = column[n], column[n + 1]
                    if self.groups[a] == self.groups[b] and self._gain(a, b) > 0:
                        column[n], column[n + 1] = b, a
                        self.place[a], self.place[b] = self.place[b], self.place[a]
                        better = True

    def _gain(self, a: int, b: int) -> int:
        """How many crossings go away when b stands before a."""
        gain = 0
        for side in (self.left, self.right):
            for i in side[a]:
                for j in side[b]:
                    gain += (self.place[i] > self.place[j]) - (self.place[i] < self.place[j])
        return gain


def _prefixes(group: str) -> list[str]:
    parts = group.split("/") if group else []
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def _together(column: Sequence[int], groups: Sequence[str]) -> list[int]:
    """A column with each group's items behind the first of them."""
    first: dict[str, int] = {}
    for n, i in enumerate(column):
        for path in _prefixes(groups[i]):
            first.setdefault(path, n)

    def key(i: int) -> list[int]:
        return [*(first[path] for path in _prefixes(groups[i])), column.index(i)]

    return sorted(column, key=key)
