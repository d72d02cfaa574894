"""Progress of groups of tasks on a day.

*Weight* is a whole task's weight: its cost, its points. *Planned value* and *earned value* of a group are the sums of
weight times planned and completed share; the completed share of a task is ``min(done / target, 1)``, so that
over-delivery of one task never hides another's delay: it stands apart as `excess`. Progress is never a mean of
percentages.

A task is *overdue* from the day after `due` until it is done. The *status* comes from SPI(t): a group is ``ahead``,
``on_track``, ``at_risk`` or ``behind`` by the rules LIB-SPI-… of `fringe.rules`, which are this library's convention.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.model.rules import rule_value
from fringe.works.course import course_of
from fringe.works.door import Works, admit
from fringe.works.earned import GroupSchedule, group_schedules
from fringe.works.groups import By, Groups
from fringe.works.ledger import done_at, last_rows, moment
from fringe.works.plan import Span
from fringe.works.planned import PlanLike

Floats = npt.NDArray[np.float64]
# Shares are sums of quotients: a whole may miss 1 by the rounding of its parts.
_ROUNDING = 1e-9
# A forecast of more than a lifetime is no date; it also keeps sums of days inside the calendar.
FORECAST_DAYS_MAX = 36_525


def progress(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    on: object,
    known_on: object = None,
    by: By = "zone",
    zones: pd.DataFrame | None = None,
    plan: PlanLike = "linear",
    weights: str | None = None,
) -> pd.DataFrame:
    """Return how far the works are on a day, for each group of tasks.

    Parameters
    ----------
    tasks
        The tasks; see `fringe.model.layers.TASKS`. Not written to.
    reports
        The log of reports, `done` in each task's unit; may be empty.
    on
        A day: reports up to its end count, and the plan is read at its end.
    known_on
        A day or moment: only what was recorded up to then counts. `None`: all that is known.
    by
        A column of the tasks, or of the zones when they are given; `None` gives one row. Several give a MultiIndex: of
        ``by=["lead_unit", "township"]`` the column ``["progress_share"].unstack(sort=False)`` is the 条块 matrix of
        units and townships.
    zones
        The zones: every one of them appears then, and tasks of unknown zones are refused. A task names its zone by id
        or unique name.
    plan
        ``"linear"``: a task's whole is spread evenly from the start of `start` to the end of `due`; ``"season"``: over
        those of its days that lie in the planting windows of the rules SEASON-…; windows of your own, such as
        ``[("11-15", "12-20"), ("02-01", "04-10")]``; a column of the tasks that says ``linear`` or ``season`` for each
        (empty: linear); or a table of `task`, `date` and `planned_share` or `planned`. See `fringe.works.plan`.
    weights
        ``"equal"``: every task weighs the same; ``"target"``: its target; else a column of the tasks. `None`: the
        column `weight` where it is filled, else the targets, which a group of several units refuses.

    Returns
    -------
    table
        One row for each group: on the zones' index in its order, or sorted.

        ``n_tasks``
            Tasks of the group.
        ``unit``, ``target``, ``done``, ``excess``
            Their unit, the sums of targets and of reported figures, and how much of `done` exceeds targets. Missing
            for a group of several units; `done` - `excess` is what counts.
        ``progress_share``
            Earned value / weight, 0 to 1. NaN for a group without weight.
        ``planned_share``
            Planned value / weight, 0 to 1.
        ``spi``
            `progress_share` / `planned_share`; NaN while nothing is planned.
        ``spi_t``
            SPI(t) of the earned schedule in days, from the beginning of the group's first day; see
            `fringe.works.earned`. A completed group's clock stops on the day it was completed. NaN before the start.
        ``forecast_on``
            The last day of the works at this pace: first start + planned days / SPI(t), rounded up to whole days. For
            a completed group the day of completion. Missing while nothing has been earned, or beyond a hundred years.
        ``status``
            From `spi_t`. A group with an overdue task is ``at_risk`` at best; one where nothing is planned yet, or
            nothing is left to do, ``on_track`` at least. Missing for a group without tasks or weight.
        ``n_overdue``
            Tasks past due and not done.
        ``last_report_on``
            Date of the latest report that counts.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports, zones and arguments.

    Examples
    --------
    Ten of ten and ten of a hundred are 18 %, not 55 %.

    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["T1", "T2"], "title": ["park", "belt"], "zone": ["east", "east"],
    ...     "category": ["greening", "greening"], "unit": ["m2", "m2"], "target": [10.0, 100.0],
    ...     "start": ["2020-01-01", "2020-01-01"], "due": ["2020-01-10", "2020-01-10"]})
    >>> reports = pd.DataFrame({"report": ["R1", "R2"], "task": ["T1", "T2"], "date": ["2020-01-02", "2020-01-02"],
    ...     "done": [10.0, 10.0]})
    >>> table = progress(tasks, reports, on="2020-01-02")
    >>> table[["target", "done", "progress_share", "planned_share"]].round(4)
          target  done  progress_share  planned_share
    zone
    east   110.0  20.0          0.1818            0.2
    >>> table["status"].item(), str(table["forecast_on"].item().date())
    ('at_risk', '2020-01-11')
    """
    day, found = moment(on, "on")
    works = admit(tasks, reports, known_on=known_on, by=by, zones=zones, plan=plan, weights=weights, more=tuple(found))
    return _table(works, day.normalize())


def _table(works: Works, day: pd.Timestamp) -> pd.DataFrame:
    """Compose the columns, each from sums over the tasks of a group."""
    tasks, log, groups, weight = works.tasks, works.log, works.groups, works.weight
    target = tasks["target"].to_numpy(dtype=float)
    last = last_rows(tasks.index, log, day)
    done = done_at(log, last)
    last_on = np.full(len(tasks), np.datetime64("NaT"), dtype="datetime64[us]")
    last_on[last >= 0] = log["date"].to_numpy("datetime64[us]")[last[last >= 0]]
    share = np.minimum(done / target, 1.0)
    n_tasks, whole = groups.sums(np.ones(len(tasks))), groups.sums(weight)
    earned = groups.sums(weight * share)
    with np.errstate(invalid="ignore", divide="ignore"):
        progress_share = np.clip(earned / whole, 0.0, 1.0)
        planned = np.clip(groups.sums(weight * works.plan.by(day)) / whole, 0.0, 1.0)
        spi = np.where(planned > 0, progress_share / planned, np.nan)
    open_tasks = done < target
    overdue = groups.sums(((tasks["due"] < day).to_numpy() & open_tasks).astype(float))
    complete = (n_tasks > 0) & (groups.sums(open_tasks.astype(float)) == 0)
    schedule = _schedules(works, np.where(complete, whole, earned), complete, day)
    table = pd.DataFrame({"n_tasks": n_tasks.astype(int)}, index=groups.index)
    one_unit = _one_unit(tasks["unit"], groups)
    table["unit"] = pd.Series(one_unit, index=table.index, dtype=object)
    amounts = {"target": target, "done": done, "excess": np.maximum(done - target, 0.0)}
    for name, amount in amounts.items():
        table[name] = np.where(pd.notna(one_unit), groups.sums(amount), np.nan)
    table["progress_share"], table["planned_share"], table["spi"] = progress_share, planned, spi
    table["spi_t"] = schedule.spi_t
    table["forecast_on"] = _forecast_days(schedule, works.plan.when)
    status = _statuses(schedule.spi_t, planned, overdue > 0, complete)
    table["status"] = pd.Series(status, index=table.index, dtype=object)
    table["n_overdue"] = overdue.astype(int)
    table["last_report_on"] = pd.Series(last_on).groupby(groups.of).max().reindex(range(len(table))).to_numpy()
    return table


def _one_unit(units: pd.Series[str], groups: Groups) -> npt.NDArray[np.object_]:
    """Return the unit of each group, missing for several or none."""
    held = units.groupby(groups.of).agg(["nunique", "first"])
    one = np.full(len(groups.index), None, dtype=object)
    same = held[held["nunique"] == 1]
    one[same.index.to_numpy(dtype=np.intp)] = same["first"].to_numpy(dtype=object)
    return one


def _schedules(works: Works, earned: Floats, complete: npt.NDArray[np.bool_], day: pd.Timestamp) -> GroupSchedule:
    """Return the groups' earned schedules; the clock of a complete group stopped when its last task was done."""
    when = works.plan.when
    at_end = np.full(len(works.groups.index), when.end_of(day))
    since = completed_groups(works, complete, day)
    at_end[since.index] = (since - when.zero).dt.days.to_numpy(dtype=float) + 1.0
    return group_schedules(works.plan, works.weight, earned, works.groups.of, at_end)


