"""Entries of the ledger that are hard to believe: nothing is refused, everything is named.

What is flagged in the courses of the tasks (`fringe.works.course`):

``report_before_start``
    Work is reported before the task begins.
``report_falls``
    A cumulative figure falls, from one day to another or within a day, and the entry corrects none.
``report_jumps``
    A part of the target at least as great as rule LIB-JUMP-SHARE is done at a rate far above that of its category:
    above LIB-JUMP-TIMES times the median, and further from it than LIB-JUMP-Z robust standard deviations (1.4826 MAD)
    of the logarithms of all rates.
``report_over_delivers``
    A figure exceeds the target by more than LIB-EXCESS.
``report_copied``
    LIB-COPY-RUN figures in a row, rising and not all round, are the same on the same days as another task's. A figure
    is *round* if it has fewer than LIB-COPY-DIGITS digits that count, in the unit it was given in.
``complete_on_due``
    Of the complete tasks of a unit LIB-ON-DUE or more were completed on their very last day.

Categories and units of fewer than LIB-GROUP-MIN tasks are not judged. All thresholds are this library's convention.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.problem import Problem, refuse
from fringe.model.rules import rule_value
from fringe.model.units import parse_unit
from fringe.works.course import Course, course_of
from fringe.works.ledger import effective, moment, read_both

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
# The unit that answers for a task: the first of these columns that is filled.
_ANSWERS = ("local_unit", "lead_unit", "township", "zone")
# Makes the median absolute deviation of a normal distribution its standard deviation.
_MAD_TO_SIGMA = 1.4826
# Figures are products of given ones and the units' factors.
_ROUNDING = 1e-9


def implausible(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    on: object = None,
    known_on: object = None,
    by: str | None = None,
    lang: str | None = None,
) -> pd.DataFrame:
    """Return the entries of a ledger that are hard to believe.

    Parameters
    ----------
    tasks
        The tasks; see `fringe.model.layers.TASKS`. Not written to.
    reports
        The log of reports; may be empty.
    on
        A day: only reports up to its end are looked at. `None`: all.
    known_on
        A day or moment: only what was recorded up to then. `None`: all.
    by
        The column of the tasks that names the units whose completions are compared. `None`: the first filled one of
        local_unit, lead_unit, township and zone.
    lang
        Language of the messages.

    Returns
    -------
    table
        A row for each flag: `task`, `report` (missing where the task as a whole is meant), `severity` (``warning``),
        `code`, `message`, `remedy`. The codes are those of `fringe.audit.entries`.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports and arguments.

    Examples
    --------
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["trees"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [100.0], "start": ["2020-01-01"], "due": ["2020-01-31"]})
    >>> reports = pd.DataFrame({"report": ["R1", "R2", "R3"], "task": ["T1"] * 3, "done": [30.0, 20.0, 130.0],
    ...     "date": ["2019-12-28", "2020-01-10", "2020-01-17"]})
    >>> implausible(tasks, reports, lang="en")[["task", "report", "code"]]
      task report                  code
    0   T1     R1   report_before_start
    1   T1     R2          report_falls
    2   T1     R3  report_over_delivers
    """
    own, log, problems = read_both(tasks, reports, known_on)
    day = None
    if on is not None:
        day, found = moment(on, "on")
        problems += found
    if by is not None and by not in own.columns:
        allowed = ", ".join(map(str, own.columns))
        problems.append(Problem("by_unknown", "tasks", params={"value": by, "allowed": allowed}))
    refuse(problems, LedgerError)
    flags = entry_flags(own, log, on=day, known_on=known_on, by=by)
    lines = [
        (
            row if found.layer == "tasks" else found.params["task"],
            None if found.layer == "tasks" else row,
            found.severity,
            found.code,
            found.message(lang),
            found.remedy(lang),
        )
        for found in flags
        for row in found.rows
    ]
    return pd.DataFrame(lines, columns=["task", "report", "severity", "code", "message", "remedy"])


def entry_flags(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    on: pd.Timestamp | None = None,
    known_on: object = None,
    by: str | None = None,
) -> list[Problem]:
    """Return the flags as problems of severity ``warning``; tasks and reports are layers without errors."""
    log = effective(reports, known_on)
    if on is not None:
        log = log[(log["date"] <= on.normalize()).to_numpy()]
    if not len(log):
        return []
    course = course_of(tasks, log)
    flags = [*_by_itself(course), *_jumps(course), *_copies(course), *_on_due(course, by)]
    return [Problem(found.code, found.layer, found.rows, "warning", found.params) for found in flags]


def _by_itself(course: Course) -> Iterator[Problem]:
    """Yield what is odd about a figure beside its own task: too early, falling, beyond the target."""
    target, limit = course.target, rule_value("LIB-EXCESS")
    early = (course.done > 0) & (course.day < course.days_of("start"))
    yield from _said(course, "report_before_start", early, start=course.days_of("start"))
    falls = _falls(course)
    yield from _said(course, "report_falls", falls, before=course.before)
    if course.again is not None:
        # What falls below the day before as well is said once.
        within = _falls(course.again) & ~np.isin(course.again.ids.astype(str), course.ids[falls].astype(str))
        yield from _said(course.again, "report_falls", within, before=course.again.before)
    over = course.done > target * (1.0 + limit + _ROUNDING)
    # Said once, where it begins.
    begins = over & ~(course.before > target * (1.0 + limit + _ROUNDING))
    yield from _said(course, "report_over_delivers", begins, target=target)


def _falls(course: Course) -> Flags:
    return ~course.corrects & (course.done < course.before - np.maximum(course.before, 1.0) * _ROUNDING)


def _said(
    course: Course, code: str, flagged: Flags, **more: npt.NDArray[np.int64] | Floats | npt.NDArray[np.object_]
) -> Iterator[Problem]:
    units = course.tasks["unit"].to_numpy(dtype=object)
    for row in np.flatnonzero(flagged).tolist():
        task = course.task_at[row]
        params = {
            "task": course.tasks.index[task],
            "unit": units[task],
            "date": _day(course.day[row]),
            "value": f"{course.done[row]:.10g}",
        }
        for name, items in more.items():
            item = items[row]
            params[name] = (
                _day(item) if items.dtype == np.int64 else (item if isinstance(item, str) else f"{item:.10g}")
            )
        yield Problem(code, "reports", (course.ids[row],), params=params)


def _day(number: np.int64) -> str:
    return str(np.datetime64(int(number), "D"))


def _jumps(course: Course) -> Iterator[Problem]:
    """Yield the figures whose rate stands far above their category's."""
    since = np.where(course.first, course.days_of("start") - 1, np.append(0, course.day[:-1]))
    gain = (course.done - course.before) / course.target
    rate = gain / np.maximum(course.day - since, 1)
    moved = np.flatnonzero(rate > 0)
    # A correction may raise a figure to where it was all the time.
    moved = moved[~course.corrects[moved]]
    category = pd.factorize(course.tasks["category"])[0][course.task_at[moved]]
    logs = pd.Series(np.log(rate[moved]))
    middle = logs.groupby(category).transform("median")
    spread = (logs - middle).abs().groupby(category).transform("median") * _MAD_TO_SIGMA
    many = pd.Series(course.task_at[moved]).groupby(category).transform("nunique") >= rule_value("LIB-GROUP-MIN")
    far = (logs - middle > np.maximum(spread * rule_value("LIB-JUMP-Z"), np.log(rule_value("LIB-JUMP-TIMES")))) & many
    flagged = np.zeros(len(rate), dtype=bool)
    flagged[moved[far.to_numpy()]] = True
    flagged &= gain >= rule_value("LIB-JUMP-SHARE") - _ROUNDING
    times = np.zeros(len(rate))
    times[moved] = np.exp(np.minimum(logs - middle, 700.0)).round()
    yield from _said(course, "report_jumps", flagged, before=course.before, times=times)


