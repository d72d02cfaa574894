"""The list of findings period by period: opening + new + reopened - closed = closing (销号台账).

The words are those of `fringe.works.findings`. A *snapshot* is a period as it was known at its end. A rate of the past
looks different now that more of what had been found by then is known; bulletins are compared with their snapshots.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse
from fringe.works.finding_log import Days, Ints, course_of, standing, unrecorded
from fringe.works.findings import admitted, codes_of, grounded, wrong
from fringe.works.groups import By, Groups, grouped
from fringe.works.ledger import moment

_PERIODS = ("D", "W", "W-MON", "W-TUE", "W-WED", "W-THU", "W-FRI", "W-SAT", "W-SUN", "M", "Q", "Y")
_COUNTS = ("new", "reopened", "closed")


def findings_flow(
    findings: pd.DataFrame,
    *,
    on: object,
    every: str = "W",
    by: By = None,
    zones: pd.DataFrame | None = None,
    known_on: object = None,
    until: str = "closed",
    snapshots: bool = False,
) -> pd.DataFrame:
    """Return the list of findings period by period: opening + new + reopened - closed = closing.

    Parameters
    ----------
    findings, known_on, until
        As for `findings_state`.
    on
        The last day; the period it lies in ends there.
    every
        ``"W"`` (weeks to Sunday), ``"W-FRI"`` (weeks to Friday), …, ``"D"``, ``"M"``, ``"Q"``, ``"Y"``.
    by, zones
        As for `closure`.
    snapshots
        Whether each period is given as it was known at its end, as its bulletin printed it, and not as it is known now.
        Then an opening differs from the closing before it by what became known later.

    Returns
    -------
    table
        One row for each group and period, indexed by the group's columns and `period_end`, its last day.

        ``period_start``
            Its first day.
        ``opening``, ``closing``
            On the list at the end of the day before, and at its own end.
        ``new``, ``reopened``, ``closed``
            Found, returned after having been off the list, and gone off the list within the period.
        ``n_found``, ``closure_share``
            Found to the end of the period, and the share of them off the list; NaN before the first.

    Raises
    ------
    LayerError
        With all problems of findings, zones and arguments.

    Examples
    --------
    >>> import pandas as pd
    >>> findings = pd.DataFrame({"finding": ["F1", "F2", "F3"], "zone": ["a", "a", "b"], "category": ["x"] * 3,
    ...     "found_on": ["2020-01-02", "2020-01-03", "2020-01-07"], "closed_on": ["2020-01-08", None, None]})
    >>> findings_flow(findings, on="2020-01-10")[["opening", "new", "reopened", "closed", "closing"]]
                opening  new  reopened  closed  closing
    period_end
    2020-01-05        0    2         0       0        2
    2020-01-10        2    1         0       1        2
    """
    layer, day, problems = admitted(findings, on, known_on, until)
    if not wrong(problems):
        spans, found = _spans(layer, day, every)
        problems += found
    if snapshots and known_on is None:
        problems += unrecorded(layer)
    logs = [layer]
    if not wrong(problems):
        known = [_earlier(end, known_on) for end in spans["period_end"]] if snapshots else [known_on]
        logs = [standing(layer, moment_) for moment_ in known]
    log, ground, found = grounded(pd.concat(logs), zones, by)
    refuse([*problems, *found], LayerError)
    groups = grouped(by, log, ground)
    shot = np.repeat(np.arange(len(logs)), [len(one) for one in logs])
    return _flow_table(log, groups, spans, shot if snapshots else None, until)


def _spans(layer: pd.DataFrame, day: np.datetime64, every: str) -> tuple[pd.DataFrame, list[Problem]]:
    """Return first and last days of the periods from the first finding to a day."""
    if every not in _PERIODS:
        params = {"value": every, "allowed": ", ".join(_PERIODS)}
        return pd.DataFrame(), [Problem("period_unknown", "every", params=params)]
    last = pd.Timestamp(day)
    first = layer["found_on"].min()
    periods = pd.period_range(last if pd.isna(first) or first > last else first, last, freq=every)
    starts = periods.start_time.normalize().as_unit("us")
    ends = periods.end_time.normalize().as_unit("us")
    return pd.DataFrame({"period_start": starts, "period_end": ends.where(ends <= last, last)}), []


def _earlier(end: pd.Timestamp, known_on: object) -> object:
    """Return the end of a period, or the moment up to which anything may be known, if that is earlier."""
    if known_on is None:
        return end
    limit = moment(known_on, "known_on")[0]
    return end if end <= limit else known_on


def _events(log: pd.DataFrame, until: str) -> dict[str, tuple[Ints, Days]]:
    """Return which findings came on the list, back on it and off it, and on which days."""
    course = course_of(log)
    there = ~np.isnat(course.days)
    off = there & np.isin(course.states, codes_of(until))
    before = np.concatenate([np.zeros((len(log), 1), dtype=bool), off[:, :-1]], axis=1)
    first = np.zeros_like(there)
    first[:, 0] = True
    kinds = {"new": there & first, "reopened": there & ~off & before, "closed": off & ~before}
    found = {}
    for kind, which in kinds.items():
        row, at = np.nonzero(which)
        found[kind] = row.astype(np.intp), course.days[row, at]
    return found


def _flow_table(log: pd.DataFrame, groups: Groups, spans: pd.DataFrame, shot: Ints | None, until: str) -> pd.DataFrame:
    """Count events by group and period; in snapshots a period counts the events of its own log only."""
    n_groups, n_periods = len(groups.index), len(spans)
    starts = spans["period_start"].to_numpy("datetime64[D]")
    ends = spans["period_end"].to_numpy("datetime64[D]")
    before = {kind: np.zeros((n_groups, n_periods), dtype=np.intp) for kind in _COUNTS}
    upto = {kind: np.zeros((n_groups, n_periods), dtype=np.intp) for kind in _COUNTS}
    for kind, (row, day) in _events(log, until).items():
        for period in range(n_periods):
            own = np.ones(len(row), dtype=bool) if shot is None else shot[row] == period
            for counts, which in ((before, day < starts[period]), (upto, day <= ends[period])):
                counts[kind][:, period] = np.bincount(groups.of[row[own & which]], minlength=n_groups)
    columns = {
        "opening": before["new"] + before["reopened"] - before["closed"],
        **{kind: upto[kind] - before[kind] for kind in _COUNTS},
        "closing": upto["new"] + upto["reopened"] - upto["closed"],
        "n_found": upto["new"],
    }
    table = pd.DataFrame({name: figures.ravel() for name, figures in columns.items()})
    table.insert(0, "period_start", np.tile(spans["period_start"].to_numpy(), n_groups))
    with np.errstate(invalid="ignore", divide="ignore"):
        table["closure_share"] = 1.0 - table["closing"].to_numpy() / table["n_found"].to_numpy()
    days = pd.DatetimeIndex(spans["period_end"], name="period_end")
    if groups.index.name == "group" and n_groups == 1:
        return table.set_index(days)
    frame = groups.index.to_frame(index=False)
    keys = frame.loc[np.repeat(np.arange(n_groups), n_periods)].reset_index(drop=True)
    return table.set_index(pd.MultiIndex.from_frame(keys.assign(period_end=np.tile(days.to_numpy(), n_groups))))
