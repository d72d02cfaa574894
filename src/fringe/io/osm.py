"""Layers out of OpenStreetMap files.

A *layer* holds the objects whose tags count for it (``osm_tags.toml``); an object may be in several, as a wood is
greening and land use at once. Everything else that has an area, and every road or railway not counted, is a row of
*problems* with its reason, so that the layers and the problems together hold every tagged area of the file.

The column `kind` is the tag that brought an object in, such as ``landuse=forest``; `osm_id` is its identity on
OpenStreetMap, such as ``way/45``. Data © OpenStreetMap contributors, ODbL 1.0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.io import osm_tags
from fringe.io.files import demand_file
from fringe.io.osm_file import FORMATS
from fringe.io.osm_left import Left
from fringe.io.osm_scan import LEVELS, Route, Thing, scan
from fringe.io.osm_totals import geodesic_areas, tag_totals
from fringe.model.layers import INDEX
from fringe.model.problem import Problem, Severity, refuse

__all__ = ["read_osm", "tag_totals"]

CRS = "EPSG:4326"
Box = tuple[float, float, float, float]
Shapes = npt.NDArray[np.object_]

_LAYERS = ("zones", "villages", "roads", "rail", "plots", "land", "water")
_COLUMNS = {
    "zones": ("name", "kind"),
    "villages": ("name", "population", "kind"),
    "roads": ("name", "road_class", "link", "admin_class", "surface", "width_m", "dual", "ref", "kind"),
    "rail": ("name", "line", "rail_class", "state", "structure", "service", "kind"),
    "plots": ("status", "status_source", "name", "green_class", "kind"),
    "land": ("name", "land_class", "kind"),
    "water": ("name", "kind"),
    "buildings": ("name", "kind"),
}
_NUMBERS = ("population", "width_m")
_FLAGS = ("link", "dual")
# Outside, a road number like S16 is no Chinese provincial road (the box of the GCJ-02 shift).
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_ADMIN_LEVELS = range(1, 13)
# Over this a repaired polygon is likely to have been guessed wrong.
_REPAIR_WARNS_OVER = 0.01


def read_osm(
    path: str | Path, *, admin_level: int = 8, tags: osm_tags.TagChoice | None = None, bbox: Box | None = None
) -> dict[str, Any]:
    """Read the layers of an OpenStreetMap file.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    admin_level
        Which administrative areas become zones. In China 6 is the district, 8 the township, 10 the village.
    tags
        What counts, by layer, in place of the library's choice for it: ``{"roads": {"highway": True}}`` takes every
        line tagged ``highway``, ``{"plots": {"landuse": ["forest", "grass"]}}`` these two only. A layer ``buildings``
        comes only where it is named.
    bbox
        West, south, east, north in degrees. Objects that meet the box are taken, whole.

    Returns
    -------
    layers
        ``zones``, ``villages``, ``roads``, ``rail``, ``plots``, ``land``, ``water`` in EPSG:4326, by their contracts,
        with `osm_id` and `kind`; and ``problems``, a table `layer`, `row`, `severity`, `code`, `message`, `remedy` with
        an OSM id in each row. Zones and villages are indexed by name where it is the only one, all else by OSM id.
        Green is ``kept``, since it is there. A road is `dual` if it is one carriageway of a road drawn as two:
        motorways, one-way trunk roads, and what is tagged ``dual_carriageway=yes``. Railway sidings and yards are
        kept; `service` tells them apart. The `line` of a track is its railway route's name, else its own name or ref.

        A closed way that is the outer ring of a multipolygon of the same tag is left to that relation, and one of a
        multipolygon without tags takes the relation's shape, holes and all: ground counts once.

    Raises
    ------
    LayerError
        If the file is missing, is none of OpenStreetMap's or cut short, or an argument makes no sense.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = '''<osm version="0.6"><node id="1" lat="46" lon="7"/><node id="2" lat="46.01" lon="7"/>
    ... <way id="5"><nd ref="1"/><nd ref="2"/><tag k="highway" v="track"/></way></osm>'''
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.osm").write_text(text)
    ...     layers = read_osm(Path(folder) / "a.osm")
    >>> layers["roads"].loc["way/5", ["road_class", "kind"]].tolist(), len(layers["plots"])
    (['track', 'highway=track'], 0)
    """
    path = Path(path)
    wanted = osm_tags.counted(tags)
    _check_arguments(path, admin_level, bbox)
    found = scan(path, wanted, admin_level)
    shapes = {layer: _shapes(things, layer, found.left) for layer, things in found.things.items()}
    things = dict(found.things)
    if bbox is not None:
        for layer in list(things):
            things[layer], shapes[layer] = _inside(things[layer], shapes[layer], bbox, layer, found.left)
    enclosing = (things.get(LEVELS, []), shapes.get(LEVELS, np.empty(0, dtype=object)))
    kinds = (*_LAYERS, "buildings") if tags and "buildings" in tags else _LAYERS
    layers: dict[str, Any] = {}
    for layer in kinds:
        rows, geometry = things.get(layer, []), shapes.get(layer, np.empty(0, dtype=object))
        layers[layer] = _frame(layer, rows, geometry, found.routes, found.left)
    layers["zones"] = _with_enclosing(layers["zones"], *enclosing)
    if layers["zones"].empty:
        _say_no_zones(admin_level, enclosing[0], found.left)
    layers["problems"] = found.left.table()
    return layers


def _check_arguments(path: Path, level: object, bbox: object) -> None:
    """Raise for everything wrong with the arguments, at once."""
    problems = []
    if not path.name.lower().endswith(tuple(FORMATS)) and not path.is_dir():
        problems.append(Problem("osm_suffix", path.name, params={"path": str(path), "allowed": ", ".join(FORMATS)}))
    if isinstance(level, bool) or level not in _ADMIN_LEVELS:
        problems.append(Problem("osm_admin_level", "zones", params={"value": repr(level)}))
    if bbox is not None and not _is_box(bbox):
        problems.append(Problem("osm_bbox", path.name, params={"value": repr(bbox)}))
    refuse(problems, LayerError)
    demand_file(path, path.name)


def _is_box(bbox: object) -> bool:
    if not isinstance(bbox, Sequence | np.ndarray) or len(bbox) != 4:  # noqa: PLR2004 - the sides of a box
        return False
    if not all(isinstance(side, int | float) and isfinite(side) for side in bbox):
        return False
    west, south, east, north = bbox
    return bool(-180 <= west < east <= 180 and -90 <= south < north <= 90)  # noqa: PLR2004 - degrees


def _shapes(things: list[Thing], layer: str, left: Left) -> Shapes:
    """Return the geometries, valid, with single polygons as such."""
    shapes: Shapes = np.asarray(shapely.from_wkb([thing.shape for thing in things]), dtype=object)
    single = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOLYGON) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes[single] = shapely.get_geometry(shapes[single], 0)
    for at in np.flatnonzero(~shapely.is_valid(shapes)) if layer not in osm_tags.LINE_LAYERS else ():
        broken = shapes[at]
        shapes[at] = shapely.make_valid(broken, method="structure", keep_collapsed=False)
        before, after = geodesic_areas(np.array([broken, shapes[at]], dtype=object))
        severity: Severity = "warning" if abs(after - before) > _REPAIR_WARNS_OVER * max(after, before) else "repaired"
        params = {"reason": shapely.is_valid_reason(broken), "before": f"{before:,.0f}", "after": f"{after:,.0f}"}
        left.add("osm_repaired", layer, things[at].osm_id, severity, **params)
    return shapes


def _inside(things: list[Thing], shapes: Shapes, bbox: Box, layer: str, left: Left) -> tuple[list[Thing], Shapes]:
    """Return what meets the box, and name the rest."""
    meets = shapely.intersects(shapes, shapely.box(*bbox))
    if layer != LEVELS:
        left.extend("osm_outside", layer, (things[at].osm_id for at in np.flatnonzero(~meets)))
    return [things[at] for at in np.flatnonzero(meets)], shapes[meets]


def _frame(layer: str, things: list[Thing], shapes: Shapes, routes: list[Route], left: Left) -> gpd.GeoDataFrame:
    """Return a layer by its contract."""
    names = [thing.tags.get("name") for thing in things]
    columns: dict[str, list[Any]] = {"name": names, "kind": [thing.kind for thing in things]}
    if layer == "zones":
        columns["kind"] = ["ordinary"] * len(things)
    elif layer == "villages":
        columns["population"] = _numbers(things, "population", "population", layer, left)
    elif layer == "roads":
        columns |= _road_columns(things, shapes, left)
    elif layer == "rail":
        columns |= _rail_columns(things, routes)
    elif layer == "plots":
        columns["green_class"] = [osm_tags.green_class(thing.kind) for thing in things]
        columns |= {"status": ["kept"] * len(things), "status_source": ["osm"] * len(things)}
    elif layer == "land":
        columns["land_class"] = [thing.kind.partition("=")[2] for thing in things]
    ids = [thing.osm_id for thing in things]
    index = ids
    if layer in ("zones", "villages"):
        index = _names_or_ids(names, ids, layer, left)
        columns["name"] = [name or osm_id for name, osm_id in zip(names, ids, strict=True)]
    data = {name: pd.Series(columns[name], index=index, dtype=_dtype(name)) for name in _COLUMNS[layer]}
    data["osm_id"] = pd.Series(ids, index=index, dtype=object)
    frame = gpd.GeoDataFrame(data, index=pd.Index(index, dtype=object), geometry=shapes, crs=CRS)
    return frame.rename_axis(INDEX[layer])


def _dtype(column: str) -> Any:
    return float if column in _NUMBERS else bool if column in _FLAGS else object


def _names_or_ids(names: list[str | None], ids: list[str], layer: str, left: Left) -> list[str]:
    """Return each name that is the only one of its kind, else the OSM id; say where it is the id."""
    counts = Counter(names)
    index = []
    for name, osm_id in zip(names, ids, strict=True):
        if not name:
            left.add("osm_unnamed", layer, osm_id, "warning")
        elif counts[name] > 1:
            left.add("osm_same_name", layer, osm_id, value=name)
        index.append(name if name and counts[name] == 1 else osm_id)
    return index


def _numbers(things: list[Thing], key: str, column: str, layer: str, left: Left) -> list[float | None]:
    read = osm_tags.metres if column.endswith("_m") else osm_tags.number
    values = [read(thing.tags.get(key)) for thing in things]
    for thing, value in zip(things, values, strict=True):
        if value is None and key in thing.tags:
            left.add("osm_unread", layer, thing.osm_id, column=column, value=thing.tags[key])
    return values


def _road_columns(things: list[Thing], shapes: Shapes, left: Left) -> dict[str, list[Any]]:
    classes = [osm_tags.road_class(thing.kind, thing.tags) for thing in things]
    for thing, (value, known) in zip(things, classes, strict=True):
        if not known:
            left.add("osm_class", "roads", thing.osm_id, tag=thing.kind, value=value)
    refs = [thing.tags.get("ref") for thing in things]
    in_china = shapely.intersects(shapely.box(*_CHINA), shapes)
    return {
        "road_class": [value for value, _ in classes],
        "link": [osm_tags.is_link(thing.tags) for thing in things],
        "dual": [osm_tags.is_dual(thing.tags) for thing in things],
        "ref": refs,
        "admin_class": [osm_tags.admin_class(ref) if here else None for ref, here in zip(refs, in_china, strict=True)],
        "surface": [thing.tags.get("surface") for thing in things],
        "width_m": _numbers(things, "width", "width_m", "roads", left),
    }


def _rail_columns(things: list[Thing], routes: list[Route]) -> dict[str, list[Any]]:
    lines: dict[str, dict[str, str]] = {"railway": defaultdict(str), "other": defaultdict(str)}
    # The first name in the alphabet where several routes use a track, so that the order of the file does not matter.
    for route in sorted(routes, key=lambda route: route.name):
        of = lines["railway" if route.kind in ("railway", "tracks") else "other"]
        for way in route.ways:
            of.setdefault(f"way/{way}", route.name)
    return {
        "line": [
            lines["railway"].get(thing.osm_id)
            or thing.tags.get("name")
            or thing.tags.get("ref")
            or lines["other"].get(thing.osm_id)
            for thing in things
        ],
        "rail_class": [osm_tags.rail_class(thing.tags) for thing in things],
        "state": [osm_tags.rail_state(thing.tags) for thing in things],
        "structure": [osm_tags.structure(thing.tags) for thing in things],
        "service": [thing.tags.get("service") for thing in things],
    }


def _with_enclosing(zones: gpd.GeoDataFrame, things: list[Thing], shapes: Shapes) -> gpd.GeoDataFrame:
    """Add township and district where areas of those levels enclose a zone."""
    levels = np.array([int(thing.tags["admin_level"]) for thing in things], dtype=int)
    names = np.array([thing.tags.get("name") for thing in things], dtype=object)
    points = shapely.point_on_surface(zones.geometry.to_numpy())
    columns: dict[str, pd.Series[Any]] = {}
    for column in ("township", "district"):
        found = np.full(len(zones), None, dtype=object)
        for level in osm_tags.levels_of(column):
            at = np.flatnonzero(levels == level)
            zone, area = shapely.STRtree(points).query(shapes[at], predicate="contains")[::-1]
            free = np.array([found[row] is None for row in zone], dtype=bool)
            found[zone[free]] = names[at][area[free]]
        if any(name is not None for name in found):
            columns[column] = pd.Series(found, index=zones.index, dtype=object)
    wider = zones.assign(**columns)
    return wider[["name", *columns, *zones.columns.drop("name")]]


def _say_no_zones(level: int, things: list[Thing], left: Left) -> None:
    present = Counter(int(thing.tags["admin_level"]) for thing in things)
    text = ", ".join(f"{number}: {count}" for number, count in sorted(present.items())) or "–"
    left.add("osm_no_zones", "zones", "", "warning", value=level, present=text)