def _copies(course: Course) -> Iterator[Problem]:
    """Yield, once for each task, the end of the first run of figures it has in common with another task."""
    run = int(rule_value("LIB-COPY-RUN"))
    if len(course.done) < run:
        return
    odd = ~_round_figures(course)
    rising = ~course.first & (course.done > course.before)
    ends = np.arange(run - 1, len(course.done))
    steps = np.arange(run)
    whole = np.logical_and.reduce([rising[ends - step] for step in steps[:-1]])
    whole &= course.done[ends - run + 1] > 0
    whole &= np.logical_or.reduce([odd[ends - step] for step in steps])
    ends = ends[whole]
    key = pd.DataFrame(
        {
            f"{name}{step}": items[ends - step]
            for step in steps
            for name, items in (("d", course.day), ("v", course.done))
        }
    )
    kinds = key.groupby(list(key.columns), sort=False).ngroup().to_numpy()
    found = pd.DataFrame({"kind": kinds, "at": course.task_at[ends], "end": ends})
    # The unit of a figure is part of it: 30 trees are not 30 households.
    found["unit"] = course.tasks["unit"].to_numpy(dtype=object)[found["at"]]
    pairs = found.groupby(["kind", "unit"], sort=False)["at"]
    found = found.assign(one=pairs.transform("min"), other=pairs.transform("max"))
    found = found[found["one"] != found["other"]].drop_duplicates("at")
    flagged = np.zeros(len(course.done), dtype=bool)
    flagged[found["end"]] = True
    other = np.full(len(course.done), None, dtype=object)
    mate = np.where(found["at"] == found["one"], found["other"], found["one"])
    other[found["end"]] = course.tasks.index.to_numpy()[mate]
    yield from _said(course, "report_copied", flagged, other=other, count=np.full(len(course.done), float(run)))


