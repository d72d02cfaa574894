"""Lengths of lines in zones, with what runs along a border shared between the zones that have it.

Two ways lead to the same figures. By *geometry*, what lies within a zone is settled whole and the rest cut shorter and
shorter; what still meets a border is followed along it (`fringe.measure.borders`). By the *kernel*, where numba is
installed and there is enough to do, all that crosses borders beyond doubt is followed segment by segment, and only the
rest goes the way of geometry. They differ by rounding: less than 1e-9 of a length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from fringe.measure.borders import Pairs, stretches
from fringe.measure.ellipsoid import LengthRule
from fringe.measure.flat import Bools, Floats, Geometries, Ints, chains_of, ranges, segments_of
from fringe.model.compiled import worthwhile
from fringe.model.parallel import chunked

_ZONES_AT_ONCE = 64
_PAIRS_AT_ONCE = 8192
_EDGES_IN_RUN = 16
# Lines are taken whole, those that cross a border in pieces of so many segments, and so on.
_PIECES = (None, 8, 1)
# By geometry a segment takes some 4 µs, eight times what a vertex of polygons takes elsewhere.
_WORTH = 8
_COLUMNS = ("zone_at", "line_at", "length_m", "border_m")


@dataclass(frozen=True)
class Lengths:
    """Lengths of lines in zones, in one or more rows for each pair; `border_m` is the part along the border."""

    zone_at: Ints
    line_at: Ints
    length_m: Floats
    border_m: Floats


def lengths_in(
    zones: Geometries, lines: Geometries, rule: LengthRule, *, workers: int | None = None, kernel: bool | None = None
) -> Lengths:
    """Return the lengths of lines in zones.

    Parameters
    ----------
    zones
        Valid polygons.
    lines
        Lines and multilines.
    rule
        How lengths are measured.
    workers
        See `fringe.model.parallel.chunked`.
    kernel
        Which way to go; `None` chooses. Without a polynomial scale there is only geometry.
    """
    if kernel is None:
        kernel = worthwhile(_WORTH * int(shapely.get_num_coordinates(lines).sum()))
    if kernel and rule.scale is not None:
        found = _by_kernel(zones, lines, rule, workers)
    else:
        segments, line_at = segments_of(lines)
        found = _by_geometry(zones, lines, (segments, line_at), rule, workers)
    return Lengths(*(np.concatenate([getattr(part, name) for part in found]) for name in _COLUMNS))


def _by_geometry(
    zones: Geometries,
    lines: Geometries | None,
    flat: tuple[Floats, Ints],
    rule: LengthRule,
    workers: int | None,
) -> list[Lengths]:
    """Settle what lies within zones before cutting the rest shorter; without `lines` begin with pieces."""
    found: list[Lengths] = []
    segments, line_at = flat
    for most in _PIECES[lines is None :]:
        pieces, piece_at = (
            (lines, line_at) if lines is not None and most is None else chains_of(segments, line_at, most or 1)
        )
        line_of = np.zeros(len(pieces), dtype=np.int64)
        line_of[piece_at] = line_at
        # Whole lines that may cross a border are cut shorter in any case.
        zone, piece, inside = _meeting(zones, pieces, workers, exact=most is not None)
        crossing = np.zeros(len(pieces), dtype=bool)
        crossing[piece[~inside]] = True
        within = ~crossing[piece]
        metres = rule(pieces[piece[within]])
        found.append(Lengths(zone[within], line_of[piece[within]], metres, np.zeros(len(metres))))
        if most != 1:
            segments, line_at = segments[crossing[piece_at]], line_at[crossing[piece_at]]
    return found + _crossing(zones, Pairs(segments, piece[~within], zone[~within]), line_at, rule)


def _by_kernel(zones: Geometries, lines: Geometries, rule: LengthRule, workers: int | None) -> list[Lengths]:
    """Follow what crosses borders beyond doubt, and leave the other segments to geometry."""
    from fringe.measure.kernels.lines import lengths_inside

    parts, line_at = shapely.get_parts(lines, return_index=True)
    lineal = shapely.get_dimensions(parts) == 1
    parts, line_at = parts[lineal], line_at[lineal]
    xy = shapely.get_coordinates(parts)
    chains = np.r_[0, np.cumsum(shapely.get_num_coordinates(parts))].astype(np.int64)
    zone_at, chain_at = shapely.STRtree(parts).query(zones)
    pairs = np.stack([chain_at, zone_at], axis=1)
    flat_zones = _flat(zones)
    unsure = np.zeros(len(xy), dtype=np.uint8)
    metres = np.zeros(len(pairs))

    def some(places: Ints) -> None:
        def follow(span: slice) -> None:
            here = np.zeros(len(places[span]))
            lengths_inside(pairs[places[span]], xy, chains, flat_zones, scale, unsure, here)
            metres[places[span]] = here

        chunked(follow, len(places), size=_PAIRS_AT_ONCE, workers=workers)

    scale = rule.flat()
    some(np.arange(len(pairs)))
    doubtful = _chains_with(unsure, chains)
    if doubtful.any():
        # What one zone is not sure of is left out in all, so that borders are shared among all who have them.
        some(np.flatnonzero(doubtful[chain_at]))
    found = [Lengths(zone_at, line_at[chain_at], metres, np.zeros(len(metres)))]
    at = np.flatnonzero(unsure)
    if len(at):
        segments = np.stack([xy[at], xy[at + 1]], axis=1)
        owner = line_at[np.searchsorted(chains, at, side="right") - 1]
        found += _by_geometry(zones, None, (segments, owner), rule, workers)
    return found


def _flat(zones: Geometries) -> tuple[Floats, Ints, Floats, Ints, Floats]:
    """Return the zones' rings in runs of edges, as the kernel takes them."""
    from fringe.measure.kernels.lines import run_boxes

    parts, zone_of = shapely.get_parts(zones, return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    counts = shapely.get_num_coordinates(rings).astype(np.int64)
    xy = shapely.get_coordinates(rings)
    in_ring = -(-(counts - 1) // _EDGES_IN_RUN)
    ring_of = np.repeat(np.arange(len(rings)), in_ring)
    first = (np.cumsum(counts) - counts)[ring_of] + ranges(
        np.zeros(len(rings), dtype=np.int64), in_ring
    ) * _EDGES_IN_RUN
    last = np.minimum(first + _EDGES_IN_RUN, (np.cumsum(counts) - 1)[ring_of])
    runs = np.stack([first, last], axis=1)
    first_run = np.searchsorted(zone_of[part_of][ring_of], np.arange(len(zones) + 1)).astype(np.int64)
    return xy, runs, run_boxes(xy, runs), first_run, shapely.bounds(zones)


def _chains_with(unsure: Ints, chains: Ints) -> Bools:
    marks = np.r_[0, np.cumsum(unsure, dtype=np.int64)]
    return np.asarray(marks[chains[1:]] > marks[chains[:-1]])


def _crossing(zones: Geometries, pairs: Pairs, line_at: Ints, rule: LengthRule) -> list[Lengths]:
    """Return the lengths of segments that meet borders: what lies inside, and the shares of what lies along them.

    Segment by segment, because an overlay of a whole line counts once what it runs along twice.
    """
    inside, shared = stretches(pairs, zones)
    inside_m = rule(_lines(inside.ends))
    border_m = rule(_lines(shared.ends)) / shared.parts
    return [
        Lengths(inside.zone_at, line_at[inside.segment_at], inside_m, np.zeros(len(inside_m))),
        Lengths(shared.zone_at, line_at[shared.segment_at], border_m, border_m),
    ]


def _lines(ends: Floats) -> Geometries:
    return np.asarray(shapely.linestrings(ends), dtype=object) if len(ends) else np.array([], dtype=object)


def _meeting(zones: Geometries, lines: Geometries, workers: int | None, *, exact: bool) -> tuple[Ints, Ints, Any]:
    """Return the pairs of zones and lines that meet, and whether the line lies wholly within.

    Unless `exact`, lines are taken to meet zones whose boxes they meet.
    """
    tree = shapely.STRtree(lines)

    def some(span: slice) -> tuple[Ints, Ints, Any]:
        part = zones[span]
        zone_at, line_at = tree.query(part)
        fresh = part[~shapely.is_prepared(part)]
        shapely.prepare(fresh)
        inside = shapely.contains_properly(part[zone_at], lines[line_at])
        meets = np.ones(len(inside), dtype=bool)
        if exact:
            meets[~inside] = shapely.intersects(part[zone_at[~inside]], lines[line_at[~inside]])
        shapely.destroy_prepared(fresh)
        return zone_at[meets] + span.start, line_at[meets], inside[meets]

    found = chunked(some, len(zones), size=_ZONES_AT_ONCE, workers=workers)
    zone_at, line_at, inside = (np.concatenate([part[at] for part in found]) for at in range(3))
    return zone_at, line_at, inside
