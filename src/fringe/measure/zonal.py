"""Zonal statistics: what a raster says of each zone, cells along its border counted by the fraction that lies in it.

A cell *has data* unless its value is the one of no data, is not finite, or its mask says otherwise. *Values* are stored
values times scale plus offset. Fractions are those of the plane of the raster's own grid.

Means and shares weight each cell by its area on the ground where rows differ in it, in degrees and in web Mercator:
there a plain mean would give the north of a zone too much. Elsewhere the cells of a zone are taken to be alike, which
a metric coordinate system keeps to some 1e-4. Sums and counts never are weighted: a cell's people are divided by the
fraction of the cell.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from fringe.errors import CRSError, LayerError
from fringe.io.raster import Raster, describe
from fringe.measure.doors import admit_anywhere, bounds_of, shapes_of
from fringe.measure.flat import Floats, totals
from fringe.measure.zonal_cells import COUNT, COUNT_W, INSIDE_W, OVER_W, SUM, SUM_W, Comparison, Tallies, tallies
from fringe.measure.zonal_edges import Edges, edges_on
from fringe.model.planes import degrees_of, geod_of, is_web_mercator, name_of, on_earth, plane_of, same_crs
from fringe.model.problem import Problem, refuse
from fringe.model.reproject import needs_parameters

STATS = ("mean", "sum", "min", "max", "count", "class_share")
# A stored limit this close to a whole number is that number: 0.3 / 0.0001 is 2999.9999999999995.
_WHOLE_TO = 1e-9
# Gauss' rule on 0..1, three points: the area below an edge that runs over degrees of latitude, to 1e-9.
_PLACES = 0.5 + np.array([-0.5, 0.0, 0.5]) * 0.6**0.5
_SHARES = np.array([5.0, 8.0, 5.0]) / 18
Below = Callable[[Floats], Floats]


def zonal(
    raster: str | os.PathLike[str],
    zones: gpd.GeoDataFrame,
    *,
    stats: str | Iterable[str] = ("mean",),
    threshold: float | None = None,
    band: int = 1,
    nodata: float | None = None,
    workers: int | None = None,
) -> pd.DataFrame:
    """Return statistics of a raster in each zone, with the exact fraction of every cell on a border.

    Parameters
    ----------
    raster
        A file: GeoTIFF or any other that GDAL reads. It is read at full resolution, once, in windows of bounded size.
    zones
        Polygons in any coordinate system; they are brought to that of the raster, their edges staying straight in their
        own. The index identifies them. Each is measured on its own, also where zones overlap.
    stats
        Of ``"mean"``, ``"sum"``, ``"min"``, ``"max"``, ``"count"`` and ``"class_share"``; columns come in this order.
    threshold
        Adds ``over_share``. It is compared in the raster's own type, so that a stored 0.4 of 4 bytes is not over 0.4.
    band
        Of the raster, from 1.
    nodata
        The stored value that means no data, instead of the one that the file states.
    workers
        Threads; `None` chooses. The figures do not depend on it.

    Returns
    -------
    table
        One row per zone, with the index of `zones` in its order; with ``"class_share"`` one for each zone and class
        present in any zone, the second level being ``class``, in order of their values.

        ``mean``
            Of the values, weighted by the area of the zone in each cell.
        ``sum``
            Of the values, each times the fraction of its cell that lies in the zone.
        ``min``, ``max``
            Of the cells that lie in the zone in part or wholly.
        ``count``
            Cells with data, by their fractions.
        ``class_share``
            Area of the class by that of all cells with data, 0 to 1.
        ``over_share``
            Area of the cells whose value is greater than `threshold`, by that of all cells with data, 0 to 1.
        ``valid_share``
            Area of the cells with data by that of the zone, 0 to 1: what the other figures rest on.
        ``inside_share``
            Area of the zone that lies in the raster by that of the zone, 0 to 1.

        Figures of a zone without any data are missing, but for ``count`` and the last two. With classes the figures of
        a zone stand in each of its rows.
        ``table.attrs["problems"]`` holds notes and warnings, such as that zones were reprojected.

    Warns
    -----
    FringeWarning
        For zones outside the raster, named, and for geometry that was mended.

    Raises
    ------
    LayerError
        If there are no zones; for duplicate or missing ids or geometry that cannot be mended; a statistic that is not
        one; a file that is no raster, a band that is not there, a turned grid (with the command that rights it), or,
        for classes, too many values.
    CRSError
        If the raster or the zones state no coordinate system, or the way between them is unknown.

    Notes
    -----
    Cells are cut exactly, as font rasterisers do: every edge adds to each cell it passes the area right of it, and the
    cells between borders are summed whole. A cell of which less than 1e-9 (or of a zone smaller than a cell, less than
    1e-9 of the zone) lies in a zone is taken to lie outside: that is what rounding leaves of borders along cells.

    Examples
    --------
    Four cells of 10 m. One lies in the zone wholly, two by half, one by a quarter: 8 + (4 + 16) / 2 + 12 / 4.

    >>> import tempfile, pathlib
    >>> import geopandas as gpd, numpy as np, rasterio
    >>> from shapely import box
    >>> from fringe.measure.zonal import zonal
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "trees.tif"
    >>> grid = {"width": 2, "height": 2, "transform": rasterio.Affine(10, 0, 500_000, 0, -10, 3_840_020)}
    >>> with rasterio.open(file, "w", count=1, dtype="uint8", crs="EPSG:4548", **grid) as out:
    ...     out.write(np.array([[4, 8], [12, 16]], dtype="uint8"), 1)
    >>> shape = box(500_005, 3_840_005, 500_020, 3_840_020)
    >>> zones = gpd.GeoDataFrame(index=["east"], geometry=[shape], crs="EPSG:4548")
    >>> zonal(file, zones, stats=("sum", "count", "max"), threshold=8)
           sum   max  count  over_share  valid_share  inside_share
    east  21.0  16.0   2.25    0.333333          1.0           1.0
    """
    wanted = _wanted(stats)
    found = describe(raster, band, nodata=nodata)
    limit, turned = _stored_limit(found, threshold)
    layer = admit_anywhere(zones)
    problems: list[Problem] = []
    across = _way(layer, found, problems)
    edges = edges_on(found, shapes_of(layer), across)
    below = _below(found)
    weight = np.abs(np.diff(below(np.arange(found.height + 1.0))))
    ask = Comparison(limit, extremes=bool({"min", "max"} & wanted), classes="class_share" in wanted)
    counted = tallies(found, edges, weight, ask, workers=workers)
    outside = np.asarray(counted.found[:, INSIDE_W] <= 0)
    if outside.any():
        rows = tuple(layer.index[outside])
        problems.append(Problem("zone_outside_raster", "zones", rows, "warning", {"value": found.name}))
    refuse(problems)
    columns = _columns(found, counted, _zone_area(found, edges, counted, below), wanted)
    if threshold is not None:
        columns["over_share"] = 1 - columns["over_share"] if turned else columns["over_share"]
    else:
        del columns["over_share"]
    table = _table(zones.index, columns, _classes(found, counted) if ask.classes else None)
    table.attrs["problems"] = tuple(problems)
    return table


def _wanted(stats: str | Iterable[str]) -> set[str]:
    asked = [stats] if isinstance(stats, str) else list(stats)
    strange = [
        Problem(
            "argument_unknown",
            "zones",
            params={"name": "stats", "value": item, "allowed": ", ".join(STATS), "hint": ""},
        )
        for item in asked
        if item not in STATS
    ]
    if strange:
        raise LayerError(strange)
    return set(asked)


def _stored_limit(raster: Raster, threshold: float | None) -> tuple[Any, bool]:
    """Return the stored value that cells are over, and whether being over it means *not* being over the threshold.

    A negative scale turns the order round: a value is over the threshold where the stored one is below the limit, that
    is where it is not over the next one down.
    """
    kind = raster.dtype.type
    if threshold is None:
        return kind(0), False
    if isinstance(threshold, bool | str) or not math.isfinite(threshold) or not raster.scale:
        params = {"name": "threshold", "value": threshold, "allowed": "a finite number", "hint": ""}
        raise LayerError(Problem("argument_unknown", raster.name, params=params))
    turned = raster.scale < 0
    plain = raster.scale == 1 and raster.offset == 0
    limit = float(threshold) if plain else (threshold - raster.offset) / raster.scale
    if raster.dtype.kind == "f":
        return np.nextafter(kind(limit), kind(-np.inf)) if turned else kind(limit), turned
    whole = round(limit)
    if not plain and math.isclose(limit, whole, rel_tol=_WHOLE_TO, abs_tol=_WHOLE_TO):
        limit = whole
    below = math.ceil(limit) - 1 if turned else math.floor(limit)
    limits = np.iinfo(raster.dtype)
    if below < limits.min:
        # Every value is over: said as not being over the greatest.
        return kind(limits.max), not turned
    return kind(min(below, limits.max)), turned


def _way(zones: gpd.GeoDataFrame, raster: Raster, problems: list[Problem]) -> pyproj.Transformer | None:
    """Return the way from the zones' coordinate system to the raster's, and note that it is gone."""
    crs = pyproj.CRS.from_user_input(zones.crs)
    if same_crs(crs, raster.crs):
        return None
    params = {"value": name_of(crs), "crs": name_of(raster.crs)}
    strange = [
        Problem("crs_local", name, params={"value": name_of(item)})
        for name, item in (("zones", crs), (raster.name, raster.crs))
        if not on_earth(item)
    ]
    if not strange and needs_parameters(bounds_of(shapes_of(zones)), crs, raster.crs):
        strange.append(Problem("crs_needs_parameters", "zones", params=params))
    if strange:
        raise CRSError(strange)
    problems.append(Problem("zones_reprojected", "zones", severity="note", params=params))
    return pyproj.Transformer.from_crs(crs, raster.crs, always_xy=True)


def _below(raster: Raster) -> Below:
    """Return the function from rows to the ground below them in a column, in cells: plain rows where cells are alike.

    On the ellipsoid the ground from the equator to a latitude is that of its authalic latitude (Snyder 1987, 3-12).
    """
    crs = plane_of(raster.crs)
    if not (crs.is_geographic or is_web_mercator(crs)):
        return lambda rows: rows
    eccentricity = geod_of(crs).es ** 0.5
    middle = raster.left + raster.cell_x * raster.width / 2

    def ground(rows: Floats) -> Floats:
        y = raster.top + rows * raster.cell_y
        if crs.is_geographic:
            quarter = np.pi / 2 / crs.axis_info[0].unit_conversion_factor
            y = np.clip(y, -quarter, quarter)
        sine = np.sin(np.radians(degrees_of(crs)(np.full_like(y, middle), y)[1]))
        slope = eccentricity * sine
        if not eccentricity:
            return np.asarray(2 * sine)
        curved = sine / (1 - slope**2) + np.arctanh(slope) / eccentricity
        return np.asarray((1 - eccentricity**2) * curved)

    scale = abs(float(np.diff(ground(np.array([0.0, raster.height])))[0])) / raster.height
    return lambda rows: ground(rows) / scale


def _zone_area(raster: Raster, edges: Edges, counted: Tallies, below: Below) -> Floats:
    """Return the area of each zone, also of what lies outside the raster, in cells."""
    far = np.array([raster.width, raster.height])
    within = np.logical_and((edges.box >= 0).all(axis=1), (edges.box[:, 2:] <= far).all(axis=1))
    area = counted.found[:, INSIDE_W].copy()
    reach = np.flatnonzero(~within[edges.zone_at])
    start, end = edges.ends[reach, 0], edges.ends[reach, 1]
    heights = sum(
        share * below(start[:, 1] + place * (end[:, 1] - start[:, 1]))
        for place, share in zip(_PLACES, _SHARES, strict=True)
    )
    area += np.where(within, 0, np.abs(totals(edges.zone_at[reach], (end - start)[:, 0] * heights, len(area))) - area)
    return np.maximum(area, counted.found[:, INSIDE_W])


def _columns(raster: Raster, counted: Tallies, area: Floats, wanted: set[str]) -> dict[str, Floats]:
    found = counted.found
    none = found[:, COUNT] <= 0
    scaled = {
        "mean": _ratio(found[:, SUM_W], found[:, COUNT_W]) * raster.scale + raster.offset,
        "sum": found[:, SUM] * raster.scale + raster.offset * found[:, COUNT],
    }
    if counted.extremes.shape[1]:
        extremes = counted.extremes.astype(np.float64) * raster.scale + raster.offset
        scaled |= {"min": extremes.min(axis=1), "max": extremes.max(axis=1)}
    columns = {name: np.where(none, np.nan, values) for name, values in scaled.items()}
    columns["count"] = found[:, COUNT]
    columns = {name: columns[name] for name in STATS if name in wanted and name in columns}
    columns["over_share"] = _ratio(found[:, OVER_W], found[:, COUNT_W])
    columns["valid_share"] = np.nan_to_num(_ratio(found[:, COUNT_W], area))
    columns["inside_share"] = np.nan_to_num(_ratio(found[:, INSIDE_W], area))
    return columns


def _ratio(part: Floats, whole: Floats) -> Floats:
    share = np.full(len(whole), np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share


def _classes(raster: Raster, counted: Tallies) -> pd.DataFrame:
    """Return the share of each class, a column for each."""
    plain = raster.scale == 1 and raster.offset == 0
    shares = {
        value if plain else value * raster.scale + raster.offset: _ratio(area, counted.found[:, COUNT_W])
        for value, area in counted.classes.items()
    }
    return pd.DataFrame({value: shares[value] for value in sorted(shares)}, index=range(len(counted.found)))


def _table(index: pd.Index[Any], columns: dict[str, Floats], classes: pd.DataFrame | None) -> pd.DataFrame:
    if classes is None:
        return pd.DataFrame(columns, index=index)
    n = classes.shape[1]
    repeated = {name: np.repeat(values, n) for name, values in columns.items()}
    both = pd.MultiIndex.from_product([index, classes.columns.rename("class")])
    shown = {name: values for name, values in repeated.items() if name in STATS}
    rest = {name: values for name, values in repeated.items() if name not in STATS}
    return pd.DataFrame({**shown, "class_share": classes.to_numpy().ravel(), **rest}, index=both)
