"""Where every task stands on a day: what is done, what is late, who has fallen silent, what comes next.

A task is *complete* while its last report is at its target or above, *overdue* from the day after `due` until it is
complete. It is *silent* for the days since its last report, without one since its start; tasks that have not begun or
are complete owe no report. Its *next milestone* is the first corner of its plan that is not reached yet: a row of the
plan's table, the end of a planting window, or its `due`; it may lie in the past, and is missed then.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import FringeWarning
from fringe.works.course import course_of
from fringe.works.door import admit
from fringe.works.ledger import done_at, last_rows, moment
from fringe.works.plan import Plan
from fringe.works.planned import PlanLike
from fringe.works.progress import progress

# Shares are quotients: a milestone may be missed by the rounding of its parts.
_ROUNDING = 1e-9
_NEVER = np.datetime64("NaT")
_FROM_PROGRESS = ("planned_share", "spi_t", "forecast_on", "status")


def task_state(
    tasks: pd.DataFrame, reports: pd.DataFrame, *, on: object, known_on: object = None, plan: PlanLike = "linear"
) -> pd.DataFrame:
    """Return where each task stands on a day, as known on a day.

    Parameters
    ----------
    tasks
        The tasks; see `fringe.model.layers.TASKS`. Not written to.
    reports
        The log of reports; may be empty.
    on
        A day: reports up to its end count.
    known_on
        A day or moment: only what was recorded up to then counts. `None`: all that is known.
    plan
        As `fringe.progress` takes it.

    Returns
    -------
    table
        On the tasks' index, in its order:

        ``unit``, ``target``, ``done``, ``excess``
            The last report's cumulative figure (0 without a report), and how much of it exceeds the target.
        ``progress_share``
            Done / target, at most 1.
        ``planned_share``, ``spi_t``, ``forecast_on``, ``status``
            Of the task alone, as `fringe.progress` defines them.
        ``last_report_on``, ``report``
            Date and id of the last report; missing without one.
        ``days_silent``
            Whole days since the last report, or since the start; missing for tasks that owe none.
        ``days_overdue``
            Whole days past `due`; 0 for a task that is not overdue.
        ``completed_on``
            The day since which the task is complete; missing while it is not.
        ``next_milestone_on``, ``next_milestone_share``
            The day by whose end that share was to be reached; missing for a complete task.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports and arguments.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["trees"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [100.0], "start": ["2020-01-01"], "due": ["2020-01-31"]})
    >>> reports = pd.DataFrame({"report": ["R1"], "task": ["T1"], "date": ["2020-01-10"], "done": [30.0]})
    >>> milestones = pd.DataFrame({"task": ["T1"], "date": ["2020-01-20"], "planned_share": [0.5]})
    >>> table = task_state(tasks, reports, on="2020-02-03", plan=milestones)
    >>> table[["progress_share", "days_silent", "days_overdue", "status"]]
          progress_share  days_silent  days_overdue  status
    task
    T1               0.3           24             3  behind
    >>> str(table["next_milestone_on"].item().date()), table["next_milestone_share"].item()
    ('2020-01-20', 0.5)
    """
    day, found = moment(on, "on")
    day = day.normalize()
    works = admit(
        tasks, reports, known_on=known_on, by="task", zones=None, plan=plan, weights="equal", more=tuple(found)
    )
    own, log = works.tasks, works.log
    target = own["target"].to_numpy(dtype=float)
    last = last_rows(own.index, log, day)
    done = done_at(log, last)
    complete = done >= target
    last_on, ids = _last(log, last)
    table = pd.DataFrame({"unit": own["unit"], "target": target, "done": done}, index=own.index)
    table["excess"] = np.maximum(done - target, 0.0)
    table["progress_share"] = np.minimum(done / target, 1.0)
    with warnings.catch_warnings():
        # Whatever is to be said of the ledger was said at the door above.
        warnings.simplefilter("ignore", FringeWarning)
        alone = progress(tasks, reports, on=day, known_on=known_on, by="task", plan=plan, weights="equal")
    for name in _FROM_PROGRESS:
        table[name] = alone[name].reindex(own.index)
    table["last_report_on"] = last_on
    table["report"] = pd.Series(ids, index=own.index, dtype=object)
    since = np.where(np.isnat(last_on), own["start"].to_numpy("datetime64[us]"), last_on)
    begun = (own["start"] <= day).to_numpy() | ~np.isnat(last_on)
    table["days_silent"] = pd.array(_days(since, day), dtype="Int64")
    table["days_silent"] = table["days_silent"].where(begun & ~complete)
    late = np.maximum(_days(own["due"].to_numpy("datetime64[us]"), day), 0)
    table["days_overdue"] = np.where(complete, 0, late)
    table["completed_on"] = course_of(own, log[(log["date"] <= day).to_numpy()]).completed_on()
    table["next_milestone_on"], table["next_milestone_share"] = _next(works.plan, done / target, complete)
    return table


def _last(log: pd.DataFrame, last: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.object_]]:
    """Return the date and the id of each task's last report."""
    has = last >= 0
    dates = np.full(len(last), _NEVER, dtype="datetime64[us]")
    dates[has] = log["date"].to_numpy("datetime64[us]")[last[has]]
    ids = np.full(len(last), None, dtype=object)
    ids[has] = log.index.to_numpy()[last[has]]
    return dates, ids


def _days(since: npt.NDArray[np.datetime64], day: pd.Timestamp) -> npt.NDArray[np.int64]:
    """Return the whole days from each day to another."""
    passed = day.to_datetime64().astype("datetime64[D]") - since.astype("datetime64[D]")
    return np.asarray(passed.astype("int64"))


def _next(
    plan: Plan, share: npt.NDArray[np.float64], complete: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.float64]]:
    """Return the first corner of each task's plan that is not reached yet."""
    days = np.full(len(share), _NEVER, dtype="datetime64[us]")
    shares = np.full(len(share), np.nan)
    ahead = np.flatnonzero((plan.shares > share[plan.task_at] + _ROUNDING) & ~complete[plan.task_at])
    task_at, first = np.unique(plan.task_at[ahead], return_index=True)
    corners = ahead[first]
    # A corner lies at the end of a day, and day 0 ends at 1.
    ends = (plan.times[corners] - 1.0).astype("int64").astype("timedelta64[D]")
    days[task_at] = plan.when.zero.to_datetime64() + ends
    shares[task_at] = plan.shares[corners]
    return days, shares
