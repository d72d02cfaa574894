"""Layers from files: GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, and tables with coordinates.

A layer is *read* (rows as they stood), *placed* (its coordinate system told or stated, its datum shifted) and, if its
kind is given, *conformed* to the contract of the kind. Nothing is dropped: a row that cannot be read stays, without its
shape or value, and is a problem.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from fringe.errors import CRSError, DatumError, LayerError
from fringe.io.files import demand_file
from fringe.io.formats import layers_of, read_rows
from fringe.io.reading import Reading, parse_crs, plain_datum, renumbered
from fringe.io.writing import write_layer
from fringe.model.contract import conform, spec_of
from fringe.model.datum import DATUMS, to_wgs84
from fringe.model.problem import Problem, refuse

# Problems that say why a row has no shape.
_NO_SHAPE = frozenset({"geometry_unreadable", "geometry_beyond", "coordinate_unreadable", "coordinate_half"})
# No place on Earth is so far from an origin in any unit of length; figures beyond are damage.
_FARTHEST = 1e12
_MAX_LON, _MAX_LAT = 180.0, 90.0
# Longitudes are also written from 0 to 360, and rounding may pass the pole by a hair.
_LON_SLACK, _LAT_SLACK = 180.0, 1e-6


def read_layer(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    kind: str | None = None,
    crs: object = None,
    datum: str | None = None,
    aliases: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> Any:
    r"""Return a layer of a file.

    Parameters
    ----------
    path
        A GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, CSV or Excel file, or anything else GDAL reads.
    layer
        The layer or sheet, where the file holds several.
    kind
        ``"zones"``, ``"plots"``, ``"roads"``, …: brings headings, ids, values and shapes to the contract of the kind.
        Without it the frame comes as it stands.
    crs
        The coordinate system, where the file states none or a wrong one: anything pyproj takes, as ``"EPSG:4490"``.
    datum
        ``"gcj02"`` or ``"bd09"``: the coordinates come from a Chinese web map and are brought to WGS 84.
    aliases
        More headings: heading to column.
    encoding
        Of a Shapefile's or CSV's texts, where it is not told rightly by the file.

    Returns
    -------
    frame
        All rows of the file, in its order; with `kind` indexed by id.

    Raises
    ------
    LayerError
        If there is no such file or layer, it cannot be read, or with `kind` its rows break the contract: all problems
        at once.
    CRSError
        If a layer with shapes has no coordinate system and none is stated, or it cannot be true.
    DatumError
        If the datum is unknown or cannot be shifted.

    Warns
    -----
    FringeWarning
        Of what was repaired, and without `kind` of rows that cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "villages.csv").write_text("名称,经度,纬度,户数\n王村,117.7,34.6,120\n", encoding="gbk")
    >>> villages = read_layer(folder / "villages.csv", kind="villages")
    >>> float(villages.loc["王村", "households"]), villages.crs.to_epsg()
    (120.0, 4326)
    """
    frame, problems = load_layer(path, layer, kind=kind, crs=crs, datum=datum, aliases=aliases, encoding=encoding)
    if kind is None:
        problems = [replace(found, severity="warning") if found.severity == "error" else found for found in problems]
    refuse(problems)
    return frame


def load_layer(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    kind: str | None = None,
    crs: object = None,
    datum: str | None = None,
    aliases: Mapping[str, str] | None = None,
    encoding: str | None = None,
) -> tuple[Any, list[Problem]]:
    r"""Return a layer of a file and the problems of its rows, of all severities.

    Parameters and errors are those of `read_layer`, but what is wrong with rows and columns does not raise.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "villages.csv"
    >>> _ = path.write_text("name,lon,lat\nUp,7.5,46.0\nDown,7.6,?\n")
    >>> frame, problems = load_layer(path, kind="villages")
    >>> [(found.code, found.rows) for found in problems if found.severity == "error"]
    [('coordinate_unreadable', ('Down',))]
    """
    path = Path(path)
    name = kind or path.name
    if kind is not None:
        spec_of(kind)
    demand_file(path, name)
    if path.stat().st_size == 0:
        raise LayerError(Problem("file_empty", name, params={"path": str(path)}))
    stated = parse_crs(crs, name)
    reading = read_rows(path, layer, kind, stated, encoding)
    if isinstance(reading.frame, gpd.GeoDataFrame):
        reading = placed(reading, name, stated, datum)
    if kind is None:
        return reading.frame, reading.problems
    frame, found = conform(reading.frame, kind, aliases=aliases, encoding=reading.encoding)
    return frame, without_echo(renumbered(reading.problems, frame.index), found)


def without_echo(read: list[Problem], found: list[Problem]) -> list[Problem]:
    """Return all problems; a shape whose absence reading has explained is not called missing once more."""
    explained = {row for problem in read if problem.code in _NO_SHAPE for row in problem.rows}
    rest = []
    for problem in found:
        if problem.code == "geometry_missing":
            rows = tuple(row for row in problem.rows if row not in explained)
            if rows:
                rest.append(replace(problem, rows=rows))
        else:
            rest.append(problem)
    return [*read, *rest]


def placed(reading: Reading, name: str, stated: pyproj.CRS | None, datum: str | None) -> Reading:
    """Return the rows with their coordinate system, in WGS 84 where a datum is stated."""
    problems = list(reading.problems)
    given: Any = reading.frame
    own = _real(given.crs)
    if stated is None and own is None and datum is not None:
        # Web maps give degrees; their datum is what `datum` says.
        stated = pyproj.CRS.from_epsg(4326)
    crs = stated or own
    if crs is None:
        raise CRSError(Problem("crs_missing", name))
    if stated is not None and own is not None and not own.equals(stated, ignore_axis_order=True):
        params = {"value": _crs_name(own), "crs": _crs_name(stated)}
        problems.append(Problem("crs_overruled", name, severity="warning", params=params))
    frame, found = _on_earth(given.set_crs(crs, allow_override=True), name)
    problems += found
    if crs.is_geographic and (example := _beyond_degrees(frame)):
        raise CRSError(Problem("coordinates_not_degrees", name, params={"example": example}))
    if datum is not None:
        frame, found = _true(frame, datum, name)
        problems += found
    return Reading(frame, problems, reading.encoding)


def _true(frame: gpd.GeoDataFrame, datum: str, name: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return a layer in true coordinates, and that they were shifted."""
    try:
        moved = to_wgs84(frame, datum=datum)
    except DatumError as error:
        raise DatumError([replace(one, layer=name) for one in error.problems if isinstance(one, Problem)]) from error
    if plain_datum(datum) == "wgs84":
        return moved, []
    return moved, [Problem("datum_shifted", name, severity="note", params={"value": datum})]


