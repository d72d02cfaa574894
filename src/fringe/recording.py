"""Findings as inspectors give them, checked before they are recorded: one by one, or a whole export of a field app.

An *entry* says all of a finding: what is new is recorded as an entry that repeats the one that holds and `corrects` it.
A place given as a pair of figures is longitude and latitude in WGS 84, as phones give them; a point is in the study's
coordinate system. What a file repeats of findings that are recorded already is passed over, and said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from fringe.errors import FringeError, LedgerError, StudyError
from fringe.io.field import load_findings
from fringe.io.field_names import STAND_INS
from fringe.io.field_zones import in_zones
from fringe.io.log import append
from fringe.io.log_merge import conform_findings, join_findings
from fringe.model.cells import id_text
from fringe.model.entries import unknown_names
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, errors_of, refuse
from fringe.works.finding_log import opened, standing

_SPEC = LAYERS["findings"]
_COLUMNS = tuple(column.name for column in _SPEC.columns)
# What the log sets itself.
_OWN = ("kind", "corrects", "recorded_at")
_GIVEN = tuple(name for name in _COLUMNS if name not in _OWN)
# What a field app says in columns of its own, and what has been read from them.
_READ = (*(name for names in STAND_INS.values() for name in names), "latitude", "longitude")
_WGS84 = pyproj.CRS(4326)
_MOST_DEGREES = np.array([180.0, 90.0])


def record_finding(
    store: Path | None, layers: Mapping[str, Any], given: Mapping[str, Any], *, now: pd.Timestamp | None = None
) -> Any:
    """Record one finding, and return all findings with it.

    Parameters
    ----------
    store
        The GeoPackage that takes it; made where there is none.
    layers
        The study's: `zones` and `findings`, as far as it has them.
    given
        Columns of a finding, and its place `at`.
    now
        The moment of recording; `None`: the computer's local time.

    Raises
    ------
    LedgerError
        With everything that is wrong with it. Nothing is then recorded.
    StudyError
        If there is no place for findings, or it cannot be written to.
    """
    path, crs = _demanded(store), _system(layers)
    words = {name: item for name, item in given.items() if name != "at" and item is not None}
    problems = _strange(words)
    point, found = _point(given.get("at"), crs)
    refuse([*problems, *found], LedgerError)
    row = _frame(words, point, crs)
    return _recorded(path, layers, row, crs, corrects=None, now=now)


def update_finding(
    store: Path | None,
    layers: Mapping[str, Any],
    finding: object,
    changes: Mapping[str, Any],
    *,
    now: pd.Timestamp | None = None,
) -> Any:
    """Record what is new of a finding as an entry that corrects the one that holds; return all findings with it.

    Parameters
    ----------
    store, layers, now
        As for `record_finding`.
    finding
        Its id, or that of any of its entries.
    changes
        Columns, and perhaps its place `at`. `None` takes a value back.

    Raises
    ------
    LedgerError, StudyError
        As `record_finding` does, and if there is no such finding or it was taken back.
    """
    path, crs = _demanded(store), _system(layers)
    problems = _strange(changes)
    name = id_text(finding)
    log = layers.get("findings", pd.DataFrame(columns=[*_COLUMNS], index=pd.Index([], dtype=object)))
    root = _root(log, name)
    if root is None:
        names = pd.Series([name], dtype=object)
        told = unknown_names(names, log.index, code="finding_not_there", layer="findings", column="finding")
        problems += [replace(one, rows=()) for one in told]
    holds = standing(opened(log)[0]) if root is not None else pd.DataFrame()
    if root is not None and root not in holds.index:
        problems.append(Problem("finding_taken_back", "findings", params={"value": name}))
    point, found = _point(changes.get("at"), crs)
    refuse([*problems, *found], LedgerError)
    entry = str(holds["entry"].loc[str(root)])
    old = log.loc[entry]
    words = {column: old[column] for column in _GIVEN if column in log.columns and not _missing(old[column])}
    words |= {column: item for column, item in changes.items() if column != "at"}
    place = old[log.geometry.name] if isinstance(log, gpd.GeoDataFrame) and "at" not in changes else point
    row = _frame({column: item for column, item in words.items() if item is not None}, place, crs)
    return _recorded(path, layers, row, crs, corrects=entry, now=now)


def record_findings(
    store: Path | None,
    layers: Mapping[str, Any],
    path: Path,
    *,
    layer: str | None = None,
    now: pd.Timestamp | None = None,
    **reading: Any,
) -> Any:
    """Record all findings of a field app's export or an office's table, or none; return all findings with them.

    Parameters
    ----------
    store, layers, now
        As for `record_finding`.
    path, layer, reading
        As for `fringe.read_findings`.

    Raises
    ------
    LedgerError
        With every row that is refused, by its id and its number in the file. Nothing is then recorded.
    StudyError
        As `record_finding` does.
    """
    target, crs = _demanded(store), _system(layers)
    try:
        frame, problems = load_findings(path, layer, zones=layers.get("zones"), **reading)
    except FringeError as error:
        raise LedgerError(error.problems) from error
    numbers = {name: f"{name} #{at}" for at, name in enumerate(frame.index, start=1)}
    made = any(one.code == "id_made" for one in problems)
    if crs is not None and frame.crs is not None:
        frame = frame.to_crs(crs)
    known = np.zeros(len(frame), dtype=bool) if made else _known(frame, layers.get("findings"))
    problems = _of_file(frame, problems, layers, path.name, int(known.sum()))
    refuse([_numbered(one, numbers) for one in problems], LedgerError)
    rows = _rows(frame[~known], ids=not made)
    if not rows:
        return layers["findings"]
    try:
        added = append(target, "findings", rows, outside=layers.get("findings"), crs=crs, now=now, create=True)
    except LedgerError as error:
        raise LedgerError([_numbered(one, numbers) for one in error.problems if isinstance(one, Problem)]) from error
    return conform_findings(join_findings(layers.get("findings"), added, crs))[0]


def undo_finding(
    store: Path | None,
    layers: Mapping[str, Any],
    entry: object,
    *,
    reporter: str | None = None,
    note: str | None = None,
    now: pd.Timestamp | None = None,
) -> Any:
    """Take an entry of a finding back by an entry of its own, and return all findings with that."""
    path, crs = _demanded(store), _system(layers)
    row: dict[str, Any] = {"zone": None, "found_on": None, "category": None, "kind": "void", "corrects": id_text(entry)}
    row |= {name: item for name, item in (("reporter", reporter), ("note", note)) if item is not None}
    added = append(path, "findings", [row], outside=layers.get("findings"), crs=crs, now=now, create=True)
    return conform_findings(join_findings(layers.get("findings"), added, crs))[0]


def kind_of(layers: Mapping[str, Any], entry: object, kind: str | None) -> str:
    """Return whether an entry is one of the reports or of the findings; a report, where it is none that is known.

    Raises
    ------
    LedgerError
        If both have it and nobody says which is meant, or another kind is asked for.
    """
    if kind not in {None, "reports", "findings"}:
        params = {"name": "kind", "value": kind, "allowed": "reports, findings", "hint": ""}
        raise LedgerError(Problem("argument_unknown", "study", params=params))
    having = [name for name in ("reports", "findings") if name in layers and id_text(entry) in layers[name].index]
    if kind is None and len(having) > 1:
        raise LedgerError(Problem("log_id_of_both", "study", params={"value": entry}))
    return kind or next(iter(having), "reports")


def _recorded(
    path: Path, layers: Mapping[str, Any], row: Any, crs: Any, *, corrects: str | None, now: pd.Timestamp | None
) -> Any:
    """Check one entry without an id, record it, and return all findings with it."""
    frame, problems = conform_findings(row)
    problems = [one for one in problems if one.code not in {"id_made", "geometry_missing"}]
    if "zones" in layers and not errors_of(problems):
        frame, found = in_zones(frame, layers["zones"])
        problems = [one for one in problems if one.params.get("column") != "zone"] + found
    if not errors_of(problems):
        said = {one.code for one in problems}
        problems += [one for one in opened(frame)[1] if one.code not in {*said, "id_made"}]
    # Its id was only made for the check.
    refuse([replace(one, rows=()) for one in problems], LedgerError)
    (entry,) = _rows(frame, ids=False)
    entry |= {} if corrects is None else {"corrects": corrects}
    added = append(path, "findings", [entry], outside=layers.get("findings"), crs=crs, now=now, create=True)
    return conform_findings(join_findings(layers.get("findings"), added, crs))[0]


def _of_file(frame: Any, found: list[Problem], layers: Mapping[str, Any], name: str, n_known: int) -> list[Problem]:
    """Return the problems of a file's findings, with what of it is not recorded."""
    problems = [one for one in found if one.code not in {"id_made", "recorded_at_missing"}]
    others = [str(column) for column in frame.columns if column not in (*_COLUMNS, *_READ, frame.geometry.name)]
    # Names that begin with an underscore are the app's own.
    strange = [column for column in others if not column.startswith("_") and frame[column].notna().any()]
    if strange:
        problems.append(Problem("finding_columns_left", name, (), "warning", {"value": ", ".join(strange)}))
    if "recorded_at" in frame.columns and frame["recorded_at"].notna().any():
        problems.append(Problem("log_stamp_not_taken", name, severity="warning"))
    if n_known:
        problems.append(Problem("finding_known", name, (), "warning", {"count": n_known}))
    if not len(frame):
        problems.append(Problem("layer_empty", "findings"))
    # A value that could not be read is missing now; once is enough to say so.
    faulty = {row for one in errors_of(problems) for row in one.rows}
    said = {(one.code, one.rows) for one in problems}
    new = [one for one in opened(frame)[1] if (one.code, one.rows) not in said and not faulty & {*one.rows}]
    return problems + [one for one in new if not _settled(one, layers)]


