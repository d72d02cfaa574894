"""Tables of a GeoPackage that are only ever added to, and the rows in them.

Tasks, reports and findings stand in tables of their own, which any GIS opens. Triggers of the file keep every program
from changing or deleting their rows. ``fringe_layers`` and ``fringe_columns`` tell how a table's fields become a
layer's columns; see `fringe.io.columns`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from fringe.errors import StudyError
from fringe.io.columns import unpack
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem

FORMAT = 1
META, LAYER_TABLE, COLUMN_TABLE = "fringe_meta", "fringe_layers", "fringe_columns"
FORMAT_KEY = "fringe_format"
# Said of a file that was made to take what is recorded, beside a study of other files.
ROLE_KEY, STORE_ROLE = "fringe_role", "store"
# Appending to these must not have to keep a spatial index in step.
APPENDED = ("tasks", "reports", "findings")
# Fields that a GeoPackage has for itself.
RESERVED = ("fid", "geom")
_MOMENT = json.dumps({"type": "moment", "unit": "us"})
_TAGS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "number": ("REAL", '{"type": "float64"}'),
        "share": ("REAL", '{"type": "float64"}'),
        "date": ("DATETIME", _MOMENT),
        "moment": ("DATETIME", _MOMENT),
        "flag": ("BOOLEAN", '{"type": "boolean"}'),
    }
)
_TEXT = ("TEXT", '{"type": "text"}')
# What can be added to, by the kind of column.
_FIT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "number": ("float64",),
        "share": ("float64",),
        "date": ("moment", "moment_text"),
        "moment": ("moment", "moment_text"),
        "flag": ("boolean",),
    }
)
_FIT_TEXT = ("text", "str")
# The tables of an empty GeoPackage 1.4 (OGC 12-128r19, clauses 1.1.2 and 1.1.3) and of a study.
_EMPTY = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL,
  CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"""
