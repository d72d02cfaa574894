"""Display copies: layers moved to where a shifted basemap draws them, and never measured. The map's own frames stay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd

from fringe.maps.encode import to_degrees
from fringe.model.datum import from_wgs84

if TYPE_CHECKING:
    from fringe.maps.map import Map


def shifted(sheet: Map, datum: str) -> Map:
    """Return a map whose layers and kilometre posts lie in another datum.

    Examples
    --------
    >>> from shapely import Point
    >>> from fringe.maps import Map
    >>> place = gpd.GeoDataFrame(geometry=[Point(113.70, 34.68)], crs="EPSG:4326")
    >>> shifted(Map("Here").draw(place), "gcj02").layers[0].frame.get_coordinates().round(6).to_numpy().tolist()
    [[113.706153, 34.678881]]
    """
    layers = tuple(replace(layer, frame=_moved(layer.frame, datum)) for layer in sheet.layers)
    posts = None if sheet.posts is None else _moved(sheet.posts, datum)
    return replace(sheet, layers=layers, posts=posts)


def _moved(frame: gpd.GeoDataFrame, datum: str) -> gpd.GeoDataFrame:
    return frame.set_geometry(from_wgs84(to_degrees(frame), datum))
