"""Vector tiles as plain layers: what the common schemas call land, water, buildings, roads and railways.

OpenMapTiles, Protomaps (versions 3 and 4) and Shortbread name their layers and classes differently; here each feature
belongs to a *theme* and, within it, to a *class*. What no table below names is left out. Tiles hold features cut at
their borders, and some beyond them twice: areas of a class are joined again, other features that are equal are kept
once.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from fringe.errors import LayerError
from fringe.io.tiles import Archive, tiles_over
from fringe.model.problem import Problem

Box = tuple[float, float, float, float]
THEMES = ("land", "water", "streams", "buildings", "roads", "rail")
CLASS = "base_class"
"""The column that holds the class."""

_AREAS = ("landcover", "landuse", "park", "natural", "land")
_WATERS = ("water", "water_polygons", "ocean")
_STREAMS = ("waterway", "water_lines", "physical_line", "water")
_BUILDINGS = ("building", "buildings")
_WAYS = ("transportation", "roads", "streets", "transit")
# What a class is read from, the finest first.
_COLUMNS = ("kind_detail", "pmap:kind_detail", "class", "kind", "pmap:kind", "subclass")
_LAND = {
    "green": "wood forest grass grassland scrub shrub heath meadow park garden wetland nature_reserve protected_area "
    "national_park golf_course recreation_ground village_green cemetery grave_yard orchard vineyard allotments "
    "plant_nursery pitch zoo dog_park playground",
    "farm": "farmland farm farmyard crop cropland greenhouse_horticulture",
    "built": "residential industrial commercial retail urban_area neighbourhood suburb school university college "
    "hospital railway garages landfill brownfield construction",
}
_ROADS = {
    "main": "motorway trunk primary highway major_road",
    "street": "secondary tertiary medium_road",
    "minor": "minor minor_road residential unclassified living_street service street road pedestrian busway other",
    "path": "path track footway cycleway bridleway steps",
}
_RAIL = {"rail": "rail narrow_gauge light_rail subway tram monorail funicular preserved transit"}
# Tiles read at once; a district has a few dozen at the finest zoom.
_MOST_TILES = 130
# A vertex in a page.
_BYTES = 3.0
_AREA, _LINE = 2, 1


def read_base(archive: Archive, box: Box, most: float) -> dict[str, gpd.GeoDataFrame]:
    """Return the themes within a box, in Web Mercator, at the finest zoom that fits; those that are empty are left out.

    Parameters
    ----------
    archive
        Of vectors.
    box
        In Web Mercator metres.
    most
        Bytes that all of it may take in a page, roughly.

    Raises
    ------
    LayerError
        If the archive cannot be read, or none of its layers is known.
    """
    known = _known(archive)
    zoom = archive.most
    while zoom > archive.least and sum(1 for _ in tiles_over(box, zoom)) > _MOST_TILES:
        zoom -= 1
    while True:
        found = _themes(archive, known, box, zoom)
        size = sum(int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()) for frame in found.values())
        if size * _BYTES <= most or zoom <= archive.least:
            return found
        zoom -= 1


def _known(archive: Archive) -> dict[str, list[str]]:
    """Return the layers of an archive that a table names, with the columns that tell their classes."""
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(archive.path)]
        known = [name for name in names if name in (*_AREAS, *_WATERS, *_STREAMS, *_BUILDINGS, *_WAYS)]
        fields = {name: list(pyogrio.read_info(archive.path, layer=name)["fields"]) for name in known}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise LayerError(Problem("tiles_unreadable", archive.name, params={"reason": str(error)})) from error
    if not known:
        raise LayerError(Problem("tiles_schema", archive.name, params={"value": ", ".join(names) or "–"}))
    return {name: [field for field in _COLUMNS if field in fields[name]] for name in known}


def _themes(archive: Archive, known: Mapping[str, list[str]], box: Box, zoom: int) -> dict[str, gpd.GeoDataFrame]:
    parts: dict[str, list[pd.DataFrame]] = {theme: [] for theme in THEMES}
    for name, columns in known.items():
        for theme, classes, shapes in _sorted(name, _read(archive, name, columns, box, zoom), box):
            parts[theme].append(pd.DataFrame({CLASS: classes, "geometry": shapes}))
    found = {}
    for theme, tables in parts.items():
        table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
        if len(table):
            joined = _joined(table) if theme in ("land", "water") else _once(table)
            found[theme] = gpd.GeoDataFrame(joined, geometry="geometry", crs="EPSG:3857").rename_axis(f"base_{theme}")
    return found


def _read(archive: Archive, name: str, columns: list[str], box: Box, zoom: int) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings():
            # GDAL warns of what single tiles hold beside the layers that are wanted.
            warnings.simplefilter("ignore", RuntimeWarning)
            # What tiles hold beyond their borders lets areas be joined, and would draw lines twice.
            cut = "YES" if name in (*_WAYS, *_STREAMS[:3]) else "NO"
            options = {"bbox": box, "columns": columns, "ZOOM_LEVEL": zoom, "CLIP": cut}
            found: gpd.GeoDataFrame = pyogrio.read_dataframe(archive.path, layer=name, **options)
            return found
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise LayerError(Problem("tiles_unreadable", archive.name, params={"reason": str(error)})) from error


def _sorted(name: str, frame: gpd.GeoDataFrame, box: Box) -> Iterator[tuple[str, Any, Any]]:
    """Give themes with the classes and shapes of a tile layer that belong to them."""
    shapes = shapely.clip_by_rect(frame.geometry.to_numpy(), *box)
    dimension = np.where(shapely.is_empty(shapes), -1, shapely.get_dimensions(shapes))
    tables: list[tuple[str, Mapping[str, str] | None, int]] = []
    tables += [("land", _LAND, _AREA)] if name in _AREAS else []
    tables += [("water", None, _AREA)] if name in _WATERS else []
    tables += [("streams", None, _LINE)] if name in _STREAMS else []
    tables += [("buildings", None, _AREA)] if name in _BUILDINGS else []
    tables += [("roads", _ROADS, _LINE), ("rail", _RAIL, _LINE)] if name in _WAYS else []
    for theme, classes, wanted in tables:
        found = _classes(frame, classes, theme)
        there = (dimension == wanted) & (found != "")
        if there.any():
            yield theme, found[there], shapes[there]


def _classes(frame: gpd.GeoDataFrame, table: Mapping[str, str] | None, theme: str) -> npt.NDArray[Any]:
    """Return the class of each feature, empty where none is known."""
    if table is None:
        return np.full(len(frame), theme, dtype=object)
    of = {word: name for name, words in table.items() for word in words.split()}
    found = np.full(len(frame), "", dtype=object)
    for column in _COLUMNS:
        if column in frame:
            told = frame[column].map(of).to_numpy(dtype=object, na_value="")
            found = np.where(found == "", told, found)
    return found


def _once(table: pd.DataFrame) -> pd.DataFrame:
    shapes = shapely.normalize(table["geometry"].to_numpy())
    same = pd.DataFrame({"class": table[CLASS], "wkb": shapely.to_wkb(shapes)}).duplicated()
    return table[~same.to_numpy()].reset_index(drop=True)


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """Return the areas of each class joined where tiles cut them."""
    classes, shapes = [], []
    for name, group in table.groupby(CLASS, sort=True):
        sound = shapely.make_valid(group["geometry"].to_numpy())
        parts = shapely.get_parts(shapely.union_all(sound))
        parts = parts[shapely.get_dimensions(parts) == _AREA]
        classes += [name] * len(parts)
        shapes += list(parts)
    return pd.DataFrame({CLASS: classes, "geometry": shapes})
