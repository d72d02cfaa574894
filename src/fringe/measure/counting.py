"""Which plots count as cover, on which days, and what they are told apart by.

A plot *counts* if its status is one of those asked for; without a status every plot counts. A plot *takes part* on a
day if it is there: one that is planned, begun or planted only later is not there yet. Plots that take part and do not
count are what `not_counted_m2` measures.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LayerError
from fringe.measure.doors import MISSING, column_problems, groups_of
from fringe.measure.flat import Bools, Ints
from fringe.model.problem import Problem, errors_of, refuse
from fringe.model.states import COUNTED, DATED_BY, NOT_THERE, PRECEDENCE, STATUSES, Day, as_day, as_days, codes_on

STATUS = "status"
# The code of a plot whose status is empty; it follows those of `STATUSES`.
_UNTOLD = len(STATUSES)
Codes = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Counting:
    """The plots that take part in a measure; one day, or none in particular, is one row of each array of days.

    Parameters
    ----------
    rows
        Positions of the plots that take part on any day; n of them.
    days
        The days, if a list was asked for.
    present
        Which of them take part on each day, shape ``(days, n)``.
    counted
        Which of them count, shape ``(days, n)``; they take part.
    kind
        What they are told apart by: positions in `names`, of those that take part; shape ``(days, n)``, or ``(1, n)``
        where it is the same on all days.
    names
        The kinds, in order.
    has_rest
        Whether there is a status to leave plots out by.
    """

    rows: Ints
    days: pd.DatetimeIndex | None
    present: Bools
    counted: Bools
    kind: Ints
    names: tuple[Hashable, ...]
    has_rest: bool


def counting(
    plots: gpd.GeoDataFrame,
    *,
    by: str | None = None,
    on: Day | Iterable[Day] | None = None,
    statuses: Iterable[str] | None = None,
) -> Counting:
    """Return which plots take part and count.

    Raises
    ------
    LayerError
        For an unknown status, in the plots or asked for, or a column that is not there.
    """
    days = as_days(on, "plots")
    told = days if days is not None or on is None else pd.DatetimeIndex([as_day(on, "plots")])
    wanted, problems = _wanted(statuses)
    codes, found = _codes(plots, told)
    problems += found
    if len(plots) and statuses is not None and codes is None:
        problems += column_problems(plots, "plots", STATUS)
    if len(plots) and by is not None and not (by == STATUS and codes is not None):
        problems += column_problems(plots, "plots", by)
    if errors_of(problems):
        raise LayerError(errors_of(problems))
    if codes is None:
        present = counted = np.ones((1 if days is None else len(days), len(plots)), dtype=bool)
    else:
        present = codes != NOT_THERE
        if by == STATUS and statuses is None:
            wanted = (*wanted, *STATUSES, MISSING)
        counts = np.array([word in wanted for word in (*STATUSES, MISSING, None)])
        counted = counts[codes]  # NOT_THERE takes the last
        # Every status has a row of its own, so there is no rest; statuses not asked for have none.
        present = counted if by == STATUS else present
    rows = np.flatnonzero(present.any(axis=0))
    kind, names, found = _kinds(plots, rows, by, None if codes is None else codes[:, rows], present[:, rows])
    refuse(problems + found)
    has_rest = codes is not None and by != STATUS
    return Counting(rows, days, present[:, rows], counted[:, rows], kind, names, has_rest)


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


def _codes(plots: gpd.GeoDataFrame, days: pd.DatetimeIndex | None) -> tuple[Codes | None, list[Problem]]:
    """Return each plot's status on each day as a code, shape ``(days, plots)``; `None` for plots without the column."""
    if days is not None and len(plots):
        if not any(column in plots.columns for column in DATED_BY.values()):
            present = ", ".join(str(name) for name in plots.columns if name != plots.active_geometry_name)
            params = {"allowed": ", ".join(DATED_BY.values()), "present": present or "–"}
            return None, [Problem("dates_missing", "plots", params=params)]
        return codes_on(plots, days)
    if STATUS not in plots.columns:
        return None, []
    if not len(plots):
        return np.zeros((1 if days is None else len(days), 0), dtype=np.int8), []
    status = plots[STATUS].astype(object)
    empty = tuple(plots.index[status.isna()])
    allowed = ", ".join(STATUSES)
    problems = [Problem("status_missing", "plots", empty, "warning", {"allowed": allowed})] if empty else []
    codes = pd.Index(STATUSES).get_indexer(pd.Index(status, dtype=object)).astype(np.int8)
    odd = pd.Series((codes < 0) & status.notna().to_numpy(), index=plots.index)
    for word in pd.unique(status[odd]):
        hint = "".join(get_close_matches(str(word), STATUSES, n=1))
        params = {"column": STATUS, "value": word, "allowed": allowed, "hint": hint}
        problems.append(Problem("unknown_value", "plots", tuple(plots.index[odd & (status == word)]), params=params))
    return np.where(codes < 0, np.int8(_UNTOLD), codes)[np.newaxis], problems


def _kinds(
    plots: gpd.GeoDataFrame, rows: Ints, by: str | None, codes: Codes | None, present: Bools
) -> tuple[Ints, tuple[Hashable, ...], list[Problem]]:
    """Return the kind of each plot that takes part, the names of the kinds, and a warning for plots without one."""
    if by is None:
        return np.zeros((1, len(rows)), dtype=np.int64), ("",), []
    if by == STATUS and codes is not None:
        order = [STATUSES.index(word) for word in PRECEDENCE] + [_UNTOLD]
        met = np.unique(codes[present])
        order = [code for code in order if code in met]
        place = np.zeros(_UNTOLD + 1, dtype=np.int64)
        place[order] = np.arange(len(order))
        return place[np.maximum(codes, 0)], tuple((*STATUSES, MISSING)[code] for code in order), []
    if by not in plots.columns:  # only where there are no plots at all
        return np.zeros((1, 0), dtype=np.int64), (), []
    values = plots[by].iloc[rows]
    empty: tuple[Hashable, ...] = tuple(values.index[values.isna()])
    params = {"column": by, "value": MISSING}
    problems = [Problem("group_missing", "plots", empty, "warning", params)] if empty else []
    # The order is that of all plots, so that it is the same on every day.
    groups = groups_of(plots[by])
    met, kind = np.unique(groups.of[rows], return_inverse=True)
    return kind[np.newaxis], tuple(groups.names[at] for at in met), problems
