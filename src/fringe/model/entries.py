"""The ledger's rows against their contracts, and tasks and reports against each other.

A *task* is a promise: so much (`target`) of a `unit` in a `zone`, from the start of `start` to the end of `due`. A
*report* says how much of a task is done altogether (`done`, cumulative) on a day (`date`), and when that became known
(`recorded_at`). A report with `corrects` replaces the report it names; an entry of kind ``void`` takes it back without
a replacement, and needs no `done`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.contract import conform
from fringe.model.layers import LAYERS
from fringe.model.names import candidates
from fringe.model.problem import Problem

_HINTS_SHOWN = 5
# Between this computer's clock and the easternmost one on Earth, kept small: offices set clocks to their own place.
_FURTHEST_EAST = pd.Timedelta(hours=14)
_DATE_UNIT = "datetime64[us]"


def conform_ledger(tasks: pd.DataFrame, reports: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return tasks and reports as layers, and every problem of their rows.

    Parameters
    ----------
    tasks
        Any frame with the columns of a task, in Chinese or English; a named or unnamed index of ids will do.
    reports
        Likewise; may be empty, with or without columns.

    Returns
    -------
    tasks, reports
        Indexed by `task` and `report`, in the order given, with the contract's columns and types.
    problems
        Of all severities.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["trees"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [0.0], "start": ["2019-11-01"], "due": ["2019-10-31"]})
    >>> [found.code for found in conform_ledger(tasks, pd.DataFrame())[2]]
    ['target_not_positive', 'due_before_start']
    """
    own_tasks, problems = conform(_named(tasks, "task"), "tasks")
    if own_tasks.empty:
        problems.append(Problem("layer_empty", "tasks"))
    own_reports, found = _reports(reports)
    problems += found
    problems += _odd_tasks(own_tasks)
    problems += _odd_links(own_tasks, own_reports)
    return own_tasks, own_reports, problems


def unknown_names(
    names: pd.Series[str], known: Iterable[object], *, code: str, layer: str, column: str
) -> list[Problem]:
    """Return a problem for each name that is not among the known ones, with the nearest of them as a hint.

    Examples
    --------
    >>> names = pd.Series(["estern", "east"], index=["T1", "T2"])
    >>> found = unknown_names(names, ["east", "west"], code="unknown_zone", layer="tasks", column="zone")
    >>> found[0].rows, found[0].params["value"]
    (('T1',), 'estern')
    """
    known_texts = [str(item) for item in known]
    strange = names[names.notna() & ~names.isin(known_texts)]
    problems = []
    for value, rows in strange.groupby(strange, sort=False).groups.items():
        near = [text for text, _ in candidates(str(value), known_texts)]
        allowed = ", ".join(near or known_texts[:_HINTS_SHOWN]) + (
            "" if near or len(known_texts) <= _HINTS_SHOWN else ", …"
        )
        params = {"column": column, "value": value, "allowed": allowed or "–"}
        problems.append(Problem(code, layer, tuple(rows), params=params))
    return problems


def recorded_missing(reports: pd.DataFrame) -> list[Problem]:
    """Return a warning for the reports that do not say when they were recorded: the end of their day stands for it."""
    if reports.empty:
        return []
    if "recorded_at" not in reports.columns:
        return [Problem("recorded_at_missing", "reports", severity="warning", params={"count": len(reports)})]
    gaps = reports["recorded_at"].isna().to_numpy()
    if not gaps.any():
        return []
    rows = tuple(reports.index[gaps])
    return [Problem("recorded_at_missing", "reports", rows, "warning", params={"count": len(rows)})]


def future_dates(reports: pd.DataFrame, now: pd.Timestamp) -> list[Problem]:
    """Return a problem for each day after today on which something is said to have been done already.

    Parameters
    ----------
    reports
        With `date` as days.
    now
        The present moment. A day further east has begun up to 14 hours earlier, so that tomorrow may be right.

    Examples
    --------
    >>> days = pd.to_datetime(["2020-01-31", "2020-02-01", "2020-02-02"])
    >>> reports = pd.DataFrame({"date": days}, index=["a", "b", "c"])
    >>> [found.rows for found in future_dates(reports, pd.Timestamp("2020-01-31 09:00"))]
    [('b',), ('c',)]
    >>> [found.rows for found in future_dates(reports, pd.Timestamp("2020-01-31 23:00"))]
    [('c',)]
    """
    if "date" not in reports.columns or not len(reports):
        return []
    dates = reports["date"]
    later = (dates > (now + _FURTHEST_EAST).normalize()).to_numpy()
    return [
        Problem(
            "date_in_future",
            "reports",
            (row,),
            params={"column": "date", "value": f"{day:%Y-%m-%d}", "allowed": f"{now:%Y-%m-%d}"},
        )
        for row, day in dates[later].items()
    ]


