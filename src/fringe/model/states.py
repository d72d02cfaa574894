"""What a plot is on a day, and which plots count.

A *status* is one of `STATUSES`, in the order a plot goes through them. `COUNTED` are those that count as green. Where
plots of several statuses lie over each other, ground goes to the first in `PRECEDENCE`. A *day* is a whole local day,
included to its end: what is dated on the day has happened on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from fringe.errors import FringeError
from fringe.model.dates import parse_day
from fringe.model.layers import STATUSES
from fringe.model.problem import Problem

__all__ = [
    "COUNTED",
    "DATED_BY",
    "NOT_THERE",
    "PRECEDENCE",
    "STATUSES",
    "Day",
    "as_day",
    "as_days",
    "codes_on",
    "status_on",
]

Day = str | dt.date | pd.Timestamp
COUNTED = ("planted", "accepted", "kept")
PRECEDENCE = ("kept", "accepted", "planted", "under_way", "planned", "lost")
# The code of a plot that is not there yet; else a code is a position in `STATUSES`.
NOT_THERE = -1
# The column that says since when a plot has a status.
DATED_BY: Mapping[str, str] = MappingProxyType(
    {
        "planned": "planned_on",
        "under_way": "started_on",
        "planted": "planted_on",
        "accepted": "accepted_on",
        "kept": "kept_on",
        "lost": "lost_on",
    }
)
# Several things dated on one day: the loss decides, else the furthest status.
_TIES = ("lost", *(status for status in PRECEDENCE if status != "lost"))


def as_day(on: object, layer: str) -> pd.Timestamp:
    """Return a day as a `Timestamp` at midnight.

    Parameters
    ----------
    on
        A date, a moment, or a text such as ``"2019-11-23"`` or ``"2019年11月23日"``.
    layer
        What the day was asked of; named in the error.

    Raises
    ------
    FringeError
        If it is no day.

    Examples
    --------
    >>> from fringe.model.states import as_day
    >>> as_day("2019年11月23日", "plots")
    Timestamp('2019-11-23 00:00:00')
    """
    day = None if on is pd.NaT else parse_day(on)
    if day is None:
        raise FringeError(Problem("not_a_day", layer, params={"value": on}))
    return day


def as_days(on: object, layer: str) -> pd.DatetimeIndex | None:
    """Return the days of a list of days, in its order; `None` for what is no list but one day, or none.

    Raises
    ------
    FringeError
        With all entries that are no day, days named twice, or an empty list.

    Examples
    --------
    >>> as_days(["2020-01-06", "2020.1.13"], "plots").strftime("%m-%d").tolist(), as_days("2020-01-06", "plots")
    (['01-06', '01-13'], None)
    """
    if on is None or isinstance(on, str | dt.date | np.datetime64) or not isinstance(on, Iterable):
        return None
    given = list(on)
    read = [None if item is pd.NaT else parse_day(_plain(item)) for item in given]
    problems = [
        Problem("not_a_day", layer, params={"value": item})
        for item, day in zip(given, read, strict=True)
        if day is None
    ]
    days = pd.DatetimeIndex([day for day in read if day is not None], name="date")
    twice = days[days.duplicated()].unique()
    problems += [Problem("day_twice", layer, params={"value": day.date()}) for day in twice]
    if not given:
        problems.append(Problem("no_days", layer))
    if problems:
        raise FringeError(problems)
    return days


def _plain(item: object) -> object:
    return pd.Timestamp(item) if isinstance(item, np.datetime64) else item


def status_on(plots: pd.DataFrame, on: Day) -> tuple[pd.Series, list[Problem]]:
    """Return each plot's status on a day, derived from its dates alone.

    The latest date up to and including the day decides; of several on one day the loss, else the furthest status.
    A plot with no date by then is not there yet. The `status` column decides nothing; it is held against the
    dates.

    Parameters
    ----------
    plots
        The plots layer; of its columns `planned_on`, `started_on`, `planted_on`, `accepted_on`, `kept_on`, `lost_on`
        and `status` those that are there. It is not written to.
    on
        The day.

    Returns
    -------
    status
        On the plots' index, in its order; `None` for a plot that is not there yet.
    problems
        A warning for the plots whose own status has no date (they count by it only where no day is asked), an error
        for dates that cannot be read.

    Raises
    ------
    FringeError
        If `on` is no day.

    Examples
    --------
    >>> import pandas as pd
    >>> from fringe.model.states import status_on
    >>> dates = {"planted_on": ["2020-03-01", "2020-03-20"], "lost_on": ["2020-07-01", None]}
    >>> plots = pd.DataFrame(dates, index=["P-1", "P-2"])
    >>> for day in ("2020-03-01", "2020-06-30", "2020-07-01"):
    ...     print(day, status_on(plots, day)[0].to_dict())
    2020-03-01 {'P-1': 'planted', 'P-2': None}
    2020-06-30 {'P-1': 'planted', 'P-2': 'planted'}
    2020-07-01 {'P-1': 'lost', 'P-2': 'planted'}
    """
    codes, problems = codes_on(plots, pd.DatetimeIndex([as_day(on, "plots")]))
    words = np.array([*STATUSES, None], dtype=object)
    return pd.Series(words[codes[0]], index=plots.index, name="status", dtype=object), problems


def codes_on(plots: pd.DataFrame, days: pd.DatetimeIndex) -> tuple[np.ndarray, list[Problem]]:
    """Return each plot's status on each of several days; see `status_on`.

    Returns
    -------
    codes
        Positions in `STATUSES`, or `NOT_THERE`; shape ``(days, plots)``.
    problems
        As of `status_on`, once for all days.
    """
    dates: dict[str, np.ndarray] = {}
    problems: list[Problem] = []
    for word in _TIES:
        if DATED_BY[word] in plots.columns:
            dates[word], found = _days(plots, DATED_BY[word])
            problems += found
    codes = np.full((len(days), len(plots)), NOT_THERE, dtype=np.int8)
    # Words come in the order that decides ties, so a later word needs a later date. NaT is never later.
    for row, day in zip(codes, days.to_numpy().astype("datetime64[D]"), strict=True):
        latest = np.full(len(plots), np.datetime64("NaT"), dtype="datetime64[D]")
        for word, since in dates.items():
            wins = (since <= day) & (np.isnat(latest) | (since > latest))
            row[wins] = STATUSES.index(word)
            np.copyto(latest, since, where=wins)
    return codes, problems + _undated(plots)


def _days(plots: pd.DataFrame, column: str) -> tuple[np.ndarray, list[Problem]]:
    """Return a column as whole days, and the values that are none."""
    given = plots[column]
    if isinstance(given.dtype, pd.DatetimeTZDtype):
        given = given.dt.tz_localize(None)
    if pd.api.types.is_datetime64_dtype(given):
        return given.to_numpy().astype("datetime64[D]"), []
    stated = ~_blank(given)
    read = [parse_day(item) if there else None for item, there in zip(given, stated, strict=True)]
    unread = [there and item is None for item, there in zip(read, stated, strict=True)]
    problems = [
        Problem("not_a_date", "plots", tuple(rows), params={"column": column, "value": value})
        for value, rows in given[unread].groupby(given[unread].map(str), sort=False).groups.items()
    ]
    return np.array(
        [np.datetime64("NaT") if item is None else item.to_datetime64() for item in read], "datetime64[D]"
    ), problems


def _undated(plots: pd.DataFrame) -> list[Problem]:
    """Return a warning for each status that some plots have without its date."""
    if "status" not in plots.columns:
        return []
    problems = []
    for word, column in DATED_BY.items():
        bare = plots["status"].isin([word]).to_numpy(dtype=bool)
        if column in plots.columns:
            bare = bare & _blank(plots[column]).to_numpy(dtype=bool)
        if bare.any():
            params = {"column": column, "value": word}
            problems.append(Problem("status_without_date", "plots", tuple(plots.index[bare]), "warning", params))
    return problems


def _blank(given: pd.Series) -> pd.Series[bool]:
    return given.isna() | given.map(lambda item: isinstance(item, str) and not item.strip()).astype(bool)
