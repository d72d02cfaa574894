"""Sheets of a ledger that say again what others say, and sheets whose header is missing.

A *summary* gathers the tasks of other sheets; read as well, it would double the programme. A sheet is one if it is
called so (汇总, 合计, 总表, a copy) or gathers rows of several other sheets, and all its rows stand in them. What is
called a summary but has rows of its own may hold tasks or sums: which of them is asked.

Two rows are *the same* if their title, zone, category, target, days and, where both have one, township are, and the
one's week columns say nothing that the other's do not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fringe.io.ledger_header import Header
from fringe.io.ledger_rows import Entry, as_written, read_amount
from fringe.io.sheets import Cell, Sheet
from fringe.model.dates import parse_day
from fringe.model.problem import Problem
from fringe.model.units import parse_unit, plain

if TYPE_CHECKING:
    from fringe.io.ledger_book import Table

_CALLED_SUMMARY = re.compile(r"汇总|合计|总计|总表|总台账|总览|summary|overview|^totals?$|^all$")
_CALLED_COPY = re.compile(r"\(\d+\)$|副本|备份|copy|backup")
_TEXTS = ("title", "zone", "category")
# A row of a ledger without a header has two texts, a figure, and the days of a task.
_TEXTS_MIN, _DAYS_MIN = 2, 2


def leave_out_summaries(tables: Sequence[Table]) -> tuple[list[Table], list[Problem]]:
    """Return the sheets without summaries, and what was left out or is asked.

    Parameters
    ----------
    tables
        Lists of tasks and of reports. Only lists of tasks are looked at.

    Returns
    -------
    tables
        Those to be read, in their order.
    problems
        ``summary_left_out`` (a warning) for each summary, ``summary_unclear`` (an error) for each sheet that is called
        one and has rows of its own, ``sheet_repeated`` (a warning) for each whose rows all stand in one other sheet.
    """
    lists = [item for item in tables if item.header.kind == "tasks" and item.entries]
    kept, problems = list(lists), []
    for at in sorted(range(len(lists)), key=lambda at: _rank(lists[at], at)):
        item = lists[at]
        others = [other for other in kept if other is not item]
        name = plain(item.sheet.title)
        own, sources = _own_rows(item, others)
        called = bool(_CALLED_SUMMARY.search(name))
        if not others or (own and not called):
            continue
        if own and _has_tasks(item):
            rows = tuple(entry.where for entry in own)
            problems.append(Problem("summary_unclear", "tasks", rows, params={"value": item.sheet.title}))
        elif called or len(sources) > 1 or _CALLED_COPY.search(name):
            params = {"value": item.sheet.title}
            problems.append(Problem("summary_left_out", "tasks", (item.sheet.title,), "warning", params))
        else:
            # Of two sheets that are alike it is said once.
            said = any(one.code == "sheet_repeated" and sources[0] in one.rows for one in problems)
            params = {"value": item.sheet.title, "other": sources[0]}
            found = Problem("sheet_repeated", "tasks", (item.sheet.title,), "warning", params)
            problems += [] if said else [found]
            continue
        kept.remove(item)
    return [item for item in tables if item not in lists or item in kept], problems


def _rank(item: Table, at: int) -> tuple[bool, bool, int, int]:
    """Return the order in which sheets are looked at: those called summaries, copies, the longest, the last."""
    name = plain(item.sheet.title)
    # A summary is longer than what it gathers; of two alike, the later one is the copy.
    return not _CALLED_SUMMARY.search(name), not _CALLED_COPY.search(name), -len(item.entries), -at


def _has_tasks(item: Table) -> bool:
    """Return whether a sheet's rows are tasks by their columns: sums have neither titles nor days."""
    return item.header.at("title") is not None or item.header.at("due") is not None


