"""What was to be done by a day: the planned value.

A *plan* spreads a task's whole over its days, from the start of its `start` to the end of its `due`, both days
included. Moments are counted in days from a common day 0, whose beginning is 0 and whose end is 1. A task's plan is a
broken line that never falls, from 0 at the beginning of its first day to 1; its *corners* lie between whole days.

``linear``
    Every day has the same part: a task of ten days is planned to a tenth at the end of its first day.
``season``
    Every day of the planting season has the same part, the other days have none; see `fringe.works.season`.
a table
    The offices' own plan; see `fringe.works.plan_table`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Span:
    """When each task runs, in days from the common day 0.

    Parameters
    ----------
    zero
        Day 0: the earliest start.
    begins
        The beginning of each task's first day.
    ends
        The end of each task's last day.
    """

    zero: pd.Timestamp
    begins: Floats
    ends: Floats

    def end_of(self, day: pd.Timestamp) -> float:
        """Return the end of a day."""
        return float((day - self.zero).days + 1)


@dataclass(frozen=True)
class Plan:
    """The corners of all tasks' plans, those of the first task first, each task's in the order of time.

    Parameters
    ----------
    when
        When the tasks run.
    task_at
        The task of each corner, as a position; every task has at least two.
    times
        Whole days from day 0; the first corner of a task is its beginning.
    shares
        The cumulative part planned by then: 0 at a task's first corner, 1 at its last.
    """

    when: Span
    task_at: Ints
    times: Floats
    shares: Floats

    def by(self, day: pd.Timestamp) -> Floats:
        """Return the part of each task that was to be done by the end of a day, 0 to 1.

        Examples
        --------
        >>> tasks = pd.DataFrame({"start": pd.to_datetime(["2020-01-01"]), "due": pd.to_datetime(["2020-01-10"])})
        >>> linear_plan(span(tasks)).by(pd.Timestamp("2020-01-04"))
        array([0.4])
        """
        n_tasks = len(self.when.begins)
        bounds = np.searchsorted(self.task_at, np.arange(n_tasks + 1))
        # Corners of one task follow those of another on one axis, so that one search serves all tasks.
        stride = self.when.ends.max() + 2.0
        moment = np.clip(self.when.end_of(day), 0.0, stride - 1.0)
        after = np.searchsorted(self.task_at * stride + self.times, np.arange(n_tasks) * stride + moment, side="right")
        low = np.clip(after - 1, bounds[:-1], bounds[1:] - 2)
        part = (moment - self.times[low]) / (self.times[low + 1] - self.times[low])
        rise = self.shares[low + 1] - self.shares[low]
        return np.asarray(self.shares[low] + np.clip(part, 0.0, 1.0) * rise, dtype=float)

    def segments(self) -> tuple[Ints, Floats, Floats, Floats]:
        """Return the task, the beginning, the end and the part of each straight piece."""
        same = self.task_at[1:] == self.task_at[:-1]
        low = np.flatnonzero(same)
        return self.task_at[low], self.times[low], self.times[low + 1], np.diff(self.shares)[low]


def span(tasks: pd.DataFrame) -> Span:
    """Return when the tasks run.

    Examples
    --------
    >>> tasks = pd.DataFrame({"start": pd.to_datetime(["2020-01-01"]), "due": pd.to_datetime(["2020-01-10"])})
    >>> span(tasks).begins, span(tasks).ends
    (array([0.]), array([10.]))
    """
    zero = tasks["start"].min()
    begins = (tasks["start"] - zero).dt.days.to_numpy(dtype=float)
    ends = (tasks["due"] - zero).dt.days.to_numpy(dtype=float) + 1.0
    return Span(zero, begins, ends)


def linear_plan(when: Span) -> Plan:
    """Return the plan that gives every day of a task the same part."""
    n_tasks = len(when.begins)
    times = np.column_stack([when.begins, when.ends]).ravel()
    return Plan(when, np.repeat(np.arange(n_tasks), 2), times, np.tile([0.0, 1.0], n_tasks))


def joined_plan(when: Span, task_at: Ints, times: Floats, shares: Floats) -> Plan:
    """Return the plan of corners in any order, of tasks that have no corners the linear one.

    A corner named twice counts once, and a plan ends when its whole is planned: the days behind it are no part of the
    time the work was to take.
    """
    bare = np.setdiff1d(np.arange(len(when.begins)), task_at)
    task_at = np.concatenate([task_at, bare, bare])
    times = np.concatenate([times, when.begins[bare], when.ends[bare]])
    shares = np.concatenate([shares, np.zeros(len(bare)), np.ones(len(bare))])
    order = np.lexsort((shares, times, task_at))
    task_at, times, shares = task_at[order], times[order], shares[order]
    follows = np.append(False, task_at[1:] == task_at[:-1])
    twice = follows & np.append(False, times[1:] == times[:-1])
    idle = follows & np.append(False, shares[:-1] >= 1.0)
    kept = ~(twice | idle)
    return Plan(when, task_at[kept], times[kept], shares[kept])
