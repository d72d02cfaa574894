"""Length and area by tag, of the layers read from an OpenStreetMap file; all as geodesics on WGS 84."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from fringe.io.osm_tags import LINE_LAYERS

Shapes = npt.NDArray[np.object_]


def tag_totals(layers: dict[str, Any], zones: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Total the length and area of each tag, to see what counts and what another choice of tags would change.

    Parameters
    ----------
    layers
        As `read_osm` returns them.
    zones
        Only what lies within these, in EPSG:4326; ground in several zones counts once.

    Returns
    -------
    totals
        By `layer` and `kind`: `n` objects; `length_m` of roads and rail, `area_m2` of plots, land, water and buildings,
        as geodesics on WGS 84. Areas are summed: where plots overlap, ground counts as often as it is covered.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> track = LineString([(7, 0), (7.001, 0)])
    >>> roads = gpd.GeoDataFrame({"kind": ["highway=track"]}, geometry=[track], crs="EPSG:4326")
    >>> tag_totals({"roads": roads}).round(1)
                         n  length_m  area_m2
    layer kind
    roads highway=track  1     111.3      NaN
    """
    hull = None if zones is None else shapely.union_all(zones.geometry.to_numpy())
    parts = []
    for layer in ("roads", "rail", "plots", "land", "water", "buildings"):
        if layer not in layers or layers[layer].empty:
            continue
        shapes = _clipped(layers[layer].geometry.to_numpy(), hull)
        lines = layer in LINE_LAYERS
        measures = {"length_m": _lengths(shapes)} if lines else {"area_m2": geodesic_areas(shapes)}
        table = pd.DataFrame({"layer": layer, "kind": layers[layer]["kind"].to_numpy(), **measures})
        met = table[~shapely.is_empty(shapes)]
        parts.append(met.groupby(["layer", "kind"]).agg(n=("kind", "size"), **{key: (key, "sum") for key in measures}))
    empty = pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["layer", "kind"]))
    totals = pd.concat(parts) if parts else empty
    return totals.reindex(columns=["n", "length_m", "area_m2"])


def _clipped(shapes: Shapes, hull: shapely.Geometry | None) -> Shapes:
    if hull is None:
        return shapes
    shapely.prepare(hull)
    parts = shapes.copy()
    crossing = ~shapely.contains_properly(hull, shapes)
    parts[crossing] = shapely.intersection(shapes[crossing], hull)
    return parts


def geodesic_areas(shapes: Shapes) -> npt.NDArray[np.float64]:
    """Return geodesic areas in m²."""
    geod = Geod(ellps="WGS84")
    turned = shapely.orient_polygons(shapes)
    return np.array([abs(geod.geometry_area_perimeter(shape)[0]) if shape.area else 0.0 for shape in turned])


def _lengths(shapes: Shapes) -> npt.NDArray[np.float64]:
    """Return geodesic lengths in m."""
    lines, owner = shapely.get_parts(shapes, return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    joined = line[1:] == line[:-1]
    ends = xy[:-1][joined], xy[1:][joined]
    metres = Geod(ellps="WGS84").inv(ends[0][:, 0], ends[0][:, 1], ends[1][:, 0], ends[1][:, 1])[2]
    return np.bincount(owner[line[:-1][joined]], metres, minlength=len(shapes)).astype(np.float64)
