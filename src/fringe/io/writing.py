"""Layers into files. Ids are written as a column, named by the index; what a format cannot hold is refused or said.

A *single* format holds one layer in a file; a GeoPackage holds several, and one is added or replaced among them.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from fringe.errors import FringeWarning, LayerError
from fringe.io.files import flush, put_whole
from fringe.io.reading import listening
from fringe.model.headings import DBF_HEADING_BYTES
from fringe.model.problem import Problem, refuse

DBF_TEXT_BYTES = 254
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx", ".shp.xml")
# Said better here, or how pyogrio announces a missing CRS that the caller knows of.
_SAID_BETTER = ("Normalized/laundered", "Could not decode error message", "'crs' was not provided", "Field ")
_DEGREES = 1e-9
_POLYGONAL = frozenset({"Polygon", "MultiPolygon"})
_LINEAR = frozenset({"LineString", "MultiLineString"})


def write_layer(
    frame: pd.DataFrame, path: str | os.PathLike[str], layer: str | None = None, *, overwrite: bool = False
) -> None:
    """Write a layer to a file; its suffix tells the format.

    Parameters
    ----------
    frame
        Any layer, with or without shapes. It is not written to. A named index becomes the first column.
    path
        ``.gpkg``, ``.shp``, ``.geojson``, ``.fgb``, ``.parquet``, ``.csv`` (UTF-8 with BOM) or ``.xlsx``.
    layer
        The layer's name in a GeoPackage, or the sheet's in Excel; the file's stem if not given.
    overwrite
        Whether an existing file (in a GeoPackage: layer) is replaced.

    Raises
    ------
    LayerError
        If the file exists, the format is unknown or it cannot hold what the layer has.
    StudyError
        If the file cannot be put in its place.

    Warns
    -----
    FringeWarning
        Of headings a Shapefile shortens, and of a coordinate system that CSV and Excel do not record.

    Examples
    --------
    >>> import tempfile, pathlib, geopandas as gpd
    >>> from shapely import Point
    >>> villages = gpd.GeoDataFrame({"name": ["王村"]}, index=pd.Index(["V-1"], name="village"),
    ...                             geometry=[Point(117.7, 34.6)], crs="EPSG:4326")
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "villages.csv"
    >>> write_layer(villages, path)
    >>> path.read_text(encoding="utf-8-sig").splitlines()
    ['village,lon,lat,name', 'V-1,117.7,34.6,王村']
    """
    path = Path(path)
    name = layer or path.stem
    writers: dict[str, Callable[[pd.DataFrame, Path, str], None]] = {
        ".gpkg": _write_geopackage,
        ".shp": _write_shapefile,
        ".geojson": _write_gdal,
        ".json": _write_gdal,
        ".fgb": _write_flatgeobuf,
        ".parquet": _write_parquet,
        ".geoparquet": _write_parquet,
        ".csv": _write_csv,
        ".xlsx": _write_excel,
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        params = {"path": str(path), "value": path.suffix, "allowed": ", ".join(sorted(writers))}
        raise LayerError(Problem("format_unknown", name, params=params))
    _refuse_existing(path, name, overwrite=overwrite)
    writer(_flat(frame, path), path, name)


def _refuse_existing(path: Path, name: str, *, overwrite: bool) -> None:
    if overwrite or not path.exists():
        return
    if path.suffix.lower() == ".gpkg" and name not in {str(one) for one, _ in pyogrio.list_layers(path)}:
        return
    raise LayerError(Problem("layer_exists", name, params={"path": str(path), "value": name}))


def _flat(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a frame with its ids as a column, and plain columns that GDAL and Arrow take."""
    index_names = [name for name in frame.index.names if name is not None]
    clash = [str(name) for name in index_names if name in frame.columns]
    clash += [str(name) for name in frame.columns[frame.columns.duplicated()]]
    if clash:
        raise LayerError(Problem("columns_collide", path.name, params={"headings": ", ".join(clash)}))
    flat = frame.reset_index(level=index_names) if index_names else frame.reset_index(drop=True)
    flat.columns = flat.columns.map(str)
    active = flat.geometry.name if isinstance(flat, gpd.GeoDataFrame) else None
    problems = []
    for name in flat.columns:
        if name == active:
            continue
        if isinstance(flat[name].dtype, gpd.array.GeometryDtype):
            problems.append(_unwritable(path, name, "geometry"))
        elif pd.api.types.is_object_dtype(flat[name]):
            found = _plain(flat[name])
            if found is None:
                kinds = sorted({type(item).__name__ for item in flat[name].dropna()})
                problems.append(_unwritable(path, name, ", ".join(kinds)))
            else:
                flat[name] = found
    refuse(problems)
    return flat


