"""Natural breaks: the least sum of squared differences within classes (Fisher 1958, known by Jenks's name), exact."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def natural(numbers: Numbers, k: int) -> list[int]:
    """Return where each natural class but the first begins, in sorted numbers.

    Exact: the dynamic programme of Fisher (1958) over distinct values, by divide and conquer, since the best start of
    the last class never moves back when a value is added. O(k n log n).

    Examples
    --------
    >>> natural(np.array([1.0, 2, 2, 9, 10, 30]), 3)
    [3, 5]
    """
    distinct, first, counts = np.unique(numbers, return_index=True, return_counts=True)
    k = min(k, distinct.size)
    centred = distinct - distinct.mean()
    mass = np.concatenate([[0.0], np.cumsum(counts)])
    total = np.concatenate([[0.0], np.cumsum(counts * centred)])
    square = np.concatenate([[0.0], np.cumsum(counts * centred**2)])

    def within(start: npt.NDArray[np.int64], stop: int) -> Numbers:
        """Sum of squared differences from the mean of values start..stop-1."""
        spread = total[stop] - total[start]
        return np.asarray(square[stop] - square[start] - spread**2 / (mass[stop] - mass[start]))

    n = distinct.size
    best = np.full(n + 1, np.inf)
    best[1:] = [float(within(np.array([0]), stop)[0]) for stop in range(1, n + 1)]
    chosen = np.zeros((k, n + 1), dtype=np.int64)
    for level in range(1, k):
        following = np.full(n + 1, np.inf)
        spans = [(level + 1, n, level, n - 1)]
        while spans:
            low, high, least, most = spans.pop()
            if low > high:
                continue
            middle = (low + high) // 2
            starts = np.arange(least, min(most, middle - 1) + 1)
            costs = best[starts] + within(starts, middle)
            pick = int(np.argmin(costs))
            following[middle], chosen[level, middle] = costs[pick], starts[pick]
            spans += [(low, middle - 1, least, int(starts[pick])), (middle + 1, high, int(starts[pick]), most)]
        best = following
    cuts: list[int] = []
    stop = n
    for level in range(k - 1, 0, -1):
        stop = int(chosen[level, stop])
        cuts.append(int(first[stop]))
    return cuts[::-1]
