"""The log of a study's file: entries are added to it, and nothing in it is ever changed.

An *entry* is a row of tasks, reports or findings. It holds from the day it speaks of and is known from the moment it is
*recorded*, which the log stamps itself, in local time. A correction and an undoing are entries too: they name in
`corrects` the entry they replace or take back, which must still *stand*, that is, not be corrected itself.

An appended batch is one transaction: all of it is on the disk when `append` returns, or none of it is in the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from fringe.errors import LedgerError
from fringe.io.log_lock import PATIENCE_S, reading, writing
from fringe.io.log_points import PLACE, ready_points, widen
from fringe.io.log_table import APPENDED, Field, demand_study, fields_of, insert, next_number, quoted, read_rows, ready
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, refuse

# Short, and unlike the numbers offices give: an Excel ledger's own R12 must not meet one made here.
_MADE_ID = "{kind}-{number}"
_SHORT = {"tasks": "task", "reports": "rep", "findings": "find"}
# Summer time ends, and clocks that run fast are set back; what is recorded later must still come later.
_CLOCK_SET_BACK = pd.Timedelta(hours=2)
# What an undoing says of what it takes back, and days of what was done, which do not lie ahead of the recording.
_SPOKEN_OF = {"reports": ("task", "date"), "findings": ("zone", "found_on", "category")}
_DONE_ON = {"reports": ("date",), "findings": ("found_on", "rectified_on", "returned_on", "verified_on", "closed_on")}


def local_now() -> pd.Timestamp:
    """Return the computer's local time, to the millisecond that a GeoPackage keeps."""
    return pd.Timestamp.now().floor("ms").as_unit("us")


@dataclass
class _Log:
    """The table written to, what is known outside of it, and what the batch itself has added so far."""

    connection: sqlite3.Connection
    kind: str
    fields: Mapping[str, Field]
    outside: pd.DataFrame | None = None
    added: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def id_field(self) -> str:
        return quoted(self.fields[LAYERS[self.kind].index].field)

    def entry(self, id_: str) -> Mapping[str, Any] | None:
        """Return what an undoing of an entry says of it, wherever it is; `None` if there is none."""
        if id_ in self.added:
            return self.added[id_]
        said = _SPOKEN_OF.get(self.kind, ())
        asked = {name: self.fields[name] for name in said if name in self.fields}
        columns = ", ".join(["1", *(quoted(one.field) for one in asked.values())])
        query = f"SELECT {columns} FROM {quoted(self.kind)} WHERE {self.id_field} = ?"  # noqa: S608
        if (found := self.connection.execute(query, [id_]).fetchone()) is not None:
            row = dict(zip(asked, found[1:], strict=True))
            days = {name for name in ("date", "found_on") if row.get(name)}
            return row | {name: pd.Timestamp(row[name]).tz_localize(None).as_unit("us") for name in days}
        if self.outside is not None and id_ in self.outside.index:
            at = self.outside.index.get_loc(id_)
            return {name: self.outside[name].iloc[at] for name in said if name in self.outside.columns}
        return None

    def corrected_by(self, id_: str) -> str | None:
        """Return the standing entry that corrects another, or `None` where that one stands itself."""
        correctors: dict[str, list[str]] = {}
        waiting = [id_]
        for one in waiting:  # grows while it is gone through: an entry corrects one other, so that nothing comes twice
            correctors[one] = [by for by in self._correctors(one) if by not in correctors]
            waiting += correctors[one]
        standing: dict[str, str | None] = {}
        for one in reversed(waiting):
            standing[one] = next((by for by in correctors[one] if standing[by] is None), None)
        return standing[id_]

    def _correctors(self, id_: str) -> Iterable[str]:
        found = [by for by, row in self.added.items() if row.get("corrects") == id_]
        if "corrects" in self.fields:
            column = quoted(self.fields["corrects"].field)
            query = f"SELECT {self.id_field} FROM {quoted(self.kind)} WHERE {column} = ?"  # noqa: S608
            found += [by for (by,) in self.connection.execute(query, [id_])]
        if self.outside is not None and "corrects" in self.outside.columns:
            found += self.outside.index[(self.outside["corrects"] == id_).to_numpy(dtype=bool)].tolist()
        return dict.fromkeys(found)


