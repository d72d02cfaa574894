"""Lengths: how much of a network of lines lies in each zone.

Lines are added as they are drawn: two tracks are twice the length of one, and a line drawn twice counts twice. A
stretch along a border is shared equally between the zones that have it on their border, so that lengths of zones that
tile an area add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.borders import Pairs, stretches
from fringe.measure.doors import admit_lines, bounds_of, groups_by, measured_zones, shapes_of
from fringe.measure.ellipsoid import Measure, area_measure, length_measure
from fringe.measure.flat import Floats, Geometries, Ints, chains_of, segments_of, totals
from fringe.measure.parallel import chunked
from fringe.model.units import M2_PER_KM2, M_PER_KM

_ZONES_AT_ONCE = 64
# Lines are taken whole, those that cross a border in pieces of so many segments, and so on.
_PIECES = (None, 8, 1)
_COLUMNS = ("zone_at", "line_at", "length_m", "border_m")


def lengths(
    lines: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    per: str | None = None,
    planar: bool = False,
    workers: int | None = None,
) -> pd.DataFrame:
    """Measure the length of lines, such as roads or rail, in each zone.

    Parameters
    ----------
    lines
        Lines. What is drawn twice counts twice.
    zones
        Polygons in the same metric CRS. The index identifies them.
    by
        A column of `lines`, such as ``"road_class"``: a row for each zone and kind present in the lines.
    per
        A column of `zones`, such as ``"township"``: the zones of each value are dissolved and measured as one.
    planar
        Whether to measure in the plane of the CRS instead of on its ellipsoid.
    workers
        Threads; `None` chooses. The figures do not depend on it.

    Returns
    -------
    table
        One row per zone, with the index of `zones` in its order (with `per` the values of that column; with `by` two
        levels, zone and kind):

        ``length_m``
            Length in the zone, metres. A stretch along a border counts in equal parts for the zones that have it on
            their border: wholly for one zone, a half each for two.
        ``density_km_per_km2``
            Length per area of the zone; missing for a zone without area.
        ``border_m``
            The part of ``length_m`` that comes from stretches along the zone's border.

    Raises
    ------
    LayerError
        If there are no zones; for duplicate or missing ids, geometry that cannot be measured, or a column that is not
        there.
    CRSError
        If a CRS is missing, the layers differ in it, or it distorts areas by more than 1 %.

    Examples
    --------
    A road along the border of two zones, and on into the eastern one.

    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> from fringe.measure.lengths import lengths
    >>> zones = gpd.GeoDataFrame(
    ...     index=["west", "east"],
    ...     geometry=[box(500_000, 0, 501_000, 1000), box(501_000, 0, 502_000, 1000)],
    ...     crs="EPSG:32650",
    ... )
    >>> roads = gpd.GeoDataFrame(
    ...     geometry=[LineString([(501_000, 0), (501_000, 400), (501_500, 400)])], crs=zones.crs
    ... )
    >>> lengths(roads, zones, planar=True)
          length_m  density_km_per_km2  border_m
    west     200.0                 0.2     200.0
    east     700.0                 0.7     200.0
    """
    layers, crs = admit_lines(lines, zones)
    groups = groups_by(layers["lines"], "lines", by)
    index, shapes = measured_zones(layers["zones"], per)
    bounds = bounds_of(shapes)
    measure = length_measure(crs, bounds, planar=planar)
    found = _lengths_in(shapes, shapes_of(layers["lines"]), measure, workers)
    n_kinds = len(groups.names)
    key = found.zone_at * n_kinds + groups.of[found.line_at]
    size = len(shapes) * n_kinds
    total = totals(key, found.length_m, size)
    area = np.repeat(area_measure(crs, bounds, planar=planar)(shapes), n_kinds)
    density = np.full(size, np.nan)
    np.divide(total / M_PER_KM, area / M2_PER_KM2, out=density, where=area > 0)
    columns = {
        "length_m": total,
        "density_km_per_km2": density,
        "border_m": totals(key, found.border_m, size),
    }
    if by is not None:
        index = pd.MultiIndex.from_product([index, pd.Index(groups.names, dtype=object)], names=[index.name, by])
    return pd.DataFrame(columns, index=index)


@dataclass(frozen=True)
class _Lengths:
    """Lengths of lines in zones, in one or more rows for each pair."""

    zone_at: Ints
    line_at: Ints
    length_m: Floats
    border_m: Floats


def _lengths_in(zones: Geometries, lines: Geometries, measure: Measure, workers: int | None) -> _Lengths:
    """Return the lengths of lines in zones, settling what lies within zones before cutting the rest shorter."""
    found: list[_Lengths] = []
    segments, line_at = segments_of(lines)
    for most in _PIECES:
        pieces, piece_at = (lines, line_at) if most is None else chains_of(segments, line_at, most)
        line_of = np.zeros(len(pieces), dtype=np.int64)
        line_of[piece_at] = line_at
        # Whole lines that may cross a border are cut shorter in any case.
        zone, piece, inside = _meeting(zones, pieces, workers, exact=most is not None)
        crossing = np.zeros(len(pieces), dtype=bool)
        crossing[piece[~inside]] = True
        within = ~crossing[piece]
        metres = measure(pieces[piece[within]])
        found.append(_Lengths(zone[within], line_of[piece[within]], metres, np.zeros(len(metres))))
        if most != 1:
            segments, line_at = segments[crossing[piece_at]], line_at[crossing[piece_at]]
    found += _crossing(zones, Pairs(segments, piece[~within], zone[~within]), line_at, measure)
    return _Lengths(*(np.concatenate([getattr(part, name) for part in found]) for name in _COLUMNS))


def _crossing(zones: Geometries, pairs: Pairs, line_at: Ints, measure: Measure) -> list[_Lengths]:
    """Return the lengths of segments that meet borders: what lies inside, and the shares of what lies along them.

    Segment by segment, because an overlay of a whole line counts once what it runs along twice.
    """
    inside, shared = stretches(pairs, zones)
    inside_m = measure(_lines(inside.ends))
    border_m = measure(_lines(shared.ends)) / shared.parts
    return [
        _Lengths(inside.zone_at, line_at[inside.segment_at], inside_m, np.zeros(len(inside_m))),
        _Lengths(shared.zone_at, line_at[shared.segment_at], border_m, border_m),
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
