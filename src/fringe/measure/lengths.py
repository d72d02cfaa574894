"""Lengths: how much of a network of lines lies in each zone.

Lines are added as they are drawn: two tracks are twice the length of one, and a line drawn twice counts twice. A
stretch along a border is shared equally between the zones that have it on their border, so that lengths of zones that
tile an area add up.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.measure.borders import share_borders
from fringe.measure.cuts import overlay
from fringe.measure.doors import admit_lines, bounds_of, groups_by, measured_zones, shapes_of
from fringe.measure.ellipsoid import (
    Floats,
    Geometries,
    Ints,
    Measure,
    area_measure,
    length_measure,
    segments_of,
    totals,
)
from fringe.measure.parallel import chunked
from fringe.model.units import M2_PER_KM2, M_PER_KM

_ZONES_AT_ONCE = 64


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
    line_zone, line_at, length, border = _lengths_in(shapes, shapes_of(layers["lines"]), measure, workers)
    n_kinds = len(groups.names)
    key = line_zone * n_kinds + groups.of[line_at]
    size = len(shapes) * n_kinds
    total = totals(key, length, size)
    area = np.repeat(area_measure(crs, bounds, planar=planar)(shapes), n_kinds)
    density = np.full(size, np.nan)
    np.divide(total / M_PER_KM, area / M2_PER_KM2, out=density, where=area > 0)
    columns = {
        "length_m": total,
        "density_km_per_km2": density,
        "border_m": totals(key, border, size),
    }
    if by is not None:
        index = pd.MultiIndex.from_product([index, pd.Index(groups.names, dtype=object)], names=[index.name, by])
    return pd.DataFrame(columns, index=index)


def _lengths_in(
    zones: Geometries, lines: Geometries, measure: Measure, workers: int | None
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return zone, line, length in the zone, and how much of it along its border, in one or more rows per pair."""
    zone_at, line_at, inside = _meeting(zones, lines, workers)
    whole_zone, whole_line = zone_at[inside], line_at[inside]
    crossing = np.unique(line_at[~inside])
    # Segment by segment: an overlay of a whole line would count a stretch it runs along twice only once.
    segments, owner = segments_of(lines[crossing])
    owner = crossing[owner]
    sharing = share_borders(segments, zones[np.unique(zone_at[~inside])])
    border_zone = np.unique(zone_at[~inside])[sharing.zone_at]
    border_line = owner[sharing.shared.segment_at[sharing.stretch_at]]
    border_m = measure(_lines(sharing.shared.ends))[sharing.stretch_at] / sharing.parts
    free = _lines(sharing.free.ends)
    free_zone, free_at, free_inside = _meeting(zones, free, workers)
    pieces = free[free_at]
    cut = ~free_inside
    pieces[cut] = overlay(shapely.intersection, pieces[cut], zones[free_zone[cut]])
    free_line = owner[sharing.free.segment_at[free_at]]
    # A zone that holds a line whole has it already, though the line crosses another zone that overlaps.
    new = ~np.isin(free_zone * len(lines) + free_line, whole_zone * len(lines) + whole_line)
    columns = (
        (whole_zone, border_zone, free_zone[new]),
        (whole_line, border_line, free_line[new]),
        (measure(lines[whole_line]), border_m, measure(pieces[new])),
        (np.zeros(len(whole_zone)), border_m, np.zeros(int(new.sum()))),
    )
    line_zone, line_of, length, border = (np.concatenate(column) for column in columns)
    return line_zone, line_of, length, border


def _lines(ends: Floats) -> Geometries:
    return np.asarray(shapely.linestrings(ends), dtype=object) if len(ends) else np.array([], dtype=object)


def _meeting(zones: Geometries, lines: Geometries, workers: int | None) -> tuple[Ints, Ints, Any]:
    """Return the pairs of zones and lines that meet, and whether the line lies wholly within."""
    tree = shapely.STRtree(lines)

    def some(span: slice) -> tuple[Ints, Ints, Any]:
        part = zones[span]
        zone_at, line_at = tree.query(part)
        fresh = part[~shapely.is_prepared(part)]
        shapely.prepare(fresh)
        inside = shapely.contains_properly(part[zone_at], lines[line_at])
        meets = inside.copy()
        meets[~inside] = shapely.intersects(part[zone_at[~inside]], lines[line_at[~inside]])
        shapely.destroy_prepared(fresh)
        return zone_at[meets] + span.start, line_at[meets], inside[meets]

    found = chunked(some, len(zones), size=_ZONES_AT_ONCE, workers=workers)
    zone_at, line_at, inside = (np.concatenate([part[at] for part in found]) for at in range(3))
    return zone_at, line_at, inside
