"""The courses of tasks: their figures day by day.

The *course* of a task are its figures on the days it was reported, in the order of time; those of one day are settled
as `fringe.works.ledger` settles them, and corrected and voided entries are no part of it. What was reported on a day
after something else of that day is kept apart: see `Course.again`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.works.ledger import id_ranks

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """The courses of all tasks, one task behind the other, each in the order of time.

    Parameters
    ----------
    tasks
        The tasks.
    ids
        The report of each figure.
    task_at
        Its task, as a position.
    day
        Its day, in days from 1970.
    done
        The figure.
    before
        The figure before it; 0 for a task's first.
    first
        Whether it is a task's first.
    corrects
        Whether its report corrects another.
    again
        The figures that follow another one of their day, each with that as the figure before it; missing where the
        courses are such figures themselves.
    """

    tasks: pd.DataFrame
    ids: npt.NDArray[np.object_]
    task_at: npt.NDArray[np.intp]
    day: npt.NDArray[np.int64]
    done: Floats
    before: Floats
    first: Flags
    corrects: Flags
    again: Course | None = None

    @property
    def target(self) -> Floats:
        """The target of each figure's task."""
        return self.tasks["target"].to_numpy(dtype=float)[self.task_at]

    def days_of(self, column: str) -> npt.NDArray[np.int64]:
        """Return a date of each figure's task, in days from 1970."""
        return whole_days(self.tasks[column].to_numpy("datetime64[us]"))[self.task_at]

    def completed_on(self) -> npt.NDArray[np.datetime64]:
        """Return, for each task, the day since which its figures have stood at its target or above; else NaT."""
        full = self.done >= self.target
        last = np.append(self.task_at[1:] != self.task_at[:-1], True)[: len(full)]
        begins = np.flatnonzero(full & (self.first | ~np.append(False, full[:-1])[: len(full)]))
        since = np.full(len(self.tasks), np.datetime64("NaT"), dtype="datetime64[us]")
        # The latest run of full figures overwrites earlier ones, and counts if the course ends in it.
        since[self.task_at[begins]] = self.day[begins].astype("datetime64[D]")
        since[self.task_at[last & ~full]] = np.datetime64("NaT")
        return since


def course_of(tasks: pd.DataFrame, log: pd.DataFrame) -> Course:
    """Return the courses of the tasks.

    Parameters
    ----------
    tasks
        The layer.
    log
        Effective reports, all of tasks that are there.

    Examples
    --------
    >>> tasks = pd.DataFrame({"target": [10.0]}, index=["T1"])
    >>> log = pd.DataFrame({"task": "T1", "done": [4.0, 10.0, 6.0],
    ...     "date": pd.to_datetime(["2020-01-03", "2020-01-17", "2020-01-10"])}, index=["R1", "R2", "R3"])
    >>> course = course_of(tasks, log.assign(recorded_at=pd.Timestamp("2020-02-01")))
    >>> course.ids.tolist(), course.before.tolist(), str(course.completed_on()[0])[:10]
    (['R1', 'R3', 'R2'], [0.0, 4.0, 6.0], '2020-01-17')
    """
    if not len(log):
        return _empty(tasks)
    at = tasks.index.get_indexer(pd.Index(log["task"]))
    dates = log["date"].to_numpy("datetime64[us]")
    known = log["recorded_at"].to_numpy("datetime64[us]")
    order = np.lexsort((known, dates, at))
    follows = (at[order][1:] == at[order][:-1]) & (dates[order][1:] == dates[order][:-1])
    tied = follows & (known[order][1:] == known[order][:-1])
    if tied.any():
        # Ids decide between entries of one moment; ranking them all would take longer than all the rest.
        rows = order[np.append(tied, False) | np.append(False, tied)]
        rank = np.zeros(len(log), dtype=np.intp)
        rank[rows] = id_ranks(log.index[rows])
        order = np.lexsort((rank, known, dates, at))
    second = np.flatnonzero(follows)
    earlier = log["done"].to_numpy(dtype=float)[order[second]]
    again = _course(tasks, log, at, order[second + 1], earlier, np.zeros(len(second), dtype=bool))
    order = order[np.append(~follows, True)]
    first = np.append(True, at[order][1:] != at[order][:-1])
    before = np.where(first, 0.0, np.append(0.0, log["done"].to_numpy(dtype=float)[order][:-1]))
    return replace(_course(tasks, log, at, order, before, first), again=again)


def _course(
    tasks: pd.DataFrame, log: pd.DataFrame, at: npt.NDArray[np.intp], rows: npt.NDArray[np.intp], before: Floats,
    first: Flags,
) -> Course:  # fmt: skip
    """Return some of the log's rows as figures."""
    day = whole_days(log["date"].to_numpy("datetime64[us]")[rows])
    corrects = log["corrects"].notna().to_numpy()[rows] if "corrects" in log.columns else np.zeros(len(rows), bool)
    done = log["done"].to_numpy(dtype=float)[rows]
    return Course(tasks, log.index.to_numpy()[rows], at[rows], day, done, before, first, corrects)


def _empty(tasks: pd.DataFrame) -> Course:
    numbers, none = np.zeros(0), np.zeros(0, dtype=bool)
    at, day = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.int64)
    return Course(tasks, np.zeros(0, dtype=object), at, day, numbers, numbers, none, none)


def whole_days(dates: npt.NDArray[np.datetime64]) -> npt.NDArray[np.int64]:
    """Return days as counted from 1970.

    Examples
    --------
    >>> whole_days(np.array(["1970-01-03"], dtype="datetime64[us]")).tolist()
    [2]
    """
    return np.asarray(dates.astype("datetime64[D]").astype("int64"))
