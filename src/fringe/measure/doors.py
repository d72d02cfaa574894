"""The doors of the measures: what is checked before anything is computed.

A measure takes layers as they are and reprojects nothing. At its door stand: it is a layer; one CRS fit for measuring;
ids present and unique; geometry of the right type, complete and valid, repaired where it can be (which is said). All
that is wrong with all layers is raised at once. *Groups* are the values of a column that rows are put together by.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from fringe.errors import CRSError, LayerError
from fringe.measure.flat import Bounds, Geometries, Ints
from fringe.model.crs import require_metric
from fringe.model.geometry import mend, mend_with_rings
from fringe.model.layers import LINE, POLYGON
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.rings import Rings

if TYPE_CHECKING:
    from pyproj import CRS

# The group of rows whose column is empty.
MISSING = "(missing)"
# The first GEOS with `coverage_is_valid`.
_TELLS_TILINGS = (3, 12, 0)


@dataclass(frozen=True)
class Groups:
    """Which group each row belongs to.

    Parameters
    ----------
    of
        Position of each row's group in `names`.
    names
        The groups in order, `MISSING` last.
    """

    of: Ints
    names: tuple[Hashable, ...]


def admit(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    kinds: Mapping[str, tuple[str, ...]] | None = None,
    need: Sequence[str] = (),
) -> tuple[dict[str, gpd.GeoDataFrame], CRS | None]:
    """Return the layers fit for measuring, and their CRS (`None` if all are empty and state none).

    Parameters
    ----------
    layers
        By the name they have in problems.
    kinds
        Geometry types of a layer; polygons where nothing is said.
    need
        Layers that must have rows.

    Raises
    ------
    LayerError, CRSError
        With all that was found.
    """
    return admit_with_rings(layers, kinds=kinds, need=need)[:2]


def admit_with_rings(
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    kinds: Mapping[str, tuple[str, ...]] | None = None,
    need: Sequence[str] = (),
    workers: int | None = 1,
) -> tuple[dict[str, gpd.GeoDataFrame], CRS | None, dict[str, Rings]]:
    """Do as `admit`, by so many threads, and return the rings of those layers whose rings were looked at."""
    _refuse_strangers(layers)
    filled = {name: layer for name, layer in layers.items() if len(layer)}
    problems = [Problem("layer_empty", name) for name in need if name not in filled]
    if problems:
        raise LayerError(problems)
    crs = require_metric(**filled) if filled else None
    fit, rings = dict(layers), {}
    for name, layer in filled.items():
        problems += _identity_problems(name, layer)
        mended, found, walked = mend_with_rings(layer, name, (kinds or {}).get(name, POLYGON), workers=workers)
        fit[name] = mended
        if name == "zones":
            fit[name], found = _without_collapsed(mended, found)
        if walked is not None and fit[name] is mended:
            rings[name] = walked
        problems += found
    refuse(problems)
    return fit, crs, rings


def admit_lines(lines: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> tuple[dict[str, gpd.GeoDataFrame], CRS | None]:
    """Return lines and zones fit for measuring, and their CRS; see `admit`."""
    return admit({"lines": lines, "zones": zones}, kinds={"lines": LINE}, need=("zones",))


def admit_anywhere(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return zones fit to be held against something with a plane of its own: as `admit`, but in any CRS.

    Raises
    ------
    LayerError, CRSError
        With all that was found.
    """
    _refuse_strangers({"zones": zones})
    if not len(zones):
        raise LayerError(Problem("layer_empty", "zones"))
    if zones.crs is None:
        raise CRSError(Problem("crs_missing", "zones", params={"path": "zones"}))
    problems = _identity_problems("zones", zones)
    fit, found = mend(zones, "zones", POLYGON)
    fit, found = _without_collapsed(fit, found)
    refuse([*problems, *found])
    return fit


def _refuse_strangers(layers: Mapping[str, object]) -> None:
    problems = []
    for name, layer in layers.items():
        geometric = isinstance(layer, gpd.GeoDataFrame) and (layer.active_geometry_name is not None or not len(layer))
        if not geometric:
            problems.append(Problem("not_a_layer", name, params={"value": type(layer).__name__}))
    if problems:
        raise LayerError(problems)


def _identity_problems(name: str, layer: gpd.GeoDataFrame) -> list[Problem]:
    ids = layer.index
    problems = []
    gaps = int(pd.isna(ids.to_frame()).to_numpy().any(axis=1).sum())
    if gaps:
        problems.append(Problem("index_missing", name, params={"count": gaps}))
    counts = ids[ids.duplicated(keep=False)].value_counts(sort=False)
    problems += [
        Problem("id_duplicate", name, (item,), params={"value": item, "count": int(count)})
        for item, count in counts.items()
    ]
    return problems


