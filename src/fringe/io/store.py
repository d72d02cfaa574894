"""A study in one file: a GeoPackage with all layers, tasks, reports and findings.

Layers with shapes are feature tables, the others attribute tables, so that any GIS opens them. Three tables are its
own: ``fringe_meta`` (the study's words: title, date, …), ``fringe_layers`` and ``fringe_columns``, which keep what a
GeoPackage cannot say: index names, exact types, coordinate systems without a code. A file is written whole or not at
all, and never over tasks, reports or findings that the study does not hold as they stand there. These are only added to
after that (`fringe.io.log`): triggers in the file refuse to change or delete them.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from fringe.errors import StudyError
from fringe.io.columns import PackError, pack, unpack
from fringe.io.files import missing_file, put_whole
from fringe.io.log_lock import ALONE, locked, settle
from fringe.io.log_table import (
    APPENDED,
    COLUMN_TABLE,
    FORMAT,
    FORMAT_KEY,
    LAYER_TABLE,
    META,
    RESERVED,
    ROLE_KEY,
    demand_study,
    is_store,
    protect_all,
    read_rows,
)
from fringe.io.reading import GDAL_ERRORS, listening
from fringe.model.cells import id_text
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, refuse

_SAID_BETTER = ("'crs' was not provided",)
# What must not be lost, and how its loss is said.
_KEPT = {"tasks": "study_over_tasks", "reports": "study_over_reports", "findings": "study_over_findings"}
# A place that was brought to another coordinate system and back: a centimetre, in metres and in degrees.
_SAME_PLACE_M, _SAME_PLACE_DEGREES = 0.01, 1e-7


def save_study(
    path: str | os.PathLike[str],
    layers: Mapping[str, pd.DataFrame],
    meta: Mapping[str, str],
    *,
    overwrite: bool = False,
) -> None:
    """Write a study to one GeoPackage.

    Parameters
    ----------
    path
        A ``.gpkg`` file. Its folder must exist.
    layers
        By kind. They are not written to.
    meta
        Words to keep with them, such as the title.
    overwrite
        Whether a study that is there is replaced.

    Raises
    ------
    StudyError
        If the file exists and may not be replaced: because `overwrite` is not set, it is no study or a ledger's store,
        or it holds tasks, reports or findings that `layers` do not hold with all that they say; or if a column cannot
        be kept.

    Notes
    -----
    Nobody can add to the file that is replaced from the last look at its reports until it is replaced; who waits for
    that adds to the new one. Windows does not replace a file that is open, so that there the lock has to go just
    before.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "study.gpkg"
    >>> reports = pd.DataFrame({"done": [3.0]}, index=pd.Index(["R-1"], name="report"))
    >>> save_study(path, {"reports": reports}, {"title": "East"})
    >>> layers, meta = load_study(path)
    >>> layers["reports"].index.tolist(), meta
    (['R-1'], {'title': 'East'})
    >>> save_study(path, {"reports": reports.rename({"R-1": "R-2"})}, {}, overwrite=True)
    Traceback (most recent call last):
    fringe.errors.StudyError: ...R-1...
    """
    path = Path(path)
    if path.suffix.lower() != ".gpkg":
        params = {"path": str(path), "value": path.suffix, "allowed": ".gpkg"}
        raise StudyError(Problem("format_unknown", path.name, params=params))
    _refuse_other(path, overwrite=overwrite)
    with locked(path) as connection:
        _refuse_loss(path, connection, layers)
    with ExitStack() as lock, put_whole(path) as made:
        _write(made, layers, meta)
        # Somebody may have reported while this was being written; from here on nobody can.
        _refuse_other(path, overwrite=overwrite)
        _refuse_loss(path, lock.enter_context(locked(path)), layers)
        if os.name == "nt":
            lock.close()


def load_study(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the layers and words of a saved study, as they were saved.

    Parameters
    ----------
    path
        Written by `save_study`.

    Raises
    ------
    StudyError
        If there is no such file, it is no study, or it was written by a newer fringe.
    """
    path = Path(path)
    if (missing := missing_file(path, path.name)) is not None:
        raise StudyError(missing)
    if META not in _tables(path):
        raise StudyError(Problem("study_not_one", path.name, params={"path": str(path)}))
    words = _read_table(path, META)
    meta = {str(key): str(value) for key, value in zip(words["key"], words["value"], strict=True)}
    meta.pop(ROLE_KEY, None)
    version = int(meta.pop(FORMAT_KEY, "0"))
    if version > FORMAT:
        raise StudyError(Problem("study_newer", path.name, params={"path": str(path), "value": version}))
    columns = _read_table(path, COLUMN_TABLE)
    return {
        str(row.layer): _load_layer(path, row, columns[columns["layer"] == row.layer])
        for row in _read_table(path, LAYER_TABLE).itertuples()
    }, meta


