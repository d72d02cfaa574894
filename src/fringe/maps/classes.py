"""Classes of a shaded map: where one colour ends and the next begins.

A *class* holds the values from its lower edge up to, but not including, its upper edge; the last class includes both.
A *break* is an edge between two classes. Missing values belong to no class. Edges are rounded to figures people can
read aloud, so the number of classes may differ from the number asked for; it never exceeds it by more than one.
Columns of whole numbers have no class narrower than one.

Schemes: ``equal`` (steps of one round width), ``quantile`` (about as many rows in each), ``natural`` (least sum of
squared differences within classes), ``fixed`` (edges given), ``diverging`` (the same edges on both sides of 0).

*Fixed* classes are those between the edges given, whatever the data hold. What lies outside belongs to an *open* class
at that end, below the first edge or above the last.

*Diverging* classes, computed or fixed, tell falls from rises. Each is the mirror of one on the other side: below zero a
class holds its upper edge and not its lower. Values that are shown as 0 are neither fall nor rise: they have a
*neutral* class, unless fixed edges already set one around 0. Computed ones are steps of one round width from 0, of
which the outermost reaches as far as the values do; width and number are those that tell most of the values apart
(the greatest entropy of the rows among the classes), with no more falls and rises together than wished for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fringe.maps.natural import natural
from fringe.maps.roundness import EDGE_DIGITS, outward, places_of, round_step, roundest, step_below

Scheme = Literal["equal", "quantile", "natural", "fixed", "diverging"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
Numbers = npt.NDArray[np.float64]

# Sums of floats differ by this much for no reason: values closer than this are one value.
_NOISE = 1e-11
# Steps tried for diverging classes: four are about a power of ten.
_STEPS_TRIED = 13
# Finer ones would be lost when edges are rounded.
_FINEST_STEP = 1e-10


@dataclass(frozen=True)
class Classes:
    """Edges in rising order; n + 1 edges make n classes, no edge makes none.

    Parameters
    ----------
    edges
        The first may be minus infinity, the last infinity.
    beyond
        Whether the first and the last class lie beyond edges that were given, which then hold their own edges.
    diverging
        Whether classes below zero mirror those above.
    neutral
        The number of the class made around 0.

    Examples
    --------
    >>> thirds = Classes((0.0, 0.3, 0.6, 0.9))
    >>> thirds.assign([0.0, 0.3, 0.9, float("nan")]).tolist()
    [0, 1, 2, -1]
    """

    edges: tuple[float, ...]
    beyond: bool = False
    diverging: bool = False
    neutral: int | None = None

    def __len__(self) -> int:
        return max(len(self.edges) - 1, 0)

    def assign(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the class of each value, -1 for a missing one.

        A value outside the edges belongs to the class at that end: `classify` makes edges that hold all values.
        """
        numbers = np.asarray(values, dtype=float)
        if not len(self):
            return np.full(numbers.shape, -1, dtype=np.int64)
        found = np.searchsorted(self._starts(), numbers, side="right")
        return np.where(np.isfinite(numbers), found, -1).astype(np.int64)

    def counts(self, ordered: Numbers) -> npt.NDArray[np.int64]:
        """Return how many of sorted numbers each class holds."""
        starts = np.searchsorted(ordered, self._starts(), side="left")
        return np.diff(starts, prepend=0, append=ordered.size).astype(np.int64)

    def signs(self) -> list[int]:
        """Return -1 for each class of falls, 1 for each of rises, 0 for one with 0 inside."""
        found = [-1 if high <= 0 else 1 if low >= 0 else 0 for low, high in pairwise(self.edges)]
        return [0 if number == self.neutral else sign for number, sign in enumerate(found)]

    def nominal(self) -> list[tuple[float, float]]:
        """Return the edges of each class as they are told: classes beside the neutral one begin at 0."""
        zeros = set() if self.neutral is None else {self.neutral, self.neutral + 1}
        told = [0.0 if number in zeros else edge for number, edge in enumerate(self.edges)]
        return list(pairwise(told))

    def whole(self) -> list[tuple[float, float]]:
        """Return the least and the greatest whole number of each class.

        Examples
        --------
        >>> Classes((0.0, 5.0, 10.0)).whole()
        [(0.0, 4.0), (5.0, 10.0)]
        """
        later = [False, *self._later().tolist(), True]
        return [
            (
                float(np.floor(low) + 1 if later[n] else np.ceil(low)),
                float(np.floor(high) if later[n + 1] else np.ceil(high) - 1),
            )
            for n, (low, high) in enumerate(pairwise(self.edges))
        ]

    def _later(self) -> npt.NDArray[np.bool_]:
        """Return which breaks belong to the class below them."""
        breaks = np.asarray(self.edges[1:-1])
        later = (breaks < 0) & self.diverging
        if self.beyond:
            later[0], later[-1] = False, True
        return later

    def _starts(self) -> Numbers:
        """Return where each class but the first begins: the breaks, moved by the noise of floats."""
        edges = np.asarray(self.edges)
        breaks, gaps = edges[1:-1], np.diff(edges)
        wide = np.where(gaps > 0, gaps, np.inf)
        near = np.minimum(wide[:-1], wide[1:])
        noise = _NOISE * np.maximum(np.abs(breaks), np.where(np.isfinite(near), near, 0.0))
        return np.asarray(breaks + np.where(self._later(), 1, -1) * np.minimum(noise, near / 4))