def _own_rows(item: Table, others: Iterable[Table]) -> tuple[list[Entry], list[str]]:
    """Return the rows that no other sheet has, and the sheets that have the rest of them."""
    held: dict[tuple[object, ...], list[tuple[str, Entry]]] = defaultdict(list)
    for other in others:
        for entry in other.entries:
            held[_key(entry, other)].append((other.sheet.title, entry))
    own, sources = [], []
    for entry in item.entries:
        same = [title for title, one in held[_key(entry, item)] if _agree(entry, one)]
        own += [] if same else [entry]
        sources += same[:1]
    return own, list(dict.fromkeys(sources))


def _key(entry: Entry, item: Table) -> tuple[object, ...]:
    texts = [plain(str(entry.held.get(name) or "")) for name in _TEXTS]
    days = [parse_day(entry.held.get(name)) or str(entry.held.get(name)) for name in ("start", "due")]
    at = item.header.at("target")
    heading = item.header.headings[at].unit if at is not None else None
    bare = heading or entry.held.get("unit") or item.above.unit
    return (*texts, *days, _figure(entry.cells.get("target"), None if bare is None else str(bare)))


def _figure(cell: Cell | None, bare: str | None) -> tuple[object, ...]:
    """Return a figure in its base unit, so that 1公顷 is 15亩."""
    amount = read_amount(cell) if cell is not None else None
    if amount is None:
        return ("", plain(as_written(cell)) if cell is not None and not cell.blank else "")
    unit = parse_unit(amount.unit or bare or "")
    return (unit.name, float(f"{amount.number * unit.factor:.9g}"))


def _agree(entry: Entry, other: Entry) -> bool:
    """Return whether a row says nothing that another does not, but for what names them."""
    townships = {plain(str(one.held["township"])) for one in (entry, other) if one.held.get("township") is not None}
    return len(townships) <= 1 and _weeks(entry) <= _weeks(other)


def _weeks(entry: Entry) -> set[tuple[object, ...]]:
    return {
        (heading.day, *_figure(cell, heading.unit or str(entry.held.get("unit") or "")))
        for heading, cell in entry.weeks
        if not cell.blank
    }


def without_header(name: str, sheet: Sheet, headers: Iterable[Header]) -> Problem:
    """Return the problem of a sheet without a header: an error where its rows look like a ledger's.

    Parameters
    ----------
    name
        The file.
    sheet
        What cannot be read.
    headers
        Of the other sheets: a ledger's rows often stand in the same columns.
    """
    known = list(headers)
    for header in known:
        rows = [row for row in sheet.rows if _fits(row, header)]
        if rows:
            return _rows_without_header(header.kind, rows, sheet)
    rows = [row for row in sheet.rows if _like_a_task(row)]
    if rows:
        return _rows_without_header("tasks", rows, sheet)
    return Problem("sheet_left_out", name, (sheet.title,), "warning")


def _rows_without_header(kind: str, rows: list[list[Cell]], sheet: Sheet) -> Problem:
    cells = tuple(next(cell.address for cell in row if not cell.blank) for row in rows)
    return Problem("sheet_without_header", kind, cells, params={"value": sheet.title, "count": len(rows)})


def _fits(row: list[Cell], header: Header) -> bool:
    """Return whether a row's cells are what another sheet's header would have them be."""

    def cell(column: str) -> Cell | None:
        at = header.at(column)
        return row[at] if at is not None and at < len(row) and not row[at].blank else None

    figure, days = ("done", ("date",)) if header.kind == "reports" else ("target", ("start", "due"))
    amount, named = cell(figure), cell("task") or cell("title")
    dated = [parse_day(found.value) for name in days if (found := cell(name)) is not None]
    return amount is not None and read_amount(amount) is not None and named is not None and any(dated)


def _like_a_task(row: list[Cell]) -> bool:
    days = [cell for cell in row if not isinstance(cell.value, int | float) and parse_day(cell.value) is not None]
    rest = [cell for cell in row if not cell.blank and not any(cell is day for day in days)]
    figures = [cell for cell in rest if read_amount(cell) is not None]
    texts = [cell for cell in rest if isinstance(cell.value, str) and read_amount(cell) is None]
    return len(days) >= _DAYS_MIN and bool(figures) and len(texts) >= _TEXTS_MIN
