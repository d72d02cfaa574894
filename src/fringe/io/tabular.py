"""Tables with coordinates: CSV in whatever encoding, and Excel sheets.

The *heading row* is the first row that names coordinates, or failing that, the first that fills more than half of the
table's width: offices put a title above it. Cells that are numbers become numbers, unless a column holds codes: figures
with leading zeros, or with more digits than a number keeps (an identity card has 18).
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
import zlib
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyproj

from fringe.errors import CRSError, LayerError
from fringe.io.coordinates import coordinate_columns, place
from fringe.io.reading import Reading, listening
from fringe.io.shapefile import codec
from fringe.model import words
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
_DELIMITERS = (",", "\t", ";", "|")
_HEADING_WITHIN = 10
# Plain decimal figures without leading zeros; a float keeps 15 digits.
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d{0,14})(\.\d+)?([eE][-+]?\d{1,3})?")
# An Excel file is a zip of XML, and what is wrong with either comes through openpyxl as it is.
_BAD_BOOK = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    ET.ParseError,
)
Row = list[Any]


def read_tabular(
    path: Path, sheet: str | None, *, kind: str | None, stated: pyproj.CRS | None, encoding: str | None
) -> Reading:
    """Return the rows of a CSV file or Excel sheet, with points where it has columns of coordinates.

    Parameters
    ----------
    path
        The file.
    sheet
        Of an Excel file; `None` for the only one, the one named after the kind, or the only one with coordinates.
    kind
        A layer kind, whose contract says whether there must be coordinates; `None` takes what there is.
    stated
        The coordinate system of the figures, where the user states it.
    encoding
        Of a CSV file, where the user states it.

    Raises
    ------
    LayerError
        If the file cannot be read, the sheet is not there, or there are no coordinates where the kind needs them.
    CRSError
        If the coordinate system is neither stated nor told by the figures.
    """
    layer = kind or path.name
    if path.suffix.lower() in TEXT_SUFFIXES:
        problems: list[Problem] = []
        text, chosen = decode_text(path.read_bytes(), encoding, layer, path)
        if chosen not in ("utf-8", "stated"):
            params = {"value": chosen, "source": "bytes"}
            problems.append(Problem("encoding_chosen", layer, severity="note", params=params))
        table, found = _framed(_csv_rows(text, layer), layer)
        problems += found
    else:
        table, problems = _read_sheet(path, sheet, kind)
    return with_points(table, problems, layer, kind, stated)


def with_points(
    table: pd.DataFrame, problems: list[Problem], layer: str, kind: str | None, stated: pyproj.CRS | None
) -> Reading:
    """Return a table with the points of its columns of coordinates."""
    where = coordinate_columns([str(name) for name in table.columns])
    needs = kind is not None and bool(LAYERS[kind].geometry)
    if where is None or (kind is not None and not needs):
        if needs:
            present = ", ".join(str(name) for name in table.columns)
            raise LayerError(Problem("coordinate_columns", layer, params={"present": present}))
        return Reading(table, problems)
    placed = place(table, where, layer, stated)
    unplaced = [found for found in placed.problems if found.severity == "error" and not found.rows]
    if unplaced:
        raise CRSError(unplaced)
    # The shapes say what the text said; coordinates in figures stay, as they may be a source of their own.
    rest = table.drop(columns=list(where.names)) if where.kind == "wkt" else table
    frame = gpd.GeoDataFrame(rest, geometry=gpd.GeoSeries(placed.shapes, index=rest.index), crs=placed.crs)
    return Reading(frame, [*problems, *placed.problems])


def decode_text(raw: bytes, stated: str | None, layer: str, path: Path) -> tuple[str, str]:
    """Return a file's text and the encoding it was read in (``"stated"`` if it was).

    Examples
    --------
    >>> decode_text("经度,纬度".encode("gbk"), None, "x.csv", Path("x.csv"))
    ('经度,纬度', 'gb18030')
    """
    if stated is not None:
        return raw.decode(codec(stated, layer), errors="replace").removeprefix("\ufeff"), "stated"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16"), "utf-16"
    for wish in ("utf-8", "gb18030"):
        try:
            return raw.decode(wish).removeprefix("\ufeff"), wish
        except UnicodeDecodeError:
            continue
    reason = {"path": str(path), "reason": "UTF-8, GB18030"}
    raise LayerError(Problem("file_unreadable", layer, params=reason))


def _csv_rows(text: str, layer: str) -> list[Row]:
    lines = text.splitlines()[:_HEADING_WITHIN]
    delimiter = max(_DELIMITERS, key=lambda sign: max((line.count(sign) for line in lines), default=0))
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise LayerError(Problem("file_unreadable", layer, params={"path": layer, "reason": str(error)})) from error


def _read_sheet(path: Path, sheet: str | None, kind: str | None) -> tuple[pd.DataFrame, list[Problem]]:
    layer = kind or path.name
    problems: list[Problem] = []
    grids = sheets_of(path, layer, problems)
    if sheet is not None and sheet not in grids:
        near = get_close_matches(sheet, grids, n=1)
        params = {"path": str(path), "value": sheet, "allowed": ", ".join(grids), "hint": near[0] if near else ""}
        raise LayerError(Problem("layer_missing", layer, params=params))
    wanted = [sheet] if sheet is not None else _named_sheets(list(grids), kind)
    return _chosen({name: _framed(grids[name], layer) for name in wanted}, path, layer, problems)


def sheets_of(path: Path, layer: str, problems: list[Problem]) -> dict[str, list[Row]]:
    """Return the cells of all sheets of an Excel file, by the name of the sheet; what openpyxl says is added."""
    grids: dict[str, list[Row]] = {}
    try:
        with listening(problems, layer), pd.ExcelFile(path, engine="openpyxl") as book:
            for name in book.sheet_names:
                grid = book.parse(name, header=None, dtype=object, keep_default_na=False, na_values=[""])
                grids[str(name)] = grid.to_numpy(dtype=object).tolist()
    except _BAD_BOOK as error:
        raise LayerError(_unreadable(path, error, layer)) from error
    return grids


def _unreadable(path: Path, error: Exception, layer: str) -> Problem:
    return Problem("file_unreadable", layer, params={"path": str(path), "reason": str(error).strip().rstrip(".")})


def _named_sheets(names: list[str], kind: str | None) -> list[str]:
    """Return the sheet named after a kind, else all sheets."""
    if kind is not None:
        meant = {kind, words.text(f"layer.{kind}", "zh"), words.text(f"layer.{kind}", "en")}
        if named := [name for name in names if name.strip().lower() in meant]:
            return named[:1]
    return names


def _chosen(
    found: dict[str, tuple[pd.DataFrame, list[Problem]]], path: Path, layer: str, problems: list[Problem]
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the only sheet, or the only one with coordinates."""
    filled = {name: pair for name, pair in found.items() if len(pair[0].columns)}
    placed = {
        name: pair for name, pair in filled.items() if coordinate_columns([str(head) for head in pair[0].columns])
    }
    for candidates in (filled, placed):
        if len(candidates) == 1:
            table, more = next(iter(candidates.values()))
            return table, [*problems, *more]
    if not filled:
        raise LayerError(Problem("file_empty", layer, params={"path": str(path)}))
    raise LayerError(Problem("layer_choice", layer, params={"path": str(path), "allowed": ", ".join(filled)}))