def classify(
    values: npt.ArrayLike,
    *,
    scheme: Scheme = "equal",
    k: int = 5,
    breaks: Sequence[float] | None = None,
    diverging: bool = False,
    whole: bool = False,
    unseen: float = 0.0,
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
        All edges, rising, for scheme ``fixed``.
    diverging
        Whether fixed classes tell falls from rises.
    whole
        Whether the values are whole numbers.
    unseen
        Values up to this size are shown as 0.

    Examples
    --------
    >>> classify([0.03, 0.2, 0.41, 0.87], k=5).edges
    (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    >>> classify([1, 2, 2, 9, 10, 30], scheme="natural", k=3).edges
    (1.0, 5.0, 20.0, 30.0)
    >>> classify([-0.02, 0.11], scheme="diverging", k=4, unseen=0.0005).edges
    (-0.2, -0.1, -0.0005, 0.0005, 0.1, 0.2)
    >>> classify([], scheme="fixed", breaks=[0.1, 0.2]).edges
    (-inf, 0.1, 0.2, inf)
    >>> classify([1, 2, 2], whole=True).edges, classify([0.5, 0.5]).edges, classify([float("nan")]).edges
    ((1.0, 2.0, 2.0), (0.5, 0.5), ())
    """
    numbers = np.asarray(values, dtype=float)
    numbers = np.sort(numbers[np.isfinite(numbers)])
    if scheme == "fixed" and breaks:
        edges = tuple(float(edge) for edge in breaks)
        return _fixed_diverging(edges, unseen) if diverging else Classes((-math.inf, *edges, math.inf), beyond=True)
    if not numbers.size:
        return Classes(())
    if scheme == "diverging":
        return _diverging(numbers, k, unseen, whole=whole)
    if numbers[-1] - numbers[0] <= _NOISE * max(1.0, float(np.abs(numbers).max())):
        return Classes((float(numbers[0]), float(numbers[-1])))
    if scheme == "equal":
        return Classes(_equal(numbers, k, whole=whole))
    return Classes(_between(numbers, _quantile_starts(numbers, k) if scheme == "quantile" else natural(numbers, k)))


def _equal(numbers: Numbers, k: int, *, whole: bool) -> tuple[float, ...]:
    low, high = float(numbers[0]), float(numbers[-1])

    def edges(step: float) -> tuple[float, ...]:
        first = math.floor(low / step + 1e-9)
        last = max(math.ceil(high / step - 1e-9), first + 1)
        found = tuple(round(step * n, EDGE_DIGITS) for n in range(first, last + 1))
        # Whole numbers in steps of one: each has a class, the last one too.
        return (*found, found[-1]) if whole and step == 1 else found

    # The round number above the width wished for, or one beside it, whichever gives about as many classes as wished.
    above = round_step((high - low) / k)
    steps = [above, step_below(above)]
    if whole:
        steps = [max(step, 1.0) for step in (*steps, round_step(above * 1.01)) if step < 1 or step % 1 == 0]
    return min((edges(step) for step in steps), key=lambda found: abs(len(found) - 1 - k))


def _diverging(numbers: Numbers, k: int, unseen: float, *, whole: bool) -> Classes:
    reach = float(np.abs(numbers).max())
    if reach <= _NOISE:
        edge = max(unseen, 1.0)
        return Classes((-edge, edge), diverging=True, neutral=0)
    found: dict[tuple[float, int, int, float], Classes] = {}
    for step in _steps(reach, whole=whole):
        half = min(unseen, step / 2) or _NOISE * step
        for sides in range(1, max(k - 1, 1) + 1):
            classes = _mirrored(step, reach, sides, half, whole=whole)
            shown, tells = _told(classes.counts(numbers))
            if shown <= max(k, 2):
                # Of those that tell as much the fewest, then the most even, then the closest around the values.
                uneven = max(round(classes.edges[-1] / step) - sides, 0)
                found.setdefault((-round(tells, 1), shown, uneven, classes.edges[-1]), classes)
            if step * sides >= reach:
                break
    return found[min(found)]


def _told(counts: npt.NDArray[np.int64]) -> tuple[int, float]:
    """Return how many classes of falls and rises the map needs, and how much classes tell: of sign and of size."""
    used, middle = np.flatnonzero(counts), len(counts) // 2
    shown = max(middle - used[0], 0) + max(used[-1] - middle, 0)
    sizes = counts[middle:] + np.append(0, counts[:middle][::-1])
    return int(shown), _entropy(counts) + _entropy(sizes)


def _entropy(counts: npt.NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def _steps(reach: float, *, whole: bool) -> Iterator[float]:
    """Yield round steps, from the one that reaches furthest down."""
    step = max(round_step(reach), 1.0) if whole else round_step(reach)
    for _ in range(_STEPS_TRIED):
        if not whole or step % 1 == 0:
            yield step
        if step <= (1 if whole else _FINEST_STEP):
            return
        step = step_below(step)


def _mirrored(step: float, reach: float, sides: int, half: float, *, whole: bool) -> Classes:
    """Return the classes of steps from 0 on both sides, and the neutral one from minus `half` to `half`."""
    last = max(math.ceil(reach / step - 1e-9), 1)
    # Between whole numbers lie the edges of their classes: 1 to 5, 6 to 10.
    shift = 0.5 if whole else 0.0
    beyond = [round(step * n, EDGE_DIGITS) + shift for n in (*range(1, min(sides, last)), last)]
    edges = (*(-edge for edge in reversed(beyond)), -half, half, *beyond)
    return Classes(edges, diverging=True, neutral=len(beyond))


def _fixed_diverging(breaks: tuple[float, ...], unseen: float) -> Classes:
    # An open class with 0 inside would show falls and rises in one colour.
    edges = (0.0, *breaks) if breaks[0] > 0 else (*breaks, 0.0) if breaks[-1] < 0 else breaks
    if 0 not in edges:
        return Classes((-math.inf, *edges, math.inf), beyond=True, diverging=True)
    at = edges.index(0)
    room = min(high - low for low, high in pairwise(edges[max(at - 1, 0) : at + 2]))
    half = min(unseen, room / 2) or _NOISE * room
    edges = (-math.inf, *edges[:at], -half, half, *edges[at + 1 :], math.inf)
    return Classes(edges, beyond=True, diverging=True, neutral=at + 1)


def _quantile_starts(numbers: Numbers, k: int) -> list[int]:
    """Return where each class but the first begins; equal values stay together."""
    wanted = np.rint(np.arange(1, k) * numbers.size / k).astype(int)
    # The cut goes to the start of a run of equal values, so that no value is in two classes.
    starts = np.searchsorted(numbers, numbers[np.clip(wanted, 0, numbers.size - 1)], side="left")
    return sorted({int(start) for start in starts if start > 0})


def _between(numbers: Numbers, starts: Sequence[int]) -> tuple[float, ...]:
    """Return edges for classes that begin at `starts`, each break as round as the gap before it allows."""
    low, high = float(numbers[0]), float(numbers[-1])
    breaks = [roundest(float(numbers[start - 1]), float(numbers[start])) for start in starts]
    if not breaks:
        return (low, high)
    places = max(map(places_of, breaks))
    return (-outward(-low, -breaks[0], places), *breaks, outward(high, breaks[-1], places))
