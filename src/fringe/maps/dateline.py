"""Maps across the 180th meridian: what lies on both sides of it is drawn side by side, not at both ends of the world.

The longitudes of such a map run on beyond 180 degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from fringe.maps.encode import to_degrees, way_to_degrees
from fringe.maps.layer import Layer

_HALF, _WHOLE = 180.0, 360.0
_CORNERS = 5


def in_one_piece(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers as given, or with running longitudes where they would else span the world.

    They are if all of them together span more than half the world from -180 to 180 degrees, and less from 0 to 360.
    """
    there = [layer for layer in layers if np.isfinite(layer.frame.total_bounds).all()]
    if not there or _span([_rough(layer.frame) for layer in there]) <= _HALF:
        return tuple(layers)
    shapes = [to_degrees(layer.frame) for layer in layers]
    lon = [shapely.get_coordinates(part.to_numpy())[:, 0] for part in shapes]
    if _span(lon) <= _HALF or _span([_onward(part) for part in lon]) >= _HALF:
        return tuple(layers)
    return tuple(
        replace(layer, frame=layer.frame.set_geometry(_moved(part))) for layer, part in zip(layers, shapes, strict=True)
    )


def _moved(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    moved = shapely.transform(shapes.to_numpy(), lambda xy: np.column_stack([_onward(xy[:, 0]), xy[:, 1]]))
    return gpd.GeoSeries(moved, index=shapes.index, crs=shapes.crs)


def _onward(lon: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(lon < 0, lon + _WHOLE, lon)


def _span(parts: Sequence[npt.NDArray[np.float64]]) -> float:
    lon = np.concatenate([*parts, np.empty(0)])
    lon = lon[np.isfinite(lon)]
    return float(np.ptp(lon)) if lon.size else 0.0


def _rough(frame: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return longitudes on a grid over a layer's box: quick, and as wide as its own."""
    west, south, east, north = frame.total_bounds
    x, y = np.meshgrid(np.linspace(west, east, _CORNERS), np.linspace(south, north, _CORNERS))
    lon, _ = way_to_degrees(frame.crs).transform(x.ravel(), y.ravel())
    return np.asarray(lon, dtype=np.float64)
