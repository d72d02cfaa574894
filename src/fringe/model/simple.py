"""Which polygons are valid beyond doubt: no two of their edges meet but neighbours at their common vertex.

Such polygons need no second look. Any other, valid or not (a hole that touches its shell is), is left to GEOS. A ring
every edge of which is seen from one place in the same turn, once around, is simple at a glance: most parcels are. For
others the edges are compared with those of the same cell of a grid.

This module needs numba; import it through `fringe.model.compiled.available`.
"""

from __future__ import annotations

import numpy as np

from fringe.model.compiled import compiled
from fringe.model.exact import turn
from fringe.model.grid import edges_of, grid_of
from fringe.model.rings import Bools, Floats, Rings

# Rings times edges of one shape, beyond which nested rings are left to GEOS.
_MOST_NESTED = 1_000_000
# A closed ring of three vertices has four places.
_LEAST = 4


@compiled
def simple(rings: Rings, sound: Bools, start: int, stop: int) -> None:
    """Note which of some shapes are valid beyond doubt. Repeated vertices are dropped from the rings."""
    for shape in range(start, stop):
        first, last = rings.of[shape], rings.of[shape + 1]
        fit = last > first
        for ring in range(first, last):
            fit = fit and _tidy(rings, ring)
        if not fit:
            continue
        if last - first == 1 and _is_star(rings.xy, rings.first[first], rings.last[first]):
            sound[shape] = True
        elif _meet_nowhere(rings, first, last):
            sound[shape] = last - first == 1 or _is_nested(rings, first, last)


@compiled
def _tidy(rings: Rings, ring: int) -> bool:
    """Drop repeated vertices; return whether the ring has three others and all are finite."""
    xy, at = rings.xy, rings.first[ring]
    finite = np.isfinite(xy[at, 0]) and np.isfinite(xy[at, 1])
    for k in range(at + 1, rings.last[ring] + 1):
        x, y = xy[k, 0], xy[k, 1]
        finite = finite and np.isfinite(x) and np.isfinite(y)
        if x != xy[at, 0] or y != xy[at, 1]:
            at += 1
            xy[at, 0], xy[at, 1] = x, y
    rings.last[ring] = at
    return finite and at - rings.first[ring] + 1 >= _LEAST


@compiled
def _is_star(xy: Floats, first: int, last: int) -> bool:
    """Return whether a ring is seen from the middle of its vertices in one turn, once around."""
    x = y = 0.0
    for k in range(first, last):
        x += xy[k, 0] - xy[first, 0]
        y += xy[k, 1] - xy[first, 1]
    x, y = xy[first, 0] + x / (last - first), xy[first, 1] + y / (last - first)
    left = turn(xy[first, 0], xy[first, 1], xy[first + 1, 0], xy[first + 1, 1], x, y) > 0.0
    around = 0
    for k in range(first, last):
        ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
        value = turn(ax, ay, bx, by, x, y)
        if value == 0.0 or (value > 0.0) != left:
            return False
        # All edges turn the same way: those across the height of the place cross it east or west, up or down.
        if (ay > y) != (by > y) and (by > ay) == left:
            around += 1
    return around == 1


@compiled
def _meet_nowhere(rings: Rings, first: int, last: int) -> bool:
    """Return whether no two edges of some rings have a place in common, but neighbours their vertex."""
    xy = rings.xy
    for ring in range(first, last):
        for k in range(rings.first[ring], rings.last[ring]):
            after = k + 1 if k + 1 < rings.last[ring] else rings.first[ring]
            if _folds(xy, k, after):
                return False
    edges = edges_of(rings.first, rings.last, first, last)
    grid = grid_of(xy, edges)
    for at in range(len(grid.starts) - 1):
        for one in range(grid.starts[at], grid.starts[at + 1]):
            e = grid.entries[one]
            for other in range(one + 1, grid.starts[at + 1]):
                f = grid.entries[other]
                if _boxes_meet(xy, e, f) and not _are_neighbours(xy, e, f) and _touch(xy, e, f):
                    return False
    return True


