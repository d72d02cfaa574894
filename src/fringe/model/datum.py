"""The shifted coordinates of Chinese web maps, and telling which ones a layer holds.

*WGS 84* is where things are (CGCS2000 agrees with it to a metre). *GCJ-02* (AMap, Tencent) moves every place in China
by a few hundred metres, differently from place to place; *BD-09* (Baidu) moves GCJ-02 once more. Neither has an EPSG
code, so such layers usually bear the label EPSG:4326. Outside a box around China (72.004-137.8347 E, 0.8293-55.8271 N)
nothing is moved; within a km of the box's edge the way back is not unique. The formulas are those in public use; the
way back is found by fixed point.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from fringe.errors import CRSError, DatumError
from fringe.model.alignment import DatumGuess, best_reading
from fringe.model.choice import is_layer
from fringe.model.planes import Floats, alike, on_earth, plane_of
from fringe.model.problem import Problem

__all__ = [
    "DATUMS",
    "DatumGuess",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "detect_datum",
    "from_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "to_wgs84",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]

Layer = TypeVar("Layer", gpd.GeoDataFrame, gpd.GeoSeries)
Shift = Callable[[npt.ArrayLike, npt.ArrayLike], tuple[Floats, Floats]]

DATUMS = ("wgs84", "gcj02", "bd09")
# Krassovsky 1940, on which GCJ-02 reckons its metres.
_A, _EE = 6378245.0, 0.00669342162296594323
_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
_BD_X = np.pi * 3000 / 180
_BD_LON, _BD_LAT = 0.0065, 0.006
# Each evaluation leaves about 1/200 of the error of the last: 3 m, 1 cm, 4e-5 m ... after six only rounding is left.
_EVALUATIONS = 6
# A metre of ellipsoid: WGS 84, CGCS2000 and GRS 80 are one for these shifts, Krassovsky is not.
_ALIKE_M = 1.0


def wgs84_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return GCJ-02 longitudes and latitudes of places in WGS 84, in degrees; nothing moves outside the box of China.

    Examples
    --------
    >>> from fringe.model.datum import wgs84_to_gcj02
    >>> [round(float(value), 12) for value in wgs84_to_gcj02(113.70, 34.68)]
    [113.706153189579, 34.678880692183]
    """
    return _inside(_to_gcj, lon, lat)


def gcj02_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return WGS 84 longitudes and latitudes of GCJ-02 ones, to 1e-9 degrees; see `wgs84_to_gcj02`.

    Examples
    --------
    >>> from fringe.model.datum import gcj02_to_wgs84
    >>> [round(float(value), 9) for value in gcj02_to_wgs84(113.70615318957913, 34.678880692182716)]
    [113.7, 34.68]
    """
    return _inside(partial(_inverse, _to_gcj), lon, lat)


def gcj02_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return BD-09 longitudes and latitudes of GCJ-02 ones, in degrees; nothing moves outside the box of China."""
    return _inside(_to_bd, lon, lat)


