"""The ledger as offices keep it in Excel: one workbook with tasks and what was reported of them.

Tasks stand in one sheet or in one for each township. Reports stand in a sheet of their own, a row for each, or beside
the tasks in *week columns*, each headed by a day and holding what was done altogether by then. Figures are turned
into square metres, metres, shares or counts by the unit in the cell, in the heading or in the task's unit column, in
this order; `unit_given` and `target_given` keep what stood there. Every problem names the cell.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from fringe.errors import LedgerError
from fringe.io.ledger_amounts import set_target
from fringe.io.ledger_book import Book, own_ids, read_reports, read_tasks, read_weeks, tables_of
from fringe.io.ledger_rows import Entry
from fringe.io.ledger_summary import leave_out_summaries
from fringe.io.sheets import Cell, read_sheets
from fringe.io.sheets_csv import csv_sheet, is_csv
from fringe.model.entries import conform_ledger, future_dates, recorded_missing
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, table
from fringe.model.units import Unit, parse_unit


def read_ledger(
    path: str | PathLike[str], *, year: int | None = None, lang: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read tasks and reports from an Excel workbook.

    Parameters
    ----------
    path
        An .xlsx or .xlsm file. Its sheets are told apart by their headings; see `fringe.model.layers` for those known.
    year
        Of days written without one, such as 11月23日, where the sheet does not tell it; in week columns that of the
        first. `None`: such a day is an error.
    lang
        Language of the problems.

    Returns
    -------
    tasks
        Indexed by `task`; `target` in m2, m, share or a count, with `unit`, `unit_given`, `target_given`. Columns
        that no contract names are kept.
    reports
        Indexed by `report`; `done` in the task's unit. A report without an id of its own is called ``task@date``.
    problems
        Everything doubtful or wrong: `layer`, `row` (with its cells, such as ``T7 台账!C9``), `severity`, `code`,
        `message`, `remedy`. Rows with errors are kept, with the values that could not be read missing.

    Raises
    ------
    LedgerError
        If the file is missing, is no workbook, or holds no list of tasks.

    See Also
    --------
    fringe.write_ledger : Writes a workbook that reads back the same.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from openpyxl import Workbook
    >>> book = Workbook()
    >>> book.active.append(["编号", "任务名称", "片区", "类别", "单位", "目标量", "开始日期", "完成时限"])
    >>> book.active.append(["T1", "补植", "东片", "绿化", "亩", 30, "2019.11.23", "2020年3月1日"])
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ledger.xlsx"
    >>> book.save(path)
    >>> tasks, reports, problems = read_ledger(path, lang="en")
    >>> float(tasks.loc["T1", "target"]), tasks.loc["T1", "unit"], tasks.loc["T1", "unit_given"], len(reports)
    (20000.0, 'm2', '亩', 0)
    """
    tasks, reports, problems = load_ledger(path, year=year)
    return tasks, reports, table(problems, lang)