def _frame(words: Mapping[str, Any], point: Any, crs: Any) -> Any:
    """Return one entry as a table; every column that a finding must have is there."""
    row = {**dict.fromkeys(("zone", "found_on", "category")), **words}
    table = pd.DataFrame({name: pd.Series([item], dtype=object) for name, item in row.items()})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([point], crs=crs))


def _rows(frame: Any, *, ids: bool) -> list[dict[str, Any]]:
    """Return entries for the log, each with what it says."""
    kept = [name for name in _COLUMNS if name in frame.columns and name != "recorded_at"]
    needed = ("zone", "found_on", "category")
    rows = []
    for id_, *items in frame[kept].itertuples(name=None):
        row = {name: item for name, item in zip(kept, items, strict=True) if name in needed or not _missing(item)}
        row |= {"kind": row.get("kind", "finding"), **({"finding": str(id_)} if ids else {})}
        rows.append(row)
    shapes = [None if shape is None or shape.is_empty else shapely.force_2d(shape) for shape in frame.geometry]
    return [{**row, "geometry": shape} for row, shape in zip(rows, shapes, strict=True)]


def _point(at: Any, crs: pyproj.CRS | None) -> tuple[Any, list[Problem]]:
    """Return a place as a point in the study's coordinate system, or what is wrong with it."""
    if at is None:
        return None, []
    if crs is None:
        return None, [Problem("crs_missing", "study")]
    if isinstance(at, shapely.Point) and not at.is_empty and np.isfinite(shapely.get_coordinates(at)).all():
        return shapely.force_2d(at), []
    wrong = [Problem("finding_position", "findings", params={"value": at})]
    try:
        degrees = np.array([float(figure) for figure in at])
    except (TypeError, ValueError):
        return None, wrong
    if degrees.shape != (2,) or not (np.abs(degrees) <= _MOST_DEGREES).all():
        return None, wrong
    spot = pyproj.Transformer.from_crs(_WGS84, crs, always_xy=True).transform(*degrees)
    return (shapely.Point(spot), []) if np.isfinite(spot).all() else (None, wrong)