def _without_collapsed(zones: gpd.GeoDataFrame, problems: Sequence[Problem]) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Turn outlines that enclose nothing into empty zones and warnings: such a zone has a row, but no share."""
    said = []
    for found in problems:
        if found.code == "geometry_collapsed":
            zones = zones.set_geometry(zones.geometry.where(~zones.index.isin(found.rows), shapely.Polygon()))
            said.append(Problem("zone_without_area", found.layer, found.rows, "warning", found.params))
        else:
            said.append(found)
    return zones, said


def shapes_of(layer: gpd.GeoDataFrame) -> Geometries:
    """Return the geometries of a layer as an array of their own."""
    if not len(layer):
        return np.array([], dtype=object)
    return np.array(layer.geometry.array, dtype=object)


def bounds_of(*shapes: Geometries) -> Bounds:
    """Return the box around all shapes; without any the box at the origin."""
    boxes = np.concatenate([shapely.bounds(some).reshape(-1, 4) for some in shapes])
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return (0.0, 0.0, 0.0, 0.0)
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return (float(west), float(south), float(east), float(north))


def groups_of(values: pd.Series[Any], *, order: Sequence[Hashable] = ()) -> Groups:
    """Return the groups of a column: in `order`, else that of its categories, else that of first appearance.

    Examples
    --------
    >>> import pandas as pd
    >>> groups_of(pd.Series(["west", None, "east", "west"])).names
    ('west', 'east', '(missing)')
    """
    present = list(pd.unique(values.dropna()))
    if not order and isinstance(values.dtype, pd.CategoricalDtype):
        order = list(values.dtype.categories)
    names = [name for name in order if name in present] + [name for name in present if name not in order]
    if values.isna().any() and MISSING not in names:
        names.append(MISSING)
    place = {name: at for at, name in enumerate(names)}
    at = [place[MISSING] if pd.isna(item) else place[item] for item in values]
    return Groups(np.array(at, dtype=np.int64), tuple(names))


def grouped(
    layer: gpd.GeoDataFrame, name: str, column: str, *, order: Sequence[Hashable] = ()
) -> tuple[Groups, list[Problem]]:
    """Return the groups of a layer's column, and a warning that names rows without a value."""
    problems = column_problems(layer, name, column)
    if errors_of(problems):
        raise LayerError(problems)
    values = layer[column]
    empty = tuple(layer.index[values.isna()])
    if empty:
        problems.append(Problem("group_missing", name, empty, "warning", {"column": column, "value": MISSING}))
    return groups_of(values, order=order), problems


def column_problems(layer: pd.DataFrame, name: str, column: object) -> list[Problem]:
    """Return the error that a layer has no such column, with the nearest one; empty if it has."""
    names = [str(item) for item in layer.columns if item != getattr(layer, "_geometry_column_name", None)]
    if isinstance(column, str) and column in names:
        return []
    near = get_close_matches(str(column), names, n=1)
    present = ", ".join(names) or "–"
    return [
        Problem("measure_column_missing", name, params={"column": column, "present": present, "hint": "".join(near)})
    ]


def measured_zones(zones: gpd.GeoDataFrame, per: str | None) -> tuple[pd.Index[Any], Geometries]:
    """Return what is measured and its index: the zones, or with `per` those of each value of a column as one shape.

    Ground that two zones of one value share is counted once.
    """
    if per is None:
        return zones.index, shapes_of(zones)
    groups, problems = grouped(zones, "zones", per)
    refuse(problems)
    shapes = shapes_of(zones)
    # `coverage_union_all` is quicker, and silently wrong where zones overlap or vertices of one lie on another's edge.
    is_tiled = shapely.geos_version >= _TELLS_TILINGS and bool(shapely.coverage_is_valid(shapes))
    unite = shapely.coverage_union_all if is_tiled else shapely.union_all
    united = [unite(shapes[groups.of == at]) for at in range(len(groups.names))]
    return pd.Index(groups.names, name=per), np.array([*united, None], dtype=object)[:-1]


def groups_by(layer: gpd.GeoDataFrame, name: str, by: str | None) -> Groups:
    """Return the groups of a layer by a column; one group without a name if there is none to go by."""
    if by is None:
        return Groups(np.zeros(len(layer), dtype=np.int64), ("",))
    if not len(layer) and by not in layer.columns:
        return Groups(np.array([], dtype=np.int64), ())
    groups, problems = grouped(layer, name, by)
    refuse(problems)
    return groups
