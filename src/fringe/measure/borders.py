"""Where lines run along the borders of zones, and which zones share each stretch.

A *span* is a stretch of a line's segment that lies on a zone's border, as the part t0..t1 of the segment, 0 at its
start and 1 at its end. It is found by position along the segment rather than by overlaying: two borders digitised as
one, with vertices at different places, are the same border to within `BORDER_M`, which an overlay in exact arithmetic
does not see.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from fringe.measure.ellipsoid import Floats, Geometries, Ints

# Rounding of coordinates of 1e6 m is 1e-10 m; a vertex computed on a border is off by that. No survey is this close.
BORDER_M = 1e-6


@dataclass(frozen=True)
class Stretches:
    """Stretches of segments on borders and between.

    Parameters
    ----------
    segment_at
        Which segment.
    ends
        Both ends, shape ``(n, 2, 2)``.
    """

    segment_at: Ints
    ends: Floats


@dataclass(frozen=True)
class Sharing:
    """Segments divided by the borders they run along.

    Parameters
    ----------
    shared
        Stretches on a border.
    stretch_at, zone_at
        Which zones have each of these on their border.
    parts
        How many zones that is, for each pair.
    free
        All other stretches; a segment that runs along no border is one.
    """

    shared: Stretches
    stretch_at: Ints
    zone_at: Ints
    parts: Ints
    free: Stretches


def share_borders(segments: Floats, zones: Geometries) -> Sharing:
    """Divide segments by the borders of zones that they run along.

    Parameters
    ----------
    segments
        Both ends of each, shape ``(n, 2, 2)``.
    zones
        Valid polygons.
    """
    segment_at, zone_at, t = _spans(segments, zones)
    touched = np.unique(segment_at)
    # Every place where a border begins or ends on a segment, and the segment's own ends, in order along it.
    marks = np.stack(
        [np.r_[np.repeat(segment_at, 2), np.repeat(touched, 2)], np.r_[t.ravel(), np.tile([0.0, 1.0], len(touched))]],
        axis=1,
    )
    marks, at = np.unique(marks, axis=0, return_inverse=True)
    at = at.ravel()[: t.size].reshape(-1, 2)
    steps = np.flatnonzero(marks[:-1, 0] == marks[1:, 0])
    # A span covers the steps from its first mark to its last; one zone may meet a step by two of its edges.
    counts = at[:, 1] - at[:, 0]
    step = np.repeat(at[:, 0], counts) + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = np.unique(np.stack([step, np.repeat(zone_at, counts)], axis=1), axis=0).astype(np.int64).reshape(-1, 2)
    on_border, stretch_at, parts = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
    between = np.setdiff1d(steps, on_border)
    untouched = np.setdiff1d(np.arange(len(segments)), touched)
    between_stretches = _stretches(segments, marks, between)
    free = Stretches(
        np.r_[untouched, between_stretches.segment_at], np.concatenate([segments[untouched], between_stretches.ends])
    )
    return Sharing(_stretches(segments, marks, on_border), stretch_at, pairs[:, 1], parts[stretch_at], free)


def _stretches(segments: Floats, marks: Floats, first: Ints) -> Stretches:
    """Return the stretches from the marks given to the next ones."""
    segment_at = marks[first, 0].astype(np.int64)
    some = segments[segment_at]
    t = np.stack([marks[first, 1], marks[first + 1, 1]], axis=1)[:, :, np.newaxis]
    ends = some[:, :1] * (1 - t) + some[:, 1:] * t
    return Stretches(segment_at, ends)


def _spans(segments: Floats, zones: Geometries) -> tuple[Ints, Ints, Floats]:
    """Return segment, zone, and t0, t1 of every stretch of a segment on an edge of a zone."""
    edges, edge_zone = _edges(zones)
    low, high = segments.min(axis=1) - BORDER_M, segments.max(axis=1) + BORDER_M
    tree = shapely.STRtree(np.asarray(shapely.linestrings(edges), dtype=object))
    segment_at, edge_at = tree.query(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]))
    t, off, length = _along(segments[segment_at], edges[edge_at])
    clipped = np.clip(t, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (off[:, 1] - off[:, 0]) / (t[:, 1] - t[:, 0])
        apart = off[:, :1] + (clipped - t[:, :1]) * slope[:, np.newaxis]
    along = (clipped[:, 1] - clipped[:, 0]) * length > BORDER_M
    real = along & (np.abs(apart) <= BORDER_M).all(axis=1)
    return segment_at[real], edge_zone[edge_at[real]], clipped[real]


def _along(segments: Floats, edges: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where the ends of edges lie along segments (0..1, rising), how far off to the side, and the length."""
    step = segments[:, 1] - segments[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])
    unit = np.divide(step, length[:, np.newaxis], out=np.zeros_like(step), where=length[:, np.newaxis] > 0)
    from_start = edges - segments[:, :1]
    t = (from_start * unit[:, np.newaxis]).sum(axis=2)
    t = np.divide(t, length[:, np.newaxis], out=np.zeros_like(t), where=length[:, np.newaxis] > 0)
    off = from_start[:, :, 1] * unit[:, :1] - from_start[:, :, 0] * unit[:, 1:]
    order = np.argsort(t, axis=1)
    return np.take_along_axis(t, order, axis=1), np.take_along_axis(off, order, axis=1), length


def _edges(zones: Geometries) -> tuple[Floats, Ints]:
    """Return both ends of every edge of the zones, and its zone."""
    parts, zone_at = shapely.get_parts(zones, return_index=True)
    rings, part_at = shapely.get_rings(parts, return_index=True)
    xy, ring_at = shapely.get_coordinates(rings, return_index=True)
    joined = ring_at[1:] == ring_at[:-1]
    ends: npt.NDArray[np.float64] = np.stack([xy[:-1][joined], xy[1:][joined]], axis=1)
    return ends, zone_at[part_at[ring_at[:-1][joined]]]
