"""Classes of a shaded map: where one colour ends and the next begins.

A *class* holds the values from its lower edge up to, but not including, its upper edge; the last class includes both.
A *break* is an edge between two classes. Missing values belong to no class. Edges are rounded to figures people can
read aloud, so the number of classes may differ from the number asked for; it never exceeds it by more than one.

Schemes: ``equal`` (steps of one round width), ``quantile`` (about as many rows in each), ``natural`` (least sum of
squared differences within classes: Fisher 1958, known by Jenks's name; exact), ``fixed`` (edges given), ``diverging``
(steps of one round width on both sides of 0, as many below as above).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

Scheme = Literal["equal", "quantile", "natural", "fixed", "diverging"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
Numbers = npt.NDArray[np.float64]

# A step is one of these times a power of ten; 3 and 4 would give edges nobody counts in.
_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
# Edges are sums of decimal steps: 0.1 + 0.2 must come out as 0.3.
_EDGE_DIGITS = 12
# Sums of floats differ by this much for no reason: values closer than this are one value.
_NOISE = 1e-11


@dataclass(frozen=True)
class Classes:
    """Edges in rising order; n + 1 edges make n classes, no edge makes none.

    Examples
    --------
    >>> thirds = Classes((0.0, 0.3, 0.6, 0.9))
    >>> thirds.assign([0.0, 0.3, 0.9, float("nan")]).tolist()
    [0, 1, 2, -1]
    """

    edges: tuple[float, ...]

    def __len__(self) -> int:
        return max(len(self.edges) - 1, 0)

    def assign(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the class of each value, -1 for a missing one.

        A value outside the edges belongs to the class at that end: `classify` makes edges that hold all values.
        """
        numbers = np.asarray(values, dtype=float)
        if not len(self):
            return np.full(numbers.shape, -1, dtype=np.int64)
        found = np.searchsorted(np.asarray(self.edges[1:-1]), numbers, side="right")
        return np.where(np.isfinite(numbers), found, -1).astype(np.int64)


def classify(
    values: npt.ArrayLike, *, scheme: Scheme = "equal", k: int = 5, breaks: Sequence[float] | None = None
) -> Classes:
    """Return the classes of values.

    Parameters
    ----------
    values
        Numbers; missing and infinite ones are left out.
    scheme
        See the module.
    k
        How many classes are wished for.
    breaks
        All edges, rising, for scheme ``fixed``. Values beyond them get a class of their own at that end.

    Examples
    --------
    >>> classify([0.03, 0.2, 0.41, 0.87], k=5).edges
    (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    >>> classify([1, 2, 2, 9, 10, 30], scheme="natural", k=3).edges
    (1.0, 5.0, 20.0, 30.0)
    >>> classify([-0.02, 0.11], scheme="diverging", k=4).edges
    (-0.2, -0.1, 0.0, 0.1, 0.2)
    >>> classify([0.5, 0.5]).edges, classify([float("nan")]).edges
    ((0.5, 0.5), ())
    """
    numbers = np.asarray(values, dtype=float)
    numbers = np.sort(numbers[np.isfinite(numbers)])
    if scheme == "fixed":
        return Classes(_fixed(numbers, tuple(float(edge) for edge in breaks or ())))
    if not numbers.size:
        return Classes(())
    if scheme == "diverging":
        return Classes(_diverging(numbers, k))
    if numbers[-1] - numbers[0] <= _NOISE * max(1.0, float(np.abs(numbers).max())):
        return Classes((float(numbers[0]), float(numbers[-1])))
    if scheme == "equal":
        return Classes(_equal(numbers, k))
    return Classes(_between(numbers, _quantile_starts(numbers, k) if scheme == "quantile" else natural(numbers, k)))


def round_step(width: float) -> float:
    """Return the least round number that is not below a width.

    Examples
    --------
    >>> round_step(0.17), round_step(21), round_step(2)
    (0.2, 25.0, 2.0)
    """
    power = 10.0 ** math.floor(math.log10(width))
    # A width such as 0.2 may arrive as 0.2 + 1 ulp.
    step = next(step for step in _ROUND_STEPS if step * power >= width * (1 - 1e-9))
    return round(step * power, _EDGE_DIGITS)


def _equal(numbers: Numbers, k: int) -> tuple[float, ...]:
    low, high = float(numbers[0]), float(numbers[-1])

    def span(step: float) -> range:
        first = math.floor(low / step + 1e-9)
        return range(first, max(math.ceil(high / step - 1e-9), first + 1) + 1)

    # The round number above the width wished for, or the one below it, whichever gives about as many classes as wished.
    above = round_step((high - low) / k)
    step = min((above, _step_below(above)), key=lambda step: abs(len(span(step)) - 1 - k))
    return tuple(round(step * n, _EDGE_DIGITS) for n in span(step))


def _step_below(step: float) -> float:
    """Return the round number before a round number.

    Examples
    --------
    >>> _step_below(0.05), _step_below(1.0), _step_below(2.5)
    (0.025, 0.5, 2.0)
    """
    return max(found for found in (round_step(step * share) for share in (0.5, 0.8)) if found < step * (1 - 1e-9))


def _diverging(numbers: Numbers, k: int) -> tuple[float, ...]:
    reach = float(np.abs(numbers).max())
    if reach <= _NOISE:
        return (-reach, reach) if reach else (0.0, 0.0)
    sides = max(k // 2, 1)
    step = round_step(reach / sides)
    sides = max(math.ceil(reach / step - 1e-9), 1)
    return tuple(round(step * n, _EDGE_DIGITS) for n in range(-sides, sides + 1))


def _fixed(numbers: Numbers, edges: tuple[float, ...]) -> tuple[float, ...]:
    if numbers.size and numbers[0] < edges[0]:
        edges = (float(numbers[0]), *edges)
    if numbers.size and numbers[-1] > edges[-1]:
        edges = (*edges, float(numbers[-1]))
    return edges


def _quantile_starts(numbers: Numbers, k: int) -> list[int]:
    """Return where each class but the first begins; equal values stay together."""
    wanted = np.rint(np.arange(1, k) * numbers.size / k).astype(int)
    # The cut goes to the start of a run of equal values, so that no value is in two classes.
    starts = np.searchsorted(numbers, numbers[np.clip(wanted, 0, numbers.size - 1)], side="left")
    return sorted({int(start) for start in starts if start > 0})


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


def _between(numbers: Numbers, starts: Sequence[int]) -> tuple[float, ...]:
    """Return edges for classes that begin at `starts`, each break as round as the gap before it allows."""
    breaks = [_roundest(float(numbers[start - 1]), float(numbers[start])) for start in starts]
    return (float(numbers[0]), *breaks, float(numbers[-1]))


def _roundest(below: float, upto: float) -> float:
    """Return the number above `below` and not above `upto` with the fewest digits, near their middle."""
    power = 10.0 ** math.ceil(math.log10(max(abs(below), abs(upto))))
    for _ in range(17):
        for part in (power, power / 2):
            # Below the least of all floats there is nothing rounder.
            if not part:
                return upto
            for steps in (round((below + upto) / 2 / part), math.floor(upto / part)):
                edge = round(steps * part, _EDGE_DIGITS)
                if below < edge <= upto:
                    return edge
        power /= 10
    return upto
