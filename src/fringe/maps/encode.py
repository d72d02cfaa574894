"""The encoder: a frame becomes packed bytes, one block for what is drawn and one for what is read.

This is the one seam between frames and pages: together with ``codec.js`` it can be replaced, and nothing else changes.

Shapes are *paths* of whole-number vertices in Web Mercator, the whole world being 2**28 units wide and high, y
pointing south (a unit is 15 cm at the equator and 12 cm at 35 degrees, so that no vertex moves by more than 9 cm
there). A path's first vertex counts from the first of the path before, every other from the one before it. A ring
leaves out its last vertex; outer rings run one way and holes the other, so that a nonzero fill shows overlapping
polygons whole.

Columns of numbers hold the numbers *as shown*: scaled by the rule of their unit, rounded as people read them, so that
the page writes the same digits as Python; every other column, and numbers too great for a page, hold words and their
codes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.errors import MapError
from fringe.maps.pack import LEAST, MISSING, MOST, Block
from fringe.maps.symbols import layer_of
from fringe.maps.whereabouts import lonlat_of
from fringe.model import units, words
from fringe.model.problem import Problem, refuse

BITS = 28
POINT, LINE, RING = 0, 1, 2
# Web Mercator ends where the world is a square.
_LAT_MAX = 85.051128
_LONE_POINT, _LONE_LINE, _LONE_POLYGON = 0, 1, 3
_FIRST_MULTI = 4
# The widest circle inside a polygon is the best place for its name, but takes about a millisecond each.
_MAX_CIRCLES = 500
_CIRCLE_TOLERANCE = 0.01
# A page looks at all rows of a small layer faster than at an index of them.
_MOST_IN_ORDER = 4096
# A number without a rule is shown with at most two decimals.
_PLAIN_DECIMALS = 2


@dataclass(frozen=True)
class Payload:
    """A frame for a page.

    Parameters
    ----------
    n
        Its rows.
    shapes
        Paths, and what else is needed to draw: codes of symbols, places of names.
    columns
        What popups and labels say.
    """

    n: int
    shapes: Block
    columns: Block


def encode(
    frame: gpd.GeoDataFrame,
    columns: Sequence[str] = (),
    *,
    codes: npt.NDArray[np.int64] | None = None,
    anchors: bool = False,
    lang: str | None = None,
) -> Payload:
    """Return the payload of a frame.

    Parameters
    ----------
    frame
        In any coordinate system. A row without geometry stays a row and has no paths.
    columns
        The columns wanted, and the name of the index if it is wanted.
    codes
        The symbol of each row; `None`: all have the first.
    anchors
        Whether areas have names to be placed.
    lang
        Language of labels, units and words.

    Raises
    ------
    MapError
        If the coordinate system is missing, or coordinates cannot be in it.

    Examples
    --------
    >>> from shapely import Point
    >>> wells = gpd.GeoDataFrame({"depth_m": [12.5]}, geometry=[Point(0, 0)], crs="EPSG:4326")
    >>> payload = encode(wells, ["depth_m"], lang="en")
    >>> payload.shapes.facts["origin"] == [2**27, 2**27], payload.columns.facts["columns"][0]["label"]
    (True, 'depth_m')
    """
    shapes = encode_shapes(frame)
    if codes is not None:
        shapes.ints("codes", codes)
    if anchors:
        for name, places in encode_anchors(to_degrees(frame)).items():
            shapes.ints(f"anchor.{name}", places)
    return Payload(len(frame), shapes, encode_columns(frame, columns, lang))


def neighbours_together(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a large frame with its rows along a Z-order curve, so that neighbours follow one another.

    A small one stays as it is. The page then finds what lies in a tile by looking at few runs of rows.
    """
    return frame.iloc[order_of(frame)]


def order_of(frame: gpd.GeoDataFrame) -> npt.NDArray[np.int64]:
    """Return the positions of the rows in the order of `neighbours_together`."""
    if len(frame) <= _MOST_IN_ORDER:
        return np.arange(len(frame))
    bounds = np.asarray(shapely.bounds(frame.geometry.to_numpy()), dtype=np.float64)
    there = np.asarray(np.isfinite(bounds).all(axis=1), dtype=bool)
    if not there.any():
        return np.arange(len(frame))
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    low, high = middle[there].min(axis=0), middle[there].max(axis=0)
    place = np.where(there[:, None], (middle - low) / np.where(high > low, high - low, 1.0), 1.0)
    cell = np.rint(place * 0xFFFF).astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cell = (cell | (cell << np.uint64(shift))) & np.uint64(mask)
    return np.argsort(cell[:, 0] | (cell[:, 1] << np.uint64(1)), kind="stable").astype(np.int64)


def to_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the geometry in longitude and latitude on WGS 84."""
    shapes = frame.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    shown = shapely.set_coordinates(shapely.force_2d(shapes), lonlat_of(xy, owner, frame))
    return gpd.GeoSeries(shown, index=frame.index, crs="EPSG:4326")


def mercator(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return Web Mercator units (not rounded) of longitudes and latitudes.

    Examples
    --------
    >>> (mercator(np.array([[0.0, 0.0], [180.0, 0.0]])) / 2**BITS).tolist()
    [[0.5, 0.5], [1.0, 0.5]]
    """
    lat = np.radians(np.clip(lonlat[:, 1], -_LAT_MAX, _LAT_MAX))
    world = np.stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / math.tau], axis=1)
    return np.asarray(world * 2.0**BITS)


