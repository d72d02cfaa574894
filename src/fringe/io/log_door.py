"""Reports as people give them, checked before they are recorded: one by one, or a whole file.

What cannot be understood one way only is refused, never guessed: see `fringe.io.ledger_amounts` for shares and units.
A plain number given in Python is in the task's unit, as `study.tasks` shows it; a text says its own unit where the
task was given in another one (亩 for a task kept in m²).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fringe.errors import LedgerError, StudyError
from fringe.io.excel import load_reports
from fringe.io.ledger_amounts import set_done
from fringe.io.ledger_rows import Entry, as_written, read_amount
from fringe.io.log import append, local_now
from fringe.io.sheets import Cell
from fringe.model.cells import id_text
from fringe.model.dates import parse_day
from fringe.model.entries import unknown_names
from fringe.model.layers import LAYERS
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.units import Unit, parse_unit

_COLUMNS = tuple(column.name for column in LAYERS["reports"].columns)
_WORDS = ("reporter", "note", "evidence", "corrects")


def add_report(
    store: Path | None,
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    given: Mapping[str, Any],
    *,
    faults: Iterable[Problem] = (),
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Record one report, and return it as recorded.

    Parameters
    ----------
    store
        The GeoPackage that takes it; made where there is none.
    tasks, reports
        As far as they are known.
    given
        `task`, `date`, `done`; if need be `reporter`, `note`, `evidence`, `corrects`.
    faults
        What is wrong with the tasks; nothing is recorded of one that has errors.
    now
        The moment of recording; `None`: the computer's local time.

    Raises
    ------
    LedgerError
        With everything that is wrong with it. Nothing is then recorded.
    StudyError
        If there is no place for reports, or it cannot be written to.
    """
    path = _demanded(store)
    problems: list[Problem] = []
    task = id_text(given["task"])
    known = task in tasks.index
    wrong = faults_of(task, tasks, faults) if known else []
    problems += wrong
    if not known:
        names = pd.Series([task], dtype=object)
        found = unknown_names(names, tasks.index, code="unknown_task", layer="reports", column="task")
        problems += [replace(one, rows=()) for one in found]
    day = parse_day(_bare(given["date"]))
    if day is None or pd.isna(day):
        problems.append(Problem("not_a_date", "reports", params={"column": "date", "value": given["date"]}))
    elif (ahead := _ahead(day, local_now() if now is None else now)) is not None:
        problems.append(ahead)
    # Without its unit a task cannot say what a figure means.
    done, unclear = read_done(given["done"], tasks.loc[[task]].iloc[0] if known and not wrong else None)
    problems += unclear
    refuse(problems, LedgerError)
    words = {name: _words(given.get(name)) for name in _WORDS}
    row = {"task": task, "date": day, "done": done, "kind": "report", **words}
    return _typed(append(path, "reports", [_filled(row)], outside=reports, now=now, create=True))


