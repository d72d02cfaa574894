"""The log of reports as a list to read: who said what, when, and whether it still stands."""

from __future__ import annotations

import pandas as pd

from fringe.errors import LedgerError
from fringe.model.entries import unknown_names
from fringe.model.problem import refuse
from fringe.works.ledger import effective, moment, recorded_at

_DAY = pd.Timedelta(days=1)


def report_list(
    reports: pd.DataFrame, *, task: str | None = None, since: object = None, known_on: object = None
) -> pd.DataFrame:
    """Return the entries of a log in the order they were recorded, undone and corrected ones too.

    Parameters
    ----------
    reports
        A layer of reports.
    task
        Only of this task.
    since
        Only of this day and later ones.
    known_on
        A day or moment: only what was recorded up to then, as it stood then.

    Returns
    -------
    table
        The reports' columns, `recorded_at` always, and `stands`: whether nothing that stands corrects it.

    Raises
    ------
    LedgerError
        If a day cannot be read, or no report is of the task.

    Examples
    --------
    >>> reports = pd.DataFrame({"task": "T1", "date": pd.to_datetime(["2020-01-03", "2020-01-03"]), "done": [9.0, 8.0],
    ...     "corrects": [None, "R1"]}, index=pd.Index(["R1", "R2"], name="report", dtype=object))
    >>> report_list(reports)["stands"].tolist(), report_list(reports, since="2020-01-04").empty
    ([False, True], True)
    """
    problems = []
    days = {}
    for name, given in (("since", since), ("known_on", known_on)):
        if given is not None:
            days[name], found = moment(given, name)
            problems += found
    if task is not None and task not in set(reports["task"]):
        names = pd.Series([task], dtype=object)
        known = reports["task"].dropna().unique()
        problems += unknown_names(names, known, code="unknown_task", layer="reports", column="task")
    refuse(problems, LedgerError)
    # A void that nothing takes back stands as well.
    standing = effective(reports.assign(kind="report"), known_on).index
    recorded = recorded_at(reports)
    table = reports.assign(recorded_at=recorded, stands=reports.index.isin(standing))
    keep = pd.Series(True, index=reports.index)
    if task is not None:
        keep &= reports["task"] == task
    if "since" in days:
        keep &= reports["date"] >= days["since"].normalize()
    if "known_on" in days:
        limit = days["known_on"]
        keep &= recorded < limit + _DAY if limit == limit.normalize() else recorded <= limit
    return table[keep.to_numpy()].sort_values("recorded_at", kind="stable")
