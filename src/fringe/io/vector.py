"""Layers from files: GeoPackage, Shapefile, GeoJSON, FlatGeobuf, GeoParquet, and tables with coordinates.

A layer is *read* (rows as they stood), *placed* (its coordinate system told or stated, its datum shifted) and, if its
kind is given, *conformed* to the contract of the kind. Nothing is dropped: a row that cannot be read stays, without its
shape or value, and is a problem.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from fringe.errors import CRSError, DatumError, LayerError
from fringe.io import shapefile
from fringe.io.files import demand_file
from fringe.io.reading import Reading, listening, parse_crs, renumbered
from fringe.io.tabular import EXCEL_SUFFIXES, TEXT_SUFFIXES, read_tabular, sheets_of, with_points
from fringe.io.writing import write_layer
from fringe.model.contract import conform, spec_of
from fringe.model.problem import Problem, refuse

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
# One layer, named after the file.
_SINGLE = (".shp", *PARQUET_SUFFIXES, *TEXT_SUFFIXES)
DATUMS = ("gcj02", "bd09")
_GDAL_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.FieldError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    UnicodeDecodeError,
)
# What GDAL adds to its reasons for programmers.
_ADVICE = "; It might help to specify the correct driver"
# These are said row by row, by fringe itself.
_SAID_BETTER = ("Non closed ring detected", "More than one layer found")
# Problems that say why a row has no shape.
_NO_SHAPE = frozenset({"geometry_unreadable", "coordinate_unreadable", "coordinate_half"})
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
    reading = _read(path, layer, kind, stated, encoding)
    if isinstance(reading.frame, gpd.GeoDataFrame):
        reading = _placed(reading, name, stated, datum)
    if kind is None:
        return reading.frame, reading.problems
    frame, found = conform(reading.frame, kind, aliases=aliases, encoding=reading.encoding)
    return frame, _without_echo(renumbered(reading.problems, frame.index), found)


def layers_of(path: str | os.PathLike[str]) -> list[str]:
    """Return the names of a file's layers, or of an Excel file's sheets.

    Raises
    ------
    LayerError
        If there is no such file or it cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "villages.csv"
    >>> _ = path.write_text("name,lon,lat")
    >>> layers_of(path)
    ['villages']
    """
    path = Path(path)
    demand_file(path, path.name)
    if path.suffix.lower() in EXCEL_SUFFIXES:
        return list(sheets_of(path, path.name, []))
    return [path.stem] if path.suffix.lower() in _SINGLE else _layers(path, path.name)


def _without_echo(read: list[Problem], found: list[Problem]) -> list[Problem]:
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


def _read(path: Path, layer: str | None, kind: str | None, stated: pyproj.CRS | None, encoding: str | None) -> Reading:
    suffix = path.suffix.lower()
    name = kind or path.name
    if layer is not None and suffix in _SINGLE:
        _chosen_layer(path, layer, kind, name)
    if suffix in (*TEXT_SUFFIXES, *EXCEL_SUFFIXES):
        return read_tabular(path, layer, kind=kind, stated=stated, encoding=encoding)
    if suffix == ".xls":
        params = {"path": str(path), "value": suffix, "allowed": ".xlsx"}
        raise LayerError(Problem("format_unknown", name, params=params))
    if suffix in PARQUET_SUFFIXES:
        return _read_parquet(path, kind, stated)
    if suffix == ".shp":
        return _read_shapefile(path, name, encoding)
    problems: list[Problem] = []
    frame = _read_gdal(path, _chosen_layer(path, layer, kind, name), name, problems)
    return Reading(frame, problems)


def _read_parquet(path: Path, kind: str | None, stated: pyproj.CRS | None) -> Reading:
    name = kind or path.name
    if importlib.util.find_spec("pyarrow") is None:
        command = 'pip install "fringe-gis[parquet]"'
        params = {"path": str(path), "package": "pyarrow", "command": command}
        raise LayerError(Problem("format_extra", name, params=params))
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        located = b"geo" in (pq.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if located else pd.read_parquet(path)
        for name in frame.select_dtypes(include=["object", "string"]).columns:
            # Arrow notices a damaged text only when it is looked at.
            frame[name].to_numpy(dtype=object)
    except (pa.ArrowException, OSError, ValueError, KeyError, RuntimeError, shapely.errors.GEOSException) as error:
        # pyproj's CRSError is a RuntimeError.
        raise LayerError(_unreadable(path, error, name)) from error
    # Named index levels are columns to others; a nameless one is only a count.
    named = [level for level in frame.index.names if level is not None]
    frame = frame.reset_index(level=named) if named else frame.reset_index(drop=True)
    return Reading(frame) if located else with_points(frame, [], name, kind, stated)


def _read_shapefile(path: Path, name: str, encoding: str | None) -> Reading:
    if missing := shapefile.parts_missing(path):
        params = {"path": str(path), "missing": ", ".join(missing)}
        raise LayerError(Problem("shapefile_part", name, params=params))
    table, problems = shapefile.read_table_facts(path, name, encoding)
    frame = _read_gdal(path, None, name, problems, encoding=shapefile.RAW)
    return Reading(shapefile.decoded(frame, table), problems, table.encoding)


def _layers(path: Path, name: str) -> list[str]:
    try:
        with listening([], name):
            found = pyogrio.list_layers(path)
    except _GDAL_ERRORS as error:
        raise LayerError(_unreadable(path, error, name)) from error
    return [str(layer) for layer, _ in found]


def _chosen_layer(path: Path, layer: str | None, kind: str | None, name: str) -> str:
    """Return the layer asked for, else the one named after the kind, else the only one."""
    layers = layers_of(path)
    allowed = ", ".join(layers)
    if not layers:
        raise LayerError(Problem("layer_none", name, params={"path": str(path)}))
    if layer is not None:
        if layer in layers:
            return layer
        near = get_close_matches(layer, layers, n=1)
        params = {"path": str(path), "value": layer, "allowed": allowed, "hint": near[0] if near else ""}
        raise LayerError(Problem("layer_missing", name, params=params))
    if kind in layers:
        return kind
    if len(layers) > 1:
        raise LayerError(Problem("layer_choice", name, params={"path": str(path), "allowed": allowed}))
    return layers[0]


def _read_gdal(
    path: Path, layer: str | None, name: str, problems: list[Problem], encoding: str | None = None
) -> pd.DataFrame:
    """Return all rows; a shape that GEOS does not take is closed if it is only open, else missing and a problem."""
    try:
        with listening(problems, name, _SAID_BETTER):
            frame: pd.DataFrame = pyogrio.read_dataframe(
                path, layer=layer, encoding=encoding, on_invalid="ignore", use_arrow=False
            )
            if not isinstance(frame, gpd.GeoDataFrame) or not frame.geometry.isna().any():
                return frame
            _, _, raw, _ = pyogrio.raw.read(path, layer=layer, columns=[], encoding=encoding)
    except (UnboundLocalError, pyproj.exceptions.CRSError) as error:
        # The first is how pyogrio fails on a coordinate system that GDAL cannot read.
        raise CRSError(Problem("crs_unreadable", name, params={"path": str(path)})) from error
    except _GDAL_ERRORS as error:
        raise LayerError(_unreadable(path, error, name)) from error
    shapes = np.asarray(frame.geometry.array, dtype=object)
    closed: list[int] = []
    for at in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if raw[at] is None:
            continue
        shapes[at] = shapely.from_wkb(raw[at], on_invalid="fix")
        if shapes[at] is None:
            problems.append(Problem("geometry_unreadable", name, (at + 1,), params={"reason": _why(raw[at])}))
        else:
            closed.append(at + 1)
    if closed:
        problems.append(Problem("geometry_unclosed", name, tuple(closed), "repaired"))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))


def _why(wkb: bytes) -> str:
    try:
        shapely.from_wkb(wkb)
    except shapely.errors.GEOSException as error:
        return str(error).strip().partition(": ")[2] or str(error).strip()
    return "WKB"


def _unreadable(path: Path, error: Exception, name: str) -> Problem:
    reason = str(error).partition(_ADVICE)[0].strip().rstrip(".")
    return Problem("file_unreadable", name, params={"path": str(path), "reason": reason})


def _placed(reading: Reading, name: str, stated: pyproj.CRS | None, datum: str | None) -> Reading:
    """Return the rows with their coordinate system, in WGS 84 where a datum is stated."""
    if datum is not None and datum not in DATUMS:
        params = {"value": datum, "allowed": ", ".join(DATUMS)}
        raise DatumError(Problem("datum_unknown", name, params=params))
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
    frame = given.set_crs(crs, allow_override=True)
    if crs.is_geographic and (example := _beyond_degrees(frame)):
        raise CRSError(Problem("coordinates_not_degrees", name, params={"example": example}))
    if datum is not None:
        from fringe.model.datum import to_wgs84

        frame = to_wgs84(frame, datum=datum)
        params = {"value": {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]}
        problems.append(Problem("datum_shifted", name, severity="note", params=params))
    return Reading(frame, problems, reading.encoding)


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


__all__ = ["DATUMS", "PARQUET_SUFFIXES", "layers_of", "load_layer", "read_layer", "write_layer"]
