"""What a coordinate system is: its plane, its ellipsoid, its degrees, its name, and whether two are the same.

Two CRSs are *the same* when they put every place at the same coordinates on the same datum, whatever their names. x is
east and y is north throughout, whatever order the registry gives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import radians

import numpy as np
import numpy.typing as npt
import pyproj

from fringe.errors import CRSError
from fringe.model.problem import Problem

Floats = npt.NDArray[np.float64]
Degrees = Callable[[npt.ArrayLike, npt.ArrayLike], tuple[Floats, Floats]]
# Two systems that agree to 1 mm all over the globe are one.
_SAME_TO_M = 1e-3
_WEB_MERCATOR = "Popular Visualisation Pseudo Mercator"


def plane_of(crs: pyproj.CRS) -> pyproj.CRS:
    """Return the horizontal part of a CRS: without a height system, and without parameters of a shift."""
    while crs.is_bound or crs.is_compound:
        inner = crs.source_crs if crs.is_bound else crs.sub_crs_list[0]
        if inner is None:
            break
        crs = inner
    return crs


def on_earth(crs: pyproj.CRS) -> bool:
    """Return whether a CRS has longitudes and latitudes, as a local one has not."""
    plane = plane_of(crs)
    return plane.geodetic_crs is not None and not plane.is_geocentric


def name_of(crs: pyproj.CRS) -> str:
    """Return how a CRS is called in messages: its code, else its name.

    Examples
    --------
    >>> import pyproj
    >>> from fringe.model.planes import name_of
    >>> name_of(pyproj.CRS.from_epsg(4548))
    'EPSG:4548'
    """
    known = _authority(crs.to_wkt())
    return known or crs.name


@lru_cache(maxsize=256)
def _authority(wkt: str) -> str | None:
    found = pyproj.CRS.from_wkt(wkt).to_authority()
    return f"{found[0]}:{found[1]}" if found else None


def geod_of(crs: pyproj.CRS) -> pyproj.Geod:
    """Return the ellipsoid of a CRS, for geodesic figures.

    Raises
    ------
    CRSError
        If the CRS is a local one that belongs to no ellipsoid.

    Examples
    --------
    >>> import pyproj
    >>> from fringe.model.planes import geod_of
    >>> geod_of(pyproj.CRS.from_epsg(4548)).a
    6378137.0
    """
    geod = plane_of(crs).get_geod()
    if geod is None:
        raise CRSError(Problem("crs_local", "frame", params={"value": name_of(crs)}))
    return geod


@lru_cache(maxsize=64)
def degrees_of(crs: pyproj.CRS) -> Degrees:
    """Return the function from a CRS's coordinates to longitude and latitude in degrees, on its own datum.

    Nothing is shifted between datums. Places without ground become infinite.
    """
    plane = plane_of(crs)
    base = plane.geodetic_crs
    if base is None or plane.is_geocentric:
        raise CRSError(Problem("crs_local", "frame", params={"value": name_of(crs)}))
    to_base = pyproj.Transformer.from_crs(plane, base, always_xy=True)
    # Old French maps count in grads: the base's own unit, in radians, decides.
    unit = base.axis_info[0].unit_conversion_factor / radians(1)

    def degrees(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        lon, lat = to_base.transform(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        return np.asarray(lon) * unit, np.asarray(lat) * unit

    return degrees


def same_crs(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Return whether two CRSs are the same in all but name.

    An unknown datum counts as the other's if the ellipsoid is; ETRS89 and WGS 84, or CGCS2000 and WGS 84, are two.

    Examples
    --------
    >>> import pyproj
    >>> from fringe.model.planes import same_crs
    >>> bare = pyproj.CRS.from_user_input("+proj=tmerc +lon_0=117 +k=0.9996 +x_0=500000 +ellps=WGS84")
    >>> same_crs(bare, pyproj.CRS.from_epsg(32650)), same_crs(bare, pyproj.CRS.from_epsg(32649))
    (True, False)
    """
    return one == other or _same(one.to_wkt(), other.to_wkt())


@lru_cache(maxsize=256)
def _same(one_wkt: str, other_wkt: str) -> bool:
    stated = [pyproj.CRS.from_wkt(wkt) for wkt in (one_wkt, other_wkt)]
    if _shift(stated[0]) != _shift(stated[1]):
        return False
    one, other = (plane_of(crs) for crs in stated)
    if one.equals(other, ignore_axis_order=True):
        return True
    if one.is_projected != other.is_projected or one.geodetic_crs is None or other.geodetic_crs is None:
        return False
    if one.geodetic_crs.is_geocentric or not (_datum(one) == _datum(other) or "" in (_datum(one), _datum(other))):
        return False
    if not alike(one, other, _SAME_TO_M):
        return False
    return _places_agree(one, other)


def _shift(crs: pyproj.CRS) -> tuple[float, ...]:
    """Return the parameters of the datum shift that a CRS brings, if they move anything."""
    way = crs.coordinate_operation if crs.is_bound else None
    return tuple(way.towgs84) if way is not None and any(way.towgs84) else ()


def _places_agree(one: pyproj.CRS, other: pyproj.CRS) -> bool:
    """Return whether places all over the globe have the same coordinates in both, wherever they have any."""
    # Off round degrees, where projections have their seams.
    lon, lat = (axis.ravel() for axis in np.meshgrid(np.arange(-177.5, 180, 5.0), np.arange(-87.5, 90, 5.0)))
    xy = []
    for crs in (one, other):
        across = pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True)
        xy.append(np.array(across.transform(lon, lat)))
    finite = np.isfinite(xy[0]).all(axis=0)
    if not finite.any() or (finite != np.isfinite(xy[1]).all(axis=0)).any():
        return False
    return bool(np.allclose(xy[0][:, finite], xy[1][:, finite], rtol=1e-12, atol=_SAME_TO_M))


def _datum(crs: pyproj.CRS) -> str:
    """Return the name of a datum without what formats add to it; nothing for an unknown one."""
    name = (crs.datum.name if crs.datum else "unknown").casefold().replace("_", " ")
    plain = name.removeprefix("d ").removesuffix(" ensemble")
    return "" if plain.startswith(("unknown", "not specified", "unspecified")) else plain


def alike(one: pyproj.CRS, other: pyproj.CRS, within_m: float) -> bool:
    """Return whether two ellipsoids have the same axes to some metres."""
    a, b = geod_of(one), geod_of(other)
    return abs(a.a - b.a) < within_m and abs(a.b - b.b) < within_m


def unit_m(crs: pyproj.CRS) -> float:
    """Return the metres of a plane's unit, 0 for what is no plane."""
    plane = plane_of(crs)
    return plane.axis_info[0].unit_conversion_factor if plane.is_projected else 0.0


def is_web_mercator(crs: pyproj.CRS) -> bool:
    """Return whether a CRS is EPSG:3857 or one of its other names."""
    way = plane_of(crs).coordinate_operation
    return way is not None and way.method_name == _WEB_MERCATOR
