"""The area of unions of cuts, without building them.

The border of a union is made of the stretches of each plot's border that lie in the zone and in no other plot, and of
the zone's own border under at least one plot. Where stretches begin and end is known from the marks of the pairs
(`crossings`); here they are put in order along each ring and counted through.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fringe.measure.flat import Bools, Floats, Ints
from fringe.measure.kernels.crossings import Marks, Turns, no_marks, room_for, sort_marks, stretch
from fringe.measure.kernels.table import Table
from fringe.measure.kernels.weight import Weight
from fringe.model.compiled import compiled

# What a mark is about: the border enters or leaves another plot, or the zone.
_PLOT, _ZONE = 0, 1


class Met(NamedTuple):
    """Pairs that share ground, with their marks.

    Parameters
    ----------
    starts, ends
        The first mark of each pair, and the position after its last.
    edge, t, turn
        The marks; see `crossings`.
    """

    starts: Ints
    ends: Ints
    edge: Ints
    t: Floats
    turn: Turns


class Members(NamedTuple):
    """Cuts as members of sets: their plot and zone as shapes of the table, whether they are whole, and the sets.

    Parameters
    ----------
    plot, zone
        Shapes of the table.
    whole
        Whether the cut is the whole plot.
    rows, ends
        Cuts, set after set, and the position after the last one of each set.
    """

    plot: Ints
    zone: Ints
    whole: Bools
    rows: Ints
    ends: Ints


class Links(NamedTuple):
    """Plots that share ground: the pairs by their first shape.

    Parameters
    ----------
    of
        Position of the first pair of each shape, and the number of pairs.
    second
        The second shape of each pair.
    """

    of: Ints
    second: Ints


@compiled
def unions(
    table: Table, weight: Weight, members: Members, cuts: Met, links: Links, linked: Met, start: int, stop: int
) -> Floats:
    """Return the weighted area of the unions of some sets of cuts."""
    united = np.zeros(stop - start)
    latest = np.full(len(table.of) - 1, -1)
    marks, about = no_marks(256), np.empty(256, np.int8)
    for at in range(start, stop):
        low = members.ends[at - 1] if at else 0
        rows = members.rows[low : members.ends[at]]
        for row in rows:
            latest[members.plot[row]] = at
        n = 0
        for row in rows:
            plot = members.plot[row]
            if not members.whole[row]:
                marks, about, n = _gather(marks, about, n, cuts, row, _edges(table, plot))
            for pair in range(links.of[plot], links.of[plot + 1]):
                if latest[links.second[pair]] == at:
                    marks, about, n = _gather(marks, about, n, linked, pair, (0, -1))
        sort_marks(marks, n, about)
        united[at - start] = _union(table, weight, members, rows, marks, about[:n])
    return united


@compiled
def _edges(table: Table, shape: int) -> tuple[int, int]:
    """Return the first and last edge of a shape."""
    return table.first[table.of[shape]], table.last[table.of[shape + 1] - 1]


@compiled
def _gather(
    marks: Marks, about: Turns, n: int, met: Met, pair: int, on_plot: tuple[int, int]
) -> tuple[Marks, Turns, int]:
    """Add the marks of a pair; those on the edges given are about the zone."""
    first, last = on_plot
    marks = room_for(marks, n + met.ends[pair] - met.starts[pair])
    if len(about) < len(marks.edge):
        wider = np.empty(len(marks.edge), np.int8)
        wider[:n] = about[:n]
        about = wider
    for at in range(met.starts[pair], met.ends[pair]):
        marks.edge[n], marks.t[n], marks.turn[n] = met.edge[at], met.t[at], met.turn[at]
        about[n] = _ZONE if first <= met.edge[at] <= last else _PLOT
        n += 1
    return marks, about, n


@compiled
def _union(table: Table, weight: Weight, members: Members, rows: Ints, marks: Marks, about: Turns) -> float:
    """Return the area of the union of one set of cuts."""
    total = 0.0
    all_whole = True
    origin = table.box[members.plot[rows[0]], 0]
    for row in rows:
        plot, whole = members.plot[row], members.whole[row]
        all_whole = all_whole and whole
        for ring in range(table.of[plot], table.of[plot + 1]):
            low = _place(marks.edge, len(about), table.first[ring])
            if low < len(about) and marks.edge[low] < table.last[ring]:
                total += _counted(table, weight, (marks, about), (ring, low), (whole, False), origin)
            elif whole:
                total += table.ring_m2[ring]
    if all_whole:
        return total
    zone = members.zone[rows[0]]
    for ring in range(table.of[zone], table.of[zone + 1]):
        low = _place(marks.edge, len(about), table.first[ring])
        if low < len(about) and marks.edge[low] < table.last[ring]:
            total += _counted(table, weight, (marks, about), (ring, low), (True, True), origin)
    return total


@compiled
def _place(edges: Ints, n: int, edge: int) -> int:
    """Return the position of the first of n sorted edges that is not before an edge."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if edges[middle] < edge:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _counted(
    table: Table,
    weight: Weight,
    sorted_marks: tuple[Marks, Turns],
    start: tuple[int, int],
    state: tuple[bool, bool],
    origin: float,
) -> float:
    """Return what the stretches of a ring that border the union add to its area.

    Parameters
    ----------
    table, weight, sorted_marks, origin
        Of the set.
    start
        The ring, and the position of its first mark.
    state
        Whether the ring is known to lie in the zone, and whether it is the zone's own.
    """
    marks, about = sorted_marks
    ring, at = start
    is_inside, is_zone = state
    last = table.last[ring]
    # Counted, as marks in one place may come in any order.
    total, within, over = 0.0, 1 if is_inside else 0, 0
    edge, t = table.first[ring], 0.0
    while at < len(about) and marks.edge[at] < last:
        if within > 0 and (over > 0) == is_zone and marks.t[at] >= 0.0:
            total += stretch(table.xy, weight, (edge, t), (marks.edge[at], marks.t[at]), origin)
        if about[at] == _ZONE:
            within += marks.turn[at]
        else:
            over += marks.turn[at]
        edge, t = marks.edge[at], max(marks.t[at], 0.0)
        at += 1
    if within > 0 and (over > 0) == is_zone:
        total += stretch(table.xy, weight, (edge, t), (last - 1, 1.0), origin)
    return total
