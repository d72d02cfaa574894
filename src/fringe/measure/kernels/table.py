"""Rings made ready for cutting: no vertex twice, the inside on the left, each with its box and weighted area."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fringe.measure.flat import Bools, Floats, Ints
from fringe.measure.kernels.weight import Weight, along
from fringe.model.compiled import compiled
from fringe.model.rings import Rings

# A closed ring of three vertices has four places.
_LEAST = 4


class Table(NamedTuple):
    """Shapes as rings with the inside on their left.

    Parameters
    ----------
    xy, first, last, of
        As in `fringe.model.rings.Rings`; a ring that encloses nothing has ``last == first``.
    ring_box, ring_m2
        West, south, east, north, and the area of each ring; negative for a hole.
    box, area_m2
        The same of each shape.
    """

    xy: Floats
    first: Ints
    last: Ints
    of: Ints
    ring_box: Floats
    ring_m2: Floats
    box: Floats
    area_m2: Floats


def blank(rings: Rings) -> Table:
    """Return a table of the rings, which it takes over, to be filled by `prepare`."""
    n_rings, n_shapes = len(rings.first), len(rings.of) - 1
    return Table(
        rings.xy,
        rings.first,
        rings.last,
        rings.of,
        np.empty((n_rings, 4)),
        np.zeros(n_rings),
        np.empty((n_shapes, 4)),
        np.zeros(n_shapes),
    )


@compiled
def prepare(table: Table, shell: Bools, weight: Weight, start: int, stop: int) -> None:
    """Fill the table for some shapes."""
    boxes, ring_boxes = table.box, table.ring_box
    for shape in range(start, stop):
        area_m2 = 0.0
        boxes[shape, 0] = boxes[shape, 1] = np.inf
        boxes[shape, 2] = boxes[shape, 3] = -np.inf
        for ring in range(table.of[shape], table.of[shape + 1]):
            _tidy(table, shell[ring], ring)
            for side in range(2):
                boxes[shape, side] = min(boxes[shape, side], ring_boxes[ring, side])
                boxes[shape, side + 2] = max(boxes[shape, side + 2], ring_boxes[ring, side + 2])
            table.ring_m2[ring] = whole_ring(table, weight, ring)
            area_m2 += table.ring_m2[ring]
        table.area_m2[shape] = area_m2


@compiled
def _tidy(table: Table, shell: bool, ring: int) -> None:  # noqa: FBT001
    """Drop repeated vertices, turn the ring so that the inside is on its left, and find its box."""
    xy, first = table.xy, table.first[ring]
    at = first
    twice = 0.0
    x0, y0 = xy[first, 0], xy[first, 1]
    west = east = x0
    south = north = y0
    for k in range(first + 1, table.last[ring] + 1):
        x, y = xy[k, 0], xy[k, 1]
        if x == xy[at, 0] and y == xy[at, 1]:
            continue
        twice += (xy[at, 0] - x0) * (y - y0) - (x - x0) * (xy[at, 1] - y0)
        at += 1
        xy[at, 0] = x
        xy[at, 1] = y
        west, east, south, north = min(west, x), max(east, x), min(south, y), max(north, y)
    if at - first + 1 < _LEAST:
        at = first
        west = south = np.inf
        east = north = -np.inf
    table.last[ring] = at
    if (twice < 0.0) == shell:
        low, high = first, at
        while low < high:
            for side in range(2):
                xy[low, side], xy[high, side] = xy[high, side], xy[low, side]
            low += 1
            high -= 1
    box = table.ring_box[ring]
    box[0], box[1], box[2], box[3] = west, south, east, north


@compiled
def whole_ring(table: Table, weight: Weight, ring: int) -> float:
    """Return the weighted area within a ring, negative for a hole."""
    xy, first, last = table.xy, table.first[ring], table.last[ring]
    origin = xy[first, 0]
    total = 0.0
    for k in range(first, last):
        total += along(weight, xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1], origin)
    return total
