"""What a store recorded and the ledger beside it no longer knows: it is kept and said, and left out of figures.

A store is only added to, while the office's own ledger goes on changing: it renames a task, or deletes a row that a
stored entry corrects. Nothing that could be added to the store would mend that, so it must not keep the rest of the
ledger from being counted. An entry of a task that is gone counts for nothing; one whose `corrects` leads nowhere, or to
another task now, counts as an entry of its own, and as an undoing for nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from fringe.model.problem import Problem

# What is wrong with a ledger's own row, and what is said of a stored one instead.
SPARED: Mapping[str, str] = MappingProxyType(
    {
        "unknown_task": "stored_without_task",
        "unknown_report": "stored_without_aim",
        "corrects_other_task": "stored_aim_moved",
    }
)


def spared(problems: Iterable[Problem], stored: Iterable[Hashable]) -> list[Problem]:
    """Return problems in which links of stored reports that lead nowhere are warnings.

    Parameters
    ----------
    problems
        As `fringe.model.entries.conform_ledger` found them.
    stored
        The ids of the reports that can no longer be changed.

    Examples
    --------
    >>> found = Problem("unknown_task", "reports", ("R1", "rep-1"), params={"value": "T9"})
    >>> [(one.code, one.rows, one.severity) for one in spared([found], ["rep-1"])]
    [('unknown_task', ('R1',), 'error'), ('stored_without_task', ('rep-1',), 'warning')]
    """
    ids = set(stored)
    told = []
    for found in problems:
        rows = tuple(row for row in found.rows if row in ids) if found.layer == "reports" else ()
        if found.code not in SPARED or not rows:
            told.append(found)
            continue
        if own := tuple(row for row in found.rows if row not in ids):
            told.append(replace(found, rows=own))
        told.append(replace(found, code=SPARED[found.code], rows=rows, severity="warning"))
    return told


def spared_rows(problems: Iterable[Problem]) -> set[Hashable]:
    """Return the ids of the reports that problems spare."""
    codes = set(SPARED.values())
    return {row for found in problems if found.code in codes for row in found.rows}


def countable(tasks: pd.DataFrame, reports: pd.DataFrame, problems: Iterable[Problem]) -> pd.DataFrame:
    """Return the reports that a measure can count: without what hangs on the spared ones' lost tasks and aims.

    Parameters
    ----------
    tasks, reports
        The layers. Where nothing is spared the reports come back as they are.
    problems
        Those of the study.

    Examples
    --------
    The office calls T1 something else now.

    >>> tasks = pd.DataFrame(index=pd.Index(["T7", "T2"], name="task"))
    >>> reports = pd.DataFrame({"task": ["T1", "T2"]}, index=pd.Index(["rep-1", "rep-2"], name="report"))
    >>> found = Problem("stored_without_task", "reports", ("rep-1",), "warning", {"value": "T1"})
    >>> countable(tasks, reports, [found]).index.tolist()
    ['rep-2']
    """
    spare = spared_rows(problems)
    if not spare or not reports.index.is_unique:
        return reports
    mild = reports.index.isin(list(spare))
    lost = pd.Series(mild & ~reports["task"].isin(tasks.index).to_numpy(dtype=bool), index=reports.index)
    if "corrects" not in reports.columns:
        return reports[~lost]
    voids = (reports["kind"] == "void").to_numpy(dtype=bool) if "kind" in reports.columns else ~lost & False
    aims = reports["corrects"]
    of = aims.map(reports["task"])
    loose = aims.notna() & mild & (of != reports["task"]).to_numpy(dtype=bool)
    while True:
        loose |= aims.isin(reports.index[lost])
        more = lost | (loose & voids)
        if (more == lost).all():
            return reports.assign(corrects=aims.mask(loose, None))[~lost]
        lost = more
