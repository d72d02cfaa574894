"""The planting season: the days of a year on which trees are planted.

A *window* is a part of the year from one day to another, both included; one that ends before it begins runs over the
new year. Under the plan ``season`` a task's whole is spread evenly over those of its days that lie in a window, and the
planned value stands still on the others: nobody is late with trees in August or in frozen ground.

The windows of the rules SEASON-… (`fringe.rules`) are the practice of the central plains, 今冬明春: from leaf fall
until the hard frost, and from the thaw until the buds open. They are unverified; give your own where they differ.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.model.problem import Problem
from fringe.model.rules import rules
from fringe.works.plan import Plan, Span, joined_plan

Window = tuple[int, int]
_FIRST, _LAST = "planting_window_first", "planting_window_last"
_DAY = re.compile(r"^\s*(?P<m>\d{1,2})\s*[-./月]\s*(?P<d>\d{1,2})\s*日?\s*$")
_LEAP_YEAR = 2000
_PAIR = 2


def season_windows() -> tuple[Window, ...]:
    """Return the planting windows of the rules, each as two numbers of month and day.

    Examples
    --------
    >>> season_windows()
    ((1115, 1215), (201, 410))
    """
    table = rules()
    firsts, lasts = (table[table["quantity"] == quantity] for quantity in (_FIRST, _LAST))
    last_of = dict(zip(lasts["class"], lasts["value"], strict=True))
    return tuple((int(day), int(last_of[name])) for name, day in zip(firsts["class"], firsts["value"], strict=True))


def read_windows(given: Sequence[object]) -> tuple[tuple[Window, ...], list[Problem]]:
    """Return windows from pairs of days such as ``("11-15", "12-20")``, and those that are none.

    Examples
    --------
    >>> read_windows([("11-15", "2月末"), ("2月1日", "04-10")])[0]
    ((201, 410),)
    """
    windows: list[Window] = []
    problems = []
    for item in given:
        pair = tuple(item) if isinstance(item, Sequence) and not isinstance(item, str) else ()
        days = [_month_day(day) for day in pair]
        if len(pair) == _PAIR and days[0] is not None and days[1] is not None:
            windows.append((days[0], days[1]))
        else:
            problems.append(Problem("window_unclear", "plan", params={"value": str(item)[:60]}))
    if not given:
        problems.append(Problem("window_unclear", "plan", params={"value": "[]"}))
    return tuple(windows), problems


def _month_day(item: object) -> int | None:
    found = _DAY.match(item) if isinstance(item, str) else None
    if found is None:
        return None
    month, day = int(found["m"]), int(found["d"])
    try:
        pd.Timestamp(_LEAP_YEAR, month, day)
    except ValueError:
        return None
    return month * 100 + day


def in_season(days: pd.DatetimeIndex, windows: Sequence[Window]) -> npt.NDArray[np.bool_]:
    """Return which days lie in a window; windows may overlap.

    Examples
    --------
    >>> in_season(pd.DatetimeIndex(["2019-12-31", "2020-02-29", "2020-03-01"]), [(1220, 229)]).tolist()
    [True, True, False]
    """
    number = np.asarray(days.month * 100 + days.day)
    inside = np.zeros(len(days), dtype=bool)
    for first, last in windows:
        after, before = number >= first, number <= last
        inside |= (after & before) if first <= last else (after | before)
    return inside


def season_plan(
    when: Span, windows: Sequence[Window], tasks: pd.Index[str], among: npt.NDArray[np.bool_] | None = None
) -> tuple[Plan, list[Problem]]:
    """Return the plan of tasks in the planting season, and a warning for those without a day in it: they are linear.

    Parameters
    ----------
    when
        When the tasks run.
    windows
        As `season_windows` has them.
    tasks
        The tasks' ids.
    among
        Which tasks follow the season; the others are linear. `None`: all.

    Examples
    --------
    Twenty days, the last five of them in the window.

    >>> from fringe.works.plan import span
    >>> tasks = pd.DataFrame({"start": pd.to_datetime(["2020-01-17"]), "due": pd.to_datetime(["2020-02-05"])})
    >>> plan, found = season_plan(span(tasks), [(201, 410)], pd.Index(["T1"]))
    >>> plan.by(pd.Timestamp("2020-01-31")), plan.by(pd.Timestamp("2020-02-01"))
    (array([0.]), array([0.2]))
    """
    days = pd.date_range(when.zero, periods=int(when.ends.max()), freq="D")
    inside = in_season(days, windows)
    # The days of season gone by at the beginning of each day.
    gone = np.concatenate([[0], np.cumsum(inside)])
    bends = np.flatnonzero(np.diff(inside.astype(np.int8))) + 1
    first, last = when.begins.astype(int), when.ends.astype(int)
    whole = gone[last] - gone[first]
    asked = np.ones(len(tasks), dtype=bool) if among is None else among
    some = np.flatnonzero(asked & (whole > 0))
    low, high = np.searchsorted(bends, first[some], side="right"), np.searchsorted(bends, last[some], side="left")
    counts = high - low
    at = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - low, counts)
    task_at = np.concatenate([some, some, np.repeat(some, counts)])
    times = np.concatenate([first[some], last[some], bends[at]]).astype(int)
    shares = (gone[times] - gone[first[task_at]]) / whole[task_at]
    idle = tasks[asked & (whole == 0)]
    problems = []
    if len(idle):
        problems.append(Problem("season_without_days", "tasks", tuple(idle), "warning", params={"count": len(idle)}))
    return joined_plan(when, task_at, times.astype(float), shares.astype(float)), problems
