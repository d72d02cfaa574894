"""Zonal statistics of one window with NumPy alone; the same figures as `fringe.measure.zonal_kernel`, more slowly.

Edges are cut where they enter a row and again where they enter a column, all at once. What is within one cell is a
*note*: its cover and its area, as the compiled way has them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fringe.measure.flat import Floats, Ints, ranges, totals

Array = npt.NDArray[Any]
# Between two edges nothing but rounding keeps a level from 1.
_WHOLE = 1.0 - 1e-12


def spans(ends: Floats, heads: Ints, slight: Floats, height: int, width: int) -> tuple[Ints, Floats]:
    """Return what lies of each zone in a window; see `fringe.measure.zonal_kernel.spans`."""
    zone, row, col, cover, area = _notes(ends, np.repeat(np.arange(len(heads) - 1), np.diff(heads)), height, width)
    if not len(zone):
        return np.empty((0, 4), dtype=np.int64), np.empty(0)
    line = zone * height + row
    key, note_of = np.unique(line * width + col, return_inverse=True)
    line, col = np.divmod(key, width)
    cover, area = totals(note_of, cover, len(key)), totals(note_of, area, len(key))
    # The level left of each touched cell: what was gained in its row before.
    fresh = np.r_[True, line[1:] != line[:-1]]
    gained = np.r_[0.0, np.cumsum(cover)]
    level = gained[:-1] - gained[:-1][np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    fraction = np.clip(level + area, 0.0, 1.0)
    last = np.r_[fresh[1:], True]
    stop = np.where(last, width, np.r_[col[1:], width])
    onward = level + cover
    inside = (onward > slight[line // height]) & (stop > col + 1)
    partly = fraction > slight[line // height]
    line = np.r_[line[partly], line[inside]]
    start, stop = np.r_[col[partly], col[inside] + 1], np.r_[col[partly] + 1, stop[inside]]
    fraction = np.r_[fraction[partly], np.where(onward > _WHOLE, 1.0, onward)[inside]]
    order = np.lexsort((start, line))
    return np.stack([*np.divmod(line, height), start, stop], axis=1)[order], fraction[order]


def _notes(ends: Floats, zone: Ints, height: int, width: int) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Return what edges leave in cells: zone, row, column, cover and area of each note."""
    sign = np.sign(ends[:, 1, 1] - ends[:, 0, 1])
    ends = np.where((sign < 0)[:, np.newaxis, np.newaxis], ends[:, ::-1], ends)
    (x0, y0), (x1, y1) = ends[:, 0].T, ends[:, 1].T
    near = (sign != 0) & (y1 > 0) & (y0 < height) & (np.minimum(x0, x1) < width)
    zone, sign, x0, y0, x1, y1 = (part[near] for part in (zone, sign, x0, y0, x1, y1))
    # In rows.
    low, high = np.maximum(y0, 0.0), np.minimum(y1, float(height))
    first = np.floor(low).astype(np.int64)
    count = np.maximum(np.ceil(high).astype(np.int64) - first, 1)
    edge = np.repeat(np.arange(len(zone)), count)
    row = ranges(first, count)
    top, bottom = np.maximum(row, low[edge]), np.minimum(row + 1.0, high[edge])
    xa, xb = (_along(y, y0[edge], y1[edge], x0[edge], x1[edge]) for y in (top, bottom))
    rise = sign[edge] * (bottom - top)
    # In columns; what lies left of the window covers its first column wholly.
    a, b = np.minimum(xa, xb), np.maximum(xa, xb)
    length = b - a
    upright = length == 0
    span = np.where(upright, 1.0, length)
    left = np.where(upright, np.where(a < 0, rise, 0.0), rise * ((np.minimum(b, 0.0) - np.minimum(a, 0.0)) / span))
    begin, end = np.maximum(a, 0.0), np.minimum(b, float(width))
    passes = ((begin < end) | (upright & (a >= 0))) & (begin < width)
    piece = np.flatnonzero(passes)
    first = np.floor(begin[piece]).astype(np.int64)
    count = np.maximum(np.ceil(end[piece]).astype(np.int64) - first, 1)
    col, piece = ranges(first, count), np.repeat(piece, count)
    begin, end = np.maximum(col, begin[piece]), np.minimum(col + 1.0, end[piece])
    part = np.where(upright[piece], rise[piece], rise[piece] * ((end - begin) / span[piece]))
    area = part * (1.0 - ((begin + end) * 0.5 - col))
    aside = np.flatnonzero(left)
    edge_at = np.r_[edge[aside], edge[piece]]
    zeros = np.zeros(len(aside), dtype=np.int64)
    return (
        zone[edge_at],
        np.r_[row[aside], row[piece]],
        np.r_[zeros, col],
        np.r_[left[aside], part],
        np.r_[left[aside], area],
    )