@compiled
def _folds(xy: Floats, e: int, f: int) -> bool:
    """Return whether the second of two neighbours runs back over the first."""
    ax, ay, bx, by, cx, cy = xy[e, 0], xy[e, 1], xy[e + 1, 0], xy[e + 1, 1], xy[f + 1, 0], xy[f + 1, 1]
    back = (bx - ax) * (cx - bx) + (by - ay) * (cy - by) <= 0.0
    return back and turn(ax, ay, bx, by, cx, cy) == 0.0


@compiled
def _are_neighbours(xy: Floats, e: int, f: int) -> bool:
    """Return whether the end of one edge is the start of the other."""
    if xy[e + 1, 0] == xy[f, 0] and xy[e + 1, 1] == xy[f, 1]:
        return True
    return xy[f + 1, 0] == xy[e, 0] and xy[f + 1, 1] == xy[e, 1]


@compiled
def _boxes_meet(xy: Floats, e: int, f: int) -> bool:
    return (
        min(xy[e, 0], xy[e + 1, 0]) <= max(xy[f, 0], xy[f + 1, 0])
        and max(xy[e, 0], xy[e + 1, 0]) >= min(xy[f, 0], xy[f + 1, 0])
        and min(xy[e, 1], xy[e + 1, 1]) <= max(xy[f, 1], xy[f + 1, 1])
        and max(xy[e, 1], xy[e + 1, 1]) >= min(xy[f, 1], xy[f + 1, 1])
    )


@compiled
def _touch(xy: Floats, e: int, f: int) -> bool:
    """Return whether two edges whose boxes meet have a place in common."""
    ax, ay, bx, by = xy[e, 0], xy[e, 1], xy[e + 1, 0], xy[e + 1, 1]
    cx, cy, dx, dy = xy[f, 0], xy[f, 1], xy[f + 1, 0], xy[f + 1, 1]
    c_side, d_side = turn(ax, ay, bx, by, cx, cy), turn(ax, ay, bx, by, dx, dy)
    if (c_side > 0.0 and d_side > 0.0) or (c_side < 0.0 and d_side < 0.0):
        return False
    a_side, b_side = turn(cx, cy, dx, dy, ax, ay), turn(cx, cy, dx, dy, bx, by)
    return not ((a_side > 0.0 and b_side > 0.0) or (a_side < 0.0 and b_side < 0.0))


@compiled
def _is_nested(rings: Rings, first: int, last: int) -> bool:
    """Return whether rings that meet nowhere lie as they should: holes in their shell, parts outside one another."""
    n_edges = rings.last[last - 1] - rings.first[first]
    if (last - first) * n_edges > _MOST_NESTED:
        return False
    own_shell = first
    for ring in range(first, last):
        if rings.shell[ring]:
            own_shell = ring
        x, y = rings.xy[rings.first[ring], 0], rings.xy[rings.first[ring], 1]
        inside_part, shell = False, first
        for other in range(first, last):
            if rings.shell[other]:
                if inside_part:
                    return False
                shell = other
            within = other != ring and _is_within(rings, other, x, y)
            if rings.shell[ring] and shell != own_shell:
                inside_part = inside_part != within
            elif not rings.shell[ring] and shell == own_shell and other != ring and within != (other == own_shell):
                return False
        if inside_part:
            return False
    return True


@compiled
def _is_within(rings: Rings, ring: int, x: float, y: float) -> bool:
    """Return whether a place not on a ring is within it."""
    xy = rings.xy
    inside = False
    for k in range(rings.first[ring], rings.last[ring]):
        up = xy[k + 1, 1] > y
        if (xy[k, 1] > y) != up:
            value = turn(xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1], x, y)
            if (value > 0.0) == up:
                inside = not inside
    return inside
