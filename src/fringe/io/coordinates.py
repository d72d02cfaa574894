"""Coordinates in the columns of a table: which columns they are, which way round, and in which system.

*Surveyors' order* is X north and Y east; *map order* is X east and Y north. Offices use both under the headings X, Y.
A *zoned easting* bears the number of its Gauss-Krueger zone in front: 39 472 507 is 472 507 in zone 39. Zones 25 to 45
are the 3 degree zones of China (zone 39: central meridian 117), 13 to 23 the 6 degree ones.

What the figures settle is recognised and said; what they do not (the central meridian of an easting without its zone)
is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from fringe.model.problem import Problem, Severity
from fringe.model.units import plain

Floats = npt.NDArray[np.float64]

# Headings, after NFKC, lower-casing and without blanks, in pairs: east, north.
DEGREES = (
    frozenset({"lon", "long", "lng", "longitude", "经度", "东经", "经度°", "经度(e)", "经度e", "x经度", "lon_dd"}),
    frozenset({"lat", "latitude", "纬度", "北纬", "纬度°", "纬度(n)", "纬度n", "y纬度", "lat_dd"}),
)
PLANE = (
    frozenset({"easting", "east", "e", "东坐标", "东向坐标", "横坐标", "东坐标(m)", "东坐标(米)", "easting_m"}),
    frozenset({"northing", "north", "n", "北坐标", "北向坐标", "纵坐标", "北坐标(m)", "北坐标(米)", "northing_m"}),
)
BARE = (
    frozenset({"x", "x坐标", "坐标x", "x(m)", "x(米)", "x_m", "point_x", "coord_x", "中心x", "x_coord"}),
    frozenset({"y", "y坐标", "坐标y", "y(m)", "y(米)", "y_m", "point_y", "coord_y", "中心y", "y_coord"}),
)
WKT = frozenset({"wkt", "geometry", "geom", "the_geom", "wkt_geom", "图形", "几何", "几何图形", "shape_wkt"})

# What plane coordinates of Gauss-Krueger and UTM zones can be: the two ranges do not meet, so they tell the order.
_EAST = (1e5, 1e6)
_NORTH = (1e6, 1e7)
_ZONED = (13e6, 46e6)
_MILLION = 1e6
_THREE_DEGREES = range(25, 46)
_SIX_DEGREES = range(13, 24)
_MAX_LON, _MAX_LAT = 180.0, 90.0
_DMS = re.compile(
    r"^\s*(?P<sign>[-+]?)(?P<d>\d{1,3})\s*[°度]\s*(?:(?P<m>\d{1,2}(?:\.\d+)?)\s*[′'分’]\s*)?"
    r"(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:[″\"秒”]|'')\s*)?(?P<side>[NSEWnsew北南东西]?)\s*$"
)


@dataclass(frozen=True)
class Columns:
    """Where a table keeps its coordinates.

    Parameters
    ----------
    kind
        ``degrees``, ``plane``, ``bare`` (X and Y, of either) or ``wkt``.
    names
        East and north; of ``wkt`` the one column.
    """

    kind: str
    names: tuple[str, ...]


@dataclass
class Placed:
    """Shapes made from columns, the system they are in (if known), and what was found."""

    shapes: npt.NDArray[np.object_]
    crs: pyproj.CRS | None
    problems: list[Problem] = field(default_factory=list)


def coordinate_columns(headings: Sequence[str]) -> Columns | None:
    """Return the columns that hold coordinates, or `None`.

    Examples
    --------
    >>> coordinate_columns(["名称", "经度", "纬度"]), coordinate_columns(["Y", "X"])
    (Columns(kind='degrees', names=('经度', '纬度')), Columns(kind='bare', names=('X', 'Y')))
    """
    by_plain = {plain(heading): heading for heading in reversed(headings)}
    for kind, (east, north) in (("degrees", DEGREES), ("plane", PLANE), ("bare", BARE)):
        easts = [heading for key, heading in by_plain.items() if key in east]
        norths = [heading for key, heading in by_plain.items() if key in north]
        if easts and norths:
            return Columns(kind, (easts[-1], norths[-1]))
    found = [heading for key, heading in by_plain.items() if key in WKT]
    return Columns("wkt", (found[-1],)) if found else None


def place(table: pd.DataFrame, where: Columns, layer: str, stated: pyproj.CRS | None) -> Placed:
    """Return the shapes of a table's rows and the coordinate system of the figures.

    Parameters
    ----------
    table
        Rows numbered from the first line of data.
    where
        The columns of the coordinates.
    layer
        What problems are said of.
    stated
        The coordinate system the user states, if any; it is never overruled.
    """
    if where.kind == "wkt":
        return _from_wkt(table[where.names[0]], layer, stated)
    problems: list[Problem] = []
    east, found = _figures(table[where.names[0]], where.names[0], layer)
    problems += found
    north, found = _figures(table[where.names[1]], where.names[1], layer)
    problems += found
    known = np.isfinite(east) & np.isfinite(north)
    half = np.isfinite(east) ^ np.isfinite(north)
    if half.any() and not problems:
        problems.append(Problem("coordinate_half", layer, _numbers(half)))
    east, north, found = _in_map_order(east, north, known, where, layer)
    problems += found
    east, crs, found = _system(east, north, known, where, layer, stated)
    problems += found
    points = np.full(len(table), None, dtype=object)
    points[known] = shapely.points(east[known], north[known])
    return Placed(points, crs, problems)


def _numbers(where: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    """Return the numbers of rows, counted from one."""
    return tuple(int(at) + 1 for at in np.flatnonzero(where))


def _figures(column: pd.Series[Any], heading: str, layer: str) -> tuple[Floats, list[Problem]]:
    figures = np.array([parse_coordinate(item) for item in column], dtype=float)
    given = np.array([not (pd.isna(item) or (isinstance(item, str) and not item.strip())) for item in column], bool)
    odd = given & ~np.isfinite(figures)
    problems = [
        Problem("coordinate_unreadable", layer, (at + 1,), params={"heading": heading, "value": str(column.iloc[at])})
        for at in np.flatnonzero(odd).tolist()
    ]
    return figures, problems


def parse_coordinate(item: object) -> float:
    """Return a coordinate as a number: plain, or in degrees, minutes and seconds; NaN for what is neither.

    Examples
    --------
    >>> parse_coordinate("117.70"), round(parse_coordinate("117°42′00″E"), 6), parse_coordinate("117,7")
    (117.7, 117.7, nan)
    """
    if isinstance(item, int | float | np.number) and not isinstance(item, bool):
        return float(item)
    if not isinstance(item, str):
        return float("nan")
    text = item.strip().translate(str.maketrans("０１２３４５６７８９．－", "0123456789.-"))
    if found := _DMS.match(text):
        size = int(found["d"]) + float(found["m"] or 0) / 60 + float(found["s"] or 0) / 3600
        return -size if found["sign"] == "-" or found["side"].upper() in {"S", "W", "南", "西"} else size
    try:
        return float(text.replace(" ", ""))
    except ValueError:
        return float("nan")


def _within(figures: Floats, bounds: tuple[float, float]) -> bool:
    return bool(len(figures)) and bool(((figures >= bounds[0]) & (figures < bounds[1])).all())


def _in_map_order(
    east: Floats, north: Floats, known: npt.NDArray[np.bool_], where: Columns, layer: str
) -> tuple[Floats, Floats, list[Problem]]:
    """Exchange the two where only the other order makes sense."""
    first, second = east[known], north[known]
    plane = _within(first, _NORTH) and (_within(second, _EAST) or _within(second, _ZONED))
    # No latitude is beyond 90.
    degrees = (
        bool(len(first))
        and bool((np.abs(second) > _MAX_LAT).all() and (np.abs(second) <= _MAX_LON).all())
        and bool((np.abs(first) <= _MAX_LAT).all())
    )
    if not (plane or degrees):
        return east, north, []
    params = {"first": where.names[0], "second": where.names[1]}
    # For X and Y surveyors' order is a custom; under any other heading it is a mistake.
    severity: Severity = "note" if where.kind == "bare" and plane else "warning"
    return north, east, [Problem("coordinates_exchanged", layer, severity=severity, params=params)]


def _system(
    east: Floats,
    north: Floats,
    known: npt.NDArray[np.bool_],
    where: Columns,
    layer: str,
    stated: pyproj.CRS | None,
) -> tuple[Floats, pyproj.CRS | None, list[Problem]]:
    """Return the eastings and their coordinate system, stated or told by the figures."""
    first, second = east[known], north[known]
    if not len(first):
        return east, stated, []
    zoned = _within(first, _ZONED) and _within(second, _NORTH)
    if stated is not None:
        return _as_stated(east, first, stated, layer, zoned=zoned)
    if zoned:
        crs, problems = _zone_system(first, layer)
        return east, crs, problems
    if bool((np.abs(first) <= _MAX_LON).all() and (np.abs(second) <= _MAX_LAT).all()):
        return east, pyproj.CRS.from_epsg(4326), [Problem("crs_assumed_degrees", layer, severity="note")]
    params = {"headings": ", ".join(where.names), "example": f"{first[0]:.10g}, {second[0]:.10g}"}
    code = "coordinates_not_degrees" if where.kind == "degrees" else "crs_missing_plane"
    return east, None, [Problem(code, layer, params=params)]


def _zones(first: Floats) -> list[int]:
    return sorted({int(number) for number in np.unique(first // _MILLION)})


def _zone_system(first: Floats, layer: str) -> tuple[pyproj.CRS | None, list[Problem]]:
    zones = _zones(first)
    if len(zones) > 1:
        return None, [Problem("coordinates_several_zones", layer, params={"value": ", ".join(map(str, zones))})]
    epsg = zone_epsg(zones[0])
    if epsg is None:
        return None, [Problem("coordinates_no_zone", layer, params={"value": zones[0]})]
    crs = pyproj.CRS.from_epsg(epsg)
    params = {"value": zones[0], "crs": f"EPSG:{epsg}", "crs_name": crs.name}
    return crs, [Problem("crs_from_zone", layer, severity="warning", params=params)]


def zone_epsg(zone: int) -> int | None:
    """Return the EPSG code of the CGCS2000 system whose eastings bear a zone's number.

    Examples
    --------
    >>> zone_epsg(39), zone_epsg(20), zone_epsg(24)
    (4527, 4498, None)
    """
    if zone in _THREE_DEGREES:
        return 4513 + zone - _THREE_DEGREES.start
    return 4491 + zone - _SIX_DEGREES.start if zone in _SIX_DEGREES else None


def _as_stated(
    east: Floats, first: Floats, stated: pyproj.CRS, layer: str, *, zoned: bool
) -> tuple[Floats, pyproj.CRS | None, list[Problem]]:
    """Bring eastings with, or without, a zone's number to the stated system's way of writing them."""
    operation = stated.coordinate_operation
    params = {item.name: float(item.value or 0) for item in operation.params} if operation else {}
    false_east = params.get("False easting", 0.0)
    meridian = params.get("Longitude of natural origin", np.nan)
    bears = false_east >= _ZONED[0]
    if bears == zoned or not stated.is_projected or (bears and not _within(first, _EAST)):
        return east, stated, []
    if bears:
        zone = int(false_east // _MILLION)
        return east + zone * _MILLION, stated, [_restated(layer, zone, stated)]
    zones = _zones(first)
    centre = {3 * zones[0]} if zones[0] in _THREE_DEGREES else {6 * zones[0] - 3}
    if len(zones) > 1 or meridian not in centre:
        said = {"value": ", ".join(map(str, zones)), "crs": stated.name}
        return east, stated, [Problem("zone_against_crs", layer, params=said)]
    return east - zones[0] * _MILLION, stated, [_restated(layer, zones[0], stated)]


def _restated(layer: str, zone: int, stated: pyproj.CRS) -> Problem:
    return Problem("zone_restated", layer, severity="repaired", params={"value": zone, "crs": stated.name})


def _from_wkt(column: pd.Series[Any], layer: str, stated: pyproj.CRS | None) -> Placed:
    """Return shapes from well-known text, with or without an SRID in front."""
    shapes = np.full(len(column), None, dtype=object)
    codes: set[int] = set()
    problems: list[Problem] = []
    for at, item in enumerate(column):
        if pd.isna(item) or not str(item).strip():
            continue
        srid, _, text = str(item).rpartition(";")
        shapes[at] = shapely.from_wkt(text, on_invalid="ignore")
        if shapes[at] is None:
            shown = f"{text[:40]}…" if len(text) > 40 else text  # noqa: PLR2004 - enough to recognise it
            problems.append(Problem("geometry_unreadable", layer, (at + 1,), params={"reason": f"WKT {shown}"}))
        if found := re.fullmatch(r"\s*SRID=(\d+)\s*", srid, re.IGNORECASE):
            codes.add(int(found[1]))
    crs = stated
    if crs is None and len(codes) == 1 and codes != {0}:
        crs = pyproj.CRS.from_epsg(codes.pop())
    elif crs is None and np.isfinite(bounds := _bounds(shapes)).all():
        low_x, low_y, high_x, high_y = bounds
        if max(abs(low_x), abs(high_x)) <= _MAX_LON and max(abs(low_y), abs(high_y)) <= _MAX_LAT:
            crs = pyproj.CRS.from_epsg(4326)
            problems.append(Problem("crs_assumed_degrees", layer, severity="note"))
        else:
            params = {"headings": str(column.name), "example": f"{low_x:.10g}, {low_y:.10g}"}
            problems.append(Problem("crs_missing_plane", layer, params=params))
    return Placed(shapes, crs, problems)


def _bounds(shapes: npt.NDArray[np.object_]) -> Floats:
    """Return the bounds of all shapes; NaN if there are none."""
    there = shapes[~shapely.is_missing(shapes)]
    return np.asarray(shapely.total_bounds(there) if len(there) else np.full(4, np.nan), dtype=float)