_STUDY_TABLES = (
    (META, '"key" TEXT, "value" TEXT'),
    (LAYER_TABLE, '"layer" TEXT, "geometry" TEXT, "crs" TEXT'),
    (COLUMN_TABLE, '"layer" TEXT, "position" INTEGER, "name" TEXT, "field" TEXT, "tag" TEXT'),
)
_SYSTEMS = (
    ("Undefined cartesian SRS", -1, "NONE", -1, "undefined", "undefined cartesian coordinate reference system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
)
_GPKG_ID, _GPKG_VERSION = 0x47504B47, 10400
_GEOMETRY_HEAD = 8
_ENVELOPE_BYTES = (0, 32, 48, 48, 64)


@dataclass(frozen=True)
class Field:
    """A column of a layer and where it is in its table."""

    name: str
    field: str
    tag: str

    @property
    def type(self) -> str:
        """How the column is packed."""
        return str(json.loads(self.tag)["type"])


def demand_study(connection: sqlite3.Connection, path: Path, *, empty: bool) -> None:
    """Refuse what is no file of fringe, or of a newer one; make one of an `empty` file if that is allowed."""
    if empty and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _make_study(connection)
    if not _has(connection, META):
        raise StudyError(Problem("log_not_one", path.name, params={"path": str(path)}))
    (version,) = connection.execute(f"SELECT value FROM {META} WHERE key = ?", [FORMAT_KEY]).fetchone() or ("0",)  # noqa: S608
    if int(version) > FORMAT:
        raise StudyError(Problem("study_newer", path.name, params={"path": str(path), "value": version}))


def is_store(connection: sqlite3.Connection) -> bool:
    """Return whether a file was made only to take what is recorded."""
    query = f"SELECT 1 FROM {META} WHERE key = ? AND value = ?"  # noqa: S608
    return connection.execute(query, [ROLE_KEY, STORE_ROLE]).fetchone() is not None


def fields_of(connection: sqlite3.Connection, kind: str) -> list[Field]:
    """Return the columns of a layer, its ids first; none if the file has no such layer."""
    query = f"SELECT name, field, tag FROM {COLUMN_TABLE} WHERE layer = ? ORDER BY position"  # noqa: S608
    return [Field(name or "", field, tag) for name, field, tag in connection.execute(query, [kind])]


def ready(connection: sqlite3.Connection, path: Path, kind: str, columns: Iterable[str]) -> dict[str, Field]:
    """Return the fields to write a layer's columns to, made where they are missing.

    Raises
    ------
    StudyError
        If a column has a type that its contract's values cannot be added to.
    """
    spec = LAYERS[kind]
    if not fields_of(connection, kind):
        _make_table(connection, kind, spec.index)
    there = fields_of(connection, kind)
    types = {spec.index: "text", **{column.name: column.type for column in spec.columns}}
    by_name = {field.name: field for field in there}
    for name in columns:
        if name not in by_name:
            by_name[name] = _add_column(connection, kind, name, types.get(name, "text"), there)
            there.append(by_name[name])
        field = by_name[name]
        if field.type not in _FIT.get(types.get(name, "text"), _FIT_TEXT):
            params = {"path": str(path), "column": name, "value": field.type}
            raise StudyError(Problem("log_column", kind, params=params))
    protect(connection, kind, there)
    return {spec.index: there[0], **{name: by_name[name] for name in columns}}


def protect(connection: sqlite3.Connection, kind: str, fields: Sequence[Field]) -> None:
    """Keep a table's rows from being changed and its ids from being used twice, whatever program writes to it."""
    connection.execute(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {quoted(f'fringe_{kind}_id')} ON {quoted(kind)} ({quoted(fields[0].field)})"
    )
    corrects = next((field.field for field in fields if field.name == "corrects"), None)
    if corrects is not None:
        connection.execute(
            f"CREATE INDEX IF NOT EXISTS {quoted(f'fringe_{kind}_corrects')} ON {quoted(kind)} ({quoted(corrects)})"
        )
    for act in ("UPDATE", "DELETE"):
        connection.execute(
            f"CREATE TRIGGER IF NOT EXISTS {quoted(f'fringe_{kind}_no_{act.lower()}')} BEFORE {act} ON {quoted(kind)}"
            f" BEGIN SELECT RAISE(ABORT, 'fringe: rows of {kind} are only added to'); END"
        )


def protect_all(path: Path) -> None:
    """Protect the tables of a file that nobody else has open yet."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN")
        for kind in APPENDED:
            if fields := fields_of(connection, kind):
                protect(connection, kind, fields)
        connection.execute("COMMIT")
    finally:
        connection.close()


def next_number(connection: sqlite3.Connection, kind: str) -> int:
    """Return the number of the next row; a number is never given twice."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [kind]).fetchone()
    return int(found[0]) + 1 if found else 1


def insert(
    connection: sqlite3.Connection, kind: str, fields: Sequence[Field], rows: Iterable[Sequence[object]]
) -> None:
    """Add rows of values ready for the file, and say in the file that it changed."""
    names = ", ".join(quoted(field.field) for field in fields)
    marks = ", ".join("?" * len(fields))
    connection.executemany(f"INSERT INTO {quoted(kind)} ({names}) VALUES ({marks})", rows)  # noqa: S608
    connection.execute(
        "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now') WHERE table_name = ?", [kind]
    )


def read_rows(connection: sqlite3.Connection, kind: str) -> pd.DataFrame | None:
    """Return a layer as it was written, or `None` if the file has none."""
    fields = fields_of(connection, kind)
    if not fields:
        return None
    geometry, crs = connection.execute(
        f"SELECT geometry, crs FROM {LAYER_TABLE} WHERE layer = ?",  # noqa: S608
        [kind],
    ).fetchone()
    wanted = [field.field for field in fields]
    shape = geometry_field(connection, kind) if geometry else None
    query = f"SELECT {', '.join(map(quoted, [*wanted, *([shape] if shape else [])]))} FROM {quoted(kind)} ORDER BY fid"  # noqa: S608
    rows = connection.execute(query).fetchall()
    columns = [_column([row[at] for row in rows], field) for at, field in enumerate(fields)]
    named = {field.name: column for field, column in zip(fields[1:], columns[1:], strict=True)}
    frame = pd.DataFrame(named, index=range(len(rows)))
    frame.index = pd.Index(columns[0].array, dtype=columns[0].dtype, name=fields[0].name or None)
    if not geometry:
        return frame
    shapes: Any = [None if row[-1] is None else _shape(row[-1]) for row in rows]
    return gpd.GeoDataFrame(
        frame.assign(**{geometry: gpd.GeoSeries(shapes, index=frame.index)}),
        geometry=geometry,
        crs=pyproj.CRS.from_json(crs) if crs else None,
    )


def geometry_field(connection: sqlite3.Connection, kind: str) -> str | None:
    """Return the field that holds a table's shapes, if it has one."""
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
    found = connection.execute(query, [kind]).fetchone()
    return str(found[0]) if found else None


def quoted(text: str) -> str:
    """Return a table's or field's name as SQL has it."""
    return '"' + text.replace('"', '""') + '"'


def _column(items: list[Any], field: Field) -> Any:
    given = [item for item in items if item is not None]
    kind = field.type
    column = pd.Series(items, dtype=object)
    if kind == "moment":
        column = pd.to_datetime(column, format="ISO8601", utc=True).dt.tz_localize(None)
    elif given and not any(isinstance(item, str) for item in given):
        column = pd.to_numeric(column)
    elif not given and kind not in {"text", "str", "json", "category", "zoned", "moment_text"}:
        column = pd.Series(items, dtype=float)
    return unpack(column, field.tag)


def _shape(blob: bytes) -> Any:
    """Return the shape of a GeoPackage's geometry (OGC 12-128r19, clause 2.1.3): a header of its own before a WKB."""
    size = _ENVELOPE_BYTES[(blob[3] >> 1) & 7]
    return shapely.from_wkb(bytes(blob[_GEOMETRY_HEAD + size :]))


def _has(connection: sqlite3.Connection, table: str) -> bool:
    query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    return connection.execute(query, [table]).fetchone() is not None


def _make_study(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id = {_GPKG_ID}")
    connection.execute(f"PRAGMA user_version = {_GPKG_VERSION}")
    for statement in _EMPTY.split(";"):
        connection.execute(statement)
    world = pyproj.CRS(4326)
    systems = [*_SYSTEMS, ("WGS 84 geodetic", 4326, "EPSG", 4326, world.to_wkt("WKT1_GDAL"), "longitude/latitude")]
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", systems)
    for table, columns in _STUDY_TABLES:
        _make_attributes(connection, table, columns)
    said = [(FORMAT_KEY, str(FORMAT)), (ROLE_KEY, STORE_ROLE)]
    connection.executemany(f"INSERT INTO {META} (key, value) VALUES (?, ?)", said)  # noqa: S608


def _make_attributes(connection: sqlite3.Connection, table: str, columns: str) -> None:
    connection.execute(f"CREATE TABLE {quoted(table)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})")
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'attributes', ?, 0)",
        [table, table],
    )