def _on_earth(frame: gpd.GeoDataFrame, name: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the rows, without the shapes whose coordinates are no place; NaN and infinity are left to the contract."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    xy, at = shapely.get_coordinates(shapes, return_index=True)
    far = np.isfinite(xy) & (np.abs(xy) > _FARTHEST)
    if not far.any():
        return frame, []
    rows = sorted(set(at[far.any(axis=1)].tolist()))
    params = {"value": f"{xy[far][0]:.3g}"}
    problem = Problem("geometry_beyond", name, tuple(row + 1 for row in rows), params=params)
    shapes = shapes.copy()
    shapes[rows] = None
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)), [problem]


def _real(crs: pyproj.CRS | None) -> pyproj.CRS | None:
    """Return a coordinate system, or `None` for those by which formats say that they have none."""
    return None if crs is None or crs.is_engineering or crs.name.startswith("Undefined") else crs


def _crs_name(crs: pyproj.CRS) -> str:
    code = crs.to_epsg()
    return crs.name if code is None else f"EPSG:{code} ({crs.name})"


def _beyond_degrees(frame: gpd.GeoDataFrame) -> str:
    """Return a coordinate that is no longitude and latitude, or an empty text."""
    low_x, low_y, high_x, high_y = frame.total_bounds
    for x, y in ((low_x, low_y), (high_x, high_y)):
        if abs(x) > _MAX_LON + _LON_SLACK or abs(y) > _MAX_LAT + _LAT_SLACK:
            return f"{x:.10g}, {y:.10g}"
    return ""


__all__ = ["DATUMS", "layers_of", "load_layer", "read_layer", "write_layer"]
