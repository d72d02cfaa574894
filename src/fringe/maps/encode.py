"""The encoder: a frame becomes a payload of plain lists, which a page can hold as JSON.

A *payload* holds the shapes and the columns of a layer. This is the one seam between frames and pages: a smaller or
faster payload replaces this one together with ``codec.js``, and nothing else changes.

Shapes are *paths* of integer vertices in Web Mercator, the whole world being 2**29 units wide and high, y pointing
south (a unit is 7.5 cm at the equator, so that no vertex moves by more than 4 cm). Each vertex is the difference from
the one before, through the whole layer; the first counts from `origin`. A ring leaves out its last vertex; outer
rings run one way and holes the other, so that a nonzero fill shows overlapping polygons whole. A list of equal
numbers is that number.

Columns of numbers hold the raw numbers and the rule by which they are shown; every other column holds words and their
codes, -1 for a missing value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import MapError
from fringe.model import units, words
from fringe.model.problem import Problem

BITS = 29
POINT, LINE, RING = 0, 1, 2
# Web Mercator ends where the world is a square.
_LAT_MAX = 85.051128
_LONE_POINT, _LONE_LINE, _LONE_POLYGON = 0, 1, 3
_FIRST_MULTI = 4
# The widest circle inside a polygon is the best place for its name, but takes about a millisecond each.
_MAX_CIRCLES = 500
_CIRCLE_TOLERANCE = 0.01


def encode(frame: gpd.GeoDataFrame, columns: Sequence[str] = (), *, lang: str | None = None) -> dict[str, Any]:
    """Return the payload of a frame.

    Parameters
    ----------
    frame
        In any coordinate system. A row without geometry stays a row and has no paths.
    columns
        The columns wanted, and the name of the index if it is wanted.
    lang
        Language of labels, units and words.

    Returns
    -------
    payload
        ``n`` rows; ``shapes``; ``columns``.

    Raises
    ------
    MapError
        If the coordinate system is missing, or coordinates are not finite once converted to degrees.

    Examples
    --------
    >>> from shapely import Point
    >>> wells = gpd.GeoDataFrame({"depth_m": [12.5]}, geometry=[Point(0, 0)], crs="EPSG:4326")
    >>> payload = encode(wells, ["depth_m"], lang="en")
    >>> payload["shapes"]["origin"] == [2**28, 2**28], payload["shapes"]["xy"], payload["columns"][0]["values"]
    (True, [0, 0], [12.5])
    """
    return {
        "n": len(frame),
        "shapes": encode_shapes(to_degrees(frame)),
        "columns": [encode_column(_column(frame, name), name, lang) for name in columns],
    }


def to_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the geometry in longitude and latitude on WGS 84."""
    layer = "map" if frame.index.name is None else str(frame.index.name)
    if frame.crs is None:
        raise MapError(Problem("map_no_crs", layer))
    flat = gpd.GeoSeries(shapely.force_2d(frame.geometry.to_numpy()), index=frame.index, crs=frame.crs)
    shown = flat.to_crs("EPSG:4326")
    xy, owner = shapely.get_coordinates(shown.to_numpy(), return_index=True)
    wrong = np.unique(owner[~np.isfinite(xy).all(axis=1)])
    if wrong.size:
        raise MapError(Problem("map_not_finite", layer, tuple(frame.index[wrong])))
    return shown


