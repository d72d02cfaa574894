"""Edges by the cells of a grid, so that those near a place are found without looking at all.

An edge is in every cell its box meets. A cell is the set of places that `column_at` and `row_at` give the same numbers:
as both never fall where their argument rises, comparisons of cells are as good as those of coordinates. A cell without
edges is inside or outside as a whole, and which is known.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fringe.model.compiled import compiled
from fringe.model.rings import Floats, Ints

# Entries for each edge at most; where edges are long cells are larger.
_ENTRIES = 3.0
OUTSIDE, INSIDE, MIXED = 0, 1, 2


class Grid(NamedTuple):
    """Edges by cell.

    Parameters
    ----------
    west, south
        Corner of the first cell.
    columns_per_m, rows_per_m
        How many cells there are to a metre.
    n
        Columns, and rows.
    starts
        Position of each cell's first entry, row after row, and the number of entries.
    entries
        Edges.
    state
        Of each cell: `OUTSIDE` or `INSIDE` the rings, or `MIXED` where it has edges.
    """

    west: float
    south: float
    columns_per_m: float
    rows_per_m: float
    n: int
    starts: Ints
    entries: Ints
    state: npt.NDArray[np.int8]


@compiled
def edges_of(first: Ints, last: Ints, start: int, stop: int) -> Ints:
    """Return the edges of some rings."""
    n = 0
    for ring in range(start, stop):
        n += last[ring] - first[ring]
    edges = np.empty(n, np.int64)
    n = 0
    for ring in range(start, stop):
        for k in range(first[ring], last[ring]):
            edges[n] = k
            n += 1
    return edges


@compiled
def grid_of(xy: Floats, edges: Ints) -> Grid:
    """Return the edges by cell. The state of cells is that of closed rings, if the edges are those of closed rings."""
    frame = _frame(xy, edges)
    n = frame.n
    starts, toggles = np.zeros(n * n + 1, np.int64), np.zeros(n * n, np.int8)
    places = np.empty((len(edges), 4), np.int32)
    for at in range(len(edges)):
        k = edges[at]
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        left, right = column_at(frame, min(ax, bx)), column_at(frame, max(ax, bx))
        low, high = row_at(frame, min(ay, by)), row_at(frame, max(ay, by))
        places[at, 0], places[at, 1], places[at, 2], places[at, 3] = left, right, low, high
        for row in range(low, high + 1):
            for column in range(left, right + 1):
                starts[row * n + column + 1] += 1
            # An edge that starts in one row and ends in another crosses the border between: a ray along it to the west
            # meets the edge once, from wherever the cells have no edge.
            if (row_at(frame, ay) > row) != (row_at(frame, by) > row):
                toggles[row * n + left] ^= 1
    for at in range(n * n):
        starts[at + 1] += starts[at]
    entries = np.empty(starts[n * n], np.int64)
    after = starts[: n * n].copy()
    for at in range(len(edges)):
        for row in range(places[at, 2], places[at, 3] + 1):
            for column in range(places[at, 0], places[at, 1] + 1):
                cell = row * n + column
                entries[after[cell]] = edges[at]
                after[cell] += 1
    state = _states(n, starts, toggles)
    return Grid(frame.west, frame.south, frame.columns_per_m, frame.rows_per_m, n, starts, entries, state)


@compiled
def _states(n: int, starts: Ints, toggles: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    """Return the state of each cell, from the east, where all is outside, to the west."""
    state = np.empty(n * n, np.int8)
    for row in range(n):
        inside = 0
        for column in range(n - 1, -1, -1):
            cell = row * n + column
            state[cell] = inside if starts[cell] == starts[cell + 1] else MIXED
            inside ^= toggles[cell]
    return state


@compiled
def _frame(xy: Floats, edges: Ints) -> Grid:
    """Return a grid without entries, its cells as small as is worth it."""
    west, south, east, north, wide, high, area = np.inf, np.inf, -np.inf, -np.inf, 0.0, 0.0, 0.0
    for k in edges:
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        west, east = min(west, ax, bx), max(east, ax, bx)
        south, north = min(south, ay, by), max(north, ay, by)
        width, height = abs(bx - ax), abs(by - ay)
        wide, high, area = wide + width, high + height, area + width * height
    n = 1
    if east > west and north > south:
        n = max(1, int(np.sqrt(len(edges))))
        wide, high, area = wide / (east - west), high / (north - south), area / (east - west) / (north - south)
        while n > 1 and len(edges) + n * (wide + high) + n * n * area > _ENTRIES * len(edges):
            n = n * 3 // 4
    nothing = np.empty(0, np.int64)
    if n == 1:
        return Grid(west, south, 0.0, 0.0, 1, nothing, nothing, np.empty(0, np.int8))
    return Grid(west, south, n / (east - west), n / (north - south), n, nothing, nothing, np.empty(0, np.int8))


@compiled
def column_at(grid: Grid, x: float) -> int:
    """Return the column of a place; places beyond the grid have the first or the last."""
    place = (x - grid.west) * grid.columns_per_m
    return min(int(place), grid.n - 1) if place > 0.0 else 0


@compiled
def row_at(grid: Grid, y: float) -> int:
    """Return the row of a place."""
    place = (y - grid.south) * grid.rows_per_m
    return min(int(place), grid.n - 1) if place > 0.0 else 0
