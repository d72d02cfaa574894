"""Lengths of chains inside zones, compiled: each segment is followed across the borders without building geometry.

A *chain* is the vertices of one part of a line. A segment is *sure* with a zone if no end of it lies within `CLEAR_M`
of the line of an edge near it, nor an end of such an edge within `CLEAR_M` of the segment's line: then every crossing
is one beyond doubt, and being inside changes at each. What is not sure is left to the geometry of
`fringe.measure.borders`, which also shares what runs along a border.

The module needs numba and is imported only where it pays; see `fringe.measure.line_cuts`.
"""

from __future__ import annotations

import numpy as np

from fringe.measure.flat import Floats, Ints
from fringe.model.compiled import compiled

# Twice the width of a border (`fringe.measure.borders.BORDER_M`), and 1000 times the rounding of coordinates of 1e6 m.
CLEAR_M = 2e-6
_MOST_CROSSINGS = 256
_UNKNOWN = -1


@compiled
def scale_at(u: float, v: float, coefficients: Floats) -> float:
    """Return a polynomial's value at scaled coordinates, by Horner's rule."""
    degree = len(coefficients) - 1
    total = 0.0
    for i in range(degree, -1, -1):
        inner = 0.0
        for j in range(degree - i, -1, -1):
            inner = inner * v + coefficients[i, j]
        total = total * u + inner
    return total


@compiled
def run_boxes(rings: Floats, runs: Ints) -> Floats:
    """Return the box of each run of edges: west, south, east, north."""
    boxes = np.empty((len(runs), 4))
    for run in range(len(runs)):
        west = east = rings[runs[run, 0], 0]
        south = north = rings[runs[run, 0], 1]
        for at in range(runs[run, 0] + 1, runs[run, 1] + 1):
            west, east = min(west, rings[at, 0]), max(east, rings[at, 0])
            south, north = min(south, rings[at, 1]), max(north, rings[at, 1])
        boxes[run, 0], boxes[run, 1], boxes[run, 2], boxes[run, 3] = west, south, east, north
    return boxes


@compiled
def is_inside(x: float, y: float, some: tuple[int, int], rings: Floats, runs: Ints, boxes: Floats) -> bool:
    """Return whether a place that is on no border lies inside a zone, by the edges to its right."""
    inside = False
    for run in range(some[0], some[1]):
        if boxes[run, 1] > y or boxes[run, 3] < y or boxes[run, 2] < x:
            continue
        for at in range(runs[run, 0], runs[run, 1]):
            y0, y1 = rings[at, 1], rings[at + 1, 1]
            if (y0 > y) != (y1 > y):
                side = (rings[at + 1, 0] - rings[at, 0]) * (y - y0) - (y1 - y0) * (x - rings[at, 0])
                inside ^= (side > 0) == (y1 > y0)
    return inside


@compiled
def crossings(segment: Floats, some: tuple[int, int], rings: Floats, runs: Ints, boxes: Floats, t: Floats) -> int:
    """Write the positions (0 to 1) where a segment crosses a zone's border, and return their number; -1 if unsure."""
    cx, cy, ex, ey = segment
    west, east = min(cx, ex) - CLEAR_M, max(cx, ex) + CLEAR_M
    south, north = min(cy, ey) - CLEAR_M, max(cy, ey) + CLEAR_M
    fx, fy = ex - cx, ey - cy
    least_of_segment = CLEAR_M * np.hypot(fx, fy)
    n = 0
    for run in range(some[0], some[1]):
        if boxes[run, 0] > east or boxes[run, 2] < west or boxes[run, 1] > north or boxes[run, 3] < south:
            continue
        for at in range(runs[run, 0], runs[run, 1]):
            ax, ay, bx, by = rings[at, 0], rings[at, 1], rings[at + 1, 0], rings[at + 1, 1]
            if (ax > east and bx > east) or (ax < west and bx < west):
                continue
            if (ay > north and by > north) or (ay < south and by < south):
                continue
            dx, dy = bx - ax, by - ay
            least = CLEAR_M * np.hypot(dx, dy)
            if least == 0.0:
                continue
            start, end = dx * (cy - ay) - dy * (cx - ax), dx * (ey - ay) - dy * (ex - ax)
            first, last = fx * (ay - cy) - fy * (ax - cx), fx * (by - cy) - fy * (bx - cx)
            if abs(start) < least or abs(end) < least:
                return _UNKNOWN
            if abs(first) < least_of_segment or abs(last) < least_of_segment:
                return _UNKNOWN
            if (start > 0) != (end > 0) and (first > 0) != (last > 0):
                if n == _MOST_CROSSINGS:
                    return _UNKNOWN
                t[n] = start / (start - end)
                n += 1
    return n


