"""The ledger written to Excel: a workbook people work in, and `fringe.read_ledger` reads back the same.

The sheets are those of the reader: tasks, and reports, a row for each. Figures stand in the unit they were given in
(`unit_given`), where that loses nothing. A third sheet may show where the tasks stand on a day; it is not read back.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fringe.errors import LedgerError
from fringe.io import excel_look as look
from fringe.io.excel import load_ledger
from fringe.io.excel_cells import figure, put, put_text, reads_as, symbols_of
from fringe.io.excel_state import add_state, state_problems
from fringe.io.files import put_whole
from fringe.model import words
from fringe.model.entries import conform_ledger
from fringe.model.layers import LAYERS, Column
from fringe.model.problem import Problem, refuse
from fringe.model.units import parse_unit

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_GIVEN = ("unit_given", "target_given")
_UNITS = {
    "zh": ("亩", "公顷", "平方米", "万平方米", "米", "公里", "株", "处", "个", "户", "%"),
    "en": ("m2", "ha", "m", "km", "trees", "sites", "items", "households", "%"),
}


def write_ledger(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    path: str | PathLike[str],
    *,
    zones: pd.DataFrame | None = None,
    state: pd.DataFrame | None = None,
    lang: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write tasks and reports to an Excel workbook that `fringe.read_ledger` reads back the same.

    The header is frozen, units, categories and zones can be chosen from lists, and every sheet prints on pages of A4
    with its header. A file that would not read back the same is not written.

    Parameters
    ----------
    tasks, reports
        The ledger; not written to. Tasks that do not say how they were given (`unit_given`, `target_given`) are read
        back with these two columns.
    path
        Ends in ``.xlsx``.
    zones
        The zones a task may lie in; their names can be chosen from, and nothing else. `None`: the tasks' own.
    state
        Where the tasks stand, from `fringe.task_state`: a sheet of its own, and colours in the list of tasks for those
        done, overdue, behind and at risk.
    lang
        Of headings and words.
    overwrite
        Whether a file that is there may be replaced.

    Raises
    ------
    LedgerError
        If tasks or reports have errors, the file is there already, or Excel cannot hold a value.
    StudyError
        If the file cannot be put in its place.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["=trees"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [20000.0], "start": ["2020-01-01"], "due": ["2020-01-31"], "unit_given": ["亩"],
    ...     "target_given": ["30"]})
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ledger.xlsx"
    >>> write_ledger(tasks, pd.DataFrame(), path, lang="en")
    >>> from fringe.io.excel import read_ledger
    >>> read_ledger(path)[0][["title", "target", "unit_given"]]
           title   target unit_given
    task
    T1    =trees  20000.0          亩
    """
    own_tasks, own_reports, problems = conform_ledger(tasks, reports)
    if state is not None:
        problems += state_problems(own_tasks, state)
    refuse(problems, LedgerError)
    target = _target(path, overwrite=overwrite)
    book = _book(own_tasks, own_reports, zones, lang)
    if state is not None:
        add_state(book, own_tasks, state.reindex(own_tasks.index), lang)
    with put_whole(target) as made:
        book.save(made)
        refuse(_differences(own_tasks, own_reports, made), LedgerError)


