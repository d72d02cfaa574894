"""Where the borders of two shapes cross, and the area they share, without building what they share.

The border of what two shapes share is made of the *stretches* of either border that lie inside the other. They begin
and end at *marks*: places where a border enters (turn 1) or leaves (turn -1) the other shape, known by edge and the
share of its length, 0 to 1. A ring that starts inside has a mark before its first vertex, at ``t = -1``.

Which edges cross is decided exactly, and as if one shape were moved by an infinitely small step (see `places`), so
that shared borders, touching corners, holes and repeated shapes need no care of their own. Marks that should be in one
place may come in any order: the stretches between them have no length.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fringe.measure.flat import Floats, Ints
from fringe.measure.kernels.places import is_inside, is_inside_shape, near, near_shape, side, state_of
from fringe.measure.kernels.table import Table
from fringe.measure.kernels.weight import Weight, along
from fringe.model.compiled import compiled
from fringe.model.exact import fine_turn
from fringe.model.grid import INSIDE, OUTSIDE, Grid, edges_of, grid_of

Turns = npt.NDArray[np.int8]
Numbers = npt.NDArray[Any]

# A shape of more edges is looked up by a grid, and so are more pairs of edges than this.
_FEW_EDGES = 64
_FEW_PAIRS = 1024
APART, SECOND_WHOLE, FIRST_WHOLE, CROSSING = 0, 1, 2, 3
BEFORE = -1.0


class Meetings(NamedTuple):
    """How pairs of shapes meet.

    Parameters
    ----------
    area_m2
        What each pair shares.
    relation
        `APART`, `SECOND_WHOLE` (the second lies in the first), `FIRST_WHOLE` or `CROSSING`.
    ends
        Position after each pair's last mark.
    edge, t, turn
        The marks of the pairs: where, and whether the other shape is entered or left.
    """

    area_m2: Floats
    relation: Turns
    ends: Ints
    edge: Ints
    t: Floats
    turn: Turns


class Marks(NamedTuple):
    """Marks in arrays that are longer than needed."""

    edge: Ints
    t: Floats
    turn: Turns


@compiled
def no_marks(size: int) -> Marks:
    """Return room for some marks."""
    return Marks(np.empty(size, np.int64), np.empty(size), np.empty(size, np.int8))


@compiled
def room_for(marks: Marks, needed: int) -> Marks:
    """Return the same marks with room for so many."""
    size = len(marks.edge)
    if needed <= size:
        return marks
    wider = no_marks(max(needed, 2 * size))
    wider.edge[:size] = marks.edge
    wider.t[:size] = marks.t
    wider.turn[:size] = marks.turn
    return wider


@compiled
def sort_marks(marks: Marks, n: int, extra: Numbers) -> None:
    """Sort the first n marks by edge and place on it, and what belongs to them with them (Shell's sort)."""
    edge, t, turn = marks.edge, marks.t, marks.turn
    gap = 1
    while 3 * gap + 1 < n:
        gap = 3 * gap + 1
    while gap:
        for start in range(gap, n):
            own_edge, own_t, own_turn, own_extra = edge[start], t[start], turn[start], extra[start]
            at = start
            while at >= gap and (edge[at - gap] > own_edge or (edge[at - gap] == own_edge and t[at - gap] > own_t)):
                edge[at], t[at], turn[at], extra[at] = edge[at - gap], t[at - gap], turn[at - gap], extra[at - gap]
                at -= gap
            edge[at], t[at], turn[at], extra[at] = own_edge, own_t, own_turn, own_extra
        gap //= 3


@compiled
def meetings(
    table: Table,
    weight: Weight,
    first: Ints,
    second: Ints,
    least_m2: float,
    mark_whole: bool,  # noqa: FBT001
) -> Meetings:
    """Return how pairs of shapes meet; pairs of one first shape should follow each other.

    Pairs that share no more than `least_m2` are apart. With `mark_whole` all pairs have their marks, also those apart:
    where a third shape covers part of the little they share, stretches would not add up without. Else pairs have none
    that are apart, or of which the shape with the higher number lies in the other.
    """
    n_pairs = len(first)
    area_m2, relation, ends = np.zeros(n_pairs), np.zeros(n_pairs, np.int8), np.zeros(n_pairs, np.int64)
    kept, n = no_marks(1024), 0
    ones, twos = no_marks(64), no_marks(64)
    near_first: Ints = np.empty(64, np.int64)
    near_second: Ints = np.empty(64, np.int64)
    indexed, grid = -1, grid_of(table.xy, near_first[:0])
    window = np.empty(4)
    for pair in range(n_pairs):
        one, two = first[pair], second[pair]
        ends[pair] = n
        if not _window(table, one, two, window):
            continue
        if n_edges(table, one) > _FEW_EDGES and indexed != one:
            indexed, grid = one, grid_of(table.xy, edges_of(table.first, table.last, table.of[one], table.of[one + 1]))
        if indexed == one and not mark_whole:
            state = state_of(grid, table.box[two])
            if state == OUTSIDE or (state == INSIDE and two > one):
                if state == INSIDE and table.area_m2[two] > least_m2:
                    area_m2[pair], relation[pair] = table.area_m2[two], SECOND_WHOLE
                continue
        near_first, near_second = _space(near_first, n_edges(table, one)), _space(near_second, n_edges(table, two))
        if indexed == one:
            n_first = near(table.xy, grid, window, near_first)
        else:
            n_first = near_shape(table, one, window, near_first)
        n_second = near_shape(table, two, window, near_second) if n_first else 0
        moved = 1 if two < one else -1
        ones, twos, n_marks = _crossings(table.xy, near_first[:n_first], near_second[:n_second], moved, ones, twos)
        n_rings = table.of[one + 1] - table.of[one] + table.of[two + 1] - table.of[two]
        kept = room_for(kept, n + 2 * n_marks + n_rings)
        origin = window[0]
        found = _Border(table, weight, origin, one, two, -moved)
        shared, n_one, first_in, first_out = _border(found, ones, n_marks, kept, n, grid, False)
        found = _Border(table, weight, origin, two, one, moved)
        more, n_two, second_in, second_out = _border(found, twos, n_marks, kept, n_one, grid, indexed == one)
        shared += more
        kind, start = CROSSING, n
        n = n_two
        if n_marks == 0 and first_in == 0 and second_out == 0:
            kind, shared = SECOND_WHOLE, table.area_m2[two]
        elif n_marks == 0 and second_in == 0 and first_out == 0:
            kind, shared = FIRST_WHOLE, table.area_m2[one]
        if shared <= least_m2:
            kind, shared = APART, 0.0
        spared = not mark_whole and kind == (SECOND_WHOLE if two > one else FIRST_WHOLE)
        if spared or (kind == APART and not mark_whole):
            n = start
        area_m2[pair], relation[pair], ends[pair] = shared, kind, n
    return Meetings(area_m2, relation, ends, kept.edge[:n].copy(), kept.t[:n].copy(), kept.turn[:n].copy())


@compiled
def _window(table: Table, one: int, two: int, window: Floats) -> bool:
    """Write the box both boxes share, and return whether there is one."""
    left, right = table.box[one], table.box[two]
    for at in range(2):
        window[at] = max(left[at], right[at])
        window[at + 2] = min(left[at + 2], right[at + 2])
    return window[0] <= window[2] and window[1] <= window[3]


@compiled
def _space(array: Ints, needed: int) -> Ints:
    """Return an array of at least that length; what was in it is not kept."""
    return array if needed <= len(array) else np.empty(2 * needed, np.int64)


@compiled
def n_edges(table: Table, shape: int) -> int:
    """Return about how many edges a shape has."""
    first, last = table.of[shape], table.of[shape + 1] - 1
    return table.last[last] - table.first[first] if last >= first else 0


@compiled
def _crossings(xy: Floats, left: Ints, right: Ints, moved: int, ones: Marks, twos: Marks) -> tuple[Marks, Marks, int]:
    """Find where edges of the first and second shape cross: a mark on either, in the order found."""
    n = 0
    if len(left) * len(right) <= _FEW_PAIRS:
        for i in range(len(left)):
            e = left[i]
            west, east = min(xy[e, 0], xy[e + 1, 0]), max(xy[e, 0], xy[e + 1, 0])
            south, north = min(xy[e, 1], xy[e + 1, 1]), max(xy[e, 1], xy[e + 1, 1])
            for j in range(len(right)):
                f = right[j]
                cx, cy, dx, dy = xy[f, 0], xy[f, 1], xy[f + 1, 0], xy[f + 1, 1]
                if (cx < west and dx < west) or (cx > east and dx > east):
                    continue
                if (cy < south and dy < south) or (cy > north and dy > north) or not _cross(xy, e, f, moved):
                    continue
                if n == len(ones.edge):
                    ones, twos = room_for(ones, n + 1), room_for(twos, n + 1)
                _mark(xy, e, f, moved, ones, twos, n)
                n += 1
        return ones, twos, n
    grid = grid_of(xy, left)
    found = np.empty(len(left), np.int64)
    box = np.empty(4)
    for f in right:
        box[0], box[2] = min(xy[f, 0], xy[f + 1, 0]), max(xy[f, 0], xy[f + 1, 0])
        box[1], box[3] = min(xy[f, 1], xy[f + 1, 1]), max(xy[f, 1], xy[f + 1, 1])
        for e in found[: near(xy, grid, box, found)]:
            if _cross(xy, e, f, moved):
                if n == len(ones.edge):
                    ones, twos = room_for(ones, n + 1), room_for(twos, n + 1)
                _mark(xy, e, f, moved, ones, twos, n)
                n += 1
    return ones, twos, n


@compiled
def _cross(xy: Floats, e: int, f: int, moved: int) -> bool:
    """Return whether two edges cross; `moved` is the way of the second, f."""
    if side(xy, e, xy[f, 0], xy[f, 1], moved) == side(xy, e, xy[f + 1, 0], xy[f + 1, 1], moved):
        return False
    return side(xy, f, xy[e, 0], xy[e, 1], -moved) != side(xy, f, xy[e + 1, 0], xy[e + 1, 1], -moved)


@compiled
def _mark(xy: Floats, e: int, f: int, moved: int, ones: Marks, twos: Marks, n: int) -> None:
    """Note a crossing on both edges.

    Where edges are nearly parallel the plain determinants have few good digits: with all of them marks are in the
    right order along each edge, but for stretches too short to matter.
    """
    ax, ay, bx, by = xy[e, 0], xy[e, 1], xy[e + 1, 0], xy[e + 1, 1]
    cx, cy, dx, dy = xy[f, 0], xy[f, 1], xy[f + 1, 0], xy[f + 1, 1]
    c_side, d_side = fine_turn(ax, ay, bx, by, cx, cy), fine_turn(ax, ay, bx, by, dx, dy)
    a_side, b_side = fine_turn(cx, cy, dx, dy, ax, ay), fine_turn(cx, cy, dx, dy, bx, by)
    ones.edge[n], ones.t[n] = e, a_side / (a_side - b_side)
    twos.edge[n], twos.t[n] = f, c_side / (c_side - d_side)
    # What comes from the left of a border was inside.
    leaves = side(xy, e, cx, cy, moved)
    twos.turn[n] = -1 if leaves else 1
    ones.turn[n] = 1 if leaves else -1


class _Border(NamedTuple):
    """The border of one shape that is followed through another."""

    table: Table
    weight: Weight
    origin: float
    shape: int
    other: int
    moved: int


@compiled
def _border(
    border: _Border,
    marks: Marks,
    n_marks: int,
    kept: Marks,
    n: int,
    grid: Grid,
    indexed: bool,  # noqa: FBT001
) -> tuple[float, int, int, int]:
    """Return what the stretches inside add to the area, and copy the marks in order.

    Returns
    -------
    added_m2, n, n_inside, n_outside
        `n` marks are kept after this; so many rings without a mark lie inside and outside.
    """
    table, shape, other = border.table, border.shape, border.other
    if n_marks > 1:
        sort_marks(marks, n_marks, marks.turn)
    added, at, n_inside, n_outside = 0.0, 0, 0, 0
    xy, boxes, moved = table.xy, table.box, border.moved
    for ring in range(table.of[shape], table.of[shape + 1]):
        first, last = table.first[ring], table.last[ring]
        if first == last:
            continue
        start = at
        while at < n_marks and marks.edge[at] < last:
            at += 1
        # Marks in one place are in no order, so that where a ring starts is not told by its first.
        x, y = xy[first, 0], xy[first, 1]
        inside = boxes[other, 0] <= x <= boxes[other, 2] and boxes[other, 1] <= y <= boxes[other, 3]
        if inside:
            inside = is_inside(xy, grid, x, y, moved) if indexed else is_inside_shape(table, other, x, y, moved)
        if at > start:
            added += _stretches(border, ring, marks, start, at, inside)
        elif inside:
            n_inside += 1
            added += table.ring_m2[ring]
        else:
            n_outside += 1
        if inside:
            kept.edge[n], kept.t[n], kept.turn[n] = first, BEFORE, 1
            n += 1
        for k in range(start, at):
            kept.edge[n], kept.t[n], kept.turn[n] = marks.edge[k], marks.t[k], marks.turn[k]
            n += 1
    return added, n, n_inside, n_outside


@compiled
def _stretches(
    border: _Border,
    ring: int,
    marks: Marks,
    start: int,
    stop: int,
    inside: bool,  # noqa: FBT001
) -> float:
    """Return what the stretches of a ring between marks that enter and leave add to the area."""
    table, weight, origin = border.table, border.weight, border.origin
    added = 0.0
    depth = 1 if inside else 0
    edge, t = table.first[ring], 0.0
    for at in range(start, stop):
        if depth > 0:
            added += stretch(table.xy, weight, (edge, t), (marks.edge[at], marks.t[at]), origin)
        depth += marks.turn[at]
        edge, t = marks.edge[at], marks.t[at]
    if depth > 0:
        added += stretch(table.xy, weight, (edge, t), (table.last[ring] - 1, 1.0), origin)
    return added


@compiled
def stretch(xy: Floats, weight: Weight, start: tuple[int, float], stop: tuple[int, float], origin: float) -> float:
    """Return what the border between two places, each an edge and a share of its length, adds to an area."""
    k, t = start
    end, end_t = stop
    x = xy[k, 0] + t * (xy[k + 1, 0] - xy[k, 0])
    y = xy[k, 1] + t * (xy[k + 1, 1] - xy[k, 1])
    added = 0.0
    while k < end:
        added += along(weight, x, y, xy[k + 1, 0], xy[k + 1, 1], origin)
        k += 1
        x, y = xy[k, 0], xy[k, 1]
    if end_t == 1.0:
        return added + along(weight, x, y, xy[k + 1, 0], xy[k + 1, 1], origin)
    x1 = xy[k, 0] + end_t * (xy[k + 1, 0] - xy[k, 0])
    y1 = xy[k, 1] + end_t * (xy[k + 1, 1] - xy[k, 1])
    return added + along(weight, x, y, x1, y1, origin)
