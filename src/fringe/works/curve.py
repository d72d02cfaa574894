"""The S-curve: what was planned and what was done, from week to week.

Every figure is that of `fringe.progress` on the same day: the weights, the plan and the reports that count are the
same. The curve knows what is known today (or by `known_on`), so that a correction moves the past; a bulletin's curve
comes out as it was printed with `known_on`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import FringeError
from fringe.model.problem import Problem
from fringe.model.states import as_days
from fringe.works.door import Works, admit
from fringe.works.groups import By
from fringe.works.ledger import done_at, moment, rows_by_day
from fringe.works.planned import PlanLike

Floats = npt.NDArray[np.float64]
_STEPS = {"D": "D", "W": "W-SUN", "M": "ME", "Q": "QE", "Y": "YE"}
_WEEK_TO = re.compile(r"W-(MON|TUE|WED|THU|FRI|SAT|SUN)")


def s_curve(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    every: str | Iterable[object] = "W",
    known_on: object = None,
    by: By = None,
    zones: pd.DataFrame | None = None,
    plan: PlanLike = "linear",
    weights: str | None = None,
) -> pd.DataFrame:
    """Return planned and earned value at the ends of periods, for each group of tasks.

    Parameters
    ----------
    tasks, reports, by, zones, plan, weights
        As for `progress`. `by=None`: one curve of all tasks.
    every
        ``"D"``, ``"W"`` (weeks to Sunday), ``"W-FRI"`` (weeks to Friday), …, ``"M"``, ``"Q"``, ``"Y"``: the ends of the
        periods from the first start to the last due or the last report, whichever is later. Or days of your own, which
        are put in order.
    known_on
        A day or moment: only what was recorded up to then counts. `None`: all that is known.

    Returns
    -------
    table
        On (group, date), groups as `progress` has them; on `date` alone without `by`.

        ``weight``
            The weight of the group's tasks (BAC).
        ``pv``, ``ev``
            Planned and earned value, in units of weight, at the end of the day.
        ``planned_share``, ``progress_share``
            The same, divided by weight; NaN for a group without weight.
        ``spi``
            `ev` / `pv`; NaN while nothing is planned.

        What is earned is missing after the last report, or after `known_on` where it is given: nobody knows it yet.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports, zones and arguments.

    Examples
    --------
    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["belt"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [100.0], "start": ["2020-01-01"], "due": ["2020-01-20"]})
    >>> reports = pd.DataFrame({"task": ["T1", "T1"], "date": ["2020-01-04", "2020-01-12"], "done": [10.0, 48.0]})
    >>> s_curve(tasks, reports)[["planned_share", "progress_share"]]
                planned_share  progress_share
    date
    2020-01-05           0.25            0.10
    2020-01-12           0.60            0.48
    2020-01-19           0.95             NaN
    2020-01-26           1.00             NaN
    """
    given, problems = _days(every)
    if "date" in ([by] if isinstance(by, str) else by or []):  # the curve has a level of this name
        problems.append(Problem("by_unknown", "tasks", params={"value": "date", "allowed": "zone, township, …"}))
    works = admit(
        tasks, reports, known_on=known_on, by=by, zones=zones, plan=plan, weights=weights, more=tuple(problems)
    )
    known_to = _known_to(works, known_on)
    days = given if given is not None else _period_ends(works, known_to, str(every))
    pv = np.column_stack([works.groups.sums(works.weight * works.plan.by(day)) for day in days])
    ev = earned_by(works, days)
    ev[:, days > known_to] = np.nan
    return _table(works, days, pv, ev, by)


def earned_by(works: Works, days: pd.DatetimeIndex) -> Floats:
    """Return the earned value of each group (rows) by the end of each of several days in order (columns)."""
    rows = rows_by_day(works.tasks.index, works.log, days)
    return np.column_stack([works.earned(done_at(works.log, last)) for last in rows])


def _days(every: object) -> tuple[pd.DatetimeIndex | None, list[Problem]]:
    """Return the days that are named, `None` for periods, and what is wrong with either."""
    if isinstance(every, str):
        if every in _STEPS or _WEEK_TO.fullmatch(every):
            return None, []
        allowed = ", ".join((*_STEPS, "W-FRI", "…"))
        return None, [Problem("every_unknown", "every", params={"value": every, "allowed": allowed})]
    try:
        days = as_days(every, "every")
    except FringeError as error:
        return None, [found for found in error.problems if isinstance(found, Problem)]
    if days is None:
        return None, [Problem("every_unknown", "every", params={"value": str(every), "allowed": ", ".join(_STEPS)})]
    return days.sort_values(), []


def _known_to(works: Works, known_on: object) -> pd.Timestamp:
    """Return the last day of which it is known what was earned."""
    if known_on is not None:
        return moment(known_on, "known_on")[0].normalize()
    return works.log["date"].max() if len(works.log) else pd.Timestamp.min


def _period_ends(works: Works, known_to: pd.Timestamp, every: str) -> pd.DatetimeIndex:
    first, last = works.tasks["start"].min(), max(works.tasks["due"].max(), known_to)
    step = pd.tseries.frequencies.to_offset(_STEPS.get(every, every))
    # rollforward leaves a day that is a period's end where it is.
    return pd.date_range(step.rollforward(first), step.rollforward(last), freq=step, name="date")


def _table(works: Works, days: pd.DatetimeIndex, pv: Floats, ev: Floats, by: By) -> pd.DataFrame:
    groups, n_days = works.groups.index, len(days)
    whole = works.groups.sums(works.weight)
    if by is None or by == []:
        index: pd.Index = pd.DatetimeIndex(days.to_numpy(), name="date")
    else:
        keys = groups.to_frame(index=False).loc[np.repeat(np.arange(len(groups)), n_days)]
        index = pd.MultiIndex.from_frame(keys.assign(date=np.tile(days.to_numpy(), len(groups))))
    weight, planned, earned = np.repeat(whole, n_days), pv.ravel(), ev.ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        planned_share, progress_share = np.clip(planned / weight, 0.0, 1.0), np.clip(earned / weight, 0.0, 1.0)
        spi = np.where(planned_share > 0, progress_share / planned_share, np.nan)
    columns = {
        "weight": weight,
        "pv": planned,
        "ev": earned,
        "planned_share": planned_share,
        "progress_share": progress_share,
        "spi": spi,
    }
    return pd.DataFrame(columns, index=index)
