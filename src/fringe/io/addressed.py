"""Tables whose every cell can be named: sheets of Excel workbooks, and CSV files as they look in one.

The *heading row* is the first of those that name most columns of the table's contract; what stands above it is a title.
Merges are read downwards, but never into figures, which would be counted again. Totals rows (合计) and blank rows are
left out.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from fringe.errors import LayerError, LedgerError
from fringe.io.files import demand_file
from fringe.io.sheets import Cell, Sheet, read_sheets
from fringe.io.tabular import TEXT_SUFFIXES, decode_text
from fringe.model.contract import conform
from fringe.model.headings import match_headings
from fringe.model.layers import TABLES, LayerSpec
from fringe.model.problem import Problem
from fringe.model.units import plain, split_heading

_ROWS_SEARCHED = 20
# Fewer known headings than this are no table of the contract.
_HEADINGS_MIN = 2
_TOTAL = re.compile(r"^(总?合计|小计|总计|共计|total|subtotal|sum)(\(.*\))?:?$")
# A total says so in its first cells; further right the word may be part of a remark.
_LABELS = 3
_DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True)
class Addressed:
    """A table of a contract, and where each of its cells stands.

    Parameters
    ----------
    layer
        As `fringe.model.contract.conform` gives it.
    cells
        For each row its cells by column.
    problems
        With the addresses of the cells they are about.
    """

    layer: pd.DataFrame
    cells: list[dict[str, Cell]]
    problems: list[Problem]

    def at_cells(self, found: Problem) -> Problem:
        """Return a problem of rows with ids and addresses in their place."""
        column = str(found.params.get("column", ""))
        if found.code == "id_missing":
            at = [int(str(row)) - 1 for row in found.rows]
        else:
            wanted = set(found.rows)
            at = [place for place, row in enumerate(self.layer.index) if row in wanted]
        named = [] if found.code == "id_missing" else [f"{self.layer.index[place]} " for place in at]
        where = [self._address(place, column) for place in at]
        return replace(found, rows=tuple(a + b for a, b in zip(named or [""] * len(at), where, strict=True)))

    def _address(self, row: int, column: str) -> str:
        cells = self.cells[row]
        return (cells.get(column) or next(iter(cells.values()))).address


def read_addressed(path: Path, kind: str, sheet: str | None = None) -> Addressed:
    """Return the table of a kind that a file holds.

    Parameters
    ----------
    path
        An .xlsx, .xlsm, .csv or .tsv file.
    kind
        One of `fringe.model.layers.TABLES`.
    sheet
        Of a workbook; `None`: the one that has most of the contract's headings.

    Raises
    ------
    LayerError
        If there is no such file or sheet, it cannot be read, or no sheet has such a table.
    """
    spec = TABLES[kind]
    demand_file(path, kind)
    if path.suffix.lower() in TEXT_SUFFIXES:
        sheets = [_csv_sheet(path, kind)]
    else:
        try:
            sheets = read_sheets(path)
        except LedgerError as error:
            raise LayerError(error.problems) from error
    if sheet is not None and sheet not in [one.title for one in sheets]:
        params = {"path": path.name, "value": sheet, "allowed": ", ".join(one.title for one in sheets), "hint": ""}
        raise LayerError(Problem("layer_missing", kind, params=params))
    wanted = [one for one in sheets if sheet is None or one.title == sheet]
    found = [(*_heading_row(one, spec), one) for one in wanted if one.rows]
    best = max(found, key=lambda one: one[0], default=None)
    if best is None or best[0] < _HEADINGS_MIN:
        needed = ", ".join([spec.index, *(column.name for column in spec.columns if column.required)])
        raise LayerError(Problem("table_not_found", kind, params={"path": path.name, "allowed": needed}))
    return _read(best[2], best[1], spec)


def _csv_sheet(path: Path, kind: str) -> Sheet:
    text, _ = decode_text(path.read_bytes(), None, kind, path)
    lines = text.splitlines()[:_ROWS_SEARCHED]
    delimiter = max(_DELIMITERS, key=lambda sign: max((line.count(sign) for line in lines), default=0))
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise LayerError(Problem("file_unreadable", kind, params={"path": path.name, "reason": str(error)})) from error
    width = max((len(row) for row in rows), default=0)
    cells = [
        [Cell(row[at] if at < len(row) else None, f"{_letters(at)}{number}") for at in range(width)]
        for number, row in enumerate(rows, start=1)
    ]
    return Sheet(path.stem, cells, {})


def _letters(at: int) -> str:
    """Return a column's letters: A, B, …, Z, AA.

    Examples
    --------
    >>> _letters(0), _letters(27)
    ('A', 'AB')
    """
    return (_letters(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)  # noqa: PLR2004 - letters


def _heading_row(sheet: Sheet, spec: LayerSpec) -> tuple[int, int]:
    """Return how many columns the best heading row names, and which row it is."""
    counts = [len(_columns(sheet, row, spec)) for row in range(min(_ROWS_SEARCHED, len(sheet.rows)))]
    return max(counts), counts.index(max(counts))


def _columns(sheet: Sheet, row: int, spec: LayerSpec) -> dict[str, int]:
    """Return where the columns of a contract stand, if a row is the heading row."""
    heads = [split_heading(str(cell.value))[0] if not cell.blank else "" for cell in sheet.rows[row]]
    wanted = {spec.index: (spec.index, *spec.index_aliases)}
    wanted |= {column.name: (column.name, *column.aliases) for column in spec.columns}
    texts = {column.name for column in spec.columns if column.type == "text"}
    mapping, _ = match_headings([head for head in heads if head], wanted, texts=texts)
    return {column: heads.index(head) for head, column in mapping.items()}


def _read(sheet: Sheet, top: int, spec: LayerSpec) -> Addressed:
    where = _columns(sheet, top, spec)
    names = _names(sheet.rows[top])
    figures = {where.get(name) for name in (spec.index, *(one.name for one in spec.columns if one.type == "number"))}
    rows: list[list[Cell]] = []
    problems: list[Problem] = []
    for at in range(top + 1, len(sheet.rows)):
        own = [cell for cell in sheet.rows[at] if not cell.blank]
        if not own or any(_TOTAL.match(plain(cell.value)) for cell in own[:_LABELS] if isinstance(cell.value, str)):
            continue
        row = [cell if place in figures else sheet.from_above(at, place) for place, cell in enumerate(sheet.rows[at])]
        rows.append(row)
        problems += _faults(row, where, spec)
    held = {
        name: pd.Series([None if row[at].blank or row[at].fault else row[at].value for row in rows], dtype=object)
        for at, name in names.items()
    }
    layer, found = conform(pd.DataFrame(held, index=pd.RangeIndex(len(rows))), spec.kind)
    # What a title or a remark column is called is nobody's concern.
    table = Addressed(layer, [{name: row[at] for name, at in where.items()} for row in rows], problems)
    faulty = {address for one in problems for address in one.rows}
    for one in found:
        placed = table.at_cells(one) if one.rows else one
        left = tuple(row for row in placed.rows if str(row).rpartition(" ")[2] not in faulty)
        if left or not one.rows:
            table.problems.append(replace(placed, rows=left))
    return table


def _names(headings: list[Cell]) -> dict[int, str]:
    """Return a name of its own for every column that has a heading."""
    names: dict[int, str] = {}
    for at, cell in enumerate(headings):
        if not cell.blank:
            name = re.sub(r"\s*\n\s*", "", str(cell.value)).strip()
            names[at] = name if name not in names.values() else f"{name} ({cell.address.rpartition('!')[2]})"
    return names


def _faults(row: list[Cell], where: dict[str, int], spec: LayerSpec) -> list[Problem]:
    """Return formulas without a computed value and Excel's error values in columns of the contract."""
    codes = {"formula": "formula_without_value", "error": "cell_error"}
    return [
        Problem(codes[row[at].fault], spec.kind, (row[at].address,), params={"column": name, "value": _text(row[at])})
        for name, at in where.items()
        if row[at].fault
    ]


def _text(cell: Cell) -> Any:
    return str(cell.value)
