"""The ledger on a day: what is done of every task, as known at a moment.

The ledger is a log of entries with two clocks. A report *holds* from its `date` and is *known* from its `recorded_at`
(missing: the end of its `date`). Nothing in the log is ever changed: an entry with `corrects` replaces or, as a
``void``, takes back the entry it names. What takes the place of a correction, or of a void, also does to the report
what that had done; taking back a correction brings the corrected report back.

A correction replaces its target as soon as it is known, on every day, whatever its own `date`: what was reported
wrongly never was. Its figure holds from its own `date` on, which need not be the target's. So where a report of 5 March
is corrected to 8 March, the task stands from the 5th to the 7th at the report before it; and where it is corrected to
1 March, the new figure holds from the 1st. What was thought before the correction was known is asked with `known_on`.

The *state* of a task on a day is its last report: the greatest `date` up to that day, then the latest `recorded_at`,
then the greatest id (numbers in ids compare as numbers), among the reports known and not taken back.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LedgerError
from fringe.model.dates import parse_moment
from fringe.model.entries import conform_ledger, recorded_missing
from fringe.model.problem import Problem, refuse

Day = pd.Timestamp
_DAY = pd.Timedelta(days=1)
_NO_REPORT = -1
# What an entry may do to the one it corrects; of several the greatest decides.
_NOTHING, _TAKEN_BACK, _REPLACED = 0, 1, 2


def state(tasks: pd.DataFrame, reports: pd.DataFrame, *, on: object, known_on: object = None) -> pd.DataFrame:
    """Return what is done of each task on a day, as known on a day.

    Parameters
    ----------
    tasks
        The tasks; see `fringe.model.layers.TASKS`.
    reports
        The log of reports; may be empty.
    on
        A day, such as ``"2020-01-31"``: reports up to its end count.
    known_on
        A day, or a moment with a time: only entries recorded up to its end count, so that an old bulletin comes out
        as it was printed. `None` for all that is known.

    Returns
    -------
    table
        On the tasks' index, in its order:

        ``done``
            The last report's cumulative figure in the task's unit, over-delivery included; 0 without a report.
        ``last_report_on``
            Its date; missing without a report.
        ``report``
            Its id; missing without a report.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports and days.

    Examples
    --------
    The second report came in late; a bulletin of 20 January did not know of it.

    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["trees"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [100.0], "start": ["2020-01-01"], "due": ["2020-01-31"]})
    >>> reports = pd.DataFrame({"report": ["R1", "R2"], "task": ["T1", "T1"], "date": ["2020-01-10", "2020-01-17"],
    ...     "done": [30.0, 60.0], "recorded_at": ["2020-01-10 17:00", "2020-01-25 09:00"]})
    >>> state(tasks, reports, on="2020-01-20")["done"].item()
    60.0
    >>> state(tasks, reports, on="2020-01-20", known_on="2020-01-20")["done"].item()
    30.0
    """
    own_tasks, own_reports, day = opened(tasks, reports, on=on, known_on=known_on)
    log = effective(own_reports, known_on)
    last = last_rows(own_tasks.index, log, day)
    has = last != _NO_REPORT
    done = done_at(log, last)
    ids = np.full(len(own_tasks), None, dtype=object)
    ids[has] = log.index.to_numpy()[last[has]]
    dates = np.full(len(own_tasks), np.datetime64("NaT"), dtype="datetime64[us]")
    dates[has] = log["date"].to_numpy("datetime64[us]")[last[has]]
    reports_of = pd.Series(ids, index=own_tasks.index, dtype=object)
    return pd.DataFrame({"done": done, "last_report_on": dates, "report": reports_of}, index=own_tasks.index)


def opened(
    tasks: pd.DataFrame, reports: pd.DataFrame, *, on: object, known_on: object, more: tuple[Problem, ...] = ()
) -> tuple[pd.DataFrame, pd.DataFrame, Day]:
    """Return tasks and reports as layers and the day, or raise one `LedgerError` for all that is wrong.

    That reports do not say when they were recorded is warned of only where `known_on` makes it matter.
    """
    own_tasks, own_reports, problems = read_both(tasks, reports, known_on)
    day, found = moment(on, "on")
    refuse([*problems, *found, *more], LedgerError)
    return own_tasks, own_reports, day.normalize()


def read_both(
    tasks: pd.DataFrame, reports: pd.DataFrame, known_on: object
) -> tuple[pd.DataFrame, pd.DataFrame, list[Problem]]:
    """Return tasks and reports as layers, and all that is wrong with them and the day of knowledge."""
    own_tasks, own_reports, problems = conform_ledger(tasks, reports)
    if known_on is not None:
        problems += moment(known_on, "known_on")[1]
        problems += recorded_missing(own_reports)
    return own_tasks, own_reports, problems


def moment(value: object, name: str) -> tuple[pd.Timestamp, list[Problem]]:
    """Return the moment that an argument names, or a problem.

    Examples
    --------
    >>> str(moment("2019.11.23", "on")[0]), moment("soon", "on")[1][0].code
    ('2019-11-23 00:00:00', 'day_unclear')
    """
    found = parse_moment(pd.Timestamp(value) if isinstance(value, np.datetime64) else value)
    if found is None or pd.isna(found):
        return pd.Timestamp(0), [Problem("day_unclear", name, params={"value": str(value)})]
    return found, []


def effective(reports: pd.DataFrame, known_on: object = None) -> pd.DataFrame:
    """Return the reports that are known and neither replaced nor taken back, in their order.

    The frame has one column more than needed to tell them apart: `recorded_at` is always there and never missing.
    """
    recorded = recorded_at(reports)
    known = np.ones(len(reports), dtype=bool)
    if known_on is not None:
        limit = moment(known_on, "known_on")[0]
        # A day without a time means all of it.
        known = (recorded < limit + _DAY if limit == limit.normalize() else recorded <= limit).to_numpy()
    log = reports.assign(recorded_at=recorded)[known]
    voids = (log["kind"] == "void").to_numpy() if "kind" in log.columns else np.zeros(len(log), dtype=bool)
    stands = ~voids
    if "corrects" in log.columns and log["corrects"].notna().any():
        stands &= _suffered(log, voids) == _NOTHING
    return log[stands]


def recorded_at(reports: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Return when each report became known: as recorded, else the last microsecond of its day."""
    end_of_day = reports["date"].astype("datetime64[us]") + _DAY - pd.Timedelta(microseconds=1)
    if "recorded_at" not in reports.columns:
        return end_of_day.rename("recorded_at")
    return reports["recorded_at"].astype("datetime64[us]").fillna(end_of_day)