def _along(y: Floats, y0: Floats, y1: Floats, x0: Floats, x1: Floats) -> Floats:
    """Return x of edges at places within them; the ends exactly."""
    x = np.clip(x0 + (x1 - x0) * ((y - y0) / (y1 - y0)), np.minimum(x0, x1), np.maximum(x0, x1))
    return np.where(y == y1, x1, np.where(y == y0, x0, x))


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
    """Add the spans of zones to their tallies; see `fringe.measure.zonal_kernel.tally`."""
    if not len(fractions):
        return
    nodata, has_nodata, limit, zero = compare
    zone, row, start, stop = places.T
    width = stored.shape[1]
    good = np.isfinite(stored)
    good &= (stored != nodata) | (not has_nodata)
    if valid.shape[1]:
        good &= valid != 0
    # In the order of their cells, so that little lies between the end of one span and the start of the next.
    order = np.argsort(row * width + start, kind="stable")
    limits = np.stack([(row * width + start)[order], (row * width + stop)[order]], axis=1).ravel()

    def over_spans(cells: Array, operation: np.ufunc, last: Any) -> Array:
        result = np.empty(len(order), dtype=cells.dtype)
        # The end of the last row is one beyond the cells.
        result[order] = operation.reduceat(np.append(cells.ravel(), cells.dtype.type(last)), limits)[::2]
        return result

    counts = over_spans(good.astype(np.int64), np.add, 0)
    sums = over_spans(np.where(good, stored, 0).astype(np.asarray(zero).dtype), np.add, 0)
    over = over_spans((good & (stored > limit)).astype(np.int64), np.add, 0)
    area = fractions * weight[row]
    n = len(found)
    for at, (scale, amount) in enumerate(
        [
            (fractions, stop - start),
            (area, stop - start),
            (fractions, counts),
            (area, counts),
            (fractions, sums),
            (area, sums),
            (area, over),
        ]
    ):
        found[:, at] += totals(zone, scale * amount, n)
    if extremes.shape[1]:
        most, least = (np.iinfo if stored.dtype.kind in "iu" else np.finfo)(stored.dtype).max, None
        least = (np.iinfo if stored.dtype.kind in "iu" else np.finfo)(stored.dtype).min
        np.minimum.at(extremes[:, 0], zone, over_spans(np.where(good, stored, most), np.minimum, most))
        np.maximum.at(extremes[:, 1], zone, over_spans(np.where(good, stored, least), np.maximum, least))


def classify(places: Ints, fractions: Floats, codes: Array, weight: Floats, found: Floats) -> None:
    """Add the area of each class in each zone; see `fringe.measure.zonal_kernel.classify`."""
    zone, row, start, stop = places.T
    count = stop - start
    at = np.repeat(np.arange(len(zone)), count)
    code = codes[row[at], ranges(start, count)]
    key = zone[at] * found.shape[1] + code
    found += totals(key, (fractions * weight[row])[at], found.size).reshape(found.shape)