def mercator(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return Web Mercator units (not rounded) of longitudes and latitudes.

    Examples
    --------
    >>> (mercator(np.array([[0.0, 0.0], [180.0, 0.0]])) / 2**29).tolist()
    [[0.5, 0.5], [1.0, 0.5]]
    """
    lat = np.radians(np.clip(lonlat[:, 1], -_LAT_MAX, _LAT_MAX))
    world = np.stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / math.tau], axis=1)
    return np.asarray(world * 2.0**BITS)


def encode_shapes(shapes: gpd.GeoSeries) -> dict[str, Any]:
    """Return the paths of shapes given in degrees."""
    paths, owner, kind = _paths(shapes.to_numpy())
    lonlat, path = shapely.get_coordinates(paths, return_index=True)
    xy = np.rint(mercator(lonlat)).astype(np.int64)
    first = np.ones(len(path), dtype=bool)
    first[1:] = path[1:] != path[:-1]
    last = np.ones(len(path), dtype=bool)
    last[:-1] = first[1:]
    repeated = np.zeros(len(path), dtype=bool)
    repeated[1:] = (xy[1:] == xy[:-1]).all(axis=1)
    keep = first | ~(repeated | (last & (kind[path] == RING)))
    xy, path = xy[keep], path[keep]
    origin = xy.min(axis=0) if len(xy) else np.zeros(2, dtype=np.int64)
    steps = np.diff(xy, axis=0, prepend=origin[None, :])
    return {
        "bits": BITS,
        "origin": origin.tolist(),
        "paths": _short(np.bincount(owner, minlength=len(shapes))),
        "kinds": _short(kind),
        "sizes": _short(np.bincount(path, minlength=len(paths))),
        "xy": steps.ravel().tolist(),
    }


def _paths(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return points, lines and rings, the row of each, and what it is; in the order of the rows."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    # A collection may hold collections.
    while (shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        parts, of_part = shapely.get_parts(parts, return_index=True)
        owner = owner[of_part]
    there = ~shapely.is_empty(parts)
    parts, owner = parts[there], owner[there]
    types = shapely.get_type_id(parts)
    areas = types == _LONE_POLYGON
    rings, of_ring = shapely.get_rings(shapely.orient_polygons(parts[areas]), return_index=True)
    paths = np.concatenate([parts[~areas], rings])
    owners = np.concatenate([owner[~areas], owner[areas][of_ring]]).astype(np.int64)
    kinds = np.concatenate([np.where(types[~areas] == _LONE_POINT, POINT, LINE), np.full(len(rings), RING)])
    order = np.argsort(owners, kind="stable")
    return paths[order], owners[order], kinds[order].astype(np.int64)


def _short(numbers: npt.NDArray[np.int64]) -> int | list[int]:
    if numbers.size and (numbers == numbers[0]).all():
        return int(numbers[0])
    return [int(number) for number in numbers.tolist()]


def encode_anchors(shapes: gpd.GeoSeries) -> dict[str, list[int]]:
    """Return where the name of each area stands: the centre and radius of the widest circle inside its largest part.

    Lines and points have no anchor (radius 0): the page sets their names along or beside them.
    """
    parts, owner = shapely.get_parts(shapes.to_numpy(), return_index=True)
    areas = (shapely.get_type_id(parts) == _LONE_POLYGON) & ~shapely.is_empty(parts)
    parts, owner = parts[areas], owner[areas]
    flat = shapely.transform(parts, mercator)
    sizes = shapely.area(flat)
    # Rows ascending, the largest part of each row last: it stays.
    order = np.lexsort((sizes, owner))
    chosen = dict(zip(owner[order].tolist(), order.tolist(), strict=True))
    rows, picks = np.array(list(chosen), dtype=np.int64), list(chosen.values())
    places = np.zeros((len(shapes), 3), dtype=np.int64)
    if picks:
        places[rows] = np.rint([_widest(flat[pick], exact=len(picks) <= _MAX_CIRCLES) for pick in picks])
    return {name: places[:, at].tolist() for at, name in enumerate(("x", "y", "r"))}


def _widest(area: Any, *, exact: bool) -> tuple[float, float, float]:
    if exact and area.is_valid and area.area:
        radius = shapely.maximum_inscribed_circle(area, tolerance=_CIRCLE_TOLERANCE * math.sqrt(area.area))
        (x, y), _ = radius.coords
        return x, y, radius.length
    inside = area.representative_point() if area.is_valid else area.envelope.centroid
    return inside.x, inside.y, math.sqrt(area.area / math.pi) / 2


def encode_column(column: pd.Series, name: str, lang: str | None = None) -> dict[str, Any]:
    """Return a column: its label, and numbers with the rule that shows them, or words and codes."""
    head = {"name": name, "label": label_of(name, lang)}
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        how = units.display(name, lang)
        return {
            **head,
            "numbers": "integer" if pd.api.types.is_integer_dtype(column) else "float",
            "display": asdict(how) if how else None,
            "values": [_number(item, name, lang) for item in column.tolist()],
        }
    codes, found = _words(column, name, lang)
    return {**head, "codes": _short(codes), "words": found}


def _words(column: pd.Series, name: str, lang: str | None) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the code of each row and the texts the codes stand for."""
    # Equal items are shown once, where equal items are sure to read alike: in an object column, 1 equals True.
    alike = column.dtype != object or pd.api.types.infer_dtype(column, skipna=True) == "string"
    places, items = pd.factorize(column) if alike else (np.arange(len(column)), column)
    texts = [None if _missing(item) else units.show(item, name, lang) for item in items.tolist()]
    codes, found = pd.factorize(np.array([*texts, None], dtype=object))
    return codes[places].astype(np.int64), [str(text) for text in found]


def label_of(name: str, lang: str | None = None) -> str:
    """Return a column's label; that of a difference says of what.

    Examples
    --------
    >>> label_of("covered_share", "en"), label_of("covered_share_change", "en"), label_of("mine", "en")
    ('Coverage', 'Coverage, change', 'mine')
    """
    of = name.removesuffix("_change")
    if of != name and words.has(f"label.{of}") and not words.has(f"label.{name}"):
        return words.text("map.change_of", lang, label=words.label(of, lang))
    return words.label(name, lang)


def _number(item: Any, name: str, lang: str | None) -> float | int | str | None:
    """Return a number for JSON, which knows no infinity: that becomes its text."""
    if _missing(item):
        return None
    return item if math.isfinite(item) else units.show(item, name, lang)


def _missing(item: Any) -> bool:
    return item is None or bool(pd.api.types.is_scalar(item) and pd.isna(item))


def _column(frame: gpd.GeoDataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame.columns else frame.index.to_series()
