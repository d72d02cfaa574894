"""Lengths: how much of a network of lines lies in each zone.

Lines are added as they are drawn: two tracks are twice the length of one, and a line drawn twice counts twice. A
stretch along a border is shared equally between the zones that have it on their border, so that lengths of zones that
tile an area add up.
"""

from __future__ import annotations

from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import pandas as pd

from fringe.errors import LayerError
from fringe.measure.doors import admit_lines, bounds_of, column_problems, groups_by, measured_zones, shapes_of
from fringe.measure.ellipsoid import area_measure, length_measure
from fringe.measure.flat import Floats, totals
from fringe.measure.line_cuts import lengths_in
from fringe.model.problem import Problem
from fringe.model.units import M2_PER_KM2, M_PER_KM

_DUAL = "dual"
_DUAL_WEIGHTS = {"full": 1.0, "half": 0.5}


def lengths(
    lines: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    per: str | None = None,
    dual: str = "full",
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
    dual
        ``"half"``: lines whose column `dual` is true count by half, because the two carriageways of a dual road are
        drawn as two lines, and standards of road density count the road once. ``"full"``: every line counts as drawn.
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

    Drawn as one of the two carriageways of a dual road it counts by half.

    >>> lengths(roads.assign(dual=True), zones, dual="half", planar=True)["length_m"].tolist()
    [100.0, 350.0]
    """
    layers, crs = admit_lines(lines, zones)
    weights = _weights(layers["lines"], dual)
    groups = groups_by(layers["lines"], "lines", by)
    index, shapes = measured_zones(layers["zones"], per)
    bounds = bounds_of(shapes)
    measure = length_measure(crs, bounds, planar=planar)
    found = lengths_in(shapes, shapes_of(layers["lines"]), measure, workers=workers)
    weight = weights[found.line_at]
    n_kinds = len(groups.names)
    key = found.zone_at * n_kinds + groups.of[found.line_at]
    size = len(shapes) * n_kinds
    total = totals(key, found.length_m * weight, size)
    area = np.repeat(area_measure(crs, bounds, planar=planar)(shapes), n_kinds)
    density = np.full(size, np.nan)
    np.divide(total / M_PER_KM, area / M2_PER_KM2, out=density, where=area > 0)
    columns = {
        "length_m": total,
        "density_km_per_km2": density,
        "border_m": totals(key, found.border_m * weight, size),
    }
    if by is not None:
        index = pd.MultiIndex.from_product([index, pd.Index(groups.names, dtype=object)], names=[index.name, by])
    return pd.DataFrame(columns, index=index)


def _weights(lines: gpd.GeoDataFrame, dual: str) -> Floats:
    """Return how much a metre of each line counts; a line that does not say it is one of a pair counts whole."""
    problems = []
    if dual not in _DUAL_WEIGHTS:
        hint = "".join(get_close_matches(str(dual), _DUAL_WEIGHTS, n=1))
        params = {"name": "dual", "value": dual, "allowed": ", ".join(_DUAL_WEIGHTS), "hint": hint}
        problems.append(Problem("argument_unknown", "lines", params=params))
    elif dual == "full" or not len(lines):
        return np.ones(len(lines))
    else:
        problems += column_problems(lines, "lines", _DUAL)
    if problems:
        raise LayerError(problems)
    flags = lines[_DUAL]
    odd = flags.notna() & ~flags.isin([True, False])
    if odd.any():
        params = {"column": _DUAL, "value": str(flags[odd].iloc[0]), "allowed": "True, False", "hint": ""}
        raise LayerError(Problem("unknown_value", "lines", tuple(lines.index[odd]), params=params))
    return np.where(flags.eq(True).fillna(value=False).to_numpy(dtype=bool), _DUAL_WEIGHTS[dual], 1.0)
