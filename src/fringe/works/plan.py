"""What was to be done by a day: the planned value.

A *plan* spreads a task's whole over its days, from the start of its `start` to the end of its `due`, both days
included. The ``linear`` plan gives every day the same part: a task of ten days is planned to a tenth at the end of its
first day. Moments are counted in days from a common day 0, whose beginning is 0 and whose end is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.model.problem import Problem

Floats = npt.NDArray[np.float64]
PLANS = ("linear",)


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


def planned_share(when: Span, day: pd.Timestamp) -> Floats:
    """Return the part of each task that was to be done by the end of a day, 0 to 1.

    Examples
    --------
    >>> tasks = pd.DataFrame({"start": pd.to_datetime(["2020-01-01"]), "due": pd.to_datetime(["2020-01-10"])})
    >>> planned_share(span(tasks), pd.Timestamp("2020-01-04"))
    array([0.4])
    """
    return np.clip((when.end_of(day) - when.begins) / (when.ends - when.begins), 0.0, 1.0)


def plan_problems(plan: object) -> list[Problem]:
    """Return the problem of a plan there is no such."""
    if isinstance(plan, str) and plan in PLANS:
        return []
    return [Problem("plan_unknown", "plan", params={"value": str(plan)[:60], "allowed": ", ".join(PLANS)})]
