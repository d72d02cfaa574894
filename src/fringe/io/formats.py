"""The formats layers come in, read row by row as they stand.

A *single* format holds one layer, named after its file; a GeoPackage or an Excel file holds several. A shape that is
only open is closed and said; one that cannot be read is missing, and a problem names its row.
"""

from __future__ import annotations

import importlib.util
import os
from difflib import get_close_matches
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from fringe.errors import CRSError, LayerError
from fringe.io import shapefile
from fringe.io.files import demand_file
from fringe.io.reading import GDAL_ERRORS, Reading, listening
from fringe.io.tabular import EXCEL_SUFFIXES, TEXT_SUFFIXES, read_tabular, sheets_of, with_points
from fringe.model.problem import Problem

PARQUET_SUFFIXES = (".parquet", ".geoparquet")
# One layer, named after the file.
_SINGLE = (".shp", *PARQUET_SUFFIXES, *TEXT_SUFFIXES)
# What GDAL adds to its reasons for programmers.
_ADVICE = "; It might help to specify the correct driver"
# These are said row by row, by fringe itself.
_SAID_BETTER = ("Non closed ring detected", "More than one layer found")


def read_rows(
    path: Path, layer: str | None, kind: str | None, stated: pyproj.CRS | None, encoding: str | None
) -> Reading:
    """Return the rows of a layer as they stand in a file that is there.

    Parameters
    ----------
    path
        The file; its suffix tells the format.
    layer
        The layer or sheet, where there are several.
    kind
        The layer's kind, if known: names it in problems, and says whether a table must have coordinates.
    stated
        The coordinate system of a table's figures, where the user states it.
    encoding
        Of texts, where the user states it.

    Raises
    ------
    LayerError
        If the file cannot be read or the layer is not in it.
    CRSError
        If a table's coordinates are of no known system.
    """
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
    except GDAL_ERRORS as error:
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
    except GDAL_ERRORS as error:
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
