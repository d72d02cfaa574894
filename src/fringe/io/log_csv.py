"""The whole log as CSV files, for people, for archives, and back without a difference.

Each layer is one file, UTF-8 with a byte order mark so that Excel shows Chinese; ``columns.csv`` tells the columns'
types. A missing value is an empty cell. A text that begins with a sign that a spreadsheet would take for a formula
(``= + - @``) is written behind an apostrophe, and so are one that begins with an apostrophe and one that is empty.
Shapes are WKB in hexadecimal figures, which keeps every bit.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from fringe.errors import StudyError
from fringe.io.columns import pack, unpack
from fringe.io.files import put_whole
from fringe.io.log_table import APPENDED
from fringe.model.problem import Problem

COLUMNS_FILE = "columns.csv"
_HEADINGS = ("layer", "column", "type", "index")
_SIGNS = ("=", "+", "-", "@", "'", "\t", "\r", "\n")
_NEGATIVE = re.compile(r"-\d+(\.\d+)?(e[+-]?\d+)?", re.ASCII)
_SHAPE = "geometry"


def write_log(layers: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write tasks, reports and findings, as far as they are there, and return the files.

    Parameters
    ----------
    layers
        By kind; others are passed over.
    folder
        Made if need be. Files of the same names are replaced.

    Raises
    ------
    StudyError
        If a file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> reports = pd.DataFrame({"done": [3.5], "note": ["=1+1"]}, index=pd.Index(["R1"], name="report", dtype=object))
    >>> folder = Path(tempfile.mkdtemp())
    >>> [path.name for path in write_log({"reports": reports}, folder)]
    ['reports.csv', 'columns.csv']
    >>> read_export(folder)["reports"].equals(reports)
    True
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(Problem("file_not_written", folder.name, params={"path": str(folder)})) from error
    written, told = [], []
    for kind in (kind for kind in APPENDED if kind in layers):
        heads, types, columns = _packed(layers[kind])
        told += [
            (kind, head, tag, "yes" if at == 0 else "") for at, (head, tag) in enumerate(zip(heads, types, strict=True))
        ]
        written.append(_write(folder / f"{kind}.csv", heads, zip(*columns, strict=True)))
    return [*written, _write(folder / COLUMNS_FILE, _HEADINGS, told)]


def read_export(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the layers of an exported log, as they were.

    Parameters
    ----------
    folder
        Where `fringe.Study.export` wrote them.

    Raises
    ------
    StudyError
        If a file is missing or was changed so that it cannot be read back.

    See Also
    --------
    fringe.Study.export : Writes them.

    Examples
    --------
    >>> import tempfile
    >>> tasks = pd.DataFrame({"target": [30.0]}, index=pd.Index(["T1"], name="task", dtype=object))
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = write_log({"tasks": tasks}, folder)
    >>> read_export(folder)["tasks"]
          target
    task
    T1      30.0
    """
    place = Path(folder)
    told: dict[str, list[tuple[str, str]]] = {}
    for kind, head, tag, _ in _read(place / COLUMNS_FILE, _HEADINGS):
        told.setdefault(str(kind), []).append((head or "", str(tag)))
    return {kind: _layer(place / f"{kind}.csv", columns) for kind, columns in told.items()}


def _packed(layer: Any) -> tuple[list[str], list[str], list[list[str | None]]]:
    """Return headings, types and cells, the ids first."""
    active = layer.geometry.name if isinstance(layer, gpd.GeoDataFrame) else None
    ids = pd.Series(layer.index, index=layer.index)
    sources = [(str(layer.index.name or ""), ids), *((str(name), layer[name]) for name in layer.columns)]
    heads, types, columns = [], [], []
    for name, column in sources:
        heads.append(name)
        if name == active:
            crs = layer.crs.to_json() if layer.crs is not None else ""
            types.append(json.dumps({"type": _SHAPE, "crs": crs}, ensure_ascii=False))
            columns.append([None if shape is None else shapely.to_wkb(shape, hex=True) for shape in column])
            continue
        packed = pack(column)
        types.append(packed.tag)
        columns.append([_cell(item) for item in packed.column])
    return heads, types, columns