def encode_shapes(frame: gpd.GeoDataFrame) -> Block:
    """Return the paths of a frame; the facts say where it lies, in degrees: west, south, east, north.

    What lies beyond the end of Web Mercator is drawn at its edge, with a warning.
    """
    paths, owner, kind = paths_of(frame.geometry.to_numpy())
    given, path = shapely.get_coordinates(paths, return_index=True)
    lonlat = lonlat_of(given, owner[path], frame)
    beyond = np.unique(owner[path[np.abs(lonlat[:, 1]) > _LAT_MAX]])
    if beyond.size:
        rows, layer = tuple(frame.index[beyond]), layer_of(frame)
        refuse([Problem("map_beyond_mercator", layer, rows, "warning", {"value": f"{_LAT_MAX:.2f}"})], MapError)
    bounds = [*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist()] if len(lonlat) else None
    xy = np.rint(mercator(lonlat)).astype(np.int64)
    first = np.ones(len(path), dtype=bool)
    first[1:] = path[1:] != path[:-1]
    last = np.ones(len(path), dtype=bool)
    last[:-1] = first[1:]
    repeated = np.zeros(len(path), dtype=bool)
    repeated[1:] = (xy[1:] == xy[:-1]).all(axis=1)
    keep = first | ~(repeated | (last & (kind[path] == RING)))
    xy, path, first = xy[keep], path[keep], first[keep]
    origin = xy.min(axis=0) if len(xy) else np.zeros(2, dtype=np.int64)
    starts = np.diff(xy[first], axis=0, prepend=origin[None, :])
    steps = np.diff(xy, axis=0, prepend=origin[None, :])[~first]
    block = Block({"n": len(frame), "bits": BITS, "origin": origin.tolist(), "bounds": bounds})
    block.ints("paths", np.bincount(owner, minlength=len(frame)))
    block.ints("kinds", kind)
    block.ints("sizes", np.bincount(path, minlength=len(paths)))
    for axis, name in enumerate("xy"):
        block.ints(f"start.{name}", starts[:, axis])
        block.ints(f"step.{name}", steps[:, axis])
    return block