@compiled
def metres_along(
    segment: Floats, t0: float, t1: float, nodes: Floats, weights: Floats, frame: Floats, coefficients: Floats
) -> float:
    """Return the length of a stretch of a segment: the integral of the scale along it, by Gauss' rule."""
    fx, fy = segment[2] - segment[0], segment[3] - segment[1]
    mean = 0.0
    for k in range(len(nodes)):
        t = t0 + nodes[k] * (t1 - t0)
        u, v = (segment[0] + t * fx - frame[0]) / frame[2], (segment[1] + t * fy - frame[1]) / frame[2]
        mean += weights[k] * scale_at(u, v, coefficients)
    return float(mean * (t1 - t0) * np.hypot(fx, fy))


@compiled
def lengths_inside(
    pairs: Ints,
    xy: Floats,
    chains: Ints,
    zones: tuple[Floats, Ints, Floats, Ints, Floats],
    scale: tuple[Floats, Floats, Floats, Floats],
    unsure: Ints,
    metres: Floats,
) -> None:
    """Write the length of each chain inside each zone of the pairs, and mark the segments that are not sure.

    Parameters
    ----------
    pairs
        Chain and zone of each pair, shape ``(n, 2)``.
    xy, chains
        All vertices, and the first of each chain and one past the last.
    zones
        Vertices of all rings; runs of edges of a ring, each by the first vertex of its first and the last of its last
        edge; the runs' boxes; the first run of each zone and one past the last; the zones' boxes.
    scale
        Gauss nodes on 0..1 and their weights, centre and half side of the polynomial's box, its coefficients.
    unsure
        By the segment's first vertex: what is marked before is left out, as if it were not there.
    metres
        Of each pair; what is not sure is not in it.
    """
    rings, runs, of_runs, first_run, boxes = zones
    nodes, weights, frame, coefficients = scale
    at = np.empty(_MOST_CROSSINGS)
    segment = np.empty(4)
    for pair in range(len(pairs)):
        chain, zone = pairs[pair]
        some = (first_run[zone], first_run[zone + 1])
        west, south, east, north = boxes[zone]
        inside = _UNKNOWN
        total = 0.0
        for j in range(chains[chain], chains[chain + 1] - 1):
            segment[0], segment[1], segment[2], segment[3] = xy[j, 0], xy[j, 1], xy[j + 1, 0], xy[j + 1, 1]
            if min(segment[0], segment[2]) > east + CLEAR_M or max(segment[0], segment[2]) < west - CLEAR_M:
                inside = 0
                continue
            if min(segment[1], segment[3]) > north + CLEAR_M or max(segment[1], segment[3]) < south - CLEAR_M:
                inside = 0
                continue
            if segment[0] == segment[2] and segment[1] == segment[3]:
                continue
            n = _UNKNOWN if unsure[j] else crossings(segment, some, rings, runs, of_runs, at)
            if n == _UNKNOWN:
                unsure[j] = 1
                inside = _UNKNOWN
                continue
            if inside == _UNKNOWN:
                inside = 1 if is_inside(segment[0], segment[1], some, rings, runs, of_runs) else 0
            t = 0.0
            if n:
                at[:n].sort()
            for k in range(n):
                if inside:
                    total += metres_along(segment, t, at[k], nodes, weights, frame, coefficients)
                t = at[k]
                inside = 1 - inside
            if inside:
                total += metres_along(segment, t, 1.0, nodes, weights, frame, coefficients)
        metres[pair] = total