def _named(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the frame with an unnamed index of ids named; a plain row count is no id."""
    if not isinstance(frame, pd.DataFrame):
        raise LedgerError(Problem("not_a_frame", f"{name}s", params={"value": type(frame).__name__}))
    spec = next(spec for spec in LAYERS.values() if spec.index == name)
    headings = {str(heading) for heading in frame.columns}
    if frame.index.name is None and frame.index.nlevels == 1 and not isinstance(frame.index, pd.RangeIndex):
        return frame if headings & {name, *spec.index_aliases} else frame.rename_axis(name)
    return frame


def _reports(reports: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    if not isinstance(reports, pd.DataFrame):
        raise LedgerError(Problem("not_a_frame", "reports", params={"value": type(reports).__name__}))
    if reports.empty:
        return _no_reports(), []
    if _is_layer(reports):
        return reports, _odd_values(reports)
    layer, problems = conform(_named(reports, "report"), "reports")
    # Made ids only break ties between reports of one moment, and there the later row wins: nothing to mend.
    problems = [found for found in problems if found.code != "id_made"]
    if "kind" in layer.columns:
        voids = frozenset(layer.index[layer["kind"] == "void"])
        problems = [kept for found in problems if (kept := _without_voids(found, voids)) is not None]
    return layer, problems


def _without_voids(found: Problem, voids: frozenset[Hashable]) -> Problem | None:
    """Return the problem without the voids that lack `done`, for they need none."""
    if found.code != "value_missing" or found.params.get("column") != "done":
        return found
    rows = tuple(row for row in found.rows if row not in voids)
    return Problem(found.code, found.layer, rows, found.severity, found.params) if rows else None


def _no_reports() -> pd.DataFrame:
    columns: dict[str, pd.Series[Any]] = {
        "task": pd.Series(dtype=object),
        "date": pd.Series(dtype=_DATE_UNIT),
        "done": pd.Series(dtype=float),
    }
    return pd.DataFrame(columns, index=pd.Index([], name="report", dtype=object))


def _is_layer(reports: pd.DataFrame) -> bool:
    """Return whether reports have the contract's columns and types already, so that a million rows stay quick."""
    if reports.index.name != "report" or not {"task", "date", "done"} <= set(reports.columns):
        return False
    moments = [name for name in ("date", "recorded_at") if name in reports.columns]
    return (
        pd.api.types.is_string_dtype(reports.index)
        and all(pd.api.types.is_datetime64_any_dtype(reports[name]) and reports[name].dt.tz is None for name in moments)
        and pd.api.types.is_float_dtype(reports["done"])
        and pd.api.types.is_string_dtype(reports["task"])
    )


def _odd_values(reports: pd.DataFrame) -> list[Problem]:
    """Return what `conform` would find in reports that have the right types."""
    problems = []
    if not reports.index.is_unique:
        counts = reports.index[reports.index.duplicated(keep=False)].value_counts(sort=False)
        problems += [
            Problem("id_duplicate", "reports", (item,), params={"value": item, "count": int(count)})
            for item, count in counts.items()
        ]
    kinds = reports["kind"].fillna("report") if "kind" in reports.columns else None
    wrong_kind = kinds[~kinds.isin(("report", "void"))] if kinds is not None else pd.Series(dtype=object)
    for value, rows in wrong_kind.groupby(wrong_kind, sort=False).groups.items():
        params = {"column": "kind", "value": value, "allowed": "report, void", "hint": ""}
        problems.append(Problem("unknown_value", "reports", tuple(rows), params=params))
    needs_done = (kinds != "void").to_numpy() if kinds is not None else np.ones(len(reports), dtype=bool)
    for name in ("task", "date", "done"):
        gaps = reports[name].isna().to_numpy() & (needs_done if name == "done" else True)
        if gaps.any():
            problems.append(Problem("value_missing", "reports", tuple(reports.index[gaps]), params={"column": name}))
    done = reports["done"].to_numpy()
    for code, wrong in (("not_a_number", np.isinf(done)), ("below_minimum", (done < 0) & ~np.isinf(done))):
        for at in np.flatnonzero(wrong).tolist():
            params = {"column": "done", "value": f"{done[at]:g}", "allowed": "0"}
            problems.append(Problem(code, "reports", (reports.index[at],), params=params))
    return problems


def _odd_tasks(tasks: pd.DataFrame) -> list[Problem]:
    """Return tasks that promise nothing, and tasks due before they start."""
    problems = []
    if "target" in tasks.columns:
        nothing = tasks["target"] <= 0
        problems += [
            Problem("target_not_positive", "tasks", (row,), params={"column": "target", "value": f"{value:g}"})
            for row, value in tasks.loc[nothing, "target"].items()
        ]
    if {"start", "due"} <= set(tasks.columns):
        late = tasks["due"] < tasks["start"]
        problems += [
            Problem(
                "due_before_start", "tasks", (row,), params={"value": f"{due:%Y-%m-%d}", "start": f"{start:%Y-%m-%d}"}
            )
            for row, start, due in tasks.loc[late, ["start", "due"]].itertuples(name=None)
        ]
    return problems


def _odd_links(tasks: pd.DataFrame, reports: pd.DataFrame) -> list[Problem]:
    """Return reports of unknown tasks, and corrections that lead nowhere."""
    if "task" not in reports.columns:
        return []
    problems = []
    if (tasks.index.get_indexer(pd.Index(reports["task"])) < 0).any() if tasks.index.is_unique else True:
        names = reports["task"][~_undone(reports)]
        problems += unknown_names(names, tasks.index, code="unknown_task", layer="reports", column="task")
    kinds = reports["kind"] if "kind" in reports.columns else pd.Series("report", index=reports.index)
    corrects = reports["corrects"] if "corrects" in reports.columns else pd.Series(None, reports.index, dtype=object)
    aimless = (kinds == "void") & corrects.isna()
    if aimless.any():
        problems.append(Problem("void_of_nothing", "reports", tuple(reports.index[aimless])))
    if corrects.notna().any():
        problems += _odd_corrections(reports, corrects.dropna())
    return problems


def _undone(reports: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which entries were taken back or take something back, and so say nothing of any task."""
    if "kind" not in reports.columns or "corrects" not in reports.columns or not reports.index.is_unique:
        return np.zeros(len(reports), dtype=bool)
    voids = (reports["kind"] == "void").to_numpy(dtype=bool)
    by: dict[Hashable, list[Hashable]] = {}
    for row, aim in reports["corrects"].dropna().items():
        by.setdefault(aim, []).append(row)
    order = list(reports.index[~reports["corrects"].isin(reports.index).to_numpy(dtype=bool)])
    for row in order:  # grows while it is gone through; what leads in a circle is never reached
        order += by.get(row, [])
    taking = set(reports.index[voids])
    back: set[Hashable] = set()
    for row in reversed(order):
        if any(one in taking and one not in back for one in by.get(row, [])):
            back.add(row)
    return voids | reports.index.isin(list(back))


def _odd_corrections(reports: pd.DataFrame, corrects: pd.Series[str]) -> list[Problem]:
    problems = unknown_names(corrects, reports.index, code="unknown_report", layer="reports", column="corrects")
    if not reports.index.is_unique:
        return problems
    aims = corrects[corrects.isin(reports.index)]
    tasks = reports["task"]
    other = tasks.loc[aims.index].to_numpy() != tasks.loc[pd.Index(aims)].to_numpy()
    problems += [
        Problem("corrects_other_task", "reports", (row,), params={"value": aim, "task": tasks.loc[aim]})
        for row, aim in aims[other].items()
    ]
    circle = _circle(dict(aims.items()))
    if circle:
        problems.append(Problem("corrects_in_circle", "reports", circle))
    return problems


def _circle(aims: dict[Hashable, str]) -> tuple[Hashable, ...]:
    """Return the entries that can be reached from themselves by following `corrects`."""
    settled: set[Hashable] = set()
    found: list[Hashable] = []
    for first in aims:
        path: dict[Hashable, None] = {}
        step: Hashable | None = first
        while step in aims and step not in settled and step not in path:
            path[step] = None
            step = aims[step]
        if step in path:
            trail = list(path)
            found += trail[trail.index(step) :]
        settled |= path.keys()
    return tuple(found)
