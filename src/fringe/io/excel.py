"""The ledger as offices keep it in Excel: one workbook with tasks and what was reported of them.

Tasks stand in one sheet or in one for each township. Reports stand in a sheet of their own, a row for each, or beside
the tasks in *week columns*, each headed by a day and holding what was done altogether by then. Figures are turned
into square metres, metres, shares or counts by the unit in the cell, in the heading or in the task's unit column, in
this order; `unit_given` and `target_given` keep what stood there. Every problem names the cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from fringe.errors import LedgerError
from fringe.io.ledger_amounts import set_done, set_target
from fringe.io.ledger_days import complete_days, dated_headings
from fringe.io.ledger_header import Above, Header, Heading, find_header, said_above
from fringe.io.ledger_rows import Entry, as_written, read_amount, read_rows
from fringe.io.ledger_totals import total_problems
from fringe.io.sheets import Cell, Sheet, read_sheets
from fringe.io.sheets_csv import csv_sheet, is_csv
from fringe.model import words
from fringe.model.entries import conform_ledger, future_dates, recorded_missing
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, table
from fringe.model.units import Unit, parse_unit, plain

# A running number of the rows, which starts again in every sheet.
_ROW_NUMBERS = frozenset({"序号", "no.", "no"})
# Sheets that `fringe.write_ledger` adds for people.
OWN_SHEETS = ("excel.sheet_state", "excel.sheet_lists")


@dataclass
class _Table:
    """A sheet that holds a table: its header, what stands above it, and its rows."""

    sheet: Sheet
    header: Header
    above: Above
    entries: list[Entry]


@dataclass
class _Book:
    """What has been read so far."""

    tasks: list[Entry] = field(default_factory=list)
    reports: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)


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
    sheets, book, tables = _tables(file, year)
    task_tables = [item for item in tables if item.header.kind == "tasks"]
    if not task_tables:
        params = {"value": ", ".join(sheet.title for sheet in sheets)}
        raise LedgerError(Problem("no_task_list", file.name, params=params))
    for item in task_tables:
        _read_tasks(book, item, several=len(task_tables) > 1)
    _own_ids(book, task_tables)
    for item in task_tables:
        for entry in item.entries:
            unit, problems = set_target(entry, item.above.unit)
            book.problems += problems
            if unit is not None:
                book.units[str(entry.held["task"])] = unit
    for item in task_tables:
        _read_weeks(book, item.header, item.entries)
    for item in tables:
        if item.header.kind == "reports":
            _read_reports(book, item)
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
    sheets, book, tables = _tables(file, year, [csv_sheet(file)] if is_csv(file) else None)
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
        _read_reports(book, item, other)
    _, reports, problems = _conformed(book, today, tasks)
    reports.attrs["cells"] = [entry.where for entry in book.reports]
    return reports, [found for found in problems if found.layer != "tasks"]


def _tables(
    file: Path, year: int | None, given: list[Sheet] | None = None
) -> tuple[list[Sheet], _Book, list[_Table]]:
    """Return the sheets of a workbook, those among them that hold tables, and a book with what was found so far."""
    sheets, book, tables = read_sheets(file) if given is None else given, _Book(), []
    own = {words.text(key, lang) for key in OWN_SHEETS for lang in ("zh", "en")}
    for sheet in sheets:
        header = None if sheet.title in own else find_header(sheet)
        if header is not None:
            tables.append(_table(book, sheet, header, year))
        elif sheet.title not in own and any(not cell.blank for row in sheet.rows for cell in row):
            book.problems.append(Problem("sheet_left_out", file.name, (sheet.title,), "note"))
    return sheets, book, tables


def _table(book: _Book, sheet: Sheet, header: Header, year: int | None) -> _Table:
    above = said_above(sheet, header)
    told = above.year if above.year is not None else year
    header, problems = dated_headings(header, told)
    lines, found = read_rows(sheet, header)
    entries = [line.entry for line in lines if not line.total]
    book.problems += [*problems, *found, *total_problems(lines, header), *complete_days(entries, header.kind, told)]
    return _Table(sheet, header, above, entries)


def _read_tasks(book: _Book, item: _Table, *, several: bool) -> None:
    """Take one sheet's tasks; where there are several sheets, one that names no township stands for one."""
    if several and item.header.at("township") is None and item.entries:
        title = item.sheet.title
        for entry in item.entries:
            entry.held["township"] = title
        book.problems.append(Problem("township_from_sheet", "tasks", (title,), "note", {"value": title}))
    target = item.header.at("target")
    for entry in item.entries:
        entry.unit = item.header.headings[target].unit if target is not None else None
    book.tasks += item.entries


