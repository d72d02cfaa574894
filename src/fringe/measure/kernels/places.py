"""Which edges of a shape are near, on which side of them a place is, and whether it is inside.

Where a vertex of one shape lies on an edge of another nothing is decided by rounding: the shape with the lower number
is thought of as moved by an infinitely small step east and a still smaller one north (*simulation of simplicity*,
Edelsbrunner and Mücke 1990), so that every place is inside or outside, two edges cross or do not, and areas are what
they are without the step. `moved` says which way: 1 if the place belongs to the lower shape, else -1.
"""

from __future__ import annotations

from fringe.measure.flat import Floats, Ints
from fringe.measure.kernels.table import Table
from fringe.model.compiled import compiled
from fringe.model.exact import turn
from fringe.model.grid import INSIDE, MIXED, Grid, column_at, row_at


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
def near(xy: Floats, grid: Grid, box: Floats, found: Ints) -> int:
    """Write the edges whose boxes meet a box into `found`, and return how many there are."""
    n = 0
    starts, entries = grid.starts, grid.entries
    west, east = column_at(grid, box[0]), column_at(grid, box[2])
    south, north = row_at(grid, box[1]), row_at(grid, box[3])
    for row in range(south, north + 1):
        for column in range(west, east + 1):
            cell = row * grid.n + column
            for entry in range(starts[cell], starts[cell + 1]):
                k = entries[entry]
                if not meets_box(xy, k, box):
                    continue
                # An edge is in several cells: it is taken from the first that is looked at.
                if row != south and row != row_at(grid, min(xy[k, 1], xy[k + 1, 1])):
                    continue
                if column == west or column == column_at(grid, min(xy[k, 0], xy[k + 1, 0])):
                    found[n] = k
                    n += 1
    return n


@compiled
def state_of(grid: Grid, box: Floats) -> int:
    """Return whether a box is known to be wholly inside or outside the rings of a grid."""
    state = grid.state
    west, east = column_at(grid, box[0]), column_at(grid, box[2])
    south, north = row_at(grid, box[1]), row_at(grid, box[3])
    for row in range(south, north + 1):
        for column in range(west, east + 1):
            if state[row * grid.n + column] == MIXED:
                return MIXED
    return int(state[south * grid.n + west])


@compiled
def near_shape(table: Table, shape: int, box: Floats, found: Ints) -> int:
    """Do the same by looking at all edges of a shape."""
    n = 0
    xy, boxes = table.xy, table.ring_box
    for ring in range(table.of[shape], table.of[shape + 1]):
        if boxes[ring, 0] > box[2] or boxes[ring, 2] < box[0] or boxes[ring, 1] > box[3] or boxes[ring, 3] < box[1]:
            continue
        for k in range(table.first[ring], table.last[ring]):
            if meets_box(xy, k, box):
                found[n] = k
                n += 1
    return n


@compiled
def side(xy: Floats, k: int, x: float, y: float, moved: int) -> bool:
    """Return whether a place is left of an edge, as if moved by an infinitely small step."""
    ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
    # Borders that are shared have their vertices in common, which need no arithmetic.
    at_end = (x == ax and y == ay) or (x == bx and y == by)
    value = 0.0 if at_end else turn(ax, ay, bx, by, x, y)
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
def is_inside(xy: Floats, grid: Grid, x: float, y: float, moved: int) -> bool:
    """Return whether a place is inside the rings of a grid."""
    first, row = column_at(grid, x), row_at(grid, y)
    state = grid.state[row * grid.n + first]
    if state != MIXED:
        return state == INSIDE
    inside = False
    starts, entries = grid.starts, grid.entries
    for column in range(first, grid.n):
        cell = row * grid.n + column
        for entry in range(starts[cell], starts[cell + 1]):
            k = entries[entry]
            known = column == first or column == column_at(grid, min(xy[k, 0], xy[k + 1, 0]))
            if known and _is_under_ray(xy, k, x, y, moved):
                inside = not inside
    return inside


@compiled
def is_inside_shape(table: Table, shape: int, x: float, y: float, moved: int) -> bool:
    """Do the same by looking at all edges of a shape."""
    inside = False
    xy = table.xy
    for ring in range(table.of[shape], table.of[shape + 1]):
        for k in range(table.first[ring], table.last[ring]):
            if _is_under_ray(xy, k, x, y, moved):
                inside = not inside
    return inside
