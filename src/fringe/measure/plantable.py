"""Plantable ground: what is left of an area without the ground that cannot be planted.

Excluded are areas as they are (water, buildings, a protection zone) and lines as wide as they are: a road by its
`width_m`, else by the usual width of its class, which is said. Of a layer called ``cropland`` that has a column
`land_class` only cropland counts (codes 01 to 0103 of the land survey, or its words), so that a whole land layer may be
given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import LayerError
from fringe.measure.corridor_axis import Ground
from fringe.measure.cuts import cut, overlay, polygonal, unite
from fringe.measure.doors import shapes_of
from fringe.measure.flat import Floats, Geometries
from fringe.model.land import is_cropland
from fringe.model.problem import Problem, errors_of
from fringe.model.rules import rules

Exclude = gpd.GeoDataFrame | Mapping[str, gpd.GeoDataFrame] | Sequence[gpd.GeoDataFrame] | None
CROPLAND = "cropland"
# Names the layers of a measure have already.
_TAKEN = frozenset({"rail", "plots", "zones"})


def named_exclusions(exclude: Exclude) -> dict[str, gpd.GeoDataFrame]:
    """Return the excluded layers by the name they have in problems, of cropland only cropland."""
    if exclude is None:
        return {}
    if isinstance(exclude, pd.DataFrame):
        exclude = [exclude]
    if not isinstance(exclude, Mapping):
        exclude = {f"exclude {at}": layer for at, layer in enumerate(exclude, start=1)}
    named = {f"exclude {name}" if name in _TAKEN else str(name): layer for name, layer in exclude.items()}
    return {name: _cropland(layer) if name == CROPLAND else layer for name, layer in named.items()}


def _cropland(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if "land_class" not in getattr(layer, "columns", ()):
        return layer
    return layer[is_cropland(layer["land_class"])]


def excluded_ground(
    layers: Mapping[str, gpd.GeoDataFrame], near: Geometries, ground: Ground
) -> tuple[Geometries, list[Problem]]:
    """Return the shapes of excluded ground that can meet some areas, and what was assumed about widths.

    Parameters
    ----------
    layers
        Fit for measuring, areas or lines.
    near
        The areas.
    ground
        True metres of one metre of the plane, from place to place.
    """
    tree = shapely.STRtree(near)
    found, problems = [], []
    for name, layer in layers.items():
        shapes = shapes_of(layer)
        lineal = np.flatnonzero(shapely.get_dimensions(shapes) == 1)
        if len(lineal):
            width, said = _widths(layer.iloc[lineal], name)
            problems += said
            shapes[lineal] = _widened(shapes[lineal], width, tree, ground)
        met = np.unique(tree.query(shapes)[0])
        found.append(shapes[met])
    if errors_of(problems):
        raise LayerError(errors_of(problems))
    shapes = np.concatenate([np.array([], dtype=object), *found])
    return shapes[~shapely.is_empty(shapes)], problems


def _widths(layer: gpd.GeoDataFrame, name: str) -> tuple[Floats, list[Problem]]:
    """Return the width of each line: its own, else that of its class."""
    width = np.full(len(layer), np.nan)
    if "width_m" in layer.columns:
        width = pd.to_numeric(layer["width_m"], errors="coerce").to_numpy(dtype=np.float64, copy=True)
        width[~(width > 0)] = np.nan
    usual = np.full(len(layer), np.nan)
    if "road_class" in layer.columns:
        usual = layer["road_class"].astype(object).map(_usual_widths()).to_numpy(dtype=np.float64)
    untold = np.isnan(width)
    assumed, unknown = untold & ~np.isnan(usual), untold & np.isnan(usual)
    problems = []
    if assumed.any():
        problems.append(Problem("width_assumed", name, tuple(layer.index[assumed]), "warning"))
    if unknown.any():
        problems.append(Problem("width_unknown", name, tuple(layer.index[unknown])))
    return np.where(untold, usual, width), problems


def _usual_widths() -> dict[str, float]:
    table = rules()
    table = table[(table["quantity"] == "usual_road_width")]
    return {word: float(row["value"]) for _, row in table.iterrows() for word in str(row["class"]).split(";")}


def _widened(lines: Geometries, width_m: Floats, tree: shapely.STRtree, ground: Ground) -> Geometries:
    """Return lines as wide as they are; those that reach none of the areas stay empty."""
    made = np.full(len(lines), shapely.Polygon(), dtype=object)
    box = shapely.bounds(lines)
    middle = (box[:, :2] + box[:, 2:]) / 2
    half = width_m / 2 / ground(middle[:, 0], middle[:, 1])
    met = np.unique(tree.query(lines, predicate="dwithin", distance=half)[0])
    made[met] = shapely.buffer(lines[met], half[met], quad_segs=8)
    return made


def without_ground(areas: Geometries, excluded: Geometries, *, workers: int | None = None) -> Geometries:
    """Return the areas without the excluded ground; an area none of it meets stays the same object."""
    if not len(excluded):
        return areas
    # Excluded ground is cut to a box around each area, not to the area: edges that should fall on the area's own would
    # leave hairs of it, through rounding.
    near = shapely.box(*(shapely.bounds(areas) + np.array([-1.0, -1.0, 1.0, 1.0])).T)
    cuts = cut(near, excluded, workers=workers)
    touched, united = unite(cuts.shapes, cuts.zone_at, workers=workers)
    left = areas.copy()
    left[touched] = polygonal(overlay(shapely.difference, areas[touched], united))
    return left