def bd09_to_gcj02(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return GCJ-02 longitudes and latitudes of BD-09 ones, to 1e-9 degrees; see `gcj02_to_bd09`."""
    return _inside(partial(_inverse, _to_bd), lon, lat)


def wgs84_to_bd09(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return BD-09 longitudes and latitudes of places in WGS 84, in degrees.

    Examples
    --------
    >>> from fringe.model.datum import wgs84_to_bd09
    >>> [round(float(value), 12) for value in wgs84_to_bd09(113.70, 34.68)]
    [113.712750752286, 34.684556783301]
    """
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def bd09_to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return WGS 84 longitudes and latitudes of BD-09 ones, to 1e-9 degrees; see `wgs84_to_bd09`."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def to_wgs84(gdf: Layer, datum: str) -> Layer:
    """Return a layer in true coordinates whose coordinates are shifted.

    Every vertex moves; heights stay. Only the active geometry is moved.

    Parameters
    ----------
    gdf
        A layer of any geometry, heights, collections and empty ones included. In degrees, whatever its label; or in a
        plane CRS on WGS 84 or CGCS2000 into which shifted degrees were projected.
    datum
        What it holds: ``"gcj02"``, ``"bd09"``; ``"wgs84"`` moves nothing.

    Returns
    -------
    layer
        In EPSG:4326; a plane layer stays in its own CRS.

    Raises
    ------
    DatumError
        If the datum is unknown, or the CRS is on another ellipsoid, which no such map uses.
    CRSError
        If the layer has no CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from fringe.model.datum import to_wgs84
    >>> shifted = gpd.GeoDataFrame(geometry=[Point(113.70615318957913, 34.678880692182716)], crs="EPSG:4326")
    >>> to_wgs84(shifted, datum="gcj02").get_coordinates().round(9).to_numpy().tolist()
    [[113.7, 34.68]]
    """
    shifts: dict[str, Shift] = {"wgs84": _still, "gcj02": gcj02_to_wgs84, "bd09": bd09_to_wgs84}
    moved: Layer = _shifted(gdf, shifts[_known(datum)])
    return moved


def from_wgs84(gdf: Layer, datum: str) -> Layer:
    """Return a layer moved to where a Chinese web map draws it; a display copy, never to be measured.

    Parameters
    ----------
    gdf
        A layer in true coordinates; see `to_wgs84`.
    datum
        What to make of it: ``"gcj02"``, ``"bd09"``; ``"wgs84"`` moves nothing.

    Returns
    -------
    layer
        Labelled EPSG:4326 for want of a code; a plane layer stays in its own CRS.

    Raises
    ------
    DatumError, CRSError
        As `to_wgs84`.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from fringe.model.datum import from_wgs84
    >>> true = gpd.GeoDataFrame(geometry=[Point(113.70, 34.68)], crs="EPSG:4490")
    >>> from_wgs84(true, datum="bd09").get_coordinates().round(9).to_numpy().tolist()
    [[113.712750752, 34.684556783]]
    """
    shifts: dict[str, Shift] = {"wgs84": _still, "gcj02": wgs84_to_gcj02, "bd09": wgs84_to_bd09}
    moved: Layer = _shifted(gdf, shifts[_known(datum)])
    return moved


def detect_datum(gdf: gpd.GeoDataFrame, reference: gpd.GeoDataFrame) -> DatumGuess:
    """Return which datum a layer's coordinates are in, by a reference that holds the same objects in true coordinates.

    The layer is read in each datum in turn and held against the reference: object by object where both have the same
    ids (a named index) or unique names, else (or where that decides nothing) outline against outline. The residual is
    the median distance. Undecided when the best is not at most half of the second: far from China, where nothing is
    shifted; where objects are not the same; where outlines lie so densely that every shift meets some.

    Parameters
    ----------
    gdf
        The layer in question, in degrees or in a plane CRS.
    reference
        The same objects, or their outlines, in any CRS.

    Returns
    -------
    guess
        `datum` (`None` if undecided), `residual_m` for each datum, `matched` (how).

    Raises
    ------
    DatumError
        If one of them has no coordinates, or the layer's CRS is on another ellipsoid.
    CRSError
        If one of them has no CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from fringe.model.datum import detect_datum, from_wgs84
    >>> true = gpd.GeoDataFrame(geometry=[Point(113.6, 34.7), Point(113.8, 34.6)], crs="EPSG:4326")
    >>> guess = detect_datum(from_wgs84(true, datum="gcj02"), true)
    >>> guess.datum, guess.undecided, round(guess.residual_m["gcj02"], 6)
    ('gcj02', False, 0.0)
    """
    readings = {datum: to_wgs84(gdf, datum) for datum in DATUMS}
    _degrees(reference)
    return best_reading(readings, reference)


def _still(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def _inside(shift: Shift, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Shift the places within the box around China."""
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    within = (x >= _WEST) & (x <= _EAST) & (y >= _SOUTH) & (y <= _NORTH)
    moved_x, moved_y = x.copy(), y.copy()
    moved_x[within], moved_y[within] = shift(x[within], y[within])
    return moved_x, moved_y


def _inverse(shift: Shift, lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Find what a shift takes to given places, in a fixed number of steps: no place depends on the others."""
    wanted = np.asarray([lon, lat], dtype=np.float64)
    found = wanted
    for _ in range(_EVALUATIONS):
        found = found + (wanted - np.asarray(shift(found[0], found[1])))
    return found[0], found[1]


def _to_gcj(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    px, py = np.pi * x, np.pi * y
    ripple = 20 * np.sin(6 * px) + 20 * np.sin(2 * px)
    north = ripple + 20 * np.sin(py) + 40 * np.sin(py / 3) + 160 * np.sin(py / 12) + 320 * np.sin(py / 30)
    east = ripple + 20 * np.sin(px) + 40 * np.sin(px / 3) + 150 * np.sin(px / 12) + 300 * np.sin(px / 30)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + 2 / 3 * north
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + 2 / 3 * east
    phi = np.radians(lat)
    m = 1 - _EE * np.sin(phi) ** 2
    per_degree_lat = _A * (1 - _EE) / (m * np.sqrt(m)) * np.pi / 180
    per_degree_lon = _A / np.sqrt(m) * np.cos(phi) * np.pi / 180
    return lon + east_m / per_degree_lon, lat + north_m / per_degree_lat


def _to_bd(lon: npt.ArrayLike, lat: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * _BD_X)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * _BD_X)
    return radius * np.cos(angle) + _BD_LON, radius * np.sin(angle) + _BD_LAT


def _known(datum: object) -> str:
    """Return the datum's own name for ways of writing it (``GCJ-02``)."""
    plain = str(datum).casefold().replace("-", "").replace("_", "").replace(" ", "")
    if plain not in DATUMS:
        raise DatumError(Problem("datum_unknown", "frame", params={"value": datum, "allowed": ", ".join(DATUMS)}))
    return plain


def _degrees(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> pyproj.CRS:
    """Return the CRS of a layer that is on the ellipsoid the shifts are made for."""
    if not is_layer(layer):
        raise DatumError(Problem("geometry_column_missing", "frame"))
    crs = layer.crs
    if crs is None:
        raise CRSError(Problem("crs_missing", "frame"))
    if not on_earth(crs) or not alike(plane_of(crs), pyproj.CRS.from_epsg(4326), _ALIKE_M):
        raise DatumError(Problem("datum_base", "frame", params={"value": crs.name}))
    return crs


def _shifted(layer: Any, shift: Shift) -> Any:
    crs = _degrees(layer)
    plane = plane_of(crs)
    there = pyproj.Transformer.from_crs(plane, plane.geodetic_crs, always_xy=True)

    def move(xy: Floats) -> Floats:
        moved = xy.copy()
        if plane.is_projected:
            lon, lat = shift(*there.transform(xy[:, 0], xy[:, 1]))
            moved[:, 0], moved[:, 1] = there.transform(lon, lat, direction="INVERSE")
        else:
            moved[:, 0], moved[:, 1] = shift(xy[:, 0], xy[:, 1])
        return moved

    label = crs if plane.is_projected else pyproj.CRS.from_epsg(4326)
    shapes = np.asarray(layer.geometry.array, dtype=object).copy()
    for high in (False, True):
        chosen = shapely.has_z(shapes) == high
        shapes[chosen] = shapely.transform(shapes[chosen], move, include_z=high)
    moved = gpd.GeoSeries(shapes, index=layer.index, crs=label, name=layer.geometry.name)
    return moved if isinstance(layer, gpd.GeoSeries) else layer.set_geometry(moved)