def _make_table(connection: sqlite3.Connection, kind: str, index: str) -> None:
    """Make the table of a layer without shapes, with its ids and what its contract demands."""
    _make_attributes(connection, kind, f"{quoted(index)} TEXT")
    connection.execute(
        f"INSERT INTO {LAYER_TABLE} (layer, geometry, crs) VALUES (?, '', '')",  # noqa: S608
        [kind],
    )
    _told(connection, kind, 0, Field(index, index, _TEXT[1]))
    there = [Field(index, index, _TEXT[1])]
    for column in LAYERS[kind].columns:
        if column.required:
            there.append(_add_column(connection, kind, column.name, column.type, there))


def _add_column(connection: sqlite3.Connection, kind: str, column: str, type_: str, there: Sequence[Field]) -> Field:
    taken = {*RESERVED, *(field.field.casefold() for field in there)}
    wishes = (column, *(f"{column}_{n}" for n in range(2, len(there) + 4)))
    chosen = next(wish for wish in wishes if wish.casefold() not in taken)
    declared, tag = _TAGS.get(type_, _TEXT)
    connection.execute(f"ALTER TABLE {quoted(kind)} ADD COLUMN {quoted(chosen)} {declared}")
    field = Field(column, chosen, tag)
    _told(connection, kind, len(there), field)
    return field


def _told(connection: sqlite3.Connection, kind: str, position: int, field: Field) -> None:
    connection.execute(
        f"INSERT INTO {COLUMN_TABLE} (layer, position, name, field, tag) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
        [kind, position, field.name, field.field, field.tag],
    )
