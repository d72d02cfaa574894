"""Whether coordinates can be where their coordinate system says, and how they come to longitude and latitude.

Three mistakes put a layer off the map without a word, and are told from the coordinates themselves: *metres* stated to
be degrees, *degrees* stated to be metres, and x and y *swapped*. Degrees are impossible beyond 90 north or south and
beyond a whole turn east or west (maps across the 180th meridian run on beyond 180). Plane coordinates are taken for a
mistake only where they lie outside the area their system is made for, and inside it if the mistake is undone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyproj

from fringe.errors import MapError
from fringe.maps.symbols import layer_of
from fringe.model.problem import Problem

if TYPE_CHECKING:
    import geopandas as gpd

DEGREES = pyproj.CRS("EPSG:4326")
_POLE, _TURN = 90.0, 360.0

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@lru_cache(maxsize=16)
def way_to_degrees(crs: pyproj.CRS) -> pyproj.Transformer:
    """Return the way from a coordinate system to longitude and latitude on WGS 84; finding one takes 30 ms.

    Raises
    ------
    pyproj.exceptions.ProjError
        If there is none.
    """
    return pyproj.Transformer.from_crs(crs, DEGREES, always_xy=True)


def lonlat_of(xy: Floats, owner: Rows, frame: gpd.GeoDataFrame) -> Floats:
    """Return longitudes and latitudes of coordinates of a frame, each of the row at a position.

    Raises
    ------
    MapError
        If the coordinate system is missing, or coordinates cannot be in it.
    """
    layer, crs = layer_of(frame), frame.crs
    if crs is None:
        raise MapError(Problem("map_no_crs", layer))
    code, wrong = _impossible(xy) if _in_degrees(crs) else ("", np.zeros(len(xy), dtype=bool))
    lonlat = xy
    if not wrong.any() and not crs.is_exact_same(DEGREES):
        lonlat = np.stack(way_to_degrees(crs).transform(xy[:, 0], xy[:, 1]), axis=1)
    if not wrong.any():
        code, wrong = "map_not_finite", np.asarray(~np.isfinite(lonlat).all(axis=1), dtype=bool)
    if not wrong.any() or (code == "map_not_finite" and np.isfinite(xy[wrong]).all()):
        code, wrong = _elsewhere(xy, lonlat, crs) or (code, wrong)
    if wrong.any():
        value = ", ".join(f"{part:.8g}" for part in xy[int(np.flatnonzero(wrong)[0])])
        params = {"value": value, "crs": crs.name}
        raise MapError(Problem(code, layer, tuple(frame.index[np.unique(owner[wrong])]), params=params))
    return lonlat


def check_whereabouts(frame: gpd.GeoDataFrame) -> None:
    """Refuse a frame whose coordinates cannot be where its coordinate system says; quick where its box can.

    Raises
    ------
    MapError
        If they cannot.
    """
    west, south, east, north = frame.total_bounds.tolist()
    if frame.crs is None or not np.isfinite([west, south, east, north]).all():
        return
    corners = np.array([[x, y] for x in (west, east) for y in (south, north)])
    if _in_degrees(frame.crs):
        doubtful = bool(_impossible(corners)[1].any())
    else:
        lonlat = np.stack(way_to_degrees(frame.crs).transform(corners[:, 0], corners[:, 1]), axis=1)
        area = _area(frame.crs)
        doubtful = area is not None and not bool(_within(lonlat, area).all())
    if doubtful:
        xy, owner = frame.geometry.get_coordinates(), np.arange(len(frame))
        at = np.repeat(owner, frame.geometry.count_coordinates().to_numpy())
        lonlat_of(xy.to_numpy(), at, frame)


def _in_degrees(crs: pyproj.CRS) -> bool:
    return bool(crs.is_geographic) and all(axis.unit_name == "degree" for axis in crs.axis_info[:2])


def _impossible(xy: Floats) -> tuple[str, npt.NDArray[np.bool_]]:
    """Return which degrees are none, and the likeliest mistake."""
    x, y = np.abs(xy).T
    wrong = ~((y <= _POLE) & (x <= _TURN)) & np.isfinite(xy).all(axis=1)
    swapped = bool(((x <= _POLE) & (y <= _TURN))[wrong].all())
    return "map_swapped" if swapped else "map_metres", np.asarray(wrong, dtype=bool)


def _elsewhere(xy: Floats, lonlat: Floats, crs: pyproj.CRS) -> tuple[str, npt.NDArray[np.bool_]] | None:
    """Return which plane coordinates lie in their system's area only if a mistake is undone, and the mistake."""
    area = None if _in_degrees(crs) else _area(crs)
    if area is None:
        return None
    out = ~_within(lonlat, area) & np.isfinite(xy).all(axis=1)
    if not out.any():
        return None
    turned = xy[out][:, ::-1]
    plane = np.stack(way_to_degrees(crs).transform(turned[:, 0], turned[:, 1]), axis=1)
    for code, there in (("map_swapped_plane", plane), ("map_degrees", xy[out]), ("map_degrees", turned)):
        if _within(there, area).all():
            return code, np.asarray(out, dtype=bool)
    return None


def _area(crs: pyproj.CRS) -> tuple[float, float, float, float] | None:
    """Return the area a system is made for, unless it is the world or lies across the 180th meridian."""
    area = crs.area_of_use
    if area is None or area.west >= area.east or area.east - area.west >= _TURN:
        return None
    return area.west, area.south, area.east, area.north


def _within(lonlat: Floats, area: tuple[float, float, float, float]) -> npt.NDArray[np.bool_]:
    west, south, east, north = area
    lon, lat = lonlat.T
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north), dtype=bool)
