"""Where short lines meet the borders of zones: what lies inside, and which zones share what runs along a border.

A *pair* is a segment and a zone it meets. A *span* is a stretch of a segment that lies on an edge of its zone. All
places on a segment are positions t from 0 at its start to 1 at its end; a *step* is the stretch between two
neighbouring marks.

Spans are found by position rather than by overlaying: two borders digitised as one, with vertices at different
places, are the same border to within `BORDER_M`, which an overlay in exact arithmetic does not see. What is not on a
border is cut at its crossings with the zone's edges, and each step is in or out with its middle, so that a crossing
too many does no harm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from fringe.measure.flat import Bools, Floats, Geometries, Ints, edges_of, ranges

# Rounding of coordinates of 1e6 m is 1e-10 m; a vertex computed on a border is off by that. No survey is this close.
BORDER_M = 1e-6
_PAIRS_AT_ONCE = 16_384
_EDGES_IN_RUN = 32


@dataclass(frozen=True)
class Pairs:
    """Segments and the zones they meet.

    Parameters
    ----------
    segments
        Both ends of each segment, shape ``(n, 2, 2)``.
    segment_at, zone_at
        Positions of the segment and the zone of each pair.
    """

    segments: Floats
    segment_at: Ints
    zone_at: Ints


@dataclass(frozen=True)
class Stretches:
    """Stretches of segments, each for one zone.

    Parameters
    ----------
    segment_at, zone_at
        Whose they are.
    ends
        Both ends, shape ``(n, 2, 2)``.
    parts
        How many zones share the stretch, each of them having a row.
    """

    segment_at: Ints
    zone_at: Ints
    ends: Floats
    parts: Ints


@dataclass(frozen=True)
class _Steps:
    """Intervals divided at marks: the marks in order, where those given went, and the marks that begin a step."""

    owner: Ints
    t: Floats
    at: Ints
    first: Ints

    def middle(self) -> Floats:
        return (self.t[self.first] + self.t[self.first + 1]) / 2


def stretches(pairs: Pairs, zones: Geometries) -> tuple[Stretches, Stretches]:
    """Return the stretches of segments inside zones, and those along their borders.

    Parameters
    ----------
    pairs
        Every zone that a segment meets must be there for the sharing to be right.
    zones
        Valid polygons.
    """
    span_of, span, cut_of, cut = _marks(pairs, zones)
    return _inside(pairs, zones, (span_of, span), (cut_of, cut)), _shared(pairs, span_of, span)


def _shared(pairs: Pairs, span_of: Ints, span: Floats) -> Stretches:
    """Return the stretches along borders, a row for each zone that has it on its border."""
    segments, segment_of = np.unique(pairs.segment_at[span_of], return_inverse=True)
    steps = _divide(len(segments), np.repeat(segment_of, 2), span.ravel())
    # A span covers the steps from its first mark to its last; one zone may meet a step by two of its edges.
    first, counts = steps.at[::2], steps.at[1::2] - steps.at[::2]
    step, zone = ranges(first, counts), np.repeat(pairs.zone_at[span_of], counts)
    step, zone = np.unique(np.stack([step, zone], axis=1), axis=0).T
    parts = np.bincount(step, minlength=len(steps.t))[step]
    segment_at = segments[steps.owner[step]]
    return Stretches(segment_at, zone, _between(pairs.segments[segment_at], steps.t[step], steps.t[step + 1]), parts)


def _inside(pairs: Pairs, zones: Geometries, spans: tuple[Ints, Floats], cuts: tuple[Ints, Floats]) -> Stretches:
    """Return the stretches inside zones and not along their borders."""
    (span_of, span), (cut_of, cut) = spans, cuts
    owner = np.concatenate([np.repeat(span_of, 2), cut_of])
    steps = _divide(len(pairs.zone_at), owner, np.concatenate([span.ravel(), cut]))
    marks = steps.at[: span.size].reshape(-1, 2)
    on_border = np.zeros(len(steps.t), dtype=bool)
    on_border[ranges(marks[:, 0], marks[:, 1] - marks[:, 0])] = True
    pair = steps.owner[steps.first]
    place = _at(pairs.segments[pairs.segment_at[pair]], steps.middle())
    zone_at = pairs.zone_at[pair]
    within = ~on_border[steps.first] & _contains(zones, zone_at, place)
    first, zone_at, segment_at = steps.first[within], zone_at[within], pairs.segment_at[pair[within]]
    ends = _between(pairs.segments[segment_at], steps.t[first], steps.t[first + 1])
    return Stretches(segment_at, zone_at, ends, np.ones(len(first), dtype=np.int64))


def _contains(zones: Geometries, zone_at: Ints, place: Floats) -> Bools:
    some, at = np.unique(zone_at, return_inverse=True)
    fresh = zones[some][~shapely.is_prepared(zones[some])]
    shapely.prepare(fresh)
    inside = shapely.contains_xy(zones[some][at], place[:, 0], place[:, 1])
    shapely.destroy_prepared(fresh)
    return np.asarray(inside, dtype=bool)


def _divide(n: int, owner: Ints, t: Floats) -> _Steps:
    """Divide n intervals 0..1 at the marks given."""
    owner = np.concatenate([owner, np.repeat(np.arange(n), 2)])
    t = np.concatenate([t, np.tile([0.0, 1.0], n)])
    order = np.lexsort((t, owner))
    owner, t = owner[order], t[order]
    new = np.r_[True, (owner[1:] != owner[:-1]) | (t[1:] != t[:-1])][: len(t)]
    at = np.empty(len(t), dtype=np.int64)
    at[order] = np.cumsum(new) - 1
    owner, t = owner[new], t[new]
    return _Steps(owner, t, at[: len(at) - 2 * n], np.flatnonzero(owner[:-1] == owner[1:]))


def _at(segments: Floats, t: Floats) -> Floats:
    return segments[:, 0] * (1 - t)[:, np.newaxis] + segments[:, 1] * t[:, np.newaxis]


def _between(segments: Floats, t0: Floats, t1: Floats) -> Floats:
    return np.stack([_at(segments, t0), _at(segments, t1)], axis=1)


def _marks(pairs: Pairs, zones: Geometries) -> tuple[Ints, Floats, Ints, Floats]:
    """Return the pair and t0, t1 of every span, and the pair and t of every crossing of an edge of the zone."""
    edges = _edges(zones)
    found = [
        _marks_some(pairs, np.arange(at, min(at + _PAIRS_AT_ONCE, len(pairs.zone_at))), edges)
        for at in range(0, max(len(pairs.zone_at), 1), _PAIRS_AT_ONCE)
    ]
    span_of, span, cut_of, cut = (np.concatenate([part[at] for part in found]) for at in range(4))
    return span_of, span, cut_of, cut


def _marks_some(pairs: Pairs, some: Ints, edges: _Edges) -> tuple[Ints, Floats, Ints, Floats]:
    segments = pairs.segments[pairs.segment_at[some]]
    pair, edge_at = _near(segments, pairs.zone_at[some], edges)
    t, off, length = _along(segments[pair], edges.ends[edge_at])
    clipped = np.clip(t, 0.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (off[:, 1] - off[:, 0]) / (t[:, 1] - t[:, 0])
        crossing = t[:, 0] - off[:, 0] / slope
        first, last = (off[:, 0] + (clipped[:, end] - t[:, 0]) * slope for end in (0, 1))
    long = (clipped[:, 1] - clipped[:, 0]) * length > BORDER_M
    on_border = long & (np.abs(first) <= BORDER_M) & (np.abs(last) <= BORDER_M)
    # An edge at a right angle has no slope to speak of: it crosses where it stands.
    crossing = np.where(np.isfinite(crossing), crossing, t[:, 0])
    crosses = ~on_border & (off[:, 0] * off[:, 1] <= 0) & (crossing > 0) & (crossing < 1)
    return some[pair[on_border]], clipped[on_border], some[pair[crosses]], crossing[crosses]


@dataclass(frozen=True)
class _Edges:
    """Edges of zones in runs of neighbours, so that a segment is held against few of a zone's thousands of edges.

    `heads` are the first edges of the runs, `first_run` the first runs of the zones; both end with their total number.
    """

    ends: Floats
    boxes: tuple[Floats, Floats]
    heads: Ints
    run_boxes: tuple[Floats, Floats]
    first_run: Ints


def _edges(zones: Geometries) -> _Edges:
    ends, owner = edges_of(zones)
    low, high = np.minimum(ends[:, 0], ends[:, 1]), np.maximum(ends[:, 0], ends[:, 1])
    first = np.searchsorted(owner, np.arange(len(zones) + 1))
    heads = np.flatnonzero((np.arange(len(ends)) - first[owner]) % _EDGES_IN_RUN == 0)
    run_boxes = (low, high)
    if len(heads):
        run_boxes = (np.minimum.reduceat(low, heads), np.maximum.reduceat(high, heads))
    return _Edges(ends, (low, high), np.r_[heads, len(ends)], run_boxes, np.searchsorted(heads, first))


def _near(segments: Floats, zone_at: Ints, edges: _Edges) -> tuple[Ints, Ints]:
    """Return the pairs of a segment and an edge of its zone whose boxes meet."""
    low, high = np.minimum(segments[:, 0], segments[:, 1]), np.maximum(segments[:, 0], segments[:, 1])
    low, high = low - BORDER_M, high + BORDER_M
    counts = np.diff(edges.first_run)[zone_at]
    pair, run = np.repeat(np.arange(len(zone_at)), counts), ranges(edges.first_run[zone_at], counts)
    meets = _meet(low[pair], high[pair], *(side[run] for side in edges.run_boxes))
    pair, run = pair[meets], run[meets]
    sizes = np.diff(edges.heads)[run]
    pair, edge = np.repeat(pair, sizes), ranges(edges.heads[run], sizes)
    meets = _meet(low[pair], high[pair], *(side[edge] for side in edges.boxes))
    return pair[meets], edge[meets]


def _meet(low: Floats, high: Floats, other_low: Floats, other_high: Floats) -> Bools:
    # Column by column: a reduction over two columns takes far longer.
    across = (other_low[:, 0] <= high[:, 0]) & (other_high[:, 0] >= low[:, 0])
    return np.asarray(across & (other_low[:, 1] <= high[:, 1]) & (other_high[:, 1] >= low[:, 1]))


def _along(segments: Floats, edges: Floats) -> tuple[Floats, Floats, Floats]:
    """Return where the ends of edges lie along segments (t, rising), how far off to the side, and the length."""
    step = segments[:, 1] - segments[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])
    real = length > 0
    unit = np.divide(step, length[:, np.newaxis], out=np.zeros_like(step), where=real[:, np.newaxis])
    t, off = np.empty((len(step), 2)), np.empty((len(step), 2))
    for end in (0, 1):
        x, y = (edges[:, end] - segments[:, 0]).T
        t[:, end] = x * unit[:, 0] + y * unit[:, 1]
        off[:, end] = y * unit[:, 0] - x * unit[:, 1]
    np.divide(t, length[:, np.newaxis], out=t, where=real[:, np.newaxis])
    falling = t[:, 0] > t[:, 1]
    t[falling], off[falling] = t[falling, ::-1], off[falling, ::-1]
    return t, off, length
