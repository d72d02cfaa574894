"""What cuts add up to: areas of zones under plots, by day and kind of plot, ground counted once.

Every figure is a sum of areas of unions of some cuts of one cluster. A cut that is a cluster of its own needs no union.
For the others each *set* of cuts is united once, however many days, kinds and columns ask for it: a plot changes a few
times in a season, so the sets of a hundred weeks are hardly more than those of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fringe.measure.counting import Counting
from fringe.measure.cuts import SLIVER_M2, Cuts
from fringe.measure.flat import Bools, Floats, Ints, ranges

# Of the numbers that stand for cuts in a set's mark; any would do, and the same each time gives the same figures.
_SEED = 639


@dataclass(frozen=True)
class Tally:
    """Areas in m² and counts, by zone, day and kind of plots: shape ``(zones, days, kinds)``."""

    covered_m2: Floats
    overlap_m2: Floats
    net_m2: Floats
    not_counted_m2: Floats
    n_plots: Ints


def tally_of(cuts: Cuts, rule: Counting, n_zones: int) -> Tally:
    """Return what the cuts add up to, for each zone, day and kind.

    Parameters
    ----------
    cuts
        Of the plots that take part, ``rule.rows``.
    rule
        Which of them count on which day, and their kinds.
    n_zones
        How many zones were cut by.
    """
    shape = (n_zones, len(rule.present), len(rule.names))
    covered, overlap, net, rest = np.zeros((4, *shape))
    tally = Tally(covered, overlap, net, rest, np.zeros(shape, dtype=np.int64))
    sets = _Sets(cuts)
    for day in range(shape[1]):
        kind = rule.kind[min(day, len(rule.kind) - 1)][cuts.plot_at]
        present, counted = rule.present[day][cuts.plot_at], rule.counted[day][cuts.plot_at]
        _add_alone(tally, day, sets, kind, present, counted)
        _add_crowded(tally, day, sets, kind, present, counted)
    return tally


@dataclass(frozen=True)
class _Areas:
    """Areas of sets of cuts by key, ordered by key: of the union, and of the cuts added."""

    key: Ints
    united_m2: Floats
    summed_m2: Floats


class _Sets:
    """The areas of unions of sets of cuts, each united once."""

    def __init__(self, cuts: Cuts) -> None:
        self.cuts, self.area_m2 = cuts, cuts.area_m2
        self.alone = np.bincount(cuts.cluster)[cuts.cluster] == 1 if len(cuts) else np.zeros(0, dtype=bool)
        self.crowded = np.flatnonzero(~self.alone)
        # A set's mark is the sum of its cuts' numbers: of a million sets two share a mark once in 30 million studies.
        self._number = np.random.default_rng(_SEED).integers(0, 2**64, len(cuts), dtype=np.uint64)
        self._marks = np.array([], dtype=np.uint64)
        self._known_m2 = np.array([])

    def areas(self, key: Ints, member: Ints) -> _Areas:
        """Return the areas of the sets of members (positions of cuts) that share a key."""
        order = np.argsort(key, kind="stable")
        key, member = key[order], member[order]
        starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.array([], dtype=np.int64)
        counts = np.diff(np.r_[starts, len(key)])
        if not len(starts):
            return _Areas(key, np.array([]), np.array([]))
        summed = np.add.reduceat(self.area_m2[member], starts)
        united = summed.copy()
        several = np.flatnonzero(counts > 1)
        if len(several):
            marks = np.add.reduceat(self._number[member], starts)[several]
            self._unite(marks, starts[several], counts[several], member)
            # Rounding must not make a union larger than its parts together.
            known = self._known_m2[np.searchsorted(self._marks, marks)]
            united[several] = np.minimum(known, summed[several])
        return _Areas(key[starts], united, summed)

    def _unite(self, marks: npt.NDArray[np.uint64], starts: Ints, counts: Ints, member: Ints) -> None:
        """Unite the sets not met before."""
        new, first = np.unique(marks, return_index=True)
        fresh = ~np.isin(new, self._marks, assume_unique=True)
        new, first = new[fresh], first[fresh]
        if not len(new):
            return
        of_set = np.repeat(np.arange(len(new)), counts[first])
        area_m2 = self.cuts.united_m2(member[ranges(starts[first], counts[first])], of_set)
        marks = np.r_[self._marks, new]
        order = np.argsort(marks)
        self._marks, self._known_m2 = marks[order], np.r_[self._known_m2, area_m2][order]


def _add_alone(tally: Tally, day: int, sets: _Sets, kind: Ints, present: Bools, counted: Bools) -> None:
    """Add the cuts that share ground with none; and count the plots of all."""
    real = counted & (sets.area_m2 > SLIVER_M2)
    cell = sets.cuts.zone_at * tally.n_plots.shape[2] + kind
    _put(tally.n_plots, day, cell[real], np.ones(np.count_nonzero(real), dtype=np.int64))
    own, rest = sets.alone & counted, sets.alone & present & ~counted
    _put(tally.covered_m2, day, cell[own], sets.area_m2[own])
    _put(tally.net_m2, day, cell[own], sets.area_m2[own])
    _put(tally.not_counted_m2, day, cell[rest], sets.area_m2[rest])


def _add_crowded(tally: Tally, day: int, sets: _Sets, kind: Ints, present: Bools, counted: Bools) -> None:
    """Add the cuts whose cluster has others: by cluster and kind, what is counted and what lies beside it."""
    n_kinds = tally.n_plots.shape[2]
    at = sets.crowded
    own_at, all_at = at[counted[at]], at[present[at]]
    key = sets.cuts.cluster * n_kinds + kind
    own = sets.areas(key[own_at], own_at)
    zone_of = np.zeros(int(sets.cuts.cluster.max(initial=0)) + 1, dtype=np.int64)
    zone_of[sets.cuts.cluster] = sets.cuts.zone_at
    cell = zone_of[own.key // n_kinds] * n_kinds + own.key % n_kinds
    _put(tally.covered_m2, day, cell, own.united_m2)
    _put(tally.overlap_m2, day, cell, own.summed_m2 - own.united_m2)
    _put(tally.net_m2, day, cell, own.united_m2 if n_kinds == 1 else _net(sets, own, own_at, key[own_at], n_kinds))
    # Ground that only plots that do not count lie on: all ground less the counted.
    touched = all_at[np.isin(key[all_at], key[all_at[~counted[all_at]]])]
    every = sets.areas(key[touched], touched)
    counted_m2 = np.zeros(len(every.key))
    _, here, there = np.intersect1d(every.key, own.key, assume_unique=True, return_indices=True)
    counted_m2[here] = own.united_m2[there]
    cell = zone_of[every.key // n_kinds] * n_kinds + every.key % n_kinds
    _put(tally.not_counted_m2, day, cell, np.maximum(every.united_m2 - counted_m2, 0.0))


def _net(sets: _Sets, own: _Areas, member: Ints, key: Ints, n_kinds: int) -> Floats:
    """Return the area each kind of a cluster adds to the kinds before it."""
    cluster = own.key // n_kinds
    first = np.searchsorted(cluster, cluster)
    place = np.arange(len(own.key)) - first
    place_of = place[np.searchsorted(own.key, key)]
    net = own.united_m2.copy()
    so_far = own.united_m2[first]  # of the kinds up to a place, for each of the cluster's
    for nth in range(1, int(place.max(initial=0)) + 1):
        here = np.flatnonzero(place == nth)
        taking = np.isin(key // n_kinds, cluster[here]) & (place_of <= nth)
        union = sets.areas(key[taking] // n_kinds, member[taking])  # one for each of `here`, in its order
        grown = np.maximum(union.united_m2, so_far[first[here]])
        net[here] = grown - so_far[first[here]]
        so_far[first[here]] = grown
    return net


def _put(table: npt.NDArray[np.float64] | Ints, day: int, cell: Ints, values: Floats | Ints) -> None:
    """Add values to the cells (zone and kind) of a day."""
    n_zones, _, n_kinds = table.shape
    table[:, day] += np.bincount(cell, values, n_zones * n_kinds).reshape(n_zones, n_kinds).astype(table.dtype)