def add_file(
    store: Path | None,
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    path: Path,
    *,
    year: int | None = None,
    faults: Iterable[Problem] = (),
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Record all reports of an Excel workbook or CSV file, or none of them, and return them as recorded.

    Parameters
    ----------
    store, tasks, reports, faults, now
        As for `add_report`.
    path
        The file; see `fringe.io.excel.load_reports`.
    year
        Of days written without one.

    Raises
    ------
    LedgerError
        With every row that is refused, and its cell. Nothing is then recorded.
    StudyError
        As `add_report` does.
    """
    target = _demanded(store)
    moment = local_now() if now is None else now
    frame, problems = load_reports(path, tasks, year=year, today=moment)
    cells = dict(zip(frame.index, frame.attrs.pop("cells"), strict=True))
    problems = [one for one in problems if one.code != "recorded_at_missing" and not _of_known(one, reports)]
    strange = [str(name) for name in frame.columns if name not in _COLUMNS and frame[name].notna().any()]
    if strange:
        params = {"value": ", ".join(strange)}
        problems.append(Problem("log_columns_left", path.name, (), "warning", params))
    if "recorded_at" in frame.columns and frame["recorded_at"].notna().any():
        problems.append(Problem("log_stamp_not_taken", path.name, severity="warning"))
    if frame.empty and not errors_of(problems):
        problems.append(Problem("layer_empty", "reports"))
    told = list(faults)
    problems += [one for task in frame["task"].dropna().unique() for one in faults_of(str(task), tasks, told)]
    faulty = {one.rows for one in errors_of(problems)}
    problems += [
        replace(found, rows=(f"{id_} {cells[id_]}",))
        for id_, day in frame["date"].items()
        if not pd.isna(day) and (found := _ahead(day, moment)) is not None and (f"{id_} {cells[id_]}",) not in faulty
    ]
    refuse(problems, LedgerError)
    kept = [name for name in _COLUMNS if name in frame.columns and name != "recorded_at"]
    rows = [
        _filled({"report": str(id_), **dict(zip(kept, items, strict=True))})
        for id_, *items in frame[kept].itertuples(name=None)
    ]
    try:
        return _typed(append(target, "reports", rows, outside=reports, now=now, create=True))
    except LedgerError as error:
        raise LedgerError([_at_cells(one, cells) for one in error.problems if isinstance(one, Problem)]) from error


def take_back(
    store: Path | None,
    reports: pd.DataFrame,
    report: object,
    *,
    reporter: str | None = None,
    note: str | None = None,
    now: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Take a report, or a correction or undoing, back by an entry of its own, and return that as recorded."""
    row = {"task": None, "date": None, "done": None, "kind": "void", "corrects": id_text(report)}
    row |= {"reporter": _words(reporter), "note": _words(note)}
    return _typed(append(_demanded(store), "reports", [_filled(row)], outside=reports, now=now, create=True))


def faults_of(task: str, tasks: pd.DataFrame, faults: Iterable[Problem]) -> list[Problem]:
    """Return the errors that a task has, or its whole layer.

    Parameters
    ----------
    task
        Its id.
    tasks
        The layer, which may have the id twice.
    faults
        Problems of a study. Their rows are ids, or ids and cells.

    Examples
    --------
    >>> tasks = pd.DataFrame({"unit": ["m2", None]}, index=pd.Index(["T1", "T1 a"], name="task"))
    >>> wrong = [Problem("value_missing", "tasks", ("T1 a sheet!E3",), params={"column": "unit"})]
    >>> [[one.code for one in faults_of(task, tasks, wrong)] for task in ("T1", "T1 a")]
    [[], ['value_missing']]
    """
    told = [one for one in errors_of(faults) if one.layer == "tasks"]
    named = [str(name) for name in tasks.index] if told else []
    found = [one for one in told if not one.rows or task in {_of_row(row, named) for row in one.rows}]
    if found or task not in tasks.index:
        return found
    own = tasks.loc[[task]]
    if len(own) > 1:
        return [Problem("id_duplicate", "tasks", (task,), params={"value": task, "count": len(own)})]
    if "unit" not in own.columns or own["unit"].isna().all():
        return [Problem("value_missing", "tasks", (task,), params={"column": "unit"})]
    return []


def _of_row(row: object, names: Iterable[str]) -> str:
    """Return the id that a problem's row names, which may have its cell behind it."""
    return max((name for name in names if row == name or str(row).startswith(f"{name} ")), key=len, default="")


def read_done(given: object, task: Any) -> tuple[float | None, list[Problem]]:
    """Return a report's figure in its task's unit, or what is wrong with it.

    Parameters
    ----------
    given
        A number, in the task's unit, or a text such as ``"3.2亩"`` or ``"85%"``.
    task
        The task, with `unit` and perhaps `unit_given`; `None` where it is unknown.

    Examples
    --------
    >>> task = pd.Series({"unit": "m2", "unit_given": "亩"})
    >>> read_done("3亩", task)[0], read_done(2000, task)[0], [one.code for one in read_done("3", task)[1]]
    (2000.0, 2000.0, ['unit_unclear'])
    >>> [read_done(item, pd.Series({"unit": "share"}))[0] for item in (0.85, "85%", 85)]
    [0.85, 0.85, None]
    """
    cell = Cell(_bare(given), "")
    amount = read_amount(cell)
    if amount is None or not np.isfinite(amount.number):
        return None, [Problem("log_done_unclear", "reports", params={"column": "done", "value": given})]
    if amount.number < 0:
        params = {"column": "done", "value": as_written(cell), "allowed": "0"}
        return None, [Problem("below_minimum", "reports", params=params)]
    if task is None:
        return None, []
    unit = parse_unit(str(task["unit"]))
    other = task.get("unit_given")
    bare = isinstance(given, str) and amount.unit is None
    if bare and isinstance(other, str) and parse_unit(other).factor != unit.factor:
        params = {"value": as_written(cell), "unit": other}
        return None, [Problem("unit_unclear", "reports", params=params)]
    entry = Entry("", {"task": "task", "done": cell.value}, {"done": cell})
    problems = set_done(entry, None, {"task": Unit(unit.name, 1.0)})
    return (None if problems else float(entry.held["done"])), [replace(one, rows=()) for one in problems]


def joined(before: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Return a log with entries added, its columns and types kept.

    Examples
    --------
    >>> before = pd.DataFrame({"done": [1.0]}, index=pd.Index(["R1"], name="report"))
    >>> added = pd.DataFrame({"done": [2.0], "note": ["late"]}, index=pd.Index(["R2"], name="report"))
    >>> joined(before, added)["note"].tolist()
    [None, 'late']
    """
    if before.empty:
        return added.copy()
    count = len(before)
    after = before.reset_index(drop=True).reindex(range(count + len(added)))
    for name in added.columns:
        if name in after.columns:
            after.loc[count:, name] = added[name].to_numpy()
        elif added[name].notna().any():
            after[name] = _padded(added[name].to_numpy(), count, after.index)
    own = added.index.name if before.index.name is None else before.index.name
    ids: Any = np.append(before.index.to_numpy(object), added.index.to_numpy(object))
    after.index = pd.Index(ids, dtype=object, name=own)
    return after


def _padded(items: Any, count: int, index: Any) -> Any:
    """Return values with as many missing ones before them."""
    if np.issubdtype(items.dtype, np.datetime64) or np.issubdtype(items.dtype, np.floating):
        gap = np.full(count, np.nan) if items.dtype.kind == "f" else np.full(count, "NaT", items.dtype)
        return pd.Series(np.append(gap, items), index=index)
    return pd.Series([*[None] * count, *items], index=index, dtype=object)


def _demanded(store: Path | None) -> Path:
    if store is None:
        raise StudyError(Problem("log_no_store", "reports"))
    return store


def _bare(item: Any) -> Any:
    """Return numpy's numbers and days as Python's."""
    if isinstance(item, np.datetime64):
        return pd.Timestamp(item)
    return item.item() if isinstance(item, np.generic) else item


def _ahead(day: pd.Timestamp, now: pd.Timestamp) -> Problem | None:
    if day <= now.normalize():
        return None
    params = {"column": "date", "value": f"{day:%Y-%m-%d}", "allowed": f"{now:%Y-%m-%d}"}
    return Problem("log_date_ahead", "reports", params=params)


def _words(item: object) -> str | None:
    """Return a text that can be written; what a shell could not decode is marked."""
    if item is None:
        return None
    return str(item).encode("utf-8", "replace").decode("utf-8").strip() or None


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without the columns that say nothing, and with its kind."""
    needed = ("task", "date", "done")
    kept = {name: item for name, item in row.items() if name in needed or not _missing(item)}
    return {"kind": "report", **kept}


def _missing(item: Any) -> bool:
    return item is None or item is pd.NaT or item != item  # noqa: PLR0124 - NaN differs from itself


def _typed(added: pd.DataFrame) -> pd.DataFrame:
    """Return entries in the types of their contract."""
    index = pd.Index(added.index, dtype=object, name="report")
    frame = pd.DataFrame(index=index)
    for name in (name for name in _COLUMNS if name in added.columns):
        if name in {"date", "recorded_at"}:
            frame[name] = pd.to_datetime(added[name]).astype("datetime64[us]").to_numpy()
        elif name == "done":
            frame[name] = added[name].astype(float).to_numpy()
        else:
            items = [None if _missing(item) else str(item) for item in added[name]]
            frame[name] = pd.Series(items, index=index, dtype=object)
    return frame


def _of_known(found: Problem, reports: pd.DataFrame) -> bool:
    """Return whether a file's correction that leads out of the file leads to a report that is known."""
    return found.code == "unknown_report" and found.params.get("value") in reports.index


def _at_cells(found: Problem, cells: Mapping[Any, str]) -> Problem:
    return replace(found, rows=tuple(f"{row} {cells[row]}" if row in cells else row for row in found.rows))