def _round_figures(course: Course) -> Flags:
    """Return which figures have few digits that count, in the unit they were given in."""
    given = course.tasks["unit_given"] if "unit_given" in course.tasks.columns else course.tasks["unit"]
    symbols = {item: parse_unit(item).factor for item in given.dropna().unique() if isinstance(item, str)}
    own = {item: parse_unit(item).factor for item in course.tasks["unit"].dropna().unique()}
    factor = given.map(symbols).astype(float).fillna(1.0) / course.tasks["unit"].map(own).astype(float).fillna(1.0)
    figure = course.done / factor.to_numpy()[course.task_at]
    with np.errstate(divide="ignore"):
        size = np.where(figure > 0, np.floor(np.log10(np.where(figure > 0, figure, 1.0))), 0.0)
    scaled = figure / 10.0 ** (size - (rule_value("LIB-COPY-DIGITS") - 2.0))
    return np.asarray(np.abs(scaled - np.round(scaled)) < _ROUNDING * 100)


def _on_due(course: Course, by: str | None) -> Iterator[Problem]:
    """Yield the units nearly all of whose complete tasks were completed on their last day."""
    column = by or next((name for name in _ANSWERS if name in course.tasks and course.tasks[name].notna().any()), None)
    if column is None:
        return
    since = course.completed_on()
    at = np.flatnonzero(~np.isnat(since))
    due = course.tasks["due"].to_numpy("datetime64[D]")
    table = pd.DataFrame({
        "task": course.tasks.index.to_numpy()[at],
        "group": course.tasks[column].to_numpy(dtype=object)[at],
        "on_due": since[at].astype("datetime64[D]") == due[at],
    })  # fmt: skip
    for group, rows in table.dropna(subset="group").groupby("group", sort=True):
        n_due = int(rows["on_due"].sum())
        if len(rows) >= rule_value("LIB-GROUP-MIN") and n_due >= rule_value("LIB-ON-DUE") * len(rows) - _ROUNDING:
            params = {"column": column, "group": group, "count": n_due, "total": len(rows)}
            yield Problem("complete_on_due", "tasks", tuple(rows.loc[rows["on_due"], "task"]), params=params)
