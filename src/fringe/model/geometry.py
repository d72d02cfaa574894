"""Geometry fit to be measured: the right type, in the plane, finite, valid; what is mended is said.

*Mended* means: heights dropped, a collection reduced to its parts of the wanted type, an invalid polygon rebuilt by
``make_valid(method="structure")``. What cannot be mended (missing, empty, not finite, of another type) is an error.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from fringe.model.compiled import worthwhile
from fringe.model.layers import POLYGON
from fringe.model.parallel import chunked
from fringe.model.problem import Problem, Severity
from fringe.model.rings import Rings, is_areal, rings_of

# A repair that moves an area by more than this is likely to have guessed wrong, and a person should look.
REPAIR_WARNS_OVER = 0.01
_TYPE_NAMES = {
    0: "Point",
    1: "LineString",
    2: "LinearRing",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}
_COLLECTION = 7
_SHAPES_AT_ONCE = 2_048
Geometries = npt.NDArray[np.object_]


def mend(
    frame: gpd.GeoDataFrame, layer: str, allowed: tuple[str, ...] = POLYGON
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the layer with its geometry fit to be measured, and what was found and done.

    Parameters
    ----------
    frame
        Any layer. It is not written to.
    layer
        What it is called in problems, such as ``"plots"``.
    allowed
        Geometry types it may hold.

    Returns
    -------
    frame
        The same rows; the same object if nothing had to be done.
    problems
        Errors name rows that cannot be mended; their geometry is left as it was.

    Examples
    --------
    A bow-tie counts as nothing until it is mended.

    >>> import geopandas as gpd
    >>> from shapely import Polygon
    >>> tie = gpd.GeoDataFrame(index=["P-1"], geometry=[Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])], crs="EPSG:32650")
    >>> mended, found = mend(tie, "plots")
    >>> float(tie.area.iloc[0]), float(mended.area.iloc[0]), found[0].severity
    (0.0, 2.0, 'warning')
    """
    return mend_with_rings(frame, layer, allowed)[:2]


def mend_with_rings(
    frame: gpd.GeoDataFrame, layer: str, allowed: tuple[str, ...] = POLYGON, *, workers: int | None = 1
) -> tuple[gpd.GeoDataFrame, list[Problem], Rings | None]:
    """Do as `mend`, and return the rings of the geometry as it is now if they were looked at, else `None`.

    `workers` are threads that look at them; see `fringe.model.parallel.chunked`.
    """
    shapes: Geometries = np.asarray(frame.geometry.array, dtype=object)
    ids = frame.index
    problems: list[Problem] = []
    unfit = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if unfit.any():
        problems.append(Problem("geometry_missing", layer, _rows(ids, unfit)))
    mended, flat = _flattened(shapes)
    if flat.any():
        problems.append(Problem("geometry_height", layer, _rows(ids, flat), "note"))
    xy = shapely.get_coordinates(mended)
    not_finite = ~unfit & ~_finite(mended, xy)
    if not_finite.any():
        problems.append(Problem("geometry_not_finite", layer, _rows(ids, not_finite)))
    flattened = mended
    mended, found = _typed(mended, ids, layer, allowed, unfit | not_finite)
    problems += found
    wrong = {row for problem in found if problem.severity == "error" for row in problem.rows}
    unfit = unfit | not_finite | (ids.isin(wrong) if wrong else np.zeros(len(ids), dtype=bool))
    rings = None
    if "Polygon" in allowed:
        sound, rings = _looked_at(mended, xy if mended is flattened else None, workers=workers)
        checked = mended
        mended, found = _valid(mended, ids, layer, unfit | sound)
        rings = rings if mended is checked else None
        problems += found
    if mended is shapes:
        return frame, problems, rings
    return frame.set_geometry(gpd.GeoSeries(mended, index=frame.index, crs=frame.crs)), problems, rings


def _rows(ids: pd.Index[Any], where: npt.NDArray[np.bool_]) -> tuple[object, ...]:
    return tuple(ids[np.flatnonzero(where)])


def _flattened(shapes: Geometries) -> tuple[Geometries, npt.NDArray[np.bool_]]:
    high = np.asarray(shapely.has_z(shapes), dtype=bool)
    return (np.where(high, shapely.force_2d(shapes), shapes) if high.any() else shapes), high


