"""What the verbs of a map are given, looked at before anything is made of it: frames, columns, classes.

All that is wrong is said at once, with the layer, what was found and what is possible.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from fringe.errors import MapError
from fringe.maps.classes import SCHEMES
from fringe.maps.encode import is_number
from fringe.maps.kinds import MOST_KINDS, too_many
from fringe.maps.layer import NO_NAME, dimension_of, numbers_of
from fringe.maps.symbols import layer_of
from fringe.maps.whereabouts import check_whereabouts, way_to_degrees
from fringe.model import words
from fringe.model.problem import Problem

Palette = Literal["slate", "sage", "sand", "plum", "change"]

_MOST_CLASSES = 12
# Sums of squares of greater numbers would not be finite.
_GREATEST = 1e100
AREA = 2
"""The dimension of polygons."""


def drawable(given: object) -> gpd.GeoDataFrame:
    """Return a copy that later changes of the caller's frame do not reach."""
    if not isinstance(given, gpd.GeoDataFrame) or given.active_geometry_name is None:
        name = _name_of(given.index) if isinstance(given, pd.DataFrame) else "map"
        raise MapError(Problem("map_not_geographic", name, params={"value": type(given).__name__}))
    frame = _named(given)
    layer = layer_of(frame)
    if frame.crs is None:
        raise MapError(Problem("map_no_crs", layer))
    try:
        way_to_degrees(frame.crs)
    except pyproj.exceptions.ProjError as error:
        raise MapError(Problem("map_no_path", layer, params={"value": frame.crs.name})) from error
    check_whereabouts(frame)
    return frame


def _named(given: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy whose columns have texts for names, each its own."""
    names = [str(name) for name in given.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        params = {"value": ", ".join(twice)}
        raise MapError(Problem("map_columns_twice", _name_of(given.index), params=params))
    frame = given.copy()
    if names != list(given.columns):
        active = given.active_geometry_name
        # A geometry column of several levels is known by the first of them.
        levels: list[Any] = list(given.columns)
        firsts = [own[0] if isinstance(own, tuple) else own for own in levels]
        at = next(n for n, own in enumerate(levels) if active in (own, firsts[n]))
        shape = names[at]
        frame = gpd.GeoDataFrame(frame.set_axis(names, axis=1), geometry=shape, crs=given.crs)
    frame.index.name = _name_of(given.index)
    return frame


def unshadeable(frame: gpd.GeoDataFrame, column: str) -> list[Problem]:
    """Return what keeps a column's values from being put into classes or categories."""
    if column not in frame.columns:
        return []
    layer = layer_of(frame)
    found = frame[column]
    if is_number(found):
        size = np.abs(numbers_of(found))
        code, wrong = "map_too_great", np.isfinite(size) & (size > _GREATEST)
    else:
        odd = [not isinstance(item, Hashable) or isinstance(item, complex) for item in found]
        code, wrong = "map_not_words", np.array(odd, dtype=bool)
    return [Problem(code, layer, tuple(frame.index[wrong]), params={"column": column})] if wrong.any() else []


def many_kinds(
    frame: gpd.GeoDataFrame, column: str, lang: str | None, values: pd.Series | None = None
) -> list[Problem]:
    """Return the warning that a column of words has more kinds than a legend tells apart."""
    found = frame[column] if values is None else values
    n = 0 if is_number(found) else too_many(found, lang)
    folded = n - MOST_KINDS + 1
    params = {"column": column, "n": n, "most": MOST_KINDS, "folded": folded}
    return [Problem("map_many_kinds", layer_of(frame), severity="warning", params=params)] if n else []


def _name_of(index: pd.Index) -> str:
    return NO_NAME if index.name is None else str(index.name)


def not_areas(frame: gpd.GeoDataFrame) -> list[Problem]:
    """Lines and points have no ground to colour."""
    if frame.empty or dimension_of(frame) == AREA:
        return []
    layer = layer_of(frame)
    return [Problem("map_not_areas", layer, params={"value": ", ".join(sorted(set(frame.geom_type.dropna())))})]


def _rise(breaks: Any) -> bool:
    """Return whether breaks are at least two finite numbers, each greater than the one before."""
    if not np.iterable(breaks) or isinstance(breaks, str):
        return False
    edges = list(breaks)
    known = all(isinstance(edge, Real) and math.isfinite(edge) for edge in edges)
    return known and len(edges) > 1 and all(low < high for low, high in pairwise(edges))


def missing(frame: gpd.GeoDataFrame, column: str, role: str, lang: str | None) -> list[Problem]:
    """Return that a column, wanted for a role, is neither among a frame's columns nor its index."""
    if column in frame.columns or column == frame.index.name:
        return []
    has = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name)
    params = {"name": column, "role": words.text(role, lang), "allowed": has}
    return [Problem("map_column_missing", layer_of(frame), params=params)]


def missing_details(
    frame: gpd.GeoDataFrame,
    popup: Sequence[str] | Literal[False] | None,
    label: str | Literal[False] | None,
    lang: str | None,
) -> list[Problem]:
    """Return which columns of a popup, and which label, a frame does not have."""
    named = (popup,) if isinstance(popup, str) else popup or ()
    found = [problem for name in named for problem in missing(frame, name, "map.role_popup", lang)]
    return found + (missing(frame, label, "map.role_label", lang) if label else [])


def wrong_options(
    frame: gpd.GeoDataFrame, scheme: str, ramp: str, breaks: Sequence[float] | None, k: int
) -> list[Problem]:
    """Return which options of shading cannot be: scheme, palette, breaks that do not rise, number of classes."""
    layer = layer_of(frame)
    found = []
    for option, value, allowed in (("scheme", scheme, SCHEMES), ("palette", ramp, get_args(Palette))):
        if value not in allowed:
            params = {"option": option, "value": value, "allowed": ", ".join(allowed)}
            found.append(Problem("map_option_unknown", layer, params=params))
    if (breaks is not None or scheme == "fixed") and not _rise(breaks):
        given: Any = () if breaks is None else breaks
        shown: Any = list(given) if np.iterable(given) and not isinstance(given, str) else given
        found.append(Problem("map_breaks", layer, params={"value": shown}))
    if k not in range(1, _MOST_CLASSES + 1):
        found.append(Problem("map_k", layer, params={"value": k}))
    return found