def _suffered(log: pd.DataFrame, voids: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    """Return what was done to each entry in the end: nothing, taken back, or replaced.

    An entry that was replaced does to its own target what a replacement does, one that was taken back does nothing.
    The latest link of every chain is settled first, one link more by each pass; circles were refused at the door.
    """
    by = np.flatnonzero(log["corrects"].notna().to_numpy())
    aim = log.index.get_indexer(pd.Index(log["corrects"].iloc[by]))
    by, aim = by[aim >= 0], aim[aim >= 0]  # what is corrected may not be known yet
    own = np.where(voids, _TAKEN_BACK, _REPLACED).astype(np.int8)
    does = own
    while True:
        suffered = np.full(len(log), _NOTHING, dtype=np.int8)
        np.maximum.at(suffered, aim, does[by])
        settled = np.select([suffered == _REPLACED, suffered == _TAKEN_BACK], [_REPLACED, _NOTHING], own).astype(
            np.int8
        )
        if (settled == does).all():
            return suffered
        does = settled


def last_rows(tasks: pd.Index[str], log: pd.DataFrame, day: Day) -> npt.NDArray[np.intp]:
    """Return, for each task, the row of its state in `log` (of effective reports) on a day; -1 without a report."""
    last = np.full(len(tasks), _NO_REPORT, dtype=np.intp)
    dates = log["date"].to_numpy("datetime64[us]")
    rows = np.flatnonzero(dates <= day.to_datetime64())
    if not rows.size:
        return last
    task_at = tasks.get_indexer(pd.Index(log["task"]))[rows]
    stamps = dates[rows].astype("int64")
    greatest = np.full(len(tasks), np.iinfo("int64").min)
    np.maximum.at(greatest, task_at, stamps)
    final = stamps == greatest[task_at]
    rows, task_at = rows[final], task_at[final]
    # Few rows are left to break ties among: one for most tasks.
    known = log["recorded_at"].to_numpy("datetime64[us]")[rows]
    tied = np.bincount(task_at, minlength=len(tasks))[task_at] > 1
    rank = np.zeros(len(rows), dtype=np.intp)
    rank[tied] = id_ranks(log.index[rows[tied]])
    order = np.lexsort((rank, known, task_at))
    last[task_at[order]] = rows[order]
    return last


def rows_by_day(tasks: pd.Index[str], log: pd.DataFrame, days: pd.DatetimeIndex) -> Iterator[npt.NDArray[np.intp]]:
    """Yield what `last_rows` returns for each of several days, sorting the log once.

    Parameters
    ----------
    tasks
        The tasks asked for; reports of others are passed over.
    log
        Effective reports.
    days
        In the order of time.

    Examples
    --------
    >>> log = pd.DataFrame({"task": "T1", "done": [1.0, 2.0], "date": pd.to_datetime(["2020-01-03", "2020-01-09"])},
    ...     index=["R1", "R2"]).assign(recorded_at=pd.Timestamp("2020-01-31"))
    >>> week_ends = pd.DatetimeIndex(["2020-01-01", "2020-01-08", "2020-01-15"])
    >>> [rows.tolist() for rows in rows_by_day(pd.Index(["T1"]), log, week_ends)]
    [[-1], [0], [1]]
    """
    task_at = tasks.get_indexer(pd.Index(log["task"]))
    dates = log["date"].to_numpy("datetime64[us]")
    period = np.searchsorted(days.to_numpy("datetime64[us]"), dates)
    rows = np.flatnonzero((task_at >= 0) & (period < len(days)))
    key = period[rows] * len(tasks) + task_at[rows]
    known = log["recorded_at"].to_numpy("datetime64[us]")[rows].astype("int64")
    moved = dates[rows].astype("int64")
    order = np.lexsort((known, moved, key))
    same = (np.diff(key[order]) == 0) & (np.diff(moved[order]) == 0) & (np.diff(known[order]) == 0)
    if same.any():
        tied = order[np.append(same, False) | np.append(False, same)]
        rank = np.zeros(len(rows), dtype=np.intp)
        rank[tied] = id_ranks(log.index[rows[tied]])
        order = np.lexsort((rank, known, moved, key))
    key, rows = key[order], rows[order]
    final = np.append(np.diff(key) != 0, True)[: len(key)]
    key, rows = key[final], rows[final]
    bounds = np.searchsorted(key, np.arange(len(days) + 1) * len(tasks))
    last = np.full(len(tasks), _NO_REPORT, dtype=np.intp)
    for begin, end in itertools.pairwise(bounds):
        last[key[begin:end] % len(tasks)] = rows[begin:end]
        yield last.copy()


def done_at(log: pd.DataFrame, last: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """Return the figure of each task's last report; 0 without one."""
    done = np.zeros(len(last))
    has = last != _NO_REPORT
    done[has] = log["done"].to_numpy(dtype=float)[last[has]]
    return done


def id_ranks(ids: pd.Index[str]) -> npt.NDArray[np.intp]:
    """Return the rank of each id, with the numbers in it compared as numbers: R9 comes before R10.

    Examples
    --------
    >>> id_ranks(pd.Index(["R10", "R9", "R9a"])).tolist()
    [2, 0, 1]
    """
    keys = [
        ([(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part], name)
        for name in map(str, ids)
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    ranks = np.empty(len(keys), dtype=np.intp)
    ranks[order] = np.arange(len(keys))
    return ranks