def is_study(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a saved study."""
    path = Path(path)
    return path.is_file() and path.suffix.lower() == ".gpkg" and META in _tables(path)


def _refuse_other(path: Path, *, overwrite: bool) -> None:
    """Refuse to replace a file that is no study, or that nobody said to replace."""
    if not path.exists():
        return
    if not overwrite:
        raise StudyError(Problem("layer_exists", path.name, params={"path": str(path), "value": path.name}))
    if not is_study(path):
        raise StudyError(Problem("study_over_other", path.name, params={"path": str(path)}))


def _refuse_loss(path: Path, connection: sqlite3.Connection | None, layers: Mapping[str, pd.DataFrame]) -> None:
    """Refuse to replace a file with entries that the layers do not have."""
    if connection is None:
        return
    demand_study(connection, path, empty=False)
    problems = [Problem("study_over_store", path.name, params={"path": str(path)})] if is_store(connection) else []
    for kind, code in _KEPT.items():
        there = read_rows(connection, kind)
        lost = () if there is None else _not_in(there, layers.get(kind, pd.DataFrame()))
        if lost:
            problems.append(Problem(code, kind, lost, params={"path": str(path)}))
    refuse(problems, StudyError)


def _not_in(stored: pd.DataFrame, held: pd.DataFrame) -> tuple[object, ...]:
    """Return the entries that are stored and not held, or held with another content or less of it."""
    shapes = stored.geometry.name if isinstance(stored, gpd.GeoDataFrame) else None
    there = held[~held.index.duplicated()]
    kept = stored.index.isin(there.index)
    there = there.reindex(stored.index)
    for name in stored.columns:
        if name == shapes:
            kept &= _same_places(stored, there)
        elif name not in there.columns:
            kept &= stored[name].isna().to_numpy(dtype=bool)
        else:
            kept &= _same_values(stored[name], there[name])
    return tuple(stored.index[~kept])


def _same_values(before: Any, after: Any) -> Any:
    """Return which values are the same, whatever types hold them; a gap is like a gap only."""
    gap, other = before.isna().to_numpy(dtype=bool), after.isna().to_numpy(dtype=bool)
    pairs = zip(before.astype(object), after.astype(object), gap | other, strict=True)
    return (gap & other) | np.array([not missing and bool(a == b) for a, b, missing in pairs], dtype=bool)


def _same_places(stored: Any, held: Any) -> Any:
    """Return which entries have the same shape, which may have been brought to another coordinate system."""
    gap = stored.geometry.isna().to_numpy(dtype=bool)
    if not isinstance(held, gpd.GeoDataFrame):
        return gap
    before, after = stored.geometry, held.geometry
    other = after.isna().to_numpy(dtype=bool)
    same = before.geom_equals_exact(after, 0, align=False).to_numpy(dtype=bool)
    if before.crs is not None and after.crs is not None and before.crs != after.crs:
        reach = _SAME_PLACE_DEGREES if before.crs.is_geographic else _SAME_PLACE_M
        same = before.geom_equals_exact(after.to_crs(before.crs), reach, align=False).to_numpy(dtype=bool)
    return (gap & other) | (~gap & ~other & same)


def _write(path: Path, layers: Mapping[str, pd.DataFrame], meta: Mapping[str, str]) -> None:
    kinds = [kind for kind in LAYERS if kind in layers] + sorted(kind for kind in layers if kind not in LAYERS)
    problems: list[Problem] = []
    facts, columns = [], []
    for kind in kinds:
        flat, told = _packed(layers[kind], kind, problems)
        refuse(problems, StudyError)
        located = isinstance(flat, gpd.GeoDataFrame)
        facts.append(
            {
                "layer": kind,
                "geometry": str(layers[kind].geometry.name) if located else "",
                "crs": flat.crs.to_json() if located and flat.crs is not None else "",
            }
        )
        columns += told
        _put(path, flat, kind)
    _put(path, pd.DataFrame(facts, columns=["layer", "geometry", "crs"], dtype=object), LAYER_TABLE)
    names = ["layer", "position", "name", "field", "tag"]
    _put(path, pd.DataFrame(columns, columns=names).astype({"position": "int64"}), COLUMN_TABLE)
    words = {FORMAT_KEY: str(FORMAT), **meta}
    _put(path, pd.DataFrame({"key": list(words), "value": list(words.values())}, dtype=object), META)
    protect_all(path)


def _packed(frame: pd.DataFrame, kind: str, problems: list[Problem]) -> tuple[pd.DataFrame, list[dict[str, object]]]:
    """Return a layer as plain columns, and for each column its name, its field in the file and its tag."""
    active = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    ids = pd.Series(frame.index, index=frame.index)
    own = "" if frame.index.name is None else str(frame.index.name)
    sources = [(own, ids), *((str(name), frame[name]) for name in frame.columns if name != active)]
    if kind in APPENDED:
        sources = [(name, _as_contracted(column, name, kind)) for name, column in sources]
    fields = _fields([name or "index" for name, _ in sources])
    packed, told = {}, []
    for position, ((name, column), field) in enumerate(zip(sources, fields, strict=True)):
        try:
            one = pack(column)
        except PackError as error:
            params = {"column": name, "value": str(error)}
            problems.append(Problem("column_unwritable", kind, params=params))
            continue
        packed[field] = one.column.reset_index(drop=True)
        row = {"layer": kind, "position": position, "name": name, "field": field, "tag": one.tag}
        told.append(row)
    flat = pd.DataFrame(packed)
    if active is None:
        return flat, told
    shapes = gpd.GeoSeries(frame.geometry.to_numpy(), crs=frame.geometry.crs)
    return gpd.GeoDataFrame(flat, geometry=shapes), told


def _as_contracted(column: Any, name: str, kind: str) -> Any:
    """Return a column that its contract's values can be added to: a category takes no new text, a gap no number."""
    types = {one.name: one.type for one in LAYERS[kind].columns} | {LAYERS[kind].index: "text"}
    type_ = types.get(name)
    if type_ in {"text", "category"} and not isinstance(column.dtype, pd.StringDtype):
        items = [None if missing else _text(item) for item, missing in zip(column, column.isna(), strict=True)]
        return pd.Series(items, index=column.index, dtype=object)
    if type_ in {"number", "share"}:
        return column.astype("float64")
    return column.astype("datetime64[us]") if type_ in {"date", "moment"} and column.isna().all() else column


def _text(item: object) -> str:
    return item if isinstance(item, str) else id_text(item)


def _fields(names: Sequence[str]) -> list[str]:
    """Return names for a database, which does not tell capitals from small letters."""
    taken = set(RESERVED)
    fields = []
    for name in names:
        field = next(
            wish for wish in (name, *(f"{name}_{n}" for n in range(2, len(names) + 4))) if wish.casefold() not in taken
        )
        taken.add(field.casefold())
        fields.append(field)
    return fields


def _put(path: Path, flat: pd.DataFrame, name: str) -> None:
    options: dict[str, Any] = {}
    if isinstance(flat, gpd.GeoDataFrame):
        shapes = np.asarray(flat.geometry.dropna().array, dtype=object)
        kinds = set(zip(shapely.get_type_id(shapes).tolist(), shapely.has_z(shapes).tolist(), strict=True))
        options["promote_to_multi"] = False
        if len(kinds) > 1:
            options["geometry_type"] = "Unknown"
        if name in APPENDED:
            options["SPATIAL_INDEX"] = "NO"
    problems: list[Problem] = []
    try:
        with listening(problems, name, _SAID_BETTER):
            pyogrio.write_dataframe(flat, path, layer=name, driver="GPKG", use_arrow=False, **options)
    except GDAL_ERRORS as error:
        raise StudyError(Problem("study_not_written", name, params={"reason": str(error)})) from error
    refuse(problems, StudyError)


def _load_layer(path: Path, fact: Any, columns: pd.DataFrame) -> pd.DataFrame:
    flat = _read_table(path, str(fact.layer))
    told = list(columns.sort_values("position").itertuples())
    series = {str(row.name): unpack(flat[row.field], str(row.tag)) for row in told[1:]}
    ids = unpack(flat[told[0].field], str(told[0].tag))
    frame = pd.DataFrame(series, index=flat.index)
    # An index would take the name of a Series, even for none, and guess its type anew.
    frame.index = pd.Index(ids.array, dtype=ids.dtype, name=str(told[0].name) or None)
    if not fact.geometry:
        return frame
    crs = pyproj.CRS.from_json(fact.crs) if fact.crs else None
    shapes = gpd.GeoSeries(flat.geometry.to_numpy(), index=frame.index, crs=crs)
    return gpd.GeoDataFrame(frame.assign(**{fact.geometry: shapes}), geometry=fact.geometry, crs=crs)


def _tables(path: Path) -> list[str]:
    settle(path)
    try:
        with ALONE, listening([], path.name):
            return [str(name) for name, _ in pyogrio.list_layers(path)]
    except GDAL_ERRORS as error:
        raise StudyError(_unreadable(path, error)) from error


def _read_table(path: Path, name: str) -> Any:
    problems: list[Problem] = []
    try:
        with ALONE, listening(problems, path.name):
            frame = pyogrio.read_dataframe(path, layer=name, use_arrow=False, on_invalid="ignore")
    except GDAL_ERRORS as error:
        raise StudyError(_unreadable(path, error)) from error
    refuse(problems, StudyError)
    return frame


def _unreadable(path: Path, error: Exception) -> Problem:
    return Problem("file_unreadable", path.name, params={"path": str(path), "reason": str(error).strip().rstrip(".")})
