"""How a plane coordinate system stretches the ground, measured numerically on its own ellipsoid.

The *areal scale* of a place is the plane's m² for one m² of ground; its inverse turns plane areas into ground areas.
A system is *conformal* where it stretches all directions alike. PROJ's own factors are not used: for EPSG:3857 and
ESRI:54009 they are those of a sphere. Instead the plane is laid on the ellipsoid in space (unprojected, then turned
into geocentric coordinates), and the derivatives there, by differences over a few km, give the area and the lengths of
a plane square; that knows no pole and no date line. Measured against `pyproj.Proj.get_factors` on transverse Mercator
it is good to 1e-10.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyproj

from fringe.errors import CRSError
from fringe.model.planes import Floats, degrees_of, geod_of, name_of, plane_of
from fringe.model.problem import Problem

Bounds = tuple[float, float, float, float]
# Half the span of the differences: long enough for the 1e-9 m to which doubles hold a place on the globe, short enough
# for the fourth-order formula (an error of (step / radius)^4).
_STEP_M = 1000.0
# Directions differ by 1e-12 in PROJ's conformal projections, and by 4e-3 in the nearly conformal EPSG:3857.
_CONFORMAL_TO = 1e-6
# Places along each side of a box at which it is looked at: corners, middles, quarters.
_GRID = 5


def inverse_areal_scale(crs: pyproj.CRS, x: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """Return the ground's m² for one square unit of the plane, at places of the plane.

    Parameters
    ----------
    crs
        A projected CRS.
    x, y
        Eastings and northings in the CRS's unit; any shapes that broadcast.

    Returns
    -------
    inverse_scale
        In the common shape; NaN where the plane has no ground.

    Raises
    ------
    CRSError
        If the CRS is not projected.

    Examples
    --------
    On the central meridian of a 3-degree zone the plane is true; at the edge of a UTM zone it is not.

    >>> import pyproj
    >>> from fringe.model.scale import inverse_areal_scale
    >>> [round(float(inverse_areal_scale(pyproj.CRS.from_epsg(code), 5e5, 3.84e6)), 9) for code in (4548, 32649)]
    [1.0, 1.00080048]
    """
    along_x, along_y = _tangents(crs, x, y)
    return np.asarray(np.linalg.norm(np.cross(along_x, along_y, axis=0), axis=0), dtype=np.float64)


def is_conformal(crs: pyproj.CRS, bounds: Bounds) -> bool:
    """Return whether a CRS stretches all directions alike within a box (so that a buffer is as wide on all sides).

    Parameters
    ----------
    crs
        A projected CRS.
    bounds
        West, south, east, north in the CRS.

    Raises
    ------
    CRSError
        If the CRS is not projected.

    Examples
    --------
    >>> import pyproj
    >>> from fringe.model.scale import is_conformal
    >>> [is_conformal(pyproj.CRS.from_epsg(code), (4.7e5, 3.8e6, 4.9e5, 3.9e6)) for code in (4548, 3857, 6933)]
    [True, False, False]
    """
    along_x, along_y = _tangents(crs, *grid(bounds))
    ee, nn = np.sum(along_x**2, axis=0), np.sum(along_y**2, axis=0)
    en = np.sum(along_x * along_y, axis=0)
    unlike = np.maximum(np.abs(ee - nn), 2 * np.abs(en)) / (ee + nn)
    return bool(np.all(unlike < _CONFORMAL_TO))


def worst_areal_error(crs: pyproj.CRS, bounds: Bounds) -> float:
    """Return by how much plane areas are off in the worst place of a box (0.48: 48 % too large).

    Not a number where the box leaves the ground of the CRS.

    Examples
    --------
    >>> import pyproj
    >>> from fringe.model.scale import worst_areal_error
    >>> round(worst_areal_error(pyproj.CRS.from_epsg(3857), (12.65e6, 4.11e6, 12.66e6, 4.12e6)), 2)
    0.48
    """
    errors = 1 / inverse_areal_scale(crs, *grid(bounds)) - 1
    if not np.isfinite(errors).all():
        return float("nan")
    return float(errors[np.argmax(np.abs(errors))])


def grid(bounds: Bounds) -> tuple[Floats, Floats]:
    """Return the places at which a box is looked at, its corners among them."""
    west, south, east, north = bounds
    x, y = np.meshgrid(np.linspace(west, east, _GRID), np.linspace(south, north, _GRID))
    return x.ravel(), y.ravel()


def _tangents(crs: pyproj.CRS, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return what one unit of easting and one of northing are on the ground: vectors in m, shape ``(3, …)``."""
    plane = plane_of(crs)
    if not plane.is_projected:
        code = "crs_degrees_unmeasured" if plane.is_geographic else "crs_local"
        raise CRSError(Problem(code, "frame", params={"value": name_of(crs)}))
    step = _STEP_M / plane.axis_info[0].unit_conversion_factor
    east, north = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    # Central difference of fourth order: f' = (8 (f(+1) - f(-1)) - (f(+2) - f(-2))) / 12.
    away = np.array([-2.0, -1.0, 1.0, 2.0]).reshape(4, *[1] * east.ndim) * step
    weights = np.array([1.0, -8.0, 8.0, -1.0]) / (12 * step)
    ground_x = _on_ground(plane, east + away, north + 0 * away)
    ground_y = _on_ground(plane, east + 0 * away, north + away)
    return np.tensordot(weights, ground_x, (0, 1)), np.tensordot(weights, ground_y, (0, 1))


def _on_ground(plane: pyproj.CRS, x: Floats, y: Floats) -> Floats:
    """Return geocentric coordinates in m, shape ``(3, …)``; NaN where there is no ground."""
    lon, lat = degrees_of(plane)(x, y)
    off = ~(np.isfinite(lon) & np.isfinite(lat))
    lam, phi = np.radians(np.where(off, np.nan, lon)), np.radians(np.where(off, np.nan, lat))
    geod = geod_of(plane)
    normal = geod.a / np.sqrt(1 - geod.es * np.sin(phi) ** 2)
    flat = normal * np.cos(phi)
    return np.stack([flat * np.cos(lam), flat * np.sin(lam), (1 - geod.es) * normal * np.sin(phi)])
