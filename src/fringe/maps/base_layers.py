"""Vector tiles as layers of a map: a quiet base under the study's own, in a group of the legend of their own.

They have no popups and no names, and lie below all other layers whatever the order in which they were added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pyproj

from fringe.errors import FringeError, MapError
from fringe.io.tiles import Archive
from fringe.io.vector_tiles import CLASS, THEMES, read_base
from fringe.maps.basemap import Basemap
from fringe.maps.layer import Layer, Shade
from fringe.maps.style import Categories, Category, Style, Symbol
from fringe.maps.symbols import BELOW
from fringe.maps.underlay import around
from fringe.model.datum import to_wgs84
from fringe.model.problem import Problem


def _line(colour: str, width: float, rank: int, casing: str | None = None) -> Symbol:
    return Symbol(stroke=colour, width=width, casing=casing, casing_width=0.6, rank=rank)


def _by_class(symbols: Mapping[str, Symbol], other: Symbol) -> Categories:
    found = tuple(Category(f"map.base_{name}", symbol, ((CLASS, (name,)),)) for name, symbol in symbols.items())
    return Categories(found, Category("map.other", other))


_LAND = {"green": Symbol(fill="#dfe8d5"), "farm": Symbol(fill="#f0ecdd"), "built": Symbol(fill="#e9e5de")}
_ROADS = {
    "main": _line("#fbf6ea", 2.6, 4, "#c4b79b"),
    "street": _line("#ffffff", 1.8, 3, "#c9c7c2"),
    "minor": _line("#ffffff", 0.9, 2, "#c6c3bc"),
    "path": Symbol(stroke="#b7ad9b", width=0.9, dash=(3, 2.5), rank=1),
}
_STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "land": _by_class(_LAND, Symbol(fill="#efece4")),
        "water": Symbol(fill="#cadfe8"),
        "streams": Symbol(stroke="#b9d3df", width=1.2),
        "buildings": Symbol(fill="#ddd8ce"),
        "roads": _by_class(_ROADS, _line("#ffffff", 0.9, 1)),
        "rail": Symbol(stroke="#a9aeb2", width=1.4, core="#ffffff", core_width=0.6, core_dash=(6, 6)),
    }
)


def base_layers(basemaps: Sequence[Basemap], layers: Sequence[Layer], lang: str | None) -> tuple[Layer, ...]:
    """Return the layers of basemaps that are vectors, cut to where a map's own layers lie.

    Raises
    ------
    MapError
        If an archive cannot be read, holds no layer that is known, or lies elsewhere.
    """
    found: list[Layer] = []
    for each in basemaps:
        if each.is_vector and isinstance(each.source, Archive):
            found += _layers(each, each.source, around(own_view(layers)), lang)
    return tuple(found)


def _layers(each: Basemap, source: Archive, box: tuple[float, float, float, float], lang: str | None) -> list[Layer]:
    try:
        themes = read_base(source, box, each.max_mb * 1e6)
    except FringeError as error:
        raise MapError(error.problems) from error
    if not themes:
        raise MapError(Problem("map_basemap_elsewhere", source.name))
    return [
        Layer(
            frame=to_wgs84(themes[theme], each.datum),
            name=None,
            style=_STYLES[theme],
            kind=f"{BELOW}{theme}",
            popup=(),
            label=None,
            group=each.title(lang),
            show=each.show,
            side=each.side,
        )
        for theme in THEMES
        if theme in themes
    ]


def own_view(layers: Sequence[Layer]) -> list[float]:
    """Return about where a map's first view lies: west, south, east, north of its shaded layers, zones, or all."""
    there = [layer for layer in layers if np.isfinite(layer.frame.total_bounds).all()]
    shaded = [layer for layer in there if isinstance(layer.style, Shade)]
    chosen = shaded or [layer for layer in there if layer.kind == "zones"] or there
    bounds = np.array([_degrees(layer.frame) for layer in chosen] or [(-180.0, -60.0, 180.0, 75.0)])
    return [float(edge) for edge in (*bounds[:, :2].min(axis=0), *bounds[:, 2:].max(axis=0))]


def _degrees(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    change = pyproj.Transformer.from_crs(frame.crs, "EPSG:4326", always_xy=True)
    found: tuple[float, float, float, float] = change.transform_bounds(*frame.total_bounds)
    return found
