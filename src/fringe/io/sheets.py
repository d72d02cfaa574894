"""The sheets of an Excel workbook as grids of cells, with their merges.

A *cell* keeps its value as Excel computed it, its address (``Sheet!C7``), how its number is shown (as a percentage, or
with a unit behind it; see `fringe.io.number_formats`), and whether it is a *fault*: a formula nobody has computed yet,
or one of Excel's error values. A text that begins with ``=`` or ``@`` is a text. A *merge* is a block of cells that
shows one value: only its upper left cell has it.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fringe.errors import LedgerError
from fringe.io.files import missing_file
from fringe.io.number_formats import Shown, shown_as
from fringe.model.problem import Problem

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_SUFFIXES = (".xlsx", ".xlsm")
# The first bytes of an OLE file: an .xls, or an .xlsx that is encrypted with a password.
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_FORMULA = re.compile(rb"<f[ >/]")


@dataclass(frozen=True)
class Cell:
    """One cell; `unit` is what its format writes behind the number."""

    value: Any
    address: str
    percent: bool = False
    fault: Literal["", "formula", "error"] = ""
    unit: str | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing stands in the cell."""
        return not self.fault and (self.value is None or (isinstance(self.value, str) and not self.value.strip()))


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Parameters
    ----------
    title
        Its name.
    rows
        Its cells, row by row, all rows equally long.
    merges
        For each cell inside a merge but its upper left one: that one's row and column.
    from_1904
        Whether the workbook counts days from 1904. Cells formatted as dates hold dates all the same; days that stand
        as bare numbers do not.
    """

    title: str
    rows: list[list[Cell]]
    merges: dict[tuple[int, int], tuple[int, int]]
    from_1904: bool = False

    def merged(self, row: int, column: int) -> Cell:
        """Return the cell shown at a place: a merge shows its upper left cell everywhere."""
        top, left = self.merges.get((row, column), (row, column))
        return self.rows[top][left]

    def from_above(self, row: int, column: int) -> Cell:
        """Return the cell shown at a place, merges read downwards only."""
        top, left = self.merges.get((row, column), (row, column))
        return self.rows[top][left] if left == column else self.rows[row][column]


def read_sheets(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook, hidden ones too.

    Raises
    ------
    LedgerError
        If there is no such file, or it is not an .xlsx workbook.
    """
    found = missing_file(path, path.name) or _wrong_format(path)
    if found:
        raise LedgerError(found)
    from openpyxl import load_workbook
    from openpyxl.utils.datetime import CALENDAR_MAC_1904
    from openpyxl.utils.exceptions import InvalidFileException

    with warnings.catch_warnings():
        # openpyxl warns of what it does not keep (validation lists, styles): none of it is read here.
        warnings.simplefilter("ignore", UserWarning)
        try:
            computed = load_workbook(path, data_only=True)
            written = load_workbook(path) if _has_formulas(path) else computed
        except (
            InvalidFileException,
            zipfile.BadZipFile,
            KeyError,
            ValueError,
            TypeError,
            SyntaxError,
            OSError,
        ) as error:
            # openpyxl meets a damaged workbook with whatever its parts raise.
            params = {"path": str(path), "reason": f"{type(error).__name__}: {error}"}
            raise LedgerError(Problem("workbook_broken", path.name, params=params)) from error
    from_1904 = computed.epoch == CALENDAR_MAC_1904
    return [replace(_sheet(sheet, written[sheet.title]), from_1904=from_1904) for sheet in computed.worksheets]


def _wrong_format(path: Path) -> Problem | None:
    if path.suffix.lower() not in _SUFFIXES:
        params = {"path": str(path), "value": path.suffix or "–"}
        return Problem("not_a_workbook", path.name, params=params)
    with path.open("rb") as file:
        first = file.read(len(_OLE))
    if first == _OLE:
        return Problem("workbook_encrypted", path.name, params={"path": str(path)})
    if not zipfile.is_zipfile(path):
        return Problem("workbook_broken", path.name, params={"path": str(path), "reason": "zip"})
    return None


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(_FORMULA.search(parts.read(name)) for name in sheets)


def _sheet(computed: Worksheet, written: Worksheet) -> Sheet:
    title = str(computed.title)
    rows = []
    # Offices colour whole columns: cells that only have a colour would be a million rows.
    filled = [place for cells in (computed, written) for place in _filled(cells)]
    last_row = max((row for row, _ in filled), default=1)
    last_column = max((column for _, column in filled), default=1)
    grids = (cells.iter_rows(max_row=last_row, max_col=last_column) for cells in (computed, written))
    for row, source in zip(*grids, strict=True):
        cells = []
        for cell, formula in zip(row, source, strict=True):
            fault: Literal["", "formula", "error"] = ""
            value = cell.value
            # A formula whose result is an empty text has the type of a text, one nobody computed has none.
            computed_empty = getattr(cell, "data_type", "") == "str"
            if getattr(formula, "data_type", "") == "f" and value is None and not computed_empty:
                fault, value = "formula", _formula_text(formula.value)
            elif getattr(cell, "data_type", "") == "e":
                fault = "error"
            shown = Shown()
            if isinstance(value, int | float) and not isinstance(value, bool):
                shown = shown_as(str(getattr(cell, "number_format", "")), value)
            cells.append(Cell(value, f"{title}!{cell.coordinate}", shown.percent, fault, shown.unit))
        rows.append(cells)
    merges = {
        (row - 1, column - 1): (block.min_row - 1, block.min_col - 1)
        for block in computed.merged_cells.ranges
        for row in range(block.min_row, min(block.max_row, len(rows)) + 1)
        for column in range(block.min_col, block.max_col + 1)
        if (row, column) != (block.min_row, block.min_col)
    }
    return Sheet(title, rows, merges)


def _filled(sheet: Worksheet) -> list[tuple[int, int]]:
    """Return the row and column of the cells that hold something."""
    cells = sheet._cells  # noqa: SLF001 - the rows openpyxl offers are filled up with cells that are not there
    return [place for place, cell in cells.items() if cell.value is not None]


def _formula_text(formula: object) -> str:
    """Return a formula as written; array formulas are objects that hold it."""
    return str(getattr(formula, "text", formula))