def load_ledger(
    path: str | PathLike[str], *, year: int | None = None, today: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return tasks, reports and the problems of their cells, as `read_ledger` does, the problems as values.

    Parameters
    ----------
    path, year
        See `read_ledger`.
    today
        Reports of later days are errors; `None`: the computer's day.

    Raises
    ------
    LedgerError
        As `read_ledger` does.
    """
    file = Path(path)
    sheets = read_sheets(file)
    book, tables = tables_of(file.name, sheets, year)
    task_tables = [item for item in tables if item.header.kind == "tasks"]
    if not task_tables:
        params = {"value": ", ".join(sheet.title for sheet in sheets)}
        raise LedgerError(Problem("no_task_list", file.name, params=params))
    several = len(task_tables) > 1
    tables, found = leave_out_summaries(tables)
    book.problems += found
    task_tables = [item for item in tables if item.header.kind == "tasks"]
    for item in task_tables:
        read_tasks(book, item, several=several)
    own_ids(book, task_tables)
    for item in task_tables:
        for entry in item.entries:
            unit, problems = set_target(entry, item.above.unit)
            book.problems += problems
            if unit is not None:
                book.units[str(entry.held["task"])] = unit
    for item in task_tables:
        read_weeks(book, item.header, item.entries)
    for item in tables:
        if item.header.kind == "reports":
            read_reports(book, item)
    return _conformed(book, today)


def load_reports(
    path: str | PathLike[str], tasks: pd.DataFrame, *, year: int | None = None, today: pd.Timestamp | None = None
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the reports of a workbook on tasks that are known already, and the problems of their cells.

    Parameters
    ----------
    path, year, today
        See `load_ledger`; a CSV file will do. Lists of tasks in the workbook are passed over.
    tasks
        The tasks. A figure without a unit is in the task's `unit`; where the task was given in another
        (`unit_given`), it could be meant either way, and is an error.

    Returns
    -------
    reports
        Its ``attrs["cells"]`` has the first cell of each.
    problems
        As values.

    Raises
    ------
    LedgerError
        If the file is missing, is no workbook, or holds no list of reports.
    """
    file = Path(path)
    sheets = [csv_sheet(file)] if is_csv(file) else read_sheets(file)
    book, tables = tables_of(file.name, sheets, year)
    lists = [item for item in tables if item.header.kind == "reports"]
    if not lists:
        params = {"value": ", ".join(sheet.title for sheet in sheets)}
        raise LedgerError(Problem("no_report_list", file.name, params=params))
    book.units = {str(task): parse_unit(str(unit)) for task, unit in tasks["unit"].items() if isinstance(unit, str)}
    given = tasks["unit_given"] if "unit_given" in tasks.columns else tasks["unit"]
    other = {
        str(task): str(unit)
        for task, unit in given.items()
        if isinstance(unit, str) and parse_unit(unit).factor != book.units.get(str(task), Unit("", 1.0)).factor
    }
    for item in lists:
        read_reports(book, item, other)
    _, reports, problems = _conformed(book, today, tasks)
    reports.attrs["cells"] = [entry.where for entry in book.reports]
    return reports, [found for found in problems if found.layer != "tasks"]


def _conformed(
    book: Book, today: pd.Timestamp | None, known: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return the layers, with each problem at its cells; `known` are tasks that do not come from the workbook."""
    raw = _frame(book.tasks, "tasks") if known is None else known
    tasks, reports, problems = conform_ledger(raw, _frame(book.reports, "reports"))
    now = pd.Timestamp.now() if today is None else today
    faulty = {row for found in book.problems if found.severity == "error" for row in found.rows}
    layers = {"reports": (reports, book.reports)} | ({"tasks": (tasks, book.tasks)} if known is None else {})
    for found in [*problems, *recorded_missing(reports), *future_dates(reports, now)]:
        if found.layer in layers and found.rows and found.code != "recorded_at_missing":
            placed = _at_cells(found, *layers[found.layer], faulty)
            book.problems += [placed] if placed.rows else []
        else:
            book.problems.append(found)
    return tasks, reports, book.problems


def _frame(entries: list[Entry], kind: str) -> pd.DataFrame:
    columns = list(dict.fromkeys(name for entry in entries for name in entry.held))
    if not entries:  # a template lacks rows, not columns
        columns = [LAYERS[kind].index, *(column.name for column in LAYERS[kind].columns if column.required)]
    return pd.DataFrame([entry.held for entry in entries], columns=columns, dtype=object)


def _at_cells(found: Problem, layer: pd.DataFrame, entries: list[Entry], faulty: set[Any]) -> Problem:
    """Return a problem of rows with the cells in their place; a cell already complained of is not missing as well."""
    column = str(found.params.get("column", ""))
    if found.code == "id_missing":
        at = [int(str(row)) - 1 for row in found.rows]
    else:
        wanted = set(found.rows)
        at = [position for position, row in enumerate(layer.index) if row in wanted]
    rows = []
    for position in at:
        cell: Cell | None = entries[position].cells.get(column)
        address = cell.address if cell is not None else entries[position].where
        if found.code != "value_missing" or address not in faulty:
            name = "" if found.code == "id_missing" else f"{layer.index[position]} "
            rows.append(f"{name}{address}")
    return Problem(found.code, found.layer, tuple(rows), found.severity, found.params)
