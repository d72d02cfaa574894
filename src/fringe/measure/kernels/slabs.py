"""Finding edges: the edges of a shape by horizontal slabs, and whether a place is inside it.

Where a vertex of one shape lies on an edge of another nothing is decided by rounding: the shape with the lower number
is thought of as moved by an infinitely small step east and a still smaller one north (*simulation of simplicity*,
Edelsbrunner and Mücke 1990), so that every place is inside or outside, two edges cross or do not, and areas are what
they are without the step. `moved` says which way: 1 if the place belongs to the lower shape, else -1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fringe.measure.flat import Floats, Ints
from fringe.measure.kernels.table import Table
from fringe.model.compiled import compiled
from fringe.model.exact import turn

# Entries kept for each edge at most; long edges make for fewer slabs.
_ENTRIES = 4.0


class Slabs(NamedTuple):
    """Edges by slab.

    Parameters
    ----------
    south, per_m
        Where the first slab starts, and slabs per metre.
    starts
        Position of each slab's first entry, and the number of entries.
    entries
        Edges.
    """

    south: float
    per_m: float
    starts: Ints
    entries: Ints


@compiled
def slabs_of(xy: Floats, edges: Ints) -> Slabs:
    """Return the edges by slab."""
    south, north, climb = np.inf, -np.inf, 0.0
    for k in edges:
        low, high = min(xy[k, 1], xy[k + 1, 1]), max(xy[k, 1], xy[k + 1, 1])
        south, north, climb = min(south, low), max(north, high), climb + (high - low)
    n = 1
    if north > south:
        n = max(1, min(len(edges), int((_ENTRIES - 1.0) * len(edges) * (north - south) / climb)))
    slabs = Slabs(south, n / (north - south) if n > 1 else 0.0, np.zeros(n + 1, np.int64), np.empty(0, np.int64))
    starts = slabs.starts
    for k in edges:
        for at in range(_slab(slabs, min(xy[k, 1], xy[k + 1, 1])), _slab(slabs, max(xy[k, 1], xy[k + 1, 1])) + 1):
            starts[at + 1] += 1
    for at in range(n):
        starts[at + 1] += starts[at]
    entries = np.empty(starts[n], np.int64)
    place = starts[:n].copy()
    for k in edges:
        for at in range(_slab(slabs, min(xy[k, 1], xy[k + 1, 1])), _slab(slabs, max(xy[k, 1], xy[k + 1, 1])) + 1):
            entries[place[at]] = k
            place[at] += 1
    return Slabs(slabs.south, slabs.per_m, starts, entries)


@compiled
def _slab(slabs: Slabs, y: float) -> int:
    """Return the slab of a height; heights beyond the slabs have the first or the last."""
    place = (y - slabs.south) * slabs.per_m
    if place <= 0.0:
        return 0
    return min(int(place), len(slabs.starts) - 2)


@compiled
def edges_of_shape(table: Table, shape: int) -> Ints:
    """Return the edges of a shape."""
    n = 0
    for ring in range(table.of[shape], table.of[shape + 1]):
        n += table.last[ring] - table.first[ring]
    edges = np.empty(n, np.int64)
    n = 0
    for ring in range(table.of[shape], table.of[shape + 1]):
        for k in range(table.first[ring], table.last[ring]):
            edges[n] = k
            n += 1
    return edges


@compiled
def meets_box(xy: Floats, k: int, box: Floats) -> bool:
    """Return whether the box of an edge meets a box."""
    ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
    return (
        (ax <= box[2] or bx <= box[2])
        and (ax >= box[0] or bx >= box[0])
        and (ay <= box[3] or by <= box[3])
        and (ay >= box[1] or by >= box[1])
    )


@compiled
def near(xy: Floats, slabs: Slabs, box: Floats, found: Ints) -> int:
    """Write the edges whose boxes meet a box into `found`, and return how many there are."""
    n = 0
    lowest, highest = _slab(slabs, box[1]), _slab(slabs, box[3])
    for at in range(lowest, highest + 1):
        for entry in range(slabs.starts[at], slabs.starts[at + 1]):
            k = slabs.entries[entry]
            if not meets_box(xy, k, box):
                continue
            # An edge is in several slabs: it is taken from the first that is looked at.
            if at == lowest or at == _slab(slabs, min(xy[k, 1], xy[k + 1, 1])):
                found[n] = k
                n += 1
    return n


@compiled
def near_shape(table: Table, shape: int, box: Floats, found: Ints) -> int:
    """Do the same by looking at all edges of a shape."""
    n = 0
    for ring in range(table.of[shape], table.of[shape + 1]):
        ring_box = table.ring_box[ring]
        if ring_box[0] > box[2] or ring_box[2] < box[0] or ring_box[1] > box[3] or ring_box[3] < box[1]:
            continue
        for k in range(table.first[ring], table.last[ring]):
            if meets_box(table.xy, k, box):
                found[n] = k
                n += 1
    return n


@compiled
def side(xy: Floats, k: int, x: float, y: float, moved: int) -> bool:
    """Return whether a place is left of an edge, as if moved by an infinitely small step."""
    ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
    value = turn(ax, ay, bx, by, x, y)
    if value == 0.0:
        value = (ay - by if ay != by else bx - ax) * moved
    return value > 0.0


@compiled
def _is_under_ray(xy: Floats, k: int, x: float, y: float, moved: int) -> bool:
    """Return whether the ray from a place to the east crosses an edge."""
    ay, by = xy[k, 1], xy[k + 1, 1]
    if moved > 0:
        from_above, to_above = ay > y, by > y
    else:
        from_above, to_above = ay >= y, by >= y
    if from_above == to_above:
        return False
    ax, bx = xy[k, 0], xy[k + 1, 0]
    if ax < x and bx < x:
        return False
    if ax > x and bx > x:
        return True
    return side(xy, k, x, y, moved) == to_above


@compiled
def is_inside(xy: Floats, slabs: Slabs, x: float, y: float, moved: int) -> bool:
    """Return whether a place is inside a shape."""
    inside = False
    at = _slab(slabs, y)
    for entry in range(slabs.starts[at], slabs.starts[at + 1]):
        if _is_under_ray(xy, slabs.entries[entry], x, y, moved):
            inside = not inside
    return inside


@compiled
def is_inside_shape(table: Table, shape: int, x: float, y: float, moved: int) -> bool:
    """Do the same by looking at all edges of a shape."""
    inside = False
    for ring in range(table.of[shape], table.of[shape + 1]):
        for k in range(table.first[ring], table.last[ring]):
            if _is_under_ray(table.xy, k, x, y, moved):
                inside = not inside
    return inside
