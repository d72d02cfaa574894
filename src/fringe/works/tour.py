"""The shortest order of stops, from their distances: exact for few, improved step by step for many.

A *tour* begins at stop 0 and visits all others once; what it costs to end at a stop is given apart (0, or the way
back). Up to `EXACT_UP_TO` stops it is the shortest there is (dynamic programming over subsets, Held and Karp 1962).
Beyond, the nearest stop is gone to first, and then stretches of the tour are turned round (2-opt) and moved (or-opt)
until neither makes it shorter. The same distances give the same tour.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
# 2^13 sets of 13 stops: a fraction of a second.
EXACT_UP_TO = 13
# Of stretches moved at once.
_MOVED = 3
# What is gained by less is rounding.
_GAIN_M = 1e-6


def shortest_tour(distance: Floats, closing: Floats) -> list[int]:
    """Return the order of stops, beginning with 0.

    Parameters
    ----------
    distance
        Symmetric, shape ``(n, n)``.
    closing
        What it costs to end at each stop, shape ``(n,)``.

    Examples
    --------
    >>> at = np.array([0.0, 30.0, 10.0, 20.0])
    >>> shortest_tour(np.abs(at[:, None] - at), np.zeros(4))
    [0, 2, 3, 1]
    """
    n = len(distance)
    if n <= 2:  # noqa: PLR2004 - nothing to choose
        return [*range(n)]
    return exact(distance, closing) if n <= EXACT_UP_TO else improved(distance, closing)


def tour_length(tour: list[int], distance: Floats, closing: Floats) -> float:
    """Return the length of a tour."""
    return float(sum(distance[a, b] for a, b in pairwise(tour)) + closing[tour[-1]])


def exact(distance: Floats, closing: Floats) -> list[int]:
    """Return the shortest tour of all: the best way to end at each stop, for every set of stops visited."""
    n = len(distance) - 1  # the others, numbered from 0
    inner = distance[1:, 1:]
    best = np.full((1 << n, n), np.inf)
    before = np.full((1 << n, n), -1, dtype=np.int64)
    for stop in range(n):
        best[1 << stop, stop] = distance[0, stop + 1]
    for visited in range(1, 1 << n):
        here = [stop for stop in range(n) if visited >> stop & 1]
        if len(here) == 1:
            continue
        for stop in here:
            ways = best[visited ^ (1 << stop), here] + inner[here, stop]
            at = int(np.argmin(ways))
            best[visited, stop], before[visited, stop] = ways[at], here[at]
    visited = (1 << n) - 1
    stop = int(np.argmin(best[visited] + closing[1:]))
    tour: list[int] = []
    while stop >= 0:
        tour.append(stop + 1)
        visited, stop = visited ^ (1 << stop), int(before[visited, stop])
    return [0, *reversed(tour)]


def improved(distance: Floats, closing: Floats) -> list[int]:
    """Return a tour that neither turning nor moving a stretch of it makes shorter."""
    tour = _nearest_first(distance)
    while True:
        better = _turned(tour, distance, closing) or _moved(tour, distance, closing)
        if better is None:
            return tour
        tour = better


def _nearest_first(distance: Floats) -> list[int]:
    tour, left = [0], [*range(1, len(distance))]
    while left:
        at = int(np.argmin(distance[tour[-1], left]))
        tour.append(left.pop(at))
    return tour


def _turned(tour: list[int], distance: Floats, closing: Floats) -> list[int] | None:
    """Return the tour with the stretch turned round that gains most, or `None`."""
    order = np.asarray(tour)
    last = len(order) - 1
    gain, pair = _GAIN_M, None
    for first in range(1, last):
        ends = np.arange(first + 1, last + 1)
        old = distance[order[first - 1], order[first]] + _after(order, ends, order[ends], distance, closing)
        new = distance[order[first - 1], order[ends]] + _after(order, ends, order[first], distance, closing)
        at = int(np.argmax(old - new))
        if (old - new)[at] > gain:
            gain, pair = float((old - new)[at]), (first, int(ends[at]))
    if pair is None:
        return None
    first, end = pair
    return [*tour[:first], *tour[first : end + 1][::-1], *tour[end + 1 :]]


def _after(order: Any, ends: Any, stops: Any, distance: Floats, closing: Floats) -> Floats:
    """Return the way on from stops that stand at the ends of stretches: to what follows, or to the close."""
    following = order[np.minimum(ends + 1, len(order) - 1)]
    return np.asarray(np.where(ends + 1 < len(order), distance[stops, following], closing[stops]))


def _moved(tour: list[int], distance: Floats, closing: Floats) -> list[int] | None:
    """Return the tour with a stretch of up to three stops moved, the first that gains, or `None`."""
    length = tour_length(tour, distance, closing)
    for size in range(1, _MOVED + 1):
        for first in range(1, len(tour) - size + 1):
            part, rest = tour[first : first + size], [*tour[:first], *tour[first + size :]]
            for at in range(1, len(rest) + 1):
                for piece in (part, part[::-1]):
                    tried = [*rest[:at], *piece, *rest[at:]]
                    if tour_length(tried, distance, closing) < length - _GAIN_M:
                        return tried
    return None
