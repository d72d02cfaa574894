"""The offices' own plan: a table of what is to be done of each task by which days.

A row says how much of a `task` is to be done altogether by the end of a `date`: `planned_share`, 0 to 1, or `planned`,
in the task's unit (where both stand, the share counts). Between the days named the plan rises evenly: from nothing at
the start of the task's `start`, through its rows, to the whole at the end of its `due`. So a step is two rows, on the
day before it and on its own. A task without rows has the linear plan, with a warning.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from fringe.model.cells import id_text, values
from fringe.model.entries import unknown_names
from fringe.model.headings import match_headings
from fringe.model.layers import Column
from fringe.model.problem import Problem, errors_of
from fringe.works.plan import Plan, Span, joined_plan

_COLUMNS = (
    Column("task", required=True, aliases=("任务编号", "任务", "台账编号", "编号", "task_id")),
    Column("date", "date", required=True, aliases=("日期", "节点日期", "时间节点", "计划日期", "截至日期")),
    Column("planned_share", "share", aliases=("计划完成率", "累计计划完成率", "计划进度", "计划比例")),
    Column("planned", "number", aliases=("计划完成量", "累计计划完成量", "累计计划量", "计划量"), minimum=0),
)
# Shares are quotients: a whole may miss 1 by the rounding of its parts.
_ROUNDING = 1e-9


def table_plan(when: Span, tasks: pd.DataFrame, table: pd.DataFrame) -> tuple[Plan | None, list[Problem]]:
    """Return the plan of a table, `None` where it has errors, and all that is wrong with it.

    Parameters
    ----------
    when
        When the tasks run.
    tasks
        Indexed by `task`, with `target`, `start` and `due`.
    table
        Columns as the module has them, in Chinese or English; in any order of rows. Problems name its index.

    Examples
    --------
    >>> from fringe.works.plan import span
    >>> tasks = pd.DataFrame({"target": [50.0], "start": pd.to_datetime(["2020-01-01"]),
    ...     "due": pd.to_datetime(["2020-01-10"])}, index=pd.Index(["T1"], name="task"))
    >>> table = pd.DataFrame({"任务编号": ["T1"], "日期": ["2020-01-08"], "计划完成量": [10]})
    >>> plan, found = table_plan(span(tasks), tasks, table)
    >>> plan.by(pd.Timestamp("2020-01-04")), plan.by(pd.Timestamp("2020-01-09")), found
    (array([0.1]), array([0.6]), [])
    """
    rows, problems = _read(table)
    if errors_of(problems):
        return None, problems
    problems += unknown_names(rows["task"], tasks.index, code="unknown_task", layer="plan", column="task")
    rows = rows[rows["task"].isin(tasks.index)]
    task_at = tasks.index.get_indexer(pd.Index(rows["task"]))
    share = rows["planned_share"].to_numpy(dtype=float, na_value=np.nan)
    share = np.where(
        np.isnan(share), rows["planned"].to_numpy(dtype=float) / tasks["target"].to_numpy()[task_at], share
    )
    rows = rows.assign(at=task_at, share=share, time=(rows["date"] - when.zero).dt.days.astype(float) + 1.0)
    rows = rows.sort_values(["at", "time"], kind="stable")
    problems += _odd_rows(rows, when)
    bare = ~tasks.index.isin(rows["task"])
    if bare.any():
        missing = tuple(tasks.index[bare])
        params = {"count": len(missing), "total": len(tasks)}
        problems.append(Problem("plan_missing", "tasks", missing, "warning", params=params))
    if errors_of(problems):
        return None, problems
    at = rows["at"].to_numpy(dtype=np.intp)
    held = np.unique(at)
    corners = np.concatenate([at, held, held])
    times = np.concatenate([rows["time"].to_numpy(), when.begins[held], when.ends[held]])
    shares = np.concatenate([np.minimum(rows["share"].to_numpy(), 1.0), np.zeros(len(held)), np.ones(len(held))])
    shares = np.where(shares >= 1.0 - _ROUNDING, 1.0, shares)
    return joined_plan(when, corners, times, shares), problems


def _read(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the four columns in their types."""
    named = any(name is not None for name in table.index.names)
    plain = table.reset_index() if named and not set(table.index.names) & set(table.columns) else table.copy()
    mapping, problems = match_headings(
        [str(name) for name in plain.columns], {column.name: column.aliases for column in _COLUMNS}
    )
    problems = [Problem(found.code, "plan", found.rows, found.severity, found.params) for found in problems]
    plain.columns = pd.Index([mapping.get(str(name), str(name)) for name in plain.columns])
    present = ", ".join(map(str, plain.columns)) or "–"
    read: dict[str, pd.Series[Any]] = {}
    for column in _COLUMNS:
        if column.name in plain.columns and not errors_of(problems):
            read[column.name], found = values(plain[column.name], column, "plan")
            problems += found
        elif column.required and column.name not in plain.columns:
            problems.append(Problem("column_missing", "plan", params={"column": column.name, "present": present}))
    amounts = {"planned_share", "planned"} & set(plain.columns)
    if not amounts:
        params = {"column": "planned_share", "present": present}
        problems.append(Problem("column_missing", "plan", params=params))
    rows = pd.DataFrame(read, index=plain.index).reindex(columns=[column.name for column in _COLUMNS])
    rows["task"] = rows["task"].map(id_text, na_action="ignore")
    empty = rows[["planned_share", "planned"]].isna().all(axis=1)
    if empty.any() and not errors_of(problems):
        amount = "planned_share" if "planned_share" in amounts else "planned"
        problems.append(Problem("value_missing", "plan", tuple(rows.index[empty]), params={"column": amount}))
    return rows, problems


def _odd_rows(rows: pd.DataFrame, when: Span) -> list[Problem]:
    """Return rows that say a task's plan twice, outside its days, above its whole, or falling."""
    at, time, share = (rows[name].to_numpy() for name in ("at", "time", "share"))
    follows = np.append(False, at[1:] == at[:-1]) if len(rows) else np.zeros(0, dtype=bool)
    twice = follows & np.append(False, time[1:] == time[:-1])[: len(rows)]
    falls = follows & ~twice & np.append(False, share[1:] < share[:-1] - _ROUNDING)[: len(rows)]
    outside = (time <= when.begins[at]) | (time > when.ends[at])
    short = (time == when.ends[at]) & (share < 1.0 - _ROUNDING)
    problems = []
    for code, wrong in (
        ("plan_date_twice", twice),
        ("plan_outside", outside),
        ("plan_over", share > 1.0 + _ROUNDING),
        ("plan_falls", falls),
        ("plan_short", short),
    ):
        if wrong.any():
            found = rows[wrong]
            first = found.iloc[0]
            params = {"task": first["task"], "date": f"{first['date']:%Y-%m-%d}", "value": f"{first['share']:.1%}"}
            problems.append(Problem(code, "plan", tuple(found.index), params=params))
    return problems
