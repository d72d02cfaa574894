"""Zonal statistics of one window, compiled: exact fractions along borders, plain runs of cells inside.

The method is that of font rasterisers. Each edge leaves in every cell it passes the *cover* it gains (rows, signed) and
the part of it that lies right of the edge within the cell (*area*). Along a row the cells so touched, in order, say all
there is: the fraction of a touched cell is the cover gained before it plus its area, and of the cells up to the next
touched one the cover gained so far: 1 or 0, or between where a level border runs through them. What it costs follows
the length of borders, and of cells inside a sum at full speed.

The module loads numba and is imported only where it pays; `fringe.measure.zonal_plain` gives the same figures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fringe.measure.flat import Floats, Ints
from fringe.model.compiled import compiled

Array = npt.NDArray[Any]
# Between two edges nothing but rounding keeps a level from 1.
_WHOLE = 1.0 - 1e-12
# Up to so many touched cells of a row are put in order one by one.
_FEW = 16


@compiled
def _capacity(ends: Floats, first: int, last: int, height: int, width: int) -> int:
    """Return a bound on the cells that edges leave something in."""
    total = 0
    for edge in range(first, last):
        x0, y0, x1, y1 = ends[edge, 0, 0], ends[edge, 0, 1], ends[edge, 1, 0], ends[edge, 1, 1]
        rows = min(max(y0, y1), float(height)) - max(min(y0, y1), 0.0)
        cols = min(max(x0, x1), float(width)) - max(min(x0, x1), 0.0)
        # In each row at most two cells more than columns are entered, one of them for what lies left of the window.
        total += 3 * int(max(rows, 0.0)) + int(max(cols, 0.0)) + 9
    return total


@compiled
def _leave(n: int, row: int, col: int, cover: float, area: float, head: Ints, cells: Ints, gains: Floats) -> int:
    """Note what an edge leaves in a cell, at the head of its row's list, and return the number of notes."""
    cells[n, 0], cells[n, 1] = col, head[row]
    gains[n, 0], gains[n, 1] = cover, area
    head[row] = n
    return n + 1


@compiled
def _cross(  # noqa: PLR0917
    n: int, row: int, width: int, x: float, x_next: float, rise: float, head: Ints, cells: Ints, gains: Floats
) -> int:
    """Note what a piece of an edge leaves in the cells of one row."""
    a, b = (x, x_next) if x < x_next else (x_next, x)
    if a == b:
        if a >= width:
            return n
        col = int(max(a, 0.0))
        return _leave(n, row, col, rise, rise * (1.0 - (max(a, 0.0) - col)), head, cells, gains)
    length = b - a
    if a < 0.0:
        # What lies left of the window covers its first column wholly.
        left = rise * ((min(b, 0.0) - a) / length)
        n = _leave(n, row, 0, left, left, head, cells, gains)
        a = 0.0
    end = min(b, float(width))
    col = int(a)
    while a < end:
        at = min(col + 1.0, end)
        part = rise * ((at - a) / length)
        n = _leave(n, row, col, part, part * (1.0 - ((a + at) * 0.5 - col)), head, cells, gains)
        a = at
        col += 1
    return n


@compiled
def _trace(ends: Floats, first: int, last: int, height: int, width: int, head: Ints, cells: Ints, gains: Floats) -> int:
    """Note what edges leave in the cells of a window they pass, as a list for each row; return the number of notes."""
    n = 0
    for edge in range(first, last):
        x0, y0, x1, y1 = ends[edge, 0, 0], ends[edge, 0, 1], ends[edge, 1, 0], ends[edge, 1, 1]
        sign = 1.0
        if y0 > y1:
            x0, y0, x1, y1 = x1, y1, x0, y0
            sign = -1.0
        if y0 == y1 or y1 <= 0.0 or y0 >= height or min(x0, x1) >= width:
            continue
        low, high = min(x0, x1), max(x0, x1)
        y, stop = max(y0, 0.0), min(y1, float(height))
        x = x0 if y == y0 else min(max(x0 + (x1 - x0) * ((y - y0) / (y1 - y0)), low), high)
        row = int(y)
        while y < stop:
            y_next = min(row + 1.0, stop)
            x_next = x1 if y_next == y1 else min(max(x0 + (x1 - x0) * ((y_next - y0) / (y1 - y0)), low), high)
            n = _cross(n, row, width, x, x_next, sign * (y_next - y), head, cells, gains)
            y, x = y_next, x_next
            row += 1
    return n


@compiled
def _gathered(
    note: int, cells: Ints, gains: Floats, cover: Floats, area: Floats, touched: Ints, seen: npt.NDArray[np.bool_]
) -> int:
    """Add up the notes of a row by column and put its touched columns in order; return how many there are."""
    n, left, right = 0, len(seen), -1
    while note >= 0:
        col = cells[note, 0]
        cover[col] += gains[note, 0]
        area[col] += gains[note, 1]
        if not seen[col]:
            seen[col] = True
            touched[n] = col
            n += 1
            left, right = min(left, col), max(right, col)
        note = cells[note, 1]
    if n > _FEW:
        n = 0
        for col in range(left, right + 1):
            if seen[col]:
                touched[n] = col
                n += 1
        return n
    for at in range(1, n):
        col, place = touched[at], at
        while place > 0 and touched[place - 1] > col:
            touched[place] = touched[place - 1]
            place -= 1
        touched[place] = col
    return n