def _strange(given: Mapping[str, Any]) -> list[Problem]:
    """Return problems for words that are no columns of a finding."""
    allowed = (*_GIVEN, "at")
    return [
        Problem(
            "argument_unknown",
            "findings",
            params={
                "name": "column",
                "value": name,
                "allowed": ", ".join(allowed),
                "hint": "".join(get_close_matches(name, allowed, n=1)),
            },
        )
        for name in given
        if name not in allowed
    ]


def _root(log: Any, name: str) -> str | None:
    """Return the id of the first entry of a finding, by the id of any of its entries."""
    if name not in log.index:
        return None
    aims = log["corrects"].to_dict() if "corrects" in log.columns else {}
    seen = set()
    while name not in seen and not _missing(aims.get(name)):
        seen.add(name)
        name = aims[name]
    return name


def _known(frame: Any, log: Any) -> Any:
    """Return which rows repeat entries that are recorded: the same id, and nothing in them that differs."""
    if log is None or not len(log):
        return np.zeros(len(frame), dtype=bool)
    there = frame.index.isin(log.index)
    same = np.ones(len(frame), dtype=bool)
    old = pd.DataFrame(log[~log.index.duplicated()]).reindex(frame.index)
    for name in (name for name in _COLUMNS if name in frame.columns and name not in {"recorded_at", "kind"}):
        gap = np.array([_missing(item) for item in frame[name]], dtype=bool)
        held = old[name] if name in old.columns else pd.Series(None, index=frame.index, dtype=object)
        same &= gap | (frame[name].astype(object) == held.astype(object)).to_numpy(bool)
    return there & same


def _settled(found: Problem, layers: Mapping[str, Any]) -> bool:
    """Return whether the log settles a problem: a correction of what it holds, ids that it makes itself."""
    log = layers.get("findings")
    known = log is not None and found.code == "finding_unknown" and found.params.get("value") in log.index
    return known or found.code in {"id_made", "geometry_missing"}


def _numbered(found: Problem, numbers: Mapping[Any, str]) -> Problem:
    return replace(found, rows=tuple(numbers.get(row, row) for row in found.rows))


def _demanded(store: Path | None) -> Path:
    if store is None:
        raise StudyError(Problem("log_no_store", "findings"))
    return store


def _system(layers: Mapping[str, Any]) -> pyproj.CRS | None:
    """Return the study's coordinate system: all its layers are in one."""
    spatial = (layer for layer in layers.values() if isinstance(layer, gpd.GeoDataFrame))
    return next((layer.crs for layer in spatial if layer.crs is not None), None)


def _missing(item: Any) -> bool:
    return item is None or item is pd.NaT or item != item  # noqa: PLR0124 - NaN differs from itself