def _unwritable(path: Path, name: str, value: str) -> Problem:
    return Problem("column_unwritable", path.name, params={"column": name, "value": value})


def _plain(column: pd.Series[Any]) -> pd.Series[Any] | None:
    """Return a column of objects in the type all of them have, or `None` if they have several."""
    given = column.dropna()
    if given.map(lambda item: isinstance(item, str)).all():
        return column.where(column.notna(), None)
    if given.map(lambda item: isinstance(item, bool | np.bool_)).all():
        return column.astype("boolean")
    if given.map(lambda item: isinstance(item, int | float | np.number) and not isinstance(item, bool)).all():
        return pd.to_numeric(column)
    return pd.to_datetime(column) if given.map(lambda item: hasattr(item, "isoformat")).all() else None


def _write_gdal(flat: pd.DataFrame, path: Path, name: str, **options: Any) -> None:
    with put_whole(path) as made:
        _dump(flat, made, name, **options)


def _dump(flat: pd.DataFrame, path: Path, name: str, **options: Any) -> None:
    problems: list[Problem] = []
    try:
        with listening(problems, path.name, _SAID_BETTER):
            pyogrio.write_dataframe(flat, path, layer=name, use_arrow=False, **options)
    except (pyogrio.errors.FieldError, pyogrio.errors.GeometryError, pyogrio.errors.FeatureError) as error:
        params = {"column": "geometry", "value": str(error)}
        raise LayerError(Problem("column_unwritable", path.name, params=params)) from error
    refuse(problems)


def _write_geopackage(flat: pd.DataFrame, path: Path, name: str) -> None:
    """Add or replace a layer in a copy of the file, and put the copy in its place."""
    folded: dict[str, list[str]] = {}
    for column in flat.columns:
        folded.setdefault(column.casefold(), []).append(column)
    clash = [", ".join(columns) for columns in folded.values() if len(columns) > 1]
    if clash:
        raise LayerError(Problem("columns_collide", path.name, params={"headings": "; ".join(clash)}))
    with put_whole(path) as made:
        if path.exists():
            shutil.copyfile(path, made)
        # A column of the user's may be called fid, GDAL's name for its own row number.
        number = next(word for word in ("fid", "fid_", "fid__") if word not in folded)
        _dump(flat, made, name, FID=number)


def _write_flatgeobuf(flat: pd.DataFrame, path: Path, name: str) -> None:
    # Its spatial index sorts the rows anew and takes no row without a shape.
    _write_gdal(flat, path, name, SPATIAL_INDEX="NO")


def _write_parquet(flat: pd.DataFrame, path: Path, name: str) -> None:
    if importlib.util.find_spec("pyarrow") is None:
        params = {"path": str(path), "package": "pyarrow", "command": 'pip install "fringe-gis[parquet]"'}
        raise LayerError(Problem("format_extra", name, params=params))
    with put_whole(path) as made:
        flat.to_parquet(made, index=False)


def _write_shapefile(flat: pd.DataFrame, path: Path, _name: str) -> None:
    """Write all parts in a folder of their own, then move them; the .cpg says UTF-8."""
    flat = _without_clocks(flat)
    problems = [*_texts_too_long(flat, path), *_mixed_shapes(flat, path)]
    renamed = shortened([column for column in flat.columns if column != _active(flat)])
    changes = [f"{old} → {new}" for old, new in renamed.items() if old != new]
    if changes:
        params = {"changes": ", ".join(changes)}
        problems.append(Problem("headings_shortened", path.name, severity="warning", params=params))
    refuse(problems)
    with put_whole(path) as made:
        _dump(flat.rename(columns=renamed), made, path.stem, driver="ESRI Shapefile", encoding="UTF-8")
        for part in _SHAPEFILE_PARTS[1:]:
            part_made, part_path = made.with_suffix(part), path.with_suffix(part)
            if part_made.exists():
                flush(part_made)
                part_made.replace(part_path)
            else:
                # An index of the former file would point into the new one.
                part_path.unlink(missing_ok=True)


def _active(flat: pd.DataFrame) -> str | None:
    return str(flat.geometry.name) if isinstance(flat, gpd.GeoDataFrame) else None


def _without_clocks(flat: pd.DataFrame) -> pd.DataFrame:
    """Return dates as texts: a DBF table holds no time of day."""
    changed = {}
    for name in flat.columns:
        if pd.api.types.is_datetime64_any_dtype(flat[name]):
            moments = flat[name]
            whole = (moments.dropna() == moments.dropna().dt.normalize()).all()
            texts = moments.dt.strftime("%Y-%m-%d" if whole else "%Y-%m-%d %H:%M:%S")
            changed[name] = texts.astype(object).where(moments.notna(), None)
    return flat.assign(**changed)


