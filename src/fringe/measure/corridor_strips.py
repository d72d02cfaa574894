"""Strips beside lines: the ground between two distances on one side of a line, its ends flat.

A *run* of vertices is a stretch of a line with, at each vertex, the directions before and after it. A strip follows
the line at exactly its distances: round at the outer side of a bend, meeting at the inner side. Where a bend is
tighter than the strip is wide, the strip is made of its segments' rectangles and the sectors between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from fringe.measure.cuts import unite
from fringe.measure.flat import Floats, Geometries, Ints, ranges

LEFT, RIGHT = 1, -1
# A round corner is drawn in turns of at most this: its chords stay within 2e-4 of the distance.
_TURN_RAD = np.radians(2.0)


@dataclass(frozen=True)
class Runs:
    """Runs of vertices, one after the other.

    Parameters
    ----------
    xy
        Vertices, shape ``(n, 2)``.
    before, after
        Direction of the segment before and after each vertex, in radians; the same at the ends of a line.
    plane
        Plane metres of one true metre at each vertex.
    counts
        Vertices of each run.
    """

    xy: Floats
    before: Floats
    after: Floats
    plane: Floats
    counts: Ints

    def take(self, rows: Ints) -> Runs:
        """Return some runs."""
        at = ranges((np.cumsum(self.counts) - self.counts)[rows], self.counts[rows])
        return Runs(self.xy[at], self.before[at], self.after[at], self.plane[at], self.counts[rows])


def directions(xy: Floats) -> Floats:
    """Return the direction of each segment of a line, in radians."""
    step = np.diff(xy, axis=0)
    return np.arctan2(step[:, 1], step[:, 0])


def strips(runs: Runs, inner_m: float, outer_m: float, side: int) -> Geometries:
    """Return the ground beside each run, from one true distance to another, to its left (1) or right (-1)."""
    made = _ruled(runs, inner_m, outer_m, side)
    bent = np.flatnonzero(~shapely.is_valid(made))
    if len(bent):
        made[bent] = _assembled(runs.take(bent), inner_m, outer_m, side)
    return made


def _ruled(runs: Runs, inner_m: float, outer_m: float, side: int) -> Geometries:
    """Return each strip as one ring: along the inner distance and back along the outer."""
    turn = _wrapped(runs.after - runs.before)
    # Only the outer side of a bend is round.
    corners = np.where(turn * side < 0, np.ceil(np.abs(turn) / _TURN_RAD).astype(np.int64), 0)
    copies = np.where(corners > 1, corners + 1, 1)
    vertex = np.repeat(np.arange(len(turn)), copies)
    place = ranges(np.zeros(len(copies), dtype=np.int64), copies)
    fraction = np.where(copies[vertex] > 1, place / np.maximum(copies[vertex] - 1, 1), 0.5)
    angle = runs.before[vertex] + turn[vertex] * fraction + side * np.pi / 2
    # Half-way between two normals the strip's edge is farther off: both segments keep their distance.
    stretch = np.where(copies[vertex] > 1, 1.0, 1 / np.maximum(np.cos(turn[vertex] / 2), 1e-6))
    across = np.stack([np.cos(angle), np.sin(angle)], axis=1) * (stretch * runs.plane[vertex])[:, np.newaxis]
    near, far = runs.xy[vertex] + inner_m * across, runs.xy[vertex] + outer_m * across
    run = np.repeat(np.arange(len(runs.counts)), runs.counts)[vertex]
    counts = np.bincount(run, minlength=len(runs.counts))
    starts = np.cumsum(counts) - counts
    forward = np.arange(len(run))
    back = starts[run] + (starts + counts - 1)[run] - forward
    xy = np.concatenate([near, far[back]])
    order = np.argsort(np.r_[run, run], kind="stable")
    rings = shapely.linearrings(xy[order], indices=np.r_[run, run][order])
    return np.asarray(shapely.polygons(rings), dtype=object)


def _wrapped(angle: Floats) -> Floats:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi)


def _assembled(runs: Runs, inner_m: float, outer_m: float, side: int) -> Geometries:
    """Return each strip as the union of what lies beside its segments and around its outer corners."""
    run = np.repeat(np.arange(len(runs.counts)), runs.counts)
    first = np.flatnonzero(run[1:] == run[:-1])
    ends = np.stack([first, first + 1], axis=1).ravel()
    heading = np.repeat(runs.after[first], 2)
    sides = Runs(runs.xy[ends], heading, heading, runs.plane[ends], np.full(len(first), 2))
    inside = np.r_[False, run[1:] == run[:-1]] & np.r_[run[1:] == run[:-1], False]
    corner = np.flatnonzero(inside & (_wrapped(runs.after - runs.before) * side < 0))
    sectors = [_sector(runs, int(at), inner_m, outer_m, side) for at in corner]
    pieces = np.concatenate([_ruled(sides, inner_m, outer_m, side), np.array([*sectors, None], dtype=object)[:-1]])
    key = np.concatenate([run[first], run[corner]])
    return unite(pieces, key)[1]


def _sector(runs: Runs, at: int, inner_m: float, outer_m: float, side: int) -> shapely.Polygon:
    turn = float(_wrapped(runs.after[at] - runs.before[at]))
    n = int(np.ceil(abs(turn) / _TURN_RAD)) + 1
    angle = runs.before[at] + np.linspace(0, turn, n) + side * np.pi / 2
    across = np.stack([np.cos(angle), np.sin(angle)], axis=1) * runs.plane[at]
    return shapely.Polygon(
        np.concatenate([runs.xy[at] + inner_m * across, (runs.xy[at] + outer_m * across)[::-1]])
    ).buffer(0)
