"""Which plots count as cover, on which day, and what they are told apart by.

A plot *counts* if its status is one of those asked for; without a status every plot counts. A plot *takes part* if it
is there on the day asked for: one that is planned, begun or planted only later is not there yet. Plots that take part
and do not count are what `not_counted_m2` measures.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fringe.errors import LayerError
from fringe.measure.doors import MISSING, Groups, column_problems, groups_of
from fringe.measure.flat import Bools, Ints
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.states import COUNTED, DATED_BY, PRECEDENCE, STATUSES, Day, status_on

STATUS = "status"


@dataclass(frozen=True)
class Counting:
    """The plots that take part in a measure.

    Parameters
    ----------
    rows
        Positions of the plots that take part.
    counted
        Of these, which count.
    groups
        What they are told apart by.
    has_rest
        Whether there is a status to leave plots out by.
    """

    rows: Ints
    counted: Bools
    groups: Groups
    has_rest: bool


def counting(
    plots: gpd.GeoDataFrame, *, by: str | None = None, on: Day | None = None, statuses: Iterable[str] | None = None
) -> Counting:
    """Return which plots take part and count.

    Raises
    ------
    LayerError
        For an unknown status, in the plots or asked for, or a column that is not there.
    """
    wanted, problems = _wanted(statuses)
    status, found = _status(plots, on)
    problems += found
    if len(plots) and statuses is not None and status is None:
        problems += column_problems(plots, "plots", STATUS)
    if len(plots) and by is not None and not (by == STATUS and status is not None):
        problems += column_problems(plots, "plots", by)
    if errors_of(problems):
        raise LayerError(errors_of(problems))
    if by == STATUS and statuses is None:
        wanted = (*PRECEDENCE, MISSING)
    rows = np.arange(len(plots)) if status is None or on is None else np.flatnonzero(status.notna())
    words = None if status is None else status.iloc[rows].fillna(MISSING)
    counted = np.ones(len(rows), dtype=bool) if words is None else words.isin(wanted).to_numpy(dtype=bool)
    if by == STATUS:
        # Every status has a row of its own, so there is no rest; statuses not asked for have none.
        rows, counted = rows[counted], counted[counted]
    groups, found = _groups(plots, rows, by, status)
    refuse(problems + found)
    return Counting(rows, counted, groups, status is not None and by != STATUS)


def _wanted(statuses: Iterable[str] | None) -> tuple[tuple[str, ...], list[Problem]]:
    if statuses is None:
        return COUNTED, []
    wanted = (statuses,) if isinstance(statuses, str) else tuple(statuses)
    problems = []
    for word in wanted:
        if word not in STATUSES:
            hint = "".join(get_close_matches(str(word), STATUSES, n=1))
            params = {"name": "statuses", "value": word, "allowed": ", ".join(STATUSES), "hint": hint}
            problems.append(Problem("argument_unknown", "plots", params=params))
    return wanted, problems


def _status(plots: gpd.GeoDataFrame, on: Day | None) -> tuple[pd.Series[Any] | None, list[Problem]]:
    """Return each plot's status, missing where there is none; `None` for plots without the column."""
    if on is not None and len(plots):
        if not any(column in plots.columns for column in DATED_BY.values()):
            present = ", ".join(str(name) for name in plots.columns if name != plots.active_geometry_name)
            params = {"allowed": ", ".join(DATED_BY.values()), "present": present or "–"}
            return None, [Problem("dates_missing", "plots", params=params)]
        return status_on(plots, on)
    if STATUS not in plots.columns:
        return None, []
    status = plots[STATUS].astype(object)
    empty = tuple(plots.index[status.isna()])
    allowed = ", ".join(STATUSES)
    problems = [Problem("status_missing", "plots", empty, "warning", {"allowed": allowed})] if empty else []
    odd = status.notna() & ~status.isin(STATUSES)
    for word in pd.unique(status[odd]):
        hint = "".join(get_close_matches(str(word), STATUSES, n=1))
        params = {"column": STATUS, "value": word, "allowed": allowed, "hint": hint}
        problems.append(Problem("unknown_value", "plots", tuple(plots.index[odd & (status == word)]), params=params))
    return status, problems


def _groups(
    plots: gpd.GeoDataFrame, rows: Ints, by: str | None, status: pd.Series[Any] | None
) -> tuple[Groups, list[Problem]]:
    if by is None:
        return Groups(np.zeros(len(rows), dtype=np.int64), ("",)), []
    if by == STATUS and status is not None:
        return groups_of(status.iloc[rows], order=PRECEDENCE), []
    if by not in plots.columns:  # only where there are no plots at all
        return Groups(np.array([], dtype=np.int64), ()), []
    values = plots[by].iloc[rows]
    empty: tuple[Hashable, ...] = tuple(values.index[values.isna()])
    params = {"column": by, "value": MISSING}
    return groups_of(values), [Problem("group_missing", "plots", empty, "warning", params)] if empty else []