def append(
    path: Path,
    kind: str,
    entries: Sequence[Mapping[str, Any]],
    *,
    outside: pd.DataFrame | None = None,
    crs: pyproj.CRS | None = None,
    now: pd.Timestamp | None = None,
    create: bool = False,
    patience_s: float = PATIENCE_S,
) -> Any:
    """Add entries to the log, all or none; they are on the disk when this returns.

    Parameters
    ----------
    path
        A saved study, or a ledger's store.
    kind
        ``"tasks"``, ``"reports"`` or ``"findings"``.
    entries
        For each its values by column. One without an id (the column named after the layer's index) is given one. The
        place of a finding is a point under ``"geometry"``, or `None`.
    outside
        Entries of the same kind that are kept elsewhere, as in an Excel ledger: ids must not repeat theirs, and they
        can be corrected.
    crs
        The coordinate system of the points, and of a table that is made for them; a table that is there keeps its own.
    now
        The moment of recording; `None`: the computer's local time, taken once the file is held.
    create
        Whether the file is made where there is none.
    patience_s
        How long to wait for other writers.

    Returns
    -------
    table
        The entries as recorded, with ids and `recorded_at`; with `crs` a GeoDataFrame.

    Raises
    ------
    LedgerError
        With every entry that is refused: ids recorded already; corrections of what is not there, is another task's, or
        was corrected already; days after the moment of recording. Nothing is then added.
    StudyError
        If the file cannot be written to; see `fringe.io.log_lock.writing`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ledger.gpkg"
    >>> noon = pd.Timestamp("2020-01-15 12:00")
    >>> entry = {"task": "T1", "date": pd.Timestamp("2020-01-14"), "done": 30.0}
    >>> append(path, "reports", [entry], now=noon, create=True).index.tolist()
    ['rep-1']
    >>> void = {"task": "T1", "date": pd.Timestamp("2020-01-14"), "kind": "void", "corrects": "rep-1"}
    >>> append(path, "reports", [void], now=noon).index.tolist(), len(read_log(path)["reports"])
    (['rep-2'], 2)
    """
    if kind not in APPENDED:
        raise ValueError(kind)
    index = LAYERS[kind].index
    rows = [dict(entry) for entry in entries]
    points = [row.pop(PLACE, None) for row in rows] if LAYERS[kind].geometry else []
    if crs is None and any(point is not None for point in points):
        raise ValueError(PLACE)
    with writing(path, create=create, patience_s=patience_s) as connection:
        demand_study(connection, path, empty=create)
        stamped = kind != "tasks"
        columns = [name for name in dict.fromkeys(name for row in rows for name in row) if name != index]
        fields = ready(connection, path, kind, [*columns, *(["recorded_at"] if stamped else [])])
        fields = {one.name: one for one in fields_of(connection, kind)} | fields
        if stamped:
            moment = _moment(connection, kind, fields["recorded_at"], local_now() if now is None else now)
            for row in rows:
                row["recorded_at"] = moment
        log = _Log(connection, kind, fields, outside)
        _admit(log, rows)
        used = [fields[name] for name in (index, *columns, *(["recorded_at"] if stamped else []))]
        packed = [[_plain(row.get(one.name), one) for one in used] for row in rows]
        if crs is not None:
            used, packed = _placed(connection, kind, used, packed, points, crs)
        insert(connection, kind, used, packed)
    table = pd.DataFrame(rows).set_index(index)
    return table if crs is None else gpd.GeoDataFrame(table, geometry=points, crs=crs)


def read_log(path: Path) -> dict[str, pd.DataFrame]:
    """Return the tasks, reports and findings of a file, as far as it has them, as they are at one moment."""
    if path.is_file() and not path.stat().st_size:  # a program ended between making the file and its first entry
        return {}
    with reading(path) as connection:
        demand_study(connection, path, empty=False)
        found = {kind: read_rows(connection, kind) for kind in APPENDED}
    return {kind: frame for kind, frame in found.items() if frame is not None}


def _placed(
    connection: sqlite3.Connection,
    kind: str,
    used: list[Field],
    packed: list[list[object]],
    points: list[shapely.Point | None],
    crs: pyproj.CRS,
) -> tuple[list[Field], list[list[object]]]:
    """Return fields and rows with their places behind them."""
    places = ready_points(connection, kind, crs)
    blobs, shapes = places.blobs(points, crs)
    widen(connection, kind, shapes)
    rows: list[list[object]] = [[*row, blob] for row, blob in zip(packed, blobs, strict=True)]
    return [*used, Field(PLACE, places.field, "")], rows