@compiled
def spans(ends: Floats, heads: Ints, slight: Floats, height: int, width: int) -> tuple[npt.NDArray[np.int32], Floats]:
    """Return what lies of each zone in a window; see `fringe.measure.zonal_cells.Spans`.

    Parameters
    ----------
    ends, heads
        Edges relative to the window, and where those of each zone start.
    slight
        Of each zone: a cell of which no more than this lies in it is taken to lie outside.
    height, width
        Of the window.

    Returns
    -------
    places
        Columns zone, row, start, stop.
    fraction
        Of each span.
    """
    most = 0
    for zone in range(len(heads) - 1):
        most = max(most, _capacity(ends, heads[zone], heads[zone + 1], height, width))
    head = np.full(height, -1, dtype=np.int32)
    cells, gains = np.empty((most, 2), dtype=np.int32), np.empty((most, 2))
    cover, area = np.zeros(width), np.zeros(width)
    touched, seen = np.empty(width, dtype=np.int32), np.zeros(width, dtype=np.bool_)
    places, fractions = np.empty((1024, 4), dtype=np.int32), np.empty(1024)
    found = 0
    for zone in range(len(heads) - 1):
        if _trace(ends, heads[zone], heads[zone + 1], height, width, head, cells, gains) == 0:
            continue
        for row in range(height):
            if head[row] < 0:
                continue
            n = _gathered(head[row], cells, gains, cover, area, touched, seen)
            head[row] = -1
            if found + 2 * n + 1 > len(fractions):
                more = np.empty((2 * (found + 2 * n + 1), 4), dtype=np.int32)
                more[:found] = places[:found]
                rest = np.empty(len(more))
                rest[:found] = fractions[:found]
                places, fractions = more, rest
            level, start = 0.0, 0
            for at in range(n + 1):
                stop = touched[at] if at < n else width
                if level > slight[zone] and stop > start:
                    places[found, 0], places[found, 1], places[found, 2], places[found, 3] = zone, row, start, stop
                    fractions[found] = 1.0 if level > _WHOLE else level
                    found += 1
                if at == n:
                    break
                fraction = min(max(level + area[stop], 0.0), 1.0)
                level += cover[stop]
                cover[stop], area[stop], seen[stop] = 0.0, 0.0, False
                start = stop + 1
                if fraction > slight[zone]:
                    places[found, 0], places[found, 1], places[found, 2], places[found, 3] = zone, row, stop, start
                    fractions[found] = fraction
                    found += 1
    return places[:found], fractions[:found]


@compiled
def _run(stored: Array, valid: Array, nodata: Any, has_nodata: Any, limit: Any, zero: Any) -> tuple[int, Any, int]:
    """Return of a run of cells how many are valid, their sum, and how many of them lie over the limit.

    The loops have no branch, so that the compiler makes vector instructions of them.
    """
    count, over, total = 0, 0, zero
    if len(valid):
        for at in range(len(stored)):
            item = stored[at]
            good = (valid[at] != 0) & np.isfinite(item) & ((item != nodata) | (not has_nodata))
            count += good
            total += item if good else 0
            over += good & (item > limit)
    else:
        for at in range(len(stored)):
            item = stored[at]
            good = np.isfinite(item) & ((item != nodata) | (not has_nodata))
            count += good
            total += item if good else 0
            over += good & (item > limit)
    return count, total, over


@compiled
def _extremes(stored: Array, valid: Array, nodata: Any, has_nodata: Any, least: Any, most: Any) -> tuple[Any, Any]:
    """Return the least and greatest of the valid cells of a run and of two values."""
    for at in range(len(stored)):
        item = stored[at]
        good = np.isfinite(item) & ((item != nodata) | (not has_nodata))
        if len(valid):
            good &= valid[at] != 0
        least = item if good and item < least else least
        most = item if good and item > most else most
    return least, most


@compiled
def tally(
    places: Ints,
    fractions: Floats,
    stored: Array,
    valid: Array,
    compare: tuple[Any, bool, Any, Any],
    weight: Floats,
    found: Floats,
    extremes: Array,
) -> None:
    """Add the spans of zones to their tallies; see `fringe.measure.zonal_cells`.

    Parameters
    ----------
    places, fractions
        The spans.
    stored, valid
        The cells; `valid` has no columns where there is no mask.
    compare
        The stored value of no data and whether there is one, the limit that is compared with, and the zero of sums.
    weight
        Area of a cell of each row.
    found
        Added to: a row for each zone.
    extremes
        Least and greatest value so far; without columns where they are not wanted.
    """
    nodata, has_nodata, limit, zero = compare
    masked = valid.shape[1] > 0
    for span in range(len(fractions)):
        zone, row, start, stop = places[span, 0], places[span, 1], places[span, 2], places[span, 3]
        cells = stored[row, start:stop]
        here = valid[row, start:stop] if masked else valid[row, 0:0]
        count, total, over = _run(cells, here, nodata, has_nodata, limit, zero)
        if extremes.shape[1]:
            extremes[zone, 0], extremes[zone, 1] = _extremes(
                cells, here, nodata, has_nodata, extremes[zone, 0], extremes[zone, 1]
            )
        fraction, area = fractions[span], fractions[span] * weight[row]
        found[zone, 0] += fraction * (stop - start)
        found[zone, 1] += area * (stop - start)
        found[zone, 2] += fraction * count
        found[zone, 3] += area * count
        found[zone, 4] += fraction * total
        found[zone, 5] += area * total
        found[zone, 6] += area * over


@compiled
def classify(places: Ints, fractions: Floats, codes: Array, weight: Floats, found: Floats) -> None:
    """Add the area of each class in each zone; see `fringe.measure.zonal_cells`."""
    for span in range(len(fractions)):
        zone, row = places[span, 0], places[span, 1]
        area = fractions[span] * weight[row]
        cells = codes[row, places[span, 2] : places[span, 3]]
        for at in range(len(cells)):
            found[zone, cells[at]] += area