def completed_groups(works: Works, complete: npt.NDArray[np.bool_], day: pd.Timestamp) -> pd.Series[pd.Timestamp]:
    """Return the day on which each complete group was completed, by the group's position."""
    closed = complete[works.groups.of]
    tasks, log = works.tasks[closed], works.log
    own = (log["date"] <= day).to_numpy() & log["task"].isin(tasks.index).to_numpy()
    since = pd.Series(course_of(tasks, log[own]).completed_on())
    return since.groupby(works.groups.of[closed]).max()


def _forecast_days(schedule: GroupSchedule, when: Span) -> npt.NDArray[np.datetime64]:
    """Return the day in which each forecast ends."""
    days = np.full(len(schedule.spi_t), np.datetime64("NaT"), dtype="datetime64[D]")
    sure = schedule.forecast_days <= FORECAST_DAYS_MAX
    ends = schedule.begins[sure] + np.ceil(schedule.forecast_days[sure] - _ROUNDING) - 1.0
    days[sure] = when.zero.to_datetime64().astype("datetime64[D]") + ends.astype("timedelta64[D]")
    return days.astype("datetime64[us]")


def _statuses(
    spi_t: Floats, planned: Floats, overdue: npt.NDArray[np.bool_], complete: npt.NDArray[np.bool_]
) -> npt.NDArray[np.object_]:
    """Return the word for each group's SPI(t), by the rules and their exceptions."""
    pace = spi_t + _ROUNDING
    status = np.select(
        [pace >= rule_value(rule) for rule in ("LIB-SPI-AHEAD", "LIB-SPI-ON-TRACK", "LIB-SPI-AT-RISK")],
        ["ahead", "on_track", "at_risk"],
        "behind",
    ).astype(object)
    status[(planned == 0) | (complete & np.isin(status, ["at_risk", "behind"]))] = "on_track"
    status[overdue & np.isin(status, ["ahead", "on_track"])] = "at_risk"
    status[np.isnan(planned)] = None
    return status
