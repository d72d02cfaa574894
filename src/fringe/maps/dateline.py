"""Maps across the 180th meridian: what lies on both sides of it is drawn side by side, not at both ends of the world.

The longitudes of such a map run on beyond 180 degrees. *Parts* (points, lines, polygons) move as wholes: a part that
spans more than half the world is as wide as it says. Only one that *crosses* the meridian is bent: its longitudes jump
from one end of the world to the other where the ground does not. In a plane system that is seen from the middle of a
jumping edge, which lies near the 180th meridian; in degrees, where an edge says no more than its ends, a part crosses
if it jumps and is small and near the meridian on both sides (RFC 7946 has such parts cut in two, but programs that
convert coordinates do not cut).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from fringe.maps.encode import to_degrees
from fringe.maps.layer import Layer
from fringe.maps.whereabouts import way_to_degrees

_HALF, _WHOLE = 180.0, 360.0
_CORNERS = 5
# What crosses in degrees lies within so many degrees of the 180th meridian, and is no taller than twice that.
_NEAR = 20.0
_FIRST_MULTI = 4

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Parts:
    """Where the parts of a layer lie: for each its ends in longitude, and for every vertex its part and longitude."""

    shapes: gpd.GeoSeries
    xy: Floats
    part: npt.NDArray[np.int64]
    west: Floats
    east: Floats
    bent: bool


def in_one_piece(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return the layers as given, or with running longitudes where they would else span the world.

    They are if all of them together span more than half the world from -180 to 180 degrees, and less from another
    meridian on.
    """
    there = [layer for layer in layers if np.isfinite(layer.frame.total_bounds).all()]
    if not there or _span([_rough(layer.frame) for layer in there]) <= _HALF:
        return tuple(layers)
    found = [_parts(layer.frame) for layer in layers]
    west, east = (np.concatenate([getattr(one, end) for one in found]) for end in ("west", "east"))
    start = _first_meridian(west, east)
    moved = [_moved(one, start) for one in found]
    return tuple(
        layer if shapes is None else replace(layer, frame=layer.frame.set_geometry(shapes))
        for layer, shapes in zip(layers, moved, strict=True)
    )


def _parts(frame: gpd.GeoDataFrame) -> _Parts:
    shapes = to_degrees(frame)
    parts = shapes.to_numpy()
    xy = shapely.get_coordinates(parts)
    # Vertices keep their order while collections are taken apart.
    while (shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        parts = shapely.get_parts(parts)
    parts = parts[~shapely.is_missing(parts) & ~shapely.is_empty(parts)]
    part = np.repeat(np.arange(len(parts)), shapely.get_num_coordinates(parts))
    west, _, east, _ = shapely.bounds(parts).T if len(parts) else np.empty((4, 0))
    plane = None if frame.crs is None or frame.crs.is_geographic else shapely.get_coordinates(frame.geometry.to_numpy())
    bent = False
    for at in np.flatnonzero(east - west > _HALF).tolist():
        own = part == at
        if _crosses(xy[own], None if plane is None else plane[own], frame):
            xy[own, 0] = np.where(xy[own, 0] < 0, xy[own, 0] + _WHOLE, xy[own, 0])
            west[at], east[at], bent = xy[own, 0].min(), xy[own, 0].max(), True
    return _Parts(shapes, xy, part, west, east, bent)


def _crosses(lonlat: Floats, plane: Floats | None, frame: gpd.GeoDataFrame) -> bool:
    """Return whether a part that seems to span more than half the world crosses the 180th meridian instead."""
    jumps = np.flatnonzero(np.abs(np.diff(lonlat[:, 0])) > _HALF)
    if not jumps.size:
        return False
    if plane is None:
        far, tall = np.abs(lonlat[:, 0]).min(), np.ptp(lonlat[:, 1])
        # A box of the whole world has all its corners on the meridian.
        flat = np.abs(lonlat[:, 0]).min() == _HALF
        return bool(far >= _HALF - _NEAR and tall <= 2 * _NEAR and not flat)
    middles = (plane[jumps] + plane[jumps + 1]) / 2
    lon, _ = way_to_degrees(frame.crs).transform(middles[:, 0], middles[:, 1])
    ends = np.abs(lonlat[jumps, 0]), np.abs(lonlat[jumps + 1, 0])
    return bool((np.abs(lon) >= np.minimum(*ends)).all())


def _first_meridian(west: Floats, east: Floats) -> float | None:
    """Return where a map begins that goes around the world's widest gap, if it is so less than half the world wide."""
    if not len(west) or (east - west >= _HALF).any() or np.ptp([west.min(), east.max()]) <= _HALF:
        return None
    begins = (west + _HALF) % _WHOLE - _HALF
    order = np.argsort(begins, kind="stable")
    begins = begins[order]
    reach = np.maximum.accumulate(begins + (east - west)[order])
    gaps = np.append(begins[1:], begins[0] + _WHOLE) - reach
    widest = int(np.argmax(gaps))
    if _WHOLE - gaps[widest] >= _HALF:
        return None
    return float(begins[(widest + 1) % len(begins)])


def _moved(parts: _Parts, start: float | None) -> gpd.GeoSeries | None:
    """Return shapes with each part moved to begin at a meridian or east of it; `None` where nothing moves."""
    shift = np.zeros(len(parts.west))
    if start is not None:
        shift = np.rint((start + (parts.west - start) % _WHOLE - parts.west) / _WHOLE) * _WHOLE
    if not parts.bent and not shift.any():
        return None
    xy = parts.xy + np.column_stack([shift[parts.part], np.zeros(len(parts.part))])
    moved: Any = shapely.set_coordinates(parts.shapes.to_numpy().copy(), xy)
    return gpd.GeoSeries(moved, index=parts.shapes.index, crs=parts.shapes.crs)


def _span(parts: Sequence[Floats]) -> float:
    lon = np.concatenate([*parts, np.empty(0)])
    lon = lon[np.isfinite(lon)]
    return float(np.ptp(lon)) if lon.size else 0.0


def _rough(frame: gpd.GeoDataFrame) -> Floats:
    """Return longitudes on a grid over a layer's box: quick, and as wide as its own."""
    west, south, east, north = frame.total_bounds
    x, y = np.meshgrid(np.linspace(west, east, _CORNERS), np.linspace(south, north, _CORNERS))
    lon, _ = way_to_degrees(frame.crs).transform(x.ravel(), y.ravel())
    return np.asarray(lon, dtype=np.float64)