def ledger_template(
    path: str | PathLike[str],
    *,
    zones: pd.DataFrame | None = None,
    categories: Sequence[str] = (),
    lang: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write an empty ledger to be filled in: all columns, those that must be filled darker, with lists to choose from.

    Parameters
    ----------
    path, zones, lang, overwrite
        See `write_ledger`.
    categories
        Kinds of tasks to choose from.

    Raises
    ------
    LedgerError
        If the file is there already or its name does not end in ``.xlsx``.
    StudyError
        If the file cannot be put in its place.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "ledger.xlsx"
    >>> ledger_template(path, categories=["绿化", "道路硬化"], lang="zh")
    >>> from openpyxl import load_workbook
    >>> [sheet.title for sheet in load_workbook(path) if sheet.sheet_state == "visible"]
    ['任务台账', '进度上报']
    """
    columns = [column.name for column in LAYERS["tasks"].columns if column.name not in _GIVEN]
    tasks = pd.DataFrame({name: pd.Series(dtype=object) for name in columns}).rename_axis("task")
    names = [column.name for column in LAYERS["reports"].columns]
    reports = pd.DataFrame({name: pd.Series(dtype=object) for name in names}).rename_axis("report")
    target = _target(path, overwrite=overwrite)
    book = _book(tasks, reports, zones, lang, categories)
    with put_whole(target) as made:
        book.save(made)


def _target(path: str | PathLike[str], *, overwrite: bool) -> Path:
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        params = {"path": str(target), "value": target.suffix or "–", "allowed": ".xlsx"}
        raise LedgerError(Problem("format_unknown", target.name, params=params))
    if target.exists() and not overwrite:
        raise LedgerError(Problem("layer_exists", target.name, params={"path": str(target), "value": target.name}))
    return target


def _book(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    zones: pd.DataFrame | None,
    lang: str | None,
    categories: Sequence[str] = (),
) -> Workbook:
    from openpyxl import Workbook

    book = Workbook()
    first: Any = book.active
    first.title = words.text("excel.sheet_tasks", lang)
    second: Any = book.create_sheet(words.text("excel.sheet_reports", lang))
    problems: list[Problem] = []
    symbols = symbols_of(tasks)
    whole = _written_tasks(tasks, symbols)
    _fill(first, whole, "tasks", lang, problems)
    _fill(second, _written_reports(reports, tasks, symbols), "reports", lang, problems)
    refuse(problems, LedgerError)
    ranges = look.choices(book, _lists(tasks, zones, categories, lang), lang)
    _offer(first, whole, "tasks", ranges, lang, strict_zones=zones is not None)
    _offer(second, reports, "reports", ranges, lang)
    last = first.max_row + look.ROWS_AHEAD
    tasks_range = f"'{first.title}'!$A$2:$A${last}"
    look.choose(second, 2 + list(reports.columns).index("task"), tasks_range, strict=True, lang=lang)
    look.colour(first, f"A2:A{last}", f'AND($A2<>"",COUNTIF($A$2:$A${last},$A2)>1)', "overdue")
    return book


def _written_tasks(tasks: pd.DataFrame, symbols: pd.Series[Any]) -> pd.DataFrame:
    """Return the tasks as they are written; what reading makes again is left out."""
    target = [_figure(*row) for row in zip(tasks["target"], tasks["unit"], symbols, strict=True)]
    written = tasks.astype(object).assign(unit=symbols, target=pd.Series(target, index=tasks.index, dtype=object))
    if list(tasks.columns[-2:]) != list(_GIVEN):
        return written
    amounts = [reads_as(item) for item in target]
    made = [(symbol if item is None or item.unit is None else item.unit, _as_read(one)) for symbol, item, one in
            zip(symbols, amounts, target, strict=True)]  # fmt: skip
    same = made == list(zip(tasks["unit_given"], tasks["target_given"], strict=True))
    return written.drop(columns=list(_GIVEN)) if same else written


def _as_read(written: object) -> str:
    return written if isinstance(written, str) else f"{written:.12g}"


def _written_reports(reports: pd.DataFrame, tasks: pd.DataFrame, symbols: pd.Series[Any]) -> pd.DataFrame:
    units, named = reports["task"].map(tasks["unit"]), reports["task"].map(symbols)
    done = [_figure(*row) for row in zip(reports["done"], units, named, strict=True)]
    return reports.astype(object).assign(done=pd.Series(done, index=reports.index, dtype=object))


def _figure(value: Any, unit: object, symbol: object) -> Any:
    if value is None or pd.isna(value):
        return None
    number = float(value)
    return figure(number, unit, symbol) if isinstance(unit, str) and isinstance(symbol, str) else number


def _fill(sheet: Worksheet, frame: pd.DataFrame, kind: str, lang: str | None, problems: list[Problem]) -> None:
    """Write the header and the rows of a frame."""
    spec = LAYERS[kind]
    columns = [spec.column(str(name)) for name in frame.columns]
    headings = [words.label(spec.index, lang), *(words.label(str(name), lang) if column else str(name)
                for name, column in zip(frame.columns, columns, strict=True))]  # fmt: skip
    for at, heading in enumerate(headings, start=1):
        put_text(sheet.cell(1, at), heading)  # type: ignore[arg-type]
    names = [spec.index, *map(str, frame.columns)]
    for row, (index, *items) in enumerate(frame.itertuples(name=None), start=2):
        for at, item in enumerate([index, *items], start=1):
            column = columns[at - 2] if at > 1 else None
            try:
                put(sheet.cell(row, at), _worded(item, column, lang))  # type: ignore[arg-type]
            except ValueError:
                params = {"column": names[at - 1], "value": str(item)[:30]}
                problems.append(Problem("text_unwritable", kind, (index,), params=params))
    needed = [at for at, column in enumerate(columns, start=2) if column is not None and column.required]
    look.dress(sheet, [1, *needed], lang)


def _worded(item: object, column: Column | None, lang: str | None) -> object:
    """Return a value in the words of a language."""
    if column is None or item is None or item is pd.NA:
        return item
    if column.type == "flag":
        return words.text("value.flag.yes" if item else "value.flag.no", lang)
    return words.value(column.name, item, lang) if column.type == "category" else item


def _lists(
    tasks: pd.DataFrame, zones: pd.DataFrame | None, categories: Sequence[str], lang: str | None
) -> dict[str, list[str]]:
    language = words.resolve_lang(lang)
    held = {name: _distinct(tasks[name]) for name in ("unit", "category", "zone", "township") if name in tasks.columns}
    if zones is not None:
        names = zones["name"] if "name" in zones.columns and zones["name"].is_unique else pd.Series(zones.index)
        # A task may name its zone by id as well.
        held["zone"] = list(dict.fromkeys([*map(str, names), *held.get("zone", [])]))
        held["township"] = _distinct(zones["township"]) if "township" in zones.columns else held.get("township", [])
    held["unit"] = list(dict.fromkeys([*_distinct(symbols_of(tasks)), *_UNITS[language]]))
    held["category"] = list(dict.fromkeys([*categories, *held.get("category", [])]))
    flags = [words.text(f"value.flag.{name}", lang) for name in ("yes", "no")]
    kinds = [words.value("kind", name, lang) for name in ("report", "void")]
    return {**held, "pilot": flags, "kind": kinds}


def _distinct(items: pd.Series[Any]) -> list[str]:
    return sorted({item for item in items if isinstance(item, str)})


def _offer(
    sheet: Worksheet, frame: pd.DataFrame, kind: str, ranges: dict[str, str], lang: str | None, *,
    strict_zones: bool = False,
) -> None:  # fmt: skip
    """Say what the cells of each column take."""
    for at, name in enumerate(map(str, frame.columns), start=2):
        column = LAYERS[kind].column(name)
        if column is None:
            continue
        if name in ranges:
            strict = column.type in {"flag", "category"} or (name == "zone" and strict_zones)
            look.choose(sheet, at, ranges[name], strict=strict, lang=lang)
        elif column.type in {"date", "moment"}:
            look.take_dates(sheet, at, lang)
        elif column.type == "number":
            look.take_figures(sheet, at, lang)


def _differences(tasks: pd.DataFrame, reports: pd.DataFrame, made: Path) -> list[Problem]:
    """Return where a written workbook does not read back as it was meant."""
    read_tasks, read_reports, _ = load_ledger(made)
    # A unit of one's own, such as 亩, is read as the library's.
    units = tasks["unit"].map(lambda unit: parse_unit(str(unit)))
    factor = units.map(lambda unit: unit.factor).astype(float)
    meant_tasks = tasks.assign(unit=units.map(lambda unit: unit.name), target=tasks["target"] * factor)
    meant_reports = reports.assign(done=reports["done"] * reports["task"].map(factor).astype(float))
    problems = []
    for kind, meant, read in (("tasks", meant_tasks, read_tasks), ("reports", meant_reports, read_reports)):
        if list(meant.index) != list(read.index):
            odd: list[Hashable] = [*meant.index.difference(read.index, sort=False)]
            problems.append(Problem("not_read_back", kind, tuple(odd), params={"column": LAYERS[kind].index}))
            continue
        for name in meant.columns if len(meant) else ():
            rows = _unlike(meant[name], read[name]) if name in read.columns else tuple(meant.index)
            if rows:
                problems.append(Problem("not_read_back", kind, rows, params={"column": str(name)}))
    return problems


def _unlike(meant: pd.Series[Any], read: pd.Series[Any]) -> tuple[Hashable, ...]:
    """Return the rows in which a column was read back otherwise."""
    one, other = (items.astype(object).where(items.notna(), None).to_numpy() for items in (meant, read))
    return tuple(meant.index[np.asarray(one != other, dtype=bool)])