def _admit(log: _Log, rows: list[dict[str, Any]]) -> None:
    """Give every entry its id, and refuse the batch if one of them cannot be added."""
    index = LAYERS[log.kind].index
    number = next_number(log.connection, log.kind)
    given = {row[index] for row in rows if row.get(index) is not None}
    problems: list[Problem] = []
    for row in rows:
        named = (row[index],) if row.get(index) is not None else ()
        if not named:
            made = _MADE_ID.format(kind=_SHORT[log.kind], number=number)
            while made in given or log.entry(made) is not None:
                number += 1
                made = _MADE_ID.format(kind=_SHORT[log.kind], number=number)
            row[index] = made
            number += 1
        elif log.entry(row[index]) is not None:
            problems.append(Problem("log_id_taken", log.kind, named, params={"value": row[index]}))
        # An id that was only just made says nothing to anybody.
        problems += [replace(found, rows=named) for found in (*_odd_correction(log, row), *_odd_day(log, row))]
        log.added[row[index]] = row
    refuse(problems, LedgerError)


def _odd_correction(log: _Log, row: dict[str, Any]) -> list[Problem]:
    aim = row.get("corrects")
    if aim is None:
        return []
    found = log.entry(aim)
    if found is None:
        return [Problem("log_unknown", log.kind, params={"value": aim, "allowed": _last(log)})]
    if row.get("kind") == "void":
        # An undoing speaks of what it takes back.
        row |= {name: found.get(name) for name in _SPOKEN_OF[log.kind] if row.get(name) is None}
    if log.kind == "reports" and found["task"] != row.get("task"):
        params = {"value": aim, "task": found["task"]}
        return [Problem("corrects_other_task", log.kind, params=params)]
    by = log.corrected_by(aim)
    if by is not None:
        return [Problem("log_not_standing", log.kind, params={"value": aim, "by": by})]
    return []


def _last(log: _Log) -> str:
    """Return the id recorded last, as an example; a dash where there is none."""
    query = f"SELECT {log.id_field} FROM {quoted(log.kind)} ORDER BY fid DESC LIMIT 1"  # noqa: S608
    found = log.connection.execute(query).fetchone()
    return str(found[0]) if found else "–"


def _odd_day(log: _Log, row: Mapping[str, Any]) -> list[Problem]:
    """Return a problem for each day of what was done that lies ahead; an undoing only repeats them."""
    moment = row.get("recorded_at")
    if moment is None:
        return []
    return [
        Problem(
            "log_date_ahead",
            log.kind,
            params={"column": name, "value": f"{row[name]:%Y-%m-%d}", "allowed": f"{moment:%Y-%m-%d}"},
        )
        for name in _DONE_ON.get(log.kind, ())
        if not _missing(row.get(name)) and row[name].normalize() > moment.normalize()
    ]


def _moment(connection: sqlite3.Connection, kind: str, recorded: Field, now: pd.Timestamp) -> pd.Timestamp:
    """Return the moment of recording: now, or that of the last entry where the clock was set back since."""
    query = f"SELECT {quoted(recorded.field)} FROM {quoted(kind)} ORDER BY fid DESC LIMIT 1"  # noqa: S608
    found = connection.execute(query).fetchone()
    if found is None or found[0] is None:
        return now
    last = pd.Timestamp(found[0]).tz_localize(None).as_unit("us")
    return last if pd.Timedelta(0) < last - now <= _CLOCK_SET_BACK else now


def _plain(item: Any, to: Field) -> object:
    """Return a value as the file holds it; moments as GDAL writes them."""
    if _missing(item):
        return None
    if isinstance(item, pd.Timestamp):
        return item.isoformat() if to.type == "moment_text" else item.isoformat(timespec="milliseconds")
    if to.type == "float64":
        return float(item)
    return int(item) if to.type == "boolean" else str(item)


def _missing(item: Any) -> bool:
    return item is None or item is pd.NaT or item != item  # noqa: PLR0124 - NaN differs from itself
