"""Choosing the plane to measure in, by where the layers lie.

China has a conformal plane for every 3 degrees (CGCS2000, Gauss-Krueger), the rest of the world for every 6 (UTM).
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pyproj

from fringe.errors import CRSError
from fringe.model.planes import Floats, degrees_of, name_of, on_earth, unit_m
from fringe.model.problem import Problem
from fringe.model.scale import Bounds, grid

# UTM is defined between these latitudes.
_UTM_SOUTH, _UTM_NORTH = -80.0, 84.0
# China's 3-degree zones without a zone number in the easting: EPSG 4534 for 75 E to 4554 for 135 E.
_CHINA_FIRST_CODE, _CHINA_FIRST_CM, _CHINA_LAST_CM = 4534, 75, 135
_DEGREES_LON, _DEGREES_LAT = 360.0, 90.0


def metric_crs(*layers: gpd.GeoDataFrame) -> pyproj.CRS:
    """Return the CRS to measure layers in, by the centre of their common bounds.

    In China the CGCS2000 3-degree Gauss-Krueger zone (EPSG 4534 + (CM - 75) / 3), elsewhere the UTM zone on WGS 84;
    both conformal. A zone counts as China's where the EPSG registry says it is used.

    Parameters
    ----------
    *layers
        In any CRSs, also different ones; layers without coordinates have no say.

    Raises
    ------
    CRSError
        If a layer has no CRS, if there is no coordinate at all, if degrees are none, or near a pole (beyond UTM).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from fringe.model.choice import metric_crs
    >>> metric_crs(gpd.GeoDataFrame(geometry=[Point(113.70, 34.68)], crs="EPSG:4326")).name
    'CGCS2000 / 3-degree Gauss-Kruger CM 114E'
    >>> metric_crs(gpd.GeoDataFrame(geometry=[Point(7.5, 46.0)], crs="EPSG:4326")).to_epsg()
    32632
    """
    return chosen({f"#{at}": layer for at, layer in enumerate(layers, start=1)})


def is_layer(layer: object) -> bool:
    """Return whether something has geometry: a frame with an active geometry column, or such a column alone."""
    if isinstance(layer, gpd.GeoSeries):
        return True
    return isinstance(layer, gpd.GeoDataFrame) and layer.active_geometry_name is not None


def bounds_of(layer: gpd.GeoDataFrame) -> Bounds | None:
    """Return west, south, east, north; nothing for a layer without coordinates."""
    west, south, east, north = (float(edge) for edge in layer.total_bounds)
    return (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None


def looked_at(crs: pyproj.CRS, bounds: Bounds) -> tuple[Floats, Floats]:
    """Return the places by which a box is judged, in degrees.

    Of a box in degrees the corners alone: what lies between -179 and 178 is seldom the whole globe.
    """
    west, south, east, north = bounds
    x, y = (
        grid(bounds)
        if crs.is_projected
        else (np.array([west, east, west, east]), np.array([south, south, north, north]))
    )
    return degrees_of(crs)(x, y)


def chosen(layers: Mapping[str, gpd.GeoDataFrame]) -> pyproj.CRS:
    """Return the metric CRS of layers called by name; see `metric_crs`."""
    looked = [_places(name, layer) for name, layer in layers.items()]
    problems = [found for found in looked if isinstance(found, Problem)]
    if problems:
        raise CRSError(problems)
    places = [found for found in looked if isinstance(found, np.ndarray)]
    return _crs_at(*_centre(np.concatenate(places, axis=1))) if places else _kept(layers)


def _places(name: str, layer: gpd.GeoDataFrame) -> Floats | Problem | None:
    """Return where a layer's bounds lie, in degrees, shape ``(2, n)``; nothing for a layer without coordinates."""
    if not is_layer(layer):
        return Problem("geometry_column_missing", name) if len(layer) else None
    bounds = bounds_of(layer)
    if bounds is None:
        return None
    if layer.crs is None:
        return Problem("crs_missing", name)
    if not on_earth(layer.crs):
        return Problem("crs_local", name, params={"value": name_of(layer.crs)})
    lon, lat = looked_at(layer.crs, bounds)
    if (np.abs(lon) <= _DEGREES_LON).all() and (np.abs(lat) <= _DEGREES_LAT).all():
        return np.array([lon, lat])
    code = "coordinates_not_degrees" if layer.crs.is_geographic else "crs_outside"
    example = f"{bounds[0]:.10g}, {bounds[1]:.10g}"
    return Problem(code, name, params={"example": example, "value": name_of(layer.crs)})


def _kept(layers: Mapping[str, gpd.GeoDataFrame]) -> pyproj.CRS:
    """Return the first CRS in metres that layers without any coordinates have."""
    for layer in layers.values():
        if is_layer(layer) and layer.crs is not None and unit_m(layer.crs) == 1:
            return layer.crs
    raise CRSError(Problem("crs_no_place", listed(layers)))


def _centre(places: Floats) -> tuple[float, float]:
    """Return the middle of places in degrees, the short way round the globe."""
    lon = np.unique(places[0] % 360)
    gaps = np.diff(lon, append=lon[0] + 360)
    widest = int(np.argmax(gaps))
    first, last = lon[(widest + 1) % len(lon)], lon[widest]
    middle = first + ((last - first) % 360) / 2
    return float((middle + 180) % 360 - 180), float((places[1].min() + places[1].max()) / 2)


def _crs_at(lon: float, lat: float) -> pyproj.CRS:
    meridian = int((lon + 1.5) // 3) * 3
    if _CHINA_FIRST_CM <= meridian <= _CHINA_LAST_CM:
        crs = pyproj.CRS.from_epsg(_CHINA_FIRST_CODE + (meridian - _CHINA_FIRST_CM) // 3)
        used = crs.area_of_use
        if used is not None and used.south <= lat <= used.north and used.west <= lon <= used.east:
            return crs
    if not _UTM_SOUTH <= lat <= _UTM_NORTH:
        raise CRSError(Problem("crs_polar", "frame", params={"value": f"{lat:.1f}"}))
    zone = min(int((lon + 180) // 6) + 1, 60)
    return pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def listed(layers: Mapping[str, object]) -> str:
    """Return the names of layers in one text."""
    return ", ".join(layers) or "frame"