def _finite(shapes: Geometries, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    finite = np.ones(len(shapes), dtype=bool)
    # A sum is finite only if all of its parts are, and much cheaper to look at.
    if np.isfinite(xy.sum()):
        return finite
    xy, at = shapely.get_coordinates(shapes, return_index=True)
    finite[at[~np.isfinite(xy).all(axis=1)]] = False
    return finite


def _typed(
    shapes: Geometries, ids: pd.Index[Any], layer: str, allowed: tuple[str, ...], skip: npt.NDArray[np.bool_]
) -> tuple[Geometries, list[Problem]]:
    """Reduce collections to the wanted parts; name the rows of another type."""
    codes = shapely.get_type_id(shapes)
    wanted = [code for code, name in _TYPE_NAMES.items() if name in allowed]
    odd = ~skip & ~np.isin(codes, wanted)
    if not odd.any():
        return shapes, []
    problems = []
    shapes = shapes.copy()
    dimension = int(max(_dimension(name) for name in allowed))
    reduced = np.zeros(len(shapes), dtype=bool)
    for at in np.flatnonzero(odd & (codes == _COLLECTION)):
        parts = [part for part in _leaves(shapes[at]) if shapely.get_dimensions(part) == dimension]
        if parts:
            shapes[at] = parts[0] if len(parts) == 1 else shapely.union_all(parts)
            reduced[at] = True
    if reduced.any():
        problems.append(Problem("geometry_collection", layer, _rows(ids, reduced), "repaired"))
    wrong = odd & ~reduced
    for code in np.unique(codes[wrong]):
        params = {"value": _TYPE_NAMES[int(code)], "allowed": "/".join(allowed)}
        problems.append(Problem("geometry_type", layer, _rows(ids, wrong & (codes == code)), params=params))
    return shapes, problems


def _dimension(name: str) -> int:
    return {"Point": 0, "LineString": 1, "Polygon": 2}[name.removeprefix("Multi")]


def _leaves(shape: shapely.Geometry) -> list[shapely.Geometry]:
    parts = list(shapely.get_parts(shape))
    return [leaf for part in parts for leaf in (_leaves(part) if shapely.get_type_id(part) >= 4 else [part])]  # noqa: PLR2004


def is_valid(
    shapes: Geometries, xy: npt.NDArray[np.float64] | None = None, *, native: bool | None = None
) -> npt.NDArray[np.bool_]:
    """Return which shapes are valid, as `shapely.is_valid` does, sooner for many polygons.

    Parameters
    ----------
    shapes
        Any geometries.
    xy
        Their coordinates, where they are known; they are written to.
    native
        Whether compiled loops look first, and GEOS only at what they are not sure of; `None` takes what is sooner done.
    """
    return _looked_at(shapes, xy, native=native)[0]


def _looked_at(
    shapes: Geometries, xy: npt.NDArray[np.float64] | None, *, native: bool | None = None, workers: int | None = 1
) -> tuple[npt.NDArray[np.bool_], Rings | None]:
    """Return which shapes are valid, and their rings, without repeated vertices, if they were looked at."""
    if native is None:
        vertices = len(xy) if xy is not None else int(shapely.get_num_coordinates(shapes).sum())
        native = worthwhile(vertices)
    if not native or not is_areal(shapes):
        return np.asarray(shapely.is_valid(shapes), dtype=bool), None
    from fringe.model.simple import simple

    sound = np.zeros(len(shapes), dtype=bool)
    rings = rings_of(shapes, xy)
    chunked(
        lambda span: simple(rings, sound, span.start, span.stop), len(shapes), size=_SHAPES_AT_ONCE, workers=workers
    )
    sound[~sound] = shapely.is_valid(shapes[~sound])
    return sound, rings


def _valid(
    shapes: Geometries, ids: pd.Index[Any], layer: str, skip: npt.NDArray[np.bool_]
) -> tuple[Geometries, list[Problem]]:
    """Rebuild the polygons that are not skipped; a repair that changes the area by more than 1 % is a warning."""
    areal = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - the dimension of an area
    broken = ~skip & areal
    if not broken.any():
        return shapes, []
    at = np.flatnonzero(broken)
    before = shapely.area(shapes[at])
    rebuilt = shapely.make_valid(shapes[at], method="structure", keep_collapsed=False)
    after = shapely.area(rebuilt)
    reasons = shapely.is_valid_reason(shapes[at])
    problems = []
    gone = (after == 0) | shapely.is_empty(rebuilt)
    shapes = shapes.copy()
    shapes[at[~gone]] = rebuilt[~gone]
    for place, old, new, reason, lost in zip(at.tolist(), before, after, reasons, gone, strict=True):
        if lost:
            problems.append(Problem("geometry_collapsed", layer, (ids[place],), params={"reason": _reason(reason)}))
            continue
        severity: Severity = "warning" if abs(new - old) > REPAIR_WARNS_OVER * max(old, new) else "repaired"
        params = {"reason": _reason(reason), "before": f"{old:,.2f}", "after": f"{new:,.2f}"}
        problems.append(Problem("geometry_invalid", layer, (ids[place],), severity, params=params))
    return shapes, problems


def _reason(reason: str) -> str:
    """Return GEOS' reason without its bracketed brackets: ``Self-intersection at 3 4``."""
    head, _, place = reason.partition("[")
    return f"{head.strip()} ({place.rstrip(']')})" if place else head
