"""Bringing layers to the one plane they are measured in, or saying why that cannot be done."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar, overload

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from pyproj.transformer import AreaOfInterest, TransformerGroup

from fringe.errors import CRSError
from fringe.model.choice import bounds_of, chosen, is_layer
from fringe.model.planes import (
    alike,
    degrees_of,
    geod_of,
    is_web_mercator,
    name_of,
    on_earth,
    plane_of,
    same_crs,
    unit_m,
)
from fringe.model.problem import Problem
from fringe.model.scale import Bounds, grid

Frame = TypeVar("Frame", bound=pd.DataFrame)
# A shift between datums is believed up to the accuracy PROJ states for it.
_SHIFT_TO_M = 5.0
# Ellipsoids closer than this (all of GRS 80, WGS 84, CGCS2000) belong to datums that agree to about a metre.
_ALIKE_M = 1.0
_POLE = 90.0


@overload
def to_metric(layers: gpd.GeoDataFrame, crs: Any = None) -> gpd.GeoDataFrame: ...
@overload
def to_metric(layers: Mapping[str, Frame], crs: Any = None) -> dict[str, Frame]: ...
@overload
def to_metric(layers: tuple[Frame, ...], crs: Any = None) -> tuple[Frame, ...]: ...
@overload
def to_metric(layers: list[Frame], crs: Any = None) -> list[Frame]: ...
def to_metric(layers: Any, crs: Any = None) -> Any:
    """Return layers in one metric CRS.

    Parameters
    ----------
    layers
        One layer, a sequence or a mapping of layers, in any CRSs. Tables without geometry pass through.
    crs
        The metric CRS, as anything pyproj understands; `None`: `metric_crs` of the layers.

    Returns
    -------
    layers
        In the form they came: a layer, a list, a tuple or a dict. A layer in the CRS already is the same object.

    Raises
    ------
    CRSError
        If a layer has no CRS, if the CRS asked for is none, not in metres or EPSG:3857, if a layer's datum can only be
        guessed at (Xi'an 1980, Beijing 1954 and local systems need parameters), or if coordinates leave the CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point
    >>> from fringe.model.reproject import to_metric
    >>> layer = to_metric(gpd.GeoDataFrame(geometry=[Point(116.70, 34.68)], crs="EPSG:4326"))
    >>> layer.crs.to_epsg(), layer.get_coordinates().round(3).to_numpy().tolist()
    (4548, [[472507.315, 3839133.808]])
    """
    if isinstance(layers, pd.DataFrame | pd.Series):
        return _converted({"frame": layers}, crs)["frame"]
    if isinstance(layers, Mapping):
        return _converted(layers, crs)
    done = list(_converted({f"#{at}": layer for at, layer in enumerate(layers, start=1)}, crs).values())
    return tuple(done) if isinstance(layers, tuple) else done


def _converted(layers: Mapping[str, Any], crs: Any) -> dict[str, Any]:
    located = {name: layer for name, layer in layers.items() if is_layer(layer)}
    if not located:
        return dict(layers)
    target = chosen(located) if crs is None else _asked(crs)
    problems = []
    for name, layer in located.items():
        if layer.crs is None and len(layer):
            problems.append(Problem("crs_missing", name))
        elif layer.crs is not None and not on_earth(layer.crs):
            problems.append(Problem("crs_local", name, params={"value": name_of(layer.crs)}))
        elif layer.crs is not None and needs_parameters(bounds_of(layer), layer.crs, target):
            params = {"value": name_of(layer.crs), "crs": name_of(target)}
            problems.append(Problem("crs_needs_parameters", name, params=params))
    if problems:
        raise CRSError(problems)
    done = {name: _moved(layer, target) if name in located else layer for name, layer in layers.items()}
    lost = [
        Problem("crs_outside", name, rows, params={"value": name_of(target)})
        for name, layer in located.items()
        if (rows := _lost_rows(layer, done[name]))
    ]
    if lost:
        raise CRSError(lost)
    return done


def _asked(crs: Any) -> pyproj.CRS:
    """Return the CRS asked for, if it is one in metres."""
    try:
        target = pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError as error:
        raise CRSError(Problem("crs_unknown", "frame", params={"value": crs})) from error
    if unit_m(target) != 1 or is_web_mercator(target):
        raise CRSError(Problem("crs_not_metric", "frame", params={"value": name_of(target)}))
    return target


def _moved(layer: gpd.GeoDataFrame, target: pyproj.CRS) -> gpd.GeoDataFrame:
    if layer.crs is not None and layer.crs == target:
        return layer
    if layer.crs is None or same_crs(layer.crs, target):
        return layer.set_crs(target, allow_override=True)
    return layer.to_crs(target)


def _lost_rows(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> tuple[Hashable, ...]:
    """Return the rows whose coordinates were numbers and are none now."""
    if after is before:
        return ()
    broken = []
    for layer in (before, after):
        xy, at = shapely.get_coordinates(np.asarray(layer.geometry.array), return_index=True)
        broken.append(set(at[~np.isfinite(xy).all(axis=1)].tolist()))
    return tuple(before.index[at] for at in sorted(broken[1] - broken[0]))


def needs_parameters(bounds: Bounds | None, source: pyproj.CRS, target: pyproj.CRS) -> bool:
    """Return whether the way to another datum is unknown, so that PROJ would move nothing and say nothing.

    Between systems on alike ellipsoids a null shift is right to about a metre. A sphere stands for degrees on any
    ellipsoid. A CRS that brings its own parameters (TOWGS84) has them.
    """
    if bounds is None or source.is_bound:
        return False
    if alike(plane_of(source), plane_of(target), _ALIKE_M) or geod_of(source).f == 0:
        return False
    lon, lat = degrees_of(source)(*grid(bounds))
    if not np.isfinite([lon, lat]).all() or (np.abs(lat) > _POLE).any():
        return False  # it is no place at all, which is said as such
    bases = plane_of(source).geodetic_crs, plane_of(target).geodetic_crs
    area = AreaOfInterest(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    with warnings.catch_warnings():
        # PROJ names grids it would rather have; what counts is the accuracy of the ways it has.
        warnings.simplefilter("ignore", UserWarning)
        ways = TransformerGroup(*bases, always_xy=True, area_of_interest=area, allow_ballpark=False)
    return not any(0 <= way.accuracy <= _SHIFT_TO_M for way in ways.transformers)
