"""When the works will be done, with a range: the weeks to come drawn from the weeks gone by.

The *rate* of a week is what a group earned in it, as a share of its weight; weeks are counted back from the day asked.
Each of the drawn futures first draws a past: as many weeks as there were, in blocks of successive weeks (a bad week is
seldom alone), the weeks being joined to a ring so that each is drawn as often as any other. From that past it draws
blocks until the whole is earned. So the range holds both what weeks do and how little is known of their mean from a
few of them. Block length is the cube root of the number of weeks, rounded up.

The range takes the future to be like the past: it knows of no season, no new crew and no order from above. Few weeks
also know little of how much weeks differ, so it is rather too narrow than too wide: of works with independent weeks
some three quarters end within it instead of four fifths, of works whose good and bad weeks come in long runs some three
fifths. Its limits are the rules LIB-FORECAST-… of `fringe.rules`, this library's convention.

Künsch, H. R. (1989): The jackknife and the bootstrap for general stationary observations. Politis, D. N., Romano, J. P.
(1992): A circular block-resampling procedure for stationary data.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.model.problem import Problem
from fringe.model.rules import rule_value
from fringe.works.curve import earned_by
from fringe.works.door import Works, admit
from fringe.works.groups import By
from fringe.works.ledger import done_at, last_rows, moment
from fringe.works.progress import FORECAST_DAYS_MAX, completed_groups

Floats = npt.NDArray[np.float64]
_DAYS = 7
# Rates are differences of sums of quotients: a whole may miss 1 by their rounding.
_ROUNDING = 1e-9
_WEEKS_AT_ONCE = 64
_LIMITS = ("forecast_low_on", "forecast_mid_on", "forecast_high_on")


def forecast(
    tasks: pd.DataFrame,
    reports: pd.DataFrame,
    *,
    on: object,
    known_on: object = None,
    by: By = "zone",
    zones: pd.DataFrame | None = None,
    weights: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Return when each group of tasks will be done if it goes on as it went, with a range.

    Parameters
    ----------
    tasks, reports, known_on, by, zones, weights
        As for `progress`.
    on
        A day: reports up to its end count, and weeks are counted back from it.
    seed
        Of the draws. The same ledger and seed give the same dates; a group's do not depend on the other groups.

    Returns
    -------
    table
        On the groups, as `progress` has them.

        ``progress_share``
            Earned value / weight, 0 to 1.
        ``n_weeks``
            Whole weeks since the group's first start or first report, whichever is earlier.
        ``week_share``
            What was earned in a week on average, as a share of the weight.
        ``forecast_low_on``, ``forecast_mid_on``, ``forecast_high_on``
            The day by whose end the works are done in 10 %, 50 % and 90 % of 500 drawn futures. For a completed group
            all are the day of completion. Missing where there are fewer than 4 weeks, where they earned nothing, or
            where so many futures do not come to an end within a hundred years.

    Raises
    ------
    LedgerError
        With all problems of tasks, reports, zones and arguments.

    Examples
    --------
    A tenth a week, without fail: there is one future.

    >>> import pandas as pd
    >>> tasks = pd.DataFrame({"task": ["T1"], "title": ["belt"], "zone": ["east"], "category": ["greening"],
    ...     "unit": ["m2"], "target": [100.0], "start": ["2020-01-01"], "due": ["2020-03-10"]})
    >>> ends = pd.date_range("2020-01-07", periods=5, freq="7D")
    >>> reports = pd.DataFrame({"task": "T1", "date": ends, "done": [10.0, 20.0, 30.0, 40.0, 50.0]})
    >>> forecast(tasks, reports, on="2020-02-04").T
    zone                               east
    progress_share                      0.5
    n_weeks                               5
    week_share                          0.1
    forecast_low_on     2020-03-10 00:00:00
    forecast_mid_on     2020-03-10 00:00:00
    forecast_high_on    2020-03-10 00:00:00
    """
    day, found = moment(on, "on")
    more = (*found, *_seed_problems(seed))
    works = admit(tasks, reports, known_on=known_on, by=by, zones=zones, plan="linear", weights=weights, more=more)
    return _table(works, day.normalize(), seed)


