"""The sheet of a written ledger that shows where the tasks stand on a day, and their colours in the list of tasks.

Its *mark* is the word a task's colour says: done, overdue, else its status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from fringe.io import excel_look as look
from fringe.io.excel_cells import put, put_text, symbols_of
from fringe.model import words
from fringe.model.problem import Problem
from fringe.model.units import parse_unit

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_STATE_NEEDS = ("unit", "target", "done", "progress_share", "status", "days_overdue", "completed_on")
_STATE = (
    "planned_share", "last_report_on", "days_silent", "days_overdue", "completed_on", "next_milestone_on",
    "next_milestone_share",
)  # fmt: skip


def state_problems(tasks: pd.DataFrame, state: pd.DataFrame) -> list[Problem]:
    """Return what keeps a table from being the state of the tasks."""
    present = ", ".join(map(str, state.columns)) or "–"
    problems = [
        Problem("column_missing", "task_state", params={"column": name, "present": present})
        for name in _STATE_NEEDS
        if name not in state.columns
    ]
    without = tuple(tasks.index[~tasks.index.isin(state.index)])
    return [*problems, Problem("state_missing", "tasks", without)] if without else problems


def add_state(book: Workbook, tasks: pd.DataFrame, state: pd.DataFrame, lang: str | None) -> None:
    """Write where the tasks stand, and colour them by it."""
    sheet: Any = book.create_sheet(words.text("excel.sheet_state", lang), 2)
    symbols = symbols_of(tasks)
    factor = [parse_unit(str(own)).factor / parse_unit(str(one)).factor
              for own, one in zip(tasks["unit"], symbols, strict=True)]  # fmt: skip
    marks = [_mark(row) for row in state[["completed_on", "days_overdue", "status"]].itertuples(index=False)]
    shown = {
        "mark": [words.value("mark", mark, lang) for mark in marks],
        "title": tasks["title"],
        "unit": symbols,
        "target": (state["target"] * factor).round(4),
        "done": (state["done"] * factor).round(4),
        "progress_share": state["progress_share"],
        **{name: state[name] for name in _STATE if name in state.columns},
    }
    table = pd.DataFrame(shown, index=tasks.index).astype(object)
    for at, name in enumerate(["task", *table.columns], start=1):
        put_text(sheet.cell(1, at), words.label(name, lang))
    for row, items in enumerate(table.itertuples(name=None), start=2):
        for at, item in enumerate(items, start=1):
            cell = sheet.cell(row, at)
            put(cell, item)
            if at > 1 and table.columns[at - 2].endswith("_share"):
                cell.number_format = "0.0%"
    look.dress(sheet, [], lang)
    _colour_by_mark(book, sheet, lang)


def _mark(row: Any) -> str:
    """Return the word that a task's colour says."""
    if not pd.isna(row.completed_on):
        return "done"
    if row.days_overdue > 0:
        return "overdue"
    return str(row.status)


def _colour_by_mark(book: Workbook, sheet: Worksheet, lang: str | None) -> None:
    from openpyxl.utils import get_column_letter

    last, title = sheet.max_row, str(sheet.title)
    tasks: Any = book[words.text("excel.sheet_tasks", lang)]
    whole = f"A2:{get_column_letter(tasks.max_column)}{tasks.max_row}"
    found = f"INDEX('{title}'!$B$2:$B${last},MATCH($A2,'{title}'!$A$2:$A${last},0))"
    for name in look.COLOURS:
        word = words.value("mark", name, lang)
        look.colour(tasks, whole, f'{found}="{word}"', name)
        look.colour(sheet, f"A2:{get_column_letter(sheet.max_column)}{last}", f'$B2="{word}"', name)