def _own_ids(book: _Book, tables: Iterable[_Table]) -> None:
    """Give every task an id: its own, with the sheet's name before row numbers that repeat, or a made one."""
    for entry in book.tasks:
        entry.held["task"] = _id(entry.held.get("task"))
    if all(entry.held["task"] is None for entry in book.tasks) and book.tasks:
        made = [f"tasks-{at:04}" for at in range(1, len(book.tasks) + 1)]
        for entry, name in zip(book.tasks, made, strict=True):
            entry.held["task"] = name
        params = {"first": made[0], "last": made[-1], "column": "task"}
        book.problems.append(Problem("id_made", "tasks", severity="warning", params=params))
        return
    counts = Counter(entry.held["task"] for entry in book.tasks)
    for item in tables:
        at = item.header.at("task")
        if at is None or plain(item.header.headings[at].text) not in _ROW_NUMBERS:
            continue
        sheet = item.sheet
        twice = [entry for entry in item.entries if counts[entry.held["task"]] > 1 and entry.held["task"]]
        for entry in twice:
            entry.held["task"] = f"{sheet.title}-{entry.held['task']}"
        if twice:
            rows = tuple(entry.cells["task"].address for entry in twice)
            params = {"value": sheet.title, "first": twice[0].held["task"]}
            book.problems.append(Problem("ids_of_sheet", "tasks", rows, "repaired", params))


def _id(value: object) -> str | None:
    """Return an id as text; Excel keeps 12 as 12.0."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _read_weeks(book: _Book, header: Header, entries: list[Entry]) -> None:
    """Turn the week columns of a task sheet into reports; an empty cell is none."""
    for heading in header.weeks().values():
        if not heading.cumulative:
            params = {"value": heading.text}
            book.problems.append(Problem("week_not_cumulative", "tasks", (heading.cell.address,), params=params))
    for entry in entries:
        task = entry.held["task"]
        for heading, cell in entry.weeks:
            if cell.blank or heading.day is None:
                continue
            ids = entry.cells.get("task", cell)
            report = Entry(
                cell.address,
                {"report": f"{task}@{heading.day:%Y-%m-%d}", "task": task, "date": heading.day, "done": cell.value},
                {"report": cell, "task": ids, "date": heading.cell, "done": cell},
            )
            book.problems += set_done(report, heading.unit, book.units)
            book.reports.append(report)


def _read_reports(book: _Book, item: _Table, other: Mapping[str, str] = MappingProxyType({})) -> None:
    """Take one sheet's reports; `other` says what unit else a task's bare figures may be in."""
    done = item.header.at("done")
    heading = item.header.headings[done].unit if done is not None else None
    unit_column = next((found.text for found in item.header.headings.values() if _is_unit(found)), None)
    seen: Counter[str] = Counter()
    for entry in item.entries:
        entry.held["task"] = _id(entry.held.get("task"))
        if item.header.at("report") is None:
            name = _made_id(entry)
            seen[name] += 1
            entry.held["report"] = name if seen[name] == 1 else f"{name}#{seen[name]}"
        own = entry.held.get(unit_column) if unit_column else None
        symbol = heading or (str(own) if own is not None else None) or item.above.unit
        unclear = _unit_unclear(entry, symbol, other)
        book.problems += unclear or set_done(entry, symbol, book.units)
    book.reports += item.entries


def _unit_unclear(entry: Entry, symbol: str | None, other: Mapping[str, str]) -> list[Problem]:
    cell, task = entry.cells.get("done"), str(entry.held["task"])
    amount = read_amount(cell) if cell is not None else None
    if cell is None or amount is None or amount.unit or symbol or task not in other:
        return []
    entry.held["done"] = None
    return [
        Problem("unit_unclear", "reports", (cell.address,), params={"value": as_written(cell), "unit": other[task]})
    ]


def _is_unit(heading: Heading) -> bool:
    return heading.column is None and plain(heading.text) in ("单位", "计量单位", "unit")


def _made_id(entry: Entry) -> str:
    from fringe.model.dates import parse_day

    day = parse_day(entry.held.get("date"))
    return f"{entry.held['task']}@{day.date() if day is not None else entry.held.get('date')}"


def _conformed(
    book: _Book, today: pd.Timestamp | None, known: pd.DataFrame | None = None
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
