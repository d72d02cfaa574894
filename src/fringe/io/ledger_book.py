"""The sheets of a ledger put together: its tasks, what was reported of them, and everything odd on the way.

A *book* gathers the entries of all sheets. Ids are made whole across sheets, and what week columns hold becomes
reports of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fringe.io.ledger_amounts import set_done
from fringe.io.ledger_days import complete_days, dated_headings, days_from_1904
from fringe.io.ledger_header import Above, Header, Heading, find_header, said_above
from fringe.io.ledger_rows import Entry, as_written, read_amount, read_rows
from fringe.io.ledger_summary import without_header
from fringe.io.ledger_totals import total_problems
from fringe.io.sheets import Sheet
from fringe.model import words
from fringe.model.dates import parse_day
from fringe.model.problem import Problem
from fringe.model.units import Unit, plain

# A running number of the rows, which starts again in every sheet.
_ROW_NUMBERS = frozenset({"序号", "no.", "no"})
# Sheets that `fringe.write_ledger` adds for people.
OWN_SHEETS = ("excel.sheet_state", "excel.sheet_lists")


@dataclass(eq=False)
class Table:
    """A sheet that holds a table: its header, what stands above it, and its rows."""

    sheet: Sheet
    header: Header
    above: Above
    entries: list[Entry]


@dataclass
class Book:
    """What has been read so far."""

    tasks: list[Entry] = field(default_factory=list)
    reports: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    units: dict[str, Unit] = field(default_factory=dict)


def tables_of(name: str, sheets: Iterable[Sheet], year: int | None) -> tuple[Book, list[Table]]:
    """Return those sheets of a file that hold tables, and a book with what was found so far."""
    book, tables, unread = Book(), [], []
    own = {words.text(key, lang) for key in OWN_SHEETS for lang in ("zh", "en")}
    for sheet in sheets:
        header = None if sheet.title in own else find_header(sheet)
        if header is not None:
            tables.append(_table(book, sheet, header, year))
        elif sheet.title not in own and any(not cell.blank for row in sheet.rows for cell in row):
            unread.append(sheet)
    book.problems += [without_header(name, sheet, [item.header for item in tables]) for sheet in unread]
    return book, tables


def _table(book: Book, sheet: Sheet, header: Header, year: int | None) -> Table:
    above = said_above(sheet, header)
    told = above.year if above.year is not None else year
    header, problems = dated_headings(header, told)
    lines, found = read_rows(sheet, header)
    entries = [line.entry for line in lines if not line.total]
    if sheet.from_1904:
        found += days_from_1904(entries, header)
    book.problems += [*problems, *found, *total_problems(lines, header), *complete_days(entries, header.kind, told)]
    return Table(sheet, header, above, entries)


def read_tasks(book: Book, item: Table, *, several: bool) -> None:
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


def own_ids(book: Book, tables: Iterable[Table]) -> None:
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


def read_weeks(book: Book, header: Header, entries: list[Entry]) -> None:
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


def read_reports(book: Book, item: Table, other: Mapping[str, str] = MappingProxyType({})) -> None:
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
    day = parse_day(entry.held.get("date"))
    return f"{entry.held['task']}@{day.date() if day is not None else entry.held.get('date')}"
