"""Findings of inspections on a day: what each is, how many are closed, and for which units the clock runs.

The words are those of `fringe.works.finding_log`. A finding is *on the list* from the day it was found until it is
closed (or verified, or rectified, where `until` says so); a returned one is on it again. The *clock* of the unit that
is responsible runs from the day after `due` until the finding is rectified, and again while it is returned.

A *closure rate* is a share of all that was found to date, so it falls when inspectors find more. A rate printed in a
bulletin can be had again by `known_on`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from fringe.errors import LayerError
from fringe.model.problem import Problem, refuse
from fringe.works.finding_log import STATES, Ints, course_of, opened, standing, unrecorded
from fringe.works.groups import By, Groups, by_problems, grouped, placed
from fringe.works.ledger import moment

# What takes a finding off the list.
UNTIL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "closed": ("closed",),
        "verified": ("verified", "closed"),
        "rectified": ("rectified", "verified", "closed"),
    }
)


def findings_state(
    findings: pd.DataFrame, *, on: object, known_on: object = None, until: str = "closed"
) -> pd.DataFrame:
    """Return what each finding is on a day, as known on a day.

    Parameters
    ----------
    findings
        The log of findings; see `fringe.model.layers.FINDINGS`. It may be empty, and is not written to.
    on
        A day: what is dated up to its end has happened.
    known_on
        A day or moment: only what was recorded up to then counts. `None`: all that is known.
    until
        What takes a finding off the list: ``"closed"`` (销号), ``"verified"`` or ``"rectified"``.

    Returns
    -------
    table
        A row for each finding found by the day and not taken back, with the columns of the entry that holds (and its
        point, if findings have points), indexed by the id of its first entry, in their order; and

        ``entry``
            The id of the entry that holds.
        ``status``
            ``found``, ``rectified``, ``returned``, ``verified`` or ``closed``.
        ``since``
            The day it came to it.
        ``days_open``
            Days from being found to the day, or to the day it went off the list.
        ``overdue``
            Whether the day is past `due` and the finding not rectified.
        ``days_overdue``
            By how many days `due` was passed, up to the day or to when it was rectified; NaN without a `due`.

    Raises
    ------
    LayerError
        With all problems of findings and arguments.

    Examples
    --------
    Verification failed on the 12th: the unit's clock runs again.

    >>> import pandas as pd
    >>> findings = pd.DataFrame({"finding": ["F1"], "zone": ["east"], "category": ["rubbish"],
    ...     "found_on": ["2020-01-02"], "due": ["2020-01-10"], "rectified_on": ["2020-01-09"],
    ...     "returned_on": ["2020-01-12"]})
    >>> for day in ("2020-01-09", "2020-01-15"):
    ...     print(findings_state(findings, on=day)[["status", "days_open", "overdue", "days_overdue"]].values.tolist())
    [['rectified', 7, False, 0.0]]
    [['returned', 13, True, 5.0]]
    """
    layer, day, problems = admitted(findings, on, known_on, until)
    refuse(problems, LayerError)
    table = _state(standing(layer, known_on), day, until)
    if isinstance(findings, gpd.GeoDataFrame) and findings.active_geometry_name is not None:
        at = layer.index.get_indexer(pd.Index(table["entry"]))
        shapes = findings.geometry.iloc[at].set_axis(table.index)
        return gpd.GeoDataFrame(table, geometry=shapes, crs=findings.crs)
    return table


def closure(
    findings: pd.DataFrame,
    *,
    on: object,
    known_on: object = None,
    by: By = "responsible",
    zones: pd.DataFrame | None = None,
    until: str = "closed",
) -> pd.DataFrame:
    """Return how far findings are closed on a day, for each responsible unit or any other group.

    Parameters
    ----------
    findings, on, known_on, until
        As for `findings_state`.
    by
        A column of the findings, or of the zones when they are given; several give a MultiIndex; `None` gives one row.
    zones
        The zones: every one of them appears then, and findings of unknown zones are refused. A finding names its zone
        by id or unique name.

    Returns
    -------
    table
        One row for each group, those of findings without a value last. The parts add up: `n_found` = `n_to_rectify` +
        `n_to_verify` + `n_verified` + closed ones.

        ``n_found``
            Found to date: the denominator, which grows.
        ``n_to_rectify``, ``n_returned``
            Found or returned, and how many of these were returned.
        ``n_to_verify``, ``n_verified``
            Rectified, and verified but not closed.
        ``n_closed``, ``n_open``
            Off the list (by `until`) and on it; together `n_found`.
        ``closure_share``
            `n_closed` / `n_found`; NaN where nothing was found.
        ``n_findings_overdue``, ``days_overdue_max``
            Past `due` and not rectified, and the longest of their clocks (0 without any).
        ``on_time_share``
            Of the findings whose `due` is over, the share rectified by it; NaN without any.
        ``days_open_max``
            The longest time that one on the list has been on it; 0 without any.

    Raises
    ------
    LayerError
        With all problems of findings, zones and arguments.

    Examples
    --------
    >>> import pandas as pd
    >>> findings = pd.DataFrame({"finding": ["F1", "F2", "F3"], "zone": ["a", "a", "b"], "category": ["x"] * 3,
    ...     "responsible": ["roads", "roads", "parks"], "found_on": ["2020-01-02"] * 3, "due": ["2020-01-10"] * 3,
    ...     "rectified_on": ["2020-01-08", None, None], "verified_on": ["2020-01-09", None, None],
    ...     "closed_on": ["2020-01-10", None, None]})
    >>> closure(findings, on="2020-01-12")[["n_found", "n_closed", "closure_share", "n_findings_overdue"]]
                 n_found  n_closed  closure_share  n_findings_overdue
    responsible
    parks              1         0            0.0                   1
    roads              2         1            0.5                   1
    """
    layer, day, problems = admitted(findings, on, known_on, until)
    log = standing(layer, known_on) if not wrong(problems) else layer
    log, ground, found = grounded(log, zones, by)
    refuse([*problems, *found], LayerError)
    groups = grouped(by, log, ground)
    state = _state(log, day, until)
    of = groups.of[log.index.get_indexer(state.index)]
    return _closure_table(state, Groups(groups.index, of), day, until)


def wrong(problems: list[Problem]) -> bool:
    """Return whether a measure must refuse."""
    return any(found.severity == "error" for found in problems)


def admitted(
    findings: pd.DataFrame, on: object, known_on: object, until: str
) -> tuple[pd.DataFrame, np.datetime64, list[Problem]]:
    """Return findings as a layer, the day, and all that is wrong."""
    layer, problems = opened(findings)
    day, found = moment(on, "on")
    problems += found
    if known_on is not None:
        problems += [*moment(known_on, "known_on")[1], *unrecorded(layer)]
    if until not in UNTIL:
        near = get_close_matches(str(until), UNTIL, n=1)
        params = {"name": "until", "value": until, "allowed": ", ".join(UNTIL), "hint": near[0] if near else ""}
        problems.append(Problem("argument_unknown", "findings", params=params))
    if until == "closed" and "closed_on" not in layer.columns and "verified_on" in layer.columns:
        problems.append(Problem("finding_never_closed", "findings", (), "warning", {"column": "closed_on"}))
    return layer, day.to_datetime64().astype("datetime64[D]"), problems


def grounded(
    log: pd.DataFrame, zones: pd.DataFrame | None, by: By
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[Problem]]:
    """Return findings in zones known by id, the zones, and what is wrong with zones and groups."""
    ground: pd.DataFrame | None = None
    problems: list[Problem] = []
    if zones is not None:
        log, ground, problems = placed(log, zones)
    problems += by_problems(by, log, ground)
    return log, ground, [replace(one, layer="findings") if one.layer == "tasks" else one for one in problems]


def _state(log: pd.DataFrame, day: np.datetime64, until: str) -> pd.DataFrame:
    course = course_of(log)
    states, since = course.on(day)
    there = states >= 0
    codes, since = states[there], since[there]
    done = course.rectified_by(day)[there]
    table = log[there].drop(columns=["status", "since"], errors="ignore")
    found = table["found_on"].to_numpy("datetime64[D]")
    off = np.isin(codes, codes_of(until))
    due = (
        table["due"].to_numpy("datetime64[D]") if "due" in table.columns else np.full(len(table), np.datetime64("NaT"))
    )
    stopped = np.where(np.isnat(done), day, done)
    late = np.maximum((stopped - due.astype("datetime64[D]")).astype("timedelta64[D]").astype(float), 0.0)
    late[np.isnat(due)] = np.nan
    return table.assign(
        status=pd.Series(np.array([*STATES], dtype=object)[codes], index=table.index, dtype=object),
        since=since.astype("datetime64[us]"),
        days_open=(np.where(off, since, day) - found).astype("timedelta64[D]").astype(int),
        overdue=np.isnat(done) & (late > 0),
        days_overdue=late,
    )


def codes_of(until: str) -> list[int]:
    """Return the states that are off the list, as positions in `STATES`."""
    return [STATES.index(state) for state in UNTIL[until]]


def _closure_table(state: pd.DataFrame, groups: Groups, day: np.datetime64, until: str) -> pd.DataFrame:
    def count(which: npt.NDArray[np.bool_]) -> Ints:
        return np.bincount(groups.of[which], minlength=len(groups.index)).astype(np.intp)

    status = state["status"].to_numpy(dtype=object)
    off = np.isin(status.astype(str), UNTIL[until])
    overdue = state["overdue"].to_numpy(dtype=bool)
    late = state["days_overdue"].to_numpy(dtype=float)
    due = (
        state["due"].to_numpy("datetime64[D]") if "due" in state.columns else np.full(len(state), np.datetime64("NaT"))
    )
    over = due < day
    n_found, n_closed, n_over = count(np.ones(len(state), dtype=bool)), count(off), count(over)
    table = pd.DataFrame(
        {
            "n_found": n_found,
            "n_to_rectify": count(np.isin(status.astype(str), ["found", "returned"])),
            "n_returned": count(status == "returned"),
            "n_to_verify": count(status == "rectified"),
            "n_verified": count(status == "verified"),
            "n_closed": n_closed,
            "n_open": n_found - n_closed,
        },
        index=groups.index,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        table["closure_share"] = n_closed / n_found
        on_time = count(over & (late == 0)) / n_over
    table["n_findings_overdue"] = count(overdue)
    table["days_overdue_max"] = _greatest(np.where(overdue, late, 0.0), groups)
    table["on_time_share"] = on_time
    table["days_open_max"] = _greatest(np.where(off, 0, state["days_open"].to_numpy()), groups)
    return table


def _greatest(figures: npt.NDArray[Any], groups: Groups) -> Ints:
    most = np.zeros(len(groups.index), dtype=np.intp)
    np.maximum.at(most, groups.of, np.nan_to_num(figures).astype(np.intp))
    return most