def weeks_to_go(rates: Floats, remaining: float, *, draws: int, seed: int, most: int) -> Floats:
    """Return how many weeks each drawn future takes to earn what remains.

    It is infinite where `most` weeks do not do, or where the weeks gone by earned nothing.

    Parameters
    ----------
    rates
        Of the weeks gone by, in order; falls are negative.
    remaining
        In the unit of the rates; where nothing does, no week is taken.
    draws
        How many futures.
    seed
        Of the draws.
    most
        After so many weeks a future is given up.

    Examples
    --------
    >>> weeks_to_go(np.array([0.1, 0.1, 0.1, 0.1]), 0.25, draws=2, seed=0, most=99).round(6)
    array([2.5, 2.5])
    """
    draw = np.random.default_rng(seed)
    n_weeks = len(rates)
    length = int(np.ceil(np.cbrt(n_weeks) - _ROUNDING))
    blocks = np.arange(length)

    def drawn(n_drawn: int) -> npt.NDArray[np.intp]:
        firsts = draw.integers(0, n_weeks, (draws, -(-n_drawn // length)))
        return ((firsts[:, :, None] + blocks) % n_weeks).reshape(draws, -1)[:, :n_drawn]

    if remaining <= _ROUNDING:
        return np.zeros(draws)
    taken = np.full(draws, np.inf)
    if rates.sum() <= 0:
        return taken
    past = rates[drawn(n_weeks)]
    gained = np.zeros(draws)
    for begin in range(0, most, _WEEKS_AT_ONCE):
        week = np.take_along_axis(past, drawn(_WEEKS_AT_ONCE), axis=1)
        after = gained[:, None] + np.cumsum(week, axis=1)
        there = after >= remaining - _ROUNDING
        row = np.flatnonzero(there.any(axis=1) & np.isinf(taken))
        at = there[row].argmax(axis=1)
        part = 1.0 - (after[row, at] - remaining) / week[row, at]
        taken[row] = begin + at + np.clip(part, 0.0, 1.0)
        gained = after[:, -1]
        if not np.isinf(taken).any():
            break
    return np.where(taken > most, np.inf, taken)


def _seed_problems(seed: object) -> list[Problem]:
    if isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0:
        return []
    return [Problem("seed_unfit", "seed", params={"value": str(seed)})]


def _table(works: Works, day: pd.Timestamp, seed: int) -> pd.DataFrame:
    """Compose the columns, group by group."""
    n_groups = len(works.groups.index)
    whole = works.groups.sums(works.weight)
    n_weeks = _weeks(works, day)
    longest = int(n_weeks.max(initial=0))
    days = pd.DatetimeIndex([day - pd.Timedelta(days=_DAYS * back) for back in range(longest, -1, -1)])
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = earned_by(works, days) / whole[:, None]
    target = works.tasks["target"].to_numpy(dtype=float)
    done = done_at(works.log, last_rows(works.tasks.index, works.log, day))
    complete = (works.groups.sums(np.ones(len(target))) > 0) & (works.groups.sums((done < target).astype(float)) == 0)
    limits = np.full((n_groups, len(_LIMITS)), np.datetime64("NaT"), dtype="datetime64[us]")
    since = completed_groups(works, complete, day)
    limits[since.index] = since.to_numpy("datetime64[us]")[:, None]
    enough = n_weeks >= rule_value("LIB-FORECAST-WEEKS")
    for group in np.flatnonzero(enough & ~complete & (whole > 0)).tolist():
        own = shares[group, longest - n_weeks[group] :]
        limits[group] = _ends(own, day, seed)
    gained = shares[:, -1] - shares[np.arange(n_groups), longest - n_weeks]
    week_share = np.where(n_weeks > 0, gained / np.maximum(n_weeks, 1), np.nan)
    table = pd.DataFrame({"progress_share": np.clip(shares[:, -1], 0.0, 1.0)}, index=works.groups.index)
    table["n_weeks"], table["week_share"] = n_weeks, week_share
    for at, name in enumerate(_LIMITS):
        table[name] = limits[:, at]
    return table


def _weeks(works: Works, day: pd.Timestamp) -> npt.NDArray[np.intp]:
    """Return the number of whole weeks each group has behind it."""
    first = works.tasks["start"].groupby(works.groups.of).min()
    log = works.log[works.log["date"] <= day]
    reported = log["date"].groupby(works.groups.of[works.tasks.index.get_indexer(pd.Index(log["task"]))]).min()
    first = pd.concat([first, reported]).groupby(level=0).min().reindex(range(len(works.groups.index)))
    gone = ((day - first).dt.days + 1).fillna(0).to_numpy(dtype=np.intp)
    return np.asarray(np.maximum(gone, 0) // _DAYS, dtype=np.intp)


def _ends(shares: Floats, day: pd.Timestamp, seed: int) -> npt.NDArray[np.datetime64]:
    """Return the days of the limits, from the shares earned at the ends of the weeks gone by."""
    draws = int(rule_value("LIB-FORECAST-DRAWS"))
    most = FORECAST_DAYS_MAX // _DAYS
    weeks = np.sort(weeks_to_go(np.diff(shares), 1.0 - shares[-1], draws=draws, seed=seed, most=most))
    levels = np.array([rule_value("LIB-FORECAST-LOW"), 0.5, rule_value("LIB-FORECAST-HIGH")])
    # A future that never ends has no mean with another: the limits are drawn futures themselves.
    chosen = weeks[np.ceil(levels * draws - _ROUNDING).astype(int) - 1]
    ends = np.full(len(chosen), np.datetime64("NaT"), dtype="datetime64[D]")
    sure = np.isfinite(chosen)
    ahead = np.ceil(chosen[sure] * _DAYS - _ROUNDING * _DAYS).astype("timedelta64[D]")
    ends[sure] = day.to_datetime64().astype("datetime64[D]") + ahead
    return ends.astype("datetime64[us]")