def _framed(rows: Sequence[Row], layer: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Return rows below their heading row as a table; rows and columns without anything in them are left out."""
    filled = [row for row in rows if any(not _blank(cell) for cell in row)]
    if not filled:
        return pd.DataFrame(), []
    at = _heading_row(filled)
    heads = [("" if _blank(cell) else str(cell).strip()) for cell in filled[at]]
    body = filled[at + 1 :]
    width = max(len(row) for row in filled)
    wide = [number for number, row in enumerate(body, start=1) if any(not _blank(cell) for cell in row[len(heads) :])]
    problems = [Problem("row_too_wide", layer, tuple(wide), params={"count": len(heads)})] if wide else []
    heads += [""] * (width - len(heads))
    columns: dict[str, list[Any]] = {}
    for place_, head in enumerate(heads):
        cells = [row[place_] if place_ < len(row) and not _blank(row[place_]) else None for row in body]
        if head or any(cell is not None for cell in cells):
            columns[_free_name(head or f"column_{place_ + 1}", columns)] = cells
    table = pd.DataFrame({head: _column(cells) for head, cells in columns.items()})
    return table, problems


def _blank(cell: object) -> bool:
    return (
        cell is None or (isinstance(cell, float) and math.isnan(cell)) or (isinstance(cell, str) and not cell.strip())
    )


def _heading_row(rows: Sequence[Row]) -> int:
    head = rows[:_HEADING_WITHIN]
    for at, row in enumerate(head):
        if coordinate_columns([str(cell) for cell in row if not _blank(cell)]):
            return at
    width = max(len(row) for row in head)
    return next((at for at, row in enumerate(head) if 2 * sum(not _blank(cell) for cell in row) > width), 0)


def _free_name(name: str, taken: dict[str, list[Any]]) -> str:
    return name if name not in taken else next(f"{name}_{n}" for n in range(2, 10_000) if f"{name}_{n}" not in taken)


def _column(cells: list[Any]) -> pd.Series[Any]:
    """Return cells as numbers where all are, else as they are."""
    given = [cell for cell in cells if cell is not None]
    texts = bool(given) and all(isinstance(cell, str) and _NUMBER.fullmatch(cell.strip()) for cell in given)
    figures = bool(given) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in given)
    column = pd.Series(cells, dtype=object)
    return pd.to_numeric(column) if texts or figures else column