def paths_of(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return points, lines and rings, the row of each, and what it is; in the order of the rows."""
    parts, owner = _parts(shapes)
    types = shapely.get_type_id(parts)
    areas = types == _LONE_POLYGON
    rings, of_ring = shapely.get_rings(shapely.orient_polygons(parts[areas]), return_index=True)
    paths = np.concatenate([parts[~areas], rings])
    owners = np.concatenate([owner[~areas], owner[areas][of_ring]]).astype(np.int64)
    kinds = np.concatenate([np.where(types[~areas] == _LONE_POINT, POINT, LINE), np.full(len(rings), RING)])
    order = np.argsort(owners, kind="stable")
    return paths[order], owners[order], kinds[order].astype(np.int64)


def _parts(shapes: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return points, lines and polygons that are not empty, and the row of each, in the order of the rows."""
    owner = np.flatnonzero(~shapely.is_missing(shapes))
    parts = shapes[owner]
    # A collection may hold collections. Taking a lone shape apart would only copy it.
    while (many := shapely.get_type_id(parts) >= _FIRST_MULTI).any():
        found, of_part = shapely.get_parts(parts[many], return_index=True)
        parts, owner = np.concatenate([parts[~many], found]), np.concatenate([owner[~many], owner[many][of_part]])
        order = np.argsort(owner, kind="stable")
        parts, owner = parts[order], owner[order]
    there = ~shapely.is_empty(parts)
    return parts[there], owner[there]


def encode_anchors(shapes: gpd.GeoSeries) -> dict[str, npt.NDArray[np.int64]]:
    """Return where the name of each area stands: the centre and radius of the widest circle inside its largest part.

    Lines and points have no anchor (radius 0): the page sets their names along or beside them.
    """
    return anchors_of(np.asarray(shapely.transform(shapes.to_numpy(), mercator)))


def anchors_of(shapes: npt.NDArray[Any]) -> dict[str, npt.NDArray[np.int64]]:
    """Return the anchors of shapes that are in units already; see `encode_anchors`."""
    parts, owner = _parts(shapes)
    areas = shapely.get_type_id(parts) == _LONE_POLYGON
    flat, owner = parts[areas], owner[areas]
    sizes = shapely.area(flat)
    # Rows ascending, the largest part of each row last: it stays.
    order = np.lexsort((sizes, owner))
    chosen = dict(zip(owner[order].tolist(), order.tolist(), strict=True))
    rows, picks = np.array(list(chosen), dtype=np.int64), list(chosen.values())
    places = np.zeros((len(shapes), 3), dtype=np.int64)
    if picks:
        places[rows] = np.rint([_widest(flat[pick], exact=len(picks) <= _MAX_CIRCLES) for pick in picks])
    return {name: places[:, at] for at, name in enumerate(("x", "y", "r"))}


def _widest(area: Any, *, exact: bool) -> tuple[float, float, float]:
    if exact and area.is_valid and area.area:
        radius = shapely.maximum_inscribed_circle(area, tolerance=_CIRCLE_TOLERANCE * math.sqrt(area.area))
        (x, y), _ = radius.coords
        return x, y, radius.length
    inside = area.representative_point() if area.is_valid else area.envelope.centroid
    return inside.x, inside.y, math.sqrt(area.area / math.pi) / 2


def encode_columns(frame: gpd.GeoDataFrame, names: Sequence[str], lang: str | None = None) -> Block:
    """Return columns; the facts say of each its label and how its numbers are written, or that it holds words."""
    block = Block({"n": len(frame), "columns": []})
    lang = words.resolve_lang(lang)
    for at, name in enumerate(names):
        column = frame[name] if name in frame.columns else frame.index.to_series()
        head: dict[str, Any] = {"name": name, "label": label_of(name, lang)}
        numeric = is_number(column)
        shown = _as_shown(column, name, lang) if numeric else None
        if shown is None:
            codes, found = _words(column, name, lang)
            block.ints(f"{at}", codes)
            block.texts(f"{at}.words", found)
        else:
            head["rules"] = [rule for rule, _ in shown]
            for part, (_, numbers) in enumerate(shown):
                block.ints(f"{at}" if part == 0 else f"{at}.also", numbers)
        block.facts["columns"].append(head)
    return block


def is_number(column: pd.Series) -> bool:
    """Return whether a column holds numbers that can be compared; yes and no are words, and so are complex ones."""
    types = pd.api.types
    return types.is_numeric_dtype(column) and not (types.is_bool_dtype(column) or types.is_complex_dtype(column))


def _as_shown(
    column: pd.Series, name: str, lang: str | None
) -> list[tuple[dict[str, Any], npt.NDArray[np.int64]]] | None:
    """Return the digits of numbers by the rules of their unit; `None` where some are too great to be shown so."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    how = units.display(name, lang)
    if how is None:
        whole = pd.api.types.is_integer_dtype(column)
        rules = [units.Display(decimals=0 if whole else _PLAIN_DECIMALS)]
        # Without a rule whole numbers are names or years, and stand without commas.
        extra: dict[str, Any] = {"plain": True, "commas": not whole}
    else:
        rules, extra = [how, *([how.also] if how.also else [])], {}
    found = []
    for rule in rules:
        # What is too great to be scaled becomes infinite, and a word.
        with np.errstate(over="ignore"):
            digits = digits_of(values * rule.factor, rule.decimals)
        if digits is None:
            return None
        facts = {"decimals": rule.decimals, "unit": rule.unit, "gap": rule.gap, "signed": rule.signed, **extra}
        found.append((facts, digits))
    return found


def digits_of(values: npt.NDArray[np.float64], decimals: int) -> npt.NDArray[np.int64] | None:
    """Return values rounded to decimals as whole numbers, as `format` rounds: half to even on the exact binary value.

    `None` if one does not fit into 32 bits; missing ones are `MISSING`.

    Examples
    --------
    >>> digits_of(np.array([0.125, 2.675, -0.004, np.nan]), 2).tolist() == [12, 267, 0, MISSING]
    True
    """
    known = ~np.isnan(values)
    scaled = np.where(known, values, 0.0) * 10.0**decimals
    if not (np.abs(scaled) < MOST).all():
        return None
    digits = np.rint(scaled)
    # Scaling rounds: what comes near a half is decided on the number itself.
    near = np.flatnonzero(np.abs(np.abs(scaled - np.trunc(scaled)) - 0.5) < 1e-6 * np.maximum(1.0, np.abs(scaled)))
    for at in near.tolist():
        digits[at] = int(f"{values[at]:.{decimals}f}".replace(".", ""))
    return np.where(known, np.clip(digits, LEAST, MOST), MISSING).astype(np.int64)


def _words(column: pd.Series, name: str, lang: str | None) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the code of each row (-1 for a missing value) and the texts the codes stand for."""
    # Equal items are shown once, where equal items are sure to read alike: in an object column, 1 equals True.
    plain = pd.api.types.infer_dtype(column, skipna=True) == "string"
    places, items = pd.factorize(column) if plain or column.dtype != object else (np.arange(len(column)), column)
    # Texts are shown as words; asking each for its unit takes four times as long.
    show: Callable[[Any], str] = (
        (lambda item: words.value(name, item, lang)) if plain else (lambda item: units.show(item, name, lang))
    )
    # A list or an array in a cell is shown as it is written.
    cells = [item if pd.api.types.is_scalar(item) else str(item) for item in items.tolist()]
    texts = [None if _missing(item) else show(item) for item in cells]
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


def _missing(item: Any) -> bool:
    return item is None or (not isinstance(item, str) and bool(pd.api.types.is_scalar(item) and pd.isna(item)))
