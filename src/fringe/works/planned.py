"""Which plan a measure was asked for: by a word, by windows of the season, by a column of the tasks, or as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from fringe.model.problem import Problem
from fringe.works.plan import Plan, linear_plan, span
from fringe.works.plan_table import table_plan
from fringe.works.season import read_windows, season_plan, season_windows

PlanLike = str | pd.DataFrame | Sequence[tuple[str, str]]
PLANS = ("linear", "season")


def plan_problems(plan: object, tasks: pd.DataFrame) -> list[Problem]:
    """Return the problem of a plan there is no such; what a table says is looked at by `plan_of`.

    Examples
    --------
    >>> [found.code for found in plan_problems("beta", pd.DataFrame())]
    ['plan_unknown']
    """
    if isinstance(plan, pd.DataFrame) or (isinstance(plan, str) and plan in PLANS):
        return []
    if isinstance(plan, Sequence) and not isinstance(plan, str):
        return read_windows(plan)[1]
    if isinstance(plan, str) and plan in tasks.columns:
        return _odd_words(tasks, plan)
    return [Problem("plan_unknown", "plan", params={"value": str(plan)[:60], "allowed": ", ".join(PLANS)})]


def plan_of(plan: PlanLike, tasks: pd.DataFrame) -> tuple[Plan | None, list[Problem]]:
    """Return the plan of the tasks, `None` where it has errors, and all that is wrong with it.

    Parameters
    ----------
    plan
        One that `plan_problems` lets pass.
    tasks
        A layer: indexed by `task`, with `target`, `start` and `due`.
    """
    when = span(tasks)
    if isinstance(plan, pd.DataFrame):
        return table_plan(when, tasks, plan)
    if not isinstance(plan, str):
        return season_plan(when, read_windows(plan)[0], tasks.index)
    if plan == "linear":
        return linear_plan(when), []
    among = None if plan == "season" else (tasks[plan] == "season").to_numpy(dtype=bool)
    return season_plan(when, season_windows(), tasks.index, among)


def _odd_words(tasks: pd.DataFrame, column: str) -> list[Problem]:
    """Return the tasks whose own plan is neither empty nor one of the words."""
    given = tasks[column]
    strange = given[given.notna() & ~given.isin(PLANS)]
    return [
        Problem("plan_unknown", "tasks", tuple(rows), params={"value": value, "allowed": ", ".join(PLANS)})
        for value, rows in strange.groupby(strange.map(str), sort=False).groups.items()
    ]
