"""The plane everything is measured in, and refusing what is unfit to be measured in.

A *metric CRS* is a projected one in metres in which areas are right to 1 % over the layers. Choosing one, bringing
layers to it and the scale within it stand in modules of their own and are had from here.
"""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pyproj

from fringe.errors import CRSError
from fringe.model.choice import bounds_of, chosen, is_layer, listed, looked_at, metric_crs
from fringe.model.planes import geod_of, is_web_mercator, name_of, plane_of, same_crs, unit_m
from fringe.model.problem import Problem
from fringe.model.reproject import to_metric
from fringe.model.scale import inverse_areal_scale, is_conformal, worst_areal_error

__all__ = [
    "geod_of",
    "inverse_areal_scale",
    "is_conformal",
    "metric_crs",
    "name_of",
    "require_conformal",
    "require_metric",
    "same_crs",
    "to_metric",
]

# Plane areas may be off by this much: five times what a UTM zone needs, a fiftieth of EPSG:3857 at 35 degrees.
_AREA_OFF = 0.01
# For studies wider than any conformal system serves: equal-area, its lengths measured as geodesics.
_WORLD_EQUAL_AREA = "EPSG:6933"


def require_metric(**layers: gpd.GeoDataFrame) -> pyproj.CRS:
    """Return the one metric CRS of layers, or raise all that keeps them from being measured together.

    Plane areas are held against the ellipsoid at 25 places of each layer's bounds, so that UTM far outside its zone is
    refused and an equal-area system passes. Units other than the metre are refused: widths and areas are given in m and
    m². A layer without rows has no say unless all are.

    Parameters
    ----------
    **layers
        By the name that messages call them.

    Raises
    ------
    CRSError
        With every problem: a missing CRS, a second CRS, degrees, EPSG:3857, another unit, areas off by more than 1 %;
        with the distortion and a CRS to use.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.model.crs import require_metric
    >>> zones = gpd.GeoDataFrame(geometry=[box(13000000, 4110000, 13010000, 4120000)], crs="EPSG:3857")
    >>> try:
    ...     require_metric(zones=zones)
    ... except ValueError as error:
    ...     print(error.render("en"))
    improvement zones: areas in EPSG:3857 (web Mercator) are off by +48.2 %.
    Convert it with to_metric(...), to EPSG:4548.
    """
    return _required(layers)


def require_conformal(**layers: gpd.GeoDataFrame) -> pyproj.CRS:
    """Return the one metric CRS of layers, as `require_metric`, and conformal: a width is the same on all sides.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from fringe.model.crs import require_conformal
    >>> require_conformal(rail=gpd.GeoDataFrame(geometry=[box(4.7e5, 3.8e6, 4.9e5, 3.9e6)], crs="EPSG:4548")).to_epsg()
    4548
    """
    crs = _required(layers)
    stretched = [
        Problem("crs_not_conformal", name, params=_advice(crs, layers))
        for name, layer in layers.items()
        if (bounds := bounds_of(layer)) and not is_conformal(crs, bounds)
    ]
    if stretched:
        raise CRSError(stretched)
    return crs


def _required(layers: Mapping[str, gpd.GeoDataFrame]) -> pyproj.CRS:
    problems = [Problem("geometry_column_missing", name) for name, layer in layers.items() if not is_layer(layer)]
    located = {name: layer for name, layer in layers.items() if is_layer(layer)}
    telling = {name: layer for name, layer in located.items() if len(layer)} or located
    first: pyproj.CRS | None = None
    for name, layer in telling.items():
        if layer.crs is None:
            problems.append(Problem("crs_missing", name))
        elif unfit := _unfit(name, layer.crs, layer, telling):
            problems.append(unfit)
        elif first is None:
            first = layer.crs
        elif not same_crs(first, layer.crs):
            params = {**_advice(layer.crs, telling), "other": name_of(first)}
            problems.append(Problem("crs_mixed", name, params=params))
    if first is None and not problems:
        problems = [Problem("crs_no_place", listed(layers))]
    if problems or first is None:
        raise CRSError(problems)
    return first


def _unfit(
    name: str, crs: pyproj.CRS, layer: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame]
) -> Problem | None:
    """Return why a layer's CRS is not fit for measuring, if it is not."""
    plane, bounds = plane_of(crs), bounds_of(layer)
    code, more = "", {}
    if not plane.is_projected:
        code = "crs_degrees" if plane.is_geographic else "crs_local"
    elif unit_m(plane) != 1:
        code, more = "crs_not_metres", {"unit": plane.axis_info[0].unit_name}
    else:
        off = worst_areal_error(plane, bounds) if bounds else 0.0
        more = {"percent": f"{100 * off:+.1f} %"}
        if np.isnan(off):
            code = "crs_outside"
        elif is_web_mercator(plane):
            code = "crs_web_mercator"
        elif abs(off) > _AREA_OFF:
            code = "crs_distorted"
    return Problem(code, name, params={**_advice(crs, layers), **more}) if code else None


def _advice(crs: pyproj.CRS, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, str]:
    """Return the names of a CRS and of one to use instead: equal-area where layers are too wide for a conformal one."""
    try:
        better = chosen({name: layer for name, layer in layers.items() if layer.crs is not None})
    except CRSError:
        return {"value": name_of(crs), "crs": _WORLD_EQUAL_AREA}
    across = pyproj.Transformer.from_crs(better.geodetic_crs, better, always_xy=True)
    for layer in layers.values():
        bounds = bounds_of(layer)
        if layer.crs is None or bounds is None:
            continue
        scale = inverse_areal_scale(better, *across.transform(*looked_at(layer.crs, bounds)))
        if not (np.abs(scale - 1) <= _AREA_OFF).all():
            return {"value": name_of(crs), "crs": _WORLD_EQUAL_AREA}
    return {"value": name_of(crs), "crs": name_of(better)}
