"""The ledger as offices keep it in Excel: one workbook with tasks and what was reported of them.

Tasks stand in one sheet or in one for each township. Reports stand in a sheet of their own, a row for each, or beside
the tasks in *week columns*, each headed by a day and holding what was done altogether by then. Figures are turned
into square metres, metres, shares or counts by the unit in the cell, in the heading or in the task's unit column, in
this order; `unit_given` and `target_given` keep what stood there. Every problem names the cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from fringe.errors import LedgerError
from fringe.io.ledger_header import Header, Heading, find_header
from fringe.io.ledger_rows import Entry, as_written, read_amount, read_rows
from fringe.io.sheets import Cell, Sheet, read_sheets
from fringe.model.entries import conform_ledger, recorded_missing
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, table
from fringe.model.units import Unit, parse_unit, plain

# A running number of the rows, which starts again in every sheet.
_ROW_NUMBERS = frozenset({"序号", "no.", "no"})


@dataclass
class _Book:
    """What has been read so far."""

    tasks: list[Entry] = field(default_factory=list)
    reports: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)


def read_ledger(
    path: str | PathLike[str], *, lang: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read tasks and reports from an Excel workbook.

    Parameters
    ----------
    path
        An .xlsx or .xlsm file. Its sheets are told apart by their headings; see `fringe.model.layers` for those known.
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
    tasks, reports, problems = load_ledger(path)
    return tasks, reports, table(problems, lang)


def load_ledger(path: str | PathLike[str]) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return tasks, reports and the problems of their cells, as `read_ledger` does, the problems as values.

    Raises
    ------
    LedgerError
        As `read_ledger` does.
    """
    file = Path(path)
    sheets = read_sheets(file)
    headers = [(sheet, find_header(sheet)) for sheet in sheets]
    book = _Book()
    tables = [(sheet, header) for sheet, header in headers if header is not None]
    for sheet, header in headers:
        if header is None and any(not cell.blank for row in sheet.rows for cell in row):
            book.problems.append(Problem("sheet_left_out", file.name, (sheet.title,), "note"))
    task_tables = [(sheet, header) for sheet, header in tables if header.kind == "tasks"]
    if not task_tables:
        params = {"value": ", ".join(sheet.title for sheet in sheets)}
        raise LedgerError(Problem("no_task_list", file.name, params=params))
    read = [_read_tasks(book, sheet, header, several=len(task_tables) > 1) for sheet, header in task_tables]
    _own_ids(book, read)
    for entry in book.tasks:
        _task_amounts(book, entry)
    for _, header, entries in read:
        _read_weeks(book, header, entries)
    for sheet, header in tables:
        if header.kind == "reports":
            _read_reports(book, sheet, header)
    return _conformed(book)


def _read_tasks(book: _Book, sheet: Sheet, header: Header, *, several: bool) -> tuple[Sheet, Header, list[Entry]]:
    """Read one sheet of tasks; where there are several, a sheet that names no township stands for one."""
    entries, problems = read_rows(sheet, header)
    book.problems += problems
    if several and header.at("township") is None and entries:
        for entry in entries:
            entry.held["township"] = sheet.title
        book.problems.append(Problem("township_from_sheet", "tasks", (sheet.title,), "note", {"value": sheet.title}))
    target = header.at("target")
    unit = header.headings[target].unit if target is not None else None
    for entry in entries:
        entry.unit = unit
    book.problems += [
        Problem("day_without_year", "tasks", (heading.cell.address,), params={"value": heading.text})
        for heading in header.headings.values()
        if heading.day_without_year
    ]
    book.tasks += entries
    return sheet, header, entries


def _own_ids(book: _Book, read: Iterable[tuple[Sheet, Header, list[Entry]]]) -> None:
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
    for sheet, header, entries in read:
        at = header.at("task")
        if at is None or plain(header.headings[at].text) not in _ROW_NUMBERS:
            continue
        twice = [entry for entry in entries if counts[entry.held["task"]] > 1 and entry.held["task"]]
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