def shortened(names: list[str]) -> dict[str, str]:
    """Return headings of at most ten bytes of UTF-8, whole characters only, and no two alike.

    Examples
    --------
    >>> shortened(["所属乡镇街道", "survival_share", "survival_source", "name"])
    {'所属乡镇街道': '所属乡', 'survival_share': 'survival_s', 'survival_source': 'survival_1', 'name': 'name'}
    """
    made: dict[str, str] = {}
    taken = {name.lower() for name in names if len(name.encode()) <= DBF_HEADING_BYTES}
    for name in names:
        short = name
        if len(name.encode()) > DBF_HEADING_BYTES:
            tries = (_cut(name, str(n) if n else "") for n in range(len(names) + 1))
            short = next(wish for wish in tries if wish.lower() not in taken)
            taken.add(short.lower())
        made[name] = short
    return made


def _cut(name: str, end: str) -> str:
    return name.encode()[: DBF_HEADING_BYTES - len(end)].decode(errors="ignore") + end


def _texts_too_long(flat: pd.DataFrame, path: Path) -> list[Problem]:
    problems = []
    for name in flat.columns:
        if name == _active(flat) or not (
            pd.api.types.is_object_dtype(flat[name]) or pd.api.types.is_string_dtype(flat[name])
        ):
            continue
        long = flat[name].map(lambda item: isinstance(item, str) and len(item.encode()) > DBF_TEXT_BYTES).astype(bool)
        if long.any():
            rows = tuple((np.flatnonzero(long) + 1).tolist())
            problems.append(Problem("text_too_long", path.name, rows, params={"column": name}))
    return problems


def _mixed_shapes(flat: pd.DataFrame, path: Path) -> list[Problem]:
    if not isinstance(flat, gpd.GeoDataFrame):
        return [_unwritable(path, "geometry", "–")]
    types = set(flat.geom_type.dropna())
    if len(types) <= 1 or types <= _POLYGONAL or types <= _LINEAR:
        return []
    return [Problem("shapes_mixed", path.name, params={"value": ", ".join(sorted(types))})]


def _write_csv(flat: pd.DataFrame, path: Path, _name: str) -> None:
    table = _with_coordinates(flat, path)
    with put_whole(path) as made:
        # Excel takes a CSV for UTF-8 only with a byte order mark.
        table.to_csv(made, index=False, encoding="utf-8-sig", lineterminator="\n")


def _write_excel(flat: pd.DataFrame, path: Path, name: str) -> None:
    table = _with_coordinates(flat, path)
    with put_whole(path) as made:
        table.to_excel(made, sheet_name=name[:31], index=False, engine="openpyxl")


def _with_coordinates(flat: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return a table with points as two columns, other shapes as WKT."""
    if not isinstance(flat, gpd.GeoDataFrame):
        return flat
    crs = flat.crs
    table = pd.DataFrame(flat.drop(columns=flat.geometry.name))
    degrees = crs is not None and crs.is_geographic
    if set(flat.geom_type.dropna()) <= {"Point"} and not flat.geometry.is_empty.any():
        names = ("lon", "lat") if degrees else ("easting", "northing")
        columns: dict[str, pd.Series[Any]] = {names[0]: flat.geometry.x, names[1]: flat.geometry.y}
    else:
        texts = shapely.to_wkt(np.asarray(flat.geometry.array, dtype=object), rounding_precision=-1)
        columns = {"wkt": pd.Series(texts, index=flat.index, dtype=object)}
    same = [name for name, values in columns.items() if name in table.columns and _alike(table[name], values)]
    table = table.drop(columns=same)
    clash = [name for name in columns if name in table.columns]
    if clash:
        raise LayerError(Problem("columns_collide", path.name, params={"headings": ", ".join(clash)}))
    if crs is not None and (not degrees or crs.to_epsg() != 4326):  # noqa: PLR2004 - what degrees are read as
        said = Problem("crs_not_kept", path.name, severity="warning", params={"path": str(path), "crs": crs.name})
        warnings.warn(said.render(), FringeWarning, stacklevel=5)
    at = 1 if len(table.columns) else 0
    for offset, (name, values) in enumerate(columns.items()):
        table.insert(at + offset, name, values)
    return table


def _alike(old: pd.Series[Any], new: pd.Series[Any]) -> bool:
    """Return whether coordinates kept as figures are those of the shapes."""
    figures = pd.to_numeric(old, errors="coerce").to_numpy(dtype=float)
    if pd.api.types.is_numeric_dtype(new):
        return bool(np.allclose(figures, new.to_numpy(dtype=float), rtol=0, atol=_DEGREES, equal_nan=True))
    return bool((old.astype(str) == new.astype(str)).all())