def _cell(item: Any) -> str | None:
    """Return a packed value as a text that says all of it."""
    if item is None or item is pd.NaT or item is pd.NA or item != item:  # noqa: PLR0124 - NaN differs from itself
        return None
    if isinstance(item, pd.Timestamp):
        return item.isoformat()
    if isinstance(item, str):
        return item
    return repr(item.item() if hasattr(item, "item") else item)


def _layer(path: Path, told: list[tuple[str, str]]) -> Any:
    rows = _read(path, [head for head, _ in told])
    columns: list[Any] = []
    crs, active = None, None
    for at, (head, tag) in enumerate(told):
        items = [row[at] for row in rows]
        kind = json.loads(tag)
        try:
            if kind["type"] == _SHAPE:
                active = head
                crs = pyproj.CRS.from_json(kind["crs"]) if kind["crs"] else None
                shapes = [None if item is None else shapely.from_wkb(item) for item in items]
                columns.append(pd.Series(shapes, dtype=object))
            else:
                columns.append(unpack(_series(items, kind), tag))
        except (ValueError, TypeError, shapely.errors.ShapelyError) as error:
            raise StudyError(_broken(path, f"{head}: {error}")) from error
    ids = columns[0]
    frame = pd.DataFrame(
        {head: column for (head, _), column in zip(told[1:], columns[1:], strict=True)}, index=range(len(rows))
    )
    # An index would take the name of a Series, even for none, and guess its type anew.
    frame.index = pd.Index(ids.array, dtype=ids.dtype, name=told[0][0] or None)
    if active is None:
        return frame
    placed = gpd.GeoSeries(frame[active], crs=crs)
    return gpd.GeoDataFrame(frame.assign(**{active: placed}), geometry=active, crs=crs)


def _series(items: list[str | None], kind: Mapping[str, Any]) -> Any:
    """Return cells as a GeoPackage's reader would hand them over: texts, numbers, flags or moments."""
    name = str(kind["of"] if kind["type"] == "category" else kind["type"])
    texts = pd.Series(items, dtype=object)
    if name in {"text", "str", "json", "zoned", "moment_text"}:
        return texts
    if name == "moment":
        return pd.to_datetime(texts, format="ISO8601")
    if name.lower().startswith("bool"):
        return texts.map({"True": True, "False": False})
    if "int" in name.lower():
        return texts
    return texts.map(float, na_action="ignore").astype(float)


def _write(path: Path, heads: Any, rows: Any) -> Path:
    with put_whole(path) as made, made.open("w", encoding="utf-8-sig", newline="") as file:
        table = csv.writer(file)
        table.writerow([_masked(head) for head in heads])
        table.writerows([_masked(item) for item in row] for row in rows)
    return path


def _read(path: Path, heads: Any) -> list[list[str | None]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # A note may be longer than the reader expects of a cell.
            csv.field_size_limit(2**31 - 1)
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StudyError(_broken(path, str(error))) from error
    if not rows or [_bare(cell) or "" for cell in rows[0]] != list(heads):
        raise StudyError(_broken(path, ", ".join(rows[0]) if rows else "–"))
    wrong = [str(number) for number, row in enumerate(rows, start=1) if len(row) != len(rows[0])]
    if wrong:
        raise StudyError(_broken(path, ", ".join(wrong)))
    return [[_bare(cell) for cell in row] for row in rows[1:]]


def _masked(item: str | None) -> str:
    if item is None:
        return ""
    plain = item and (not item.startswith(_SIGNS) or _NEGATIVE.fullmatch(item))
    return item if plain else f"'{item}"


def _bare(cell: str) -> str | None:
    return None if not cell else cell.removeprefix("'")


def _broken(path: Path, reason: str) -> Problem:
    return Problem("log_export_broken", path.name, params={"path": str(path), "reason": reason})