def _task_amounts(book: _Book, entry: Entry) -> None:
    """Turn a task's target into its unit, and keep what stood there."""
    heading = entry.unit
    own = entry.held.get("unit")
    cell = entry.cells.get("target")
    amount = read_amount(cell) if cell is not None else None
    symbol = (amount.unit if amount else None) or heading or own
    unit = parse_unit(str(symbol)) if symbol is not None else None
    stated = [str(item) for item in (own, heading, amount.unit if amount else None) if item is not None]
    other = [item for item in stated if unit is not None and parse_unit(item).name != unit.name]
    if other and unit is not None and cell is not None:
        params = {"value": symbol, "other": other[0]}
        book.problems.append(Problem("units_contradict", "tasks", (cell.address,), params=params))
    if unit is not None:
        entry.held.setdefault("unit_given", str(symbol).strip())
        entry.held["unit"] = unit.name
        book.units[str(entry.held["task"])] = unit
    if amount is not None and cell is not None:
        entry.held.setdefault("target_given", as_written(cell))
        entry.held["target"] = amount.number * (unit.factor if unit else 1.0)


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
            _report_amount(book, report, heading.unit)
            book.reports.append(report)


def _read_reports(book: _Book, sheet: Sheet, header: Header) -> None:
    """Read one sheet of reports."""
    entries, problems = read_rows(sheet, header)
    book.problems += problems
    done = header.at("done")
    heading = header.headings[done].unit if done is not None else None
    unit_column = next((item.text for item in header.headings.values() if _is_unit(item)), None)
    seen: Counter[str] = Counter()
    for entry in entries:
        entry.held["task"] = _id(entry.held.get("task"))
        if header.at("report") is None:
            name = _made_id(entry)
            seen[name] += 1
            entry.held["report"] = name if seen[name] == 1 else f"{name}#{seen[name]}"
        own = entry.held.get(unit_column) if unit_column else None
        _report_amount(book, entry, heading or (str(own) if own is not None else None))
    book.reports += entries


def _is_unit(heading: Heading) -> bool:
    return heading.column is None and plain(heading.text) in ("单位", "计量单位", "unit")


def _made_id(entry: Entry) -> str:
    from fringe.model.dates import parse_day

    day = parse_day(entry.held.get("date"))
    return f"{entry.held['task']}@{day.date() if day is not None else entry.held.get('date')}"


def _report_amount(book: _Book, entry: Entry, symbol: str | None) -> None:
    """Turn a report's figure into its task's unit; another kind of unit is an error."""
    cell = entry.cells.get("done")
    amount = read_amount(cell) if cell is not None else None
    if amount is None or cell is None:
        return
    unit = book.units.get(str(entry.held["task"]), Unit("", 1.0))
    given = amount.unit or symbol
    own = parse_unit(given) if given else unit
    if unit.name and own.name != unit.name:
        params = {"value": f"{as_written(cell)} {'' if amount.unit else given}".strip(), "allowed": unit.name}
        book.problems.append(Problem("unit_of_report", "reports", (cell.address,), params=params))
        entry.held["done"] = None
        return
    entry.held["done"] = amount.number * own.factor


def _conformed(book: _Book) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return the layers, with each problem at its cells."""
    raw = {kind: _frame(entries, kind) for kind, entries in (("tasks", book.tasks), ("reports", book.reports))}
    tasks, reports, problems = conform_ledger(raw["tasks"], raw["reports"])
    faulty = {row for found in book.problems if found.severity == "error" for row in found.rows}
    layers = {"tasks": (tasks, book.tasks), "reports": (reports, book.reports)}
    for found in [*problems, *recorded_missing(reports)]:
        if found.layer in layers and found.rows and len(found.rows) < len(layers[found.layer][0]):
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
